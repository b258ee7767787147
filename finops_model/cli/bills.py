"""Bills in: start, ingest, reconcile."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ..errors import InputError
from ._dialogue import asking, choosing, confirming
from ._published import show_published
from ._shared import (
    AcceptDecreaseOption,
    AppendOption,
    Bars,
    EntityOption,
    JsonOption,
    ReplaceOption,
    SettingsOption,
    YesOption,
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
BasisOption = Annotated[
    str | None,
    typer.Option(
        help="Which cost the amounts are, where the file has one and does not say it (Cost Explorer, a table): billed, the default, or effective."
    ),
]


def basis_of(word: str | None) -> str:
    """The basis that an option names, in its own spelling; '' where none is named."""
    from ..facts.basis import OTHER, check_basis

    return "" if word is None else check_basis(word, "--basis", tuple(OTHER))


@app.command(rich_help_panel=PANEL)
def start(
    file: Annotated[
        Path,
        typer.Argument(
            help="A bill: CSV, TSV or Excel with a date, an amount and perhaps a team; an export; or a folder of the parts of one export."
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
            help="Invoice totals, CSV or Excel: InvoiceIssuerName, BillingPeriod, BillingCurrency, Amount."
        ),
    ] = None,
    organisation: Annotated[
        Path | None,
        typer.Option(help="Which team belongs to which unit, CSV or Excel: team, business_unit."),
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="A mapping.yaml to read the table by, instead of guessing.")
    ] = None,
    yes: YesOption = False,
    fresh: Annotated[
        str | None,
        typer.Option(
            help="Begin anew under this name, in a new folder; never over one that is there."
        ),
    ] = None,
    format: FormatOption = None,
    basis: BasisOption = None,
    append: AppendOption = False,
    replace: ReplaceOption = False,
):
    """From any table with a date and an amount to a report: guesses the columns, shows them, asks, saves them, reports.

    Every month after: finops add. Where the workspace is there, start takes one file into its ledger, changes nothing else, and reports.

    Examples: [bold]finops start costs.xlsx --driver sessions.csv[/bold] · [bold]finops add february.csv -s workspaces/costs[/bold]
    """
    from ..publish import start as starting
    from ..publish.job import month as job

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
        choose=choosing(yes),
        fresh=fresh,
        format=format,
        basis=basis_of(basis),
        append=append,
        replace=replace,
        ask=asking(Bars()),
        tell=out.print,
    )
    with Bars() as bars:
        published = job.report(settings, newest=True, pdf=None, tell=bars.tell, progress=bars)
    out.print(f"Workspace  {settings.root}  (finops.yaml, mapping, ledger, scenarios)")
    show_published(published, settings.path(settings.reports))


@app.command(rich_help_panel=PANEL)
def ingest(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Bills: exports of a known format, or tables that a mapping kept in the workspace fits; default: bills of finops.yaml. "
            "Usage logs go beside them (finops usage)."
        ),
    ] = None,
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
    accept_decrease: AcceptDecreaseOption = False,
    time_zone: Annotated[
        str | None,
        typer.Option(help="Of usage logs whose times say none, for example Europe/Berlin."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="Moment of a page of metrics that says none: 2026-11-30T12:00Z."),
    ] = None,
    as_json: JsonOption = False,
):
    """Take bills into the ledger: every row accepted or quarantined with a reason, to the cent.

    Sub-accounts that are not there yet are added; charges that come again replace their sub-account's month, with a warning.
    Usage logs go into the usage of the workspace, never into its money.

    Examples: [bold]finops ingest exports/2026-11.parquet[/bold] · [bold]finops ingest jobs.psv --time-zone UTC[/bold]
    """
    from ..facts.usage.store import UsageStore, is_usage
    from ..publish.adding.bills import ingest as taking_in

    chosen = load_whole(settings)
    with Bars() as bars:
        logs = [file for file in files or () if is_usage(file, format)]
        if logs and len(logs) < len(files or ()):
            raise InputError(
                f"{logs[0].name} is usage and {next(file for file in files or () if file not in logs).name} is none: they go into different "
                "places. Give them in two calls."
            )
        if logs:
            told = UsageStore(chosen.path(chosen.usage_facts)).ingest(
                logs,
                format=format,
                time_zone=time_zone or chosen.usage_time_zone,
                at=at,
                append=append,
                replace=replace or whole,
                progress=bars,
            )
            return (
                out.print_json(json.dumps(told.as_dict()))
                if as_json
                else out.print(f"{told}\nWhat it cost: finops usage")
            )
        receipt = taking_in(
            files or [],
            chosen,
            append=append,
            replace=replace,
            whole=whole,
            accept_decrease=accept_decrease,
            format=format,
            ask=asking(bars),
            progress=bars,
        )
    if as_json:
        for warning in (warning for warning in receipt.warnings if warning.file == "restated"):
            err.print(f"Warning  {warning}")
        return out.print_json(json.dumps({**receipt.as_dict(), "basis": "Billed"}))
    out.print(str(receipt))


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
    from ..facts import taken
    from ..facts.basis import words
    from ..facts.daily import entities
    from ..facts.ledger import reconcile
    from ..facts.ledger.receipt import reason_at
    from ..facts.plans import together
    from ..publish import close

    chosen = load(settings, entity)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
        files = ledger.files()  # held against their record before their sums are said
    invoices = entities.own_invoices(together.invoices(chosen), chosen)
    refused, periods = ledger.quarantine(details=True), ledger.totals_by_period()
    period = reconcile.pick_period(periods, invoices, month)
    apart = taken.of_month(taken.of(ledger), period, "Billed")
    reconciled = reconcile.reconcile(
        periods, invoices, period, quarantined=refused, not_billed=apart
    )
    elsewhere = [
        row
        for row in reconcile.billed_elsewhere(files, period)
        if chosen.own is None or row["currency"] == chosen.own.currency
    ]
    counts = reconcile.count_refused(refused, period)
    brief = {
        **reconciled.as_brief(),
        "basis": "Billed",
        "billed_elsewhere": elsewhere,
        "refused_rows": asdict(counts),
    }
    if as_json:
        return out.print_json(json.dumps(brief))
    table = Table(
        *("Issuer", "Billing period", "Invoice", "Ledger", "Quarantined", "Difference"),
        title=words("Billed"),
    )
    for row in brief["rows"]:
        table.add_row(
            row["issuer"],
            row["billing_period"],
            *(row[k] or "–" for k in ("invoice", "ledger", "quarantined", "difference")),
        )
    out.print(table, brief["note"])
    if elsewhere:
        out.print(reconcile.sentence(elsewhere, period))
    if counts.rows:
        out.print(str(counts))
    for row in refused.head(20).itertuples():
        out.print(f"{row.x_File}: {reason_at(row.x_Row, row.x_Column, row.x_Reason)}")
    if counts.rows > 20:
        out.print(f"… and {counts.rows - 20:,} more (in Python: Ledger.quarantine(), every row).")
