"""Traffic between regions and to the internet: read where the data lies (docs/method §17.40)."""

from __future__ import annotations

import re

from ...scenario.changes import escape
from . import Ground, Recommendation

TRAFFIC = re.compile(r"egress|data.?transfer|cross.?region|x.?region|inter.?region|\bnat\b", re.I)
LEAST = 0.2  # of the workload's cost


def advise(ground: Ground) -> list[Recommendation]:
    """One for each workload of which LEAST of its cost or more is traffic; what of it can be kept inside only its owner knows."""
    every = []
    meters = {sku.id: f"{sku.id} {sku.meter}" for sku in ground.facts.meta.skus}
    for name, (units, _) in ground.bought.items():
        skus = [sku for sku in units if TRAFFIC.search(meters[sku])]
        cost = ground.cost(name, skus)
        if not skus or cost < LEAST * ground.cost(name):
            continue
        every.append(
            ground.recommend(
                "network",
                name,
                name,
                title=f"Read {name}'s data in the region where it lies",
                effort="high",
                changes=(
                    {
                        "op": "set",
                        "path": f"workloads/{escape(name)}/avoided",
                        "value": {"min": 0.2, "mode": 0.5, "max": 0.8},
                        "with": {"skus": skus},
                    },
                ),
                evidence=tuple(
                    {"what": sku, "cost a month": ground.cost(name, [sku])} for sku in skus
                ),
                risk="A copy in a second region costs storage, and has to be kept in step.",
                rollback="Read across regions again.",
                group=f"{name}/traffic",
                why=f"{100 * cost / ground.cost(name):.0f} % of its cost is traffic that leaves a region or the cloud.",
                sure=False,
            )
        )
    return every
