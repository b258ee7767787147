"""Every level, offers side by side, cash, NPV, ladders and "how many": by loops and closed forms (docs/method §8.80 to §8.84)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from finops_model.decide.commitments import ratios
from finops_model.decide.commitments.limits import Limits
from finops_model.decide.commitments.offers import Offer
from finops_model.decide.commitments.search.best import best_commitments
from finops_model.decide.commitments.search.layers import usage_of
from finops_model.decide.commitments.search.stacked import stack_of
from finops_model.decide.commitments.shown.how_many import how_many
from finops_model.decide.commitments.shown.levels import (
    covered_of,
    levels_of,
    on_demand_of,
    parts_of,
)
from finops_model.decide.commitments.shown.options import side_by_side
from finops_model.decide.commitments.shown.table import RECOMMENDED, Ask, Asked

PRICE = {"gpu": 2.0}
ONE = Offer(name="one", rate=1.3, skus=("gpu",), unit="GPU-hours", term_months=12, step=1)
HALF = Offer(
    name="half", rate=1.2, skus=("gpu",), unit="GPU-hours", term_months=12, upfront_share=0.5
)
THREE = Offer(
    name="three", rate=1.0, skus=("gpu",), unit="GPU-hours", term_months=36, upfront_share=0.25
)


def dates(years: int = 1, start: str = "2027-01-01") -> np.ndarray:
    """Years of 365 days, each from the same day on."""
    first = np.datetime64(start, "M")
    return np.concatenate(
        [(first + 12 * year).astype("datetime64[D]") + np.arange(365) for year in range(years)]
    )


def demand(paths: int = 3, years: int = 1, seed: int = 0, growth: float = 1.5) -> np.ndarray:
    """(path, hour) GPUs: a day's shape, a level of each path, growth by year."""
    rng = np.random.default_rng(seed)
    hours = np.arange(365 * 24 * years)
    shape = 10 + 4 * np.sin(hours / 24 * 2 * np.pi) + growth * 5 * (hours // 8760)
    return rng.uniform(0.7, 1.3, (paths, 1)) * shape + rng.uniform(0, 3, (paths, len(hours)))


def ask(values, offers, years: int = 1, **how) -> Ask:
    return Ask(
        offers=tuple(offers),
        usage=usage_of({"gpu": values}),
        prices=PRICE,
        parts=parts_of(dates(years)),
        currency="USD",
        **how,
    )


@effort(max_examples=8, deadline=None)
@given(
    level=st.floats(0, 30).map(lambda x: round(x, 2)),
    seed=st.integers(0, 99),
    kind=st.sampled_from(["units", "spend", "tables"]),
)
def test_a_level_does_what_a_loop_over_hours_counts(level, seed, kind):
    """Units of one SKU, a spend plan of one discount, and one with a discount for each of two SKUs."""
    rng = np.random.default_rng(seed)
    parts = parts_of(dates()[:59])
    usage = {name: rng.uniform(0, 20, (2, 59 * 24)) for name in ("a", "b")}
    prices = {"a": 2.0, "b": 3.0}
    offer = {
        "units": Offer(name="x", rate=1.3, on_demand=2.0, skus=("a",), term_months=2),
        "spend": Offer(name="x", kind="spend", discount=0.3, skus=("a", "b"), term_months=2),
        "tables": Offer(name="x", kind="spend", discounts={"a": 0.2, "b": 0.4}, term_months=2),
    }[kind]
    stack = stack_of(offer, usage_of(usage), prices)
    covered = covered_of(stack, parts, [level])
    (row,) = levels_of(offer, stack, covered, on_demand_of(stack, parts), parts, [level])
    order = {"units": ["a"], "spend": ["a", "b"], "tables": ["b", "a"]}[kind]
    cost, on_demand, used = np.zeros(2), np.zeros(2), np.zeros(2)
    for path in range(2):
        for hour in range(59 * 24):
            left = level
            for sku in order:
                money = usage[sku][path, hour] * prices[sku]
                on_demand[path] += money
                rate = 1.3 / 2.0 if kind == "units" else 1 - offer.discount_of(sku, prices[sku])
                units = money * rate if kind != "units" else usage[sku][path, hour]
                taken = min(units, left)
                left -= taken
                used[path] += taken
                cost[path] += (units - taken) * (prices["a"] if kind == "units" else 1 / rate)
            cost[path] += level * (1.3 if kind == "units" else 1.0)
    assert row.cost == pytest.approx(cost.mean(), rel=1e-9)
    assert row.saving == pytest.approx(on_demand.mean() - cost.mean(), rel=1e-7, abs=1e-6)
    assert row.savings_rate == pytest.approx(1 - cost.sum() / on_demand.sum(), abs=1e-9)
    assert row.loses == np.mean(cost > on_demand * (1 + 1e-9))
    if level > 0:
        assert row.utilisation == pytest.approx((used / (level * 59 * 24)).mean(), rel=1e-9)
        step = 1e-6 * level  # the last unit saves what a little less of it would lose
        less = covered_of(stack, parts, [level - step])
        lost = covered.money[..., -1].sum() - less.money[..., -1].sum()
        worth = covered.money[..., -1].sum() / covered.used[..., -1].sum()
        assert row.last_unit == pytest.approx(lost / step / worth / (2 * 59 * 24), rel=1e-3)
        assert row.last_unit <= 1 + 1e-9


def test_the_best_level_is_the_quantile_and_its_last_unit_is_used_as_often_as_it_pays_from():
    values = demand()
    table = side_by_side(ask(values, [HALF]))
    row = table.row("half")
    assert row.held == (pytest.approx(np.quantile(values, 1 - 1.2 / 2, method="inverted_cdf")),)
    assert row.first.last_unit == pytest.approx(1.2 / 2, abs=1e-4)
    assert row.first.break_even_utilisation == pytest.approx(0.6)
    for level in table.curves["half"]:
        assert level.cost >= row.first.cost - 1e-6
        if level.level > 0:
            share = level.utilisation
            covered = level.level * 8760 * share * 2.0 / (values.sum() / len(values) * 2.0)
            rate = ratios.effective_savings_rate(min(covered, 1.0), share, 1 - 1.2 / 2)
            assert level.savings_rate == pytest.approx(float(rate), abs=1e-9)
            back = ratios.payback_months(12, 1.2, 2.0, 0.5, share)
            assert level.payback_months == (
                pytest.approx(float(back)) if np.isfinite(back) else None
            )


def test_what_never_pays_is_never_and_not_zero():
    """Nobody uses it: no month in which the fee is saved, no month in which the upfront part is back."""
    values = np.zeros((2, 8760))
    values[:, :24] = 1.0
    offer = Offer(name="x", rate=1.2, skus=("gpu",), upfront_share=0.5, minimum=5.0)
    parts = parts_of(dates())
    stack = stack_of(offer, usage_of({"gpu": np.zeros((2, 8760))}), PRICE)
    (row,) = levels_of(
        offer, stack, covered_of(stack, parts, [5.0]), on_demand_of(stack, parts), parts, [5.0]
    )
    assert (row.break_even_months, row.payback_months, row.break_even_utilisation) == (
        None,
        None,
        None,
    )
    assert row.utilisation == 0 and row.cost == pytest.approx(5 * 1.2 * 8760)
    best = best_commitments(values, rate=1.2, on_demand=2.0, upfront_share=0.5, minimum=5.0)
    assert best.quantity == 0


def test_side_by_side_costs_what_each_year_costs_by_hand():
    values = demand(years=3)
    table = side_by_side(ask(values, [ONE, THREE], years=3))
    years = values.reshape(len(values), 3, 8760)
    for offer, row in ((ONE, table.row("one")), (THREE, table.row("three"))):
        spans = [[0], [1], [2]] if offer is ONE else [[0, 1, 2]]
        cost = np.zeros(len(values))
        for level, span in zip(row.held, spans, strict=True):
            part = years[:, span].reshape(len(values), -1)
            best = best_commitments(
                part, offers=[Offer(**{**vars(offer), "on_demand": 2.0, "skus": ()})], years=1
            )
            assert level == best.quantity
            cost += best.cost
        assert row.cost == pytest.approx(cost, rel=1e-9)
    nothing = table.row("on demand")
    assert nothing.cost == pytest.approx(values.sum(axis=1) * 2.0)
    assert [row.npv for row in table.rows] == sorted(row.npv for row in table.rows)


def test_what_is_recommended_together_has_the_cost_of_the_search():
    values = demand(years=3, growth=2.0)
    usage = usage_of({"gpu": values})
    best = best_commitments(usage, offers=[HALF, THREE], prices=PRICE, start="2027-01-01")
    table = side_by_side(ask(values, [HALF, THREE], years=3), best)
    assert sum(p.quantity > 0 for p in best.purchases) > 1
    now = next(p for p in best.purchases if p.name == "three").quantity
    assert now in [level.level for level in table.curves["three"]]
    row = table.row(RECOMMENDED)
    assert row.cost == pytest.approx(best.cost, rel=1e-9)
    assert row.cost.mean() <= min(table.row(n).cost.mean() for n in ("half", "three")) + 1e-6


@pytest.mark.parametrize("rate", [0.0, 0.08])
def test_cash_adds_up_to_cost_and_npv_is_counted_payment_by_payment(rate):
    values = demand(years=3)
    table = side_by_side(ask(values, [ONE, HALF, THREE], years=3, discount_rate=rate))
    for row in table.rows:
        assert row.cash.sum() == pytest.approx(row.cost.mean(), rel=1e-9)
        days = (row.dates - np.datetime64("2027-01-01")).astype(int)
        assert row.npv == pytest.approx((row.cash / (1 + rate) ** (days / 365)).sum(), rel=1e-9)
        if row.offer:
            paid = row.cash[days == 0].sum()
            assert (
                paid
                == pytest.approx(row.first.upfront)
                == row.first.committed * row.offer.upfront_share
            )


def test_a_ladder_costs_what_is_counted_month_by_month():
    values = demand()
    table = side_by_side(ask(values, [ONE], steps=3))
    at_once, climbed = table.ladders
    goal = table.row("one").held[0]
    assert (at_once.steps, climbed.steps) == (1, 3) and at_once.cost == pytest.approx(
        table.row("one").cost
    )
    steps = [round(goal / 3), round(goal * 2 / 3), goal]
    month = dates().astype("datetime64[M]").astype(int)
    month = np.repeat(month - month[0], 24)
    held = np.array([steps[min(m, 2)] for m in month])
    cost = np.maximum(values - held, 0).sum(axis=1) * 2.0 + (held * 1.3).sum()
    assert climbed.cost == pytest.approx(cost, rel=1e-9)
    assert climbed.cash.sum() == pytest.approx(cost.mean(), rel=1e-9)
    assert climbed.held.tolist() == [*steps, *[goal] * 9]


def test_three_answers_stand_side_by_side_with_their_reason():
    values = demand(years=3)
    asked = (
        Asked("signed: old", Offer(**{**vars(ONE), "name": "old"}), 4.0, "it ends on 2027-01-01"),
        Asked("30_more.yaml", Offer(**{**vars(ONE), "name": "more"}), 14.0, "Procurement asks."),
    )
    question = ask(values, [ONE, THREE], years=3, asked=asked)
    best = best_commitments(question.usage, offers=[ONE, THREE], prices=PRICE, start="2027-01-01")
    table = side_by_side(question, best)
    told = {one.source: one for one in how_many(table, best, "USD")}
    one, three = told["one"], told["three"]
    assert [told[name].quantity for name in ("signed: old", "30_more.yaml")] == [4.0, 14.0]
    more = told["30_more.yaml"]
    first = values[:, :8760]
    cost = 14 * 1.3 * 8760 + np.maximum(first - 14, 0).sum(axis=1) * 2.0
    assert more.saves_a_year == pytest.approx((first.sum(axis=1) * 2.0 - cost).mean())
    assert more.last_unit == pytest.approx((first >= 14).mean())
    assert more.reason.startswith("Procurement asks; the last unit is used in ")
    assert f"more over the term than the {one.quantity:g} of one." in more.reason
    assert three.quantity > one.quantity and "one needs 65%" in three.reason
    assert three.saves_a_year == pytest.approx(table.row("three").first.saving / 3)


def test_an_offer_that_saves_nothing_or_keeps_to_no_limit_is_told():
    values = demand()
    dear = Offer(name="dear", rate=2.5, skus=("gpu",))
    table = side_by_side(
        ask(values, [ONE, dear], limits=Limits(min_utilisation=1.0, min_share=0.9))
    )
    assert table.left_out[0].startswith(
        "offer 'one': nothing keeps to the utilisation of at least 100%"
    )
    assert table.left_out[1] == "dear saves nothing against on demand."
    assert table.row("dear").held == (0.0,) and table.rows[0].name in {"on demand", "one", "dear"}
