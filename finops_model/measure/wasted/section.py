"""The section `waste` of a brief: the lines of a month, dearest first, and the waste of thirteen months (docs/method §17.11)."""

from __future__ import annotations

from ...errors import listing
from ...names import COMPANY
from ...periods import add_months, month_name
from ..close import Close
from ..waste import Waste
from ..words import money
from .types import WasteFound, WasteLine, WasteMonth

MONTHS = 13
RECENT = 3  # months after which waste that is over is not told any more
EVIDENCE = 12  # rows of it
PLURAL = {
    "idle endpoint": "idle endpoints",
    "forgotten key": "forgotten keys",
    "machine that never rests": "machines that never rest",
    "unused commitment": "unused commitments",
    "runaway job": "runaway jobs",
    "repeated run": "repeated runs",
}


def waste_of(close: Close, unit: str, spent: float) -> WasteFound | None:
    """What a unit's brief says of waste; None where there is none in the month and none that ended in the three months before.

    spent   cost of the unit in the month
    """
    month, currency = close.month, close.currency
    own = [line for line in close.waste if unit in (COMPANY, line.unit)]
    oldest = add_months(month, -RECENT)
    shown = [
        _line(line, month)
        for line in own
        if line.cost_by_month and max(line.cost_by_month) >= oldest
    ]
    if not shown:
        return None
    months = [_month(own, add_months(month, -back)) for back in range(MONTHS - 1, -1, -1)]
    first = next(i for i, row in enumerate(months) if row["sure"] or row["not_sure"])
    sure, not_sure = months[-1]["sure"], months[-1]["not_sure"]
    return {
        "sentence": _sentence(shown, month, sure, not_sure, spent, currency),
        "sure": sure,
        "not_sure": not_sure,
        "share": sure / spent if spent > 0 else None,
        "by_month": months[first:],
        "lines": shown,
    }


def _line(line: Waste, month: str) -> WasteLine:
    return {
        "kind": line.kind,
        "category": line.category,  # type: ignore[typeddict-item]
        "resource": line.resource,
        "workload": line.workload,
        "unit": line.unit,
        "team": line.team,
        "owner": line.owner,
        "cost": line.cost_by_month.get(month, 0.0),
        "before": line.cost_by_month.get(add_months(month, -1), 0.0),
        "so_far": sum(line.cost_by_month.values()),
        "since": line.since,
        "sure": line.sure,
        "why": line.why,
        "evidence": [dict(row) for row in line.evidence[-EVIDENCE:]],
    }


def _month(lines: list[Waste], month: str) -> WasteMonth:
    costs = [(line.sure, line.cost_by_month.get(month, 0.0)) for line in lines]
    return {
        "month": month,
        "sure": sum(cost for sure, cost in costs if sure),
        "not_sure": sum(cost for sure, cost in costs if not sure),
    }


def _sentence(
    lines: list[WasteLine], month: str, sure: float, not_sure: float, spent: float, currency: str
) -> str:
    """What of the month's cost bought nothing, in words."""
    when = month_name(month)
    kinds: dict[str, list[float]] = {}
    for line in lines:
        if line["sure"] and line["cost"]:
            kinds.setdefault(line["kind"], []).append(line["cost"])
    dearest = [
        PLURAL.get(kind, kind) if len(kinds[kind]) > 1 else kind
        for kind in sorted(kinds, key=lambda kind: -sum(kinds[kind]))
    ]
    said = [f"In {when} no waste is sure."]
    if dearest:
        share = (
            f", {100 * sure / spent:.1f} % of the cost".replace(".0 %", " %") if spent > 0 else ""
        )
        said = [f"In {when} {money(sure, currency)}{share}, bought nothing: {listing(dearest, 4)}."]
    if not_sure:
        said.append(f"Somebody should look at another {money(not_sure, currency)}.")
    if over := sorted({line["kind"] for line in lines if not line["cost"]}):
        said.append(f"Over by now, and worth a word: {listing(over, 4)}.")
    return " ".join(said)
