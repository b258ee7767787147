"""Whether a month is published already and nothing that it is made of has changed: then nothing is computed (docs/method §15.42)."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from ...documents import sha256_of
from ...names import slug
from ...periods import month_name


def said(month: str) -> str:
    """What a command says then.

    >>> said("2026-10")
    'October 2026 is published already, and nothing it is made of has changed. Nothing was computed.'
    """
    return (
        f"{month_name(month)} is published already, and nothing it is made of has changed. "
        "Nothing was computed."
    )


def mark(fingerprint: str, reports: int) -> str:
    """What an entry of the index keeps: of what it was made, and how many reports a whole month has."""
    return f"{fingerprint} of {reports}"


def published(
    base: Path,
    month: str,
    fingerprint: str,
    *,
    units: Sequence[str] | None,
    without: Collection[str] = (),
    pdf: bool,
) -> list[dict] | None:
    """The entries of a month that was published from just this, each file as it is listed; else None.

    base     the folder below which the archive is read (`published.base_of`)
    units    names that were asked for; None: the whole month
    without  units that were left out;  pdf: whether there is to be one of each
    """
    try:
        index = json.loads((base / "index.json").read_text(encoding="utf-8"))
        here = [one for one in index["reports"] if one["month"] == month]
        asked = [one for one in here if not _named(one, without)]
        if units:
            asked = [one for one in asked if _named(one, units)]
            if not all(any(_named(one, [name]) for one in here) for name in units):
                return None
        marks = [str(one.get("inputs", "")).split(" ") for one in asked]
        if not marks or any(one[0] != fingerprint for one in marks):
            return None
        if pdf and not all("report.pdf" in one["files"] for one in asked):
            return None
        if not units and len(asked) + sum(_named(one, without) for one in here) < int(marks[0][2]):
            return None
        for one in asked:
            folder = base / month / one["slug"]
            if any(
                sha256_of(folder / name) != file["sha256"] for name, file in one["files"].items()
            ):
                return None
        beside = index["months"][month].get("files", {})  # slider data
        if any(sha256_of(base / month / name) != file["sha256"] for name, file in beside.items()):
            return None
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return None
    return asked


def _named(entry: dict, names: Collection[str]) -> bool:
    """Whether one of the names is that of an entry's unit, as commands take them."""
    own = {str(entry["unit"]).casefold(), slug(str(entry["unit"])), str(entry["slug"])}
    return any(name.casefold() in own for name in names)
