"""Published forecasts, graded when the actuals are there: errors, calibration, drift (docs/method.md §11.3, §11.4).

A forecast counts as it was published: `brief.json` with the hash that the archive's index holds. A brief that was changed since is refused,
not graded. All money in the brief's currency; percentages are fractions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import InputError
from ..periods import month_days
from . import actuals
from .actuals import COMPANY

LEVELS = {"p05": 0.05, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p95": 0.95}
BANDS = (("run", 0.12), ("walk", 0.15), ("crawl", 0.20))       # FinOps maturity of budget variance, configurable
FEW = 8                                                        # graded forecasts from which a calibration says something
COLUMNS = ("unit", "made", "for", "lead", *LEVELS, "currency")


@dataclass(frozen=True)
class Grades:
    """Graded forecasts (rows), their calibration and their drift."""

    rows: pd.DataFrame           # unit, made, for, lead, p05…p95, actual, error_pct, finops_variance_pct, band, inside80
    calibration: pd.DataFrame    # level (said), share (was), n
    drift: pd.DataFrame          # unit, for, made, previous, p50, previous_p50, drift_pct
    waiting: int                 # published forecasts whose month is not over yet
    bands: tuple = BANDS

    def sentence(self) -> str:
        """The track record of what was published, in words."""
        if not len(self.rows):
            return f"No published forecast can be graded yet; {self.waiting} wait for their months to end."
        inside, n = int(self.rows["inside80"].sum()), len(self.rows)
        error = float((self.rows["p50"] - self.rows["actual"]).abs().sum() / self.rows["actual"].abs().sum())
        text = f"{n} published forecasts missed by {error:.1%} of what was spent; where we said 80 %, {inside} of {n} came true"
        few = "; too few to judge the range by" if n < FEW else ""
        return f"{text}{few}."


def published(reports: str | Path) -> pd.DataFrame:
    """The forecasts in an archive of reports: one row per unit, month of making and month forecast (COLUMNS).

    Only months after the report's own. Raises InputError for a brief whose hash is not the published one.
    """
    root, rows = Path(reports), []
    index = root / "index.json"
    if not index.is_file():
        raise InputError(f"{root}: no index.json there, so nothing has been published yet. Publish first: finops report.")
    for entry in json.loads(index.read_text(encoding="utf-8"))["reports"]:
        path = root / entry["month"] / entry["slug"] / "brief.json"
        raw = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(raw).hexdigest() != entry["files"]["brief.json"]["sha256"]:
            raise InputError(f"{path}: it is not what was published (its hash differs from the index). Bring the published file back; "
                             "an altered forecast is not graded.")
        brief = json.loads(raw)
        for month in (brief["forecast"] or {}).get("months", ()):
            if month["month"] > brief["month"]:
                lead = int((np.datetime64(month["month"], "M") - np.datetime64(brief["month"], "M")).astype(int))
                rows.append((brief["unit"], brief["month"], month["month"], lead, *(month[name] for name in LEVELS), brief["currency"]))
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(["unit", "for", "made"], ignore_index=True)


def actual_months(daily: pd.DataFrame, as_of: str, units) -> dict[tuple[str, str], float]:
    """Cost of every complete month up to as_of, {(unit, month): money}."""
    found = {}
    for unit in units:
        for month, value in actuals.by_month(actuals.cost_rows(daily, None if unit == COMPANY else unit)).items():
            if str(month_days(month)[-1]) <= str(as_of)[:10]:
                found[unit, month] = value
    return found


def grade(forecasts: pd.DataFrame, actual: Mapping[tuple[str, str], float], bands=BANDS) -> Grades:
    """Grade forecasts against actuals of whole months.

    error_pct = |P50 − actual| ÷ actual; finops_variance_pct = (P50 − actual) ÷ P50, the FinOps KPI by its own name; band: the first of `bands`
    (name, share) the error is within, else "outside"; inside80: P10 ≤ actual ≤ P90. Actuals of nothing have no error.

    >>> row = dict(unit="Company", made="2026-09", lead=1, p05=7, p10=8, p25=9, p50=10, p75=11, p90=12, p95=13, currency="USD", **{"for": "2026-10"})
    >>> grade(pd.DataFrame([row]), {("Company", "2026-10"): 11.0}).rows[["error_pct", "band", "inside80"]].round(3).values.tolist()
    [[0.091, 'run', True]]
    """
    keys = list(zip(forecasts["unit"], forecasts["for"]))
    known = np.array([key in actual for key in keys], bool)
    rows = forecasts[known].reset_index(drop=True).copy()
    truth = np.array([actual[key] for key, ok in zip(keys, known) if ok], float)
    middle = rows["p50"].to_numpy(float)
    rows["actual"] = truth
    with np.errstate(divide="ignore", invalid="ignore"):
        rows["error_pct"] = np.where(truth != 0, np.abs(middle - truth) / np.abs(truth), np.nan)
        rows["finops_variance_pct"] = np.where(middle != 0, (middle - truth) / middle, np.nan)
    rows["band"] = [next((name for name, most in bands if error <= most), "outside") if np.isfinite(error) else "" for error in rows["error_pct"]]
    rows["inside80"] = (rows["p10"].to_numpy(float) <= truth) & (truth <= rows["p90"].to_numpy(float))
    return Grades(rows, calibration(rows), drift(forecasts), int((~known).sum()), tuple(bands))


def calibration(rows: pd.DataFrame) -> pd.DataFrame:
    """When we said a level, how often was it: share of actuals at or below each published quantile, and inside the ranges around it.

    A row per quantile: level (said), share (was), n; then ranges 50, 80 and 90 %: level, share inside, n with kind "range".
    """
    truth, n = rows["actual"].to_numpy(float), len(rows)
    found = [("quantile", level, float((truth <= rows[name].to_numpy(float)).mean()) if n else np.nan, n) for name, level in LEVELS.items()]
    for low, high in (("p25", "p75"), ("p10", "p90"), ("p05", "p95")):
        inside = (rows[low].to_numpy(float) <= truth) & (truth <= rows[high].to_numpy(float))
        found.append(("range", round(LEVELS[high] - LEVELS[low], 2), float(inside.mean()) if n else np.nan, n))
    return pd.DataFrame(found, columns=["kind", "level", "share", "n"])


def drift(forecasts: pd.DataFrame) -> pd.DataFrame:
    """How the forecast of one month moved from one publication to the next: (new − previous) ÷ previous P50, the FinOps Forecast Drift Rate."""
    ordered = forecasts.sort_values(["unit", "for", "made"])
    before = ordered.groupby(["unit", "for"])[["made", "p50"]].shift()
    moved = ordered.assign(previous=before["made"], previous_p50=before["p50"])[lambda frame: frame["previous"].notna()]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(moved["previous_p50"] != 0, (moved["p50"] - moved["previous_p50"]) / moved["previous_p50"], np.nan)
    return moved.assign(drift_pct=share)[["unit", "for", "made", "previous", "p50", "previous_p50", "drift_pct"]].reset_index(drop=True)
