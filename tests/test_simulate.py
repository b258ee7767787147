"""The simulation: laws, closed forms, brute force, and draws that stay where they are (docs/method §3.6–§3.10)."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as speed
from hypothesis import strategies as st
from scenario_world import demand_for, rows, settings, world
from scipy.stats import norm

from finops_model.errors import ScenarioError
from finops_model.prices.settle.windows import charge_months
from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.simulate.compile.plan import compile_plan
from finops_model.simulate.compile.to_flat import by_workload, compile_flat
from finops_model.simulate.kernel import engine
from finops_model.simulate.run import load_run
from finops_model.simulate.scenarios import run_many, simulate

HERE = Path(__file__).resolve().parent
COMMIT = (
    "path: commitments/gpu, op: add, since: 2026-12, because: x, value: {ContractCommitmentQuantity: 8, ContractCommitmentUnit: "
    "GPU-hours, ContractCommitmentDiscountPercentage: 0.35, x_SkuIds: [H100]}"
)


@pytest.fixture(autouse=True)
def numpy_engine(monkeypatch):
    monkeypatch.setenv(
        "FINOPS_ENGINE", "numpy"
    )  # the compiled one is held against it in test_kernel.py


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    return folder, base.read_facts(world(), settings(folder))


def made(company, *changed, demand=None, head="name: a\n", months=None, facts=None):
    folder, known = company
    facts = facts or known
    (folder / "s.yaml").write_text(
        head + ("changes:\n" + "".join(f"- {{{line}}}\n" for line in changed) if changed else "")
    )
    found = scenario.resolve(
        scenario.load_scenario(folder / "s.yaml"),
        settings=settings(folder),
        facts=facts,
        months=months,
    )
    return compile_plan(found, demand or demand_for(facts, 430))


def drawn_days(plan, w, paths, seed=7):
    """Volume of one workload by day and path, out of the engine itself: days as months, one meter."""
    flat = compile_flat(plan.but(pools=(), unused_owner=(), tiered=())).flat
    days = len(plan.dates)
    flat = dataclasses.replace(
        flat,
        months=tuple(map(str, range(days))),
        month_of=np.arange(days),
        columns=("volume",),
        units=1,
        charge_workload=[w],
        charge_column=[0],
        charge_line=[-1],
        charge_rate=np.ones((1, days)),
        fixed=None,
    )
    return engine.simulate_block(flat, 0, paths, seed).cost[:, :, 0].T


def totals(plan, paths=512, seed=7):
    return simulate(plan, paths, seed).effective


def test_without_any_noise_the_bill_goes_on(company):
    calm = demand_for(company[1], 430, spread=0, sigma=0)
    run = simulate(made(company, demand=calm), 100)
    assert run.months[0] == "2026-11" and run.units == ("Research", "Support")
    # 30 days × (480 GPU + 20 storage); 30 × 6 tokens + egress 100 at 1 + 200 at 0.5, + 310 seats
    assert run.effective[0, 0].tolist() == pytest.approx([15000.0, 180 + 200 + 310])
    # output tokens fall from 8 to 4 a million on 2027-01-01: 31 × (2 + 2) + 100 + 105 + 310
    assert run.effective[0, 2, 1] == pytest.approx(31 * 4 + 205 + 310)
    assert [item["what"] for item in run.excluded] == ["Tax", "Credits"] and run.excluded[1][
        "amount"
    ] == -9.0


def test_the_month_under_way_keeps_its_actuals_and_its_tier(company, tmp_path):
    facts = base.read_facts(world(last="2026-11-15"), settings(tmp_path))
    calm = demand_for(facts, 430, spread=0, sigma=0)
    run = simulate(made(company, demand=calm, facts=facts), 100)
    booked = world(last="2026-11-15")
    booked = booked[
        (booked["ChargeDate"] >= "2026-11-01") & ~booked["ChargeCategory"].isin(["Tax", "Credit"])
    ]["EffectiveCost"].sum()
    assert run.so_far[0].sum() == pytest.approx(booked) and run.so_far[1:].sum() == 0
    # 150 GB are used: the other 150 are in the second tier; half of the seats are booked
    assert run.effective[0, 0, 1] - run.so_far[0, 1] == pytest.approx(
        15 * 6 + 150 * 0.5 + 310 - 310 * 15 / 30
    )


def test_a_fee_of_a_month_that_has_not_begun_is_still_to_come(company, tmp_path):
    """On the last day of a month the next one's fee is due; in the middle of it the fee counts as charged already."""
    from finops_model.prices.rates import make

    def first_month(facts, fee):
        plan = made(company, demand=demand_for(facts, 430, spread=0, sigma=0), facts=facts)
        rate = make("allowance", {"included": 0, "price": 1.0, "fee": fee})
        tiered = tuple(
            dataclasses.replace(one, rates=(rate,) * len(plan.months)) for one in plan.prices.tiered
        )
        run = simulate(plan.but(tiered=tiered), 100)
        return run.effective[0].sum(axis=1)

    fresh, under_way = company[1], base.read_facts(world(last="2026-11-15"), settings(tmp_path))
    assert (first_month(fresh, 70.0) - first_month(fresh, 0.0))[:2] == pytest.approx([70.0, 70.0])
    assert (first_month(under_way, 70.0) - first_month(under_way, 0.0))[:2] == pytest.approx(
        [0.0, 70.0]
    )


def test_doubling_demand_doubles_linear_cost(company):
    twice = made(company, "path: workloads/*/demand/level, op: scale, value: 2, because: x")
    plan, twice = (
        one.but(tiered=(), recurring=np.zeros((14, 4))) for one in (made(company), twice)
    )
    assert np.allclose(totals(twice), 2 * totals(plan), rtol=2e-7)


def test_an_empty_change_is_the_base_bit_for_bit(company):
    assert np.array_equal(
        totals(made(company)), totals(made(company, head="name: another\nquestion: why?\n"))
    )


def test_fewer_paths_a_longer_horizon_and_another_workload_move_no_draw(company):
    plan = made(company)
    whole = totals(plan, 600)
    assert np.array_equal(totals(plan, 300), whole[:300])
    assert np.array_equal(totals(made(company, months=5), 600), whole[:, :5])
    launch = made(
        company,
        "path: workloads/new, op: add, because: x, value: {cost_per_month: 300, business_unit: Support}",
    )
    assert (
        np.array_equal(totals(launch, 600)[:, :, 0], whole[:, :, 0])
        and (totals(launch, 600)[:, :, 1] > whole[:, :, 1]).all()
    )
    without = world()[lambda d: d["x_Workload"] != "lake"]
    facts = base.read_facts(without, settings(company[0]))
    assert np.array_equal(
        totals(made(company, demand=demand_for(facts, 430), facts=facts), 600)[:, :, 1],
        whole[:, :, 1],
    )


def test_blocks_do_not_depend_on_their_order(company):
    compiled = compile_flat(made(company))
    forth, back = (
        [by_workload(compiled, engine.simulate_block(compiled.flat, b, 256, 7), 7) for b in order]
        for order in ((0, 256), (256, 0))
    )
    assert (
        np.array_equal(forth[0], back[1])
        and np.array_equal(forth[1], back[0])
        and not np.array_equal(*forth)
    )


@pytest.mark.parametrize("paths", [0, -5, 2.5])
def test_no_paths_are_refused_before_any_work(company, paths):
    with pytest.raises(ScenarioError) as caught:
        simulate(made(company), paths)
    assert (
        str(caught.value)
        == f"paths is {paths}; a simulation needs a whole number of paths, 1 or more."
    )


def test_a_horizon_that_has_passed_costs_what_was_booked(company):
    plan = made(company)
    small = dataclasses.replace(
        plan.prices.small,
        routed=plan.prices.small.routed[:0],
        routable=plan.prices.small.routable[:0],
    )
    none = plan.but(
        dates=plan.dates[:0],
        month_of=plan.month_of[:0],
        median=plan.demand.median[:0],
        step=plan.demand.step[:0],
        linear=plan.prices.linear[:0],
        tokens=plan.prices.tokens[:0],
        small=small,
        tiered=(),
        pools=(),
        unused_owner=(),
        uncertain=(),
        parameters=(),
        items=(),
    )
    for which in ("numpy", "numba"):
        run = simulate(none, 300, engine=which)
        assert np.array_equal(run.effective[5], run.effective[299]) and run.effective[
            0, 0, 1
        ] == pytest.approx(310)


def test_other_seeds_and_names_give_other_draws(company):
    plan = made(company)
    assert not np.array_equal(totals(plan, seed=7), totals(plan, seed=8))


def test_common_draws_make_a_difference_far_surer(company):
    plan, saved = made(company), made(company, COMMIT)
    first = totals(plan).sum(axis=(1, 2))
    shared = (totals(saved).sum(axis=(1, 2)) - first).var()
    independent = (totals(saved, seed=99).sum(axis=(1, 2)) - first).var()
    assert independent / shared > 5


def test_one_workload_of_pure_level_noise_meets_the_lognormal(tmp_path):
    days = world()["ChargeDate"].drop_duplicates()
    daily = rows(
        days.tolist(), EffectiveCost=10.0, x_Workload="only", x_BusinessUnit="All", ServiceName="S"
    )
    facts = base.read_facts(daily, settings(tmp_path))
    demand = demand_for(facts, 430, sigma=0, loading=0.3)
    sd = np.zeros_like(demand.level_sd)
    plan = made(
        (tmp_path, facts),
        demand=dataclasses.replace(demand, level_sd=sd, extra_variance=np.zeros(1)),
    )
    step = np.zeros_like(plan.demand.step)
    step[0] = 0.25  # the whole spread on the first day: every month is lognormal
    total = totals(plan.but(step=step), 8192).sum(axis=(1, 2)) / (10 * len(plan.dates))
    mean, sd = np.exp(0.25**2 / 2), np.sqrt(np.expm1(0.25**2)) * np.exp(0.25**2 / 2)
    assert abs(total.mean() - mean) < 4 * sd / np.sqrt(8192)
    for q in (0.1, 0.5, 0.9):
        value = np.exp(0.25 * norm.ppf(q))
        density = norm.pdf(norm.ppf(q)) / (0.25 * value)
        assert abs(np.quantile(total, q) - value) < 4 * np.sqrt(q * (1 - q) / 8192) / density


def test_an_hourly_commitment_costs_what_an_hour_by_hour_loop_says(company, tmp_path):
    folder = company[0]
    hours = 1 + 0.8 * np.sin(np.arange(168) / 24 * 2 * np.pi)
    (folder / "shapes.csv").write_text(
        "workload,hour_of_week,share\n" + "".join(f"train,{h},{v}\n" for h, v in enumerate(hours))
    )
    plan = made(company, COMMIT, head="name: a\nshapes: shapes.csv\n", months=3)
    run = simulate(plan, 4, 7)
    w = plan.names.index("train")
    volume = drawn_days(plan, w, 4).astype(float)
    cost = np.zeros((4, 3))
    for d, day in enumerate(plan.dates):
        weekday = (int(day.astype(int)) + 3) % 7
        share = (
            hours[weekday * 24 : weekday * 24 + 24] / hours[weekday * 24 : weekday * 24 + 24].sum()
        )
        for path in range(4):
            for hour in range(24):
                usage, held = (
                    volume[d, path] / 2.0 * share[hour],
                    8.0 if day >= np.datetime64("2026-12-01") else 0.0,
                )
                cost[path, plan.month_of[d]] += held * 1.3 + max(usage - held, 0.0) * 2.0
    lake = simulate(plan.but(pools=(), unused_owner=()), 4, 7)
    months = np.stack([volume[plan.month_of == m].sum(axis=0) for m in range(3)], axis=1)
    other = lake.effective[:, :, 0] - months
    assert np.allclose(run.effective[:, :, 0] - other, cost, rtol=1e-6)


def test_a_spend_commitment_on_an_eligible_share_of_a_service_without_quantities(company):
    calm = demand_for(company[1], 430, spread=0, sigma=0)
    cud = (
        "path: commitments/cud, op: add, since: 2026-11, because: x, value: {ContractCommitmentQuantity: 0.5, ContractCommitmentUnit: "
        "USD, ContractCommitmentDiscountPercentage: 0.37, x_ServiceName: Storage, x_EligibleShare: 0.6}"
    )
    saved = totals(made(company, demand=calm), 100) - totals(made(company, cud, demand=calm), 100)
    # 20 a day, 12 of it eligible = 0.5 an hour: all of it is used, at 37 % less
    assert saved[0, 0].tolist() == pytest.approx([30 * 12 * 0.37, 0.0])


def test_a_smaller_model_takes_the_tokens_at_its_own_prices(company):
    calm = demand_for(company[1], 430, spread=0, sigma=0)
    routed = made(
        company,
        "path: workloads/chat/routing/small, op: set, value: 0.6, since: 2026-12, because: x",
        demand=calm,
    )
    change = totals(routed, 100)[0, :, 1] - totals(made(company, demand=calm), 100)[0, :, 1]
    # of 6 a day, 60 % would cost a quarter; in January large output is cheaper: 4 a day, small 1.5
    assert change[:3].tolist() == pytest.approx([0.0, -31 * 0.6 * (6 - 1.5), -31 * 0.6 * (4 - 1.5)])


def test_growth_and_drivers_act_with_elasticity(company):
    calm = demand_for(company[1], 430, spread=0, sigma=0)
    head = "name: a\ndrivers: {sessions: {}}\nworkloads: {from: ledger, lake: {elasticity: 0.5}, chat: {driver: ''}}\n"
    plain, more = (
        made(company, demand=calm),
        made(
            company,
            "path: drivers/sessions/level, op: scale, value: 1.5, since: 2027-02, because: x",
            demand=calm,
            head=head,
        ),
    )
    ratio = more.demand.median / plain.demand.median
    feb = plain.dates >= np.datetime64("2027-02-01")
    assert (ratio[~feb] == 1).all()
    assert np.allclose(ratio[feb], [1.0, 1.5**0.5, 1.5])
    year = made(
        company,
        "path: drivers/sessions/growth_per_year, op: set, value: 1.0, because: x",
        demand=calm,
        head=head,
    )
    assert year.demand.median[364, 2] / plain.demand.median[364, 2] == pytest.approx(2.0, rel=2e-3)


def test_an_uncertain_value_has_one_draw_per_path_named_by_its_path(company):
    calm = demand_for(company[1], 430, spread=0, sigma=0)
    value = "value: {p10: 0.5, p50: 1.0, p90: 3.0}, because: x"
    run = simulate(
        made(company, f"path: workloads/train/demand/level, op: set, {value}", demand=calm), 4096
    )
    ratio = (run.effective[:, 0, 0] - 600) / 14400
    for q, wanted in ((0.1, 0.5), (0.5, 1.0), (0.9, 3.0)):
        assert abs(np.mean(ratio <= wanted) - q) < 4 * np.sqrt(q * (1 - q) / 4096)
    assert np.allclose(
        run.effective[:, 0, 0] / 30, (run.effective[:, 1, 0]) / 31, rtol=1e-6
    )  # constant in time
    price = simulate(
        made(company, f"path: prices/H100/price, op: scale, {value}", demand=calm), 512
    )
    assert np.allclose(np.quantile(price.effective[:, 0, 0], 0.5), 15000, rtol=0.1)


def test_dials_rebuild_the_base(company):
    run = simulate(made(company, COMMIT), 512, 7)
    dials = run.dials
    total = dials["fixed"] + dials["linear_tokens"] + dials["linear_other"]
    from finops_model.prices.rates import make

    for sku in dials["graduated"]:
        rates = [make(kind, fields) for kind, fields in zip(sku["kind"], sku["tiers"])]
        total = total + charge_months(rates, sku["usage"], sku["already"]) * sku["factor"]
    for pool in dials["commitments"]:
        at = [int(np.flatnonzero(pool["grid"] == level)[0]) for level in pool["level"]]
        spill = np.stack([pool["spill"][:, m, k] for m, k in enumerate(at)], axis=1)
        total = total + pool["level"] * pool["rate"] * pool["hours"] + spill * pool["price"]
        assert pool["grid"][0] == 0
    assert np.allclose(total, run.effective.sum(axis=2), rtol=1e-9)
    assert np.allclose(dials["base"], dials["base_all"][:1000]) and np.allclose(
        dials["fixed"], 310, atol=2e-6 * total.max()
    )  # seats only
    assert (dials["routed"] < dials["routable"]).all() and dials["small_models"] == {
        "chat": "small"
    }


@pytest.mark.parametrize("hours", [False, True])
def test_the_compiled_engine_agrees_with_numpy_on_a_scenario(company, hours):
    head = "name: a\nshapes: own.csv\n" if hours else "name: a\n"
    shapes = {"train": 1 + np.arange(168) % 24 / 24, "lake": 1 + np.arange(168)[::-1] % 24 / 24}
    (company[0] / "own.csv").write_text(
        "workload,hour_of_week,share\n"
        + "".join(
            f"{name},{h},{v}\n" for name, shape in shapes.items() for h, v in enumerate(shape)
        )
    )
    plan = made(
        company,
        COMMIT,
        "path: workloads/*/demand/growth_per_month, op: set, value: {p10: 0.0, p50: 0.01, p90: 0.03}, because: x",
        "path: prices/large:input_tokens/price, op: scale, value: {p10: 0.5, p50: 1.0, p90: 2.0}, because: x",
        head=head,
        months=6,
    )
    assert plan.prices.uncertain and plan.demand.parameters
    one, other = (simulate(plan, 4096, 7, engine=which) for which in ("numpy", "numba"))
    assert (one.engine, other.engine) == ("numpy", "numba")
    error = np.sqrt(one.effective.var(axis=0) + other.effective.var(axis=0)) / 64
    assert (
        np.abs(one.effective.mean(axis=0) - other.effective.mean(axis=0)) <= 4.5 * error + 1e-6
    ).all()
    spread = one.effective.std(axis=0), other.effective.std(axis=0)
    assert np.allclose(*spread, rtol=0.15)
    for month in range(6):
        assert (
            abs(
                one.quantile(0.9, months=[one.months[month]])
                / other.quantile(0.9, months=[one.months[month]])
                - 1
            )
            < 0.05
        )
    assert sum(line["cost"] for line in other.lines) == pytest.approx(
        other.total().mean(), rel=1e-5
    )
    assert np.allclose(other.dials["base"], other.effective.sum(axis=2)[:1000])


def test_range_shares_and_lines_add_up(company):
    run = simulate(made(company, COMMIT), 512, 7)
    assert np.allclose(run.range_share.sum(axis=0), 1.0)
    costs = sum(line["cost"] for line in run.lines)
    assert costs == pytest.approx(run.total().mean(), rel=1e-6)
    assert all(
        line["quantity"] * line["unit_price"] == pytest.approx(line["cost"]) for line in run.lines
    )
    assert np.allclose(run.by_workload[:, :, 0].sum(axis=0), run.effective.mean(axis=0).sum(axis=1))


def test_a_saved_run_is_the_run(company, tmp_path):
    run = simulate(made(company, COMMIT, head="name: <b>a</b>\n"), 256, 7)
    again = load_run(run.save(tmp_path / "run"))
    assert (
        np.array_equal(again.effective, run.effective)
        and again.assumptions == run.assumptions
        and again.months == run.months
    )
    assert np.array_equal(
        again.dials["commitments"][0]["spill"], run.dials["commitments"][0]["spill"]
    )
    assert "&lt;b&gt;a" in run._repr_html_() and "<b>a</b>" not in run._repr_html_()


@speed(max_examples=8, deadline=None)
@given(st.floats(0.1, 4.0), st.floats(0.1, 4.0))
def test_more_demand_never_costs_less(company, low, high):
    low, high = sorted((low, high))
    plans = [
        made(
            company,
            f"path: workloads/*/demand/level, op: set, value: {v:.4f}, because: x",
            COMMIT,
            months=2,
        )
        for v in (low, high)
    ]
    assert (totals(plans[1], 64) - totals(plans[0], 64) >= -1e-6).all()


def test_scenarios_of_one_day_share_their_draws(company):
    folder, facts = company
    (folder / "b.yaml").write_text("name: b\n")
    (folder / "c.yaml").write_text(f"name: c\nbase: b.yaml\nchanges:\n- {{{COMMIT}}}\n")
    runs = run_many(
        [folder / "b.yaml", folder / "c.yaml"],
        settings(folder),
        daily=world(),
        demand=demand_for(facts, 430),
        paths=256,
    )
    assert (
        np.array_equal(runs[0].effective[:, 0], runs[1].effective[:, 0])
        and runs[0].ledger == runs[1].ledger
    )
    assert not np.array_equal(runs[0].effective[:, 1], runs[1].effective[:, 1])


def test_golden_totals_of_the_sample_scenarios():
    spec = importlib.util.spec_from_file_location("golden_make", HERE / "golden" / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    if not make.available():
        pytest.skip("the sample's bill is not here")
    wanted = json.loads((HERE / "golden" / "scenarios.json").read_text())
    for name, values in make.figures().items():
        assert values == pytest.approx(wanted[name], rel=1e-6), name
