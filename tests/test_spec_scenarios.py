"""Every sentence of tests/spec that has a scenario form, through a scenario file to the same cents, on both engines (docs/method §3.41)."""

from __future__ import annotations

import json

import numpy as np
import pytest
import scenario_world as small
import test_spec
from spec_scenarios import Case, read

from finops_model.scenario.document import load_scenario, resolve
from finops_model.scenario.ledger_base import read_facts
from finops_model.scenario.ways import make
from finops_model.scenario.ways._base import Months
from finops_model.simulate.compile.plan import compile_plan, future
from finops_model.simulate.scenarios import simulate

MONTHS = 24
SENTENCES = read(test_spec.load(test_spec.SPEC))
CASES = [(one, case) for one in SENTENCES for case in one.cases]
WITHOUT = {one.name: one.why for one in SENTENCES if not one.cases}


def money(case: Case, parts: dict, cash, months) -> float:
    """What the case is about: parts named, in the months named."""
    inside = [i for i, month in enumerate(months) if case.months is None or month in case.months]
    if case.cash:
        return float(np.asarray(cash)[inside].sum())
    names = case.part.split("|") if case.part else list(parts)
    return float(sum(np.asarray(parts[name])[inside].sum() for name in names if name in parts))


@pytest.mark.parametrize(
    "number", range(len(CASES)), ids=[f"{one.subject}: {one.name}"[:90] for one, _ in CASES]
)
def test_the_way_alone_costs_what_the_sentence_says(number):
    _, case = CASES[number]
    fields = {key: value for key, value in case.fields.items() if key not in ("way", "use")}
    names = tuple(
        np.arange(np.datetime64("2026-01"), np.datetime64("2026-01") + MONTHS).astype(str)
    )
    held = Months.between(names, case.since, case.until)
    way, given = make(case.fields["way"], fields), case.fields.get("use", {})
    use = given if isinstance(given, dict) else {type(way).METERS[0]: given}
    by_month = {name: np.array([held.share * value]) for name, value in use.items()}
    done = way.settle(by_month, held)
    parts = {name: part[0] for name, part in done.parts.items()}
    assert money(case, parts, done.billed[0], names) == pytest.approx(
        float(case.expected), abs=case.tolerance
    )


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    chosen = small.settings(folder)
    return folder, chosen, read_facts(small.world("2025-12-31", "2025-07-01"), chosen)


@pytest.fixture(scope="module", params=["numpy", "numba"])
def run(request, company):
    """All sentences as purchases of one scenario file, run once for an engine."""
    folder, chosen, facts = company
    purchases = {}
    for i, (_, case) in enumerate(CASES):
        common = {"since": case.since, "exactly": True, "until": case.until}
        purchases[f"case {i}"] = {
            **case.fields,
            **{key: value for key, value in common.items() if value is not None},
        }
    (folder / "spec.yaml").write_text(json.dumps({"name": "spec", "purchases": purchases}))
    one = resolve(load_scenario(folder / "spec.yaml"), settings=chosen, facts=facts, months=MONTHS)
    plan = compile_plan(one, small.demand_for(one.facts, len(future(one))))
    result = simulate(plan, 100, 7, engine=request.param, dials=False)
    return {row["name"]: row for row in result.purchases}


@pytest.mark.parametrize(
    "number", range(len(CASES)), ids=[f"{one.subject}: {one.name}"[:90] for one, _ in CASES]
)
def test_through_a_scenario_file_it_costs_the_same_cents(run, number):
    _, case = CASES[number]
    row = run[f"case {number}"]
    assert money(case, row["parts"], row["cash"], row["months"]) == pytest.approx(
        float(case.expected), abs=case.tolerance
    )
    assert row["formula"]


def test_what_has_no_scenario_form_says_why():
    assert len(CASES) >= 190 and len({one.name for one, _ in CASES}) >= 120
    assert all(why for why in WITHOUT.values())
