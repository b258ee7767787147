"""Payment options: one fee, three ledgers — effective, billed, cash — and options compared at NPV (docs/method §5.40, §6.2–§6.4).

What is paid when does not change the cost: a fee is expensed straight over the days of its term, whatever the option.
Amounts are (..., payment): every leading axis of the fee is free. numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from ...checks import number, quantities, whole
from ...errors import PriceError, unknown
from ...periods import Calendar, Period
from ..settle.cents import add_up, digits, in_time
from ..settle.cents import whole as in_coins
from ..settle.hours import HOURS
from .dates import D, M, day, later, term
from .dates import months as months_of

OPTIONS = {"all_upfront": 1.0, "partial_upfront": None, "no_upfront": 0.0, "scheduled": None}
INTERVALS = {"by_days": None, "monthly": 1, "quarterly": 3, "annually": 12}
COMPOUNDINGS = ("daily", "monthly", "monthly_effective")


@dataclass(frozen=True)
class Payment:
    """How the fee of a term is paid.

    Parameters
    ----------
    fee : float or array
        Whole fee of the term, money: a number or (...).
    start : str
        First day of the term.
    end : str
        Day after the last one.
    option : str, optional
        all_upfront, partial_upfront, no_upfront, scheduled.
    upfront_share : float, optional
        Of partial_upfront: the share of the fee that is due on the first day; default half.
    interval : str, optional
        Of the rest: by_days (each month by its days), or equal monthly, quarterly, annually.
    advance : bool, optional
        Whether an interval is invoiced on its first day; else on the day after its last.
    net_days : int, optional
        Payment terms: days from invoice to payment.
    schedule : tuple, optional
        Of scheduled: (day, money) or (day, share of the fee) pairs.
    currency : str, optional
        A fee in whole cents is invoiced and expensed in whole cents that add up to it (§5.49); "": exact.

    Raises
    ------
    PriceError
        A term that ends before it starts, a share outside 0..1, an unknown option or interval, a schedule that is not the fee.

    Source
    ------
    docs/method §5.40, §6.2.

    Examples
    --------
    >>> year = Payment(8760.0, "2026-01-01", "2027-01-01", "partial_upfront")
    >>> float(year.upfront), float(year.effective_per_hour)
    (4380.0, 1.0)
    """

    fee: float | np.ndarray
    start: str
    end: str
    option: str = "no_upfront"
    upfront_share: float | None = None
    interval: str = "by_days"
    advance: bool = False
    net_days: int = 0
    schedule: tuple = ()
    currency: str = "USD"

    def __post_init__(self):
        term(self.start, self.end, "payment")
        if self.option not in OPTIONS:
            raise PriceError(unknown("payment", "option", self.option, OPTIONS))
        if self.interval not in INTERVALS:
            raise PriceError(unknown("payment", "interval", self.interval, INTERVALS))
        object.__setattr__(self, "fee", quantities("payment fee", self.fee))
        share = OPTIONS[self.option]
        if share is None:
            share = (
                0.5
                if self.upfront_share is None
                else number(self.upfront_share, "payment: upfront_share")
            )
        elif (
            self.upfront_share is not None
            and number(self.upfront_share, "payment: upfront_share") != share
        ):
            raise PriceError(
                f"payment: upfront_share is {self.upfront_share:g} but the option is {self.option}; "
                "a share of your own needs the option partial_upfront."
            )
        if share > 1:
            raise PriceError(
                f"payment: upfront_share is {share:g}; it must be a share from 0 to 1."
            )
        object.__setattr__(self, "upfront_share", share)
        object.__setattr__(self, "net_days", whole(self.net_days, "payment: net_days"))
        if self.currency:
            digits(self.currency)
        if (self.option == "scheduled") != bool(self.schedule):
            raise PriceError(
                "payment: a schedule and the option scheduled belong together; give both or neither."
            )
        if self.schedule:
            object.__setattr__(self, "schedule", _schedule(self.schedule, self.fee))

    @property
    def days(self) -> int:
        """Days of the term."""
        first, last = term(self.start, self.end, "payment")
        return int((last - first).astype(int))

    @property
    def hours(self) -> int:
        """Hours of the term: 24 a day, also where clocks change."""
        return self.days * HOURS

    @property
    def upfront(self):
        """Due on the first day, money (...)."""
        return self.fee * (0.0 if self.schedule else self.upfront_share)

    @property
    def recurring_per_hour(self):
        """What is not upfront, per hour of the term (...)."""
        return (self.fee - self.upfront) / self.hours

    @property
    def effective_per_hour(self):
        """Amortised: upfront / hours + recurring per hour, the same for every option (...)."""
        return self.upfront / self.hours + self.recurring_per_hour

    @property
    def effective_per_day(self):
        return self.effective_per_hour * HOURS

    def invoices(self) -> Invoices:
        """Every invoice: day it is dated, billing month it belongs to, money (..., payment)."""
        first, last = term(self.start, self.end, "payment")
        fee, part = np.asarray(self.fee), cast(float, self.upfront_share)  # set by __post_init__
        if self.schedule:
            dates, shares = self.schedule
            return Invoices(dates, dates.astype(M), self._coins(fee[..., None] * shares))
        edges = _edges(first, last, self.interval)
        weights = _weights(edges, self.interval)
        dated = edges[:-1] if self.advance else edges[1:]
        billing = (edges[:-1] if self.advance else edges[1:] - 1).astype(M)
        rest = fee[..., None] * (1 - part) * weights
        if self.upfront_share == 0:
            return Invoices(dated, billing, self._coins(rest))
        up = np.broadcast_to(self.upfront[..., None], (*rest.shape[:-1], 1))
        if self.upfront_share == 1:
            return Invoices(np.array([first], dtype=D), np.array([first.astype(M)], dtype=M), up)
        return Invoices(
            np.array([first, *dated], dtype=D),
            np.array([first.astype(M), *billing], dtype=M),
            self._coins(np.concatenate([up, rest], axis=-1)),
        )

    def cash(self) -> tuple[np.ndarray, np.ndarray]:
        """Days on which money leaves (payment,) and the money (..., payment): each invoice, net_days later."""
        sent = self.invoices()
        return sent.dates + self.net_days, sent.amounts

    def billed_by_month(self, months: Sequence[str]) -> np.ndarray:
        """BilledCost of each billing month (..., month); over the whole term the sum is the fee."""
        sent = self.invoices()
        return _by_month(sent.amounts, sent.months, months)

    def cash_by_month(self, months: Sequence[str]) -> np.ndarray:
        """Money paid in each month (..., month)."""
        dates, amounts = self.cash()
        return _by_month(amounts, dates.astype(M), months)

    def effective_by_month(self, months: Sequence[str]) -> np.ndarray:
        """Expensed straight over the days of the term, money (..., month)."""
        booked, expensed = self._expense()
        return _by_month(expensed, booked, months)

    def billed_by_period(self, periods: Sequence[Period]) -> np.ndarray:
        """Invoices dated in each fiscal period, money (..., period): months say what is billed, days where it lies (§6.7)."""
        sent = self.invoices()
        return _by_day(sent.amounts, sent.dates, periods)

    def cash_by_period(self, periods: Sequence[Period]) -> np.ndarray:
        """Money paid in each fiscal period (..., period)."""
        dates, amounts = self.cash()
        return _by_day(amounts, dates, periods)

    def effective_by_period(self, periods: Sequence[Period]) -> np.ndarray:
        """Expensed straight over the days of the term, by fiscal period (..., period): what has gone until a day is rounded once."""
        first, last = term(self.start, self.end, "payment")
        bounds = [day for one in periods for day in (one.start, one.end)]
        edges = np.unique(np.clip(np.array([first, *bounds, last], dtype=D), first, last))
        parts = np.asarray(self.fee)[..., None] * np.diff(edges).astype(int) / self.days
        return _by_day(self._coins(parts, in_time), edges[:-1], periods)

    def _expense(self) -> tuple[np.ndarray, np.ndarray]:
        """Months of the term (month,) and what each expenses (..., month)."""
        first, last = term(self.start, self.end, "payment")
        names = np.arange(first.astype(M), (last - 1).astype(M) + 1)
        starts, ends = np.maximum(names.astype(D), first), np.minimum((names + 1).astype(D), last)
        return names, self._coins(
            np.asarray(self.fee)[..., None] * (ends - starts).astype(int) / self.days, in_time
        )

    def _coins(self, parts: np.ndarray, way=add_up) -> np.ndarray:
        """Parts of the fee in whole coins that add up to it, where the fee is in whole coins itself (docs/method §5.49)."""
        if not self.currency or parts.shape[-1] == 1:
            return parts
        good = in_coins(self.fee, self.currency)
        return (
            np.where(good[..., None], way(self.fee, parts, self.currency), parts)
            if good.any()
            else parts
        )

    def prepaid_by_month(self, months: Sequence[str], of: str = "cash") -> np.ndarray:
        """Prepaid at the end of each month: paid − expensed until then (..., month); below 0: owed for use so far.

        of   "cash": what was paid; "billed": what was invoiced (by invoice date)
        """
        if of not in ("cash", "billed"):
            raise PriceError(unknown("prepaid", "view", of, ("cash", "billed")))
        names = months_of(months)
        ends = (names + 1).astype(D)
        sent = self.invoices()
        dates = sent.dates + (self.net_days if of == "cash" else 0)
        paid = (sent.amounts[..., None, :] * (dates < ends[:, None])).sum(axis=-1)
        booked, expensed = self._expense()
        return paid - (expensed[..., None, :] * (booked <= names[:, None])).sum(axis=-1)


@dataclass(frozen=True)
class Invoices:
    """Invoices of a payment option."""

    dates: np.ndarray  # (payment,) day the invoice is dated
    months: np.ndarray  # (payment,) billing month, datetime64[M]
    amounts: np.ndarray  # (..., payment) money


def of_commitment(
    held,
    *,
    interval: str = "by_days",
    advance: bool = False,
    net_days: int = 0,
    currency: str = "",
) -> Payment:
    """The payment of a commitments.Hourly: its fee and upfront share, the rest by the days of each month.

    interval, advance, net_days   as in Payment
    currency   "": exact, as what is charged by the hour settles in fractions of a cent

    >>> from finops_model.prices.settle.hourly import Hourly
    >>> year = of_commitment(Hourly(quantity=1, rate=1.0, on_demand=2.0, start="2026-01-01", end="2027-01-01", upfront_share=0.5))
    >>> float(year.upfront), float(year.recurring_per_hour), float(year.effective_per_hour)
    (4380.0, 0.5, 1.0)
    """
    fee = held.term_fee()
    option = {0.0: "no_upfront", 1.0: "all_upfront"}.get(held.upfront_share, "partial_upfront")
    return Payment(
        fee,
        held.start,
        held.end,
        option,
        held.upfront_share,
        interval=interval,
        advance=advance,
        net_days=net_days,
        currency=currency,
    )


def _schedule(schedule, fee):
    """Days and shares of a stated schedule; it must add up to the fee, or to 1 where it is written in shares."""
    pairs = [
        (day(when, "payment: schedule"), number(amount, "payment: schedule amount"))
        for when, amount in schedule
    ]
    dates, amounts = (
        np.array([when for when, _ in pairs], dtype=D),
        np.array([amount for _, amount in pairs]),
    )
    if (np.diff(dates).astype(int) <= 0).any():
        raise PriceError("payment: the days of a schedule must run forward, none twice.")
    total = float(amounts.sum())
    if abs(total - 1) <= 1e-9:
        return dates, amounts
    if np.ndim(fee) or abs(total - float(fee)) > 0.005 or not total:
        shown = "the fee" if np.ndim(fee) else f"the fee of {float(fee):,.2f}"
        raise PriceError(
            f"payment: the schedule adds up to {total:,.2f}, not to {shown}; write money that does, or shares that add up to 1."
        )
    return dates, amounts / total


def _edges(first, last, interval):
    """Edges of the intervals that are invoiced: first days, and the end."""
    if interval == "by_days":
        inner = np.arange(first.astype(M) + 1, (last - 1).astype(M) + 1).astype(D)
        return np.array([first, *inner, last], dtype=D)
    step, edges, count = INTERVALS[interval], [first], 1
    while (edge := later(first, step * count)) < last:
        edges.append(edge)
        count += 1
    return np.array([*edges, last], dtype=D)


def _weights(edges, interval):
    """Share of the rest that each interval bears: by days, or equal with a short last one by its part of an interval."""
    lengths = np.diff(edges).astype(int).astype(float)
    if interval != "by_days":
        step = INTERVALS[interval]
        whole = (later(edges[0], step * len(lengths)) - edges[-2]).astype(int)
        lengths = np.array([1.0] * (len(lengths) - 1) + [lengths[-1] / whole])
    return lengths / lengths.sum()


def _by_month(amounts, of, months) -> np.ndarray:
    at = {name: i for i, name in enumerate(months_of(months))}
    result = np.zeros((*amounts.shape[:-1], len(at)))
    for i, name in enumerate(of):  # payment by payment: the same bits for one fee and for many
        if name in at:
            result[..., at[name]] += amounts[..., i]
    return result


def _by_day(amounts, dates, periods) -> np.ndarray:
    """Money of days in the periods that they lie in, (..., period); what lies in none is left out."""
    result = np.zeros((*amounts.shape[:-1], len(periods)))
    for i, at in enumerate(Calendar().index(dates, tuple(periods))):
        if at >= 0:
            result[..., at] += amounts[..., i]
    return result


def npv(amounts, dates, rate, at, compounding: str = "daily"):
    """Net present value of payments on a day, money (...).

    amounts      (..., payment) money; dates (payment,) days
    rate         yearly, a share: 0.08 is 8 %; above -1. A number, or (...) against the leading axes
    at           day it is valued on; payments before it are carried forward
    compounding  "daily": (1 + rate)^(days / 365), by date; "monthly": (1 + rate / 12)^months, by calendar months between;
                 "monthly_effective": (1 + rate)^(months / 12)

    >>> round(float(npv([110.0], ["2027-01-01"], 0.10, "2026-01-01")), 9)
    100.0
    """
    if compounding not in COMPOUNDINGS:
        raise PriceError(unknown("npv", "compounding", compounding, COMPOUNDINGS))
    amounts = np.asarray(amounts, float)
    dates = np.array([day(when, "npv: date") for when in dates], dtype=D)
    at = day(at, "npv: at")
    try:
        rate = np.asarray(rate, float)
    except (TypeError, ValueError):
        rate = np.array(np.nan)
    if not (np.isfinite(rate) & (rate > -1)).all():
        raise PriceError(
            f"npv: the yearly rate is {str(rate)[:40]}; it must be a finite number above -1 (0.08 is 8 %)."
        )
    if amounts.shape[-1:] != dates.shape:
        raise PriceError(
            f"npv: there are {amounts.shape[-1] if amounts.ndim else 0} amounts and {len(dates)} dates; give one date for each."
        )
    return (amounts * discount_factors(dates, rate, at, compounding)).sum(axis=-1)


def discount_factors(dates, rate, at, compounding: str) -> np.ndarray:
    """What one unit of money on each day is worth on the day `at` (..., payment)."""
    rate = np.asarray(rate, float)[..., None]
    if compounding == "daily":
        return (1 + rate) ** (-(dates - at).astype(int) / 365.0)
    gone = (dates.astype(M) - at.astype(M)).astype(int)
    return (1 + rate / 12) ** -gone if compounding == "monthly" else (1 + rate) ** (-gone / 12.0)


def tie_rate(
    one: Payment,
    other: Payment,
    at=None,
    compounding: str = "daily",
    low: float = -0.99,
    high: float = 1e3,
) -> float:
    """The yearly rate at which two options cost the same at NPV: the return on paying earlier (IRR of the upfront).

    Of several such rates the one nearest to 0. nan where no rate between `low` and `high` does (one is cheaper at every rate), or where both cost the same at all of them.

    >>> pay = lambda fee, **how: Payment(fee, "2026-01-01", "2027-01-01", **how)
    >>> later = pay(110.0, option="scheduled", schedule=(("2027-01-01", 110.0),))
    >>> round(tie_rate(pay(100.0, option="all_upfront"), later), 10)
    0.1
    """
    at = one.start if at is None else at
    (days_a, cash_a), (days_b, cash_b) = one.cash(), other.cash()
    if cash_a.ndim > 1 or cash_b.ndim > 1:
        raise PriceError(
            "tie_rate: the fee must be a number; look for the rate of each path by itself."
        )
    amounts, dates = np.concatenate([cash_a, -cash_b]), np.concatenate([days_a, days_b])

    def value(rate):
        return float(npv(amounts, dates, rate, at, compounding))

    scale = float(np.abs(amounts).sum())
    grid = np.concatenate([np.linspace(low, 0, 100), np.geomspace(1e-4, high, 400)])
    values = npv(np.broadcast_to(amounts, (len(grid), len(amounts))), dates, grid, at, compounding)
    flat = np.abs(values) <= 1e-12 * scale
    if flat.all():
        return float("nan")
    if flat.any():
        return float(grid[np.flatnonzero(flat)[np.argmin(np.abs(grid[flat]))]])
    turns = np.flatnonzero(np.sign(values[:-1]) != np.sign(values[1:]))
    if not turns.size:
        return float("nan")
    turn = turns[np.argmin(np.abs(grid[turns]))]  # the one nearest to 0
    a, b = grid[turn], grid[turn + 1]
    up = value(b) > 0
    for _ in range(200):
        middle = 0.5 * (a + b)
        if middle in (a, b):
            break
        a, b = (a, middle) if (value(middle) > 0) == up else (middle, b)
    return float(0.5 * (a + b))


@dataclass(frozen=True)
class Comparison:
    """Payment options at NPV."""

    npv: dict  # option -> money (...)
    best: str  # lowest NPV (mean over the leading axes); of equal ones the first
    second: str  # the next; "" where there is one option
    saving: float  # NPV of the second less that of the best, mean
    tie_rate: float  # yearly rate at which best and second cost the same; nan: none


def compare(
    options: Mapping[str, Payment], rate: float, at=None, compounding: str = "daily"
) -> Comparison:
    """Which payment option costs least at NPV, by how much, and the rate at which it ties with the next.

    Parameters
    ----------
    options : mapping of str to Payment
        The same commitment by its payment options, by name.
    rate : float
        Yearly discount rate, 0.08 is 8 %.
    at : str, optional
        Day of valuation; the earliest start where nothing is said.
    compounding : str, optional
        "daily", or another one of `npv`.

    Returns
    -------
    Comparison
        NPV of each option, the best and the next, what lies between them, and the rate at which these two tie.

    Raises
    ------
    PriceError
        No option, or a rate or a compounding that is none.

    Examples
    --------
    >>> year = {"all": Payment(8322, "2026-01-01", "2027-01-01", "all_upfront"), "none": Payment(8760, "2026-01-01", "2027-01-01")}
    >>> compare(year, 0.08).best, compare(year, 0.12).best
    ('all', 'none')
    """
    if not options:
        raise PriceError("compare: there is no payment option; give at least one.")
    at = min(day(option.start, "start") for option in options.values()) if at is None else at
    values = {}
    for name, option in options.items():
        dates, amounts = option.cash()
        values[name] = npv(amounts, dates, rate, at, compounding)
    means = {name: float(np.mean(value)) for name, value in values.items()}
    order = sorted(means, key=lambda name: means[name])
    if len(order) == 1:
        return Comparison(values, order[0], "", 0.0, float("nan"))
    best, second = options[order[0]], options[order[1]]
    scalar = np.ndim(best.fee) == 0 and np.ndim(second.fee) == 0
    tie = tie_rate(best, second, at, compounding) if scalar else float("nan")
    return Comparison(values, order[0], order[1], means[order[1]] - means[order[0]], tie)
