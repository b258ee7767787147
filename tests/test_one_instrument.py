"""One instrument says both: what the tables of a scenario charge is what `prices/settle` charges hour by hour, on drawn paths (docs/method §3.14)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as speed
from hypothesis import strategies as st
from pool_world import SHAPED, TERM, add, by_hand, change_of, company_in, made

from finops_model.prices.instruments.spend import Spend
from finops_model.prices.instruments.units import Units
from finops_model.simulate.compile.pool_rules import level_of

PATHS = 3
UNITS = st.fixed_dictionaries(
    {
        "quantity": st.floats(0.5, 30),
        "x_Rate": st.floats(0.1, 3),
        "x_EligibleShare": st.sampled_from([1.0, 0.7, 0.25]),
    }
)
SPEND = st.fixed_dictionaries(
    {
        "quantity": st.floats(1, 60),
        "ContractCommitmentDiscountPercentage": st.sampled_from([0.0, 0.2, 0.35, 0.6]),
        "x_EligibleShare": st.sampled_from([1.0, 0.7]),
    }
)


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return company_in(tmp_path_factory.mktemp("company"))


def documents(terms: list[dict], spend: bool, skus: list[str]) -> list[dict]:
    """The same commitments as documents of the settlement."""
    as_spend = lambda one: {
        "kind": "spend",
        "commitment": one["quantity"],
        "discount": one["ContractCommitmentDiscountPercentage"],
        "counts": "list",
        "skus": skus,
    }
    as_units = lambda one: {
        "kind": "units",
        "quantity": one["quantity"],
        "rate": one["x_Rate"],
        "skus": skus,
    }
    return [
        {
            **TERM,
            "id": f"c{i}",
            "eligible_share": one["x_EligibleShare"],
            "priority": i,
            **(as_spend if spend else as_units)(one),
        }
        for i, one in enumerate(terms)
    ]


@speed(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.tuples(st.just(False), st.lists(UNITS, min_size=1, max_size=3)),
        st.tuples(st.just(True), st.lists(SPEND, min_size=1, max_size=2)),
    ),
    st.booleans(),
    st.sampled_from(["numpy", "numba"]),
    st.booleans(),
)
def test_a_scenario_charges_what_the_settlement_charges(company, drawn, hours, engine, several):
    spend, terms = drawn
    unit = {"unit": "USD"} if spend else {}
    skus = ["H100", "A100"] if several else ["H100"]
    listed = f"[{', '.join(skus)}]"
    changed = [add(f"c{i}", x_SkuIds=listed, **unit, **one) for i, one in enumerate(terms)]
    plan = made(company, *changed, head=SHAPED if hours else "name: a\n")
    # units on SKUs of two prices are served as listed, so they stand apart; all else has tables of one level
    assert [pool.apart is None for pool in plan.commitments.pools] == [spend or not several]
    want, _, _ = by_hand(
        company, plan, documents(terms, spend, skus), PATHS, hours=hours, engine_=engine
    )
    charged, whole = change_of(plan, PATHS, engine)
    # a cent of a bill of 2,500 a month; of a dearer one four millionths: draws and their sums are float32 (§3.15)
    assert np.abs(charged - want).max() <= max(0.01, 4e-6 * whole.max())


def test_a_level_is_read_from_the_object_that_the_settlement_uses(company):
    plan = made(company, add("one", quantity=8, x_Rate=1.3, x_SkuIds="[H100]", x_EligibleShare=0.5))
    (pool,) = plan.commitments.pools
    assert [(one.share, one.quantity, one.rate) for one in pool.levels] == [(0.5, 8.0, 1.3)]


@given(st.floats(0, 100), st.floats(0, 10), st.floats(0, 1), st.floats(0, 1))
def test_a_level_costs_the_fee_of_its_instrument(quantity, rate, share, discount):
    units = Units(quantity=quantity, rate=rate, skus=["a"], eligible_share=share)
    plan = Spend(commitment=quantity, discount=discount, skus=("a",), counts="list")
    usage, prices, on = np.array([[5.0]]), np.array([1.0]), np.array([True])
    for rule in (units, plan):
        fee = rule.allocate(usage, ("a",), prices, on).fee.sum()
        level = level_of(rule)
        assert level.quantity * level.rate == pytest.approx(fee, rel=1e-12, abs=1e-300)
