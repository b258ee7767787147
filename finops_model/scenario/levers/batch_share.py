"""Share of tokens that is sent in batches, at batch prices (docs/method §3.62)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..pulled.bought import added, sum_of

TO = {"input": "batch_input", "output": "batch_output", "cached": "batch_cached"}


@dataclass(frozen=True, kw_only=True)
class BatchShare:
    """Batch ÷ all tokens that have a batch price. Tokens move role by role; cached ones only where batches price them apart."""

    value: float | np.ndarray
    today: float | np.ndarray

    STEP: ClassVar[int] = 3
    SAYS: ClassVar[str] = "the share of tokens that is sent in batches"
    LEAST: ClassVar[float] = 0.0
    MOST: ClassVar[float] = 1.0
    OPEN: ClassVar[tuple[str, ...]] = ()
    NEUTRAL: ClassVar[float | None] = None

    @classmethod
    def read(cls, units, bought) -> float | None:
        """Today's value: batch ÷ (batch + what could be)."""
        bought.tokens(units, ("input", "output", *TO.values()))
        now = sum_of(units, bought.skus(units, tuple(TO.values())))
        rest = sum_of(units, _movable(units, bought))
        return now / (now + rest) if now + rest > 0 else 0.0

    def act(self, units, bought, age):
        """Units with the share of `value` in batches."""
        value, today = np.asarray(self.value, float), float(self.today)
        stays = (1 - value) / (1 - today) if today < 1 else np.ones_like(value)
        kept = value / today if today > 0 else np.ones_like(value)
        stays, kept = np.where(value >= today, stays, 1.0), np.where(value < today, kept, 1.0)
        back = {batch: plain for plain, batch in TO.items()}
        result = dict(units)
        for skus, factor, to in (
            (_movable(units, bought), stays, TO),
            (bought.skus(units, tuple(back)), kept, back),
        ):
            for sku in skus if (factor != 1).any() else ():
                meter = bought.of[sku]
                added(result, sku, -units[sku] * (1 - factor))
                target = bought.sku(meter.model, to[meter.role])
                added(result, target, units[sku] * (1 - factor))
        return result


def _movable(units, bought) -> list[str]:
    """SKUs of plain tokens; of cached ones where their model has a price for them in a batch."""
    cached = [
        sku
        for sku in bought.skus(units, ("cached",))
        if (bought.of[sku].model, "batch_cached") in bought.priced
    ]
    return [*bought.skus(units, ("input", "output")), *cached]
