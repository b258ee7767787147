"""The forecast of several series: each on its own, and their total with shocks drawn together and apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from ...errors import ForecastError, unknown
from ...executors import EXECUTORS
from ...forecasting.ensemble import mean_shares
from ...forecasting.hierarchy import TOTAL, Tree, forecast_tree, own_seed
from ...forecasting.result import QUANTILES, Forecast, month_rows, quantiles
from ...forecasting.series import forecast
from ...forecasting.settling import SETTLING_DAYS
from ...progress import Progress
from .results import SeriesForecasts
from .unfinished import words

SHOCKS = ("independent", "shared")
FREQUENCIES = ("D", "M")


def of_series(
    series: Mapping[str, pd.Series],
    horizon: int,
    *,
    paths: int = 1000,
    seed: int = 0,
    methods=None,
    freq: str = "D",
    as_of=None,
    settling_days: int = SETTLING_DAYS,
    executor="processes",
    workers: int = 1,
    progress: Progress | None = None,
    file: str = "",
    notes: tuple[str, ...] = (),
) -> SeriesForecasts:
    """Series by name, forecast on their own and added up by path. Arguments: `fm.forecast`; file, notes: where they were read, and how."""
    if freq not in FREQUENCIES:
        raise ForecastError(
            f"forecast: freq '{str(freq)[:40]}': several series are days (D) or month totals (M). Forecast hours one by one."
        )
    if isinstance(executor, str) and executor not in EXECUTORS:
        raise ForecastError(unknown("forecast", "executor", executor, EXECUTORS))
    if len(series) > 1 and TOTAL in series:
        raise ForecastError(
            f"forecast: a series is called {TOTAL}, as the sum of all is here. Leave it out, or give it another name."
        )
    if len(series) == 1:
        [name] = series
        only = _one(
            series,
            name,
            horizon,
            paths=paths,
            seed=seed,
            methods=methods,
            freq=freq,
            as_of=as_of,
            settling_days=settling_days,
        )
        return SeriesForecasts(
            rows=tuple(
                {"series": name, **row} for row in month_rows(only.dates, only.month_totals())
            ),
            paths=paths,
            methods=only.weights,
            yearly=only.yearly,
            unfinished=only.left_out,
            notes=_notes(only.left_out, notes),
            file=file,
            freq=freq,
            horizon=horizon,
            forecasts={name: only},
        )
    if freq == "M":
        tree = _months(series, horizon, paths, seed, methods, as_of)
    else:
        tree = forecast_tree(
            series,
            horizon,
            paths=paths,
            seed=seed,
            methods=methods,
            workers=workers,
            executor=executor,
            progress=progress,
            as_of=as_of,
            settling_days=settling_days,
        )
    rows = _rows(tree)
    late = tuple(replace(one, source=name) for name, left in tree.left_out.items() for one in left)
    return SeriesForecasts(
        rows=tuple(rows),
        paths=paths,
        methods=tree.weights,
        yearly=tree.yearly,
        unfinished=late,
        notes=_notes(late, notes, rows),
        file=file,
        freq=freq,
        horizon=horizon,
        tree=tree,
    )


def _one(
    series, name: str, horizon, *, paths, seed, methods, freq, as_of, settling_days: int = 0
) -> Forecast:
    """The forecast of one of the series. Raises ForecastError that names it."""
    try:
        return forecast(
            series[name],
            horizon,
            paths=paths,
            seed=seed,
            methods=methods,
            freq=freq,
            as_of=as_of,
            settling_days=settling_days,
        )
    except ForecastError as problem:
        raise ForecastError(f"{name}: {problem}") from None


def _months(series, horizon, paths, seed, methods, as_of) -> Tree:
    """Series of month totals and their sum. Raises ForecastError that names the series."""
    by_shocks: dict[str, dict[str, np.ndarray]] = {}
    weights, dates = [], {}
    for how in SHOCKS:
        by_shocks[how] = {}
        for name in series:
            own = seed if how == "shared" else own_seed(seed, name)
            one = _one(
                series, name, horizon, paths=paths, seed=own, methods=methods, freq="M", as_of=as_of
            )
            by_shocks[how][name], dates[name] = one.paths, one.dates
            weights.append(one.weights)
        by_shocks[how][TOTAL] = np.sum(list(by_shocks[how].values()), axis=0)
    names = list(series)
    for name in names:
        if dates[name][0] != dates[names[0]][0]:
            raise ForecastError(
                f"{name}: its history ends in {dates[name][0] - 1} and that of {names[0]} in {dates[names[0]][0] - 1}; bring all series to "
                "one last month (write 0 where nothing was used)."
            )
    leaves = {name: (name,) for name in names} | {TOTAL: tuple(names)}
    return Tree(
        tuple(leaves),
        leaves,
        dates[names[0]],
        by_shocks["shared"],
        by_shocks["independent"],
        dict.fromkeys(names, ()),
        mean_shares(weights, [1.0] * len(weights)),
    )


def _rows(tree: Tree) -> list[dict]:
    """A row per series and month, of the total with shared and with independent shocks."""
    rows = []
    for node in tree.nodes:
        apart = tree.month_totals(node, False)
        for row in month_rows(tree.dates, tree.month_totals(node, True)):
            row = {"series": node, **row}
            if node == TOTAL:
                row |= {f"{key}_shared": row[key] for key in QUANTILES} | {
                    f"{key}_independent": value
                    for key, value in quantiles(apart[row["month"]]).items()
                }
            rows.append(row)
    return rows


def _notes(late, read: tuple[str, ...], rows: list[dict] | None = None) -> tuple[str, ...]:
    said = [
        *words(late),
        *read,
        "Totals are added up path by path; ranges of months or series never add up.",
    ]
    first = next((row for row in rows or () if "p10_shared" in row), None)
    if first:
        ends = {how: f"{first[f'p10_{how}']:,.0f} to {first[f'p90_{how}']:,.0f}" for how in SHOCKS}
        said.append(
            f"{TOTAL}, {first['month']}: eight of ten futures lie from {ends['independent']} where each series misses on its own, from {ends['shared']} where "
            "all miss as they did at the same time before. A total means something where all series have one unit."
        )
    return tuple(said)
