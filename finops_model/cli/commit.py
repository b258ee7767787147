"""How much to commit to: what to buy when, what other levels would do, and how the same rule would have done before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table

from ..errors import FinOpsError
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

PANEL = "Forecasts and what-ifs"
SHOWN = 9  # levels in the printed table; --json has all
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def commit(
    *,
    offer: Annotated[
        list[str] | None,
        typer.Option(help="Name of an offer (again for more); default: all in the folder."),
    ] = None,
    objective: Annotated[
        str,
        typer.Option(help="mean, cvar (fears a dear year), regret, or waste (fears idle hours)."),
    ] = "mean",
    beta: Annotated[
        float, typer.Option(help="For all but mean: 0.9 looks at the worst tenth of futures.")
    ] = 0.9,
    budget: Annotated[
        float | None,
        typer.Option(help="The most that may be signed for, fees of whole terms together."),
    ] = None,
    min_utilisation: Annotated[
        float | None, typer.Option(help="Share of the committed hours that must be used, 0 to 1.")
    ] = None,
    max_share: Annotated[
        float | None, typer.Option(help="Committed level ÷ mean demand, at most.")
    ] = None,
    break_even_months: Annotated[
        float | None, typer.Option(help="Months of use after which the fee must be saved.")
    ] = None,
    paths: Annotated[int, typer.Option(min=50, max=4_000, help="Simulated futures.")] = 500,
    start: Annotated[
        str | None,
        typer.Option(
            help="First day, YYYY-MM-DD; default: when what is signed ends, if near, else next month."
        ),
    ] = None,
    replay_months: Annotated[
        int, typer.Option(min=1, max=36, help="Months of history to replay the rule on.")
    ] = 12,
    no_replay: Annotated[bool, typer.Option("--no-replay", help="Leave the replay out.")] = False,
    offers: Annotated[Path, typer.Option(help="Folder of offers; relative to finops.yaml.")] = Path(
        "data/commitments"
    ),
    scenario: Annotated[
        Path | None,
        typer.Option(
            help="Write what is recommended as a scenario, into the folder of the base; for finops run."
        ),
    ] = None,
    as_of: AsOfOption = None,
    month: MonthOption = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """The best commitments for demand that may go either way, and what the same rule would have saved on the bill so far.

    Example: [bold]finops commit --offer hyperion-h100-1y --min-utilisation 0.85[/bold]
    """
    from ..decide.commitments.workspace import recommend
    from ..documents import write_atomic
    from ..facts.workspace import read_daily
    from ..publish import close, since

    chosen = load(settings, entity)
    base = _base_beside(scenario, chosen) if scenario else None
    with Bars() as bars:
        day = close.check_as_of(close.books(chosen, bars), as_of, chosen.time_zone, month)
        daily = close.up_to(read_daily(chosen), day, bool(as_of or month))
        recommendation = recommend(
            chosen,
            offers,
            offer,
            as_of=day,
            daily=daily,
            paths=paths,
            start=start,
            replay_months=0 if no_replay else replay_months,
            progress=bars,
            objective=objective,
            beta=beta,
            budget=budget,
            min_utilisation=min_utilisation,
            max_share=max_share,
            break_even_months=break_even_months,
        )
    report = since.published(chosen, day)
    if as_json:
        out.print_json(
            json.dumps(
                {
                    **recommendation.as_dict(),
                    "basis": "Effective",
                    "published": report and report.beside(),
                }
            )
        )
    else:
        _show(recommendation)
        out.print(since.sentence(report, "this answer", recommendation.as_of), markup=False)
    if scenario:  # after the answer: where nothing is bought there is none to write
        write_atomic(scenario, recommendation.scenario(base))
        if not as_json:
            out.print(
                f"\n{scenario}: written. What it does to the forecast: finops compare {scenario}",
                markup=False,
            )


def _show(answer) -> None:
    currency = answer.recommendation.currency
    out.print(str(answer.recommendation), markup=False)
    _held(answer, currency)
    for curve in answer.curves:
        _levels(curve, currency)
    for replay in answer.replays:
        out.print(f"\n{replay}", markup=False)
        out.print(
            f"  {replay.months[0]} … {replay.months[-1]} at today's prices, terms that fit into it.",
            markup=False,
        )


def _base_beside(file: Path, chosen) -> str | None:
    """Name of the base for a scenario file: the base must lie in its folder or below. Raises FinOpsError before anything long runs."""
    if file.exists():
        raise FinOpsError(f"{file}: exists already. Name another file, or take it away first.")
    if not chosen.scenario:
        return None
    base = chosen.path(chosen.scenario).resolve()
    if not base.is_relative_to(file.resolve().parent):
        raise FinOpsError(
            f"{file}: a scenario lies in the folder of its base {chosen.scenario}. Write it to {Path(chosen.scenario).parent / file.name}."
        )
    return base.relative_to(file.resolve().parent).as_posix()


def _held(answer, currency: str) -> None:
    out.print(f"\nData up to {answer.as_of}; offers from {answer.start} on.", markup=False)
    if not answer.held:
        return out.print("Nothing is signed yet.")
    for item in answer.held:
        then = f"{item['successor']} follows" if item["successor"] else "nothing follows"
        out.print(
            f"Signed: {item['id']}, {item['quantity']:,.6g} {item['unit']} an hour, ends {item['end']} (in {item['days']:,} days); {then}.",
            markup=False,
        )
    for cliff in (row for row in answer.cliffs if row["ends"]):
        out.print(
            f"Cliff in {cliff['month']}: {cliff['dropped']:,.6g} {cliff['unit']} an hour drop off; the same use on demand costs "
            f"{amount(cliff['extra_per_month'], currency)} a month more.",
            markup=False,
        )


def _levels(curve, currency: str) -> None:
    """A few levels across the curve, the recommended one among them."""
    chosen = int(np.argmin(np.abs(curve.levels - curve.chosen)))
    shown = sorted(
        {chosen, *np.linspace(0, len(curve.levels) - 1, SHOWN).round().astype(int).tolist()}
    )
    table = Table(
        "Level",
        "Mean saving",
        "Mean regret",
        "P90 regret",
        title=f"{curve.offer}: what other levels would do ({curve.unit} an hour)",
    )
    for i in shown:
        mark = "  ◀ recommended" if i == chosen else ""
        table.add_row(
            f"{curve.levels[i]:,.1f}{mark}",
            *(
                amount(float(v), currency)
                for v in (curve.saving[i], curve.regret[i], curve.regret_p90[i])
            ),
        )
    out.print(table)
