"""Everything known at a close, and how final its month is: flash, preliminary or final (docs/method §14)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd

from . import brief_types as typed
from .reach import flash_reason, unfinished_reason

if TYPE_CHECKING:
    from ..facts.plans.budgets import Budgets
    from ..simulate.run import Run

NOT_TIED: typed.TieOut = {
    "rows": [],
    "invoice_total": None,
    "ledger_total": "0.00",
    "quarantined": "0.00",
    "difference": None,
    "note": "Nothing was tied out.",
}


@dataclass(frozen=True, kw_only=True)
class Close:
    """Everything known at a close: what `brief` needs besides the unit."""

    company: str
    month: str
    currency: str
    daily: pd.DataFrame  # DAILY up to and including `as_of`
    as_of: str  # newest day of data used
    base: Run  # of the base scenario
    what_ifs: list = field(default_factory=list)  # (run, dict of differences per unit) pairs
    replays: list = field(default_factory=list)  # runs from earlier month ends
    budgets: Budgets | None = None
    drivers: pd.DataFrame | None = None
    carried: dict = field(default_factory=dict)  # unit -> {driver: carried.Drives}
    tie_out: dict = field(default_factory=lambda: dict(NOT_TIED))
    ledger_rows: int = 0
    ledger_all_time: str = "0"
    quarantined_rows: int = 0
    published: dict = field(default_factory=dict)  # unit -> the brief published one month before
    # every forecast published before this month (grades.published), to be graded
    forecasts: pd.DataFrame | None = None
    excluded: list = field(default_factory=list)  # what the forecast leaves out
    people: dict = field(default_factory=dict)
    lineage: dict = field(default_factory=dict)
    fiscal_year_starts: int = 1
    # newest days that look unfinished: day, source, written, usual
    unfinished: list = field(default_factory=list)
    # unit -> {month: what earlier reports said of it} (restated.statements)
    said: dict = field(default_factory=dict)
    # commitments that the month's bill counts twice (facts.ledger.twice)
    counted_twice: list = field(default_factory=list)
    # use billed in another period (facts.ledger.billed)
    billed_elsewhere: list = field(default_factory=list)
    # sources still billing: source, step, complete (day), waited_for
    complete: list = field(default_factory=list)
    # names of the KPIs shown; None: those that say they are a default
    kpis: tuple[str, ...] | None = None

    @property
    def known(self) -> str:
        """The newest day to which every source is complete that is still billing: what the forecast stands on."""
        return min(self.as_of, self.base.as_of)


def status(close: Close) -> tuple[typed.Status, str]:
    """flash, preliminary or final, and why (docs/method §14)."""
    reason = flash_reason(close.month, close.as_of, close.complete)
    reasons = [
        text
        for text in (reason, unfinished_reason(close.month, close.unfinished, close.currency))
        if text
    ]
    if reasons:
        return "flash", "; ".join(reasons)
    if close.tie_out.get("quarantined") not in (None, "0", "0.00"):
        return (
            "preliminary",
            f"{close.tie_out['quarantined']} {close.currency} of refused rows are still in quarantine",
        )
    if close.tie_out.get("invoice_total") is None:
        return "preliminary", "no invoice was given to tie out against"
    if different := untied(close.tie_out, close.currency):
        return "preliminary", different
    return "final", "all invoices of the month tie out with the ledger"


def untied(tie_out: dict, currency: str) -> str:
    """Why the bills of a month do not tie out, issuer by issuer; '' where they do: a missing invoice is no difference, and two differences do not cancel.

    >>> untied({"difference": "-5.00", "rows": [{"issuer": "Aurora", "invoice": None, "ledger": "5.00", "difference": None}]}, "USD")
    'no invoice for Aurora yet'
    """
    rows = tie_out.get("rows") or []
    missing = [row["issuer"] for row in rows if row["invoice"] is None and Decimal(row["ledger"])]
    said = [f"no invoice for {', '.join(missing)} yet"] if missing else []
    said += [
        f"the invoice of {row['issuer']} differs by {Decimal(row['difference']):,.2f} {currency}".replace(
            "-", "−"
        )
        for row in rows
        if Decimal(row["difference"] or 0)
    ]
    if not said and tie_out.get("difference") not in (None, "0", "0.00"):
        return f"invoice and ledger differ by {Decimal(tie_out['difference']):,.2f} {currency}".replace(
            "-", "−"
        )
    return "; ".join(said)
