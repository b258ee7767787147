"""Commitments of a scenario whose SKUs overlap or have rates of their own (docs/method §3.35).

Oracles: prices/settlement.settle (itself held by exact fractions), loops over hours and paths, both engines, dials against a run.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as speed
from hypothesis import strategies as st
from pool_world import FAMILIES, SHAPED, TERM, USES, add, by_hand, change_of, company_in, made
from test_settlement import SKUS, problems

from finops_model.prices.instruments import make, ordered
from finops_model.prices.settle.settlement import settle
from finops_model.publish.dashboard.levers import Levers, rebuilt
from finops_model.simulate.compile.overlaps import Overlap, cover, narrowed, way_of
from finops_model.simulate.compile.to_flat import by_workload, compile_flat
from finops_model.simulate.kernel import engine
from finops_model.simulate.scenarios import simulate

QUICK, KINDS = speed(max_examples=80, deadline=None), ("units", "spend", "floating")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return company_in(tmp_path_factory.mktemp("company"))


@pytest.mark.parametrize("hours", [False, True], ids=["flat", "hours"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_scenario_settles_overlapping_commitments_as_the_settlement_does(company, family, hours):
    changed, held = FAMILIES[family]
    plan = made(company, *changed, head=SHAPED if hours else "name: a\n")
    assert [pool.apart is not None for pool in plan.commitments.pools] == [True]
    assert [one.id for one in plan.commitments.pools[0].instruments] == [
        one.id for one in ordered([make(fields) for fields in held])
    ]
    want, _, _ = by_hand(company, plan, [{**TERM, **fields} for fields in held], 5, hours=hours)
    found, whole = change_of(plan, 5)
    assert np.abs(want[:, 1:]).min() > 10 and not want[:, 0].any()  # they begin in December
    assert np.allclose(found, want, rtol=2e-6, atol=2e-6 * whole.max())  # draws are float32


# one block of usage: the numbers of the settlement, exactly


def covered_by(usage, prices, plan, **changed):
    """Units covered (instrument, sku, day, path) in float64; usage (day, path, sku), prices (day, path or 1, sku)."""
    price = np.moveaxis(np.asarray(prices, float), -1, 0)
    ways = [
        None if (here := narrowed(one, SKUS)) is None else way_of(here, SKUS, price) for one in plan
    ]
    held = np.array([np.full(len(usage), one.quantity) for one in plan]).reshape(
        len(plan), len(usage)
    )
    amounts = np.moveaxis(np.asarray(usage, float), -1, 0).copy()
    return cover(ways, held, iter([(1, amounts)]), amounts.shape, np.float64)


def by_period(problem):
    usage, prices, plan = problem
    amounts = np.array([usage[sku] for sku in SKUS]).T[:, None]
    return (
        amounts,
        np.array([prices[sku] for sku in SKUS])[None, None],
        ordered([make(one) for one in plan]),
    )


@QUICK
@given(problems(kinds=KINDS))
def test_a_block_covers_what_the_settlement_covers(problem):
    usage, prices, plan = by_period(problem)
    done = settle(usage[:, 0], SKUS, dict(zip(SKUS, prices[0, 0])), plan)
    found = covered_by(usage, np.repeat(prices, len(usage), axis=0), plan)
    for got, part in zip(found, done.allocations):
        assert got[:, :, 0].T == pytest.approx(part.covered, abs=1e-9)
    assert usage[:, 0] - found.sum(axis=0)[:, :, 0].T == pytest.approx(done.spill, abs=1e-9)


@QUICK
@given(
    problems(kinds=KINDS),
    st.lists(st.sampled_from([0.5, 0.8, 1.0, 1.7, 3.0]), min_size=12, max_size=12),
)
def test_prices_that_differ_from_path_to_path_rank_each_path_for_itself(problem, factors):
    usage, prices, plan = by_period(problem)
    by_path = prices * np.array(factors).reshape(1, 4, 3)  # four paths
    found = covered_by(np.repeat(usage, 4, axis=1), np.repeat(by_path, len(usage), axis=0), plan)
    for path in range(4):
        done = settle(usage[:, 0], SKUS, dict(zip(SKUS, by_path[0, path])), plan)
        assert done.usage - found.sum(axis=0)[:, :, path].T == pytest.approx(done.spill, abs=1e-9)


@QUICK
@given(problems(kinds=KINDS), st.integers(0, 2), st.floats(1.0, 5.0))
def test_more_commitment_never_covers_less_of_any_sku(problem, which, times):
    usage, prices, plan = by_period(problem)
    if not plan:
        return
    which, prices = which % len(plan), np.repeat(prices, len(usage), axis=0)
    name = "commitment" if hasattr(plan[which], "commitment") else "quantity"
    more = [
        *plan[:which],
        dataclasses.replace(plan[which], **{name: getattr(plan[which], name) * times}),
        *plan[which + 1 :],
    ]
    before, after = covered_by(usage, prices, plan), covered_by(usage, prices, more)
    assert (after.sum(axis=0) >= before.sum(axis=0) - 1e-9).all() and (
        after[which] * 1.0
    ).sum() >= before[which].sum() - 1e-9
    assert (after.sum(axis=0) <= np.moveaxis(usage, -1, 0) + 1e-9).all() and (after >= 0).all()


def test_a_day_of_hours_is_settled_hour_by_hour_in_its_term():
    rng = np.random.default_rng(3)
    days, paths, skus = 40, 300, ("a", "b")
    level, shares = rng.gamma(2, 12, (3, days, paths)), rng.dirichlet(np.ones(24), (3, days))
    shares[:, :, 12:] = (
        1 - shares[:, :, :12].sum(axis=2, keepdims=True)
    ) / 12  # hours that are alike
    price = np.stack(
        [np.full(days, 2.0), np.where(np.arange(days) < 17, 3.0, 1.1)]
    )  # the order turns in the middle
    rules = [
        make({"kind": "units", "quantity": 0.5, "rate": 0.9, "skus": ["b"]}),
        make(
            {
                "kind": "spend",
                "commitment": 1.5,
                "rates": {"a": 1.2, "b": 1.0},
                "eligible_share": 0.75,
            }
        ),
    ]
    term = np.array([np.arange(days) >= 5, np.arange(days) < 33])
    held = term * np.array([[0.5], [1.5]])
    month_of = np.repeat([0, 1, -1], [20, 15, 5])
    overlap = Overlap(
        skus=skus,
        rules=tuple(rules),
        held=held,
        fees=np.array([0.9, 1.0]),
        price=price,
        line=np.array([-1, -1]),
        pools=np.arange(3),
        sku_of=np.array([0, 1, 1]),
        share=shares,
        used=0,
        covered=2,
        changed=4,
        scales=(1.0, 2.0),
        scaled=6,
    )
    totals = np.zeros((paths, 3, 8))
    overlap.add(level, np.zeros_like(level), month_of, totals)
    (used, covered, changed), twice = np.zeros((3, 2, paths, 2)), np.zeros((paths, 2))
    for d in np.flatnonzero(month_of >= 0):
        m = month_of[d]
        for scale in (1.0, 2.0):
            one, two, three = scale * level[:, d, :, None] * shares[:, d, None]
            hour = np.stack([one, two + three])
            for p in range(0, paths, 7):  # some paths: the loop is slow
                rest = hour[:, p].copy()  # (sku, 24)
                for i, rule in enumerate(rules):
                    part = rule.allocate(rest.T, skus, price[:, d], np.full(24, term[i, d]))
                    rest = np.maximum(rest - part.covered.T, 0)
                    money = float((part.covered * price[:, d]).sum())
                    if scale == 2:
                        twice[p, m] += money
                        continue
                    used[i, p, m] += part.used.sum()
                    covered[i, p, m] += money
                    changed[:, p, m] += part.amount.sum(axis=0) * overlap.fees[i] - (
                        part.covered * price[:, d]
                    ).sum(axis=0)
    some = slice(0, paths, 7)
    assert np.allclose(totals[some, :2, 0:2], used.transpose(1, 2, 0)[some], rtol=1e-12, atol=1e-9)
    assert np.allclose(
        totals[some, :2, 2:4], covered.transpose(1, 2, 0)[some], rtol=1e-12, atol=1e-9
    )
    assert np.allclose(
        totals[some, :2, 4:6], changed.transpose(1, 2, 0)[some], rtol=1e-12, atol=1e-9
    )
    assert np.allclose(totals[some, :2, 6], covered.sum(axis=0)[some], rtol=1e-12)
    assert np.allclose(totals[some, :2, 7], twice[some], rtol=1e-12)
    assert not totals[:, 2].any()  # days outside all months


# what stands around it


@pytest.mark.parametrize("family", FAMILIES)
def test_both_engines_agree_and_parts_add_up(company, family):
    changed, held = FAMILIES[family]
    plan = made(company, *changed, head=SHAPED, spread=0, sigma=0)
    one, other = (simulate(plan, 300, 7, dials=False, engine=which) for which in ("numpy", "numba"))
    assert np.allclose(one.effective, other.effective, rtol=1e-6)
    assert np.allclose(one.by_workload, other.by_workload, rtol=1e-5, atol=1e-3)
    compiled = compile_flat(made(company, *changed, head=SHAPED))
    totals, pool = (
        engine.simulate_block(compiled.flat, 0, 256, 7),
        compiled.plan.commitments.pools[0],
    )
    meters, days = compiled.pools[0], np.bincount(compiled.plan.month_of)
    used, covered = totals.usage[:, :, meters.used], totals.usage[:, :, meters.covered]
    in_month = compiled.plan.month_of[:, None] == np.arange(len(days))
    paid = (pool.apart.held @ in_month * 24).T
    assert (used >= 0).all() and (
        used <= paid * (1 + 1e-6)
    ).all()  # used + unused = paid, in every month
    whole = totals.usage[:, :, meters.by].sum(axis=2)
    every = covered.sum(axis=2)
    assert (every <= whole * (1 + 1e-6)).all() and (
        every[:, 1:] > 0.01 * whole[:, 1:]
    ).all()  # the rest spills
    plain = compile_flat(compiled.plan.but(pools=(), unused_owner=()))
    added = by_workload(compiled, totals, 7) - by_workload(
        plain, engine.simulate_block(plain.flat, 0, 256, 7), 7
    )
    assert np.allclose(
        added.sum(axis=2), paid @ pool.apart.fees - covered.sum(axis=2), rtol=1e-5, atol=1e-2
    )
    others = [w for w, name in enumerate(compiled.plan.names) if name not in USES]
    assert not added[:, :, others].any()  # who uses none of it pays none of it


def test_one_commitment_keeps_its_tables_and_a_pool_apart_says_the_same(company):
    gpu = dict(quantity=8, x_SkuIds="[H100]", x_Rate=1.3)
    alone, apart = made(company, add("gpu", **gpu)), made(company, add("gpu", **gpu, x_Priority=1))
    assert (
        alone.commitments.pools[0].apart is None
        and apart.commitments.pools[0].apart is not None
        and not compile_flat(alone).flat.overlaps
    )
    assert np.allclose(
        *(simulate(plan, 300, 7, dials=False).effective for plan in (alone, apart)), rtol=1e-6
    )


def test_blocks_threads_and_processes_move_no_bit(company):
    plan = made(company, *FAMILIES["a chain that is shared in part"][0], head=SHAPED)
    flat = compile_flat(plan).flat
    whole = engine.simulate_paths(flat, 700, 7, block=256)
    for how in (
        dict(executor="serial", block=512),
        dict(executor="threads", workers=3),
        dict(executor="processes", workers=2, block=256),
    ):
        other = engine.simulate_paths(flat, 700, 7, **how)
        assert np.array_equal(whole.usage, other.usage) and np.array_equal(whole.cost, other.cost)
    some = engine.simulate_block(flat, 300, 100, 7)
    assert np.array_equal(some.usage, whole.usage[300:400])


@pytest.mark.parametrize(
    "family", ["narrow in broad, units", "a discount for each SKU, beside a narrow plan"]
)
def test_dials_of_overlapping_commitments_follow_demand(company, family):
    changed, _ = FAMILIES[family]
    plan = made(company, *changed, head=SHAPED)
    dials = simulate(plan, 300, 7).dials
    assert np.allclose(rebuilt(dials, Levers()), dials["base"], rtol=1e-9)
    assert (
        dials["commitments"] == [] and len(dials["overlaps"]) == 1
    )  # no level to move, demand follows
    for demand, near in (
        (-0.5, 1e-5),
        (0.5, 1e-5),
        (0.27, 2e-3),
        (-0.13, 2e-3),
    ):  # on the grid of scales, and between
        moved = made(
            company,
            *changed,
            f"path: workloads/*/demand/level, op: scale, value: {1 + demand}, because: x",
            head=SHAPED,
        )
        want = simulate(moved, 300, 7, dials=False).effective.sum(axis=2)
        assert np.allclose(rebuilt(dials, Levers(demand=demand)), want, rtol=near)


def test_a_commitment_nobody_uses_costs_its_fee_and_skus_are_served_as_listed(company):
    plan = made(
        company,
        add("plan", quantity=2, unit="USD", x_Rates='{"small:input_tokens": 3.0}'),
        add("gpu", quantity=1, x_SkuIds="[H100, A100]", x_Rate=1.0),
        add("other", quantity=1, x_SkuIds="[A100]", x_Rate=1.0),
        spread=0,
        sigma=0,
    )
    change, _ = change_of(plan, 100)
    hours = 31 * 24
    assert change[0, 1] == pytest.approx(
        hours * (2 + (1 - 1.5) + (1 - 2.0)), rel=1e-5
    )  # H100 stands first in gpu's list


def test_fees_of_what_nobody_uses_go_to_all_by_their_cost(company):
    plain, extra = (
        simulate(made(company, *more, spread=0, sigma=0), 100, 7, dials=False)
        for more in (
            [],
            [add("plan", quantity=2, unit="USD", x_Rates='{"small:input_tokens": 3.0}')],
        )
    )
    month = plain.months.index("2026-12")
    before, after = (one.by_workload[:, month, 0] for one in (plain, extra))
    uses = np.array([name != "seats" for name in plain.workloads])  # what recurs is no use
    share = np.where(uses, before, 0.0) / before[uses].sum()
    assert after - before == pytest.approx(share * 2 * 31 * 24, rel=1e-5)
