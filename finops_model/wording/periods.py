"""What page one says of the year to date and of the next year (docs/method §9.25)."""

from __future__ import annotations

from collections.abc import Mapping

from ..periods import month_days, month_name
from . import day, gap, money


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
        return f"{head}; there is no budget to hold it against."
    apart = gap(so_far["value"], so_far["budget"], currency)
    if year["state"] == "actual":
        return f"{head}, {apart} budget."
    return f"{apart[:1].upper()}{apart[1:]} budget by {until(so_far['until'])}."


def _next(year: Mapping, currency: str) -> str:
    """What the next year needs."""
    over = ""
    if year["budget"] is not None:
        over = f", {gap(year['value'], year['budget'], currency)} its budget"
    return f"{year['period']} needs {money(year['value'], currency)}{over}, if nothing changes."
