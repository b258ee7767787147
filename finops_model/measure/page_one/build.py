"""Page one of a unit: each part is a pure function of a close."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from ...names import COMPANY
from ..brief_types import Brief
from ..cycle.three import three
from .carriers import carriers
from .cash import cash
from .deciding.commitments_held import commitments
from .deciding.decisions import decisions
from .deciding.way_back import way_back
from .material import materiality
from .next_month import next_month
from .periods import periods
from .since_report import since_report
from .types import PageOne
from .vendors import vendors

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
    docs/method §8.78, §9.24, §9.25, §9.30 to §9.34, §16.28.
    """
    unit, land, limits = brief["unit"], brief["landing"], materiality(close)
    page: PageOne = {
        "materiality": limits,
        "periods": periods(close, unit, land, booked, by_day, limits),
        "decisions": decisions(close, unit, limits),
        "vendors": vendors(close, unit),
    }
    page["since_report"] = since_report(close, brief, page["periods"], limits)
    if brief["unit_costs"]:
        page["kpis"] = three(brief["unit_costs"], close.kpis)
    if ahead := next_month(close, unit, rows, limits, brief["status"] == "flash"):
        page["next_month"] = ahead
    if unit == COMPANY:
        page["commitments"] = commitments(close)
        if carried := carriers(close, land, limits):
            page["carriers"] = carried
        if back := way_back(close, land):
            page["way_back"] = back
        if (beside := cash(close)) is not None:
            page["cash"] = beside
    return page
