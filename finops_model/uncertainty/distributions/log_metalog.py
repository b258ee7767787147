"""Log-metalog through given quantiles: everything lies above `min` (0 if not given); the tail is that of a power law.

Its mean is infinite where a2 + a3/2 (+ …) of the logarithm reaches 1, the variance where it reaches ½: P90 about nine times P10.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...checks import finite
from ._logit import LogOdds, fill


@dataclass(frozen=True)
class LogMetalog(LogOdds):
    quantiles: tuple  # (probability, value) pairs, or a mapping; in documents p10, p50, p90 …
    min: float = 0.0

    def __post_init__(self):
        fill(self, "log_metalog", self.quantiles, finite(self.min, "log_metalog: min"))
