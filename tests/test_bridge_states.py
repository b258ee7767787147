"""States of a bridge: budgets, runs and published briefs come to their own totals, and forecasts of a year are told by the same months (docs/method §10.4, §10.8)."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from test_revisions import BOOKED, YEAR, forecast, run

from finops_model.facts.plans.read import read_budgets
from finops_model.measure.bridge import states
from finops_model.measure.bridge.lines import coins, of_daily, of_run
from finops_model.measure.bridge.steps import bridge
from finops_model.measure.change import moved


def rows(month, quantity, cost, **more):
    one = {
        "ChargeDate": pd.Timestamp(f"{month}-05"),
        "ChargeCategory": "Usage",
        "x_Workload": "chat",
        "SkuId": "small",
        "ServiceName": "LLM",
        "ConsumedUnit": "tokens",
        "ConsumedQuantity": quantity,
        "EffectiveCost": cost,
    }
    return pd.DataFrame([one | more])


def published(made, month, booked):
    """A brief as far as a bridge reads it."""
    return {
        "month": month,
        "unit": "Company",
        "currency": "USD",
        "actual": {"by_month": booked},
        "forecast": {
            "months": [
                {"month": m, "mean": float(made.total(months=[m]).mean())} for m in made.months
            ]
        },
        "expected": [*moved.expected(made, None, booked), *moved.expected_month(made, None)],
    }


def steps(made) -> dict[str, float]:
    return {name: float(value) for name, value in made.parts.items() if value}


SEPTEMBER = published(forecast("2026-09-30", YEAR[9:], 100.0, 1.0), "2026-09", BOOKED)
OCTOBER = published(
    forecast("2026-10-31", YEAR[10:], 110.0, 1.0), "2026-10", {**BOOKED, "2026-10": 108.0}
)


def test_a_published_month_is_told_by_line():
    """October was expected at 100 × 1.00 and came to 120 × 0.90."""
    then = states.published(SEPTEMBER, ["2026-10"])
    now = states.actual(rows("2026-10", 120.0, 108.0), "October 2026", 31, "USD")
    made = bridge(then, now)
    assert then.name == "forecast of October 2026, published for September 2026"
    assert steps(made) == {"volume": 20.0, "price": -12.0} and made.then.total == 100


def test_a_published_month_further_ahead_is_one_amount():
    made = states.published(SEPTEMBER, ["2026-12"])
    assert not made.by_line and made.total == 100
    assert made.said == (
        "The forecast of December 2026, published for September 2026, is its expected value (mean); it was published without quantities "
        "by month, so volume and price stay together.",
    )
    assert states.published(SEPTEMBER, ["2027-01"]) is None


def test_two_published_years_tell_the_month_that_closed_by_line():
    """As §10.3: October 120 × 0.90 for 100 × 1.00, then 110 a month; January was restated by 10."""
    later = {**OCTOBER, "expected": [dict(one) for one in OCTOBER["expected"]]}
    later["expected"][0] |= {
        "booked": later["expected"][0]["booked"] + 10,
        "mean": later["expected"][0]["mean"] + 10,
    }
    known = rows("2026-10", 120.0, 108.0)
    sides = [
        states.published(one, YEAR, booked=known, since="2026-10") for one in (SEPTEMBER, later)
    ]
    made = bridge(*sides)
    assert [float(one.total) for one in sides] == [810 + 300, 810 + 10 + 108 + 220]
    assert steps(made) == {"volume": 40.0, "price": -12.0, "restated": 10.0}


def test_a_runs_lines_come_to_its_mean_and_booked_months_to_theirs():
    made = forecast("2026-10-31", YEAR[10:], 110.0, 1.0, (-10.0, 5.0, 8.0))
    booked = pd.concat([rows("2026-09", 90.0, 90.0), rows("2026-10", 120.0, 108.0)])
    for since, restated in ((None, 0.0), ("2026-10", 90.0)):
        one = states.run(made, YEAR[8:], None, name="forecast", booked=booked, since=since)
        assert one.total == coins(198.0 + 222.0, "USD")
        kept = one.lines[one.lines["x_Kind"] == "restated"]["EffectiveCost"].sum()
        assert kept == restated and "rest" not in set(one.lines["SkuId"])
    assert of_run(made, YEAR[10:])["EffectiveCost"].sum() == pytest.approx(222.0)


def test_commitments_tiers_and_uncertain_prices_of_a_run_are_prices():
    lines = [
        {"month": "2026-11", "workload": "chat", "service": "LLM", "sku": "small", "unit": "tokens"}
        | {"quantity": 10.0, "unit_price": 1.0, "cost": 10.0},
        {"month": "2026-11", "workload": "chat", "service": moved.PRICED, "sku": ""}
        | {"unit": "charge", "quantity": 1.0, "unit_price": -3.0, "cost": -3.0},
    ]
    then, now = (
        states.run(
            run("2026-10-31", {"2026-11": [sum(one["cost"] for one in own)]}, own),
            ["2026-11"],
            None,
            name="forecast",
        )
        for own in (lines[:1], lines)
    )
    assert steps(bridge(then, now)) == {"price": -3.0}


def test_a_budget_is_exact_and_by_unit(tmp_path):
    (tmp_path / "budgets.csv").write_text(
        "business_unit,month,currency,amount\n"
        "Lab,2026-01,USD,100.10\nOps,2026-01,USD,0.05\nLab,2026-02,USD,100.20\nOps,2026-02,USD,0.05\n"
    )
    budgets = read_budgets(tmp_path / "budgets.csv", "USD")
    made = states.plan(budgets, "Company", ["2026-01", "2026-02"], None)
    assert (made.total, made.days) == (Decimal("200.40"), 59)
    assert made.lines.groupby("x_BusinessUnit")["EffectiveCost"].sum().round(2).to_dict() == {
        "Lab": 200.3,
        "Ops": 0.1,
    }
    assert states.plan(budgets, "Lab", ["2026-01"], None).total == Decimal("100.10")
    assert states.plan(budgets, "Company", ["2026-01", "2026-03"], None) is None


def test_a_base_of_zero_has_amounts_and_no_percentages():
    none = states.actual(rows("2026-09", 0.0, 0.0), "September 2026", 30, "USD")
    some = states.actual(rows("2026-10", 10.0, 5.0), "October 2026", 31, "USD")
    told = bridge(none, some).as_dict()
    assert told["share"] is None and told["steps"]["volume"] == 5.0
    assert told["said"] == [
        "The actual of September 2026 is zero or less, so amounts are shown and no percentages."
    ]


@pytest.mark.parametrize(
    "more, kind",
    [
        ({}, "use"),
        ({"ChargeFrequency": "One-Time"}, "one_off"),
        ({"ChargeClass": "Correction"}, "one_off"),
        ({"ChargeCategory": "Adjustment"}, "one_off"),
        ({"ChargeCategory": "Purchase", "ChargeFrequency": "Recurring"}, "fee"),
        ({"CommitmentDiscountStatus": "Unused", "CommitmentDiscountId": "c"}, "unused"),
        ({"ChargeCategory": "Tax", "ChargeFrequency": "One-Time"}, "tax"),
        ({"ChargeCategory": "Credit", "ChargeClass": "Correction"}, "credits"),
    ],
)
def test_what_a_row_of_the_bill_is(more, kind):
    assert of_daily(rows("2026-10", 1.0, 5.0, **more))["x_Kind"].tolist() == [kind]
