"""`finops ingest` and `finops reconcile` in a process of their own: exit codes, words, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import commands
import pytest
from ledger_world import focus

from finops_model.errors import listing
from finops_model.facts.intake import importers

FIELD = Path(__file__).parent / "fixtures" / "field"


def finops(folder: Path, *words):
    """(exit code, stdout, stderr) of a command in a folder."""
    return commands.finops(*words, cwd=folder)


@pytest.fixture
def company(tmp_path):
    (tmp_path / "finops.yaml").write_text("company: Test\nledger: ledger\n")
    return tmp_path


def total(company: Path) -> str:
    return json.loads(finops(company, "reconcile", "--month", "2026-07", "--json")[1])[
        "ledger_total"
    ]


def test_ingest_asks_for_a_word_where_nothing_is_in_common_and_takes_it(company):
    first, second = (FIELD / "delivery_by_days" / name for name in ("first.csv", "second.csv"))
    assert finops(company, "ingest", first)[0] == 0
    code, out, err = finops(company, "ingest", second)
    assert (
        code == 2
        and out == ""
        and "--append" in err
        and "--replace" in err
        and "Traceback" not in err
        and total(company) == "100.00"
    )
    code, out, err = finops(company, "ingest", second, "--append", "--json")
    assert code == 0 and json.loads(out)["restated"] == [] and total(company) == "310.00"
    assert finops(company, "ingest", second, "--append", "--replace")[0] == 2


def test_a_restatement_is_one_warning_line_and_stands_in_the_json(company):
    focus().to_csv(company / "a.csv", index=False)
    focus(amount="10.20").to_csv(company / "b.csv", index=False)
    assert finops(company, "ingest", "a.csv")[0] == 0
    code, out, err = finops(company, "ingest", "b.csv", "--json")
    said = json.loads(out)
    assert (
        code == 0
        and [one["difference"] for one in said["restated"]] == [{"USD": "2.00"}]
        and said["restated"][0]["billing_period"] == "2026-07"
    )
    assert (
        err
        == "Warning  restated: Cloudy · acct-1 · 2026-07 was 100.00 USD and is 102.00 USD now (+2.00 USD)\n"
    )
    assert finops(company, "ingest", "b.csv", "--json")[2] == ""


def test_reconcile_goes_by_billing_period_and_says_what_was_used_in_another_month(company):
    """The case of the field: the last hours of July stand on August's invoice."""
    case = FIELD / "billed_in_the_next_period"
    (company / "finops.yaml").write_text(
        f"company: Test\nledger: ledger\ninvoices: {case / 'invoices.csv'}\n"
    )
    assert finops(company, "ingest", case / "focus.csv")[0] == 0
    for words, want in (
        ((), ("2026-08", "4.00")),
        (("--month", "2026-08"), ("2026-08", "4.00")),
        (("--month", "2026-07"), ("2026-07", "306.00")),
    ):
        code, out, err = finops(company, "reconcile", *words, "--json")
        said = json.loads(out)
        assert code == 0 and (
            said["rows"][0]["billing_period"],
            said["invoice_total"],
            said["ledger_total"],
            said["difference"],
        ) == (want[0], want[1], want[1], "0.00"), err
        assert said["billed_elsewhere"] == [
            {"used": "2026-07", "billed": "2026-08", "currency": "USD", "amount": "4.00"}
        ]
    out = finops(company, "reconcile")[1]
    assert "The bill of August 2026 holds 4.00 USD of use of July 2026." in out
    code, out, err = finops(company, "reconcile", "--month", "2026-09")
    assert code == 2 and (
        "2026-09: the ledger has no bill of September 2026 (nearest: 2026-08); it has bills of 2026-07, 2026-08. Choose one of these "
        "billing periods, or take the missing bill in: finops ingest FILE."
    ) in err.replace("\n", " ")


def test_an_invoice_without_a_bill_is_said_and_a_changed_record_is_not(company):
    (company / "invoices.csv").write_text(
        "InvoiceIssuerName,BillingPeriod,BillingCurrency,Amount\nCloudy,2026-09,USD,7.00\n"
    )
    (company / "finops.yaml").write_text("company: Test\nledger: ledger\ninvoices: invoices.csv\n")
    focus().to_csv(company / "a.csv", index=False)
    assert finops(company, "ingest", "a.csv")[0] == 0
    code, out, err = finops(company, "reconcile", "--month", "2026-09", "--json")
    assert (
        code == 0
        and json.loads(out)["difference"] == "7.00"
        and "has no charge in the ledger" in json.loads(out)["note"]
    )
    path = company / "ledger" / "manifest" / "000001.json"
    path.write_text(
        path.read_text().replace(
            '"BilledCost": "100.0000000000"', '"BilledCost": "1100.0000000000"'
        )
    )
    code, out, err = finops(company, "reconcile")
    assert (
        code == 2
        and out == ""
        and "record says BilledCost 1,100.00 USD and its rows add up to 100.00 USD"
        in err.replace("\n", " ")
    )


@pytest.mark.parametrize(
    "words",
    [
        ("ingest", "a.csv"),
        ("reconcile",),
        ("report",),
        ("forecast",),
        ("commit",),
        ("backtest",),
        ("watch",),
        ("runout",),
        ("grades",),
        ("dashboard",),
        ("run", "a.yaml"),
        ("compare", "a.yaml"),
        ("sensitivity", "a.yaml"),
        ("explain", "a.yaml", "demand"),
        ("scenario", "init"),
    ],
    ids=" ".join,
)
def test_every_command_without_a_workspace_says_what_to_do(words, tmp_path):
    """Seen before: "there is no such file." alone."""
    (tmp_path / "a.csv").write_text("x\n")
    (tmp_path / "a.yaml").write_text("name: a\nquestion: b\n")
    code, out, err = finops(tmp_path, *words)
    assert code == 2 and out == ""
    assert err.startswith(
        "Error  finops.yaml: there is no such file. Make a workspace from a bill: finops start FILE."
    )


def test_a_format_that_is_none_is_refused_also_for_a_file_that_is_in_the_ledger(company):
    """Seen before: "delivered before: nothing changed", and the slip stayed unseen."""
    focus().to_csv(company / "a.csv", index=False)
    assert finops(company, "ingest", "a.csv")[0] == 0
    says = (
        "Error  --format: unknown importer 'focsu'. Did you mean 'focus'? Known: "
        f"{listing(importers.shelf())}.\n"
    )
    for name in ("a.csv", "not-there.csv"):
        assert finops(company, "ingest", name, "--format", "focsu") == (2, "", says)
    code, out, err = finops(company, "ingest", "a.csv", "--format", "openai_console")
    assert (code, out) == (2, "") and err.startswith(
        "Error  a.csv: is not what the importer 'openai_console' reads (OpenAI cost table (CSV)): it has no column 'start_time'"
    )
    assert "nothing changed" in finops(company, "ingest", "a.csv", "--format", "focus")[1]


def test_ingest_and_reconcile_count_refused_rows_alike_and_name_each_number(company):
    """Seen before: 12.50 and 2 rows that cannot be read in one, 17.50 and 1 row in the other."""
    bills = FIELD.parent / "bills"
    code, out, _ = finops(company, "ingest", bills / "odd_numbers.csv", "--json")
    receipt = json.loads(out)
    assert code == 0 and (receipt["quarantined"], receipt["unreadable"]) == (7, 1)
    assert receipt["quarantined_totals"] == {"USD": "17.50"}
    tied = json.loads(finops(company, "reconcile", "--json")[1])
    assert tied["quarantined"] == "17.50" and tied["refused_rows"] == {
        "rows": 7,
        "of_period": 7,
        "of_others": 0,
        "without_period": 0,
        "unreadable": 1,
    }
    shown = finops(company, "reconcile")[1]
    assert (
        "17.50 USD are in quarantine. 1 refused row has an amount that cannot be read; it may explain a difference."
        in shown
    )
    assert (
        "7 refused rows are in quarantine (as finops ingest counts them): 7 of this billing period, 0 of others, 0 that name none; "
        "amounts that cannot be read: 1." in shown
    )


def test_a_refused_row_without_a_column_is_named_without_one(company):
    """Seen before: "row 11: : is no JSON object"."""
    report = json.loads((FIELD.parent / "bills" / "openai_costs.json").read_text())
    report["data"][0]["results"].append("oops")
    (company / "costs.json").write_text(json.dumps(report))
    assert finops(company, "ingest", "costs.json")[0] == 0
    shown = finops(company, "reconcile")[1]
    assert ": : " not in shown and ": is no JSON object" in shown
