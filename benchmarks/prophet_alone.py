"""Why Prophet is no default: error and coverage of month totals, and CPU with its child process, beside ours (docs/forecasts.md).

    nice .venv/bin/python benchmarks/prophet_alone.py long_daily_series.parquet [--every 2] [--known 760] [--out rows.csv]

Data: a parquet of daily series (unique_id, ds, y); the project carries none. Of every second series three month ends, half a year apart; each
forecast knows at most 760 days (Prophet takes a yearly shape from 730 on) before one, and the whole month after it is scored. One process; CPU is of this process and of the children that have
ended (Stan's optimiser runs in one). Nothing is tuned here.

    last_week       the newest week repeated (no range)
    prophet_default Prophet as it comes, its own 80 % range from its own samples of the month's total
    prophet_ours    methods="prophet": Prophet's median, the range from what it missed before (§2.3)
    ours            the default of fm.forecast
"""

from __future__ import annotations

import argparse
import logging
import resource
import warnings

import numpy as np
import pandas as pd

import finops_model as fm

KNOWN, CUTOFFS, APART = 760, 3, 6  # days, month ends of a series, months
SAMPLES = 300


def cpu() -> float:
    """CPU seconds of this process and its ended children."""
    return sum(
        one.ru_utime + one.ru_stime
        for one in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def last_week(history: pd.Series, days: int):
    return np.resize(history.to_numpy()[-7:], days), None


def prophet_default(history: pd.Series, days: int):
    from prophet import Prophet

    np.random.seed(1)
    model = Prophet(uncertainty_samples=SAMPLES)
    model.fit(pd.DataFrame({"ds": history.index, "y": history.to_numpy()}), seed=1)
    ahead = model.make_future_dataframe(days, include_history=False)
    point = model.predict(ahead)["yhat"].to_numpy()
    totals = model.predictive_samples(ahead)["yhat"].sum(axis=0)
    return point, np.quantile(totals, (0.1, 0.9))


def by(methods):
    def forecast(history: pd.Series, days: int):
        made = fm.forecast(history, days, methods=methods, settling_days=0)
        return made.median, np.quantile(made.paths.sum(axis=1), (0.1, 0.9))

    return forecast


METHODS = {
    "last_week": last_week,
    "prophet_default": prophet_default,
    "prophet_ours": by("prophet"),
    "ours": by(None),
}


def windows(series: pd.Series, known: int):
    """(history, the whole month after it) of the newest month ends that leave a year before them."""
    ends = [
        day
        for day in pd.date_range(series.index[0], series.index[-1], freq="ME")
        if day < series.index[-1]
    ]
    for end in ends[::-1][1::APART][:CUTOFFS]:
        history = series[:end].iloc[-known:]
        month = series[end + pd.Timedelta(days=1) : end + pd.offsets.MonthEnd(1)]
        if len(history) >= 365 and month.sum() > 0:
            yield history, month


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--every", type=int, default=2)
    parser.add_argument("--known", type=int, default=KNOWN)
    parser.add_argument("--out", default="")
    given = parser.parse_args()
    table = pd.read_parquet(given.data)
    rows = []
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    for name in sorted(table["unique_id"].unique())[:: given.every]:
        part = table[table["unique_id"] == name].set_index("ds")["y"].astype(float)
        for history, month in windows(part, given.known):
            for method, forecast in METHODS.items():
                began = cpu()
                point, held = forecast(history, len(month))
                spent = cpu() - began
                total = float(month.sum())
                rows.append(
                    {
                        "series": name,
                        "cutoff": str(history.index[-1].date()),
                        "method": method,
                        "wape": float(np.abs(point - month.to_numpy()).sum() / total),
                        "month_error": float(abs(point.sum() / total - 1)),
                        "held": np.nan if held is None else float(held[0] <= total <= held[1]),
                        "score": np.nan
                        if held is None
                        else float(
                            (
                                held[1]
                                - held[0]
                                + 10 * max(held[0] - total, 0.0)
                                + 10 * max(total - held[1], 0.0)
                            )
                            / total
                        ),
                        "cpu": spent,
                    }
                )
    frame = pd.DataFrame(rows)
    if given.out:
        frame.to_csv(given.out, index=False)
    frame = frame.iloc[len(METHODS) :]  # the first window imports
    wide = frame.pivot_table(index=["series", "cutoff"], columns="method", values="wape")
    own = np.log(wide.add(0.001, axis=0).div(wide["ours"] + 0.001, axis=0)).groupby("series").mean()
    ratio = np.exp(own.mean())
    rng = np.random.default_rng(1)
    drawn = np.exp([own.iloc[rng.integers(0, len(own), len(own))].mean() for _ in range(2000)])
    low, high = np.quantile(drawn, (0.05, 0.95), axis=0)
    print(f"{len(wide)} months of {len(own)} series")
    for i, method in enumerate(own.columns):
        one = frame[frame["method"] == method]
        print(
            f"{method:16} WAPE {one['wape'].median():.3f}  ÷ ours {ratio[method]:.2f} [{low[i]:.2f}–{high[i]:.2f}]  "
            f"month off {one['month_error'].median():.1%}  held {one['held'].mean():.2f}  score {one['score'].median():.2f}  "
            f"CPU {1000 * one['cpu'].mean():.0f} ms"
        )


if __name__ == "__main__":
    main()
