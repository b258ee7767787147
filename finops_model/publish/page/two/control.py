"""What the figures tie out to and rest on: invoices, status, basis, budget, what is left out, who prepared it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from markupsafe import Markup

from ....measure.brief_types import Brief, PreviousForecast
from ....measure.budget.outside_words import AHEAD
from ....measure.change import moved
from ....measure.reach import reaches
from ....measure.words import money
from ....wording import day
from ..one.notices import basis, use_and_bill
from ..one.status import missing, reason
from ..tables import Figures, unbroken, whole


def control(figures: Figures) -> dict:
    """What the section shows."""
    return {
        "whole": sentence_end(whole_of(figures.brief)),
        "tie": tie_rows(figures),
        "facts": list(facts(figures)),
        "summary": unbroken(" ".join(figures.brief["summary"])),
    }


def control_figures(brief: Brief) -> tuple[str, ...]:
    """Paths of the figures that must stand in the section."""
    tie = brief["tie_out"]
    apart = tie["difference"] is not None and not missing(tie)
    return ("tie_out/ledger_total", *(["tie_out/difference"] if apart else []))


def whole_of(brief: Brief) -> str:
    """What the tie-out is of: the whole company, or all of an entity."""
    return f"all of {brief['entity']['name']}" if brief.get("entity") else "whole company"


def sentence_end(words: str) -> str:
    """Words with a full stop, and one only.

    >>> sentence_end("all of Acme Inc."), sentence_end("whole company")
    ('all of Acme Inc.', 'whole company.')
    """
    return words if words.endswith(".") else f"{words}."


def _ranged(earlier: PreviousForecast, currency: str) -> bool:
    """Whether an earlier forecast had a range that can be told."""
    return money(earlier["p10"], currency) != money(earlier["p90"], currency)


def tie_rows(figures: Figures) -> list[tuple]:
    """Invoices, ledger, quarantine and difference, to the cent."""
    named = (
        ("Invoices", "invoice_total"),
        ("Ledger", "ledger_total"),
        ("Refused rows, in quarantine", "quarantined"),
        ("Difference", "difference"),
    )
    tie: Mapping = figures.brief["tie_out"]
    none = (
        "not compared" if any("not_compared" in row for row in tie["rows"]) else "no invoice given"
    )
    rows: list[tuple] = [
        (title, none if tie[key] is None else figures.show(f"tie_out/{key}", "cents"))
        for title, key in named
    ]
    if gone := missing(figures.brief["tie_out"]):
        names = ", ".join(tie["rows"][i]["issuer"] for i in gone)
        rows[-1] = (f"Invoice of {names}", "missing")
    return rows


def facts(figures: Figures) -> Iterator[tuple[str, str]]:
    """(term, text): what a controller asks first."""
    brief, currency = figures.brief, figures.currency
    said = reason(brief)
    yield (
        "Status",
        f"{brief['status'].capitalize()}: {said[:1].lower() if said[:3] != 'No ' else said[:1]}{said[1:]}",
    )
    elsewhere = reaches(brief.get("complete") or [], brief["data_as_of"])
    yield (
        "Data as of",
        day(brief["data_as_of"])
        + (f", from {day(brief['first_day'])}" if brief["first_day"] else "")
        + (f"; {elsewhere}" if elsewhere else ""),
    )
    if money_basis := basis(brief):
        yield "Basis of money", money_basis
    plan = brief["budget"]
    yield (
        "Budget",
        (
            "none approved for this unit"
            if not plan
            else f"{plan['version']}, approval not stated"
            if plan["approved_by"] == plan["approved_on"] == "not stated"
            else f"{plan['version']}, approved by {plan['approved_by']} on {day(plan['approved_on'])}"
        ),
    )
    earlier = brief["previous_forecast"]
    if earlier:
        text = money(earlier["p50"], currency)
        text += (
            f" ({money(earlier['p10'], currency)} to {money(earlier['p90'], currency)})"
            if _ranged(earlier, currency)
            else ""
        )
        if earlier["error_pct"] is not None:
            text += f"; it was {abs(earlier['error_pct']) * 100:.1f} % too {'high' if earlier['error_pct'] >= 0 else 'low'}"
        source = (
            "as published"
            if earlier["source"] == "published"
            else "replayed, as none was published"
        )
        yield "Forecast a month before", f"{text}; {source}"
    if moves := brief.get("moved"):
        yield "Moved since last month", moved.short(moves)
    if grown := brief.get("growth"):
        yield "Growth in a year", grown["sentence"]
    left = [
        f"{item['what']} {whole(item['amount'], figures.digits)} {currency} ({item['why']})"
        for item in brief["excluded"]
    ]
    yield "Left out of cost", "; ".join(left) or "nothing"
    yield from _year_outside(figures)
    if elsewhere := use_and_bill(brief):
        yield "Use and bill", elsewhere
    yield "Prepared by", brief["people"]["prepared_by"] or "not named"
    yield "Reviewed by", brief["people"]["reviewed_by"] or "not reviewed"


def _year_outside(figures: Figures) -> Iterator[tuple]:
    """What the year's figures leave out, the year to date and the landing after credits (docs/method §6.5); nothing for a brief of before."""
    brief, show, currency = figures.brief, figures.show, figures.currency
    year, at = brief.get("year_outside"), "year_outside/after_credits"
    if not year:
        return
    left = [
        f"{item['what']} {whole(item['amount'], figures.digits)} {currency}"
        for item in year["items"]
    ]
    yield f"Left out of {year['period']} so far", "; ".join(left) or "nothing"
    if any(item["what"] == "Credits" for item in year["items"]):
        yield (
            f"{year['period']} to date",
            Markup("{} {}; after credits {}").format(
                show("actual/year_to_date", "whole"), currency, show(f"{at}/year_to_date", "whole")
            ),
        )
        spread = (
            Markup(" ({} to {})").format(show(f"{at}/p10", "money"), show(f"{at}/p90", "money"))
            if brief["landing"]["p10"] != brief["landing"]["p90"]
            else ""
        )
        if brief["landing"]["p50"] is not None:
            yield (
                f"{year['period']} after credits",
                Markup("{}{}. {}").format(show(f"{at}/p50", "money"), spread, AHEAD),
            )
    else:
        yield (
            f"{year['period']} to date",
            Markup("{} {}").format(show("actual/year_to_date", "whole"), currency),
        )
    if brief["not_forecast"]:
        rest = "; ".join(
            f"{item['what']} {whole(item['amount'], figures.digits)} {currency}"
            for item in brief["not_forecast"]
        )
        yield "Not forecast", f"{rest} (newest 12 months)"
