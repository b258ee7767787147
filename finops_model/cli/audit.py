"""What was recorded, and whether it is as it was written: audit."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ..errors import RecordsError
from ._shared import JsonOption, SettingsOption, err, load_whole, out

PANEL = "Bills and reports"
BROKEN = 3  # exit code: somebody has changed what was recorded
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def audit(
    *,
    expect: Annotated[
        str | None,
        typer.Option(
            help="A chain head as a report or mail printed it (12 digits or more): the rows must still lead to it."
        ),
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    as_json: JsonOption = False,
):
    """List what was published, approved, closed, booked and decided, and check that no row was changed since it was written.

    Exit code 0: as it was written; 3: a row was changed or is missing, or the expected head is not there; 2: the file cannot be read.

    Example: [bold]finops audit --expect 4f1c2a9be03d[/bold]
    """
    from ..records import audit as auditing
    from ..records import states
    from ..records.rows import record, said
    from ..records.store import Records

    chosen = load_whole(settings)
    place = chosen.path(chosen.records)
    standing: dict[tuple[str, str], str] = {}
    with Records(place) as records:
        rows, rules = records.raw(), records.rules()
        with contextlib.suppress(
            RecordsError
        ):  # a row of it is no data any more; which one stands below
            standing = states.every(records)
    wrong = auditing.problems(rows, rules)
    found = None
    if expect is not None:
        found, missing = auditing.expected(rows, expect)
        wrong += missing
    lines = []
    for row in rows:
        try:
            text = said(record(row))
        except (ValueError, TypeError):
            text = "cannot be read"
        lines.append(
            dict(zip(auditing.SHOWN, row[:6], strict=True)) | {"said": text, "hash": row[8]}
        )
    head = rows[-1][8] if rows else ""
    if as_json:
        periods = [
            {"entity": entity, "period": period, "state": state}
            for (entity, period), state in standing.items()
        ]
        whole = {
            "file": str(place),
            "rows": lines,
            "periods": periods,
            "head": head,
            "problems": wrong,
        }
        out.print_json(json.dumps(whole, default=str))
    elif rows:
        table = Table("Row", "At", "By", "What", "Entity", "Period", "It says")
        table.columns[1].no_wrap, table.columns[1].min_width = True, 20  # when is never cut
        for line in lines:
            table.add_row(*(str(line[name]) for name in (*auditing.SHOWN, "said")))
        out.print(table)
        for (entity, period), state in standing.items():
            out.print(f"{f'{entity}, ' * bool(entity)}{period} is {state}.")
    if wrong:
        raise _broken(f"{place}: not as it was written.\n" + "\n".join(f"- {one}" for one in wrong))
    if not as_json:
        out.print(auditing.whole(str(place), len(rows), head, found))


def _broken(text: str) -> typer.Exit:
    err.print("Error  ", end="", style="bold red")
    err.print(text)
    return typer.Exit(BROKEN)
