"""Who is paid: the month by vendor, beside the month before and the year to date (docs/method §9.33)."""

from __future__ import annotations

import pandas as pd

from ...periods import add_months
from ...wording import clean
from ..actuals import cost_rows
from ..close import Close
from ..reach import same_days
from .dates import in_month, in_year
from .types import VendorLine

NOT_STATED = "(not stated)"


def vendor_of(rows: pd.DataFrame) -> pd.Series:
    """The vendor of each row: ServiceProviderName, where a bill leaves it empty InvoiceIssuerName, else "(not stated)"."""
    provider, issuer = (
        rows[name].astype(str).str.strip() for name in ("ServiceProviderName", "InvoiceIssuerName")
    )
    named = provider.where(provider != "", issuer)
    return named.where(named != "", NOT_STATED)


def vendors(close: Close, unit: str) -> list[VendorLine]:
    """A line per vendor with cost in the month, the month before or the year; most of the month first. They add up to the unit's month.

    `previous` is of the same days where the month is not whole, None where the ledger begins later. EffectiveCost, money.
    """
    rows = cost_rows(close.daily, unit)
    if rows.empty:
        return []
    before = add_months(close.month, -1)
    sums = {}
    for name, own in (
        ("actual", in_month(rows, close.month)),
        ("previous", in_month(same_days(rows, close.month, close.as_of), before)),
        ("year_to_date", in_year(close, rows)),
    ):
        by_vendor = own["EffectiveCost"].groupby(vendor_of(own)).sum()
        sums[name] = {clean(key): 0.0 for key in by_vendor.index}
        for key, value in by_vendor.items():
            sums[name][clean(key)] += float(value)
    known = str(close.daily["ChargeDate"].min().date()) < f"{close.month}-01"
    whole = sum(sums["actual"].values())
    names = {name for each in sums.values() for name, value in each.items() if value}
    lines: list[VendorLine] = [
        {
            "vendor": name,
            "actual": sums["actual"].get(name, 0.0),
            "share": sums["actual"].get(name, 0.0) / whole if whole > 0 else None,
            "previous": sums["previous"].get(name, 0.0) if known else None,
            "year_to_date": sums["year_to_date"].get(name, 0.0),
        }
        for name in names
    ]
    return sorted(lines, key=lambda line: (-line["actual"], -line["year_to_date"], line["vendor"]))
