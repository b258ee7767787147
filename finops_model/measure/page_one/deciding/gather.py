"""What page one needs of a workspace besides what a close has: the inventory, by when what-ifs are decided, what was billed."""

from __future__ import annotations

from typing import Any

from ....facts.daily.billed import billed
from ....facts.ledger.store import Ledger
from ....scenario.document import decision_of
from ....scenario.ledger_base import read_inventory
from ....settings import Settings
from ..cash import year_to


def of_workspace(settings: Settings, ledger: Ledger, month: str) -> dict[str, Any]:
    """`inventory`, `due` and `billed` of a Close.

    Raises ScenarioError for a what-if that makes no sense, or an inventory that is not there.
    """
    return {
        "inventory": read_inventory(settings),
        "due": [{**decision_of(settings.path(name)), "source": name} for name in settings.what_ifs],
        "billed": billed(ledger, year_to(month, settings.fiscal_year_starts), settings.currency),
    }
