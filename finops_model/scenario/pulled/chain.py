"""What the levers of a workload leave of its units, certain or on every path; routing with what is run again (docs/method §3.60, §3.68)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ScenarioError
from ...uncertainty.distributions import Distribution
from ..levers import form, make
from ..routing import FALLBACK
from .bought import Bought
from .reading import check_bounds

Draws = tuple[tuple[str, Distribution], ...]


@dataclass(frozen=True)
class Amount:
    """A number times uncertain values."""

    number: float
    draws: Draws = ()

    def on_paths(self, uniform):
        """The number, or (path,)."""
        value = self.number
        for name, law in self.draws:
            value = value * law.on_paths(uniform, name)
        return value


@dataclass(frozen=True)
class Pulled:
    """One lever as it stands on some days."""

    kind: str
    value: Amount
    today: Amount
    terms: tuple[tuple[str, object], ...]
    where: str
    age: float = 0.0  # days since it was set


@dataclass(frozen=True)
class Routed:
    """Shares of the models on some days, and what of the share routed to each is run again."""

    before: Mapping[str, float]
    shares: Mapping[str, float]
    again: Mapping[str, Amount]  # model -> escalation


@dataclass(frozen=True)
class Chain:
    """The levers and the routing of one workload on days that are alike."""

    units: Mapping[str, float]  # as used, per unit of volume
    paid: Mapping[str, float]  # sku -> own price ÷ reference, where it is not 1
    bought: Bought
    levers: tuple[Pulled, ...]
    routed: Routed | None = None

    @property
    def draws(self) -> Draws:
        """What is uncertain, by name."""
        every = [d for one in self.levers for d in (*one.value.draws, *one.today.draws)]
        if self.routed:
            every += [d for amount in self.routed.again.values() for d in amount.draws]
        return tuple(dict(every).items())

    def check(self) -> None:
        """Refuse a value outside the bounds of its lever, such as one that a scale made."""
        for one in self.levers:
            if not one.value.draws:
                place = f"{one.where}: {self.bought.name}/{one.kind}"
                check_bounds(one.value.number, form(one.kind), place)

    def on_paths(self, uniform=None) -> dict:
        """Units of each SKU per unit of volume as the plan counts them: numbers, or (path,) where something is uncertain."""
        units: dict = dict(self.units)
        for one in sorted(self.levers, key=lambda one: form(one.kind).STEP):
            law = form(one.kind)
            value, today = (
                np.clip(amount.on_paths(uniform), law.LEAST, law.MOST)
                for amount in (one.value, one.today)
            )
            try:
                lever = make(one.kind, {"value": value, "today": today, **dict(one.terms)})
                units = lever.act(units, self.bought, one.age)
            except ScenarioError as problem:
                raise ScenarioError(
                    f"{one.where}: {self.bought.name}/{one.kind}: {problem}"
                ) from None
        counted = {sku: amount * self.paid.get(sku, 1.0) for sku, amount in units.items()}
        return counted if self.routed is None else self._route(self.routed, counted, uniform)

    def _route(self, routed: Routed, units: dict, uniform) -> dict:
        """Tokens moved between models meter by meter; what is run again is paid at the model it came from too."""
        before, shares = routed.before, routed.shares
        gains = {m: shares[m] - b for m, b in before.items() if shares[m] > b + 1e-15}
        gained = sum(gains.values())
        if not gained:
            return units
        again = sum(
            gain / gained * np.clip(routed.again[model].on_paths(uniform), 0.0, 1.0)
            for model, gain in gains.items()
            if model in routed.again
        )
        result = dict(units)
        lost: dict[str, Any] = {}  # by meter: what leaves its models, a number or (path,)
        for sku, amount in units.items():
            meter = self.bought.of[sku]
            share = before.get(meter.model, 0.0)
            if share <= 0:
                continue
            leaves = amount * (1 - min(1.0, shares[meter.model] / share))
            result[sku] = amount - leaves * (1 - again)
            lost[meter.meter] = lost.get(meter.meter, 0.0) + leaves
        for model, gain in gains.items():
            for what, amount in lost.items():
                if np.any(np.asarray(amount) > 0):
                    sku = self._target(model, what)
                    result[sku] = result.get(sku, 0.0) + amount * gain / gained
        return result

    def _target(self, model: str, meter: str) -> str:
        for name in (meter, FALLBACK.get(meter, meter)):
            if (model, name) in self.bought.metered:
                return self.bought.metered[model, name]
        raise ScenarioError(
            f"routing: '{model}' has no price for {meter}. Add it to the price documents."
        )
