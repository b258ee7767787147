"""The accuracy section of the report: small charts with the numbers of its tables, replays and published apart (docs/method §11.7, §11.8)."""

from __future__ import annotations

import copy
import json
import re
import xml.etree.ElementTree as tree
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_charts import boxes

from finops_model.forecasting.scores import binomial_band
from finops_model.forecasting.windows import APART, LEVELS, calibration, plain
from finops_model.publish.charts import accuracy as accuracy_charts
from finops_model.publish.page.body import Page

BRIEFS = Path(__file__).parent / "fixtures" / "briefs"


def rows(counts=((0.5, 9), (0.8, 19), (0.9, 21)), n=25, months=20):
    return [
        {
            "kind": "range",
            "level": level,
            "share": hits / n if n else None,
            "hits": hits,
            "n": n,
            "months": months,
            **dict(zip(("low", "high"), binomial_band(months, level))),
        }
        for level, hits in counts
    ]


def texts(svg: str) -> list[str]:
    return [words for *_, words in boxes(svg)]


def clean(figure) -> None:
    """Described, self-contained, words inside and apart."""
    root = tree.fromstring(figure.svg)
    assert (
        root.get("role") == "img"
        and root.get("aria-label") == figure.alt
        and "NaN" not in figure.svg
    )
    assert not re.search(r"href|url\(|<script|class=", figure.svg)
    width, height, placed = float(root.get("width")), float(root.get("height")), boxes(figure.svg)
    for i, (left, right, top, bottom, words) in enumerate(placed):
        assert -1 <= left and right <= width + 1 and -1 <= top and bottom <= height + 1, words
        for other in placed[i + 1 :]:
            assert right <= other[0] or other[1] <= left or bottom <= other[2] or other[3] <= top, (
                words,
                other[4],
            )


def marks(svg: str, color: str) -> int:
    return svg.count(f'fill="{color}"')


def test_the_chart_shows_the_numbers_of_the_table():
    brief = company()
    page = Page(brief).track_record().html
    for what, at in (
        ("replayed", "accuracy/calibration"),
        ("published", "accuracy/published/calibration"),
    ):
        found = (
            brief["accuracy"]["calibration"]
            if what == "replayed"
            else brief["accuracy"]["published"]["calibration"]
        )
        figure = accuracy_charts.said_was(found, what)
        for i, row in enumerate(found):
            count = f"{row['hits']} of {row['n']}"
            assert (
                count in texts(figure.svg)
                and count in page
                and f"said {row['level']:.0%}".replace("%", " %") in texts(figure.svg)
            )
            assert f'data-path="{at}/{i}/share" data-way="rate" value="{row["share"]!r}"' in page
            assert f"{row['low'] * 100:.0f} to {row['high'] * 100:.0f} %" in page
    miss = accuracy_charts.missed(brief["accuracy"]["rows"])
    for row in brief["accuracy"]["rows"]:
        for key in ("error_pct", "naive_error_pct"):
            assert (
                f"{row[key] * 100:.1f} %" in texts(miss.svg) and f"{row[key] * 100:.1f} %" in page
            )


def test_where_the_dot_lies_is_what_was():
    """The centre of every dot, read back from the drawing, is the share; the strokes are what was said."""
    found = rows()
    figure = accuracy_charts.said_was(found, "published")
    width = (
        accuracy_charts.WIDTH - accuracy_charts.LEFT - 12 - accuracy_charts.LETTER * len("19 of 25")
    )
    dots = [
        float(x)
        for x in re.findall(
            r'<path transform="translate\(([\d.]+),[\d.]+\)"[^>]*fill="#(?:0072B2|D55E00)"',
            figure.svg,
        )
    ]
    assert dots == pytest.approx([row["share"] * width for row in found], abs=0.02)


def test_outside_what_luck_explains_is_orange_but_never_for_few_months():
    for counts, months, orange in (
        (((0.8, 19),), 20, 0),
        (((0.8, 8),), 20, 1),
        (((0.8, 8),), APART - 1, 0),
    ):
        assert (
            marks(accuracy_charts.said_was(rows(counts, months=months), "replayed").svg, "#D55E00")
            > 0
        ) == bool(orange)


@pytest.mark.parametrize(
    "found",
    [
        rows(),
        rows(((0.5, 0), (0.8, 0), (0.9, 0)), 3, 3),
        rows(((0.5, 3000),), 3000, 3000),
        rows(((0.8, 1),), 1, 1),
    ],
)
def test_ranges_of_any_size_are_drawn_clean(found):
    clean(accuracy_charts.said_was(found, "published"))


@given(
    st.lists(
        st.tuples(st.floats(0, 30), st.one_of(st.none(), st.floats(0, 30))), min_size=1, max_size=6
    )
)
def test_misses_of_any_size_are_drawn_clean(pairs):
    figure = accuracy_charts.missed(
        [
            {"lead": i + 1, "error_pct": ours, "naive_error_pct": naive}
            for i, (ours, naive) in enumerate(pairs)
        ]
    )
    clean(figure)
    assert figure.alt.count("missed by") == len(pairs)


def test_without_grades_there_is_no_chart():
    assert (
        accuracy_charts.said_was(rows(((0.8, 0),), 0, 0), "published") is None
        and accuracy_charts.said_was([], "replayed") is None
    )
    assert (
        accuracy_charts.missed([]) is None
        and accuracy_charts.missed([{"lead": 1, "error_pct": None, "naive_error_pct": None}])
        is None
    )


def company() -> dict:
    """The sample company's brief with a graded archive and two numbers set by hand."""
    brief = json.loads((BRIEFS / "company.json").read_text(encoding="utf-8"))
    detail = [
        {**row, **{name: row["p50"] * (1 + 0.4 * (level - 0.5)) for name, level in LEVELS.items()}}
        for row in brief["accuracy"]["detail"]
    ]
    replayed = calibration(pd.DataFrame([row for row in detail if row["lead"] <= 3])).query(
        "kind == 'range'"
    )
    hand = {
        "hand": 700000.0,
        "by": "Ingrid <Halvorsen>",
        "because": "a launch & a <b>campaign</b>",
        "hand_error_pct": 0.05,
    }
    brief["accuracy"] |= {
        "detail": detail,
        "trust": "One month ahead we missed by 3.8 %.",
        "bands": [0.12, 0.15, 0.2],
        "calibration": plain(replayed),
        "rows": [
            {
                **row,
                "coverage50": 0.5,
                "coverage90": 1.0,
                "within_12": 1.0,
                "within_15": 1.0,
                "within_20": 1.0,
            }
            for row in brief["accuracy"]["rows"]
        ],
        "quarter": {
            **brief["accuracy"]["rows"][0],
            "n": 5,
            "coverage50": 0.6,
            "coverage80": 1.0,
            "coverage90": 1.0,
            "within_12": 1.0,
            "within_15": 1.0,
            "within_20": 1.0,
        },
        "published": {
            "sentence": "25 published forecasts missed by 4.2% of what was spent; where we said 80 %, 19 of 25 came true.",
            "n": 25,
            "waiting": 3,
            "rows": [],
            "calibration": rows(),
            "by_hand": {
                "sentence": "By hand: 4.1 %, model: 2.3 %; the hand was better in 3 of 9 months"
            },
            "detail": [
                {**detail[0], **hand},
                {**detail[1], "hand": None, "by": "", "because": "", "hand_error_pct": None},
            ],
        },
    }
    brief["accuracy"]["published"]["workloads"] = [
        {
            "workload": "support-chat",
            "made": "2026-03",
            "for": "2026-04",
            "lead": 1,
            "p50": 5000.0,
            "hand": 6000.0,
            "actual": 5500.0,
            "error_pct": 1 / 11,
            "hand_error_pct": 1 / 11,
            "by": "Ada",
            "because": "a pilot",
        }
    ]
    brief["by_hand"] = [
        {
            "workload": "search",
            "month": "2026-12",
            "value": 7000.0,
            "p50": 7100.0,
            "by": "Ada",
            "because": "a sale",
        }
    ]
    brief["forecast"]["months"][1]["override"] = {
        "value": 950000.0,
        "by": "Ingrid <Halvorsen>",
        "because": "Reserved cluster arrives",
    }
    return brief


def test_the_section_has_its_question_its_answer_and_every_figure_of_the_brief():
    brief = company()
    page = Page(brief)
    html = page.track_record().html
    words = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", " ", html, flags=re.S)))
    assert (
        "How good were we, and how far to trust this" in words
        and "One month ahead we missed by 3.8 %." in words
    )
    assert (
        "25 published forecasts missed by 4.2% of what was spent" in words
        and "the hand was better in 3 of 9 months" in words
    )
    assert not [line for line in page.differences() if "not on the page" not in line]
    assert (
        re.search(r"1 to 3 together\s+5\s", words)
        and "Within 12 %" in words
        and "budget variance" in words
    )
    assert (
        "support-chat, April 2026, said 1 ahead" in words
        and "search, December 2026" in words
        and "a sale" in words
    )
    assert (
        "<b>campaign" not in html
        and "a launch &amp; a &lt;b&gt;campaign" in html
        and "Reserved cluster arrives" in words
    )


def test_a_figure_that_is_not_the_brief_s_is_seen():
    brief = company()
    page = Page(brief)
    page.track_record()
    brief["accuracy"]["published"]["calibration"][1]["share"] = 0.5
    altered = Page(copy.deepcopy(brief))
    altered.shown = page.shown
    assert any("accuracy/published/calibration/1/share" in line for line in altered.differences())


@pytest.mark.parametrize("name", ["company", "unit", "start", "real_bill"])
def test_briefs_of_before_are_still_shown(name):
    """Briefs published earlier have no calibration, no thresholds, nothing by hand."""
    section = Page(json.loads((BRIEFS / f"{name}.json").read_text(encoding="utf-8"))).track_record()
    assert (section is None) == (name in ("start", "real_bill"))
    assert section is None or "Replayed on what was known at the time" in section.html
