"""An export that a spreadsheet programme opened and saved again: `;` between cells, 36,26 for 36.26, 01.03.2026 for 2026-03-01.

What it changed cannot be told from the file: an Excel that writes 36,26 reads 1.250 as 1250, and 3.26 as a month. So such a file is no
export any more: it is refused whole, and never taken in part because some of its amounts happen to be whole numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ....errors import InputError
from .readers import Source, head_text
from .textcells import NAMES, find_delimiter

NUMBER = r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+(E[+-]?\d+)?"
TIME = r"( \d{1,2}:\d\d(:\d\d)?( [AP]M)?)?"
WRITTEN = re.compile(rf"({NUMBER}|\d{{1,2}}\.\d{{1,2}}\.(\d\d)?\d\d{TIME})")
AMERICAN = re.compile(rf"\d{{1,2}}/\d{{1,2}}/(\d\d)?\d\d{TIME}")
REFUSED = re.compile(  # as files/cells.py and importers of usage say it
    r"'(?P<cell>.*)' is (not a (plain number|date); write .*|no (amount|quantity|number|day|time|moment))"
)
UNOPENED = "A spreadsheet programme that saves the file again writes so: download it anew and give it unopened"
CHANGED = "which can change amounts unseen (1.250 becomes 1250)"


def delimiter(source: Source) -> str:
    """What stands between the cells of a CSV; ',' of any other kind of file."""
    if source.kind != "csv":
        return ","
    lines = (line for line in head_text(source).lstrip("\ufeff").splitlines() if line.strip())
    first = next(lines, "")
    return first[4] if re.fullmatch(r"sep=.\s*", first) else find_delimiter(first)


def noted(source: Source) -> list[str]:
    """What is said of a vendor's own export whose cells are not divided by commas; [] of any other."""
    mark = delimiter(source)
    if mark == ",":
        return []
    return [
        f"a {NAMES.get(mark, repr(mark))} stands between the cells, and vendors write commas: if a spreadsheet programme saved the file again, "
        f"{CHANGED}, take the original download"
    ]


def refuse(
    source: Source,
    rows: int,
    refused: Iterable[tuple[int, str, str]],
    *,
    focus: bool = False,
    mapping: bool = True,
) -> None:
    """Raise InputError for a CSV whose rows are refused for numbers or dates as a spreadsheet programme writes them.

    rows      of the whole file
    refused   (row, column, reason) of each refused row
    focus     a FOCUS table, which people write by hand too: 7/1/2026 is a slip there
    mapping   a mapping can read it as a table
    Between commas one such cell is a slip, quarantined like any other; half of the rows are none.

    >>> from .readers import Source
    >>> bill = Source("bill.csv", "csv", "", 9, data=b"Day;Cost\\n")
    >>> refuse(bill, 2, [(1, "BilledCost", "is empty")])
    >>> refuse(bill, 2, [(1, "BilledCost", "'1,50' is not a plain number; write 1234.50")])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    finops_model.errors.InputError: bill.csv: row 1, BilledCost: '1,50' is how a spreadsheet programme such as Excel writes it: ...
    """
    if source.kind != "csv":
        return
    signs = (WRITTEN,) if focus else (WRITTEN, AMERICAN)
    written = [
        (row, column, match["cell"])
        for row, column, reason in refused
        if (match := REFUSED.fullmatch(reason))
        and any(one.fullmatch(match["cell"].strip()) for one in signs)
    ]
    if not written or (delimiter(source) == "," and 2 * len(written) < rows):
        return
    row, column, cell = written[0]
    table = (
        f' Where that is not possible, add it as a table: finops add {source.name} --mapping FILE, with decimal: "," and date_order: day first '
        "where it writes so (docs/mapping.md)."
    )
    raise InputError(
        f"{source.name}: row {row}, {column}: '{cell}' is how a spreadsheet programme such as Excel writes it: the export was opened and saved "
        f"again, {CHANGED}. Nothing was taken in. Download it again and give that file unopened.{table if mapping else ''}"
    )
