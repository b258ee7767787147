"""Where an archive of reports keeps what it lists now (docs/architecture.md §5). Light: every room, and a dashboard kernel, reads archives.

A publication makes a new generation and points `current` at it; that is its one commit. Whoever reads an archive asks `base_of` once and
reads below the folder that it gives: everything there is of one publication, also while another one is made.
"""

from __future__ import annotations

import os
from pathlib import Path

HIDDEN, CURRENT, INDEX = ".published", "current", "index.json"


def base_of(root: str | os.PathLike) -> Path:
    """The folder below which an archive is read: `index.json`, `2026-10/company/…`.

    Parameters
    ----------
    root : path
        The archive.

    Returns
    -------
    Path
        Its newest generation, by its real path; of an archive of before, or where nothing is
        published yet, the archive itself.

    Examples
    --------
    >>> base_of("nowhere").name
    'nowhere'
    """
    current = Path(root) / HIDDEN / CURRENT
    return Path(os.path.realpath(current)) if (current / INDEX).is_file() else Path(root)
