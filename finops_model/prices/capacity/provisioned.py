"""Provisioned capacity: how many units a traffic needs and what they serve in their own window (docs/method §5.31, §5.32).

Azure PTU, Google GSU, OpenAI Scale Tier and Bedrock model units are the same thing in other words: units bought by number, each
with a throughput; traffic above it within one settlement window is charged as you go, or refused. Traffic that is not flat
within a window: spill.py. Capacity bought for some days: capacity/blocks.py. numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError, unknown
from ..settle.hourly import Hourly
from ..transforms._checks import round_down, round_up, together
from ..transforms.capacity_units import CapacityUnits
from ..transforms.prorating import Prorating

MODES = ("spill", "block")


def size(demand, per_unit, minimum: float = 0.0, increment: float = 1.0):
    """Units to buy for a demand: demand / per_unit rounded up to minimum, minimum + increment, minimum + 2 x increment …

    demand     capacity units per time, number or array; no demand buys nothing
    per_unit   capacity units per time that one unit serves, above 0

    >>> size(80000, per_unit=4750, minimum=15, increment=5)
    np.float64(20.0)
    """
    per_unit = number(per_unit, "size: per_unit", above_zero=True)
    increment = number(increment, "size: increment", above_zero=True)
    minimum = number(minimum, "size: minimum")
    needed = quantities("size", demand) / per_unit
    steps = round_up(np.maximum(needed * (1 - 1e-12) - minimum, 0.0) / increment)
    return np.where(needed > 0, minimum + steps * increment, 0.0)[()]


@dataclass(frozen=True)
class Throughput:
    """What one unit of provisioned capacity serves, and how it is sold.

    Raises PriceError for nonsense in a number, windows out of order, a weight below 0.
    """

    per_unit: float  # capacity units that one unit serves in `seconds`: input TPM per PTU, tokens/s per GSU
    seconds: float = (
        60.0  # time per_unit is stated for: 60 for tokens a minute, 1 for tokens a second
    )
    weights: dict = field(
        default_factory=lambda: {"input": 1.0, "output": 1.0}
    )  # see transforms/capacity_units
    cached_deducted: float = 1.0  # share of a cached token that does not count
    minimum: float = 0.0  # least number of units that is sold
    increment: float = 1.0  # further units come in steps of this
    windows: tuple = ()  # ((units from, seconds), …): the enforcement window by size; empty: `seconds`

    def __post_init__(self):
        for name in ("per_unit", "seconds", "increment"):
            object.__setattr__(
                self, name, number(getattr(self, name), f"throughput: {name}", above_zero=True)
            )
        object.__setattr__(self, "minimum", number(self.minimum, "throughput: minimum"))
        CapacityUnits(self.weights, self.cached_deducted)
        windows = []
        for entry in self.windows:
            if not hasattr(entry, "__len__") or isinstance(entry, str) or len(entry) != 2:
                raise PriceError(
                    f"throughput: window {str(entry)[:40]} must be a pair: units from, seconds."
                )
            windows.append(
                (
                    number(entry[0], "throughput: units of a window"),
                    number(entry[1], "throughput: seconds of a window", above_zero=True),
                )
            )
        for before, after in zip(windows, windows[1:]):
            if after[0] <= before[0]:
                raise PriceError(
                    f"throughput: the window from {after[0]:g} units comes after the one from {before[0]:g}; "
                    "sizes must rise."
                )
        object.__setattr__(self, "windows", tuple(windows))

    def demand(self, tokens: dict):
        """Capacity units of tokens by direction, see transforms/capacity_units."""
        return CapacityUnits(self.weights, self.cached_deducted).apply(tokens)

    def size(self, tokens: dict, utilization: float = 1.0):
        """Units to buy so that the traffic takes at most a share `utilization` of them.

        tokens   direction -> tokens in `seconds`, number or array

        >>> Throughput(4750, weights={"input": 1, "output": 8}, minimum=15, increment=5).size({"input": 40000, "output": 5000})
        np.float64(20.0)
        """
        share = number(utilization, "size: utilization", above_zero=True)
        if share > 1:
            raise PriceError(
                f"size: utilization is {share:g}; it must be a share above 0 and at most 1."
            )
        return size(
            np.asarray(self.demand(tokens)) / share, self.per_unit, self.minimum, self.increment
        )

    def window(self, units):
        """Seconds of the window in which so many units are enforced.

        >>> Throughput(2015, seconds=1, windows=((1, 120), (10, 30), (50, 5))).window([3, 10, 50])
        array([120.,  30.,   5.])
        """
        units = quantities("window: units", units)
        if not self.windows:
            return np.full(units.shape, self.seconds)[()]
        at = np.searchsorted([start for start, _ in self.windows], units, side="right") - 1
        if units.size and at.min() < 0:
            raise PriceError(
                f"throughput: no window is stated for {units.min():g} units; the first one is from "
                f"{self.windows[0][0]:g} units."
            )
        return np.array([seconds for _, seconds in self.windows])[at][()]

    def capacity(self, units, seconds=None):
        """Capacity units that `units` serve in `seconds` (default: their window): the budget of one settlement.

        >>> Throughput(2015, seconds=1, windows=((1, 120),)).capacity(3), Throughput(2015, seconds=1).capacity(3, seconds=60)
        (np.float64(725400.0), np.float64(362700.0))
        """
        seconds = (
            self.window(units) if seconds is None else quantities("capacity: seconds", seconds)
        )
        return (quantities("capacity: units", units) * self.per_unit * (seconds / self.seconds))[()]


@dataclass(frozen=True)
class Served:
    """What capacity did in each window, each with the shape of the traffic: served + spill + blocked = traffic and
    served + unused = capacity, window by window; nothing carries over.
    """

    served: np.ndarray  # capacity units on the provisioned units
    unused: np.ndarray  # capacity units paid for and not used
    spill: np.ndarray  # capacity units charged as you go
    blocked: np.ndarray  # capacity units refused (HTTP 429)


def settle(traffic, capacity, mode: str = "spill", request: float | None = None) -> Served:
    """Settle traffic window by window.

    traffic    (..., window) capacity units asked for in each window, taken as they come; shapes within a window: spill.py
    capacity   capacity units of one window, broadcasts
    mode       "spill": the rest is charged as you go; "block": it is refused
    request    capacity units of one request: a request is served whole or not at all; None: parts of requests count

    >>> done = settle([500.0, 1200.0], capacity=1000)
    >>> done.served, done.unused, done.spill
    (array([ 500., 1000.]), array([500.,   0.]), array([  0., 200.]))
    >>> settle(1_200_000.0, 725_400, request=100_000).served          # 7 of 12 calls fit
    np.float64(700000.0)
    """
    if mode not in MODES:
        raise PriceError(f"provisioned: mode is '{str(mode)[:40]}'; it must be spill or block.")
    traffic, capacity = together(
        "provisioned",
        traffic=quantities("traffic", traffic),
        capacity=quantities("capacity", capacity),
    )
    served = np.minimum(traffic, capacity)
    if request is not None:
        size = number(request, "provisioned: request", above_zero=True)
        served = np.where(
            traffic > capacity, np.minimum(round_down(capacity / size) * size, served), served
        )
    over, nothing = traffic - served, np.zeros_like(traffic)
    spill, blocked = (over, nothing) if mode == "spill" else (nothing, over)
    return Served(served[()], (capacity - served)[()], spill[()], blocked[()])


def deployed_hours(units, minutes):
    """Unit-hours of units deployed for some minutes of an hour: what an hourly rate multiplies.

    >>> deployed_hours(300, minutes=15)
    np.float64(75.0)
    """
    return Prorating(of=60).apply(units, minutes)


def settle_deployments(deployments, reservations, hourly: float) -> dict:
    """Deployed units, reservations and the hourly rate, hour by hour; a reservation covers its region and deployment type only.

    deployments    mappings {region, deployment, units (number or (..., hour)), minutes (default 60)}; the model does not matter:
                   deployments of one region and type share their reservations
    reservations   mappings {region, deployment, units, rate}: units an hour at `rate`, paid whether used or not
    hourly         money per unit and hour without a reservation

    Returns (region, deployment) -> Settled, in unit-hours and money, for every pair that has either. Raises PriceError for an
    unknown or missing key and for nonsense in a number.

    >>> one = {"region": "eastus", "deployment": "global"}
    >>> done = settle_deployments([{**one, "units": 250}], [{**one, "units": 200, "rate": 0.3}], hourly=1.0)
    >>> done["eastus", "global"].spill, done["eastus", "global"].cost
    (np.float64(50.0), np.float64(110.0))
    """
    hourly = number(hourly, "deployments: hourly")
    usage: dict[tuple[str, str], float] = {}
    held: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for entry in deployments:
        _keys(entry, "deployment", {"region", "deployment", "units"}, {"minutes", "model"})
        hours = deployed_hours(entry["units"], entry.get("minutes", 60))
        place = entry["region"], entry["deployment"]
        usage[place] = usage.get(place, 0.0) + hours
    for entry in reservations:
        _keys(entry, "reservation", {"region", "deployment", "units", "rate"}, set())
        place = entry["region"], entry["deployment"]
        bought = (
            number(entry["units"], "reservation: units"),
            number(entry["rate"], "reservation: rate"),
        )
        held.setdefault(place, []).append(bought)
    settled = {}
    for place in [*usage, *(place for place in held if place not in usage)]:
        units = sum(units for units, _ in held.get(place, ()))
        fee = sum(units * rate for units, rate in held.get(place, ()))
        pool = Hourly(
            quantity=units,
            rate=fee / units if units else 0.0,
            on_demand=hourly,
            id="/".join(map(str, place)),
        )
        settled[place] = pool.settle(usage.get(place, 0.0))
    return settled


def break_even_utilization(rate, on_demand):
    """Share of the hours above which a committed rate wins over the rate it replaces: rate / on_demand, element by element.

    >>> break_even_utilization([0.36, 0.30], on_demand=1.0)
    array([0.36, 0.3 ])
    """
    rate, on_demand = (
        quantities("break_even: rate", rate),
        quantities("break_even: on_demand", on_demand),
    )
    if on_demand.size and on_demand.min() == 0:
        raise PriceError(
            "break_even: on_demand is 0; what is free without a commitment never breaks even."
        )
    return (rate / on_demand)[()]


def term_hours(start: str, months: int) -> float:
    """Hours of a term of whole months from a day on: 672 to 744 for one month.

    >>> term_hours("2026-10-01", 1), term_hours("2026-01-15", 6)
    (744.0, 4344.0)
    """
    if isinstance(months, bool) or not isinstance(months, int) or months < 1:
        raise PriceError(
            f"term: months is {str(months)[:40]}; it must be a whole number of months, 1 or more."
        )
    try:
        first = np.datetime64(str(start), "D")
        assert str(first) == str(start)  # a month or a year alone is no day
    except (ValueError, AssertionError):
        raise PriceError(
            f"term: start is '{str(start)[:40]}'; write the day as YYYY-MM-DD."
        ) from None
    month = first.astype("datetime64[M]")
    last = (month + months).astype("datetime64[D]")
    length = ((month + months + 1).astype("datetime64[D]") - last).astype(int)
    day = (first - month.astype("datetime64[D]")).astype(int)
    end = last + min(day, length - 1)  # 31 January + 1 month: the last of February
    return float((end - first).astype(int) * 24)


def term_cost(units, rate, hours_used, hours_of_term):
    """Money for units bought for a term: units x rate x max(hours used, hours of the term), whatever is used before it ends.

    units, rate   number or array, rate in money per unit and hour (or day, with days for hours)

    >>> term_cost(2, 18.4, hours_used=744, hours_of_term=744), term_cost(2, 18.4, hours_used=100, hours_of_term=744)
    (np.float64(27379.199999999997), np.float64(27379.199999999997))
    """
    units, rate, used, term = together(
        "term",
        units=quantities("term: units", units),
        rate=quantities("term: rate", rate),
        hours_used=quantities("term: hours_used", hours_used),
        hours_of_term=quantities("term: hours_of_term", hours_of_term),
    )
    return (units * rate * np.maximum(used, term))[()]


def _keys(entry, what: str, needed: set, optional: set) -> None:
    if not isinstance(entry, dict):
        raise PriceError(f"{what}: '{str(entry)[:40]}' is not a mapping of names to values.")
    for name in entry:
        if name not in needed | optional:
            raise PriceError(unknown("", f"{what} field", str(name), sorted(needed | optional)))
    for name in sorted(needed - set(entry)):
        raise PriceError(f"{what}: '{name}' is missing; write it.")
