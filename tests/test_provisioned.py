"""Provisioned capacity, spill within a window, booked accelerators: vendors, laws, sampling (docs/method §5.31 to §5.34)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import PriceError
from finops_model.prices.capacity import blocks, provisioned
from finops_model.prices.capacity.provisioned import Throughput
from finops_model.prices.settle.spill import expected_spill, served_share

QUICK = settings(max_examples=60, deadline=None)
amount = st.floats(0, 1e6, allow_subnormal=False)
above = st.floats(1e-2, 1e5)
GPT5 = Throughput(4750, weights={"input": 1, "output": 8}, minimum=15, increment=5)
FLASH = Throughput(
    2015, seconds=1, weights={"input": 1, "output": 6}, windows=((1, 120), (10, 30), (50, 5))
)
HERE = {"region": "eastus", "deployment": "regional"}


@QUICK
@given(amount, above, st.integers(0, 60), st.integers(1, 50))
def test_the_size_is_the_least_that_serves(demand, per_unit, minimum, increment):
    units = provisioned.size(demand, per_unit, minimum, increment)
    if demand == 0:
        assert units == 0
        return
    assert units * per_unit >= demand * (1 - 1e-9) and units >= minimum
    fewer = units - increment
    assert (
        fewer < minimum or fewer * per_unit < demand
    )  # one step less is too little, or is not sold
    assert (units - minimum) % increment == 0


@pytest.mark.parametrize(
    "tokens, units",
    [
        ({"input": 40000, "output": 5000}, 20),
        ({"input": 60000, "output": 5000, "cached": 20000}, 20),
        ({"input": 1, "output": 0}, 15),
        ({"input": 0, "output": 0}, 0),
        ({"input": 4750 * 15}, 15),
        ({"input": 4750 * 15 + 1}, 20),
    ],
)
def test_azure_sizes(tokens, units):
    assert GPT5.size(tokens) == units


def test_sizes_of_arrays_float_noise_and_headroom():
    assert GPT5.size({"input": [[40000, 0]], "output": 5000}).tolist() == [[20, 15]]
    assert provisioned.size(0.1 + 0.2, per_unit=0.1) == 3  # 3.0000000000000004
    assert GPT5.size({"input": 71250}, utilization=0.5) == 30


def test_google_windows_and_budgets():
    assert FLASH.capacity(np.array([3, 10, 50]), seconds=1).tolist() == [6045, 20150, 100750]
    assert FLASH.capacity(np.array([3, 10, 50])).tolist() == [725400, 604500, 503750]
    assert FLASH.capacity(3, seconds=60) == 362700
    omni = Throughput(1, seconds=1, windows=((1, 2000), (10, 200), (20, 100), (40, 50), (67, 30)))
    assert omni.window([1, 9, 10, 39, 40, 66, 67, 500]).tolist() == [
        2000,
        2000,
        200,
        100,
        50,
        50,
        30,
        30,
    ]
    assert GPT5.window(20) == 60 and GPT5.capacity(20) == 95000


@QUICK
@given(
    st.lists(amount, min_size=1, max_size=6),
    amount,
    st.sampled_from(["spill", "block"]),
    st.none() | above,
)
def test_served_spilled_and_unused_add_up(traffic, capacity, mode, request):
    traffic = np.array(traffic)
    done = provisioned.settle(traffic, capacity, mode, request)
    assert np.allclose(done.served + done.spill + done.blocked, traffic, rtol=1e-12)
    assert np.allclose(done.served + done.unused, capacity, rtol=1e-12)
    assert min(done.served.min(), done.unused.min(), done.spill.min(), done.blocked.min()) >= 0
    assert not (done.blocked if mode == "spill" else done.spill).any()
    assert [
        float(provisioned.settle(one, capacity, mode, request).served) for one in traffic
    ] == done.served.tolist()
    if request is None:
        assert not (
            (done.unused > 1e-6) & (done.spill + done.blocked > 1e-6)
        ).any()  # nothing spills beside idle capacity
    wider = provisioned.settle(traffic.sum(), capacity * len(traffic), mode)
    assert wider.served >= done.served.sum() * (
        1 - 1e-12
    )  # windows only lose: nothing carries over


def test_whole_requests_fit_or_spill():
    done = provisioned.settle([1_200_000.0, 700_000.0], 725_400, request=100_000)
    assert done.served.tolist() == [700_000, 700_000] and done.spill.tolist() == [500_000, 0]


def test_a_reservation_covers_its_own_region_and_type_only():
    other = {"region": "westus", "deployment": "regional"}
    done = provisioned.settle_deployments(
        [
            {**HERE, "units": 250, "model": "a"},
            {**other, "units": 80},
            {**HERE, "deployment": "global", "units": 10},
        ],
        [{**HERE, "units": 150, "rate": 0.3}, {**HERE, "units": 50, "rate": 0.4}],
        hourly=1.0,
    )
    assert done["eastus", "regional"].spill == 50 and done[
        "eastus", "regional"
    ].cost == pytest.approx(150 * 0.3 + 50 * 0.4 + 50)
    assert done["westus", "regional"].spill == 80 and done["eastus", "global"].cost == 10
    idle = provisioned.settle_deployments([], [{**HERE, "units": 5, "rate": 0.5}], hourly=1.0)
    assert idle["eastus", "regional"].unused == 5 and idle["eastus", "regional"].cost == 2.5


def test_models_share_a_reservation_hour_by_hour_and_minutes_are_prorated():
    done = provisioned.settle_deployments(
        [
            {**HERE, "units": np.array([100, 300]), "model": "a"},
            {**HERE, "units": 100, "minutes": np.array([60, 15]), "model": "b"},
        ],
        [{**HERE, "units": 200, "rate": 0.3}],
        hourly=1.0,
    )["eastus", "regional"]
    assert done.used.tolist() == [200, 200] and done.spill.tolist() == [0, 125]
    assert provisioned.deployed_hours(300, 15) == 75


def test_break_even_and_terms():
    assert provisioned.break_even_utilization(
        [0.36, 0.30, 221 / 730], [1.0, 1.0, 2.0]
    ) == pytest.approx([0.36, 0.30, 221 / 1460])
    assert (
        round(
            float(provisioned.term_cost(2, 18.4, 744, provisioned.term_hours("2026-10-01", 1))), 2
        )
        == 27379.20
    )
    assert [
        provisioned.term_hours(day, 1)
        for day in ("2026-02-01", "2028-02-01", "2026-04-01", "2026-01-31")
    ] == [
        672,
        696,
        720,
        672,
    ]
    assert provisioned.term_hours("2026-01-01", 6) == 181 * 24
    assert provisioned.term_cost(3, 75.0, hours_used=[10, 45], hours_of_term=30).tolist() == [
        6750,
        10125,
    ]  # days: Scale Tier


@QUICK
@given(
    st.floats(0.01, 1e4),
    st.floats(0, 2e4),
    st.sampled_from(["lognormal", "gamma"]),
    st.floats(0.05, 3),
)
def test_expected_spill_is_at_least_flat_at_most_the_mean_and_falls_with_capacity(
    mean, capacity, shape, cv
):
    spill = expected_spill(mean, capacity, shape, cv=cv)
    assert max(mean - capacity, 0) - 1e-9 * mean <= spill <= mean * (1 + 1e-12)
    assert expected_spill(mean, capacity * 1.1 + 1, shape, cv=cv) <= spill + 1e-9 * mean
    assert expected_spill(2 * mean, 2 * capacity, shape, cv=cv) == pytest.approx(
        2 * spill, rel=1e-9, abs=1e-9 * mean
    )


@pytest.mark.parametrize(
    "shape, cv",
    [("lognormal", 0.3), ("lognormal", 1.2), ("gamma", 0.3), ("gamma", 1.0), ("gamma", 2.0)],
)
def test_expected_spill_agrees_with_sampling(shape, cv):
    rng, mean = np.random.default_rng(7), 100.0
    sigma = np.sqrt(np.log1p(cv * cv))
    drawn = (
        rng.lognormal(np.log(mean) - sigma**2 / 2, sigma, 400_000)
        if shape == "lognormal"
        else rng.gamma(1 / cv**2, mean * cv**2, 400_000)
    )
    for capacity in (0.0, 50.0, 100.0, 180.0):
        over = np.maximum(drawn - capacity, 0)
        assert (
            abs(expected_spill(mean, capacity, shape, cv=cv) - over.mean())
            < 4 * over.std() / np.sqrt(over.size) + 1e-9
        )


def test_burst_is_brute_force_and_limits_are_exact():
    windows = np.array([200.0] * 25 + [200 / 3] * 75)  # a quarter at twice the mean of 100
    for capacity in (0, 50, 100, 150, 250):
        assert expected_spill(100, capacity, "burst", factor=2, share=0.25) == pytest.approx(
            np.maximum(windows - capacity, 0).mean()
        )
    for shape in ("lognormal", "gamma"):
        assert expected_spill(0, 10, shape, cv=1) == 0 and expected_spill(10, 0, shape, cv=1) == 10
        assert expected_spill(120, 100, shape, cv=0) == 20 and expected_spill(
            120, 100, shape, cv=1e-4
        ) == pytest.approx(20, abs=1e-6)
    assert expected_spill(50, 70, "gamma", cv=1) == pytest.approx(
        50 * np.exp(-70 / 50)
    )  # exponential
    together = expected_spill(np.array([[50, 0]]), 40, "lognormal", cv=0.5)
    assert together.shape == (1, 2) and together[0, 0] == expected_spill(
        50, 40, "lognormal", cv=0.5
    )
    assert served_share([0, 200], 100).tolist() == [1, 0.5]


@QUICK
@given(st.integers(1, 64), st.floats(0, 100), st.integers(1, 14), st.floats(0, 1))
def test_a_booking_costs_the_same_however_little_is_used(instances, rate, days, share):
    for booked in (
        blocks.CapacityBlock(instances, rate, days),
        blocks.CalendarReservation(instances, rate, days),
    ):
        done = booked.settle([0.0, booked.hours * share])
        assert done.cost.tolist() == [pytest.approx(instances * days * 24 * rate)] * 2
        assert np.allclose(done.used + done.unused, booked.hours)


def test_vendor_blocks():
    block = blocks.CapacityBlock(4, 39.33, 7, accelerators=8)
    assert (
        round(block.upfront, 2) == 26429.76
        and round(block.accelerator_rate, 3) == 4.916
        and block.usable_hours == 4 * 167.5
    )
    assert blocks.CapacityBlock(1, 1.0, 182).hours == 4368 and blocks.FlexStart(88.49, 0.53).settle(
        10, 2
    ).cost == pytest.approx(831.806)


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: provisioned.size(-1, 10),
            "size: quantity is -1; it must be finite and 0 or more.",
        ),
        (
            lambda: provisioned.size(1, 0),
            "size: per_unit is 0; it must be a finite number above 0.",
        ),
        (
            lambda: Throughput(10, windows=((5, 30), (1, 60))),
            "throughput: the window from 1 units comes after the one from 5; sizes must rise.",
        ),
        (
            lambda: Throughput(10, windows=(5,)),
            "throughput: window 5 must be a pair: units from, seconds.",
        ),
        (
            lambda: FLASH.window(0.5),
            "throughput: no window is stated for 0.5 units; the first one is from 1 units.",
        ),
        (
            lambda: GPT5.size({"input": 1}, utilization=1.2),
            "size: utilization is 1.2; it must be a share above 0 and at most 1.",
        ),
        (
            lambda: provisioned.settle(1, 1, "queue"),
            "provisioned: mode is 'queue'; it must be spill or block.",
        ),
        (
            lambda: provisioned.settle([1, 2], [1, 2, 3]),
            "provisioned: the shapes do not fit together: traffic (2,), capacity (3,); give one shape or numbers.",
        ),
        (
            lambda: provisioned.settle([1, np.nan], 1),
            "traffic: quantity is nan at position (1,); it must be finite and 0 or more.",
        ),
        (
            lambda: provisioned.deployed_hours(1, 61),
            "prorating: held is 61, longer than the window of 60; give each window its own part.",
        ),
        (
            lambda: provisioned.settle_deployments([{"region": "a", "units": 1}], [], 1),
            "deployment: 'deployment' is missing; write it.",
        ),
        (
            lambda: provisioned.settle_deployments([], [{**HERE, "units": 1, "rates": 1}], 1),
            "unknown reservation field 'rates'. Did you mean 'rate'? Known: deployment, rate, region, units.",
        ),
        (
            lambda: provisioned.break_even_utilization(1, 0),
            "break_even: on_demand is 0; what is free without a commitment never breaks even.",
        ),
        (
            lambda: provisioned.term_hours("2026-10", 1),
            "term: start is '2026-10'; write the day as YYYY-MM-DD.",
        ),
        (
            lambda: provisioned.term_hours("2026-10-01", 1.5),
            "term: months is 1.5; it must be a whole number of months, 1 or more.",
        ),
        (lambda: expected_spill(1, 1, "lognorm"), "unknown spill shape"),
        (
            lambda: expected_spill(1, 1, "burst", factor=3, share=0.5),
            "spill: a share 0.5 of the windows cannot hold 3 x the mean; factor must be 1 or more, share below 1 and share x factor at most 1.",
        ),
        (
            lambda: blocks.CapacityBlock(4, 39.33, 15),
            "capacity block: 15 days are not sold; take 1 to 14 days, or whole weeks up to 182 days.",
        ),
        (
            lambda: blocks.CapacityBlock(4, 39.33, 1.5),
            "capacity block: days is 1.5; it must be a whole number, 1 or more.",
        ),
        (
            lambda: blocks.CapacityBlock(1, 1.0, 1).settle(25),
            "capacity block: 25 instance-hours are more than the 24 that were bought.",
        ),
        (
            lambda: blocks.CalendarReservation(1, 1.0, 91),
            "calendar reservation: 91 days are longer than the 90 that are sold; book less or take a reservation with a commitment.",
        ),
        (
            lambda: blocks.FlexStart(1.0).settle(169),
            "flex-start: a run of 169 hours is longer than the 168 that are given; save and start again.",
        ),
        (
            lambda: blocks.FlexStart(1.0, 1.2),
            "flex-start: discount is 1.2; it must be a share from 0 to 1.",
        ),
    ],
)
def test_nonsense_is_refused_in_one_sentence(call, message):
    if message == "unknown spill shape":
        message = "spill: unknown shape 'lognorm'. Did you mean 'lognormal'? Known: flat, burst, lognormal, gamma."
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message
