"""Jobs that run away: a limit that stops them within the day (docs/method §17.30)."""

from __future__ import annotations

from ...scenario.changes import escape
from . import Ground, Recommendation
from ._waste import a_month, name_of, shown
from .repeated_work import RUNAWAY


def advise(ground: Ground) -> list[Recommendation]:
    """One for each workload that ran away in the newest twelve months: what that cost, spread over them, is what a limit avoids at best."""
    every = []
    for line in ground.waste:
        lost, months = a_month(line)
        cost = ground.cost(line.workload)
        if line.kind != RUNAWAY or not months or line.workload not in ground.bought:
            continue
        if not 0 < lost < cost:
            continue
        used = set(ground.bought[line.workload][0])
        skus = {sku for sku in _skus(ground, line) if sku in used}
        if not skus:
            continue
        share = min(lost / ground.cost(line.workload, skus), 1.0)
        every.append(
            ground.recommend(
                "runaway_jobs",
                name_of(line),
                line.workload,
                title=f"Put a daily limit on {line.workload}",
                changes=(
                    {
                        "op": "set",
                        "path": f"workloads/{escape(line.workload)}/avoided",
                        "value": {"min": 0.0, "mode": round(share / 2, 6), "max": round(share, 6)},
                        "with": {"skus": sorted(skus)},
                    },
                ),
                evidence=shown(line.evidence),
                unit=line.unit,
                team=line.team,
                owner=line.owner,
                risk="A limit that is too low stops work that is wanted: set it at twice the dearest usual day.",
                rollback="Raise the limit, or take it out.",
                group=f"{line.workload}/limit",
                why=line.why,
                sure=line.sure,
            )
        )
    return every


def _skus(ground: Ground, line) -> set[str]:
    if ground.waste_rows is None:
        return set()
    return set(ground.waste_rows.loc[line.claims.index, "SkuId"])
