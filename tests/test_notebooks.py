"""The notebooks run from top to bottom, and the papers that go with them say where things are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BOOKS = [
    "notebooks/00_start_here.ipynb",
    "notebooks/02_how_demand_grows.ipynb",
    "notebooks/03_workbench.ipynb",
    "notebooks/05_how_much_to_commit.ipynb",
    "notebooks/dashboards/leadership.ipynb",
]


def test_the_notebooks_run_from_top_to_bottom():
    """nbval in its lax form: every cell runs, and the assertion at the end holds."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--nbval-lax",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:playwright",
            *BOOKS,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    cells = sum(
        cell["cell_type"] == "code"
        for name in BOOKS
        for cell in json.loads((ROOT / name).read_text())["cells"]
    )
    assert done.stdout.count(".") >= cells


@pytest.mark.parametrize("name", BOOKS)
def test_a_notebook_opens_with_question_answer_and_how_to_change_it(name):
    first = "".join(json.loads((ROOT / name).read_text(encoding="utf-8"))["cells"][0]["source"])
    assert all(f"**{word}**" in first for word in ("Question", "Answer", "Change it"))


def test_the_first_notebook_uses_the_front_door_only_where_there_is_one():
    import finops_model as fm

    source = "\n".join(
        "".join(cell["source"])
        for cell in json.loads((ROOT / BOOKS[0]).read_text())["cells"]
        if cell["cell_type"] == "code"
    )
    import re

    assert set(re.findall(r"\bfm\.([a-zA-Z_]+)", source)) <= set(fm.__all__)
    lines = [line for line in source.splitlines() if line.startswith("from finops_model")]
    assert len(lines) == 3 and 'print(f"Decision:' in source
