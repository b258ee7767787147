"""Published forecasts, graded when the actuals are there: errors, calibration, drift, numbers set by hand (docs/method §11.3–§11.8).

A forecast counts as it was published: `brief.json` with the hash that the archive's index holds. A brief that was changed since is refused,
not graded. All money in the brief's currency; percentages are fractions. What is added up, and how, is in `forecasting.windows`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import InputError
from ..forecasting.windows import (
    APART,
    BANDS,
    FEW,
    LEVELS,
    calibration,
    distinct_windows,
    holds,
    plain,
    summary,
)
from ..names import COMPANY
from ..periods import month_days, months_between
from ..published import INDEX, base_of
from ..settings import Settings
from . import accuracy, actuals
from .accuracy_types import Published
from .entities import own_unit

COLUMNS = (
    "unit",
    "made",
    "for",
    "lead",
    *LEVELS,
    "currency",
    "as_of",
    "hand",
    "by",
    "because",
    "workload",
)


@dataclass(frozen=True)
class Grades:
    """Graded forecasts (rows), their calibration and their drift."""

    rows: pd.DataFrame  # unit, made, for, lead, p05…p95, actual, naive, error_pct, finops_variance_pct, band, inside80, counted, hand…
    calibration: pd.DataFrame  # level (said), share (was), hits, n, months, low, high
    drift: pd.DataFrame  # unit, for, made, previous, p50, previous_p50, drift_pct
    waiting: int  # published forecasts whose month is not over yet
    bands: tuple = BANDS
    hands: pd.DataFrame = field(
        default_factory=pd.DataFrame
    )  # numbers set by hand for single workloads, `unit` is the workload: for, made, p50, hand, actual

    def counted(self) -> pd.DataFrame:
        """The rows that count: a company stands beside its units and is their sum, so it is left out of counts and sums (docs/method §11.10)."""
        return self.rows[self.rows["counted"]] if "counted" in self.rows else self.rows

    def months(self) -> int:
        """How many different months the graded forecasts are of."""
        return int(self.rows["for"].nunique()) if len(self.rows) else 0

    def sentence(self) -> str:
        """The track record of what was published, in words."""
        rows = self.counted()
        if not len(rows):
            return f"No published forecast can be graded yet; {self.waiting} wait for their months to end."
        inside, n, months = int(rows["inside80"].sum()), len(rows), self.months()
        spent = float(rows["actual"].abs().sum())
        if not spent:
            what = (
                "1 published forecast is of a month"
                if n == 1
                else f"{n} published forecasts are of months"
            )
            return f"{what} that cost nothing, so there is no percentage."
        error = float((rows["p50"] - rows["actual"]).abs().sum()) / spent
        of = f" of {months} month{'s' * (months > 1)}" if months < n else ""
        text = f"{n} published forecasts{of} missed by {error:.1%} of what was spent; where we said 80 %, {inside} of {n} came true"
        windows, apart = distinct_windows(rows)
        few = "; too few to judge the range by" if windows < FEW or apart < APART else ""
        return f"{text}{few}.{self._beside()}"

    def _beside(self) -> str:
        """What the company's own forecasts did, where they are not counted beside those of its units."""
        own = self.rows[~self.rows["counted"]] if "counted" in self.rows else self.rows[:0]
        size = float(own["actual"].abs().sum()) if len(own) else 0.0
        if not size:
            return ""
        error = float((own["p50"] - own["actual"]).abs().sum()) / size
        return (
            f" The company is the sum of its units and is not counted again: it missed by {error:.1%}, "
            f"{int(own['inside80'].sum())} of {len(own)} inside."
        )

    def by_lead(self) -> pd.DataFrame:
        """A row per lead, as a replay has it: `windows.summary`, each unit a series of its own, months counted as months."""
        rows = self.counted()
        if not len(rows):
            return pd.DataFrame()
        return summary(rows.assign(series=rows["unit"]), ("lead",), self.bands).sort_values(
            "lead", ignore_index=True
        )

    def by_hand(self) -> dict | None:
        """Numbers set by hand beside the model's own, over the forecasts that have both; None where nobody set one.

        n, months (different ones), hand_error_pct and model_error_pct = Σ|said − actual| ÷ Σ|actual|, better: how often the hand was closer.
        """
        both = (
            pd.concat([self.rows[self.rows["hand"].notna()], self.hands])
            if "hand" in self.rows
            else self.rows[:0]
        )
        size = float(both["actual"].abs().sum())
        if not len(both) or not size:
            return None
        hand, model = (
            (both[name].astype(float) - both["actual"]).abs() for name in ("hand", "p50")
        )
        record = {
            "n": len(both),
            "months": int(both["for"].nunique()),
            "hand_error_pct": float(hand.sum()) / size,
            "model_error_pct": float(model.sum()) / size,
            "better": int((hand < model).sum()),
        }
        return {**record, "sentence": hand_sentence(record)}

    def as_brief(self) -> Published | None:
        """The brief's `accuracy.published` of one unit; None where nothing was published before."""
        if not len(self.rows) and not self.waiting:
            return None
        hand = ("hand", "by", "because", "hand_error_pct")
        keep = (
            "made",
            "for",
            "lead",
            *LEVELS,
            "actual",
            "naive",
            "error_pct",
            "finops_variance_pct",
            "band",
            "inside80",
            *hand,
        )
        few = ("workload", "made", "for", "lead", "p50", "actual", "error_pct", *hand)
        return plain(
            {
                "sentence": self.sentence(),
                "n": len(self.rows),
                "months": self.months(),
                "waiting": self.waiting,
                "rows": self.by_lead(),
                "by_hand": self.by_hand(),
                "calibration": self.calibration[self.calibration["kind"] == "range"],
                "detail": self.rows[[name for name in keep if name in self.rows]],
                "workloads": self.hands[list(few)] if len(self.hands) else [],
            }
        )


def hand_sentence(record: dict) -> str:
    """Hand against model in words.

    >>> hand_sentence({"n": 9, "months": 9, "hand_error_pct": 0.041, "model_error_pct": 0.023, "better": 3})
    'By hand: 4.1 %, model: 2.3 %; the hand was better in 3 of 9 months'
    """
    what = "month" if record["n"] == record["months"] else "forecast"
    return (
        f"By hand: {record['hand_error_pct'] * 100:.1f} %, model: {record['model_error_pct'] * 100:.1f} %; the hand was better in "
        f"{record['better']} of {record['n']} {what}{'s' * (record['n'] != 1)}"
    )


def published(
    reports: str | Path, before: str | None = None, settings: Settings | None = None
) -> pd.DataFrame:
    """The forecasts in an archive of reports: one row per unit, month of making and month forecast (COLUMNS).

    Those of the company, or of the entity that `settings` are of, each unit by its own name.

    Only months after the report's own. `before`: only reports of earlier months, none where there is no archive yet, and an altered brief is
    left out (a close must not stop for it; `finops grades` does). Else raises InputError for a brief whose hash is not the published one.
    """
    root, base, rows = Path(reports), base_of(reports), []
    index = base / INDEX
    if not index.is_file():
        if before is not None:
            return pd.DataFrame(columns=list(COLUMNS))
        raise InputError(
            f"{root}: no index.json there, so nothing has been published yet. Publish first: finops report."
        )
    for entry in json.loads(index.read_text(encoding="utf-8"))["reports"]:
        if before is not None and entry["month"] >= before:
            continue
        path = base / entry["month"] / entry["slug"] / "brief.json"
        raw = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(raw).hexdigest() != entry["files"]["brief.json"]["sha256"]:
            if before is not None:
                continue
            raise InputError(
                f"{root / path.relative_to(base)}: it is not what was published (its hash differs from the index). Bring the published file back; "
                "an altered forecast is not graded."
            )
        brief = json.loads(raw)
        unit = own_unit(brief, settings)
        if unit is None:
            continue
        for month in (brief["forecast"] or {}).get("months", ()):
            if month["month"] > brief["month"]:
                lead = months_between(brief["month"], month["month"])
                hand = month.get("override") or {}
                rows.append(
                    (
                        unit,
                        brief["month"],
                        month["month"],
                        lead,
                        *(month[name] for name in LEVELS),
                        brief["currency"],
                        brief.get("data_as_of"),
                        hand.get("value"),
                        hand.get("by", ""),
                        hand.get("because", ""),
                        "",
                    )
                )
        for hand in brief.get("by_hand") or ():
            lead = months_between(brief["month"], hand["month"])
            if lead > 0:
                rows.append(
                    (
                        unit,
                        brief["month"],
                        hand["month"],
                        lead,
                        *(hand["p50"] if name == "p50" else np.nan for name in LEVELS),
                        brief["currency"],
                        brief.get("data_as_of"),
                        hand["value"],
                        hand["by"],
                        hand["because"],
                        hand["workload"],
                    )
                )
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(
        ["unit", "for", "made", "workload"], ignore_index=True
    )


def actual_months(daily: pd.DataFrame, as_of: str, units) -> dict[tuple[str, str], float]:
    """Cost of every complete month up to as_of, {(unit, month): money}."""
    actual = {}
    for unit in units:
        for month, value in actuals.by_month(
            actuals.cost_rows(daily, None if unit == COMPANY else unit)
        ).items():
            if str(month_days(month)[-1]) <= str(as_of)[:10]:
                actual[unit, month] = value
    return actual


def workload_months(
    daily: pd.DataFrame, as_of: str, forecasts: pd.DataFrame
) -> dict[tuple[str, str], float]:
    """Cost of every complete month of the workloads somebody set a number for, {(workload, month): money}."""
    actual, rows = {}, actuals.cost_rows(daily)
    for name in sorted(set(forecasts.get("workload", ())) - {""}):
        for month, value in actuals.by_month(rows[rows["x_Workload"] == name]).items():
            if str(month_days(month)[-1]) <= str(as_of)[:10]:
                actual[name, month] = value
    return actual


def naive_months(daily: pd.DataFrame, forecasts: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    """Seasonal naive beside published forecasts, {(unit, day of data, month): money}: what repeating the week before would have said."""
    naive = {}
    for unit, part in forecasts.groupby("unit"):
        by_day = actuals.cost_rows(daily, unit).groupby("ChargeDate")["EffectiveCost"].sum()
        for made, month in set(zip(part["as_of"], part["for"])):
            if made:
                naive[str(unit), made, month] = accuracy.naive_month(by_day, made, month)
    return naive


def grade(
    forecasts: pd.DataFrame,
    actual: Mapping[tuple[str, str], float],
    bands=BANDS,
    naive: Mapping[tuple[str, str, str], float] | None = None,
    workloads: Mapping[tuple[str, str], float] | None = None,
) -> Grades:
    """Grade forecasts against actuals of whole months.

    error_pct = |P50 − actual| ÷ actual; finops_variance_pct = (P50 − actual) ÷ P50, the FinOps KPI by its own name; band: the first of `bands`
    (name, share) the error is within, else "outside"; inside80: P10 ≤ actual ≤ P90. Actuals of nothing have no error. A number set by hand is
    graded the same way beside the model's: hand_error_pct.

    naive       as `naive_months` gives it, for the baseline;  workloads: as `workload_months`, for numbers set by hand for one workload

    >>> row = dict(unit="Company", made="2026-09", lead=1, p05=7, p10=8, p25=9, p50=10, p75=11, p90=12, p95=13, currency="USD", **{"for": "2026-10"})
    >>> grade(pd.DataFrame([row]), {("Company", "2026-10"): 11.0}).rows[["error_pct", "band", "inside80"]].round(3).values.tolist()
    [[0.091, 'run', True]]
    """
    single = (
        forecasts["workload"].ne("")
        if "workload" in forecasts
        else pd.Series(False, forecasts.index)
    )
    own, alone = forecasts[~single], forecasts[single]
    rows = _beside_actuals(own, actual)
    if naive:
        rows["naive"] = [
            naive.get(key, np.nan) for key in zip(rows["unit"], rows["as_of"], rows["for"])
        ]
    rows["band"] = [
        next((name for name, most in bands if error <= most), "outside")
        if np.isfinite(error)
        else ""
        for error in rows["error_pct"]
    ]
    rows["inside80"] = holds(rows["actual"], rows["p10"], rows["p90"])
    rows["counted"] = _counted(rows)
    if len(alone):  # the company's report and its unit's carry the same number: once is enough
        alone = _beside_actuals(
            alone.drop_duplicates(["workload", "made", "for"]).assign(
                unit=lambda frame: frame["workload"]
            ),
            workloads or {},
        )
    return Grades(
        rows,
        calibration(rows[rows["counted"]]),
        drift(own),
        len(own) - len(rows),
        tuple(bands),
        alone,
    )


def _counted(rows: pd.DataFrame) -> np.ndarray:
    """Which rows count: all but the company's where a forecast of one of its units, made and graded for the same months, stands beside it."""
    company = rows["unit"].eq(COMPANY).to_numpy(bool)
    beside = set(zip(rows["made"][~company], rows["for"][~company]))
    return ~(company & np.array([key in beside for key in zip(rows["made"], rows["for"])], bool))


def _beside_actuals(
    forecasts: pd.DataFrame, actual: Mapping[tuple[str, str], float]
) -> pd.DataFrame:
    """The forecasts whose month is over, with its actual and by what the model and the hand missed it."""
    keys = list(zip(forecasts["unit"], forecasts["for"]))
    known = np.array([key in actual for key in keys], bool)
    rows = forecasts[known].reset_index(drop=True).copy()
    truth = np.array([actual[key] for key, ok in zip(keys, known) if ok], float)
    middle = rows["p50"].to_numpy(float)
    rows["actual"] = truth
    with np.errstate(divide="ignore", invalid="ignore"):
        rows["error_pct"] = np.where(truth != 0, np.abs(middle - truth) / np.abs(truth), np.nan)
        rows["finops_variance_pct"] = np.where(middle != 0, (middle - truth) / middle, np.nan)
        if "hand" in rows:
            rows["hand_error_pct"] = np.where(
                truth != 0, np.abs(rows["hand"].to_numpy(float) - truth) / np.abs(truth), np.nan
            )
    return rows


def drift(forecasts: pd.DataFrame) -> pd.DataFrame:
    """How the forecast of one month moved from one publication to the next: (new − previous) ÷ previous P50, the FinOps Forecast Drift Rate."""
    ordered = forecasts.sort_values(["unit", "for", "made"])
    before = ordered.groupby(["unit", "for"])[["made", "p50"]].shift()
    moved = ordered.assign(previous=before["made"], previous_p50=before["p50"])[
        lambda frame: frame["previous"].notna()
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(
            moved["previous_p50"] != 0,
            (moved["p50"] - moved["previous_p50"]) / moved["previous_p50"],
            np.nan,
        )
    return moved.assign(drift_pct=share)[
        ["unit", "for", "made", "previous", "p50", "previous_p50", "drift_pct"]
    ].reset_index(drop=True)
