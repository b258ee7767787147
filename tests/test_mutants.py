"""Numbers that a small change of the code moved without a test noticing (mutants): each is pinned here, by what a user sees."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scenario_world import rows

import finops_model as fm
from finops_model.facts.plans.read import read_budgets
from finops_model.forecasting import windows
from finops_model.measure import kpis
from finops_model.measure.anomalies.limits import pace_alerts
from finops_model.measure.budget import landing as budgets
from finops_model.prices.settle.settlement import price
from finops_model.simulate.kernel import engine
from finops_model.simulate.kernel.flat import FlatPlan
from finops_model.uncertainty import chances

MONTHS = ("2026-10", "2026-11", "2026-12")


def breach_month(booked, monthly, months, budget):
    return budgets.landing("FY2026", booked, monthly, months, budget)["breach_month"]


# --- a budget that is met to the cent is not exceeded (§9.1)


def test_a_path_that_lands_on_its_budget_does_not_pass_it():
    exact = np.array([[50.0, 25.0, 25.0], [50.0, 25.0, 25.0]])
    assert breach_month(0.0, exact, MONTHS, 100.0) is None
    assert breach_month(0.0, np.array([[100.0, 0.0, 50.0]]), MONTHS, 100.0) == "2026-12"
    assert breach_month(100.0, np.array([[0.0, 0.0, 1.0]]), MONTHS, 100.0) == "2026-12"
    told = budgets.landing("FY2026", 0.0, exact, MONTHS, 100.0)
    assert told["breach_month"] is None and not told["overrun_probability"]
    assert breach_month(100.5, exact, MONTHS, 100.0) == "already exceeded"
    found = chances.runout(100.0, exact, MONTHS)
    assert found.typical is None and found.earliest is None


def test_the_typical_month_is_the_middle_one_of_those_that_pass():
    """Ten paths that pass: four in October, one in November, five in December; half have passed by November."""
    monthly = np.zeros((12, 3))
    for at, month in enumerate([0] * 4 + [1] + [2] * 5):
        monthly[at, month] = 150.0
    assert breach_month(0.0, monthly, MONTHS, 100.0) == "2026-11"
    assert chances.runout(100.0, monthly, MONTHS).typical == "2026-11"


# --- sums of graded windows (§11.6)


def window(made, p50, actual, naive):
    return {
        "kind": "month",
        "lead": 1,
        "series": "a",
        "made": made,
        "for": made,
        "p10": p50 - 1,
        "p50": p50,
        "p90": p50 + 1,
        "actual": actual,
        "naive": naive,
    }


def test_the_finops_variance_of_many_windows_is_of_the_forecast():
    """Forecast 300, actual 240: 60 ÷ 300 = 20 %, not 60 ÷ 240 = 25 %."""
    told = windows.summary(
        pd.DataFrame([window("2026-01", 100.0, 90.0, 95.0), window("2026-02", 200.0, 150.0, 170.0)])
    )
    assert told["finops_variance_pct"].tolist() == pytest.approx([0.2]) and told[
        "bias"
    ].tolist() == pytest.approx([0.25])


def test_a_tie_with_last_week_is_not_closer():
    told = windows.summary(
        pd.DataFrame(
            [
                window("2026-01", 110.0, 100.0, 90.0),
                window("2026-02", 110.0, 100.0, 110.0),
                window("2026-03", 101.0, 100.0, 98.0),
                window("2026-04", 120.0, 100.0, 101.0),
            ]
        )
    )
    assert told["closer"].tolist() == [0.25]


# --- the width of bursty series (§2.3)


def bursty(size):
    """A level of 100, and one day in 45 of `size` times as much: no method foresees it."""
    days = pd.date_range("2025-01-01", periods=360)
    value = np.full(360, 100.0)
    value[40::45] *= size
    return pd.Series(value, days)


def test_an_error_of_a_tenfold_day_is_kept_whole_and_one_beyond_belief_is_cut():
    tenfold = fm.forecast(bursty(12.0), 60, paths=200, methods=["weekday_mean", "seasonal_naive"])
    assert 1.5 < np.abs(tenfold.errors).max() < 4.0, (
        "the miss of such a day is a factor of about ten: log 2.3"
    )
    wild = fm.forecast(bursty(200.0), 60, paths=200, methods=["weekday_mean", "seasonal_naive"])
    assert np.abs(wild.errors).max() == 4.0, "more than e⁴ = 55 times is as good as anything"


# --- the pace of a budget (§12.5)


def test_a_month_is_raised_when_over_its_pace_by_more_than_a_tenth(tmp_path):
    """100 a day for weeks; a budget of 3,100 ÷ 1.11 puts day 10 eleven per cent over its pace, one of 3,100 ÷ 1.09 nine."""
    days = pd.date_range("2026-07-01", "2026-10-10")
    daily = rows(
        days,
        EffectiveCost=100.0,
        x_Workload="chat",
        x_Team="ai",
        x_BusinessUnit="Support",
        ServiceName="Aurora API",
    )
    for over, raised in ((1.11, ["Support"]), (1.09, [])):
        path = tmp_path / f"{over}.csv"
        path.write_text(
            f"business_unit,month,currency,amount\nSupport,2026-10,USD,{3100 / over:.6f}\n"
        )
        assert [
            one.subject
            for one in pace_alerts(daily, read_budgets(path, "USD"), "2026-10-10", "USD")
            if one.subject == "Support"
        ] == raised, over


# --- unit costs (§16.1)


def usage(days, cost):
    return rows(
        days,
        EffectiveCost=cost,
        x_Workload="chat",
        x_Team="ai",
        x_BusinessUnit="Support",
        ServiceName="Aurora API",
    )


def drivers(days, counts):
    return pd.DataFrame(
        {
            "date": pd.to_datetime(days),
            "name": "sessions",
            "role": "driver",
            "unit": "session",
            "value": np.asarray(counts, float),
        }
    )


def test_a_month_with_one_missing_day_is_partial():
    whole = pd.date_range("2026-10-01", "2026-10-31")
    for days, partial in ((whole, False), (whole[:-1], True), (whole[1:], True)):
        line = kpis.monthly(kpis.Part("a", "USD", pd.Series(2.0, whole), pd.Series(1.0, days)))[0]
        assert (line["days"], line["partial"]) == (len(days), partial)


def test_the_cost_of_a_day_without_a_count_stays_out_of_the_ratio():
    """Thirty days of 10 and 5 sessions; on the last day 1,000 and none: 2 a session, not 4.27."""
    whole = pd.date_range("2026-10-01", "2026-10-31")
    facts = kpis.Facts(
        usage(whole, np.r_[np.full(30, 10.0), 1000.0]),
        drivers(whole, np.r_[np.full(30, 5.0), 0.0]),
        {"sessions": None},
        "USD",
    )
    line = next(
        one for one in kpis.unit_costs(facts, "2026-10") if one["name"] == "Cost per session"
    )
    assert line["value"] == pytest.approx(2.0) and line["days"] == 30 and line["partial"]


# --- commitments and seats (§5.10, §5.42)


def test_the_smallest_size_is_covered_first_whatever_the_order_of_the_document():
    """16 units: large takes 4, xlarge 8. Two large first, then one of two xlarge; the largest first would leave both large on demand."""
    for skus in ({"xlarge": 8, "large": 4}, {"large": 4, "xlarge": 8}):
        done = price(
            {"large": 2.0, "xlarge": 2.0},
            {"large": 1.0, "xlarge": 2.0},
            [{"kind": "units", "quantity": 16, "rate": 0.1, "skus": skus}],
        )
        assert dict(zip(done.skus, done.spill[0])) == {"large": 0.0, "xlarge": 1.0}


def test_seats_are_paid_at_least_at_their_minimum():
    """Three people under a minimum of five seats at 30: 150 are due, the quota of three is theirs."""
    for used in (0.0, 10.0, 300.0, 1000.0):
        done = price(
            {"credits": used},
            {"credits": 1.0},
            [
                {
                    "kind": "seats",
                    "seats": 3,
                    "minimum": 5,
                    "fee": 30.0,
                    "included": 100,
                    "skus": ["credits"],
                }
            ],
        )
        assert float(done.fees.sum()) == 150.0 and float(
            done.effective_cost.sum()
        ) == pytest.approx(150.0 + max(used - 300, 0))


# --- a level stays where it went (§2.6)


@pytest.mark.parametrize("which", ["numpy", "numba"])
def test_a_level_is_carried_on_over_the_whole_horizon(which):
    """One shock on the first day and none after: every later day of a path is what the first was."""
    steps = 400
    step = np.zeros((steps, 1))
    step[0] = 0.5
    cost = engine.simulate_paths(
        FlatPlan(
            months=tuple(map(str, range(steps))),
            month_of=np.arange(steps),
            workloads=("w",),
            median=np.ones((steps, 1)),
            columns=("cost",),
            units=1,
            phi=np.zeros(1),
            sigma=np.zeros(1),
            level_step=step,
            centred=False,
            charge_workload=np.zeros(1, int),
            charge_column=np.zeros(1, int),
            charge_line=np.full(1, -1),
            charge_rate=np.ones((1, steps)),
        ),
        512,
        7,
        which,
    ).cost[:, :, 0]
    assert cost[:, 0].std() > 0.3
    assert np.allclose(cost / cost[:, :1], 1.0, rtol=1e-4)
