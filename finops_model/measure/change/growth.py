"""The one meaning of growth: cost per day of the last three full months against the same three a year before (docs/method §10.2).

At constant prices and exchange rates, without one-offs; quoted beside "as paid", which is all cost as the reports have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from ...errors import InputError
from ...facts.daily.parts import parts
from ...names import COMPANY
from ...periods import add_months, month_column, month_days, month_name
from ...wording import percent
from ..actuals import history
from .types import Compared, Growth

if TYPE_CHECKING:
    from ...prices.lists.plan_rates import PlanRates

MONTHS = 3  # of each side
YEAR = 12
NEEDED = YEAR + MONTHS  # full months, before a year can be compared with the year before
JUMP = 1e6  # a million-fold quantity is a new use, not the same one at another price
KEYS = ["SkuId", "ServiceName", "ConsumedUnit", "BillingCurrency"]
MONEY = ["EffectiveCost", "ContractedCost", "ListCost"]
TEXTS = (
    *KEYS,
    "ChargeClass",
    "ChargeFrequency",
    "CommitmentDiscountId",
    "CommitmentDiscountStatus",
)


def growth(
    daily: pd.DataFrame,
    as_of: str,
    unit: str = COMPANY,
    *,
    plan: PlanRates | None = None,
    currency: str | None = None,
) -> Growth:
    """What the cost of a unit grew by in a year.

    Parameters
    ----------
    daily : frame
        DAILY. Columns of quantities and prices that it lacks are not known.
    as_of : str
        YYYY-MM-DD; months that end later are not full.
    unit : str, optional
        A business unit; "Company" is everything.
    plan : PlanRates, optional
        For facts of several currencies: one rate each, that of `as_of`, for both years.
    currency : str, optional
        What they are put into.

    Returns
    -------
    Growth
        `year` is None where it is not known; `why` and `instead` say so.

    Raises
    ------
    InputError
        Several currencies and no plan rates.

    Source
    ------
    docs/method §10.2.

    Examples
    --------
    >>> days = pd.date_range("2025-01-01", "2026-04-10")
    >>> cost = pd.Series(8.0, days).where(days < "2026-01-01", 10.0)  # a quarter more a day
    >>> facts = pd.DataFrame({"ChargeDate": days, "ChargeCategory": "Usage"})
    >>> grown = growth(facts.assign(EffectiveCost=cost.to_numpy()), "2026-04-10")
    >>> grown["year"]["growth"], grown["year"]["months"]
    (0.25, ['2026-01', '2026-02', '2026-03'])
    """
    rows, _, complete, _ = history(_one_currency(daily, as_of, plan, currency), unit, as_of)
    full = _unbroken(sorted(complete))
    rows = rows.assign(**{name: "" for name in TEXTS if name not in rows})
    rows = rows.assign(**{name: 0.0 for name in ("ConsumedQuantity", *MONEY) if name not in rows})
    year = _compared(rows, full, YEAR)
    why, instead = "", None
    if year is None:
        why = _why(full)
        instead = _compared(rows, full, MONTHS) or _compared(rows, full, 1)
    return {"year": year, "why": why, "instead": instead, "sentence": sentence(year, why, instead)}


def _one_currency(daily, as_of: str, plan, currency) -> pd.DataFrame:
    """The facts in one currency: where there are several, each at one rate of the plan, so that no exchange rate grows."""
    names = sorted(set(daily["BillingCurrency"])) if "BillingCurrency" in daily else []
    if len(names) < 2:
        return daily
    if plan is None or currency is None:
        raise InputError(
            f"growth: the facts are in {' and '.join(names)}, and growth is said at constant exchange rates. "
            "Give the plan rates and the currency of the answer, or one entity's facts alone."
        )
    rates = {name: float(plan.rate(name, currency, day=as_of)) for name in names}
    rate = daily["BillingCurrency"].map(rates).astype(float)
    return daily.assign(**{name: daily[name] * rate for name in MONEY if name in daily})


def _unbroken(months: Sequence[str]) -> list[str]:
    """The newest full months that follow one another.

    >>> _unbroken(["2026-01", "2026-03", "2026-04"])
    ['2026-03', '2026-04']
    """
    kept: list[str] = []
    for month in reversed(months):
        if kept and add_months(month, 1) != kept[0]:
            break
        kept.insert(0, month)
    return kept


def _compared(rows: pd.DataFrame, full: Sequence[str], back: int) -> Compared | None:
    """The newest full months (three; one where `back` is 1) against those `back` months before; None where these are not full or cost nothing."""
    span = min(MONTHS, back)
    if len(full) < back + span:
        return None
    now, then = list(full[-span:]), [add_months(month, -back) for month in full[-span:]]
    month = month_column(rows)
    sides = [rows[month.isin(months)] for months in (now, then)]
    days = [sum(len(month_days(month)) for month in months) for months in (now, then)]
    constant, priced, new = _constant(*(_kept(side) for side in sides))
    paid = [float(side["EffectiveCost"].sum()) for side in sides]
    if constant[1] <= 0:
        return None
    per_day, per_day_before = (value / count for value, count in zip(constant, days, strict=True))
    paid_now, paid_before = (value / count for value, count in zip(paid, days, strict=True))
    once = [
        float(side.loc[mask["once"] | mask["correction"], "EffectiveCost"].sum())
        for side, mask in ((side, parts(side)) for side in sides)
    ]
    return {
        "basis": "year" if back == YEAR else "quarter" if back == MONTHS else "month",
        "months": now,
        "before": then,
        "growth": per_day / per_day_before - 1,
        "as_paid": paid_now / paid_before - 1 if paid_before > 0 else None,
        "per_day": per_day,
        "per_day_before": per_day_before,
        "paid_per_day": paid_now,
        "paid_per_day_before": paid_before,
        "priced_share": priced,
        "new_share": new,
        "once": once[0],
        "once_before": once[1],
    }


def _kept(rows: pd.DataFrame) -> pd.DataFrame:
    """Sums by SKU of what goes on: use and running fees. One-offs, corrections and what a commitment left unused are none of it."""
    mask = parts(rows)
    kept = rows[
        (mask["usage"] | mask["recurring"]) & (rows["CommitmentDiscountStatus"] != "Unused")
    ]
    sums = kept.groupby(KEYS, observed=True)[["ConsumedQuantity", *MONEY]].sum()
    return sums.astype(float).fillna(0.0)


def _constant(now: pd.DataFrame, then: pd.DataFrame) -> tuple[list[float], float, float]:
    """([cost now, cost then], share of cost now with a price, share of SKUs new in the time) at the prices of then.

    A SKU that is there on one side only counts at its own price. Where no quantity says a price, cost counts as paid.
    """
    both = now.join(then, how="outer", lsuffix="1", rsuffix="0").fillna(0.0).reset_index()
    priced = {side: _list_cost(both, side) for side in "10"}
    q1, q0 = both["ConsumedQuantity1"], both["ConsumedQuantity0"]
    has = {
        side: (both["EffectiveCost" + side] != 0) | (both["ConsumedQuantity" + side] != 0)
        for side in "10"
    }
    known = {
        side: (both["ConsumedUnit"] != "")
        & (both["ConsumedQuantity" + side] > 0)
        & (priced[side] > 0)
        for side in "10"
    }
    two = has["1"] & has["0"]
    same = known["1"] & known["0"] & (q1 < JUMP * q0) & (q0 < JUMP * q1)
    alone = {"1": ~has["0"] & known["1"], "0": ~has["1"] & known["0"]}
    at = priced["0"] / q0.where(q0 > 0, 1.0)
    cost1 = both["EffectiveCost1"].where(~alone["1"], priced["1"]).where(~(two & same), q1 * at)
    cost0 = both["EffectiveCost0"].where(~(alone["0"] | (two & same)), priced["0"])
    whole = float(both["EffectiveCost1"].sum())
    told, new = (
        float(both.loc[mask, "EffectiveCost1"].sum()) / whole if whole > 0 else 0.0
        for mask in ((two & same) | alone["1"], has["1"] & ~has["0"])
    )
    return [float(cost1.sum()), float(cost0.sum())], told, new


def _list_cost(both: pd.DataFrame, side: str) -> pd.Series:
    """Cost at the price of the contract, else of the list, else as paid: discounts of commitments are no part of it."""
    contracted, listed, paid = (
        both[name + side] for name in ("ContractedCost", "ListCost", "EffectiveCost")
    )
    return contracted.where(contracted > 0, listed.where(listed > 0, paid))


def _why(full: Sequence[str]) -> str:
    """Why growth in a year is not known."""
    if len(full) >= NEEDED:
        return "nothing that goes on was paid in the months a year before"
    return (
        f"it needs {NEEDED} full months one after the other, and the bill has {len(full) or 'none'}"
    )


def words(compared: Compared) -> str:
    """Growth and what was paid, in one clause.

    >>> words({"basis": "year", "growth": 0.312, "as_paid": -0.05})
    '+31 % in a year at constant prices, without one-offs (as paid −5.0 %)'
    """
    over = {"year": "in a year", "quarter": "in three months", "month": "in a month"}
    return (
        f"{_signed(compared['growth'])} {over[compared['basis']]} at constant prices, without one-offs "
        f"(as paid {_signed(compared['as_paid'])})"
    )


def _signed(change: float | None) -> str:
    """A change with its sign, in whole percents; under ten with one digit more.

    >>> _signed(0.3349), _signed(-0.0421), _signed(0.0)
    ('+33 %', '−4.2 %', '0 %')
    """
    if change is None:
        return "not known"
    size = abs(change) * 100
    text = f"{size:.0f}" if size >= 9.95 or round(size, 1) == 0 else f"{size:.1f}"
    return f"{'' if text == '0' else '+' if change > 0 else '−'}{text} %"


def headline(grown: Growth) -> str:
    """The clause that any headline about growth says; what is used instead says that it is no year."""
    if grown["year"] is not None:
        return words(grown["year"])
    known = f"; {words(grown['instead'])}" if grown["instead"] is not None else ""
    return f"growth in a year is not known yet{known}"


def sentence(year: Compared | None, why: str, instead: Compared | None) -> str:
    """Growth for readers: what is compared with what, and for how much of it prices are known."""
    compared = year or instead
    if compared is None:
        return f"Not known yet: {why}; nothing shorter can be compared either."
    now, then = _span(compared["months"]), _span(compared["before"])
    text = f"{words(compared)}: cost per day, {now} against {then}."
    if year is None:
        season = " A season may be in it." if compared["basis"] != "year" else ""
        text = f"Not known yet: {why}. Instead: {text}{season}"
    share = compared["priced_share"]
    if share < 0.005:
        text += " No unit price is known, so all of it counts as paid."
    elif share < 0.995:
        text += f" Prices are known for {percent(share)} of it; the rest counts as paid."
    return text


def _span(months: Sequence[str]) -> str:
    """Months in words.

    >>> _span(["2026-08", "2026-10"]), _span(["2025-12", "2026-02"]), _span(["2026-10"])
    ('August to October 2026', 'December 2025 to February 2026', 'October 2026')
    """
    first, last = month_name(months[0]), month_name(months[-1])
    if first == last:
        return first
    return f"{first.split()[0] if months[0][:4] == months[-1][:4] else first} to {last}"
