"""How the unit costs of each set of drivers add up to the cost of a month, as an answer (docs/method §16.54)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

import pandas as pd

from ...errors import several
from ...measure.outlook.driver_sets import SetTie
from ...periods import month_name
from ...wording import money, percent, pictures
from ..questions.answer import Answer

CENT = Decimal("0.01")


def cents(parts: Sequence[Decimal], whole: Decimal) -> list[Decimal]:
    """Exact parts in whole cents that add up to the whole in whole cents: what rounding leaves over goes to the largest.

    >>> cents([Decimal("1.005"), Decimal("2.005")], Decimal("3.01"))
    [Decimal('1.00'), Decimal('2.01')]
    """
    rounded = [part.quantize(CENT, ROUND_HALF_EVEN) for part in parts]
    over = whole.quantize(CENT, ROUND_HALF_EVEN) - sum(rounded, Decimal(0))
    largest = max(range(len(parts)), key=lambda i: abs(parts[i]))
    rounded[largest] += over
    return rounded


def tied(ties: Sequence[SetTie], *, currency: str, whose: str, notes: Sequence[str] = ()) -> Answer:
    """A row for each driver of each set, what the set does not drive, and the whole; amounts in whole cents that add up."""
    rows = []
    for tie in ties:
        exact = [*(one.cost for one in tie.drivers), tie.uncounted, tie.not_driven]
        whole = cents(exact, tie.cost)
        for one, amount in zip(tie.drivers, whole, strict=False):
            rows.append(
                _row(tie, one.name, float(one.unit_cost), float(one.count), amount, currency)
            )
        names = ("days without a count", "not driven")
        for name, amount, part in zip(names, whole[-2:], exact[-2:], strict=True):
            if part or name == "not driven":
                rows.append(_row(tie, name, None, None, amount, currency))
        rows.append(_row(tie, "the whole", None, None, sum(whole, Decimal(0)), currency))
    first = ties[0]
    driven = first.cost - first.not_driven
    share = float(driven / first.cost) if first.cost else None
    parts = [*(one.name for one in first.drivers), "not driven"]
    amounts = [*(float(one.cost) for one in first.drivers), float(first.not_driven)]
    return Answer(
        question="kpi sets",
        sentence=f"{several(len(first.drivers), 'driver')} of the set {first.name} {'divides' if len(first.drivers) == 1 else 'divide'} "
        f"{money(float(driven), currency)} of the {money(float(first.cost), currency)} that {whose} cost in {month_name(first.month)}"
        f"{f' ({percent(share)})' if share is not None else ''}; unit cost × count, and what is not driven, is the cost to the cent.",
        table=pd.DataFrame(rows),
        forms={"count": "count", "unit cost": "units", f"cost, {currency}": "cents"},
        range="These are actuals, so there is no range.",
        reason="a charge belongs to at most one driver of a set.",
        next_best="",
        currency=currency,
        notes=(
            "Sets are views of the same cost: nothing is added between them."
            if len(ties) > 1
            else "There is one set, so every driver stands in one sum.",
            *notes,
        ),
        figures={
            tie.name: {
                "month": tie.month,
                "drivers": {
                    one.name: {
                        "cost": str(one.cost),
                        "count": float(one.count),
                        "unit_cost": float(one.unit_cost),
                        "days": one.days,
                        "of": one.of,
                    }
                    for one in tie.drivers
                },
                "uncounted": str(tie.uncounted),
                "not_driven": str(tie.not_driven),
                "cost": str(tie.cost),
            }
            for tie in ties
        },
        picture=pictures.bars(
            parts,
            amounts,
            [money(amount, currency) for amount in amounts],
            words=f"Cost of {month_name(first.month)} by driver of the set {first.name}: "
            + "; ".join(f"{p} {money(a, currency)}" for p, a in zip(parts, amounts, strict=True)),
            axis=f"cost, {currency}",
        ),
    )


def _row(
    tie: SetTie,
    name: str,
    unit_cost: float | None,
    count: float | None,
    amount: Decimal,
    currency: str,
) -> dict:
    """A line of the table; the amount in whole cents, so that what is shown adds up."""
    return {
        "set": tie.name,
        "driver": name,
        "count": count,
        "unit cost": unit_cost,
        f"cost, {currency}": amount,
    }
