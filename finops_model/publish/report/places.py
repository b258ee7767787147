"""Which folder of the archive a report goes into: the one it was published in, else one no other unit has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from ...errors import ReportError
from ...measure.brief_types import Brief, Child
from ...measure.entities import label
from ...names import folders, is_slug
from ...published import INDEX, base_of


def published_in(root: str | Path, month: str) -> dict[str, str]:
    """{unit: folder} of what is published of a month: as index.json lists it, and as briefs lie on disk.

    An index that cannot be read lists nothing; a folder that is no slug is not taken over.
    """
    root = base_of(root)
    entries: list[dict]
    try:
        listed = json.loads((root / INDEX).read_text(encoding="utf-8"))["reports"]
        entries = [
            entry for entry in listed if isinstance(entry, dict) and entry.get("month") == month
        ]
    except (OSError, ValueError, KeyError, TypeError):
        entries = []  # no index that can be read: the next publication makes it from the briefs
    for path in sorted((root / month).glob("*/brief.json")):
        try:
            brief = json.loads(path.read_text(encoding="utf-8"))
            if (brief["month"], brief["slug"]) == (month, path.parent.name):
                entries.append(brief)
        except (OSError, ValueError, KeyError, TypeError):
            continue  # no report
    places: dict[str, str] = {}
    for entry in entries:
        unit, place = entry.get("unit"), entry.get("slug")
        if isinstance(unit, str) and is_slug(place) and place not in places.values():
            places.setdefault(unit, place)
    return places


def placed(briefs: list[Brief], names: Iterable[str], root: str | Path) -> list[Brief]:
    """The briefs, and the lines of their units, with the folders of the archive `root` that are theirs.

    names  every unit with cost in a lasting order, whether or not its report is asked for
    """
    every = [*names, *(brief["unit"] for brief in briefs)]
    places = {
        month: folders(every, published_in(root, month))
        for month in {brief["month"] for brief in briefs}
    }
    return [_with_places(brief, places[brief["month"]]) for brief in briefs]


def placed_as(brief: Brief, published: Brief) -> Brief:
    """A brief that was made again, with the folders of the published one: slugs are read, never made again."""
    lines: dict[str, str | None] = {
        _name(published, child): child["slug"] for child in published["children"]
    }
    return _with_places(brief, {**lines, published["unit"]: published["slug"]})


def _with_places(brief: Brief, places: Mapping[str, str | None]) -> Brief:
    """A brief with the folders of these units; a line without a report of its own (slug null) stays without."""
    children = [
        {**child, "slug": child["slug"] and places.get(_name(brief, child), child["slug"])}
        for child in brief["children"]
    ]
    slug = places.get(brief["unit"], brief["slug"])
    return cast(Brief, {**brief, "slug": slug, "children": children})


def _name(brief: Brief, child: Child) -> str:
    """The unit of a line as reports are called: an entity's under the entity's name."""
    entity = brief.get("entity")
    return label(entity["name"], child["unit"]) if entity else child["unit"]


def no_stranger(brief: Brief, root: Path) -> None:
    """Raises ReportError where the folder of an entity's report holds one of another entity."""
    place = root / brief["month"] / brief["slug"]
    if "entity" in brief and (place / "brief.json").is_file():
        there = json.loads((place / "brief.json").read_text(encoding="utf-8"))
        if there.get("entity", {}).get("name") != brief["entity"]["name"]:
            raise ReportError(
                f"{place}: '{there['unit']}' is published there, and '{brief['unit']}' would take its place. Rename the entity or its unit."
            )
