"""Tools stay honest: two locks with the same pins, true lower bounds, lists that may only shrink, targets that CI and README share."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from scripts import script

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-lowest.lock")
UNCLEAN = 69  # files in which mypy finds errors; may only shrink (scripts/mypy_unclean.txt)
TYPED = (
    "facts/ledger",
    "measure",
    "prices",
    "publish/dashboard",
    "publish/page",
    "publish/whatif",
    "uncertainty",
    "wording",
)  # rooms without such a file; may only grow
EXCEPTIONS = {"finops_model": 22, "tests": 8}  # lines with a `noqa`; may only shrink
IGNORED = {
    "B008",
    "B023",
    "E731",
}  # what ruff overlooks in benchmarks, data and tests; may only shrink
LIGHT = {
    "import finops_model": (5, 5),
    "from finops_model.cli import app": (
        361,
        57,
    ),  # 325 before the FinOps cycle, whose commands are twelve files (explain is one of its own); the oldest versions bring 24 more
    "from finops_model.publish import dashboard": (
        221,
        58,
    ),  # 219 with the brief's types of KPIs, waste and actions; the oldest bring 2 more
}  # a command is a module; types of the brief and words of a basis bring nothing but typing
MEGABYTES = 1180  # of the environment for use


def pins(lock: str) -> dict[str, list[str]]:
    """{name: its versions, each with its marker} of a lock: a version per Python where one does not fit all."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9_.\-]+)(?:\[[^\]]*\])?==([^\\\n]+)", text, re.M):
        versions.setdefault(name, []).append(version.strip())
    return versions


def asked(name: str) -> dict[str, str]:
    """{name: bound} of a requirements file."""
    lines = [
        line
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    return dict(
        re.fullmatch(r"([A-Za-z0-9_.\-]+(?:\[\w+\])?)(.*)", line).groups() for line in lines
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_a_hash_for_every_pin(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9_.\-]+(?:\[[^\]]*\])?==)", text, flags=re.M)[1:]
    assert len(blocks) == sum(map(len, pins(lock).values())) > 100
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_lock_for_development_holds_the_lock_for_use_with_the_same_pins():
    use, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    plain = {
        lock: {
            name: [version.split(" ;")[0] for version in versions]
            for name, versions in held.items()
        }
        for lock, held in (("use", use), ("dev", dev))
    }
    assert {name: plain["dev"].get(name) for name in use} == plain[
        "use"
    ]  # the marker of a pin may be wider for development


def test_nothing_for_tests_only_is_installed_for_use():
    tools = {re.sub(r"\[.*", "", name) for name in asked("requirements-dev.in")}
    assert tools <= set(pins("requirements-dev.lock"))
    assert not tools & set(pins("requirements.lock"))


def test_pyproject_and_requirements_ask_for_the_same():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = (
        set(project["dependencies"])
        | set(project["optional-dependencies"]["prices"])
        | {"setuptools>=77"}
    )
    assert {name + bound for name, bound in asked("requirements.in").items()} == wanted


def test_the_lowest_lock_holds_exactly_the_lower_bounds():
    lowest = pins("requirements-lowest.lock")
    for name, bound in asked("requirements.in").items():
        least = re.search(r">=([0-9.]+)", bound)
        assert least, f"requirements.in: {name} has no lower bound"
        version = min(lowest[re.sub(r"\[.*", "", name)]).split(" ")[0]
        assert f"{version}.".startswith(f"{least[1]}."), f"{name}: bound {least[1]}, lock {version}"


def test_the_list_of_files_that_mypy_does_not_like_only_shrinks():
    typed = script("scripts/typed.py")
    paths = typed.listed(typed.LIST.read_text(encoding="utf-8"))
    assert len(paths) <= UNCLEAN and paths == sorted(set(paths))
    assert [path for path in paths if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("room", TYPED)
def test_a_room_whose_types_hold_does_not_come_back_on_the_list(room):
    typed = script("scripts/typed.py")
    assert (ROOT / "finops_model" / room).is_dir()  # a room that moved is named anew here
    paths = typed.listed(typed.LIST.read_text(encoding="utf-8"))
    assert [path for path in paths if path.startswith(f"finops_model/{room}/")] == []


def test_a_longer_list_and_a_clean_file_on_it_are_refused():
    typed = script("scripts/typed.py")
    errors = {"a.py": ["a.py:1: error: x"], "b.py": ["b.py:2: error: y"]}
    assert typed.complaints(errors, ["a.py"]) == ["b.py:2: error: y"]
    assert typed.complaints({}, ["a.py"]) == [
        "scripts/mypy_unclean.txt: a.py has no errors any more: take its line off (python scripts/typed.py --write)"
    ]
    with pytest.raises(
        ValueError,
        match=r"^mypy finds errors in 2 files and the list has 1: it may only shrink. Not on it: b.py.$",
    ):
        typed.rewritten(errors, ["a.py"])
    assert typed.listed(typed.rewritten(errors, ["old/a.py", "old/b.py"])) == [
        "a.py",
        "b.py",
    ]  # moved, not more


def test_exceptions_of_the_linter_only_shrink():
    for folder, most in EXCEPTIONS.items():
        lines = [
            line
            for path in sorted((ROOT / folder).rglob("*.py"))
            for line in path.read_text(encoding="utf-8").splitlines()
            if "# noqa" in line
        ]
        assert len(lines) <= most, (
            f"{folder}: {len(lines)} exceptions of the linter, {most} are allowed"
        )
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"][
        "lint"
    ]
    assert set(ruff["per-file-ignores"]) == {"benchmarks/**", "data/**", "tests/**"}
    assert set().union(*ruff["per-file-ignores"].values()) <= IGNORED


def test_ci_calls_the_targets_of_the_readme():
    ci, readme = ((ROOT / name).read_text(encoding="utf-8") for name in (".ci/run", "README.md"))
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    for target in ("check", "test", "test-stress", "test-versions", "test-lowest", "fuzz"):
        assert re.search(rf'^\s*step "make {target}( |"$)', ci, re.M), target
    assert "make test" in readme and "make report" in readme


def test_ci_runs_every_part_and_fails_with_one(tmp_path):
    programs = {"make": '[ "$1" != "$BROKEN" ] || exit 2\necho "pytest says: $1"', "chromium": ""}
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)

    def ran(broken: str) -> tuple[int, list[str], str]:
        env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "BROKEN": broken}
        done = subprocess.run([ROOT / ".ci" / "run"], env=env, capture_output=True, text=True)
        said = re.sub(r"fuzz N=10000 SEED=[0-9a-f]{12}", "fuzz", done.stdout)
        lines = re.sub(r"\d+ s\b", "N s", said).splitlines()
        return done.returncode, lines, done.stderr

    parts = ["check", "test", "test-lowest", "test-versions", "test-stress", "fuzz"]
    code, lines, problem = ran("none")
    assert (code, problem) == (0, "")
    assert [line for line in lines if line.startswith("pytest")] == [
        f"pytest says: {part}" for part in parts
    ]
    assert lines[-7:] == [*(f"ci: make {part} passed in N s" for part in parts), "ci: N s in all"]
    code, lines, problem = ran("test-lowest")
    assert (code, problem) == (1, "ci: failed: test-lowest\n")
    assert "ci: make test-lowest FAILED in N s" in lines and "pytest says: test-stress" in lines


def test_the_fast_tests_exist():
    lines = (ROOT / "tests" / "fast.txt").read_text(encoding="utf-8").split()
    assert all((ROOT / line.split("::")[0]).is_file() for line in lines) and len(lines) == len(
        set(lines)
    )


def test_hooks_need_no_network():
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (.+)", text) == ["local"] and set(
        re.findall(r"language: (.+)", text)
    ) == {"system"}


@pytest.mark.parametrize(("code", "limits"), LIGHT.items(), ids=LIGHT)
def test_what_an_import_brings_is_limited(code, limits):
    """Modules instead of milliseconds: a count says the same on every machine. (all modules, our own)"""
    code = f"import sys; before = set(sys.modules)\n{code}\nnew = set(sys.modules) - before\nprint(len(new), sum(m.startswith('finops_model') for m in new))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    everything, own = map(int, done.stdout.split())
    assert everything <= limits[0] and own <= limits[1], (
        f"{everything} modules, {own} of them ours; {limits} are allowed"
    )


def test_the_environment_for_use_keeps_its_weight():
    """Sizes that the distributions of requirements.lock record of their own files."""
    total = 0
    for name in pins("requirements.lock"):
        try:
            total += sum(file.size or 0 for file in distribution(name).files or ())
        except PackageNotFoundError:  # for another system or another Python
            continue
    assert 100e6 < total <= MEGABYTES * 1e6, f"{total / 1e6:.0f} MB; {MEGABYTES} are allowed"
