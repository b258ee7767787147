"""How steadily the total of a workspace is forecast: fitted every two weeks, compared with actuals and with the newest four weeks carried on.

    python benchmarks/total_wobble.py [finops.yaml]

Point forecasts of every workload's volume at today's prices, added up; docs/forecasts.md shows the result for the sample company.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from finops_model.forecasting import ensemble
from finops_model.forecasting.history import History
from finops_model.scenario import ledger_base as base
from finops_model.settings import load_settings
from finops_model.simulate import scenarios as simulate

AHEAD = (30, 90)
EVERY, CUTOFFS = 14, 20


def rows(settings) -> list[dict]:
    """One row per day a forecast is made: mean per day of the newest four weeks, of the forecast and of what came (NaN where not all has come)."""
    daily = simulate.read_daily(settings)
    facts = base.read_facts(daily, settings)
    total, found = facts.volume.sum(axis=1), []
    for known in range(len(total) - EVERY * CUTOFFS, len(total) + 1, EVERY):
        point = sum(
            ensemble.fit(History(facts.dates[:known], facts.volume[:known, j]), max(AHEAD)).point
            for j in range(facts.volume.shape[1])
            if facts.volume[:known, j].any()
        )
        row = {
            "as_of": facts.dates[known - 1],
            "newest": total[known - 28 : known].mean(),
            "week": total[known - 7 : known].mean(),
        }
        for days in AHEAD:
            row[f"forecast {days}"] = point[:days].mean()
            row[f"came {days}"] = (
                total[known : known + days].mean() if known + days <= len(total) else np.nan
            )
        found.append(row)
    return found


def main(words=None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("settings", nargs="?", type=Path, default=Path("finops.yaml"))
    found = rows(load_settings(parser.parse_args(words).settings))
    print(
        f"{'as of':10} {'4 weeks':>9} {'1 week':>9}",
        *(f"{f'{what} {days}':>12}" for days in AHEAD for what in ("forecast", "came")),
    )
    for row in found:
        print(
            f"{row['as_of']} {row['newest']:9,.0f} {row['week']:9,.0f}",
            *(f"{row[f'{what} {days}']:12,.0f}" for days in AHEAD for what in ("forecast", "came")),
        )
    for days in AHEAD:
        come = [row for row in found if not np.isnan(row[f"came {days}"])]
        for name, key in (
            ("forecast", f"forecast {days}"),
            ("newest four weeks", "newest"),
            ("newest week", "week"),
        ):
            off = np.array([row[key] / row[f"came {days}"] - 1 for row in come])
            print(
                f"{days} days, {len(come)} cutoffs: {name} off by {np.abs(off).mean():.1%} in the mean, bias {off.mean():+.1%}, worst {off[np.abs(off).argmax()]:+.1%}"
            )


if __name__ == "__main__":
    main()
