"""Unit costs on the page and in the workbook: direct, fully loaded, and how they add up; briefs of before still show (docs/method §16.3)."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from test_carried import NAMED, chosen, company, counted

from finops_model.measure import kpis
from finops_model.measure.carried import COMPANY, tie
from finops_model.publish.page.body import Page
from finops_model.publish.page.tables import differences
from finops_model.publish.report.workbook.book import write_workbook

BRIEFS = Path(__file__).parent / "fixtures" / "briefs"


def told(**changes) -> dict:
    """The company's brief of before, with unit costs as they are made now."""
    brief = json.loads((BRIEFS / "company.json").read_text(encoding="utf-8"))
    own, days = chosen(NAMED)[COMPANY], company()
    return {
        **brief,
        "unit_costs": kpis.unit_costs(kpis.Facts(days, counted(), own, "USD"), "2026-10"),
        "unit_cost_tie": tie(days, counted(), own, "2026-10"),
        **changes,
    }


def test_the_page_shows_direct_and_fully_loaded_and_what_they_add_up_to():
    brief = told()
    html = Page(brief).unit_costs().html
    assert (
        differences(
            html, brief, ("unit_cost_tie/cost", "unit_cost_tie/not_driven", "unit_cost_tie/left")
        )
        == []
    )
    for words in (
        ">Direct<",
        "Fully loaded",
        "Cost per transaction scored: fraud-retraining, fraud-scoring.",
        "transactions scored",
        "Not driven",
        "in proportion to direct cost",
    ):
        assert words in html, words
    assert "Days without a count" not in html
    for i, row in enumerate(brief["unit_cost_tie"]["rows"]):
        assert (
            f'data-path="unit_cost_tie/rows/{i}/direct" data-way="whole" value="{row["direct"]!r}"'
            in html
        )


def test_days_without_a_count_have_their_line():
    brief, days = told(), counted()
    brief["unit_cost_tie"] = tie(
        company(),
        days[days["date"] != pd.Timestamp("2026-10-07")],
        chosen(NAMED)[COMPANY],
        "2026-10",
    )
    assert (
        brief["unit_cost_tie"]["uncounted"] == pytest.approx(230.0)
        and "Days without a count" in Page(brief).unit_costs().html
    )


@pytest.mark.parametrize("name", ["company", "unit", "real_bill", "start"])
def test_a_brief_of_before_still_shows(name, tmp_path):
    brief = json.loads((BRIEFS / f"{name}.json").read_text(encoding="utf-8"))
    assert "unit_cost_tie" not in brief
    section = Page(brief).unit_costs()
    if brief["unit_costs"]:
        assert (
            "Fully loaded" not in section.html
            and "add up" not in section.html
            and differences(section.html, brief) == []
        )
    assert write_workbook(brief, tmp_path / "w.xlsx").is_file()


def test_the_workbook_adds_up_live(tmp_path):
    brief = told()
    path = write_workbook(brief, tmp_path / "w.xlsx")
    live, stored = (
        openpyxl.load_workbook(path, data_only=data)["Unit costs"] for data in (False, True)
    )
    at = next(row[0].row for row in live.iter_rows() if row[0].value == "Adds up: driver")
    count = len(brief["unit_cost_tie"]["rows"])
    assert (
        live.cell(at + 1, 5).value == f"=C{at + 1}*D{at + 1}"
        and live.cell(at + 1, 7).value == f"=C{at + 1}*F{at + 1}"
    )
    total = at + count + 3
    assert live.cell(total, 1).value == "Cost of 2026-10"
    for column, letter in ((5, "E"), (7, "G")):
        assert live.cell(total, column).value == f"=SUM({letter}{at + 1}:{letter}{total - 1})"
        assert stored.cell(total, column).value == pytest.approx(
            brief["unit_cost_tie"]["cost"], abs=0.005
        )
        assert sum(stored.cell(row, column).value for row in range(at + 1, total)) == pytest.approx(
            brief["unit_cost_tie"]["cost"], abs=0.005
        )
    head = [cell.value for cell in live[1]]
    by_name = {row[0].value: row for row in stored.iter_rows(min_row=2)}
    assert by_name["Cost per search"][head.index("Fully loaded")].value == pytest.approx(140 / 400)
