"""Hourly commitments: paid every hour, used or not; nothing carries over to another hour (docs/method §5.3, §8.1).

A commitment covers a pool: `quantity` units an hour at `rate`; usage above it is charged on demand. A *spend*
commitment is the same thing in another unit: the pool unit is the currency at list price, on demand costs 1, the
rate is 1 - discount. numpy only: the dashboard uses it. Hours of a day: hours.py. Reading
FOCUS records: contracts.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError
from ..terms.contracts import is_currency, read_terms
from .hours import HOURS, blocks, days_of, hourly, weekday_of

__all__ = [
    "Hourly",
    "Settled",
    "best_level",
    "blocks",
    "from_document",
    "from_record",
    "hourly",
    "settle_days",
    "spill_curve",
    "weekday_of",
]
LIVE = ("Active", "Pending")  # lifecycle states of a signed contract; Proposed is a what-if


@dataclass(frozen=True)
class Settled:
    """What an hourly commitment did, each with the shape of the usage it was given.

    used + unused = quantity (where in term) and used + spill = usage, in every hour; cost = quantity * rate + spill *
    on_demand is EffectiveCost, unused hours included.
    """

    used: np.ndarray  # pool units covered
    unused: np.ndarray  # pool units paid for and not used
    spill: np.ndarray  # pool units charged on demand: above the commitment, or not eligible
    cost: np.ndarray  # money


@dataclass(frozen=True, kw_only=True)
class Hourly:
    """A commitment that settles hour by hour.

    Parameters
    ----------
    quantity : float
        Pool units per hour, from start until end.
    rate : float
        Money per committed unit and hour, used or not.
    on_demand : float
        Money per unit and hour without commitment.
    id : str, optional
        ContractCommitmentId.
    unit : str, optional
        Of the pool: GPU-hours, vCPU-hours, or a currency (spend commitment).
    skus : tuple of str, optional
        What is eligible; empty: everything in the pool it is given.
    start : str, optional
        First day of the term, YYYY-MM-DD; None: always.
    end : str, optional
        Day after the last one (FOCUS ends are exclusive); None: always.
    status : str, optional
        ContractCommitmentLifecycleStatus.
    eligible_share : float, optional
        Share of the usage that may be covered, 0..1.
    upfront_share : float, optional
        Share of the fee paid on the first day, 0..1; the rest is billed month by month.
    service : str, optional
        ServiceName it is for, where a bill has no SKUs.
    record : dict, optional
        The record it was read from.

    Raises
    ------
    PriceError
        A negative or non-finite number, a share outside 0..1, a term that ends before it starts.

    Source
    ------
    docs/method §5.3, §5.4.

    Examples
    --------
    >>> held = Hourly(quantity=60, rate=0.7, on_demand=1.0)
    >>> float(held.settle([40.0] * 16 + [100.0] * 8).cost.sum())
    1328.0
    """

    quantity: float
    rate: float
    on_demand: float
    id: str = ""
    unit: str = ""
    skus: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None
    status: str = "Active"
    eligible_share: float = 1.0
    upfront_share: float = 0.0
    service: str = ""
    record: dict = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self):
        name = f"commitment '{self.id}'" if self.id else "commitment"
        for key in ("quantity", "rate", "on_demand", "eligible_share", "upfront_share"):
            object.__setattr__(self, key, number(getattr(self, key), f"{name}: {key}"))
        for key in ("eligible_share", "upfront_share"):
            if getattr(self, key) > 1:
                raise PriceError(
                    f"{name}: {key} is {getattr(self, key):g}; it must be a share from 0 to 1."
                )
        if (
            self.start
            and self.end
            and np.datetime64(self.end, "D") <= np.datetime64(self.start, "D")
        ):
            raise PriceError(
                f"{name}: the term ends on {self.end}, not after its start on {self.start}; "
                "the end is the day after the last one."
            )
        object.__setattr__(self, "skus", tuple(self.skus))

    @property
    def spend(self) -> bool:
        """Whether the pool unit is money at list price."""
        return is_currency(self.unit)

    @property
    def live(self) -> bool:
        """Whether it is signed and not over (Active or Pending): it binds a forecast. Proposed ones are what-ifs."""
        return self.status in LIVE

    def in_term(self, dates) -> np.ndarray:
        """Which days lie in the term, bool (day,)."""
        dates = np.asarray(dates, dtype="datetime64[D]")
        inside = np.ones(dates.shape, bool)
        if self.start:
            inside &= dates >= np.datetime64(self.start, "D")
        if self.end:
            inside &= dates < np.datetime64(self.end, "D")
        return inside

    def settle(self, usage, in_term=True, on_demand=None) -> Settled:
        """Settle usage hour by hour, all hours alike in term.

        usage      (..., hour) pool units in each hour, >= 0
        in_term    bool, broadcasts against usage: hours outside the term are on demand and cost no fee
        on_demand  money per unit and hour, broadcasts; default: the commitment's own

        >>> two_levels = [40.0] * 16 + [100.0] * 8
        >>> float(Hourly(quantity=60, rate=0.7, on_demand=1.0).settle(two_levels).cost.sum())
        1328.0
        """
        usage = quantities("usage", usage)
        level = np.where(in_term, self.quantity, 0.0)
        used = np.minimum(usage * self.eligible_share, level)
        spill = usage - used
        price = self.on_demand if on_demand is None else quantities("on_demand", on_demand)
        return Settled(used, level - used, spill, level * self.rate + spill * price)

    def fee_by_day(self, dates) -> np.ndarray:
        """Effective fee of each day, money (day,): quantity x rate x 24 in term, whatever the payment option."""
        return np.where(self.in_term(dates), self.quantity * self.rate * HOURS, 0.0)

    def term_fee(self) -> float:
        """The whole fee of the term, money. Raises PriceError where the term is open."""
        if not (self.start and self.end):
            raise PriceError(
                f"commitment '{self.id}': the term is open; give start and end to know the whole fee."
            )
        days = (np.datetime64(self.end, "D") - np.datetime64(self.start, "D")).astype(int)
        return float(self.quantity * self.rate * HOURS * days)

    def effective_by_month(self, months) -> np.ndarray:
        """Effective fee, straight over the hours of the term, money (month,)."""
        return np.array([self.fee_by_day(days_of(month)).sum() for month in months])

    def billed_by_month(self, months) -> np.ndarray:
        """What the invoices of each month say of the fee, money (month,): the upfront share in the first month of the
        term, the rest with the days of each month. Over the whole term billed = effective.

        >>> year = Hourly(quantity=1, rate=1.0, on_demand=2.0, start="2026-01-01", end="2027-01-01", upfront_share=0.5)
        >>> [float(x) for x in year.billed_by_month(["2026-01", "2026-02"])]
        [4752.0, 336.0]
        """
        billed = self.effective_by_month(months) * (1 - self.upfront_share)
        if self.upfront_share:
            first = str(np.datetime64(self.start, "M")) if self.start else None
            fee = self.term_fee() * self.upfront_share
            billed = billed + np.array([fee if month == first else 0.0 for month in months])
        return billed


def from_record(record: dict, on_demand: float | None = None, where: str = "") -> Hourly:
    """The commitment in a FOCUS 1.4 Contract Commitment record (a row of a CSV or a part of a document: text or numbers).

    on_demand   money per unit and hour without commitment, from the price catalog; not needed for a spend commitment
                (1) nor where the record has x_OnDemandUnitPrice

    Names: contracts.KNOWN. x_Rate counts where a discount percentage stands beside it (that one speaks of the price at
    signing). A time of day is left out: terms start and end with days of the billing time zone. Raises PriceError naming `where`, the commitment, the column and what to do.

    >>> from_record({"ContractCommitmentId": "a", "ContractCommitmentQuantity": "5", "ContractCommitmentUnit": "USD",
    ...              "ContractCommitmentPeriodStart": "2026-01-01", "ContractCommitmentPeriodEnd": "2027-01-01",
    ...              "ContractCommitmentDiscountPercentage": "0.37", "x_EligibleShare": "0.8"}).rate
    0.63
    """
    terms = read_terms(record, on_demand, where)
    try:
        return Hourly(**terms, record=dict(record))
    except PriceError as problem:
        raise PriceError(f"{where}: {problem}" if where else str(problem)) from None


def from_document(document: dict, on_demand: float | None = None, where: str = "") -> Hourly:
    """The commitment in a part of a scenario document: the same names as a record, with YAML values."""
    return from_record(document, on_demand, where)


def settle_days(
    commitment: Hourly, usage_by_day, shapes, dates, on_demand=None, block: int = 64
) -> Settled:
    """Settle daily usage hour by hour and add the hours of each day up: Settled of shape (path, day).

    usage_by_day   (path, day, workload) pool units per day
    dates          (day,) datetime64[D], consecutive
    on_demand      money per unit and hour, number or (day,): dated prices; default: the commitment's own

    Days outside the term are on demand. A day has 24 hours, also where clocks change.
    """
    dates = np.asarray(dates, dtype="datetime64[D]")
    usage = np.asarray(usage_by_day)
    if usage.ndim != 3 or usage.shape[1] != len(dates) or (np.diff(dates).astype(int) != 1).any():
        raise PriceError(
            f"usage has shape {usage.shape} and there are {len(dates)} dates; "
            "usage must be (path, day, workload) and the dates one day after the other."
        )
    if not len(dates):
        return Settled(*(np.zeros(usage.shape[:2]) for _ in range(4)))
    price = (
        None
        if on_demand is None
        else np.broadcast_to(np.asarray(on_demand, float), dates.shape)[:, None]
    )
    parts = [np.empty(usage.shape[:2]) for _ in range(4)]
    inside = commitment.in_term(dates)[:, None]
    for paths, hours in blocks(usage, shapes, int(weekday_of(dates[0])), block):
        settled = commitment.settle(hours, inside, price)
        for part, value in zip(parts, (settled.used, settled.unused, settled.spill, settled.cost)):
            part[paths] = value.sum(axis=-1)
    return Settled(*parts)


def spill_curve(usage, grid) -> np.ndarray:
    """Usage above each level: sum over hours of max(usage - level, 0), for a slider.

    usage   (..., hour) units; grid (level,) units per hour, >= 0. Returns (..., level).

    Convex and falling in the level; so cost(level) = hours * rate * level + on_demand * spill. Between two grid points a
    straight line lies above the curve, by at most half a grid step x the hours in between.

    >>> spill_curve([40.0] * 16 + [100.0] * 8, [0, 40, 100])
    array([1440.,  480.,    0.])
    """
    usage, grid = quantities("usage", usage), np.atleast_1d(quantities("grid", grid))
    curve = np.empty((*usage.shape[:-1], len(grid)))
    above = np.empty_like(usage)
    for i, level in enumerate(grid):
        np.subtract(usage, level, out=above)
        np.maximum(above, 0.0, out=above)
        curve[..., i] = above.sum(axis=-1)
    return curve


def best_level(usage, rate: float, on_demand: float) -> float:
    """The level that costs least over all hours (and paths) given, each hour alike: a newsvendor quantile.

    usage   (...) pool units per hour, >= 0, every shape: all entries weigh the same

    One more unit costs `rate` in every hour and saves `on_demand` in the hours above it, so the best level is the quantile
    of usage at 1 - rate / on_demand; of several best levels the smallest (inverted_cdf, never interpolated). 0 where
    nothing is saved. Raises PriceError for no usage, a rate of 0 or numbers that are none.
    Source: docs/method §8.1; Arrow, Harris & Marschak (1951).

    >>> best_level([40.0] * 16 + [100.0] * 8, rate=0.7, on_demand=1.0)
    40.0
    """
    usage = np.asarray(usage)
    if not (usage.dtype == np.float32 and usage.size and usage.min() >= 0 and usage.max() < np.inf):
        usage = quantities(
            "usage", usage
        )  # float32 is taken as it is: a copy would take longer than the answer
    usage = usage.ravel()
    rate = number(rate, "rate", above_zero=True)
    on_demand = number(on_demand, "on_demand")
    if not usage.size:
        raise PriceError("best_level: there is no usage; give at least one hour.")
    if rate >= on_demand:
        return 0.0
    # float noise must not push a tie one hour up: 10 x (1 - 0.7) is 3 hours, not 3.0000000000000004
    position = math.ceil(usage.size * (on_demand - rate) / on_demand * (1 - 1e-13))
    return float(_smallest(usage, position)) if position else 0.0


def _smallest(values: np.ndarray, position: int, chunk: int = 1 << 16):
    """The `position`-th smallest number, exactly. Of many, only those between two numbers of a sample are put in order."""
    if values.size <= 1 << 20:
        return np.partition(values, position - 1)[position - 1]
    sample = np.sort(
        values[:: values.size >> 16 | 1]
    )  # an odd step: it walks through the hours of the day
    share = position / values.size
    slack = 6 * math.sqrt(share * (1 - share) / sample.size) + 8 / sample.size
    low = sample[max(int((share - slack) * sample.size), 0)]
    high = sample[min(int((share + slack) * sample.size) + 1, sample.size - 1)]
    below, kept = 0, []
    for start in range(0, values.size, chunk):
        part = values[start : start + chunk]
        below += int(np.count_nonzero(part < low))
        kept.append(part[(part >= low) & (part <= high)])
    inside = np.concatenate(kept)
    if below < position <= below + inside.size:
        return np.partition(inside, position - below - 1)[position - below - 1]
    return np.partition(values, position - 1)[position - 1]  # the sample misled: all of them
