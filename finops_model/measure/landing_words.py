"""Where a period lands against its budget, in words: one wording for report, dashboard, workbook and commands (docs/method §9.5)."""

from __future__ import annotations

from ..periods import add_months, month_name
from .amounts import chance, gap, money, span

NO_WIDTH = "the range has no width, as nothing in the bill has varied"
TOO_LITTLE = "there is too little history to forecast"


def kind(land: dict) -> str:
    """What can be said of a landing: "none" (why_none says why), "closed", "flat" (no width) or "range".

    Briefs of before §9.5 do not say: there a landing without range is closed where all of it is booked.
    """
    if land["p50"] is None:
        return "none"
    if land.get("closed", land["p10"] == land["p90"] and land["booked"] == land["p50"]):
        return "closed"
    return "flat" if land.get("no_width", land["p10"] == land["p90"]) else "range"


def headline(land: dict, who: str, currency: str) -> str:
    """The first sentence of the page.

    who   "AI spend", or that of a unit
    """
    period, budget, what = land["period"], land["budget"], kind(land)
    plan = None if budget is None else f"the {period} budget of {money(budget, currency)}"
    spent = land["breach_month"] == "already exceeded"
    if what == "none":
        booked = money(land["booked"], currency)
        if spent:
            return f"{who} has already exceeded {plan} with {booked} so far; {land['why_none']}."
        beside = "" if budget is None else f", of a budget of {money(budget, currency)}"
        return f"{who} was {booked} in {period} so far{beside}; {land['why_none']}."
    middle = money(land["p50"], currency)
    if what == "closed":
        beside = "" if budget is None else f", {gap(land['p50'], budget, currency)} budget"
        return f"{who} closed {period} at {middle}{beside}."
    if spent:
        return f"{who} has already exceeded {plan} and is heading for {middle}."
    if what == "flat":
        beside = "" if budget is None else f", {gap(land['p50'], budget, currency)} the budget of {money(budget, currency)}"
        return f"{who} is heading for {middle} in {period}{beside}; {NO_WIDTH}."
    if budget is None:
        return f"{who} is heading for {middle} in {period} (80 % range {span(land['p10'], land['p90'], currency)})."
    over = land["overrun_probability"]
    if over >= 0.5:
        when = f", typically in {month_name(land['breach_month'])}" if land["breach_month"] else ""
        return f"{chance(over).capitalize()} chance that {who} exceeds {plan}{when}."
    return f"{who} is heading for {middle} in {period}, inside the budget of {money(budget, currency)} with {chance(1 - over)} probability."


def between(land: dict, forecast: dict | None, currency: str) -> str:
    """The range of the landing, or why there is none; "" where the headline has said it."""
    what = kind(land)
    if what == "none":
        reason = (forecast or {}).get("reason")
        return f"{land['why_none'][:1].upper()}{land['why_none'][1:]}: {reason}." if reason else ""
    if what != "range":
        return ""
    low, high = span(land["p10"], land["p90"], currency).split("–")
    return f"{land['period']} lands at {money(land['p50'], currency)}; eight of ten simulated futures lie between {low} and {high}."


def budget_sentence(land: dict, currency: str) -> str:
    """An amount held against its period, for a command: what is booked, where it lands, how likely and when it is exceeded.

    land   as `against.held_against` gives it
    """
    period, budget, what = land["period"], money(land["budget"], currency), kind(land)
    since = f" (the ledger begins on {day(land['first_day'])})" if land["first_day"] > f"{land['first']}-01" else ""
    if what == "closed":
        return f"{period} is over: it closed at {money(land['p50'], currency)}{since}, {gap(land['p50'], land['budget'], currency)} the budget of {budget}."
    booked = (f"booked {money(land['booked_so_far'], currency)} to {day(land['as_of'])}{since}" if land["as_of"][:7] >= land["first"] else
              f"nothing of it is booked yet (data up to {day(land['as_of'])})")
    lands = f"{period}: {booked}; heading for {money(land['p50'], currency)}"
    if what == "range":
        lands += f" (80 % range {span(land['p10'], land['p90'], currency)})"
    if land["breach_month"] == "already exceeded":
        return f"{lands}. The budget of {budget} is already exceeded."
    if what == "flat":
        return f"{lands}, {gap(land['p50'], land['budget'], currency)} the budget of {budget}; {NO_WIDTH}."
    error = land["overrun_standard_error"] * 100
    said = f"{lands}. The budget of {budget} is exceeded in {chance(land['overrun_probability'])} of the futures (± {error:.1f} points)"
    if land["breach_month"] is None:
        return f"{said}."
    first, last = land["breach_earliest"], land["breach_latest"]
    around = "" if first == last else f" (eight of ten between {month_name(first)} and {month_name(last)})"
    return f"{said}; if it is, typically in {month_name(land['breach_month'])}{around}."


def before_the_ledger(brief: dict) -> str:
    """What a reader must know where a year's budget stands beside a bill that begins within the year; "" elsewhere.

    A week may be missing: bills begin on a first working day.
    """
    land, first = brief["landing"], brief.get("first_day")
    if land["budget"] is None or not first or not land.get("last"):
        return ""
    begins = f"{add_months(land['last'], -11)}-01"
    if first[:7] < begins[:7] or first <= f"{begins[:7]}-07":
        return ""
    what = "The ledger begins on" if brief["unit"] == "Company" else f"The ledger holds nothing of {brief['unit']} before"
    return (f"{what} {day(first)}, and {land['period']} begins on {day(begins)}: anything spent between is not in these figures, "
            "while the budget is of the whole year.")


def day(text: str) -> str:
    """A day for readers.

    >>> day("2026-07-31")
    '31 July 2026'
    """
    return f"{int(text[8:10])} {month_name(text[:7])}"
