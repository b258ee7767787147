"""What may happen: forecast, backtest, run, compare, explain."""

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
def forecast(unit: Annotated[Optional[str], typer.Option(help="Business unit; default: the company.")] = None,
             months: Annotated[int, typer.Option(min=1, max=36, help="Months ahead.")] = 3,
             settings: SettingsOption = Path("finops.yaml"), as_json: JsonOption = False):
    """What the coming months will cost if nothing changes: range per month, from joint paths.

    Example: [bold]finops forecast --unit "Customer Support" --months 6[/bold]
    """
    from ..facts import warehouse
    from ..measure.actuals import COMPANY
    from ..outlook import simulate
    from ..publish import close

    chosen = load(settings)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
        as_of = str(ledger.last_day())
        daily = warehouse.daily(ledger, chosen)
        name = close.pick_units(daily, [unit] if unit else [COMPANY])[0]
        run = simulate.run(chosen.path(chosen.scenario) if chosen.scenario else None, chosen, as_of=as_of, months=months + 1,
                           daily=daily, progress=bars)
    rows = [{"month": m, **{f"p{int(q * 100)}": run.quantile(q, unit=None if name == COMPANY else name, months=[m])
                            for q in (0.1, 0.5, 0.9)}} for m in run.months]
    if as_json:
        return out.print_json(json.dumps({"unit": name, "as_of": as_of, "currency": run.currency, "months": rows}))
    table = Table("Month", "P10", "P50", "P90", title=f"{name} · EffectiveCost, {run.paths:,} paths, data up to {as_of}")
    for row in rows:
        table.add_row(row["month"], *(amount(row[k], run.currency) for k in ("p10", "p50", "p90")))
    out.print(table)


@app.command(rich_help_panel=PANEL)
def backtest(unit: Annotated[Optional[str], typer.Option(help="Business unit; default: the company.")] = None,
             settings: SettingsOption = Path("finops.yaml"), as_json: JsonOption = False):
    """How forecasts made earlier would have done, beside repeating last week.

    Example: [bold]finops backtest --unit "Risk & Compliance"[/bold]
    """
    from ..measure.actuals import COMPANY
    from ..publish import close

    with Bars() as bars:
        state = close.prepare(load(settings), newest=True, progress=bars)
    name = close.pick_units(state.daily, [unit] if unit else [COMPANY])[0]
    found = close.briefs_of(state, [name])[0]["accuracy"]
    if as_json:
        return out.print_json(json.dumps(found))
    table = Table("Lead (months)", "Forecasts", "Error", "Repeating last week", "Skill", "Inside 80 % range", title=name)
    for row in found["rows"]:
        table.add_row(str(row["lead"]), str(row["n"]), f"{row['error_pct']:.1%}", f"{row['naive_error_pct']:.1%}",
                      "–" if row["skill"] is None else f"{row['skill']:.0%}", f"{row['coverage80']:.0%}")
    out.print(table, found["sentence"])


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
