"""Money, chances, ranges and days in words of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ..errors import printable
from ..periods import is_date, month_name

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def money(value: float | None, currency: str = "USD") -> str:
    """Money in words of a page: three significant digits above a thousand.

    Parameters
    ----------
    value : float or None
        Money; None is "not known".
    currency : str, optional
        Three letters.

    Returns
    -------
    str
        With its symbol where the currency has one.

    Examples
    --------
    >>> money(1_234_567, "USD"), money(9_870, "EUR"), money(-45.2, "USD"), money(1000, "CHF")
    ('$1.23m', '€9.87k', '−$45.20', 'CHF 1.00k')
    """
    if value is None:
        return "not known"
    size, sign = abs(value), "−" if value < 0 else ""
    symbol = SYMBOLS.get(currency, f"{currency} ")
    for limit, scale, letter in ((999_500_000, 1e9, "bn"), (999_500, 1e6, "m"), (999.5, 1e3, "k")):
        if size >= limit:
            scaled = size / scale
            digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{sign}{symbol}{scaled:.{digits}f}{letter}"
    return f"{sign}{symbol}{size:.2f}" if size < 100 else f"{sign}{symbol}{size:.0f}"


LEAST, MOST = (
    "less than 1 %",
    "more than 99 %",
)  # what is said of a share that is nearly nothing, or nearly all


def chance(value: float | None) -> str:
    """A probability from simulated paths in words: thousands of futures never prove a 0 % or a 100 %.

    >>> chance(0.553), chance(1.0), chance(0.0)
    ('55 %', 'more than 99 %', 'less than 1 %')
    """
    return percent(None if value is None else min(max(value, 1e-9), 1 - 1e-9))


def percent(value: float | None) -> str:
    """A share in words: whole percents, never 0 % or 100 % unless it is exactly that.

    >>> percent(0.553), percent(0.9996), percent(0.0004), percent(1.0)
    ('55 %', 'more than 99 %', 'less than 1 %', '100 %')
    """
    if value is None:
        return "not known"
    if 0 < value < 0.01:
        return LEAST
    if 0.99 < value < 1:
        return MOST
    return f"{value * 100:.0f} %"


def span(low: float, high: float, currency: str = "USD", to: str = "–") -> str:
    """A range in words, with digits enough that its ends differ where they do.

    to   what stands between them

    >>> span(29_200, 32_100), span(30_561.2, 30_620.4), span(3.001, 3.004, to=" to ")
    ('$29.2k–$32.1k', '$30,561–$30,620', '$3.00 to $3.00')
    """
    ends = [money(low, currency), money(high, currency)]
    if ends[0] != ends[1]:
        return to.join(ends)
    symbol = SYMBOLS.get(currency, f"{currency} ")
    for digits in (0, 2):
        ends = [
            f"{'−' if value < 0 else ''}{symbol}{abs(value):,.{digits}f}" for value in (low, high)
        ]
        if ends[0] != ends[1]:
            break
    return to.join(ends)


def eight_of_ten(low: float, high: float, currency: str = "USD") -> str:
    """P10 and P90 as eight of ten futures; a range without width is said as such.

    Parameters
    ----------
    low, high : float
        Money.
    currency : str, optional
        Three letters.

    Returns
    -------
    str
        A clause.

    Examples
    --------
    >>> eight_of_ten(1.2e6, 1.5e6), eight_of_ten(5.0, 5.0)
    ('eight of ten futures: $1.20m to $1.50m', 'the same in every future')
    """
    if low == high:
        return "the same in every future"
    return f"eight of ten futures: {span(low, high, currency, to=' to ')}"


def four(value: float | None) -> str:
    """Four significant digits, never in powers of ten.

    >>> four(0.00052881204), four(1.5346), four(21574.23), four(0.0), four(3.2e-9)
    ('0.0005288', '1.535', '21,574', '0', '0.0000000032')
    """
    if value is None:
        return "–"
    if value == 0:
        return "0"
    digits = max(0, 3 - Decimal(f"{abs(value):.3e}").adjusted())
    text = f"{abs(value):,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if abs(value) < 1e-4 and "." in text else text
    return f"−{text}" if value < 0 else text


def gap(value: float, budget: float, currency: str = "USD") -> str:
    """Where money stands to its budget.

    >>> gap(80.0, 100.0), gap(120.0, 100.0), gap(100.001, 100.0)
    ('$20.00 under', '$20.00 over', 'exactly on')
    """
    left = budget - value
    return (
        "exactly on"
        if abs(left) < 0.005
        else f"{money(abs(left), currency)} {'under' if left > 0 else 'over'}"
    )


def savings_apart(decisions: Sequence[Mapping]) -> str:
    """How savings of decisions are to be read beside each other; "" where fewer than two are known.

    >>> savings_apart([{"saves": 5.0}, {"saves": 3.0}])
    'Each saving is that of its decision alone: two may save the same money, so they do not add up.'
    >>> savings_apart([{"saves": 5.0}, {"saves": None}])
    ''
    """
    if sum(one["saves"] is not None for one in decisions) < 2:
        return ""
    return "Each saving is that of its decision alone: two may save the same money, so they do not add up."


def day(text: str) -> str:
    """A day for readers; what is no day stays as it is.

    Parameters
    ----------
    text : str
        YYYY-MM-DD.

    Returns
    -------
    str
        Day, month, year.

    Examples
    --------
    >>> day("2026-10-31"), day("2026-02-30"), day("2026-10")
    ('31 October 2026', '2026-02-30', '2026-10')
    """
    whole = is_date(text) and len(text) == len("YYYY-MM-DD")
    return f"{int(text[8:])} {month_name(text[:7])}" if whole else str(text)


def clean(text: object) -> str:
    """Text from outside on one line: no control, format or bidirectional characters, no runs of blanks.

    >>> clean("a\\u202egpj.exe\\n  b")
    'agpj.exe b'
    """
    return " ".join(printable("".join(" " if c.isspace() else c for c in str(text))).split())
