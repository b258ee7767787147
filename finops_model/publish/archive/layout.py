"""Reading an archive: its newest generation, the index in it, which report a path is of (docs/method §15.31)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...documents import sha256_of
from ...errors import ReportError
from ...periods import MONTH
from ...published import CURRENT, HIDDEN, INDEX, base_of

SET_FILE = "set.json"
FORMER, RESTATED = ".versions", "restated-"  # of a month, both numbered
GENERATION = re.compile(r"generation-([0-9]{1,9})")
SET = re.compile(r"([0-9]{4}-(?:0[1-9]|1[0-2]))@[0-9a-f]{12}")
HELD = re.compile(
    rf"{SET.pattern}(?:\.altered-[0-9]{{1,9}})?"
)  # a set under any name that it is kept by
BESIDE = re.compile(r"(?:\.versions/|restated-)([0-9]{1,9})")  # a place in a month, with its number


@dataclass(frozen=True)
class Found:
    """The report that a path of a user is of."""

    root: Path  # the archive, by its real path
    month: str
    slug: str  # of the unit
    place: str  # in its month: `company`, `restated-1/company`, `.versions/1/company`
    folder: Path  # its files, by their real path
    set: str | None  # name of its set; None in an archive of before
    entry: dict | None  # of the index; of a version, the version with what it lacks from the entry

    @property
    def listed(self) -> bool:
        """Whether the archive's index lists it."""
        return self.entry is not None


def current(root: str | os.PathLike) -> dict:
    """The index of an archive as it stands now.

    Parameters
    ----------
    root : path
        The archive, of this version or of one before.

    Returns
    -------
    dict
        `{"schema", "reports", …}`; without reports where nothing is published.

    Raises
    ------
    ReportError
        The index cannot be read.

    Examples
    --------
    >>> current("nowhere")
    {'schema': 2, 'generation': 0, 'months': {}, 'reports': []}
    """
    path = base_of(root) / INDEX
    empty: dict = {"schema": 2, "generation": 0, "months": {}, "reports": []}
    if not path.is_file():
        return empty
    try:
        index = {**empty, **json.loads(path.read_text(encoding="utf-8"))}
        if path.parent == Path(root):  # of before: what lies there counts, not what is listed
            leads_inside = all(isinstance(entry, dict) for entry in index["reports"])
        else:
            leads_inside = _leads_inside(index)
        if not leads_inside:
            raise TypeError
        return index
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ReportError(
            f"{Path(root) / INDEX}: it cannot be read as the index of an archive. Bring the published file back from your backup; "
            "the reports themselves are unchanged."
        ) from None


def _leads_inside(index: Mapping) -> bool:
    """Whether months, sets and folders of an index are names, none of them a path that leads elsewhere."""
    held = [
        (month, name)
        for month, line in index["months"].items()
        for name in (
            line["set"],
            *(one["set"] for kind in ("former", "restated") for one in line.get(kind, ())),
            *line.get("superseded", ()),
        )
    ]
    every = [*index["reports"], *(v for one in index["reports"] for v in one.get("versions", ()))]
    held += [(None, one["set"]) for one in every if one.get("set") is not None]
    return all(
        HELD.fullmatch(name) and (month is None or name.startswith(f"{month}@"))
        for month, name in held
    ) and all(
        MONTH.fullmatch(one["month"])
        and one["slug"] not in ("", ".", "..")
        and not {"/", "\0"} & set(one["slug"])
        for one in index["reports"]
    )


def entries(root: str | os.PathLike) -> list[dict]:
    """What an archive lists, newest month first. Raises ReportError where its index cannot be read.

    >>> entries("nowhere")
    []
    """
    return current(root)["reports"]


def archive_of(folder: str | os.PathLike) -> tuple[Path, str]:
    """The archive that a folder of a report lies in, and its place in its month: `company`, `restated-1/company`, `.versions/1/company`.

    >>> [archive_of(f"/reports/2026-10/{place}")[1] for place in ("company", ".versions/1/company")]
    ['company', '.versions/1/company']
    """
    real = Path(os.path.realpath(folder))
    if HIDDEN in real.parts:
        at = len(real.parts) - 1 - real.parts[::-1].index(HIDDEN)
        return Path(*real.parts[:at]), "/".join(real.parts[at + 2 :])
    for month in (real.parent, *real.parents[1:3]):
        if MONTH.fullmatch(month.name):
            return month.parent, real.relative_to(month).as_posix()
    return real.parents[1] if len(real.parents) > 1 else real, real.name


def find(path: str | os.PathLike) -> Found:
    """The report that a path of a user is of.

    Parameters
    ----------
    path : path
        A folder as the index calls it (`reports/2026-10/company`, `…/restated-1/company`), one of a
        set (`reports/.published/2026-10@…/company`), or a file in one of these.

    Returns
    -------
    Found
        With its entry where the index lists it.

    Raises
    ------
    ReportError
        No report lies there.

    Examples
    --------
    >>> try:
    ...     find("nowhere/2026-10/company")
    ... except ReportError as problem:
    ...     print(str(problem).partition(": ")[2])
    no published report lies here. Name its folder, for example reports/2026-10/company.
    """
    folder = Path(path)
    folder = folder.parent if folder.is_file() else folder
    if not (folder / "brief.json").is_file():
        raise ReportError(
            f"{path}: no published report lies here. Name its folder, for example reports/2026-10/company."
        )
    root, place = archive_of(folder)
    real = Path(os.path.realpath(folder))
    inside = real.relative_to(root).parts if real.is_relative_to(root) else real.parts[-2:]
    name = inside[1] if inside[0] == HIDDEN and len(inside) > 1 else None
    slug = real.name
    if name is None:
        month = inside[0]
    elif known := SET.fullmatch(name):
        month = known[1]
    else:  # a copy whose links were followed: generation-N/2026-10/company
        place, month = "/".join(inside[3:]), inside[2] if len(inside) > 3 else ""
        name = None
    try:
        index = current(root)
    except ReportError:
        index = {"reports": []}
    entry = _entry(index, month, slug, name, place, real)
    if name is not None:
        place = entry["folder"] if entry and "folder" in entry else slug
    return Found(root, month, slug, place, real, name, entry)


def _entry(
    index: dict, month: str, slug: str, name: str | None, place: str, folder: Path
) -> dict | None:
    """What an index says of the files in a folder: by set, by place in the month, else by the hash of the manifest."""
    try:
        own = next(one for one in index["reports"] if (one["month"], one["slug"]) == (month, slug))
        every = [own, *({**own, **one} for one in own.get("versions", ()))]
        for one in every:
            if name is not None and one.get("set") == name:
                return one
            if name is None and one.get("folder", one["slug"]) == place:
                return one
        listed = folder / "manifest.json"
        sha = sha256_of(listed) if name is not None and listed.is_file() else None
        return next((one for one in every if one["files"]["manifest.json"]["sha256"] == sha), None)
    except (StopIteration, KeyError, TypeError, AttributeError):
        return None


def newest(root: str | os.PathLike, month: str, slug: str) -> Path:
    """Where the newest files of a folder of a month lie by the addresses of the archive: its place, or that of its newest restated view."""
    base, beside = base_of(root), ""
    for one in current(root)["months"].get(month, {}).get("restated", ()):
        if (base / month / f"{RESTATED}{one['number']}" / slug).is_dir():
            beside = f"{RESTATED}{one['number']}"
    return Path(root) / month / beside / slug


def generation(root: Path) -> int:
    """The number of the newest generation that any name in the archive has; 0 where there is none."""
    numbers = [
        int(found[1])
        for path in (root / HIDDEN).glob("generation-*")
        if (found := GENERATION.fullmatch(path.name))
    ]
    return max(numbers, default=0)


def linked_generation(root: Path) -> int | None:
    """The number of the generation that `current` points at; None where it is no link."""
    try:
        found = GENERATION.fullmatch(os.readlink(root / HIDDEN / CURRENT))
    except OSError:
        return None
    return int(found[1]) if found else None
