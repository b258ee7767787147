"""Covariates for methods that take them themselves (docs/method §2.18).

The ensemble mixes forecasts of the rest: the history with everything known divided out. A method that TAKES_COVARIATES (Prophet) gets days off back into
the history, and names, driver, cap and floor with it; what it says is brought to the rest again, and so compared and mixed with the others.
The driver stays divided out, and is a regressor of what that leaves: a trend that rises with the driver cannot take its effect away, a
given elasticity that is off is corrected. A cap is one number: a logistic curve under a cap that moves would move with it, and a driver that doubles, or an
event, would change nothing; paths stop at the cap of their day anyway. One that begins or ends is no saturation. Beyond what the history saw of the driver the given elasticity alone holds: a regression knows no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np

from .events import LITTLE, Event

FAR = 10.0  # a cap so many times over everything used is no saturation: a logistic curve far from its cap is an exponential
LEAST = 1e-6  # a driver that varies less in the history teaches nothing; and days off that leave less of a day


@dataclass(frozen=True)
class MethodCovariates:
    """Known things by day: `days` of the history and ahead (day,), all arrays of the same days; None where nothing is known.

    off     {date: name} and their factors as the ensemble learned them;  driver, power: its values and driver ** elasticity
    cap, floor   in the unit of the undisturbed history;  options: what was set for a method, by its name
    changes      days of the history on which something known began: there a trend may bend
    """

    days: np.ndarray
    off: Mapping | None = None
    off_factor: np.ndarray | None = None
    driver: np.ndarray | None = None
    power: np.ndarray | None = None
    cap: np.ndarray | None = None
    floor: np.ndarray | None = None
    options: Mapping = field(default_factory=dict)
    changes: tuple[str, ...] = ()

    def point(
        self, module: ModuleType, history: np.ndarray, dates: np.ndarray, horizon: int
    ) -> np.ndarray:
        """What a method says of the rest (horizon,) after a history of the rest (day,)."""
        times, given = self.given(module, history, dates, horizon)
        whole = history * times[: len(history)]
        return module.point(whole, dates, horizon, 7, **given) / times[len(history) :]

    def given(
        self, module: ModuleType, history: np.ndarray, dates: np.ndarray, horizon: int
    ) -> tuple[np.ndarray, dict]:
        """(factors of days off, what the method is told beside) for a history of the rest: (day + horizon,) each; its history is times the factors."""
        start = int((dates[0] - self.days[0]).astype(int))
        here = np.minimum(
            start + np.arange(len(history) + horizon), len(self.days) - 1
        )  # graded beyond what is asked for: never scored
        times, rest, given = (
            np.ones(len(here)),
            np.ones(len(here)),
            dict(self.options.get(module.__name__.rpartition(".")[2], {})),
        )
        if self.off:
            times, given["off"] = np.maximum(self.off_factor[here], LEAST), self.off
        if self.driver is not None:
            driver, rest = self.driver[here], np.maximum(self.power[here], LEAST)
            seen = driver[: len(history)]
            if seen.std() > LEAST * seen.mean():
                given["driver"] = np.clip(driver, seen.min(), seen.max())
        if self.changes:
            given["changes"] = self.changes
        whole = history * times[: len(history)]
        if self.cap is not None and np.isfinite(self.cap[here]).all():
            ahead = np.arange(len(here)) >= len(history)
            ahead &= rest >= 0.5 * rest.mean()  # not the days on which the driver rests
            most = float((self.cap[here] / rest)[ahead].max()) if ahead.any() else np.inf
            if most < FAR * whole.max():
                given["cap"] = np.full(len(here), max(most, 0.01 * whole.mean()))
                if self.floor is not None:
                    least = float((self.floor[here] / rest)[ahead].min())
                    given["floor"] = np.minimum(least, 0.99 * given["cap"])
        return times, given


def before_events(limit: np.ndarray, factor: np.ndarray, added: np.ndarray) -> np.ndarray:
    """A limit of each day as one of the undisturbed use (day,).

    >>> before_events(np.array([12.0, 12.0]), np.array([1.0, 2.0]), np.array([0.0, 2.0])).tolist()
    [12.0, 5.0]
    """
    clear = factor > LITTLE
    return np.where(clear, np.maximum(limit - added, 0.0) / np.where(clear, factor, 1.0), limit)


def changes(events: Sequence[Event], days: np.ndarray) -> tuple[str, ...]:
    """First days of events inside a history, in order.

    >>> changes([Event("shutdown", "2026-01-03"), Event("shutdown", "2026-09-01")], np.arange("2026-01-01", "2026-02-01", dtype="datetime64[D]"))
    ('2026-01-03',)
    """
    first, last = str(days[0]), str(days[-1])
    return tuple(sorted({event.since for event in events if first < event.since < last}))
