"""A drafted budget: lines are means by unit and month, certainty is bought once as a company reserve (docs/method §9.40)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from ...errors import InputError
from ...facts.coins import in_coins, split
from ...facts.daily.allocate import ALL
from ...facts.plans.budget_lines import CENT, BudgetLine
from ...names import COMPANY
from ..questions.portfolio import Portfolio, portfolio

Paths = Mapping[str, Mapping[str, np.ndarray]]  # month -> unit -> (path,) money


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A version that nobody has approved; money in whole cents, so that lines + reserve = total."""

    lines: tuple[BudgetLine, ...]  # of units, or of a dimension's values; then the company's own
    reserve: Decimal
    total: Decimal
    means: dict[str, Decimal]  # unit -> of the whole period
    units: tuple[str, ...]  # of `held`, those without a line too
    held: Portfolio  # at the level
    left_out: dict[str, Decimal]  # units whose mean of a month lies below zero: what of them is 0

    @property
    def together(self) -> Decimal:
        """The lines without the reserve."""
        return sum(self.means.values(), Decimal(0))


def draft(paths: Paths, level: float, held_by: str, dimension: str = "") -> Draft:
    """Lines whose amounts are means, and the reserve that lets all of them together hold at a level.

    total = the level's quantile of the whole, reserve = total − lines, never below 0. Each month's part of the reserve is what the
    month adds to that quantile beyond its mean. A dimension's values have no reserve of their own: it is the company's.

    >>> flat = {"2027-01": {"Search": np.full(500, 10.004)}, "2027-02": {"Search": np.full(500, 20.004)}}
    >>> found = draft(flat, 80, "CFO")
    >>> str(found.together), str(found.reserve), str(found.total), [str(line.amount) for line in found.lines]
    ('30.01', '0.00', '30.01', ['10.00', '20.01', '10.00', '20.01'])
    """
    months = list(paths)
    units = sorted({unit for own in paths.values() for unit in own})
    costs = np.stack(
        [np.stack([paths[month][unit] for unit in units], axis=1) for month in months], axis=1
    )  # (path, month, unit)
    exact, left_out = _means(costs, months, units)
    if not any(exact.values()):
        raise InputError(
            "nothing of the period costs anything in the base scenario, so there is no budget to draft. Take a period with cost."
        )
    amounts = in_coins(exact, _cents(sum(exact.values(), Decimal(0))))
    held, by_month = (
        portfolio(costs.sum(axis=1), level),
        portfolio(costs.sum(axis=2), level),
    )
    lines = sum(amounts.values(), Decimal(0))
    reserve = max(_cents(Decimal(repr(held.whole.value))) - lines, Decimal("0.00"))
    backs = _spread(reserve, dict(zip(months, by_month.shares, strict=True)))
    kept = [unit for unit in units if any(amounts[month, unit] for month in months)]
    own = [
        BudgetLine(unit=unit, month=month, amount=amounts[month, unit], dimension=dimension)
        for unit in kept
        for month in months
        if dimension or unit != ALL
    ]
    company = [
        BudgetLine(
            unit=COMPANY,
            month=month,
            amount=sum((amounts[month, unit] for unit in units), Decimal(0)) + backs[month],
            held_back=backs[month],
            held_by=held_by if backs[month] else "",
        )
        for month in months
        if not dimension
    ]
    return Draft(
        lines=(*own, *company),
        reserve=reserve,
        total=lines + reserve,
        means={unit: sum((amounts[month, unit] for month in months), Decimal(0)) for unit in kept},
        units=tuple(units),
        held=held,
        left_out=left_out,
    )


def _means(costs: np.ndarray, months: list[str], units: list[str]):
    """{(month, unit): mean}, none below zero, and what of each unit lies below."""
    means = costs.mean(axis=0)
    exact, below = {}, dict[str, Decimal]()
    for i, month in enumerate(months):
        for j, unit in enumerate(units):
            value = Decimal(repr(float(means[i, j])))
            if value < 0:
                below[unit] = below.get(unit, Decimal(0)) + value
            exact[month, unit] = max(value, Decimal(0))
    return exact, {unit: _cents(amount) for unit, amount in below.items() if _cents(amount)}


def _spread(reserve: Decimal, shares: Mapping[str, float]) -> dict[str, Decimal]:
    """A reserve by month, in cents: by what each month adds to the risk; alike where none adds."""
    weights = {month: Decimal(repr(max(float(share), 0.0))) for month, share in shares.items()}
    if not any(weights.values()):
        weights = dict.fromkeys(shares, Decimal(1))
    return split(reserve, weights)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
