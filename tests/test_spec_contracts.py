"""Every sentence of tests/spec on a contract that has a scenario form, through a scenario file to the same cents, on both engines (docs/method §3.41)."""

from __future__ import annotations

import json

import numpy as np
import pytest
import scenario_world as small
import test_spec
from spec_contracts import read

from finops_model.scenario.document import load_scenario, resolve
from finops_model.scenario.ledger_base import read_facts
from finops_model.simulate.compile.plan import compile_plan, future
from finops_model.simulate.scenarios import simulate

MONTHS = 37  # three contract years, and the day after them
SENTENCES = read(test_spec.load(test_spec.SPEC))
BILLS = [(one, bill) for one in SENTENCES for bill in one.bills]
WITHOUT = {one.name: one.why for one in SENTENCES if not one.bills}


def written() -> dict:
    """All bills as one scenario file: purchases, what their use is in later months, agreements."""
    purchases, changes, agreements = {}, [], {}
    for i, (_, bill) in enumerate(BILLS):
        for k, one in enumerate(bill.purchases):
            name, own = f"bill {i} {k}", dict(one)
            if isinstance(own.get("use"), dict):
                (_, first), *rest = own["use"].items()
                own["use"] = first
                changes += [
                    {
                        "path": f"purchases/{name}/use",
                        "op": "set",
                        "value": value,
                        "since": month,
                        "because": "the sentence",
                    }
                    for month, value in rest
                ]
            purchases[name] = {"exactly": True, **own}
        if bill.agreement:
            agreements[f"deal {i}"] = {**bill.agreement, "workloads": [f"bill {i} *"]}
    return {"name": "spec", "purchases": purchases, "agreements": agreements, "changes": changes}


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    chosen = small.settings(folder)
    return folder, chosen, read_facts(small.world("2025-12-31", "2025-07-01"), chosen)


@pytest.fixture(scope="module", params=["numpy", "numba"])
def run(request, company):
    """All bills in one scenario file, run once for an engine."""
    folder, chosen, facts = company
    (folder / "spec.yaml").write_text(json.dumps(written()))
    one = resolve(load_scenario(folder / "spec.yaml"), settings=chosen, facts=facts, months=MONTHS)
    plan = compile_plan(one, small.demand_for(one.facts, len(future(one))))
    result = simulate(plan, 100, 7, engine=request.param, dials=False)
    return {row["name"]: row for row in (*result.purchases, *result.agreements)}


def charged(run, number: int) -> float:
    """What the run has of the money a sentence states."""
    _, bill = BILLS[number]
    if bill.year is not None:
        return run[f"deal {number}"]["years"][bill.year][bill.part]
    money = 0.0
    for k in range(len(bill.purchases)):
        row = run[f"bill {number} {k}"]
        inside = [
            m for m, month in enumerate(row["months"]) if not bill.months or month in bill.months
        ]
        of = [row["cash"]] if bill.cash else [
            part for name, part in row["parts"].items() if not bill.part or name in bill.part.split("|")
        ]  # fmt: skip
        money += float(sum(np.asarray(part)[inside].sum() for part in of))
    if bill.agreement:
        deal = run[f"deal {number}"]
        money += sum(year["shortfall"] for year in deal["years"]) - sum(deal["discount"])
    return money


@pytest.mark.parametrize(
    "number", range(len(BILLS)), ids=[f"{one.subject}: {one.name}"[:90] for one, _ in BILLS]
)
def test_through_a_scenario_file_it_costs_what_the_sentence_says(run, number):
    _, bill = BILLS[number]
    assert charged(run, number) == pytest.approx(float(bill.expected), abs=bill.tolerance)


def test_what_has_no_scenario_form_says_why():
    assert len(BILLS) >= 204 and sum(bool(one.bills) for one in SENTENCES) >= 104
    assert all(why for why in WITHOUT.values())
