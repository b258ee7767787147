"""Quantity transforms: vendor rules, laws and refusals word for word (docs/method §5.30)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from finops_model.errors import PriceError, listing
from finops_model.prices.rates import make as make_rate
from finops_model.prices.transforms import make, shelf
from finops_model.prices.transforms.size_units import factor

QUICK = settings(max_examples=60, deadline=None)
amount = st.floats(0, 1e6, allow_subnormal=False)
above = st.floats(1e-3, 1e5)


def test_the_shelf_is_the_folder():
    assert {
        "capacity_units",
        "increments",
        "minimum_duration",
        "prorating",
        "size_units",
        "time_average",
    } <= set(shelf())
    assert not any(kind.startswith("_") for kind in shelf())
    assert all(hasattr(form, "apply") for form in shelf().values())


@QUICK
@given(st.lists(amount, min_size=1, max_size=5), st.floats(0, 400), above, above)
def test_one_by_one_and_all_at_once_give_the_same_bits(amounts, held, minimum, step):
    forms = [
        (make("minimum_duration", {"minimum": minimum, "per": 30}), (held,)),
        (make("increments", {"step": step, "minimum": minimum}), ()),
        (make("size_units", {"size": "4xlarge"}), ()),
        (make("prorating", {"of": 400}), (held,)),
        (make("time_average", {"of": 744}), ()),
    ]
    for form, extra in forms:
        together = form.apply(np.array(amounts)[:, None], *extra)
        assert together.shape == (len(amounts), 1)
        assert [float(form.apply(one, *extra)) for one in amounts] == together[:, 0].tolist()


@QUICK
@given(amount, st.floats(0, 400), st.floats(0, 400), above)
def test_held_and_early_add_up_and_nothing_is_charged_early_after_the_minimum(
    quantity, held, minimum, per
):
    form = make("minimum_duration", {"minimum": minimum, "per": per})
    assert form.held(quantity, held) + form.early(quantity, held) == pytest.approx(
        form.apply(quantity, held), rel=1e-12
    )
    assert form.early(quantity, max(held, minimum)) == 0
    assert form.apply(quantity, held) >= form.apply(quantity, 0) * (1 - 1e-12)


def test_early_deletion_of_nearline_is_the_vendors():
    form, price = (
        make("minimum_duration", {"minimum": 30, "per": 30}),
        make_rate("linear", {"price": 0.01}),
    )
    assert price.charge(form.held(1000, 15)) == 5 and price.charge(form.early(1000, 15)) == 5
    assert price.charge(form.apply(1000, 15)) == 10


@QUICK
@given(st.integers(0, 2000), st.sampled_from([0.1, 0.7, 1.0, 60.0, 3600.0]), st.integers(0, 50))
def test_whole_steps_are_never_one_more_for_float_noise(steps, step, least):
    form = make("increments", {"step": step, "minimum": least * step})
    total = sum([step] * min(steps, 300)) + step * max(steps - 300, 0)  # a sum collects noise
    assert form.apply(total) == pytest.approx(max(steps, least) * step if steps else 0, rel=1e-12)


@QUICK
@given(amount, amount, above, st.floats(0, 100, allow_subnormal=False))
@example(
    0.0, 0.0, 0.001, 0.0010000000000000002
)  # a minimum one bit above a step is that step (found by a stranger's run)
def test_increments_never_bill_less_rise_and_bill_each_event_alone(a, b, step, minimum):
    form = make("increments", {"step": step, "minimum": minimum})
    low, high = sorted((a, b))
    assert form.apply(low) >= low * (1 - 1e-12) and form.apply(high) >= form.apply(low)
    assert form.apply(a, count=3) == pytest.approx(3 * form.apply(a))
    charged = make("increments", {"step": step, "minimum": minimum, "charge_zero": True}).apply(0.0)
    assert form.apply(0.0) == 0 and charged >= minimum * (1 - 1e-12)  # ties of floats are ties


@pytest.mark.parametrize(
    "fields, given_, billed",
    [
        (
            {"step": 1, "minimum": 60},
            [0.4, 60, 61],
            [60, 60, 61],
        ),  # EC2: by the second, a minute at least
        ({"step": 3600}, [1, 3600, 3601], [3600, 3600, 7200]),  # hours begun
        ({"step": 100}, [1, 100, 230], [100, 100, 300]),  # 100 ms steps
        ({"minimum": 128}, [4, 128, 500], [128, 128, 500]),  # KB of an object
        (
            {"minimum": 300},
            [20, 300, 1000],
            [300, 300, 1000],
        ),  # code execution: five minutes at least
    ],
)
def test_vendor_increments(fields, given_, billed):
    assert make("increments", fields).apply(given_).tolist() == billed


@pytest.mark.parametrize(
    "size, units",
    [
        ("nano", 0.25),
        ("micro", 0.5),
        ("small", 1),
        ("medium", 2),
        ("large", 4),
        ("xlarge", 8),
        ("2xlarge", 16),
        ("4xlarge", 32),
        ("9xlarge", 72),
        ("24xlarge", 192),
        ("p5.48xlarge", 384),
        ("c5.metal-24xl", 192),
    ],
)
def test_vendor_normalisation_factors(size, units):
    assert factor(size) == units


@QUICK
@given(st.integers(1, 500), amount)
def test_n_xlarge_is_n_xlarges_and_units_come_back(n, machines):
    form = make("size_units", {"size": f"{n}xlarge"})
    assert form.apply(1) == n * factor("xlarge") and form.machines(
        form.apply(machines)
    ) == pytest.approx(machines)


def test_a_table_comes_before_the_common_factors():
    assert make("size_units", {"size": "Standard_B2s", "table": {"Standard_B2s": 4}}).apply(3) == 12
    assert factor("m5.metal", {"metal": 192}) == 192 and factor("large", {"large": 7}) == 7


@pytest.mark.parametrize(
    "month, days", [("2026-02", 28), ("2028-02", 29), ("2026-04", 30), ("2026-10", 31)]
)
def test_months_have_their_own_days_and_hours(month, days):
    assert make("prorating", {"month": month}).apply(days * 10.0, held=1) == 10
    assert make("time_average", {"month": month}).apply(days * 24 * 5.0) == 5
    assert make("prorating", {"month": month}).apply(7, held=days) == 7


@QUICK
@given(st.lists(st.tuples(amount, st.floats(0, 60)), min_size=1, max_size=8))
def test_the_average_over_time_is_within_what_was_kept_and_byte_hours_are_the_same(parts):
    units, hours = map(np.array, zip(*parts))
    form = make("time_average", {"of": 744})
    average = form.apply(units, held=hours)
    assert average <= units.max() * (1 + 1e-12)
    assert average == pytest.approx(float(form.apply((units * hours).sum())))


def test_gigabytes_are_not_gibibytes():
    assert make("time_average", {"of": 744, "unit": "GiB", "to": "GB"}).apply(
        744.0
    ) == pytest.approx(1.073741824)
    assert make("time_average", {"of": 744, "unit": "B", "to": "GiB"}).apply(
        744.0 * 2**30
    ) == pytest.approx(1.0)


@QUICK
@given(amount, amount, st.floats(0, 1), st.floats(0, 1), st.floats(0, 10), st.floats(0, 10))
def test_both_meanings_of_input_give_the_same_units(
    fresh, output, cached_share, deducted, w_in, w_out
):
    cached = fresh * cached_share
    weights = {"input": w_in, "output": w_out}
    inside = make("capacity_units", {"weights": weights, "cached_deducted": deducted})
    outside = make(
        "capacity_units",
        {"weights": weights, "cached_deducted": deducted, "cached_in_input": False},
    )
    a = inside.apply({"input": fresh + cached, "cached": cached, "output": output})
    b = outside.apply({"input": fresh, "cached": cached, "output": output})
    assert a == pytest.approx(float(b), rel=1e-9, abs=1e-6)
    assert b == pytest.approx(
        w_in * (fresh + (1 - deducted) * cached) + w_out * output, rel=1e-9, abs=1e-6
    )


def test_modalities_have_weights_of_their_own_and_arrays_are_free():
    form = make("capacity_units", {"weights": {"input": 1, "image": 1, "audio": 7, "output": 9}})
    assert form.apply({"input": [100, 0], "audio": [10, 1], "output": [2, 0]}).tolist() == [188, 7]


@pytest.mark.parametrize(
    "kind, fields, arguments, message",
    [
        (
            "increment",
            {},
            (),
            f"unknown transform 'increment'. Did you mean 'increments'? Known: {listing(shelf())}.",
        ),
        (
            "increments",
            {"stp": 1},
            (),
            "unknown increments field 'stp'. Did you mean 'step'? Known: step, minimum, charge_zero.",
        ),
        ("minimum_duration", {}, (), "minimum_duration: 'minimum' is missing; write it."),
        (
            "minimum_duration",
            {"minimum": -1},
            (),
            "minimum_duration: minimum is -1; it must be a finite number, 0 or more.",
        ),
        (
            "minimum_duration",
            {"minimum": 30},
            (-1.0, 2),
            "minimum_duration: quantity is -1; it must be finite and 0 or more.",
        ),
        (
            "minimum_duration",
            {"minimum": 30},
            (1.0, [1, np.nan]),
            "minimum_duration: held: quantity is nan at position (1,); it must be finite and 0 or more.",
        ),
        (
            "minimum_duration",
            {"minimum": 30},
            ([1, 2], [1, 2, 3]),
            "minimum_duration: the shapes do not fit together: quantity (2,), held (3,); give one shape or numbers.",
        ),
        (
            "increments",
            {"charge_zero": 1},
            (),
            "increments: charge_zero is 1; it must be true or false.",
        ),
        (
            "size_units",
            {"size": "xlrge"},
            (),
            "unknown instance size 'xlrge'. Did you mean 'xlarge'? Known: nano, micro, small, medium, large, xlarge, "
            "2xlarge. Any multiple of xlarge is known too; give other sizes their factor in 'table'.",
        ),
        (
            "size_units",
            {"size": "metal", "table": {"metal": 0}},
            (),
            "size_units: factor of 'metal' is 0; it must be a finite number above 0.",
        ),
        (
            "prorating",
            {},
            (),
            "prorating: give the length of the window as 'of', or the month as 'month'; exactly one of them.",
        ),
        (
            "prorating",
            {"of": 60, "month": "2026-02"},
            (),
            "prorating: give the length of the window as 'of', or the month as 'month'; exactly one of them.",
        ),
        (
            "prorating",
            {"month": "2026-13"},
            (),
            "prorating: month: '2026-13' is not a month. Write year and month as YYYY-MM, for example 2026-10.",
        ),
        (
            "prorating",
            {"of": 60},
            (1, 61),
            "prorating: held is 61, longer than the window of 60; give each window its own part.",
        ),
        (
            "time_average",
            {},
            (),
            "time_average: give the hours of the window as 'of', or the month as 'month'; exactly one of them.",
        ),
        (
            "time_average",
            {"of": 744},
            ([1, 2], [400, 400]),
            "time_average: the parts last 800 hours, longer than the window of 744.",
        ),
        (
            "time_average",
            {"of": 744},
            ([1, 2], [400]),
            "time_average: quantity has shape (2,) and held (1,); give (..., part) units and the hours of each part.",
        ),
        (
            "time_average",
            {"of": 744, "unit": "Seats"},
            (),
            "'Seats' cannot be converted to 'GB': they measure different things. 'Seats' converts to: none.",
        ),
        (
            "capacity_units",
            {"weights": []},
            (),
            "capacity_units: weights is []; it must map directions to weights, for example {input: 1, output: 8}.",
        ),
        (
            "capacity_units",
            {"weights": {"input": -1}},
            (),
            "capacity_units: weight of 'input' is -1; it must be a finite number, 0 or more.",
        ),
        (
            "capacity_units",
            {"weights": {"cached": 0}},
            (),
            "capacity_units: 'cached' has no weight of its own; write the share deducted as cached_deducted.",
        ),
        (
            "capacity_units",
            {"cached_deducted": 1.5},
            (),
            "capacity_units: cached_deducted is 1.5; it must be a share from 0 to 1.",
        ),
        (
            "capacity_units",
            {},
            ({"outptu": 1},),
            "capacity_units: unknown direction 'outptu'. Did you mean 'output'? Known: input, output, cached. Give "
            "it a weight, 0 if it is free.",
        ),
        (
            "capacity_units",
            {},
            ({"input": 1, "cached": 2},),
            "capacity_units: there are more cached tokens than input tokens; 'input' includes the cached "
            "ones unless cached_in_input is false.",
        ),
        (
            "capacity_units",
            {},
            (5,),
            "capacity_units: tokens is 5; it must map directions to tokens.",
        ),
        (
            "capacity_units",
            {"weights": {"output": 1}},
            ({"cached": 2},),
            "capacity_units: cached tokens are input, and 'input' has no weight; give it one.",
        ),
        (
            "capacity_units",
            {"cached_in_input": 1},
            (),
            "capacity_units: cached_in_input is 1; it must be true or false.",
        ),
    ],
)
def test_nonsense_is_refused_in_one_sentence(kind, fields, arguments, message):
    with pytest.raises(PriceError) as raised:
        make(kind, fields).apply(*arguments)
    assert str(raised.value) == message
