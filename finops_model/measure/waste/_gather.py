"""The facts of a workspace that waste is looked for in: rows by resource, use of machines, seats."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...facts.cycle.seats import read_seats
from ...facts.daily.resources import resources
from ...facts.usage.daily import daily_usage, one_view
from ...facts.usage.store import UsageStore
from ...periods import month_column, month_days
from ..actuals import cost_rows
from ._facts import WasteFacts

METERS = (
    "requests",
    "gpu_hours_paid",
    "gpu_hours_allocated",
)  # of machines; models have no endpoint


def gather(settings, ledger, daily: pd.DataFrame, month: str) -> WasteFacts:
    """The facts of a workspace up to the end of a month; `usage:` of finops.yaml is taken in first.

    Parameters
    ----------
    settings : Settings
        Of the company, or of one entity.
    ledger : Ledger
        Its ledger.
    daily : frame
        DAILY of it: its newest complete day bounds the rows.
    month : str
        YYYY-MM.

    Returns
    -------
    WasteFacts
        Rows by resource, use of machines, seats, rules.

    Raises
    ------
    FinOpsError
        A file of `usage:` or `seats:` cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from finops_model.facts.daily.warehouse import daily
    >>> from finops_model.facts.ledger.store import Ledger
    >>> from finops_model.settings import Settings
    >>> folder = tempfile.mkdtemp()
    >>> settings, ledger = Settings(root=folder), Ledger(folder)
    >>> len(gather(settings, ledger, daily(ledger, settings), "2026-10").rows)
    0
    """
    ends = [str(month_days(month)[-1]), str(daily.attrs.get("complete", ""))]
    ends += [str(daily["ChargeDate"].max().date())] if len(daily) else []
    last = min(end for end in ends if end)
    rows = cost_rows(resources(ledger, settings))
    rows = rows[rows["ChargeDate"] <= pd.Timestamp(last)].reset_index(drop=True)
    return WasteFacts(
        rows=rows.assign(x_Month=month_column(rows)),
        month=month,
        last=last,
        currency=settings.currency,
        usage=_usage(settings, month),
        seats=_seats(settings),
        rules=settings.waste,
    )


def _usage(settings, month: str) -> pd.DataFrame | None:
    store = UsageStore(settings.path(settings.usage_facts))
    if settings.usage:
        store.ingest(settings.files(settings.usage), time_zone=settings.usage_time_zone)
    table = store.table()
    table = table.filter(pc.is_in(table["SkuMeter"], pa.array(METERS)))
    table = table.filter(pc.equal(pc.fill_null(table["x_Model"], ""), ""))
    if not table.num_rows:
        return None
    rows, _ = one_view(daily_usage(table, settings.time_zone))
    return rows[rows["UsageDate"].str[:7] <= month]


def _seats(settings) -> pd.DataFrame | None:
    if not settings.seats:
        return None
    own = settings.own.name if settings.own else ""
    return read_seats(
        settings.path(settings.seats), own, [entity.name for entity in settings.entities]
    )
