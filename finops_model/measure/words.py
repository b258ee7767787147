"""Sentences a finance reader can repeat: computed from the brief's figures, never typed."""

from __future__ import annotations

from collections.abc import Mapping

from ..periods import add_months, month_name
from ..wording import SYMBOLS, chance, day, four, money, percent, span
from ..wording import landing as landing_words
from ..wording.workload import spoken
from .brief_types import Brief

__all__ = ["SYMBOLS", "chance", "headline", "money", "percent", "span", "summary"]


def headline(brief: Mapping) -> str:
    """The first sentence of the page."""
    return landing_words.sentence(
        brief["landing"], landing_words.spender(brief["unit"]), brief["currency"]
    )


def against_budget(gap: float, currency: str) -> str:
    """How far a month closed from its budget; gap: budget less cost.

    >>> against_budget(600.0, "USD"), against_budget(-600.0, "USD"), against_budget(0.001, "USD")
    ('$600 under budget', '$600 over budget', 'exactly on budget')
    """
    if abs(gap) < 0.005:
        return "exactly on budget"
    return f"{money(abs(gap), currency)} {'under' if gap > 0 else 'over'} budget"


def part_of_the_month_before(brief: Mapping) -> bool:
    """Whether the bill begins inside the month before: then what came after is no growth."""
    return str(brief.get("first_day") or "") > f"{add_months(brief['month'], -1)}-01"


def summary(brief: Brief) -> list[str]:
    """Two to four more sentences: the month, the landing, what moved, the unit cost."""
    currency, actual, land = brief["currency"], brief["actual"], brief["landing"]
    month, before = month_name(brief["month"]), actual["previous_month"]
    said = []
    so_far = " so far" if brief["status"] == "flash" else ""
    text = f"{month} cost {money(actual['month'], currency)}{so_far}"
    budget = brief["budget"]["month"] if brief["budget"] else None
    if budget is not None and brief["status"] != "flash":
        gap = budget - actual["month"]
        text += f", {against_budget(gap, currency)}"
    elif before is not None and part_of_the_month_before(brief):
        text += f"; its bill begins on {day(brief['first_day'] or '')}, so there is no whole month before"
    elif before is not None and before > 0 and brief["status"] != "flash":
        change = actual["month"] / before - 1
        more = (
            f"{abs(change) * 100:.0f} % {'more' if change >= 0 else 'less'} than"
            if _told(change)
            else "as much as"
        )
        text += f", {more} the month before"
    said.append(text + ".")
    if range_words := landing_words.between(land, brief.get("forecast"), currency):
        said.append(range_words)
    none = actual["previous_month"] is None or part_of_the_month_before(brief)
    movers = [] if none else brief["drivers"]["change"]
    if movers and brief["status"] != "flash" and abs(movers[0]["change"]) >= 0.005:
        top = movers[0]
        said.append(
            f"The largest movement since the month before is {spoken(top['name'])}: "
            f"{'+' if top['change'] >= 0 else '−'}{money(abs(top['change']), currency)}."
        )
    costs = [
        line
        for line in brief["unit_costs"]
        if line["change_pct"] is not None and line["unit"] != "share"
    ]
    if costs:
        line = costs[0]
        change = line["change_pct"] or 0.0
        way = (
            f"{'up' if change > 0 else 'down'} {abs(change) * 100:.0f} % on"
            if _told(change)
            else "as in"
        )
        said.append(
            f"{line['name']}: {four(line['value'])} {currency}{_over_days(line, month)}, {way} {_month_before(line)}."
        )
    return said


def _told(change: float) -> bool:
    """Whether a change is a whole percent or more, rounded."""
    return f"{abs(change) * 100:.0f}" != "0"


def _over_days(line: Mapping, month: str) -> str:
    """The days a unit cost of a partial month stands for."""
    return (
        f" over {line['days']} day{'s' * (line['days'] != 1)} of {month}"
        if line.get("partial")
        else ""
    )


def _month_before(line: Mapping) -> str:
    """What a unit cost is compared with: a month, or the part of it that has both money and counts."""
    rows = line.get("by_month") or []
    before = rows[-2] if len(rows) > 1 else None
    if before is None or not (line.get("partial") or before["partial"]):
        return "the month before"
    whole = "the whole of" if not before["partial"] else f"{before['days']} days of"
    return f"{whole} {month_name(before['month'])}"
