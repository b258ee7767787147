"""The bridge of two states of cost: steps that add up to the cent, against a script that does it the other way round (docs/method §10.4 to §10.7)."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import InputError
from finops_model.measure.bridge.lines import frame, line, state
from finops_model.measure.bridge.steps import PARTS, STEPS, bridge
from finops_model.measure.bridge.whole import controlled, shares
from tests.oracles import bridge as oracle

NOTHING = Decimal(0)


def sku(name, quantity, price, off=1.0, cover=1.0, workload="chat", kind="use", **more):
    """A line of a SKU: list price, share of it that is paid after discounts, and after commitments."""
    cost = quantity * price
    return line(0.0, kind, workload=workload, sku=name, unit="h", quantity=quantity, **more) | {
        "ListCost": cost,
        "ContractedCost": cost * off,
        "EffectiveCost": cost * off * cover,
    }


def of(*lines, days=30, name="then", rates=None, **more):
    return state(name, frame(lines), days, "USD", rates=rates, **more)


def steps(made) -> dict[str, float]:
    return {name: float(made.step(name)) for name in STEPS if made.step(name)}


def test_every_step_by_hand():
    """February to March: three days more; 10 % more use a day; half moves from a SKU of 2.00 to one of 1.00; list + 10 %;
    the discount goes from 10 to 20 %; a commitment takes a quarter off and leaves 50 unused; a one-off of 7."""
    then = of(sku("big", 2800, 2.0, 0.9), days=28)
    q = 2800 * 31 / 28 * 1.1
    now = of(
        sku("big", q / 2, 2.2, 0.8, 0.75),
        sku("small", q / 2, 1.0),
        line(50.0, "unused", workload="chat"),
        line(7.0, "one_off", workload="chat"),
        days=31,
        name="now",
    )
    made = bridge(then, now)
    assert steps(made) == pytest.approx(
        {
            "days": 540.0,  # 3 days of 180
            "volume": 558.0,  # a tenth of 5,580
            "mix": q / 2 * 1.0 - q / 2 * 1.8,
            "list_price": q / 2 * 0.2 * 0.9,
            "discount": q / 2 * 2.2 * -0.1,
            "commitment": q / 2 * 2.2 * 0.8 * -0.25 + 50.0,
            "once": 7.0,
        },
        abs=0.01,
    )
    assert made.parts["waste"] == 50 and sum(made.parts.values()) == made.change


def test_a_launch_and_a_retirement_are_named_and_no_mix():
    then = of(sku("a", 10, 1.0), sku("b", 5, 2.0, workload="old"))
    now = of(
        sku("a", 10, 1.0), sku("b", 8, 3.0, workload="new"), line(2.0, "unused", workload="new")
    )
    made = bridge(then, now)
    assert (made.launches, made.retirements) == (
        {"new": Decimal("24.00")},
        {"old": Decimal("-10.00")},
    )
    assert steps(made) == {"volume": 14.0, "commitment": 2.0}
    assert list(made.rows.loc["new", ["then", "now", "launches", "waste"]]) == [0, 26, 24, 2]


def test_a_bridge_says_itself_and_names_are_inert():
    then, now = of(sku("a", 10, 1.0)), of(sku("a", 10, 1.0), sku("b", 8, 3.0, workload="<b>new"))
    made = bridge(then, now)
    assert (
        str(made)
        == "From the then, $10.00, to the then, $34.00, it is $24.00 more (240 %): volume +$24.00."
    )
    html = made._repr_html_()
    assert "of it launches +$24.00 (&lt;b&gt;new)" in html and "<b>new" not in html


def test_exchange_rates_come_after_everything_that_is_paid_in_a_currency():
    """100 euro at 1.10, then 120 at 1.20: volume 22 at the old rate, rates 12 of what is paid now."""
    one = lambda quantity: sku("a", quantity, 1.0, currency="EUR")
    made = bridge(of(one(100), rates={"EUR": 1.1}), of(one(120), rates={"EUR": 1.2}))
    assert steps(made) == {"volume": 22.0, "fx": 12.0}


def test_a_budget_has_no_quantities_so_volume_and_price_stay_together():
    plan = of(line(100.0, business_unit="Lab"), name="plan", detail=False, by_line=False)
    now = of(sku("a", 60, 2.0), line(9.0, "unused"), line(4.0, "one_off"))
    assert steps(bridge(plan, now)) == {"together": 29.0, "once": 4.0}


def test_without_quantities_a_discount_is_still_apart():
    bare = lambda listed, agreed: (
        line(agreed, workload="chat", sku="s")
        | {
            "ListCost": listed,
            "ContractedCost": agreed,
        }
    )
    made = bridge(of(bare(100.0, 90.0)), of(bare(200.0, 160.0), days=31))
    assert steps(made) == pytest.approx({"days": 3.0, "together": 87.0, "discount": -20.0})


def test_tax_and_credits_are_a_step_of_their_own():
    made = bridge(
        of(sku("a", 1, 10.0), line(2.0, "tax")), of(sku("a", 1, 10.0), line(-3.0, "credits"))
    )
    assert {p: float(made.parts[p]) for p in ("one_off", "tax", "credits")} == {
        "one_off": 0.0,
        "tax": -2.0,
        "credits": -3.0,
    }


def test_what_cannot_be_bridged_is_said():
    other = state("now", frame([]), 1, "EUR")
    with pytest.raises(InputError) as problem:
        bridge(of(), other)
    assert str(problem.value) == (
        "bridge: 'then' is in USD and 'now' in EUR. A bridge is in one currency: give both states in it, with their rates."
    )
    with pytest.raises(InputError) as problem:
        bridge(of(), of(sku("a", 1, 1.0, currency="EUR"), name="now"))
    assert str(problem.value) == (
        "bridge: 'now' has cost in EUR, and no rate into USD is given. Name a table or plan rates under rates: in finops.yaml."
    )
    with pytest.raises(InputError) as problem:
        bridge(of(), of(sku("a", 1, 1.0), name="now", total=Decimal("3.00")))
    assert str(problem.value) == (
        "bridge: the lines of 'now' come to 1.00 USD and it says 3.00. No bridge is made of it."
    )
    with pytest.raises(InputError) as problem:
        bridge(of(), of(), order="shapely")
    assert str(problem.value) == (
        "--order: unknown order 'shapely'. Did you mean 'shapley'? Known: steps, shapley."
    )


# Laws

MONEY = st.floats(-1e5, 1e6)
POSITIVE = st.floats(0.01, 1e4)
ANY = st.builds(
    lambda kind, w, s, u, c, q, costs: (
        line(costs[0], kind, workload=w, sku=s, unit=u, quantity=q, currency=c)
        | {"ListCost": costs[1], "ContractedCost": costs[2]}
    ),
    st.sampled_from(["use", "use", "fee", "unused", "priced", "one_off", "tax", "credits"]),
    st.sampled_from(["chat", "train", ""]),
    st.sampled_from("abc"),
    st.sampled_from(["h", "h", "", "GB"]),
    st.sampled_from(["USD", "EUR"]),
    st.floats(-10, 1e6),
    st.tuples(MONEY, MONEY, MONEY),
)
STATE = st.tuples(st.lists(ANY, max_size=8), st.integers(0, 31), st.booleans(), st.floats(0.5, 2.0))


@settings(max_examples=60)
@given(
    STATE, STATE, st.sampled_from(["steps", "shapley"]), st.sampled_from(["workload", "service"])
)
def test_any_two_states_add_up_to_the_cent(one, two, order, by):
    a, b = (
        of(*lines, days=days, rates={"EUR": rate}, detail=detail)
        for lines, days, detail, rate in (one, two)
    )
    made, back = bridge(a, b, order=order, by=by), bridge(b, a, order=order, by=by)
    assert sum(made.parts.values()) == made.change == b.total - a.total == -back.change
    assert [sum(made.rows[part]) for part in PARTS] == list(made.parts.values())
    assert (made.rows[list(PARTS)].sum(axis=1) == made.rows["now"] - made.rows["then"]).all()
    assert (sum(made.rows["then"]), sum(made.rows["now"])) == (a.total, b.total)
    for named, part in ((made.launches, "launches"), (made.retirements, "retirements")):
        assert sum(named.values(), NOTHING) == made.parts[part]


SKUS = st.lists(
    st.tuples(POSITIVE, st.floats(0.01, 100), st.floats(0.1, 1), st.floats(0.1, 1)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15)
@given(SKUS, st.floats(0.1, 10))
def test_a_change_of_one_thing_is_its_step_alone(skus, factor):
    make = lambda q=1.0, p=1.0, d=1.0, e=1.0, days=30: of(
        *(sku(str(i), a * q, b * p, c * d, f * e) for i, (a, b, c, f) in enumerate(skus)),
        days=days,
    )
    whole = float(make().total)
    for name, now in (
        ("volume", make(q=factor)),
        ("list_price", make(p=factor)),
        ("discount", make(d=factor)),
        ("commitment", make(e=factor)),
    ):
        made = bridge(make(), now)
        assert set(steps(made)) <= {name} and made.step(name) == now.total - make().total
        assert float(made.change) == pytest.approx(whole * (factor - 1), abs=0.01 + 0.01 * factor)
    longer = bridge(make(days=28), make(q=31 / 28, days=31))
    assert set(steps(longer)) <= {"days"}


@settings(max_examples=20)
@given(SKUS)
def test_a_successor_of_equal_price_is_nothing_and_a_cheaper_one_is_mix(skus):
    """One of the SKUs is renamed; then its price is halved too."""
    line_of = lambda name, i, cut=1.0: sku(name, skus[i][0], skus[i][1] * cut, *skus[i][2:])
    rest = [line_of(str(i), i) for i in range(1, len(skus))]
    then = of(line_of("old", 0), *rest)
    assert steps(bridge(then, of(line_of("new", 0), *rest))) == {}
    assert set(steps(bridge(then, of(line_of("new", 0, 0.5), *rest)))) <= {"mix"}


@settings(max_examples=20)
@given(SKUS, SKUS, st.integers(1, 1000))
def test_ten_times_the_money_is_ten_times_every_step(one, two, factor):
    make = lambda skus, by: of(
        *(sku(str(i), a, b * by, c, f) for i, (a, b, c, f) in enumerate(skus))
    )
    small, large = (bridge(make(one, by), make(two, by)) for by in (1, factor))
    for part in PARTS:
        assert float(large.parts[part]) == pytest.approx(
            float(small.parts[part]) * factor, abs=0.02 * factor + 0.02
        )


def plain(days, lines):
    return days, [
        {
            "workload": one["x_Workload"],
            "unit": one["ConsumedUnit"],
            "sku": one["SkuId"],
            "quantity": one["ConsumedQuantity"],
            "list": one["ListCost"],
            "contracted": one["ContractedCost"],
            "effective": one["EffectiveCost"],
            "currency": one["BillingCurrency"],
            "kind": one["x_Kind"] if one["x_Kind"] in ("use", "unused") else "once",
        }
        for one in lines
    ]


PLAN = st.dictionaries(
    st.tuples(
        st.sampled_from(["chat", "train"]), st.sampled_from("abc"), st.sampled_from(["USD", "EUR"])
    ),
    st.tuples(POSITIVE, st.floats(0.01, 100), st.floats(0.1, 1), st.floats(0.1, 1)),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("order, count", [("steps", 25), ("shapley", 6)])
def test_the_other_way_round_gives_the_same(order, count):
    """Every step against values of whole costs in fractions; order-free: the mean over all 40,320 orders."""

    @settings(max_examples=count)
    @given(PLAN, PLAN, st.integers(28, 31), st.integers(28, 31), st.floats(0.5, 2), POSITIVE)
    def check(one, two, d0, d1, rate, waste):
        sides = []
        for skus, days, unused in ((one, d0, waste), (two, d1, 2 * waste)):
            lines = [sku(s, *n, workload=w, currency=c) for (w, s, c), n in skus.items()]
            lines.append(line(unused, "unused", workload="chat", sku="a", unit="h", currency="USD"))
            lines.append(line(unused / 3, "one_off", currency="EUR"))
            sides.append((days, lines))
        rates = ({"EUR": 1.1}, {"EUR": 1.1 * rate})
        made = bridge(
            *(of(*lines, days=days, rates=r) for (days, lines), r in zip(sides, rates)), order=order
        )
        want = oracle.bridge(*(plain(*side) for side in sides), rates, order)
        got = {name: float(made.step(name)) for name in oracle.FACTORS}
        got["list_price"] += float(made.step("price"))  # a SKU on one side only
        size = sum(abs(float(v)) for v in want.values()) + float(made.then.total + made.now.total)
        for name, value in want.items():
            assert got[name] == pytest.approx(float(value), abs=0.02 + 1e-9 * size)

    check()


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.lists(
            st.lists(st.floats(-1e4, 1e4), min_size=n, max_size=n), min_size=1, max_size=5
        )
    ),
    st.integers(0, 3),
)
def test_cells_in_whole_coins_add_up_both_ways_and_stay_near(cells, places):
    cells = np.array(cells)
    rows = shares(Decimal(f"{cells.sum():.{places}f}"), cells.sum(axis=1).tolist(), places)
    columns = shares(sum(rows), cells.sum(axis=0).tolist(), places)
    made = controlled(cells, rows, columns, places)
    assert [sum(row) for row in made] == rows
    assert [sum(column) for column in zip(*made)] == columns
    off = np.abs(np.array(made, float) - cells) * 10**places
    assert off.max() <= 1 + cells.size  # coins


def test_a_workload_counted_on_one_side_only_is_no_launch_and_no_retirement():
    """A forecast knows of seats what they cost, the bill how many they are: 500 and 520 differ by 20, volume and price together."""
    sides = (
        [line(500.0, "fee", workload="chat/Seats", sku="recurring")],
        [line(520.0, "fee", workload="chat/Seats", sku="seat", unit="Seats", quantity=26.0)],
    )
    for order in (sides, sides[::-1]):
        then, now = (
            state(name, frame(lines), 30, "USD")
            for name, lines in zip(("then", "now"), order, strict=True)
        )
        parts = {part: value for part, value in bridge(then, now).parts.items() if value}
        assert parts == {"together": now.total - then.total}
