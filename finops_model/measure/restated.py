"""What was published of this and earlier months and is another figure now (docs/method §14.2).

A month was last told by the newest report before this one that shows it whole; the page of the next report says what changed since, once. A month
that is published again says, for as long as it is, what its first report said.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ..names import COMPANY
from ..periods import month_name
from ..published import INDEX, base_of
from ..settings import Settings
from .brief_types import Restated
from .entities import own_unit

CENT = 0.005


def statements(
    reports: str | Path, before: str, settings: Settings | None = None
) -> dict[str, dict[str, dict]]:
    """{unit: {month: {value, status, told}}}: the cost of whole months as the reports of earlier months showed it, and the month's own if it is there.

    value     what was last said
    status    of the report that first said it (flash, preliminary, final); told: its month
    A brief that was altered since is left out.
    """
    root = base_of(reports)
    published: dict[str, dict[str, dict]] = {}
    index = root / INDEX
    entries = json.loads(index.read_text(encoding="utf-8"))["reports"] if index.is_file() else []
    for entry in sorted(
        (entry for entry in entries if entry["month"] <= before), key=lambda entry: entry["month"]
    ):
        path = root / entry["month"] / entry["slug"] / "brief.json"
        raw = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(raw).hexdigest() != entry["files"]["brief.json"]["sha256"]:
            continue
        brief = json.loads(raw)
        unit = own_unit(brief, settings)
        if unit is None or (settings is not None and brief["currency"] != settings.currency):
            continue
        said = published.setdefault(unit, {})
        own = brief["month"] == before
        first = next(
            (line for line in brief.get("restated") or () if own and line["month"] == before), None
        )
        if first is not None:
            said[before] = {
                "value": first["published"],
                "status": first["status"],
                "told": first["told"],
            }
            continue
        for month, value in brief["actual"]["by_month"].items():
            if (
                month > brief["month"]
                or month in brief["actual"]["partial_months"]
                or (own and month != before)
            ):
                continue
            if (
                month not in said
                or abs(said[month]["value"] - value) >= CENT
                or month == brief["month"]
            ):
                said[month] = {"value": value, "status": brief["status"], "told": brief["month"]}
    return published


def restated(
    said: dict[str, dict], booked: dict[str, float], month: str, unit: str
) -> list[Restated]:
    """Months up to `month` that cost another amount now than was published, oldest first.

    >>> restated({"2026-09": {"value": 94977.51, "status": "final", "told": "2026-09"}}, {"2026-09": 96877.07}, "2026-10", "Company")[0]["difference"]
    1899.56
    """
    changed: list[Restated] = []
    for earlier, last in sorted(said.items()):
        now = booked.get(earlier, 0.0)
        if earlier <= month and abs(now - last["value"]) >= CENT:
            changed.append(
                {
                    "month": earlier,
                    "unit": unit,
                    "published": last["value"],
                    "status": last["status"],
                    "told": last["told"],
                    "now": now,
                    "difference": round(now - last["value"], 10),
                }
            )
    return changed


def sentence(line: dict, currency: str) -> str:
    """A restated month in words.

    >>> sentence({"month": "2026-09", "told": "2026-09", "published": 94977.51, "status": "final", "now": 96877.07, "difference": 1899.56}, "USD")
    'September 2026 was published as 94,978 USD (final) and is 96,877 USD now: +1,900 USD.'
    """
    digits = 0 if abs(line["difference"]) >= 1 else 2
    where = (
        line["status"]
        if line["told"] == line["month"]
        else f"in the report of {month_name(line['told'])}"
    )
    whose = "" if line.get("unit", COMPANY) == COMPANY else f"{line['unit']}: "
    return (
        f"{whose}{month_name(line['month'])} was published as {line['published']:,.{digits}f} {currency} ({where}) and is {line['now']:,.{digits}f} "
        f"{currency} now: {line['difference']:+,.{digits}f} {currency}."
    )


def warning(lines: list[dict], currency: str) -> str:
    """One line for the console on all restated months; '' where there are none."""
    if not lines:
        return ""
    more = (
        f" And {len(lines) - 1} earlier {'month' if len(lines) == 2 else 'months'} more."
        if len(lines) > 1
        else ""
    )
    return f"{sentence(lines[-1], currency)}{more}"
