"""Machines paid for the busiest day on every day: their number follows the load (docs/method §17.38)."""

from __future__ import annotations

from ...scenario.changes import escape
from . import Ground, Recommendation
from ._machines import days_of, hour_skus

FLAT = 0.05  # standard deviation ÷ mean of the hours paid a day: nothing scales today
SPARE = 0.2  # share of paid hours above what the busiest day would need at the same use
REACHED = 0.7  # of that share that scaling gives back


def advise(ground: Ground) -> list[Recommendation]:
    """One for each workload that pays the same hours every day while its use of them moves."""
    every = []
    for name, days in days_of(ground).items():
        skus, hours, used = (
            hour_skus(ground, name),
            days["gpu_hours_measured"],
            days["gpu_hours_used"],
        )
        if not skus or used.max() <= 0 or hours.std() > FLAT * hours.mean():
            continue
        spare = float(1 - used.mean() / used.max())
        if spare < SPARE:
            continue
        every.append(
            ground.recommend(
                "autoscaling",
                name,
                name,
                title=f"Let the number of machines of {name} follow its load",
                effort="medium",
                changes=(
                    {
                        "op": "set",
                        "path": f"workloads/{escape(name)}/idle_hours",
                        "value": 0.0,
                        "from": round(REACHED * spare, 4),
                        "with": {"skus": skus},
                    },
                ),
                evidence=(
                    {"what": "mean day ÷ busiest day, hours used", "share": 1 - spare},
                    {
                        "what": "paid hours a day, their spread",
                        "share": float(hours.std() / hours.mean()),
                    },
                ),
                risk="Load that rises within minutes meets machines that are still starting.",
                rollback="Fix the number of machines again.",
                group=f"{name}/machines",
                why=f"It pays the same hours every day, and a mean day uses {100 * (1 - spare):.0f} % of the busiest one.",
            )
        )
    return every
