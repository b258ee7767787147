"""Oracle of fiscal periods and rates of a period: plain loops over days, Fractions, no numpy and nothing of finops_model."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

ECB = Path(__file__).resolve().parents[2] / "data" / "fx" / "ecb_reference_rates.csv.gz"
WEEKS = {"4-4-5": [4, 4, 5] * 4, "4-5-4": [4, 5, 4] * 4, "5-4-4": [5, 4, 4] * 4, "13x4": [4] * 13}


def ecb(currency: str, to: str) -> dict[dt.date, Fraction]:
    """Published rates of a pair, day by day, as the file has them."""
    found = {}
    with gzip.open(ECB, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            cells = ["1" if name == "EUR" else row[name] for name in (currency, to)]
            if all(cell not in ("", "N/A") for cell in cells):
                found[dt.date.fromisoformat(row["Date"])] = Fraction(cells[1]) / Fraction(cells[0])
    return found


def mean(rates: dict[dt.date, Fraction], first: str, last: str) -> Fraction:
    """Mean of the rates published from first to last."""
    inside = [
        rate
        for day, rate in rates.items()
        if dt.date.fromisoformat(first) <= day <= dt.date.fromisoformat(last)
    ]
    return sum(inside, Fraction(0)) / len(inside)


def newest(rates: dict[dt.date, Fraction], day: str) -> Fraction:
    """The rate of a day, else of the newest day before it."""
    at = dt.date.fromisoformat(day)
    while at not in rates:
        at -= dt.timedelta(days=1)
    return rates[at]


def digits12(value: Fraction) -> Decimal:
    """Rounded half up to 12 digits that count."""
    exponent = 0
    while value * 10**exponent < 10**11:
        exponent += 1
    while value * Fraction(10) ** exponent >= 10**12:
        exponent -= 1
    scaled = value * Fraction(10) ** exponent
    whole = int(scaled) + (1 if scaled - int(scaled) >= Fraction(1, 2) else 0)
    return Decimal(whole).scaleb(-exponent)


def money(amount: str, rate: Decimal, decimals: int = 2) -> Decimal:
    """amount × rate, half up to the coin."""
    exact = Fraction(amount) * Fraction(rate)
    coins = abs(exact) * 10**decimals
    whole = int(coins) + (1 if coins - int(coins) >= Fraction(1, 2) else 0)
    return (Decimal(whole if exact >= 0 else -whole)).scaleb(-decimals)


def week_year_end(year: int, month: int, ends: str, weekday: int) -> dt.date:
    """Last day of the 52/53-week year tied to the end of `month` of calendar `year`; weekday 0 is Monday."""
    last = dt.date(year + (month == 12), month % 12 + 1, 1) - dt.timedelta(days=1)
    near = [last + dt.timedelta(days=step) for step in range(-6, 4 if ends == "nearest" else 1)]
    fits = [day for day in near if day.weekday() == weekday]
    return min(fits, key=lambda day: abs((day - last).days)) if ends == "nearest" else fits[-1]


def week_periods(year: int, kind: str, month: int, ends: str, weekday: int, extra: int = 0):
    """(number, first day, last day) of the periods of one 52/53-week year, day by day."""
    end = week_year_end(year, month, ends, weekday)
    day = week_year_end(year - 1, month, ends, weekday) + dt.timedelta(days=1)
    weeks = list(WEEKS[kind])
    if (end - day).days + 1 == 53 * 7:
        weeks[(extra or len(weeks)) - 1] += 1
    found = []
    for number, count in enumerate(weeks, start=1):
        first = day
        for _ in range(7 * count):
            day += dt.timedelta(days=1)
        found.append((number, first, day - dt.timedelta(days=1)))
    assert found[-1][2] == end
    return found


def share(amount: str, weights: dict[str, Fraction], decimals: int = 2) -> dict[str, Decimal]:
    """An amount in coins by weights: largest remainder, ties by name; a loop a coin."""
    coins = Fraction(amount) * 10**decimals
    assert coins.denominator == 1
    sign = -1 if coins < 0 else 1
    every = sum(weights.values(), Fraction(0))
    exact = {name: abs(coins) * weight / every for name, weight in weights.items()}
    given = {name: int(value) for name, value in exact.items()}
    rest = int(abs(coins)) - sum(given.values())
    for name in sorted(weights, key=lambda name: (given[name] - exact[name], name))[:rest]:
        given[name] += 1
    return {name: Decimal(sign * value).scaleb(-decimals) for name, value in given.items()}


def month_days(month: str) -> list[dt.date]:
    """The days of a month."""
    day = dt.date.fromisoformat(f"{month}-01")
    found = []
    while str(day)[:7] == month:
        found.append(day)
        day += dt.timedelta(days=1)
    return found


def weekday_medians(daily) -> list[float]:
    """Median cost of each weekday, Monday first, over the newest 56 days of a bill without gaps."""
    by_day: dict = {}
    for row in daily.itertuples():
        by_day[row.ChargeDate.date()] = by_day.get(row.ChargeDate.date(), 0.0) + row.EffectiveCost
    found = []
    newest = sorted(by_day)[-56:]
    for weekday in range(7):
        own = sorted(by_day[day] for day in newest if day.weekday() == weekday)
        half = len(own) // 2
        found.append(own[half] if len(own) % 2 else (own[half - 1] + own[half]) / 2)
    return found
