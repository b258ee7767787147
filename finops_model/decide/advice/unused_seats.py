"""Seats that nobody opens: given back (docs/method §17.28)."""

from __future__ import annotations

from ...scenario.booked import recurring_by_workload, recurring_path
from . import Ground, Recommendation
from ._waste import lines_of, shown

LOOKED_AT = 3  # newest months: the fewest unused seats of them are given back


def advise(ground: Ground) -> list[Recommendation]:
    """One for each workload whose seats were unused in each of the newest months: the fewest of these months."""
    every, lines = [], lines_of(ground, "unused_seats")
    recurring = recurring_by_workload(ground.facts) if lines else {}
    for line in lines:
        months = sorted(line.cost_by_month)[-LOOKED_AT:]
        least = min(line.cost_by_month[m] for m in months) if len(months) == LOOKED_AT else 0.0
        paid = recurring.get(line.workload, 0.0)
        if not 0 < least <= paid:
            continue
        every.append(
            ground.recommend(
                "unused_seats",
                line.workload,
                line.workload,
                title=f"Give back the seats of {line.workload} that nobody opens",
                changes=(
                    {
                        "op": "set",
                        "path": recurring_path(line.workload),
                        "value": round(1 - least / paid, 6),
                        "kind": "decision",
                    },
                ),
                evidence=shown(line.evidence),
                unit=line.unit,
                team=line.team,
                owner=line.owner,
                risk="Whoever starts next month waits for a seat.",
                rollback="Buy the seats again; most vendors add them within the day.",
                group=f"{line.workload}/seats",
                why=line.why,
                sure=line.sure,
            )
        )
    return every
