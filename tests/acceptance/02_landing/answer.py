"""Where the year from October lands: nine months booked, three futures of the rest, and the day on which each passes the budget."""

import datetime as dt
import json
import math

AS_OF, END, PATHS = dt.date(2026, 6, 30), dt.date(2026, 9, 30), 2000
BUDGET = 12 * 48_300
LEVELS = ((1.0, 0.25), (1.5, 0.45), (2.0, 0.30))
booked = ((AS_OF - dt.date(2025, 10, 1)).days + 1) * 1500.0
left = (END - AS_OF).days


def landing(level: float) -> float:
    return booked + left * (500 + 1000 * level)


def quantile(share: float) -> float:
    passed = 0.0
    for level, chance in LEVELS:
        passed += chance
        if passed > share:
            return landing(level)
    raise ValueError(share)


def passed_on(level: float) -> dt.date | None:
    spent, day = booked, AS_OF
    while day < END:
        day += dt.timedelta(1)
        spent += 500 + 1000 * level
        if spent > BUDGET:
            return day
    return None


def by(share: float) -> str | None:
    """The day by which this share of all futures has passed the budget."""
    days = sorted((passed_on(level) or dt.date.max, chance) for level, chance in LEVELS)
    gone = 0.0
    for day, chance in days:
        gone += chance
        if gone > share:
            return None if day == dt.date.max else str(day)
    return None


mean = sum(chance * landing(level) for level, chance in LEVELS)
spread = math.sqrt(sum(chance * (landing(level) - mean) ** 2 for level, chance in LEVELS))
over = sum(chance for level, chance in LEVELS if landing(level) > BUDGET)
said = {
    "booked": booked,
    "budget": BUDGET,
    "mean": mean,
    "mean error": spread / math.sqrt(PATHS),
    "chance": over,
    "chance error": math.sqrt(over * (1 - over) / PATHS),
    "day first": by(0.1),
    "day likely": by(0.5),
    "day last": by(0.9),
    "month": str(by(0.4))[:7],
    "reserve": quantile(0.8) - BUDGET,
}
said |= {f"P{p}": quantile(p / 100) for p in (10, 50, 80, 90)}
print(json.dumps(said))
