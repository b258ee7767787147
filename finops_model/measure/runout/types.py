"""The brief's `runout`, typed: a row for each thing that can run out. Light, nothing but `typing` is imported."""

# No `from __future__ import annotations`: TypedDict would not see NotRequired in the text of an annotation.
from typing import Literal, TypedDict

Kind = Literal["budget", "prepaid", "credit", "commitment", "quota"]
State = Literal["running", "out", "ended", "not begun", "not known"]


class MonthChance(TypedDict):
    """The share of paths that run out in a month."""

    month: str
    chance: float


class RunoutRow(TypedDict):
    """One thing that can run out. Days are YYYY-MM-DD; quantities in `unit`, money EffectiveCost before credits and tax."""

    kind: Kind
    name: str
    of: str  # whose use, in words
    unit: str  # the currency of money, else a unit of the bill
    per: str  # day or month of a quota, else ""
    business_unit: str  # of a unit's budget, else ""
    owner: str
    since: str | None  # the day from which it is counted
    state: State
    why: str  # why there is no date, a clause; else ""
    amount: float | None  # there in all
    remaining: float | None  # at the end of as_of; of a quota, of the period under way
    per_day: float | None  # what is used a day now, mean of the newest 28 days
    earliest: str | None  # P10, P50, P90 over all paths; None: not by `horizon`
    likely: str | None
    latest: str | None
    by_month: list[MonthChance]
    horizon: str | None  # the last day looked at
    end: str | None  # the day it must last for
    ends_with: str  # what happens then: expires, is filled up again, …
    chance: float | None  # that it runs out by `end` (or `horizon`); None where nothing is forecast
    unused: float | None  # what would expire unused at `end`: median of the paths that leave some
    unused_chance: float | None  # share of paths that leave some
    short: float | None  # money: use it does not pay for by `end`, or a month after it ran out
    sentence: str
