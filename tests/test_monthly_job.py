"""The monthly job: nothing changed is nothing computed, a stopped job goes on, a failed unit holds the month back and says what to do."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.documents import write_atomic
from finops_model.errors import ReportError
from finops_model.facts.ledger.store import Ledger
from finops_model.publish.adding.bills import ingest
from finops_model.publish.job import failed, inputs, month, unchanged
from finops_model.publish.job.drawn import Drawn
from finops_model.publish.report import render
from finops_model.publish.report.briefs import canonical
from finops_model.published import base_of
from finops_model.settings import load_settings
from finops_model.simulate.kept import settings_hash

UNITS = ("Search", "Support", "R&D <b>")


def bill(factor: float = 1.0) -> str:
    lines = ["Date,Cost (USD),Team,Service"]
    for n, name in enumerate(UNITS):
        for when in (f"2026-{m:02}-{d:02}" for m in (8, 9) for d in range(1, 31)):
            lines.append(f"{when},{(10 + n) * factor:.2f},{name},GPU")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A company of three units and two months, too short to be forecast: a publication takes no simulation."""
    folder = tmp_path_factory.mktemp("job")
    (folder / "bill.csv").write_text(bill(), encoding="utf-8")
    (folder / "teams.csv").write_text(
        "team,business_unit\n" + "".join(f"{name},{name}\n" for name in UNITS), encoding="utf-8"
    )
    (folder / "budget.csv").write_text(
        "unit,month,currency,amount\nSearch,2026-09,USD,290\n", encoding="utf-8"
    )
    fm.start(
        folder / "bill.csv",
        folder=folder / "demo",
        name="Acme",
        organisation=folder / "teams.csv",
        budgets=folder / "budget.csv",
    )
    return folder / "demo"


@pytest.fixture(scope="module")
def prepared():
    """What was prepared of the same settings: it is the same in every copy."""
    return {}


@pytest.fixture
def copy(workspace, tmp_path, monkeypatch, prepared):
    """A copy of it; what a month's reports are prepared from is computed once, and there are no sliders."""
    shutil.copytree(workspace, tmp_path / "demo", symlinks=True)
    monkeypatch.setenv("FINOPS_BROWSER", "none")
    prepare, briefs_of = month.closing.prepare, month.closing.briefs_of

    def once(kind, settings, make):
        key = (kind, (Path(settings.root) / "finops.yaml").read_text(encoding="utf-8"))
        if key not in prepared:
            prepared[key] = make()
        return prepared[key]

    def close(settings, *asked, before=None, **how):
        found = once("close", settings, lambda: prepare(settings, *asked, before=before, **how))
        before(found.daily)
        close.settings = settings
        return found

    def briefs(found, units):
        every = month.closing.pick_units(found.daily, None)
        made = once("briefs", close.settings, lambda: briefs_of(found, every))
        return [brief for brief in made if brief["unit"] in units]

    monkeypatch.setattr(month.closing, "prepare", close)
    monkeypatch.setattr(month.closing, "briefs_of", briefs)
    monkeypatch.setattr(month.Besides, "__call__", lambda self, folder: [])
    return tmp_path / "demo"


class Pen:
    """Draws without a kernel, and fails for the units that it is told."""

    def __init__(self):
        self.drew, self.bad, self.stop_after = [], set(), None

    def __call__(self, brief, folder, *, warm=None, manifest_extra=None, failed=None):
        if self.stop_after == len(self.drew):
            raise KeyboardInterrupt
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if brief["unit"] in self.bad:
            write_atomic(failed, "{}")
            raise ReportError("the report notebook failed: KeyError: 'range'")
        self.drew.append(brief["unit"])
        write_atomic(folder / "brief.json", canonical(brief))
        write_atomic(folder / "report.html", f"<p>{brief['headline']}")
        write_atomic(folder / "workbook.xlsx", "x")
        return folder


@pytest.fixture
def pen(monkeypatch):
    pen = Pen()
    monkeypatch.setattr(render, "draw", pen)
    monkeypatch.setattr(render.Warm, "ready", lambda self: None)
    return pen


def finops(folder: Path, *words: str) -> tuple[int, str]:
    found = CliRunner().invoke(
        app, [*words, "--workers", "1", "-s", str(folder / "finops.yaml")], standalone_mode=False
    )
    if isinstance(found.exception, fm.FinOpsError):
        return found.exception.exit_code, str(found.exception)
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found.return_value or 0, found.output


def index(folder: Path) -> list[dict]:
    return json.loads((folder / "reports" / "index.json").read_text(encoding="utf-8"))["reports"]


NOTHING = "September 2026 is published already, and nothing it is made of has changed. Nothing was computed."


def test_a_month_published_already_is_not_computed_again_unless_asked(copy, pen, monkeypatch):
    code, said = finops(copy, "report", "--month", "2026-09")
    assert code == 0 and NOTHING not in said and len(pen.drew) == 4
    assert {one["inputs"].split(" of ")[1] for one in index(copy)} == {"4"}
    before = (copy / "reports" / "index.json").read_bytes()

    monkeypatch.setattr(month.closing, "prepare", None)  # nothing is prepared
    for words in ([], ["--unit", "search"], ["--month", "2026-09", "--without", "Search"]):
        assert finops(copy, "report", *words) == (0, f"{NOTHING}\n"), words
    code, said = finops(copy, "report", "--json")
    assert all(one["unchanged"] for one in json.loads(said)) and len(pen.drew) == 4
    assert (copy / "reports" / "index.json").read_bytes() == before
    with pytest.raises(AssertionError, match="not callable"):
        finops(copy, "report", "--again")


def test_a_file_of_the_month_that_is_not_as_published_is_noticed(copy, pen):
    finops(copy, "report", "--month", "2026-09")
    page = base_of(copy / "reports") / "2026-09" / "search" / "report.html"
    page.chmod(0o644)
    page.write_text("<p>nothing", encoding="utf-8")
    made_of = index(copy)[0]["inputs"].split(" ")[0]
    asked = {"units": None, "pdf": False}
    assert unchanged.published(base_of(copy / "reports"), "2026-09", made_of, **asked) is None


def test_what_a_month_is_made_of_is_one_hash_of_all_of_it(copy, monkeypatch):
    """Each change is noticed, alone; what does not count is none."""
    root = copy / "finops.yaml"

    def now() -> str:
        settings = load_settings(root)
        ledger = Ledger(settings.path(settings.ledger))
        return inputs.fingerprint(settings, ledger, ["2026-09"], copy / "reports")

    first = now()
    assert now() == first
    text = root.read_text(encoding="utf-8")
    root.write_text(f"# a remark\n{text}", encoding="utf-8")
    assert now() == first, "a remark is no setting"
    seen = {"as it was": first}
    root.write_text(f"{text}\npaths: 500\n", encoding="utf-8")
    seen["a setting"] = now()
    root.write_text(text, encoding="utf-8")
    scenario, budget = copy / "scenarios" / "00_base.yaml", copy / "plans" / "budget.csv"
    for name, path, old, new in (
        ("the scenario", scenario, "name: ", "name: other "),
        ("the budget", budget, ",290", ",291"),
    ):
        kept = path.read_text(encoding="utf-8")
        assert old in kept
        path.write_text(kept.replace(old, new, 1), encoding="utf-8")
        seen[name] = now()
        path.write_text(kept, encoding="utf-8")
    other = scenario.with_name("10_what_if.yaml")
    other.write_text(scenario.read_text(encoding="utf-8"), encoding="utf-8")
    root.write_text(f"{text}\nwhat_ifs: [scenarios/10_what_if.yaml]\n", encoding="utf-8")
    seen["a what-if"] = now()
    root.write_text(text, encoding="utf-8")
    report = {"month": "2026-08", "slug": "company", "files": {"brief.json": {"sha256": "a"}}}
    write_atomic(copy / "reports" / "index.json", json.dumps({"reports": [report]}))
    seen["a former report"] = now()
    os.unlink(copy / "reports" / "index.json")
    with monkeypatch.context() as patched:
        patched.setattr(inputs, "code_hash", lambda: "other code")
        seen["the program"] = now()
        patched.setattr(inputs, "environment", lambda: "other packages")
        seen["the packages"] = now()
    assert now() == first
    more = copy / "more.csv"
    more.write_text(f"{bill().splitlines()[0]}\n2026-10-01,1.00,Search,GPU\n", encoding="utf-8")
    ingest([more], load_settings(root))
    seen["a row of the ledger"] = now()
    assert len(set(seen.values())) == len(seen), seen


def test_balances_in_a_file_warn_nobody(copy, recwarn):
    """pydantic's warning of a name where entries may stand would be read in the mail of every cron job."""
    (copy / "finops.yaml").write_text(
        (copy / "finops.yaml").read_text() + "balances: balances.yaml\n"
    )
    (copy / "balances.yaml").write_text("[]\n")
    settings = load_settings(copy)
    ledger = Ledger(settings.path(settings.ledger))
    one = inputs.fingerprint(settings, ledger, ["2026-09"], copy / "reports")
    settings_hash(settings)
    assert [str(said.message) for said in recwarn] == []
    (copy / "balances.yaml").write_text("[ ]\n")
    assert inputs.fingerprint(settings, ledger, ["2026-09"], copy / "reports") != one


def test_a_stopped_job_goes_on_where_it_was_and_publishes_the_same(copy, pen):
    pen.stop_after = 2
    with pytest.raises(KeyboardInterrupt):
        month.report(load_settings(copy / "finops.yaml"), "2026-09", workers=1)
    assert not (copy / "reports" / "2026-09").exists() and len(pen.drew) == 2
    first = list(pen.drew)
    pen.stop_after, pen.drew = None, []
    month.report(load_settings(copy / "finops.yaml"), "2026-09", workers=1)
    assert len(pen.drew) == 2 and not set(pen.drew) & set(first)
    assert len(index(copy)) == 4
    assert not list((copy / "reports" / ".published").glob(".drawn*"))


def test_what_was_drawn_is_taken_over_from_the_same_brief_and_whole_files_only(tmp_path):
    made, brief = tmp_path / "made", {"unit": "a"}
    write_atomic(made / "report.html", "page")
    write_atomic(made / "brief.json", canonical(brief))
    write_atomic(made / "workbook.xlsx", "PK")
    drawn = Drawn(tmp_path / "drawn", {"records": {"head": "1"}})
    drawn.keep(brief, made)
    assert drawn.take(brief, tmp_path / "one")
    assert (tmp_path / "one" / "report.html").read_text() == "page"
    assert not drawn.take({"unit": "b"}, tmp_path / "two")
    assert not Drawn(tmp_path / "drawn", {"records": {"head": "2"}}).take(brief, tmp_path / "two")
    (kept,) = (tmp_path / "drawn").glob("*/report.html")
    kept.unlink()
    kept.write_text("forged")
    assert not drawn.take(brief, tmp_path / "two") and not (tmp_path / "two").exists()


def test_a_failed_unit_holds_the_month_back_and_a_page_says_what_to_do(copy, pen):
    pen.bad = {"R&D <b>"}
    code, said = finops(copy, "report", "--month", "2026-09")
    page = copy / "reports" / "failed" / "2026-09" / "r-d-b.html"
    assert code == 3 and said == (
        "R&D <b>, 2026-09: The report notebook failed: KeyError: 'range'.\n"
        f"Nothing of September 2026 was published. What to do stands in {page}. The 3 others are drawn, and are not drawn again."
    )
    text = page.read_text(encoding="utf-8")
    assert "R&amp;D &lt;b&gt;, September 2026: this report could not be made" in text
    assert "finops report --month 2026-09 --without &#39;R&amp;D &lt;b&gt;&#39;" in text
    assert '<a href="r-d-b.ipynb">' in text and page.with_suffix(".ipynb").is_file()
    assert not (copy / "reports" / "2026-09").exists() and "<b>," not in text

    pen.drew, pen.bad = [], set()
    code, _ = finops(copy, "report", "--month", "2026-09")
    assert code == 0 and pen.drew == ["R&D <b>"], "the others were drawn already"
    assert not (copy / "reports" / "failed").exists() and len(index(copy)) == 4


def test_a_unit_left_out_keeps_its_former_report_marked_as_not_renewed(copy, pen):
    finops(copy, "report", "--month", "2026-09")
    before = {one["unit"]: one for one in index(copy)}
    text = (copy / "finops.yaml").read_text(encoding="utf-8")
    (copy / "finops.yaml").write_text(f"{text}\nprepared_by: Ada\n", encoding="utf-8")
    pen.bad = {"Support"}
    code, _ = finops(copy, "report", "--month", "2026-09")
    assert code == 3 and index(copy) == list(before.values())
    code, said = finops(copy, "report", "--month", "2026-09", "--without", "support")
    assert code == 0 and (
        "Left out: support. Where this month had a report of it, that one stays, marked as not renewed."
        in " ".join(said.split())
    )
    after = {one["unit"]: one for one in index(copy)}
    assert after["Support"]["files"] == before["Support"]["files"]
    assert "not_renewed" in after["Support"] and "not_renewed" not in after["Search"]
    assert after["Search"]["files"] != before["Search"]["files"]
    assert not (copy / "reports" / "failed").exists()
    assert finops(copy, "report", "--without", "Support") == (0, f"{NOTHING}\n")
    pen.bad = set()
    code, said = finops(copy, "report", "--month", "2026-09")
    assert code == 0 and NOTHING not in said
    assert not any("not_renewed" in one for one in index(copy))


def test_unknown_units_to_leave_out_and_strays_are_refused_before_the_long_part(
    copy, pen, monkeypatch
):
    monkeypatch.setattr(month.closing.simulate, "run_many", None)
    assert finops(copy, "report", "--without", "Serch") == (
        2,
        "--without: unknown unit 'Serch'. Did you mean 'Search'? Known: Company, R&D <b>, Search, Support.",
    )
    monkeypatch.setattr(month.closing, "books", None)
    (copy / "reports").mkdir(exist_ok=True)
    (copy / "reports" / "2026-09").write_text("mine", encoding="utf-8")
    code, said = finops(copy, "report")
    assert code == 2 and said.startswith(f"{copy / 'reports' / '2026-09'}: this file is no report")
    assert (copy / "reports" / "2026-09").read_text() == "mine"


def test_leaving_all_out_is_refused(copy, pen):
    words = [word for name in ("Company", *UNITS) for word in ("--without", name)]
    assert finops(copy, "report", "--month", "2026-09", *words) == (
        2,
        "--without leaves no report to publish. Leave out fewer units, or none.",
    )


def test_a_pdf_that_is_wanted_where_there_is_no_browser_is_refused_at_once(copy, monkeypatch):
    monkeypatch.setattr(month.closing, "books", None)
    monkeypatch.setenv("FINOPS_BROWSER", "no-such-browser")
    assert finops(copy, "report", "--pdf") == (
        2,
        "FINOPS_BROWSER is 'no-such-browser', and no such program is on this machine. Give the path of a Chromium, or unset it. "
        "Or leave the PDF out: --no-pdf.",
    )


def test_a_page_of_a_failure_is_taken_away_and_what_is_none_of_ours_stays(tmp_path):
    folder = tmp_path / "failed" / "2026-09"
    for name in ("search.html", "search.ipynb", "notes.txt"):
        write_atomic(folder / name, "x")
    failed.clear(tmp_path, "2026-09")
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_the_close_publishes_the_month_and_says_where_it_could_not(copy, monkeypatch):
    asked = []

    def report(settings, name, **how):
        asked.append((name, how["again"], how["workers"], how["pdf"]))
        if len(asked) == 1:
            return [{"month": name, "unchanged": True}]
        raise failed.FailedReports("Search, 2026-09: it broke.")

    monkeypatch.setattr(month, "report", report)
    code, said = finops(copy, "close", "--month", "2026-09", "--no-pdf")
    assert code == 4 and said.endswith(f"{NOTHING}\n")
    code, said = finops(copy, "close", "--month", "2026-09")
    assert (
        code == 3
        and (
            "Search, 2026-09: it broke.\nThe files of the close are written; the month has no new reports."
        )
        in said
    )
    assert asked == [("2026-09", False, 1, False), ("2026-09", False, 1, None)]
    assert finops(copy, "close", "--month", "2026-09", "--no-report")[0] == 4 and len(asked) == 2
