"""A year of weeks in the report: periods, the year's landing, budgets by period, the page and the workbook (docs/method §1.6, §1.7)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import headline_world as world
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import calendars as oracle

from finops_model.errors import InputError
from finops_model.facts.plans import by_days
from finops_model.facts.plans.read import read_budgets
from finops_model.front.forecasting.workspace import of_workspace
from finops_model.measure.budget import against, fiscal
from finops_model.periods import WEEKDAYS, Calendar, month_range
from finops_model.publish import close
from finops_model.publish.page.body import Page
from finops_model.publish.report.workbook.book import write_workbook
from finops_model.settings.books.calendar import FiscalCalendar

WEEKS = Calendar("4-4-5", month=1, ends="nearest", named_after="start")  # 2026: 1 February on
KEY = {"kind": "4-4-5", "month": 1, "ends": "nearest", "named_after": "start"}
BUDGETS = "business_unit,month,amount,currency\n" + "".join(
    f"Company,FY2025-P{number:02d},{3000 + number}.55,USD\n" for number in range(1, 13)
)


def cost(i: int) -> float:
    return 100 + (i % 7) * 10 + i / 20


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The close of October 2025 of a company on a retail calendar, budgets by period."""
    folder = tmp_path_factory.mktemp("weeks")
    (folder / "budgets.csv").write_text(BUDGETS)
    found = world.workspace(
        folder,
        world.days("2025-01-01", "2025-10-31", cost),
        calendar=FiscalCalendar.model_validate(KEY),
        fiscal_year_starts=2,
        budgets="budgets.csv",
    )
    prepared = close.prepare(found, "2025-10")
    return prepared, close.briefs_of(prepared, ["Company"])[0]


def test_actuals_by_period_are_sums_of_days(made):
    _, brief = made
    lines = brief["fiscal"]["periods"]
    by_day = {dt.date(2025, 1, 1) + dt.timedelta(days=i): cost(i) for i in range(304)}
    for line, (_, first, last) in zip(
        lines, oracle.week_periods(2026, "4-4-5", 1, "nearest", 5), strict=True
    ):
        assert (line["start"], line["last"]) == (str(first), str(last))
        inside = [value for day, value in by_day.items() if first <= day <= last]
        assert (line["actual"] or 0) == pytest.approx(sum(inside), abs=1e-6)
        assert line["booked_days"] == len(inside)
    assert brief["fiscal"]["actual"] == pytest.approx(brief["actual"]["year_to_date"])
    # 31 October is a Friday, and the ninth period ends on the Saturday
    assert [
        (line["name"], line["booked_days"], line["days"]) for line in lines if line["partial"]
    ] == [("FY2025-P09", 34, 35)]
    assert [line["state"] for line in lines] == ["actual"] * 8 + ["under way"] + ["forecast"] * 3


def test_the_year_lands_as_its_paths_say_and_not_as_sums_of_quantiles(made):
    prepared, brief = made
    run, land = prepared.base, brief["landing"]
    assert land["period"] == "FY2025" and land["last"] == "2026-01"
    weights = oracle.weekday_medians(prepared.daily)
    first, last = dt.date(2025, 2, 2), dt.date(2026, 1, 31)
    totals = np.full(
        run.paths,
        sum(cost(i) for i in range(304) if dt.date(2025, 1, 1) + dt.timedelta(days=i) >= first),
    )
    for month in run.months:
        days = oracle.month_days(month)
        share = sum(weights[day.weekday()] for day in days if first <= day <= last)
        totals = totals + run.total(months=[month]) * share / sum(
            weights[d.weekday()] for d in days
        )
    for name, q in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
        assert land[name] == pytest.approx(float(np.quantile(totals, q)), rel=1e-9)
    ahead = [line for line in brief["fiscal"]["periods"] if line["state"] != "actual"]
    means = sum(line["mean"] for line in ahead) + sum(
        line["actual"] for line in brief["fiscal"]["periods"] if line["state"] == "actual"
    )
    assert land["mean"] == pytest.approx(means, rel=1e-9)
    assert sum(line["p90"] for line in ahead) + brief["fiscal"]["actual"] > land["p90"]


def test_budgets_by_period_stay_exact_and_the_year_is_their_sum(made):
    _, brief = made
    assert [line["budget"] for line in brief["fiscal"]["periods"]] == [
        3000.55 + number for number in range(1, 13)
    ]
    assert brief["landing"]["budget"] == pytest.approx(sum(3000.55 + n for n in range(1, 13)))
    assert brief["budget"]["year"] == brief["landing"]["budget"]
    assert brief["moved"] == [] and brief["year_outside"]["period"] == "FY2025"


def test_the_page_shows_every_period_and_every_figure_is_the_briefs(made):
    page = Page(made[1])
    shown = page.budget().html
    page.first_page()
    assert page.differences() == []
    assert "By fiscal period, FY2025 (4-4-5)" in shown and shown.count("FY2025-P") == 12
    assert "52 weeks" in shown


def test_the_workbook_has_a_sheet_of_the_year(made, tmp_path):
    book = openpyxl.load_workbook(write_workbook(made[1], tmp_path / "w.xlsx"))
    rows = list(book["Fiscal year"].iter_rows(values_only=True))
    assert [row[0] for row in rows[1:13]] == [f"FY2025-P{n:02d}" for n in range(1, 13)]
    assert rows[13][0] == "FY2025" and rows[13][4] == "=SUM(E2:E13)"
    assert [row[11] for row in rows[1:13]] == [3000.55 + n for n in range(1, 13)]


def test_a_year_of_months_has_no_such_table_whatever_says_when_it_begins(tmp_path):
    found = world.workspace(
        tmp_path,
        world.days("2025-01-01", "2025-03-31"),
        calendar=FiscalCalendar(kind="months", starts=7),
        fiscal_year_starts=7,
    )
    assert "fiscal" not in world.brief_of(found) and not found.of_weeks


calendars = st.builds(
    Calendar,
    st.sampled_from(["4-4-5", "4-5-4", "5-4-4", "13x4"]),
    month=st.integers(1, 12),
    ends=st.sampled_from(["last", "nearest"]),
    weekday=st.sampled_from(WEEKDAYS),
)
amounts = st.integers(0, 10**9).map(lambda one: Decimal(one).scaleb(-2))


@settings(max_examples=40)
@given(calendars, st.lists(amounts, min_size=14, max_size=14), st.integers(2000, 2040))
def test_months_brought_to_periods_conserve_the_total_and_are_those_of_a_loop(
    calendar, money, year
):
    periods = calendar.year(year)
    months = month_range(*(str(day)[:7] for day in (periods[0].start, periods[-1].end - 1)))
    own = dict(zip(months, money))
    found = by_days.bring({by_days.month_period(m): v for m, v in own.items()}, periods)
    assert sum(found.values()) == sum(own.values())
    expected: dict[str, Decimal] = {}
    for month, amount in own.items():
        weights: dict[str, Fraction] = {}
        for day in oracle.month_days(month):
            name = next(
                (each.name for each in periods if each.start.item() <= day < each.end.item()),
                by_days.REST,
            )
            weights[name] = weights.get(name, Fraction(0)) + 1
        for name, part in oracle.share(str(amount), weights).items():
            expected[name] = expected.get(name, Decimal(0)) + part
    assert found == expected


@settings(max_examples=40)
@given(calendars, st.lists(amounts, min_size=13, max_size=13), st.integers(2000, 2040))
def test_periods_brought_to_months_conserve_the_total(calendar, money, year):
    periods = calendar.year(year)
    months = month_range(*(str(day)[:7] for day in (periods[0].start, periods[-1].end - 1)))
    own = dict(zip(periods, money))
    found = by_days.bring(own, [by_days.month_period(month) for month in months])
    assert sum(found.values()) == sum(own.values()) and by_days.REST not in found


def test_a_month_view_of_budgets_by_period_has_only_whole_months(tmp_path):
    (tmp_path / "b.csv").write_text(BUDGETS)
    plan = read_budgets(tmp_path / "b.csv", "USD", WEEKS)
    months = plan.by_month("Company")
    # 1 February 2025 lies in FY2024: February has a day without a budget
    assert list(months)[0] == "2025-03" and list(months)[-1] == "2026-01"
    assert plan.by_period("Company", WEEKS.year(2025))["FY2025-P10"] == 3010.55
    # 1 March is a day of P01's 28, 30 and 31 March are two of P03's 35
    assert plan.month("Company", "2025-03") == Decimal("107.20") + Decimal("3002.55") + Decimal(
        "171.63"
    )


@pytest.mark.parametrize(
    "text, calendar, sentence",
    [
        (
            "month,amount,currency\nFY2025-P13,1,USD\n",
            WEEKS,
            "b.csv: line 2: month: 'FY2025-P13' is none: FY2025 has the periods P01 to P12.",
        ),
        (
            "month,amount,currency\nFY2025-P10,1,USD\n",
            None,
            "b.csv: line 2: month: 'FY2025-P10' is a fiscal period, and the year of finops.yaml is months. Write a month as 2026-10, "
            "or calendar: into finops.yaml.",
        ),
        (
            "month,amount,currency\nFY2025-P10,1,USD\n2025-10,1,USD\n",
            WEEKS,
            "b.csv: Company has a budget for the month 2025-10 and one for the period FY2025-P10. State all of a unit's budgets by "
            "month, or all by period.",
        ),
        (
            "month,amount,currency\nFY2025-P10,1,USD\nFY2025-P12,1,USD\n",
            WEEKS,
            "b.csv: Company has no budget for FY2025-P11, between FY2025-P10 and FY2025-P12. Write the amount, or 0 where nothing is "
            "approved.",
        ),
    ],
)
def test_budgets_that_make_no_sense_are_refused(tmp_path, text, calendar, sentence):
    (tmp_path / "b.csv").write_text(text)
    with pytest.raises(InputError) as refused:
        read_budgets(tmp_path / "b.csv", "USD", calendar)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "month, year",
    [("2025-12", "FY2025"), ("2026-01", "FY2026"), ("2026-12", "FY2026"), ("2027-01", "FY2027")],
)
def test_a_report_is_of_the_year_in_which_the_15th_lies(month, year):
    assert (
        fiscal.year_of(Calendar("4-4-5"), month)[0].year == year
    )  # ends on 27 December 2025, 26 December 2026


def test_a_bill_that_begins_inside_a_period_marks_it_partial():
    days = pd.date_range("2026-02-10", "2026-03-10")
    run = type("Run", (), {"as_of": "2026-03-10", "months": (), "nothing": ("too short", "")})()
    found = fiscal.fiscal(run, pd.Series(1.0, days), WEEKS, WEEKS.year(2026), {})
    assert [(line["booked_days"], line["partial"]) for line in found["periods"][:3]] == [
        (19, True),
        (10, True),
        (0, False),
    ]
    assert found["periods"][0]["actual"] == 19.0 and found["periods"][2]["actual"] is None


@pytest.mark.parametrize(
    "text, name, periods",
    [
        (None, "FY2025", 12),
        ("FY2025", "FY2025", 12),
        ("fy2025-q2", "FY2025-Q2", 3),
        ("FY2025-P10", "FY2025-P10", 1),
        ("2025-11", "2025-11", 0),
    ],
)
def test_a_budget_period_of_a_year_of_weeks(text, name, periods):
    found = against.period_of(text, "2025-10-31", 2, calendar=WEEKS)
    assert (found.name, len(found.weeks)) == (name, periods)


def test_a_budget_period_that_is_none_is_refused():
    with pytest.raises(InputError) as refused:
        against.period_of("Q2", "2025-10-31", 2, calendar=WEEKS)
    assert str(refused.value) == (
        "--budget-period: 'Q2' is not a period. Write a fiscal year FY2027, a quarter FY2027-Q2 or a period FY2027-P03 of one, or a month "
        "2027-03."
    )


def test_commands_land_the_year_as_the_report_does(made):
    prepared, brief = made
    run, daily = prepared.base, prepared.daily
    year = against.period_of(None, run.as_of, 2, calendar=WEEKS)
    land = against.landing_beside(run, daily, brief["landing"]["budget"], year)
    assert {key: land[key] for key in brief["landing"]} == brief["landing"]
    held = against.totals_of(run, land, None, daily, WEEKS)
    assert float(np.quantile(held, 0.9)) == pytest.approx(land["p90"])
    period = against.held_against(run, daily, 4000.0, "FY2025-P11", 2, calendar=WEEKS)
    line = brief["fiscal"]["periods"][10]
    assert (period["period"], period["p50"]) == ("FY2025-P11", pytest.approx(line["p50"]))


def test_the_forecast_command_says_quarters_and_years_of_weeks(made, tmp_path_factory):
    prepared, brief = made
    folder = tmp_path_factory.mktemp("forecast")
    (folder / "budgets.csv").write_text(BUDGETS)
    found = world.workspace(
        folder,
        world.days("2025-01-01", "2025-10-31", cost),
        calendar=FiscalCalendar.model_validate(KEY),
        fiscal_year_starts=2,
        budgets="budgets.csv",
    )
    rows = of_workspace(found, months=3, quarters=True).rows
    assert [row["period"] for row in rows] == ["FY2025-Q3", "FY2025-Q4", "FY2025"]
    assert [row["missing"] for row in rows] == [[], [], []]
    lines = brief["fiscal"]["periods"]
    land, third = brief["landing"], rows[0]
    assert rows[2]["p50"] == pytest.approx(land["p50"], rel=1e-6)
    assert third["booked"] == ["FY2025-P07", "FY2025-P08"]
    assert third["p50"] == pytest.approx(
        lines[6]["actual"] + lines[7]["actual"] + lines[8]["p50"], rel=1e-6
    )
    assert against.approved(found, "2025-10-31") == pytest.approx(land["budget"])
