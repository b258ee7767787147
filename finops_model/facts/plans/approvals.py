"""At what time of its day a budget was approved: column `approved_at` of a budget file (docs/method §9.42)."""

from __future__ import annotations

import re

from ...errors import InputError
from .sheet import Sheet

TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?")


def columns(sheet: Sheet, at: list[int]) -> dict[str, list[str]]:
    """At what time of its day each line was approved, 10:22:31; no column where the file has none. Raises InputError for what is no time."""
    if sheet.find("approved_at") is None:
        return {}
    cells = sheet.cells("approved_at")
    for i, cell in enumerate(cells):
        if cell and not TIME.fullmatch(cell):
            raise InputError(
                f"{sheet.at(i, 'approved_at')}: '{cell[:40]}' is not a time of day. Write it as 10:22:31, in UTC, or leave it empty."
            )
    return {"approved_at": [cells[i] for i in at]}
