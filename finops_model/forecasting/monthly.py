"""Month totals forecast as month totals, where no days are known (docs/method §2.25)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import streams
from ..errors import ForecastError
from . import years
from .history import History, day_of, read_days
from .result import Forecast

FEWEST = 24  # months: a season is seen twice
MAX_MONTHS = 120  # months ahead
LARGEST = 3.0  # of the log: no month moves farther


def forecast_months(
    values: np.ndarray, months: np.ndarray, horizon: int, paths: int = 1000, seed: int = 0
) -> Forecast:
    """The months after a history of month totals, as sample paths (path, month).

    values  (month,) ≥ 0;  months (month,) datetime64[M], following one another, at least FEWEST

    The blocks of `years` are the months themselves: usage by the day, fees as they are, whichever moves less from month to month.
    A longer horizon continues the paths.

    >>> months = np.arange("2024-01", "2026-01", dtype="datetime64[M]")
    >>> forecast_months(np.full(24, 50.0), months, 3, paths=10).median.round(6).tolist()
    [50.0, 50.0, 50.0]
    """
    ahead = months[-1] + np.arange(1, horizon + 1)
    by_day = _goes_by_days(values, _days(months))
    level = values / _days(months) if by_day else values
    blocks = years.ahead(level, horizon, years.MONTHS_A_YEAR)
    if blocks is None:
        nothing = np.zeros((paths, horizon))
        kind = "ended" if values.any() else "empty"
        return Forecast(ahead, nothing, nothing[0], {}, np.zeros((0, 1)), kind=kind)
    shocks = np.concatenate(
        [
            streams.normals(seed, "forecast/months", block, horizon, np.float64).T
            for block in range(-(-paths // streams.BLOCK))
        ]
    )[:paths]
    steps = np.sqrt(np.diff(blocks.spread**2, prepend=0.0))
    moved = np.clip(np.cumsum(shocks * steps, axis=1), -LARGEST, LARGEST)
    offset = years.offset_of(level, years.MONTHS_A_YEAR)
    drawn = np.maximum((blocks.point + offset) * np.exp(moved) - offset, 0.0)
    long = _days(ahead) if by_day else 1.0
    shares = blocks.weights.mean(axis=1)
    weights = {name: float(share) for name, share in zip(years.MEMBERS, shares) if share > 0}
    return Forecast(ahead, drawn * long, blocks.point * long, weights, blocks.errors)


def _goes_by_days(values: np.ndarray, days: np.ndarray) -> bool:
    """Whether long months hold more: what a day costs moves less from month to month than what a month costs."""
    used = (values[1:] > 0) & (values[:-1] > 0)
    if not used.any():
        return False
    month, long = np.diff(np.log(np.maximum(values, 1e-300))), np.diff(np.log(days))
    return bool(((month - long)[used] ** 2).sum() < (month[used] ** 2).sum())


def _days(months: np.ndarray) -> np.ndarray:
    """Days of each month."""
    return ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(float)


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
