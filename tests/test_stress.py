"""What is long (`make test-stress`): many short commands that must end well, many processes at one ledger. Bounded in count, no clock is read."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ledger_world import focus

from finops_model.facts.ledger.store import Ledger

HERE = Path(__file__).resolve().parent
COMMANDS = 40  # of each kind; 2 of 80 once ended in an abort after the right answer (finops_model/exits.py)
WRITERS, DELIVERIES = 6, 4

pytestmark = [
    pytest.mark.stress,
    pytest.mark.skipif(not os.environ.get("FINOPS_STRESS"), reason="long: make test-stress"),
]


def ended(words: list[str]) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "finops_model.cli", *words],
        cwd=HERE.parent,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (
            [
                "prices",
                "list",
                "--provider",
                "aws",
                "--text",
                "p5",
                "--as-of",
                "2026-11-25",
                "--json",
            ],
            0,
        ),
        (["prices", "show", "no-such-sku"], None),
        (["--help"], 0),
    ],
    ids=["an answer", "a refusal", "help"],
)
def test_many_short_commands_end_alike(words, code):
    with ThreadPoolExecutor(2) as two:
        ends = list(two.map(ended, [words] * COMMANDS))
    assert len(set(ends)) == 1, {end[0] for end in ends}
    assert (
        ends[0][0] == code
        if code is not None
        else 0 < ends[0][0] < 128 and "Traceback" not in ends[0][2]
    )


def test_many_writers_at_one_ledger_lose_nothing(tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[3]); from ledger_world import focus; from finops_model.facts.ledger.store import Ledger\n"
        f"for n in range({DELIVERIES}): Ledger(sys.argv[1]).ingest((f'{{sys.argv[2]}}-{{n}}', focus(month=f'20{{sys.argv[2]}}-0{{n + 1}}')))"
    )
    work = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(20 + i), str(HERE)])
        for i in range(WRITERS)
    ]
    assert [process.wait(timeout=900) for process in work] == [0] * WRITERS
    ledger = Ledger(tmp_path)
    assert (
        ledger.rows == WRITERS * DELIVERIES * len(focus())
        and len(ledger.book.records) == WRITERS * DELIVERIES
    )


def test_a_reader_beside_a_writer_sees_whole_deliveries(tmp_path):
    Ledger(tmp_path).ingest(("first", focus(month="2020-01")))
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); from ledger_world import focus; from finops_model.facts.ledger.store import Ledger\n"
        "for n in range(8): Ledger(sys.argv[1]).ingest((f'more-{n}', focus(month=f'2021-0{n + 1}')))"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(HERE)])
    seen = []
    while writer.poll() is None:
        seen.append(Ledger(tmp_path).rows)
    assert (
        writer.returncode == 0
        and seen == sorted(seen)
        and all(rows % len(focus()) == 0 for rows in seen)
    )
    assert Ledger(tmp_path).rows == 9 * len(focus())
