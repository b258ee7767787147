"""Where a published report lies; the archive's index held against what it is made of (docs/method §15.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import ReportError, together
from ...periods import month_name
from ..page.html import shell
from ..report import archive
from ..report.manifest import archive_of
from .files import differs, read_json

NOTHING = (
    "{path}: no published report lies here. Name its folder, for example reports/2026-10/company."
)


@dataclass(frozen=True)
class Where:
    """A published folder."""

    root: Path  # the archive, by its real path
    month: str
    slug: str
    place: str  # in its month: company, restated-1/company, .versions/1/company
    folder: Path  # its files, by their real path
    entry: (
        dict | None
    )  # of the index; of a version, the version's with what it lacks from the entry

    @property
    def stays(self) -> bool:
        """Whether it is a former version: it stays as it was, whatever is told now."""
        return bool(self.entry and self.entry.get("what"))


def find(path: Path, holds: str = "brief.json") -> Where:
    """The report that a path is of. Raises ReportError where no report lies there."""
    folder = path.parent if path.is_file() else path
    if not (folder / holds).is_file():
        raise ReportError(NOTHING.format(path=path))
    root, place = archive_of(folder)
    real = folder.resolve()
    month = real.relative_to(root).parts[0]
    return Where(root, month, real.name, place, real, _entry(root, month, real.name, place))


def _entry(root: Path, month: str, slug: str, place: str) -> dict | None:
    for one in entries(root):
        if (one.get("month"), one.get("slug")) == (month, slug):
            every = [one, *({**one, **version} for version in one.get("versions", ()))]
            return next((e for e in every if e.get("folder", slug) == place), None)
    return None


def entries(root: Path) -> list[dict]:
    """What the archive lists; nothing where its index cannot be read."""
    listed = read_json(root / "index.json").get("reports")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


LINE = ("month", "unit", "slug", "status", "headline", "currency", "figures", "entity")
OF_VERSION = ("status", "headline")  # what the index has of a former version
SAID = {
    "headline": "the headline",
    "status": "the status",
    "unit": "the unit",
    "currency": "the currency",
    "figures": "the figures",
    "entity": "the entity",
    "month": "the month",
    "slug": "the folder",
}


def line_differs(where: Where) -> list[str]:
    """What the index says of a report that its brief does not. Hashes of files are held by `verify_files`."""
    if where.entry is None:
        return []  # said already
    made = archive.entry_of(where.folder)
    if made is None:
        return ["the archive's index cannot be made again from this report"]
    keys = OF_VERSION if where.entry.get("what") else LINE
    wrong = [key for key in keys if where.entry.get(key) != made.get(key)]
    problems = []
    if "headline" in wrong:
        problems.append(
            f"index.json says '{where.entry.get('headline')}' of this report, and its brief '{made['headline']}'"
        )
    if figures := [key for key in wrong if key != "headline"]:
        named = together(SAID[key] for key in figures)
        problems.append(f"index.json says something else than its brief of {named}")
    return problems


def pages_differ(root: Path, month: str) -> list[str]:
    """Index pages of the archive that do not say what its index.json does."""
    listed = entries(root)
    problems = []
    for name, text in _pages(listed, month).items():
        path = root / name
        if not path.is_file():
            problems.append(f"{name} is missing in the archive")
        elif problem := differs("index.html", path.read_bytes(), text.encode("utf-8")):
            problems.append(problem.replace("index.html", f"{name} of the archive", 1))
    return problems


def codes_of(root: Path, listed: list[dict], read) -> set[str]:
    """Versions of the program that the reports of an archive were made with."""
    found: set[str] = set()
    for entry in listed:
        manifest: Mapping = read(
            root / str(entry.get("month")) / str(entry.get("slug")) / "manifest.json"
        )
        found.add(str((manifest.get("inputs") or {}).get("code")))
    return found


def _pages(listed: list[dict], month: str) -> dict[str, str]:
    here = [entry for entry in listed if entry["month"] == month]
    title = f"AI budget reports, {month_name(month)}"
    months = list(dict.fromkeys(entry["month"] for entry in listed))
    groups = [(one, [entry for entry in listed if entry["month"] == one]) for one in months]
    every = archive._body("AI budget reports", groups, "{month}/")
    return {
        "index.html": shell("AI budget reports", every, (("index.json", "The archive as JSON"),)),
        f"{month}/index.html": shell(
            title, archive._body(title, [(month, here)], ""), (("../index.html", "All months"),)
        ),
    }
