"""Published exchange rates, one pair of currencies at a time: of the European Central Bank, or of a table of the company's own
(docs/method §7.5). Decimal: what is booked is made of them.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from pathlib import Path

import numpy as np

from ...errors import PriceError, unknown
from ...periods import check_day
from .fx import REACH, Rates, business_day

# Of a rate; beyond, amounts end at nothing or at no number.
LEAST, MOST = Decimal(10) ** -9, Decimal(10) ** 9

COLUMNS = ("date", "currency", "to", "rate")
EXACT = Context(prec=60)
BOOKED = Context(prec=12, rounding=ROUND_HALF_UP)  # a booked rate: 12 digits that count
WEEKEND = 3  # days from a Friday to the Monday after it


@dataclass(frozen=True)
class Pair:
    """Rates of one pair as published."""

    days: np.ndarray  # (day,) datetime64[D], rising, each once
    value: Callable[[int], Decimal]  # by position: units of the one for one of the other, exact
    by_ecb: bool = False

    def inside(self, first, last) -> tuple[int, int]:
        """Slice of the days from first to last, both included."""
        return (
            int(np.searchsorted(self.days, np.datetime64(first, "D"))),
            int(np.searchsorted(self.days, np.datetime64(last, "D"), side="right")),
        )

    def covers(self, first, last) -> bool:
        """Whether the rates reach from first to last: a mean of half a period is not the period's."""
        first, last = np.datetime64(first, "D"), np.datetime64(last, "D")
        low, high = self.inside(first, last)
        if low == high:
            return False
        if self.by_ecb:
            open_days = [day for day in np.arange(first, last + 1) if business_day(day)]
            return bool(self.days[0] <= open_days[0] and open_days[-1] <= self.days[-1])
        steps = np.diff(self.days).astype(int)
        step = max(WEEKEND, int(np.median(steps)) if len(steps) else 31)
        return bool(
            (last - self.days[-1]).astype(int) < step and (self.days[0] - first).astype(int) < step
        )


@dataclass(frozen=True)
class OwnRates:
    """A table of the company's own: rates by pair and day."""

    name: str  # of its file
    rates: dict[tuple[str, str], dict[str, Decimal]]  # (currency, to) -> day -> rate

    def pair(self, currency: str, to: str) -> Pair:
        """Rates of a pair: as written, the inverse, or through one currency that both have. Raises PriceError for a pair it does not have."""
        names = sorted({name for pair in self.rates for name in pair})
        for name in (currency, to):
            if name not in names:
                raise PriceError(
                    unknown(
                        self.name,
                        "currency",
                        name,
                        names,
                        f"Write its rates: {','.join(COLUMNS)}.",
                    )
                )
        found = self._direct(currency, to)
        for other in () if found else names:
            one, two = self._direct(currency, other), self._direct(other, to)
            found = {
                day: EXACT.multiply(value, two[day]) for day, value in one.items() if day in two
            }
            if found:
                break
        if not found:
            raise PriceError(
                f"{self.name}: no rate from {currency} to {to}, and no currency that both are given in. "
                f"Write a line {currency},{to}."
            )
        days = sorted(found)
        return Pair(np.array(days, dtype="datetime64[D]"), lambda at: found[days[at]])

    def _direct(self, currency: str, to: str) -> dict[str, Decimal]:
        turned = {
            day: EXACT.divide(Decimal(1), value)
            for day, value in self.rates.get((to, currency), {}).items()
        }
        return {**turned, **self.rates.get((currency, to), {})}


def ecb_pair(rates: Rates, currency: str, to: str) -> Pair:
    """Rates of a pair on the days on which the European Central Bank gave both; raises PriceError for an unknown currency."""
    columns = []
    for name in (currency, to):
        rates.span(name)  # refuses an unknown one
        columns.append(
            np.ones(len(rates.days))
            if name == "EUR"
            else rates.values[:, rates.currencies.index(name)]
        )
    have = np.flatnonzero(~np.isnan(columns[0] + columns[1]))

    def value(at: int) -> Decimal:
        base, target = (Decimal(repr(float(column[have[at]]))) for column in columns)
        return EXACT.divide(target, base)

    return Pair(rates.days[have], value, by_ecb=True)


def read_own_rates(path: str | os.PathLike) -> OwnRates:
    """A CSV `date,currency,to,rate`: one unit of `currency` is worth `rate` units of `to`.

    Raises PriceError with file and line: no such file, another header, a day, code or number that is none, a pair and day twice.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PriceError(
            f"{path}: there is no such table of rates. Check rates: table: of finops.yaml, or leave it out for the "
            "European Central Bank's."
        ) from None
    except (OSError, UnicodeDecodeError):
        raise PriceError(f"{path}: not a text in UTF-8. Save the table of rates as CSV.") from None
    rows = list(csv.reader(io.StringIO(text)))
    header = tuple(cell.strip() for cell in rows[0]) if rows else ()
    if header != COLUMNS:
        raise PriceError(
            f"{path}: no table of rates. The first line must be {','.join(COLUMNS)}; lines like 2026-10-31,EUR,USD,1.1172 follow."
        )
    rates: dict[tuple[str, str], dict[str, Decimal]] = {}
    for i, row in enumerate(rows[1:], start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        _take(rates, cells, f"{path}: line {i}")
    if not rates:
        raise PriceError(f"{path}: no rate. Write lines like 2026-10-31,EUR,USD,1.1172.")
    return OwnRates(path.name, rates)


def _take(rates: dict, cells: list[str], at: str) -> None:
    """One line of the table, checked, into `rates`."""
    if len(cells) != len(COLUMNS):
        raise PriceError(
            f"{at}: {len(cells)} cells; a line has {len(COLUMNS)}: {','.join(COLUMNS)}."
        )
    day, currency, to, written = cells
    check_day(day, at)
    for name in (currency, to):
        if not (len(name) == 3 and name.isascii() and name.isalpha() and name.isupper()):
            raise PriceError(
                f"{at}: '{name[:40]}' is no currency; write three capital letters, for example EUR."
            )
    if currency == to:
        raise PriceError(f"{at}: {currency} to itself has no rate; take the line out.")
    try:
        rate = Decimal(written)
    except InvalidOperation:
        rate = Decimal("NaN")
    if not (rate.is_finite() and rate > 0):
        raise PriceError(f"{at}: rate is '{written[:40]}'; a rate is a finite number above 0.")
    if not LEAST <= rate <= MOST:
        raise PriceError(
            f"{at}: rate is '{written[:40]}'; no currency is worth more than 10^9 of another. Write the rate as it was published."
        )
    of_pair = rates.setdefault((currency, to), {})
    if day in of_pair:
        raise PriceError(f"{at}: {currency} to {to} on {day} appears twice. Keep one of the lines.")
    of_pair[day] = rate


def last_published(pair: Pair, day) -> int | None:
    """Position of the newest rate on or before a day, at most a week old; None where there is none.

    Behind the European Central Bank's last one only days on which it publishes nothing (§7.2).
    """
    day = np.datetime64(day, "D")
    at = pair.inside(pair.days[0], day)[1] - 1 if len(pair.days) else -1
    if at < 0 or int((day - pair.days[at]).astype(int)) > REACH:
        return None
    behind = np.arange(pair.days[at] + 1, day + 1) if at == len(pair.days) - 1 else ()
    if pair.by_ecb and any(business_day(one) for one in behind):
        return None
    return at
