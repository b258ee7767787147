"""Why a period's cost differs from its budget and from the month before: the bridges of a close (docs/method §10.4, §14.61)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ....errors import FinOpsError
from ....measure.bridge.steps import PARTS, Bridge
from ....periods import Period
from ....progress import Progress
from ....wording import bridge as words
from ...bridges import build
from .gather import EntityBooks

COLUMNS = ["Entity", "From", "To", "Currency", "Step", "Amount"]


@dataclass(frozen=True)
class Bridges:
    """The bridges that could be made, entity by entity, and why others could not."""

    made: list[tuple[str, Bridge]]
    said: list[str]

    @property
    def table(self) -> pd.DataFrame:
        """COLUMNS: both ends and every part; the parts add up to what lies between the ends, to the coin."""
        rows = []
        for entity, one in self.made:
            begin = [entity, one.then.name, one.now.name, one.now.currency]
            rows.append([*begin, "from", one.then.total])
            for part in PARTS:
                if one.parts[part]:
                    alone = part == "volume" and one.parts[part] == one.step("volume")
                    name = words.STEPS["volume"] if alone else words.column(part)
                    rows.append([*begin, name, one.parts[part]])
            rows.append([*begin, "to", one.now.total])
        return pd.DataFrame(rows, columns=COLUMNS)


def of_period(
    books: Sequence[EntityBooks], period: Period, progress: Progress | None = None
) -> Bridges:
    """Budget to actual, and the period before to this one, of each entity."""
    made, said = [], []
    for one in books:
        if one.missing:
            until = min(each.first for each in one.missing)
            said.append(
                f"{one.title}: bridges hold what the bills have; days from {until} on are accrued and not in them."
            )
        states = ["plan"] if one.settings.budgets else []
        earlier = one.settings.calendar_of().period_of(period.start - 1)
        if np.datetime64(one.complete.first_day, "D") < earlier.end:
            states.append(f"actual:{earlier.name}")
        for state in states:
            try:
                found = build.bridge(
                    one.settings, state, "actual", month=period.name, progress=progress
                )
            except FinOpsError as problem:
                said.append(f"{one.title}: no bridge from {state}: {problem}")
            else:
                made.append((one.name, found))
    return Bridges(made, said)
