"""The data-quality card: for a workspace and a month, in plain words and money, what can be relied on and what to look at (docs/method §13.70)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import pandas as pd

from ...periods import add_months, month_name
from ...settings import Limit
from ...wording import day as day_of
from ...wording import money
from .types import QualityCard, QualityLine, QualityPart, Verdict

MOST = 3  # names that a sentence lists


@dataclass(frozen=True, kw_only=True)
class Given:
    """Everything that a card is made of; gathered by `quality.gather`.

    cost, debt    EffectiveCost of the month without tax and credits, and the part of it whose tags break a rule
    refused       share of the month's billed money that is in quarantine; held: that money
    """

    month: str
    as_of: str
    currency: str
    cost: float
    debt: float
    refused: float
    held: float = 0.0
    lines: list[QualityLine] = field(default_factory=list)


def card(given: Given) -> QualityCard:
    """The card, its headline first."""
    count = {
        verdict: sum(line["verdict"] == verdict for line in given.lines)
        for verdict in ("good", "attention", "bad", "not known")
    }
    usable = (
        max(0.0, (1 - given.debt / given.cost)) * (1 - given.refused) if given.cost > 0 else None
    )
    return {
        "month": given.month,
        "as_of": given.as_of,
        "currency": given.currency,
        "headline": headline(usable, given.month, count["attention"], count["bad"], _rest(given)),
        "usable": usable,
        "cost": given.cost,
        "good": count["good"],
        "attention": count["attention"],
        "bad": count["bad"],
        "not_known": count["not known"],
        "lines": given.lines,
    }


def _rest(given: Given) -> str:
    """What the rest lacks, most important first."""
    parts = [
        *(
            [f"{in_money(given.held, given.currency)} of BilledCost is in quarantine"]
            if given.held
            else []
        ),
        *(
            [f"{in_money(given.debt, given.currency)} lacks tags"]
            if round(given.debt, 2) and given.cost > 0
            else []
        ),
    ]
    return f" ({', '.join(parts)})" if parts else ""


def headline(usable: float | None, month: str, attention: int, bad: int, rest: str = "") -> str:
    """The card in one sentence.

    >>> headline(0.987, "2026-10", 2, 1)
    '98.7 % of EffectiveCost of October 2026 is usable as it stands; 3 things to look at, 1 of them bad.'
    >>> headline(1.0, "2026-10", 0, 0), headline(0.99999, "2026-10", 1, 0)
    ('100 % of EffectiveCost of October 2026 is usable as it stands; nothing to look at.', '99.9 % of EffectiveCost of October 2026 is usable as it stands; 1 thing to look at.')
    """
    count = attention + bad
    things = "nothing" if not count else "1 thing" if count == 1 else f"{count} things"
    worse = "" if not bad else ", and it is bad" if count == 1 else f", {bad} of them bad"
    if usable is None:
        return f"{month_name(month)} has no cost to judge; {things} to look at{worse}."
    return f"{percent(usable)} of EffectiveCost of {month_name(month)} is usable as it stands{rest}; {things} to look at{worse}."


def percent(share: float) -> str:
    """A share to a tenth of a percent; 100 % and 0 % only where it is that.

    >>> percent(1.0), percent(0.9999), percent(0.0004), percent(0.25)
    ('100 %', '99.9 %', '0.1 %', '25.0 %')
    """
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    return f"{min(max(share * 100, 0.1), 99.9):.1f} %"


def verdict(value: float | None, limit: Limit) -> Verdict:
    """Good, attention or bad: above which limit a figure is.

    >>> limit = Limit(attention=1, bad=3)
    >>> verdict(1, limit), verdict(1.5, limit), verdict(4, limit), verdict(None, limit)
    ('good', 'attention', 'bad', 'not known')
    """
    if value is None:
        return "not known"
    if limit.bad is not None and value > limit.bad:
        return "bad"
    return "attention" if value > limit.attention else "good"


def line(
    key: str,
    what: str,
    value: float | None,
    unit: Literal["share", "days", "count"],
    limit: Limit,
    text: str,
    do: str,
    *,
    amount: float | Decimal | None = None,
    parts: Iterable[QualityPart] = (),
) -> QualityLine:
    """A line, judged by its limit; what to do is said where there is something to do."""
    judged = verdict(value, limit)
    return {
        "key": key,
        "what": what,
        "value": None if value is None else float(value),
        "unit": unit,
        "amount": None if amount is None else float(amount),
        "text": text,
        "verdict": judged,
        "rule": rule(limit, unit),
        "do": "" if judged == "good" else do,
        "parts": list(parts),
    }


def rule(limit: Limit, unit: str) -> str:
    """A limit in words.

    >>> rule(Limit(attention=0.05, bad=0.2), "share"), rule(Limit(attention=2, bad=None), "days")
    ('attention above 5 %, bad above 20 %', 'attention above 2 days')
    """

    def said(value: float) -> str:
        if unit == "share":
            return f"{value * 100:g} %"
        return f"{value:g}" + (" days" if unit == "days" else "")

    worse = "" if limit.bad is None else f", bad above {said(limit.bad)}"
    return f"attention above {said(limit.attention)}{worse}"


def part(
    name: str, text: str, value: float | None = None, amount: float | Decimal | None = None
) -> QualityPart:
    """A part of a line."""
    return {
        "name": name,
        "value": None if value is None else float(value),
        "amount": None if amount is None else float(amount),
        "text": text,
    }


def listed(names: list[str], most: int = MOST) -> str:
    """The first names, and how many more.

    >>> listed(["a", "b", "c", "d", "e"]), listed(["a"])
    ('a, b, c and 2 more', 'a')
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def counted(count: int, one: str, several: str = "") -> str:
    """So many of something.

    >>> counted(1, "day"), counted(1200, "day"), counted(2, "is", "are")
    ('1 day', '1,200 days', '2 are')
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def in_money(amount: float | Decimal, currency: str) -> str:
    """Money in words of a page."""
    return money(float(amount), currency)


def whole_day(text: str) -> str:
    """A day in words."""
    return day_of(text)


def before(months: pd.Series | list[str], month: str, back: int = 11) -> list[str]:
    """The months up to `month`, at most `back` before it, sorted."""
    return sorted({name for name in months if add_months(month, -back) <= name <= month})
