"""Commitments in money: savings plans, flexible commitments. So much money of each window is owed and covers usage at the plan's rates.

Each SKU has a rate of its own (locked, as AWS does) or a discount on its on-demand price (floating with the list, as Azure and Google
do). What saves most is covered first: the highest share saved, at a tie the lower rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...checks import number
from ...errors import PriceError, unknown
from ._base import Allocation, allocated, capacity_of, check_window, hand_out, positions

COUNTS = ("discounted", "list")
NOISE = 1e-9  # savings that differ by less are a tie: 1 - 0.03/0.04 and 1 - 0.003/0.004 are both a quarter


@dataclass(frozen=True, kw_only=True)
class Spend:
    commitment: float  # money of each window, owed whether used or not (see counts)
    rates: dict | None = None  # SKU -> money per unit under the plan, locked
    discounts: dict | None = None  # SKU -> share off the on-demand price, floating with it
    discount: float | None = None  # one share for all of `skus`
    skus: tuple[str, ...] = ()  # with discount: what is eligible
    counts: str = "discounted"  # the entered amount is money at the plan's rates (AWS, Azure, Google since 2025), or
    id: str = (
        "spend"  # "list": at on-demand prices, of which (1 - discount) is paid (Google before)
    )
    eligible_share: float = 1.0
    window: str = "period"
    start: str | None = None
    end: str | None = None
    upfront_share: float = 0.0
    priority: float | None = None
    rank = 30

    def __post_init__(self):
        what = f"spend '{self.id}'"
        object.__setattr__(self, "commitment", number(self.commitment, f"{what}: commitment"))
        object.__setattr__(self, "window", check_window(what, self.window))
        object.__setattr__(self, "skus", tuple(self.skus))
        given = [
            name for name in ("rates", "discounts", "discount") if getattr(self, name) is not None
        ]
        if len(given) != 1:
            raise PriceError(
                f"{what}: {' and '.join(given) if given else 'no price'} given; give exactly one of rates, discounts or discount."
            )
        if self.counts not in COUNTS:
            raise PriceError(unknown(what, "word for counts", str(self.counts), COUNTS))
        if self.counts == "list" and self.discount is None:
            raise PriceError(
                f"{what}: a commitment that counts list money has one discount for all its SKUs; give discount and skus."
            )
        if self.discount is not None and not self.skus:
            raise PriceError(f"{what}: skus is empty; say what the discount covers.")
        for name in ("rates", "discounts"):
            table = getattr(self, name)
            if table is None:
                continue
            if not isinstance(table, Mapping) or not table:
                raise PriceError(
                    f"{what}: {name} is {str(table)[:60]}; it must be a mapping of SKUs to numbers."
                )
            object.__setattr__(
                self,
                name,
                {str(sku): number(value, f"{what}: {name}[{sku}]") for sku, value in table.items()},
            )
        for sku, share in (
            {"discount": self.discount} if self.discount is not None else self.discounts or {}
        ).items():
            label = "discount" if self.discount is not None else f"discounts[{sku}]"
            if number(share, f"{what}: {label}") > 1:
                raise PriceError(f"{what}: {label} is {share:g}; it must be a share from 0 to 1.")

    @property
    def eligible(self) -> tuple[str, ...]:
        return tuple(self.rates or self.discounts or self.skus)

    @property
    def quantity(self) -> float:
        """Money that is owed in each window, at the plan's rates."""
        if self.counts != "list" or self.discount is None:
            return self.commitment
        return self.commitment * (1 - self.discount)

    def plan_rates(self, prices: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Money per unit under the plan of the eligible SKUs, (..., eligible), beside their on-demand prices (..., sku)."""
        own = prices[..., at]
        if self.rates is not None:
            return np.broadcast_to(np.array(list(self.rates.values())), own.shape)
        off = (
            list(self.discounts.values())
            if self.discounts is not None
            else [self.discount] * len(at)
        )
        return own * (1 - np.array(off, dtype=float))

    def allocate(self, usage, skus, prices, in_term, window_of=None) -> Allocation:
        """See instruments.__init__. A SKU whose on-demand price is below the plan's rate is not covered: one pays the lower.

        >>> plan = Spend(commitment=6.0, rates={"a": 0.6, "b": 0.9})
        >>> plan.allocate(np.array([[5.0, 5.0]]), ("a", "b"), np.array([1.0, 1.0]), np.array([True])).amount.round(9)
        array([[3., 3.]])
        """
        at = positions(f"spend '{self.id}'", self.eligible, skus)
        prices = np.asarray(prices, dtype=float)
        own, plan = prices[..., at], self.plan_rates(prices, at)
        with np.errstate(divide="ignore", invalid="ignore"):
            saving = np.where(own > 0, 1 - plan / own, np.where(plan > 0, -np.inf, 0.0))
        order = ranked(saving, plan)
        rate = np.zeros((*prices.shape[:-1], len(skus)))
        rate[..., at] = np.where(
            saving >= -NOISE, plan, 0.0
        )  # not worth it: wants nothing of the plan
        capacity = capacity_of(self.quantity, in_term, window_of)
        taken, left = hand_out(usage * (rate * self.eligible_share), capacity, at[order], window_of)
        covered = np.divide(
            taken, rate, out=np.zeros_like(taken), where=np.broadcast_to(rate > 0, taken.shape)
        )
        if (plan == 0).any():  # at 100 % off, usage is covered and takes nothing of the plan
            free = np.zeros(rate.shape, bool)
            free[..., at] = plan == 0
            covered = np.where(
                free & np.asarray(in_term)[:, None], usage * self.eligible_share, covered
            )
        return allocated(covered, taken, left, capacity=capacity, price=1.0, window_of=window_of)


def ranked(saving: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Positions in the order a plan covers them: highest share saved, at a tie the lower rate, then as listed.

    saving, rate   (..., sku). Returns the same shape; (sku,) where all cells have the same order.

    >>> ranked(np.array([0.25, 0.3, 0.25]), np.array([0.03, 0.7, 0.003]))
    array([1, 2, 0])
    """
    flat_saving, flat_rate = saving.reshape(-1, saving.shape[-1]), rate.reshape(-1, rate.shape[-1])
    rounded = np.round(flat_saving / NOISE) * NOISE
    order = np.lexsort((flat_rate, -rounded), axis=-1)
    if (order == order[:1]).all():
        return order[0]
    return order.reshape(saving.shape)
