"""Rows, record and kept answers hold each other: what was changed after it was written is never published (docs/method §13.20)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ledger_world import focus

from finops_model.errors import LedgerError
from finops_model.facts.daily import warehouse
from finops_model.facts.ledger import manifest
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings

COSTS = ("BilledCost", "EffectiveCost")


@pytest.fixture
def ledger(tmp_path):
    """Two months, each a delivery; the daily facts have been asked for, so that an answer is kept."""
    book = Ledger(tmp_path / "ledger")
    book.ingest(("june", focus(month="2026-06")))
    book.ingest(("july", focus()))
    assert warehouse.daily(book, Settings())["BilledCost"].sum() == 200
    return book


def july(book: Ledger):
    return next(
        path for path in sorted((book.root / "rows").rglob("*.parquet")) if "2026-07" in str(path)
    )


def change(path, by) -> None:
    """Other amounts in a Parquet file: `by(i, amount)` for the i-th row."""
    table = pq.read_table(path)
    for name in COSTS:
        at = table.schema.get_field_index(name)
        amounts = [by(i, amount) for i, amount in enumerate(table.column(name).to_pylist())]
        table = table.set_column(
            at, table.schema.field(at), pa.array(amounts, table.schema.field(at).type)
        )
    pq.write_table(table, path)


def without_hashes(book: Ledger) -> None:
    """The records as they were written before parts had hashes."""
    for path in (book.root / "manifest").glob("*.json"):
        record = json.loads(path.read_text())
        for version in record["versions"]:
            version["parts"] = [
                {key: part[key] for key in ("path", "rows", "source")} for part in version["parts"]
            ]
        path.write_text(json.dumps(record))


def told(book: Ledger) -> str:
    with pytest.raises(LedgerError) as refused:
        warehouse.daily(Ledger(book.root), Settings())
    return str(refused.value)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(
    "by",
    [lambda i, a: a * 2 if i == 0 else a, lambda i, a: a + (1 if i == 0 else -1 if i == 1 else 0)],
    ids=["one amount doubled", "money moved between two rows"],
)
def test_a_part_changed_after_it_was_written_is_named_and_never_used(ledger, kept, by):
    change(july(ledger), by)
    if not kept:
        shutil.rmtree(ledger.root / "kept")
    assert told(ledger) == (
        f"{july(ledger)}: a part of the ledger was changed after it was written (Cloudy · acct-1 · 2026-07): its sha256 is not "
        "the one in the ledger's record. Restore it from a backup, or deliver the bill of this period again into a new ledger folder."
    )


@pytest.mark.parametrize("kept", [True, False])
def test_a_part_that_is_missing_is_named_also_when_an_answer_is_kept(ledger, kept):
    place = july(ledger)
    place.unlink()
    if not kept:
        shutil.rmtree(ledger.root / "kept")
    assert told(ledger) == (
        f"{place}: a part of the ledger is missing: 10 rows of Cloudy · acct-1 · 2026-07. Restore it from a backup, or deliver "
        "the bill of this period again into a new ledger folder."
    )


def test_an_old_part_without_a_hash_is_held_by_its_sums(ledger):
    without_hashes(ledger)
    assert warehouse.daily(Ledger(ledger.root), Settings())["BilledCost"].sum() == 200
    change(july(ledger), lambda i, amount: amount * 2 if i == 0 else amount)
    assert told(ledger).startswith(
        f"{ledger.root}: Cloudy · acct-1 · 2026-07: the ledger's record says BilledCost 100.00 USD and its rows add up "
        "to 110.00 USD: one of them was changed after it was written."
    )


@pytest.mark.parametrize(
    "column, amount, said",
    [
        ("BilledCost", "1100", "BilledCost 1,100.00 USD and its rows add up to 100.00 USD"),
        (
            "EffectiveCost",
            "100.0000000001",
            "EffectiveCost 100.00 USD and its rows add up to 100.00 USD",
        ),
        ("Rows", "11", "11 rows and its parts hold 10"),
    ],
)
def test_a_record_that_says_another_sum_than_its_rows_is_named(ledger, column, amount, said):
    path = ledger.root / "manifest" / "000002.json"
    record = json.loads(path.read_text())
    record["versions"][0]["totals"]["USD"][column] = amount
    path.write_text(json.dumps(record))
    assert (
        f"Cloudy · acct-1 · 2026-07: the ledger's record says {said}: one of them was changed"
        in told(ledger)
    )


def doubled(place) -> None:
    frame = pq.read_table(place).to_pandas()
    frame[list(COSTS)] *= 2
    frame.to_parquet(place, index=False)


def test_a_kept_answer_that_was_changed_is_made_anew(ledger):
    place = next((ledger.root / "kept").glob("daily-*.parquet"))
    for name in (place, place.with_name("daily-other.parquet")):
        doubled(place)
        os.replace(place, name)
        assert warehouse.daily(Ledger(ledger.root), Settings())["BilledCost"].sum() == 200
        place = next(
            path
            for path in (ledger.root / "kept").glob("daily-*.parquet")
            if path.name.count("-") == 2
        )
    doubled(place)  # a forger who names it by its new bytes
    data = place.read_bytes()
    place.rename(
        place.with_name(
            f"{place.stem.rsplit('-', 1)[0]}-{hashlib.sha256(data).hexdigest()[:32]}.parquet"
        )
    )
    assert warehouse.daily(Ledger(ledger.root), Settings())["BilledCost"].sum() == 200


@pytest.mark.parametrize(
    "text, said",
    [
        ("[]", "it is no mapping of names to values"),
        ('"x"', "it is no mapping of names to values"),
        ('{"schema": 1, "delivery": 2, "files": []}', "'versions' is missing"),
        (
            '{"schema": 1, "delivery": 2, "files": [], "versions": {}}',
            "'versions' is not what it must be",
        ),
        (
            '{"schema": 1, "delivery": 2, "files": [], "versions": [{}], "quarantine": null}',
            "an entry of it is not what it must be",
        ),
        (
            '{"schema": 1, "delivery": 2, "files": [5], "versions": [], "quarantine": null}',
            "an entry of it is not what it must be",
        ),
        (
            '{"schema": 1, "delivery": 7, "files": [], "versions": [], "quarantine": null}',
            "it is delivery 7 where 2 is due: a record is missing",
        ),
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ],
)
def test_a_damaged_record_is_one_sentence(ledger, text, said):
    path = ledger.root / "manifest" / "000002.json"
    path.write_text(text)
    with pytest.raises(LedgerError) as refused:
        assert Ledger(ledger.root).rows
    assert (
        str(refused.value)
        == f"{path}: the ledger's record is damaged ({said}). Restore it from a backup."
    )


def test_a_record_that_is_missing_between_others_is_named(ledger):
    (ledger.root / "manifest" / "000001.json").unlink()
    with pytest.raises(
        LedgerError,
        match=r"000002.json: the ledger's record is damaged \(it is delivery 2 where 1 is due: a record is missing\)",
    ):
        assert Ledger(ledger.root).rows


def test_a_ledger_whose_records_are_gone_is_not_an_empty_one(ledger):
    shutil.rmtree(ledger.root / "manifest")
    with pytest.raises(LedgerError) as refused:
        assert Ledger(ledger.root).rows
    assert str(refused.value) == (
        f"{ledger.root / 'manifest'}: the ledger's records are missing, and {ledger.root / 'rows'} holds rows that only they explain. Restore the "
        f"folder from a backup; if this ledger never finished a delivery, delete {ledger.root / 'rows'} and ingest again."
    )


def test_a_first_delivery_that_dies_before_its_record_can_be_repeated(tmp_path, monkeypatch):
    from finops_model.facts.ledger import delivery

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "commit", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            Ledger(tmp_path).ingest(("a", focus()))
    assert Ledger(tmp_path).rows == 0 and Ledger(tmp_path).ingest(("a", focus())).accepted == 10


def test_the_lock_is_shared_as_the_umask_says_and_one_of_another_owner_is_enough(tmp_path):
    before = os.umask(0o002)
    try:
        Ledger(tmp_path).ingest(("a", focus()))
    finally:
        os.umask(before)
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o664
    (tmp_path / "lock").chmod(0o444)
    Ledger(tmp_path).ingest(("b", focus(month="2026-08")))
    assert Ledger(tmp_path).totals() == {"USD": Decimal("200.00")}


def test_a_record_and_the_parts_before_it_last_through_a_power_cut(tmp_path, monkeypatch):
    """Folders are synced after their renames: those of the parts before the record is written, that of the records after it."""
    said = []
    real = manifest.fsync_folder
    monkeypatch.setattr(
        "finops_model.documents.fsync_folder",
        lambda folder: (said.append(str(folder)), real(folder)),
    )
    monkeypatch.setattr(
        "finops_model.facts.ledger.delivery.fsync_folder",
        lambda folder: (said.append(str(folder)), real(folder)),
    )
    ledger = Ledger(tmp_path)
    ledger.ingest(("a", focus()))
    part = ledger.files()[0].parent
    places = [str(folder) for folder in (part, *part.parents) if folder.is_relative_to(tmp_path)]
    assert set(places) <= set(said) and max(said.index(place) for place in places) < said.index(
        str(tmp_path / "manifest")
    )
