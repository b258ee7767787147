"""One graded window: the forecast of a total, its actual, and the baseline of repeating last week; sums of many (docs/method §11.5–§11.7).

Every replay and every grade of a published forecast ends here, so that an error, a range that held or a skill is one thing everywhere.
A window is a row: `series`, `made` (the month end it was made at), `for`, `kind` (days, month, quarter), `lead`; P05…P95 of its total.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import scores

LEVELS = {"p05": 0.05, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p95": 0.95}
RANGES = {0.5: ("p25", "p75"), 0.8: ("p10", "p90"), 0.9: ("p05", "p95")}
BANDS = (
    ("run", 0.12),
    ("walk", 0.15),
    ("crawl", 0.20),
)  # FinOps thresholds of budget variance, configurable
GRADED = 6  # windows from which a lead counts as graded
FEW, APART = 12, 3  # windows from which a verdict is given, and how many of them must not overlap
SLACK = (
    1e-9  # of the actual: sums of the same days in another order differ by less, and are no miss
)
KINDS = ("days", "month", "quarter")
DAILY = ("days", "abs_days", "naive_abs_days", "crps_days", "mase")
COLUMNS = [
    "series",
    "class",
    "kind",
    "lead",
    "made",
    "for",
    *LEVELS,
    "actual",
    "naive",
    "error_pct",
    "naive_error_pct",
    "inside",
    "finops_variance_pct",
    "finops_variance_actual_pct",
    "crps",
    *DAILY,
]
NAN = float("nan")


def holds(actual, low, high) -> np.ndarray:
    """Which actuals lie inside low…high, both included, rounding aside.

    >>> holds([0.3, 1.0], [0.1 + 0.2, 2.0], [0.4, 3.0]).tolist()
    [True, False]
    """
    actual = np.asarray(actual, float)
    slack = SLACK * np.abs(actual)
    return (np.asarray(low, float) <= actual + slack) & (actual <= np.asarray(high, float) + slack)


def graded(totals: np.ndarray, actual: float, naive: float) -> dict:
    """The window of a total: quantiles of its paths (path,), the actual, seasonal naive, and what each missed by.

    error_pct = |P50 − actual| ÷ |actual|, naive_error_pct likewise; finops_variance_pct = (P50 − actual) ÷ P50, the FinOps KPI by its own name,
    finops_variance_actual_pct the same ÷ |actual|, as others define it;
    inside: P10 ≤ actual ≤ P90; crps in the unit of the total. Fractions; NaN where there is nothing to divide by.

    >>> row = graded(np.array([8.0, 10.0, 12.0]), actual=11.0, naive=9.9)
    >>> row["p50"], round(row["error_pct"], 4), round(row["naive_error_pct"], 4), row["inside"]
    (10.0, 0.0909, 0.1, True)
    """
    quantiles = dict(zip(LEVELS, map(float, np.quantile(totals, list(LEVELS.values())))))
    middle, size = quantiles["p50"], abs(actual)
    return {
        **quantiles,
        "actual": float(actual),
        "naive": float(naive),
        "error_pct": abs(middle - actual) / size if size else NAN,
        "naive_error_pct": abs(naive - actual) / size if size else NAN,
        "inside": bool(holds(actual, quantiles["p10"], quantiles["p90"])),
        "finops_variance_pct": scores.finops_accuracy(actual, middle),
        "finops_variance_actual_pct": (middle - actual) / size if size else NAN,
        "crps": scores.crps([actual], np.asarray(totals, float)[:, None]),
    }


def graded_days(
    paths: np.ndarray, actual: np.ndarray, naive: np.ndarray, history: np.ndarray
) -> dict:
    """The days of a window: Σ|day − median of the day|, the same of naive, Σ CRPS of the days, MASE against the known history.

    paths (path, day), actual and naive (day,), history (day,); sums in the unit of the history.
    """
    middle = np.median(paths, axis=0)
    return {
        "days": len(actual),
        "abs_days": float(np.abs(actual - middle).sum()),
        "naive_abs_days": float(np.abs(actual - naive).sum()),
        "crps_days": scores.crps(actual, paths) * len(actual),
        "mase": scores.mase(actual, middle, history),
    }


def summary(windows: pd.DataFrame, by=("kind", "lead"), bands=BANDS) -> pd.DataFrame:
    """One row per group of windows: how good it was (docs/method §11.6). Scores whose columns are not there are left out.

    n, months   windows, and how many different (series, for) they are of: windows of one month are one total
    error_pct   Σ|P50 − actual| ÷ Σ|actual|; naive_error_pct, wape (days), crps_pct, interval_score_pct, pinball…_pct likewise
    skill       1 − error_pct ÷ naive_error_pct; closer: share of windows in which we missed by less than naive
    coverage…   share inside the 50, 80, 90 % range; within_…: share of windows missed by at most that percentage (NaN is none)

    Where a group holds several series, money ratios are each series' own and the middle one (median) is shown, because sums over series
    would be about the largest only; shares and counts are of all windows.
    """
    rows = []
    for key, part in windows.groupby(list(by), sort=False, dropna=False):
        whole = dict(zip(by, key))
        each = (
            [part]
            if "series" not in part
            else [one for _, one in part.groupby("series", sort=False, dropna=False)]
        )
        ratios = pd.DataFrame([_ratios(one) for one in each])
        middle = {
            name: float(np.nanmedian(values)) if np.isfinite(values).any() else NAN
            for name, values in ((name, ratios[name].to_numpy(float)) for name in ratios)
        }
        if "naive_error_pct" in middle:
            middle["skill"] = scores.skill(middle["error_pct"], middle["naive_error_pct"])
        if "naive_wape" in middle:
            middle["day_skill"] = scores.skill(middle["wape"], middle["naive_wape"])
        rows.append(
            {
                **whole,
                "n": len(part),
                "months": distinct_totals(part),
                **({"series": len(each)} if "series" in part and "series" not in by else {}),
                **middle,
                **_shares(part, bands),
            }
        )
    whole = pd.DataFrame(rows)
    if not len(whole) or not {"kind", "lead"} <= set(whole):
        return whole
    order = [*(name for name in by if name not in ("kind", "lead")), "_kind", "lead"]
    return (
        whole.assign(_kind=whole["kind"].map(KINDS.index))
        .sort_values(order, ignore_index=True)
        .drop(columns="_kind")
    )


def _ratios(rows: pd.DataFrame) -> dict:
    """Ratios of sums of one series."""
    actual, middle = rows["actual"].to_numpy(float), rows["p50"].to_numpy(float)
    size, said = float(np.abs(actual).sum()), float(middle.sum())
    ratios = {
        "error_pct": scores.wape(actual, middle),
        "bias": scores.bias(actual, middle),
        "finops_variance_pct": (said - float(actual.sum())) / said if said else NAN,
        "finops_variance_actual_pct": (said - float(actual.sum())) / size if size else NAN,
    }

    def share(value: float) -> float:
        return value / size if size else NAN

    if "naive" in rows:
        ratios["naive_error_pct"] = scores.wape(actual, rows["naive"].to_numpy(float))
    if "crps" in rows:
        ratios["crps_pct"] = share(float(rows["crps"].sum()))
    if {"p10", "p90"} <= set(rows):
        low, high = rows["p10"].to_numpy(float), rows["p90"].to_numpy(float)
        ratios |= {
            "interval_score_pct": share(scores.interval_score(actual, low, high) * len(rows)),
            "pinball10_pct": share(scores.pinball(actual, low, 0.1) * len(rows)),
            "pinball90_pct": share(scores.pinball(actual, high, 0.9) * len(rows)),
            "width80_pct": share(float((high - low).sum())),
        }
    if "abs_days" in rows and rows["abs_days"].notna().any():
        ratios |= {
            "wape": share(float(rows["abs_days"].sum())),
            "naive_wape": share(float(rows["naive_abs_days"].sum())),
            "crps_days_pct": share(float(rows["crps_days"].sum())),
            "mase": float(rows["mase"].mean()),
        }
    return {
        name: 0.0 if abs(value) < SLACK else value for name, value in ratios.items()
    }  # a rounding is no error


def _shares(rows: pd.DataFrame, bands) -> dict:
    """Shares of all windows of a group."""
    actual, middle, shares = rows["actual"].to_numpy(float), rows["p50"].to_numpy(float), {}
    missed = np.abs(middle - actual)
    if "naive" in rows:
        shares["closer"] = float((missed < np.abs(rows["naive"].to_numpy(float) - actual)).mean())
    for level, (low, high) in RANGES.items():
        if {low, high} <= set(rows):
            shares[f"coverage{level * 100:.0f}"] = float(
                holds(actual, rows[low], rows[high]).mean()
            )
        elif level == 0.8 and "inside" in rows:
            shares["coverage80"] = float(rows["inside"].mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(actual != 0, missed / np.abs(actual), np.nan)
    if np.isfinite(error).any():
        shares |= {
            within(limit): float((error <= limit).sum() / np.isfinite(error).sum())
            for _, limit in bands
        }
    return shares


def within(limit: float) -> str:
    """The column that says how many windows were missed by at most a share.

    >>> within(0.12), within(0.125)
    ('within_12', 'within_12.5')
    """
    return f"within_{limit * 100:.4g}"


def distinct_totals(rows: pd.DataFrame) -> int:
    """How many different totals the rows are about: forecasts of one month made at several cutoffs share their actuals, and so do units of a company."""
    keys = [
        name
        for name in (("kind", "for") if "unit" in rows else ("series", "kind", "for"))
        if name in rows
    ]
    return len(rows) if "for" not in rows else len(rows[keys].drop_duplicates())


def distinct_windows(rows: pd.DataFrame) -> tuple[int, int]:
    """(different windows, how many of them do not overlap): units of one company that were forecast for one month on one day are one window.

    A window reaches from the month end it was made at to the end of its last month; those that do not overlap are counted greedily.

    >>> made, until = ["2026-01", "2026-02", "2026-03", "2026-04"], ["2026-03", "2026-04", "2026-05", "2026-06"]
    >>> distinct_windows(pd.DataFrame({"made": made, "for": until}))
    (4, 2)
    """
    if not {"made", "for"} <= set(rows):
        return len(rows), distinct_totals(rows)
    several = "series" in rows and "unit" not in rows
    keys = [rows["series"] if several else pd.Series("", rows.index), rows["made"], rows["for"]]
    count, apart = 0, 0
    last: dict = {}
    spans = {(one, str(made)[:7], str(until)[-7:]) for one, made, until in zip(*keys, strict=True)}
    for one, made, until in sorted(spans, key=lambda span: (span[0], span[2], span[1])):
        count += 1
        if made >= last.get(one, ""):
            apart, last[one] = apart + 1, until
    return count, apart


def calibration(rows: pd.DataFrame) -> pd.DataFrame:
    """When we said a level, how often was it (docs/method §11.4, §11.7).

    kind, level (said), share (was), hits, n, months, windows (different ones), apart (of them without overlap), low, high: for each quantile the
    actuals at or below it, for the 50, 80 and 90 % ranges the actuals inside. low…high is where the share of a perfectly calibrated forecast
    would lie four times of five by luck alone (binomial, as many draws as there are different months); a range without width that held needs
    no luck, so it counts as sure.
    """
    truth, n, months = rows["actual"].to_numpy(float), len(rows), distinct_totals(rows)
    sure = _without_width(rows) if n else np.zeros(0, bool)
    unsure = distinct_totals(rows[~sure]) if sure.any() else months
    different, apart = distinct_windows(rows)
    said = [
        ("quantile", level, holds(truth, -np.inf, rows[name])) for name, level in LEVELS.items()
    ]
    said += [
        ("range", level, holds(truth, rows[low], rows[high]))
        for level, (low, high) in RANGES.items()
    ]
    table = [
        (
            kind,
            level,
            float(hit.mean()) if n else NAN,
            int(hit.sum()),
            n,
            months,
            different,
            apart,
            *(_luck(kind, level, months, unsure) if n else (NAN, NAN)),
        )
        for kind, level, hit in said
    ]
    return pd.DataFrame(
        table,
        columns=[
            "kind",
            "level",
            "share",
            "hits",
            "n",
            "months",
            "windows",
            "apart",
            "low",
            "high",
        ],
    )


def _without_width(rows: pd.DataFrame) -> np.ndarray:
    """Which forecasts were one number and right (row,): nothing had varied, and nothing did."""
    low, high = (rows[RANGES[max(RANGES)][side]].to_numpy(float) for side in (0, 1))
    return (high - low <= SLACK * np.abs(high)) & holds(rows["actual"], low, high)


def _luck(kind: str, level: float, months: int, unsure: int) -> tuple[float, float]:
    """(low, high) share by luck alone; `unsure` of the months had a range with a width."""
    if kind == "quantile" or unsure == months:
        return scores.binomial_band(months, level)
    if not unsure:
        return 1.0, 1.0
    low, high = scores.binomial_band(unsure, level)
    sure = months - unsure
    return (sure + low * unsure) / months, (sure + high * unsure) / months


def said_and_was(row) -> str:
    """One row of a calibration in words, with its verdict.

    >>> row = {"level": 0.8, "share": 0.76, "hits": 19, "n": 25, "months": 25, "low": 0.68, "high": 0.88}
    >>> said_and_was(row)
    'When we said 80 %, it was 76 % (19 of 25)'
    >>> said_and_was({**row, "share": 0.4, "hits": 10})
    'When we said 80 %, it was 40 % (10 of 25): less than luck explains (68 to 88 %), our ranges were too narrow'
    >>> said_and_was({**row, "share": 1.0, "hits": 4, "n": 4, "months": 4})
    'When we said 80 %, it was 100 % (4 of 4): too few to judge by (4 windows, 4 of them without overlap; 12 and 3 say something)'
    """
    if not row["n"]:
        return (
            f"When we said {row['level']:.0%}".replace("%", " %") + ", nothing could be graded yet"
        )
    text = (
        f"When we said {row['level']:.0%}, it was {row['share']:.0%}".replace("%", " %")
        + f" ({row['hits']} of {row['n']})"
    )
    return f"{text}: {verdict(row)}" if verdict(row) else text


def enough(row) -> bool:
    """Whether a calibration row has windows enough for a verdict: FEW of them, of which APART do not overlap."""
    different, apart = _windows_of(row)
    return different >= FEW and apart >= APART


def _windows_of(row) -> tuple[int, int]:
    """(windows, of them without overlap); briefs of before hold forecasts and months only."""
    return int(row.get("windows", row["n"])), int(row.get("apart", row["months"]))


def verdict(row) -> str:
    """What a calibration row says about our ranges; empty where it is what luck alone gives."""
    if not enough(row):
        different, apart = _windows_of(row)
        return (
            f"too few to judge by ({different} window{'' if different == 1 else 's'}, {apart} of them without overlap; "
            f"{FEW} and {APART} say something)"
        )
    luck = (
        f"than luck explains ({row['low'] * 100:.0f} to {row['high'] * 100:.0f} %), our ranges were"
    )
    if row["share"] < row["low"]:
        return f"less {luck} too narrow"
    return f"more {luck} wider than they had to be" if row["share"] > row["high"] else ""


def plain(value):
    """The same without NaN (None stands for it) and with plain numbers: what JSON can hold.

    >>> plain({"a": float("nan"), "b": [np.float64(1.5), np.int64(2)]})
    {'a': None, 'b': [1.5, 2]}
    """
    if isinstance(value, pd.DataFrame):
        return plain(value.to_dict("records"))
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
