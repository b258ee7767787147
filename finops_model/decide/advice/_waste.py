"""What advice on waste shares: a line of waste as changes of a scenario, its rows as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...periods import month_days
from ...scenario.changes import escape
from . import MONTH, Ground

WHOLE = 0.995  # of a workload's month: then all of it goes
NEWEST = 6  # rows of evidence that are shown
YEAR = 12  # months over which what happens now and then is counted
STEADY, WITHIN = 3, 0.02  # newest months that are alike, and how far they lie from their mean
NEARLY = 0.999999  # idle share of hours of which every one is idle: 1 is open


def lines_of(ground: Ground, category: str, *kinds: str) -> list:
    """Lines of waste of a category (of some kinds of it, or of all) that last: they cost something in the month looked at."""
    return [
        line
        for line in ground.waste
        if line.category == category and line.month_cost > 0 and (not kinds or line.kind in kinds)
    ]


def name_of(line) -> str:
    """What a line is of: its resource, else its workload."""
    return line.resource or line.workload


def by_sku(ground: Ground, line) -> dict[str, tuple[float, float]]:
    """SKU -> (money of the line, money of the workload) in the newest month in which the line has claims."""
    if ground.waste_rows is None or not len(line.claims):
        return {}
    rows = ground.waste_rows.loc[line.claims.index]
    month = rows["x_Month"].max()
    mine = rows[rows["x_Month"] == month]
    claimed = line.claims.loc[mine.index].groupby(mine["SkuId"]).sum()
    every = ground.waste_rows
    every = every[(every["x_Month"] == month) & (every["x_Workload"] == line.workload)]
    whole = every.groupby("SkuId")["EffectiveCost"].sum()
    return {
        str(sku): (float(amount), float(whole.get(sku, 0.0)))
        for sku, amount in claimed.items()
        if amount > 0
    }


def gone(ground: Ground, line, lever: str = "avoided") -> list[dict]:
    """Changes after which a line of waste is no longer paid; none where the scenario knows nothing of the workload."""
    own = by_sku(ground, line)
    if line.workload not in ground.bought or not own:
        return []
    used = set(ground.bought[line.workload][0])
    own = {sku: pair for sku, pair in own.items() if sku in used}
    claimed, whole = (sum(pair[at] for pair in own.values()) for at in (0, 1))
    path = f"workloads/{escape(line.workload)}"
    if not whole:
        return []
    if len(own) == len(used) and claimed >= WHOLE * whole:
        return [{"op": "set", "path": f"{path}/demand/level", "value": 0.0}]
    share = min(claimed / whole, 1.0)
    terms = {"skus": sorted(own)}
    if lever == "idle_hours":
        idle = min(share, NEARLY)
        return [
            {"op": "set", "path": f"{path}/idle_hours", "value": 0.0, "from": idle, "with": terms}
        ]
    return [{"op": "set", "path": f"{path}/avoided", "value": share, "with": terms}]


def a_month(line) -> tuple[float, int]:
    """(money a month of what happens now and then, in how many of the newest YEAR months it did)."""
    months = sorted(line.cost_by_month)[-YEAR:]
    return sum(line.cost_by_month[m] for m in months) / YEAR, len(months)


def steady(line) -> float | None:
    """Money a day of a line whose newest three months cost the same a day, or the same a month; None where they do not: it moves with the work.

    >>> from types import SimpleNamespace as Some
    >>> steady(Some(cost_by_month={"2026-08": 310.0, "2026-09": 300.0, "2026-10": 310.0}))
    10.0
    >>> steady(Some(cost_by_month={"2026-08": 310.0, "2026-09": 330.0, "2026-10": 370.0}))
    """
    months = sorted(line.cost_by_month)[-STEADY:]
    if len(months) < STEADY:
        return None
    days = [len(month_days(month)) for month in months]
    costs = [line.cost_by_month[month] for month in months]
    for amounts, count in (
        ([cost / n for cost, n in zip(costs, days, strict=True)], 1.0),
        (costs, MONTH),
    ):
        mean = sum(amounts) / STEADY
        if mean > 0 and all(abs(amount / mean - 1) <= WITHIN for amount in amounts):
            return mean / count
    return None


def shown(evidence: Iterable[Mapping]) -> tuple[dict, ...]:
    """The newest rows of evidence."""
    return tuple(dict(row) for row in list(evidence)[-NEWEST:])
