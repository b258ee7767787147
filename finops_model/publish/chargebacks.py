"""What each team bears of a month, as `finops chargeback` says it: the table of the report, from the same rules (docs/method §13.64)."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

from ..documents import write_atomic
from ..errors import InputError, unknown
from ..facts.daily import warehouse
from ..facts.daily.allocate import UNTAGGED
from ..facts.plans import read as plans
from ..measure.allocation import shared
from ..progress import Progress
from ..settings import Pool, Settings
from ..wording import shared as words
from . import close


def of_month(
    settings: Settings,
    month: str | None = None,
    pool: str | None = None,
    progress: Progress | None = None,
) -> dict:
    """month, as_of, currency, and the brief's `allocation/shared` of it.

    pool    a team that is tried as the only pool, in proportion to cost

    Raises InputError where nothing is shared, or a name is not known.
    """
    ledger = close.books(settings, progress)
    month, as_of = close.pick_month(ledger, month, time_zone=settings.time_zone)
    everything = warehouse.daily(ledger, settings)
    teams = sorted({*map(str, everything["x_Team"])} - {UNTAGGED})
    if pool is not None:
        if pool not in teams:
            raise InputError(unknown("--pool", "team", pool, teams))
        alone = settings.shared_cost.model_copy(update={"pools": {pool: Pool()}})
        settings = settings.model_copy(update={"shared_cost": alone})
    if not settings.shared_cost.moves:
        raise InputError(
            "finops.yaml: shared_cost says of no cost that others bear it, so every team bears its own "
            "(finops report shows it). Write it there, such as shared_cost: {pools: {TEAM: proportional}}, or "
            f"try a team: --pool TEAM. Teams: {', '.join(teams) or 'the bill names none'}."
        )
    drivers = plans.read_drivers(settings.files(settings.drivers)) if settings.drivers else None
    shared.check(settings, everything)
    shared.check_drivers(settings, drivers)
    found = shared.of_month(settings, close.up_to(everything, as_of), drivers, month, as_of)
    return {"month": month, "as_of": as_of, "currency": settings.currency, **(found or {})}


def write(found: dict, path: Path) -> None:
    """The lines as CSV, amounts as decimal text, what is central on a line of its own; whole or not at all."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["month", "currency", "team", *words.KINDS])
    for line in found["lines"]:
        name = line["team"] or words.NO_TEAM
        rows.writerow(
            [found["month"], found["currency"], _text(name), *(line[k] for k in words.KINDS)]
        )
    if Decimal(found["central"]):
        zero = f"{0 * Decimal(found['central']):f}"
        rows.writerow(
            [found["month"], found["currency"], words.CENTRAL, *[zero] * 4, found["central"]]
        )
    write_atomic(path, text.getvalue())


def _text(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name[:1] in "=+-@\t\r" else name
