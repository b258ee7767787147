"""Machines that do little: fewer or smaller ones (docs/method §17.36)."""

from __future__ import annotations

from ...scenario.changes import escape
from . import Ground, Recommendation
from ._machines import days_of, hour_skus, memory_known

LITTLE = 0.4  # of measured hours used: below it machines are too many or too large
TARGET = 0.65  # what is left room for


def advise(ground: Ground) -> list[Recommendation]:
    """One for each workload whose machines are used less than LITTLE over the newest four weeks."""
    every = []
    for name, days in days_of(ground).items():
        used = float(days["gpu_hours_used"].sum() / days["gpu_hours_measured"].sum())
        skus = hour_skus(ground, name)
        if not skus or not 0 < used < LITTLE:
            continue
        known = (
            ""
            if memory_known(ground)
            else " This is utilisation only: memory and batch size are not known."
        )
        every.append(
            ground.recommend(
                "right_size",
                name,
                name,
                title=f"Run {name} on fewer or smaller machines",
                effort="medium",
                changes=(
                    {
                        "op": "set",
                        "path": f"workloads/{escape(name)}/utilisation",
                        "value": {
                            "min": round((used + TARGET) / 2, 4),
                            "mode": TARGET * 0.95,
                            "max": TARGET,
                        },
                        "from": round(used, 4),
                        "with": {"skus": skus},
                    },
                ),
                evidence=(
                    {"what": "used of measured machine hours, newest four weeks", "share": used},
                    {
                        "what": "busiest day",
                        "share": float((days["gpu_hours_used"] / days["gpu_hours_measured"]).max()),
                    },
                    *({"what": sku, "cost a month": ground.cost(name, [sku])} for sku in skus),
                ),
                risk=f"A model may need the memory though it computes little.{known}",
                rollback="Go back to today's machines; keep their image.",
                group=f"{name}/machines",
                why=f"Its machines were used {100 * used:.0f} % of the hours that were measured.{known}",
            )
        )
    return every
