"""Serve the published pages: dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._shared import SettingsOption, load_whole

PANEL = "Serve"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def dashboard(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8866,
    settings: SettingsOption = Path("finops.yaml"),
):
    """Serve the published reports and the what-if page to leadership (Voila, with a token, on this machine only).

    Example: [bold]finops dashboard --port 8866[/bold]
    """
    from ..publish import dashboard as page

    raise typer.Exit(page.serve(load_whole(settings), port))
