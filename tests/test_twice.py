"""A commitment's cost stands once in amortised cost: on the purchase or on its use (docs/method §13.23)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from ledger_world import focus

from finops_model.facts.daily import warehouse
from finops_model.facts.ledger import twice
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings

FIELD = Path(__file__).parent / "fixtures" / "field"
MONTH = {"ChargePeriodStart": "2026-07-01T00:00:00Z", "ChargePeriodEnd": "2026-08-01T00:00:00Z"}


def use(days=range(1, 32), **cells):
    return focus(
        days,
        **(
            {
                "BilledCost": "0",
                "EffectiveCost": "10",
                "CommitmentDiscountId": "sp-1",
                "CommitmentDiscountStatus": "Used",
            }
            | cells
        ),
    )


def fee(billed, effective, category="Purchase", **cells):
    return focus(
        [1],
        **(
            {
                "ChargeCategory": category,
                "BilledCost": str(billed),
                "EffectiveCost": str(effective),
                "CommitmentDiscountId": "sp-1",
                "SubAccountId": "",
                "ResourceId": "",
                **MONTH,
            }
            | cells
        ),
    )


def amortised(ledger) -> float:
    return float(warehouse.daily(ledger, Settings())["EffectiveCost"].sum())


def test_the_case_of_the_field(tmp_path):
    ledger = Ledger(tmp_path)
    receipt = ledger.ingest(FIELD / "commitment_counted_twice" / "focus.csv")
    assert [str(w) for w in receipt.warnings] == [
        "focus.csv: row 1: purchase of sp-1 with EffectiveCost 310.00, and rows that use sp-1 carry 310.00: counted twice. In reports its EffectiveCost is 0"
    ]
    frame = warehouse.daily(ledger, Settings())
    assert (frame["BilledCost"].sum(), frame["EffectiveCost"].sum()) == (
        pytest.approx(310),
        pytest.approx(310),
    )
    assert (
        float(ledger.totals("EffectiveCost")["USD"]) == 620
    )  # the ledger holds what was delivered
    assert amortised(Ledger(tmp_path)) == pytest.approx(310)  # the kept answer too


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_purchase_and_use_of_different_deliveries(tmp_path, order):
    ledger, parts = Ledger(tmp_path), [("purchase", fee(310, 310)), ("use", use())]
    receipts = [ledger.ingest(parts[i]) for i in order]
    assert (
        amortised(ledger) == pytest.approx(310)
        and "counted twice" in str(receipts[1])
        and "counted twice" not in str(receipts[0])
    )


@pytest.mark.parametrize(
    "rows, right, aside",
    [
        ([fee(310, 310), use()], 310, True),
        ([fee(310, 0), use()], 310, None),  # as FOCUS wants it
        ([fee(310, 310), use(EffectiveCost="0")], 310, None),  # only the purchase carries it
        (
            [fee(310, 310), use(CommitmentDiscountId="sp-2")],
            620,
            None,
        ),  # the use is another commitment's
        ([fee(310, 310), use(BillingAccountId="acct-2")], 620, None),
        ([fee(400, 90), use()], 400, None),  # purchase and use share the cost
        ([fee(400, 200), use()], 510, False),  # neither: in doubt, counted as the bill says
        ([fee(3720, 3720), use()], 310, True),  # a year paid ahead
        ([fee(155, 155), fee(155, 155), use()], 310, True),
        ([fee(3720, 0), fee(-8000, -8000), use()], 310, True),  # a refund of a purchase that had 0
        ([fee(9000, 0), fee(-8000, -8000, "Credit"), use()], 310, True),
        ([fee(-20, -20, "Credit"), use()], 290, None),  # a credit of its own
        (
            [fee(310, 310, BillingPeriodStart="2026-06-01", BillingPeriodEnd="2026-07-01"), use()],
            310,
            True,
        ),  # billed before it is used
        ([fee(310, 310, "Tax"), use()], 620, None),
    ],
)
def test_what_is_counted_twice_and_what_is_not(tmp_path, rows, right, aside):
    ledger = Ledger(tmp_path)
    ledger.ingest(("bill", pd.concat(rows)))
    assert amortised(ledger) == pytest.approx(right)
    assert [one.set_aside for one in twice.of(ledger)] == ([] if aside is None else [aside])


def test_unused_hours_carry_cost_as_used_ones_do(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(
        (
            "bill",
            pd.concat(
                [
                    fee(310, 310),
                    use(range(1, 21)),
                    use(range(21, 32), CommitmentDiscountStatus="Unused"),
                ]
            ),
        )
    )
    assert amortised(ledger) == pytest.approx(310)


def test_what_is_in_doubt_is_said_on_the_receipt(tmp_path):
    said = str(Ledger(tmp_path).ingest(("bill", pd.concat([fee(400, 200), use()]))))
    assert (
        "row 1: purchase of sp-1 with EffectiveCost 200.00, and rows that use sp-1 carry 310.00: perhaps counted twice (its BilledCost is 400.00). It "
        "is counted as the bill says; ask the issuer"
    ) in said
