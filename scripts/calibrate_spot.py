"""Fit the spot price process to the stored price history (docs/method §3.29): python scripts/calibrate_spot.py HISTORY.parquet

HISTORY has one row per snapshot, instance and region (date, instance, region, hour, hour_spot, USD an hour). What comes out is
finops_model/uncertainty/risks/gcp_spot.json: constants with their passport. Prices of months are those of a month's last snapshot.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from finops_model.uncertainty.spot_price import Spot, Steps, spot

GPU = (
    "a2-highgpu-1g",
    "a2-ultragpu-1g",
    "a3-highgpu-8g",
    "a3-megagpu-8g",
    "g2-standard-4",
    "g4-standard-48",
)  # one size of each GPU type
LEAST = 1000  # month-to-month pairs for a fit of its own
KNOTS = [
    0.0,
    0.005,
    0.02,
    0.05,
    *np.round(np.arange(0.1, 0.95, 0.05), 2).tolist(),
    0.95,
    0.98,
    0.995,
    1.0,
]
LAGS = (1, 3, 6, 12)
OUT = (
    Path(__file__).resolve().parents[1] / "finops_model" / "uncertainty" / "risks" / "gcp_spot.json"
)


def persistence(own: dict) -> float:
    """The persistence of changes with which simulated spreads over 3, 6 and 12 months come nearest to those seen."""
    change = Steps(tuple((p, v) for p, v in own["change_quantiles"]))

    def miss(value: float) -> float:
        logs = np.log(
            spot(
                1,
                "calibration",
                20_000,
                12,
                Spot(
                    own["p_change_after_change"],
                    own["p_change_after_rest"],
                    change,
                    persistence=value,
                ),
                1.0,
            )
        )
        return sum(
            np.log(logs[:, k - 1].std() / own["sd_of_log_change_over_months"][str(k)]) ** 2
            for k in LAGS[1:]
        )

    return float(min(np.round(np.arange(0, 0.95, 0.1), 1), key=miss))


def monthly(history: pd.DataFrame) -> pd.DataFrame:
    """Spot and on-demand price by (instance, region) and month, the month's last snapshot."""
    rows = history[history["instance"].isin(GPU)].dropna(subset=["hour_spot"]).copy()
    rows["month"] = pd.to_datetime(rows["date"]).dt.to_period("M")
    return (
        rows.sort_values("date")
        .groupby(["instance", "region", "month"])[["hour_spot", "hour"]]
        .last()
    )


def measure(table: pd.DataFrame) -> dict:
    """What the process is fitted to, for some (instance, region) series."""
    logs = np.log(table["hour_spot"].unstack("month"))
    ratio = (table["hour_spot"] / table["hour"]).to_numpy()
    steps = logs.diff(axis=1)
    moved = steps.abs() > 1e-9
    both = steps.notna() & steps.shift(1, axis=1).notna()
    before = moved.shift(1, axis=1).eq(True)
    changes = steps.stack().dropna()
    sizes = changes[changes.abs() > 1e-9].to_numpy()
    after_move, after_rest = both & before, both & ~before
    spread = {
        str(k): round(float((logs.shift(-k, axis=1) - logs).stack().dropna().std()), 4)
        for k in LAGS
    }
    return {
        "pairs": int(len(changes)),
        "changes": int(len(sizes)),
        "p_no_change": round(float(1 - len(sizes) / len(changes)), 4),
        "p_change_after_change": chance(moved & after_move, after_move),
        "p_change_after_rest": chance(moved & after_rest, after_rest),
        "mean_log_change": round(float(changes.mean()), 5),
        "sd_of_change": round(float(sizes.std(ddof=1)), 4),
        "change_quantiles": [[float(k), round(float(np.quantile(sizes, k)), 5)] for k in KNOTS],
        "ratio_to_on_demand": {
            "low": round(float(np.quantile(ratio, 0.001)), 4),
            "median": round(float(np.median(ratio)), 4),
            "high": round(float(np.quantile(ratio, 0.999)), 4),
        },
        "sd_of_log_change_over_months": spread,
    }


def chance(hits: pd.DataFrame, of: pd.DataFrame) -> float | None:
    """Share of the months; None where there are none."""
    total = int(of.sum().sum())
    return round(float(hits.sum().sum()) / total, 4) if total else None


def main(path: str) -> None:
    raw = Path(path).read_bytes()
    history = pd.read_parquet(path)
    table = monthly(history)
    found = {"pooled": measure(table)}
    found["pooled"]["persistence"] = persistence(found["pooled"])
    for instance in GPU:
        own = measure(table.loc[[instance]])
        if own["pairs"] >= LEAST:
            found[instance] = own | {"persistence": persistence(own)}
    hub = measure(table[table.index.get_level_values("region") == "us-central1"])
    passport = {
        "what": "monthly changes of spot prices of GPU machines by region, and the constants of the spot price process",
        "source": "weekly snapshots of the price table of Cyclenerd/google-cloud-pricing-cost-calculator (pricing.yml)",
        "licence": "Apache-2.0",
        "period": [str(history["date"].min())[:10], str(history["date"].max())[:10]],
        "rows_of_source": int(len(history)),
        "sha256_of_source": hashlib.sha256(raw).hexdigest(),
        "made_by": "scripts/calibrate_spot.py",
        "instances": list(GPU),
        "regions": int(table.index.get_level_values("region").nunique()),
        "hub_region": {
            "us-central1": {
                k: hub[k] for k in ("pairs", "p_no_change", "mean_log_change", "sd_of_change")
            }
        },
    }
    OUT.parent.mkdir(exist_ok=True)
    text = json.dumps({"passport": passport, "models": found}, indent=1)
    text = re.sub(
        r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text
    )  # short lists on one line
    text = re.sub(r"\],\s+\[", "], [", text)
    OUT.write_text(text + "\n", encoding="utf-8")
    for name, own in found.items():
        print(
            f"{name}: {own['pairs']} pairs, no change in {own['p_no_change']:.2f}, sd of a change {own['sd_of_change']:.3f}, "
            f"after a change {own['p_change_after_change']:.2f}, after rest {own['p_change_after_rest']:.2f}, "
            f"persistence {own['persistence']}, sd over months {own['sd_of_log_change_over_months']}"
        )


if __name__ == "__main__":
    main(sys.argv[1])
