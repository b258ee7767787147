"""The page of a company of several currencies, beside the reports of its entities (docs/method §7.9, §7.10)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...documents import write_atomic
from ...errors import FinOpsError
from ...measure.books.company import Entity, company
from ...measure.books.rates import rates_of
from ...measure.close import Close
from ...records.states import state_of
from ...records.store import Records
from ...settings import Settings
from ..archive.commit import Staged
from ..archive.layout import newest
from ..page.books.company import page
from ..report.manifest import file_entry
from ..report.publication import marks, sentences
from .company_book import workbook

FOLDER = "company"  # no entity may have this name


def of_entities(settings: Settings) -> bool:
    """Whether finops.yaml names entities in more than one currency, and these settings are of none of them."""
    return settings.own is None and len({one.currency for one in settings.entities}) > 1


def staged(settings: Settings, closes: Sequence[Close], folder: Path) -> tuple[dict, list[Staged]]:
    """Write company.json, company.html, company.xlsx and manifest.json below `folder`, to be published with the month's reports (§14.6).

    Gives what is said of it, {"said"}, with "folder" (its place in the archive) and its figures where it was made, and what is staged.

    closes   of the entities, in their order. A missing rate makes no page and is said; the entities' reports stay as they are.
    """
    if settings.rates is None:
        codes = sorted({one.currency for one in settings.entities})
        return {
            "said": f"There is no page of the company: its entities are in {' and '.join(codes)}, and finops.yaml names no rates. "
            "Write currency: and rates: {plan: [FILE]} (docs/method §7.5)."
        }, []
    try:
        found = content_of(settings, closes)
    except FinOpsError as problem:
        return {"said": f"There is no page of the company: {problem}"}, []
    with Records(settings.path(settings.records)) as records:
        said = marks(records, settings.four_eyes)
        closed = all(
            state_of(records, one.name, closes[0].month) == "closed" for one in settings.entities
        )
    files, manifest = files_of(settings, found, said)
    place = folder / closes[0].month / FOLDER
    for name, data in files.items():
        write_atomic(place / name, data)
    manifest["files"] = {name: file_entry(place / name) for name in sorted(files)}
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    write_atomic(place / "manifest.json", text + "\n")
    made = {
        "folder": f"{closes[0].month}/{FOLDER}",
        "month": found["month"],
        "currency": found["currency"],
        "landing": found["landing"],
        "month_total": found["month_total"],
        "year_total": found["year_total"],
    }
    return made, [Staged(closes[0].month, FOLDER, place, by="company.json", closed=closed)]


def said_of(made: dict, root: Path) -> dict:
    """What is said of the page when it is published: where the newest one lies, beside the published one where the month is closed."""
    if "folder" not in made:
        return made
    place = newest(root, made["month"], FOLDER)
    html = place / "company.html"
    return {"said": f"The company in {made['currency']}: {html}", **made, "folder": str(place)}


def content_of(settings: Settings, closes: Sequence[Close]) -> dict:
    """What the page of these closes says, as company.json has it. Raises FinOpsError where the months differ or a rate is missing."""
    if apart := {close.month for close in closes} - {closes[0].month}:
        raise FinOpsError(
            f"company: the entities' newest months differ ({closes[0].month} and {sorted(apart)[0]}). Name one with --month."
        )
    entities = [
        Entity(one.name, close) for one, close in zip(settings.entities, closes, strict=True)
    ]
    rates = rates_of(settings)
    assert rates is not None
    return {
        **company(entities, rates, settings.calendar_of()),
        "schema": 1,
        "company": settings.company,
        "lineage": {one.name: dict(one.close.lineage) for one in entities},
    }


def files_of(
    settings: Settings, found: Mapping, said: Mapping
) -> tuple[dict[str, bytes | str], dict]:
    """The files of the page, and its manifest but for their hashes.

    found   what it says;  said: the marks of the records
    """
    files: dict[str, bytes | str] = {
        "company.json": json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n",
        "company.html": page(dict(found), settings.company, sentences(said)),
        "company.xlsx": workbook(dict(found), settings.company),
    }
    manifest = {"schema": 1, "company": settings.company, "month": found["month"]}
    return files, manifest | ({"extra": {"records": dict(said)}} if said else {})
