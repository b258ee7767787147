"""What a scenario costs: run, compare, explain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.table import Table

from ._shared import Bars, JsonOption, SettingsOption, amount, load, out

PANEL = "Forecasts and what-ifs"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def run(scenario: Annotated[Path, typer.Argument(help="A scenario file.")], settings: SettingsOption = Path("finops.yaml"),
        paths: Annotated[Optional[int], typer.Option(min=100, max=100_000)] = None, as_json: JsonOption = False):
    """Simulate one scenario and show what it costs.

    Example: [bold]finops run scenarios/20_smaller_model.yaml[/bold]
    """
    _compare([scenario], settings, paths, as_json)


@app.command(rich_help_panel=PANEL)
def compare(scenarios: Annotated[list[Path], typer.Argument(help="Scenario files; each is set beside the base of finops.yaml.")],
            settings: SettingsOption = Path("finops.yaml"),
            paths: Annotated[Optional[int], typer.Option(min=100, max=100_000)] = None, as_json: JsonOption = False):
    """Set scenarios beside the base, path by path on the same random draws.

    Example: [bold]finops compare scenarios/10_demand_doubles.yaml scenarios/30_commit_gpu.yaml[/bold]
    """
    _compare(scenarios, settings, paths, as_json)


def _compare(scenarios: list[Path], settings: Path, paths: int | None, as_json: bool) -> None:
    from ..outlook import simulate
    from ..publish import close

    chosen = load(settings)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
        _, as_of = close.pick_month(ledger, None, newest=True)
        first = [chosen.path(chosen.scenario)] if chosen.scenario else [None]
        others = [path for path in scenarios if first[0] is None or Path(path).resolve() != first[0].resolve()]
        runs = simulate.run_many([*first, *others], chosen, as_of=as_of, paths=paths, progress=bars)
    rows = []
    for found in runs:
        low, mid, high = (found.quantile(q) for q in (0.1, 0.5, 0.9))
        rows.append({"name": found.name, "p10": low, "p50": mid, "p90": high,
                     "difference_mean": float((found.total() - runs[0].total()).mean())})
    if as_json:
        return out.print_json(json.dumps({"months": list(runs[0].months), "currency": runs[0].currency, "paths": runs[0].paths,
                                          "seed": runs[0].seed, "as_of": runs[0].as_of, "scenarios": rows}))
    table = Table("Scenario", "P10", "P50", "P90", "Mean change to base",
                  title=f"EffectiveCost {runs[0].months[0]} … {runs[0].months[-1]} · {runs[0].paths:,} paths · seed {runs[0].seed} · data up to {runs[0].as_of}")
    for row in rows:
        change = "–" if row is rows[0] else amount(row["difference_mean"], runs[0].currency)
        table.add_row(row["name"], *(amount(row[k], runs[0].currency) for k in ("p10", "p50", "p90")), change)
    out.print(table)


@app.command(rich_help_panel=PANEL)
def explain(scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
            path: Annotated[str, typer.Argument(help="Slash path of a value, for example workloads/support-chat/demand/level.")],
            settings: SettingsOption = Path("finops.yaml")):
    """Where a value comes from: base, changes in their order, and the reason given for each.

    Example: [bold]finops explain scenarios/20_smaller_model.yaml workloads/support-chat/routing/aurora-small-1[/bold]
    """
    from ..outlook.explain import explain as explaining

    out.print(str(explaining(scenario, path, load(settings))), markup=False)
