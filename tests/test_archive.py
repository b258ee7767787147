"""The archive of published reports: sets that never change, one commit, versions, archives of before, kills (docs/method §15.31 to §15.33)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from finops_model.documents import write_atomic
from finops_model.errors import ReportError
from finops_model.measure import grades, restated
from finops_model.publish import dashboard
from finops_model.publish.archive import commit, layout
from finops_model.publish.archive.rows import sets_in
from finops_model.publish.report import publication
from finops_model.publish.report.briefs import canonical
from finops_model.publish.report.manifest import file_entry, manifest, verify_files
from finops_model.publish.verify.index import besides
from finops_model.published import base_of

FIXTURES = Path(__file__).parent / "fixtures"
BRIEF = json.loads((FIXTURES / "briefs" / "company.json").read_text(encoding="utf-8"))
OLD = FIXTURES / "workspace_0_1" / "small-works" / "reports"
MONTH = "2026-10"


def brief(unit="Company", slug="company", month=MONTH, **more) -> dict:
    return {**BRIEF, "unit": unit, "slug": slug, "month": month, **more}


def render(one: dict, folder: Path, run) -> Path:
    """The files of a report without its notebook; the page names the run."""
    folder.mkdir(parents=True)
    write_atomic(folder / "brief.json", canonical(one))
    write_atomic(folder / "report.html", f"<html>{one['unit']} run {run}</html>")
    write_atomic(folder / "manifest.json", json.dumps(manifest(one, folder)))
    return folder


def publish(root: Path, run, *briefs: dict, sliders=False, keys=None, left_out=()) -> list[dict]:
    """Publish reports whose headline and page name the run."""
    with commit.staging(root) as folder:
        staged = []
        for one in briefs or (brief(), brief("Search", "search")):
            told = {**one, "headline": f"{one['unit']} {run}"}
            place = render(told, folder / one["month"] / one["slug"], run)
            mine = (keys or {}).get(one["slug"], {})
            staged.append(commit.Staged(one["month"], one["slug"], place, told, keys=mine))
        if sliders:
            for name in ("dashboard.json", "dashboard.npz"):
                text = json.dumps({"slug": "company", "run": run})
                (folder / MONTH / name).write_text(text)
        return commit.commit(root, staged, folder, left_out=left_out)


def below(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by the addresses of readers: links followed."""
    found = {}
    for top, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if name != ".published"]
        for name in names:
            path = Path(top) / name
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def entry(root: Path, slug="company", month=MONTH) -> dict:
    return next(one for one in layout.entries(root) if (one["month"], one["slug"]) == (month, slug))


def hidden(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".published").iterdir())


def test_a_set_is_named_by_what_it_holds_and_every_address_leads_into_it(tmp_path):
    publish(tmp_path, 1, sliders=True)
    index = layout.current(tmp_path)
    name = index["months"][MONTH]["set"]
    place = tmp_path / ".published" / name
    told = json.loads((place / "set.json").read_text())
    files = {
        path.relative_to(place).as_posix(): {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
        for path in place.rglob("*")
        if path.is_file() and path.name != "set.json"
    }
    assert told["files"] == files and {"dashboard.npz", "company/report.html"} <= set(files)
    text = json.dumps(files, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    sha = hashlib.sha256(text.encode()).hexdigest()
    assert name == f"{MONTH}@{sha[:12]}" and index["months"][MONTH]["sha256"] == sha
    for link in ("index.json", "index.html", MONTH):
        assert os.readlink(tmp_path / link) == f".published/current/{link}"
    assert os.readlink(tmp_path / ".published" / "current") == "generation-1"
    for one in layout.entries(tmp_path):
        for file, as_listed in one["files"].items():
            assert file_entry(tmp_path / MONTH / one["slug"] / file) == as_listed
    assert json.loads((tmp_path / "index.json").read_text()) == index and index["schema"] == 2


def test_the_same_reports_again_make_nothing(tmp_path):
    publish(tmp_path, 1, sliders=True)
    before = hidden(tmp_path)
    publish(tmp_path, 1, sliders=True)
    assert hidden(tmp_path) == before


def test_what_was_published_never_changes_whatever_comes_after(tmp_path):
    publish(tmp_path, 1, sliders=True)
    name = layout.current(tmp_path)["months"][MONTH]["set"]
    first = below(tmp_path / ".published" / name)
    publish(tmp_path, 2, sliders=True)
    publish(tmp_path, 3, brief("Search", "search"))
    commit.note(tmp_path, MONTH, "company", later="15 days later FY2026 stands at 9.92m.")
    publish(tmp_path, 4, brief(month="2026-11"))
    assert below(tmp_path / ".published" / name) == first
    assert below(tmp_path / MONTH / ".versions" / "1") == first


def test_a_report_that_was_not_renewed_is_the_same_file_and_says_since_when(tmp_path):
    publish(tmp_path, 1, sliders=True, keys={"company": {"inputs": "aa"}})
    first = layout.current(tmp_path)["months"][MONTH]["set"]
    old = (tmp_path / MONTH / "company" / "report.html").stat().st_ino
    publish(tmp_path, 2, brief("Search", "search"), keys={"search": {"inputs": "bb"}})
    kept = entry(tmp_path)
    assert kept["not_renewed"] == {"since": first, "made": "2026-10-31"}
    assert kept["inputs"] == "aa" and entry(tmp_path, "search")["inputs"] == "bb"
    assert "not_renewed" not in entry(tmp_path, "search") and kept["set"] != first
    assert (tmp_path / MONTH / "company" / "report.html").stat().st_ino == old
    page = (tmp_path / MONTH / "index.html").read_text()
    assert f"Not renewed since it was published in {first}, with data to 2026-10-31." in page
    publish(tmp_path, 3, brief("Search", "search"))
    assert entry(tmp_path)["not_renewed"]["since"] == first  # still
    publish(tmp_path, 1, brief())  # made again, the same: renewed, and nothing is written anew
    assert (
        "not_renewed" not in entry(tmp_path)
        and entry(tmp_path)["set"] == entry(tmp_path, "search")["set"]
    )
    before = entry(tmp_path)["set"]
    publish(tmp_path, 1, brief(), left_out=[(MONTH, "search")])
    assert entry(tmp_path, "search")["not_renewed"]["since"] == before


def test_a_copy_where_files_cannot_be_linked_has_copies(tmp_path, monkeypatch):
    publish(tmp_path, 1)

    def refuse(*_, **__):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    publish(tmp_path, 2, brief("Search", "search"))
    assert "run 1" in (tmp_path / MONTH / "company" / "report.html").read_text()
    assert verify_files(tmp_path / MONTH / "company") == []


def test_versions_say_what_moved_from_each_to_the_next(tmp_path):
    land = BRIEF["landing"]
    dearer = brief(
        actual={**BRIEF["actual"], "month": BRIEF["actual"]["month"] + 94.5},
        landing={**land, "p50": land["p50"] * 1.05, "overrun_probability": 0.9},
        status="preliminary",
    )
    for run, one in enumerate((brief(), dearer, dearer)):
        publish(tmp_path, run, one)
    first, second = entry(tmp_path)["versions"]
    assert first["changed"] == [
        "October 2026 cost 903,260.52 USD, then 903,355.02 USD (+94.50 USD).",
        "FY2026 was to land at $9.78m (median), then at $10.3m.",
        "The chance to exceed the budget was 75 %, then 90 %.",
        "The report was final and became preliminary.",
    ]
    assert second["changed"] == ["No figure of page one moved."]
    assert [one["set"] for one in (first, second)] == [
        one["set"] for one in layout.current(tmp_path)["months"][MONTH]["former"]
    ]
    page = (tmp_path / "index.html").read_text()
    assert "former version 1</a>: October 2026 cost 903,260.52 USD" in page


def test_what_happened_since_is_kept_with_the_entry_alone(tmp_path):
    publish(tmp_path, 1)
    before = layout.current(tmp_path)
    files = {
        name: data
        for name, data in below(tmp_path).items()
        if not name.endswith(("index.html", "index.json"))
    }
    later = {"as_of": "2026-11-15", "sentence": "15 days later FY2026 stands at <9.92m>."}
    assert commit.note(tmp_path, MONTH, "company", later=later)["later"] == later
    after = layout.current(tmp_path)
    assert after["months"] == before["months"] and after["generation"] == before["generation"] + 1
    assert after["reports"] == [{**before["reports"][0], "later": later}, before["reports"][1]]
    assert {
        name: data
        for name, data in below(tmp_path).items()
        if not name.endswith(("index.html", "index.json"))
    } == files
    for page in (tmp_path / "index.html", tmp_path / MONTH / "index.html"):
        assert "15 days later FY2026 stands at &lt;9.92m&gt;." in page.read_text()
    commit.note(tmp_path, MONTH, "company", later=later)
    assert layout.current(tmp_path) == after  # the same again is none
    commit.note(tmp_path, MONTH, "company", later=None)
    assert layout.current(tmp_path)["reports"] == before["reports"]
    with pytest.raises(ReportError) as problem:
        commit.note(tmp_path, MONTH, "company", files={})
    assert str(problem.value) == "'files' is a key of the archive's own. Choose another name."
    commit.note(tmp_path, MONTH, "company", later=later)
    publish(tmp_path, 2)
    assert "later" not in entry(tmp_path)  # it was said of the version before


@pytest.mark.parametrize(
    "place",
    [
        f"{MONTH}/company",
        f"{MONTH}/company/report.html",
        ".published/{set}/company",
        f".published/current/{MONTH}/company/brief.json",
    ],
)
def test_a_path_of_a_user_is_found(tmp_path, place):
    publish(tmp_path, 1)
    publish(tmp_path, 2, brief("Search", "search"))
    one = entry(tmp_path)
    found = layout.find(tmp_path / place.format(**one))
    assert (found.root, found.month, found.slug) == (tmp_path.resolve(), MONTH, "company")
    assert (found.place, found.set, found.entry) == ("company", one["set"], one)
    assert found.folder == tmp_path.resolve() / ".published" / one["set"] / "company"


def test_a_path_of_a_version_and_of_a_set_that_said_the_same_is_found(tmp_path):
    publish(tmp_path, 1)
    publish(tmp_path, 2, brief("Search", "search"))
    version = entry(tmp_path, "search")["versions"][0]
    for place in (f"{MONTH}/.versions/1/search", f".published/{version['set']}/search"):
        found = layout.find(tmp_path / place)
        assert found.entry["what"] == "former" and found.place == ".versions/1/search"
        assert verify_files(tmp_path / place) == []
    same = layout.find(tmp_path / ".published" / version["set"] / "company")
    assert same.entry == entry(tmp_path) and verify_files(same.folder) == []


@pytest.fixture
def old(tmp_path):
    """An archive of the version before, with a former and a restated report, and a page in the making that a kill left."""
    root = tmp_path / "reports"
    shutil.copytree(OLD, root)
    for place in (".versions/1", "restated-1"):
        shutil.copytree(OLD / "2026-08" / "platform", root / "2026-08" / place / "platform")
        write_atomic(root / "2026-08" / place / "index.html", "listed")
    write_atomic(root / "2026-08" / ".versions" / "1" / "dashboard.json", "{}")
    (root / "2026-08" / ".index.html.x8k2m1aa").write_text("cut")
    (root / "README.md").write_text("mine")
    return root


def test_an_archive_of_before_is_taken_over_with_every_address(old):
    before = {name: data for name, data in below(old).items() if "index." not in name}
    listed = json.loads((old / "index.json").read_text())["reports"]
    publish(old, 1)
    after = below(old)
    assert {name: after[name] for name in before} == before
    assert all((old / month).is_symlink() for month in ("2026-07", "2026-08", MONTH))
    assert (old / "index.json").is_symlink() and (old / "README.md").read_text() == "mine"
    for one in listed:
        mine = entry(old, one["slug"], one["month"])
        assert {key: mine[key] for key in one} == one
        assert verify_files(old / one["month"] / one["slug"]) == []
    versions = entry(old, "platform", "2026-08")["versions"]
    assert [(one["folder"], one["what"], one["number"], one["changed"]) for one in versions] == [
        (".versions/1/platform", "former", 1, ["No figure of page one moved."]),
        ("restated-1/platform", "restated", 1, ["No figure of page one moved."]),
    ]
    for one in versions:
        assert verify_files(old / "2026-08" / one["folder"]) == []
    assert set(grades.published(old, before="2026-09")["unit"]) >= {"Company", "Platform"}
    assert restated.statements(old, "2026-09")["Company"]["2026-08"]["told"] == "2026-08"
    assert (
        dashboard.open_report(old, "2026-08", "research") == before["2026-08/research/report.html"]
    )


def test_a_file_that_was_changed_before_is_not_made_right_by_being_taken_over(old):
    (old / "2026-08" / "company" / "report.html").write_text("forged")
    publish(old, 1)
    assert verify_files(old / "2026-08" / "company") == [
        "report.html was changed after it was published: its sha256 is not the one in the manifest",
        "report.html is not the file that the archive's index.json lists",
    ]


def test_a_copy_whose_links_were_followed_is_read_and_taken_over(tmp_path):
    root, copy = tmp_path / "reports", tmp_path / "copy"
    publish(root, 1, sliders=True)
    publish(root, 2, brief(), sliders=True)
    shutil.copytree(root, copy)
    assert not (copy / MONTH).is_symlink() and not (copy / ".published" / "current").is_symlink()
    assert layout.current(copy) == layout.current(root)
    pages = below(root)
    name = entry(copy)["set"]
    assert besides(copy, MONTH, name) == [] == besides(root, MONTH, name), "verified there too"
    forged = base_of(copy) / MONTH / "company" / "report.html"
    kept = forged.read_bytes()
    forged.write_text("another page")
    assert any("company is no report that" in one for one in besides(copy, MONTH, name))
    forged.write_bytes(kept)
    for place in ("company", "search", ".versions/1/company"):
        assert verify_files(copy / MONTH / place) == []
    publish(copy, 3, brief(month="2026-11"))
    after = below(copy)
    same = [name for name in pages if not name.endswith(("index.html", "index.json"))]
    assert {name: after[name] for name in same} == {name: pages[name] for name in same}
    assert (copy / MONTH).is_symlink() and (copy / ".published" / "current").is_symlink()
    publish(copy, 4, brief(month="2026-12"))
    publish(copy, 5, brief(month="2027-01"))
    assert [name for name in hidden(copy) if name.startswith("generation")] == [
        "generation-4", "generation-5", "generation-6",
    ]  # fmt: skip
    assert verify_files(copy / MONTH / ".versions" / "1" / "company") == []


def test_a_copy_that_lost_its_links_is_taken_over_and_loses_nothing(tmp_path):
    publish(tmp_path, 1)
    publish(tmp_path, 2, brief())
    pages = below(tmp_path)
    for path in [*tmp_path.rglob("*")]:
        if path.is_symlink():
            path.unlink()
    publish(tmp_path, 3, brief(month="2026-11"))
    after = below(tmp_path)
    same = [name for name in pages if not name.endswith(("index.html", "index.json"))]
    assert {name: after[name] for name in same} == {name: pages[name] for name in same}


NOTHING = "Move it away, then publish again: finops report. Nothing was published."
ONLY = "in the folder of a month there are only its reports"


@pytest.mark.parametrize(
    "place, said",
    [
        ("2026-08", "this file is no report, and the folder of a month's reports has this name"),
        ("2026-07/company", f"this file is no report, and {ONLY}"),
        ("2026-07/notes.txt", f"this file is no report, and {ONLY}"),
        (
            ".published",
            "this file is no report, and the archive keeps its sets in a folder of this name",
        ),
        ("index.json", "this folder is no report, and a page of the archive has this name"),
    ],
)
def test_what_is_no_report_is_refused_by_name_and_nothing_is_published(tmp_path, place, said):
    root = tmp_path / "reports"
    shutil.copytree(OLD, root)
    path = root / place
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.mkdir() if "folder is" in said else path.write_text("mine")
    before = below(root)
    with pytest.raises(ReportError) as problem:
        publish(root, 1)
    assert str(problem.value) == f"{path}: {said}. {NOTHING}"
    assert below(root) == before and not (root / "2026-07").is_symlink()


def test_a_file_put_into_the_folder_of_a_month_is_refused_and_stays(tmp_path):
    publish(tmp_path, 1)
    path = tmp_path / MONTH / "notes.txt"
    path.write_text("mine")
    with pytest.raises(ReportError) as problem:
        publish(tmp_path, 2)
    assert str(problem.value) == f"{path}: this file is no report, and {ONLY}. {NOTHING}"
    assert path.read_text() == "mine" and entry(tmp_path)["headline"] == "Company 1"


def test_a_file_in_a_followed_copy_that_is_not_the_listed_one_is_named(tmp_path):
    root, copy = tmp_path / "reports", tmp_path / "copy"
    publish(root, 1)
    shutil.copytree(root, copy)
    path = copy / MONTH / "company" / "report.html"
    path.write_text("forged")
    with pytest.raises(ReportError) as problem:
        publish(copy, 2)
    assert str(problem.value) == (
        f"{path}: this file is not the one that the archive lists there, and the folder it lies in is a copy: links of the archive "
        "were followed when it was made. Move the file away, then publish again: finops report. Nothing was published."
    )
    assert path.read_text() == "forged" and entry(copy)["headline"] == "Company 1"


def test_an_index_that_cannot_be_read_stops_and_removes_nothing(tmp_path):
    publish(tmp_path, 1)
    publish(tmp_path, 2)
    before = hidden(tmp_path)
    (base_of(tmp_path) / "index.json").write_text("{")
    with pytest.raises(ReportError) as problem:
        publish(tmp_path, 3)
    assert str(problem.value) == (
        f"{tmp_path / 'index.json'}: it cannot be read as the index of an archive. Bring the published file back from your backup; "
        "the reports themselves are unchanged."
    )
    assert hidden(tmp_path) == before


# --- kills ------------------------------------------------------------------------------------------------------------

EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "shutil.rmtree", "ctypes.dlsym"}  # fmt: skip


def in_fork(work, at: int) -> list[str] | None:
    """Run work in a child that kills itself before its at-th file operation; the operations where it came to its end."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            seen: list[str] = []

            def hook(event, args):
                writes = (
                    event == "open"
                    and isinstance(args[2], int)
                    and args[2] & (os.O_WRONLY | os.O_RDWR)
                )
                if event in EVENTS or (writes and not str(args[0]).startswith(("/dev", "/proc"))):
                    seen.append(event)
                    if len(seen) == at:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(hook)
            work()
            os.write(write, json.dumps(seen).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        out = pipe.read()
    os.waitpid(child, 0)
    return json.loads(out) if out else None


def seen_by_readers(root: Path) -> tuple[str, str]:
    """What the classic addresses show, and what the index says of them: each is old or new."""
    index = json.loads((root / "index.json").read_text())
    for one in index["reports"]:
        for name, as_listed in one["files"].items():
            path = root / one["month"] / one["slug"] / name
            assert hashlib.sha256(path.read_bytes()).hexdigest() == as_listed["sha256"], path
    runs = {
        (root / MONTH / slug / "report.html").read_text()[-8:-7]
        for slug in ("company", "search")
        if (root / MONTH / slug).exists()
    }
    sliders = json.loads((root / MONTH / "dashboard.json").read_text())["run"] if runs else None
    headlines = {one["headline"][-1] for one in index["reports"] if one["month"] == MONTH}
    assert len(runs) < 2 and len(headlines) < 2
    pages = (root / "index.html").read_text()
    assert all(one["headline"] in pages for one in index["reports"] if one["month"] == MONTH)
    return "".join(runs or {"-"}), "".join(headlines or {"-"}) if sliders is None else str(sliders)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a child of this process")
@pytest.mark.parametrize("what", ["over", "taken over"])
def test_killed_before_any_file_operation_everything_is_old_or_new(tmp_path, what, monkeypatch):
    """Publishing two reports and sliders over two, and into an archive of before: the last 60 operations and a spread of those before."""
    monkeypatch.setattr(os, "fsync", lambda _: None)  # a kill is no power cut
    base = tmp_path / "base"
    if what == "over":
        publish(base, 1, sliders=True)
    else:
        shutil.copytree(OLD, base)
    shutil.copytree(base, tmp_path / "whole", symlinks=True)
    done = in_fork(lambda: publish(tmp_path / "whole", 2, sliders=True), 0)
    assert done is not None and len(done) > 60
    last = len(done)
    step = (
        1 if what == "over" else 6
    )  # an archive of before is taken over once: there, where names change places
    exchanges = [at for at, event in enumerate(done, 1) if event == "ctypes.dlsym"]
    assert len(exchanges) == (0 if what == "over" else 2)
    moments = {*range(last, last - 60, -step), *range(1, last - 59, (last - 60) // 8 + 1)}
    moments |= {at + near for at in exchanges for near in (-1, 0, 1, 2, 3)}
    met = []
    for at in sorted(moments):
        root = tmp_path / f"at-{at}"
        shutil.copytree(base, root, symlinks=True)
        assert in_fork(lambda root=root: publish(root, 2, sliders=True), at) is None, at
        shown, listed = seen_by_readers(root)
        assert shown == listed, at
        met.append(shown)
        publish(root, 3, sliders=True)  # the next run: whole, and nothing is left of the killed one
        assert seen_by_readers(root) == ("3", "3")
        assert not [name for name in hidden(root) if name.startswith(".")]
        listed_sets = sets_in(layout.current(root))
        assert {name for name in hidden(root) if "@" in name} == listed_sets, at
        count = {"-": 1, "1": 2, "2": 3 if what == "over" else 2}[shown]
        assert len([name for name in listed_sets if name.startswith(MONTH)]) == count, at
        shutil.rmtree(root)
    old = "1" if what == "over" else "-"
    assert set(met) == {old, "2"} and met == sorted(met, key=lambda one: one == "2")


def test_two_publications_at_once_are_both_whole(tmp_path):
    """In processes of their own and side by side here: each waits for the other, none is lost."""
    publish(tmp_path, 0)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_archive as t; from pathlib import Path\n"
        "for run in range(3): t.publish(Path(sys.argv[2]), f'p{run}', t.brief('Search', 'search'))"
    )
    words = [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path)]
    other = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    wrong: list = []
    stop = threading.Event()

    def read() -> None:
        while not stop.wait(0.01):
            base = base_of(tmp_path)
            for one in json.loads((base / "index.json").read_text())["reports"]:
                path = base / one["month"] / one["slug"] / "report.html"
                if file_entry(path) != one["files"]["report.html"]:
                    wrong.append(path)

    reader = threading.Thread(target=read)
    reader.start()
    for run in range(3):
        publish(tmp_path, f"h{run}", brief())
    assert other.wait(60) == 0
    stop.set()
    reader.join()
    assert wrong == []
    assert entry(tmp_path)["headline"] == "Company h2"
    assert entry(tmp_path, "search")["headline"] == "Search p2"
    assert len(layout.current(tmp_path)["months"][MONTH]["former"]) == 6
    for slug in ("company", "search"):
        for one in [entry(tmp_path, slug), *entry(tmp_path, slug)["versions"]]:
            assert verify_files(tmp_path / MONTH / one.get("folder", slug)) == []
    assert len(entry(tmp_path)["versions"]) == len(entry(tmp_path, "search")["versions"]) == 3
    assert not [name for name in hidden(tmp_path) if name.startswith(".")]


def test_a_living_publication_is_not_swept_by_another(tmp_path):
    with commit.staging(tmp_path) as folder:
        publish(tmp_path, 1)
        assert folder.is_dir()
        place = render(brief("Other", "other"), folder / MONTH / "other", 1)
        commit.commit(
            tmp_path, [commit.Staged(MONTH, "other", place, brief("Other", "other"))], folder
        )
    assert {one["slug"] for one in layout.entries(tmp_path)} == {"company", "search", "other"}


def test_marks_and_sentences_of_a_publication():
    assert publication.marks(None) == {} and publication.marks(None, False) == {"four_eyes": "off"}
