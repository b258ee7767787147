"""The last net: whatever goes wrong ends in one sentence; a traceback is kept in a file and the file is named.

Exit codes: 0 done, 1 something unexpected (a fault of ours), 2 something to mend (input, settings, disk, rights), 130 stopped by the
user, 141 the reader of a pipe went away.
"""

from __future__ import annotations

import codecs
import errno
import os
import sys
import tempfile
import traceback
from importlib.metadata import version

from ..errors import DISK_FULL, NOT_ALLOWED

NO_PLACE = frozenset(
    {errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR}
)  # a path on which nothing can lie

PLAIN = {
    "←": "<-",
    "→": "->",
    "·": "-",
    "–": "-",
    "—": "-",
    "…": "...",
    "×": "x",
    "±": "+-",
    "−": "-",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "≥": ">=",
    "≤": "<=",
    "≈": "~",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "§": "section ",
    "\u00a0": " ",
    "\u202f": " ",
}


def _in_ascii(problem: UnicodeError):
    """What a terminal cannot show, in letters it can: signs by their like, other letters as \\uXXXX."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    part = problem.object[problem.start : problem.end]
    return "".join(
        PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in part
    ), problem.end


codecs.register_error("finops", _in_ascii)


def any_terminal() -> None:
    """Standard output and error take every character, whatever the terminal's encoding is."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="finops")


def sentence(problem: BaseException) -> tuple[str, int]:
    """(what to say, exit code) of a problem that no command foresaw.

    >>> import errno
    >>> sentence(OSError(errno.ENOSPC, "No space left on device", "reports/x"))[0]
    'reports/x: the disk is full (No space left on device). What was there before is as it was. Make room, then run the command again.'
    """
    if isinstance(problem, OSError) and problem.errno in DISK_FULL:
        return (
            f"{_place(problem)}the disk is full ({problem.strerror}). What was there before is as it was. "
            "Make room, then run the command again."
        ), 2
    if isinstance(problem, OSError) and problem.errno in NOT_ALLOWED:
        return (
            f"{_place(problem)}this cannot be read or written here ({problem.strerror}). What was there before is as it was. "
            "Check the rights of the folder, or write somewhere else (--out, or ledger, runs and reports in finops.yaml)."
        ), 2
    if isinstance(problem, OSError) and problem.errno in NO_PLACE:
        return (
            f"{_place(problem)}this cannot lie here ({problem.strerror}). What was there before is as it was. "
            "Give another place (--out, or ledger, runs and reports in finops.yaml)."
        ), 2
    if isinstance(problem, MemoryError):
        return (
            "the memory of this machine does not suffice. Nothing was published. Take fewer paths, units or months.",
            2,
        )
    return (
        f"something unexpected went wrong ({_short(problem)}). This is a fault of finops-model, not of your files. {keep(problem)}",
        1,
    )


def keep(problem: BaseException) -> str:
    """Where the traceback is kept, as a sentence; a file of this user alone in the temporary folder."""
    text = (
        f"finops-model {version('finops-model')}, Python {sys.version.split()[0]}, {sys.platform}\n"
        + "".join(traceback.format_exception(problem))
    )
    try:
        handle, name = tempfile.mkstemp(prefix="finops-error-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as second:
        return f"Its details could not be kept ({second.strerror})."
    return f"Its details are kept in {name}: send that file along when you report it."


def _place(problem: OSError) -> str:
    return (
        f"{os.fsdecode(problem.filename)}: "
        if problem.filename is not None and not isinstance(problem.filename, int)
        else ""
    )


def _short(problem: BaseException, most: int = 160) -> str:
    words = " ".join(str(problem).split())
    return (
        f"{type(problem).__name__}: {words[:most]}{'…' if len(words) > most else ''}"
        if words
        else type(problem).__name__
    )
