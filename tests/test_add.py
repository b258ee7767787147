"""`finops add`: further files of a workspace, recognised one by one, taken in together or not at all (docs/method §13.54)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import commands
import openpyxl
import pytest
from ledger_world import focus
from start_world import bill, driver, written

from finops_model.errors import FinOpsError, InputError
from finops_model.facts.ledger.store import Ledger
from finops_model.facts.plans import read as plans
from finops_model.facts.plans import together
from finops_model.facts.plans.recognise import plan_of
from finops_model.publish.adding.add import add
from finops_model.publish.adding.bills import take_bills
from finops_model.publish.close import daily_facts
from finops_model.publish.finops_yaml import with_named
from finops_model.settings import load_settings

INVOICES = "InvoiceIssuerName,BillingPeriod,BillingCurrency,Amount\n"
BUDGET = "business_unit,month,currency,amount\nCompany,2025-03,USD,5000\nCompany,2025-04,USD,5000\n"
TABLE = "Tag;Betrag (USD);Kostenstelle;Dienst\n"


def kosten(month: int) -> str:
    """A table of another shape: 3 rows, 3.75 USD × month in all."""
    return TABLE + "".join(f"{day:02}.{month:02}.2025;{month},25;a;GPU\n" for day in (13, 14, 15))


@pytest.fixture
def place(tmp_path):
    """A workspace of a FOCUS bill of 100.00 in July 2026, with remarks of its owner."""
    ws = tmp_path / "ws"
    written(ws / "finops.yaml", "company: Ours  # the whole group\nledger: ledger\npaths: 100\n")
    focus().to_csv(tmp_path / "july.csv", index=False)
    add([tmp_path / "july.csv"], load_settings(ws))
    return tmp_path


def adding(place: Path, *names: str, **how) -> list[str]:
    return add([place / name for name in names], load_settings(place / "ws"), **how)


def state(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def yes(guess):
    return guess


def test_every_file_is_recognised_and_a_line_says_what_became_of_it(place):
    ws = place / "ws"
    written(place / "kosten-2025-10.csv", kosten(10))
    written(place / "tickets.csv", driver((3,), name="support_tickets"))
    written(place / "outcomes.csv", "date,name,role,unit,value\n2025-03-01,solved,outcome,case,4\n")
    written(place / "invoices.csv", INVOICES + "Cloudy,2026-07,USD,100.00\n")
    written(place / "teams.csv", "team,business_unit\na,Research\n")
    book = openpyxl.Workbook()
    for line in BUDGET.splitlines():
        book.active.append(line.split(","))
    book.save(place / "plan.xlsx")
    said = adding(
        place,
        *("kosten-2025-10.csv", "tickets.csv", "outcomes.csv", "invoices.csv", "teams.csv"),
        "plan.xlsx",
        confirm=yes,
    )
    assert said[:6] == [
        "kosten-2025-10.csv: a table: 3 rows accepted, 0 in quarantine, 30.75 USD, Billed (invoiced)",
        "tickets.csv: a driver file: support_tickets, 2025-03-01 to 2025-03-31; drivers of finops.yaml: plans/tickets.csv",
        "outcomes.csv: a driver file: solved (outcome), 2025-03-01 to 2025-03-01; drivers of finops.yaml: plans/outcomes.csv",
        "invoices.csv: an invoice file: 1 invoice of 2026-07, 100.00 USD; invoices of finops.yaml: plans/invoices.csv",
        "teams.csv: an organisation file: 1 teams in 1 units; organisation of finops.yaml: plans/teams.csv",
        "plan.xlsx: a budget: 2025-03 to 2025-04, Company; budgets of finops.yaml: plans/plan.xlsx",
    ]
    assert (
        said[-1]
        == "How kosten-2025-10.csv is read is kept in mapping-kosten.yaml: next month's file is recognised by it."
    )
    settings = load_settings(ws)
    assert (settings.budgets, settings.invoices, settings.organisation, settings.drivers) == (
        "plans/plan.xlsx",
        "plans/invoices.csv",
        "plans/teams.csv",
        ["plans/tickets.csv", "plans/outcomes.csv"],
    )
    assert (
        (ws / "finops.yaml").read_text().startswith("company: Ours  # the whole group\nledger: led")
    )
    assert together.budgets(settings).month("Company", "2025-03") == 5000


def test_next_months_table_is_recognised_by_the_mapping_that_was_kept(place):
    written(place / "kosten-2025-10.csv", kosten(10))
    written(place / "kosten-2025-11.csv", kosten(11))
    adding(place, "kosten-2025-10.csv", confirm=yes)

    def nobody(_):
        raise AssertionError("nobody is asked twice")

    said = adding(place, "kosten-2025-11.csv", confirm=nobody)
    assert said[:1] == [
        "kosten-2025-11.csv: a table, read by mapping-kosten.yaml: 3 rows accepted, 0 in quarantine, 33.75 USD, Billed (invoiced)"
    ]
    assert adding(place, "kosten-2025-11.csv")[:1] == [
        "kosten-2025-11.csv: a table, read by mapping-kosten.yaml: delivered before: nothing changed"
    ]
    assert str(Ledger(place / "ws" / "ledger").totals()["USD"]) == "164.50"


def test_a_sheet_of_months_that_grew_by_one_is_recognised_and_its_new_month_counts(place):
    head, row = "Kostenstelle;Dienst;Jan 2025;Feb 2025", "a;GPU;10,50;11,50"
    written(place / "pivot.csv", f"{head}\n{row}\nb;GPU;1,25;1,75\n")
    written(place / "pivot-neu.csv", f"{head};Mrz 2025\n{row};12,50\nb;GPU;1,25;1,75;2,25\n")
    adding(place, "pivot.csv", confirm=yes)
    adding(place, "pivot-neu.csv")
    totals = Ledger(place / "ws" / "ledger").totals_by_period()
    assert dict(zip(totals["BillingPeriod"], map(str, totals["BilledCost"]), strict=True)) == {
        "2025-01": "11.75",
        "2025-02": "13.25",
        "2025-03": "14.75",
        "2026-07": "100.00",
    }


def test_one_file_that_cannot_be_used_and_nothing_is_written(place):
    focus(amount="10.20", month="2026-08").to_csv(place / "august.csv", index=False)
    written(place / "letter.csv", "Dear all,\nplease find enclosed\n")
    written(place / "invoices.csv", INVOICES + "Cloudy,2026-07,USD,100.00\n")
    before = state(place)
    with pytest.raises(InputError) as problem:
        adding(place, "august.csv", "letter.csv", "invoices.csv")
    lines = str(problem.value).splitlines()
    assert lines[0] == "nothing was written, as one of the 3 files cannot be used:"
    assert lines[1] == "- august.csv: FOCUS 0.5 to 1.4 (CSV, Parquet, JSON lines): can be taken in"
    assert lines[2].startswith("- letter.csv: refused: letter.csv: ")
    assert lines[3] == "- invoices.csv: an invoice file: can be taken in"
    assert state(place) == before


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("gone.csv", None, "there is no such file"),
        ("map.yaml", "date: Day\n", "is a YAML document and no table"),
        ("euro.csv", bill((1,), "EUR"), "and the workspace"),
        (
            "either.csv",
            "business_unit,2025-01,2025-02\na,1,2\n",
            "Say which: --as budget or --as bill.",
        ),
        ("bad.csv", INVOICES + "Cloudy,2026-07,USD,none\n", "'none' is not a number."),
        (
            "b.csv",
            "business_unit,month,currency,amount\nCompany,2025-03,EUR,5\n",
            "the budget is in EUR and the ledger in USD",
        ),
        ("d.csv", "date,n\n2025-01-01,1\n2025-01-03,2\n", "has no value for 2025-01-02"),
        ("shapes.csv", "a,b\nx,y\n", "shapes.csv"),
    ],
)
def test_a_file_that_is_refused_says_why_and_leaves_everything_as_it_was(place, name, text, words):
    if text is not None:
        written(place / name, text)
    before = state(place)
    with pytest.raises(FinOpsError, match=words):
        adding(place, name, confirm=yes)
    assert state(place) == before


def test_a_table_that_nobody_confirmed_is_written_out_to_be_corrected(place, monkeypatch):
    monkeypatch.chdir(place)
    written(place / "kosten.csv", kosten(3))
    before = state(place / "ws")
    with pytest.raises(InputError) as problem:
        adding(place, "kosten.csv", confirm=lambda guess: None)
    assert (
        f"go on with: finops add {place / 'kosten.csv'} -s {place / 'ws'} --mapping mapping.yaml"
        in (str(problem.value))
    )
    assert state(place / "ws") == before
    adding(place, "kosten.csv", mapping=place / "mapping.yaml")
    assert (place / "ws" / "mapping-kosten.yaml").is_file()


def test_a_late_invoice_counts_beside_the_others_and_one_that_comes_again_once(place):
    ws = place / "ws"
    written(place / "july.csv", INVOICES + "Cloudy,2026-07,USD,100.00\nOther,2026-07,USD,7.00\n")
    written(
        place / "grown.csv",
        INVOICES + "Cloudy,2026-07,USD,100.00\nOther,2026-07,USD,7.00\nOther,2026-07,USD,0.50\n",
    )
    adding(place, "july.csv")
    (ws / "finops.yaml").write_text(
        (ws / "finops.yaml").read_text().replace("july.csv", "july.csv  # from Anna")
    )
    said = adding(place, "grown.csv")
    assert said == [
        "grown.csv: an invoice file: 3 invoices of 2026-07, 107.50 USD; 2 of them are there already and count once; "
        "Other July 2026 was 7.00 USD and is 7.50 USD now, as both count (where grown.csv corrects the file "
        "before, name it alone under invoices: of finops.yaml); invoices of finops.yaml: plans/grown.csv"
    ]
    assert (
        "invoices: [plans/july.csv, plans/grown.csv]  # from Anna\n"
        in (ws / "finops.yaml").read_text()
    )
    assert str(together.invoices(load_settings(ws))["Amount"].sum()) == "107.50"
    assert adding(place, "grown.csv")[0].startswith("grown.csv: an invoice file: 3 invoices")
    assert len(load_settings(ws).invoices) == 2


def test_equal_invoices_of_one_file_are_two(tmp_path):
    text = INVOICES + "Cloudy,2026-07,USD,5.00\nCloudy,2026-07,USD,5.00\n"
    one, two = written(tmp_path / "a.csv", text), written(tmp_path / "b.csv", text)
    assert str(together.all_invoices([one, two])["Amount"].sum()) == "10.00"


def test_budgets_of_two_files_are_one_and_two_words_on_a_month_are_refused(place):
    written(place / "first.csv", BUDGET)
    written(place / "second.csv", BUDGET + "Company,2025-05,USD,6000\n")
    written(place / "third.csv", BUDGET.replace("5000", "4000"))
    adding(place, "first.csv")
    adding(place, "second.csv")
    assert together.budgets(load_settings(place / "ws")).by_month("Company") == {
        "2025-03": 5000.0,
        "2025-04": 5000.0,
        "2025-05": 6000.0,
    }
    before = state(place)
    with pytest.raises(InputError) as problem:
        adding(place, "third.csv")
    assert str(problem.value) == (
        "first.csv, second.csv, third.csv: line 2 of third.csv: Company 2025-03 appears twice in version 'budget', first in line 2 of "
        "first.csv. Keep one of them."
    )
    assert state(place) == before


def test_drivers_that_grow_month_by_month_count_each_day_once(tmp_path):
    one = written(tmp_path / "a.csv", driver((1,)))
    two = written(tmp_path / "b.csv", driver((1, 2)))
    assert len(plans.read_drivers([one, two])) == 59
    other = written(tmp_path / "c.csv", driver((1,)).replace(",1011", ",1012"))
    with pytest.raises(InputError, match="has a value for 2025-01-01 in another file already"):
        plans.read_drivers([one, other])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (INVOICES, "invoices"),
        (BUDGET, "budgets"),
        ("team,business_unit\n", "organisation"),
        ("date,tickets\n2025-01-01,5\n", "drivers"),
        ("date,name,value\n2025-01-01,tickets,5.5\n", "drivers"),
        ("date,cost\n2025-01-01,5\n", None),
        ("date,GPU ($)\n2025-01-01,5\n", None),
        ("date,OpenAI\n2025-01-01,5.25\n", None),
        ("date,team,tickets\n2025-01-01,a,5\n", None),
        ("month,business_unit,service,amount\n2025-01,a,GPU,5\n", None),
        ("version,business_unit,2025-01,2025-02\nv1,a,1,2\n", "budgets"),
        ("month,SkuId,bought,opened\n2025-01,S,5,4\n", "seats"),
        ("week,workload,model,sampled,accepted,score\n2025-01-06,a,m,5,4,3\n", "quality_samples"),
        ("customer,name,segment,since,billed_by\nc1,A,small,2025-01,key\n", "customers"),
        ("month,customer,tickets\n2025-01,c1,5\n", "customer_usage"),
        ("month,customer,cost\n2025-01,c1,5\n", None),
        (
            "initiative,month,kind,low,likely,high,owner,cost\nA,2025-01,other,1,2,3,Ana,5\n",
            "values",
        ),
        ("id,action,decision,monthly_saving\n1,Stop it,proposed,5\n", "actions"),
        ("date,note,author\n2025-01-01,Demo,Ana\n", "dated_notes"),
        ("date,note,cost\n2025-01-01,Demo,5\n", None),
        ("id,action,date,amount\n1,Stop it,2025-01-01,5\n", None),
        ("due,held,kind\n2025-01-01,,weekly\n", "reviews"),
        ("experiment,workload,quota,from,until\nT,a,5,2025-01-01,2025-02-01\n", "experiments"),
    ],
)
def test_what_a_table_is_by_its_columns(tmp_path, text, kind):
    from finops_model.facts.intake.tables import read_table

    head, *rest = text.splitlines()
    path = written(tmp_path / "t.csv", "\n".join([head, *(rest or [head.replace("_", "-")])]))
    assert plan_of(read_table(path)) == kind


def test_a_table_of_the_cycle_is_no_bill(place):
    """A table of values has a month and a cost: taken for a bill its cost would be spent."""
    head = "initiative,month,kind,low,likely,high,owner,cost\n"
    written(place / "worth.csv", head + "Bot,2026-01,revenue,1,2,3,Ana,5\n")
    said = adding(place, "worth.csv", confirm=yes)
    assert (
        said[0]
        == "worth.csv: a table of business value: 1 row; values of finops.yaml: plans/worth.csv"
    )
    written(place / "more.csv", head + "Bot,2026-02,revenue,1,2,3,Ana,5\n")
    with pytest.raises(InputError, match="Put the new rows into that file"):
        adding(place, "more.csv", confirm=yes)
    written(place / "bad.csv", head + "Bot,2026-01,revenue,3,2,1,Ana,5\n")
    with pytest.raises(InputError, match="bad.csv: line 2"):
        adding(place, "bad.csv", confirm=yes)


def test_a_plan_that_a_kept_mapping_reads_as_a_bill_is_asked_about(place):
    written(place / "actuals.csv", BUDGET)
    adding(place, "actuals.csv", kind="bill", confirm=yes)
    written(place / "budget.csv", BUDGET.replace("5000", "4000"))
    with pytest.raises(InputError) as problem:
        adding(place, "budget.csv")
    assert str(problem.value) == (
        f"{place / 'budget.csv'}: looks like a budget, and mapping-actuals.yaml reads it as a bill. Say which it is: --as bill or --as budget."
    )
    assert adding(place, "budget.csv", kind="budget")[0].startswith("budget.csv: a budget: ")


def test_a_list_of_invoices_under_other_headings_is_asked_about_and_read_as_invoices(place):
    """Taken for a bill, an invoice that comes before its bill would be spent twice."""
    lists = {
        "a.csv": "Vendor;Invoice No;Period;Currency;Amount\nOpenAI;INV-1;2026-08;USD;4.593,87\n",
        "b.csv": "Lieferant;Rechnungsnummer;Abrechnungsmonat;Währung;Betrag\nOpenAI;R1;2026-08;USD;4.593,87\n",
        "c.csv": "supplier,invoice_number,billing_month,currency,invoice total\nOpenAI,1,2026-08,USD,4593.87\n",
    }
    before = state(place / "ws")
    for name, text in lists.items():
        written(place / name, text)
        with pytest.raises(InputError) as problem:
            adding(place, name, confirm=yes)
        assert str(problem.value) == (
            f"{name}: a list of invoices may be what bills are reconciled with, or spend that no other bill holds. Say which: "
            "--as invoices or --as bill."
        )
        assert state(place / "ws") == before
        frame = plans.read_invoices(place / name)
        assert [str(value) for value in frame.iloc[0]] == ["OpenAI", "2026-08", "USD", "4593.87"]
    assert "an invoice file" in adding(place, "a.csv", kind="invoices")[0]
    written(place / "d.csv", "Vendor,Supplier,Period,Currency,Amount\nO,P,2026-08,USD,1\n")
    with pytest.raises(InputError) as problem:
        plans.read_invoices(place / "d.csv")
    assert str(problem.value) == (
        "d.csv: 'Vendor' and 'Supplier' could both be InvoiceIssuerName. Rename the one that is: InvoiceIssuerName."
    )


def test_a_table_without_a_currency_in_a_workspace_of_another_is_asked_for_it(place):
    written(place / "t.csv", "date,cost\n2026-07-01,5\n2026-07-02,6\n")
    yaml = place / "ws" / "finops.yaml"
    yaml.write_text(yaml.read_text() + "currency: EUR\n")
    with pytest.raises(InputError) as problem:
        adding(place, "t.csv", confirm=yes)
    assert str(problem.value) == (
        f"{place / 't.csv'}: the table names no currency, and the workspace {place / 'ws'} is in EUR. Nothing was written. Say "
        "which one its amounts are in: --currency EUR."
    )
    assert adding(place, "t.csv", confirm=yes, currency="EUR")


def test_a_month_between_others_without_a_charge_names_those_that_have_some(place):
    written(place / "t.csv", "date,cost USD\n2026-09-01,5\n2026-09-02,6\n")
    adding(place, "t.csv", confirm=yes)
    settings = load_settings(place / "ws")
    with pytest.raises(FinOpsError) as problem:
        daily_facts(settings, Ledger(settings.path(settings.ledger)), "2026-08", "2026-08-31")
    assert str(problem.value) == (
        "2026-08: the ledger has no charge in August 2026. Months that have some: 2026-07, 2026-09. Give one with --month."
    )


def test_two_kept_mappings_that_differ_are_decided_by_the_name_of_the_export_or_not_at_all(place):
    ws = place / "ws"
    for name in ("nord", "sued"):
        written(place / f"{name}-10.csv", kosten(10))
    adding(place, "nord-10.csv", confirm=yes)
    text = (ws / "mapping-nord.yaml").read_text()
    written(ws / "mapping-sued.yaml", text.replace("nord-10", "sued-10") + "scale: 1000\n")
    assert "3,075.00 USD" not in adding(place, "nord-10.csv")[0]
    assert "30,750.00 USD" in adding(place, "sued-10.csv", replace=True)[0]
    written(place / "west.csv", kosten(11))
    with pytest.raises(
        InputError, match="mapping-nord.yaml and mapping-sued.yaml both fit its col"
    ):
        adding(place, "west.csv")


def test_bills_by_glob_take_every_format_and_every_kept_mapping(place):
    ws = place / "ws"
    written(ws / "bills" / "kosten-2025-10.csv", kosten(10))
    (ws / "finops.yaml").write_text((ws / "finops.yaml").read_text() + 'bills: ["bills/*"]\n')
    code, out, err = commands.finops("ingest", cwd=ws)
    assert code == 2 and out == ""
    assert (
        "bills/kosten-2025-10.csv: no importer knows it, and no mapping that . keeps fits it. Nothing was taken in. Take it in once with "
        "finops add bills/kosten-2025-10.csv, which asks which column is what and keeps the answer, or take it out of bills: in finops.yaml."
    ) in err.replace("\n", " ")
    assert "--yes" in commands.finops("add", "bills/kosten-2025-10.csv", cwd=ws)[2]
    code, out, err = commands.finops("add", "bills/kosten-2025-10.csv", "--yes", cwd=ws)
    assert code == 0, err
    written(ws / "bills" / "kosten-2025-11.csv", kosten(11))
    focus(amount="1.00", month="2026-08").to_csv(ws / "bills" / "august.csv", index=False)
    code, out, err = commands.finops("ingest", cwd=ws)
    assert code == 0, err
    settings = load_settings(ws)
    assert str(Ledger(ws / "ledger").totals()["USD"]) == "174.50"
    receipt = take_bills(settings, Ledger(ws / "ledger"))
    assert receipt.delivery is None and len(receipt.files) == 3
    code, out, err = commands.finops("ingest", "bills/kosten-2025-11.csv", cwd=ws)
    assert code == 0 and "delivered before: nothing changed" in out


def test_the_command_says_what_to_do_where_there_is_no_workspace_and_no_bill(tmp_path, place):
    written(tmp_path / "none" / "a.csv", "x\n")
    code, out, err = commands.finops("add", "a.csv", cwd=tmp_path / "none")
    assert code == 2 and "Make a workspace from a bill: finops start FILE." in err
    code, out, err = commands.finops("ingest", cwd=place / "ws")
    assert code == 2 and (
        'no file is given, and finops.yaml names no bills. Name one: finops ingest FILE, or write bills: ["bills/*"] into finops.yaml.'
        in err.replace("\n", " ")
    )
    assert "finops add aws-2026-11.csv" in commands.finops("add", "--help", cwd=tmp_path)[1]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a: 1\n", "a: 1\ninvoices: n.csv\n"),
        ("invoices: 'o.csv'  # ours\na: 1\n", "invoices: ['o.csv', n.csv]  # ours\na: 1\n"),
        ("invoices:\n- o.csv  # ours\n", "invoices:\n- o.csv  # ours\n- n.csv\n"),
        ("invoices: [n.csv]\n", "invoices: [n.csv]\n"),
        ("invoices: n.csv\n", "invoices: n.csv\n"),
        ("{invoices: o.csv}\n", "{invoices: [o.csv, n.csv]}\n"),
    ],
)
def test_a_name_is_added_to_finops_yaml_and_every_word_there_stays(text, after):
    assert with_named(text, "invoices", "n.csv") == after


def test_a_day_that_names_nothing_is_no_charge_and_no_quarantine(place):
    """Seen before: "BillingCurrency is empty", once for every quiet day."""
    table = "Day,Cost,Currency,Team\n2026-09-01,1.50,USD,a\n2026-09-02,,,\n2026-09-03,2.50,USD,a\n2026-09-04,,USD,a\n"
    written(place / "console.csv", table)
    said = adding(place, "console.csv", confirm=yes)
    assert (
        said[0]
        == "console.csv: a table: 2 rows accepted, 1 in quarantine, 4.00 USD, Billed (invoiced)"
    )
    assert (
        "Warning: console.csv: 1 line names a day and nothing else (first line 3): a day without a charge, left out"
        in said
    )


def test_usage_goes_beside_the_bills_and_moves_no_money(place):
    log = Path(__file__).parent / "fixtures" / "native" / "openai_usage_completions.json"
    before = Ledger(place / "ws" / "ledger").totals()
    said = add([log], load_settings(place / "ws"))
    assert said[0].startswith("openai_usage_completions.json: ") and "accepted" in said[0]
    assert Ledger(place / "ws" / "ledger").totals() == before
    assert (
        add([log], load_settings(place / "ws"))[0]
        == "openai_usage_completions.json: delivered before, byte for byte: nothing changed"
    )


def test_bills_of_one_name_in_several_folders_are_taken_and_each_is_told_by_its_folder(place):
    """An export has one name in a folder per month; a refused row belongs to its own month's file."""
    for month, broken in (("2026-08", "2026-08-03"), ("2026-09", "2026-09-04")):
        rows = focus(range(1, 6), amount="2.00", month=month)
        rows.loc[rows["ChargePeriodStart"].str.startswith(broken), "BilledCost"] = "x"
        written(place / month / "export.csv", rows.to_csv(index=False))
    said = adding(place, "2026-08/export.csv", "2026-09/export.csv")
    title = "FOCUS 0.5 to 1.4 (CSV, Parquet, JSON lines)"
    assert said == [
        f"2026-08/export.csv: {title}: 4 rows accepted, 1 in quarantine, 8.00 USD, Billed (invoiced)",
        f"2026-09/export.csv: {title}: 4 rows accepted, 1 in quarantine, 8.00 USD, Billed (invoiced)",
    ]
    ledger = Ledger(place / "ws" / "ledger")
    assert list(ledger.quarantine()["x_File"]) == ["2026-08/export.csv", "2026-09/export.csv"]
    whole = focus(range(1, 6), amount="2.00", month="2026-08")
    written(place / "whole" / "export.csv", whole.to_csv(index=False))
    adding(place, "whole/export.csv")
    assert list(ledger.quarantine()["x_File"]) == ["2026-09/export.csv"]
    assert str(ledger.totals()["USD"]) == "118.00"


def test_tables_and_plans_of_one_name_all_come_in_and_none_lies_over_another(place):
    for month in (1, 2):
        written(place / f"2025-0{month}" / "kosten.csv", kosten(month))
    written(place / "2025-01" / "budget.csv", BUDGET)
    later = BUDGET.replace("2025-04", "2025-06").replace("2025-03", "2025-05")
    written(place / "2025-02" / "budget.csv", later)
    names = [f"2025-0{month}/{name}.csv" for month in (1, 2) for name in ("kosten", "budget")]
    said = adding(place, *names, confirm=yes)
    assert said[:4] == [
        "2025-01/kosten.csv: a table: 3 rows accepted, 0 in quarantine, 3.75 USD, Billed (invoiced)",
        "2025-01/budget.csv: a budget: 2025-03 to 2025-04, Company; budgets of finops.yaml: plans/budget.csv",
        "2025-02/kosten.csv: a table: 3 rows accepted, 0 in quarantine, 6.75 USD, Billed (invoiced)",
        "2025-02/budget.csv: a budget: 2025-05 to 2025-06, Company; budgets of finops.yaml: plans/budget-2.csv",
    ]
    settings = load_settings(place / "ws")
    assert sorted(together.budgets(settings).by_month("Company")) == [
        "2025-03",
        "2025-04",
        "2025-05",
        "2025-06",
    ]
    assert set(Ledger(place / "ws" / "ledger").lineage()["File"]) >= {
        "2025-01/kosten.csv",
        "2025-02/kosten.csv",
    }


def test_files_of_the_same_bytes_are_told_as_one(place):
    bill = focus(range(1, 6), amount="2.00", month="2026-08").to_csv(index=False)
    for name, text in (("export.csv", bill), ("kosten.csv", kosten(10)), ("b.csv", BUDGET)):
        for folder in ("x", "y"):
            written(place / folder / name, text)
    names = [
        f"{folder}/{name}" for name in ("export.csv", "kosten.csv", "b.csv") for folder in "xy"
    ]
    said = adding(place, *names, names[0], confirm=yes)
    assert [line for line in said if "y/" in line or "same bytes" in line] == [
        "y/export.csv: the same bytes as x/export.csv: counted once",
        "y/kosten.csv: the same bytes as x/kosten.csv: counted once",
        "y/b.csv: the same bytes as x/b.csv: counted once",
    ]
    assert len(said) == len(set(said)) == 8
    assert str(Ledger(place / "ws" / "ledger").totals()["USD"]) == "140.75"
    assert load_settings(place / "ws").budgets == "plans/b.csv"


def test_a_file_that_is_refused_is_named_by_its_folder_where_another_has_its_name(place):
    focus(amount="10.20", month="2026-08").to_csv(written(place / "a" / "e.csv", ""), index=False)
    written(place / "b" / "e.csv", "Dear all,\nplease find enclosed\n")
    with pytest.raises(InputError) as problem:
        adding(place, "a/e.csv", "b/e.csv")
    lines = str(problem.value).splitlines()
    assert lines[1] == "- a/e.csv: FOCUS 0.5 to 1.4 (CSV, Parquet, JSON lines): can be taken in"
    assert lines[2].startswith("- b/e.csv: refused: e.csv: ")


def test_usage_logs_of_one_name_are_each_told(place):
    log = Path(__file__).parent / "fixtures" / "native" / "openai_usage_completions.json"
    text = log.read_text()
    for folder in ("a", "b"):
        written(place / folder / "usage.json", text)
    said = adding(place, "a/usage.json", "b/usage.json")
    assert said[0].startswith("a/usage.json: OpenAI") and "accepted" in said[0]
    assert said[1:] == ["b/usage.json: the same bytes as a/usage.json: counted once"]
