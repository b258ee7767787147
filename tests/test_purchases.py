"""Purchases of scenarios: ways to buy on drawn paths against closed forms, plain loops and refusals (docs/method §3.41–§3.43)."""

from __future__ import annotations

import numpy as np
import pytest
import scenario_world as small
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from finops_model.errors import FinOpsError, PriceError, ScenarioError
from finops_model.scenario.document import explain, load_scenario, resolve
from finops_model.scenario.ledger_base import read_facts
from finops_model.scenario.ways import Months, make
from finops_model.simulate.compile.plan import compile_plan, future
from finops_model.simulate.scenarios import simulate

ENGINES = ("numpy", "numba")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return small.company(tmp_path_factory.mktemp("company"))


def resolved(company, text: str, months: int = 4):
    folder, chosen, facts = company
    (folder / "s.yaml").write_text("name: a\n" + text)
    return resolve(load_scenario(folder / "s.yaml"), settings=chosen, facts=facts, months=months)


def run(company, text: str, months: int = 4, paths: int = 256, engine: str = "numpy", **noise):
    one = resolved(company, text, months)
    demand = small.demand_for(one.facts, len(future(one)), **noise)
    return simulate(compile_plan(one, demand), paths, 7, engine=engine, dials=False)


def bought(company, text: str, name: str = "x", **how) -> dict:
    return next(one for one in run(company, text, **how).purchases if one["name"] == name)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_use_that_is_certain_costs_what_a_plain_loop_says_to_the_cent(company, engine):
    text = "purchases:\n  x: {way: on_demand, use: 300000, price: 2, block: 1000, growth_per_month: 0.1, since: 2026-12, exactly: true}\n"
    one = bought(company, text, engine=engine)
    expected = [0.0, *(300_000 * 1.1**k / 1000 * 2 for k in range(3))]
    assert np.allclose(one["parts"]["use"], expected, rtol=0, atol=1e-6)
    assert np.allclose(one["meters"]["use"], np.array(expected) * 500, rtol=0, atol=1e-4)


@pytest.mark.parametrize("engine", ENGINES)
def test_ranges_come_to_their_closed_form_within_four_standard_errors(company, engine):
    text = "purchases:\n  x: {way: on_demand, use: {min: 100, max: 300}, price: {min: 1, max: 2}, exactly: true}\n"
    one = run(company, text, paths=4096, engine=engine)
    own = one.effective[:, 1, one.units.index("(unassigned)")]
    mean = 200 * 1.5  # independent draws
    variance = (300 - 100) ** 2 / 12 * (1 / 12 + 1.5**2) + 200**2 / 12
    assert abs(own.mean() - mean) < 4 * np.sqrt(variance / 4096)
    assert abs(own.std() / np.sqrt(variance) - 1) < 0.05


@pytest.mark.parametrize("engine", ENGINES)
def test_use_that_borrows_uncertainty_has_the_mean_of_its_level(company, engine):
    text = "purchases:\n  x: {way: on_demand, use: 1000, price: 1, like: chat}\n"
    one = run(company, text, paths=4096, engine=engine, spread=0.2)
    own = one.effective[:, 0, one.units.index("(unassigned)")]
    steps = compile_plan(
        resolved(company, text), small.demand_for(company[2], 181, spread=0.2)
    ).demand.step[:30, -1]
    mean = np.mean(np.exp(np.cumsum(steps**2) / 2)) * 1000  # of a log level that walks
    assert abs(own.mean() - mean) < 4 * own.std() / np.sqrt(4096)
    assert own.std() > 0


def test_tiers_and_freemium_are_priced_by_month_on_every_path(company):
    text = """purchases:
  x: {way: tiered, use: {min: 5, max: 25}, exactly: true, rate: {kind: graduated, starts: [0, 10], prices: [2, 1]}, discount: 0.1}
  y: {way: freemium, use: {min: 50, max: 150}, exactly: true, free: 100, price: 0.5, fee: 3, included: 20, business_unit: Y}
"""
    one = run(company, text, paths=512)
    mean = {row["name"]: row for row in one.purchases}
    from finops_model.uncertainty.uniforms import path_uniforms

    use = 5 + 20 * path_uniforms(7, "purchases/x/use", 512)
    tiers = [0.9 * (2 * min(u, 10) + max(u - 10, 0)) for u in use]
    assert mean["x"]["parts"]["use"] == pytest.approx([np.mean(tiers)] * 4, rel=1e-12)
    use = 50 + 100 * path_uniforms(7, "purchases/y/use", 512)
    free = [0.5 * max(u - 120, 0) + (3 if u > 100 else 0) for u in use]
    assert np.sort(one.effective[:, 2, one.units.index("Y")]) == pytest.approx(np.sort(free))


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_else_moves_bit_for_bit(company, engine):
    text = "purchases:\n  x: {way: on_demand, use: {p10: 5, p50: 20, p90: 60}, price: 1, business_unit: (zzz)}\n"
    alone, beside = run(company, "", engine=engine), run(company, text, engine=engine)
    for unit in alone.units:
        i, j = alone.units.index(unit), beside.units.index(unit)
        assert np.array_equal(alone.effective[:, :, i], beside.effective[:, :, j])
    for name in alone.workloads:
        i, j = alone.workloads.index(name), beside.workloads.index(name)
        assert np.array_equal(alone.by_workload[i], beside.by_workload[j])


def test_changes_reach_use_price_and_terms_from_their_day(company):
    text = """changes:
- {path: purchases/x, op: add, since: 2026-12, because: b, value: {way: on_demand, use: 100, price: 2, exactly: true}}
- {path: purchases/x/use, op: scale, value: 3, since: 2027-01, because: b}
- {path: purchases/x/price, op: set, value: 1, since: 2027-02, because: b}
- {path: purchases/x/block, op: set, value: 10, because: b}
"""
    assert bought(company, text)["parts"]["use"] == pytest.approx([0, 20, 60, 30])
    assert explain(resolved(company, text), "purchases/x/price").startswith("1  =  2 (")
    assert "→ 10 (" in explain(resolved(company, text), "purchases/x/block")


def test_lines_of_a_run_hold_each_part_and_add_up(company):
    text = (
        "purchases:\n  x: {way: freemium, use: 150, free: 100, price: 0.5, fee: 3, exactly: true}\n"
    )
    one = run(company, text)
    lines = [line for line in one.lines if line["workload"] == "x"]
    assert {line["sku"] for line in lines} == {"freemium: use", "freemium: fee"}
    assert sum(line["cost"] for line in lines) == pytest.approx(4 * 28.0)
    assert sum(line["cost"] for line in one.lines) == pytest.approx(one.total().mean())


def test_dials_hold_purchases_in_their_fixed_part(company):
    text = "purchases:\n  x: {way: on_demand, use: {min: 100, max: 300}, price: 1}\n"
    one = resolved(company, text)
    plan = compile_plan(one, small.demand_for(one.facts, len(future(one))))
    with_ = simulate(plan, 128, 7).dials
    without = simulate(
        compile_plan(resolved(company, ""), small.demand_for(one.facts, len(future(one)))), 128, 7
    ).dials
    own = simulate(plan, 128, 7, dials=False)
    money = own.effective[:, :, own.units.index("(unassigned)")]
    assert np.allclose(with_["fixed"] - without["fixed"], money, atol=1e-6)
    assert np.array_equal(with_["linear_other"], without["linear_other"])


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    use=st.floats(0, 1e9),
    price=st.floats(0, 1e4),
    growth=st.floats(-0.5, 1),
    discount=st.floats(0, 1),
)
def test_any_use_at_any_price_is_their_product(company, use, price, growth, discount):
    text = f"purchases:\n  x: {{way: on_demand, use: {use!r}, price: {price!r}, discount: {discount!r}, growth_per_month: {growth!r}, exactly: true}}\n"
    expected = [use * (1 + growth) ** k * price * (1 - discount) for k in range(4)]
    one = bought(company, text.replace("e+", "e+"), paths=100)
    assert np.allclose(one["parts"]["use"], expected, rtol=1e-8, atol=1e-6)


REFUSED = {
    "purchases:\n  x: 3": "s.yaml:3: purchases/x: a purchase is a mapping with `way:` and its fields, not '3'.",
    "purchases:\n  x: {wey: tiered}": "s.yaml:3: purchases/x: 'way' is missing: how is it bought? Did you mean it by 'wey'?",
    "purchases:\n  x: {way: on_demnad}": "s.yaml:3: purchases/x: unknown way to buy 'on_demnad'. Did you mean 'on_demand'?",
    "purchases:\n  x: {way: on_demand, use: 1, prise: 2}": "unknown key of a purchase by on_demand 'prise'. Did you mean 'price'?",
    "purchases:\n  x: {way: on_demand, price: 2}": "purchases/x: how much is used? Write use: units a month (use), or for: whose use of the ledger it takes over.",
    "purchases:\n  x: {way: on_demand, use: 1}": "s.yaml:3: purchases/x: on_demand: 'price' is missing; write it.",
    "purchases:\n  x: {way: on_demand, use: -1, price: 2}": "s.yaml:3: purchases/x/use is -1; it must be 0 or more.",
    "purchases:\n  x: {way: on_demand, use: {p10: 5, p50: 1, p90: 2}, price: 2}": "s.yaml:3: purchases/x/use:",
    "purchases:\n  x: {way: on_demand, use: {inputs: 5}, price: 2}": "purchases/x/use: unknown meter of on_demand 'inputs'.",
    "purchases:\n  x: {way: on_demand, use: 1, price: 2, discount: 1.5}": "on_demand: discount is 1.5; it must be a share from 0 to 1.",
    "purchases:\n  x: {way: on_demand, use: 1, price: two}": "on_demand: price is 'two'; write a number.",
    "purchases:\n  x: {way: on_demand, use: 1, price: 2, since: 2027-03, until: 2027-01}": "until 2027-01 is not after since 2027-03; until is the first day without it.",
    "purchases:\n  chat: {way: on_demand, use: 1, price: 2}": "there is a workload 'chat' already, and a purchase is a row of its own. Give it another name, or say for: {workloads: [chat]}",
    "purchases:\n  seats: {way: on_demand, use: 1, price: 2}": "there is a workload 'seats' already, and a purchase is a row of its own. Give it another name.",
    'purchases:\n  "a*": {way: on_demand, use: 1, price: 2}': "purchases/a*: a purchase needs a name of 1 to 100 letters on one line, without '*'; its draws go by it.",
    'purchases:\n  "a\\nb": {way: on_demand, use: 1, price: 2}': "purchases/a\\nb: a purchase needs a name of 1 to 100 letters on one line",
    "purchases:\n  x: {way: on_demand, use: 1, price: 2, like: chatt}": "purchases/x/like: unknown workload 'chatt'. Did you mean 'chat'?",
    "purchases:\n  x: {way: on_demand, use: 1, price: 2, driver: users}": "purchases/x: unknown driver 'users'.",
    "changes:\n- {path: purchases/x/y, op: add, value: {}, because: b}": "op: add takes agreements/NAME, caps/NAME, commitments/NAME, purchases/NAME, workloads/NAME or risks/NAME, not 'purchases/x/y'.",
    "purchases:\n  x: {way: on_demand, use: 1, price: 2}\nchanges:\n- {path: purchases/x/prise, op: set, value: 1, because: b}": "path 'purchases/x/prise' is not there. Did you mean 'purchases/x/price'?",
    "purchases:\n  x: {way: on_demand, use: 1, price: 2}\nchanges:\n- {path: purchases/x, op: add, value: {way: on_demand, use: 1, price: 2}, because: b}": "purchases/x is there already",
    "purchases:\n  x: {way: on_demand, use: 1, price: 2}\nchanges:\n- {path: purchases/x/block, op: set, value: 0, because: b}": "on_demand: block",
    "purchases:\n  x: {way: on_demand, use: 1, price: 2}\nchanges:\n- {path: purchases/x/block, op: set, value: 2, since: 2027-01, because: b}": "'purchases/x/block' holds for the whole run and cannot change from 2027-01. Take since out.",
    "purchases:\n  x: {way: tiered, use: 1, rate: {kind: gradual}}": "purchases/x: rate: unknown rate form 'gradual'. Did you mean 'graduated'?",
    "purchases:\n  x: {way: tiered, use: 1, rate: 3}": "purchases/x",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_a_purchase_that_cannot_be_meant_is_refused(company, text):
    with pytest.raises(FinOpsError) as refusal:
        resolved(company, text)
    said = str(refusal.value)
    assert REFUSED[text] in said, said
    assert isinstance(refusal.value, ScenarioError)
    assert not any(
        word in said for word in ("Traceback", "KeyError", "object at", "array(", "dataclass")
    )


def test_a_name_with_a_slash_is_written_as_it_is_and_escaped_in_paths(company):
    text = "purchases:\n  a/b: {way: on_demand, use: 10, price: 2, exactly: true}\nchanges:\n- {path: purchases/a%2Fb/price, op: scale, value: 2, because: b}\n"
    assert bought(company, text, "a/b")["parts"]["use"] == [40.0] * 4


TAKEN = """purchases:
  x: {way: on_demand, price: 1.5, since: 2026-12, for: {workloads: [train], skus: ["H*"], share: 0.25}}
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_taken_over_leaves_the_ledger_and_is_paid_the_new_way_on_every_path(
    company, engine
):
    base, moved = run(company, "", engine=engine), run(company, TAKEN, engine=engine)
    for unit in base.units:
        i = base.units.index(unit)
        old, new = base.effective[:, :, i], moved.effective[:, :, i]
        if unit != "Research":
            assert np.array_equal(old, new)
    w = base.workloads.index("train")
    ratio = moved.by_workload[w] / base.by_workload[w]
    assert ratio[0] == pytest.approx([1.0] * 4)
    assert ratio[1:] == pytest.approx(np.full((3, 4), 0.75 + 0.25 * 1.5 / 2), rel=1e-6)
    assert "x" not in moved.workloads


def test_a_share_of_one_at_the_price_that_is_paid_moves_no_total(company):
    text = "purchases:\n  x: {way: on_demand, price: 2, for: {workloads: train}}\n"
    base, moved = run(company, ""), run(company, text)
    assert np.allclose(base.effective, moved.effective, rtol=1e-6)
    assert [line["sku"] for line in moved.lines if line["workload"] == "train"] == [
        "on_demand: x"
    ] * 4


def test_tiers_pool_the_use_of_all_workloads_they_take_over(company):
    text = """purchases:
  x: {way: tiered, rate: {kind: graduated, starts: [0, 1000000], prices: [4, 1], block: 1000000}, for: {workloads: [chat], skus: ["large:*"]}}
"""
    one = bought(company, text, sigma=0.0, spread=0.0)
    use = 1.5e6 * 30
    assert one["parts"]["use"][0] == pytest.approx(4 + (use - 1e6) / 1e6, rel=1e-6)
    assert list(one["workloads"]) == ["chat"]


def test_two_purchases_share_one_use_and_more_than_all_of_it_is_refused(company):
    text = """purchases:
  x: {way: on_demand, price: 2, for: {workloads: train, share: 0.6}}
  y: {way: on_demand, price: 2, for: {workloads: train, share: SHARE}}
"""
    base, moved = run(company, ""), run(company, text.replace("SHARE", "0.4"))
    assert np.allclose(base.effective, moved.effective, rtol=1e-6)
    with pytest.raises(ScenarioError) as refusal:
        run(company, text.replace("SHARE", "0.5"))
    assert (
        "purchases/y/for: purchases take over more than all of what 'train' uses of 'H100'. Together their shares may be 1 at most."
        in str(refusal.value)
    )


REFUSED_TAKES = {
    "{}": "purchases/x/for: whose use does it take over? Write workloads, skus or both",
    "{workloads: [chatt]}": "purchases/x/for/workloads: unknown workload 'chatt'. Did you mean 'chat'?",
    "{skus: [h100]}": "purchases/x/for/skus: unknown SKU 'h100'. Did you mean 'H100'?",
    "{workloads: [3]}": "purchases/x/for/workloads is '[3]'; write a name or a list of names.",
    "{workloads: train, share: {min: 0, max: 1}}": "purchases/x/for/share may not be uncertain",
    "{workloads: train, share: 1.2}": "purchases/x/for/share",
    "{workloads: train, part: 1}": "purchases/x/for: unknown key 'part'.",
    "{workloads: chat}": "purchases/x/for: ",
    "{workloads: lake, skus: H100}": "purchases/x/for: none of its workloads uses one of its SKUs. Check both lists.",
    "{workloads: train}, growth_per_month: 0.1": "purchases/x/growth_per_month: with for:, the use is the ledger's: change it at workloads/NAME/demand. Take growth_per_month out.",
    "{workloads: train}, use: 3": "purchases/x: it has a use of its own (use) and takes use over (for). Keep one of them.",
}


@pytest.mark.parametrize("text", REFUSED_TAKES, ids=range(len(REFUSED_TAKES)))
def test_use_that_cannot_be_taken_over_is_refused(company, text):
    with pytest.raises(ScenarioError) as refusal:
        run(company, f"purchases:\n  x: {{way: on_demand, price: 2, for: {text}}}\n")
    assert REFUSED_TAKES[text] in str(refusal.value), str(refusal.value)


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    start=st.integers(0, 60),
    end=st.integers(61, 119),
    seats=st.integers(0, 50),
    come=st.integers(-10, 30),
    on=st.integers(0, 119),
    fee=st.floats(0, 1000),
)
def test_seats_by_a_plain_loop_over_days(start, end, seats, come, on, fee):
    names = ("2027-01", "2027-02", "2027-03", "2027-04")
    day = np.datetime64("2027-01-01") + np.arange(120)
    months = Months.between(names, str(day[start]), str(day[end]))
    seats = max(seats, -come)
    way = make("subscription", {"seats": seats, "fee": fee, "changes": {str(day[on]): come}})
    cost = way.settle({"use": np.zeros((1, 4))}, months).cost[0]
    expected = np.zeros(4)
    for m, name in enumerate(names):
        days = [i for i in range(120) if str(day[i])[:7] == name]
        paid = 0.0
        for i in days:
            held = seats + (come if i >= on else 0) if start <= i < end else 0
            paid = max(paid, held)
            expected[m] += paid * fee / len(days)
    assert cost == pytest.approx(expected, abs=1e-6)


def test_a_subscription_without_use_costs_its_fees(company):
    text = "purchases:\n  x: {way: subscription, seats: 12, fee: 30, quota: 5, overage_price: 1, since: 2026-12-17}\n"
    one = bought(company, text)
    assert one["parts"]["seats"] == pytest.approx([0, 360 * 15 / 31, 360, 360])
    assert one["parts"]["overage"] == [0.0] * 4


@pytest.mark.parametrize("engine", ENGINES)
def test_ranges_of_seats_and_fee_come_to_their_closed_form(company, engine):
    text = """purchases:
  x: {way: subscription, seats: {min: 100, max: 140}, fee: {min: 20, max: 30}, quota: 10, overage_price: 0.5, use: 2000, exactly: true}
changes:
- {path: purchases/x/seats, op: scale, value: 2, since: 2027-01, because: b}
"""
    one = run(company, text, paths=4096, engine=engine)
    own = one.effective[:, :, one.units.index("(unassigned)")]
    for m, seats in ((0, 120.0), (3, 240.0)):
        over = 0.5 * (
            800.0 if m == 0 else 0.0
        )  # 100…140 seats bring 1,000…1,400 units; twice as many all
        error = own[:, m].std() / 64
        assert abs(own[:, m].mean() - (seats * 25 + over)) < 4 * error


def test_an_annual_plan_is_cash_on_its_day_and_cost_by_days(company):
    text = "purchases:\n  x: {way: subscription, seats: 10, fee: 1200, cycle_months: 12, anchor: 2026-12-01, since: 2026-12-01}\n"
    one = bought(company, text)
    assert one["cash"] == pytest.approx([0, 12000, 0, 0])
    assert one["parts"]["seats"] == pytest.approx([0, *(12000 * d / 365 for d in (31, 31, 28))])


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    use=st.lists(st.floats(0, 1000), min_size=4, max_size=4),
    balance=st.floats(0.01, 5000),
    paid=st.floats(0, 5000),
    last=st.integers(0, 3),
)
def test_a_balance_by_a_plain_loop_over_months(use, balance, paid, last):
    names = ("2027-01", "2027-02", "2027-03", "2027-04")
    months = Months.between(names, "2027-01-01")
    way = make("credit", {"amount": balance, "paid": paid, "price": 2, "expires": names[last]})
    settled = way.settle({"use": np.array([use])}, months)
    left, cost = balance, 0.0
    for m, units in enumerate(use):
        drawn = min(2 * units, left) if m <= last else 0.0
        left -= drawn
        cost += 2 * units - drawn + drawn * paid / balance
    cost += left * paid / balance  # void after the last day
    assert settled.cost.sum() == pytest.approx(cost, rel=1e-9, abs=1e-6)
    assert settled.billed.sum() == pytest.approx(
        paid + settled.parts["beyond"].sum(), rel=1e-9, abs=1e-9
    )


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    use=st.lists(st.floats(0, 1000), min_size=4, max_size=4),
    amounts=st.tuples(st.floats(0.01, 2000), st.floats(0.01, 2000)),
    paid=st.tuples(st.floats(0, 2000), st.floats(0, 2000)),
    last=st.tuples(st.integers(0, 3), st.integers(1, 3)),
    start=st.integers(0, 1),
    order=st.sampled_from(["expiry", "written"]),
)
def test_balances_beside_each_other_by_a_plain_loop(use, amounts, paid, last, start, order):
    names = ("2027-01", "2027-02", "2027-03", "2027-04")
    other = {
        "amount": amounts[1],
        "paid": paid[1],
        "expires": names[last[1]],
        "start": names[start],
    }
    way = make(
        "credit",
        {"amount": amounts[0], "paid": paid[0], "price": 1, "expires": names[last[0]],
         "further": [other], "order": order},
    )  # fmt: skip
    settled = way.settle({"use": np.array([use])}, Months.between(names, "2027-01-01"))
    left, cost = list(amounts), 0.0
    turn = [1, 0] if order == "expiry" and last[1] < last[0] else [0, 1]
    for m, units in enumerate(use):
        for k in turn:
            if (0, start)[k] <= m <= last[k]:
                drawn = min(units, left[k])
                units, left[k] = units - drawn, left[k] - drawn
                cost += drawn * paid[k] / amounts[k]
        cost += units
    cost += sum(left[k] * paid[k] / amounts[k] for k in (0, 1))
    assert settled.cost.sum() == pytest.approx(cost, rel=1e-9, abs=1e-6)
    assert settled.billed.sum() == pytest.approx(
        sum(paid) + settled.parts["beyond"].sum(), rel=1e-9, abs=1e-6
    )


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"further": {"amount": 5}},
            "credit: further is a list of balances: [{amount: 500, expires: 2027-12}].",
        ),
        ({"further": [{"expires": "2027-02"}]}, "credit: further[1]: 'amount' is missing; write its money."),
        (
            {"further": [{"amount": 5, "expire": "2027-02"}]},
            "credit: further[1]: unknown field of a balance 'expire'. Did you mean 'expires'? Known: amount, expires, start, paid, share.",
        ),
        (
            {"order": "expiring"},
            "credit: unknown order 'expiring'. Did you mean 'expiry'? Known: expiry, written.",
        ),
        (
            {"further": [{"amount": -5}]},
            "credit 'further 1': amount is -5; it must be a finite number, 0 or more.",
        ),
    ],
)  # fmt: skip
def test_balances_that_cannot_be_are_refused(fields, text):
    with pytest.raises(PriceError) as refusal:
        make("credit", {"amount": 1, "price": 1, **fields})
    assert str(refusal.value) == text


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    use=st.floats(0, 1e5),
    quantity=st.floats(0, 100),
    rate=st.floats(0, 10),
    price=st.floats(0, 10),
    hours=st.lists(st.floats(0, 1), min_size=24, max_size=24).filter(any),
)
def test_a_commitment_by_a_plain_loop_over_hours(use, quantity, rate, price, hours):
    months = Months.between(("2027-01",), "2027-01-11")
    way = make("committed", {"price": price, "quantity": quantity, "rate": rate, "hours": hours})
    cost = 0.0
    for _ in range(21):
        for weight in hours:
            units = use / 21 * weight / sum(hours)
            cost += quantity * rate + max(units - quantity, 0) * price
    settled = way.settle({"use": np.array([[use]])}, months)
    assert settled.cost[0, 0] == pytest.approx(cost, rel=1e-9, abs=1e-6)
    assert sum(part.sum() for part in settled.parts.values()) == pytest.approx(settled.cost.sum())


def test_a_term_is_billed_upfront_and_what_is_cut_off_is_due():
    months = Months.between(
        ("2027-01", "2027-02", "2027-03", "2027-04"), "2027-01-01", "2027-03-01"
    )
    way = make(
        "committed", {"price": 3, "quantity": 1, "rate": 2, "term_months": 3, "upfront_share": 0.5}
    )
    settled = way.settle({"use": np.zeros((1, 4))}, months)
    whole = 90 * 24 * 2
    assert settled.cost.sum() == pytest.approx(whole) == settled.billed.sum()
    assert settled.billed[0, 0] == pytest.approx(whole / 2 + 31 * 24)


def test_committed_spend_takes_a_discount_up_to_its_money():
    months = Months.between(("2027-01",), "2027-01-01")
    way = make("committed", {"price": 4, "spend": 3, "discount": 0.25})
    settled = way.settle({"use": np.array([[744 * 2.0]])}, months)
    assert settled.cost[0, 0] == pytest.approx(744 * (3 + 1 * 4))  # 3 USD buy one unit at 3


def test_a_month_under_way_is_settled_whole_and_its_rest_is_to_come(tmp_path):
    chosen = small.settings(tmp_path)
    facts = read_facts(small.world(last="2026-11-10"), chosen)
    (tmp_path / "s.yaml").write_text(
        """name: a
purchases:
  x: {way: tiered, since: 2026-06, use: 30, exactly: true, rate: {kind: graduated, starts: [0, 15], prices: [2, 1]}}
  y: {way: subscription, since: 2026-06, seats: 30, fee: 30, quota: 1, overage_price: 1, use: 60, exactly: true}
  z: {way: subscription, since: 2026-11-16, seats: 30, fee: 30}
"""
    )
    one = resolve(load_scenario(tmp_path / "s.yaml"), settings=chosen, facts=facts, months=2)
    demand = small.demand_for(facts, len(future(one)))
    rows = {row["name"]: row for row in simulate(compile_plan(one, demand), 100, 7).purchases}
    assert rows["x"]["parts"]["use"] == pytest.approx([45 * 20 / 30, 45])
    assert rows["y"]["parts"]["seats"] == pytest.approx([900 * 20 / 30, 900])
    assert rows["y"]["parts"]["overage"] == pytest.approx([30 * 20 / 30, 30])
    assert rows["z"]["parts"]["seats"] == pytest.approx([900 * 15 / 30, 900])


def test_a_replay_knows_no_later_purchase(company):
    _, chosen, _ = company
    facts = read_facts(small.world(), chosen, as_of="2026-08-31", replay=True)
    text = """name: a
purchases:
  old: {way: on_demand, use: 1, price: 1, since: 2026-06}
  new: {way: on_demand, use: 1, price: 1, since: 2026-09}
agreements:
  later: {start: 2026-10, commitment: 1}
changes:
- {path: purchases/new/price, op: set, value: 2, because: b}
"""
    (company[0] / "r.yaml").write_text(text)
    one = resolve(
        load_scenario(company[0] / "r.yaml"), settings=chosen, facts=facts, months=2, replay=True
    )
    assert list(one.purchases) == ["old"] and not one.agreements


@pytest.mark.parametrize("engine", ENGINES)
def test_a_cost_said_as_money_has_that_mean_and_range(company, engine):
    text = "changes:\n- {path: workloads/train/demand/cost_per_month, op: set, since: 2026-12-16, because: b, value: {min: 3100, max: 9300}}\n"
    base, moved = (
        run(company, "", paths=4096, engine=engine),
        run(company, text, paths=4096, engine=engine),
    )
    lake = run(
        company,
        "changes:\n- {path: workloads/train/demand/level, op: set, value: 0, because: b}\n",
        paths=4096,
        engine=engine,
    )
    unit = base.units.index("Research")
    own = (moved.effective - lake.effective)[:, :, unit]
    assert np.array_equal(moved.effective[:, 0], base.effective[:, 0])
    assert own[:, 2:].min() >= 3100 - 0.01 and own[:, 2:].max() <= 9300 + 0.01
    assert abs(own[:, 2].mean() - 6200) < 4 * 6200 / np.sqrt(12 * 4096)
    assert np.quantile(own[:, 3], 0.1) == pytest.approx(3100 + 620, rel=0.02)
    assert own[:, 2] == pytest.approx(own[:, 3], rel=1e-5)  # one draw for the whole run
    assert moved.workloads == base.workloads


def test_a_workload_of_several_units_may_be_stated_in_money(company):
    text = "changes:\n- {path: workloads/chat/demand/cost_per_month, op: set, because: b, value: 500}\n"
    one = run(company, text)
    assert one.by_workload[one.workloads.index("chat")][:, 0] == pytest.approx(500)


def test_a_total_until_a_day_lies_evenly_on_its_days(company):
    text = "purchases:\n  x: {way: money, total: 9200, until: 2027-02}\n"
    assert bought(company, text)["parts"]["stated"] == pytest.approx([3000, 3100, 3100, 0])
    with pytest.raises(ScenarioError) as refusal:
        bought(company, text.replace(", until: 2027-02", ""))
    assert (
        "it does not end within the run. Write until: the first day after them, or per_month."
        in str(refusal.value)
    )


REFUSED_MONEY = {
    "workloads/chatt/demand/cost_per_month, op: set, value: 3": "unknown workload with a history 'chatt'. Did you mean 'chat'?",
    "workloads/chat/demand/cost_per_month, op: scale, value: 3": "states money a month; use op: set. To multiply a forecast, scale workloads/chat/demand/level.",
    "workloads/chat/demand/cost_per_month, op: set, value: -3": "workloads/chat/demand/cost_per_month is -3; it must be 0 or more.",
    "workloads/chat/demand/cost_per_month, op: set, value: much": "workloads/chat/demand/cost_per_month",
}


@pytest.mark.parametrize("text", REFUSED_MONEY, ids=range(len(REFUSED_MONEY)))
def test_money_that_cannot_be_meant_is_refused(company, text):
    with pytest.raises(ScenarioError) as refusal:
        resolved(company, f"changes:\n- {{path: {text}, because: b}}\n")
    assert REFUSED_MONEY[text] in str(refusal.value), str(refusal.value)


def test_a_stranger_buys_in_a_workspace_of_its_own(tmp_path, monkeypatch):
    """Bill in, scenario written by hand, run, compare, explain: through the command line alone."""
    import datetime
    import json

    from typer.testing import CliRunner

    import finops_model as fm
    from finops_model.cli import app

    days = [datetime.date(2026, 1, 1) + datetime.timedelta(d) for d in range(304)]
    bill = ["Date,Cost (USD),Team,Service"]
    bill += [f"{day},{90 + day.day % 7},web,API" for day in days]
    bill += [f"{day},{40 + day.day % 5},ml,GPU" for day in days]
    (tmp_path / "bill.csv").write_text("\n".join(bill))
    fm.start(tmp_path / "bill.csv", folder=tmp_path / "co")
    monkeypatch.chdir(tmp_path / "co")
    text = """name: Seats and an offer
base: 00_base.yaml
changes:
- {path: purchases/seats, op: add, because: b, value: {way: subscription, seats: 10, fee: 30, since: 2027-01}}
- {path: purchases/half, op: add, because: b, value: {way: on_demand, price: 0.5, for: {workloads: "ml*", share: 0.5}, since: 2027-01}}
- {path: agreements/edp, op: add, because: b, value: {start: 2027-01, commitment: 90000, discount: 0.05}}
"""
    (tmp_path / "co" / "scenarios" / "10.yaml").write_text(text)
    said = CliRunner().invoke(app, ["run", "scenarios/10.yaml", "--paths", "200"]).output
    flat = " ".join(said.split())
    assert "seats (subscription: 10 seats × 30 a month) is expected to cost $3" in flat
    assert "the contract year to 2027-12 counts" in flat
    answer = CliRunner().invoke(app, ["compare", "scenarios/10.yaml", "--paths", "200", "--json"])
    row = json.loads(answer.output)["scenarios"][1]
    assert row["purchases"][0]["cash"] == pytest.approx([0, 0] + [300] * 12)
    assert row["agreements"][0]["years"][0]["ends"] == "2027-12"
    said = (
        CliRunner().invoke(app, ["explain", "scenarios/10.yaml", "purchases/half/for/share"]).output
    )
    assert said.startswith("0.5  =  0.5 (")
    (tmp_path / "co" / "scenarios" / "11.yaml").write_text(
        text.replace("subscription", "subscripton")
    )
    refused = CliRunner().invoke(app, ["run", "scenarios/11.yaml"])
    message = " ".join(f"{refused.output} {refused.exception or ''}".split())
    assert (
        "scenarios/11.yaml:4: purchases/seats: unknown way to buy 'subscripton'. Did you mean 'subscription'?"
        in message
    )


def test_a_brief_and_its_sheet_hold_each_month_of_a_purchase(company, tmp_path):
    import openpyxl
    import xlsxwriter

    from finops_model.measure.usage.purchases import purchases_of
    from finops_model.publish.report.workbook.cells import Pen
    from finops_model.publish.report.workbook.plan.purchases import purchases

    text = """purchases:
  x: {way: freemium, use: 150, free: 100, price: 0.5, fee: 3, exactly: true, business_unit: Support}
  y: {way: on_demand, price: 2, for: {workloads: train}}
"""
    one = run(company, text)
    rows = purchases_of(one, None)
    assert [row["cost"] for row in rows if row["name"] == "x"] == pytest.approx([28.0] * 4)
    assert {row["name"] for row in purchases_of(one, "Support")} == {"x"}
    assert {row["name"] for row in purchases_of(one, "Research")} == {"y"}
    book = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    purchases(Pen(book, "USD"), {"purchases": rows})
    book.close()
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")["Purchases"]
    first = [cell.value for cell in sheet[2]]
    assert first[:4] == ["2026-11", "x", "freemium", rows[0]["formula"]]
    assert sheet.cell(len(rows) + 2, 6).value == f"=SUM(F2:F{len(rows) + 1})"


def test_use_that_has_no_quantities_is_said_to_be_money(company):
    """A price of a GPU-hour on such use would be multiplied by money, and nobody could see it."""
    text = "purchases:\n  x: {way: on_demand, price: 0.8, for: {workloads: [NAME]}}\n"
    said = bought(company, text.replace("NAME", "lake"))["formula"]
    assert said == "use × 0.8; the bill has no quantities there, a unit is 1 USD at list"
    assert bought(company, text.replace("NAME", "train"))["formula"] == "use × 0.8"
    stated = text.replace("NAME", "lake").replace("on_demand, price: 0.8", "money, per_month: 9")
    assert "at list" not in bought(company, stated)["formula"]
