"""`fm.forecast`: one series, several, a table of them, or a workspace; the same words everywhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import ForecastError, unknown
from ...forecasting import series
from ...forecasting.result import Forecast
from ...forecasting.settling import SETTLING_DAYS, check_days
from ...progress import Progress
from ...settings import Settings, load_settings
from .results import SeriesForecasts, WorkspaceForecasts

AHEAD = {"D": 90, "h": 24, "M": 12}
PATHS = 1000
MONTHS = 3
WORKERS = 2
NAME = "unique_id"  # of a long frame: the column that names the series


def forecast(
    history,
    horizon: int | None = None,
    *,
    paths: int | None = None,
    seed: int = 0,
    methods=None,
    freq: str = "D",
    as_of=None,
    until=None,
    settling_days: int | None = None,
    events=(),
    driver=None,
    holidays=None,
    cap=None,
    floor=None,
    overrides=(),
    prophet=None,
    date_column: str | None = None,
    value_column: str | None = None,
    executor=None,
    workers: int | None = None,
    by: str | None = None,
    unit: str | None = None,
    months: int | None = None,
    quarters: bool = False,
    shocks: str | None = None,
    month: str | None = None,
    entity: str | None = None,
    progress: Progress | None = None,
) -> Forecast | SeriesForecasts | WorkspaceForecasts:
    r"""What comes after a history, as sample paths: of a series, of several and their total, or of a workspace.

    Same history, seed and methods give the same paths; a longer horizon continues them. Forecasts
    made with one seed share their draws, so that totals of several series may be added path by path.

    Parameters
    ----------
    history : Series, frame, mapping, path or Settings
        One series: a Series by day, or a frame ds, y. Several: a frame with a column a series, a
        frame unique_id, ds, y, a mapping of Series by name, or a CSV or Excel file. A workspace:
        its folder, its finops.yaml, or its settings.
    horizon : int, optional
        Of series: steps ahead; default 90 days, 24 hours or 12 months.
    paths : int, optional
        How many; default 1,000, of a workspace those of its scenario.
    seed : int, optional
        Of the draws of series.
    methods : str or list of str, optional
        None or "cheap": the cheap forecasters; "all": Prophet too; or names from the shelf.
    freq : str, optional
        "D"; "h": history and horizon are hours; "M": they are months, 24 whole ones at least.
    as_of, until : date or str, optional
        Look at no later day than this, YYYY-MM-DD; of a workspace the default is the newest
        complete one.
    settling_days : int, optional
        Newest days that may be unfinished, 0: all count; default 2, of a workspace what
        finops.yaml says.
    events : list of Event or mapping, optional
        Price changes, migrations, launches, promotions, exclusions (method §2.9).
    driver : Series or Driver, optional
        What demand follows: its daily values, past and planned (method §2.10).
    holidays : str, list, mapping or frame, optional
        A country ("DE", "US-CA"), several, a list of days, {day: name}, or a frame with ds and
        holiday.
    cap, floor : float or Series, optional
        The most and the least that can be used per day, unit of the history.
    overrides : list of Override or mapping, optional
        Month totals set by hand; shown with the model's own, never in its place.
    prophet : mapping, optional
        Options of Prophet where it is among the methods.
    date_column, value_column : str, optional
        Of a file: the column of days, and the one column of numbers.
    executor : str or object, optional
        Of several series: processes (the default), threads, serial or dask, or a dask client.
    workers : int, optional
        Of several series: how many side by side; default 2 of a file, else 1.
    by : str, optional
        Of a workspace: every unit, team, service, workload, environment, model or a dimension of
        finops.yaml, and the company.
    unit : str, optional
        Of a workspace: one business unit; default the company.
    months : int, optional
        Of a workspace: months ahead; default 3.
    quarters : bool, optional
        Of a workspace: fiscal quarters and years instead of months; what is booked of them counts.
    shocks : str, optional
        Of a workspace: "independent", "shared" or "both": what surprises of workloads have in
        common; default as measured from past misses.
    month : str, optional
        Of a workspace: the last day of this month's report, YYYY-MM, and its draws.
    entity : str, optional
        Of a workspace that names entities: which.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Forecast, SeriesForecasts or WorkspaceForecasts
        `.month_totals()` {month: (path,)}, `.frame()`; of one series `.paths` (path, step),
        `.median` and `.dates`; of the others `.rows`, `.nodes`, `.notes`, `.as_dict()`, `.write(file)`.

    Raises
    ------
    ForecastError, InputError
        A history or a word that cannot be meant, or one that belongs to another kind of history.

    Source
    ------
    docs/method §2.2 to §2.4, §2.13 (several series), §2.22 (a workspace), §2.25 (months).

    Examples
    --------
    >>> import numpy as np
    >>> days = pd.date_range("2026-01-01", periods=210)
    >>> year = pd.Series(np.tile([5.0, 5, 5, 5, 5, 2, 2], 30), days)
    >>> forecast(year, 14, paths=100).paths.shape
    (100, 14)
    >>> both = forecast(pd.DataFrame({"chat": year, "search": 2 * year}), 14, paths=100)
    >>> both.nodes, both.frame()["p50"].round(3).tolist()
    (('chat', 'search', 'Total'), [10.0, 48.0, 20.0, 96.0, 30.0, 144.0])
    """
    of_one = {
        "events": events,
        "driver": driver,
        "holidays": holidays,
        "cap": cap,
        "floor": floor,
        "overrides": overrides,
        "prophet": prophet,
    }
    of_file = {"date_column": date_column, "value_column": value_column}
    of_several = {"executor": executor, "workers": workers}
    of_workspace = {
        "by": by,
        "unit": unit,
        "months": months,
        "quarters": quarters or None,
        "shocks": shocks,
        "month": month,
        "entity": entity,
    }
    if until is not None and as_of is not None:
        raise ForecastError("forecast: as_of and until are one thing; give one of them.")
    as_of = until if as_of is None else as_of

    if (settings := _workspace(history, entity)) is not None:
        steps = {
            "horizon": horizon,
            "seed": seed or None,
            "freq": None if freq == "D" else freq,
        }
        _refuse(
            {**steps, **of_one, **of_file, **of_several},
            "of series, and this is a workspace. It is forecast by months=, with the seed of its scenario, and what people know stands in the "
            "file of its covariates.",
        )
        from ...forecasting.methods import pick
        from . import workspace

        if settling_days is not None:
            settings = settings.model_copy(update={"settling_days": check_days(settling_days)})
        if methods is not None:
            pick(methods)
            settings = settings.model_copy(update={"methods": methods})
        return workspace.of_workspace(
            settings,
            by=by,
            unit=unit,
            months=MONTHS if months is None else months,
            quarters=quarters,
            shocks=shocks,
            paths=paths,
            as_of=None if as_of is None else str(as_of)[:10],
            month=month,
            progress=progress,
        )

    _refuse(
        of_workspace,
        "of a workspace, and this is none. Give its folder, its finops.yaml or its settings.",
    )
    if not isinstance(freq, str) or freq not in AHEAD:  # before a file is read by it
        raise ForecastError(unknown("forecast", "freq", str(freq), AHEAD))
    ahead = AHEAD.get(freq, 1) if isinstance(freq, str) and horizon is None else horizon
    paths = PATHS if paths is None else paths
    settling_days = SETTLING_DAYS if settling_days is None else settling_days
    several = _several(history, date_column, value_column, freq)
    if several is None:
        _refuse({**of_file, **of_several}, "of several series, and this is one.")
        return series.forecast(
            history,
            ahead,
            paths=paths,
            seed=seed,
            methods=methods,
            freq=freq,
            as_of=as_of,
            settling_days=settling_days,
            events=events,
            driver=driver,
            holidays=holidays,
            cap=cap,
            floor=floor,
            overrides=overrides,
            prophet=prophet,
        )

    from . import tables

    by_name, file, notes = several
    _refuse(
        of_one,
        "of one series, and these are several. Forecast them one by one, or say it of the workloads of a workspace.",
    )
    if not file:
        _refuse(of_file, "of a file, and this is a frame.")
    return tables.of_series(
        by_name,
        ahead,
        paths=paths,
        seed=seed,
        methods=methods,
        freq=freq,
        as_of=as_of,
        settling_days=settling_days,
        executor="processes" if executor is None else executor,
        workers=(WORKERS if file else 1) if workers is None else workers,
        progress=progress,
        file=file,
        notes=notes,
    )


def _workspace(history, entity: str | None) -> Settings | None:
    """The settings of a workspace: given, or in a folder or a finops.yaml; None where the history is something else."""
    if isinstance(history, (str, os.PathLike)):
        path = Path(history)
        if not (path.is_dir() or path.suffix.casefold() in (".yaml", ".yml")):
            return None
        history = load_settings(path)
    if not isinstance(history, Settings):
        return None
    if entity is not None:
        return history.entity(entity, "entity")
    if history.entities and history.own is None:
        from ...facts.daily.entities import which

        raise ForecastError(which(history))
    return history


def _several(history, date: str | None, value: str | None, freq: str):
    """(series by name, file, notes of reading) of several series; None where the history is one."""
    if isinstance(history, (str, os.PathLike)):
        from ...facts.intake.series import read_series

        if freq == "h":
            raise ForecastError(
                f"forecast: {Path(history).name}: tables are read by day or by month. Give hours as a Series."
            )
        table = read_series(history, date, value, months=freq == "M")
        return table.series, Path(history).name, table.notes
    if isinstance(history, pd.DataFrame):
        if {NAME, "ds", "y"} <= set(history.columns):
            return (
                {str(name): part[["ds", "y"]] for name, part in history.groupby(NAME, sort=False)},
                "",
                (),
            )
        if "ds" not in history.columns and isinstance(
            history.index, (pd.DatetimeIndex, pd.PeriodIndex)
        ):
            _once(history.columns)
            return {str(name): history[name] for name in history.columns}, "", ()
        return None
    if isinstance(history, Mapping):
        return {str(name): one for name, one in history.items()}, "", ()
    return None


def _once(names) -> None:
    """Raises ForecastError where two columns have one name."""
    seen: set[str] = set()
    for name in map(str, names):
        if name in seen:
            raise ForecastError(
                f"forecast: two columns are called '{name[:60]}'; give each series a name of its own."
            )
        seen.add(name)


def _refuse(words: Mapping[str, Any], why: str) -> None:
    """Raises ForecastError for words that were given and belong to another kind of history."""
    given = [
        name
        for name, value in words.items()
        if value is not None and not (isinstance(value, (tuple, list)) and not value)
    ]
    if given:
        raise ForecastError(f"forecast: {', '.join(given)}: {why}")
