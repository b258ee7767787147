"""Sheet Forecast: months to come with their range, what is booked, budget and chance."""

from __future__ import annotations

from collections.abc import Mapping

from .....measure.basis.sections import of
from .....measure.brief_types import Brief
from .....wording.landing import CHANCE_COLUMN
from ..cells import Pen

KEYS = ("p10", "p50", "p90", "mean", "so_far", "budget")


def forecast(pen: Pen, brief: Brief) -> None:
    """A row a month, and what its columns are."""
    sheet = pen.sheet(
        "Forecast",
        [12, 18, 18, 18, 18, 18, 18, 16],
        landscape=True,
        holds="Months to come: their range, mean, budget and chance",
        titles=0,
    )
    pen.head(
        sheet,
        0,
        ["Month", "P10", "P50", "P90", "Mean", "Booked so far", "Budget", CHANCE_COLUMN],
        right=1,
    )
    sheet.freeze_panes(1, 1)
    rows: list[Mapping[str, object]] = list(brief["forecast"].get("months", []))
    for row, month in enumerate(rows, 1):
        pen.put(sheet, row, 0, month["month"])
        pen.along(sheet, row, 1, map(month.get, KEYS), "money")
        pen.put(sheet, row, 7, month.get("overrun_probability"), "share")
    futures = brief["forecast"]
    pen.note(
        sheet,
        len(rows) + 2,
        7,
        f"EffectiveCost in {pen.currency}: {of('forecast', brief.get('basis'))}. P90 is exceeded in one simulated future of ten. Quantiles of months do "
        f"not add up. {futures.get('paths', '')} paths, seed {futures.get('seed', '')}.",
    )
