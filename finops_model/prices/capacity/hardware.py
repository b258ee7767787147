"""Owned and leased hardware beside rented: cash by month, depreciation, cost of a useful hour, when owning wins (docs/method §5.48).

A useful GPU-hour is one that somebody needed. Owning costs nearly the same at any utilisation, renting costs by the useful hour:
so the difference is a straight line in utilisation, and where it crosses 0 is a closed form. numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities, shares, whole
from ...errors import PriceError, unknown

METHODS = ("straight_line", "declining")
HOURS_PER_MONTH = 730.0


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """GPUs that are owned (capital) or leased (monthly payments), and what running them costs.

    Months count from 0. Money is of one currency.

    Parameters
    ----------
    gpus : float
        How many.
    capital : float, optional
        Money for all of it, paid in month 0; 0 for a lease.
    life_months : int, optional
        Useful life.
    salvage_share : float, optional
        Of the capital that is left (and sold) at the end of the life.
    method : str, optional
        straight_line, or declining: a constant share of the book value a month, never below
        salvage.
    declining_rate : float, optional
        declining: this many times the straight-line share of the first month.
    lease_monthly : float, optional
        Money a month.
    lease_months : int, optional
        How many months.
    lease_advance : bool, optional
        Paid at the beginning of the month, else at its end.
    kilowatts : float, optional
        Drawn by all of it at full use.
    idle_share : float, optional
        Share of that drawn when idle; 1: power does not depend on use.
    pue : float, optional
        Power of the site over power of the machines.
    power_price : float, optional
        Money per kWh.
    colocation_monthly, staff_monthly : float, optional
        Money a month.
    maintenance_share : float, optional
        Of the capital, a year.
    other_monthly : float, optional
        Money a month.
    availability : float, optional
        Share of hours in which it can be used.
    hours_per_month : float, optional
        Of every month.

    Raises
    ------
    PriceError
        Negative numbers, shares outside 0..1, a life of 0 months, an unknown method.

    Source
    ------
    docs/method §5.48.

    Examples
    --------
    >>> owned = Hardware(gpus=8, capital=8 * 35_040.0, life_months=48)
    >>> float(owned.cost_per_useful_hour(0.5))
    2.0
    """

    gpus: float
    capital: float = 0.0
    life_months: int = 48
    salvage_share: float = 0.0
    method: str = "straight_line"
    declining_rate: float = 2.0
    lease_monthly: float = 0.0
    lease_months: int = 0
    lease_advance: bool = True
    kilowatts: float = 0.0
    idle_share: float = 1.0
    pue: float = 1.0
    power_price: float = 0.0
    colocation_monthly: float = 0.0
    staff_monthly: float = 0.0
    maintenance_share: float = 0.0
    other_monthly: float = 0.0
    availability: float = 1.0
    hours_per_month: float = HOURS_PER_MONTH

    def __post_init__(self):
        for key in ("gpus", "life_months", "hours_per_month", "availability", "declining_rate"):
            object.__setattr__(
                self, key, number(getattr(self, key), f"hardware: {key}", above_zero=True)
            )
        for key in (
            "capital",
            "salvage_share",
            "lease_monthly",
            "lease_months",
            "kilowatts",
            "idle_share",
            "power_price",
            "colocation_monthly",
            "staff_monthly",
            "maintenance_share",
            "other_monthly",
            "pue",
        ):
            object.__setattr__(self, key, number(getattr(self, key), f"hardware: {key}"))
        for key in ("salvage_share", "idle_share", "availability"):
            if getattr(self, key) > 1:
                raise PriceError(
                    f"hardware: {key} is {getattr(self, key):g}; it must be a share from 0 to 1."
                )
        if self.pue < 1:
            raise PriceError(
                f"hardware: pue is {self.pue:g}; the power of the site is at least that of the machines, so 1 or more."
            )
        if self.method not in METHODS:
            raise PriceError(unknown("hardware", "method", self.method, METHODS))
        for key in ("life_months", "lease_months"):
            object.__setattr__(self, key, whole(getattr(self, key), f"hardware: {key}"))

    @property
    def useful_hours(self) -> float:
        """GPU-hours of a month at full utilisation."""
        return self.gpus * self.hours_per_month * self.availability

    @property
    def fixed_monthly(self) -> float:
        """Running cost of a month that does not depend on use: power when idle, colocation, staff, maintenance, other."""
        return (
            self.power_full * self.idle_share
            + self.colocation_monthly
            + self.staff_monthly
            + self.other_monthly
            + self.maintenance_share * self.capital / 12
        )

    @property
    def power_full(self) -> float:
        """Power of a month at full use, money: kW x PUE x hours x price."""
        return self.kilowatts * self.pue * self.hours_per_month * self.power_price

    def running(self, utilisation):
        """Running cost of a month, money (...): power rises in a straight line from idle to full use."""
        return self.fixed_monthly + self.power_full * (1 - self.idle_share) * shares(
            "utilisation", utilisation, "hardware: utilisation"
        )

    def depreciation(self, months: int) -> np.ndarray:
        """Expense of the capital in each month, money (month,); over the life it is capital less salvage.

        >>> Hardware(gpus=1, capital=1200.0, life_months=3, salvage_share=0.5).depreciation(4).tolist()
        [200.0, 200.0, 200.0, 0.0]
        """
        worth = self.book_value(months)
        return np.concatenate([[self.capital], worth[:-1]]) - worth if months else np.zeros(0)

    def book_value(self, months: int) -> np.ndarray:
        """Capital not yet expensed at the end of each month, money (month,); after the life it is the salvage."""
        passed = np.minimum(np.arange(1, months + 1), self.life_months)
        floor = self.capital * self.salvage_share
        straight = self.capital - (self.capital - floor) * passed / self.life_months
        if self.method == "straight_line":
            return straight
        share = min(self.declining_rate / self.life_months, 1.0)
        worth, left = [], self.capital
        for i in range(months):
            rest = (
                self.life_months - i
            )  # switches to straight line when that is faster, as tables do
            left = (
                max(floor, left - max(left * share, (left - floor) / rest)) if rest > 0 else floor
            )
            worth.append(left)
        return np.array(worth)

    def lease(self, months: int) -> np.ndarray:
        """Lease payments of each month (month,): in advance in months 0 to n − 1, in arrears in 1 to n."""
        at = np.arange(months) - (0 if self.lease_advance else 1)
        return np.where((at >= 0) & (at < self.lease_months), self.lease_monthly, 0.0)

    def cash(self, months: int, utilisation=1.0) -> np.ndarray:
        """Money out in each month (..., month); month 0 is the day of purchase with its own first month of running cost.

        Running cost of month m is paid in month m; the salvage comes in with the last month of the life, where that is inside.
        """
        paid = np.asarray(self.running(utilisation))[..., None] + self.lease(months)
        paid[..., :1] += self.capital
        if self.life_months <= months:
            paid[..., self.life_months - 1] -= self.capital * self.salvage_share
        return paid

    def cost(self, months: int, utilisation=1.0) -> np.ndarray:
        """Effective cost of each month (..., month): depreciation, lease, running cost."""
        leased = np.where(np.arange(months) < self.lease_months, self.lease_monthly, 0.0)
        return np.asarray(self.running(utilisation))[..., None] + self.depreciation(months) + leased

    def cost_per_useful_hour(self, utilisation, months: int | None = None):
        """Effective cost over the months (default: the life, or the lease) by the GPU-hours somebody needed, money (...).

        >>> float(Hardware(gpus=8, capital=8 * 35_040, life_months=48).cost_per_useful_hour(0.5))
        2.0
        """
        months = self.horizon if months is None else int(months)
        use = shares("utilisation", utilisation, "hardware: utilisation")
        if (use <= 0).any():
            raise PriceError(
                "hardware: a utilisation is 0; nothing is useful, so an hour has no cost. Give one above 0."
            )
        fixed = (
            self.depreciation(months).sum() + min(months, self.lease_months) * self.lease_monthly
        )
        return (fixed + months * self.running(use)) / (months * self.useful_hours * use)

    @property
    def horizon(self) -> int:
        """The life where there is capital, else the months of the lease."""
        return self.life_months if self.capital or not self.lease_months else self.lease_months


def rent_path(price, months: int, decline: float = 0.0) -> np.ndarray:
    """Rented price per GPU-hour of each month (..., month), falling by `decline` a year (obsolescence); below 0 it rises.

    >>> rent_path(4.0, 13, decline=0.25)[[0, 12]].tolist()
    [4.0, 3.0]
    """
    if isinstance(decline, bool) or not np.isfinite(decline) or decline >= 1:
        raise PriceError(
            f"hardware: decline is {decline}; it must be a share a year below 1 (0.3: a third cheaper each year)."
        )
    return quantities("rented price", price)[..., None] * (1 - decline) ** (np.arange(months) / 12)


@dataclass(frozen=True)
class OwnOrRent:
    """Owning beside renting the same useful hours, at NPV."""

    own: np.ndarray  # NPV of owning, money (...)
    rent: np.ndarray  # NPV of renting the useful hours
    saving: np.ndarray  # rent − own: above 0 owning wins
    break_even: np.ndarray  # utilisation above which owning wins; above 1: never; nan: never at any
    payback: np.ndarray  # first month (counted from 1) after which owning has cost less cash in all; inf: never within the months

    def __str__(self) -> str:
        """In words: the means where there are several cases."""
        own, rent, saving = (float(np.mean(x)) for x in (self.own, self.rent, self.saving))
        cases = f" (means of {np.size(self.saving):,} cases)" if np.size(self.saving) > 1 else ""
        wins = f"owning saves {saving:,.0f}" if saving > 0 else f"renting saves {-saving:,.0f}"
        return (
            f"owning costs {own:,.0f} and renting {rent:,.0f} at NPV{cases}: {wins}; owning wins {_edge(self.break_even)}; "
            f"its cash is back {_back(self.payback)}"
        )

    __repr__ = __str__


def _edge(break_even) -> str:
    """Above which use owning wins."""
    use = np.atleast_1d(break_even)
    use = use[np.isfinite(use) & (use <= 1)]
    if not use.size:
        return "at no use"
    low, high = float(max(use.min(), 0)), float(max(use.max(), 0))
    return (
        f"above {low:.0%} use"
        if f"{low:.0%}" == f"{high:.0%}"
        else f"above {low:.0%} to {high:.0%} use"
    )


def _back(payback) -> str:
    """After how many months, or never."""
    months = np.ravel(payback)
    paid = months[np.isfinite(months)]
    if not paid.size:
        return "never within the months looked at"
    never = (
        f", never in {months.size - paid.size:,} of {months.size:,} cases"
        if paid.size < months.size
        else ""
    )
    first, last = int(paid.min()), int(paid.max())
    return (
        f"after {first:,} months{never}"
        if first == last
        else f"after {first:,} to {last:,} months{never}"
    )


def own_or_rent(
    hardware: Hardware,
    rent,
    utilisation,
    months: int | None = None,
    rate: float = 0.0,
    decline: float = 0.0,
    rents=None,
) -> OwnOrRent:
    """Compare owning (or leasing) with renting by the useful hour.

    NPV(own) = A + B u and NPV(rent) = C u, so owning wins above u* = A / (C − B). The higher the utilisation, the more it saves.

    Parameters
    ----------
    hardware : Hardware
        What would be owned or leased.
    rent : float or array (...)
        Money per GPU-hour.
    utilisation : float or array (...)
        Share of the hours that somebody needs.
    months : int, optional
        How many are compared; the life of the hardware where nothing is said.
    rate : float, optional
        Yearly, compounded by month: month m weighs (1 + rate)^(−m / 12).
    decline : float, optional
        By which share rent falls a year.
    rents : array (..., month), optional
        Rent month by month instead of `rent` and `decline`: simulated prices.

    Returns
    -------
    OwnOrRent
        NPV of both and what lies between them, the utilisation at which they tie, and the month from which owning stays ahead.

    Raises
    ------
    PriceError
        A share outside 0..1, a rate that is none, or rents of other months.

    Source
    ------
    docs/method §5.48.

    Examples
    --------
    >>> box = Hardware(gpus=8, capital=8 * 35_040, life_months=48)
    >>> done = own_or_rent(box, rent=2.0, utilisation=0.75)
    >>> float(done.break_even), float(done.payback)
    (0.5, 32.0)
    """
    months = (
        hardware.horizon if months is None else whole(months, "hardware: months", above_zero=True)
    )
    path = rent_path(rent, months, decline) if rents is None else quantities("rented price", rents)
    if path.shape[-1:] != (months,):
        raise PriceError(
            f"hardware: rents has {path.shape[-1] if path.ndim else 1} months; give {months}."
        )
    if isinstance(rate, bool) or not np.isfinite(rate) or rate <= -1:
        raise PriceError(
            f"hardware: the yearly rate is {rate}; it must be a finite number above -1 (0.08 is 8 %)."
        )
    use = shares("utilisation", utilisation, "hardware: utilisation")
    weight = (1 + rate) ** (-np.arange(months) / 12)
    a = (hardware.cash(months, 0.0) * weight).sum()
    b = hardware.power_full * (1 - hardware.idle_share) * weight.sum()
    c = hardware.useful_hours * (path * weight).sum(axis=-1)
    own, rented = a + b * use, c * use
    edge = np.where(c > b, a / np.where(c > b, c - b, 1.0), np.nan)
    gap = np.cumsum(
        hardware.useful_hours * path * use[..., None] - hardware.cash(months, use), axis=-1
    )
    ahead = gap >= -1e-9 * max(hardware.capital, 1.0)
    stays = np.flip(
        np.logical_and.accumulate(np.flip(ahead, -1), axis=-1), -1
    )  # ahead from there to the end
    payback = np.where(stays.any(axis=-1), np.argmax(stays, axis=-1) + 1.0, np.inf)
    return OwnOrRent(own, rented, rented - own, edge, payback)
