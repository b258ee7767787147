"""Many processes write the records at once and are killed while they do: nothing that was acknowledged is lost. No clock is read."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from finops_model.records.store import Records
from scripts import ROOT

# Says a row's hash once it is on disk; the reader may kill it at any row.
WRITER = (
    "import sys\n"
    "from finops_model.records.store import Records\n"
    "path, name, first, last = sys.argv[1:]\n"
    "with Records(path, author=name) as records:\n"
    "    for n in range(int(first), int(last)):\n"
    "        print(records.append('decision', {'n': n, 'text': 'x' * 200}).hash, flush=True)\n"
)


def written(path, name: str, transactions: int, kills: int) -> list[str]:
    """Hashes that a writer said, killed `kills` times at rows that are drawn beforehand; whoever comes after it goes on."""
    said: list[str] = []
    ends = sorted(random.Random(name).sample(range(1, transactions), kills))
    for end in (*ends, transactions):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name, str(len(said)), str(transactions)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        while len(said) < end:
            line = process.stdout.readline()
            assert line.endswith("\n"), "the writer ended before its last row"
            said.append(line.strip())
        if end < transactions:
            os.kill(process.pid, signal.SIGKILL)  # it is in a later row now
        said += [
            line.strip() for line in process.stdout.read().splitlines(True) if line.endswith("\n")
        ]
        assert process.wait() == -signal.SIGKILL or len(said) >= transactions
    return said


@pytest.mark.parametrize(
    ("writers", "transactions", "kills"),
    [
        (2, 50, 3),
        pytest.param(
            6,
            1_000,
            60,
            marks=[
                pytest.mark.stress,
                pytest.mark.skipif(
                    not os.environ.get("FINOPS_STRESS"), reason="long: make test-stress"
                ),
            ],
        ),
    ],
)
def test_writers_that_are_killed_lose_nothing_that_was_acknowledged(
    tmp_path, writers, transactions, kills
):
    path = tmp_path / "below" / "records.sqlite"
    each = [kills // writers + (i < kills % writers) for i in range(writers)]
    with ThreadPoolExecutor(writers) as pool:
        work = [
            pool.submit(written, path, f"writer {i}", transactions, each[i]) for i in range(writers)
        ]
        said = [one for part in work for one in part.result()]
    with Records(path) as records:
        rows = records.read()
        assert records.check() == []
    there = [row.hash for row in rows]
    assert len(said) >= writers * transactions and len(set(there)) == len(there)
    assert set(said) <= set(there), "a row that was acknowledged is lost"
    for i in range(writers):  # and each writer's are in the order in which it wrote them
        own = [row.body["n"] for row in rows if row.author == f"writer {i}"]
        assert own == sorted(own) and set(own) >= set(range(transactions))
