"""Share of input tokens that is read from the cache (docs/method §3.61)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..pulled.bought import INPUTS, added, sum_of

HITS, MISSES = ("cached", "batch_cached"), ("input", "write", "batch_input")


@dataclass(frozen=True, kw_only=True)
class CacheHit:
    """Cached ÷ all input tokens. More: what is not cached (plain, written to the cache, in batches) shrinks alike, model by model.
    Less: what is cached shrinks alike and comes back as its model's misses are.
    """

    value: float | np.ndarray
    today: float | np.ndarray

    STEP: ClassVar[int] = 2
    SAYS: ClassVar[str] = "the share of input tokens that is read from the cache"
    LEAST: ClassVar[float] = 0.0
    MOST: ClassVar[float] = 1.0
    OPEN: ClassVar[tuple[str, ...]] = ()
    NEUTRAL: ClassVar[float | None] = None

    @classmethod
    def read(cls, units, bought) -> float | None:
        """Today's value: cached ÷ all input tokens."""
        every = bought.tokens(units, INPUTS)
        return sum_of(units, bought.skus(units, HITS)) / sum_of(units, every)

    def act(self, units, bought, age):
        """Units with the hits of `value`."""
        value, today = np.asarray(self.value, float), float(self.today)
        missed = (1 - value) / (1 - today) if today < 1 else np.ones_like(value)
        kept = value / today if today > 0 else np.ones_like(value)
        missed, kept = np.where(value >= today, missed, 1.0), np.where(value < today, kept, 1.0)
        result = dict(units)
        for model in sorted({bought.of[sku].model for sku in bought.skus(units, INPUTS)}):
            misses, hits = bought.skus(units, MISSES, model), bought.skus(units, HITS, model)
            if (missed != 1).any():
                for sku in misses:
                    added(result, sku, -units[sku] * (1 - missed))
                    added(result, bought.sku(model, "cached"), units[sku] * (1 - missed))
            if (kept != 1).any() and hits:
                back = sum(units[sku] for sku in hits) * (1 - kept)
                for sku in hits:
                    added(result, sku, -units[sku] * (1 - kept))
                whole = sum(units[sku] for sku in misses)
                for sku in misses:
                    added(result, sku, back * units[sku] / whole)
                if not misses:
                    added(result, bought.sku(model, "input"), back)
        return result
