"""Risks of a scenario against closed forms, through scenario file, plan and both engines (docs/method §3.30–§3.34)."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import price_moments as moments
from risk_world import DAY, costs, day_counts, facts_in, hits, plan_of, resolved, workload
from scenario_world import demand_for, settings, world

from finops_model.prices.capacity.checkpoints import Checkpointing
from finops_model.scenario import ledger_base as base
from finops_model.scenario.document import explain
from finops_model.simulate.compile.plan import compile_plan
from finops_model.simulate.compile.to_flat import by_workload, compile_flat
from finops_model.simulate.kernel import engine
from finops_model.uncertainty import risks
from finops_model.uncertainty.answers import answer
from finops_model.uncertainty.distributions import make
from finops_model.uncertainty.elicit import read_value
from finops_model.uncertainty.risks import clock_of

ENGINES = ("numpy", "numba")
LENGTHS = np.array([30, 31, 31, 28, 31, 30])  # November 2026 to April 2027
LAKE = 20.0 * LENGTHS


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    return folder, facts_in(folder)


def gpu(company, text, which="numpy", paths=4096, months=6):
    """Cost of train (path, month): that of its unit without the storage, which nothing moves."""
    plan = plan_of(*company, text, months)
    return costs(plan, paths, which)["Research"] - 20.0 * np.array(
        [int((plan.month_of == m).sum()) for m in range(months)]
    )


UPDOWN = {"p": 0.3, "a": 0.8, "b": 1.2}
MONTH = np.arange(6)
CLOSED = {
    "price_jumps": (
        "per_year: 3, factor: {p: 0.3, a: 0.8, b: 1.2}, drift_per_year: -0.1",
        lambda: (
            np.array([moments.jump_month_moments(3, read_value(UPDOWN), -0.1, m) for m in MONTH]).T
        ),
    ),
    "fx": (
        "volatility: 0.12, drift_per_year: 0.03",
        lambda: moments.fx_moments(0.12, 0.03, 0.0, MONTH),
    ),
    "fx back": ("volatility: 0.3, kappa: 2", lambda: moments.fx_moments(0.3, 0.0, 2.0, MONTH)),
    "successor": (
        "interval_months: {min: 1, max: 3}, factor: {min: 0.6, max: 1.2}, adopted: 0.7",
        lambda: (
            np.array(
                [
                    moments.migration_moments(
                        make("uniform", {"min": 1.0, "max": 3.0}),
                        make("uniform", {"min": 0.6, "max": 1.2}),
                        m + 1,
                        0.7,
                    )
                    for m in MONTH
                ]
            ).T
        ),
    ),
    "scarcity": (
        "starts: 0.2, ends: 0.4, price: {min: 1.1, max: 2}, scarce_now: true",
        lambda: _scarce(),
    ),
}


def _scarce():
    chance = moments.scarcity_share(0.2, 0.4, MONTH + 1, True)
    first, second = moments.moments_of(make("uniform", {"min": 1.1, "max": 2.0}))
    return 1 - chance + chance * first, 1 - chance + chance * second


@pytest.mark.parametrize("which", ENGINES)
@pytest.mark.parametrize("name", CLOSED)
def test_prices_have_the_moments_of_their_closed_form(company, name, which):
    fields, closed = CLOSED[name]
    found = gpu(
        company, f"risks: {{r: {{kind: {name.split()[0]}, skus: H100, {fields}}}}}\n", which
    )
    mean, second = closed()
    hits(found, 480 * LENGTHS * mean, (480 * LENGTHS) ** 2 * second)
    assert found.std(axis=0)[1:].min() > 1  # a factor that never moves would not be a risk


def test_months_of_a_risk_count_from_its_first_day(tmp_path):
    """The ledger ends on 14 October: one month of the risk goes from 15 October to 14 November."""
    facts = facts_in(tmp_path, "2026-10-14")
    for since, first in (("", "2026-10-15"), ("2026-12-31", "2026-12-31")):
        plan = plan_of(
            tmp_path,
            facts,
            f"risks: {{r: {{kind: fx, skus: H100, volatility: 0.2, drift_per_year: 0.5{f', since: {since}' if since else ''}}}}}\n",
        )
        clock = clock_of(plan.dates, since)
        days = day_counts(plan, clock.of_day, clock.count)
        before = np.array(
            [int(((plan.month_of == m) & (clock.of_day < 0)).sum()) for m in range(6)]
        )
        assert str(clock.first) == first and (before.sum() > 0) == bool(since)
        mean = moments.fx_moments(0.2, 0.5, 0.0, np.arange(clock.count))[0]
        whole = costs(plan, 8192)["Research"] - 20.0 * (days.sum(axis=1) + before)
        hits(whole, 480 * (before + days @ mean))
    after = plan_of(
        tmp_path, facts, "risks: {r: {kind: fx, skus: H100, volatility: 0.2, since: 2029-01}}\n"
    )
    assert not after.demand.series and np.array_equal(
        costs(after)["Research"], costs(plan_of(tmp_path, facts))["Research"]
    )


def test_the_clock_knows_short_months():
    dates = np.arange("2027-01-31", "2028-04-02", dtype="datetime64[D]")
    clock = clock_of(dates)
    starts = [str(dates[np.argmax(clock.of_day == k)]) for k in range(clock.count)]
    assert (
        starts[:4] == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]
        and "2028-02-29" in starts
    )
    assert clock.profile.sum() == len(dates) and (np.diff(clock.of_day) >= 0).all()


@pytest.mark.parametrize("which", ENGINES)
def test_what_is_announced_comes_on_its_day(company, which):
    sure = gpu(
        company,
        "risks: {r: {kind: announced, skus: 'H*', changes: [{since: 2027-01-15, factor: 0.5}, {since: 2027-03, factor: 1.2}]}}\n",
        which,
        256,
    )
    assert np.allclose(
        sure, 480 * np.array([30, 31, 14 + 17 * 0.5, 28 * 0.5, 31 * 0.6, 30 * 0.6]), rtol=1e-6
    )
    maybe = gpu(
        company,
        "risks: {r: {kind: announced, services: Compute, changes: [{since: 2027-02-01, factor: {min: 0.4, max: 0.6}, chance: 0.25}]}}\n",
        which,
    )
    assert np.allclose(maybe[:, :3], 480 * LENGTHS[:3], rtol=1e-6)
    hits(maybe[:, 3:], 480 * LENGTHS[3:] * (1 - 0.25 * 0.5))
    assert abs((maybe[:, 3] < 480 * 27).mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 4096)


def test_spot_is_its_ratio_and_the_hours_lost(company):
    """Against the process by itself and the rework of §5.36, path by path."""
    kind = "kind: spot, skus: H100, start: 0.4, measured: a2-highgpu-1g"
    clock = clock_of(plan_of(*company).dates)
    risk = risks.make({"kind": "spot", "skus": "H100", "start": 0.4, "measured": "a2-highgpu-1g"})
    ratio = risk.factors(7, "risks/r", range(512), clock)[0]
    calm = gpu(company, f"risks: {{r: {{{kind}}}}}\n", paths=512)
    assert np.allclose(calm, 480 * LENGTHS * ratio, rtol=3e-6) and ratio.std() > 0.02
    mtbf = 730 / -np.log1p(-0.1) / 16
    lost = (
        Checkpointing(0.2, mtbf, 0.5).factor()
        / Checkpointing(0.2, 730 / -np.log1p(-0.05) / 16, 0.5).factor()
    )
    worse = gpu(
        company,
        f"risks: {{r: {{{kind}, interruptions: 0.1, interruptions_now: 0.05, checkpoint_minutes: 12, restart_minutes: 30, machines: 16}}}}\n",
        paths=512,
    )
    assert lost > 1.009 and np.allclose(worse, calm * lost, rtol=3e-6)
    moved = gpu(
        company,
        f"risks: {{r: {{{kind}, today: on_demand, fallback: 0.25, interruptions: 0.1, checkpoint_minutes: 12, restart_minutes: 30, machines: 16}}}}\n",
        paths=512,
    )
    whole = Checkpointing(0.2, mtbf, 0.5).factor()
    assert np.allclose(moved, 480 * LENGTHS * (0.25 + 0.75 * 0.4 * ratio * whole), rtol=3e-6)


@pytest.mark.parametrize("which", ENGINES)
def test_what_cannot_be_had_is_not_bought(company, which):
    text = "risks: {r: {kind: scarcity, skus: H100, workloads: train, starts: 0.3, ends: 0.5, price: 1.5, availability: 0.4}}\n"
    found = gpu(company, text, which)
    chance = moments.scarcity_share(0.3, 0.5, MONTH + 1)
    hits(found, 480 * LENGTHS * (1 - chance + chance * 1.5 * 0.4))
    two = np.unique((found / (480 * LENGTHS)).round(4))
    assert np.allclose(two, [0.6, 1.0])  # one chain moves both: never the one without the other


@pytest.mark.parametrize("which", ENGINES)
def test_a_migration_is_paid_twice_while_it_lasts(company, which):
    """Straight over one month of 30.4375 days from 1 January, cost ratio a half, both paid for 15.21875 days."""
    text = "risks: {r: {kind: migration, workloads: train, since: 2027-01-01, share: 0.8, cost_ratio: 0.5, months: 1, overlap_months: 0.5}}\n"
    found = gpu(company, text, which, 256)
    day = np.arange(1, 32)
    arrived, left = np.clip(day / 30.4375, 0, 1), np.clip((day - 15.21875) / 30.4375, 0, 1)
    assert np.allclose(found[:, 2], 480 * (1 - 0.8 * left + 0.4 * arrived).sum(), rtol=2e-6)
    assert np.allclose(found[:, :2], 480 * LENGTHS[:2], rtol=2e-6) and np.allclose(
        found[:, 4:], 480 * LENGTHS[4:] * 0.6, rtol=2e-6
    )
    late = gpu(
        company,
        text.replace("share: 0.8", "share: {min: 0.2, max: 0.6}").replace(
            "months: 1", "months: 0, delay_months: {min: 0, max: 2}"
        ),
        which,
    )
    hits(late[:, 5:], 480 * LENGTHS[5:] * (1 - 0.4 + 0.4 * 0.5))
    assert late[:, 2].std() > 100 and late[:, 3].std() > 100


@pytest.mark.parametrize("which", ENGINES)
def test_a_launch_that_slips(company, which):
    head = "changes:\n- {path: workloads/new, op: add, since: 2026-12-01, because: x, value: {cost_per_month: 3043.75, business_unit: New, "
    sure = plan_of(*company, head + "ramp_months: 2, curve: s_curve, delay_months: 1}}\n")
    age = np.arange(len(sure.dates)) + 1 - 30 - 30.4375  # 100 a day once it runs fully
    s = np.clip(age / 60.875, 0, 1)
    by_day = 100 * s * s * (3 - 2 * s)
    want = np.array([by_day[sure.month_of == m].sum() for m in range(6)])
    assert np.allclose(costs(sure, 256, which)["New"], want, rtol=2e-6)
    late = plan_of(*company, head + "delay_months: {min: 0, max: 3}}}\n")
    found = costs(late, 4096, which)["New"]
    days = np.array([[(np.arange(92) < n).sum() for n in (31, 62, 90)]])
    assert days.shape == (1, 3) and np.allclose(found[:, 0], 0)
    # the day on which it starts is uniform on 91.3 days from 1 December: day d of December runs on d/91.3125 of the paths
    hits(
        found[:, 1:5],
        np.array(
            [
                100 * np.clip(np.arange(a, b) / 91.3125, 0, 1).sum()
                for a, b in ((1, 32), (32, 63), (63, 91), (91, 122))
            ]
        ),
        share=0.03,
    )
    assert np.allclose(found[:, 5], 3000, rtol=2e-6)


@pytest.mark.parametrize("which", ENGINES)
def test_campaigns_come_on_top(company, which):
    """Compound Poisson: mean and variance of the last month, where the start is far (§3.34)."""
    text = "risks: {push: {kind: bursts, workloads: train, per_year: 36.525, cost: 1000, lasts_days: 4, since: 2026-12-01}}\n"
    plan = plan_of(*company, text)
    assert (
        plan.names[plan.demand.count - 1] == "push"
        and plan.units[plan.booked.unit_of[plan.demand.count - 1]] == "Research"
    )
    found = costs(plan, 8192, which)["Research"] - 500 * LENGTHS
    assert np.allclose(found[:, 0], 0, atol=0.05)
    rate, stays, first = 0.1, 0.75, 250.0  # a day, a day later, mean on its first day

    def total(days, start):
        """Mean and variance of a window of days that begins `start` days after the first campaign may come."""
        ages = np.arange(start + days)  # day of the campaign
        inside = np.array(
            [sum(stays ** (t - a) for t in range(max(a, start), start + days)) for a in ages]
        )
        return rate * first * inside.sum(), rate * 2 * first**2 * (inside**2).sum()

    start = 0
    for m in range(1, 6):
        mean, variance = total(LENGTHS[m], start)
        start += LENGTHS[m]
        error = found[:, m].std() / np.sqrt(len(found))
        assert abs(found[:, m].mean() - mean) < 4 * error and error < 0.01 * mean
        assert abs(found[:, m].var() / variance - 1) < 0.12
    usual = plan_of(*company, text.replace("cost: 1000", "days_of_use: 2"))
    ratio = workload(usual, "push", 1024, which)[1:] / workload(plan, "push", 1024, which)[1:]
    assert np.allclose(ratio, 2 * 480 / 1000, rtol=1e-4)  # the same draws, another size


def test_values_drawn_for_every_month(company):
    text = "changes:\n- {path: workloads/train/demand/level, op: set, value: {kind: normal, mean: 1, sd: 0.1, truncate: {min: 0.1}}, because: x%s}\n"
    each, once = (gpu(company, text % how) / (480 * LENGTHS) for how in (", per: month", ""))
    assert np.corrcoef(each.T)[0, 1:].max() < 0.06 and np.corrcoef(once.T).min() > 0.9999
    hits(each, np.ones(6))
    assert each.sum(axis=1).std() == pytest.approx(once.sum(axis=1).std() / np.sqrt(6), rel=0.05)
    longer = gpu(company, text % ", per: month", months=9) / (
        480 * np.array([*LENGTHS, 31, 30, 31])
    )
    assert np.array_equal(longer[:, :6], each)  # a month's draw has the month's name
    price = gpu(
        company,
        "changes:\n- {path: prices/H100/price, op: scale, since: 2027-01, per: month, value: {min: 0.5, max: 1.5}, because: x}\n",
    ) / (480 * LENGTHS)
    assert (
        np.allclose(price[:, :2], 1, rtol=1e-6)
        and np.abs(np.corrcoef(price[:, 2:].T)[0, 1:]).max() < 0.06
    )


@pytest.mark.parametrize("which", ENGINES)
def test_forms_with_tiers_follow_risks_and_uncertain_factors(company, which):
    """Egress: 300 GB a month (310 in long ones), the first 100 at 1, then .5: 200 and 205 money."""
    plain = plan_of(*company)
    tiers = np.array([100 + (10 * n - 100) / 2 for n in LENGTHS])
    base = costs(plain, 256, which)["Support"]
    change = "changes:\n- {path: prices/EGRESS/factor, op: scale, value: {min: 0.5, max: 2.5}, because: x}\n"
    moved = costs(plan_of(*company, change), 4096, which)["Support"] - base[0] + tiers
    hits(moved, tiers * 1.5)
    assert np.corrcoef(moved.T).min() > 0.9999
    half = (
        costs(
            plan_of(
                *company,
                "risks: {r: {kind: announced, skus: EGRESS, changes: [{since: 2027-01-11, factor: 2}]}}\n",
            ),
            256,
            which,
        )["Support"]
        - base[0]
    )
    assert np.allclose(half, tiers * np.array([0, 0, 21 / 31, 1, 1, 1]), rtol=2e-6, atol=1e-3)
    both = (
        costs(
            plan_of(
                *company,
                "risks: {r: {kind: fx, skus: EGRESS, volatility: 0.1, drift_per_year: 1}}\n"
                + change,
            ),
            4096,
            which,
        )["Support"]
        - base[0]
        + tiers
    )
    hits(both, tiers * 1.5 * moments.fx_moments(0.1, 1.0, 0.0, MONTH)[0])


# -- names: what may move and what may not


NOISY = dict(sigma=0.2, spread=0.1)
RISKS = {
    "a": "a: {kind: price_jumps, skus: H100, per_year: 4, factor: {min: 0.7, max: 1.2}}",
    "b": "b: {kind: scarcity, skus: H100, workloads: train, starts: 0.3, ends: 0.3, price: 1.3, availability: {min: 0.3, max: 0.9}}",
    "c": "c: {kind: bursts, workloads: train, per_year: 12, cost: 500, lasts_days: 5}",
    "d": "d: {kind: spot, skus: H100, start: 0.4, interruptions: {min: 0.01, max: 0.3}, checkpoint_minutes: 5}",
    "e": "e: {kind: successor, services: Compute, interval_months: {min: 1, max: 4}, factor: {min: 0.5, max: 1.5}, adopted: 0.5}",
    "f": "f: {kind: migration, workloads: [train, lake], since: 2026-12, share: {min: 0.1, max: 0.5}, delay_months: {min: 0, max: 3}}",
}


def _text(*names):
    return f"risks: {{{', '.join(RISKS[name] for name in names)}}}\n"


@pytest.mark.parametrize("which", ENGINES)
def test_a_risk_that_comes_moves_no_other_draw(company, which):
    plain = costs(plan_of(*company, **NOISY), 512, which)
    risky = costs(plan_of(*company, _text(*RISKS), **NOISY), 512, which)
    assert np.array_equal(plain["Support"], risky["Support"]) and not np.allclose(
        plain["Research"], risky["Research"]
    )
    alone, beside = (plan_of(*company, _text(*names), **NOISY) for names in ("a", "ae"))
    first, second = (
        compile_flat(plan).flat.series[0].on_paths(7, range(512)) for plan in (alone, beside)
    )
    assert np.array_equal(first, second)


def test_a_risk_of_nothing_moves_not_a_bit(company):
    plain = costs(plan_of(*company, **NOISY), 512)["Research"]
    nothing = [
        "kind: price_jumps, skus: '*', per_year: 0, factor: 0.5",
        "kind: fx, services: '*', volatility: 0",
        "kind: bursts, workloads: '*', per_year: 0, cost: 5",
        "kind: scarcity, skus: '*', workloads: '*', starts: 0, ends: 0.5, price: 3, availability: 0.1",
        "kind: migration, workloads: '*', since: 2027-01, share: 0",
        "kind: successor, skus: '*', interval_months: 2, factor: 0.5, adopted: 0",
        "kind: announced, skus: '*', changes: [{since: 2027-01, factor: 0.5, chance: 0}]",
    ]
    assert {line.split()[1].strip(",") for line in nothing} | {"spot"} == set(risks.kinds())
    text = "risks: {" + ", ".join(f"r{i}: {{{line}}}" for i, line in enumerate(nothing)) + "}\n"
    assert np.array_equal(costs(plan_of(*company, text, **NOISY), 512)["Research"], plain)


@pytest.mark.parametrize("which", ENGINES)
def test_draws_do_not_depend_on_how_they_are_made(company, which):
    plan = plan_of(*company, _text(*RISKS), **NOISY)
    compiled = compile_flat(plan)

    def money(start, count):
        return by_workload(
            compiled, engine.simulate_block(compiled.flat, start, count, 7, which), 7
        )

    whole = money(0, 1000)
    assert np.array_equal(
        np.concatenate([money(0, 512), money(512, 488)]), whole
    ) and np.array_equal(money(256, 40), whole[256:296])
    assert np.array_equal(money(300, 20), whole[300:320])
    longer = compile_flat(plan_of(*company, _text(*RISKS), months=9, **NOISY))
    further = by_workload(longer, engine.simulate_block(longer.flat, 0, 256, 7, which), 7)
    assert np.array_equal(further[:, :6], whole[:256])
    for executor in ("serial", "processes"):
        same = costs(plan, 1000, which, executor=executor)
        assert all(
            np.array_equal(same[unit], value) for unit, value in costs(plan, 1000, which).items()
        )


def test_one_name_moves_its_skus_alike_and_apart_each_alone(company):
    text = "risks: {r: {kind: fx, skus: ['large:*', H100], volatility: 0.5%s}}\n"
    for apart in (False, True):
        plan = plan_of(*company, text % (", apart: true" if apart else ""))
        run = costs(plan, 4096)
        tokens, hours = run["Support"][:, 5], run["Research"][:, 5]
        assert (
            abs(np.corrcoef(np.log(tokens - tokens.min() + 1), np.log(hours))[0, 1]) > 0.6
        ) != apart
        assert len(plan.demand.series) == (3 if apart else 1)
    two = plan_of(
        *company,
        "risks: {x: {kind: announced, skus: H100, changes: [{since: 2026-11-01, factor: 0.5}]}, "
        "y: {kind: announced, skus: '*', changes: [{since: 2026-11-01, factor: 3}]}}\n",
    )
    assert np.allclose(
        costs(two, 256)["Research"][:, 0], 30 * (480 * 1.5 + 20 * 3), rtol=2e-6
    )  # risks on one price multiply
    beside = plan_of(
        *company,
        "risks: {x: {kind: announced, skus: H100, changes: [{since: 2026-11-01, factor: 0.5}]}}\nprices: {H100: {2027-01-01: 4}}\n"
        "changes:\n- {path: prices/H100/price, op: scale, since: 2027-03, value: {min: 0.5, max: 1.5}, because: x}\n",
    )
    found = costs(beside, 4096)["Research"] - LAKE
    assert np.allclose(found[:, :4], np.array([240, 240, 480, 480]) * LENGTHS[:4], rtol=2e-6)
    hits(found[:, 4:], 480 * LENGTHS[4:])


# -- what stands beside


def test_fees_stay_and_spill_follows(company):
    """100 of 240 GPU-hours a day under contract at 1.2 an hour from December; the rest follows the price."""
    text = (
        "risks: {r: {kind: announced, skus: H100, changes: [{since: 2027-01-01, factor: 0.5}]}}\nchanges:\n- {path: commitments/c, op: add, since: 2026-12, because: x, "
        "value: {ContractCommitmentQuantity: 5, ContractCommitmentUnit: GPU-hours, x_SkuIds: [H100], x_Rate: 1.2}}\n"
    )
    for which in ENGINES:
        found = gpu(company, text, which, 256)
        fee, spill = 5 * 1.2 * 24, 5 * 24 * 2.0
        assert np.allclose(
            found, LENGTHS * np.array([480, fee + spill, *[fee + spill / 2] * 4]), rtol=2e-6
        )


def test_campaigns_use_what_is_committed(company):
    """Far more is committed than any campaign uses: its hours are paid already."""
    commitment = (
        "changes:\n- {path: commitments/c, op: add, since: 2026-11, because: x, value: {ContractCommitmentQuantity: 1000000, ContractCommitmentUnit: GPU-hours, "
        "x_SkuIds: [H100], x_Rate: 0.001}}\n"
    )
    burst = "risks: {push: {kind: bursts, workloads: train, per_year: 50, cost: 1000}}\n"
    with_it, without = (
        costs(plan_of(*company, text), 512)["Research"] for text in (burst + commitment, commitment)
    )
    assert np.allclose(with_it, without, rtol=1e-6)  # all of it is covered: nothing more is paid
    assert costs(plan_of(*company, burst), 512)["Research"].mean() > 480 * 30 + 3000


def test_changes_and_explanations_reach_a_risk(company):
    folder, facts = company
    (folder / "base.yaml").write_text("name: base\n" + _text("a"))
    text = (
        "base: base.yaml\nchanges:\n- {path: risks/a/per_year, op: scale, value: 0, because: calm}\n- {path: risks/*/factor, op: set, value: {min: 2, max: 3}, because: up}\n"
        "- {path: risks/new, op: add, since: 2027-01, value: {kind: fx, skus: H100, volatility: 0.1}, because: euro, owner: Treasury, review_by: 2027-02}\n"
    )
    found = resolved(folder, facts, text)
    assert (
        [one.name for one in found.risks] == ["a", "new"]
        and found.risks[0].risk.per_year == 0
        and found.risks[1].risk.since == "2027-01"
    )
    assert found.risks[0].risk.factor.quantile(0.5) == 2.5
    assert (
        explain(found, "risks/a/per_year")
        == f'0  =  4 ({folder}/base.yaml:2)  × 0 ({folder}/s.yaml:4, "calm")'
    )
    assert (
        explain(found, "risks/a/factor")
        == f'min 2, max 3  =  min 0.7, max 1.2 ({folder}/base.yaml:2)  → min 2, max 3 ({folder}/s.yaml:5, "up")'
    )
    note = next(note for note in found.assumptions if note["path"] == "risks/new")
    assert (
        note["text"] == "new: the exchange rate behind H100 moves by 10 % a year"
        and note["owner"] == "Treasury"
        and note["review_by"] == "2027-02"
    )
    assert note["because"] == "euro" and note["kind"] == "assumption"


def test_a_replay_waits_for_names_that_are_not_there_yet(tmp_path):
    facts = base.read_facts(world(), settings(tmp_path), "2026-06-30", True)
    text = "risks: {r: {kind: fx, skus: [H100, NOT-YET], volatility: 0.1}, q: {kind: bursts, workloads: later, per_year: 2, cost: 5}}\n"
    plan = compile_plan(resolved(tmp_path, facts, text, replay=True), demand_for(facts, 200))
    assert plan.demand.series[0].skus == ("H100",) and plan.demand.bursts is None
    told = "risks: {r: {kind: announced, skus: H100, changes: [{since: 2026-08, factor: 0.5}], known_since: 2026-07%s}}\n"
    assert (
        not resolved(tmp_path, facts, told % "").risks
        and resolved(tmp_path, facts, told.replace("2026-07", "2026-06") % "-30").risks
    )
    assert resolved(
        tmp_path, facts_in(tmp_path, "2026-06-30"), told % ""
    ).risks  # not a replay: what is written now is known now


def test_words_of_every_kind():
    said = {
        terms["kind"]: risks.make(terms).words()
        for terms in (
            {
                "kind": "price_jumps",
                "skus": "*",
                "per_year": 1,
                "factor": 0.8,
                "drift_per_year": -0.1,
            },
            {"kind": "fx", "services": ["A", "B"], "volatility": 0.08, "kappa": 1},
            {
                "kind": "successor",
                "skus": "x",
                "interval_months": {"min": 4, "max": 8},
                "factor": 0.9,
                "adopted": 0.5,
            },
            {
                "kind": "announced",
                "skus": "x",
                "changes": [{"since": "2027-03", "factor": 1.1, "chance": 0.4}],
            },
            {
                "kind": "scarcity",
                "skus": "x",
                "workloads": "w",
                "starts": 0.05,
                "ends": 0.25,
                "price": 1.3,
                "availability": 0.7,
            },
            {"kind": "spot", "skus": "x", "start": 0.4, "interruptions": 0.05},
            {
                "kind": "migration",
                "workloads": "w",
                "since": "2027-03",
                "share": 0.5,
                "cost_ratio": 0.7,
                "months": 3,
                "overlap_months": 1,
            },
            {"kind": "bursts", "workloads": "w", "per_year": 3, "cost": 60000, "lasts_days": 21},
        )
    }
    assert said == {
        "price_jumps": "the price of everything changes once a year on average, each time × 0.8, with a drift of -9.52 % a year",
        "fx": "the exchange rate behind A, B moves by 8 % a year and comes back to the plan rate",
        "successor": "a successor of x comes every 4.4 … 6 … 7.6 months at × 0.9 of the price, with a chance of 50 % that we move to it",
        "announced": "the price of x changes × 1.1 from 2027-03-01 with a chance of 40 %",
        "scarcity": "scarcity begins with a chance of 5 % a month and lasts 4 months on average: in it the price of x is × 1.3 and 70 % of the demand of w can be had; "
        "the rest is not bought",
        "spot": "the spot price of x rests and moves in runs as measured (pooled), from 40 % of on demand; 5 % of the machines are interrupted in a month",
        "migration": "50 % of the use of w moves from 2027-03 on, within 3 months, and costs × 0.7 there; both are paid for 1 month",
        "bursts": "3 campaigns a year on average come on top in w, each of a cost of 60,000 on average, felt for 21 days",
    }
    assert set(said) == set(risks.kinds())


def test_day_costs_are_what_the_tests_stand_on(company):
    plain = costs(plan_of(*company), 256)
    assert (
        np.allclose(plain["Research"], LENGTHS * (DAY["train"] + DAY["lake"]), rtol=1e-6)
        and answer(plain["Research"].sum(axis=1), "p50").value > 0
    )
