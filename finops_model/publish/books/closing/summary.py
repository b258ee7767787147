"""One page on a close: what to book, what is open, what is prepaid, and the files beside it (docs/method §14.61)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from ....measure.books.accrual import ACCRUED, RECEIVABLE
from ....measure.bridge.steps import STEPS, Bridge
from ....periods import MONTH, Period, month_name, month_range
from ....records.states import FOUR_EYES_OFF
from ....wording import bridge as words
from ...page.html import shell
from ...page.tables import Column, table, templates
from ...report.publication import sentences
from .bridges import Bridges
from .gather import EntityBooks

ZERO = Decimal(0)
PARTS = {  # of the months of the period: columns of the accrual table, and what readers call them
    "received": ("Received", "of it received"),
    "not_recoverable": ("Tax", "of it tax that is not got back"),
    "estimate": ("Estimate", "of it estimated, missing days"),
    "recurring": ("Recurring", "of it recurring and due"),
    "credits": ("Credits", "of it credits"),
    "written_off": ("WrittenOff", "of it written off"),
    "booked_before": ("BookedBefore", "less what was booked before"),
}
FIGURES = {
    "expense": "Expense booked",
    **{name: label for name, (_, label) in PARTS.items()},
    "earlier": "of it for earlier months",
    "between": "Charged by other entities (−: to them)",
    "borne": "Expense after that",
    "accrued": "Accrued at the end",
    "reversed": "Accruals of before, reversed",
    "receivable": "Billed beyond use",
    "invoiced": "Invoices booked",
    "tax": "Tax to be got back",
    "prepaid": "Prepaid at the end",
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the books of an entity come to, in its currency.

    expense     change of expense that the period books, accruals with it; it is what PARTS and `earlier` come to
    earlier     of it of months before the period
    between     what other entities charge it, below 0 what it charges them;  borne: expense and that
    accrued     at the period's end;  receivable: the negative ones, apart
    reversed    what the period took back of the one before
    """

    title: str
    currency: str
    expense: Decimal
    earlier: Decimal
    accrued: Decimal
    reversed: Decimal
    receivable: Decimal
    invoiced: Decimal
    tax: Decimal
    prepaid: Decimal
    received: Decimal
    not_recoverable: Decimal
    estimate: Decimal
    recurring: Decimal
    credits: Decimal
    written_off: Decimal
    booked_before: Decimal
    between: Decimal
    borne: Decimal

    def as_dict(self) -> dict[str, str]:
        """Money as decimal text."""
        return {name: f"{value}" for name, value in self.__dict__.items()}


def figures(books: EntityBooks, between: Decimal = ZERO) -> Figures:
    """The figures of an entity; `between`: of `Charged.between`."""
    found, period = books.accrual.table, books.accrual.period
    months = set(month_range(str(period.start)[:7], str(period.end - 1)[:7]))
    own = found["ServiceMonth"].isin(months)
    before = found[~own]
    parts = {name: _sum(found[own][column]) for name, (column, _) in PARTS.items()}
    parts["booked_before"] = ZERO - parts["booked_before"]
    positions = {} if books.journal is None else books.journal.positions

    def booked(kind: str) -> Decimal:
        return sum((pair[0] for key, pair in positions.items() if key.kind == kind), ZERO)

    taken_back = sum(
        (one.amount for one in books.accrual.booked.accruals if one.period != period.name), ZERO
    )
    return Figures(
        title=books.title,
        currency=books.currency,
        expense=_sum(found["Change"]),
        earlier=_sum(before["Change"]),
        accrued=_sum(found[found["State"] == ACCRUED]["Accrual"]),
        reversed=taken_back,
        receivable=-_sum(found[found["State"] == RECEIVABLE]["Accrual"]),
        invoiced=booked("payable"),
        tax=booked("tax"),
        prepaid=_sum(books.accrual.prepaid["Closing"]),
        **parts,
        between=between,
        borne=_sum(found["Change"]) + between,
    )


def _sum(column: pd.Series) -> Decimal:
    return sum(column, ZERO)


def name_of(period: Period) -> str:
    """A period for readers.

    >>> from finops_model.periods import Calendar
    >>> name_of(Calendar().period_of("2026-10-31")), name_of(Calendar("4-4-5").period_of("2026-10-31"))
    ('October 2026', 'FY2026-P11 (2026-10-25 to 2026-11-21)')
    """
    if MONTH.fullmatch(period.name):
        return month_name(period.name)
    return f"{period.name} ({period.start} to {period.end - 1})"


def money(value: Decimal) -> str:
    """Money to two decimals with separators.

    >>> money(Decimal("-1234.5"))
    '−1,234.50'
    """
    text = f"{value:,.2f}"
    return text.replace("-", "−") if text.strip("-0.,") else "0.00"


def headline(books: Sequence[EntityBooks], period: Period, state: str) -> str:
    """The close in one sentence."""
    parts = []
    for one in books:
        found = figures(one)
        again = one.accrual.booked.last[0] == period.name
        accrued = f", {money(found.accrued)} of it accrued" if found.accrued and not again else ""
        accrued = " beyond what it booked before" if again else accrued
        who = f"{one.name}: " if one.name else ""
        parts.append(f"{who}{money(found.expense)} {found.currency} of expense{accrued}")
    return f"{name_of(period)} is {state}: {'; '.join(parts)}."


def lines(
    books: Sequence[EntityBooks],
    period: Period,
    state: str,
    *,
    reasons: Sequence[str],
    accepted: str,
    rates: Sequence[str],
    head: str,
    four_eyes: bool,
    between: Mapping[str, Decimal],
) -> list[str]:
    """The words of a close, for its text file, its page and its workbook; `between`: of `Charged.between`, by entity."""
    out = [headline(books, period, state)]
    if reasons:
        out.append(f"Open: {'; '.join(reasons)}.")
    if accepted:
        out.append(f"Taken as final all the same: {accepted}")
    for one in books:
        who = f"{one.name}: " if one.name else ""
        found = figures(one)
        if found.earlier:
            out.append(
                f"{who}{money(found.earlier)} {found.currency} of the expense is for earlier months: "
                "late invoices, bills delivered again, accruals trued up."
            )
        if moved := between.get(one.name, ZERO):
            way = "is charged to other entities" if moved < 0 else "is charged by other entities"
            borne = figures(one, moved).borne
            out.append(
                f"{who}{money(abs(moved))} {found.currency} {way}; its expense after that is {money(borne)} {found.currency}."
            )
        out += [f"{who}{note}" for note in one.accrual.notes]
    out += [f"Rate: {text}." for text in rates]
    out += sentences({"head": head} if head.strip("0") else {})
    if not four_eyes:
        out.append(FOUR_EYES_OFF)
    return out


def page(
    title: str,
    books: Sequence[EntityBooks],
    said: Sequence[str],
    links: Sequence[tuple[str, str]],
    bridges: Bridges,
    *,
    between: Mapping[str, Decimal],
) -> str:
    """The close as one HTML page.

    said       of `lines`;  links: (file beside the page, text)
    """
    body = templates.get_template("books/close_page.html.j2").render(
        title=title,
        headline=said[0],
        said=said[1:],
        figures=_figures(books, between),
        open=_open(books),
        prepaid=_prepaid(books),
        tie_out=_tie_out(books),
        bridges=[_bridge(entity, one) for entity, one in bridges.made],
    )
    return shell(title, body, links, title)


def _figures(books: Sequence[EntityBooks], between: Mapping[str, Decimal]):
    every = [figures(one, between.get(one.name, ZERO)) for one in books]
    hidden = () if any(between.values()) else ("borne",)
    columns = [
        Column("What to book", figures=False),
        *(Column(f"{one.title}, {one.currency}") for one in every),
    ]
    rows = [
        [label, *(money(getattr(one, name)) for one in every)]
        for name, label in FIGURES.items()
        if name not in hidden
        and (name in ("expense", "accrued") or any(getattr(one, name) for one in every))
    ]
    return table(columns, rows)


def _table(books: Sequence[EntityBooks], columns: list[Column], rows: list[list]):
    """A table whose first column is the entity, where there is more than one."""
    first = 0 if len(books) > 1 else 1
    return table(columns[first:], [row[first:] for row in rows])


def _open(books: Sequence[EntityBooks]):
    """What is accrued or billed beyond use, by issuer and service month."""
    rows = []
    for one in books:
        found = one.accrual.table
        for row in found[found["State"] != ""].itertuples(index=False):
            spread = (
                f"{money(row.EstimateP10)} to {money(row.EstimateP90)}" if row.MissingDays else ""
            )
            rows.append(
                [
                    one.title,
                    row.InvoiceIssuerName or "(not stated)",
                    row.ServiceMonth,
                    row.State,
                    f"{money(row.Accrual)} {row.Currency}",
                    money(row.Estimate) if row.MissingDays else "",
                    spread,
                    row.Note,
                ]
            )
    if not rows:
        return ""
    return _table(
        books,
        [
            Column("Entity", figures=False),
            Column("Issuer", figures=False),
            Column("Used in", figures=False),
            Column("", figures=False),
            Column("Amount"),
            Column("of it estimated"),
            Column("P10 to P90"),
            Column("Note", figures=False, wide=True),
        ],
        rows,
    )


def _prepaid(books: Sequence[EntityBooks]):
    rows = [
        [
            one.title,
            row.CommitmentDiscountId or "paid for days to come",
            row.InvoiceIssuerName,
            *(money(getattr(row, name)) for name in ("Opening", "Bought", "Amortised")),
            money(row.WrittenOff),
            f"{money(row.Closing)} {row.Currency}",
            row.TermEnd or "–",
        ]
        for one in books
        for row in one.accrual.prepaid.itertuples(index=False)
    ]
    if not rows:
        return ""
    columns = [
        Column("Entity", figures=False),
        Column("Commitment", figures=False),
        Column("Issuer", figures=False),
        *map(Column, ("Opening", "+ bought", "− amortised", "− written off", "= closing")),
        Column("Term ends", figures=False),
    ]
    return _table(books, columns, rows)


def _bridge(entity: str, made: Bridge):
    """The steps of a bridge that are not nothing, between its ends."""
    who = f"{entity}: " if entity else ""
    rows = [
        [words.STEPS.get(step, step), money(made.step(step))] for step in STEPS if made.step(step)
    ]
    return table(
        [
            Column(f"{who}{made.then.name} to {made.now.name}", figures=False),
            Column(made.now.currency),
        ],
        [[_begun(made.then.name), money(made.then.total)], *rows],
        total=[_begun(made.now.name), money(made.now.total)],
    )


def _begun(text: str) -> str:
    """A text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def _tie_out(books: Sequence[EntityBooks]):
    rows = [
        [
            one.title,
            line.issuer,
            line.billing_period,
            "missing" if line.invoice is None else money(line.invoice),
            f"{money(line.ledger)} {line.currency}",
            "–" if line.difference is None else money(line.difference),
        ]
        for one in books
        for found in one.tie_out
        for line in found.lines
    ]
    columns = [
        Column("Entity", figures=False),
        Column("Issuer", figures=False),
        Column("Billing period", figures=False),
        *map(Column, ("Invoice", "Ledger", "Difference")),
    ]
    return _table(books, columns, rows) if rows else ""
