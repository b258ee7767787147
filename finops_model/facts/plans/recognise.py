"""What a table that is no bill is, by its columns alone: invoices, budgets, drivers, commitments, an organisation (docs/method §13.54).

A table that could be a bill as well is not decided: its owner says which.
"""

from __future__ import annotations

import pandas as pd

from ...errors import InputError
from ..intake.columns import amount_like, currency_of, find_columns
from ..intake.formats import MONEY, plain_words, read_moment, read_number
from ..intake.written import cells_of
from .headings import is_invoice_list

KINDS = {
    "invoices": "an invoice file",
    "budgets": "a budget",
    "drivers": "a driver file",
    "organisation": "an organisation file",
    "commitments": "a commitment file",
    "seats": "a table of seats",
    "quality_samples": "a table of quality samples",
    "customers": "a table of customers",
    "customer_usage": "a table of customers' use",
    "values": "a table of business value",
    "actions": "a table of actions",
    "dated_notes": "a table of dated notes",
    "reviews": "a table of reviews",
    "experiments": "a table of experiments",
}  # keys of finops.yaml, and what a reader calls such a file
CYCLE = {
    "seats": {"month", "skuid", "bought", "opened"},
    "quality_samples": {"workload", "model", "sampled", "accepted"},
    "customers": {"customer", "name", "segment"},
    "values": {"initiative", "month", "low", "likely", "high"},
    "actions": {"id", "action"},
    "dated_notes": {"date", "note"},
    "reviews": {"due", "held"},
    "experiments": {"experiment", "quota", "from", "until"},
}  # headings, squashed, that say which table of the cycle it is
NOT_NOTES = {"amount", "cost", "currency", "value"}  # beside a note they may be a bill
DATES = {"date", "day", "datum", "fecha", "jour"}
APPROVAL = {"version", "approvedon", "approvedby"}
WHOSE = {"businessunit", "dimension"}
BUDGET = {*WHOSE, "value", "unit", "month", "currency", "amount", "author", "basis", *APPROVAL}


def plan_of(frame: pd.DataFrame) -> str | None:
    """The key of finops.yaml that a table is for, None for one that may be a bill.

    frame   text cells as `read_table` gives them
    Raises InputError for months as columns by unit (a budget and a bill look the same) and for a list of invoices
    under other headings than ours (what bills are reconciled with, or spend of its own).

    >>> plan_of(pd.DataFrame({"date": ["2026-10-01"], "support_tickets": ["120"]})), plan_of(pd.DataFrame({"date": ["2026-10-01"], "cost": ["120"]}))
    ('drivers', None)
    """
    names = {_squashed(column) for column in frame.columns}
    if {"invoiceissuername", "billingperiod", "amount"} <= names:
        return "invoices"
    if is_invoice_list(names):
        raise InputError(
            f"{frame.attrs.get('name', 'table')}: a list of invoices may be what bills are reconciled with, or spend that no other "
            "bill holds. Say which: --as invoices or --as bill."
        )
    if {"contractcommitmentid", "contractcommitmentquantity"} <= names:
        return "commitments"
    if names == {"team", "businessunit"}:
        return "organisation"
    if cycle := _cycle(frame, names):
        return cycle
    if {"month", "amount"} <= names and names & {*WHOSE, *APPROVAL} and names <= BUDGET:
        return "budgets"
    if "month" not in names and names & {*WHOSE, *APPROVAL} and _months(frame):
        if names & APPROVAL:
            return "budgets"
        raise InputError(
            f"{frame.attrs.get('name', 'table')}: months as columns by business unit may be a budget or a bill. Say which: "
            "--as budget or --as bill."
        )
    return "drivers" if _drives(frame, names) else None


def _cycle(frame: pd.DataFrame, names: set[str]) -> str | None:
    """The key of a table of the cycle; money beside a date and a note may be a bill, and is left to the guess."""
    for key, needed in CYCLE.items():
        if needed <= names and not (
            key in ("dated_notes", "actions")
            and names & NOT_NOTES
            and not names & {"kind", "decision", "status"}
        ):
            return key
    counts = [one for one in frame.columns if _squashed(one) not in ("month", "customer", "entity")]
    if (
        {"month", "customer"} <= names
        and counts
        and not any(amount_like(one) or currency_of(one) for one in counts)
    ):
        return "customer_usage" if all(_counts(frame, one) for one in counts) else None
    return None


def _squashed(column: object) -> str:
    return plain_words(str(column)).replace(" ", "")


def _months(frame: pd.DataFrame) -> bool:
    try:
        return bool(find_columns(frame, "")[1])
    except InputError:
        return False


def _drives(frame: pd.DataFrame, names: set[str]) -> bool:
    """Days with named values, or days and whole counts, and no word or sign of money."""
    days = [column for column in frame.columns if _squashed(column) in DATES]
    if len(days) != 1 or not len(frame) or not all(map(read_moment, cells_of(frame, days[0]))):
        return False
    if {"name", "value"} <= names:
        return names <= {*DATES, "name", "value", "unit", "role"}
    counts = [column for column in frame.columns if column != days[0]]
    money = any(amount_like(column) or currency_of(column) for column in counts)
    return bool(counts) and not money and all(_counts(frame, column) for column in counts)


def _counts(frame: pd.DataFrame, column: str) -> bool:
    """Whether every cell is a whole number without a sign of money; empty cells are none."""
    cells = [cell.strip() for cell in cells_of(frame, column) if cell.strip()]
    read = [None if MONEY.search(cell) else read_number(cell) for cell in cells]
    return bool(cells) and all(one and one[0] >= 0 and one[0] == int(one[0]) for one in read)
