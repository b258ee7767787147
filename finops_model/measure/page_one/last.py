"""What the last report expected of quarters and years: as published, else re-created from a replay (docs/method §9.25)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from ...names import COMPANY
from ...periods import Period, month_of
from .movers import half_a_coin
from .spans import Span, money_of

if TYPE_CHECKING:
    from ..close import Close


@dataclass(frozen=True)
class Last:
    """Means of quarters and years by their name."""

    month: str | None = None
    source: Literal["published", "re-created", "none"] = "none"
    values: Mapping[str, float] = field(default_factory=dict)


def last_of(
    close: Close,
    unit: str,
    every: Sequence[Span],
    booked: Mapping[str, float],
    by_day: pd.Series,
) -> Last:
    """What the last report of a unit said of these quarters and years: its brief, else the replay of the newest month end, else nothing.

    booked, by_day   cost of the unit by month and by day
    """
    brief = close.reported.get(unit)
    if brief is not None:
        same = same_years(brief, every)
        said = {one.name: value_in(brief, one, same) for one in every}
        return Last(brief["month"], "published", {k: v for k, v in said.items() if v is not None})
    name = None if unit == COMPANY else unit
    run = close.replays[-1] if len(close.replays) else None  # of the newest month end
    if run is None or not run.months or (name is not None and name not in run.units):
        return Last()
    parts = tuple(dict.fromkeys(part for one in every for part in one.parts))
    money = money_of(run, name, parts, booked, by_day, close.calendar is not None)
    means = {one.name: money.mean(one) for one in every}
    return Last(
        month_of(run.as_of), "re-created", {k: v for k, v in means.items() if v is not None}
    )


def moved_since(line: Mapping, currency: str) -> float | None:
    """What a reader is told of a line against the last forecast; None of a booked one that is what it was: nothing was forecast there.

    line   PeriodLine

    >>> booked = {"state": "actual", "since_last": 0.0}
    >>> moved_since(booked, "USD"), moved_since({**booked, "since_last": 3.0}, "USD"), moved_since({**booked, "state": "part"}, "USD")
    (None, 3.0, 0.0)
    """
    moved = line["since_last"]
    if moved is None or (line["state"] == "actual" and abs(moved) < half_a_coin(currency)):
        return None
    return moved


def same_years(brief: Mapping, every: Sequence[Span]) -> bool:
    """Whether the years of a brief have the months of these; not where `fiscal_year_starts` was changed since it was published."""
    last = str((brief.get("landing") or {}).get("last") or "")
    if len(last) != len("2026-12"):  # of a year of weeks, or of before it was kept
        return True
    return any(one.kind == "year" and str(one.last)[5:7] == last[5:] for one in every)


def value_in(brief: Mapping, span: Span, same: bool = True) -> float | None:
    """The mean of a quarter or year in a published brief, also in one of before page one; None where it does not say it.

    same    its years have the months of ours: its own lines are read; else its months are added up
    """
    if same and (own := brief.get("page_one")) and (told := own.get("periods")):
        return next((one["value"] for one in told["lines"] if one["period"] == span.name), None)
    values = [_part(brief, part) for part in span.parts]
    known = [value for value in values if value is not None]
    return float(sum(known)) if len(known) == len(values) else None


def _part(brief: Mapping, part: Period) -> float | None:
    """A month, or a period of a year of weeks: as booked, else as expected."""
    of: dict[str, Any] = {}
    if weeks := brief.get("fiscal"):
        of = {one["name"]: one for one in weeks["periods"]}
        one = of.get(part.name)
        return None if one is None else one["actual"] if one["mean"] is None else one["mean"]
    ahead = {one["month"]: one["mean"] for one in brief["forecast"]["months"]}
    if part.name in ahead:
        return ahead[part.name]
    over = part.name <= brief["month"] and (not ahead or part.name < min(ahead))
    return brief["actual"]["by_month"].get(part.name, 0.0) if over else None
