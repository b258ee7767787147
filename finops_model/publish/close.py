"""The monthly close, end to end: ledger → daily facts → runs → briefs → published reports.

Everything below is deterministic: the same settings, files and month give the same numbers, bit for bit
(docs/method §15). Nothing is written before every input has been read and checked.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from ..decide.advising.brief import advised_for
from ..errors import LedgerError, listing
from ..facts import taken
from ..facts.cycle.notes import ONCE
from ..facts.daily import entities, warehouse
from ..facts.ledger import reconcile, twice
from ..facts.ledger.store import Ledger
from ..facts.plans import read as plans
from ..facts.plans import together
from ..facts.plans.balances import balances_of
from ..forecasting.notes.workspace import notes_of
from ..measure import accuracy, actuals, carried, grades, kpis, restated
from ..measure.allocation import month as allocation
from ..measure.brief import brief
from ..measure.brief_types import Brief
from ..measure.budget.parts import company_lines
from ..measure.close import Close
from ..measure.cycle import facts as kpi_facts
from ..measure.page_one.deciding import gather as page_one
from ..measure.quality import gather
from ..measure.reach import complete_lines, day_of_month
from ..measure.realised import pipeline
from ..measure.realised import workspace as taken_actions
from ..measure.runout.workspace import rows_of
from ..measure.units import UNASSIGNED, folded, slim
from ..measure.waste import found_waste
from ..names import COMPANY
from ..periods import (
    month_name,
)
from ..progress import Progress, silent
from ..scenario.volumes import too_little
from ..settings import Settings
from ..simulate import prophet_alone
from ..simulate import scenarios as simulate
from ..simulate.run import no_run
from .adding.bills import take_bills
from .close_units import (
    check_as_of,
    pick_month,
    pick_unit,
    pick_units,
    units_of,
    up_to,
)
from .lineage import kept, lineage
from .since import earlier, last_reports

__all__ = [
    "UNASSIGNED",
    "books",
    "briefs_of",
    "check_as_of",
    "daily_facts",
    "pick_month",
    "pick_unit",
    "pick_units",
    "prepare",
    "units_of",
    "up_to",
]


def books(settings: Settings, progress: Progress | None = None) -> Ledger:
    """The ledger of the settings, with the bills that finops.yaml names taken in (files already known change nothing).

    Of an entity its part. Raises LedgerError where finops.yaml names entities and the settings are of none of them.
    """
    ledger = Ledger(settings.path(settings.ledger))
    take_bills(settings, ledger, progress=progress)
    if not ledger.rows:
        raise LedgerError(
            f"{settings.ledger}: the ledger is empty. Take a bill in first: finops ingest FILE, or finops start FILE."
        )
    return entities.part(ledger, settings)


def daily_facts(
    settings: Settings,
    ledger: Ledger,
    month: str,
    as_of: str,
    units: list[str] | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """DAILY up to `as_of`, held to have the month and to know the units asked for, and whom `shared_cost` names."""
    (progress or silent)("daily facts", 0, 1)
    everything = warehouse.daily(ledger, settings)
    carried.check(settings.unit_costs, everything)
    kpis.pick(settings.kpis)
    allocation.check(settings, everything)
    balances_of(settings, everything)
    daily = everything[everything["ChargeDate"] <= pd.Timestamp(as_of)]
    if not (actuals.month_column(daily) == month).any():
        there = sorted(set(actuals.month_column(everything)))
        raise LedgerError(
            f"{month}: the ledger has no charge in {month_name(month)}. Months that have some: {listing(there)}. "
            "Give one with --month."
        )
    pick_units(
        daily, units, settings.units
    )  # a name that is not there is said before the long part
    return daily


def prepare(
    settings: Settings,
    month: str | None = None,
    *,
    units: list[str] | None = None,
    newest: bool = False,
    reports: Path | None = None,
    progress: Progress | None = None,
    engine: str | None = None,
    before: Callable[[pd.DataFrame], None] | None = None,
    anew: bool = False,
    as_of: str | None = None,
    scenario: str | None = None,
    paths: int | None = None,
    ledger: Ledger | None = None,
) -> Close:
    """Everything a close knows: facts up to the month's end, base and what-if runs, replays, budgets, drivers, tie-out.

    engine    as in `simulate.run_many`; what ran stands in the lineage
    before    called with DAILY before the long part
    anew      make every replay again, also those that are kept
    as_of     a day of the month, YYYY-MM-DD: facts to that day only; None: all that there are of the month
    scenario  the base, a path as in finops.yaml, instead of the company's own
    paths     how many futures, instead of as many as the base says
    ledger    of these settings; None: theirs, with the bills that finops.yaml names taken in
    """
    ledger = books(settings, progress) if ledger is None else ledger
    if scenario is not None:
        settings = settings.model_copy(update={"scenario": scenario})
    month, last = pick_month(ledger, month, newest, settings.time_zone)
    as_of = last if as_of is None else day_of_month(as_of, month, last)
    complete = ledger.complete(settings.time_zone)
    # what all sources have reached: the forecast begins behind it
    known = min(as_of, str(complete.last_day))
    # Plans are read before anything long runs: a wrong file is said at once.
    budgets = together.budgets(settings)
    drivers = plans.read_drivers(settings.files(settings.drivers)) if settings.drivers else None
    allocation.check_plans(settings, drivers, budgets)
    invoices = entities.own_invoices(together.invoices(settings), settings)
    daily = daily_facts(settings, ledger, month, as_of, units, progress)
    notes = notes_of(settings, daily)
    lost = found_waste(settings, ledger, daily, month)
    if before:
        before(daily)
    scenarios = [settings.path(settings.scenario)] if settings.scenario else [None]
    if why := too_little(daily, known):
        asked = pipeline.Asked()
        runs, replays = [no_run(why, settings, known, sorted(set(daily["x_BusinessUnit"])))], []
        advice = None
    else:
        asked = pipeline.asked_of(settings, taken_actions.actions_of(settings), daily, known)
        runs = simulate.run_many(
            [
                *scenarios,
                *(settings.path(name) for name in settings.what_ifs),
                *(scenario for _, scenario in asked.scenarios),
            ],
            settings,
            as_of=known,
            paths=paths,
            daily=daily,
            progress=progress,
            engine=engine,
        )
        replays = accuracy.replay(
            scenarios[0],
            settings,
            daily,
            as_of=known,
            count=accuracy.how_many(len(runs[0].workloads)),
            progress=progress,
            engine=runs[0].engine,
            through=runs[0].months[-1],
            kept=None if anew else kept(settings),
        )
        advice = advised_for(settings, daily, known, runs[0].engine, progress)
    one_amount = taken.of(ledger)
    tie_out = reconcile.reconcile(
        ledger.totals_by_period(),
        invoices,
        month,
        quarantined=ledger.quarantine(details=True),
        not_billed=taken.of_month(one_amount, month, "Billed"),
    )
    return Close(
        company=settings.company,
        month=month,
        currency=settings.currency,
        daily=daily,
        as_of=as_of,
        base=runs[0],
        unfinished=runs[0].unfinished,
        complete=complete_lines(complete, month),
        allocation=allocation.of_month(
            settings,
            daily,
            drivers,
            month,
            as_of,
            budgets=budgets,
            run=runs[0],
            ledger=ledger,
            progress=progress,
        ),
        what_ifs=list(runs[1 : len(runs) - len(asked.scenarios)]),
        actions=taken_actions.section_of(settings, ledger, daily, known, asked, runs),
        replays=replays,
        budgets=budgets,
        drivers=drivers,
        carried=carried.choose(
            settings.unit_costs, drivers, daily, runs[0].follows, units_of(daily)
        ),
        tie_out=tie_out.as_brief(),
        tie_out_tolerance=settings.tie_out.tolerance,
        materiality=settings.materiality,
        ledger_rows=ledger.rows,
        ledger_all_time=str(taken.billed(ledger, one_amount).get(settings.currency, 0)),
        taken=[one.as_brief(month) for one in one_amount if one.currency == settings.currency],
        quarantined_rows=len(ledger.quarantine()),
        published=earlier(settings, month, reports),
        **last_reports(settings, month, reports),
        forecasts=grades.published(
            reports or settings.path(settings.reports), before=month, settings=settings
        ),
        people={"prepared_by": settings.prepared_by, "reviewed_by": settings.reviewed_by},
        said=restated.statements(reports or settings.path(settings.reports), month, settings),
        counted_twice=[one.as_dict() for one in twice.of(ledger) if one.period[:7] == month],
        billed_elsewhere=[
            line
            for line in reconcile.billed_elsewhere(ledger.files(), month)
            if line["currency"] == settings.currency
        ],
        lineage=lineage(settings, ledger, runs[0]),
        fiscal_year_starts=settings.fiscal_year_starts,
        calendar=settings.calendar_of() if settings.of_weeks else None,
        kpis=None if settings.kpis is None else tuple(settings.kpis),
        kpi_facts=kpi_facts.for_report(settings, ledger, daily, units_of(daily), month),
        by_prophet=prophet_alone.for_report(
            scenarios[0], settings, runs[0], daily, known, progress
        ),
        quality_card=gather.of_workspace(settings, ledger, daily, month, as_of, invoices),
        waste=lost,
        advice=advice,
        runouts=rows_of(settings, daily, known, runs[0]),
        dated_notes=[note.plain() for note in notes],
        once=tuple(note for note in notes if note.kind == ONCE),
        **page_one.of_workspace(settings, ledger, month),
    )


def briefs_of(close: Close, units: list[str]) -> list[Brief]:
    """The briefs of the units asked for; the company's carries a line per unit."""
    every = units_of(close.daily)
    briefs: dict[str, Any] = {unit: brief(close, unit) for unit in dict.fromkeys(units)}
    if COMPANY in briefs:
        briefs |= {unit: slim(close, unit) for unit in every if unit not in briefs}
        whole = company_lines(close, briefs, every)
        more = folded(close, whole["children"])
        briefs[COMPANY] = {**whole, "more_units": more} if more else whole
    return [briefs[unit] for unit in units]
