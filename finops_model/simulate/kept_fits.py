"""Fits of demand, and those kept between sessions, each with a proof of what it was made from (docs/method §11.13).

A kept fit is one file in `kept` of the ledger. Its name carries the sha256 of everything that the fit depends on (the series, horizon, seed,
methods, the code of forecasting, versions of what it stands on), and that of its own bytes: what was altered is said and made anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
from collections.abc import Callable
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np

from .. import forecasting
from ..errors import ForecastError
from ..facts.daily.kept import hash_of
from ..forecasting.widths.demand import Demand, fit_demand
from ..progress import Progress
from ..scenario.ledger_base import Facts
from ..scenario.volumes import too_little
from .kept import keep

FORM = 1  # of a file; raise it where what stands in one changes
ARRAYS = ("median", "level_sd", "extra_variance", "phi", "sigma", "loading")
LIBRARIES = ("numpy", "scipy", "pandas", "prophet", "holidays")


class Fits:
    """A folder of fits, how often it could answer, and what is said of a file that is not what was kept.

    Parameters
    ----------
    root : path
        The ledger; fits lie in its `kept`. Where there is no ledger nothing is kept.

    Examples
    --------
    >>> Fits("nowhere").told()
    {'hits': 0, 'misses': 0}
    """

    def __init__(self, root: str | os.PathLike):
        self.root = Path(root)
        self.folder = self.root / "kept"
        self.hits = self.misses = 0
        self.notes: list[str] = []

    def demand(
        self, volume: np.ndarray, dates: np.ndarray, asked: dict, make: Callable[[], Demand]
    ) -> Demand:
        """The kept fit of a question, else a new one, kept.

        Parameters
        ----------
        volume : array (day, workload)
            The series; every bit of them counts.
        dates : array (day,) datetime64[D]
            Their days.
        asked : dict
            What else the fit depends on: names, days ahead, seed, methods; plain values.
        make : callable
            Makes it. One with caps or uncertain numbers is not kept: these are what people know.

        Returns
        -------
        Demand
            The same bits either way.
        """
        proof = json.dumps({**asked, **_made_with(), "series": _series(volume, dates)}, sort_keys=True)  # fmt: skip
        name = hashlib.sha256(proof.encode()).hexdigest()[:32]
        known = self._read(name, proof)
        if known is not None:
            self.hits += 1
            return known
        self.misses += 1
        made = make()
        if made.cap is None and not made.uncertain:
            self._keep(name, proof, made)
        return made

    def told(self) -> dict[str, int]:
        """How often a fit was there."""
        return {"hits": self.hits, "misses": self.misses}

    def _read(self, name: str, proof: str) -> Demand | None:
        for place in sorted(self.folder.glob(f"fit-{name}-*.npz")):
            try:
                data = place.read_bytes()
                if hash_of(data) != place.stem.rsplit("-", 1)[1]:
                    raise ValueError
                with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                    arrays = {one: stored[one] for one in ARRAYS}
                    dates = stored["dates"].astype("datetime64[D]")
                    text = json.loads(bytes(stored["text"]))
                if text["proof"] != proof:
                    raise ValueError
                return Demand(
                    names=tuple(text["names"]),
                    dates=dates,
                    weights=tuple(text["weights"]),
                    yearly=tuple(text["yearly"]),
                    **arrays,
                )
            except (OSError, ValueError, KeyError, TypeError):
                self.notes.append(
                    f"{place}: this kept fit is not what was kept: it is made anew. Nothing else is touched."
                )
        return None

    def _keep(self, name: str, proof: str, made: Demand) -> None:
        """Whole or not at all; a folder that cannot be written is no reason to fail."""
        if not self.root.is_dir():
            return
        text = {"proof": proof, "names": made.names, "weights": made.weights, "yearly": made.yearly}
        into = io.BytesIO()
        np.savez(
            into,
            text=np.frombuffer(json.dumps(text).encode(), np.uint8),
            dates=made.dates.astype("datetime64[D]").astype(np.int64),
            **{one: getattr(made, one) for one in ARRAYS},
        )
        keep(self.folder, "fit", name, into.getvalue())


def _series(volume: np.ndarray, dates: np.ndarray) -> str:
    """sha256 of the series, with their shape and days."""
    days = np.asarray(dates, "datetime64[D]").astype(np.int64)
    total = hashlib.sha256(f"{volume.dtype} {volume.shape}".encode())
    total.update(np.ascontiguousarray(volume).tobytes() + days.tobytes())
    return total.hexdigest()


@cache
def _made_with() -> dict:
    """The code that fits, and the versions of what it stands on: of this process, so once."""
    package = Path(forecasting.__file__).parent
    floor = sorted(package.parent.glob("*.py"))  # streams, checks, periods
    rooms = [package, package.parent / "uncertainty"]
    files = [*floor, *(path for room in rooms for path in sorted(room.rglob("*.py")))]
    total = hashlib.sha256()
    for path in files:
        total.update(str(path.relative_to(package.parent)).encode() + b"\0" + path.read_bytes() + b"\0")  # fmt: skip
    return {
        "form": FORM,
        "code": total.hexdigest(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        **{name: _version(name) for name in LIBRARIES},
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def demand_of(
    facts: Facts,
    days: int,
    seed: int,
    methods=None,
    progress: Progress | None = None,
    *,
    fits: Fits | None = None,
) -> Demand:
    """The demand process of all workloads, fitted to the facts, for `days` days after them. Raises ForecastError for fewer than LEAST_DAYS.

    fits   where one is kept; not where people know something of a workload
    """
    if why := too_little(facts.daily, facts.as_of):
        raise ForecastError(
            f"{why[0]}: {why[1]}. Take in more of the bill first: finops ingest FILE."
        )
    covariates = facts.covariates.of_workloads(facts, days)

    def fitted() -> Demand:
        return fit_demand(
            facts.volume,
            facts.names,
            facts.dates,
            days,
            seed=seed,
            methods=methods,
            progress=progress,
            covariates=covariates,
        )

    if fits is None or covariates:
        return fitted()
    given = list(methods) if isinstance(methods, list | tuple) else methods
    asked = {"names": list(facts.names), "days": days, "seed": seed, "methods": given}
    return fits.demand(facts.volume, facts.dates, asked, fitted)
