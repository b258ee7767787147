"""Closed forms against simulation, and answers with their errors (docs/method §3.25, §3.26)."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import closed_forms as closed
from scipy.stats import beta as beta_law

from finops_model import streams
from finops_model.errors import ScenarioError
from finops_model.simulate import export
from finops_model.uncertainty import answers, chances, correlate
from finops_model.uncertainty.distributions import make
from finops_model.uncertainty.price_risk import ou

N = 60_000
NORMAL = make("normal", {"mean": 0.0, "sd": 1.0})


def draws(name, count=1, paths=N):
    from scipy.special import ndtri

    return ndtri(
        np.stack([streams.uniforms(11, f"{name}/{i}", paths) for i in range(count)], axis=-1)
    )


def within(samples, mean, what="", errors=4.0):
    """The sample mean lies within 4 standard errors of the closed form, and those are at most 1 % of it."""
    x = np.asarray(samples, float)
    error = x.std(axis=0, ddof=1) / math.sqrt(len(x))
    assert (np.abs(x.mean(axis=0) - mean) <= errors * error).all(), (
        f"{what}: {x.mean(axis=0)} ± {error}, closed form {mean}"
    )
    assert (error <= 0.01 * np.abs(mean)).all(), f"{what}: standard error {error} of {mean}"


CORR = np.array([[1, 0.5, 0.2], [0.5, 1, 0.3], [0.2, 0.3, 1]])


def test_sums_of_correlated_lognormals_and_normals():
    mu, sigma = np.array([1.0, 1.2, 0.8]), np.array([0.3, 0.5, 0.4])
    z = draws("sum", 3) @ correlate.root_of(CORR).T
    total = np.exp(mu + sigma * z).sum(axis=1)
    mean, variance = closed.lognormal_sum(mu, sigma, CORR)
    within(total, mean, "mean")
    within((total - mean) ** 2, variance, "variance", 4)
    m, s, r = (
        np.array([100.0, 200, 50]),
        np.array([10.0, 30, 20]),
        np.array([[1, 0.3, 0], [0.3, 1, -0.2], [0, -0.2, 1]]),
    )
    cost = (m + s * (draws("portfolio", 3, 200_000) @ correlate.root_of(r).T)).sum(axis=1)
    within(cost > 400, closed.overrun(m, s, r, 400), "overrun")
    whole = closed.normal_sum(m, s, r)
    assert np.isclose(
        whole.cvar(0.95), closed.normal_tail(whole.mean, whole.sd, 0.95)[1], rtol=1e-12
    )
    assert closed.normal_sum([100, 200], [30, 40], weights=[1, 0]).sd == 30.0
    assert closed.lognormal_sum([1.0], [0.0]) == (math.e, 0.0)


@pytest.mark.parametrize(
    "jump",
    [
        ("exponential", {"mean": 50.0}),
        ("gamma", {"shape": 2.0, "scale": 20.0}),
        ("normal", {"mean": 50.0, "sd": 10.0}),
        ("discrete", {"values": [50.0]}),
    ],
    ids=lambda j: j[0],
)
def test_bursts_add_up_as_the_compound_poisson_says(jump):
    dist, events = make(*jump), 7.3
    count = make("poisson", {"mean": events}).quantile(streams.uniforms(2, "count", N)).astype(int)
    sizes = np.stack(
        [dist.quantile(streams.uniforms(2, f"size/{k}", N)) for k in range(count.max())], axis=-1
    )
    total = np.where(np.arange(count.max()) < count[:, None], sizes, 0.0).sum(axis=1)
    mean, variance = closed.compound_poisson(events, dist)
    within(total, mean)
    within((total - mean) ** 2, variance)
    x = np.array([-1.0, 0.0, 300.0, 420.0])
    tail = closed.compound_poisson_tail(events, dist, x)
    assert (
        tail[0] >= 1 - 1e-8
        and tail.shape == (4,)
        and float(closed.compound_poisson_tail(events, dist, 300.0)) == tail[2]
    )
    within(total > 300, tail[2])
    within(total > 420, tail[3])
    if jump[0] == "exponential":
        assert np.isclose(tail[1], 1 - math.exp(-events), rtol=1e-12)


def test_jumps_without_a_closed_tail_are_refused():
    with pytest.raises(ScenarioError) as problem:
        closed.compound_poisson_tail(2.0, make("lognormal", {"mu": 0.0, "sigma": 1.0}), 3.0)
    assert str(problem.value) == (
        "bursts: the sum of lognormal jumps has no closed form; exponential, gamma, normal and a single value have. "
        "Its mean and variance are known (compound_poisson)."
    )


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-0.95, 0.98),
    st.floats(0.01, 3),
    st.integers(1, 40),
    st.sampled_from(["stationary", "zero"]),
)
def test_sums_of_autocorrelated_noise_have_the_variance_of_their_covariance_matrix(
    phi, sd, n, start
):
    t = np.arange(1, n + 1)
    base = np.full((n, n), sd**2 / (1 - phi**2))
    if start == "zero":
        base = base * (1 - phi ** (2.0 * np.minimum.outer(t, t)))
    cov = base * phi ** np.abs(np.subtract.outer(t, t)).astype(float)
    assert np.isclose(
        closed.ar1_sum_variance(phi, sd, n, start), cov.sum(), rtol=1e-9, atol=1e-9 * sd**2
    )
    stationary, shock = closed.ar1(phi, sd)
    assert np.isclose(closed.ar1(phi, stationary_sd=stationary)[1], shock)


def test_the_reverting_process_is_the_autoregression_it_is_seen_as():
    phi, shock, stationary = ou(0.1, 0.3, 1 / 24)
    assert np.isclose(closed.ar1(phi, shock)[0], stationary)
    mean, variance = closed.ou_at(0.1, 0.3, [0.0, 5.0, 1e9], 2.0, 1.0)
    assert np.allclose(mean, [2.0, 1 + math.exp(-0.5), 1.0]) and np.allclose(
        variance[[0, 2]], [0, stationary**2]
    )
    x = np.full(N, 2.0)
    for k in range(10):
        p, s, _ = ou(0.1, 0.3, 0.5)
        x = 1 + p * (x - 1) + s * draws(f"ou/{k}")[:, 0]
    within(x, mean[1])
    within((x - mean[1]) ** 2, variance[1])


@pytest.mark.parametrize(
    "form, fields",
    [
        ("normal", {"mean": 100.0, "sd": 20.0}),
        ("lognormal", {"mu": 4.6, "sigma": 0.35}),
        ("gamma", {"mean": 100.0, "sd": 60.0}),
        ("uniform", {"min": 0.0, "max": 200.0}),
    ],
)
def test_overage_waste_tiers_and_cvar_of_demand(form, fields):
    dist = make(form, fields)
    x = dist.quantile(streams.uniforms(4, "demand", 400_000))
    within(np.maximum(x - 110, 0), dist.overage(110.0), "overage")
    within(np.maximum(110 - x, 0), dist.waste(110.0), "waste")
    within(np.maximum(x - 110, 0) ** 2, dist.overage(110.0, 2), "second moment")
    if form != "normal":
        tiers = np.minimum(x, 50) * 3 + np.clip(x - 50, 0, 70) * 2 + np.maximum(x - 120, 0)
        within(tiers, closed.tiered_mean(dist, [0, 50, 120], [3, 2, 1]), "tiers")
    found = answers.cvar(x, 0.95)
    assert abs(found.value - dist.cvar(0.95)) < 4 * found.standard_error < 0.04 * found.value


def test_a_commitment_costs_the_quantile_law():
    """rate·K + price·E[(D − K)⁺] is least where P(D > K) = rate / price."""
    dist = make("gamma", {"mean": 100.0, "sd": 40.0})
    best = float(dist.quantile(1 - 0.6))
    levels = best + np.linspace(-30, 30, 61)
    costs = [0.6 * k + 1.0 * dist.overage(k) for k in levels]
    assert levels[int(np.argmin(costs))] == pytest.approx(best)


def test_rework_of_spot_machines():
    count = make("poisson", {"mean": 3.0}).quantile(streams.uniforms(3, "n", N)).astype(int)
    lost = make("uniform", {"min": 0.0, "max": 0.5})
    hours = np.where(
        np.arange(count.max()) < count[:, None],
        np.stack(
            [lost.quantile(streams.uniforms(3, f"h/{k}", N)) for k in range(count.max())], axis=-1
        ),
        0,
    ).sum(axis=1)
    mean, variance = closed.spot_rework(3.0, lost)
    within(hours, mean)
    within((hours - mean) ** 2, variance)


# -- answers from paths


def test_standard_errors_are_those_of_repeated_runs():
    """400 runs of 2,000 paths: what the answers say of themselves is how much they scatter, and 95 % intervals hold."""
    dist = make("lognormal", {"mu": 7.0, "sigma": 0.4})
    runs = [dist.quantile(streams.uniforms(k, "run", 2_000)) for k in range(400)]
    truths = {
        "mean": dist.mean,
        "p50": dist.median,
        "p90": float(dist.quantile(0.9)),
        "cvar95": dist.cvar(0.95),
    }
    for what, truth in truths.items():
        found = [answers.answer(x, what) for x in runs]
        values, errors = (
            np.array([e.value for e in found]),
            np.array([e.standard_error for e in found]),
        )
        assert abs(errors.mean() / values.std() - 1) < 0.12, what
        assert np.mean([e.low <= truth <= e.high for e in found]) > 0.91, what
        assert abs(values.mean() - truth) < 4 * values.std() / 20 + 0.002 * truth, what
    over = [answers.overrun(x, 2000.0) for x in runs]
    truth = float(dist.exceedance(2000.0))
    assert 0.92 < np.mean([e.low <= truth <= e.high for e in over]) <= 0.99


def test_the_standard_error_of_a_quantile_by_density_by_rank_and_from_paths_agree():
    assert np.isclose(
        answers.quantile_error(NORMAL, 0.95, 10_000), 0.021131875109690845, rtol=1e-12
    )
    assert np.isclose(
        answers.order_statistic_error(NORMAL, 0.95, 10_000), 0.021128761426447904, rtol=5e-4
    )
    found = answers.quantile(NORMAL.quantile((np.arange(10_000) + 0.5) / 10_000), 0.95)
    assert np.isclose(found.standard_error, 0.02113, rtol=0.01)
    assert answers.quantile_error(NORMAL, 0.5, [100, 400]).tolist() == pytest.approx(
        [0.125331, 0.0626657], rel=1e-5
    )
    assert closed.paths_for_quantile(
        make("normal", {"mean": 10.0, "sd": 1.0}), 0.5, 0.001
    ) == math.ceil((math.sqrt(math.pi / 2) / 0.01) ** 2)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.integers(1, 400))
def test_a_chance_is_never_zero_or_one_and_its_interval_is_sane(count, paths):
    count = min(count, paths)
    e = answers.share(count, paths)
    assert 0 < e.value < 1 and e.standard_error > 0 and 0 <= e.low <= e.value <= e.high <= 1
    mirror = answers.share(paths - count, paths)
    assert np.isclose(e.value, 1 - mirror.value) and np.isclose(e.low, 1 - mirror.high)
    if 0 < count < paths:
        exact = beta_law.ppf([0.025, 0.975], [count, count + 1], [paths - count + 1, paths - count])
        assert exact[0] - 0.03 - 1 / paths <= e.low and e.high <= exact[1] + 0.03 + 1 / paths


def test_order_statistics_hold_the_quantile():
    x = np.arange(1.0, 11.0)
    found = answers.quantile(x, 0.5)
    assert (found.low, found.high) == (2.0, 9.0)  # the textbook interval of ten values: 97.9 %
    assert (
        answers.quantile(x, 0.99).high == math.inf
    )  # ten paths say nothing about the end of the tail


def test_the_budget_runs_out_in_a_month():
    monthly = np.array([[5, 5, 5], [9, 9, 9], [1, 1, 1], [9, 3, -4.0]])
    found = chances.runout(11.0, monthly, ("2026-11", "2026-12", "2027-01"))
    assert [round(e.value * 4) for e in found.probability] == [0, 2, 1] and found.ever.value == 0.75
    assert (found.typical, found.earliest, found.latest) == ("2026-12", "2026-12", "2027-01")
    assert chances.runout(1.0, np.zeros((2000, 2)), ("a", "b")).typical is None
    assert chances.runout(11.0, monthly, ("a", "b", "c"), used=10.0).typical == "a"


def test_breach_agrees_with_the_landing_of_a_budget():
    from finops_model.measure.budget.landing import landing

    monthly = np.abs(draws("months", 12, 2000))
    months = tuple(f"2027-{m:02d}" for m in range(1, 13))
    assert (
        chances.runout(9.0, monthly, months).typical
        == landing("FY2027", 0.0, monthly, months, 9.0)["breach_month"]
    )


def test_enough_paths_and_convergence():
    x = make("lognormal", {"mu": 0.0, "sigma": 0.5}).quantile(streams.uniforms(1, "x", 64_000))
    first = answers.enough_paths(x[:1000], 0.01, "p90")
    assert not first.enough and 2_000 < first.wanted < 20_000
    assert answers.enough_paths(x[: 2 * first.wanted], 0.01, "p90").enough
    assert answers.enough_paths(x[:1000], 0.02, "overrun", budget=2.0).enough
    assert str(first).endswith(f"from 1,000 paths: {first.wanted:,} paths are needed for 1.00%")
    table = answers.converge(x, "mean", 6)
    assert [e.paths for e in table] == [2000, 4000, 8000, 16000, 32000, 64000] and table[
        -1
    ].value == x.mean()
    assert all(
        0.35 < later.standard_error / earlier.standard_error < 1.0
        for earlier, later in zip(table, table[1:])
    )


def test_differences_on_common_draws_are_surer_and_say_so_rightly():
    truth, found = [], []
    for k in range(200):
        z = draws(f"difference/{k}", 2, 2000)
        x, y = 100 + 20 * z[:, 0], 105 + 21 * z[:, 0] + 2 * z[:, 1]
        found.append([answers.difference(x, y, what) for what in ("mean", "p90", "cvar95")])
        truth.append(
            [
                y.mean() - x.mean(),
                np.quantile(y, 0.9) - np.quantile(x, 0.9),
                answers.cvar(y).value - answers.cvar(x).value,
            ]
        )
    scatter = np.std(truth, axis=0)
    for i in range(3):
        told = np.mean([row[i].estimate.standard_error for row in found])
        assert (
            -0.12 < told / scatter[i] - 1 < 0.25
            and np.mean([row[i].independent_error for row in found]) > 2.5 * told
        )


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: answers.quantile(np.ones((3, 3)), 0.5),
            "totals of shape (3, 3); this needs one number for each of at least 3 paths.",
        ),
        (lambda: answers.mean([1.0, np.nan]), "the total of path 1 is nan; totals must be finite."),
        (
            lambda: answers.quantile(np.ones(9), 90),
            "level is 90; it must lie between 0 and 1 (0.9 is P90).",
        ),
        (
            lambda: answers.answer(np.ones(9), "p9O"),
            "unknown answer 'p9O'. Did you mean 'p90'? Known: mean, p10, p50, p80, p90, cvar95. Any percentile "
            "will do: p95, p99.9, cvar90.",
        ),
        (
            lambda: answers.enough_paths(np.ones(9), 5),
            "target is 5; it must lie between 0 and 1 (0.01 is 1 %).",
        ),
        (
            lambda: answers.difference(np.ones(9), np.ones(8)),
            "9 paths here and 8 there; only runs on the same draws have a difference by path.",
        ),
        (
            lambda: answers.overrun(np.ones(9), math.inf),
            "budget is inf; it must be a finite number.",
        ),
        (
            lambda: closed.ar1(1.0, 0.2),
            "ar1: phi is 1; it must lie between -1 and 1, else there is no stationary state.",
        ),
        (
            lambda: closed.lognormal_sum([1, 2], [1]),
            "lognormal sum: sigma has 1 values, the others 2; give one for each.",
        ),
        (
            lambda: closed.tiered_mean(NORMAL, [0, 5], [1, 2]),
            "tiers: demand below 0 is possible; usage is 0 or more. Write truncate: {min: 0}.",
        ),
        (
            lambda: closed.overrun([1, 2], [1, 1], np.eye(3), 2),
            "correlation: 3 rows for 2 values; give one row for each.",
        ),
    ],
)
def test_nonsense_is_refused_in_one_sentence(call, message):
    with pytest.raises(ScenarioError) as problem:
        call()
    assert str(problem.value) == message


def test_totals_are_exported_tidy_with_their_manifest(tmp_path):
    run = SimpleNamespace(
        effective=np.arange(12.0).reshape(3, 2, 2),
        months=("2026-11", "2026-12"),
        units=("A", "B"),
        name="Base",
        question="?",
        as_of="2026-10-31",
        currency="USD",
        seed=7,
        paths=3,
        engine="numpy",
        scenario_hash="ab",
        ledger="cd",
    )
    for form, read in (("parquet", pd.read_parquet), ("csv", pd.read_csv)):
        folder = export.export_totals(run, tmp_path / form, form)
        table, told = (
            read(folder / f"totals.{form}"),
            json.loads((folder / "manifest.json").read_text()),
        )
        assert (
            table.shape == (12, 4)
            and table.loc[
                (table.path == 2) & (table.month == "2026-12") & (table["x_BusinessUnit"] == "A"),
                "EffectiveCost",
            ].item()
            == 10.0
        )
        assert (
            told["seed"] == 7
            and told["rows"] == 12
            and set(told["versions"]) >= {"finops-model", "numpy", "python"}
        )
        again = export.export_totals(run, tmp_path / f"{form}2", form)
        assert (again / "manifest.json").read_bytes() == (folder / "manifest.json").read_bytes()
    with pytest.raises(ScenarioError) as problem:
        export.export_totals(run, tmp_path, "parqet")
    assert (
        str(problem.value)
        == "unknown format 'parqet'. Did you mean 'parquet'? Known: parquet, csv."
    )


@pytest.mark.shared
def test_every_shared_oracle_is_a_sentence_of_ours_with_its_own_numbers():
    shared = Path(__file__).resolve().parents[2] / "shared" / "cases" / "mc_oracles.json"
    if not shared.is_file():
        pytest.skip("the shared oracles are not there")
    import yaml

    folder = Path(__file__).parent / "spec" / "uncertainty"
    ours = {
        s["example"]: s
        for path in folder.glob("*.yaml")
        for s in yaml.safe_load(path.read_text())
        if "example" in s
    }
    cases = json.loads(shared.read_text())
    assert {case["id"] for case in cases} <= set(ours)
    for case in cases:
        told = json.dumps(ours[case["id"]]["then"])
        for number in np.atleast_1d(case["expected"]):
            assert any(
                np.isclose(float(word), number, rtol=1e-12)
                for word in __import__("re").findall(r"[-\d.e]+\d", told)
            ), case["id"]


@given(st.floats(-0.999, 0.9999999), st.integers(1, 60), st.sampled_from(["stationary", "zero"]))
@settings(max_examples=60, deadline=None)
def test_sums_of_noise_are_those_of_exact_fractions(phi, steps, start):
    """The double sum in whole numbers: next to phi 1 the closed form would lose nine digits."""
    f = Fraction(phi)
    if start == "zero":
        exact = sum(sum(f**k for k in range(m)) ** 2 for m in range(1, steps + 1))
    else:
        exact = (steps + 2 * sum((steps - k) * f**k for k in range(1, steps))) / (1 - f * f)
    assert closed.ar1_sum_variance(phi, 1.0, steps, start) == pytest.approx(float(exact), rel=1e-10)


def test_counts_are_right_to_rounding_however_many_there_are():
    """Sums of the chances, their mean and variance, at means where numbers a million times as large would cancel."""
    from finops_model.uncertainty.distributions.poisson import chance

    for mean in (0.0, 1e-9, 0.3, 7.3, 300.0, 1e6):
        n = np.arange(
            max(0.0, np.floor(mean - 12 * mean**0.5)), np.ceil(mean + 12 * mean**0.5) + 60
        )
        p = chance(n, mean)
        assert p.sum() == pytest.approx(1, rel=1e-12) and (p * n).sum() == pytest.approx(
            mean, rel=1e-12, abs=1e-12
        )
        assert (p * (n - mean) ** 2).sum() == pytest.approx(mean, rel=1e-10, abs=1e-12)


def test_a_difference_of_overruns_is_that_of_shares_and_never_sure():
    rng = np.random.default_rng(4)
    base = rng.normal(100, 10, 4000)
    other = base - 2 + rng.normal(0, 1, 4000)
    found = answers.difference(base, other, "overrun", budget=110.0)
    assert found.estimate.value == pytest.approx((other > 110).mean() - (base > 110).mean())
    assert 0 < found.estimate.standard_error < found.independent_error / 2
    many = [
        (
            lambda b: (
                answers.difference(
                    b, b - 2 + rng.normal(0, 1, 500), "overrun", budget=110.0
                ).estimate
            )
        )(rng.normal(100, 10, 500))
        for _ in range(300)
    ]
    assert np.mean([e.standard_error for e in many]) == pytest.approx(
        np.std([e.value for e in many], ddof=1), rel=0.15
    )
    nothing = answers.difference(base, base - 1, "overrun", budget=1000.0)
    assert nothing.estimate.value == 0 and 0 < nothing.estimate.standard_error < 1e-3
    with pytest.raises(ScenarioError) as refused:
        answers.difference(base, other, "overrun")
    assert str(refused.value) == "the chance of an overrun needs a budget."


def test_a_figure_that_is_surely_nothing_needs_no_more_paths():
    assert answers.enough_paths(np.zeros(100), 0.01, "p90").enough
    assert answers.enough_paths(np.full(100, 7.0), 0.01, "mean").wanted == 1
