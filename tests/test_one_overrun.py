"""One overrun, one wording, one day: the same number in the same sentence wherever it is said, and how far from the published report
(docs/method §9.5, §9.6)."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from headline_world import days, workspace, year
from openpyxl import load_workbook
from typer.testing import CliRunner

import finops_model
from finops_model.cli import app
from finops_model.decide.sensitivity import sensitivity
from finops_model.documents import write_atomic
from finops_model.errors import FinOpsError
from finops_model.facts.daily import warehouse
from finops_model.publish import close, notebook_words, since
from finops_model.publish.alerts import workspace as watched
from finops_model.publish.dashboard.state import view as dashboard_view
from finops_model.publish.page.body import Page
from finops_model.publish.report.briefs import canonical
from finops_model.publish.report.workbook.book import write_workbook
from finops_model.simulate import scenarios as simulate
from finops_model.wording import landing as landing_words

YEAR = 37_000.0
REPORT = "2026-07"


def wobble(i):
    return 100 + (i * 7919) % 41 - 20


def published_words(land, budget=True):
    return f"FY2026 {landing_words.money(land['p50'])}" + (
        f", {landing_words.chance(land['overrun_probability'])} chance over" if budget else ""
    )


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """About 100 a day from January to mid-August 2026, the report of July published, 37,000 approved for the year."""
    folder = tmp_path_factory.mktemp("company")
    settings = workspace(folder, days("2026-01-01", "2026-08-15", wobble), budget=year(YEAR / 12))
    (folder / "base.yaml").write_text("name: Base\n")
    (folder / "wide.yaml").write_text(
        "name: Wide\nbase: base.yaml\nchanges:\n- {path: 'workloads/*/demand/level', op: scale, "
        "value: {p10: 0.8, p50: 1, p90: 1.2}, because: x}\n"
    )
    (folder / "same.yaml").write_text(
        "name: Same\nbase: base.yaml\nchanges:\n- {path: 'workloads/*/demand/level', op: scale, "
        "value: {min: 1, max: 1.0000001, kind: uniform}, because: x}\n"
    )
    (folder / "finops.yaml").write_text(
        "company: Small\nledger: ledger\ncurrency: USD\npaths: 256\nscenario: base.yaml\nbudgets: budgets.csv\n"
    )
    settings = settings.model_copy(update={"scenario": "base.yaml"})
    made = close.prepare(settings, REPORT)
    brief = close.briefs_of(made, ["Company"])[0]
    write_atomic(folder / "reports" / REPORT / "company" / "brief.json", canonical(brief))
    return folder, settings, made, brief


def call(company, *words):
    return CliRunner().invoke(app, [*words, "-s", str(company[0] / "finops.yaml")])


def said(done) -> str:
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def figures(land) -> tuple:
    return tuple(
        land[name]
        for name in (
            "period",
            "booked",
            "p10",
            "p50",
            "p90",
            "mean",
            "budget",
            "overrun_probability",
            "overrun_standard_error",
            "breach_month",
        )
    )


def test_the_same_number_in_the_same_sentence_everywhere(company, tmp_path):
    folder, settings, made, brief = company
    sentence, land = brief["headline"], brief["landing"]
    assert 0.05 < land["overrun_probability"] < 0.95 and land["budget"] == pytest.approx(YEAR)
    # report page, its tile, the workbook, the dashboard
    page = Page(brief)
    assert sentence.replace("'", "&#39;") in page.first_page().html and page.differences() == []
    title, note = landing_words.chance_title("FY2026"), landing_words.chance_note(land, "USD")
    assert title in page.first_page().html and note in page.first_page().html
    sheet = load_workbook(write_workbook(brief, tmp_path / "book.xlsx"))["Summary"]
    cells = {row[0].value: row[1].value for row in sheet.iter_rows(min_col=1, max_col=2)}
    assert sentence in cells and cells[title] == land["overrun_probability"]
    dials = {
        **made.base.dials,
        "year": [month for month in made.base.dials["months"] if month.startswith("2026")],
    }
    view = dashboard_view(brief, dials)
    card = next(card for card in view["cards"] if card["title"] == title)
    assert view["headline"] == sentence and (card["value"], card["note"]) == (
        landing_words.chance(land["overrun_probability"]),
        note,
    )
    # notebook, alerts, commands
    told = notebook_words.budget_answer(settings, made.base, made.daily)
    assert told.startswith(sentence) and told.endswith(
        "this run, as of 31 July 2026: "
        f"{landing_words.money(land['p50'])} (the same)"
        f", {landing_words.chance(land['overrun_probability'])} chance over."
    )
    assert (
        watched.look(settings, "2026-08-14").notes[-1]
        == f"The report 2026-07 (as of 31 July 2026) says: {sentence}"
    )
    for words in (("run", "base.yaml"), ("compare", "base.yaml", "wide.yaml")):
        command = (words[0], *(str(folder / name) for name in words[1:]))
        assert f"Base: {sentence} " in said(call(company, *command, "--month", REPORT)), words
        base = json.loads(call(company, *command, "--month", REPORT, "--json").output)["scenarios"][
            0
        ]
        assert (
            figures(base["budget"]) == figures(land)
            and base["overrun_probability"] == land["overrun_probability"]
        )
        assert figures(
            json.loads(
                call(
                    company,
                    *command,
                    "--as-of",
                    "2026-07-31",
                    "--budget",
                    repr(land["budget"]),
                    "--json",
                ).output
            )["scenarios"][0]["budget"]
        ) == figures(land)
    # of a scenario whose uncertain value moves nothing, sensitivity says the base's own sentence
    study = json.loads(
        call(
            company,
            "sensitivity",
            str(folder / "same.yaml"),
            "--month",
            REPORT,
            "--paths",
            "256",
            "--json",
        ).output
    )
    assert (
        study["landing"]["p50"] == pytest.approx(land["p50"], rel=1e-6)
        and study["landing"]["overrun_probability"] == land["overrun_probability"]
    )
    assert study["breaches"]["overall"]["value"] == land["overrun_probability"]
    told = said(
        call(company, "sensitivity", str(folder / "same.yaml"), "--month", REPORT, "--paths", "256")
    )
    assert sentence in told and "of all futures" not in told  # once, and in no other words


def test_python_says_it_too(company):
    folder, settings, _, brief = company
    daily = close.up_to(warehouse.daily(close.books(settings), settings), "2026-07-31")
    found = sensitivity(
        folder / "same.yaml",
        settings,
        "2026-07-31",
        256,
        budget=brief["landing"]["budget"],
        budget_period="year",
        sobol=False,
        daily=daily,
    )
    assert brief["headline"] in str(found) and brief["headline"] in found._repr_html_()


COMMANDS = {
    "run": ("run", "base.yaml"),
    "compare": ("compare", "wide.yaml"),
    "sensitivity": ("sensitivity", "wide.yaml", "--paths", "256"),
    "forecast": ("forecast", "--months", "8"),
}
NAMES = {
    "run": "the base of this run",
    "compare": "the base of this run",
    "sensitivity": "this scenario",
    "forecast": "this forecast",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_its_day_and_how_far_it_is_from_the_report(company, name):
    folder, *_, brief = company
    words = [str(folder / word) if word.endswith(".yaml") else word for word in COMMANDS[name]]
    then = f"Published report 2026-07 (as of 31 July 2026): {published_words(brief['landing'])}; {NAMES[name]}, as of"
    told = json.loads(call(company, *words, "--json").output)
    report, now = told["published"], told["published"]["now"]
    assert told["as_of"] == "2026-08-15" and (report["month"], report["as_of"], report["p50"]) == (
        REPORT,
        "2026-07-31",
        brief["landing"]["p50"],
    )
    assert (
        report["change"] == now / report["p50"] - 1 != 0
        and report["overrun_probability"] == brief["landing"]["overrun_probability"]
    )
    sign = "+" if report["change"] >= 0 else "−"
    assert (
        f"{then} 15 August 2026: {landing_words.money(now)} ({sign}{abs(report['change']) * 100:.1f} %), "
        in said(call(company, *words))
    )
    if name != "sensitivity":  # its scenario is not the base
        same = json.loads(call(company, *words, "--month", REPORT, "--json").output)
        assert same["as_of"] == "2026-07-31" and same["published"]["now"] == pytest.approx(
            brief["landing"]["p50"], rel=1e-12
        )
        assert (
            f"{then} 31 July 2026: {landing_words.money(brief['landing']['p50'])} (the same), "
            in said(call(company, *words, "--month", REPORT))
        )


REFUSED = {
    (
        "--as-of",
        "2025-12-31",
    ): "--as-of 2025-12-31: the ledger has complete data from 2026-01-01 to 2026-08-15. Choose a day in between.",
    (
        "--as-of",
        "2026-08-16",
    ): "--as-of 2026-08-16: the ledger has complete data from 2026-01-01 to 2026-08-15. Choose a day in between.",
    ("--as-of", "2026-02-30"): "--as-of: '2026-02-30' is not a day. Write it as 2026-01-31.",
    ("--as-of", "July"): "--as-of: 'July' is not a day. Write it as 2026-01-31.",
    (
        "--month",
        "2026-09",
    ): "2026-09: the ledger has no data for September 2026; it holds January 2026 to August 2026. Choose one of these months, or take the "
    "missing bill in: finops ingest FILE.",
    (
        "--month",
        "July",
    ): "month: 'July' is not a month. Write year and month as YYYY-MM, for example 2026-10.",
    (
        "--month",
        "2026-07",
        "--as-of",
        "2026-07-31",
    ): "--as-of is a day, and --month is the last day of a month's report. Give one of them.",
}


@pytest.mark.parametrize("words", REFUSED)
@pytest.mark.parametrize("name", [*COMMANDS, "commit"])
def test_a_day_that_cannot_be_meant_is_refused_in_the_same_words_everywhere(
    company, monkeypatch, name, words
):
    for module, work in ((simulate, "run_many"), (simulate, "demand_of")):
        monkeypatch.setattr(module, work, lambda *a, **k: pytest.fail("work began"))
    command = [
        str(company[0] / word) if word.endswith(".yaml") else word
        for word in COMMANDS.get(name, (name,))
    ]
    done = call(company, *command, *words)
    assert isinstance(done.exception, FinOpsError) and str(done.exception) == REFUSED[words]
    if words[0] == "--month" and len(words) == 2:  # the report's own words
        report = call(company, "report", *words)
        assert str(report.exception) == REFUSED[words]


def test_a_month_s_numbers_are_made_by_the_engine_that_made_its_report(company):
    folder, settings, _, brief = company
    assert brief["lineage"]["engine"] == "numpy"
    report = since.published(settings, "2026-07-31")
    assert (
        since.engine_of(report, REPORT) == "numpy"
        and since.engine_of(report, "2026-06")
        is since.engine_of(report, None)
        is since.engine_of(None, REPORT)
        is None
    )
    told = CliRunner().invoke(
        app,
        [
            "run",
            str(folder / "base.yaml"),
            "--month",
            REPORT,
            "--json",
            "-s",
            str(folder / "finops.yaml"),
        ],
        env={"FINOPS_ENGINE": "auto"},
    )
    found = json.loads(told.output)
    assert found["engine"] == "numpy" and figures(found["scenarios"][0]["budget"]) == figures(
        brief["landing"]
    )


def test_without_a_report_it_is_said(tmp_path):
    workspace(tmp_path, days("2026-01-01", "2026-07-31", wobble))
    (tmp_path / "base.yaml").write_text("name: Base\n")
    (tmp_path / "finops.yaml").write_text(
        "company: Small\nledger: ledger\ncurrency: USD\npaths: 256\nscenario: base.yaml\n"
    )
    assert said(call((tmp_path,), "run", str(tmp_path / "base.yaml"))).endswith(
        "No report is published yet."
    )
    told = json.loads(call((tmp_path,), "run", str(tmp_path / "base.yaml"), "--json").output)
    assert (
        told["published"] is None
        and told["as_of"] == "2026-07-31"
        and "budget" not in told["scenarios"][0]
    )
    assert "No report is published yet." in said(call((tmp_path,), "forecast", "--months", "1"))


def test_which_report_a_day_is_held_against(company, tmp_path):
    folder, settings, _, brief = company
    for month, day in (("2026-05", "2026-05-31"), ("2026-07", "2026-07-31")):
        write_atomic(
            tmp_path / "reports" / month / "company" / "brief.json",
            canonical({**brief, "month": month, "data_as_of": day}),
        )
    write_atomic(tmp_path / "reports" / "2026-08" / "company" / "brief.json", "{}")  # no report
    own = settings.model_copy(update={"reports": str(tmp_path / "reports")})
    assert [
        since.published(own, day).month
        for day in ("2026-04-30", "2026-06-30", "2026-07-31", "2026-08-15")
    ] == ["2026-07", "2026-05", "2026-07", "2026-07"]
    assert since.published(own, "2026-07-31", "Research") is None
    assert since.published(settings.model_copy(update={"currency": "EUR"}), "2026-07-31") is None


LAND = {
    "period": "FY2026",
    "closed": False,
    "no_width": False,
    "booked": 1.0,
    "p10": 9.7e6,
    "p50": 9.78e6,
    "p90": 9.9e6,
    "budget": 9.72e6,
    "overrun_probability": 0.758,
    "breach_month": "2026-12",
}
NOW = {**LAND, "p50": 9.92e6, "overrun_probability": 0.9999}
HEAD = "Published report 2026-10 (as of 31 October 2026): "


@pytest.mark.parametrize(
    "then, now, told",
    [
        (
            LAND,
            NOW,
            "FY2026 $9.78m, 76 % chance over; this run, as of 15 November 2026: $9.92m (+1.4 %), more than 99 % chance over.",
        ),
        (
            LAND,
            {**NOW, "budget": 1e6},
            "FY2026 $9.78m, 76 % chance over; this run, as of 15 November 2026: $9.92m (+1.4 %).",
        ),
        (
            LAND,
            {**NOW, "p50": 9.6e6, "overrun_probability": 0.001},
            "FY2026 $9.78m, 76 % chance over; this run, as of 15 November 2026: $9.60m (−1.8 %), less than 1 % chance over.",
        ),
        (
            LAND,
            {**NOW, "breach_month": "already exceeded"},
            "FY2026 $9.78m, 76 % chance over; this run, as of 15 November 2026: $9.92m (+1.4 %), budget already exceeded.",
        ),
        (
            LAND,
            {**NOW, "period": "FY2027"},
            "FY2026 $9.78m, 76 % chance over; this run, as of 15 November 2026, is of FY2027.",
        ),
        (LAND, None, "FY2026 $9.78m, 76 % chance over; this run is as of 15 November 2026."),
        (
            {**LAND, "budget": None, "overrun_probability": None},
            {**NOW, "budget": None},
            "FY2026 $9.78m; this run, as of 15 November 2026: $9.92m (+1.4 %).",
        ),
        (
            LAND,
            {**LAND, "p50": 9.7799e6},
            "FY2026 $9.78m, 76 % chance over; this run, as of 15 November 2026: $9.78m (less than 0.1 % less), 76 % chance over.",
        ),
        (
            {**LAND, "p50": None, "booked": 1e6},
            NOW,
            "FY2026 $1.00m so far; this run is as of 15 November 2026.",
        ),
    ],
)
def test_the_sentence_of_the_distance(then, now, told):
    published = {"month": "2026-10", "as_of": "2026-10-31", "landing": then}
    assert (
        landing_words.beside_published(published, "2026-11-15", now, "USD", "this run")
        == HEAD + told
    )


def test_no_other_module_words_an_overrun():
    """Another wording of the overrun is a change of one file: no other has words of its own for it."""
    package = Path(finops_model.__file__).parent
    home = package / "wording" / "landing.py"
    own = re.compile(
        r"chance that|chance over|exceeds the|budget is exceeded|likely to exceed|[Cc]hance of exceeding|[Pp]robability of exceeding|already exceeded|already used up"
    )
    assert len(own.findall(home.read_text(encoding="utf-8"))) > 8
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node, False)
        }
        words = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in told
        ]
        assert path == home or not [text for text in words if own.search(text)], path
