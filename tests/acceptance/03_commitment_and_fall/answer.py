"""A year of 40 or 12 GPUs committed at 40 % off; with a chance of 30 % a quarter of 50 GPUs is left from April 2027."""

import datetime as dt
import json
import math

PRICE, RATE, PATHS = 4.0, 4.0 * 0.6, 2000
FALL = 0.3


def cost(level: float, committed: int) -> float:
    """November 2026 to December 2027, day by day."""
    total, day = 0.0, dt.date(2026, 11, 1)
    while day < dt.date(2028, 1, 1):
        used = 50 * (level if day >= dt.date(2027, 4, 1) else 1)
        held = committed if day >= dt.date(2027, 1, 1) else 0
        total += 24 * (held * RATE + max(used - held, 0) * PRICE) + 75
        day += dt.timedelta(1)
    return total


def mean(well: float, ill: float) -> tuple[float, float]:
    middle = (1 - FALL) * well + FALL * ill
    return middle, abs(well - ill) * math.sqrt(FALL * (1 - FALL) / PATHS)


said = {}
for name, held in (("base", 0), ("40", 40), ("12", 12)):
    well, ill = cost(1, held), cost(0.25, held)
    said[f"{name} mean"], said[f"{name} mean error"] = mean(well, ill)
    said[f"{name} P10"], said[f"{name} P90"] = sorted((well, ill))
    if held:
        gains = well - cost(1, 0), ill - cost(0.25, 0)
        said[f"{name} change"], error = mean(*gains)
        said[f"{name} change error"] = max(error, 1.0)
        said[f"{name} change P10"], said[f"{name} change P90"] = sorted(gains)
        said[f"{name} cheaper"] = sum(
            chance for gain, chance in zip(gains, (1 - FALL, FALL)) if gain < 0
        )
said["40 cheaper error"] = math.sqrt(FALL * (1 - FALL) / PATHS)
print(json.dumps(said))
