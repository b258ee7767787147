"""Machines and keys that are paid for and do nothing: switched off (docs/method §17.26)."""

from __future__ import annotations

from . import Ground, Recommendation
from ._waste import gone, lines_of, name_of, shown, steady


def advise(ground: Ground) -> list[Recommendation]:
    """One for each idle line of waste that lasts."""
    every = []
    for line in lines_of(ground, "idle"):
        changes = gone(ground, line, "idle_hours" if "endpoint" in line.kind else "avoided")
        name = name_of(line)
        if changes:
            every.append(
                ground.recommend(
                    "idle_endpoints",
                    name,
                    line.workload,
                    title=f"Switch {name} off",
                    changes=changes,
                    evidence=shown(line.evidence),
                    unit=line.unit,
                    team=line.team,
                    owner=line.owner,
                    risk="Somebody may hold it ready for a failure of something else: ask before it goes, and keep what it was made from.",
                    rollback="Start it again from its image or issue a new key; nothing but its running state is lost.",
                    group=name,
                    why=line.why,
                    sure=line.sure,
                    steady=steady(line),
                )
            )
    return every
