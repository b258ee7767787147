"""Triangular distribution: {min, mode, max}."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ._base import Distribution
from ._checks import rising, set_fields

NODES, WEIGHTS = np.polynomial.legendre.leggauss(3)  # exact up to power 5: density × x² has power 3


@dataclass(frozen=True)
class Triangular(Distribution):
    min: float
    mode: float
    max: float

    def __post_init__(self):
        low, mode, high = rising("triangular", min=self.min, mode=self.mode, max=self.max)
        set_fields(self, min=low, mode=mode, max=high)

    @cached_property
    def mean(self) -> float:
        return (self.min + self.mode + self.max) / 3

    @cached_property
    def variance(self) -> float:
        a, m, b = self.min, self.mode, self.max
        return ((b - a) ** 2 - (m - a) * (b - m)) / 18

    def quantile(self, u):
        u = np.asarray(u, float)
        width, rise, fall = self.max - self.min, self.mode - self.min, self.max - self.mode
        return np.where(
            u * width < rise,
            self.min + np.sqrt(u * width * rise),
            self.max - np.sqrt((1 - u) * width * fall),
        )[()]

    def cdf(self, x):
        x = np.clip(np.asarray(x, float), self.min, self.max)
        width, rise, fall = self.max - self.min, self.mode - self.min, self.max - self.mode
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(
                x < self.mode,
                (x - self.min) ** 2 / (width * rise),
                1 - np.where(fall > 0, (self.max - x) ** 2 / (width * fall), 0),
            )[()]

    def density(self, x):
        x = np.asarray(x, float)
        width, rise, fall = self.max - self.min, self.mode - self.min, self.max - self.mode
        with np.errstate(divide="ignore", invalid="ignore"):
            up, down = 2 * (x - self.min) / (width * rise), 2 * (self.max - x) / (width * fall)
        top = 2 / width
        height = np.where(x < self.mode, up, np.where(x > self.mode, down, top))
        return np.where((x >= self.min) & (x <= self.max), height, 0.0)[()]

    def between(self, power, low=-np.inf, high=np.inf):
        total = 0.0
        for left, right in ((self.min, self.mode), (self.mode, self.max)):
            a, b = np.clip((low, high), left, right)
            if b > a:
                x = (a + b) / 2 + (b - a) / 2 * NODES
                total += (b - a) / 2 * float(WEIGHTS @ (self.density(x) * x**power))
        return total
