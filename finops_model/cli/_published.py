"""What a terminal says of reports that were published: of each its headline and place, of a company its units."""

from __future__ import annotations

import json
from pathlib import Path

from rich.table import Table

from ..measure.basis import sections
from ._shared import amount, out


def show_published(published: list[dict], root: Path) -> None:
    """One paragraph per report, and where all of them are."""
    for entry in published:
        path = root / entry["month"] / entry["slug"] / "report.html"
        out.print(f"{entry['unit']} · {entry['month']} · {entry['status']}", style="bold")
        out.print(f"  {entry['headline']}\n  {path}")
        show_parts(path.with_name("brief.json"))
    for month in dict.fromkeys(entry["month"] for entry in published if entry.get("beside")):
        out.print(
            f"{month} is closed: its published files stay as they are, and what is told now stands beside them."
        )
    if published:
        out.print(f"All of them: {root / published[0]['month'] / 'index.html'}")


def show_parts(path: Path) -> None:
    """The units against the year's budget, and what carries the company over (docs/method §9.4), and what a bill lacks that begins within its budget's year (§9.5)."""
    from ..wording.landing import before_the_ledger

    brief = json.loads(path.read_text(encoding="utf-8"))
    if "unfinished" in brief.get("status_reason", ""):
        out.print(f"  {brief['status_reason']}.", markup=False)
    if short := before_the_ledger(brief):
        out.print(f"  {short}", markup=False)
    why, land, currency = brief.get("reason"), brief["landing"], brief["currency"]
    if not why:
        return
    table = Table(
        "Unit",
        "",
        "Mean",
        "Budget",
        "Over (+) or under (−)",
        title=f"{land['period']} by business unit, {sections.of('children')}",
    )
    for row in brief["children"]:
        kind = "" if row["kind"] == "unit" else row["kind"]
        table.add_row(
            row["unit"],
            kind,
            amount(row["landing_mean"], currency),
            amount(row["year_budget"], currency),
            f"{row['over']:+,.0f}",
        )
    table.add_row(
        brief["unit"],
        "",
        amount(land["mean"], currency),
        amount(land["budget"], currency),
        f"{why['over']:+,.0f}",
    )
    out.print(table)
    out.print(why["sentence"], markup=False)
