"""Every way to buy with ranges on both engines, and with every wrong kind of value in every field: generated over the shelf (docs/method §3.41)."""

from __future__ import annotations

import json
import warnings
from dataclasses import fields

import numpy as np
import pytest
import scenario_world as small
import yaml

from finops_model.errors import FinOpsError, ScenarioError
from finops_model.scenario import ways
from finops_model.scenario.document import load_scenario, resolve
from finops_model.scenario.ledger_base import read_facts
from finops_model.simulate.compile.plan import compile_plan, future
from finops_model.simulate.scenarios import simulate

WAYS = {
    "on_demand": "use: {min: 100, max: 300}, price: {min: 1, max: 2}, discount: {min: 0, max: 0.3}",
    "tiered": "use: {min: 5, max: 25}, discount: {min: 0, max: 0.3}, rate: {kind: graduated, starts: [0, 10], prices: [2, 1]}",
    "freemium": "use: {min: 50, max: 150}, free: 100, price: 0.5, fee: 3, included: 20",
    "credit": "use: {min: 50, max: 150}, amount: 300, price: {min: 1, max: 2}, paid: 200, expires: 2027-01",
    "subscription": "seats: {min: 100, max: 140}, fee: {min: 20, max: 30}, quota: 10, overage_price: {min: 0.2, max: 0.5}, use: {min: 500, max: 2000}, seats_growth_per_month: {min: 0, max: 0.1}",
    "committed": "use: {min: 500, max: 2000}, price: {min: 3, max: 5}, quantity: 1, rate: {min: 1, max: 2}, term_months: 3, upfront_share: 0.5",
    "money": "per_month: {min: 100, max: 300}",
    "storage": "use: {min: 100, max: 300}, price: 0.02, opening: {min: 500, max: 1500}, retrieved: {min: 0, max: 0.5}, discount: {min: 0, max: 0.2}",
    "transfer": "use: {min: 100, max: 300}, discount: {min: 0, max: 0.2}, legs: [{from: a, to: b, price: {starts: [0, 150], prices: [0.1, 0.05]}}], flows: [{from: a, to: b}]",
    "spot": "use: {min: 100, max: 300}, spot: {min: 0.5, max: 1}, on_demand: {min: 2, max: 4}, available: {min: 0.5, max: 0.9}, interrupted: {min: 0.05, max: 0.2}, checkpoint_minutes: 2, restart_minutes: 5",
    "hardware": "gpus: 2, use: {min: 500, max: 3000}, capital: {min: 30000, max: 60000}, kilowatts: 1, power_price: {min: 0.1, max: 0.3}, resale: {min: 1000, max: 2000}, rent: {min: 2, max: 4}, salvage_share: 0.1",
    "provisioned": "units: 10, rate: {min: 0.5, max: 1}, per_unit: 1000, shape: burst, factor: {min: 1.5, max: 2.5}, share: 0.1, pay_as_you_go: {min: 5, max: 10}, use: {input: {min: 3.0e+8, max: 6.0e+8}}, weights: {input: 1, output: 8}",
    "tokens": "prices: {input: 3, output: 15}, relative: {cache_read: 0.1}, cache_hit: {min: 0.4, max: 0.9}, discount: {min: 0, max: 0.2}, use: {input: {min: 1.0e+8, max: 2.0e+8}, output: 1.0e+7}",
    "capacity_block": "instances: 2, rate: {min: 30, max: 40}, days: 7, starts: ['2026-12-03'], rest: {min: 30, max: 50}, use: {min: 100, max: 600}",
}
PATHS = 256


@pytest.fixture(scope="module", params=["2026-10-31", "2026-11-10"])
def company(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    chosen = small.settings(folder)
    return folder, chosen, read_facts(small.world(last=request.param), chosen)


@pytest.fixture(scope="module")
def base(company):
    return {engine: run(company, "", engine) for engine in ("numpy", "numba")}


def run(company, text: str, engine: str = "numpy", paths: int = PATHS, months: int = 5):
    folder, chosen, facts = company
    (folder / "s.yaml").write_text("name: a\n" + text)
    one = resolve(load_scenario(folder / "s.yaml"), settings=chosen, facts=facts, months=months)
    demand = small.demand_for(one.facts, len(future(one)))
    return simulate(compile_plan(one, demand), paths, 7, engine=engine, dials=False)


def test_every_way_is_attacked():
    assert set(WAYS) == set(ways.kinds())


@pytest.mark.parametrize("days", ["since: 2026-12-01, until: 2027-02-15", "since: 2026-11-20"])
@pytest.mark.parametrize("way", WAYS)
def test_any_way_with_ranges_adds_up_on_both_engines_and_moves_nothing_else(
    company, base, way, days
):
    text = f"purchases:\n  x: {{way: {way}, {WAYS[way]}, {days}, business_unit: (zzz)}}\n"
    own = {}
    for engine, without in base.items():
        one = run(company, text, engine)
        for unit in without.units:
            i, j = one.units.index(unit), without.units.index(unit)
            assert np.array_equal(one.effective[:, :, i], without.effective[:, :, j])
        own[engine] = money = one.effective[:, :, one.units.index("(zzz)")]
        (row,) = one.purchases
        parts = sum(np.array(part) for part in row["parts"].values())
        assert parts == pytest.approx(money.mean(axis=0), rel=1e-6, abs=0.01)
        lines = sum(line["cost"] for line in one.lines)
        assert lines == pytest.approx(one.total().mean(), abs=0.05)
        if "until" in days:  # the whole of its life lies within the months
            assert sum(row["cash"]) == pytest.approx(parts.sum(), rel=1e-9, abs=0.01)
            assert money[:, 4] == pytest.approx(0.0) and money[:, 0] == pytest.approx(0.0)
    numpy, numba = own["numpy"], own["numba"]
    error = np.sqrt((numpy.var(axis=0) + numba.var(axis=0)) / PATHS)
    assert (np.abs(numpy.mean(axis=0) - numba.mean(axis=0)) <= 4 * error + 1e-6 * numpy.max()).all()


WRONG = (-1, 1e308, [], [1, 2], {}, {"a": 1}, {"min": 5, "max": 1}, "abc", True, None, "2027-13-01")
WORDS = (
    "Traceback",
    "KeyError",
    "array(",
    "NoneType",
    "argument",
    "attribute",
    "iterable",
    "numpy",
    "operand",
    "subscriptable",
    "literal",
    "' object",
)


@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_kind_of_value_in_any_field_is_refused_in_words_or_is_money(company, way):
    known = yaml.safe_load("{" + WAYS[way] + "}")
    common = ("use", "growth_per_month", "ramp_months", "since", "until", "like", "exactly")
    warnings.simplefilter("ignore")  # growth of 1e308 overflows before it is refused
    for field in (*(field.name for field in fields(ways.form(way))), *common):
        for value in WRONG:
            written = {"way": way, **known, "until": "2027-02", field: value}
            text = f"purchases:\n  x: {json.dumps(written)}\n"
            try:
                one = run(company, text, paths=4, months=4)
            except FinOpsError as refusal:
                said = str(refusal)
                assert not any(word in said for word in WORDS), (field, value, said)
            else:
                assert np.isfinite(one.effective).all(), (field, value)


REFUSED = {
    "{way: tiered, use: 5, discount: 1.5, rate: {kind: linear, price: 1}}": "purchases/x: tiered: discount is 1.5; it must be a number, from 0 to 1.",
    "{way: tiered, use: 5, rate: 3}": "purchases/x: tiered: rate is '3'; write names with values: {name: 1}.",
    "{way: on_demand, use: 5, price: [1, 2]}": "purchases/x: on_demand: price is a list; write a number, or a range such as {p10: 1, p50: 2, p90: 4}.",
    "{way: subscription, fee: 1, seats: 1.0e+308}": "purchases/x: it would cost more than 1,000,000,000,000,000 a month, which no budget can hold. Look for a number that is too large.",
    "{way: tokens, use: {input: 5}, prices: 3}": "purchases/x: tokens: prices is '3'; write names with values: {name: 1}.",
    "{way: committed, use: 5, price: 1, quantity: 1, rate: 1, term_months: 1.0e+300}": "term_months is '1e+300'; it may be 1,000,000 at most.",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_would_be_a_wrong_number_or_a_crash_is_refused(company, text):
    with pytest.raises(ScenarioError) as refusal:
        run(company, f"purchases:\n  x: {text}\n", paths=4)
    assert REFUSED[text] in str(refusal.value), str(refusal.value)


@pytest.mark.parametrize("field", ["price", "discount"])
def test_a_price_that_changes_within_a_month_is_not_moved_to_the_next_in_silence(company, field):
    text = f"""purchases:
  x: {{way: on_demand, use: 100, price: 2}}
changes:
- {{path: purchases/x/{field}, op: set, value: 1, since: DAY, because: b}}
"""
    with pytest.raises(ScenarioError) as refusal:
        run(company, text.replace("DAY", "2026-12-16"), paths=4)
    assert (
        f"'purchases/x/{field}' is priced by whole months and cannot change on 2026-12-16. Write the month from which it holds"
        in str(refusal.value)
    )
    run(company, text.replace("DAY", "2026-12"), paths=4)


def test_a_ramp_that_began_in_the_past_goes_on_where_it_is(company):
    """What is taken over ramps from its own day, as use of its own does: not anew with every bill."""
    text = "purchases:\n  x: {way: on_demand, price: 2, since: SINCE, ramp_months: 3, for: {workloads: train}}\n"
    past = run(company, text.replace("SINCE", "2026-01"), paths=16)
    whole = run(company, text.replace("SINCE, ramp_months: 3", "2026-01"), paths=16)
    assert past.purchases[0]["parts"] == whole.purchases[0]["parts"]


def test_demand_beyond_money_is_refused_before_a_draw_overflows(company):
    """It was a warning of the arithmetic, and then a refusal that named a purchase of the base."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ScenarioError) as refused:
            run(
                company,
                'changes:\n- {path: "workloads/*/demand/level", op: scale, value: 1.0e+300, because: b}\n',
            )
    assert "s.yaml: the demand of 'chat' on 2026-11-" in str(refused.value)
    assert "Look for a level, a growth or a driver that is too large." in str(refused.value)
