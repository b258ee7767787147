"""Growth in a year by plain loops over records, from the rule alone (docs/method §10.2): no frame, no function of the product."""

from __future__ import annotations

import calendar
from collections import defaultdict

Record = dict


def growth(records: list[Record], newest: tuple[int, int]) -> tuple[float, float]:
    """(growth at constant prices, growth as paid) of the three months up to `newest` (year, month) against a year before.

    records: day (year, month, day), category, frequency, class, status, sku, unit, quantity, contracted, paid.
    """
    year, month = newest
    now = [
        ((year * 12 + month - 1 - k) // 12, (year * 12 + month - 1 - k) % 12 + 1) for k in range(3)
    ]
    sides = [now, [(y - 1, m) for y, m in now]]
    sums = [defaultdict(lambda: [0.0, 0.0, 0.0]) for _ in sides]
    paid, days = [0.0, 0.0], [sum(calendar.monthrange(*m)[1] for m in side) for side in sides]
    for one in records:
        for i, side in enumerate(sides):
            if one["day"][:2] not in side or one["category"] in ("Tax", "Credit"):
                continue
            paid[i] += one["paid"]
            once = one["frequency"] == "One-Time" or one["class"] == "Correction"
            if once or one["category"] == "Adjustment" or one["status"] == "Unused":
                continue
            cell = sums[i][one["sku"], one["unit"]]
            for k, name in enumerate(("quantity", "contracted", "paid")):
                cell[k] += one[name]
    total = [0.0, 0.0]
    for key in {*sums[0], *sums[1]}:
        (q1, c1, p1), (q0, c0, p0) = (side.get(key, (0.0, 0.0, 0.0)) for side in sums)
        if key in sums[0] and key in sums[1]:
            if key[1] and q1 > 0 and q0 > 0 and c1 > 0 and c0 > 0:
                total[0], total[1] = total[0] + q1 * c0 / q0, total[1] + c0
            else:
                total[0], total[1] = total[0] + p1, total[1] + p0
        elif key in sums[0]:
            total[0] += c1 if key[1] and q1 > 0 and c1 > 0 else p1
        else:
            total[1] += c0 if key[1] and q0 > 0 and c0 > 0 else p0
    return (
        total[0] / days[0] / (total[1] / days[1]) - 1,
        paid[0] / days[0] / (paid[1] / days[1]) - 1,
    )
