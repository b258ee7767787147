"""What one action saved: unit quantities before × volume after × the day's prices − what was paid (docs/method §17.60 to §17.64)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .errors import Errors, least_wrong
from .prices import daily_prices, quantities

LEAST_BEFORE, LEAST_AFTER, MOST_BEFORE, MOST_AFTER = 28, 7, 364, 365  # days
SURE = 0.95  # chance from which the bill shows a saving
HARDLY = 0.10  # chance of half the expected saving, from which it does not
MONTH = 365.25 / 12  # days
BY_LIST = ("commitment", "spot", "region", "provisioned", "negotiat", "discount", "rate")
BY_QUANTITY = ("batch", "cach", "tier", "lifecycle", "model", "storage_class")
QUANTITY, CALENDAR = "what was consumed", "time"


@dataclass(frozen=True, kw_only=True)
class Realised:
    """What an action saved by the bill, from the day it was done on.

    Parameters
    ----------
    first, last : date
        Of the days after that are measured.
    before : int
        Days before whose unit cost is taken.
    volume : str
        What the unit is: a driver, "what was consumed" or "time".
    expected, actual : float
        Cost as it would have been, and as it was, of those days.
    saved, low, high : float
        Expected − actual, and P10 and P90 of it.
    chance : float
        That more than nothing was saved.
    by_month : dict
        YYYY-MM -> (would have cost, cost, saved).
    errors : Errors
        Of the logarithm of what it would have cost.
    linear : bool
        Errors are shares, not logarithms: a week before cost nothing.
    """

    first: dt.date
    last: dt.date
    before: int
    volume: str
    expected: float
    actual: float
    saved: float
    low: float
    high: float
    chance: float
    by_month: dict[str, tuple[float, float, float]]
    errors: Errors
    linear: bool = False

    @property
    def days(self) -> int:
        """Days that are measured."""
        return (self.last - self.first).days + 1

    def chance_of(self, amount: float) -> float:
        """The chance that at least `amount` was saved."""
        ratio = (self.actual + amount) / self.expected if self.expected > 0 else 1.0
        if self.linear:
            return 1 - self.errors.below(ratio - 1)
        return 1 - self.errors.below(float(np.log(ratio))) if ratio > 0 else 1.0

    def a_month(self, amount: float) -> float:
        """An amount of all these days as one of an average month."""
        return amount / self.days * MONTH


@dataclass(frozen=True)
class NotMeasured:
    """Why the bill cannot say what an action saved, in a sentence."""

    why: str


def volume_kind(kind: str, driver: str) -> str:
    """What the volume is: the driver; without one what was consumed, where the action changes its price or its place and not its amount; else time.

    >>> volume_kind("batch_api", ""), volume_kind("idle_endpoint", ""), volume_kind("batch_api", "tickets")
    ('what was consumed', 'time', 'tickets')
    """
    if driver:
        return {"quantity": QUANTITY, "days": CALENDAR, "time": CALENDAR}.get(driver, driver)
    return QUANTITY if any(word in kind for word in BY_QUANTITY) else CALENDAR


def saved(
    ledger_rows: pd.DataFrame,
    mask: np.ndarray,
    drivers: pd.DataFrame,
    *,
    kind: str,
    driver: str,
    done_on: dt.date,
    last: dt.date,
    since: dt.date | None = None,
) -> Realised | NotMeasured:
    """What the rows under `mask` cost less from `done_on` to `last` than their unit cost before would have made them.

    Parameters
    ----------
    ledger_rows : frame
        DAILY, cost rows of the whole ledger: prices are read from all of it.
    mask : array
        (row,) bool: what the action changed.
    drivers : frame
        date, name, value.
    kind : str
        Of the action; says what the volume is where no driver is named.
    driver : str
        Name of a driver; "quantity", "days", or "".
    done_on, last : date
        First and last day after.
    since : date, optional
        No day before it is looked at: another action was done then.

    Returns
    -------
    Realised or NotMeasured

    Source
    ------
    docs/method §17.60.
    """
    rows = quantities(ledger_rows)
    own = rows[np.asarray(mask, bool)]
    if not len(own) or not (own["EffectiveCost"] > 0).any():
        return NotMeasured("no bill has cost of it before or after")
    starts = own["ChargeDate"].min().date()
    volume = volume_kind(kind, driver)
    counts = drivers[drivers["name"] == volume].set_index("date")["value"] if len(drivers) else None
    if volume not in (QUANTITY, CALENDAR):
        if counts is None or not len(counts):
            return NotMeasured(f"no driver file counts '{volume}'")
        last, starts = min(last, counts.index.max().date()), max(starts, counts.index.min().date())
    starts = max(starts, done_on - dt.timedelta(MOST_BEFORE), *filter(None, [since]))
    last = min(last, done_on + dt.timedelta(MOST_AFTER - 1))
    had, have = (done_on - starts).days, (last - done_on).days + 1
    if had < LEAST_BEFORE:
        return NotMeasured(
            f"{max(had, 0)} days before it are on the bill; {LEAST_BEFORE} are needed"
        )
    if have < LEAST_AFTER:
        return NotMeasured(
            f"{max(have, 0)} days after it are on the bill; {LEAST_AFTER} are needed"
        )
    weeks = had // 7
    days = pd.date_range(done_on - dt.timedelta(7 * weeks), last)
    cut = 7 * weeks
    use, meters = _use(own, days)
    prices = daily_prices(
        rows, days, meters, by_list=any(word in kind for word in BY_LIST) and volume != QUANTITY
    )
    counted = _volume(volume, own, days, counts)
    paid = own.groupby("ChargeDate")["EffectiveCost"].sum().reindex(days, fill_value=0.0).to_numpy()
    if not counted[:cut].sum() > 0:
        return NotMeasured(f"{volume}: nothing of it before")
    fixed = prices[cut - 1]  # the newest price before: weeks before differ in use alone
    levels, linear = _levels(use[:cut] @ fixed, counted[:cut])
    if levels is None:
        return NotMeasured("it cost nothing in the days before")
    before, wrong = least_wrong(levels.tolist(), max(round(have / 7), 1))
    window = slice(cut - 7 * before, cut)
    unit = _unit(use[window], counted[window])
    weekday = np.arange(len(days)) % 7
    at = prices
    if any(word in kind for word in BY_LIST) and volume != QUANTITY:
        at = prices * _rates(use[window], paid[window], prices[window])
    would = counted * np.einsum("tm,tm->t", unit[weekday], at)
    return _realised(
        days, cut, would=would, paid=paid, wrong=wrong, linear=linear, volume=volume, before=7 * before
    )  # fmt: skip


def _use(own: pd.DataFrame, days: pd.DatetimeIndex) -> tuple[np.ndarray, list[str]]:
    """(day, meter) quantities, and the meters."""
    table = own.pivot_table(
        index="ChargeDate", columns="meter", values="quantity", aggfunc="sum", fill_value=0.0
    ).reindex(days, fill_value=0.0)
    table = table.loc[:, table.abs().sum() > 0]
    return table.to_numpy(float), list(table.columns)


def _volume(
    volume: str, own: pd.DataFrame, days: pd.DatetimeIndex, counts: pd.Series | None
) -> np.ndarray:
    """(day,) of the volume."""
    if volume == QUANTITY:
        unit = own[own["meter"].str.contains("\x1f") & ~own["meter"].str.startswith("\x1f")]
        if len(unit):
            most = unit.groupby("ConsumedUnit")["EffectiveCost"].sum().idxmax()
            own = unit[unit["ConsumedUnit"] == most]
        return own.groupby("ChargeDate")["quantity"].sum().reindex(days, fill_value=0.0).to_numpy()
    if volume == CALENDAR:
        # A charge for a month is spread over its days: 28 of them in February cost as much as 31 in March.
        monthly = (own["ChargeCategory"] == "Purchase").to_numpy()
        share = float(np.abs(own["EffectiveCost"].to_numpy()) @ monthly) / float(
            np.abs(own["EffectiveCost"]).sum()
        )
        return MONTH / days.days_in_month.to_numpy(float) if share > 0.5 else np.ones(len(days))
    assert counts is not None  # of a driver: the two that need none are above
    return counts.reindex(days, fill_value=0.0).to_numpy(float)


def _unit(use: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """(weekday, meter): quantity of one unit of volume, by weekday; of all days where a weekday had no volume. Days are whole weeks."""
    by = use.reshape(-1, 7, use.shape[1]).sum(axis=0)
    volume = counted.reshape(-1, 7).sum(axis=0)
    whole = use.sum(axis=0) / counted.sum()
    safe = np.where(volume > 0, volume, 1.0)
    return np.where(volume[:, None] > 0, by / safe[:, None], whole)


def _levels(cost: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray | None, bool]:
    """(week,) log of cost ÷ what the weekdays of all weeks would have cost; a share where a week cost nothing."""
    unit = _unit(cost[:, None], counted)[:, 0]
    would = (counted.reshape(-1, 7) * unit).sum(axis=1)
    spent = cost.reshape(-1, 7).sum(axis=1)
    some = would > 0
    if not spent[some].sum() > 0 or some.sum() < 4:
        return None, False
    ratio = spent[some] / would[some]
    return (ratio - 1, True) if (ratio <= 0).any() else (np.log(ratio), False)


def _rates(use: np.ndarray, paid: np.ndarray, prices: np.ndarray) -> float:
    """What was paid in the days before ÷ its list cost."""
    listed = float((use * prices).sum())
    return float(paid.sum()) / listed if listed > 0 else 1.0


def _realised(days, cut, *, would, paid, wrong, linear, volume, before) -> Realised:
    after = slice(cut, len(days))
    expected, actual = float(would[after].sum()), float(paid[after].sum())
    low, high = (
        expected * ((1 + error) if linear else float(np.exp(error))) - actual
        for error in (wrong.quantile(0.1), wrong.quantile(0.9))
    )
    months = (
        pd.DataFrame({"w": would[after], "p": paid[after]})
        .groupby(days[after].strftime("%Y-%m").to_numpy())
        .sum()
    )
    result = Realised(
        first=days[cut].date(),
        last=days[-1].date(),
        before=before,
        volume=volume,
        expected=expected,
        actual=actual,
        saved=expected - actual,
        low=low,
        high=high,
        chance=0.0,
        by_month={
            str(month): (float(w), float(p), float(w - p))
            for month, w, p in months.itertuples(name=None)
        },
        errors=wrong,
        linear=linear,
    )
    return Realised(**{**result.__dict__, "chance": result.chance_of(0.0)})
