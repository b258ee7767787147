"""`finops …`: each command is a few lines over the front door. Errors are one message and exit code 2, never a traceback."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from .errors import FinOpsError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich",
                  help="Forecasts, what-ifs and budget reports for what AI costs: GPU hours, storage, tokens.")
scenario_app = typer.Typer(no_args_is_help=True, help="Scenario files: make a base, check a file.")
app.add_typer(scenario_app, name="scenario")
out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)

SettingsOption = Annotated[Path, typer.Option("--settings", "-s", help="finops.yaml, or the folder it lies in.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the figures as JSON instead of a table.")]


class Bars:
    """Progress bars on the terminal; on a pipe, nothing but the result."""

    def __init__(self):
        self.bars = Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24),
                             TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn(), console=err, transient=True,
                             disable=not err.is_terminal)
        self.task = None

    def __enter__(self):
        self.bars.start()
        return self

    def __exit__(self, *_):
        self.bars.stop()

    def __call__(self, text: str, done: int, total: int) -> None:
        if self.task is None:
            self.task = self.bars.add_task(text, total=total)
        self.bars.update(self.task, description=text, completed=done, total=max(total, 1))


def _settings(path: Path):
    from .settings import load_settings

    return load_settings(path)


def _amount(value: float | None, currency: str) -> str:
    from .measure.words import money

    return money(value, currency)


@app.command()
def start(
    file: Annotated[Path, typer.Argument(help="A bill: CSV, TSV or Excel with a date, an amount and perhaps a team; or a FOCUS export.")],
    name: Annotated[Optional[str], typer.Option(help="Name of the company or bill; default: the file's name.")] = None,
    currency: Annotated[Optional[str], typer.Option(help="Currency of the amounts where the file does not say, for example EUR.")] = None,
    driver: Annotated[Optional[list[Path]], typer.Option(help="Business driver or outcome: CSV or Excel with a date and counts.")] = None,
    budget: Annotated[Optional[Path], typer.Option(help="Budget: CSV or Excel with unit, month, currency, amount.")] = None,
    invoices: Annotated[Optional[Path], typer.Option(help="Invoice totals: InvoiceIssuerName, BillingPeriod, BillingCurrency, Amount.")] = None,
    organisation: Annotated[Optional[Path], typer.Option(help="Which team belongs to which unit: team, business_unit.")] = None,
    mapping: Annotated[Optional[Path], typer.Option(help="A saved mapping.yaml to use instead of guessing.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take the guessed mapping without asking.")] = False,
):
    """From any table with a date and an amount to a report: guesses the columns, shows them, saves them, reports.

    Example: [bold]finops start costs.xlsx --driver sessions.csv[/bold]
    """
    from .publish import close, start as starting

    def confirm(found):
        out.print(found.describe(), markup=False)
        ask = not yes and sys.stdin.isatty()
        return found if not ask or typer.confirm("Is this right?", default=True) else None

    with Bars() as bars:
        bars.bars.stop()
        settings = starting.start(file, name=name, currency=currency, drivers=driver, budgets=budget, invoices=invoices,
                                  organisation=organisation, mapping=mapping, confirm=confirm, progress=None)
    with Bars() as bars:
        published = close.report(settings, newest=True, progress=bars)
    out.print(f"Workspace  {settings.root}  (finops.yaml, mapping, ledger, scenarios)")
    _show_published(published, settings.path(settings.reports))


@app.command()
def ingest(files: Annotated[list[Path], typer.Argument(help="FOCUS exports: CSV, CSV.gz, Parquet, JSON lines.")],
           settings: SettingsOption = Path("finops.yaml"),
           append: Annotated[bool, typer.Option(help="Add these files to the billing periods instead of replacing them.")] = False,
           accept_decrease: Annotated[bool, typer.Option(help="Accept a restatement that lowers a period by more than 5 %.")] = False):
    """Take bills into the ledger: every row accepted or quarantined with a reason, to the cent.

    Example: [bold]finops ingest exports/2026-11.parquet[/bold]
    """
    from .facts.ledger import Ledger

    chosen = _settings(settings)
    with Bars() as bars:
        receipt = Ledger(chosen.path(chosen.ledger)).ingest(files, append=append, accept_decrease=accept_decrease, progress=bars)
    out.print(str(receipt))


@app.command(name="reconcile")
def reconcile_command(month: Annotated[Optional[str], typer.Option(help="Billing period YYYY-MM; default: the newest.")] = None,
                      settings: SettingsOption = Path("finops.yaml"), as_json: JsonOption = False):
    """Invoice, ledger and difference per issuer, and the rows in quarantine with their reasons.

    Example: [bold]finops reconcile --month 2026-10[/bold]
    """
    from .facts import plans, reconcile
    from .publish import close

    chosen = _settings(settings)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
    invoices = plans.read_invoices(chosen.path(chosen.invoices)) if chosen.invoices else None
    refused = ledger.quarantine(details=True)
    found = reconcile.reconcile(ledger.totals_by_period(), invoices, close.pick_month(ledger, month)[0], quarantined=refused)
    brief = found.as_brief()
    if as_json:
        return out.print_json(json.dumps(brief))
    table = Table("Issuer", "Billing period", *(("Invoice", "Ledger", "Quarantined", "Difference")))
    for row in brief["rows"]:
        table.add_row(row["issuer"], row["billing_period"], *(row[k] or "–" for k in ("invoice", "ledger", "quarantined", "difference")))
    out.print(table, brief["note"])
    for row in refused.head(20).itertuples():
        out.print(f"{row.x_File}: row {row.x_Row}: {row.x_Column}: {row.x_Reason}")


@app.command()
def report(
    bill: Annotated[Optional[Path], typer.Argument(help="A bill to report on by itself; without it, the company of finops.yaml.")] = None,
    month: Annotated[Optional[str], typer.Option(help="Month YYYY-MM; default: the newest complete one (of a BILL: the newest).")] = None,
    unit: Annotated[Optional[list[str]], typer.Option(help="Business unit (again for more); default: the company and every unit.")] = None,
    driver: Annotated[Optional[list[Path]], typer.Option(help="With BILL: business driver, CSV or Excel with a date and counts.")] = None,
    budget: Annotated[Optional[Path], typer.Option(help="With BILL: budget file.")] = None,
    invoices: Annotated[Optional[Path], typer.Option(help="With BILL: invoice totals.")] = None,
    organisation: Annotated[Optional[Path], typer.Option(help="With BILL: which team belongs to which unit.")] = None,
    what_if: Annotated[Optional[list[Path]], typer.Option(help="Scenario file to compare in the report (again for more).")] = None,
    to: Annotated[Optional[Path], typer.Option("--out", help="Folder to publish into; default: reports of the settings.")] = None,
    fast: Annotated[bool, typer.Option(help="One warm kernel for all units instead of one each; same output.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Reports rendered side by side.")] = 2,
    settings: SettingsOption = Path("finops.yaml"), as_json: JsonOption = False,
):
    """Render the monthly budget report: HTML, workbook, manifest; one per business unit and one for the company.

    Examples: [bold]finops report --month 2026-10[/bold] · [bold]finops report bill.csv --driver sessions.csv[/bold]
    """
    from .publish import close, start as starting

    with Bars() as bars:
        if bill is not None:
            chosen = starting.start(bill, drivers=driver, budgets=budget, invoices=invoices, organisation=organisation,
                                    what_ifs=what_if, progress=bars)
        else:
            chosen = _settings(settings)
            for name, value in (("--driver", driver), ("--budget", budget), ("--invoices", invoices), ("--organisation", organisation)):
                if value:
                    raise FinOpsError(f"{name} goes with a BILL. For the company of {settings}, write the file into finops.yaml.")
        if what_if and bill is None:
            names = [os.path.relpath(path, chosen.root) for path in what_if]
            chosen = chosen.model_copy(update={"what_ifs": [*chosen.what_ifs, *names]})
        published = close.report(chosen, month, unit, out=to, newest=bill is not None, workers=workers, fast=fast, progress=bars)
    root = to or chosen.path(chosen.reports)
    if as_json:
        return out.print_json(json.dumps(published))
    _show_published(published, root)


def _show_published(published: list[dict], root: Path) -> None:
    for entry in published:
        path = root / entry["month"] / entry["slug"] / "report.html"
        out.print(f"[bold]{entry['unit']}[/bold] · {entry['month']} · {entry['status']}\n  {entry['headline']}\n  {path}")
    if published:
        out.print(f"All of them: {root / published[0]['month'] / 'index.html'}")


@app.command()
def verify(folder: Annotated[Path, typer.Argument(help="A published report, for example reports/2026-10/company.")],
           settings: SettingsOption = Path("finops.yaml")):
    """Make a published report again from the ledger and compare every number, bit for bit.

    Example: [bold]finops verify reports/2026-10/company[/bold]
    """
    from .publish import close

    with Bars() as bars:
        problems = close.verify(folder, _settings(settings), bars)
    if problems:
        raise FinOpsError(f"{folder}: not verified.\n" + "\n".join(f"- {problem}" for problem in problems))
    out.print(f"{folder}: verified. Every number was made again and is the same; every file has its published hash.")


@app.command()
def forecast(unit: Annotated[Optional[str], typer.Option(help="Business unit; default: the company.")] = None,
             months: Annotated[int, typer.Option(min=1, max=36, help="Months ahead.")] = 3,
             settings: SettingsOption = Path("finops.yaml"), as_json: JsonOption = False):
    """What the coming months will cost if nothing changes: range per month, from joint paths.

    Example: [bold]finops forecast --unit "Customer Support" --months 6[/bold]
    """
    from .facts import warehouse
    from .measure.actuals import COMPANY
    from .outlook import simulate
    from .publish import close

    chosen = _settings(settings)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
        as_of = str(ledger.last_day())
        daily = warehouse.daily(ledger, chosen)
        name = close.pick_units(daily, [unit] if unit else [COMPANY])[0]
        run = simulate.run(chosen.path(chosen.scenario) if chosen.scenario else None, chosen, as_of=as_of, months=months + 1,
                           daily=daily, progress=bars)
    rows = [{"month": m, **{f"p{int(q * 100)}": run.quantile(q, unit=None if name == COMPANY else name, months=[m])
                            for q in (0.1, 0.5, 0.9)}} for m in run.months]
    if as_json:
        return out.print_json(json.dumps({"unit": name, "as_of": as_of, "currency": run.currency, "months": rows}))
    table = Table("Month", "P10", "P50", "P90", title=f"{name} · EffectiveCost, {run.paths:,} paths, data up to {as_of}")
    for row in rows:
        table.add_row(row["month"], *(_amount(row[k], run.currency) for k in ("p10", "p50", "p90")))
    out.print(table)


@app.command()
def backtest(unit: Annotated[Optional[str], typer.Option(help="Business unit; default: the company.")] = None,
             settings: SettingsOption = Path("finops.yaml"), as_json: JsonOption = False):
    """How forecasts made earlier would have done, beside repeating last week.

    Example: [bold]finops backtest --unit "Risk & Compliance"[/bold]
    """
    from .measure.actuals import COMPANY
    from .publish import close

    with Bars() as bars:
        state = close.prepare(_settings(settings), newest=True, progress=bars)
    name = close.pick_units(state.daily, [unit] if unit else [COMPANY])[0]
    found = close.briefs_of(state, [name])[0]["accuracy"]
    if as_json:
        return out.print_json(json.dumps(found))
    table = Table("Lead (months)", "Forecasts", "Error", "Repeating last week", "Skill", "Inside 80 % range", title=name)
    for row in found["rows"]:
        table.add_row(str(row["lead"]), str(row["n"]), f"{row['error_pct']:.1%}", f"{row['naive_error_pct']:.1%}",
                      "–" if row["skill"] is None else f"{row['skill']:.0%}", f"{row['coverage80']:.0%}")
    out.print(table, found["sentence"])


@app.command()
def run(scenario: Annotated[Path, typer.Argument(help="A scenario file.")], settings: SettingsOption = Path("finops.yaml"),
        paths: Annotated[Optional[int], typer.Option(min=100, max=100_000)] = None, as_json: JsonOption = False):
    """Simulate one scenario and show what it costs.

    Example: [bold]finops run scenarios/20_smaller_model.yaml[/bold]
    """
    _compare([scenario], settings, paths, as_json)


@app.command()
def compare(scenarios: Annotated[list[Path], typer.Argument(help="Scenario files; each is set beside the base of finops.yaml.")],
            settings: SettingsOption = Path("finops.yaml"),
            paths: Annotated[Optional[int], typer.Option(min=100, max=100_000)] = None, as_json: JsonOption = False):
    """Set scenarios beside the base, path by path on the same random draws.

    Example: [bold]finops compare scenarios/10_demand_doubles.yaml scenarios/30_commit_gpu.yaml[/bold]
    """
    _compare(scenarios, settings, paths, as_json)


def _compare(scenarios: list[Path], settings: Path, paths: int | None, as_json: bool) -> None:
    from .outlook import simulate
    from .publish import close

    chosen = _settings(settings)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
        _, as_of = close.pick_month(ledger, None, newest=True)
        first = [chosen.path(chosen.scenario)] if chosen.scenario else [None]
        others = [path for path in scenarios if first[0] is None or Path(path).resolve() != first[0].resolve()]
        runs = simulate.run_many([*first, *others], chosen, as_of=as_of, paths=paths, progress=bars)
    rows = []
    for found in runs:
        low, mid, high = (found.quantile(q) for q in (0.1, 0.5, 0.9))
        rows.append({"name": found.name, "p10": low, "p50": mid, "p90": high,
                     "difference_mean": float((found.total() - runs[0].total()).mean())})
    if as_json:
        return out.print_json(json.dumps({"months": list(runs[0].months), "currency": runs[0].currency, "paths": runs[0].paths,
                                          "seed": runs[0].seed, "as_of": runs[0].as_of, "scenarios": rows}))
    table = Table("Scenario", "P10", "P50", "P90", "Mean change to base",
                  title=f"EffectiveCost {runs[0].months[0]} … {runs[0].months[-1]} · {runs[0].paths:,} paths · seed {runs[0].seed} · data up to {runs[0].as_of}")
    for row in rows:
        change = "–" if row is rows[0] else _amount(row["difference_mean"], runs[0].currency)
        table.add_row(row["name"], *(_amount(row[k], runs[0].currency) for k in ("p10", "p50", "p90")), change)
    out.print(table)


@app.command()
def explain(scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
            path: Annotated[str, typer.Argument(help="Slash path of a value, for example workloads/support-chat/demand/level.")],
            settings: SettingsOption = Path("finops.yaml")):
    """Where a value comes from: base, changes in their order, and the reason given for each.

    Example: [bold]finops explain scenarios/20_smaller_model.yaml workloads/support-chat/routing/aurora-small-1[/bold]
    """
    from .outlook.explain import explain as explaining

    out.print(str(explaining(scenario, path, _settings(settings))), markup=False)


@scenario_app.command("init")
def scenario_init(file: Annotated[Path, typer.Argument(help="File to write.")] = Path("scenarios/00_base.yaml"),
                  settings: SettingsOption = Path("finops.yaml")):
    """Derive a base scenario from the ledger; refuses to overwrite a file.

    Example: [bold]finops scenario init scenarios/00_base.yaml[/bold]
    """
    from .documents import write_atomic
    from .facts import warehouse
    from .outlook import base
    from .publish import close

    if file.exists():
        raise FinOpsError(f"{file}: exists already. Name another file, or take it away first.")
    chosen = _settings(settings)
    write_atomic(file, base.init_base(warehouse.daily(close.books(chosen), chosen), chosen))
    out.print(f"{file}: written. Every workload of the ledger is in it.")


@scenario_app.command("check")
def scenario_check(files: Annotated[list[Path], typer.Argument(help="Scenario files.")]):
    """Check scenario files without running them.

    Example: [bold]finops scenario check scenarios/*.yaml[/bold]
    """
    from .outlook import scenario

    for file in files:
        out.print(f"{file}: {scenario.load_scenario(file).name}: fine.")


@app.command()
def dashboard(port: Annotated[int, typer.Option(min=1, max=65535)] = 8866, settings: SettingsOption = Path("finops.yaml")):
    """Serve the published reports and the what-if page to leadership (Voila, with a token, on this machine only).

    Example: [bold]finops dashboard --port 8866[/bold]
    """
    from .publish import dashboard as page

    raise typer.Exit(page.serve(_settings(settings), port))


def main() -> None:
    """The command `finops`."""
    try:
        app(standalone_mode=False)
    except FinOpsError as problem:
        err.print(f"[bold red]Error[/bold red]  ", end="")
        err.print(str(problem), markup=False)
        sys.exit(problem.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        err.print("Stopped; nothing was published.")
        sys.exit(130)
    except Exception as problem:  # click's own usage errors know how to show themselves
        if hasattr(problem, "show"):
            problem.show()
            sys.exit(getattr(problem, "exit_code", 2))
        raise


if __name__ == "__main__":
    main()
