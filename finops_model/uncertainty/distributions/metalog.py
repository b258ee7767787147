"""Metalog through given quantiles, without bounds: values below zero are possible."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ._logit import LogOdds, fill


@dataclass(frozen=True)
class Metalog(LogOdds):
    quantiles: tuple  # (probability, value) pairs, or a mapping; in documents p10, p50, p90 …

    def __post_init__(self):
        fill(self, "metalog", self.quantiles, None)

    @cached_property
    def mean(self) -> float:
        """Three terms have a closed form: a1 + a3 / 2."""
        a = self.coefficients
        return a[0] + (a[2] / 2 if len(a) == 3 else 0.0) if len(a) <= 3 else self.between(1)
