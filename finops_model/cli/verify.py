"""Published reports made again: verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..errors import FinOpsError
from ._shared import Bars, JsonOption, SettingsOption, load_whole, out

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def verify(
    folder: Annotated[
        Path,
        typer.Argument(
            help="A published report, for example reports/2026-10/company; a month, reports/2026-10; or the archive, reports."
        ),
    ],
    numbers_only: Annotated[
        bool,
        typer.Option(
            "--numbers-only",
            help="Compare figures alone, also where another version made the report; pages and all other files are not compared.",
        ),
    ] = False,
    settings: SettingsOption = Path("finops.yaml"),
    as_json: JsonOption = False,
):
    """Make published reports again from the ledger's rows and compare every number and every file. Nothing is written.

    Exit code 0: verified. 2: not verified, or it cannot be: the answer says why.

    Examples: [bold]finops verify reports/2026-10/company[/bold] · [bold]finops verify reports/2026-10[/bold]
    """
    from ..publish.verify.again import Again
    from ..publish.verify.verdict import summed
    from ..publish.verify.verifying import check

    with Bars() as bars, Again(load_whole(settings), bars) as again:
        found = check(folder, again, numbers_only=numbers_only)
    good = all(one.verified for one in found)
    if as_json:
        out.print_json(json.dumps({"verified": good, "reports": [one.as_dict() for one in found]}))
        raise typer.Exit(0 if good else 2)
    lines = [] if len(found) == 1 else [f"{folder}: {summed(found)}."]
    for one in found:
        lines.append(f"{one.place}: {one.said if one.verified else 'not verified'}.")
        lines += [f"- {problem}" for problem in one.problems]
        lines += [f"  Note: {note}." for note in one.notes]
    if not good:
        raise FinOpsError("\n".join(lines))
    out.print("\n".join(lines))
