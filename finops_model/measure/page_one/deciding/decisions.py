"""Decisions with their last useful day: commitments that end, what-ifs that name a day, what runs out (docs/method §9.31).

Savings are path by path on the same futures; two decisions may save the same money, so they are never added.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ....names import COMPANY
from ....periods import add_months, month_days
from ....wording import clean, money
from ....wording.runout import certain
from ...close import Close
from ..dates import months_in_year
from ..types import DecisionDue
from .commitments_held import PREFIX, held, term, text_of, what_of
from .renewals import Renewal, renewal

DAYS_A_MONTH = 365 / 12
SMALL = 0.005  # money below half a cent is none
LEAST = 0.1  # of what a what-if moves in both years, for the next to be the one in which it acts
NEWEST = 28  # days whose use tells which unit a commitment covers
RUNS_OUT = {
    "prepaid": "Fill up the prepaid balance {}",
    "credit": "Plan for the end of the credit {}",
    "commitment": "Replace the commitment {}, which is used up",  # of an amount
    "quota": "Raise the quota of {}, or use less",
}


def decisions(close: Close, unit: str, materiality: Mapping) -> list[DecisionDue]:
    """What a unit, or the company, has to decide from the day of the data on, the soonest first.

    materiality   of a unit only what-ifs that move at least this much are its own (material.py)
    """
    found = [
        *_ends(close, unit),
        *_what_ifs(close, unit, materiality["least"] or SMALL),
        *(_runs_out(close) if unit == COMPANY else []),
    ]
    due = [one for one in found if one["by"] >= close.as_of]
    return sorted(due, key=lambda one: (one["by"], -(one["saves"] or 0.0), one["what"]))


def _due(**known: Any) -> DecisionDue:
    nothing: dict[str, Any] = {
        "period": None,
        "saves": None,
        "p10": None,
        "p90": None,
        "if_nothing": "",
        "owner": "",
        "source": "",
    }
    whole = {**nothing, **known}
    return {key: whole[key] for key in DecisionDue.__annotations__}  # type: ignore[return-value]


def _saves(period: str, saving: np.ndarray) -> dict:
    """Mean, P10 and P90 of a saving by path."""
    low, high = (float(value) for value in np.quantile(saving, [0.1, 0.9]))
    return {"period": period, "saves": float(saving.mean()), "p10": low, "p90": high}


# -- commitments that end


def _ends(close: Close, unit: str) -> list[DecisionDue]:
    inventory, months = close.inventory, close.base.months
    horizon = str(month_days(months[-1] if months else add_months(close.month, 12))[-1])
    found = []
    for record in inventory:
        days = term(record)
        if days is None or not close.as_of <= days[1] <= horizon or _followed(record, inventory):
            continue
        if unit != COMPANY and not _covers(close, record, unit):
            continue
        said: dict[str, Any] = {"what": f"Renew {_quoted(record)}, or let it end"}
        if unit == COMPANY:
            said = _renewed(close, record)
        found.append(
            _due(
                by=_last_useful(record, days[1]),
                kind="commitment ends",
                owner=text_of(record, "x_Owner"),
                source="the inventory of commitments",
                **said,
            )
        )
    return found


def _last_useful(record: Mapping, last: str) -> str:
    """The last day of a commitment, or so many days before as x_NoticeDays says."""
    try:
        notice = max(int(float(text_of(record, "x_NoticeDays") or 0)), 0)
    except (ValueError, OverflowError):
        notice = 0
    day = dt.date.fromisoformat(last[:10])
    notice = min(notice, (day - dt.date.min).days)  # longer ago than there are days is passed too
    return str(day - dt.timedelta(days=notice))


def _followed(record: Mapping, inventory: Iterable[Mapping]) -> bool:
    """Whether another signed commitment on the same follows it: then it is decided."""
    own, last = _on(record), term(record)
    if last is None:
        return False
    after = str((pd.Timestamp(last[1]) + pd.Timedelta(days=1)).date())
    for other in inventory:
        days = term(other)
        later = other is not record and days and days[0] <= after and days[1] > last[1]
        if later and _on(other) == own:
            return True
    return False


def _on(record: Mapping) -> tuple:
    return tuple(text_of(record, name) for name in ("x_SkuIds", "x_ServiceName", f"{PREFIX}Unit"))


def _covers(close: Close, record: Mapping, unit: str) -> bool:
    """Whether a unit used a commitment in the newest days."""
    rows = close.daily
    rows = rows[
        (rows["CommitmentDiscountId"] == record.get(f"{PREFIX}Id"))
        & (rows["CommitmentDiscountStatus"] == "Used")
        & (rows["ChargeDate"] > pd.Timestamp(close.as_of) - pd.Timedelta(days=NEWEST))
    ]
    return bool((rows["x_BusinessUnit"] == unit).any())


def _quoted(record: Mapping) -> str:
    return f"“{what_of(record) or text_of(record, f'{PREFIX}Id')}”"


def _renewed(close: Close, record: Mapping) -> dict:
    """What renewing saves in the fiscal year in which it acts, and what its end costs."""
    done: Renewal | None = None
    period = ""
    for ahead in (1, 0):
        if (year := months_in_year(close, ahead)) is None:
            continue
        period = year[0]
        done = renewal(close.base.dials or {}, record, close.base.months, year[1])
        if done is not None:
            break
    unit = text_of(record, f"{PREFIX}Unit") or "units"
    if done is None:
        return {
            "what": f"Renew {_quoted(record)} as it is, or let it end",
            "if_nothing": _on_demand(close, record),
        }
    much = held(done.held, unit)
    a_month = done.as_held / done.months
    more = f"+{money(a_month, close.currency)}" if a_month >= 0 else money(a_month, close.currency)
    nothing = f"{much} {'goes' if done.held == 1 else 'go'} on demand: {more} a month"
    if not done.quantity:
        return {
            "what": f"Let {_quoted(record)} end: renewed at its terms it would save nothing",
            "if_nothing": nothing,
        }
    size = "as it is" if done.quantity == done.held else f"with {held(done.quantity, unit)}"
    return {
        "what": f"Renew {_quoted(record)} {size} at its terms",
        "if_nothing": nothing,
        **_saves(period, done.saving),
    }


def _on_demand(close: Close, record: Mapping) -> str:
    """What the end of a commitment costs a month by its newest use; '' where the bill does not say."""
    name = text_of(record, f"{PREFIX}Id")
    for row in close.runouts:
        if row["kind"] == "commitment" and row["name"] == name and row["short"]:
            return f"its use goes on demand: +{money(row['short'] * DAYS_A_MONTH, close.currency)} a month"
    return ""


# -- what-ifs


def _what_ifs(close: Close, unit: str, least: float) -> list[DecisionDue]:
    found = []
    for run, one in zip(close.what_ifs, close.due):
        if not one["by"]:
            continue
        said = _less(close, run, unit)
        if unit != COMPANY and (said is None or abs(said["saves"]) < least):
            continue  # it is not the unit's
        found.append(
            _due(
                by=one["by"],
                what=clean(run.name),
                kind="what-if",
                owner=clean(one["owner"]),
                source=clean(one["source"]),
                **(said or {}),
            )
        )
    return found


def _less(close: Close, run, unit: str) -> dict | None:
    """What a what-if saves in the next fiscal year, or in this one where it acts there nearly alone; None where it moves nothing."""
    base = close.base
    if run.months != base.months or len(run.effective) != len(base.effective):
        return None
    saving = _by_month(base, unit) - _by_month(run, unit)
    years = [year for ahead in (1, 0) if (year := months_in_year(close, ahead))]
    totals = [(name, saving @ shares) for name, shares in years]
    moved = [float(np.abs(total).mean()) for _, total in totals]
    for (name, total), size in zip(totals, moved):
        if size >= SMALL and size >= LEAST * sum(moved):
            return _saves(name, total)
    return None


def _by_month(run, unit: str) -> np.ndarray:
    """(path, month) of a unit, or of the company."""
    if unit == COMPANY:
        return run.effective.sum(axis=2)
    if unit not in run.units:
        return np.zeros(run.effective.shape[:2])
    return run.effective[:, :, run.units.index(unit)]


# -- what runs out


def _runs_out(close: Close) -> list[DecisionDue]:
    """Balances, credits and quotas by the earliest day of their range; the day that nothing is left on is no decision."""
    found = []
    for row in close.runouts:
        if row.get("kind") not in RUNS_OUT or row["state"] != "running" or not row["earliest"]:
            continue
        if certain(row):  # a contract that ends: `_ends` has it
            continue
        found.append(
            _due(
                by=row["earliest"],
                what=RUNS_OUT[row["kind"]].format(clean(row["name"])),
                kind="runs out",
                if_nothing=_unpaid(row, close.currency),
                owner=clean(row["owner"]),
                source="what runs out",
            )
        )
    return found


def _unpaid(row: Mapping, currency: str) -> str:
    """Use that nothing pays for, in money; '' where it is not known or none."""
    if not row["short"] or row["short"] < SMALL:
        return ""
    if row["kind"] == "quota":
        return (
            f"{money(row['short'], currency)} of use lies beyond it this {row['per'] or 'period'}"
        )
    until = "by its end" if row["end"] else "in a month after it"
    return f"nothing pays for {money(row['short'], currency)} of use {until}"
