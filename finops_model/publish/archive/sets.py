"""A set: the folder of all that one publication says of a month, named by its bytes, made once and never written again (docs/method §15.31)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...documents import fsync_folder, sha256_of
from ...published import HIDDEN
from .exchange import exchange
from .layout import SET_FILE

PAGE = "index.html"  # of a set; a month has one of its own in each generation
SLIDERS = ("dashboard.json", "dashboard.npz")


@dataclass(frozen=True)
class Part:
    """A folder or file at the top of a set, and where it comes from."""

    source: Path
    ours: bool = (
        True  # made for this set, and moved into it; else it stays where it is, and is linked
    )


def listing(folder: Path) -> dict[str, dict]:
    """{path: {"sha256", "bytes"}} of every file below a folder but the list itself.

    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()); _ = (place / "a.txt").write_text("a")
    >>> listing(place)["a.txt"]["bytes"]
    1
    """
    return {
        path.relative_to(folder).as_posix(): {
            "sha256": sha256_of(path),
            "bytes": path.stat().st_size,
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / SET_FILE
    }


def mark_of(files: Mapping[str, Mapping]) -> str:
    """sha256 over what a set holds: its paths with their hashes and sizes.

    >>> mark_of({})[:12]
    '44136fa355b3'
    """
    text = json.dumps(files, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def make(folder: Path, month: str, parts: Mapping[str, Part], page: str) -> tuple[str, str]:
    """Put a set together in a new folder aside; gives its name, `2026-10@4f2a1c9d0b7e`, and the whole hash."""
    folder.mkdir(parents=True)
    for name, part in sorted(parts.items()):
        if part.ours:
            os.rename(part.source, folder / name)
        else:
            linked(part.source, folder / name)
    _write(folder / PAGE, page)
    files = listing(folder)
    sha = mark_of(files)
    text = json.dumps(
        {"schema": 1, "month": month, "sha256": sha, "files": files}, ensure_ascii=False, indent=1
    )
    _write(folder / SET_FILE, text + "\n")
    fsync_folder(folder)
    return f"{month}@{sha[:12]}", sha


def slider_files(folder: Path) -> dict[str, dict]:
    """What the index lists of a set besides its reports: the slider data."""
    return {
        name: {"sha256": sha256_of(folder / name), "bytes": (folder / name).stat().st_size}
        for name in SLIDERS
        if (folder / name).is_file()
    }


def parts_of(folder: Path) -> dict[str, Part]:
    """What a set holds, to be linked into the next one."""
    return {
        path.name: Part(path, ours=False)
        for path in sorted(folder.iterdir())
        if path.name not in (PAGE, SET_FILE)
    }


def linked(source: Path, target: Path) -> None:
    """The same bytes at another place: hard links where the file system has them, else copies."""
    if source.is_dir():
        target.mkdir()
        for path in sorted(source.iterdir()):
            linked(path, target / path.name)
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def whole(folder: Path) -> bool:
    """Whether a set holds what its name says, file by file."""
    try:
        files = listing(folder)
        told = json.loads((folder / SET_FILE).read_text(encoding="utf-8"))
        return told["files"] == files and folder.name == f"{told['month']}@{mark_of(files)[:12]}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def altered(root: Path, name: str) -> str | None:
    """The free name under which a set of this name will be kept, because what lies there is not what its name says; None where all is well."""
    place = root / HIDDEN / name
    if not os.path.lexists(place) or whole(place):
        return None
    number = 1
    while os.path.lexists(place.with_name(f"{name}.altered-{number}")):
        number += 1
    return f"{name}.altered-{number}"


def put(root: Path, made: Path, name: str, kept: str | None = None) -> None:
    """A finished set in its place, in one step. One of the same bytes there stays; one that was altered (`kept`) is kept under that name."""
    place = root / HIDDEN / name
    if not os.path.lexists(place):
        os.rename(made, place)
    elif kept is not None:
        linked(place, made.with_name(kept))
        os.rename(made.with_name(kept), root / HIDDEN / kept)
        exchange(place, made)


def _write(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
