"""Further files into a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._dialogue import asking, choosing, confirming
from ._shared import (
    AcceptDecreaseOption,
    AppendOption,
    Bars,
    ReplaceOption,
    SettingsOption,
    YesOption,
    load_whole,
    out,
)
from .bills import BasisOption, FormatOption, basis_of

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def add(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Bills of any vendor and month, drivers, outcomes, budgets, invoices, an organisation, commitments, usage logs, seats, values, actions and the other tables of the cycle: CSV, Excel, JSON, Parquet."
        ),
    ],
    *,
    settings: SettingsOption = Path("finops.yaml"),
    kind: Annotated[
        str | None,
        typer.Option(
            "--as",
            help="What every file is, where its columns do not tell: bill, budget, driver, outcome, invoices, organisation, commitments, usage, seats, quality, customers, customer_usage, values, actions, notes, reviews, experiments.",
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help="A mapping.yaml to read the one table by, instead of guessing."),
    ] = None,
    format: FormatOption = None,
    basis: BasisOption = None,
    currency: Annotated[
        str | None,
        typer.Option(help="Currency of amounts where a table does not say, for example EUR."),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(help="Of usage logs whose times say none, for example Europe/Berlin."),
    ] = None,
    yes: YesOption = False,
    append: AppendOption = False,
    replace: ReplaceOption = False,
    accept_decrease: AcceptDecreaseOption = False,
):
    """Take next month's bills, further vendors, drivers, budgets, invoices, outcomes, an organisation or commitments in: all files, or none.

    Each file is recognised by its columns; a line says what it is and what happened. No file and no line of finops.yaml is removed; of a
    month that comes again the ledger keeps the version before.

    Examples: [bold]finops add aws-2026-11.csv openai-2026-11.csv budget.xlsx invoices.csv -s workspaces/acme[/bold] ·
    [bold]finops add teams.csv --as organisation[/bold]
    """
    from ..publish.adding.add import add as adding

    chosen, is_right, pick = load_whole(settings), confirming(yes), choosing(yes)
    with Bars() as bars:

        def confirm(reading):
            bars.bars.stop()
            out.print(f"{reading.file}:")
            return is_right(reading)

        def choose(asked):
            bars.bars.stop()
            return pick(asked) if pick else None

        said = adding(
            files,
            chosen,
            kind=kind,
            mapping=mapping,
            format=format,
            currency=currency,
            time_zone=time_zone,
            basis=basis_of(basis),
            confirm=confirm,
            choose=choose if pick else None,
            append=append,
            replace=replace,
            accept_decrease=accept_decrease,
            ask=asking(bars),
            progress=bars,
        )
    for line in said:
        out.print(line)
