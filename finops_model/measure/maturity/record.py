"""The record of forecasts that maturity is judged by: what was published, else what a report re-created (docs/method §18.4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ...names import COMPANY
from ...published import INDEX, base_of
from ...settings import Settings
from .. import grades
from ..entities import own_unit

COLUMNS = ("for", "made", "p50", "actual", "source")
PUBLISHED, AGAIN = "published", "re-created"
ALL_MONTHS = "9999-12"  # after the month of any report


def record_of(
    settings: Settings, complete: Mapping[str, float], reports: Path, brief: Mapping | None
) -> pd.DataFrame:
    """Forecasts of whole months made `maturity.lead` months before, one a month: COLUMNS, money in the ledger's currency.

    What was published counts before what the newest report re-created of months before; actuals are those of today's ledger.
    """
    lead, rows = settings.maturity.lead, {}
    for line in ((brief or {}).get("accuracy") or {}).get("detail") or ():
        if line.get("kind", "month") == "month" and line["lead"] == lead:
            rows[line["for"]] = (line["for"], line["made"], float(line["p50"]), AGAIN)
    published = grades.published(reports, before=ALL_MONTHS, settings=settings)
    if "workload" in published:
        published = published[published["workload"] == ""]
    for line in published.to_dict("records"):
        if line["unit"] == COMPANY and line["lead"] == lead:
            rows[line["for"]] = (line["for"], line["made"], float(line["p50"]), PUBLISHED)
    return pd.DataFrame(
        [
            (month, made, p50, complete[month], source)
            for month, made, p50, source in sorted(rows.values())
            if month in complete
        ],
        columns=list(COLUMNS),
    )


def newest_brief(settings: Settings, reports: Path) -> dict | None:
    """The newest published brief of the company, or of the entity that `settings` are of; None where there is none, or where it was altered."""
    base = base_of(reports)
    if not (base / INDEX).is_file():
        return None
    entries = json.loads((base / INDEX).read_text(encoding="utf-8"))["reports"]
    for entry in sorted(entries, key=lambda one: one["month"], reverse=True):
        path = base / entry["month"] / entry["slug"] / "brief.json"
        raw = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(raw).hexdigest() != entry["files"].get("brief.json", {}).get("sha256"):
            continue
        brief = json.loads(raw)
        if own_unit(brief, settings) == COMPANY:
            return brief
    return None
