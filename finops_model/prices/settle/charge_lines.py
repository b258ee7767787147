"""From a settlement to charge lines with FOCUS names, and from effective to billed fees (docs/method §5.14)."""

from __future__ import annotations

import numpy as np

from ...errors import PriceError
from ...periods import months_between
from ..instruments.spend import Spend
from .windows import pooled

HOURS = np.timedelta64(1, "h")


def lines(settlement) -> list[dict]:
    """Charge lines of a Settlement, expected values over its leading axes, one set for each window, in the order of the SKUs.

    Per SKU: what each instrument covered (Usage, Committed, Used), what is on demand (Usage, Standard). Per instrument: what was not
    used (Usage, Committed, Unused) and its Purchase (BilledCost, EffectiveCost 0). Sums over the lines: EffectiveCost =
    settlement.effective_cost; over a whole term BilledCost of Purchase = EffectiveCost of Used and Unused.

    >>> from finops_model.prices.settle.settlement import price
    >>> plan = {"kind": "spend", "id": "sp", "commitment": 1.0, "rates": {"gpu": 0.5}}
    >>> [(line["ChargeCategory"], line["CommitmentDiscountStatus"], line["EffectiveCost"]) for line in price({"gpu": 3.0}, {"gpu": 1.0}, [plan]).lines()]
    [('Usage', 'Used', 1.0), ('Usage', None, 1.0), ('Purchase', None, 0.0)]
    """
    windows, charges = settlement.on_demand.shape[-2], []
    mean = _mean_to(3)
    listed, contracted = (
        mean(settlement.list_cost - settlement.list_of_spill),
        mean(settlement.contracted_cost - settlement.on_demand),
    )
    spill, spilled, spilled_list = (
        mean(_windowed(settlement.spill, settlement.window_of, windows)),
        mean(settlement.on_demand),
        mean(settlement.list_of_spill),
    )
    covered = [
        mean(_windowed(part.covered, settlement.window_of, windows))
        for part in settlement.allocations
    ]
    amounts = [
        mean(_windowed(part.amount, settlement.window_of, windows))
        for part in settlement.allocations
    ]
    whole = sum(covered) if covered else np.zeros_like(spill)
    for w in range(windows):
        for s, sku in enumerate(settlement.skus):
            for held, part, units, amount in zip(
                settlement.instruments, settlement.allocations, covered, amounts
            ):
                if units[w, s] <= 0:
                    continue
                share = units[w, s] / whole[w, s]
                charges.append(
                    _line(
                        w,
                        "Usage",
                        sku,
                        "Committed",
                        quantity=units[w, s],
                        listed=listed[w, s] * share,
                        contracted=contracted[w, s] * share,
                        effective=amount[w, s] * part.price,
                        billed=0.0,
                        held=held,
                        status="Used",
                        amount=amount[w, s],
                    )
                )
            if spill[w, s] > 0 or spilled[w, s] != 0:
                charges.append(
                    _line(
                        w,
                        "Usage",
                        sku,
                        "Standard",
                        quantity=spill[w, s],
                        listed=spilled_list[w, s],
                        contracted=spilled[w, s],
                        effective=spilled[w, s],
                        billed=spilled[w, s],
                    )
                )
        for held, part, amount, fee, billed in zip(
            settlement.instruments,
            settlement.allocations,
            amounts,
            settlement.fees,
            billed_fees(settlement),
        ):
            rest = fee[w] - float(amount[w].sum()) * part.price
            if rest > 1e-9 * max(fee[w], 1.0):
                unit = rest / part.price if part.price else None
                charges.append(
                    _line(
                        w,
                        "Usage",
                        "",
                        "Committed",
                        quantity=None,
                        listed=0.0,
                        contracted=0.0,
                        effective=rest,
                        billed=0.0,
                        held=held,
                        status="Unused",
                        amount=unit,
                    )
                )
            if fee[w] or billed[w]:
                charges.append(
                    _line(
                        w,
                        "Purchase",
                        "",
                        "Committed",
                        quantity=None,
                        listed=billed[w],
                        contracted=billed[w],
                        effective=0.0,
                        billed=billed[w],
                        held=held,
                    )
                )
    return charges


def billed_fees(settlement) -> np.ndarray:
    """What invoices say of the fees, by window: (instrument, window).

    The upfront share of the whole term's fee in the window its first period lies in, the rest with the periods. Over the whole term the
    sum is the effective fee. Raises PriceError for an upfront share without a term or dates.
    """
    windows, billed = settlement.on_demand.shape[-2], []
    for held, fee in zip(settlement.instruments, settlement.fees):
        share = held.upfront_share
        if not share:
            billed.append(fee)
            continue
        if not (held.start and held.end) or settlement.dates is None or len(settlement.dates) < 2:
            raise PriceError(
                f"settlement: '{held.id}' is paid upfront; give its start and end, and dates of at least two periods, to know "
                "what is billed when."
            )
        own = fee * (1 - share)
        inside = np.flatnonzero(
            (settlement.dates >= np.datetime64(held.start, "h"))
            & (settlement.dates < np.datetime64(held.end, "h"))
        )
        if len(inside) and settlement.dates[inside[0]] <= np.datetime64(held.start, "h"):
            own[settlement.window_of[inside[0]]] += share * _term_fee(held, settlement)
        billed.append(own)
    return np.stack(billed) if billed else np.zeros((0, windows))


def invoice(settlement, adjustments=None, periods=None):
    """The end of the composition: a Settlement's charges with credits, support fee and tax, as an invoice.Invoice (..., window).

    adjustments   credits, support, tax (prices/adjustments.Adjustments); its negotiated prices and commitments must be empty: those are
                  settled already
    periods       months of the windows, where a credit has a start or an expiry

    A SKU's line has what covers it as EffectiveCost and only its spill as BilledCost; an instrument's line has its unused part as
    EffectiveCost and what is invoiced of its fee as BilledCost. So cost = effective_cost, before credits and tax.

    >>> from finops_model.prices.settle.adjustments import Adjustments, Tax
    >>> from finops_model.prices.settle.settlement import price
    >>> plan = {"kind": "units", "id": "ri", "quantity": 5, "rate": 1.2, "skus": ["gpu"]}
    >>> bill = invoice(price({"gpu": [3, 6]}, {"gpu": 2.0}, [plan]), Adjustments(tax=Tax(0.1)))
    >>> bill.cost, bill.total("BilledCost")
    (array([14.]), array([15.4]))
    """
    from .adjustments import Adjustments, Charge, apply

    adjustments = Adjustments() if adjustments is None else adjustments
    if adjustments.negotiated or adjustments.committed:
        raise PriceError(
            "invoice: negotiated prices and commitments are settled already; give credits, support and tax only, and negotiated "
            "prices to the settlement (contracted)."
        )
    windows = settlement.on_demand.shape[-2]
    by_sku = [
        _windowed(part.amount, settlement.window_of, windows) * part.price
        for part in settlement.allocations
    ]
    whole = sum(by_sku) if by_sku else np.zeros_like(settlement.on_demand)
    charges = [
        Charge(
            sku=sku,
            list_cost=settlement.list_cost[..., s],
            contracted_cost=settlement.contracted_cost[..., s],
            effective_cost=settlement.on_demand[..., s] + whole[..., s],
            billed_cost=settlement.on_demand[..., s],
        )
        for s, sku in enumerate(settlement.skus)
    ]
    for held, fee, used, billed in zip(
        settlement.instruments, settlement.fees, by_sku, billed_fees(settlement)
    ):
        unused = np.maximum(fee - used.sum(axis=-1), 0.0)
        charges.append(
            Charge(
                sku=held.id,
                list_cost=np.zeros_like(unused),
                category="Purchase",
                contracted_cost=np.zeros_like(unused),
                effective_cost=unused,
                billed_cost=np.broadcast_to(billed, unused.shape),
            )
        )
    return apply(adjustments, charges, periods)


def _term_fee(held, settlement) -> float:
    """Effective fee of the whole term, money: its windows are months, the term, or as long as the periods given."""
    part = settlement.allocation(held.id)
    each = float(part.fee.max()) if len(part.fee) else 0.0
    start, end = np.datetime64(held.start, "h"), np.datetime64(held.end, "h")
    if held.window == "term":
        return each
    if held.window == "month":
        return each * float(months_between(start, end - HOURS) + 1)
    return each * float((end - start) / np.diff(settlement.dates)[0])


def _line(
    window,
    category,
    sku,
    pricing,
    *,
    quantity,
    listed,
    contracted,
    effective,
    billed,
    held=None,
    status=None,
    amount=None,
) -> dict:
    return {
        "x_Window": window,
        "ChargeCategory": category,
        "ChargeFrequency": "Recurring" if category == "Purchase" else "Usage-Based",
        "PricingCategory": pricing,
        "SkuId": sku,
        "ConsumedQuantity": None if quantity is None else float(quantity),
        "ListCost": float(listed),
        "ContractedCost": float(contracted),
        "EffectiveCost": float(effective),
        "BilledCost": float(billed),
        "CommitmentDiscountId": held.id if held else None,
        "CommitmentDiscountStatus": status,
        "CommitmentDiscountCategory": None
        if held is None
        else "Spend"
        if isinstance(held, Spend)
        else "Usage",
        "CommitmentDiscountQuantity": None if amount is None else float(amount),
    }


def _windowed(values: np.ndarray, window_of: np.ndarray, windows: int) -> np.ndarray:
    """(..., period, sku) → (..., window, sku)."""
    return np.moveaxis(pooled(np.moveaxis(values, -1, -2), window_of, windows), -1, -2)


def _mean_to(keep: int):
    """Means over all leading axes, so that two axes (window, sku) are left."""

    def mean(values: np.ndarray) -> np.ndarray:
        while values.ndim >= keep:
            values = values.mean(axis=0)
        return values

    return mean
