"""Whether the rows are those that were written: each against its hash, each against the row before (docs/method §14.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import RecordsError, printable
from .rows import GENESIS, hash_of, name_of
from .tables import RULES

SHOWN = ("id", "at", "author", "kind", "entity", "period")  # of a row, to a reader
LEAST = 12  # digits of a head that is given


def problems(rows: Sequence[Sequence], rules: Mapping[str, str]) -> list[str]:
    """What is wrong with rows in the order of their ids, and with the rules of their file; a sentence each.

    >>> fields = (1, "2026-11-03T09:30:00Z", "anna", "decision", "", "2026-10", "{}", GENESIS)
    >>> problems([(*fields, hash_of(fields))], RULES)
    []
    >>> problems([(*fields, "0")], RULES)[0]
    'row 1 (decision, 2026-10, by anna at 2026-11-03T09:30:00Z) was changed after it was written: its hash is not that of what it says.'
    """
    wrong, before, last = [], GENESIS, 0
    for i, row in enumerate(rows):
        number, previous, own = row[0], row[7], row[8]
        if number != last + 1:
            missing = (
                f"row {last + 1}" if number == last + 2 else f"rows {last + 1} to {number - 1}"
            )
            wrong.append(f"{missing} {'is' if number == last + 2 else 'are'} missing.")
        elif previous != before:
            wrong.append(
                f"{name_of(rows[i - 1])} is not the one that row {number} was written after: it was changed, or exchanged for another."
                if i
                else f"{name_of(row)} is not the first that was written here."
            )
        if not _as_written(row):
            wrong.append(
                f"{name_of(row)} was changed after it was written: its hash is not that of what it says."
            )
        before, last = own, number
    if not rows and not rules:  # no file yet
        return wrong
    wrong += [
        f"the rule '{name}' of the file was taken out or changed: somebody has worked on the file with another program."
        for name, text in RULES.items()
        if rules.get(name) != text
    ]
    wrong += [
        f"the rule '{printable(name)}' of the file is none of ours: somebody has worked on the file with another program."
        for name in rules
        if name not in RULES
    ]
    return wrong


def expected(rows: Sequence[Sequence], head: str) -> tuple[Sequence | None, list[str]]:
    """The row whose hash is or begins with a chain head that was printed, and what is wrong where there is none.

    Raises RecordsError for what is no head.

    >>> expected([], "4f1c2a9be03d")[1]
    ['the chain head 4f1c2a9be03d is not there: the rows that led to it were changed or taken away.']
    """
    asked = head.strip().lower()
    if len(asked) < LEAST or not set(asked) <= set("0123456789abcdef"):
        raise RecordsError(
            f"--expect: '{head[:80]}' is no chain head. Give at least {LEAST} of its digits, 0 to 9 and a to f, as the report prints it."
        )
    for row in rows:
        if str(row[8]).startswith(asked):
            return row, []
    return None, [
        f"the chain head {asked} is not there: the rows that led to it were changed or taken away."
    ]


def whole(place: str, count: int, head: str, found: Sequence | None = None) -> str:
    """What to say of records that are as they were written.

    >>> whole("records.sqlite", 0, "")
    'records.sqlite: nothing was recorded yet.'
    """
    if not count:
        return f"{place}: nothing was recorded yet."
    since = ""
    if found is not None:
        later = count - found[0]
        since = f" The head you expect is {name_of(found)}" + (
            f"; {later} more since." if later else ", the newest."
        )
    return f"{place}: {count} {'row is' if count == 1 else 'rows are'} as written. Chain head {head}.{since}"


def _as_written(row: Sequence) -> bool:
    try:
        return hash_of(row[:8]) == row[8]
    except (TypeError, ValueError):  # a field that is no text any more
        return False
