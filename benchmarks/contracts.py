"""How long a million cells (paths x periods) take through credits, an invoice, seats, an agreement, a payment: medians, milliseconds.

    .venv/bin/python benchmarks/contracts.py [--repeat 9]

The baseline of the ratios is one multiplication of the same million float64, measured in the same run.
"""

from __future__ import annotations

import argparse

import numpy as np
from timing import median

from finops_model.periods import month_range
from finops_model.prices.settle.adjustments import (
    Adjustments,
    Charge,
    Negotiated,
    Support,
    Tax,
    apply,
)
from finops_model.prices.terms.agreements import Agreement
from finops_model.prices.terms.credits import Credit, draw
from finops_model.prices.terms.payments import Payment
from finops_model.prices.terms.subscription import Plan, Subscription


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeat", type=int, default=9)
    repeat = parser.parse_args().repeat
    rng, months = np.random.default_rng(7), month_range("2027-01", "2035-04")
    cost, seats = rng.uniform(0, 100, (10_000, 100)), rng.integers(0, 50, (2740, 365)).astype(float)
    spend, usage, fees = (
        rng.uniform(0, 200, (27_778, 36)),
        rng.uniform(0, 9000, (2740, 12)),
        rng.uniform(0, 9, 27_778),
    )
    credits = (
        Credit(500, "a", expires="2028-01"),
        Credit(1000, "b", start="2027-06", expires="2030-01"),
        Credit(700, "c"),
    )
    deal = Adjustments(
        (Negotiated(0.1),), credits=credits, support=Support((0.1, 0.07), (0, 50)), tax=Tax(0.19)
    )
    plan = Subscription((Plan(30, quota=100, overage_price=0.01),))
    agreement = Agreement(
        commitments=(1000.0,) * 3,
        start="2027-01",
        marketplace_cap=0.25,
        shortfall_carry=0.2,
        excess_carry=1,
    )
    unit = median(lambda: cost * 2.0, repeat)
    print(f"{'one multiplication of 1 M float64':50s} {unit:7.1f} ms")
    for name, call in {
        "three credits": lambda: draw(credits, cost, months),
        "invoice: discount, 3 credits, support, tax": lambda: apply(
            deal, [Charge(sku="a", list_cost=cost)], months
        ),
        "seats, 2,740 paths x 365 days": lambda: plan.settle(seats, "2027-01-01", usage),
        "agreement, 27,778 paths x 36 months": lambda: agreement.settle(spend, spend * 0.2),
        "payment billed by month, 27,778 fees x 36 months": lambda: Payment(
            fees, "2027-01-01", "2030-01-01"
        ).billed_by_month(months[:36]),
    }.items():
        found = median(call, repeat)
        print(f"{name:50s} {found:7.1f} ms   {found / unit:5.1f} x")


if __name__ == "__main__":
    main()
