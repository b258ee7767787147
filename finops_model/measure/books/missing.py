"""Days that have not come, and charges that always come: what they will cost, and on what that rests (docs/method §14.22, §14.23)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pandas as pd

from ...errors import InputError, several
from ...facts.daily.complete import Complete
from ...periods import Period, add_months, days, month_days, month_range
from .rows import COST, RECURRING, Row, add, total
from .types import ZERO, Cell, Group

RECENT = 28  # days that say whose the missing ones are
TENTH = Decimal(1).scaleb(-10)


@dataclass(frozen=True)
class Missing:
    """A source whose days from `first` to the period's end have not come; days YYYY-MM-DD, included."""

    issuer: str
    provider: str
    account: str
    first: str
    last: str


def missing_days(complete: Complete, period: Period) -> tuple[Missing, ...]:
    """What has not come of a period, and of the days before it, by source (§13.16)."""
    last = str(period.end - 1)
    found = []
    for one in complete.missing(last):
        done = (
            one.complete
            if one.state == "waiting"
            else max(one.complete, complete.now or one.complete)
        )
        first = str(np.datetime64(done, "D") + 1)
        found.append(Missing(one.issuer, one.provider, one.account, first, last))
    return tuple(found)


@dataclass(frozen=True)
class Expected:
    """A forecast of days that have not come.

    dates   (day,) datetime64[D]
    paths   issuer -> (path, day), money of the entity; "": all issuers together, given to each by its share of the newest 28 days
    """

    dates: np.ndarray
    paths: Mapping[str, np.ndarray]

    @classmethod
    def of_months(
        cls, totals: Mapping[str, np.ndarray], so_far: Mapping[str, float], last: str
    ) -> Expected:
        """Of month totals: what a month's total has beyond what is booked, evenly over its days after `last`.

        totals    month YYYY-MM -> (path,), the whole month
        so_far    month -> what is booked of it up to `last`
        """
        dates, columns = [], []
        for month in sorted(totals):
            open_days = [day for day in month_days(month) if str(day) > last]
            rest = np.asarray(totals[month], dtype=float) - so_far.get(month, 0.0)
            dates += open_days
            columns += [rest / len(open_days)] * len(open_days) if open_days else []
        paths = np.stack(columns, axis=1) if columns else np.zeros((1, 0))
        return cls(np.array(dates, dtype="datetime64[D]"), {"": paths})


@dataclass
class Estimated:
    """What is estimated of a group.

    cells   who bears it -> mean;  p10, p90: of the group's sum, over its missing days
    days    how many are missing, of the source with the most;  notes: on what it rests
    """

    cells: dict[Cell, Decimal] = field(default_factory=dict)
    p10: Decimal = ZERO
    p90: Decimal = ZERO
    days: int = 0
    notes: set[str] = field(default_factory=set)

    @property
    def mean(self) -> Decimal:
        """Sum over those who bear it."""
        return total(self.cells.values())


@dataclass(frozen=True)
class Due:
    """A recurring charge that came every month of the last three, and has not come in this one."""

    issuer: str
    currency: str
    account: str
    what: str  # commitment or SKU
    month: str
    cells: dict[Cell, Decimal]  # of the days up to the period's end

    @property
    def amount(self) -> Decimal:
        """Effective cost of the days up to the period's end."""
        return total(self.cells.values())

    @property
    def group(self) -> Group:
        """Its issuer, currency and month."""
        return Group(self.issuer, self.currency, self.month)

    @property
    def says(self) -> str:
        """It in words."""
        return f"{self.what} of {self.issuer or 'no issuer'} has come every month and not yet in {self.month}: {self.amount:,.2f} {self.currency} is taken as due."


Like = tuple[str, str, str, str, str]  # issuer, currency, account, sku, commitment


def like(row: Row) -> Like | None:
    """What a recurring charge is told by from month to month; None for other charges."""
    if row.frequency != RECURRING or row.category not in COST:
        return None
    return (row.issuer, row.currency, row.account, row.sku, row.commitment)


def due(
    rows: Iterable[Row], period: Period, invoiced: Iterable[tuple[str, str, str]] = ()
) -> dict[Like, list[Due]]:
    """Recurring charges that are known and have not come: of the months of a period and the month before, where no invoice came either.

    A charge that came every month of the three before comes on the days of the month, and at the money, of the newest of them.

    invoiced    (issuer, currency, billing period) of invoices that came: what is not in them is not due
    """
    last = str(period.end - 1)
    came: dict[Like, dict[str, list[Row]]] = {}
    for row in rows:
        if (key := like(row)) is not None:
            came.setdefault(key, {}).setdefault(row.day[:7], []).append(row)
    months = month_range(add_months(str(period.start)[:7], -1), last[:7])
    have = set(invoiced)
    found: dict[Like, list[Due]] = {}
    for key, by_month in sorted(came.items()):
        for month in months:
            before = [add_months(month, -n) for n in (1, 2, 3)]
            if month in by_month or not all(one in by_month for one in before):
                continue
            if (key[0], key[1], month) in have:
                continue
            end = str(month_days(month)[-1])[8:]
            cells: dict[Cell, Decimal] = {}
            for row in by_month[before[0]]:
                if f"{month}-{min(row.day[8:], end)}" <= last:
                    add(cells, Cell(row.team, row.activity), row.effective)
            if total(cells.values()):
                one = Due(
                    key[0], key[1], key[2], key[4] or key[3] or "a recurring charge", month, cells
                )
                found.setdefault(key, []).append(one)
    return found


def estimate_missing(
    rows: Sequence[Row],
    missing: Iterable[Missing],
    *,
    known: Mapping[Like, object] | None = None,
    forecast: Expected | None = None,
    usage: pd.DataFrame | None = None,
) -> dict[Group, Estimated]:
    """What days that have not come will cost: from use where it is known, else the mean of the forecast.

    A source's part of a forecast is its share of the newest 28 complete days; what of a missing day has come already is taken off.
    P10 and P90 are those of the sum of a group's missing days; use alone says no range, and counts with its amount in both.

    rows        of the ledger
    missing     `missing_days`
    known       recurring charges that are added by themselves (`due`); they are no part of a share
    forecast    paths by day
    usage       `measure.usage.estimated.estimate`, of days after the bill

    Raises InputError where days are missing and nothing says what they cost.
    """
    missing = list(missing)
    out: dict[Group, Estimated] = {}
    if not missing:
        return out
    newest = min(str(np.datetime64(one.first, "D") - 1) for one in missing)
    since = str(np.datetime64(newest, "D") - (RECENT - 1))
    window = [row for row in rows if since <= row.day <= newest and row.category in COST]
    whole = total(row.effective for row in window)
    for one in missing:
        _one(out, one, rows, window, whole, known=known or {}, forecast=forecast, usage=usage)
    return out


def _one(
    out, one: Missing, rows, window, whole, *, known, forecast: Expected | None, usage
) -> None:
    source = (one.issuer, one.provider, one.account)
    own = [
        row
        for row in window
        if (row.issuer, row.provider, row.account) == source and like(row) not in known
    ]
    money = total(row.effective for row in own)
    if not own or not money:
        return
    came: dict[str, Decimal] = {}
    for row in rows:
        own_day = row.category in COST and one.first <= row.day <= one.last
        if own_day and (row.issuer, row.provider, row.account) == source and like(row) not in known:
            add(came, row.day[:7], row.effective)
    currency = own[0].currency
    scope = total(row.effective for row in window if row.issuer == one.issuer)
    of_models = total(row.effective for row in own if row.model)
    known_use = _use(usage, one, window, of_models)
    by_month: dict[str, list[str]] = {}
    for day in days(one.first, one.last):
        by_month.setdefault(str(day)[:7], []).append(str(day))
    for month, those in by_month.items():
        used = [day for day in those if day in known_use]
        rest = [(day, (money - of_models) if day in known_use else money) for day in those]
        paths, note = _paths(one, rest, forecast, whole, scope)
        fixed = total(known_use[day] for day in used)
        arrived = came.get(month, ZERO)
        mean, p10, p90 = (
            max(fixed + _decimal(value) - arrived, ZERO)
            for value in (paths.mean(), *np.quantile(paths, (0.1, 0.9)))
        )
        into = out.setdefault(Group(one.issuer, currency, month), Estimated())
        into.p10, into.p90 = into.p10 + p10, into.p90 + p90
        into.days = max(into.days, len(those))
        if used:
            into.notes.add(f"{several(len(used), 'day')} from use, which says no range")
        if note:
            into.notes.add(note)
        shares: dict[Cell, Decimal] = {}
        for row in own:
            add(shares, Cell(row.team, row.activity), row.effective)
        for cell, value in shares.items():
            add(into.cells, cell, (mean * value / money).quantize(TENTH))


def _decimal(value: float) -> Decimal:
    return Decimal(repr(float(value))).quantize(TENTH)


def _use(usage, one: Missing, window, of_models: Decimal) -> dict[str, Decimal]:
    """Estimates from use by day of a source: those of its provider, by its part of what that provider's models cost."""
    if usage is None or not len(usage) or not of_models:
        return {}
    every = total(row.effective for row in window if row.model and row.provider == one.provider)
    part = usage[usage["ServiceProviderName"].str.casefold() == one.provider.casefold()]
    whole = part.groupby("UsageDate")["x_Estimate"].agg(lambda given: given.sum(skipna=False))
    return {
        str(day)[:10]: (_decimal(value) * of_models / every).quantize(TENTH)
        for day, value in whole.items()
        if not np.isnan(value) and one.first <= str(day)[:10] <= one.last
    }


def _paths(one: Missing, rest, forecast, whole, scope) -> tuple[np.ndarray, str]:
    """Paths of what days cost by the forecast, (path,), and a note; `rest`: day, money of the 28 days that stands for it."""
    rest = [(day, money) for day, money in rest if money]
    if not rest:
        return np.zeros(1), ""
    place = {} if forecast is None else {str(day): i for i, day in enumerate(forecast.dates)}
    absent = [day for day, _ in rest if day not in place]
    if absent:
        raise InputError(
            f"{one.provider or one.issuer or '(not stated)'} has not billed {absent[0]} to {absent[-1]} yet, and no forecast "
            "reaches those days, so that they cannot be estimated. Run the forecast (finops run), or wait for the bill."
        )
    own = forecast.paths.get(one.issuer)
    paths, base = (own, scope) if own is not None else (forecast.paths.get(""), whole)
    if paths is None or not base:
        raise InputError(
            f"the forecast has no paths for {one.issuer or '(not stated)'}, and none of all issuers together, so that its missing "
            "days cannot be estimated."
        )
    sums = sum(paths[:, place[day]] * float(money / base) for day, money in rest)
    return np.asarray(sums), f"{several(len(rest), 'day')} from the mean of the forecast"
