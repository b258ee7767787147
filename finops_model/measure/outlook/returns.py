"""What value returns: ROI, payback and the chance of either, path by path (docs/method §16.61 to §16.64)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from ...errors import InputError
from ...facts.cycle.values import KINDS, Value
from ...periods import month_range, months_between
from ...streams import uniforms

TAIL = 1.2815515655446004  # of the standard normal: one in ten lies above


@dataclass(frozen=True, kw_only=True)
class Initiative:
    """An initiative in a period: what it brings and what it costs, both incremental, by path and month."""

    name: str
    owners: tuple[str, ...]
    months: tuple[str, ...]  # of the period in which it has values
    value: np.ndarray  # (path, month), money
    cost: np.ndarray  # (path, month), money
    by_kind: Mapping[str, np.ndarray]  # kind -> (path,), money of the period
    cost_from: str  # in words: "stated" or which workloads
    after: int = 0  # months from the first of the period to its own first
    lines: tuple[int, ...] = ()
    notes: tuple[str, ...] = field(default=())


def normals_of(owner: str, paths: int, seed: int) -> np.ndarray:
    """Where an owner's estimates fall on each path, (path,): standard normal, each of `paths` equal parts once.

    All values of one owner share it (who is too hopeful is so of all), those of two owners are independent.
    """
    rank = np.argsort(
        np.argsort(uniforms(seed, f"value/{owner.casefold()}", paths), kind="stable"), kind="stable"
    )
    return ndtri((rank + 0.5) / paths)


def drawn(low: float, likely: float, high: float, z: np.ndarray) -> np.ndarray:
    """A value on each path: two halves of normal distributions that meet at the likely one; a tenth lies below low, a tenth above high.

    >>> drawn(8.0, 10.0, 16.0, np.array([-TAIL, 0.0, TAIL])).round(6).tolist()
    [8.0, 10.0, 16.0]
    """
    width = np.where(z < 0, likely - low, high - likely) / TAIL
    return likely + z * width


def named(rows: Sequence[Value]) -> dict[str, list[Value]]:
    """Initiative -> its rows, as first spelled, in the order of the file."""
    spelled: dict[str, str] = {}
    each: dict[str, list[Value]] = {}
    for row in rows:
        name = spelled.setdefault(row.initiative.casefold(), row.initiative)
        each.setdefault(name, []).append(row)
    return each


def check(name: str, rows: Sequence[Value], where: str) -> None:
    """An initiative has every month from its first to its last, and the cost of each of them.

    Raises InputError, with the file's lines, for a month that is missing, a cost that is not stated, two statements of a cost before.
    """
    months = sorted({row.month for row in rows})
    for month in month_range(months[0], months[-1]):
        if month not in months:
            raise InputError(
                f"{where}: month: '{name}' has no value for {month}, and has some before and after it. A missing month is not zero: "
                "write its range, or 0 where it brings nothing."
            )
    covered = any(row.workloads for row in rows)
    for month in months:
        here = [row for row in rows if row.month == month]
        if not covered and all(row.cost is None for row in here):
            raise InputError(
                f"{where}: line {here[0].line}: cost: '{name}' has no cost for {month}. A return needs both: write what it costs, "
                "or name the workloads whose cost it is (column workloads)."
            )
        stated = {row.cost_before for row in here if row.cost_before is not None}
        if len(stated) > 1:
            raise InputError(
                f"{where}: line {here[-1].line}: cost_before: '{name}' has two of them for {month}. Write one."
            )


def initiative(
    name: str,
    rows: Sequence[Value],
    months: Sequence[str],
    *,
    paths: int,
    seed: int,
    costs: Mapping[str, np.ndarray] | None = None,
) -> Initiative | None:
    """An initiative on the months of a period; None where it has no value in any of them.

    costs   month -> (path,) cost of its workloads, of the bill or simulated
    """
    mine = tuple(sorted({row.month for row in rows} & set(months)))
    if not mine:
        return None
    place = {month: i for i, month in enumerate(mine)}
    inside = [row for row in rows if row.month in place]
    value, cost = np.zeros((paths, len(mine))), np.zeros((paths, len(mine)))
    by_kind: dict[str, np.ndarray] = {}
    for row in inside:
        z = normals_of(row.owner, paths, seed)
        own = drawn(float(row.low), float(row.likely), float(row.high), z)
        value[:, place[row.month]] += own
        by_kind[row.kind] = by_kind.get(row.kind, np.zeros(paths)) + own
        if row.cost is not None:
            cost[:, place[row.month]] += float(row.cost)
    workloads = sorted({workload for row in rows for workload in row.workloads})
    if workloads and costs is not None:
        for month, i in place.items():
            before = next(
                (
                    float(row.cost_before)
                    for row in inside
                    if row.month == month and row.cost_before is not None
                ),
                0.0,
            )
            cost[:, i] += costs[month] - before
    stated = any(row.cost is not None for row in inside)
    parts = (["as stated"] if stated else []) + ([", ".join(workloads)] if workloads else [])
    return Initiative(
        name=name,
        owners=tuple(dict.fromkeys(row.owner for row in inside)),
        months=mine,
        value=value,
        cost=cost,
        by_kind={kind: by_kind[kind] for kind in KINDS if kind in by_kind},
        cost_from=" and ".join(parts),
        after=months_between(months[0], mine[0]),
        lines=tuple(row.line for row in inside),
    )


def whole(initiatives: Sequence[Initiative], name: str) -> Initiative:
    """All initiatives together, path by path, on every month from the first of any to the last."""
    months = month_range(
        min(each.months[0] for each in initiatives), max(each.months[-1] for each in initiatives)
    )
    place = {month: i for i, month in enumerate(months)}
    paths = len(initiatives[0].value)
    value, cost = np.zeros((paths, len(months))), np.zeros((paths, len(months)))
    by_kind: dict[str, np.ndarray] = {}
    for each in initiatives:
        for i, month in enumerate(each.months):
            value[:, place[month]] += each.value[:, i]
            cost[:, place[month]] += each.cost[:, i]
        for kind, amount in each.by_kind.items():
            by_kind[kind] = by_kind.get(kind, np.zeros(paths)) + amount
    return Initiative(
        name=name,
        owners=tuple(dict.fromkeys(owner for each in initiatives for owner in each.owners)),
        months=months,
        value=value,
        cost=cost,
        by_kind=by_kind,
        cost_from="",
        after=min(each.after for each in initiatives),
    )


def discounts(months: int, rate: float, after: int = 0) -> np.ndarray:
    """Discount factor of each month, (1 + rate) to the power of −k ÷ 12; the first lies `after` months behind the one that counts 1.

    >>> discounts(13, 0.21)[[0, 6, 12]].round(6).tolist()
    [1.0, 0.909091, 0.826446]
    """
    return (1.0 + rate) ** (-(after + np.arange(months)) / 12.0)


def payback(net: np.ndarray, rate: float = 0.0) -> np.ndarray:
    """Position of the first month from which the cumulative discounted net stays at 0 or above, (path,); −1: not within the horizon.

    net   (path, month), value − cost

    >>> payback(np.array([[-3.0, 2.0, 2.0], [1.0, -3.0, 1.0], [1.0, 1.0, 1.0], [2.0, -3.0, 1.0]])).tolist()
    [2, -1, 0, 2]
    """
    cumulative = np.cumsum(net * discounts(net.shape[1], rate), axis=1)
    scale = np.cumsum(np.abs(net), axis=1)
    below = cumulative < -1e-12 * scale  # a sum of cents that should be nothing is nothing
    last = np.where(below.any(axis=1), net.shape[1] - 1 - np.argmax(below[:, ::-1], axis=1), -1)
    return np.where(last == net.shape[1] - 1, -1, last + 1)


def figures(one: Initiative, rate: float = 0.0) -> dict:
    """What an initiative returns: plain figures, money in the ledger's currency; None where there is none.

    roi, roi_p10, roi_p90      (value − cost) ÷ cost over the period; roi is that of the means
    chance                     share of paths on which value > cost
    payback                    month in which half of the paths have paid back; None: not within the horizon
    payback_chance             share of paths that pay back within the horizon
    """
    value, cost = one.value.sum(axis=1), one.cost.sum(axis=1)
    net = one.value - one.cost
    back = payback(net, rate)
    reached = np.sort(np.where(back < 0, len(one.months), back))
    middle = int(reached[(len(reached) - 1) // 2])
    costly = bool((cost > 0).all())
    ratio = (value - cost) / cost if costly else None
    spent = float(cost.mean())
    return {
        "initiative": one.name,
        "owners": list(one.owners),
        "months": [one.months[0], one.months[-1]],
        "value": float(value.mean()),
        "value_p10": float(np.quantile(value, 0.1)),
        "value_p90": float(np.quantile(value, 0.9)),
        "cost": spent,
        "cost_p10": float(np.quantile(cost, 0.1)),
        "cost_p90": float(np.quantile(cost, 0.9)),
        "net_present_value": float(
            (net * discounts(len(one.months), rate, one.after)).sum(axis=1).mean()
        ),
        "roi": float(value.mean() / spent - 1.0) if costly else None,
        "roi_p10": None if ratio is None else float(np.quantile(ratio, 0.1)),
        "roi_p50": None if ratio is None else float(np.quantile(ratio, 0.5)),
        "roi_p90": None if ratio is None else float(np.quantile(ratio, 0.9)),
        "chance": float((value > cost).mean()),
        "payback": one.months[middle] if middle < len(one.months) else None,
        "payback_chance": float((back >= 0).mean()),
        "per_dollar": {
            kind: float(amount.mean() / spent) if costly else None
            for kind, amount in one.by_kind.items()
        },
        "value_by_kind": {kind: float(amount.mean()) for kind, amount in one.by_kind.items()},
        "cost_from": one.cost_from,
    }
