"""How far a command's figures are from the published report: its day, its landing, its chance (docs/method §9.6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import FinOpsError
from ..measure.entities import own_unit
from ..names import COMPANY
from ..periods import MONTH, add_months, month_days
from ..published import base_of
from ..settings import Settings
from ..wording import day
from ..wording import landing as landing_words
from .report.briefs import load_brief


@dataclass(frozen=True)
class Published:
    """What a published report says of its fiscal year."""

    month: str
    as_of: str  # the newest day of its data
    currency: str
    headline: str
    landing: Mapping  # of its brief
    engine: str | None = None  # that made its numbers

    def told(self, what: str, as_of: str, land: Mapping | None = None) -> str:
        """One sentence: the report's year, and that of `what` on its own day. land: of the same year; None: it has none."""
        return landing_words.beside_published(self.as_dict(), as_of, land, self.currency, what)

    def said(self) -> str:
        """What the report says of its year, with its day."""
        return f"The report {self.month} (as of {day(self.as_of)}) says: {self.headline}"

    def as_dict(self) -> dict:
        return {"month": self.month, "as_of": self.as_of, "landing": self.landing}

    def beside(self, land: Mapping | None = None) -> dict:
        """The same as plain values, for --json: `period`, `p50`, `overrun_probability` as published, and `now` with `change`, a share of it."""
        then, now = self.landing, None
        same = land is not None and all(land.get(k) == then.get(k) for k in ("period", "last"))
        if land is not None and same and then["p50"] is not None:
            now = land["p50"]
        return {
            "month": self.month,
            "as_of": self.as_of,
            "headline": self.headline,
            **{key: then[key] for key in ("period", "p50", "budget", "overrun_probability")},
            "now": now,
            "change": now / then["p50"] - 1 if now is not None and then["p50"] else None,
        }


def published(settings: Settings, as_of: str, unit: str = COMPANY) -> Published | None:
    """The newest published report of a unit whose data end by `as_of`, else the newest there is; None where nothing is published.

    What lies there and cannot be read as a report is none (`finops verify` says why).
    """
    reports = []
    for path in sorted(base_of(settings.path(settings.reports)).glob("[0-9]*/*/brief.json")):
        try:
            brief = load_brief(path)
            if own_unit(brief, settings) == unit and brief["currency"] == settings.currency:
                reports.append(
                    Published(
                        brief["month"],
                        str(brief["data_as_of"]),
                        brief["currency"],
                        brief["headline"],
                        brief["landing"],
                        (brief.get("lineage") or {}).get("engine"),
                    )
                )
        except (FinOpsError, OSError, KeyError, TypeError, ValueError):
            continue
    reports.sort(key=lambda one: (one.month, one.as_of))
    return next(
        (one for one in reversed(reports) if one.as_of <= as_of), reports[-1] if reports else None
    )


def engine_of(report: Published | None, month: str | None) -> str | None:
    """The engine that made the report of the month that is asked for: another has draws of its own. None: whichever is the default."""
    return (
        report.engine
        if report is not None and month == report.month and report.engine != "none"
        else None
    )


def sentence(report: Published | None, what: str, as_of: str, land: Mapping | None = None) -> str:
    """`Published.told`, or that there is none."""
    return landing_words.NOT_PUBLISHED if report is None else report.told(what, as_of, land)


def earlier(settings: Settings, month: str, reports: Path | None = None) -> dict:
    """The briefs published for the month before, by unit: frozen forecasts to be graded (docs/method §11)."""
    folder = base_of(reports or settings.path(settings.reports)) / add_months(month, -1)
    published = {}
    for path in sorted(folder.glob("*/brief.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        unit = own_unit(document, settings)
        if unit and document.get("data_as_of") == str(month_days(add_months(month, -1))[-1]):
            published[unit] = document
    return published


def last_reports(settings: Settings, month: str, reports: Path | None = None) -> dict:
    """`reported` and `later` of a close: by unit the newest reports of a month before this one, and what the index says of them since."""
    root = base_of(reports or settings.path(settings.reports))
    found: dict[str, dict] = {"reported": {}, "later": {}}
    folders = [each for each in root.glob("[0-9]*") if MONTH.fullmatch(each.name)]
    for folder in sorted(folders, key=lambda each: each.name, reverse=True):
        if folder.name >= month:
            continue
        notes = _notes(root, folder.name)
        for path in sorted(folder.glob("*/brief.json")):
            document = json.loads(path.read_text(encoding="utf-8"))
            unit = own_unit(document, settings)
            if unit is None or document.get("currency") != settings.currency:
                continue
            found["reported"][unit] = document
            if note := notes.get(path.parent.name):
                found["later"][unit] = note
        if found["reported"]:
            break
    return found


def _notes(root: Path, month: str) -> dict[str, dict]:
    """{slug: `later`} of the index's entries of a month."""
    index = root / "index.json"
    entries = json.loads(index.read_text(encoding="utf-8"))["reports"] if index.is_file() else []
    return {one["slug"]: one.get("later") for one in entries if one["month"] == month}
