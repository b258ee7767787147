"""Scenario files: make a base, check a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import FinOpsError
from ._shared import EntityOption, SettingsOption, load, out

PANEL = "Forecasts and what-ifs"
app = typer.Typer()
files = typer.Typer(no_args_is_help=True, help="Scenario files: make a base, check a file.")
app.add_typer(files, name="scenario", rich_help_panel=PANEL)


@files.command("init")
def scenario_init(
    file: Annotated[Path, typer.Argument(help="File to write.")] = Path("scenarios/00_base.yaml"),
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
):
    """Derive a base scenario from the ledger; refuses to overwrite a file.

    Example: [bold]finops scenario init scenarios/00_base.yaml[/bold]
    """
    from ..documents import write_atomic
    from ..facts.daily import warehouse
    from ..publish import close
    from ..scenario import ledger_base as base

    if file.exists():
        raise FinOpsError(f"{file}: exists already. Name another file, or take it away first.")
    chosen = load(settings, entity)
    write_atomic(file, base.init_base(warehouse.daily(close.books(chosen), chosen), chosen))
    out.print(f"{file}: written. Every workload of the ledger is in it.")


@files.command("check")
def scenario_check(files: Annotated[list[Path], typer.Argument(help="Scenario files.")]):
    """Check scenario files without running them.

    Example: [bold]finops scenario check scenarios/*.yaml[/bold]
    """
    from ..scenario import document as scenario

    for file in files:
        out.print(f"{file}: {scenario.load_scenario(file).name}: fine.")
