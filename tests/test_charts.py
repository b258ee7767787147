"""Charts of the report: sentences computed from figures, labels that keep apart and inside, any brief however odd."""

from __future__ import annotations

import copy
import json
import re
import xml.etree.ElementTree as tree
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from finops_model.publish.charts.accuracy import track_record
from finops_model.publish.charts.budget import against_budget
from finops_model.publish.charts.drivers import range_shares, what_moved
from finops_model.publish.charts.fan import monthly_fan
from finops_model.publish.charts.parts import (
    axis_money,
    inside,
    keep_apart,
    month_ticks,
    short,
    ticks,
)
from finops_model.publish.charts.unit_costs import unit_cost_trend
from finops_model.publish.charts.what_ifs import what_if_differences

BRIEFS = Path(__file__).parent / "fixtures" / "briefs"
CHARTS = [
    monthly_fan,
    against_budget,
    what_moved,
    range_shares,
    track_record,
    what_if_differences,
]
HOSTILE = "<script>alert(1)</script> & \"quoted\" 'x' \u202egpj.exe " + "endless-" * 30


def read(name: str) -> dict:
    return json.loads((BRIEFS / f"{name}.json").read_text(encoding="utf-8"))


def drawn(brief: dict) -> list:
    return [
        figure
        for figure in [
            *(chart(brief) for chart in CHARTS),
            *(unit_cost_trend(line) for line in brief["unit_costs"]),
        ]
        if figure
    ]


def boxes(svg: str) -> list[tuple[float, float, float, float, str]]:
    """Left, right, top, bottom and words of every text that is no halo, with letters as wide as DejaVu Sans writes them."""
    found = []

    def walk(node, x, y):
        for part in re.findall(r"(\w+)\(([^)]*)\)", node.get("transform", "")):
            assert part[0] == "translate"
            dx, dy = map(float, part[1].split(","))
            x, y = x + dx, y + dy
        if node.tag.endswith("text") and node.get("stroke") is None and node.text:
            size, words = float(node.get("font-size", "12px").removesuffix("px")), node.text
            wide = size * (0.66 if node.get("font-weight") == "bold" else 0.58) * len(words)
            left = x - {"end": wide, "middle": wide / 2}.get(node.get("text-anchor"), 0)
            found.append((left, left + wide, y - size * 0.75, y + size * 0.2, words))
        for child in node:
            walk(child, x, y)

    walk(tree.fromstring(svg), 0.0, 0.0)
    return found


@pytest.mark.parametrize("name", ["company", "unit", "real_bill", "start"])
def test_every_drawing_is_described_self_contained_and_has_its_words_inside_and_apart(name):
    for figure in drawn(read(name)):
        root = tree.fromstring(figure.svg)
        assert (
            root.get("role") == "img"
            and root.get("aria-label") == figure.alt
            and figure.alt
            and figure.title
        )
        assert (
            not re.search(r'\bid=|url\(|href|<script|<style|class="', figure.svg)
            and "NaN" not in figure.svg
        )
        width, height = float(root.get("width")), float(root.get("height"))
        placed = boxes(figure.svg)
        for left, right, top, bottom, words in placed:
            assert -1 <= left and right <= width + 1 and -1 <= top and bottom <= height + 1, (
                figure.title,
                words,
            )
        for i, one in enumerate(placed):
            for other in placed[i + 1 :]:
                apart = (
                    one[1] <= other[0]
                    or other[1] <= one[0]
                    or one[3] <= other[2]
                    or other[3] <= one[2]
                )
                assert apart, (figure.title, one[4], other[4])


def test_titles_are_sentences_computed_from_the_figures():
    brief = read("company")
    assert [chart(brief).title for chart in CHARTS] == [
        "A month is likely to cost $1.01m by December 2027, up from $903k in October 2026",
        "October 2026 closed $1.26k over budget; FY2026 lands $74.3k over budget on average",
        "October 2026 cost $9.97k more than the month before; pretraining-experiments moved most (−$25.5k)",
        "Of the uncertainty, 35 % comes from pretraining-experiments and 19 % from support-chat",
        "7 of 7 months came out inside the range we gave one month ahead",
        "Smaller model for routine chats saves most: $799k at the median, and costs less in more than 99 % of futures",
    ]
    brief["accuracy"]["detail"][0]["inside"] = False
    brief["what_ifs"] = [
        {**line, "difference_p50": abs(line["difference_p50"])} for line in brief["what_ifs"]
    ]
    assert (
        track_record(brief).title
        == "6 of 7 months came out inside the range we gave one month ahead"
    )
    assert what_if_differences(brief).title == "None of the what-ifs is likely to save money"


def test_a_month_under_way_shows_what_is_booked_and_a_partial_month_is_hollow():
    figure = monthly_fan(read("real_bill"))
    assert "€6.02k so far" in figure.svg and figure.svg.count('fill="white"') >= 2
    assert figure.subtitle.endswith("band: eight of ten; hollow: part of a month.")
    assert "Budget" not in figure.svg


def test_without_data_there_is_no_chart():
    assert drawn(read("start")) == []
    assert against_budget(read("real_bill")) is None


def test_names_from_outside_are_cut_and_inert():
    brief = read("company")
    for line in [
        *brief["drivers"]["change"],
        *brief["drivers"]["range"],
        *brief["what_ifs"],
        *brief["unit_costs"],
    ]:
        line["name"] = HOSTILE
    named = [
        what_moved(brief),
        range_shares(brief),
        what_if_differences(brief),
        *map(unit_cost_trend, brief["unit_costs"]),
    ]
    for figure in named:
        tags = {node.tag.split("}")[1] for node in tree.fromstring(figure.svg).iter()}
        assert (
            tags <= {"svg", "g", "path", "text", "line", "rect"}
            and "\u202e" not in figure.svg
            and "…" in figure.svg
        )


@pytest.mark.parametrize("count", [0, 1, 2, 40])
@pytest.mark.parametrize("size", [1e-9, 1.0, 1e13])
def test_any_number_of_rows_of_any_size(count, size):
    brief = read("company")
    sign = [1, -1, 1]
    brief["drivers"]["change"] = [
        {
            "name": f"w{i}",
            "previous": 0.0,
            "current": size,
            "change": sign[i % 3] * size * (i + 1),
            "volume": 0.0,
            "price": 0.0,
        }
        for i in range(count)
    ]
    brief["drivers"]["range"] = [
        {"name": f"w{i}", "share": sign[i % 3] * (count - i) / 50} for i in range(count)
    ]
    line = brief["what_ifs"][0]
    brief["what_ifs"] = [
        {
            **line,
            **{
                f"difference_{q}": sign[i % 3] * size * k
                for q, k in (("p10", -1), ("p50", 0), ("p90", 2))
            },
        }
        for i in range(count)
    ]
    row = brief["accuracy"]["detail"][0]
    brief["accuracy"]["detail"] = [
        {
            **row,
            "for": f"20{10 + i // 12}-{i % 12 + 1:02}",
            **{k: size * v for k, v in (("p10", 1), ("p50", 2), ("p90", 3), ("actual", 5))},
            "inside": False,
        }
        for i in range(count)
    ]
    months = [f"20{10 + i // 12}-{i % 12 + 1:02}" for i in range(count)]
    brief["actual"].update(
        by_month={m: -size * i for i, m in enumerate(months)}, partial_months=months[:1]
    )
    brief["forecast"]["months"], brief["unit_costs"] = (
        [],
        [
            {
                **brief["unit_costs"][0],
                "by_month": [
                    {"month": m, "value": size * i, "days": 1, "partial": bool(i % 2)}
                    for i, m in enumerate(months)
                ],
            }
        ],
    )
    found = drawn(brief)
    assert len(found) == (
        1 if count == 0 else 6 if count == 1 else 7
    )  # against the budget is always there; a fan needs two months
    for figure in found:
        tree.fromstring(figure.svg)
        assert "NaN" not in figure.svg and "Infinity" not in figure.svg


def test_the_same_brief_draws_the_same_bytes():
    brief = read("unit")
    assert [figure.svg for figure in drawn(brief)] == [
        figure.svg for figure in drawn(copy.deepcopy(brief))
    ]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_labels_kept_apart_keep_their_order_and_their_room(places):
    moved = keep_apart(places, 10.0, 0.0, 100.0)
    order = sorted(range(len(places)), key=lambda i: places[i])
    spaced = [moved[i] for i in order]
    assert all(b - a >= 10.0 - 1e-6 for a, b in zip(spaced, spaced[1:]))
    assert min(moved) >= -1e-6 and max(moved) <= 100.0 + 1e-6


@given(st.floats(-1e15, 1e15), st.floats(-1e15, 1e15))
def test_axes_hold_their_values_with_few_round_steps(a, b):
    low, high = min(a, b), max(a, b)
    assume(high - low > max(1e-8, 1e-6 * max(abs(a), abs(b))))
    steps = ticks(low, high)
    assert 1 <= len(steps) <= 9 and len(axis_money(steps, "USD")) == len(
        set(axis_money(steps, "USD"))
    ) == len(set(steps))
    (left, right), shown = inside(min(low, 0.0), max(high, 0.0))
    assert left <= min(low, 0.0) and right >= max(high, 0.0) and 1 <= len(shown) <= 9


def test_money_on_axes_is_written_in_its_currency_and_size():
    assert axis_money([0.0, 0.05, 0.1], "GBP") == ["£0", "£0.05", "£0.10"]
    assert axis_money([-2e12, 0.0, 2e12], "CHF") == ["−CHF 2tn", "CHF 0", "CHF 2tn"]
    assert axis_money([0.0, 250000.0, 500000.0], "JPY") == ["¥0", "¥250k", "¥500k"]
    assert month_ticks(["2026-10", "2026-11", "2026-12"]) == [0, 1, 2]
    assert short("長い名前です", 7) == "長い名…" and short("a\x00\u200bb\n c", 9) == "ab c"
