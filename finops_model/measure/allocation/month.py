"""Whose cost a month is: what the brief's `allocation` says of the company (docs/method §13.64 to §13.66)."""

from __future__ import annotations

import pandas as pd

from ...facts.daily import tag_debt, warehouse
from ...facts.ledger.store import Ledger
from ...facts.plans.budgets import Budgets
from ...settings import Settings, load_tag_rules
from ...simulate.run import Run
from . import dimensions, shared
from .dimensions import check_budgets
from .shared import check, check_drivers
from .tagged import tagged
from .types import Allocation

__all__ = ["check", "check_plans", "of_month"]


def check_plans(settings: Settings, drivers: pd.DataFrame | None, budgets: Budgets | None) -> None:
    """Drivers that `shared_cost` names, and dimensions that budgets name, are there. Raises InputError."""
    check_drivers(settings, drivers)
    check_budgets(settings, budgets)


def of_month(
    settings: Settings,
    daily: pd.DataFrame,
    drivers: pd.DataFrame | None,
    month: str,
    as_of: str,
    *,
    budgets: Budgets | None = None,
    run: Run | None = None,
    ledger: Ledger | None = None,
    progress=None,
) -> Allocation | None:
    """The brief's `allocation` of the company; None where there is nothing to say.

    daily    DAILY up to as_of;  run: the company's base;  ledger: what tags are read from
    """
    found: Allocation = {}
    if given := shared.of_month(settings, daily, drivers, month, as_of):
        found["shared"] = given
    if each := dimensions.tables(settings, daily, month, as_of, budgets, run, progress):
        found["dimensions"] = each
    if settings.tag_rules is not None and ledger is not None:
        rules = load_tag_rules(settings)
        keys = list(tag_debt.expected(rules))
        if line := tagged(warehouse.tag_months(ledger, settings, keys, as_of), rules, month):
            found["tags"] = line
    return found or None
