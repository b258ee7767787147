"""Unit costs on the page: direct and fully loaded, and how they add up to the cost of the unit (docs/method §16.3)."""

from __future__ import annotations

from ...measure.cycle.types import UnitCost
from ...measure.page_one.material import OF_LINE
from ...periods import month_name
from ..charts.unit_costs import unit_cost_trend
from .tables import Column, Figures, table

RUNS_UP = ("Budget spent",)  # grow with every month of a year: neither better nor worse
SMALL = 9  # unit costs drawn; the table has all of them


def unit_costs(figures: Figures) -> dict | None:
    """Cost per outcome, driver, GPU hour and token, with its trend."""
    lines, rows, small = figures.brief["unit_costs"], [], []
    least = figures.materiality["of_line"]
    notes = figures.brief.get("dated_notes", [])
    loaded = any("fully_loaded" in line for line in lines)
    behind = any("numerator" in line for line in lines)
    for i, line in enumerate(lines):
        share = line["unit"] == "share"
        way = "rate" if share else "four"
        value, moved = figures.show(f"unit_costs/{i}/value", way), moved_words(line, least)
        more = (
            [figures.show(f"unit_costs/{i}/fully_loaded", way) if "fully_loaded" in line else "–"]
            if loaded
            else []
        )
        rows.append(
            [
                line["name"],
                line["unit"],
                value,
                *more,
                figures.show(f"unit_costs/{i}/previous", way),
                moved,
                *(_behind(figures, i, line) if behind else []),
                f"{line['days']}{' (partial)' if line['partial'] else ''}",
            ]
        )
        trend = unit_cost_trend(line, notes=notes) if i < SMALL else None
        if trend:
            words = " · ".join(
                word for word in ("" if share else line["unit"], moved) if word not in ("", "–")
            )
            small.append((trend, value, words))
    columns = [
        Column("Unit cost", False, True),
        Column("Unit", False),
        Column("Direct" if loaded else "This month"),
        *([Column("Fully loaded")] if loaded else []),
        Column("Before"),
        Column("Change", False),
        *([Column("Divided"), Column("By")] if behind else []),
        Column("Days"),
    ]
    note = (
        "A unit cost counts only days on which both the cost and what it is divided by are known. "
        "Hollow dots: months with days missing."
    )
    if loaded:
        note += (
            " Direct: the cost of the workloads a driver drives. Fully loaded: with its share of what no driver of its unit drives, in proportion to "
            "direct cost. "
            + " ".join(f"{line['name']}: {line['of']}." for line in lines if line.get("of"))
        )
    tables = [
        table(
            columns, rows, f"Unit costs, {figures.money('unit_costs')}", note=note, name="unit-cost"
        ),
        *_tie(figures),
    ]
    return (
        {"title": "Unit costs", "figure": None, "small": small, "tables": tables} if rows else None
    )


def _behind(figures: Figures, i: int, line: UnitCost) -> list:
    """What a unit cost is divided out of, and by: numerator, denominator of the month."""
    return [
        figures.show(
            f"unit_costs/{i}/{key}", "whole" if abs(line.get(key, 0.0)) >= 1000 else "four"
        )
        if key in line
        else "–"
        for key in ("numerator", "denominator")
    ]


def _tie(figures: Figures) -> list:
    """Each driver's count × unit cost, what no driver drives, and their sum: the cost of the month."""
    tie, show = figures.brief.get("unit_cost_tie"), figures.show
    if not tie:
        return []
    at = "unit_cost_tie"
    rows = [
        [
            row["name"].replace("_", " "),
            show(f"{at}/rows/{i}/count", "whole"),
            *(
                show(f"{at}/rows/{i}/{key}", way)
                for key, way in (
                    ("value", "four"),
                    ("direct", "whole"),
                    ("fully_loaded_value", "four"),
                    ("fully_loaded", "whole"),
                )
            ),
        ]
        for i, row in enumerate(tie["rows"])
    ]
    if abs(tie["uncounted"]) >= 0.005 or abs(tie["loaded_uncounted"]) >= 0.005:
        rows.append(
            [
                "Days without a count",
                "",
                "",
                show(f"{at}/uncounted", "whole"),
                "",
                show(f"{at}/loaded_uncounted", "whole"),
            ]
        )
    rows.append(
        ["Not driven", "", "", show(f"{at}/not_driven", "whole"), "", show(f"{at}/left", "whole")]
    )
    total = [
        figures.brief["unit"],
        "",
        "",
        show(f"{at}/cost", "whole"),
        "",
        show(f"{at}/cost", "whole"),
    ]
    columns = [
        Column("Driver", False),
        *map(Column, ("Count", "Direct, each", "Direct", "Fully loaded, each", "Fully loaded")),
    ]
    caption = f"How unit costs add up to the cost of {month_name(figures.brief['month'])}, {figures.money('unit_cost_tie')}"
    note = (
        "Count × unit cost and what is not driven are the whole cost. Drivers and outcomes that divide the same workloads again are views of this "
        "cost and are not in the sum."
    )
    return [table(columns, rows, caption, total=total, note=note, name="unit-cost-tie")]


def moved_words(line: UnitCost, least: float = OF_LINE) -> str:
    """Change of a unit cost in words; its side only where it is at least `least`; of a share in points.

    >>> moved_words({"change_pct": -0.0347, "better": "lower", "unit": "USD / call", "value": 1.0, "previous": 1.036})
    'down 3.5 % (favourable)'
    >>> moved_words({"change_pct": 0.001, "better": "lower", "unit": "USD / call", "value": 1.0, "previous": 0.999})
    'up 0.1 %'
    >>> moved_words({"change_pct": None, "better": "lower", "unit": "share", "value": 0.027, "previous": -0.001})
    'up 2.8 points (unfavourable)'
    """
    change = _moved(line)
    if change is None:
        return "–"
    if abs(change) < 0.0005:
        return "unchanged"
    by = f"{abs(change) * 100:.1f} {'points' if line['unit'] == 'share' else '%'}"
    words = f"{'up' if change > 0 else 'down'} {by}"
    if not (tone := moved_tone(line, least)):
        return words
    return f"{words} ({'favourable' if tone == 'good' else 'unfavourable'})"


def moved_tone(line: UnitCost, least: float = OF_LINE) -> str:
    """The colour of a change of at least `least`; "" of a smaller one."""
    change = _moved(line)
    if change is None or line.get("name") in RUNS_UP:
        return ""
    whole = abs(line["previous"] or 0.0) if line["unit"] == "share" else 1.0
    if abs(change) < max(least * whole, 0.0005):
        return ""
    return "good" if (change < 0) == (line["better"] == "lower") else "bad"


def _moved(line: UnitCost) -> float | None:
    """Change of a unit cost as a share of what it was; of a share the points by which it moved: below or at 0 it has no change in per cent."""
    if line["unit"] != "share":
        return line["change_pct"]
    return None if line["previous"] is None else line["value"] - line["previous"]
