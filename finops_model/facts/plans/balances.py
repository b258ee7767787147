"""Balances of a workspace: entries of finops.yaml or rows of a file, held against the names of the bill (docs/method §9.22)."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pandas as pd

from ...documents import checked
from ...errors import InputError, PriceError, unknown
from ...settings import BalanceEntry, Settings, column_of
from ...units import spell
from .sheet import Sheet

DIMENSIONS = {
    "vendor": "ServiceProviderName",
    "service": "ServiceName",
    "sku": "SkuId",
    "team": "x_Team",
    "workload": "x_Workload",
    "model": "x_Model",
    "environment": "x_Environment",
    "account": "BillingAccountId",
    "business unit": "x_BusinessUnit",
}
OWN = tuple(name for name in BalanceEntry.model_fields if name != "covers")
NUMBERS = ("amount", "left")


@dataclass(frozen=True)
class Balance:
    """An entry as it is meant: its unit, and the columns of DAILY with the values that it covers."""

    entry: BalanceEntry
    unit: str  # the ledger's currency, or a unit as units.spell has it
    covers: tuple[tuple[str, tuple[str, ...]], ...]  # (column, values)

    def mask(self, rows: pd.DataFrame) -> pd.Series:
        """Which rows of DAILY it pays for."""
        inside = pd.Series(True, index=rows.index)
        for column, values in self.covers:
            inside &= rows[column].isin(values)
        return inside


def balances_of(settings: Settings, daily: pd.DataFrame | None = None) -> list[Balance]:
    """The balances that finops.yaml states, a list or the file that it names.

    daily   DAILY: a name or a unit that it does not know is refused with the nearest one; None: names are not held against it

    Raises InputError: where, what, the nearest, what is allowed, what to do.
    """
    given = settings.balances
    if isinstance(given, str):
        entries, places = read_balances(settings.path(given), settings)
    else:
        entries = list(given)
        places = [f"finops.yaml: balances/{i}" for i in range(len(entries))]
    return _meant(entries, places, settings, daily)


def read_balances(path: str | os.PathLike, settings: Settings) -> tuple[list[BalanceEntry], list]:
    """The entries of a file and where each stands: columns as the keys of an entry, and one for each dimension that is covered.

    Several values of a dimension are separated by a semicolon.
    """
    sheet = Sheet(path, "a file of balances")
    known = {name.replace(" ", "_"): name for name in dimensions(settings)}
    columns = {}
    for column in sheet.frame.columns:
        word = str(column).strip().casefold().replace(" ", "_")
        if word not in OWN and word not in known:
            raise InputError(
                unknown(sheet.name, "column", str(column)[:60], [*OWN, *known], "Rename it.")
            )
        columns[word] = str(column)
    sheet.column("name")
    entries, places = [], []
    for i, line in enumerate(sheet.lines):
        row: dict = {}
        for word, column in columns.items():
            cell = str(sheet.frame[column].iloc[i]).strip()
            if not cell:
                continue
            if word in NUMBERS:
                row[word] = float(sheet.number(i, column, cell, negative=False))
            elif word in known:
                values = [part.strip() for part in cell.split(";") if part.strip()]
                row.setdefault("covers", {})[known[word]] = values
            else:
                row[word] = cell
        place = f"{sheet.name}: line {line}"
        try:
            entries.append(checked(BalanceEntry, row))
        except InputError as problem:
            raise InputError(f"{place}: {problem}") from None
        places.append(place)
    return entries, places


def dimensions(settings: Settings) -> dict[str, str]:
    """{what a balance can cover: column of DAILY}, the company's own dimensions included."""
    return DIMENSIONS | {name: column_of(name) for name in settings.dimensions}


def _meant(entries, places, settings: Settings, daily: pd.DataFrame | None) -> list[Balance]:
    known, seen = dimensions(settings), dict[str, str]()
    balances = []
    for one, place in zip(entries, places, strict=True):
        if one.name in seen:
            raise InputError(
                f"{place}: '{one.name}' is given at {seen[one.name]} already. Give it a name of its own."
            )
        seen[one.name] = place
        covers = []
        for name, values in one.covers.items():
            dimension = name.replace("_", " ").casefold()
            dimension = dimension if dimension in known else name
            if dimension not in known:
                raise InputError(unknown(f"{place}: covers", "dimension", name[:40], known))
            column = known[dimension]
            there = None if daily is None else set(daily[column].astype(str)) - {""}
            for value in values:
                if there is not None and value not in there:
                    raise InputError(
                        unknown(f"{place}: covers/{name}", dimension, value[:60], sorted(there))
                    )
            covers.append((column, tuple(values)))
        balances.append(Balance(one, _unit(one, place, settings.currency, daily), tuple(covers)))
    return balances


def _unit(one: BalanceEntry, place: str, currency: str, daily: pd.DataFrame | None) -> str:
    """The unit of an entry. Raises InputError for another currency than the ledger's, or a unit that the bill does not have."""
    text = one.unit.strip()
    if not text or text.upper() == currency:
        return currency
    if len(text) == 3 and text.isalpha() and text.isupper():
        raise InputError(
            f"{place}: unit: '{text}' is not the ledger's currency, {currency}. "
            f"State the balance in {currency}, or leave unit out."
        )
    try:
        unit = spell(text, f"{place}: unit")
    except PriceError as problem:
        raise InputError(str(problem)) from None
    if daily is not None:
        units = {spell(each) for each in set(daily["ConsumedUnit"]) if each} | {currency}
        if unit not in units:
            raise InputError(unknown(f"{place}: unit", "unit", text[:40], sorted(units)))
    return unit
