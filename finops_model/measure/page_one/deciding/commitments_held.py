"""Commitments in force at the end of the month: when they end, what they cost, what of them nobody used (docs/method §9.32)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ....periods import days_between, is_date, month_days
from ....prices.settle.hourly import LIVE
from ....wording import clean, money
from ...actuals import cost_rows
from ...close import Close
from ..dates import in_month, in_year
from ..types import CommitmentHeld

PREFIX = "ContractCommitment"


def text_of(record: Mapping, name: str) -> str:
    """A column of a record as text on one line; '' where it has none."""
    value = record.get(name)
    return "" if value is None else clean(value)


def term(record: Mapping) -> tuple[str, str] | None:
    """(first day, last day) of a record that binds, ends of FOCUS being exclusive; None of one that does not, or without an end.

    >>> term({"ContractCommitmentPeriodStart": "2026-01-01", "ContractCommitmentPeriodEnd": "2027-01-01T00:00:00Z"})
    ('2026-01-01', '2026-12-31')
    """
    status = text_of(record, f"{PREFIX}LifecycleStatus") or "Active"
    start, end = (text_of(record, f"{PREFIX}Period{word}")[:10] for word in ("Start", "End"))
    if status not in LIVE or len(end) != len("YYYY-MM-DD") or not is_date(end):
        return None
    if len(start) != len(end) or not is_date(start):
        start = "0001-01-01"
    return start, str((pd.Timestamp(end) - pd.Timedelta(days=1)).date())


def held(quantity: float, unit: str) -> str:
    """What is held of a commitment, in words.

    >>> held(40, "GPU-hours"), held(1, "vCPU-hours"), held(12.5, "USD"), held(3, "units")
    ('40 GPUs an hour', '1 vCPU an hour', '$12.50 an hour', '3 units an hour')
    """
    if len(unit) == 3 and unit.isupper():
        return f"{money(quantity, unit)} an hour"
    each = unit.removesuffix("-hours").removesuffix("-Hours")
    many = "" if quantity == 1 or each == unit else "s"
    return f"{quantity:,.10g} {each}{many} an hour"


def what_of(record: Mapping) -> str:
    """What a commitment is: its description, else its quantity."""
    if described := text_of(record, f"{PREFIX}Description"):
        return described
    try:
        return held(
            float(text_of(record, f"{PREFIX}Quantity")), text_of(record, f"{PREFIX}Unit") or "units"
        )
    except ValueError:
        return text_of(record, f"{PREFIX}Type")


def commitments(close: Close) -> list[CommitmentHeld]:
    """A line for each commitment in force at the month's end or ended in it, the soonest end first.

    What the bill's rows with its CommitmentDiscountId say: `used` and `unused` are None where none of the month has a
    CommitmentDiscountStatus, `cost` where none has its name.
    """
    first = f"{close.month}-01"
    last = min(close.as_of, str(month_days(close.month)[-1]))
    rows = cost_rows(close.daily)
    rows = rows[rows["CommitmentDiscountId"] != ""]
    of_month, of_year = in_month(rows, close.month), in_year(close, rows)
    lines: list[CommitmentHeld] = []
    for record in close.inventory:
        name, days = text_of(record, f"{PREFIX}Id"), term(record)
        if days is None or days[0] > last or days[1] < first:
            continue
        mine = of_month[of_month["CommitmentDiscountId"] == record.get(f"{PREFIX}Id")]
        year = of_year[of_year["CommitmentDiscountId"] == record.get(f"{PREFIX}Id")]
        used, unused = _status(mine, "Used"), _status(mine, "Unused")
        paid = (used or 0.0) + (unused or 0.0)
        lines.append(
            {
                "name": name,
                "what": what_of(record),
                "vendor": text_of(record, "ServiceProviderName")
                or text_of(record, "InvoiceIssuerName"),
                "ends": days[1],
                "days_left": max(days_between(last, days[1]), 0),
                "cost": float(mine["EffectiveCost"].sum()) if len(mine) else None,
                "used": used / paid if used is not None and paid > 0 else None,
                "unused": unused,
                "unused_year_to_date": _status(year, "Unused"),
            }
        )
    return sorted(lines, key=lambda line: (line["ends"], line["name"]))


def _status(rows: pd.DataFrame, status: str) -> float | None:
    """EffectiveCost of the rows of a status; None where the bill says no status of any."""
    known = rows[rows["CommitmentDiscountStatus"].isin(["Used", "Unused"])]
    if known.empty:
        return None
    return float(known.loc[known["CommitmentDiscountStatus"] == status, "EffectiveCost"].sum())
