"""What a unit will cost in coming months, as an answer (docs/method §16.51 to §16.53)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...measure.outlook.paths import ratios
from ...periods import month_name
from ...wording import four, pictures
from ..questions.answer import Answer


@dataclass(frozen=True, kw_only=True)
class Line:
    """A unit cost on the futures of a run."""

    name: str
    unit: str
    of: str  # whose cost, in words
    cost: np.ndarray  # (path, month), money; of the margin what is left of revenue
    count: np.ndarray  # (path, month); of the margin revenue
    tie: float  # correlation with which costs and counts are paired
    pairs: int  # months that it was read from
    actual: tuple[str, float] | None  # newest whole month and its value


def told(
    lines: Sequence[Line],
    months: tuple[str, ...],
    *,
    currency: str,
    whose: str,
    as_of: str,
    paths: int,
    notes: Sequence[str] = (),
) -> Answer:
    """Unit costs of months ahead: a row each with the next whole month and the last one; every month in the sheet Months."""
    cost = np.stack([line.cost for line in lines], axis=2)
    count = np.stack([line.count for line in lines], axis=2)
    each = ratios(cost, count)
    first = 1 if months[0] == as_of[:7] and len(months) > 1 else 0
    ends = list(dict.fromkeys((first, len(months) - 1)))
    rows, every, silent = [], [], []
    for g, line in enumerate(lines):
        row: dict = {"unit cost": line.name, "unit": line.unit}
        row["last actual"] = line.actual[1] if line.actual else None
        row["in"] = line.actual[0] if line.actual else "–"
        for m in ends:
            low, middle, high = (_known(value) for value in each.quantiles[:, m, g])
            row |= {
                f"{months[m]} P10": low,
                f"{months[m]} P50": middle,
                f"{months[m]} P90": high,
            }
        rows.append(row)
        for m, month in enumerate(months):
            low, middle, high = (_known(value) for value in each.quantiles[:, m, g])
            every.append(
                {
                    "unit cost": line.name,
                    "unit": line.unit,
                    "month": month,
                    "P10": low,
                    "P50": middle,
                    "P90": high,
                    "expected": _known(each.expected[m, g]),
                    "numerator": float(line.cost[:, m].mean()),
                    "denominator": float(line.count[:, m].mean()),
                }
            )
        if gone := int((each.without[:, g] > 0).sum()):
            silent.append(
                f"{line.name}: in {gone} of {len(months)} months some futures count nothing, so there is no unit cost."
            )
    head = max(
        range(len(lines)),
        key=lambda g: (lines[g].unit != "share", float(lines[g].cost.mean(axis=0).sum())),
    )
    forms = {f"{months[m]} {q}": "units" for m in ends for q in ("P10", "P50", "P90")}
    return Answer(
        question="kpi ahead",
        sentence=_sentence(lines[head], each.quantiles[:, :, head], months, ends, whose),
        table=pd.DataFrame(rows),
        forms={
            **forms,
            "last actual": "units",
            "P10": "units",
            "P50": "units",
            "P90": "units",
            "expected": "units",
            "numerator": "money",
            "denominator": "count",
        },
        range=f"P10 to P90 of {paths:,} futures of the base, each month's cost over its count on the same future.",
        reason=_reason(lines),
        next_best="",
        currency=currency,
        notes=(
            f"Costs: the bill's to {as_of}, then the base's. Counts: each driver's own forecast."
            + (f" {month_name(months[0])} is partly booked." if months[0] == as_of[:7] else ""),
            *silent,
            *notes,
        ),
        figures={
            "as_of": as_of,
            "months": list(months),
            "paths": paths,
            "lines": [
                {"name": line.name, "tie": line.tie, "pairs": line.pairs, "actual": line.actual}
                for line in lines
            ],
        },
        tables={"Months": pd.DataFrame(every)},
        picture=_picture(lines[head], each.quantiles[:, :, head], months),
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _sentence(line: Line, values: np.ndarray, months, ends, whose: str) -> str:
    parts = []
    for m in ends:
        low, middle, high = values[:, m]
        if np.isfinite(middle):
            parts.append(
                f"{four(middle)} in {month_name(months[m])} ({four(low)} to {four(high)} in eight of ten futures)"
            )
    before = (
        f"was {four(line.actual[1])} in {month_name(line.actual[0])} and " if line.actual else ""
    )
    return f"{line.name} of {whose} {before}is expected at {', then '.join(parts) or 'no value'} ({line.unit})."


def _reason(lines: Sequence[Line]) -> str:
    words = [
        f"{line.name}: {line.tie:.2f} of {line.pairs} months".replace("-", "−")
        if line.pairs
        else f"{line.name}: none known"
        for line in lines
    ]
    return (
        "costs and counts are paired as use and count moved together from month to month, drawn towards no tie where months are few. "
        f"Ties: {'; '.join(words[:6])}{f' and {len(words) - 6} more' if len(words) > 6 else ''}."
    )


def _picture(line: Line, values: np.ndarray, months) -> dict | None:
    shown = [m for m in range(len(months)) if np.isfinite(values[1, m])][:24]
    if not shown:
        return None
    return pictures.ranges(
        [month_name(months[m]) for m in shown],
        [values[0, m] for m in shown],
        [values[1, m] for m in shown],
        [values[2, m] for m in shown],
        [four(values[1, m]) for m in shown],
        words=f"{line.name} in coming months: {four(values[1, shown[0]])} in {months[shown[0]]}, {four(values[1, shown[-1]])} in {months[shown[-1]]}.",
        axis=line.unit,
        mark=line.actual[1] if line.actual else None,
    )
