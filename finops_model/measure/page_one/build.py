"""Page one of a unit: each part is a pure function of a close."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from ..brief_types import Brief
from .material import materiality
from .next_month import next_month
from .periods import periods
from .since_report import since_report
from .types import PageOne

if TYPE_CHECKING:
    from ..close import Close


def page_one(
    close: Close,
    brief: Brief,
    rows: pd.DataFrame,
    booked: Mapping[str, float],
    by_day: pd.Series,
) -> PageOne:
    """All that page one shows besides the keys that the brief had before.

    Parameters
    ----------
    close : Close
        Everything known at the close.
    brief : Brief
        Of the unit, with all its other keys but headline and summary.
    rows : frame
        Cost rows of the unit.
    booked : dict of str to float
        YYYY-MM -> cost of the unit.
    by_day : Series
        The same by day.

    Returns
    -------
    PageOne
        A part that cannot be said is not there.

    Source
    ------
    docs/method §9.24, §9.25.
    """
    unit, limits = brief["unit"], materiality(close)
    page: PageOne = {
        "materiality": limits,
        "periods": periods(close, unit, brief["landing"], booked, by_day, limits),
    }
    page["since_report"] = since_report(close, brief, page["periods"], limits)
    if ahead := next_month(close, unit, rows, limits, brief["status"] == "flash"):
        page["next_month"] = ahead
    return page
