"""Tokens by direction and modality as one number that provisioned capacity is sold in (PTU, GSU: burndown rates)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError, unknown
from ._checks import together


@dataclass(frozen=True, slots=True)
class CapacityUnits:
    weights: dict = field(
        default_factory=lambda: {"input": 1.0, "output": 1.0}
    )  # capacity units one token counts as
    cached_deducted: float = 1.0  # share of a cached input token that does not count: 1 on Azure, 0.9 where reads cost a tenth
    cached_in_input: bool = True  # whether "input" includes the cached tokens (OpenAI, Azure, Google) or not (Anthropic)

    def __post_init__(self):
        if not isinstance(self.weights, dict) or not self.weights:
            raise PriceError(
                f"capacity_units: weights is {str(self.weights)[:40]}; it must map directions to weights, "
                "for example {input: 1, output: 8}."
            )
        weights = {
            name: number(value, f"capacity_units: weight of '{name}'")
            for name, value in self.weights.items()
        }
        if "cached" in weights:
            raise PriceError(
                "capacity_units: 'cached' has no weight of its own; write the share deducted as cached_deducted."
            )
        object.__setattr__(self, "weights", weights)
        share = number(self.cached_deducted, "capacity_units: cached_deducted")
        if share > 1:
            raise PriceError(
                f"capacity_units: cached_deducted is {share:g}; it must be a share from 0 to 1."
            )
        object.__setattr__(self, "cached_deducted", share)
        if not isinstance(self.cached_in_input, bool):
            raise PriceError(
                f"capacity_units: cached_in_input is {str(self.cached_in_input)[:40]}; it must be true or false."
            )

    def apply(self, tokens: dict):
        """Capacity units: sum of weight x tokens, cached input deducted.

        tokens   direction -> number or array (tokens a minute, a second, a query): the names of `weights`, and "cached":
                 input tokens read from a cache, inside "input" unless cached_in_input is false

        >>> CapacityUnits({"input": 1, "output": 8}).apply({"input": 40000, "output": 5000})
        np.float64(80000.0)
        """
        if not isinstance(tokens, dict) or not tokens:
            raise PriceError(
                f"capacity_units: tokens is {str(tokens)[:40]}; it must map directions to tokens."
            )
        for name in tokens:
            if name not in self.weights and name != "cached":
                raise PriceError(
                    unknown(
                        "capacity_units",
                        "direction",
                        str(name),
                        [*self.weights, "cached"],
                        "Give it a weight, 0 if it is free.",
                    )
                )
        amounts = {
            name: quantities(f"capacity_units: {name}", amount) for name, amount in tokens.items()
        }
        amounts = dict(zip(amounts, together("capacity_units", **amounts)))
        total = sum(
            (self.weights[name] * amount for name, amount in amounts.items() if name != "cached"),
            0.0,
        )
        if "cached" not in amounts:
            return np.asarray(total)[()]
        if "input" not in self.weights:
            raise PriceError(
                "capacity_units: cached tokens are input, and 'input' has no weight; give it one."
            )
        cached, counted = amounts["cached"], 1 - self.cached_deducted
        if self.cached_in_input:
            held = amounts.get("input", np.zeros_like(cached))
            if (cached > held * (1 + 1e-12)).any():
                raise PriceError(
                    "capacity_units: there are more cached tokens than input tokens; 'input' includes the cached "
                    "ones unless cached_in_input is false."
                )
            counted = -self.cached_deducted
        return np.maximum(total + self.weights["input"] * counted * cached, 0.0)[()]
