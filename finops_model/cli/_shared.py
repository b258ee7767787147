"""What every command shares: the terminal, progress bars, settings, options."""

from __future__ import annotations

import importlib
import os
import sys
import time
from json import dumps, loads
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from ..errors import InputError, printable


class Terminal(Console):
    """A console for names from bills and files: "[red]" and escapes in one of them are text, not a colour."""

    def render_str(self, text, **how):
        return super().render_str(printable(text), **how)

    def print_json(self, json: str | None = None, **how) -> None:
        """JSON as people read it; what could steer the terminal is written as JSON escapes, so that no name changes."""
        shown = dumps(loads(json or "null"), indent=2, ensure_ascii=False)
        self.print(
            Text("".join(c if c == printable(c) else dumps(c)[1:-1] for c in shown)),
            soft_wrap=True,
        )


def _terminal(stderr: bool = False) -> Terminal:
    return Terminal(
        stderr=stderr,
        highlight=False,
        soft_wrap=True,
        markup=False,
        emoji=False,  # "job:key:7" is a name
    )


out, err = _terminal(), _terminal(stderr=True)

SettingsOption = Annotated[
    Path, typer.Option("--settings", "-s", help="finops.yaml, or the folder it lies in.")
]
EntityOption = Annotated[
    str | None,
    typer.Option(
        "--entity", help="One of the entities that finops.yaml names; needed where it names some."
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        "--until",
        help="Last day of the bill to use, YYYY-MM-DD; default: the newest complete one.",
    ),
]
MonthOption = Annotated[
    str | None,
    typer.Option(
        "--month", help="Use the last day of this month's report, YYYY-MM, and give its numbers."
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the figures as JSON instead of a table.")
]
YesOption = Annotated[
    bool,
    typer.Option("--yes", "-y", help="Take a guessed mapping that leaves no doubt without asking."),
]
AppendOption = Annotated[
    bool,
    typer.Option(
        help="Add the rows to what the workspace has of these billing periods. Without it and --replace: what comes again takes the place of "
        "its sub-account's month, and what could be a further part is asked, or refused where nobody can be."
    ),
]
ReplaceOption = Annotated[
    bool,
    typer.Option(
        help="Replace what the workspace has of them, also where no charge is in common; the ledger keeps the old version."
    ),
]
AcceptDecreaseOption = Annotated[
    bool,
    typer.Option(
        "--accept-decrease", help="Accept a restatement that lowers a period by more than 5 %."
    ),
]


class Bars:
    """Progress bars on the terminal; without one, a line on stderr now and then; with --json nothing but the result."""

    EVERY = 5.0  # seconds between two lines

    def __init__(self, clock=time.monotonic):
        context = _under_way()
        self.silent = bool(context and context.params.get("as_json"))
        self.bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )
        self.task, self.clock, self.told = None, clock, clock()

    def __enter__(self):
        self.bars.start()
        return self

    def __exit__(self, *_):
        self.bars.stop()

    def __call__(self, text: str, done: int, total: int) -> None:
        if self.task is None:
            self.task = self.bars.add_task(printable(text), total=total)
        self.bars.update(
            self.task, description=printable(text), completed=done, total=max(total, 1)
        )
        if not err.is_terminal and not self.silent and self.clock() - self.told >= self.EVERY:
            err.print(f"{text} {done}/{total}")
            self.told = self.clock()

    def tell(self, text: str) -> None:
        """A sentence before long work."""
        if not self.silent:
            err.print(text)
            self.told = self.clock()


def attended() -> bool:
    """Whether a person is there: a terminal, or an environment that says that one stands behind the job."""
    return sys.stdin.isatty() or os.environ.get("FINOPS_ATTENDED") == "1"


def _under_way():
    """Typer's context of the command that runs, None outside of one. Newer Typers carry a click of their own: `import click` sees none of it."""
    clicks = typer.Context.__mro__[1].__module__.rpartition(".")[0]
    return importlib.import_module(f"{clicks}.globals").get_current_context(silent=True)


def load(path: Path, entity: str | None = None):
    """The settings of one company or, with entities, of the one named. Raises FinOpsError that names them where none is: nothing adds them up."""
    from ..errors import FinOpsError
    from ..facts.daily.entities import which

    settings = load_whole(path, entity)
    if settings.entities and settings.own is None:
        raise FinOpsError(which(settings))
    return settings


def load_whole(path: Path, entity: str | None = None):
    """The settings with all their entities, or with the one named."""
    from ..settings import load_settings

    settings = load_settings(path)
    for note in settings.notes:
        err.print(note)
    return settings if entity is None else settings.entity(entity)


def old_name(old: str, old_value, new: str, value, default=None):
    """The value of an option that has another name now, with one note where the old name was used.

    Raises InputError where both are given.
    """
    if old_value is None:
        return value
    if value != default:
        raise InputError(f"{old} is called {new} now. Give one of them.")
    err.print(f"{old} is called {new} now; both are read.")
    return old_value


def methods_of(text: str | None):
    """What --methods says: a group or one name as it stands, several names as a tuple; None where it is not given.

    >>> methods_of("all"), methods_of("prophet, theta"), methods_of(None)
    ('all', ('prophet', 'theta'), None)
    """
    if text is None or "," not in text:
        return text and text.strip()
    return tuple(name.strip() for name in text.split(",") if name.strip())


def amount(value: float | None, currency: str) -> str:
    from ..measure.words import money

    return money(value, currency)
