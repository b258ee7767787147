"""The data-quality card of a workspace outside of a report: what `finops quality` shows (docs/method §13.70)."""

from __future__ import annotations

from ..errors import InputError
from ..facts.daily import entities, warehouse
from ..facts.plans import together
from ..measure.quality import gather
from ..measure.quality.types import QualityCard
from ..periods import check_day
from ..progress import Progress
from ..settings import Settings
from . import close


def card_of(
    settings: Settings,
    month: str | None = None,
    as_of: str | None = None,
    progress: Progress | None = None,
) -> QualityCard:
    """The card of a month, the newest complete one unless said.

    as_of   day for which vendors may be behind and prices old, after the bill's last day too; None: that of the month's report

    Raises LedgerError for a month that the ledger does not have, InputError for a day before it.
    """
    ledger = close.books(settings, progress)
    month, day = close.pick_month(ledger, month, time_zone=settings.time_zone)
    if as_of is not None and check_day(as_of, "--as-of") < f"{month}-01":
        raise InputError(
            f"--as-of {as_of}: is before {month}, the month of the card. Give a later day, or an earlier month."
        )
    invoices = entities.own_invoices(together.invoices(settings), settings)
    daily = warehouse.daily(ledger, settings)
    daily = close.up_to(daily, as_of or day)
    return gather.of_workspace(settings, ledger, daily, month, as_of or day, invoices)
