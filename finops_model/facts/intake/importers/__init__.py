"""SHELF of importers: one export format per file. Adding a file adds a format; no list is edited, and no bill is read another way.

An importer module has `TITLE`, `recognise(source) -> bool` and `read(source) -> Export`. What it gives are text cells
under FOCUS 1.4 names; facts/ledger/checks.py judges them. Only an importer that says `DEFAULT = True` is tried on every file;
any other reads what it is given by name (`finops ingest FILE --format mine`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

import pyarrow as pa

from ....errors import InputError, listing, together, unknown
from ....shelf import Contract, Function, defaults, modules, wrong
from .. import vendors
from ..files.readers import Source, open_source

CONTRACT = Contract(
    "importer",
    {"TITLE": str, "recognise": Function(("source",)), "read": Function(("source",))},
    {"DEFAULT": bool},
)


@dataclass(frozen=True)
class Export:
    """One file under FOCUS 1.4 names: its rows in pieces of text cells with `x_Row`, its format, and notes."""

    batches: Iterator[pa.Table]
    version: str  # format and version, for the lineage: 'FOCUS 1.2'
    notes: list[str] = field(default_factory=list)


def shelf() -> dict[str, ModuleType]:
    """The importers by file name. Raises FinOpsError for a file that does not hold what an importer holds.

    >>> "focus" in shelf()
    True
    """
    return modules(__name__, CONTRACT)


def named(format: str, source: Source) -> ModuleType:
    """The importer of this name. Raises InputError for a name that is none, and where it does not recognise the file."""
    importers = shelf()
    if format not in importers:
        raise InputError(unknown("--format", "importer", format, importers))
    if not importers[format].recognise(source):
        raise InputError(
            f"{source.name}: is not what the importer '{format}' reads ({importers[format].TITLE}). Leave --format out, or name "
            f"another importer: {listing(name for name in importers if name != format)}."
        )
    return importers[format]


def recognised(source: Source) -> str | None:
    """The default importer that knows a source, FOCUS apart: that one judges every table. Raises InputError where two know it."""
    importers = shelf()
    names = [
        name
        for name in defaults(importers)
        if name != "focus" and importers[name].recognise(source)
    ]
    if len(names) > 1:
        raise InputError(
            f"{source.name}: {len(names)} importers know it ({together(names)}). Say which one reads it, for example: --format {names[0]}."
        )
    return names[0] if names else None


def read(source: Source, format: str | None = None) -> Export:
    """The export behind a source, by the importer of that name, or by the default one that recognises it; FOCUS judges every table."""
    importers = shelf()
    if name := format or recognised(source):
        importer = named(name, source) if format else importers[name]
        export = importer.read(source)
        if not isinstance(export, Export):
            raise wrong(importer, "read", export, "an Export")
        return export
    if known := vendors.recognise(source):
        raise InputError(vendors.sentence(source.name, known))
    if importers["focus"].recognise(source):
        try:
            return importers["focus"].read(source)
        except InputError as problem:
            raise InputError(f"{problem}{_offer(source, importers)}") from None
    raise InputError(
        f"{source.name}: no importer knows this JSON document. Known: "
        f"{listing(importers[name].TITLE for name in defaults(importers))}. "
        f"Export a table (CSV or Excel) with a date and an amount instead.{_offer(source, importers)}"
    )


def _offer(source: Source, importers: dict[str, ModuleType]) -> str:
    """The importers that are no default and know a source that nobody could read, in a sentence; '' where there is none."""
    usual = defaults(importers)
    names = [
        name
        for name, importer in importers.items()
        if name not in usual and importer.recognise(source)
    ]
    return f" The importer '{names[0]}' knows it: --format {names[0]}." if names else ""


def detect(path) -> str | None:
    """The name of the default importer that can read a file as it is, or None: it is another kind of table, or no export at all.

    Only FOCUS tables that have every needed column count; anything else wants a mapping (facts/intake/tables.py).
    """
    try:
        source = open_source(path)
        found = recognised(source)
        if found or vendors.recognise(source) or not shelf()["focus"].recognise(source):
            return found
        shelf()["focus"].read(source)
    except InputError:
        return None
    return "focus"
