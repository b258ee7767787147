"""Spend and units over several SKUs, replayed: layers by hand, brute force over months, one SKU in halves (docs/method §8.85)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from finops_model.decide.commitments.offers import Offer
from finops_model.decide.commitments.past import hindsight, past_of
from finops_model.decide.commitments.replay import replay_commitments
from finops_model.decide.commitments.search.layers import usage_of
from finops_model.decide.commitments.search.stacked import Plans
from finops_model.errors import PriceError

FIRST = "2025-01-01"
PLAN = Offer(name="plan", kind="spend", discounts={"a": 0.4, "b": 0.2}, term_months=2)
PRICES = {"a": 2.0, "b": 3.0}


def flat(known, hours, first_day, paths, seed):
    return np.full((paths, hours), known[-168:].mean())


def history(seed: int = 0, days: int = 120) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    level = rng.uniform(1, 9, (2, days))
    return {sku: np.repeat(level[i], 24) * (1 + 0.5 * i) for i, sku in enumerate("ab")}


@effort(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), level=st.floats(0, 40), before=st.floats(0, 20))
def test_cost_and_what_is_left_are_those_of_plans_in_the_vendors_order(seed, level, before):
    usage = history(seed, days=3)
    past = past_of(usage, [PLAN], PRICES)
    held = np.full(72, level)
    plans = Plans((PLAN,), usage_of({k: v[None] for k, v in usage.items()}), PRICES)
    outcome = plans.outcome([level])
    assert past.cost(held, 0) == pytest.approx(
        float(outcome.cost[0] - outcome.fees[0]), rel=1e-9, abs=1e-6
    )
    rest = past.left(0, 72, np.full(72, before), past.rates["plan"])
    both = plans.outcome([before + level])
    more = float(both.covered.sum() - plans.outcome([before]).covered.sum())
    assert float(rest.covered([level])[0][0, 0]) == pytest.approx(more, rel=1e-9, abs=1e-6)


def test_one_sku_in_two_halves_is_replayed_as_one():
    use = history(3)["a"]
    whole = replay_commitments(
        {"a": use}, [Offer(name="u", rate=1.2, skus=("a",), term_months=2)],
        first_day=FIRST, months=2, prices={"a": 2.0}, paths=2, forecast=flat,
    )  # fmt: skip
    halves = replay_commitments(
        {"a": use / 2, "b": use / 2}, [Offer(name="u", rate=1.2, skus=("a", "b"), term_months=2)],
        first_day=FIRST, months=2, prices={"a": 2.0, "b": 2.0}, paths=2, forecast=flat,
    )  # fmt: skip
    for one, other in zip(whole.lines, halves.lines, strict=True):
        assert (one.rule, one.cost, one.saving) == (
            other.rule,
            pytest.approx(other.cost),
            pytest.approx(other.saving, abs=1e-6),
        )


def test_a_spend_plan_of_one_discount_is_the_currency_in_units():
    """What the refusal said to write by hand: the currency as unit, on demand 1, rate 1 − discount."""
    use = history(4)
    money = use["a"] * 2.0 + use["b"] * 3.0
    how = dict(first_day=FIRST, months=2, paths=2, forecast=flat)
    spend = replay_commitments(
        use,
        [Offer(name="s", kind="spend", discount=0.3, skus=("a", "b"), term_months=2)],
        prices=PRICES,
        **how,
    )
    units = replay_commitments(
        money, [Offer(name="s", rate=0.7, on_demand=1.0, term_months=2)], **how
    )
    alone = replay_commitments(
        money, [Offer(name="s", kind="spend", discount=0.3, term_months=2)], **how
    )
    for a, b, c in zip(spend.lines, units.lines, alone.lines, strict=True):
        assert a.cost == pytest.approx(b.cost, rel=1e-9) == pytest.approx(c.cost, rel=1e-9)
        assert a.held == pytest.approx(0.7 * b.held, rel=1e-9)  # money at plan rates


def test_the_best_in_hindsight_of_a_spend_plan_is_brute_force_over_slices_and_months():
    """Two levels of use in three months: every slice of the commitment tries every way to be bought."""
    months = [0, 31 * 24, 59 * 24, 90 * 24]
    a, b = np.zeros(months[-1]), np.zeros(months[-1])
    for m, (x, y) in enumerate([(2.0, 1.0), (0.0, 3.0), (4.0, 0.0)]):
        a[months[m] : months[m + 1]], b[months[m] : months[m + 1]] = x, y
    past = past_of({"a": a, "b": b}, [PLAN], PRICES)
    cost, held = hindsight(past, [PLAN], {"plan": 2}, months)
    edges = np.unique(np.append(past.ends, 0.0))
    best = 0.0
    for low, high in itertools.pairwise(edges):
        options = []
        for buys in itertools.product([False, True], repeat=3):
            running, total = 0, 0.0
            for m in range(3):
                if buys[m] and not running:
                    running = 2
                span = slice(months[m], months[m + 1])
                inside = np.clip(past.ends[:, span] - low, 0, high - low).sum(axis=1) @ past.steps
                total += (high - low) * (months[m + 1] - months[m]) if running else inside
                running = max(running - 1, 0)
            options.append(total)
        best += min(options)
    assert cost == pytest.approx(best) and len(held) == 3
    found = replay_commitments(
        history(), [PLAN], first_day=FIRST, months=2, prices=PRICES, paths=2, forecast=flat
    )
    least = found["best in hindsight"].cost
    assert all(
        line.cost >= least * (1 - 1e-12) for line in found.lines if "online" not in line.rule
    )
    assert found["this rule"].saving > 0


def test_layers_ahead_are_shared_as_in_the_newest_weeks():
    use = {"a": np.tile(np.r_[np.full(12, 3.0), np.zeros(12)], 70), "b": np.full(70 * 24, 1.0)}
    past = past_of(use, [PLAN], PRICES)
    total = np.tile(past.top[:24], 2)[None]
    stack = past.ahead(total, 70 * 24, FIRST, np.zeros(48), 1.0)
    by_hand = past_of({k: v[:48] for k, v in use.items()}, [PLAN], PRICES)
    assert stack.on_demand[0] == pytest.approx(by_hand.cost(np.zeros(48), 0))
    for level in (0.5, 2.0, 6.0):
        want = by_hand.cost(np.zeros(48), 0) - by_hand.cost(np.full(48, level), 0)
        assert float(stack.covered([level])[0][0, 0]) == pytest.approx(want)


def test_offers_that_see_different_things_are_told_apart():
    other = Offer(name="other", kind="spend", discount=0.3, skus=("a",), term_months=2)
    with pytest.raises(
        PriceError,
        match="^replay_commitments: plan, other cover different SKUs, or at different prices; replay them one by one.$",
    ):
        past_of(history(), [PLAN, other], PRICES)
