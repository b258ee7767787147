"""The one question of `finops start`: is this reading right? Asked where somebody can answer, never answered for them (docs/method §13.51)."""

from __future__ import annotations

import sys

import typer

from ._shared import err, out


def confirming(yes: bool, quiet: bool = False):
    """What `start` calls with a guessed mapping: shows it and asks.

    yes     take a reading without doubts unasked; one with doubts is refused with its list
    quiet   show it on stderr: stdout is for JSON
    """
    from ..publish.start_reading import Unconfirmed, doubts

    def confirm(found):
        (err if quiet else out).print(found.describe())
        open_ = doubts(found)
        listed = "".join(f"\n- {text}" for text in open_)
        if yes and open_:
            raise Unconfirmed(
                f"--yes takes only a reading that leaves no doubt, and this one leaves {len(open_)}:{listed}\nNothing was taken in."
            )
        if yes:
            return found
        if not sys.stdin.isatty():
            or_yes = "" if open_ else " --yes takes it as it stands."
            raise Unconfirmed(
                "is this reading right? Nobody could be asked, as there is no terminal. Nothing was taken in."
                f"{f' It leaves doubts:{listed}' + chr(10) if open_ else or_yes}"
            )
        return found if typer.confirm("Is this right?", default=not open_) else None

    return confirm
