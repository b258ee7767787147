"""Whose rows these are: the part of a ledger that is one entity's, in its currency (docs/method §13.40).

An entity is a set of (issuer, billing account) of the ledger in one currency. Its part is a ledger of its own to every reader: rows,
totals, days, files and fingerprint are of these rows alone. Rows that no entity names, or two do, are refused by name: none is left out in silence.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

import pandas as pd

from ...errors import InputError, LedgerError, listing, unknown
from ...settings import Entity, Settings, load_settings
from ...settings.entities import NOT_STATED
from ..ledger import proof
from ..ledger.manifest import Book
from ..ledger.store import Ledger

MOST = 8  # billing accounts that are written out in a proposal


@dataclass(frozen=True)
class PartBook(Book):
    """The deliveries of a ledger, and of its versions what is one entity's: of a bill in two currencies the rows in its own."""

    own: Entity

    def in_force(self) -> dict:
        versions, currency = {}, self.own.currency
        for key, version in super().in_force().items():
            if currency in version.totals and self.own.names(key[0], key[1]):
                sums = version.totals[currency]
                versions[key] = replace(version, totals={currency: sums}, rows=int(sums["Rows"]))
        return versions


class Part(Ledger):
    """A ledger as one entity sees it."""

    def __init__(self, ledger: Ledger, own: Entity):
        super().__init__(ledger.root)
        self.whole, self.own = ledger, own

    @property
    def book(self) -> Book:
        return PartBook(self.whole.book.records, self.own)

    def proof(self) -> dict[str, str]:
        """As of the whole ledger, held against the record as it was written: a file of two currencies whole."""
        mine = self.book.in_force()
        return proof.prove(
            self.root,
            [version for key, version in self.whole.book.in_force().items() if key in mine],
        )

    def quarantine(self, details: bool = False) -> pd.DataFrame:
        """Refused rows that are the entity's or may be: what a refused row does not say speaks for no other entity."""
        everything, shown = self.whole.quarantine(details=True), self.whole.quarantine()
        rows = everything.to_dict("records")
        keep = pd.Series([_may_take(self.own, row) for row in rows], everything.index, dtype=bool)
        return (everything if details else shown)[keep].reset_index(drop=True)


def _may_take(own: Entity, row: dict) -> bool:
    issuer, account, currency = (
        str(row.get(name) or "").strip()
        for name in ("InvoiceIssuerName", "BillingAccountId", "BillingCurrency")
    )
    known = len(currency) == 3 and currency.isalpha()
    return (not known or currency.upper() == own.currency) and (
        not (issuer or account) or own.names(issuer, account)
    )


def part(ledger: Ledger, settings: Settings) -> Ledger:
    """The ledger of the settings: of their entity where they are of one, else the whole.

    Parameters
    ----------
    ledger : Ledger
        Of the workspace.
    settings : Settings
        Of the workspace, or of one of its entities (`Settings.entity`).

    Returns
    -------
    Ledger
        To every reader a ledger; rows of one currency.

    Raises
    ------
    LedgerError
        The settings have entities and are of none of them, rows belong to no entity or to two, or a
        billing account or issuer is not in the ledger.

    Source
    ------
    docs/method §13.40.

    Examples
    --------
    >>> import tempfile
    >>> whole = Ledger(tempfile.mkdtemp())
    >>> part(whole, Settings(company="Acme", currency="EUR")) is whole
    True
    """
    if not settings.entities:
        return ledger
    if settings.own is None:
        raise LedgerError(which(settings))
    check(ledger, settings.entities)
    return Part(ledger, settings.own)


def own_invoices(invoices: pd.DataFrame | None, settings: Settings) -> pd.DataFrame | None:
    """The invoices in an entity's currency, so that one file may hold those of all entities; without an entity as they are."""
    if invoices is None or settings.own is None:
        return invoices
    return invoices[invoices["BillingCurrency"] == settings.own.currency].reset_index(drop=True)


def which(settings: Settings) -> str:
    """The sentence that asks for one entity."""
    named = listing(f"{one.name} ({one.currency})" for one in settings.entities)
    return f'finops.yaml names entities: {named}. Their amounts are not added up. Choose one: --entity "{settings.entities[0].name}".'


def chosen(workspace, entity: str | None, what: str) -> Settings:
    """The settings of a workspace that a notebook names: settings, its folder or its finops.yaml; None: finops.yaml here.

    Raises InputError: no such file, no such entity, or one that must be chosen; `what` names who asks.
    """
    if workspace is not None and not isinstance(workspace, (Settings, str, os.PathLike)):
        raise InputError(
            f"{what}: give a workspace: its folder, its finops.yaml or its settings, not {type(workspace).__name__}."
        )
    if not isinstance(workspace, Settings):
        workspace = load_settings() if workspace is None else load_settings(workspace)
    if entity is not None:
        return workspace.entity(entity, "entity")
    if workspace.entities and workspace.own is None:
        raise InputError(which(workspace).replace("--entity ", "entity="))
    return workspace


def keys(ledger: Ledger) -> dict[tuple[str, str, str], tuple[int, Decimal]]:
    """{(issuer, billing account, currency): (rows, BilledCost)} in force."""
    held: dict = {}
    for (issuer, account, _), version in ledger.book.in_force().items():
        for currency, sums in version.totals.items():
            rows, amount = held.get((issuer, account, currency), (0, Decimal(0)))
            held[issuer, account, currency] = (
                rows + int(sums["Rows"]),
                amount + Decimal(sums["BilledCost"]),
            )
    return held


def check(ledger: Ledger, entities: Iterable[Entity]) -> None:
    """Every row belongs to exactly one entity, and every name is one of the ledger's. Raises LedgerError."""
    held, entities = keys(ledger), list(entities)
    for one in entities:
        for kind, column, what in (
            ("billing_accounts", 1, "billing account"),
            ("issuers", 0, "issuer"),
        ):
            there = sorted({key[column] for key in held} - {""})
            if kind == "issuers" and any(key[:2] == ("", "") for key in held):
                there.append(NOT_STATED)
            for name in getattr(one, kind):
                if name not in there:
                    raise LedgerError(
                        unknown(f"finops.yaml: entities/{one.name}/{kind}", what, name, there)
                    )
    for (issuer, account, currency), (rows, amount) in sorted(held.items()):
        owners = [one.name for one in entities if one.takes(issuer, account, currency)]
        if len(owners) == 1:
            continue
        what = f"finops.yaml: entities: {rows:,} row{'s' if rows != 1 else ''} of the ledger, {amount:,.2f} {currency}"
        whose = (
            f"billing account '{account}' of {issuer or 'no issuer'}"
            if account
            else f"issuer '{issuer}', no billing account"
            if issuer
            else "no issuer and no billing account"
        )
        named = [one for one in entities if one.names(issuer, account)]
        if owners:
            raise LedgerError(
                f"{what}, belong to {' and to '.join(owners)}: {whose}. Name it under one of them."
            )
        if named and len(named) < len(entities):
            raise LedgerError(
                f"{what}, belong to no entity: {whose} is of {named[0].name}, which is in {named[0].currency}. "
                f"Write an entity for what it bills in {currency}."
            )
        do = "Name it" if issuer or account else f'Write issuers: ["{NOT_STATED}"]'
        raise LedgerError(
            f"{what}, belong to no entity: {whose}. {do} under one of them: {listing(one.name for one in entities)}."
        )


def one_currency(ledger: Ledger, currency: str) -> None:
    """Raises LedgerError for a ledger of several currencies, and says how to write the entities it sees; and for one that is not in `currency`."""
    held = keys(ledger)
    currencies = sorted({currency for _, _, currency in held})
    if len(currencies) == 1 and currencies != [currency]:
        raise LedgerError(
            f"the ledger holds {currencies[0]} and finops.yaml says currency: {currency}. "
            f"Write currency: {currencies[0]} into finops.yaml."
        )
    if len(currencies) < 2:
        return
    lines = []
    for currency in currencies:
        accounts = sorted({account for _, account, code in held if code == currency} - {""})
        alone = all(code == currency for _, account, code in held if account in accounts)
        named = (
            f", billing_accounts: [{', '.join(accounts)}]"
            if accounts and alone and len(accounts) <= MOST
            else ""
        )
        lines.append(f"  - {{name: NAME, currency: {currency}{named}}}")
    raise LedgerError(
        f"the ledger holds {' and '.join(currencies)}, and amounts of different currencies are not added up. Name your entities in "
        "finops.yaml, one report each, with invoices, budgets, drivers and scenario under their entity:\nentities:\n"
        + "\n".join(lines)
    )
