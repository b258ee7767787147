"""An API priced by tokens: what one unit of the demand takes of each kind, cache and batch shares (docs/method §8.61, §5.20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ....checks import number
from ....errors import InputError, unknown
from ._base import Ledger, World, monthly, part


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Tokens of each kind per unit of the demand, at list prices.

    Parameters
    ----------
    tokens : mapping
        Per unit of the demand: `{input: 1200, output: 300}`.
    prices : mapping
        Money per `per` tokens of each kind; `cache_read` where a hit rate is said.
    per : float, optional
        Tokens that a price is for.
    hit_rate : float or range, optional
        Share of the input that is read from the cache.
    batch_share, batch_discount : float or range, optional
        Share of everything that may wait, and what comes off it.

    Source
    ------
    docs/method §5.20, §8.61.

    Examples
    --------
    >>> world = World.of(["2026-01"], np.array([[1000.0]]))
    >>> api = Tokens(tokens={"input": 1000, "output": 100}, prices={"input": 2.0, "output": 10.0})
    >>> api.settle(world).cost.tolist()
    [[3.0]]
    """

    tokens: Mapping
    prices: Mapping
    per: float = 1e6
    hit_rate: object = 0.0
    batch_share: object = 0.0
    batch_discount: object = 0.5

    UNCERTAIN: ClassVar[tuple[str, ...]] = ("hit_rate", "batch_share", "batch_discount")
    term: ClassVar[int] = 0

    def __post_init__(self):
        number(self.per, "per", above_zero=True, error=InputError)
        for name in ("tokens", "prices"):
            values = getattr(self, name)
            if not isinstance(values, Mapping) or not values:
                raise InputError(
                    f"tokens: {name} is a mapping of kinds to numbers, such as {{input: 1200, output: 300}}."
                )
            for kind, value in values.items():
                number(value, f"{name}/{kind}", error=InputError)
        for kind in self.tokens:
            if kind not in self.prices:
                raise InputError(
                    unknown(
                        "tokens", "kind with a price", str(kind), self.prices, "Write its price."
                    )
                )
        for name in ("hit_rate", "batch_share", "batch_discount"):
            part(getattr(self, name), name)
        hits = bool(np.any(np.asarray(self.hit_rate, float) > 0))
        if hits and ("cache_read" not in self.prices or "input" not in self.tokens):
            raise InputError(
                "tokens: a hit rate needs tokens of input and a price of cache_read; write both."
            )

    def settle(self, world: World) -> Ledger:
        """Tokens × price, less what the cache and the batch take off, at the price of each month."""
        hits, waits = np.asarray(self.hit_rate, float), np.asarray(self.batch_share, float)
        each = sum(float(self.tokens[k]) * float(self.prices[k]) for k in self.tokens)
        if "cache_read" in self.prices and "input" in self.tokens:
            less = float(self.prices["input"]) - float(self.prices["cache_read"])
            each = each - hits * float(self.tokens["input"]) * less
        each = each / self.per * (1 - waits * np.asarray(self.batch_discount, float))
        return monthly(world, world.use * each * world.prices, formula="use × tokens × price")
