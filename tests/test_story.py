"""One company from the command line: four sources, next month's, a restated file, a late invoice, both reports.

What the product says is held against a few lines that read the raw files with csv and Decimal alone.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import aws_bill
import commands
import openpyxl
import pytest
from start_world import written

JULY, AUGUST = dt.date(2026, 7, 1), dt.date(2026, 8, 1)
INVOICES = "InvoiceIssuerName,BillingPeriod,BillingCurrency,Amount\n"
NATIVE = Path(__file__).parent / "fixtures" / "native"
USAGE = NATIVE / "openai_usage_completions.json"


def openai(first: dt.date) -> str:
    """A cost table of the dashboard: two models a day, and two days on which nothing was spent."""
    head = "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id,project_name"
    lines = []
    for i in range(31):
        day, after = (first + dt.timedelta(n) for n in (i, i + 1))
        epoch = [
            int(dt.datetime.combine(one, dt.time(), dt.UTC).timestamp()) for one in (day, after)
        ]
        when = f"{epoch[0]},{epoch[1]},{day}T00:00:00+00:00,{after}T00:00:00+00:00"
        if i in (4, 11):
            lines.append(f"{when},,,,,")
            continue
        for item, cost in (("gpt-5-mini, input", 41 + i), ("gpt-5-mini, output", 7 * i + 60)):
            lines.append(f'{when},{cost}.{i:02}5,usd,"{item}",proj_1,search')
    return "\n".join([head, *lines]) + "\n"


def aws(folder: Path, name: str, august: bool = False, dearer: str = "0") -> Path:
    """The cost and usage report of July, or of August; `dearer` on every line of the large machine."""
    lines = aws_bill.bill()
    whole = {"2.125": "2.12", "-0.125": "-0.12"}  # invoices are in cents, and 31 eighths are none
    for line in lines:
        line["lineItem/UnblendedCost"] = whole.get(
            line["lineItem/UnblendedCost"], line["lineItem/UnblendedCost"]
        )
        if line["lineItem/UsageType"].endswith("BoxUsage:p5.xlarge") and dearer != "0":
            cost = Decimal(line["lineItem/UnblendedCost"])
            line["lineItem/UnblendedCost"] = str(cost + Decimal(dearer)) if cost > 0 else str(cost)
        if august:
            for key, cell in line.items():
                line[key] = cell.replace("2026-08-", "2026-09-").replace("2026-07-", "2026-08-")
    return aws_bill.classic(lines, folder / name)


def slurm(first: dt.date) -> str:
    """An account of a month's jobs: that of the fixture on every third day, one without a GPU, one over the end of the month."""
    head, job, step = (NATIVE / "slurm.psv").read_text().split()
    lines = [head]
    for n in range(0, 31, 3):
        day = first + dt.timedelta(n)
        for line in (job, step):
            lines.append(
                line.replace("2026-09-01", str(day)).replace("101", str(first.month * 1000 + n))
            )
    last, after = first + dt.timedelta(30), first + dt.timedelta(31)
    night = f"14400|COMPLETED|{last}T22:00:00|{after}T02:00:00"
    lines.append(f"{first.month}900|u2|vision|gpu|cpu=8,gres/gpu:h100=4,gres/gpu=4|{night}")
    lines.append(f"{first.month}901|u2|vision|cpu|cpu=8,mem=8G|{night}")
    return "\n".join(lines) + "\n"


def gpu_hours(month: str, *files: Path) -> dict[str, float]:
    """GPU hours by account in a month: all of this test that knows what a job account means."""
    sums: Counter = Counter()
    for path in files:
        for row in csv.DictReader(path.open(), delimiter="|"):
            gpus = re.search(r"gres/gpu=(\d+)", row["AllocTRES"])
            if "." in row["JobID"] or not gpus:
                continue
            hour, end = (dt.datetime.fromisoformat(row[name]) for name in ("Start", "End"))
            while hour < end:
                sums[row["Account"]] += int(gpus[1]) if f"{hour:%Y-%m}" == month else 0
                hour += dt.timedelta(hours=1)
    return {name: float(hours) for name, hours in sums.items()}


def raw(*files: Path) -> dict[str, str]:
    """Issuer and money of raw files: all of this test that knows what they mean."""
    sums: Counter = Counter()
    for path in files:
        for row in csv.DictReader(path.open(encoding="utf-8")):
            if "amount_value" in row:
                sums["OpenAI"] += Decimal(row["amount_value"] or 0)
            else:
                market = row["bill/BillingEntity"] == "AWS Marketplace"
                issuer = "AWS Marketplace" if market else "Amazon Web Services, Inc."
                sums[issuer] += Decimal(row["lineItem/UnblendedCost"])
    return {issuer: str(amount.quantize(Decimal("0.01"))) for issuer, amount in sums.items()}


def invoiced(month: str, sums: dict[str, str], *issuers: str) -> str:
    return INVOICES + "".join(f'"{issuer}",{month},USD,{sums[issuer]}\n' for issuer in issuers)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The story, once: (folder, workspace, what each command said)."""
    box = tmp_path_factory.mktemp("story")
    ws, said = box / "workspaces" / "acme", {}

    def finops(key: str, *words) -> str:
        code, out, err = commands.finops(*words, cwd=box)
        assert code == 0, f"{key}: {err}"
        said[key] = out
        return out

    july = aws(box, "aws-2026-07.csv")
    aws(box, "aws-2026-08.csv", august=True)
    restated = aws(box, "aws-2026-08-restated.csv", august=True, dearer="0.50")
    ai = [written(box / f"openai-{first:%Y-%m}.csv", openai(first)) for first in (JULY, AUGUST)]
    jobs = [written(box / f"jobs-{first:%m}.psv", slurm(first)) for first in (JULY, AUGUST)]
    book = openpyxl.Workbook()
    for line in [
        ("business_unit", "month", "currency", "amount"),
        *(("Company", f"2026-{month:02}", "USD", 30000) for month in range(1, 13)),
    ]:
        book.active.append(line)
    book.save(box / "budget.xlsx")
    days = [JULY + dt.timedelta(n) for n in range(62)]
    counts = [f"{day},{1000 + 3 * n}" for n, day in enumerate(days)]
    written(box / "tickets-07.csv", "\n".join(["date,support_tickets", *counts[:31]]) + "\n")
    written(box / "tickets-08.csv", "\n".join(["date,support_tickets", *counts]) + "\n")
    of_july, of_august = raw(july, ai[0]), raw(restated, ai[1])
    written(box / "invoices-07.csv", invoiced("2026-07", of_july, *of_july))
    two = [issuer for issuer in of_august if issuer != "OpenAI"]
    written(box / "invoices-08.csv", invoiced("2026-08", of_august, *two))
    written(box / "late.csv", invoiced("2026-08", of_august, "OpenAI"))

    where = ("-s", ws)
    finops("start", "start", "aws-2026-07.csv", "--name", "acme")
    settings = ws / "finops.yaml"
    settings.write_text(f"# Anna keeps this file\n{settings.read_text()}paths: 200  # a story\n")
    first = ("openai-2026-07.csv", "budget.xlsx", "invoices-07.csv", "tickets-07.csv", USAGE)
    finops("first", "add", *first, "jobs-07.psv", *where, "--time-zone", "UTC")
    finops("july", "report", *where, "--month", "2026-07")
    second = ("aws-2026-08.csv", "openai-2026-08.csv", "invoices-08.csv", "tickets-08.csv")
    finops("second", "add", *second, "jobs-08.psv", *where, "--time-zone", "UTC")
    for month in ("2026-07", "2026-08"):
        finops(f"jobs of {month}", "usage", "--by", "project", "--month", month, *where, "--json")
    said["brief of july"] = (ws / "reports/2026-07/company/brief.json").read_text()
    finops("restated", "add", "aws-2026-08-restated.csv", *where)
    finops("before", "reconcile", *where, "--json")
    finops("late", "add", "late.csv", *where)
    finops("after", "reconcile", *where, "--json")
    finops("august", "report", *where, "--month", "2026-08")
    said["raw"] = {"2026-07": of_july, "2026-08": of_august}
    said["gpu hours"] = {month: gpu_hours(month, *jobs) for month in said["raw"]}
    return box, ws, said


def brief(ws: Path, month: str) -> dict:
    return json.loads((ws / "reports" / month / "company" / "brief.json").read_text())


def test_every_file_of_a_month_says_what_it_is(told):
    _, ws, said = told
    lines = said["first"].splitlines()
    assert lines[0].startswith(
        "openai-2026-07.csv: OpenAI cost table (CSV): 60 rows accepted, 0 in"
    )
    assert lines[1] == (
        "budget.xlsx: a budget: 2026-01 to 2026-12, Company; budgets of finops.yaml: plans/budget.xlsx"
    )
    assert lines[2].startswith("invoices-07.csv: an invoice file: 3 invoices of 2026-07, ")
    assert lines[3].startswith("tickets-07.csv: a driver file: support_tickets, 2026-07-01 to")
    assert lines[4].startswith("openai_usage_completions.json: ") and " accepted" in lines[4]
    assert any(line.startswith("jobs-07.psv: ") and " accepted" in line for line in lines)
    text = (ws / "finops.yaml").read_text()
    assert text.startswith("# Anna keeps this file\n") and "paths: 200  # a story\n" in text


@pytest.mark.parametrize("month", ["2026-07", "2026-08"])
def test_both_reports_tie_out_to_the_raw_files_and_the_invoices(told, month):
    _, ws, said = told
    shown = brief(ws, month)["tie_out"]
    assert {row["issuer"]: row["ledger"] for row in shown["rows"]} == said["raw"][month]
    assert {row["invoice"] for row in shown["rows"]} == set(said["raw"][month].values())
    assert {row["difference"] for row in shown["rows"]} == {"0.00"}
    assert brief(ws, month)["budget"]["by_month"][month] == 30000.0


@pytest.mark.parametrize("month", ["2026-07", "2026-08"])
def test_the_gpu_hours_of_the_job_accounts_are_those_of_an_independent_script(told, month):
    """A job over the end of July is half in either month; its steps, its GPUs by type and jobs without any count nothing more."""
    _, _, said = told
    shown = {row["name"]: row for row in json.loads(said[f"jobs of {month}"])["rows"]}
    hours = said["gpu hours"][month]
    assert {name: shown[name]["gpu_hours_allocated"] for name in hours} == hours
    assert sum(row.get("gpu_hours_allocated") or 0 for row in shown.values()) == sum(hours.values())
    assert hours["vision"] == {"2026-07": 8.0, "2026-08": 16.0}[month]


def test_the_ledger_is_the_sum_of_the_files_in_force(told):
    _, ws, said = told
    everything = sum(Decimal(v) for month in said["raw"].values() for v in month.values())
    assert Decimal(brief(ws, "2026-08")["ledger_all_time"]) == everything


def test_the_second_month_moves_nothing_of_the_first(told):
    _, ws, said = told
    assert brief(ws, "2026-07") == json.loads(said["brief of july"])
    assert "1 line" not in said["second"] and "delivered before" not in said["second"]


def test_the_restated_file_replaces_its_month_and_says_by_how_much(told):
    _, _, said = told
    assert "+15.50 USD" in said["restated"]  # 31 days, 0.50 dearer each
    assert (
        "replaced Amazon Web Services, Inc. · 111122223333 · 2026-08: version 2" in said["restated"]
    )
    assert "OpenAI" not in said["restated"] and "· 2026-07" not in said["restated"]


def test_the_late_invoice_closes_the_month(told):
    _, _, said = told
    before, after = (json.loads(said[key]) for key in ("before", "after"))
    assert before["rows"][-1]["issuer"] == "OpenAI" and before["rows"][-1]["invoice"] is None
    assert after["difference"] == "0.00" and after["rows"][-1]["difference"] == "0.00"
    assert "All invoices of August 2026 tie out with the ledger to the cent." in after["note"]
