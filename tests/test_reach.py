"""A month is whole when ChargePeriodEnd says so: booked, status, forecast and partial months follow (docs/method §13.16, §14.1)."""

from __future__ import annotations

import pytest
from headline_world import brief_of, days, months, row, workspace

from finops_model.measure import words


@pytest.fixture(scope="module")
def monthly(tmp_path_factory):
    """Three cost centres by the month, January to October 2026: 3,000 a month each."""
    settings = workspace(
        tmp_path_factory.mktemp("monthly"),
        months("2026-01-01", 10, SkuId="a"),
        months("2026-01-01", 10, SkuId="b"),
    )
    return brief_of(settings, newest=True)


def test_a_table_of_months_has_its_newest_month(monthly):
    assert (monthly["month"], monthly["data_as_of"], monthly["actual"]["month"]) == (
        "2026-10",
        "2026-10-31",
        pytest.approx(6000),
    )
    assert (monthly["status"], monthly["status_reason"]) == (
        "preliminary",
        "no invoice was given to tie out against",
    )
    assert (
        monthly["landing"]["booked"] == pytest.approx(60_000)
        and monthly["actual"]["partial_months"] == []
    )
    assert monthly["forecast"]["months"][0]["month"] == "2026-11"  # October is not forecast again
    assert monthly["summary"][0] == "October 2026 cost $6.00k, as much as the month before."


def test_a_fee_of_the_month_and_one_of_the_year_do_not_complete_a_daily_bill(tmp_path):
    fees = [
        row("2026-10-01", "2026-11-01", 310, SkuId="seats"),
        row("2026-01-01", "2027-01-01", 3650, SkuId="support"),
    ]
    brief = brief_of(workspace(tmp_path, days("2026-08-01", "2026-10-13"), fees), newest=True)
    assert (brief["data_as_of"], brief["status"], brief["status_reason"]) == (
        "2026-10-13",
        "flash",
        "the month is under way: data up to 2026-10-13",
    )
    assert (
        "2026-10" in brief["actual"]["partial_months"]
        and brief["forecast"]["months"][0]["month"] == "2026-10"
    )
    assert brief["actual"]["month"] == pytest.approx(13 * (100 + 10 + 10))


MIXED = {
    "both are in": (
        10,
        "2026-10-31",
        "2026-10-31",
        "preliminary",
        "no invoice was given to tie out against",
        "2026-11",
    ),
    "the monthly one is not": (
        9,
        "2026-10-31",
        "2026-10-31",
        "flash",
        "October 2026 is not whole: Monthly is in up to 2026-09-30 only (Daily up to 2026-10-31)",
        "2026-10",
    ),
    "the daily one to the 15th": (
        10,
        "2026-10-15",
        "2026-10-15",
        "flash",
        "October 2026 is not whole: Daily is in up to 2026-10-15 only (Monthly up to 2026-10-31)",
        "2026-10",
    ),
}


@pytest.mark.parametrize("case", MIXED)
def test_two_vendors_of_different_steps(tmp_path, case):
    count, last, as_of, status, reason, forecast = MIXED[case]
    brief = brief_of(
        workspace(
            tmp_path, days("2026-06-01", last, lambda i: 100 + i % 7), months("2026-01-01", count)
        ),
        "2026-10",
    )
    assert (brief["data_as_of"], brief["status"], brief["status_reason"]) == (as_of, status, reason)
    assert brief["forecast"]["months"][0]["month"] == forecast
    assert ("2026-10" in brief["actual"]["partial_months"]) == (status == "flash")
    months_ahead = {one["month"]: one for one in brief["forecast"]["months"]}
    assert months_ahead["2026-12"]["p50"] == pytest.approx(
        31 * 103 + 3000, rel=0.03
    )  # a vendor that is waited for is not one that ended


def test_the_default_is_the_newest_month_that_everyone_has_billed(tmp_path):
    settings = workspace(
        tmp_path, days("2026-06-01", "2026-11-15", lambda i: 100 + i % 7), months("2026-01-01", 10)
    )
    brief = brief_of(settings)
    assert (brief["month"], brief["data_as_of"]) == ("2026-10", "2026-10-31")
    assert brief["complete"] == [
        {"source": "Daily", "step": "days", "complete": "2026-11-15", "waited_for": False},
        {"source": "Monthly", "step": "months", "complete": "2026-10-31", "waited_for": False},
    ]


def test_same_days_stand_beside_same_days(tmp_path):
    """findings/acceptance.md 8: thirteen days of October were set beside the whole of September."""
    brief = brief_of(
        workspace(
            tmp_path, days("2026-09-01", "2026-09-30", 100), days("2026-10-01", "2026-10-13", 120)
        ),
        newest=True,
    )
    assert (brief["actual"]["previous_month"], brief["actual"]["previous_same_days"]) == (
        pytest.approx(3000),
        pytest.approx(1300),
    )
    moved = brief["drivers"]["change"][0]
    assert (moved["previous"], moved["current"], moved["change"]) == (
        pytest.approx(1300),
        pytest.approx(1560),
        pytest.approx(260),
    )


def test_a_unit_cost_of_part_of_a_month_says_so():
    line = {
        "name": "Cost per session",
        "value": 0.0101,
        "days": 13,
        "partial": True,
        "change_pct": 0.02,
        "unit": "USD",
        "by_month": [
            {"month": "2026-09", "days": 30, "partial": False},
            {"month": "2026-10", "days": 13, "partial": True},
        ],
    }
    land = {"period": "FY2026", "p10": 1.0, "p50": 2.0, "p90": 3.0}
    said = words.summary(
        {
            "month": "2026-10",
            "currency": "USD",
            "status": "flash",
            "actual": {"month": 5.0, "previous_month": None},
            "landing": land,
            "budget": None,
            "drivers": {"change": []},
            "unit_costs": [line],
        }
    )
    assert (
        said[-1]
        == "Cost per session: 0.01010 USD over 13 days of October 2026, up 2 % on the whole of September 2026."
    )
