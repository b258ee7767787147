"""Laws that hold for every importer of bills: each row of a file is accepted, refused or left out, and counted once."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import aws_bill as aws
import pandas as pd
import pyarrow.parquet as pq
import pytest

from finops_model.errors import InputError
from finops_model.facts.intake import importers
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.intake.tables import guess_mapping, read_table
from finops_model.facts.ledger.store import Ledger

FIXTURES = Path(__file__).parent / "fixtures"


def claimed() -> list[tuple[str, Path]]:
    """(importer, fixture) of every bill among the fixtures that a default importer of its own claims."""
    found = []
    for file in sorted([*(FIXTURES / "bills").iterdir(), *(FIXTURES / "native").iterdir()]):
        try:
            name = importers.recognised(open_source(file))
        except InputError:
            continue
        if name and not importers.is_usage(name):
            found.append((name, file))
    return found


def delivered(file: Path) -> int:
    """Rows of a file as a script of its own counts them: lines below the header, lines of JSON, results of a report."""
    if file.suffix == ".parquet":
        return pq.read_metadata(file).num_rows
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix == ".jsonl":
        return sum(bool(line.strip()) for line in text.splitlines())
    if file.suffix == ".json":
        document = json.loads(text)
        if isinstance(document, dict):
            return sum(len(bucket["results"]) for bucket in document["data"])
        return len(document)
    filled = [sum(bool(cell.strip()) for cell in line) for line in csv.reader(io.StringIO(text))]
    return sum(
        map(bool, filled[filled.index(max(filled)) + 1 :])
    )  # a preamble has fewer cells than the header


def holds(receipt, rows: int) -> None:
    """read = accepted + quarantined + left out, the same in every form of the receipt."""
    own = receipt.sources
    assert own.read == own.accepted + own.quarantined + sum(one.rows for one in own.left_out)
    assert own.read == rows, receipt
    assert receipt.rows_in == receipt.accepted + receipt.quarantined
    said = receipt.as_dict()
    assert (
        said["source_rows"]["read"] == rows == sum(f["source_rows"]["read"] for f in said["files"])
    )


def test_every_importer_of_bills_has_a_fixture():
    shelf = importers.shelf()
    bills = {name for name in importers.defaults(shelf) if not importers.is_usage(name)}
    assert {name for name, _ in claimed()} | {"focus"} == bills


@pytest.mark.parametrize(("name", "file"), claimed(), ids=lambda one: getattr(one, "name", one))
def test_read_is_accepted_and_quarantined_and_left_out(name, file, tmp_path):
    holds(Ledger(tmp_path).ingest(file), delivered(file))


@pytest.mark.parametrize("way", [False, True], ids=["as it is", "turned round"])
@pytest.mark.parametrize("group", aws.GROUPS)
def test_a_table_with_columns_that_become_rows_counts_its_own_rows(group, way, tmp_path):
    table = aws.explorer(aws.bill(3), "day", group)
    table = [list(row) for row in zip(*table, strict=True)] if way else table
    file = aws.write_table(table, tmp_path / "ce.csv")
    receipt = Ledger(tmp_path / "l").ingest(file)
    holds(receipt, len(table) - 1)
    charged = [
        line
        for line in table[1:]
        if "total" not in line[0].casefold() and any(Decimal(cell or 0) for cell in line[1:])
    ]
    assert receipt.sources.accepted == len(charged) >= 2
    assert receipt.sources.left == len(table) - 1 - len(charged) >= 1


TABLE = [
    ["Service", "EC2($)", "Tax($)", "Total costs($)"],
    ["Service total", "3", "1", "4"],
    ["2026-07-01", "3", "1", "4"],
    ["2026-08-01", "", "0", "0"],
    ["2026-09-01", "1"],
]


def test_what_is_left_out_is_counted_named_and_its_money_told(tmp_path):
    file = aws.write_table(TABLE, tmp_path / "ce.csv")
    ledger = Ledger(tmp_path / "l")
    receipt = ledger.ingest(file)
    assert str(receipt).splitlines()[0] == (
        "4 source rows read = 1 accepted + 1 quarantined + 2 left out; in the ledger 3 rows in = 2 accepted + 1 quarantined"
    )
    assert [str(one) for one in receipt.sources.left_out] == [
        "1 row × line 'Service total', which repeats what stands beside it (4 USD)",
        "2 cells × column 'Total costs($)', which repeats what stands beside it (4 USD)",
        "1 cell × empty: no charge",
        "1 cell × zero: no charge",
        "1 row × without any cost",
    ]
    assert "  left out 1 row × without any cost" in str(receipt).splitlines()
    again = ledger.ingest(file)  # from the ledger's record
    assert again.files[0].sources == receipt.sources and again.sources.read == 0


def test_a_row_of_which_a_part_is_refused_is_quarantined_once(tmp_path):
    table = [list(row) for row in TABLE[:3]]
    table[2][1] = "abc"
    receipt = Ledger(tmp_path / "l").ingest(aws.write_table(table, tmp_path / "ce.csv"))
    assert (receipt.accepted, receipt.quarantined) == (1, 1)
    assert (receipt.sources.accepted, receipt.sources.quarantined, receipt.sources.left) == (
        0,
        1,
        1,
    )
    holds(receipt, 2)


def test_months_as_columns_of_a_table_count_its_lines(tmp_path):
    frame = pd.DataFrame(
        {
            "service": ["Chat", "Search", "Mail"],
            **{f"2026-0{i}": ["1.50", "2.00", "3.00"] for i in range(1, 5)},
        }
    )
    frame.to_csv(tmp_path / "wide.csv", index=False)
    mapping = guess_mapping(read_table(tmp_path / "wide.csv"))
    receipt = Ledger(tmp_path / "l").ingest(tmp_path / "wide.csv", mapping=mapping)
    assert (receipt.accepted, receipt.totals) == (12, {"USD": Decimal("26.00")})
    holds(receipt, 3)


def test_a_bill_of_one_row_each_says_what_it_always_said(tmp_path):
    receipt = Ledger(tmp_path).ingest(FIXTURES / "bills" / "aws_cur_classic.csv")
    assert str(receipt).splitlines()[0] == "8 rows in = 8 accepted + 0 quarantined"
    assert receipt.as_dict()["source_rows"] == {
        "read": 8,
        "accepted": 8,
        "quarantined": 0,
        "left_out": [],
    }
