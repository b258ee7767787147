"""Unit costs of coming months: costs of the base on its futures over counts of drivers on theirs (docs/method §16.51 to §16.53)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...decide.outlook.unit_costs_ahead import Line, told
from ...decide.questions.answer import Answer
from ...decide.questions.unit_costs import of_month
from ...errors import ForecastError, InputError, unknown
from ...facts.plans.read import read_drivers
from ...forecasting.result import Forecast
from ...measure import carried
from ...measure.actuals import cost_rows
from ...measure.kpis import Facts, Part, gross_margin
from ...measure.kpis.cost_per_driver import parts
from ...measure.outlook import margin
from ...measure.outlook.paths import tie_of, tied
from ...names import COMPANY
from ...periods import month_days, month_of, months_between
from ...progress import Progress
from ...publish import close
from ...scenario.document import load_scenario, resolve
from ...scenario.ledger_base import read_facts
from ...settings import Settings
from ...simulate import scenarios as simulate
from ...simulate.compile.demand_paths import driver_factor
from ..forecasting.forecasts import forecast
from .paths import ahead

GOODS = "\0goods"  # the group of cost of goods sold: the name of no driver
STALE = 31  # days after which counts are too old to go on from


def unit_costs_ahead(
    settings: Settings,
    *,
    only: str | None = None,
    unit: str | None = None,
    as_of: str | None = None,
    paths: int | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Cost per unit of business in coming months, P10 to P90, each line as `finops kpi` tells it of actual months.

    only    one line by its name; unit: a business unit; paths: futures, None: the base's

    Raises InputError where there are no drivers, none of that name, or none that can be forecast; LedgerError and ScenarioError
    as a run does.
    """
    if not settings.drivers:
        raise InputError(
            "finops.yaml: drivers: no file of drivers is named, so there is no count ahead to divide by. Add one: finops add drivers FILE."
        )
    ledger = close.books(settings, progress)
    day = close.check_as_of(ledger, as_of, settings.time_zone, None)
    every = simulate.read_daily(settings)
    carried.check(settings.unit_costs, every)
    daily = close.up_to(every, day, bool(as_of))
    whose = close.pick_unit(daily, unit)
    counts = read_drivers(settings.files(settings.drivers))
    counts = counts[counts["date"] <= np.datetime64(day)]
    scenario = load_scenario(settings.path(settings.scenario) if settings.scenario else None)
    facts = read_facts(daily, settings, day)
    resolved = resolve(scenario, settings=settings, facts=facts)
    follows = {name: one.get("driver") or "" for name, one in resolved.tree["workloads"].items()}
    own = carried.choose(settings.unit_costs, counts, daily, follows, close.units_of(daily))
    own = {name: one for name, one in own.get(whose, {}).items() if one.shown}
    rows = cost_rows(daily)
    rows = rows if whose == COMPANY else rows[rows["x_BusinessUnit"] == whose]
    names = [
        str(name) for (name, _), _ in counts.groupby(["name", "unit"], sort=True) if name in own
    ]
    lines = dict(zip(names, parts(Facts(rows, counts, own, settings.currency)), strict=True))
    margin_line = _margin(settings, every, rows, counts) if whose == COMPANY else None
    if only is not None:
        titles = [part.name for part in lines.values()]
        titles += [margin_line.name] if margin_line else []
        if only.casefold() not in {title.casefold() for title in titles}:
            raise InputError(unknown("--kpi", "unit cost", only, titles))
        asked = {name: p for name, p in lines.items() if p.name.casefold() == only.casefold()}
        margin_line = None if asked else margin_line
        lines = asked
    if not lines and margin_line is None:
        raise InputError(
            f"no driver is carried by {'the company' if whose == COMPANY else whose}. Name the drivers of it under unit_costs of finops.yaml."
        )
    groups: dict = {name: own[name].workloads or () for name in lines}
    if margin_line is not None and settings.cogs is not None:
        groups[GOODS] = margin.shares(rows, settings.cogs, follows)
    ground = ahead(
        settings,
        groups,
        units={name: own[name].unit for name in lines if own[name].unit != COMPANY},
        as_of=as_of,
        paths=paths,
        progress=progress,
    )
    run = ground.run
    assert run is not None  # nothing bounds how far it looks
    if run.nothing or not ground.months:
        raise ForecastError(
            f"{' '.join(run.nothing or ('nothing is simulated.',))} A unit cost ahead needs a forecast."
        )
    whole = _whole_months(counts, facts.dates)
    shown, notes = [], list(ground.notes)
    if margin_line is not None and settings.cogs is not None:
        lines = {**lines, GOODS: margin_line}
    for g, (name, part) in enumerate(lines.items()):
        drives = own.get(name, carried.Drives()) if name != GOODS else carried.Drives()
        cost = ground.cost[:, :, g]
        if drives.workloads is None and name != GOODS:
            cost = (
                run.effective.sum(axis=2)
                if drives.unit == COMPANY
                else run.effective[:, :, run.units.index(drives.unit)]
            )
        counted = settings.cogs.revenue if name == GOODS and settings.cogs else name
        series = counts[counts["name"] == counted].groupby("date")["value"].sum()
        try:
            count = _counts_ahead(
                settings, resolved, counted, series, ground.months, run.paths, day
            )
        except (ForecastError, InputError) as problem:
            notes.append(f"{part.name}: not told ahead. {problem}")
            continue
        months = whole.get(counted, [])
        columns = [
            i
            for i, w in enumerate(facts.names)
            if drives.workloads is None or w in drives.workloads
        ]
        volume = facts.volume[:, columns].sum(axis=1)
        at = facts.dates.astype("datetime64[M]")
        rho, pairs = tie_of(
            [float(volume[at == np.datetime64(month, "M")].sum()) for month in months],
            [float(series[series.index.strftime("%Y-%m") == month].sum()) for month in months],
        )
        actual = _newest(part, day)
        paired = tied(count, cost, rho, run.seed, counted)
        shown.append(
            Line(
                name=part.name,
                unit=part.unit,
                of=part.of,
                cost=paired - cost if name == GOODS else cost,  # of the margin what is left
                count=paired,
                tie=rho,
                pairs=pairs,
                actual=actual,
            )
        )
    if not shown:
        raise InputError("\n".join(notes))
    return told(
        shown,
        ground.months,
        currency=settings.currency,
        whose="the company" if whose == COMPANY else whose,
        as_of=day,
        paths=run.paths,
        notes=notes,
    )


def _margin(
    settings: Settings, every: pd.DataFrame, rows: pd.DataFrame, counts: pd.DataFrame
) -> Part | None:
    """Gross margin by day as the KPI has it; None where there is no policy, or no revenue yet."""
    if settings.cogs is None:
        return None
    margin.check(settings.cogs, cost_rows(every))
    known = Facts(
        rows,
        counts,
        {},
        settings.currency,
        sales=margin.sales_of(settings.cogs, counts),
        goods=rows[margin.classes(rows, settings.cogs) != margin.RESEARCH],
    )
    return next(iter(gross_margin.parts(known)), None)


def _whole_months(counts: pd.DataFrame, dates: np.ndarray) -> dict[str, list[str]]:
    """Driver -> months that both the bill's history and its counts have whole."""
    whole: dict[str, list[str]] = {}
    for name, rows in counts.groupby("name"):
        first = max(rows["date"].min(), pd.Timestamp(dates[0]))
        last = min(rows["date"].max(), pd.Timestamp(dates[-1]))
        months = pd.period_range(first, last, freq="M") if first <= last else []
        whole[str(name)] = [
            str(month)
            for month in months
            if month.start_time >= first and month.end_time.normalize() <= last
        ]
    return whole


def _counts_ahead(
    settings: Settings,
    resolved,
    name: str,
    series: pd.Series,
    months: tuple[str, ...],
    paths: int,
    day: str,
) -> np.ndarray:
    """Counts of a driver by path and month: what was counted of a month, and the forecast of the rest with the scenario's changes of it.

    Raises ForecastError, InputError where it cannot be told.
    """
    last = series.index.max()
    late = (pd.Timestamp(day) - last).days
    if late > STALE:
        raise InputError(
            f"Its counts end on {last.date()}, {late} days before the bill does; at most {STALE} are bridged. Add newer counts."
        )
    end = pd.Timestamp(month_days(months[-1])[-1])
    ahead_of = forecast(
        series,
        int((end - last).days),
        paths=paths,
        seed=settings.seed,
        methods=settings.methods,
        settling_days=0,
    )
    assert isinstance(ahead_of, Forecast)  # a series gives one
    factor = driver_factor(resolved, name, ahead_of.dates)
    if factor is None:
        raise InputError(
            f"The base scenario changes drivers/{name} by numbers that are not certain. Write certain ones to have it told."
        )
    at = np.array([months_between(months[0], month_of(date)) for date in ahead_of.dates])
    inside = at >= 0
    totals = np.zeros((paths, len(months)))
    values = ahead_of.paths * factor
    for m in range(len(months)):
        totals[:, m] = values[:, inside & (at == m)].sum(axis=1)
    booked = series[series.index >= np.datetime64(months[0], "D")]
    for date, value in booked.items():
        totals[:, months_between(months[0], month_of(np.datetime64(date, "D")))] += float(value)
    return totals


def _newest(part, day: str) -> tuple[str, float] | None:
    """The newest whole month with a value, and the value."""
    months = sorted(set(part.numerator.index.strftime("%Y-%m")), reverse=True)
    for month in months[:13]:
        said = of_month(part, month)
        if said and said["days"] == said["of_days"]:
            return month, said["value"]
    return None


__all__ = ["unit_costs_ahead"]
