"""Stored data that nobody reads: deleted after a copy (docs/method §17.27)."""

from __future__ import annotations

from . import Ground, Recommendation
from ._waste import gone, lines_of, name_of, shown, steady


def advise(ground: Ground) -> list[Recommendation]:
    """One for each line of orphaned or stale storage that lasts: volumes, datasets, indexes."""
    every = []
    for line in lines_of(ground, "orphaned_storage"):
        changes, name = gone(ground, line), name_of(line)
        if changes:
            every.append(
                ground.recommend(
                    "stale_storage",
                    name,
                    line.workload,
                    title=f"Delete {name}",
                    changes=changes,
                    evidence=shown(line.evidence),
                    unit=line.unit,
                    team=line.team,
                    owner=line.owner,
                    risk="Deleted data is gone: see what the law says of keeping it, and archive what may be asked for.",
                    rollback="Keep a copy in the cheapest class for 90 days; restore it from there.",
                    group=f"{name}/storage",
                    why=line.why,
                    sure=line.sure,
                    steady=steady(line),
                )
            )
    return every
