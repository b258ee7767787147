"""A minimum duration: what goes earlier is paid to the end of it (early deletion)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities
from ._checks import together


@dataclass(frozen=True, slots=True)
class MinimumDuration:
    minimum: (
        float  # time paid at least, same unit as `held` (days for storage classes, hours for terms)
    )
    per: float = 1.0  # time one billed unit lasts: 30 gives GB-months of 30 days, 1 gives GB-days

    def __post_init__(self):
        object.__setattr__(self, "minimum", number(self.minimum, "minimum_duration: minimum"))
        object.__setattr__(self, "per", number(self.per, "minimum_duration: per", above_zero=True))

    def apply(self, quantity, held):
        """Billed quantity x time, quantity x max(held, minimum) / per: the time held and the rest of the minimum.

        quantity   units, number or array; held   how long each was kept, same unit as `minimum`

        >>> MinimumDuration(30, per=30).apply(1000, held=[15, 45])
        array([1000., 1500.])
        """
        quantity, held = together(
            "minimum_duration",
            quantity=quantities("minimum_duration", quantity),
            held=quantities("minimum_duration: held", held),
        )
        return (quantity * np.maximum(held, self.minimum) / self.per)[()]

    def held(self, quantity, held):
        """The part of `apply` that was used: quantity x held / per."""
        return self.apply(quantity, held) - self.early(quantity, held)

    def early(self, quantity, held):
        """The part of `apply` that is the charge for going early: quantity x max(minimum - held, 0) / per.

        >>> MinimumDuration(30, per=30).early(1000, held=[15, 45])
        array([500.,   0.])
        """
        quantity, held = together(
            "minimum_duration",
            quantity=quantities("minimum_duration", quantity),
            held=quantities("minimum_duration: held", held),
        )
        return (quantity * np.maximum(self.minimum - held, 0.0) / self.per)[()]
