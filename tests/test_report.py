"""Published reports: the brief's figures and nothing else, nothing from outside runs, all or nothing, the same bytes every time."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_model import resources
from finops_model.errors import InputError, ReportError
from finops_model.publish.archive import commit
from finops_model.publish.dashboard import archive as dashboard_archive
from finops_model.publish.page.body import Page, open_brief
from finops_model.publish.page.html import DRAWN, TAGS, WRITTEN, sanitised
from finops_model.publish.page.tables import Column, differences, table
from finops_model.publish.report import run as report_run
from finops_model.publish.report.briefs import (
    canonical,
    check_brief,
    figures_hash,
    load_brief,
    lookup,
)
from finops_model.publish.report.build import build_reports, to_pdf
from finops_model.publish.report.manifest import compare_briefs, verify_files
from finops_model.records.states import FOUR_EYES_OFF
from finops_model.wording import day, landing

BRIEFS = Path(__file__).parent / "fixtures" / "briefs"
ROOT = Path(__file__).resolve().parents[1]
EVIL = '<script>alert(1)</script><img src=x onerror=alert(2)> =HYPERLINK("http://evil.example") [x](javascript:alert(3)) $$\\frac12$$ \u202egpj " onload="x '
MARKED = {"records": {"head": "4f" * 32, "four_eyes": "off"}}  # of the store of records
SIX = {
    "report.html",
    "brief.json",
    "workbook.xlsx",
    "mail.html",
    "summary.txt",
    "manifest.json",
}
CODES = {
    "month",
    "for",
    "made",
    "slug",
    "currency",
    "status",
    "billing_period",
    "difference",
    "invoice",
    "ledger",
    "quarantined",
    "invoice_total",
    "ledger_total",
    "better",
    "breach_month",
    "ledger_all_time",
}


def read(name: str) -> dict:
    return json.loads((BRIEFS / f"{name}.json").read_text(encoding="utf-8"))


def hostile(value, key: str = ""):
    """Every text of a brief that people or bills may write, made hostile."""
    if isinstance(value, dict):
        return {name: hostile(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [hostile(item, key) for item in value]
    return EVIL + value if isinstance(value, str) and key not in CODES else value


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """An archive with four reports from one warm kernel; the last has hostile texts wherever people or bills may write."""
    root = tmp_path_factory.mktemp("reports")
    evil = hostile({**read("company"), "slug": "evil"})
    *entries, entry = build_reports(
        [read("company"), read("unit"), read("real_bill"), evil],
        root,
        fast=True,
        manifest_extra=MARKED,
    )
    return root, entries, entry, evil


class Seen(HTMLParser):
    """Elements, attributes and the words of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.attributes, self.words = set(), set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {(tag, name, value) for name, value in attrs}

    def handle_data(self, data):
        self.words.append(data)


def test_a_report_is_six_files_that_index_and_manifest_know_by_hash(published):
    root, entries, *_ = published
    assert [(e["month"], e["slug"]) for e in entries] == [
        ("2026-10", "company"),
        ("2026-10", "customer-support"),
        ("2026-11", "company"),
    ]
    index = json.loads((root / "index.json").read_text(encoding="utf-8"))
    assert [(e["month"], e["slug"]) for e in index["reports"]][:2] == [
        ("2026-11", "company"),
        ("2026-10", "company"),
    ]
    for entry in entries:
        folder = root / entry["month"] / entry["slug"]
        assert {path.name for path in folder.iterdir()} == {*SIX} == set(entry["files"])
        for name, told in entry["files"].items():
            data = (folder / name).read_bytes()
            assert told == {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        assert verify_files(folder) == []
    assert entries[0]["figures"] == {
        "actual": 903260.5186,
        "budget": 902000.0,
        "landing_p10": 9670147.43,
        "landing_p50": 9779869.363,
        "landing_p90": 9924542.191,
        "overrun_probability": 0.75175,
    }
    assert dashboard_archive.open_brief(root, "2026-10", "company") == read("company")
    for page in (root / "index.html", root / "2026-10" / "index.html"):
        assert entries[0]["headline"] in page.read_text(encoding="utf-8")
    assert not (root / ".failed").exists() and not list(root.glob(".staging-*"))


def test_a_page_loads_nothing_runs_nothing_and_is_small(published):
    root, *_ = published
    for path in (one for one in root.rglob("*.html") if one.name != "mail.html"):
        text = path.read_text(encoding="utf-8")
        seen = Seen(text)
        assert len(text.encode()) <= 350 * 1024
        assert seen.tags <= {
            *(tag.lower() for tag in TAGS),
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "main",
            "footer",
            "a",
            "data",
        }
        assert not [
            name
            for _, name, _ in seen.attributes
            if name.startswith("on") or name in ("src", "srcset", "style", "action", "formaction")
        ]
        for tag, name, value in seen.attributes:
            if name == "href":
                assert tag == "a" and re.fullmatch(
                    r"(\.\./)?([0-9]{4}-[0-9]{2}/)?([a-z0-9-]+/)?[a-z]+\.(html|json|xlsx)",
                    value,
                ), value
            elif name == "xmlns":
                assert value == "http://www.w3.org/2000/svg"
            else:
                assert "://" not in (value or "") or name == "aria-label"
        assert "default-src 'none'" in text and "@import" not in text and "url(" not in text


def test_texts_from_outside_are_shown_as_the_text_they_are(published):
    root, _, entry, evil = published
    page = (root / "2026-10" / "evil" / "report.html").read_text(encoding="utf-8")
    seen = Seen(page)
    assert "script" not in seen.tags and "img" not in seen.tags and "\u202e" not in page
    assert (
        sum(
            "<script>alert(1)</script><img src=x onerror=alert(2)> =HYPERLINK(" in words
            for words in seen.words
        )
        > 50
    )
    assert {name for tag, name, _ in seen.attributes if tag in ("text", "svg", "td", "data")} <= {
        name.lower() for name in DRAWN | WRITTEN
    }
    assert seen.tags <= Seen(
        (root / "2026-10" / "company" / "report.html").read_text(encoding="utf-8")
    ).tags | {"a"}
    assert entry["headline"] == evil["headline"] and "<script>alert" not in (
        root / "index.html"
    ).read_text(encoding="utf-8")


def test_what_is_not_a_report_element_becomes_text():
    assert sanitised(
        '<p onclick="x" class="a">b</p><iframe src="//x"></iframe><svg><a href="javascript:x">c</a><path fill="url(http://x)" d="M0"/></svg>'
    ) == (
        '<p class="a">b</p>&lt;iframe src="//x"&gt;&lt;/iframe&gt;<svg>&lt;a href="javascript:x"&gt;c&lt;/a&gt;<path d="M0"></path></svg>'
    )
    assert sanitised("<style>p{}</style><!-- c -->") == "&lt;style&gt;p{}&lt;/style&gt;"
    assert str(table([Column("<b>")], [["<i>"]], caption="&")).count("<b>") == 0


def test_every_marked_figure_is_the_briefs_and_an_altered_one_is_named(published):
    root, *_ = published
    page, brief = (
        (root / "2026-10" / "company" / "report.html").read_text(encoding="utf-8"),
        read("company"),
    )
    assert (
        page.count("<data ") > 200
        and differences(page, brief, ("landing/p50", "tie_out/difference")) == []
    )
    altered = page.replace(">$9.78m</data>", ">$9.87m</data>", 1)
    assert differences(altered, brief) == [
        "landing/p50: the page says '$9.87m' (9779869.363), the brief $9.78m"
    ]
    brief["landing"]["p50"] = 9779869.364
    assert (
        differences(page, brief)[0]
        == "landing/p50: the page says '$9.78m' (9779869.363), the brief $9.78m"
    )
    assert differences("", brief, ("landing/p50",)) == ["landing/p50: not on the page"]


def test_the_first_page_says_what_a_controller_asks(published):
    root, *_ = published
    folder = root / "2026-10" / "company"
    brief = json.loads((folder / "brief.json").read_text(encoding="utf-8"))
    text = " ".join(
        " ".join(Seen((folder / "report.html").read_text(encoding="utf-8")).words).split()
    )
    for words in (
        landing.sentence(brief["landing"], "AI spend", "USD"),
        "$1.26k over budget (unfavourable)",
        "80 % range $9.67m to $9.92m",
        "Difference 0.00",
        "904,863.31",
        "Final: all invoices of the month tie out with the ledger",
        "31 October 2026, from 1 June 2024",
        "2026 reforecast 6+6, approved by Ingrid Halvorsen on 10 July 2026",
        "it was 3.0 % too high; replayed, as none was published",
        "Tax 1,603 USD (tax is a line of its own, outside cost)",
        "Priya Raman",
        landing.likely_over(["Research Platform"]),
        "2026-09-30 overdue",
        "1 of 9 is past the review date.",
        "FinOps variance: (forecast − actual) ÷ forecast, and ÷ actual.",
        "19,061,247.9997411",
    ):
        assert words in text, words
    assert not re.search(r"\b(None|nan|inf|NaN)\b", text)
    assert not re.search(r"\d\.\d{5,}", re.sub(r"0\.0\d+|19,061,247\.\d+", "", text)), "a raw float"


def test_a_bill_without_budget_and_quantities_says_what_is_missing(published):
    root, *_ = published
    text = " ".join(
        " ".join(
            Seen((root / "2026-11" / "company" / "report.html").read_text(encoding="utf-8")).words
        ).split()
    )
    for words in (
        "12.40 EUR of the bill was refused and is in none of these figures: see finops reconcile.",
        "€6.02k so far",
        "Budget and variance: no approved budget covers this unit.",
        "What-ifs: none are named in finops.yaml.",
        "no invoice given",
        "November 2026 up to 15 November 2026 is compared with the whole month before.",
        "15 (partial)",
        "All of the uncertainty comes from gpt-4o chat.",
        "Track record: there is too little history to grade earlier forecasts.",
    ):
        assert words in text, words
    assert "favourable)" in text and "over budget" not in text


def test_the_chain_head_and_four_eyes_off_stand_on_page_workbook_and_manifest_not_in_the_brief(
    published,
):
    folder = published[0] / "2026-10" / "company"
    page = (folder / "report.html").read_text(encoding="utf-8")
    lineage = page.partition('<dl class="lineage">')[2].partition("</dl>")[0]
    assert f"<dt>Chain head of the records</dt><dd>{'4f' * 32}</dd>" in lineage
    foot = page.partition("<footer>")[2]
    assert "<p>Chain head 4f4f4f4f4f4f4f4f: finops audit --expect 4f4f4f4f4f4f4f4f.</p>" in foot
    assert f"<p>{FOUR_EYES_OFF}</p>" in foot
    sheet = openpyxl.load_workbook(folder / "workbook.xlsx")["Lineage"]
    cells = {row[0].value: row[1].value for row in sheet.iter_rows(max_col=2)}
    assert cells["chain head of the records"] == "4f" * 32 and cells["four eyes"] == FOUR_EYES_OFF
    assert json.loads((folder / "manifest.json").read_text())["extra"] == MARKED
    assert "4f4f4f4f" not in (folder / "brief.json").read_text() and verify_files(folder) == []


def test_the_same_brief_gives_the_same_bytes_warm_isolated_and_side_by_side(published, tmp_path):
    root, *_ = published
    told = []
    build_reports(
        [read("unit"), read("real_bill")],
        tmp_path,
        workers=2,
        progress=lambda *said: told.append(said),
        manifest_extra=MARKED,
    )
    for place in ("2026-10/customer-support", "2026-11/company"):
        for name in sorted(SIX):
            assert (root / place / name).read_bytes() == (tmp_path / place / name).read_bytes(), (
                place,
                name,
            )
    assert told == [("reports", 0, 2), ("reports", 1, 2), ("reports", 2, 2)]


def test_a_notebook_that_fails_is_kept_and_nothing_is_published(tmp_path):
    """The first brief is fine, the second breaks in the notebook: neither is published, what was there stays."""
    (tmp_path / "2026-09" / "company").mkdir(parents=True)
    (tmp_path / "2026-09" / "company" / "report.html").write_text("the one before")
    bad = {**read("start"), "slug": "bad", "unit": "Bad", "drivers": {"change": []}}
    with pytest.raises(ReportError) as problem:
        build_reports([read("start"), bad], tmp_path, fast=True)
    kept = tmp_path.resolve() / "failed" / "2026-09" / "bad.ipynb"
    assert problem.value.exit_code == 3 and str(problem.value) == (
        "Bad, 2026-09: The report notebook failed: KeyError: 'range'.\nNothing of September 2026 was published. What to do stands "
        f"in {kept.with_suffix('.html')}. The other report is drawn, and is not drawn again."
    )
    assert (
        "KeyError" in kept.read_text()
        and (tmp_path / "2026-09" / "company" / "report.html").read_text() == "the one before"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".lock",
        ".published",
        "2026-09",
        "failed",
    ]
    assert [path.name for path in (tmp_path / ".published").iterdir()] == [".drawn"]


def test_publishing_again_replaces_the_folder_and_what_was_changed_since_is_found(
    published, tmp_path
):
    root, *_ = published
    shutil.copytree(root, tmp_path / "reports", symlinks=True)
    folder = tmp_path / "reports" / "2026-10" / "customer-support"
    (folder / "report.html").write_text("<h1>All is well</h1>")
    (folder / "note.txt").write_text("x")
    brief = read("unit")
    brief["landing"]["p50"] += 1
    (folder / "brief.json").write_text(canonical(brief))
    (folder / "workbook.xlsx").unlink()
    assert verify_files(folder) == [
        "brief.json was changed after it was published: its sha256 is not the one in the manifest",
        "report.html was changed after it was published: its sha256 is not the one in the manifest",
        "workbook.xlsx is missing",
        "note.txt is not part of the published report",
        "brief.json holds other figures than the manifest says",
        "brief.json is not the file that the archive's index.json lists",
        "report.html is not the file that the archive's index.json lists",
        "workbook.xlsx is not the file that the archive's index.json lists",
    ]
    root = tmp_path / "reports"
    with commit.staging(root) as aside:  # publishing others does not make a changed file right
        other = shutil.copytree(folder.parent / "company", aside / "2026-12" / "company")
        commit.commit(
            root, [commit.Staged("2026-12", "company", other, brief=read("company"))], aside
        )
    assert len(verify_files(folder)) == 8
    with commit.staging(root) as aside:
        place = aside / "2026-10" / "customer-support"
        shutil.copytree(published[0] / "2026-10" / "customer-support", place)
        again = commit.Staged("2026-10", "customer-support", place, brief=read("unit"))
        commit.commit(root, [again], aside)
    assert verify_files(folder) == []
    former = folder.parent / ".versions" / "1" / "customer-support"
    assert (former / "report.html").read_text() == "<h1>All is well</h1>"  # nothing is thrown away
    (folder / "manifest.json").unlink()
    assert verify_files(folder) == ["manifest.json is missing, so there is nothing to compare with"]


def test_the_manifest_names_every_input(published):
    root, *_ = published
    told, brief = (
        json.loads((root / "2026-10" / "company" / "manifest.json").read_text()),
        read("company"),
    )
    assert told["figures"] == figures_hash(brief) and told["inputs"] == brief["lineage"]
    assert (told["seed"], told["paths"], told["engine"], told["python"]) == (
        20260101,
        4000,
        "numpy",
        "3.11.7",
    )
    assert told["notebook"] == hashlib.sha256(
        resources.path(resources.REPORT).read_bytes()
    ).hexdigest() and set(told["tools"]) >= {"altair", "papermill"}


@pytest.mark.parametrize(
    "name", ["month=1\nimport os; os.system('x')\ny", "monht", "", "month ", "__import__"]
)
def test_a_parameter_the_notebook_does_not_have_is_refused_before_anything_runs(name, tmp_path):
    with pytest.raises(
        ReportError,
        match=r"^monthly_budget.ipynb: unknown parameter '.*'.*Known: month, unit, settings, scenario, as_of, paths, brief_path\.$",
    ):
        report_run.execute({name: "2026-10"}, tmp_path / "x.ipynb")
    assert not (tmp_path / "x.ipynb").exists()


def test_parameters_have_the_types_of_the_notebook():
    texts = ("month", "unit", "settings", "scenario", "as_of", "brief_path")
    assert report_run.parameters() == {**dict.fromkeys(texts, str), "paths": int}
    with pytest.raises(ReportError) as problem:
        report_run.check_parameters({"month": 202610})
    assert (
        str(problem.value)
        == "monthly_budget.ipynb: parameter month: '202610' is int; it must be str."
    )
    with pytest.raises(ReportError) as problem:
        report_run.check_parameters({"monht": "2026-10"})
    assert (
        str(problem.value)
        == "monthly_budget.ipynb: unknown parameter 'monht'. Did you mean 'month'? Known: month, unit, settings, scenario, as_of, paths, brief_path."
    )


def test_the_notebook_is_short_typed_stripped_and_imports_the_model_only():
    cells = json.loads(resources.path(resources.REPORT).read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert sum(len([line for line in source.splitlines() if line.strip()]) for source in code) <= 40
    typed = re.compile(r'(\w+: str = ".*"|paths: int = 0)  # .+')
    assert all(typed.fullmatch(line) for line in code[0].splitlines())
    assert code[-1].startswith("assert page.differences() == []")
    assert {line for source in code for line in source.splitlines() if "import" in line} == {
        "from finops_model.front.report_page import report_page"
    }
    assert all(
        not cell["outputs"] and cell["execution_count"] is None
        for cell in cells
        if cell["cell_type"] == "code"
    )


@pytest.mark.parametrize(
    "path, value, told",
    [
        (
            "slug",
            "../../etc",
            "brief: slug: '../../etc' cannot be a folder. Use small letters, digits and dashes.",
        ),
        (
            "month",
            "2026-13",
            "brief: month: '2026-13' is not a month. Write year and month as YYYY-MM, for example 2026-10.",
        ),
        ("currency", "<b>", "brief: currency: '<b>' is not a currency code such as USD or EUR."),
        (
            "status",
            "finla",
            "brief: status: unknown status 'finla'. Did you mean 'final'? Known: flash, preliminary, final.",
        ),
        (
            "landing/p50",
            float("nan"),
            "brief: landing/p50 is nan; every number of a report must be finite.",
        ),
        (
            "tie_out/ledger_total",
            "12,40",
            "brief: tie_out/ledger_total: '12,40' is not an amount in decimal text such as 123.45.",
        ),
        (
            "schema",
            2,
            "brief: schema 2 of a brief; this version of finops-model reads up to 1. Use the version that wrote it.",
        ),
        ("unit", None, "brief: unit: must be text, not 'None'."),
    ],
)
def test_a_brief_that_makes_no_sense_is_refused_by_name(path, value, told, tmp_path):
    brief = read("company")
    *above, last = path.split("/")
    (lookup(brief, "/".join(above)) if above else brief)[last] = value
    with pytest.raises(ReportError) as problem:
        check_brief(brief)
    assert str(problem.value) == told
    with pytest.raises(ReportError):
        build_reports([brief], tmp_path / "reports")
    assert not (tmp_path / "reports").exists()


def test_two_units_of_one_folder_are_refused(tmp_path):
    with pytest.raises(ReportError) as problem:
        build_reports([read("start"), {**read("start"), "unit": "company"}], tmp_path / "reports")
    assert str(problem.value) == (
        "2026-09: 'Company' and 'company' would both be published in the folder 'company'. Give one of the units another name."
    )


def test_a_notebook_finds_the_published_brief_or_says_so(published, monkeypatch, tmp_path):
    root, *_ = published
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "reports").symlink_to(root)
    monkeypatch.chdir(tmp_path / "notebooks")
    assert open_brief(month="2026-10", unit="Customer Support").brief["slug"] == "customer-support"
    for given_unit, month, kind, told in (
        (
            "Legal",
            "2026-10",
            ReportError,
            "reports/2026-10/legal/brief.json: there is no such brief. Publish the month first: finops report.",
        ),
        (
            "../..",
            "2026-10",
            ReportError,
            "unit: '../..' is not the name of a unit. Name one of the month's reports, for example Company.",
        ),
        (
            "Company",
            "Oct",
            InputError,
            "month: 'Oct' is not a month. Write year and month as YYYY-MM, for example 2026-10.",
        ),
    ):
        with pytest.raises(kind) as problem:
            open_brief(month=month, unit=given_unit)
        assert str(problem.value) == told
    path = BRIEFS / "unit.json"
    with pytest.raises(ReportError) as problem:
        open_brief(path, month="2026-10", unit="Company")
    assert (
        str(problem.value)
        == f"{path}: this brief is of Customer Support, 2026-10; asked for was Company, 2026-10."
    )
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(
        ReportError, match="x.json: not a brief: .*Publish the month again: finops report.$"
    ):
        load_brief(tmp_path / "x.json")


def test_stale_differences_and_alerts_follow_the_figures():
    brief = read("unit")
    brief["tie_out"].update(difference="-3.10", quarantined="3.10")
    page = Page(brief)
    html = page.first_page().html
    assert (
        "of the bill was refused" in html
        and "Invoices and ledger differ by" in html
        and "−3.10" in html
    )
    assert page.differences() == []
    page.shown[0].html = html.replace("$307k", "$370k")
    assert page.differences() == [
        "actual/month: the page says '$370k' (306921.3068), the brief $307k"
    ]
    assert (day("2026-02-29"), day("x"), day("2028-02-29")) == (
        "2026-02-29",
        "x",
        "29 February 2028",
    )


def places(value, path=""):
    """Slash paths of all numbers."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, item in items:
        yield from places(item, f"{path}/{name}".lstrip("/"))
    if isinstance(value, float):
        yield path


@given(st.sampled_from(sorted(places(read("unit")))))
def test_the_smallest_change_of_any_number_is_found_and_named(path):
    import math

    published, rebuilt = read("unit"), read("unit")
    *above, last = path.split("/")
    parent = lookup(rebuilt, "/".join(above)) if above else rebuilt
    last = int(last) if isinstance(parent, list) else last
    parent[last] = math.nextafter(parent[last], math.inf)
    assert compare_briefs(published, rebuilt) == [
        f"{path}: {lookup(published, path)!r} was published, {parent[last]!r} now"
    ]
    assert compare_briefs(published, copy.deepcopy(published)) == []


def test_briefs_of_other_shapes_are_compared_in_words():
    assert compare_briefs({"a": [1, 2], "b": 1.0, "c": 1}, {"a": [1], "b": 1, "d": 1}) == [
        "a: 2 entries were published, 1 now",
        "b: 1.0 was published, 1 now",
        "c: was published and is not there now",
        "d: was not published and is there now",
    ]
    assert compare_briefs({"a": 0.0}, {"a": -0.0}) == ["a: 0.0 was published, -0.0 now"]
    assert len(compare_briefs({"a": [0.0] * 99}, {"a": [1.0] * 99})) == 51
    with pytest.raises(
        ReportError,
        match="^the brief cannot be written: .*Numbers must be finite and values plain.$",
    ):
        canonical({"a": float("inf")})


def test_without_a_browser_the_message_says_what_to_do(published, tmp_path):
    root, *_ = published
    with pytest.raises(ReportError) as problem:
        to_pdf(
            root / "2026-10" / "company" / "report.html",
            tmp_path / "r.pdf",
            browser="no-such-browser",
        )
    assert str(problem.value) == (
        "PDF needs Chromium, and there is none on this machine. On Debian: sudo apt-get install chromium; "
        "or open the report in any browser and print it."
    )
    with pytest.raises(
        ReportError, match="there is no such report to print. Publish it first: finops report.$"
    ):
        to_pdf(tmp_path / "none.html", tmp_path / "r.pdf")


@pytest.mark.browser
def test_a_report_prints_to_tagged_a4(published, tmp_path, monkeypatch):
    monkeypatch.delenv("FINOPS_BROWSER", raising=False)
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        pytest.skip("no Chromium on this machine")
    data = to_pdf(
        published[0] / "2026-10" / "company" / "report.html", tmp_path / "r.pdf"
    ).read_bytes()
    assert (
        data.startswith(b"%PDF")
        and b"/StructTreeRoot" in data
        and re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]", data)
    )
    assert 5 <= len(re.findall(rb"/Type /Page\b", data)) <= 10
