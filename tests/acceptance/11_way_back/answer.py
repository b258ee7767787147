"""Three decisions on a bill that is the same every day: every set of them, what a later start costs, and the last month that still helps."""

import calendar
import itertools
import json

BUDGET = 12 * 28_000.0
DAY = {"chat": 500.0, "rag": 300.0, "train": 200.0}
LEFT = {
    "chat": (8, 0.3, "2026-07-20"),
    "rag": (7, 0.5, "2026-07-15"),
    "train": (9, 0.8, "2026-08-10"),
}
NAMES = {"chat": "Shorter answers", "rag": "Cached retrieval", "train": "Fewer trainings"}


def saves(work: str, later: int = 0) -> float:
    first, share, _ = LEFT[work]
    days = sum(calendar.monthrange(2026, month)[1] for month in range(first + later, 13))
    return share * DAY[work] * days


year = 365 * sum(DAY.values())
sets = [combo for size in (1, 2) for combo in itertools.combinations(LEFT, size)]
lands = {combo: year - sum(map(saves, combo)) for combo in sets}
under = sorted(
    (combo for combo in sets if len(combo) == 2 and lands[combo] <= BUDGET), key=lands.get
)
best = under[0]
waits = [sum(map(saves, best)) - sum(saves(work, later) for work in best) for later in range(6)]
holds = [later for later, lost in enumerate(waits) if lands[best] + lost <= BUDGET]
said = {
    "budget": BUDGET,
    "year": year,
    "over": year - BUDGET,
    "size": 2,
    "state": "reached",
    "best": [NAMES[work] for work in best],
    "P80": lands[best],
    "saves": year - lands[best],
    "decide by": min(LEFT[work][2] for work in best),
    "months later": holds[-1],
    "a month later": waits[1],
    "two months later": waits[2],
    "second": [NAMES[work] for work in under[1]],
    "second P80": lands[under[1]],
    "third P80": lands[under[2]],
    "sentence": [
        f"{NAMES[best[0]]} and {NAMES[best[1]]} together bring P80 of FY2026 to ${lands[best] / 1e3:.0f}k",
        f"${(BUDGET - lands[best]) / 1e3:.1f}k under the budget of $336k",
        f"also if all begin {holds[-1]} months later than written; decide by 15 July 2026",
    ],
    "next best": [
        f"P80 ${lands[under[1]] / 1e3:.0f}k",
        f"${(lands[under[1]] - lands[best]) / 1e3:.2f}k more",
    ],
}
for work in NAMES:
    said[f"{work} alone"] = lands[(work,)]
print(json.dumps(said))
