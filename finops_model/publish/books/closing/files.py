"""The files of a close: journal, accrual, prepaid, tie-out, statements, bridge, the workbook and one page (docs/method §14.61)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ....measure.books.accrual import TABLE
from ....measure.books.prepaid import ROLL
from ....measure.books.rates import rates_of
from ....measure.books.types import COLUMNS
from ....periods import Period
from ....settings import Settings
from ..sheets import csv_of, plain, workbook
from ..statements import made as made_statements
from . import summary
from .bridges import Bridges
from .charged import Charged
from .gather import EntityBooks

TIE_OUT = [
    "Entity",
    "InvoiceIssuerName",
    "BillingPeriod",
    "BillingCurrency",
    "Invoice",
    "Ledger",
    "Quarantined",
    "Difference",
]


@dataclass(frozen=True)
class Made:
    """Files by name, the ids of the journal's entries by entity, the words of the close, its figures."""

    files: dict[str, bytes]
    entries: dict[str, list[str]]
    said: list[str]
    figures: list[dict[str, Any]]


def entries_of(books: Sequence[EntityBooks], charged: Charged) -> dict[str, list[str]]:
    """Ids of the entries, by entity."""
    return {
        one.name: [*one.journal.ids, *charged.ids(one.name)] if one.journal else [] for one in books
    }


def of_period(
    settings: Settings,
    books: Sequence[EntityBooks],
    charged: Charged,
    bridges: Bridges,
    period: Period,
    *,
    state: str,
    reasons: Sequence[str],
    accepted: str,
    head: str,
) -> Made:
    """All files of a period; they depend on the books, the state and the chain head alone."""
    tables = _tables(books, charged, bridges)
    between = {one.name: charged.between(one.name) for one in books}
    said = summary.lines(
        books,
        period,
        state,
        reasons=reasons,
        accepted=accepted,
        rates=rates_said(settings, books, period),
        head=head,
        four_eyes=settings.four_eyes,
        between=between,
    )
    said += bridges.said
    title = f"{settings.company} · close of {summary.name_of(period)}"
    files: dict[str, bytes] = {
        f"{name}.csv": csv_of(frame).encode() for name, frame in tables.items()
    }
    sheets = {name.replace("_", " ").capitalize(): frame for name, frame in tables.items()}
    files["books.xlsx"] = workbook(title, sheets, said)
    files["summary.txt"] = plain("\n".join([title, *said]) + "\n").encode()
    links = [
        ("books.xlsx", "Workbook"),
        *((f"{name}.csv", f"{name}.csv") for name in tables),
        ("statements/statements.xlsx", "Statements"),
    ]
    files["summary.html"] = plain(
        summary.page(title, books, said, links, bridges, between=between)
    ).encode()
    figures = [
        {"entity": one.name, **summary.figures(one, between[one.name]).as_dict()} for one in books
    ]
    statements = made_statements(charged.bearers)
    files |= {
        f"statements/{name}": data.encode() if isinstance(data, str) else data
        for name, data in statements.items()
    }
    return Made(files, entries_of(books, charged), said, figures)


def _tables(
    books: Sequence[EntityBooks], charged: Charged, bridges: Bridges
) -> dict[str, pd.DataFrame]:
    """Every table of the close, all entities below one another, under the name of its file."""
    journals = [one.journal.lines for one in books if one.journal is not None]
    if charged.made is not None:
        journals.append(charged.made.lines)
    found = {
        "accrual": _together([one.accrual.table for one in books], TABLE),
        "prepaid": _together([one.accrual.prepaid for one in books], ROLL),
        "tie_out": pd.DataFrame([row for one in books for row in _tie_out(one)], columns=TIE_OUT),
        "bridge": bridges.table,
    }
    return {"journal": _together(journals, COLUMNS), **found} if journals else found


def _together(frames: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    full = [frame for frame in frames if len(frame)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=columns)


def _tie_out(books: EntityBooks) -> list[list]:
    return [
        [
            books.name,
            line.issuer,
            line.billing_period,
            line.currency,
            line.invoice,
            line.ledger,
            line.quarantined,
            line.difference,
        ]
        for found in books.tie_out
        for line in found.lines
    ]


def rates_said(settings: Settings, books: Sequence[EntityBooks], period: Period) -> list[str]:
    """The rates that a period is booked at, each with its kind, day and source."""
    rates = rates_of(settings)
    foreign = sorted({one.currency for one in books} - {settings.base_currency})
    if rates is None:
        return []
    return [
        rate.says
        for currency in foreign
        for rate in (rates.average(currency, period), rates.month_end(currency, period))
    ]
