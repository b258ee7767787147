"""Sheet Units, of the company: the month, the year, and each part over or under its budget (docs/method §9.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xlsxwriter.worksheet import Worksheet

from ....measure.basis.sections import of
from ....measure.brief_types import Brief
from ....wording.landing import CHANCE_COLUMN
from .cells import Pen

KEYS = (
    "actual",
    "budget",
    "landing_p10",
    "landing_p50",
    "landing_p90",
    "landing_mean",
    "year_budget",
    "over",
)
ADDED = {"actual", "budget", "landing_mean", "year_budget", "over"}  # quantiles do not add up
CHANCE = 2 + len(KEYS)  # the last column


def units(pen: Pen, brief: Brief) -> None:
    """Budget by unit: the month, the year, and each part over or under; none for a unit, or a brief of before (docs/method §9.4)."""
    rows: Sequence[Mapping[str, object]] = brief.get("children") or []
    if not rows or "kind" not in rows[0]:
        return
    month, period = brief["month"], brief["landing"]["period"]
    sheet = pen.sheet(
        "Units",
        [34, 12, 16, 16, 16, 16, 16, 16, 16, 16, 14],
        landscape=True,
        holds="Each unit's month and year against its budget",
        titles=0,
    )
    pen.head(
        sheet,
        0,
        [
            "Unit",
            "Kind",
            f"Actual {month}",
            f"Budget {month}",
            f"P10 {period}",
            "P50",
            "P90",
            "Mean",
            f"Budget {period}",
            "Over (+) or under (−)",
            CHANCE_COLUMN,
        ],
        right=2,
    )
    sheet.freeze_panes(1, 1)
    for row, line in enumerate(rows, 1):
        _line(pen, sheet, row, line)
    last = len(rows) + 1
    _total(pen, sheet, last, brief, rows)
    _checks(pen, sheet, last, brief, rows)
    reason = brief.get("reason")
    whole = brief["unit"] if brief.get("entity") else "the company"
    sentence = reason.get("sentence") if reason else None
    pen.note(
        sheet,
        last + 5,
        CHANCE,
        f"{pen.currency}, {of('children', brief.get('basis'))}. "
        + (sentence or f"Means add up to {whole}; medians and ranges do not."),
    )


def _line(pen: Pen, sheet: Worksheet, row: int, line: Mapping[str, object]) -> None:
    """A unit; over or under is its mean less its budget, live."""
    pen.along(sheet, row, 0, (line["unit"], line["kind"]))
    for column, key in enumerate(KEYS, 2):
        if key == "over" and line[key] is not None:
            formula = f"=H{row + 1}-I{row + 1}"
            sheet.write_formula(row, column, formula, pen.formats["variance"], line[key])
        else:
            pen.put(sheet, row, column, line[key], "money")
    pen.put(sheet, row, CHANCE, line["overrun_probability"], "share")


def _total(
    pen: Pen, sheet: Worksheet, last: int, brief: Brief, rows: Sequence[Mapping[str, object]]
) -> None:
    """The whole: sums of what adds up, live, where every unit has it."""
    land, budget = brief["landing"], brief.get("budget")
    pen.along(sheet, last, 0, (brief["unit"], ""), "part")
    figures = (
        brief["actual"].get("month"),
        budget.get("month") if budget else None,
        land["p10"],
        land["p50"],
        land["p90"],
        land["mean"],
        land["budget"],
        None if land["mean"] is None or land["budget"] is None else land["mean"] - land["budget"],
    )
    for column, (key, value) in enumerate(zip(KEYS, figures), 2):
        adds = key in ADDED and value is not None and all(line[key] is not None for line in rows)
        if adds:
            letter = chr(65 + column)
            formula = f"=SUM({letter}2:{letter}{last})"
            kind = "variance_total" if key == "over" else "total"
            sheet.write_formula(last, column, formula, pen.formats[kind], value)
        else:
            pen.put(sheet, last, column, value, "total")
    pen.put(sheet, last, CHANCE, land.get("overrun_probability"), "share")


def _checks(pen: Pen, sheet: Worksheet, last: int, brief: Brief, rows: Sequence[Mapping]) -> None:
    """The units' actuals and means beside the whole's: they add up."""
    land, own = brief["landing"], brief["actual"]["month"]
    sums = sum(line["actual"] or 0.0 for line in rows)
    what = f"Check: {brief['month']} in the report"
    pen.check(sheet, last + 1, 2, what, f"C{last + 1}", sums, own)
    means = [line["landing_mean"] for line in rows]
    if land["mean"] is not None and None not in means:
        what = f"Check: {land['period']} in the report, mean of its landing"
        pen.check(sheet, last + 2, 7, what, f"H{last + 1}", sum(means), land["mean"])
