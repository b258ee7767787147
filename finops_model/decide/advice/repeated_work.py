"""Work that fails or is run twice: not run again (docs/method §17.29)."""

from __future__ import annotations

from ...scenario.changes import escape
from . import Ground, Recommendation
from ._waste import a_month, name_of, shown

RUNAWAY = "runaway job"
OFTEN = 3  # of the newest twelve months: fewer are an accident, not a habit


def advise(ground: Ground) -> list[Recommendation]:
    """One for each workload that failed or was repeated in OFTEN months or more of the newest twelve."""
    every = []
    for line in ground.waste:
        lost, months = a_month(line)
        cost = ground.cost(line.workload)
        if line.category != "failed_or_repeated" or line.kind == RUNAWAY or months < OFTEN:
            continue
        if line.workload not in ground.bought or not 0 < lost < cost:
            continue
        again = lost / (cost - lost)  # runs that are repeated, for each that is of use
        every.append(
            ground.recommend(
                "repeated_work",
                name_of(line),
                line.workload,
                title=f"Stop {line.kind} of {line.workload}",
                effort="medium",
                changes=(
                    {
                        "op": "set",
                        "path": f"workloads/{escape(line.workload)}/retries",
                        "value": 0.0,
                        "from": round(again, 6),
                    },
                ),
                evidence=shown(line.evidence),
                unit=line.unit,
                team=line.team,
                owner=line.owner,
                risk="A run that looks like another may differ in what the bill does not tell.",
                rollback="Take the check for a finished run out again.",
                group=f"{line.workload}/repeated",
                why=line.why,
                sure=line.sure,
            )
        )
    return every
