"""What spills where traffic is not flat within a window: the shape is said, never assumed in silence (docs/method §5.33).

E[max(X - K, 0)] in closed form for demand X of mean m and capacity K, the same call for a number and for arrays. `cv` is the
standard deviation of the windows over their mean: minutes within an hour, say, where only the hour is known.
"""

from __future__ import annotations

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError, unknown
from ..transforms._checks import together

SHAPES = ("flat", "burst", "lognormal", "gamma")


def expected_spill(mean, capacity, shape: str = "flat", cv=0.0, factor=1.0, share=0.0):
    """Expected demand above capacity in one window, same unit as `mean`.

    mean       demand of a window on average, number or array
    capacity   what a window can serve, broadcasts
    shape      flat       every window has the mean
               burst      a `share` of the windows has `factor` x mean, the others what is left of it; share x factor <= 1
               lognormal  windows are lognormal with coefficient of variation `cv`
               gamma      windows are gamma with coefficient of variation `cv` (cv 1: exponential)

    cv, factor, share are numbers, or arrays that broadcast with `mean`. Served on average is mean - expected_spill, unused is
    capacity - served. Raises PriceError for an unknown shape or parameters that are no shape. Source: partial expectations of the two distributions; Black (1976) is the lognormal one.

    >>> expected_spill(50, 40, "burst", factor=2, share=0.25), round(float(expected_spill(50, 50, "gamma", cv=1)), 4)
    (np.float64(15.0), 18.394)
    """
    if shape not in SHAPES:
        raise PriceError(unknown("spill", "shape", str(shape)[:40], SHAPES))
    mean, capacity = together(
        "spill",
        mean=quantities("spill: mean", mean),
        capacity=quantities("spill: capacity", capacity),
    )
    cv, factor, share = (
        np.asarray(quantities(f"spill: {name}", value))
        if np.ndim(value)
        else number(value, f"spill: {name}")
        for name, value in (("cv", cv), ("factor", factor), ("share", share))
    )
    if shape == "burst":
        wrong = np.asarray((share >= 1) | (factor < 1) | (share * factor > 1 * (1 + 1e-12)))
        if wrong.any():
            first = [float(np.broadcast_to(x, wrong.shape)[wrong].flat[0]) for x in (share, factor)]
            raise PriceError(
                f"spill: a share {first[0]:g} of the windows cannot hold {first[1]:g} x the mean; factor must be "
                "1 or more, share below 1 and share x factor at most 1."
            )
        rest = np.maximum(1 - share * factor, 0.0) / (1 - share)
        return (
            share * np.maximum(factor * mean - capacity, 0.0)
            + (1 - share) * np.maximum(rest * mean - capacity, 0.0)
        )[()]
    flat = np.maximum(mean - capacity, 0.0)
    if shape == "flat" or np.all(cv < 1e-9):
        return flat[()]
    even, cv = cv < 1e-9, np.maximum(cv, 1e-9)
    usual = (mean > 0) & (
        capacity > 0
    )  # without capacity everything spills, without demand nothing
    m, k = np.where(usual, mean, 1.0), np.where(usual, capacity, 1.0)
    spill = _lognormal(m, k, cv) if shape == "lognormal" else _gamma(m, k, cv)
    return np.where(usual & np.logical_not(even), np.maximum(spill, flat), flat)[
        ()
    ]  # convex in demand: never below the flat answer (Jensen)


def _lognormal(mean, capacity, cv):
    from scipy.special import ndtr

    sigma = np.sqrt(np.log1p(cv * cv))
    above = (np.log(mean) - np.log(capacity)) / sigma + sigma / 2
    return mean * ndtr(above) - capacity * ndtr(above - sigma)


def _gamma(mean, capacity, cv):
    from scipy.special import gammaincc

    form = 1 / (cv * cv)
    scaled = capacity / (mean * cv * cv)
    return mean * gammaincc(form + 1, scaled) - capacity * gammaincc(form, scaled)


def served_share(mean, capacity, shape: str = "flat", cv=0.0, factor=1.0, share=0.0):
    """Share of the traffic that the capacity serves, 0..1; 1 where there is no traffic.

    >>> served_share([0, 50, 200], 100)
    array([1. , 1. , 0.5])
    """
    mean = quantities("spill: mean", mean)
    spill = expected_spill(mean, capacity, shape, cv, factor, share)
    return np.where(mean > 0, 1 - spill / np.where(mean > 0, mean, 1.0), 1.0)[()]
