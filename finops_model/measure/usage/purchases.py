"""Purchases of the base scenario in a brief: what each month is expected to cost, for what, and how it is priced (docs/method §3.41)."""

from __future__ import annotations

from ..brief_types import Brief, Purchased


def purchases_of(run, unit: str | None) -> list[Purchased]:
    """A row for every month of every purchase of a run; of a unit: those whose money is all its own. unit None: the company."""
    units = dict(zip(run.workloads, run.unit_of, strict=True))
    rows: list[Purchased] = []
    for one in getattr(run, "purchases", ()):
        if unit is not None and {units.get(name) for name in one["workloads"]} != {unit}:
            continue
        for m, month in enumerate(one["months"]):
            parts = {part: values[m] for part, values in one["parts"].items()}
            cost, billed = sum(parts.values()), one["cash"][m]
            if abs(cost) > 0.005 or abs(billed) > 0.005:
                rows.append(
                    {
                        "name": one["name"],
                        "way": one["way"],
                        "formula": one["formula"],
                        "month": month,
                        "parts": parts,
                        "cost": cost,
                        "billed": billed,
                    }
                )
    return rows


def put(brief: Brief, run, unit: str | None) -> None:
    """The purchases of a run in a brief, where there are any."""
    if rows := purchases_of(run, unit):
        brief["purchases"] = rows
