"""What was billed by billing period: BilledCost of the rows in force, whether a commitment is behind it (docs/method §9.34)."""

from __future__ import annotations

from collections.abc import Container

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..ledger.store import Ledger

READ = [
    "InvoiceIssuerName",
    "ChargeCategory",
    "CommitmentDiscountId",
    "BillingCurrency",
    "BilledCost",
]
COLUMNS = ["BillingPeriod", "InvoiceIssuerName", "ChargeCategory", "Committed", "BilledCost"]


def billed(ledger: Ledger, months: Container[str], currency: str) -> pd.DataFrame:
    """BilledCost of some billing periods, a row per COLUMNS but the last; float64, exact sums before.

    ledger     or an entity's part of it
    months     billing periods, YYYY-MM
    """
    frames = []
    for (_, _, period), version in ledger.book.in_force().items():
        if period[:7] not in months:
            continue
        for part in version.parts:
            with (ledger.root / part["path"]).open("rb") as file:
                table = pq.read_table(file, columns=READ)
            table = table.filter(pc.equal(table.column("BillingCurrency"), pa.scalar(currency)))
            committed = pc.not_equal(pc.fill_null(table.column("CommitmentDiscountId"), ""), "")
            own = (
                table.append_column("Committed", committed)
                .group_by(["InvoiceIssuerName", "ChargeCategory", "Committed"])
                .aggregate([("BilledCost", "sum")])
                .to_pandas()
            )
            frames.append(own.assign(BillingPeriod=period[:7]))
    if not frames:
        return pd.DataFrame({name: [] for name in COLUMNS})
    whole = pd.concat(frames, ignore_index=True).rename(columns={"BilledCost_sum": "BilledCost"})
    sums = whole.groupby(COLUMNS[:-1], as_index=False)["BilledCost"].sum()
    return sums.assign(BilledCost=sums["BilledCost"].astype(float))[COLUMNS]
