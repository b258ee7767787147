"""Data transfer by path: where a byte comes from and goes to decides its price, not its size (docs/method §5.39).

A tariff lists legs (from, to) with a rate form each; a flow names its ends and what it passes on the way (a NAT gateway). Legs of
one pool share their tiers over all services before anything is priced, and the cost comes back by usage. numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from ...checks import number, numbers, quantities
from ...errors import PriceError, unknown
from ..rates import make
from ..rates._parts import Form
from ..settle.windows import charge_at, share
from ..transforms._checks import together

ANY = "*"


@dataclass(frozen=True)
class Leg:
    """One way a byte can go, with its price."""

    source: str  # "internet", "region", "zone", …, or "*": from anywhere
    target: str  # likewise
    rate: Form | float  # rate form of prices/rates, or money per unit
    sides: int = 1  # 2 where both ends pay (between zones): the same byte is billed twice
    pool: str = ""  # legs of one pool share their tiers; empty: a pool of its own

    @property
    def form(self) -> Form:
        """The rate as a form: `__post_init__` makes one of a number."""
        return cast(Form, self.rate)

    def __post_init__(self):
        name = f"transfer '{self.source} to {self.target}'"
        if not hasattr(self.rate, "charge"):
            object.__setattr__(
                self, "rate", make("linear", {"price": number(self.rate, f"{name}: rate")})
            )
        if self.sides not in (1, 2) or isinstance(self.sides, bool):
            raise PriceError(f"{name}: sides is {str(self.sides)[:40]}; it must be 1 or 2.")
        object.__setattr__(self, "pool", self.pool or f"{self.source} to {self.target}")


@dataclass(frozen=True)
class Transferred:
    """Money of flows: `by_flow` (..., flow) adds up to `cost` (...), and so do the pools; `billed`: units by pool, both sides."""

    by_flow: np.ndarray
    by_pool: dict[str, np.ndarray]
    billed: dict[str, np.ndarray]

    @property
    def cost(self):
        """Money (...)."""
        return self.by_flow.sum(axis=-1)


@dataclass(frozen=True)
class Tariff:
    """The legs of a provider, and what is passed on the way.

    Parameters
    ----------
    legs : tuple of Leg
        Prices between two ends each.
    via : mapping of str to float or rate form, optional
        Gateways and the like by name: money per unit that passes, pooled by name.

    Raises
    ------
    PriceError
        Two legs with the same ends, or two rates in one pool.

    Source
    ------
    docs/method §5.15.

    Examples
    --------
    >>> tariff = Tariff((Leg("zone a", "internet", 0.09),), {"nat": 0.045})
    >>> float(tariff.charge([{"from": "zone a", "to": "internet", "quantity": 100, "via": ["nat"]}]).cost)
    13.5
    """

    legs: tuple[Leg, ...]
    via: Mapping[str, Form | float] | None = None

    def __post_init__(self):
        object.__setattr__(self, "legs", tuple(self.legs))
        rates, ends = {}, set()
        for leg in self.legs:
            if (leg.source, leg.target) in ends:
                raise PriceError(
                    f"transfer: there are two legs from '{leg.source}' to '{leg.target}'; give each pair of ends "
                    "once."
                )
            ends.add((leg.source, leg.target))
            if rates.setdefault(leg.pool, leg.rate) != leg.rate:
                raise PriceError(
                    f"transfer: pool '{leg.pool}' has two rates; legs that share tiers have one price."
                )
        passed = {
            str(name): Leg(ANY, str(name), rate, pool=f"via {name}")
            for name, rate in (self.via or {}).items()
        }
        object.__setattr__(self, "via", passed)

    def leg(self, source: str, target: str) -> Leg:
        """The leg between two ends; named ends come before '*'. Raises PriceError with the nearest match."""
        legs = {(leg.source, leg.target): leg for leg in self.legs}
        for pair in ((source, target), (source, ANY), (ANY, target), (ANY, ANY)):
            if pair in legs:
                return legs[pair]
        raise PriceError(
            unknown(
                "transfer",
                "path",
                f"{source} to {target}",
                [f"{a} to {b}" for a, b in legs],
                "Add the leg to the tariff, at 0 if it is free.",
            )
        )

    def charge(self, flows: Sequence[Mapping], factor=1.0) -> Transferred:
        """Price flows of one window (a month), pooled before tiers.

        flows   mappings {from, to, quantity, via (list of names, optional), service (optional)}; quantity a number or (...) in the
                unit of the prices
        factor  on prices per unit (1 less a negotiated share), a number or (...); fees and minima stay (docs/method §5.15)

        >>> zones = Tariff([Leg("zone", "zone", 0.01, sides=2)])
        >>> zones.charge([{"from": "zone", "to": "zone", "quantity": 1000}]).cost
        np.float64(20.0)
        """
        steps, amounts = [], []
        for flow in flows:
            _check(flow)
            passed = [self._passed(name) for name in flow.get("via") or ()]
            steps.append([self.leg(flow["from"], flow["to"]), *passed])
            amounts.append(quantities("transfer", flow["quantity"]))
        if not steps:
            raise PriceError("transfer: there is no flow; give at least one.")
        used = np.stack(
            together("transfer", **{f"flow {i}": amount for i, amount in enumerate(amounts)}),
            axis=-1,
        )
        pools = {leg.pool: leg.form for legs in steps for leg in legs}
        by_flow, by_pool, billed = np.zeros(used.shape), {}, {}
        for pool, rate in pools.items():
            times = np.array(
                [sum(leg.sides for leg in legs if leg.pool == pool) for legs in steps], dtype=float
            )
            members = np.flatnonzero(times)  # the cost of a pool stays with the flows that pass it
            usage = used[..., members] * times[members]
            billed[pool] = usage.sum(axis=-1)
            by_pool[pool] = charge_at(rate, billed[pool], factor)
            by_flow[..., members] += (
                by_pool[pool][..., None] if len(members) == 1 else share(by_pool[pool], usage)
            )
        return Transferred(by_flow, by_pool, billed)

    def _passed(self, name) -> Leg:
        via = cast(Mapping[str, Leg], self.via)  # __post_init__ made legs of the rates
        if name not in via:
            raise PriceError(
                unknown("transfer", "way", str(name), via, "Add it to 'via' of the tariff.")
            )
        return via[name]


def with_allowance(starts, prices, free: float, block: float = 1.0):
    """Graduated prices whose first units are free *inside* the first tier: the tiers stay where they are.

    >>> round(float(with_allowance([0, 10240, 51200], [0.09, 0.085, 0.07], free=1).charge(63488)), 2)
    5263.27
    """
    free, starts, prices = (
        number(free, "transfer: free"),
        numbers(starts, "transfer: starts"),
        numbers(prices, "transfer: prices"),
    )
    if not free:
        return make("graduated", {"starts": starts, "prices": prices, "block": block})
    make(
        "graduated", {"starts": starts, "prices": prices, "block": block}
    )  # says what is wrong with them, if anything
    reached = max(i for i, start in enumerate(starts) if start <= free)
    rest = [(start, price) for start, price in zip(starts, prices) if start > free]
    return make(
        "graduated",
        {
            "starts": [0.0, free, *(start for start, _ in rest)],
            "prices": [0.0, prices[reached], *(price for _, price in rest)],
            "block": block,
        },
    )


def _check(flow) -> None:
    if not isinstance(flow, Mapping):
        raise PriceError(
            f"transfer: '{str(flow)[:40]}' is not a flow; give a mapping with from, to and quantity."
        )
    for name in flow:
        if name not in ("from", "to", "quantity", "via", "service"):
            raise PriceError(
                unknown(
                    "transfer",
                    "flow field",
                    str(name),
                    ("from", "to", "quantity", "via", "service"),
                )
            )
    for name in ("from", "to", "quantity"):
        if name not in flow:
            raise PriceError(f"transfer: a flow has no '{name}'; write it.")
    if isinstance(flow.get("via"), str):
        raise PriceError(f"transfer: via is '{flow['via'][:40]}'; give a list of names.")
