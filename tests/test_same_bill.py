"""One bill in two forms is not counted twice in silence."""

from __future__ import annotations

from decimal import Decimal

import aws_bill as aws
import pandas as pd
import pytest

from finops_model.errors import LedgerError
from finops_model.facts.intake import tables
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


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_forms_in_one_delivery_are_refused(first, second, tmp_path):
    files, ledger = forms(tmp_path), Ledger(tmp_path / "l")
    for choice in ({}, {"replace": True}):
        with pytest.raises(
            LedgerError, match="in two forms: what both hold would count twice"
        ) as no:
            ledger.ingest([files[first], files[second]], **choice)
        assert f"{first}.csv (" in str(no.value) and f"{second}.csv (" in str(no.value)
        assert "(2026-07)" in str(no.value) and "Give one of them" in str(no.value)
    assert ledger.totals() == {}
    ledger.ingest([files[first], files[second]], append=True)
    assert sum(ledger.totals().values()) == 2 * TOTAL


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_form_of_another_total_is_asked_about(first, second, tmp_path):
    """A download of another day: nothing of it agrees to the cent, and all of it would count twice."""
    (tmp_path / "less").mkdir()
    files, ledger = forms(tmp_path), Ledger(tmp_path / "l")
    ledger.ingest(files[first])
    before, less = ledger.fingerprint(), tmp_path / "less" / "less.csv"
    other = aws.bill(2)
    if second == "cur":
        aws.classic(other, less)
    else:
        group = {"service": {}, "account": {"group": "Linked account"}}[second]
        aws.write_table(aws.explorer(other, **group), less)
    with pytest.raises(LedgerError) as refused:
        ledger.ingest(less)
    assert "of the same vendor and billing period in another form, less.csv (AWS" in str(
        refused.value
    )
    assert f"the ledger holds {TOTAL:,.2f} USD of {first}.csv" in str(refused.value)
    assert ledger.fingerprint() == before
    ledger.ingest(less, replace=True)
    assert 0 < sum(ledger.totals().values()) < TOTAL


def listed(folder, month: str, vendor: str = "Amazon Web Services EMEA SARL"):
    path = folder / f"invoices-{month}.csv"
    path.write_text(
        "InvoiceIssuerName,BillingAccountId,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,BilledCost,"
        "EffectiveCost,ListCost,ContractedCost,ChargeCategory,ServiceName,ServiceCategory,ProviderName,SubAccountId\n"
        f"{vendor},,{month}-01T00:00:00Z,{month[:5]}{int(month[5:]) + 1:02d}-01T00:00:00Z,{month}-01T00:00:00Z,{month}-02T00:00:00Z,USD,100,"
        "100,100,100,Usage,Support,Other,AWS,\n",
        encoding="utf-8",
    )
    return path


def test_whoever_said_once_that_two_forms_are_two_bills_is_not_asked_again(tmp_path):
    ledger = Ledger(tmp_path / "l")
    ledger.ingest(aws.classic(BILL, tmp_path / "cur.csv"))
    with pytest.raises(LedgerError, match="in another form"):
        ledger.ingest(listed(tmp_path, "2026-07"))
    ledger.ingest(listed(tmp_path, "2026-07"), append=True)
    june = [
        {
            k: v.replace("2026-08", "2026-07x")
            .replace("2026-07-", "2026-06-")
            .replace("2026-07x", "2026-07")
            for k, v in line.items()
        }
        for line in BILL
    ]
    ledger.ingest(aws.classic(june, tmp_path / "june.csv"))
    ledger.ingest(listed(tmp_path, "2026-06"))
    assert ledger.totals()["USD"] == 2 * TOTAL + 200


def test_another_vendor_is_another_bill(tmp_path):
    ledger = Ledger(tmp_path / "l")
    ledger.ingest([aws.classic(BILL, tmp_path / "cur.csv"), listed(tmp_path, "2026-07", "Acme")])
    assert ledger.totals()["USD"] == TOTAL + 100


@pytest.mark.parametrize("first", [0, 1])
def test_a_table_that_names_no_vendor_and_has_the_total_of_one_is_asked_about(tmp_path, first):
    """A list by team of what the report of the vendor says: in either order, and only where the totals agree."""

    def by_team(amount, name):
        table = pd.DataFrame({"month": ["2026-07"], "team": ["all"], "cost USD": [f"{amount:f}"]})
        return (name, tables.apply_mapping(table, tables.guess_mapping(table)))

    two = [aws.classic(BILL, tmp_path / "cur.csv"), by_team(TOTAL, "teams.csv")]
    ledger = Ledger(tmp_path / "l")
    ledger.ingest(two[first])
    with pytest.raises(LedgerError, match="the same total, to the cent"):
        ledger.ingest(two[1 - first])
    ledger.ingest(two[1 - first], replace=True)
    assert sum(ledger.totals().values()) == TOTAL
    other = Ledger(tmp_path / "m")
    other.ingest(two[0])
    other.ingest(by_team(TOTAL - 1, "other.csv"))
    assert sum(other.totals().values()) == 2 * TOTAL - 1
