"""Sheet Track record: earlier forecasts beside what came, their misses live (docs/method §11, §15.50)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from xlsxwriter.worksheet import Worksheet

from .....measure.basis.sections import of
from .....measure.brief_types import Brief
from ..cells import Pen

HEAD = (
    "Of the month",
    "Made",
    "Months ahead",
    "P10",
    "P50",
    "P90",
    "Actual",
    "Miss",
    "In %",
    "Inside",
)


def record(pen: Pen, brief: Brief) -> None:
    """Published forecasts first, then those made again from earlier month ends; none where none is graded."""
    accuracy = brief.get("accuracy")
    if not accuracy:
        return
    told = accuracy.get("published")
    published = cast(Sequence[Mapping], told["detail"] if told else [])
    again = cast(Sequence[Mapping], accuracy.get("detail") or [])
    if not (published or again):
        return
    holds = "Earlier forecasts beside what came, each graded"
    widths = [18, 12, 10, *[16] * 5, 10, 10]
    sheet = pen.sheet("Track record", widths, landscape=True, holds=holds, titles=4)
    basis = of("accuracy", brief.get("basis"))
    pen.note(
        sheet,
        0,
        len(HEAD) - 1,
        f"{pen.currency}, {basis}. Miss is actual less P50: + cost more than was forecast. Inside: the actual lies between P10 and P90, as eight of ten should.",
    )
    row = 2
    if told and published:
        row = _block(pen, sheet, row, "Published forecasts", told["sentence"], published)
    if again:
        _block(pen, sheet, row, "Made again from earlier month ends", accuracy["sentence"], again)


def _block(
    pen: Pen, sheet: Worksheet, row: int, title: str, said: str, lines: Sequence[Mapping]
) -> int:
    """The forecasts of one kind, their mean miss and how many came inside; the row after it."""
    pen.put(sheet, row, 0, title, "strong")
    pen.note(sheet, row + 1, len(HEAD) - 1, said)
    pen.head(sheet, row + 2, list(HEAD), right=2)
    pen.put(sheet, row + 2, 9, HEAD[9], "head_word")
    first = at = row + 3
    misses, inside = [], []
    for at, line in enumerate(sorted(lines, key=lambda one: (one["for"], one["lead"])), first):
        known = at + 1
        pen.along(sheet, at, 0, (line["for"], line["made"]))
        pen.put(sheet, at, 2, line["lead"], "quantity")
        pen.along(sheet, at, 3, (line["p10"], line["p50"], line["p90"]), "simulated")
        pen.put(sheet, at, 6, line["actual"], "input")
        miss = line["actual"] - line["p50"]
        pen.formula(sheet, at, 7, f"=G{known}-E{known}", miss, "variance")
        if line["actual"]:
            share = miss / line["actual"]
            pen.formula(sheet, at, 8, f"=H{known}/G{known}", share, "percent")
            misses.append(abs(share))
        ranged = line["p10"] is not None and line["p90"] is not None
        if ranged:
            text = f'=IF(AND(G{known}>=D{known},G{known}<=F{known}),"yes","no")'
            came = line["p10"] <= line["actual"] <= line["p90"]
            pen.formula(sheet, at, 9, text, "yes" if came else "no", "beside")
            inside.append(came)
    last = at + 1
    pen.put(sheet, last, 0, "Mean of the misses' sizes; inside", "part")
    for column in range(1, 10):
        pen.put(sheet, last, column, "", "part")
    if misses:
        text = f"=SUMPRODUCT(ABS(I{first + 1}:I{last}))/COUNT(I{first + 1}:I{last})"
        pen.formula(sheet, last, 8, text, sum(misses) / len(misses), "share")
    if inside:
        text = f'=COUNTIF(J{first + 1}:J{last},"yes")/COUNTA(J{first + 1}:J{last})'
        pen.formula(sheet, last, 9, text, sum(inside) / len(inside), "share")
    return last + 3
