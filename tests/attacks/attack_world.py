"""A small workspace with a published month, and what somebody could do to its files (benchmarks of the review: tamper.py)."""

from __future__ import annotations

import decimal
import hashlib
import json
import re
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from start_world import bill

from finops_model.publish import start
from finops_model.publish.archive import sets
from finops_model.publish.job import month as job
from finops_model.published import base_of
from finops_model.settings import load_settings

MONTH, COMPANY = "2025-03", "reports/2025-03/company"


def published(folder: Path) -> Path:
    """A workspace with the report of March 2025 published."""
    (folder / "bill.csv").write_text(bill())
    start.start(folder / "bill.csv", folder=folder / "base")
    job.report(load_settings(folder / "base"), newest=True, workers=1)
    return folder / "base"


def listed(path: Path) -> dict:
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def rewrite(path: Path, change) -> None:
    """A JSON document with a change, written as its writer does."""
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    ordered = path.name not in ("index.json", "set.json")
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=ordered)
    path.write_text(text + "\n", encoding="utf-8")


def relist(root: Path, index: bool = True, every: bool = False) -> None:
    """The manifest lists the bytes that lie there now. `index`: so do the set's list, its name, the index and every link to it.

    every   also files that it did not list
    """
    folder = (root / COMPANY).resolve()

    def manifest(document):
        there = {path.name for path in folder.iterdir()} - {"manifest.json"}
        names = sorted(there) if every else document["files"]
        document["files"] = {name: listed(folder / name) for name in names}
        document["figures"] = listed(folder / "brief.json")["sha256"]

    rewrite(folder / "manifest.json", manifest)
    if index:
        reset(root)


def reset(root: Path) -> None:
    """The set as it lies there listed anew and renamed, and the index and every link brought to it."""
    base = base_of(root / "reports")
    old = (root / COMPANY).resolve().parent
    files = sets.listing(old)
    mark = sets.mark_of(files)
    name = f"{MONTH}@{mark[:12]}"

    def told(document):
        document.update(files=files, sha256=mark)

    rewrite(old / "set.json", told)
    old.rename(old.with_name(name))
    own = json.loads((old.with_name(name) / "company" / "manifest.json").read_text())["files"]
    own["manifest.json"] = listed(old.with_name(name) / "company" / "manifest.json")

    def lines(document):
        line = document["months"][MONTH]
        line.update(set=name, sha256=mark, files=sets.slider_files(old.with_name(name)))
        entry = next(one for one in document["reports"] if one["slug"] == "company")
        entry.update(set=name, files=own)

    rewrite(base / "index.json", lines)
    for path in (base / MONTH).iterdir():
        if path.is_symlink():
            path.unlink()
    for path in old.with_name(name).iterdir():
        if path.name != "index.html":
            (base / MONTH / path.name).symlink_to(f"../../{name}/{path.name}")


def swap(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


def digit(path: Path) -> None:
    """Another digit in the second half of a file."""
    data = bytearray(path.read_bytes())
    at = next(i for i in range(len(data) // 2, len(data)) if data[i : i + 1].isdigit())
    data[at] = 48 + (data[at] - 47) % 10
    path.write_bytes(bytes(data))


def forged_figure(root: Path) -> None:
    """Another figure in the headline of the page."""
    headline = json.loads((root / COMPANY / "brief.json").read_text())["headline"]
    figure = re.search(r"\$[\d.,]+[km]?", headline)[0]
    swap(root / COMPANY / "report.html", figure.encode(), b"$1.00k")


def ledger_part(root: Path) -> Path:
    return sorted((root / "ledger" / "rows").rglob("*.parquet"))[-1]


def doubled(root: Path) -> None:
    """One amount of the ledger's rows doubled."""
    path = ledger_part(root)
    table = pq.read_table(path)
    for name in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"):
        at = table.schema.get_field_index(name)
        values = table.column(name).to_pylist()
        values[0] = values[0] * 2 if values[0] is not None else None
        field = table.schema.field(name)
        table = table.set_column(at, field, pa.array(values, field.type))
    pq.write_table(table, path)


def no_kept(root: Path) -> None:
    shutil.rmtree(root / "ledger" / "kept", ignore_errors=True)


def kept_doubled(root: Path) -> None:
    """Costs doubled in what is kept beside the ledger, under a name that its own bytes give."""
    for path in (root / "ledger" / "kept").glob("daily-*.parquet"):
        frame = pq.read_table(path).to_pandas()
        half = len(frame) // 2  # moved between days: the sum is the record's
        frame.loc[0, ["EffectiveCost", "BilledCost"]] += 100
        frame.loc[half, ["EffectiveCost", "BilledCost"]] -= 100
        frame.to_parquet(path, index=False, compression="zstd")
        mark = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        path.rename(path.with_name(f"{path.stem.rsplit('-', 1)[0]}-{mark}.parquet"))


def record(root: Path, drop: bool = False) -> None:
    """A total of the ledger's record 1,000 higher; or the record gone."""
    path = sorted((root / "ledger" / "manifest").glob("*.json"))[-1]
    if drop:
        return path.unlink()

    def more(document):
        total = document["versions"][-1]["totals"]["USD"]
        total["BilledCost"] = str(decimal.Decimal(total["BilledCost"]) + 1000)

    rewrite(path, more)
