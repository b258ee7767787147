"""`chargeback`: who gets a statement of a month, and whether it is booked (docs/method §14.40)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..strict import Strict

Bearer = Literal["team", "cost_center", "business_unit", "legal_entity"]


class Chargeback(Strict):
    """Statements of what each bears of a month"""

    mode: Literal["showback", "chargeback"] = Field(
        default="showback",
        description="`showback`: statements are shown only; `chargeback`: the close books them.",
    )
    by: Bearer = Field(
        default="team",
        description="Who gets a statement; cost centres and legal entities come from the organisation file.",
    )
    entity_of: str | None = Field(
        default=None,
        description="A dimension that says which legal entity bears a charge; without: column legal_entity of the "
        "organisation file, else who was billed.",
    )
