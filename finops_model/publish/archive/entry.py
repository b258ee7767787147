"""The index entry of a report, and the order of entries (docs/architecture.md §5)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...names import COMPANY
from ..report.manifest import file_entry


def brief_in(folder: Path) -> Mapping[str, Any] | None:
    """The brief in a folder as it lies there; None where there is none that can be read."""
    try:
        brief = json.loads((folder / "brief.json").read_text(encoding="utf-8"))
        return brief if isinstance(brief, dict) else None
    except (OSError, ValueError, RecursionError):
        return None


def entry_of(folder: Path, month: str, slug: str) -> dict | None:
    """The index entry of a report's folder, or None where no whole report of this month and slug lies there.

    Hashes are those of the manifest, written when it was rendered: a file changed since does not become right by listing it again.
    """
    try:
        listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        brief = json.loads((folder / "brief.json").read_text(encoding="utf-8"))
        land, budget = brief["landing"], brief["budget"]
        if (listed["month"], listed["slug"]) != (month, slug):
            return None
        if "report.html" not in listed["files"]:
            return None
        figures = {
            "actual": brief["actual"]["month"],
            "budget": budget["month"] if budget else None,
            "landing_p10": land["p10"],
            "landing_p50": land["p50"],
            "landing_p90": land["p90"],
            "overrun_probability": land["overrun_probability"],
        }
        files = {**listed["files"], "manifest.json": file_entry(folder / "manifest.json")}
        return {
            "month": month,
            "unit": brief["unit"],
            "slug": slug,
            "status": brief["status"],
            "headline": brief["headline"],
            "currency": brief["currency"],
            "files": files,
            "figures": figures,
            **({"entity": brief["entity"]["name"]} if brief.get("entity") else {}),
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def in_order(entries: Iterable[dict]) -> list[dict]:
    """Newest month first, in a month the company first, then units by name."""
    by_unit = sorted(
        entries, key=lambda one: (one["unit"] != COMPANY, one["unit"].casefold(), one["slug"])
    )
    return sorted(by_unit, key=lambda one: one["month"], reverse=True)
