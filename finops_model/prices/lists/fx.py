"""Exchange rates: the European Central Bank's reference rates as stored, money in another currency (docs/method §7.2).

`rate(currency, to, day)` is how many units of `to` one unit of `currency` is worth. Forecasts take the float; money at a report's edge is
Decimal and rounded half up, once. Nothing here reaches the network: `finops prices refresh` renews the stored table.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
from contextlib import suppress
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from pathlib import Path

import numpy as np

from ... import resources
from ...documents import stamp
from ...errors import PriceError, unknown
from ...periods import check_month

STORED = resources.path("fx") / "ecb_reference_rates.csv.gz"
REACH = 7  # days a rate may be carried forward: the longest closing of the ECB is Christmas or Easter with its weekend
CLOSED = {
    (1, 1),
    (5, 1),
    (12, 25),
    (12, 26),
}  # days the ECB publishes nothing, beside Good Friday, Easter Monday and weekends
DO = "Name another day, or give the currency a plan rate."


@dataclass(frozen=True)
class Rates:
    """Reference rates: how many units of each currency one euro is worth, day by day; NaN where none was published."""

    currencies: tuple[str, ...]  # without EUR
    days: np.ndarray  # (day,) datetime64[D], rising
    values: (
        np.ndarray
    )  # (day, currency) float64; the published decimals are exactly those of repr()

    def span(self, currency: str) -> tuple[str, str]:
        """First and last day a currency has a rate for, YYYY-MM-DD. Raises PriceError for an unknown currency."""
        have = self.days if currency == "EUR" else self.days[~np.isnan(self._column(currency))]
        return str(have[0]), str(have[-1])

    def rate(self, currency: str, to: str, day):
        """Units of `to` for one unit of `currency` on a day (or each of an array of days, any shape); float64.

        Both go through the euro. A day without a rate of its own (weekend, holiday) has the newest earlier one, at most 7 days old; the
        weekend after the last rate has that one too. Raises PriceError for an unknown currency or a day beyond the currency's rates.

        >>> bool(stored().rate("USD", "EUR", "2026-10-30") == 1 / stored().rate("EUR", "USD", "2026-10-31"))
        True
        """
        base, target = self._at(currency, day), self._at(to, day)
        return (np.ones_like(base) if currency == to else target / base)[()]

    def parts(self, currency: str, to: str, day) -> tuple[Decimal, Decimal]:
        """The two published decimals of one day, units of `currency` and of `to` for one euro: the rate is their quotient."""
        base, target = (_exact(float(self._at(name, day)[()])) for name in (currency, to))
        return (Decimal(1), Decimal(1)) if currency == to else (base, target)

    def rate_day(self, currency: str, to: str, day) -> str:
        """The day whose published rate is used for a day: the older one of the two currencies'."""
        places = [
            self._place(name, np.asarray(days_of(day)))[()]
            for name in (currency, to)
            if name != "EUR"
        ]
        return str(self.days[min(places)] if places else days_of(day)[()])

    def month_average(self, currency: str, to: str, month: str) -> float:
        """Mean of the rates published in a month (the ECB's monthly average; a cross rate is the mean of the daily cross rates).

        Raises PriceError for a month that is not wholly covered: an average of half a month is not the month's.
        """
        check_month(month, "fx: month")
        first = np.datetime64(month, "M").astype("datetime64[D]")
        open_days = [
            day
            for day in np.arange(first, (np.datetime64(month, "M") + 1).astype("datetime64[D]"))
            if business_day(day)
        ]
        for name in (currency, to):
            start, end = self.span(name)
            if str(open_days[0]) < start or end < str(open_days[-1]):
                raise PriceError(
                    f"fx: {name} has no whole month {month}: its rates run from {start} to {end}. Name a month inside, or "
                    "give the currency a plan rate."
                )
        inside = (self.days >= open_days[0]) & (self.days <= open_days[-1])
        columns = [
            np.ones(inside.sum()) if name == "EUR" else self._column(name)[inside]
            for name in (currency, to)
        ]
        published = ~np.isnan(columns[0] + columns[1])
        if not published.any():
            raise PriceError(f"fx: {currency} to {to}: no rate was published in {month}. {DO}")
        return (
            1.0 if currency == to else float(np.mean(columns[1][published] / columns[0][published]))
        )

    def _column(self, currency: str) -> np.ndarray:
        if currency not in self.currencies:
            raise PriceError(
                unknown(
                    "fx",
                    "currency",
                    currency,
                    ("EUR", *self.currencies),
                    "Give a currency of your own a plan rate.",
                )
            )
        return self.values[:, self.currencies.index(currency)]

    def _at(self, currency: str, day) -> np.ndarray:
        """Units of the currency for one euro, on each day."""
        days = np.asarray(days_of(day))
        if currency == "EUR":
            self._place_range("EUR", days, self.days)
            return np.ones(days.shape)
        return self._column(currency)[self._place(currency, days)]

    def _place(self, currency: str, days: np.ndarray) -> np.ndarray:
        """Row of the published rate that each day takes."""
        rows = np.flatnonzero(~np.isnan(self._column(currency)))
        return rows[self._place_range(currency, days, self.days[rows])]

    def _place_range(self, currency: str, days: np.ndarray, have: np.ndarray) -> np.ndarray:
        """Position in `have` of the newest day on or before each day; raises PriceError where that is none or too old."""
        place = np.searchsorted(have, days, side="right") - 1
        age = (days - have[np.maximum(place, 0)]).astype(int)
        weekend = (
            np.array((have[-1].astype(int) + 3) % 7 == 4) * 2
        )  # days after a last Friday; 1970-01-01 was a Thursday
        bad = (place < 0) | (age > np.where(place == len(have) - 1, weekend, REACH))
        if bad.any():
            day, at = days[bad].flat[0], int(place[bad].flat[0])
            first, last = str(have[0]), str(have[-1])
            if 0 <= at < len(have) - 1:
                near = f"the nearest ones are of {have[at]} and {have[at + 1]}"
            else:
                near = f"its rates run from {first} to {last}"
            raise PriceError(f"fx: {currency} has no rate on {day}: {near}. {DO}")
        return place


def days_of(day) -> np.ndarray:
    """A day or an array of days as datetime64[D]; raises PriceError for what is none."""
    try:
        days = np.asarray(day, dtype="datetime64[D]")
    except (TypeError, ValueError):
        days = np.asarray(np.datetime64("NaT"))
    if np.isnat(days).any():
        raise PriceError(f"fx: '{day}' is not a day. Write it as YYYY-MM-DD.")
    return days


def _exact(value: float) -> Decimal:
    return Decimal(repr(float(value)))


def business_day(day) -> bool:
    """Whether the ECB publishes rates on a day, by today's rules (TARGET closing days; some years before 2002 had more).

    >>> business_day("2026-04-03"), business_day("2026-12-24")      # Good Friday, Christmas Eve
    (False, True)
    """
    date = np.datetime64(day, "D").item()
    if date.weekday() > 4 or (date.month, date.day) in CLOSED:
        return False
    a, b, c = date.year % 19, date.year // 100, date.year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    n = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    easter = np.datetime64(
        f"{date.year}-{n // 31:02d}-{n % 31 + 1:02d}"
    )  # the anonymous Gregorian computus
    return np.datetime64(date) - easter not in (np.timedelta64(-2, "D"), np.timedelta64(1, "D"))


def read_rates(raw: bytes | str, where: str = "fx") -> Rates:
    """Rates from a table Date,USD,JPY,… in any order of days; empty and N/A cells are no rate. Raises PriceError for anything else."""
    text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if not rows or not rows[0] or rows[0][0].strip() != "Date" or len(rows) < 2:
        raise PriceError(
            f"{where}: no table of rates. The first line must be Date,USD,JPY,… and days follow."
        )
    names = [name.strip() for name in rows[0][1:] if name.strip()]
    days, values = [], np.full((len(rows) - 1, len(names)), np.nan)
    for i, row in enumerate(rows[1:]):
        days.append(str(days_of(row[0].strip())))
        for j, cell in enumerate(row[1 : len(names) + 1]):
            cell = cell.strip()
            if cell not in ("", "N/A"):
                with suppress(ValueError):  # stays not a number, which the next line refuses
                    values[i, j] = float(cell)
                if not 0 < values[i, j] < np.inf:
                    raise PriceError(
                        f"{where}: line {i + 2}: {names[j]} is '{cell[:40]}'; a rate is a finite number above 0."
                    )
    order = np.argsort(np.array(days, dtype="datetime64[D]"), kind="stable")
    sorted_days = np.array(days, dtype="datetime64[D]")[order]
    twice = sorted_days[1:][sorted_days[1:] == sorted_days[:-1]]
    if len(twice):
        raise PriceError(f"{where}: {twice[0]} appears twice. Keep one of the lines.")
    return Rates(tuple(names), sorted_days, values[order])


def write_rates(rates: Rates) -> bytes:
    """The stored form: gzip of Date,… lines, oldest first; the same rates give the same bytes."""
    lines = ["Date," + ",".join(rates.currencies)]
    for day, row in zip(rates.days, rates.values):
        lines.append(
            f"{day}," + ",".join("" if np.isnan(value) else repr(float(value)) for value in row)
        )
    return gzip.compress(("\n".join(lines) + "\n").encode(), compresslevel=9, mtime=0)


def stored(path: str | os.PathLike = STORED) -> Rates:
    """The rates of the repository (data/fx), or of a file of the same form; read once per process and file state."""
    path = Path(path)
    if not path.is_file():
        raise PriceError(
            f"{path}: there is no table of exchange rates. Run 'finops prices refresh'."
        )
    return _stored(path, stamp([path]))


@lru_cache(maxsize=4)
def _stored(path: Path, state: tuple) -> Rates:
    raw = path.read_bytes()
    try:
        return read_rates(gzip.decompress(raw) if path.suffix == ".gz" else raw, str(path))
    except (OSError, EOFError, UnicodeDecodeError):
        raise PriceError(
            f"{path}: not a table of exchange rates. Run 'finops prices refresh'."
        ) from None


def rate(currency: str, to: str, day, rates=None):
    """Units of `to` for one unit of `currency` on a day or days: `Rates.rate` of the stored rates, or of others (`PlanRates` too)."""
    return (stored() if rates is None else rates).rate(currency, to, day)


def convert_money(amount, currency: str, to: str, day, rates=None) -> Decimal:
    """Money at a report's edge: amount × rate, to the cent, half up, rounded once at the end.

    amount   Decimal, text or number (a float means the decimal it prints as)

    >>> convert_money("100.00", "EUR", "USD", "2014-03-28")
    Decimal('137.59')
    """
    try:
        exact = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite():
        raise PriceError(f"fx: amount is {str(amount)[:40]}; it must be a finite number.")
    base, target = (stored() if rates is None else rates).parts(currency, to, day)
    with localcontext() as context:
        context.prec = 60
        return (exact * target / base).quantize(Decimal("0.01"), ROUND_HALF_UP)
