"""How far the data of a month reach, source by source, in words; and the same days of the month before (docs/method §13.16, §14.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ..errors import LedgerError, together
from ..facts.daily.complete import Complete
from ..periods import add_months, check_day, month_days, month_name
from .words import money


def flash_reason(month: str, as_of: str, sources: list[dict]) -> str | None:
    """Why a month is not whole; None where it is.

    sources   lines of the brief's `complete`: source, step, complete, waited_for

    >>> flash_reason("2026-10", "2026-10-13", []), flash_reason("2026-10", "2026-10-31", [])
    ('the month is under way: data up to 2026-10-13', None)
    >>> both = [{"source": "A", "complete": "2026-10-31", "waited_for": False}, {"source": "B", "complete": "2026-09-30", "waited_for": True}]
    >>> flash_reason("2026-10", "2026-10-31", both)
    'October 2026 is not whole: B is in up to 2026-09-30 only (A up to 2026-10-31)'
    """
    end = str(month_days(month)[-1])
    late = [one for one in sources if one["waited_for"]]
    others = [one for one in sources if not one["waited_for"]]
    if late and others:
        late_sources = ", ".join(
            f"{one['source']} is in up to {one['complete']} only" for one in late
        )
        return f"{month_name(month)} is not whole: {late_sources} ({_up_to(others, end)})"
    return f"the month is under way: data up to {as_of}" if as_of < end or late else None


def day_of_month(day: str, month: str, last: str) -> str:
    """`day` if it is one of the month's days up to `last`. Raises LedgerError with these days.

    >>> day_of_month("2026-10-20", "2026-10", "2026-10-31")
    '2026-10-20'
    """
    if not f"{month}-01" <= check_day(day, "as_of") <= last:
        raise LedgerError(
            f"as_of {day}: the ledger has data of {month_name(month)} from {month}-01 to {last}. Choose a day in between."
        )
    return day


def unfinished_reason(month: str, late: list[dict], currency: str) -> str | None:
    """Why a month with days that look unfinished is not whole; None where there are none of it (docs/method §2.24).

    >>> unfinished_reason("2026-07", [{"day": "2026-07-31", "source": "A", "written": 33.0, "usual": 100.0}], "USD")
    '2026-07-31 looks unfinished (A has $33.00 where about $100 is usual) and is forecast'
    """
    mine = [one for one in late if one["day"][:7] == month]
    if not mine:
        return None
    days = sorted({one["day"] for one in mine})
    sources = together(
        [
            f"{one['source'] or 'the bill'} has {money(one['written'], currency)} where about {money(one['usual'], currency)} is usual"
            for one in mine
        ]
    )
    return f"{together(days)} {'look' if len(days) > 1 else 'looks'} unfinished ({sources}) and {'are' if len(days) > 1 else 'is'} forecast"


def _up_to(sources: list[dict], end: str) -> str:
    days = sorted({max(one["complete"], end) for one in sources})
    return ", ".join(
        f"{' and '.join(one['source'] for one in sources if max(one['complete'], end) == day)} up to {day}"
        for day in days
    )


def reaches(sources: Sequence[Mapping], as_of: str) -> str:
    """Sources that reach elsewhere than the report, in words, those of one day together; "" where all reach as far.

    >>> reaches([{"source": "A", "complete": "2026-11-15"}, {"source": "B", "complete": "2026-10-31"}], "2026-10-31")
    'A has data up to 2026-11-15'
    >>> reaches([{"source": "A", "complete": "2026-11-15"}, {"source": "B", "complete": "2026-11-15"}], "2026-10-31")
    'the bill goes on to 2026-11-15'
    """
    days: dict[str, list[str]] = {}
    for one in sources:
        if one["complete"] != as_of:
            days.setdefault(one["complete"], []).append(one["source"])
    if (
        len(days) == 1
        and len(sources) > 1
        and (day := next(iter(days))) > as_of
        and len(days[day]) == len(sources)
    ):
        return f"the bill goes on to {day}"
    return "; ".join(
        f"{together(names)} {_reach(day > as_of, len(names))} up to {day}"
        for day, names in sorted(days.items())
    )


def _reach(beyond: bool, count: int) -> str:
    if beyond:
        return "have data" if count > 1 else "has data"
    return "are in" if count > 1 else "is in"


def same_days(rows: pd.DataFrame, month: str, as_of: str) -> pd.DataFrame:
    """Cost rows with the month before `month` cut to the days that `month` has up to as_of: same days beside same days.

    rows   with ChargeDate; other months as they are. A month that is whole, or has more days than the one before, cuts nothing.
    """
    days = int((pd.Timestamp(as_of) - pd.Timestamp(f"{month}-01")).days) + 1
    if not 0 < days < len(month_days(month)):
        return rows
    before = rows["ChargeDate"].dt.strftime("%Y-%m") == add_months(month, -1)
    return rows[~before | (rows["ChargeDate"].dt.day <= days)]


def complete_lines(complete: Complete, month: str) -> list[dict]:
    """The brief's `complete`: a line per source that is still billing, and whether the month waits for it."""
    waited = set(complete.missing(month_days(month)[-1]))
    return [
        {
            "source": complete.label(one),
            "step": one.step,
            "complete": str(one.complete),
            "waited_for": one in waited,
        }
        for one in complete.sources
        if one.state != "ended"
    ]
