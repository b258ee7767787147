"""SHELF of waste: one file per kind of waste; adding a file adds a kind (docs/method §17.1).

A file holds `waste(facts) -> list[Waste]`: each line claims rows of the bill, wholly or in part. `found_waste` counts each cost once: lines
that are sure come first, and of them in the order of CATEGORIES' rank; what is claimed already is taken off a later line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import ModuleType

import pandas as pd

from ...shelf import Contract, Function, modules, wrong
from ._facts import CATEGORIES, Waste, WasteFacts
from ._gather import gather

__all__ = [
    "CATEGORIES",
    "Waste",
    "WasteFacts",
    "each_once",
    "found_waste",
    "gather",
    "of_facts",
    "shelf",
]

CONTRACT = Contract("kind of waste", {"waste": Function(("facts",))}, {})
FIRST = ("unused_commitment", "failed_or_repeated", "unused_seats", "idle", "orphaned_storage")


def shelf() -> dict[str, ModuleType]:
    """The kinds of waste of this folder by name.

    Returns
    -------
    dict of str to module
        In the order of the alphabet.

    Raises
    ------
    FinOpsError
        A file does not hold what a kind of waste holds (CONTRACT).

    Examples
    --------
    >>> "idle_endpoints" in shelf()
    True
    """
    return modules(__name__, CONTRACT)


def found_waste(settings, ledger, daily: pd.DataFrame, month: str) -> list[Waste]:
    """All waste of a workspace up to the end of a month, each cost once, dearest in the month first.

    Parameters
    ----------
    settings : Settings
        Of the company, or of one entity.
    ledger : Ledger
        Its ledger (`publish.close.books`): of one currency.
    daily : frame
        DAILY of it.
    month : str
        YYYY-MM.

    Returns
    -------
    list of Waste
        `month_cost` 0: waste that is over by that month.

    Raises
    ------
    FinOpsError
        A file of `usage:` or `seats:` cannot be read.

    Source
    ------
    docs/method §17.1.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> from finops_model.facts.daily.warehouse import daily
    >>> ledger = fm.Ledger(settings.path(settings.ledger))
    >>> found_waste(settings, ledger, daily(ledger, settings), "2025-03")
    []
    """
    return of_facts(gather(settings, ledger, daily, month))


def of_facts(facts: WasteFacts) -> list[Waste]:
    """The lines of every file of the shelf, each cost once.

    Parameters
    ----------
    facts : WasteFacts
        What `gather` gives.

    Returns
    -------
    list of Waste
        Dearest in the month first, then dearest of all time.

    Raises
    ------
    FinOpsError
        A file gave something else than a list of Waste.

    Examples
    --------
    >>> columns = ["ChargeDate", "EffectiveCost", "x_Month", "ResourceId", "ResourceName"]
    >>> of_facts(WasteFacts(rows=pd.DataFrame(columns=columns), month="2026-10", last="2026-10-31", currency="EUR"))
    []
    """
    if facts.rows.empty:
        return []
    lines: list[Waste] = []
    for module in shelf().values():
        own = module.waste(facts)
        if not isinstance(own, (list, tuple)) or not all(isinstance(line, Waste) for line in own):
            raise wrong(module, "waste", own, "a list of Waste")
        lines += own
    return each_once(facts, lines)


def each_once(facts: WasteFacts, lines: Iterable[Waste]) -> list[Waste]:
    """Lines of waste without what an earlier one claims already.

    Parameters
    ----------
    facts : WasteFacts
        Whose rows the lines claim.
    lines : iterable of Waste
        Those that are sure come first, then by FIRST, then the dearest.

    Returns
    -------
    list of Waste
        Dearest in the month first; a line of which less than `least` of finops.yaml is left is gone. The sum of all claims of a row is at most its cost.

    Source
    ------
    docs/method §17.2.

    Examples
    --------
    >>> names = {"x_Workload": ["a"], "x_BusinessUnit": ["u"], "x_Team": ["t"], "x_Month": ["2026-10"]}
    >>> rows = pd.DataFrame({"ChargeDate": pd.to_datetime(["2026-10-01"]), "EffectiveCost": [5.0], **names})
    >>> facts = WasteFacts(rows=rows, month="2026-10", last="2026-10-01", currency="EUR")
    >>> said = {"why": "", "evidence": ()}
    >>> idle = facts.line(pd.Series([5.0]), kind="idle", category="idle", sure=False, **said)
    >>> failed = facts.line(pd.Series([2.0]), kind="failed", category="failed_or_repeated", **said)
    >>> [(line.kind, line.month_cost) for line in each_once(facts, [idle, failed])]
    [('idle', 3.0), ('failed', 2.0)]
    """
    left = facts.rows["EffectiveCost"].clip(lower=0.0).copy()
    kept: list[Waste] = []
    known: set[tuple[str, str]] = set()  # what is sure, by resource
    for line in sorted(lines, key=_rank):
        if not line.sure and line.resource and (line.category, line.resource) in known:
            continue  # the same thing, seen by the bill alone
        claims = line.claims.clip(upper=left.loc[line.claims.index])
        own = facts.line(
            claims,
            kind=line.kind,
            category=line.category,
            why=line.why,
            evidence=line.evidence,
            sure=line.sure,
            resource=line.resource,
        )
        if own is None or own.claims.sum() < facts.rules.least:
            continue
        left.loc[own.claims.index] -= own.claims
        known |= {(line.category, line.resource)} if line.sure else set()
        kept.append(replace(own, workload=line.workload, unit=line.unit, team=line.team))
    return sorted(
        kept, key=lambda line: (-line.month_cost, -sum(line.cost_by_month.values()), line.resource)
    )


def _rank(line: Waste) -> tuple:
    return (
        not line.sure,
        FIRST.index(line.category),
        -float(line.claims.sum()),
        line.resource,
        line.workload,
        line.kind,
    )
