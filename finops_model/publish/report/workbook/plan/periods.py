"""Sheet Quarters and years: sums of the months, against budget, last forecast and last year, live (docs/method §15.50)."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from .....measure.basis.sections import of
from .....measure.brief_types import Brief
from .....measure.page_one.types import Materiality, PeriodLine
from ..cells import Pen
from .months import LIMITS, verdict, years_of

HEAD = (
    "Period",
    "State",
    "Months booked",
    "Cost",
    "P10, simulated",
    "P90, simulated",
    "Budget",
    "Variance, + is over",
    "Material",
    "Last forecast",
    "Since then",
    "A year before",
    "Growth",
    "Cost in the report",
    "Check",
)
STATES = {"actual": "actual", "part": "part actual", "forecast": "forecast"}


def periods(pen: Pen, brief: Brief) -> None:
    """A row a quarter and a year, and the year to date; none for a brief of before."""
    page = brief.get("page_one")
    found = page.get("periods") if page else None
    if page is None or not found or not found["lines"]:
        return
    widths = [14, 12, 10, *[15] * 5, 10, 15, 14, 15, 9, 15, 9]
    holds = "Each quarter and year: cost, budget, the last forecast, the year before"
    sheet = pen.sheet("Quarters and years", widths, landscape=True, holds=holds, titles=3)
    pen.put(sheet, 0, 0, f"{brief['unit']}: quarters and years", "strong")
    last = {"none": "There is no earlier forecast"}.get(
        found["last_source"], f"The last forecast is that of the report {found['last_report']}"
    )
    pen.note(
        sheet,
        1,
        len(HEAD) - 1,
        f"{pen.currency}, {of('forecast', brief.get('basis'))}. {found['sentence']} Cost is the sum of the sheet Months. {last}. + is over, or more.",
    )
    pen.head(sheet, 3, list(HEAD), right=3)
    for column in (8, 14):
        pen.put(sheet, 3, column, HEAD[column], "head_word")
    sheet.freeze_panes(4, 1)
    spans = spans_of(brief, found["lines"])
    for at, line in enumerate(found["lines"], 4):
        _row(pen, sheet, at, line, spans.get(line["period"], ()), page["materiality"])
    to_date, at = found["year_to_date"], 5 + len(found["lines"])
    what = (f"{to_date['period']} so far", f"to {to_date['until']}")
    pen.along(sheet, at, 0, what, "part")
    pen.along(sheet, at, 3, (to_date["value"],), "input")
    pen.put(sheet, at, 6, to_date["budget"], "input")
    if to_date["budget"] is not None:
        over = to_date["value"] - to_date["budget"]
        pen.formula(sheet, at, 7, f"=D{at + 1}-G{at + 1}", over, "variance")
        _material(pen, sheet, at, page["materiality"], to_date["budget"], over)
    pen.put(sheet, at, 11, to_date["last_year"], "input")
    if to_date["last_year"]:
        grown = to_date["value"] / to_date["last_year"] - 1
        pen.formula(sheet, at, 12, f"=D{at + 1}/L{at + 1}-1", grown, "percent")


def spans_of(brief: Brief, lines: list[PeriodLine]) -> dict[str, tuple[str, ...]]:
    """{period: its months}: quarters follow each other from the first month of the year; {} where the year is weeks."""
    months = [month for year in years_of(brief).values() for month in year]
    spans, at, own = {}, 0, years_of(brief)
    for line in lines:
        if line["kind"] == "year":
            spans[line["period"]] = own.get(line["period"], ())
        elif months:
            spans[line["period"]] = tuple(months[at : at + 3])
            at += 3
    return spans


def _row(
    pen: Pen, sheet: Worksheet, at: int, line: PeriodLine, span: tuple, limits: Materiality
) -> None:
    row, value = at + 1, line["value"]
    part = "part" if line["kind"] == "year" else "text"
    pen.along(sheet, at, 0, (line["period"], STATES[line["state"]]), part)
    pen.put(sheet, at, 2, f"{line['booked']} of {line['months']}")
    found = [pen.months[month] for month in span if month in pen.months]
    live = value is not None and len(found) == line["months"]
    sums = sum(cost for _, cost in found)
    if live:
        cells = f"Months!H{found[0][0] + 1}:H{found[-1][0] + 1}"
        pen.formula(sheet, at, 3, f"=SUM({cells})", sums)
    else:
        pen.put(sheet, at, 3, value, "input")
    pen.along(sheet, at, 4, (line["p10"], line["p90"]), "simulated")
    pen.put(sheet, at, 6, line["budget"], "input")
    if value is None:
        return
    if line["budget"] is not None:
        over = value - line["budget"]
        pen.formula(sheet, at, 7, f"=D{row}-G{row}", over, "variance")
        _material(pen, sheet, at, limits, line["budget"], over)
    pen.put(sheet, at, 9, line["last_forecast"], "input")
    if line["last_forecast"] is not None:
        moved = round(value - line["last_forecast"], pen.places) + 0.0
        pen.formula(sheet, at, 10, f"=ROUND(D{row}-J{row},{pen.places})", moved, "variance")
    pen.put(sheet, at, 11, line["last_year"], "input")
    if line["last_year"]:
        pen.formula(sheet, at, 12, f"=D{row}/L{row}-1", value / line["last_year"] - 1, "percent")
    if live:
        pen.against(sheet, at, 13, f"D{row}", sums, value)


def _material(
    pen: Pen, sheet: Worksheet, at: int, limits: Materiality, budget: float, over: float
) -> None:
    """The limits stand on the sheet Months, where there is one."""
    if pen.months:
        cells = (f"Months!$D${LIMITS + 1}", f"Months!$H${LIMITS + 1}", f"G{at + 1}", f"H{at + 1}")
        verdict(pen, sheet, at, 8, cells, (limits, budget, over))
