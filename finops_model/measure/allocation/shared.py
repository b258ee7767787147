"""Shared cost of a month by the rules of finops.yaml: what each team bears, to the cent (docs/method §13.64)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import InputError, unknown
from ...facts.daily.allocate import UNTAGGED, organisation_of
from ...facts.daily.shared_cost import FIXED, USAGE, Charged, Rule, charge, in_coins
from ...periods import MONTH, Calendar, Period, month_name
from ...prices.settle.cents import digits
from ...settings import Pool, Settings, SharedCost, column_of
from .. import actuals
from .types import Shared, SharedLine

WHERE = "finops.yaml: shared_cost"
KINDS = ("own", "shared", "idle", "unused")
CENTRAL = ("", "central")


@dataclass(frozen=True)
class Borne:
    """Who bears the cost of a period, in whole coins.

    rows    cost rows of DAILY in the period;  idle: which of them are idle capacity, None: none
    found   exact amounts;  cells: (team, kind of KINDS) and CENTRAL -> money in whole coins, adding up to `whole`
    """

    rows: pd.DataFrame
    idle: pd.Series | None
    found: Charged
    cells: dict[tuple[str, str], Decimal]
    whole: Decimal


def check(settings: Settings, daily: pd.DataFrame) -> None:
    """Every team and column that `shared_cost` names is there. Raises InputError with the nearest.

    daily    all of it: a team may have its cost in another month. Of an entity teams are not checked: it may have none of them.
    """
    asked = settings.shared_cost
    if not asked.moves:
        return
    teams = {*map(str, daily["x_Team"].unique()), *(organisation_of(settings) or {})} - {UNTAGGED}
    for name, pool in asked.pools.items() if settings.own is None else ():
        for team in (name, *pool.shares, *pool.drivers):
            if team not in teams:
                raise InputError(unknown(f"{WHERE}/pools/{name}", "team", team, sorted(teams)))
    _idle(daily.iloc[:0], asked, settings)


def check_drivers(settings: Settings, drivers: pd.DataFrame | None) -> None:
    """Every driver that `shared_cost` names is counted. Raises InputError with the nearest."""
    counted = [] if drivers is None else sorted(set(drivers["name"]))
    for name, pool in settings.shared_cost.pools.items():
        for driver in pool.drivers.values():
            if driver not in counted:
                do = "" if counted else "Name files of drivers in finops.yaml (drivers:)."
                raise InputError(
                    unknown(f"{WHERE}/pools/{name}/drivers", "driver", driver, counted, do)
                )


def of_month(
    settings: Settings, daily: pd.DataFrame, drivers: pd.DataFrame | None, month: str, as_of: str
) -> Shared | None:
    """The brief's `allocation/shared`; None where no team bears another cost than its own.

    daily    DAILY up to as_of;  drivers: date, name, value
    """
    if not settings.shared_cost.moves:
        return None
    return table(
        settings, borne(settings, daily, drivers, Calendar().period_of(f"{month}-01"), as_of)
    )


def borne(
    settings: Settings,
    daily: pd.DataFrame,
    drivers: pd.DataFrame | None,
    period: Period,
    as_of: str,
) -> Borne:
    """Who bears the cost of a period by the rules of finops.yaml; without rules every team its own.

    daily    DAILY up to as_of;  drivers: date, name, value
    """
    asked = settings.shared_cost
    rows = actuals.cost_rows(daily)
    days = rows["ChargeDate"]
    inside = (days >= pd.Timestamp(period.start)) & (days < pd.Timestamp(period.end))
    rows = rows[inside].reset_index(drop=True)
    known = [str(period.start + n) for n in range(period.days)]
    known = [day for day in known if day <= as_of]
    name = month_name(period.name) if MONTH.fullmatch(period.name) else period.name
    rules = {
        pool: _rule(one, rows, drivers, known, name, set(asked.pools))
        for pool, one in asked.pools.items()
    }
    coins = digits(settings.currency)
    idle = _idle(rows, asked, settings)
    found = charge(
        rows,
        pools=rules,
        idle=asked.idle,
        idle_rows=idle,
        unused_commitment=asked.unused_commitment,
        digits=coins,
    )
    whole = Decimal(repr(math.fsum(rows["EffectiveCost"])))
    whole = whole.quantize(Decimal(1).scaleb(-coins), ROUND_HALF_UP)
    return Borne(rows, idle, found, _cells(found, whole, coins), whole)


def table(settings: Settings, borne: Borne) -> Shared:
    """The brief's `allocation/shared`: a line per team, and how each pool was given out."""
    found, cells, whole = borne.found, borne.cells, borne.whole
    coin = Decimal(1).scaleb(-digits(settings.currency))
    return {
        "pools": [
            {
                "pool": name,
                "how": pool.how,
                "used": found.used.get(name, pool.how),
                "cost": f"{found.given[name].quantize(coin, ROUND_HALF_UP):f}",
            }
            for name, pool in settings.shared_cost.pools.items()
        ],
        "lines": _lines(found, cells),
        "central": f"{cells[CENTRAL]:f}",
        "total": f"{whole:f}",
        "said": [text[:1].upper() + text[1:] for text in found.said],
    }


def _cells(found: Charged, whole: Decimal, coins: int) -> dict[tuple[str, str], Decimal]:
    """Every amount of the table in whole coins: with what is central they add up to the month."""
    exact = {
        (name, kind): line[kind]
        for name, line in found.lines.items()
        for kind in KINDS
        if line[kind]
    }
    return in_coins(exact | {CENTRAL: found.central}, whole, coins)


def _lines(found: Charged, cells: dict[tuple[str, str], Decimal]) -> list[SharedLine]:
    """A line per team, most first, what has no team last."""
    zero = 0 * cells[CENTRAL]
    each = {name: {kind: cells.get((name, kind), zero) for kind in KINDS} for name in found.lines}
    totals = {name: sum(line.values(), zero) for name, line in each.items()}
    order = sorted(each, key=lambda name: (name == UNTAGGED, -totals[name], name))
    return [
        {
            "team": "" if name == UNTAGGED else name,
            "own": f"{each[name]['own']:f}",
            "shared": f"{each[name]['shared']:f}",
            "idle": f"{each[name]['idle']:f}",
            "unused": f"{each[name]['unused']:f}",
            "total": f"{totals[name]:f}",
        }
        for name in order
    ]


def _rule(
    pool: Pool,
    rows: pd.DataFrame,
    drivers: pd.DataFrame | None,
    days: list[str],
    period: str,
    pools: set[str],
) -> Rule:
    """How a pool is given out in a period: its shares, or the use that is known of each of its days."""
    if pool.how == FIXED:
        return Rule(
            FIXED, fixed={name: Decimal(repr(part)) / 100 for name, part in pool.shares.items()}
        )
    if pool.how != USAGE:
        return Rule(pool.how)
    if pool.quantity:
        used = rows[(rows["ConsumedUnit"] == pool.quantity)]
        used = used[~used["x_Team"].isin([*pools, UNTAGGED])]
        sums = used.groupby("x_Team")["ConsumedQuantity"].sum()
        usage = {str(name): Decimal(repr(float(value))) for name, value in sums.items()}
        none = f"no team used {pool.quantity} in {period}"
        return Rule(USAGE, usage=usage, fault="" if usage else none)
    usage, faults = {}, []
    for team, driver in pool.drivers.items():
        counts = drivers[drivers["name"] == driver] if drivers is not None else pd.DataFrame()
        counts = counts[counts["date"].isin(pd.to_datetime(days))] if len(counts) else counts
        if len(counts) < len(days):
            faults.append(f"{driver} counts {len(counts)} of {len(days)} days")
        else:
            usage[team] = Decimal(repr(math.fsum(counts["value"])))
    return Rule(USAGE, usage=usage, fault=", ".join(faults))


def _idle(rows: pd.DataFrame, asked: SharedCost, settings: Settings) -> pd.Series | None:
    """Which rows are idle capacity; None where nothing says it. Raises InputError for a column that daily facts have not."""
    if not asked.idle_when:
        return None
    own = ("team", "environment", "workload", "business_unit", "model")
    names = {name: column_of(name) for name in (*own, *settings.dimensions)}
    texts = [name for name in rows if pd.api.types.is_string_dtype(rows[name])]
    fits = pd.Series(True, rows.index)
    for name, wanted in asked.idle_when.items():
        column = names.get(name, name)
        if column not in texts:
            at = f"{WHERE}/idle_when"
            raise InputError(unknown(at, "column", name, [*names, *texts]))
        if isinstance(wanted, (str, list)):
            fits &= rows[column].isin([wanted] if isinstance(wanted, str) else wanted)
            continue
        try:
            found = pc.match_substring_regex(
                pa.array(rows[column].tolist(), pa.string()), wanted.regex
            )
        except pa.ArrowInvalid as problem:
            why = str(problem).partition(": ")[2].partition("\n")[0] or str(problem)
            raise InputError(
                f"{WHERE}/idle_when/{name}: '{wanted.regex}' is no regular expression that can be used: "
                f"{why}. RE2 has no look-around and no back references; write it without."
            ) from None
        fits &= pd.Series(found.to_pylist(), rows.index, dtype=bool)
    return fits
