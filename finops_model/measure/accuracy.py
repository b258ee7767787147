"""How good were we: forecasts made earlier, beside what came and beside seasonal naive (docs/method.md §11).

A forecast for month m is graded by |P50 − actual| ÷ actual of the month's total; `lead` counts months from the
month whose end was the newest known day. Repeating the last week of known days is the yardstick.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..periods import add_months, month_days, month_of

LEADS = (1, 2, 3, 6)


def month_ends(first_day, last_day, count: int, min_days: int = 120) -> list[str]:
    """The newest `count` month ends before the newest month, complete or not, that leave `min_days` of history before.

    >>> month_ends("2026-01-01", "2026-10-31", 2)
    ['2026-08-31', '2026-09-30']
    """
    newest = month_of(np.datetime64(last_day, "D"))
    ends = [month_days(add_months(newest, -back))[-1] for back in range(1, count + 1)]
    kept = [end for end in ends if (end - np.datetime64(first_day, "D")).astype(int) + 1 >= min_days]
    return sorted(str(end) for end in kept)


def naive_month(cost_by_day: pd.Series, made: str, month: str) -> float | None:
    """Seasonal naive: the newest seven known days, repeated by weekday over `month`."""
    known = cost_by_day[: pd.Timestamp(made)]
    week = known.reindex(pd.date_range(end=made, periods=7, freq="D"), fill_value=0.0)
    by_weekday = dict(zip(week.index.dayofweek, week.to_numpy()))
    return float(sum(by_weekday[pd.Timestamp(day).dayofweek] for day in month_days(month)))


def track_record(replays: list, actual: dict[str, float], cost_by_day: pd.Series, unit: str | None) -> list[dict]:
    """The brief's `accuracy.detail`: one row per earlier forecast and complete month.

    replays   runs made from earlier days (`Run.as_of`), same method as today's
    actual    cost per complete month
    """
    rows = []
    for run in replays:
        made = month_of(run.as_of)
        for lead in LEADS:
            month = add_months(made, lead)
            if month not in run.months or not actual.get(month):
                continue
            p10, p50, p90 = (run.quantile(q, unit=unit, months=[month]) for q in (0.1, 0.5, 0.9))
            truth, naive = actual[month], naive_month(cost_by_day, run.as_of, month)
            rows.append({"made": made, "for": month, "lead": lead, "p10": p10, "p50": p50, "p90": p90, "actual": truth,
                         "naive": naive, "error_pct": abs(p50 - truth) / abs(truth),
                         "naive_error_pct": abs(naive - truth) / abs(truth), "inside": bool(p10 <= truth <= p90),
                         "finops_variance_pct": (p50 - truth) / p50 if p50 else None})
    return sorted(rows, key=lambda row: (row["for"], row["lead"]))


def by_lead(detail: list[dict]) -> list[dict]:
    """Errors by lead: Σ|error| ÷ Σ actual, the same of naive, skill = 1 − ours ÷ naive, share inside P10–P90."""
    rows = []
    for lead in sorted({row["lead"] for row in detail}):
        part = [row for row in detail if row["lead"] == lead]
        total = sum(abs(row["actual"]) for row in part)
        ours = sum(abs(row["p50"] - row["actual"]) for row in part) / total
        naive = sum(abs(row["naive"] - row["actual"]) for row in part) / total
        rows.append({"lead": lead, "n": len(part), "error_pct": ours, "naive_error_pct": naive,
                     "skill": 1 - ours / naive if naive else None,
                     "coverage80": sum(row["inside"] for row in part) / len(part)})
    return rows


def sentence(rows: list[dict]) -> str:
    """The track record in words."""
    if not rows:
        return "There is too little history to grade earlier forecasts; treat the range as a first estimate."
    said = []
    for row in rows:
        if row["lead"] in (1, 2, 6) or len(rows) == 1:
            when = f"{row['lead']} month{'s' if row['lead'] > 1 else ''} ahead"
            said.append(f"{when} it missed by {row['error_pct']:.1%} ({row['naive_error_pct']:.1%} for repeating last "
                        f"week; {round(row['coverage80'] * row['n'])} of {row['n']} actuals inside the 80 % range)")
    behind = [row for row in rows if row["skill"] is not None and row["skill"] < 0]
    plain = " Repeating last week came closer over these months: rely on the range rather than on the median." if len(behind) > len(rows) / 2 else ""
    return "Replayed on what was known at the time: " + "; ".join(said) + "." + plain


def previous_forecast(month: str, actual: float | None, unit: str | None, published: dict | None, replays: list) -> dict | None:
    """The forecast for `month` made one month before: as published if one was, else replayed and said so.

    actual   None while the month is under way
    """
    if published:
        found = next((m for m in published["forecast"]["months"] if m["month"] == month), None)
        if found:
            return _beside(published["month"], found, actual, "published")
    run = next((run for run in replays if month_of(run.as_of) == add_months(month, -1) and month in run.months), None)
    if run is None:
        return None
    quantiles = {name: run.quantile(q, unit=unit, months=[month]) for name, q in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9))}
    return _beside(month_of(run.as_of), quantiles, actual, "re-created")


def _beside(made: str, quantiles: dict, actual: float | None, source: str) -> dict:
    p10, p50, p90 = quantiles["p10"], quantiles["p50"], quantiles["p90"]
    return {"made": made, "p10": p10, "p50": p50, "p90": p90, "actual": actual, "source": source,
            "error_pct": (p50 - actual) / actual if actual else None,
            "inside": None if actual is None else bool(p10 <= actual <= p90)}
