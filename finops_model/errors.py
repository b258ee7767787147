"""What can go wrong, and how it is said: where, what, nearest match, what is allowed, what to do.

FinOpsError
├── InputError      a file from outside: bill, budget, driver, invoice, mapping
├── LedgerError     the ledger: unknown month, unknown unit, a delivery that may not replace another
├── ScenarioError   a scenario document
├── PriceError      prices, rate forms, commitments
├── ForecastError   a history that cannot be forecast
├── ReportError     rendering, publishing, verifying
└── RecordsError    the records: a period that is closed, an approval by its author, a store that cannot be used
"""

from __future__ import annotations

import difflib
import errno
import unicodedata
from collections.abc import Iterable


class FinOpsError(Exception):
    """An error a user can act on: `str(error)` is the whole message, in words, on a few lines.

    Its subclasses say what cannot be used (module docstring); `exit_code` is that of a command.

    Examples
    --------
    >>> try:
    ...     raise PriceError("gpu: there is no price on 2026-10-31.")
    ... except FinOpsError as problem:
    ...     print(problem, problem.exit_code)
    gpu: there is no price on 2026-10-31. 2
    """

    exit_code = 2

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the message, which is all that a user can act on, and no wall of our code.

        >>> FinOpsError("gpu: there is no price.")._render_traceback_()
        ['FinOpsError: gpu: there is no price.']
        """
        return [f"{type(self).__name__}: {self}"]


class InputError(FinOpsError):
    """A file from outside cannot be used as it is."""


class LedgerError(FinOpsError):
    """The ledger refuses what was asked of it."""


class ScenarioError(FinOpsError):
    """A scenario document makes no sense."""


class PriceError(FinOpsError):
    """A price, rate form or commitment makes no sense."""


class ForecastError(FinOpsError):
    """A history cannot be forecast."""


class ReportError(FinOpsError):
    """A report cannot be rendered, published or verified."""


class RecordsError(FinOpsError):
    """The records refuse what was asked of them, or cannot be used."""


class PriceWarning(UserWarning):
    """A price is given, and nobody confirmed it for what was asked."""


# What an operating system answers where it does not write, by errno: the one home of these codes.
DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
WHY = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EROFS: "the file system can only be read",
    errno.EACCES: "permission denied",
}


def why_not_written(problem: OSError) -> str | None:
    """Why a file could not be written, in words; None where the answer of the system has none here.

    >>> why_not_written(OSError(errno.ENOSPC, "No space left on device"))
    'the disk is full'
    >>> why_not_written(OSError(errno.EIO, "Input/output error")) is None
    True
    """
    return WHY.get(problem.errno or 0)


def printable(text: str) -> str:
    """Text from outside that cannot steer a terminal or a page: without control, format or bidirectional characters; lines stay.

    >>> printable("a\\x1b[31mb\\u202e\\n")
    'a[31mb\\n'
    """
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C")


def nearest(word: str, allowed: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The allowed word most like `word`, or None where none is at least as like as `cutoff` (1 = the same).

    >>> nearest("gradated", ["linear", "graduated"])
    'graduated'
    """
    words = {str(name).casefold(): str(name) for name in allowed}
    found = difflib.get_close_matches(str(word).casefold(), words, n=1, cutoff=cutoff)
    return words[found[0]] if found else None


def listing(words: Iterable[str], most: int = 12) -> str:
    """Words for a message, the first `most` of them; one that is longer than any name is cut.

    >>> listing(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    words = [word if len(word) <= 100 else f"{word[:97]}…" for word in map(str, words)]
    if len(words) <= most:
        return ", ".join(words) if words else "none"
    return f"{', '.join(words[:most])} and {len(words) - most} more"


def as_written(value, most: int = 60) -> str:
    """A value of a document as whoever wrote it knows it: never a word of Python.

    >>> [as_written(value) for value in (None, True, [], {"a": 1}, "chat", 12, 0.5)]
    ['nothing', 'true', 'a list', 'a mapping', "'chat'", "'12'", "'0.5'"]
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return "a list"
    return "a mapping" if isinstance(value, dict) else f"'{str(value)[:most]}'"


def several(count: int, noun: str) -> str:
    """A count with its noun: 1 row, 2 rows.

    >>> several(1, "row"), several(2_000, "row"), several(0, "different one")
    ('1 row', '2,000 rows', '0 different ones')
    """
    return f"{count:,} {noun if count == 1 else noun + 's'}"


def together(words: Iterable[str]) -> str:
    """Words in a row, all of them.

    >>> together(["a", "b", "c"]), together(["a"])
    ('a, b and c', 'a')
    """
    words = [str(word) for word in words]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def unknown(where: str, kind: str, word: str, allowed: Iterable[str], do: str = "") -> str:
    """The message for a name that is not known.

    >>> print(unknown("scenarios/a.yaml: prices.x.rate", "rate form", "gradated", ["graduated", "linear"]))
    scenarios/a.yaml: prices.x.rate: unknown rate form 'gradated'. Did you mean 'graduated'? Known: graduated, linear.
    """
    allowed = [str(name) for name in allowed]
    guess = nearest(word, allowed)
    hint = f" Did you mean '{guess}'?" if guess else ""
    place = f"{where}: " if where else ""
    action = f" {do}" if do else ""
    return f"{place}unknown {kind} '{word}'.{hint} Known: {listing(allowed)}.{action}"
