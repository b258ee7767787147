"""How far series missed ÷ how much they change over a week: the table behind widths of short histories (docs/method §2.15).

    python benchmarks/pooled_widths.py FOLDER             print the table made of the series in FOLDER, beside the one in force
    python benchmarks/pooled_widths.py FOLDER --write     write finops_model/forecasting/widths/pooled_widths.json
    python benchmarks/pooled_widths.py FOLDER --write --only h    write the part of hours, keep that of days
    python benchmarks/pooled_widths.py FOLDER --check     45 days of history, each series with a table made without it

FOLDER holds Parquet or CSV files with the columns unique_id, ds, y (days or hours, ≥ 0); other files are passed over. The project never needs
the folder again: what it keeps are the multiples.
"""

from __future__ import annotations

import argparse
import json
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from finops_model.forecasting import ensemble
from finops_model.forecasting.history import History
from finops_model.forecasting.widths import error_paths, hours, pooled

HISTORIES = {"D": (14, 21, 28, 45, 90, 180), "h": (48, 72, 120, 168, 240, 360, 600)}  # steps known
SAME_FROM = {"D": 180, "h": 120}  # histories from here on are one row
LEADS = {"D": (3, 10, 17, 24, 31, 45, 60, 76, 91), "h": (12, 36, 60)}  # hours: the middles of days
AHEAD = {"D": 92, "h": 72}
EVERY = {"D": 23, "h": 24}  # steps between cuts
LEAST = 0.01  # change of a series that stands still
Z80 = 1.2815515655446004


def load(folder: Path) -> dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """{step: {name: (stamps, values)}} of every file of a folder that holds series."""
    found: dict[str, dict] = {"D": {}, "h": {}}
    for path in sorted(Path(folder).iterdir()):
        if path.suffix not in (".parquet", ".csv"):
            continue
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        if not {"unique_id", "ds", "y"} <= set(frame.columns):
            continue
        for name, rows in frame.groupby("unique_id", sort=True):
            stamps = pd.to_datetime(rows["ds"]).to_numpy()
            step = "h" if np.median(np.diff(stamps)) <= np.timedelta64(1, "h") else "D"
            found[step][str(name)] = (
                stamps.astype(f"datetime64[{step}]"),
                rows["y"].to_numpy(float),
            )
    return found


def misses(series: dict, step: str) -> pd.DataFrame:
    """One row per series, length of history and cut: change (of hours also inside of days: shape), |log level missed| at the leads and
    over the first month (day), rms of the steps around the level. The level of hours is what the totals of days missed."""
    clock, leads, rows = ensemble.CLOCKS[step], np.array(LEADS[step]), []
    for name, (stamps, values) in series.items():
        for known in HISTORIES[step]:
            for cut in range(known, len(values) - AHEAD[step] + 1, EVERY[step]):
                made = ensemble.fit(
                    History(stamps[cut - known : cut], values[cut - known : cut]),
                    AHEAD[step],
                    clock=clock,
                )
                actual = values[cut : cut + AHEAD[step]]
                if made.kind != "steady" or len(made.values) < known or not actual.any():
                    continue
                missed = np.log((actual + made.offset) / (made.point + made.offset))[None]
                if step == "h":
                    level, noise = hours.split(missed, made.point[None] + made.offset)
                else:
                    level, noise = error_paths.split(missed, clock.season)
                shape = LEAST
                if step == "h":
                    shape = max(hours.shape_change(made.values, made.offset, 24, LEAST), LEAST)
                rows.append(
                    {
                        "name": name,
                        "known": min(known, SAME_FROM[step]),
                        "change": max(made.change, LEAST),
                        "shape": shape,
                        "noise": noise.std(),
                        "total": abs(level[0, : clock.independent_after].mean()),
                        **dict(zip(leads, np.abs(level[0, leads]))),
                    }
                )
    return pd.DataFrame(rows)


def table(found: pd.DataFrame, step: str) -> dict:
    """The table of one step out of `misses`: every series counts the same."""
    leads, typical = (
        list(LEADS[step]),
        float(np.exp(_quantile(np.log(found["change"]), found["name"], 0.5))),
    )
    power = min(
        np.arange(0.4, 1.21, 0.05),
        key=lambda power: sum(_pinball(found, lead, typical, power) for lead in leads),
    )
    size = typical * (found["change"] / typical) ** power
    ratio = [
        [
            round(_quantile((part[lead] / size[part.index]), part["name"], 0.8) / Z80, 3)
            for lead in leads
        ]
        for _, part in found.groupby("known")
    ]
    made = {
        "histories": [int(known) for known in sorted(found["known"].unique())],
        "leads": leads,
        "ratio": ratio,
        "noise": round(
            _quantile(
                found["noise"] / (found["shape"] if step == "h" else size), found["name"], 0.5
            ),
            3,
        ),
        "change": round(typical, 3),
        "power": round(float(power), 2),
    }
    if step == "h":
        made["shape"] = round(_quantile(found["shape"], found["name"], 0.5), 3)
    return made | {
        "between_series": round(_between(found["total"] / size, found["name"]), 2),
        "series": int(found["name"].nunique()),
        "misses": len(found),
    }


def _between(missed, names):
    """sd between series of the log of their typical miss of a month's (a day's) total ÷ size; by quartiles, one odd series does not count."""
    low, high = np.log((missed**2).groupby(names).mean() + LEAST**2).quantile((0.25, 0.75)) / 2
    return float((high - low) / 1.349)


def _pinball(found, lead, typical, power):
    """Loss of the P80 of log miss given log size, the best level taken."""
    rest = np.log(found[lead] + LEAST) - power * np.log(found["change"] / typical)
    rest = rest - _quantile(rest, found["name"], 0.8)
    return float(
        (
            np.where(rest > 0, 0.8 * rest, -0.2 * rest)
            / found["name"].map(found["name"].value_counts())
        ).sum()
    )


def _quantile(values, names, q):
    """Weighted quantile, every name with the same weight."""
    weight = (1 / names.map(names.value_counts())).to_numpy()
    order = np.argsort(values.to_numpy())
    added = np.cumsum(weight[order]) / weight.sum()
    return float(values.to_numpy()[order][np.searchsorted(added, q)])


def check(
    series: dict, found: pd.DataFrame, known: int = 45, ahead: int = 30, paths: int = 1000
) -> pd.DataFrame:
    """Month totals of every series from `known` days, with a table made without it: inside, interval score ÷ actual, beside seasonal naive."""
    rows = []
    for name, (stamps, values) in series.items():
        prior = pooled.read(table(found[found["name"] != name], "D"))
        for cut in range(known, len(values) - ahead + 1, 60):
            actual = values[cut : cut + ahead].sum()
            if not actual > 0 or not values[cut - known : cut].any():
                continue
            made = ensemble.fit(
                History(stamps[cut - known : cut], values[cut - known : cut]), ahead
            )
            seed = zlib.crc32(f"{name}|{cut}".encode())
            for who, drawn in (
                ("ours", ensemble.draw(made, paths, seed, prior=prior)),
                ("naive", naive(values[cut - known : cut], ahead, paths, seed)),
            ):
                low, high = np.quantile(drawn.sum(axis=1), (0.1, 0.9))
                rows.append(
                    {
                        "name": name,
                        "cut": cut,
                        "who": who,
                        "inside": low <= actual <= high,
                        "score": (
                            high - low + 10 * max(low - actual, 0) + 10 * max(actual - high, 0)
                        )
                        / actual,
                    }
                )
    return pd.DataFrame(rows)


def naive(y: np.ndarray, ahead: int, paths: int, seed: int, season: int = 7) -> np.ndarray:
    """Seasonal naive with a random walk of past changes over a season, whole seasons drawn together; never negative."""
    draw = np.random.default_rng(seed)
    change = y[season:] - y[:-season]
    starts = draw.integers(0, max(1, len(change) - season + 1), (paths, -(-ahead // season)))
    steps = (change - change.mean())[starts[:, :, None] + np.arange(season)]
    return np.maximum(
        np.resize(y[-season:], ahead) + np.cumsum(steps, axis=1).reshape(paths, -1)[:, :ahead], 0.0
    )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("folder", type=Path)
    ask.add_argument("--write", action="store_true")
    ask.add_argument("--check", action="store_true")
    ask.add_argument("--only", choices=("D", "h"), help="this step; the other part stays as it is")
    told = ask.parse_args()
    series = load(told.folder)
    in_force = json.loads(pooled.TABLE.read_text())["steps"]
    found = {
        step: misses(part, step)
        for step, part in series.items()
        if part and told.only in (None, step)
    }
    made = {
        "passport": "Made by benchmarks/pooled_widths.py; meaning and use: docs/method §2.15. Multiples only, no series is kept.",
        "steps": {
            step: table(found[step], step) if step in found else in_force[step]
            for step in (in_force if told.only else found)
        },
    }
    print(text(made))
    if told.write:
        pooled.TABLE.write_text(text(made))
    if told.check:
        rows = check(series["D"], found["D"])
        print(
            rows.groupby("who")
            .agg(
                windows=("inside", "size"),
                inside=("inside", "mean"),
                score_mean=("score", "mean"),
                score_median=("score", "median"),
            )
            .round(3)
            .to_string()
        )


def text(made: dict) -> str:
    """The table as JSON, a list of numbers to a line."""
    lines = json.dumps(made, indent=1, ensure_ascii=False)
    while (shorter := _join(lines)) != lines:
        lines = shorter
    return lines + "\n"


def _join(lines: str) -> str:
    import re

    return re.sub(
        r"\[\s+([-\d., \n]+?)\s+\]",
        lambda part: "[" + ", ".join(x.strip() for x in part[1].split(",")) + "]",
        lines,
    )


if __name__ == "__main__":
    main()
