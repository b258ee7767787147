"""Usage: tokens and GPU hours by model, project or job, and what they cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ._shared import Bars, JsonOption, SettingsOption, amount, load, out

PANEL = "Bills and reports"
app = typer.Typer()
MOST = 30  # lines on the terminal; --json has all


@app.command(rich_help_panel=PANEL)
def usage(
    by: Annotated[
        str,
        typer.Option(
            help="model, provider, project, key, job, request, resource, tier, or tag:NAME."
        ),
    ] = "model",
    month: Annotated[str | None, typer.Option(help="Only this month, YYYY-MM.")] = None,
    settings: SettingsOption = Path("finops.yaml"),
    as_json: JsonOption = False,
):
    """Tokens, requests and GPU hours that usage logs counted, and the bill's money laid on them.

    Files of `usage:` in finops.yaml are taken in first; others by finops ingest FILE.

    Example: [bold]finops usage --by project --month 2026-10[/bold]
    """
    from ..measure.usage import shown

    chosen = load(settings)
    with Bars() as bars:
        told = shown.of_workspace(chosen, by, month, bars)
    if as_json:
        return out.print_json(json.dumps({**told, "basis": "Effective"}))
    if not told["rows"]:
        return out.print(
            "No usage is there yet. Take a log in: finops ingest FILE (docs/ingest/usage.md)."
        )
    table = Table(by.capitalize(), "EffectiveCost", "Laid on by", *told["sums"])
    for row in told["rows"][:MOST]:
        cost = "–" if row["cost"] is None else amount(row["cost"], told["currency"])
        counts = (f"{sum(row[meter] for meter in of):,.6g}" for of in told["sums"].values())
        table.add_row(row["name"], cost, row["basis"] or "–", *counts)
    out.print(table)
    if len(told["rows"]) > MOST:
        out.print(f"… and {len(told['rows']) - MOST:,} more (--json has all).")
    for line in told["utilisation"]:
        out.print(shown.machine_line(line))
    for line in told["factors"]:
        out.print(
            f"{line['month']}: {line['source']} estimated {amount(line['estimated'], told['currency'])}, EffectiveCost "
            f"{amount(line['effective'], told['currency'])}: factor {line['factor']:.4f}"
        )
    if told["unbilled"]["days"]:
        out.print(shown.unbilled_line(told))
    for note in told["notes"]:
        out.print(note)
