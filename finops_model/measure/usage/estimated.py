"""Estimates of money from use: how a tool's estimates compare with the bill, and a marked estimate for days not billed yet.

`estimate` is the one function for days that the bill has not reached; accruals use it too. Every amount of it is an estimate, and says
on what it rests.
"""

from __future__ import annotations

from collections import defaultdict

import pandas as pd

from ...facts.usage.daily import family
from ...facts.usage.hours import DaySoFar
from .joined import token_money
from .weights import list_price

WHOLE_DAY = "the whole day from its first hours"
RECENT = 28  # billed days whose unit cost is taken
COLUMNS = ["UsageDate", "ServiceProviderName", "x_Model", "x_Estimate", "x_Basis"]
UNIT_COST, FACTOR, LIST, UNKNOWN = (
    f"unit cost of the last {RECENT} billed days",
    "the tool's estimate times its factor to the bill",
    "list price",
    "not known",
)


def billed(money: pd.DataFrame) -> dict[tuple[str, str], float]:
    """{(day, family of model): EffectiveCost} of all money of models."""
    rows = money[token_money(money) & money["x_Model"].ne("")]
    sums: dict[tuple[str, str], float] = defaultdict(float)
    days = pd.to_datetime(rows["ChargeDate"]).dt.strftime("%Y-%m-%d")
    for day, model, amount in zip(days, rows["x_Model"], rows["EffectiveCost"], strict=True):
        sums[day, family(model)] += float(amount)
    return sums


def factors(usage: pd.DataFrame, money: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Bill ÷ estimate of each month and source, over days and models that both know.

    Returns a frame: month, x_Source, estimated, billed (money of the currency), factor.
    """
    known = billed(money)
    sums: dict[tuple[str, str, str], float] = defaultdict(float)
    rows = usage[usage["BillingCurrency"].eq(currency) & usage["x_Model"].ne("")]
    for day, source, model, cost in zip(
        rows["UsageDate"], rows["x_Source"], rows["x_Model"], rows["x_EstimatedCost"], strict=True
    ):
        if (day, family(model)) in known:
            sums[source, day, family(model)] += float(cost)
    months: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (source, day, model), cost in sums.items():
        pair = months[day[:7], source]
        pair[0], pair[1] = pair[0] + cost, pair[1] + known[day, model]
    return pd.DataFrame(
        [
            (month, source, pair[0], pair[1], pair[1] / pair[0])
            for (month, source), pair in sorted(months.items())
            if pair[0] > 0
        ],
        columns=["month", "x_Source", "estimated", "billed", "factor"],
    )


def estimate(
    usage: pd.DataFrame,
    money: pd.DataFrame,
    after: str,
    currency: str,
    until: str | None = None,
    table=None,
    so_far: DaySoFar | None = None,
) -> pd.DataFrame:
    """What the use of days that the bill has not reached will cost, by day and model: estimates, marked as such.

    Parameters
    ----------
    usage : frame
        `facts.usage.daily.daily_usage`, one view.
    money : frame
        DAILY of the ledger.
    after : str
        The last day that the bill has, YYYY-MM-DD; days behind it are estimated.
    currency : str
        Of the ledger. List prices are in USD and are used for USD alone.
    until : str, optional
        Last day, YYYY-MM-DD; None: as far as use is known.
    table : TokenTable, optional
        List prices of tokens, with the company's own corrections; None: those that come with us.
    so_far : DaySoFar, optional
        The newest day where it is not over (`facts.usage.hours.day_so_far`): its estimate is that
        of the whole day, what is known ÷ the share of such a day that has come by then.

    Returns
    -------
    frame
        UsageDate, ServiceProviderName, x_Model, x_Estimate (nan where not known), x_Basis: unit
        cost of recent billed days, the tool's own estimate times its newest factor, or list price.

    Source
    ------
    docs/decisions/0017-usage-facts.md.

    Examples
    --------
    >>> from finops_model.facts.usage.daily import COLUMNS as USAGE
    >>> bill = ["ChargeDate", "x_Model", "ConsumedUnit", "EffectiveCost"]
    >>> no_bill = pd.DataFrame(columns=bill, dtype=str)
    >>> len(estimate(pd.DataFrame(columns=USAGE, dtype=str), no_bill, "2026-09-30", "USD"))
    0
    """
    units = _unit_costs(usage, money, after)
    rates = factors(usage, money, currency)
    newest = dict(zip(rates["x_Source"], rates["factor"], strict=True))  # months run forward
    rows = usage[usage["UsageDate"].gt(after) & usage["x_Model"].ne("")]
    if until is not None:
        rows = rows[rows["UsageDate"].le(until)]
    out = []
    keys = ["UsageDate", "ServiceProviderName", "x_Model"]
    for (day, vendor, model), part in rows.groupby(keys, sort=True):
        amount, basis = _one(part, units, newest, currency, table)
        if so_far is not None and day == so_far.day and basis != UNKNOWN:
            amount, basis = amount / so_far.share, f"{basis}; {WHOLE_DAY}"
        out.append((day, vendor, model, amount, basis))
    return pd.DataFrame(out, columns=COLUMNS)


def _one(part: pd.DataFrame, units, newest, currency: str, table=None) -> tuple[float, str]:
    tokens = part[part["ConsumedUnit"] == "Tokens"]
    count = float(tokens["ConsumedQuantity"].astype(float).sum())
    model = part["x_Model"].iloc[0]
    if count and family(model) in units:
        return count * units[family(model)], UNIT_COST
    told = part[part["BillingCurrency"].eq(currency)]
    if len(told) and set(told["x_Source"]) <= set(newest):
        costs = told["x_EstimatedCost"].astype(float) * told["x_Source"].map(newest)
        return float(costs.sum()), FACTOR
    prices = [
        list_price(vendor.casefold(), name, meter, tier, day, table)
        for vendor, name, meter, tier, day in zip(
            *(
                tokens[c]
                for c in ("ServiceProviderName", "x_Model", "SkuMeter", "x_Tier", "UsageDate")
            ),
            strict=True,
        )
    ]
    if currency == "USD" and prices and None not in prices:
        amounts = tokens["ConsumedQuantity"].astype(float)
        return float(
            sum(n * price for n, price in zip(amounts, prices, strict=True) if price)
        ), LIST
    return float("nan"), UNKNOWN


def _unit_costs(usage: pd.DataFrame, money: pd.DataFrame, after: str) -> dict[str, float]:
    """{family of model: money per token} over the newest billed days that have both."""
    tokens: dict[tuple[str, str], float] = defaultdict(float)
    rows = usage[usage["ConsumedUnit"].eq("Tokens") & usage["UsageDate"].le(after)]
    for day, model, quantity in zip(
        rows["UsageDate"], rows["x_Model"], rows["ConsumedQuantity"], strict=True
    ):
        if model:
            tokens[day, family(model)] += float(quantity)
    known = billed(money)
    since = (pd.Timestamp(after) - pd.Timedelta(days=RECENT - 1)).strftime("%Y-%m-%d")
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (day, model), count in tokens.items():
        if day >= since and count > 0 and (day, model) in known:
            sums[model][0] += known[day, model]
            sums[model][1] += count
    return {model: cost / count for model, (cost, count) in sums.items() if count > 0}
