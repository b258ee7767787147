"""`finops …`: SHELF of commands, one file per subject; adding a file adds its commands.

A file holds `app`, a Typer with its commands, and `PANEL`, its heading in `finops --help`. Each command is a few lines over the front
door. Errors are one message and an exit code, never a traceback (`_net`).
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys

import typer

from ..errors import FinOpsError
from . import _net
from ._shared import err

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Forecasts, what-ifs and budget reports for what AI costs: GPU hours, storage, tokens.",
)
for _found in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
    if not _found.name.startswith("_"):
        app.add_typer(importlib.import_module(f"{__name__}.{_found.name}").app)


def main() -> int:
    """The command `finops`, with the arguments of the process.

    Returns
    -------
    int or None
        Its exit code; None is 0.

    Raises
    ------
    SystemExit
        With an exit code, after one message on the error stream: 2 for an error that a user can act
        on or a wrong option, 130 where it was stopped, 141 where the reader of a pipe has enough.

    Examples
    --------
    >>> from unittest import mock
    >>> with mock.patch("sys.argv", ["finops", "start", "nowhere.csv"]):
    ...     try:
    ...         main()
    ...     except SystemExit as end:
    ...         print(end.code)
    2
    """
    _net.any_terminal()
    try:
        code = app(standalone_mode=False)
        return (
            code if isinstance(code, int) else 0
        )  # what a command says by typer.Exit comes back as a number
    except FinOpsError as problem:
        _say(str(problem))
        sys.exit(problem.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        err.print("Stopped; nothing was published.")
        sys.exit(130)
    except BrokenPipeError:  # `finops … | head`: the reader has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as problem:  # noqa: BLE001 - click's own usage errors know how to show themselves
        if hasattr(problem, "show"):
            problem.show()
            sys.exit(getattr(problem, "exit_code", 2))
        text, code = _net.sentence(problem)
        _say(text)
        sys.exit(code)


def _say(text: str) -> None:
    err.print("Error  ", end="", style="bold red")
    err.print(text)
