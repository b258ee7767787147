"""Terms of a contract between list price and invoice: what adjustments.apply reads (docs/method §5.46). numpy only."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...checks import number
from ...errors import PriceError, unknown
from ..rates.graduated import Graduated
from ..terms.credits import Credit

COSTS = ("ListCost", "ContractedCost", "EffectiveCost", "BilledCost")
CATEGORIES = ("Usage", "Purchase", "Credit", "Tax", "Adjustment")
BASES = ("before_credits", "after_credits")


@dataclass(frozen=True, kw_only=True)
class Charge:
    """Charges of one SKU before adjustments, each (..., period) or a number.

    Give list_cost; or quantity and list_price. contracted_cost, effective_cost and billed_cost are worked out where they
    are not given: contracted from the negotiated prices, effective and billed as contracted, less what commitments cover.
    """

    sku: str
    list_cost: object = None
    quantity: object = None
    list_price: float | None = None  # money per unit
    service: str = ""
    category: str = "Usage"  # ChargeCategory
    contracted_cost: object = None
    effective_cost: object = None
    billed_cost: object = None
    fee: object = 0.0  # of list_cost, what is due beside the use: the fee of an allowance, flat fees of tiers (..., period)
    minimum: object = 0.0  # due at least in each period, whatever the use and the discount


@dataclass(frozen=True)
class Negotiated:
    """A negotiated price or discount. The most specific one holds: a price before a discount, then SKU, service, all.

    It is off usage: fees and minima stay. A Purchase (seats, a plan) is discounted where sku or service names it, or commitments says so;
    Credit, Tax and Adjustment never are (docs/method §5.15).
    """

    discount: float = 0.0  # share off the list price, 0..1
    price: float | None = (
        None  # money per unit instead of the list price: it overrides every discount
    )
    sku: str = ""
    service: str = ""
    commitments: bool = (
        False  # whether the discount is also taken off commitment fees and purchases (as an EDP is)
    )

    def __post_init__(self):
        name = f"negotiated '{self.sku or self.service or 'all'}'"
        object.__setattr__(self, "discount", number(self.discount, f"{name}: discount"))
        if self.discount > 1:
            raise PriceError(
                f"{name}: discount is {self.discount:g}; it must be a share from 0 to 1 (0.1 is 10 % off)."
            )
        if self.price is not None:
            object.__setattr__(self, "price", number(self.price, f"{name}: price"))
            if not self.sku:
                raise PriceError(
                    f"{name}: a price is for one SKU; write sku, or give a discount for a service."
                )


@dataclass(frozen=True)
class Committed:
    """What a commitment did in each period: units it covers of each SKU, and its fee, used or not."""

    id: str
    fee: object  # effective fee of each period, money: quantity x rate, unused included
    covers: dict = field(
        default_factory=dict
    )  # SKU -> covered units, or money at contracted price where a charge has none
    rate: float | None = (
        None  # fee per covered unit; None: the whole fee is spread over what is covered
    )
    billed: object = None  # what the invoice says of the fee in each period; None: the fee


@dataclass(frozen=True)
class Support:
    """A support fee: fixed + the greater of a minimum and graduated shares of the base.

    starts, rates   tiers of the base per period: 0.10 from 0, 0.07 from 10,000 ...
    base            "before_credits" or "after_credits": whether credits lower what the share is of
    of              FOCUS cost the base is made of: BilledCost unless said otherwise
    exclude         services and SKUs that do not count
    """

    rates: tuple[float, ...] = (0.0,)
    starts: tuple[float, ...] = (0.0,)
    minimum: float = 0.0
    fixed: float = 0.0
    base: str = "before_credits"
    of: str = "BilledCost"
    exclude: tuple[str, ...] = ()

    def __post_init__(self):
        try:
            tiers = Graduated(self.starts, self.rates)
        except PriceError as problem:
            raise PriceError(f"support fee: {str(problem).removeprefix('graduated: ')}") from None
        object.__setattr__(self, "rates", tiers.prices)
        object.__setattr__(self, "starts", tiers.starts)
        for i, rate in enumerate(tiers.prices):
            if rate > 1:
                raise PriceError(
                    f"support fee: rates[{i}] is {rate:g}; it must be a share from 0 to 1 (0.1 is 10 %)."
                )
        for key in ("minimum", "fixed"):
            object.__setattr__(self, key, number(getattr(self, key), f"support fee: {key}"))
        for key, allowed in (("base", BASES), ("of", COSTS)):
            if getattr(self, key) not in allowed:
                raise PriceError(unknown("support fee", key, getattr(self, key), allowed))
        object.__setattr__(self, "exclude", tuple(self.exclude))

    def fee(self, base):
        """The fee on a base, money, same shape; a base below 0 counts as 0.

        >>> float(Support(rates=(0.10, 0.07), starts=(0, 10_000), minimum=100).fee(12_000))
        1140.0
        """
        share = Graduated(self.starts, self.rates).charge(np.maximum(np.asarray(base, float), 0.0))
        return self.fixed + np.maximum(share, self.minimum)


@dataclass(frozen=True)
class Tax:
    """Tax on what is billed after credits, support fee included; recoverable: the share that comes back and is no cost."""

    rate: float
    recoverable: float = 1.0
    exclude: tuple[str, ...] = ()  # services and SKUs that are not taxed
    before_credits: bool = False  # whether credits leave the base alone

    def __post_init__(self):
        for key in ("rate", "recoverable"):
            object.__setattr__(self, key, number(getattr(self, key), f"tax: {key}"))
        if self.recoverable > 1:
            raise PriceError(
                f"tax: recoverable is {self.recoverable:g}; it must be a share from 0 to 1."
            )
        object.__setattr__(self, "exclude", tuple(self.exclude))


@dataclass(frozen=True)
class Adjustments:
    """What a contract changes between list price and invoice."""

    negotiated: tuple[Negotiated, ...] = ()
    committed: tuple[Committed, ...] = ()
    credits: tuple[Credit, ...] = ()
    support: Support | None = None
    tax: Tax | None = None
    credit_order: object = "expiry"
    currency: str = "USD"  # lines are billed in whole coins of it (docs/method §5.49)
