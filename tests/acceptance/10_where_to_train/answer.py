"""Four ways to run 16 to 32 GPUs (uniform) for three years: cost and NPV on 200,000 even points of the demand."""

import datetime as dt
import json

import numpy as np

FIRST, RATE, PATHS = dt.date(2027, 1, 1), 0.10, 4000
level = 16 + 16 * (np.arange(200_000) + 0.5) / 200_000  # GPUs in use, the quantiles of the range


def month(m: int) -> dt.date:
    return dt.date(2027 + m // 12, m % 12 + 1, 1)


def factor(day: dt.date) -> float:
    return (1 + RATE) ** (-(day - FIRST).days / 365)


hours = [24 * (month(m + 1) - month(m)).days for m in range(36)]
later = sum(h * factor(month(m + 1)) for m, h in enumerate(hours))  # hours, discounted
all_hours = sum(hours)
spot_hour = 0.6 * 1.25 * 1.5 + 0.4 * 3
over_24, over_28 = np.maximum(level - 24, 0), np.maximum(level - 28, 0)
reserved_hour = 24 * 3 * 0.55 + 3 * over_24
power_hour = 40 * 1.25 * 0.15
staff = 4000 * sum(factor(month(m + 1)) for m in range(36))
cost = {
    "on demand": 3 * level * all_hours,
    "spot": spot_hour * level * all_hours,
    "reserved": reserved_hour * all_hours,
    "owned": 840_000 + 30_000 - 150_000 + 36 * 4000 + (power_hour + 3 * over_28) * all_hours,
}
npv = {
    "on demand": 3 * level * later,
    "spot": spot_hour * level * later,
    "reserved": reserved_hour * later,
    "owned": 870_000 - 150_000 * factor(month(36)) + staff + (power_hour + 3 * over_28) * later,
}
order = sorted(npv, key=lambda name: npv[name].mean())
least = np.min([npv[name] for name in order], axis=0)
root, said = np.sqrt(PATHS), {}
for name in order:
    chance = float((npv[name] == least).mean())
    said |= {
        f"{name} cost": float(cost[name].mean()),
        f"{name} cost error": float(cost[name].std() / root),
        f"{name} npv": float(npv[name].mean()),
        f"{name} npv error": float(npv[name].std() / root),
        f"{name} chance": chance,
        f"{name} chance error": float(np.sqrt(max(chance * (1 - chance), 1e-9) / PATHS)),
    }
gap = npv[order[1]] - npv[order[0]]
said |= {"best": order[0], "more": float(gap.mean()), "more error": float(gap.std() / root)}
regret = npv[order[0]] - least
said |= {"regret": float(regret.mean()), "regret error": float(regret.std() / root)}
# where the best and the next one cost the same in the mean, as multiples of the demand
times = np.linspace(0.05, 3, 2951)


def mean_npv(name: str, scale: float) -> float:
    x = level[::20] * scale
    hour = {
        "on demand": lambda: 3 * x,
        "spot": lambda: spot_hour * x,
        "reserved": lambda: 24 * 1.65 + 3 * np.maximum(x - 24, 0),
        "owned": lambda: power_hour + 3 * np.maximum(x - 28, 0),
    }[name]()
    fixed = 870_000 - 150_000 * factor(month(36)) + staff if name == "owned" else 0.0
    return fixed + float(hour.mean()) * later


apart = [mean_npv(order[0], t) - mean_npv(order[1], t) for t in times]
even = [
    float(a + (b - a) * y / (y - z))
    for a, b, y, z in zip(times, times[1:], apart, apart[1:])
    if y * z < 0
]
said["break-even"] = even[0]
said["break-even error"] = even[0] * float(level.std() / level.mean()) / root
said["sentence"] = [
    f"'{order[0]}' is cheapest",
    f"less than '{order[1]}'",
    "36 months from 2027-01",
]
print(json.dumps(said))
