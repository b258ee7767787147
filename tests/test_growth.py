"""Growth has one meaning: the rule against a plain loop, its laws, and what is said where a year is not known (docs/method §10.2)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import growth as oracle

from finops_model.errors import InputError
from finops_model.measure.change import growth as grown
from finops_model.prices.lists.plan_rates import make_plan_rates

AS_OF = "2026-06-30"
MONEY = ["EffectiveCost", "ContractedCost", "ListCost"]


def facts(first="2025-04-01", last=AS_OF, rate=1.0, paid=None, sku="gpu", quantity=None, **texts):
    """DAILY of one SKU: a day costs quantity × rate; paid: less than that, as with a commitment."""
    days = pd.date_range(first, last)
    quantity = np.full(len(days), 10.0) if quantity is None else np.asarray(quantity, float)
    list_cost = quantity * rate
    return pd.DataFrame(
        {
            "ChargeDate": days,
            "ChargeCategory": "Usage",
            "ChargeClass": "",
            "ChargeFrequency": "Usage-Based",
            "CommitmentDiscountId": "",
            "CommitmentDiscountStatus": "",
            "SkuId": sku,
            "ServiceName": "GPU",
            "ConsumedUnit": "Hours",
            "BillingCurrency": "USD",
            "x_BusinessUnit": "Lab",
            "ConsumedQuantity": quantity,
            "ListCost": list_cost,
            "ContractedCost": list_cost,
            "EffectiveCost": list_cost if paid is None else paid,
        }
        | texts
    )


def year(daily, as_of=AS_OF, **how):
    compared = grown.growth(daily, as_of, **how)["year"]
    assert compared is not None
    return compared["growth"], compared["as_paid"]


LAST = pd.Timestamp("2026-04-01")


def test_an_example_by_hand():
    """10 hours a day at 2.00 a year ago, 12 at 1.50 now, half of it under a commitment at a third off; a new model at 5.00; a setup fee of 900."""
    before = facts(last="2025-12-31", rate=2.0)
    after = facts(first="2026-01-01", rate=1.5, quantity=np.full(181, 12.0), paid=15.0)
    new = facts(first="2026-02-01", sku="new", rate=5.0, quantity=np.full(150, 1.0), paid=4.0)
    fee = facts("2026-05-05", "2026-05-05", paid=900.0, ChargeCategory="Purchase", sku="fee")
    fee["ChargeFrequency"] = "One-Time"
    compared = grown.growth(pd.concat([before, after, new, fee]), AS_OF)["year"]
    assert compared["months"] == ["2026-04", "2026-05", "2026-06"]
    assert compared["before"] == ["2025-04", "2025-05", "2025-06"]
    assert (compared["per_day"], compared["per_day_before"]) == (
        pytest.approx(29.0),
        pytest.approx(20.0),
    )
    assert compared["growth"] == pytest.approx(0.45)  # (12 × 2.00 + 1 × 5.00) ÷ (10 × 2.00) − 1
    assert compared["as_paid"] == pytest.approx((15 + 4 + 900 / 91) / 20 - 1)
    assert compared["once"] == 900.0 and compared["once_before"] == 0.0
    assert compared["new_share"] == pytest.approx(4 / 19)


def records(daily):
    names = {
        "category": "ChargeCategory",
        "frequency": "ChargeFrequency",
        "class": "ChargeClass",
        "status": "CommitmentDiscountStatus",
        "sku": "SkuId",
        "unit": "ConsumedUnit",
        "quantity": "ConsumedQuantity",
        "contracted": "ContractedCost",
        "paid": "EffectiveCost",
    }
    return [
        {name: row[column] for name, column in names.items()}
        | {"day": (row["ChargeDate"].year, row["ChargeDate"].month, row["ChargeDate"].day)}
        for row in daily.to_dict("records")
    ]


def company(seed: int) -> pd.DataFrame:
    """Some SKUs that come, go and change their price, with fees, unused commitments, corrections, tax and credits among them."""
    rng, parts = np.random.default_rng(seed), []
    for i in range(6):
        first = rng.choice(["2025-04-01", "2025-04-01", "2025-11-01", "2026-05-10"])
        last = rng.choice([AS_OF, AS_OF, "2025-09-30"]) if first == "2025-04-01" else AS_OF
        n = len(pd.date_range(first, last))
        rate = np.where(np.arange(n) < n // 2, 1.0, rng.uniform(0.5, 1.5)) * rng.uniform(0.1, 9)
        quantity = rng.uniform(0, 20, n)
        part = facts(
            first,
            last,
            rate,
            quantity=quantity,
            sku=f"s{i}",
            paid=quantity * rate * rng.uniform(0.4, 1),
        )
        if rng.random() < 0.25:
            part["ConsumedUnit"], part["ConsumedQuantity"] = "", 0.0
        part.loc[rng.random(n) < 0.03, "ChargeFrequency"] = "One-Time"
        part.loc[rng.random(n) < 0.03, "ChargeClass"] = "Correction"
        part.loc[rng.random(n) < 0.03, "CommitmentDiscountStatus"] = "Unused"
        part.loc[rng.random(n) < 0.03, "ChargeCategory"] = rng.choice(
            ["Tax", "Credit", "Adjustment"]
        )
        parts.append(part)
    return pd.concat([facts(rate=3.0), *parts], ignore_index=True)


@pytest.mark.parametrize("seed", range(6))
def test_growth_is_what_a_plain_loop_over_the_bill_finds(seed):
    daily = company(seed)
    assert year(daily) == pytest.approx(oracle.growth(records(daily), (2026, 6)), rel=1e-12)


@settings(max_examples=20)
@given(st.floats(0.01, 1e6), st.integers(0, 5))
def test_scaling_money_moves_nothing(factor, seed):
    daily = company(seed)
    scaled = daily.assign(**{name: daily[name] * factor for name in MONEY})
    assert year(scaled) == pytest.approx(year(daily), rel=1e-9)


@settings(max_examples=20)
@given(st.floats(-0.9, 3.0), st.integers(0, 5))
def test_a_pure_price_change_moves_as_paid_by_itself_and_growth_by_nothing(change, seed):
    """Of every SKU that was there a year before; what is new has no price of a year before to hold."""
    quantity = np.random.default_rng(seed).uniform(1, 20, 456)
    daily = pd.concat([facts(quantity=quantity, rate=2.0), facts(quantity=quantity[::-1], sku="b")])
    dearer = daily.assign(
        **{n: daily[n].where(daily["ChargeDate"] < LAST, daily[n] * (1 + change)) for n in MONEY}
    )
    (volume, paid), (volume2, paid2) = year(daily), year(dearer)
    assert volume2 == pytest.approx(volume, abs=1e-12)
    assert (1 + paid2) == pytest.approx((1 + paid) * (1 + change), rel=1e-12)


def test_a_price_cut_of_one_sku_moves_growth_by_nothing_however_the_mix_is():
    """Prices are those of a year before, so the weight of a SKU does not fall with its price."""
    use = [facts(quantity=np.linspace(5, 20, 456)), facts(sku="b", quantity=np.linspace(9, 5, 456))]
    cut = use[0].assign(
        **{n: use[0][n].where(use[0]["ChargeDate"] < LAST, use[0][n] / 2) for n in MONEY}
    )
    before, after = year(pd.concat(use)), year(pd.concat([cut, use[1]]))
    assert after[0] == pytest.approx(before[0], abs=1e-12) and after[1] < before[1]


@pytest.mark.parametrize(
    "once",
    [
        {"ChargeCategory": "Purchase", "ChargeFrequency": "One-Time"},
        {"ChargeCategory": "Credit"},
        {"ChargeCategory": "Usage", "ChargeClass": "Correction"},
        {"ChargeCategory": "Adjustment"},
        {"ChargeCategory": "Tax"},
    ],
    ids=lambda one: " ".join(one.values()),
)
@pytest.mark.parametrize("day", ["2026-05-05", "2025-05-05"])
@pytest.mark.parametrize("amount", [5e5, -5e5])
def test_a_one_off_moves_no_growth(once, day, amount):
    daily = facts()
    odd = facts(day, day, paid=amount, sku="odd", quantity=[0.0], ConsumedUnit="").assign(**once)
    compared = grown.growth(pd.concat([daily, odd]), AS_OF)["year"]
    assert compared["growth"] == 0.0
    assert (compared["as_paid"] is None) == (odd["EffectiveCost"].sum() < -910 and day < "2026") * (
        once["ChargeCategory"] not in ("Tax", "Credit")
    )


def test_what_a_commitment_saves_or_leaves_unused_is_no_growth():
    held = facts(first="2026-01-01", paid=4.0)
    unused = facts(
        first="2026-01-01", paid=3.0, quantity=np.zeros(181), CommitmentDiscountStatus="Unused"
    )
    growth, paid = year(pd.concat([facts(last="2025-12-31"), held, unused]))
    assert growth == pytest.approx(0.0, abs=1e-12) and paid == pytest.approx(-0.3)


def test_a_leap_february_is_no_growth():
    """January to March 2028 have a day more than those of 2027."""
    assert year(facts("2027-01-01", "2028-03-31"), "2028-03-31") == (0.0, 0.0)


def test_a_unit_is_its_own_rows():
    lab = facts(quantity=np.where(pd.date_range("2025-04-01", AS_OF) < LAST, 10.0, 20.0))
    care = facts(x_BusinessUnit="Care")
    daily = pd.concat([lab, care])
    assert [year(daily, unit=unit)[0] for unit in ("Lab", "Care", "Company")] == pytest.approx(
        [1, 0, 0.5]
    )


def test_share_of_known_prices_is_said():
    spend = facts(sku="", ConsumedUnit="", quantity=np.zeros(456), paid=10.0, ServiceName="Seats")
    document = grown.growth(pd.concat([facts(paid=30.0, rate=3.0), spend]), AS_OF)
    assert document["year"]["priced_share"] == pytest.approx(0.75)
    assert document["sentence"] == (
        "0 % in a year at constant prices, without one-offs (as paid 0 %): cost per day, April to June 2026 against April to June 2025. "
        "Prices are known for 75 % of it; the rest counts as paid."
    )


def test_a_bill_without_quantities_says_that_no_price_is_known():
    spend = facts(ConsumedUnit="", quantity=np.zeros(456), paid=10.0)
    assert grown.growth(spend, AS_OF)["sentence"].endswith(
        "April to June 2025. No unit price is known, so all of it counts as paid."
    )


@pytest.mark.parametrize(
    "first, last, sentence",
    [
        (
            "2025-04-02",
            AS_OF,
            "Not known yet: it needs 15 full months one after the other, and the bill has 14. Instead: 0 % in three months at constant prices, without "
            "one-offs (as paid 0 %): cost per day, April to June 2026 against January to March 2026. A season may be in it.",
        ),
        (
            "2026-04-15",
            AS_OF,
            "Not known yet: it needs 15 full months one after the other, and the bill has 2. Instead: 0 % in a month at constant prices, without "
            "one-offs (as paid 0 %): cost per day, June 2026 against May 2026. A season may be in it.",
        ),
        (
            "2026-06-20",
            "2026-06-28",
            "Not known yet: it needs 15 full months one after the other, and the bill has none; nothing shorter can be compared either.",
        ),
    ],
)
def test_under_fifteen_months_growth_is_not_known_and_what_is_used_instead_is_said(
    first, last, sentence
):
    document = grown.growth(facts(first, last), last)
    assert document["year"] is None and document["sentence"] == sentence


def test_the_months_need_not_be_the_newest_days():
    """A month under way is no full month: its days change nothing."""
    daily = facts(last="2026-07-20", quantity=[10.0] * 456 + [500.0] * 20)
    assert year(daily, "2026-07-20") == (0.0, 0.0)


def test_a_month_without_any_charge_breaks_the_run():
    gap = pd.concat([facts(last="2025-08-31"), facts(first="2025-10-01")])
    document = grown.growth(gap, AS_OF)
    assert document["year"] is None and "the bill has 9." in document["sentence"]


def test_a_year_before_that_cost_nothing_is_said():
    rows = [facts(last="2025-12-31", quantity=np.zeros(275)), facts(first="2026-01-01")]
    document = grown.growth(pd.concat(rows), AS_OF)
    assert document["year"] is None
    assert document["why"] == "nothing that goes on was paid in the months a year before"


def test_facts_of_two_currencies_take_one_plan_rate_for_both_years():
    plan = make_plan_rates(
        {
            "name": "FY2026",
            "approved_on": "2025-12-01",
            "currency": "USD",
            "rates": {"EUR": {"2025-01-01": 1.0, "2026-01-01": 1.2}},
        }
    )
    euro = facts(
        BillingCurrency="EUR", quantity=np.where(pd.date_range("2025-04-01", AS_OF) < LAST, 10, 20)
    )
    daily = pd.concat([facts(), euro])
    assert year(daily, plan=plan, currency="USD") == pytest.approx((12 / 22, 12 / 22))
    with pytest.raises(InputError) as problem:
        grown.growth(daily, AS_OF)
    assert str(problem.value) == (
        "growth: the facts are in EUR and USD, and growth is said at constant exchange rates. "
        "Give the plan rates and the currency of the answer, or one entity's facts alone."
    )
