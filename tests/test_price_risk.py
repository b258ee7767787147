"""Price risk: processes against their closed forms, names, bounds, what was measured (docs/method §3.29)."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import price_moments as moments

from finops_model.decide import sobol
from finops_model.errors import ScenarioError
from finops_model.uncertainty import price_risk as risk
from finops_model.uncertainty import spot_price
from finops_model.uncertainty.distributions import make

ROOT = Path(__file__).resolve().parents[1]
CALIBRATION = ROOT / "finops_model" / "uncertainty" / "risks" / "gcp_spot.json"
N = 30_000
BOTH = make(
    "mixture",
    {
        "parts": [
            make("uniform", {"min": 0.7, "max": 0.95}),
            make("lognormal", {"mu": 0.2, "sigma": 0.2}),
        ],
        "weights": [0.6, 0.4],
    },
)
FACTORS = {
    "a cut": make("uniform", {"min": 0.7, "max": 0.95}),
    "both signs": BOTH,
    "lognormal": make("lognormal", {"mu": 0.0, "sigma": 0.3}),
    "always the same": 0.8,
}
FEW = make("discrete", {"values": [-0.3, 0.0, 0.2], "probabilities": [0.3, 0.3, 0.4]})


def within(samples, mean):
    """Column means within 4 standard errors of the closed form, and those within 1 % of it."""
    x, mean = np.asarray(samples, float), np.asarray(mean, float)
    error = x.std(axis=0, ddof=1) / np.sqrt(len(x))
    assert (np.abs(x.mean(axis=0) - mean) <= 4 * error + 1e-12).all(), (
        f"{x.mean(axis=0)} ± {error}, closed form {mean}"
    )
    assert (error <= 0.01 * np.abs(mean)).all()


@pytest.mark.parametrize("factor", FACTORS.values(), ids=FACTORS)
def test_jumps_have_the_moments_of_their_closed_form(factor):
    end = risk.jumps(3, "sku", N, 12, per_year=1.7, factor=factor, drift_per_year=-0.2, when="end")
    first, second = moments.jump_moments(1.7, factor, -0.2, (np.arange(12) + 1) / 12)
    within(end, first)
    within(end**2, second)
    mean = risk.jumps(
        3, "sku", N, 12, per_year=1.7, factor=factor, drift_per_year=-0.2, when="mean"
    )
    first, second = moments.jump_month_moments(1.7, factor, -0.2, np.arange(12))
    within(mean, first)
    within(mean**2, second)
    assert np.isclose(
        moments.jump_moments(2.0, FACTORS["a cut"], -0.2, 1.0),
        (0.5769498103804866, 0.3576024682886799),
        rtol=1e-12,
    ).all()


def test_a_price_without_jumps_drifts_only():
    assert np.allclose(
        risk.jumps(1, "x", 3, 2, per_year=0.0, factor=0.5, drift_per_year=-0.12, when="end"),
        np.exp([-0.01, -0.02]),
    )
    assert np.allclose(
        risk.jumps(1, "x", 3, 1, per_year=0.0, factor=0.5, drift_per_year=-0.12),
        -np.expm1(-0.01) / 0.01,
    )
    assert (risk.jumps(1, "x", 3, 2, per_year=0.0, factor=0.5) == 1).all()


@pytest.mark.parametrize(
    "interval, adopted",
    [
        (make("uniform", {"min": 4.0, "max": 8.0}), 1.0),
        (make("uniform", {"min": 4.0, "max": 8.0}), 0.6),
        (6.0, 0.5),
    ],
    ids=["every 4 to 8", "six of ten move", "every 6"],
)
def test_migrations_have_the_moments_of_their_renewals(interval, adopted):
    factor = make("lognormal", {"mu": 0.05, "sigma": 0.3})
    found = risk.migrations(3, "model", N, 24, interval, factor, adopted)
    assert (found[:, :3] == 1).all()
    for month in (6, 12, 24):
        first, second = moments.migration_moments(interval, factor, month, adopted)
        within(found[:, month - 1], first)
        within(found[:, month - 1] ** 2, second)
    assert np.isclose(moments.migration_counts(interval, 24.0).sum(), 1)


def test_counts_of_migrations_are_those_of_brute_force():
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(4, 8, (200_000, 7)), axis=1)
    seen = np.bincount((times <= 24).sum(axis=1), minlength=8) / 200_000
    told = moments.migration_counts(make("uniform", {"min": 4.0, "max": 8.0}), 24.0)
    assert np.abs(seen[: len(told)] - told).max() < 4 * np.sqrt(0.25 / 200_000)
    many = moments.migration_counts(
        make("uniform", {"min": 0.5, "max": 1.0}), 36.0
    )  # 48 of them: floats would cancel
    assert (
        many.min() >= 0
        and np.isclose(many.sum(), 1)
        and abs(many @ np.arange(len(many)) - (36 / 0.75 - 0.5 + 1 / 54)) < 0.01
    )


@pytest.mark.parametrize(
    "change", [make("normal", {"mean": -0.03, "sd": 0.15}), FEW], ids=["normal", "few"]
)
@pytest.mark.parametrize("moving", [None, True, False])
def test_spot_rests_and_moves_as_its_matrix_says(change, moving):
    model = spot_price.Spot(0.61, 0.24, change)
    found = spot_price.spot(3, "us-central1", N, 12, model, 0.4, moving) / 0.4
    first, second = moments.spot_moments(model, 12, moving)
    within(found, first)
    within(found**2, second)
    assert np.isclose(model.change_share, 0.24 / 0.63)


def test_a_bounded_spot_price_is_that_of_brute_force():
    """All sequences of three months, every one with its chance: mean and spread with bounds that bind."""
    model = spot_price.Spot(0.7, 0.4, FEW, 0.3, 0.45)
    exact = {}
    for steps in itertools.product((None, 0, 1, 2), repeat=3):
        chance, level, before = 1.0, np.log(0.4), False
        for step in steps:
            p = model.after_change if before else model.after_rest
            before = step is not None
            chance *= p * FEW.probabilities[step] if before else 1 - p
            if before:
                level = float(np.clip(level + FEW.values[step], np.log(0.3), np.log(0.45)))
        exact[round(level, 12)] = exact.get(round(level, 12), 0.0) + chance
    levels, chances = np.array(list(exact)), np.array(list(exact.values()))
    assert np.isclose(chances.sum(), 1)
    found = spot_price.spot(5, "r", N, 3, model, 0.4, moving=False)[:, -1]
    within(found, chances @ np.exp(levels))
    assert found.min() >= 0.3 - 1e-12 and found.max() <= 0.45 + 1e-12
    for level, chance in zip(levels, chances):
        assert (
            abs((np.abs(np.log(found) - level) < 1e-9).mean() - chance)
            < 4 * np.sqrt(chance * (1 - chance) / N) + 1e-9
        )


def test_what_was_measured_of_spot_prices_is_what_the_model_does():
    told = json.loads(CALIBRATION.read_text())
    pooled = told["models"]["pooled"]
    assert (
        pooled["pairs"] == 5807
        and abs(pooled["p_no_change"] - 0.64) < 0.005
        and abs(pooled["sd_of_change"] - 0.23) < 0.005
    )
    assert (
        len(told["passport"]["sha256_of_source"]) == 64
        and told["passport"]["licence"] == "Apache-2.0"
    )
    for kind, own in told["models"].items():
        model = spot_price.read_spot(CALIBRATION, kind)
        free = spot_price.Spot(
            model.after_change, model.after_rest, model.change, persistence=model.persistence
        )
        logs = np.log(spot_price.spot(7, kind, 20_000, 12, free, 1.0))
        assert abs((np.diff(logs, axis=1) == 0).mean() - own["p_no_change"]) < 0.04, kind
        assert abs(model.change.sd / own["sd_of_change"] - 1) < 0.1, kind
        for lag, seen in own["sd_of_log_change_over_months"].items():
            assert abs(logs[:, int(lag) - 1].std() / seen - 1) < 0.22, f"{kind} over {lag} months"


@pytest.mark.shared
def test_the_committed_constants_are_those_of_the_history(tmp_path, monkeypatch, capsys):
    history = ROOT.parent / "shared" / "data" / "gcp_gpu_price_history.parquet"
    if not history.is_file():
        pytest.skip("the shared price history is not there")
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "calibrate_spot", ROOT / "scripts" / "calibrate_spot.py"
    )
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "OUT", tmp_path / "risk" / "again.json")
    script.main(str(history))
    assert (tmp_path / "risk" / "again.json").read_text() == CALIBRATION.read_text()
    assert "pooled: 5807 pairs, no change in 0.64" in capsys.readouterr().out


def test_a_reverting_price_and_exchange_rates_have_their_closed_moments():
    found = risk.reverting(3, "o", N, 12, kappa=1.5, sigma=0.6, start=1.3, level=0.9)
    first, second = moments.reverting_moments(1.5, 0.6, (np.arange(12) + 1) / 12, 1.3, 0.9)
    within(found, first)
    within(found**2, second)
    for kappa in (0.0, 2.0):
        found = risk.fx(3, "EUR", N, 12, 0.1, 0.03, kappa)
        first, second = moments.fx_moments(0.1, 0.03, kappa, np.arange(12))
        within(found, first)
        within(found**2, second)
    assert (risk.fx(3, "EUR", 4, 3, 0.0) == 1).all()


@pytest.mark.parametrize("now", [False, True])
def test_scarcity_moves_availability_and_price_together(now):
    had_law, price_law = (
        make("beta", {"alpha": 4, "beta": 2}),
        make("lognormal", {"mu": 0.3, "sigma": 0.2}),
    )
    had, price = risk.scarcity(
        3,
        "h100",
        N,
        12,
        starts=0.1,
        ends=0.3,
        availability=had_law,
        price=price_law,
        scarce_now=now,
    )
    first, second = moments.scarcity_moments(0.1, 0.3, had_law, price_law, np.arange(1, 13), now)
    within(had, first)
    within(price, second)
    scarce = had < 1
    assert np.abs(
        scarce.mean(axis=0) - moments.scarcity_share(0.1, 0.3, np.arange(1, 13), now)
    ).max() < 4 * 0.5 / np.sqrt(N)
    assert (price[~scarce] == 1).all() and np.corrcoef(had[scarce], price[scarce])[
        0, 1
    ] < -0.9  # the scarcer, the dearer
    stays = scarce[:, 5] & scarce[:, 6] & scarce[:, 4]
    assert (had[stays, 5] == had[stays, 6]).mean() > 0.95  # a spell has one depth


def test_announced_changes_hold_from_their_day():
    found = risk.announced(
        [("2027-01-16", 0.5), ("2027-02-01", 3.0)], ["2026-12", "2027-01", "2027-02"]
    )
    assert np.allclose(found, [1.0, (15 + 16 * 0.5) / 31, 1.5])


PROCESSES = {
    "jumps": lambda n, m, name="a": risk.jumps(
        1, name, n, m, per_year=2.0, factor=BOTH, drift_per_year=-0.1
    ),
    "jumps at the end": lambda n, m, name="a": risk.jumps(
        1, name, n, m, per_year=2.0, factor=BOTH, drift_per_year=-0.1, when="end"
    ),
    "migrations": lambda n, m, name="a": risk.migrations(
        1, name, n, m, make("uniform", {"min": 4.0, "max": 8.0}), BOTH, 0.7
    ),
    "spot": lambda n, m, name="a": spot_price.spot(
        1, name, n, m, spot_price.read_spot(CALIBRATION), 0.34
    ),
    "reverting": lambda n, m, name="a": risk.reverting(1, name, n, m, kappa=1.0, sigma=0.5),
    "availability": lambda n, m, name="a": risk.scarcity(
        1,
        name,
        n,
        m,
        starts=0.2,
        ends=0.2,
        availability=make("beta", {"alpha": 4, "beta": 2}),
        price=BOTH,
    )[0],
    "scarce price": lambda n, m, name="a": risk.scarcity(
        1,
        name,
        n,
        m,
        starts=0.2,
        ends=0.2,
        availability=make("beta", {"alpha": 4, "beta": 2}),
        price=BOTH,
    )[1],
    "fx": lambda n, m, name="a": risk.fx(1, name, n, m, 0.1),
}


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
def test_a_longer_horizon_continues_fewer_paths_cut_and_a_name_is_a_stream(process):
    whole = process(700, 15)
    assert whole.shape == (700, 15) and np.array_equal(process(300, 6), whole[:300, :6])
    other = process(700, 15, "b")
    assert (
        not np.array_equal(other, whole)
        and abs(np.corrcoef(np.log(whole[:, -1]), np.log(other[:, -1]))[0, 1]) < 0.16
    )


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.0, 2.0), st.floats(0.3, 1.6))
def test_any_process_gives_positive_finite_factors(starts, ends, rate, factor):
    had, price = risk.scarcity(
        1, "x", 64, 6, starts=starts, ends=ends, availability=0.5, price=factor
    )
    assert ((had > 0) & (had <= 1)).all() and np.isfinite(price).all() and (price > 0).all()
    assert (risk.jumps(1, "x", 64, 6, per_year=rate, factor=factor) > 0).all()


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: risk.jumps(1, "x", 4, 4, per_year=-1, factor=0.8),
            "jumps: per_year is -1; it must be 0 or more.",
        ),
        (
            lambda: risk.jumps(
                1, "x", 4, 4, per_year=1, factor=make("normal", {"mean": 1.0, "sd": 0.1})
            ),
            "a price factor of -inf is possible; factors must be above 0 (0.8 is a cut of 20 %).",
        ),
        (
            lambda: risk.jumps(1, "x", 4, 4, per_year=1, factor=0.8, when="middle"),
            "when is 'middle'; it must be one of end, mean.",
        ),
        (
            lambda: risk.migrations(1, "x", 4, 4, make("uniform", {"min": 0.0, "max": 8.0}), 0.8),
            "migrations: an interval of 0 months is possible; it must "
            "be above 0 (4 to 8 months is usual).",
        ),
        (
            lambda: spot_price.spot(1, "x", 4, 4, spot_price.Spot(0.6, 0.2, FEW, 0.3, 0.5), 0.6),
            "spot: start is 0.6 of the on-demand price; the model holds from 0.3 to 0.5.",
        ),
        (
            lambda: spot_price.Spot(1.6, 0.2, FEW),
            "spot: after_change is 1.6; it must be from 0 to 1.",
        ),
        (
            lambda: spot_price.Spot(0.6, 0.2, FEW, 0.5, 0.3),
            "spot: low 0.5, high 0.3: shares of the on-demand price, low below high.",
        ),
        (
            lambda: risk.scarcity(1, "x", 4, 4, starts=0.1, ends=0.2, availability=1.5, price=2.0),
            "scarcity: availability from 1.5 to 1.5 is possible; it must be from 0 to 1.",
        ),
        (
            lambda: risk.fx(1, "x", 4, 4, -0.1),
            "fx: volatility -0.1, kappa 0: both must be 0 or more.",
        ),
        (
            lambda: risk.announced([("2027-01-01", 0.0)], ["2027-01"]),
            "announced change of 2027-01-01: factor is 0; it must be a finite number above 0.",
        ),
        (
            lambda: spot_price.read_spot(CALIBRATION, "a3-highgpu-8"),
            f"{CALIBRATION}: unknown spot model 'a3-highgpu-8'. Did you mean 'a3-highgpu-8g'? Known: "
            "pooled, a2-highgpu-1g, a2-ultragpu-1g, a3-highgpu-8g, g2-standard-4.",
        ),
        (
            lambda: moments.spot_moments(spot_price.Spot(0.6, 0.2, FEW, persistence=0.5), 3),
            "spot: changes that persist have no closed form; it holds for persistence 0.",
        ),
        (
            lambda: moments.migration_counts(make("normal", {"mean": 6.0, "sd": 1.0}), 12),
            "migrations: only a fixed or a uniform interval has a closed form.",
        ),
    ],
)
def test_nonsense_is_refused_in_one_sentence(call, message):
    with pytest.raises(ScenarioError) as problem:
        call()
    assert str(problem.value) == message


def test_knots_have_the_four_forms_of_a_distribution():
    steps = spot_price.Steps(
        ((0.0, 1.0), (0.25, 2.0), (0.5, 2.0), (1.0, 4.0))
    )  # a quarter of it lies at 2
    x = np.linspace(0.5, 4.5, 400_001)
    assert (
        abs(np.trapezoid(steps.density(x), x) - 0.75) < 1e-4
        and steps.density(0.9) == steps.density(4.1) == 0.0
    )
    assert float(steps.density(3.0)) == 0.25 and float(steps.density(1.5)) == 0.25
    u = (np.arange(200_000) + 0.5) / 200_000
    assert abs(steps.mean - steps.quantile(u).mean()) < 1e-4 and float(steps.cdf(3.0)) == 0.75


def test_a_partnered_distribution_is_the_same_distribution():
    of = make("pert", {"min": 1.0, "mode": 2.0, "max": 5.0})
    other = sobol.Partnered(of)
    assert (other.cdf(2.5), other.density(2.5), other.between(1, 2.0, 3.0)) == (
        of.cdf(2.5),
        of.density(2.5),
        of.between(1, 2.0, 3.0),
    )
