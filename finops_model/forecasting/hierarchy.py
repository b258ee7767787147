"""Many series at once, and their sums at every node: bottom-up by path, with shared and with independent shocks (docs/method §2.13).

A quantile of a sum is not the sum of quantiles: paths of the leaves are added up first. Both ends are reported: shocks drawn together (one
seed for all: the same past cutoffs and signs, so that leaves which missed together before miss together again) and independent of each other (a seed
from each name, as if they had nothing in common).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .. import streams
from ..errors import ForecastError, unknown
from ..executors import map_blocks
from ..progress import Progress, silent
from .ensemble import Forecast, mean_shares
from .series import forecast
from .settling import SETTLING_DAYS, Late

TOTAL = "Total"
SEPARATOR = " / "
TASK = 40  # series of one task: about a third of a second
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def forecast_many(
    histories: Mapping,
    horizon: int,
    paths: int = 1000,
    seed: int = 0,
    methods=None,
    *,
    shared: bool = True,
    workers: int = 1,
    executor="processes",
    progress: Progress | None = None,
    as_of=None,
    settling_days: int = SETTLING_DAYS,
) -> dict[str, Forecast]:
    """`series.forecast` of many series, {name: Forecast} in their order.

    histories   name -> daily history (or a frame with a column per series, its index the days)
    shared      True: all series share their shocks (one seed); False: each has its own, from seed and name
    as_of, settling_days   as in `series.forecast`, for every series
    workers     how many side by side; executor: where, as executors.map_blocks has it (processes, threads, dask, or a dask Client)

    A series' forecast depends on its history, name and seed only, never on the others. Raises ForecastError naming the series.

    >>> day = pd.date_range("2026-01-01", periods=60)
    >>> sorted(forecast_many({"a": pd.Series(1.0, day), "b": pd.Series(2.0, day)}, 7, paths=10))
    ['a', 'b']
    """
    if isinstance(histories, pd.DataFrame):
        histories = {str(name): histories[name] for name in histories.columns}
    if not histories:
        raise ForecastError("forecast: there is no series; give at least one.")
    names = [str(name) for name in histories]
    jobs = [
        (
            name,
            history,
            horizon,
            paths,
            seed if shared else own_seed(seed, name),
            methods,
            as_of,
            settling_days,
        )
        for name, history in zip(names, histories.values())
    ]
    say, forecasts = progress or silent, {}
    size = max(1, min(TASK, -(-len(jobs) // max(workers, 1))))
    tasks = [jobs[i : i + size] for i in range(0, len(jobs), size)]
    with _one_thread_each(workers):
        for part in map_blocks(
            _several,
            tasks,
            executor if workers > 1 or not isinstance(executor, str) else "serial",
            workers,
        ):
            say("forecast", len(forecasts), len(names))
            forecasts |= dict(zip(names[len(forecasts) :], part))
    say("forecast", len(names), len(names))
    return forecasts


@contextmanager
def _one_thread_each(workers: int):
    """Worker processes started inside use one BLAS thread each: two of them with two threads each take five times as long."""
    before = {name: os.environ.get(name) for name in THREADS}
    if workers > 1:
        os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _several(jobs) -> list[Forecast]:
    return [_one(job) for job in jobs]


def _one(job) -> Forecast:
    name, history, horizon, paths, seed, methods, as_of, settling_days = job
    try:
        return forecast(
            history,
            horizon,
            paths=paths,
            seed=seed,
            methods=methods,
            as_of=as_of,
            settling_days=settling_days,
        )
    except ForecastError as problem:
        raise ForecastError(f"{name}: {problem}") from None


def own_seed(seed: int, name: str) -> int:
    """A series' own seed: a function of the seed and its name."""
    return int(streams.key(seed, f"forecast/{name}")[0] >> np.uint64(1))


@dataclass(frozen=True)
class Tree:
    """Forecasts of leaves and sums of them at every node, by path. Axes (path, day)."""

    nodes: tuple[str, ...]  # leaves and nodes, the total last
    leaves: dict[str, tuple[str, ...]]  # node -> the leaves below it
    dates: np.ndarray
    shared: dict[str, np.ndarray]  # node -> paths, shocks shared by all leaves
    independent: dict[str, np.ndarray]  # node -> paths, shocks of each leaf its own
    left_out: dict[str, tuple[Late, ...]]  # leaf -> newest days of it that look unfinished
    weights: dict[str, float]  # method -> its mean share over the leaves, adds up to 1
    yearly: dict[str, float] = field(default_factory=dict)  # the same of totals of four weeks

    def month_totals(self, node: str = TOTAL, shared: bool = True) -> dict[str, np.ndarray]:
        """{month: (path,)} of a node. Raises ForecastError with the nearest node."""
        if node not in self.nodes:
            raise ForecastError(unknown("hierarchy", "node", node, self.nodes))
        paths, months = (
            (self.shared if shared else self.independent)[node],
            self.dates.astype("datetime64[M]"),
        )
        return {str(month): paths[:, months == month].sum(axis=1) for month in np.unique(months)}

    def frame(self) -> pd.DataFrame:
        """One row per node and month: node, month, P10, P50, P90 with shared and with independent shocks."""
        rows = []
        for node in self.nodes:
            both = {
                how: self.month_totals(node, how == "shared") for how in ("shared", "independent")
            }
            for month in both["shared"]:
                row = {"node": node, "month": month, "leaves": len(self.leaves[node])}
                for how, totals in both.items():
                    row |= {
                        f"{name}_{how}": float(q)
                        for name, q in zip(
                            ("p10", "p50", "p90"), np.quantile(totals[month], (0.1, 0.5, 0.9))
                        )
                    }
                rows.append(row)
        return pd.DataFrame(rows)


def forecast_tree(
    histories: Mapping,
    horizon: int,
    levels: Mapping[str, tuple] | None = None,
    paths: int = 1000,
    seed: int = 0,
    methods=None,
    *,
    workers: int = 1,
    executor="processes",
    progress: Progress | None = None,
    as_of=None,
    settling_days: int = SETTLING_DAYS,
) -> Tree:
    """Leaves forecast on their own and added up at every node of a hierarchy, path by path.

    levels   leaf -> the names of its nodes from the top down, e.g. {"chat": ("Support", "EMEA")}; None: the total only

    >>> day = pd.date_range("2025-01-01", periods=400)
    >>> tree = forecast_tree({"a": pd.Series(1.0, day), "b": pd.Series(2.0, day)}, 7, {"a": ("x",), "b": ("x",)}, paths=10)
    >>> tree.nodes, float(tree.shared["Total"][0].sum().round(6))
    (('a', 'b', 'x', 'Total'), 21.0)
    """
    how = {
        "workers": workers,
        "executor": executor,
        "progress": progress,
        "as_of": as_of,
        "settling_days": settling_days,
    }
    shared = forecast_many(histories, horizon, paths, seed, methods, shared=True, **how)
    independent = forecast_many(histories, horizon, paths, seed, methods, shared=False, **how)
    names = list(shared)
    dates = shared[names[0]].dates
    for name in names:
        if not np.array_equal(shared[name].dates, dates):
            raise ForecastError(
                f"{name}: its history ends on {shared[name].dates[0] - 1} and that of {names[0]} on {dates[0] - 1}; bring all series to "
                "one last day (write 0 where nothing was used)."
            )
    below = {name: (name,) for name in names}
    for name in names:
        above = tuple((levels or {}).get(name, ()))
        for depth in range(1, len(above) + 1):
            node = SEPARATOR.join(map(str, above[:depth]))
            if node in names or node == TOTAL:
                raise ForecastError(
                    f"hierarchy: '{node}' is a node and a series; give one of them another name."
                )
            below[node] = (*below.get(node, ()), name)
    for name in levels or {}:
        if name not in names:
            raise ForecastError(unknown("hierarchy", "series", str(name), names))
    below[TOTAL] = tuple(names)
    sums = [
        {
            node: np.sum([forecasts[leaf].paths for leaf in leaves], axis=0)
            for node, leaves in below.items()
        }
        for forecasts in (shared, independent)
    ]
    return Tree(
        tuple(below),
        below,
        dates,
        *sums,
        {name: one.left_out for name, one in shared.items()},
        mean_shares([one.weights for one in shared.values()], [1.0] * len(shared)),
        mean_shares([one.yearly for one in shared.values()], [1.0] * len(shared)),
    )
