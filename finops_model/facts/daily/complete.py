"""Up to which day a ledger is complete, source by source: ChargePeriodEnd says it (docs/method §13.16).

A source is an issuer, a provider and an account. What it usually bills tells its step (days, weeks, months, longer): only charges of that
step move its newest complete day, so that a fee of a month or a year on a daily bill does not.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

NAMES = ["InvoiceIssuerName", "ServiceProviderName", "BillingAccountId"]
READ = [
    *NAMES,
    "ChargeCategory",
    "ChargeClass",
    "ChargeFrequency",
    "ChargePeriodStart",
    "ChargePeriodEnd",
]
RULES = (
    1  # raise it when a rule of this file changes: kept answers of older rules are then not used
)
STEPS = ("days", "weeks", "months", "longer")  # of at most 1, 27, 31 days, and more
WEEK, MONTH = 27, 31
GONE = 35  # days that a source of days or weeks may be behind before it counts as ended; a monthly one so long after it was due
LONG_GONE = (
    100  # the same, where only sources of months go on: their newest month may have been paid ahead
)
LOOK = 92  # days that tell the usual gaps of a source
LATE_HOURS = (
    0.1  # a day by the hour is whole when it reaches as far as nine in ten of the days before
)


@dataclass(frozen=True)
class Source:
    """One issuer, provider and account; days are those of the billing time zone, `complete` is included."""

    issuer: str
    provider: str
    account: str
    step: str  # days | weeks | months | longer: how it usually bills
    first: dt.date
    complete: dt.date  # its newest complete day
    fees: bool  # it has only purchases and recurring charges
    state: str = "current"  # current | waiting (others are ahead of it) | ended (for so long that it is not waited for)

    @property
    def name(self) -> str:
        return self.provider or self.issuer or "(not stated)"


@dataclass(frozen=True)
class Complete:
    """What is complete, by source; days of the billing time zone, included.

    Parameters
    ----------
    sources : tuple of Source
        Each issuer, provider and account.
    first_day : date, optional
        Of the first charge of use.
    last_day : date, optional
        The newest day to which every source is complete that is still billing.
    newest : date, optional
        The newest day to which any of them is.
    now : date, optional
        To which those are that nobody waits for.

    Source
    ------
    docs/method §13.16.

    Examples
    --------
    >>> day = dt.date(2026, 10, 31)
    >>> cloud = Source("Acme", "Acme", "1", "days", day, day, False)
    >>> Complete((cloud,), day, day, day, day).missing("2026-11-01")[0].provider
    'Acme'
    """

    sources: tuple[Source, ...]
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    newest: dt.date | None = None
    now: dt.date | None = None

    def missing(self, day) -> tuple[Source, ...]:
        """Sources that are still billing and not yet complete to a day.

        Parameters
        ----------
        day : date or str
            YYYY-MM-DD.

        Returns
        -------
        tuple of Source
            In the order of `sources`.
        """
        return tuple(
            one
            for one in self.sources
            if one.state != "ended"
            and one.step != "longer"
            and str(
                one.complete
                if one.state == "waiting"
                else max(one.complete, self.now or one.complete)
            )
            < str(day)[:10]
        )

    def label(self, source: Source) -> str:
        """A source for readers: its provider, with the account where there are several.

        Parameters
        ----------
        source : Source
            One of `sources`.

        Returns
        -------
        str
            A name, no identifier.
        """
        alike = [one for one in self.sources if one.name == source.name]
        return (
            source.name
            if len(alike) == 1
            else f"{source.name} ({source.account or source.issuer or 'no account'})"
        )


def complete_days(files: list[Path], time_zone: str = "UTC") -> Complete:
    """What the rows of these Parquet files say is complete, in the days of a time zone.

    Charges that start and end at midnight UTC keep their days, others are cut in the time zone (as daily facts are, §13.7).
    """
    table = (
        pa.concat_tables(
            [pq.read_table(path, columns=READ) for path in files], promote_options="default"
        )
        if files
        else None
    )
    if table is None or not table.num_rows:
        return Complete(())
    rows = table.group_by(READ).aggregate([([], "count_all")]).to_pandas()
    rows[NAMES + ["ChargeCategory", "ChargeClass", "ChargeFrequency"]] = rows[
        NAMES + ["ChargeCategory", "ChargeClass", "ChargeFrequency"]
    ].fillna("")
    return judged(
        [_source(key, part) for key, part in _spans(rows, time_zone).groupby(NAMES, sort=True)],
        _first(rows, time_zone),
    )


def _spans(rows: pd.DataFrame, zone: str) -> pd.DataFrame:
    """start, end (naive, of the zone), last day, length in days; a charge of no length lasts to the end of its day."""
    start, end = _local(rows, zone)
    end = end.where(end > start, start.dt.normalize() + pd.Timedelta(days=1))
    last = (end - pd.Timedelta(microseconds=1)).dt.normalize()
    return rows.assign(start=start, end=end, last=last, days=(end - start) / pd.Timedelta(days=1))


def _local(rows: pd.DataFrame, zone: str) -> tuple[pd.Series, pd.Series]:
    start, end = (
        pd.to_datetime(rows[name]).astype("datetime64[us]")
        for name in ("ChargePeriodStart", "ChargePeriodEnd")
    )
    grained = (start == start.dt.normalize()) & (end == end.dt.normalize())
    if zone == "UTC" or grained.all():
        return start, end
    return tuple(
        one.where(grained, one.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None))
        for one in (start, end)
    )


def _first(rows: pd.DataFrame, zone: str) -> dt.date:
    usage = rows[rows["ChargeCategory"] == "Usage"]
    return _local(usage if len(usage) else rows, zone)[0].min().date()


def _source(key: tuple, rows: pd.DataFrame) -> tuple[Source, np.ndarray]:
    """A source, and the days on which it charged by the day."""
    plain = rows[
        (rows["ChargeClass"] != "Correction") & rows["ChargeCategory"].isin(["Usage", "Purchase"])
    ]
    used = plain[(plain["ChargeCategory"] == "Usage") & (plain["ChargeFrequency"] != "Recurring")]
    counted = next(part for part in (used, plain, rows) if len(part))
    step = _step(counted)
    mine = counted[_steps(counted) == STEPS.index(step)]
    complete = _newest_by_day(mine) if step == "days" else mine["last"].max()
    by_day = (
        np.unique(mine["start"].to_numpy("datetime64[D]"))
        if step == "days"
        else mine["last"].to_numpy("datetime64[D]")
    )
    issuer, provider, account = key
    source = Source(
        issuer=issuer,
        provider=provider,
        account=account,
        step=step,
        first=counted["start"].min().date(),
        complete=complete.date(),
        fees=not len(used),
    )
    return source, np.unique(by_day)


def _steps(rows: pd.DataFrame) -> np.ndarray:
    return np.searchsorted([1, WEEK, MONTH], rows["days"].to_numpy())


def _step(rows: pd.DataFrame) -> str:
    """The step with the most different charge periods, of equal ones the one with more rows, then the shortest.

    A longer one takes over where it has billed three periods since the shorter one stopped.
    """
    steps = _steps(rows)
    periods = (
        rows.assign(step=steps).groupby(["step", "start", "end"])["count_all"].sum().reset_index()
    )
    counts = periods.groupby("step")["count_all"].agg(["size", "sum"])
    best = max(
        counts.index, key=lambda step: (counts.at[step, "size"], counts.at[step, "sum"], -step)
    )
    stopped = rows.loc[steps == best, "last"].max()
    since = periods[(periods["step"] > best) & (periods["start"] > stopped)].groupby("step").size()
    return STEPS[since.idxmax() if len(since) and since.max() >= 3 else best]


def _newest_by_day(rows: pd.DataFrame) -> pd.Timestamp:
    """The newest day, or the one before where its hours stop earlier than those of the days before."""
    day = rows["last"]
    hours = (rows["end"] - day).groupby(day).max()
    newest = hours.index.max()
    before = hours[(hours.index < newest) & (hours.index >= newest - pd.Timedelta(days=28))]
    if len(before) and hours[newest] < before.quantile(LATE_HOURS, interpolation="lower"):
        return before.index.max()
    return newest


def judged(charged: list[tuple[Source, np.ndarray]], first: dt.date) -> Complete:
    """Each source beside the others: current, waiting or ended; and the days that follow from it."""
    leading = [one for one, _ in charged if not one.fees] or [one for one, _ in charged]
    leading = [one for one in leading if one.step != "longer"] or leading
    newest = max(one.complete for one in leading)
    daily = [
        one for one in leading if one.step == "days" and (newest - one.complete).days <= LONG_GONE
    ]
    now = max(one.complete for one in daily) if daily else newest
    sources = tuple(
        _beside(one, days, [other for other, _ in charged], now) for one, days in charged
    )
    held = [one.complete for one in sources if one.state == "waiting" and not one.fees]
    return Complete(sources, first, min([now, *held]), newest, now)


def _beside(one: Source, days: np.ndarray, everyone: list[Source], now: dt.date) -> Source:
    behind = (now - one.complete).days
    if behind <= 0 or one.step == "longer":
        return one
    if one.step == "days":
        goes_on = any(
            (other.issuer, other.account) == (one.issuer, one.account)
            and other.step == "days"
            and other.complete > one.complete
            for other in everyone
        )
        recent = days[days > days[-1] - np.timedelta64(LOOK, "D")]
        steady = (days > days[-1] - np.timedelta64(28, "D")).sum() * 2 > min(
            28, (days[-1] - days[0]).astype(int) + 1
        )
        if behind <= int(np.diff(recent).astype(int).max(initial=1)) - 1:
            return one  # no longer quiet than it has been before
        state = "waiting" if steady and not goes_on and behind <= GONE else "ended"
    else:
        due = int(
            np.diff(days[-4:]).astype(int).max(initial=0)
        )  # usual distance of its periods; 0: it has billed only one
        state = "waiting" if due and behind <= due + GONE else "ended"
    return Source(**{**one.__dict__, "state": state})
