"""What was recommended as a scenario: purchases become commitments that a forecast settles the same way (docs/method §8.13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...documents import dump_yaml
from ...errors import PriceError, listing
from ...periods import add_months
from ...prices.settle.hourly import Hourly
from ...prices.terms.contracts import is_currency
from .answer import Purchase, Recommendation

FIRST = 100  # priority of the first of several that overlap: after what is signed, as recommended
WHY = "finops commit recommends it"


@dataclass(frozen=True)
class Ground:
    """What a recommendation for a workspace stood on: on-demand prices, units as billed, what is signed."""

    prices: Mapping[str, float]
    units: Mapping[str, str]
    signed: tuple[Hourly, ...] = ()


def adopt(
    recommendation: Recommendation,
    ground: Ground,
    base: str | None,
    *,
    name: str = "Buy what finops commit recommends",
) -> str:
    """The text of a scenario that adds what is recommended.

    base    file name of the base scenario, in the same folder or below; None: the ledger alone

    Raises PriceError where there is nothing to add, or an offer that a scenario cannot settle: blocked demand has no price there.
    """
    bought = [one for one in recommendation.purchases if one.quantity > 0]
    if not bought:
        raise PriceError(
            "nothing is recommended, so there is nothing to write as a scenario. Look at the other levels, or loosen a limit."
        )
    ranked = _apart(bought, ground)
    changes = []
    for i, one in enumerate(bought):
        value = terms_of(one, ground)
        if ranked:
            value["x_Priority"] = FIRST + i
        changes.append(
            {
                "path": f"commitments/{_named(bought, i).replace('%', '%25').replace('/', '%2F')}",
                "op": "add",
                "since": one.start,
                "value": value,
                "because": WHY,
            }
        )
    return dump_yaml(
        {
            "name": name,
            "question": f"What changes if we buy {listing([one.name for one in bought])}?",
            # the last day on which buying it is of use: page one lists it (§9.31)
            "decide_by": str(min(np.datetime64(one.start, "D") for one in bought) - 1),
            **({"base": base} if base else {}),
            "changes": changes,
        }
    )


def terms_of(one: Purchase, ground: Ground) -> dict:
    """A purchase as the terms of a commitment in a scenario."""
    offer, skus = one.offer, _dearest_first(one.offer.covers(tuple(ground.prices)), ground)
    try:
        start = np.datetime64(one.start, "D")
    except ValueError:
        raise PriceError(
            f"offer '{offer.name}': {one.start or 'no first day'} is no day; ask with start=YYYY-MM-DD."
        ) from None
    days = int((start - start.astype("datetime64[M]").astype("datetime64[D]")).astype(int))
    end = np.datetime64(add_months(one.start[:7], int(offer.term_months)), "D") + days
    common = {
        "ContractCommitmentDescription": f"{one.quantity:,.6g} {_unit(one, ground, skus)} an hour for {offer.term_months:g} months",
        "ContractCommitmentLifecycleStatus": "Proposed",
        "ContractCommitmentCategory": "Spend" if offer.kind == "spend" else "Usage",
        "ContractCommitmentUnit": _unit(one, ground, skus),
        "ContractCommitmentPeriodStart": one.start,
        "ContractCommitmentPeriodEnd": str(end),
        **_payment(offer),
    }
    if offer.kind == "spend":
        if offer.discounts:
            off = {sku: float(offer.discount_of(sku, ground.prices[sku])) for sku in skus}
            return {**common, "ContractCommitmentQuantity": float(one.quantity), "x_Discounts": off}
        listed = one.quantity / (
            1 - offer.discount
        )  # with one discount a record counts money at list prices
        return {
            **common,
            "ContractCommitmentQuantity": float(listed),
            "ContractCommitmentDiscountPercentage": float(offer.discount),
            "x_SkuIds": list(skus),
        }
    if offer.kind == "capacity" and offer.penalty is not None:
        raise PriceError(
            f"offer '{offer.name}': demand above it is blocked at a penalty, and a scenario has no price for that. Write it by hand as a "
            "commitment whose spill costs the on-demand price, or leave the penalty out."
        )
    return {
        **common,
        "ContractCommitmentQuantity": float(one.quantity * offer.per_unit),
        "x_Rate": float(one.rate / offer.per_unit),
        "x_SkuIds": list(skus),
    }


def _payment(offer) -> dict:
    if not offer.upfront_share:
        return {}
    if offer.upfront_share == 1:
        return {"ContractCommitmentPaymentModel": "All Upfront"}
    return {
        "ContractCommitmentPaymentModel": "Partial Upfront",
        "ContractCommitmentPaymentUpfrontPercentage": float(offer.upfront_share),
    }


def _unit(one: Purchase, ground: Ground, skus) -> str:
    if one.offer.kind == "spend":
        return ground.units[""]
    units = list(dict.fromkeys(ground.units[sku] for sku in skus))
    if len(units) > 1:
        raise PriceError(
            f"offer '{one.name}': its SKUs are billed in {listing(units)}; a commitment in a scenario counts in one unit. Make an offer "
            "for each unit."
        )
    return units[0]


def _dearest_first(skus: Sequence[str], ground: Ground) -> list[str]:
    """Units serve what saves most first, as recommended (§8.4)."""
    return sorted(skus, key=lambda sku: -ground.prices[sku])


def _named(bought: Sequence[Purchase], i: int) -> str:
    """The offer's name, with its first day where it is bought more than once."""
    one = bought[i]
    return (
        f"{one.name}-{one.start}"
        if sum(other.name == one.name for other in bought) > 1
        else one.name
    )


def _apart(bought: Sequence[Purchase], ground: Ground) -> bool:
    """Whether the order has to be said: SKUs are shared in part or in different units, or one commitment in units covers several prices."""
    sets = [
        (frozenset(one.offer.covers(tuple(ground.prices))), one.offer.kind == "spend")
        for one in bought
    ]
    if any(not spend and len({ground.prices[sku] for sku in skus}) > 1 for skus, spend in sets):
        return True
    held = [(frozenset(one.skus), is_currency(one.unit)) for one in ground.signed if one.skus]
    return any(
        one[0] & other[0] and one != other
        for i, one in enumerate(sets)
        for other in [*sets[:i], *held]
    )
