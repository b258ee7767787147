"""Which version made a report: what pages need to be the same again (docs/method §15.61)."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from ...errors import together
from ..lineage import code_hash, environment

MADE_WITH = {"code": "finops-model", "lock": "packages", "python": "Python"}
ANOTHER = (
    "another version made it ({what}), so its pages and workbook cannot be made again byte for byte. Use that version, or compare its "
    "figures alone: finops verify {place} --numbers-only"
)
NUMBERS_ONLY = "pages, workbook, slider data, PDF, mail and index were not compared: --numbers-only holds figures alone"
NOT_AGAIN = "its pages, workbook and slider data were not made again: another version made them"


def made_with(lineage: Mapping, place: str, numbers_only: bool) -> tuple[list[str], bool]:
    """(why its pages cannot be made again, whether the same code, packages and Python made it).

    lineage   of its brief;  place: how the user calls it
    """
    now = {"code": code_hash(), "lock": environment(), "python": platform.python_version()}
    others = [
        f"{MADE_WITH[name]} {str(lineage.get(name))[:12]} then, {value[:12]} now"
        for name, value in now.items()
        if lineage.get(name) != value
    ]
    if not others or numbers_only:
        return [], not others
    return [ANOTHER.format(what=together(others), place=place)], False
