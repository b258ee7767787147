"""What page one says of the changes since the last report (docs/method §9.27)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..periods import month_name
from . import clean, day, money, span
from .bridge import signed
from .landing import kind
from .periods import apart, beside, steps

REASONS = {  # part of a move -> where it is up, where it is down
    "volume": ("more use", "less use"),
    "mix": ("a dearer mix", "a cheaper mix"),
    "price": ("higher prices", "lower prices"),
    "one_off": ("one-offs", "one-offs"),
    "restated": ("corrected bills", "corrected bills"),
}


def reason(part: str, amount: float) -> str:
    """Why a forecast moved.

    >>> reason("volume", -5.0), reason("price", 1.0)
    ('less use', 'higher prices')
    """
    return REASONS[part][amount < 0]


def month(
    name: str,
    before: str,
    bridge: Mapping,
    parts: Sequence[tuple[str, float]],
    currency: str,
    *,
    cut: bool = False,
    material: bool = True,
) -> Any:
    """The line of the month against the one before it.

    cut   the month is under way: both sides are of the same days

    >>> ends = {"from": {"amount": 893.0}, "to": {"amount": 903.0}, "change": 10.0}
    >>> month("2026-10", "2026-09", ends, [("a day more", 10.0)], "USD")["sentence"]
    'October 2026 cost $903, $10.00 more than September 2026: a day more +$10.00.'
    """
    head = f"{month_name(name)}{' so far' if cut else ''} cost {money(bridge['to']['amount'], currency)}"
    then = f"{'the same days of ' if cut else ''}{month_name(before)}"
    far = beside(bridge["change"], then, currency, material)
    return {
        "what": f"{month_name(name).split()[0]} cost",
        "change": bridge["change"],
        "sentence": f"{head}, {far}{steps(parts, currency)}.",
    }


def year(
    period: str,
    value: float,
    change: float,
    last: str,
    parts: Sequence[tuple[str, float]],
    booked: tuple[Sequence[str], float] | None,
    currency: str,
) -> Any:
    """The line of the year against what the last report expected of it.

    parts    why, in money;  booked: months that are actuals now, and what they came in over or under
    last     month of the last report

    >>> year("FY2026", 978.0, -31.0, "2026-09", [("less use", -31.0)], (["2026-10"], -12.0), "USD")["sentence"]
    'FY2026 is expected at $978, $31.00 less than in the report of September 2026: less use −$31.00. October 2026 itself came in $12.00 under its forecast.'
    >>> year("FY2026", 978.0, 0.0, "2026-09", [], None, "USD")["sentence"]
    'FY2026 is expected at $978, as in the report of September 2026.'
    """
    far, told = apart(change, currency), f"{period} is expected at {money(value, currency)}"
    report = f"in the report of {month_name(last)}"
    told += f", {far} than {report}" if far else f", as {report}"
    told += f"{steps(parts, currency)}."
    months, amount = booked or ((), 0.0)
    if len(months) == 1 and abs(amount) >= 0.005:
        way = "over" if amount > 0 else "under"
        told += f" {month_name(months[0])} itself came in {money(abs(amount), currency)} {way} its forecast."
    return {"what": period, "change": change, "sentence": told}


def budget(
    period: str,
    then: float | None,
    now: float | None,
    who: Mapping | None,
    last: str,
    currency: str,
) -> Any:
    """The line of a budget that is another than in the last report.

    who   the brief's `budget`

    >>> approved = {"version": "v2", "approved_by": "Ingrid", "approved_on": "2026-10-05"}
    >>> budget("FY2026", 90.0, 95.0, approved, "2026-09", "USD")["sentence"]
    'The budget of FY2026 is $95.00 now, $5.00 more than in the report of September 2026 (v2, approved by Ingrid on 5 October 2026).'
    >>> budget("FY2026", None, 95.0, None, "2026-09", "USD")["sentence"]
    'The budget of FY2026 is $95.00; the report of September 2026 had none.'
    >>> budget("FY2026", 90.0, None, None, "2026-09", "USD")["sentence"]
    'FY2026 has no budget of the whole year now; that of the report of September 2026 was $90.00.'
    """
    report = f"the report of {month_name(last)}"
    if now is None:
        told = f"{period} has no budget of the whole year now; that of {report} was {money(then, currency)}."
        return {"what": "Budget", "change": None, "sentence": told}
    approved = _approved(who)
    if then is None:
        told = f"The budget of {period} is {money(now, currency)}{approved}; {report} had none."
        return {"what": "Budget", "change": None, "sentence": told}
    told = f"The budget of {period} is {money(now, currency)} now, {apart(now - then, currency)} than in {report}{approved}."
    return {"what": "Budget", "change": now - then, "sentence": told}


def _approved(who: Mapping | None) -> str:
    if not who or who["approved_by"] == "not stated":
        return ""
    on = "" if who["approved_on"] == "not stated" else f" on {day(who['approved_on'])}"
    version = f"{clean(who['version'])}, " if who["version"] else ""
    return f" ({version}approved by {clean(who['approved_by'])}{on})"


def restated(line: Mapping, currency: str) -> Any:
    """The line of a month that cost another amount than was published.

    >>> restated({"month": "2026-09", "published": 90.0, "now": 95.0, "difference": 5.0}, "USD")["sentence"]
    'September 2026 was corrected: $95.00, not $90.00 as published (+$5.00).'
    """
    now, then = money(line["now"], currency), money(line["published"], currency)
    return {
        "what": f"{month_name(line['month']).split()[0]} restated",
        "change": line["difference"],
        "sentence": f"{month_name(line['month'])} was corrected: {now}, not {then} as published "
        f"({signed(line['difference'], currency)}).",
    }


def restated_more(lines: Sequence[Mapping], more: bool, currency: str) -> Any:
    """The line of months that were corrected by what does not matter, or are too many to name.

    >>> restated_more([{"month": "2026-08", "difference": 0.4}], False, "USD")["sentence"]
    'August 2026 was corrected by +$0.40.'
    """
    change = sum(line["difference"] for line in lines)
    if len(lines) == 1:
        who = f"{month_name(lines[0]['month'])} was corrected by"
    else:
        who = f"{len(lines)} {'other ' if more else ''}months were corrected, in all by"
    return {
        "what": "Restated",
        "change": change,
        "sentence": f"{who} {signed(change, currency)}.",
    }


def later(note: Mapping, last: str) -> Any:
    """The line of what was known some days after the last report.

    >>> note = {"as_of": "2026-11-15", "sentence": "15 days later FY2026 stands at $9.92m, $9.85m to $10.0m."}
    >>> later(note, "2026-10")["sentence"]
    'Of the report of October 2026: 15 days later FY2026 stood at $9.92m, $9.85m to $10.0m.'
    """
    told = (
        note["sentence"].replace(" stands at ", " stood at ").replace(" is booked", " was booked")
    )
    return {
        "what": "Between the reports",
        "change": None,
        "sentence": f"Of the report of {month_name(last)}: {told}",
    }


def stands(note: Mapping, land: Mapping, currency: str) -> str:
    """Where a report's year stands some days later.

    note   Later;  land: of the year on the later day

    >>> note = {"days": 15, "period": "FY2026", "p10": 9.85e6, "p50": 9.92e6, "p90": 10.0e6}
    >>> land = {"booked": 7.98e6, "p10": 9.85e6, "p50": 9.92e6, "p90": 10.0e6}
    >>> stands(note, land, "USD")
    '15 days later FY2026 stands at $9.92m, $9.85m to $10.0m.'
    >>> stands(note, {**land, "closed": True}, "USD")
    '15 days later FY2026 is booked at $9.92m.'
    """
    head = f"{note['days']} days later {note['period']}"
    what, middle = kind(land), money(note["p50"], currency)
    if what == "closed":
        return f"{head} is booked at {middle}."
    if what == "flat":
        return f"{head} stands at {middle}."
    return f"{head} stands at {middle}, {span(note['p10'], note['p90'], currency, to=' to ')}."
