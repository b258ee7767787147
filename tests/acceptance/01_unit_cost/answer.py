"""What a chat and a search cost in November 2025 and October 2026: plain sums of the same patterns."""

import datetime as dt
import json


def month(year: int, number: int) -> list[dt.date]:
    day, days = dt.date(year, number, 1), []
    while day.month == number:
        days.append(day)
        day += dt.timedelta(1)
    return days


def chats(days) -> tuple[float, float]:
    cost = sum(100 + 2 * d.day + 5 * d.month for d in days)
    return cost, sum(1000 + 10 * d.day for d in days)


def searches(days) -> tuple[float, float]:
    return 40.25 * len(days), sum(500 + 3 * (d.month % 5) for d in days)


said = {}
for name, of in (("chat", chats), ("search", searches)):
    (cost, count), (later, more) = of(month(2025, 11)), of(month(2026, 10))
    said |= {
        f"{name} cost then": cost,
        f"{name} count then": count,
        f"{name} then": cost / count,
        f"{name} now": later / more,
        f"{name} change": (later / more) / (cost / count) - 1,
    }
then, now, change = said["chat then"], said["chat now"], said["chat change"]
said["sentence"] = [
    f"was {then:.4g} in November 2025 and {now:.4g} in October 2026",
    f"down {-100 * change:.1f} %",
]
print(json.dumps(said))
