"""Allocation of OpenCost or Kubecost (JSON answer of the API, CSV of the page): GPU hours and an allocation of list prices.

It is no bill: the tool spreads what it thinks the cluster costs over its namespaces. So its cost is kept as an estimate, idle
capacity (__idle__) and all. totalCost holds the adjustments already. Source: OpenCost, API; Kubecost, Allocation API.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal

from ..files.readers import Source
from . import Usage, _usage

TITLE = "OpenCost or Kubecost allocation (JSON, CSV)"
DEFAULT = True
KIND = "usage"
SEEN_BY = "tool"
SIGN = ("cpuCost", "totalCost", "name", "start", "end")
KEEP = frozenset(
    "name start end cpucost ramcost gpucost totalcost gpuhours minutes cluster namespace".split()
)


def recognise(source: Source) -> bool:
    """Allocations with cpuCost, totalCost, name, start and end."""
    if source.kind == "json":
        document = source.document
        if not isinstance(document, dict) or not isinstance(document.get("data"), list):
            return False
        first = next((one for _, one in _allocations(document["data"])), None)
        return isinstance(first, dict) and {*SIGN} <= set(first)
    return _usage.has(source, *SIGN)


def read(source: Source) -> Usage:
    """A row per allocation and meter; its cost is an estimate on the first."""
    notes = [
        "an allocation of list prices, kept as x_EstimatedCost and never as billed money",
        "the file says no currency: USD, as the tools have it unless told otherwise",
    ]
    records = _records(source) if source.kind == "json" else _usage.rows(source, KEEP, frozenset())
    once = _usage.Once()
    return _usage.collect(
        source, "OpenCost/Kubecost allocation", records, lambda line: _rows(line, once), notes
    )


def _allocations(sets: list) -> Iterator[tuple[str, object]]:
    for one in sets:
        if one is not None:  # a window without any allocation
            yield from one.items() if isinstance(one, dict) else [(str(one), None)]


def _records(source: Source) -> Iterator[dict]:
    source.broken.clear()
    for number, (name, one) in enumerate(_allocations(source.document["data"]), 1):
        record = _usage.flat(one) if isinstance(one, dict) else {"broken": name}
        yield {**record, "x_Row": number}


def _rows(line: dict, once: _usage.Once) -> list[dict]:
    if "broken" in line:
        raise _usage.Refused("data", f"{_usage.quoted(line['broken'])} is no allocation")
    name = str(line.get("name", ""))
    if name.casefold() in ("total", "totals", ""):
        raise _usage.Left("totals, which repeat what stands beside them")
    where = _usage.nested(line.get("properties"))
    start, end = str(line.get("start", "")), str(line.get("end", ""))
    if line.get("totalcost") in (None, ""):
        raise _usage.Refused("totalCost", "is empty")
    once.check("name", json.dumps([name, where, start, end], sort_keys=True, default=str), name)
    hours = _usage.count(line, "minutes") / 60 if line.get("minutes") else _hours(start, end)
    base = {
        "UsageStart": start,
        "UsageEnd": end,
        "SubAccountId": where.get("cluster") or line.get("cluster"),
        "ResourceId": name,
        "Tags": _usage.tags(
            namespace=where.get("namespace") or line.get("namespace"),
            controller=where.get("controller"),
            pod=where.get("pod"),
            node=where.get("node"),
        ),
    }
    meters = {"allocation_hours": hours, "gpu_hours_allocated": _usage.count(line, "gpuhours")}
    rows = _usage.metered(base, meters, line.get("totalcost"))
    if not rows:
        raise _usage.Refused("minutes", "says no time, and no end after the start does")
    return rows


def _hours(start: str, end: str) -> Decimal:
    try:
        span = dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)
    except (ValueError, TypeError):
        return Decimal(0)
    return max(Decimal(int(span.total_seconds())) / 3600, Decimal(0))
