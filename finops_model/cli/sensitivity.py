"""What drives the range: sensitivity."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ..errors import InputError
from ._shared import (
    AsOfOption,
    Bars,
    EntityOption,
    JsonOption,
    MonthOption,
    SettingsOption,
    amount,
    load,
    out,
)
from .run import PeriodOption

PANEL = "Forecasts and what-ifs"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def sensitivity(
    scenario: Annotated[Path, typer.Argument(help="A scenario file with uncertain values.")],
    *,
    budget: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Which assumptions lead above it? Of the fiscal year under way, with what is booked; default: the approved one.",
        ),
    ] = None,
    budget_period: PeriodOption = None,
    as_of: AsOfOption = None,
    month: MonthOption = None,
    unit: Annotated[str | None, typer.Option(help="Business unit; default: the company.")] = None,
    months: Annotated[
        int | None, typer.Option(min=1, max=60, help="Months to simulate; default: the scenario's.")
    ] = None,
    paths: Annotated[int, typer.Option(min=256, max=100_000)] = 1024,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """Which uncertain values drive the total: tornado, shares of the variance, what leads to an overrun.

    Example: [bold]finops sensitivity scenarios/40_prices_jump.yaml --budget 9720000[/bold]
    """
    from ..decide.sensitivity import sensitivity as study
    from ..facts.workspace import read_daily
    from ..measure.budget import against
    from ..names import COMPANY
    from ..publish import close, since
    from ..simulate.scenarios import months_of
    from ..wording.landing import budget_sentence, spender

    if budget_period is not None and budget is None:
        raise InputError("--budget-period says what --budget is for. Give both.")
    chosen = load(settings, entity)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
        day = close.check_as_of(ledger, as_of, chosen.time_zone, month)
        daily, year = (
            close.up_to(read_daily(chosen), day, bool(as_of or month)),
            against.this_year(chosen, day),
        )
        if budget is None and not against.unreached(
            year.months, months_of(scenario, day, chosen.fiscal_year_starts, months), day
        ):
            budget = against.approved(chosen, day, unit)
        report = since.published(chosen, day, unit or COMPANY)
        result = study(
            scenario,
            chosen,
            as_of=day,
            paths=paths,
            unit=unit,
            horizon=months,
            budget=budget,
            budget_period=budget_period or "year",
            daily=daily,
            engine=since.engine_of(report, month),
            progress=bars,
        )
    if as_json:
        return out.print_json(
            json.dumps(
                {
                    **asdict(result),
                    "basis": "Effective",
                    "published": report and report.beside(result.year),
                }
            )
        )
    table = Table(
        "Value",
        "P10 … P90",
        "Total at P10",
        "at P90",
        "Swing",
        "Of the variance",
        title=f"{result.name} · EffectiveCost {result.months[0]} … {result.months[-1]} · {result.paths:,} paths · seed {result.seed}",
    )
    shares = {name: index for index in result.sobol for name in index.names}
    for swing in result.swings:
        index = shares.get(swing.name)
        share = "–" if index is None else f"{index.first:.0%} ({index.total:.0%})"
        table.add_row(
            swing.name,
            " … ".join(swing.ends),
            amount(swing.at_low["p50"], result.currency),
            amount(swing.at_high["p50"], result.currency),
            amount(swing.swing(), result.currency),
            share,
        )
    for index in result.sobol:
        if index.names == ("demand noise",):
            table.add_row(
                "demand noise: all else that is drawn",
                "",
                "",
                "",
                "",
                f"{index.first:.0%} ({index.total:.0%})",
            )
    table.columns[0].min_width = 24
    out.print(table)
    out.print(
        "Total: P50 with the value at its P10 or P90, all other draws alike. Of the variance: alone (with interactions).",
        markup=False,
    )
    if result.landing:
        out.print(budget_sentence(result.landing, result.currency, spender(unit)), markup=False)
    if result.breaches:
        out.print(result.breaches.reasons(), markup=False)
    for note in result.notes:
        out.print(note, markup=False)
    out.print(since.sentence(report, "this scenario", result.as_of, result.year), markup=False)
