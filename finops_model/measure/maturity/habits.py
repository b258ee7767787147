"""Capabilities that habits show: data that come soon, reviews that are held, recommendations that are decided (docs/method §18.5–§18.7)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ...periods import add_months, month_days, month_name
from ...wording import percent
from .graded import in_words, next_rule, said
from .levels import level_of
from .types import Grade, Ground


def data_delay(ground: Ground, month: str) -> Grade:
    """Days from a day's use to its cost in the ledger, on average over the days of the record that a delivery was the first to bring."""
    steps, frame = ground.limits.data_delay, ground.arrivals
    first, last = _span(ground, month)
    rows = frame[(frame["day"] >= str(first)) & (frame["day"] <= str(last))]
    figure = float(rows["delay"].mean()) if len(rows) else None
    level = level_of(figure, steps)
    each = rows.groupby("InvoiceIssuerName")["delay"].mean().sort_values(ascending=False)
    slowest = (
        f"; {each.index[0]} takes longest, {in_days(float(each.iloc[0]))}" if len(each) > 1 else ""
    )
    return Grade(
        key="data_delay",
        name="Data delay",
        month=month,
        level=level,
        figure=figure,
        unit="days",
        limits=steps.limits,
        evidence="the ledger was filled in one delivery, so nobody knows how soon bills come"
        if figure is None
        else f"a day's cost is known {in_days(figure)} after it on average{slowest}",
        rule=in_words(steps, lambda x: f"{x:g} day{'' if x == 1 else 's'}"),
        step="Add each month's or week's export as it comes: finops add FILE."
        if figure is None
        else "Keep it."
        if level == 3
        else next_rule(level, steps, in_days) + "Take exports in more often, by a job: finops add.",
        rows=tuple(
            {"vendor": str(name), "days until known": float(value)} for name, value in each.items()
        ),
    )


def reviews(ground: Ground, month: str) -> Grade:
    """Of the reviews that were due in the record's months, those that were held by the month's end."""
    steps = ground.limits.reviews
    first, last = _span(ground, month)
    due = [one for one in ground.reviews or () if first <= one.due <= last]
    held = [one for one in due if one.held is not None and one.held <= last]
    figure = len(held) / len(due) if due else None
    level = level_of(figure, steps)
    if ground.reviews is None:
        evidence, step = (
            "finops.yaml names no reviews",
            "Write the days on which reviews are due into a table with due, held, kind (reviews: in finops.yaml).",
        )
    elif figure is None:
        evidence = f"no review was due in the {ground.limits.months} months to {month_name(month)}"
        step = "Plan them: a line with its day in the table of reviews."
    else:
        missed = next((one.due for one in reversed(due) if one not in held), None)
        evidence = f"{len(held)} of {len(due)} reviews held ({said(figure, *steps.limits)})" + (
            f"; last missed: {missed}" if missed else ""
        )
        step = (
            "Keep it."
            if level == 3
            else next_rule(level, steps, percent)
            + "Hold the next one with its agenda: finops agenda."
        )
    return Grade(
        key="reviews",
        name="Reviews",
        month=month,
        level=level,
        figure=figure,
        unit="share",
        limits=steps.limits,
        evidence=evidence,
        rule=in_words(steps, percent),
        step=step,
        rows=tuple(
            {
                "due": str(one.due),
                "kind": one.kind,
                "held": "" if one not in held else str(one.held),
            }
            for one in due
        ),
    )


def decided(ground: Ground, month: str) -> Grade:
    """Of the recommendations made in the record's months, those decided within so many days. One that still has time is not counted."""
    limits = ground.limits
    first, last = _span(ground, month)
    patience = dt.timedelta(days=limits.decision_days)
    rows: list[dict[str, Any]] = []
    for one in ground.decisions or ():
        if one.proposed is None or not first <= one.proposed <= last:
            continue
        answer = one.decided if one.decided is not None and one.decided <= last else None
        late = answer is None or answer - one.proposed > patience
        if late and one.proposed + patience > last:
            continue  # its days are not over
        rows.append(
            {
                "recommendation": one.name,
                "proposed": str(one.proposed),
                "decided": str(answer or ""),
                "in time": not late,
            }
        )
    good = sum(row["in time"] for row in rows)
    figure = good / len(rows) if rows else None
    level = level_of(figure, limits.decided)
    if ground.decisions is None:
        evidence = "finops.yaml names no table of actions"
        step = "finops advise --write begins one."
    elif figure is None:
        undated = sum(one.proposed is None for one in ground.decisions)
        evidence = (
            f"no recommendation with a day on which it was made was due for a decision in the {limits.months} months to "
            f"{month_name(month)}"
            + (
                f"; {undated} of {len(ground.decisions)} say no day (proposed_on)"
                if undated
                else ""
            )
        )
        step = "Write proposed_on and decided_on into the table of actions."
    else:
        evidence = f"{good} of {len(rows)} recommendations decided within {limits.decision_days} days ({said(figure, *limits.decided.limits)})"
        open_ = [row["recommendation"] for row in rows if not row["decided"]]
        step = (
            "Keep it."
            if level == 3
            else next_rule(level, limits.decided, percent)
            + (
                f"Decide what waits longest: {open_[0]}."
                if open_
                else "Decide sooner: the agenda lists what is due."
            )
        )
    return Grade(
        key="decided",
        name="Recommendations",
        month=month,
        level=level,
        figure=figure,
        unit="share",
        limits=limits.decided.limits,
        evidence=evidence,
        rule=in_words(limits.decided, percent),
        step=step,
        rows=tuple(rows),
    )


def _span(ground: Ground, month: str) -> tuple[dt.date, dt.date]:
    """First and last day of the record that ends with a month; of the month under way, to the day of the data."""
    first = dt.date.fromisoformat(f"{add_months(month, 1 - ground.limits.months)}-01")
    last = min(str(month_days(month)[-1]), ground.as_of)
    return first, dt.date.fromisoformat(last)


def in_days(value: float) -> str:
    """Days to a tenth.

    >>> in_days(1.0), in_days(2.54)
    ('1 day', '2.5 days')
    """
    return f"{value:.1f}".removesuffix(".0") + (" day" if value == 1 else " days")
