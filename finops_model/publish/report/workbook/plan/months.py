"""Sheet Months: actual, forecast and budget of each month, its variance and the year's sums live (docs/method §15.50)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from xlsxwriter.worksheet import Worksheet

from .....measure.basis.sections import of
from .....measure.brief_types import Brief
from .....measure.page_one.material import is_material
from .....measure.page_one.types import Materiality
from .....periods import add_months, month_range
from ..cells import Pen

HEAD = (
    "Month",
    "Fiscal year",
    "State",
    "Actual",
    "Forecast, mean",
    "P10, simulated",
    "P90, simulated",
    "Cost",
    "Budget",
    "Variance, + is over",
    "Of budget",
)
COST, BUDGET, VARIANCE = 7, 8, 9  # columns
LIMITS = 3  # row of the two limits of materiality
SUMMED = ((3, "D"), (4, "E"), (7, "H"), (8, "I"), (9, "J"))


def months(pen: Pen, brief: Brief) -> None:
    """A row a month from the fiscal year's first on, and a sum for each year that is whole; none without a month."""
    years = years_of(brief)
    rows = rows_of(brief, years)
    if not rows:
        return
    page = brief.get("page_one")
    limits = page["materiality"] if page else None
    heads = [*HEAD, *(["Material"] if limits else [])]
    holds = "Actual, forecast, budget and variance of each month; sums of the years"
    widths = [12, 12, 10, *[16] * 7, 10, 11]
    sheet = pen.sheet("Months", widths[: len(heads)], landscape=True, holds=holds, titles=5)
    pen.put(sheet, 0, 0, f"{brief['unit']}: each month against its budget", "strong")
    pen.note(
        sheet,
        1,
        len(heads) - 1,
        f"{pen.currency}, {of('forecast', brief.get('basis'))}. Cost is the actual, or the forecast's mean of the whole month where it is not over. "
        "Variance is cost less budget: + is over. P10 and P90 are simulated; they do not add up.",
    )
    _limits(pen, sheet, limits)
    pen.head(sheet, 5, heads, right=3)
    if limits:
        pen.put(sheet, 5, 11, "Material", "head_word")
    sheet.freeze_panes(6, 1)
    for at, line in enumerate(rows, 6):
        _row(pen, sheet, at, line, limits)
        if line["cost"] is not None:
            pen.months[line["month"]] = (at, line["cost"])
    _sums(pen, sheet, 7 + len(rows), brief, rows, years)


def years_of(brief: Brief) -> dict[str, tuple[str, ...]]:
    """{fiscal year: its months} of the landing's year and the next; {} where the year is weeks, or a brief of before does not say its months.

    >>> years_of({"landing": {"period": "FY2026", "last": "2026-12"}})["FY2027"][0]
    '2027-01'
    """
    land = brief["landing"]
    last, found = land.get("last"), re.fullmatch(r"(\D*)(\d+)", land.get("period", ""))
    if not last or not found or brief.get("fiscal"):
        return {}
    this = month_range(add_months(last, -11), last)
    following = f"{found[1]}{int(found[2]) + 1}"
    return {land["period"]: this, following: month_range(add_months(last, 1), add_months(last, 12))}


def rows_of(brief: Brief, years: Mapping[str, Sequence[str]]) -> list[dict]:
    """Months with a cost or a budget, the oldest first: actual, mean, p10, p90, budget, cost and what is known of each."""
    booked, planned = brief["actual"].get("by_month") or {}, brief.get("budget")
    budgets = (planned.get("by_month") or {}) if planned else {}
    ahead = {str(one["month"]): one for one in brief["forecast"].get("months", [])}
    first = next(iter(years.values()))[0] if years else min([*budgets, *ahead], default="9999-12")
    rows = []
    for month in sorted({*booked, *budgets, *ahead}):
        if month < first:
            continue
        one = ahead.get(month)
        actual = booked.get(month) if month <= brief["month"] else None
        state = "forecast" if actual is None else "actual" if one is None else "part"
        cost = one["mean"] if one else actual
        rows.append(
            {
                "month": month,
                "year": next((name for name, inside in years.items() if month in inside), ""),
                "state": "not known" if cost is None else state,
                "actual": actual,
                "mean": one["mean"] if one else None,
                "p10": one["p10"] if one else None,
                "p90": one["p90"] if one else None,
                "cost": cost,
                "budget": budgets.get(month),
            }
        )
    return rows


def _limits(pen: Pen, sheet: Worksheet, limits: Materiality | None) -> None:
    """The two limits of materiality, which the formulas of the last column read."""
    if limits is None:
        return
    pen.put(sheet, LIMITS, 0, "Material from")
    pen.put(sheet, LIMITS, 3, limits["of_line"], "share_input")
    if limits["least"] is None:
        pen.put(sheet, LIMITS, 4, "of the line's budget; the company has none of the year")
        return
    pen.put(sheet, LIMITS, 4, "of the line's budget, and from")
    pen.put(sheet, LIMITS, 7, limits["least"], "input")
    share = f"{limits['of_company']:.4%}".rstrip("0%").rstrip(".")
    pen.put(sheet, LIMITS, 8, f"({share} % of the company's budget of the year)")


def verdict(pen: Pen, sheet: Worksheet, row: int, column: int, cells: tuple, known: tuple) -> None:
    """The live word "material" or nothing. cells: of the limits, the budget and the variance; known: their values (limits, budget, variance)."""
    share, least, budget, over = cells
    limits, plan, variance = known
    limit = "" if limits["least"] is None else f",ABS({over})>={least}"
    text = f'=IF(AND({over}<>0,ABS({over})>={share}*ABS({budget}){limit}),"material","")'
    value = "material" if is_material(variance, plan, limits) else ""
    pen.formula(sheet, row, column, text, value, "notable")


def _row(pen: Pen, sheet: Worksheet, at: int, line: dict, limits: Materiality | None) -> None:
    row, cost, budget = at + 1, line["cost"], line["budget"]
    pen.along(sheet, at, 0, (line["month"], line["year"], line["state"]))
    pen.along(sheet, at, 3, (line["actual"], line["mean"]), "input")
    pen.along(sheet, at, 5, (line["p10"], line["p90"]), "simulated")
    if cost is not None:
        source = "D" if line["mean"] is None else "E"
        pen.formula(sheet, at, COST, f"={source}{row}", cost)
    else:
        pen.put(sheet, at, COST, None, "money")
    pen.put(sheet, at, BUDGET, budget, "input")
    if cost is None or budget is None:
        return
    over = cost - budget
    pen.formula(sheet, at, VARIANCE, f"=H{row}-I{row}", over, "variance")
    if budget:
        pen.formula(sheet, at, 10, f"=J{row}/I{row}", over / budget, "percent")
    if limits:
        cells = (f"$D${LIMITS + 1}", f"$H${LIMITS + 1}", f"I{row}", f"J{row}")
        verdict(pen, sheet, at, 11, cells, (limits, budget, over))


def _sums(
    pen: Pen, sheet: Worksheet, row: int, brief: Brief, rows: list[dict], years: Mapping
) -> None:
    """A sum for each fiscal year with a cost, then whether sums are the report's own."""
    at = {}
    for year in years:
        inside = [(i, line) for i, line in enumerate(rows, 7) if line["year"] == year]
        if not inside or any(line["cost"] is None for _, line in inside):
            continue
        if year != brief["landing"]["period"] and len(inside) < 12:
            continue  # a part of a year is no year
        first, last = inside[0][0], inside[-1][0]
        whole = all(line["budget"] is not None for _, line in inside)
        at[year] = row + 1
        pen.along(sheet, row, 0, (year, "", "sum", "", "", "", ""), "part")
        for column, letter in SUMMED:
            key = ("actual", "mean", "", "", "cost", "budget", "over")[column - 3]
            if key in ("budget", "over") and not whole:
                pen.put(sheet, row, column, None, "total")
                continue
            values = [_value(line, key) for _, line in inside]
            if not any(values):
                pen.put(sheet, row, column, None, "total")
                continue
            kind = "variance_total" if key == "over" else "total"
            text = f"=SUM({letter}{first}:{letter}{last})"
            pen.formula(sheet, row, column, text, sum(values), kind)
        row += 1
    _checks(pen, sheet, row + 1, brief, rows, at)


def _value(line: dict, key: str) -> float:
    if key == "over":
        return line["cost"] - line["budget"]
    return line[key] or 0.0


def _checks(
    pen: Pen, sheet: Worksheet, row: int, brief: Brief, rows: list[dict], at: Mapping[str, int]
) -> None:
    """The year's cost, budget and year to date beside the report's."""
    land, period = brief["landing"], brief["landing"]["period"]
    if period not in at:
        return
    own = [line for line in rows if line["year"] == period]
    mean = land.get("mean")
    expected = land["booked"] if mean is None else mean
    what = "so far" if mean is None else "mean of its landing"
    cost = sum(line["cost"] for line in own)
    pen.check(
        sheet,
        row,
        COST,
        f"Check: {period} in the report, {what}",
        f"H{at[period]}",
        cost,
        expected,
    )
    plan = land.get("budget")
    if plan is not None and all(line["budget"] is not None for line in own):
        budget = sum(line["budget"] for line in own)
        row += 1
        pen.check(
            sheet,
            row,
            BUDGET,
            f"Check: budget {period} in the report",
            f"I{at[period]}",
            budget,
            plan,
        )
    row += 1
    so_far = sum(line["actual"] or 0.0 for line in own)
    told = brief["actual"].get("year_to_date")
    if told is not None:
        pen.check(
            sheet, row, 3, "Check: year to date in the report", f"D{at[period]}", so_far, told
        )
