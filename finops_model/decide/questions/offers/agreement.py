"""An agreement: committed spend a year, discounts by what is spent, the shortfall at the end of its year (docs/method §8.61, §5.47)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ....checks import numbers
from ....errors import InputError, PriceError
from ....prices.terms.agreements import COUNTS
from ....prices.terms.agreements import Agreement as Terms
from ._base import Ledger, World, joined, money, monthly, part, word

TIERS = ("all", "above")
YEAR = 12


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Spend at list prices less a discount, and what is missing to the year's commitment.

    Parameters
    ----------
    commitments : list of float or float
        Money of each contract year; one number: a single year.
    discount : float or mapping, optional
        Share off; or by the year's spend at list prices: `{starts: [0, 1e6], shares: [0.05, 0.08], of: all}`; of: all of it
        gets the share reached, or above: each share is for its own part.
    price : float or range, optional
        Money per unit at list; default: the file's on-demand price (1 where the demand is money).
    counts : str, optional
        Spend that counts: after_discount or before_discount.
    shortfall_carry, excess_carry, excess_cap : float, optional
        As in prices/terms/agreements.py.

    Source
    ------
    docs/method §5.47, §8.61.

    Examples
    --------
    >>> world = World.of([f"2026-{m:02}" for m in range(1, 13)], np.full((1, 12), 5.0), on_demand=1.0)
    >>> Agreement(commitments=[100.0], discount=0.1).settle(world).cost.sum(axis=1).tolist()
    [100.0]
    """

    commitments: Any
    discount: object = 0.0
    price: object = None
    counts: str = "after_discount"
    shortfall_carry: float = 0.0
    excess_carry: float = 0.0
    excess_cap: float = 1.0

    UNCERTAIN: ClassVar[tuple[str, ...]] = ("price",)

    def __post_init__(self):
        given = self.commitments
        given = given if isinstance(given, (list, tuple)) else [given]
        object.__setattr__(self, "commitments", numbers(given, "commitments", InputError))
        money(self.price, "price")
        word(self.counts, "word for counts", COUNTS)
        self._tiers()
        self._terms("2026-01", len(self.commitments))

    @property
    def term(self) -> int:
        """Months of all its years."""
        return YEAR * len(self.commitments)

    def _tiers(self) -> tuple[np.ndarray, np.ndarray, str]:
        if not isinstance(self.discount, Mapping):
            return np.zeros(1), np.array([part(self.discount, "discount")]), "all"
        extra = set(self.discount) - {"starts", "shares", "of"}
        if extra or not {"starts", "shares"} <= set(self.discount):
            raise InputError(
                "agreement: a discount by spend is {starts: [0, 1000000], shares: [0.05, 0.08], of: all}."
            )
        starts = np.array(numbers(self.discount["starts"], "discount/starts", InputError))
        shares = [
            part(one, f"discount/shares[{i}]") for i, one in enumerate(self.discount["shares"])
        ]
        if len(shares) != len(starts) or starts[0] != 0 or (np.diff(starts) <= 0).any():
            raise InputError(
                "agreement: discount/starts begins with 0 and rises, with one share for each start."
            )
        of = word(self.discount.get("of", "all"), "word for of", TIERS)
        return starts, np.array(shares), of

    def _terms(self, start: str, years: int) -> Terms:
        try:
            return Terms(
                commitments=self.commitments[:years],
                start=start,
                shortfall_carry=self.shortfall_carry,
                excess_carry=self.excess_carry,
                excess_cap=self.excess_cap,
            )
        except PriceError as problem:
            raise InputError(str(problem)) from None

    def off(self, spend: np.ndarray) -> np.ndarray:
        """Money off a year's spend at list prices, (...)."""
        starts, shares, of = self._tiers()
        if of == "all":
            return spend * shares[np.searchsorted(starts, spend, side="right") - 1]
        ends = np.append(starts[1:], np.inf)
        inside = np.clip(spend[..., None], starts, ends) - starts
        return (inside * shares).sum(axis=-1)

    def settle(self, world: World) -> Ledger:
        """Spend less discount month by month, the shortfall with the last month of its year."""
        if world.span % YEAR:
            raise InputError(
                f"agreement: the question is about {world.span} months, and an agreement has whole years; write months: "
                f"{-(-world.span // YEAR) * YEAR}."
            )
        gross = world.use * world.price(self.price, "agreement") * world.prices
        years = gross.reshape(len(gross), -1, YEAR)
        total = years.sum(axis=2)
        share = np.divide(self.off(total), total, out=np.zeros_like(total), where=total > 0)
        net = (years * (1 - share[..., None])).reshape(gross.shape)
        counted = net if self.counts == "after_discount" else gross
        missing = np.zeros_like(gross)
        for first, stop in world.terms(self.term):
            deal = self._terms(world.months[first], (stop - first) // YEAR)
            paid = deal.settle(counted[:, first:stop]).paid
            missing[:, first + YEAR - 1 : stop : YEAR] = paid
        return joined(
            [monthly(world, net), monthly(world, missing)],
            {},
            f"{len(self.commitments)} years committed, shortfall at the end of each",
        )
