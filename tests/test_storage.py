"""Storage as a stock, lifecycle by age, transfer by path: vendors, brute force, laws (docs/method §5.37 to §5.39)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model import units
from finops_model.errors import PriceError
from finops_model.prices.capacity import storage, transfer
from finops_model.prices.capacity.lifecycle import Lifecycle, StorageClass
from finops_model.prices.capacity.transfer import Leg, Tariff
from finops_model.prices.rates import make

QUICK = settings(max_examples=40, deadline=None)
amount = st.floats(0, 1e5, allow_subnormal=False)


@QUICK
@given(
    amount,
    st.lists(st.tuples(amount, st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=12),
    st.sampled_from(["start", "even", "end"]),
)
def test_stock_in_is_stock_out_and_left(opening, months, when):
    ingest, deleted, moved, stock = [], [], [], opening
    for new, share, part in months:  # flows that fit
        gone = (stock + new) * share
        ingest.append(new), deleted.append(gone * part), moved.append(gone * (1 - part))
        stock = stock + new - gone
    done = storage.roll(opening, ingest, deleted, moved_out=moved, when=when)
    assert opening + sum(ingest) == pytest.approx(
        sum(deleted) + sum(moved) + done.closing[-1], abs=1e-6
    )
    assert np.allclose(done.opening[1:], done.closing[:-1]) and done.opening[0] == opening
    assert np.allclose(done.opening + done.inflow - done.outflow, done.closing, atol=1e-6)
    assert (done.average >= np.minimum(done.opening, done.closing) - 1e-9).all()
    both = storage.roll(
        np.array([opening, opening]),
        np.array([ingest, ingest]),
        deleted,
        moved_out=moved,
        when=when,
    )
    assert (
        both.closing.shape == (2, len(months)) and both.average[1].tolist() == done.average.tolist()
    )


def test_a_straight_line_is_the_mean_of_its_days():
    days = np.arange(np.datetime64("2026-04-01"), np.datetime64("2026-05-01"))
    by_day = 100 + (np.arange(30) + 0.5) * 2.0  # 60 more over the month, evenly
    assert storage.average_by_month(by_day, days)[1] == pytest.approx(
        storage.roll(100, [60.0]).average
    )


def test_gigabyte_months_of_the_vendor_and_days_of_every_month():
    days = np.arange(np.datetime64("2026-03-01"), np.datetime64("2026-04-01"))
    months, kept = storage.average_by_month(np.where(np.arange(31) < 15, 100.0, 102400.0), days)
    assert months == ("2026-03",) and kept == pytest.approx([52900])
    assert (
        round(
            float(
                make(
                    "graduated", {"starts": [0, 51200, 512000], "prices": [0.023, 0.022, 0.021]}
                ).charge(kept)[0]
            ),
            2,
        )
        == 1215.00
    )
    year = np.arange(np.datetime64("2028-01-01"), np.datetime64("2029-01-01"))
    assert np.allclose(storage.average_by_month(np.full(366, 7.0), year)[1], 7.0)
    assert storage.average_by_month(np.ones(366), year)[1].shape == (12,)
    assert units.convert(1.0, "TiB", "GiB") == 1024


@QUICK
@given(
    st.integers(1, 3),
    st.integers(1, 20),
    st.integers(1, 20),
    st.none() | st.integers(1, 25),
    st.sampled_from([0.0, 0.03, 0.5]),
    st.booleans(),
    st.integers(0, 30),
    st.integers(0, 2**31),
)
def test_lifecycle_equals_the_day_by_day_simulation_of_objects(
    count, first, second, then, deleted_share, rewrite, old, seed
):
    rng = np.random.default_rng(seed)
    after = (first, first + second)[: count - 1]
    expire = None if then is None else (after[-1] if after else 0) + then
    opening = float(rng.integers(0, 100)) if expire is None or old < expire else 0.0
    kinds = tuple(
        StorageClass(f"c{i}", 0.01 * (3 - i), minimum_days=float(rng.integers(0, 40)))
        for i in range(count)
    )
    plan = Lifecycle(kinds, after, expire, deleted_share, rewrite_on_move=rewrite)
    ingest = rng.integers(0, 50, 45).astype(float)
    kept = plan.run(ingest, "2026-02-10", opening, old)

    stock, entered, left, early, gone = ({k.name: np.zeros(45) for k in kinds} for _ in range(5))
    cohorts = [[opening, old]] if opening else []
    for day in range(45):
        for cohort in cohorts if day else []:
            units_before, age = cohort
            was = sum(age >= limit for limit in after)
            age += 1
            is_ = sum(age >= limit for limit in after)
            rest = (
                0.0 if expire is not None and age >= expire else units_before * (1 - deleted_share)
            )
            goes = units_before if is_ != was else units_before - rest
            since = age - (0, *after)[was] if rewrite else age
            left[kinds[was].name][day] += goes
            early[kinds[was].name][day] += (goes if rewrite else units_before - rest) * max(
                kinds[was].minimum_days - since, 0
            )
            gone[kinds[was].name][day] += units_before - rest
            if is_ != was:
                entered[kinds[is_].name][day] += rest
            cohort[:] = rest, age
        cohorts.append([ingest[day], 0])
        entered[kinds[0].name][day] += ingest[day]
        for there, age in cohorts:
            stock[kinds[sum(age >= limit for limit in after)].name][day] += there
    for name in stock:
        for got, expected in (
            (kept.stock, stock),
            (kept.entered, entered),
            (kept.left, left),
            (kept.early, early),
        ):
            assert np.allclose(got[name], expected[name], atol=1e-7), name
        before = np.concatenate(
            [[kept.stock[name][0] - kept.entered[name][0]], kept.stock[name][:-1]]
        )
        assert np.allclose(
            before + kept.entered[name] - kept.left[name], kept.stock[name], atol=1e-7
        )  # conservation by class
    assert np.allclose(kept.deleted, sum(gone.values()), atol=1e-7)
    whole = opening + ingest.sum() - kept.deleted.sum()
    assert sum(kept.stock[name][-1] for name in stock) == pytest.approx(whole, abs=1e-6)


def test_paths_are_free_axes():
    plan = Lifecycle(
        (StorageClass("a", 0.02), StorageClass("b", 0.01, minimum_days=30, transition=0.01)),
        (10,),
        60,
        object_size=1,
    )
    ingest = np.random.default_rng(1).uniform(0, 9, (3, 2, 90))
    together, alone = (
        plan.run(ingest, "2026-01-01", np.ones((3, 2)), 5),
        plan.run(ingest[2, 1], "2026-01-01", 1.0, 5),
    )
    for name, kinds in together.charges().items():
        for kind, money in kinds.items():
            assert money.shape == (3, 2, 3) and np.allclose(
                money[2, 1], alone.charges()[name][kind], rtol=1e-12
            )


def test_fees_of_classes_by_hand():
    plan = Lifecycle(
        (
            StorageClass("standard", 0.023),
            StorageClass(
                "ia",
                0.0125,
                minimum_days=30,
                minimum_size=0.000128,
                transition=0.00001,
                retrieval=0.01,
            ),
        ),
        (30,),
        45,
        object_size=0.000064,
    )
    kept = plan.run([100.0] + [0.0] * 60, "2026-01-01")
    money = kept.charges({"ia": [0.0, 40.0, 0.0]})
    assert kept.months == ("2026-01", "2026-02", "2026-03") and plan.billed(plan.classes[1]) == 2
    assert money["standard"]["storage"] == pytest.approx([100 * 30 / 31 * 0.023, 0, 0])
    assert money["ia"]["storage"] == pytest.approx(
        [200 * 1 / 31 * 0.0125, 200 * 14 / 28 * 0.0125, 0]
    )
    assert money["ia"]["early"] == pytest.approx([0, 200 * 15 / 28 * 0.0125, 0])  # 15 of 30 days
    assert (
        money["ia"]["transition"] == pytest.approx([100 / 0.000064 * 0.00001, 0, 0])
        and not money["standard"]["transition"].any()
    )
    assert money["ia"]["retrieval"] == pytest.approx([0, 0.4, 0])


@pytest.mark.parametrize(
    "given_, answer",
    [
        ({"replicas": 3}, 3000),
        ({"snapshots": 1}, 2000),
        ({"snapshots": 8, "changed": 0.05}, 2350),
        ({}, 1000),
    ],
)
def test_copies(given_, answer):
    assert storage.copies(1000, **given_) == pytest.approx(answer)


AWS = Tariff(
    [
        Leg("internet", "region", 0.0),
        Leg(
            "region", "internet", transfer.with_allowance([0, 10240, 51200], [0.09, 0.085, 0.07], 1)
        ),
        Leg("zone", "zone", 0.01, sides=2),
        Leg("region", "region", 0.02),
    ],
    via={"nat": 0.045},
)


def test_vendor_egress_and_ways():
    assert (
        round(float(AWS.charge([{"from": "region", "to": "internet", "quantity": 63488}]).cost), 2)
        == 5263.27
    )
    done = AWS.charge(
        [
            {"from": "region", "to": "internet", "quantity": 101, "via": ["nat"]},
            {"from": "zone", "to": "zone", "quantity": 100},
            {"from": "internet", "to": "region", "quantity": 1e6},
            {"from": "region", "to": "region", "quantity": 50},
        ]
    )
    assert done.by_flow == pytest.approx([100 * 0.09 + 101 * 0.045, 2, 0, 1])


@QUICK
@given(
    st.lists(
        st.tuples(st.sampled_from(["internet", "zone", "region"]), amount, st.booleans()),
        min_size=1,
        max_size=6,
    )
)
def test_pools_are_priced_once_and_shared_to_the_cent(flows):
    flows = [
        {
            "from": "zone" if to == "zone" else "region",
            "to": to,
            "quantity": gb,
            "via": ["nat"] if nat else [],
        }
        for to, gb, nat in flows
    ]
    done = AWS.charge(flows)
    assert done.cost == pytest.approx(float(sum(done.by_pool.values())), rel=1e-9, abs=1e-9)
    out = sum(flow["quantity"] for flow in flows if flow["to"] == "internet")
    alone = AWS.charge([{"from": "region", "to": "internet", "quantity": out}]).cost
    assert done.by_pool.get("region to internet", 0.0) == pytest.approx(
        float(alone), rel=1e-9, abs=1e-9
    )
    many = AWS.charge([{**flow, "quantity": np.array([flow["quantity"], 0.0])} for flow in flows])
    assert (
        many.by_flow.shape == (2, len(flows))
        and many.cost[0] == pytest.approx(float(done.cost), rel=1e-12)
        and many.cost[1] == 0
    )


@QUICK
@given(st.floats(0, 1e5, allow_subnormal=False), st.floats(0, 2e5, allow_subnormal=False))
def test_an_allowance_lies_inside_the_tiers(free, quantity):
    starts, prices = [0, 10240, 51200], [0.09, 0.085, 0.07]
    paid = transfer.with_allowance(starts, prices, free).charge(quantity)
    rate = make("graduated", {"starts": starts, "prices": prices})
    assert paid == pytest.approx(
        float(rate.charge(max(quantity, free)) - rate.charge(free)), abs=1e-6
    )


def test_named_ends_come_before_any():
    tariff = Tariff(
        [Leg("*", "internet", 0.12), Leg("china", "internet", 0.23), Leg("*", "*", 0.01)]
    )
    assert [
        tariff.charge([{"from": a, "to": b, "quantity": 100}]).cost
        for a, b in (("china", "internet"), ("us", "internet"), ("us", "eu"))
    ] == [23, 12, 1]


NEAR = StorageClass("near", 0.01)


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: storage.roll(10, [0, 5], [5, 11]),
            "storage: the stock falls to -1 at position (1,); more is deleted or moved out than is there.",
        ),
        (
            lambda: storage.roll(10, [0], when="middle"),
            "storage: when is 'middle'; it must be start, even or end.",
        ),
        (
            lambda: storage.roll(10, [0, -1]),
            "storage: ingest: quantity is -1 at position (1,); it must be finite and 0 or more.",
        ),
        (
            lambda: storage.average_by_month([1, 2], ["2026-01-01"]),
            "storage: the stock has shape (2,) and there are 1 dates; give (..., day) and the days, one after the other.",
        ),
        (
            lambda: storage.copies(1, changed=2),
            "storage: changed is 2; it must be a share from 0 to 1.",
        ),
        (
            lambda: Lifecycle((NEAR, NEAR), (3,)),
            "lifecycle: the classes are near, near; give at least one, each once.",
        ),
        (
            lambda: Lifecycle((NEAR,), (3,)),
            "lifecycle: 1 classes need 0 ages in 'after', one for each class after the first; there are 1.",
        ),
        (
            lambda: Lifecycle((NEAR, StorageClass("cold")), (30,), 30),
            "lifecycle: age 30 comes after 30; ages must rise, expiry last.",
        ),
        (
            lambda: Lifecycle((NEAR,), (), 2.5),
            "lifecycle: expire_after has 2.5; ages are whole days, 1 or more.",
        ),
        (
            lambda: Lifecycle((NEAR,), deleted_share=1),
            "lifecycle: deleted_share is 1; it must be a share from 0 to below 1.",
        ),
        (
            lambda: Lifecycle((StorageClass("ia", minimum_size=128),)),
            "lifecycle: class 'ia' has sizes or fees per object; give object_size.",
        ),
        (
            lambda: StorageClass("ia", -1),
            "storage class 'ia': price is -1; it must be a finite number, 0 or more.",
        ),
        (
            lambda: Lifecycle((NEAR,)).run([1.0], "soon"),
            "lifecycle: start is 'soon'; write the day as YYYY-MM-DD.",
        ),
        (
            lambda: Lifecycle((NEAR,)).run([], "2026-01-01"),
            "lifecycle: ingest has no days; give (..., day).",
        ),
        (
            lambda: Lifecycle((NEAR,), (), 10).run([1.0], "2026-01-01", 5.0, 10),
            "lifecycle: the opening stock is 10 days old and expires after 10; it cannot be there.",
        ),
        (
            lambda: Lifecycle((NEAR,)).run([1.0], "2026-01-01").charges({"naer": 1}),
            "lifecycle: retrieved: unknown storage class 'naer'. Did you mean 'near'? Known: near.",
        ),
        (
            lambda: Leg("zone", "zone", 0.01, sides=3),
            "transfer 'zone to zone': sides is 3; it must be 1 or 2.",
        ),
        (
            lambda: Leg("zone", "zone", -1),
            "transfer 'zone to zone': rate is -1; it must be a finite number, 0 or more.",
        ),
        (
            lambda: Tariff([Leg("a", "b", 1), Leg("a", "b", 2)]),
            "transfer: there are two legs from 'a' to 'b'; give each pair of ends once.",
        ),
        (
            lambda: Tariff([Leg("a", "b", 1, pool="x"), Leg("a", "c", 2, pool="x")]),
            "transfer: pool 'x' has two rates; legs that share tiers have one price.",
        ),
        (
            lambda: AWS.charge([{"from": "zone", "to": "intrnet", "quantity": 1}]),
            "transfer: unknown path 'zone to intrnet'. Did you mean 'region to internet'? Known: internet to region, region to internet, zone to zone, "
            "region to region. Add the leg to the tariff, at 0 if it is free.",
        ),
        (
            lambda: AWS.charge([{"from": "zone", "to": "zone", "quantity": 1, "via": ["net"]}]),
            "transfer: unknown way 'net'. Did you mean 'nat'? Known: nat. Add it to 'via' of the tariff.",
        ),
        (
            lambda: AWS.charge([{"from": "zone", "to": "zone", "quantity": 1, "via": "nat"}]),
            "transfer: via is 'nat'; give a list of names.",
        ),
        (
            lambda: AWS.charge([{"from": "zone", "to": "zone", "gb": 1}]),
            "transfer: unknown flow field 'gb'. Known: from, to, quantity, via, service.",
        ),
        (
            lambda: AWS.charge([{"from": "zone", "to": "zone"}]),
            "transfer: a flow has no 'quantity'; write it.",
        ),
        (
            lambda: AWS.charge([{"from": "zone", "to": "zone", "quantity": -3}]),
            "transfer: quantity is -3; it must be finite and 0 or more.",
        ),
        (lambda: AWS.charge([]), "transfer: there is no flow; give at least one."),
    ],
)
def test_nonsense_is_refused_in_one_sentence(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message
