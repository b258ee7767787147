"""Forecasts made again from earlier month ends, with what was known then, beside what came (docs/method.md §2.7).

Actuals are whole calendar months only. The yardstick `naive` repeats the newest seven known days.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import ForecastError
from ..periods import add_months, month_days
from ..progress import Progress, silent
from . import ensemble
from .demand import check, fit_demand, simulate_month_totals
from .forecasters import seasonal_naive
from .history import History, clean

MIN_DAYS = 60           # history an origin needs
COLUMNS = ["made", "for", "lead", "p10", "p50", "p90", "actual", "naive", "error_pct", "naive_error_pct", "inside"]


def backtest(history, leads=(1, 2, 3), origins: int = 12, paths: int = 500, seed: int = 0, members="cheap",
             progress: Progress | None = None) -> pd.DataFrame:
    """Month totals of one history forecast from earlier month ends.

    history   as in `ensemble.forecast`;  leads: whole months ahead;  origins: newest month ends at most

    Returns one row per month end and lead with an actual: made, for (YYYY-MM), lead, p10, p50, p90, actual, naive (unit of
    the history), error_pct = |p50 − actual| ÷ actual, naive_error_pct, inside (P10…P90). Percentages are fractions,
    NaN for a month of nothing. Raises ForecastError where no month end has both enough history and a month after it.
    """
    history = clean(history)
    leads = _leads(leads)
    rows, say = [], progress or silent
    ends = month_ends(history.days, min(leads), origins)
    for i, end in enumerate(ends):
        say("backtest", i, len(ends))
        known = int((end - history.days[0]).astype(int)) + 1
        then = History(history.days[:known], history.values[:known])
        made = ensemble.forecast(then, _horizon(end, leads), paths, seed, members)
        totals = made.month_totals()
        rows += _rows(end, leads, totals, history.days, history.values, then.values)
    say("backtest", len(ends), len(ends))
    return pd.DataFrame(rows, columns=COLUMNS)


def backtest_total(volume, names, dates, leads=(1, 2, 3), origins: int = 6, paths: int = 500, seed: int = 0, members="cheap",
                   progress: Progress | None = None, costly_for=None) -> pd.DataFrame:
    """The total of many workloads, bottom-up: demand of each, paths added up with their common factor.

    volume (day, workload), names, dates and costly_for as in `fit_demand`. Rows as in `backtest`.
    """
    volume, names, dates = check(volume, names, dates)
    leads = _leads(leads)
    rows, say = [], progress or silent
    ends = month_ends(dates, min(leads), origins)
    for i, end in enumerate(ends):
        say("backtest", i, len(ends))
        known = int((end - dates[0]).astype(int)) + 1
        demand = fit_demand(volume[:known], names, dates[:known], _horizon(end, leads), seed, members, costly_for=costly_for)
        months, totals = simulate_month_totals(demand, paths, seed)
        rows += _rows(end, leads, dict(zip(months, totals.sum(axis=2).T)), dates, volume.sum(axis=1),
                      volume[:known].sum(axis=1))
    say("backtest", len(ends), len(ends))
    return pd.DataFrame(rows, columns=COLUMNS)


def month_ends(days: np.ndarray, lead: int, count: int) -> list[np.datetime64]:
    """The newest `count` month ends with MIN_DAYS of history before and the whole month `lead` months on after.

    >>> days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-06-16"))
    >>> [str(end) for end in month_ends(days, 1, 2)]
    ['2026-03-31', '2026-04-30']
    """
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ForecastError(f"origins: {count!r} must be a whole number of 1 or more.")
    after = days[-1] + np.timedelta64(1, "D")
    newest = after.astype("datetime64[M]") - 1                          # newest whole month
    ends = [(newest - lead - back + 1).astype("datetime64[D]") - np.timedelta64(1, "D") for back in range(int(count))]
    kept = [end for end in ends if (end - days[0]).astype(int) + 1 >= MIN_DAYS]
    if not kept:
        raise ForecastError(f"backtest: {len(days)} days from {days[0]} to {days[-1]} hold no month end with {MIN_DAYS} days "
                            f"before and {lead} whole month{'s' * (lead > 1)} after it. Bring a longer history.")
    return kept[::-1]


def _leads(leads):
    leads = tuple(leads)
    if not leads or any(isinstance(lead, bool) or not isinstance(lead, (int, np.integer)) or not 1 <= lead <= 60
                        for lead in leads):
        raise ForecastError(f"leads: {leads!r} must be whole months from 1 to 60, for example (1, 2, 3).")
    return tuple(sorted({int(lead) for lead in leads}))


def _horizon(end, leads):
    return int((month_days(add_months(str(end.astype("datetime64[M]")), max(leads)))[-1] - end).astype(int))


def _rows(end, leads, totals, days, values, known):
    made, rows = str(end.astype("datetime64[M]")), []
    naive = seasonal_naive.point(known, None, _horizon(end, leads))
    for lead in leads:
        month = add_months(made, lead)
        inside = month_days(month)
        if inside[-1] > days[-1]:
            continue
        ahead = (inside - end).astype(int) - 1
        actual = float(values[(inside - days[0]).astype(int)].sum())
        low, middle, high = (float(value) for value in np.quantile(totals[month], (0.1, 0.5, 0.9)))
        repeated = float(naive[ahead].sum())
        rows.append({"made": made, "for": month, "lead": lead, "p10": low, "p50": middle, "p90": high, "actual": actual,
                     "naive": repeated, "error_pct": abs(middle - actual) / actual if actual else float("nan"),
                     "naive_error_pct": abs(repeated - actual) / actual if actual else float("nan"),
                     "inside": bool(low <= actual <= high)})
    return rows
