"""Who bears a period, and what that books: statements of it, and of earlier periods whose bills have changed (docs/method §14.60)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pandas as pd

from ....measure.books.accounts import Accounts
from ....measure.books.intercompany import MOVES, PAIRS, PAYABLE, RECEIVABLE
from ....periods import Calendar, Period
from ....records.store import Records
from ....settings import Settings
from .. import bearers
from ..bearers import Bearers
from ..recharges import Recharges, base_of, by_month, recharges
from . import periods
from .gather import EntityBooks

ZERO = Decimal(0)


@dataclass(frozen=True)
class Charged:
    """Statements of a period, and the journal lines between teams and entities.

    bearers    of the period, an entity each;  made: None where there is no journal
    restated   names of earlier periods whose share was made again
    clearing   (entity, account) of receivables and payables between entities
    """

    bearers: list[Bearers]
    made: Recharges | None
    restated: tuple[str, ...] = ()
    clearing: frozenset[tuple[str, str]] = frozenset()

    def ids(self, entity: str) -> list[str]:
        """Ids of the entries of an entity, in their order."""
        if self.made is None:
            return []
        own = self.made.lines[self.made.lines["Entity"] == entity]
        return list(dict.fromkeys(own["EntryId"]))

    def between(self, entity: str) -> Decimal:
        """Expense that other entities charge an entity, below 0 what it charges them, in its currency."""
        if self.made is None:
            return ZERO
        rows = self.made.lines
        own = rows[(rows["Entity"] == entity) & (rows["Kind"] == "recharge")]
        accounts = [(entity, account) in self.clearing for account in own["Account"]]
        return sum(own["Credit"][accounts], ZERO) - sum(own["Debit"][accounts], ZERO)

    def changes(self, entity: str) -> dict[str, list[list[str]]]:
        """What it changes of who bears an entity's bills, as plain data for the store."""
        if self.made is None:
            return {}
        found = {}
        for name, frame in (("pairs", self.made.pairs), ("moves", self.made.moves)):
            own = frame[frame["Entity"] == entity]
            if len(own):
                found[name] = [[str(value) for value in row] for row in own.itertuples(index=False)]
        return found


def of_period(
    settings: Settings,
    period: Period,
    books: Sequence[EntityBooks],
    records: Records,
    accounts: Accounts | None,
) -> Charged:
    """The statements of a period, and what they book where finops.yaml says chargeback and names accounts.

    Raises InputError, LedgerError or PriceError: an account or a rate that is not there.
    """
    calendar = settings.calendar_of()
    found = [_bearers(one, period) for one in books]
    if accounts is None or settings.chargeback.mode == "showback":
        return Charged(found, None)
    earlier = _changed(books, records, calendar, period)
    every = [*found, *(_bearers(one, other) for other in earlier for one in books)]
    base = base_of(settings, found)
    clearing: set[tuple[str, str]] = set()

    def account(role: str, entity: str, activity: str) -> tuple[str, str]:
        number, name = _account(accounts, settings, role, entity, activity)
        if role in (RECEIVABLE, PAYABLE):
            clearing.add((entity, number))
        return number, name

    booked = _booked(records, settings, {one.period.name for one in every})
    made = recharges(
        settings,
        every,
        period,
        by_month(settings, every, base, booked=booked[0], through=str(period.end - 1)),
        base,
        account=account,
        booked=booked,
        source=f"ledger {books[0].fingerprint[:12]}",
    )
    named = tuple(one.name for one in earlier)
    return Charged(found, _as_named(made, settings), named, frozenset(clearing))


def _bearers(books: EntityBooks, period: Period) -> Bearers:
    last = min(period.end - 1, np.datetime64(books.complete.newest, "D"))
    return bearers.of_period(books.settings, period, str(last))


def _account(accounts: Accounts, settings: Settings, role: str, entity: str, activity: str):
    own = entity if settings.entities else ""
    found = accounts.of(role, own, activity, str(settings.accounts))
    return found.number, found.name


def _as_named(made: Recharges, settings: Settings) -> Recharges:
    """A company without entities has no name in its journal."""
    if settings.entities:
        return made
    return replace(
        made,
        lines=made.lines.assign(Entity=""),
        pairs=made.pairs.assign(Entity=""),
        moves=made.moves.assign(Entity=""),
    )


def _booked(
    records: Records, settings: Settings, names: set[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was booked before of these periods: PAIRS and MOVES."""
    frames = []
    for key, columns in (("pairs", PAIRS), ("moves", MOVES)):
        rows = [
            [*line[:-1], Decimal(line[-1])]
            for row in records.read("journal")
            for line in row.body.get(key, [])
        ]
        frame = pd.DataFrame(rows, columns=columns)
        if not settings.entities:
            frame = frame.assign(Entity=settings.company)
        frames.append(frame[frame["ServiceMonth"].isin(names)])
    return frames[0], frames[1]


def _changed(
    books: Sequence[EntityBooks], records: Records, calendar: Calendar, period: Period
) -> list[Period]:
    """Periods that were booked before this one, and have a day in a month whose expense has changed since."""
    months = {
        month
        for one in books
        for month, change in zip(
            one.accrual.table["ServiceMonth"], one.accrual.table["Change"], strict=True
        )
        if change
    }
    names = {row.period for row in records.read("journal")} - {period.name}
    every = [periods.named(calendar, name) for name in names]
    return sorted((one for one in every if months & set(_months(one))), key=lambda one: one.start)


def _months(period: Period) -> list[str]:
    first, last = (day.astype("datetime64[M]") for day in (period.start, period.end - 1))
    return [str(month) for month in np.arange(first, last + 1)]
