"""Every family of bad input: refused, quarantined or accepted for its own reason, and never a cent lost."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import zipfile
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import InputError
from finops_model.facts.intake.files import readers, textcells
from finops_model.facts.ledger.store import Ledger

BILLS = Path(__file__).parent / "fixtures" / "bills"
OWN = json.loads((BILLS / "cases.json").read_text(encoding="utf-8"))["cases"]
FAMILIES = BILLS.parent / "bad_inputs"  # synthetic, with what must become of each
THEIRS = [
    case
    for case in json.loads((FAMILIES / "manifest.json").read_text(encoding="utf-8"))["cases"]
    if case["kind"] in ("billing", "openai", "cache")
]


class Runs:
    """A pickle of this makes a file when it is loaded."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def file_of(name: str, folder: Path) -> Path:
    """A file of the families; the large ones, and the pickle, are written here."""
    head, row = (FAMILIES / "utf8_bom.csv").read_text(encoding="utf-8-sig").splitlines()[:2]
    file, bare = folder / name, row.split(',"{')[0]
    cells = dict(zip(head.split(","), bare.split(","), strict=False))

    def costing(cost: str) -> str:
        return row.replace(cells["BilledCost"], cost, 1)

    if name == "float_sum_cents.csv":
        at = head.split(",").index("EffectiveCost")
        lines = [costing("0.1").split(",")] * 1000 + [costing("0.005").split(",")]
        for line in (lines := [list(line) for line in lines]):
            line[at] = line[0]
        file.write_text("\n".join([head, *map(",".join, lines)]) + "\n")
    elif name == "deep_json_tags.csv":
        file.write_text("\n".join([head, row, bare + "," + "[" * 50_000 + "]" * 50_000]) + "\n")
    elif name == "long_field.csv":
        file.write_text("\n".join([head, row, f'{bare},"{"x" * 3_000_000}"']) + "\n")
    elif name == "zip_bomb.zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("bomb.csv", b"0" * 5_000_000)
    elif name == "model_cache.pkl":
        file.write_bytes(pickle.dumps(Runs(folder / "probe")))
    else:
        return FAMILIES / name
    return file


def nothing_was_written(root: Path) -> bool:
    return [path for path in root.rglob("*") if path.is_file() and path.name != "lock"] == []


KEYS = {  # what a case may say; "format": the importer that reads the file, where it is no default
    *("file", "format", "outcome", "message", "warning", "rows_in", "accepted", "quarantined"),
    *("rejects", "effective_total"),
}


@pytest.mark.parametrize("case", OWN, ids=lambda case: case["file"])
def test_own_case(case, tmp_path):
    holds(case, tmp_path)


def holds(case: dict, tmp_path: Path, folder: Path = BILLS) -> None:
    """What a case of cases.json says of its file is so."""
    assert not set(case) - KEYS, f"{case['file']}: {sorted(set(case) - KEYS)} is read by nobody"
    ledger, file = Ledger(tmp_path), folder / case["file"]
    if case["outcome"] == "refuse":
        with pytest.raises(InputError) as refused:
            ledger.ingest(file, format=case.get("format"))
        assert str(refused.value) == case["message"] or str(refused.value).startswith(
            case["message"] + ":"
        )
        assert nothing_was_written(tmp_path) and ledger.rows == 0
        return
    receipt = ledger.ingest(file, format=case.get("format"))
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (
        case["rows_in"],
        case["accepted"],
        case["quarantined"],
    )
    assert receipt.rows_in == receipt.accepted + receipt.quarantined
    refused = ledger.quarantine(details=True).set_index("x_Row")
    assert (
        len(refused) == case["quarantined"]
        and (refused["x_Raw"] != "").all()
        and (refused["x_Reason"] != "").all()
    )
    for reject in case["rejects"]:
        row = refused.loc[reject["row"]]
        assert row["x_Column"] == reject["column"] and row["x_Reason"] == reject.get(
            "reason", row["x_Reason"]
        )
    if "effective_total" in case:
        assert ledger.totals("EffectiveCost") == {"USD": Decimal(case["effective_total"])}
    if "warning" in case:
        assert case["warning"] in [str(warning) for warning in receipt.warnings]


@pytest.mark.parametrize("case", THEIRS, ids=lambda case: f"{case['id']}-{case['file']}")
def test_each_outcome_of_the_families(case, tmp_path):
    ledger, file = Ledger(tmp_path / "ledger"), file_of(case["file"], tmp_path)
    if case["outcome"] == "reject_file":
        with pytest.raises(InputError) as refused:
            ledger.ingest(file)
        assert nothing_was_written(ledger.root)
        for reject in case.get("rejects", []):
            assert reject["column"] in str(refused.value)
        assert not (tmp_path / "probe").exists()
        return
    if "after" in case:
        ledger.ingest(FAMILIES / case["after"])
    receipt = ledger.ingest(file)
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (
        case["rows_in"],
        case["rows_accepted"],
        case["rows_rejected"],
    )
    refused = ledger.quarantine(details=True).set_index("x_Row")
    for reject in case.get("rejects", []):
        row = refused.loc[reject["row"]]
        assert reject.get("column", row["x_Column"]) == row["x_Column"]
        assert reject.get("reason", "") in row["x_Kind"] + row["x_Reason"]
    for warning in case.get("warnings", []):
        assert [
            w
            for w in receipt.warnings
            if w.column == warning["column"]
            and warning["row"] in w.rows
            and w.reason == warning["reason"]
        ]
    if "effective_total" in case:
        assert ledger.totals("EffectiveCost") == {"USD": Decimal(case["effective_total"])}
    if "store_total" in case:
        assert ledger.totals("EffectiveCost") == {"USD": Decimal(case["store_total"])}
        assert (
            receipt.difference == {"USD": Decimal("0.75")}
            and receipt.version == 2
            and len(ledger.history()) == 2
        )
    if "by_team" in case:
        from finops_model.facts.daily.warehouse import daily
        from finops_model.settings import Settings

        assert daily(ledger, Settings()).groupby("x_Team")["EffectiveCost"].sum().to_dict() == {
            "ads": 1.0
        }


def test_a_gzip_bomb_is_stopped_while_it_unpacks(tmp_path):
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"0" * 80_000_000, mtime=0))
    with pytest.raises(
        InputError, match="unpacks to more than 67,108,864 bytes from .*: refused as a bomb"
    ):
        readers.open_source(tmp_path / "bomb.csv.gz")


def test_a_parquet_bomb_is_refused_by_its_footer(tmp_path):
    table = pa.table({"BilledCost": pa.array(["1"] * 400_000).dictionary_encode()})
    pq.write_table(table, tmp_path / "bomb.parquet", compression="zstd")
    with pytest.raises(
        InputError,
        match=r"bomb.parquet: its footer promises 400,000 rows in [\d,]+ bytes: refused as a bomb",
    ):
        Ledger(tmp_path / "ledger").ingest(tmp_path / "bomb.parquet")


def test_a_long_cell_repeated_in_parquet_is_seen_before_it_unpacks(tmp_path):
    cell = pa.DictionaryArray.from_arrays(
        pa.array([0] * 50_000, pa.int32()), pa.array(["x" * 1_000_000])
    )
    good = pa.Table.from_pylist(
        [
            dict(
                zip(
                    *[
                        line.split(",")[:17]
                        for line in (BILLS / "good.csv").read_text().splitlines()[:2]
                    ],
                    strict=True,
                )
            )
        ]
        * 50_000
    )
    pq.write_table(good.append_column("Tags", cell), tmp_path / "wide.parquet", compression="zstd")
    with pytest.raises(
        InputError,
        match="wide.parquet: 50,000 rows unpack to 50,0[0-9,]+ bytes of text: refused as a bomb",
    ):
        Ledger(tmp_path / "ledger").ingest(tmp_path / "wide.parquet")


def test_a_cell_of_three_million_characters_names_its_row_and_column(tmp_path):
    head, row = (BILLS / "good.csv").read_text().splitlines()[:2]
    long = row.replace("search", "x" * 3_000_000)
    (tmp_path / "long.csv").write_text("\n".join([head, row, long, row]) + "\n")
    ledger = Ledger(tmp_path / "ledger")
    assert (receipt := ledger.ingest(tmp_path / "long.csv")).accepted == 2
    refused = ledger.quarantine(details=True).iloc[0]
    assert (refused["x_Row"], refused["x_Column"], receipt.reasons) == (
        2,
        "Tags",
        {"Tags: cell too long": 1},
    )
    assert refused["x_Reason"].startswith("a cell of 3,000,0") and len(refused["x_Raw"]) <= 20_000


def test_a_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "october.csv").write_text("x")
    with pytest.raises(InputError) as refused:
        readers.open_source(tmp_path / "octobre.csv")
    assert (
        str(refused.value)
        == f"{tmp_path}/octobre.csv: there is no such file. Did you mean 'october.csv'?"
    )


CELL = st.text(alphabet='ab",\n\r; \té', max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=6))
def test_the_fast_and_the_careful_reader_give_the_same_rows(rows):
    body = "".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows
    )
    raw = body.encode()
    assert textcells.well_formed(raw, b",")
    fast = textcells._arrow_csv(raw, ["a", "b", "c"], ",")
    source = readers.Source("x.csv", "csv", "", len(raw), data=raw)
    careful = textcells._careful_csv(source, body, ["a", "b", "c"], ",")
    assert fast is not None and not source.broken
    assert fast.to_pydict() == careful.to_pydict()
    assert list(zip(*(careful.column(name).to_pylist() for name in "abc"), strict=True)) == [
        tuple(row) for row in rows
    ]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='ab",\n', max_size=40))
def test_no_line_of_any_text_is_lost(body):
    source = readers.Source("x.csv", "csv", "", 0, data=b"")
    table = textcells._careful_csv(source, body, ["a", "b"], ",")
    numbers = sorted(table.column("x_Row").to_pylist() + [broken.row for broken in source.broken])
    assert numbers == list(range(1, len(numbers) + 1))
    read = "".join(
        "".join(row) for row in zip(*(table.column(name).to_pylist() for name in "ab"), strict=True)
    )
    kept = read + "".join(broken.raw for broken in source.broken)
    assert sorted(kept.replace('"', "").replace(",", "").replace("\n", "")) == sorted(
        body.replace('"', "").replace(",", "").replace("\n", "")
    )
