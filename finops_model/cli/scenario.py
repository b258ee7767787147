"""Scenario files: make a base, write a what-if, list, tell, compare, look through and check files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import FinOpsError
from ._answers import ExportOption, show
from ._shared import EntityOption, JsonOption, SettingsOption, load, out

PANEL = "Forecasts and what-ifs"
app = typer.Typer()
files = typer.Typer(no_args_is_help=True, help="Scenario files: write, list, tell, compare, check.")
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


ChangesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help='A value becomes another: PATH=VALUE, perhaps "PATH=VALUE from 2027-01". 60% is a share, {p10: 1, p50: 2, p90: 4} a range. Several times.',
    ),
]


@files.command("new")
def scenario_new(
    name: Annotated[str, typer.Argument(help="Its name, or its file NAME.yaml.")],
    *,
    set_: ChangesOption = None,
    scale: Annotated[
        list[str] | None,
        typer.Option(
            "--scale", help="A value is multiplied: PATH=1.2 or PATH=+20%. Several times."
        ),
    ] = None,
    launch: Annotated[
        list[str] | None,
        typer.Option(
            "--add-launch",
            help="A workload that is not in the bill yet: NAME=COST a month, a range, or {cost_per_month: …, ramp_months: 6}. Several times.",
        ),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(
            "--add", help="A risk, commitment or purchase: PATH={its terms}. Several times."
        ),
    ] = None,
    since: Annotated[
        str, typer.Option(help="From when, YYYY-MM or YYYY-MM-DD, where a change does not say it.")
    ] = "",
    because: Annotated[str, typer.Option(help="Why; stands with every change.")] = "",
    question: Annotated[str, typer.Option(help="What it answers.")] = "",
    decide_by: Annotated[
        str, typer.Option(help="Last day on which deciding it is of use, YYYY-MM-DD.")
    ] = "",
    owner: Annotated[str, typer.Option(help="Who decides it.")] = "",
    replace: Annotated[
        bool, typer.Option(help="Take the place of a file that is there already.")
    ] = False,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """Write a scenario file of several changes; it is checked against the bill first.

    Example: [bold]finops scenario new "Growth and a smaller model" --scale "drivers/*/level=+20% from 2027-01" --set "workloads/support-chat/routing/aurora-small-1=60% from 2026-12" --because "Plan of the board"[/bold]
    """
    from ..front import scenario_answers
    from ..scenario.files import writing

    if not because.strip():
        raise FinOpsError(
            '--because: say why, in one sentence; a number without a reason cannot be judged later. For example --because "Plan of the board".'
        )
    changes = [
        *(writing.change_of("set", text, since, because, owner) for text in set_ or ()),
        *(writing.change_of("scale", text, since, because, owner) for text in scale or ()),
        *(writing.change_of("add", text, since, because, owner) for text in add or ()),
        *(writing.launch_of(text, since, because, owner) for text in launch or ()),
    ]
    if not changes:
        raise FinOpsError(
            "a scenario needs a change: --set, --scale, --add-launch or --add. What can be changed: finops explain FILE 'workloads/*/demand/level'."
        )
    chosen = load(settings, entity)
    file = writing.file_of(name, chosen)
    title = file.stem.replace("-", " ").replace("_", " ") if file == Path(name) else name
    document = writing.document_of(
        title,
        changes,
        writing.base_for(file, chosen),
        question=question,
        owner=owner,
        decide_by=decide_by,
    )
    facts = scenario_answers.facts_of(chosen)
    writing.write_new(file, document, facts=facts, settings=chosen, replace=replace)
    show(scenario_answers.told(file, chosen, facts), as_json)
    if not as_json:
        out.print(f"{file}: written. What it costs: finops compare {file}")


@files.command("list")
def scenario_list(
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """All scenario files of the workspace: question, owner, last day to decide, changes, whether each fits the bill.

    Example: [bold]finops scenario list[/bold]
    """
    from ..front import scenario_answers

    show(scenario_answers.listed(load(settings, entity)), as_json, export)


@files.command("show")
def scenario_show(
    file: Annotated[Path, typer.Argument(help="A scenario file.")],
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """A scenario in words: each change, what stands there today and after it, from when, why.

    Example: [bold]finops scenario show scenarios/20_smaller_model.yaml[/bold]
    """
    from ..front import scenario_answers

    show(scenario_answers.told(file, load(settings, entity)), as_json, export)


@files.command("diff")
def scenario_diff(
    one: Annotated[Path, typer.Argument(help="A scenario file.")],
    other: Annotated[Path, typer.Argument(help="Another one.")],
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """What two scenarios do not share, value by value; what it costs: finops compare.

    Example: [bold]finops scenario diff scenarios/10_demand_doubles.yaml scenarios/20_smaller_model.yaml[/bold]
    """
    from ..front import scenario_answers

    show(scenario_answers.differing(one, other, load(settings, entity)), as_json, export)


@files.command("lint")
def scenario_lint(
    files: Annotated[list[Path], typer.Argument(help="Scenario files.")],
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Look through scenario files for what is probably not meant: 60 for 60 %, dates that have passed, changes that move nothing.

    Example: [bold]finops scenario lint scenarios/*.yaml[/bold]
    """
    from ..front import scenario_answers

    answer = scenario_answers.linted(files, load(settings, entity))
    show(answer, as_json, export)
    if answer.figures["wrong"]:
        raise typer.Exit(1)


@files.command("book")
def scenario_book(
    file: Annotated[Path, typer.Argument(help="The Excel book to write.")] = Path("what-ifs.xlsx"),
    scenarios: Annotated[
        list[Path] | None,
        typer.Argument(help="Scenario files whose changes stand in its cells already."),
    ] = None,
    blank: Annotated[int, typer.Option(min=0, max=40, help="Sheets without a change.")] = 3,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
):
    """Write an Excel book of what-ifs with yellow cells; `finops compare BOOK.xlsx` runs them and writes the results beside it.

    Example: [bold]finops scenario book what-ifs.xlsx scenarios/20_smaller_model.yaml[/bold]
    """
    from ..front.book.writing import write_book

    write_book(file, load(settings, entity), scenarios or (), blank)
    out.print(f"{file}: written. Fill in yellow cells, save, then: finops compare {file}")
