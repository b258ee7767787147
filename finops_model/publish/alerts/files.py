"""Alerts as files: JSON, Markdown and a page of one day, put in place together (docs/method §12.8)."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

from markupsafe import Markup

from ...documents import write_atomic
from ...measure.anomalies.alert import NAMES
from ...measure.anomalies.watch import Watch
from ...measure.words import money
from ...wording import clean
from ..page.html import shell
from ..page.tables import Column, table
from .answers import Answered
from .folder import alone
from .words import headline, markdown, size

NONE: Mapping[str, Answered] = MappingProxyType({})


def publish(
    watch: Watch,
    folder: Path,
    company: str,
    fresh: set[str] | None = None,
    answers: Mapping[str, Answered] = NONE,
) -> Path:
    """Write alerts.json, alerts.md and alerts.html of a day: made aside, put in place by one rename. Returns their folder."""
    root = Path(folder) / "alerts"
    root.mkdir(parents=True, exist_ok=True)
    place = root / watch.as_of
    aside = Path(tempfile.mkdtemp(prefix=f".{watch.as_of}.", dir=root))
    try:
        write_atomic(
            aside / "alerts.json",
            json.dumps(
                as_json(watch, company, fresh, answers),
                ensure_ascii=False,
                allow_nan=False,
                indent=1,
            )
            + "\n",
        )
        write_atomic(aside / "alerts.md", markdown(watch, company))
        write_atomic(aside / "alerts.html", page(watch, company, answers))
        os.chmod(aside, 0o755)
        with alone(folder):
            old = root / f".{watch.as_of}.old"
            shutil.rmtree(old, ignore_errors=True)
            if place.exists():
                os.rename(place, old)
            os.rename(aside, place)
            shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return place


def as_json(
    watch: Watch,
    company: str,
    fresh: set[str] | None = None,
    answers: Mapping[str, Answered] = NONE,
) -> dict:
    """The watch as plain data. `new`: ids that no earlier run has sent; `answered`: what owners said of an alert."""
    alerts = [
        one.as_dict() | ({"answered": asdict(answers[one.id])} if one.id in answers else {})
        for one in watch.alerts
    ]
    return {
        "schema": 1,
        "company": company,
        "as_of": watch.as_of,
        "since": watch.since,
        "currency": watch.currency,
        "basis": "Effective",
        "money_floor": watch.money_floor,
        "headline": headline(watch),
        "over": sum(max(one.severity, 0.0) for one in watch.alerts),
        "accepted": watch.accepted,
        "new": sorted(fresh) if fresh is not None else [one["id"] for one in alerts],
        "alerts": alerts,
        "notes": list(watch.notes),
    }


def page(watch: Watch, company: str, answers: Mapping[str, Answered] = NONE) -> str:
    """The alerts as one HTML page in the look of the reports; every text from outside is escaped."""
    columns = [
        Column("Money"),
        Column("Kind", False),
        Column("What happened", False, True),
        Column("What moved", False, True),
        Column("Owner", False, True),
        Column("To do", False, True),
        Column("Id", False),
    ]
    rows = [
        [
            size(one, watch.currency),
            NAMES[one.kind],
            clean(one.what) + (" It goes on." if one.ongoing else ""),
            clean(one.why),
            clean(one.owner) + (f"; {answers[one.id].words()}" if one.id in answers else ""),
            clean(one.do),
            one.id,
        ]
        for one in watch.alerts
    ]
    title = f"{clean(company)} · AI spend alerts · {watch.as_of}"
    quiet = f"{watch.accepted} recorded as expected and kept quiet. " if watch.accepted else ""
    head = Markup('<p class="over">{}</p><h1>{}</h1>').format(
        f"{clean(company)} · data up to {watch.as_of}", headline(watch)
    )
    body = (
        table(
            columns,
            rows,
            caption="Alerts, the most money first",
            note=f"{quiet}Days {watch.since} to {watch.as_of}; from "
            f"{money(watch.money_floor, watch.currency)} a day.",
            name="alerts",
        )
        if rows
        else ""
    )
    return shell(
        title,
        head + body,
        (("alerts.json", "Alerts as JSON"), ("alerts.md", "as text")),
        f"{clean(company)} · data up to {watch.as_of}",
    )
