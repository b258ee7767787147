"""`unit_costs`: whose cost a driver divides."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from .strict import Strict


class UnitCost(Strict):
    """Whose cost a driver divides: a unit, and which of its workloads the driver drives"""

    unit: str = Field(default="Company", description="A business unit; `Company`: all of them.")
    workloads: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None,
        description="Those it drives; without: as the base scenario says, else all of the unit.",
    )


def _named(given):
    """The name of a unit alone, as the mapping it stands for."""
    return {"unit": given} if isinstance(given, str) else given


UnitCosts = dict[str, Annotated[UnitCost, BeforeValidator(_named)]]
