"""What a workspace knows of itself, for its maturity (docs/method §18.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ...facts.cycle.actions import read_actions
from ...facts.cycle.arrivals import arrivals
from ...facts.cycle.experiments import read_experiments
from ...facts.cycle.reviews import read_reviews
from ...facts.daily import tag_debt, warehouse
from ...facts.ledger.store import Ledger
from ...facts.plans import together
from ...facts.plans.read import read_drivers
from ...names import COMPANY
from ...scenario.ledger_base import read_inventory
from ...settings import Settings, load_tag_rules
from ..actuals import cost_rows, history
from ..anomalies.quotas import quotas_of
from .record import record_of
from .types import Alerts, Decided, Ground


def of_workspace(
    settings: Settings,
    ledger: Ledger,
    daily: pd.DataFrame,
    as_of: str,
    *,
    alerts: Alerts,
    brief: Mapping | None,
) -> Ground:
    """The ground of a workspace, or of one of its entities, up to a day.

    alerts   what `finops watch` published;  brief: the newest published report of it, None where there is none

    Raises InputError for a file that cannot be read as what it is.
    """
    daily = daily[daily["ChargeDate"] <= pd.Timestamp(as_of)]
    _, _, complete, _ = history(daily, COMPANY, as_of)
    whose = settings.own.name if settings.own else ""
    return Ground(
        limits=settings.maturity,
        currency=settings.currency,
        as_of=as_of,
        rows=cost_rows(daily),
        complete=complete,
        budgets=together.budgets(settings),
        record=record_of(settings, complete, settings.path(settings.reports), brief),
        arrivals=arrivals(ledger),
        reviews=None
        if settings.reviews is None
        else read_reviews(
            settings.path(settings.reviews), whose, [one.name for one in settings.entities]
        ),
        decisions=_decisions(settings, whose),
        inventory=read_inventory(settings),
        coverage=_coverage(settings, ledger, as_of),
        alerts=alerts,
        has=_has(settings, daily),
    )


def _has(settings: Settings, daily: pd.DataFrame) -> dict[str, Any]:
    """What stands in finops.yaml, for the checklist."""
    return {
        "quotas": len(quotas_of(settings, daily)),
        "chargeback": settings.chargeback.mode,
        "drivers": read_drivers(settings.files(settings.drivers)) if settings.drivers else None,
        "unit_costs": tuple(settings.unit_costs),
        "values": settings.values,
        "what_ifs": len(settings.what_ifs),
        "experiments": _experiments(settings),
    }


def _experiments(settings: Settings) -> list[bool] | None:
    """Of each quota of an experiment whether it was approved before its first day ended; None without a table."""
    if settings.experiments is None:
        return None
    whose = settings.own.name if settings.own else ""
    quotas = read_experiments(
        settings.path(settings.experiments),
        settings.currency,
        whose,
        [one.name for one in settings.entities],
    )
    return [
        bool(one.approved_by) and (one.approved_on is None or one.approved_on <= one.first)
        for one in quotas
    ]


def _decisions(settings: Settings, whose: str) -> list[Decided] | None:
    """Every row of the table of actions; None where finops.yaml names none."""
    if settings.actions is None:
        return None
    names = [one.name for one in settings.entities]
    actions = read_actions(settings.path(settings.actions), settings.currency, whose, names)
    return [
        Decided(one.action or one.id, one.proposed_on, one.decided_on, one.decision)
        for one in actions
    ]


def _coverage(settings: Settings, ledger: Ledger, as_of: str) -> dict[str, float | None]:
    """{month: share of its cost whose own tags break no rule}."""
    rules = load_tag_rules(settings)
    found = warehouse.tag_months(ledger, settings, list(tag_debt.expected(rules)), as_of)
    if found.empty:
        return {}
    return {one["month"]: one["coverage"] for one in tag_debt.debt(found, rules)["months"]}
