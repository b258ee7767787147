"""What does not fit into memory is refused before it is read, with the size that fits; nothing is written (docs/method §13.57)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from start_world import bill, four_vendors, written

from finops_model.errors import InputError
from finops_model.facts.intake.files import readers, room
from finops_model.facts.intake.tables import read_table
from finops_model.facts.ledger import delivery
from finops_model.facts.ledger.store import Ledger
from finops_model.publish import start as starting

GB = 1_000_000_000


def machine(folder: Path, available: int, group: str = "", **files: str) -> Path:
    """A folder that looks like the root of a machine."""
    written(folder / "proc/meminfo", f"MemTotal: 99999999 kB\nMemAvailable: {available} kB\n")
    if group:
        written(folder / "proc/self/cgroup", group)
    for name, text in files.items():
        written(folder / "sys/fs/cgroup" / name.replace("__", "/").replace("_", "."), text)
    return folder


def test_the_least_of_all_limits_counts(tmp_path):
    alone = machine(tmp_path / "a", 2_000_000)
    assert room.available(alone) == (2_000_000 * 1024, "of this machine")
    two = machine(tmp_path / "b", 2_000_000, "0::/box/inner\n")
    for name, text in (
        ("memory.max", "1000000000"),
        ("memory.current", "700000000"),
        ("memory.stat", "anon 1\ninactive_file 100000000\n"),
    ):
        written(two / "sys/fs/cgroup/box" / name, text)
    written(two / "sys/fs/cgroup/box/inner/memory.max", "max\n")
    assert room.available(two) == (0.4 * GB, "limit of its container or group")
    one = machine(tmp_path / "c", 2_000_000, "5:memory:/docker/x\n3:cpu:/\n")
    written(one / "sys/fs/cgroup/memory/memory.limit_in_bytes", "600000000")
    written(one / "sys/fs/cgroup/memory/memory.usage_in_bytes", "100000000")
    assert room.available(one) == (0.5 * GB, "limit of its container or group")
    assert room.available(tmp_path / "nothing")[0] == float("inf")


@pytest.mark.parametrize(
    "size, rows, free, said",
    [
        (
            1_400_000_000,
            4_100_000,
            3_300_000,
            "big.csv: 1.4 GB (about 4.1 million rows) need about 25.2 GB of memory, and 3.4 GB are free (of this machine). Nothing was taken "
            "in. About 550,000 rows fit: split the file by month and give the parts one after the other, or give this process more memory.",
        ),
        (
            61_000_000,
            None,
            400_000,
            "big.csv: 61 MB need about 1.1 GB of memory, and 410 MB are free (of this machine). Nothing was taken in. About 23 MB of it fit: "
            "split the file by month and give the parts one after the other, or give this process more memory.",
        ),
        (
            61_000_000,
            170_000,
            4_000,
            "big.csv: 61 MB (about 170,000 rows) need about 1.1 GB of memory, and 4 MB are free (of this machine). Nothing was taken in. No bill "
            "fits: give this process more memory.",
        ),
    ],
)
def test_the_refusal_says_what_it_needs_what_there_is_and_what_fits(
    tmp_path, size, rows, free, said
):
    with pytest.raises(room.NoRoom) as refused:
        room.refuse_too_large("big.csv", size, size * room.TEXT, rows, machine(tmp_path, free))
    assert str(refused.value) == said


def test_what_fits_and_what_is_small_is_not_looked_at(tmp_path):
    room.refuse_too_large("a.csv", 10, 3 * GB, 10, machine(tmp_path / "a", 4_000_000))
    room.refuse_too_large("a.csv", 10, room.SMALL - 1, 10, machine(tmp_path / "b", 1))


@pytest.mark.parametrize("name", ["f.csv", "f.csv.gz", "f.parquet", "t.csv", "t.xlsx", "f.json"])
def test_every_form_is_judged_before_it_is_read(tmp_path, name, monkeypatch):
    """With no memory at all, and nothing too small to look: each form is refused with the sentence, by the ledger and by start."""
    import gzip

    import pandas as pd

    path, frame = tmp_path / name, pd.DataFrame({"Date": ["2026-01-01"] * 50, "Cost": ["1"] * 50})
    if name.endswith("gz"):
        path.write_bytes(gzip.compress(four_vendors(50).encode()))
    elif name.endswith("parquet"):
        frame.to_parquet(path)
    elif name.endswith("xlsx"):
        frame.to_excel(path, index=False)
    else:
        written(
            path,
            bill() if name == "t.csv" else four_vendors(50) if name == "f.csv" else '[{"a": 1}]',
        )
    monkeypatch.setattr(room, "SMALL", 0)
    monkeypatch.setattr(room, "available", lambda root=None: (10.0, "of this machine"))
    with pytest.raises(
        room.NoRoom, match=f"^{name}: .* need about .* of memory, and 1 kB are free"
    ):
        read_table(path) if name.endswith("xlsx") else readers.open_source(path)
    with pytest.raises(InputError, match="of memory"):
        starting.start(path, folder=tmp_path / "ws")
    assert sorted(one.name for one in tmp_path.iterdir()) == [name]


def test_a_table_needs_more_than_an_export_of_its_size(tmp_path, monkeypatch):
    path, needs = written(tmp_path / "t.csv", bill()), []
    monkeypatch.setattr(
        room, "refuse_too_large", lambda name, size, need, rows=None: needs.append(need)
    )
    read_table(path)
    assert len(needs) == 2 and needs[1] > 3 * needs[0]
    assert needs[1] == 170 * (
        room.TABLE_ROW + 4 * room.TABLE_CELL
    )  # 169 lines and what follows the last


@pytest.mark.parametrize("way", ["ledger", "start"])
def test_memory_that_ends_on_the_way_is_one_sentence_and_nothing_is_written(
    tmp_path, monkeypatch, way
):
    def full(*_, **__):
        raise MemoryError

    path = written(tmp_path / "b.csv", bill() if way == "start" else four_vendors(20))
    monkeypatch.setattr(delivery, "read", full)
    with pytest.raises(InputError) as refused:
        if way == "ledger":
            Ledger(tmp_path / "ledger").ingest(path)
        else:
            starting.start(path, folder=tmp_path / "ws")
    assert "the memory that this process may use did not suffice to read it" in str(refused.value)
    assert Ledger(tmp_path / "ledger").rows == 0 and not (tmp_path / "ws").exists()


@pytest.mark.stress
@pytest.mark.skipif(not os.environ.get("FINOPS_STRESS"), reason="long: make test-stress")
def test_a_limit_of_the_shell_is_seen_before_a_large_file_is_read(tmp_path):
    """60 MB of FOCUS under ulimit -v of 1.6 GB: refused in a sentence; a tenth of it comes in under the same limit."""
    head, *rows = four_vendors(1000).splitlines()
    for name, times in (("large.csv", 180), ("small.csv", 18)):
        text = "\n".join(
            [head, *(r.replace("app-", f"app{k}-", 1) for k in range(times) for r in rows)]
        )
        written(tmp_path / name, text + "\n")
    written(tmp_path / "finops.yaml", "company: x\ncurrency: USD\n")
    assert (tmp_path / "large.csv").stat().st_size > 60e6

    def ingest(name: str) -> tuple[int, str]:
        command = f"ulimit -v 1600000; exec {sys.executable} -m finops_model.cli ingest {name}"
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    code, said = ingest("large.csv")
    assert code == 2 and "Traceback" not in said, said
    assert "large.csv: 61 MB (about 180,000 rows) need about 1.1 GB of memory, and " in said, said
    assert "free (limit of this process, ulimit). Nothing was taken in. About " in said
    code, said = ingest("small.csv")
    assert code == 0 and "18,000" in said, said
