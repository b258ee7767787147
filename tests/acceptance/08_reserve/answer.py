"""Three independent normal units: P80s, their sum, what one reserve for all saves, and each unit's share of the company's P80."""

import json
import math

Z, DENSITY, PATHS = 0.8416212335729143, 0.27996, 4000  # of the standard normal at 80 %
UNITS = {"Support": (300, 1.0, 0.12), "Search": (200, 1.1, 0.15), "Labs": (100, 1.2, 0.2)}
BUDGET = {"Support": 114_000, "Search": 80_400, "Labs": 43_200}
HELD = {"CFO": 12 * 500, "CTO": 12 * 250}

mean = {name: 365 * day * middle for name, (day, middle, _) in UNITS.items()}
sd = {name: 365 * day * spread for name, (day, _, spread) in UNITS.items()}
company, wide = sum(mean.values()), math.sqrt(sum(one**2 for one in sd.values()))
p80, budget = company + Z * wide, sum(BUDGET.values())
of_p80 = math.sqrt(0.16 / PATHS) / DENSITY  # standard error of a P80, in standard deviations
ahead = (budget - company) / wide
over = 0.5 * math.erfc(ahead / math.sqrt(2))
said = {
    "budget": budget,
    "mean": company,
    "mean error": wide / math.sqrt(PATHS),
    "p80": p80,
    "p80 error": wide * of_p80,
    "reserve": max(p80 - budget, 0),
    "saved error": math.hypot(sum(sd.values()), wide) * of_p80,
    "chance": over,
    "chance error": math.sqrt(over * (1 - over) / PATHS),
    "held back": sum(HELD.values()),
    "sum of P80s": sum(mean[name] + Z * sd[name] for name in UNITS),
    "sum error": sum(sd.values()) * of_p80,
    "saved": Z * (sum(sd.values()) - wide),
    "holdback": ["CFO holds back $6.00k of Support", "CTO holds back $3.00k of Labs"],
}
for name in UNITS:
    beside = sd[name] * math.sqrt(1 - (sd[name] / wide) ** 2)  # what is left of it at a given total
    said[f"{name} P80"] = mean[name] + Z * sd[name]
    said[f"{name} P80 error"] = sd[name] * of_p80
    said[f"{name} share"] = Z * sd[name] ** 2 / wide
    said[f"{name} share error"] = 1.2 * beside / math.sqrt(0.02 * PATHS)
print(json.dumps(said))
