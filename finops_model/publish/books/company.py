"""The page of a company of several currencies, beside the reports of its entities (docs/method §7.9, §7.10)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ...errors import FinOpsError
from ...measure.books.company import Entity, company
from ...measure.books.rates import rates_of
from ...measure.close import Close
from ...records.states import state_of
from ...records.store import Records
from ...settings import Settings
from ..page.books.company import page
from ..report.publication import keep, marks, sentences
from .company_book import workbook

FOLDER = "company"  # no entity may have this name


def of_entities(settings: Settings) -> bool:
    """Whether finops.yaml names entities in more than one currency, and these settings are of none of them."""
    return settings.own is None and len({one.currency for one in settings.entities}) > 1


def publish(settings: Settings, closes: Sequence[Close], root: Path) -> dict:
    """Write company.json, company.html, company.xlsx and manifest.json of a month; what is said of it: {"said"}, with "folder" where it was made.

    Former files are kept, and those of a month that is closed for every entity stay (§14.6).

    closes   of the entities, in their order. A missing rate makes no page and is said; the entities' reports stay as they are.
    """
    if settings.rates is None:
        codes = sorted({one.currency for one in settings.entities})
        return {
            "said": f"There is no page of the company: its entities are in {' and '.join(codes)}, and finops.yaml names no rates. "
            "Write currency: and rates: {plan: [FILE]} (docs/method §7.5)."
        }
    entities = [
        Entity(one.name, close) for one, close in zip(settings.entities, closes, strict=True)
    ]
    try:
        if apart := {close.month for close in closes} - {closes[0].month}:
            raise FinOpsError(
                f"company: the entities' newest months differ ({closes[0].month} and {sorted(apart)[0]}). Name one with --month."
            )
        rates = rates_of(settings)
        assert rates is not None
        found = company(entities, rates, settings.calendar_of())
    except FinOpsError as problem:
        return {"said": f"There is no page of the company: {problem}"}
    folder = root / closes[0].month / FOLDER
    found = {
        **found,
        "schema": 1,
        "company": settings.company,
        "lineage": {one.name: dict(one.close.lineage) for one in entities},
    }
    with Records(settings.path(settings.records)) as records:
        said = marks(records, settings.four_eyes)
        closed = all(state_of(records, one.name, closes[0].month) == "closed" for one in entities)
    files: dict[str, bytes | str] = {
        "company.json": json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n",
        "company.html": page(found, settings.company, sentences(said)),
        "company.xlsx": workbook(found, settings.company),
    }
    manifest = {"schema": 1, "company": settings.company, "month": found["month"]}
    manifest |= {"extra": {"records": said}} if said else {}
    folder = keep(folder, files, manifest, closed, by="company.json")
    return {
        "said": f"The company in {found['currency']}: {folder / 'company.html'}",
        "folder": str(folder),
        "month": found["month"],
        "currency": found["currency"],
        "landing": found["landing"],
        "month_total": found["month_total"],
        "year_total": found["year_total"],
    }
