"""Two names of a folder exchanged in one step, and links made: what the file system has to give (docs/method §15.31)."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

from ...errors import ReportError

AT_FDCWD, RENAME_EXCHANGE = -100, 2
NOT_THERE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}


def exchange(one: Path, other: Path) -> None:
    """Each of two paths gets what lay at the other: in one step, else by renames in between which `one` is missing for a moment.

    Raises OSError.
    """
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        call = None  # no Linux, or an old one
    if call is not None:
        paths = [os.fsencode(path) for path in (one, other)]
        if call(AT_FDCWD, paths[0], AT_FDCWD, paths[1], RENAME_EXCHANGE) == 0:
            return
        if (code := ctypes.get_errno()) not in NOT_THERE:
            raise OSError(code, os.strerror(code), str(one))
    aside = other.with_name(f"{other.name}.aside")
    os.rename(one, aside)
    os.rename(other, one)
    os.rename(aside, other)


def link(target: str, path: Path) -> None:
    """A symbolic link at `path`. Raises ReportError where the file system has none."""
    try:
        os.symlink(target, path)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError) as problem:
        why = getattr(problem, "strerror", None) or "this system has none"
        raise ReportError(
            f"{path}: no link could be made there ({why}), and an archive of reports needs links. Publish into a folder on another "
            "file system: --out."
        ) from None
