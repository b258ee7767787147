"""SHELF of importers: one export format per file. Adding a file adds a format; no list is edited, and no bill is read another way.

An importer module has `TITLE`, `recognise(source) -> bool` and `read(source) -> Export`. What it gives are text cells
under FOCUS 1.4 names; facts/ledger/checks.py judges them. `SIGN` may name the keys or headings that a file must hold, so
that a refusal names the one that it lacks; `complete(sources)` may look at all files of a delivery and refuse it, or leave
out those that hold no rows (a manifest). Only an importer that says `DEFAULT = True` is tried on every file;
any other reads what it is given by name (`finops ingest FILE --format mine`).

An importer that says `KIND = "usage"` reads no money: its `read(source)` gives a `Usage`, which facts/usage/ judges and keeps
(docs/decisions/0017-usage-facts.md). `SEEN_BY` says who counted: the vendor, a gateway before it, a tool beside it, a machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from types import ModuleType

import pyarrow as pa

from ....errors import InputError, listing, together, unknown
from ....shelf import Contract, Function, defaults, modules, wrong
from .. import vendors
from ..files.readers import Source, open_source
from ._sign import lacking

CONTRACT = Contract(
    "importer",
    {"TITLE": str, "recognise": Function(("source",)), "read": Function(("source",))},
    {
        "DEFAULT": bool,
        "SIGN": tuple,
        "complete": Function(("sources",)),
        "KIND": ("usage",),
        "SEEN_BY": ("vendor", "gateway", "tool", "machine"),
    },
)


@dataclass(frozen=True)
class LeftOut:
    """What an importer saw in a file and did not give as a charge: a line of totals, cells of zero.

    Parameters
    ----------
    reason : str
        What it is, for the receipt.
    rows : int, optional
        Source rows of which nothing becomes a charge; 0 where it is cells of rows that do.
    cells : int, optional
        Cells left out of rows that count elsewhere.
    money : dict of str to Decimal, optional
        What stands there, per currency; nothing of it is booked.

    Examples
    --------
    >>> LeftOut("line 'Service total'", 1, money={"USD": Decimal("365.50")}).as_dict()
    {'reason': "line 'Service total'", 'rows': 1, 'cells': 0, 'money': {'USD': '365.50'}}
    """

    reason: str
    rows: int = 0
    cells: int = 0
    money: dict[str, Decimal] = field(default_factory=dict)

    def as_dict(self) -> dict:
        """For JSON.

        Returns
        -------
        dict
            reason, rows, cells; money as decimal text.
        """
        return {
            "reason": self.reason,
            "rows": self.rows,
            "cells": self.cells,
            "money": {currency: f"{amount:f}" for currency, amount in self.money.items()},
        }

    def __str__(self) -> str:
        parts = [
            f"{count:,} {noun if count == 1 else noun + 's'}"
            for count, noun in ((self.rows, "row"), (self.cells, "cell"))
            if count
        ]
        said = ", ".join(f"{amount:,f} {currency}" for currency, amount in self.money.items())
        return f"{' and '.join(parts)} × {self.reason}{f' ({said})' if said else ''}"


@dataclass(frozen=True)
class Export:
    """One file under FOCUS 1.4 names.

    Parameters
    ----------
    batches : iterator of pyarrow.Table
        Its rows in pieces: text cells, and `x_Row`, the row's number in the file.
    version : str
        Format and version, for the lineage: "FOCUS 1.2".
    notes : list of str, optional
        What a reader of the lineage should know.
    left_out : list of LeftOut, optional
        What of the file becomes no charge; whole once all batches were taken. A source row is accepted, refused or in one of these.
    not_known : dict of str to str, optional
        Billed or Effective, where its column is filled from the other amount: why; whole once all batches were taken.

    Examples
    --------
    >>> table = pa.table({"BilledCost": ["1.50"], "x_Row": [1]})
    >>> Export(iter([table]), "Acme costs").notes
    []
    """

    batches: Iterator[pa.Table]
    version: str
    notes: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    not_known: dict[str, str] = field(default_factory=dict)


@dataclass
class Usage:
    """One file of usage: quantities and no bill.

    A source row may become several rows, one for each meter; they carry its x_Row. The counts are whole once all batches
    were taken.

    Parameters
    ----------
    batches : iterator of pyarrow.Table
        Its rows in pieces: text cells under the names of `_usage.COLUMNS`, and `x_Row`.
    version : str
        Format, for the lineage: "OpenAI usage".
    notes : list of str, optional
        What a reader of the lineage should know.
    rows_in : int, optional
        Source rows read so far.
    left : dict of str to int, optional
        Why source rows are left out, and how many: a step of a job, a day without use.

    Examples
    --------
    >>> Usage(iter(()), "Acme usage").left
    {}
    """

    batches: Iterator[pa.Table]
    version: str
    notes: list[str] = field(default_factory=list)
    rows_in: int = 0
    left: dict[str, int] = field(default_factory=dict)


def shelf() -> dict[str, ModuleType]:
    """The importers by file name.

    Returns
    -------
    dict of str to module
        In the order of the alphabet.

    Raises
    ------
    FinOpsError
        A file does not hold what an importer holds (CONTRACT).

    Examples
    --------
    >>> "focus" in shelf()
    True
    """
    return modules(__name__, CONTRACT)


def check_name(format: str) -> str:
    """The name of an importer as it was asked for.

    Parameters
    ----------
    format : str
        File name of the importer without `.py`.

    Returns
    -------
    str
        The same name.

    Raises
    ------
    InputError
        There is none of this name; says the nearest.

    Examples
    --------
    >>> check_name("focus")
    'focus'
    """
    if format not in (known := shelf()):
        raise InputError(unknown("--format", "importer", format, known))
    return format


def named(format: str, source: Source) -> ModuleType:
    """The importer of this name.

    Parameters
    ----------
    format : str
        File name of the importer without `.py`.
    source : Source
        The file that it shall read.

    Returns
    -------
    module
        It recognises the file.

    Raises
    ------
    InputError
        There is none of this name (with the nearest match), or it does not recognise the file.

    Examples
    --------
    >>> from finops_model.errors import InputError
    >>> try:
    ...     named("focsu", Source("bill.csv", "csv", "", 0))
    ... except InputError as problem:
    ...     print(str(problem)[:69])
    --format: unknown importer 'focsu'. Did you mean 'focus'? Known: anth
    """
    importers = shelf()
    check_name(format)
    if not importers[format].recognise(source):
        lack = lacking(source, getattr(importers[format], "SIGN", ()))
        raise InputError(
            f"{source.name}: is not what the importer '{format}' reads ({importers[format].TITLE}){f': {lack}' if lack else ''}. Leave "
            f"--format out, or name another importer: {listing(name for name in importers if name != format)}."
        )
    return importers[format]


def recognised(source: Source) -> str | None:
    """The default importer that knows a source, FOCUS apart: that one judges every table.

    Parameters
    ----------
    source : Source
        An opened file or frame.

    Returns
    -------
    str or None
        Its name; None where no default importer knows it.

    Raises
    ------
    InputError
        Two know it; says how to name one.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> line = {"object": "organization.costs.result", "amount": {"value": "1.5", "currency": "usd"}}
    >>> file = pathlib.Path(tempfile.mkdtemp(), "costs.json")
    >>> _ = file.write_text(json.dumps({"object": "page", "data": [{"results": [line]}]}))
    >>> recognised(open_source(file))
    'openai_costs'
    """
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
    """The export behind a source; FOCUS judges every table that no other importer knows.

    Parameters
    ----------
    source : Source
        An opened file or frame.
    format : str, optional
        Name of the importer that reads it; None: the default one that recognises it.

    Returns
    -------
    Export
        Its batches are read once.

    Raises
    ------
    InputError
        Nobody knows the file, two know it, or it is a vendor's export without an importer.
    FinOpsError
        The importer gave no Export; names its file.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> line = {"object": "organization.costs.result", "amount": {"value": "1.5", "currency": "usd"}}
    >>> file = pathlib.Path(tempfile.mkdtemp(), "costs.json")
    >>> _ = file.write_text(json.dumps({"object": "page", "data": [{"results": [line]}]}))
    >>> export = read(open_source(file))
    >>> export.version, next(export.batches)["BilledCost"].to_pylist()
    ('OpenAI costs', ['1.5'])
    """
    importers = shelf()
    if name := format or recognised(source):
        importer = named(name, source) if format else importers[name]
        if is_usage(name):
            raise InputError(not_money(source, importer))
        try:
            export = importer.read(source)
        except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as problem:
            raise InputError(
                f"{source.name}: the importer '{name}' stopped at it ({type(problem).__name__}: {problem}), and nothing was taken. Mend "
                f"finops_model/facts/intake/importers/{name}.py, or name another importer with --format."
            ) from None
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
        f"{listing(importers[name].TITLE for name in defaults(importers) if not is_usage(name))}. "
        f"Export a table (CSV or Excel) with a date and an amount instead.{_offer(source, importers)}"
    )


def is_usage(name: str | None) -> bool:
    """Whether an importer reads usage, which goes beside the bills and never into the ledger.

    Parameters
    ----------
    name : str or None
        File name of the importer without `.py`; None is none.

    Returns
    -------
    bool
        False for one that reads bills.

    Examples
    --------
    >>> is_usage("focus"), is_usage(None)
    (False, False)
    """
    return name is not None and getattr(shelf()[name], "KIND", "") == "usage"


def not_money(source: Source, importer: ModuleType) -> str:
    """What is said where usage was given for a bill.

    Parameters
    ----------
    source : Source
        The file.
    importer : module
        The one that knows it.

    Returns
    -------
    str
        What it is, and which command takes it.

    Examples
    --------
    >>> not_money(Source("jobs.psv", "csv", "", 0), shelf()["focus"])[:44]
    'jobs.psv: this is FOCUS 0.5 to 1.4 (CSV, Par'
    """
    if known := vendors.recognise(source):
        return vendors.sentence(source.name, known)
    return (
        f"{source.name}: this is {importer.TITLE}. It holds usage, not money: finops ingest {source.name} takes it into the usage of a workspace, "
        "beside its bills, and finops usage shows what it cost."
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


def complete(sources: list[Source]) -> list[Source]:
    """The files of a delivery that hold rows, after every default importer has looked whether they are complete.

    Parameters
    ----------
    sources : list of Source
        All files of one delivery.

    Returns
    -------
    list of Source
        Without those that only describe others.

    Raises
    ------
    InputError
        A part of an export is missing or doubled.

    Examples
    --------
    >>> complete([])
    []
    """
    importers = shelf()
    for name in defaults(importers):
        if look := getattr(importers[name], "complete", None):
            sources = look(sources)
    return sources


def detect(path) -> str | None:
    """The name of the default importer that can read a file as it is.

    Only FOCUS tables that have every needed column count; anything else wants a mapping
    (facts/intake/tables.py).

    Parameters
    ----------
    path : path
        A file.

    Returns
    -------
    str or None
        None: it is another kind of table, or no export at all.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "bill.csv")
    >>> _ = file.write_text("Date,Cost")
    >>> print(detect(file))
    None
    """
    try:
        return detect_source(open_source(path))
    except InputError:
        return None


def detect_source(source: Source) -> str | None:
    """The name of the default importer that can read an opened file as it is.

    Parameters
    ----------
    source : Source
        An opened file or frame.

    Returns
    -------
    str or None
        As `detect`; None too for usage, which is no money.

    Raises
    ------
    InputError
        Two importers know it.

    Examples
    --------
    >>> print(detect_source(Source("bill.csv", "csv", "", 9, data=b"Date,Cost")))
    None
    """
    name = recognised(source)
    if is_usage(name):
        return None
    if name or vendors.recognise(source) or not shelf()["focus"].recognise(source):
        return name
    try:
        shelf()["focus"].read(source)
    except InputError:
        return None
    return "focus"
