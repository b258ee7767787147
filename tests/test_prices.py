"""Rate forms, settlement, hourly commitments: laws, oracles and refusals word for word (docs/method §5, §8)."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from finops_model.errors import PriceError, listing
from finops_model.prices.rates import make, shelf
from finops_model.prices.settle import windows as settle
from finops_model.prices.settle.hourly import (
    Hourly,
    best_level,
    blocks,
    from_document,
    from_record,
    hourly,
    settle_days,
    spill_curve,
    weekday_of,
)

QUICK, SHARED = (
    settings(max_examples=60, deadline=None),
    Path(__file__).resolve().parents[2] / "shared",
)
money = st.floats(0, 1e4, allow_subnormal=False)
amount = st.floats(0, 1e6, allow_subnormal=False)
some_hours = st.lists(st.floats(0, 1e4, allow_subnormal=False), min_size=1, max_size=48)


@st.composite
def tiers(draw, falling=False, flat=False):
    count = draw(st.integers(1, 5))
    widths = draw(st.lists(st.floats(0.5, 1e5), min_size=count - 1, max_size=count - 1))
    prices = draw(
        st.lists(st.floats(0, 100, allow_subnormal=False), min_size=count, max_size=count)
    )
    starts = [0.0, *np.cumsum(widths)]
    return {
        "starts": starts,
        "prices": sorted(prices, reverse=True) if falling else prices,
        "flat": draw(st.lists(money, min_size=count, max_size=count))
        if flat and draw(st.booleans())
        else (),
        "block": draw(st.sampled_from([1.0, 1000.0, 1e6])),
    }


# The fields of a form beside price and block, and how they are drawn: a form on the shelf that is not here fails the laws.
OWN = {
    "linear": {},
    "package": {},
    "allowance": {"included": amount, "fee": money},
    "minimum": {"minimum": money},
}


@st.composite
def any_rate(draw):
    kind = draw(st.sampled_from(sorted(shelf())))
    block = draw(st.sampled_from([1.0, 7.0, 1000.0]))
    if kind in ("graduated", "volume"):
        return make(kind, draw(tiers(flat=True)))
    return make(
        kind,
        {
            "price": draw(money),
            "block": block,
            **{name: draw(values) for name, values in OWN[kind].items()},
        },
    )


def test_the_shelf_is_the_folder():
    assert {"allowance", "graduated", "linear", "minimum", "package", "volume"} <= set(shelf())
    assert all(hasattr(form, "charge") for form in shelf().values())


@QUICK
@given(any_rate(), st.lists(amount, min_size=1, max_size=6))
def test_one_by_one_and_all_at_once_give_the_same_bits_and_the_same_shape(rate, quantities):
    together = rate.charge(np.array(quantities)[:, None])
    assert together.shape == (len(quantities), 1)
    assert [float(rate.charge(q)) for q in quantities] == together[:, 0].tolist()
    assert (together >= 0).all()


@QUICK
@given(tiers(), amount, st.floats(0, 1e5))
def test_graduated_is_monotone_and_continuous(fields, quantity, more):
    rate = make("graduated", fields)
    step = rate.charge(quantity + more) - rate.charge(quantity)
    steepest = max(fields["prices"]) / fields["block"]
    slack = 1e-9 * (1 + rate.charge(quantity + more))
    assert -slack <= step <= more * steepest + slack


@QUICK
@given(tiers(flat=True), st.lists(amount, min_size=1, max_size=4))
def test_flat_fees_of_tiers_are_those_of_the_tiers_reached(fields, quantities):
    quantities = [*quantities, 0.0, *fields["starts"]]
    plain, flat = {**fields, "flat": ()}, fields["flat"] or [0.0] * len(fields["starts"])
    for quantity in quantities:
        reached = [fee for start, fee in zip(fields["starts"], flat) if quantity > start] or flat[
            :1
        ]
        assert make("graduated", fields).charge(quantity) == pytest.approx(
            make("graduated", plain).charge(quantity) + sum(reached), rel=1e-12
        )
        assert make("volume", fields).charge(quantity) == pytest.approx(
            make("volume", plain).charge(quantity) + reached[-1], rel=1e-12
        )


@QUICK
@given(tiers(falling=True), amount, amount)
def test_two_pools_are_never_cheaper_than_one_where_tier_prices_fall(fields, a, b):
    rate = make("graduated", fields)
    assert rate.charge(a) + rate.charge(b) >= rate.charge(a + b) * (1 - 1e-12) - 1e-9


def test_two_pools_are_cheaper_than_one_where_tier_prices_rise():
    rate = make("graduated", {"starts": [0, 10], "prices": [1, 2]})
    assert rate.charge(8) + rate.charge(8) == 16 < rate.charge(16) == 22


@QUICK
@given(money, amount, st.floats(0.001, 1000))
def test_linear_is_linear(price, quantity, scale):
    rate = make("linear", {"price": price, "block": 1000})
    assert rate.charge(quantity * scale) == pytest.approx(
        rate.charge(quantity) * scale, rel=1e-12, abs=1e-12
    )


def test_volume_is_not_monotone_and_the_boundary_belongs_to_the_lower_tier():
    rate = make("volume", {"starts": [0, 10], "prices": [2, 1]})
    assert rate.charge([10, np.nextafter(10, 11)]).round(9).tolist() == [20, 10]


@QUICK
@given(any_rate(), st.lists(amount, min_size=1, max_size=6))
def test_the_rest_of_a_window_telescopes_to_the_whole(rate, parts):
    total, before = settle.charge_rest(rate, parts[0]), parts[0]
    for part in parts[1:]:
        total, before = total + settle.charge_rest(rate, part, before), before + part
    assert total == pytest.approx(rate.charge(before), rel=1e-9, abs=1e-6)


@QUICK
@given(
    any_rate(), st.lists(st.lists(amount, min_size=3, max_size=3), min_size=1, max_size=5), amount
)
def test_months_are_windows_of_their_own(rate, usage, already):
    fresh = settle.charge_months([rate] * 3, usage)
    assert fresh.tolist() == rate.charge(usage).tolist()  # fees and minima included
    cost = settle.charge_months([rate] * 3, usage, already)
    for row, got in zip(usage, cost):
        expected = [
            settle.charge_rest(rate, row[0], already),
            rate.charge(row[1]),
            rate.charge(row[2]),
        ]
        assert got.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_a_price_change_within_a_month_counts_tiers_on():
    old = make("graduated", {"starts": [0, 10], "prices": [2, 1]})
    new = make("graduated", {"starts": [0, 10], "prices": [4, 3]})
    assert settle.charge_steps([old, new], [8, 4]) == 8 * 2 + 2 * 4 + 2 * 3


@QUICK
@given(st.floats(-1e9, 1e9, allow_subnormal=False), st.lists(amount, min_size=1, max_size=12))
def test_shares_add_up_to_the_cost(cost, usage):
    shares = settle.share(cost, usage)
    assert abs(shares.sum() - cost) <= 4 * np.spacing(abs(cost))
    if sum(usage) > 0:
        assert shares == pytest.approx([cost * u / sum(usage) for u in usage], rel=1e-9, abs=1e-6)


def test_no_share_is_lost_to_rounding():
    cost = draws(20_000) * 1e5
    assert (
        np.abs(settle.share(cost, draws(20_000, 12)).sum(axis=-1) - cost) <= np.spacing(cost)
    ).all()  # a last bit at most


def test_shares_of_a_cube_and_of_nothing_used():
    usage = np.array([[[6.0, 2.0], [0.0, 0.0]]])  # (path, month, workload)
    assert settle.share([[8.0, 5.0]], usage).tolist() == [[[6.0, 2.0], [2.5, 2.5]]]
    assert settle.pool(usage).tolist() == [[8.0, 0.0]]


@QUICK
@given(some_hours, st.floats(0, 1e4), st.floats(0, 10), st.floats(0, 10), st.floats(0, 1))
def test_used_and_unused_are_the_commitment_and_used_and_spill_the_usage(
    usage, quantity, rate, on_demand, share
):
    held = Hourly(quantity=quantity, rate=rate, on_demand=on_demand, eligible_share=share)
    done = held.settle([usage, usage[::-1]])
    assert done.used + done.unused == pytest.approx(
        np.full((2, len(usage)), quantity), rel=1e-12, abs=1e-9
    )
    assert done.used + done.spill == pytest.approx(
        np.array([usage, usage[::-1]]), rel=1e-12, abs=1e-9
    )
    assert min(done.used.min(), done.unused.min(), done.spill.min()) >= 0
    assert done.cost == pytest.approx(quantity * rate + done.spill * on_demand)
    assert (done.used <= np.array([usage, usage[::-1]]) * share + 1e-9).all()


@QUICK
@given(some_hours, st.floats(0, 10), st.floats(0, 10))
def test_no_commitment_is_on_demand_and_outside_the_term_too(usage, rate, on_demand):
    bare = Hourly(quantity=0, rate=rate, on_demand=on_demand).settle(usage)
    over = Hourly(quantity=50, rate=rate, on_demand=on_demand).settle(usage, in_term=False)
    assert bare.cost.tolist() == over.cost.tolist() == (np.array(usage) * on_demand).tolist()
    assert over.used.sum() == over.unused.sum() == 0


def cost_of(level, usage, rate, on_demand):
    return float(Hourly(quantity=level, rate=rate, on_demand=on_demand).settle(usage).cost.sum())


@QUICK
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=30), st.integers(1, 20), st.integers(0, 20)
)
def test_the_best_level_beats_every_other_and_is_the_smallest_of_the_best(usage, rate, on_demand):
    level = best_level(usage, rate, on_demand)
    costs = {
        other: cost_of(other, usage, rate, on_demand) for other in range(42)
    }  # integers: costs are exact
    assert costs[level] == min(costs.values())
    assert level == min(other for other, cost in costs.items() if cost == min(costs.values()))


def test_the_best_level_is_the_optimum_of_a_linear_programme():
    usage = stats.gamma.ppf((np.arange(200) + 0.5) / 200, 2.0, scale=30.0)
    rate, on_demand, n = 0.61, 1.0, 200
    answer = optimize.linprog(
        np.r_[n * rate, np.full(n, on_demand)],
        A_ub=-np.c_[np.ones(n), np.eye(n)],
        b_ub=-usage,
        bounds=[(0, None)] * (n + 1),
        method="highs",
    )
    level = best_level(usage, rate, on_demand)
    assert cost_of(level, usage, rate, on_demand) == pytest.approx(answer.fun, rel=1e-9)


def test_the_best_level_of_many_paths_pools_all_their_hours():
    usage = np.random.Generator(np.random.Philox(7)).gamma(2.0, 30.0, (50, 8760 // 10))
    assert best_level(usage, 0.6931, 1.0) == np.quantile(usage, 1 - 0.6931, method="inverted_cdf")
    assert best_level(usage, 1.0, 1.0) == best_level(usage, 2.0, 1.0) == 0.0


@pytest.mark.shared
def test_single_unit_commitments_of_the_shared_cases():
    path = SHARED / "cases" / "commitment_cases.json"
    if not path.is_file():
        pytest.skip("the shared commitment cases are not there")
    middle = (np.arange(200_000) + 0.5) / 200_000
    law = {
        "normal": lambda d: stats.norm.ppf(middle, d["mean"], d["sd"]).clip(0),
        "exponential": lambda d: stats.expon.ppf(middle, scale=d["mean"]),
        "lognormal": lambda d: stats.lognorm.ppf(middle, d["sigma"], scale=d["median"]),
    }
    cases = [
        case
        for case in json.loads(path.read_text())
        if case["kind"] == "single_units" and "dist" in case["inputs"]["demand"]
    ]
    assert len(cases) >= 4
    for case in cases:
        inputs, expected = case["inputs"], case["expected"]
        usage = law[inputs["demand"]["dist"]](inputs["demand"])
        level = best_level(usage, inputs["committed"], inputs["on_demand"])
        assert level == pytest.approx(expected["K_opt"], rel=1e-4), case["id"]
        if "expected_hourly_cost" in expected:
            cost = cost_of(level, usage, inputs["committed"], inputs["on_demand"]) / usage.size
            assert cost == pytest.approx(expected["expected_hourly_cost"], rel=1e-4), case["id"]


def draws(*shape):
    return np.random.Generator(np.random.Philox(11)).gamma(1.5, 20.0, shape)


def brute_hours(usage, shapes, first):
    """Hour by hour, workload by workload, as a person would."""
    pooled = np.zeros((*usage.shape[:2], 24))
    for path, day, workload in np.ndindex(usage.shape):
        start = ((first + day) % 7) * 24
        hours = shapes[workload, start : start + 24]
        pooled[path, day] += usage[path, day, workload] * hours / hours.sum()
    return pooled


@pytest.mark.parametrize("first", range(7))
def test_pooled_hours_by_matmul_equal_the_brute_force_loop(first):
    usage, shapes = draws(3, 16, 4), draws(4, 168) + 0.1
    assert hourly(usage, shapes, first) == pytest.approx(
        brute_hours(usage, shapes, first), rel=1e-12
    )
    assert hourly(usage, shapes, first).sum(axis=-1) == pytest.approx(usage.sum(axis=-1), rel=1e-12)


def test_a_shape_of_24_hours_stands_for_every_day_and_zeros_are_flat():
    usage, shape = draws(2, 9, 1), draws(1, 24)
    assert hourly(usage, shape, 3).tolist() == hourly(usage, np.tile(shape, 7), 3).tolist()
    assert hourly(usage, np.zeros((1, 168)), 3) == pytest.approx(np.repeat(usage, 24, axis=2) / 24)


def test_days_settle_as_their_hours_in_any_block_with_a_term_inside():
    usage, shapes = draws(7, 60, 3), draws(3, 168) + 0.1
    dates = np.arange(np.datetime64("2026-11-16"), np.datetime64("2027-01-15"))
    held = Hourly(
        quantity=5.0,
        rate=0.6,
        on_demand=1.0,
        start="2026-12-01",
        end="2027-01-01",
        eligible_share=0.9,
    )
    price = np.linspace(1.0, 2.0, 60)
    days = settle_days(held, usage, shapes, dates, on_demand=price, block=2)
    inside = (dates >= np.datetime64("2026-12-01")) & (dates < np.datetime64("2027-01-01"))
    hours = brute_hours(usage, shapes, weekday_of(dates[0]))
    used = np.where(inside[:, None], np.minimum(hours * 0.9, 5.0), 0.0)
    cost = np.where(inside, 5.0 * 0.6 * 24, 0.0) + (hours - used).sum(-1) * price
    assert days.used == pytest.approx(used.sum(-1), rel=1e-12) and days.cost == pytest.approx(
        cost, rel=1e-12
    )
    assert days.used + days.unused == pytest.approx(
        np.broadcast_to(np.where(inside, 120.0, 0.0), (7, 60)), abs=1e-9
    )
    whole = settle_days(held, usage, shapes, dates, on_demand=price, block=1000)
    assert all(
        np.allclose(getattr(days, f), getattr(whole, f), rtol=1e-12)
        for f in ("used", "unused", "spill", "cost")
    )
    assert weekday_of(
        np.array(["1969-12-31", "2026-11-23", "2026-11-29"], "datetime64[D]")
    ).tolist() == [2, 0, 6]
    assert [(p.start, p.stop) for p, _ in blocks(usage, shapes, 0, 3)] == [(0, 3), (3, 6), (6, 7)]


@QUICK
@given(some_hours, st.lists(st.floats(0, 1e4), min_size=2, max_size=5))
def test_the_spill_curve_falls_is_convex_and_gives_the_cost_of_every_level(usage, grid):
    curve = spill_curve([usage, usage], sorted(grid))[0]
    assert (np.diff(curve) <= 1e-6).all()
    for level, spill in zip(sorted(grid), curve):
        assert cost_of(level, usage, 0.6, 1.0) == pytest.approx(
            len(usage) * 0.6 * level + spill, rel=1e-9, abs=1e-6
        )
    middle = spill_curve(usage, [(min(grid) + max(grid)) / 2])[0]
    assert middle <= (curve[0] + curve[-1]) / 2 + 1e-6


RECORD = {
    "ContractCommitmentId": "hyperion-h100-1y-2026",
    "ContractCommitmentQuantity": "40",
    "ContractCommitmentUnit": "GPU-hours",
    "ContractCommitmentPeriodStart": "2026-01-01T00:00:00Z",
    "ContractCommitmentPeriodEnd": "2027-01-01T00:00:00Z",
    "ContractCommitmentLifecycleStatus": "Active",
    "ContractCommitmentFulfillmentInterval": "Hourly",
    "x_SkuIds": "HYP-H100-OD; HYP-A100-OD",
    "x_Rate": "2.5545",
}


def test_a_focus_record_becomes_a_commitment():
    held = from_record(RECORD, on_demand=3.93)
    assert (held.quantity, held.rate, held.on_demand, held.skus) == (
        40,
        2.5545,
        3.93,
        ("HYP-H100-OD", "HYP-A100-OD"),
    )
    assert (held.start, held.end, held.live, held.spend) == (
        "2026-01-01",
        "2027-01-01",
        True,
        False,
    )
    assert held.term_fee() == pytest.approx(40 * 2.5545 * 8760)
    assert held.in_term(
        np.array(["2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01"])
    ).tolist() == [0, 1, 1, 0]
    assert (
        from_document(
            RECORD | {"x_SkuIds": ["HYP-H100-OD", "HYP-A100-OD"], "x_Rate": 2.5545}, on_demand=3.93
        )
        == held
    )
    assert (
        from_record(RECORD | {"x_SkuIds": '["HYP-H100-OD", "HYP-A100-OD"]'}, on_demand=3.93) == held
    )
    assert not from_record(
        RECORD | {"ContractCommitmentLifecycleStatus": "Proposed"}, on_demand=3.93
    ).live


@pytest.mark.parametrize(
    "model, extra",
    [
        ("No Upfront", {}),
        ("All Upfront", {}),
        ("Partial Upfront", {"ContractCommitmentPaymentUpfrontPercentage": "0.3"}),
    ],
)
def test_payment_options_bill_differently_and_cost_the_same(model, extra):
    months = tuple(str(m) for m in np.arange(np.datetime64("2025-12"), np.datetime64("2027-03")))
    held = from_record(RECORD | {"ContractCommitmentPaymentModel": model, **extra}, on_demand=3.93)
    assert held.effective_by_month(months)[1] == pytest.approx(40 * 2.5545 * 744)
    assert held.billed_by_month(months).sum() == pytest.approx(
        held.effective_by_month(months).sum(), rel=1e-12
    )
    upfront = {"No Upfront": 0.0, "All Upfront": 1.0, "Partial Upfront": 0.3}[
        model
    ] * held.term_fee()
    assert held.billed_by_month(months)[1] == pytest.approx(
        upfront + (1 - held.upfront_share) * 40 * 2.5545 * 744
    )


def test_effective_of_usage_equals_billed_of_purchase_as_focus_demands():
    held = from_record(RECORD, on_demand=3.93)
    done = held.settle(draws(8760) * 2)
    effective_of_usage_rows = (done.used * held.rate).sum() + (done.unused * held.rate).sum()
    assert effective_of_usage_rows == pytest.approx(held.term_fee(), rel=1e-12)


PLACE = "commitments.csv:2: commitment 'hyperion-h100-1y-2026': "


@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"ContractCommitmentId": ""},
            "commitments.csv:2: ContractCommitmentId is missing; write it.",
        ),
        (
            {"ContractCommitmentQuantity": "4O"},
            PLACE
            + "ContractCommitmentQuantity is '4O'; it must be a plain number such as 40 or 0.65.",
        ),
        (
            {"ContractCommitmentQuantity": "nan"},
            PLACE
            + "ContractCommitmentQuantity is 'nan'; it must be a plain number such as 40 or 0.65.",
        ),
        (
            {"ContractCommitmentQuantity": "-40"},
            PLACE + "quantity is -40.0; it must be a finite number, 0 or more.",
        ),
        (
            {"x_Rate": ""},
            PLACE + "x_Rate (or ContractCommitmentDiscountPercentage) is missing; write it.",
        ),
        (
            {"x_EligibleShare": "1.2"},
            PLACE + "eligible_share is 1.2; it must be a share from 0 to 1.",
        ),
        (
            {"ContractCommitmentPeriodEnd": "2026-13-01"},
            PLACE + "ContractCommitmentPeriodEnd is '2026-13-01'; it must be a day YYYY-MM-DD "
            "(a time after it is left out; the end is the day after the last one).",
        ),
        (
            {"ContractCommitmentLifecycleStatus": "Activ"},
            PLACE[:-2] + ": unknown ContractCommitmentLifecycleStatus 'Activ'. Did you mean "
            "'Active'? Known: Proposed, Pending, Active, Exhausted, Expired, Canceled, Superseded.",
        ),
        (
            {"ContractCommitmentUnit": "USD"},
            PLACE
            + "x_Rate is 2.5545; the rate of a spend commitment is 1 - discount, from 0 to 1.",
        ),
        (
            {"ContractCommitmentCategory": "Spend"},
            PLACE
            + "ContractCommitmentCategory is Spend but ContractCommitmentUnit is 'GPU-hours'; a "
            "Spend commitment has a currency as its unit, a Usage commitment a unit of usage such as GPU-hours.",
        ),
        (
            {"ContractCommitmentPaymentModel": "Partial Upfront"},
            PLACE + "ContractCommitmentPaymentUpfrontPercentage is missing; write it.",
        ),
        (
            {"ContractCommitmentDiscountPercentage": "35"},
            PLACE + "ContractCommitmentDiscountPercentage is 35; write it as a share from 0 to 1.",
        ),
        (
            {"x_SkuIds": "[HYP"},
            PLACE + "x_SkuIds is '[HYP', which is no JSON list; write the SKUs separated by ';'.",
        ),
    ],
)
def test_a_bad_record_is_refused_word_for_word(change, message):
    with pytest.raises(PriceError) as raised:
        from_record(RECORD | change, on_demand=3.93, where="commitments.csv:2")
    assert str(raised.value) == message


def test_a_record_without_an_on_demand_price_asks_the_catalog():
    with pytest.raises(PriceError) as raised:
        from_record(RECORD)
    assert str(raised.value) == (
        "commitment 'hyperion-h100-1y-2026': the on-demand price is not known; pass on_demand (the price "
        "catalog has it for HYP-H100-OD, HYP-A100-OD) or write x_OnDemandUnitPrice."
    )


@pytest.mark.parametrize(
    "kind, fields, message",
    [
        (
            "gradated",
            {},
            "a.yaml:3: unknown rate form 'gradated'. Did you mean 'graduated'? "
            f"Known: {listing(shelf())}.",
        ),
        (
            "linear",
            {"prise": 1},
            "a.yaml:3: unknown linear field 'prise'. Did you mean 'price'? Known: price, block.",
        ),
        ("linear", {}, "a.yaml:3: linear: 'price' is missing; write it."),
        (
            "linear",
            {"price": "2"},
            "a.yaml:3: linear: price is 2; it must be a finite number, 0 or more.",
        ),
        (
            "linear",
            {"price": True},
            "a.yaml:3: linear: price is True; it must be a finite number, 0 or more.",
        ),
        (
            "linear",
            {"price": float("nan")},
            "a.yaml:3: linear: price is nan; it must be a finite number, 0 or more.",
        ),
        (
            "linear",
            {"price": 1, "block": 0},
            "a.yaml:3: linear: block is 0; it must be a finite number above 0.",
        ),
        ("linear", [1], "a.yaml:3: linear: '[1]' is not a mapping of names to values."),
        (
            "graduated",
            {"starts": [0, 1], "prices": [1]},
            "a.yaml:3: graduated: 2 starts but 1 prices; give one price for each start.",
        ),
        (
            "graduated",
            {"starts": [], "prices": []},
            "a.yaml:3: graduated: starts is []; it must be a list of numbers, one for each tier.",
        ),
        (
            "volume",
            {"starts": [0, 5, 3], "prices": [1, 1, 1]},
            "a.yaml:3: volume: start 3 comes after 5; each start must be above the one before.",
        ),
        (
            "graduated",
            {"starts": [0, float("inf")], "prices": [1, 1]},
            "a.yaml:3: graduated: starts[1] is inf; it must be a finite number, 0 or more.",
        ),
        (
            "volume",
            {"starts": [0, 5], "prices": [2, 1], "flat": [3]},
            "a.yaml:3: volume: 2 starts but 1 flat fees; "
            "give one flat fee for each start (0 where a tier has none).",
        ),
        (
            "graduated",
            {"starts": [0, 5], "prices": [2, 1], "flat": [3, -1]},
            "a.yaml:3: graduated: flat[1] is -1; it must be a finite number, 0 or more.",
        ),
        (
            "graduated",
            {"starts": [0], "prices": [2], "flat": 3},
            "a.yaml:3: graduated: flat is 3; it must be a list of numbers, one for each tier.",
        ),
        (
            "graduated",
            {"starts": [0], "prices": [2], "flats": [3]},
            "a.yaml:3: unknown graduated field 'flats'. Did you mean 'flat'? Known: starts, prices, block, flat.",
        ),
        (
            "minimum",
            {"price": 1, "minimum": -1},
            "a.yaml:3: minimum: minimum is -1; it must be a finite number, 0 or more.",
        ),
    ],
)
def test_a_bad_rate_is_refused_word_for_word(kind, fields, message):
    with pytest.raises(PriceError) as raised:
        make(kind, fields, "a.yaml:3")
    assert str(raised.value) == message


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: make("linear", {"price": 1}).charge(float("nan")),
            "linear: quantity is nan; it must be finite and 0 or more.",
        ),
        (
            lambda: make("linear", {"price": 1}).charge("many"),
            "linear: quantity is many; it must be a number or an array of numbers.",
        ),
        (
            lambda: settle.charge_rest(make("linear", {"price": 1}), -1, already=5),
            "rest: quantity is -1; it must be finite and 0 or more.",
        ),
        (
            lambda: settle.charge_months([make("linear", {"price": 1})], [1, 2]),
            "usage has 2 months but there are 1 rates; give one rate for each month.",
        ),
        (
            lambda: settle.share(1.0, [1, -1]),
            "share: usage must be finite and 0 or more; credits are shared by the usage they refer to.",
        ),
        (
            lambda: Hourly(quantity=1, rate=1, on_demand=1).settle([1, -2]),
            "usage: quantity is -2 at position (1,); it must be finite and 0 or more.",
        ),
        (
            lambda: hourly(np.ones((1, 2, 3)), np.ones((2, 168)), 0),
            "usage has shape (1, 2, 3) and there are 2 shapes; "
            "usage must be (path, day, workload) with one shape for each workload.",
        ),
        (
            lambda: hourly(np.ones((1, 2, 1)), np.ones((1, 25)), 0),
            "a shape has 25 hours; give 168 (from Monday 00:00) or 24 for each workload.",
        ),
        (lambda: best_level([], 1, 2), "best_level: there is no usage; give at least one hour."),
        (lambda: best_level([1], 0, 2), "rate is 0; it must be a finite number above 0."),
        (
            lambda: Hourly(
                quantity=1, rate=1, on_demand=1, id="a", upfront_share=1
            ).billed_by_month(["2026-01"]),
            "commitment 'a': the term is open; give start and end to know the whole fee.",
        ),
    ],
)
def test_nonsense_is_refused_word_for_word(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message


def test_the_dashboard_kernel_needs_numpy_only():
    code = (
        "import sys, finops_model.prices.rates as r, finops_model.prices.settle.windows, finops_model.prices.settle.hourly; r.shelf(); "
        "print([m for m in ('pandas','pydantic','yaml','scipy') if m in sys.modules])"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


def test_a_form_is_one_file_named_after_its_class():
    import finops_model.prices.rates as rates

    for kind, form in shelf().items():
        tree = ast.parse((Path(rates.__file__).parent / f"{kind}.py").read_text(encoding="utf-8"))
        assert [node.name for node in tree.body if isinstance(node, ast.ClassDef)] == [
            form.__name__
        ]
        assert form.__doc__ and hash(form) and form.__dataclass_params__.frozen
