"""The first minute of a change: everything can be imported, every command shows its help, a price can be asked for."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import finops_model
from finops_model.cli import app

COMMANDS = sorted(get_command(app).commands)


def test_everything_can_be_imported():
    names = [
        info.name
        for info in pkgutil.walk_packages(finops_model.__path__, "finops_model.")
        if not info.name.endswith("__main__")
    ]
    assert len(names) > 250
    for name in names:
        importlib.import_module(name)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_its_help(command):
    shown = CliRunner().invoke(app, [command, "--help"])
    assert shown.exit_code == 0 and "Usage:" in shown.output


def test_the_command_answers_in_a_process_of_its_own():
    words = [
        "prices",
        "list",
        "--provider",
        "aws",
        "--text",
        "p5",
        "--as-of",
        "2026-11-25",
        "--json",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "finops_model.cli", *words], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
