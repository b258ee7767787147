"""What every rate form checks before it believes a number."""

from __future__ import annotations

from ...checks import numbers
from ...errors import PriceError


def tiers(kind: str, starts, prices) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Starts and prices of tiers, checked: as many, first start 0, strictly rising."""
    starts, prices = numbers(starts, f"{kind}: starts"), numbers(prices, f"{kind}: prices")
    if len(starts) != len(prices):
        raise PriceError(
            f"{kind}: {len(starts)} starts but {len(prices)} prices; give one price for each start."
        )
    if starts[0] != 0:
        raise PriceError(
            f"{kind}: the first start is {starts[0]:g}; the first tier must start at 0."
        )
    for before, after in zip(starts, starts[1:]):
        if after <= before:
            raise PriceError(
                f"{kind}: start {after:g} comes after {before:g}; each start must be above the one before."
            )
    return starts, prices


def flat_fees(kind: str, flat, starts) -> tuple[float, ...]:
    """Flat fees of tiers, checked: one for each start, or none at all."""
    if isinstance(flat, (tuple, list)) and not flat:
        return ()
    flat = numbers(flat, f"{kind}: flat")
    if len(flat) != len(starts):
        raise PriceError(
            f"{kind}: {len(starts)} starts but {len(flat)} flat fees; give one flat fee for each start (0 where a tier has none)."
        )
    return flat
