"""Settlement under instruments: a slow exact oracle, laws, refusals, shapes (docs/method §5.10-§5.14)."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import PriceError, listing
from finops_model.prices.instruments import hand_out, make, ordered, shelf
from finops_model.prices.rates import shelf as rate_forms
from finops_model.prices.settle.hourly import Hourly
from finops_model.prices.settle.settlement import price, settle

QUICK = settings(max_examples=60, deadline=None)
SKUS = ("a", "b", "c")
units = st.integers(0, 40).map(lambda n: n / 4)
cents = st.integers(1, 400).map(lambda n: n / 100)


@st.composite
def plans(draw, most=3, kinds=("units", "spend", "capacity", "floating")):
    """Instruments of every kind that settles by the period, on some of the SKUs, cheaper than on demand or not."""
    held = []
    for number in range(draw(st.integers(0, most))):
        kind = draw(st.sampled_from(kinds))
        skus = draw(st.lists(st.sampled_from(SKUS), min_size=1, max_size=3, unique=True))
        base = {"id": f"{kind}{number}", "eligible_share": draw(st.sampled_from([1.0, 0.5]))}
        if kind == "spend":
            held.append(
                {
                    "kind": "spend",
                    **base,
                    "commitment": draw(units),
                    "rates": {sku: draw(cents) for sku in skus},
                }
            )
        elif kind == "floating":
            held.append(
                {
                    "kind": "spend",
                    **base,
                    "commitment": draw(units),
                    "discounts": {sku: draw(st.sampled_from([0.1, 0.25, 0.5])) for sku in skus},
                }
            )
        else:
            held.append(
                {
                    "kind": kind,
                    **base,
                    "quantity": draw(units),
                    "rate": draw(cents),
                    "skus": {sku: draw(st.sampled_from([1.0, 2.0, 8.0])) for sku in skus},
                }
            )
    return held


@st.composite
def problems(draw, **how):
    usage = {sku: draw(st.lists(units, min_size=4, max_size=4)) for sku in SKUS}
    return usage, {sku: draw(cents) for sku in SKUS}, draw(plans(**how))


def slow(usage, prices, plan):
    """The same settlement in exact fractions, one period and one SKU after the other: (total, on-demand units of each period)."""
    exact = lambda number: Fraction(number).limit_denominator(10**9)
    held = ordered([make(fields) for fields in plan])
    total, left_over = Fraction(0), []
    for t in range(4):
        rest = {sku: exact(usage[sku][t]) for sku in usage}
        for one in held:
            share = exact(one.eligible_share)
            if hasattr(one, "commitment"):
                capacity, cost = exact(one.commitment), Fraction(1)
                rate = {
                    sku: exact(one.rates[sku])
                    if one.rates
                    else exact(prices[sku]) * (1 - exact(one.discounts[sku]))
                    for sku in one.eligible
                }
                order = [
                    sku
                    for sku in sorted(
                        one.eligible,
                        key=lambda sku: (-(1 - rate[sku] / exact(prices[sku])), rate[sku]),
                    )
                    if rate[sku] <= exact(prices[sku])
                ]
            else:
                capacity, cost, rate, order = (
                    exact(one.quantity),
                    exact(one.rate),
                    {k: exact(v) for k, v in one.skus.items()},
                    one.order(),
                )
            total += capacity * cost
            for sku in order:
                taken = min(rest[sku] * share * rate[sku], capacity)
                capacity -= taken
                rest[sku] -= taken / rate[sku]
        total += sum(rest[sku] * exact(prices[sku]) for sku in rest)
        left_over.append([float(rest[sku]) for sku in usage])
    return float(total), left_over


@settings(max_examples=200, deadline=None)
@given(problems())
def test_settlement_is_what_an_exact_loop_says(problem):
    usage, prices, plan = problem
    done = price(usage, prices, plan)
    total, rest = slow(usage, prices, plan)
    assert float(done.total()) == pytest.approx(total, rel=1e-9, abs=1e-9)
    assert done.spill == pytest.approx(np.array(rest), abs=1e-7)


@QUICK
@given(problems())
def test_used_and_unused_are_what_was_purchased_and_no_usage_is_lost(problem):
    done = price(*problem)
    for part in done.allocations:
        assert part.used + part.unused == pytest.approx(
            np.broadcast_to(part.purchased, part.used.shape), abs=1e-9
        )
        assert (
            part.amount.sum(axis=-1) == pytest.approx(part.used, abs=1e-9)
            and (part.unused >= 0).all()
            and (part.covered >= 0).all()
        )
    covered = sum(part.covered for part in done.allocations)
    assert covered + done.spill + done.blocked == pytest.approx(done.usage, abs=1e-9)


@QUICK
@given(problems())
def test_lines_add_up_to_the_settlement_and_focus_identities_hold(problem):
    done = price(*problem)
    lines = done.lines()
    assert sum(line["EffectiveCost"] for line in lines) == pytest.approx(
        float(done.total()), abs=1e-6
    )
    assert sum(line["BilledCost"] for line in lines) == pytest.approx(
        float(done.billed_cost.sum()), abs=1e-6
    )
    usage_rows = [line for line in lines if line["ChargeCategory"] == "Usage"]
    assert sum(line["ContractedCost"] for line in usage_rows) == pytest.approx(
        float(done.contracted_cost.sum()), abs=1e-6
    )
    for held in done.instruments:
        own = [line for line in lines if line["CommitmentDiscountId"] == held.id]
        effective = sum(line["EffectiveCost"] for line in own if line["ChargeCategory"] == "Usage")
        assert effective == pytest.approx(
            sum(line["BilledCost"] for line in own if line["ChargeCategory"] == "Purchase"),
            abs=1e-6,
        )


@QUICK
@given(problems())
def test_without_instruments_it_is_on_demand_and_without_usage_it_is_the_fees(problem):
    usage, prices, plan = problem
    empty = price(usage, prices)
    assert float(empty.total()) == pytest.approx(
        sum(sum(usage[sku]) * prices[sku] for sku in SKUS), rel=1e-12, abs=1e-9
    )
    idle = price({sku: [0.0] * 4 for sku in SKUS}, prices, plan)
    assert float(idle.total()) == pytest.approx(float(idle.fees.sum()), abs=1e-9)


@QUICK
@given(problems(kinds=("spend", "floating")), st.permutations(SKUS))
def test_the_order_of_the_skus_changes_no_total_of_spend_plans(problem, order):
    usage, prices, plan = problem
    turned = [
        {**held, table: {sku: held[table][sku] for sku in order if sku in held[table]}}
        for held in plan
        for table in ("rates", "discounts")
        if table in held
    ]
    other = price({sku: usage[sku] for sku in order}, prices, turned)
    assert float(other.total()) == pytest.approx(
        float(price(usage, prices, plan).total()), rel=1e-9, abs=1e-9
    )


@QUICK
@given(problems(kinds=("floating",)), st.sampled_from([0.5, 3.0, 1000.0]))
def test_the_unit_of_measure_changes_no_total(problem, scale):
    """Counted in thousands at a thousand times the price, everything costs the same."""
    usage, prices, plan = problem
    scaled = price(
        {sku: np.array(usage[sku]) / scale for sku in SKUS},
        {sku: prices[sku] * scale for sku in SKUS},
        plan,
    )
    assert float(scaled.total()) == pytest.approx(
        float(price(usage, prices, plan).total()), rel=1e-9, abs=1e-9
    )


@QUICK
@given(st.lists(units, min_size=2, max_size=12), units, cents)
def test_splitting_a_window_never_lowers_waste(usage, quantity, rate):
    """Usage of a day settled as one window wastes no more than settled hour by hour: a month-level shortcut flatters."""
    hours = price(
        {"a": usage},
        {"a": 1.0},
        [{"kind": "units", "quantity": quantity, "rate": rate, "skus": ["a"]}],
    )
    whole = price(
        {"a": usage},
        {"a": 1.0},
        [
            {
                "kind": "units",
                "quantity": quantity * len(usage),
                "rate": rate,
                "skus": ["a"],
                "window": "term",
            }
        ],
    )
    assert (
        float(hours.allocations[0].unused.sum()) >= float(whole.allocations[0].unused.sum()) - 1e-9
    )
    assert float(hours.total()) >= float(whole.total()) - 1e-9


@QUICK
@given(
    st.lists(units, min_size=1, max_size=24), units, cents, cents, st.sampled_from([1.0, 0.8, 0.0])
)
def test_one_commitment_settles_as_the_hourly_one(usage, quantity, rate, on_demand, share):
    done = price(
        {"a": usage},
        {"a": on_demand},
        [
            {
                "kind": "units",
                "quantity": quantity,
                "rate": rate,
                "skus": ["a"],
                "eligible_share": share,
            }
        ],
    )
    other = Hourly(quantity=quantity, rate=rate, on_demand=on_demand, eligible_share=share).settle(
        usage
    )
    assert float(done.total()) == pytest.approx(float(other.cost.sum()), rel=1e-12, abs=1e-9)
    assert done.spill[:, 0] == pytest.approx(other.spill, abs=1e-12)


@QUICK
@given(problems())
def test_paths_settle_as_each_alone_and_one_by_one_gives_the_same_cents(problem):
    usage, prices, plan = problem
    cube = np.stack([np.array([usage[sku] for sku in SKUS]).T * k for k in (0, 1, 2)])
    held = [make(fields) for fields in plan]
    together = settle(cube, SKUS, prices, held)
    for path in range(3):
        alone = settle(cube[path], SKUS, prices, held)
        assert np.array_equal(together.effective_cost[path], alone.effective_cost)
        by_period = sum(
            float(settle(cube[path, t : t + 1], SKUS, prices, held).total()) for t in range(4)
        )
        assert by_period == pytest.approx(float(alone.total()), rel=1e-12, abs=1e-9)


@QUICK
@given(problems(), st.integers(1, 40), st.sampled_from([0.0, 0.4, 1.0]))
def test_over_a_whole_term_billed_is_effective(problem, days, share):
    """FOCUS: what a purchase bills over its term is what its usage and its waste are worth."""
    usage, prices, plan = problem
    start, end = np.datetime64("2026-01-20"), np.datetime64("2026-01-20") + days
    hours = np.arange(start.astype("datetime64[h]") - 24, end.astype("datetime64[h]") + 24)
    amounts = {sku: np.resize(np.array(usage[sku]), len(hours)) for sku in SKUS}
    termed = [
        {**held, "start": str(start), "end": str(end), "upfront_share": share} for held in plan
    ]
    done = price(amounts, prices, termed, dates=hours)
    assert float(done.billed_cost.sum()) == pytest.approx(
        float(done.effective_cost.sum()), rel=1e-9, abs=1e-6
    )


@QUICK
@given(problems(), st.sampled_from([0.0, 5.0, 1e9]))
def test_an_invoice_of_a_settlement_keeps_its_cost_and_draws_credits_from_what_is_billed(
    problem, granted
):
    from finops_model.prices.settle.adjustments import Adjustments, Support, Tax
    from finops_model.prices.settle.cents import rounded
    from finops_model.prices.settle.charge_lines import billed_fees
    from finops_model.prices.terms.credits import Credit

    done = price(*problem)
    bill = done.invoice(Adjustments(credits=(Credit(granted, "grant"),), tax=Tax(0.19)))
    assert bill.cost == pytest.approx(done.effective_cost, abs=1e-6)
    usage = sum(
        rounded(done.on_demand[..., s]) for s in range(len(done.skus))
    )  # every line of an invoice is in whole cents
    fees = sum(rounded(fee) for fee in billed_fees(done)) + 0.0 * usage
    assert abs(usage - done.on_demand_cost).max() <= 0.0051 * len(done.skus) and abs(
        usage + fees - done.billed_cost
    ).max() <= 0.0051 * len(bill.lines)
    paid = np.diff(
        np.minimum(np.cumsum(usage), granted), prepend=0.0
    )  # credits pay usage that is billed, not purchases
    assert (-bill.total("BilledCost", ("Credit",))).tolist() == pytest.approx(
        paid.tolist(), abs=1e-6
    )
    assert bill.total("BilledCost").tolist() == pytest.approx(
        (usage + fees - paid + rounded((usage + fees - paid) * 0.19)).tolist(), abs=1e-6
    )
    assert done.invoice(Adjustments(support=Support((0.1,)))).cost.tolist() == pytest.approx(
        (done.effective_cost + rounded(0.1 * (usage + fees))).tolist(), rel=1e-9, abs=1e-6
    )


def test_an_invoice_does_not_settle_commitments_twice():
    from finops_model.prices.settle.adjustments import Adjustments, Negotiated

    with pytest.raises(PriceError) as raised:
        price({"a": 1}, {"a": 1}).invoice(Adjustments(negotiated=(Negotiated(0.1),)))
    assert str(raised.value) == (
        "invoice: negotiated prices and commitments are settled already; give credits, support and tax only, and "
        "negotiated prices to the settlement (contracted)."
    )


def test_prices_by_path_rank_each_cell_for_itself():
    plan = make({"kind": "spend", "commitment": 1.0, "discounts": {"a": 0.4, "b": 0.3}})
    own = plan.allocate(
        np.ones((2, 1, 2)), ("a", "b"), np.array([[[1.0, 5.0]], [[5.0, 1.0]]]), np.array([True])
    )
    assert own.amount[0, 0].tolist() == pytest.approx([0.6, 0.4]) and own.amount[
        1, 0
    ].tolist() == pytest.approx([1.0, 0.0])
    fixed = make({"kind": "spend", "commitment": 1.0, "rates": {"a": 0.6, "b": 0.5}})
    cell = fixed.allocate(
        np.ones((2, 1, 2)), ("a", "b"), np.array([[[2.0, 1.0]], [[1.0, 2.0]]]), np.array([True])
    )
    assert cell.amount[:, 0].tolist() == [pytest.approx([0.6, 0.4]), pytest.approx([0.5, 0.5])]


def test_a_quota_of_a_window_is_handed_out_in_time_order():
    taken, left = hand_out(
        np.array([[3.0, 1.0], [3.0, 1.0], [2.0, 0.0]]),
        np.array([5.0, 1.0]),
        [0, 1],
        np.array([0, 0, 1]),
    )
    assert taken.tolist() == [[3, 1], [1, 0], [1, 0]] and left.tolist() == [0, 0]


def test_the_shelf_is_the_folder_and_every_kind_says_its_place():
    assert {"capacity", "seats", "spend", "units"} <= set(shelf())
    assert [
        kind.rank for kind in (shelf()[name] for name in ("seats", "capacity", "units", "spend"))
    ] == [0, 10, 20, 30]


def test_a_catalog_prices_usage_on_a_day():
    import finops_model as fm

    catalog = fm.load_catalog(
        Path(__file__).resolve().parents[1] / "data" / "prices" / "hyperion.yaml"
    )
    sku = "HYP-H100-OD"
    done = fm.price({sku: [10, 20]}, catalog, day="2026-10-31")
    assert float(done.total()) == pytest.approx(float(catalog.price(sku, "2026-10-31").charge(30)))
    with pytest.raises(PriceError) as raised:
        fm.price({sku: 1}, catalog)
    assert str(raised.value) == (
        "price: a catalog has many prices of a SKU; give the day whose prices are meant, for example "
        "day='2026-10-31'."
    )


def test_a_stated_priority_wins():
    broad = make(
        {"kind": "spend", "id": "broad", "commitment": 1, "rates": {"a": 1, "b": 1}, "priority": 1}
    )
    ri = make({"kind": "units", "id": "ri", "quantity": 1, "rate": 1, "skus": ["a"]})
    assert [held.id for held in ordered([ri, broad])] == ["broad", "ri"]


@pytest.mark.parametrize(
    "build, message",
    [
        (
            lambda: price({}, {}),
            "price: usage must be a mapping of SKUs to units, for example {'gpu': 40} or {'gpu': [40, 100]}.",
        ),
        (
            lambda: price({"a": float("nan")}, {"a": 1}),
            "usage of 'a': quantity is nan; it must be finite and 0 or more.",
        ),
        (
            lambda: price({"a": [1, 2], "b": [1, 2, 3]}, {"a": 1, "b": 1}),
            "price: usage has lengths (2,), (3,); give every SKU as many periods.",
        ),
        (
            lambda: price({"a": 1}, {"a": -1}),
            "price of 'a' is -1; it must be a finite number, 0 or more.",
        ),
        (
            lambda: price({"a": 1}, {"a": [1, 2]}),
            "settlement: price of 'a' has 2 numbers and there are 1 periods; give one, or one for each period.",
        ),
        (
            lambda: price({"a": 1}, {"a": {"kind": "gradated", "starts": [0], "prices": [1]}}),
            "price of 'a': unknown rate form 'gradated'. Did you mean 'graduated'? "
            f"Known: {listing(rate_forms())}.",
        ),
        (
            lambda: price({"gpu": 1}, {"gpu": 1}, contracted={"gpus": 0.1}),
            "settlement: contracted: unknown SKU 'gpus'. Did you mean 'gpu'? Known: gpu.",
        ),
        (
            lambda: price({"a": 1}, {"a": 1}, contracted={"a": 1.5}),
            "contracted share of 'a' is 1.5; a share off the list price goes from 0 to 1. For a negotiated price write {kind: linear, price: …}.",
        ),
        (
            lambda: settle([1.0], ("a",), {"a": 1}),
            "settlement: usage has shape (1,) and there are 1 SKUs; it must be (..., period, sku).",
        ),
        (
            lambda: settle([[1.0, 1.0]], ("a", "a"), {"a": 1}),
            "settlement: SKU 'a' appears twice; pool its usage first.",
        ),
        (
            lambda: price({"a": [1, 2]}, {"a": 1}, window_of=[1, 0]),
            "settlement: window_of must give each of the 2 periods its window, counted from 0 and in time order.",
        ),
        (
            lambda: price({"a": 1}, {"a": 1}, [{"quantity": 1}]),
            f"an instrument is a mapping with a kind, one of {', '.join(shelf())}.",
        ),
        (
            lambda: make({"kind": "units", "quantity": 1, "rate": 1, "skus": []}),
            "units 'units': skus is []; give the SKUs it covers, as a list or with the units each takes.",
        ),
        (
            lambda: make(
                {"kind": "units", "quantity": 1, "rate": 1, "skus": ["a"], "window": "week"}
            ),
            "units 'units': unknown window 'week'. Known: period, month, term.",
        ),
        (
            lambda: make({"kind": "spend", "commitment": 1, "skus": ["a"]}),
            "spend 'spend': no price given; give exactly one of rates, discounts or discount.",
        ),
        (
            lambda: make({"kind": "spend", "commitment": 1, "discount": 0.3}),
            "spend 'spend': skus is empty; say what the discount covers.",
        ),
        (
            lambda: make({"kind": "spend", "commitment": 1, "discounts": {"a": 1.2}}),
            "spend 'spend': discounts[a] is 1.2; it must be a share from 0 to 1.",
        ),
        (
            lambda: make({"kind": "spend", "commitment": 1, "rates": {"a": 1}, "counts": "list"}),
            "spend 'spend': a commitment that counts list money has one discount for all its SKUs; give discount and skus.",
        ),
        (
            lambda: make(
                {"kind": "capacity", "quantity": 1, "rate": 1, "skus": ["a"], "above": "blok"}
            ),
            "capacity 'capacity': unknown word for above 'blok'. Did you mean 'block'? Known: spill, block.",
        ),
        (
            lambda: (
                price(
                    {"a": 1},
                    {"a": 1},
                    [
                        {
                            "kind": "units",
                            "quantity": 1,
                            "rate": 1,
                            "skus": ["a"],
                            "upfront_share": 0.5,
                        }
                    ],
                ).billed_cost
            ),
            "settlement: 'units' is paid upfront; give its start and end, and dates of at least two periods, to know what is billed when.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(build, message):
    with pytest.raises(PriceError) as raised:
        build()
    assert str(raised.value) == message
