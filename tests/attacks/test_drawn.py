"""Somebody puts a report where a stopped job keeps what it has drawn: the next job does not publish it (docs/method §15.43)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil

import pytest

from finops_model.publish.job.drawn import Drawn
from finops_model.publish.report.briefs import canonical

BRIEF = {"unit": "Company", "month": "2026-10", "headline": "AI spend is heading for $9.9m."}
PAGES = {"brief.json": canonical(BRIEF), "report.html": "<p>$9.9m</p>", "workbook.xlsx": "PK"}


@pytest.fixture
def kept(tmp_path):
    """(what is kept, the folder of the one report in it)."""
    (tmp_path / "made").mkdir()
    for name, text in PAGES.items():
        (tmp_path / "made" / name).write_text(text)
    drawn = Drawn(tmp_path / "archive" / ".drawn")
    drawn.keep(BRIEF, tmp_path / "made")
    (place,) = (path for path in drawn.folder.iterdir() if (path / "drawn.json").is_file())
    return drawn, place


def relist(place) -> None:
    files = {path.name: path.read_bytes() for path in place.iterdir() if path.name != "drawn.json"}
    (place / "drawn.json").write_text(
        json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in files.items()})
    )


def test_what_was_kept_is_taken_and_nobody_else_may_write_there(kept, tmp_path):
    drawn, place = kept
    assert drawn.take(BRIEF, tmp_path / "out")
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == PAGES
    assert drawn.folder.stat().st_mode & 0o077 == 0


def test_a_file_more_is_not_published(kept, tmp_path):
    drawn, place = kept
    (place / "offer.html").write_text("<p>Approved</p>")
    relist(place)
    assert not drawn.take(BRIEF, tmp_path / "out") and not (tmp_path / "out").exists()


def test_another_brief_is_not_published(kept, tmp_path):
    drawn, place = kept
    (place / "brief.json").unlink()  # it may be a link of the published one
    (place / "brief.json").write_text(canonical({**BRIEF, "headline": "$1."}))
    relist(place)
    assert not drawn.take(BRIEF, tmp_path / "out")


def test_a_link_is_not_followed(kept, tmp_path):
    drawn, place = kept
    (tmp_path / "mine.html").write_text("<p>$1.</p>")
    (place / "report.html").unlink()
    (place / "report.html").symlink_to(tmp_path / "mine.html")
    relist(place)
    assert not drawn.take(BRIEF, tmp_path / "out")


@pytest.mark.parametrize("which", ["folder", "place"])
def test_a_folder_in_which_others_may_write_is_not_trusted(kept, tmp_path, which):
    drawn, place = kept
    os.chmod({"folder": drawn.folder, "place": place}[which], 0o777)
    assert not drawn.take(BRIEF, tmp_path / "out")


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user")
@pytest.mark.parametrize("which", ["folder", "place", "page"])
def test_what_belongs_to_another_user_is_not_trusted(kept, tmp_path, which):
    drawn, place = kept
    os.chown(
        {"folder": drawn.folder, "place": place, "page": place / "report.html"}[which], 65534, -1
    )
    assert not drawn.take(BRIEF, tmp_path / "out")


def test_a_copy_is_not_what_was_kept(kept, tmp_path):
    """Whoever gives an archive away could have put a page there: drawn reports of another machine or folder do not count."""
    drawn, place = kept
    shutil.copytree(drawn.folder, tmp_path / "other" / ".drawn")
    assert not Drawn(tmp_path / "other" / ".drawn").take(BRIEF, tmp_path / "out")
