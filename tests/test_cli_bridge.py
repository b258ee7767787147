"""`finops bridge` and `fm.bridge`: states by name, ends that are the ledger's, files, one sentence for everything that is wrong (docs/method §10.8)."""

from __future__ import annotations

import csv
import json
import shutil
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from entities_world import SETTINGS, workspace
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.errors import FinOpsError
from finops_model.measure.bridge.steps import PARTS
from finops_model.publish.bridges import build

OLD = Path(__file__).parent / "fixtures" / "workspace_0_1" / "small-works"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A workspace of eight months with two published months; nothing of it is simulated here."""
    root = tmp_path_factory.mktemp("bridge") / "small-works"
    shutil.copytree(OLD, root)
    return fm.load_settings(root)


def ran(settings, *words: str) -> str:
    told = CliRunner().invoke(app, ["bridge", "-s", settings.root, *words])
    assert told.exit_code == 0, told.output
    return told.output


def refused(settings, then: str, now: str, **how) -> str:
    with pytest.raises(FinOpsError) as told:
        fm.bridge(settings, then, now, **how)
    return str(told.value)


def effective(settings, month: str, outside: bool) -> Decimal:
    """The ledger's own rows of a month, added up as decimals; all of its charges last a day here."""
    files = fm.Ledger(settings.path(settings.ledger)).files()  # newest versions
    rows = pd.concat(map(pd.read_parquet, files))
    start = pd.to_datetime(rows["ChargePeriodStart"], utc=True)
    days = (pd.to_datetime(rows["ChargePeriodEnd"], utc=True) - start).dt.days
    own = (start.dt.strftime("%Y-%m") == month) & (
        outside | ~rows["ChargeCategory"].isin(["Tax", "Credit"])
    )
    assert (days[own] <= 31).all()
    return sum(rows.loc[own, "EffectiveCost"], Decimal(0)).quantize(Decimal("0.01"))


@pytest.mark.parametrize("outside", [False, True])
def test_both_ends_are_the_ledgers_own_to_the_cent(small, outside):
    made = fm.bridge(small, "actual:2026-07", "actual", outside=outside)
    ends = [effective(small, month, outside) for month in ("2026-07", "2026-08")]
    assert [made.then.total, made.now.total] == ends
    assert sum(made.parts.values()) == ends[1] - ends[0] and bool(made.parts["tax"]) == outside


def test_plan_to_actual_says_what_it_cannot_separate(small):
    told = json.loads(ran(small, "--from", "budget", "--to", "actual", "--json"))
    assert (told["from"], told["to"]) == (
        {"name": "budget of August 2026", "amount": 3410.0},
        {"name": "actual of August 2026", "amount": 3675.16},
    )
    assert {step: value for step, value in told["steps"].items() if value} == {"together": 265.16}
    assert told["by"] == "unit" and [row["name"] for row in told["rows"]] == [
        "Customer Care",
        "Platform",
        "Research",
        "(unassigned)",
    ]
    assert told["said"] == [
        "The budget (version 2026 v1) has no quantities and names no one-offs: volume and price stay together, and one-offs count in full.",
        "The actual of August 2026 is cost as reports have it, 3,675.16; with tax 328.70 it is the ledger's EffectiveCost, 4,003.86 USD.",
    ]


def test_the_year_to_date_and_a_unit(small):
    made = fm.bridge(small, "plan", "actual", year=True, unit="customer-care")
    assert made.then.name == "budget of January to August 2026"
    assert (made.then.total, made.now.total) == (Decimal("11920.00"), Decimal("13267.82"))


def test_a_forecast_is_the_one_that_was_published(small):
    """That of August as published for July; of the year as published for July and August."""
    brief = json.loads((OLD / "reports" / "2026-07" / "company" / "brief.json").read_text())
    mean = {row["month"]: row["mean"] for row in brief["forecast"]["months"]}
    for name in ("forecast", "forecast:2026-07"):
        made = fm.bridge(small, name, "actual")
        assert made.then.name == "forecast of August 2026, published for July 2026"
        assert float(made.then.total) == round(mean["2026-08"], 2)
    year = fm.bridge(small, "forecast:2026-07", "forecast", year=True)
    assert year.now.name == "forecast of FY2026, published for August 2026"
    assert sum(year.parts.values()) == year.change


def test_what_is_printed_and_written(small, tmp_path):
    where = tmp_path / "bridge.csv"
    told = ran(small, "--from", "actual:2026-07", "--to", "actual", "--to-file", str(where))
    for text in (
        "From actual of July 2026 to actual of August 2026, USD (EffectiveCost)",
        "From the actual of July 2026, $3.64k, to the actual of August 2026, $3.68k, it is $31.49 more (less than 1 %): volume +$28.34, list price +$3.15.",
        "What two causes make together belongs to the later step.",
        "+28.34",
        "5 rows: ",
    ):
        assert text in " ".join(told.split()), text
    rows = list(csv.DictReader(where.open(encoding="utf-8")))
    assert [row["workload"] for row in rows][-1] == "Total" and rows[-1]["to"] == "3675.16"
    for row in rows:
        assert sum(Decimal(row[part]) for part in ("from", *PARTS)) == Decimal(row["to"])
    made = fm.bridge(small, "actual:2026-07", "actual", order="shapley")
    from finops_model.publish.bridges import write

    write.write(made, tmp_path / "bridge.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "bridge.xlsx")["Bridge"]
    last = sheet.max_row
    assert [sheet.cell(last, 1).value, sheet.cell(last, 2).value] == [
        "Total",
        f"=SUM(B2:B{last - 1})",
    ]
    assert sum(sheet.cell(i, 2).value for i in range(2, last)) == pytest.approx(3643.67)


def test_names_that_are_no_state(small, tmp_path):
    allowed = "Known: plan, actual, actual:YYYY-MM, forecast, forecast:YYYY-MM, scenario:FILE."
    assert refused(small, "plann", "actual") == (
        f"--from: unknown state 'plann'. Did you mean 'plan'? {allowed}"
    )
    assert refused(small, "plan", "") == f"--to: unknown state ''. {allowed}"
    assert refused(small, "scenario", "actual") == (
        "--from: 'scenario' names no file. Write it as scenario:scenarios/20_smaller_model.yaml."
    )
    assert refused(small, "plan:2026-01", "actual") == (
        "--from: 'plan:2026-01': a plan is that of the month that is compared. Write plan, and the month with --month."
    )
    assert "2026-13" in refused(small, "actual:2026-13", "actual")
    assert refused(small, "actual", "actual") == (
        "--from and --to are both actual of August 2026: there is nothing to compare. Name another month, such as actual:2026-09."
    )
    assert refused(small, "actual:2025-12", "actual") == (
        "--from: actual:2025-12: the ledger has no data for December 2025; it holds January 2026 to August 2026."
    )
    assert refused(small, "plan", "forecast", month="2027-06") == (
        "--from: plan: budgets.csv has no approved budget of Company for June 2027. Choose other months or another unit."
    )
    assert refused(small, "forecast:2024-01", "actual").startswith(
        "--from: forecast:2024-01: no forecast was published for January 2024, and none can be made again"
    )
    assert "Did you mean 'unit'?" in refused(small, "actual:2026-07", "actual", by="unt")
    told = CliRunner().invoke(
        app, ["bridge", "-s", small.root, "--from", "plan", "--to", "actual", "--to-file", "a.txt"]
    )
    assert str(told.exception) == (
        "--to-file: a.txt: a bridge is written as .csv or .xlsx. Give the file one of these endings."
    )


@pytest.fixture(scope="module")
def weeks(tmp_path_factory):
    """The same workspace in a year of weeks, 4-4-5; its budgets are by month."""
    root = tmp_path_factory.mktemp("weeks") / "small-works"
    shutil.copytree(OLD, root)
    said = (root / "finops.yaml").read_text()
    said = said.replace("fiscal_year_starts: 1", "calendar: {kind: 4-4-5, ends: nearest}")
    (root / "finops.yaml").write_text(said)
    return fm.load_settings(root)


def test_periods_of_weeks_are_counted_by_day(weeks):
    """FY2026-P03 has five weeks, P04 four: seven days fewer, and every amount is that of its days."""
    calendar = weeks.calendar_of()
    periods = [calendar.named(name) for name in ("FY2026-P03", "FY2026-P04")]
    assert [one.days for one in periods] == [35, 28]
    daily = fm.daily(fm.Ledger(weeks.path(weeks.ledger)), weeks)
    cost = daily[~daily["ChargeCategory"].isin(["Tax", "Credit"])]
    day = cost["ChargeDate"].to_numpy("datetime64[D]")
    sums = [
        cost.loc[(day >= one.start) & (day < one.end), "EffectiveCost"].sum() for one in periods
    ]
    made = fm.bridge(weeks, "actual:FY2026-P03", "actual", month="FY2026-P04")
    assert [text[:41] for text in made.now.said] == ["The actual of FY2026-P04 is cost as repor"]
    assert [float(one.total) for one in (made.then, made.now)] == [round(x, 2) for x in sums]
    assert (made.then.days, made.now.days) == (35, 28)
    # what is used falls by a fifth with the days; the monthly fee is no use
    assert made.step("days") < 0 and sum(made.parts.values()) == made.change

    year = fm.bridge(weeks, "plan", "actual", year=True)
    assert (year.then.name, year.now.name) == (
        "budget of FY2026-P01 to P08",
        "actual of FY2026-P01 to P08",
    )
    assert sum(year.parts.values()) == year.change
    assert refused(weeks, "forecast", "actual", month="FY2026-P04") == (
        "--from: forecast: FY2026-P04 is a period of weeks, and a forecast is of months. "
        "Give a month with --month, or compare plan and actual."
    )
    assert "FY2026-P99" in refused(weeks, "plan", "actual", month="FY2026-P99")


def test_a_period_of_weeks_where_the_year_is_months_is_refused(small):
    assert "FY2026-P04" in refused(small, "plan", "actual", month="FY2026-P04")


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    """Two entities, in dollars and euros; the euro goes from 1.10 in April to 1.20 in May, its plan is 1.00."""
    folder = tmp_path_factory.mktemp("acme")
    days = pd.date_range("2026-03-01", "2026-05-31")
    rates = [f"{d.date()},EUR,USD,{1.2 if d.month == 5 else 1.1}" for d in days]
    folder.mkdir(exist_ok=True)
    (folder / "rates.csv").write_text("\n".join(["date,currency,to,rate", *rates]) + "\n")
    more = "currency: USD\nrates: {table: rates.csv}\n"
    return workspace(folder, settings=SETTINGS + more)


def test_two_currencies_in_one_bridge(group):
    """April to May: a day more, and the euro a tenth of a dollar dearer on what was paid in euros in May."""
    made = fm.bridge(group, "actual:2026-04", "actual:2026-05")
    own = {}
    for name in ("Acme Inc.", "Acme GmbH"):
        one = fm.bridge(group.entity(name), "actual:2026-04", "actual:2026-05")
        own[name] = one.then.total, one.now.total
    (a0, a1), (b0, b1) = own["Acme Inc."], own["Acme GmbH"]
    assert made.then.total == a0 + (b0 * Decimal("1.1")).quantize(Decimal("0.01"))
    assert made.now.total == a1 + (b1 * Decimal("1.2")).quantize(Decimal("0.01"))
    assert float(made.step("fx")) == pytest.approx(float(b1) * 0.1, abs=0.011)
    assert sum(made.parts.values()) == made.change and made.step("days") > 0
    assert "Acme GmbH: 1 EUR = 1.2 USD, average rate." in made.now.said


def test_two_currencies_without_rates_are_refused(group):
    bare = group.model_copy(update={"rates": None})
    assert refused(bare, "actual:2026-04", "actual:2026-05").startswith(
        "finops.yaml names entities: Acme Inc. (USD), Acme GmbH (EUR). Their amounts are not added up."
    )


def test_a_forecast_that_was_not_published_is_made_again(group):
    """Of May from the data of April, by line; the scenario of no file is named with its nearest."""
    inc = group.entity("Acme Inc.")
    made = fm.bridge(inc, "forecast:2026-04", "actual:2026-05")
    assert made.then.said == (
        "The forecast of May 2026 is its expected value (mean), made from data to 30 April 2026; it knows no list prices.",
        "No forecast of these months was published for April 2026: it is made again from the data to 2026-04-30.",
    )
    assert sum(made.parts.values()) == made.change
    assert {"chat/(untagged)/Chat API"} <= set(made.rows.index)
    assert build.parse("scenario:x.yaml", "--to").file == "x.yaml"


def test_a_name_in_a_file_steers_no_terminal():
    from finops_model.publish.bridges import write

    assert write._text("a\x1b[31m\u202eb") == "a[31mb"
    assert write._text("\x1b=1+1") == "'=1+1"
