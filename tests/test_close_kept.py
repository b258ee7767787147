"""What nobody may lose or forge by a close: rows that were changed or rolled back, files that lie in its folder (docs/method §14.61)."""

from __future__ import annotations

import re
import shutil
import sqlite3

import pytest
from close_acme import Acme
from test_close_walk import refused, settings
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.errors import FinOpsError
from finops_model.publish.books.closing import kept, walk
from finops_model.records import states
from finops_model.records.store import Records

NAME = "2026-09"


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """A company with a final September, and the same one closed."""
    acme = Acme(tmp_path_factory.mktemp("kept") / "acme")
    acme.deliver(NAME)
    walk.walk(settings(acme), NAME, author="carla")
    final = shutil.copytree(acme.folder, acme.folder.parent / "final")
    walk.approve(settings(acme), NAME, author="henrik")
    return {"final": final, "closed": acme.folder}


@pytest.fixture
def at(steps, tmp_path):
    def copy(step: str) -> Acme:
        acme = Acme.__new__(Acme)
        acme.folder = shutil.copytree(steps[step], tmp_path / "acme")
        return acme

    return copy


def raw(acme: Acme, *statements: str) -> None:
    connection = sqlite3.connect(acme.folder / ".finops" / "records.sqlite", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def other_invoice(acme: Acme) -> None:
    path = acme.folder / "invoices.csv"
    path.write_text(path.read_text().replace("330.00", "335.00"))


def test_nothing_is_approved_closed_or_listed_on_rows_that_were_changed(at):
    acme = at("final")
    raw(acme, "DROP TRIGGER no_change", "UPDATE records SET author = 'bob'")
    place = acme.folder / ".finops" / "records.sqlite"
    with Records(place) as records:
        first = records.check()[0]
    words = (
        f"{place}: not as it was written: {first.rstrip('.')} (1 more). Nothing is closed, approved or opened on it. "
        "See all: finops audit. Take the copy of your backup."
    )
    assert refused(walk.approve, settings(acme), NAME, author="carla") == words
    assert refused(walk.walk, settings(acme), NAME) == words
    assert refused(walk.reopen, settings(acme), NAME, "why") == words
    assert refused(walk.status, settings(acme)) == words


def test_a_rule_that_swallows_rows_is_seen_and_no_row_is_lost_in_silence(at):
    acme = at("final")
    rule = "CREATE TRIGGER eats BEFORE INSERT ON records WHEN NEW.kind = 'journal' BEGIN SELECT RAISE(IGNORE); END"
    raw(acme, rule)
    assert "the rule 'eats' of the file is none of ours" in refused(
        walk.approve, settings(acme), NAME, author="henrik"
    )
    place = acme.folder / ".finops" / "records.sqlite"
    with Records(place, author="henrik") as records:
        before = records.head
        assert refused(records.append, "journal", {}) == (
            f"{place}: the row was not added, as a rule that somebody put into the file swallows it. See which: finops audit."
        )
        assert records.head == before


def test_a_row_is_not_taken_away_by_another_with_its_hash(at):
    acme = at("closed")
    last = "(SELECT max(id) FROM records)"
    with pytest.raises(sqlite3.IntegrityError):
        raw(
            acme,
            f"INSERT OR REPLACE INTO records SELECT {last} + 1, at, author, 'decision', entity, period, body, "
            f"(SELECT hash FROM records WHERE id = {last}), hash FROM records WHERE id = 1",
        )
    with Records(acme.folder / ".finops" / "records.sqlite") as records:
        assert records.check() == []


def test_an_altered_table_is_seen(at):
    acme = at("final")
    raw(acme, "ALTER TABLE records ADD COLUMN more")
    with Records(acme.folder / ".finops" / "records.sqlite") as records:
        assert records.check()[0].startswith("the rule 'records' of the file was taken out or")


@pytest.mark.parametrize("older", ["final", None])
def test_records_that_are_older_than_a_close_are_refused_and_its_files_stay(at, steps, older):
    acme = at("closed")
    before = {path: path.read_bytes() for path in (acme.folder / "books").rglob("*.*")}
    mark = acme.folder / "books" / f"{NAME}.closed"
    head = re.search(r"Chain head ([0-9a-f]{64})\n", mark.read_text())[1]
    place = acme.folder / ".finops" / "records.sqlite"
    place.unlink()
    if older:
        shutil.copy(steps[older] / ".finops" / "records.sqlite", place)
    other_invoice(acme)
    words = (
        f"{mark}: this period was closed with chain head {head[:12]}, and {place} does not have it: it is an older copy, or "
        "other records. Put the newest copy back. To begin anew without it, move the folder of the books away."
    )
    assert refused(walk.walk, settings(acme), NAME) == words
    assert refused(walk.approve, settings(acme), NAME, author="henrik") == words
    assert all(path.read_bytes() == data for path, data in before.items())


def test_a_mark_that_a_killed_approval_did_not_write_comes_with_the_next_step(at):
    acme = at("closed")
    mark = acme.folder / "books" / f"{NAME}.closed"
    written = mark.read_bytes()
    mark.unlink()
    refused(walk.walk, settings(acme), NAME)
    assert mark.read_bytes() == written


def test_what_somebody_put_into_the_folder_is_kept_beside(at):
    acme = at("final")
    notes = acme.folder / "books" / NAME / "notes.txt"
    notes.write_text("ask Seatly")
    other_invoice(acme)
    found = walk.walk(settings(acme), NAME, author="carla")
    assert found.state == "preliminary" and not notes.exists()
    assert found.kept == acme.folder / "books" / f"{NAME}.kept-1"
    assert (found.kept / "notes.txt").read_text() == "ask Seatly"
    again = walk.walk(settings(acme), NAME, author="carla", accept="a promise")
    assert again.state == "final" and again.kept is None


def test_a_file_or_link_at_the_place_of_the_folder_is_kept(at):
    acme = at("final")
    with Records(settings(acme).path(settings(acme).records)) as records:
        place = acme.folder / "books" / "x"
        place.write_text("mine")
        assert kept.publish(records, place, {"a.csv": b"1"}).read_text() == "mine"
        place = acme.folder / "books" / "y"
        place.symlink_to(acme.folder / "books" / NAME)
        assert kept.publish(records, place, {"a.csv": b"1"}).is_symlink()
        assert (acme.folder / "books" / NAME / "journal.csv").is_file()


def test_an_approval_of_what_was_made_anew_in_between_is_refused(at, monkeypatch):
    acme = at("final")
    seen = walk._as_looked_at

    def meanwhile(*given):
        seen(*given)
        with Records(settings(acme).path(settings(acme).records), author="eve") as other:
            body = states.standing(other, "", NAME).row.body
            states.reach(other, "", NAME, "final", body={**body, "reason": "another"})

    monkeypatch.setattr(walk, "_as_looked_at", meanwhile)
    assert refused(walk.approve, settings(acme), NAME, author="henrik") == (
        "2026-09: eve has made it anew while it was being approved. Look at it again: finops close --month 2026-09 --approve."
    )


def test_a_reason_of_nothing_is_none(at):
    acme = at("final")
    for words in (["--accept", " "], ["--accept", ""]):
        found = CliRunner().invoke(app, ["close", "--month", NAME, *words, "-s", str(acme.folder)])
        assert isinstance(found.exception, FinOpsError)
        assert (
            str(found.exception)
            == "--accept needs a reason: finops close --month MONTH --accept REASON."
        )
