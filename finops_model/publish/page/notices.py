"""What page one says before any figure: months restated since they were published, commitments counted twice, a bill shorter than its budget."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from ...facts import taken
from ...facts.ledger.reconcile import sentence
from ...facts.ledger.twice import words
from ...measure.basis import sections
from ...measure.brief_types import Brief
from ...periods import month_name
from ...wording.landing import before_the_ledger
from .tables import Figures


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
