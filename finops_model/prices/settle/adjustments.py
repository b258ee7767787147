"""From charges to an invoice, in fixed order: list, negotiated, commitment, credits, support fee, tax (docs/method §5.46).

Every line keeps the four costs of FOCUS side by side, (..., period) each. Order is the contract's, never the caller's:
a discount is off the list price, a commitment covers at contracted prices, credits pay what is billed, the support fee is
a tiered percentage of a stated base, tax comes last and stands outside cost as far as it is recovered. What is billed is in
whole cents, line by line (§5.49). numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError, listing, unknown
from ..rates._parts import Parts, charged
from ..terms.credits import Credit, draw
from . import invoice
from .cents import add_up, digits, rounded
from .invoice import Invoice
from .invoice_terms import (
    CATEGORIES,
    Adjustments,
    Charge,
    Committed,
    Negotiated,
    Support,
    Tax,
)

__all__ = [
    "Adjustments",
    "Charge",
    "Committed",
    "Negotiated",
    "Support",
    "Tax",
    "apply",
    "contract",
]


def apply(
    adjustments: Adjustments, charges: Sequence[Charge], periods: Sequence[str] | None = None
) -> Invoice:
    """The invoice of charges under a contract.

    Commitment purchases and unused lines have ListCost 0, so that sums of ListCost count usage
    once.

    Parameters
    ----------
    adjustments : Adjustments
        Negotiated prices, fees, credits, support, tax.
    charges : sequence of Charge
        Usage (..., period).
    periods : sequence of str, optional
        Months or days of the last axis; needed where a credit has a start or an expiry.

    Returns
    -------
    Invoice
        Lines (..., period), money of the contract's currency.

    Raises
    ------
    PriceError
        Negative quantity, no list cost, covered units above the usage, unknown SKU.

    Source
    ------
    docs/method §5.46.

    Examples
    --------
    >>> terms = Adjustments(
    ...     negotiated=(Negotiated(0.10),),
    ...     credits=(Credit(100),),
    ...     support=Support((0.10,)),
    ...     tax=Tax(0.19),
    ... )
    >>> bill = apply(terms, [Charge(sku="gpu", list_cost=[1000.0])])
    >>> [(line.name, float(line.BilledCost[0])) for line in bill.lines]
    [('gpu', 900.0), ('credit 1', -100.0), ('Support', 90.0), ('Tax', 169.1)]
    """
    digits(adjustments.currency)
    listed = [_listed(charge) for charge in charges]
    try:
        shape = np.broadcast_shapes(*(np.shape(cost) for cost in listed), (1,))
    except ValueError:
        raise PriceError(
            f"invoice: the charges have shapes {listing(str(np.shape(cost)) for cost in listed)}; "
            "give all of them as many periods."
        ) from None

    lines = []
    for charge, cost in zip(charges, listed):
        cost = np.broadcast_to(cost, shape)
        contracted = contract(adjustments.negotiated, charge, cost)
        lines += _usage_lines(
            charge, cost, np.broadcast_to(contracted, shape), adjustments.committed, shape
        )
    lines += _fee_lines(adjustments, charges, shape)

    known = {charge.sku for charge in charges}
    for term in adjustments.negotiated:
        if term.sku and term.sku not in known:
            raise PriceError(unknown("negotiated", "SKU", term.sku, known))
    lines = [
        replace(line, BilledCost=rounded(line.BilledCost, adjustments.currency)) for line in lines
    ]

    charged, drawn = lines, _draw(adjustments, lines, periods)
    if drawn is not None:
        paid = -_paid_in_coins(drawn.drawn, adjustments.currency)
        lines = [
            *lines,
            *(
                invoice.line(
                    "Credit",
                    credit.id or f"credit {k + 1}",
                    effective=paid[..., k],
                    billed=paid[..., k],
                )
                for k, credit in enumerate(adjustments.credits)
            ),
        ]

    if adjustments.support is not None:
        fee = adjustments.support.fee(_support_base(adjustments.support, lines, drawn, charged))
        fee = rounded(np.broadcast_to(fee, shape), adjustments.currency)
        lines = [
            *lines,
            invoice.line(
                "Purchase", "Support", listed=fee, contracted=fee, effective=fee, billed=fee
            ),
        ]
    if adjustments.tax is not None:
        lines = [*lines, _tax_line(adjustments.tax, lines, drawn, charged, adjustments.currency)]

    return Invoice(tuple(lines), drawn, adjustments.currency)


def _money(value, what: str) -> np.ndarray:
    """Money of any sign, finite."""
    try:
        money = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        money = np.array(np.nan)
    if not np.isfinite(money).all():
        raise PriceError(
            f"{what} is {str(value)[:40]}; it must be a finite number or an array of them."
        )
    return money


def _spread(value: np.ndarray, shape: tuple, what: str) -> np.ndarray:
    """A number or an array over all periods of the invoice."""
    try:
        return np.broadcast_to(value, shape)
    except ValueError:
        raise PriceError(
            f"{what} has shape {value.shape} but the charges have {shape}; give a number, or one for each period."
        ) from None


def _listed(charge: Charge):
    if charge.category not in CATEGORIES:
        raise PriceError(
            unknown(f"charge '{charge.sku}'", "ChargeCategory", charge.category, CATEGORIES)
        )
    if charge.list_cost is not None:
        return _money(charge.list_cost, f"charge '{charge.sku}': list_cost")
    if charge.quantity is None or charge.list_price is None:
        raise PriceError(
            f"charge '{charge.sku}': the list cost is not known; give list_cost, or quantity and list_price."
        )
    return quantities(f"charge '{charge.sku}'", charge.quantity) * number(
        charge.list_price, f"charge '{charge.sku}': list_price"
    )


def contract(negotiated: Sequence[Negotiated], charge: Charge, list_cost):
    """ContractedCost of a charge: its price override, else the discount of its SKU, else of its service, else of all.

    >>> terms = [Negotiated(0.05), Negotiated(0.20, service="Compute"), Negotiated(price=2.5, sku="h100")]
    >>> [float(contract(terms, charge, 100.0)) for charge in
    ...  (Charge(sku="s3"), Charge(sku="a100", service="Compute"), Charge(sku="h100", quantity=30, service="Compute"))]
    [95.0, 80.0, 75.0]
    """
    if charge.contracted_cost is not None:
        return _money(charge.contracted_cost, f"charge '{charge.sku}': contracted_cost")
    fits = [
        term
        for term in negotiated
        if term.sku in ("", charge.sku)
        and term.service in ("", charge.service)
        and _reaches(term, charge)
    ]
    if not fits:
        return np.asarray(list_cost, float)
    best = max(fits, key=lambda term: (term.price is not None, bool(term.sku), bool(term.service)))
    if best.price is None:
        fee, least = (
            quantities(f"charge '{charge.sku}': {key}", getattr(charge, key))
            for key in ("fee", "minimum")
        )
        listed = np.asarray(list_cost, float)
        if (fee > np.maximum(listed, 0.0) * (1 + 1e-9)).any():
            raise PriceError(
                f"charge '{charge.sku}': its fee is more than its list cost, which it is a part of; write the whole list cost."
            )
        return (
            charged(Parts(listed - fee, fee, np.maximum(least - fee, 0.0)), 1 - best.discount)
            if best.discount
            else listed
        )
    if charge.quantity is None:
        raise PriceError(
            f"charge '{charge.sku}': a negotiated price needs its quantity; give quantity."
        )
    return quantities(f"charge '{charge.sku}'", charge.quantity) * best.price


def _reaches(term: Negotiated, charge: Charge) -> bool:
    """Whether a term is off such a charge: usage, and purchases that it names (docs/method §5.15)."""
    return charge.category == "Usage" or (
        charge.category == "Purchase" and bool(term.sku or term.service or term.commitments)
    )


def _usage_lines(charge, listed, contracted, commitments, shape):
    """The part covered by each commitment, and the rest at contracted price."""
    lines, share_left = [], np.ones(shape)
    for held in commitments:
        if charge.sku not in held.covers:
            continue
        whole = (
            contracted
            if charge.quantity is None
            else np.broadcast_to(quantities("quantity", charge.quantity), shape)
        )
        covered = quantities(f"commitment '{held.id}'", held.covers[charge.sku])
        covered = _spread(covered, shape, f"commitment '{held.id}': covers")
        share = np.where(
            whole > 0, covered / np.where(whole > 0, whole, 1.0), np.where(covered > 0, np.inf, 0.0)
        )
        if (share > share_left + 1e-9).any():
            raise PriceError(
                f"commitment '{held.id}': it covers more of '{charge.sku}' than is used; "
                "what no usage needs is unused, not covered."
            )
        share_left = np.maximum(share_left - share, 0.0)
        lines.append(
            invoice.line(
                "Usage",
                charge.sku,
                charge.service,
                "Used",
                listed=listed * share,
                contracted=contracted * share,
                effective=np.broadcast_to(covered * _rate(held, shape), shape),
                billed=np.zeros(shape),
            )
        )
    given = [
        contracted
        if getattr(charge, key) is None
        else _spread(
            _money(getattr(charge, key), f"charge '{charge.sku}': {key}"),
            shape,
            f"charge '{charge.sku}': {key}",
        )
        for key in ("effective_cost", "billed_cost")
    ]
    keys = ("listed", "contracted", "effective", "billed")
    parts = {key: cost * share_left for key, cost in zip(keys, (listed, contracted, *given))}
    return [*lines, invoice.line(charge.category, charge.sku, charge.service, "", **parts)]


def _rate(held: Committed, shape):
    """Fee per covered unit in each period."""
    if held.rate is not None:
        return np.broadcast_to(number(held.rate, f"commitment '{held.id}': rate"), shape)
    covered = np.broadcast_to(
        sum(np.asarray(units, float) for units in held.covers.values()), shape
    )
    return np.where(
        covered > 0, np.asarray(held.fee, float) / np.where(covered > 0, covered, 1.0), 0.0
    )


def _fee_lines(adjustments, charges, shape):
    """The purchase of each commitment, and what of it was not used."""
    off = max((t.discount for t in adjustments.negotiated if t.commitments), default=0.0)
    known = {charge.sku for charge in charges}
    for held in adjustments.committed:
        for sku in held.covers:
            if sku not in known:
                raise PriceError(unknown(f"commitment '{held.id}'", "SKU", sku, known))
        what = f"commitment '{held.id}'"
        fee = _spread(quantities(f"{what}: fee", held.fee), shape, f"{what}: fee")
        billed = (
            fee
            if held.billed is None
            else _spread(_money(held.billed, f"{what}: billed"), shape, f"{what}: billed")
        )
        used = np.broadcast_to(
            sum((np.asarray(units, float) for units in held.covers.values()), np.zeros(())), shape
        )
        used = used * _rate(held, shape)
        if (used > fee * (1 + 1e-9) + 1e-9).any():
            raise PriceError(
                f"commitment '{held.id}': it covers usage worth more than its fee; "
                "covered units x rate may not exceed quantity x rate."
            )
        yield invoice.line("Purchase", held.id, "", "", billed=billed * (1 - off), shape=shape)
        yield invoice.line(
            "Usage", held.id, "", "Unused", effective=np.maximum(fee - used, 0.0), shape=shape
        )
        if off:
            yield invoice.line("Adjustment", held.id, "", "", effective=-fee * off, shape=shape)


def _draw(adjustments, lines, periods):
    """Credits against the billed cost of the lines they may pay for: one column a line."""
    if not adjustments.credits:
        return None
    names = sorted({name for line in lines for name in (line.name, line.service) if name})
    columns = [f"{i}" for i in range(len(lines))]
    scoped = []
    for credit in adjustments.credits:
        for service in credit.services:
            if service not in names:
                raise PriceError(unknown(f"credit '{credit.id}'", "service", service, names))
        mine = tuple(
            columns[i]
            for i, line in enumerate(lines)
            if line.category in credit.categories
            and (
                not credit.services
                or line.name in credit.services
                or line.service in credit.services
            )
        )
        scoped.append(
            Credit(
                credit.amount,
                credit.id,
                credit.start,
                credit.expires,
                mine or ("none",),
                credit.share,
            )
        )
    cost = np.stack(
        [*(line.BilledCost for line in lines), np.zeros_like(lines[0].BilledCost)], axis=-1
    )
    return draw(scoped, cost, periods, [*columns, "none"], adjustments.credit_order)


def _support_base(support: Support, lines, drawn, charged):
    """What the support fee is a share of."""
    base = sum(
        (
            getattr(line, support.of)
            for line in lines
            if line.category != "Credit"
            and line.name not in support.exclude
            and line.service not in support.exclude
        ),
        0.0,
    )
    return (
        base - _paid(drawn, charged, support.exclude) if support.base == "after_credits" else base
    )


def _paid(drawn, charged, exclude):
    """What credits paid of the lines that count."""
    if drawn is None:
        return 0.0
    count = [
        i
        for i, line in enumerate(charged)
        if line.name not in exclude and line.service not in exclude
    ]
    return drawn.by_service[..., count].sum(axis=-1)


def _paid_in_coins(drawn: np.ndarray, currency: str) -> np.ndarray:
    """What credits paid, (..., period, credit), in whole coins: in a period they add up to what was paid together; what one was paid too little
    or too much for by a part of a coin goes on to its next period.
    """
    paid, owed = np.zeros_like(drawn), np.zeros((*drawn.shape[:-2], drawn.shape[-1]))
    for t in range(drawn.shape[-2]):
        exact = drawn[..., t, :]
        wanted = np.where(exact > 0, np.maximum(exact + owed, 0.0), 0.0)
        paid[..., t, :] = add_up(
            exact.sum(axis=-1),
            np.where(wanted.any(axis=-1, keepdims=True), wanted, exact),
            currency,
        )
        owed = owed + exact - paid[..., t, :]
    return paid


def _tax_line(tax: Tax, lines, drawn, charged, currency):
    base = sum(
        (
            line.BilledCost
            for line in lines
            if line.category != "Credit"
            and line.name not in tax.exclude
            and line.service not in tax.exclude
        ),
        np.zeros_like(lines[0].BilledCost),
    )
    due = rounded(
        (
            base
            if tax.before_credits
            else base - rounded(_paid(drawn, charged, tax.exclude), currency)
        )
        * tax.rate,
        currency,
    )
    return invoice.line(
        "Tax",
        "Tax",
        listed=due * 0,
        contracted=due * 0,
        effective=rounded(due * (1 - tax.recoverable), currency),
        billed=due,
    )
