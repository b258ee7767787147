"""Days off by name, and what each did to its day (docs/method §2.11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ...errors import ForecastError, unknown
from ..history import day_or_nat

HOLIDAY_WEEKS = 3  # weeks before and after a holiday that say what the day would have been
HOLIDAY_PRIOR = 1.0  # holidays seen so often count half: their effect is drawn towards 1


def day_names(holidays, first, last) -> dict:
    """Names of the days off {date: name}: of a country ("US", "US-CA"), of several, of a list of days, of {day: name}, or of a frame ds, holiday.

    Raises ForecastError with the nearest known country, and for what is no day.

    >>> day_names(["2026-12-24"], "2026-01-01", "2026-12-31")
    {datetime.date(2026, 12, 24): 'day off'}
    """
    if isinstance(holidays, pd.DataFrame):
        if not {"ds", "holiday"} <= set(holidays.columns):
            raise ForecastError(
                f"holidays: a frame needs the columns ds and holiday; it has {', '.join(map(str, holidays.columns[:8])) or 'none'}."
            )
        return {_date(day): str(name) for day, name in zip(holidays["ds"], holidays["holiday"])}
    if isinstance(holidays, Mapping):
        return {_date(day): str(name) for day, name in holidays.items()}
    if isinstance(holidays, str) or not isinstance(holidays, Iterable):
        return _of_country(str(holidays), first, last)
    names: dict = {}
    for one in holidays:
        if isinstance(one, str) and one[:1].isalpha():
            names |= {
                day: f"{names[day]}, {name}" if name != names.get(day, name) else name
                for day, name in _of_country(one, first, last).items()
            }
        else:
            names.setdefault(_date(one), "day off")
    return names


def _of_country(country: str, first, last) -> dict:
    import holidays as package

    known = package.list_supported_countries()
    name, _, part = country.partition("-")
    if name not in known or (part and part not in known[name]):
        raise ForecastError(
            unknown(
                "holidays",
                "country",
                country,
                [f"{name}-{p}" for p in known[name]] if name in known else known,
                "Write a country as US, a part of it as US-CA.",
            )
        )
    years = range(int(str(first)[:4]), int(str(last)[:4]) + 1)
    return {
        day: label.replace(" (observed)", "")
        for day, label in package.country_holidays(name, subdiv=part or None, years=years).items()
    }


def _date(day):
    date = day_or_nat(day)
    if np.isnat(date):
        raise ForecastError(f"holidays: '{str(day)[:40]}' is not a day; write it as 2026-12-24.")
    return date.astype(object)


def holiday_effects(values: np.ndarray, days: np.ndarray, names: Mapping) -> dict[str, float]:
    """What each day off did to the day, by name: usage ÷ mean of the same weekday in the weeks around, days off left out.

    The mean log ratio, drawn towards 0 as if one more holiday had done nothing (HOLIDAY_PRIOR).
    """
    off = np.array([day in names for day in days.astype(object)])
    ratios: dict[str, list[float]] = {}
    for at in np.flatnonzero(off):
        around = [at + 7 * week for week in range(-HOLIDAY_WEEKS, HOLIDAY_WEEKS + 1) if week]
        around = [
            i for i in around if 0 <= i < len(values) and not off[i] and np.isfinite(values[i])
        ]
        if len(around) >= 2 and np.isfinite(values[at]) and np.mean(values[around]) > 0:
            floor = 0.02 * np.mean(values[around])
            ratios.setdefault(names[days[at].astype(object)], []).append(
                np.log((values[at] + floor) / (np.mean(values[around]) + floor))
            )
    return {
        name: float(np.exp(np.sum(logs) / (len(logs) + HOLIDAY_PRIOR)))
        for name, logs in ratios.items()
    }
