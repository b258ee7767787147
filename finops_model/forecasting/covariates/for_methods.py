"""Covariates for methods that take them themselves (docs/method §2.18).

The ensemble mixes forecasts of the rest: the history with everything known divided out. A method that TAKES_COVARIATES (Prophet) gets days off back into
the history, and names, driver, cap and floor with it; what it says is brought to the rest again, and so compared and mixed with the others.
The driver stays divided out, and is a regressor of what that leaves: a trend that rises with the driver cannot take its effect away, a
given elasticity that is off is corrected. Beyond what the history saw of the driver the given elasticity alone holds: a regression knows no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np

FAR = 10.0  # a cap so many times over everything used is no saturation: a logistic curve far from its cap is an exponential
LEAST = 1e-6  # a driver that varies less in the history teaches nothing; and days off that leave less of a day


@dataclass(frozen=True)
class MethodCovariates:
    """Known things by day: `days` of the history and ahead (day,), all arrays of the same days; None where nothing is known.

    off     {date: name} and their factors as the ensemble learned them;  driver, power: its values and driver ** elasticity
    cap, floor   in the unit of the undisturbed history;  options: what was set for a method, by its name
    """

    days: np.ndarray
    off: Mapping | None = None
    off_factor: np.ndarray | None = None
    driver: np.ndarray | None = None
    power: np.ndarray | None = None
    cap: np.ndarray | None = None
    floor: np.ndarray | None = None
    options: Mapping = field(default_factory=dict)

    def point(
        self, module: ModuleType, history: np.ndarray, dates: np.ndarray, horizon: int
    ) -> np.ndarray:
        """What a method says of the rest (horizon,) after a history of the rest (day,)."""
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
        whole = history * times[: len(history)]
        if (
            self.cap is not None
            and (self.cap[here] / rest)[len(history) :].min() < FAR * whole.max()
        ):
            given["cap"] = np.maximum(self.cap[here] / rest, 0.01 * whole.mean())
            if self.floor is not None:
                given["floor"] = np.minimum(self.floor[here] / rest, 0.99 * given["cap"])
        return module.point(whole, dates, horizon, 7, **given) / times[len(history) :]
