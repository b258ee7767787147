"""Every sentence of tests/spec on the hours of a commitment, through `commitments:` of a scenario file to the same cents, on both engines (docs/method §3.7)."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import scenario_world as small
import test_spec
from spec_ledgers import HOURS, read

from finops_model.scenario.document import load_scenario, resolve
from finops_model.scenario.ledger_base import read_facts
from finops_model.simulate.compile.plan import compile_plan, future
from finops_model.simulate.scenarios import simulate

SENTENCES = read(test_spec.load(test_spec.SPEC))
HELD = [one for one in SENTENCES if one.hours]
MONTHS = 6
DAYS = 31  # of the month that is read


def names(number: int) -> dict[str, str]:
    """SKU of a sentence -> its name in the ledger, which is its workload too."""
    return {sku: f"{number} {sku}" for sku in HELD[number].hours.usage}


def ledger() -> pd.DataFrame:
    days = pd.date_range("2025-07-01", "2025-12-31")
    parts = [small.world("2025-12-31", "2025-07-01")]
    for number, one in enumerate(HELD):
        for sku, name in names(number).items():
            units = float(one.hours.usage[sku].sum())
            parts.append(
                small.rows(
                    days,
                    SkuId=name,
                    ConsumedQuantity=units,
                    ConsumedUnit="units",
                    EffectiveCost=units * one.hours.prices[sku],
                    x_Workload=name,
                    x_Team="ml",
                    x_BusinessUnit="Research",
                    ServiceName="Compute",
                )
            )
        for name, record in one.hours.held.items():
            if not any(one.hours.usage[sku].any() for sku in covered(record)):
                parts.append(  # what nobody uses is carried by who has it in the bill
                    small.rows(
                        days[-1:],
                        CommitmentDiscountId=f"{number} {name}",
                        CommitmentDiscountStatus="Unused",
                        x_Workload=next(iter(names(number).values())),
                        x_BusinessUnit="Research",
                        ServiceName="Compute",
                    )
                )
    return pd.concat(parts, ignore_index=True)


def covered(record: dict) -> list[str]:
    """The SKUs of a commitment."""
    return list(record.get("x_Rates") or record.get("x_Discounts") or record["x_SkuIds"])


def written(folder) -> dict:
    """All commitments as one scenario file; the hours of every workload lie beside it."""
    commitments, lines = {}, ["workload,hour_of_week,share"]
    for number, one in enumerate(HELD):
        own = names(number)
        for name, record in one.hours.held.items():
            terms = dict(record)
            for key in ("x_Rates", "x_Discounts"):
                if key in terms:
                    terms[key] = {own[sku]: value for sku, value in terms[key].items()}
            if "x_SkuIds" in terms:
                terms["x_SkuIds"] = [own[sku] for sku in terms["x_SkuIds"]]
            commitments[f"{number} {name}"] = terms
        for sku, levels in one.hours.usage.items():
            if levels.any():
                lines += [f"{own[sku]},{h},{levels[h % HOURS]}" for h in range(168)]
    (folder / "shapes.csv").write_text("\n".join(lines) + "\n")
    return {"name": "spec", "shapes": "shapes.csv", "commitments": commitments}


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    chosen = small.settings(folder)
    return folder, chosen, read_facts(ledger(), chosen)


@pytest.fixture(scope="module", params=["numpy", "numba"])
def run(request, company):
    """Expected money of each workload in May 2026, in which all terms hold."""
    folder, chosen, facts = company
    (folder / "spec.yaml").write_text(json.dumps(written(folder)))
    one = resolve(load_scenario(folder / "spec.yaml"), settings=chosen, facts=facts, months=MONTHS)
    demand = small.demand_for(one.facts, len(future(one)), spread=0.0, sigma=0.0)
    result = simulate(compile_plan(one, demand), 100, 7, engine=request.param, dials=False)
    month = result.months.index("2026-05")
    return dict(zip(result.workloads, result.by_workload[:, month, 0], strict=True))


@pytest.mark.parametrize("number", range(len(HELD)), ids=[one.name[:90] for one in HELD])
def test_commitments_of_a_scenario_file_cost_what_the_sentence_says(run, number):
    hours = HELD[number].hours
    money = sum(run.get(name, 0.0) for name in names(number).values())
    assert money == pytest.approx(hours.expected * DAYS, abs=hours.tolerance * DAYS)


def test_what_has_no_ledger_form_says_why():
    assert len(HELD) >= 27
    assert all(one.why for one in SENTENCES if not one.hours)
