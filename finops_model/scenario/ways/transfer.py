"""Transfer by path: where a byte comes from and goes to, and what it passes on the way, decide its price (docs/method §3.51)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...errors import PriceError
from ...prices.capacity.transfer import Leg, Tariff
from ._base import Months, Settled
from ._fields import amount, known, price, used

LEG = ("from", "to", "price", "sides", "pool")
FLOW = ("from", "to", "share", "via", "service")


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Legs with prices, and flows that share out what is used; each month a window of its own.

    Parameters
    ----------
    legs : list of mapping
        `from`, `to` ("*": any), `price` per unit (a number, a rate form, or `{starts, prices, free}` with free units inside the first
        tier), `sides` (2 where both ends pay), `pool` (legs that share tiers).
    flows : list of mapping
        `from`, `to`, `share` of the use (may be left out where there is one flow; shares add up to 1), `via` (list of what is passed).
    via : mapping, optional
        What is passed, with its price per unit: `{nat: 0.045}`.
    discount : float, optional
        Share off prices per unit (§5.15).

    Source
    ------
    docs/method §3.51, §5.39.

    Examples
    --------
    >>> way = Transfer(legs=[{"from": "zone", "to": "zone", "price": 0.01, "sides": 2}], flows=[{"from": "zone", "to": "zone"}])
    >>> way.settle({"use": np.array([[1000.0]])}, Months.between(("2026-01",), "2026-01-01")).cost
    array([[20.]])
    """

    legs: tuple
    flows: tuple
    via: Mapping | None = None
    discount: float | np.ndarray = 0.0

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    UNCERTAIN: ClassVar[tuple[str, ...]] = ("discount",)
    DATED: ClassVar[tuple[str, ...]] = UNCERTAIN
    WINDOWED: ClassVar[bool] = True

    def __post_init__(self):
        amount(self.discount, "transfer: discount", most=1.0)
        tariff = self._tariff()
        if not _list(self.flows, "flows", "from and to"):
            raise PriceError("transfer: flows is empty; write at least one, with from and to.")
        for place, flow in enumerate(self.flows, 1):
            known(flow, FLOW, f"transfer: flows[{place}]", "flow field")
        tariff.charge(self._flows(np.zeros((1, 1))))  # refuses a way that no leg has, and the like
        total = sum(self._shares())
        if abs(total - 1.0) > 1e-9:
            raise PriceError(
                f"transfer: the shares of the flows add up to {total:g}; they share out what is used, so they must add up to 1."
            )

    def _tariff(self) -> Tariff:
        legs = []
        for place, leg in enumerate(_list(self.legs, "legs", "from, to and price"), 1):
            where = f"transfer: legs[{place}]"
            known(leg, LEG, where, "leg field")
            for name in ("from", "to", "price"):
                if name not in leg:
                    raise PriceError(f"{where}: '{name}' is missing; write it.")
            legs.append(
                Leg(
                    str(leg["from"]),
                    str(leg["to"]),
                    price(leg["price"], where),
                    leg.get("sides", 1),
                    str(leg.get("pool", "")),
                )
            )
        via = self.via or {}
        if not isinstance(via, Mapping):
            raise PriceError(
                f"transfer: via is '{str(via)[:40]}'; write names with prices: {{nat: 0.045}}."
            )
        return Tariff(
            tuple(legs), {name: price(each, f"transfer: via {name}") for name, each in via.items()}
        )

    def _shares(self) -> list[float]:
        if len(self.flows) == 1:
            return [
                float(
                    amount(self.flows[0].get("share", 1.0), "transfer: share of flows[1]", most=1.0)
                )
            ]
        for place, flow in enumerate(self.flows, 1):
            if "share" not in flow:
                raise PriceError(
                    f"transfer: flows[{place}] has no share; there are {len(self.flows)} flows, so each says its share of the use, from 0 to 1."
                )
        return [
            float(amount(flow["share"], f"transfer: share of flows[{place}]", most=1.0))
            for place, flow in enumerate(self.flows, 1)
        ]

    def _flows(self, quantity) -> list[dict]:
        return [
            {
                **{key: value for key, value in flow.items() if key != "share"},
                "quantity": quantity * part,
            }
            for flow, part in zip(self.flows, self._shares(), strict=True)
        ]

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost (path, month) of each month's use, pooled before tiers and given back to the flows."""
        quantity = used(use, "use", months)
        held = months.days > 0
        priced = self._tariff().charge(
            self._flows(quantity), 1.0 - np.asarray(self.discount, float)
        )
        parts: dict[str, np.ndarray] = {}
        for place, flow in enumerate(self.flows):
            passed = "".join(f" via {name}" for name in flow.get("via") or ())
            name = f"{flow['from']} to {flow['to']}{passed}"
            parts[name] = parts.get(name, 0.0) + np.where(held, priced.by_flow[..., place], 0.0)
        return Settled(
            sum(parts.values(), np.zeros(())),
            parts,
            {"use": quantity, **{f"billed {pool}": units for pool, units in priced.billed.items()}},
            formula="units by path × price of the path ("
            + "; ".join(f"{part:.0%} {name}" for name, part in zip(parts, self._shares()))
            + "), tiers on the month's units of a pool",
        )


def _list(given, name: str, what: str) -> tuple:
    if isinstance(given, (str, Mapping)) or not hasattr(given, "__len__"):
        raise PriceError(
            f"transfer: {name} is '{str(given)[:40]}'; write a list, each with {what}."
        )
    return tuple(given)
