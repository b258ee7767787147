"""Which section of a brief stands on which basis (docs/method §6.6): one table, read by page, workbook and commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from ...facts.basis import words
from .types import Basis, Name, TakenFor

SECTIONS: dict[str, Name] = {
    "actions": "Effective",
    "accuracy": "Effective",
    "actual": "Effective",
    "allocation": "Effective",
    "billed_elsewhere": "Billed",
    "bridge": "Effective",
    "budget": "Effective",
    "by_hand": "Effective",
    "children": "Effective",
    "counted_twice": "Effective",
    "drivers": "Effective",
    "excluded": "Effective",
    "by_prophet": "Effective",
    "expected": "Effective",
    "fiscal": "Effective",
    "forecast": "Effective",
    "growth": "Effective",
    "landing": "Effective",
    "ledger_all_time": "Billed",
    "lines": "Effective",
    "more_units": "Effective",
    "moved": "Effective",
    "not_forecast": "Effective",
    "page_one": "Effective",  # what `cash` says to be billed is named so
    "previous_forecast": "Effective",
    "purchases": "Effective",
    "quality": "Effective",
    "quality_card": "Effective",
    "reason": "Effective",
    "restated": "Effective",
    "runout": "Effective",
    "teams": "Effective",
    "tie_out": "Billed",
    "unit_cost_tie": "Effective",
    "unit_costs": "Effective",
    "waste": "Effective",
    "advice": "Effective",
    "what_ifs": "Effective",
    "year_outside": "Effective",
}
NO_MONEY = (
    "assumptions",
    "basis",
    "company",
    "complete",
    "currency",
    "data_as_of",
    "dated_notes",
    "entity",
    "first_day",
    "headline",
    "ledger_rows",
    "lineage",
    "month",
    "people",
    "schema",
    "slug",
    "status",
    "status_reason",
    "summary",
    "unit",
)


def basis(taken: Iterable[Mapping]) -> Basis:
    """The brief's `basis`.

    taken   lines of facts.taken.Taken.as_brief

    >>> basis([])["sections"]["tie_out"]
    'Billed'
    """
    return {"sections": dict(SECTIONS), "taken": [cast(TakenFor, dict(one)) for one in taken]}


def of(section: str, said: Basis | None = None) -> str:
    """The basis of a section in words, for the title of its table.

    said    the brief's `basis`: where a cost is not known of somebody, what stands for it is named too

    >>> of("unit_costs"), of("tie_out")
    ('Effective (amortised)', 'Billed (invoiced)')
    >>> of("unit_costs", {"sections": {}, "taken": [{"not_known": "Effective", "taken": "Billed"}]})
    'Effective (amortised; BilledCost where it is not known)'
    """
    own = SECTIONS[section]
    other = (
        next((one["taken"] for one in said["taken"] if one["not_known"] == own), None)
        if said
        else None
    )
    if other is None or own != "Effective":
        return words(own)  # an invoice is never compared with what is taken for BilledCost
    return f"{words(own).removesuffix(')')}; {other}Cost where it is not known)"
