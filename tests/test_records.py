"""The one store: rows are added and never changed, each covers the one before, two people close a period (docs/method §14.3 to §14.5)."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3

import pytest

from finops_model.errors import RecordsError
from finops_model.records import states, tables
from finops_model.records.account import account
from finops_model.records.rows import GENESIS, hash_of, name_of
from finops_model.records.store import Records


def opened(folder, author="anna", **more) -> Records:
    times = iter(f"2026-11-{1 + n // 24:02}T{n % 24:02}:00:00Z" for n in range(500))
    return Records(folder / "records.sqlite", author=author, clock=lambda: next(times), **more)


@pytest.fixture
def records(tmp_path):
    with opened(tmp_path) as store:
        yield store


def raw(path, *statements, given=()):
    """What somebody with the program `sqlite3` does to the file."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for statement in statements:
            connection.execute(statement, given)
    finally:
        connection.close()


def row(records, kind, body, author="anna", period="2026-10", entity="", **other):
    """A row as somebody would forge it: in its place, with a good hash, unless `other` says something else."""
    last = records.raw()
    fields = {
        "id": len(last) + 1,
        "at": "2026-11-09T00:00:00Z",
        "author": author,
        "kind": kind,
        "entity": entity,
        "period": period,
        "body": json.dumps(body),
        "previous": last[-1][8] if last else GENESIS,
    } | other
    return (*fields.values(), hash_of(tuple(fields.values())))


def insert(records, fields):
    raw(records.path, "INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?)", given=fields)


def test_a_row_covers_all_its_fields_and_the_hash_of_the_row_before(records):
    first = records.append(
        "decision", {"text": "café", "amount": 1}, entity="Acme", period="2026-10"
    )
    second = records.append("budget", {"version": "v2"}, author="bob")
    assert (first.id, first.previous, second.previous) == (1, GENESIS, first.hash)
    assert second.author == "bob" and records.head == second.hash and records.check() == []
    assert [one.id for one in records.read(kind="decision", entity="Acme", period="2026-10")] == [1]
    assert records.read(kind="decision")[0] == first and first.at == "2026-11-01T00:00:00Z"
    fields = records.raw()[0]
    for place in range(8):  # each field counts
        other = list(fields[:8])
        other[place] = 9 if place == 0 else f"{other[place]}x"
        assert hash_of(other) != fields[8]


def test_nothing_recorded_is_an_empty_chain_and_makes_no_file(records):
    assert (records.read(), records.head, records.check()) == ([], GENESIS, [])
    assert not records.path.exists()


def test_who_acts_is_the_account_of_the_system_whatever_the_environment_says(tmp_path, monkeypatch):
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody else")
    with Records(tmp_path / "records.sqlite") as store:
        assert store.append("decision", {}).author == account() != "somebody else"


@pytest.mark.parametrize(
    "statement, said",
    [
        ("UPDATE records SET author = 'eve'", tables.NO_CHANGE),
        ("UPDATE OR REPLACE records SET id = 2 WHERE id = 1", tables.NO_CHANGE),
        ("DELETE FROM records", tables.NO_REMOVAL),
        (
            "INSERT OR REPLACE INTO records SELECT id, at, 'eve', kind, entity, period, body, previous, hash || 'x' FROM records WHERE id = 2",
            tables.OUT_OF_ORDER,
        ),
        (
            "INSERT INTO records SELECT 7, at, author, kind, entity, period, body, hash, hash || 'x' FROM records WHERE id = 2",
            tables.OUT_OF_ORDER,
        ),
        (
            "INSERT INTO records SELECT 3, at, author, kind, entity, period, body, previous, hash || 'x' FROM records WHERE id = 2",
            tables.OUT_OF_ORDER,
        ),
    ],
)
def test_the_file_refuses_what_somebody_does_to_a_row_by_hand(records, statement, said):
    records.append("decision", {"text": "a"})
    records.append("decision", {"text": "b"})
    before = records.raw()
    with pytest.raises(
        sqlite3.IntegrityError, match=f"^{said}$".replace("(", r"\(").replace(")", r"\)")
    ):
        raw(records.path, statement)
    assert records.raw() == before


def test_a_changed_row_breaks_the_chain_by_name(records):
    for text in "abc":
        records.append("decision", {"text": text}, period="2026-10")
    records.close()
    raw(
        records.path,
        "DROP TRIGGER no_change",
        "UPDATE records SET author = 'eve' WHERE id = 2",
        f"CREATE TRIGGER no_change {tables.TRIGGERS['no_change']}",
    )
    name = "row 2 (decision, 2026-10, by eve at 2026-11-01T01:00:00Z)"
    changed = f"{name} was changed after it was written: its hash is not that of what it says."
    assert records.check() == [changed]
    forged = [*records.raw()[1][:8]]
    raw(
        records.path,
        "DROP TRIGGER no_change",
        f"UPDATE records SET hash = '{hash_of(forged)}' WHERE id = 2",
    )
    assert records.check() == [
        f"{name} is not the one that row 3 was written after: it was changed, or exchanged for another.",
        "the rule 'no_change' of the file was taken out or changed: somebody has worked on the file with another program.",
    ]
    raw(
        records.path,
        "DROP TRIGGER no_removal",
        "DELETE FROM records WHERE id = 2",
        f"CREATE TRIGGER no_removal {tables.TRIGGERS['no_removal']}",
        f"CREATE TRIGGER no_change {tables.TRIGGERS['no_change']}",
    )
    assert records.check() == ["row 2 is missing."]


def test_a_row_that_is_no_data_any_more_is_one_sentence(records):
    records.append("decision", {"text": "a"})
    raw(records.path, "DROP TRIGGER no_change", "UPDATE records SET body = '[]'")
    with pytest.raises(RecordsError) as problem:
        records.read()
    assert str(problem.value) == (
        f"{records.path}: a record cannot be read: somebody has changed it. See which one: finops audit."
    )
    assert name_of(records.raw()[0]) in records.check()[0]


def test_a_period_goes_from_open_to_closed_with_two_people_and_stays(records):
    assert states.state_of(records, "", "2026-10") == "open"
    states.reach(records, "", "2026-10", "preliminary", body={"reason": "no invoice yet"})
    final = states.reach(records, "", "2026-10", "final", author="anna")
    assert (
        states.reach(records, "", "2026-10", "final", author="bob").id == final.id
    )  # said already
    closed = states.approve(records, "", "2026-10", author="bob", note="seen")
    assert states.state_of(records, "", "2026-10") == closed.body["state"] == "closed"
    assert (
        states.state_of(records, "Acme", "2026-10")
        == states.state_of(records, "", "2026-11")
        == "open"
    )
    approval = records.read("approval")[0]
    assert approval.body == {"of": final.id, "hash": final.hash, "note": "seen"}
    with pytest.raises(RecordsError) as problem:
        states.reach(records, "", "2026-10", "final")
    assert str(problem.value) == (
        "2026-10 is closed (by bob, 2026-11-01): what came later is booked in the open period. "
        "To open it again: finops close --month 2026-10 --reopen REASON."
    )
    states.request_reopen(records, "", "2026-10", "the vendor restated", author="bob")
    states.approve(records, "", "2026-10", author="anna")
    assert states.state_of(records, "", "2026-10") == "open"
    assert records.read("state")[-1].body["reason"] == "the vendor restated"
    states.reach(records, "", "2026-10", "final", author="bob")
    states.approve(records, "", "2026-10", author="anna")
    assert states.state_of(records, "", "2026-10") == "closed" and records.check() == []


REFUSED = {
    "the approver is the author": (
        lambda r: states.approve(r, "", "2026-10", author="anna"),
        "2026-10: anna made it final and cannot approve it too. A second person does, under an account of their own: "
        "finops close --month 2026-10 --approve.",
    ),
    "a job that nobody watches": (
        lambda r: states.approve(r, "", "2026-10", author="bob", attended=False),
        "2026-10: a job that nobody watches brings a period to final at most. A person approves it: "
        "finops close --month 2026-10 --approve.",
    ),
    "closed as a state": (
        lambda r: states.reach(r, "", "2026-10", "closed"),
        "2026-10 is closed by an approval of its final state: finops close --month 2026-10 --approve.",
    ),
    "a state that is none": (
        lambda r: states.reach(r, "", "2026-10", "finale"),
        "2026-10: unknown state 'finale'. Did you mean 'final'? Known: preliminary, final.",
    ),
    "closed from open": (
        lambda r: states.approve(r, "Acme", "2026-11", author="bob"),
        "Acme, 2026-11 is open, and only a final period can be closed. Bring it there: finops close --month 2026-11.",
    ),
    "reopen what is not closed": (
        lambda r: states.request_reopen(r, "", "2026-10", "why"),
        "2026-10 is final, not closed: there is nothing to open again.",
    ),
    "reopen without a reason": (
        lambda r: states.request_reopen(r, "", "2026-10", " "),
        "2026-10: to open a closed period again needs a reason: finops close --month 2026-10 --reopen REASON.",
    ),
    "a kind that is none": (
        lambda r: r.append("decisions", {}),
        "records: unknown kind of record 'decisions'. Did you mean 'decision'? Known: publication, state, approval, reopen, journal, "
        "decision, budget.",
    ),
    "a number that is none": (
        lambda r: r.append("decision", {"amount": float("nan")}),
        "a record of kind decision cannot be written: Out of range float values are not JSON compliant: nan. "
        "Numbers must be finite and values plain.",
    ),
    "a value that is none": (
        lambda r: r.append("decision", {"amount": {1, 2}}),
        "a record of kind decision cannot be written: '{1, 2}' is set. Numbers must be finite and values plain.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_one_sentence_and_no_row(records, case):
    act, said = REFUSED[case]
    states.reach(records, "", "2026-10", "final")
    before = records.raw()
    with pytest.raises(RecordsError) as problem:
        act(records)
    assert (
        str(problem.value)
        .replace("compliant: nan", "compliant")
        .replace("compliant", "compliant: nan")
        == said
    )
    assert records.raw() == before


def test_a_closed_period_and_an_open_request_are_said(records):
    states.reach(records, "", "2026-10", "final")
    states.approve(records, "", "2026-10", author="bob")
    with pytest.raises(RecordsError) as problem:
        states.approve(records, "", "2026-10", author="carl")
    assert str(problem.value) == "2026-10 is closed already (by bob, 2026-11-01)."
    states.request_reopen(records, "", "2026-10", "late", author="carl")
    with pytest.raises(RecordsError) as problem:
        states.request_reopen(records, "", "2026-10", "late", author="dora")
    assert str(problem.value) == (
        "2026-10: carl asked to open it again on 2026-11-01, and that waits for an approval: finops close --month 2026-10 --approve."
    )
    with pytest.raises(
        RecordsError, match="^2026-10: carl asked to open it again and cannot approve it too"
    ):
        states.approve(records, "", "2026-10", author="carl")


def test_four_eyes_off_lets_one_person_do_it_and_the_row_says_so(records):
    states.reach(records, "", "2026-10", "final")
    states.approve(records, "", "2026-10", four_eyes=False)
    assert records.read("approval")[0].body["four_eyes"] == "off"
    assert states.state_of(records, "", "2026-10") == "closed"


def test_the_file_itself_refuses_self_approval_and_a_state_without_one(records):
    """A raw INSERT in its place, with a good hash: what the code refuses the file refuses too."""
    final = states.reach(records, "", "2026-10", "final")

    def refused(kind, body, said, **more):
        with pytest.raises(sqlite3.IntegrityError) as problem:
            insert(records, row(records, kind, body, **more))
        assert str(problem.value) == said

    refused("approval", {"of": final.id}, tables.OWN_WORK)
    refused("approval", {"of": 99}, tables.NO_SUCH, author="bob")
    refused("approval", {}, tables.NO_SUCH, author="bob")
    refused("approval", {"of": final.id}, tables.NO_SUCH, author="bob", period="2026-11")
    refused("state", {"state": "closed"}, tables.NOT_APPROVED, author="bob")
    insert(records, row(records, "approval", {"of": final.id}, author="bob"))
    refused("state", {"state": "closed"}, tables.NOT_APPROVED, author="bob", period="2026-11")
    insert(records, row(records, "state", {"state": "closed"}, author="bob"))
    refused("state", {"state": "final"}, tables.NOT_REOPENED)
    refused("state", {"state": "open"}, tables.NOT_REOPENED)
    asked = records.append("reopen", {"reason": "late"}, period="2026-10", author="anna")
    refused("state", {"state": "open"}, tables.NOT_REOPENED)
    refused("approval", {"of": asked.id}, tables.OWN_WORK)
    insert(records, row(records, "approval", {"of": asked.id}, author="bob"))
    insert(records, row(records, "state", {"state": "open"}, author="bob"))
    assert states.state_of(records, "", "2026-10") == "open" and records.check() == []
    with pytest.raises(RecordsError) as problem:
        records.append("state", {"state": "closed"}, period="2026-10")
    assert str(problem.value) == f"the records refuse it: {tables.NOT_APPROVED}."


def test_rows_of_a_transaction_are_there_together_or_not_at_all(records):
    records.append("decision", {"text": "before"})
    with pytest.raises(RuntimeError), records.transaction():
        records.append("decision", {"text": "a"})
        raise RuntimeError
    with records.transaction():
        records.append("decision", {"text": "b"})
        records.append("decision", {"text": "c"})
    assert [one.body["text"] for one in records.read()] == ["before", "b", "c"]
    assert records.check() == []


def test_a_read_only_copy_opens_with_every_row_and_takes_none(records, tmp_path, monkeypatch):
    records.append("decision", {"text": "a"})
    records.append("decision", {"text": "b"})
    lasting = (
        tmp_path / "killed"
    )  # the newest rows are still in the file beside it, as a kill leaves them
    lasting.mkdir()
    for one in tmp_path.glob("records.sqlite*"):
        shutil.copy(one, lasting) if not one.name.endswith("-shm") else None
    whole = tmp_path / "whole"
    records.close()
    whole.mkdir()
    shutil.copy(records.path, whole)
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    for folder in (lasting, whole):
        before = sorted(path.name for path in folder.iterdir())
        with opened(folder) as copy:
            assert [one.body["text"] for one in copy.read()] == ["a", "b"] and copy.check() == []
            with pytest.raises(RecordsError) as problem:
                copy.append("decision", {})
        assert str(problem.value) == (
            f"{folder / 'records.sqlite'}: it can only be read, so nothing can be recorded. Give this account the right to write it and its folder."
        )
        assert sorted(path.name for path in folder.iterdir()) == before
    assert len(sorted(lasting.iterdir())) == 2


def test_a_newer_store_and_a_file_of_another_program_are_refused_in_one_sentence(records):
    records.append("decision", {})
    records.close()
    raw(records.path, "PRAGMA user_version = 2")
    with pytest.raises(RecordsError) as problem:
        records.read()
    assert str(problem.value) == (
        f"{records.path}: schema 2 of a record store; this version of finops-model reads up to 1. Use the version that wrote it."
    )
    raw(records.path, "PRAGMA user_version = 1", "PRAGMA application_id = 7")
    with pytest.raises(RecordsError) as problem:
        records.append("decision", {})
    assert str(problem.value) == (
        f"{records.path}: a SQLite file of another program. Name another file for the records in finops.yaml (records:)."
    )
    records.path.write_bytes(b"date,cost\n" * 500)
    with pytest.raises(RecordsError) as problem:
        records.read()
    assert str(problem.value) == (
        f"{records.path}: not a file of records (file is not a database). Take the copy of your backup."
    )
