"""Three ways to pay for two years of 40 GPUs: payments by their day, discounted by the day, added up by fiscal year."""

import datetime as dt
import json

RATE = 0.08
FIRST, END = dt.date(2027, 1, 1), dt.date(2029, 1, 1)
PRICES = {"no upfront": (2.24, 0.0), "half upfront": (2.12, 0.5), "all upfront": (2.0, 1.0)}


def months():
    day = FIRST
    while day < END:
        after = dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)
        yield (after - day).days * 24 * 40, after  # GPU-hours, the day on which they are paid
        day = after


def fiscal_year(day: dt.date) -> str:
    return f"FY{day.year + (day.month >= 7)}"


def payments(rate: float, upfront: float):
    whole = sum(hours for hours, _ in months()) * rate
    if upfront:
        yield FIRST, whole * upfront
    for hours, day in months():
        yield day, hours * rate * (1 - upfront)


said = {}
for name, how in {**PRICES, "rent": (3.2, 0.0)}.items():
    paid = list(payments(*how))
    said[f"{name} cost"] = sum(money for _, money in paid)
    said[f"{name} npv"] = sum(
        money / (1 + RATE) ** ((day - FIRST).days / 365) for day, money in paid
    )
    if name != "rent":
        for year in ("FY2027", "FY2028", "FY2029"):
            said[f"{name} cash {year}"] = sum(
                money for day, money in paid if fiscal_year(day) == year
            )
            hours = sum(h for h, after in months() if fiscal_year(after - dt.timedelta(1)) == year)
            said[f"{name} cost {year}"] = hours * how[0]
said["best"] = "all upfront"
said["more"] = said["half upfront npv"] - said["all upfront npv"]
said["sentence"] = [
    f"'all upfront' is cheapest: €{said['all upfront npv'] / 1e6:.2f}m at NPV (8 % a year) over 24 months from 2027-01",
    f"€{said['more'] / 1e3:.1f}k less than 'half upfront'",
]
print(json.dumps(said))
