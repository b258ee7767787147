"""Sheet What carries it: the parts of the company in the futures that go over its budget, adding up live (docs/method §15.50)."""

from __future__ import annotations

from .....measure.brief_types import Brief
from ..cells import Pen

HEAD = ("Part", "Kind", "Over its budget, mean (simulated)", "Material", "Decisive (simulated)")


def carriers(pen: Pen, brief: Brief) -> None:
    """A row a part, the largest first; none where no future goes over, or too few do."""
    page = brief.get("page_one")
    found = page.get("carriers") if page else None
    if not found or not found["parts"]:
        return
    holds = f"What carries the overrun of {found['period']}, part by part"
    widths = [40, 16, 22, 12, 18]
    sheet = pen.sheet("What carries it", widths, landscape=True, holds=holds, titles=3)
    pen.note(sheet, 0, 4, found["sentence"], "sentence")
    pen.note(
        sheet,
        1,
        4,
        f"{pen.currency}. Means of the {found['over']:,} of {found['futures']:,} futures that go over the budget of {found['period']}; + is over. "
        "Decisive: share of these futures in which the company had held, had this part landed on its budget.",
    )
    pen.head(sheet, 3, list(HEAD), right=2)
    pen.put(sheet, 3, 3, HEAD[3], "head_word")
    sheet.freeze_panes(4, 1)
    for at, line in enumerate(found["parts"], 4):
        pen.along(sheet, at, 0, (line["part"], line["kind"]))
        pen.put(sheet, at, 2, line["mean"], "blue_variance")
        pen.put(sheet, at, 3, "material" if line["material"] else "", "notable")
        pen.put(sheet, at, 4, line["decisive"], "share")
    last = len(found["parts"]) + 4
    sums = sum(line["mean"] for line in found["parts"])
    pen.along(sheet, last, 0, (brief["unit"], ""), "part")
    pen.formula(sheet, last, 2, f"=SUM(C5:C{last})", sums, "variance_total")
    what = "Check: mean overrun in the report"
    pen.check(sheet, last + 1, 2, what, f"C{last + 1}", sums, found["mean_overrun"])
