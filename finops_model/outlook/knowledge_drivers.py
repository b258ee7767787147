"""A driver of known.yaml by day: its past beside the history, its plan, and how it goes on where the plan ends (docs/method.md §2.21)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import InputError, unknown
from ..periods import add_months, check_month, month_days
from . import ensemble
from .history import History, fill
from .told import DriverPlan

SHAPE_DAYS = 56         # newest days that tell the weekday shape of a driver
LEAST = 0.5             # share of the days of the history that a driver must cover


@dataclass(frozen=True)
class DriverDays:
    """past (day,) beside the history, NaN where unknown; planned (day,) from the day after it, NaN before the plan begins; ranges by position;
    months ((month or day, value a day), …) for words."""

    name: str
    elasticity: float
    dates: np.ndarray
    past: np.ndarray
    planned: np.ndarray
    ranges: tuple[tuple[int, int, float, float, float], ...]
    months: tuple[tuple[str, float], ...]

    def plan(self, days: int) -> DriverPlan:
        """For `days` days ahead: before the plan begins and after it ends the driver goes on by the forecast of what is known of it."""
        ahead = np.full(days, np.nan)
        some = min(days, len(self.planned))
        ahead[:some] = self.planned[:some]
        known = np.flatnonzero(np.isfinite(self.planned))
        if np.isnan(ahead[:known[0]]).any():
            ahead[:known[0]] = self._goes_on(self.past, int(known[0]))[:days]
        if days > len(self.planned):
            whole = np.concatenate([self.past, np.where(np.isfinite(self.planned), self.planned, ahead[:len(self.planned)])])
            ahead[len(self.planned):] = self._goes_on(whole, days - len(self.planned))
        end = len(self.planned)                         # the range of the last planned month stays: a plan's end makes nothing surer
        ranges = tuple((first, days if last == end else min(last, days), *three) for first, last, *three in self.ranges if first < days)
        return DriverPlan(self.name, self.elasticity, self.past, ahead, ranges)

    def _goes_on(self, values: np.ndarray, days: int) -> np.ndarray:
        there = np.flatnonzero(np.isfinite(values))
        values = fill(values[there[0]:there[-1] + 1])
        first = self.dates[0] + there[0]
        return ensemble.fit(History(first + np.arange(len(values)), values), days).point


def read_driver(entry, where: str, settings, facts, newest: str, replay: bool) -> DriverDays | None:
    """The driver of an entry; None where a replay cannot know its plan. Raises InputError: unknown name, no past, no value ahead, a gap."""
    dates, as_of = facts.dates, np.datetime64(facts.as_of, "D")
    past, later = _from_files(entry, where, settings, dates, as_of, newest)
    for month in (*entry.history, *entry.planned):
        check_month(month, f"{where}: month")
    if past is None:
        past = _monthly(entry.history, entry.per, dates)
    covered = int(np.isfinite(past).sum())
    if covered < LEAST * len(past):
        raise InputError(f"{where}: '{entry.name}' covers {covered} of the {len(past)} days of the history; give it for at least half of them.")
    if entry.planned:
        planned, ranges, months = _planned(entry, where, as_of, _weekdays(past, dates))
    elif replay:
        return None
    else:
        planned, ranges = later, ()
        days = [(str(as_of + 1 + i), float(v)) for i, v in enumerate(planned) if np.isfinite(v)]
        months = tuple(days)
    if not months:
        raise InputError(f"{where}: '{entry.name}' has no value after {facts.as_of}. Write months to come (planned: {{{add_months(facts.as_of[:7], 1)}: …}}), "
                         "or add the days to come to the drivers file.")
    return DriverDays(entry.name, entry.elasticity, dates, past, planned, ranges, months)


def _from_files(entry, where, settings, dates, as_of, newest):
    """(past (day,), days to come) of the drivers files; (None, empty) where the entry brings its own history."""
    known: list[str] = []
    if settings.drivers:
        from ..facts import plans

        frame = plans.read_drivers(settings.files(settings.drivers))
        known = sorted(set(frame["name"]))
        if entry.name in known:
            own = frame[frame["name"] == entry.name]
            days, values = own["date"].to_numpy().astype("datetime64[D]"), own["value"].to_numpy(float)
            past = np.full(len(dates), np.nan)
            inside = (days >= dates[0]) & (days <= as_of)
            past[(days[inside] - dates[0]).astype(int)] = values[inside]
            coming = days > max(as_of, np.datetime64(newest, "D"))          # up to the ledger's newest day a row has happened: no plan
            later = np.full(int((days[coming].max() - as_of).astype(int)) if coming.any() else 0, np.nan)
            later[(days[coming] - as_of).astype(int) - 1] = values[coming]
            return past, later
    if not entry.history:
        raise InputError(unknown(where, "driver", entry.name, known, "Take one of the drivers files, or write its past months (history: {2026-01: …})."))
    return None, np.empty(0)


def _monthly(months: Mapping, per: str, dates: np.ndarray) -> np.ndarray:
    """Months as days (day,): each day of a month has its value (per month: the total ÷ days), NaN outside."""
    of = dates.astype("datetime64[M]").astype(str)
    return np.array([months[m] / (len(month_days(m)) if per == "month" else 1) if m in months else np.nan for m in of], float)


def _weekdays(past: np.ndarray, dates: np.ndarray) -> np.ndarray:
    """Weekday shape (7,), mean 1, of the newest weeks; index = days since 1970-01-01 modulo 7."""
    newest = slice(-SHAPE_DAYS, None)
    of, values = dates[newest].astype(int) % 7, past[newest]
    shape = np.array([np.nanmean(values[of == d]) if np.isfinite(values[of == d]).any() else np.nan for d in range(7)])
    return shape / shape.mean() if np.isfinite(shape).all() and shape.mean() > 0 else np.ones(7)


def _planned(entry, where, as_of, shape):
    """(days to come, ranges, months in words) of planned months: each month's days have its value on average, in the weekday shape."""
    months = [m for m in sorted(entry.planned) if month_days(m)[-1] > as_of]
    if not months:
        return np.empty(0), (), ()
    for one, other in zip(months, months[1:]):
        if add_months(one, 1) != other:
            raise InputError(f"{where}: '{entry.name}' has no planned value for {add_months(one, 1)}; give every month from {months[0]} to {months[-1]}.")
    planned = np.full(int((month_days(months[-1])[-1] - as_of).astype(int)), np.nan)
    ranges, said = [], []
    for month in months:
        days, value = month_days(month), entry.planned[month]
        scale = len(days) if entry.per == "month" else 1
        three = value if isinstance(value, Mapping) else dict.fromkeys(("p10", "p50", "p90"), value)
        if min(three.values()) < 0 or not three["p10"] <= three["p50"] <= three["p90"]:
            raise InputError(f"{where}: '{entry.name}' is planned as {value} in {month}; give numbers of 0 or more, p10 ≤ p50 ≤ p90.")
        by_day = shape[days.astype(int) % 7]
        by_day = by_day / by_day.mean()
        at = (days - as_of).astype(int) - 1
        planned[at[at >= 0]] = three["p50"] / scale * by_day[at >= 0]
        said.append((month, three["p50"] / scale))
        if three["p10"] < three["p90"]:
            ranges.append((max(int(at[0]), 0), int(at[-1]) + 1, *(three[key] / scale for key in ("p10", "p50", "p90"))))
    return planned, tuple(ranges), tuple(said)
