"""SHELF of mappings that everybody may use: one YAML file per export of a table, known by its columns (docs/mapping.md, docs/method §13.84).

A file adds an export; no list is edited. It holds `title`, `source` (where its columns are described), `sign` (columns that together are
nobody else's) and `mapping` (docs/mapping.md). Names are compared without case, marks and spaces.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
from pydantic import Field

from .... import resources
from ....documents import checked, load_yaml
from ....errors import InputError, together
from ....settings import Strict
from ..mapping import Mapping
from ..shape.heading_words import ROLES
from ..vendors import squash

FOLDER = resources.path("tables", beside=__package__)


class Shared(Strict):
    """A shipped mapping: title for readers, where its columns are described, columns that are its sign, which column is what."""

    title: str
    source: str = ""
    sign: tuple[str, ...] = Field(min_length=2)
    mapping: Mapping


@cache
def shelf(folder: Path = FOLDER) -> dict[str, Shared]:
    """The shipped mappings by file name.

    >>> "github_usage" in shelf()
    True
    """
    return {path.stem: checked(Shared, load_yaml(path)) for path in sorted(folder.glob("*.yaml"))}


def recognised(frame: pd.DataFrame, folder: Path = FOLDER) -> tuple[Shared, Mapping] | None:
    """The shipped mapping whose sign a table has, and it with the table's own spelling; None for none.

    Of two the one whose sign holds the other's. Raises InputError where that does not decide; names both.
    """
    names = {squash(column): column for column in reversed(list(frame.columns))}
    signs = {
        name: frozenset(map(squash, one.sign))
        for name, one in shelf(folder).items()
        if set(map(squash, one.sign)) <= set(names)
    }
    known = [name for name in signs if not any(signs[name] < other for other in signs.values())]
    if not known:
        return None
    if len(known) > 1:
        raise InputError(
            f"{frame.attrs.get('name', 'table')}: {len(known)} shared mappings know it ({together(known)}). Write a mapping of your own and give it "
            "with --mapping (docs/mapping.md)."
        )
    one = shelf(folder)[known[0]]
    kept = one.mapping
    columns = {role: names.get(squash(column)) for role in ROLES if (column := getattr(kept, role))}
    beside = {
        field: {
            names[squash(c)]: kind for c, kind in getattr(kept, field).items() if squash(c) in names
        }
        for field in ("add", "subtract")
    }
    ignore = tuple(names[squash(c)] for c in kept.ignore if squash(c) in names)
    if not columns.get("amount") or not (columns.get("date") or columns.get("month")):
        return None
    return one, kept.model_copy(update={**columns, **beside, "ignore": ignore})
