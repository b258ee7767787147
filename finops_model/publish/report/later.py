"""What happened since a report: the same fiscal year as of a later day, for the archive's index and the next report (docs/method §9.28).

A published page never changes; the index says beside it where its year stands now.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from ...errors import FinOpsError
from ...facts.daily import entities, warehouse
from ...facts.ledger.store import Ledger
from ...measure.budget import against
from ...measure.entities import own_unit
from ...measure.page_one.types import Later
from ...names import COMPANY
from ...periods import days_between
from ...progress import Progress
from ...published import INDEX, base_of
from ...settings import Settings
from ...simulate import scenarios as simulate
from ...simulate.kept_fits import Fits
from ...wording import changes as words
from ..archive.commit import note
from ..lineage import kept_runs

LEAST = 7  # days past the report's: fewer say nothing new


def later(settings: Settings, brief: Mapping, progress: Progress | None = None) -> Later | None:
    """Where the fiscal year of a report stands on the newest complete day of the ledger.

    Parameters
    ----------
    settings : Settings
        Of the workspace, or of the entity whose report it is.
    brief : Brief
        Of the report, as published.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Later or None
        P10, P50 and P90 of the year from a run of the base scenario on that day, as `finops run`
        makes it (kept runs and fits are used). None where the ledger is complete for less than a
        week past the report's day, or where nothing can be forecast.

    Source
    ------
    docs/method §9.28.
    """
    unit, engine = own_unit(brief, settings), (brief.get("lineage") or {}).get("engine")
    if unit is None or engine in (None, "none") or not brief["forecast"]["months"]:
        return None
    ledger = entities.part(Ledger(settings.path(settings.ledger)), settings)
    day = str(ledger.complete(settings.time_zone).last_day)
    if days_between(brief["data_as_of"], day) < LEAST:
        return None
    daily = warehouse.daily(ledger, settings)
    scenario = settings.path(settings.scenario) if settings.scenario else None

    def made() -> list:
        return simulate.run_many(
            [scenario],
            settings,
            as_of=day,
            daily=daily,
            dials=False,
            fits=Fits(settings.path(settings.ledger)),
            engine=engine,
            progress=progress,
        )

    question = {"as_of": day, "paths": None, "engine": simulate.label(engine)}
    run = kept_runs([scenario], settings, daily, make=made, **question)[0]
    return of_run(run, daily, settings, brief, unit)


def of_run(run, daily: pd.DataFrame, settings: Settings, brief: Mapping, unit: str) -> Later | None:
    """`later` on a run that there is already; None where it does not reach the year's end."""
    name = None if unit == COMPANY else unit
    if name is not None and name not in run.units:
        return None
    year = against.period_of(None, f"{brief['month']}-01", **against.year_how(settings))
    land = against.landing_beside(run, daily, None, year, name)
    if land["p50"] is None:
        return None
    result: Later = {
        "as_of": run.as_of,
        "days": days_between(brief["data_as_of"], run.as_of),
        "period": land["period"],
        "p10": land["p10"],
        "p50": land["p50"],
        "p90": land["p90"],
        "sentence": "",
    }
    return {**result, "sentence": words.stands(result, land, brief["currency"])}


def note_all(
    settings: Settings,
    briefs: Sequence[Mapping],
    published: Sequence[Mapping],
    root: Path,
    progress: Progress | None = None,
) -> list[Later]:
    """Keep `later` of the company's reports (each entity's) with their entries in the archive's index; what is noted.

    briefs, published   of one publication, in one order

    What was published stays so: a run that cannot be made leaves no note, and raises nothing.
    """
    noted: list[Later] = []
    for part in settings.parts():
        for brief, entry in zip(briefs, published, strict=True):
            mine = own_unit(brief, part) == COMPANY and not entry.get("beside")
            if not mine or not newest_of(root, brief["month"]):
                continue
            with contextlib.suppress(FinOpsError):
                if found := later(part, brief, progress):
                    note(root, brief["month"], entry["slug"], later=found)
                    noted.append(found)
    return noted


def newest_of(root: Path, month: str) -> bool:
    """Whether no report of a later month is published: the note of one that has a successor stays as that one read it."""
    index = base_of(root) / INDEX
    entries = json.loads(index.read_text(encoding="utf-8"))["reports"] if index.is_file() else []
    return all(one["month"] <= month for one in entries)
