"""The README's ten minutes are true: its two files, its command, its answers (data/start)."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
from pathlib import Path

from test_start_dialogue import finops

ROOT = Path(__file__).resolve().parents[1]


def block() -> tuple[list[str], list[str]]:
    """(words of the command, lines it prints) in the README's ten minutes."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.search(r"## Your own bill, in ten minutes\n\n```console\n(.*?)```", text, re.S)[
        1
    ].splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("$ finops "))
    return lines[at].split()[2:], lines[at + 1 :]


def test_the_two_files_are_made_by_their_script_and_have_their_passport(tmp_path):
    spec = importlib.util.spec_from_file_location("make_start", ROOT / "data/start/make_start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.make(tmp_path)
    passports = (ROOT / "data/README.md").read_text(encoding="utf-8")
    for name in ("costs.csv", "sessions.csv"):
        data = (ROOT / "data/start" / name).read_bytes()
        assert (tmp_path / name).read_bytes() == data
        assert re.search(
            rf"`start/{re.escape(name)}` \|.*\| {data.count(bytes([10])) - 1} \|.*`{hashlib.sha256(data).hexdigest()}`",
            passports,
        )


def test_the_ten_minutes_print_what_the_readme_says(tmp_path):
    words, told = block()
    for name in ("costs.csv", "sessions.csv"):
        shutil.copy(ROOT / "data/start" / name, tmp_path)
    code, said = finops(*words, cwd=tmp_path, answer="\n")
    printed = [line.split("\r")[-1].strip() for line in said.splitlines()]
    assert code == 0, said
    for line in told:
        if "heading for" in line:  # a forecast: its figures are held elsewhere
            assert any(one.startswith("AI spend is heading for €") for one in printed)
        else:
            assert any(line.strip() in one for one in printed), line
    for line in told:
        if line.strip().endswith(".html"):
            assert (tmp_path / line.split(":")[-1].strip()).is_file()
