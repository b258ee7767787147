"""The demand of a bill for a question of options: simulated use of a workload, a SKU or both, by month (docs/method §8.60)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ....errors import InputError, ScenarioError, listing, nearest
from ....facts.workspace import read_daily
from ....periods import add_months, month_index
from ....settings import Settings
from ...commitments.demand import read_workspace, simulated_hours
from .document import Question

DAYS = 365.0


def simulated_use(
    question: Question, settings: Settings
) -> Callable[[tuple[str, ...]], np.ndarray]:
    """A function (months) -> (path, month) units: what the base scenario uses on each path, signed commitments not taken off.

    Raises InputError for a workload or SKU that the bill does not have, several units, or a first month that has begun.
    """
    demand = question.document.demand
    where = f"{question.path}: demand" if question.path else "demand"

    def use(months: tuple[str, ...]) -> np.ndarray:
        try:
            work, _ = read_workspace(
                settings, read_daily(settings), (), len(months), f"{months[0]}-01"
            )
        except ScenarioError as problem:
            text = str(problem)
            if not text.startswith("start"):
                raise
            raise InputError(
                f"{where}: from is {months[0]}, which has begun on this bill; write a month that is still to come."
            ) from None
        items = _meant(work.plan.prices.items, demand.workload, demand.sku, where)
        skus = tuple(dict.fromkeys(item[1] for item in items))
        own = replace(work, plan=work.plan.but(items=items))
        last = np.datetime64(f"{add_months(months[-1], 1)}-01", "D")
        days = int((last - np.datetime64(f"{months[0]}-01", "D")).astype(int))
        hours = simulated_hours(own, skus, f"{months[0]}-01", days / DAYS, question.document.paths)
        of = month_index(own.plan.dates[hours.days], months)
        by_day = hours.kept.sum(axis=0, dtype=float).T  # (path, day)
        return np.stack([by_day[:, of == m].sum(axis=1) for m in range(len(months))], axis=1)

    return use


def _meant(items, workload: str | None, sku: str | None, where: str):
    """The lines of the plan that are meant, all in one unit."""
    known = [item for item in items if not item[1].startswith("planned:")]
    for at, name, what in ((0, workload, "workload"), (1, sku, "SKU")):
        if name is None:
            continue
        names = sorted({item[at] for item in known})
        if name not in names:
            near = nearest(name, names)
            raise InputError(
                f"{where}: there is no {what} '{name[:60]}' in use on this bill.{f' Did you mean {near!r}?' if near else ''} "
                f"There are {listing(names, 8)}."
            )
        known = [item for item in known if item[at] == name]
    units = sorted({item[3] for item in known})
    if not known or len(units) > 1:
        names = sorted({item[1] for item in known})
        raise InputError(
            f"{where}: '{workload}' and '{sku}' are never used together."
            if not known
            else f"{where}: '{workload}' is counted in {listing(units, 6)}; say which: sku, one of {listing(names, 8)}."
        )
    return tuple(known)
