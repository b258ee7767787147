"""A small company with published reports: the real simulation, the real brief, frozen dials; the report pages made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from scenario_world import demand_for, settings, world

from finops_model.documents import write_atomic
from finops_model.facts.plans.budgets import Budgets
from finops_model.measure.brief import brief
from finops_model.measure.close import Close
from finops_model.names import slug
from finops_model.publish import dashboard
from finops_model.publish.archive import commit
from finops_model.publish.report.manifest import file_entry
from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.simulate.compile.plan import compile_plan
from finops_model.simulate.scenarios import simulate

COMMIT = (
    "path: commitments/gpu, op: add, since: 2026-11, because: x, value: {ContractCommitmentQuantity: 8, ContractCommitmentUnit: "
    "GPU-hours, ContractCommitmentPeriodEnd: 2027-03-01, ContractCommitmentDiscountPercentage: 0.35, x_SkuIds: [H100]}"
)
DEARER = "path: workloads/*/demand/level, op: set, value: 1.2, because: a fifth more"
HOSTILE = "</script><img src=x onerror=window.pwned=1>"


def budget() -> Budgets:
    """Some 17,000 a month of 2026 for the whole company."""
    lines = [
        {
            "version": "2026 approved",
            "approved_on": pd.Timestamp("2025-12-12").date(),
            "approved_by": "Ingrid",
            "author": "Priya",
            "business_unit": "Company",
            "month": f"2026-{m:02}",
            "amount": 16900 + 40 * m,
            "line": m + 1,
        }
        for m in range(1, 13)
    ]
    return Budgets(pd.DataFrame(lines), "budgets.csv", "USD")


def facts(folder: Path):
    days = world(first="2025-01-01")
    growing = (
        1 + 0.02 * ((days["ChargeDate"].dt.year - 2025) * 12 + days["ChargeDate"].dt.month) / 3
    )
    for name in ("ConsumedQuantity", "EffectiveCost", "ListCost", "ContractedCost", "BilledCost"):
        days[name] = days[name] * growing
    return base.read_facts(days, settings(folder))


def run_of(folder: Path, known, *changes: str, name: str = "Base", paths: int = 1500):
    """A run of the scenario with these changes (one line of YAML each)."""
    path = folder / "scenario.yaml"
    listed = "changes:\n" + "".join(f"- {{{line}}}\n" for line in changes) if changes else ""
    path.write_text(f"name: {name}\nquestion: What if {name}?\n{listed}")
    found = scenario.resolve(scenario.load_scenario(path), settings=settings(folder), facts=known)
    return simulate(compile_plan(found, demand_for(known, 430)), paths)


def publish(folder: Path, briefs: list[dict], dials: dict) -> Path:
    """Publish pages of these briefs (one month) below folder/reports, as a publication does."""
    root = folder / "reports"
    with commit.staging(root) as aside:
        staged = []
        for one in briefs:
            place = aside / one["month"] / one["slug"]
            page = (
                f"<!DOCTYPE html><html><head><title>{one['unit']}</title></head><body><h1 id='headline'>{one['headline']}</h1>\r\n"
                f"<p>ümläut — € \t {HOSTILE}</p><script>document.title = 'a script ran'; window.top.pwned = 2</script></body></html>\n"
            )
            files = {
                "report.html": page.encode(),
                "brief.json": (json.dumps(one, allow_nan=False) + "\n").encode(),
            }
            for name, data in files.items():
                write_atomic(place / name, data)
            listed = {key: one[key] for key in ("month", "unit", "slug", "status")}
            listed |= {"files": {name: file_entry(place / name) for name in files}}
            write_atomic(place / "manifest.json", json.dumps(listed))
            staged.append(commit.Staged(one["month"], one["slug"], place, one))
        assets = aside / commit.ASSETS
        dashboard.freeze(dials, briefs[0], aside / briefs[0]["month"], assets=assets)
        commit.commit(root, staged, aside)
    return root


def company(folder: Path) -> tuple[Path, list[dict], object]:
    """(reports, briefs, base run): the company and its two units, October 2026."""
    known = facts(folder)
    run = run_of(folder, known, COMMIT)
    what_if = run_of(folder, known, COMMIT, DEARER, name="A fifth more demand")
    close = Close(
        company="Small & Co <b>",
        month="2026-10",
        currency="USD",
        daily=known.daily,
        as_of="2026-10-31",
        base=run,
        what_ifs=[what_if],
        budgets=budget(),
        people={"prepared_by": "Priya", "reviewed_by": "Ingrid"},
    )
    briefs = [
        json.loads(json.dumps(brief(close, unit))) for unit in ("Company", "Support", "Research")
    ]
    assert [one["slug"] for one in briefs] == [slug(one["unit"]) for one in briefs]
    return publish(folder, briefs, run.dials), briefs, run
