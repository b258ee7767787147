"""`tags`: which tag key holds what, in the bill's own spelling."""

from __future__ import annotations

from pydantic import Field

from .strict import Strict


class Tags(Strict):
    """Which tag key of the bill holds what, in the bill's own spelling"""

    team: str = Field(default="team", description="The team that caused the cost.")
    environment: str = Field(
        default="environment", description="Production, development and so on."
    )
    workload: str = Field(
        default="workload", description="The workload; else team/environment/service."
    )
    business_unit: str = Field(default="business_unit", description="The unit that bears the cost.")
