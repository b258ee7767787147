"""Page one: why the next month is another, and what changed since the last report (docs/method §9.26, §9.27)."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import page_one_world as world
import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_one_world import NOTHING, brief_of, close_of

from finops_model.measure.page_one.movers import named, of_bridge

PLAN = world.year(5000.0)


def spent(unit: int, first: str, last: str) -> float:
    """A unit's cost of some days, by plain loops."""
    day, end, total = dt.date.fromisoformat(first), dt.date.fromisoformat(last), 0.0
    while day <= end:
        total += world.cost((day - dt.date(2025, 1, 1)).days) / (1 + unit)
        day += dt.timedelta(days=1)
    return total


def mean(close, month: str, unit: int) -> float:
    run = close.base
    m = run.months.index(month)
    return sum(float(run.effective[p, m, unit]) for p in range(run.paths)) / run.paths


# -- the next month -------------------------------------------------------------------------------------------------------------


def test_the_next_month_is_what_plain_loops_say():
    close = close_of(plan=PLAN)
    found = brief_of(close)["page_one"]["next_month"]
    then = [spent(u, "2026-10-01", "2026-10-31") for u in (0, 1)]
    now = [mean(close, "2026-11", u) for u in (0, 1)]
    a_day_less = sum(one * (30 / 31 - 1) for one in then)
    use = [b - a * 30 / 31 for a, b in zip(then, now, strict=True)]
    assert found["month"] == "2026-11"
    assert found["value"] == pytest.approx(sum(now), abs=0.006)
    assert found["change"] == pytest.approx(sum(now) - sum(then), abs=0.011)
    parts = {part["what"]: part["amount"] for part in found["parts"]}
    assert parts == {
        "a day less": pytest.approx(a_day_less, abs=0.011),
        "less north-chat": pytest.approx(use[0], abs=0.011),
        "less south-chat": pytest.approx(use[1], abs=0.011),
    }
    assert math.fsum(parts.values()) == pytest.approx(found["change"], abs=1e-9)
    assert found["sentence"] == (
        "November 2026 is expected at $4.95k, $3.41k less than October 2026: less north-chat −$2.09k, "
        "less south-chat −$1.05k, a day less −$270."
    )


def test_of_a_unit_it_is_of_the_unit():
    close = close_of(plan=PLAN)
    found = brief_of(close, "South")["page_one"]["next_month"]
    assert found["value"] == pytest.approx(mean(close, "2026-11", 1), abs=0.006)
    assert [part["what"] for part in found["parts"]] == ["less south-chat", "everything else"]


def test_a_change_that_is_not_material_is_about_as_much():
    close = close_of(of=lambda i: 110.0, plan=world.year(5000.0), run={"flat": True})
    found = brief_of(close)["page_one"]["next_month"]
    assert found["sentence"] == (
        "November 2026 is expected at $4.95k, $165 less than October 2026: a day less −$165."
    )
    large = world.year(20000.0)  # the least is 240 now
    assert brief_of(replace(close, budgets=world.budgets(large)))["page_one"]["next_month"][
        "sentence"
    ] == (
        "November 2026 is expected at $4.95k, about as much as October 2026 (−$165): a day less −$165."
    )


def test_nothing_is_said_beside_a_part_of_a_month():
    for close in (
        close_of(as_of="2026-10-13"),  # under way
        close_of(first="2026-10-04", months=3),  # the bill begins in it
        close_of(run={"why": NOTHING}),
        close_of("2026-12", months=0),
    ):
        assert "next_month" not in brief_of(close)["page_one"]


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(-(10**9), 10**9)), max_size=8),
    st.integers(-(10**9), 10**9),
    st.integers(1, 5),
)
def test_named_steps_add_up_to_the_whole_to_the_coin(steps, whole, most):
    told = named([(what, amount / 100) for what, amount in steps], whole / 100, "USD", most)
    assert round(sum(round(amount * 100) for _, amount in told)) == whole
    own = [one for one in told if one[0] != "everything else"]
    assert len(own) <= most and [abs(a) for _, a in own] == sorted(
        (abs(a) for _, a in own), reverse=True
    )
    assert all(amount for _, amount in told)


def test_names_from_a_bill_are_text_on_one_line_and_a_folded_row_is_everything_else():
    rows = [
        {"name": "a\u202egpj.exe\nb", "previous": 0.0, "current": 9.0, "steps": {"volume": 9.0}},
        {"name": "12 others", "previous": 8.0, "current": 1.0, "steps": {"volume": -7.0}},
        {"name": "c/(untagged)/GPU", "previous": 5.0, "current": 0.0, "steps": {"volume": -5.0}},
        {"name": "", "previous": 1.0, "current": 3.0, "steps": {"together": 2.0}},
    ]
    steps = {"volume": -3.0, "together": 2.0, "commitment": 1.5, "list_price": 0.5, "days": 1.0}
    told = of_bridge({"steps": steps, "rows": rows, "change": 2.0}, 3, "USD", 9)
    assert told == [
        ("agpj.exe b begins", 9.0),
        ("no c/GPU", -5.0),
        ("prices and commitments", 2.0),
        ("3 days more", 1.0),
        ("everything else", -5.0),
    ]


# -- since the last report ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reported():
    """October, and the brief of September that was published."""
    september = brief_of(close_of("2026-09", months=15, plan=PLAN, run={"scale": 1.1}))
    return close_of(plan=PLAN, reported={"Company": september}), september


def lines(brief: dict) -> dict[str, dict]:
    return {one["what"]: one for one in brief["page_one"]["since_report"]["lines"]}


def test_the_first_report_has_no_line():
    for close in (close_of(plan=PLAN), close_of(first="2026-10-01", months=3)):
        assert brief_of(close)["page_one"]["since_report"] == {"month": None, "lines": []}


def test_month_and_year_since_the_last_report(reported):
    close, september = reported
    brief = brief_of(close)
    since = brief["page_one"]["since_report"]
    assert since["month"] == "2026-09" and list(lines(brief)) == ["October cost", "FY2026"]
    month, year = since["lines"]
    then, now = (
        sum(spent(u, *span) for u in (0, 1))
        for span in (("2026-09-01", "2026-09-30"), ("2026-10-01", "2026-10-31"))
    )
    assert month["change"] == pytest.approx(now - then, abs=0.011)
    assert month["sentence"] == (
        "October 2026 cost $8.36k, $385 more than September 2026: a day more +$266, more north-chat +$79.55, "
        "more south-chat +$39.77."
    )
    own, last = (one["page_one"]["periods"]["lines"][4]["value"] for one in (brief, september))
    assert year["change"] == own - last
    assert year["sentence"] == (
        "FY2026 is expected at $86.0k, $1.73k more than in the report of September 2026: more use +$1.73k. "
        "October 2026 itself came in $2.74k over its forecast."
    )


def test_a_month_under_way_stands_beside_the_same_days(reported):
    close = close_of(as_of="2026-10-13", plan=PLAN, reported=reported[0].reported)
    month = lines(brief_of(close))["October cost"]
    then = sum(spent(u, "2026-09-01", "2026-09-13") for u in (0, 1))
    now = sum(spent(u, "2026-10-01", "2026-10-13") for u in (0, 1))
    assert month["change"] == pytest.approx(now - then, abs=0.011)
    assert month["sentence"] == (
        "October 2026 so far cost $3.52k, $96.00 more than the same days of September 2026: "
        "more north-chat +$64.00, more south-chat +$32.00."
    )


def test_a_bill_that_begins_in_the_month_before_is_not_held_beside_it(reported):
    close = close_of(first="2026-09-10", months=3, reported=reported[0].reported)
    assert "October cost" not in lines(brief_of(close))


def test_a_budget_that_is_another_is_said(reported):
    close, september = reported
    more = world.budgets({**PLAN, "2026-11": 6000.0})
    found = lines(brief_of(replace(close, budgets=more)))["Budget"]
    assert found["change"] == 1000.0 and found["sentence"] == (
        "The budget of FY2026 is $61.0k now, $1.00k more than in the report of September 2026 "
        "(2026 approved, approved by Ingrid on 12 December 2025)."
    )
    none = lines(brief_of(replace(close, budgets=None)))["Budget"]
    assert none["change"] is None and none["sentence"] == (
        "FY2026 has no budget of the whole year now; that of the report of September 2026 was $60.0k."
    )
    before = {**september, "landing": {**september["landing"], "budget": None}}
    first = lines(brief_of(replace(close, reported={"Company": before})))["Budget"]
    assert first["sentence"] == (
        "The budget of FY2026 is $60.0k (2026 approved, approved by Ingrid on 12 December 2025); "
        "the report of September 2026 had none."
    )


def restated(month: str, published: float, now: float) -> dict:
    return {"month": month, "published": published, "now": now, "difference": now - published}


def test_restated_months_that_matter_are_named_and_the_others_counted(reported):
    close = reported[0]
    found = brief_of(
        close, restated=[restated("2026-08", 8000.0, 8010.0), restated("2026-09", 7800.0, 8200.0)]
    )
    own = lines(found)
    assert own["September restated"]["sentence"] == (
        "September 2026 was corrected: $8.20k, not $7.80k as published (+$400)."
    )
    assert own["Restated"]["sentence"] == "August 2026 was corrected by +$10.00."
    many = [restated(f"2026-0{m}", 7000.0, 7500.0) for m in range(1, 7)]
    own = lines(brief_of(close, restated=many))
    assert [what for what in own if "restated" in what.lower()] == [
        "June restated",
        "May restated",
        "April restated",
        "Restated",
    ]
    assert own["Restated"]["sentence"] == "3 other months were corrected, in all by +$1.50k."


def test_the_later_note_of_the_last_report_is_said_once_known(reported):
    told = "15 days later FY2026 stands at $9.92m, $9.85m to $10.0m."
    note = {"as_of": "2026-10-15", "days": 15, "period": "FY2026", "sentence": told}
    close = replace(reported[0], later={"Company": note})
    assert lines(brief_of(close))["Between the reports"]["sentence"] == (
        "Of the report of September 2026: 15 days later FY2026 stood at $9.92m, $9.85m to $10.0m."
    )
    # what is known on this report's own day, or after it, is none between the reports
    for day in ("2026-10-31", "2026-11-15"):
        own = lines(brief_of(replace(close, later={"Company": {**note, "as_of": day}})))
        assert "Between the reports" not in own


def test_a_brief_of_before_page_one_and_one_of_another_year_say_less(reported):
    close, september = reported
    old = {key: value for key, value in september.items() if key not in ("page_one", "expected")}
    assert list(lines(brief_of(replace(close, reported={"Company": old})))) == ["October cost"]
    december = brief_of(close_of("2025-12", months=24, plan=PLAN))
    january = close_of("2026-01", months=12, plan=PLAN, reported={"Company": december})
    own = lines(brief_of(january))
    assert list(own) == ["January cost", "FY2026"]  # of the new year as the old report had it
    assert own["FY2026"]["change"] == pytest.approx(
        january_value(january) - december["page_one"]["periods"]["lines"][-1]["value"]
    )


def january_value(close) -> float:
    return brief_of(close)["page_one"]["periods"]["lines"][4]["value"]


def test_a_factor_scales_the_money_of_changes():
    factor = 1024.0

    def of(by: float) -> dict:
        how = {"of": lambda i: world.cost(i) * by, "plan": {m: a * by for m, a in PLAN.items()}}
        september = brief_of(close_of("2026-09", months=15, run={"scale": 1.1 * by}, **how))
        return brief_of(close_of(reported={"Company": september}, run={"scale": by}, **how))

    one, scaled = of(1.0)["page_one"], of(factor)["page_one"]
    for a, b in zip(one["next_month"]["parts"], scaled["next_month"]["parts"], strict=True):
        assert b["what"] == a["what"] and b["amount"] == pytest.approx(
            a["amount"] * factor, abs=0.02 * factor
        )
    for a, b in zip(one["since_report"]["lines"], scaled["since_report"]["lines"], strict=True):
        assert b["what"] == a["what"] and b["change"] == pytest.approx(
            a["change"] * factor, abs=0.02 * factor
        )


def test_a_year_of_other_months_is_no_last_forecast_of_this_one():
    """FY2027 was the calendar year when the last report was published, and begins in April since: no bill was corrected."""
    from finops_model.measure.change.moved import since_last_month
    from finops_model.measure.page_one.last import same_years, value_in
    from finops_model.measure.page_one.spans import spans
    from finops_model.periods import Calendar

    months = [f"2027-{i:02d}" for i in range(1, 13)]
    line = {"workload": "a", "sku": "s", "unit": "", "quantity": 0.0, "cost": 1200.0}
    then = {
        "period": "FY2027",
        "as_of": "2026-09-30",
        "p50": 1200.0,
        "mean": 1200.0,
        "booked": 0.0,
        "by_month": dict.fromkeys(months, 100.0),
        "lines": [line],
    }
    now = {**then, "booked": 700.0, "by_month": dict.fromkeys(["2026-11", "2027-03"], 100.0)}
    assert since_last_month([now], {"expected": [then]}, [], None, None, {}, 4) == []
    every = spans(Calendar(starts=4), 2027)
    brief = {
        "month": "2026-09",
        "landing": {"last": "2026-12"},
        "page_one": {"periods": {"lines": [{"period": "FY2027", "value": 1200.0}]}},
        "actual": {"by_month": {f"2026-{i:02d}": 10.0 for i in range(1, 10)}},
        "forecast": {"months": [{"month": f"2026-{i}", "mean": 10.0} for i in (10, 11, 12)]},
    }
    brief["forecast"]["months"] += [{"month": month, "mean": 100.0} for month in months]
    same = same_years(brief, every)
    assert (same, value_in(brief, every[-1], same)) == (False, 9 * 10.0 + 3 * 100.0)
    assert same_years({"landing": {"last": "2027-03"}}, every)
