"""Days without data inside a bill, and how far each vendor's newest day is behind (docs/method §13.71)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...facts.daily.complete import NAMES, Complete, Source

AROUND = 28  # days on either side of a gap that say whether charges are usual there
LEAST = 10  # days with charges around a gap, before anything is said of it
STEADY = (
    0.8  # of its usual weekdays around a gap that have charges, for its days to count as missing
)
STEP = {"days": 0, "weeks": 7, "months": 31, "longer": 366}  # days a period of the source lasts
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Vendor:
    """A source of the ledger: its newest complete day, how many days behind it is, which days are missing."""

    name: str
    first: dt.date
    newest: dt.date
    behind: int
    missing: tuple[str, ...]
    state: str


def vendors(complete: Complete, daily: pd.DataFrame, as_of: str) -> list[Vendor]:
    """Each source up to a day. One that has ended is behind nothing; one that bills by the week or month may be one period back."""
    charged = _charged(daily)
    found = []
    for source in complete.sources:
        if str(source.first) > as_of:
            continue
        newest = min(source.complete, dt.date.fromisoformat(as_of))
        behind = (dt.date.fromisoformat(as_of) - newest).days - STEP[source.step]
        days = charged.get(_key(source), np.array([], "datetime64[D]"))
        found.append(
            Vendor(
                complete.label(source),
                source.first,
                newest,
                max(behind, 0) if source.state != "ended" and source.step != "longer" else 0,
                tuple(map(str, gaps(days[days <= np.datetime64(newest, "D")])))
                if source.step == "days"
                else (),
                source.state,
            )
        )
    return found


def gaps(days: np.ndarray) -> np.ndarray:
    """Days that are missing among days with charges (datetime64[D], sorted).

    In the four weeks before and the four weeks after a gap, a weekday is usual where half of its days have charges; where at least
    four in five of the days of usual weekdays have charges, those of the gap are missing. A weekend on which nothing is ever charged
    is none, and neither is the quiet of a source that charges now and then.

    >>> weeks = np.arange("2026-01-01", "2026-03-01", dtype="datetime64[D]")
    >>> gaps(np.delete(weeks, [20, 21])).astype(str).tolist(), gaps(weeks[np.is_busday(weeks)]).tolist()
    (['2026-01-21', '2026-01-22'], [])
    """
    missing = [days[:0]]
    for at in np.flatnonzero(np.diff(days) > DAY):
        before, after = days[at], days[at + 1]
        around = np.concatenate(
            [
                np.arange(max(days[0], before - DAY * (AROUND - 1)), before + DAY),
                np.arange(after, min(days[-1], after + DAY * (AROUND - 1)) + DAY),
            ]
        )
        there, weekday = np.isin(around, days), _weekday(around)
        usual = [n for n in range(7) if (weekday == n).any() and there[weekday == n].mean() >= 0.5]
        if there.sum() >= LEAST and there[np.isin(weekday, usual)].mean() >= STEADY:
            gap = np.arange(before + DAY, after)
            missing.append(gap[np.isin(_weekday(gap), usual)])
    return np.concatenate(missing)


def _weekday(days: np.ndarray) -> np.ndarray:
    """0 to 6, (day,)."""
    return days.astype("datetime64[D]").astype(np.int64) % 7


def _charged(daily: pd.DataFrame) -> dict[tuple, np.ndarray]:
    """{source: days on which a charge of use begins}, sorted."""
    rows = daily[
        (daily["ChargeCategory"] == "Usage")
        & (daily["ChargeFrequency"] != "Recurring")
        & (daily["Rows"] > 0)
    ]
    return {
        tuple(key): np.unique(part["ChargeDate"].to_numpy("datetime64[D]"))
        for key, part in rows.groupby(NAMES, sort=False)
    }


def _key(source: Source) -> tuple[str, str, str]:
    return source.issuer, source.provider, source.account
