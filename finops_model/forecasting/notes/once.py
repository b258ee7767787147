"""How many times the usual some days were, from days of the same weekday before them (docs/method §12.26)."""

from __future__ import annotations

import numpy as np

WEEKS, FEWEST = 8, 2  # weeks looked back; so many days of the weekday, else nothing is said
SAME = 4  # newest of them that count


def times_usual(
    values: np.ndarray, days: np.ndarray, first: str, last: str, apart: np.ndarray | None = None
) -> float | None:
    """Sum of the days from first to last ÷ the sum of their usual; None where it is not known.

    values   (day,) at least 0; days (day,) datetime64[D], without gaps
    apart    (day,) of bool: days that are no measure of the usual, because a note says so; None: none of them

    The usual of a day: the median of the newest four days of its weekday that lie before the first day, are not set apart, and had
    something; looked for in eight weeks.

    >>> days = np.arange("2026-01-01", "2026-02-12", dtype="datetime64[D]")
    >>> values = np.where(days >= np.datetime64("2026-02-10"), 30.0, 10.0)
    >>> times_usual(values, days, "2026-02-10", "2026-02-11")
    3.0
    """
    begin = int((np.datetime64(first, "D") - days[0]).astype(int)) if len(days) else 0
    end = int((np.datetime64(last, "D") - days[0]).astype(int)) + 1 if len(days) else 0
    begin, end = max(begin, 0), min(end, len(values))
    if begin >= end:
        return None
    usual = 0.0
    for day in range(begin, end):
        weeks = [day - 7 * back for back in range(1, WEEKS + (day - begin) // 7 + 2)]
        before = [
            float(values[at])
            for at in weeks
            if 0 <= at < begin and values[at] > 0 and (apart is None or not apart[at])
        ][:SAME]
        if len(before) < FEWEST:
            return None
        usual += float(np.median(before))
    return float(np.sum(values[begin:end])) / usual if usual > 0 else None
