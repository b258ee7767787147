"""A line of waste: month by month, its evidence, and the rows of the bill that it claims (docs/method §12.28)."""

from __future__ import annotations

import pandas as pd

from ...decide.questions.answer import Answer
from ...measure.waste import Waste, gather, of_facts
from ...periods import month_name
from ...publish.monday.items import of_waste
from ...wording import clean, money

SHOWN = ["ChargeDate", "ServiceName", "SkuId", "ResourceId", "x_Workload", "EffectiveCost"]


def names_of_waste(asked) -> dict[str, str]:
    """Small letters -> id, of every line by its resource, workload and id on the Monday list."""
    names: dict[str, str] = {}
    for item, line in _lines(asked)[1].items():
        for name in (
            item,
            f"{line.kind} {line.resource or line.workload}",
            line.resource,
            line.workload,
        ):
            if name:
                names.setdefault(name.casefold(), item)
    return names


def explain_waste(asked, name: str) -> Answer:
    """Why a line is waste, what it cost in each month, and the rows of the bill behind it."""
    facts, lines = _lines(asked)
    line = lines[name]
    rows = facts.rows.loc[line.claims.index]
    behind = rows[[column for column in SHOWN if column in rows]].assign(
        claimed=line.claims.to_numpy(float)
    )
    behind["ChargeDate"] = behind["ChargeDate"].dt.strftime("%Y-%m-%d")
    of = clean(line.resource or line.workload)
    table = pd.DataFrame(
        {
            "month": list(line.cost_by_month),
            "cost": [float(cost) for cost in line.cost_by_month.values()],
        }
    )
    return Answer(
        question="explain",
        sentence=(
            f"{line.kind[:1].upper()}{line.kind[1:]} {of}: {money(line.month_cost, line.currency)} of {month_name(asked.month)} {'bought' if line.sure else 'may have bought'} nothing"
            f"{f', since {line.since}' if line.since else ''}."
        ),
        table=table,
        forms={"cost": "money", "claimed": "money", "EffectiveCost": "money"},
        range="none: it is billed. "
        + ("" if line.sure else "Not sure: the bill alone suggests it."),
        reason=clean(line.why),
        next_best="",
        currency=line.currency,
        notes=(
            "Each cost is claimed once: what another line of waste claims is not in this one (docs/method §17.2).",
        ),
        figures={
            "figure": f"waste:{name}@{asked.month}",
            "kind": line.kind,
            "resource": line.resource,
            "workload": line.workload,
            "month_cost": line.month_cost,
            "evidence": list(line.evidence),
        },
        tables={"Evidence": pd.DataFrame(list(line.evidence)), "Rows": behind},
    )


def _lines(asked) -> tuple:
    """(facts, {id: line})."""
    facts = gather(asked.settings, asked.ledger, asked.daily, asked.month)
    lines: dict[str, Waste] = {
        of_waste(line, asked.month, facts.last).id: line for line in of_facts(facts)
    }
    return facts, lines
