"""Statements as files: CSV, a workbook with a sheet per bearer and live sums, a page per bearer (docs/method §14.42)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import pandas as pd

from ...documents import write_atomic
from ...measure.books.statements import LEVELS, LINES, NOBODY, Statement
from ...names import folders
from ...wording import statements as words
from .bearers import Bearers
from .sheets import csv_lines, plain
from .statement_book import workbook
from .statement_page import page, text

CENTRAL = "central\0"  # the file of what nobody bears; no team has this name
SUMMARY = [
    "Own",
    "Shared",
    "Idle",
    "Unused",
    "Central",
    "Total",
    "Before",
    "BeforeSharing",
    "Budget",
]


def write(
    found: Sequence[Bearers],
    folder: Path,
    recharges: pd.DataFrame | None = None,
    said: Sequence[str] = (),
) -> list[Path]:
    """Write all files of a period below `folder`; every one of them whole, and none before all are made.

    Parameters
    ----------
    found : sequence of Bearers
        An entity each.
    folder : path
        `statements.csv` (every line), `bearers.csv` (a line per statement), `intercompany.csv` and
        `recharges.csv` where there are some, `statements.xlsx`, and `<entity>/<bearer>.html`.
    recharges : DataFrame, optional
        Journal lines (`intercompany.JOURNAL`).
    said : sequence of str, optional
        Sentences for the summary and the pages.

    Returns
    -------
    list of Path
        What was written.

    Source
    ------
    docs/method §14.42.
    """
    files = made(found, recharges, said)
    for name, data in files.items():
        write_atomic(folder / name, data)
    return [folder / name for name in files]


def made(
    found: Sequence[Bearers], recharges: pd.DataFrame | None = None, said: Sequence[str] = ()
) -> dict[str, bytes | str]:
    """The same files by their names, not written."""
    files: dict[str, bytes | str] = {
        "statements.csv": csv_lines(
            ["Period", "Entity", "Currency", *LINES],
            (
                [one.period.name, one.entity, one.currency, *row]
                for one in found
                for row in one.lines[LINES].itertuples(index=False)
            ),
        ),
        "bearers.csv": csv_lines(
            ["Period", "Entity", "Currency", "Level", "Bearer", *SUMMARY], _summary(found)
        ),
    }
    pairs = pd.concat([one.pairs for one in found], ignore_index=True)
    if len(pairs):
        files["intercompany.csv"] = csv_lines(pairs.columns, pairs.itertuples(index=False))
    if recharges is not None and len(recharges):
        files["recharges.csv"] = csv_lines(recharges.columns, recharges.itertuples(index=False))
    files["statements.xlsx"] = workbook(found, list(said))
    places = folders(one.entity for one in found)
    links = [("../statements.xlsx", "Workbook"), ("../statements.csv", "Every line (CSV)")]
    for one in found:
        names = folders(each.bearer or CENTRAL for each in one.statements)
        for each in one.statements:
            place = f"{names[each.bearer or CENTRAL]}.html"
            files[f"{places[one.entity]}/{place}"] = plain(
                page(one, each, links, [*_borne_elsewhere(one, each), *said])
            )
    return files


def _summary(found: Sequence[Bearers]) -> Iterable[list]:
    for one in found:
        for each in one.statements:
            kinds = [each.sum(kind) for kind in ("own", "shared", "idle", "unused", "central")]
            yield [
                one.period.name,
                one.entity,
                one.currency,
                each.level,
                words.bearer(each.bearer, each.level),
                *kinds,
                each.total,
                each.before,
                each.held,
                each.budget,
            ]


def _borne_elsewhere(one: Bearers, each: Statement) -> list[str]:
    """What of a statement another legal entity bears than the one that was billed, in a sentence each."""
    if each.bearer == NOBODY:
        return []
    mine = one.lines[one.lines[LEVELS[each.level]] == each.bearer]
    mine = mine[(mine["LegalEntity"] != one.entity) & (mine["Kind"] != "central")]
    return [
        f"Billed to {one.entity} and borne by {entity}: {text(sum(part, Decimal(0)))} {one.currency}."
        for entity, part in mine.groupby("LegalEntity", sort=True)["Amount"]
    ]
