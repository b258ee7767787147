"""An invoice: its lines with the four costs of FOCUS side by side, and what they add up to (docs/method §5.46, §6.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...checks import whole
from ..terms.credits import Drawn
from ..terms.dates import windows
from .cents import rounded
from .invoice_terms import CATEGORIES, COSTS


@dataclass(frozen=True)
class Line:
    """One line of an invoice: ChargeCategory, what it is for, and the four costs (..., period)."""

    category: str
    name: str  # SKU, credit, commitment, "Support" or "Tax"
    service: str
    status: str  # "", or CommitmentDiscountStatus: Used, Unused
    ListCost: np.ndarray
    ContractedCost: np.ndarray
    EffectiveCost: np.ndarray
    BilledCost: np.ndarray


@dataclass(frozen=True)
class Invoice:
    """Lines of every period in the order in which they arise."""

    lines: tuple[Line, ...]
    credits: Drawn | None
    currency: str = "USD"

    def total(self, cost: str = "EffectiveCost", categories: Sequence[str] = CATEGORIES):
        """Sum of one of the four costs over lines of some categories (..., period); BilledCost in whole cents."""
        chosen = [getattr(line, cost) for line in self.lines if line.category in categories]
        money = sum(chosen, np.zeros_like(self.lines[0].ListCost)) if self.lines else np.zeros(())
        return rounded(money, self.currency) if cost == "BilledCost" else money

    @property
    def cost(self):
        """Cost, the default meaning: effective, before credits and tax (docs/method §6.1)."""
        return self.total("EffectiveCost", ("Usage", "Purchase", "Adjustment"))

    @property
    def cost_after_credits(self):
        """Effective cost after credits, before tax."""
        return self.total("EffectiveCost", ("Usage", "Purchase", "Adjustment", "Credit"))

    def cash(self, periods: Sequence[str], net_days: int = 0):
        """When the invoices are paid: days datetime64[D] (period,) and money (..., period). An invoice is dated the day after
        its period and is paid net_days later.
        """
        return windows(periods)[1] + whole(net_days, "invoice: net_days"), self.total("BilledCost")

    def totals(self) -> dict:
        """ListCost, ContractedCost, EffectiveCost, BilledCost of the whole invoice (tax not recoverable is effective cost)."""
        return {cost: self.total(cost) for cost in COSTS}


def line(
    category,
    name,
    service="",
    status="",
    *,
    listed=None,
    contracted=None,
    effective=None,
    billed=None,
    shape=None,
) -> Line:
    """A line of which the costs that are not given are zero (..., period).

    >>> line("Credit", "credit 1", billed=[-5.0]).ListCost
    array([0.])
    """
    shape = shape or next(
        np.shape(x) for x in (listed, contracted, effective, billed) if x is not None
    )
    return Line(
        category,
        name,
        service,
        status,
        *(
            np.zeros(shape) if cost is None else np.asarray(cost, float)
            for cost in (listed, contracted, effective, billed)
        ),
    )
