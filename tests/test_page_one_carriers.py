"""What carries the company over its budget, future by future (docs/method §9.30)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from deciding_world import AHEAD, Plans, close_of, row, run_of
from hypothesis import given
from hypothesis import settings as laws
from hypothesis import strategies as st

from finops_model.measure.budget import fiscal
from finops_model.measure.budget.landing import landing
from finops_model.measure.budget.parts import FREE, IDLE, NONE, UNIT
from finops_model.measure.page_one.carriers import (
    LEAST,
    carriers,
    lead,
    of_parts,
    parts_of,
    totals_by_unit,
)
from finops_model.periods import Calendar
from finops_model.wording.landing import when_over

ALL_OF_IT = {"of_line": 0.0, "of_company": 0.0, "least": None}
BOOKED = {"A": 900.0, "B": 400.0, "(unassigned)": 80.0}  # January to October


def land_of(totals, budget):
    monthly = np.asarray(totals, dtype=float)
    return landing("FY2026", 0.0, monthly[:, None], ("2026-12",), budget, last="2026-12")


def of_hand(paths=500, budgets=None, seed=7, company=None):
    """A close of three units, their paths and the company's landing."""
    draws = np.random.default_rng(seed)
    ahead = draws.normal(100.0, 30.0, (paths, 2, 3)) + np.array([0.0, -40.0, -80.0])
    units = list(BOOKED)
    rows = [row("2026-03-01", BOOKED[unit], unit) for unit in units]
    rows.append(row("2025-03-01", 5_000.0, "A"))  # of the year before
    rows.append(row("2026-03-01", 5_000.0, "A", ChargeCategory="Tax"))
    plans = {"A": 1_080.0, "B": 540.0, "Idle": 12.0} if budgets is None else budgets
    close = close_of(rows, run_of(ahead, units), budgets=Plans(plans))
    whole = sum(plans.values()) if company is None else company
    totals = sum(BOOKED.values()) + ahead.sum(axis=(1, 2))
    return close, ahead, land_of(totals, whole)


@pytest.mark.parametrize("company", [None, 1_650.0, 1_600.0])
def test_the_parts_are_a_plain_loop_over_the_futures_that_go_over(company):
    close, ahead, land = of_hand(company=company)
    found = carriers(close, land, ALL_OF_IT)
    budgets = {"(unassigned)": 0.0, "A": 1_080.0, "B": 540.0, "Idle": 12.0}
    left = land["budget"] - sum(budgets.values())
    sums, decides, over, whole = dict.fromkeys([*budgets, "left"], 0.0), {}, 0, 0.0
    for path in ahead:
        lands = {unit: BOOKED[unit] + path[:, i].sum() for i, unit in enumerate(BOOKED)}
        gap = {unit: lands.get(unit, 0.0) - own for unit, own in budgets.items()}
        gap["left"] = -left
        beyond = sum(lands.values()) - land["budget"]
        if beyond <= 0:
            continue
        over, whole = over + 1, whole + beyond
        for unit, value in gap.items():
            sums[unit] += value
            decides[unit] = decides.get(unit, 0) + (beyond - value <= 0)
    assert over >= LEAST and over < len(ahead)
    assert (found["over"], found["futures"], found["period"]) == (over, 500, "FY2026")
    assert found["mean_overrun"] == pytest.approx(whole / over, abs=1e-9)
    assert over / 500 == pytest.approx(land["overrun_probability"], abs=1e-12)
    by_name = {one["part"]: one for one in found["parts"]}
    kinds = {one["part"]: one["kind"] for one in found["parts"]}
    free = next((name for name, kind in kinds.items() if kind == FREE), None)
    assert (free is None) == (abs(left) < 0.005)
    assert {name: kind for name, kind in kinds.items() if kind != FREE} == {
        "(unassigned)": NONE,
        "A": UNIT,
        "B": UNIT,
        "Idle": IDLE,
    }
    for unit in [*budgets, *(["left"] if free else [])]:
        line = by_name[free if unit == "left" else unit]
        assert line["mean"] == pytest.approx(sums[unit] / over, abs=1e-9)
        assert line["decisive"] == pytest.approx(decides[unit] / over, abs=1e-12)
    assert sum(one["mean"] for one in found["parts"]) == pytest.approx(
        found["mean_overrun"], abs=1e-6
    )
    means = [one["mean"] for one in found["parts"]]
    assert means == sorted(means, reverse=True)


money = st.floats(-1e6, 1e6).map(
    lambda value: round(value, 2)
)  # cents: a hair beside a budget decides nothing


@given(
    st.lists(st.lists(money, min_size=3, max_size=3), min_size=1, max_size=30),
    st.floats(1e-3, 1e3),
    st.permutations([0, 1, 2]),
)
@laws(max_examples=40, deadline=None)
def test_parts_add_up_scale_and_do_not_depend_on_their_order(gaps, factor, order):
    paths = np.array(gaps * LEAST)
    names = ["A", "B", "C"]

    def found(scale, places):
        parts = [(names[i], UNIT, 100.0 * scale, paths[:, i] * scale) for i in places]
        return of_parts(
            parts, 300.0 * scale, period="FY2026", currency="USD", materiality=ALL_OF_IT
        )

    one = found(1.0, [0, 1, 2])
    if one is None:
        return
    assert sum(part["mean"] for part in one["parts"]) == pytest.approx(
        one["mean_overrun"], rel=1e-9, abs=1e-6
    )
    assert all(part["decisive"] is None or 0 <= part["decisive"] <= 1 for part in one["parts"])
    other = found(1.0, order)
    assert {p["part"]: p["mean"] for p in other["parts"]} == {
        p["part"]: p["mean"] for p in one["parts"]
    }
    scaled = found(2.0 ** round(np.log2(factor)), [0, 1, 2])  # exact in floats
    assert [p["decisive"] for p in scaled["parts"]] == [p["decisive"] for p in one["parts"]]
    assert scaled["mean_overrun"] == pytest.approx(
        one["mean_overrun"] * 2.0 ** round(np.log2(factor))
    )


def test_who_is_over_in_every_future_and_alone_decides_in_all_and_who_is_on_its_budget_in_none():
    draws = np.random.default_rng(3)
    over = draws.uniform(50.0, 90.0, LEAST + 50)
    parts = [
        ("Late", UNIT, 100.0, over),
        ("Exact", UNIT, 100.0, np.zeros(len(over))),
        ("Under", UNIT, 100.0, np.full(len(over), -10.0)),
    ]
    found = of_parts(parts, 300.0, period="FY2026", currency="USD", materiality=ALL_OF_IT)
    assert {one["part"]: one["decisive"] for one in found["parts"]} == {
        "Late": 1.0,
        "Exact": 0.0,
        "Under": 0.0,
    }


def test_float_noise_decides_nothing():
    third = np.full(LEAST, 0.1 + 0.2)
    parts = [
        ("A", UNIT, 1e6, third - 0.3),
        ("B", UNIT, 1e6, np.full(LEAST, 0.1)),
        ("C", UNIT, 1e6, third - 0.3),
    ]
    found = of_parts(parts, 3e6, period="FY2026", currency="USD", materiality=ALL_OF_IT)
    assert {one["part"]: one["decisive"] for one in found["parts"]} == {"A": 0, "B": 1, "C": 0}
    over = np.append(np.full(LEAST, 10.0), 1e-10)  # a future that is over by nothing
    parts_ = [("A", UNIT, 1e6, over), ("B", UNIT, 1e6, np.zeros(LEAST + 1))]
    some = of_parts(parts_, 2e6, period="FY", currency="USD", materiality=ALL_OF_IT)
    assert {one["part"]: one["decisive"] for one in some["parts"]}["B"] == 0
    assert of_parts(parts[::2], 2e6, period="FY", currency="USD", materiality=ALL_OF_IT) is None


def test_of_few_futures_no_share_is_said():
    short = np.full(LEAST - 1, 10.0)
    parts = [("A", UNIT, 100.0, short), ("B", UNIT, 100.0, -short / 2)]
    found = of_parts(parts, 200.0, period="FY2026", currency="USD", materiality=ALL_OF_IT)
    assert [one["decisive"] for one in found["parts"]] == [None, None]
    assert found["sentence"] == (
        "In the futures that go over, FY2026 is $5.00 over on average: A is $10.00 over; B is $5.00 under."
    )


def sentence(parts, budget=300.0, **how):
    given_ = [(name, kind, own, np.full(LEAST, float(value))) for name, kind, own, value in parts]
    how = {"materiality": ALL_OF_IT, "period": "FY2026", "currency": "USD", **how}
    return of_parts(given_, budget, **how)["sentence"]


@pytest.mark.parametrize(
    "parts, how, said",
    [
        (
            [
                ("(unassigned)", NONE, 0.0, 288_000),
                ("Research", UNIT, 2e6, 60_000),
                ("Support", UNIT, 3e6, -100_000),
                ("Risk", UNIT, 1e6, -94_000),
                ("Search", UNIT, 1e6, -100_000),
            ],
            {},
            "In the futures that go over, FY2026 is $54.0k over on average: spend without a unit or a budget is $288k over and decides "
            "in more than 99 % of them; Research is $60.0k over and decides in more than 99 %; the other three units together are "
            "$294k under.",
        ),
        (  # a part that is not worth a name is one of the others; what is given to no unit has words of its own
            [
                ("Labs", NONE, 0.0, 500.0),
                ("A", UNIT, 1e5, 20.0),
                ("B", UNIT, 1e5, -40.0),
                ("Budget given to no unit", FREE, 100.0, -100.0),
            ],
            {"materiality": {"of_line": 0.02, "of_company": 0.001, "least": 100.0}},
            "In the futures that go over, FY2026 is $380 over on average: Labs, which has no budget, is $500 over and decides in more "
            "than 99 % of them; the other two units together are $20.00 under; $100 of the budget is given to no unit.",
        ),
        (
            [
                ("A", UNIT, 100.0, -5.0),
                ("B", UNIT, 100.0, -5.0),
                ("Units' budgets beyond the company's", FREE, -50.0, 50.0),
            ],
            {},
            "In the futures that go over, FY2026 is $40.00 over on average: the two units together are $10.00 under; the units' "
            "budgets are $50.00 more than the company's.",
        ),
        (
            [("A", UNIT, 100.0, 7.0), ("B", UNIT, 100.0, -5.0)],
            {"certain": True},
            "FY2026 is $2.00 over its budget in every future: A is $7.00 over; B is $5.00 under.",
        ),
        (
            [("A", UNIT, 100.0, 7.0), ("B", UNIT, 100.0, -5.0)],
            {"certain": True, "closed": True, "currency": "EUR"},
            "FY2026 closed €2.00 over its budget: A is €7.00 over; B is €5.00 under.",
        ),
    ],
)
def test_the_sentence_word_for_word(parts, how, said):
    assert sentence(parts, **how) == said


def test_where_nothing_is_over_or_no_unit_has_a_budget_there_is_none():
    close, _, land = of_hand()
    assert carriers(close, {**land, "budget": None}, ALL_OF_IT) is None
    assert carriers(close, {**land, "mean": None}, ALL_OF_IT) is None
    roomy, _, calm = of_hand(company=1e6)
    assert carriers(roomy, calm, ALL_OF_IT) is None
    nobody, _, land = of_hand(budgets={"Company": 1_500.0}, company=1_500.0)
    assert land["overrun_probability"] > 0.5
    assert carriers(nobody, land, ALL_OF_IT) is None


def test_one_unit_that_is_the_company_and_a_bill_without_units_carry_nothing():
    for unit, plans in (("A", {"A": 10.0}), ("All", {"A": 6.0, "B": 4.0})):
        rows = [row("2026-03-01", 8.0, unit)]
        base = run_of(np.full((300, 2, 1), 3.0), (unit,))
        close = close_of(rows, base, budgets=Plans(plans))
        assert carriers(close, land_of(np.full(300, 14.0), 10.0), ALL_OF_IT) is None


def test_a_unit_without_spend_to_come_and_one_new_to_the_run_have_their_part():
    base = run_of(np.full((300, 2, 2), 3.0), ("A", "New"))
    close = close_of([row("2026-03-01", 8.0, "A"), row("2026-04-01", 5.0, "Gone")], base)
    totals = totals_by_unit(close)
    assert {unit: float(values[0]) for unit, values in totals.items()} == {
        "A": 14.0,
        "Gone": 5.0,
        "New": 6.0,
    }


def test_the_month_under_way_counts_once():
    rows = [row("2026-10-05", 40.0, "A"), row("2026-03-01", 8.0, "A")]
    months = ("2026-10", *AHEAD)
    base = run_of(np.full((300, 3, 1), 50.0), ("A",), months, as_of="2026-10-20")
    close = close_of(rows, base, as_of="2026-10-20")
    assert float(totals_by_unit(close)["A"][0]) == 8.0 + 150.0


def test_in_a_year_of_weeks_the_parts_are_the_company_s_landing():
    calendar = Calendar("4-4-5")
    days = pd.date_range("2025-12-01", "2026-10-31")
    draws = np.random.default_rng(5)
    rows = [
        row(day, draws.uniform(1, 3) * (1 + (unit == "A") * day.dayofweek), unit)
        for day in days
        for unit in ("A", "B")
    ]
    base = run_of(draws.normal(90.0, 20.0, (400, 2, 2)), ("A", "B"))
    own = fiscal.year_of(calendar, "2026-10")
    close = close_of(rows, base, calendar=calendar, budgets=Plans({"A": 900.0, "B": 500.0}))
    land = fiscal.landing_of(base, fiscal.by_day(close.daily, None), own, 1_400.0)
    totals = totals_by_unit(close)
    together = totals["A"] + totals["B"]
    assert together.mean() == pytest.approx(land["mean"], abs=1e-9)
    assert np.quantile(together, 0.9) == pytest.approx(land["p90"], abs=1e-9)
    found = carriers(close, {**land, "budget": float(land["mean"])}, ALL_OF_IT)
    assert sum(one["mean"] for one in found["parts"]) == pytest.approx(
        found["mean_overrun"], abs=1e-6
    )
    assert found["over"] / 400 == pytest.approx((together > land["mean"]).mean())


def test_what_is_given_to_no_unit_is_the_same_on_every_path():
    parts = parts_of({"A": np.array([3.0, 4.0])}, {"A": 2.0, "Idle": 1.0}, 10.0)
    assert [(name, kind, own) for name, kind, own, _ in parts] == [
        ("A", UNIT, 2.0),
        ("Idle", IDLE, 1.0),
        ("Budget given to no unit", FREE, 7.0),
    ]
    assert np.sum([each for *_, each in parts], axis=0).tolist() == [-7.0, -6.0]


ROW = {"state": "running", "end": "2026-12-31", "horizon": "2026-12-31"}


@pytest.mark.parametrize(
    "month, row_, said",
    [
        (None, None, ""),
        ("already exceeded", None, "already exceeded"),
        (
            "already exceeded",
            {"state": "out", "likely": "2026-11-03"},
            "already exceeded, since 3 November 2026",
        ),
        ("2026-12", None, "typically in December 2026"),
        (
            "2026-12",
            {**ROW, "earliest": "2026-12-24", "likely": "2026-12-28", "latest": None},
            "typically in December 2026, likely on the 28th (24th to after the year ends)",
        ),
        (
            "2026-12",
            {**ROW, "earliest": "2026-11-30", "likely": "2026-12-01", "latest": "2026-12-22"},
            "typically in December 2026, likely on the 1st (30 November 2026 to 22nd)",
        ),
        (
            "2026-11",
            {**ROW, "earliest": "2026-12-02", "likely": "2026-12-03", "latest": "2026-12-03"},
            "typically in November 2026, likely on 3 December 2026 (2 December 2026 to 3 December 2026)",
        ),
        (
            "2026-12",
            {**ROW, "earliest": "2026-12-12", "likely": "2026-12-12", "latest": "2026-12-12"},
            "typically in December 2026, likely on the 12th",
        ),
        (
            "2026-12",
            {**ROW, "earliest": "2026-12-31", "likely": None, "latest": None},
            "typically in December 2026, by the 31st in one of ten futures",
        ),
        (
            "2026-12",
            {**ROW, "earliest": None, "likely": None, "latest": None},
            "typically in December 2026",
        ),
        (
            "2026-12",
            {**ROW, "end": "2027-03-31", "earliest": "2026-12-13", "likely": "2026-12-23", "latest": None},
            "typically in December 2026, likely on the 23rd (13th to after 31 December 2026)",
        ),
    ],
)  # fmt: skip
def test_when_a_budget_is_exceeded_is_said_with_its_day(month, row_, said):
    assert when_over({"breach_month": month}, row_) == said


def test_the_lead_names_the_largest_and_leaves_no_part_of_the_sum_out():
    a, b, c = np.array([300.0, -1.0]), np.array([-80.0, -1.0]), np.array([-20.0, -1.0])
    of = {"period": "FY2026", "currency": "USD", "materiality": ALL_OF_IT}

    def said(parts, **more):
        return lead(of_parts(parts, 900.0, **of, **more), "USD")

    three = [("(unassigned)", NONE, 0.0, a), ("B", UNIT, 500.0, b), ("C", UNIT, 400.0, c)]
    assert said(three) == (
        "Where FY2026 goes over, it is by $200 on average: "
        "spend without a unit or a budget is $300 over, all others $100 under."
    )
    free = [("A", UNIT, 500.0, a), ("Budget given to no unit", FREE, 400.0, b + c)]
    assert said(free) == (
        "Where FY2026 goes over, it is by $200 on average: "
        "A is $300 over, $100 of the budget is given to no unit."
    )
    closed = [(name, kind, own, each[:1]) for name, kind, own, each in three]
    assert said(closed, certain=True, closed=True) == (
        "FY2026 closed $200 over its budget: "
        "spend without a unit or a budget is $300 over, all others $100 under."
    )
    # names may hold what ends a clause: nothing is parsed out of a sentence
    odd = [('R&D; "A: B"', UNIT, 500.0, a), ("C", UNIT, 400.0, c)]
    assert said(odd).endswith('R&D; "A: B" is $300 over, C is $20.00 under.')
