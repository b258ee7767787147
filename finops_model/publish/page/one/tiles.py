"""The figures at the top of page one: the month, the year to date, where the year lands, the chance that it is over."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from ....measure.brief_types import Brief, Landing
from ....measure.words import against_budget, money, part_of_the_month_before
from ....periods import month_name
from ....wording import day, gap
from ....wording.landing import begins_within, chance_note, chance_title, day_in, kind
from ..tables import Figures
from .decide import short_day

Tile = tuple[str, Markup | str, Markup | str, str]  # title, figure, line below, tone


def tiles(figures: Figures) -> Iterator[Tile]:
    """(title, figure, line below, tone) of each."""
    brief, show = figures.brief, figures.show
    name, flash = month_name(brief["month"]), brief["status"] == "flash"
    yield (
        f"{name}{' so far' if flash else ''}",
        show("actual/month", "money"),
        *_against(figures, flash),
    )
    yield from _to_date(figures)
    yield from _landing(figures, brief["landing"], kind(brief["landing"]))


def _against(figures: Figures, flash: bool) -> tuple[str, str]:
    """The line below the month's cost, and its tone. Part of a month is held against the same days."""
    brief, currency = figures.brief, figures.currency
    plan, before = brief["budget"], brief["actual"]["previous_month"]
    budget, days = plan.get("month") if plan else None, "the month before"
    if flash and brief["actual"].get("previous_same_days") is not None:
        before, days = brief["actual"]["previous_same_days"], "in the same days of the month before"
    elif before is not None and part_of_the_month_before(brief):
        days = f"the month before, from {day(brief['first_day'] or '')} on"
    if budget is None:
        same = f"{money(before, currency)} {days}" if before is not None else ""
        return same or "no month before to compare", ""
    if flash:
        return f"of a budget of {money(budget, currency)}", ""
    gone = brief["actual"]["month"] - budget
    return against_budget(-gone, currency), figures.tone(gone, budget)


def _to_date(figures: Figures) -> Iterator[Tile]:
    """The year to date against the budget of the same days, and last year's."""
    if "periods" not in figures.one:
        return
    found = figures.one["periods"]["year_to_date"]
    at, until = "page_one/periods/year_to_date", short_day(found["until"])
    figure = figures.show(f"{at}/value", "money")
    if found["variance"] is not None:
        line = figures.show(f"{at}/variance", "against")
        tone = "" if not found["material"] else "bad" if found["variance"] > 0 else "good"
        yield f"{found['period']} to {until}", figure, line, tone
        return
    line = Markup("no budget to compare with")
    if first := begins_within(figures.brief):
        line = Markup("the bill begins on {}").format(short_day(first))
    if found["last_year"] is not None:
        line = Markup("{} in the same days last year").format(
            figures.show(f"{at}/last_year", "money")
        )
    yield f"{found['period']} to {until}", figure, line, ""


def _landing(figures: Figures, land: Landing, what: str) -> Iterator[Tile]:
    """Where the year lands, and how likely it is over its budget: a chance only where there is a range (docs/method §9.5)."""
    show, currency, period = figures.show, figures.currency, land["period"]
    if what == "none":
        yield f"{period} so far", show("landing/booked", "money"), land["why_none"] or "", ""
    elif what == "closed":
        yield f"{period} total", show("landing/p50", "money"), "all of it booked", ""
    elif what == "flat":
        yield (
            f"{period} is heading for",
            show("landing/p50", "money"),
            "no range: nothing in the bill has varied",
            "",
        )
    else:
        way = "money" if money(land["p10"], currency) != money(land["p90"], currency) else "whole"
        spread = Markup("80 % range {} to {}{}").format(
            show("landing/p10", way), show("landing/p90", way), _sure(figures, land)
        )
        if (first := begins_within(figures.brief)) and land["budget"] is None:
            spread += f"; what came before {short_day(first)} is not in it"
        yield f"{period} is likely to land at", show("landing/p50", "money"), spread, ""
    over = land["overrun_probability"]
    if what == "range" and over is not None:
        yield (
            chance_title(period),
            show("landing/overrun_probability", "chance"),
            chance_note(land, currency) + by_day(figures.brief),
            "bad" if over >= 0.5 else "good",
        )
    elif what != "range" and land["budget"] is not None:
        value = land["booked"] if what == "none" or land["p50"] is None else land["p50"]
        left = "of it is booked" if what == "none" else f"{gap(value, land['budget'], currency)} it"
        tone = figures.tone(value - land["budget"], land["budget"])
        yield (
            f"The {period} budget",
            money(land["budget"], currency),
            f"{money(value, currency)} {left}" if what == "none" else left,
            "" if what == "none" and value < land["budget"] else tone,
        )


def _sure(figures: Figures, land: Landing) -> Markup | str:
    """How far from the budget the amount is that eight of ten futures stay under (P80)."""
    reserve = land["holdback_p80"]
    if reserve is None or land["budget"] is None:
        return ""
    if reserve > 0:
        more = figures.show("landing/holdback_p80", "money")
        return Markup("; {} more budget would hold in 8 of 10 futures").format(more)
    p80 = money(land["budget"] + reserve, figures.currency)
    return Markup("; 8 of 10 futures stay under {}").format(p80)


def by_day(brief: Brief) -> str:
    """The day of the month said before it on which the year's budget is likely to be used up, where it is; "" elsewhere."""
    rows = [row for row in brief.get("runout") or [] if row["kind"] == "budget" and row["likely"]]
    land = brief["landing"]
    if not rows or land["breach_month"] is None or not rows[0]["name"].startswith(land["period"]):
        return ""
    if rows[0]["state"] != "running" or (rows[0]["chance"] or 0.0) < 0.5:
        return ""
    likely = rows[0]["likely"] or ""
    # the month is of the futures that go over, the day of all: two answers where they are apart
    return f", about the {day_in(likely, likely[:7])}" if likely[:7] == land["breach_month"] else ""
