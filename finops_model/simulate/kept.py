"""Runs kept between sessions, each with a proof of what it was made from (docs/method §11.12).

A kept run is one file in `kept` of the ledger. Its name carries the sha256 of everything that the run depends on, and that of its own bytes:
what was altered, or made from anything else, is not found and made anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from ..documents import sha256_of
from ..facts.daily import kept as facts
from ..facts.daily.kept import hash_of
from ..scenario.document import Scenario
from ..scenario.layering.approved import mark
from ..settings import Settings
from .run import ARRAYS, Run

MOST = 64  # files kept of a kind
TUPLES = ("months", "units", "workloads", "unit_of")
INSIDE = ("root", "notes", "own")  # of the settings: where they lie, what was said of them


class Kept:
    """A folder of runs, and how often it could answer.

    Parameters
    ----------
    root : path
        The ledger; runs lie in its `kept`.
    made_from : dict of str to str
        Hashes that every run of it depends on: settings and their files, code, lock.

    Examples
    --------
    >>> Kept("nowhere", {"code": "1"}).told()
    {'hits': 0, 'misses': 0}
    """

    def __init__(self, root: str | os.PathLike, made_from: Mapping[str, str]):
        self.folder, self.made_from = Path(root) / "kept", dict(made_from)
        self.hits = self.misses = 0

    def run(self, asked: Mapping[str, object], make: Callable[[], Run]) -> Run:
        """The kept run of a question, else a new one, kept.

        Parameters
        ----------
        asked : dict
            What else the run depends on: facts, scenario, day, months, paths, engine; plain values.
        make : callable
            Makes it.

        Returns
        -------
        Run
            The same bits either way; without dials.
        """
        proof = json.dumps({**self.made_from, **asked}, sort_keys=True)
        name = hashlib.sha256(proof.encode()).hexdigest()[:32]
        known = self._read(name, proof)
        if known is not None:
            self.hits += 1
            return known
        self.misses += 1
        made = make()
        self._keep(name, proof, made)
        return made

    def told(self) -> dict[str, int]:
        """How often a run was there, for `--json`."""
        return {"hits": self.hits, "misses": self.misses}

    def _read(self, name: str, proof: str) -> Run | None:
        for place in sorted(self.folder.glob(f"run-{name}-*.npz")):
            try:
                data = place.read_bytes()
                if hash_of(data) != place.stem.rsplit("-", 1)[1]:
                    continue
                with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                    arrays = {one: stored[one] for one in ARRAYS}
                    text = json.loads(bytes(stored["text"]))
                if text.pop("proof") != proof:
                    continue
                text |= {one: tuple(text[one]) for one in TUPLES}
                text["nothing"] = tuple(text["nothing"]) if text["nothing"] else None
                return Run(**text, **arrays, dials={})
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return None

    def _keep(self, name: str, proof: str, run: Run) -> None:
        """Whole or not at all; a folder that cannot be written is no reason to fail."""
        text = {
            one.name: getattr(run, one.name)
            for one in fields(run)
            if one.name not in (*ARRAYS, "dials")
        }
        written = json.dumps({**text, "proof": proof}, default=list).encode()
        into = io.BytesIO()
        arrays = {one: getattr(run, one) for one in ARRAYS}
        np.savez(into, text=np.frombuffer(written, np.uint8), **arrays)  # type: ignore[arg-type]
        keep(self.folder, "run", name, into.getvalue())


def keep(folder: Path, kind: str, name: str, data: bytes) -> None:
    """Put a kept file in place of those of its name, the newest MOST of a kind stay; a folder that cannot be written is no reason to fail."""
    facts.put(folder, kind, name, data, "npz", MOST)


def scenario_hash(scenario: Scenario, settings: Settings) -> str:
    """sha256 of all that a scenario says, its bases, the actions approved, and the bytes of the file of hours that it names.

    Parameters
    ----------
    scenario : Scenario
        As `load_scenario` gives it.
    settings : Settings
        Of the workspace, in whose folder the file lies.

    Returns
    -------
    str
        Hexadecimal.
    """
    named = scenario.base.shapes
    place = Path(settings.root, named) if named else None
    hours = sha256_of(place) if place and place.is_file() else ""
    held = mark(settings)  # "" where nothing is approved
    return hashlib.sha256(f"{scenario.hash} {hours}{held}".encode()).hexdigest()


def settings_hash(settings: Settings) -> str:
    """sha256 of all that settings say, and of every file and folder they name but the bills: these are the facts.

    Parameters
    ----------
    settings : Settings
        Of the workspace, or of one entity.

    Returns
    -------
    str
        Hexadecimal; where the workspace lies does not count.
    """
    said = settings.model_dump(mode="json", exclude=set(INSIDE), warnings=False)
    of = settings.own.name if settings.own else ""
    total = hashlib.sha256(json.dumps([said, of], sort_keys=True).encode())
    for name in (
        "commitments",
        "dated_notes",
        "drivers",
        "known",
        "organisation",
        "prices",
        "scenario",
    ):
        for place in _files(settings, getattr(settings, name)):
            total.update(f"{name} {place.name} {sha256_of(place)}\n".encode())
    return total.hexdigest()


def _files(settings: Settings, given) -> list[Path]:
    """The files of a key: a path, a folder, or patterns; what is not there is none."""
    if not given:
        return []
    places = [settings.path(given)] if isinstance(given, str) else settings.files(given)
    found: list[Path] = []
    for place in places:
        found += (
            sorted(one for one in place.rglob("*") if one.is_file())
            if place.is_dir()
            else [place]
            if place.is_file()
            else []
        )
    return found


def facts_hashes(daily: pd.DataFrame, ends) -> list[str]:
    """sha256 of the daily facts up to each day: rows after it change nothing.

    >>> days = pd.DataFrame({"ChargeDate": pd.to_datetime(["2026-01-01", "2026-02-01"]), "EffectiveCost": [1.0, 2.0]})
    >>> one, two = facts_hashes(days, ["2026-01-31", "2026-02-28"]), facts_hashes(days[:1], ["2026-01-31"])
    >>> one[0] == two[0], one[0] == one[1]
    (True, False)
    """
    rows = pd.util.hash_pandas_object(daily, index=False).to_numpy()
    days = daily["ChargeDate"].to_numpy()
    columns = json.dumps([(name, str(kind)) for name, kind in daily.dtypes.items()])
    hashes = []
    for end in ends:
        complete = min(str(daily.attrs.get("complete") or end), str(end))
        start = hashlib.sha256(f"{columns}{complete}".encode())
        start.update(rows[days <= np.datetime64(end)].tobytes())
        hashes.append(start.hexdigest())
    return hashes
