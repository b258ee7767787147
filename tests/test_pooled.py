"""Widths of short histories: the table, how own and pooled spread meet, coverage of series the table has never seen (docs/method §2.15)."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import scripts
from finops_model.forecasting.history import History
from finops_model.forecasting.series import forecast
from finops_model.forecasting.widths import error_paths, pooled

START = np.datetime64("2025-01-01")
WEEK = np.array([1.1, 1.15, 1.1, 1.1, 1.0, 0.8, 0.75])


@pytest.fixture(scope="module")
def script():
    """The script that makes the table."""
    return scripts.script("benchmarks/pooled_widths.py")


def series(kind: str, number: int, days: int = 300) -> np.ndarray:
    """One made-up series of a class."""
    rng = np.random.default_rng(zlib.crc32(f"{kind}/{number}".encode()))
    if kind == "walk":
        logs = np.cumsum(rng.uniform(0.01, 0.03) * rng.standard_normal(days))
    elif kind == "calm":
        logs = np.cumsum(0.004 * rng.standard_normal(days))
    else:  # wanders around a level
        logs, keep = np.zeros(days), 0.97
        for day in range(1, days):
            logs[day] = keep * logs[day - 1] + 0.04 * rng.standard_normal()
    return 100 * np.exp(logs + 0.06 * rng.standard_normal(days)) * np.resize(WEEK, days)


@pytest.fixture(scope="module")
def seen(script):
    """Series of three classes, and how far each was missed."""
    made = {
        f"{kind}{i}": (START + np.arange(300), series(kind, i))
        for kind in ("walk", "calm", "reverting")
        for i in range(10)
    }
    return made, script.misses(made, "D")


def test_a_table_holds_series_it_has_never_seen(script, seen):
    made, found = seen
    rows = script.check(made, found, known=45, ahead=30, paths=200)
    ours, naive = (rows[rows["who"] == who] for who in ("ours", "naive"))
    assert len(ours) >= 100 and 0.70 <= ours["inside"].mean() <= 0.92
    assert ours["score"].mean() < naive["score"].mean()


def test_leaving_a_series_out_leaves_it_out(script, seen):
    made, found = seen
    one = found["name"] == "walk0"
    shifted = found.copy()
    for column in (*script.LEADS["D"], "noise", "total"):
        shifted[column] = found[column] * np.where(one, 50.0, 1.0)
    assert (
        script.table(shifted[~one], "D")
        == script.table(found[~one], "D")
        != script.table(shifted, "D")
    )


def test_the_stored_table_is_written_by_the_script_and_is_sane(script):
    raw = pooled.TABLE.read_text()
    assert script.text(json.loads(raw)) == raw
    for step in ("D", "h"):
        known = pooled.widths(step)
        ahead = np.arange(1, 400)
        for days in known.histories:
            wide = known.level_sd(known.change, float(days), ahead)
            assert (np.diff(wide) >= 0).all() and wide[0] > 0 and wide[-1] > wide[len(wide) // 8]
        assert known.noise > 0 and 0 < known.power <= 1.2
        assert (
            known.level_sd(2 * known.change, 45.0, ahead)[10]
            > known.level_sd(known.change, 45.0, ahead)[10]
        )


def test_files_of_a_folder_become_series_and_others_are_passed_over(script, tmp_path):
    frame = pd.DataFrame(
        {"unique_id": "a", "ds": pd.date_range("2026-01-01", periods=30), "y": np.arange(30.0)}
    )
    frame.to_csv(tmp_path / "days.csv", index=False)
    frame.assign(ds=pd.date_range("2026-01-01", periods=30, freq="h")).to_parquet(
        tmp_path / "hours.parquet"
    )
    (tmp_path / "notes.csv").write_text("x\n1\n")
    found = script.load(tmp_path)
    assert (
        list(found["D"]) == ["a"] == list(found["h"])
        and (found["D"]["a"][1] == np.arange(30.0)).all()
    )


@given(st.floats(0.01, 1.0), st.floats(0.01, 1.0), st.floats(0.1, 20.0))
def test_own_and_pooled_meet_between_the_two(own, prior, windows):
    by_own, by_pooled = pooled.drawn_together(np.array([own]), np.array([prior]), windows)
    met = own * by_own
    assert min(own, prior) * 0.999 / 10 <= met <= max(own, prior) * 10.01
    if max(own / prior, prior / own) < 10:
        assert met == pytest.approx(prior * by_pooled)
        assert np.log(met / prior) == pytest.approx(
            windows / (windows + pooled.WORTH) * np.log(own / prior), abs=1e-9
        )


@pytest.mark.parametrize("freedom", [3.0, 4.0, 7.0, 10.0, 40.0])
def test_the_heavier_tail_is_that_of_student(freedom):
    assert error_paths.student(freedom) == pytest.approx(
        stats.t.ppf(0.9, freedom) / stats.norm.ppf(0.9), rel=0.003
    )


def test_change_over_a_week_does_not_see_the_week():
    weekly = np.resize(WEEK, 182) * 100
    assert pooled.season_change(weekly, 0.0, 7, 0.2) == pytest.approx(0.0, abs=1e-12)
    doubled = weekly * 2.0 ** (np.arange(182) // 7)
    assert pooled.season_change(doubled, 0.0, 7, 0.2) == pytest.approx(np.log(2))
    assert (
        pooled.season_change(weekly[:7], 0.0, 7, 0.2) == 0.2
    )  # nothing to compare with: a typical series


def test_three_years_ahead_the_range_is_wider_and_the_days_before_keep_theirs():
    short = series("walk", 99, 45)
    history = History(START + np.arange(45), short)
    month, long = (forecast(history, days, paths=1000, seed=3) for days in (30, 1095))
    np.testing.assert_array_equal(month.paths, long.paths[:, :30])
    quarters = [
        np.log(np.quantile(part, 0.9) / np.quantile(part, 0.1))
        for part in (long.paths[:, a : a + 90].sum(axis=1) for a in range(0, 1080, 180))
    ]
    assert (np.diff(quarters) > 0).all()
