"""The first section of the report: the minute a CFO has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from markupsafe import Markup

from ...measure.brief_types import Brief, Landing, PreviousForecast
from ...measure.budget.outside_words import AHEAD, short
from ...measure.change import moved
from ...measure.reach import reaches
from ...measure.words import against_budget, money, part_of_the_month_before
from ...periods import month_name
from ...wording import day, gap
from ...wording.landing import chance_note, chance_title, kind
from ..charts.fan import monthly_fan
from .notices import basis, notices, use_and_bill
from .tables import Figures, whole


def first_figures(brief: Brief) -> tuple[str, ...]:
    """Paths of the figures that must stand on the page."""
    land, what = brief["landing"], kind(brief["landing"])
    asked = [
        "actual/month",
        "landing/booked" if what == "none" else "landing/p50",
        "tie_out/ledger_total",
    ]
    asked += ["landing/p10", "landing/p90"] if what == "range" else []
    asked += (
        ["landing/overrun_probability"]
        if what == "range" and land["overrun_probability"] is not None
        else []
    )
    return (*asked, *(["tie_out/difference"] if brief["tie_out"]["difference"] is not None else []))


def first(figures: Figures) -> dict:
    """What page one shows."""
    brief = figures.brief
    return {
        "month": month_name(brief["month"]),
        "whole": sentence_end(whole_of(brief)),
        "tiles": list(tiles(figures)),
        "fan": monthly_fan(brief),
        "tie": tie_rows(figures),
        "facts": list(facts(figures)),
        "alerts": list(alerts(figures)),
    }


def whole_of(brief: Brief) -> str:
    """What the tie-out is of: the whole company, or all of an entity."""
    return f"all of {brief['entity']['name']}" if brief.get("entity") else "whole company"


def sentence_end(words: str) -> str:
    """Words with a full stop, and one only.

    >>> sentence_end("all of Acme Inc."), sentence_end("whole company")
    ('all of Acme Inc.', 'whole company.')
    """
    return words if words.endswith(".") else f"{words}."


def tiles(figures: Figures) -> Iterator[tuple]:
    """(title, figure, line below, tone) of the figures at the top."""
    brief, show, currency = figures.brief, figures.show, figures.currency
    name, land, flash = month_name(brief["month"]), brief["landing"], brief["status"] == "flash"
    yield (
        f"{name}{' so far' if flash else ''}",
        show("actual/month", "money"),
        *_against(brief, flash, currency),
    )
    yield from _landing(figures, land, kind(land))
    earlier = brief["previous_forecast"]
    if earlier:
        inside = "inside" if earlier["inside"] else "outside"
        line = (
            "the month is still under way"
            if earlier["actual"] is None
            else f"was {money(earlier['actual'], currency)}"
            + (f", {inside} the range given" if _ranged(earlier, currency) else "")
        )
        tone = (
            ""
            if earlier["actual"] is None or not _ranged(earlier, currency)
            else "good"
            if earlier["inside"]
            else "bad"
        )
        yield (
            f"{name}, as forecast a month before",
            show("previous_forecast/p50", "money"),
            line,
            tone,
        )


def _ranged(earlier: PreviousForecast, currency: str) -> bool:
    """Whether an earlier forecast had a range that can be told."""
    return money(earlier["p10"], currency) != money(earlier["p90"], currency)


def _landing(figures: Figures, land: Landing, what: str) -> Iterator[tuple]:
    """Where the year lands, and how likely it is over its budget: a chance only where there is a range (docs/method §9.5)."""
    show, currency, period = figures.show, figures.currency, land["period"]
    left = short(figures.brief.get("year_outside"), currency)
    beside = f"; {left}" if left else ""
    if what == "none":
        yield f"{period} so far", show("landing/booked", "money"), f"{land['why_none']}{beside}", ""
    elif what == "closed":
        yield f"{period} total", show("landing/p50", "money"), "all of it booked" + beside, ""
    elif what == "flat":
        yield (
            f"{period} is heading for",
            show("landing/p50", "money"),
            "no range: nothing in the bill has varied" + beside,
            "",
        )
    else:
        way = "money" if money(land["p10"], currency) != money(land["p90"], currency) else "whole"
        spread = Markup("80 % range {} to {}{}").format(
            show("landing/p10", way), show("landing/p90", way), beside
        )
        yield f"{period} is likely to land at", show("landing/p50", "money"), spread, ""
    over = land["overrun_probability"]
    if what == "range" and over is not None:
        yield (
            chance_title(period),
            show("landing/overrun_probability", "chance"),
            chance_note(land, currency),
            "bad" if over >= 0.5 else "good",
        )
    elif what != "range" and land["budget"] is not None:
        value = land["booked"] if what == "none" or land["p50"] is None else land["p50"]
        left = "of it is booked" if what == "none" else f"{gap(value, land['budget'], currency)} it"
        yield (
            f"The {period} budget",
            money(land["budget"], currency),
            f"{money(value, currency)} {left}" if what == "none" else left,
            ("bad" if value - land["budget"] >= 0.005 else "" if what == "none" else "good"),
        )


def _against(brief: Brief, flash: bool, currency: str) -> tuple[str, str]:
    """The line below the month's cost, and its tone."""
    plan, before = brief["budget"], brief["actual"]["previous_month"]
    budget, days = plan.get("month") if plan else None, "the month before"
    if flash and brief["actual"].get("previous_same_days") is not None:
        before, days = brief["actual"]["previous_same_days"], "in the same days of the month before"
    elif before is not None and part_of_the_month_before(brief):
        days = f"the month before, from {day(brief['first_day'] or '')} on"
    if budget is None:
        return (
            f"{money(before, currency)} {days}"
            if before is not None
            else "no month before to compare"
        ), ""
    if flash:
        return f"of a budget of {money(budget, currency)}", ""
    gap = budget - brief["actual"]["month"]
    return against_budget(gap, currency), "good" if gap > -0.005 else "bad"


def alerts(figures: Figures) -> Iterator[Markup]:
    """What a reader must know before any figure: money that was refused, or that does not tie out (docs/method §13)."""
    tie, show, currency = figures.brief["tie_out"], figures.show, figures.currency
    yield from notices(figures)
    if Decimal(tie["quarantined"] or 0):
        yield Markup(
            "{} {} of the bill was refused and is in none of these figures: see finops reconcile."
        ).format(show("tie_out/quarantined", "cents"), currency)
    missing = (
        [
            i
            for i, row in enumerate(tie["rows"])
            if row["invoice"] is None and Decimal(row["ledger"])
        ]
        if tie["invoice_total"] is not None
        else []
    )
    for i in missing:
        yield Markup("No invoice for {} yet: {} {} of the ledger are not tied out.").format(
            tie["rows"][i]["issuer"], show(f"tie_out/rows/{i}/ledger", "cents"), currency
        )
    off = [i for i, row in enumerate(tie["rows"]) if Decimal(row["difference"] or 0)]
    if (
        tie["difference"] is not None
        and Decimal(tie["difference"])
        and not missing
        and len(off) < 2
    ):
        yield Markup("Invoices and ledger differ by {} {}.").format(
            show("tie_out/difference", "cents"), currency
        )
        return
    for i in off:
        yield Markup("The invoice of {} differs from the ledger by {} {}.").format(
            tie["rows"][i]["issuer"], show(f"tie_out/rows/{i}/difference", "cents"), currency
        )


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
    return [
        (title, none if tie[key] is None else figures.show(f"tie_out/{key}", "cents"))
        for title, key in named
    ]


def facts(figures: Figures) -> Iterator[tuple[str, str]]:
    """(term, text): what a controller asks first."""
    brief, currency = figures.brief, figures.currency
    yield "Status", f"{brief['status'].capitalize()}: {brief['status_reason']}"
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
