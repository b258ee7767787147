"""What `finops components` reads and writes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..errors import InputError, listing
from ..publish.charts.components import DrawnComponents, drawn, page

NO_DEFAULT = "Prophet alone; the published forecast is another one (docs/forecasts.md says why)."


def of_workspace(
    settings, workload: str | None, days: int, as_of: str | None, columns, bars
) -> tuple[DrawnComponents, list[str]]:
    """Parts of a workspace, and what a reader must know of them."""
    from ..facts.daily import warehouse
    from ..publish import close
    from ..simulate import prophet_alone

    if any(columns):
        raise InputError(
            "--date-column and --value-column are of --csv. Give the file, or leave them out."
        )
    ledger = close.books(settings, bars)
    day = close.check_as_of(ledger, as_of, settings.time_zone)
    daily = close.up_to(warehouse.daily(ledger, settings), day, bool(as_of))
    made, without, facts = prophet_alone.of_workspace(
        settings, days, workload=workload, as_of=day, daily=daily, progress=bars
    )
    notes = [
        NO_DEFAULT,
        f"Money a day at today's prices, {facts.currency}; data up to {facts.as_of}.",
    ]
    if without:
        named = listing([f"{name} ({why})" for name, why in without.items()])
        notes.append(f"Left out, Prophet does not forecast them: {named}.")
    return drawn(made, facts.currency), notes


def of_table(
    path: Path,
    date: str | None,
    value: str | None,
    days: int,
    as_of: str | None,
    workload: str | None,
) -> tuple[DrawnComponents, list[str]]:
    """Parts of the one series of a table, and how it was read. Raises InputError where it holds several."""
    from ..facts.intake.series import read_series
    from ..forecasting.covariates.components import components

    if workload is not None:
        raise InputError("--workload is of a ledger, and --csv brings a series. Give one of them.")
    series, _, read = read_series(path, date, value)
    if len(series) > 1:
        raise InputError(
            f"{path.name}: it holds {len(series)} series: {listing(series)}. Name one of them: --value-column NAME."
        )
    name, history = next(iter(series.items()))
    return drawn(components(history, days, as_of=as_of, name=name)), [NO_DEFAULT, *read]


def write(made: DrawnComponents, folder: Path, notes) -> list[Path]:
    """components.csv, changepoints.csv and components.html in a folder, each whole or not at all; the paths."""
    from ..documents import csv_of, write_atomic

    title = f"{made.name or 'Series'}: what Prophet's forecast consists of"
    bends = pd.DataFrame(
        [{**vars(one), "change": one.change} for one in made.changepoints],
        columns=["day", "series", "before", "after", "change", "known"],
    )
    texts = {
        "components.csv": csv_of(made.frame()),
        "changepoints.csv": csv_of(bends),
        "components.html": page(made, title, notes),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_atomic(folder / name, text)
    return [folder / name for name in texts]
