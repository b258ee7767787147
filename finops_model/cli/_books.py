"""`finops compare BOOK.xlsx`: the what-ifs of an Excel book, and scenario files with it."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError
from ._answers import show
from ._shared import Bars, err


def compare_book(
    books: list, files: list, chosen, how: dict, refused: list, as_json: bool, export: Path | None
) -> None:
    """What-ifs of an Excel book, and of scenario files with it, side by side; the results stand in a book beside it."""
    from ..front.book import results
    from ..front.workbench import Workbench

    if len(books) > 1:
        raise InputError("compare: one book at a time; put the what-ifs into sheets of one book.")
    if refused:
        raise InputError(
            f"compare: {refused[0]} is for scenario files; a book is compared without it."
        )
    with Bars() as bars:
        bench = Workbench(chosen, progress=bars, **how)
        for file in files:
            bench.load(file)
        answer, target = results.compare_book(books[0], bench)
    show(answer, as_json, export)
    err.print(f"{target}: written. {books[0]} is as it was.")
