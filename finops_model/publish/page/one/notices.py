"""What page one says before any figure: money refused or not tied out, months restated, commitments counted twice, a bill shorter than its budget."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from markupsafe import Markup

from ....facts import taken
from ....facts.ledger.reconcile import sentence
from ....facts.ledger.twice import words
from ....measure.basis import sections
from ....measure.brief_types import Brief
from ....periods import month_name
from ....wording.landing import before_the_ledger
from ..tables import Figures
from .status import missing


def notices(figures: Figures) -> Iterator[Markup]:
    """Sentences of the brief's `restated` and `counted_twice`, and that the bill begins within the budget's year; nothing for a brief of before."""
    brief, show, currency = figures.brief, figures.show, figures.currency
    for i, line in enumerate(brief.get("restated") or ()):
        where = (
            line["status"]
            if line["told"] == line["month"]
            else f"in the report of {month_name(line['told'])}"
        )
        then, now, gap = (
            show(f"restated/{i}/{name}", way)
            for name, way in (("published", "whole"), ("now", "whole"), ("difference", "signed"))
        )
        yield Markup("{} was published as {} {} ({}) and is {} {} now: {} {}.").format(
            month_name(line["month"]), then, currency, where, now, currency, gap, currency
        )
    for i, twice in enumerate(brief.get("counted_twice") or ()):
        before, after = words(twice, "\0").split("\0")
        yield Markup("{}{} {}{}").format(
            before, show(f"counted_twice/{i}/purchase", "cents"), currency, after
        )
    if short := before_the_ledger(brief):
        yield Markup("{}").format(short)


def alerts(figures: Figures) -> Iterator[Markup]:
    """What a reader must know before any figure: money that was refused, or that does not tie out (docs/method §13)."""
    tie, show, currency = figures.brief["tie_out"], figures.show, figures.currency
    yield from notices(figures)
    if Decimal(tie["quarantined"] or 0):
        yield Markup(
            "{} {} of the bill was refused and is in none of these figures: see finops reconcile."
        ).format(show("tie_out/quarantined", "cents"), currency)
    gone = missing(tie)
    for i in gone:
        yield Markup("No invoice for {} yet: {} {} of the ledger are not tied out.").format(
            tie["rows"][i]["issuer"], show(f"tie_out/rows/{i}/ledger", "cents"), currency
        )
    off = [i for i, row in enumerate(tie["rows"]) if Decimal(row["difference"] or 0)]
    if tie["difference"] is not None and Decimal(tie["difference"]) and not gone and len(off) < 2:
        yield Markup("Invoices and ledger differ by {} {}.").format(
            show("tie_out/difference", "cents"), currency
        )
        return
    for i in off:
        yield Markup("The invoice of {} differs from the ledger by {} {}.").format(
            tie["rows"][i]["issuer"], show(f"tie_out/rows/{i}/difference", "cents"), currency
        )


def use_and_bill(brief: Brief) -> str:
    """Why the month by use is not its bill; '' where it is."""
    return sentence(brief.get("billed_elsewhere") or [], brief["month"])


def basis(brief: Brief) -> str:
    """On which basis the figures stand, and whose cost is not known; '' for a brief of before."""
    said = brief.get("basis")
    if not said:
        return ""
    words = [
        f"Cost, budget and forecast: {sections.of('forecast')}. Invoices: {sections.of('tie_out')}."
    ]
    words += [taken.sentence(said["taken"], name) for name in ("Effective", "Billed")]
    return " ".join(filter(None, words))
