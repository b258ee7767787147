"""What people know of a series: events, drivers, holidays, caps, overrides (docs/method §2.9-§2.12)."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import ForecastError
from finops_model.forecasting.covariates.events import (
    Event,
    drawn,
    effect,
    ramp,
    read_events,
    undisturbed,
)
from finops_model.forecasting.covariates.series import Driver, Override, day_names, holiday_effects
from finops_model.forecasting.series import forecast

WEEK = np.array([1.2, 1.2, 1.1, 1.0, 1.0, 0.8, 0.7])


def series(days=300, start="2026-01-01", seed=1, level=50.0, noise=0.05):
    rng = np.random.default_rng(seed)
    return pd.Series(
        level * np.resize(WEEK, days) * np.exp(rng.normal(0, noise, days)),
        pd.date_range(start, periods=days),
    )


@settings(max_examples=15, deadline=None)
@given(factor=st.floats(0.2, 5), day=st.integers(1, 40))
def test_a_coming_price_change_multiplies_every_path_from_its_day_on(factor, day):
    y = series()
    plain = forecast(y, 40, paths=60)
    since = str(plain.dates[day - 1])
    told = forecast(
        y, 40, paths=60, events=[{"kind": "price_change", "since": since, "factor": factor}]
    )
    np.testing.assert_allclose(told.paths[:, day - 1 :], plain.paths[:, day - 1 :] * factor)
    np.testing.assert_array_equal(told.paths[:, : day - 1], plain.paths[:, : day - 1])


@settings(max_examples=10, deadline=None)
@given(factor=st.floats(0.3, 4), back=st.integers(5, 200))
def test_a_past_level_change_that_is_known_leaves_the_forecast_of_the_new_level(factor, back):
    """The history before the change is brought to the new level: the same as if it had always been there."""
    y = series()
    changed = y.copy()
    changed.iloc[:-back] /= factor
    told = forecast(
        changed,
        30,
        paths=60,
        events=[{"kind": "level_change", "since": str(y.index[-back].date()), "factor": factor}],
    )
    np.testing.assert_allclose(told.paths, forecast(y, 30, paths=60).paths, rtol=1e-9)


def test_untold_models_lag_behind_a_level_change_and_told_ones_do_not():
    y = series(noise=0.02)
    changed = y.copy()
    changed.iloc[-6:] *= 3
    truth = 3 * y.iloc[-28:].mean()
    untold = forecast(changed, 28, paths=200).paths.mean()
    told = forecast(
        changed,
        28,
        paths=200,
        events=[{"kind": "level_change", "since": str(y.index[-6].date()), "factor": 3.0}],
    ).paths.mean()
    assert abs(told / truth - 1) < 0.06 < abs(untold / truth - 1)


def test_a_past_campaign_does_not_lift_the_days_after_it():
    y = series(noise=0.02)
    campaign = y.copy()
    campaign.iloc[-14:] *= 4
    event = {
        "kind": "campaign",
        "since": str(y.index[-14].date()),
        "until": str((y.index[-1] + pd.Timedelta(days=1)).date()),
        "factor": 4,
    }
    np.testing.assert_allclose(
        forecast(campaign, 20, paths=50, events=[event]).paths,
        forecast(y, 20, paths=50).paths,
        rtol=1e-9,
    )


def test_a_launch_adds_along_an_s_curve_and_a_migration_takes_a_share():
    y = series()
    plain = forecast(y, 60, paths=40)
    launch = Event("launch", str(plain.dates[10]), amount=100.0, ramp_days=20)
    told = forecast(y, 60, paths=40, events=[launch])
    np.testing.assert_allclose(
        told.paths - plain.paths,
        np.broadcast_to(100 * ramp(launch, plain.dates), (40, 60)),
        atol=1e-9,
    )
    curve = ramp(launch, plain.dates)
    assert (
        (np.diff(curve) >= 0).all()
        and curve[9] == 0
        and curve[-1] == 1
        and curve[19] == pytest.approx(0.5)
    )
    moved = forecast(
        y, 60, paths=40, events=[{"kind": "migration", "since": str(plain.dates[0]), "share": 0.4}]
    )
    np.testing.assert_allclose(moved.paths, plain.paths * 0.6)


def test_a_shutdown_ends_in_nothing_and_one_in_the_past_stays_nothing():
    y = series()
    told = forecast(
        y, 30, paths=40, events=[{"kind": "shutdown", "since": "2026-11-01", "ramp_days": 4}]
    )
    at = int(np.flatnonzero(told.dates == np.datetime64("2026-11-01"))[0])
    assert (told.paths[:, at + 3 :] == 0).all() and (told.paths[:, :at] > 0).all()
    ended = y.copy()
    ended.iloc[-10:] = 0.0
    again = forecast(
        ended, 30, paths=40, events=[{"kind": "shutdown", "since": str(y.index[-10].date())}]
    )
    assert (again.paths == 0).all() and str(again.dates[0]) == str(
        (y.index[-1] + pd.Timedelta(days=1)).date()
    )


def test_an_uncertain_event_draws_once_per_path_and_keeps_its_draw_when_others_come():
    event = Event(
        "price_change", "2026-11-01", factor={"p10": 0.7, "p50": 0.9, "p90": 1.3}, name="list"
    )
    values = drawn(event, 4000, 3)
    assert values.shape == (4000, 1)
    np.testing.assert_allclose(np.quantile(values, [0.1, 0.5, 0.9]), [0.7, 0.9, 1.3], rtol=0.03)
    y = series()
    alone = (
        forecast(y, 30, paths=50, seed=3, events=[event]).paths
        / forecast(y, 30, paths=50, seed=3).paths
    )
    with_cap = (
        forecast(
            y, 30, paths=50, seed=3, events=[event, Event("launch", "2026-12-30", amount=1.0)]
        ).paths
        / forecast(y, 30, paths=50, seed=3).paths
    )
    np.testing.assert_allclose(alone[:, :20], with_cap[:, :20])
    stays = 1 - drawn(
        Event("migration", "2026-11-01", share={"p10": 0.2, "p50": 0.5, "p90": 0.7}), 4000, 1
    )
    np.testing.assert_allclose(np.quantile(stays, [0.1, 0.5, 0.9]), [0.3, 0.5, 0.8], rtol=0.03)
    assert (stays > 0).all()


def test_what_is_taken_out_and_put_back_is_the_same():
    days = np.arange("2026-01-01", "2026-05-01", dtype="datetime64[D]")
    events = read_events(
        [
            {"kind": "level_change", "since": "2026-02-01", "factor": 1.7, "ramp_days": 9},
            {"kind": "launch", "since": "2026-03-01", "amount": 5.0},
        ]
    )
    factor, added = effect(events, days, {events[0].label: 1.7, events[1].label: 5.0})
    plain = np.linspace(10, 20, len(days))
    np.testing.assert_allclose(undisturbed(plain * factor + added, days, events), plain)


def test_a_driver_carries_its_plan_into_usage():
    """Usage is two units per customer: customers doubling on a day doubles usage on that day, to the noise of the intensity."""
    days = pd.date_range("2026-01-01", periods=300)
    customers = pd.Series(np.linspace(100, 200, 300), days)
    usage = 2 * customers * np.resize(WEEK, 300)
    ahead = pd.Series(
        np.where(np.arange(40) < 20, 200.0, 400.0),
        pd.date_range(days[-1] + pd.Timedelta(days=1), periods=40),
    )
    told = forecast(usage, 40, paths=60, driver=pd.concat([customers, ahead]))
    np.testing.assert_allclose(told.median[20:34] / told.median[6:20], 2.0, rtol=1e-6)
    assert told.median[:7].sum() == pytest.approx(2 * 200 * WEEK.sum(), rel=0.02)
    rooted = forecast(
        usage, 40, paths=60, driver=Driver(pd.concat([customers, ahead]), elasticity=0.0)
    )
    np.testing.assert_allclose(rooted.paths, forecast(usage, 40, paths=60).paths)


def test_a_driver_without_a_plan_is_forecast_with_draws_of_its_own():
    days = pd.date_range("2026-01-01", periods=250)
    rng = np.random.default_rng(4)
    customers = pd.Series(100 * np.exp(np.cumsum(rng.normal(0, 0.02, 250))), days)
    usage = 2 * customers
    told = forecast(usage, 60, paths=800, driver=customers)
    alone = forecast(customers, 60, paths=800).paths
    assert np.quantile(told.paths.sum(axis=1), 0.9) / np.quantile(told.paths.sum(axis=1), 0.1) > 1.1
    assert abs(np.corrcoef(told.paths.sum(axis=1), alone.sum(axis=1))[0, 1]) < 0.2


def test_a_driver_in_ranges_moves_a_path_on_all_days_together():
    days = pd.date_range("2026-01-01", periods=760)
    ahead = pd.date_range(days[-1] + pd.Timedelta(days=1), periods=30)
    plan = pd.DataFrame({"ds": ahead, "p10": 80.0, "p50": 100.0, "p90": 130.0})
    told = forecast(
        pd.Series(10.0, days), 30, paths=4000, driver=Driver(pd.Series(100.0, days), plan=plan)
    )
    share = told.paths / 10
    np.testing.assert_allclose(share, share[:, :1] * np.ones(30), rtol=1e-9)
    np.testing.assert_allclose(
        np.quantile(share[:, 0], [0.1, 0.5, 0.9]), [0.8, 1.0, 1.3], rtol=0.03
    )


def test_holidays_are_learned_by_name_and_applied_to_the_next_one():
    days = pd.date_range("2024-01-01", "2026-12-15")
    y = pd.Series(100.0, days)
    names = day_names("US", days[0].date(), datetime.date(2026, 12, 31))
    y[[day for day in days if names.get(day.date()) == "Christmas Day"]] = 20.0
    y[[day for day in days if names.get(day.date()) == "Labor Day"]] = 150.0
    told = forecast(y, 14, paths=40, holidays="US")
    christmas = int(np.flatnonzero(told.dates == np.datetime64("2026-12-25"))[0])
    assert 20 < told.median[christmas] < 45 and told.median[christmas - 1] == pytest.approx(
        100, rel=0.03
    )
    effects = holiday_effects(y.to_numpy(), y.index.to_numpy("datetime64[D]"), names)
    assert effects["Labor Day"] > 1.2 and effects["Christmas Day"] < 0.45


def test_days_off_are_a_country_several_a_list_names_or_a_frame():
    first, last = datetime.date(2026, 1, 1), datetime.date(2026, 12, 31)
    us, germany = day_names("US", first, last), day_names("DE", first, last)
    both = day_names(["US", "DE"], first, last)
    assert (
        set(both) == set(us) | set(germany)
        and both[datetime.date(2026, 7, 4)] == us[datetime.date(2026, 7, 4)]
    )
    assert both[datetime.date(2026, 12, 25)] == "Christmas Day" and both[
        datetime.date(2026, 5, 25)
    ].startswith("Memorial Day, ")
    listed = day_names(
        ["2026-03-02", datetime.date(2026, 6, 1), pd.Timestamp("2026-09-07"), "US"], first, last
    )
    assert [
        listed[datetime.date(*day)] for day in ((2026, 3, 2), (2026, 6, 1), (2026, 12, 25))
    ] == ["day off", "day off", "Christmas Day"]
    named = {"2026-03-02": "release", pd.Timestamp("2026-06-01"): "release"}
    frame = pd.DataFrame({"ds": list(named), "holiday": "release"})
    assert (
        day_names(named, first, last)
        == day_names(frame, first, last)
        == {datetime.date(2026, 3, 2): "release", datetime.date(2026, 6, 1): "release"}
    )


def test_a_list_of_days_is_learned_as_one_kind_of_day():
    y = series(300, noise=0.01)
    off = ["2026-02-02", "2026-04-06", "2026-06-01", "2026-08-03", "2026-10-05"]
    y[pd.DatetimeIndex(off)] *= 0.3
    coming = str((y.index[-1] + pd.Timedelta(days=4)).date())
    told, plain = forecast(y, 14, paths=40, holidays=[*off, coming]), forecast(y, 14, paths=40)
    assert 0.3 < told.median[3] / plain.median[3] < 0.5
    np.testing.assert_allclose(np.delete(told.median / plain.median, 3), 1.0, atol=0.05)


def test_a_floor_holds_paths_up_after_everything_else():
    y = series()
    plain, held = forecast(y, 30, paths=200), forecast(y, 30, paths=200, floor=45.0)
    np.testing.assert_allclose(held.paths, np.maximum(plain.paths, 45.0))
    np.testing.assert_allclose(held.median, np.maximum(plain.median, 45.0))
    shut = forecast(
        y, 30, paths=50, floor=5.0, events=[{"kind": "shutdown", "since": "2026-11-01"}]
    )
    assert (shut.paths[:, 10:] == 5.0).all()


def test_a_cap_stops_paths_and_not_the_fit():
    y = series()
    capped = forecast(y, 30, paths=200, cap=55.0)
    np.testing.assert_allclose(capped.paths, np.minimum(forecast(y, 30, paths=200).paths, 55.0))
    quota = pd.Series(np.linspace(40, 60, 30), pd.DatetimeIndex(capped.dates))
    assert (forecast(y, 30, paths=200, cap=quota).paths <= quota.to_numpy() + 1e-12).all()


def test_an_override_stands_beside_the_models_number():
    y = series()
    told = forecast(
        y,
        60,
        paths=100,
        overrides=[Override("2026-11", 9000.0, by="Priya Raman", because="signed order")],
    )
    assert told.overrides[0].value == 9000.0
    np.testing.assert_array_equal(told.paths, forecast(y, 60, paths=100).paths)


BAD = [
    (
        dict(events=[{"kind": "lunch", "since": "2026-11-01"}]),
        "events: unknown kind of event 'lunch'. Did you mean 'launch'? Known: campaign, launch, level_change, migration, price_change, shutdown.",
    ),
    (
        dict(events=[{"kind": "launch", "since": "2026-11-01"}]),
        "event 'launch': a launch needs amount.",
    ),
    (dict(events=[{"kind": "launch", "amount": 3}]), "events: 'since' is missing; write it."),
    (
        dict(events=[{"kind": "price_change", "since": "1.11.2026", "factor": 2}]),
        "event 'price_change': since is '1.11.2026'; it must be a day YYYY-MM-DD.",
    ),
    (
        dict(events=[{"kind": "price_change", "since": "2026-11-01", "factor": -2}]),
        "event 'price_change': factor is -2; it must be a finite number, 0 or more, at most 1e+100.",
    ),
    (
        dict(events=[{"kind": "migration", "since": "2026-11-01", "share": 1.2}]),
        "event 'migration': share is 1.2; it must be a finite number, at most 1.",
    ),
    (
        dict(
            events=[{"kind": "campaign", "since": "2026-11-03", "until": "2026-11-01", "factor": 2}]
        ),
        "event 'campaign': until 2026-11-01 is not after since 2026-11-03; until is the first day after it.",
    ),
    (
        dict(events=[{"kind": "campaign", "since": "2026-11-03", "until": "2026-11-09"}]),
        "event 'campaign': a campaign has a factor or an amount per day; give one of them.",
    ),
    (
        dict(events=[{"kind": "shutdown", "since": "2026-11-03", "factor": 2}]),
        "event 'shutdown': factor does not belong to a shutdown; it takes ramp_days.",
    ),
    (
        dict(
            events=[
                {
                    "kind": "price_change",
                    "since": "2026-11-01",
                    "factor": {"p10": 3, "p50": 2, "p90": 4},
                }
            ]
        ),
        "event 'price_change 2026-11-01': p10 3, p50 2, p90 4 must rise. For a certain value write one number.",
    ),
    (
        dict(
            events=[
                {"kind": "shutdown", "since": "2026-11-03"},
                {"kind": "shutdown", "since": "2026-11-03"},
            ]
        ),
        "events: two are called 'shutdown 2026-11-03'; give each a name of its own, their draws are named after it.",
    ),
    (
        dict(events=[{"kind": "shutdown", "since": "2025-01-03"}]),
        "covariates: they leave fewer than two days of the history to learn from; take some of them out.",
    ),
    (dict(cap=-1), "cap: -1 must be a finite number, 0 or more, or a daily Series."),
    (dict(holidays="UX"), None),
    (dict(overrides=[{"month": "2031-01", "value": 1.0, "by": "a", "because": "b"}]), None),
    (
        dict(overrides=[{"month": "2026-11", "value": 1.0, "by": "", "because": "b"}]),
        "override of 2026-11: 'by' is missing; an override says who set it and why.",
    ),
    (dict(floor=-1), "floor: -1 must be a finite number, 0 or more, or a daily Series."),
    (dict(floor=60, cap=50), "floor: 60 is over the cap, 50, on 2026-10-28."),
    (dict(holidays=["2026-3-1"]), "holidays: '2026-3-1' is not a day; write it as 2026-12-24."),
    (
        dict(holidays={"2026-02-30": "x"}),
        "holidays: '2026-02-30' is not a day; write it as 2026-12-24.",
    ),
    (
        dict(holidays=pd.DataFrame({"day": []})),
        "holidays: a frame needs the columns ds and holiday; it has day.",
    ),
    (
        dict(driver=pd.Series(1.0, pd.date_range("2020-01-01", periods=30))),
        "driver: it covers 0 of the 300 days of the history; give it for at least half of them.",
    ),
]


@pytest.mark.parametrize("known, message", BAD)
def test_what_cannot_be_known_is_refused_in_one_sentence(known, message):
    with pytest.raises(ForecastError) as raised:
        forecast(series(), 30, paths=20, **known)
    if message is None:
        assert str(raised.value).startswith(
            ("holidays: unknown country 'UX'.", "override: unknown month '2031-01'.")
        )
    else:
        assert str(raised.value) == message
