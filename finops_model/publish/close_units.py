"""Which month and day a command stands on (docs/method §14.1); which units get a report, and how long that takes (§15.30)."""

from __future__ import annotations

import os
from collections.abc import Callable

import pandas as pd

from ..errors import InputError, LedgerError, unknown
from ..facts.ledger.store import Ledger
from ..measure import actuals
from ..measure.units import UNASSIGNED, by_cost
from ..names import COMPANY, slug
from ..periods import check_day, check_month, month_days, month_name, month_of, month_range
from ..settings import Settings

RENDER, WORKLOAD, REST = (
    4.0,
    0.12,
    6.0,
)  # seconds of one processor for a report, for a workload's forecasts and replays, for the rest


def pick_month(
    ledger: Ledger, month: str | None, newest: bool = False, time_zone: str = "UTC"
) -> tuple[str, str]:
    """(month, as_of): the month asked for, or the newest complete one (`newest`: the newest that every source still billing has reached).

    as_of is the newest day of the month to which every such source is complete; where one of them has not reached the month, the newest day
    of any other.
    """
    reach = ledger.complete(time_zone)
    last = str(reach.last_day)
    known = month_range(month_of(reach.first_day), month_of(reach.newest))
    if month is None:
        complete = [
            m
            for m in known
            if str(month_days(m)[-1]) <= last and not reach.missing(month_days(m)[-1])
        ]
        month = month_of(last) if newest or not complete else complete[-1]
    check_month(month)
    if month not in known:
        raise LedgerError(
            f"{month}: the ledger has no data for {month_name(month)}; it holds {month_name(known[0])} to "
            f"{month_name(known[-1])}. Choose one of these months, or take the missing bill in: finops ingest FILE."
        )
    return month, min(
        str(month_days(month)[-1]), last if last >= f"{month}-01" else str(reach.newest)
    )


def check_as_of(
    ledger: Ledger, as_of: str | None, time_zone: str = "UTC", month: str | None = None
) -> str:
    """The day that a command stands on: `as_of` if the ledger is complete to it, that of the report of `month`, else the newest complete day.

    Raises InputError or LedgerError, in the same words for every command.
    """
    if as_of is not None and month is not None:
        raise InputError(
            "--as-of is a day, and --month is the last day of a month's report. Give one of them."
        )
    if month is not None:
        return min(
            pick_month(ledger, month, time_zone=time_zone)[1],
            str(ledger.complete(time_zone).last_day),
        )
    if as_of is None:
        return pick_month(ledger, None, newest=True, time_zone=time_zone)[1]
    reach = ledger.complete(time_zone)
    if not str(reach.first_day) <= check_day(as_of, "--as-of") <= str(reach.last_day):
        raise LedgerError(
            f"--as-of {as_of}: the ledger has complete data from {reach.first_day} to {reach.last_day}. Choose a day in between."
        )
    return as_of


def up_to(daily: pd.DataFrame, day: str, asked: bool = True) -> pd.DataFrame:
    """DAILY as a report of that day has it; all of it where no day was asked for."""
    return daily[daily["ChargeDate"] <= pd.Timestamp(day)] if asked else daily


def units_of(daily: pd.DataFrame) -> list[str]:
    """Business units that have cost, sorted; empty where there is no division into units. Tax and credits alone make no unit."""
    names = sorted(set(actuals.cost_rows(daily)["x_BusinessUnit"]) - {"All"})
    return names if len(names) > 1 else []


def pick_units(
    daily: pd.DataFrame, asked: list[str] | None, most: str | int | list[str] = "all"
) -> list[str]:
    """The units to report on, the company first; an unknown unit is an error with the nearest name.

    asked   names of the command line; nothing: what `most` says
    most    finops.yaml `units`: "all", how many of those that carry most cost, or names
    """
    known, where = [COMPANY, *units_of(daily)], "--unit"
    if not asked:
        own = [
            unit for unit in known[1:] if unit != UNASSIGNED
        ]  # nobody's page; it stands in the company's table of units
        if most == "all":
            return [COMPANY, *own]
        if isinstance(most, int):
            first = set(by_cost(daily, own)[:most])
            return [COMPANY, *(unit for unit in own if unit in first)]
        asked, where = [COMPANY, *(unit for unit in most if unit != COMPANY)], "finops.yaml: units"
    chosen = []
    for name in asked:
        match = (
            [name]
            if name in known
            else [unit for unit in known if name.casefold() in (unit.casefold(), slug(unit))]
        )
        if not match:
            raise LedgerError(unknown(where, "unit", name, known))
        chosen += [unit for unit in match if unit not in chosen]
    return chosen


def pick_unit(daily: pd.DataFrame, asked: str | None) -> str:
    """The one unit asked for, the company where none is. Raises LedgerError for a name that is unknown, or that means several units."""
    if asked is None:
        return COMPANY
    match = pick_units(daily, [asked])
    if len(match) > 1:
        raise LedgerError(
            f"--unit: '{asked}' means {' and '.join(match)}. Write the one you mean as it stands there."
        )
    return match[0]


def how_many(
    daily: pd.DataFrame,
    settings: Settings,
    asked: list[str] | None,
    workers: int,
    fast: bool = False,
    left_out: Callable[[str], bool] = lambda unit: False,
) -> str:
    """Reports to come, how long they take, and the units without one; in words, before the long part.

    left_out  whether a unit was left out by name
    """
    chosen = [unit for unit in pick_units(daily, asked, settings.units) if not left_out(unit)]
    side = max(1, min(workers, len(chosen), os.cpu_count() or 1))
    seconds = (
        REST
        + WORKLOAD * daily["x_Workload"].nunique()
        + RENDER * (0.5 if fast else 1) * len(chosen) / side
    )
    text = f"{len(chosen)} {'report' if len(chosen) == 1 else 'reports'}, {about(seconds)}"
    others = sum(
        unit not in {*chosen, UNASSIGNED} and not left_out(unit) for unit in set(units_of(daily))
    )
    if others and not asked:
        text += (
            f"; {others} {'unit is a line' if others == 1 else 'more units are lines'} in the company's table "
            "(`units:` in finops.yaml changes that: all, a number, or names)"
        )
    return text + "."


def about(seconds: float) -> str:
    """A time in words, rounded up so that it is a promise.

    >>> about(12), about(64), about(400)
    ('about 20 seconds', 'about 1 minute', 'about 7 minutes')
    """
    if seconds <= 50:
        return f"about {max(10, -int(-seconds // 10) * 10)} seconds"
    minutes = max(1, round(seconds / 60))
    return f"about {minutes} {'minute' if minutes == 1 else 'minutes'}"
