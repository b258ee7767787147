"""A publication with its rows in the records, and what a close reads of what people decided: each once (docs/method §14.6, §14.7)."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ...measure.brief import assumptions
from ...measure.brief_types import Brief
from ...progress import Progress
from ...records.rows import GENESIS
from ...records.store import Records
from ...settings import Settings
from ..archive.commit import settle
from ..job.pdf import Printer
from .build import Freeze, build_reports
from .places import no_stranger
from .publication import check_writable

if TYPE_CHECKING:
    from ...facts.plans.budgets import Budgets
    from ...measure.close import Close

BEGIN = "the records begin"


class Recorded:
    """A publication with its records: begun when it is made, so that what was cut off before is settled first.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    root : path
        The archive: that of the company, or a folder of one's own.

    Raises
    ------
    RecordsError
        The records can only be read, and the archive is the company's.
    """

    def __init__(self, settings: Settings, root: Path):
        store = Records(settings.path(settings.records))
        records: Records | None = store
        if os.path.realpath(root) == os.path.realpath(settings.path(settings.reports)):
            check_writable(store)
        elif not store.writable:
            records = None  # a folder of one's own beside records that can only be read: nobody's publication
        name = os.path.relpath(os.path.realpath(root), os.path.realpath(settings.root))
        self.settings, self.root, self.records = settings, Path(root), records
        self.archive = Path(name).as_posix()  # what the rows call it
        if records is not None:
            settle(root, records, self.archive)

    def close(self) -> None:
        """Let go of the records, now and not when memory is next tidied: their file changes as the last one lets go."""
        if self.records is not None:
            self.records.close()

    def publish(
        self,
        briefs: list[Brief],
        closes: Mapping[str, Close],
        *,
        workers: int = 2,
        fast: bool = True,
        printer: Printer | None = None,
        progress: Progress | None = None,
        freeze: Freeze | None = None,
        keys: Mapping[tuple[str, str], Mapping] | None = None,
        left_out: Collection[tuple[str, str]] = (),
    ) -> list[dict]:
        """`build_reports` with rows of what is published, and of what these closes, by entity, read."""
        for document in briefs:
            no_stranger(document, self.root)
        if self.records is not None:
            if self.records.head == GENESIS:  # so that the first page has a head to print
                self.records.append("decision", {"text": BEGIN})
            note(self.records, closes)
        return build_reports(
            briefs,
            self.root,
            workers=workers,
            fast=fast,
            printer=printer,
            progress=progress,
            records=self.records,
            archive_name=self.archive,
            four_eyes=self.settings.four_eyes,
            freeze=freeze,
            keys=keys,
            left_out=left_out,
        )


def note(records: Records, closes: Mapping[str, Close]) -> None:
    """A row for each budget version and each decision that these closes, by entity, read and no row has yet."""
    with records.transaction():
        for entity, close in closes.items():
            known = {_key(row.kind, row.body) for row in records.read(entity=entity)}
            found = [("budget", one) for one in budget_versions(close.budgets)]
            found += [("decision", one) for one in decisions(close)]
            for kind, body in found:
                if _key(kind, body) not in known:
                    records.append(kind, body, entity)


def budget_versions(budgets: Budgets | None) -> list[dict]:
    """The versions of the budget files, in their order: name, who approved it and when, sha256 of its lines.

    The hash covers unit, month and amount of every line, whatever their order in the file.
    """
    if budgets is None:
        return []
    found = []
    for version, lines in budgets.frame.groupby("version", sort=False):
        rows = sorted(
            [str(row.business_unit), str(row.month), str(row.amount)] for row in lines.itertuples()
        )
        mark = hashlib.sha256(json.dumps(rows).encode("ascii")).hexdigest()
        approved = sorted(
            {
                f"{row.approved_by} on {row.approved_on}"
                for row in lines.itertuples()
                if row.approved_by
            }
        )
        found.append(
            {
                "version": str(version),
                "file": Path(budgets.name).name,
                "approved": ", ".join(approved),
                "lines": len(rows),
                "sha256": mark,
            }
        )
    return found


def decisions(close: Close) -> list[dict]:
    """What the base scenario calls a decision: text, value, owner, source."""
    return [
        {
            "text": item["text"],
            "value": item["value"],
            "owner": item["owner"],
            "source": item["source"],
        }
        for item in assumptions(close.base, close.as_of)
        if item["kind"] == "decision"
    ]


def _key(kind: str, body: dict) -> str:
    """What makes two rows the same one: of a budget its version and lines."""
    if kind == "budget":
        return json.dumps([kind, body.get("version"), body.get("sha256")])
    return json.dumps([kind, body], sort_keys=True, default=str)
