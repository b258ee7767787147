"""What page one shortens, in full: every period, decision, part and change, and why the next month differs."""

from __future__ import annotations

from markupsafe import Markup

from ....periods import month_name
from ....wording import savings_apart
from ...report.briefs import LONGEST
from ..one import decide
from ..one.quarters import lines, of_page_one, quarters
from ..one.three import LONG, MOST
from ..tables import Column, Figures, table, toned


def in_full(figures: Figures) -> dict | None:
    """The section; None where page one says it all, and for a brief of before."""
    one = figures.one
    tables = [_periods(figures), _decisions(figures), _carriers(figures), _changes(figures)]
    tables.append(_next_month(figures))
    shown = [table for table in tables if table]
    if not shown:
        return None
    ahead = one.get("next_month")
    return {
        "title": "Page one, in full",
        "lead": ahead["sentence"] if ahead else "",
        "figure": None,
        "tables": shown,
    }


def _periods(figures: Figures) -> Markup | None:
    """Every quarter, where page one leaves some out."""
    every = range(len(lines(figures)))
    if len(every) == len(of_page_one(figures)):
        return None
    return quarters(figures, every, "periods")


def _decisions(figures: Figures) -> Markup | None:
    """Every decision with its period and where it stands."""
    every = decide.due(figures)
    rows = []
    for i, (by, what, saves, owner) in enumerate(decide.decisions(figures, len(every), LONGEST)):
        rows.append([by, saves, every[i]["period"] or "–", what, owner, every[i]["source"]])
    columns = [
        Column("By", False, True),
        Column("Saves"),
        Column("In", False),
        Column("What", False, True),
        Column("Owner", False, True),
        Column("Stands in", False, True),
    ]
    caption = f"Decisions due, {figures.money('what_ifs')}"
    note = "Saves: the mean of the futures, below it eight of ten; negative: it costs."
    if apart := savings_apart(every):
        note += f" {apart}"
    return table(columns, rows, caption, note=note, name="due") if rows else None


def _carriers(figures: Figures) -> Markup | None:
    """Every part in the futures that go over; they add up to the mean overrun."""
    found = figures.one.get("carriers")
    if not found or not found["over"]:
        return None
    rows = []
    for i, part in enumerate(found["parts"]):
        at = f"page_one/carriers/parts/{i}"
        tone = "" if not part["material"] else "bad" if part["mean"] > 0 else "good"
        share = "–" if part["decisive"] is None else figures.show(f"{at}/decisive", "chance")
        rows.append(
            [part["part"], toned(figures.show(f"{at}/mean", "signed"), tone), share, part["kind"]]
        )
    show = figures.show
    total = ["Mean overrun", show("page_one/carriers/mean_overrun", "signed"), "", ""]
    columns = [
        Column("Part", False, True),
        Column("Mean over (+) or under (−)"),
        Column("Decisive"),
        Column("", False),
    ]
    note = (
        f"{found['sentence']} Of the {found['over']:,} of {found['futures']:,} futures that go over the {found['period']} budget. Decisive: in this share of them the "
        "company had held, had this part landed on its budget."
    )
    caption = f"Who carries the overrun of {found['period']}, {figures.money('children')}"
    return table(columns, rows, caption, total=total, note=note, name="carriers")


def _changes(figures: Figures) -> Markup | None:
    """Every change since the last report, where page one leaves some out."""
    found = figures.one.get("since_report")
    if not found or not found["month"]:
        return None
    if len(found["lines"]) <= MOST and all(
        len(line["sentence"]) <= LONG for line in found["lines"]
    ):
        return None
    rows = [
        [
            line["what"],
            "–"
            if line["change"] is None
            else figures.show(f"page_one/since_report/lines/{i}/change", "signed"),
            line["sentence"],
        ]
        for i, line in enumerate(found["lines"])
    ]
    columns = [Column("", False, True), Column("Change"), Column("Why", False, True)]
    caption = f"Changes since {month_name(found['month'])}, {figures.money('actual')}"
    return table(columns, rows, caption, name="changes")


def _next_month(figures: Figures) -> Markup | None:
    """From this month to the next, part by part."""
    found = figures.one.get("next_month")
    if not found or not found["parts"]:
        return None
    at = "page_one/next_month"
    rows = [
        [part["what"], figures.show(f"{at}/parts/{i}/amount", "signed")]
        for i, part in enumerate(found["parts"])
    ]
    total = [f"{month_name(found['month'])} on the month", figures.show(f"{at}/change", "signed")]
    columns = [Column("", False, True), Column("Change of the mean")]
    caption = f"Why {month_name(found['month'])} differs, {figures.money('forecast')}"
    return table(columns, rows, caption, total=total, name="next-month")
