"""`shared_cost`: whose cost the others bear, and how it is given out (docs/method §13.64)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from .strict import Strict
from .tag_rules import Conditions, Named


class Pool(Strict):
    """A team whose cost the others bear; a text alone is `how`"""

    how: Literal["even", "proportional", "fixed", "usage"] = Field(
        default="proportional",
        description="Evenly, in proportion to own cost, by fixed shares, or by use.",
    )
    shares: dict[Named, Annotated[float, Field(ge=0)]] = Field(
        default={}, description="With `fixed`: team and per cent; together 100."
    )
    drivers: dict[Named, Named] = Field(
        default={}, description="With `usage`: team and the driver that counts its use."
    )
    quantity: str = Field(
        default="", description="With `usage`: instead, a ConsumedUnit of the bill, such as Hours."
    )

    @model_validator(mode="after")
    def _what_goes_with_how(self):
        if self.how == "fixed" and not self.shares:
            raise ValueError("how fixed needs shares: team and per cent. Write them.")
        if self.how == "usage" and bool(self.drivers) == bool(self.quantity):
            raise ValueError(
                "how usage needs drivers (team and driver) or quantity (a unit of the bill). "
                "Write one of them."
            )
        for key, how in (("shares", "fixed"), ("drivers", "usage"), ("quantity", "usage")):
            if getattr(self, key) and self.how != how:
                raise ValueError(
                    f"{key} goes with how: {how}, and how is {self.how}. Take {key} out, or write "
                    f"how: {how}."
                )
        return self


def _how_alone(given):
    return {"how": given} if isinstance(given, str) else given


def _pools_bear_nothing(pools: dict) -> dict:
    for name, pool in pools.items():
        for bearer in (*pool.shares, *pool.drivers):
            if bearer in pools:
                raise ValueError(
                    f"{name}: '{bearer}' is a pool itself, and pools bear nothing of each other. "
                    "Name the teams that bear it."
                )
    return pools


class SharedCost(Strict):
    """Whose cost the others bear; without: every team bears its own"""

    pools: Annotated[
        dict[Named, Annotated[Pool, BeforeValidator(_how_alone)]],
        AfterValidator(_pools_bear_nothing),
    ] = Field(default={}, description="By team whose cost the others bear: how it is given out.")
    idle: Literal["owner", "proportional", "central"] = Field(
        default="owner", description="Who bears the cost that `idle_when` names."
    )
    idle_when: Conditions = Field(
        default={},
        description="Which cost is idle capacity: a column of daily facts (ServiceName, x_Workload, "
        "a dimension …) and a value, a list of them or `{regex: …}`; all must fit.",
    )
    unused_commitment: Literal["buyer", "proportional_to_benefit", "central"] = Field(
        default="buyer",
        description="Who bears the unused part of a commitment: its buyer, those whose use it "
        "covered, or nobody.",
    )

    @model_validator(mode="after")
    def _idle_is_known(self):
        if self.idle != "owner" and not self.idle_when:
            raise ValueError(
                f"idle: {self.idle} needs idle_when: which cost is idle capacity. Write it, such as "
                "idle_when: {ServiceName: Idle}."
            )
        return self

    @property
    def moves(self) -> bool:
        """Whether any team bears another cost than its own."""
        return bool(self.pools) or self.idle != "owner" or self.unused_commitment != "buyer"
