"""Laws of KPIs: money scales, what is split adds up, rows in any order and in pieces give the same (docs/method §16.10 to §16.25)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import test_spec
from hypothesis import given, settings
from hypothesis import strategies as st
from subjects import kpi as subject

from finops_model.measure import kpis

SPEC = test_spec.SPEC / "kpis"
SENTENCES = [
    sentence
    for sentence in test_spec.load(SPEC)
    if sentence["then"].get("count", 1) and "given" in sentence
]
MONEY = ("EffectiveCost", "ListCost")
AMOUNTS = st.floats(0.01, 1e6, allow_nan=False)


def lines(facts: kpis.Facts, name: str) -> dict:
    return {
        (part.name, row["month"]): row
        for part in kpis.parts_of(facts, [name])
        for row in kpis.monthly(part)
    }


def scaled(facts: kpis.Facts, by: float) -> kpis.Facts:
    """Every amount of money times `by`."""
    daily = facts.daily.assign(**{name: facts.daily[name] * by for name in MONEY})
    more: dict = {"daily": daily}
    for name, columns in (
        ("grades", ("p50", "actual", "previous")),
        ("anomalies", ("amount",)),
        ("tags", ("cost", "debt")),
        ("saved", ("would", "paid")),
        ("values", ("likely", "cost")),
    ):
        if (table := getattr(facts, name)) is not None:
            more[name] = table.assign(**{column: table[column] * by for column in columns})
    if facts.sales is not None:  # revenue is money
        more["sales"] = facts.sales * by
    if facts.goods is not None:
        more["goods"] = facts.goods.assign(**{name: facts.goods[name] * by for name in MONEY})
    if facts.budget is not None:
        more["budget"] = {month: amount * by for month, amount in facts.budget.items()}
    if facts.waste is not None:
        more["waste"] = [
            SimpleNamespace(
                category=line.category,
                cost_by_month={m: cost * by for m, cost in line.cost_by_month.items()},
            )
            for line in facts.waste
        ]
    return replace(facts, **more)


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda one: one["name"])
@settings(max_examples=4, deadline=None)
@given(by=st.sampled_from([0.5, 3.0, 1e6, 1e-6]))
def test_money_scales_and_shares_stay(sentence, by):
    facts, name = subject.facts_of(sentence["given"]), sentence["kpi"]["file"]
    before, after = lines(facts, name), lines(scaled(facts, by), name)
    share = kpis.shelf()[name].UNIT in ("share", "times")  # money over money
    assert before and list(before) == list(after)
    for key, row in before.items():
        assert after[key]["value"] == pytest.approx(row["value"] * (1 if share else by), rel=1e-9)


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda one: one["name"])
def test_rows_in_pieces_and_in_another_order_give_the_same(sentence):
    facts, name = subject.facts_of(sentence["given"]), sentence["kpi"]["file"]
    sums = [*MONEY, "ConsumedQuantity"]
    half = facts.daily.assign(**{column: facts.daily[column] / 2 for column in sums})
    pieces = pd.concat([half, half[::-1]], ignore_index=True)
    before, after = lines(facts, name), lines(replace(facts, daily=pieces), name)
    assert list(before) == list(after)
    for key, row in before.items():
        for what in ("value", "numerator", "denominator", "days"):
            assert after[key][what] == pytest.approx(row[what], rel=1e-9)


@pytest.mark.parametrize("name", kpis.shelf())
def test_every_kpi_says_what_it_is_and_has_a_sentence(name):
    module = kpis.shelf()[name]
    for word in ("TITLE", "FORMULA", "UNIT", "SOURCE", "WITHOUT"):
        assert getattr(module, word).strip() == getattr(module, word) != ""
    assert module.BASIS in kpis.BASES and module.BETTER in kpis.BETTER
    assert module.PERSONA and set(module.PERSONA) <= set(kpis.PERSONAS)
    known = set(kpis.Facts.__dataclass_fields__) | {"commitments"}
    assert set(getattr(module, "NEEDS", ())) <= known
    assert any(one["kpi"]["file"] == name for one in test_spec.load(SPEC))


@pytest.mark.parametrize("name", kpis.shelf())
def test_without_facts_there_is_no_line_and_no_error(name):
    empty = subject.facts_of({"bill": []})
    assert kpis.parts_of(empty, [name]) == []
    bare = subject.facts_of({"bill": [{"cost": 1.0}]})
    assert all(part.name for part in kpis.parts_of(bare, [name]))


METERS = ("input tokens", "cached input tokens", "cache write tokens", "batch input tokens")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*METERS, "output tokens"]), AMOUNTS, AMOUNTS), min_size=1, max_size=8))  # fmt: skip
def test_tokens_in_and_out_are_all_that_is_metered(rows):
    bill = [
        {"meter": meter, "cost": cost, "quantity": count, "unit": "Tokens"}
        for meter, cost, count in rows
    ]
    facts = subject.facts_of({"bill": bill})
    told = lines(facts, "cost_per_million_tokens_by_direction").values()
    assert sum(row["numerator"] for row in told) == pytest.approx(sum(cost for _, cost, _ in rows))
    assert sum(row["denominator"] for row in told) * 1e6 == pytest.approx(sum(n for *_, n in rows))
    shares = [lines(facts, name) for name in ("cache_hit_share", "batch_share")]
    for row in (row for one in shares for row in one.values()):
        assert 0 <= row["value"] <= 1


@settings(max_examples=20, deadline=None)
@given(used=AMOUNTS, unused=AMOUNTS)
def test_used_and_unused_are_all(used, unused):
    bill = [{"cost": used, "status": "Used"}, {"cost": unused, "status": "Unused"}]
    facts = subject.facts_of({"bill": bill})
    shares = [
        next(iter(lines(facts, name).values()))["value"]
        for name in ("commitment_utilization", "commitment_waste")
    ]
    assert sum(shares) == pytest.approx(1.0)


@settings(max_examples=20, deadline=None)
@given(used=AMOUNTS, allocated=AMOUNTS, paid=AMOUNTS)
def test_used_of_paid_is_the_product_of_the_other_two(used, allocated, paid):
    use = [
        {"meter": f"gpu_hours_{name}", "quantity": count}
        for name, count in (("used", used), ("allocated", allocated), ("paid", paid))
    ]
    told = lines(subject.facts_of({"bill": [{"cost": 1.0}], "usage": use}), "gpu_utilisation")
    whole, first, second = (row["value"] for row in told.values())
    assert whole == pytest.approx(first * second)


@settings(max_examples=20, deadline=None)
@given(st.lists(AMOUNTS, min_size=1, max_size=5))
def test_categories_of_waste_add_up(amounts):
    names = ("idle", "unused_commitment", "orphaned_storage", "idle", "unused_seats")
    waste = [
        {"category": name, "cost_by_month": {"2026-02": amount}}
        for name, amount in zip(names, amounts)
    ]
    bill = [{"cost": 1e7}, {"day": "2026-02-28", "cost": 1.0}]
    told = list(lines(subject.facts_of({"bill": bill, "waste": waste}), "waste_share").values())
    assert sum(row["numerator"] for row in told[1:]) == pytest.approx(sum(amounts))
    assert told[0]["value"] == pytest.approx(sum(row["value"] for row in told[1:]))


@settings(max_examples=20, deadline=None)
@given(by=st.floats(0.1, 10), left=st.floats(0, 1))
def test_growth_alone_reduces_no_waste(by, left):
    """Volume or prices move everything by `by`; of the waste `left` stays."""
    waste, useful = 20.0, 80.0
    bill = [
        {"day": "2026-01-01", "cost": waste + useful},
        {"day": "2026-02-01", "cost": by * (waste * left + useful)},
        {"day": "2026-02-28", "cost": 0.0},
    ]
    told = [{"category": "idle", "cost_by_month": {"2026-01": waste, "2026-02": by * waste * left}}]
    facts = subject.facts_of({"bill": bill, "waste": told})
    (row,) = lines(facts, "waste_reduction").values()
    assert row["value"] == pytest.approx(1 - left, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(
    counts=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 50), st.integers(0, 50)),
        min_size=1,
        max_size=9,
    ),
    costs=st.tuples(AMOUNTS, AMOUNTS),
)
def test_tiers_bear_all_that_customers_use(counts, costs):
    """Cost per customer x customers, summed over tiers, is the cost of the drivers that anybody used."""
    bill = [
        {"cost": costs[0]},
        {"cost": costs[1], "workload": "drafting"},
        {"day": "2026-02-28", "cost": 0.0},
    ]
    given_ = {
        "bill": bill,
        "drives": {"chats": {"workloads": ["w"]}, "drafts": {"workloads": ["drafting"]}},
        "customers": [{"customer": str(i), "tier": tier} for i, (tier, *_) in enumerate(counts)],
        "customer_usage": [
            {"customer": str(i), "name": name, "count": count}
            for i, (_, *both) in enumerate(counts)
            for name, count in zip(("chats", "drafts"), both, strict=True)
        ],
    }
    told = lines(subject.facts_of(given_), "cost_per_customer")
    whole = sum(cost for i, cost in enumerate(costs) if sum(one[i + 1] for one in counts))
    tiers = [row for (name, _), row in told.items() if name != "Cost per customer"]
    own = told.get(("Cost per customer", "2026-02"))
    if own is None:
        assert not any(a + b for _, a, b in counts)
        return
    assert own["numerator"] == pytest.approx(whole)
    assert sum(row["numerator"] for row in tiers or [own]) == pytest.approx(whole)
    assert sum(row["denominator"] for row in tiers or [own]) == own["denominator"]


def test_a_month_is_a_sum_over_a_sum_by_a_plain_loop():
    """Oracle of `monthly`: days that both have, added one by one."""
    draw = np.random.default_rng(19)
    days = pd.date_range("2026-01-01", "2026-03-31")
    above = {day: draw.uniform(0, 9) for day in days if draw.random() < 0.8}
    below = {day: draw.uniform(1, 9) for day in days if draw.random() < 0.8}
    part = kpis.Part("a", "USD", pd.Series(above), pd.Series(below))
    for row in kpis.monthly(part):
        both = [d for d in days if d in above and d in below and f"{d:%Y-%m}" == row["month"]]
        expected = sum(above[day] for day in both) / sum(below[day] for day in both)
        assert (row["value"], row["days"]) == (pytest.approx(expected), len(both))


def test_waste_that_somebody_should_look_at_is_in_no_kpi(monkeypatch):
    """As in the report: what is sure is the waste of the month, what is not stands beside it (§17.11)."""
    from finops_model.measure.cycle import gather as cycle
    from finops_model.settings import Settings

    lines = [SimpleNamespace(sure=sure, unit="Sales") for sure in (True, False)]
    monkeypatch.setattr(cycle, "found_waste", lambda *_: lines)
    daily = pd.DataFrame(
        {"ChargeDate": pd.to_datetime(["2026-10-31"]), "ChargeCategory": ["Usage"]}
    ).assign(x_Workload="a", x_BusinessUnit="Sales", EffectiveCost=1.0)
    given = cycle.gather(Settings(root="."), None, daily, "Sales", ["waste"])
    assert given["waste"] == lines[:1]
