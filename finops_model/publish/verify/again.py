"""Reports made again: each close of a workspace once, each page once, however many reports are held against them."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...facts.daily import kept
from ...facts.ledger.store import Ledger
from ...measure.brief_types import Brief
from ...measure.close import Close
from ...measure.entities import labelled
from ...progress import Progress, silent
from ...settings import Settings
from .. import close as closing
from ..close_units import pick_units
from ..dashboard.levers import freeze
from ..job.pdf import Printer
from ..report.briefs import figures_hash
from ..report.places import placed_as
from ..report.render import draw, finish
from ..report.run import Kernel
from .ledger import ledger_of, ledger_then

PDF = "report.pdf"


@dataclass(frozen=True)
class Made:
    """A close made again."""

    close: Close
    settings: Settings  # of the entity, where it is one's
    then: bool  # from the rows that the report was made from; else from those of today
    later: int = 0  # deliveries that came since


class Again:
    """What published reports are made again from. A context: pages that are made lie in a folder that goes at its end.

    Nothing is written into the workspace or the archive, and nothing that is kept beside the ledger is used.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    progress : callable, optional
        Called with (text, done, total).
    """

    def __init__(self, settings: Settings, progress: Progress | None = None):
        self.settings, self.progress = settings, progress
        self.say: Progress = progress or silent
        self._closes: dict[tuple, Made] = {}
        self._briefs: dict[tuple, Brief] = {}
        self._pages: dict[str, dict[str, bytes]] = {}
        self._sliders: dict[str, Path] = {}
        self._stack = contextlib.ExitStack()
        self._kernel: Kernel | None = None
        self._printer: Printer | None = None

    def __enter__(self) -> Again:
        self.folder = Path(
            self._stack.enter_context(tempfile.TemporaryDirectory(prefix="finops-verify-"))
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def close(self, published: Mapping, root: Path, where: str = "", today: bool = False) -> Made:
        """The close of a published brief: from the ledger's rows of then, where they are known and `today` does not ask for those of now.

        root    the archive, for what was published before;  where: for a message
        """
        of = published.get("entity")
        settings = self.settings.entity(of["name"], where) if of else self.settings
        lineage = published["lineage"]
        engine = lineage.get("engine")  # another one has bits of its own
        key = (of["name"] if of else "", published["month"], engine, str(root))
        asked = (*key, None if today else lineage.get("ledger"))
        if asked not in self._closes:
            with kept.passed_over():
                self._closes[asked] = self._made(published, settings, engine, root, today)
        return self._closes[asked]

    def _made(
        self, published: Mapping, settings: Settings, engine: str | None, root: Path, today: bool
    ) -> Made:
        found = None if today else ledger_then(settings, published["lineage"].get("ledger"))
        ledger: Ledger = found[0] if found else ledger_of(settings)
        made = closing.prepare(
            settings,
            published["month"],
            reports=root,
            progress=self.progress,
            engine=None if engine == "none" else engine,
            anew=True,
            ledger=ledger,
        )
        later = found[2] - found[1] if found else 0
        return Made(made, settings, found is not None, later)

    def brief(self, published: Brief, made: Made) -> Brief:
        """The brief of a published one's unit, made again, in the folders of the published one."""
        of = published.get("entity")
        unit = of["unit"] if of else published["unit"]
        key = (id(made.close), unit)
        if key not in self._briefs:
            chosen = pick_units(made.close.daily, [unit])
            brief = labelled(closing.briefs_of(made.close, chosen)[0], made.settings)
            self._briefs[key] = json.loads(json.dumps(brief))
        return placed_as(self._briefs[key], published)

    def pages(self, brief: Brief, manifest: Mapping, there: Path) -> dict[str, bytes]:
        """The files of a brief rendered again, by name; no PDF where none can be made. Raises ReportError where nothing can be.

        manifest   of the published report: the head of the records that stands on its page, and whether it has a PDF
        there      its folder
        """
        extra, printed = manifest.get("extra"), PDF in manifest["files"]
        key = f"{figures_hash(brief)} {printed} {json.dumps(extra, sort_keys=True)}"
        if key not in self._pages:
            if self._kernel is None:
                self._kernel = self._stack.enter_context(Kernel())
            folder = self.folder / str(len(self._pages)) / brief["month"] / brief["slug"]
            self.say("pages", len(self._pages), len(self._pages) + 1)
            draw(brief, folder, warm=self._kernel, manifest_extra=extra)
            again = printed and self._print(folder, brief)
            if printed and not again:  # mail and summary list the files that there are
                shutil.copyfile(there / PDF, folder / PDF)
            finish(brief, folder, manifest_extra=extra)
            self._pages[key] = {
                path.name: path.read_bytes()
                for path in folder.iterdir()
                if path.name != PDF or again
            }
        return self._pages[key]

    def _print(self, folder: Path, brief: Brief) -> bool:
        if self._printer is None:
            self._printer = self._stack.enter_context(Printer())
        return self._printer.print(folder / "report.html", folder / PDF, brief)

    def sliders(self, brief: Brief, made: Made) -> Path:
        """The folder of a brief's slider data, frozen again from the draws; the programs of its chart lie beside it. Raises ReportError as `freeze`."""
        key = figures_hash(brief)
        if key not in self._sliders:
            folder = self.folder / f"sliders-{len(self._sliders)}"
            self._sliders[key] = freeze(made.close.base.dials, brief, folder)
        return self._sliders[key]
