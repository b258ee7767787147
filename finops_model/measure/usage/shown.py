"""The usage of a workspace as one document: lines by name with their cost, machines, factors, what is not billed yet."""

from __future__ import annotations

import math

import pandas as pd

from ...facts import workspace
from ...facts.ledger.store import Ledger
from ...facts.usage.daily import daily_usage, one_view
from ...facts.usage.hours import DaySoFar, day_so_far
from ...facts.usage.store import UsageStore
from ...periods import check_month
from ...wording import money as in_words
from . import estimated, machines
from .joined import join
from .weights import prices_of


def of_workspace(settings, by: str = "model", month: str | None = None, progress=None) -> dict:
    """Usage by name, joined to the money of the ledger; files of `usage:` are taken in first.

    Returns {currency, by, month, meters, sums (unit: its meters), rows, utilisation, factors, unbilled, notes}, fit for JSON.
    """
    if month is not None:
        check_month(month, "--month")
    store = UsageStore(settings.path(settings.usage_facts))
    if settings.usage:
        store.ingest(
            settings.files(settings.usage), time_zone=settings.usage_time_zone, progress=progress
        )
    kept = store.table()
    whole, notes = one_view(daily_usage(kept, settings.time_zone))
    ledger = Ledger(settings.path(settings.ledger))
    bill = workspace.read_daily(settings) if ledger.rows else None
    last = str(bill.attrs.get("complete", "")) if bill is not None else ""
    usage, money = whole, bill
    if month is not None:
        usage = whole[whole["UsageDate"].str[:7] == month]
        if bill is not None:
            days = pd.to_datetime(bill["ChargeDate"]).dt.strftime("%Y-%m")
            money = bill[days == month]
    if not len(usage):
        return {**_empty(settings, by, month), "notes": notes}
    table = prices_of(settings)
    joined = join(usage, money, by, table)
    meters = sorted(set(usage["SkuMeter"]))
    factors = (
        estimated.factors(usage, money, settings.currency)
        if money is not None
        else pd.DataFrame(columns=["month", "x_Source", "estimated", "billed", "factor"])
    )
    if bill is None:
        notes.append("The ledger is empty: take the bill in to see what the use cost.")
    return {
        **_empty(settings, by, month),
        "meters": meters,
        "sums": {
            unit: sorted(set(part))
            for unit, part in usage.groupby("ConsumedUnit", sort=True)["SkuMeter"]
            if unit != "GPU-Hours"
        }
        | {meter.replace("_", " "): [meter] for meter in meters if meter.startswith("gpu_hours_")},
        "rows": [
            {
                "name": row["name"],
                "cost": _number(row["EffectiveCost"]),
                "basis": row["x_Basis"],
                **{meter: float(row.get(meter, 0.0)) for meter in meters},
            }
            for row in joined.rows.to_dict("records")
        ],
        "utilisation": [
            {key: value if key == "month" else _number(value) for key, value in row.items()}
            for row in machines.utilisation(usage, money).to_dict("records")
        ],
        "factors": factors.assign(
            effective=factors["billed"]
        )  # `billed` is its name of before, and is EffectiveCost
        .rename(columns={"x_Source": "source"})
        .to_dict("records"),
        "unbilled": _unbilled(
            whole, bill, last, settings.currency, month, table, day_so_far(kept, settings.time_zone)
        ),
        "notes": [*notes, *joined.notes],
    }


def _empty(settings, by: str, month: str | None) -> dict:
    return {
        "currency": settings.currency,
        "by": by,
        "month": month,
        "meters": [],
        "sums": {},
        "rows": [],
        "utilisation": [],
        "factors": [],
        "unbilled": {"days": 0},
        "notes": [],
    }


def _unbilled(
    usage, bill, last: str, currency: str, month: str | None, table=None, so_far=None
) -> dict:
    """What use behind the bill's last complete day will cost: an estimate."""
    if bill is None or not last:
        return {"days": 0}
    rows = estimated.estimate(usage, bill, last, currency, table=table, so_far=so_far)
    if month is not None:
        rows = rows[rows["UsageDate"].str[:7] == month]
    known = rows[rows["x_Estimate"].notna()]
    return {
        "days": int(rows["UsageDate"].nunique()),
        "after": last,
        "estimate": float(known["x_Estimate"].sum()),
        "marked": "estimate",
        "bases": {
            str(basis): float(part.sum()) for basis, part in known.groupby("x_Basis")["x_Estimate"]
        },
        "not_known": sorted(set(rows[rows["x_Estimate"].isna()]["x_Model"])),
        **_today(known, so_far),
    }


def _today(known: pd.DataFrame, so_far: DaySoFar | None) -> dict:
    """{"today": …} where the newest day is not over: the whole day, and where eight of ten such days would end."""
    if so_far is None or not (own := known["UsageDate"].eq(so_far.day)).any():
        return {}
    whole = float(known.loc[own, "x_Estimate"].sum())
    return {
        "today": {
            **vars(so_far),
            "so_far": whole * so_far.share,
            "estimate": whole,
            "estimate_low": whole * so_far.share / so_far.high,
            "estimate_high": whole * so_far.share / so_far.low,
            "marked": "estimate",
            "words": so_far.words(),
        }
    }


def _number(value) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def machine_line(line: dict) -> str:
    """A month of machines in a sentence.

    >>> machine_line({"month": "2026-09", "paid": 10.0, "allocated": 8.0, "used": None, "measured": None, "allocated_of_paid": 0.8})
    '2026-09: GPU hours paid 10, allocated 8; allocated of paid 80 %'
    """
    hours = [
        f"{name} {line[name]:,.6g}"
        for name in ("paid", "allocated", "measured", "used")
        if line[name] is not None
    ]
    shares = [
        f"{name.replace('_', ' ')} {line[name]:.0%}".replace("%", " %")
        for name in ("allocated_of_paid", "used_of_allocated", "used_of_measured", "used_of_paid")
        if line.get(name) is not None
    ]
    return "; ".join([f"{line['month']}: GPU hours {', '.join(hours)}", *shares])


def unbilled_line(told: dict) -> str:
    """What is not billed yet, in a sentence that says that it is an estimate."""
    part = told["unbilled"]
    days = "1 day" if part["days"] == 1 else f"{part['days']} days"
    lost = (
        f" Nothing is known of the cost of {', '.join(part['not_known'][:5])}."
        if part["not_known"]
        else ""
    )
    return (
        f"Estimate, not billed yet: {days} of use after {part['after']}: about {in_words(part['estimate'], told['currency'])} "
        f"({'; '.join(part['bases']) or 'no price'}).{lost}{today_words(told)}"
    )


def today_words(told: dict) -> str:
    """The estimate of a day that is not over, in a sentence; "" without one. `told` as `of_workspace` returns it."""
    day = told["unbilled"].get("today")
    if day is None:
        return ""
    low, middle, high = (
        in_words(day[name], told["currency"])
        for name in ("estimate_low", "estimate", "estimate_high")
    )
    return f" {day['words']}: an estimate of the whole day is {middle} ({low} to {high})."


def today_line(settings, bill: pd.DataFrame) -> str:
    """That sentence for a workspace, of the use that is kept; "" where the newest day of use is over, or is billed."""
    kept = UsageStore(settings.path(settings.usage_facts)).table()
    so_far, last = day_so_far(kept, settings.time_zone), str(bill.attrs.get("complete", ""))
    if so_far is None or not last or so_far.day <= last:
        return ""
    usage, _ = one_view(daily_usage(kept, settings.time_zone))
    table = prices_of(settings)
    unbilled = _unbilled(usage, bill, last, settings.currency, None, table, so_far)
    return today_words({"unbilled": unbilled, "currency": settings.currency}).strip()
