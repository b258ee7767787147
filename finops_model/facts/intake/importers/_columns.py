"""What importers of large exports share: columns by squashed heading and by key of a map, read by their distinct cells.

Cells are taken by column: a function is called once for each distinct set of cells, so that a report of millions of lines costs little more than
its different lines. Memory is that of a batch.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..files.cells import whole_characters
from ..vendors import squash


class Columns:
    """The columns of a piece of a report: text, '' where a cell is empty or a column is not there.

    `maps` are headings whose cells are maps; their keys count as columns.
    """

    def __init__(self, table: pa.Table, maps: tuple[str, ...] = ()):
        self.rows = table.num_rows
        self.table = table
        self.names = {squash(name): name for name in reversed(table.schema.names)}
        self.maps = {word: self._taken(self.names[word]) for word in maps if word in self.names}

    def has(self, name: str) -> bool:
        """Whether a heading is there, in any spelling."""
        return squash(name) in self.names

    def text(self, *names: str) -> pa.Array:
        """The first of these headings that has a cell, row by row."""
        cells = pa.repeat(pa.scalar("", pa.string()), self.rows)
        for name in reversed(names):
            for column in self._of(name):
                cells = pc.if_else(pc.equal(column, ""), cells, column)
        return cells

    def each(self, columns: list[pa.Array], read: Callable[..., str | None]) -> pa.Array:
        """What `read` makes of the cells of each row; called once for each distinct set of cells."""
        codes = np.zeros(self.rows, np.int64)
        for column in columns:
            coded = column.dictionary_encode()
            codes = codes * max(len(coded.dictionary), 1) + coded.indices.to_numpy(
                zero_copy_only=False
            )
            codes = np.unique(codes, return_inverse=True)[1]
        _, first, place = np.unique(codes, return_index=True, return_inverse=True)
        sets = zip(*(column.take(pa.array(first)).to_pylist() for column in columns), strict=True)
        return pa.array([read(*cells) for cells in sets], pa.string()).take(pa.array(place))

    def only(
        self, rows: np.ndarray, columns: list[pa.Array], read: Callable[..., str], other: pa.Array
    ) -> pa.Array:
        """What `read` makes of the cells of the rows of a mask; `other` on all others."""
        at = np.flatnonzero(rows)
        if not len(at):
            return other
        picked = pa.array(at)
        texts = [
            read(*cells)
            for cells in zip(*(column.take(picked).to_pylist() for column in columns), strict=True)
        ]
        place = np.zeros(self.rows, np.int64)
        place[at] = np.arange(len(at))
        return pc.if_else(pa.array(rows), pa.array(texts, pa.string()).take(pa.array(place)), other)

    def _of(self, name: str) -> list[pa.Array]:
        """Where the cells of a heading stand: the key of a map, then a column of its own (which counts where both are filled)."""
        word, columns = squash(name), []
        for prefix, cells in self.maps.items():
            if word.startswith(prefix) and word != prefix:
                key = word[len(prefix) :]
                columns.append(self.each([cells], lambda text, key=key: keys(text).get(key, "")))
        return columns + ([self._taken(self.names[word])] if word in self.names else [])

    def _taken(self, name: str) -> pa.Array:
        column = self.table.column(name).cast(pa.string()).combine_chunks()
        column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        return pc.fill_null(column, "")


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    """The members of a JSON object; a key that appears twice with different values makes it unreadable."""
    built = dict(members)
    if any(built[key] != value for key, value in members):
        raise ValueError("a key appears twice with different values")
    return built


@lru_cache(maxsize=4096)
def pairs(text: str) -> dict[str, str] | None:
    """The pairs of a map written as a JSON object, values as text; None where it is none.

    >>> pairs('{"user_team": "search", "n": 1.50}'), pairs("team=search"), pairs('{"a": 1, "a": 2}')
    ({'user_team': 'search', 'n': '1.50'}, None, None)
    """
    try:
        document = (
            json.loads(
                text,
                parse_float=str,
                parse_int=str,
                parse_constant=str,
                object_pairs_hook=_once,
            )
            if text
            else {}
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    return {
        key: value if isinstance(value, str) else "" if value is None else json.dumps(value)
        for key, value in document.items()
    }


@lru_cache(maxsize=4096)
def keys(text: str) -> dict[str, str]:
    """The pairs of a map by squashed key; {} where it cannot be read."""
    return {squash(key): whole_characters(value) for key, value in (pairs(text) or {}).items()}


def number(text: str) -> Decimal | None:
    """A plain number of a size that money has, exactly; else None.

    >>> number(" 1.50 "), number("1e99"), number("1_000"), number("")
    (Decimal('1.50'), None, None, None)
    """
    try:
        value = Decimal(text.strip()) if text.isascii() and "_" not in text else None
    except InvalidOperation:
        return None
    return (
        value if value is not None and value.is_finite() and -40 < value.adjusted() < 40 else None
    )
