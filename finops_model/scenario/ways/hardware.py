"""Hardware that is owned or leased: depreciation, payments, running cost by use, what does not fit is rented (docs/method §3.52)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ...errors import PriceError
from ...prices.capacity.hardware import Hardware as Machines
from ...prices.terms.dates import day
from ._base import Months, Settled
from ._fields import amount, used
from ._terms import Term, due, end_of, ended, start_of

MONEY = (
    "capital",
    "lease_monthly",
    "power_price",
    "colocation_monthly",
    "staff_monthly",
    "other_monthly",
)


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """GPUs bought or leased on the first day; `use` is the GPU-hours that somebody needs in a month.

    After its life, or the term of its lease, it is gone: nothing runs, nothing is served.

    Parameters
    ----------
    gpus : float
        How many.
    capital : float, optional
        Money for all of it, paid on the first day.
    life_months : int, optional
        Useful life.
    salvage_share : float, optional
        Of the capital, for which it is sold at the end of its life.
    method : str, optional
        straight_line or declining.
    declining_rate : float, optional
        declining: times the straight-line share.
    lease_monthly : float, optional
        Money a month.
    lease_months : int, optional
        How many months.
    lease_advance : bool, optional
        Paid on the first day of a month, else on the day after its last.
    kilowatts, idle_share, pue, power_price : float, optional
        Drawn at full use; share of it when idle; site over machines; money per kWh.
    colocation_monthly, staff_monthly, other_monthly : float, optional
        Money a month.
    maintenance_share : float, optional
        Of the capital, a year.
    availability : float, optional
        Share of hours in which it can be used.
    hours_per_month : float, optional
        Of every month; the true hours where nothing is said.
    bought : str, optional
        Day it was bought or leased; the first simulated day where nothing is said.
    resale : float, optional
        Money it is sold for where `until` ends it before its life.
    rent : float, optional
        Money per GPU-hour for what does not fit; without it that is not served.

    Source
    ------
    docs/method §3.52, §5.48.

    Examples
    --------
    >>> way = Hardware(gpus=8, capital=8 * 35_040.0, life_months=48)
    >>> way.settle({}, Months.between(("2027-01", "2027-02"), "2027-01-01")).cost
    array([[5840., 5840.]])
    """

    gpus: float
    capital: float | np.ndarray = 0.0
    life_months: int = 48
    salvage_share: float = 0.0
    method: str = "straight_line"
    declining_rate: float = 2.0
    lease_monthly: float | np.ndarray = 0.0
    lease_months: int = 0
    lease_advance: bool = True
    kilowatts: float = 0.0
    idle_share: float = 1.0
    pue: float = 1.0
    power_price: float | np.ndarray = 0.0
    colocation_monthly: float | np.ndarray = 0.0
    staff_monthly: float | np.ndarray = 0.0
    maintenance_share: float = 0.0
    other_monthly: float | np.ndarray = 0.0
    availability: float = 1.0
    hours_per_month: float | None = None
    bought: str = ""
    resale: float | np.ndarray = 0.0
    rent: float | np.ndarray | None = None

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    UNCERTAIN: ClassVar[tuple[str, ...]] = (*MONEY, "resale", "rent")
    DATED: ClassVar[tuple[str, ...]] = (
        "power_price",
        "colocation_monthly",
        "staff_monthly",
        "other_monthly",
        "rent",
    )
    WITHOUT_USE: ClassVar[bool] = True

    def __post_init__(self):
        for name in (*MONEY, "resale"):
            amount(getattr(self, name), f"hardware: {name}")
        if self.rent is not None:
            amount(self.rent, "hardware: rent")
        machines = self._machines()
        if self.bought:
            day(self.bought, "hardware: bought")
        if np.any(self.lease_monthly) and not machines.lease_months:
            raise PriceError(
                "hardware: lease_monthly is given, but not for how long; write lease_months."
            )
        if not np.any(self.capital) and not np.any(self.lease_monthly):
            raise PriceError(
                "hardware: neither capital nor lease_monthly is given; write what it costs to buy, or to lease."
            )

    def _machines(self, **money) -> Machines:
        """The machines with money of one kind only: cost is linear in each, so one schedule serves every path."""
        return Machines(
            gpus=self.gpus,
            life_months=self.life_months,
            salvage_share=self.salvage_share,
            method=self.method,
            declining_rate=self.declining_rate,
            lease_months=self.lease_months,
            lease_advance=self.lease_advance,
            kilowatts=self.kilowatts,
            idle_share=self.idle_share,
            pue=self.pue,
            maintenance_share=self.maintenance_share,
            availability=self.availability,
            **({} if self.hours_per_month is None else {"hours_per_month": self.hours_per_month}),
            **money,
        )

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost and cash (path, month)."""
        wanted = used(use, "use", months)
        start = day(self.bought, "hardware: bought") if self.bought else start_of(months)
        if start is None:
            return Settled(
                np.zeros_like(wanted), {"hardware": np.zeros_like(wanted)}, formula="not held"
            )
        unit = self._machines(capital=1.0, lease_monthly=1.0)
        owned = bool(np.any(self.capital))
        life = Term(start, unit.life_months if owned else unit.lease_months)
        lease = Term(start, unit.lease_months)
        alive = life.days_in(months)
        served, energy = self._served(wanted, months, alive)
        capital, leased = np.asarray(self.capital, float), np.asarray(self.lease_monthly, float)
        upkeep = (
            unit.fixed_monthly * alive / months.whole
        )  # maintenance of capital 1: nothing else costs
        running = sum(
            np.asarray(getattr(self, name), float)
            for name in ("colocation_monthly", "staff_monthly", "other_monthly")
        )
        parts = {
            "depreciation": capital * life.accrued(months, unit.depreciation(life.count))
            if owned
            else 0.0,
            "lease": leased * lease.accrued(months, np.ones(lease.count)),
            "power": np.asarray(self.power_price, float) * energy,
            "running": running * (alive / months.whole) + capital * upkeep,
            "rent": (0.0 if self.rent is None else np.asarray(self.rent, float))
            * (wanted - served),
        }
        cash = sum(parts[name] for name in ("power", "running", "rent"))
        cash = (
            cash
            + capital * due(months, [life.start], [1.0])
            - capital * due(months, [life.end - 1], [unit.salvage_share])
        )
        paid_on = lease.edges[:-1] if self.lease_advance else lease.edges[1:]
        cash = cash + leased * due(months, paid_on, np.ones(lease.count))
        if ended(months):
            end, last = end_of(months), np.zeros(len(months.names))
            last[np.flatnonzero(months.days)[-1]] = 1.0
            sold = np.asarray(self.resale, float) * float(owned and end < life.end)
            rest = life.left(unit.depreciation(life.count), end) + unit.salvage_share
            book = capital * (rest if owned and end < life.end else 0.0)
            parts["early end"] = (
                book - sold + leased * lease.left(np.ones(lease.count), end)
            ) * last
            unpaid = sum(1 for paid in paid_on if paid >= end)
            cash = cash + (leased * unpaid - sold) * last
        shape = np.broadcast_shapes(wanted.shape, *(np.shape(part) for part in parts.values()))
        parts = {
            name: np.broadcast_to(part, shape)
            for name, part in parts.items()
            if np.any(part) or name == ("depreciation" if owned else "lease")
        }
        meters = {"use": wanted, "served": served, "not served": wanted - served}
        if self.rent is not None:
            meters["rented"] = meters.pop("not served")
        return Settled(
            sum(parts.values(), np.zeros(())),
            parts,
            meters,
            np.broadcast_to(cash, shape),
            self._words(owned),
        )

    def _served(self, wanted, months: Months, alive) -> tuple[np.ndarray, np.ndarray]:
        """GPU-hours served and kWh drawn, (path, month)."""
        meter = self._machines(power_price=1.0)
        served, energy = np.zeros_like(wanted), np.zeros_like(wanted)
        for place in np.flatnonzero(alive):
            box = (
                meter
                if self.hours_per_month is not None
                else replace(meter, hours_per_month=24.0 * months.whole[place])
            )
            room = box.useful_hours * alive[place] / months.whole[place]
            here = wanted[:, place] * alive[place] / months.days[place]
            served[:, place] = np.minimum(here, room)
            energy[:, place] = (
                box.running(served[:, place] / room) * alive[place] / months.whole[place]
            )
        return served, energy

    def _words(self, owned: bool) -> str:
        kind = (
            f"capital over {self.life_months} months ({self.method.replace('_', ' ')})"
            if owned
            else f"lease of {self.lease_months} months"
        )
        rest = " + rent for what does not fit" if self.rent is not None else ""
        return f"{kind} + running cost by the day + power by use{rest}"
