"""Why one state of cost differs from another: plan, forecast, actual, scenario."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ._shared import Bars, EntityOption, JsonOption, SettingsOption, load_whole, out

PANEL = "Bills and reports"
app = typer.Typer()
MOST = 15  # rows on the screen; a file has all
STATES = "plan, actual, actual:2026-09, forecast (the newest before the month), forecast:2026-09 (as published then), scenario:FILE"


@app.command(rich_help_panel=PANEL)
def bridge(
    then: Annotated[str, typer.Option("--from", help=f"State to begin with: {STATES}.")],
    now: Annotated[str, typer.Option("--to", help="State to end with, named the same way.")],
    *,
    month: Annotated[
        str | None,
        typer.Option(
            help="Month YYYY-MM, or a period FY2026-P10 of a calendar of weeks; default: the newest complete month, of forecasts and scenarios the one after it."
        ),
    ] = None,
    year: Annotated[
        bool, typer.Option("--year", help="The fiscal year of the month; with an actual, to date.")
    ] = False,
    unit: Annotated[str | None, typer.Option(help="A business unit; default: the company.")] = None,
    by: Annotated[
        str | None,
        typer.Option(help="Rows by workload, unit or service; default: workload, of a plan unit."),
    ] = None,
    order: Annotated[
        str,
        typer.Option(
            help="steps: one after the other, cross terms to the later one; shapley: the mean over all orders."
        ),
    ] = "steps",
    outside: Annotated[
        bool,
        typer.Option(
            "--outside", help="Actuals with tax and credits, which reports leave outside cost."
        ),
    ] = False,
    to_file: Annotated[
        Path | None, typer.Option(help="Write the bridge to this CSV or XLSX file too.")
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """Why cost differs: calendar days, volume, mix, list price, discount, commitment, exchange rates, one-offs; to the cent.

    Examples: [bold]finops bridge --from plan --to actual --month 2026-10[/bold] · [bold]finops bridge --from forecast:2026-09 --to actual --by unit[/bold]
    """
    from ..publish.bridges import build, write

    chosen = load_whole(settings, entity)
    if to_file is not None:
        write.check(to_file)
    with Bars() as bars:
        made = build.bridge(
            chosen,
            then,
            now,
            month=month,
            year=year,
            unit=unit,
            by=by,
            order=order,
            outside=outside,
            progress=bars,
        )
    if to_file is not None:
        write.write(made, to_file)
    currency = made.now.currency
    if as_json:
        told = {"schema": 1, "currency": currency, "basis": "Effective", **made.as_dict()}
        return out.print_json(json.dumps(told))
    _show(made.as_dict(most=MOST), currency)
    if to_file is not None:
        out.print(f"{len(made.rows)} rows: {to_file}", markup=False)


def _show(found, currency: str) -> None:
    from ..wording import bridge as words

    table = Table("Step", currency, "", "Of it", title=_title(found, currency))
    table.columns[1].justify = table.columns[2].justify = "right"
    base = found["from"]["amount"]
    table.add_row(_first(found["from"]["name"]), _cents(base), "", "")
    table.add_section()
    for step in words.shown(found):
        value = found["steps"][step]
        table.add_row(
            words.title(step, found["parts"]),
            _cents(value, sign=True),
            _share(value, base),
            words.of(found, step, currency),
        )
    table.add_section()
    now = found["to"]
    table.add_row(_first(now["name"]), _cents(now["amount"]), _share(found["change"], base), "")
    out.print(table)
    _names(found, currency)
    out.print(words.sentence(found, currency), markup=False)
    for text in [*found["said"], *([] if found["order"] == "shapley" else [words.LATER])]:
        out.print(text, markup=False)


def _names(found, currency: str) -> None:
    """The same by name, where there are several."""
    from ..wording import bridge as words

    ends = found["from"]["amount"], found["to"]["amount"]
    nameless = any(
        not row["name"] and (row["previous"] == ends[0] or row["current"] == ends[1])
        for row in found["rows"]
    )
    if len(found["rows"]) < 2 or nameless:  # a state of one amount has no rows to compare
        return
    steps = words.shown(found)
    titles = [words.title(step, found["parts"]) for step in steps]
    title = f"By {found['by']}, {currency}"
    table = Table(_first(found["by"]), "From", *titles, "To", title=title)
    for column in table.columns[1:]:
        column.justify, column.overflow = "right", "fold"
    digits = 0 if max(map(abs, ends)) >= 1000 else 2

    def text(value: float, sign: bool = False) -> str:
        return f"{value:{'+' if sign else ''},.{digits}f}".replace("-", "−")

    for row in found["rows"]:
        cells = [text(row["steps"][step], True) if step in row["steps"] else "" for step in steps]
        table.add_row(
            row["name"] or "(no name)", text(row["previous"]), *cells, text(row["current"])
        )
    out.print(table)


def _title(found, currency: str) -> str:
    return f"From {found['from']['name']} to {found['to']['name']}, {currency} (EffectiveCost)"


def _cents(value: float, sign: bool = False) -> str:
    return f"{value:{'+' if sign else ''},.2f}".replace("-", "−")


def _share(value: float, base: float) -> str:
    return f"{value / base:+.1%}".replace("-", "−") if base > 0 else ""


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
