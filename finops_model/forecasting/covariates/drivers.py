"""A driver of known.yaml by day: its past on the days of the history, its plan, and how it goes on where the plan ends (docs/method §2.21)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...errors import InputError, unknown
from ...periods import add_months, check_month, month_days
from .. import ensemble
from ..history import History, fill
from ..widths.noise import EDGES, GRADED, LEADS, WIDTH_80, month_spread
from .applied import DriverPlan

SHAPE_DAYS = 56  # newest days that give the weekday shape of a driver
LEAST = 0.5  # share of the days of the history that a driver must cover
PATHS = 1024  # sample paths that say how uncertain a driver's own forecast is
Z90 = WIDTH_80 / 2  # P90 of a standard normal


@dataclass(frozen=True)
class DriverDays:
    """past (day,) on the days of the history, NaN where unknown; planned (day,) from the day after it, NaN before the plan begins; ranges by position;
    months ((month or day, value a day), …) for words."""

    name: str
    elasticity: float
    dates: np.ndarray
    past: np.ndarray
    planned: np.ndarray
    ranges: tuple[tuple[int, int, float, float, float], ...]
    months: tuple[tuple[str, float], ...]

    def plan(self, days: int) -> DriverPlan:
        """For `days` days ahead: before the plan begins and after it ends the driver goes on by the forecast of what is known of it,
        and is as unsure as that forecast was before, on top of the range of the last planned month."""
        first, end = int(np.flatnonzero(np.isfinite(self.planned))[0]), len(self.planned)
        ahead, ranges = np.full(max(days, end), np.nan), list(self.ranges)
        ahead[:end] = self.planned
        if first:
            ahead[:first], spread = self._goes_on(self.past, first)
            ranges += _own(0, first, spread, (1.0, 1.0, 1.0))
        if days > end:
            ahead[end:], spread = self._goes_on(
                np.concatenate([self.past, ahead[:end]]), days - end
            )
            last = next(
                (three for start, stop, *three in self.ranges if stop == end), (1.0, 1.0, 1.0)
            )
            ranges += _own(end, days, spread, last)
        kept = tuple(
            (start, min(stop, days), *three) for start, stop, *three in ranges if start < days
        )
        return DriverPlan(self.name, self.elasticity, self.past, ahead[:days], kept)

    def _goes_on(self, values: np.ndarray, days: int) -> tuple[np.ndarray, np.ndarray]:
        """(forecast (day,), sd of the log of months 1, 2, 3) of a driver by day."""
        there = np.flatnonzero(np.isfinite(values))
        values = fill(values[there[0] : there[-1] + 1])
        fitted = ensemble.fit(
            History(self.dates[0] + there[0] + np.arange(len(values)), values), max(days, GRADED)
        )
        return fitted.point[:days], month_spread(ensemble.draw(fitted, PATHS, 0, GRADED))


def _own(first: int, last: int, spread: np.ndarray, three) -> list[tuple]:
    """Ranges (from, to, p10, p50, p90 as factors) of days on which a driver has no plan, by months; beyond the third the variance grows on."""
    ranges, variance = [], spread**2
    low, mid, high = three
    sides = [np.log(mid / low) if low > 0 else 0.0, np.log(high / mid) if mid > 0 else 0.0]
    for number, start in enumerate(range(first, last, EDGES[1])):
        more = (
            variance[number]
            if number < LEADS
            else variance[-1]
            + (number - LEADS + 1) * max(variance[-1] - variance[0], 0.0) / (LEADS - 1)
        )
        down, up = (np.hypot(side, Z90 * np.sqrt(more)) for side in sides)
        if up > 0:
            ranges.append(
                (start, min(start + EDGES[1], last), float(np.exp(-down)), 1.0, float(np.exp(up)))
            )
    return ranges


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
        raise InputError(
            f"{where}: '{entry.name}' covers {covered} of the {len(past)} days of the history; give it for at least half of them."
        )
    if entry.planned:
        planned, ranges, months = _planned(entry, where, as_of, _weekdays(past, dates))
    elif replay:
        return None
    else:
        planned, ranges = later, ()
        days = [(str(as_of + 1 + i), float(v)) for i, v in enumerate(planned) if np.isfinite(v)]
        months = tuple(days)
    if not months:
        raise InputError(
            f"{where}: '{entry.name}' has no value after {facts.as_of}. Write months to come (planned: {{{add_months(facts.as_of[:7], 1)}: …}}), "
            "or add the days to come to the drivers file."
        )
    return DriverDays(entry.name, entry.elasticity, dates, past, planned, ranges, months)


def _from_files(entry, where, settings, dates, as_of, newest):
    """(past (day,), days to come) of the drivers files; (None, empty) where the entry brings its own history."""
    known: list[str] = []
    if settings.drivers:
        from ...facts.plans import read as plans

        frame = plans.read_drivers(settings.files(settings.drivers))
        known = sorted(set(frame["name"]))
        if entry.name in known:
            own = frame[frame["name"] == entry.name]
            days, values = (
                own["date"].to_numpy().astype("datetime64[D]"),
                own["value"].to_numpy(float),
            )
            past = np.full(len(dates), np.nan)
            inside = (days >= dates[0]) & (days <= as_of)
            past[(days[inside] - dates[0]).astype(int)] = values[inside]
            coming = days > max(
                as_of, np.datetime64(newest, "D")
            )  # up to the ledger's newest day a row has happened: no plan
            later = np.full(
                int((days[coming].max() - as_of).astype(int)) if coming.any() else 0, np.nan
            )
            later[(days[coming] - as_of).astype(int) - 1] = values[coming]
            return past, later
    if not entry.history:
        raise InputError(
            unknown(
                where,
                "driver",
                entry.name,
                known,
                "Take one of the drivers files, or write its past months (history: {2026-01: …}).",
            )
        )
    return None, np.empty(0)


def _monthly(months: Mapping, per: str, dates: np.ndarray) -> np.ndarray:
    """Months as days (day,): each day of a month has its value (per month: the total ÷ days), NaN outside."""
    of = dates.astype("datetime64[M]").astype(str)
    return np.array(
        [
            months[m] / (len(month_days(m)) if per == "month" else 1) if m in months else np.nan
            for m in of
        ],
        float,
    )


def _weekdays(past: np.ndarray, dates: np.ndarray) -> np.ndarray:
    """Weekday shape (7,), mean 1, of the newest weeks; index = days since 1970-01-01 modulo 7."""
    newest = slice(-SHAPE_DAYS, None)
    of, values = dates[newest].astype(int) % 7, past[newest]
    shape = np.array(
        [
            np.nanmean(values[of == d]) if np.isfinite(values[of == d]).any() else np.nan
            for d in range(7)
        ]
    )
    return shape / shape.mean() if np.isfinite(shape).all() and shape.mean() > 0 else np.ones(7)


def _planned(entry, where, as_of, shape):
    """(days to come, ranges, months in words) of planned months: each month's days have its value on average, in the weekday shape."""
    months = [m for m in sorted(entry.planned) if month_days(m)[-1] > as_of]
    if not months:
        return np.empty(0), (), ()
    for one, other in zip(months, months[1:]):
        if add_months(one, 1) != other:
            raise InputError(
                f"{where}: '{entry.name}' has no planned value for {add_months(one, 1)}; give every month from {months[0]} to {months[-1]}."
            )
    planned = np.full(int((month_days(months[-1])[-1] - as_of).astype(int)), np.nan)
    ranges, said = [], []
    for month in months:
        days, value = month_days(month), entry.planned[month]
        scale = len(days) if entry.per == "month" else 1
        three = value if isinstance(value, Mapping) else dict.fromkeys(("p10", "p50", "p90"), value)
        if min(three.values()) < 0 or not three["p10"] <= three["p50"] <= three["p90"]:
            raise InputError(
                f"{where}: '{entry.name}' is planned as {value} in {month}; give numbers of 0 or more, p10 ≤ p50 ≤ p90."
            )
        by_day = shape[days.astype(int) % 7]
        by_day = by_day / by_day.mean()
        at = (days - as_of).astype(int) - 1
        planned[at[at >= 0]] = three["p50"] / scale * by_day[at >= 0]
        said.append((month, three["p50"] / scale))
        if three["p10"] < three["p90"]:
            ranges.append(
                (
                    max(int(at[0]), 0),
                    int(at[-1]) + 1,
                    *(three[key] / scale for key in ("p10", "p50", "p90")),
                )
            )
    return planned, tuple(ranges), tuple(said)
