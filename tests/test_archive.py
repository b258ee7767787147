"""The archive of published reports: sets that never change, one commit, versions, archives of before, kills (docs/method §15.31 to §15.33)."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from finops_model.documents import write_atomic
from finops_model.publish.archive import commit, layout
from finops_model.publish.report.briefs import canonical
from finops_model.publish.report.manifest import file_entry, manifest

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
