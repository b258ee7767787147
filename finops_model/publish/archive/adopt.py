"""An archive of before, or a copy whose links were followed, becomes one of sets and links: same bytes, same addresses (docs/method §15.33)."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ...documents import sha256_of
from ...errors import ReportError
from ...names import is_slug
from ...periods import MONTH
from ...published import CURRENT, HIDDEN, INDEX, base_of
from . import generation, pages, sets
from .entry import brief_in, entry_of, in_order
from .exchange import exchange, link
from .layout import BESIDE, FORMER, RESTATED, SET, SET_FILE, current, linked_generation
from .layout import generation as newest_generation
from .moved import changed
from .plan import Made

NOISE = {".DS_Store", "Thumbs.db", "desktop.ini"}  # of file managers
TEMPORARY = re.compile(r"\.(?:index|dashboard|company)\.?\w*\.\w{6,10}")  # of a killed write


def no_strangers(root: Path) -> None:
    """Raises ReportError naming the first thing that is no report of ours and lies where only reports may.

    A file where the folder of a month or a unit belongs, and anything somebody put into the folder of a month.
    """
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        if path.name == HIDDEN and (path.is_symlink() or not path.is_dir()):
            raise ReportError(_stray(path, "the archive keeps its sets in a folder of this name"))
        if path.name in generation.PAGES and path.is_dir():
            raise ReportError(_stray(path, "a page of the archive has this name"))
        if not MONTH.fullmatch(path.name):
            continue
        if path.is_symlink() and not generation.is_ours(root, path.name):
            raise ReportError(_stray(path, "the folder of a month's reports has this name"))
        if not path.is_symlink() and not path.is_dir():
            raise ReportError(_stray(path, "the folder of a month's reports has this name"))
        if not path.is_symlink():
            _month_of_before(path)
    now = base_of(root)
    if now != root and linked_generation(root) is not None:
        for path in generation.strangers(now):
            shown = root / path.relative_to(now)
            raise ReportError(_stray(shown, "in the folder of a month there are only its reports"))


def _stray(path: Path, why: str) -> str:
    what = "link" if path.is_symlink() else "folder" if path.is_dir() else "file"
    return f"{path}: this {what} is no report, and {why}. Move it away, then publish again: finops report. Nothing was published."


def _month_of_before(month: Path) -> None:
    for path in sorted(month.iterdir()):
        known = (
            path.name in (FORMER, sets.PAGE, *sets.SLIDERS, SET_FILE, *NOISE)
            or TEMPORARY.fullmatch(path.name)
            or BESIDE.fullmatch(path.name)
        )
        if known or (is_slug(path.name) and path.is_dir() and not path.is_symlink()):
            continue
        if path.is_dir() and path.name.startswith("."):
            continue  # a folder in the making that a killed run left
        raise ReportError(_stray(path, "in the folder of a month there are only its reports"))


def adopt(root: Path, aside: Path) -> None:
    """Take over what is no link yet, under the lock of the archive. What every address shows stays the same, at every moment.

    Raises ReportError where something lies there that is no report, or not what the archive lists.
    """
    no_strangers(root)
    real = list(_real_months(root))
    cut = linked_generation(root) is None or base_of(root) == root  # no link, or one to nothing
    lost = cut and newest_generation(root) > 0
    if not real and not lost and not any(_is_file(root / name) for name in generation.PAGES):
        return
    index = _index(root, lost)
    fresh = [path for path in real if path.name not in index["months"]]
    made: list[Made] = []
    entries = {(one["month"], one["slug"]): one for one in index["reports"]}
    for month in fresh:
        entries = {key: one for key, one in entries.items() if key[0] != month.name}
        line, found = _taken_over(root, month, index["reports"], aside, made)
        index["months"][month.name] = line
        entries |= {(month.name, one["slug"]): one for one in found}
    if fresh or lost:
        listed = [one for one in entries.values() if one["month"] in index["months"]]
        index |= {"schema": 2, "generation": newest_generation(root) + 1}
        index["reports"] = in_order(listed)
        generation.put(root, aside, index, made)
    if lost:
        _followed(root)
    for month in real:
        _replace(root, month, aside)
    for name in generation.PAGES:
        if _is_file(root / name) and (base_of(root) / name).is_file():
            place = aside / "links" / name
            place.parent.mkdir(exist_ok=True)
            link(f"{HIDDEN}/{CURRENT}/{name}", place)
            os.replace(place, root / name)


def _real_months(root: Path) -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        if MONTH.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
            yield path


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _index(root: Path, lost: bool) -> dict:
    """What is listed now: by the newest generation, also where its link was lost; else by the index of before."""
    path = base_of(root) / INDEX
    if lost and base_of(root) == root:
        path = root / HIDDEN / f"generation-{newest_generation(root)}" / INDEX
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        reports = [one for one in index["reports"] if isinstance(one, dict) and "slug" in one]
        months = {
            month: line
            for month, line in index.get("months", {}).items()
            if (root / HIDDEN / line["set"]).is_dir()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        if base_of(root) != root:
            current(root)  # says that it cannot be read
        reports, months = [], {}  # of before: made again from what lies there
    return {"schema": 2, "generation": 0, "months": months, "reports": reports}


def _taken_over(
    root: Path, month: Path, listed: list[dict], aside: Path, made: list[Made]
) -> tuple[dict, list[dict]]:
    """A month's folder of before as sets: its line in the index, and its entries."""
    known = {one["slug"]: one for one in listed if one.get("month") == month.name}

    def folders(place: Path) -> list[Path]:
        return [path for path in sorted(place.iterdir()) if path.is_dir() and is_slug(path.name)]

    def as_set(place: Path, found: list[Path]) -> tuple[str, str]:
        parts = {path.name: sets.Part(path, ours=False) for path in found}
        for name in sets.SLIDERS:
            if (place / name).is_file():
                parts[name] = sets.Part(place / name, ours=False)
        shown = [entry_of(path, month.name, path.name) for path in found]
        page = pages.of_set(month.name, in_order(one for one in shown if one))
        folder = aside / "sets" / f"{month.name}-{len(made)}"
        name, sha = sets.make(folder, month.name, parts, page)
        made.append(Made(folder, name, sets.altered(root, name)))
        return name, sha

    own = [path for path in folders(month) if not BESIDE.fullmatch(path.name)]
    name, sha = as_set(month, own)
    line: dict = {"set": name, "sha256": sha}
    if files := sets.slider_files(made[-1].folder):
        line["files"] = files
    entries = {}
    for path in own:
        entry = known.get(path.name)
        entry = entry if entry and "files" in entry else entry_of(path, month.name, path.name)
        if entry is not None:
            plain = {key: value for key, value in entry.items() if key != "versions"}
            entries[path.name] = {**plain, "set": name}
    for what, parent, prefix in (("former", month / FORMER, ""), ("restated", month, RESTATED)):
        for number, place in _numbered(parent, prefix):
            name, _ = as_set(place, folders(place))
            line.setdefault(what, []).append({"number": number, "set": name})
            for path in folders(place):
                one = entry_of(path, month.name, path.name)
                if one is not None and path.name in entries:
                    version = {
                        "folder": path.relative_to(month).as_posix(),
                        "what": what,
                        "number": number,
                        "set": name,
                        **{key: one[key] for key in ("status", "headline", "files")},
                    }
                    entries[path.name].setdefault("versions", []).append(version)
    for slug, entry in entries.items():
        _say_what_changed(month, slug, entry.get("versions", []))
    return line, list(entries.values())


def _numbered(parent: Path, prefix: str) -> list[tuple[int, Path]]:
    if not parent.is_dir():
        return []
    found = [
        (int(path.name[len(prefix) :]), path)
        for path in parent.iterdir()
        if path.is_dir()
        and path.name.startswith(prefix)
        and re.fullmatch(r"[0-9]{1,9}", path.name[len(prefix) :])
    ]
    return sorted(found)


def _say_what_changed(month: Path, slug: str, versions: list[dict]) -> None:
    """From each former version to the next one and at last to the report; from the report to each restated view."""
    own = brief_in(month / slug)
    former = [one for one in versions if one["what"] == "former"]
    briefs = [brief_in(month / one["folder"]) for one in former]
    following = [*briefs, own][1:]
    for one, then, now in zip(former, briefs, following, strict=True):
        one["changed"] = changed(then, now)
    for one in versions:
        if one["what"] == "restated":
            one["changed"] = changed(own, brief_in(month / one["folder"]))


def _replace(root: Path, month: Path, aside: Path) -> None:
    """The link in the place of a folder, in one step; first every file of it must be there below the link."""
    there = base_of(root) / month.name
    for path in sorted(month.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        place = path.relative_to(month)
        derived = path.name in (sets.PAGE, SET_FILE) and (
            len(place.parts) == 1 or place.parts[0] == FORMER or BESIDE.match(place.parts[0])
        )
        if derived or path.name in NOISE or TEMPORARY.fullmatch(path.name) or _in_the_making(place):
            continue
        if not (there / place).is_file() or sha256_of(there / place) != sha256_of(path):
            raise ReportError(
                f"{path}: this file is not the one that the archive lists there, and the folder it lies in is a copy: links of the archive "
                "were followed when it was made. Move the file away, then publish again: finops report. Nothing was published."
            )
    place = aside / "links" / month.name
    place.parent.mkdir(exist_ok=True)
    link(f"{HIDDEN}/{CURRENT}/{month.name}", place)
    exchange(month, place)
    shutil.rmtree(place)


def _followed(root: Path) -> None:
    """Older generations of a copy whose links were followed: they go where each of their files lies in a set, or is a page."""
    hidden, held = root / HIDDEN, set()
    for path in hidden.iterdir():
        if SET.fullmatch(path.name):
            held |= {one["sha256"] for one in sets.listing(path).values()}
    for folder in hidden.glob("generation-*"):
        if folder.name == f"generation-{linked_generation(root)}" or not folder.is_dir():
            continue
        mine = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
        pages_of = (*generation.PAGES, SET_FILE)
        if all(path.name in pages_of or sha256_of(path) in held for path in mine):
            shutil.rmtree(folder)


def _in_the_making(place: Path) -> bool:
    return any(part.startswith(".") and part != FORMER for part in place.parts[:-1])
