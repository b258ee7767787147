"""A value in time: a number per day, or a number times uncertain values (docs/method §3.3)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...uncertainty.distributions import Distribution


@dataclass(frozen=True)
class Timeline:
    """A value by day: number[day] x product of the uncertain values named by mixture[which[day]]."""

    number: np.ndarray  # (day,)
    which: np.ndarray  # (day,) int, -1 = certain
    mixtures: tuple[tuple[tuple[str, Distribution], ...], ...] = field(
        default=()
    )  # (draw name, distribution) factors

    @property
    def certain(self) -> bool:
        return bool((self.which < 0).all())

    def on_paths(self, uniform) -> np.ndarray:
        """Values (day, path); `uniform(name) -> (path,)` gives the draws."""
        factors = [
            np.prod([dist.on_paths(uniform, name) for name, dist in mixture], axis=0)
            for mixture in self.mixtures
        ]
        table = np.stack([*factors, np.ones_like(factors[0])])  # the last row serves which = -1
        return self.number[:, None] * table[self.which]
