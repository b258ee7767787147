"""The ledger as a report found it: its deliveries stay, so the rows of then are still there after later ones (docs/method §15.8)."""

from __future__ import annotations

from ...errors import LedgerError
from ...facts.daily import entities
from ...facts.ledger.manifest import Book
from ...facts.ledger.store import Ledger
from ...settings import Settings


class LedgerThen(Ledger):
    """A ledger as it was after its first deliveries. Nothing is kept in its folder, and nothing that is kept there is used."""

    keeps = False

    def __init__(self, root, deliveries: int | None = None):
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
