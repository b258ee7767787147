"""Newest days that are probably unfinished: told, not learned from, forecast; a fall that lasts is a fact (docs/method §2.24)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from headline_world import brief_of, days, row, workspace
from scenario_world import rows
from scenario_world import settings as world_settings
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.errors import ForecastError
from finops_model.forecasting import settling
from finops_model.forecasting.backtest import backtest
from finops_model.forecasting.hierarchy import forecast_tree
from finops_model.forecasting.series import forecast
from finops_model.forecasting.settling import Late, left_out, unfinished
from finops_model.measure.anomalies.watch import watch
from finops_model.scenario.ledger_base import read_facts
from finops_model.simulate.scenarios import run_many

CASE = (
    Path(__file__).parent / "fixtures" / "settling"
)  # 100 a day for five months, 33 on the last one; truth of August: 3,100
WEEK = np.array([1.2, 1.2, 1.1, 1.0, 1.0, 0.45, 0.35])
MONDAY = np.datetime64("2025-12-01")


def series(values, start="2026-03-01"):
    return pd.Series(np.asarray(values, float), pd.date_range(start, periods=len(values)))


def steady(days=150, seed=1, spread=0.02, level=100.0, shape=None):
    noise = np.exp(np.random.default_rng(seed).normal(0, spread, days))
    return level * noise * (np.ones(days) if shape is None else np.resize(shape, days))


def quantiles(made, month):
    return np.quantile(made.month_totals()[month], (0.1, 0.5, 0.9))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The field case as a workspace."""
    (tmp_path / "finops.yaml").write_text('company: T\nbills: ["focus.csv"]\npaths: 500\n')
    for name in ("daily.csv", "focus.csv"):
        (tmp_path / name).write_bytes((CASE / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words):
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.output


# the case


def test_a_day_that_is_a_third_written_does_not_pull_the_range_off_the_truth():
    """P50 of August was 2,992 and P90 3,061 for 3,100."""
    y = pd.read_csv(CASE / "daily.csv", index_col=0, parse_dates=True)["cost"]
    made = forecast(y, 31)
    low, mid, high = quantiles(made, "2026-08")
    assert mid == pytest.approx(3100, rel=0.01) and low < 3100 < high
    assert made.left_out == (Late("2026-07-31", 33.0, pytest.approx(100, rel=0.02)),)
    assert (
        len(made.dates) == 31
        and str(made.dates[0]) == "2026-08-01"
        and made.paths.shape == (1000, 31)
    )
    assert quantiles(forecast(y, 31, settling_days=0), "2026-08")[1] == pytest.approx(
        2992, rel=0.005
    )
    np.testing.assert_array_equal(made.paths, forecast(y[:-1], 32).paths[:, 1:])


def test_two_late_days_under_a_weekly_shape():
    y = steady(150, shape=WEEK)
    truth = 100 * np.resize(WEEK, 181)[150:].sum()
    y[-2:] *= (0.6, 0.2)
    made = forecast(series(y), 31)
    low, mid, high = np.quantile(made.paths.sum(axis=1), (0.1, 0.5, 0.9))
    assert len(made.left_out) == 2 and mid == pytest.approx(truth, rel=0.015) and low < truth < high


@pytest.mark.parametrize("days", [1, 2])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.33, 0.6])
def test_late_days_are_found_however_little_was_written(share, days):
    y = steady(150, shape=WEEK)
    y[-days:] *= share
    assert unfinished(y, MONDAY) == days


@pytest.mark.parametrize("days", [3, 4, 10])
def test_a_fall_that_outlasts_the_window_is_a_fact(days):
    y = steady(150)
    y[-days:] *= 0.3
    assert unfinished(y) == 0 and forecast(series(y), 30).left_out == ()
    assert np.median(forecast(series(y), 30).paths.sum(axis=1)) < 2900


def test_the_window_is_as_long_as_it_is_said():
    y = steady(150)
    y[-4:] *= 0.3
    assert (
        unfinished(y, days=2) == 0
        and unfinished(y, days=4) == 4
        and unfinished(y, days=0) == 0
        and unfinished(y, days=10) == 4
    )


def test_a_low_day_with_a_whole_one_after_it_has_happened():
    y = steady(150)
    y[-2] *= 0.3
    assert unfinished(y) == 0


NORMAL = {
    "weekend lows": lambda n: steady(n, shape=WEEK),
    "closed weekends": lambda n: steady(n, shape=[1, 1, 1, 1, 1, 0, 0]),
    "on and off": lambda n: np.where(np.random.default_rng(2).random(n) < 0.5, 0.0, steady(n)),
    "zeros now and then": lambda n: np.where(
        np.random.default_rng(3).random(n) < 0.1, 0.0, steady(n)
    ),
    "sparse training": lambda n: np.where(np.arange(n) % 13 < 3, steady(n), 0.0),
    "growing": lambda n: steady(n) * 1.02 ** np.arange(n),
    "falling": lambda n: steady(n) * 0.98 ** np.arange(n),
    "noisy": lambda n: steady(n, spread=0.4),
    "walk": lambda n: 100 * np.exp(np.cumsum(np.random.default_rng(4).normal(0, 0.08, n))),
    "flat": lambda n: np.full(n, 7.0),
    "nothing": lambda n: np.zeros(n),
}


@pytest.mark.parametrize("name", NORMAL)
def test_normal_days_are_seldom_left_out(name):
    """Every day from the 20th on as the newest one: under 1.5 % of them."""
    y = NORMAL[name](230)
    found = [unfinished(y[:end], MONDAY) > 0 for end in range(20, 231)]
    assert np.mean(found) < 0.015, np.flatnonzero(found)


@pytest.mark.parametrize("name", ["weekend lows", "closed weekends", "growing", "falling", "flat"])
@pytest.mark.parametrize("days", range(5, 40))
def test_short_histories_do_not_take_weekends_for_late_days(name, days):
    assert unfinished(NORMAL[name](days), MONDAY) == 0


@pytest.mark.parametrize("end", range(7, 14))
def test_a_history_of_a_week(end):
    """Whichever weekday it ends on: the newest day a third written is left out, the same day whole is not."""
    y = steady(14, spread=0.01)[end - 7 : end]
    first = MONDAY + (end - 7)
    assert unfinished(y, first) == 0
    y[-1] = 33
    assert unfinished(y, first) == 1
    made = forecast(series(y, str(first)), 10)
    assert len(made.left_out) == 1 and np.median(made.paths.sum(axis=1)) == pytest.approx(
        1000, rel=0.05
    )


def test_too_few_days_are_not_judged():
    for y in ([100.0, 30.0], [100.0, 100.0, 30.0], [1.0], [0.0, 0.0, 5.0]):
        assert unfinished(np.array(y), MONDAY) == 0


def test_last_hours_that_are_still_written():
    """Hours: the newest ones of a history whose day has a shape; a fall over two days is a fact."""
    shape = 1 + 0.5 * np.sin(np.arange(24) / 24 * 2 * np.pi)
    y = steady(24 * 20, shape=shape)
    late = y.copy()
    late[-5:] *= 0.2
    assert unfinished(y, season=24) == 0 and unfinished(late, season=24) == 5
    hours = pd.date_range("2026-03-01", periods=len(y), freq="h")
    made, whole = (forecast(pd.Series(each, hours), 24, paths=300, freq="h") for each in (late, y))
    assert (
        len(made.left_out) == 5
        and made.left_out[0].day == "2026-03-20T19"
        and len(made.dates) == 24
    )
    assert np.median(made.paths.sum(axis=1)) == pytest.approx(
        np.median(whole.paths.sum(axis=1)), rel=0.03
    )
    y[-60:] *= 0.2
    assert unfinished(y, season=24) == 0


# what a forecast says of it


def test_the_month_under_way_counts_the_forecast_of_a_late_day():
    """15 days booked, the last a third: the month lands at 3,000, not at 2,933."""
    y = steady(107)  # 1 March to 15 June
    y[-1] = 33
    made = forecast(series(y), 15)
    booked = y[-15:].sum()
    assert np.median(made.month_totals(booked)["2026-06"]) == pytest.approx(3000, rel=0.01)
    assert (made.missing >= 0).all() and made.missing.shape == (1000, 1)
    assert np.median(made.month_totals()["2026-06"]) == pytest.approx(1500, rel=0.01)


def test_what_people_know_explains_a_fall():
    """A price that was cut on the last day is no late day; without the event it would be."""
    y = steady(150)
    y[-1] *= 0.5
    event = {"kind": "price_change", "since": "2026-07-28", "factor": 0.5}
    assert len(forecast(series(y), 30).left_out) == 1
    made = forecast(series(y), 30, events=[event])
    assert made.left_out == () and np.median(made.paths.sum(axis=1)) == pytest.approx(
        1500, rel=0.03
    )
    late = steady(150)
    late[-1] *= 0.3
    made = forecast(
        series(late), 30, events=[{"kind": "price_change", "since": "2026-08-01", "factor": 0.5}]
    )
    assert len(made.left_out) == 1 and np.median(made.paths[:, 4:].sum(axis=1)) == pytest.approx(
        26 * 50, rel=0.03
    )


def test_until_and_as_of_look_at_no_later_day_and_days_that_others_followed_are_whole():
    y = steady(150)
    y[-1] = 33
    np.testing.assert_array_equal(
        forecast(series(y), 5, until="2026-07-27").paths, forecast(series(y)[:-1], 5).paths
    )
    fall = steady(150)
    fall[100] = 33
    assert (
        forecast(series(fall), 5, as_of="2026-06-09").left_out == ()
    )  # 49 days followed: it was so
    with pytest.raises(
        ForecastError, match="^forecast: as_of and until are one thing; give one of them.$"
    ):
        forecast(series(y), 5, as_of="2026-06-01", until="2026-06-01")
    with pytest.raises(
        ForecastError,
        match="^settling_days: 40 must be a whole number of days from 0 to 31; 0 counts every day as it stands.$",
    ):
        forecast(series(y), 5, settling_days=40)


def test_replays_take_days_as_they_came():
    y = steady(400)
    y[np.arange(30, 400, 31)] *= 0.4  # low days about month ends
    made = backtest(series(y, "2025-01-01"), cutoffs=3, paths=50, horizons=())
    assert len(made.windows)


def test_many_series_of_which_one_is_late():
    y, z = steady(150), steady(150, seed=2)
    y[-1] = 20
    tree = forecast_tree({"a": series(y), "b": series(z)}, 31, paths=200)
    assert len(tree.left_out["a"]) == 1 and tree.left_out["b"] == ()
    assert np.median(tree.shared["Total"].sum(axis=1)) == pytest.approx(6200, rel=0.01)


def test_sentences():
    late = (
        Late("2026-07-30", 60.0, 100.0, "A"),
        Late("2026-07-31", 33.0, 100.0, "A"),
        Late("2026-07-31", 5.0, 10.0, "B"),
    )
    assert settling.say(late) == [
        "2026-07-30 and 2026-07-31 look unfinished at A: 60 where about 100 is usual and 33 where about 100 is usual. They are left out of what the "
        "forecast learns and forecast themselves.",
        "2026-07-31 looks unfinished at B: 5 where about 10 is usual. It is left out of what the forecast learns and forecast itself.",
    ]
    assert (
        settling.settled("2026-07-31", late) == "2026-07-29"
        and settling.settled("2026-07-31", ()) == "2026-07-31"
    )
    days = np.arange(np.datetime64("2026-03-01"), np.datetime64("2026-07-29"))
    assert left_out(days, steady(150)) == ()


# a ledger


def bill(last="2026-07-31", **late):
    """Two issuers, 100 and 50 a day; late: issuer -> factors of its newest days."""
    days = pd.date_range("2026-03-01", last)
    parts = []
    for number, (issuer, level) in enumerate((("Anvil", 100.0), ("Bolt", 50.0))):
        cost = steady(len(days), seed=number, level=level)
        factors = late.get(issuer, ())
        cost[len(cost) - len(factors) :] *= factors
        parts.append(
            rows(
                days,
                InvoiceIssuerName=issuer,
                ServiceName=issuer,
                x_Workload=issuer.lower(),
                x_Team="t",
                x_BusinessUnit="All",
                EffectiveCost=cost,
            )
        )
    return pd.concat(parts, ignore_index=True)


def test_one_issuer_of_two_is_late(tmp_path):
    chosen = world_settings(tmp_path)
    facts = read_facts(bill(Bolt=[0.3]), chosen)
    assert facts.as_of == "2026-07-30" and [(one.source, one.day) for one in facts.unfinished] == [
        ("Bolt", "2026-07-31")
    ]
    made = run_many([None], chosen, daily=bill(Bolt=[0.3]), months=2, dials=False)[0]
    assert made.months == ("2026-07", "2026-08") and made.unfinished[0]["source"] == "Bolt"
    assert made.quantile(0.5, months=["2026-08"]) == pytest.approx(4650, rel=0.01)
    assert made.quantile(0.5, months=["2026-07"]) == pytest.approx(4650, rel=0.01)
    assert (
        made.quantile(0.5, months=["2026-07"])
        > bill(Bolt=[0.3]).query("ChargeDate >= '2026-07-01'")["EffectiveCost"].sum()
    )


@pytest.mark.parametrize(
    "late, as_of",
    [
        ({}, "2026-07-31"),
        ({"Anvil": [0.2, 0.1]}, "2026-07-29"),
        ({"Anvil": [0.1], "Bolt": [0.6, 0.5]}, "2026-07-29"),
        ({"Anvil": [0.3, 0.3, 0.3]}, "2026-07-31"),
        ({"Bolt": [0.0, 0.0]}, "2026-07-29"),
    ],
)
def test_the_forecast_begins_behind_the_last_day_that_is_whole_everywhere(tmp_path, late, as_of):
    assert read_facts(bill(**late), world_settings(tmp_path)).as_of == as_of


def test_what_counts_every_day(tmp_path):
    chosen = world_settings(tmp_path)
    daily = bill(Bolt=[0.3])
    assert read_facts(daily, chosen.model_copy(update={"settling_days": 0})).as_of == "2026-07-31"
    assert read_facts(daily, chosen, replay=True).as_of == "2026-07-31"
    older = bill("2026-08-20")
    low = (older["InvoiceIssuerName"] == "Bolt") & (older["ChargeDate"] == "2026-07-31")
    older.loc[low, "EffectiveCost"] *= 0.3
    assert (
        read_facts(older, chosen, "2026-07-31").as_of == "2026-07-31"
    )  # twenty days have followed it
    older.attrs = {"complete": "2026-08-20"}
    assert (
        read_facts(older[older["ChargeDate"] <= "2026-07-31"], chosen, "2026-07-31").as_of
        == "2026-07-31"
    )


def test_watch_names_the_fall_and_does_not_judge_it():
    found = watch(bill(Anvil=[0.33]), "2026-07-31")
    assert not found.alerts and [one.source for one in found.unfinished] == ["Anvil"]
    assert (
        found.notes[0].startswith(
            "2026-07-31 at Anvil is not judged yet: $32.44 where about $97.88 is usual"
        )
        and "probably unfinished" in found.notes[0]
    )
    assert watch(bill(Anvil=[0.33]), "2026-07-31", settling_days=0).unfinished == ()
    assert watch(bill(), "2026-07-31").unfinished == ()
    lasting = watch(bill(Anvil=[0.2] * 6), "2026-07-31")
    assert lasting.unfinished == () and [one.subject for one in lasting.alerts][:1] == ["anvil"]


# the commands


def test_finops_forecast_of_the_case(place):
    said = run("forecast", "--csv", "daily.csv", "--days", "31")
    assert (
        "2026-07-31 looks unfinished: 33 where about 99.92 is usual. It is left out of what the forecast learns and forecast itself. Where it is whole: "
        "--settling-days 0."
    ) in said
    found = json.loads(run("forecast", "--csv", "daily.csv", "--days", "31", "--json"))
    (row,) = found["rows"]
    assert (
        row["p50"] == pytest.approx(3100, rel=0.01)
        and row["p10"] < 3100 < row["p90"]
        and found["unfinished"][0]["day"] == "2026-07-31"
    )
    counted = json.loads(
        run("forecast", "--csv", "daily.csv", "--days", "31", "--settling-days", "0", "--json")
    )
    assert counted["rows"][0]["p50"] < 0.98 * row["p50"] and counted["unfinished"] == []
    until = json.loads(
        run("forecast", "--csv", "daily.csv", "--days", "32", "--until", "2026-07-30", "--json")
    )
    assert until["rows"][-1]["p50"] == row["p50"]


def test_finops_forecast_of_the_ledger_counts_the_forecast_of_the_day(place):
    found = json.loads(run("forecast", "--months", "2", "--json"))
    assert found["as_of"] == "2026-07-30" and found["unfinished"][0]["source"] == "Cloudy"
    months = {row["month"]: row for row in found["months"]}
    assert months["2026-07"]["p50"] == pytest.approx(3013.42 + 100, rel=0.005)
    assert (
        months["2026-08"]["p50"] == pytest.approx(3100, rel=0.01)
        and months["2026-08"]["p10"] < 3100 < months["2026-08"]["p90"]
    )
    assert (
        json.loads(run("forecast", "--months", "2", "--until", "2026-07-30", "--json"))["rows"]
        == found["rows"]
    )
    assert "Where it is whole: settling_days: 0 in finops.yaml." in run("forecast", "--months", "1")
    refused = CliRunner().invoke(app, ["forecast", "--until", "2027-01-01"])
    assert (
        str(refused.exception)
        == "--as-of 2027-01-01: the ledger has complete data from 2026-03-01 to 2026-07-31. Choose a day in between."
    )


def test_finops_watch_of_the_case(place):
    said = run("watch")
    assert "Nothing unusual from 2026-07-18 to 2026-07-30; 2026-07-31 is not judged yet." in said
    assert (
        "2026-07-31 at Cloudy is not judged yet: $33.00 where about $99.92 is usual, probably unfinished."
        in said
    )


def test_the_month_of_a_late_day_is_not_called_complete(place):
    from finops_model.measure.brief import brief
    from finops_model.publish import close
    from finops_model.settings import load_settings

    made = brief(close.prepare(load_settings("finops.yaml"), "2026-07"))
    assert made["status"] == "flash"
    assert (
        made["status_reason"]
        == "2026-07-31 looks unfinished (Cloudy has $33.00 where about $99.92 is usual) and is forecast"
    )
    assert made["actual"]["month"] == pytest.approx(3046.42) and made["actual"][
        "partial_months"
    ] == ["2026-07"]  # the facts keep the day
    assert (
        made["forecast"]["months"][0]["month"] == "2026-07"
        and made["forecast"]["months"][0]["p50"] > made["actual"]["month"]
    )


def test_finops_run_says_it_too(place):
    (place / "s.yaml").write_text(
        "name: Double\nquestion: What if?\nchanges:\n  - {op: scale, path: workloads/*/demand/level, value: 2.0, because: a test}\n"
    )
    said = run("run", "s.yaml", "--paths", "100")
    assert "2026-07-31 looks unfinished at Cloudy: $33.00 where about $99.92 is usual." in said
    assert "unfinished" not in run("run", "s.yaml", "--paths", "100", "--until", "2026-07-30")


@pytest.mark.parametrize("refund, landing", [({"ServiceName": "Other"}, 30_520), ({}, 30_120)])
def test_a_refund_on_the_newest_day_stays_booked(tmp_path, refund, landing):
    """The day is judged by what was used: leaving it out took the refund out of the month and of the year."""
    amount = -80 if refund else -480
    made = brief_of(
        workspace(
            tmp_path,
            days("2026-03-01", "2026-08-31"),
            [row("2026-08-31", "2026-09-01", amount, **refund)],
        )
    )
    assert (
        made["landing"]["p50"] == pytest.approx(landing, abs=1)
        and "unfinished" not in made["status_reason"]
        and made["landing"]["booked"] == 18_400 + amount
    )


WILD = (2.0, 5.0, 10.0, 100.0)


def kinds_of_days(seed: int, days: int):
    """Histories (day,) of several kinds."""
    rng = np.random.default_rng(seed)
    at, week = np.arange(days), np.array([1, 1.04, 0.97, 1.01, 0.99, 0.6, 0.55])
    noise = np.exp(rng.normal(0, 0.08, days))
    yield "level", 100 * np.exp(rng.normal(0, 0.2, days))
    yield "weekly", 100 * week[at % 7] * noise
    yield "growing", 100 * week[at % 7] * 1.02 ** (at / 30) * noise
    yield "walk", 100 * np.exp(np.cumsum(rng.normal(0, 0.02, days))) * noise
    yield "bursts", 100 * noise * np.where(rng.random(days) < 0.04, 4.0, 1.0)


def total_of(values) -> tuple[float, int]:
    made = forecast(
        pd.Series(values, pd.date_range("2025-01-06", periods=len(values))), 30, paths=200
    )
    return float(np.median(made.paths.sum(axis=1))), len(made.left_out)


@pytest.mark.parametrize("days", [120, 397])
@pytest.mark.parametrize("seed", [0, 1])
def test_one_wild_newest_day_moves_a_month_by_less_than_its_own_share(seed, days):
    """Seen before: 100 times the newest day gave 25 times the month."""
    for kind_, values in kinds_of_days(seed, days):
        whole, _ = total_of(values)
        moved = []
        for factor in (0.0, 0.5, *WILD):
            other, late = total_of(np.append(values[:-1], factor * values[-1]))
            most = 1.5 if late else 1.0  # a day that is left out altogether moves the cutoffs too
            moved.append(abs(other / whole - 1) / (values[-1] / whole) / most)
        assert max(moved) < 1, (kind_, moved)


def test_a_wild_newest_day_that_stays_is_believed():
    """Three days later the level is taken up; in the test of the settling window a fall likewise."""
    values = np.append(np.full(200, 100.0), [200.0] * 3)
    assert total_of(values[:-2])[0] < 3100 < 3300 < total_of(values)[0]


def test_a_newest_day_is_held_only_where_nobody_says_that_it_is_whole():
    days = pd.date_range("2026-01-01", periods=120)
    wild = pd.Series(np.append(np.full(119, 10.0), 1000.0), days)
    held_, whole = (forecast(wild, 30, paths=50, settling_days=n).median.sum() for n in (2, 0))
    assert held_ == pytest.approx(300) and whole > 600
    told = forecast(
        wild, 30, paths=50, events=[{"kind": "price_change", "since": "2026-01-20", "factor": 1.0}]
    )
    assert told.median.sum() == pytest.approx(300)
    jump = {"kind": "level_change", "since": str(days[-1].date()), "factor": 100.0}
    assert forecast(wild, 30, paths=50, events=[jump]).median.sum() == pytest.approx(30_000)


@pytest.mark.parametrize(
    "values",
    [[0.0] * 40 + [5.0], [5.0, 0, 0, 0] * 20 + [50.0], [1.0, 2.0, 9.0], [3.0] * 60 + [0.0] * 40],
)
def test_what_is_no_steady_use_is_not_held(values):
    values = np.array(values)
    np.testing.assert_array_equal(settling.held(values), values)
