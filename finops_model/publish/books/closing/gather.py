"""Everything that the books of a period hold: read from a workspace, entity by entity, nothing written (docs/method §14.60)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from ....errors import listing
from ....facts import taken
from ....facts.daily import entities
from ....facts.daily.charges import charges
from ....facts.daily.complete import Complete
from ....facts.ledger import reconcile
from ....facts.ledger.store import Ledger
from ....facts.plans import read as plans
from ....facts.plans import together
from ....measure.books import journal as journals
from ....measure.books.accounts import Accounts, read_accounts
from ....measure.books.accrual import Accrual, accrue
from ....measure.books.missing import Missing, missing_days
from ....measure.books.prepaid import ends_of
from ....measure.books.rates import CompanyRates, rates_of
from ....periods import Period
from ....progress import Progress, silent
from ....records.store import Records
from ....settings import Settings
from ... import close
from . import expected, ground
from .periods import months_ended

NO_ACCOUNTS = (
    "finops.yaml names no accounts, so no journal is written and the period cannot be closed. "
    "Write accounts: accounts.yaml (docs/close.md)."
)


@dataclass(frozen=True, kw_only=True)
class EntityBooks:
    """The books of one entity at the end of a period.

    settings    of the entity, or of a company without entities;  name: the entity's, "" there
    tie_out     invoices against the ledger, of each calendar month that ends in the period
    journal     None where finops.yaml names no accounts
    withdrawn   booked invoices that are in no file any more, a sentence's part each
    """

    settings: Settings
    name: str
    fingerprint: str
    complete: Complete
    missing: tuple[Missing, ...]
    accrual: Accrual
    journal: journals.Journal | None
    tie_out: tuple[reconcile.Reconciliation, ...]
    withdrawn: tuple[str, ...] = ()

    @property
    def currency(self) -> str:
        """Of its amounts."""
        return self.settings.currency

    @property
    def title(self) -> str:
        """Its name for readers."""
        return self.name or self.settings.company

    @property
    def open_items(self) -> list[str]:
        """Why the period is not final for this entity, a sentence's part each; [] where every invoice ties out."""
        found = []
        if self.missing:
            names = listing(sorted({one.provider or one.issuer for one in self.missing}))
            found.append(
                f"{names} {'has' if ',' not in names and ' and ' not in names else 'have'} "
                "not billed all days yet"
            )
        for each in self.tie_out:
            found += _untied(each, Decimal(repr(self.settings.tie_out.tolerance)))
        return [*found, *self.withdrawn]


def _untied(found: reconcile.Reconciliation, tolerance: Decimal) -> list[str]:
    """What keeps a month's bills from tying out, issuer by issuer: two differences do not cancel."""
    said = []
    for line in found.lines:
        if line.quarantined:
            said.append(
                f"{line.quarantined:,.2f} {line.currency} of {line.issuer} are in quarantine"
            )
        if line.invoice is None:
            if line.ledger:
                said.append(f"no invoice of {line.issuer} for {line.billing_period} yet")
        elif line.not_compared:
            said.append(
                f"the invoice of {line.issuer} for {line.billing_period} is not compared, as its "
                "BilledCost is not known"
            )
        elif line.difference is not None and abs(line.difference) > tolerance:
            text = f"{line.difference:,.2f}".replace("-", "−")
            said.append(
                f"the invoice of {line.issuer} for {line.billing_period} differs by {text} {line.currency}"
            )
    return said


def of_company(
    settings: Settings, period: Period, records: Records, progress: Progress | None = None
) -> list[EntityBooks]:
    """The books of each entity, in the order of finops.yaml.

    Raises InputError, LedgerError or PriceError: an account, a rate or a forecast that is not there, one sentence.
    """
    accounts, rates = accounts_of(settings), rates_of(settings)
    parts = settings.parts()
    found = []
    for i, part in enumerate(parts):
        (progress or silent)("books", i, len(parts))
        found.append(of_entity(part, period, records, accounts, rates, progress))
    return found


def accounts_of(settings: Settings) -> Accounts | None:
    """The accounts that finops.yaml names, read; None where it names none."""
    if settings.accounts is None:
        return None
    names = tuple(one.name for one in settings.entities)
    return read_accounts(settings.path(settings.accounts), names)


def of_entity(
    settings: Settings,
    period: Period,
    records: Records,
    accounts: Accounts | None,
    rates: CompanyRates | None,
    progress: Progress | None = None,
) -> EntityBooks:
    """The books of one entity (settings of it, or of a company without entities)."""
    ledger = close.books(settings, progress)
    name = settings.own.name if settings.own else ""
    complete = ledger.complete(settings.time_zone)
    booked = journals.booked(
        [row.body["totals"] for row in records.read("journal", name) if "totals" in row.body]
    )
    every = charges(ledger, settings)
    missing = missing_days(complete, period)
    invoices = entities.own_invoices(together.invoices(settings), settings)
    inventory = (
        plans.read_commitments(settings.path(settings.commitments)) if settings.commitments else []
    )
    accrual = accrue(
        every,
        invoices,
        period,
        entity=name,
        booked=booked,
        missing=missing,
        forecast=expected.of_forecast(every, missing),
        usage=expected.of_use(settings, ledger, missing),
        minimum=settings.accrual.minimum,
        recoverable=settings.tax.recoverable,
        ends=ends_of(inventory),
    )
    made = None
    if accounts is not None:
        made = journals.journal(
            accrual,
            accounts,
            rates,
            fingerprint=ledger.fingerprint()[:12],
            where=str(settings.accounts),
        )
    return EntityBooks(
        settings=settings,
        name=name,
        fingerprint=ledger.fingerprint(),
        complete=complete,
        missing=missing,
        accrual=accrual,
        journal=made,
        tie_out=_tie_outs(ledger, invoices, months_ended(period)),
        withdrawn=ground.withdrawn(booked, invoices),
    )


def _tie_outs(
    ledger: Ledger, invoices: pd.DataFrame | None, months: Sequence[str]
) -> tuple[reconcile.Reconciliation, ...]:
    one_amount = taken.of(ledger)
    totals, refused = ledger.totals_by_period(), ledger.quarantine(details=True)
    return tuple(
        reconcile.reconcile(
            totals,
            invoices,
            month,
            quarantined=refused,
            not_billed=taken.of_month(one_amount, month, "Billed"),
        )
        for month in months
    )
