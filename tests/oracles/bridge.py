"""A bridge written out the other way round: what everything would cost with some of the factors of now, in fractions and plain loops.

A state is (days, lines); a line is a dict: workload, unit, sku, quantity, list, contracted, effective (money), currency, kind. The value of a set
of factors is a whole cost; a step is the difference of two values, the order-free one the mean over every order of the steps.
"""

from collections import Counter
from fractions import Fraction
from functools import lru_cache
from itertools import permutations

FACTORS = ("days", "volume", "mix", "list_price", "discount", "commitment", "fx", "once")


def worth(then, now, rates, new) -> Fraction:
    """What cost is where the factors in `new` are those of now, and the others those of then."""
    total = Fraction(0)
    pick = lambda name, pair: pair[1] if name in new else pair[0]
    sides = (then, now)
    keys = sorted({one["currency"] for side in sides for one in side[1]})
    rate = {
        c: pick("fx", tuple(Fraction(side_rates.get(c, 1)) for side_rates in rates)) for c in keys
    }

    def use(side):
        return [one for one in sides[side][1] if one["kind"] == "use"]

    groups = sorted(
        {(one["workload"], one["unit"], one["currency"]) for i in (0, 1) for one in use(i)}
    )
    for workload, unit, currency in groups:
        own = [
            {
                one["sku"]: one
                for one in use(i)
                if (one["workload"], one["unit"], one["currency"]) == (workload, unit, currency)
            }
            for i in (0, 1)
        ]
        if not own[0] or not own[1]:  # on one side only: volume
            cost = [
                sum((Fraction(one["effective"]) for one in side.values()), Fraction(0))
                for side in own
            ]
            total += pick("volume", cost) * rate[currency]
            continue
        days = [Fraction(side[0]) for side in sides]
        quantity = [sum(Fraction(one["quantity"]) for one in side.values()) for side in own]
        per_day = [quantity[i] / days[i] for i in (0, 1)]
        for sku in sorted({*own[0], *own[1]}):
            one = [side.get(sku) for side in own]
            share = [
                Fraction(one[i]["quantity"]) / quantity[i] if one[i] else Fraction(0)
                for i in (0, 1)
            ]
            # a SKU on one side only has its own price on both
            there = [one[i] or one[1 - i] for i in (0, 1)]
            amount = [Fraction(x["quantity"]) for x in there]
            if not one[0] or not one[1]:
                price = [Fraction(x["effective"]) / q for x, q in zip(there, amount)]
                off = cover = [Fraction(1)] * 2
            else:
                price = [Fraction(x["list"]) / q for x, q in zip(there, amount)]
                off = [Fraction(x["contracted"]) / Fraction(x["list"]) for x in there]
                cover = [Fraction(x["effective"]) / Fraction(x["contracted"]) for x in there]
            total += (
                pick("days", days)
                * pick("volume", per_day)
                * pick("mix", share)
                * pick("list_price", price)
                * pick("discount", off)
                * pick("commitment", cover)
                * rate[currency]
            )
    for i, side in enumerate(sides):
        for one in side[1]:
            if one["kind"] == "use":
                continue
            cost = Fraction(one["effective"])
            if one["kind"] == "unused":
                # per day, of a state that has some on both sides
                other = [x for x in sides[1 - i][1] if x["kind"] == "unused" and _same(x, one)]
                scale = Fraction(sides[1][0], sides[0][0]) if other else Fraction(1)
                here = ("commitment" in new) == (i == 1)
                by = (scale if i == 0 else 1 / scale) if ("days" in new) != (i == 1) else 1
                total += here * cost * by * rate[one["currency"]]
            else:
                total += (("once" in new) == (i == 1)) * cost * rate[one["currency"]]
    return total


def _same(one, two) -> bool:
    return all(one[key] == two[key] for key in ("workload", "unit", "sku", "currency"))


@lru_cache
def _moves(order) -> tuple[int, Counter]:
    """How many orders there are, and how often each step comes after just these others."""
    orders = [FACTORS] if order == "steps" else list(permutations(FACTORS))
    counts = Counter((frozenset(one[:k]), one[k]) for one in orders for k in range(len(FACTORS)))
    return len(orders), counts


def bridge(then, now, rates=({}, {}), order="steps") -> dict[str, Fraction]:
    """Factor -> its step."""
    known: dict[frozenset, Fraction] = {}

    def value(new):
        if new not in known:
            known[new] = worth(then, now, rates, new)
        return known[new]

    count, moves = _moves(order)
    sums = dict.fromkeys(FACTORS, Fraction(0))
    for (before, factor), often in moves.items():
        sums[factor] += often * (value(before | {factor}) - value(before))
    return {name: amount / count for name, amount in sums.items()}
