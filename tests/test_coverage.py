"""80 % ranges hold 80 % of simulated truths: kernel and error paths, five processes, three lead months (docs/method §3.40).

The processes and the ways to make paths are those of benchmarks/forecast_coverage.py: 800 series, each drawn for itself, so every lead
month is graded on 800 independent windows, all three on 2,400 that are worth over 1,000 independent ones. Seeds were set before the first run.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from finops_model.forecasting.widths.demand import Demand, fit_demand
from scripts import script

PER_PROCESS, PATHS, LOW, HIGH = 160, 1024, 0.76, 0.86
cov = script("benchmarks/forecast_coverage.py")  # one definition of the processes for both


def part(demand: Demand, chosen) -> Demand:
    """The same demand of some workloads."""
    cut = {
        name: getattr(demand, name)[..., chosen]
        for name in ("median", "level_sd", "extra_variance", "phi", "sigma", "loading")
    }
    return dataclasses.replace(demand, names=tuple(demand.names[i] for i in chosen), **cut)


@pytest.fixture(scope="module")
def world():
    """History and truth of all series, their demand, fitted once."""
    y, names = cov.worlds(PER_PROCESS)
    return (
        y,
        cov.month_totals(y[cov.DAYS :].T).T,
        fit_demand(y[: cov.DAYS], names, cov.DATES, cov.AHEAD, seed=1),
    )


@pytest.fixture(scope="module")
def totals(world):
    """Month totals (path, lead, series) of the kernel."""
    return cov.by_kernel(world[2], PATHS, 3)


@pytest.fixture(scope="module")
def kernel(world, totals):
    return cov.inside(totals, world[1])


@pytest.fixture(scope="module")
def forecast(world):
    y, truth, _ = world
    return cov.inside(cov.by_error_paths(y, PATHS), truth)


def shares_hold(hits: np.ndarray, who: str) -> None:
    """hits (lead, series): pooled from 76 to 86 %; each lead and each process too, with three of their standard errors beside it."""
    told = f"{who}: {hits.mean():.3f} of {hits.size} windows inside, by lead {hits.mean(axis=1).round(3).tolist()}"
    print(told)
    assert hits.size >= 1000 and cov.effective(hits) > 1000
    assert LOW <= hits.mean() <= HIGH, told
    error = 0.4 / np.sqrt(hits.shape[1])
    assert (abs(hits.mean(axis=1) - 0.8) < 3 * error).all(), told
    by_process = hits.reshape(3, len(cov.PROCESSES), -1).mean(
        axis=(0, 2)
    )  # leads of a series hang together: count series
    assert (abs(by_process - 0.8) < 3 * 0.4 / np.sqrt(PER_PROCESS)).all(), (
        f"{who}: {dict(zip(cov.PROCESSES, by_process.round(3)))}"
    )


def test_ranges_of_the_kernel_hold_four_truths_of_five(kernel):
    shares_hold(kernel, "kernel")


def test_ranges_of_error_paths_hold_four_truths_of_five(forecast):
    shares_hold(forecast, "error paths")


def test_kernel_and_error_paths_hold_the_same_windows(kernel, forecast):
    assert (kernel == forecast).mean() > 0.9
    assert abs(kernel.mean() - forecast.mean()) < 0.03


def test_misses_lie_on_both_sides(world, totals):
    """A tenth of the truths below P10, a tenth above P90: the ranges are in the right place, not only of the right width."""
    truth = world[1]
    low, high = np.quantile(totals, (0.1, 0.9), axis=0)
    below, above = (truth < low).mean(axis=1), (truth > high).mean(axis=1)
    error = 0.3 / np.sqrt(truth.shape[1])
    assert (abs(below - 0.1) < 4 * error).all() and (abs(above - 0.1) < 4 * error).all(), (
        below,
        above,
    )


SOME = np.concatenate([np.arange(p, p + 40) for p in range(0, 5 * PER_PROCESS, PER_PROCESS)])


@pytest.mark.parametrize("broken", ["days apart", "no level", "half the level"])
def test_noise_that_forgets_how_days_hang_together_fails_the_same_test(world, broken):
    """What day-by-day noise with the whole spread of past day errors holds: a third of the first months, a fifth of the third."""
    y, truth, demand = world
    some, y, truth = part(demand, SOME), y[:, SOME], truth[:, SOME]
    wrong = {
        "days apart": lambda: cov.independent_days(some, y),
        "no level": lambda: dataclasses.replace(
            some, level_sd=0 * some.level_sd, extra_variance=0 * some.extra_variance
        ),
        "half the level": lambda: dataclasses.replace(some, level_sd=some.level_sd / 2),
    }[broken]()
    hits = cov.inside(cov.by_kernel(wrong, PATHS, 3), truth)
    most = {"days apart": 0.4, "no level": 0.25, "half the level": 0.65}[broken]
    assert hits.mean() < most and hits.mean(axis=1)[2] < most
    with pytest.raises(AssertionError):
        assert LOW <= hits.mean() <= HIGH


def test_widths_of_the_kernel_are_those_of_the_error_paths(world):
    """Within 3 % in the middle of the series at every lead, and series by series (12 %) wherever a level can have such widths.

    A level that starts from what is known spreads a first month less than a second; where past misses of the first month were as wide,
    the kernel meets them by being too wide later: at most a fifth beyond the widest month before, never too narrow.
    """
    y, _, demand = world
    chosen = np.concatenate([np.arange(p, p + 20) for p in range(0, 5 * PER_PROCESS, PER_PROCESS)])
    ours = cov.widths(cov.by_kernel(part(demand, chosen), 8192, 3))
    past = cov.widths(cov.by_error_paths(y[:, chosen], 8192))
    widest = np.maximum.accumulate(past, axis=0)
    ratio = ours / widest
    assert (abs(np.median(ours / past, axis=1) - 1) < 0.03).all() and (
        abs(ratio - 1) < 0.10
    ).mean() > 0.85
    assert ratio.min() > 0.85 and ratio.max() < 1.25
    rises = past[0] < 0.8 * past[1]
    assert rises.sum() >= 30
    np.testing.assert_allclose(ours[:2, rises], past[:2, rises], rtol=0.12)
    np.testing.assert_allclose(ours[:, rises], widest[:, rises], rtol=0.12)


def test_the_kernel_draws_the_process_of_the_reference(world):
    """The same widths and medians as demand.simulate_days, by another generator: within four standard errors, series by series."""
    _, _, demand = world
    some = part(demand, SOME[::8])
    a, b = cov.by_kernel(some, 8192, 3), cov.by_reference(some, 8192, 4)
    spread = np.log(a).std(axis=0)
    assert (
        abs(np.log(a).mean(axis=0) - np.log(b).mean(axis=0)) < 4.5 * spread * np.sqrt(2 / 8192)
    ).all()
    np.testing.assert_allclose(np.log(b).std(axis=0), spread, rtol=4.5 / np.sqrt(8192))
