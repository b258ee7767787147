"""The archive: reports/index.json and the index pages, made again from what lies on disk after every publication."""

from __future__ import annotations

import json
from pathlib import Path

from ...documents import write_atomic
from ...names import is_slug
from ...periods import MONTH, month_name
from ..page.html import shell
from ..page.tables import templates
from .briefs import readable
from .manifest import file_entry

FIGURES = ("landing_p10", "landing_p50", "landing_p90", "overrun_probability")


def entry_of(folder: Path) -> dict | None:
    """The index entry of a published folder, or None where no whole report lies there.

    Hashes are those of the manifest, written at publication: a file changed since does not become right by listing it again.
    """
    try:
        listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        brief = json.loads((folder / "brief.json").read_text(encoding="utf-8"))
        land, budget = brief["landing"], brief["budget"]
        if (listed["month"], listed["slug"]) != (
            folder.parent.name,
            folder.name,
        ) or "report.html" not in listed["files"]:
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
            "month": listed["month"],
            "unit": brief["unit"],
            "slug": listed["slug"],
            "status": brief["status"],
            "headline": brief["headline"],
            "currency": brief["currency"],
            "files": files,
            "figures": figures,
            **({"entity": brief["entity"]["name"]} if brief.get("entity") else {}),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def entries_of(root: Path) -> list[dict]:
    """Every report on disk: newest month first, in a month the company first, then units by name."""
    entries = []
    for month in sorted(
        (path for path in root.iterdir() if path.is_dir() and MONTH.fullmatch(path.name)),
        reverse=True,
    ):
        here = [
            entry_of(folder)
            for folder in sorted(month.iterdir())
            if folder.is_dir() and is_slug(folder.name)
        ]
        entries += sorted(
            filter(None, here),
            key=lambda entry: (entry["unit"] != "Company", entry["unit"].casefold(), entry["slug"]),
        )
    return entries


def rebuild(root: Path) -> list[dict]:
    """Write index.json, index.html and each month's index.html; returns the entries."""
    root = Path(root)
    entries = entries_of(root)
    write_atomic(
        root / "index.json",
        json.dumps({"schema": 1, "reports": entries}, ensure_ascii=False, indent=1) + "\n",
    )
    for month in sorted({entry["month"] for entry in entries}):
        here = [entry for entry in entries if entry["month"] == month]
        title = f"AI budget reports, {month_name(month)}"
        write_atomic(
            root / month / "index.html",
            shell(title, _body(title, [(month, here)], ""), (("../index.html", "All months"),)),
        )
    months = list(dict.fromkeys(entry["month"] for entry in entries))
    groups = [(month, [entry for entry in entries if entry["month"] == month]) for month in months]
    body = _body("AI budget reports", groups, "{month}/")
    write_atomic(
        root / "index.html",
        shell("AI budget reports", body, (("index.json", "The archive as JSON"),)),
    )
    return entries


def _body(title: str, groups: list, prefix: str) -> str:
    shown = [
        (month_name(month), prefix.format(month=month), [readable(entry) for entry in here])
        for month, here in groups
    ]
    return templates.get_template("report_archive.html.j2").render(
        title=title, groups=shown, many=len(groups) > 1
    )
