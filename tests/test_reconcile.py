"""Invoice, ledger, quarantine: what is left between them, to the cent."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_model.errors import InputError
from finops_model.facts.ledger.reconcile import reconcile


def ledger(*rows):
    return pd.DataFrame(
        [(a, b, c, Decimal(d), 1) for a, b, c, d in rows],
        columns=["InvoiceIssuerName", "BillingPeriod", "BillingCurrency", "BilledCost", "Rows"],
    )


def invoices(*rows):
    return pd.DataFrame(
        [(a, b, c, Decimal(d)) for a, b, c, d in rows],
        columns=["InvoiceIssuerName", "BillingPeriod", "BillingCurrency", "Amount"],
    )


def refused(*rows, columns=("BilledCost", "BillingCurrency")):
    return pd.DataFrame(list(rows), columns=list(columns))


BOOK = ledger(
    ("Aurora", "2026-10", "USD", "100.004"),
    ("Hyperion", "2026-10", "USD", "50.5"),
    ("Aurora", "2026-09", "USD", "7"),
)


def test_invoices_that_tie_out():
    found = reconcile(
        BOOK,
        invoices(("Aurora", "2026-10", "USD", "100.00"), ("Hyperion", "2026-10", "USD", "50.50")),
        "2026-10",
    )
    assert found.status == "ties out"
    assert found.as_brief() == {
        "rows": [
            {
                "issuer": "Aurora",
                "billing_period": "2026-10",
                "invoice": "100.00",
                "ledger": "100.00",
                "quarantined": "0.00",
                "difference": "0.00",
            },
            {
                "issuer": "Hyperion",
                "billing_period": "2026-10",
                "invoice": "50.50",
                "ledger": "50.50",
                "quarantined": "0.00",
                "difference": "0.00",
            },
        ],
        "invoice_total": "150.50",
        "ledger_total": "150.50",
        "quarantined": "0.00",
        "difference": "0.00",
        "note": "All invoices of October 2026 tie out with the ledger to the cent.",
    }


def test_no_invoice_gives_none_and_the_words_for_it():
    found = reconcile(BOOK, None, "2026-10")
    brief = found.as_brief()
    assert (
        found.status,
        brief["invoice_total"],
        brief["difference"],
        brief["rows"][0]["difference"],
    ) == ("no invoice", None, None, None)
    assert (
        brief["note"]
        == "No invoice was given for October 2026: the ledger's total could not be tied out."
    )
    other = reconcile(BOOK, invoices(("Aurora", "2026-08", "USD", "1")), "2026-10").as_brief()
    assert (
        other["note"]
        == "The invoice file has no invoice for October 2026: the ledger's total could not be tied out."
    )


def test_a_difference_is_said_with_its_side():
    found = reconcile(
        BOOK,
        invoices(("Aurora", "2026-10", "USD", "101.5"), ("Hyperion", "2026-10", "USD", "50.50")),
        "2026-10",
    )
    assert found.status == "differs" and found.as_brief()["difference"] == "1.50"
    assert found.note == "Aurora: the invoice is 1.50 USD above the ledger and its quarantine."


def test_an_issuer_spelled_otherwise_is_met_with_the_nearest_name():
    found = reconcile(
        BOOK,
        invoices(
            ("Aurora", "2026-10", "USD", "100.00"), ("Hyperion Cloud", "2026-10", "USD", "50.50")
        ),
        "2026-10",
    )
    assert found.as_brief()["difference"] == "0.00" and found.status == "differs"
    assert found.note.startswith(
        "No invoice for Hyperion. The invoice of 'Hyperion Cloud' has no charge in the ledger. Did you mean 'Hyperion'?"
    )


def test_several_invoices_of_one_issuer_are_added_up():
    found = reconcile(
        BOOK,
        invoices(
            ("Aurora", "2026-10", "USD", "60"),
            ("Aurora", "2026-10", "USD", "40"),
            ("Hyperion", "2026-10", "USD", "50.5"),
        ),
        "2026-10",
    )
    assert found.status == "ties out"


def test_money_in_quarantine_stands_where_it_belongs_and_keeps_a_month_from_tying_out():
    columns = ("BilledCost", "BillingCurrency", "InvoiceIssuerName", "x_Period")
    rows = refused(
        ("3.25", "usd", "Aurora", "2026-10-01"),
        ("9", "USD", "Aurora", "2026-09-01"),
        ("oops", "USD", "Aurora", "2026-10"),
        columns=columns,
    )
    found = reconcile(
        BOOK,
        invoices(("Aurora", "2026-10", "USD", "103.25"), ("Hyperion", "2026-10", "USD", "50.50")),
        "2026-10",
        quarantined=rows,
    )
    brief = found.as_brief()
    assert (
        found.status == "in quarantine"
        and brief["rows"][0]["quarantined"] == "3.25"
        and brief["difference"] == "0.00"
    )
    assert brief["note"] == (
        "All invoices of October 2026 tie out with the ledger to the cent. 3.25 USD are in quarantine. 1 refused row has an "
        "amount that cannot be read; it may explain a difference."
    )


def test_refused_rows_that_name_no_period_count_until_settled():
    brief = reconcile(
        BOOK, None, "2026-10", quarantined=refused(("5", "USD"), ("NaN", "USD"), ("-1", ""))
    ).as_brief()
    assert brief["rows"][0] == {
        "issuer": "(not stated)",
        "billing_period": "2026-10",
        "invoice": None,
        "ledger": "0.00",
        "quarantined": "4.00",
        "difference": None,
    }
    assert "4.00 USD are in quarantine; 3 refused rows name no billing period." in brief["note"]


def test_currencies_are_never_added_up():
    book = ledger(("Aurora", "2026-10", "USD", "100"), ("Aurora", "2026-10", "EUR", "10"))
    brief = reconcile(
        book,
        invoices(("Aurora", "2026-10", "USD", "100"), ("Aurora", "2026-10", "EUR", "10")),
        "2026-10",
    ).as_brief()
    assert (brief["invoice_total"], brief["difference"], brief["ledger_total"]) == (
        None,
        None,
        "10.00 EUR + 100.00 USD",
    )
    assert [row["issuer"] for row in brief["rows"]] == ["Aurora (EUR)", "Aurora (USD)"]


def test_a_month_is_a_month():
    with pytest.raises(InputError, match="'2026-13' is not a month"):
        reconcile(BOOK, None, "2026-13")


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.decimals(-1000, 1000, places=4),
            st.decimals(-1000, 1000, places=4),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_an_invoice_of_exactly_ledger_and_quarantine_leaves_nothing(rows):
    """Conservation: whatever the sub-cent amounts, no spurious cent appears."""
    book = ledger(*((a, "2026-10", "USD", b) for a, b, _ in rows))
    gone = refused(
        *((str(c), "USD", a, "2026-10") for a, _, c in rows),
        columns=("BilledCost", "BillingCurrency", "InvoiceIssuerName", "x_Period"),
    )
    bill = invoices(*((a, "2026-10", "USD", b + c) for a, b, c in rows))
    found = reconcile(book, bill, "2026-10", quarantined=gone)
    assert found.difference == 0 and all(line.difference == 0 for line in found.lines)
    assert found.as_brief()["difference"] == "0.00"
