"""What the states of a company, or of one entity, are made of: facts, runs, published briefs, each read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from ...errors import FinOpsError, LedgerError
from ...facts.cycle.notes import Note
from ...facts.daily import warehouse
from ...forecasting.notes.workspace import notes_of
from ...measure.actuals import cost_rows
from ...measure.bridge.once import split
from ...measure.brief_types import Brief
from ...measure.entities import own_unit
from ...names import COMPANY
from ...periods import days_between
from ...progress import Progress
from ...published import base_of
from ...settings import Settings
from ...simulate import scenarios
from .. import close
from ..report.briefs import load_brief


@dataclass
class Part:
    """A company without entities, or one entity: what its states are made of, each read once."""

    settings: Settings
    unit: str
    daily: pd.DataFrame
    month: str  # the newest that every source still billing has completed
    as_of: str
    progress: Progress | None = None
    runs: dict = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def name(self) -> str | None:
        return None if self.unit == COMPANY else self.unit

    @property
    def starts(self) -> int:
        return self.settings.fiscal_year_starts

    def rows(self, outside: bool = False) -> pd.DataFrame:
        """DAILY rows of the unit."""
        daily = self.daily
        if outside:
            rows = daily if self.name is None else daily[daily["x_BusinessUnit"] == self.unit]
        else:
            rows = cost_rows(daily, self.unit)
        return split(rows, self.notes, daily)

    def span(self, names: Sequence[str]) -> tuple[str, str]:
        """First and last day of months or periods that follow one another."""
        calendar = self.settings.calendar_of()
        first, last = calendar.named(names[0]), calendar.named(names[-1])
        return str(first.start), str(last.end - 1)

    def days(self, names: Sequence[str]) -> int:
        """Calendar days of months or periods."""
        first, last = self.span(names)
        return days_between(first, last) + 1

    def between(self, names: Sequence[str], outside: bool = False) -> pd.DataFrame:
        """The unit's rows of months or periods."""
        rows, (first, last) = self.rows(outside), self.span(names)
        day = rows["ChargeDate"]
        return rows[(day >= pd.Timestamp(first)) & (day <= pd.Timestamp(last))]

    def run(self, file: str | None, as_of: str):
        """A scenario's run, or the base's."""
        path = file or self.settings.scenario
        if (path, as_of) not in self.runs:
            # as it is written where the command runs, else as the workspace names it
            here = Path(file) if file and Path(file).is_file() else None
            self.runs[path, as_of] = scenarios.run(
                here or (self.settings.path(path) if path else None),
                self.settings,
                as_of=as_of,
                daily=self.daily,
                dials=False,
                progress=self.progress,
            )
        return self.runs[path, as_of]

    def published(self) -> dict[str, Brief]:
        """Briefs of the unit by month, as they were published."""
        found = {}
        archive = base_of(self.settings.path(self.settings.reports))
        for path in sorted(archive.glob("[0-9]*/*/brief.json")):
            try:
                brief = load_brief(path)
                if (
                    own_unit(brief, self.settings) == self.unit
                    and brief["currency"] == self.settings.currency
                ):
                    found[str(brief["month"])] = brief
            except (FinOpsError, OSError, KeyError, TypeError, ValueError):
                continue  # finops verify says why
        return found


def read(settings: Settings, unit: str | None, progress: Progress | None) -> Part:
    """The facts of a company or entity."""
    ledger = close.books(settings, progress)
    newest, _ = close.pick_month(ledger, None, time_zone=settings.time_zone)
    as_of = str(ledger.complete(settings.time_zone).last_day)
    daily = warehouse.daily(ledger, settings)
    daily = daily[daily["ChargeDate"] <= pd.Timestamp(as_of)]
    notes = notes_of(settings, daily)
    return Part(settings, unit or COMPANY, daily, newest, as_of, progress, notes=notes)


def with_unit(parts: list[Part], unit: str | None) -> list[Part]:
    """The parts that know the unit; of one part its own spelling."""
    if unit is None:
        return parts
    found = []
    problem: FinOpsError | None = None
    for part in parts:
        try:
            found.append(replace(part, unit=close.pick_unit(part.daily, unit)))
        except LedgerError as said:
            problem = said
    if not found and problem is not None:
        raise problem
    return found
