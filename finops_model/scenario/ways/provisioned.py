"""Provisioned throughput: units by the hour or for terms, what does not fit spills to pay-as-you-go or is refused (docs/method §3.53)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...errors import PriceError, unknown
from ...prices.capacity.provisioned import MODES, Throughput, term_cost, term_hours
from ...prices.settle.spill import SHAPES, expected_spill
from ...prices.terms.dates import later
from ...prices.transforms.capacity_units import CapacityUnits
from ._base import Months, Settled
from ._fields import amount, used
from ._terms import due, end_of, ended, start_of

MILLION = 1e6
TRAFFIC, CACHED = "traffic", "cached_input"


@dataclass(frozen=True, kw_only=True)
class Provisioned:
    """Units of capacity and the traffic they meet in each settlement window.

    Parameters
    ----------
    units : float
        Bought; at least `minimum`, in steps of `increment`.
    rate : float
        Money per unit and hour.
    per_unit : float
        Capacity units that one unit serves in `seconds`: input tokens a minute per PTU, tokens a second per GSU.
    shape : str
        How traffic lies within an hour: flat, burst (`share` of the windows at `factor` times the mean), lognormal or gamma (`cv`).
    seconds : float, optional
        Time `per_unit` is stated for.
    weights : mapping, optional
        Capacity units of a token: `{input: 1, output: 8}`.
    cached_deducted : float, optional
        Share of a cached token that takes no capacity.
    cached_in_input : bool, optional
        Whether `input` holds the cached tokens.
    minimum, increment : float, optional
        Least number of units sold, and the step.
    windows : list, optional
        `[[units from, seconds], …]`: the settlement window by size; without it `seconds`.
    cv, factor, share : float, optional
        Of the shape.
    hours : list of float, optional
        24 weights of the hours of a day, where traffic follows the day.
    mode : str, optional
        spill (what does not fit is paid as you go), or block (it is refused).
    pay_as_you_go : float or mapping, optional
        Money per million capacity units that spill, or per million tokens: `{input: 3, output: 15}`.
    term_months : int, optional
        Bought for terms of so many months, each paid whole; without it by the hour.

    Source
    ------
    docs/method §3.53, §5.31–§5.33.

    Examples
    --------
    >>> way = Provisioned(units=100, rate=1.0, per_unit=1000, shape="burst", factor=2, share=0.1, pay_as_you_go=10)
    >>> minutes = 60 * 24 * 31
    >>> done = way.settle({"traffic": np.array([[80_000.0 * minutes]])}, Months.between(("2026-01",), "2026-01-01"))
    >>> {name: money.round(2).tolist() for name, money in done.parts.items()}
    {'units': [[74400.0]], 'spill': [[2678.4]]}
    """

    units: float
    rate: float | np.ndarray
    per_unit: float
    shape: str
    seconds: float = 60.0
    weights: Mapping | None = None
    cached_deducted: float = 1.0
    cached_in_input: bool = True
    minimum: float = 0.0
    increment: float = 1.0
    windows: tuple = ()
    cv: float | np.ndarray = 0.0
    factor: float | np.ndarray = 1.0
    share: float | np.ndarray = 0.0
    hours: tuple | None = None
    mode: str = "spill"
    pay_as_you_go: object = None
    term_months: int = 0

    METERS: ClassVar[tuple[str, ...]] = ("input", "output", CACHED, TRAFFIC)
    UNCERTAIN: ClassVar[tuple[str, ...]] = ("rate", "cv", "factor", "share", "pay_as_you_go")
    DATED: ClassVar[tuple[str, ...]] = UNCERTAIN
    WITHOUT_USE: ClassVar[bool] = True

    def __post_init__(self):
        amount(self.units, "provisioned: units")
        for name in ("rate", "cv"):
            amount(getattr(self, name), f"provisioned: {name}")
        form, steps = (
            self._form(),
            (float(self.units) - float(self.minimum)) / float(self.increment),
        )
        if self.units < self.minimum or abs(steps - round(steps)) > 1e-9:
            raise PriceError(
                f"provisioned: {self.units:g} units are not sold; they come as {form.minimum:g}, {form.minimum + form.increment:g}, "
                f"{form.minimum + 2 * form.increment:g} and so on."
            )
        if self.shape not in SHAPES:
            raise PriceError(unknown("provisioned", "shape", str(self.shape)[:40], SHAPES))
        if self.shape in ("lognormal", "gamma") and not np.any(self.cv):
            raise PriceError(
                f"provisioned: shape {self.shape} needs cv, the standard deviation of the windows over their mean (1: very uneven)."
            )
        if self.shape == "burst" and not np.any(self.share):
            raise PriceError(
                "provisioned: shape burst needs share and factor: this share of the windows has factor times the mean."
            )
        expected_spill(1.0, 1.0, self.shape, self.cv, self.factor, self.share)
        if self.mode not in MODES:
            raise PriceError(unknown("provisioned", "mode", str(self.mode)[:40], MODES))
        if self.mode == "spill" and self.pay_as_you_go is None:
            raise PriceError(
                "provisioned: what spills has no price; write pay_as_you_go (per million), or mode: block where it is refused."
            )
        if self.mode == "block" and self.pay_as_you_go is not None:
            raise PriceError(
                "provisioned: mode is block, so nothing is paid as you go; take pay_as_you_go out, or write mode: spill."
            )
        for name, value in self._prices().items():
            amount(value, f"provisioned: pay_as_you_go {name}".rstrip())
            if name and name not in form.weights:
                raise PriceError(
                    unknown("provisioned: pay_as_you_go", "direction", str(name), [*form.weights])
                )
        if self.hours is not None:
            weights = amount(list(self.hours), "provisioned: hours")
            if weights.shape != (24,) or not weights.sum() > 0:
                raise PriceError(
                    f"provisioned: hours has {weights.size} weights; write 24, one for each hour of the day, not all 0."
                )
        if (
            isinstance(self.term_months, bool)
            or int(self.term_months) != self.term_months
            or self.term_months < 0
        ):
            raise PriceError(
                f"provisioned: term_months is {self.term_months}; it must be a whole number of months, 0: by the hour."
            )

    def _form(self) -> Throughput:
        return Throughput(
            self.per_unit,
            self.seconds,
            dict(self.weights or {"input": 1.0, "output": 1.0}),
            self.cached_deducted,
            self.minimum,
            self.increment,
            tuple(self.windows),
        )

    def _prices(self) -> dict:
        if isinstance(self.pay_as_you_go, Mapping):
            return dict(self.pay_as_you_go)
        return {} if self.pay_as_you_go is None else {"": self.pay_as_you_go}

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost and cash (path, month) of the units and of what spills."""
        form = self._form()
        tokens = {
            name: units
            for name in self.METERS
            if name != TRAFFIC and np.any(units := used(use, name, months))
        }
        traffic = used(use, TRAFFIC, months)
        if tokens:
            traffic = traffic + CapacityUnits(
                dict(form.weights), self.cached_deducted, self.cached_in_input
            ).apply({"cached" if name == CACHED else name: each for name, each in tokens.items()})
        over = self._over(form, traffic, months)
        share = np.where(traffic > 0, over / np.where(traffic > 0, traffic, 1.0), 0.0)
        fee, paid = self._fee(months)
        parts = {"units": fee}
        if self.mode == "spill":
            parts["spill"] = self._spilled(tokens, use, over, share)
        shape = np.broadcast_shapes(traffic.shape, *(np.shape(part) for part in parts.values()))
        parts = {name: np.broadcast_to(part, shape) for name, part in parts.items()}
        room = form.capacity(self.units, 3600.0) * 24.0 * months.days
        meters = {
            TRAFFIC: traffic,
            "served": traffic - over,
            "spilled" if self.mode == "spill" else "refused": over,
            "unused": np.maximum(room - (traffic - over), 0.0),
        }
        cash = np.broadcast_to(parts.get("spill", 0.0) + paid, shape)
        return Settled(sum(parts.values(), np.zeros(())), parts, meters, cash, self._words())

    def _over(self, form: Throughput, traffic, months: Months):
        """Capacity units a month beyond the units, hour by hour of the day where the day has a shape."""
        window = float(form.window(self.units)) if self.units else form.seconds
        room = form.capacity(self.units, window)
        weights = np.asarray(self.hours if self.hours is not None else [1.0], float)
        weights = weights / weights.sum()
        windows = 24.0 * 3600.0 / window * np.maximum(months.days, 1) / len(weights)
        over = np.zeros_like(traffic)
        for weight in weights:
            mean = traffic * weight / windows
            over = over + windows * expected_spill(
                mean, room, self.shape, _wide(self.cv), _wide(self.factor), _wide(self.share)
            )
        return np.minimum(over, traffic)

    def _spilled(self, tokens: dict, use, over, share):
        """Money of what spills."""
        if not isinstance(self.pay_as_you_go, Mapping):
            return over / MILLION * np.asarray(self.pay_as_you_go, float)
        if np.any(use.get(TRAFFIC, 0.0)):
            raise PriceError(
                "provisioned: pay_as_you_go has a price for each direction of tokens, and traffic is in capacity units; write one number."
            )
        return sum(
            (
                share * tokens[name] / MILLION * float(cost)
                for name, cost in self._prices().items()
                if name in tokens
            ),
            np.zeros_like(over),
        )

    def _fee(self, months: Months) -> tuple[np.ndarray, np.ndarray]:
        """Money of the units, as it accrues and as it is billed: by the hour, or for whole terms."""
        rate = np.asarray(self.rate, float)
        hourly = term_cost(float(self.units), 1.0, 24.0 * months.days, 0.0) * rate
        start = start_of(months)
        if not self.term_months or start is None:
            return hourly, hourly
        edges, end = [start], end_of(months)
        while edges[-1] < end:
            edges.append(later(start, self.term_months * len(edges)))
        whole = [
            float(
                term_cost(
                    float(self.units), 1.0, 0.0, term_hours(str(first), int(self.term_months))
                )
            )
            for first in edges[:-1]
        ]
        paid = due(months, edges[:-1], whole) * rate
        if not ended(months):
            return hourly, paid
        last = np.zeros(len(months.names))
        last[np.flatnonzero(months.days)[-1]] = (
            24.0 * float((edges[-1] - end).astype(int)) * self.units
        )
        return hourly + last * rate, paid

    def _words(self) -> str:
        how = f"terms of {self.term_months} months" if self.term_months else "by the hour"
        rest = (
            "what does not fit is paid as you go"
            if self.mode == "spill"
            else "what does not fit is refused"
        )
        return f"{self.units:g} units × rate ({how}); {rest}, traffic {self.shape} within a window"


def _wide(value):
    return value if np.ndim(value) == 0 else np.asarray(value, float)
