"""The text of a delivered file: its encoding, its JSON, what is wrong with it, and the lines that never became rows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Protocol

from ....errors import InputError


class Delivered(Protocol):
    """What the readers of text cells need of a delivered file (files/readers.py: Source)."""

    name: str
    kind: str
    data: Any
    frame: Any
    notes: list[str]
    broken: list[BrokenRow]

    @property
    def document(self) -> Any:
        """The JSON document; numbers stay text."""


@dataclass(frozen=True)
class BrokenRow:
    """A line that never became a row: its 1-based data row, the column if known, why, and the text as it stood."""

    row: int
    column: str
    kind: str
    reason: str
    raw: str


def short(problem: object, most: int = 120) -> str:
    """An error of a library on one short line."""
    return " ".join(str(problem).split())[:most].rstrip(".")


def read_json(text: str) -> Any:
    """JSON with exact numbers (as text) and without duplicate keys.

    >>> read_json('{"a": 0.10, "b": NaN}')
    {'a': '0.10', 'b': 'NaN'}
    """

    def once(pairs):
        built = dict(pairs)
        if len(built) != len(pairs):
            seen = [key for key, _ in pairs]
            raise ValueError(f"key '{next(k for k in seen if seen.count(k) > 1)}' appears twice")
        return built

    return json.loads(
        text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=once
    )


def decode(source: Delivered) -> str:
    """The text of a file: UTF-8 (with or without mark), UTF-16 and UTF-32 by mark or zeros, else Windows-1252 with a note.

    Where some lines beyond ASCII are UTF-8 and some are not, the file is UTF-8 and the bytes of the others stay marked (surrogate
    escapes), so that the reader refuses their rows: one stray byte never changes the letters of the others (docs/method §13.33). So do
    those that Windows-1252 does not know either.
    """
    kind = encoding_of(source.data)
    try:
        text = source.data.decode(kind)
    except UnicodeDecodeError as problem:
        if kind != "utf-8-sig":
            raise InputError(
                f"{source.name}: looks like {kind.upper()} but is not (byte {problem.start}). "
                "Export it as UTF-8."
            ) from None
        return _not_all_utf8(source)
    if kind != "utf-8-sig":
        source.notes.append(f"not UTF-8: read as {kind}")
    return text


def encoding_of(data: bytes) -> str:
    """utf-32 and utf-16 by their marks, utf-16-le or -be by its zeros, else utf-8-sig."""
    if data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return "utf-32"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if len(data) > 3 and data[1:200:2].count(0) > 0.4 * len(data[1:200:2]):
        return "utf-16-le"
    if len(data) > 3 and data[0:200:2].count(0) > 0.4 * len(data[0:200:2]):
        return "utf-16-be"
    return "utf-8-sig"


def _not_all_utf8(source: Delivered) -> str:
    data = source.data
    beyond = [
        (number, line) for number, line in enumerate(data.split(b"\n"), 1) if not line.isascii()
    ]
    strange = [number for number, line in beyond if not _is_utf8(line)]
    if len(strange) == len(beyond):
        source.notes.append("not UTF-8: read as Windows-1252")
        return data.decode("cp1252", "surrogateescape")
    lines = "1 line is not UTF-8" if len(strange) == 1 else f"{len(strange):,} lines are not UTF-8"
    source.notes.append(
        f"{lines} (line {strange[0]}{' first' if len(strange) > 1 else ''}) where others are: refused, "
        "not read another way"
    )
    return data.decode("utf-8-sig", "surrogateescape")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


STRAY = re.compile("[\udc80-\udcff]")


def stray(text: str) -> str:
    r"""What is wrong with a text whose bytes were not UTF-8, or ''.

    >>> stray("Z\udcfcrich"), stray("Zürich")
    ("holds the byte 0xFC, which is not UTF-8: 'Z?rich'", '')
    """
    match = STRAY.search(text)
    if not match:
        return ""
    return f"holds the byte 0x{ord(match[0]) - 0xDC00:02X}, which is not UTF-8: '{' '.join(STRAY.sub('?', text).split())[:40]}'"


def shown(text: str) -> str:
    r"""A text that can be stored and printed: bytes that are no UTF-8, and halves of characters, as escapes.

    >>> shown("Z\udcfcrich \ud800")
    'Z\\xfcrich \\ud800'
    """
    if text.isascii():
        return text
    return (
        STRAY.sub(lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", text)
        .encode("utf-8", "backslashreplace")
        .decode()
    )
