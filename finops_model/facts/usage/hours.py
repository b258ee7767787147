"""How much of an unfinished day has come by its hour, from earlier days of the same weekday (docs/method §2.28)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .judged import zone

HOUR = pd.Timedelta(hours=1)
WEEKS, SAME = 8, 4  # weeks looked back for days of the same weekday; so many of them, else
DAYS, FEWEST = 28, 7  # the newest days of any weekday; so many of them, else nothing is said
LEAST = 0.05  # of a day: before so much of it has usually come, its first hours say nothing


@dataclass(frozen=True)
class DaySoFar:
    """The newest day of use, known up to an hour; which share of such a day has come by then: middle, and where eight of ten days lie."""

    day: str
    until: str  # HH:MM, in the time zone of the company
    share: float
    low: float
    high: float
    days: int  # earlier days that say so

    def words(self) -> str:
        """What is estimated, and from what.

        >>> DaySoFar("2026-11-16", "14:00", 0.5, 0.4, 0.55, 8).words()
        '2026-11-16 is known up to 14:00, by when 50 % of such a day has come (eight of ten of 8 earlier days: 40 to 55 %)'
        """
        return (
            f"{self.day} is known up to {self.until}, by when {self.share * 100:.0f} % of such a day has come "
            f"(eight of ten of {self.days} earlier days: {self.low * 100:.0f} to {self.high * 100:.0f} %)"
        )


def day_so_far(table: pa.Table, time_zone: str = "UTC") -> DaySoFar | None:
    """The newest day where it is not over and its hours are known; None: whole days alone, a day that is over, too few earlier days, too early.

    table   `UsageStore.table()`; tokens of rows of at most an hour, of the tool that saw most of the newest day
    """
    rows = table.filter(pc.equal(table["ConsumedUnit"], "Tokens")).select(
        ["x_Source", "UsageStart", "UsageEnd", "ConsumedQuantity"]
    )
    if not rows.num_rows:
        return None
    frame = rows.to_pandas()
    frame = frame[frame["UsageEnd"] - frame["UsageStart"] <= HOUR]
    if not len(frame):
        return None
    clock = zone(time_zone)
    start, end = (frame[name].dt.tz_convert(clock) for name in ("UsageStart", "UsageEnd"))
    frame = pd.DataFrame(
        {
            "source": frame["x_Source"],
            "day": start.dt.normalize().dt.tz_localize(None),
            "at": start.dt.hour * 60 + start.dt.minute,
            "end": end.dt.tz_localize(None),
            "quantity": frame["ConsumedQuantity"].astype(float),
        }
    )
    newest = frame["day"].max()
    today = frame[frame["day"] == newest]
    source = today.groupby("source")["quantity"].sum().sort_index().idxmax()
    frame, today = frame[frame["source"] == source], today[today["source"] == source]
    until = today["end"].max()
    if until >= newest + pd.Timedelta(hours=23, minutes=59):
        return None
    minute = until.hour * 60 + until.minute
    before = frame[(frame["day"] < newest) & (frame["day"] >= newest - pd.Timedelta(weeks=WEEKS))]
    whole = before.groupby("day")["quantity"].sum()
    so_far = before[before["at"] < minute].groupby("day")["quantity"].sum()
    shares = (so_far.reindex(whole.index, fill_value=0.0) / whole)[whole > 0]
    same = shares[shares.index.dayofweek == newest.dayofweek]
    if len(same) < SAME:
        same = shares[shares.index >= newest - pd.Timedelta(days=DAYS)]
        if len(same) < FEWEST:
            return None
    low, middle, high = (float(same.quantile(q)) for q in (0.1, 0.5, 0.9))
    if low < LEAST:
        return None
    return DaySoFar(f"{newest:%Y-%m-%d}", f"{until:%H:%M}", middle, low, high, len(same))
