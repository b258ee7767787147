"""`tags`: which tag key holds what, in the bill's own spelling."""

from __future__ import annotations

from pydantic import Field

from .strict import Strict


class Tags(Strict):
    """Which tag key of the bill holds what, in the bill's own spelling"""

    team: str = Field("team", description="The team that caused the cost.")
    environment: str = Field("environment", description="Production, development and so on.")
    workload: str = Field("workload", description="The workload; else team/environment/service.")
    business_unit: str = Field("business_unit", description="The unit that bears the cost.")
