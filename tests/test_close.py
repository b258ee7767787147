"""The whole flow as users run it: `finops report`, `verify`, `start`, on the sample company and on the real bill."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import yaml
from commands import finops

from finops_model.publish.report.manifest import compare_briefs

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
BILL, DRIVER = SHARED / "real_bill_focus.csv", SHARED / "real_business_driver_daily.csv"


def settings_in(folder: Path, **changes) -> Path:
    """A copy of the sample company in `folder`, with fewer paths."""
    if not (folder / "data").exists():
        for name in ("data", "scenarios"):
            shutil.copytree(
                ROOT / name,
                folder / name,
                ignore=shutil.ignore_patterns("*.py", "__pycache__", "mine-*"),
            )
    document = yaml.safe_load((ROOT / "finops.yaml").read_text(encoding="utf-8"))
    document.update(
        {"ledger": "ledger", "runs": "runs", "reports": "reports", "paths": 1000, **changes}
    )
    path = folder / "finops.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """(settings file, reports folder, stdout) of `finops report` on the sample company, October 2026."""
    folder = tmp_path_factory.mktemp("close")
    path = settings_in(folder)
    code, out, err = finops("report", "--settings", path)
    assert code == 0, err
    return path, folder / "reports", out


def brief_of(published, unit="company", month="2026-10"):
    return json.loads((published[1] / month / unit / "brief.json").read_text(encoding="utf-8"))


def files_below(folder: Path) -> dict:
    return {
        str(p.relative_to(folder)): p.stat().st_mtime_ns
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_the_close_publishes_the_company_and_every_unit(published):
    index = json.loads((published[1] / "index.json").read_text(encoding="utf-8"))["reports"]
    assert [entry["unit"] for entry in index] == [
        "Company",
        "Customer Support",
        "Research Platform",
        "Risk & Compliance",
        "Search & Discovery",
    ]
    for entry in index:
        folder = published[1] / "2026-10" / entry["slug"]
        assert sorted(p.name for p in folder.iterdir()) == [
            "brief.json",
            "mail.html",
            "manifest.json",
            "report.html",
            "summary.txt",
            "workbook.xlsx",
        ]
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert len(page) <= 350_000 and not re.search(
            r"<script|(?:src|href)\s*=\s*[\"']?(?:https?:)?//", page
        )
        assert entry["headline"] in published[2]
    assert (published[1] / "2026-10" / "dashboard.npz").is_file() and (
        published[1] / "2026-10" / "index.html"
    ).is_file()


def test_page_one_ties_out_and_the_month_is_final(published):
    brief = brief_of(published)
    tie = brief["tie_out"]
    assert (
        brief["status"] == "final"
        and tie["difference"] == "0.00"
        and tie["invoice_total"] == tie["ledger_total"]
    )
    assert (
        brief["budget"]["version"] == "2026 reforecast 6+6"
        and brief["people"]["prepared_by"]
        and brief["data_as_of"] == "2026-10-31"
    )
    assert [line["what"] for line in brief["excluded"]][:1] == ["Tax"]


def test_page_one_says_where_the_year_stands_and_why_the_next_month_is_another(published):
    brief = brief_of(published)
    page, land = brief["page_one"], brief["landing"]
    lead = page["periods"]["sentence"]
    assert lead.startswith("$145k over budget by October 2026. FY2027 needs $1")
    assert lead.endswith("m), if nothing changes.")
    assert {one["period"]: one["material"] for one in page["periods"]["lines"][:5]} == {
        **{"Q1 2026": True, "Q2 2026": True, "Q3 2026": False, "Q4 2026": False},
        "FY2026": False,  # not 2 % of the year
    }
    year = page["periods"]["lines"][4]
    assert (year["value"], year["budget"]) == (land["mean"], land["budget"])
    quarters = [one["value"] for one in page["periods"]["lines"][:4]]
    assert sum(quarters) == pytest.approx(year["value"], abs=1e-6)
    assert page["periods"]["last_source"] == "re-created"
    assert page["since_report"] == {"month": None, "lines": []}
    ahead = page["next_month"]
    assert ahead["month"] == "2026-11" and ahead["change"] == pytest.approx(
        sum(part["amount"] for part in ahead["parts"]), abs=1e-6
    )
    assert ahead["sentence"].startswith("November 2026 is expected at $")
    assert "a day less −$28." in ahead["sentence"]
    # the bill goes on to 15 November: the index says where the year stands then, and no page does
    index = json.loads((published[1] / "index.json").read_text(encoding="utf-8"))["reports"]
    notes = {entry["unit"]: entry["later"] for entry in index if "later" in entry}
    assert list(notes) == ["Company"] and notes["Company"]["sentence"].startswith(
        "15 days later FY2026 stands at $9."
    )


def test_actuals_equal_the_truth_behind_the_sample(published):
    truth = json.loads((ROOT / "data/samples/truth.json").read_text(encoding="utf-8"))
    found = brief_of(published)
    month = {child["unit"]: child["actual"] for child in found["children"]}
    assert found["actual"]["month"] == pytest.approx(sum(month.values()), abs=0.01)
    assert found["actual"]["month"] == pytest.approx(
        sum(line["cost"] for line in found["lines"]), abs=0.01
    )
    assert found["actual"]["month"] == pytest.approx(
        sum(line["quantity"] * line["unit_price"] for line in found["lines"]), abs=0.01
    )
    assert truth and len(found["actual"]["by_month"]) == 29


def test_the_landing_is_booked_plus_open_months_and_its_range_is_ordered(published):
    for slug in ("company", "research-platform"):
        brief = brief_of(published, slug)
        land = brief["landing"]
        booked = sum(v for m, v in brief["actual"]["by_month"].items() if m.startswith("2026"))
        assert land["booked"] == pytest.approx(booked) and land["p10"] < land["p50"] < land["p90"]
        means = sum(m["mean"] for m in brief["forecast"]["months"] if m["month"].startswith("2026"))
        assert land["mean"] == pytest.approx(booked + means)
        assert 0 < land["overrun_probability"] < 1 and land["holdback_p80"] == pytest.approx(
            land["holdback_p80"]
        )


def without_head(path: Path) -> bytes:
    """Bytes of a published file, the head of the records' chain apart: it is another one at every publication."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            data = b"".join(book.read(name) for name in book.namelist())
    else:
        data = path.read_bytes()
    heads = json.loads((path.parent / "manifest.json").read_text())["extra"]["records"]
    assert path.name == "brief.json" or heads["head"].encode() in data
    return data.replace(heads["head"].encode(), b"").replace(heads["head"][:16].encode(), b"")


def test_the_same_command_twice_gives_the_same_bytes(published, tmp_path):
    before = {
        p: without_head(p)
        for p in published[1].glob("2026-*/*/*")
        if p.name in ("brief.json", "report.html", "workbook.xlsx")
    }
    units = ["--unit", "Company", "--unit", "Risk & Compliance"]
    words = ["--settings", published[0], "--fast", "--workers", "1", *units, "--out", tmp_path]
    code, _, err = finops("report", *words, fresh=True)  # a hash seed of its own
    assert code == 0, err
    again = {tmp_path / path.relative_to(published[1]): data for path, data in before.items()}
    assert before and all(
        without_head(path) == data for path, data in again.items() if path.exists()
    )
    assert sum(path.exists() for path in again) == 6


def test_a_published_report_is_verified_and_an_altered_one_is_not(published):
    folder = published[1] / "2026-10" / "company"
    code, out, err = finops("verify", folder, "--settings", published[0], fresh=True)
    same = "verified. Made again from the ledger's rows and the same: every number"
    assert code == 0 and same in out, err
    path = folder / "brief.json"
    kept = path.read_bytes()
    document = json.loads(kept)
    document["landing"]["p50"] += 0.01
    path.write_text(json.dumps(document))
    code, _, err = finops("verify", folder, "--settings", published[0])
    path.write_bytes(kept)
    assert code == 2 and "not verified" in err and "brief.json" in err


def test_a_number_that_cannot_be_made_again_is_named(published):
    brief = brief_of(published)
    other = json.loads(json.dumps(brief))
    other["landing"]["p50"] += 1e-9 * abs(other["landing"]["p50"])
    assert compare_briefs(brief, brief) == [] and "landing/p50" in compare_briefs(brief, other)[0]


def test_a_month_under_way_is_actual_so_far_plus_the_rest(published):
    code, out, err = finops(
        "report", "--settings", published[0], "--month", "2026-11", "--unit", "Company"
    )
    assert code == 0 and "flash" in out, err
    brief = brief_of(published, month="2026-11")
    now = brief["forecast"]["months"][0]
    assert (brief["status"], now["month"], brief["data_as_of"]) == (
        "flash",
        "2026-11",
        "2026-11-15",
    )
    assert now["so_far"] == pytest.approx(brief["actual"]["month"]) and now["p05"] > now["so_far"]
    # the forecast published for November with October's report now stands beside it, frozen
    october = brief_of(published)["forecast"]["months"][0]
    assert (
        brief["previous_forecast"]["source"] == "published"
        and brief["previous_forecast"]["p50"] == october["p50"]
    )
    page = brief["page_one"]
    assert "next_month" not in page and page["periods"]["last_source"] == "published"
    month, year = page["since_report"]["lines"]
    assert month["sentence"].startswith("November 2026 so far cost $")
    assert "the same days of October 2026" in month["sentence"]
    assert " in the report of October 2026" in year["sentence"]


@pytest.mark.parametrize(
    "words, said",
    [
        (
            ["--month", "2031-01"],
            "2031-01: the ledger has no data for January 2031; it holds June 2024 to November 2026.",
        ),
        (
            ["--month", "26-10"],
            "month: '26-10' is not a month. Write year and month as YYYY-MM, for example 2026-10.",
        ),
        (
            ["--unit", "Custmer Support"],
            "--unit: unknown unit 'Custmer Support'. Did you mean 'Customer Support'?",
        ),
        (["--budget", "x.csv"], "--budget goes with a BILL."),
    ],
)
def test_a_wrong_word_is_one_message_and_nothing_is_written(published, words, said):
    before = files_below(published[1])
    code, out, err = finops("report", "--settings", published[0], *words)
    assert code == 2 and said in err.replace("\n", " ") and "Traceback" not in err and out == ""
    assert files_below(published[1]) == before


def test_a_budget_in_another_currency_and_a_scenario_with_a_typo_publish_nothing(
    published, tmp_path
):
    shared_ledger = str(published[0].parent / "ledger")
    settings_in(tmp_path)
    budgets = pd.read_csv(ROOT / "data/samples/budgets.csv", dtype=str)
    budgets.assign(currency="EUR").to_csv(tmp_path / "budgets.csv", index=False)
    (tmp_path / "scenarios/typo.yaml").write_text("name: a\nbase: 00_base.yaml\nchnages: []\n")
    for change, said in (
        ({"budgets": "budgets.csv"}, "EUR"),
        ({"what_ifs": ["scenarios/typo.yaml"]}, "unknown key 'chnages'. Did you mean 'changes'?"),
    ):
        code, out, err = finops(
            "report", "--settings", settings_in(tmp_path, ledger=shared_ledger, **change)
        )
        assert (
            code == 2
            and said in err.replace("\n", " ")
            and "Traceback" not in err
            and not (tmp_path / "reports").exists()
        ), err


@pytest.mark.parametrize(
    "name, data, said",
    [
        ("missing.csv", None, "there is no such file"),
        ("empty.csv", b"", "empty"),
        ("page.csv", b"<!DOCTYPE html><html>sign in</html>", "page.csv"),
        ("report.pdf", b"%PDF-1.7 \x00\x01\x02 binary", "report.pdf"),
        ("bill.parquet", b"PAR1broken", "bill.parquet"),
        ("notes.csv", b"name,colour\nanna,red\nben,blue\n", "notes.csv"),
    ],
)
def test_a_file_that_is_no_bill_is_one_message_and_leaves_nothing(tmp_path, name, data, said):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    code, out, err = finops("start", name, "--yes", cwd=tmp_path)
    assert code == 2 and said in err and "Traceback" not in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ([name] if data is not None else [])


def test_ten_minutes_from_any_table_to_a_report(tmp_path):
    days = pd.date_range("2025-01-01", "2025-08-20")
    lines = ["Usage Date;Cost Centre;Cost (EUR)"] + [
        f"{d:%d.%m.%Y};{team};{amount:.2f}".replace(".", ",", 0)
        for d in days
        for team, amount in (("Vision", 1200 + d.dayofweek), ("Speech", 300 + d.day))
    ]
    text = "\n".join(
        line.rsplit(";", 1)[0] + ";" + line.rsplit(";", 1)[1].replace(".", ",") for line in lines
    )
    (tmp_path / "kosten.csv").write_text(text, encoding="utf-8")
    code, out, err = finops("start", "kosten.csv", "--yes", cwd=tmp_path)
    assert code == 0, err
    workspace = tmp_path / "workspaces" / "kosten"
    brief = json.loads(
        (workspace / "reports" / "2025-08" / "company" / "brief.json").read_text(encoding="utf-8")
    )
    assert (
        brief["currency"] == "EUR"
        and brief["status"] == "flash"
        and (workspace / "mapping.yaml").is_file()
    )
    assert brief["actual"]["by_month"]["2025-07"] == pytest.approx(
        sum(1200 + d.dayofweek + 300 + d.day for d in days if d.month == 7)
    )
    assert finops("report", "--settings", workspace, "--month", "2025-07", cwd=tmp_path)[0] == 0


@pytest.mark.shared
@pytest.mark.skipif(not BILL.is_file(), reason="the real bill (../shared/data) is not here")
def test_the_real_bill(tmp_path):
    examples = ROOT / "scenarios" / "examples"
    code, out, err = finops(
        "report",
        BILL,
        "--driver",
        DRIVER,
        "--what-if",
        examples / "sessions_grow_half.yaml",
        "--what-if",
        examples / "committed_use_discount.yaml",
        cwd=tmp_path,
    )
    assert code == 0, err
    brief = json.loads(
        (tmp_path / "workspaces/real-bill-focus/reports/2019-10/company/brief.json").read_text(
            encoding="utf-8"
        )
    )
    assert (brief["ledger_rows"], brief["ledger_all_time"]) == (2009, "110191.495837")
    page = brief["page_one"]
    assert page["periods"]["sentence"].startswith(
        "$48.5k spent in FY2019 by 13 October 2019, as much as a year before; "
        "there is no budget to hold it against. FY2020 needs $"
    )
    assert "next_month" not in page  # a part of a month
    assert page["materiality"]["least"] is None
    assert [m["month"] for m in brief["forecast"]["months"]][:4] == [
        "2019-10",
        "2019-11",
        "2019-12",
        "2020-01",
    ]
    assert all(m["p10"] < m["p50"] < m["p90"] for m in brief["forecast"]["months"])
    cost = next(line for line in brief["unit_costs"] if line["name"] == "Cost per session launched")
    november = cost["by_month"][0]
    assert (
        november["month"] == "2018-11"
        and round(november["value"], 5) == 0.00963
        and november["partial"]
        and november["days"] == 27
    )
    assert cost["by_month"][-1]["month"] == "2019-10" and cost["partial"] and cost["days"] == 13
    graded = {row["lead"]: row for row in brief["accuracy"]["rows"]}
    assert graded[2]["n"] >= 6 and graded[6]["n"] >= 3 and graded[2]["naive_error_pct"] > 0
    grow, commit = brief["what_ifs"]
    assert grow["difference_p10"] > 0 and commit["difference_mean"] < 0
    assert (
        brief["previous_forecast"]["made"] == "2019-09"
        and brief["previous_forecast"]["actual"] is None
    )
