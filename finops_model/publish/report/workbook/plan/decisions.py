"""Sheet Decisions: what must be decided by when, and what it saves (docs/method §15.50)."""

from __future__ import annotations

from .....measure.brief_types import Brief
from ..cells import Pen

HEAD = (
    "By",
    "Decision",
    "Kind",
    "Saves, mean (simulated)",
    "P10, simulated",
    "P90, simulated",
    "Saved in",
    "If nothing is done",
    "Owner",
    "Where it stands",
)


def decisions(pen: Pen, brief: Brief) -> None:
    """A row a decision, the first due first; none where none is due."""
    page = brief.get("page_one")
    found = page.get("decisions") if page else None
    if not found:
        return
    widths = [12, 32, 16, 15, 15, 15, 10, 30, 14, 28]
    holds = "What must be decided by when, what it saves, who owns it"
    sheet = pen.sheet("Decisions", widths, landscape=True, holds=holds, titles=0)
    pen.head(sheet, 0, list(HEAD))
    pen.along(sheet, 0, 3, HEAD[3:6], "head_right")
    pen.put(sheet, 0, 6, HEAD[6], "head_word")
    sheet.freeze_panes(1, 2)
    for at, line in enumerate(found, 1):
        pen.put(sheet, at, 0, line["by"])
        pen.put(sheet, at, 1, line["what"], "wrap")
        pen.put(sheet, at, 2, line["kind"], "wrap")
        pen.along(sheet, at, 3, (line["saves"], line["p10"], line["p90"]), "simulated")
        pen.put(sheet, at, 6, line["period"] or "", "beside")
        pen.put(sheet, at, 7, line["if_nothing"], "wrap")
        pen.put(sheet, at, 8, line["owner"], "wrap")
        pen.put(sheet, at, 9, line["source"], "wrap")
    said = f"{pen.currency}. Saved is positive; a decision that costs is negative. Of decisions that exclude each other the savings do not add up."
    pen.note(sheet, len(found) + 2, len(HEAD) - 1, said)
