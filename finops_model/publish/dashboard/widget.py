"""The page itself: one widget with two tabs. It shows published reports and settles the sliders; it executes nothing else.

A viewer may send anything over the websocket. So every message is checked, levers are clamped, failures become one
sentence with a reference, and the detail goes to the server's log only.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ... import resources
from ...errors import FinOpsError, ReportError
from ...measure.brief_types import Brief
from . import archive
from . import state as dashboard_view
from .levers import JSON, belongs, clamp, load
from .voila import scrubbed

ENTITIES = "There are no sliders: reports are one per entity, and currencies are not added up to a company. The published reports are on the first tab."
log = logging.getLogger("finops.dashboard")


def reports_root(start: Path | None = None) -> Path:
    """Folder of the published reports: FINOPS_REPORTS, else `reports` in this folder or one above it."""
    if os.environ.get("FINOPS_REPORTS"):
        return Path(os.environ["FINOPS_REPORTS"])
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "reports" / "index.json").is_file():
            return folder / "reports"
    return start / "reports"


def under_voila() -> bool:
    """Whether this kernel serves a page to viewers."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila") or bool(
        os.environ.get("FINOPS_DASHBOARD")
    )


class Scrubbed(logging.Formatter):
    """Lines without tokens that cannot steer a terminal: a viewer's message stands in them as it came."""

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record))


def start_log() -> None:
    """The log goes to FINOPS_DASHBOARD_LOG, else to the server's own stderr; never into the page."""
    if log.handlers:
        return
    if os.environ.get("FINOPS_DASHBOARD_LOG"):
        path = os.environ["FINOPS_DASHBOARD_LOG"]
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))  # this user's alone
        os.chmod(path, 0o600)
        handler: logging.Handler = logging.FileHandler(path, delay=True)
    else:  # a kernel's sys.stderr is shown to the viewer; this is the stream behind it
        copy = getattr(sys.stderr, "_original_stdstream_copy", None)
        handler = logging.StreamHandler(
            open(copy, "w", closefd=False)  # noqa: SIM115 - open while the page lives
            if isinstance(copy, int)
            else sys.__stderr__
        )
    handler.setFormatter(Scrubbed("%(asctime)s finops dashboard: %(message)s"))
    log.addHandler(handler)
    log.propagate = False


def problem_text(problem: BaseException, root: Path) -> str:
    """What a viewer is told: our own sentence without the server's folders, or a reference to the log."""
    start_log()
    if isinstance(problem, FinOpsError):
        log.warning("%s", problem)
        return str(problem).replace(str(root.resolve()), "reports").replace(str(root), "reports")
    reference = uuid.uuid4().hex[:8]
    log.error("reference %s", reference, exc_info=problem)
    return (
        f"This did not work. Nothing was changed. Tell the finance team the reference {reference}."
    )


def guarded(callback: Callable[..., None]) -> Callable[..., None]:
    """A callback of the page that never shows a traceback: its problem becomes `self.problem`."""

    @functools.wraps(callback)
    def safe(self: Dashboard, *args: Any) -> None:
        try:
            callback(self, *args)
            self.problem = ""
        except Exception as problem:  # noqa: BLE001 - the page's edge: whatever it is, the viewer sees one sentence
            self.problem = problem_text(problem, self.root)

    return safe


class Dashboard(anywidget.AnyWidget):
    """Two tabs: the published reports; the outlook with sliders. `root` is the folder of the reports."""

    _esm = traitlets.Unicode("").tag(sync=True)
    _css = traitlets.Unicode("").tag(sync=True)
    ask = traitlets.Any({}).tag(sync=True)  # from the browser: {"month", "slug"} of a report
    levers = traitlets.Any({}).tag(sync=True)  # from the browser: a value a slider
    reports: traitlets.List = traitlets.List([]).tag(sync=True)  # published reports, newest first
    report = traitlets.Dict({}).tag(sync=True)  # the report asked for, with its HTML
    outlook = traitlets.Dict({}).tag(sync=True)  # what stays: company, sliders, chart specification
    view = traitlets.Dict({}).tag(sync=True)  # what moves: headline, figures, chart rows
    problem = traitlets.Unicode("").tag(sync=True)

    def __init__(self, root: str | os.PathLike) -> None:
        self.root = Path(root)
        self.brief: Brief | None = None
        self.frozen: dict | None = None
        program, self.opening_problem = "", ""
        opening: dict = {}
        try:
            opening["reports"] = self._list()
            newest = opening["reports"][0]
            opening["report"] = self._open(newest["month"], newest["slug"])
        except Exception as problem:  # noqa: BLE001
            self.opening_problem = problem_text(problem, self.root)
        else:
            program = self._open_outlook(opening)
        script = resources.path("dashboard.js", beside=__package__).read_text(encoding="utf-8")
        super().__init__(
            _esm=f"{program}\n;{script}",
            _css=resources.path("dashboard.css", beside=__package__).read_text(encoding="utf-8"),
            problem=self.opening_problem,
            **opening,
        )
        self.observe(self._on_ask, "ask")
        self.observe(self._on_levers, "levers")

    def _open_outlook(self, opening: dict) -> str:
        """Fill in the second tab from the newest company report with slider data; returns the chart program."""
        try:
            found = [archive.sliders_of(self.root, e["month"], JSON) for e in opening["reports"]]
            entry, place = next(
                ((e, one) for e, one in zip(opening["reports"], found, strict=True) if one),
                (opening["reports"][0], None),
            )
            if "entity" in archive.find_entry(
                archive.load_index(self.root),
                opening["reports"][0]["month"],
                opening["reports"][0]["slug"],
            ):
                raise ReportError(ENTITIES)
            frozen, text = load(*(place or (self.root / entry["month"],)))
            brief = archive.open_brief(self.root, entry["month"], text["slug"])
            belongs(frozen, text, brief)
            self.frozen, self.brief = frozen, brief
            program = self._program(text["bundle"])
            opening["outlook"] = {
                "company": self.brief["company"],
                "chart": text["chart"],
                "ready": True,
                "sliders": dashboard_view.sliders(self.brief, self.frozen),
            }
            opening["view"] = dashboard_view.view(self.brief, self.frozen)
            return program
        except Exception as problem:  # noqa: BLE001
            opening["outlook"] = {"ready": False, "problem": problem_text(problem, self.root)}
            return ""

    def _list(self) -> list[dict]:
        keys = ("month", "unit", "slug", "status", "headline")
        return [
            {key: str(entry[key]) for key in keys}
            for entry in archive.load_index(self.root)["reports"]
        ]

    def _open(self, month: Any, slug: Any) -> dict:
        """The report of a month and slug, which may be anything a browser sends."""
        data = archive.open_report(self.root, month, slug)
        return {
            "month": month,
            "slug": slug,
            "html": data.decode("utf-8"),
            "sha256": hashlib.sha256(data).hexdigest(),
        }

    def _program(self, bundle: dict) -> str:
        """The Vega programs frozen beside the reports, unaltered."""
        name = str(bundle["file"])
        path = self.root / ".assets" / Path(name).name
        if (
            not path.is_file()
            or hashlib.sha256(raw := path.read_bytes()).hexdigest() != bundle["sha256"]
        ):
            raise ReportError(
                f"{name}: the chart program is missing or was changed. Publish again: finops report."
            )
        return raw.decode("utf-8")

    def opens_as_published(self) -> bool:
        """Whether every opening figure is the published brief's own (also true where nothing has been published yet)."""
        if self.brief is None or self.frozen is None:
            return not self.view
        return bool(
            self.view["published"]
            and self.view == dashboard_view.view(self.brief, self.frozen)
            and self.view["headline"] == self.brief["headline"]
        )

    @guarded
    def _on_ask(self, change: dict) -> None:
        wanted = change["new"] if isinstance(change["new"], dict) else {}
        if "month" in wanted:
            self.report = {
                "month": "",
                "slug": "",
                "html": "",
                "sha256": "",
            }  # a refused report leaves nothing on the page
            self.report = self._open(wanted.get("month"), wanted.get("slug"))
        else:
            self.reports = self._list()  # the page has opened: anything new?

    @guarded
    def _on_levers(self, change: dict) -> None:
        if self.brief is not None and self.frozen is not None:
            self.view = dashboard_view.view(
                self.brief, self.frozen, clamp(change["new"], self.frozen)
            )


def silence_tracebacks() -> None:
    """Under Voila: what goes wrong below our callbacks (a message no trait accepts) is logged, not sent to the viewer."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or not under_voila():
        return
    start_log()

    def logged(*_: Any, **__: Any) -> None:
        log.error("reference %s", uuid.uuid4().hex[:8], exc_info=sys.exc_info())

    shell.showtraceback = logged


def page(root: str | os.PathLike | None = None) -> Dashboard:
    """The dashboard over the reports in `root` (default: `reports_root()`); shows a sentence where there are none."""
    start_log()
    silence_tracebacks()
    return Dashboard(Path(root) if root else reports_root())
