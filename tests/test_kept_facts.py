"""What is kept of a ledger between runs is what would be read again, and nothing else is believed (docs/method §13.20)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from test_ledger import rows

from finops_model.errors import LedgerError
from finops_model.facts.daily import kept
from finops_model.facts.daily.resources import resources
from finops_model.facts.ledger import proof, store, twice
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings


@pytest.fixture
def ledger(tmp_path, monkeypatch) -> Ledger:
    monkeypatch.setattr(proof, "FEW", 0)
    book = Ledger(tmp_path / "ledger")
    fee = {"ChargeCategory": "Purchase", "CommitmentDiscountId": "sp-1"}
    use = {"CommitmentDiscountId": "sp-1", "CommitmentDiscountStatus": "Used"}
    parts = [rows(100, **fee), rows(60, 40, **use), rows(5, 6)]
    book.ingest(("march", pd.concat(parts, ignore_index=True)))
    book.ingest(("april", rows(7, 8, month="2026-04")))
    forget()
    return book


def forget() -> None:
    """As in a new process."""
    for known in (proof._SUMS, proof._HASHES, store._COMPLETE, twice._NEWEST):
        known.clear()


def facts(root: Path) -> tuple:
    forget()
    book = Ledger(root)
    return book.proof(), book.complete(), twice.of(book)


def test_what_is_kept_is_what_is_read(ledger, monkeypatch):
    first = facts(ledger.root)
    assert first[2], "the world has a commitment that is counted twice"
    kinds = {path.name.split("-")[0] for path in (ledger.root / "kept").iterdir()}
    # what no record holds against it (up to when, what is counted twice) is read from the rows each time
    assert kinds == {"sums"}

    def unread(*_, **__):
        raise AssertionError("read again")

    monkeypatch.setattr(proof, "sums_of", unread)
    assert facts(ledger.root) == first


def test_a_kept_answer_that_was_changed_is_not_believed(ledger):
    first = facts(ledger.root)
    for path in (ledger.root / "kept").iterdir():
        path.write_bytes(path.read_bytes().replace(b"1", b"2"))
    assert facts(ledger.root) == first


def test_a_changed_part_is_found_although_its_sums_are_kept(ledger):
    facts(ledger.root)
    place = ledger.files()[0]
    place.write_bytes(place.read_bytes() + b" ")
    with pytest.raises(LedgerError, match="was changed after it was written"):
        facts(ledger.root)


def test_a_new_delivery_is_another_question(ledger):
    before = facts(ledger.root)
    ledger.ingest(("may", rows(9, month="2026-05")))
    after = facts(ledger.root)
    assert len(after[0]) == len(before[0]) + 1 and after[1] != before[1]


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(ledger, monkeypatch):
    from finops_model.facts.daily import kept

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept, "write_atomic", full)
    assert facts(ledger.root)[0]


def test_sums_that_were_forged_are_held_against_the_record(ledger):
    """Under a name that their bytes give: they are not what the record says."""
    facts(ledger.root)
    (path,) = (ledger.root / "kept").glob("sums-*.json")
    data = path.read_bytes().replace(b'"211.', b'"911.')
    assert data != path.read_bytes()
    path.unlink()
    path.with_name(f"{path.stem.rsplit('-', 1)[0]}-{kept.hash_of(data)}.json").write_bytes(data)
    with pytest.raises(LedgerError, match="one of them was changed after it was written"):
        facts(ledger.root)


def test_kept_cost_by_resource_is_held_against_the_record(ledger, monkeypatch):
    """Another sum than the ledger's, under the right hash: read again from the rows."""
    forget()
    true = resources(ledger, Settings())
    monkeypatch.setattr(
        kept, "read", lambda *_: true.assign(EffectiveCost=2 * true["EffectiveCost"])
    )
    assert resources(ledger, Settings()).equals(true)
    monkeypatch.setattr(kept, "read", lambda *_: true.assign(x_Kept=1))
    assert list(resources(ledger, Settings())) == list(true)
