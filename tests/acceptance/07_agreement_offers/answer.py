"""Two agreements year by year: spend at list prices, discount, what is missing to the commitment with the last month of its year."""

import datetime as dt
import json

SPEND = [80_000 * 1.01**m for m in range(36)]
FIRST = dt.date(2027, 1, 1)


def paid_on(month: int) -> dt.date:
    return dt.date(2027 + (month + 1) // 12, (month + 1) % 12 + 1, 1)


def tiers(spend: float) -> float:
    return 0.1 if spend >= 1_200_000 else 0.07 if spend >= 1_000_000 else 0.04


def cost(commitments, share) -> list[float]:
    paid = []
    for year, least in enumerate(commitments):
        list_price = SPEND[12 * year : 12 * year + 12]
        net = [one * (1 - share(sum(list_price))) for one in list_price]
        net[-1] += max(least - sum(net), 0)
        paid += net
    return paid


costs = {
    "A": cost((900_000, 1_000_000, 1_100_000), lambda spend: 0.09),
    "B": cost((800_000,) * 3, tiers),
    "none": SPEND,
}
said = {}
for name, paid in costs.items():
    extra = 5_000 if name == "B" else 0
    said[f"{name} cost"] = sum(paid) + extra
    said[f"{name} npv"] = extra + sum(
        money / 1.08 ** ((paid_on(m) - FIRST).days / 365) for m, money in enumerate(paid)
    )
    if name != "none":
        years = [sum(paid[12 * y : 12 * y + 12]) for y in range(3)]
        years[0] += extra
        for y, money in enumerate(years):
            said[f"{name} in {2027 + y}"] = money
best, other = sorted(("A", "B", "none"), key=lambda name: said[f"{name} npv"])[:2]
more = said[f"{other} npv"] - said[f"{best} npv"]
said |= {"best": best, "more": more}
said["sentence"] = [
    f"'{best}' is cheapest: ${said[f'{best} npv'] / 1e6:.2f}m at NPV (8 % a year) over 36 months",
    f"${more / 1e3:.3g}k less than '{other}'",
]
said["next best"] = [f"'{other}' costs ${more / 1e3:.3g}k more"]
print(json.dumps(said))
