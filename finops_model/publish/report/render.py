"""Briefs drawn and finished as the files of their reports, one after the other or side by side (docs/method §15.3, §15.43)."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ... import resources
from ...documents import write_atomic
from ...errors import ReportError
from ...measure.brief_types import Brief
from ...progress import Progress
from ..job.drawn import Drawn
from ..job.failed import Failure
from ..job.letter import letter
from ..job.mail import html_of
from ..job.pdf import Printer
from ..job.summary import text_of
from ..page.html import page_of
from . import publication
from .briefs import canonical, check_brief
from .manifest import manifest
from .run import Kernel, Warm, execute
from .workbook.book import write_workbook

WORKER = "finops_model.publish.report.worker"  # a process of its own for each worker
SYSTEM = 3  # this many failures and no report: it is not the briefs


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
        except ReportError:
            if failed is not None and executed.is_file():  # for the person who mends it
                Path(failed).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(executed, failed)
            raise
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


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """How reports are rendered.

    workers  side by side, each in a process of its own;  fast: one warm kernel a worker
    extra    what the manifests say besides;  drawn: what an earlier run has drawn
    kept     where the notebook of a report is kept that fails
    """

    workers: int = 1
    fast: bool = True
    extra: dict | None = None
    printer: Printer | None = None
    drawn: Drawn = field(default_factory=lambda: Drawn(None))
    kept: Callable[[Brief], Path] | None = None

    def all_of(
        self, briefs: Sequence[Brief], folders: Sequence[Path], aside: Path, say: Progress
    ) -> list[Failure]:
        """Render every brief into its folder; what failed. Others are rendered all the same, unless nothing else was.

        aside  a folder for notes to the workers
        """
        say("reports", 0, len(briefs))
        todo, done, failures = [], 0, []
        for i, (brief, folder) in enumerate(zip(briefs, folders, strict=True)):
            if self.drawn.take(brief, folder.resolve()):
                self._finish(brief, folder)
                done += 1
                say("reports", done, len(briefs))
            else:
                todo.append(i)
        workers = min(self.workers, len(todo))
        side = self._side_by_side if workers > 1 else self._in_turn
        with contextlib.closing(side(briefs, folders, todo, workers, aside)) as outcomes:
            for i, why in outcomes:
                if why is None:
                    self.drawn.keep(briefs[i], folders[i].resolve())
                    self._finish(briefs[i], folders[i])
                else:
                    book = self.kept(briefs[i]) if self.kept else None
                    there = book if book is not None and book.is_file() else None
                    failures.append(Failure(briefs[i], why, there))
                done += 1
                say("reports", done, len(briefs))
                if len(failures) == done >= SYSTEM:
                    break
        return failures

    def _finish(self, brief: Brief, folder: Path) -> None:
        finish(brief, folder.resolve(), manifest_extra=self.extra, printer=self.printer)

    def _in_turn(
        self, briefs, folders, todo, workers, aside
    ) -> Generator[tuple[int, str | None], None, None]:
        with Warm(self.fast) as warm:
            for i in todo:
                kept = self.kept(briefs[i]) if self.kept else None
                try:
                    draw(
                        briefs[i],
                        folders[i],
                        warm=warm.ready(),
                        manifest_extra=self.extra,
                        failed=kept,
                    )
                except ReportError as problem:
                    warm.failed()
                    yield i, str(problem)
                else:
                    yield i, None

    def _side_by_side(
        self, briefs, folders, todo, workers, aside: Path
    ) -> Generator[tuple[int, str | None], None, None]:
        """Workers as processes of their own, each with every n-th report; one that dies fails the report it was at, and ends it."""
        running: list[subprocess.Popen] = []
        ahead: list[list[int]] = []
        try:
            for n in range(workers):
                jobs = []
                for i in todo[n::workers]:
                    path = write_atomic(aside / f"brief-{i}.json", canonical(briefs[i]))
                    kept = str(self.kept(briefs[i])) if self.kept else None
                    one = {"number": i, "brief": str(path), "folder": str(folders[i])}
                    jobs.append({**one, "failed": kept})
                listed = write_atomic(
                    aside / f"jobs-{n}.json",
                    json.dumps({"fast": self.fast, "extra": self.extra, "reports": jobs}),
                )
                ahead.append(todo[n::workers])
                running.append(
                    subprocess.Popen(
                        [sys.executable, "-m", WORKER, str(listed)],
                        stdout=subprocess.PIPE,
                        stderr=open(aside / f"errors-{n}.txt", "w+"),  # noqa: SIM115 - the child writes it
                        text=True,
                        env=_environment(),
                    )
                )
            for n, line in _lines(running):
                message = json.loads(line)
                ahead[n].remove(message["done"])
                yield message["done"], message.get("error")
            for n, process in enumerate(running):
                if process.wait() != 0 or ahead[n]:
                    why = _last_line(aside / f"errors-{n}.txt")
                    if not ahead[n]:
                        continue
                    yield (
                        ahead[n][0],
                        f"its worker stopped with exit code {process.returncode}{why}",
                    )
        finally:
            for process in running:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
                if process.stdout:
                    process.stdout.close()


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()[-1:]
    return f": {lines[0][:300]}" if lines else ""


def _environment() -> dict:
    """The environment of a worker: this package is importable there, wherever it lies."""
    package = str(resources.PACKAGE.parent)
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])]),
    }


def _lines(processes: Sequence[subprocess.Popen]) -> Iterator[tuple[int, str]]:
    """Lines of several processes as they come, each with the number of its process."""
    import selectors

    with selectors.DefaultSelector() as waiting:
        for n, process in enumerate(processes):
            waiting.register(process.stdout, selectors.EVENT_READ, n)  # type: ignore[arg-type]
        while waiting.get_map():
            for key, _ in waiting.select():
                line = key.fileobj.readline()  # type: ignore[union-attr]
                if line:
                    yield key.data, line
                else:
                    waiting.unregister(key.fileobj)
