"""Use that is billed in another period than it was used in: why a month by use is not the invoice of its billing period (docs/method §13.22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import LedgerError, listing, nearest
from ...periods import check_month, month_name
from .receipt import trimmed

READ = [
    "x_Period",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "BillingCurrency",
    "BilledCost",
]


def pick_period(periods: pd.DataFrame, invoices: pd.DataFrame | None, month: str | None) -> str:
    """The billing period asked for, or the newest in the ledger. Raises LedgerError for one that neither ledger nor invoices know.

    periods    as `Ledger.totals_by_period` gives them: billing periods, not days of use
    """
    known = sorted(set(periods["BillingPeriod"]))
    if month is None:
        return known[-1]
    check_month(month)
    billed = set() if invoices is None else set(invoices["BillingPeriod"])
    if month not in known and month not in billed:
        near = nearest(month, known)
        raise LedgerError(
            f"{month}: the ledger has no bill of {month_name(month)}{f' (nearest: {near})' if near else ''}; it has bills of "
            f"{listing(known)}. Choose one of these billing periods, or take the missing bill in: finops ingest FILE."
        )
    return month


def billed_elsewhere(files: list[Path], month: str) -> list[dict]:
    """What was used in a month and billed in other periods, and billed in it and used in other months, exact: used, billed, currency, amount.

    A charge whose period lies in several months is told by the month it starts in, unless its billing period is among them. Usage only:
    purchases, tax and credits have no use. Months are those of UTC.
    """
    sums: dict[tuple, Decimal] = {}
    for path in files:
        with path.open("rb") as file:
            table = pq.read_table(file, columns=READ)
        table = table.filter(pc.equal(table.column("ChargeCategory"), "Usage"))
        starts = _months(table.column("ChargePeriodStart"))
        ends = _months(
            pc.subtract(table.column("ChargePeriodEnd"), pa.scalar(1, pa.duration("us")))
        )
        periods = pc.utf8_slice_codeunits(table.column("x_Period"), 0, 7)
        ends = pc.if_else(pc.less(ends, starts), starts, ends)
        other = pc.or_(pc.less(periods, starts), pc.greater(periods, ends))
        here = pc.and_(other, pc.or_(pc.equal(starts, month), pc.equal(periods, month)))
        if not pc.any(here).as_py():
            continue
        months = pa.table(
            {
                "used": starts,
                "billed": periods,
                "currency": table.column("BillingCurrency"),
                "amount": table.column("BilledCost"),
            }
        )
        for row in (
            months.filter(here)
            .group_by(["used", "billed", "currency"])
            .aggregate([("amount", "sum")])
            .to_pylist()
        ):
            key = (row["used"], row["billed"], row["currency"])
            sums[key] = sums.get(key, Decimal(0)) + (row["amount_sum"] or Decimal(0))
    return [
        {"used": used, "billed": billed, "currency": currency, "amount": str(trimmed(amount))}
        for (used, billed, currency), amount in sorted(sums.items())
        if amount
    ]


def _months(times) -> pa.ChunkedArray:
    return pc.strftime(times, format="%Y-%m")


def sentence(lines: Sequence[Mapping], month: str) -> str:
    """Why a month by use differs from the bill of the same period; '' where it does not.

    >>> sentence([{"used": "2026-07", "billed": "2026-08", "currency": "USD", "amount": "4.00"}], "2026-07")
    'Of the use of July 2026, 4.00 USD are billed in August 2026.'
    """
    said = []
    for line in lines:
        if line["used"] == month:
            said.append(
                f"Of the use of {month_name(month)}, {line['amount']} {line['currency']} are billed in {month_name(line['billed'])}."
            )
        else:
            said.append(
                f"The bill of {month_name(month)} holds {line['amount']} {line['currency']} of use of {month_name(line['used'])}."
            )
    return " ".join(said)
