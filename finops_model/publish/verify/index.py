"""The archive's index and sets held against what they are made of (docs/method §15.5, §15.31)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ...errors import together
from ...published import HIDDEN, base_of
from ..archive import layout, pages, sets
from ..archive.entry import entry_of, in_order
from ..archive.layout import Found
from .files import differs, read_json

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


def stays(found: Found) -> bool:
    """Whether a report is a former version or a restated view: it stays as it was, whatever is told now."""
    return bool(found.entry and found.entry.get("what"))


def line_differs(found: Found) -> list[str]:
    """What the index says of a report that its brief does not. Hashes of files are held by `verify_files`."""
    if found.entry is None:
        return []  # said already
    made = entry_of(found.folder, found.month, found.slug)
    if made is None:
        return ["the archive's index cannot be made again from this report"]
    keys = OF_VERSION if stays(found) else LINE
    wrong = [key for key in keys if found.entry.get(key) != made.get(key)]
    problems = []
    if "headline" in wrong:
        problems.append(
            f"index.json says '{found.entry.get('headline')}' of this report, and its brief '{made['headline']}'"
        )
    if others := [key for key in wrong if key != "headline"]:
        named = together(SAID[key] for key in others)
        problems.append(f"index.json says something else than its brief of {named}")
    return problems


def set_differs(root: Path, name: str | None, month: str) -> list[str]:
    """How a set is not what its list, its name and the index say; nothing in an archive of before, which has none."""
    if name is None:
        return []
    folder = root / HIDDEN / name
    told, there = read_json(folder / layout.SET_FILE).get("files"), sets.listing(folder)
    if not isinstance(told, dict):
        return [f"{layout.SET_FILE} of {name} is not the list of a set"]
    problems = [
        f"{file} of {name} is missing"
        if file not in there
        else f"{file} is not part of {name}"
        if file not in told
        else f"{file} of {name} was changed after it was published: its sha256 is not the one in {layout.SET_FILE}"
        for file in dict.fromkeys([*told, *there])
        if told.get(file) != there.get(file)
    ]
    mark = sets.mark_of(there)
    if not problems and name != f"{month}@{mark[:12]}":
        problems.append(f"{name} is not the name of its files: theirs is {month}@{mark[:12]}")
    line = layout.current(root)["months"].get(month) or {}
    if line.get("set") == name and (
        line.get("sha256") != mark or (line.get("files") or {}) != sets.slider_files(folder)
    ):
        problems.append(f"index.json lists other files of {month} than lie in {name}")
    return problems


def pages_differ(root: Path, month: str, name: str | None) -> list[str]:
    """Index pages that do not say what the index does, or what the briefs of their set do."""
    entries, base = layout.entries(root), base_of(root)
    made = {
        "index.html of the archive": (base / "index.html", pages.of_archive(entries)),
        f"{month}/index.html of the archive": (
            base / month / "index.html",
            pages.of_month(month, entries),
        ),
    }
    if name is not None:
        folder = root / HIDDEN / name
        own = [entry_of(one, month, one.name) for one in _reports(folder)]
        page = pages.of_set(month, in_order(one for one in own if one))
        made[f"index.html of {name}"] = (folder / "index.html", page)
    problems = []
    for shown, (path, text) in made.items():
        if not path.is_file():
            problems.append(f"{shown} is missing")
        elif problem := differs("index.html", path.read_bytes(), text.encode("utf-8")):
            problems.append(problem.replace("index.html", shown, 1))
    return problems


def codes_of(root: Path) -> set[str]:
    """Versions of the program that the listed reports of an archive were made with."""
    base, found = base_of(root), set()
    for entry in layout.entries(root):
        place = base / str(entry.get("month")) / str(entry.get("slug"))
        manifest: Mapping = read_json(place / "manifest.json")
        found.add(str((manifest.get("inputs") or {}).get("code")))
    return found


def _reports(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if (path / "brief.json").is_file())
