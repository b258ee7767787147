"""The one home of what is said of a landing and of the chance that it exceeds its budget (docs/method §9.5).

Report, workbook, index, dashboard, notebooks, alerts and commands take every word of it from here; the numbers come from
`measure.budget.against.landing_of`. Another wording of the overrun is a change of this file alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..periods import add_months, month_name
from . import chance, day, gap, money, span

NO_WIDTH = "there is no range, as nothing in the bill has varied"
TOO_LITTLE = "there is too little history to forecast"
SPENT = "already exceeded"  # a landing's breach_month where what is booked is over the budget
CHANCE_COLUMN = "Chance over budget"  # head of a column of chances
NOT_PUBLISHED = "No report is published yet."


def kind(land: Mapping) -> str:
    """What can be said of a landing: "none" (why_none says why), "closed", "flat" (no width) or "range".

    Briefs of before §9.5 do not say: there a landing without range is closed where all of it is booked.
    """
    if land["p50"] is None:
        return "none"
    if land.get("closed", land["p10"] == land["p90"] and land["booked"] == land["p50"]):
        return "closed"
    return "flat" if land.get("no_width", land["p10"] == land["p90"]) else "range"


def spender(unit: str | None) -> str:
    """Whose money a sentence is of.

    >>> spender(None), spender("Company"), spender("Research")
    ('AI spend', 'AI spend', "Research's AI spend")
    """
    return "AI spend" if unit in (None, "Company") else f"{unit}'s AI spend"


def sentence(land: Mapping, who: str, currency: str) -> str:
    """The one sentence of an overrun: what page, dashboard, commands and notebooks say.

    Parameters
    ----------
    land : mapping
        As `measure.budget.landing.landing` gives it.
    who : str
        `spender` of the company or of a unit.
    currency : str
        Three letters.

    Returns
    -------
    str
        One sentence.

    Source
    ------
    docs/method §9.1, §9.5.

    Examples
    --------
    >>> land = {"period": "FY2026", "last": "2026-12", "closed": False, "no_width": False, "booked": 50.0}
    >>> land |= {"p10": 60.0, "p50": 80.0, "p90": 99.0, "budget": None, "breach_month": None}
    >>> land |= {"overrun_probability": None, "why_none": None}
    >>> sentence(land, "AI spend", "USD")
    'AI spend is heading for $80.00 in FY2026 (80 % range $60.00–$99.00).'
    """
    period, budget, what = land["period"], land["budget"], kind(land)
    plan = None if budget is None else f"the {period} budget of {money(budget, currency)}"
    spent = land["breach_month"] == SPENT

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
        beside = (
            ""
            if budget is None
            else f", {gap(land['p50'], budget, currency)} the budget of {money(budget, currency)}"
        )
        return f"{who} is heading for {middle} in {period}{beside}; {NO_WIDTH}."
    if budget is None:
        return f"{who} is heading for {middle} in {period} (80 % range {span(land['p10'], land['p90'], currency)})."

    over = land["overrun_probability"]
    if over >= 0.5:
        when = f", typically in {month_name(land['breach_month'])}" if land["breach_month"] else ""
        return f"{chance(over).capitalize()} chance that {who} exceeds {plan}{when}."
    return f"{who} is heading for {middle} in {period}, inside the budget of {money(budget, currency)} with {chance(1 - over)} probability."


def between(land: Mapping, forecast: Mapping | None, currency: str) -> str:
    """The range of the landing, or why there is none; "" where the headline has said it."""
    what = kind(land)
    if what == "none":
        reason = (forecast or {}).get("reason")
        return f"{land['why_none'][:1].upper()}{land['why_none'][1:]}: {reason}." if reason else ""
    if what != "range":
        return ""
    ends = span(land["p10"], land["p90"], currency, to=" and ")
    return f"{land['period']} lands at {money(land['p50'], currency)}; eight of ten simulated futures lie between {ends}."


def budget_sentence(land: Mapping, currency: str, who: str = "AI spend") -> str:
    """What a command says of a landing: the one sentence, the range, what is booked, and how sure the chance is.

    land   as `against.landing_beside` gives it
    """
    return " ".join(
        filter(
            None,
            [
                sentence(land, who, currency),
                between(land, None, currency),
                _booked(land, currency),
                _error(land),
            ],
        )
    )


def _booked(land: Mapping, currency: str) -> str:
    """How much of the period is booked, and whether the ledger has all of it."""
    begins = (
        f" (the ledger begins on {day(land['first_day'])})"
        if land["first_day"] > f"{land['first']}-01"
        else ""
    )
    if kind(land) in ("closed", "none"):
        return f"The ledger begins on {day(land['first_day'])}." if begins else ""
    if land["as_of"][:7] < land["first"]:
        return f"Nothing of it is booked yet (data up to {day(land['as_of'])})."
    return f"Booked: {money(land['booked_so_far'], currency)} to {day(land['as_of'])}{begins}."


def _error(land: Mapping) -> str:
    """The simulation's own error of the chance, and when the budget is passed where it is."""
    if (
        kind(land) != "range"
        or land["overrun_standard_error"] is None
        or land["breach_month"] == SPENT
    ):
        return ""
    said = f"The chance is known to ± {land['overrun_standard_error'] * 100:.1f} points"
    first, last = land["breach_earliest"], land["breach_latest"]
    if first is None or first == last:
        return f"{said}."
    return f"{said}; of the futures that exceed it, eight of ten do so between {month_name(first)} and {month_name(last)}."


def middle_beside_mean(land: Mapping, currency: str, chart: bool = False) -> str:
    """Why a year is likely to land at another figure than a table of means has for it; "" where both read the same.

    chart   a chart of the middle is shown with the table

    >>> land = {"period": "FY2026", "closed": False, "no_width": False, "booked": 7.98e6}
    >>> land |= {"p10": 9.7e6, "p50": 9.83e6, "p90": 9.98e6, "mean": 9.84e6}
    >>> middle_beside_mean(land, "USD"), middle_beside_mean({**land, "mean": 9.8301e6}, "USD")
    ('Means add up over quarters; the $9.83m that FY2026 is likely to land at is the middle of the futures.', '')
    """
    mean = land.get("mean")
    if kind(land) != "range" or mean is None:
        return ""
    middle = money(land["p50"], currency)
    if money(mean, currency) == middle:
        return ""
    what = f"the {middle} that {land['period']} is likely to land at"
    both = f"the chart and {what} are" if chart else f"{what} is"
    return f"Means add up over quarters; {both} the middle of the futures."


def chance_title(period: str) -> str:
    """The name of the figure that is the chance of an overrun.

    >>> chance_title("FY2026")
    'Chance of exceeding the FY2026 budget'
    """
    return f"Chance of exceeding the {period} budget"


def chance_note(land: Mapping, currency: str) -> str:
    """The line below that figure: the budget, and when it is passed if it is."""
    budget, month = f"budget {money(land['budget'], currency)}", land["breach_month"]
    if month is None:
        return budget
    return (
        f"{budget}, already used up"
        if month == SPENT
        else f"{budget}; if so, typically in {month_name(month)}"
    )


def when_over(land: Mapping, row: Mapping | None = None) -> str:
    """When a budget is exceeded: the typical month of the futures that exceed it, and the day of its range over all of them.

    Parameters
    ----------
    land : mapping
        As `measure.budget.landing.landing` gives it.
    row : mapping, optional
        The budget's row of the brief's `runout`: with days.

    Returns
    -------
    str
        A clause; "" where no future exceeds it, or nothing is known.

    Source
    ------
    docs/method §9.35.

    Examples
    --------
    >>> land = {"breach_month": "2026-12"}
    >>> row = {"state": "running", "earliest": "2026-12-24", "likely": "2026-12-28", "latest": None}
    >>> row |= {"end": "2026-12-31", "horizon": "2026-12-31"}
    >>> when_over(land, row)
    'typically in December 2026, likely on the 28th (24th to after the year ends)'
    >>> when_over(land, {**row, "likely": None}), when_over(land)
    ('typically in December 2026, by the 24th in one of ten futures', 'typically in December 2026')
    """
    month = land["breach_month"]
    if month == SPENT:
        return f"{SPENT}, since {day(row['likely'])}" if row and row["state"] == "out" else SPENT
    if month is None:
        return ""
    said = f"typically in {month_name(month)}"
    if not row or row["state"] != "running" or row["earliest"] is None:
        return said
    first = day_in(row["earliest"], month)
    if row["likely"] is None:
        return f"{said}, by {_the(first)} in one of ten futures"
    last = "after the year ends"
    if row["latest"] is not None:
        last = day_in(row["latest"], month)
    elif row["horizon"] != row["end"]:
        last = f"after {day(row['horizon'])}"
    between = "" if first == last else f" ({first} to {last})"
    return f"{said}, likely on {_the(day_in(row['likely'], month))}{between}"


def day_in(text: str, month: str) -> str:
    """A day: of the month that was named, its number alone.

    >>> day_in("2026-12-03", "2026-12"), day_in("2026-12-11", "2026-12"), day_in("2027-01-22", "2026-12")
    ('3rd', '11th', '22 January 2027')
    """
    if text[:7] != month:
        return day(text)
    number = int(text[8:])
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if 10 < number < 14 else ends.get(number % 10, 'th')}"


def _the(text: str) -> str:
    return f"the {text}" if text[-2:] in ("st", "nd", "rd", "th") else text


def likely_over(units: list[str], most: int = 2) -> str:
    """Which units exceed the year's budget in half of the futures or more.

    >>> likely_over([]), likely_over(["A", "B"]), likely_over(["A", "B", "C"])
    ("No unit is likely to exceed the year's budget", "A and B are likely to exceed the year's budget", "3 units are likely to exceed the year's budget")
    """
    if not units:
        return "No unit is likely to exceed the year's budget"
    who = f"{len(units)} units" if len(units) > most else " and ".join(units)
    return f"{who} {'is' if len(units) == 1 else 'are'} likely to exceed the year's budget"


def share_over(
    over: float, low: float, high: float, when: str = "", share: float | None = None
) -> str:
    """How many of some futures exceed the budget: of all of them, or of those in which something holds.

    when   "growth is above 0.8", with the share of all futures in which it is

    >>> share_over(0.714, 0.68, 0.74)
    'The budget is exceeded in 71 % of all futures (95 % interval 68 to 74 %)'
    >>> share_over(0.99, 0.95, 1.0, "growth is above 0.8", 0.2)
    'The budget is exceeded in 99 % of the futures in which growth is above 0.8 (20 % of all; 95 % interval 95 to 100 %)'
    """
    digits = 1 if high < 0.02 or low > 0.98 else 0
    interval = f"95 % interval {100 * low:.{digits}f} to {100 * high:.{digits}f} %"
    if not when:
        return f"The budget is exceeded in {chance(over)} of all futures ({interval})"
    return f"The budget is exceeded in {chance(over)} of the futures in which {when} ({chance(share)} of all; {interval})"


def beside_published(
    published: dict | None, as_of: str, land: Mapping | None, currency: str, what: str
) -> str:
    """How far a figure of another day is from the published report.

    published   {"month", "as_of", "landing"} of a published brief; None: there is none
    land        the landing of the same period as this command has it; None: it has none, and only the days are said
    what        "this run", "this forecast" …
    """
    if published is None:
        return NOT_PUBLISHED
    then, now = published["landing"], None if land is None or land["p50"] is None else land
    head = f"Published report {published['month']} (as of {day(published['as_of'])}): {_year(then, then['budget'], currency)}"
    if now is None or then["p50"] is None:
        return f"{head}; {what} is as of {day(as_of)}."
    if now["period"] != then["period"]:
        return f"{head}; {what}, as of {day(as_of)}, is of {now['period']}."
    change = now["p50"] / then["p50"] - 1 if then["p50"] else 0.0
    near = (
        f"less than 0.1 % {'more' if change > 0 else 'less'}"
        if abs(change) < 0.0005
        else f"{'+' if change > 0 else '−'}{abs(change) * 100:.1f} %"
    )
    moved = "the same" if abs(change) < 1e-9 else near
    return f"{head}; {what}, as of {day(as_of)}: {money(now['p50'], currency)} ({moved}){_chance(now, then['budget'])}."


def _year(land: Mapping, budget: float | None, currency: str) -> str:
    if land["p50"] is None:
        return f"{land['period']} {money(land['booked'], currency)} so far"
    return f"{land['period']} {money(land['p50'], currency)}{_chance(land, budget)}"


def _chance(land: Mapping, budget: float | None) -> str:
    """The chance beside a landing, where it is of the budget that was published."""
    if (
        budget is None
        or land["budget"] is None
        or abs(land["budget"] - budget) >= 0.005
        or kind(land) != "range"
    ):
        return ""
    if land["breach_month"] == SPENT:
        return ", budget already exceeded"
    return (
        ""
        if land["overrun_probability"] is None
        else f", {chance(land['overrun_probability'])} chance over"
    )


def begins_within(brief: Mapping) -> str:
    """The first day of a bill that begins more than a week within its year; "" elsewhere.

    >>> begins_within({"first_day": "2026-10-01", "landing": {"last": "2026-12"}})
    '2026-10-01'
    >>> begins_within({"first_day": "2026-01-05", "landing": {"last": "2026-12"}})
    ''
    """
    last, first = brief["landing"].get("last"), brief.get("first_day")
    return first if last and first and first > f"{add_months(last, -11)}-07" else ""


def before_the_ledger(brief: Mapping) -> str:
    """What a reader must know where a year's budget stands beside a bill that begins within the year; "" elsewhere.

    A week may be missing: bills begin on a first working day.
    """
    land, first = brief["landing"], begins_within(brief)
    if land["budget"] is None or not first:
        return ""
    begins = f"{add_months(land['last'], -11)}-01"
    what = (
        "The ledger begins on"
        if brief["unit"] == "Company"
        else f"The ledger holds nothing of {brief['unit']} before"
    )
    return (
        f"{what} {day(first)}, and {land['period']} begins on {day(begins)}: anything spent between is not in these figures, "
        "while the budget is of the whole year."
    )
