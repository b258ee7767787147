"""The page of a company of several currencies made again and held against what lies in the archive (docs/method §15.5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ...errors import FinOpsError, several
from ...measure.restated import CENT
from ..archive import layout
from ..books import company as books
from ..report.briefs import lookup
from ..report.manifest import compare_briefs, file_entry
from . import files, index, words
from .again import Again
from .chain import Chain
from .verdict import Verdict
from .version import NOT_AGAIN, NUMBERS_ONLY, made_with

BY = "company.json"  # the file that says everything
FIGURES = (
    ("month_total/actual", "cost of the month"),
    ("year_total/actual", "year to date"),
    ("landing/p50", "median landing of the year"),
    ("landing/p10", "P10 of the landing"),
    ("landing/p90", "P90 of the landing"),
)


def check_company(
    path: Path, again: Again, chain: Chain, *, numbers_only: bool = False, name: str = ""
) -> Verdict:
    """What the page of a month is and what it is when it is made again from its entities' closes.

    path   its folder;  name: how it is called in the answer
    """
    folder = Path(path).resolve()
    verdict = Verdict(place=name or str(path), unit="all entities", numbers_only=numbers_only)
    manifest = files.read_json(folder / "manifest.json")
    if problems := _against_manifest(folder, manifest):
        verdict.files += problems
        return verdict
    published = files.read_json(folder / BY)
    verdict.month = str(published.get("month", ""))
    try:
        made_from = published["lineage"]
        parts = [(one.name, made_from[one.name]) for one in again.settings.entities]
    except (KeyError, TypeError):
        verdict.files.append(f"{BY} does not name the entities of finops.yaml")
        return verdict
    verdict.made_with, same = made_with(parts[0][1], str(path), numbers_only)
    root = layout.archive_of(folder)[0]
    closes = [
        again.close({**published, "lineage": of, "entity": {"name": entity}}, root, str(path)).close
        for entity, of in parts
    ]
    try:
        found = json.loads(json.dumps(books.content_of(again.settings, closes)))
    except FinOpsError as problem:
        verdict.figures.append(f"it cannot be made again: {str(problem).rstrip('.')}")
        return verdict
    _figures(verdict, published, found)
    if numbers_only or not same:
        verdict.passed.append(NUMBERS_ONLY if numbers_only else NOT_AGAIN)
        return verdict
    marks = (manifest.get("extra") or {}).get("records") or {}
    made, said = books.files_of(again.settings, published, marks)
    fresh = {
        file: data.encode("utf-8") if isinstance(data, str) else data for file, data in made.items()
    }
    problems, verdict.passed[:] = files.compare(folder, manifest["files"], fresh)
    if other := files.manifest_differs(manifest, said):
        problems.append(other)
    verdict.files += problems
    if not problems:
        verdict.same += manifest["files"]
    name_of_set = folder.parent.name if layout.SET.fullmatch(folder.parent.name) else None
    verdict.files += index.set_differs(root, name_of_set, verdict.month)
    verdict.chain += chain.marks_differ(manifest)
    verdict.passed += chain.passed(manifest)
    return verdict


def _figures(verdict: Verdict, published: Mapping, found: Mapping) -> None:
    if verdict.numbers_only:
        verdict.places, _ = words.numbers_of(published, found)
    else:
        verdict.places = [
            line
            for line in compare_briefs(published, found, most=None)
            if not line.startswith(words.MADE_OF)
        ]
    if not verdict.places:
        verdict.same.append("every number")
        return
    currency = str(published.get("currency", ""))
    for path, what in FIGURES:
        try:
            then, now = (float(lookup(one, path)) for one in (published, found))
        except (KeyError, TypeError, ValueError):
            continue
        if abs(now - then) >= CENT:
            verdict.figures.append(
                f"{what}: {then:,.2f} {currency} was published, {now:,.2f} {currency} now"
            )
    left = len(verdict.places) - len(verdict.figures)
    verdict.figures += verdict.places[: words.RAW] if not verdict.figures else []
    if left > 0 and len(verdict.places) > words.RAW:
        verdict.figures.append(
            f"and {several(left, 'more figure')} of the page that follow from these"
        )


def _against_manifest(folder: Path, manifest: Mapping) -> list[str]:
    """What is wrong with the files of the page: it has no line in the index."""
    listed = manifest.get("files")
    if not isinstance(listed, dict):
        return ["manifest.json is not a manifest"]
    problems = []
    for name, entry in sorted(listed.items()):
        path = folder / Path(name).name
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif file_entry(path) != entry:
            problems.append(
                f"{name} was changed after it was published: its sha256 is not the one in the manifest"
            )
    return problems + [
        f"{path.name} is not part of the published page"
        for path in sorted(folder.iterdir())
        if path.name not in listed and path.name != "manifest.json"
    ]
