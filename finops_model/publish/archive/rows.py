"""The records' rows of publications: pending before the commit, then done, or void where it never came (docs/method §14.6)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...documents import sha256_of
from ...published import HIDDEN, base_of
from ...records.rows import Record
from ...records.store import Records


def pending(
    records: Records | None, archive: str, reports: Sequence[tuple[str, str, dict]]
) -> list[Record]:
    """A row for each entity and month of these (entity, month, report)."""
    if records is None or not reports:
        return []
    groups: dict[tuple[str, str], list[dict]] = {}
    for entity, month, report in reports:
        groups.setdefault((entity, month), []).append(report)
    with records.transaction():
        return [
            records.append(
                "publication",
                {"state": "pending", "archive": archive, "reports": found},
                entity,
                month,
            )
            for (entity, month), found in groups.items()
        ]


def done(
    root: Path, begun: Sequence[Record], records: Records | None, index: Mapping, reason: str = ""
) -> None:
    """Say of each pending row what of it the index of the archive lists: done, and void for the rest."""
    if records is None or not begun:
        return
    with records.transaction():
        for row in begun:
            there = [one for one in row.body["reports"] if _lies(root, one, index)]
            gone = [one for one in row.body["reports"] if one not in there]
            for state, reports in (("done", there), ("void", gone)):
                if reports:
                    body = {
                        "state": state,
                        "of": row.id,
                        "reports": [
                            _told(root, one) if state == "done" else one for one in reports
                        ],
                    }
                    body |= {"reason": reason} if reason else {}
                    records.append("publication", body, row.entity, row.period)


def waiting(records: Records, archive: str) -> list[Record]:
    """Publications of an archive that were begun, and nobody said how they ended."""
    rows = records.read("publication")
    ended = {row.body.get("of") for row in rows}
    return [
        row
        for row in rows
        if row.body.get("state") == "pending"
        and row.body.get("archive") == archive
        and row.id not in ended
    ]


def sets_in(index: Mapping) -> set[str]:
    """Names of all sets that an index knows."""
    found: set[str] = set()
    for line in index.get("months", {}).values():
        found |= {line["set"], *line.get("superseded", ())}
        found |= {one["set"] for kind in ("former", "restated") for one in line.get(kind, ())}
    return found


def _lies(root: Path, one: Mapping, index: Mapping) -> bool:
    if "set" in one:
        return one["set"] in sets_in(index)
    try:  # a row of before: no set had a name
        listed = json.loads(_manifest(root, one).read_text(encoding="utf-8"))
        return listed["figures"] == one["figures"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _told(root: Path, one: dict) -> dict:
    path = _manifest(root, one)
    return {**one, "manifest": sha256_of(path)} if path.is_file() else one


def _manifest(root: Path, one: Mapping) -> Path:
    if "set" in one:
        return root / HIDDEN / one["set"] / Path(one["place"]).name / "manifest.json"
    return base_of(root) / one["place"] / "manifest.json"
