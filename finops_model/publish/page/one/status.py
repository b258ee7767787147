"""How far a month is done, in words: its status and why; an invoice that is missing is missing, and no difference."""

from __future__ import annotations

import re
from decimal import Decimal

from ....measure.brief_types import Brief, TieOut
from ....wording import day
from ..tables import cents

RAW = re.compile(r"(?<![\d.,])-?\d+\.\d+(?![\d.%])")  # an amount as a program writes it


def missing(tie: TieOut) -> list[int]:
    """Places of the issuers that billed and gave no invoice, where other invoices were given."""
    if tie["invoice_total"] is None:
        return []
    rows = enumerate(tie["rows"])
    return [i for i, row in rows if row["invoice"] is None and Decimal(row["ledger"])]


def reason(brief: Brief) -> str:
    """Why the month has its status, in words.

    >>> tie = {"invoice_total": "5.00", "rows": [{"issuer": "Nimbus", "invoice": None, "ledger": "9.00"}]}
    >>> reason({"status": "preliminary", "status_reason": "invoice and ledger differ by -9.00 USD", "tie_out": tie})
    'No invoice for Nimbus yet'
    """
    gone = [brief["tie_out"]["rows"][i]["issuer"] for i in missing(brief["tie_out"])]
    if brief["status"] == "preliminary" and gone:
        names = " and ".join([", ".join(gone[:-1]), gone[-1]] if gone[1:] else gone)
        more = brief["status_reason"].partition("; ")[2]
        return f"No invoice for {names} yet{f'; {more}' if more else ''}"
    text = RAW.sub(lambda found: cents(f"{Decimal(found[0]):.2f}"), brief["status_reason"])
    text = re.sub(r"\d{4}-\d\d-\d\d", lambda found: day(found[0]), text)
    return text[:1].upper() + text[1:]
