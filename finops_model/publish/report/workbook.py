"""The Excel workbook beside a report: the brief's figures, with quantity × price as live formulas.

Text from outside is written as text, never as a formula or a link. The bytes depend on the brief alone.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import tempfile
from pathlib import Path

import xlsxwriter

from ...documents import write_atomic
from ...errors import ReportError
from ...wording.landing import CHANCE_COLUMN, chance_title

CREATED = dt.datetime(2000, 1, 1)  # fixed: the same brief gives the same bytes
MAX_TEXT = 32_000  # characters a cell may hold in Excel, less a margin


def write_workbook(brief: dict, path: str | os.PathLike) -> Path:
    """Write the workbook of a brief (docs/architecture.md §5) and return its path; whole or not at all.

    Sheets: Summary, Units (of the company), Lines (cost = quantity × unit price, live, with its check), Forecast, Unit costs, Assumptions, Lineage.
    Raises ReportError for a brief without the keys a workbook needs.
    """
    for key in ("unit", "month", "currency", "actual", "landing", "tie_out", "forecast", "lines"):
        if key not in brief:
            raise ReportError(
                f"{path}: the brief has no '{key}', so no workbook can be written. Render the report again."
            )
    path = Path(path)
    brief = json.loads(
        json.dumps(brief, sort_keys=True)
    )  # the same bytes for the same figures, whatever the keys' order
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "workbook.xlsx"
        book = xlsxwriter.Workbook(
            str(made),
            {
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "nan_inf_to_errors": False,
            },
        )
        book.set_properties(
            {
                "title": _clean(f"{brief['unit']} {brief['month']}"),
                "author": _clean(brief.get("company", "")),
                "created": CREATED,
            }
        )
        book.set_calc_mode("auto")
        pen = _Pen(book, brief["currency"])
        for fill in (_summary, _units, _lines, _forecast, _unit_costs, _assumptions, _lineage):
            fill(pen, brief)
        book.close()
        return write_atomic(path, made.read_bytes())


def _clean(text) -> str:
    """Text a cell can hold: no control characters (XML forbids them), not too long."""
    bare = "".join(c for c in str(text) if c >= " " or c in "\n\t")
    return "".join(c for c in bare if not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff")[
        :MAX_TEXT
    ]


class _Pen:
    """Formats, and a cursor that writes rows with the right kind of cell."""

    def __init__(self, book, currency: str):
        self.book, self.currency = book, currency
        base = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
        number = "#,##0.00;[Red]-#,##0.00"
        self.formats = {
            name: book.add_format({**base, **extra})
            for name, extra in {
                "text": {},
                "wrap": {"text_wrap": True},
                "title": {"bold": True, "font_size": 14},
                "lead": {"text_wrap": True, "font_size": 11},
                "head": {"bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#E8EEF4"},
                "head_right": {
                    "bold": True,
                    "bottom": 1,
                    "text_wrap": True,
                    "bg_color": "#E8EEF4",
                    "align": "right",
                },
                "part": {"bold": True, "top": 1},
                "money": {"num_format": number},
                "total": {"num_format": number, "bold": True, "top": 1},
                "price": {"num_format": "#,##0.00########"},
                "quantity": {"num_format": "#,##0.######"},
                "share": {"num_format": "0.0%"},
                "muted": {"font_color": "#666666", "text_wrap": True},
            }.items()
        }

    def sheet(self, name: str, widths: list[float], landscape: bool = False):
        sheet = self.book.add_worksheet(name)
        for i, width in enumerate(widths):
            sheet.set_column(i, i, width)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        sheet.set_margins(0.5, 0.5, 0.6, 0.6)
        sheet.set_footer("&L&A&RPage &P of &N")
        if landscape:
            sheet.set_landscape()
        return sheet

    def head(self, sheet, row: int, names: list[str], right: int = 99) -> None:
        """A heading row; columns from `right` on hold numbers."""
        for i, name in enumerate(names):
            sheet.write_string(
                row, i, _clean(name), self.formats["head_right" if i >= right else "head"]
            )

    def put(self, sheet, row: int, column: int, value, kind: str = "text") -> None:
        """A number as a number, nothing as '–', everything else as text."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            words = "–" if value is None else _clean(value)
            sheet.write_string(
                row,
                column,
                words,
                self.formats["wrap" if kind in ("money", "price", "quantity", "share") else kind],
            )
        elif not math.isfinite(value):
            raise ReportError(
                f"the brief holds a number that is not finite ({sheet.get_name()}, row {row + 1}). Nothing was written."
            )
        else:
            sheet.write_number(
                row, column, value, self.formats[kind if kind in self.formats else "money"]
            )


def _decimal(text) -> float | None:
    """Decimal text of the tie-out as a number, where it is one."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def _summary(pen: _Pen, brief: dict) -> None:
    sheet = pen.sheet("Summary", [34, 18, 18, 18, 18, 18])
    sheet.write_string(
        0,
        0,
        _clean(f"{brief.get('company', '')} · {brief['unit']} · {brief['month']}"),
        pen.formats["title"],
    )
    row = 1
    for text in [brief.get("headline", ""), *brief.get("summary", [])]:
        sheet.merge_range(row, 0, row, 5, "", pen.formats["lead"])
        sheet.write_string(row, 0, _clean(text), pen.formats["lead"])
        sheet.set_row(row, 15 * (1 + len(_clean(text)) // 125))
        row += 1
    sheet.merge_range(row, 0, row, 5, "", pen.formats["muted"])
    sheet.write_string(
        row,
        0,
        _clean(
            f"Status {brief.get('status', '')}: {brief.get('status_reason', '')}. Data up to "
            f"{brief.get('data_as_of', '')}. Amounts in {pen.currency}."
        ),
        pen.formats["muted"],
    )
    actual, land, budget = brief["actual"], brief["landing"], brief.get("budget") or {}
    figures = [
        ("Actual of the month", actual.get("month")),
        ("Budget of the month", budget.get("month")),
        ("Month before", actual.get("previous_month")),
        ("Year to date", actual.get("year_to_date")),
        (f"Budget {land.get('period', '')}", land.get("budget")),
        (f"Landing {land.get('period', '')}, P10", land.get("p10")),
        (f"Landing {land.get('period', '')}, P50", land.get("p50")),
        (f"Landing {land.get('period', '')}, P90", land.get("p90")),
    ]
    figures += _outside(brief.get("year_outside"))
    row += 2
    pen.head(sheet, row, ["Figure", pen.currency], right=1)
    for name, value in figures:
        row += 1
        pen.put(sheet, row, 0, name)
        pen.put(sheet, row, 1, value, "money")
    row += 1
    pen.put(sheet, row, 0, chance_title(land.get("period", "")))
    pen.put(sheet, row, 1, land.get("overrun_probability"), "share")
    row += 2
    tie = brief["tie_out"]
    pen.head(
        sheet,
        row,
        ["Tie-out: issuer", "Billing period", "Invoice", "Ledger", "Quarantined", "Difference"],
        right=2,
    )
    for line in tie.get("rows", []):
        row += 1
        pen.put(sheet, row, 0, line["issuer"])
        pen.put(sheet, row, 1, line["billing_period"])
        for i, key in enumerate(("invoice", "ledger", "quarantined", "difference"), 2):
            pen.put(sheet, row, i, _decimal(line[key]), "money")
    row += 1
    pen.put(sheet, row, 0, "Total", "part")
    pen.put(sheet, row, 1, "", "part")
    for i, key in enumerate(("invoice_total", "ledger_total", "quarantined", "difference"), 2):
        pen.put(sheet, row, i, _decimal(tie.get(key)), "total")
    sheet.merge_range(row + 1, 0, row + 1, 5, "", pen.formats["muted"])
    sheet.write_string(row + 1, 0, _clean(tie.get("note", "")), pen.formats["muted"])


def _outside(found: dict | None) -> list[tuple]:
    """What the year's figures leave out, and the figures after credits (docs/method §6.5); nothing for a brief of before."""
    if not found:
        return []
    period, after = found["period"], found["after_credits"]
    rows = [
        (f"Left out of {period} so far: {item['what'].lower()}", item["amount"])
        for item in found["items"]
    ]
    if any(item["what"] == "Credits" for item in found["items"]):
        rows += [
            ("Year to date after credits", after["year_to_date"]),
            *(
                (f"Landing {period} after credits, {name.upper()}", after[name])
                for name in ("p10", "p50", "p90")
            ),
        ]
    return rows or [(f"Left out of {period} so far", 0.0)]


def _units(pen: _Pen, brief: dict) -> None:
    """Budget by unit: the month, the year, and each part over or under; none for a unit, or a brief of before (docs/method §9.4)."""
    rows = brief.get("children") or []
    if not rows or "kind" not in rows[0]:
        return
    land, budget = brief["landing"], brief.get("budget") or {}
    sheet = pen.sheet("Units", [34, 12, 16, 16, 16, 16, 16, 16, 16, 16, 14], landscape=True)
    keys = (
        "actual",
        "budget",
        "landing_p10",
        "landing_p50",
        "landing_p90",
        "landing_mean",
        "year_budget",
        "over",
    )
    pen.head(
        sheet,
        0,
        [
            "Unit",
            "Kind",
            f"Actual {brief['month']}",
            f"Budget {brief['month']}",
            f"P10 {land['period']}",
            "P50",
            "P90",
            "Mean",
            f"Budget {land['period']}",
            "Over (+) or under (−)",
            CHANCE_COLUMN,
        ],
        right=2,
    )
    sheet.freeze_panes(1, 1)
    for row, line in enumerate(rows, 1):
        pen.put(sheet, row, 0, line["unit"])
        pen.put(sheet, row, 1, line["kind"])
        for column, key in enumerate(keys, 2):
            if key == "over" and line[key] is not None:
                sheet.write_formula(
                    row, column, f"=H{row + 1}-I{row + 1}", pen.formats["money"], line[key]
                )
            else:
                pen.put(sheet, row, column, line[key], "money")
        pen.put(sheet, row, 10, line["overrun_probability"], "share")
    last = len(rows) + 1
    pen.put(sheet, last, 0, brief["unit"], "part")
    pen.put(sheet, last, 1, "", "part")
    figures = (
        brief["actual"].get("month"),
        budget.get("month"),
        land["p10"],
        land["p50"],
        land["p90"],
        land["mean"],
        land["budget"],
        None if land["budget"] is None else land["mean"] - land["budget"],
    )
    for column, (key, value) in enumerate(zip(keys, figures), 2):
        adds = (
            key in ("actual", "budget", "landing_mean", "year_budget", "over")
            and value is not None
            and all(line[key] is not None for line in rows)
        )
        if adds:
            sheet.write_formula(
                last,
                column,
                f"=SUM({chr(65 + column)}2:{chr(65 + column)}{last})",
                pen.formats["total"],
                value,
            )
        else:
            pen.put(sheet, last, column, value, "total")
    pen.put(sheet, last, 10, land.get("overrun_probability"), "share")
    told = (
        (brief.get("reason") or {}).get("sentence")
        or f"Means add up to {'the company' if not brief.get('entity') else brief['unit']}; medians and ranges do not."
    )
    sheet.merge_range(last + 2, 0, last + 2, 10, "", pen.formats["muted"])
    sheet.write_string(last + 2, 0, _clean(told), pen.formats["muted"])
    sheet.set_row(last + 2, 28)


def _lines(pen: _Pen, brief: dict) -> None:
    sheet = pen.sheet("Lines", [10, 28, 22, 30, 14, 18, 18, 18], landscape=True)
    pen.head(
        sheet,
        0,
        [
            "Month",
            "Workload",
            "Service",
            "SKU",
            "Unit",
            "Quantity",
            f"Unit price, {pen.currency}",
            f"Cost, {pen.currency}",
        ],
        right=5,
    )
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    lines = brief["lines"]
    for row, line in enumerate(lines, 1):
        for column, key in enumerate(("month", "workload", "service", "sku", "unit")):
            pen.put(sheet, row, column, line[key])
        pen.put(sheet, row, 5, line["quantity"], "quantity")
        pen.put(sheet, row, 6, line["unit_price"], "price")
        sheet.write_formula(
            row,
            7,
            f"=F{row + 1}*G{row + 1}",
            pen.formats["money"],
            line["quantity"] * line["unit_price"],
        )
    last, total = len(lines) + 1, math.fsum(line["quantity"] * line["unit_price"] for line in lines)
    if lines:
        sheet.autofilter(0, 0, len(lines), 7)
    actual = brief["actual"].get("month") or 0.0
    pen.put(sheet, last, 0, "Total", "part")
    sheet.write_formula(
        last, 7, f"=SUM(H2:H{last})" if lines else "=0", pen.formats["total"], total
    )
    pen.put(sheet, last + 1, 0, f"Actual of {brief['month']} in the report")
    pen.put(sheet, last + 1, 7, actual, "money")
    pen.put(sheet, last + 2, 0, "Check: total less actual")
    sheet.write_formula(
        last + 2,
        7,
        f"=ROUND(H{last + 1}-H{last + 2},2)",
        pen.formats["money"],
        round(total - actual, 2) + 0.0,
    )
    verdict = "agrees" if abs(round(total - actual, 2)) < 0.005 else "DIFFERS"
    sheet.write_formula(
        last + 3, 7, f'=IF(H{last + 3}=0,"agrees","DIFFERS")', pen.formats["part"], verdict
    )


def _forecast(pen: _Pen, brief: dict) -> None:
    sheet = pen.sheet("Forecast", [12, 18, 18, 18, 18, 18, 18, 16])
    pen.head(
        sheet,
        0,
        ["Month", "P10", "P50", "P90", "Mean", "Booked so far", "Budget", CHANCE_COLUMN],
        right=1,
    )
    sheet.freeze_panes(1, 1)
    months = brief["forecast"].get("months", [])
    for row, month in enumerate(months, 1):
        pen.put(sheet, row, 0, month["month"])
        for column, key in enumerate(("p10", "p50", "p90", "mean", "so_far", "budget"), 1):
            pen.put(sheet, row, column, month.get(key), "money")
        pen.put(sheet, row, 7, month.get("overrun_probability"), "share")
    row = len(months) + 2
    sheet.merge_range(row, 0, row, 7, "", pen.formats["muted"])
    sheet.write_string(
        row,
        0,
        _clean(
            f"EffectiveCost in {pen.currency}. P90 is exceeded in one simulated future of ten. Quantiles of months do "
            f"not add up. {brief['forecast'].get('paths', '')} paths, seed {brief['forecast'].get('seed', '')}."
        ),
        pen.formats["muted"],
    )
    sheet.set_row(row, 28)


def _unit_costs(pen: _Pen, brief: dict) -> None:
    sheet = pen.sheet("Unit costs", [40, 24, 16, 16, 12, 12, 16, 16, 40])
    pen.head(
        sheet,
        0,
        [
            "Unit cost",
            "Unit",
            brief["month"],
            "Month before",
            "Change",
            "Days",
            "Fully loaded",
            "Fully loaded, before",
            "Cost of",
        ],
        right=2,
    )
    sheet.freeze_panes(1, 1)
    row = 0
    for line in brief.get("unit_costs", []):
        row += 1
        pen.put(sheet, row, 0, line["name"], "wrap")
        pen.put(sheet, row, 1, line["unit"])
        pen.put(sheet, row, 2, line["value"], "price")
        pen.put(sheet, row, 3, line.get("previous"), "price")
        pen.put(sheet, row, 4, line.get("change_pct"), "share")
        pen.put(sheet, row, 5, line.get("days"), "quantity")
        pen.put(sheet, row, 6, line.get("fully_loaded"), "price")
        pen.put(sheet, row, 7, line.get("fully_loaded_previous"), "price")
        pen.put(sheet, row, 8, line.get("of"), "wrap")
    if not row:
        pen.put(sheet, 1, 0, "No driver was given, so no unit cost is known.", "muted")
    elif brief.get("unit_cost_tie"):
        _unit_cost_tie(pen, sheet, row + 2, brief)


def _unit_cost_tie(pen: _Pen, sheet, row: int, brief: dict) -> None:
    """Count × unit cost as live formulas; with what is not driven they are the cost of the month."""
    tie = brief["unit_cost_tie"]
    pen.head(
        sheet,
        row,
        [
            "Adds up: driver",
            "Business unit",
            "Count",
            "Direct, each",
            "Direct",
            "Fully loaded, each",
            "Fully loaded",
        ],
        right=2,
    )
    first = row + 2
    for line in tie["rows"]:
        row += 1
        pen.put(sheet, row, 0, line["name"].replace("_", " "))
        pen.put(sheet, row, 1, line["unit"])
        pen.put(sheet, row, 2, line["count"], "quantity")
        for column, each in ((3, "value"), (5, "fully_loaded_value")):
            pen.put(sheet, row, column, line[each], "price")
            sheet.write_formula(
                row,
                column + 1,
                f"=C{row + 1}*{'DF'[column == 5]}{row + 1}",
                pen.formats["money"],
                line["count"] * line[each],
            )
    for name, direct, loaded in (
        ("Days without a count", tie["uncounted"], tie["loaded_uncounted"]),
        ("Not driven", tie["not_driven"], tie["left"]),
    ):
        row += 1
        pen.put(sheet, row, 0, name)
        pen.put(sheet, row, 4, direct, "money")
        pen.put(sheet, row, 6, loaded, "money")
    pen.put(sheet, row + 1, 0, f"Cost of {brief['month']}", "part")
    for letter, column, key, rest in (
        ("E", 4, "value", ("uncounted", "not_driven")),
        ("G", 6, "fully_loaded_value", ("loaded_uncounted", "left")),
    ):
        total = math.fsum(
            [*(line["count"] * line[key] for line in tie["rows"]), *(tie[name] for name in rest)]
        )
        sheet.write_formula(
            row + 1, column, f"=SUM({letter}{first}:{letter}{row + 1})", pen.formats["total"], total
        )


def _assumptions(pen: _Pen, brief: dict) -> None:
    sheet = pen.sheet("Assumptions", [60, 22, 14, 30, 20, 12, 8], landscape=True)
    pen.head(
        sheet,
        0,
        ["Assumption or decision", "Value", "Kind", "Source", "Owner", "Review by", "Stale"],
    )
    sheet.freeze_panes(1, 0)
    for row, line in enumerate(brief.get("assumptions", []), 1):
        pen.put(sheet, row, 0, line["text"], "wrap")
        value = line.get("value")
        pen.put(
            sheet,
            row,
            1,
            value if value is None or isinstance(value, (int, float)) else str(value),
            "quantity" if isinstance(value, (int, float)) else "wrap",
        )
        for column, key in enumerate(("kind", "source", "owner", "review_by"), 2):
            pen.put(sheet, row, column, line.get(key) or "", "wrap")
        pen.put(sheet, row, 6, "yes" if line.get("stale") else "")


def _lineage(pen: _Pen, brief: dict) -> None:
    sheet = pen.sheet("Lineage", [24, 80])
    pen.head(sheet, 0, ["What", "Value"])
    sheet.freeze_panes(1, 0)
    facts = {
        "company": brief.get("company", ""),
        "unit": brief["unit"],
        "month": brief["month"],
        "status": brief.get("status", ""),
        **brief.get("lineage", {}),
        **{name.replace("_", " "): value for name, value in brief.get("people", {}).items()},
    }
    for row, (name, value) in enumerate(facts.items(), 1):
        pen.put(sheet, row, 0, name)
        pen.put(sheet, row, 1, "" if value is None else str(value), "wrap")
