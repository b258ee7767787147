"""Sheet Summary: the report's sentences, its first figures, the chance, the tie-out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlsxwriter.worksheet import Worksheet

from ....facts import taken
from ....measure.basis.sections import of
from ....measure.brief_types import Brief, TieOut, YearOutside
from ....measure.change.types import Growth
from ....wording.landing import chance_title
from .cells import Pen, clean

WIDE = 5  # the last column that words go over
SIDES = ("invoice", "ledger", "quarantined", "difference")
TOTALS = ("invoice_total", "ledger_total", "quarantined", "difference")


def summary(pen: Pen, brief: Brief) -> None:
    """Words first, then figures, the chance of an overrun, and invoices beside the ledger."""
    sheet = pen.sheet(
        "Summary",
        [34, 18, 18, 18, 18, 18],
        landscape=True,
        holds="The report's sentences, first figures, invoices beside the ledger",
    )
    title = clean(f"{brief.get('company', '')} · {brief['unit']} · {brief['month']}")
    sheet.write_string(0, 0, title, pen.formats["title"])
    row = 1
    for text in [brief.get("headline", ""), *brief.get("summary", [])]:
        pen.note(sheet, row, WIDE, text, "lead")
        row += 1
    said = (brief.get("basis") or {"taken": []})["taken"]
    apart = [taken.sentence(said, name) for name in ("Effective", "Billed")]
    pen.note(
        sheet,
        row,
        WIDE,
        f"Status {brief.get('status', '')}: {brief.get('status_reason', '')}. Data up to "
        f"{brief.get('data_as_of', '')}. Amounts in {pen.currency}."
        + "".join(f" {text}" for text in apart if text),
    )
    row += 2
    pen.head(sheet, row, ["Figure", f"{pen.currency}, {of('actual', brief.get('basis'))}"], right=1)
    for name, value in [*_figures(brief), *_outside(brief.get("year_outside"))]:
        row += 1
        pen.put(sheet, row, 0, name)
        pen.put(sheet, row, 1, value, "money")
    land = brief["landing"]
    pen.put(sheet, row + 1, 0, chance_title(land.get("period", "")))
    pen.put(sheet, row + 1, 1, land.get("overrun_probability"), "share")
    row += 1
    for name, change in _growth(brief.get("growth")):
        row += 1
        pen.put(sheet, row, 0, name, "wrap")
        pen.put(sheet, row, 1, change, "share")
    _tie_out(pen, sheet, row + 2, brief["tie_out"])


def _growth(grown: Growth | None) -> Iterator[tuple[str, float | str | None]]:
    """Growth in a year and as paid (docs/method §10.2); what is used instead where a year is not known; nothing for a brief of before."""
    if grown is None:
        return
    shown = grown["year"] or grown["instead"]
    if shown is None:
        yield "Growth in a year", "not known yet"
        return
    over = {"year": "a year", "quarter": "three months", "month": "a month"}[shown["basis"]]
    yield f"Growth in {over}, at constant prices, without one-offs", shown["growth"]
    yield f"Growth in {over}, as paid", shown["as_paid"]


def _figures(brief: Brief) -> Iterator[tuple[str, float | None]]:
    """Name and amount of the month and of the landing."""
    actual, land, budget = brief["actual"], brief["landing"], brief.get("budget")
    yield "Actual of the month", actual.get("month")
    yield "Budget of the month", budget.get("month") if budget else None
    yield "Month before", actual.get("previous_month")
    yield "Year to date", actual.get("year_to_date")
    period = land.get("period", "")
    yield f"Budget {period}", land.get("budget")
    yield f"Landing {period}, P10", land.get("p10")
    yield f"Landing {period}, P50", land.get("p50")
    yield f"Landing {period}, P90", land.get("p90")


def _outside(year: YearOutside | None) -> Iterator[tuple[str, float | None]]:
    """What the year's figures leave out, and the figures after credits (docs/method §6.5); nothing for a brief of before."""
    if not year:
        return
    period, after = year["period"], year["after_credits"]
    for item in year["items"]:
        yield f"Left out of {period} so far: {item['what'].lower()}", item["amount"]
    if not year["items"]:
        yield f"Left out of {period} so far", 0.0
    if any(item["what"] == "Credits" for item in year["items"]):
        yield "Year to date after credits", after["year_to_date"]
        yield f"Landing {period} after credits, P10", after["p10"]
        yield f"Landing {period} after credits, P50", after["p50"]
        yield f"Landing {period} after credits, P90", after["p90"]


def _tie_out(pen: Pen, sheet: Worksheet, row: int, tie: TieOut) -> None:
    """Invoices beside the ledger, and their totals."""
    pen.head(
        sheet,
        row,
        [
            f"Tie-out, {of('tie_out')}: issuer",
            "Billing period",
            "Invoice",
            "Ledger",
            "Quarantined",
            "Difference",
        ],
        right=2,
    )
    lines: list[Mapping[str, object]] = list(tie.get("rows", []))
    for line in lines:
        row += 1
        pen.along(sheet, row, 0, (line["issuer"], line["billing_period"]))
        pen.along(sheet, row, 2, (_decimal(line[side]) for side in SIDES), "money")
    totals: Mapping[str, object] = tie
    pen.along(sheet, row + 1, 0, ("Total", ""), "part")
    pen.along(sheet, row + 1, 2, (_decimal(totals.get(name)) for name in TOTALS), "total")
    pen.note(sheet, row + 2, WIDE, tie.get("note", ""))


def _decimal(text: object) -> object:
    """Decimal text of the tie-out as a number; what is none stays as it is.

    >>> _decimal("12.50"), _decimal(None), _decimal("n/a")
    (12.5, None, 'n/a')
    """
    try:
        return float(text) if isinstance(text, (str, int, float)) else text
    except ValueError:
        return text
