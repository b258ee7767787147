"""A year ahead, month by month: the forecast beside last year repeated, with and without drift, AutoETS and AutoTheta.

    python benchmarks/year_ahead.py days    long_daily_series.parquet long_meta.csv     # 46 real series, 4 month ends each
    python benchmarks/year_ahead.py months  monthly_series.parquet                      # every third series, 3 month ends each
    python benchmarks/year_ahead.py companies --count 500 [--events 1]                  # bias, coverage, revisions where the truth is known

The files lie in no repository (docs/forecasts.md). AutoETS and AutoTheta ride along where statsforecast 2.0.3 is installed (an environment
of its own: `pip install statsforecast==2.0.3`); so does nothing else. Intervals: 90 % bootstrap over series. CPU of ours in ms a series.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from companies import company

import finops_model as fm

LEADS = (1, 3, 6, 9, 12)


def with_drift(totals: np.ndarray) -> np.ndarray:
    """Last year's month plus twelve times the mean yearly change of the newest year, ÷ 12."""
    known = min(12, len(totals) - 12)
    change = (totals[-known:] - totals[-known - 12 : -12]).mean()
    return np.maximum(totals[-12:] + change, 0.0)


def anchors(totals: np.ndarray) -> dict[str, np.ndarray]:
    """{name: (12,)} of what stands beside us."""
    said = {"drift": with_drift(totals), "last year": totals[-12:]}
    try:
        from statsforecast.models import AutoETS, AutoTheta
    except ImportError:
        return said
    for name, model in (("AutoETS", AutoETS), ("AutoTheta", AutoTheta)):
        try:
            said[name] = model(season_length=12).forecast(y=totals, h=12)["mean"]
        except Exception:  # noqa: BLE001 - it raises nothing narrower where it can fit no season
            said[name] = model(season_length=1).forecast(y=totals, h=12)["mean"]
    return {name: np.maximum(values, 0.0) for name, values in said.items()}


def day_windows(path, meta):
    """(series, class, days known, months ahead, their totals) of up to four month ends, at least 18 months in, 13 apart where there is room."""
    data, classes = pd.read_parquet(path), pd.read_csv(meta).set_index("unique_id")["class"]
    for name, rows in data.groupby("unique_id"):
        days = rows.set_index("ds").y.astype(float).sort_index()
        by_month = days.groupby(days.index.to_period("M")).agg(["sum", "size"])
        totals = by_month["sum"][by_month["size"] == by_month.index.days_in_month]
        count = len(totals)
        for i in range(4):
            end = count - 12 - i * min(13, (count - 30) // 3)
            known = totals.iloc[:end]
            ahead = totals.iloc[end : end + 12]
            scored = ahead.to_numpy() >= 0.05 * totals.mean()
            last = known.index[-1].end_time.normalize()
            yield name, classes[name], days[:last], known.to_numpy(), ahead, scored


def of_days(path, meta):
    rows, cpu = [], []
    for name, kind, days, known, ahead, scored in day_windows(path, meta):
        began = time.process_time()
        totals = fm.forecast(days, 400, paths=1000).month_totals()
        cpu.append(time.process_time() - began)
        ours = np.array([np.quantile(totals[str(m)], (0.1, 0.5, 0.9)) for m in ahead.index])
        beside = anchors(known)
        year = known[-12:].sum() / known[-24:-12].sum() - 1 if len(known) >= 24 else np.nan
        for h in np.flatnonzero(scored):
            rows.append(
                {"series": name, "class": kind, "lead": h + 1, "actual": ahead.iloc[h]}
                | dict(zip(("p10", "ours", "p90"), ours[h]))
                | {other: values[h] for other, values in beside.items()}
                | {"year": year, "seen": known.max()}
            )
    said(pd.DataFrame(rows))
    print(f"CPU of ours: {np.median(cpu) * 1e3:.0f} ms a series (400 days, 1,000 paths)")


def of_months(path):
    data = pd.read_parquet(path)
    rows, cpu = [], []
    for name in sorted(data.unique_id.unique())[::3]:
        series = data[data.unique_id == name].set_index("ds").y.astype(float).sort_index()
        for i in range(3):
            end = len(series) - 12 - 13 * i
            if end < 24:
                continue
            began = time.process_time()
            forecast = fm.forecast(series.iloc[:end], 12, freq="M", paths=500)
            cpu.append(time.process_time() - began)
            ours = np.quantile(forecast.paths, (0.1, 0.5, 0.9), axis=0)
            beside = anchors(series.iloc[:end].to_numpy())
            for h in range(12):
                rows.append(
                    {"series": name, "lead": h + 1, "actual": series.iloc[end + h]}
                    | dict(zip(("p10", "ours", "p90"), ours[:, h]))
                    | {other: values[h] for other, values in beside.items()}
                )
    said(pd.DataFrame(rows))
    print(f"CPU of ours: {np.median(cpu) * 1e3:.0f} ms a series")


def ratios(rows: pd.DataFrame, name: str, beside: str) -> pd.Series:
    """log(WAPE ÷ that of another) by series."""
    missed = rows.assign(a=(rows[name] - rows.actual).abs(), b=(rows[beside] - rows.actual).abs())
    sums = missed.groupby("series")[["a", "b"]].sum() + 1e-9
    return np.log(sums.a / sums.b)


def said(rows: pd.DataFrame):
    """WAPE ÷ drift by lead with intervals, coverage, widths by growth."""
    draw = np.random.default_rng(1)
    print(f"{rows.series.nunique()} series, {len(rows)} months")
    names = [n for n in ("last year", "AutoETS", "AutoTheta", "ours") if n in rows]
    for name in names:
        cells = []
        for lead in (*LEADS, "all"):
            log = ratios(rows if lead == "all" else rows[rows.lead == lead], name, "drift")
            again = [log.sample(frac=1, replace=True, random_state=draw).mean() for _ in range(500)]
            low, high = np.exp(np.quantile(again, (0.05, 0.95)))
            cells.append(f"{lead}: {np.exp(log.mean()):.2f} [{low:.2f}-{high:.2f}]")
        print(f"{name:10s} ÷ drift  " + "  ".join(cells))
    for beside in ("AutoETS", "AutoTheta"):
        if beside in rows:
            print(f"ours ÷ {beside}: {np.exp(ratios(rows, 'ours', beside).mean()):.3f}")
    held = (rows.actual >= rows.p10) & (rows.actual <= rows.p90)
    print("held", held.groupby(rows.lead).mean().round(2).tolist(), f"all {held.mean():.3f}")
    bias = np.log((rows.ours + 1e-9) / rows.actual.clip(lower=1e-9)).clip(-3, 3)
    print("mean log error", bias.groupby(rows.lead).mean().round(3).tolist())
    if "class" in rows:
        for kind, part in rows.groupby("class"):
            print(f"  {kind:14s} ours ÷ drift {np.exp(ratios(part, 'ours', 'drift').mean()):.2f}")
        last = rows[rows.lead == 12]
        wide = (last.p90 - last.p10) / last.actual
        for words, on in (
            ("flat (10 %)", last.year.abs() <= 0.1),
            ("10 to 30 %", (last.year > 0.1) & (last.year <= 0.3)),
            ("over 30 %", last.year > 0.3),
        ):
            error = np.log(last.ours[on] / last.actual[on])
            print(
                f"  12 months, {words}: n {on.sum()}, width {wide[on].median():.2f}, "
                f"held {held[last.index][on].mean():.2f}, median log error {error.median():+.3f}"
            )
        print(f"highest P50 ÷ highest month seen: {(rows.ours / rows.seen).max():.2f}")


def of_companies(count, events):
    misses, held, moves = [], [], []
    for seed in range(count):
        one = company(seed, events=events)
        cost, month = one.cost.sum(axis=0), one.days.astype("datetime64[M]")
        ends, points = one.days[one.cutoff].astype("datetime64[M]"), []
        for back in range(3 if seed % 4 == 0 else 1):
            end = np.searchsorted(month, ends - back)
            forecast = fm.forecast(
                pd.Series(cost[:end], one.days[:end]), 370, paths=400, seed=seed
            ).month_totals()
            ahead = ends - back + np.arange(12)
            quantiles = np.array([np.quantile(forecast[str(m)], (0.1, 0.5, 0.9)) for m in ahead])
            points.append(np.log(quantiles[:, 1]))
            if not back:
                actual = np.array([cost[month == m].sum() for m in ahead])
                misses.append(points[0] - np.log(actual))
                held.append((actual >= quantiles[:, 0]) & (actual <= quantiles[:, 2]))
        if len(points) == 3:
            moves.append((points[0][:11] - points[1][1:], points[1][:11] - points[2][1:]))
    misses, held = np.array(misses), np.array(held)
    newer, older = np.concatenate(moves, axis=1)
    newer, older = newer.reshape(-1, 11)[:, :-1].ravel(), older.reshape(-1, 11)[:, 1:].ravel()
    alike = (newer * older).mean() / np.sqrt((newer**2).mean() * (older**2).mean())
    print(f"{count} companies, events {events:g}; lead: mean log error ± its standard error, held")
    for lead in LEADS:
        miss = misses[:, lead - 1]
        print(
            f"{lead:2d}: {miss.mean():+.3f} ± {miss.std() / np.sqrt(count):.3f}, "
            f"{held[:, lead - 1].mean():.3f}, rms {np.sqrt((miss**2).mean()):.3f}"
        )
    print(f"revisions: sd {newer.std():.3f}, lag-1 {alike:+.2f}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("what", choices=["days", "months", "companies"])
    ask.add_argument("files", nargs="*")
    ask.add_argument("--count", type=int, default=500)
    ask.add_argument("--events", type=float, default=1.0)
    given = ask.parse_args()
    if given.what == "companies":
        of_companies(given.count, given.events)
    else:
        {"days": of_days, "months": of_months}[given.what](*given.files)
