"""The parts of the company's budget: who is over, who is under, what nobody has a budget for (docs/method §9.4)."""

from __future__ import annotations

import json
import math
from html import unescape
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as laws
from hypothesis import strategies as st
from scenario_world import demand_for, settings, world

from finops_model.cli import _published
from finops_model.facts.plans.budgets import Budgets
from finops_model.measure import words
from finops_model.measure.budget.parts import FREE, IDLE, NONE, UNIT, lines, reason
from finops_model.measure.close import Close
from finops_model.publish.close import briefs_of
from finops_model.publish.dashboard import state as dashboard_view
from finops_model.publish.page.body import Page
from finops_model.publish.page.tables import differences, signed
from finops_model.publish.report.workbook.book import write_workbook
from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.simulate.compile.plan import compile_plan
from finops_model.simulate.scenarios import simulate
from finops_model.wording import landing

BRIEFS = Path(__file__).parent / "fixtures" / "briefs"
MONTHS = [f"2026-{month:02}" for month in range(1, 13)]


def unit_brief(name, mean, budget=None, chance=None, actual=0.0):
    """As much of a unit's brief as its line shows."""
    return {
        "unit": name,
        "slug": name.lower(),
        "actual": {"month": actual},
        "budget": None if budget is None else {"month": budget / 12},
        "landing": {
            "p10": mean - 5,
            "p50": mean - 1,
            "p90": mean + 5,
            "mean": mean,
            "overrun_probability": chance,
            "budget": budget,
        },
    }


def told(units, budget="sum", chance=0.76, extra=()):
    """The company's brief of {unit: (mean, year budget or None, chance)}; budget "sum": that of the units, else its own."""
    briefs = {
        name: unit_brief(name, mean, own, likely) for name, (mean, own, likely) in units.items()
    }
    plans = {
        name: dict.fromkeys(MONTHS, own / 12)
        for name, (_, own, _) in units.items()
        if own is not None
    } | {name: dict.fromkeys(MONTHS, own / 12) for name, own in extra}
    total = sum(sum(plan.values()) for plan in plans.values()) if budget == "sum" else budget
    total = None if budget == "sum" and not plans else total
    whole = {
        "month": "2026-10",
        "currency": "USD",
        "budget": None if total is None else {"month": total / 12},
        "status": "final",
        "landing": {
            "period": "FY2026",
            "budget": total,
            "mean": sum(mean for mean, _, _ in units.values()),
            "overrun_probability": None if total is None else chance,
        },
    }
    found = lines(
        whole,
        briefs,
        [name for name, _ in extra] + list(plans),
        1,
        lambda unit: plans.get(unit, {}),
    )
    return {**whole, "children": found}


SAMPLE = {
    "(unassigned)": (288_000.0, None, None),
    "Support": (3_250_000.0, 3_300_000.0, 0.05),
    "Research": (2_183_000.0, 2_120_000.0, 0.94),
    "Risk": (1_702_000.0, 1_790_000.0, 0.01),
    "Search": (2_356_000.0, 2_515_000.0, 0.0),
}


def test_what_carries_the_company_over_is_named():
    found = reason(told(SAMPLE))
    assert (
        found["title"]
        == "(unassigned) has no budget and lands at $288k; the four units together land $234k under theirs"
    )
    assert found["sentence"] == (
        "FY2026 lands $54.0k over its budget on average: (unassigned) has no budget and lands at $288k; the four units together land "
        "$234k under theirs (Research lands $63.0k over its own, the other three together $297k under theirs)."
    )
    assert found["over"] == pytest.approx(54_000)


@pytest.mark.parametrize(
    "units, budget, chance, title",
    [
        # several without a budget
        (
            {"A": (100e3, None, None), "B": (50e3, None, None), "C": (90e3, 120e3, 0.1)},
            "sum",
            0.99,
            "A and B have no budget and land at $150k together; C lands $30.0k under its own",
        ),
        (
            {**dict.fromkeys("ABCDE", (10000.0, None, None)), "Z": (90e3, 100e3, 0.2)},
            "sum",
            0.9,
            "Five units have no budget and land at $50.0k together; Z lands $10.0k under its own",
        ),
        # without a budget and over: the larger first
        (
            {"A": (20e3, None, None), "C": (300e3, 200e3, 0.99)},
            "sum",
            0.99,
            "C lands $100k over its budget; A has no budget and lands at $20.0k",
        ),
        (
            {"A": (200e3, None, None), "C": (300e3, 280e3, 0.9)},
            "sum",
            0.99,
            "A has no budget and lands at $200k; C lands $20.0k over its budget",
        ),
        # all have a budget
        (
            {"C": (300e3, 280e3, 0.9), "D": (90e3, 95e3, 0.3)},
            "sum",
            0.8,
            "C lands $20.0k over its budget",
        ),
        (
            {"C": (300e3, 280e3, 0.9), "D": (90e3, 65e3, 0.9), "E": (9e3, 8e3, 0.9)},
            "sum",
            0.99,
            "D lands $25.0k over its budget; C lands $20.0k over its budget",
        ),
        # nobody is over
        (
            {"C": (200e3, 280e3, 0.0), "D": (90e3, 95e3, 0.3)},
            "sum",
            0.1,
            landing.likely_over([]),
        ),
        (
            {"A": (20e3, None, None), "C": (200e3, 280e3, 0.0)},
            "sum",
            0.1,
            f"{landing.likely_over([])}; A has no budget and lands at $20.0k",
        ),
        (
            {"C": (290e3, 280e3, 0.9), "D": (40e3, 95e3, 0.0)},
            "sum",
            0.1,
            f"{landing.likely_over(['C'])}, the company is not",
        ),
        # the company has a budget of its own
        (
            {"A": (100e3, None, None), "C": (200e3, 180e3, 0.9)},
            250e3,
            0.9,
            "A has no budget and lands at $100k; C lands $20.0k over its budget",
        ),
        (
            {"C": (200e3, 195e3, 0.9), "D": (80e3, 90e3, 0.1)},
            230e3,
            0.9,
            "The units' budgets are $55.0k more than the company's; C lands $5.00k over its budget",
        ),
    ],
)
def test_titles_of_the_family(units, budget, chance, title):
    assert reason(told(units, budget, chance))["title"] == title


@pytest.mark.parametrize(
    "units, said",
    [
        (
            {"A": (20e3, None, None), "C": (200e3, 280e3, 0.0)},
            "A has no budget and lands at $20.0k; C lands $80.0k under its own.",
        ),
        (
            {"A": (20e3, None, None), "C": (200e3, 280e3, 0.0), "D": (70e3, 90e3, 0.0)},
            "A has no budget and lands at $20.0k; the two units together land $100k under theirs.",
        ),
        (
            {"A": (20e3, None, None), "C": (290e3, 280e3, 0.9)},
            "A has no budget and lands at $20.0k; C lands $10.0k over its own.",
        ),
        (
            {"C": (290e3, 280e3, 0.9), "D": (70e3, 90e3, 0.0)},
            "C lands $10.0k over its own; D $20.0k under its own.",
        ),
        (
            {"C": (270e3, 280e3, 0.1), "D": (70e3, 90e3, 0.0)},
            "the two units together land $30.0k under theirs.",
        ),
        (
            {"A": (5e3, None, None), "C": (300e3, 280e3, 0.9), "D": (89e3, 90e3, 0.0)},
            "A has no budget and lands at $5.00k; C lands $20.0k over its own; D $1.00k under its own.",
        ),
    ],
)
def test_every_clause_is_once_in_the_sentence(units, said):
    assert reason(told(units))["sentence"].split("on average: ")[1] == said


def test_the_company_s_own_budget_that_no_unit_has_is_a_line():
    brief = told({"A": (100e3, None, None), "C": (200e3, 180e3, 0.9)}, 250e3, 0.9)
    assert [(row["unit"], row["kind"], row["year_budget"]) for row in brief["children"]] == [
        ("A", NONE, 0.0),
        ("C", UNIT, 180e3),
        ("Budget given to no unit", FREE, 70e3),
    ]
    assert reason(brief)["sentence"] == (
        "FY2026 lands $50.0k over its budget on average: A has no budget and lands at $100k; C lands $20.0k over its own; $70.0k of the "
        "budget is given to no unit."
    )


def test_a_budget_without_spend_is_a_line():
    brief = told({"C": (200e3, 180e3, 0.9)}, extra=[("Labs", 60e3)], chance=0.0)
    labs = brief["children"][-1]
    assert (
        labs["unit"],
        labs["kind"],
        labs["slug"],
        labs["actual"],
        labs["budget"],
        labs["over"],
    ) == ("Labs", IDLE, None, 0.0, 5e3, -60e3)
    assert (
        reason(brief)["sentence"]
        == "FY2026 lands $40.0k under its budget on average: C lands $20.0k over its own; Labs $60.0k under its own."
    )


def test_a_company_whose_budget_is_not_divided_blames_no_unit():
    brief = told({"A": (100e3, None, None), "B": (50e3, None, None)}, 120e3)
    assert (
        reason(brief) is None
        and {row["kind"] for row in brief["children"]} == {UNIT}
        and all(row["budget"] is None for row in brief["children"])
    )


def test_without_any_budget_there_is_nothing_to_carry():
    brief = told({"A": (100e3, None, None)})
    assert (
        reason(brief) is None
        and brief["children"][0]["budget"] is None
        and brief["children"][0]["over"] is None
    )


def test_a_bill_that_is_not_divided_has_no_lines():
    assert (
        lines(
            {"budget": {"month": 1.0}, "landing": {"budget": 12.0}},
            {},
            ["Labs"],
            1,
            lambda unit: {"2026-01": 1.0},
        )
        == []
    )


AMOUNT = st.integers(0, 10**9).map(lambda cents: cents / 100)


@laws(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from("ABCDEFG"),
        st.tuples(AMOUNT, st.none() | AMOUNT, st.none() | st.floats(0, 1)),
        min_size=1,
    ),
    st.none() | AMOUNT,
    st.floats(0, 1),
    st.lists(
        st.tuples(st.sampled_from(["Labs", "Yard"]), AMOUNT),
        max_size=2,
        unique_by=lambda pair: pair[0],
    ),
)
def test_the_parts_are_the_company_s_to_the_cent(units, own, chance, extra):
    brief = told(units, "sum" if own is None else own, chance, extra)
    found = reason(brief)
    rows = [row for row in brief["children"] if row["over"] is not None]
    if found is None:
        assert not rows
        return
    gap = brief["landing"]["mean"] - brief["landing"]["budget"]
    assert math.isclose(sum(row["over"] for row in rows), gap, abs_tol=0.005) and math.isclose(
        found["over"], gap, abs_tol=0.005
    )
    assert math.isclose(
        sum(row["year_budget"] for row in rows), brief["landing"]["budget"], abs_tol=0.005
    )
    assert math.isclose(sum(row["budget"] for row in rows), brief["budget"]["month"], abs_tol=0.005)
    for row in rows:
        assert row["kind"] != NONE or (row["year_budget"], row["budget"]) == (0.0, 0.0)
    over = [row["unit"] for row in rows if row["kind"] == NONE and row["over"] >= 0.005]
    if over and chance >= 0.5 and len(over) <= 3:
        assert all(name in found["title"] for name in over), found[
            "title"
        ]  # spend without a budget is never passed over


# --- the whole way: facts, runs, budgets, page, workbook ---


def budgets(lines_):
    """Budgets of {unit: amount a month} for 2026."""
    rows = [
        {
            "version": "2026",
            "approved_on": pd.Timestamp("2025-12-12").date(),
            "approved_by": "Ingrid",
            "author": "Priya",
            "business_unit": unit,
            "month": month,
            "amount": amount,
            "line": i * 12 + j,
        }
        for i, (unit, amount) in enumerate(lines_.items())
        for j, month in enumerate(MONTHS)
    ]
    return Budgets(pd.DataFrame(rows), "budgets.csv", "USD")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Facts and run of a company with the units Research, Support and (unassigned)."""
    folder = tmp_path_factory.mktemp("parts")
    days = world(first="2025-11-01")
    days.loc[days["x_Workload"] == "lake", "x_BusinessUnit"] = "(unassigned)"
    known = base.read_facts(days, settings(folder))
    (folder / "scenario.yaml").write_text("name: Base\nquestion: What if nothing changes?\n")
    run = simulate(
        compile_plan(
            scenario.resolve(
                scenario.load_scenario(folder / "scenario.yaml"),
                settings=settings(folder),
                facts=known,
            ),
            demand_for(known, 430),
        ),
        600,
    )
    return known.daily, run


def published(company, lines_, **changes):
    daily, run = company
    close = Close(
        company="Small & Co",
        month="2026-10",
        currency="USD",
        daily=daily,
        as_of="2026-10-31",
        base=run,
        budgets=budgets(lines_) if lines_ else None,
        **changes,
    )
    return json.loads(json.dumps(briefs_of(close, ["Company"])[0]))


@pytest.mark.parametrize(
    "lines_",
    [
        {"Research": 15000, "Support": 700},
        {"Research": 14000, "Support": 600, "Labs": 100},
        {"Company": 15000, "Research": 14000},
        {"Company": 14000},
        {"(unassigned)": 300, "Research": 15000, "Support": 700},
        {"Company": 9000, "Research": 14000, "Support": 600},
    ],
)
def test_every_table_has_every_part_and_adds_up(company, lines_, tmp_path):
    brief = published(company, lines_)
    rows, land = brief["children"], brief["landing"]
    assert {row["unit"] for row in rows} >= {
        "(unassigned)",
        "Research",
        "Support",
        *(set(lines_) - {"Company"}),
    }
    assert sum(row["actual"] for row in rows) == pytest.approx(brief["actual"]["month"], abs=0.005)
    assert sum(row["landing_mean"] for row in rows) == pytest.approx(land["mean"], abs=0.005)
    section = Page(brief).units()
    assert differences(section.html, brief) == []
    if set(lines_) != {"Company"}:
        for row in rows:
            assert (
                f">{signed(row['actual'] - row['budget'], Page(brief).figures.digits)}</"
                in section.html
            )
        assert sum(row["budget"] for row in rows) == pytest.approx(
            brief["budget"]["month"]
        ) and sum(row["over"] for row in rows) == pytest.approx(
            land["mean"] - land["budget"], abs=0.005
        )
        assert (
            brief["reason"]["sentence"] in brief["summary"]
            and differences(section.html, brief, ("reason/over", "landing/budget")) == []
        )
        if "(unassigned)" not in lines_:
            line = next(row for row in rows if row["unit"] == "(unassigned)")
            assert (line["budget"], line["year_budget"], line["kind"]) == (
                0.0,
                0.0,
                NONE,
            ) and "(unassigned) (no budget)" in section.html
    sheet = openpyxl.load_workbook(write_workbook(brief, tmp_path / "w.xlsx"), data_only=True)[
        "Units"
    ]
    shown = {row[0].value: [cell.value for cell in row] for row in sheet.iter_rows()}
    head = shown["Unit"]
    for row in rows:
        cells = dict(zip(head, shown[row["unit"]]))
        assert cells["Kind"] == row["kind"] and cells["Actual 2026-10"] == pytest.approx(
            row["actual"]
        )
        assert cells["Over (+) or under (−)"] == (
            pytest.approx(row["over"]) if row["over"] is not None else "–"
        )
    assert dict(zip(head, shown["Company"]))["Mean"] == pytest.approx(land["mean"])


@pytest.mark.parametrize(
    "name, lines_, kinds",
    [
        (
            "(unassigned)",
            {"Research": 15000, "Support": 700},
            {"(unassigned)": NONE, "Research": IDLE, "Support": IDLE},
        ),
        ("Research", {"Research": 15000, "Labs": 700}, {"Research": UNIT, "Labs": IDLE}),
        ("Research", {"Research": 15000}, {"Research": UNIT}),
        ("All", {"Research": 15000}, {}),
        ("Research", {"Company": 15000}, {}),
    ],
)
def test_one_unit_that_has_all_the_spend_stands_beside_the_budgets_of_others(
    company, name, lines_, kinds
):
    daily, run = company
    brief = published((daily.assign(x_BusinessUnit=name), run), lines_)
    assert {row["unit"]: row["kind"] for row in brief["children"]} == kinds
    if kinds:
        assert sum(row["over"] for row in brief["children"]) == pytest.approx(
            brief["landing"]["mean"] - brief["landing"]["budget"], abs=0.005
        )
        assert (
            sum(row["actual"] for row in brief["children"])
            == pytest.approx(brief["actual"]["month"])
            and differences(Page(brief).units().html, brief) == []
        )


def test_the_dashboard_and_the_terminal_show_the_same_parts(company, tmp_path, capsys):
    brief = published(company, {"Research": 15000, "Support": 700})
    parts = dashboard_view._budget_parts(brief)
    assert parts["title"] == brief["reason"]["title"] and [row[0] for row in parts["rows"]] == [
        "(unassigned) (no budget)",
        "Research",
        "Support",
        "Company",
    ]
    assert parts["rows"][0][2] == "$0.00" and parts["rows"][-1][3] == (
        "+" if brief["reason"]["over"] > 0 else ""
    ) + words.money(brief["reason"]["over"], "USD")
    (tmp_path / "brief.json").write_text(json.dumps(brief))
    _published.show_parts(tmp_path / "brief.json")
    shown = " ".join(capsys.readouterr().out.split())
    assert (
        "(unassigned)" in shown
        and "no budget" in shown
        and brief["reason"]["sentence"].split(":")[0] in shown
    )
    late = {**brief, "first_day": "2026-05-01"}
    (tmp_path / "brief.json").write_text(json.dumps(late))
    _published.show_parts(tmp_path / "brief.json")
    short = "The ledger begins on 1 May 2026, and FY2026 begins on 1 January 2026: anything spent between is not in these figures"
    assert " ".join(capsys.readouterr().out.split()).startswith(short)  # as page one says it
    for name in ("company", "unit"):
        assert (
            dashboard_view._budget_parts(
                json.loads((BRIEFS / f"{name}.json").read_text(encoding="utf-8"))
            )["rows"]
            == []
        )


def test_a_unit_s_own_page_has_no_parts(company):
    daily, run = company
    close = Close(
        company="Small & Co",
        month="2026-10",
        currency="USD",
        daily=daily,
        as_of="2026-10-31",
        base=run,
        budgets=budgets({"Research": 15000}),
    )
    brief = briefs_of(close, ["Research"])[0]
    assert brief["children"] == [] and Page(json.loads(json.dumps(brief))).units() is None


@pytest.mark.parametrize("name", ["company", "unit", "real_bill", "start"])
def test_a_brief_of_before_shows_its_units_as_before(name):
    brief = json.loads((BRIEFS / f"{name}.json").read_text(encoding="utf-8"))
    section = Page(brief).units()
    if brief["children"]:
        assert (
            landing.likely_over(["Research Platform"]) in unescape(section.html)
            and differences(section.html, brief) == []
        )
