"""Reports that a job has drawn and not published yet: one that was stopped goes on where it was (docs/method §15.43).

A folder each, named by the hash of all that it is drawn from: the brief, what the records print on it, this program, and where it is
kept. It is taken over only where its files are what was listed when it was kept, of this brief, and of this user in folders that nobody
else writes: an archive is shared and copied, and what lies here would be published. A publication takes all of them away.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ...documents import sha256_of
from ...measure.brief_types import Brief
from ..lineage import code_hash, environment
from ..report.briefs import canonical

LISTED = "drawn.json"
NAMES = {
    "brief.json",
    "report.html",
    "workbook.xlsx",
}  # that are drawn; the others are made of them


class Drawn:
    """The folder of drawn reports of an archive.

    Parameters
    ----------
    folder : path, optional
        Where they lie; None: nothing is kept.
    extra : dict, optional
        What is printed on them besides their briefs.

    Examples
    --------
    >>> Drawn(None).take({"unit": "a"}, Path("nowhere"))
    False
    """

    def __init__(self, folder: Path | None, extra: Mapping | None = None):
        self.folder = folder
        self._by = (
            ""
            if folder is None
            else json.dumps(
                [dict(extra or {}), code_hash(), environment(), platform.python_version()],
                sort_keys=True,
            )
        )

    def _place(self, brief: Brief) -> Path | None:
        if self.folder is None:
            return None
        try:
            here = os.lstat(self.folder)  # a copy of it is another folder
        except OSError:
            return None
        where = f"{here.st_dev} {here.st_ino}"
        key = hashlib.sha256(f"{where}\n{self._by}\n{canonical(brief)}".encode()).hexdigest()
        return self.folder / key[:32]

    def take(self, brief: Brief, into: Path) -> bool:
        """Put the drawn files of a brief into a folder; False where there are none, or not those that were drawn."""
        place = self._place(brief)
        if place is None:
            return False
        try:
            listed = json.loads((place / LISTED).read_text(encoding="utf-8"))
            if set(listed) != NAMES or not all(map(_ours, (place.parent, place))):
                return False
            for name in NAMES:
                if not _ours(place / name) or sha256_of(place / name) != listed[name]:
                    return False
            if (place / "brief.json").read_text(encoding="utf-8") != canonical(brief):
                return False
            into.mkdir(parents=True, exist_ok=True)
            for name in sorted(NAMES):
                shutil.copyfile(place / name, into / name)
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return False
        return True

    def keep(self, brief: Brief, drawn: Path) -> None:
        """Keep what was drawn; a folder that cannot be written is no reason to fail."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            place = self._place(brief)
            if place is None or not _ours(self.folder):
                return
            with tempfile.TemporaryDirectory(prefix=".new-", dir=place.parent) as name:
                fresh = Path(name) / "one"
                fresh.mkdir()
                for name in sorted(NAMES):
                    _linked(drawn / name, fresh / name)
                listed = {path.name: sha256_of(path) for path in sorted(fresh.iterdir())}
                os.chmod(fresh, 0o700)
                (fresh / LISTED).write_text(json.dumps(listed, indent=1), encoding="utf-8")
                shutil.rmtree(place, ignore_errors=True)
                os.rename(fresh, place)

    def sweep(self) -> None:
        """Take all of them away: what they were kept for is published."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _ours(path: Path) -> bool:
    """Whether a file or folder is of this user and no link, and nobody else may write into it."""
    found = os.lstat(path)
    mine = found.st_uid == getattr(os, "geteuid", lambda: found.st_uid)()
    closed = not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or stat.S_ISREG(found.st_mode)
    return mine and closed and not stat.S_ISLNK(found.st_mode)


def _linked(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
