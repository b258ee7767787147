"""Prophet tamed, with the real one: silent, seeded, at least 0, and told what is known (docs/method §2.18)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from finops_model.errors import ForecastError
from finops_model.forecasting.covariates.for_methods import MethodCovariates
from finops_model.forecasting.methods import prophet, shelf
from finops_model.forecasting.series import forecast

START = np.datetime64("2025-01-01")
WEEK = np.array([1.2, 1.2, 1.1, 1.0, 1.0, 0.8, 0.7])


def days(count):
    return START + np.arange(count)


def series(count=300, seed=1, noise=0.02):
    rng = np.random.default_rng(seed)
    return pd.Series(
        50 * np.resize(WEEK, count) * np.exp(rng.normal(0, noise, count)),
        pd.DatetimeIndex(days(count)),
    )


@pytest.fixture
def spy(monkeypatch):
    """What real Prophet is built with and fitted on."""
    import prophet as package

    seen = []

    class Spy(package.Prophet):
        def __init__(self, **how):
            self.seen = {"how": how}
            seen.append(self.seen)
            super().__init__(**how)

        def fit(self, frame, **how):
            self.seen |= {
                "frame": frame.copy(),
                "fit": how,
                "regressors": {k: v["mode"] for k, v in self.extra_regressors.items()},
            }
            return super().fit(frame, **how)

    monkeypatch.setattr(package, "Prophet", Spy)
    return seen


def test_all_members_with_everything_known_say_nothing_where_warnings_are_errors():
    code = (
        "import numpy as np, pandas as pd, finops_model as fm\n"
        "y = pd.Series(50 + np.arange(200) % 7, pd.date_range('2026-01-01', periods=200))\n"
        "d = pd.Series(100. + np.arange(230) % 5, pd.date_range('2026-01-01', periods=230))\n"
        "before = np.random.get_state()[1].tolist()\n"
        "made = fm.forecast(y, 30, paths=100, methods='all', holidays='US', driver=d, cap=60.0, floor=10.0, prophet={'n_changepoints': 5})\n"
        "assert 'prophet' in made.weights and before == np.random.get_state()[1].tolist()\n"
        "print(made.paths.shape, made.paths.max() <= 60, made.paths.min() >= 10)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert (done.stdout, done.stderr, done.returncode) == ("(100, 30) True True\n", "", 0)


def test_the_same_seed_gives_the_same_paths_and_global_draws_are_left_alone():
    state = np.random.get_state()[1].copy()
    one, two = (
        forecast(series(), 20, paths=50, seed=3, methods=["prophet", "theta"], holidays="DE")
        for _ in range(2)
    )
    np.testing.assert_array_equal(one.paths, two.paths)
    assert (np.random.get_state()[1] == state).all()


def test_a_draw_inside_prophet_does_not_move_global_draws(monkeypatch):
    import prophet as package

    real = package.Prophet.predict
    monkeypatch.setattr(
        package.Prophet,
        "predict",
        lambda self, frame: (np.random.seed(1), np.random.rand(), real(self, frame))[-1],
    )
    np.random.seed(99)
    state = np.random.get_state()[1].copy()
    prophet.point(series().to_numpy(), days(300), 5)
    assert (np.random.get_state()[1] == state).all()


def test_its_samples_are_never_drawn(spy):
    """Ranges come from past misses (§2.3): Prophet is built without uncertainty, on the history and on every cutoff, and seeded."""
    made = forecast(series(), 30, paths=200, methods=["prophet"])
    assert spy and all(
        one["how"]["uncertainty_samples"] == 0 and one["fit"]["seed"] == prophet.SEED for one in spy
    )
    assert made.errors.shape[1] > 0 and made.weights == {"prophet": 1.0}


def test_days_off_are_learned_by_name_and_unseen_names_are_left_out(spy):
    y, off = series(), {}
    for name, day in (
        ("spring", "2025-03-03"),
        ("spring", "2025-06-02"),
        ("spring", "2025-09-01"),
        ("spring", "2025-11-03"),
        ("autumn", "2025-11-10"),
    ):
        off[np.datetime64(day).astype(object)] = name
    for day in ("2025-03-03", "2025-06-02", "2025-09-01"):
        y[day] = 20.0
    ahead = days(330)[300:]
    plain, told = (
        prophet.point(y.to_numpy(), days(300), 30),
        prophet.point(y.to_numpy(), days(300), 30, off=off),
    )
    at = int(np.flatnonzero(ahead == np.datetime64("2025-11-03"))[0])
    assert told[at] == pytest.approx(20.0, rel=0.2) and plain[at] > 35
    assert np.abs(np.delete(told - plain, at)).max() < 2
    assert (
        set(spy[-1]["how"]["holidays"]["holiday"]) == {"spring"}
        and spy[-1]["how"]["holidays_mode"] == "multiplicative"
    )
    prophet.point(
        y.to_numpy(), days(300), 5, off={np.datetime64("2031-01-01").astype(object): "new"}
    )
    assert spy[-1]["how"]["holidays"] is None


def test_a_cap_is_the_ceiling_of_a_logistic_trend_and_a_floor_its_ground(spy):
    rng = np.random.default_rng(2)
    rising = 100 / (1 + np.exp(-(np.arange(400) - 300) / 60)) * np.exp(rng.normal(0, 0.01, 400))
    straight = prophet.point(rising, days(400), 200)
    capped = prophet.point(rising, days(400), 200, cap=np.full(600, 100.0))
    assert straight[-1] > 115 and capped[-1] < 104
    assert spy[-1]["how"]["growth"] == "logistic" and (spy[-1]["frame"]["floor"] == 0).all()
    falling = 40 + 60 / (1 + np.exp((np.arange(400) - 300) / 60)) * np.exp(rng.normal(0, 0.01, 400))
    held = prophet.point(falling, days(400), 300, cap=np.full(700, 110.0), floor=np.full(700, 40.0))
    assert prophet.point(falling, days(400), 300)[-1] < 30 and held[-1] > 36


def test_changepoints_and_how_easily_the_trend_bends(spy):
    y = np.where(
        np.arange(300) < 200, 100.0, 100 + (np.arange(300) - 200) * 1.0
    ) + np.random.default_rng(1).normal(0, 1, 300)
    bent = prophet.point(
        y, days(300), 30, changepoints=(str(days(300)[200]),), changepoint_prior_scale=0.5
    )
    stiff = prophet.point(y, days(300), 30, changepoint_prior_scale=1e-4)
    assert bent[-1] == pytest.approx(230, rel=0.03) and stiff[-1] < 210
    assert spy[0]["how"]["changepoints"].astype("datetime64[D]").tolist() == [
        days(300)[200].astype(object)
    ]
    prophet.point(
        y[:150], days(150), 5, changepoints=(str(days(300)[200]),)
    )  # a cutoff before the change does not know it
    assert len(spy[-1]["how"]["changepoints"]) == 0


def test_forecasts_hand_everything_known_to_prophet(spy):
    """Days off stand in its history, the driver is a regressor of what the told elasticity leaves, cap and floor are of that too."""
    y = series()
    customers = pd.Series(100 + 10.0 * (np.arange(330) % 11), pd.DatetimeIndex(days(330)))
    y = y * customers[:300].to_numpy() / 100
    forecast(
        y,
        30,
        paths=20,
        methods="all",
        driver=customers,
        cap=200.0,
        floor=5.0,
        holidays=["2025-04-01", "2025-08-01"],
        prophet={"changepoint_prior_scale": 0.01},
        settling_days=0,  # the newest day as it stands (§2.27)
    )
    last = spy[-1]
    assert (
        len(spy) == 4
        and [len(one["frame"]) for one in spy][-1] == 300
        and all(len(one["frame"]) < 300 for one in spy[:-1])
    )
    assert (
        last["regressors"] == {"driver": "multiplicative"}
        and last["how"]["changepoint_prior_scale"] == 0.01
    )
    np.testing.assert_allclose(last["frame"]["driver"], customers[:300] / customers[:300].mean())
    ahead = customers[300:][customers[300:] >= 0.5 * customers.mean()]
    np.testing.assert_allclose(last["frame"]["cap"], 200.0 / ahead.min())
    np.testing.assert_allclose(last["frame"]["floor"], 5.0 / ahead.max())
    assert last["how"]["holidays"]["holiday"].tolist() == ["day off"] * 2
    np.testing.assert_allclose(last["frame"]["y"], y.to_numpy() / customers[:300].to_numpy())


def test_a_cap_far_above_leaves_the_trend_straight(spy):
    forecast(series(200), 10, paths=20, methods=["prophet"], cap=50_000.0)
    assert all("growth" not in one["how"] for one in spy)


def test_a_driver_that_rose_with_the_trend_keeps_its_effect():
    """Customers rose in a straight line and double next month: use doubles, and no trend of Prophet's takes half of that away."""
    customers = pd.Series(
        np.r_[np.linspace(100, 200, 300), np.full(20, 400.0)], pd.DatetimeIndex(days(320))
    )
    use = 2 * customers[:300] * np.exp(np.random.default_rng(1).normal(0, 0.02, 300))
    told = forecast(use, 20, paths=50, methods=["prophet"], driver=customers)
    np.testing.assert_allclose(told.median, 800, rtol=0.03)


def test_under_a_cap_a_driver_that_doubles_doubles_and_an_event_halves():
    """The trend saturates under one number: under a cap ÷ driver of each day, twice the customers would have been half the use of each."""
    use = series(noise=0.01)
    plan = pd.Series(np.r_[np.full(300, 100.0), np.full(40, 200.0)], pd.DatetimeIndex(days(340)))
    plan[:300:11] = 104.0
    cut = {"kind": "level_change", "since": str(days(340)[320]), "factor": 0.5}
    plain = forecast(use, 40, paths=20, methods="prophet").median
    told = forecast(
        use, 40, paths=20, methods="prophet", driver=plan, cap=250.0, events=[cut]
    ).median
    times = np.r_[np.full(20, 2.0), np.full(20, 1.0)]
    np.testing.assert_allclose(told / plain, times, rtol=0.1)


def test_prophet_mends_a_told_elasticity_that_is_off_within_what_was_seen():
    """Half of the use is fixed: the told elasticity of 1 says too little on quiet days, the regressor brings it back."""
    rng = np.random.default_rng(3)
    customers = pd.Series(100 + 60 * np.sin(np.arange(350) / 9.0), pd.DatetimeIndex(days(350)))
    truth = 50 + 0.5 * customers
    use = truth[:300] * np.exp(rng.normal(0, 0.01, 300))
    missed = {
        name: np.abs(
            forecast(use, 50, paths=20, methods=[name], driver=customers).median / truth[300:] - 1
        ).mean()
        for name in ("theta", "prophet")
    }
    assert missed["prophet"] < 0.5 * missed["theta"]


def test_a_driver_that_never_varied_teaches_nothing_and_its_plan_still_counts(spy):
    customers = pd.Series(
        np.r_[np.full(300, 100.0), np.full(20, 200.0)], pd.DatetimeIndex(days(320))
    )
    told = forecast(series(), 20, paths=20, methods=["prophet"], driver=customers)
    assert all(one["regressors"] == {} for one in spy)
    np.testing.assert_allclose(
        told.median, 2 * forecast(series(), 20, paths=20, methods=["prophet"]).median, rtol=1e-3
    )


def test_what_prophet_is_told_does_not_change_the_cheap_members():
    y = series()
    known = dict(holidays="US", cap=70.0, floor=1.0)
    cheap = ["seasonal_naive", "weekday_mean", "theta", "damped_holt", "last_year"]
    plain = forecast(y, 30, paths=50, methods=cheap, **known)
    native = MethodCovariates(days(330))
    assert native.point(prophet, y.to_numpy(), days(300), 30) == pytest.approx(
        prophet.point(y.to_numpy(), days(300), 30)
    )
    mixed = forecast(
        y,
        30,
        paths=50,
        methods=cheap[::-1],
        **known,
    )
    np.testing.assert_allclose(plain.paths, mixed.paths)


def test_native_gives_days_off_back_brings_the_answer_to_the_rest_and_clips_the_driver():
    """A stand-in member that says 10 every day: on a day off that halves use, that is 20 of the rest; the driver stays within 1..3."""
    given = {}

    def point(history, dates, horizon, season, **known):
        given.update(known, history=history)
        return np.full(horizon, 10.0)

    member = SimpleNamespace(__name__="shelf.member", point=point)
    off = {days(5)[1].astype(object): "off", days(5)[4].astype(object): "off"}
    native = MethodCovariates(
        days(5),
        off,
        np.array([1.0, 0.5, 1.0, 1.0, 0.5]),
        np.array([1.0, 2.0, 3.0, 9.0, 0.5]),
        np.array([1.0, 2.0, 3.0, 9.0, 0.5]),
        options={"member": {"stiff": True}},
    )
    assert native.point(member, np.array([6.0, 6.0, 6.0]), days(3), 2).tolist() == [10.0, 20.0]
    assert given["history"].tolist() == [6.0, 3.0, 6.0] and given["driver"].tolist() == [
        1.0,
        2.0,
        3.0,
        3.0,
        1.0,
    ]
    assert given["stiff"] is True and given["off"] == off and "cap" not in given
    assert native.point(member, np.array([6.0, 6.0]), days(5)[1:3], 2).tolist() == [
        10.0,
        20.0,
    ]  # a history that begins later
    assert given["history"].tolist() == [3.0, 6.0]


def test_events_are_divided_out_for_prophet_too():
    y = series()
    doubled = y.copy()
    doubled.iloc[-30:] *= 2
    event = {"kind": "level_change", "since": str(y.index[-30].date()), "factor": 2.0}
    told = forecast(doubled, 20, paths=20, methods=["prophet"], events=[event])
    np.testing.assert_allclose(
        told.median, 2 * forecast(y, 20, paths=20, methods=["prophet"]).median, rtol=5e-3
    )  # not to the last digit: the day of the event is a changepoint more


def test_a_known_change_is_a_changepoint_beside_prophets_own_grid(spy):
    """On the day of an event the trend may bend; the rest of the grid is Prophet's, here as the package itself lays it."""
    import prophet as package

    y = series(200)
    history = y.to_numpy()
    prophet.point(history, days(200), 5)
    assert spy[-1]["how"].get("changepoints") is None
    plain = package.Prophet().fit(pd.DataFrame({"ds": y.index, "y": history}), seed=1)
    grid = np.asarray(plain.changepoints, "datetime64[D]")
    change = days(200)[190]  # behind the grid, which ends at four fifths
    prophet.point(history, days(200), 5, changes=(str(change), str(grid[3])))
    told = spy[-1]["how"]["changepoints"].astype("datetime64[D]")
    assert told.tolist() == [*grid.tolist(), change.item()]
    prophet.point(history[:150], days(150), 5, changes=(str(change),))
    assert spy[-1]["how"].get("changepoints") is None  # a cutoff before it does not know it
    prophet.point(history, days(200), 5, changes=(str(change),), growth="flat")
    assert spy[-1]["how"].get("changepoints") is None  # a flat trend does not bend
    prophet.point(history, days(200), 5, changes=(str(change),), changepoints=(str(days(200)[9]),))
    assert spy[-1]["how"]["changepoints"].astype("datetime64[D]").tolist() == [days(200)[9].item()]


def test_parts_add_up_to_the_point_and_name_where_the_trend_bends():
    customers = np.resize(100 + 10.0 * np.arange(11), 330)
    off = {
        np.datetime64(day).astype(object): "pause"
        for day in ("2025-03-03", "2025-06-02", "2025-11-03")
    }
    y = series().to_numpy() * (1 + 0.2 * (customers[:300] / customers.mean() - 1))
    y[[61, 152]] *= 0.4
    y[200:] += 0.5 * np.arange(100)
    known = dict(off=off, driver=customers, changes=(str(days(300)[200]),))
    parts = prophet.parts(y, days(300), 30, **known)
    whole = sum(parts[:5])
    np.testing.assert_allclose(whole[300:], prophet.point(y, days(300), 30, **known), rtol=1e-9)
    assert [abs(part).max() > 0.1 for part in parts[:5]] == [True, True, False, True, True]
    assert np.abs(whole[:300] - y).mean() < 0.1 * y.mean()
    assert set(np.flatnonzero(parts.days_off)) == {61, 152, 306}
    assert 200 in parts.bends and (np.diff(parts.bends) > 0).all()
    slope = np.diff(parts.trend)
    assert slope[205:290].mean() > 0.3 > abs(slope[50:150].mean())
    bent = set(np.flatnonzero(np.abs(np.diff(slope)) > 1e-9) + 1)
    assert bent <= set(parts.bends.tolist())


def test_nothing_of_a_fit_stays_in_the_temporary_folder(tmp_path, monkeypatch):
    import tempfile

    import cmdstanpy

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    own = set(Path(cmdstanpy._TMPDIR).iterdir())
    prophet.point(series(150).to_numpy(), days(150), 5)
    assert not list(tmp_path.iterdir()) and set(Path(cmdstanpy._TMPDIR).iterdir()) == own


def test_where_the_optimiser_finds_no_way_the_last_week_stands(monkeypatch):
    import prophet as package

    def fail(*_, **__):
        raise RuntimeError("Stan")

    monkeypatch.setattr(package.Prophet, "fit", fail)
    y = series().to_numpy()
    np.testing.assert_allclose(prophet.point(y, days(300), 3), y[-7:].mean())


@pytest.mark.parametrize(
    "asked, message",
    [
        (
            {"changepoint_prior": 1},
            "prophet: unknown option 'changepoint_prior'. Did you mean 'changepoint_prior_scale'? Known: changepoints, n_changepoints, "
            "changepoint_prior_scale, seasonality_prior_scale, holidays_prior_scale, changepoint_range, growth, seasonality_mode.",
        ),
        (
            {"changepoint_prior_scale": 0},
            "prophet: changepoint_prior_scale is 0; it must be a number over 0, at most 100.",
        ),
        (
            {"changepoint_range": "most"},
            "prophet: changepoint_range is most; it must be a number over 0, at most 1.",
        ),
        (
            {"n_changepoints": 2.5},
            "prophet: n_changepoints is 2.5; it must be a whole number from 0 to 200.",
        ),
        ({"growth": "logistic"}, "prophet: unknown growth 'logistic'. Known: flat, linear."),
        (
            {"changepoints": ["soon"]},
            "prophet: changepoint 'soon' is not a day; write it as 2026-10-31.",
        ),
        (
            {"changepoints": ["2031-01-01"]},
            "prophet: changepoint 2031-01-01 is not inside the history, 2025-01-01 to 2025-10-27. A change that is coming is an "
            "event: events=[{'kind': 'level_change', 'since': …, 'factor': …}].",
        ),
        ([1], "prophet: '[1]' is no mapping; write {'changepoint_prior_scale': 0.01}."),
    ],
)
def test_options_that_make_no_sense_are_refused_word_for_word(asked, message):
    with pytest.raises(ForecastError) as refused:
        forecast(series(), 10, paths=20, methods="all", prophet=asked)
    assert str(refused.value) == message


def test_a_name_that_is_none_is_refused_with_the_nearest():
    of_days = [name for name, one in shelf().items() if 7 in getattr(one, "SEASONS", (7,))]
    with pytest.raises(ForecastError) as refused:
        forecast(series(), 10, paths=20, methods="profet")
    assert str(refused.value) == (
        "methods: unknown forecaster or group 'profet'. Did you mean 'prophet'? "
        f"Known: {', '.join(of_days)}, all, cheap."
    )


def test_one_method_by_its_name_is_a_list_of_one():
    one, two = (forecast(series(), 9, paths=20, methods=how) for how in ("prophet", ["prophet"]))
    assert one.weights == {"prophet": 1.0}
    np.testing.assert_array_equal(one.paths, two.paths)


def test_options_without_prophet_among_the_members_are_refused():
    with pytest.raises(ForecastError) as refused:
        forecast(series(), 10, paths=20, prophet={"growth": "flat"})
    assert (
        str(refused.value)
        == 'prophet: it is not among the methods, so it has no options; say methods="all", or name it.'
    )
