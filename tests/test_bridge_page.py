"""The bridge on the page, in the workbook and as a waterfall: every figure is the brief's, names are inert, sums are live (docs/method §10.1, §10.4)."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as tree
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.measure.bridge.lines import frame, line, state
from finops_model.measure.bridge.steps import bridge
from finops_model.publish.charts.waterfall import boxes, waterfall
from finops_model.publish.page.body import Page
from finops_model.publish.report.workbook.book import write_workbook
from finops_model.wording import bridge as words

BRIEF = Path(__file__).parent / "fixtures" / "briefs" / "company.json"
HOSTILE = "<script>alert(1)</script> =1+1 \u202egpj.exe"


def sku(workload, quantity, price, off=1.0, **more):
    one = line(quantity * price * off, workload=workload, sku="s", unit="h", quantity=quantity)
    return one | {"ListCost": quantity * price, "ContractedCost": quantity * price * off} | more


@pytest.fixture(scope="module")
def brief():
    """The company's brief with a bridge of its months (a launch, a dearer list, a better discount, waste) and one from its budget."""
    then = [sku("chat", 1000, 200.0, 0.9), sku("train", 3000, 240.0)]
    now = [
        sku("chat", 1100, 210.0, 0.8),
        sku("train", 2900, 240.0),
        sku(HOSTILE, 10, 1000.0),
        line(1234.56, "unused", workload="chat"),
    ]
    month = bridge(
        *(
            state(name, frame(lines), 31, "USD")
            for name, lines in (("actual of September 2026", then), ("actual of October 2026", now))
        )
    )
    plan = state(
        "budget of January to October 2026",
        frame([line(800000.0, business_unit="Lab")]),
        304,
        "USD",
        detail=False,
        by_line=False,
        said=("The budget has no quantities.",),
    )
    year = bridge(plan, month.now, by="unit")
    made = json.loads(BRIEF.read_text(encoding="utf-8"))
    made["bridge"] = [month.as_dict("month"), year.as_dict("year_to_date")]
    return json.loads(json.dumps(made, sort_keys=True))  # as it is published


def test_the_page_says_the_bridge_and_nothing_else(brief):
    page = Page(brief)
    html = page.movements().html
    said = [one for one in page.differences() if one.startswith("bridge")]
    assert said == [] and html.count("<svg") == 4 and "<script" not in html
    text = " ".join(re.sub(r"<[^>]*>", " ", html).split())
    assert words.sentence(brief["bridge"][0], "USD") in text
    for piece in (
        "List price",
        "Negotiated discount",
        "Commitment",
        "of it launches +$10.0k",
        "What two causes make together belongs to the later step.",
        "The budget has no quantities.",
        "Budget of January to October 2026",
    ):
        assert piece in text, piece


def test_a_brief_of_before_shows_volume_and_price(brief):
    old = {key: value for key, value in brief.items() if key != "bridge"}
    html = Page(old).movements().html
    assert "of it volume" in html and "of it price" in html


def test_the_waterfall_leads_from_one_total_to_the_other(brief):
    one = brief["bridge"][0]
    rows = boxes(one)
    assert [row.name for row in rows] == [
        "Actual of September 2026",
        "Volume",
        "List price",
        "Negotiated discount",
        "Commitment",
        "Actual of October 2026",
    ]
    assert all(a.high == b.low for a, b in zip(rows[:-2], rows[1:-1]))
    assert rows[-2].high == pytest.approx(rows[-1].high, abs=1e-6)
    figure = waterfall(one, "USD")
    assert figure.title == (
        "Actual of October 2026: $7.97k less than the actual of September 2026; the largest step is negotiated discount (−$23.1k)"
    )
    assert figure.subtitle.endswith("not at zero.") and figure.alt == words.sentence(one, "USD")


@settings(max_examples=25)
@given(
    st.floats(0, 1e13),
    st.dictionaries(st.sampled_from(list(words.STEPS)), st.floats(-1e12, 1e12), max_size=6),
)
def test_any_bridge_is_drawn_inside_its_picture(base, steps):
    end = base + sum(steps.values())
    made = {"from": {"name": "plan", "amount": base}, "to": {"name": "actual", "amount": end}}
    made |= {"steps": steps, "parts": {}, "change": end - base, "launches": [], "retirements": []}
    figure = waterfall(made, "USD")
    if figure is None:
        return assert_nothing(steps)
    svg = tree.fromstring(figure.svg)
    width = float(svg.get("width"))
    for rect in svg.iter("{http://www.w3.org/2000/svg}path"):
        for x in re.findall(r"M(-?[\d.]+),", rect.get("d", "")):
            assert -1 <= float(x) <= width + 1


def assert_nothing(steps):
    assert not any(steps.values())


def value(sheet, cell: str) -> float:
    """A cell, its sums and differences worked out."""
    given_ = sheet[cell].value
    if isinstance(given_, str) and (found := re.fullmatch(r"=SUM\((\w+):(\w+)\)", given_)):
        cells = sheet[f"{found[1]}:{found[2]}"]
        return sum(value(sheet, one.coordinate) for row in cells for one in row)
    if isinstance(given_, str) and (found := re.fullmatch(r"=(\w+)-(\w+)", given_)):
        return value(sheet, found[1]) - value(sheet, found[2])
    return float(given_ or 0)


def test_the_workbooks_sums_are_live_and_agree(brief, tmp_path):
    sheet = openpyxl.load_workbook(write_workbook(brief, tmp_path / "b.xlsx"))["Bridge"]
    column = [str(sheet.cell(i, 1).value or "") for i in range(1, sheet.max_row + 1)]
    at = 0
    for one in brief["bridge"]:
        then, now = (words_first(one[end]["name"]) for end in ("from", "to"))
        first, last = column.index(then, at) + 1, column.index(now, at) + 1
        assert sheet[f"C{last}"].value.endswith('"agrees","DIFFERS")')
        assert value(sheet, f"B{last}") == pytest.approx(one["to"]["amount"], abs=0.001)
        assert value(sheet, f"B{first}") == one["from"]["amount"]
        total = column.index("Total", last) + 1
        steps = words.shown(one)
        assert value(sheet, f"B{total}") == pytest.approx(one["from"]["amount"], abs=0.001)
        for letter, step in zip("CDEFGH", steps):
            assert value(sheet, f"{letter}{total}") == pytest.approx(one["steps"][step], abs=0.001)
        end = "CDEFGHIJ"[len(steps)]
        assert value(sheet, f"{end}{total}") == pytest.approx(one["to"]["amount"], abs=0.001)
        at = total


def words_first(text: str) -> str:
    return text[:1].upper() + text[1:]
