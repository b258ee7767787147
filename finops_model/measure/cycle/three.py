"""Which KPIs stand on page one (docs/method §16.28)."""

from __future__ import annotations

from collections.abc import Sequence

from .types import UnitCost

MOST = 3
ALIKE = 0.005  # of two numerators: the same cost, divided by something else


def three(lines: Sequence[UnitCost], asked: Sequence[str] | None = None) -> list[str]:
    """Names of the unit costs of page one: in their order where `kpis:` of finops.yaml names files, else those of the largest cost, each cost once.

    Drivers come before GPU hours and tokens, shares last.

    >>> line = {"unit": "USD / chat", "by_month": [], "value": 1.0, "denominator": 1.0}
    >>> chat, solved = ({**line, "name": name, "of": "w", "numerator": 9.0} for name in ("Chat", "Solved"))
    >>> three([{**line, "name": "GPU", "numerator": 80.0}, chat, solved])
    ['Chat', 'GPU', 'Solved']
    """
    ordered = list(lines)
    if asked is None:
        ordered.sort(key=_rank)
        seen: list[float] = []
        again = []
        for line in list(ordered):
            cost = line.get("numerator", 0.0)
            if line["unit"] != "share" and any(abs(cost - one) <= ALIKE * abs(one) for one in seen):
                ordered.remove(line)
                again.append(line)
            seen.append(cost)
        ordered += again
    return [line["name"] for line in ordered[:MOST]]


def _rank(line: UnitCost) -> tuple:
    return (line["unit"] == "share", not line.get("of"), -abs(line.get("numerator", 0.0)))
