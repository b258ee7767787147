"""Cost per prediction and waste of September and October 2026: plain sums of the same patterns."""

import calendar
import json

STANDBY = 61.50
said = {}
for number, word in ((9, "then"), (10, "now")):
    days = range(1, calendar.monthrange(2026, number)[1] + 1)
    live = sum(300 + 2 * day + 10 * number for day in days)
    idle = STANDBY * len(days)
    count = sum(400_000 + 1_000 * day for day in days)
    said |= {
        f"each {word}": (live + idle) / count,
        f"cost {word}": live + idle,
        f"count {word}": count,
        f"waste {word}": idle,
        f"waste share {word}": idle / (live + idle + 150 * len(days)),
    }
said["change"] = said["each now"] / said["each then"] - 1
said["sentence"] = [f"was {said['each then']:.4g} in", f"and {said['each now']:.4g} in October"]
print(json.dumps(said))
