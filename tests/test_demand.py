"""fit_demand: a median and a noise that shows the same month errors as the error paths (docs/method §2.5, §2.6)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from finops_model.errors import ForecastError
from finops_model.forecasting.history import History
from finops_model.forecasting.series import forecast
from finops_model.forecasting.widths import noise
from finops_model.forecasting.widths.demand import (
    Demand,
    fit_demand,
    level_increment_sd,
    simulate_days,
    simulate_month_totals,
)
from finops_model.forecasting.widths.noise import (
    EDGES,
    MONTH,
    level_spread,
    loadings,
    noise_variance,
    variance_at,
)

START = np.datetime64("2024-06-01")
WEEK = np.array([1.2, 1.2, 1.1, 1.0, 1.0, 0.8, 0.7])
MONTHS = list(zip(EDGES, EDGES[1:]))


def walk(days, seed, step=0.012, daily=0.06):
    rng = np.random.default_rng(seed)
    return (
        80
        * np.resize(WEEK, days)
        * np.exp(np.cumsum(rng.normal(0, step, days)) + rng.normal(0, daily, days))
    )


def dates(days):
    return START + np.arange(days)


def process(
    level_sd=(0.1, 0.15, 0.2),
    extra=0.02,
    phi=0.5,
    sigma=0.2,
    loading=0.6,
    days=150,
    workloads=1,
    median=10.0,
):
    ones = np.ones(workloads)
    return Demand(
        names=tuple(f"w{i}" for i in range(workloads)),
        dates=np.datetime64("2026-11-01") + np.arange(days),
        median=np.full((days, workloads), median),
        level_sd=np.outer(level_sd, ones),
        extra_variance=extra * ones,
        phi=phi * ones,
        sigma=sigma * ones,
        loading=loading * ones,
    )


def widths(days_by_path):
    totals = [days_by_path[:, first:last].sum(axis=1) for first, last in MONTHS]
    return np.array([np.log(np.quantile(t, 0.9) / np.quantile(t, 0.1)) for t in totals])


@pytest.mark.parametrize(
    "seed, step, daily", [(1, 0.012, 0.06), (2, 0.004, 0.15), (3, 0.02, 0.02), (4, 0.008, 0.3)]
)
def test_widths_of_demand_noise_and_error_paths_agree(seed, step, daily):
    y = walk(760, seed, step, daily)
    drawn = forecast(History(dates(760), y), 92, paths=8000, seed=77).paths
    demand = fit_demand(y[:, None], ["w"], dates(760), 92, seed=1)
    ((_, simulated),) = simulate_days(demand, 8000, seed=5)
    empirical, ours = widths(drawn), widths(simulated)
    grows = (
        empirical[0] < 0.9 * empirical[1]
    )  # a random walk cannot spread a first month as much as a second
    np.testing.assert_allclose(ours, np.maximum.accumulate(empirical), rtol=0.10 if grows else 0.13)
    for first, last in MONTHS:
        middles = [np.median(paths[:, first:last].sum(axis=1)) for paths in (simulated, drawn)]
        assert abs(np.log(middles[0] / middles[1])) < max(
            0.1 * empirical.max(), 0.015
        )  # or 1.5 % of the month, where the range is narrow


def test_ranges_of_month_totals_hold_the_truth_as_often_as_they_say():
    """120 simulated series, 360 windows: 80 % ± 3 standard errors (the full run is benchmarks/forecast_coverage.py)."""
    inside = np.zeros((120, 3))
    for number in range(120):
        y = walk(760 + 92, 1000 + number)
        demand = fit_demand(y[:760, None], ["w"], dates(760), 92, seed=number)
        ((_, paths),) = simulate_days(demand, 400, seed=number)
        for lead, (first, last) in enumerate(MONTHS):
            low, high = np.quantile(paths[:, first:last].sum(axis=1), (0.1, 0.9))
            inside[number, lead] = low <= y[760 + first : 760 + last].sum() <= high
    error = 0.4 / np.sqrt(120)  # windows of one series hang together: count series
    assert abs(inside.mean() - 0.8) < 3 * error


def test_the_level_has_the_variance_it_says_at_the_middle_of_every_lead_month():
    demand = process(sigma=0.0, days=120)
    after = np.cumsum(level_increment_sd(demand) ** 2, axis=0)[:, 0]
    middles = MONTH * (np.arange(3) + 0.5)
    np.testing.assert_allclose(
        np.interp(middles, np.arange(1, 121), after), np.array([0.1, 0.15, 0.2]) ** 2, rtol=6e-3
    )  # knots lie inside a day
    later = variance_at(np.array([middles[-1] + MONTH]), demand.level_sd, demand.extra_variance)
    np.testing.assert_allclose(later, 0.2**2 + 0.02)
    ((_, paths),) = simulate_days(demand, 4096, seed=3)
    log = np.log(paths[:, 75] / 10)
    assert log.std() == pytest.approx(np.sqrt(after[75]), rel=4 / np.sqrt(2 * 4096))
    assert np.median(paths[:, 75]) == pytest.approx(10.0, rel=0.02)


def test_increments_of_a_part_of_the_horizon_are_those_of_the_whole():
    demand = process(workloads=2)
    np.testing.assert_array_equal(
        level_increment_sd(demand, demand.dates[40:60]), level_increment_sd(demand)[40:60]
    )


def test_daily_noise_has_its_standard_deviation_its_correlation_and_mean_one():
    demand = process(level_sd=(0, 0, 0), extra=0.0, phi=0.6, sigma=0.3)
    ((_, paths),) = simulate_days(demand, 4096, seed=8)
    log = np.log(paths / 10)
    assert log.std() == pytest.approx(0.3, rel=0.02)
    assert np.corrcoef(log[:, 9], log[:, 10])[0, 1] == pytest.approx(0.6, abs=0.03)
    assert paths.mean() == pytest.approx(10.0, rel=0.01)


def test_two_workloads_correlate_by_the_product_of_their_loadings():
    demand = process(sigma=0.0, loading=0.8, workloads=2, days=92)
    logs = [np.log(paths[:, 60]) for _, paths in simulate_days(demand, 4096, seed=2)]
    assert np.corrcoef(*logs)[0, 1] == pytest.approx(0.64, abs=4 * (1 - 0.64**2) / 64)


def test_month_totals_are_sums_of_days_and_adding_a_workload_changes_no_other():
    one, two = process(days=100), process(days=100, workloads=2)
    months, totals = simulate_month_totals(one, 300, seed=4)
    assert months == ("2026-11", "2026-12", "2027-01", "2027-02")
    ((_, days),) = simulate_days(one, 300, seed=4)
    np.testing.assert_allclose(totals[:, 0, 0], days[:, :30].sum(axis=1))
    np.testing.assert_array_equal(simulate_month_totals(two, 300, seed=4)[1][:, :, :1], totals)
    np.testing.assert_allclose(
        simulate_month_totals(replace(one, median=one.median * 3), 300, 4)[1], 3 * totals
    )


def test_the_spread_of_months_is_met_exactly_where_it_can_be():
    target = np.array([0.10, 0.16, 0.22])
    sd, extra = level_spread(target, 0.4, 0.1)
    month = noise.MATRIX @ sd**2 + [
        noise_variance(0.4, 0.1, last - first) for first, last in MONTHS
    ]
    np.testing.assert_allclose(np.sqrt(month), target, rtol=1e-6)
    assert (np.diff(sd) >= 0).all() and extra == pytest.approx((sd[2] ** 2 - sd[0] ** 2) / 2)


def test_beyond_three_months_variance_grows_as_before_and_never_stops():
    flat, extra = level_spread(np.array([0.2, 0.2, 0.2]), 0.0, 0.0)
    assert (
        extra == pytest.approx(max((flat[2] ** 2 - flat[0] ** 2) / 2, flat[2] ** 2 / 7.5))
        and extra > 0
    )
    walk_sd = np.sqrt(0.04 * (np.arange(3) + 0.5))  # a random walk keeps its rate
    target = np.sqrt(noise.MATRIX @ walk_sd**2)
    found, extra = level_spread(target, 0.0, 0.0)
    np.testing.assert_allclose(found, walk_sd, rtol=1e-6)
    assert extra == pytest.approx(0.04)


@pytest.mark.parametrize(
    "target", [(0.3, 0.2, 0.1), (0.1, 0.1, 0.1), (0.0, 0.0, 0.0), (1e-9, 0.2, 0.3), (1.5, 1.5, 1.5)]
)
def test_level_spread_never_falls_with_the_lead_and_is_always_finite(target):
    sd, extra = level_spread(np.array(target), 0.3, 0.2)
    assert np.isfinite(sd).all() and (np.diff(sd) >= 0).all() and (sd >= 0).all() and extra >= 0


def test_variance_of_a_mean_of_independent_lognormal_days_is_the_closed_form():
    assert noise_variance(0.0, 0.5, 30) == pytest.approx(np.log1p(np.expm1(0.25) / 30))
    assert noise_variance(0.0, 0.0, 30) == 0


def test_common_errors_load_on_the_factor_and_own_errors_do_not():
    rng = np.random.default_rng(1)
    common = rng.normal(size=(8, 1))
    moving = np.hstack([common + 0.1 * rng.normal(size=(8, 4)), rng.normal(size=(8, 1))])
    found = loadings(moving, np.ones(5, bool))
    assert (found[:4] > 0.6).all() and found[4] < 0.45 and (found <= 0.95).all()
    unknown = loadings(np.full((8, 3), np.nan), np.array([True, True, False]))
    assert unknown.tolist() == [0.4, 0.4, 0.0]
    mirrored = loadings(np.hstack([common, -common]), np.ones(2, bool))
    assert (mirrored >= 0).all() and (mirrored < 0.4).all()


@pytest.fixture(scope="module")
def odd():
    """Workloads that are not steady: launched two days, three weeks ago, never, ended, campaigns, a constant."""
    days, rng = 500, np.random.default_rng(2)
    y = np.stack([walk(days, w) for w in range(7)], axis=1)
    y[:498, 0], y[:479, 1], y[:, 2], y[420:, 3] = 0, 0, 0, 0
    y[:, 4] = np.repeat(rng.random(100) < 0.35, 5) * rng.gamma(4, 30, days)
    y[:, 5] = 12.0
    names = ("two-days", "three-weeks", "never", "ended", "campaigns", "constant", "steady")
    return y, fit_demand(y, names, dates(days), 430, seed=1)


def test_workloads_that_are_not_steady_get_sane_numbers(odd):
    y, demand = odd
    by = {name: w for w, name in enumerate(demand.names)}
    for array in (
        demand.median,
        demand.level_sd,
        demand.extra_variance,
        demand.phi,
        demand.sigma,
        demand.loading,
    ):
        assert np.isfinite(array).all() and (array >= 0).all()
    for name in ("never", "ended"):
        assert (
            not demand.median[:, by[name]].any()
            and not demand.level_sd[:, by[name]].any()
            and demand.loading[by[name]] == 0
        )
    for name in ("two-days", "three-weeks"):
        level = y[-2:, by[name]].mean()
        assert 0.4 * level < demand.median[:30, by[name]].mean() < 2.5 * level
        assert demand.level_sd[0, by[name]] > 0.12 > demand.level_sd[
            0, by["steady"]
        ] and demand.loading[by[name]] == pytest.approx(0.4)
    np.testing.assert_allclose(demand.median[:, by["constant"]], 12.0)
    assert demand.level_sd[:, by["constant"]].max() < 1e-4 and demand.sigma[by["constant"]] < 1e-6
    assert (np.diff(demand.level_sd, axis=0) >= 0).all()
    assert (demand.loading <= 0.95).all() and (demand.phi < 1).all() and (demand.sigma <= 1).all()


def test_campaigns_forecast_their_mean_and_their_range_holds_past_months(odd):
    y, demand = odd
    w = demand.names.index("campaigns")
    recent = y[-182:, w].mean()
    assert demand.median[:91, w].mean() == pytest.approx(recent, rel=0.4)
    _, totals = simulate_month_totals(demand, 1000, seed=1)
    low, high = np.quantile(totals[:, 1, w], (0.1, 0.9))
    past = y[-480:, w].reshape(16, 30).sum(axis=1)
    assert ((past >= low) & (past <= high)).mean() >= 0.6 and high / low > 1.5


def test_a_year_ahead_stays_within_reason(odd):
    y, demand = odd
    _, totals = simulate_month_totals(demand, 500, seed=1)
    year = totals[:, 1:13].sum(axis=(1, 2))
    level = y[-28:].sum() / 28 * 365
    assert 0.4 * level < np.quantile(year, 0.1) < np.quantile(year, 0.9) < 3 * level


def test_same_input_same_demand_and_progress_is_told():
    y, said = np.stack([walk(200, 1), walk(200, 2)], axis=1), []
    a = fit_demand(
        y, ["a", "b"], dates(200), 30, seed=3, progress=lambda *words: said.append(words)
    )
    b = fit_demand(y, ["a", "b"], dates(200), 30, seed=3)
    for field in ("median", "level_sd", "extra_variance", "phi", "sigma", "loading"):
        np.testing.assert_array_equal(getattr(a, field), getattr(b, field))
    assert said == [("forecast a", 0, 2), ("forecast b", 1, 2), ("forecast", 2, 2)]


def test_costly_members_serve_only_the_workloads_named(monkeypatch):
    from finops_model.forecasting.methods import prophet

    seen, real = [], prophet.point
    monkeypatch.setattr(
        prophet, "point", lambda *given: seen.append(float(given[0][0])) or real(*given)
    )
    y = np.stack([walk(180, 1), walk(180, 2)], axis=1)
    fit_demand(y, ["big", "small"], dates(180), 30, methods="all", costly_for={"big"})
    assert set(seen) == {y[0, 0]}


@pytest.mark.parametrize(
    "change, message",
    [
        (
            dict(volume=np.ones((5, 3))),
            "demand: volume has shape (5, 3); 5 days and 2 workloads need (5, 2).",
        ),
        (
            dict(names=["chat", "chat"]),
            "demand: workload 'chat' appears twice. Add its columns up.",
        ),
        (
            dict(dates=START + np.array([0, 1, 2, 4, 5])),
            "demand: the days must follow one another without a gap, and there must be at least 2.",
        ),
        (
            dict(volume=np.array([[1, 1], [1, -2.0], [1, 1], [1, 1], [1, 1]])),
            "demand: search on 2024-06-02 is -2; volumes are finite and not negative.",
        ),
        (
            dict(volume=np.array([[1, 1], [1, 1], [np.nan, 1], [1, 1], [1, 1]])),
            "demand: chat on 2024-06-03 is nan; volumes are finite and not negative.",
        ),
    ],
)
def test_volumes_that_cannot_be_meant_are_refused_word_for_word(change, message):
    given = dict(volume=np.ones((5, 2)), names=["chat", "search"], dates=dates(5)) | change
    with pytest.raises(ForecastError) as refused:
        fit_demand(**given, horizon_days=10)
    assert str(refused.value) == message
