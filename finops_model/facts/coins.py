"""Amounts in whole coins that add up: the largest remainder, of equal ones by name. Decimal only (docs/method §13.61)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from ..errors import InputError


def split(amount: Decimal, weights: Mapping[str, Decimal], digits: int = 2) -> dict[str, Decimal]:
    """An amount in whole coins by weights: each rounded down, then a coin each to the largest remainders, of equal ones by name.

    amount   money, of either sign;  weights: not below zero, and not all zero
    digits   decimals of the currency; what is less than a coin is not given out

    >>> {name: str(part) for name, part in split(Decimal("100"), {"b": Decimal(1), "a": Decimal(1), "c": Decimal(1)}).items()}
    {'a': '33.34', 'b': '33.33', 'c': '33.33'}
    """
    coin = Decimal(1).scaleb(-digits)
    sign = -1 if amount < 0 else 1
    coins = int(abs(amount).scaleb(digits))
    # integers: n coins × weight ÷ whole, with the remainder exact
    scale = Decimal(10) ** max(0, *(-int(_exponent(value)) for value in weights.values()))
    units = {name: int(weights[name] * scale) for name in sorted(weights)}
    every = sum(units.values())
    given = {name: divmod(coins * unit, every) for name, unit in units.items()}
    rest = coins - sum(low for low, _ in given.values())
    first = sorted(given, key=lambda name: (-given[name][1], name))[:rest]
    return {name: sign * coin * (low + (name in first)) for name, (low, _) in given.items()}


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise InputError(f"a weight is {value}; it must be a number.")
    return exponent


def in_coins(exact: Mapping[Any, Decimal], whole: Decimal, digits: int = 2) -> dict[Any, Decimal]:
    """Amounts in whole coins that add up to `whole`: rounded down, then a coin each to the largest remainders, of equal ones by name.

    exact    amounts of any sign, of which `whole` is the sum in whole coins

    >>> {name: str(part) for name, part in in_coins({"a": Decimal("1.005"), "b": Decimal("1.005")}, Decimal("2.01")).items()}
    {'a': '1.01', 'b': '1.00'}
    """
    coin = Decimal(1).scaleb(-digits)
    low = {name: value.quantize(coin, ROUND_FLOOR) for name, value in exact.items()}
    rest = int((whole - sum(low.values(), Decimal(0))) / coin)
    first = sorted(exact, key=lambda name: (low[name] - exact[name], name))[:rest]
    return {name: value + coin * (name in first) for name, value in low.items()}
