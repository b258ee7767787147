"""How good answers were: samples that people judged, by day or week, workload and model."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from decimal import Decimal

import pandas as pd

from ...errors import InputError
from ..plans.sheet import Sheet
from .rows import own_rows

COLUMNS = ("date", "workload", "model", "sampled", "accepted", "score", "lowest", "highest")
SCALE = re.compile(r"(\d+(?:\.\d+)?) ?(?:-|–|to) ?(\d+(?:\.\d+)?)")


def read_quality(
    path: str | os.PathLike, entity: str = "", entities: Sequence[str] = ()
) -> pd.DataFrame:
    """The samples of a file: date, workload, model, sampled, accepted (counts), score (mean; nan: not given), lowest, highest (of its scale).

    A column `week` (or day) is read for date; `scale` ("1-5", "0-100") says the ends of the score, 1 to 5 where there is none.

    Raises InputError with file, line and column: no date, more accepted than sampled, a score outside its scale, the same sample twice.
    """
    sheet = Sheet(path, "a file of quality samples", {"date": ("week", "day")})
    days, workloads, models = sheet.days("date"), sheet.cells("workload"), sheet.cells("model")
    sampled, accepted = (sheet.numbers(name, negative=False) for name in ("sampled", "accepted"))
    scores, scales = sheet.cells("score", needed=False), sheet.cells("scale", needed=False)
    rows = []
    first: dict[tuple, int] = {}
    for i in own_rows(sheet, entity, entities):
        key = (days[i], workloads[i], models[i])
        for name, cell in (("workload", workloads[i]), ("model", models[i])):
            if not cell:
                raise InputError(f"{sheet.at(i, name)}: is empty. Write the {name}.")
        if key in first:
            raise InputError(
                f"{sheet.at(i, 'workload')}: '{key[1]}' with '{key[2]}' has {key[0]} twice, first in line "
                f"{sheet.lines[first[key]]}. Keep one of them."
            )
        first[key] = i
        for name, count in (("sampled", sampled[i]), ("accepted", accepted[i])):
            if count != count.to_integral_value():
                raise InputError(f"{sheet.at(i, name)}: {count} is no count. Write a whole number.")
        if not sampled[i]:
            raise InputError(
                f"{sheet.at(i, 'sampled')}: is 0, and a sample of nothing says nothing. Take the line out."
            )
        if accepted[i] > sampled[i]:
            raise InputError(
                f"{sheet.at(i, 'accepted')}: {accepted[i]} accepted of {sampled[i]} sampled. At most all of them can be."
            )
        low, high = _scale(sheet, i, scales[i])
        score = sheet.number(i, "score", scores[i]) if scores[i] else None
        if score is not None and not low <= score <= high:
            raise InputError(
                f"{sheet.at(i, 'score')}: {score} is outside its scale, {low} to {high}. Write a score of that scale, "
                "or the scale in a column scale (1-5, 0-100)."
            )
        numbers = (sampled[i], accepted[i], "nan" if score is None else score, low, high)
        rows.append((pd.Timestamp(days[i]), *key[1:], *map(float, numbers)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _scale(sheet: Sheet, i: int, cell: str) -> tuple[Decimal, Decimal]:
    """The ends of the score of a row."""
    if not cell:
        return Decimal(1), Decimal(5)
    ends = SCALE.fullmatch(cell)
    if ends is None or Decimal(ends[1]) >= Decimal(ends[2]):
        raise InputError(
            f"{sheet.at(i, 'scale')}: '{cell[:40]}' is no scale. Write its ends, the lower first, for example 1-5."
        )
    return Decimal(ends[1]), Decimal(ends[2])
