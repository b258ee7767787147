"""Hours: how often ranges hold for a class of series that the widths have never seen, and what yesterday repeated scores.

    python benchmarks/hourly_classes.py FOLDER                 each class of meta.csv left out of the widths, scored on it
    python benchmarks/hourly_classes.py FOLDER --by source     the same with whole sources left out (all before the first / of a name)
    python benchmarks/hourly_classes.py --simulated            made-up series (hourly_worlds.py), the widths in force

FOLDER holds Parquet or CSV files with the columns unique_id, ds, y (hours, ≥ 0) and meta.csv with unique_id, cls. Windows: 72 hours after
up to 8 cutoffs a day apart, at least 168 hours before each, 760 at most. Scored: the totals of the first 24 and of all 72 hours. A cell of a
ratio: ours ÷ yesterday window by window, geometric mean (FLOOR added to both), and its 90 % interval by drawing series anew. Yesterday: the
newest day repeated, with a random walk of past changes over a day.
"""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path

import hourly_worlds
import numpy as np
import pandas as pd
import pooled_widths

from finops_model.forecasting import ensemble
from finops_model.forecasting.history import History
from finops_model.forecasting.widths import pooled

AHEAD, SCORED = 72, (24, 72)
CUTOFFS, BETWEEN, LEAST, MOST = 8, 24, 168, 760
PATHS, FLOOR, RESAMPLED = 400, 0.001, 1000
CHANGES = 365 + 24  # newest hours whose changes yesterday's random walk is made of


def classes(folder: Path, names, by: str) -> dict[str, str]:
    """{series: its class}: `cls` of meta.csv, or what stands before the first / of its name."""
    if by == "source":
        return {name: name.split("/")[0] for name in names}
    meta = pd.read_csv(folder / "meta.csv").drop_duplicates("unique_id").set_index("unique_id")
    return {name: str(meta.loc[name, "cls"]) for name in names}


def left_out(series: dict, kinds: dict[str, str]) -> pd.DataFrame:
    """A row per window and hours scored, each class with a table made of the other classes only."""
    found = pooled_widths.misses(series, "h")
    rows = []
    for kind in sorted(set(kinds.values())):
        prior = without(found, kinds, kind)
        own = {name: one for name, one in series.items() if kinds[name] == kind}
        rows += [windows(own, kinds, prior)]
    return pd.concat(rows, ignore_index=True)


def without(found: pd.DataFrame, kinds: dict[str, str], kind: str) -> pooled.Widths:
    """The widths made of all classes but one."""
    others = found[found["name"].map(kinds) != kind].reset_index(drop=True)
    return pooled.read(pooled_widths.table(others, "h"))


def windows(
    series: dict, kinds: dict[str, str], prior: pooled.Widths | None = None
) -> pd.DataFrame:
    """A row per window and hours scored: inside, interval score and WAPE of ours and of yesterday; prior: other widths than those in force."""
    rows = []
    for name, (stamps, values) in series.items():
        for number in range(CUTOFFS):
            cut = len(values) - AHEAD - number * BETWEEN
            if cut < LEAST:
                break
            past, actual = slice(max(0, cut - MOST), cut), values[cut : cut + AHEAD]
            if not (values[past].any() and actual.any()):
                continue
            seed = zlib.crc32(f"{name}|{cut}".encode())
            made = ensemble.fit(History(stamps[past], values[past]), AHEAD, clock=ensemble.HOURS)
            ours = ensemble.draw(made, PATHS, seed, prior=prior)
            yesterday = pooled_widths.naive(values[past][-CHANGES:], AHEAD, PATHS, seed, 24)
            for hours in SCORED:
                if not actual[:hours].any():  # nothing to divide by
                    continue
                rows.append(
                    {"name": name, "kind": kinds[name], "hours": hours}
                    | score(ours, actual, hours)
                    | {f"y_{key}": one for key, one in score(yesterday, actual, hours).items()}
                )
    return pd.DataFrame(rows)


def score(paths: np.ndarray, actual: np.ndarray, hours: int) -> dict[str, float]:
    """The total's 80 % range (inside, interval score ÷ total) and the WAPE of the median path, of the first hours."""
    paths, actual = paths[:, :hours], actual[:hours]
    total, whole = actual.sum(), actual.sum() + 1e-9
    low, high = np.quantile(paths.sum(axis=1), (0.1, 0.9))
    missed = 10 * max(low - total, 0.0) + 10 * max(total - high, 0.0)
    return {
        "inside": float(low <= total <= high),
        "score": (high - low + missed) / whole,
        "wape": np.abs(np.median(paths, axis=0) - actual).sum() / whole,
    }


def ratio(rows: pd.DataFrame, key: str) -> tuple[float, float, float]:
    """Ours ÷ yesterday: geometric mean over windows, P5 and P95 of it with the series drawn anew."""
    logs = np.log((rows[key] + FLOOR) / (rows[f"y_{key}"] + FLOOR))
    by = logs.groupby(rows["name"]).agg(["sum", "size"]).to_numpy()
    drawn = by[np.random.default_rng(0).integers(0, len(by), (RESAMPLED, len(by)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.05, 0.95))
    return float(np.exp(logs.mean())), float(np.exp(low)), float(np.exp(high))


def table(rows: pd.DataFrame) -> list[str]:
    """Markdown rows: all windows, then each class, for each of the hours scored."""
    lines = [
        "| hours | class | windows, series | held | yesterday held | interval score ÷ yesterday | WAPE ÷ yesterday |",
        "|---|---|---|---|---|---|---|",
    ]
    for hours, part in rows.groupby("hours"):
        for kind, one in (("all", part), *part.groupby("kind")):
            cells = ["{:.2f} [{:.2f}–{:.2f}]".format(*ratio(one, key)) for key in ("score", "wape")]
            lines.append(
                f"| {hours} | {kind} | {len(one)}, {one['name'].nunique()} | {one['inside'].mean():.2f} "
                f"| {one['y_inside'].mean():.2f} | {' | '.join(cells)} |"
            )
    return lines


def main(words=None) -> None:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("folder", type=Path, nargs="?")
    ask.add_argument("--by", choices=("class", "source"), default="class")
    ask.add_argument("--simulated", action="store_true")
    told = ask.parse_args(words)
    if told.simulated == (told.folder is not None):
        ask.error("give a folder of series, or --simulated.")
    if told.simulated:
        series = hourly_worlds.worlds()
        rows = windows(series, {name: name.split("/")[0] for name in series})
    else:
        series = pooled_widths.load(told.folder)["h"]
        if not series:
            ask.error(f"{told.folder}: no file of hours with the columns unique_id, ds, y.")
        rows = left_out(series, classes(told.folder, series, told.by))
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
