"""How far something has come that begins late and takes months: launches and migrations (docs/method §3.33)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import ScenarioError, unknown

if TYPE_CHECKING:
    from .risks._base import Uncertain

MONTH = 365.25 / 12  # days
CURVES = ("straight", "s_curve")


def check_curve(curve: str) -> None:
    if curve not in CURVES:
        raise ScenarioError(unknown("", "curve", str(curve)[:40], CURVES))


def progress(age, months: float, curve: str) -> np.ndarray:
    """Share reached at the end of day `age` (1: the first day), 0 … 1; months 0: at once.

    >>> progress(np.array([0, 1, 2]), 0, "straight").tolist(), round(float(progress(15.21875, 1, "s_curve")), 6)
    ([0.0, 1.0, 1.0], 0.5)
    """
    age = np.asarray(age, float)
    if not months:
        return (age > 0).astype(float)
    share = np.clip(age / (months * MONTH), 0.0, 1.0)
    return s_curve(share) if curve == "s_curve" else share


def s_curve(share: np.ndarray) -> np.ndarray:
    """0 … 1 with flat ends: what a launch has reached when `share` of its time has passed."""
    return share * share * (3 - 2 * share)


def month_profile(dates: np.ndarray) -> np.ndarray:
    """(month, day): 1 on the days of each calendar month of a plan."""
    of_day = dates.astype("datetime64[M]")
    return (of_day == np.unique(of_day)[:, None]).astype(float)


def reached(
    seed: int,
    name: str,
    paths: range,
    *,
    dates: np.ndarray,
    since,
    months: float,
    curve: str,
    delay: Uncertain,
    later: float = 0.0,
) -> np.ndarray:
    """Share reached on the last known day, then its mean over the days of each calendar month: (path, 1 + month).

    delay   months by which it begins after `since`, a number or a range: one draw per path;  later: months more, on every path
    """
    from .risks._base import on_paths  # forecasting takes the curve alone: the shelf loads scipy

    delayed = on_paths(delay, seed, f"{name}/delay_months", paths)
    of_day, age = dates.astype("datetime64[M]"), (dates - np.datetime64(since, "D")).astype(int) + 1
    by_month = [progress(age[0] - 1 - (delayed + later) * MONTH, months, curve)]
    for month in np.unique(of_day):  # month by month: paths × all days would be large
        here = age[of_day == month] - (delayed[:, None] + later) * MONTH
        by_month.append(progress(here, months, curve).mean(axis=1))
    return np.array(by_month).reshape(len(by_month), len(paths)).T
