"""Slider data of a published month held against the draws made again (docs/method §15.5)."""

from __future__ import annotations

from pathlib import Path

from ...errors import ReportError
from ...measure.brief_types import Brief
from ...names import COMPANY
from ..dashboard.levers import JSON, NPZ, freeze
from .again import Made

ASSETS = ".assets"


def freezes(made: Made, published: Brief) -> bool:
    """Whether a report has slider data: the company's, of a workspace without entities and with a year of months."""
    return (
        made.settings.own is None
        and not made.settings.of_weeks
        and published["unit"] == COMPANY
        and bool(made.close.base.months)
    )


def compare(made: Made, published: Brief, folder: Path, aside: Path) -> list[str]:
    """What of the slider data beside a company's report is not what its draws give.

    folder   where they lie, beside the report's folder;  aside: for those that are made again
    """
    there = [name for name in (JSON, NPZ) if (folder / name).is_file()]
    if not there:
        return []
    if missing := [name for name in (JSON, NPZ) if name not in there]:
        return [f"{missing[0]} is missing: the sliders of the dashboard cannot be shown"]
    if not freezes(made, published):
        return [f"{JSON} is not part of the report: it has no slider data"]
    try:
        again = freeze(made.close.base.dials, published, aside / published["month"])
    except ReportError as problem:
        return [f"the slider data cannot be made again from this brief: {str(problem).rstrip('.')}"]
    wrong = {
        NPZ: f"{NPZ} holds other draws than are made again: what the sliders show would not be this report's",
        JSON: f"{JSON} is not the file that is made again: what the sliders show would not be this report's",
    }
    return [
        wrong[name]
        for name in (NPZ, JSON)
        if (folder / name).read_bytes() != (again / name).read_bytes()
    ]


def program_differs(root: Path, aside: Path) -> list[str]:
    """Programs of charts in the archive that are not the ones this version draws with, of those it has made."""
    return [
        f"{ASSETS}/{path.name} is not the program that draws the dashboard's chart"
        for path in sorted((aside / ASSETS).glob("*"))
        if (root / ASSETS / path.name).is_file()
        and (root / ASSETS / path.name).read_bytes() != path.read_bytes()
    ]
