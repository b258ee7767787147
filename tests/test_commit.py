"""The best level of one pool and of one spend plan: closed forms, HiGHS, brute force, laws, limits, risk, refusals (docs/method §8.3–§8.7)."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import linprog
from test_spec import Numbers, check, spoiled

from finops_model.decide.commitments import ratios
from finops_model.decide.commitments.online import worst_ratio
from finops_model.decide.commitments.search import laws
from finops_model.decide.commitments.search import layers as commit_stack
from finops_model.decide.commitments.search.best import (
    Offer,
    best_commitments,
    cvar,
    ladder,
    online_reservation,
)
from finops_model.prices.instruments import make as make_instrument
from finops_model.prices.settle.settlement import settle

SPEC = Path(__file__).resolve().parent / "spec"
CASES = Path(__file__).resolve().parents[2] / "shared" / "cases" / "commitment_cases.json"
QUICK = settings(max_examples=40, deadline=None)
demands = st.lists(
    st.lists(st.integers(0, 60).map(float), min_size=4, max_size=4), min_size=1, max_size=4
).map(np.array)
rates = st.integers(1, 99).map(lambda n: n / 100)


def pool_cost(demand, rate, on_demand, level):
    """Mean over paths of the cost of the hours, by the definition: (path,)."""
    return (rate * level + on_demand * np.maximum(demand - level, 0)).sum(axis=1)


def spend_cost(demand: dict, discounts: dict, level: float) -> np.ndarray:
    """A spend plan one hour and one SKU after the other, in the vendor's order: cost (path,)."""
    order = sorted(discounts, key=lambda sku: (-discounts[sku], 1 - discounts[sku]))
    paths, hours = next(iter(demand.values())).shape
    cost = np.zeros(paths)
    for p in range(paths):
        for t in range(hours):
            left, money = level, sum(values[p, t] for values in demand.values())
            for sku in order:
                paid = min(demand[sku][p, t] * (1 - discounts[sku]), left)
                left -= paid
                money -= paid / (1 - discounts[sku])
            cost[p] += money + level
    return cost


def highs(demand: np.ndarray, discounts) -> float:
    """Least mean cost of a row by the programme: demand (row, sku) on-demand money under one spend plan; x is money at plan rates."""
    rows, skus = demand.shape
    rate = 1 - np.asarray(discounts)
    cost = np.concatenate([[rows], np.tile(-1 / rate, rows)])
    top = np.zeros((rows, 1 + rows * skus))
    top[:, 0] = -1
    for r in range(rows):
        top[r, 1 + r * skus : 1 + (r + 1) * skus] = 1
    bounds = [(0, None), *((0, x) for x in (demand * rate).ravel())]
    found = linprog(cost, A_ub=top, b_ub=np.zeros(rows), bounds=bounds, method="highs")
    return (found.fun + demand.sum()) / rows


# ---- closed forms ----------------------------------------------------------------------------------------------------------------------

LAWS = [
    ({"dist": "normal", "mean": 100, "sd": 20}, stats.norm(100, 20)),
    ({"dist": "exponential", "mean": 50}, stats.expon(scale=50)),
    ({"dist": "lognormal", "median": 80, "sigma": 0.5}, stats.lognorm(0.5, scale=80)),
    ({"dist": "gamma", "shape": 3, "scale": 12}, stats.gamma(3, scale=12)),
    ({"dist": "uniform", "low": 20, "high": 60}, stats.uniform(20, 40)),
    ({"dist": "weibull", "shape": 1.5, "scale": 30}, stats.weibull_min(1.5, scale=30)),
    ({"dist": "triangular", "low": 10, "mode": 20, "high": 60}, stats.triang(0.2, 10, 50)),
]


@pytest.mark.parametrize(
    "document, law", LAWS, ids=lambda value: value["dist"] if isinstance(value, dict) else ""
)
@pytest.mark.parametrize("discount", (0.1, 0.3, 0.55))
def test_the_best_level_of_a_law_is_its_quantile_and_a_large_sample_agrees(document, law, discount):
    rate, price = 2.0 * (1 - discount), 2.0
    ours = laws.law_of(document)
    level = float(best_commitments(ours, rate, price))
    assert level == pytest.approx(law.ppf(discount), rel=1e-9)
    cost = laws.cost_of_law(ours, level, rate, price)
    expected = rate * level + price * law.expect(
        lambda x: x - level, lb=level, ub=law.ppf(1 - 1e-15)
    )
    assert cost == pytest.approx(expected, rel=1e-6)
    sampled = best_commitments(laws.sample_of(law), rate, price)
    assert float(sampled) == pytest.approx(level, rel=2e-4)
    assert sampled.expected_cost == pytest.approx(cost, rel=2e-4)
    for other in (0.98, 1.02):
        assert laws.cost_of_law(ours, level * other, rate, price) > cost


def test_closed_forms_by_hand():
    exponential = laws.law_of({"dist": "exponential", "mean": 50})
    level = float(best_commitments(exponential, 0.72, 1.0))
    assert level == pytest.approx(50 * math.log(1 / 0.72))  # F⁻¹(d) = −mean × ln(1 − d)
    assert laws.cost_of_law(exponential, level, 0.72, 1.0) == pytest.approx(
        0.72 * level + 50 * 0.72
    )
    uniform = laws.law_of({"dist": "uniform", "low": 20, "high": 60})
    assert laws.cost_of_law(uniform, 30, 0.75, 1.0) == pytest.approx(0.75 * 30 + 30**2 / 80)


@pytest.mark.parametrize(
    "same",
    [
        (
            {"dist": "gamma", "shape": 4, "scale": 5},
            {"dist": "gamma", "mean": 20, "sd": 10},
            {"dist": "gamma", "shape": 4, "mean": 20},
            {"dist": "gamma", "shape": 4, "rate": 0.2},
        ),
        (
            {"dist": "lognormal", "median": 80, "sigma": 0.5},
            {"dist": "lognormal", "mu": math.log(80), "sigma": 0.5},
            {"dist": "lognormal", "mean": 80 * math.exp(0.125), "sigma": 0.5},
        ),
        (
            {"dist": "exponential", "mean": 50},
            {"dist": "exponential", "rate": 0.02},
            {"dist": "exponential", "scale": 50},
        ),
        (
            {"dist": "uniform", "low": 1, "high": 3},
            {"dist": "uniform", "min": 1, "max": 3},
            {"dist": "uniform", "a": 1, "b": 3},
        ),
    ],
)
def test_other_ways_to_state_a_law_are_the_same_law(same):
    found = [float(best_commitments(laws.law_of(one), 0.6, 1.0)) for one in same]
    assert found == pytest.approx([found[0]] * len(found))


@pytest.mark.parametrize("beta", (0.0, 0.5, 0.9, 0.95))
def test_risk_moves_the_fractile_as_its_closed_form_says(beta):
    law, rate = laws.law_of({"dist": "normal", "mean": 100, "sd": 20}), 0.7
    for objective, share in (("cvar", 1 - rate * (1 - beta)), ("waste", 0.3 * (1 - beta))):
        level = stats.norm(100, 20).ppf(share)
        assert float(
            best_commitments(law, rate, 1.0, objective=objective, beta=beta)
        ) == pytest.approx(level, rel=1e-9)
        sampled = best_commitments(
            laws.sample_of(law, 40_000), rate, 1.0, objective=objective, beta=beta
        )
        assert float(sampled) == pytest.approx(level, abs=0.05)
    level = float(best_commitments(law, rate, 1.0, objective="cvar", beta=beta))
    sampled = pool_cost(laws.sample_of(law), rate, 1.0, level)
    assert laws.cvar_of_law(law, level, rate, 1.0, beta) == pytest.approx(
        float(cvar(sampled, beta)), rel=1e-4
    )


def test_the_spend_plan_of_one_random_sku_has_a_closed_form():
    exponential = laws.law_of({"dist": "exponential", "mean": 50})
    level, cost, whole = laws.spend_of_laws({"A": 100, "B": exponential}, {"A": 0.4, "B": 0.25})
    share = 50 * math.log(1 / 0.75)
    assert (level, whole) == (pytest.approx(60 + 0.75 * share), pytest.approx(150))
    assert cost == pytest.approx(60 + 0.75 * share + 50 * 0.75)
    points = laws.sample_of(exponential, 100_000)
    found = best_commitments(
        {"A": np.full_like(points, 100), "B": points},
        offers=[Offer(name="plan", kind="spend", discounts={"A": 0.4, "B": 0.25})],
    )
    assert (float(found), found.expected_cost) == (
        pytest.approx(level, rel=1e-4),
        pytest.approx(cost, rel=1e-4),
    )


# ---- HiGHS and brute force -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_one_pool_costs_what_a_linear_programme_says(seed):
    draw = np.random.default_rng(seed)
    demand = draw.gamma(2, 10, (3, 40)).round(int(draw.integers(0, 3)))
    rate, price = draw.uniform(0.2, 1.1), draw.uniform(0.8, 3)
    found = best_commitments(demand, rate * price, price)
    least = (
        highs(demand.reshape(-1, 1) * price, [1 - min(rate, 1)]) * 40
        if rate < 1
        else demand.sum() * price / 3
    )
    assert found.expected_cost == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_a_spend_plan_costs_what_a_linear_programme_says(seed):
    draw = np.random.default_rng(100 + seed)
    count = int(draw.integers(2, 7))
    demand = {
        f"s{k}": draw.gamma(1.5, 20, (4, 30)) * (draw.random((4, 30)) < 0.8) for k in range(count)
    }
    discounts = dict(zip(demand, draw.uniform(0.02, 0.7, count)))
    found = best_commitments(demand, offers=[Offer(name="plan", kind="spend", discounts=discounts)])
    least = (
        highs(
            np.stack([values.ravel() for values in demand.values()], axis=1),
            list(discounts.values()),
        )
        * 30
    )
    assert found.expected_cost == pytest.approx(least, rel=1e-9)
    assert found.cost == pytest.approx(spend_cost(demand, discounts, float(found)))


@QUICK
@given(demands, rates)
def test_the_level_is_the_smallest_of_all_that_cost_least(demand, rate):
    found = best_commitments(demand, rate, 1.0)
    tried = np.unique(np.append(demand, 0.0))
    costs = np.array([pool_cost(demand, rate, 1.0, level).mean() for level in tried])
    smallest = tried[np.flatnonzero(costs <= costs.min() * (1 + 1e-12) + 1e-12)[0]]
    assert float(found) == smallest
    assert found.cost == pytest.approx(pool_cost(demand, rate, 1.0, float(found)))


@QUICK
@given(demands, demands, st.sampled_from([0.1, 0.25, 0.5]), st.sampled_from([0.1, 0.25, 0.5]))
def test_a_spend_plan_is_the_smallest_of_all_that_cost_least(one, other, first, second):
    rows = min(len(one), len(other))
    demand, discounts = {"a": one[:rows], "b": other[:rows]}, {"a": first, "b": second}
    found = best_commitments(demand, offers=[Offer(name="plan", kind="spend", discounts=discounts)])
    order = sorted(discounts, key=lambda sku: -discounts[sku])
    ends = np.cumsum([demand[sku] * (1 - discounts[sku]) for sku in order], axis=0)
    tried = np.unique(np.append(ends, 0.0))
    costs = np.array([spend_cost(demand, discounts, level).mean() for level in tried])
    smallest = tried[np.flatnonzero(costs <= costs.min() * (1 + 1e-12) + 1e-12)[0]]
    assert float(found) == pytest.approx(smallest, abs=1e-9)


def test_a_large_sample_goes_through_the_bracket_and_is_exact():
    draw = np.random.default_rng(3)
    demand = {sku: draw.gamma(2, 10, (80, 3000)) for sku in "abc"}
    discounts = {"a": 0.5, "b": 0.3, "c": 0.2}
    found = float(
        best_commitments(demand, offers=[Offer(name="plan", kind="spend", discounts=discounts)])
    )
    ends = np.cumsum([demand[sku] * (1 - discounts[sku]) for sku in "abc"], axis=0).reshape(3, -1)
    steps = -np.diff([1 / 0.5, 1 / 0.7, 1 / 0.8, 0])
    values, weight = ends.ravel(), np.repeat(steps, ends.shape[1])
    order = np.argsort(values)
    left = weight.sum() - np.cumsum(weight[order])
    assert found == pytest.approx(
        values[order][np.flatnonzero(left <= ends.shape[1] * (1 + 1e-12))[0]], rel=1e-12
    )


@pytest.mark.parametrize("dtype", (np.float32, np.float64))
def test_single_precision_and_doubles_agree(dtype):
    demand = np.random.default_rng(5).gamma(2, 10, (50, 200)).astype(np.float32)
    found = best_commitments(demand.astype(dtype), 0.6, 1.0)
    assert float(found) == float(np.sort(demand.ravel())[int(np.ceil(demand.size * 0.4)) - 1])
    assert found.expected_cost == pytest.approx(
        float(pool_cost(demand.astype(float), 0.6, 1.0, float(found)).mean()), rel=1e-6
    )


@pytest.mark.parametrize("objective", ("cvar", "waste", "regret"))
@pytest.mark.parametrize("beta", (0.0, 0.5, 0.8, 1.0))
def test_every_objective_is_least_among_all_levels(objective, beta):
    for seed in range(4):
        demand = np.random.default_rng(seed).gamma(3, 8, (12, 20))
        found = best_commitments(demand, 0.6, 1.0, objective=objective, beta=beta)
        tried = np.unique(
            np.concatenate([[0.0], demand.ravel(), np.linspace(0, demand.max(), 4001)])
        )
        costs = np.stack([pool_cost(demand, 0.6, 1.0, level) for level in tried], axis=1)
        shift = {
            "cvar": 0.0,
            "waste": demand.sum(axis=1)[:, None],
            "regret": costs.min(axis=1)[:, None],
        }[objective]
        least = cvar(costs - shift, beta).min()
        own = pool_cost(demand, 0.6, 1.0, float(found))[:, None]
        assert float(cvar(own - shift, beta)[0]) <= least + 1e-9 * costs.mean()


def test_cvar_is_the_programme_of_rockafellar_and_uryasev():
    draw = np.random.default_rng(9)
    for beta in (0.5, 0.77, 0.9):
        demand, paths, hours = draw.gamma(3, 8, (15, 6)), 15, 6
        found = best_commitments(demand, 0.7, 1.0, objective="cvar", beta=beta)
        # variables: level, alpha, tail (path), spill (path, hour)
        size = 2 + paths + paths * hours
        cost = np.zeros(size)
        cost[1], cost[2 : 2 + paths] = 1, 1 / ((1 - beta) * paths)
        above, bound = [], []
        for p in range(paths):
            row = np.zeros(size)
            row[0], row[1], row[2 + p] = 0.7 * hours, -1, -1
            row[2 + paths + p * hours : 2 + paths + (p + 1) * hours] = 1
            above.append(row), bound.append(0)
            for t in range(hours):
                row = np.zeros(size)
                row[0], row[2 + paths + p * hours + t] = -1, -1
                above.append(row), bound.append(-demand[p, t])
        least = linprog(
            cost,
            A_ub=np.array(above),
            b_ub=bound,
            bounds=[(0, None), (None, None), *[(0, None)] * (size - 2)],
            method="highs",
        ).fun
        assert float(cvar(found.cost, beta)) == pytest.approx(least, rel=1e-9)


def test_the_cvar_of_a_sample_counts_its_last_path_by_a_fraction():
    values = np.array([4.0, 1.0, 3.0, 2.0])
    assert [float(cvar(values, beta)) for beta in (0, 0.5, 0.625, 0.75, 1)] == pytest.approx(
        [2.5, 3.5, (4 + 0.5 * 3) / 1.5, 4, 4]
    )
    assert cvar(np.stack([values, -values], axis=1), 0.5).tolist() == [3.5, -1.5]


@pytest.mark.parametrize("objective", ("mean", "cvar", "waste", "regret"))
def test_a_spend_plan_is_least_for_every_objective_and_regret_is_against_each_paths_own_best(
    objective,
):
    for seed in range(3):
        draw = np.random.default_rng(seed)
        demand, discounts = (
            {sku: draw.gamma(2, 10, (6, 8)) for sku in "abc"},
            {"a": 0.5, "b": 0.3, "c": 0.1},
        )
        found = best_commitments(
            demand,
            offers=[Offer(name="plan", kind="spend", discounts=discounts)],
            objective=objective,
            beta=0.6,
        )
        ends = np.cumsum([demand[sku] * (1 - discounts[sku]) for sku in "abc"], axis=0)
        tried = np.unique(np.append(ends, 0.0))
        costs = np.stack([spend_cost(demand, discounts, level) for level in tried], axis=1)
        best = costs.min(axis=1)
        assert found.regret == pytest.approx(found.cost - best, abs=1e-6)
        shift = {"mean": 0.0, "cvar": 0.0, "waste": found.on_demand, "regret": best}[objective]
        beta = 0.0 if objective == "mean" else 0.6
        least = cvar(costs - np.reshape(shift, (-1, 1)), beta).min()
        assert float(cvar(found.cost - shift, beta)) <= least + 1e-5 * costs.mean()


@pytest.mark.parametrize(
    "how", ({}, {"objective": "cvar"}, {"objective": "regret"}, {"min_utilisation": 0.9}), ids=str
)
def test_blocks_of_paths_change_nothing(how, monkeypatch):
    draw = np.random.default_rng(6)
    demand = {sku: draw.gamma(2, 10, (9, 12)) for sku in "ab"}
    offers = [Offer(name="plan", kind="spend", discounts={"a": 0.4, "b": 0.2})]
    whole = best_commitments(demand, offers=offers, **how)
    expected = float(whole), whole.cost, whole.regret, whole.curve().cost
    monkeypatch.setattr(commit_stack, "CELLS", 24)  # two paths at a time
    parts = best_commitments(demand, offers=offers, **how)
    for one, other in zip(expected, (float(parts), parts.cost, parts.regret, parts.curve().cost)):
        assert one == pytest.approx(other, rel=1e-12)


def test_a_law_of_scipy_is_taken_as_it_is():
    found = best_commitments(stats.norm(100, 20), 0.7, 1.0)
    assert float(found) == pytest.approx(89.511990, abs=1e-6)
    assert found.expected_cost == pytest.approx(76.953852, rel=1e-4)
    assert float(best_commitments(stats.norm(-100, 20), 0.7, 1.0)) == 0  # below 0 counts as 0
    assert float(best_commitments(stats.norm(100, 20), 0.7, 1.0, max_share=0.5)) == pytest.approx(
        50, rel=1e-4
    )


# ---- laws ------------------------------------------------------------------------------------------------------------------------------


@QUICK
@given(demands, st.integers(100, 300).map(lambda n: n / 100))
def test_nothing_is_bought_where_nothing_is_saved(demand, rate):
    found = best_commitments(demand, rate, 1.0)
    assert (
        float(found) == 0
        and found.cost == pytest.approx(demand.sum(axis=1))
        and found.expected_saving == 0
    )
    by_offer = best_commitments(demand, offers=[Offer(name="dear", rate=rate, on_demand=1.0)])
    assert by_offer.quantity == 0 and by_offer.notes == (
        "dear saves nothing against on demand and is left out.",
    )


@QUICK
@given(demands, st.permutations(["a", "b", "c"]), st.integers(0, 5))
def test_the_order_of_skus_leaves_totals(demand, order, seed):
    draw = np.random.default_rng(seed)
    of = {sku: demand * draw.integers(0, 4) for sku in "abc"}
    discounts = {"a": 0.5, "b": 0.25, "c": 0.25}
    first = best_commitments(of, offers=[Offer(name="plan", kind="spend", discounts=discounts)])
    second = best_commitments(
        {sku: of[sku] for sku in order},
        offers=[Offer(name="plan", kind="spend", discounts={sku: discounts[sku] for sku in order})],
    )
    assert float(first) == pytest.approx(float(second)) and first.cost == pytest.approx(second.cost)


@QUICK
@given(demands, rates)
def test_cost_is_convex_in_the_level(demand, rate):
    curve = best_commitments(demand, rate, 1.0).curve(levels=np.linspace(0, 60, 31))
    assert np.all(np.diff(curve.cost, 2) >= -1e-9 * max(curve.cost.max(), 1))
    assert np.all(curve.regret >= 0) and np.all(curve.regret_p90 >= 0)


@QUICK
@given(demands, rates, rates)
def test_the_best_level_falls_as_the_rate_rises(demand, one, other):
    low, high = sorted((one, other))
    assert float(best_commitments(demand, low, 1.0)) >= float(best_commitments(demand, high, 1.0))


@QUICK
@given(demands, rates, st.sampled_from(["mean", "cvar", "waste", "regret"]))
def test_figures_agree_with_each_other(demand, rate, objective):
    found = best_commitments(demand, rate, 1.0, objective=objective, beta=0.5)
    assert np.all(found.regret >= 0)
    low, mid, high = (found.saving_quantile(q) for q in (0.1, 0.5, 0.9))
    assert low <= mid <= high
    assert found.saving == pytest.approx(found.on_demand - found.cost)
    used, paid = found.outcome.used[:, 0], found.outcome.paid[0]
    unused = np.maximum(float(found) - demand, 0).sum(axis=1)
    assert used + unused == pytest.approx(np.full(len(demand), paid))
    if float(found) > 0:
        share, even = used.sum() / (paid * len(demand)), found.break_even()
        assert found.utilisation_mean == pytest.approx(share)
        assert even.utilisation == pytest.approx(rate)
        identity = (
            ratios.effective_savings_rate(found.coverage, share, 1 - rate)
            if share
            else found.effective_savings_rate
        )
        assert found.effective_savings_rate == pytest.approx(float(identity), abs=1e-9)
    assert found.probability_of_loss == pytest.approx(
        np.mean(found.saving < -1e-9 * np.maximum(found.on_demand, 1e-300))
    )
    assert str(found).startswith(found.headline()) and "<table>" in found._repr_html_()


@QUICK
@given(demands, rates, st.sampled_from([0.5, 2.0, 8.0]), st.sampled_from([0.25, 3.0]))
def test_units_and_money_scale(demand, rate, units, money):
    one, other = (
        best_commitments(demand, rate, 1.0),
        best_commitments(demand * units, rate * money, money),
    )
    assert float(other) == pytest.approx(float(one) * units) and other.cost == pytest.approx(
        one.cost * units * money
    )


def test_a_single_level_scalar_and_array_calls_agree():
    assert (
        float(best_commitments(7.0, 0.5, 1.0))
        == float(best_commitments([7.0], 0.5, 1.0))
        == float(best_commitments([[7.0, 7.0]], 0.5, 1.0))
        == 7
    )
    cube = np.arange(24.0).reshape(2, 3, 4)
    assert best_commitments(cube, 0.5, 1.0).paths == 6
    both = best_commitments(
        np.stack([cube[0], cube[1]], axis=2),
        offers=[Offer(name="p", kind="spend", discount=0.4)],
        skus=("a", "b"),
    )
    named = best_commitments(
        {"a": cube[0], "b": cube[1]}, offers=[Offer(name="p", kind="spend", discount=0.4)]
    )
    assert float(both) == float(named) and both.cost == pytest.approx(named.cost)


def test_without_use_nothing_is_bought():
    found = best_commitments(np.zeros((3, 5)), 0.5, 1.0)
    assert (float(found), found.expected_cost, found.coverage, found.effective_savings_rate) == (
        0,
        0,
        0,
        0,
    )
    assert found.headline() == "Buy nothing: no commitment on offer saves money here."


# ---- the settlement is the oracle ------------------------------------------------------------------------------------------------------


@QUICK
@given(demands, rates, st.sampled_from([1.0, 4.0]))
def test_units_cost_what_the_settlement_charges(demand, rate, price):
    found = best_commitments(demand, rate * price, price)
    plan = make_instrument(
        {
            "kind": "units",
            "id": "ri",
            "quantity": float(found),
            "rate": rate * price,
            "skus": ["gpu"],
        }
    )
    assert settle(demand[..., None], ("gpu",), {"gpu": price}, [plan]).total() == pytest.approx(
        found.cost
    )


@QUICK
@given(
    demands,
    st.sampled_from([0.1, 0.25, 0.5]),
    st.sampled_from([0.1, 0.25, 0.5]),
    st.integers(1, 3),
    st.integers(1, 5),
)
def test_a_spend_plan_costs_what_the_settlement_charges(demand, first, second, price, times):
    units, discounts = (
        np.stack([demand, demand[:, ::-1] * times], axis=-1),
        {"a": first, "b": second},
    )
    prices = {"a": float(price), "b": 2.0}
    found = best_commitments(
        {"a": units[..., 0], "b": units[..., 1]},
        offers=[Offer(name="plan", kind="spend", discounts=discounts)],
        prices=prices,
    )
    plan = make_instrument(
        {"kind": "spend", "id": "plan", "commitment": float(found), "discounts": discounts}
    )
    assert settle(units, ("a", "b"), prices, [plan]).total() == pytest.approx(found.cost)


@QUICK
@given(demands, rates, st.sampled_from([2.0, 10.0]))
def test_capacity_costs_what_the_settlement_charges(demand, share, per_unit):
    rate = share * per_unit
    found = best_commitments(
        demand,
        offers=[Offer(name="ptu", kind="capacity", rate=rate, on_demand=1.0, per_unit=per_unit)],
    )
    plan = make_instrument(
        {
            "kind": "capacity",
            "id": "ptu",
            "quantity": float(found),
            "rate": rate,
            "skus": {"tokens": 1 / per_unit},
            "above": "spill",
        }
    )
    assert settle(demand[..., None], ("tokens",), {"tokens": 1.0}, [plan]).total() == pytest.approx(
        found.cost
    )


# ---- limits ----------------------------------------------------------------------------------------------------------------------------

LIMITS = [
    {"budget": 12 * 730 * 0.5 * 7},
    {"min_utilisation": 0.9},
    {"min_utilisation": 0.85, "utilisation_at": "p10"},
    {"max_share": 0.4},
    {"min_share": 0.9},
    {"break_even_months": 7.5},
    {"step": 4},
    {"minimum": 12},
    {"maximum": 9},
    {"minimum": 5, "step": 3, "maximum": 14},
    {"budget": 12 * 730 * 0.5 * 16.5, "step": 5},
    {"min_utilisation": 0.8, "max_share": 0.7, "step": 2},
]


@pytest.mark.parametrize("limits", LIMITS, ids=lambda limits: ", ".join(limits))
@pytest.mark.parametrize("seed", range(2))
def test_the_best_level_within_limits_is_that_of_brute_force(limits, seed):
    demand, rate = np.random.default_rng(seed).gamma(3, 6, (8, 24)), 0.5
    found = best_commitments(demand, rate, 1.0, **limits)
    step = limits.get("step", 0)
    tried = (
        np.arange(0, demand.max() + 10, step)
        if step
        else np.unique(
            np.concatenate(
                [
                    demand.ravel(),
                    np.linspace(0, demand.max(), 20_001),
                    [limits.get("minimum", 0), limits.get("maximum", 0)],
                ]
            )
        )
    )
    mean, good = demand.mean(), []
    for level in tried:
        used = np.minimum(demand, level)
        share = used.mean(axis=1) / max(level, 1e-300)
        kept = (
            share.mean()
            if limits.get("utilisation_at", "mean") == "mean"
            else np.quantile(share, 0.1)
        )
        fits = (
            level <= limits.get("maximum", np.inf)
            and level * rate * 8760 <= limits.get("budget", np.inf) * (1 + 1e-9)
            and level <= limits.get("max_share", np.inf) * mean
            and level >= limits.get("min_share", 0) * mean
            and (level >= limits.get("minimum", 0))
            and kept >= limits.get("min_utilisation", 0) - 1e-9
            and 12 * level * rate <= limits.get("break_even_months", 1e9) * used.mean() * (1 + 1e-9)
        )
        if fits or (level == 0 and not limits.get("min_share")):
            good.append((pool_cost(demand, rate, 1.0, level).mean(), level))
    assert found.expected_cost <= min(good)[0] * (1 + 1e-9)
    assert found.expected_cost >= min(good)[0] * (1 - 1e-4)
    assert float(found) == pytest.approx(min(good)[1], abs=0.01)


def test_a_limit_that_binds_is_named_and_one_that_does_not_is_not():
    demand = [[40.0] * 16 + [100.0] * 8]
    assert best_commitments(demand, 0.7, 1.0, budget=1e9).purchases[0].binding == ""
    assert (
        best_commitments(demand, 0.7, 1.0, max_share=0.5).purchases[0].binding
        == "the share of at most 50% of mean demand"
    )
    assert (
        best_commitments(demand, 0.7, 1.0, maximum=10).purchases[0].binding == "the maximum of 10"
    )
    tiny = best_commitments(demand, 0.7, 1.0, minimum=500)
    assert (float(tiny), tiny.purchases[0].binding) == (0, "the smallest purchase of 500")


# ---- online --------------------------------------------------------------------------------------------------------------------------


@QUICK
@given(
    st.lists(st.integers(0, 3).map(float), min_size=1, max_size=40),
    st.integers(1, 30),
    st.integers(1, 40),
    st.sampled_from([0.0, 0.2, 0.4, 0.9]),
)
def test_the_online_rule_costs_at_most_two_minus_alpha_times_the_best(demand, upfront, term, alpha):
    found = online_reservation(demand, float(upfront), 1.0, term, alpha)
    assert found.cost <= (2 - alpha) * found.optimum * (1 + 1e-9) + 1e-9
    assert found.optimum <= found.cost + 1e-9
    assert found.optimum <= sum(demand) + 1e-9  # doing nothing is one of the choices


@QUICK
@given(
    st.lists(st.integers(0, 2).map(float), min_size=6, max_size=30),
    st.integers(1, 29),
    st.integers(2, 12),
)
def test_the_online_rule_does_not_look_ahead(demand, cut, upfront):
    cut = min(cut, len(demand) - 1)
    changed = demand[:cut] + [2.0 - x for x in demand[cut:]]
    one, other = (online_reservation(d, float(upfront), 1.0, 5) for d in (demand, changed))
    assert one.reserved[:cut].tolist() == other.reserved[:cut].tolist()


@pytest.mark.parametrize("alpha", (0.0, 0.2, 0.4, 0.8))
def test_the_worst_case_comes_close_to_two_minus_alpha_and_stays_below(alpha):
    ratio, times = worst_ratio(1.0, 0.001, alpha * 0.001)
    assert 2 - alpha - 0.01 < ratio <= 2 - alpha
    assert online_reservation(
        [1.0] * times, 1.0, 0.001, 10**6, alpha * 0.001
    ).ratio == pytest.approx(ratio)


# ---- ladder --------------------------------------------------------------------------------------------------------------------------


@QUICK
@given(
    st.lists(
        st.lists(st.integers(0, 40).map(float), min_size=3, max_size=3), min_size=6, max_size=15
    ),
    st.integers(1, 5),
    st.integers(1, 8),
    st.booleans(),
)
def test_a_ladder_costs_what_is_counted_by_hand_and_knows_no_future(months, steps, term, adaptive):
    demand = np.array(months)
    found = ladder(demand, 0.5, 1.0, steps=steps, term_months=term, adaptive=adaptive)
    cost = sum(
        found.held[0, m] * 0.5 + max(demand[m, h] - found.held[0, m], 0)
        for m in range(len(demand))
        for h in range(3)
    )
    assert found.expected_cost == pytest.approx(cost)
    held = [found.bought[0, max(m - term + 1, 0) : m + 1].sum() for m in range(len(demand))]
    assert found.held[0] == pytest.approx(held)
    later = demand.copy()
    later[4:] = 40 - later[4:]
    assert (
        ladder(later, 0.5, 1.0, steps=steps, term_months=term, adaptive=adaptive)
        .bought[0, :5]
        .tolist()
        == found.bought[0, :5].tolist()
    )


# ---- the shared cases --------------------------------------------------------------------------------------------------


def test_every_shared_case_is_a_sentence():
    if not CASES.exists():
        pytest.skip("the shared cases are not here")
    written = [
        s.get("example")
        for path in SPEC.rglob("*.yaml")
        for s in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    assert not {case["id"] for case in json.loads(CASES.read_text(encoding="utf-8"))} - set(written)


def readme_examples() -> list[dict]:
    blocks = re.findall(
        r"```yaml\n(.*?)```", (SPEC / "best" / "README.md").read_text(encoding="utf-8"), re.S
    )
    return [sentence for block in blocks for sentence in yaml.load(block, Numbers)]


@pytest.mark.parametrize("sentence", readme_examples(), ids=lambda sentence: sentence["name"])
def test_every_example_of_the_format_is_true(sentence):
    check(sentence)
    for wrong in spoiled(sentence):
        with pytest.raises(AssertionError):
            check(wrong)


def test_the_format_has_an_example_of_every_kind():
    text = (Path(__file__).parent / "subjects" / "best.py").read_text(encoding="utf-8")
    kinds = set(
        re.findall(
            r'"(\w+)": _\w+[,}]', text[text.index("kinds = {") : text.index("assert subject.get")]
        )
    )
    assert len(kinds) == 9 and kinds == {sentence["best"]["kind"] for sentence in readme_examples()}
