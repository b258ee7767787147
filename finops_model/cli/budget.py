"""Budgets: the draft of a year, and a budget's life from proposal to close."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from ._answers import ExportOption, show
from ._shared import (
    AsOfOption,
    Bars,
    EntityOption,
    JsonOption,
    MonthOption,
    SettingsOption,
    attended,
    load,
)

PANEL = "Bills and reports"
app = typer.Typer()
NoteOption = Annotated[str, typer.Option("--note", help="Why, for whoever approves it.")]
AmountOption = Annotated[str, typer.Option("--amount", help="How much together, in whole cents.")]
MonthsOption = Annotated[
    str,
    typer.Option("--months", help="Of which months: 2027-03, 2027-03..2027-06, FY2027-Q1, FY2027."),
]
NumberArgument = Annotated[
    int, typer.Argument(help="Number of the proposal (finops budget list).", min=1)
]
group = typer.Typer(
    no_args_is_help=True, help="Budgets drafted, proposed, approved, moved, closed."
)
app.add_typer(group, name="budget", rich_help_panel=PANEL)


@group.command()
def draft(
    *,
    year: Annotated[
        str | None,
        typer.Option(
            help="FY2027, a quarter FY2027-Q1, a month 2027-03; default: the fiscal year after the one under way."
        ),
    ] = None,
    level: Annotated[
        float,
        typer.Option(
            help="Percent, 50 to 99: with the reserve, all of it holds in 8 of 10 futures at 80."
        ),
    ] = 80,
    by: Annotated[
        str | None,
        typer.Option(
            help="Lines of a dimension instead of units: environment keeps R&D and production apart."
        ),
    ] = None,
    held_by: Annotated[
        str | None,
        typer.Option(
            help="Who may release the reserve; default: the one who reviews (finops.yaml)."
        ),
    ] = None,
    version: Annotated[
        str | None, typer.Option("--name", help='Name of the draft; default: "FY2027 draft".')
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Write the lines as a budget file (.csv), as budgets: reads."),
    ] = None,
    as_of: AsOfOption = None,
    month: MonthOption = None,
    paths: Annotated[
        int | None, typer.Option(max=100_000, help="Futures, 500 or more; default: the base's.")
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Draft a budget from the base scenario: lines by unit and month are means, and one company reserve buys the certainty.

    Example: [bold]finops budget draft --year FY2027 --write budgets_fy2027.csv[/bold]
    """
    from ..front.budgets.draft import draft_budget

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = draft_budget(
            chosen,
            year,
            level,
            by=by,
            held_by=held_by,
            version=version,
            write=write,
            as_of=as_of,
            month=month,
            paths=paths,
            progress=bars,
        )
    show(answer, as_json, export)


@group.command()
def propose(
    file: Annotated[Path, typer.Argument(help="A budget file whose lines nobody has approved.")],
    *,
    version: Annotated[
        str | None, typer.Option("--name", help="Which draft of the file, where it has several.")
    ] = None,
    new: Annotated[
        list[str] | None, typer.Option("--new", help="A unit that no bill and no budget knows yet.")
    ] = None,
    note: NoteOption = "",
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Propose the draft of a file; it counts nowhere until a second person approves it.

    Example: [bold]finops budget propose budgets_fy2027.csv --note "as agreed on 2 December"[/bold]
    """
    from ..front.budgets import steps

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = steps.propose(chosen, file, version, new=new or (), note=note, progress=bars)
    show(answer, as_json, export)


@group.command()
def approve(
    number: NumberArgument,
    *,
    note: Annotated[str, typer.Option("--note", help="What the approver says.")] = "",
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Approve somebody else's proposal: its lines are written into budgets/, which finops.yaml reads from then on.

    Example: [bold]finops budget approve 12[/bold]
    """
    from ..front.budgets import decided

    answer = decided.approve(load(settings, entity), number, note=note, attended=attended())
    show(answer, as_json, export)


@group.command()
def reject(
    number: NumberArgument,
    *,
    because: Annotated[str, typer.Option("--because", help="The reason.")],
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """Reject a proposal, or take back your own.

    Example: [bold]finops budget reject 12 --because "the launch was moved"[/bold]
    """
    from ..front.budgets import decided

    show(decided.reject(load(settings, entity), number, because), as_json)


@group.command()
def transfer(
    *,
    source: Annotated[
        str, typer.Option("--from", help="A unit with a budget, or environment=rnd of a dimension.")
    ],
    target: Annotated[
        str, typer.Option("--to", help="Another; Company: back into the company's reserve.")
    ],
    amount: AmountOption,
    months: MonthsOption,
    note: NoteOption = "",
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Propose that money goes from one budget to another; what the company has stays the same.

    Example: [bold]finops budget transfer --from "Research Platform" --to "Customer Support" --amount 5000 --months 2027-03..2027-06[/bold]
    """
    from ..front.budgets import steps

    chosen = load(settings, entity)
    answer = steps.transfer(chosen, source, target, _amount(amount), months, note=note)
    show(answer, as_json, export)


@group.command()
def release(
    *,
    amount: AmountOption,
    months: MonthsOption,
    source: Annotated[
        str, typer.Option("--from", help="Whose holdback: a unit's; default: the company's.")
    ] = "Company",
    target: Annotated[
        str | None,
        typer.Option("--to", help="The unit that gets it; default: for whose holdback it is."),
    ] = None,
    note: NoteOption = "",
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Propose that a part of what is held back is released.

    Example: [bold]finops budget release --to "Customer Support" --amount 20000 --months FY2027-Q2[/bold]
    """
    from ..front.budgets import steps

    chosen = load(settings, entity)
    answer = steps.release(chosen, _amount(amount), months, source=source, target=target, note=note)
    show(answer, as_json, export)


@group.command()
def reforecast(
    *,
    from_month: Annotated[
        str, typer.Option("--from", help="First month with new lines; those before keep theirs.")
    ],
    year: Annotated[
        str | None, typer.Option(help="FY2026; default: the fiscal year under way.")
    ] = None,
    level: Annotated[float, typer.Option(help="Percent, 50 to 99, as of a draft.")] = 80,
    held_by: Annotated[
        str | None, typer.Option(help="Who may release the reserve; default: as of a draft.")
    ] = None,
    paths: Annotated[
        int | None, typer.Option(max=100_000, help="Futures, 500 or more; default: the base's.")
    ] = None,
    note: NoteOption = "",
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Propose new lines for the rest of a year from what is expected now; months before keep theirs.

    Example: [bold]finops budget reforecast --from 2026-12[/bold]
    """
    from ..front.budgets import steps

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = steps.reforecast(
            chosen,
            from_month,
            year or "year",
            level,
            held_by=held_by,
            note=note,
            paths=paths,
            progress=bars,
        )
    show(answer, as_json, export)


@group.command()
def close(
    year: Annotated[str, typer.Argument(help="A year that is over: FY2026.")],
    *,
    rollover: Annotated[
        str,
        typer.Option(help="Share of what a unit has left that it keeps next year: 0.5 is half."),
    ] = "0",
    note: NoteOption = "",
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Propose that the budget of a year that is over is closed: what was spent of it, and what of the rest rolls over.

    Example: [bold]finops budget close FY2026 --rollover 0.5[/bold]
    """
    from ..front.budgets import steps

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = steps.close(
            chosen, year, _amount(rollover, "--rollover"), note=note, progress=bars
        )
    show(answer, as_json, export)


@group.command("list")
def list_of(
    *,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Every proposal: who proposed it, what waits, who approved it, whether its file is as it was approved.

    Example: [bold]finops budget list[/bold]
    """
    from ..front.budgets import shown

    show(shown.listed(load(settings, entity)), as_json, export)


@group.command("show")
def show_year(
    year: Annotated[
        str | None, typer.Argument(help="FY2026; default: the fiscal year under way.")
    ] = None,
    *,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """A year's budget by unit: approved, held back, spent, left; dimensions with budgets beside it.

    Example: [bold]finops budget show FY2026[/bold]
    """
    from ..front.budgets import shown

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = shown.shown(chosen, year, progress=bars)
    show(answer, as_json, export)


@group.command()
def experiments(
    *,
    as_of: AsOfOption = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Experiments with the quota agreed for each, what is used of it, and who agreed before it began.

    Example: [bold]finops budget experiments[/bold]
    """
    from ..front.budgets.experiments import experiments as asked

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = asked(chosen, as_of, progress=bars)
    show(answer, as_json, export)


def _amount(text: str, option: str = "--amount") -> Decimal:
    """A number as people write it, 5000 or 5,000.50."""
    try:
        number = Decimal(text.replace(",", "").replace("_", "").strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise InputError(f"{option}: '{text[:40]}' is not a number. Write it as 5000 or 5000.50.")
    return number
