"""Bills in, reports out: start, ingest, reconcile, report, verify."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ..errors import FinOpsError
from ._dialogue import confirming
from ._shared import (
    Bars,
    EntityOption,
    JsonOption,
    SettingsOption,
    amount,
    err,
    load,
    load_whole,
    out,
)

PANEL = "Bills and reports"
app = typer.Typer()
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="Read the file by the importer of this name, instead of the one that recognises it.",
    ),
]


@app.command(rich_help_panel=PANEL)
def start(
    file: Annotated[
        Path,
        typer.Argument(
            help="A bill: CSV, TSV or Excel with a date, an amount and perhaps a team; or a FOCUS export."
        ),
    ],
    *,
    name: Annotated[
        str | None, typer.Option(help="Name of the company or bill; default: the file's name.")
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option(help="Currency of the amounts where the file does not say, for example EUR."),
    ] = None,
    driver: Annotated[
        list[Path] | None,
        typer.Option(help="Business driver or outcome: CSV or Excel with a date and counts."),
    ] = None,
    budget: Annotated[
        Path | None, typer.Option(help="Budget: CSV or Excel with unit, month, currency, amount.")
    ] = None,
    invoices: Annotated[
        Path | None,
        typer.Option(
            help="Invoice totals: InvoiceIssuerName, BillingPeriod, BillingCurrency, Amount."
        ),
    ] = None,
    organisation: Annotated[
        Path | None, typer.Option(help="Which team belongs to which unit: team, business_unit.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="A mapping.yaml to read the table by, instead of guessing.")
    ] = None,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", "-y", help="Take a guessed mapping that leaves no doubt without asking."
        ),
    ] = False,
    fresh: Annotated[
        str | None,
        typer.Option(
            help="Begin anew under this name, in a new folder; never over one that is there."
        ),
    ] = None,
    format: FormatOption = None,
    append: Annotated[
        bool, typer.Option(help="Add the rows to what the workspace has of these billing periods.")
    ] = False,
    replace: Annotated[
        bool,
        typer.Option(
            help="Replace what the workspace has of them, also where no charge is in common."
        ),
    ] = False,
):
    """From any table with a date and an amount to a report: guesses the columns, shows them, asks, saves them, reports.

    Where the workspace is there, the file goes into its ledger and nothing else of it changes.

    Examples: [bold]finops start costs.xlsx --driver sessions.csv[/bold] · [bold]finops start february.csv --name costs[/bold]
    """
    from ..publish import close
    from ..publish import start as starting

    settings = starting.start(
        file,
        name=name,
        currency=currency,
        drivers=driver,
        budgets=budget,
        invoices=invoices,
        organisation=organisation,
        mapping=mapping,
        confirm=confirming(yes),
        fresh=fresh,
        format=format,
        append=append,
        replace=replace,
        ask=_asking(Bars()),
        tell=out.print,
    )
    with Bars() as bars:
        published = close.report(settings, newest=True, tell=bars.tell, progress=bars)
    out.print(f"Workspace  {settings.root}  (finops.yaml, mapping, ledger, scenarios)")
    _show_published(published, settings.path(settings.reports))


@app.command(rich_help_panel=PANEL)
def ingest(
    files: Annotated[
        list[Path], typer.Argument(help="FOCUS exports: CSV, CSV.gz, Parquet, JSON lines.")
    ],
    *,
    settings: SettingsOption = Path("finops.yaml"),
    append: Annotated[
        bool, typer.Option("--append", help="Add these files to what is there.")
    ] = False,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Let these files replace what is there of their sub-accounts."
        ),
    ] = False,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole",
            help="These files are the whole of their billing periods: other sub-accounts go.",
        ),
    ] = False,
    format: FormatOption = None,
    accept_decrease: Annotated[
        bool,
        typer.Option(
            "--accept-decrease", help="Accept a restatement that lowers a period by more than 5 %."
        ),
    ] = False,
    as_json: JsonOption = False,
):
    """Take bills into the ledger: every row accepted or quarantined with a reason, to the cent.

    Sub-accounts that are not there yet are added; charges that come again replace their sub-account's month, with a warning.

    Example: [bold]finops ingest exports/2026-11.parquet[/bold]
    """
    from ..facts.ledger.store import Ledger

    chosen = load_whole(settings)
    with Bars() as bars:
        receipt = Ledger(chosen.path(chosen.ledger)).ingest(
            files,
            append=append,
            replace=replace,
            whole=whole,
            accept_decrease=accept_decrease,
            format=format,
            ask=_asking(bars),
            progress=bars,
        )
    if as_json:
        for warning in (warning for warning in receipt.warnings if warning.file == "restated"):
            err.print(f"Warning  {warning}")
        return out.print_json(json.dumps(receipt.as_dict()))
    out.print(str(receipt))


def _asking(bars: Bars):
    """Ask on a terminal whether a delivery adds or replaces; None where nobody can be asked."""

    def ask(question: str) -> str | None:
        bars.bars.stop()
        err.print(question)
        answer = (
            typer.prompt(
                "Add it as a further part (a), replace what is there (r), or stop (s)?",
                default="s",
                err=True,
            )
            .strip()
            .casefold()
        )
        return {"a": "append", "r": "replace"}.get(answer[:1])

    return ask if sys.stdin.isatty() else None


@app.command(name="reconcile", rich_help_panel=PANEL)
def reconcile_command(
    month: Annotated[
        str | None, typer.Option(help="Billing period YYYY-MM; default: the newest.")
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """Invoice, ledger and difference per issuer, and the rows in quarantine with their reasons.

    Example: [bold]finops reconcile --month 2026-10[/bold]
    """
    from ..facts.daily import entities
    from ..facts.ledger import billed, reconcile
    from ..facts.plans import read as plans
    from ..publish import close

    chosen = load(settings, entity)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
        files = ledger.files()  # held against their record before their sums are said
    invoices = (
        entities.own_invoices(plans.read_invoices(chosen.path(chosen.invoices)), chosen)
        if chosen.invoices
        else None
    )
    refused, periods = ledger.quarantine(details=True), ledger.totals_by_period()
    period = billed.pick_period(periods, invoices, month)
    reconciled = reconcile.reconcile(periods, invoices, period, quarantined=refused)
    elsewhere = [
        row
        for row in billed.billed_elsewhere(files, period)
        if chosen.own is None or row["currency"] == chosen.own.currency
    ]
    brief = {**reconciled.as_brief(), "billed_elsewhere": elsewhere}
    if as_json:
        return out.print_json(json.dumps(brief))
    table = Table("Issuer", "Billing period", *(("Invoice", "Ledger", "Quarantined", "Difference")))
    for row in brief["rows"]:
        table.add_row(
            row["issuer"],
            row["billing_period"],
            *(row[k] or "–" for k in ("invoice", "ledger", "quarantined", "difference")),
        )
    out.print(table, brief["note"])
    if elsewhere:
        out.print(billed.sentence(elsewhere, period))
    for row in refused.head(20).itertuples():
        out.print(f"{row.x_File}: row {row.x_Row}: {row.x_Column}: {row.x_Reason}")


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
    fast: Annotated[
        bool, typer.Option(help="One warm kernel for all units instead of one each; same output.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Reports rendered side by side.")] = 2,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """Render the monthly budget report: HTML, workbook, manifest; one per business unit and one for the company.

    Examples: [bold]finops report --month 2026-10[/bold] · [bold]finops report bill.csv --driver sessions.csv[/bold]
    """
    from ..facts.daily.entities import which
    from ..measure.restated import warning
    from ..publish import close
    from ..publish import start as starting

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
            ask=_asking(Bars()),
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
        published = close.report(
            chosen,
            month,
            unit,
            out=to,
            newest=bill is not None,
            workers=workers,
            fast=fast,
            tell=bars.tell,
            progress=bars,
        )
    root = to or Path(os.path.normpath(chosen.path(chosen.reports)))
    if first := next((entry for entry in published if entry["restated"]), None):
        err.print(f"Warning  {warning(first['restated'], first['currency'])}")
    if as_json:
        return out.print_json(json.dumps(published))
    _show_published(published, root)


def _show_published(published: list[dict], root: Path) -> None:
    for entry in published:
        path = root / entry["month"] / entry["slug"] / "report.html"
        out.print(f"{entry['unit']} · {entry['month']} · {entry['status']}", style="bold")
        out.print(f"  {entry['headline']}\n  {path}")
        _show_parts(path.with_name("brief.json"))
    if published:
        out.print(f"All of them: {root / published[0]['month'] / 'index.html'}")


def _show_parts(path: Path) -> None:
    """The units against the year's budget, and what carries the company over (docs/method §9.4); nothing for a unit."""
    brief = json.loads(path.read_text(encoding="utf-8"))
    if "unfinished" in brief.get("status_reason", ""):
        out.print(f"  {brief['status_reason']}.", markup=False)
    why, land, currency = brief.get("reason"), brief["landing"], brief["currency"]
    if not why:
        return
    table = Table(
        "Unit",
        "",
        "Mean",
        "Budget",
        "Over (+) or under (−)",
        title=f"{land['period']} by business unit",
    )
    for row in brief["children"]:
        kind = "" if row["kind"] == "unit" else row["kind"]
        table.add_row(
            row["unit"],
            kind,
            amount(row["landing_mean"], currency),
            amount(row["year_budget"], currency),
            f"{row['over']:+,.0f}",
        )
    table.add_row(
        brief["unit"],
        "",
        amount(land["mean"], currency),
        amount(land["budget"], currency),
        f"{why['over']:+,.0f}",
    )
    out.print(table)
    out.print(why["sentence"], markup=False)


@app.command(rich_help_panel=PANEL)
def verify(
    folder: Annotated[
        Path, typer.Argument(help="A published report, for example reports/2026-10/company.")
    ],
    settings: SettingsOption = Path("finops.yaml"),
):
    """Make a published report again from the ledger and compare every number, bit for bit.

    Example: [bold]finops verify reports/2026-10/company[/bold]
    """
    from ..publish import close

    with Bars() as bars:
        problems = close.verify(folder, load_whole(settings), bars)
    if problems:
        raise FinOpsError(
            f"{folder}: not verified.\n" + "\n".join(f"- {problem}" for problem in problems)
        )
    out.print(
        f"{folder}: verified. Every number was made again and is the same; every file has its published hash."
    )
