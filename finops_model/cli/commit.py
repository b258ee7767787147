"""How much to commit to: what to buy when, what other levels would do, and how the same rule would have done before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ..errors import FinOpsError
from ._answers import ExportOption, show, tabled
from ._shared import (
    AsOfOption,
    Bars,
    EntityOption,
    JsonOption,
    MonthOption,
    SettingsOption,
    amount,
    err,
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
    discount_rate: Annotated[
        float | None,
        typer.Option(help="A year, for NPV: 0.08 is 8 %; default: that of finops.yaml, else 0."),
    ] = None,
    steps: Annotated[
        int, typer.Option(min=1, max=24, help="Steps of the ladder, one a month.")
    ] = 4,
    as_of: AsOfOption = None,
    month: MonthOption = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """The best commitments for demand that may go either way: every offer at every level, and what the same rule would have saved so far.

    Examples: [bold]finops commit --offer hyperion-h100-1y --min-utilisation 0.85[/bold] · [bold]finops commit --discount-rate 0.08 --export commit.xlsx[/bold]
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
            discount_rate=discount_rate,
            steps=steps,
        )
        answer = recommendation.answer()
    report = since.published(chosen, day)
    if as_json:
        if export is not None:
            answer.export(export)
        out.print_json(
            json.dumps(
                {
                    **recommendation.as_dict(),
                    **answer.plain(),
                    "basis": "Effective",
                    "published": report and report.beside(),
                }
            )
        )
    else:
        show(answer)
        _show(recommendation, answer)
        out.print(since.sentence(report, "this answer", recommendation.as_of), markup=False)
        if export is not None:
            err.print(f"{answer.export(export)}: written.")
    if scenario:  # after the answer: where nothing is bought there is none to write
        write_atomic(scenario, recommendation.scenario(base))
        if not as_json:
            out.print(
                f"\n{scenario}: written. What it does to the forecast: finops compare {scenario}",
                markup=False,
            )


def _show(found, answer) -> None:
    """What stands below the answer: what is signed, levels of what is bought, the answers side by side, ladders, replays."""
    rec = found.recommendation
    _held(found, rec.currency)
    bought = [p.name for p in rec.purchases if p.quantity > 0] or [p.name for p in rec.purchases]
    for name in dict.fromkeys(bought):
        _levels(name, found, answer)
    how_many = answer.tables["How many"]
    if len(how_many) > 1:
        _print(
            "How many: who says what, over its own term",
            how_many.drop(columns=["unit", "why"]),
            answer,
        )
        for who, why in zip(how_many["who says"], how_many["why"], strict=True):
            out.print(f"{who}: {why}")
    if len(answer.tables["Ladders"]):
        _print("At once or in steps, over the first term", answer.tables["Ladders"], answer)
    for replay in found.replays:
        out.print(f"\n{replay.name}: {replay}", markup=False)
        out.print(
            f"  {replay.months[0]} … {replay.months[-1]} at today's prices, terms that fit into it.",
            markup=False,
        )
    out.print("All levels, and cash by month: --json, or --export commit.xlsx.")


def _print(title: str, frame, answer) -> None:
    """A further table of the answer."""
    tabled(replace(answer, table=frame), title)


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


def _levels(name: str, found, answer) -> None:
    """A few levels across the curve of an offer, the marked ones among them; its regret beside them."""
    every = answer.tables["Levels"]
    mine = every[every["offer"] == name].reset_index(drop=True)
    marked = [i for i, mark in enumerate(mine["mark"]) if mark]
    across = np.linspace(0, len(mine) - 1, SHOWN).round().astype(int).tolist()
    shown = mine.iloc[sorted({*marked, *across})].drop(columns=["offer", "used, P10", "P10", "P90"])
    unit = found.table.row(name).unit
    _print(f"{name}: what other levels would do in its term ({unit} an hour)", shown, answer)
