"""Month totals forecast as month totals, where no days are known (docs/method §2.25)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import streams
from ..errors import ForecastError
from .history import History, day_of, read_days
from .result import Forecast

FEWEST = 24  # months: a season is seen twice
MAX_MONTHS = 120  # months ahead
DAMPING = 0.9  # of the trend, a month
SMOOTHING = 0.4  # weight of the newest month in the level
PRIOR = 0.5  # years: a month of the year seen n times is believed n ÷ (n + PRIOR)
TRAIN = 18  # months before the first cutoff
LARGEST = 3.0  # of the log: no month moves farther
OFFSET = 0.02  # of the mean of the newest year: keeps logs of empty months finite
METHOD = "damped_months"


def forecast_months(
    values: np.ndarray, months: np.ndarray, horizon: int, paths: int = 1000, seed: int = 0
) -> Forecast:
    """The months after a history of month totals, as sample paths (path, month).

    values  (month,) ≥ 0;  months (month,) datetime64[M], following one another, at least FEWEST

    Level and damped trend of the logs under a shape of the year; the spread of each lead is the root mean square of what the same rule
    missed from rolling cutoffs. A longer horizon continues the paths.

    >>> months = np.arange("2024-01", "2026-01", dtype="datetime64[M]")
    >>> forecast_months(np.full(24, 50.0), months, 3, paths=10).median.round(6).tolist()
    [50.0, 50.0, 50.0]
    """
    ahead = months[-1] + np.arange(1, horizon + 1)
    if not values.any():
        nothing = np.zeros((paths, horizon))
        return Forecast(ahead, nothing, nothing[0], {}, np.zeros((0, 1)), kind="empty")
    offset = OFFSET * float(values[-12:].mean() or values.mean())
    logs, start = np.log(values + offset), int(months[0].astype(int)) % 12
    point = _ahead(logs, start, horizon)
    errors = _errors(logs, start)
    spread = _spread(errors, horizon)
    shocks = np.concatenate(
        [
            streams.normals(seed, "forecast/months", block, horizon, np.float64).T
            for block in range(-(-paths // streams.BLOCK))
        ]
    )[:paths]
    steps = np.sqrt(np.diff(spread**2, prepend=0.0))
    moved = np.clip(np.cumsum(shocks * steps, axis=1), -LARGEST, LARGEST)
    levels = np.maximum(np.exp(point) - offset, 0.0)
    return Forecast(
        ahead,
        np.maximum((levels + offset) * np.exp(moved) - offset, 0.0),
        levels,
        {METHOD: 1.0},
        errors,
    )


def clean_months(history, as_of=None, where: str = "history") -> tuple[np.ndarray, np.ndarray]:
    """Month totals (month,) and their months (month,) datetime64[M] of a Series or a frame ds, y.

    The index may hold periods, or one day of each month: its first, its last, any other. as_of: months that end after that day are left out.
    Raises ForecastError for a month that appears twice or is missing, for negative values, and for fewer than FEWEST months.
    """
    if isinstance(history, History):
        raise ForecastError(f"{where}: it holds days; leave freq out.")
    if isinstance(history, pd.Series) and isinstance(history.index, pd.PeriodIndex):
        history = history.set_axis(history.index.to_timestamp())
    days, values = read_days(history, where)
    months = days.astype("datetime64[M]")
    order = np.argsort(months, kind="stable")
    days, months, values = days[order], months[order], values[order]
    if (twice := np.flatnonzero(months[1:] == months[:-1])).size:
        at = twice[0]
        raise ForecastError(
            f"{where}: {months[at]} appears twice, on {days[at]} and {days[at + 1]}. freq='M' takes one total a month. Of days: leave freq "
            "out; of parts of a month: add them up first."
        )
    if as_of is not None:
        kept = (months + 1).astype("datetime64[D]") <= day_of(as_of, where) + 1
        days, months, values = days[kept], months[kept], values[kept]
    known = np.flatnonzero(~np.isnan(values))
    count = int(known[-1] - known[0]) + 1 if len(known) else 0
    months, values = (
        part[known[0] : known[-1] + 1] if count else part[:0] for part in (months, values)
    )
    if (values < 0).any():
        at = int(np.argmax(values < 0))
        raise ForecastError(
            f"{where}: {months[at]} is negative ({values[at]:g}). Forecast usage or cost before credits and corrections."
        )
    gaps = np.flatnonzero(np.isnan(values))
    jumps = np.flatnonzero(np.diff(months).astype(int) > 1)
    if gaps.size or jumps.size:
        missing = min([months[at] for at in gaps[:1]] + [months[at] + 1 for at in jumps[:1]])
        raise ForecastError(
            f"{where}: {missing} has no value, between {months[0]} and {months[-1]}. Give every month; write 0 where nothing was used."
        )
    if count < FEWEST:
        raise ForecastError(
            f"{where}: {count} month{'s' * (count != 1)} with a value; a forecast of months needs at least {FEWEST}, two whole years. "
            "Give more months, or give the days and leave freq out: days need 2."
        )
    return values, months


def _seasonal(logs: np.ndarray, start: int) -> np.ndarray:
    """Log factor of each month of the year (12,), mean 0: distance to the mean of the twelve months around, drawn towards 0."""
    count = len(logs)
    around = np.convolve(
        logs, np.r_[0.5, np.ones(11), 0.5] / 12, mode="valid"
    )  # centred, months 6 … n − 7
    apart = logs[6 : count - 6] - around
    of = (start + 6 + np.arange(len(apart))) % 12
    seen = np.bincount(of, minlength=12)
    sums = np.bincount(of, apart, 12)
    factors = sums / (seen + PRIOR)
    return factors - factors.mean()


def _ahead(logs: np.ndarray, start: int, horizon: int) -> np.ndarray:
    """The log of the months ahead (horizon,): level, damped trend, month of the year."""
    of = (start + np.arange(len(logs) + horizon)) % 12
    shape = _seasonal(logs, start) if len(logs) >= 24 else np.zeros(12)
    rest = logs - shape[of[: len(logs)]]
    trend = (
        float((logs[12:] - logs[:-12])[-12:].mean()) / 12
    )  # a month against itself a year before: no season in it
    level = rest[0]
    for value in rest[1:]:
        level = SMOOTHING * value + (1 - SMOOTHING) * (level + trend)
    return level + trend * np.cumsum(DAMPING ** np.arange(1, horizon + 1)) + shape[of[len(logs) :]]


def _errors(logs: np.ndarray, start: int) -> np.ndarray:
    """log(actual ÷ forecast) of rolling cutoffs (cutoff, lead), newest first; NaN where nothing is known yet."""
    cutoffs = np.arange(len(logs) - 1, TRAIN - 1, -1)
    longest = len(logs) - TRAIN
    errors = np.full((len(cutoffs), longest), np.nan)
    for row, cutoff in enumerate(cutoffs):
        known = logs[cutoff:]
        errors[row, : len(known)] = known - _ahead(logs[:cutoff], start, len(known))
    return errors


def _spread(errors: np.ndarray, horizon: int) -> np.ndarray:
    """Standard deviation of the log at each lead (horizon,), never falling; beyond the leads that six cutoffs have graded its square grows on."""
    counts = (~np.isnan(errors)).sum(axis=0)
    leads = max(int((counts >= 6).sum()), 1)
    square = np.nanmean(errors[:, :leads] ** 2, axis=0)
    square = np.maximum.accumulate(square * (counts[:leads] + 1) / counts[:leads])
    slope = square[-1] / leads
    ahead = np.arange(1, horizon + 1)
    return np.sqrt(
        np.where(
            ahead <= leads,
            square[np.minimum(ahead, leads) - 1],
            square[-1] + slope * (ahead - leads),
        )
    )
