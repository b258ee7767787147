"""What closed periods stand on: calendar, entities, currencies and booked invoices may not change under them (docs/method §14.62)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pandas as pd

from ....errors import InputError, RecordsError, listing, printable
from ....measure.books.types import Booked
from ....periods import Calendar
from ....records.store import Records
from ....settings import Settings
from . import periods

LONGEST = 1_000  # characters of a reason


def check(settings: Settings, records: Records, calendar: Calendar) -> None:
    """Raises RecordsError where finops.yaml has another calendar, other entities or currencies than the journals."""
    check_calendar(records, calendar)
    parts = {part.own.name if part.own else "": part for part in settings.parts()}
    for row in records.read("journal"):
        if row.entity not in parts:
            raise RecordsError(_no_entity(row.entity, row.period, [name for name in parts if name]))
        part = parts[row.entity]
        for what, has in (("currency", part.currency), ("base", settings.base_currency)):
            was = row.body.get(what, has)
            if was != has:
                whose = "the company's currency" if what == "base" else "the currency"
                of = f" of {row.entity}" if row.entity and what == "currency" else ""
                raise RecordsError(
                    f"finops.yaml: {whose}{of} is {has}, and the journal of {row.period} is in {was}: their amounts do not add up. "
                    f"Write {was}."
                )


def check_calendar(records: Records, calendar: Calendar) -> None:
    """Raises RecordsError where a period of the records is none of the calendar, or has other days."""
    days = {row.period: row.body.get("totals", {}) for row in records.read("journal")}
    for name in dict.fromkeys(row.period for row in records.read("state", "")):
        try:
            found = periods.named(calendar, name)
        except InputError:
            found = None
        was = days.get(name, {})
        if (
            found is None
            or ("start" in was and was["start"] != str(found.start))
            or ("end" in was and was["end"] != str(found.end))
        ):
            has = (
                "has no such period"
                if found is None
                else f"has it from {found.start} to {found.end - 1}"
            )
            begun = f", from {was['start']}" if "start" in was else ""
            raise RecordsError(
                f"finops.yaml: calendar: the records hold the period {name}{begun}, and the calendar ({calendar.kind}) {has}. "
                "Periods follow each other, so write the calendar that they were closed with."
            )


def withdrawn(booked: Booked, invoices: pd.DataFrame | None) -> tuple[str, ...]:
    """Invoices that a close booked and that are in no file any more, a sentence's part each."""
    there: set[Sequence[str]] = set()
    if invoices is not None:
        columns = ("InvoiceIssuerName", "BillingCurrency", "BillingPeriod")
        there = set(zip(*(invoices[name].astype(str) for name in columns), strict=True))
    sums: dict[tuple[str, str, str], Decimal] = {}
    for key, (amount, _) in booked.positions.items():
        if key.kind == "payable":
            of = (key.issuer, key.currency, key.month)
            sums[of] = sums.get(of, Decimal(0)) + amount
    return tuple(
        f"the invoice of {issuer} for {month} is booked with {abs(amount):,.2f} {currency} and is in no invoice file any more"
        for (issuer, currency, month), amount in sorted(sums.items())
        if amount and (issuer, currency, month) not in there
    )


def reason(text: str, option: str) -> str:
    """What a person gives as a reason, on one line and without what steers a terminal or page.

    Raises RecordsError for one that is too long.

    >>> reason(" late\\n bill\\x1b[31m ", "--accept")
    'late bill[31m'
    """
    plain = " ".join(printable(text).split())
    if len(plain) > LONGEST:
        raise RecordsError(
            f"{option}: a reason of {len(plain):,} characters. Write at most {LONGEST:,}; the page has one line for it."
        )
    return plain


def _no_entity(name: str, period: str, known: Sequence[str]) -> str:
    if not name:
        return (
            f"finops.yaml: entities: the journal of {period} is of the company as a whole, and now there are entities. What is "
            "accrued and prepaid in it would stay for ever. Take the entities out, or begin new records and books with them."
        )
    has = f"names {listing(known)}" if known else "names no entities now"
    return (
        f"finops.yaml: entities: the journal of {period} is of {name}, and finops.yaml {has}. What is accrued and prepaid in it "
        f"would stay for ever. Write {name} as it was."
    )
