"""A daily history as arrays: checked, gaps filled and counted, its kind told (docs/method.md §2.8).

What cannot be meant is refused in one sentence; what is merely missing is filled and counted, never dropped silently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import ForecastError

MAX_DAYS = 20_000
MAX_MISSING = 0.4
QUIET_DAYS = 28         # zeros at the end for this long may mean that the workload has ended
RECENT = 182


@dataclass(frozen=True)
class History:
    """days (day,) datetime64[D] without gaps (or hours, datetime64[h]); values (day,) ≥ 0; filled: how many were missing inside."""

    days: np.ndarray
    values: np.ndarray
    filled: int = 0


def clean(history, where: str = "history", freq: str = "D") -> History:
    """A daily Series, or a frame with `ds` and `y`, as a History; freq "h": an hourly one.

    Unsorted days are sorted. Missing days and NaN inside are filled with the mean of the same weekday a week before
    and after; at the ends they are cut off. Raises ForecastError for days that stand twice, time zones, times of day,
    text, infinities, negative values, fewer than two days, and when over 40 % of the days would have to be filled.
    """
    if isinstance(history, History):
        return history
    days, values = _columns(history, where, freq)
    if len(values) and not np.isfinite(values[~np.isnan(values)]).all():
        raise ForecastError(f"{where}: {_day(days[np.isinf(values)][0])} is infinite. Values must be finite.")
    if len(days) != len(np.unique(days)):
        ordered = np.sort(days)
        twice = ordered[1:][ordered[1:] == ordered[:-1]][0]
        raise ForecastError(f"{where}: {_day(twice)} stands twice. Add up the rows of a day first: "
                            "history.groupby(level=0).sum().")
    order = np.argsort(days)
    days, values = days[order], values[order]
    if (values < 0).any():
        raise ForecastError(f"{where}: {_day(days[values < 0][0])} is negative ({values[values < 0][0]:g}). "
                            "Forecast usage or cost before credits and corrections.")
    known = ~np.isnan(values)
    days, values = days[known], values[known]
    if len(days) < 2:
        raise ForecastError(f"{where}: {len(days)} day{'s' * (len(days) != 1)} with a value; a forecast needs at least 2.")
    span = int((days[-1] - days[0]).astype(int)) + 1
    missing = span - len(days)
    if span > MAX_DAYS or missing > MAX_MISSING * span:
        gap = int(np.argmax(np.diff(days)))
        raise ForecastError(f"{where}: {missing:,} of {span:,} days between {_day(days[0])} and {_day(days[-1])} are missing, "
                            f"the longest gap after {_day(days[gap])}. Check the dates, or write 0 where nothing was used.")
    whole = np.full(span, np.nan)
    whole[(days - days[0]).astype(int)] = values
    return History(days[0] + np.arange(span), fill(whole, 24 if freq == "h" else 7), missing)


def _columns(history, where, freq):
    if isinstance(history, pd.DataFrame):
        if not {"ds", "y"} <= set(history.columns):
            raise ForecastError(f"{where}: a frame needs the columns ds and y; it has "
                                f"{', '.join(map(str, history.columns[:8])) or 'none'}.")
        stamps, raw = history["ds"], history["y"]
    elif isinstance(history, pd.Series):
        stamps, raw = pd.Series(history.index), history
    else:
        raise ForecastError(f"{where}: give a daily pandas Series or a frame with ds and y, "
                            f"not {type(history).__name__}.")
    if not len(stamps):
        raise ForecastError(f"{where}: 0 days with a value; a forecast needs at least 2.")
    if pd.api.types.is_numeric_dtype(stamps):
        raise ForecastError(f"{where}: the days are numbers. The index (or ds) must hold dates.")
    try:
        stamps = pd.to_datetime(stamps, format=None if pd.api.types.is_datetime64_any_dtype(stamps) else "ISO8601")
        zone = stamps.dt.tz
    except (ValueError, TypeError, AttributeError):
        raise ForecastError(f"{where}: the index (or ds) holds something that is not a date "
                            "(text must be written 2026-10-31).") from None
    if zone is not None:
        raise ForecastError(f"{where}: the days carry the time zone {zone}. Cut days in the billing time zone first: "
                            "history.tz_localize(None) on day starts.")
    if stamps.isna().any():
        raise ForecastError(f"{where}: a date is missing in row {int(np.argmax(stamps.isna().to_numpy())) + 1}.")
    if freq == "h" and (stamps != stamps.dt.floor("h")).any():
        raise ForecastError(f"{where}: {stamps[stamps != stamps.dt.floor('h')].iloc[0]} is not a whole hour. "
                            "Add up to hours first: history.resample('h').sum().")
    if freq == "D" and (stamps != stamps.dt.normalize()).any():
        raise ForecastError(f"{where}: {stamps[stamps != stamps.dt.normalize()].iloc[0]} has a time of day. "
                            "Add up to days first: history.resample('D').sum().")
    try:
        values = pd.to_numeric(raw).to_numpy(float, na_value=np.nan)
    except (ValueError, TypeError):
        raise ForecastError(f"{where}: a value is not a number.") from None
    return stamps.to_numpy(f"datetime64[{freq}]"), values


def _day(day) -> str:
    return str(np.datetime64(day))


def fill(values: np.ndarray, season: int = 7) -> np.ndarray:
    """Gaps (NaN) filled with the mean of the same weekday (or hour of the day) one season before and after, else the nearest such.

    >>> fill(np.array([1., 2, 3, 4, 5, 6, 7, np.nan, 2, 3, 4, 5, 6, 7, 3])).tolist()[7]
    2.0
    """
    gaps = np.flatnonzero(np.isnan(values))
    if not len(gaps):
        return values
    out = values.copy()
    known = np.flatnonzero(~np.isnan(values))
    for gap in gaps:
        same = known[known % season == gap % season]
        if not len(same):
            out[gap] = np.interp(gap, known, values[known])
            continue
        at = np.searchsorted(same, gap)
        out[gap] = values[same[max(at - 1, 0):at + 1]].mean()
    return out


def since_launch(values: np.ndarray) -> np.ndarray:
    """The values from the first day above zero on; all of them where there is none.

    >>> since_launch(np.array([0., 0, 3, 0, 4])).tolist()
    [3.0, 0.0, 4.0]
    """
    used = np.flatnonzero(values > 0)
    return values[used[0]:] if len(used) else values


def longest_quiet(values: np.ndarray) -> tuple[int, int]:
    """Length of the run of zeros at the end, and of the longest run before it.

    >>> longest_quiet(np.array([1., 0, 0, 2, 0, 0, 0]))
    (3, 2)
    """
    used = np.flatnonzero(values > 0)
    if not len(used):
        return len(values), 0
    return len(values) - 1 - int(used[-1]), int(np.diff(used).max(initial=1)) - 1


def kind(values: np.ndarray) -> str:
    """"empty" (never used), "ended", "intermittent" (on and off, not by weekday) or "steady".

    ended          the zeros at the end last QUIET_DAYS or more and half as long again as any pause before
    intermittent   over 30 % of the newest half year are zeros, weekdays that are always zero not counted

    >>> kind(np.zeros(50)), kind(np.append(np.ones(90), np.zeros(40))), kind(np.tile([1., 1, 1, 1, 1, 0, 0], 20))
    ('empty', 'ended', 'steady')
    """
    values = since_launch(np.asarray(values, float))
    if not (values > 0).any():
        return "empty"
    now, before = longest_quiet(values)
    if now >= QUIET_DAYS and now > 1.5 * before:
        return "ended"
    recent = values[-RECENT:]
    weeks = len(recent) // 7
    if weeks < 4:
        return "intermittent" if len(recent) >= 14 and (recent <= 0).mean() > 0.5 else "steady"
    zero = (recent[-7 * weeks:] <= 0).reshape(weeks, 7)
    closed = zero.mean(axis=0) > 0.9
    return "intermittent" if closed.all() or zero[:, ~closed].mean() > 0.3 else "steady"
