"""Why the next month is under or over this one: the bridge from what was spent to what is expected (docs/method §9.26)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from ...names import COMPANY
from ...periods import add_months, month_name
from ...wording import periods as words
from ..bridge import states
from ..bridge.steps import bridge
from .material import is_material
from .movers import of_bridge
from .types import NextMonth

if TYPE_CHECKING:
    from ..close import Close

MOST = 4  # steps by name


def next_month(
    close: Close, unit: str, rows: pd.DataFrame, limits: Mapping, flash: bool
) -> NextMonth | None:
    """Why the month after the report's costs more or less than it.

    Parameters
    ----------
    close : Close
        Everything known at the close.
    unit : str
        A business unit, or "Company".
    rows : frame
        Cost rows of the unit.
    limits : Materiality
        Of page one.
    flash : bool
        The month is not whole.

    Returns
    -------
    NextMonth or None
        Parts add up to the change of the mean, to the coin. None where the month is not whole (a
        part of a month is never held beside a whole one), costs nothing, or nothing is simulated.

    Source
    ------
    docs/method §9.26.
    """
    month, following = close.month, add_months(close.month, 1)
    whole = not flash and f"{close.daily['ChargeDate'].min():%Y-%m-%d}" <= f"{month}-01"
    day = rows["ChargeDate"]
    own = rows[(day >= pd.Timestamp(f"{month}-01")) & (day < pd.Timestamp(f"{following}-01"))]
    if not whole or following not in close.base.months or not len(own):
        return None
    days = [states.days_of([one]) for one in (month, following)]
    made = bridge(
        states.actual(own, month_name(month), days[0], close.currency),
        states.run(close.base, [following], None if unit == COMPANY else unit, name="forecast"),
    )
    told = made.as_dict("next_month", 12)
    steps = of_bridge(told, days[1] - days[0], close.currency, MOST)
    result: NextMonth = {
        "month": following,
        "value": told["to"]["amount"],
        "change": told["change"],
        "parts": [{"what": what, "amount": amount} for what, amount in steps],
        "sentence": "",
    }
    material = is_material(told["change"], told["from"]["amount"], limits)
    return {**result, "sentence": words.next_month(result, month, close.currency, material)}
