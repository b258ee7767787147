"""The watch on the company of finops.yaml: its ledger, budgets, quotas, published forecasts and recorded verdicts."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pandas as pd

from ...errors import InputError, LedgerError, unknown
from ...facts.daily import warehouse
from ...facts.plans import together
from ...facts.plans.balances import balances_of
from ...facts.usage.store import UsageStore
from ...measure.anomalies.alert import DIMENSIONS
from ...measure.anomalies.quotas import quotas_of
from ...measure.anomalies.watch import Watch, watch
from ...measure.entities import own_unit
from ...measure.runout.workspace import rows_of
from ...measure.usage.hourly import hourly_alerts
from ...measure.usage.shown import today_line
from ...periods import check_day
from ...progress import Progress, silent
from ...published import base_of
from ...records.store import Records
from ...settings import Settings
from .. import since as since_report
from ..close import books
from ..report.publication import marks, sentences
from .answers import Answered, standing_answers
from .experiments import experiments_of
from .folder import folder_of
from .verdicts import read_feedback


def look(
    settings: Settings,
    as_of: str | None = None,
    *,
    quotas: str | os.PathLike | None = None,
    progress: Progress | None = None,
    since: str | None = None,
    levels=None,
    threshold: float | None = None,
    money_floor: float | None = None,
    percent_floor: float | None = None,
) -> Watch:
    """`measure.anomalies.watch.watch` on the company of finops.yaml: its ledger, budgets, quotas, published forecasts and recorded verdicts.

    as_of   last day looked at; default the newest complete day of the sources that nobody waits for. Raises LedgerError for a day outside the ledger.
    since, levels, threshold, money_floor, percent_floor   as in `watch`; None: as finops.yaml says under `watch`, else the default
    """
    asked = {
        "since": since,
        "levels": levels,
        "threshold": threshold,
        "money_floor": money_floor,
        "percent_floor": percent_floor,
    }
    limits = limits_of(settings) | {
        name: value for name, value in asked.items() if value is not None
    }
    say = progress or silent
    ledger = books(settings, progress)
    complete = ledger.complete(settings.time_zone)
    first, last = str(complete.first_day), str(complete.now)
    for name, day in (("--as-of", as_of), ("--since", limits.get("since"))):
        if day is not None:
            check_day(day, name)
    as_of = as_of or last
    if not first <= as_of <= last:
        raise LedgerError(
            f"--as-of {as_of}: the ledger has data from {first} to {last}. Choose a day in between."
        )
    if limits.get("since") and limits["since"] > as_of:
        raise LedgerError(
            f"--since {limits['since']} is after the last day looked at, {as_of}. Choose an earlier day."
        )
    budgets = together.budgets(settings)
    say("daily facts", 0, 2)
    daily = warehouse.daily(ledger, settings)
    chosen = quotas_of(settings, daily, quotas)
    balances_of(settings, daily)
    facts = daily[daily["ChargeDate"] <= pd.Timestamp(as_of)]
    say("anomalies", 1, 2)
    watched = watch(
        daily,
        as_of,
        currency=settings.currency,
        quotas=chosen,
        experiments=experiments_of(settings, daily),
        runouts=rows_of(settings, facts, as_of, quotas=chosen),
        hourly=hourly_alerts(
            UsageStore(settings.path(settings.usage_facts)).table(),
            facts,
            limits.get("since") or str((pd.Timestamp(as_of) - pd.Timedelta(days=13)).date()),
            settings.currency,
            time_zone=settings.time_zone,
            until=None if as_of == last else as_of,
        ),
        budgets=budgets,
        forecasts=published(settings),
        feedback=read_feedback(folder_of(settings)),
        settling_days=settings.settling_days,
        **limits,
    )
    say("anomalies", 2, 2)
    report = since_report.published(settings, as_of)
    today = today_line(settings, daily) if as_of == last else ""
    more = [text for text in (today, report.said() if report is not None else "") if text]
    with Records(settings.path(settings.records)) as records:
        more += sentences(marks(records, settings.four_eyes))
    return replace(watched, notes=(*watched.notes, *more)) if more else watched


def answers_of(settings: Settings) -> dict[str, Answered]:
    """What owners answered in this company or entity, the newest of each item."""
    with Records(settings.path(settings.records)) as records:
        return standing_answers(records, settings.own.name if settings.own else "")


def limits_of(settings: Settings) -> dict:
    """What finops.yaml says of the limits under `watch`, by the words of `measure.anomalies.watch.watch`. Raises InputError for an unknown dimension."""
    limits = {
        name: value for name, value in settings.watch if value is not None and name != "quotas"
    }
    for level in limits.get("by", ()):
        if level not in DIMENSIONS:
            raise InputError(unknown("finops.yaml: watch/by", "dimension", level, DIMENSIONS))
    return {"levels" if name == "by" else name: value for name, value in limits.items()}


def published(settings: Settings) -> list[tuple]:
    """(data_as_of, unit, {month: (P10, P50, P90)}) of every published brief; what cannot be read is not a forecast."""
    forecasts = []
    for path in sorted(base_of(settings.path(settings.reports)).glob("[0-9]*/*/brief.json")):
        try:
            brief = json.loads(path.read_text(encoding="utf-8"))
            months = {
                str(row["month"]): tuple(float(row[name]) for name in ("p10", "p50", "p90"))
                for row in brief["forecast"]["months"]
            }
            if unit := own_unit(brief, settings):
                forecasts.append((str(brief["data_as_of"]), unit, months))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return forecasts
