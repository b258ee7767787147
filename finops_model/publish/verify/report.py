"""A published report made again and held against what lies in the archive: `fm.verify`, `finops verify` (docs/method §15.1, §15.5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from ...errors import ReportError, together
from ...measure.brief_types import Brief
from ..archive.layout import Found, find
from ..lineage import code_hash
from ..report.manifest import verify_files
from ..report.publication import entity_of
from . import files, index, sliders, words
from .again import Again, Made
from .chain import Chain
from .ledger import changed_since
from .verdict import Verdict
from .version import NOT_AGAIN, NUMBERS_ONLY, made_with

UNKNOWN = (
    "the rows it was made from are not in this ledger: no number of its deliveries has the ledger's fingerprint of then "
    "({then}), so it was made again from the rows of today"
)
DRAWN = ("seed", "paths", "engine")
INPUTS = ("budgets", "invoices", "organisation", "commitments", "known", "drivers", "scenario")


def check_report(
    path: Path, again: Again, chain: Chain, *, numbers_only: bool = False, name: str = ""
) -> Verdict:
    """What a published report is and what it is when it is made again.

    path   its folder, or a file in it;  name: how it is called in the answer
    Raises ReportError where no published report lies there.
    """
    where = find(Path(path))
    verdict = Verdict(place=name or str(path), month=where.month, numbers_only=numbers_only)
    published = cast(Brief, files.read_json(where.folder / "brief.json"))
    verdict.unit = str(published.get("unit", ""))
    if problems := verify_files(where.folder):
        verdict.files += problems  # what was published is not what lies here: nothing to make again
        return verdict
    verdict.files += index.set_differs(where.root, where.set, where.month)
    manifest = files.read_json(where.folder / "manifest.json")
    verdict.made_with, same_version = made_with(published["lineage"], str(path), numbers_only)
    made = again.close(published, where.root, str(path))
    rebuilt = again.brief(published, made)
    _figures(verdict, published, rebuilt, made, same_version)
    _since(verdict, again, made, published, chain, where)
    if numbers_only:
        verdict.passed.append(NUMBERS_ONLY)
        return verdict
    if not same_version:
        verdict.passed.append(NOT_AGAIN)
        return verdict
    _files(verdict, again, made, published, manifest, where)
    _index(verdict, where)
    verdict.chain += chain.differs(where.folder, manifest)
    verdict.passed += chain.passed(manifest)
    return verdict


def _figures(
    verdict: Verdict, published: Brief, rebuilt: Brief, made: Made, same_version: bool
) -> None:
    for name in DRAWN:
        then, now = (one["lineage"].get(name) for one in (published, rebuilt))
        if then != now:
            verdict.made_with.append(
                f"{name}: {then} when it was published, {now} now (finops.yaml, or its scenario)"
            )
    if not made.then:
        was, now = ((words.billed(one), one["actual"]["by_month"]) for one in (published, rebuilt))
        verdict.bills = words.bills(published["currency"], was, now)
        verdict.made_with.append(UNKNOWN.format(then=str(published["lineage"].get("ledger"))[:12]))
    if verdict.numbers_only or not same_version:  # versions know other keys and other sentences
        moved, gone = words.numbers_of(published, rebuilt)
        verdict.places, verdict.figures = (
            moved,
            words.figures(published, rebuilt, moved) if moved else [],
        )
        if gone:
            verdict.passed.append(
                f"{len(gone)} of its figures this version does not give, the first: {gone[0]}"
            )
        return
    verdict.places = words.places_of(published, rebuilt)
    if verdict.places:
        verdict.figures = words.figures(published, rebuilt, verdict.places)
    else:
        verdict.same.append("every number")
    others = [
        name for name in INPUTS if published["lineage"].get(name) != rebuilt["lineage"].get(name)
    ]
    if others:
        verdict.since.append(
            f"{together(others)}: {'another file' if len(others) == 1 else 'other files'} now than when it was published"
        )


def _since(
    verdict: Verdict, again: Again, made: Made, published: Brief, chain: Chain, where: Found
) -> None:
    """Bills that are other amounts now: said of a report that stays as it is, and what makes any other not verified."""
    if not made.then or not made.later:
        return
    changes = changed_since(made.settings, published)
    if not changes:
        return
    if index.stays(where) or chain.is_closed(entity_of(published), where.month):
        verdict.since += changes
        return
    now = again.close(published, where.root, verdict.place, today=True)
    today = again.brief(published, now)
    places = words.places_of(published, today)
    verdict.bills += changes
    verdict.figures += words.figures(published, today, places)
    verdict.places = verdict.places or places
    verdict.passed.append(
        f"the ledger has {made.later} {'delivery' if made.later == 1 else 'deliveries'} more than when it was published. To publish "
        f"the month as it is now: finops report --month {where.month}"
    )


def _files(
    verdict: Verdict, again: Again, made: Made, published: Brief, manifest: Mapping, where: Found
) -> None:
    try:
        fresh = again.pages(published, manifest, where.folder)
    except ReportError as problem:
        verdict.files.append(f"its page cannot be made again: {str(problem).rstrip('.')}")
        return
    problems, passed = files.compare(where.folder, manifest["files"], fresh)
    if other := files.manifest_differs(manifest, json.loads(fresh["manifest.json"])):
        problems.append(other)
    verdict.passed += passed
    verdict.files += problems
    if not problems:
        verdict.same += [name for name in manifest["files"] if name in fresh]
    wrong = sliders.compare(again, made, published, where.folder.parent, where.root)
    verdict.files += wrong
    if (
        not wrong
        and (where.folder.parent / sliders.JSON).is_file()
        and sliders.freezes(made, published)
    ):
        verdict.same.append("slider data")


def _index(verdict: Verdict, where: Found) -> None:
    problems = index.line_differs(where)
    if not problems:
        verdict.same.append("its line of the index")
    codes = index.codes_of(where.root)
    if codes - {code_hash()}:
        verdict.passed.append(
            "the index pages were not compared: reports of another version are in the archive"
        )
    else:
        problems += index.pages_differ(where.root, where.month, where.set)
    problems += index.notes_differ(where)
    problems += index.besides(where.root, where.month, where.set)
    verdict.files += problems
    verdict.passed += index.unproved(where)
