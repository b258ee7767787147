"""Unit costs of coming months told from earlier month ends of both samples, held against what came: how often it lay between P10 and P90.

.venv/bin/python benchmarks/kpi_ahead.py [PATHS]     some 5 CPU minutes; prints coverage by lead, tied as the record says and untied
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

import finops_model as fm
from finops_model.front.outlook import unit_costs
from finops_model.periods import month_days, months_between

ROOT = Path(__file__).resolve().parents[1]
COMPANIES = (
    (ROOT, None, [f"2025-{m:02}" for m in (6, 8, 10, 12)] + [f"2026-{m:02}" for m in (2, 4, 6, 8)]),
    (
        ROOT / "data/startup",
        "Thistledown Inc.",
        ["2025-10", "2025-12", "2026-02", "2026-04", "2026-06"],
    ),
    (
        ROOT / "data/startup",
        "Thistledown GmbH",
        ["2025-10", "2025-12", "2026-02", "2026-04", "2026-06"],
    ),
)


def actuals(settings) -> dict[tuple[str, str], float]:
    """(line, month) -> value of whole months."""
    known = {}
    months = [str(m) for m in np.arange("2025-01", "2026-12", dtype="datetime64[M]")]
    for month in months:
        try:
            parts = fm.kpi(settings, month, month).tables["Parts"]
        except fm.FinOpsError:
            continue
        for row in parts.to_dict("records"):
            if row[f"days {month}"] == len(month_days(month)):
                known[row["unit cost"], month] = row[f"value {month}"]
    return known


def main(paths: int) -> None:
    inside: dict = defaultdict(list)
    width: dict = defaultdict(list)
    tie = unit_costs.tie_of
    for root, entity, cutoffs in COMPANIES:
        settings = fm.load_settings(root)
        settings = settings.entity(entity) if entity else settings
        known = actuals(settings)
        for cutoff in cutoffs:
            day = str(month_days(cutoff)[-1])
            for how, rule in (("tied", tie), ("untied", lambda *_: (0.0, 0))):
                unit_costs.tie_of = rule
                rows = unit_costs.unit_costs_ahead(settings, as_of=day, paths=paths).tables[
                    "Months"
                ]
                for row in rows.to_dict("records"):
                    lead = months_between(cutoff, row["month"])
                    came = known.get((row["unit cost"], row["month"]))
                    if came is None or row["P10"] is None or not 1 <= lead <= 6:
                        continue
                    key = how, "1" if lead == 1 else "2-3" if lead <= 3 else "4-6"
                    inside[key].append(row["P10"] <= came <= row["P90"])
                    width[key].append((row["P90"] - row["P10"]) / row["P50"])
        print(f"{entity or 'Meridian Labs'}: {len(cutoffs)} month ends", flush=True)
    for how, lead in inside:
        own = inside[how, lead]
        print(
            f"{how}, {lead} months ahead: {np.mean(own):.0%} of {len(own)} inside P10 to P90, median width {np.median(width[how, lead]):.1%}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
