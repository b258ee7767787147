"""When it runs out: one function for budgets, balances, credits and quotas (docs/method §9.21)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from finops_model.errors import ScenarioError
from finops_model.uncertainty.chances import Runout, runout

DAYS = np.arange("2026-11-25", "2026-12-07", dtype="datetime64[D]")  # twelve, over two months
MONTH_OF = [str(day)[:7] for day in DAYS]
# whole numbers: their sums are exact, so that a tie is a tie
uses = arrays(float, (8, len(DAYS)), elements=st.integers(0, 40).map(float))
amounts = st.integers(0, 400).map(float)


def by_hand(amount, paths, used=0.0, resets=None):
    """The oracle: path by path and day by day, with a purse; the day on which it cannot pay, or None."""
    found = []
    for path in paths:
        purse, when = amount - used, None
        for at, cost in enumerate(path):
            if resets is not None and at and resets[at] != resets[at - 1]:
                purse = amount
            purse -= cost
            if purse < 0 and when is None:
                when = str(DAYS[at])
        found.append(when)
    return found


def late(found, share):
    """The date by which a share of the paths has run out: one that lasts comes after all others."""
    at = max(int(np.ceil(share * len(found))), 1) - 1
    return sorted(found, key=lambda when: when or "9999")[at]


@given(uses, amounts, st.integers(0, 100))
def test_it_is_what_a_purse_does_path_by_path(paths, amount, used):
    answer, found = runout(amount, paths, DAYS, used=used), by_hand(amount, paths, used)
    assert [answer.counts[i] for i in range(len(DAYS))] == [found.count(str(day)) for day in DAYS]
    assert [answer.by(q) for q in (0.1, 0.5, 0.9)] == [late(found, q) for q in (0.1, 0.5, 0.9)]
    out = sorted(when for when in found if when)
    assert answer.typical == (out[(len(out) + 1) // 2 - 1] if out else None)


@given(uses, amounts, st.integers(0, 100))
def test_a_quota_of_a_month_is_there_anew_each_month(paths, amount, used):
    found = by_hand(amount, paths, used, MONTH_OF)
    answer = runout(amount, paths, DAYS, used=used, resets=MONTH_OF)
    assert list(answer.counts) == [found.count(str(day)) for day in DAYS]
    daily = runout(amount, paths, DAYS, resets=DAYS)
    assert sum(daily.counts) == int((paths.max(axis=1) > amount).sum())


@pytest.mark.parametrize("daily", [1.0, 7.0, 30.0])
@pytest.mark.parametrize("amount", [0.0, 29.0, 30.0, 90.0, 1e6])
def test_of_a_constant_use_it_is_what_remains_over_what_a_day_takes(amount, daily):
    """Closed form: floor(remaining ÷ daily) days are paid in full, the next one is not."""
    answer = runout(amount, np.full((4, len(DAYS)), daily), DAYS)
    lasts = int(amount // daily)
    wanted = str(DAYS[lasts]) if lasts < len(DAYS) else None
    assert {answer.by(q) for q in (0.1, 0.5, 0.9)} == {wanted} == {answer.typical}


def test_a_balance_met_to_the_cent_lasts_whatever_floats_leave():
    """A forecast of 100 a day is 100.0000000015: seven days of it are no more than 700."""
    days = [f"2026-11-{d:02}" for d in range(1, 10)]
    paths = np.full((4, 9), 100.0) + np.array([[0.0], [1.5e-9], [-1.5e-9], [1e-8]])
    assert runout(700.0, paths, days).by(0.1) == "2026-11-08"
    assert runout(699.99, paths, days).by(0.1) == "2026-11-07"
    assert runout(0.0, paths, days).by(0.1) == "2026-11-01"


def test_a_date_is_never_that_of_paths_that_last():
    """Four of ten run out: P10 has a date, P50 and P90 lie after the last day; `typical` is of the four."""
    paths = np.zeros((10, len(DAYS)))
    paths[:4, [2, 3, 4, 5]] = np.diag([9.0] * 4)
    answer = runout(5.0, paths, DAYS)
    assert (answer.by(0.1), answer.by(0.5), answer.by(0.9)) == ("2026-11-27", None, None)
    assert (answer.typical, answer.ever.value) == ("2026-11-28", 0.4)
    assert runout(10.0, paths, DAYS).by(0.1) is None


@given(uses, amounts, st.integers(1, 200))
def test_more_money_is_never_earlier(paths, amount, more):
    less, rich = runout(amount, paths, DAYS), runout(amount + more, paths, DAYS)
    assert all(np.cumsum(rich.counts) <= np.cumsum(less.counts))
    for q in (0.1, 0.5, 0.9):
        assert (rich.by(q) or "9999") >= (less.by(q) or "9999")


@given(uses, amounts, st.sampled_from([0.25, 2.0, 1024.0]))
def test_scaling_money_and_paths_alike_moves_nothing(paths, amount, factor):
    assert runout(factor * amount, factor * paths, DAYS) == runout(amount, paths, DAYS)


@given(uses, amounts, st.integers(1, len(DAYS) - 1))
def test_a_later_day_changes_no_earlier_chance(paths, amount, days):
    part, whole = runout(amount, paths[:, :days], DAYS[:days]), runout(amount, paths, DAYS)
    assert part.counts == whole.counts[:days]
    assert whole.until(str(DAYS[days - 1])) == part.until("2999-12-31")


@given(uses, amounts)
def test_by_month_and_by_day_are_one_answer(paths, amount):
    by_day = runout(amount, paths, DAYS)
    monthly = np.stack(
        [paths[:, [m == month for m in MONTH_OF]].sum(axis=1) for month in dict.fromkeys(MONTH_OF)],
        axis=1,
    )
    assert by_day.by_month() == runout(amount, monthly, dict.fromkeys(MONTH_OF))
    for q in (0.1, 0.5, 0.9):
        day = by_day.by(q)
        assert by_day.by_month().by(q) == (day and day[:7])


def test_what_is_used_may_differ_by_path():
    answer = runout(10.0, np.ones((2, len(DAYS))), DAYS, used=np.array([9.5, 5.5]))
    assert answer.counts[:6] == (1, 0, 0, 0, 1, 0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            lambda: runout(1.0, np.zeros((2, 3)), DAYS),
            "costs of shape (2, 3) for 12 months or days; there must be one row a path and one column a date.",
        ),
        (
            lambda: runout(1.0, np.full((1, 12), np.inf), DAYS),
            "the cost of path 0 in 2026-11-25 is inf; costs must be finite.",
        ),
        (
            lambda: runout(np.nan, np.zeros((1, 12)), DAYS),
            "budget is nan, booked 0.0; both must be finite numbers.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, said):
    with pytest.raises(ScenarioError) as problem:
        wrong()
    assert str(problem.value) == said


def test_half_of_the_paths_is_half_of_them():
    """No share is lost to a float: 0.1 × 30 paths are three of them."""
    assert Runout(("a", "b"), (3, 27), 30).by(0.1) == "a"
    assert Runout(("a", "b"), (2, 28), 30).by(0.1) == "b"
