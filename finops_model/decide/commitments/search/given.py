"""What a caller gave as demand: its dates and its name say whether it is hours of units (docs/method §8.86)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ....errors import PriceError
from ....prices.terms.contracts import is_currency
from ..offers import Offer

HOUR = np.timedelta64(1, "h")
COSTS = ("EffectiveCost", "BilledCost", "ListCost", "ContractedCost")  # FOCUS: money


def check_given(
    demand, where: str, unit: str = "", money: bool = False, daily: bool = False
) -> None:
    """Refuses demand whose own index or name says that it is not hours of units.

    unit    what a number counts, as the caller says
    money   whether the offers count money (a spend commitment)
    daily   whether days are expected

    Raises PriceError: steps that are no hours; money where units are counted.
    """
    if isinstance(demand, Mapping) and not hasattr(demand, "index"):
        for values in demand.values():
            check_given(values, where, unit, money, daily)
        return
    _steps(getattr(demand, "index", None), where, daily)
    names = [getattr(demand, "name", None), *list(getattr(demand, "columns", ()))]
    costs = [str(name) for name in names if isinstance(name, str) and name in COSTS]
    if costs and not unit and not money:
        raise PriceError(
            f"{where}: demand is {costs[0]}, which is money, and units an hour are counted here. Give units, for example GPU-hours an hour; or "
            "say unit='USD' (the currency), with on_demand=1 and rate = 1 − discount."
        )


def _steps(index, where: str, daily: bool) -> None:
    """Demand by date comes in hours (or in days, where that is expected)."""
    dates = np.asarray(index) if index is not None and not callable(index) else np.empty(0)
    if dates.dtype.kind != "M" or len(dates) < 2:
        return
    step = np.median(np.diff(dates.astype("datetime64[s]"))).astype("timedelta64[s]")
    wanted, name = (24 * HOUR, "days") if daily else (HOUR, "hours")
    if step == wanted:
        return
    found = {HOUR: "hours", 24 * HOUR: "days"}.get(step, f"steps of {step / HOUR:g} hours")
    hint = (
        " Give a day's use ÷ 24 for each of its hours, (path, hour) or 24 numbers a day."
        if found == "days"
        else ""
    )
    raise PriceError(f"{where}: demand comes in {found} and {name} are settled here.{hint}")


def check_unit(offer: Offer, where: str) -> None:
    """Money as the unit of one pool: an hour on demand costs what it is, 1.

    Raises PriceError where it has another price.
    """
    if is_currency(offer.unit) and offer.kind == "units" and offer.on_demand not in (None, 1):
        raise PriceError(
            f"{where}: unit is {offer.unit}, so demand is money an hour and on_demand is 1, not {offer.on_demand:g}; rate is 1 − discount. "
            "For units give unit='GPU-hours' (or what they are)."
        )
