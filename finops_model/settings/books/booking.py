"""`accrual`, `tax`: what is booked at the close of a period (docs/method §14.20)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...documents import Quantity
from ..strict import Strict


class AccrualSettings(Strict):
    """Which accruals are booked"""

    minimum: Quantity = Field(
        default=0.0,
        description="Accruals of an issuer and month below it are listed and not booked; money of the entity.",
    )


class TaxSettings(Strict):
    """What of tax is expense"""

    recoverable: Annotated[float, Field(ge=0, le=1)] = Field(
        default=1.0,
        description="Share of tax that is got back, 0 to 1, and so is no expense.",
    )
