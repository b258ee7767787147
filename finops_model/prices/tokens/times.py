"""When tokens were used: days and seconds of the day, UTC (docs/method §4)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np

from ...errors import PriceError

FIRST_DAY = np.datetime64("2020-01-01")  # nobody sold tokens before: an earlier day is a slip


def instants(when) -> tuple[np.ndarray, np.ndarray | None]:
    """Days since 1970-01-01 and second of the day, both UTC, of text, dates, datetimes or datetime64 arrays.

    Times without a zone are UTC. The seconds are None where only days are known. Raises PriceError for what is no time.

    >>> [int(part) for part in instants("2026-11-01T02:30:00+02:00")]
    [20758, 1800]
    """
    try:
        if isinstance(when, str):
            only_day = len(when.strip()) == 10
            when = datetime.fromisoformat(when.strip())
        else:
            only_day = isinstance(when, date) and not isinstance(when, datetime)
        if isinstance(when, datetime):
            if when.tzinfo is not None:
                when = when.astimezone(UTC).replace(tzinfo=None)
            when = np.datetime64(when, "D" if only_day else "s")
        if isinstance(when, (list, tuple)):
            parts = [instants(one) for one in when]
            days = np.array([int(day) for day, _ in parts])
            seconds = [int(s) for _, s in parts if s is not None]
            return days, np.array(seconds) if len(seconds) == len(parts) else None
        times = np.asarray(when, dtype="datetime64" if not isinstance(when, np.ndarray) else None)
        if times.dtype.kind != "M" or np.isnat(times).any():
            raise ValueError
    except (TypeError, ValueError):
        raise PriceError(
            f"tokens: '{str(when)[:40]}' is not a time; write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, UTC unless it has an "
            "offset."
        ) from None
    days = times.astype("datetime64[D]")
    if days.size and days.min() < FIRST_DAY:
        raise PriceError(
            f"tokens: {days.min()} lies before {FIRST_DAY}, when nobody sold tokens; is it a slip?"
        )
    if np.datetime_data(times.dtype)[0] in ("D", "W", "M", "Y"):
        return days.astype(np.int64), None
    return days.astype(np.int64), (times.astype("datetime64[s]") - days).astype(np.int64)
