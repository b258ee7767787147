"""Why a published report cannot be made again, in the order a reader asks: which bill changed, by how much, which figures follow."""

from __future__ import annotations

from decimal import Decimal

from ..measure.brief_types import Brief
from ..measure.restated import CENT
from ..periods import month_name
from .report.briefs import lookup
from .report.manifest import compare_briefs

FIGURES = (
    ("actual/month", "cost of the month"),
    ("actual/year_to_date", "year to date"),
    ("landing/p50", "median landing of the year"),
    ("landing/p10", "P10 of the landing"),
    ("landing/p90", "P90 of the landing"),
)


def bills(published: Brief, rebuilt: Brief) -> list[str]:
    """Bills of the month, and months of use, that are other amounts now than when the report was published."""
    currency, changes = published["currency"], []
    rows = [
        {(row["issuer"], row["billing_period"]): row["ledger"] for row in brief["tie_out"]["rows"]}
        for brief in (published, rebuilt)
    ]
    for issuer, period in sorted({*rows[0], *rows[1]}):
        was, now = (Decimal(side.get((issuer, period)) or 0) for side in rows)
        if was != now:
            changes.append(
                f"the bill of {issuer} for {month_name(period)} was {was:,.2f} {currency} when it was published and is {now:,.2f} {currency} now "
                f"({now - was:+,.2f} {currency})"
            )
    before, after = published["actual"]["by_month"], rebuilt["actual"]["by_month"]
    for month in sorted({*before, *after}):
        cost, costs = before.get(month, 0.0), after.get(month, 0.0)
        gap = costs - cost
        if abs(gap) >= CENT:
            changes.append(
                f"{month_name(month)} cost {cost:,.2f} {currency} when it was published and {costs:,.2f} {currency} now "
                f"({gap:+,.2f} {currency})"
            )
    return changes


def differences(published: Brief, rebuilt: Brief) -> list[str]:
    """What differs: where bills changed, these first and a few figures in words; else every place, bit for bit."""
    changed = bills(published, rebuilt)
    every = compare_briefs(published, rebuilt, most=None)
    if not changed:
        return compare_briefs(published, rebuilt)
    currency, figures = published["currency"], []
    for path, what in FIGURES:
        then, now = _figure(published, path), _figure(rebuilt, path)
        if then is not None and now is not None and abs(now - then) >= CENT:
            figures.append(
                f"{what}: {then:,.2f} {currency} was published, {now:,.2f} {currency} now"
            )
    left = len(every) - len(figures)
    return [
        *changed,
        *figures,
        *([f"and {left:,} more figures of the report that follow from these"] if left > 0 else []),
    ]


def _figure(brief: Brief, path: str) -> float | None:
    """The figure at a path; None where a brief of an older version has none."""
    try:
        return lookup(brief, path)
    except KeyError:
        return None
