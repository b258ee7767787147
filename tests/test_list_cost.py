"""ListCost against ListUnitPrice × PricingQuantity: told with rows and money, never corrected (docs/method §13.24)."""

from __future__ import annotations

import pytest
from ledger_world import focus

from finops_model.facts.ledger.store import Ledger


def warnings(tmp_path, price, quantity, cost, **more):
    frame = focus(range(1, 4), ListUnitPrice=price, PricingQuantity=quantity, **more)
    frame["ListCost"] = cost
    receipt = Ledger(tmp_path / "ledger").ingest([("bill.csv", frame)])
    assert receipt.accepted == 3 and str(receipt.totals["USD"]) == "30.00"
    return [str(warning) for warning in receipt.warnings if "ListUnitPrice" in str(warning)]


def test_a_list_cost_that_is_not_price_times_quantity_is_told(tmp_path):
    assert warnings(tmp_path, "10", "24", ["240.00", "245.00", "239.99"]) == [
        "bill.csv: 2 rows, first row 2: ListCost: is not ListUnitPrice × PricingQuantity, 5.01 USD apart in all: kept as it is; savings "
        "against list prices are not to be relied on"
    ]


@pytest.mark.parametrize(
    ("price", "quantity", "cost", "more"),
    [
        ("0.3333", "3", "1.00", {}),  # the price is rounded in its last place
        ("0.000003", "1234567", "3.70", {}),  # the cost is rounded to the cent
        ("1.2E-05", "100", "0.0012", {}),
        ("", "24", "245.00", {}),  # nobody says the price
        ("n/a", "24", "245.00", {}),
        ("10", "24", "245.00", {"ChargeClass": "Correction"}),  # FOCUS: a correction need not match
    ],
)
def test_what_rounding_explains_and_what_nobody_can_judge_is_no_warning(
    tmp_path, price, quantity, cost, more
):
    assert not warnings(tmp_path, price, quantity, cost, **more)


def test_it_is_counted_over_all_batches_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr("finops_model.facts.intake.files.readers.BATCH", 1)
    assert "3 rows, first row 1" in warnings(tmp_path, "10", "24", "250.00")[0]
