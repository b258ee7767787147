"""The shape of a cost table of Google Cloud's console: lines above its headings, headings with their currency, the table below."""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import dataclass

import pyarrow as pa

from ....errors import InputError
from ..files.cells import SURROGATE
from ..files.readers import Source, head_text
from ..files.text import decode, shown
from ..files.textcells import find_delimiter
from ..vendors import FOCUS, squash

TOP = 40  # lines among which the headings stand
UNIT = re.compile(r"(?P<name>(?:unrounded |list )?cost)\s*\((?P<unit>[^()]*)\)", re.I)
WHAT = "servicedescription serviceid skudescription skuid projectname projectid".split()


@dataclass
class Sheet:
    """A cost table: what stands above its headings, and the table below them with headings without their currency."""

    name: str
    top: dict[str, str]  # squashed name in the preamble: its value
    units: list[str]  # what stands in brackets behind a heading of money
    table: pa.Table
    mark: str = "."
    currency: str = ""
    month: str = ""
    order: str = "iso"


def is_head(names: list[str]) -> bool:
    """Whether these are the headings of a cost table: a cost type, a cost, and two names of what was used."""
    words = {squash(bare_name(name)) for name in names}
    return (
        "costtype" in words
        and bool(words & {"cost", "unroundedcost"})
        and bool(words & {"usagestartdate", "credittype", "unroundedcost"})
        and len(words & set(WHAT)) >= 2
        and len(words & FOCUS) < 6
    )


def bare_name(heading: str) -> str:
    """A heading without its currency.

    >>> bare_name("Unrounded cost (€)"), bare_name("Cost ($)"), bare_name("Usage amount")
    ('Unrounded cost', 'Cost', 'Usage amount')
    """
    match = UNIT.fullmatch(heading.strip())
    return match["name"] if match else heading


def cells_of(line: str) -> list[str]:
    """The cells of a line, by the mark that it uses."""
    try:
        return next(csv.reader([line], delimiter=find_delimiter(line)), [])
    except csv.Error:
        return []


def heading(text: str) -> int | None:
    """How many lines stand above the headings; None where there are no headings."""
    lines = itertools.islice(io.StringIO(text.lstrip("\ufeff"), newline=""), TOP)
    return next((i for i, line in enumerate(lines) if is_head(cells_of(line.strip()))), None)


def sheet_of(source: Source) -> Sheet:
    """The table of a file. Raises InputError where a column of cost stands twice."""
    top: dict[str, str] = {}
    below = source
    if source.kind == "csv":
        lines = io.StringIO(decode(source).lstrip("\ufeff"), newline="")
        for _ in range(heading(head_text(source)) or 0):
            key, *values = [cell.strip() for cell in cells_of(lines.readline().strip())] or [""]
            if SURROGATE.search(text := " ".join([key, *values]).strip()):
                raise InputError(
                    f"{source.name}: the line '{shown(text)[:60]}' above the headings holds bytes that are no text. Download it again."
                )
            top.setdefault(squash(key), next(filter(None, values), ""))
        data = lines.read().encode("utf-8", "surrogateescape")
        below = Source(
            source.name, "csv", source.sha256, len(data), data=data,
            notes=source.notes, broken=source.broken,
        )  # fmt: skip
    table = below.table
    names = table.schema.names
    units = [match["unit"].strip() for name in names if (match := UNIT.fullmatch(name.strip()))]
    bare = [bare_name(name) for name in names]
    if len(set(map(squash, bare))) < len(bare):
        raise InputError(
            f"{source.name}: a column of cost stands twice, in two currencies: which one counts? Take one out."
        )
    return Sheet(source.name, top, units, table.rename_columns(bare))
