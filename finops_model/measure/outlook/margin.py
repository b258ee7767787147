"""Gross margin: revenue less what of AI cost serves customers, by the policy `cogs:` of finops.yaml (docs/method §16.55)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...errors import InputError, unknown

if TYPE_CHECKING:
    from ...settings import Cogs

SERVING, RESEARCH, UNDECIDED = "serving", "research", "undecided"
COLUMNS = {
    "workloads": ("x_Workload", "workload"),
    "teams": ("x_Team", "team"),
    "environments": ("x_Environment", "environment"),
    "categories": ("ServiceCategory", "category"),
}  # key of the policy -> column of DAILY, its word


def check(cogs: Cogs, daily: pd.DataFrame) -> None:
    """Refuse names of the policy that no bill has. daily: all of the ledger. Raises InputError with the nearest."""
    for part in (SERVING, RESEARCH):
        for key, (column, word) in COLUMNS.items():
            known = {str(name) for name in daily[column].unique()}
            for name in getattr(getattr(cogs, part), key):
                if name not in known:
                    raise InputError(
                        unknown(f"finops.yaml: cogs/{part}/{key}", word, name, sorted(known))
                    )


def classes(rows: pd.DataFrame, cogs: Cogs) -> np.ndarray:
    """What each cost row is, (row,) of text: research where both fit, undecided where neither does."""
    fits = {}
    for part in (SERVING, RESEARCH):
        charges = getattr(cogs, part)
        fits[part] = np.zeros(len(rows), bool)
        for key, (column, _) in COLUMNS.items():
            fits[part] |= rows[column].isin(getattr(charges, key)).to_numpy()
    return np.where(fits[RESEARCH], RESEARCH, np.where(fits[SERVING], SERVING, UNDECIDED))


def sales_of(cogs: Cogs, drivers: pd.DataFrame | None) -> pd.Series:
    """Revenue by day, as the driver that the policy names counts it. Raises InputError where there is none of that name."""
    names = [] if drivers is None else sorted(set(drivers["name"]))
    if cogs.revenue not in names:
        raise InputError(
            unknown("finops.yaml: cogs/revenue", "driver", cogs.revenue, names)
            if names
            else f"finops.yaml: cogs/revenue: '{cogs.revenue}' is a driver, and no file of drivers is named. Add one: finops add drivers FILE."
        )
    assert drivers is not None
    own = drivers[drivers["name"] == cogs.revenue]
    return own.groupby("date")["value"].sum()


def by_class(rows: pd.DataFrame, cogs: Cogs) -> pd.DataFrame:
    """EffectiveCost by day (index) and class (serving, research, undecided)."""
    each = rows.groupby([rows["ChargeDate"], classes(rows, cogs)])["EffectiveCost"].sum().unstack()
    return each.reindex(columns=[SERVING, RESEARCH, UNDECIDED]).fillna(0.0)


def shares(
    rows: pd.DataFrame, cogs: Cogs, names: Iterable[str], days: int = 90
) -> dict[str, float]:
    """Workload -> the share of its cost of the newest days that is cost of goods sold; 1 where it has none yet (what nothing decides counts)."""
    recent = rows[rows["ChargeDate"] > rows["ChargeDate"].max() - pd.Timedelta(days=days)]
    kept = recent["EffectiveCost"].where(classes(recent, cogs) != RESEARCH, 0.0)
    of = pd.DataFrame({"w": recent["x_Workload"], "all": recent["EffectiveCost"], "goods": kept})
    sums = of.groupby("w")[["all", "goods"]].sum()
    sums = sums[sums["all"] > 0]
    known = (sums["goods"] / sums["all"]).clip(0.0, 1.0).to_dict()
    return {name: float(known.get(name, 1.0)) for name in {*names, *known}}
