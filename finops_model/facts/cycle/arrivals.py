"""When each day of use came to be known: from the ledger's own book of deliveries (docs/method §18.5)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import pandas as pd

from ..ledger.store import Ledger

DAY = dt.timedelta(days=1)


def arrivals(ledger: Ledger) -> pd.DataFrame:
    """Days of use that a delivery was the first to bring, one row each: InvoiceIssuerName, BillingAccountId, day, delay (days until it came).

    The first delivery of a source is left out: it brings a past that could not have come before the ledger was there.
    """
    own = getattr(ledger, "own", None)  # of an entity its part
    reached: dict[tuple[str, str], dt.date] = {}
    rows = []
    for record in ledger.book.records:
        came = dt.datetime.fromisoformat(record["delivered_at"]).date()
        newest: dict[tuple[str, str], dt.date] = defaultdict(lambda: dt.date.min)
        for version in record["versions"]:
            issuer, account = version["key"][:2]
            if version["last_usage"] and (own is None or own.names(issuer, account)):
                last = dt.date.fromisoformat(version["last_usage"][:10])
                newest[issuer, account] = max(newest[issuer, account], last)
        for source, last in sorted(newest.items()):
            if source not in reached:
                reached[source] = last
            while reached[source] < last:
                reached[source] += DAY
                delay = max((came - reached[source]).days, 0)
                rows.append((*source, str(reached[source]), delay))
    return pd.DataFrame(rows, columns=["InvoiceIssuerName", "BillingAccountId", "day", "delay"])
