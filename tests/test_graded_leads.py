"""What was graded is said as it was asked; months are counted as months, sums not beside their parts (docs/method §11.9, §11.10)."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
import pytest

from finops_model.forecasting import scores, windows
from finops_model.measure import accuracy
from finops_model.measure.grades import LEVELS, grade
from finops_model.periods import add_months, month_range

SPREAD = {"p05": -20, "p10": -15, "p25": -7, "p50": 0, "p75": 7, "p90": 15, "p95": 20}


class Replay:
    """A run from a month end, 24 months ahead, each around 100."""

    def __init__(self, made):
        self.as_of = str(pd.Period(made).end_time.date())
        self.months = tuple(month_range(add_months(made, 1), add_months(made, 24)))

    def total(self, unit=None, months=None):
        return np.linspace(90.0, 110.0, 201) * len(months)


def record(count, leads=(1, 2, 3, 6), could=25):
    """Replays from the `count` month ends before October 2026; every month up to it has come."""
    ends = month_range(add_months("2026-10", -count), "2026-09")
    actual = dict.fromkeys(month_range("2024-06", "2026-10"), 101.0)
    return accuracy.record(
        [Replay(end) for end in ends],
        actual,
        pd.Series(3.3, pd.date_range("2024-06-01", "2026-10-31")),
        None,
        leads,
        could=could,
    )


def test_leads_that_were_not_asked_for_are_not_called_impossible():
    trust = record(7)["trust"]
    assert "could be graded" not in trust
    assert trust.endswith(
        "Graded here: 1 and 2 months ahead (n = 7 and 6, overlapping); every other range is an assumption. Too few windows to count: 3 and 6 months "
        "ahead (n = 5 and 2; 6 count). finops backtest --leads 9,12,18 grades further."
    )


def test_a_report_goes_back_until_its_longest_lead_counts_as_graded():
    found = record(accuracy.how_many(20), accuracy.LEADS)
    assert [(row["lead"], row["n"]) for row in found["rows"]] == [
        *[(1, 17), (2, 16), (3, 15)],
        *[(6, 12), (9, 9), (12, 6)],
    ]
    assert found["trust"].endswith(
        "Graded here: 1, 2, 3, 6, 9 and 12 months ahead (n = 17, 16, 15, 12, 9 and 6, overlapping); every other range is an assumption. "
        "finops backtest --leads 18 grades further."
    )


@pytest.mark.parametrize(
    "count, leads, could, said",
    [
        (
            1,
            (1, 2, 3, 6),
            1,
            "No lead counts as graded yet: 1 month ahead (n = 1; 6 count). The history is too short to grade 2, 3 and 6 months ahead.",
        ),
        (
            2,
            (1, 2, 3),
            2,
            "No lead counts as graded yet: 1 and 2 months ahead (n = 2 and 1; 6 count). The history is too short to grade 3 "
            "months ahead.",
        ),
        (
            7,
            (1, 12),
            16,
            "Graded here: 1 month ahead (n = 7); every other range is an assumption. Not graded: 12 months ahead; go back over more month ends "
            "(finops backtest --cutoffs).",
        ),
        (
            7,
            (1, 2, 3),
            14,
            "Graded here: 1 and 2 months ahead (n = 7 and 6, overlapping); every other range is an assumption. Too few windows to count: 3 months ahead "
            "(n = 5; 6 count). finops backtest --leads 6,9 grades further.",
        ),
    ],
)
def test_each_lead_is_graded_too_long_or_not_gone_back_for(count, leads, could, said):
    assert record(count, leads, could)["trust"].endswith(said)


@pytest.mark.parametrize(
    "count, leads",
    [(count, leads) for count in (1, 3, 8, 13) for leads in ((1,), (1, 2, 3, 6), (3, 9), (6, 12))],
)
def test_the_sentence_and_the_rows_are_one_count(count, leads):
    found = record(count, leads)
    graded = {row["lead"]: row["n"] for row in found["rows"]}
    assert graded == {lead: count - lead + 1 for lead in leads if count >= lead} and found[
        "asked"
    ] == sorted(leads)
    said = re.findall(r"([\d, and]+) months? ahead \(n = ([\d, and]+)", found["trust"])
    numbers = [[int(n) for n in re.findall(r"\d+", " ".join(part))] for part in zip(*said)]
    if graded:
        assert dict(zip(*numbers, strict=True)) == graded
        parts = re.split("Too few|No lead", found["trust"].partition("Graded here")[2])
        counted = [
            int(n) for n in re.findall(r"n = ([\d, and]+)", parts[0]) for n in re.findall(r"\d+", n)
        ]
        assert counted == [n for n in graded.values() if n >= 6]


def test_a_unit_that_is_new_is_graded_from_the_replays_that_knew_it():
    old, new = Replay("2026-07"), Replay("2026-08")
    old.units, new.units = ("Lab",), ("Lab", "Care")
    actual = dict.fromkeys(("2026-08", "2026-09"), 101.0)
    days = pd.Series(3.3, pd.date_range("2026-08-01", "2026-09-30"))
    found = accuracy.record([old, new], actual, days, "Care", (1, 2))
    assert [(row["made"], row["for"]) for row in found["detail"]] == [("2026-08", "2026-09")]


@pytest.mark.parametrize(
    "first, last, months",
    [
        ("2024-06-01", "2026-10-31", 25),
        ("2024-06-01", "2026-10-30", 24),
        ("2024-06-15", "2026-10-31", 24),
        ("2026-07-01", "2026-10-31", 0),
        ("2026-07-04", "2026-10-31", 0),
        ("2026-06-01", "2026-10-31", 1),
    ],
)
def test_the_reach_of_a_history_is_that_of_its_month_ends(first, last, months):
    assert accuracy.reach(first, last) == months
    ends = accuracy.month_ends(first, str(pd.Timestamp(last) + pd.Timedelta(days=1)), 60)
    whole = str((pd.Timestamp(last) + pd.Timedelta(days=1)).to_period("M") - 1)
    assert months == max([(pd.Period(whole) - pd.Period(end[:7])).n for end in ends], default=0)


def forecasts(units, made_for, centre=100.0):
    return pd.DataFrame(
        [
            {
                "unit": unit,
                "made": made,
                "for": month,
                "lead": 1,
                **{name: centre + off for name, off in SPREAD.items()},
            }
            for unit, (made, month) in itertools.product(units, made_for)
        ]
    )


UNITS = ("Support", "Research", "Risk", "Search")


def test_units_of_one_month_are_one_month_and_the_company_is_not_counted_beside_them():
    found = forecasts(("Company", *UNITS), [("2026-09", "2026-10")])
    actual = {
        **{(unit, "2026-10"): 100.0 for unit in UNITS},
        ("Research", "2026-10"): 130.0,
        ("Company", "2026-10"): 430.0,
    }
    graded = grade(found, actual)
    row = graded.calibration.query("kind == 'range' and level == 0.8").iloc[0]
    assert (row["n"], row["hits"], row["months"]) == (4, 3, 1) and (
        row["low"],
        row["high"],
    ) == scores.binomial_band(1, 0.8)
    assert graded.sentence() == (
        "4 published forecasts of 1 month missed by 7.0% of what was spent; where we said 80 %, 3 of 4 came true; too few to judge "
        "the range by. The company is the sum of its units and is not counted again: it missed by 76.7%, 0 of 1 inside."
    )
    assert (
        graded.by_lead()[["n", "months"]].values.tolist() == [[4, 1]]
        and len(graded.rows) == 5
        and graded.rows["counted"].sum() == 4
    )


@pytest.mark.parametrize("months", range(1, 15))
@pytest.mark.parametrize(
    "units", [("Company",), UNITS, ("Company", *UNITS), ("Company", "Support")]
)
def test_a_verdict_needs_months_not_rows(months, units):
    made_for = [
        (month, add_months(month, 1))
        for month in month_range("2025-01", add_months("2025-01", months - 1))
    ]
    found = forecasts(units, made_for)
    graded = grade(found, {(unit, month): 100.0 for unit in units for _, month in made_for})
    counted = len([unit for unit in units if unit != "Company"] or units)
    row = graded.calibration.query("kind == 'range' and level == 0.8").iloc[0]
    assert (row["n"], row["months"], graded.months()) == (counted * months, months, months)
    assert ("too few to judge" in graded.sentence()) == (months < 12)
    assert (row["low"], row["high"]) == scores.binomial_band(months, 0.8)
    assert graded.by_lead()["months"].tolist() == [months]


def test_a_verdict_needs_windows_that_do_not_overlap():
    """Twelve windows of twelve months each that share their days are one surprise, seen twelve times."""
    row = {"p05": 1, "p10": 2, "p25": 3, "p50": 4, "p75": 5, "p90": 6, "p95": 7, "actual": 9.0}
    for lead, count, apart in ((12, 12, 1), (12, 25, 3), (1, 11, 11), (1, 12, 12)):
        made = month_range("2023-01", add_months("2023-01", count - 1))
        rows = pd.DataFrame([row | {"made": m, "for": add_months(m, lead)} for m in made])
        found = windows.calibration(rows).query("kind == 'range' and level == 0.8").iloc[0]
        assert (found["windows"], found["apart"]) == (count, apart)
        assert windows.verdict(found).startswith("less than luck") == (count >= 12 and apart >= 3)
        few = f"too few to judge by ({count} windows, {apart} of them without overlap; 12 and 3 say something)"
        assert windows.verdict(found) == few or (count >= 12 and apart >= 3)


def test_the_company_counts_in_months_that_have_no_unit_beside_it():
    found = pd.concat(
        [
            forecasts(("Company",), [("2026-07", "2026-08"), ("2026-08", "2026-09")]),
            forecasts(("Support",), [("2026-08", "2026-09")]),
        ]
    )
    graded = grade(
        found.reset_index(drop=True),
        {
            (unit, month): 100.0
            for unit in ("Company", "Support")
            for month in ("2026-08", "2026-09")
        },
    )
    assert graded.counted()[["unit", "for"]].values.tolist() == [
        ["Company", "2026-08"],
        ["Support", "2026-09"],
    ]


def test_hands_of_two_units_in_one_month_are_two_forecasts_of_one_month():
    found = forecasts(("Support", "Research"), [("2026-09", "2026-10")]).assign(
        hand=[101.0, 99.0], by="Ann", because="x"
    )
    hand = grade(found, {("Support", "2026-10"): 100.0, ("Research", "2026-10"): 100.0}).by_hand()
    assert (hand["n"], hand["months"]) == (2, 1) and hand["sentence"].endswith(
        "in 0 of 2 forecasts"
    )


def test_nothing_published_has_no_months():
    empty = grade(pd.DataFrame(columns=["unit", "made", "for", "lead", *LEVELS, "currency"]), {})
    assert empty.months() == 0 and not len(empty.counted()) and not len(empty.by_lead())
