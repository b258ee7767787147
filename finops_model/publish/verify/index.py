"""The archive's index and sets held against what they are made of (docs/method §15.5, §15.31)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...documents import sha256_of
from ...errors import printable, together
from ...published import HIDDEN, base_of
from ..archive import generation, layout, pages, sets
from ..archive.entry import brief_in, entry_of, in_order
from ..archive.generation import PAGES
from ..archive.layout import Found, linked_generation
from ..archive.moved import changed
from ..lineage import code_hash
from .files import differs, read_json

LINE = ("month", "unit", "slug", "status", "headline", "currency", "figures", "entity")
OF_VERSION = ("status", "headline")  # what the index has of a former version
COMPANYS = (
    "company.json"  # of the page of a company of several currencies, which the index does not list
)
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


def besides(root: Path, month: str, name: str | None) -> list[str]:
    """What lies in a month of an archive, or in the place of one of its links, and is of no publication. Nothing in an archive of before."""
    base, entries = base_of(root), layout.entries(root)
    if base == root:
        return []
    problems = []
    for shown in PAGES:
        place = root / shown
        if os.path.lexists(place) and not _same(place, base / shown):
            problems.append(f"{shown} of the archive is not that of its newest publication")
    problems += _another(root / month, base / month)
    units = {str(one["slug"]) for one in entries if one["month"] == month}
    more = [path for path in generation.strangers(base) if month in path.relative_to(base).parts]
    if linked_generation(root) is None:
        more = [path for path in more if not _led_to(root, base / month, path, entries)]
    for path in sorted((root / HIDDEN / name).iterdir()) if name is not None else ():
        if path.name in (sets.PAGE, layout.SET_FILE, *sets.SLIDERS) and path.is_file():
            continue
        if path.is_dir() and (path.name in units or (path / COMPANYS).is_file()):
            continue
        more.append(path)
    return problems + [
        f"{month}/{path} is no report that index.json lists, and nothing else of the archive"
        for path in dict.fromkeys(one.name for one in more)
    ]


def _another(place: Path, there: Path) -> list[str]:
    """A real folder in the place of a month's link: a copy whose links were followed has the same files."""
    if place.is_symlink() or not place.is_dir():
        return []
    return [
        f"{place.name}/{path.relative_to(place).as_posix()} of the archive is not that of its newest publication"
        for path in sorted(place.rglob("*"))
        if path.is_file() and not _same(path, there / path.relative_to(place))
    ]


def _led_to(root: Path, folder: Path, path: Path, entries: list[dict]) -> bool:
    """Whether what lies in the place of a link of a month's folder, in a copy whose links were followed, is what the link led to."""
    own = [one for one in entries if one["month"] == folder.name]
    places = {(".", str(one.get("set"))) for one in own}
    for one in own:
        for kept in one.get("versions", ()):
            places.add((Path(kept["folder"]).parent.as_posix(), str(kept.get("set"))))
    for file in [path] if path.is_file() else path.rglob("*"):
        inside = file.relative_to(folder)
        if file.is_file() and not any(
            inside.is_relative_to(place)
            and _same(file, root / HIDDEN / name / inside.relative_to(place))
            for place, name in places
        ):
            return False
    return True


def _same(path: Path, other: Path) -> bool:
    return path.is_file() and other.is_file() and sha256_of(path) == sha256_of(other)


def notes_differ(found: Found) -> list[str]:
    """What the index says of a report besides its brief, and other sets do not: of former versions, of not being renewed."""
    entry, hidden = found.entry, found.root / HIDDEN
    if entry is None or stays(found) or found.set is None:
        return []
    problems = []
    if mark := entry.get("not_renewed"):
        since = hidden / str(mark.get("since")) / found.slug
        made = (brief_in(since) or {}).get("data_as_of")
        if not _same(since / "manifest.json", found.folder / "manifest.json") or (
            made != mark.get("made")
        ):
            problems.append(
                f"index.json says that this report was not renewed since {mark.get('since')}, which does not have it"
            )
    versions = list(entry.get("versions", ()))
    for at, one in enumerate(versions):
        then = hidden / str(one.get("set")) / found.slug
        says = entry_of(then, found.month, found.slug) or {}
        wrong = [SAID[key] for key in OF_VERSION if one.get(key) != says.get(key)]
        wrong += ["the files"] * (one.get("files") != says.get("files"))
        former = [later for later in versions[at + 1 :] if later.get("what") == "former"]
        after = found.folder
        if one.get("what") == "former" and former:
            after = hidden / str(former[0].get("set")) / found.slug
        sides = (then, after) if one.get("what") == "former" else (found.folder, then)
        manifest: Mapping = read_json(sides[1] / "manifest.json")
        if (manifest.get("inputs") or {}).get("code") == code_hash():
            wrong += ["what changed"] * (one.get("changed") != changed(*map(brief_in, sides)))
        if wrong:
            problems.append(
                f"index.json says something else of version {one.get('number')} of this report than its set does: {', '.join(wrong)}"
            )
    return problems


def unproved(found: Found) -> list[str]:
    """What the index says of a report and nothing it is held against does: where its year stood later."""
    said = pages.texts((found.entry or {}).get("later"))
    return [
        f"what index.json says happened since was not made again: {printable(text).rstrip('.')}"
        for text in said
    ]


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
