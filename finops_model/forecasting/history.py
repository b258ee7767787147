"""A daily history as arrays: checked, gaps filled and counted, its kind named (docs/method §2.8).

What cannot be meant is refused in one sentence; what is merely missing is filled and counted, never dropped silently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import ForecastError

MAX_DAYS = 20_000
MAX_MISSING = 0.4
ALONE_DAYS, ALONE_GAP = (
    7,
    28,
)  # fewer days than this at an end, farther than that from all others: a slip of a date, or silence
ABSENT_WEEKS = 3  # of a history in which a weekday never comes, from which on that is no accident
LARGEST = 1e100  # sums and squares of larger numbers overflow
FEWEST = {"D": 2, "h": 24}  # values that a forecast needs
QUIET_DAYS = 28  # zeros at the end for this long may mean that the workload has ended
RECENT = 182
# Bursts: days of at most BASE of the mean of AROUND days around them are a base; so many must stand on it.
BASE, AROUND, BURSTS = 0.1, 57, 3


@dataclass(frozen=True)
class History:
    """days (day,) datetime64[D] without gaps (or hours, datetime64[h]); values (day,) ≥ 0; filled: how many were missing inside."""

    days: np.ndarray
    values: np.ndarray
    filled: int = 0


def clean(history, where: str = "history", freq: str = "D", as_of=None) -> History:
    """A daily Series, or a frame with `ds` and `y`, as a History; freq "h": an hourly one.

    as_of   a day, YYYY-MM-DD: later ones are not looked at; None: the newest day with a value is the last one known

    Unsorted days are sorted. Missing days and NaN inside are filled with the mean of the same weekday a week before
    and after; at the ends they are cut off. Raises ForecastError for days that appear twice, time zones, times of day,
    text, infinities, negative values, fewer than two days, and where filling would be inventing: over 40 % of the days
    missing, a weekday that never comes, a few days alone at an end.
    """
    last = None if as_of is None else day_of(as_of, where)
    if isinstance(history, History):
        kept = len(history.days) if last is None else int((history.days < last + 1).sum())
        return (
            history
            if kept == len(history.days)
            else History(history.days[:kept], history.values[:kept], history.filled)
        )
    days, values = read_days(history, where, freq)
    if last is not None:
        kept = days < last + 1
        if len(days) and not kept.any():
            raise ForecastError(f"{where}: no day is on or before {last}.")
        days, values = days[kept], values[kept]
    if (days[1:] < days[:-1]).any():
        order = np.argsort(days, kind="stable")
        days, values = days[order], values[order]
    if (twice := days[1:][days[1:] == days[:-1]]).size:
        raise ForecastError(f"{where}: {twice[0]} appears twice. {TWICE[freq]}")
    if (values < 0).any():
        raise ForecastError(
            f"{where}: {days[values < 0][0]} is negative ({values[values < 0][0]:g}). "
            "Forecast usage or cost before credits and corrections."
        )
    known = ~np.isnan(values)
    days, values = days[known], values[known]
    if len(days) < FEWEST[freq]:
        raise ForecastError(_too_short(len(days), where, freq))
    span = int((days[-1] - days[0]).astype(int)) + 1
    missing = span - len(days)
    if span > MAX_DAYS or missing > MAX_MISSING * span:
        raise ForecastError(too_few(days, where, freq))
    if missing and freq == "D":
        _no_invention(days, where)
    whole = np.full(span, np.nan)
    whole[(days - days[0]).astype(int)] = values
    return History(days[0] + np.arange(span), fill(whole, 24 if freq == "h" else 7), missing)


TWICE = {
    "D": "Add up the rows of a day first: history.groupby(level=0).sum().",
    "h": "Where clocks were put back take hours of UTC; else add up the rows of an hour first: history.groupby(level=0).sum().",
}


def _too_short(count: int, where: str, freq: str) -> str:
    """How much history there is, and how much a forecast needs."""
    if freq == "h":
        return (
            f"{where}: {count} hour{'s' * (count != 1)} with a value; a forecast of hours needs at least {FEWEST[freq]}, a whole day. "
            "Give more hours, or leave freq out and give days."
        )
    return f"{where}: {count} day{'s' * (count != 1)} with a value; a forecast needs at least {FEWEST[freq]}."


def day_or_nat(day) -> np.datetime64:
    """A day that is written out, else NaT.

    >>> day_or_nat("2026-12-24"), day_or_nat("2026-12")
    (np.datetime64('2026-12-24'), np.datetime64('NaT','D'))
    """
    try:
        return (
            np.datetime64(str(day)[:10], "D") if len(str(day)) >= 10 else np.datetime64("NaT", "D")
        )
    except ValueError:
        return np.datetime64("NaT", "D")


def newest_day(history, freq: str = "D") -> np.datetime64:
    """The newest day of a history, whatever its value: values of days that nobody asked about are not judged."""
    days = history.days if isinstance(history, History) else read_days(history, "history", freq)[0]
    return days.max().astype("datetime64[D]")


def day_of(day, where: str, what: str = "as_of") -> np.datetime64:
    """A day as it is written, YYYY-MM-DD, or a date or Timestamp. Raises ForecastError."""
    parsed = day_or_nat(day)
    if np.isnat(parsed):
        raise ForecastError(f"{where}: {what} is '{str(day)[:40]}'; it must be a day, YYYY-MM-DD.")
    return parsed


def too_few(days: np.ndarray, where: str, freq: str = "D") -> str:
    """The message for days (day,), ascending, with too many missing between them: data of another step, or holes.

    >>> too_few(np.arange(np.datetime64("2026-01-05"), np.datetime64("2026-03-01"), 7), "history")[:78]
    'history: the days are 7 days apart, so this looks like weekly data. A forecast'
    """
    span, apart = int((days[-1] - days[0]).astype(int)) + 1, np.diff(days).astype(int)
    step, unit = int(np.gcd.reduce(apart)), "hour" if freq == "h" else "day"
    if len(days) > 2 and freq == "h" and step % 24 == 0:
        return f"{where}: the hours are {step} hours apart, so this looks like daily data. Leave freq out: a daily history is forecast by day."
    if len(days) > 2 and freq == "D" and (words := _step(days, apart, step)):
        whole = (
            " Totals of months: freq='M' or --freq M, 24 at least." if "monthly" in words else ""
        )
        return (
            f"{where}: the days are {words}. A forecast needs every day: give the daily rows these were made of, or write 0 where nothing "
            f"was used.{whole}"
        )
    gap = int(np.argmax(apart))
    return (
        f"{where}: {span - len(days):,} of {span:,} {unit}s between {days[0]} and {days[-1]} are missing, "
        f"the longest gap after {days[gap]}. Check the dates, or write 0 where nothing was used."
    )


def _step(days, apart, step) -> str:
    """How far days are apart where that is more than a day each time, in words; "" where it is not regular."""
    months = days.astype("datetime64[M]")
    if (
        len(set((days - months).astype(int))) == 1 or (days + 1 == months + 1).all()
    ):  # the same day of the month, or its last one
        count = int(np.gcd.reduce(np.diff(months).astype(int)))
        if count >= 1:
            names = {
                1: "a month apart, so this looks like monthly data",
                3: "three months apart, so this looks like quarterly data",
                12: "a year apart, so this looks like yearly data",
            }
            return names.get(count, f"{count} months apart")
    if apart.min() >= 28 and apart.max() <= 31:
        return "a month apart, so this looks like monthly data"
    return (
        "" if step == 1 else f"{step} days apart" + ", so this looks like weekly data" * (step == 7)
    )


def _no_invention(days: np.ndarray, where: str) -> None:
    """Refuse gaps that could only be invented: weekdays that never come, and a few days far from all others at either end."""
    span = int((days[-1] - days[0]).astype(int)) + 1
    never = sorted(set(range(7)) - set(((days.astype(int) + 3) % 7).tolist()))
    if never and span >= 7 * ABSENT_WEEKS:
        names = " and ".join(
            ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][day]
            for day in never
        )
        raise ForecastError(
            f"{where}: {names} never come{'s' * (len(never) == 1)} ({span - len(days):,} of {span:,} days are missing). Write 0 where "
            "nothing was used: history.asfreq('D', fill_value=0)."
        )
    far = np.flatnonzero(np.diff(days).astype(int) > ALONE_GAP)
    for at, few, count in (
        (far[-1:], "newest", len(days) - 1 - far[-1:]),
        (far[:1], "oldest", far[:1] + 1),
    ):
        if len(at) and count[0] < ALONE_DAYS:
            left, right = days[at[0]], days[at[0] + 1]
            what = (
                f"the {few} {count[0]} days stand"
                if count[0] > 1
                else f"{right if few == 'newest' else left} stands"
            )
            raise ForecastError(
                f"{where}: {what} alone: no day is known between {left} and {right}. Correct or leave out a date that is wrong, or "
                "write 0 where nothing was used."
            )


def read_days(history, where: str = "history", freq: str = "D") -> tuple[np.ndarray, np.ndarray]:
    """Days (row,) datetime64[D] (or hours) and values (row,), NaN where there is none, in the order they come: the one reading of forecasts,
    backtests and anomalies. Raises ForecastError for what are no days or no numbers."""
    if isinstance(history, pd.DataFrame):
        if not {"ds", "y"} <= set(history.columns):
            raise ForecastError(
                f"{where}: a frame needs the columns ds and y; it has "
                f"{', '.join(map(str, history.columns[:8])) or 'none'}."
            )
        stamps, raw = history["ds"], history["y"]
        if raw.ndim > 1 or stamps.ndim > 1:
            raise ForecastError(
                f"{where}: the column {'y' if raw.ndim > 1 else 'ds'} appears twice. Keep the one that counts."
            )
    elif isinstance(history, pd.Series) and history.index.nlevels > 1:
        raise ForecastError(
            f"{where}: the index has {history.index.nlevels} levels; it must be days alone. Add up or choose first: "
            "history.groupby(level='ds').sum()."
        )
    elif isinstance(history, pd.Series):
        stamps, raw = pd.Series(history.index), history
    else:
        raise ForecastError(
            f"{where}: give a daily pandas Series or a frame with ds and y, "
            f"not {type(history).__name__}."
        )
    if not len(stamps):
        raise ForecastError(_too_short(0, where, freq))
    if pd.api.types.is_numeric_dtype(stamps):
        raise ForecastError(f"{where}: the days are numbers. The index (or ds) must hold dates.")
    if isinstance(stamps.dtype, pd.PeriodDtype):
        stamps = stamps.dt.to_timestamp()
    try:
        stamps = pd.to_datetime(
            stamps, format=None if pd.api.types.is_datetime64_any_dtype(stamps) else "ISO8601"
        )
        zone = stamps.dt.tz
    except (ValueError, TypeError, AttributeError):
        if _offsets(stamps):
            raise ForecastError(
                f"{where}: the days carry offsets from UTC that change. Write them as days of the billing time zone, "
                "2026-10-31."
            ) from None
        raise ForecastError(
            f"{where}: the index (or ds) holds something that is not a date "
            "(text must be written 2026-10-31)."
        ) from None
    if zone is not None and freq == "h":
        raise ForecastError(
            f"{where}: the hours carry the time zone {zone}. Take hours of UTC, where none is left out or comes twice: "
            "history.tz_convert('UTC').tz_localize(None)."
        )
    if zone is not None:
        raise ForecastError(
            f"{where}: the days carry the time zone {zone}. Cut days in the billing time zone first: "
            "history.tz_localize(None) on day starts."
        )
    if stamps.isna().any():
        raise ForecastError(
            f"{where}: a date is missing in row {int(np.argmax(stamps.isna().to_numpy())) + 1}."
        )
    if freq == "h" and (stamps != stamps.dt.floor("h")).any():
        raise ForecastError(
            f"{where}: {stamps[stamps != stamps.dt.floor('h')].iloc[0]} is not a whole hour. "
            "Add up to hours first: history.resample('h').sum()."
        )
    if freq == "D" and (stamps != stamps.dt.normalize()).any():
        raise ForecastError(
            f"{where}: {stamps[stamps != stamps.dt.normalize()].iloc[0]} has a time of day. "
            "Add up to days first: history.resample('D').sum()."
        )
    try:
        numbers = pd.to_numeric(raw)
        if (
            numbers.dtype.kind not in "iuf" or raw.dtype.kind in "mM"
        ):  # true and false, dates, complex numbers
            raise TypeError
        values = numbers.to_numpy(float, na_value=np.nan)
    except (ValueError, TypeError):
        raise ForecastError(f"{where}: a value is not a number.") from None
    days = stamps.to_numpy(f"datetime64[{freq}]")
    if np.isinf(values).any():
        raise ForecastError(
            f"{where}: {days[np.isinf(values)][0]} is infinite. Values must be finite."
        )
    if (np.abs(values) > LARGEST).any():
        big = np.abs(values) > LARGEST
        raise ForecastError(
            f"{where}: {days[big][0]} is {values[big][0]:g}, larger than anything that is used or paid."
        )
    return days, values


def _offsets(stamps) -> bool:
    """Texts that are moments with offsets from UTC, not all the same."""
    try:
        pd.to_datetime(stamps, format="ISO8601", utc=True)
    except (ValueError, TypeError):
        return False
    return True


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
        out[gap] = values[same[max(at - 1, 0) : at + 1]].mean()
    return out


def since_launch(values: np.ndarray) -> np.ndarray:
    """The values from the first day above zero on; all of them where there is none.

    >>> since_launch(np.array([0., 0, 3, 0, 4])).tolist()
    [3.0, 0.0, 4.0]
    """
    used = np.flatnonzero(values > 0)
    return values[used[0] :] if len(used) else values


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
    """ "empty" (never used), "ended", "intermittent" (on and off, not by weekday) or "steady".

    ended          the zeros at the end last QUIET_DAYS or more and half as long again as any pause before
    intermittent   over 30 % of the newest half year are zeros, or at most a tenth of the eight weeks around them (a small
                   base between bursts), weekdays that are always so not counted

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
    rests = _on_and_off(recent <= 0) or (len(recent) > AROUND and _bursts(recent))
    return "intermittent" if rests else "steady"


def _on_and_off(zero: np.ndarray) -> bool:
    """Whether days of nothing are many, and not those of a weekday."""
    weeks = len(zero) // 7
    zero = zero[-7 * weeks :].reshape(weeks, 7)
    closed = zero.mean(axis=0) > 0.9
    return bool(closed.all() or zero[:, ~closed].mean() > 0.3)


def _bursts(values: np.ndarray) -> bool:
    """Whether several bursts stand on a base: days of at most BASE of the mean of AROUND days around them lie between them.

    >>> bursts = np.where(np.arange(182) % 30 < 5, 3000.0, 50.0)
    >>> _bursts(bursts), _bursts(np.repeat([50.0, 3000.0], 91))  # one step is no burst
    (True, False)
    """
    around = np.ones(AROUND)
    mean = np.convolve(values, around, "same") / np.convolve(np.ones(len(values)), around, "same")
    rest = values <= BASE * mean
    begun = int((rest[:-1] & ~rest[1:]).sum())
    return begun >= BURSTS and _on_and_off(rest)
