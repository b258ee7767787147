"""Briefs become published reports: HTML, brief, workbook, manifest, all of them or none (docs/architecture.md §5).

Everything is rendered aside first; when every report of the call is there, one step puts all of it in place (`archive.commit`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from ...errors import ReportError
from ...measure.brief_types import Brief
from ...progress import Progress, silent
from ...published import HIDDEN
from ...records.store import Records
from ..archive import commit as archive
from ..job import failed
from ..job.drawn import Drawn
from ..job.pdf import Printer, to_pdf
from . import publication
from .briefs import check_brief
from .manifest import compare_briefs, verify_files
from .render import Rendering, render

__all__ = ["build_reports", "compare_briefs", "render", "to_pdf", "verify_files"]

Freeze = Callable[[Path], list[archive.Staged]]
DRAWN = ".drawn"  # beside the sets of an archive: reports of a job that was stopped


def build_reports(
    briefs: list[Brief],
    reports_root,
    *,
    workers: int = 1,
    fast: bool = True,
    manifest_extra: dict | None = None,
    progress: Progress | None = None,
    records: Records | None = None,
    archive_name: str = "",
    four_eyes: bool = True,
    printer: Printer | None = None,
    freeze: Freeze | None = None,
    keys: Mapping[tuple[str, str], Mapping] | None = None,
    left_out: Collection[tuple[str, str]] = (),
) -> list[dict]:
    """Publish these briefs below a folder.

    Parameters
    ----------
    briefs : list of Brief
        One for each report.
    reports_root : path
        The archive.
    workers : int, optional
        Reports rendered side by side, each in a process of its own.
    fast : bool, optional
        One warm kernel per worker; False: one kernel per report. The bytes are the same.
    manifest_extra : dict, optional
        What the manifests say besides.
    progress : callable, optional
        Called with (text, done, total).
    records : Records, optional
        Where the publication is recorded, and which months are closed; None: nowhere, and none.
    archive_name : str, optional
        How the rows call this archive.
    four_eyes : bool, optional
        `four_eyes` of finops.yaml.
    printer : Printer, optional
        What prints the pages; None: no PDF.
    freeze : callable, optional
        Called with the folder everything is made in when all reports lie there, `<month>/<slug>/`:
        it writes slider data to `<month>/` and gives the pages besides (`archive.commit.Staged`).
    keys : mapping, optional
        By (month, slug): what is kept with the report's index entry as it is, `inputs` for example.
    left_out : collection of (month, slug), optional
        Reports that this call was to renew and could not.

    Returns
    -------
    list of dict
        Their index entries, in the same order; of one that stands beside a closed month's, `slug` is
        its place in the month and `beside` is true.

    Raises
    ------
    ReportError
        And then nothing has been published; FailedReports where a report could not be made: what
        failed stands in `failed/<month>/`.

    Source
    ------
    docs/method §14.6, §15.3, §15.4.

    Examples
    --------
    >>> build_reports([], "reports")
    []
    """
    say, root = progress or silent, Path(reports_root).resolve()
    places: dict[tuple, str] = {}
    for brief in briefs:
        check_brief(
            brief,
            f"{brief.get('unit')}, {brief.get('month')}" if isinstance(brief, dict) else "brief",
        )
        place = (brief["month"], brief["slug"])
        if place in places:
            raise ReportError(
                f"{brief['month']}: '{places[place]}' and '{brief['unit']}' would both be published in the folder "
                f"'{brief['slug']}'. Give one of the units another name."
            )
        places[place] = brief["unit"]

    if not briefs:
        return []
    if marks := publication.marks(records, four_eyes):
        manifest_extra = {**(manifest_extra or {}), "records": marks}
    with archive.staging(root) as staging:
        folders = [staging / brief["month"] / brief["slug"] for brief in briefs]
        drawn = Drawn(root / HIDDEN / DRAWN, manifest_extra)
        rendering = Rendering(
            workers=workers,
            fast=fast,
            extra=manifest_extra,
            printer=printer,
            drawn=drawn,
            kept=lambda brief: failed.notebook_of(root, brief),
        )
        if failures := rendering.all_of(briefs, folders, staging, say):
            raise failed.refused(root, failures, len(briefs) - len(failures))
        staged = [
            archive.Staged(
                brief["month"],
                brief["slug"],
                folder,
                brief,
                keys=(keys or {}).get((brief["month"], brief["slug"]), {}),
            )
            for brief, folder in zip(briefs, folders, strict=True)
        ]
        if freeze is not None:
            staged += freeze(staging)
        entries = archive.commit(
            root,
            staged,
            staging,
            records=records,
            archive_name=archive_name,
            left_out=left_out,
        )
        drawn.sweep()
        for month in {brief["month"] for brief in briefs}:
            failed.clear(root, month)
    return entries
