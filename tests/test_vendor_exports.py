"""A vendor's own export is known by its set of columns: read by its importer, or refused by name; never by the nearest word."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finops_model.errors import FinOpsError, InputError
from finops_model.facts.daily.warehouse import daily
from finops_model.facts.intake import importers, vendors
from finops_model.facts.intake.tables import apply_mapping, guess_mapping, load_mapping, read_table
from finops_model.facts.ledger.store import Ledger
from finops_model.facts.usage.store import UsageStore
from finops_model.publish import start as starting
from finops_model.settings import Settings, Tags

NATIVE = Path(__file__).parent / "fixtures" / "native"
TITLES = {
    "aws_detailed_billing.csv": "an AWS detailed billing report",
    "kubecost_allocation.json": "an allocation of Kubecost or OpenCost",
    "opencost.csv": "an allocation of Kubecost or OpenCost",
    "slurm.psv": "an account of Slurm jobs (sacct)",
    "openai_usage_dashboard.csv": "a usage table of OpenAI",
    "openai_usage_completions.json": "a usage table of OpenAI",
    "claude_usage.csv": "a usage table of Anthropic",
    "litellm.csv": "a spend log of a gateway (LiteLLM and the like)",
    "langfuse_daily_metrics.json": "a report of Langfuse (daily metrics)",
    "aws_bedrock_invocation_log.jsonl": "an invocation log of Amazon Bedrock",
    "aws_bedrock_cloudwatch.json": "an answer of Amazon CloudWatch (metrics)",
    "nvidia_smi.csv": "a log of nvidia-smi",
    "dcgm_exporter.prom": "a page of metrics (Prometheus text, for example of the DCGM exporter)",
}
DETAILED = (
    "dbr.csv: this is an AWS detailed billing report. Its lines of RecordType InvoiceTotal and StatementTotal repeat what is above them and would "
    "be counted twice. Fetch the FOCUS export of the same bill (AWS Data Exports, FOCUS 1.0 with AWS columns) and give that."
)


def refusals(path, folder) -> tuple[str, str]:
    """What `finops ingest` and what `finops start` say of a file; nothing may be written."""
    with pytest.raises(InputError) as ingested:
        Ledger(folder / "ledger").ingest(path)
    assert importers.detect(path) is None and Ledger(folder / "ledger").rows == 0
    with pytest.raises(InputError) as started:
        guess_mapping(read_table(path))
    return str(ingested.value), str(started.value)


@pytest.mark.parametrize("name", TITLES)
def test_a_known_export_is_refused_by_name_with_the_same_sentence_everywhere(name, tmp_path):
    ingested, started = refusals(NATIVE / name, tmp_path)
    assert ingested == started and ingested.startswith(f"{name}: this is {TITLES[name]}. ")
    assert "finops_model" not in ingested and ("Fetch" in ingested or "Give" in ingested)


@pytest.mark.parametrize("name", [name for name in TITLES if name.endswith((".json", ".jsonl"))])
def test_the_command_that_a_refusal_of_json_names_takes_the_file_in(name, tmp_path):
    """`finops start` sends usage to `finops ingest`; that is no way round in a circle (known answer 12)."""
    with pytest.raises(InputError) as refused:
        starting.start(NATIVE / name, folder=tmp_path / "ws")
    assert f"finops ingest {name} takes it into the usage of a workspace" in str(refused.value)
    assert not (tmp_path / "ws").exists()
    receipt = UsageStore(tmp_path / "usage").ingest([NATIVE / name])
    assert [file.accepted > 0 for file in receipt.files] == [True]


def test_json_with_its_records_inside_is_told_how_to_go_on(tmp_path):
    rows = [{"date": f"2026-01-{day:02}", "cost": f"{day}.5", "team": "a"} for day in range(1, 29)]
    (tmp_path / "all.json").write_text(json.dumps({"next": None, "re'sults": rows}))
    with pytest.raises(InputError) as refused:
        starting.start(tmp_path / "all.json", folder=tmp_path / "ws")
    assert str(refused.value).endswith(
        " Or, where one of its lists of records (re'sults) holds the charges and no further page follows, save that list alone as a file and "
        """start it: jq '.["re'"'"'sults"]' all.json > all-records.json"""
    )
    (tmp_path / "all-records.json").write_text(json.dumps(rows))
    settings = starting.start(tmp_path / "all-records.json", folder=tmp_path / "ws")
    assert Ledger(settings.path(settings.ledger)).totals() == {"USD": Decimal("420")}


def test_the_sentence_says_what_it_is_why_and_what_to_fetch(tmp_path):
    (tmp_path / "dbr.csv").write_bytes((NATIVE / "aws_detailed_billing.csv").read_bytes())
    assert refusals(tmp_path / "dbr.csv", tmp_path) == (DETAILED, DETAILED)


def test_commands_and_bills_of_a_company_say_it_too(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from finops_model.cli import app
    from finops_model.publish import close
    from finops_model.settings import load_settings

    monkeypatch.chdir(tmp_path)
    (tmp_path / "dbr.csv").write_bytes((NATIVE / "aws_detailed_billing.csv").read_bytes())
    (tmp_path / "finops.yaml").write_text("company: A\nledger: ledger\nbills: [dbr.csv]\n")
    for words in (["start", "dbr.csv", "--yes"], ["report", "dbr.csv"], ["ingest", "dbr.csv"]):
        assert str(CliRunner().invoke(app, words).exception) == DETAILED, words
    with pytest.raises(FinOpsError) as refused:
        close.books(load_settings(tmp_path), lambda *_: None)
    assert str(refused.value) == DETAILED and not (tmp_path / "workspaces").exists()


def rows_of(name):
    with (NATIVE / name).open(newline="") as file:
        return list(csv.DictReader(file))


def spelled(rows, spell):
    return [{spell(key): value for key, value in row.items()} for row in rows]


SPELLINGS = {
    "as written": str,
    "lower": str.lower,
    "underscores": lambda key: vendors.plain_words(key).replace(" ", "_"),
    "spaces": lambda key: vendors.plain_words(key).title(),
    "upper": str.upper,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "name",
    [
        "litellm.csv",
        "claude_usage.csv",
        "openai_usage_dashboard.csv",
        "opencost.csv",
        "slurm.psv",
        "aws_detailed_billing.csv",
    ],
)
def test_no_spelling_of_the_headings_hides_a_format(name, spelling, tmp_path):
    rows = (
        rows_of(name)
        if not name.endswith("psv")
        else pd.read_csv(NATIVE / name, sep="|", dtype=str).fillna("").to_dict("records")
    )
    rows = spelled(rows, SPELLINGS[spelling])
    for mark in ",;\t":
        pd.DataFrame(rows).to_csv(tmp_path / "bill.csv", sep=mark, index=False)
        ingested, started = refusals(tmp_path / "bill.csv", tmp_path)
        assert ingested == started and TITLES[name].split(" (")[0] in ingested


@pytest.mark.parametrize("name", ["litellm.csv"])
def test_no_packing_hides_a_format(name, tmp_path):
    rows = rows_of(name)
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1))
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    book = openpyxl.Workbook()
    for row in (["Our bill"], list(rows[0]), *(list(row.values()) for row in rows)):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    for packed in ("a.json", "a.jsonl", "a.parquet"):
        ingested, started = refusals(tmp_path / packed, tmp_path)
        assert ingested == started and TITLES[name] in ingested
    with pytest.raises(InputError, match="this is a"):
        guess_mapping(read_table(tmp_path / "a.xlsx"))


def test_google_records_as_bigquery_writes_them(tmp_path):
    record = {
        "billing_account_id": "A",
        "service": {"id": "6F81", "description": "Compute Engine"},
        "sku": {"id": "A1", "description": "GPU"},
        "usage_start_time": "2026-07-10 08:00:00 UTC",
        "cost": 100.0,
        "currency": "USD",
        "credits": [{"name": "CUD", "amount": -30.0}],
        "invoice": {"month": "202607"},
        "labels": [{"key": "team", "value": "search"}],
    }
    (tmp_path / "a.json").write_text(json.dumps(record) + "\n" + json.dumps(record))
    pq.write_table(pa.Table.from_pylist([record]), tmp_path / "a.parquet")
    few = {key: record[key] for key in ("usage_start_time", "cost", "credits")} | {
        "project_id": "p"
    }
    (tmp_path / "few.jsonl").write_text(json.dumps(few))
    for name in ("a.json", "a.parquet", "few.jsonl"):
        assert all(
            "this is a Google Cloud billing export (BigQuery)" in said
            for said in refusals(tmp_path / name, tmp_path)
        )


TABLES = {
    "line items of an invoice": "date,Line Item,Line Item Description,Line Item Amount\n2026-07-01,GPU,hours,5.00\n2026-07-02,GPU,hours,5.00\n",
    "own sums by service": "date,service,project,cost\n2026-07-01,Compute,a,5.00\n",
    "services as columns of one's own": "month,Compute ($),Storage ($)\n2026-07,5.00,3.00\n",
    "jobs that cost money": "date,job,account,cost\n2026-07-01,train,nlp,5.00\n",
    "a subscription": "date,subscription,cost\n2026-07-01,Search,5.00\n",
}


@pytest.mark.parametrize("what", TABLES)
def test_a_table_of_ones_own_is_no_vendors_export(what, tmp_path):
    (tmp_path / "t.csv").write_text(TABLES[what])
    assert vendors.of_text(TABLES[what]) and vendors.of_heads(vendors.of_text(TABLES[what])) is None
    for name in (Path(__file__).parent / "fixtures").glob("*/*.[ct]sv"):
        if name.parent.name in ("tables", "bills") and importers.detect(name) in (None, "focus"):
            assert (
                vendors.of_heads(
                    vendors.of_text(name.read_bytes().decode("utf-8", "replace").replace("\0", ""))
                )
                is None
            ), name


def test_a_mapping_of_ones_own_is_taken_at_its_word(tmp_path):
    (tmp_path / "m.yaml").write_text(
        "date: startTime\namount: spend\ncurrency_code: USD\nsku: model\n"
    )
    rows = apply_mapping(read_table(NATIVE / "litellm.csv"), load_mapping(tmp_path / "m.yaml"))
    assert rows["BilledCost"].tolist() == ["0.01"]


def test_any_other_table_is_sent_to_start_and_to_no_python_module(tmp_path):
    (tmp_path / "t.csv").write_text("date,team,cost\n2026-07-01,a,5\n")
    with pytest.raises(InputError) as refused:
        Ledger(tmp_path / "ledger").ingest(tmp_path / "t.csv")
    assert str(refused.value) == (
        "t.csv: no column BilledCost, nor 7 others that a FOCUS export has. For any other table with a date and an amount: finops "
        "start t.csv (it shows which column it takes for what, and asks)."
    )


def test_the_cost_table_of_claudes_console(tmp_path):
    ledger = Ledger(tmp_path)
    receipt = ledger.ingest(NATIVE / "claude_console_cost.csv")
    assert (receipt.rows_in, receipt.accepted) == (5, 5) and ledger.totals() == {
        "USD": Decimal("5.92")
    }
    assert ledger.totals("ListCost") == {"USD": Decimal("7.40")}
    days = daily(ledger, Settings(tags=Tags(team="workspace")))
    assert set(days["ServiceProviderName"]) == {"Anthropic"} and set(days["x_Team"]) == {
        "Support",
        "Default",
    }
    assert set(days["SkuId"]) == {
        "Claude Sonnet 5:input_no_cache",
        "Claude Sonnet 5:output",
        "web_search",
        "Claude Haiku 5.5:input_cache_write_5m",
        "Claude Haiku 5.5:output",
    }
    assert set(days["x_Model"]) == {"Claude Sonnet 5", "Claude Haiku 5.5", ""}


def test_the_cost_table_of_openais_dashboard(tmp_path):
    ledger = Ledger(tmp_path)
    receipt = ledger.ingest(NATIVE / "openai_costs_dashboard.csv")
    assert (receipt.rows_in, receipt.accepted) == (3, 3) and ledger.totals() == {
        "USD": Decimal("1.236774")
    }
    assert (
        "openai_costs_dashboard.csv: 1 day without spend (first 2026-09-02): kept as 0.00, not missing"
        in map(str, receipt.warnings)
    )
    days = daily(ledger, Settings(tags=Tags(team="project"))).set_index("ChargeDate")
    assert days["BilledCost"].tolist() == [0.895874, 0.0, 0.3409] and set(
        days["ServiceProviderName"]
    ) == {"OpenAI"}
    assert (
        days["SkuId"].tolist() == ["gpt-5.6-luna, input", "", "gpt-5.6-luna, output"]
        and days["x_Team"].iloc[0] == "proj_search"
    )


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ('1788220800,1788307200,,,,usd,"gpt-5, input",p', "BilledCost: missing number"),
        ('x,y,,,1.0,usd,"gpt-5, input",p', "ChargePeriodStart: no usable date"),
        ('1788220800,1788307200,,,1.0,,"gpt-5, input",p', "BillingCurrency: unknown currency"),
    ],
)
def test_a_broken_line_of_a_console_table_is_no_day_without_spend(cells, reason, tmp_path):
    (tmp_path / "o.csv").write_text(
        "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id\n"
        '1788220800,1788307200,,,1.0,usd,"gpt-5, input",p\n' + cells + "\n"
    )
    receipt = Ledger(tmp_path / "l").ingest(tmp_path / "o.csv")
    assert (receipt.accepted, receipt.reasons) == (1, {reason: 1})
