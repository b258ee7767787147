"""What is booked of a bill, by day: billed and effective cost in Decimal, with the billing period that invoices it (docs/method §14.20)."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from ...settings import column_of
from .allocate import UNTAGGED, allocate, organisation_of
from .warehouse import PLAIN, TAGS
from .warehouse import charges as by_day

ACTIVITY = "x_Activity"  # the dimension `activity` of finops.yaml; "" where there is none
KEYS = ["ChargeDate", "BillingPeriod", *PLAIN, *TAGS]
CHARGES = [*KEYS, ACTIVITY, "BilledCost", "EffectiveCost", "Rows"]
TENTH = Decimal(1).scaleb(-10)


def charges(ledger, settings, through=None) -> pd.DataFrame:
    """Every charge of a ledger by day, money exact: what accruals, prepaid and journals are made of.

    A charge of several days is spread evenly over them, to the tenth decimal; the last day takes what rounding leaves over.
    Charges keep their category: tax and credits are in it.

    Parameters
    ----------
    ledger : Ledger
        Of one currency: the whole, or an entity's part.
    settings : Settings
        Of the company, or of the entity.
    through : date or str, optional
        Last day that is included, YYYY-MM-DD; None: all, also days that have not come.

    Returns
    -------
    frame
        CHARGES and the company's own dimensions: ChargeDate (datetime64), BillingPeriod (YYYY-MM),
        text, BilledCost and EffectiveCost (Decimal), Rows (of the ledger, on the first day of a
        charge); sorted by its keys.

    Raises
    ------
    LedgerError
        A ledger of several currencies.

    Source
    ------
    docs/method §14.20.

    Examples
    --------
    >>> import tempfile
    >>> from finops_model.facts.ledger.store import Ledger
    >>> from finops_model.settings import Settings
    >>> list(charges(Ledger(tempfile.mkdtemp()), Settings()).columns) == CHARGES
    True
    """
    own = [column_of(name) for name in settings.dimensions]
    columns = [*KEYS, ACTIVITY, *(name for name in own if name != ACTIVITY)]
    if not ledger.proof():
        return _typed(pd.DataFrame({name: [] for name in columns}), columns)
    frame = by_day(ledger, settings, through)
    frame[own] = frame[own].fillna("").replace("", UNTAGGED)
    if ACTIVITY not in own:
        frame[ACTIVITY] = ""
    frame = allocate(_typed(frame, columns), organisation_of(settings))
    return frame.sort_values(columns, ignore_index=True)[[*columns, *CHARGES[-3:]]]


def _typed(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    text = [name for name in columns if name != "ChargeDate"]
    frame = frame.assign(ChargeDate=pd.to_datetime(frame["ChargeDate"]).astype("datetime64[ns]"))
    frame[text] = frame[text].fillna("").astype("str")
    for name in ("BilledCost", "EffectiveCost"):
        frame[name] = pd.Series(
            [
                Decimal(0) if value is None else value.quantize(TENTH)
                for value in frame.get(name, [])
            ],
            frame.index,
            dtype=object,
        )
    frame["Rows"] = frame["Rows"].astype("int64") if "Rows" in frame else 0
    return frame
