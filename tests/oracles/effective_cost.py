"""(BilledCost, EffectiveCost) of one row of a cloud's own export, row by row from the rule alone (docs/method §13.37–§13.39).

Plain decimals and the vendor's headings: no table, no function of the product.
"""

from __future__ import annotations

from decimal import Decimal

Costs = tuple[Decimal, Decimal]


def aws(line: dict[str, str]) -> Costs:
    """A line of a cost and usage report whose amortised costs are there (§13.37)."""

    def cell(name: str) -> Decimal:
        return Decimal(line.get(name) or 0)

    kind, paid = line["lineItem/LineItemType"], cell("lineItem/UnblendedCost")
    if kind in ("SavingsPlanNegation", "SavingsPlanUpfrontFee"):
        return paid, Decimal(0)
    if kind == "Fee" and line.get("reservation/ReservationARN"):
        return paid, Decimal(0)
    if kind == "SavingsPlanCoveredUsage":
        return paid, cell("savingsPlan/SavingsPlanEffectiveCost")
    if kind == "SavingsPlanRecurringFee":
        return paid, cell("savingsPlan/TotalCommitmentToDate") - cell("savingsPlan/UsedCommitment")
    if kind == "DiscountedUsage":
        return paid, cell("reservation/EffectiveCost")
    if kind == "RIFee":
        unused = ("reservation/UnusedAmortizedUpfrontFeeForBillingPeriod", "reservation/UnusedRecurringFee")  # fmt: skip
        return paid, cell(unused[0]) + cell(unused[1])
    return paid, paid


def azure(line: dict[str, str], view: str) -> Costs:
    """A line of an enterprise agreement's export, `view` actual or amortised (§13.38)."""
    cost, kind = Decimal(line["CostInBillingCurrency"]), line["ChargeType"]
    committed = line["PricingModel"] in ("Reservation", "SavingsPlan")
    if kind in ("UnusedReservation", "UnusedSavingsPlan") or (kind == "Usage" and committed):
        return (Decimal(0) if view == "amortised" else cost), cost
    if kind in ("Purchase", "Refund") and committed:
        return cost, Decimal(0)
    return cost, cost


def google(row: dict) -> Costs:
    """A row of the billing export: what is left after its credits, for both (§13.39)."""
    left = Decimal(row["cost"])
    for credit in row["credits"]:
        left += Decimal(credit["amount"])
    return left, left
