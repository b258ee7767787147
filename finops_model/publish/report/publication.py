"""Where each report of a publication goes, and the records' rows that say so (docs/method §14.6).

What was published is never lost: a month that is published again with other content keeps the former files beside it, and the files of
a closed month stay at their place, with what is told now beside them.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...documents import sha256_of, write_atomic
from ...errors import RecordsError, ReportError
from ...measure.brief_types import Brief
from ...records.rows import GENESIS, Record
from ...records.states import FOUR_EYES_OFF, state_of
from ...records.store import Records
from .briefs import figures_hash
from .manifest import against_manifest, file_entry

FORMER, RESTATED = ".versions", "restated-"  # folders of a month, both numbered


@dataclass(frozen=True)
class Place:
    """A report of a publication: where it was made, where it lies in the end."""

    brief: Brief
    fresh: Path
    target: Path
    former: Path | None = None  # where the files that lay there go
    there: bool = False  # the same content lies there already

    def as_dict(self, root: Path) -> dict:
        """As it stands in a row: places below the archive."""
        return {
            "unit": self.brief["unit"],
            "slug": self.brief["slug"],
            "status": self.brief["status"],
            "place": self.target.relative_to(root).as_posix(),
            "figures": figures_hash(self.brief),
            **({"former": self.former.relative_to(root).as_posix()} if self.former else {}),
        }


def entity_of(brief: Brief) -> str:
    """The entity whose report it is; "" where the company names none."""
    entity = brief.get("entity")
    return str(entity["name"]) if entity else ""


def marks(records: Records | None, four_eyes: bool = True) -> dict:
    """What stands on page, workbook and manifest of a report besides its brief: the chain's head, and that one person may do it all."""
    head = records.head if records is not None else GENESIS
    said = {"head": head} if head != GENESIS else {}
    return said | ({} if four_eyes else {"four_eyes": "off"})


def sentences(said: Mapping) -> list[str]:
    """Marks in words, for a page, a workbook, a mail.

    >>> sentences({"head": "4f" * 32})
    ['Chain head 4f4f4f4f4f4f4f4f: finops audit --expect 4f4f4f4f4f4f4f4f.']
    """
    head = str(said.get("head", ""))[:16]
    lines = [f"Chain head {head}: finops audit --expect {head}."] if head else []
    return lines + ([FOUR_EYES_OFF] if said.get("four_eyes") == "off" else [])


def places(
    root: Path, briefs: Sequence[Brief], fresh: Sequence[Path], records: Records | None
) -> list[Place]:
    """Where these reports go. One number per month for what goes beside: they belong together."""
    found = []
    numbers: dict[tuple[Path, str], Path] = {}

    def beside(month: Path, kind: str) -> Path:
        return numbers.setdefault((month, kind), _next(month, kind))

    for brief, made in zip(briefs, fresh, strict=True):
        month = root / brief["month"]
        one = Place(brief, made, month / brief["slug"])
        # `finops close` closes a period of all entities at once, under no entity's name
        closed = records is not None and any(
            state_of(records, entity, brief["month"]) == "closed"
            for entity in {"", entity_of(brief)}
        )
        if not one.target.exists():
            found.append(one)
        elif same(made, one.target):
            found.append(replace(one, there=True))
        elif not closed:
            found.append(replace(one, former=beside(month, FORMER) / brief["slug"]))
        else:
            before = [folder / brief["slug"] for folder in numbered(month, RESTATED)]
            before = [folder for folder in before if folder.is_dir()]
            if before and same(made, before[-1]):
                found.append(replace(one, target=before[-1], there=True))
            else:
                found.append(replace(one, target=beside(month, RESTATED) / brief["slug"]))
    return found


def numbered(month: Path, kind: str) -> list[Path]:
    """The folders of a month for former or restated reports, in their order."""
    parent, prefix = (month / FORMER, "") if kind == FORMER else (month, RESTATED)
    if not parent.is_dir():
        return []
    found = [
        path
        for path in parent.iterdir()
        if path.is_dir()
        and path.name.startswith(prefix)
        and path.name[len(prefix) :].isascii()
        and path.name[len(prefix) :].isdigit()
    ]
    return sorted(found, key=lambda path: int(path.name[len(prefix) :]))


def _next(month: Path, kind: str) -> Path:
    last = [int(path.name.removeprefix(RESTATED)) for path in numbered(month, kind)][-1:]
    number = (last[0] if last else 0) + 1
    return month / FORMER / str(number) if kind == FORMER else month / f"{RESTATED}{number}"


def same(made: Path, there: Path) -> bool:
    """Whether the report that lies there is whole and says the same; another head of the chain is no other content."""
    try:
        left, right = (
            json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            for folder in (made, there)
        )
        for one in (left, right):
            one.pop("files", None)
            one.get("extra", {}).get("records", {}).pop("head", None)
            if one.get("extra", {}).get("records") == {}:
                one["extra"].pop("records")
            if one.get("extra") == {}:
                one.pop("extra")
        return left == right and not against_manifest(there)
    except (OSError, ValueError, AttributeError):
        return False


@contextlib.contextmanager
def put(
    root: Path, found: Sequence[Place], records: Records | None, archive: str
) -> Iterator[None]:
    """Rows pending before, folders in place, and what is done inside; then rows on what of it lies there, also where it was cut off.

    Raises ReportError where a rename fails.
    """
    pending = _pending(root, [one for one in found if not one.there], records, archive)
    try:
        for one in found:
            if not one.there:
                _put(one)
        yield
    finally:
        done(root, pending, records)


def done(root: Path, pending: Sequence[Record], records: Records | None, reason: str = "") -> None:
    """Say of each pending row what of it lies at its place: done, and void for the rest."""
    if records is None or not pending:
        return
    with records.transaction():
        for row in pending:
            there = [one for one in row.body["reports"] if _lies(root, one)]
            gone = [one for one in row.body["reports"] if one not in there]
            for state, reports in (("done", there), ("void", gone)):
                if reports:
                    body = {
                        "state": state,
                        "of": row.id,
                        "reports": [_told(root, one) for one in reports],
                    }
                    body |= {"reason": reason} if reason else {}
                    records.append("publication", body, row.entity, row.period)


def waiting(records: Records, archive: str) -> list[Record]:
    """Publications of an archive that were begun, and nobody said how they ended."""
    rows = records.read("publication")
    ended = {row.body.get("of") for row in rows}
    return [
        row
        for row in rows
        if row.body.get("state") == "pending"
        and row.body.get("archive") == archive
        and row.id not in ended
    ]


def bring_back(root: Path, pending: Sequence[Record]) -> None:
    """A report that was moved aside for one that never came goes back to its place."""
    for row in pending:
        for one in row.body["reports"]:
            former = one.get("former")
            if former and not (root / one["place"]).exists() and (root / former).is_dir():
                os.rename(root / former, root / one["place"])


def check_writable(records: Records) -> None:
    """Raises RecordsError before the long part where no row could be written."""
    if not records.writable:
        raise RecordsError(
            f"{records.path}: it can only be read, so no publication can be recorded. Give this account the right to write it, or "
            "publish into a folder of your own: --out."
        )


def keep(
    target: Path, files: Mapping[str, bytes | str], manifest: dict, closed: bool, by: str
) -> Path:
    """Write the files of a folder of a month that is no unit's report, and its manifest, by the rules of reports; gives where they lie.

    by   the file that says everything: where it is the same, and the marks of the manifest are, nothing changes
    """
    month = target.parent
    places = [target, *(folder / target.name for folder in numbered(month, RESTATED))]
    newest = [place for place in places if place.is_dir()][-1:] if closed else [target]
    if newest and _holds(newest[0], files[by], by, manifest):
        return newest[0]
    if target.is_dir() and closed:
        target = _next(month, RESTATED) / target.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=month, prefix=f".{target.name}.") as folder:
        fresh = Path(folder) / target.name
        for name, data in files.items():
            write_atomic(fresh / name, data)
        listed = {name: file_entry(fresh / name) for name in sorted(files)}
        text = json.dumps(
            {**manifest, "files": listed}, ensure_ascii=False, indent=1, sort_keys=True
        )
        write_atomic(fresh / "manifest.json", text + "\n")
        former = _next(month, FORMER) / target.name if target.is_dir() else None
        _swap(fresh, target, former)
    return target


def _holds(place: Path, data: bytes | str, name: str, manifest: dict) -> bool:
    """Whether a folder is whole and its file `name` says the same."""
    try:
        raw = data.encode("utf-8") if isinstance(data, str) else data
        there = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
        whole = all(
            sha256_of(place / one) == entry["sha256"] for one, entry in there["files"].items()
        )
        return (
            whole
            and (place / name).read_bytes() == raw
            and _four_eyes(there) == _four_eyes(manifest)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _four_eyes(manifest: dict):
    return manifest.get("extra", {}).get("records", {}).get("four_eyes")


def _pending(root, found, records, archive) -> list[Record]:
    if records is None or not found:
        return []
    groups: dict[tuple[str, str], list[dict]] = {}
    for one in found:
        key = (entity_of(one.brief), one.brief["month"])
        groups.setdefault(key, []).append(one.as_dict(root))
    with records.transaction():
        return [
            records.append(
                "publication",
                {"state": "pending", "archive": archive, "reports": reports},
                entity,
                month,
            )
            for (entity, month), reports in groups.items()
        ]


def _lies(root: Path, one: dict) -> bool:
    try:
        listed = json.loads((root / one["place"] / "manifest.json").read_text(encoding="utf-8"))
        return listed["figures"] == one["figures"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _told(root: Path, one: dict) -> dict:
    path = root / one["place"] / "manifest.json"
    return {**one, "manifest": sha256_of(path)} if _lies(root, one) else one


def _put(one: Place) -> None:
    """The new folder in its place, what lay there beside it first; a failure puts it back."""
    one.target.parent.mkdir(parents=True, exist_ok=True)
    _swap(one.fresh, one.target, one.former)
    if one.former is not None:
        for path in one.target.parent.glob("dashboard.*"):  # the sliders of what was published
            if not (one.former.parent / path.name).exists():
                shutil.copyfile(path, one.former.parent / path.name)


def _swap(fresh: Path, target: Path, former: Path | None) -> None:
    if former is not None:
        former.parent.mkdir(parents=True, exist_ok=True)
        os.rename(target, former)
    try:
        os.rename(fresh, target)
    except OSError as problem:
        if former is not None:
            os.rename(former, target)
        raise ReportError(
            f"{target}: the report could not be put in place ({problem.strerror}). The one before is unchanged."
        ) from None
