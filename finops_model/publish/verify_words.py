"""Why a published report cannot be made again, in the order a reader asks: which bill changed, by how much, which figures follow."""

from __future__ import annotations

from decimal import Decimal

from ..measure.restated import CENT
from ..periods import month_name
from .report.manifest import compare_briefs

FIGURES = (
    ("actual/month", "cost of the month"),
    ("actual/year_to_date", "year to date"),
    ("landing/p50", "median landing of the year"),
    ("landing/p10", "P10 of the landing"),
    ("landing/p90", "P90 of the landing"),
)


def bills(published: dict, rebuilt: dict) -> list[str]:
    """Bills of the month, and months of use, that are other amounts now than when the report was published."""
    currency, changes = published["currency"], []
    rows = [
        {(row["issuer"], row["billing_period"]): row["ledger"] for row in brief["tie_out"]["rows"]}
        for brief in (published, rebuilt)
    ]
    for issuer, period in sorted({*rows[0], *rows[1]}):
        then, now = (Decimal(side.get((issuer, period)) or 0) for side in rows)
        if then != now:
            changes.append(
                f"the bill of {issuer} for {month_name(period)} was {then:,.2f} {currency} when it was published and is {now:,.2f} {currency} now "
                f"({now - then:+,.2f} {currency})"
            )
    then, now = (brief["actual"]["by_month"] for brief in (published, rebuilt))
    for month in sorted({*then, *now}):
        gap = now.get(month, 0.0) - then.get(month, 0.0)
        if abs(gap) >= CENT:
            changes.append(
                f"{month_name(month)} cost {then.get(month, 0.0):,.2f} {currency} when it was published and {now.get(month, 0.0):,.2f} {currency} now "
                f"({gap:+,.2f} {currency})"
            )
    return changes


def differences(published: dict, rebuilt: dict) -> list[str]:
    """What differs: where bills changed, these first and a few figures in words; else every place, bit for bit."""
    changed = bills(published, rebuilt)
    every = compare_briefs(published, rebuilt, most=None)
    if not changed:
        return compare_briefs(published, rebuilt)
    currency, figures = published["currency"], []
    for path, what in FIGURES:
        group, name = path.split("/")
        then, now = published[group].get(name), rebuilt[group].get(name)
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
