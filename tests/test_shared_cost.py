"""Shared cost to the cent: adds up exactly, whatever the order; a rule that cannot hold says so and which one was used."""

from __future__ import annotations

from decimal import Decimal as D
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import InputError
from finops_model.facts.daily.shared_cost import HOW, charge, share, split

MONEY = st.decimals(min_value=-(10**7), max_value=10**7, places=2)
WEIGHTS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.decimals(min_value=0, max_value=10**6, places=10),
    min_size=1,
    max_size=12,
)


def oracle(cents: int, weights: dict) -> dict:
    """Largest remainder in fractions: floors first, then one cent at a time to whoever is furthest below their due."""
    whole = sum(map(Fraction, weights.values()))
    due = {name: abs(cents) * Fraction(value) / whole for name, value in weights.items()}
    got = {name: int(value) for name, value in due.items()}
    for _ in range(abs(cents) - sum(got.values())):
        name = min(got, key=lambda one: (got[one] - due[one], one))
        got[name] += 1
    return {name: (1 if cents >= 0 else -1) * value for name, value in got.items()}


@settings(max_examples=300, deadline=None)
@given(MONEY, WEIGHTS)
def test_parts_are_those_of_the_largest_remainder_and_add_up(amount, weights):
    if not sum(weights.values()):
        weights = dict.fromkeys(weights, D(1))
    parts = split(amount, weights)
    assert sum(parts.values()) == amount
    assert {name: int(value * 100) for name, value in parts.items()} == oracle(
        int(amount * 100), weights
    )
    assert split(amount, dict(reversed(weights.items()))) == parts


@settings(max_examples=200, deadline=None)
@given(
    st.decimals(min_value=-(10**6), max_value=10**6, places=10),
    st.dictionaries(st.sampled_from("abcde"), MONEY),
    st.sampled_from(HOW),
    st.dictionaries(st.sampled_from("abcde"), MONEY),
)
def test_no_rule_and_no_base_loses_money(amount, cost, how, base):
    base = {name: value for name, value in base.items() if name in cost}
    shared = share(amount, cost, how, fixed=base, usage=base)
    assert sum(shared.parts.values(), shared.left) == amount
    assert not cost or abs(shared.left) < D("0.01")
    assert bool(shared.said) == (shared.how != how or not cost)


@pytest.mark.parametrize(
    "how, given, parts, said",
    [
        ("even", {}, ("5.00", "5.00"), ""),
        ("proportional", {}, ("7.50", "2.50"), ""),
        ("fixed", {"fixed": {"a": D("0.1"), "b": D("0.9")}}, ("1.00", "9.00"), ""),
        ("usage", {"usage": {"a": D(1), "b": D(3)}}, ("2.50", "7.50"), ""),
        (
            "fixed",
            {"fixed": {"a": D("0.1"), "b": D("0.8")}},
            ("7.50", "2.50"),
            "shared cost: the fixed shares add up to 90 %, not to 100 %; it is shared in proportion to cost.",
        ),
        (
            "usage",
            {},
            ("7.50", "2.50"),
            "shared cost: there is no use to share by; it is shared in proportion to cost.",
        ),
        (
            "usage",
            {"usage": {"a": D(-1), "b": D(3)}},
            ("7.50", "2.50"),
            "shared cost: the use of a is below zero; it is shared in proportion to cost.",
        ),
    ],
)
def test_each_way_to_share_and_the_way_out(how, given, parts, said):
    shared = share(D("10.00"), {"a": D(30), "b": D(10)}, how, **given)
    assert tuple(str(shared.parts[name]) for name in "ab") == parts and shared.said == said


@pytest.mark.parametrize(
    "cost, how, said",
    [
        (
            {"a": D(0), "b": D(0)},
            "proportional",
            "shared cost: there is no cost to share by; it is shared evenly.",
        ),
        (
            {"a": D(-1), "b": D(5)},
            "proportional",
            "shared cost: the cost of a is below zero; it is shared evenly.",
        ),
        (
            {"a": D(-1), "b": D(5)},
            "usage",
            "shared cost: there is no use to share by, and the cost of a is below zero; it is shared evenly.",
        ),
    ],
)
def test_a_base_of_zero_or_below_is_shared_evenly_and_said(cost, how, said):
    shared = share(D("0.03"), cost, how)
    assert (shared.parts, shared.how, shared.said) == (
        {"a": D("0.02"), "b": D("0.01")},
        "even",
        said,
    )


def test_slips_are_refused_in_words():
    for call, message in (
        (
            lambda: share(D(1), {"a": D(1)}, "evn"),
            "shared cost: unknown way to share 'evn'. Did you mean 'even'? Known: even, proportional, fixed, usage.",
        ),
        (
            lambda: share(D(1), {"search": D(1)}, "fixed", fixed={"serch": D(1)}),
            "shared cost: fixed: unknown receiver 'serch'. Did you mean 'search'? Known: search.",
        ),
        (
            lambda: charge(BILL, idle="ownr"),
            "unknown way of idle 'ownr'. Did you mean 'owner'? Known: owner, proportional, central.",
        ),
    ):
        with pytest.raises(InputError) as refused:
            call()
        assert str(refused.value) == message


BILL = pd.DataFrame(
    [  # team, cost, commitment, status
        ("a", 30.0, "c1", "Used"),
        ("b", 10.0, "c1", "Used"),
        ("a", 4.0, "c1", "Unused"),
        ("platform", 8.0, "", ""),
        ("b", 2.0, "", ""),  # idle
        ("(untagged)", 5.0, "", ""),
    ],
    columns=["x_Team", "EffectiveCost", "CommitmentDiscountId", "CommitmentDiscountStatus"],
)
WASTE = pd.Series([False, False, False, False, True, False])


@pytest.mark.parametrize(
    "idle, unused, a, b, central",
    [
        ("owner", "buyer", 30 + 6 + 4, 10 + 2 + 2, 0),
        ("central", "central", 30 + 6, 10 + 2, 6),
        ("proportional", "proportional_to_benefit", 30 + 6 + 1.5 + 3, 10 + 2 + 0.5 + 1, 0),
    ],
)
def test_pool_idle_and_unused_commitment_go_where_the_words_say(idle, unused, a, b, central):
    found = charge(BILL, "platform", idle=idle, idle_rows=WASTE, unused_commitment=unused)
    totals = {name: sum(line.values()) for name, line in found.lines.items()}
    assert totals == {"a": D(str(a)), "b": D(str(b)), "(untagged)": 5} and found.central == central


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "platform", "(untagged)"]),
        st.decimals(min_value=-(10**5), max_value=10**5, places=4).map(float),
        st.sampled_from(["", "c1", "c2"]),
        st.sampled_from(["", "Used", "Unused"]),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(
    ROWS,
    st.sampled_from(["even", "proportional"]),
    st.sampled_from(["owner", "proportional", "central"]),
    st.sampled_from(["buyer", "proportional_to_benefit", "central"]),
    st.randoms(use_true_random=False),
)
def test_charges_are_the_cost_whatever_the_words_and_the_order_of_rows(
    rows, how, idle, unused, chance
):
    frame = pd.DataFrame(rows, columns=[*BILL.columns, "waste"]).astype({"EffectiveCost": float})
    mixed = list(range(len(rows)))
    chance.shuffle(mixed)
    asked = {"idle": idle, "unused_commitment": unused}
    found = charge(frame, "platform", how, idle_rows=frame["waste"].astype(bool), **asked)
    other = frame.iloc[mixed].reset_index(drop=True)
    assert charge(other, "platform", how, idle_rows=other["waste"].astype(bool), **asked) == found
    borne = sum((value for line in found.lines.values() for value in line.values()), found.central)
    assert borne == sum((D(repr(row[1])) for row in rows), D(0))
