"""What a publication changes: which report is new, replaces one, says the same, or stands beside a closed month's; sets and index of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...measure.brief_types import Brief
from ...published import HIDDEN
from ...records.states import state_of
from ...records.store import Records
from ..report.briefs import figures_hash
from ..report.publication import entity_of
from . import pages, sets
from .entry import brief_in, entry_of, in_order
from .layout import FORMER, RESTATED
from .moved import changed
from .same import same_page, same_report

NEW, SAME, REPLACES, BESIDE, SAME_BESIDE = "new", "same", "replaces", "beside", "same beside"


@dataclass(frozen=True)
class Staged:
    """A folder of a month that was made aside, to be published."""

    month: str
    slug: str
    folder: Path
    brief: Brief | None = None  # None: a page that is no unit's report; then `by` and `closed`
    by: str = ""  # the file that says everything
    closed: bool = False
    keys: Mapping[str, Any] = field(default_factory=dict)  # kept with its index entry as they are


@dataclass(frozen=True)
class Made:
    """A set that was put together aside."""

    folder: Path
    name: str
    kept: str | None  # the name that an altered one in its place gets


@dataclass
class Plan:
    """What a publication changes."""

    index: dict
    made: list[Made]
    rows: list[tuple[str, str, dict]]  # entity, month, report: of what is put in place
    told: list[dict]  # entries of what was staged, in their order


def plan(
    root: Path,
    index: Mapping,
    staged: Sequence[Staged],
    aside: Path,
    records: Records | None,
    left_out: Collection[tuple[str, str]] = (),
) -> Plan:
    """Sets put together below `aside`, and the index after them. Nothing of the archive changes."""
    entries = {(one["month"], one["slug"]): one for one in index["reports"]}
    found = Plan({**index, "months": dict(index["months"])}, [], [], [])
    told: dict[tuple[str, str], dict] = {}
    for month in dict.fromkeys(one.month for one in staged):
        here = [one for one in staged if one.month == month]
        _Month(root, month, found, entries, aside, records).settle(here, told, left_out)
    found.index["reports"] = in_order(entries.values())
    found.told = [told[one.month, one.slug] for one in staged if one.brief is not None]
    return found


class _Month:
    """One month of a plan."""

    def __init__(self, root, month, found, entries, aside, records):
        self.base: Path = root / HIDDEN
        self.month, self.found, self.entries = month, found, entries
        self.aside, self.records = aside / "sets", records
        line = found.index["months"].get(month) or {}
        self.line = {
            **line,
            **{key: list(line.get(key, ())) for key in ("former", "restated", "superseded")},
        }
        self.old: Path | None = self.base / line["set"] if line else None

    def settle(
        self,
        staged: Sequence[Staged],
        told: dict[tuple[str, str], dict],
        left_out: Collection[tuple[str, str]],
    ) -> None:
        what = {one.slug: self._decide(one) for one in staged}
        fresh = [one for one in staged if what[one.slug] in (NEW, REPLACES)]
        beside = [one for one in staged if what[one.slug] == BESIDE]
        before: str | None = self.line.get("set")
        was = {one.slug: self.entries.get((self.month, one.slug)) for one in staged}
        briefs = {  # before anything is moved
            one.slug: (brief_in(self.old / one.slug) if self.old else None, one.brief)
            for one in staged
        }
        new = {one.slug: entry_of(one.folder, self.month, one.slug) for one in [*fresh, *beside]}
        number = self._number("former") if REPLACES in what.values() else None
        parts = sets.parts_of(self.old) if self.old else {}
        renewed = self._sliders(parts, staged, what)
        for one in fresh:
            parts[one.slug] = sets.Part(one.folder)
        gone = before
        if fresh or renewed:
            gone = self._month_set(parts, new, number)
        for one in fresh:
            if (entry := new[one.slug]) is not None:
                versions = list((was[one.slug] or {}).get("versions", ()))
                if what[one.slug] == REPLACES and was[one.slug] is not None and number is not None:
                    version = self._version(was[one.slug], FORMER, number, str(gone))
                    versions.append({**version, "changed": changed(*briefs[one.slug])})
                entry = {**entry, "set": self.line["set"], **one.keys}
                entry |= {"versions": versions} if versions else {}
                self.entries[self.month, one.slug] = entry
        if beside:
            self._beside_set(beside, new, briefs)
        self._others({one.slug for one in staged}, left_out, before)
        for one in staged:
            self._told(one, what[one.slug], new, told)
        if self.line.get("set"):
            kept = {key: value for key, value in self.line.items() if value}
            self.found.index["months"][self.month] = kept

    def _decide(self, one: Staged) -> str:
        there = self.old / one.slug if self.old else None
        if there is None or not there.is_dir():
            return NEW
        if self._same(one, there):
            return SAME
        if not self._closed(one):
            return REPLACES
        newest = self._newest_beside(one.slug)
        return (
            SAME_BESIDE
            if newest and self._same(one, self.base / newest["set"] / one.slug)
            else BESIDE
        )

    def _same(self, one: Staged, there: Path) -> bool:
        if one.brief is None:
            return same_page(one.folder, there, one.by)
        return same_report(one.folder, there)

    def _closed(self, one: Staged) -> bool:
        """`finops close` closes a period of all entities at once, under no entity's name."""
        if one.brief is None or self.records is None:
            return one.closed
        owners = {"", entity_of(one.brief)}
        return any(state_of(self.records, owner, self.month) == "closed" for owner in owners)

    def _newest_beside(self, slug: str) -> dict | None:
        there = [one for one in self.line["restated"] if (self.base / one["set"] / slug).is_dir()]
        return there[-1] if there else None

    def _number(self, kind: str) -> int:
        return max((one["number"] for one in self.line[kind]), default=0) + 1

    def _sliders(
        self, parts: dict[str, sets.Part], staged: Sequence[Staged], what: Mapping[str, str]
    ) -> bool:
        """Slider data go with the report that they are of; whether new ones come to a report that stays."""
        renewed = False
        for one in staged:
            made = [one.folder.parent / name for name in sets.SLIDERS]
            whose = _whose(made[0])
            mine = whose == one.slug and all(path.is_file() for path in made)
            kind = what[one.slug]
            if kind in (NEW, REPLACES) and (mine or self._had(one.slug)):
                for name in sets.SLIDERS:
                    parts.pop(name, None)
            if mine and (kind in (NEW, REPLACES) or (kind == SAME and not self._holds(one.slug))):
                parts |= {path.name: sets.Part(path) for path in made}
                renewed = kind == SAME
        return renewed

    def _had(self, slug: str) -> bool:
        return self.old is not None and _whose(self.old / sets.SLIDERS[0]) == slug

    def _holds(self, slug: str) -> bool:
        """Whether the slider data are there as the index lists them; an index of before lists none."""
        if self.old is None or not self._had(slug):
            return False
        return self.line.get("files") in (None, sets.slider_files(self.old))

    def _month_set(self, parts, new, number) -> str | None:
        """The month's set; what lay there gets a number, or is superseded by one that has all of it. Gives the name of what lay there."""
        listed = [
            new.get(slug) or self.entries.get((self.month, slug))
            for slug, part in parts.items()
            if slug not in sets.SLIDERS
        ]
        page = pages.of_set(self.month, in_order(one for one in listed if one))
        name, sha, kept = self._made(parts, page)
        gone = self.line.get("set")
        gone = kept if gone == name and kept else gone
        if gone and gone != name:
            if number is not None:
                self.line["former"].append({"number": number, "set": gone})
            else:
                self.line["superseded"].append(gone)
        made = self.found.made[-1].folder
        self.line |= {"set": name, "sha256": sha, "files": sets.slider_files(made)}
        return gone

    def _beside_set(self, beside, new, briefs) -> None:
        number = self._number("restated")
        page = pages.of_set(self.month, in_order(one for s in beside if (one := new[s.slug])))
        name, _, _ = self._made({one.slug: sets.Part(one.folder) for one in beside}, page)
        self.line["restated"].append({"number": number, "set": name})
        for one in beside:
            entry = self.entries.get((self.month, one.slug))
            if entry is not None and new[one.slug] is not None:
                version = self._version(new[one.slug], RESTATED, number, name)
                version |= {"changed": changed(*briefs[one.slug]), **one.keys}
                versions = [*entry.get("versions", ()), version]
                self.entries[self.month, one.slug] = {**entry, "versions": versions}

    def _made(self, parts, page) -> tuple[str, str, str | None]:
        folder = self.aside / f"{self.month}-{len(self.found.made)}"
        name, sha = sets.make(folder, self.month, parts, page)
        kept = sets.altered(self.base.parent, name)
        self.found.made.append(Made(folder, name, kept))
        return name, sha, kept

    def _version(self, entry: Mapping, kind: str, number: int, name: str) -> dict:
        place = f"{FORMER}/{number}" if kind == FORMER else f"{RESTATED}{number}"
        what = "former" if kind == FORMER else "restated"
        kept = {key: entry[key] for key in ("status", "headline", "files")}
        return {
            "folder": f"{place}/{entry['slug']}",
            "what": what,
            "number": number,
            "set": name,
            **kept,
        }

    def _others(self, own: set[str], left_out, before: str | None) -> None:
        """What this publication did not renew: marked where the month has another set now, or where it was left out."""
        name = self.line.get("set")
        for (month, slug), entry in list(self.entries.items()):
            if month != self.month or name is None:
                continue
            marked = dict(entry, set=name)
            if slug not in own and (name != before or (month, slug) in left_out):
                made = (brief_in(self.base / str(before) / slug) or {}).get("data_as_of")
                since = {"since": before} | ({"made": made} if made else {})
                marked.setdefault("not_renewed", since)
            self.entries[month, slug] = marked

    def _told(self, one: Staged, kind: str, new, told) -> None:
        """The entry of what was staged, and its row."""
        if one.brief is None:
            return
        entry = self.entries.get((self.month, one.slug))
        if kind == SAME and entry is not None:
            entry = {key: entry[key] for key in entry if key != "not_renewed"} | dict(one.keys)
            self.entries[self.month, one.slug] = entry
        place, name = one.slug, self.line["set"]
        if kind in (BESIDE, SAME_BESIDE):
            newest = (
                self._newest_beside(one.slug) if kind == SAME_BESIDE else self.line["restated"][-1]
            )
            assert newest is not None
            place, name = f"{RESTATED}{newest['number']}/{one.slug}", newest["set"]
            if kind == SAME_BESIDE and entry is not None:
                versions = [
                    {**v, **one.keys} if v["folder"] == place else v
                    for v in entry.get("versions", ())
                ]
                entry = self.entries[self.month, one.slug] = {**entry, "versions": versions}
            lies = new.get(one.slug) or entry_of(self.base / name / one.slug, self.month, one.slug)
            told[self.month, one.slug] = {
                **(lies or {}),
                "slug": place,
                "set": name,
                "beside": True,
            }
        else:
            told[self.month, one.slug] = entry or {}
        if kind in (NEW, REPLACES, BESIDE):
            row = {
                "unit": one.brief["unit"],
                "slug": one.slug,
                "status": one.brief["status"],
                "place": f"{self.month}/{place}",
                "figures": figures_hash(one.brief),
                "set": name,
            }
            if kind == REPLACES and self.line["former"]:
                row["former"] = (
                    f"{self.month}/{FORMER}/{self.line['former'][-1]['number']}/{one.slug}"
                )
            self.found.rows.append((entity_of(one.brief), self.month, row))


def _whose(path: Path) -> str | None:
    """The folder of the report that slider data are of."""
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["slug"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
