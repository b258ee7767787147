"""The rule replayed on what happened: a history by hand, laws, no look-ahead, refusals (docs/method §8.11)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from finops_model.decide.commitments.replay import simulated
from finops_model.decide.commitments.search.best import Limits, Offer, replay_commitments
from finops_model.errors import PriceError

YEAR = Offer(name="year", rate=0.6, on_demand=1.0, term_months=12)
QUARTER = Offer(name="quarter", rate=0.8, on_demand=1.0, term_months=3)
FIRST = "2025-01-01"


def flat(known, hours, first_day, paths, seed):
    """A forecast for tests: the mean of the last 7 days goes on."""
    return np.full((paths, hours), known[-168:].mean())


def days_until(month: str) -> int:
    return int((np.datetime64(month, "D") - np.datetime64(FIRST)).astype(int))


def stepped(*levels_from) -> np.ndarray:
    """(hour,) of 2025: (month, level) pairs, each holds from the first of its month on; ends with the year."""
    hours = np.zeros(365 * 24)
    for month, level in levels_from:
        hours[days_until(month) * 24 :] = level
    return hours


def play(history, offers=(YEAR,), months=6, **how):
    return replay_commitments(
        history, offers, first_day=FIRST, months=months, paths=3, forecast=flat, **how
    )


def test_a_steady_history_by_hand():
    """10 units all year, July to December replayed: 184 days. The rule buys 10 on 1 July and pays 0.6."""
    found = play(stepped(("2025-01-01", 10)))
    hours = 184 * 24
    assert found.months == ("2025-07", "2025-08", "2025-09", "2025-10", "2025-11", "2025-12")
    assert found["nothing bought"].cost == hours * 10 and found["nothing bought"].saving == 0
    assert found["this rule"].cost == pytest.approx(hours * 6)
    assert (
        found["this rule"].bought.tolist() == [10, 0, 0, 0, 0, 0]
        and found["this rule"].held.tolist() == [10] * 6
    )
    assert found["this rule"].regret == pytest.approx(0, abs=1e-6)
    assert found["best in hindsight"].cost == pytest.approx(hours * 6)
    for days in (7, 30, 60):
        assert found[f"best level of the last {days} days"].cost == pytest.approx(hours * 6)
    assert (
        found.headline()
        == "Replayed over 2025-07 … 2025-12, the rule would have saved 17,664, 100% of what hindsight could."
    )


def test_a_history_that_falls_by_hand():
    """10 until September, then nothing: 92 days used, 92 days paid for nothing; in hindsight three months each at 0.8."""
    history = stepped(("2025-01-01", 10), ("2025-10-01", 0))
    found = play(history)
    assert found["this rule"].cost == pytest.approx(184 * 24 * 6)
    assert found["best in hindsight"].cost == pytest.approx(
        92 * 24 * 10
    )  # on demand: the year would cost 184 × 6
    both = play(history, (YEAR, QUARTER))
    assert both["best in hindsight"].cost == pytest.approx(92 * 24 * 8)
    assert both["best in hindsight"].held.tolist() == [10, 10, 10, 0, 0, 0]
    assert both["this rule"].regret == pytest.approx(184 * 24 * 6 - 92 * 24 * 8)
    assert "'best level" not in both.headline()


def test_a_contract_ends_after_its_term():
    """Quarters bought in July run out in October and are bought again."""
    found = play(stepped(("2025-01-01", 10)), (QUARTER,))
    assert found["this rule"].bought.tolist() == [10, 0, 0, 10, 0, 0]


def test_the_best_in_hindsight_is_brute_force_over_all_choices():
    """One unit, on and off by month: every set of starts of one- and three-month contracts is tried."""
    draw = np.random.default_rng(2)
    month = Offer(name="month", rate=0.9, on_demand=1.0, term_months=1)
    for _ in range(6):
        use = draw.random(365 * 24) < np.repeat(draw.choice([0.2, 0.7, 0.85, 0.97], 365), 24)
        found = play(use.astype(float), (month, QUARTER), months=5)
        starts = [days_until(f"2025-{m:02d}-01") * 24 for m in range(8, 13)] + [365 * 24]
        on = np.array([use[a:b].sum() for a, b in zip(starts, starts[1:])], float)
        long = np.diff(starts)
        least = np.inf
        for choice in itertools.product((0, 1, 3), repeat=5):
            cost, covered = 0.0, np.zeros(5, bool)
            for m, term in enumerate(choice):
                if term:
                    cost += long[m : m + term].sum() * {1: 0.9, 3: 0.8}[term]
                    covered[m : m + term] = True
            least = min(least, cost + on[~covered].sum())
        assert found["best in hindsight"].cost == pytest.approx(least)


def wild(seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    days = np.maximum(50 + np.cumsum(draw.normal(0, 3, 365)), 0)
    return np.maximum(
        (
            days[:, None] * (1 + 0.4 * np.sin(np.arange(24) / 24 * 2 * np.pi))
            + draw.normal(0, 5, (365, 24))
        ),
        0,
    ).ravel()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "offers", ((YEAR,), (QUARTER,), (YEAR, QUARTER)), ids=("year", "quarter", "both")
)
def test_no_rule_is_cheaper_than_hindsight_and_nothing_bought_is_on_demand(seed, offers):
    history = wild(seed)
    found = play(history, offers, signed=np.full(history.shape, 20.0))
    first = days_until("2025-07-01") * 24
    assert found["nothing bought"].cost == pytest.approx(history[first:].sum())
    best = found["best in hindsight"].cost
    for line in found.lines:
        if line.rule in (
            "as signed",
            "online rule, no forecast",
        ):  # not on the first of a month: other contracts
            continue
        assert line.cost >= best * (1 - 1e-9) and line.regret >= -1e-6 * best
        assert line.saving == pytest.approx(found["nothing bought"].cost - line.cost)
    assert (
        found["online rule, no forecast"].cost >= best * 0.98
    )  # buys on any day: in rare histories a little cheaper
    signed = found["as signed"]
    rate = min(offer.rate for offer in offers)
    assert signed.cost == pytest.approx(
        np.maximum(history[first:] - 20, 0).sum() + 20 * rate * (len(history) - first)
    )


@pytest.mark.parametrize(
    "rule", ("this rule", "best level of the last 7 days", "best level of the last 60 days")
)
def test_what_comes_later_changes_no_purchase(rule):
    history = wild(1)
    changed = history.copy()
    cut = days_until("2025-10-01") * 24
    changed[cut:] = 200 - np.minimum(history[cut:], 200)
    one, other = play(history, (YEAR, QUARTER))[rule], play(changed, (YEAR, QUARTER))[rule]
    assert (
        one.bought[:4].tolist() == other.bought[:4].tolist()
    )  # the purchase of 1 October knows September only
    assert one.bought[4:].tolist() != other.bought[4:].tolist()


def test_the_online_rule_does_not_look_ahead_either():
    history = wild(1)
    changed = history.copy()
    changed[days_until("2025-10-01") * 24 :] = 0.0
    one, other = (
        play(values, (QUARTER,))["online rule, no forecast"].held for values in (history, changed)
    )
    assert one[:4].tolist() == other[:4].tolist() and one[0] > 0


def test_the_online_rule_by_hand_on_a_history_that_starts_late():
    """10 from 1 September on. A quarter (3 × 730 hours ÷ 24, 91 days) at 0.8 is reserved on the day its on-demand rent passes 0.8 × 91 days."""
    found = play(stepped(("2025-09-01", 10)), (QUARTER,))
    term = round(3 * 730 / 24)
    first = int(np.floor(0.8 * term))  # so many days pay on demand; the next one is reserved
    days = 122
    assert found["online rule, no forecast"].cost == pytest.approx(
        24 * 10 * (first + 0.8 * (days - first)), rel=0.01
    )


def test_days_are_spread_over_their_hours_and_limits_are_kept():
    days = np.full(365, 240.0)
    found = replay_commitments(
        days, [YEAR], first_day=FIRST, months=3, daily=True, paths=2, forecast=flat
    )
    assert found["this rule"].bought.tolist() == [10, 0, 0]
    capped = replay_commitments(
        days,
        [YEAR],
        first_day=FIRST,
        months=1,
        daily=True,
        paths=2,
        forecast=flat,
        limits=Limits(max_share=0.5),
    )
    assert capped["this rule"].bought.tolist() == [5]
    refused = replay_commitments(
        days,
        [YEAR],
        first_day=FIRST,
        months=1,
        daily=True,
        paths=2,
        forecast=flat,
        limits=Limits(break_even_months=2),
    )
    assert refused["this rule"].bought.tolist() == [0]


def test_the_simulated_days_know_the_week_and_only_the_past():
    shape = np.concatenate([np.full(8, 2.0), np.full(16, 12.0)])
    week = np.repeat([1.0, 1, 1, 1, 1, 0.3, 0.3], 24)
    known = np.tile(shape, 7 * 20) * np.tile(week, 20)
    paths = simulated(known, 24 * 14, "2025-01-06", paths=50, seed=3)
    assert paths.shape == (50, 336) and np.all(paths >= 0)
    assert paths[:, :8].mean() / paths[:, 8:24].mean() == pytest.approx(
        2 / 12, rel=1e-6
    )  # the shape of a Monday
    assert paths[:, :24].sum(axis=1).mean() == pytest.approx(known[:24].sum(), rel=0.15)
    assert paths[:, 5 * 24 : 6 * 24].sum(axis=1).mean() == pytest.approx(
        known[5 * 24 : 6 * 24].sum(), rel=0.25
    )
    assert np.array_equal(paths, simulated(known, 24 * 14, "2025-01-06", paths=50, seed=3))


def test_progress_is_told_and_the_answer_prints():
    heard = []
    found = play(stepped(("2025-01-01", 10)), months=2, progress=lambda *what: heard.append(what))
    assert heard == [("replay", 0, 2), ("replay", 1, 2)]
    assert str(found).splitlines()[1].split() == [
        "Rule",
        "Cost",
        "Saved",
        "Regret",
        "Held",
        "at",
        "the",
        "end",
    ]
    assert "<td>best in hindsight</td>" in found._repr_html_()


REFUSED = [
    (
        dict(history=np.ones(25)),
        "replay_commitments: history has 25 hours; give whole days from midnight on.",
    ),
    (dict(offers=[]), "replay_commitments: there are no offers; give at least one."),
    (
        dict(first_day="soon"),
        "replay_commitments: first_day is 'soon'; it must be a day YYYY-MM-DD.",
    ),
    (
        dict(months=12),
        "replay_commitments: 12 months need history from before 2024-11 on; it starts on 2025-01-01. Ask for fewer months.",
    ),
    (
        dict(history=np.full(8760, -1.0)),
        "history: quantity is -1 at position (0,); it must be finite and 0 or more.",
    ),
    (
        dict(offers=[Offer(name="a", rate=0.5)]),
        "replay_commitments: every offer needs a rate and the same on_demand price per unit; a spend commitment is "
        "the currency as unit, on_demand 1, rate 1 - discount.",
    ),
    (
        dict(objective="men"),
        "best_commitments: unknown objective 'men'. Did you mean 'mean'? Known: mean, cvar, regret, waste.",
    ),
]


@pytest.mark.parametrize("change, message", REFUSED, ids=[message[:60] for _, message in REFUSED])
def test_a_replay_that_makes_no_sense_is_refused(change, message):
    how = {
        "history": np.ones(365 * 24),
        "offers": [YEAR],
        "first_day": FIRST,
        "months": 2,
        "forecast": flat,
        **change,
    }
    with pytest.raises(PriceError) as raised:
        replay_commitments(how.pop("history"), how.pop("offers"), **how)
    assert str(raised.value) == message


def test_an_unknown_rule_is_told_with_the_nearest():
    with pytest.raises(PriceError, match="Did you mean .this rule."):
        play(stepped(("2025-01-01", 10)), months=1)["this rul"]
