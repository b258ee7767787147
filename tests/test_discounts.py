"""A negotiated share is off usage: what is due without use stays, on every path that applies discounts (docs/method §5.15)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scenario_world import demand_for, settings, world

from finops_model.errors import PriceError
from finops_model.prices.rates import make, shelf
from finops_model.prices.settle.adjustments import Adjustments, Charge, Committed, Negotiated, apply
from finops_model.prices.settle.settlement import price
from finops_model.prices.settle.windows import (
    charge_at,
    charge_line,
    charge_months,
    charge_rest,
    share_paid,
)
from finops_model.prices.terms.agreements import Agreement
from finops_model.publish.dashboard import levers as dashboard_levers
from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.simulate.compile.plan import compile_plan, future
from finops_model.simulate.compile.price_paths import paid_share
from finops_model.simulate.scenarios import simulate

# form, units, and what it costs at 20 % off: use × 0.8 and every fee or minimum as it is
FORMS = [
    ({"kind": "minimum", "price": 15, "minimum": 60}, 4, 60.0),  # the fault: 48
    (
        {"kind": "minimum", "price": 15, "minimum": 60},
        4.5,
        60.0,
    ),  # 67.50 at list; 54 of use is below the minimum
    ({"kind": "minimum", "price": 15, "minimum": 60}, 10, 120.0),
    ({"kind": "minimum", "price": 15, "minimum": 60, "block": 2}, 20, 120.0),
    ({"kind": "minimum", "price": 15, "minimum": 60}, 0, 60.0),
    ({"kind": "allowance", "included": 100, "price": 2, "fee": 30}, 110, 46.0),
    ({"kind": "allowance", "included": 100, "price": 2, "fee": 30}, 0, 30.0),
    ({"kind": "graduated", "starts": [0, 10], "prices": [2, 1], "flat": [5, 3]}, 12, 25.6),
    ({"kind": "graduated", "starts": [0, 10], "prices": [2, 1], "flat": [5, 3]}, 0, 5.0),
    ({"kind": "volume", "starts": [0, 10], "prices": [2, 1], "flat": [5, 3]}, 12, 12.6),
    ({"kind": "volume", "starts": [0, 10], "prices": [2, 1], "flat": [5, 3]}, 0, 5.0),
    ({"kind": "package", "price": 5, "block": 1000}, 1001, 8.0),  # whole blocks are use
    ({"kind": "package", "price": 5, "block": 1000}, 0, 0.0),
    ({"kind": "linear", "price": 15}, 4, 48.0),
]


@pytest.mark.parametrize("form, units, right", FORMS)
def test_a_share_leaves_what_is_due_without_use(form, units, right):
    rate = make(form["kind"], {key: value for key, value in form.items() if key != "kind"})
    assert float(
        price({"db": units}, {"db": form}, contracted={"db": 0.2}).effective_cost.sum()
    ) == pytest.approx(right, abs=1e-9)
    assert float(charge_at(rate, units, 0.8)) == pytest.approx(right, abs=1e-9)
    line = charge_line(rate, units, discount=0.2)
    assert (
        line["ContractedCost"]
        == line["EffectiveCost"]
        == line["BilledCost"]
        == pytest.approx(right, abs=1e-9)
    )
    assert line["ListCost"] == pytest.approx(float(rate.charge(units)))
    assert charge_at(rate, [[units, units]], np.array([0.8, 1.0])).tolist() == [
        [pytest.approx(right, abs=1e-9), float(rate.charge(units))]
    ]
    parts = rate.parts(units)
    assert float(charge_at(rate, units, 0.0)) == float(parts.fee + parts.least), (
        "with all usage free, fees and minima are left"
    )


@pytest.mark.parametrize("form, units, right", FORMS)
def test_parts_of_a_window_add_up_to_it_under_a_share_too(form, units, right):
    rate = make(form["kind"], {key: value for key, value in form.items() if key != "kind"})
    half = units / 2
    rest = charge_rest(rate, units - half, half, 0.8)
    assert float(charge_at(rate, half, 0.8) + rest) == pytest.approx(right, abs=1e-9)
    months = charge_months([rate, rate], [units - half, units], half, np.array([0.8, 0.8]))
    assert months.tolist() == pytest.approx([float(rest), right], abs=1e-9)


def test_every_form_of_the_shelf_says_its_parts():
    for kind, form in shelf().items():
        assert hasattr(form, "parts"), f"{kind}: give it parts(quantity) (rates/_parts.py)"


def test_a_form_that_does_not_say_what_is_due_without_use_is_refused_under_a_share():
    @dataclasses.dataclass(frozen=True)
    class Own:
        def charge(self, quantity):
            return np.maximum(quantity, 60.0)

    assert float(price({"db": 4}, {"db": Own()}).effective_cost.sum()) == 60
    with pytest.raises(PriceError) as raised:
        price({"db": 4}, {"db": Own()}, contracted={"db": 0.2})
    assert str(raised.value) == (
        "rate form 'own' does not say what of its charge is due without use, so a negotiated share or a price factor could lower a fee or "
        "a minimum. Give its dataclass a method parts(quantity) (finops_model/prices/rates/_parts.py), or state the negotiated price as "
        "a form."
    )


@pytest.mark.parametrize(
    "instrument",
    [
        {"kind": "units", "quantity": 10, "rate": 1.2, "skus": ["gpu"]},
        {"kind": "capacity", "quantity": 10, "rate": 1.2, "skus": ["gpu"]},
        {"kind": "seats", "seats": 3, "fee": 4, "included": 2, "skus": ["gpu"]},
        {"kind": "spend", "commitment": 12, "rates": {"gpu": 1.2}},
    ],
)
def test_fees_of_instruments_do_not_know_the_share(instrument):
    """Without any use a commitment, provisioned capacity and seats cost the same with and without a share on the SKU."""
    plain, shared = (
        price({"gpu": 0}, {"gpu": 2.0}, [instrument], contracted=deal)
        for deal in ({}, {"gpu": 0.5})
    )
    assert plain.fees.sum() == shared.fees.sum() == pytest.approx(12.0)
    assert plain.effective_cost.sum() == shared.effective_cost.sum() == pytest.approx(12.0)


# --- invoices and agreements


def billed(charge, **term):
    return float(
        apply(Adjustments((Negotiated(0.2, **term),)), [charge]).total("ContractedCost")[0]
    )


def test_a_discount_on_an_invoice_leaves_fee_and_minimum():
    assert billed(Charge(sku="db", list_cost=[60.0], minimum=60.0)) == 60
    assert billed(Charge(sku="db", list_cost=[150.0], minimum=60.0)) == 120
    assert billed(Charge(sku="db", list_cost=[70.0], minimum=60.0)) == 60
    assert billed(Charge(sku="db", list_cost=[50.0], fee=30.0)) == 46
    assert billed(Charge(sku="db", list_cost=[30.0], fee=[30.0])) == 30
    with pytest.raises(PriceError) as raised:
        billed(Charge(sku="db", list_cost=[20.0], fee=30.0))
    assert (
        str(raised.value)
        == "charge 'db': its fee is more than its list cost, which it is a part of; write the whole list cost."
    )


def test_a_discount_is_off_usage_and_off_the_purchases_it_names():
    seats = Charge(sku="seats", list_cost=[100.0], category="Purchase", service="Assistant")
    assert billed(seats) == 100 and billed(seats, commitments=True) == 80
    assert billed(seats, sku="seats") == billed(seats, service="Assistant") == 80
    for category in ("Credit", "Tax", "Adjustment"):
        assert billed(Charge(sku="x", list_cost=[-100.0], category=category)) == -100
    assert billed(Charge(sku="gpu", list_cost=[100.0])) == 80


def test_a_discount_of_usage_leaves_the_fee_of_a_commitment():
    deal = Adjustments(
        (Negotiated(0.2),), committed=(Committed("plan", [50.0], {"gpu": [0.0]}, 1.0),)
    )
    assert (
        float(
            apply(deal, [Charge(sku="gpu", quantity=[10], list_price=2.0)]).total("BilledCost")[0]
        )
        == 16 + 50
    )


def test_a_cross_service_discount_lowers_spend_and_not_the_commitment():
    done = Agreement(commitments=(1200.0,), start="2027-01", discount=0.2).settle([[50.0] * 12])
    assert (
        done.due.tolist() == [[1200.0]]
        and done.paid.tolist() == [[1200 - 480]]
        and float(done.cost.sum()) == 1200
    )


# --- what a bill says of a share


@pytest.mark.parametrize("form, units, right", FORMS)
def test_a_bill_gives_the_share_back_where_it_can_tell(form, units, right):
    rate = make(form["kind"], {key: value for key, value in form.items() if key != "kind"})
    if not right:
        return
    factor, due = share_paid(rate, units, right)
    assert float(charge_at(rate, units, factor, due)) == pytest.approx(right, rel=1e-9) and due == 1
    if right > float(rate.charge(0)) + 0.01:
        assert factor == pytest.approx(0.8)


def test_a_bill_below_the_minimum_says_that_the_minimum_was_lowered_too():
    rate = make("minimum", {"price": 15.0, "minimum": 60.0})
    assert (
        share_paid(rate, 4, 48.0) == (0.8, 0.8)
        and float(charge_at(rate, 10, *share_paid(rate, 4, 48.0))) == 120
    )
    assert float(charge_at(rate, 1, *share_paid(rate, 4, 48.0))) == 48


# --- scenarios and the engine


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    return folder, base.read_facts(world(), settings(folder))


def planned(company, text, rate):
    folder, facts = company
    (folder / "s.yaml").write_text("name: a\n" + text)
    found = scenario.resolve(
        scenario.load_scenario(folder / "s.yaml"), settings=settings(folder), facts=facts, months=3
    )
    plan = compile_plan(found, demand_for(facts, len(future(found)), spread=0, sigma=0))
    return plan.but(
        tiered=tuple(
            dataclasses.replace(one, rates=(rate,) * len(plan.months)) for one in plan.prices.tiered
        ),
    )


ZERO = make("linear", {"price": 0.0})
UP = "changes:\n- {path: prices/EGRESS/factor, op: scale, value: 0.5, because: x}\n"
RISK = "risks: {r: {kind: announced, skus: EGRESS, changes: [{since: 2026-11-01, factor: 0.5}]}}\n"
FX = "risks: {r: {kind: fx, skus: EGRESS, volatility: 0.3}}\n"
EGRESS = 300.0  # 30 days × 10 GB in November


def of_egress(company, text, rate, paths=64):
    with_it, without = (simulate(planned(company, text, one), paths, 7) for one in (rate, ZERO))
    return (with_it.effective - without.effective).sum(axis=2)[:, 0], with_it


@pytest.mark.parametrize("text", [UP, RISK], ids=["scale", "risk"])
@pytest.mark.parametrize(
    "form, right",
    [
        (
            {"kind": "minimum", "price": 1.0, "minimum": 200.0},
            200.0,
        ),  # 150 of use at half the price: the minimum holds
        ({"kind": "minimum", "price": 2.0, "minimum": 200.0}, 300.0),
        ({"kind": "allowance", "included": 100, "price": 1.0, "fee": 70.0}, 170.0),
        (
            {"kind": "graduated", "starts": [0, 100], "prices": [1.0, 0.5], "flat": [20.0, 5.0]},
            125.0,
        ),
        ({"kind": "volume", "starts": [0, 100], "prices": [1.0, 0.5], "flat": [20.0, 5.0]}, 80.0),
        ({"kind": "package", "price": 10.0, "block": 7}, 215.0),  # 43 packages
    ],
)
def test_a_scenario_and_a_risk_move_the_price_of_units_only(company, text, form, right):
    rate = make(form["kind"], {key: value for key, value in form.items() if key != "kind"})
    cost, run = of_egress(company, text, rate)
    assert np.allclose(cost, right, rtol=1e-5)
    levers = dashboard_levers.Levers(demand=0.0)
    assert np.allclose(dashboard_levers.rebuilt(run.dials, levers), run.dials["base"], rtol=1e-9), (
        "the sliders at rest give the base"
    )


def test_an_exchange_rate_moves_fees_and_minima_too(company):
    plain, run = of_egress(company, FX, make("linear", {"price": 1.0}))
    least, _ = of_egress(company, FX, make("minimum", {"price": 0.1, "minimum": 300.0}))
    fee, run = of_egress(
        company, FX, make("allowance", {"included": 1e6, "price": 1.0, "fee": 300.0})
    )
    assert (
        plain.std() > 1
        and np.allclose(least, plain, rtol=1e-6)
        and np.allclose(fee, plain, rtol=1e-6)
    )
    assert np.allclose(
        dashboard_levers.rebuilt(run.dials, dashboard_levers.Levers()), run.dials["base"], rtol=1e-9
    )


def test_the_share_of_the_newest_bill_is_of_the_price_of_units(company):
    """The sample world pays list for egress: 100 GB at 1, 210 at 0.5 in October."""
    _, facts = company
    rows = facts.daily[
        (facts.daily["SkuId"] == "EGRESS") & (facts.daily["ChargeCategory"] == "Usage")
    ]
    assert paid_share(facts, "EGRESS", rows) == (1.0, 1.0)
    cheaper = rows.assign(EffectiveCost=rows["EffectiveCost"] * 0.9)
    assert paid_share(facts, "EGRESS", cheaper) == pytest.approx((0.9, 1.0))
