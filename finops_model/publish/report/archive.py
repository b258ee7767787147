"""The archive: reports/index.json and the index pages, made again from what lies on disk after every publication."""

from __future__ import annotations

import json
from pathlib import Path

from ...documents import write_atomic
from ...errors import ReportError
from ...names import is_slug
from ...periods import MONTH, month_name
from ..page.html import shell
from ..page.tables import templates
from .briefs import readable
from .manifest import archive_of, file_entry
from .publication import FORMER, RESTATED, numbered

FIGURES = ("landing_p10", "landing_p50", "landing_p90", "overrun_probability")


def entry_of(folder: Path) -> dict | None:
    """The index entry of a published folder, or None where no whole report lies there.

    Hashes are those of the manifest, written at publication: a file changed since does not become right by listing it again.
    """
    try:
        listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        brief = json.loads((folder / "brief.json").read_text(encoding="utf-8"))
        land, budget = brief["landing"], brief["budget"]
        root, place = archive_of(folder)
        month = folder.resolve().relative_to(root).parts[0]
        if (listed["month"], listed["slug"]) != (month, folder.name):
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


def listed_at(root: Path, folder: Path) -> dict:
    """The entry of a report that was just published. Of one beside a closed month's, `slug` is its place in the month, and `beside` is true."""
    entry, place = entry_of(folder), archive_of(folder)[1]
    if entry is None:
        raise ReportError(f"{folder}: the report that was put there cannot be read. Publish again.")
    if place != entry["slug"]:
        return {**entry, "slug": place, "beside": True}
    return _with_versions(entry, Path(root) / entry["month"])


def _with_versions(entry: dict, month: Path) -> dict:
    """An entry with the reports of the same unit that lie beside it: former ones, and restated views of a closed month."""
    found = []
    for kind, what in ((FORMER, "former"), (RESTATED, "restated")):
        for folder in numbered(month, kind):
            one = entry_of(folder / entry["slug"])
            if one is not None:
                place = (folder / entry["slug"]).relative_to(month).as_posix()
                kept = {key: one[key] for key in ("status", "headline", "files")}
                number = int(folder.name.removeprefix(RESTATED))
                found.append({"folder": place, "what": what, "number": number, **kept})
    return {**entry, "versions": found} if found else entry


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
            (_with_versions(entry, month) for entry in here if entry is not None),
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
        _pages_beside(root, month, here)
    months = list(dict.fromkeys(entry["month"] for entry in entries))
    groups = [(month, [entry for entry in entries if entry["month"] == month]) for month in months]
    body = _body("AI budget reports", groups, "{month}/")
    write_atomic(
        root / "index.html",
        shell("AI budget reports", body, (("index.json", "The archive as JSON"),)),
    )
    return entries


def _pages_beside(root: Path, month: str, entries: list[dict]) -> None:
    """A page in each folder of former or restated reports: their own links lead to it."""
    for folder in [*numbered(root / month, FORMER), *numbered(root / month, RESTATED)]:
        place = folder.relative_to(root / month).as_posix()
        here = [
            {**entry, **one}
            for entry in entries
            for one in entry.get("versions", ())
            if one["folder"] == f"{place}/{entry['slug']}"
        ]
        if not here:
            continue
        what = "restated" if folder.name.startswith(RESTATED) else "former version"
        number = folder.name.removeprefix(RESTATED)
        title = f"AI budget reports, {month_name(month)}, {what} {number}"
        up = "../" * (place.count("/") + 1)
        links = ((f"{up}index.html", "The month's reports"),)
        plain = [{key: one[key] for key in one if key != "versions"} for one in here]
        body = _body(title, [(month, plain)], "")
        write_atomic(folder / "index.html", shell(title, body, links))


def _body(title: str, groups: list, prefix: str) -> str:
    shown = [
        (month_name(month), prefix.format(month=month), [readable(entry) for entry in here])
        for month, here in groups
    ]
    return templates.get_template("report_archive.html.j2").render(
        title=title, groups=shown, many=len(groups) > 1
    )
