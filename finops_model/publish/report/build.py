"""Briefs become published reports: HTML, brief, workbook, manifest, all of them or none (docs/architecture.md §5).

Everything is rendered aside first; when every report of the call is there, one step puts all of it in place (`archive.commit`).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from ... import resources
from ...documents import write_atomic
from ...errors import ReportError
from ...measure.brief_types import Brief
from ...progress import Progress, silent
from ...records.store import Records
from ..archive import commit as archive
from ..job.letter import letter
from ..job.mail import html_of
from ..job.pdf import Printer, to_pdf
from ..job.summary import text_of
from ..page.html import page_of
from . import publication
from .briefs import canonical, check_brief
from .manifest import compare_briefs, manifest, verify_files
from .run import Kernel, execute
from .workbook.book import write_workbook

__all__ = ["build_reports", "compare_briefs", "render", "to_pdf", "verify_files"]

Freeze = Callable[[Path], list[archive.Staged]]
WORKER = "finops_model.publish.report.worker"  # a process of its own for each worker


def render(
    brief: Brief,
    folder,
    *,
    warm: Kernel | None = None,
    manifest_extra: dict | None = None,
    failed=None,
    printer: Printer | None = None,
) -> Path:
    """Write every file of a brief's report into `folder` and return it: `draw`, then `finish`.

    warm    a running kernel to use; without it the notebook gets a kernel of its own
    failed  where the executed notebook is kept if a cell fails; without it, it goes
    printer what prints the page; without it there is no PDF
    Raises ReportError with one message; the same brief gives the same bytes.
    """
    place = draw(brief, folder, warm=warm, manifest_extra=manifest_extra, failed=failed)
    return finish(brief, place, manifest_extra=manifest_extra, printer=printer)


def draw(
    brief: Brief,
    folder,
    *,
    warm: Kernel | None = None,
    manifest_extra: dict | None = None,
    failed=None,
) -> Path:
    """Write what takes long: brief.json, report.html, workbook.xlsx. As `render`."""
    check_brief(
        brief, f"{brief.get('unit')}, {brief.get('month')}" if isinstance(brief, dict) else "brief"
    )
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    marks = (manifest_extra or {}).get("records", {})  # of the store: the chain's head
    data = write_atomic(folder / "brief.json", canonical(brief))
    with tempfile.TemporaryDirectory(prefix="finops-render-") as aside:
        executed = Path(aside) / "executed.ipynb"
        try:
            book = execute(
                {"month": brief["month"], "unit": brief["unit"], "brief_path": str(data)},
                executed,
                warm=warm,
            )
            write_atomic(
                folder / "report.html",
                page_of(book, json.loads(data.read_text(encoding="utf-8")), marks),
            )
        except ReportError as problem:
            why = f"{brief['unit']}, {brief['month']}: {str(problem).rstrip('.')}. {_keep(executed, failed)}"
            raise ReportError(f"{why}Nothing was published.") from None
    write_workbook(brief, folder / "workbook.xlsx", marks)
    return folder


def finish(
    brief: Brief,
    folder: Path,
    *,
    manifest_extra: dict | None = None,
    printer: Printer | None = None,
) -> Path:
    """Write what the drawn files are needed for: report.pdf, mail.html and summary.txt, and the manifest of all of them."""
    if printer is not None:
        printer.print(folder / "report.html", folder / "report.pdf", brief)
    there = [*(path.name for path in folder.iterdir()), "manifest.json"]
    marks = (manifest_extra or {}).get("records", {})
    said = letter(brief, there, publication.sentences(marks))
    write_atomic(folder / "mail.html", html_of(said))
    write_atomic(folder / "summary.txt", text_of(said))
    text = (
        json.dumps(
            manifest(brief, folder, manifest_extra), ensure_ascii=False, indent=1, sort_keys=True
        )
        + "\n"
    )
    write_atomic(folder / "manifest.json", text)
    return folder


def _keep(executed: Path, failed) -> str:
    """Keep the failed notebook for the person who mends it; says where."""
    if failed is None or not executed.is_file():
        return ""
    Path(failed).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(executed, failed)
    return f"The notebook with the error is kept in {failed}. "


def build_reports(
    briefs: list[Brief],
    reports_root,
    *,
    workers: int = 1,
    fast: bool = False,
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
        One warm kernel per worker instead of one kernel per report; the bytes are the same.
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
        And then nothing has been published: a notebook that failed lies in `.failed/`.

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
        kept = [root / ".failed" / f"{brief['month']}-{brief['slug']}.ipynb" for brief in briefs]
        say("reports", 0, len(briefs))
        if min(workers, len(briefs)) > 1:
            _side_by_side(
                briefs,
                folders=folders,
                kept=kept,
                workers=min(workers, len(briefs)),
                fast=fast,
                extra=manifest_extra,
                printer=printer,
                aside=staging,
                say=say,
            )
        else:
            with Kernel() if fast else contextlib.nullcontext() as warm:
                for i, (brief, folder, failed) in enumerate(zip(briefs, folders, kept)):
                    render(
                        brief,
                        folder,
                        warm=warm,
                        manifest_extra=manifest_extra,
                        failed=failed,
                        printer=printer,
                    )
                    say("reports", i + 1, len(briefs))

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
        for failed in kept:
            failed.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            (root / ".failed").rmdir()
    return entries


def _side_by_side(
    briefs, *, folders, kept, workers, fast, extra, printer, aside: Path, say
) -> None:
    """Workers as processes of their own, each with every n-th report; the first error ends them all."""
    running, rendered = [], 0
    try:
        for n in range(workers):
            jobs = []
            for i in range(n, len(briefs), workers):
                path = write_atomic(aside / f"brief-{i}.json", canonical(briefs[i]))
                jobs.append(
                    {
                        "number": i,
                        "brief": str(path),
                        "folder": str(folders[i]),
                        "failed": str(kept[i]),
                    }
                )
            listed = write_atomic(
                aside / f"jobs-{n}.json",
                json.dumps({"fast": fast, "extra": extra, "reports": jobs}),
            )
            running.append(
                subprocess.Popen(
                    [sys.executable, "-m", WORKER, str(listed)],
                    stdout=subprocess.PIPE,
                    stderr=open(aside / f"errors-{n}.txt", "w+"),  # noqa: SIM115 - the child writes it
                    text=True,
                    env=_environment(),
                )
            )
        for line in _lines(running):
            message = json.loads(line)
            if "error" in message:
                raise ReportError(message["error"])
            i = message["done"]
            finish(briefs[i], folders[i].resolve(), manifest_extra=extra, printer=printer)
            rendered += 1
            say("reports", rendered, len(briefs))
        for n, process in enumerate(running):
            if process.wait() != 0 or rendered < len(briefs):
                last = (
                    (aside / f"errors-{n}.txt")
                    .read_text(errors="replace")
                    .strip()
                    .splitlines()[-1:]
                )
                why = f": {last[0][:300]}" if last else ""
                raise ReportError(
                    f"a report worker stopped with exit code {process.returncode}{why}. Nothing was published."
                )
    finally:
        for process in running:
            if process.poll() is None:
                process.terminate()
                process.wait()
            if process.stdout:
                process.stdout.close()


def _environment() -> dict:
    """The environment of a worker: this package is importable there, wherever it lies."""
    package = str(resources.PACKAGE.parent)
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])]),
    }


def _lines(processes):
    """Lines of several processes as they come."""
    import selectors

    with selectors.DefaultSelector() as waiting:
        for process in processes:
            waiting.register(process.stdout, selectors.EVENT_READ)
        while waiting.get_map():
            for key, _ in waiting.select():
                line = key.fileobj.readline()
                if line:
                    yield line
                else:
                    waiting.unregister(key.fileobj)
