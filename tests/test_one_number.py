"""One number everywhere: a month is published once, and page, workbook, mail, summary, index, dashboard, notebook and --json are held together
(docs/method §15.2). What a figure is made of is tested elsewhere; here it only has to be the same."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from headline_world import days, workspace, year
from openpyxl import load_workbook
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.front.report_page import report_page
from finops_model.measure.words import money
from finops_model.publish import dashboard
from finops_model.publish.job import month as job
from finops_model.publish.page.body import Page
from finops_model.settings import load_settings
from finops_model.wording import chance

MONTH = "2026-07"
UNITS = ("Company", "Fraud", "Search")


def team(name: str) -> dict:
    return {"Tags": json.dumps({"team": name})}


def wobble(base):
    return lambda i: base + (i * 7919) % 41 - 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Two units and money that belongs to none, budgets that will not hold, a decision due; July 2026 is published."""
    home = tmp_path_factory.mktemp("one")
    span = ("2025-11-01", "2026-08-15")
    workspace(
        home,
        days(*span, wobble(100), **team("search")),
        days(*span, wobble(60), vendor="Other", **team("fraud")),
        days(*span, wobble(25), vendor="Third"),
    )
    (home / "organisation.csv").write_text("team,business_unit\nsearch,Search\nfraud,Fraud\n")
    lines = [
        f"{unit},{month},{amount},USD"
        for month in year(1)
        for unit, amount in (("Search", 3650), ("Fraud", 2030))
    ]
    (home / "budgets.csv").write_text(
        "\n".join(["business_unit,month,amount,currency", *lines]) + "\n"
    )
    (home / "base.yaml").write_text("name: Base\n")
    (home / "less.yaml").write_text(
        "name: Less\nquestion: What if a fifth goes?\nbase: base.yaml\ndecide_by: 2026-09-30\nowner: Platform\n"
        "changes:\n- {path: 'workloads/*/demand/level', op: scale, value: 0.8, because: x}\n"
    )
    (home / "finops.yaml").write_text(
        "company: Small\nledger: ledger\ncurrency: USD\npaths: 256\nscenario: base.yaml\nwhat_ifs: [less.yaml]\n"
        "budgets: budgets.csv\norganisation: organisation.csv\n"
    )
    job.report(load_settings(home), MONTH, workers=1)
    return home


def place(folder: Path, unit: str) -> Path:
    return folder / "reports" / MONTH / unit.lower()


def brief(folder: Path, unit: str) -> dict:
    return json.loads((place(folder, unit) / "brief.json").read_text(encoding="utf-8"))


def words(document: str) -> str:
    """What a reader sees of HTML or text, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", document)).split())


def signed(value: float) -> str:
    return f"{'+' if value >= 0 else '−'}{money(abs(value), 'USD')}"


def said(one: dict) -> list[str]:
    """What every reader of a unit must be told in the same words."""
    land = one["landing"]
    return [
        one["headline"],
        money(one["actual"]["month"], "USD"),
        money(land["p50"], "USD"),
        money(land["p10"], "USD"),
        money(land["p90"], "USD"),
    ]


@pytest.mark.parametrize("unit", UNITS)
def test_the_page_is_its_brief(folder, unit):
    one = brief(folder, unit)
    shown = words((place(folder, unit) / "report.html").read_text(encoding="utf-8"))
    for text in said(one):
        assert text in shown
    assert chance(one["landing"]["overrun_probability"]) in shown
    page = Page(one)
    for section in ("first_page", "budget", "units", "movements", "basis"):
        getattr(page, section)()
    assert page.differences() == []
    for line in one["page_one"]["periods"]["lines"]:
        if line["kind"] == "year" or line["period"].endswith("2026"):
            assert f"{line['value'] / 1000:,.1f}" in shown or f"{line['value']:,.0f}" in shown, line


@pytest.mark.parametrize("unit", UNITS)
def test_mail_and_summary_say_what_the_page_says(folder, unit):
    one = brief(folder, unit)
    mail = words((place(folder, unit) / "mail.html").read_text(encoding="utf-8"))
    text = words((place(folder, unit) / "summary.txt").read_text(encoding="utf-8"))
    for told in (mail, text):
        for figure in said(one):
            assert figure in told
        for line in one["page_one"]["periods"]["lines"]:
            assert money(line["value"], "USD") in told
            if line["variance"] is not None:
                assert signed(line["variance"]) in told
        for due in one["page_one"].get("decisions", []):
            assert due["what"] in told and due["owner"] in told
            assert due["saves"] is None or money(due["saves"], "USD") in told


def table(sheet, first: str) -> list[dict]:
    """Rows below the heading whose first cell is `first`, up to an empty one."""
    rows = list(sheet.iter_rows(values_only=True))
    at = next(i for i, row in enumerate(rows) if row[0] == first)
    found = []
    for row in rows[at + 1 :]:
        if row[0] is None:
            break
        found.append(dict(zip(rows[at], row)))
    return found


@pytest.mark.parametrize("unit", UNITS)
def test_the_workbook_holds_the_briefs_figures(folder, unit):
    one = brief(folder, unit)
    book = load_workbook(place(folder, unit) / "workbook.xlsx", data_only=True)
    summary = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
    land = one["landing"]
    assert one["headline"] in summary
    assert summary["Actual of the month"] == pytest.approx(one["actual"]["month"])
    assert summary["Year to date"] == pytest.approx(one["actual"]["year_to_date"])
    for name, key in (("P10", "p10"), ("P50", "p50"), ("P90", "p90")):
        assert summary[f"Landing FY2026, {name}"] == pytest.approx(land[key])
    lines = one["page_one"]["periods"]["lines"]
    rows = table(book["Quarters and years"], "Period")
    assert [row["Period"] for row in rows] == [line["period"] for line in lines]
    for row, line in zip(rows, lines, strict=True):
        assert row["Cost"] == pytest.approx(line["value"]) and row["Check"] == "agrees"
        if line["variance"] is not None:
            assert row["Variance, + is over"] == pytest.approx(line["variance"], abs=0.006)
    due = one["page_one"].get("decisions", [])
    if due:
        rows = table(book["Decisions"], "By")
        assert [(row["By"], row["Decision"]) for row in rows] == [(d["by"], d["what"]) for d in due]
    checks = [
        cell
        for sheet in book.worksheets
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if cell in ("agrees", "differs")
    ]
    assert len(checks) > 10 and "differs" not in checks


def test_the_company_is_the_sum_of_its_parts_wherever_they_stand(folder):
    company = brief(folder, "Company")
    parts = company["page_one"]["carriers"]["parts"]
    assert sum(part["mean"] for part in parts) == pytest.approx(
        company["page_one"]["carriers"]["mean_overrun"]
    )
    shown = words((place(folder, "Company") / "report.html").read_text(encoding="utf-8"))
    book = load_workbook(place(folder, "Company") / "workbook.xlsx", data_only=True)
    for part, row in zip(parts, table(book["What carries it"], "Part")):
        assert part["part"] == row["Part"]
        assert row["Over its budget, mean (simulated)"] == pytest.approx(part["mean"])
        assert signed(part["mean"]) in shown
    for child in company["children"]:
        if child["slug"] and child["unit"] in UNITS:
            own = brief(folder, child["unit"])
            assert child["actual"] == own["actual"]["month"]
            assert child["landing_mean"] == own["landing"]["mean"]


def test_the_index_and_the_command_say_the_same(folder):
    index = json.loads((folder / "reports" / "index.json").read_text(encoding="utf-8"))
    done = CliRunner().invoke(
        app, ["report", "--month", MONTH, "-s", str(folder / "finops.yaml"), "--json", "--no-pdf"]
    )
    assert done.exit_code == 0, done.output
    told = {entry["unit"]: entry for entry in json.loads(done.stdout)}
    listed = {entry["unit"]: entry for entry in index["reports"]}
    for unit in UNITS:
        one = brief(folder, unit)
        land = one["landing"]
        for entry in (listed[unit], told[unit]):
            assert entry["headline"] == one["headline"]
            assert entry["figures"] == {
                "actual": one["actual"]["month"],
                "budget": one["budget"]["month"],
                "landing_p10": land["p10"],
                "landing_p50": land["p50"],
                "landing_p90": land["p90"],
                "overrun_probability": land["overrun_probability"],
            }


def test_the_dashboard_shows_the_published_figures(folder):
    root = folder / "reports"
    one = dashboard.open_brief(root, MONTH, "company")
    assert one == brief(folder, "Company")
    view = dashboard.view(one, dashboard.load(root / MONTH)[0])
    land = one["landing"]
    shown = json.dumps(view, ensure_ascii=False)
    assert view["headline"] == one["headline"]
    for value in (money(land["p50"], "USD"), chance(land["overrun_probability"])):
        assert value in shown


@pytest.mark.parametrize("unit", ["Company", "Search"])
def test_the_notebook_computes_the_published_figures(folder, unit):
    made = report_page(MONTH, unit, settings=str(folder))
    there = brief(folder, unit)
    for name in ("headline", "summary", "actual", "landing", "forecast", "children"):
        assert made.brief.get(name) == there.get(name), name
    before = {k: v for k, v in there["page_one"].items() if k != "since_report"}
    assert {k: v for k, v in made.brief["page_one"].items() if k != "since_report"} == before


def test_a_run_by_command_lands_where_the_report_lands(folder):
    done = CliRunner().invoke(
        app,
        ["run", str(folder / "base.yaml"), "--month", MONTH, "-s", str(folder), "--json"],
    )
    assert done.exit_code == 0, done.output
    base = json.loads(done.stdout)["scenarios"][0]
    land = brief(folder, "Company")["landing"]
    assert base["overrun_probability"] == land["overrun_probability"]
    for name in ("period", "p10", "p50", "p90", "mean", "budget", "breach_month"):
        assert base["budget"][name] == land[name]
