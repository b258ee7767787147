"""Slider data of a published month held against the draws made again (docs/method §15.5)."""

from __future__ import annotations

from pathlib import Path

from ...errors import ReportError
from ...measure.brief_types import Brief
from ...names import COMPANY
from ..dashboard.levers import JSON, NPZ
from .again import Again, Made

ASSETS = ".assets"


def freezes(made: Made, published: Brief) -> bool:
    """Whether a report has slider data: the company's, of a workspace without entities and with a year of months."""
    return (
        made.settings.own is None
        and not made.settings.of_weeks
        and published["unit"] == COMPANY
        and bool(made.close.base.months)
    )


def compare(again: Again, made: Made, published: Brief, folder: Path, root: Path) -> list[str]:
    """What of the slider data beside a company's report is not what its draws give; of a unit's report it is the company's.

    folder   where they lie, beside the report's folder;  root: the archive
    """
    there = [name for name in (JSON, NPZ) if (folder / name).is_file()]
    if not there or (made.settings.own is None and published["unit"] != COMPANY):
        return []
    if missing := [name for name in (JSON, NPZ) if name not in there]:
        return [f"{missing[0]} is missing: the sliders of the dashboard cannot be shown"]
    if not freezes(made, published):
        return [f"{JSON} is not part of the report: it has no slider data"]
    try:
        fresh = again.sliders(published, made)
    except ReportError as problem:
        return [f"the slider data cannot be made again from this brief: {str(problem).rstrip('.')}"]
    wrong = {
        NPZ: f"{NPZ} holds other draws than are made again: what the sliders show would not be this report's",
        JSON: f"{JSON} is not the file that is made again: what the sliders show would not be this report's",
    }
    problems = [
        wrong[name]
        for name in (NPZ, JSON)
        if (folder / name).read_bytes() != (fresh / name).read_bytes()
    ]
    return problems + [
        f"{ASSETS}/{path.name} is not the program that draws the dashboard's chart"
        for path in sorted((fresh.parent / ASSETS).glob("*"))
        if (root / ASSETS / path.name).is_file()
        and (root / ASSETS / path.name).read_bytes() != path.read_bytes()
    ]
