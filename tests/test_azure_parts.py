"""Parts of a run of an Azure export are taken together, each once; actual and amortised cost are never added up."""

from __future__ import annotations

import json
from decimal import Decimal

import azure_bill as azure
import pandas as pd
import pyarrow.parquet as pq
import pytest

from finops_model.errors import InputError, LedgerError
from finops_model.facts.intake import importers
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.ledger.store import Ledger
from finops_model.publish import start as starting
from finops_model.publish.adding.add import add
from finops_model.publish.adding.bills import take_bills
from finops_model.settings import load_settings

HOW = "Nothing was taken. Give all files of the run together, each once: finops ingest FOLDER/*, or to begin with it: finops start FOLDER"


def run(folder, lines, kind="ActualCost", size=4, **more):
    """A run in parts of some lines, with its manifest."""
    pieces = [lines[i : i + size] for i in range(0, len(lines), size)]
    names = [f"part_{i}_0001.csv" for i in range(len(pieces))]
    for name, piece in zip(names, pieces, strict=True):
        azure.written(piece, folder / name)
    blobs = [
        {"blobName": f"exports/july/{name}", "byteCount": 1, "dataRowCount": len(piece)}
        for name, piece in zip(names, pieces, strict=True)
    ]
    document = {
        "manifestVersion": "2024-04-01",
        "blobCount": len(blobs),
        "exportConfig": {"exportName": "july", "type": kind},
        "runInfo": {"runId": "r-1", "submittedTime": "2026-08-01T00:00:00Z"},
        "blobs": blobs,
    }
    (folder / "manifest.json").write_text(json.dumps(document | more, indent=1))
    return [folder / name for name in names]


def refused(ledger, files, kind=InputError, **more):
    with pytest.raises(kind) as problem:
        ledger.ingest(files, **more)
    return str(problem.value)


@pytest.mark.parametrize("with_manifest", [False, True])
def test_all_parts_of_a_run_are_the_bill(with_manifest, tmp_path):
    files = run(tmp_path / "run", azure.bill())
    assert len(files) == 3  # 11 rows
    ledger = Ledger(tmp_path / "l")
    manifest = [tmp_path / "run" / "manifest.json"] * with_manifest
    receipt = ledger.ingest([*files, *manifest])
    assert ledger.totals() == {"EUR": azure.ACTUAL}
    assert receipt.rows_in == receipt.accepted == 11
    assert [file.format for file in receipt.files] == ["Azure cost details, actual"] * 3
    assert "part_1_0001.csv: part 2 of 3 of a run, by manifest.json (ActualCost)" in [
        str(warning) for warning in receipt.warnings
    ]
    again = ledger.ingest([*files, *manifest])
    assert {file.status for file in again.files} == {"known"} and ledger.rows == 11


def test_a_missing_part_is_refused_by_name(tmp_path):
    files, ledger = run(tmp_path / "run", azure.bill()), Ledger(tmp_path / "l")
    assert refused(ledger, [files[0], files[2]]) == (
        f"manifest.json: the run has 3 parts, and this delivery lacks part_1_0001.csv. {HOW}."
    )
    files[1].unlink()
    assert refused(ledger, sorted((tmp_path / "run").glob("*"))) == (
        f"manifest.json: the run has 3 parts, and this delivery lacks part_1_0001.csv. Fetch what is not in the folder of the run. {HOW}."
    )
    assert refused(ledger, tmp_path / "run" / "manifest.json") == (
        "manifest.json: the run has 3 parts, and this delivery lacks part_0_0001.csv, part_1_0001.csv and part_2_0001.csv. Fetch what is not in the "
        f"folder of the run. {HOW}."
    )
    assert ledger.rows == 0


def test_a_doubled_part_is_refused_by_name(tmp_path):
    files, ledger = run(tmp_path / "run", azure.bill()), Ledger(tmp_path / "l")
    copy = tmp_path / "run" / "part_1_0001 (1).csv"
    copy.write_bytes(files[1].read_bytes())
    assert refused(ledger, [*files, copy]) == (
        "part_1_0001 (1).csv: is no part of the run that manifest.json beside it describes (part_0_0001.csv, part_1_0001.csv and part_2_0001.csv): a "
        f"doubled or an older part. {HOW}, and keep other files in another folder."
    )
    files[2].write_bytes(files[1].read_bytes())
    assert refused(ledger, files) == (
        f"part_2_0001.csv: holds the same bytes as part_1_0001.csv, another part of the run: one of them was fetched twice. Fetch part_2_0001.csv again. {HOW}."
    )
    blobs = [{"blobName": "part_0_0001.csv"}] * 2
    run(tmp_path / "double", azure.bill()[:2], blobs=blobs)
    assert refused(ledger, tmp_path / "double" / "part_0_0001.csv") == (
        "manifest.json: names part_0_0001.csv twice: its parts would be counted twice. Nothing was taken. Fetch the run again."
    )
    assert ledger.rows == 0


def test_a_part_that_was_cut_off_is_refused_by_name(tmp_path):
    files, ledger = run(tmp_path / "run", azure.bill()), Ledger(tmp_path / "l")
    files[1].write_text("\n".join(files[1].read_text().splitlines()[:-1]) + "\n")
    assert refused(ledger, files) == (
        f"part_1_0001.csv: has 3 rows, and manifest.json says 4: cut off, or changed since. Fetch it again. {HOW}."
    )


def test_the_run_of_another_export_is_refused(tmp_path):
    files = run(tmp_path / "run", azure.bill()[:2], kind="PriceSheet")
    assert refused(Ledger(tmp_path / "l"), files) == (
        "manifest.json: describes an export of 'PriceSheet', which holds no costs. Nothing was taken. Give the run of an export of actual or amortised "
        "cost."
    )


def test_the_manifest_says_which_view_a_file_is(tmp_path):
    plain = azure.bill()[3:6]  # nothing in these rows tells
    for kind, view in (("ActualCost", "actual"), ("AmortizedCost", "amortised")):
        ledger = Ledger(tmp_path / f"l-{view}")
        ledger.ingest(run(tmp_path / view, plain, kind=kind))
        assert set(pq.read_table(ledger.files()[0]).column("x_CostDataset").to_pylist()) == {view}
    files = run(tmp_path / "wrong", azure.bill(True), kind="ActualCost", size=20)
    assert refused(Ledger(tmp_path / "l"), files) == (
        "part_0_0001.csv: manifest.json beside it says 'ActualCost', and the rows are of amortised cost. Fetch the run again, all of its files."
    )


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"blobs": 1}', '{"blobs": [1], "exportConfig": {}}']
)
def test_another_file_of_that_name_says_nothing(text, tmp_path):
    file = azure.written(azure.bill(), tmp_path / "a.csv")
    (tmp_path / "manifest.json").write_text(text)
    ledger = Ledger(tmp_path / "l")
    ledger.ingest(file)
    assert ledger.totals() == {"EUR": azure.ACTUAL}


def test_a_newer_run_in_the_same_folder_takes_the_place_of_the_older(tmp_path):
    ledger = Ledger(tmp_path / "l")
    ledger.ingest(run(tmp_path / "run", azure.bill()[:4] + azure.bill()[6:9]))
    ledger.ingest(run(tmp_path / "run", azure.bill()))
    assert ledger.totals() == {"EUR": azure.ACTUAL} and ledger.rows == 11


def test_both_views_of_a_bill_in_one_delivery_are_refused(tmp_path):
    files = [azure.written(azure.bill(view), tmp_path / f"{view}.csv") for view in (False, True)]
    ledger = Ledger(tmp_path / "l")
    for how in ({}, {"append": True}, {"replace": True}):
        assert refused(ledger, files, LedgerError, **how) == (
            "False.csv and True.csv: Microsoft · 900001 · 2026-07 · sub-account sub-1: the actual and the amortised cost of the same charges; together they "
            "would be counted twice. Nothing was written. Give one of them: the actual cost for invoices, the amortised one for budgets, forecasts and "
            "chargeback."
        )
    assert ledger.rows == 0


@pytest.mark.parametrize("first", [False, True])
def test_the_other_view_beside_what_is_in_force_is_refused_unless_it_takes_its_place(
    first, tmp_path
):
    files = {view: azure.written(azure.bill(view), tmp_path / f"{view}.csv") for view in (False, True)}  # fmt: skip
    ledger = Ledger(tmp_path / "l")
    ledger.ingest(files[first])
    before = ledger.totals()
    words = ("amortised", "actual") if first else ("actual", "amortised")
    for how in ({}, {"append": True}, {"accept_decrease": True}):
        assert refused(ledger, files[not first], LedgerError, **how) == (
            f"{not first}.csv: Microsoft · 900001 · 2026-07 · sub-account sub-1: the ledger holds the {words[0]} cost of these charges, and this is their "
            f"{words[1]} cost; the two are never added up. Nothing was written. Keep to one of them in a workspace; to change, deliver the period with "
            "--replace (in Python replace=True)."
        )
        assert ledger.totals() == before
    ledger.ingest(files[not first], replace=True, accept_decrease=True)
    assert ledger.totals() == {"EUR": azure.ACTUAL if first else azure.SHARED}
    assert ledger.totals("EffectiveCost") == {"EUR": azure.SHARED if first else azure.AMORTISED}


def test_other_subscriptions_may_come_in_the_other_view(tmp_path):
    """Nothing of theirs is counted twice: each sub-account is in one view."""
    ledger = Ledger(tmp_path / "l")
    ledger.ingest(azure.written(azure.bill(), tmp_path / "a.csv"))
    other = [line | {"SubscriptionId": "sub-2"} for line in azure.bill(True)]
    ledger.ingest(azure.written(other, tmp_path / "b.csv"))
    assert ledger.totals() == {"EUR": azure.ACTUAL + azure.SHARED}


def test_bills_of_other_vendors_are_not_asked(tmp_path):
    frame = pd.DataFrame([azure.bill()[0] | {"x": "1"}])
    ledger = Ledger(tmp_path / "l")
    ledger.ingest(("frame.csv", frame))
    assert ledger.totals() == {"EUR": Decimal("35.00")}


def test_a_manifest_alone_is_known_by_name(tmp_path):
    run(tmp_path / "run", azure.bill())
    with pytest.raises(InputError) as problem:
        importers.read(open_source(tmp_path / "run" / "manifest.json"))
    assert str(problem.value) == (
        "manifest.json: names the files of one run of an Azure export and holds no costs. Give those files; it is read where it lies beside them."
    )


def test_bills_by_glob_take_a_run_and_add_takes_its_parts(tmp_path):
    text = "company: A\ncurrency: EUR\nledger: ledger\nbills: ['run/*']\n"
    (tmp_path / "finops.yaml").write_text(text)
    files = run(tmp_path / "run", azure.bill())
    chosen = load_settings(tmp_path)
    taken = take_bills(chosen, Ledger(chosen.path(chosen.ledger)))
    assert taken.totals == {"EUR": azure.ACTUAL}
    (tmp_path / "finops.yaml").write_text("company: A\ncurrency: EUR\nledger: other\n")
    told = add(files, load_settings(tmp_path))
    assert told[0].startswith("part_0_0001.csv: ") and told[0].endswith(
        " 39.25 EUR, Billed (invoiced)"
    )
    assert Ledger(tmp_path / "other").totals() == {"EUR": azure.ACTUAL}


def test_a_folder_of_parts_starts_a_workspace_and_a_missing_part_starts_none(tmp_path):
    files = run(tmp_path / "july", azure.bill())
    settings = starting.start(tmp_path / "july", folder=tmp_path / "ws")
    ledger = Ledger(settings.path(settings.ledger))
    assert settings.company == "july" and ledger.totals() == {"EUR": azure.ACTUAL}
    starting.start(tmp_path / "july", folder=tmp_path / "ws")  # again: nothing changes
    assert ledger.rows == 11
    files[1].unlink()
    with pytest.raises(InputError) as problem:
        starting.start(tmp_path / "july", folder=tmp_path / "other")
    assert str(problem.value) == (
        f"manifest.json: the run has 3 parts, and this delivery lacks part_1_0001.csv. Fetch what is not in the folder of the run. {HOW}."
    )
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: the folder is empty. Nothing was taken in."):
        starting.start(tmp_path / "empty", folder=tmp_path / "other")
    assert not (tmp_path / "other").exists()
