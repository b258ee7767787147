"""What Prophet alone would say where it differs by more than a tenth from the forecast of the report (docs/method §2.26)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...periods import month_name
from ..words import money
from . import moved
from .types import ByProphet

if TYPE_CHECKING:
    from ...simulate.run import Run

MUCH = 0.10  # share of the forecast; the sentence is one of a tenth or more


def by_prophet(
    run: Run, alone: Run | None, unit: str | None, booked: Mapping[str, float], starts: int = 1
) -> ByProphet | None:
    """The period in which Prophet's P50 differs most, of the next whole month and the fiscal years; None where none differs by more than a tenth.

    run, alone   the base, and the same base around Prophet's points: one set of draws;  unit: None is the company;  booked: cost of whole months
    """
    if alone is None or not run.months:
        return None
    both = [
        {one["period"]: one["p50"] for one in moved.expected(each, unit, booked, starts)}
        if starts
        else {}
        for each in (run, alone)
    ]
    open_months = [month for i, month in enumerate(run.months) if not run.so_far[i].any()]
    if open_months:
        for said, each in zip(both, (run, alone), strict=True):
            said[open_months[0]] = each.quantile(0.5, unit=unit, months=[open_months[0]])
    shares = {
        period: both[1][period] / p50 - 1
        for period, p50 in both[0].items()
        if p50 > 0 and period in both[1]
    }
    if not shares:
        return None
    period = max(shares, key=lambda name: abs(shares[name]))
    share, p50, base = shares[period], both[1][period], both[0][period]
    if abs(share) <= MUCH:
        return None
    when = month_name(period) if period[:2] != "FY" else period
    sentence = (
        f"Prophet alone would say {money(p50, run.currency)} for {when}, {abs(share) * 100:.0f} % "
        f"{'more' if share > 0 else 'less'} than the published forecast, {money(base, run.currency)}."
    )
    return {"period": period, "p50": p50, "base": base, "share": share, "sentence": sentence}
