"""The ledger as a report found it, and what changed in it since: its deliveries stay, so the rows of then are still there (docs/method §15.60)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from ...errors import LedgerError
from ...facts import taken
from ...facts.daily import entities, kept, warehouse
from ...facts.ledger import reconcile
from ...facts.ledger.manifest import Book
from ...facts.ledger.store import Ledger
from ...measure import actuals
from ...settings import Settings
from .. import close as closing
from .words import billed, bills


class LedgerThen(Ledger):
    """A ledger as it was after its first deliveries."""

    def __init__(self, root: Path, deliveries: int | None = None):
        super().__init__(root)
        self.deliveries = deliveries  # None: all of them

    @property
    def book(self) -> Book:
        """Its deliveries of then."""
        return Book(super().book.records[: self.deliveries])


def ledger_of(settings: Settings) -> Ledger:
    """The ledger as it is, with no bill taken in: verifying writes nothing. Raises LedgerError where it is empty."""
    ledger = LedgerThen(settings.path(settings.ledger))
    if not ledger.rows:
        raise LedgerError(
            f"{settings.ledger}: the ledger is empty, and a report is made again from its rows. Take the bills in first: finops ingest FILE."
        )
    return entities.part(ledger, settings)


def ledger_then(settings: Settings, fingerprint: object) -> tuple[Ledger, int, int] | None:
    """(the ledger of then, how many deliveries it had, how many there are now); None where no number of deliveries gives its fingerprint.

    The newest that does: what came later and changed no fact of an entity is none of its report's.
    """
    whole = LedgerThen(settings.path(settings.ledger))
    count = len(whole.book.records)
    for deliveries in range(count, 0, -1):
        then: Ledger = LedgerThen(whole.root, deliveries)
        if settings.own is not None:
            then = entities.Part(then, settings.own)
        if then.fingerprint() == fingerprint:
            return then, deliveries, count
    return None


def changed_since(settings: Settings, published: Mapping) -> list[str]:
    """Bills of its month, and months up to its last day, that are other amounts in the ledger of today.

    settings   of the entity, where it is one's

    Of a month that was under way only days up to the report's last one count: its bills go on.
    """
    with kept.passed_over():
        return _changed_since(settings, published)


def _changed_since(settings: Settings, published: Mapping) -> list[str]:
    ledger, month = ledger_of(settings), published["month"]
    of = published.get("entity")
    daily = closing.up_to(warehouse.daily(ledger, settings), published["data_as_of"])
    rows = actuals.cost_rows(daily, of["unit"] if of else published["unit"])
    was, now = billed(published), dict(billed(published))
    if published["status"] != "flash":
        tied = reconcile.reconcile(
            ledger.totals_by_period(),
            None,
            month,
            quarantined=ledger.quarantine(details=True),
            not_billed=taken.of_month(taken.of(ledger), month, "Billed"),
        )
        now = {key: Decimal(0) for key in was} | billed({"tie_out": tied.as_brief()})
    months = published["actual"]["by_month"], actuals.by_month(rows)
    return bills(published["currency"], (was, months[0]), (now, months[1]))
