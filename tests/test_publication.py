"""What was published stays: former and restated files beside, rows of every publication, cut-off ones settled (docs/method §14.6, §14.7)."""

from __future__ import annotations

import datetime as dt
import json
import os
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from finops_model.documents import sha256_of, write_atomic
from finops_model.errors import RecordsError, ReportError
from finops_model.facts.plans.budgets import Budgets
from finops_model.publish.archive import commit, generation, layout
from finops_model.publish.archive import rows as archive_rows
from finops_model.publish.report import recorded, render
from finops_model.publish.report.briefs import canonical, figures_hash
from finops_model.publish.report.manifest import file_entry, manifest, verify_files
from finops_model.records import states
from finops_model.records.store import Records
from finops_model.settings import Settings

BRIEF = json.loads(
    (Path(__file__).parent / "fixtures" / "briefs" / "company.json").read_text(encoding="utf-8")
)
UNIT = {**BRIEF, "unit": "Search", "slug": "search"}


def told(headline: str, brief: dict = BRIEF) -> dict:
    return {**brief, "headline": headline}


def made(brief, folder, *, manifest_extra=None, **_):
    """A report without its notebook: the files of one, whose page holds the head of the chain as the real one does."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    write_atomic(folder / "brief.json", canonical(brief))
    write_atomic(folder / "report.html", json.dumps([brief["headline"], manifest_extra]))
    write_atomic(folder / "manifest.json", json.dumps(manifest(brief, folder, manifest_extra)))
    return folder


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(render, "draw", made)
    monkeypatch.setattr(render, "finish", lambda brief, folder, **_: folder)
    monkeypatch.setattr(render.Warm, "ready", lambda self: None)
    return Settings(root=str(tmp_path), company="Acme", currency="USD")


def sliders(text: str, month="2026-10", slug="company"):
    """What freezes slider data of a report: files whose content is `text`."""

    def freeze(folder: Path) -> list:
        for name in ("dashboard.json", "dashboard.npz"):
            (folder / month / name).write_text(json.dumps({"slug": slug, "text": text}))
        return []

    return freeze


def publish(settings: Settings, *briefs, closes=None, root=None, freeze=None, **more):
    root = root or settings.path(settings.reports)
    maker = recorded.Recorded(settings, root)
    return maker.publish(list(briefs), closes or {}, workers=1, freeze=freeze, **more)


def slid(place: Path) -> str:
    return json.loads((place / "dashboard.json").read_text())["text"]


def set_of(settings: Settings, month="2026-10") -> str:
    return layout.current(settings.path(settings.reports))["months"][month]["set"]


def rows(settings: Settings, kind="publication"):
    with Records(settings.path(settings.records)) as records:
        assert records.check() == []
        return records.read(kind)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def close(settings: Settings, month="2026-10", entity=""):
    with Records(settings.path(settings.records)) as records:
        states.reach(records, entity, month, "final", author="anna")
        states.approve(records, entity, month, author="bob")


def test_a_publication_is_pending_before_and_done_after_its_files_are_in_place(workspace):
    entries = publish(workspace, told("a"), told("a", UNIT))
    begun, done = rows(workspace)
    assert [one["headline"] for one in entries] == ["a", "a"]
    assert (begun.body["state"], done.body["state"]) == ("pending", "done")
    assert (begun.period, begun.entity, begun.body["archive"]) == ("2026-10", "", "reports")
    place = workspace.path("reports") / "2026-10" / "company"
    assert done.body["of"] == begun.id and done.body["reports"][0] == {
        "unit": "Company",
        "slug": "company",
        "status": BRIEF["status"],
        "place": "2026-10/company",
        "figures": figures_hash(told("a")),
        "set": set_of(workspace),
        "manifest": sha256_of(place / "manifest.json"),
    }
    extra = json.loads((place / "manifest.json").read_text())["extra"]["records"]
    assert extra == {
        "head": rows(workspace, "decision")[0].hash
    }  # the chain before this publication
    assert rows(workspace, "decision")[0].body == {"text": recorded.BEGIN}


def test_the_same_content_again_changes_nothing_and_is_no_row(workspace):
    publish(workspace, told("a"))
    before, count = files(workspace.path("reports")), len(rows(workspace))
    with Records(workspace.path(workspace.records)) as records:
        records.append("decision", {"text": "the head is another one now"})
    entries = publish(workspace, told("a"))
    assert files(workspace.path("reports")) == before and len(rows(workspace)) == count
    assert entries[0]["headline"] == "a" and "versions" not in entries[0]


def test_a_month_published_again_keeps_the_former_files_byte_for_byte(workspace):
    month = workspace.path("reports") / "2026-10"
    publish(workspace, told("a"), told("a", UNIT), freeze=sliders("of a"))
    first = files(month / "company")
    publish(workspace, told("b"), told("a", UNIT), freeze=sliders("of b"))
    second = files(month / "company")
    publish(workspace, told("c"))
    assert files(month / ".versions" / "1" / "company") == first
    assert files(month / ".versions" / "2" / "company") == second
    assert slid(month / ".versions" / "1") == "of a" and slid(month / ".versions" / "2") == "of b"
    assert not (month / "dashboard.json").exists()  # those of b are not of c
    index = json.loads((month.parent / "index.json").read_text())["reports"]
    assert [(one["unit"], one["headline"]) for one in index] == [("Company", "c"), ("Search", "a")]
    assert [(one["folder"], one["what"], one["headline"]) for one in index[0]["versions"]] == [
        (".versions/1/company", "former", "a"),
        (".versions/2/company", "former", "b"),
    ]
    assert "versions" not in index[1]  # it said the same
    for place in ("company", ".versions/1/company", ".versions/2/company", "search"):
        assert verify_files(month / place) == []
    page = (month / "index.html").read_text()
    assert '<a href=".versions/2/company/report.html">former version 2</a>' in page
    assert (
        '<a href="2026-10/.versions/1/company/report.html">'
        in (month.parent / "index.html").read_text()
    )
    assert (
        '<a href="company/report.html">' in (month / ".versions" / "1" / "index.html").read_text()
    )
    write_atomic(month / ".versions" / "1" / "company" / "report.html", "another")
    assert verify_files(month / ".versions" / "1" / "company") == [
        "report.html was changed after it was published: its sha256 is not the one in the manifest",
        "report.html is not the file that the archive's index.json lists",
    ]


def test_the_files_of_a_closed_month_stay_and_what_is_told_now_stands_beside_them(workspace):
    month = workspace.path("reports") / "2026-10"
    publish(workspace, told("a"), told("a", UNIT), freeze=sliders("of a"))
    close(workspace)
    before = files(month / "company") | files(month / "search")
    for headline, place in (("b", "restated-1"), ("b", "restated-1"), ("c", "restated-2")):
        entry = publish(workspace, told(headline), told("a", UNIT), freeze=sliders("of now"))[0]
        assert (entry["slug"], entry["beside"], entry["headline"]) == (
            f"{place}/company",
            True,
            headline,
        )
        assert slid(month) == "of a" and not (month / place / "dashboard.json").exists()
    assert files(month / "company") | files(month / "search") == before
    assert not (month / ".versions").exists() and not (month / "restated-1" / "search").exists()
    index = json.loads((month.parent / "index.json").read_text())["reports"]
    assert [one["headline"] for one in index] == ["a", "a"]  # later months compare with these
    assert [(one["folder"], one["what"]) for one in index[0]["versions"]] == [
        ("restated-1/company", "restated"),
        ("restated-2/company", "restated"),
    ]
    assert verify_files(month / "restated-2" / "company") == []
    page = (month / "index.html").read_text()
    assert '<a href="restated-2/company/report.html">restated view 2</a>' in page
    assert [
        one.body["reports"][0]["place"] for one in rows(workspace) if one.body["state"] == "done"
    ] == [
        "2026-10/company",
        "2026-10/restated-1/company",
        "2026-10/restated-2/company",
    ]
    other = publish(workspace, told("b", {**UNIT, "month": "2026-09"}))[0]
    assert other["slug"] == "search" and slid(month) == "of a"


def test_closed_is_meant_for_the_entity_alone(workspace):
    of = {"name": "Acme GmbH"}
    publish(workspace, {**told("a"), "entity": of}, told("a", UNIT))
    close(workspace, entity="Acme GmbH")
    entries = publish(workspace, {**told("b"), "entity": of}, told("b", UNIT))
    assert [one["slug"] for one in entries] == ["restated-1/company", "search"]
    assert {(one.entity, one.body["state"]) for one in rows(workspace)} == {
        ("Acme GmbH", "pending"),
        ("Acme GmbH", "done"),
        ("", "pending"),
        ("", "done"),
    }


def test_a_close_of_the_whole_company_keeps_the_files_of_every_entity(workspace):
    of = {"name": "Acme GmbH"}
    publish(workspace, {**told("a"), "entity": of})
    before = files(workspace.path("reports") / "2026-10" / "company")
    close(workspace, entity="")
    entries = publish(workspace, {**told("b"), "entity": of})
    assert [one["slug"] for one in entries] == ["restated-1/company"]
    assert files(workspace.path("reports") / "2026-10" / "company") == before


@pytest.mark.parametrize("cut", ["before the first rename", "sets in place", "committed"])
def test_a_publication_that_was_cut_off_is_settled_at_the_next_start(workspace, monkeypatch, cut):
    """Killed: nothing after the cut runs, not even what a failure would tidy up."""
    root = workspace.path("reports")
    publish(workspace, told("a"))
    first = files(root / "2026-10" / "company")
    with monkeypatch.context() as killed:
        killed.setattr(archive_rows, "done", lambda *_: None)
        if cut == "before the first rename":
            killed.setattr(generation, "put", die_at_once)
        elif cut == "sets in place":
            replace = os.replace

            def die(source, target):
                if str(target).endswith("/current"):
                    raise KeyboardInterrupt
                replace(source, target)

            killed.setattr(generation.os, "replace", die)
        try:
            publish(workspace, told("b"))
        except KeyboardInterrupt:
            assert cut != "committed"
    assert [one.body["state"] for one in rows(workspace)] == ["pending", "done", "pending"]
    recorded.Recorded(workspace, root)  # the next start
    last = rows(workspace)[-1]
    assert last.body["of"] == 4 and last.body["reason"] == "settled at the next start"
    index = json.loads((root / "index.json").read_text())["reports"]
    if cut == "committed":
        assert last.body["state"] == "done" and index[0]["headline"] == "b"
        assert files(root / "2026-10" / ".versions" / "1" / "company") == first
    else:
        assert last.body["state"] == "void" and index[0]["headline"] == "a"
        assert files(root / "2026-10" / "company") == first
        there = {path.name for path in (root / ".published").iterdir()} - {".drawn"}
        assert sorted(there) == [
            set_of(workspace), "current", "generation-1", "index.html",
        ]  # fmt: skip
    assert verify_files(root / "2026-10" / "company") == []
    count = len(rows(workspace))
    recorded.Recorded(workspace, root)
    assert len(rows(workspace)) == count  # once


def die_at_once(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("failing", ["rename", "replace"])
def test_a_step_that_fails_leaves_what_was_published_and_says_void(workspace, monkeypatch, failing):
    publish(workspace, told("a"))
    root = workspace.path("reports")
    before = files(root / "2026-10" / "company")
    real = getattr(os, failing)
    with monkeypatch.context() as broken:

        def fail(source, target):
            if "/.published/generation-" in str(target) or str(target).endswith("/current"):
                raise OSError(28, "No space left on device")
            real(source, target)

        broken.setattr(generation.os, failing, fail)
        with pytest.raises(ReportError) as problem:
            publish(workspace, told("b"))
    assert str(problem.value) == (
        f"{root.resolve()}: the publication could not be put in place (the disk is full). What was published before is unchanged."
    )
    assert files(root / "2026-10" / "company") == before
    assert [one.body["state"] for one in rows(workspace)] == ["pending", "done", "pending", "void"]
    publish(workspace, told("b"))
    assert len(list((root / ".published").glob("2026-10@*"))) == 2  # the set of the failed one went


def test_without_records_that_can_be_written_only_a_folder_of_ones_own_is_published(
    workspace, monkeypatch, tmp_path
):
    publish(workspace, told("a"))
    count = len(rows(workspace))
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    with pytest.raises(RecordsError) as problem:
        publish(workspace, told("b"))
    assert str(problem.value) == (
        f"{workspace.path(workspace.records)}: it can only be read, so no publication can be recorded. "
        "Give this account the right to write it, or publish into a folder of your own: --out."
    )
    assert publish(workspace, told("b"), root=tmp_path / "mine")[0]["headline"] == "b"
    assert len(rows(workspace)) == count


def test_four_eyes_off_is_other_content(workspace):
    publish(workspace, told("a"))
    off = workspace.model_copy(update={"four_eyes": False})
    publish(off, told("a"))
    place = workspace.path("reports") / "2026-10"
    assert (
        json.loads((place / "company" / "manifest.json").read_text())["extra"]["records"][
            "four_eyes"
        ]
        == "off"
    )
    assert (place / ".versions" / "1" / "company").is_dir()


def budgets(amount="100.00"):
    line = {
        "version": "v1",
        "approved_on": dt.date(2026, 1, 5),
        "approved_by": "CFO",
        "author": "FP&A",
        "month": "2026-10",
    }
    lines = [
        {**line, "business_unit": "Search", "amount": Decimal(amount), "line": 2},
        {**line, "business_unit": "Chat", "amount": Decimal("50.00"), "line": 3},
        {
            **line,
            "version": "v2",
            "approved_on": None,
            "approved_by": "",
            "business_unit": "Search",
            "amount": Decimal("120.00"),
            "line": 4,
        },
    ]
    return Budgets(pd.DataFrame(lines), "data/budgets.csv", "USD")


def test_budget_versions_and_decisions_that_a_close_read_are_rows_once(workspace):
    items = [
        {"kind": "decision", "text": "no renewal", "owner": "CFO", "value": None},
        {"kind": "assumption", "text": "growth goes on"},
    ]
    known = SimpleNamespace(
        budgets=budgets(), base=SimpleNamespace(assumptions=items), as_of="2026-10-31"
    )
    for _ in range(2):
        publish(workspace, told("a"), closes={"": known})
    first, second = rows(workspace, "budget")
    assert (first.body["version"], first.body["approved"], first.body["lines"]) == (
        "v1",
        "CFO on 2026-01-05",
        2,
    )
    assert second.body["approved"] == "" and first.body["file"] == "budgets.csv"
    assert rows(workspace, "decision")[1].body == {
        "text": "no renewal",
        "value": None,
        "owner": "CFO",
        "source": "",
    }
    known.budgets = budgets("101.00")  # the version was changed after it was approved
    publish(workspace, told("a"), closes={"": known})
    assert [one.body["version"] for one in rows(workspace, "budget")] == ["v1", "v2", "v1"]
    assert len(rows(workspace, "decision")) == 2


def test_a_page_that_is_no_units_report_is_kept_by_the_same_rules(tmp_path):
    """The page of a company of several currencies: content that is the same changes nothing, whatever the head of the chain."""
    month = tmp_path / "2026-10"

    def kept(figures: str, head: str, closed: bool = False, **marks) -> str:
        with commit.staging(tmp_path) as folder:
            place = folder / "2026-10" / "company"
            for name, text in (("company.json", figures), ("company.html", f"{figures} {head}")):
                write_atomic(place / name, text)
            listed = {name: file_entry(place / name) for name in ("company.json", "company.html")}
            extra = {"records": {"head": head, **marks}}
            write_atomic(
                place / "manifest.json", json.dumps({"schema": 1, "extra": extra, "files": listed})
            )
            page = commit.Staged("2026-10", "company", place, by="company.json", closed=closed)
            assert commit.commit(tmp_path, [page], folder) == []  # no report of a unit
        newest = layout.newest(tmp_path, "2026-10", "company")
        assert (newest / "company.json").read_text() == figures
        return newest.relative_to(month).as_posix()

    assert kept("a", "1") == kept("a", "2") == "company"
    assert (month / "company" / "company.html").read_text() == "a 1"
    first = files(month / "company")
    assert kept("b", "3") == "company" and files(month / ".versions" / "1" / "company") == first
    assert kept("b", "3", four_eyes="off") == "company"  # is to be read on the page
    before = files(month / "company")
    assert kept("b", "4", True, four_eyes="off") == "company"
    assert kept("c", "5", True) == kept("c", "6", True) == "restated-1/company"
    assert kept("d", "7", True) == "restated-2/company"
    assert files(month / "company") == before
    assert sorted(path.name for path in month.iterdir()) == [
        ".versions",
        "company",
        "index.html",
        "restated-1",
        "restated-2",
        "set.json",
    ]
    (month / "restated-2" / "company" / "company.html").write_text("altered")
    assert kept("d", "8", True) == "restated-3/company"  # what was altered is no copy of it


def test_what_was_altered_is_published_anew_and_kept_as_it_lay_there(workspace):
    publish(workspace, told("a"))
    place = workspace.path("reports") / "2026-10" / "company"
    first = files(place)
    write_atomic(place / "report.html", "altered")
    publish(workspace, told("a"))
    assert verify_files(place) == [] and files(place)["brief.json"] == first["brief.json"]
    kept = place.parent / ".versions" / "1" / "company"
    assert files(kept) == {**first, "report.html": b"altered"}
    assert len(verify_files(kept)) == 2  # neither its manifest nor the index calls it right


def test_only_publications_of_the_archive_are_settled(workspace, tmp_path):
    with Records(workspace.path(workspace.records)) as records:
        body = {"state": "pending", "archive": "elsewhere", "reports": []}
        records.append("publication", body)
    recorded.Recorded(workspace, workspace.path("reports"))
    assert [one.body["state"] for one in rows(workspace)] == ["pending"]
    with Records(workspace.path(workspace.records)) as records:
        assert archive_rows.waiting(records, "reports") == []
        assert [one.id for one in archive_rows.waiting(records, "elsewhere")] == [1]
