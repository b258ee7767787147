"""What page one says of quarters and years, of the next month, and of what changed (docs/method §9.25, §9.26)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..periods import month_days, month_name
from . import day, gap, money, percent, span
from .bridge import signed

ELSE = "everything else"


def until(text: str) -> str:
    """A day; a month where it is the last one of it.

    >>> until("2026-10-31"), until("2026-10-13")
    ('October 2026', '13 October 2026')
    """
    return month_name(text[:7]) if text == str(month_days(text[:7])[-1]) else day(text)


def lead(periods: Mapping, currency: str, begins: str | None = None) -> str:
    """The lead of page one: where the year stands, and what the next one needs.

    Parameters
    ----------
    periods : Periods
        Of the brief, `page_one.periods`.
    currency : str
        Three letters.
    begins : str, optional
        First day of the ledger, where it begins more than a week within the year.

    Returns
    -------
    str
        One sentence or two.

    Source
    ------
    docs/method §9.25.

    Examples
    --------
    >>> line = {"kind": "year", "state": "part", "period": "FY2026", "value": 90.0, "budget": None, "variance": None}
    >>> following = {**line, "period": "FY2027", "state": "forecast", "value": 120.0, "budget": 100.0, "variance": 20.0}
    >>> to_date = {"period": "FY2026", "until": "2026-10-31", "value": 80.0, "budget": 75.0, "variance": 5.0}
    >>> lead({"lines": [line, following], "year_to_date": to_date}, "USD")
    '$5.00 over budget by October 2026. FY2027 needs $120, $20.00 over its budget, if nothing changes.'
    """
    years = [one for one in periods["lines"] if one["kind"] == "year"]
    said = [_to_date(years[0], periods["year_to_date"], currency, begins)]
    said += [_next(one, currency) for one in years[1:] if one["value"] is not None]
    return " ".join(said)


def _to_date(year: Mapping, so_far: Mapping, currency: str, begins: str | None) -> str:
    """Where the year stands on its day."""
    name, spent = so_far["period"], money(so_far["value"], currency)
    if year["state"] == "forecast":
        return f"Nothing of {name} is booked yet."
    if year["state"] == "actual":
        head = f"{name} is over: it cost {spent}"
    else:
        head = f"{spent} spent in {name} by {until(so_far['until'])}"
    if begins is not None:
        held = ", so nothing is held against the budget" if year["budget"] is not None else ""
        return f"{head}; the bill begins on {day(begins)}{held}."
    if so_far["variance"] is None:
        return f"{head}{_year_before(so_far)}; there is no budget to hold it against."
    apart = gap(so_far["value"], so_far["budget"], currency)
    if year["state"] == "actual":
        return f"{head}, {apart} budget."
    return f"{apart[:1].upper()}{apart[1:]} budget by {until(so_far['until'])}."


def _year_before(so_far: Mapping) -> str:
    """The year to date beside the same days a year before; "" where they are not known."""
    before = so_far.get("last_year")
    if not before or before <= 0:
        return ""
    change = so_far["value"] / before - 1
    if abs(change) < 0.005:
        return ", as much as a year before"
    return f", {percent(abs(change))} {'more' if change > 0 else 'less'} than a year before"


def _next(year: Mapping, currency: str) -> str:
    """What the next year needs, with the range of eight of ten futures where there is one."""
    over = ends = ""
    if year.get("p10") is not None:
        ends = f" ({span(year['p10'], year['p90'], currency, to=' to ')})"
    if year["budget"] is not None:
        over = f", {gap(year['value'], year['budget'], currency)} its budget"
    return (
        f"{year['period']} needs {money(year['value'], currency)}{ends}{over}, if nothing changes."
    )


def days(count: int) -> str:
    """By how many days a month is longer.

    >>> days(-1), days(3), days(0)
    ('a day less', '3 days more', 'as many days')
    """
    if not count:
        return "as many days"
    size = "a day" if abs(count) == 1 else f"{abs(count)} days"
    return f"{size} {'more' if count > 0 else 'less'}"


def use(name: str, then: float, now: float, amount: float) -> str:
    """A workload that is used more or less, is new, or is not there any more.

    >>> use("chat", 5.0, 8.0, 3.0), use("chat", 0.0, 8.0, 8.0), use("chat", 5.0, 0.0, -5.0)
    ('more chat', 'chat begins', 'no chat')
    """
    if then <= 0 < now:
        return f"{name} begins"
    if now <= 0 < then:
        return f"no {name}"
    return f"{'more' if amount > 0 else 'less'} {name}"


def steps(parts: Sequence[tuple[str, float]], currency: str) -> str:
    """Named steps with their money, after a colon; "" where there are none.

    >>> steps([("a day less", -29000.0), ("more chat", 12000.0)], "USD")
    ': a day less −$29.0k, more chat +$12.0k'
    """
    told = ", ".join(f"{what} {signed(amount, currency)}" for what, amount in parts)
    return f": {told}" if told else ""


def apart(change: float, currency: str) -> str:
    """A change as a distance; "" where it is less than half a cent.

    >>> apart(-25_000.0, "USD"), apart(5.0, "USD"), apart(0.001, "USD")
    ('$25.0k less', '$5.00 more', '')
    """
    if abs(change) < 0.005:
        return ""
    return f"{money(abs(change), currency)} {'more' if change > 0 else 'less'}"


def beside(change: float, other: str, currency: str, material: bool = True) -> str:
    """A value beside another, which it is far from only where that is material.

    >>> beside(-25_000.0, "October", "USD"), beside(0.0, "October", "USD"), beside(5.0, "October", "USD", False)
    ('$25.0k less than October', 'as much as October', 'about as much as October (+$5.00)')
    """
    far = apart(change, currency)
    if not far:
        return f"as much as {other}"
    return (
        f"{far} than {other}"
        if material
        else f"about as much as {other} ({signed(change, currency)})"
    )


def next_month(one: Mapping, month: str, currency: str, material: bool = True) -> str:
    """Why the next month is under or over this one.

    >>> parts = [{"what": "a day less", "amount": -5.0}]
    >>> next_month({"month": "2026-11", "value": 95.0, "change": -5.0, "parts": parts}, "2026-10", "USD")
    'November 2026 is expected at $95.00, $5.00 less than October 2026: a day less −$5.00.'
    """
    told = f"{month_name(one['month'])} is expected at {money(one['value'], currency)}"
    parts = [(part["what"], part["amount"]) for part in one["parts"]]
    far = beside(one["change"], month_name(month), currency, material)
    return f"{told}, {far}{steps(parts, currency)}."
