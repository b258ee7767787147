"""One bill in two forms is not counted twice in silence."""

from __future__ import annotations

from decimal import Decimal

import aws_bill as aws
import pytest

from finops_model.errors import LedgerError
from finops_model.facts.ledger.store import Ledger

BILL = aws.bill(3)
TOTAL = sum(Decimal(line["lineItem/UnblendedCost"]) for line in BILL)


def forms(folder) -> dict:
    return {
        "service": aws.write_table(aws.explorer(BILL), folder / "service.csv"),
        "account": aws.write_table(
            aws.explorer(BILL, group="Linked account"), folder / "account.csv"
        ),
        "cur": aws.classic(BILL, folder / "cur.csv"),
    }


PAIRS = [
    (a, b) for a in ("service", "account", "cur") for b in ("service", "account", "cur") if a != b
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_same_bill_in_another_form_is_asked_about(first, second, tmp_path):
    files, ledger = forms(tmp_path), Ledger(tmp_path / "l")
    ledger.ingest(files[first])
    before = ledger.fingerprint()
    with pytest.raises(LedgerError) as refused:
        ledger.ingest(files[second])
    said = str(refused.value)
    assert f"{first}.csv (" in said and f"{second}.csv (" in said and f"{TOTAL:,.2f} USD" in said
    assert "one bill in two forms would count twice. " in said
    assert "ingest it with --append" in said and "with --replace" in said
    assert ledger.fingerprint() == before
    ledger.ingest(files[second], replace=True)
    assert sum(ledger.totals().values()) == TOTAL
    again = Ledger(tmp_path / "m")
    again.ingest(files[first])
    again.ingest(files[second], append=True)
    assert sum(again.totals().values()) == 2 * TOTAL


def test_another_total_is_another_bill(tmp_path):
    files, ledger = forms(tmp_path), Ledger(tmp_path / "l")
    ledger.ingest(files["service"])
    table = aws.explorer(aws.bill(2), group="Linked account")
    ledger.ingest(aws.write_table(table, tmp_path / "less.csv"))
    assert ledger.totals()["USD"] > TOTAL
