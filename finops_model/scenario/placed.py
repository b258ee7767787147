"""A risk as it stands in a scenario: its name, its place in the file, and the risk (docs/method §3.30)."""

from __future__ import annotations

from dataclasses import dataclass

from ..uncertainty.risks import Risk
from .changes import escape


@dataclass(frozen=True)
class Placed:
    """A risk as it stands in a scenario."""

    name: str
    where: str
    risk: Risk
    partnered: bool = (
        False  # its draws are those of the partner path: Sobol indices (docs/method §3.27)
    )

    @property
    def path(self) -> str:
        return f"risks/{escape(self.name)}"
