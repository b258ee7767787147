"""Cost of groups of workloads on the futures of a workspace's base: what returns and unit costs of coming months stand on (docs/method §16.50)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...periods import month_of
from ...progress import Progress
from ...publish import close
from ...settings import Settings
from ...simulate import scenarios as simulate
from ...simulate.grouped import Grouped
from ...simulate.kept_fits import Fits
from ...simulate.run import Run


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """The bill to a day, and the base from it on, by path, month and group of workloads."""

    as_of: str
    daily: pd.DataFrame
    months: tuple[str, ...]  # simulated; the first may be partly booked
    cost: np.ndarray  # (path, month, group), money
    paths: int
    workloads: tuple[str, ...]
    run: Run | None = None
    notes: tuple[str, ...] = ()


def ahead(
    settings: Settings,
    groups: Mapping[str, Collection[str] | Mapping[str, float]],
    *,
    units: Mapping[str, str] | None = None,
    as_of: str | None = None,
    paths: int | None = None,
    until: str | None = None,
    progress: Progress | None = None,
) -> Ahead:
    """The base of a workspace on the draws of its report, in groups of workloads (of a unit's part of them); nothing is simulated where `until` is a month that the bill has whole.

    Raises LedgerError, ScenarioError, ForecastError where there is no bill or nothing can be forecast.
    """
    ledger = close.books(settings, progress)
    day = close.check_as_of(ledger, as_of, settings.time_zone, None)
    daily = close.up_to(simulate.read_daily(settings), day, bool(as_of))
    ended = month_of(np.datetime64(day) + 1) > month_of(day)  # the month is whole
    if until is not None and (until < month_of(day) or (until == month_of(day) and ended)):
        return Ahead(
            as_of=day,
            daily=daily,
            months=(),
            cost=np.zeros((paths or settings.paths, 0, len(groups))),
            paths=paths or settings.paths,
            workloads=(),
        )
    kept, fits = Grouped(groups, units), Fits(settings.path(settings.ledger))
    file = settings.path(settings.scenario) if settings.scenario else None
    run = simulate.run_many(
        [file],
        settings,
        as_of=day,
        daily=daily,
        paths=paths,
        dials=False,
        progress=progress,
        fits=fits,
        keep=kept,
    )[0]
    return Ahead(
        as_of=day,
        daily=daily,
        months=run.months,
        cost=kept.paths(),
        paths=run.paths,
        workloads=run.workloads,
        run=run,
        notes=tuple(fits.notes),
    )
