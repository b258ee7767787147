"""What days that no bill has reached will cost, for an accrual: the forecast of each issuer's days, and use where it is known (docs/method §14.22)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ....facts.daily import warehouse
from ....facts.usage.daily import daily_usage, one_view
from ....facts.usage.store import UsageStore
from ....forecasting.series import forecast
from ....measure.books.missing import Expected, Missing
from ....measure.books.rows import COST
from ....measure.usage.estimated import estimate
from ....measure.usage.weights import prices_of
from ....settings import Settings

PATHS, LEAST = 400, 14  # paths of a forecast; days without which an issuer has none of its own


def of_forecast(charges: pd.DataFrame, missing: Sequence[Missing]) -> Expected | None:
    """Paths of the days that have not come, by issuer; None where none is missing.

    charges   `facts.daily.charges.charges` of an entity
    """
    if not missing:
        return None
    first, last = min(one.first for one in missing), max(one.last for one in missing)
    dates = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    cost = charges[charges["ChargeCategory"].isin(COST)]
    cost = cost.assign(EffectiveCost=cost["EffectiveCost"].astype(float))
    paths = {}
    for issuer in sorted({one.issuer for one in missing}):
        since = min(one.first for one in missing if one.issuer == issuer)
        own = cost[(cost["InvoiceIssuerName"] == issuer) & (cost["ChargeDate"] < since)]
        days = own.groupby("ChargeDate")["EffectiveCost"].sum().clip(lower=0.0)
        if len(days) < LEAST:
            continue
        known = days.asfreq("D", fill_value=0.0).reindex(
            pd.date_range(days.index[0], pd.Timestamp(since) - pd.Timedelta(days=1)),
            fill_value=0.0,
        )
        ahead = int((dates >= np.datetime64(since, "D")).sum())
        drawn = forecast(known, ahead, paths=PATHS, settling_days=0).paths
        paths[issuer] = np.hstack([np.zeros((PATHS, len(dates) - ahead)), drawn])
    return Expected(dates, paths)


def of_use(settings: Settings, ledger, missing: Sequence[Missing]) -> pd.DataFrame | None:
    """What use says of the same days; None where the workspace knows no use, or no day is missing."""
    store = UsageStore(settings.path(settings.usage_facts))
    if not missing or not Path(store.root).is_dir():
        return None
    table = store.table()
    if not table.num_rows:
        return None
    usage, _ = one_view(daily_usage(table, settings.time_zone))
    after = str(np.datetime64(min(one.first for one in missing), "D") - 1)
    until = max(one.last for one in missing)
    bill = warehouse.daily(ledger, settings)
    return estimate(usage, bill, after, settings.currency, until=until, table=prices_of(settings))
