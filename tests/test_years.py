"""Four weeks as one number (docs/method §2.29): laws, an independent script, companies whose truth is known."""

import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import finops_model as fm
from finops_model.forecasting import ensemble, years
from finops_model.forecasting.history import History

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from companies import company

pytestmark = pytest.mark.filterwarnings("error")


def history(values):
    return pd.Series(values, pd.date_range("2024-01-01", periods=len(values)))


def grown(growth, days, noise=0.0, seed=0):
    truth = 100 * np.exp(growth / 30.4 * np.arange(days + 460))
    noisy = truth * np.exp(noise * np.random.default_rng(seed).standard_normal(days + 460))
    return noisy[:days], truth[days:]


@pytest.mark.parametrize("growth", [0.0, 0.02, 0.03, -0.02])
@pytest.mark.parametrize("days", [460, 600, 883])
def test_growth_without_noise_goes_on(days, growth):
    values, truth = grown(growth, days)
    point = fm.forecast(history(values), 460, paths=10).median
    assert np.abs(point[[29, 180, 366, 459]] / truth[[29, 180, 366, 459]] - 1).max() < 0.02


def test_growth_under_noise_goes_on():
    misses = []
    for seed in range(4):
        values, truth = grown(0.025, 883, 0.05, seed)
        point = fm.forecast(history(values), 460, paths=10).median
        misses.append(point[[366, 459]] / truth[[366, 459]] - 1)
    assert np.abs(np.mean(misses, axis=0)).max() < 0.03 and np.abs(misses).max() < 0.06


def slowly(totals, horizon, year):
    """§2.29 in plain loops, from its text: the point of `years.ahead`."""
    offset = 0.02 * sum(totals[-year:]) / len(totals[-year:])
    logs = [math.log(total + offset) for total in totals]
    rate = 12 / 13 if year == 13 else 1.0
    expected, apart = 0.0075 * rate, 0.0175 * rate

    def variance(numbers):
        mean = sum(numbers) / len(numbers)
        return sum((number - mean) ** 2 for number in numbers) / len(numbers)

    def in_runs(steps):
        mean = sum(steps) / len(steps)
        count = len(steps) - 3
        runs = [sum(step - mean for step in steps[i : i + 4]) ** 2 for i in range(count)]
        return sum(runs) / count / 4 * len(steps) / (len(steps) - min(4, len(steps) // 2))

    def median(numbers):
        ordered, half = sorted(numbers), len(numbers) // 2
        return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2

    def said(z):
        n, steps = len(z), [b - a for a, b in zip(z, z[1:])]
        changes = [z[i] - z[i - year] for i in range(year, n)]
        if n >= year + 3:
            window = changes[-2 * year :]
            growth, seen = sum(window) / len(window) / year, year + len(window) - 1
            moves = [b - a for a, b in zip(changes, changes[1:])]
            shocks = min(variance(steps), variance(moves) / 2)
            if n >= year + 6:
                shocks = min(shocks, in_runs(steps))
            if len(changes) >= year + 4:
                shocks = min(shocks, in_runs(moves) / 2)
        else:
            growth, seen, shocks = sum(steps) / len(steps), len(steps), variance(steps)
        g = expected + (growth - expected) * apart**2 / (apart**2 + shocks / seen + 1e-12)

        def level(x):
            kept = x[0]
            for value in x[1:]:
                kept = 0.3 * kept + 0.7 * value
            return kept + g * 0.3 / 0.7

        def goes_on(blocks):
            spans = blocks / (n - 1)
            whole = spans if spans <= 1 else 1 + 2 * (1 - math.exp(-(spans - 1) / 2))
            return (n - 1) * whole

        shape = [0.0] * year
        if n >= year + year // 2:
            flat = [z[i] - g * i for i in range(n)]
            means = [sum(flat[i : i + year]) / year for i in range(n - year + 1)]
            gaps = []
            for i in range(n):
                around = means[min(max(i - year // 2, 0), len(means) - 1)]
                gaps.append(min(max(flat[i] - around, -1.5), 1.5))
            now, then = gaps[year:], gaps[:-year]
            size = math.sqrt(sum(a * a for a in now) * sum(a * a for a in then))
            alike = sum(a * b for a, b in zip(now, then)) / size if size else 0.0
            if alike > 0:
                by = [[gaps[i] for i in range(n) if (i - n) % year == k] for k in range(year)]
                means = [sum(one) / len(one) for one in by]
                trust = n / year * alike / (1 + (n / year - 1) * alike) * min(1.0, n / year - 1)
                shape = [(mean - sum(means) / year) * trust for mean in means]
        plain = [z[i] - shape[(i - n) % year] for i in range(n)]
        lack = [0.0] * year
        if len(changes) >= 5:
            usual = changes[-2 * year : -2]
            centre = median(usual)
            limit = 3 * 1.4826 * median([abs(change - centre) for change in usual])
            far = [math.copysign(max(abs(c - centre) - limit, 0), c - centre) for c in changes]
            sign = (far[-1] > 0) - (far[-1] < 0)
            run = 0
            while run < len(far) and (far[-1 - run] > 0) - (far[-1 - run] < 0) == sign:
                run += 1
            if sign and run < year:
                lack = [far[-1]] * (year - run) + [0.0] * run
        out = [
            [level(z) + g * goes_on(h + 1) for h in range(horizon)],
            [level(plain) + g * goes_on(h + 1) + shape[h % year] for h in range(horizon)],
        ]
        if n >= year + 3:
            out.append([z[n - year + h % year] + lack[h % year] for h in range(horizon)])
            out.append([v + g * goes_on((h // year + 1) * year) for h, v in enumerate(out[2])])
        return out

    now = said(logs)
    weights = []
    for h in range(horizon):
        squares = [[] for _ in now]
        for end in range(max(4, len(logs) - 3 * year), len(logs) - h):
            then = said(logs[:end])
            if len(then) == len(now):
                for k, line in enumerate(then):
                    squares[k].append((logs[end + h] - line[h]) ** 2)
        if not squares[0]:
            weights.append(weights[-1])
            continue
        typical = sum(map(sum, squares)) / len(now) / len(squares[0])
        miss = [(sum(one) + typical) / (len(one) + 1) + 1e-9 for one in squares]
        whole = sum(one**-2 for one in miss)
        weights.append([one**-2 / whole for one in miss])
    most = 2.5 * math.exp(max(logs))
    return [
        min(math.exp(sum(w * line[h] for w, line in zip(weights[h], now))), most) - offset
        for h in range(horizon)
    ]


@pytest.mark.parametrize(("blocks", "year"), [(11, 13), (24, 13), (41, 13), (30, 12)])
def test_a_script_of_its_own_says_the_same(blocks, year):
    draw = np.random.default_rng(blocks)
    wave = 1 + 0.3 * np.sin(np.arange(blocks) * 2 * np.pi / year)
    totals = 50 * wave * np.exp(np.cumsum(draw.normal(0.01, 0.05, blocks)))
    totals[-2:] *= 1.8  # a level that moved
    ours = years.ahead(totals, 13, year).point
    np.testing.assert_allclose(ours, slowly(totals.tolist(), 13, year), rtol=1e-9)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 99), times=st.sampled_from([1e-6, 0.37, 4096.0]))
def test_another_unit_zeros_before_and_a_longer_horizon_move_nothing(seed, times):
    draw = np.random.default_rng(seed)
    values = np.exp(np.cumsum(draw.normal(0, 0.03, 500))) * 10
    base = fm.forecast(history(values), 120, paths=50)
    other = fm.forecast(history(values * times), 120, paths=50)
    np.testing.assert_allclose(other.paths, base.paths * times, rtol=1e-6)
    later = fm.forecast(history(values), 400, paths=50)
    np.testing.assert_array_equal(later.median[:120], base.median)
    np.testing.assert_allclose(later.paths[:, :120], base.paths, rtol=1e-9)
    launched = History(
        np.datetime64("2023-01-01") + np.arange(560), np.append(np.zeros(60), values)
    )
    known = History(launched.days[60:], values)
    np.testing.assert_array_equal(ensemble.fit(launched, 120).point, ensemble.fit(known, 120).point)


def test_a_step_is_in_the_whole_year_ahead_after_five_weeks():
    values = np.where(np.arange(835) % 7 >= 5, 70.0, 100.0)
    values[800:] *= 1.3
    point = fm.forecast(history(values), 365, paths=10).median
    expected = np.where(np.arange(835, 1200) % 7 >= 5, 70.0, 100.0)
    for first in (0, 60, 170, 335):
        month = slice(first, first + 30)
        assert point[month].sum() / expected[month].sum() - 1 > 0.24


def test_no_month_lies_far_above_anything_seen():
    """A bicycle counter: winters are almost empty, and a half-empty month a year ago says nothing of the next."""
    day = np.arange(18 * 30)
    values = np.maximum(1000 * np.sin(2 * np.pi * (day - 90) / 365), 0.0) + 0.5
    values[-40:] = np.linspace(1, 400, 40)
    forecast = fm.forecast(history(values), 365, paths=300)
    months = {m: np.median(total) for m, total in forecast.month_totals().items()}
    seen = max(values[i : i + 31].sum() for i in range(len(values) - 31))
    assert max(months.values()) < 3 * seen


def test_a_flat_series_has_a_narrow_year():
    values = 100 * np.exp(np.random.default_rng(5).normal(0, 0.05, 1100))
    total = fm.forecast(history(values), 365, paths=1000).paths[:, 335:].sum(axis=1)
    low, high = np.quantile(total, (0.1, 0.9))
    assert (high - low) / np.median(total) < 0.12


def test_the_spread_grows_with_the_lead_and_with_what_was_missed():
    draw = np.random.default_rng(1)
    for scale in (0.01, 0.1):
        errors = scale * draw.normal(size=(20, 13))
        spread = years.spread_of(errors, 30, 15)
        assert (np.diff(spread) > 0).all()
        np.testing.assert_allclose(years.spread_of(2 * errors, 30, 15), 2 * spread, rtol=1e-6)
    walk = np.cumsum(0.05 * draw.normal(size=(400, 13)), axis=1)
    flat = 0.05 * draw.normal(size=(400, 13))
    ratio = [years.spread_of(one, 400, 13) for one in (walk, flat)]
    assert ratio[0][12] / ratio[0][0] == pytest.approx(
        math.sqrt(13 * (1 + 2.5 * 13 / 400)), rel=0.15
    )
    assert ratio[1][12] / ratio[1][0] < 1.3


def test_companies_whose_growth_is_known_are_forecast_without_bias_and_calmly():
    misses, held, revisions = [], [], []
    for seed in range(24):
        one = company(seed, (24, 40), events=0.0)
        cost, points = one.cost.sum(axis=0), []
        for back in (0, 28, 56):
            end = one.cutoff - back
            forecast = fm.forecast(pd.Series(cost[:end], one.days[:end]), 364, paths=200)
            blocks = forecast.paths[:, :364].reshape(200, 13, 28).sum(axis=2)
            points.append(np.log(np.median(blocks, axis=0)))
            if not back:
                actual = cost[end : end + 364].reshape(13, 28).sum(axis=1)
                low, high = np.quantile(blocks, (0.1, 0.9), axis=0)
                misses.append(points[0] - np.log(actual))
                held.append((actual >= low) & (actual <= high))
        revisions.append((points[0][:11] - points[1][1:12], points[1][:11] - points[2][1:12]))
    newer, older = np.concatenate(revisions, axis=1)
    alike = (newer[:-1] * older[1:]).mean() / np.sqrt((newer**2).mean() * (older**2).mean())
    assert abs(np.mean(misses)) < 0.05  # of 24 companies; benchmarks/companies.py has a thousand
    assert 0.65 < np.mean(held) < 0.95
    assert -0.35 < alike < 0.45 and newer.std() < 0.09
