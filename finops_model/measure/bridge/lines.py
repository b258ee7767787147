"""A state of cost as lines, and what it comes to: what a bridge stands on at each end (docs/method §10.4).

Lines are a frame, one row per business unit, workload, service, SKU, unit, currency and kind, with COLUMNS. Money of a line is in its
BillingCurrency; a measure that is not known is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from ...prices.settle.cents import digits

USE, FEE, UNUSED, PRICED = "use", "fee", "unused", "priced"
ONE_OFF, TAX, CREDIT, BOOKED, SHAPE = "one_off", "tax", "credits", "restated", "shape"
KINDS = (USE, FEE, UNUSED, PRICED, ONE_OFF, TAX, CREDIT, BOOKED, SHAPE)
OUTSIDE = (TAX, CREDIT)
TEXTS = [
    "x_BusinessUnit",
    "x_Workload",
    "ServiceName",
    "SkuId",
    "ConsumedUnit",
    "BillingCurrency",
    "x_Kind",
]
MEASURES = ["ConsumedQuantity", "ListCost", "ContractedCost", "EffectiveCost"]
COLUMNS = [*TEXTS, *MEASURES]
RESIDUE = "commitments, tiers and uncertain prices"  # of `simulate.scenarios.lines`
FEES = "recurring"  # of the same


@dataclass(frozen=True)
class State:
    """One end of a bridge.

    Parameters
    ----------
    name : str
        "actual of October 2026".
    lines : frame
        COLUMNS.
    days : int
        Calendar days that it covers.
    currency : str
        Of its total.
    total : Decimal
        What it comes to, in whole coins of its currency, as the ledger, budget or run says it.
    rates : dict of str to float
        Currency of lines -> its rate into `currency`; a currency that is not there counts 1.
    detail : bool
        Whether list prices, discounts and what commitments left unused are known by line.
    by_line : bool
        Whether workloads are named, so that one that is missing is a launch or a retirement.
    coarse : bool
        Whether lines are by workload and SKU alone, without unit and service.
    said : tuple of str
        Sentences about it.
    """

    name: str
    lines: pd.DataFrame
    days: int
    currency: str
    total: Decimal
    rates: Mapping[str, float]
    detail: bool = True
    by_line: bool = True
    coarse: bool = False
    said: tuple[str, ...] = ()


def coins(money: float | Decimal, currency: str) -> Decimal:
    """Money in whole coins of its currency, half away from zero; what a float's noise adds is not read.

    >>> coins(2.675, "USD"), coins(-0.285, "USD"), coins(1234.5, "JPY"), coins(-0.001, "USD")
    (Decimal('2.68'), Decimal('-0.29'), Decimal('1235'), Decimal('0.00'))
    """
    exact = money if isinstance(money, Decimal) else Decimal(f"{money:.7f}")
    coin = Decimal(1).scaleb(-digits(currency))
    return exact.quantize(coin, ROUND_HALF_UP) + Decimal(0)


def state(
    name: str,
    lines: pd.DataFrame,
    days: int,
    currency: str,
    *,
    total: Decimal | None = None,
    rates: Mapping[str, float] | None = None,
    **more,
) -> State:
    """A `State` of lines added up by key; without a total it is what the lines come to."""
    lines = added(lines)
    rates = dict(rates or {})
    if total is None:
        rate = lines["BillingCurrency"].map(rates).fillna(1.0).to_numpy(float)
        total = coins(float(np.sort(lines["EffectiveCost"].to_numpy(float) * rate).sum()), currency)
    return State(name, lines, days, currency, total, rates, **more)


def added(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines with one row per key, in the order of their keys."""
    return lines.groupby(TEXTS, sort=True, as_index=False)[MEASURES].sum()[COLUMNS]


def of_daily(rows: pd.DataFrame) -> pd.DataFrame:
    """Lines of daily facts: what each row is, tax and credits too.

    Parameters
    ----------
    rows : frame
        DAILY rows of the days of the state.

    Returns
    -------
    frame
        COLUMNS. A SKU without a name has its service's.

    Examples
    --------
    >>> days = pd.DataFrame({"ChargeCategory": ["Usage", "Tax"], "EffectiveCost": [3.0, 1.0]})
    >>> of_daily(days)[["x_Kind", "EffectiveCost"]].to_numpy().tolist()
    [['tax', 1.0], ['use', 3.0]]
    """

    def text(name: str) -> pd.Series:
        return rows[name].astype(str) if name in rows else pd.Series("", rows.index, dtype=str)

    category = text("ChargeCategory")
    kind = pd.Series(USE, rows.index, dtype=object)
    fee = (category == "Purchase") | (text("ChargeFrequency") == "Recurring")
    kind[fee] = FEE
    kind[text("ChargeFrequency") == "One-Time"] = ONE_OFF
    kind[(text("CommitmentDiscountStatus") == "Unused") & (category != "Purchase")] = UNUSED
    kind[(text("ChargeClass") == "Correction") | (category == "Adjustment")] = ONE_OFF
    # fees whose use carries the cost: they cost nothing, and are no one-off
    kind[
        (category == "Purchase")
        & (text("CommitmentDiscountId") != "")
        & (rows["EffectiveCost"] == 0)
    ] = FEE
    kind[category == "Tax"] = TAX
    kind[category == "Credit"] = CREDIT
    made = pd.DataFrame({name: text(name) for name in TEXTS[:-1]}).assign(x_Kind=kind.astype(str))
    made["SkuId"] = made["SkuId"].where(made["SkuId"] != "", made["ServiceName"])
    for name in MEASURES:
        made[name] = rows[name].to_numpy(float) if name in rows else 0.0
    return added(made)


def line(
    cost: float,
    kind: str = USE,
    *,
    workload: str = "",
    sku: str = "",
    unit: str = "",
    quantity: float = 0.0,
    service: str = "",
    business_unit: str = "",
    currency: str = "",
) -> dict:
    """One row of COLUMNS of which only the cost is known, and perhaps the quantity."""
    return {
        "x_BusinessUnit": business_unit,
        "x_Workload": workload,
        "ServiceName": service,
        "SkuId": sku,
        "ConsumedUnit": unit,
        "BillingCurrency": currency,
        "x_Kind": kind,
        "ConsumedQuantity": quantity if unit else 0.0,
        "ListCost": 0.0,
        "ContractedCost": 0.0,
        "EffectiveCost": cost,
    }


def frame(lines: Iterable[Mapping]) -> pd.DataFrame:
    """Rows of `line` as a frame, also where there are none."""
    made = pd.DataFrame(list(lines), columns=COLUMNS)
    return made.astype({**dict.fromkeys(TEXTS, str), **dict.fromkeys(MEASURES, float)})


def of_expected(expected: Iterable[Mapping], currency: str) -> pd.DataFrame:
    """Lines of what a forecast expects by workload and SKU (`change.moved.expected`)."""
    return added(
        frame(
            line(
                one["cost"],
                PRICED if one["sku"] == RESIDUE else FEE if one["sku"] in (FEES, "") else USE,
                workload=one["workload"],
                sku=one["sku"],
                unit=one["unit"],
                quantity=one["quantity"],
                currency=currency,
            )
            for one in expected
        )
    )


def of_run(run, months: Sequence[str], unit: str | None = None) -> pd.DataFrame:
    """Lines of what a run expects of some of its months; of a unit: of its workloads.

    What workloads of several units share is a line without a workload, so that the lines come to the mean of the run.
    """
    units = dict(zip(run.workloads, run.unit_of, strict=True))
    rows = []
    for one in run.lines:
        own = units.get(one["workload"], "")
        if one["month"] not in months or (unit is not None and own != unit):
            continue
        what = one["service"] if not one["sku"] else ""
        counted = "" if one["unit"] in ("charge", run.currency) else one["unit"]
        rows.append(
            line(
                one["cost"],
                PRICED if what == RESIDUE else FEE if what == FEES else USE,
                workload=one["workload"],
                service="" if what in (RESIDUE, FEES, "booked so far") else one["service"],
                sku=one["sku"] or what,
                unit=counted,
                quantity=one["quantity"],
                business_unit=own,
                currency=run.currency,
            )
        )
    mean = float(run.total(unit=unit, months=list(months)).mean()) if len(months) else 0.0
    rest = mean - sum(one["EffectiveCost"] for one in rows)
    if abs(rest) > 0.005:
        rows.append(line(rest, FEE, business_unit=unit or "", currency=run.currency))
    return added(frame(rows))


def coarse(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines by workload, SKU, unit and kind alone, as a published forecast keeps them."""
    blank = dict.fromkeys(("x_BusinessUnit", "ServiceName"), "")
    return added(lines.assign(**blank))


def plain(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines as a run has them: what commitments left unused is a matter of price, and neither list price nor discount is known."""
    kind = lines["x_Kind"].where(lines["x_Kind"] != UNUSED, PRICED)
    return added(lines.assign(x_Kind=kind, ListCost=0.0, ContractedCost=0.0))
