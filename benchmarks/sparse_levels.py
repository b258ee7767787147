"""Which level an on-and-off workload should have: the newest weeks' mean, a method of the shelf, or the one that did best (docs/method §2.17).

    .venv/bin/python benchmarks/sparse_levels.py [FOLDER]

FOLDER may hold real_daily_series.parquet and real_ai_usage_hourly.parquet (unique_id, ds, y); without it the simulated series alone. Per way of
choosing: mean |miss| and CRPS of 30-day totals ÷ the mean 30 days of the history, share of totals inside P10–P90.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from finops_model.forecasting import sparse
from finops_model.forecasting.history import kind, since_launch
from finops_model.forecasting.methods import pick
from finops_model.forecasting.scores import crps
from finops_model.forecasting.widths import error_paths

NAMES = [sparse.BLOCKS, *pick("all", use="intermittent")]
MONTH = sparse.MONTH


def simulated(count: int = 25, days: int = 700) -> dict[str, list[np.ndarray]]:
    """Counts with a drifting mean, campaigns of days, single uses, uses that grow rare."""
    rng = np.random.default_rng(0)
    week = np.array([1, 0.9, 0.9, 1, 1.2, 1.5, 1.3])

    def counts():
        rate = np.minimum(np.exp(np.cumsum(rng.normal(0, 0.02, days))) * rng.uniform(0.1, 0.5), 2)
        return rng.poisson(rate * np.resize(week, days)).astype(float)

    def campaigns():
        values, at = np.zeros(days), 0
        while at < days:
            at += int(rng.gamma(2, 10))
            run = values[at : at + int(rng.gamma(2, 4)) + 1]
            run[:] = rng.gamma(8, 12.5) * np.exp(rng.normal(0, 0.2, len(run)))
            at += len(run)
        return values

    def single():
        return (rng.random(days) < rng.uniform(0.05, 0.4)) * rng.lognormal(0, 0.6, days)

    def fading():
        return (rng.random(days) < np.where(np.arange(days) < days - 50, 0.4, 0.1)) * rng.lognormal(
            0, 0.6, days
        )

    return {
        make.__name__: [make() for _ in range(count)]
        for make in (counts, campaigns, single, fading)
    }


def real(folder: Path) -> dict[str, list[np.ndarray]]:
    found = {}
    for file in ("real_daily_series.parquet", "real_ai_usage_hourly.parquet"):
        if (folder / file).is_file():
            frame = pd.read_parquet(folder / file)
            found[file] = [
                part
                for part in (rows.to_numpy(float) for _, rows in frame.groupby("unique_id")["y"])
                if kind(part) == "intermittent"
            ]
    return found


def chosen(values: np.ndarray) -> dict[str, float]:
    """Level of a day by way of choosing."""
    levels = np.array([sparse.level_of(name, values) for name in NAMES])
    missed = sparse.misses(values, NAMES)
    ways = dict(zip(NAMES, levels)) | {"mean of all": levels.mean()}
    ways["least miss"] = levels[0 if missed is None else np.argmin(missed)]
    ways["clearly less (methods=all)"] = levels[0] * sparse.level(values, "all")[0]
    return ways


def main(folder: str | None = None) -> None:
    rows = []
    for group, series in (simulated() | (real(Path(folder)) if folder else {})).items():
        for number, whole in enumerate(series):
            for cutoff in range(len(whole) - MONTH, max(120, len(whole) - 9 * MONTH), -MONTH):
                values = since_launch(whole[:cutoff])
                if kind(values) != "intermittent":
                    continue
                came, size = whole[cutoff : cutoff + MONTH].sum(), values.mean() * MONTH
                totals = error_paths.weekly_blocks(values, MONTH, 400, cutoff).sum(axis=1)
                ways = chosen(values)
                for way, level in ways.items():
                    told = totals * (level / ways[sparse.BLOCKS])
                    low, high = np.quantile(told, (0.1, 0.9))
                    rows.append(
                        (
                            group,
                            number,
                            way,
                            abs(MONTH * level - came) / size,
                            crps(came, told) / size,
                            low <= came <= high,
                        )
                    )
    table = pd.DataFrame(rows, columns=["group", "series", "way", "miss", "crps", "inside"])
    windows = table[table["way"] == sparse.BLOCKS].groupby("group").size()
    print(
        f"{int(windows.sum())} windows: {', '.join(f'{group} {count}' for group, count in windows.items())}"
    )
    print(table.groupby("way")[["miss", "crps", "inside"]].mean().round(4).to_string())
    print(table.pivot_table(index="group", columns="way", values="crps").round(3).to_string())


if __name__ == "__main__":
    main(*sys.argv[1:2])
