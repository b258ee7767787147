"""Cost per customer, all of them and by tier: the feature's cost by what each used of it."""

import calendar
import json

USE = {"acme": 40, "brio": 30, "cato": 10}
TIERS = {"pro": ("acme", "brio"), "free": ("cato",)}
said = {}
for number, word in ((9, "then"), (10, "now")):
    days = range(1, calendar.monthrange(2026, number)[1] + 1)
    cost = sum(20 + number + 0.25 * day for day in days)
    use = {name: each + 2 * (number - 8) for name, each in USE.items()}
    said |= {f"all {word}": cost / len(use)}
    for tier, names in TIERS.items():
        share = sum(use[name] for name in names) / sum(use.values())
        said |= {f"{tier} {word}": cost * share / len(names)}
said["change"] = said["all now"] / said["all then"] - 1
said["sentence"] = [f"was {said['all then']:.4g} in", f"and {said['all now']:.4g} in October"]
print(json.dumps(said))
