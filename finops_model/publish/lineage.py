"""What the numbers of a report were made with: hashes of the inputs, of this program, of the packages installed (docs/method §15)."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from .. import resources
from ..documents import sha256_of
from ..facts.ledger.store import Ledger
from ..facts.workspace import fingerprint
from ..scenario.document import load_scenario
from ..settings import Settings
from ..simulate.kept import Kept, scenario_hash, settings_hash
from ..simulate.run import Run

__all__ = ["code_files", "code_hash", "environment", "installed", "kept", "kept_runs", "lineage"]

SUFFIXES = (
    ".css",
    ".html",
    ".j2",
    ".js",
    ".json",
    ".py",
)  # .json: tables beside modules that move numbers
DISTRIBUTION = "finops-model"
REQUIREMENT = re.compile(
    r"([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?(.*)", re.S
)  # name, extras, the rest with its marker
OLDER = re.compile(r"python_version\s*<\s*['\"](\d+)\.(\d+)")
EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


def code_files() -> dict[str, Path]:
    """The files that are the program, by name below the package, in the order of their names: the same in a checkout and in a wheel.

    >>> [name for name in code_files() if name.endswith((".json", ".ipynb"))][:2]
    ['forecasting/widths/pooled_widths.json', 'measure/brief.schema.json']
    """
    places = {name: resources.path(name) for name in (resources.REPORT, resources.DASHBOARD)}
    files = {f"resources/{name}": place for name, place in places.items()}
    for folder, below, names in os.walk(resources.PACKAGE):
        inside = Path(folder).relative_to(resources.PACKAGE)
        # Below resources a checkout has links and a wheel has copies; what counts of them is named above.
        below[:] = (
            []
            if inside.as_posix() == "resources"
            else [name for name in below if name != "__pycache__"]
        )
        files |= {
            (inside / name).as_posix(): Path(folder, name)
            for name in names
            if name.endswith(SUFFIXES)
        }
    return dict(sorted(files.items()))


def code_hash() -> str:
    """sha256 over the program's own files, names included; where they lie on disk does not matter.

    Returns
    -------
    str
        Hexadecimal.

    Examples
    --------
    >>> len(code_hash())
    64
    """
    total = hashlib.sha256()
    for name, place in code_files().items():
        total.update(name.encode() + b"\0" + place.read_bytes() + b"\0")
    return total.hexdigest()


def installed(distribution: str = DISTRIBUTION) -> list[str]:
    """name==version of every distribution that this one needs, directly or not, as installed; sorted. What is not installed is left out.

    Left out too: what only an older Python needs, or an extra nobody asked for. What another system needs is not installed here.
    """
    versions: dict[str, str] = {}
    known: set[tuple[str, str]] = set()
    asked = [(distribution, "")]
    while asked:
        name, extra = asked.pop()
        try:
            package = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        versions[_plain(name)] = package.version
        for line in package.requires or []:
            needed, extras, marker = REQUIREMENT.findall(line)[0]
            only, older = EXTRA.search(marker), OLDER.search(marker)
            if (only is None or only[1] == extra) and not (
                older and sys.version_info[:2] >= (int(older[1]), int(older[2]))
            ):
                more = {
                    (_plain(needed), ""),
                    *((_plain(needed), one.strip()) for one in extras.split(",") if one.strip()),
                } - known
                known |= more
                asked += sorted(more)
    versions.pop(_plain(distribution), None)
    return [f"{name}=={version}" for name, version in sorted(versions.items())]


def _plain(name: str) -> str:
    """The one spelling of a distribution's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def environment() -> str:
    """The packages the numbers were made with: sha256 of requirements.lock beside the program; without one, of what is installed, and it says so."""
    lock = resources.PACKAGE.parent / "requirements.lock"
    if resources.IN_REPOSITORY and lock.is_file():
        return sha256_of(lock)
    packages = installed()
    mark = hashlib.sha256("".join(f"{line}\n" for line in packages).encode()).hexdigest()
    return f"{mark} of {len(packages)} installed packages (no requirements.lock with the program)"


def kept(settings: Settings) -> Kept:
    """Where replays of a workspace are kept, and what all of them depend on: settings, their files, this program, its packages."""
    made_from = {
        "settings": settings_hash(settings),
        "tables": _together(sorted(one for one in tables() if one.is_file())),
        "code": code_hash(),
        "lock": environment(),
        "python": platform.python_version(),
    }
    return Kept(settings.path(settings.ledger), made_from)


def kept_runs(
    scenarios: Sequence,
    settings: Settings,
    daily: pd.DataFrame,
    *,
    make: Callable[[], list[Run]],
    **asked,
) -> list[Run]:
    """The runs of several scenarios on the same facts and draws: those that are kept with proof (docs/method §11.12), else made together and kept.

    daily   all facts, the days after the run's own too;  make: all runs, in their order;  asked: day, paths and engine of the question
    """
    known, made = kept(settings), list[Run]()
    asked |= {
        "facts": fingerprint(daily),
        "complete": daily.attrs.get("complete"),
        "columns": [(name, str(kind)) for name, kind in daily.dtypes.items()],
        "scenarios": [scenario_hash(load_scenario(one), settings) for one in scenarios],
    }

    def one(at: int) -> Run:
        if not made:
            made.extend(make())
        return made[at]

    return [known.run({**asked, "at": at}, partial(one, at)) for at in range(len(scenarios))]


def tables() -> list[Path]:
    """Files of prices and exchange rates that come with the program."""
    return [
        Path(folder, name)
        for one in ("fx", "prices")
        for folder, _, names in os.walk(resources.path(one), followlinks=True)
        for name in names
    ]


def _together(paths: list[Path]) -> str:
    """One hash of several files."""
    return hashlib.sha256("".join(map(sha256_of, paths)).encode()).hexdigest()


def lineage(settings: Settings, ledger: Ledger, run) -> dict:
    """What the numbers were made from: hashes of every input, seed, engine, versions."""
    files = {
        "budgets": settings.budgets,
        "invoices": settings.invoices,
        "organisation": settings.organisation,
        "commitments": settings.commitments,
        "known": settings.known,
        "dated_notes": settings.dated_notes,
    }
    hashes = {
        name: sha256_of(settings.path(place))
        if isinstance(place, str)
        else _together(settings.files(place))
        for name, place in files.items()
        if place
    }
    if settings.drivers:
        hashes["drivers"] = _together(settings.files(settings.drivers))
    return {
        "ledger": ledger.fingerprint(),
        "scenario": run.scenario_hash,
        **hashes,
        "code": code_hash(),
        "lock": environment(),
        "python": platform.python_version(),
        "seed": run.seed,
        "paths": run.paths,
        "engine": run.engine,
    }
