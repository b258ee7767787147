"""What each team bears of a month, as `finops chargeback` says it: the table of the report, from the same rules (docs/method §13.64), and its statements (§14.40)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from ..documents import no_formula, write_atomic
from ..errors import FinOpsError
from ..progress import Progress
from ..settings import Settings
from ..wording import shared as words
from .books import statements
from .books.bearers import Bearers, of_company
from .books.recharges import base_of, by_month, pairs_of, recharges

NOTHING_SHARED = (
    "finops.yaml: shared_cost says of no cost that others bear it, so every team bears its own. Write it there, such as "
    "shared_cost: {pools: {TEAM: proportional}}, or try a team: --pool TEAM."
)


def of_month(
    settings: Settings,
    month: str | None = None,
    pool: str | None = None,
    progress: Progress | None = None,
) -> dict:
    """Of one entity, or of a workspace without: month, as_of, currency, and the brief's `allocation/shared` of it.

    pool    a team that is tried as the only pool, in proportion to cost

    Raises InputError where a name is not known.
    """
    (found,) = of_company(settings, month, pool, progress)
    return found.as_dict()


def as_dict(found: Sequence[Bearers], settings: Settings) -> dict:
    """What --json prints: the one entity, or all of them and what one bears of another; nothing is added up across currencies."""
    if settings.own is not None or not settings.entities:
        (one,) = found
        return one.as_dict()
    pairs = [
        {name: f"{value}" for name, value in one.items()}
        for one in pairs_of(found).to_dict("records")
    ]
    return {
        "month": found[0].period.name,
        "entities": [one.as_dict() for one in found],
        "intercompany": pairs,
    }


def write(found: Sequence[Bearers], path: Path) -> None:
    """The lines as CSV, amounts as decimal text, what is central on a line of its own; whole or not at all."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    named = any(one.named for one in found)
    rows.writerow(["month", *(["entity"] if named else []), "currency", "team", *words.KINDS])
    for one in found:
        entity = [no_formula(one.entity)] if named else []
        begin = [one.period.name, *entity, one.currency]
        for line in one.shared["lines"]:
            name = no_formula(line["team"] or words.NO_TEAM)
            rows.writerow([*begin, name, *(dict(line)[kind] for kind in words.KINDS)])
        if central := Decimal(one.shared["central"]):
            rows.writerow([*begin, words.CENTRAL, *[f"{0 * central:f}"] * 4, one.shared["central"]])
    write_atomic(path, text.getvalue())


def write_statements(
    settings: Settings, found: Sequence[Bearers], folder: Path
) -> tuple[list[Path], str]:
    """(files, why there are no journal lines): statements of every bearer below `folder`.

    A rate that is missing stops the journal lines and never the statements.
    """
    if settings.chargeback.mode == "showback":
        return statements.write(found, folder), ""
    said, lines = "", None
    try:
        base = base_of(settings, found)
        rates = by_month(settings, found, base)
        lines = recharges(settings, found, found[0].period, rates, base).lines
    except FinOpsError as problem:
        said = f"No journal lines: {problem}"
    return statements.write(found, folder, lines, [said] if said else []), said
