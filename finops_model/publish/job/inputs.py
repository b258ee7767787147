"""What a month's publication is made of, as one hash that is known before anything is computed (docs/method §15.42).

Too much is in it rather than too little: a file that is named and not used makes the month be computed again; what is missing here would
leave a month as it was although its numbers moved.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...documents import sha256_of
from ...facts.ledger.store import Ledger
from ...published import base_of
from ...scenario.document import load_scenario
from ...scenario.layering.approved import files_of
from ...settings import Settings
from ...simulate.kept import scenario_hash
from ..lineage import code_hash, environment, tables

OURS = ("root", "notes", "own", "base")  # of the settings: where they lie, what was said of them
WRITTEN = ("ledger", "runs", "reports", "records", "books")  # folders that are written, not read
FACTS = ("bills", "usage_facts")  # what the ledger holds of them counts; usage that is booked


def fingerprint(settings: Settings, ledger: Ledger, months: Sequence[str], archive: Path) -> str:
    """sha256 of everything that the reports of these months are made of: facts, settings, files they name, former reports, this program.

    settings  of the whole company;  ledger: with its bills taken in;  archive: where the reports go
    """
    total = hashlib.sha256()
    for name, value in _parts(settings, ledger, months, archive):
        total.update(json.dumps([name, value]).encode())
    return total.hexdigest()


def _parts(
    settings: Settings, ledger: Ledger, months: Sequence[str], archive: Path
) -> Iterator[tuple]:
    yield "months", list(months)
    yield "facts", ledger.fingerprint()
    yield "deliveries", _tree(settings.path(settings.ledger) / "manifest")
    yield "usage", _tree(settings.path(settings.usage_facts))
    said = settings.model_dump(mode="json", exclude={*OURS, *WRITTEN}, warnings=False)
    yield "settings", said
    yield "own", settings.own.name if settings.own else ""
    yield "files", _named(settings, {key: said[key] for key in said if key not in FACTS})
    for part in settings.parts():
        for name in [part.scenario, *part.what_ifs]:
            if name:
                place = part.path(name)
                yield "scenario", [name, scenario_hash(load_scenario(place), part)]
        yield "actions", files_of(part)
    yield "before", _before(archive, min(months))
    yield "program", [code_hash(), environment(), platform.python_version()]
    yield "engine", os.environ.get("FINOPS_ENGINE") or ""
    yield "tables", [[one.name, sha256_of(one)] for one in sorted(tables()) if one.is_file()]


def _named(settings: Settings, said: Any) -> list[list[str]]:
    """Every file that a text of the settings names, as a path, a folder or a pattern, with its sha256."""
    found = {}
    for text in _texts(said):
        if not text or len(text) > 1000 or "\0" in text or text in (".", ".."):
            continue
        place = settings.path(text)
        places = [place] if os.path.lexists(place) else map(Path, glob.glob(str(place)))
        for one in places:
            inside = sorted(one.rglob("*")) if one.is_dir() else [one]
            for file in inside:
                if file.is_file():
                    found[os.path.relpath(file, settings.root)] = sha256_of(file)
    return [[name, found[name]] for name in sorted(found)]


def _texts(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    elif isinstance(said, Mapping):
        for value in said.values():
            yield from _texts(value)
    elif isinstance(said, list):
        for value in said:
            yield from _texts(value)


def _tree(folder: Path) -> list[list[str]]:
    """Every file below a folder with its sha256; none where there is none."""
    return [
        [file.relative_to(folder).as_posix(), sha256_of(file)]
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    ]


def _before(archive: Path, month: str) -> list:
    """What was published of earlier months: forecasts to be graded, figures that may have been restated."""
    try:
        index = base_of(archive) / "index.json"
        listed = json.loads(index.read_text(encoding="utf-8"))["reports"]
        return sorted(
            [
                str(one["month"]),
                str(one["slug"]),
                str(one["files"]["brief.json"]["sha256"]),
                json.dumps(one.get("later"), sort_keys=True),
            ]
            for one in listed
            if str(one["month"]) < month
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
