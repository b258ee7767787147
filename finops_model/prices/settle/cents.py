"""Whole units of the smallest coin: what an invoice says, and parts that add up to it (docs/method §5.49). numpy only.

Money of a simulation is exact to the float; money that is invoiced or booked is in whole cents (yen, thousandths of a dinar), rounded half up,
away from zero. Parts of an amount are given by the largest remainder, so that they add up to it.
"""

from __future__ import annotations

import numpy as np

from ...errors import PriceError

DIGITS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}  # ISO 4217; all others: 2
NOISE = (
    6  # decimals of a cent that are still read: 0.285 × 100 is 28.499999999999996 and means 28.5
)


def digits(currency: str) -> int:
    """Decimals of a currency's smallest coin, ISO 4217. Raises PriceError for what is no currency code.

    >>> digits("USD"), digits("JPY"), digits("KWD")
    (2, 0, 3)
    """
    if not (
        isinstance(currency, str)
        and len(currency) == 3
        and currency.isascii()
        and currency.isalpha()
        and currency.isupper()
    ):
        raise PriceError(
            f"currency is '{str(currency)[:20]}'; write its three letters, for example USD."
        )
    return DIGITS.get(currency, 2)


def coins(money, currency: str = "USD") -> np.ndarray:
    """Whole coins of money, half up and away from zero, as float64 integers of the same shape.

    >>> coins([0.285, -0.285, 2.675]).tolist(), float(coins(1234.5, "JPY"))
    ([29.0, -29.0, 268.0], 1235.0)
    """
    scaled = np.asarray(money, dtype=float) * 10.0 ** digits(currency)
    return (
        np.copysign(np.floor(np.round(np.abs(scaled), NOISE) + 0.5), scaled) + 0.0
    )  # never a negative zero


def money_of(whole, currency: str = "USD") -> np.ndarray:
    """Money of whole coins: the float nearest to the decimal number."""
    return np.asarray(whole, dtype=float) / 10.0 ** digits(currency)


def rounded(money, currency: str = "USD") -> np.ndarray:
    """Money in whole coins, half up.

    >>> rounded([45419.5513, 2.675, -0.004]).tolist()
    [45419.55, 2.68, 0.0]
    """
    return money_of(coins(money, currency), currency)


def whole(money, currency: str = "USD") -> np.ndarray:
    """Whether money is in whole coins, up to the noise of floats: same shape, bool."""
    scaled = np.asarray(money, dtype=float) * 10.0 ** digits(currency)
    return np.abs(scaled - np.round(scaled)) <= np.maximum(1e-9 * np.abs(scaled), 10.0**-NOISE)


def add_up(total, parts, currency: str = "USD") -> np.ndarray:
    """Parts in whole coins that add up to the total in whole coins: each rounded down, the rest to the largest remainders, of equal ones the first.

    total   money (...); parts: money (..., part) of the same sign, which says how it is shared (adding up to the total, or not)

    >>> add_up(100.0, [1.0, 1.0, 1.0]).tolist()
    [33.34, 33.33, 33.33]
    """
    parts, total = np.asarray(parts, dtype=float), coins(total, currency)
    sums = np.where((sums := parts.sum(axis=-1)) != 0, sums, 1.0)
    exact = np.abs(parts / sums[..., None] * total[..., None])
    low = np.floor(np.round(exact, NOISE))
    rest = np.abs(total) - low.sum(axis=-1)
    order = np.argsort(-np.round(exact - low, NOISE), axis=-1, kind="stable")
    place = np.argsort(order, axis=-1, kind="stable")  # rank of each part by its remainder
    return money_of(np.sign(total)[..., None] * (low + (place < rest[..., None])) + 0.0, currency)


def in_time(total, parts, currency: str = "USD") -> np.ndarray:
    """Parts that follow one another in time, in whole coins that add up to the total: what has gone until each of them is rounded half up, so that a
    balance never drifts by more than half a coin (an upfront fee that is expensed month by month).

    >>> in_time(1.0, [1 / 3, 1 / 3, 1 / 3]).tolist()
    [0.33, 0.34, 0.33]
    """
    gone = coins(np.cumsum(np.asarray(parts, dtype=float), axis=-1), currency)
    gone[..., -1] = coins(total, currency)
    return money_of(np.diff(gone, axis=-1, prepend=0.0), currency)
