"""What of a charge a negotiated share or a price factor may act on (docs/method §5.15)."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from ...errors import PriceError


class Parts(NamedTuple):
    """A charge as max(use, least) + fee, money; each an array that broadcasts with the quantity.

    Parameters
    ----------
    use : array
        Quantity × price of a unit (of a block): what a share or factor acts on.
    fee : array or float, optional
        Due beside the use: the fee of an allowance, flat fees of tiers.
    least : array or float, optional
        Due at least, whatever the use: a contractual minimum.

    Source
    ------
    docs/method §5.15.

    Examples
    --------
    >>> Parts(use=60.0, fee=5.0)
    Parts(use=60.0, fee=5.0, least=0.0)
    """

    use: np.ndarray
    fee: np.ndarray | float = 0.0
    least: np.ndarray | float = 0.0


class Form(Protocol):
    """A rate form of the shelf, as far as who prices with it must know.

    Examples
    --------
    >>> from finops_model.prices.rates import make
    >>> form: Form = make("linear", {"price": 2.0})
    >>> form.charge([1.0, 3.0]).tolist()
    [2.0, 6.0]
    """

    def charge(self, quantity):
        """ListCost of each quantity.

        Parameters
        ----------
        quantity : array
            Units of one settlement window, >= 0, any shape.

        Returns
        -------
        array
            Money of the price's currency, same shape.
        """


def charged(parts: Parts, factor=1.0, due=1.0):
    """Money of parts: max(use × factor, least × due) + fee × due.

    Parameters
    ----------
    parts : Parts
        As a form gives them.
    factor : float or array, optional
        Negotiated price ÷ list price (1 − share), or what a scenario makes of the price of a unit.
    due : float or array, optional
        On what is due without use: 1 unless money itself moves (an exchange rate).

    Returns
    -------
    float or array
        Money, in the shape to which parts and factors broadcast.

    Source
    ------
    docs/method §5.15.

    Examples
    --------
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
    """The parts of a form's charge.

    Parameters
    ----------
    form : object
        A rate form.
    quantity : array
        Units of one settlement window, >= 0, any shape.

    Returns
    -------
    Parts
        Money, in the shape of the quantity.

    Raises
    ------
    PriceError
        A form of one's own that does not say its parts.

    Examples
    --------
    >>> from finops_model.prices.rates import make
    >>> float(parts_of(make("linear", {"price": 2.0}), 3).use)
    6.0
    """
    if not hasattr(form, "parts"):
        raise PriceError(
            f"rate form '{type(form).__name__.casefold()}' does not say what of its charge is due without use, so a negotiated share or a "
            "price factor could lower a fee or a minimum. Give its dataclass a method parts(quantity) "
            "(finops_model/prices/rates/_parts.py), or state the negotiated price as a form."
        )
    return form.parts(quantity)
