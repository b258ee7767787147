"""Every money figure carries its basis; money of two bases is never added or compared (docs/method §6.6)."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from commands import finops

import finops_model as fm
from finops_model.errors import InputError, LedgerError
from finops_model.facts import taken
from finops_model.facts.basis import (
    BASES,
    Costs,
    basis_of,
    check_basis,
    column,
    costs_of,
    same,
    words,
)
from finops_model.facts.intake import tables
from finops_model.facts.ledger.reconcile import reconcile
from finops_model.facts.ledger.store import Ledger
from finops_model.facts.plans.read import read_budgets
from finops_model.measure import close as closing
from finops_model.measure.basis import sections, types
from finops_model.measure.brief_types import Brief
from finops_model.measure.kpis import Part, by_day
from finops_model.publish.page import basis as page_basis
from finops_model.publish.page.one import notices
from finops_model.publish.page.tables import Figures
from finops_model.publish.page.two import control

BILLS = Path(__file__).parent / "fixtures" / "bills"
CASES = json.loads((BILLS / "cases.json").read_text(encoding="utf-8"))
ONE = "the file has one amount: it is read as BilledCost (cash); EffectiveCost is not known"
TABLE = "Day,Cost,Vendor\n2026-10-01,10.00,Acme\n2026-10-02,5.50,Acme\n"
FOCUS = {
    "BilledCost": "100.00",
    "EffectiveCost": "70.00",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "ChargePeriodStart": "2026-10-01T00:00:00Z",
    "ChargePeriodEnd": "2026-10-02T00:00:00Z",
    "ChargeCategory": "Usage",
    "ServiceName": "GPU",
    "InvoiceIssuerName": "Acme",
}


def mapped(folder: Path, text: str = TABLE, name: str = "sheet.csv", **fields):
    """A table and its mapping, as a delivery."""
    (folder / name).write_text(text, encoding="utf-8")
    mapping = tables.Mapping(date="Day", amount="Cost", provider="Vendor", **fields)
    return name, tables.apply_mapping(tables.read_table(folder / name), mapping)


def focus(*rows: dict, name: str = "focus.csv"):
    return name, pd.DataFrame([{**FOCUS, **row} for row in rows], dtype=object)


@pytest.mark.parametrize(("one", "other"), list(itertools.product(BASES, BASES)))
def test_the_guard_holds_for_all_pairs_of_bases(one, other):
    if one == other:
        assert same({"a": one, "b": other}) == one
        return
    with pytest.raises(InputError) as problem:
        same({"the budget": one, "the cost": other}, "Do this.")
    assert str(problem.value) == (
        f"the budget is {words(one)} and the cost is {words(other)}: money of two bases is never added or compared. Do this."
    )


def test_a_basis_is_a_column_of_focus():
    assert [basis_of(column(basis)) for basis in BASES] == list(BASES)
    assert set(get_args(types.Name)) == set(BASES)
    with pytest.raises(InputError, match="unknown basis 'Efective'. Did you mean 'Effective'?"):
        check_basis("Efective", "budget.csv: line 2: basis")


@pytest.mark.parametrize(
    ("name", "not_known"),
    [
        ("openai_costs.json", "Effective"),
        ("anthropic_costs.json", "Effective"),
        ("gcp_console.csv", "Effective"),
        ("aws_cost_explorer.csv", "Effective"),
        ("gcp_billing.csv", "Effective"),
        ("azure_ea_actual.csv", "Effective"),
    ],
)
def test_every_importer_says_which_costs_it_gives(name, not_known, tmp_path):
    """The record says it, the receipt and its JSON say it; an old record keeps silent."""
    file = next(path for path in BILLS.rglob("*") if path.name == name)
    ledger = Ledger(tmp_path)
    receipt = ledger.ingest(file)
    costs = receipt.files[0].costs
    assert list(costs.not_known) == [not_known] and not_known not in costs.given
    assert receipt.as_dict()["files"][0]["costs"] == costs.as_dict()
    assert any(costs.not_known[not_known] in str(warned) for warned in receipt.warnings)
    assert costs_of(next(iter(ledger.book.known().values()))) == costs
    assert ledger.ingest(file).files[0].costs == costs  # delivered again
    (line,) = taken.of(ledger)
    assert sum(line.amounts.values()) == sum(ledger.totals("EffectiveCost").values())


def test_a_file_with_both_costs_is_known_on_both(tmp_path):
    ledger = Ledger(tmp_path)
    costs = ledger.ingest(focus({"ListCost": "120.00"})).files[0].costs
    assert costs == Costs(("Billed", "Effective", "List"), {})
    assert taken.of(ledger) == []
    assert notices.basis({"basis": sections.basis([])}) == (
        "Cost, budget and forecast: Effective (amortised). Invoices: Billed (invoiced)."
    )


def test_a_table_of_one_amount_is_billed_and_says_so(tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    receipt = ledger.ingest(mapped(tmp_path))
    assert receipt.files[0].costs == Costs(("Billed",), {"Effective": ONE})
    assert f"sheet.csv: {ONE}" in [str(warned) for warned in receipt.warnings]
    assert ledger.totals() == ledger.totals("EffectiveCost") == {"USD": Decimal("15.50")}
    (line,) = taken.of(ledger)
    assert line.as_brief("2026-10") == {
        "issuer": "Acme",
        "not_known": "Effective",
        "taken": "Billed",
        "first": "2026-10",
        "last": "2026-10",
        "amount": "15.50",
        "why": ONE,
    }


def test_a_mapping_that_says_effective_is_no_bill_and_is_not_compared_with_an_invoice(tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    receipt = ledger.ingest(mapped(tmp_path, basis="Effective"))
    why = (
        "the file has one amount: it is read as EffectiveCost (amortised); BilledCost is not known"
    )
    assert receipt.files[0].costs == Costs(("Effective",), {"Billed": why})
    lines = taken.of(ledger)
    assert taken.billed(ledger, lines) == {"USD": Decimal("0.00")}
    apart = taken.of_month(lines, "2026-10", "Billed")
    invoices = pd.DataFrame(
        {
            "InvoiceIssuerName": ["Acme"],
            "BillingPeriod": ["2026-10"],
            "BillingCurrency": ["USD"],
            "Amount": [Decimal("15.50")],
        }
    )
    tied = reconcile(ledger.totals_by_period(), invoices, "2026-10", not_billed=apart)
    assert (tied.status, tied.invoice_total, tied.difference) == ("not compared", None, None)
    assert tied.ledger_total == Decimal("0.00")
    assert tied.note == (
        f"Acme: BilledCost is not known ({why}), so its 15.50 USD are not compared with an invoice."
    )
    brief = tied.as_brief()
    assert (brief["rows"][0]["difference"], brief["rows"][0]["not_compared"]) == (None, why)
    assert closing.untied(brief, "USD") == (
        "the invoice of Acme is not compared, as its BilledCost is not known"
    )
    # beside a bill that is billed, only that one counts
    ledger.ingest(focus({"InvoiceIssuerName": "Birch"}))
    invoices = pd.concat([invoices, invoices.assign(InvoiceIssuerName="Birch", Amount=Decimal(90))])
    tied = reconcile(ledger.totals_by_period(), invoices, "2026-10", not_billed=apart)
    assert (tied.invoice_total, tied.ledger_total, tied.difference) == (90, 100, -10)


def test_the_same_cells_on_another_basis_are_another_bill_and_never_added(tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    ledger.ingest(mapped(tmp_path))
    other = mapped(tmp_path, basis="Effective")
    said = (
        "sheet.csv: Acme · (none) · 2026-10: the ledger holds charges that are Billed (invoiced), and these are Effective (amortised): money of two bases "
        "is never added or compared. Nothing was written. Keep to one basis in a workspace; to change, deliver the period with --replace (in Python "
        "replace=True)."
    )
    with pytest.raises(LedgerError) as problem:
        ledger.ingest(other)
    assert str(problem.value) == said and ledger.rows == 2
    with pytest.raises(LedgerError, match="money of two bases is never added"):
        ledger.ingest(mapped(tmp_path, TABLE.replace("01", "03"), basis="Effective"), append=True)
    ledger.ingest(other, replace=True)
    assert [line.not_known for line in taken.of(ledger)] == ["Billed"]
    with pytest.raises(LedgerError, match="b.csv: .* a.csv holds charges that are Billed"):
        Ledger(tmp_path / "new").ingest(
            [mapped(tmp_path, name="a.csv"), mapped(tmp_path, name="b.csv", basis="Effective")]
        )


def test_only_the_part_of_a_bill_that_has_one_amount_counts_as_taken(tmp_path):
    """Acme's bill of a month comes in two files, one of which has both costs."""
    ledger = Ledger(tmp_path / "ledger")
    one = pd.DataFrame([FOCUS], dtype=object).drop(columns="EffectiveCost")
    ledger.ingest([focus({"SubAccountId": "a"}), ("one.csv", one.assign(SubAccountId="b"))])
    (line,) = taken.of(ledger)
    assert line.amounts == {"2026-10": Decimal("100.00")}
    assert ledger.totals("EffectiveCost") == {"USD": Decimal("170.00")}


def test_a_budget_of_billed_money_is_not_held_against_effective_cost(tmp_path):
    file = tmp_path / "budget.csv"
    file.write_text("month,amount,basis\n2026-10,100,Effective\n2026-11,100,billed\n")
    with pytest.raises(InputError) as problem:
        read_budgets(file, "USD")
    assert str(problem.value) == (
        "budget.csv: line 3: basis: the budget is Billed (invoiced) and the cost that it is held against is Effective (amortised): money of two bases is "
        "never added or compared. State the budget as amortised cost (EffectiveCost): spread what is paid up front over its term."
    )
    file.write_text("month,amount,basis\n2026-10,100,Effective\n2026-11,100,\n")
    assert read_budgets(file, "USD").by_month("Company") == {"2026-10": 100.0, "2026-11": 100.0}


@pytest.mark.parametrize("what", ["numerator", "denominator", "loaded"])
def test_a_kpi_on_another_basis_is_refused(what):
    rows = pd.DataFrame({"ChargeDate": ["2026-10-01"], "EffectiveCost": [1.0], "BilledCost": [2.0]})
    parts = {"numerator": by_day(rows, "EffectiveCost"), "denominator": pd.Series([1.0])}
    assert Part("Cost per chat", "USD", **parts).better == "lower"
    with pytest.raises(InputError) as problem:
        Part("Cost per chat", "USD", **{**parts, what: by_day(rows, "BilledCost")})
    assert str(problem.value) == (
        f"the unit cost of a report is Effective (amortised) and KPI 'Cost per chat': BilledCost, its {what}, is Billed (invoiced): money of two bases is "
        "never added or compared. Take EffectiveCost."
    )


def test_every_section_of_a_brief_has_a_basis_or_holds_no_money():
    """A key that a brief gets is written into one of the two lists of measure/basis/sections.py."""
    assert not set(sections.SECTIONS) & set(sections.NO_MONEY)
    assert {*sections.SECTIONS, *sections.NO_MONEY} == set(Brief.__annotations__)
    assert set(sections.SECTIONS.values()) <= set(BASES)


def test_the_page_says_whose_effective_cost_is_not_known():
    lines = [
        {
            "issuer": issuer,
            "not_known": basis,
            "taken": other,
            "first": "2026-08",
            "last": "2026-10",
            "amount": "12.34",
            "why": "<b>one amount</b>",
        }
        for issuer, basis, other in (
            ("OpenAI", "Effective", "Billed"),
            ("", "Effective", "Billed"),
            ("Azure", "Billed", "Effective"),
        )
    ]
    brief = {
        "basis": sections.basis(lines),
        "currency": "USD",
        "actual": {"month": 1.0, "by_month": {}},
    }
    assert notices.basis(brief) == (
        "Cost, budget and forecast: Effective (amortised). Invoices: Billed (invoiced). EffectiveCost is not known for OpenAI, a bill without an issuer: "
        "BilledCost is taken for it, and a commitment paid up front counts in the month it is paid. BilledCost is not known for Azure: EffectiveCost is "
        "taken for it; it is not what is invoiced."
    )
    table = str(page_basis._taken(Figures(brief)))
    assert "12.34" in table and "&lt;b&gt;one amount" in table and "2026-08 to 2026-10" in table
    assert notices.basis({}) == "" and page_basis._taken(Figures({**brief, "basis": None})) is None
    rows = [
        {
            "issuer": "Azure",
            "invoice": "5.00",
            "ledger": "1.00",
            "difference": None,
            "not_compared": "x",
        }
    ]
    tie = {
        "rows": rows,
        "invoice_total": None,
        "ledger_total": "0.00",
        "quarantined": "0.00",
        "difference": None,
    }
    shown = dict(control.tie_rows(Figures({**brief, "tie_out": tie})))
    assert (shown["Invoices"], shown["Difference"]) == ("not compared", "not compared")


def test_a_record_of_before_says_it_in_its_notes_or_not_at_all():
    assert costs_of({}) == costs_of({"notes": ["no Tags: all rows are untagged"]}) == Costs()
    for note in (
        "NO EffectiveCost in this file: BilledCost stands in for it, so amortised and billed cost are the same",
        "no amortised cost in this table: BilledCost is taken as EffectiveCost",
    ):
        assert costs_of({"notes": [note]}) == Costs(("Billed",), {"Effective": note})


def test_start_forecast_and_reconcile_say_the_basis(tmp_path):
    """An export of one amount: told on the terminal, in the title of the table, in --json."""
    days = [f"2025-{month:02}-{day:02}" for month in (1, 2, 3) for day in range(1, 29)]
    names = [name for name in FOCUS if name != "EffectiveCost"]
    rows = [
        {
            **FOCUS,
            "BillingPeriodStart": f"{day[:7]}-01T00:00:00Z",
            "BillingPeriodEnd": f"2025-{int(day[5:7]) + 1:02}-01T00:00:00Z",
            "ChargePeriodStart": f"{day}T00:00:00Z",
            "ChargePeriodEnd": f"{day}T23:00:00Z",
        }
        for day in days
    ]
    pd.DataFrame(rows)[names].to_csv(tmp_path / "focus.csv", index=False)
    said: list[str] = []
    settings = fm.start(tmp_path / "focus.csv", folder=tmp_path / "demo", tell=said.append)
    sentence = "EffectiveCost is not known for Acme: BilledCost is taken for it, and a commitment paid up front counts in the month it is paid."
    assert said[0].endswith("84 rows accepted, 0 in quarantine, 8,400.00 USD, Billed (invoiced)")
    assert said[-1] == sentence
    where = ["-s", str(settings.root)]
    told = json.loads(finops("forecast", "--months", "1", *where, "--json")[1])
    assert told["basis"] == "Effective" and sentence in told["notes"]
    assert [one["amount"] for one in told["taken"]] == ["2800.00"]
    shown = finops("reconcile", *where)[1]
    assert "Billed (invoiced)" in shown
    assert json.loads(finops("reconcile", *where, "--json")[1])["basis"] == "Billed"


def test_whoever_downloads_says_which_cost_a_file_of_one_amount_holds(tmp_path):
    """Cost Explorer shows unblended or amortised cost as somebody chose, and its file says neither."""
    from finops_model.publish.adding.add import add
    from finops_model.settings import load_settings

    (tmp_path / "finops.yaml").write_text("company: A\nledger: ledger\n")
    file, settings = BILLS / "aws_cost_explorer.csv", load_settings(tmp_path)
    ledger = Ledger(tmp_path / "ledger")
    assert add([file], settings)[0].endswith("396.00 USD, Billed (invoiced)")
    (line,) = taken.of(ledger)
    assert line.not_known == "Effective"
    assert add([file], settings)[0].endswith("delivered before: nothing changed")
    with pytest.raises(LedgerError, match="these are Effective .amortised.: money of two bases"):
        add([file], settings, basis="Effective")
    changed = add([file], settings, basis="Effective", replace=True)
    assert changed[0].endswith("396.00 USD, Effective (amortised)")
    (line,) = taken.of(ledger)
    assert (line.not_known, line.why) == (
        "Billed",
        "the file does not say which cost it holds: EffectiveCost (amortised), as --basis says; BilledCost is not known",
    )
    assert ledger.totals() == {"USD": Decimal("396.00")}
    assert taken.billed(ledger, taken.of(ledger)) == {"USD": Decimal("0.00")}
    assert add([file], settings)[0].endswith("delivered before: nothing changed")


def test_a_file_that_says_its_basis_takes_no_other_word_for_it(tmp_path):
    ledger = Ledger(tmp_path)
    for name in ("openai_costs.json", "aws_cur_classic.csv", "good.csv"):
        with pytest.raises(InputError) as problem:
            ledger.ingest(BILLS / name, basis="Effective")
        assert str(problem.value) == (
            f"{name}: --basis effective: the export says itself which cost it holds. Nothing was taken in. Leave --basis out."
        )
    assert ledger.rows == 0


def test_the_command_takes_the_basis_of_a_table_and_refuses_another_word(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("date,cost USD\n2025-03-01,5\n2025-03-02,6\n")
    (tmp_path / "finops.yaml").write_text("company: A\nledger: ledger\n")
    code, out, err = finops("add", "t.csv", "--yes", "--basis", "amortized", cwd=tmp_path)
    assert (
        code == 2
        and "--basis: unknown basis 'amortized'. Known: Billed, Effective."
        in err.replace("\n", " ")
    )
    code, out, err = finops("add", "t.csv", "--yes", "--basis", "effective", cwd=tmp_path)
    assert code == 0 and "11.00 USD, Effective (amortised)" in out
    assert "basis: Effective" in (tmp_path / "mapping-t.yaml").read_text()
