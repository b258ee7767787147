"""What can be bought: offers, as documents in data/commitments/*.yaml or made in code (docs/method §8.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...checks import number, share_below_one
from ...documents import load_yaml
from ...errors import PriceError, listing, unknown
from ...prices.terms.contracts import is_currency

KINDS = ("units", "spend", "capacity")


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Something that can be committed to, for every hour of a term. Effective rates: payment options compare elsewhere, at NPV.

    kind units      `rate` money per committed unit and hour; use above it costs `on_demand`
         spend      money per hour at plan rates; `discount` for every SKU, or `discounts` by SKU
         capacity   units of capacity, each serving `per_unit` of demand; demand above it spills at `on_demand` per unit of demand,
                    or is blocked at a `penalty` per unit of demand

    Raises PriceError in one sentence for numbers that make no sense and for names that are not known.
    """

    name: str = "commitment"
    kind: str = "units"
    rate: float | None = None  # money per committed unit and hour, effective
    on_demand: float | None = (
        None  # money per unit of demand without it; None: the prices given with the demand
    )
    discount: float | None = None  # spend: share saved, the same for every SKU
    discounts: Mapping[str, float] = field(default_factory=dict)
    skus: tuple[
        str, ...
    ] = ()  # what it covers; empty: every SKU of the demand (or those of `discounts`)
    unit: str = ""
    term_months: int = 12
    upfront_share: float = 0.0  # share of the fee paid on the first day
    minimum: float = 0.0  # smallest quantity that can be bought
    step: float = 0.0  # quantities are multiples of it; 0: any
    maximum: float = np.inf  # largest quantity
    per_unit: float = 1.0  # capacity: demand that one unit serves
    penalty: float | None = None  # capacity: money per unit of demand that is blocked
    priority: int = 0  # where offers overlap, lower numbers apply first; equal: the narrower one
    vendor: str = ""
    reference: str = ""
    starts: str = ""  # first day it can be bought for, YYYY-MM-DD

    def __post_init__(self):
        where = f"offer '{self.name}'"
        if self.kind not in KINDS:
            raise PriceError(unknown(where, "kind", str(self.kind), KINDS))
        for key in ("rate", "on_demand", "discount", "penalty"):
            if getattr(self, key) is not None:
                object.__setattr__(self, key, number(getattr(self, key), f"{where}: {key}"))
        for key in ("upfront_share", "minimum", "step"):
            object.__setattr__(self, key, number(getattr(self, key), f"{where}: {key}"))
        for key in ("per_unit", "term_months"):
            number(getattr(self, key), f"{where}: {key}", above_zero=True)
        if self.maximum != np.inf:
            object.__setattr__(self, "maximum", number(self.maximum, f"{where}: maximum"))
        if self.upfront_share > 1:
            raise PriceError(
                f"{where}: upfront_share is {self.upfront_share:g}; it must be a share from 0 to 1."
            )
        if self.minimum > self.maximum:
            raise PriceError(
                f"{where}: the minimum {self.minimum:g} is above the maximum {self.maximum:g}; change one of them."
            )
        object.__setattr__(self, "skus", tuple(self.skus) or tuple(self.discounts))
        object.__setattr__(
            self,
            "discounts",
            {
                str(sku): share_below_one(value, f"{where}: discount of {sku}")
                for sku, value in dict(self.discounts).items()
            },
        )
        if self.kind == "spend":
            self._check_spend(where)
        elif self.rate is None and self.discount is None:
            raise PriceError(
                f"{where}: rate is missing; write the effective money per committed unit and hour."
            )
        elif self.rate is not None and self.rate == 0:
            raise PriceError(f"{where}: rate is 0; it must be a finite number above 0.")
        if self.discount is not None:
            share_below_one(self.discount, f"{where}: discount")
        if self.penalty is not None and self.kind != "capacity":
            raise PriceError(
                f"{where}: a penalty for blocked demand goes with kind capacity, not {self.kind}."
            )

    def _check_spend(self, where: str) -> None:
        if self.rate is not None:
            if self.discount is None and self.rate <= 1:
                object.__setattr__(
                    self, "discount", 1 - self.rate
                )  # the rate of a spend commitment is 1 - discount
            else:
                raise PriceError(
                    f"{where}: the rate of a spend commitment is 1 - discount, from 0 to 1; write discount or discounts."
                )
        if self.discount is None and not self.discounts:
            raise PriceError(
                f"{where}: a spend commitment needs discount (one for every SKU) or discounts (SKU: share)."
            )

    @property
    def term_hours(self) -> float:
        """Hours of the term, 730 to a month."""
        return self.term_months * 730.0

    def covers(self, skus) -> tuple[str, ...]:
        """Which of these SKUs it covers, in their order. Raises PriceError where it names one that is not there."""
        for sku in self.skus:
            if sku not in skus:
                raise PriceError(
                    unknown(
                        f"offer '{self.name}'",
                        "SKU",
                        sku,
                        skus,
                        "Give its demand, or leave it out of the offer.",
                    )
                )
        return tuple(sku for sku in skus if not self.skus or sku in self.skus)

    def discount_of(self, sku: str, on_demand: float) -> float:
        """Share it saves on a SKU that costs `on_demand` per unit of demand."""
        if self.kind == "spend":
            discount = self.discounts.get(sku, self.discount)
            if discount is None:
                raise PriceError(
                    f"offer '{self.name}': there is no discount for {sku}; write it under discounts."
                )
            return discount
        return 1 - self.rate_at(on_demand) / (on_demand * self.per_unit) if on_demand else 0.0

    def rate_at(self, on_demand: float) -> float:
        """Money per committed unit and hour."""
        return (
            self.rate if self.rate is not None else on_demand * self.per_unit * (1 - self.discount)
        )


def offer_from(document: Mapping, where: str = "") -> Offer:
    """The offer in a part of a document. Raises PriceError naming the place and the nearest key."""
    if isinstance(document, Offer):
        return document
    place = f"{where}: " if where else ""
    if not isinstance(document, Mapping):
        raise PriceError(
            f"{place}an offer must be a mapping of names to values, not '{str(document)[:60]}'."
        )
    known = tuple(Offer.__dataclass_fields__)
    for key in document:
        if key not in known:
            raise PriceError(
                unknown(f"{place}offer '{document.get('name', '')}'", "key", str(key), known)
            )
    values = {key: value for key, value in document.items() if value is not None}
    for key in ("starts", "name", "unit"):
        if key in values:
            values[key] = str(values[key])
    try:
        return Offer(**values)
    except PriceError as problem:
        raise PriceError(f"{place}{problem}") from None


def load_offers(folder, only=None) -> tuple[Offer, ...]:
    """The offers of every document in a folder, in the order of files and lines; `only`: some of them by name.

    A document is {vendor, currency, reference, checked, offers: [{name, …}, …]}.
    """
    offers: list[Offer] = []
    folder, only = Path(folder), [only] if isinstance(only, str) else only
    for path in sorted(folder.glob("*.y*ml")):
        document = load_yaml(path, PriceError)
        if not isinstance(document, dict) or not isinstance(document.get("offers"), list):
            raise PriceError(
                f"{path.name}: offers is missing; write a list of offers, each with a name and a rate."
            )
        shared = {"vendor": document.get("vendor", ""), "reference": document.get("reference", "")}
        offers += [
            offer_from(
                dict(entry) if not isinstance(entry, Mapping) else {**shared, **entry},
                f"{path.name}: offers[{i}]",
            )
            for i, entry in enumerate(document["offers"])
        ]
    names = [offer.name for offer in offers]
    for name in names:
        if names.count(name) > 1:
            raise PriceError(
                f"{folder.name}: two offers are called '{name}'; every offer needs a name of its own."
            )
    if not offers:
        raise PriceError(
            f"{folder}: there are no offers; write a document with offers, for example data/commitments/hyperion.yaml, or name the folder of yours: --offers FOLDER."
        )
    for name in only or ():
        if name not in names:
            raise PriceError(unknown(folder.name, "offer", name, names))
    return tuple(offer for offer in offers if not only or offer.name in only)


def money_unit(offer: Offer, currency: str = "") -> str:
    """What its quantity counts: `GPU-hours`, or money."""
    return offer.unit or (currency if offer.kind == "spend" else "units")


def describe(offer: Offer) -> str:
    """One line: what it is, for how long, at what price."""
    price = (
        f"{offer.rate:g} per unit and hour"
        if offer.rate is not None
        else (
            f"{offer.discount:.0%} off"
            if offer.discount is not None
            else f"{min(offer.discounts.values()):.0%} to {max(offer.discounts.values()):.0%} off"
        )
    )
    what = "money" if offer.kind == "spend" or is_currency(offer.unit) else offer.unit or "units"
    return f"{offer.name}: {what} for {offer.term_months} months, {price}, covers {listing(offer.skus) if offer.skus else 'everything'}"
