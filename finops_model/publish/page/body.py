"""The monthly budget report as sections that a notebook shows one after the other: words, charts and tables of one brief.

Every figure comes from the brief by its path; sections without data stay away and the last one says why.
"""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import ReportError
from ...measure.brief_types import Brief
from ...names import slug
from ...periods import check_month
from ..report.briefs import load_brief, shown
from ..report.places import published_in
from . import allocation as page_allocation
from . import basis as page_basis
from . import costs as page_costs
from . import first as page_first
from . import sections as page_sections
from . import track as page_track
from . import units as page_units
from .tables import Figures, differences, templates
from .two import actions as page_actions
from .two import control as page_control
from .two import full as page_full
from .two import held as page_held
from .two import waste as page_waste


class Section:
    """A finished part of the page; a notebook shows it."""

    def __init__(self, html: str):
        self.html = str(html)

    def _repr_html_(self) -> str:
        return self.html


def open_brief(path: str | os.PathLike = "", *, month: str, unit: str) -> Page:
    """The page of a brief.

    Parameters
    ----------
    path : path, optional
        A brief; '': the one published for this month and unit, in `reports` here or in a folder
        above.
    month : str
        YYYY-MM.
    unit : str
        Company or a business unit.

    Returns
    -------
    Page
        It shows the brief and computes nothing.

    Raises
    ------
    ReportError
        There is none, or the brief is of another month or unit.

    Source
    ------
    docs/method §15.2.

    Examples
    --------
    >>> try:
    ...     open_brief("nowhere/brief.json", month="2026-10", unit="Company")
    ... except ReportError as problem:
    ...     print(str(problem)[:19])
    nowhere/brief.json:
    """
    check_month(month)
    if not path:
        if not any(char.isalnum() for char in unit):
            raise ReportError(
                f"unit: '{unit[:60]}' is not the name of a unit. "
                "Name one of the month's reports, for example Company."
            )
        here = Path.cwd().resolve()
        archives = [folder / "reports" for folder in (here, *here.parents)]
        places = [
            root / month / published_in(root, month)[unit] / "brief.json"
            for root in archives
            if unit in published_in(root, month)
        ]
        path = next(
            (place for place in places if place.is_file()),
            f"reports/{month}/{slug(unit)}/brief.json",
        )
    brief = load_brief(path)
    if (brief["month"], brief["unit"]) != (month, unit):
        raise ReportError(
            f"{path}: this brief is of {brief['unit']}, {brief['month']}; asked for was {unit}, {month}."
        )
    return Page(brief)


class Page:
    """Sections of the report of one brief, in the order a reader wants them; each is None where the brief has nothing for it."""

    def __init__(self, brief: Brief):
        self.brief = shown(brief)  # what is shown; figures are the brief's own
        self.figures = Figures(self.brief)
        self.shown: list[Section] = []
        self.wanted: tuple[str, ...] = ()  # figures that must stand in the sections shown

    def _section(self, name: str, what: dict | None) -> Section | None:
        return None if what is None else self._written(name, what, "report_section.html.j2")

    def _written(self, name: str, what: dict, template: str) -> Section:
        html = templates.get_template(template).render(brief=self.brief, name=name, **what)
        self.shown.append(Section(html))
        return self.shown[-1]

    def first_page(self) -> Section:
        """Headline, figures, outlook, quarters, decisions, three lists, how far to trust it: one sheet."""
        self.wanted += page_first.first_figures(self.brief)
        return self._written("first", page_first.first(self.figures), "report_first.html.j2")

    def in_full(self) -> Section | None:
        """Decisions, parts that carry the overrun, changes, the next month: all that page one shortens."""
        return self._section("in-full", page_full.in_full(self.figures))

    def budget(self) -> Section | None:
        """Month and year against the budget, then every month."""
        return self._section("budget", page_sections.budget(self.figures))

    def units(self) -> Section | None:
        """A line per business unit, on the company's page."""
        return self._section("units", page_units.units(self.figures))

    def allocation(self) -> Section | None:
        """Whose cost it is, on the company's page: shared cost given out, and each dimension."""
        return self._section("allocation", page_allocation.allocation(self.figures))

    def movements(self) -> Section | None:
        """What moved since the month before, and from the budget to the year to date, step by step."""
        return self._section("movements", page_sections.movements(self.figures))

    def uncertainty(self) -> Section | None:
        """Which workloads make the range wide."""
        return self._section("range", page_sections.uncertainty(self.figures))

    def unit_costs(self) -> Section | None:
        """Cost per outcome, driver, GPU hour and token, with its trend."""
        return self._section("unit-costs", page_costs.unit_costs(self.figures))

    def what_ifs(self) -> Section | None:
        """Each what-if beside the base."""
        return self._section("what-ifs", page_sections.what_ifs(self.figures))

    def track_record(self) -> Section | None:
        """How earlier forecasts did."""
        return self._section("track-record", page_track.track_record(self.figures))

    def held(self) -> Section | None:
        """Commitments held and unused, vendors, cash beside expense."""
        return self._section("held", page_held.held(self.figures))

    def waste(self) -> Section | None:
        """Money that bought nothing, and what somebody should look at."""
        return self._section("waste", page_waste.waste(self.figures))

    def actions(self) -> Section | None:
        """What was done about cost, whether the bill shows it, and what is open."""
        return self._section("actions", page_actions.actions(self.figures))

    def control(self) -> Section:
        """What the figures tie out to and rest on."""
        self.wanted += page_control.control_figures(self.brief)
        return self._written(
            "control", page_control.control(self.figures), "report_control.html.j2"
        )

    def basis(self) -> Section:
        """Tie-out by issuer, quality, assumptions, what is not in this report, where every number comes from."""
        return self._written("basis", page_basis.basis(self.figures), "report_basis.html.j2")

    def differences(self) -> list[str]:
        """What the sections shown so far say differently from the brief; empty means every figure is the brief's."""
        shown = "".join(section.html for section in self.shown)
        return differences(shown, self.brief, self.wanted)
