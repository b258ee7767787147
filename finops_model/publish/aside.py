"""Working folders beside what is being made: marked and locked as ours, so that what a killed run left can be swept (docs/method §13.52)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

MARK = ".finops-working-folder"
TEXT = "Made by finops while it works; a run that ends removes it. Left by a run that was killed, it may go.\n"
DAY = 86_400  # seconds


@contextlib.contextmanager
def aside(parent: str | os.PathLike, prefix: str) -> Iterator[Path]:
    """A new folder in `parent` for things in the making; it goes at the end. Sweeps what killed runs left there before.

    The name begins with `prefix`. What is finished is moved out of it, or `settled` makes the folder itself the finished thing.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    handle = os.open(folder / MARK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.write(handle, TEXT.encode())
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        sweep(Path(parent), now=os.fstat(handle).st_mtime)
        yield folder
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def settled(folder: Path, target: Path) -> None:
    """Make a working folder the finished `target` by one rename; raises OSError where something lies there."""
    (folder / MARK).unlink(missing_ok=True)
    os.chmod(folder, 0o755)
    os.rename(folder, target)


def sweep(parent: Path, now: float) -> list[Path]:
    """Remove working folders of killed runs: hidden, with our mark in our words, of this user, a day older than `now`, locked by nobody."""
    gone = []
    for mark in sorted(parent.glob(f".*/{MARK}")):
        folder = mark.parent
        with contextlib.suppress(OSError):
            if (
                folder.is_symlink()
                or not mark.is_file()
                or mark.is_symlink()
                or folder.stat().st_uid != os.geteuid()
            ):
                continue
            if (
                mark.read_text(encoding="utf-8", errors="replace") != TEXT
                or now - mark.stat().st_mtime < DAY
                or _in_use(mark)
            ):
                continue
            shutil.rmtree(folder)
            gone.append(folder)
    return gone


def dead(folder: Path) -> bool:
    """Whether a working folder is one of this user's killed runs, however young. For callers whose lock keeps new ones from being made."""
    mark = folder / MARK
    try:
        if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.geteuid():
            return False
        if not os.path.lexists(mark):  # killed before its mark, or while it was removed
            return True
        return mark.is_file() and not mark.is_symlink() and not _in_use(mark)
    except OSError:
        return False


def _in_use(mark: Path) -> bool:
    """Whether a living process holds the folder."""
    with open(mark) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
