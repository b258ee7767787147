"""Files of a published report held against the same files made again: byte for byte, a PDF by its text (docs/method §15.5)."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...errors import printable, together
from .pdf import text_of

KINDS = {"report.html": "page", "mail.html": "mail", "company.html": "page", "index.html": "page"}
BY_TEXT = ".pdf"
NO_PDF = "{name} was not made again: no Chromium prints here"
SHOWN = 60  # characters of a place that are shown
MOST_CELLS = 200_000  # cells of a workbook that are looked at for the first that differs
MOST_TEXT = 400_000  # characters of a text that are looked at for the place that differs


def compare(
    folder: Path, listed: Iterable[str], made: Mapping[str, bytes]
) -> tuple[list[str], list[str]]:
    """(what differs, what was not compared) of the files that a report lists, a sentence each.

    made   the files made again, by name; the manifest among them is compared apart
    """
    problems: list[str] = []
    passed: list[str] = []
    names = list(dict.fromkeys(listed))
    for name in names:
        if name not in made:
            if name.endswith(BY_TEXT):
                passed.append(NO_PDF.format(name=name))
            else:
                problems.append(
                    f"{name} is no file of a report: the version that made it makes none of this name"
                )
            continue
        problem = differs(name, (folder / Path(name).name).read_bytes(), made[name])
        if problem:
            problems.append(problem)
    problems += [
        f"{name} is missing: it is made with the report, and neither the folder nor its manifest has it"
        for name in sorted(set(made) - {*names, "manifest.json"})
        if not name.endswith(BY_TEXT)  # a publication on a machine without Chromium has none
    ]
    return problems, passed


def differs(name: str, there: bytes, made: bytes) -> str:
    """How a file differs from what it is when it is made again, in a sentence; '' where it does not."""
    if there == made:
        return ""
    if name.endswith(BY_TEXT):
        return _pdf(name, there, made)
    if name.endswith((".html", ".txt")):
        place = _place(_seen(there, name), _seen(made, name))
        what = KINDS.get(name, "text")
        if place:
            return f"{name} is not the {what} that is made again: {place}"
        return (
            f"{name} is not the {what} that is made again: its text is the same, its markup is not"
        )
    if name.endswith(".xlsx"):
        return f"{name} is not the workbook that is made again: {_cell(there, made)}"
    return f"{name} is not the file that is made again"


def manifest_differs(there: Mapping, made: Mapping) -> str:
    """What a manifest says that it would not when made again, its list of files apart; '' for nothing."""
    keys = [
        key
        for key in dict.fromkeys([*there, *made])
        if key != "files" and there.get(key) != made.get(key)
    ]
    if not keys:
        return ""
    return f"manifest.json is not the one that is made again: it says something else of {together(keys)}"


def _pdf(name: str, there: bytes, made: bytes) -> str:
    texts = [text_of(data) for data in (there, made)]
    if None in texts:
        return f"{name} is not the PDF that is made again: its text cannot be read"
    if len({"".join(str(text).split()) for text in texts}) == 1:
        return ""
    place = _place(str(texts[0]), str(texts[1]))
    return f"{name} is not the PDF that is made again: {place}" if place else ""


def _seen(data: bytes, name: str) -> str:
    """What a reader sees of a page: its text, white space as one."""
    text = data.decode("utf-8", errors="replace")
    if name.endswith(".html"):
        text = re.sub(r"<style.*?</style>|<[^>]*>", " ", text, flags=re.S)
        text = html.unescape(text)
    return " ".join(text.split())


def _place(there: str, made: str) -> str:
    """The first place in which two texts differ, in words."""
    there, made = there[:MOST_TEXT], made[:MOST_TEXT]
    if there == made:
        return ""
    words = there.split(" "), made.split(" ")
    first = next(
        (i for i, (a, b) in enumerate(zip(*words, strict=False)) if a != b), min(map(len, words))
    )
    start = max(first - 4, 0)
    parts = [" ".join(side[start : first + 6]) for side in words]
    one, other = (printable(part)[:SHOWN] for part in parts)
    return f"it says '{one}' where '{other}' is made"


def _cell(there: bytes, made: bytes) -> str:
    """The first cell in which two workbooks differ, in words."""
    import openpyxl

    try:
        books = [openpyxl.load_workbook(io.BytesIO(data), read_only=True) for data in (there, made)]
        names = [book.sheetnames for book in books]
        if names[0] != names[1]:
            return f"its sheets are {together(names[0])} where {together(names[1])} are made"
        seen = 0
        for name in names[0]:
            rows = [book[name].iter_rows(values_only=True) for book in books]
            for number, (one, other) in enumerate(zip(*rows, strict=False), start=1):
                seen += len(one)
                if one != other:
                    return _of_row(name, number, one, other)
                if seen > MOST_CELLS:
                    break
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError, TypeError, EOFError):
        return "it cannot be opened"
    return "its cells are the same, its form is not"


def _of_row(sheet: str, number: int, one: tuple, other: tuple) -> str:
    from openpyxl.utils import get_column_letter

    column = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    there, made = (
        printable(str(row[column]))[:SHOWN] if column < len(row) and row[column] is not None else ""
        for row in (one, other)
    )
    return f"{sheet} {get_column_letter(column + 1)}{number} holds '{there}' where '{made}' is made"


def read_json(path: Path) -> dict:
    """A JSON document of ours; {} for what is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
