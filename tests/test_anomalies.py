"""Spend that was not expected: no look-ahead, one alert per episode, money that adds up (docs/method §12)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from finops_model.errors import FinOpsError
from finops_model.measure.anomalies import expected as anomalies_expected
from finops_model.measure.anomalies.detect import find_anomalies
from finops_model.measure.anomalies.expected import expect
from finops_model.measure.anomalies.feedback import Feedback
from finops_model.measure.anomalies.parts import KEYS, attribute, split
from finops_model.streams import generator

WEEK = np.array([110.0, 115, 112, 108, 105, 60, 50])


def calm(days: int = 140, name: str = "calm", noise: float = 0.04) -> pd.Series:
    draws = generator(3, f"test/{name}").standard_normal(days)
    return pd.Series(
        np.resize(WEEK, days) * (1 + noise * draws),
        pd.date_range("2026-01-05", periods=days),
        name=name,
    )


def found(history, **how):
    return [(e.subject, e.direction, e.start, e.days) for e in find_anomalies(history, **how)]


def slow_expect(values):
    """The rule of §12.1 and §12.2 day by day in plain Python: an oracle for the array code."""
    known = np.isfinite
    n = len(values)

    def middle(items):
        items = sorted(x for x in items if known(x))
        return np.nan if not items else (items[(len(items) - 1) // 2] + items[len(items) // 2]) / 2

    used, peak = [], []
    for t in range(n):
        month = [x for x in values[max(t - 28, 0) : t] if known(x)]
        past = sorted(x for x in values[max(t - 56, 0) : t] if known(x))
        week = values[t - 6 : t + 1] if t >= 6 else [np.nan]
        limits = [4 * middle(month)] if len(month) >= 7 else []
        peak.append(past[int(np.ceil(0.95 * len(past))) - 1] if len(past) >= 14 else np.nan)
        limits += [peak[t]] if known(peak[t]) else []
        limits += [min(week)] if all(map(known, week)) else []
        used.append(min(values[t], max(limits)) if limits and known(values[t]) else values[t])
    ratio = []
    for t in range(n):
        week = [x for x in used[max(t - 6, 0) : t + 1] if known(x)]
        mean = sum(week) / len(week) if week else np.nan
        ratio.append(used[t] / mean if known(used[t]) and mean > 0 else np.nan)
    level, share, scale, misses = [], [], [], []
    for t in range(n):
        weeks = [
            ratio[t - 7 * k] for k in range(1, 9) if t - 7 * k >= 0 and known(ratio[t - 7 * k])
        ]
        share.append(middle(weeks) if len(weeks) >= 2 else 1.0)
        past = [s for s in range(max(t - 28, 0), t) if known(used[s])]
        even = sum(share[s] for s in past)
        if even > 1e-9:
            value = sum(used[s] for s in past) / even
        else:
            share[t] = 1.0
            value = sum(used[s] for s in past) / len(past) if past else np.nan
        level.append(value if len(past) >= 7 else np.nan)
        expected = level[t] * share[t]
        most = (
            max(x for x in (abs(expected), peak[t] - expected) if known(x))
            if known(expected)
            else np.nan
        )
        misses.append(min(max(used[t] - expected, -most), most) if known(used[t]) else np.nan)
        old = [x for x in misses[max(t - 42, 0) : t] if known(x)]
        mean = sum(old) / len(old) if old else np.nan
        spread = (sum((x - mean) ** 2 for x in old) / len(old)) ** 0.5 if len(old) >= 14 else np.nan
        scale.append(max(spread, 0.02 * abs(level[t] * share[t])) if known(spread) else np.nan)
    return np.array(level), np.array(share), np.array(scale)


@pytest.mark.parametrize("name", ["calm", "bursts", "gaps", "weekdays", "zeros"])
def test_the_arrays_follow_the_rule_written_day_by_day(name):
    values = calm(120, name, 0.2).to_numpy().copy()
    if name == "bursts":
        values[[40, 41, 70]] *= 20
        values[90:] *= 8
    if name == "gaps":
        values[[30, 31, 32, 60]] = np.nan
    if name == "weekdays":
        values[np.arange(120) % 7 >= 5] = 0
    if name == "zeros":
        values[:50] = 0
    fast = expect(np.stack([values, values[::-1]]))
    for got, wanted in zip((fast.level[0], fast.share[0], fast.scale[0]), slow_expect(values)):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(30, 119), st.integers(0, 10_000), st.floats(0, 50))
def test_what_comes_later_changes_nothing(day, seed, factor):
    values = calm(120, f"future/{seed}", 0.3).to_numpy()[None]
    other = values.copy()
    other[:, day + 1 :] *= factor
    for name in ("level", "share", "scale"):
        np.testing.assert_array_equal(
            getattr(expect(values), name)[:, : day + 2], getattr(expect(other), name)[:, : day + 2]
        )
    days = pd.date_range("2026-01-05", periods=120)
    starts = [
        {
            (e.start, e.direction)
            for e in find_anomalies(pd.Series(x[0], days), late_days=0)
            if e.start <= str(days[day].date())
        }
        for x in (values, other)
    ]
    assert starts[0] == starts[1]


def test_a_replay_of_each_day_finds_what_the_whole_history_finds():
    history = calm(noise=0.05)
    history.iloc[60] *= 2
    history.iloc[100:] *= 1.6
    whole = {(e.id, e.start) for e in find_anomalies(history)}
    replayed = set()
    for day in history.index[40:]:
        replayed |= {
            (e.id, e.start)
            for e in find_anomalies(history, as_of=str(day.date()))
            if e.end == str(day.date())
        }
    assert whole <= replayed and {start for _, start in replayed} == {
        start for _, start in whole
    } == {"2026-03-06", "2026-04-15"}


@pytest.mark.parametrize(
    "kind, first, within, near",
    [
        ("spike", 2.0, 1, 0.1),
        ("shift30", 1.3, 2, 0.04),
        ("shift60", 1.6, 1, 0.04),
        ("ramp", 1.03, 12, 0.3),
    ],
)
def test_spikes_shifts_and_ramps_are_one_episode_with_their_money(kind, first, within, near):
    history = calm()
    clean = history.copy()
    at = 100
    history.iloc[at:] *= {"spike": np.r_[2.0, np.ones(39)], "ramp": 1.03 ** np.arange(1, 41)}.get(
        kind, first
    )
    up = list(find_anomalies(history, direction="up"))
    assert len(up) == 1 and not found(clean)
    one = up[0]
    late = (pd.Timestamp(one.start) - history.index[at]).days
    assert 0 <= late < within
    span = slice(one.start, one.end)
    assert one.actual == pytest.approx(history[span].sum())
    assert one.expected == pytest.approx(clean[span].sum(), rel=near)
    assert one.excess == pytest.approx((history - clean)[span].sum(), rel=near * 3)


def test_a_shift_becomes_the_new_normal_and_its_end_is_an_episode_of_its_own():
    history = calm(200)
    history.iloc[100:160] *= 1.6
    assert [
        (e.direction, e.start) for e in sorted(find_anomalies(history), key=lambda e: e.start)
    ] == [("up", "2026-04-15"), ("down", "2026-06-14")]
    up = next(e for e in find_anomalies(history) if e.direction == "up")
    assert 10 <= up.days <= 35  # learned after some weeks, and not raised every week until then


def test_days_within_the_refractory_week_are_one_episode_and_a_louder_day_is_a_new_one():
    history = calm()
    history.iloc[[100, 105]] *= 2
    assert [e.days for e in find_anomalies(history)] == [6]
    assert [e.days for e in find_anomalies(history, refractory_days=2)] == [1, 1]
    history.iloc[103] *= 10
    assert sorted(e.start for e in find_anomalies(history)) == ["2026-04-15", "2026-04-18"]


def test_a_runaway_does_not_become_the_baseline(monkeypatch):
    history = calm()
    history.iloc[91:93] *= 30
    history.iloc[112] *= 2.5
    assert sorted((e.start, e.days) for e in find_anomalies(history)) == [
        ("2026-04-06", 2),
        ("2026-04-27", 1),
    ]
    monkeypatch.setattr(anomalies_expected, "CAP", 1e9)
    assert sorted((e.start, e.direction) for e in find_anomalies(history)) != [
        ("2026-04-06", "up"),
        ("2026-04-27", "up"),
    ]


def test_floors_threshold_direction_and_late_days_do_what_they_say():
    history = calm()
    history.iloc[100] *= 1.5
    excess = find_anomalies(history).episodes[0].excess
    assert not found(history, money_floor=excess * 1.01) and found(
        history, money_floor=excess * 0.99
    )
    assert (
        not found(history, percent_floor=0.6)
        and not found(history, threshold=60)
        and not found(history, direction="down")
    )
    history.iloc[100] /= 10
    assert found(history) == [("calm", "down", "2026-04-15", 1)] and not found(
        history, direction="up"
    )
    assert (
        not found(history[:101])
        and not found(history[:102])
        and found(history[:103])
        and found(history[:101], late_days=0)
    )
    rising = calm()[:101]
    rising.iloc[100] *= 2
    assert found(rising)  # a rise on the newest day is no late bill


@settings(max_examples=25, deadline=None)
@given(st.floats(1e-3, 1e6), st.integers(0, 1000))
def test_another_currency_finds_the_same_days(factor, seed):
    history = calm(100, f"scale/{seed}", 0.3)
    one, other = find_anomalies(history), find_anomalies(history * factor)
    assert sorted((e.id, e.end) for e in one) == sorted((e.id, e.end) for e in other)
    assert sum(e.excess for e in other) == pytest.approx(
        factor * sum(e.excess for e in one), rel=1e-6, abs=1e-6 * factor
    )


def test_a_series_gives_the_same_alone_and_among_a_thousand(monkeypatch):
    wide = pd.DataFrame({f"w{i}": calm(90, f"w{i}", 0.3) for i in range(40)})
    monkeypatch.setattr(anomalies_expected, "CELLS", 90 * 56 * 7)  # several blocks
    together = find_anomalies(wide)
    alone = {e for name in wide for e in find_anomalies(wide[name])}
    assert len(together) > 10 and set(together.episodes) == alone


def test_every_form_of_history_gives_the_same():
    wide = pd.DataFrame({"a": calm(name="a"), "b": calm(name="b")})
    wide.iloc[100, 0] *= 3
    wanted = found(wide)
    long = wide.rename_axis("ds").reset_index().melt("ds", var_name="unique_id", value_name="y")
    facts = long.rename(
        columns={"ds": "ChargeDate", "y": "EffectiveCost", "unique_id": "x_Workload"}
    )
    halves = pd.concat([facts.assign(EffectiveCost=facts["EffectiveCost"] / 2)] * 2)
    assert wanted == [("a", "up", "2026-04-15", 1)]
    for form in (
        long,
        long.sample(frac=1, random_state=1),
        {"a": wide["a"], "b": wide["b"]},
        wide.rename_axis("ds").reset_index(),
    ):
        assert found(form) == wanted
    assert found(halves, by="x_Workload") == wanted and found(halves, by=["x_Workload"]) == wanted
    assert [e.subject for e in find_anomalies(halves)] == ["cost"]
    pair = long.assign(team="ml")
    assert found(pair, by=["team", "unique_id"])[0][0] == "ml / a"
    assert find_anomalies(wide).frame()["excess"].tolist() == [
        e.excess for e in find_anomalies(wide)
    ]
    assert (
        "No anomaly." in find_anomalies(calm())._repr_html_()
        and "&lt;b&gt;" in find_anomalies(wide.rename(columns={"a": "<b>"}))._repr_html_()
    )


DAYS = pd.date_range("2026-01-05", periods=4)
BAD = {
    "a day twice": (
        pd.Series([1.0, 2], [DAYS[0]] * 2),
        {},
        "history: 2026-01-05 appears twice. Add up the rows of a day first: history.groupby(level=0).sum().",
    ),
    "a day twice in a panel": (
        pd.DataFrame({"ds": [DAYS[0]] * 2, "y": [1.0, 2], "id": ["a", "a"]}).assign(k=["x", "x"]),
        {"by": "id"},
        "history: 2026-01-05 appears twice. Add up the rows of a day first: history.groupby(level=0).sum().",
    ),
    "time zone": (
        pd.Series(1.0, DAYS.tz_localize("Europe/Berlin")),
        {},
        "history: the days carry the time zone Europe/Berlin. Cut days in the billing time zone first: history.tz_localize(None) on day starts.",
    ),
    "a time of day": (
        pd.Series(1.0, DAYS + pd.Timedelta(hours=3)),
        {},
        "history: 2026-01-05 03:00:00 has a time of day. Add up to days first: history.resample('D').sum().",
    ),
    "infinite": (
        pd.Series([1.0, np.inf, 1, 1], DAYS),
        {},
        "history: 2026-01-06 is infinite. Values must be finite.",
    ),
    "text": (pd.Series(["a"] * 4, DAYS), {}, "history: a value is not a number."),
    "no dates": (
        pd.Series([1.0, 2, 3]),
        {},
        "history: the days are numbers. The index (or ds) must hold dates.",
    ),
    "nothing": (pd.Series([], dtype=float), {}, "history: there is no day with a value."),
    "all NaN": (pd.Series(np.nan, DAYS), {}, "history: there is no day with a value."),
    "a far future date": (
        pd.Series([1.0, 2, 3], [DAYS[0], DAYS[1], pd.Timestamp("2126-01-01")]),
        {},
        "history: 36,518 of 36,521 days between 2026-01-05 and 2126-01-01 are missing, the longest gap after 2026-01-06. "
        "Check the dates, or write 0 where nothing was used.",
    ),
    "a list": (
        [1, 2],
        {},
        "history: give a daily pandas Series, a frame with ds and y, a frame with a column per series, or daily facts; not list.",
    ),
    "a column that is not there": (
        pd.DataFrame({"ds": DAYS, "y": 1.0, "team": "a"}),
        {"by": "tem"},
        "history: by: unknown column 'tem'. Did you mean 'team'? Known: ds, y, team.",
    ),
    "no columns": (
        pd.DataFrame({"cost": [1.0, 2]}),
        {},
        "history: a frame needs the columns ds and y, or dates as its index and a column per series; it has cost.",
    ),
    "a negative threshold": (
        pd.Series(1.0, DAYS),
        {"threshold": -1},
        "find_anomalies: threshold is -1; it must be a number, 0 or more.",
    ),
    "a floor that is none": (
        pd.Series(1.0, DAYS),
        {"money_floor": np.nan},
        "find_anomalies: money_floor is nan; it must be a number, 0 or more.",
    ),
    "half a day": (
        pd.Series(1.0, DAYS),
        {"refractory_days": 1.5},
        "find_anomalies: refractory_days is 1.5; it must be a whole number of days, 0 or more.",
    ),
    "a direction": (
        pd.Series(1.0, DAYS),
        {"direction": "upp"},
        "find_anomalies: unknown direction 'upp'. Did you mean 'up'? Known: both, up, down.",
    ),
    "an as_of that is no day": (
        pd.Series(1.0, DAYS),
        {"as_of": "soon"},
        "history: as_of is 'soon'; it must be a day, YYYY-MM-DD.",
    ),
    "an as_of before all days": (
        pd.Series(1.0, DAYS),
        {"as_of": "2025-01-01"},
        "history: no day is on or before 2025-01-01.",
    ),
}


@pytest.mark.parametrize("history, how, message", BAD.values(), ids=BAD)
def test_a_history_that_makes_no_sense_is_refused_word_for_word(history, how, message):
    with pytest.raises(FinOpsError) as raised:
        find_anomalies(history, **how)
    assert str(raised.value) == message


def test_histories_that_are_odd_get_an_answer():
    days = pd.date_range("2026-01-05", periods=120)
    assert not found(pd.Series(7.0, days)) and not found(pd.Series(0.0, days))
    two = find_anomalies(pd.Series([1.0, 2], days[:2], name="x"))
    assert not len(two) and two.notes == ("'x' has under 22 known days and could not be judged.",)
    step = pd.Series(np.where(np.arange(120) < 80, 5.0, 7.0), days)
    assert [(e.direction, e.start) for e in find_anomalies(step)] == [
        ("up", "2026-03-26")
    ]  # a flat series is not certain to the cent
    launch = pd.Series(np.where(np.arange(120) < 80, 0.0, 9.0), days)
    assert [(e.direction, e.start, e.expected) for e in find_anomalies(launch)] == [
        ("up", "2026-03-26", 0.0)
    ]
    credit = calm()
    credit.iloc[100] = -500
    answer = find_anomalies(credit)
    assert not len(answer) and answer.notes == (
        "1 negative day (credit or correction) is not judged.",
    )
    missing = calm().drop(calm().index[[90, 91, 92, 100]])
    assert not found(missing)  # no data is not zero
    missing.iloc[-1] = np.nan
    assert not found(missing)
    weekdays = calm()
    weekdays[weekdays.index.dayofweek >= 5] = 0
    assert not found(weekdays)
    weekdays.iloc[103] = 90  # a Sunday
    assert found(weekdays) == [("calm", "up", "2026-04-18", 1)] or found(weekdays) == [
        ("calm", "up", str(weekdays.index[103].date()), 1)
    ]


@pytest.mark.parametrize(
    "q1, c1, q0, c0, wanted",
    [
        ([20.0], [40.0], [10.0], [20.0], (20, 0, 0)),  # twice the use at the same price
        ([10.0], [30.0], [10.0], [20.0], (0, 0, 10)),  # the same use at a higher price
        (
            [5.0, 5.0],
            [5.0, 50.0],
            [8.0, 2.0],
            [8.0, 20.0],
            (0, 27, 0),
        ),  # the same use, more of the dear one
        ([0.0], [30.0], [0.0], [10.0], (20, 0, 0)),  # a bill without quantities
        ([4.0], [12.0], [0.0], [0.0], (12, 0, 0)),  # new: nothing of its unit before
        (
            [10.0, 4.0],
            [10.0, 12.0],
            [14.0, 0.0],
            [14.0, 0.0],
            (0, 8, 0),
        ),  # a new SKU takes over: mix
        ([], [], [], [], (0, 0, 0)),
    ],
)
def test_volume_mix_and_rate_of_hand_made_changes(q1, c1, q0, c0, wanted):
    parts = split(q1, c1, q0, c0)
    assert tuple(round(float(parts[name].sum()), 9) for name in ("volume", "mix", "rate")) == wanted


amounts = st.lists(
    st.tuples(*[st.floats(0, 1e6)] * 4, st.sampled_from("ab")), min_size=1, max_size=8
)


@given(amounts)
@example(
    [(71109.0, 962642.8760423649, 1.0, 966410.0, "a")]
)  # effects of 7e10 that cancel to −3,767
def test_the_three_effects_add_up_line_by_line(lines):
    q1, c1, q0, c0, unit = (np.array(part) for part in zip(*lines))
    parts = split(q1, c1, q0, c0, unit)
    size = sum(
        np.abs(part) for part in (parts["volume"], parts["mix"], parts["rate"])
    )  # effects may cancel: dust of the largest is dust
    assert (
        np.abs(parts["volume"] + parts["mix"] + parts["rate"] - (c1 - c0)) <= 1e-6 + 2e-15 * size
    ).all()
    assert all(np.isfinite(part).all() for part in parts.values())


def test_an_attribution_adds_up_to_the_excess_by_sku():
    days = pd.date_range("2026-03-01", periods=30)
    frame = pd.DataFrame(
        {
            "ChargeDate": np.repeat(days, 2),
            **dict.fromkeys(KEYS, ""),
            "SkuId": ["a", "b"] * 30,
            "x_Workload": "chat",
            "ConsumedUnit": "Tokens",
            "ConsumedQuantity": [10.0, 10] * 29 + [30, 10],
            "EffectiveCost": [10.0, 20] * 29 + [30, 40],
        }
    )
    parts = attribute(frame, "2026-03-30", "2026-03-30", 42.0)  # 70 spent, 28 expected
    assert (parts.volume, parts.mix, parts.rate) == tuple(
        pytest.approx(x) for x in (32.0, -10.0, 20.0)
    )
    assert parts.lines["change"].sum() == pytest.approx(42.0) and parts.lines[
        "cost_before"
    ].sum() == pytest.approx(28.0)
    assert attribute(frame[:0], "2026-03-30", "2026-03-30", 0.0).lines.empty
    fresh = attribute(frame[58:], "2026-03-30", "2026-03-30", 70.0)
    assert (fresh.volume, fresh.mix, fresh.rate) == (70.0, 0.0, 0.0)


def verdict(episode, word, **more):
    return Feedback(
        alert=episode.id,
        kind="spend",
        dimension="",
        subject=episode.subject,
        verdict=word,
        start=episode.start,
        end=episode.end,
        expected=episode.expected,
        actual=episode.actual,
        **more,
    )


def test_an_expected_level_is_quiet_while_it_lasts_and_no_longer():
    history = calm(220)
    history.iloc[100:150] *= 2
    history.iloc[130] *= 2  # a spike on top of the accepted level
    history.iloc[200] *= 2  # after the level went back
    first = next(e for e in find_anomalies(history[:106]) if e.direction == "up")
    heard = find_anomalies(history, feedback=[verdict(first, "expected")])
    assert sorted((e.direction, e.start) for e in heard) == [
        ("up", str(history.index[130].date())),
        ("up", str(history.index[200].date())),
    ]
    assert any(e.start == first.start for e in find_anomalies(history))
    other = Feedback(
        alert="x",
        kind="spend",
        dimension="",
        subject="somebody",
        verdict="expected",
        start=first.start,
        end=first.end,
        expected=1.0,
        actual=2.0,
    )
    assert any(e.start == first.start for e in find_anomalies(history, feedback=[other]))
    changed = find_anomalies(history, feedback=[verdict(first, "expected"), verdict(first, "real")])
    assert any(
        e.start == first.start for e in changed
    )  # who changes their mind writes another line


def test_an_expected_spike_does_not_spoil_the_baseline_and_a_real_one_never_enters():
    history = calm(noise=0.02)
    history.iloc[100:106] *= 3
    plain = find_anomalies(history)
    one = plain.episodes[0]
    bare = calm(noise=0.02)
    for word in ("expected", "real"):
        heard = find_anomalies(history, feedback=[verdict(one, word)])
        gap = np.abs(heard.expected - find_anomalies(bare).expected)[0, 106:]
        assert (
            np.nanmax(gap)
            < 0.02 * 110
            < np.nanmax(np.abs(plain.expected - find_anomalies(bare).expected)[0, 106:])
        )
        assert bool(len(heard)) == (word == "real")


def test_a_launch_and_a_stop_that_were_meant_are_quiet():
    days = pd.date_range("2026-01-05", periods=140)
    launch = pd.Series(np.where(np.arange(140) < 60, 0.0, 9.0), days, name="x")
    stop = pd.Series(np.where(np.arange(140) < 60, 9.0, 0.0), days, name="x")
    for history in (launch, stop):
        one = find_anomalies(history).episodes[0]
        assert not found(history, feedback=[verdict(one, "expected")])


@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"verdict": "expectd"},
            "feedback: unknown verdict 'expectd'. Did you mean 'expected'? Known: expected, real.",
        ),
        ({"start": "soon"}, "feedback: start is 'soon'; it must be a day, YYYY-MM-DD."),
        ({"actual": float("nan")}, "feedback: actual is 'nan'; it must be a finite number."),
    ],
)
def test_a_verdict_that_makes_no_sense_is_refused(change, message):
    fields = {
        "alert": "a",
        "kind": "spend",
        "dimension": "",
        "subject": "x",
        "verdict": "expected",
        "start": "2026-01-01",
        "end": "2026-01-02",
        "expected": 1.0,
        "actual": 2.0,
    }
    with pytest.raises(FinOpsError) as raised:
        Feedback(**(fields | change))
    assert str(raised.value) == message
