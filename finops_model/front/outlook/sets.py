"""`finops kpi --sets`: how the unit costs of each set of drivers add up to the cost of a month (docs/method §16.54)."""

from __future__ import annotations

import pandas as pd

from ...decide.outlook.driver_sets import tied
from ...decide.questions.answer import Answer
from ...errors import InputError, LedgerError
from ...facts.daily import warehouse
from ...facts.daily.charges import charges
from ...measure.actuals import cost_rows, month_column
from ...measure.cycle.facts import facts_of
from ...measure.outlook.driver_sets import set_tie, sets_of
from ...names import COMPANY
from ...periods import month_days, month_name
from ...progress import Progress
from ...publish import close
from ...settings import Settings


def driver_sets(
    settings: Settings,
    *,
    month: str | None = None,
    unit: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Σ unit cost × count + not driven = cost, exact, set by set; month: the newest complete one.

    Raises InputError for a set that cannot be meant, or where there is no driver; LedgerError for a month the ledger has nothing of.
    """
    ledger = close.books(settings, progress)
    daily = warehouse.daily(ledger, settings)
    chosen = month or close.pick_month(ledger, None, False, settings.time_zone)[0]
    months = sorted(set(month_column(cost_rows(daily))))
    if chosen not in months:
        raise LedgerError(
            f"--to: the ledger has no cost in {chosen}. It has cost from {month_name(months[0])} to {month_name(months[-1])}."
        )
    name = close.pick_unit(daily, unit)
    facts = facts_of(settings, ledger, daily, name, asked=["cost_per_driver"])
    own = {driver: one for driver, one in facts.carried.items() if getattr(one, "shown", True)}
    named = settings.driver_sets
    if name != COMPANY:  # a set of the company has drivers of other units
        named = {
            title: [driver for driver in drivers if driver in own]
            for title, drivers in named.items()
            if any(driver in own for driver in drivers)
        }
    sets = sets_of(named, own)
    if not sets:
        raise InputError(
            f"no driver is carried by {'the company' if name == COMPANY else name}, so there is no set. Add a file of drivers: finops add drivers FILE."
        )
    exact = cost_rows(charges(ledger, settings))
    if name != COMPANY:
        exact = exact[exact["x_BusinessUnit"] == name]
    if complete := daily.attrs.get("complete"):
        exact = exact[exact["ChargeDate"] <= pd.Timestamp(complete)]
    ties = [
        set_tie(exact, facts.drivers, own, chosen, title, members)
        for title, members in sets.items()
    ]
    return tied(
        ties,
        currency=settings.currency,
        whose="the company" if name == COMPANY else name,
        notes=_not_over(exact, chosen),
    )


def _not_over(rows: pd.DataFrame, month: str) -> tuple[str, ...]:
    """Said of a month that the bill has not to its end."""
    last = rows["ChargeDate"].max()
    if last >= pd.Timestamp(month_days(month)[-1]):
        return ()
    return (f"{month_name(month)} is not over on the bill, which ends on {last:%Y-%m-%d}.",)


__all__ = ["driver_sets"]
