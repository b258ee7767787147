"""Remarks such as "in k EUR" or "TEUR" above a table and in its headings: the unit of its amounts (docs/method §13.36)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from .formats import CODES, MONEY, SYMBOLS

THOUSAND = "k|t|tsd|tausend|thousands?|000s?|milliers|miles"
MILLION = "mio|mill|millions?|millionen|millones|mn|mm|m"
BILLION = "mrd|bn|billions?|milliarden|milliards"
MONEYS = "|".join([*(code.casefold() for code in CODES), *map(re.escape, SYMBOLS)]).casefold()
SMALL = re.compile(
    r"(?<![a-z])(?:(?P<c>cents?|ct|pence|rappen|centimes|centavos|centimos)|(?P<u>micros?))(?![a-z])"
)
SCALE = f"(?P<k>{THOUSAND})|(?P<m>{MILLION})|(?P<b>{BILLION})"
REMARKS = [
    re.compile(pattern)
    for pattern in (
        rf"(?<![\d.,a-z])(?<![\d.,]\s)(?:{SCALE})\.?\s?(?:{MONEYS})(?![a-z0-9])",  # in k EUR, TEUR, Mio. €
        rf"(?<![a-z0-9])(?:{MONEYS})\s?['’]?(?:{SCALE})(?![a-z0-9])",  # EUR k, $000, USD thousands
        rf"(?<![a-z])(?:in|en)\s+['’]?(?:{SCALE.replace('k|t|', 'k|').replace('|mn|mm|m', '|mn|mm')})(?![a-z0-9])",  # figures in thousands
        r"[(\[]\s*['’]?(?P<k>000)s?\s*[)\]](?P<m>)(?P<b>)",
    )
]  # Cost (000s), Cost ('000)
WORDS = {
    Decimal(1_000): "thousands",
    Decimal(1_000_000): "millions",
    Decimal(1_000_000_000): "billions",
    Decimal("0.01"): "hundredths",
    Decimal("0.000001"): "millionths",
}


class Remark(NamedTuple):
    """scale: 1000, 0.01 and so on; where: the line or the column that says it; text: as it stands there."""

    scale: Decimal
    where: str
    text: str


def scale_of(text: str) -> Decimal:
    """The unit a remark gives amounts, 1 where it says none.

    >>> [int(scale_of(t)) for t in ("in k EUR", "Cost (TEUR)", "Mio. €", "USD thousands", "$000", "figures in millions", "Cost (000s)", "Cost (EUR)", "budget of 2.5 Mio EUR")]
    [1000, 1000, 1000000, 1000, 1000, 1000000, 1000, 1, 1]
    >>> scale_of("amount_cents")
    Decimal('0.01')
    """
    plain = "".join(
        c
        for c in unicodedata.normalize("NFKD", str(text).replace("_", " "))
        if not unicodedata.combining(c)
    ).casefold()
    for pattern in REMARKS:
        if match := pattern.search(plain):
            return Decimal(1_000 if match["k"] else 1_000_000 if match["m"] else 1_000_000_000)
    small = SMALL.search(plain)
    return Decimal("0.01") if small and small["c"] else Decimal("0.000001") if small else Decimal(1)


def remarks(above: Iterable[tuple[int, str]], headings: Iterable[str]) -> list[Remark]:
    """What the lines above a table and its headings say of the unit of its amounts."""
    said = [Remark(scale_of(text), f"line {line}", text.strip()) for line, text in above]
    said += [Remark(scale_of(heading), "the heading", heading) for heading in headings]
    return [remark for remark in said if remark.scale != 1]


def currencies(above: Iterable[tuple[int, str]]) -> dict[str, int]:
    """Currencies that the lines above a table name, each with the line.

    >>> currencies([(1, "Cloud bill"), (2, "in k EUR")])
    {'EUR': 2}
    """
    lines: dict[str, int] = {}
    for line, text in above:
        spaced = re.sub(
            r"(?<![A-Za-z])[kKtTmM](?=(?:EUR|USD|GBP|CHF)\b)", "", text.replace("_", " ")
        )
        for mark in MONEY.findall(spaced):
            if (
                not mark.isalpha() or mark.isupper()
            ):  # "all", "try" are words, EUR and TRY are currencies
                lines.setdefault(SYMBOLS.get(mark.upper(), mark.upper()), line)
    return lines


def beside(frame, columns: list[str], heading: str, notes: list, doubts: list) -> tuple[str, bool]:
    """(ISO code, assumed) of amounts whose cells and heading name no currency: from number formats and the lines above and below a table.

    columns    those of amounts; heading: the amount's, '' where months are columns
    """
    shown: dict[str, int] = {}
    for column in columns:
        shown = {**frame.attrs.get("formats", {}).get(column, {}), **shown}
    lines = currencies([*frame.attrs.get("above", ()), *frame.attrs.get("below", ()), (0, heading)])
    said = {**shown, **lines}
    if len(said) == 1:
        ((code, line),) = said.items()
        where = f"line {line}" if line else "the heading"
        notes.append(
            f"currency {code} as {where if code in lines else 'the number format of the cells'} says"
        )
        return code, False
    first = next(iter(said), "")
    if len(shown) > 1:
        cells = " and ".join(f"{code} (first: line {shown[code]})" for code in shown)
        doubts.append(
            f"the cells of amounts are formatted in {cells}: {first} is taken. Give each currency a file of its own, or write currency_code: {first}"
        )
        return first, False
    if said:
        taken = first if shown else "USD"
        doubts.append(
            f"the {'number format and the ' if shown else ''}lines above the table name {' and '.join(said)}: {taken} is taken. "
            f"Write currency_code: {first}"
        )
        return taken, not shown
    return "USD", True
