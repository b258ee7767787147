"""Usage becomes facts: every source row counted, nothing in money, nothing lost without consent."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.errors import InputError, LedgerError
from finops_model.facts.intake import importers
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.ledger.store import Ledger
from finops_model.facts.usage.store import UsageStore

FILES = Path(__file__).parent / "fixtures" / "usage"


def sums(table, *by):
    """{key: quantity} of the rows in force."""
    found = {}
    for row in table.to_pylist():
        key = tuple(row[name] for name in by)
        key = key[0] if len(by) == 1 else key
        found[key] = found.get(key, Decimal(0)) + row["ConsumedQuantity"]
    return found


def report(folder, name, results, start=1767225600, **more):
    """An OpenAI usage report of one day."""
    lines = [
        {"input_tokens": 10, "output_tokens": 5, "input_cached_tokens": 0, "num_model_requests": 1}
        | {"project_id": "p", "model": "m"}
        | line
        for line in results
    ]
    bucket = {"start_time": start, "end_time": start + 86400, "results": lines}
    path = folder / name
    path.write_text(json.dumps({"object": "page", "data": [bucket], **more}))
    return path


def test_openai_usage_to_the_token_cached_taken_out_of_input(tmp_path):
    store = UsageStore(tmp_path)
    file = store.ingest(FILES / "openai_usage_completions.json").files[0]
    assert (file.rows_in, file.accepted, file.quarantined, file.left) == (3, 3, 0, {})
    assert sums(store.table(), "SkuMeter") == {
        "input": 1_100_000,
        "cached_input": 900_000,
        "output": 260_000,
        "requests": 550,
    }
    by = sums(store.table(), "SubAccountId", "SkuMeter")
    assert by["proj_search", "input"] == 600_000 and by["proj_support", "output"] == 90_000
    assert file.notes == ("1 day without use (first 2026-01-02): known to be nothing, not missing",)
    assert {
        row["x_Tier"] for row in store.table().to_pylist() if row["SubAccountId"] == "proj_support"
    } == {"batch"}


def test_the_dashboard_table_says_the_same_in_the_same_words(tmp_path):
    store = UsageStore(tmp_path)
    store.ingest(FILES / "openai_usage_dashboard.csv")
    assert sums(store.table(), "SkuMeter") == {
        "input": 53_440,
        "cached_input": 5_760,
        "output": 10_646,
        "requests": 10,
    }
    row = store.table().to_pylist()[0]
    assert (row["x_Model"], row["SubAccountId"], row["x_Key"]) == (
        "gpt-5.6-luna",
        "proj_a",
        "key_1",
    )
    assert f"{row['UsageStart']:%F %H}" == "2026-09-01 00"


def test_more_cached_than_input_and_a_count_that_is_none_are_refused_alone(tmp_path):
    path = report(
        tmp_path,
        "u.json",
        [{"input_cached_tokens": 11}, {"output_tokens": "many"}, {}],
        has_more=True,
    )
    file = UsageStore(tmp_path / "s").ingest(path).files[0]
    assert (file.rows_in, file.accepted, file.quarantined) == (3, 1, 2)
    assert file.reasons == (
        (
            1,
            "inputtokens",
            "holds 10, and inputcachedtokens and inputcachewritetokens, a part of it, 11",
        ),
        (2, "outputtokens", "'many' is no count"),
    )
    assert any(note.startswith("INCOMPLETE") for note in file.notes)


def test_a_kind_of_tokens_that_nobody_knows_refuses_its_row(tmp_path):
    path = report(tmp_path, "u.json", [{"input_dream_tokens": 3}, {"input_dream_tokens": 0}])
    file = UsageStore(tmp_path / "s").ingest(path).files[0]
    assert file.accepted == 1 and file.reasons == (
        (1, "inputdreamtokens", "'3': a kind of tokens that is not known here"),
    )


@pytest.mark.parametrize(
    ("more", "meters"),
    [
        ({"input_audio_tokens": 4}, None),
        (
            {"input_audio_tokens": 4, "input_text_tokens": 6, "output_text_tokens": 5},
            {"input": 6, "input_audio": 4, "output": 5, "requests": 1},
        ),
    ],
)
def test_audio_counts_once_or_its_row_is_refused(more, meters, tmp_path):
    store = UsageStore(tmp_path / "s")
    file = store.ingest(report(tmp_path, "u.json", [more])).files[0]
    assert sums(store.table(), "SkuMeter") == (meters or {}) and file.quarantined == (not meters)


def test_the_same_bytes_again_change_nothing(tmp_path):
    store = UsageStore(tmp_path)
    store.ingest(FILES / "openai_usage_completions.json")
    before = store.fingerprint(), sorted(path.name for path in tmp_path.rglob("*"))
    assert (
        str(store.ingest(FILES / "openai_usage_completions.json"))
        == "openai_usage_completions.json: delivered before, byte for byte: nothing changed"
    )
    assert before == (store.fingerprint(), sorted(path.name for path in tmp_path.rglob("*")))


def test_the_newer_delivery_of_a_scope_counts_and_disjoint_ones_come_in_any_order(tmp_path):
    a = report(tmp_path, "a.json", [{"output_tokens": 5}])
    b = report(tmp_path, "b.json", [{"output_tokens": 7}])
    c = report(tmp_path, "c.json", [{"output_tokens": 9}], start=1767312000)
    one, other = UsageStore(tmp_path / "1"), UsageStore(tmp_path / "2")
    for path in (a, b, c):
        told = one.ingest(path)
    for path in (c, b):
        other.ingest(path)
    assert one.fingerprint() == other.fingerprint()
    assert sums(one.table(), "SkuMeter")["output"] == 16 and told.files[0].replaced == 0


def test_use_that_a_newer_file_does_not_hold_leaves_only_with_consent(tmp_path):
    store = UsageStore(tmp_path / "s")
    store.ingest(report(tmp_path, "whole.json", [{"model": "m"}, {"model": "n"}]))
    part = report(tmp_path, "part.json", [{"model": "m", "output_tokens": 6}])
    with pytest.raises(InputError) as refused:
        store.ingest(part)
    assert str(refused.value) == (
        "part.json: 3 rows of use that is kept for the same days would go: first OpenAI, p, 2026-01-01, n, input. The file holds other use of "
        "these days. Say --replace where it is the whole of them, or --append where it is a further part. Nothing was taken."
    )
    assert sums(store.table(), "SkuMeter")["output"] == 10
    more = report(tmp_path, "more.json", [{"model": "o"}])
    store.ingest(more, append=True)
    assert sums(store.table(), "SkuMeter")["output"] == 15
    assert store.ingest(part, replace=True).files[0].replaced == 9
    assert sums(store.table(), "SkuMeter")["output"] == 6


def test_append_said_of_several_logs_is_never_taken_for_one_that_brings_its_days_again(tmp_path):
    store = UsageStore(tmp_path / "s")
    store.ingest(report(tmp_path, "whole.json", [{"model": "m"}, {"model": "n"}]))
    more = report(tmp_path, "more.json", [{"model": "o"}])
    newer = report(tmp_path, "newer.json", [{"model": "m"}, {"model": "n", "output_tokens": 6}])
    before = store.fingerprint()
    with pytest.raises(InputError) as refused:
        store.ingest([more, newer], append=True)
    assert str(refused.value) == (
        "--append counts for every file of a call: more.json may add to what is kept, and newer.json brings all of it again, which would be counted "
        "twice. Nothing was taken. Give what adds with --append in a call of its own, and the rest without it."
    )
    assert store.fingerprint() == before
    store.ingest(newer)
    store.ingest(more, append=True)
    assert sums(store.table(), "SkuMeter")["output"] == 16


def test_pages_given_together_are_one_delivery_and_overlapping_files_are_refused(tmp_path):
    pages = [report(tmp_path, f"{model}.json", [{"model": model}]) for model in "ab"]
    store = UsageStore(tmp_path / "s")
    store.ingest(pages)
    assert sums(store.table(), "x_Model") == {"a": 16, "b": 16}
    overlap = [
        report(tmp_path, f"{n}.json", [{"output_tokens": n}], start=1767312000) for n in (1, 2)
    ]
    with pytest.raises(
        InputError, match="1.json and 2.json both hold use of OpenAI, p, 2026-01-02"
    ):
        store.ingest(overlap)
    assert sums(store.table(), "x_Model") == {"a": 16, "b": 16}


def test_a_part_that_was_changed_is_refused(tmp_path):
    store = UsageStore(tmp_path)
    store.ingest(FILES / "openai_usage_dashboard.csv")
    path = next((tmp_path / "rows").glob("*.parquet"))
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(LedgerError, match="was changed after it was written"):
        store.table()


def test_a_secret_in_the_place_of_a_key_is_not_kept(tmp_path):
    secret = "sk-ant-api03-aaaaaaaaaaaaaaaaaaaaaaaa"
    store = UsageStore(tmp_path / "s")
    store.ingest(report(tmp_path, "u.json", [{"api_key_id": secret}]))
    assert {row["x_Key"][:7] for row in store.table().to_pylist()} == {"sha256:"}
    assert not any(
        secret.encode() in path.read_bytes()
        for path in (tmp_path / "s").rglob("*")
        if path.is_file()
    )


def test_ingest_takes_usage_beside_the_bills_and_start_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "finops.yaml").write_text("company: A\nledger: ledger\nusage_facts: u\n")
    path = FILES / "openai_usage_dashboard.csv"
    done = CliRunner().invoke(app, ["ingest", str(path)])
    assert done.exit_code == 0 and "input (Tokens): 53440" in done.output, done.output
    assert Ledger(tmp_path / "ledger").rows == 0 and not (tmp_path / "ledger").exists()
    said = str(CliRunner().invoke(app, ["start", str(path), "--yes"]).exception)
    assert "finops ingest openai_usage_dashboard.csv takes it into the usage of a workspace" in said
    with pytest.raises(InputError) as refused:
        Ledger(tmp_path / "l").ingest(path)
    assert str(refused.value) == said


@pytest.mark.parametrize("path", sorted(FILES.iterdir()), ids=lambda path: path.name)
def test_exactly_one_importer_claims_each_file_and_it_is_one_of_usage(path):
    claims = [
        name
        for name, one in importers.shelf().items()
        if name != "focus" and one.recognise(open_source(path))
    ]
    assert len(claims) == 1 and importers.is_usage(claims[0]), claims
