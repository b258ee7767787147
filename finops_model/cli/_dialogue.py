"""Questions on a terminal: is this reading right (docs/method §13.51), does a delivery add or replace (§13.21)? Never answered for anybody."""

from __future__ import annotations

import sys

import typer

from ._shared import Bars, err, out


def confirming(yes: bool, quiet: bool = False):
    """What `start` calls with a guessed mapping: shows it and asks.

    yes     take a reading without doubts unasked; one with doubts is refused with its list
    quiet   show it on stderr: stdout is for JSON
    """
    from ..publish.start_reading import Unconfirmed, doubts

    def confirm(reading):
        (err if quiet else out).print(reading.describe())
        open_ = doubts(reading)
        listed = "".join(f"\n- {text}" for text in open_)
        if yes and open_:
            raise Unconfirmed(
                f"--yes takes only a reading that leaves no doubt, and this one leaves {len(open_)}:{listed}\nNothing was taken in."
            )
        if yes:
            return reading
        if not sys.stdin.isatty():
            or_yes = "" if open_ else " --yes takes it as it stands."
            raise Unconfirmed(
                "is this reading right? Nobody could be asked, as there is no terminal. Nothing was taken in."
                f"{f' It leaves doubts:{listed}' + chr(10) if open_ else or_yes}"
            )
        return reading if typer.confirm("Is this right?", default=not open_) else None

    return confirm


def choosing(yes: bool, quiet: bool = False):
    """What `start` calls with a question which of several columns it is; None where nobody can be asked, or wants to be.

    quiet   ask on stderr: stdout is for JSON
    """
    if yes or not sys.stdin.isatty():
        return None

    def choose(asked) -> str | None:
        (err if quiet else out).print(str(asked))
        columns = [one.column for one in asked.candidates]
        while True:
            answer = typer.prompt("Its number, or s to stop", err=quiet).strip()
            if answer.casefold() in ("s", "stop"):
                return None
            if answer.isdecimal() and 1 <= int(answer) <= len(columns):
                return columns[int(answer) - 1]
            (err if quiet else out).print(f"A number from 1 to {len(columns)}.")

    return choose


def asking(bars: Bars):
    """Ask on a terminal whether a delivery adds or replaces; None where nobody can be asked."""

    def ask(question: str) -> str | None:
        bars.bars.stop()
        err.print(question)
        answer = (
            typer.prompt(
                "Add it as a further part (a), replace what is there (r), or stop (s)?",
                default="s",
                err=True,
            )
            .strip()
            .casefold()
        )
        return {"a": "append", "r": "replace"}.get(answer[:1])

    return ask if sys.stdin.isatty() else None
