"""From pooled usage to cost: month-window forms, the month under way, sharing back, charge lines (docs/method §5).

Usage is pooled over accounts and workloads *before* a form prices it: two teams share one tier. numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...checks import quantities
from ...errors import PriceError
from ..rates._parts import charged, parts_of


def pool(usage) -> np.ndarray:
    """Usage summed over its last axis (workload): what a form prices."""
    return np.asarray(usage, dtype=float).sum(axis=-1)


def charge_at(rate, quantity, factor=1.0, due=1.0):
    """What a form charges where a share was negotiated or a price moved: fees and minima stay (docs/method §5.15).

    factor   on the price of a unit: 1 − share; a number or an array
    due      on fees and minima: 1 unless money itself moves (an exchange rate)

    >>> from finops_model.prices.rates import make
    >>> charge_at(make("minimum", {"price": 15.0, "minimum": 60.0}), [4.0, 10.0], factor=0.8)
    array([ 60., 120.])
    """
    if _one(factor) and _one(due):
        return rate.charge(quantity)
    return charged(parts_of(rate, quantity), factor, due)


def _one(factor) -> bool:
    return np.ndim(factor) == 0 and float(factor) == 1.0


def charge_rest(rate, rest, already=None, factor=1.0, due=1.0):
    """ListCost of the rest of a window whose first units were used (and charged) already.

    rest, already   units, arrays that broadcast, >= 0; already None: the window has not begun, its whole charge is to
                    come. 0 means begun: a fee or a minimum that is due without use counts as charged.
    factor, due     see charge_at

    `charge(already + rest) - charge(already)`: the parts of a window add up to the whole, so the units still to
    come stand in the tier the month has reached. May be negative under volume tiers, where reaching a tier makes
    the units before it cheaper. Raises PriceError for negative or non-finite quantities.

    >>> from finops_model.prices.rates import make
    >>> charge_rest(make("graduated", {"starts": [0, 10], "prices": [2.0, 1.0]}), rest=4, already=8)
    np.float64(6.0)
    """
    if already is None:
        return charge_at(rate, rest, factor, due)
    rest, already = (
        quantities("rest", rest),
        quantities("already", already),
    )  # a negative rest must not hide
    return charge_at(rate, already + rest, factor, due) - charge_at(rate, already, factor, due)


def charge_months(rates: Sequence, usage, already=None, factor=1.0, due=1.0):
    """ListCost of pooled usage by month, each month a window of its own: tiers start again, nothing carries over.

    rates     rate form in force in each month, length month
    usage     (..., month) units of each month that are still to come
    already   units used before of a first month that is under way: number or (...); None: it has not begun
    factor    of each month, (month,) or (..., month): see charge_at; due likewise

    Returns money, the shape of `usage`.

    >>> from finops_model.prices.rates import make
    >>> rate = make("graduated", {"starts": [0, 10], "prices": [2.0, 1.0]})
    >>> charge_months([rate, rate], [[4.0, 12.0]], already=8.0)
    array([[ 6., 22.]])
    """
    usage = np.asarray(usage, dtype=float)
    if usage.ndim == 0 or usage.shape[-1] != len(rates):
        months = usage.shape[-1] if usage.ndim else 0
        raise PriceError(
            f"usage has {months} months but there are {len(rates)} rates; give one rate for each month."
        )
    factors = [
        part if np.ndim(part) == 0 else np.broadcast_to(part, usage.shape) for part in (factor, due)
    ]
    cost = np.empty_like(usage)
    for month, rate in enumerate(rates):
        own = (part if np.ndim(part) == 0 else part[..., month] for part in factors)
        cost[..., month] = charge_rest(
            rate, usage[..., month], already if month == 0 else None, *own
        )
    return cost


def charge_steps(rates: Sequence, usage, already=None):
    """ListCost of one window in which the price changes: each unit at the price in force when it was used.

    rates   rate form of each part of the window, in time order
    usage   (..., part) units of each part

    The tiers go on counting over the change (charge_rest); returns money (...).

    >>> from finops_model.prices.rates import make
    >>> old, new = make("linear", {"price": 2.0}), make("linear", {"price": 1.0})
    >>> charge_steps([old, new], [10.0, 10.0])
    np.float64(30.0)
    """
    usage = np.asarray(usage, dtype=float)
    if usage.ndim == 0 or usage.shape[-1] != len(rates):
        raise PriceError(
            f"usage has {usage.shape[-1] if usage.ndim else 0} parts but there are {len(rates)} rates; "
            "give one rate for each part."
        )
    total, before = 0.0, already
    for part, rate in enumerate(rates):
        total = total + charge_rest(rate, usage[..., part], before)
        before = usage[..., part] + (0.0 if before is None else before)
    return total


def share(cost, usage) -> np.ndarray:
    """Pooled cost given back to workloads by usage; the shares add up to the cost.

    cost    (...) money of the pool
    usage   (..., workload) units, >= 0; where a pool was not used at all, its cost is shared equally

    Returns money (..., workload). What rounding leaves over goes to the largest user, so that the
    sum over workloads equals the cost to the last bits. Raises PriceError for negative or non-finite usage.

    >>> share(22.0, [6.0, 6.0])
    array([11., 11.])
    """
    usage, cost = np.asarray(usage, dtype=float), np.asarray(cost, dtype=float)
    if usage.ndim == 0 or usage.shape[-1] == 0:
        raise PriceError(
            "share: there is no workload to share the cost with; give usage (..., workload)."
        )
    if not (np.isfinite(usage) & (usage >= 0)).all():
        raise PriceError(
            "share: usage must be finite and 0 or more; credits are shared by the usage they refer to."
        )
    peak = usage.max(axis=-1, keepdims=True)
    weight = np.where(
        peak > 0, usage / np.where(peak > 0, peak, 1.0), 1.0
    )  # scaled: sums of 1e308 stay finite
    parts = cost[..., None] * (weight / weight.sum(axis=-1, keepdims=True))
    largest = np.argmax(weight * np.ones_like(parts), axis=-1)[..., None]
    for _ in range(2):
        rest = cost - parts.sum(axis=-1)
        np.put_along_axis(
            parts, largest, np.take_along_axis(parts, largest, -1) + rest[..., None], -1
        )
    return parts


def charge_line(
    rate,
    quantity: float,
    *,
    sku: str = "",
    unit: str = "",
    currency: str = "USD",
    discount: float = 0.0,
    already: float | None = None,
) -> dict:
    """One charge of usage under a rate form, with FOCUS names.

    quantity   units; discount: negotiated share off the list price of a unit, 0..1 (fees and minima stay, §5.15); already: see charge_rest

    Without a commitment EffectiveCost = BilledCost = ContractedCost (FOCUS 1.4, EffectiveCost).

    >>> from finops_model.prices.rates import make
    >>> line = charge_line(make("linear", {"price": 0.4, "block": 1000000}), 5e6, sku="m", unit="Tokens", discount=0.1)
    >>> line["PricingQuantity"], line["ListCost"], line["EffectiveCost"]
    (5.0, 2.0, 1.8)
    """
    if not 0 <= discount <= 1:
        raise PriceError(
            f"discount is {discount}; it must be a share from 0 to 1 (0.1 is 10 % off the list price)."
        )
    listed = float(charge_rest(rate, quantity, already))
    contracted = float(charge_rest(rate, quantity, already, factor=1 - discount))
    return {
        "ChargeCategory": "Usage",
        "PricingCategory": "Standard",
        "SkuId": sku,
        "ConsumedQuantity": float(quantity),
        "ConsumedUnit": unit,
        "PricingQuantity": float(quantity) / rate.block,
        "PricingUnit": unit if rate.block == 1 else f"{rate.block:.15g} {unit}".strip(),
        "BillingCurrency": currency,
        "ListCost": listed,
        "ContractedCost": contracted,
        "EffectiveCost": contracted,
        "BilledCost": contracted,
    }


def pooled(amount: np.ndarray, window_of: np.ndarray, windows: int) -> np.ndarray:
    """(..., period) added up by window: (..., window). Windows lie side by side in time order.

    >>> pooled(np.array([1.0, 2.0, 4.0]), np.array([0, 0, 1]), 2)
    array([3., 4.])
    """
    if windows == len(window_of):
        return amount
    if windows == 1:
        return amount.sum(axis=-1, keepdims=True)
    starts = np.searchsorted(window_of, np.arange(windows))
    if (np.searchsorted(window_of, np.arange(windows), side="right") > starts).all():
        return np.add.reduceat(amount, starts, axis=-1)
    result = np.zeros((*amount.shape[:-1], windows))
    np.add.at(np.moveaxis(result, -1, 0), window_of, np.moveaxis(amount, -1, 0))
    return result


def share_paid(form, quantity: float, cost: float) -> tuple[float, float]:
    """(factor, due) under which the form charges `cost` for a quantity: what a bill says was negotiated (see charged).

    Where the minimum was paid the bill cannot tell the share: the dearest price that it allows, at most list. Where less than fee and minimum was paid, the contract
    lowered those too: both are the same.

    >>> from finops_model.prices.rates.minimum import Minimum
    >>> share_paid(Minimum(price=15.0, minimum=60.0), 10, 120.0), share_paid(Minimum(price=15.0, minimum=60.0), 4, 60.0)
    ((0.8, 1.0), (1.0, 1.0))
    """
    use, fee, least = (float(part) for part in parts_of(form, quantity))
    due, listed = fee + least, max(use, least) + fee
    if cost < due * (1 - 1e-9):
        return cost / listed, cost / listed
    if use <= 0:
        return 1.0, 1.0
    factor = max(cost - fee, 0.0) / use
    return (min(factor, 1.0) if least > 0 and cost <= due * (1 + 1e-9) else factor), 1.0
