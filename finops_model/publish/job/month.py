"""The reports of a month, end to end: nothing where nothing has changed, else prepared, rendered, published (docs/method §15.42)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ...errors import LedgerError, ReportError, unknown
from ...facts.ledger.store import Ledger
from ...measure.brief_types import Brief
from ...measure.close import Close
from ...measure.entities import label, labelled
from ...names import COMPANY, slug
from ...progress import Progress
from ...published import base_of
from ...settings import Settings
from .. import close as closing
from ..archive.adopt import no_strangers
from ..close_units import how_many, pick_units, units_of
from ..report import later
from ..report.besides import Besides
from ..report.places import placed, published_in
from ..report.recorded import Recorded
from . import unchanged
from .inputs import fingerprint
from .pdf import Printer


def report(
    settings: Settings,
    month: str | None = None,
    units: list[str] | None = None,
    *,
    without: Sequence[str] = (),
    out: Path | None = None,
    newest: bool = False,
    workers: int = 2,
    fast: bool = True,
    pdf: bool | None = False,
    again: bool = True,
    tell: Callable[[str], None] | None = None,
    progress: Progress | None = None,
    whole: list[dict] | None = None,
) -> list[dict]:
    r"""Publish the budget reports of a month.

    Where finops.yaml names entities: those of each entity, in its currency; where it names rates
    too, a page of the company in its own.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    month : str, optional
        YYYY-MM; None: the newest complete one.
    units : list of str, optional
        Company or names of business units; None: what `units:` of finops.yaml says.
    without : list of str, optional
        Units that are left out: their reports of before stay, marked as not renewed.
    out : path, optional
        The archive, instead of `reports:`.
    newest : bool, optional
        Without a month: the newest that every source still billing has reached, complete or not.
    workers : int, optional
        Reports rendered side by side.
    fast : bool, optional
        One warm kernel per worker; the bytes are the same.
    pdf : bool, optional
        A PDF of each; None: where there is a browser.
    again : bool, optional
        False: where the month is published and nothing it is made of has changed, nothing is
        computed, and its entries come back with `unchanged` true.
    tell : callable, optional
        Called with how many reports there will be and about how long they take, before the long
        part; and with a sentence where there is no PDF.
    progress : callable, optional
        Called with (text, done, total).
    whole : list, optional
        What is said of the page of a company of several currencies is added to it.

    Returns
    -------
    list of dict
        Index entries of what was published.

    Raises
    ------
    FinOpsError
        One clear message, and then nothing has been published; FailedReports (exit code 3) where a
        unit's report could not be made.

    Source
    ------
    docs/method §13.40, §15.4, §15.42.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> try:
    ...     report(settings, "2024-01")
    ... except LedgerError as problem:
    ...     print(str(problem)[:49])
    2024-01: the ledger has no data for January 2024;
    """
    root = Path(out) if out else settings.path(settings.reports)
    no_strangers(root)  # said before the long part
    with Printer(pdf, tell) as printer:
        made_of, known = _made_of(settings, month, newest, root, progress)
        if not again and known:
            there = unchanged.published(
                base_of(root), known, made_of, units=units, without=without, pdf=printer.prints
            )
            if there is not None:
                return [{**entry, "restated": [], "unchanged": True} for entry in there]
        job = _Job(settings, root, units, tuple(without), made_of)
        with contextlib.closing(job.recorded):
            job.prepare(month, newest, workers, fast, tell, progress)
            return job.publish(workers, fast, printer, progress, whole)


def _made_of(
    settings: Settings, month: str | None, newest: bool, root: Path, progress: Progress | None
) -> tuple[str, str]:
    """The fingerprint of what will be published, and the month; "" where those of the entities differ."""
    months = [
        closing.pick_month(closing.books(part, progress), month, newest, part.time_zone)[0]
        for part in settings.parts()
    ]
    ledger = Ledger(settings.path(settings.ledger))
    of = fingerprint(settings, ledger, sorted(set(months)), root)
    return of, months[0] if len(set(months)) == 1 else ""


class _Job:
    """One publication in the making."""

    def __init__(
        self,
        settings: Settings,
        root: Path,
        units: list[str] | None,
        without: tuple[str, ...],
        made_of: str,
    ):
        self.settings, self.root, self.units = settings, root, units
        self.without, self.made_of = without, made_of
        self.recorded = Recorded(settings, root)
        self.briefs: list[Brief] = []
        self.names: list[str] = []  # of every unit with cost, as reports are called
        self.plain: set[str] = set()  # as bills call them
        self.closes: dict[str, Close] = {}
        self.company: tuple[Close, int] | None = None
        self.whole = 0  # reports of a whole month

    def prepare(self, month, newest, workers, fast, tell, progress) -> None:
        """Everything that is computed: closes and briefs of each entity, or of the company."""
        parts = self.settings.parts()
        for n, part in enumerate(parts):
            last = n == len(parts) - 1

            def before(daily, part=part, last=last):
                self._names_of(daily, part)
                if last:
                    self._known_without()
                if tell:
                    gone = partial(self._gone, part)
                    tell(how_many(daily, part, self.units, workers, fast, gone))

            close = closing.prepare(
                part,
                month,
                units=self.units,
                newest=newest,
                reports=self.root,
                progress=progress,
                before=before,
            )
            self.closes[part.own.name if part.own else ""] = close
            self.whole += len(pick_units(close.daily, None, part.units))
            chosen = [
                unit
                for unit in pick_units(close.daily, self.units, part.units)
                if not self._gone(part, unit)
            ]
            at = len(self.briefs)
            self.briefs += [labelled(one, part) for one in closing.briefs_of(close, chosen)]
            # the dashboard's levers add up months: there is none of a year of weeks, as of entities
            shown = part.own is None and not part.of_weeks and COMPANY in chosen
            if shown and close.base.months:
                self.company = (close, at + chosen.index(COMPANY))
        if not self.briefs:
            raise ReportError(
                "--without leaves no report to publish. Leave out fewer units, or none."
            )
        self.briefs = placed(self.briefs, self.names, self.root)

    def _names_of(self, daily, part: Settings) -> None:
        every = [COMPANY, *units_of(daily)]
        self.plain |= set(every)
        self.names += [label(part.own.name, unit) if part.own else unit for unit in every]

    def _gone(self, part: Settings, unit: str) -> bool:
        """Whether a unit of an entity, or of the company, is left out."""
        return self._left_out(label(part.own.name, unit) if part.own else unit, unit)

    def _left_out(self, *names: str) -> bool:
        """Whether one of the names of a unit is left out."""
        own = {one for name in names for one in (name.casefold(), slug(name))}
        return any(name.casefold() in own for name in self.without)

    def _known_without(self) -> None:
        """Raises LedgerError for a unit to be left out that nobody knows."""
        every = (*self.names, *self.plain)
        known = {one for name in every for one in (name.casefold(), slug(name))}
        for name in self.without:
            if name.casefold() not in known:
                raise LedgerError(unknown("--without", "unit", name, self.names))

    def publish(self, workers, fast, printer, progress, whole) -> list[dict]:
        """Render and publish what was prepared; its entries."""
        besides = Besides(self.settings, self.closes, self.briefs, self.company)
        months = sorted({brief["month"] for brief in self.briefs})
        published = self.recorded.publish(
            self.briefs,
            self.closes,
            workers=workers,
            fast=fast,
            progress=progress,
            freeze=besides,
            printer=printer,
            keys={
                (brief["month"], brief["slug"]): {
                    "inputs": unchanged.mark(self.made_of, self.whole)
                }
                for brief in self.briefs
            },
            left_out={
                (month, place)
                for month in months
                for unit, place in published_in(self.root, month).items()
                if self._left_out(unit)
            },
        )
        if whole is not None:
            whole += besides.told(self.root)
        later.note_all(self.settings, self.briefs, published, self.root, progress)
        return [
            {**entry, "restated": brief["restated"]}
            for entry, brief in zip(published, self.briefs, strict=True)
        ]
