"""Newest days that are probably unfinished: named, and left out of what a forecast learns (docs/method §2.24)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import ForecastError, together
from ..facts.daily.parts import parts
from .history import kind, since_launch

SETTLING_DAYS = 2  # an export goes on adding to a day for so long after it has ended
LEAST_FALL = np.log(1 / 0.8)  # a day over 80 % of what was expected is not far under it
TIMES = 5.0  # robust standard deviations of the past falls of a series
LOWEST = 0.03  # of the past days fell farther: a fall that is not beyond those is none
SEASONS, BEFORE = (
    13,
    4,
)  # newest seasons whose falls count; seasons before a day that say what it should have been
SHORT = (
    2 / 3
)  # where fewer than four seasons are known: a day under this share of all days before it
FEWEST = 4  # days before, at least
# of a series' own spread, as far as the newest day may lie from its usual; less where less than two months are known
REACH, REACH_DAYS = 0.5, 60


@dataclass(frozen=True)
class Late:
    """A newest day that is probably unfinished: how much is there, and how much usually does."""

    day: str  # YYYY-MM-DD, or an hour
    written: float
    usual: float  # NaN: too little is known to say
    source: str = ""  # the issuer of a ledger; "" of a single series


def check_days(days, where: str = "settling_days") -> int:
    """A settling window in whole days, 0 to 31. Raises ForecastError."""
    if isinstance(days, bool) or not isinstance(days, (int, np.integer)) or not 0 <= days <= 31:
        raise ForecastError(
            f"{where}: {str(days)[:40]} must be a whole number of days from 0 to 31; 0 counts every day as it stands."
        )
    return int(days)


def left_out(
    days: np.ndarray,
    values: np.ndarray,
    window: int = SETTLING_DAYS,
    season: int = 7,
    source: str = "",
) -> tuple[Late, ...]:
    """The unfinished steps of a history, oldest first.

    >>> week = np.tile([100., 104, 97, 101, 99, 60, 55], 9)
    >>> left_out(np.arange(np.datetime64("2026-06-01"), np.datetime64("2026-08-03")), np.append(week[:-1], 20.0))
    (Late(day='2026-08-02', written=20.0, usual=55.0, source=''),)
    """
    count = unfinished(values, days[0], window, season)
    if not count:
        return ()
    usual = expected(values, count, season)
    if not np.isfinite(usual).all():
        usual = np.full(count, float(np.median(values[:-count])))
    return tuple(
        Late(str(day), float(value), float(each), source)
        for day, value, each in zip(days[-count:], values[-count:], usual)
    )


def of_sources(
    daily: pd.DataFrame,
    newest: str,
    window: int = SETTLING_DAYS,
    held: frozenset[str] = frozenset(),
) -> tuple[Late, ...]:
    """Unfinished days of each issuer of a ledger, by its usage of a day; days after `newest` are not looked at.

    daily   DAILY;  held: ids of the commitments of the inventory

    A day is late at its source: an export of one issuer goes on adding to it while those of others are done.
    """
    if not window:
        return ()
    counted = parts(daily, held)["usage"] & (daily["ChargeDate"] <= pd.Timestamp(newest))
    rows = daily.loc[counted, ["InvoiceIssuerName", "ChargeDate", "EffectiveCost"]]
    late = []
    for source, mine in rows.groupby("InvoiceIssuerName", observed=True):
        by_day = mine.groupby("ChargeDate")["EffectiveCost"].sum()
        used = mine["EffectiveCost"].clip(lower=0.0).groupby(mine["ChargeDate"]).sum()
        every = pd.date_range(by_day.index.min(), newest)
        values = _without_refunds(
            by_day.reindex(every, fill_value=0.0).to_numpy(float),
            used.reindex(every, fill_value=0.0).to_numpy(float),
        )
        late += left_out(every.to_numpy("datetime64[D]"), values, window, source=str(source))
    return tuple(late)


def _without_refunds(net: np.ndarray, used: np.ndarray) -> np.ndarray:
    """What was used on a day (day,) ≥ 0, refunds aside; a day of refunds alone is whole and counts as a week before (docs/method §9.5)."""
    values = used.copy()
    for at in np.flatnonzero((net < 0) & (used <= 0)):
        values[at] = values[max(at - 7, 0)]
    return values


def settled(newest: str, late: tuple[Late, ...]) -> str:
    """The newest day before all unfinished ones."""
    return min([str(np.datetime64(one.day, "D") - 1) for one in late] + [newest])


def say(late: tuple[Late, ...], amount=lambda value: f"{value:,.4g}") -> list[str]:
    """Unfinished days in words, a sentence a source.

    >>> say((Late("2026-07-31", 33.0, 100.0, "Vendor"),))[0]
    '2026-07-31 looks unfinished at Vendor: 33 where about 100 is usual. It is left out of what the forecast learns and forecast itself.'
    """
    said = []
    for source in dict.fromkeys(one.source for one in late):
        mine = [one for one in late if one.source == source]
        days, some = together([one.day for one in mine]), len(mine) > 1
        figures = together(
            [f"{amount(one.written)} where about {amount(one.usual)} is usual" for one in mine]
        )
        said.append(
            f"{days} look{'' if some else 's'} unfinished{f' at {source}' if source else ''}: {figures}. {'They are' if some else 'It is'} left out of what "
            f"the forecast learns and forecast {'themselves' if some else 'itself'}."
        )
    return said


def unfinished(
    values: np.ndarray, first_day=None, days: int = SETTLING_DAYS, season: int = 7
) -> int:
    """How many of the newest steps are probably unfinished, 0 … days (of 24 hours where season is 24).

    values     (step,) ≥ 0, newest last;  first_day: datetime64 of the first one, None: weekdays are not known
    days       the settling window; 0: nothing is left out

    All of them are far under their weekday, and the step before them is not: a fall that lasts longer than the window has happened.

    >>> week = np.tile([100., 104, 97, 101, 99, 60, 55], 9)
    >>> unfinished(week), unfinished(np.append(week[:-1], 20.0)), unfinished(np.append(week[:-3], [20.0] * 3))
    (0, 1, 0)
    """
    whole = len(values)
    values = since_launch(np.asarray(values, float))
    window = days * (season if season == 24 else 1)
    if window < 1 or len(values) < FEWEST + 1 or not (values > 0).any():
        return 0
    calm = len(values) - window
    if season == 7 and kind(values[: max(calm, 1)]) != "steady":
        return 0
    under = (
        _by_season(values, window, season)
        if calm - 1 >= 4 * season
        else _by_lowest(values, window, season, first_day, whole)
    )
    run = int(np.argmin(np.append(under[::-1], False)))
    return run if run <= window else 0


def held(values: np.ndarray) -> np.ndarray:
    """A daily history whose newest day is brought near its usual (day,): one day is no evidence of another level (docs/method §2.27).

    values     (step,) ≥ 0, newest last, the same but for the last one. What only goes on and off, or is not four days old, is left as it is.

    >>> week = np.tile([100., 104, 97, 101, 99, 60, 55], 9)
    >>> [round(float(held(np.append(week[:-1], newest))[-1]), 6) for newest in (55.0, 5500.0, 0.0)]
    [55.0, 55.0, 55.0]
    """
    before = since_launch(np.asarray(values, float)[:-1])
    if len(before) < FEWEST or kind(before) != "steady" or kind(values) != "steady":
        return values
    usual, misses = _newest_usual(np.append(before, values[-1]))
    if not usual > 0:
        return values
    spread = 1.4826 * float(np.median(np.abs(misses - np.median(misses)))) if len(misses) else 0.0
    reach = np.exp(REACH * min(len(before) / REACH_DAYS, 1.0) * spread)
    near = np.clip(values[-1], usual / reach, usual * reach)
    return np.append(values[:-1], near)


def _newest_usual(values: np.ndarray) -> tuple[float, np.ndarray]:
    """What the newest day would usually be, and log(day ÷ its usual) of the days before it (day,).

    The median of the same weekday ÷ the mean of the seven days before, of four weeks, × that mean now; under three weeks the median of all days.
    """
    values = values[-7 * (SEASONS + BEFORE + 3) :]
    ratio, level = _ratios(values, 0, 7)
    at = np.arange(len(values))
    back = at[:, None] - 7 * np.arange(1, BEFORE + 1)
    seen = np.sort(np.where(back >= 7, ratio[np.maximum(back, 0)], np.nan), axis=1)
    count = np.isfinite(seen).sum(axis=1)
    middle = np.array([np.median(row[:n]) if n else np.nan for row, n in zip(seen, count)])
    usual = middle * level
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        misses = np.log(values / usual)[-SEASONS * 7 - 1 : -1]
        misses = misses[np.isfinite(misses)]
        if np.isfinite(usual[-1]) and len(misses) >= 7:
            return float(usual[-1]), misses
        usual = np.median(values[:-1])
        misses = np.log(values[:-1] / usual)
    return float(usual), misses[np.isfinite(misses)]


def expected(values: np.ndarray, late: int, season: int = 7) -> np.ndarray:
    """What the newest `late` steps would usually be (late,): the median of the same weekday of the four weeks before, at the level of now."""
    ratio, level = _ratios(values, late, season)
    at = np.arange(len(values) - late, len(values))
    return _usual(ratio, at, season, len(values) - late, level)


def _ratios(values, window, season):
    """Each step ÷ the mean of the season that ends window + 1 steps before it (step,), NaN where there is none; and that mean."""
    added = np.concatenate(([0.0], np.cumsum(values)))
    at = np.arange(len(values))
    last = at - window
    good = last - season >= 0
    mean = (
        np.where(good, added[np.maximum(last, 0)] - added[np.maximum(last - season, 0)], np.nan)
        / season
    )
    return np.divide(values, mean, out=np.full(len(values), np.nan), where=good & (mean > 0)), mean


def _usual(ratio, at, season, calm, level=None):
    """Median ratio of the same weekday in the seasons before (step,), × level where it is given; NaN where fewer than two are known."""
    back = at[:, None] - season * np.arange(1, BEFORE + 2 + (len(ratio) - calm) // season)
    seen = np.where(
        (back >= 0) & (back < np.maximum(calm, at[:, None] - season + 1)),
        ratio[np.maximum(back, 0)],
        np.nan,
    )
    seen = np.sort(seen[:, :BEFORE], axis=1)
    count = np.isfinite(seen).sum(axis=1)
    middle = np.array([np.median(row[:n]) if n >= 2 else np.nan for row, n in zip(seen, count)])
    return middle if level is None else middle * level[at]


def _by_season(values, window, season):
    """Which of the newest window + 1 steps are far under their weekday (step,), oldest first."""
    calm = len(values) - window - 1
    ratio, _ = _ratios(values, window, season)
    at = np.arange(max(calm - SEASONS * season, 0), len(values))
    usual = _usual(ratio, at, season, calm)
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = np.log(usual / ratio[at])
    fall = np.where(usual > 0, fall, np.nan)
    past = fall[at < calm]
    past = past[~np.isnan(past)]
    if len(past) < 2 * season:
        return np.zeros(window + 1, bool)
    middle = np.median(past)
    spread = 1.4826 * np.median(np.abs(past - middle))
    rank = min(int(np.ceil((1 - LOWEST) * len(past))), len(past) - 1)
    least = max(LEAST_FALL, middle + TIMES * spread, 1.2 * np.sort(past)[rank])
    return np.nan_to_num(fall[-window - 1 :], nan=0.0, posinf=np.inf) > least


def _by_lowest(values, window, season, first_day, whole):
    """The same for a history too short for weekdays: under two thirds of every day before; a first Saturday or Sunday is not judged."""
    first = max(len(values) - window - 1, 0)  # a history shorter than the window: all of it
    known, far_below = list(range(first)), []
    before = whole - len(values)  # days before the first one with use
    weekend = [
        first_day is not None
        and (int(np.datetime64(first_day, "D").astype(int)) + before + at + 3) % 7 >= 5
        for at in range(len(values))
    ]
    for step in range(first, len(values)):
        far = len(known) >= FEWEST and values[step] < SHORT * values[known].min()
        if season == 7 and weekend[step]:
            far = far and any(weekend[at] for at in known)
        far_below.append(far)
        known += [] if far else [step]
    return np.array(far_below, bool)
