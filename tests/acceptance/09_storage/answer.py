"""A data lake followed day by day: written, 30 days hot, cold to day 120; 5 % of the cold is read; egress by its tiers."""

import calendar
import json

HOT, COLD, READ = 0.023, 0.0125, 0.05 * 0.01
lake = {40: 200_000.0}  # units by age in days, as they lie on the first day
costs = {"hot": [], "cold": [], "reads": []}
for month in range(1, 13):
    days = calendar.monthrange(2027, month)[1]
    hot = cold = 0.0
    for _ in range(days):
        lake[0] = lake.get(0, 0.0) + 31_000 / days
        hot += sum(units for age, units in lake.items() if age < 30) / days
        cold += sum(units for age, units in lake.items() if 30 <= age < 120) / days
        lake = {age + 1: units for age, units in lake.items() if age < 120}
    costs["hot"].append(hot * HOT)
    costs["cold"].append(cold * COLD)
    costs["reads"].append(cold * READ)
internet = 0.6 * 40_000
egress = 10_240 * 0.09 + (internet - 10_240) * 0.085
zones = 0.4 * 40_000 * 0.01 * 2
said = {name: costs[name] for name in costs}
said |= {"internet": [egress] * 12, "zones": [zones] * 12}
said["lake"] = [sum(costs[name][m] for name in costs) for m in range(12)]
added = sum(said["lake"]) + 12 * (egress + zones)
said |= {"added": added, "total": added + 365 * 10.0, "base": 365 * 10.0}
print(json.dumps(said))
