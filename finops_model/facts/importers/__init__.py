"""SHELF of importers: one export format per file. Adding a file adds a format; no list is edited.

An importer module has `TITLE`, `recognise(source) -> bool` and `read(source) -> Export`. What it gives are text cells
under FOCUS 1.4 names; facts/checks.py judges them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

import pyarrow as pa

from ...errors import InputError, listing
from .. import vendors
from ..readers import Source, open_source


@dataclass(frozen=True)
class Export:
    """One file under FOCUS 1.4 names: its rows in pieces of text cells with `x_Row`, its format, and notes."""

    batches: Iterator[pa.Table]
    version: str                 # format and version, for the lineage: 'FOCUS 1.2'
    notes: list[str] = field(default_factory=list)


def shelf() -> dict[str, ModuleType]:
    """The importers by file name.

    >>> "focus" in shelf()
    True
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}


def read(source: Source) -> Export:
    """The export behind a source, by the first importer that recognises it; FOCUS judges every table."""
    importers = shelf()
    for name, importer in importers.items():
        if name != "focus" and importer.recognise(source):
            return importer.read(source)
    if known := vendors.recognise(source):
        raise InputError(vendors.sentence(source.name, known))
    if importers["focus"].recognise(source):
        return importers["focus"].read(source)
    raise InputError(f"{source.name}: no importer knows this JSON document. Known: "
                     f"{listing(importer.TITLE for importer in importers.values())}. "
                     "Export a table (CSV or Excel) with a date and an amount instead.")


def detect(path) -> str | None:
    """The name of the importer that can read a file as it is, or None: it is another kind of table, or no export at all.

    Only FOCUS tables that have every needed column count; anything else wants a mapping (facts/tables.py).
    """
    try:
        source = open_source(path)
        found = next((name for name, one in shelf().items() if name != "focus" and one.recognise(source)), None)
        if found or vendors.recognise(source) or not shelf()["focus"].recognise(source):
            return found
        shelf()["focus"].read(source)
    except InputError:
        return None
    return "focus"
