"""Per-path totals of a run as a tidy table beside its manifest: what another tool needs to go on (docs/method §3.26)."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import platform
from pathlib import Path

import numpy as np
import pandas as pd

from ..documents import csv_of, write_atomic
from ..errors import ScenarioError, unknown

FORMATS = ("parquet", "csv")
TOOLS = ("numpy", "scipy", "pandas")


def tidy_totals(run) -> pd.DataFrame:
    """One row per path, month and unit: path (from 0), month YYYY-MM, x_BusinessUnit, EffectiveCost (currency of the run)."""
    paths, months, units = run.effective.shape
    return pd.DataFrame(
        {
            "path": np.repeat(np.arange(paths), months * units),
            "month": np.tile(np.repeat(np.array(run.months, dtype=object), units), paths),
            "x_BusinessUnit": np.tile(np.array(run.units, dtype=object), paths * months),
            "EffectiveCost": run.effective.reshape(-1),
        }
    )


def export_totals(run, folder, format: str = "parquet") -> Path:
    """Write totals.<format> and manifest.json into `folder`; returns the folder.

    The manifest names seed, paths, engine, versions, the hashes of scenario and ledger, and the sha256 of the file; no clock, so the same
    run gives the same bytes. Raises ScenarioError for a format that is not known.
    """
    if format not in FORMATS:
        raise ScenarioError(unknown("", "format", str(format), FORMATS))
    folder, table = Path(folder), tidy_totals(run)
    buffer = io.BytesIO()
    if format == "parquet":
        table.to_parquet(buffer, index=False)
    else:
        buffer.write(csv_of(table).encode())
    data = buffer.getvalue()
    name = f"totals.{format}"
    from .. import __version__

    manifest = {
        "schema": 1,
        "scenario": run.name,
        "question": run.question,
        "as_of": run.as_of,
        "currency": run.currency,
        "months": list(run.months),
        "units": list(run.units),
        "seed": run.seed,
        "paths": run.paths,
        "engine": run.engine,
        "scenario_hash": run.scenario_hash,
        "ledger_hash": run.ledger,
        "rows": len(table),
        "columns": list(table.columns),
        "versions": {
            "finops-model": __version__,
            "python": platform.python_version(),
            **{tool: importlib.metadata.version(tool) for tool in TOOLS},
        },
        "files": {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}},
    }
    write_atomic(folder / name, data)
    write_atomic(folder / "manifest.json", json.dumps(manifest, indent=1) + "\n")
    return folder
