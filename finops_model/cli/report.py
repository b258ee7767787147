"""Reports out: report."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from ..errors import FinOpsError, together
from ._dialogue import asking, choosing, confirming
from ._published import show_published
from ._shared import Bars, EntityOption, JsonOption, SettingsOption, err, load_whole, out

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def report(
    *,
    bill: Annotated[
        Path | None,
        typer.Argument(
            help="A bill to report on by itself; without it, the company of finops.yaml."
        ),
    ] = None,
    month: Annotated[
        str | None,
        typer.Option(
            help="Month YYYY-MM; default: the newest complete one (of a BILL: the newest)."
        ),
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(help="Business unit (again for more); default: the company and every unit."),
    ] = None,
    driver: Annotated[
        list[Path] | None,
        typer.Option(help="With BILL: business driver, CSV or Excel with a date and counts."),
    ] = None,
    budget: Annotated[Path | None, typer.Option(help="With BILL: budget file.")] = None,
    invoices: Annotated[Path | None, typer.Option(help="With BILL: invoice totals.")] = None,
    organisation: Annotated[
        Path | None, typer.Option(help="With BILL: which team belongs to which unit.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="With BILL: a mapping.yaml to read the table by.")
    ] = None,
    format: Annotated[
        str | None,
        typer.Option("--format", help="With BILL: read it by the importer of this name."),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            "-y",
            help="With BILL: take a guessed mapping that leaves no doubt without asking.",
        ),
    ] = False,
    what_if: Annotated[
        list[Path] | None,
        typer.Option(help="Scenario file to compare in the report (again for more)."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to publish into; default: reports of the settings."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="Unit to leave out (again for more): its report of before stays, marked as not renewed."
        ),
    ] = None,
    pdf: Annotated[
        bool | None,
        typer.Option(
            "--pdf/--no-pdf", help="A PDF of each report; default: where there is a Chromium."
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Compute it again, also where nothing it is made of has changed."
        ),
    ] = False,
    fast: Annotated[
        bool,
        typer.Option(help="One warm kernel for all reports of a worker, or one each; same output."),
    ] = True,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Reports rendered side by side.")] = 2,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """Render the monthly budget report: HTML, PDF, workbook, mail, manifest; one per business unit and one for the company.

    A month that is published already, and of which nothing has changed, is not computed again. A job that was stopped goes on where it was.

    Exit code 0: published, or nothing has changed; 2: refused, nothing is published; 3: a unit's report could not be made, nothing of the month is published, and reports/failed says what to do.

    Examples: [bold]finops report --month 2026-10[/bold] · [bold]finops report bill.csv --driver sessions.csv[/bold]
    """
    from ..facts.daily.entities import which
    from ..measure.restated import warning
    from ..publish import start as starting
    from ..publish.job import month as job
    from ..publish.job import unchanged

    if bill is not None and entity is not None:
        raise FinOpsError(
            "--entity is of the company of finops.yaml and does not go with a BILL. Leave one of them out."
        )
    if bill is not None:
        chosen = starting.start(
            bill,
            drivers=driver,
            budgets=budget,
            invoices=invoices,
            organisation=organisation,
            what_ifs=what_if,
            mapping=mapping,
            format=format,
            confirm=confirming(yes, quiet=as_json),
            choose=choosing(yes, quiet=as_json),
            ask=asking(Bars()),
            tell=(err if as_json else out).print,
            command="finops report",
        )
    with Bars() as bars:
        if bill is None:
            chosen = load_whole(settings, entity)
            for name, value in (
                ("--driver", driver),
                ("--budget", budget),
                ("--invoices", invoices),
                ("--organisation", organisation),
                ("--mapping", mapping),
            ):
                if value:
                    raise FinOpsError(
                        f"{name} goes with a BILL. For the company of {settings}, write the file into finops.yaml."
                    )
            if format:
                raise FinOpsError(
                    f"--format goes with a BILL. For the company of {settings}, take the file in: finops ingest FILE --format {format}."
                )
        if what_if and chosen.entities and chosen.own is None:
            raise FinOpsError(f"--what-if goes with one entity. {which(chosen)}")
        if what_if and bill is None:
            names = [os.path.relpath(path, chosen.root) for path in what_if]
            chosen = chosen.model_copy(update={"what_ifs": [*chosen.what_ifs, *names]})
        whole: list[dict] = []
        published = job.report(
            chosen,
            month,
            unit,
            without=without or (),
            out=to,
            newest=bill is not None,
            workers=workers,
            fast=fast,
            pdf=pdf,
            again=again or bill is not None,
            tell=bars.tell,
            progress=bars,
            whole=whole,
        )
    if not as_json and published and published[0].get("unchanged"):
        return out.print(unchanged.said(published[0]["month"]))
    root = to or Path(os.path.normpath(chosen.path(chosen.reports)))
    if first := next((entry for entry in published if entry["restated"]), None):
        err.print(f"Warning  {warning(first['restated'], first['currency'])}")
    if as_json:
        made = [{"company": True, **one} for one in whole if "folder" in one]
        for one in whole:
            if "folder" not in one:
                err.print(one["said"], markup=False)
        printed = [{**one, "basis": "Effective"} for one in [*published, *made]]
        return out.print_json(json.dumps(printed))
    show_published(published, root)
    if without:
        out.print(
            f"Left out: {together(without)}. Where this month had a report of it, that one stays, marked as not renewed."
        )
    for one in whole:
        out.print(one["said"], markup=False)
