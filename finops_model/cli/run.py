"""What a scenario costs: run, compare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ..errors import InputError
from ._answers import ExportOption, show
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
app = typer.Typer()


PathsOption = Annotated[
    int | None, typer.Option(min=100, max=100_000, help="Futures to draw; default: the scenario's.")
]
EngineOption = Annotated[
    str | None, typer.Option(help="numpy, numba or auto; default: FINOPS_ENGINE, else numpy.")
]
ExecutorOption = Annotated[
    str,
    typer.Option(
        help="Where futures are drawn: serial, threads, processes, dask. The numbers are the same."
    ),
]
WorkersOption = Annotated[
    int, typer.Option(min=1, max=256, help="Threads, processes or dask workers.")
]
TargetOption = Annotated[
    str | None,
    typer.Option(
        help="Draw futures until the standard error of --of is this share of it, for example 0.5%."
    ),
]
OfOption = Annotated[
    str, typer.Option(help="The figure that must be known so well: mean, p50, p90, cvar95 …")
]
MostOption = Annotated[
    int, typer.Option(min=100, max=100_000, help="Futures at most with --target-error.")
]
BudgetOption = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="How likely is it exceeded, and when? Of the fiscal year under way, with what is booked; default: the approved one.",
    ),
]
PeriodOption = Annotated[
    str | None,
    typer.Option(
        "--budget-period",
        help="What --budget is for, if not the year under way: FY2027, FY2027-Q2, 2027-03.",
    ),
]


@app.command(rich_help_panel=PANEL)
def run(
    scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
    *,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    paths: PathsOption = None,
    target_error: TargetOption = None,
    of: OfOption = "p90",
    max_paths: MostOption = 100_000,
    budget: BudgetOption = None,
    budget_period: PeriodOption = None,
    as_of: AsOfOption = None,
    month: MonthOption = None,
    engine: EngineOption = None,
    executor: ExecutorOption = "threads",
    workers: WorkersOption = 2,
    export: Annotated[
        Path | None,
        typer.Option(help="Folder for the totals of every future (Parquet) and their manifest."),
    ] = None,
    as_json: JsonOption = False,
):
    """Simulate one scenario and show what it costs, with the standard errors.

    Example: [bold]finops run scenarios/20_smaller_model.yaml --target-error 0.5% --budget 9720000[/bold]
    """
    if export is not None and export.exists() and not export.is_dir():
        raise InputError(f"--export: {export} is a file. Name a folder.")
    how = {"engine": engine, "executor": executor, "workers": workers, "max_paths": max_paths}
    runs = _compare(
        [scenario],
        chosen=load(settings, entity),
        paths=paths,
        target_error=target_error,
        of=of,
        plan=(budget, budget_period),
        days=(as_of, month),
        how=how,
        as_json=as_json,
    )
    if export is not None:
        from ..simulate.export import export_totals

        export_totals(runs[-1], export)
        if not as_json:
            out.print(f"{export}: totals.parquet and manifest.json written.", markup=False)


@app.command(rich_help_panel=PANEL)
def compare(
    scenarios: Annotated[
        list[Path],
        typer.Argument(
            help="Scenario files, or an Excel book of what-ifs (finops scenario book); each is compared with the base of finops.yaml."
        ),
    ],
    *,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    paths: PathsOption = None,
    target_error: TargetOption = None,
    of: OfOption = "p90",
    max_paths: MostOption = 100_000,
    budget: BudgetOption = None,
    budget_period: PeriodOption = None,
    as_of: AsOfOption = None,
    month: MonthOption = None,
    engine: EngineOption = None,
    executor: ExecutorOption = "threads",
    workers: WorkersOption = 2,
    waterfall: Annotated[
        bool,
        typer.Option(
            "--waterfall",
            help="Each change alone, all together, and what they overlap by; of several files each file alone.",
        ),
    ] = False,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Compare scenarios with the base, path by path on the same random draws.

    Example: [bold]finops compare scenarios/10_demand_doubles.yaml scenarios/30_commit_gpu.yaml[/bold]
    Example: [bold]finops compare --waterfall scenarios/80_levers.yaml --export levers.html[/bold]
    """
    from ._books import compare_book

    books = [path for path in scenarios if path.suffix.casefold() in (".xlsx", ".xlsm")]
    if books:
        refused = {
            "--target-error": target_error,
            "--budget-period": budget_period,
            "--month": month,
            "--waterfall": waterfall or None,
        }
        compare_book(
            books,
            [path for path in scenarios if path not in books],
            load(settings, entity),
            {"as_of": as_of, "paths": paths, "budget": budget, "engine": engine},
            [option for option, value in refused.items() if value is not None],
            as_json,
            export,
        )
        return
    if waterfall:
        for name, given in (
            ("--target-error", target_error),
            ("--budget", budget),
            ("--budget-period", budget_period),
        ):
            if given is not None:
                raise InputError(
                    f"{name} does not go with --waterfall. Leave it out, or compare without --waterfall."
                )
        from ..front.waterfall import waterfall as fall

        with Bars() as bars:
            answer = fall(
                scenarios,
                load(settings, entity),
                as_of=as_of,
                month=month,
                paths=paths,
                engine=engine,
                executor=executor,
                workers=workers,
                progress=bars,
            )
        show(answer, as_json, export)
        return
    if export is not None:
        raise InputError("--export goes with --waterfall. Give both, or take --json.")
    _compare(
        scenarios,
        chosen=load(settings, entity),
        paths=paths,
        target_error=target_error,
        of=of,
        plan=(budget, budget_period),
        days=(as_of, month),
        how={"engine": engine, "executor": executor, "workers": workers, "max_paths": max_paths},
        as_json=as_json,
    )


def _compare(
    scenarios: list[Path],
    *,
    chosen,
    paths: int | None,
    target_error: str | None,
    of: str,
    plan: tuple,
    days: tuple,
    how: dict,
    as_json: bool,
) -> list:
    from ..front.forecasting import unfinished
    from ..measure.budget import against, outside_words
    from ..publish import close, since
    from ..publish.lineage import kept_runs
    from ..simulate import scenarios as simulate
    from ..simulate.kept_fits import Fits
    from . import _runs

    budget, period = plan
    if period is not None and budget is None:
        raise InputError("--budget-period says what --budget is for. Give both.")
    target = _runs.share_of(target_error)
    simulate.check_how(target, of, **how)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
        day = close.check_as_of(ledger, days[0], chosen.time_zone, days[1])
        approved, starts = against.approved(chosen, day), chosen.fiscal_year_starts
        weeks = chosen.calendar_of() if chosen.of_weeks else None
        daily = close.up_to(simulate.read_daily(chosen), day, any(days))
        first = [chosen.path(chosen.scenario)] if chosen.scenario else [None]
        others = [
            path
            for path in scenarios
            if first[0] is None or Path(path).resolve() != first[0].resolve()
        ]
        if budget is not None:
            months = simulate.months_of(first[0], day, starts)
            against.refuse_unreached(
                against.period_of(period, day, starts, calendar=weeks),
                months,
                day,
                f"{daily['ChargeDate'].min():%Y-%m-%d}",
            )
        report = since.published(chosen, day)
        how = {**how, "engine": how["engine"] or since.engine_of(report, days[1])}
        fits, asked = Fits(chosen.path(chosen.ledger)), [*first, *others]

        def made() -> list:
            return simulate.run_many(
                asked,
                chosen,
                as_of=day,
                daily=daily,
                paths=paths,
                progress=bars,
                target_error=target,
                of=of,
                fits=fits,
                dials=False,  # of a dashboard's sliders: nothing here reads them
                **how,
            )

        if target is None:
            question = {"as_of": day, "paths": paths, "engine": simulate.label(how["engine"])}
            runs = kept_runs(asked, chosen, daily, make=made, **question)
        else:  # how many paths that takes is found on the way
            runs = made()
    for note in fits.notes:
        err.print(note, markup=False)
    base, currency = runs[0], runs[0].currency
    year = against.this_year(chosen, day)
    lands: list[dict | None]
    if budget is not None:
        lands = [
            against.held_against(run, daily, budget, period, starts, calendar=weeks) for run in runs
        ]
    else:
        lands = [
            None if approved is None else against.landing_beside(run, daily, approved, year)
            for run in runs
        ]
    asked_for = year if period is None else against.period_of(period, day, starts, calendar=weeks)
    lands = [_runs.with_days(land, run, daily, asked_for) for run, land in zip(runs, lands)]
    rows = [_runs.row(run, base, of, land) for run, land in zip(runs, lands)]
    whole = against.landing_beside(base, daily, approved, year)
    if as_json:
        out.print_json(
            json.dumps(
                {
                    "months": list(base.months),
                    "currency": currency,
                    "basis": "Effective",
                    "paths": base.paths,
                    "seed": base.seed,
                    "as_of": base.as_of,
                    "engine": base.engine,
                    "published": report and report.beside(whole),
                    "scenarios": rows,
                    "excluded": base.excluded,
                    "unfinished": base.unfinished,
                }
            )
        )
        return runs
    table = Table(
        "Scenario",
        "P10",
        "P50",
        "P90",
        "Mean",
        "Mean change to base",
        "Cheaper",
        title=f"EffectiveCost {base.months[0]} … {base.months[-1]} · {base.paths:,} paths · seed {base.seed} · engine {base.engine} · data up to {base.as_of}",
    )
    for row in rows:
        changed = row is not rows[0]
        change = (
            f"{amount(row['difference_mean'], currency)} ± {amount(row['difference_standard_error'], currency)}"
            if changed
            else "–"
        )
        table.add_row(
            row["name"],
            *(
                f"{amount(row[k], currency)} ± {amount(row[f'{k}_standard_error'], currency)}"
                for k in _runs.TABLE
            ),
            change,
            _runs.cheaper(row) if changed else "–",
        )
    out.print(table)
    for text in (
        *unfinished.words(base.unfinished, currency),
        *_runs.sentences(rows, runs, of, target, currency),
        *_runs.of_routing(others, runs[1:]),
        *filter(None, [outside_words.of_run(base.excluded, currency)]),
        since.sentence(report, "the base of this run", base.as_of, whole),
    ):
        out.print(text, markup=False)
    return runs
