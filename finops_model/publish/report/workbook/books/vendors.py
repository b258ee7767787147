"""Sheet Vendors: who the month's cost is paid to, sums and shares live (docs/method §15.50)."""

from __future__ import annotations

from .....measure.basis.sections import of
from .....measure.brief_types import Brief
from ..cells import Pen


def vendors(pen: Pen, brief: Brief) -> None:
    """A row a vendor and their sum; none for a brief of before."""
    page = brief.get("page_one")
    found = page.get("vendors") if page else None
    if not found:
        return
    holds = "Each vendor's part of the month and of the year so far"
    sheet = pen.sheet("Vendors", [36, *[18] * 5], landscape=True, holds=holds, titles=0)
    month = brief["month"]
    head = ["Vendor", f"Actual {month}", "Share", "Month before", "Change", "Year so far"]
    pen.head(sheet, 0, head, right=1)
    sheet.freeze_panes(1, 1)
    total, last = sum(line["actual"] for line in found), len(found) + 1
    for at, line in enumerate(found, 1):
        row = at + 1
        pen.put(sheet, at, 0, line["vendor"])
        pen.put(sheet, at, 1, line["actual"], "input")
        if total:
            pen.formula(sheet, at, 2, f"=B{row}/B${last + 1}", line["actual"] / total, "share")
        pen.put(sheet, at, 3, line["previous"], "input")
        if line["previous"] is not None:
            change = line["actual"] - line["previous"]
            pen.formula(sheet, at, 4, f"=B{row}-D{row}", change, "variance")
        pen.put(sheet, at, 5, line["year_to_date"], "input")
    pen.put(sheet, last, 0, brief["unit"], "part")
    before = [line["previous"] or 0.0 for line in found]
    year = sum(line["year_to_date"] for line in found)
    pen.formula(sheet, last, 1, f"=SUM(B2:B{last})", total, "total")
    pen.put(sheet, last, 2, "", "part")
    pen.formula(sheet, last, 3, f"=SUM(D2:D{last})", sum(before), "total")
    pen.formula(sheet, last, 4, f"=B{last + 1}-D{last + 1}", total - sum(before), "variance_total")
    pen.formula(sheet, last, 5, f"=SUM(F2:F{last})", year, "total")
    actual = brief["actual"]
    own = f"Check: {month} in the report, {of('actual', brief.get('basis'))}"
    pen.check(sheet, last + 2, 1, own, f"B{last + 1}", total, actual["month"])
    own = "Check: year to date in the report"
    pen.check(sheet, last + 3, 5, own, f"F{last + 1}", year, actual["year_to_date"])
