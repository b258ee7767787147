"""How nervous a forecast is: revisions of one target month's P50 from one month end to the next (docs/method §11.11)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...periods import add_months, month_of, months_between
from .types import Revisions

COLUMNS = ("series", "made", "previous", "for", "lead", "p50", "previous_p50", "drift_pct")
ENOUGH = 12  # pairs of revisions from which their correlation says something
OFTEN, LATE = -0.2, 0.3  # below: moves are taken back; above: they go on


def revisions(replays: Sequence, unit: str | None = None, leads: int = 12) -> pd.DataFrame:
    """Every revision of a month's P50 between two month ends that follow one another.

    Parameters
    ----------
    replays : sequence of Run
        Forecasts made from month ends.
    unit : str, optional
        A business unit; None: the company.
    leads : int, optional
        Months ahead, at most.

    Returns
    -------
    frame
        As `moves` gives it.

    Source
    ------
    docs/method §11.11.

    Examples
    --------
    >>> revisions([]).empty
    True
    """
    rows = [
        (month_of(run.as_of), month, lead, float(np.median(run.total(unit=unit, months=[month]))))
        for run in replays
        if unit is None or unit in run.units
        for month in run.months
        if 1 <= (lead := months_between(month_of(run.as_of), month)) <= leads
    ]
    return moves(pd.DataFrame(rows, columns=["made", "for", "lead", "p50"]))


def moves(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Revisions among forecasts of months.

    Parameters
    ----------
    forecasts : frame
        made and for (YYYY-MM), lead, p50; series, where there are several.

    Returns
    -------
    frame
        series, made, previous (the month before it), for, lead (of the newer), p50, previous_p50
        (money), drift_pct = p50 ÷ previous_p50 − 1, the FinOps forecast drift; NaN from nothing.

    Source
    ------
    docs/method §11.11.

    Examples
    --------
    >>> months = {"made": ["2026-01", "2026-02", "2026-04"], "for": "2026-06", "lead": [5, 4, 2]}
    >>> one = moves(pd.DataFrame({**months, "p50": [100.0, 110.0, 99.0]}))
    >>> one[["made", "previous", "lead"]].values.tolist(), one["drift_pct"].round(3).tolist()
    ([['2026-02', '2026-01', 4]], [0.1])
    """
    if "series" not in forecasts:
        forecasts = forecasts.assign(series="")
    ordered = forecasts.sort_values(["series", "for", "made"], ignore_index=True)
    before = ordered.groupby(["series", "for"])[["made", "p50"]].shift()
    ordered = ordered.assign(previous=before["made"], previous_p50=before["p50"])
    follows = _follow(ordered["previous"], ordered["made"])
    kept = ordered[follows].reset_index(drop=True)
    then = kept["previous_p50"].astype(float)
    kept["drift_pct"] = kept["p50"] / then.where(then != 0) - 1
    return kept[list(COLUMNS)]


def _follow(earlier, later) -> np.ndarray:
    """Whether each month is the one after another."""
    pairs = zip(earlier, later, strict=True)
    return np.array(
        [isinstance(one, str) and add_months(one, 1) == two for one, two in pairs], bool
    )


def measured(table: pd.DataFrame) -> Revisions:
    """Spread and pooled lag-1 correlation of revisions.

    Parameters
    ----------
    table : frame
        As `revisions` and `moves` give it.

    Returns
    -------
    Revisions
        n, months (different ones), sd (n − 1), median of |revision|; autocorrelation: Pearson's, of
        all pairs of revisions of one month that follow one another, pairs of them.

    Source
    ------
    docs/method §11.11.

    Examples
    --------
    >>> made = ["2026-01", "2026-02", "2026-03"]
    >>> one = measured(pd.DataFrame({"for": "2026-06", "made": made, "drift_pct": [0.1, -0.1, 0.1]}))
    >>> one["n"], one["pairs"], round(one["sd"], 4), one["median"], one["autocorrelation"]
    (3, 2, 0.1155, 0.1, -1.0)
    """
    table = table[np.isfinite(table["drift_pct"].astype(float))]
    table = (table if "series" in table else table.assign(series="")).sort_values(
        ["series", "for", "made"]
    )
    values = table["drift_pct"].to_numpy(float)
    earlier = table.groupby(["series", "for"])[["made", "drift_pct"]].shift()
    before, follows = earlier["drift_pct"].to_numpy(float), _follow(earlier["made"], table["made"])
    pairs = int(follows.sum())
    result: Revisions = {
        "n": len(values),
        "months": int(table["for"].nunique()),
        "sd": float(values.std(ddof=1)) if len(values) > 1 else None,
        "median": float(np.median(np.abs(values))) if len(values) else None,
        "pairs": pairs,
        "autocorrelation": _correlation(before[follows], values[follows]),
        "sentence": "",
    }
    return {**result, "sentence": sentence(result)}


def _correlation(one: np.ndarray, two: np.ndarray) -> float | None:
    """Pearson's; None where there are fewer than two pairs or one side never moves."""
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(two) == 0:
        return None
    a, b = one - one.mean(), two - two.mean()
    return float(np.clip((a @ b) / np.sqrt((a @ a) * (b @ b)), -1.0, 1.0))


def by_lead(table: pd.DataFrame) -> list[dict]:
    """Spread of revisions by the lead of the newer forecast: lead, n, sd, median of |revision|."""
    return [
        {
            "lead": int(lead),
            **{key: value for key, value in measured(part).items() if key in ("n", "sd", "median")},
        }
        for lead, part in table.groupby("lead")
    ]


def sentence(one: Revisions) -> str:
    """How nervous the forecast was, in words."""
    if one["sd"] is None or one["median"] is None:
        return ""
    text = (
        f"From one month end to the next the P50 of a month moved by {one['median'] * 100:.1f} % (median; sd {one['sd'] * 100:.1f} %, "
        f"n = {one['n']}, of {one['months']} month{'s' * (one['months'] != 1)})"
    )
    r = one["autocorrelation"]
    if r is None:
        return f"{text}."
    number = f"{r:+.2f}".replace("-", "−")
    if one["pairs"] < ENOUGH:
        return f"{text}; too few moves follow one another to say whether they are taken back ({one['pairs']}; {ENOUGH} say something)."
    means = (
        "moves are often taken back, so part of each was noise"
        if r < OFTEN
        else "moves go on, so the forecast follows late"
        if r > LATE
        else "one move says little of the next"
    )
    return f"{text}; {means} (lag-1 correlation {number}, {one['pairs']} pairs)."
