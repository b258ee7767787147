"""What of a charge a negotiated share or a price factor may act on (docs/method §5.15)."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from ...errors import PriceError


class Parts(NamedTuple):
    """A charge as max(use, least) + fee, money; each an array that broadcasts with the quantity."""

    use: np.ndarray  # quantity × price of a unit (of a block): what a share or factor acts on
    fee: np.ndarray | float = 0.0  # due beside the use: the fee of an allowance, flat fees of tiers
    least: np.ndarray | float = 0.0  # due at least, whatever the use: a contractual minimum


class Form(Protocol):
    """A rate form of the shelf, as far as who prices with it must know."""

    def charge(self, quantity): ...


def charged(parts: Parts, factor=1.0, due=1.0):
    """Money of parts: max(use × factor, least × due) + fee × due.

    factor   negotiated price ÷ list price (1 − share), what a scenario makes of a price: on the price of a unit
    due      on what is due without use: 1 unless money itself moves (an exchange rate)

    >>> float(charged(Parts(use=60.0, least=60.0), factor=0.8))
    60.0
    """
    money = parts.use if np.ndim(factor) == 0 and factor == 1.0 else parts.use * factor
    if np.any(parts.least):
        money = np.maximum(money, parts.least * due)
    if np.any(parts.fee):
        money = parts.fee * due + money
    return np.asarray(money, dtype=float)[()]


def parts_of(form, quantity) -> Parts:
    """The parts of a form's charge. Raises PriceError where a form of one's own does not say them."""
    if not hasattr(form, "parts"):
        raise PriceError(
            f"rate form '{type(form).__name__.casefold()}' does not say what of its charge is due without use, so a negotiated share or a "
            "price factor could lower a fee or a minimum. Give its dataclass a method parts(quantity) "
            "(finops_model/prices/rates/_parts.py), or state the negotiated price as a form."
        )
    return form.parts(quantity)
