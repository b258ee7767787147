"""Forecasts made again from earlier month ends, with what was known then, compared with actuals (docs/method §2.7, §11.5).

From each month end: whole calendar months ahead, three months together, and the next 7, 30, 90 days. The baseline `naive` repeats the newest
seven known days. What a window is and how windows are added up is in `windows`; replays of the whole simulation use the same.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import ForecastError, listing, unknown
from ..periods import add_months, month_days
from ..progress import Progress, silent
from .history import History, clean, kind
from .methods import pick, seasonal_naive
from .series import forecast
from .widths.demand import check, fit_demand, simulate_month_totals
from .windows import BANDS, COLUMNS, calibration, graded, graded_days, said_and_was, summary

__all__ = [
    "BANDS",
    "COLUMNS",
    "Backtest",
    "ahead",
    "backtest",
    "backtest_total",
    "check_leads",
    "ends_before",
    "month_ends",
    "repeated_week",
    "spans",
]

MIN_DAYS = 60  # history a cutoff of one series needs
WORDS = {"steady": "steady", "intermittent": "on and off", "ended": "ended", "empty": "never used"}
BY = {"all": (), "series": ("series",), "class": ("class",)}


@dataclass(frozen=True)
class Backtest:
    """Graded windows of one or several series."""

    windows: pd.DataFrame  # one row per series, month end and window: windows.COLUMNS
    left_out: dict = field(default_factory=dict)  # series -> why it could not be graded

    @property
    def months(self) -> pd.DataFrame:
        """The windows of whole months."""
        return self.windows[self.windows["kind"] == "month"].reset_index(drop=True)

    def summary(self, by: str = "all", bands=BANDS) -> pd.DataFrame:
        """One row per window (7, 30, 90 days, months 1, 2, 3, three months together), of all series or by "series" or "class"."""
        if by not in BY:
            raise ForecastError(unknown("by", "grouping", str(by), BY))
        return summary(self.windows, (*BY[by], "kind", "lead"), bands)

    def calibration(self) -> pd.DataFrame:
        """When we said a level of a month's total, how often was it; months 1 to 3 ahead, or the nearest where there are none of these."""
        months = self.months
        near = months[months["lead"] <= 3]
        return calibration(near if len(near) else months)

    def sentence(self) -> str:
        """How good the months were, in words."""
        rows, said = summary(self.months).to_dict("records"), []
        if not np.isfinite([row["error_pct"] for row in rows]).any():
            return "The months graded add up to nothing, so there is no percentage."
        for row in rows:
            ahead = f"{row['lead']} month{'s' * (row['lead'] > 1)} ahead"
            said.append(
                f"{ahead} the total was missed by {row['error_pct']:.1%} ({row['naive_error_pct']:.1%} for repeating last week)"
            )
        better = [row["lead"] for row in rows if row["skill"] < 0]
        closer = (
            f" Repeating last week came closer at {listing(map(str, better))} month{'s' * (better[-1] > 1)} ahead."
            if better
            else ""
        )
        level = self.calibration().query("kind == 'range' and level == 0.8").iloc[0]
        return f"{'; '.join(said)}.{closer} {said_and_was(level)}.".replace("%", " %").replace(
            "  %", " %"
        )

    def _repr_html_(self) -> str:
        rows = []
        for row in self.summary().to_dict("records"):
            rows.append(
                f"<tr><th scope='row'>{html.escape(ahead(row['kind'], row['lead']))}</th><td>{row['n']}</td><td>{row['error_pct']:.1%}</td>"
                f"<td>{row['naive_error_pct']:.1%}</td><td>{row['coverage80']:.0%}</td></tr>"
            )
        return (
            "<table><caption>Totals forecast from earlier month ends</caption><thead><tr><th>Window</th><th>Forecasts</th><th>Missed by</th>"
            "<th>Repeating last week</th><th>Inside the 80 % range</th></tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table><p>{html.escape(self.sentence())}</p>"
        )


def ahead(kind: str, lead: int) -> str:
    """A window for readers.

    >>> ahead("days", 30), ahead("month", 1), ahead("quarter", 1), ahead("quarter", 2)
    ('next 30 days', 'month 1', 'months 1 to 3', 'months 4 to 6')
    """
    return (
        f"next {lead} days"
        if kind == "days"
        else f"month {lead}"
        if kind == "month"
        else f"months {3 * lead - 2} to {3 * lead}"
    )


def backtest(
    history,
    leads=(1, 2, 3),
    cutoffs: int = 12,
    paths: int = 500,
    seed: int = 0,
    methods="cheap",
    progress: Progress | None = None,
    *,
    horizons=(7, 30, 90),
    classes: Mapping | None = None,
) -> Backtest:
    """Totals and days of histories, forecast again from earlier month ends as known then.

    Parameters
    ----------
    history : Series, frame, History or mapping of str to them
        As in `forecast`; or several: a frame with a column per series (index: the days), or a
        mapping.
    leads : sequence of int, optional
        Whole months ahead; three in a row are graded together too ("quarter").
    cutoffs : int, optional
        Newest month ends at most, each with MIN_DAYS before it and the nearest month after it.
    paths, seed : int, optional
        Of each forecast.
    methods : str or list of str, optional
        As in `forecast`.
    progress : callable, optional
        Called with (text, done, total).
    horizons : sequence of int, optional
        Days ahead; () for none.
    classes : mapping of str to str, optional
        Series and its class; None: by what the whole history looks like (steady, on and off, ended,
        never used).

    Returns
    -------
    Backtest
        A series too short to grade stands in `.left_out` with the reason.

    Raises
    ------
    ForecastError
        No series can be graded, or an argument makes no sense.

    Source
    ------
    docs/method §2.7, §11.2.

    Examples
    --------
    >>> days = pd.date_range("2025-01-01", periods=365)
    >>> year = pd.Series(np.resize([5.0, 5, 5, 5, 5, 2, 2], 365), days)
    >>> graded = backtest(year, leads=(1,), cutoffs=2, paths=50, horizons=(7,)).summary()
    >>> graded[["kind", "lead", "n", "error_pct", "wape"]].round(6).values.tolist()
    [['days', 7, 2, 0.0, 0.0], ['month', 1, 2, 0.0, nan]]
    """
    leads, horizons, cutoffs = check_leads(leads), _horizons(horizons), _cutoffs(cutoffs)
    pick(methods)  # a name that is none is said before anything long runs

    many = _many(history)
    say, rows, left_out = progress or silent, [], {}
    for i, (name, one) in enumerate(many.items()):
        say(f"backtest {name}" if name else "backtest", i, len(many))
        try:
            part = _one(
                one,
                leads=leads,
                horizons=horizons,
                cutoffs=cutoffs,
                paths=paths,
                seed=seed,
                methods=methods,
                progress=progress if len(many) == 1 else None,
            )
        except ForecastError as problem:
            if len(many) == 1:
                raise
            left_out[name] = str(problem)
            continue
        group = (classes or {}).get(name) or WORDS[kind(clean(one).values)]
        rows += [{"series": name, "class": group, **row} for row in part]

    say("backtest", len(many), len(many))
    if not rows:
        first = next(iter(left_out))
        raise ForecastError(
            f"backtest: none of {len(many)} series can be graded. {first}: {left_out[first]}"
        )
    return Backtest(pd.DataFrame(rows, columns=COLUMNS), left_out)


def _many(history) -> dict:
    """Name → history; one history has the name ''."""
    if (
        isinstance(history, pd.DataFrame)
        and "ds" not in history.columns
        and isinstance(history.index, pd.DatetimeIndex)
    ):
        history = {name: history[name] for name in history.columns}
    if not isinstance(history, Mapping):
        return {"": history}
    if not history:
        raise ForecastError("backtest: there is no series; give at least one.")
    return {str(name): one for name, one in history.items()}


def _one(history, *, leads, horizons, cutoffs, paths, seed, methods, progress) -> list[dict]:
    whole, say, rows = clean(history), progress or silent, []
    ends = month_ends(whole.days, min(leads), cutoffs)
    for i, end in enumerate(ends):
        say("backtest", i, len(ends))
        then = _known(history, end)
        if then is None:
            continue
        late = int((end - then.days[-1]).astype(int))  # days at the end nobody had a value for
        asked = spans(end, leads, horizons, whole.days[-1])
        replay = forecast(
            then,
            late + int((asked[-1][-1] - end).astype(int)),
            paths=paths,
            seed=seed,
            methods=methods,
            settling_days=0,
        )  # complete by now
        naive = repeated_week(then.values, len(replay.dates))
        for name, lead, label, first, last in asked:
            at = (replay.dates >= first) & (
                replay.dates <= last
            )  # chosen as `month_totals` does: the same sums, bit for bit
            actual = whole.values[
                int((first - whole.days[0]).astype(int)) : int((last - whole.days[0]).astype(int))
                + 1
            ]
            row = {
                "kind": name,
                "lead": lead,
                "made": str(end)[:7],
                "for": label,
                **graded(replay.paths[:, at].sum(axis=1), actual.sum(), naive[at].sum()),
            }
            rows.append(
                row | graded_days(replay.paths[:, at], actual, naive[at], then.values)
                if name == "days"
                else row
            )
    if not rows:
        raise ForecastError(
            f"backtest: at none of the month ends {ends[0]} to {ends[-1]} was enough of the history known."
        )
    return rows


def _known(history, end: np.datetime64) -> History | None:
    """The history as it was known on a day: cut first, gaps filled after, so that nothing later fills them."""
    try:
        return clean(history, as_of=end)
    except ForecastError:  # mostly gaps up to then
        return None


def backtest_total(
    volume,
    names,
    dates,
    *,
    leads=(1, 2, 3),
    cutoffs: int = 6,
    paths: int = 500,
    seed: int = 0,
    methods="cheap",
    progress: Progress | None = None,
    costly_for=None,
) -> Backtest:
    """The total of many workloads, bottom-up: demand of each, paths added up with their common factor. Whole months only.

    volume (day, workload), names, dates and costly_for as in `fit_demand`; the rest as in `backtest`.
    """
    volume, names, dates = check(volume, names, dates)
    leads, rows, say = check_leads(leads), [], progress or silent
    ends, actual = month_ends(dates, min(leads), cutoffs), volume.sum(axis=1)
    for i, end in enumerate(ends):
        say("backtest", i, len(ends))
        known = int((end - dates[0]).astype(int)) + 1
        asked = spans(end, leads, (), dates[-1])
        horizon = int((asked[-1][-1] - end).astype(int))
        demand = fit_demand(
            volume[:known],
            names,
            dates[:known],
            horizon,
            seed=seed,
            methods=methods,
            costly_for=costly_for,
        )
        months, totals = simulate_month_totals(demand, paths, seed)
        naive, of_day = repeated_week(actual[:known], horizon), demand.dates.astype("datetime64[M]")
        for name, lead, label, first, last in asked:
            inside = (demand.dates >= first) & (demand.dates <= last)
            chosen = [months.index(str(month)) for month in np.unique(of_day[inside])]
            rows.append(
                {
                    "series": "",
                    "class": "steady",
                    "kind": name,
                    "lead": lead,
                    "made": str(end)[:7],
                    "for": label,
                    **graded(
                        totals[:, chosen].sum(axis=(1, 2)),
                        actual[known:][:horizon][inside].sum(),
                        naive[inside].sum(),
                    ),
                }
            )
    say("backtest", len(ends), len(ends))
    return Backtest(pd.DataFrame(rows, columns=COLUMNS))


def repeated_week(known: np.ndarray, days: int) -> np.ndarray:
    """Seasonal naive: the newest seven known days repeated over the days after them. The one baseline of every grade.

    >>> repeated_week(np.arange(14.0), 9).tolist()
    [7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 7.0, 8.0]
    """
    return seasonal_naive.point(known, None, days)


def month_ends(
    days: np.ndarray, lead: int, count: int, least: int = MIN_DAYS
) -> list[np.datetime64]:
    """The newest `count` month ends with `least` days of history before and the whole month `lead` months on after.

    >>> days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-06-16"))
    >>> [str(end) for end in month_ends(days, 1, 2)]
    ['2026-03-31', '2026-04-30']
    """
    last = (days[-1] + np.timedelta64(1, "D")).astype("datetime64[M]") - 1  # newest whole month
    kept = ends_before(days[0], last, lead, _cutoffs(count), least)
    if not kept:
        raise ForecastError(
            f"backtest: {len(days)} days from {days[0]} to {days[-1]} hold no month end with {least} days "
            f"before and {lead} whole month{'s' * (lead > 1)} after it. Bring a longer history."
        )
    return kept


def ends_before(first_day, newest, lead: int, count: int, least: int) -> list[np.datetime64]:
    """The newest `count` month ends `lead` months before `newest`, or earlier, that leave `least` days from `first_day` on.

    Oldest first; there may be none.
    """
    last, first_day = np.datetime64(newest, "M"), np.datetime64(first_day, "D")
    ends = [
        (last - lead - back + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
        for back in range(count)
    ]
    return [end for end in ends if (end - first_day).astype(int) + 1 >= least][::-1]


def spans(end: np.datetime64, leads, horizons, last_day) -> list[tuple]:
    """Windows after a month end that lie before `last_day`: (kind, lead, label, first day, last day), the farthest last.

    >>> for span in spans(np.datetime64("2026-01-31"), (1, 2, 3), (7,), np.datetime64("2026-04-30")): print(*span)
    days 7 2026-02-07 2026-02-01 2026-02-07
    month 1 2026-02 2026-02-01 2026-02-28
    month 2 2026-03 2026-03-01 2026-03-31
    month 3 2026-04 2026-04-01 2026-04-30
    quarter 1 2026-02/2026-04 2026-02-01 2026-04-30
    """
    cutoff_month = str(np.datetime64(end, "M"))
    windows = [("days", h, str(end + h), end + 1, end + h) for h in horizons]
    months = {lead: month_days(add_months(cutoff_month, lead)) for lead in leads}
    windows += [
        ("month", lead, str(days[0])[:7], days[0], days[-1]) for lead, days in months.items()
    ]
    windows += [
        (
            "quarter",
            lead // 3,
            f"{months[lead - 2][0]!s:.7}/{months[lead][0]!s:.7}",
            months[lead - 2][0],
            months[lead][-1],
        )
        for lead in leads
        if lead % 3 == 0 and {lead - 2, lead - 1} <= set(leads)
    ]
    return sorted(
        (span for span in windows if span[-1] <= last_day),
        key=lambda span: (span[-1], "days month quarter".index(span[0])),
    )


def _cutoffs(count):
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ForecastError(f"cutoffs: {count!r} must be a whole number of 1 or more.")
    return int(count)


def check_leads(leads) -> tuple[int, ...]:
    """Whole months ahead, ascending; raises ForecastError for what is none."""
    leads = tuple(leads)
    if not leads or any(
        isinstance(lead, bool) or not isinstance(lead, (int, np.integer)) or not 1 <= lead <= 60
        for lead in leads
    ):
        raise ForecastError(
            f"leads: {leads!r} must be whole months from 1 to 60, for example (1, 2, 3)."
        )
    return tuple(sorted({int(lead) for lead in leads}))


def _horizons(horizons):
    horizons = tuple(horizons)
    if any(
        isinstance(h, bool) or not isinstance(h, (int, np.integer)) or not 1 <= h <= 730
        for h in horizons
    ):
        raise ForecastError(
            f"horizons: {horizons!r} must be whole days from 1 to 730, for example (7, 30, 90)."
        )
    return tuple(sorted({int(h) for h in horizons}))
