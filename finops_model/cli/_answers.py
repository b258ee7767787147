"""How a command shows an answer: sentence, table, what stands below; `--json`, `--export FILE`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ._shared import err, out

LEAST = 32  # letters of a name before it is folded

ExportOption = Annotated[
    Path | None,
    typer.Option(
        "--export",
        help="Write the answer to a file too: .csv (the table), .xlsx, .json, or .html with its picture.",
    ),
]


def show(answer, as_json: bool = False, export: Path | None = None) -> None:
    """Print an Answer (decide/questions/answer.py) on the terminal or as JSON, and write it where asked."""
    written = answer.export(export) if export is not None else None
    if as_json:
        out.print_json(json.dumps(answer.plain(), allow_nan=False))
        return
    out.print(answer.sentence)
    tabled(answer)
    for text in answer.said():
        out.print(text)
    if written is not None:
        err.print(f"{written}: written.")


def tabled(answer, title: str = "") -> None:
    """Print the table of an answer; where the terminal is too narrow for it, lines that it may wrap, no cell cut."""
    shown = answer.shown()
    if not len(shown):
        return
    table = Table(title=title or None)
    for name in shown:
        left = answer.forms.get(name, "text") == "text"
        longest = max([len(name), *map(len, shown[name])])
        table.add_column(
            name,
            justify="left" if left else "right",
            overflow="fold",  # a name that is cut is no name
            no_wrap=not left,  # nor is half a number one
            # said for numbers too: what `measure` takes for their least width is that of a word of the heading
            min_width=min(longest, LEAST) if left else longest,
        )
    for row in shown.itertuples(index=False, name=None):
        table.add_row(*row)
    least = out.measure(table, options=out.options.update(max_width=1_000)).minimum
    if least <= out.width:
        out.print(table)
        return
    if title:
        out.print(f"\n{title}")
    out.print(answer.lines())
