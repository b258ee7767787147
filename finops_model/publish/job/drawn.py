"""Reports that a job has drawn and not published yet: one that was stopped goes on where it was (docs/method §15.43).

A folder each, named by the hash of all that it is drawn from: the brief, what the records print on it, this program. It is taken over
only where its files are what was listed when it was kept; a publication takes all of them away.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ...documents import sha256_of
from ...measure.brief_types import Brief
from ..lineage import code_hash, environment
from ..report.briefs import canonical

LISTED = "drawn.json"


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
        key = hashlib.sha256(f"{self._by}\n{canonical(brief)}".encode()).hexdigest()
        return self.folder / key[:32]

    def take(self, brief: Brief, into: Path) -> bool:
        """Put the drawn files of a brief into a folder; False where there are none, or not those that were drawn."""
        place = self._place(brief)
        if place is None:
            return False
        try:
            listed = json.loads((place / LISTED).read_text(encoding="utf-8"))
            if not listed or any(sha256_of(place / Path(n).name) != listed[n] for n in listed):
                return False
            into.mkdir(parents=True, exist_ok=True)
            for name in listed:
                shutil.copyfile(place / Path(name).name, into / Path(name).name)
        except (OSError, ValueError, TypeError, AttributeError):
            return False
        return True

    def keep(self, brief: Brief, drawn: Path) -> None:
        """Keep what was drawn; a folder that cannot be written is no reason to fail."""
        place = self._place(brief)
        if place is None:
            return
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".new-", dir=place.parent) as name:
                fresh = Path(name) / "one"
                fresh.mkdir()
                for path in sorted(drawn.iterdir()):
                    _linked(path, fresh / path.name)
                listed = {path.name: sha256_of(path) for path in sorted(fresh.iterdir())}
                (fresh / LISTED).write_text(json.dumps(listed, indent=1), encoding="utf-8")
                shutil.rmtree(place, ignore_errors=True)
                os.rename(fresh, place)

    def sweep(self) -> None:
        """Take all of them away: what they were kept for is published."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _linked(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
