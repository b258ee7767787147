"""The tables of docs/forecasts.md from what the forecast harness wrote.

    python benchmarks/forecast_table.py daily.csv 30           # windows of 30 days; 24 of hourly.csv: hours

A cell: median WAPE · median interval score of the total ÷ total · share of totals inside the 80 % range. Last column: ours ÷ seasonal naive window
by window, geometric mean, FLOOR added to both, so that a window one of them hits exactly counts too.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

FLOOR = 0.001
MODELS = ("ours", "seasonal_naive", "prophet_default")


def table(windows: pd.DataFrame) -> list[str]:
    """Markdown rows: all windows, then each class."""
    models = [name for name in MODELS if name in set(windows["model"])]
    lines = [
        "| | windows | " + " | ".join(models) + " | ours ÷ seasonal_naive | smaller score |",
        "|---" * (len(models) + 4) + "|",
    ]
    for name, part in (("all", windows), *windows.groupby("cls")):
        by = {
            model: rows.set_index(["unique_id", "cutoff"]).sort_index()
            for model, rows in part.groupby("model")
        }
        cells = [
            f"{rows['wape'].median():.3f} · {rows['tot_is80'].median():.2f} · {rows['tot_cov80'].mean():.2f}"
            for rows in (by[model] for model in models)
        ]
        ours, naive = by["ours"], by["seasonal_naive"]
        ratios = [
            np.exp(np.log((ours[key] + FLOOR) / (naive[key] + FLOOR)).mean())
            for key in ("wape", "tot_is80")
        ]
        better = (ours["tot_is80"] < naive["tot_is80"]).mean()
        lines.append(
            f"| {name} | {len(ours)} | {' | '.join(cells)} | {ratios[0]:.2f} · {ratios[1]:.2f} | {better:.0%} |"
        )
    return lines


def main(words=None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", help="what forecast_harness.py wrote with --out")
    parser.add_argument("ahead", type=int, help="steps ahead")
    asked = parser.parse_args(words)
    windows = pd.read_csv(asked.file)
    windows = windows[windows["h"] == asked.ahead]
    if windows.empty:
        parser.error(f"{asked.file}: no window of {asked.ahead} steps.")
    print("\n".join(table(windows)))
    for model, rows in windows.groupby("model"):
        print(
            f"{model}: mean interval score {rows['tot_is80'].mean():.3f}, CPU {1000 * rows['cpu'].median():.0f} ms a series"
        )


if __name__ == "__main__":
    main()
