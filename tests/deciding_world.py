"""Closes made by hand for page one: DAILY of a few rows, a run of a few paths, budgets by month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_model.measure.close import Close
from finops_model.names import COMPANY
from finops_model.simulate.run import Run

MONTH, AS_OF = "2026-10", "2026-10-31"
AHEAD = ("2026-11", "2026-12")
YEAR = tuple(f"2026-{month:02}" for month in range(1, 13))


def row(day, cost, unit="A", **cells) -> dict:
    """A row of DAILY."""
    return {
        "ChargeDate": pd.Timestamp(day),
        "ServiceProviderName": "Cloud",
        "InvoiceIssuerName": "Cloud",
        "ChargeCategory": "Usage",
        "CommitmentDiscountId": "",
        "CommitmentDiscountStatus": "",
        "x_BusinessUnit": unit,
        "EffectiveCost": float(cost),
        **cells,
    }


def run_of(effective, units, months=AHEAD, name="Base", **how) -> Run:
    """A run of these totals (path, month, unit)."""
    effective = np.asarray(effective, dtype=float)
    known = {
        "question": "",
        "currency": "USD",
        "as_of": AS_OF,
        "workloads": (),
        "unit_of": (),
        "so_far": np.zeros(effective.shape[1:]),
        "by_workload": np.zeros((0, len(months), 4)),
        "range_share": np.zeros((0, len(units) + 1)),
        "dials": {},
        "lines": [],
        "assumptions": [],
        "seed": 1,
        "paths": len(effective),
        "engine": "by hand",
        "scenario_hash": "",
        "ledger": "",
        **how,
    }
    return Run(name=name, months=tuple(months), units=tuple(units), effective=effective, **known)


class Plans:
    """As much of facts.plans.budgets.Budgets as page one asks for: {unit: year's budget}, in equal months."""

    def __init__(self, by_unit: dict, months=YEAR):
        self.by_unit = {
            unit: dict.fromkeys(months, amount / 12) for unit, amount in by_unit.items()
        }

    def units(self):
        return [unit for unit in self.by_unit if unit != COMPANY]

    def by_month(self, unit, as_of=None):
        return dict(self.by_unit.get(unit, {}))

    def by_period(self, unit, year, as_of=None):
        each = sum(self.by_unit.get(unit, {}).values()) / len(year)
        return {one.name: each for one in year} if unit in self.by_unit else {}


def close_of(rows, base, **how) -> Close:
    """A close of October 2026."""
    known = {"company": "Acme", "month": MONTH, "currency": "USD", "as_of": AS_OF, **how}
    return Close(daily=pd.DataFrame(rows), base=base, **known)
