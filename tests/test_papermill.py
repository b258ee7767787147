"""`papermill monthly_budget.ipynb`: any month of any workspace, computed; what is wrong is one sentence (docs/method §15.51)."""

from __future__ import annotations

import hashlib
import json

import openpyxl
import papermill
import pytest
from headline_world import days, workspace, year
from papermill.exceptions import PapermillExecutionError

import finops_model as fm
from finops_model import resources
from finops_model.errors import FinOpsError, InputError, LedgerError, ReportError
from finops_model.front.report_page import injected, report_page
from finops_model.publish import close
from finops_model.publish.report.run import Kernel
from finops_model.publish.report.workbook.book import write_workbook

MONTH, FEW = "2026-07", {"month": "2026-07", "paths": 100}
TEAMS = {"Support": 100, "Research": 40}
DOUBLE = """name: Twice
changes:
  - {path: "workloads/*/demand/level", op: scale, value: 2.0, since: 2026-08, because: a test}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two units of seven months, with a budget, a finops.yaml and a scenario."""
    root = tmp_path_factory.mktemp("papermill")
    parts = []
    for unit, cost in TEAMS.items():
        tags = json.dumps({"team": unit.lower(), "business_unit": unit})
        named = {"Tags": tags, "ServiceName": unit}
        parts.append(days("2026-01-01", "2026-07-31", lambda i, c=cost: c + i % 7, unit, **named))
    workspace(root, *parts, budget=year(4500))
    (root / "finops.yaml").write_text(
        "company: Small\ncurrency: USD\nledger: ledger\nbudgets: budgets.csv\npaths: 200\nwhat_ifs: [twice.yaml]\n"
    )
    (root / "twice.yaml").write_text(DOUBLE)
    return root


@pytest.fixture(scope="module")
def kernel():
    """One kernel for every run: nobody waits for pandas twice."""
    with Kernel() as warm:
        yield warm


def run(kernel, tmp_path, **given):
    """What papermill makes of the notebook, in an empty folder."""
    return papermill.execute_notebook(
        str(resources.path(resources.REPORT)),
        str(tmp_path / "out.ipynb"),
        parameters=given,
        kernel_name="python3",
        progress_bar=False,
        cwd=str(tmp_path),
        km=kernel.manager,
        log_output=False,
    )


def shown(book) -> str:
    return "".join(
        out.data.get("text/html", "")
        for cell in book.cells
        for out in cell.get("outputs", [])
        if "data" in out
    )


def agreeing(page, tmp_path) -> set[str]:
    """Sheets of the workbook of a page that say they agree with it; none says that it differs."""
    book = openpyxl.load_workbook(write_workbook(page.brief, tmp_path / "w.xlsx"), data_only=True)
    verdicts = {row[0].value: row[2].value for row in book["Contents"].iter_rows(min_row=5)}
    assert verdicts["All checks"] == "agrees", verdicts
    return {name for name, verdict in verdicts.items() if verdict == "agrees"}


def test_the_report_is_computed_to_the_day_that_is_asked_for(folder, tmp_path):
    """An oracle: the sum of the bill's own rows."""
    page = report_page(MONTH, "support", settings=str(folder), as_of="2026-07-20", paths=100)
    brief = page.brief
    first = 181  # days of 2026 before July
    assert brief["unit"] == "Support" and brief["status"] == "flash"
    assert brief["status_reason"] == "the month is under way: data up to 2026-07-20"
    assert brief["actual"]["month"] == sum(100 + i % 7 for i in range(first, first + 20))
    assert brief["forecast"]["paths"] == 100 and brief["data_as_of"] == "2026-07-20"
    assert brief["forecast"]["months"][0]["month"] == MONTH
    assert brief["forecast"]["months"][0]["so_far"] == brief["actual"]["month"]
    assert agreeing(page, tmp_path) >= {"Months", "Vendors", "Lines", "History"}


def test_without_anything_it_is_the_brief_that_a_close_makes(folder, tmp_path, monkeypatch):
    """The workspace is found in a folder above; nothing is published, and no file of the workspace is another one."""
    (folder / "notebooks").mkdir(exist_ok=True)
    monkeypatch.chdir(folder / "notebooks")
    settings = fm.load_settings(folder)
    made = close.briefs_of(close.prepare(settings, MONTH), ["Company"])[0]
    before = {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
    page = report_page(MONTH)
    assert page.brief["landing"] == json.loads(json.dumps(made["landing"]))
    assert page.brief["headline"] == made["headline"] and page.brief["forecast"]["paths"] == 200
    after = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in before}
    assert after == before and not (folder / "reports").exists()
    (twice,) = page.brief["what_ifs"]
    assert [(one["path"], one["how"], one["value"], one["was"]) for one in twice["changes"]] == [
        ("workloads/*/demand/level", "scale", "2", "1")
    ]
    assert agreeing(page, tmp_path) >= {"Months", "Quarters and years", "Units", "Movements"}


def test_another_base_is_taken_below_the_workspace_and_here(folder, tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(DOUBLE)
    monkeypatch.chdir(tmp_path)
    plain = report_page(settings=str(folder), **FEW).brief["forecast"]["months"][1]["mean"]
    for name in ("twice.yaml", "mine.yaml"):
        brief = report_page(settings=str(folder), scenario=name, **FEW).brief
        assert brief["forecast"]["months"][1]["mean"] == pytest.approx(2 * plain, rel=1e-9)


def test_papermill_by_hand_computes_in_an_empty_folder(folder, kernel, tmp_path):
    book = run(kernel, tmp_path, settings=str(folder), unit="Research", as_of="2026-07-20", **FEW)
    text = shown(book)
    assert "Research" in text and "flash" in text.casefold()
    actual = sum(40 + i % 7 for i in range(181, 201))
    assert f'value="{actual}.0"' in text
    assert {path.name for path in tmp_path.iterdir()} == {"out.ipynb"}


@pytest.mark.parametrize(
    "given, told",
    [
        (
            {"unit": "Suport"},
            "LedgerError: --unit: unknown unit 'Suport'. Did you mean 'Support'? Known: Company, Research, Support.",
        ),
        (
            {"mnth": "2026-06"},
            "ReportError: monthly_budget.ipynb: unknown parameter 'mnth'. Did you mean 'month'? "
            "Known: month, unit, settings, scenario, as_of, paths, brief_path.",
        ),
        (
            {"paths": "many"},
            "ReportError: monthly_budget.ipynb: parameter paths: 'many' is str; it must be int.",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_in_the_notebook_and_no_wall(
    folder, kernel, tmp_path, given, told
):
    with pytest.raises(PapermillExecutionError) as problem:
        run(kernel, tmp_path, **{"settings": str(folder), **FEW, **given})
    assert problem.value.traceback == [told]
    assert str(problem.value).rstrip().splitlines()[-1] == told


@pytest.mark.parametrize(
    "given, kind, told",
    [
        (
            {"month": "Oct"},
            InputError,
            "month: 'Oct' is not a month. Write year and month as YYYY-MM, for example 2026-10.",
        ),
        (
            {"month": "2024-01"},
            LedgerError,
            "2024-01: the ledger has no data for January 2024; it holds January 2026 to July 2026. "
            "Choose one of these months, or take the missing bill in: finops ingest FILE.",
        ),
        (
            {"as_of": "2026-08-01"},
            LedgerError,
            "as_of 2026-08-01: the ledger has data of July 2026 from 2026-07-01 to 2026-07-31. Choose a day in between.",
        ),
        ({"as_of": "20"}, InputError, "as_of: '20' is not a day. Write it as 2026-01-31."),
        (
            {"paths": 5},
            InputError,
            "paths is 5; write a whole number from 100 to 100,000, or 0 for as many as the base says.",
        ),
        (
            {"paths": 1.5},
            ReportError,
            "monthly_budget.ipynb: parameter paths: '1.5' is float; it must be int.",
        ),
        (
            {"unit": 7},
            ReportError,
            "monthly_budget.ipynb: parameter unit: '7' is int; it must be str.",
        ),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_in_one_sentence(folder, given, kind, told):
    with pytest.raises(kind) as problem:
        report_page(**{"settings": str(folder), **FEW, **given})
    assert str(problem.value) == told


def test_a_brief_is_shown_as_it_is_or_the_report_is_computed():
    with pytest.raises(InputError) as problem:
        report_page(MONTH, brief_path="a/brief.json", as_of="2026-07-20")
    assert str(problem.value) == (
        "as_of: a brief is shown as it is. Leave brief_path out to compute the report, or leave as_of out."
    )
    with pytest.raises(ReportError) as problem:
        report_page(MONTH, brief_path="a/brief.json")
    told = "a/brief.json: there is no such brief. Publish the month first: finops report."
    assert str(problem.value) == told


def test_a_workspace_or_scenario_that_is_not_there_is_said(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as problem:
        report_page(MONTH)
    assert str(problem.value).startswith("finops.yaml: there is no such file.")
    with pytest.raises(FinOpsError) as problem:
        report_page(settings=str(folder), scenario="non.yaml", **FEW)
    assert "non.yaml: there is no such" in str(problem.value)


def test_a_name_that_is_code_is_no_parameter():
    """papermill runs names as code; what ran besides is said before anything is computed."""
    cell = "# Parameters\nmonth = '2026-10'\nimport os\nx = os.getcwd()\n"
    assert injected(["paths = 3", cell, "report_page(month)"]) == {
        "month": "2026-10",
        "import os": None,
        "x": None,
    }
    assert injected(["paths = 3"]) == {}
