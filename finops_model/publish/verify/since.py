"""What a report's bills and months are in the ledger of today, where deliveries came after it (docs/method §15.8)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ...facts import taken
from ...facts.daily import warehouse
from ...facts.ledger import reconcile
from ...measure import actuals
from ...settings import Settings
from .. import close as closing
from .ledger import ledger_of
from .words import billed, bills


def changed_since(settings: Settings, published: Mapping) -> list[str]:
    """Bills of its month, and months up to its last day, that are other amounts in the ledger of today.

    settings   of the entity, where it is one's

    Of a month that was under way only days up to the report's last one count: its bills go on.
    """
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
