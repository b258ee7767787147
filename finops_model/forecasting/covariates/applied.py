"""Covariates as arrays, and what is done with them: taken out of a history, laid over its forecast (docs/method §2.9–§2.12, §2.20).

    history:  rest   = (use − added) ÷ factor ÷ driver ^ elasticity ÷ days off        fitted as any history is
    future:   median = rest ahead × driver ^ elasticity × days off × factor + added;  no path leaves floor and cap

This is the only place that does either. A workspace's document becomes `Covariates` in workspace.py, the arguments of `fm.forecast` in series.py.

An uncertain number has one draw per path. A forecast of a series draws it where it acts (`Applied.on_paths`). A plan multiplies its median by
1 + part·(x ÷ p50 − 1), part being what hangs on it that day (`Applied.over`): so one draw serves demand that is simulated later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...errors import ForecastError
from ...uncertainty.distributions import Distribution
from ...uncertainty.elicit import elicit
from ..history import History, fill
from ..settling import Late, held, left_out
from .days_off import holiday_effects
from .events import Event, drawn, effect, middle, ramp, undisturbed
from .for_methods import MethodCovariates, before_events, changes
from .timeline import Timeline

FEWEST = 1e-9  # a driver below it carries no intensity
STEPS = (
    32  # a part of the median that is uncertain counts in thirty-seconds: at most 1/64 of it off
)


@dataclass(frozen=True)
class Part:
    """Path factor 1 + part·(x − 1), x = the uncertain number ÷ its p50, to the power of an elasticity.

    stays   the law is of what stays (a share that moves away is 1 − what stays): high draws mean little stays
    """

    law: Distribution
    middle: float
    part: float = 1.0
    power: float = 1.0
    stays: bool = False

    def on_paths(self, uniform, name: str) -> np.ndarray:
        """(path,) from the named draw."""
        draw = uniform(name)
        return (
            1 + self.part * (self.law.quantile(1 - draw if self.stays else draw) / self.middle - 1)
        ) ** self.power


@dataclass(frozen=True)
class Uncertain:
    """An uncertain number of what is known: `which[t]` says which law holds on day t, −1 none; one draw for all days."""

    draw: str
    which: np.ndarray  # (day,)
    laws: tuple[Part, ...]

    def timeline(self, days: int) -> Timeline:
        """As a factor of demand by day, for a plan."""
        return Timeline(
            np.ones(days), self.which[:days], tuple(((self.draw, law),) for law in self.laws)
        )


@dataclass(frozen=True)
class DriverPlan:
    """A driver by day: its past on the days of the history, and what is planned.

    past, ahead   (day,), NaN where the past says nothing;  ranges (from, to, p10, p50, p90) positions of days ahead, to is exclusive
    """

    name: str
    elasticity: float
    past: np.ndarray
    ahead: np.ndarray
    ranges: tuple[tuple[int, int, float, float, float], ...] = ()


@dataclass(frozen=True)
class Covariates:
    """What people know of one series, in its unit. Days ahead: from the day after the history.

    draws   event -> name of its uniform draw;  off {date: name of the day off};  cap, floor (day,) the most and the least of each day ahead, inf
    and 0 where there is none;  options: what was set for a method, by its name
    """

    events: tuple[Event, ...] = ()
    draws: Mapping[str, str] | None = None
    driver: DriverPlan | None = None
    off: Mapping | None = None
    cap: np.ndarray | None = None
    floor: np.ndarray | None = None
    options: Mapping = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Applied:
    """The rest of a history, and what is laid over its forecast. Days ahead (day,)."""

    base: History
    late: int  # newest days that say nothing: they are forecast too
    ahead: np.ndarray
    driven: np.ndarray  # driver ** elasticity, 1 without one
    off: np.ndarray
    factor: np.ndarray  # of the p50 of events, and what they add
    added: np.ndarray
    least: np.ndarray
    most: np.ndarray
    events: tuple[Event, ...]
    pending: tuple[tuple[Event, str], ...]  # uncertain events and their draws
    driver: DriverPlan | None
    own: MethodCovariates  # for methods that take covariates themselves (§2.18)
    unsettled: tuple[Late, ...] = ()  # newest days that look unfinished (§2.24)

    def over(self, point: np.ndarray) -> tuple[np.ndarray, tuple[Uncertain, ...]]:
        """The median ahead from the forecast of the rest (late + day,), and the uncertain numbers behind it; caps are a plan's."""
        point = point[self.late : self.late + len(self.ahead)]
        certain = point * (self.driven * self.off * self.factor)
        median = np.maximum(certain + self.added, 0.0)
        uncertain = []
        if self.driver and self.driver.ranges:
            uncertain.append(_driver_range(self.driver, _part(certain, median)))
        for event, draw in self.pending:
            uncertain.append(_event_range(event, draw, self.ahead, median))
        return median, tuple(uncertain)

    def on_paths(
        self, median: np.ndarray, paths: np.ndarray, seed: int, driven: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Median (day,) and paths (path, day) ahead from those of the rest; every uncertain number is drawn.

        driven    (path, day) driver ** elasticity on each path; None: its middle on all
        """
        each = self.driven if driven is None else driven
        sizes = {event.label: drawn(event, len(paths), seed) for event in self.events}
        factor, added = effect(self.events, self.ahead, sizes)
        own = median[self.late :] * self.driven * self.off * self.factor + self.added
        laid = paths[:, self.late :] * each * self.off * factor + added
        return np.clip(own, self.least, self.most), np.clip(laid, self.least, self.most)


def apply_covariates(
    covariates: Covariates,
    values: np.ndarray,
    dates: np.ndarray,
    horizon: int,
    settling_days: int = 0,
) -> Applied:
    """Take covariates out of a history and prepare what is laid over the days after it.

    Parameters
    ----------
    covariates : Covariates
        Events, a driver, days off, a cap, a floor.
    values : array (day,)
        The history, >= 0.
    dates : array (day,) datetime64[D]
        Of the history, consecutive.
    horizon : int
        Days after it.
    settling_days : int, optional
        Newest days that may be unfinished; judged once covariates are divided out, so that a fall
        that an event explains is none.

    Returns
    -------
    Applied
        The undisturbed history, and factors and sums by day ahead (horizon,).

    Raises
    ------
    ForecastError
        Covariates leave fewer than two days to learn from.

    Source
    ------
    docs/method §2.9 to §2.12.

    Examples
    --------
    >>> days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-03-01"))
    >>> cut = Covariates((Event("price_change", "2026-03-05", factor=0.5),))
    >>> applied = apply_covariates(cut, np.full(len(days), 8.0), days, 10)
    >>> applied.over(np.full(10, 8.0))[0].tolist()
    [8.0, 8.0, 8.0, 8.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    """
    ahead = dates[-1] + np.arange(1, horizon + 1)
    days = np.concatenate([dates, ahead])
    rest = undisturbed(values, dates, covariates.events)
    driven, whole_driver, power = np.ones(horizon), None, None

    if covariates.driver is not None:
        past = np.where(covariates.driver.past > FEWEST, covariates.driver.past, np.nan)
        planned = np.maximum(covariates.driver.ahead, 0.0)
        rest = rest / past**covariates.driver.elasticity
        driven = planned**covariates.driver.elasticity
        whole_driver = np.concatenate(
            [fill(past) if np.isfinite(past).any() else np.ones(len(past)), planned]
        )
        power = whole_driver**covariates.driver.elasticity

    off = np.ones(len(days))
    if covariates.off:
        off = _off(holiday_effects(rest, dates, covariates.off), covariates.off, days)
        rest = rest / off[: len(dates)]

    unsettled: tuple[Late, ...] = ()
    if settling_days and not np.isnan(rest[-1:]).any():
        unsettled = left_out(dates, fill(rest), settling_days)
        if not unsettled:
            rest = np.append(rest[:-1], held(fill(rest))[-1])
        rest = np.where(np.arange(len(rest)) < len(rest) - len(unsettled), rest, np.nan)

    factor, added = effect(
        covariates.events, ahead, {event.label: middle(event) for event in covariates.events}
    )
    observed = np.flatnonzero(np.isfinite(rest))
    if len(observed) < 2:
        raise ForecastError(
            "covariates: they leave fewer than two days of the history to learn from; take some of them out."
        )

    first, last = observed[0], observed[-1]
    pending = tuple(
        (event, (covariates.draws or {}).get(event.label, f"event/{event.label}"))
        for event in covariates.events
        if isinstance(event.size(), Mapping)
    )

    def undone(limit):
        """A limit as one of the rest, on all days; None where there is none."""
        if limit is None:
            return None
        limit = before_events(limit, factor, added)
        return np.concatenate([np.full(len(dates), limit[0]), limit])

    return Applied(
        base=History(dates[first : last + 1], fill(rest[first : last + 1])),
        late=len(rest) - 1 - int(last),
        ahead=ahead,
        driven=driven,
        off=off[len(dates) :],
        factor=factor,
        added=added,
        least=np.zeros(horizon) if covariates.floor is None else covariates.floor,
        most=np.full(horizon, np.inf) if covariates.cap is None else covariates.cap,
        events=covariates.events,
        pending=pending,
        driver=covariates.driver,
        own=MethodCovariates(
            days,
            covariates.off or None,
            off if covariates.off else None,
            whole_driver,
            power,
            undone(covariates.cap),
            undone(covariates.floor),
            covariates.options,
            changes(covariates.events, dates),
        ),
        unsettled=unsettled,
    )


def _off(effects: Mapping[str, float], names: Mapping, days: np.ndarray) -> np.ndarray:
    return np.array([effects.get(names.get(day), 1.0) for day in days.astype(object)])


def _part(some: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.clip(np.divide(some, whole, out=np.zeros_like(whole), where=whole > 0), 0.0, 1.0)


def _event_range(event: Event, draw: str, ahead: np.ndarray, median: np.ndarray) -> Uncertain:
    """The range of an event's number as a factor of the median.

    amount   p50·ramp of the median hangs on it;  factor f: 1 + (f − 1)·ramp, of which f·ramp hangs on it;  share s: what stays, 1 − s, likewise
    """
    size, curve = event.size(), ramp(event, ahead)
    low, mid, high = (float(size[key]) for key in ("p10", "p50", "p90"))
    if event.amount is not None:
        part, law, stays = _part(mid * curve, median), elicit(low, mid, high), False
    elif event.factor is not None:
        part, law, stays = mid * curve / (1 + (mid - 1) * curve), elicit(low, mid, high), False
    else:
        mid = 1 - mid
        part, law, stays = (
            mid * curve / (1 + (mid - 1) * curve),
            elicit(1 - high, mid, 1 - low),
            True,
        )
    step = np.rint(part * STEPS).astype(int)
    laws, which = [], np.full(len(ahead), -1)
    for one in np.unique(step[step > 0]):
        which[step == one] = len(laws)
        laws.append(Part(law, mid, one / STEPS, 1.0, stays))
    return Uncertain(draw, which, tuple(laws))


def _driver_range(driver: DriverPlan, part: np.ndarray) -> Uncertain:
    """Planned ranges as a factor: one draw for all days, so that a good year is good in every month."""
    which, laws = np.full(len(driver.ahead), -1), []
    for first, last, low, mid, high in driver.ranges:
        which[first:last] = len(laws)
        laws.append(
            Part(elicit(low, mid, high, f"{driver.name}: planned"), mid, 1.0, driver.elasticity)
        )
    which[part == 0] = -1
    return Uncertain(f"known/driver/{driver.name}", which, tuple(laws))


def together(uncertain: Sequence[Sequence[Uncertain]]) -> tuple[tuple[int, Uncertain], ...]:
    """(workload position, uncertain number) of all workloads, those that do nothing left out."""
    return tuple(
        (w, one) for w, own in enumerate(uncertain) for one in own if (one.which >= 0).any()
    )
