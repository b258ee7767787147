"""Everything known at a close, and how final its month is: flash, preliminary or final (docs/method §14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from ..names import COMPANY
from ..periods import Calendar
from ..settings import Materiality
from . import brief_types as typed
from .quality.types import QualityCard
from .reach import flash_reason, unfinished_reason
from .realised.types import ActionsOf

if TYPE_CHECKING:
    from ..facts.plans.budgets import Budgets
    from ..simulate.run import Run
    from .allocation.types import Allocation

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
    """Everything known at a close: what `brief` needs besides the unit.

    Parameters
    ----------
    company : str
        Its name.
    month : str
        YYYY-MM.
    currency : str
        Three letters; all money is of it.
    daily : frame
        DAILY up to and including `as_of`.
    as_of : str
        Newest day of data used, YYYY-MM-DD.
    base : Run
        Of the base scenario.
    what_ifs : list, optional
        (run, dict of differences per unit) pairs.
    replays : list of Run, optional
        From earlier month ends.
    budgets : Budgets, optional
        None: there are none.
    drivers : frame, optional
        date, name, role, unit, value.
    carried : dict, optional
        Unit -> {driver: carried.Drives}.
    tie_out : TieOut, optional
        Invoices against the ledger.
    tie_out_tolerance : float, optional
        By how much an issuer's invoice may differ in a final month, in the invoice's currency.
    ledger_rows : int, optional
        Accepted rows in force.
    ledger_all_time : str, optional
        Their money, a decimal text.
    quarantined_rows : int, optional
        Refused rows in force.
    published : dict, optional
        Unit -> the brief published one month before.
    reported : dict, optional
        Unit -> its newest brief published before this month, of whichever day.
    later : dict, optional
        Unit -> what the archive says of that report as of a later day (page_one.types.Later).
    forecasts : frame, optional
        Every forecast published before this month (grades.published), to be graded.
    excluded : list, optional
        What the forecast leaves out.
    people, lineage : dict, optional
        Who made and approved it; what it was made of.
    fiscal_year_starts : int, optional
        Calendar month, 1 to 12.
    calendar : Calendar, optional
        Of a company whose year is weeks; None: its year is months.
    unfinished : list, optional
        Newest days that look unfinished: day, source, written, usual.
    said : dict, optional
        Unit -> {month: what earlier reports said of it} (restated.statements).
    counted_twice : list, optional
        Commitments that the month's bill counts twice (facts.ledger.twice).
    billed_elsewhere : list, optional
        Use billed in another period (facts.ledger.reconcile).
    allocation : Allocation, optional
        Whose cost it is, of the company (allocation.of_month).
    taken : list, optional
        Issuers whose cost on one basis is not known (facts.taken).
    complete : list, optional
        Sources still billing: source, step, complete (day), waited_for.
    kpis : tuple of str, optional
        Names of the KPIs shown; None: those that say they are a default.
    kpi_facts : dict, optional
        Unit -> fields of kpis.CycleFacts that they need (cycle.facts.for_report).
    quality_card : QualityCard, optional
        How far the data can be relied on (quality.gather.of_workspace).
    runouts : list, optional
        When budgets, balances and the like run out (runout.workspace.rows_of).
    dated_notes : list of dict, optional
        Notes on a date (brief_types.DatedNote), drawn on charts.
    once : tuple of Note, optional
        Those on days that will not come again: one-offs of a bridge.
    inventory : list of dict, optional
        FOCUS 1.4 Contract Commitment records.
    due : list of dict, optional
        Of each what-if, in their order: by (last day to decide it, or ""), owner, source.
    billed : frame, optional
        What was billed by billing period (facts.daily.billed); None: not read.
    by_prophet : Run, optional
        The base around Prophet's points (simulate.prophet_alone); None: nobody asked.
    waste : list of Waste, optional
        Money that bought nothing, each cost once (waste.found_waste).
    advice : mapping, optional
        What is recommended, as the brief has it; None: nothing.
    actions : dict, optional
        What was done about cost, and what is open (realised.section); None: there is no table.
    materiality : settings.Materiality, optional
        From which distance to its budget a line of page one is named and coloured.

    Source
    ------
    docs/method §14.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> month = {"company": "Acme", "month": "2026-10", "currency": "EUR", "as_of": "2026-10-31"}
    >>> base = SimpleNamespace(as_of="2026-10-29")  # two days look unfinished
    >>> Close(**month, daily=pd.DataFrame(), base=base).known
    '2026-10-29'
    """

    company: str
    month: str
    currency: str
    daily: pd.DataFrame
    as_of: str
    base: Run
    what_ifs: list = field(default_factory=list)
    replays: list = field(default_factory=list)
    budgets: Budgets | None = None
    drivers: pd.DataFrame | None = None
    carried: dict = field(default_factory=dict)
    tie_out: dict = field(default_factory=lambda: dict(NOT_TIED))
    tie_out_tolerance: float = 0.01
    ledger_rows: int = 0
    ledger_all_time: str = "0"
    quarantined_rows: int = 0
    published: dict = field(default_factory=dict)
    reported: dict = field(default_factory=dict)
    later: dict = field(default_factory=dict)
    forecasts: pd.DataFrame | None = None
    excluded: list = field(default_factory=list)
    people: dict = field(default_factory=dict)
    lineage: dict = field(default_factory=dict)
    fiscal_year_starts: int = 1
    calendar: Calendar | None = None
    unfinished: list = field(default_factory=list)
    said: dict = field(default_factory=dict)
    counted_twice: list = field(default_factory=list)
    billed_elsewhere: list = field(default_factory=list)
    allocation: Allocation | None = None
    taken: list = field(default_factory=list)
    complete: list = field(default_factory=list)
    kpis: tuple[str, ...] | None = None
    kpi_facts: dict = field(default_factory=dict)
    quality_card: QualityCard | None = None
    runouts: list = field(default_factory=list)
    dated_notes: list = field(default_factory=list)
    once: tuple = ()
    inventory: list = field(default_factory=list)
    due: list = field(default_factory=list)
    billed: pd.DataFrame | None = None
    by_prophet: Run | None = None
    waste: list = field(default_factory=list)
    advice: Mapping | None = None
    actions: ActionsOf | None = None
    materiality: Materiality = Materiality()

    @property
    def known(self) -> str:
        """The newest day to which every source is complete that is still billing: what the forecast stands on."""
        return min(self.as_of, self.base.as_of)

    def beside(self, unit: str, rows: pd.DataFrame) -> dict:
        """What the brief of a unit has only where there is some of it: what runs out, notes on its days; `rows`: its cost rows."""
        own, mine = "" if unit == COMPANY else unit, {"", *rows["x_Workload"].unique()}
        found = {
            "runout": [row for row in self.runouts if row["business_unit"] == own],
            "dated_notes": [one for one in self.dated_notes if one["workload"] in mine],
        }
        return {key: some for key, some in found.items() if some}

    @property
    def of_company(self) -> dict:
        """Sections that only the company's brief has, by their key."""
        card = {"quality_card": self.quality_card} if self.quality_card is not None else {}
        advice = {"advice": dict(self.advice)} if self.advice else {}
        taken = {"actions": self.actions} if self.actions else {}
        return ({"allocation": self.allocation} if self.allocation else {}) | card | advice | taken

    @cached_property
    def company_budget(self) -> float | None:
        """The company's budget of the fiscal year of the month; None where a part of the year has none."""
        if self.budgets is None:
            return None
        calendar = self.calendar or Calendar(starts=self.fiscal_year_starts)
        names = [each.name for each in calendar.year(calendar.year_of(f"{self.month}-15"))]
        whole = self.budgets.year(COMPANY, names, self.as_of)
        return None if whole is None else float(whole)


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
    tolerance = Decimal(str(close.tie_out_tolerance))
    apart = any(row.get("not_compared") for row in close.tie_out.get("rows", ()))
    if close.tie_out.get("invoice_total") is None and not apart:
        return "preliminary", "no invoice was given to tie out against"
    if different := untied(close.tie_out, close.currency, tolerance):
        return "preliminary", different
    said = "all invoices of the month tie out with the ledger"
    small = untied(close.tie_out, close.currency)
    return "final", f"{said} within {tolerance} {close.currency}: {small}" if small else said


def untied(tie_out: dict, currency: str, tolerance: Decimal = Decimal(0)) -> str:
    """Why the bills of a month do not tie out, issuer by issuer; '' where they do: a missing invoice is no difference, and two differences do not cancel.

    >>> untied({"difference": "-5.00", "rows": [{"issuer": "Aurora", "invoice": None, "ledger": "5.00", "difference": None}]}, "USD")
    'no invoice for Aurora yet'
    >>> by_a_cent = {"difference": "-0.01", "rows": [{"issuer": "Aurora", "invoice": "4.99", "ledger": "5.00", "difference": "-0.01"}]}
    >>> untied(by_a_cent, "USD", Decimal("0.01")), untied(by_a_cent, "USD")
    ('', 'the invoice of Aurora differs by −0.01 USD')
    """
    rows = tie_out.get("rows") or []
    missing = [row["issuer"] for row in rows if row["invoice"] is None and Decimal(row["ledger"])]
    said = [f"no invoice for {', '.join(missing)} yet"] if missing else []
    said += [
        f"the invoice of {row['issuer']} is not compared, as its BilledCost is not known"
        for row in rows
        if row.get("not_compared") and row["invoice"] is not None
    ]
    said += [
        f"the invoice of {row['issuer']} differs by {Decimal(row['difference']):,.2f} {currency}".replace(
            "-", "−"
        )
        for row in rows
        if abs(Decimal(row["difference"] or 0)) > tolerance
    ]
    by_row = any(Decimal(row["difference"] or 0) for row in rows)
    if not said and not by_row and abs(Decimal(tie_out.get("difference") or 0)) > tolerance:
        return f"invoice and ledger differ by {Decimal(tie_out['difference']):,.2f} {currency}".replace(
            "-", "−"
        )
    return "; ".join(said)
