"""Whether one decision alone brings the year back under its budget, where it is likely over; `finops recover` tries several together (docs/method §8.78)."""

from __future__ import annotations

import numpy as np

from ....wording import clean, day, money
from ...brief_types import Landing
from ...budget import fiscal
from ...close import Close
from ..dates import months_in_year
from ..types import WayBack

LIKELY = 0.5  # chance of an overrun above which the way back is said
LEVEL = 0.8  # of futures that are to hold
SMALL = 0.005  # money below half a cent is none


def way_back(close: Close, land: Landing) -> WayBack | None:
    """The decision that brings the company's year nearest to its budget in 8 of 10 futures; None where the year is not likely over.

    land   the company's landing, as the brief has it. What-ifs were simulated on its futures already: nothing is simulated here.
    """
    budget, over = land["budget"], land["overrun_probability"]
    year = months_in_year(close, 0)
    if budget is None or over is None or over <= LIKELY or land["closed"] or year is None:
        return None
    shares = year[1]
    ahead = close.base.effective.sum(axis=2)
    if close.calendar is not None:
        ahead = fiscal.to_come(close.base, None)
    totals = land["booked"] + ahead @ shares
    found = []
    for run, due in zip(close.what_ifs, close.due):
        same = run.months == close.base.months and len(run.effective) == len(close.base.effective)
        if same and due["by"] and due["by"] >= close.as_of:
            saving = (close.base.effective - run.effective).sum(axis=2) @ shares
            found.append((float(np.quantile(totals - saving, LEVEL)), due["by"], clean(run.name)))
    at = float(np.quantile(totals, LEVEL))
    best = min(found, default=None)
    if best is not None and at - best[0] < SMALL:
        best = None
    way: WayBack = {
        "period": land["period"],
        "quantile": at,
        "over": at - budget,
        "tried": len(found),
        "best": best[2] if best else None,
        "by": best[1] if best else None,
        "best_quantile": best[0] if best else None,
        "best_over": best[0] - budget if best else None,
        "sentence": "",
    }
    return {**way, "sentence": sentence(way, close.currency)}


def sentence(way: WayBack, currency: str) -> str:
    """The line of page one.

    >>> none = {"best": None, "by": None, "best_quantile": None, "best_over": None, "sentence": ""}
    >>> sentence({"period": "FY2026", "quantile": 9.0, "over": 1.0, "tried": 0, **none}, "USD")
    'Way back: no what-if on file that can still be decided brings FY2026 under its budget.'
    """
    period = way["period"]
    if way["best"] is None or way["best_over"] is None:
        return f"Way back: no what-if on file that can still be decided brings {period} under its budget."
    who = f"“{way['best']}”"
    if way["best_over"] <= 0:
        return f"Way back: {who} alone, decided by {day(way['by'] or '')}, holds {period} in 8 of 10 futures."
    short = money(way["best_over"], currency)
    return f"Way back: no decision alone holds {period} in 8 of 10 futures; {who} comes nearest and leaves it {short} short."


__all__ = ["LEVEL", "LIKELY", "sentence", "way_back"]
