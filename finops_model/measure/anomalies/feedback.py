"""What people said about an alert, and how it changes what is expected (docs/method §12.6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ...errors import InputError, unknown
from .expected import SHARE_WEEKS, median
from .panel import Panel

VERDICTS = ("expected", "real")
BACK = 7  # known days back at the old level, one after the other, that end an accepted level
TEXT = 500  # characters of a reason


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """One verdict on one alert.

    expected: the new level is meant; it is not raised again while it lasts, and what came before stays the baseline for what comes after.
    real: it was not meant; its days never become part of the expectation.
    """

    alert: str  # id of the alert
    kind: str  # spend, runaway, quota, pace, forecast, commitment, gap
    dimension: str  # workload, team, sku …
    subject: str
    verdict: str  # expected | real
    start: str  # first and last day of the alert as it was known, YYYY-MM-DD
    end: str
    expected: float  # amount expected over these days
    actual: float  # amount there was
    because: str = ""
    recorded: str = ""  # day of the verdict, YYYY-MM-DD
    hours: float = 0.0  # GPU-hours over these days, and expected: 0 where there are none
    hours_expected: float = 0.0

    def __post_init__(self):
        if self.verdict not in VERDICTS:
            raise InputError(unknown("feedback", "verdict", str(self.verdict), VERDICTS))
        for name in ("start", "end"):
            try:
                np.datetime64(getattr(self, name), "D")
            except ValueError:
                raise InputError(
                    f"feedback: {name} is '{getattr(self, name)}'; it must be a day, YYYY-MM-DD."
                ) from None
        for name in ("expected", "actual", "hours", "hours_expected"):
            value = getattr(self, name)
            if (
                isinstance(value, bool)
                or not isinstance(value, (int, float))
                or not np.isfinite(value)
            ):
                raise InputError(f"feedback: {name} is '{value}'; it must be a finite number.")
        object.__setattr__(self, "because", " ".join(str(self.because).split())[:TEXT])

    def ratio(self, hours: bool = False) -> float:
        """New level ÷ old level; infinite where nothing was expected before."""
        new, old = (
            (self.hours, self.hours_expected)
            if hours and self.hours
            else (self.actual, self.expected)
        )
        return new / old if old > 0 else np.inf


def latest(feedback: Iterable[Feedback]) -> dict[str, Feedback]:
    """The newest verdict of each alert: who changes their mind writes another line."""
    return {one.alert: one for one in feedback}


def apply_feedback(
    panel: Panel, feedback: Iterable[Feedback], hours: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """(values, factor), both (series, day): the history as the expectation may see it, and what to multiply the answer by.

    feedback   of this panel's subjects, kinds spend and runaway

    Days of an accepted level are divided by new level ÷ old level, from the day it began until seven known days in a row are back at the old
    one (nearer to it than to the new one), so the expectation goes on as if nothing had happened and a further rise stands out. A launch
    (nothing expected before) begins the history; days of a stop (nothing left) are not judged: factor NaN. Days of a real anomaly are left
    out of the expectation.
    """
    values, factor = panel.values.copy(), np.ones(panel.values.shape)
    place = {name: i for i, name in enumerate(panel.names)}
    for one in latest(feedback).values():
        if one.subject not in place:
            continue
        row = place[one.subject]
        first, last = (
            int((np.datetime64(day, "D") - panel.days[0]).astype(int))
            for day in (one.start, one.end)
        )
        if first >= len(panel.days) or last < 0:
            continue
        first = max(first, 0)
        if one.verdict == "real":
            values[row, first : last + 1] = np.nan
            continue
        ratio = one.ratio(hours)
        if not np.isfinite(ratio):
            values[row, :first] = np.nan
        else:
            days = accepted_days(panel.values[row], first, ratio)
            factor[row, days] *= (
                ratio if ratio > 0 else np.nan
            )  # a stop that was meant: its zeros say nothing about other days
            values[row, days] /= ratio if ratio > 0 else np.nan
    return values, factor


def accepted_days(values: np.ndarray, first: int, ratio: float) -> np.ndarray:
    """Positions of the days that are at the new level, from `first` on; each is told from the days up to it.

    >>> accepted_days(np.array([10.] * 14 + [20, 20, 10, 20] + [10] * 9 + [20]), 14, 2.0).tolist()
    [14, 15, 17]
    """
    accepted, back = [], 0
    for day in range(first, len(values)):
        if not np.isfinite(values[day]):
            continue
        weekday = [values[before] for before in range(first - 7 + (day - first) % 7, -1, -7)][
            :SHARE_WEEKS
        ]
        old = float(median(np.array([weekday]))[0]) if weekday else np.nan
        middle = old * (1 + ratio) / 2
        here = not np.isfinite(middle) or (
            values[day] >= middle if ratio >= 1 else values[day] <= middle
        )
        back = 0 if here else back + 1
        if here:
            accepted.append(day)
        if back >= BACK:
            break
    return np.array(accepted, int)
