"""Questions of a CFO (tests/acceptance): a folder of inputs and one command, its figures held against an independent script."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from commands import finops

HERE = Path(__file__).parent / "acceptance"
FOLDERS = sorted(path.parent for path in HERE.glob("*/question.yaml"))
PAGE = HERE.parents[1] / "docs/decide/README.md"
KEYS = {"kind", "question", "command", "page", "prints", "within", "checks"}


def asked(folder: Path) -> dict:
    question = yaml.safe_load((folder / "question.yaml").read_text(encoding="utf-8"))
    assert KEYS - {"within", "prints"} <= set(question) <= KEYS
    return question


def script(file: Path, cwd: Path) -> str:
    """What a script of a folder prints, in a process of its own."""
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    ran = subprocess.run(
        [sys.executable, str(file)], cwd=cwd, env=env, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def figure(answer, at: list):
    """The value at a path of keys; a mapping picks the row of a table whose cells are those."""
    for step in at:
        if isinstance(step, dict):
            rows = [row for row in answer if all(row.get(k) == v for k, v in step.items())]
            assert len(rows) == 1, f"{len(rows)} rows with {step} in {answer}"
            answer = rows[0]
        else:
            answer = answer[step]
    return answer


def differs(given, wanted, within: float) -> bool:
    """Whether a figure is not the one that is wanted: numbers within a share of it, text by its pieces, all else alike."""
    if isinstance(wanted, list) and isinstance(given, str):
        return any(piece not in given for piece in wanted)
    if isinstance(wanted, list):
        return len(given) != len(wanted) or any(
            differs(one, other, within) for one, other in zip(given, wanted)
        )
    if isinstance(wanted, bool) or not isinstance(wanted, (int, float)):
        return given != wanted
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        return True
    return abs(given - wanted) > within * max(1.0, abs(wanted))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_command_says_what_the_independent_script_says(folder, tmp_path):
    question = asked(folder)
    here = tmp_path / folder.name
    shutil.copytree(folder, here)
    if (here / "make.py").is_file():
        script(here / "make.py", here)
    wanted = json.loads(script(here / "answer.py", here))
    words = shlex.split(question["command"])
    assert words[0] == "finops"
    code, said, err = finops(*words[1:], "--json", cwd=here)
    assert code == 0, err
    answer = json.loads(said)
    if "sentence" in answer:  # the page shows it as printed
        assert answer["sentence"] in PAGE.read_text(encoding="utf-8")
    wrong, used = [], set()
    for check in question["checks"]:
        assert {"is", "at"} <= set(check) <= {"is", "at", "within", "errors"}, check
        given, name = figure(answer, check["at"]), check["is"]
        used.add(name)
        within = float(check.get("within", question.get("within", 1e-9)))
        if "errors" in check:  # four standard errors, which the script says beside the figure
            within = 4 * wanted[check["errors"]] / max(1.0, abs(wanted[name]))
            used.add(check["errors"])
        if differs(given, wanted[name], within):
            wrong.append(f"{name}: {given!r}, by hand {wanted[name]!r} (within {within:g})")
    assert not wrong, "\n".join([question["command"], *wrong])
    assert used == set(wanted), f"figures that nobody checks: {set(wanted) - used}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_script_is_independent_and_its_inputs_are_small(folder):
    allowed = {
        "__future__",
        "calendar",
        "collections",
        "datetime",
        "itertools",
        "json",
        "math",
        "numpy",
    }
    tree = ast.parse((folder / "answer.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {one.name for one in node.names} <= allowed
        if isinstance(node, ast.ImportFrom):
            assert node.module in allowed
    assert sum(file.stat().st_size for file in folder.rglob("*")) <= 40_000
    question = asked(folder)
    assert len(question["checks"]) >= 5


def test_every_question_stands_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    for folder in FOLDERS:
        question = asked(folder)
        assert question["question"] in page, f"docs/decide/README.md lacks {folder.name}"
        assert f"`{question['command']}`" in page
        assert f"]({question['page']})" in page
        assert (PAGE.parent / re.sub(r"#.*", "", question["page"])).is_file()
    kinds = [asked(folder)["kind"] for folder in FOLDERS]
    assert len(set(kinds)) == len(kinds)
