"""Share of what a workload uses today that is no longer used: resources deleted, traffic that stays away (docs/method §3.72)."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import ClassVar

import numpy as np

from ...errors import ScenarioError, listing, nearest
from ..pulled.bought import scaled


@dataclass(frozen=True, kw_only=True)
class Avoided:
    """Units of the SKUs, or of all, × (1 − value)."""

    value: float | np.ndarray
    today: float | np.ndarray = 0.0
    skus: tuple = ()

    STEP: ClassVar[int] = 1
    SAYS: ClassVar[str] = "the share of today's use that is no longer used"
    LEAST: ClassVar[float] = 0.0
    MOST: ClassVar[float] = 1.0
    OPEN: ClassVar[tuple[str, ...]] = ()
    NEUTRAL: ClassVar[float | None] = 0.0

    @classmethod
    def read(cls, units, bought) -> float | None:
        """Everything that is used today is used today."""
        return 0.0

    def act(self, units, bought, age):
        """Units that are left."""
        for name in self.skus:
            if not any(fnmatchcase(sku, name) for sku in units):
                near = nearest(name, list(units))
                more = f" Did you mean '{near}'?" if near else ""
                raise ScenarioError(
                    f"skus: '{name}' is no SKU of '{bought.name}'.{more} It uses: {listing(sorted(units))}."
                )
        named = self.skus or ("*",)
        chosen = [sku for sku in units if any(fnmatchcase(sku, name) for name in named)]
        return scaled(units, chosen, 1 - np.asarray(self.value, float))
