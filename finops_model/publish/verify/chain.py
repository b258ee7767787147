"""A published report held against the records: its chain's head, the publication that has its manifest (docs/method §15.62)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...documents import sha256_of
from ...records.rows import GENESIS, Record
from ...records.states import state_of
from ...records.store import Records
from ...settings import Settings


class Chain:
    """The records of a workspace, read once."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.path = settings.path(settings.records)
        with Records(self.path) as records:
            rows: list[Record] = records.read() if records.head != GENESIS else []
            self.heads = {row.hash for row in rows}
            self.publications = [row for row in rows if row.kind == "publication"]
            self.closed = {
                (row.entity, row.period)
                for row in rows
                if row.kind == "state" and state_of(records, row.entity, row.period) == "closed"
            }

    def is_closed(self, entity: str, month: str) -> bool:
        """Whether a month is closed: by itself, or of all entities at once."""
        return bool({("", month), (entity, month)} & self.closed)

    def differs(self, folder: Path, manifest: Mapping) -> list[str]:
        """What the records say that does not go with the marks and the manifest of a published report's folder."""
        problems, head = self.marks_differ(manifest), _marks(manifest).get("head")
        if head in self.heads and not self._published(folder, manifest):
            problems.append(
                "the records know no publication with these files: its manifest is in no row of finops audit"
            )
        return problems

    def marks_differ(self, manifest: Mapping) -> list[str]:
        """What stands on a page besides its figures and is not so: the chain's head, four eyes."""
        marks, now = _marks(manifest), "on" if self.settings.four_eyes else "off"
        then = "off" if marks.get("four_eyes") == "off" else "on"
        problems = (
            []
            if then == now
            else [f"four eyes: {then} when it was published, {now} in finops.yaml now"]
        )
        head = marks.get("head")
        if head and self.heads and head not in self.heads:
            problems.append(
                f"the chain head on it ({str(head)[:16]}) is no row of the records: finops audit says what is"
            )
        return problems

    def passed(self, manifest: Mapping) -> list[str]:
        """What cannot be held against the records."""
        if _marks(manifest).get("head") and not self.heads:
            return [f"its chain head was not looked up: there are no records in {self.path.name}"]
        return []

    def _published(self, folder: Path, manifest: Mapping) -> bool:
        """Whether a row says that these files were published, or were about to be."""
        sha, figures = sha256_of(folder / "manifest.json"), manifest.get("figures")
        ended = {row.body.get("of") for row in self.publications}
        reports = [
            (row.body.get("state") == "pending" and row.id not in ended, one)
            for row in self.publications
            for one in row.body.get("reports") or ()
            if isinstance(one, dict)
        ]
        if not any("manifest" in one for _, one in reports):
            return True  # rows of a version that did not keep it
        return any(
            one.get("manifest") == sha or (waits and one.get("figures") == figures)
            for waits, one in reports
        )


def _marks(manifest: Mapping) -> Mapping:
    """What a manifest has of the records."""
    marks = (manifest.get("extra") or {}).get("records")
    return marks if isinstance(marks, dict) else {}
