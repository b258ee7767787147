"""Machines that are paid on days on which nobody uses them: switched off by a schedule (docs/method §17.37)."""

from __future__ import annotations

import pandas as pd

from ...scenario.changes import escape
from . import Ground, Recommendation
from ._machines import days_of, hour_skus

IDLE = 0.05  # of measured hours used: a day below it is one that nobody needs
STILL_PAID = 0.8  # of a weekday's hours: as much is paid at weekends


def advise(ground: Ground) -> list[Recommendation]:
    """One for each workload whose machines stand still at weekends and are paid all the same."""
    every = []
    for name, days in days_of(ground).items():
        weekend = pd.DatetimeIndex(days.index).day_of_week >= 5
        skus = hour_skus(ground, name)
        if not skus or not weekend.any() or weekend.all():
            continue
        use = days["gpu_hours_used"] / days["gpu_hours_measured"]
        paid = days["gpu_hours_measured"]
        if use[weekend].max() >= IDLE or use[~weekend].mean() < IDLE:
            continue
        if paid[weekend].mean() < STILL_PAID * paid[~weekend].mean():
            continue
        share = float(paid[weekend].sum() / paid.sum())
        every.append(
            ground.recommend(
                "off_hours",
                name,
                name,
                title=f"Switch {name} off at weekends",
                changes=(
                    {
                        "op": "set",
                        "path": f"workloads/{escape(name)}/idle_hours",
                        "value": 0.0,
                        "from": round(share, 4),
                        "with": {"skus": skus},
                    },
                ),
                evidence=(
                    {"what": "used at weekends", "share": float(use[weekend].mean())},
                    {"what": "used on weekdays", "share": float(use[~weekend].mean())},
                    {"what": "of its hours paid at weekends", "share": share},
                ),
                risk="Whoever works at a weekend has to start it first.",
                rollback="Take the schedule out.",
                group=f"{name}/machines",
                why=f"At weekends {100 * float(use[weekend].mean()):.0f} % of its measured hours were used, and as many were paid as on weekdays.",
            )
        )
    return every
