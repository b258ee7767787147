"""Decisions with their last useful day, and commitments held (docs/method §9.31 to §9.32)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deciding_world import AHEAD, close_of, row, run_of

from finops_model.errors import ScenarioError
from finops_model.measure.page_one.deciding.commitments_held import commitments
from finops_model.measure.page_one.deciding.decisions import decisions
from finops_model.measure.page_one.deciding.renewals import covered, renewal
from finops_model.periods import Calendar, month_days, month_range
from finops_model.scenario.document import decision_of

MONTHS = month_range("2026-11", "2027-12")
LIMITS = {"of_line": 0.02, "of_company": 0.001, "least": 10.0}
PRICE, RATE = 4.0, 2.5


def record(name="gpu", end="2027-01-01", **cells) -> dict:
    """A commitment to 4 GPUs an hour."""
    return {
        "ContractCommitmentId": name,
        "ContractCommitmentDescription": "4 GPUs for a year",
        "ContractCommitmentLifecycleStatus": "Active",
        "ContractCommitmentPeriodStart": "2026-01-01",
        "ContractCommitmentPeriodEnd": end,
        "ContractCommitmentQuantity": "4",
        "ContractCommitmentUnit": "GPU-hours",
        "ServiceProviderName": "Cloud",
        "x_SkuIds": "GPU-OD",
        **cells,
    }


def hours_of(paths=60, seed=11):
    """Whole GPUs used in each hour of each month: {month: (path, hour)}."""
    draws = np.random.default_rng(seed)
    level = draws.uniform(2.0, 8.0, (paths, 1))
    return {
        month: np.floor(level + draws.uniform(0.0, 4.0, (paths, 24 * len(month_days(month)))))
        for month in MONTHS
    }


def frozen_of(hours, ids=("gpu",), level=None, price=PRICE, rate=RATE, unit="GPU-hours"):
    """What a run keeps of a pool (simulate/dials.py), from its hours."""
    grid = np.arange(16.0)
    spill = np.stack(
        [np.stack([np.maximum(hours[m] - k, 0).sum(axis=1) for k in grid], axis=1) for m in MONTHS],
        axis=1,
    )
    counts = np.array([float(hours[m].shape[1]) for m in MONTHS])
    pool = {
        "ids": list(ids),
        "skus": ["GPU-OD"],
        "unit": unit,
        "grid": grid,
        "spill": spill,
        "price": np.full(len(MONTHS), price),
        "rate": np.full(len(MONTHS), rate),
        "level": np.zeros(len(MONTHS)) if level is None else np.asarray(level, float),
        "hours": counts,
    }
    return {"months": list(MONTHS), "commitments": [pool]}


def by_hand(hours, size, others=0, first="2027-01-01", price=PRICE, rate=RATE, until="2027-12-31"):
    """On demand less renewed, hour by hour: (path,)."""
    saving = 0.0
    for month, used in hours.items():
        for i, day in enumerate(month_days(month)):
            if not first <= str(day) <= until:
                continue
            own = used[:, 24 * i : 24 * i + 24]
            before = np.maximum(own - others, 0).sum(axis=1) * price
            after = np.maximum(own - others - size, 0).sum(axis=1) * price + 24 * size * rate
            saving = saving + before - after
    return saving


def inside(year="2027"):
    return np.array([float(month.startswith(year)) for month in MONTHS])


@pytest.mark.parametrize("others", [0, 2])
def test_the_best_renewal_and_its_saving_are_those_of_every_hour_and_level(others):
    hours = hours_of()
    level = [4.0 + others] * 2 + [float(others)] * 12
    ids = ("gpu", "other") if others else ("gpu",)
    found = renewal(frozen_of(hours, ids, level), record(x_Rate=str(RATE)), MONTHS, inside())
    means = [by_hand(hours, size, others).mean() for size in range(16 - others)]
    best = int(np.argmax(means))
    assert found.quantity == best and best not in (0, 4)
    assert found.saving == pytest.approx(by_hand(hours, best, others), abs=1e-6)
    assert found.as_held == pytest.approx(by_hand(hours, 4, others).mean(), abs=1e-6)
    assert found.saving.mean() >= found.as_held
    assert (found.held, found.months) == (4.0, 12.0)


def test_money_scales_and_moves_no_level_and_a_dear_rate_renews_nothing():
    hours = hours_of()
    one = renewal(frozen_of(hours), record(), MONTHS, inside())
    ten = renewal(frozen_of(hours, price=10 * PRICE, rate=10 * RATE), record(), MONTHS, inside())
    assert one.quantity == ten.quantity
    assert ten.saving == pytest.approx(10 * one.saving)
    dear = renewal(frozen_of(hours, rate=PRICE), record(), MONTHS, inside())
    assert dear.quantity == 0 and not dear.saving.any() and dear.as_held < 0
    cheap = renewal(frozen_of(hours, rate=0.5 * RATE), record(), MONTHS, inside())
    assert cheap.quantity >= one.quantity and cheap.saving.mean() >= one.saving.mean()


def test_a_price_that_differs_by_path_and_a_year_that_takes_part_of_the_months():
    hours = hours_of()
    frozen = frozen_of(hours)
    pool = frozen["commitments"][0]
    pool["price"] = np.where(np.arange(60)[:, None] < 30, PRICE, 2 * PRICE) * np.ones((60, 14))
    found = renewal(frozen, record(), MONTHS, inside() * 0.5)
    for path in (0, 40):
        price = PRICE if path < 30 else 2 * PRICE
        expected = 0.5 * by_hand(hours, found.quantity, price=price)[path]
        assert found.saving[path] == pytest.approx(expected)
    assert found.months == 6.0


def test_an_end_in_mid_month_counts_the_days_after_it_and_a_term_that_runs_out_those_before():
    now, then = covered(record(end="2027-01-11"), MONTHS)
    at = MONTHS.index("2027-01")
    assert now[at] == pytest.approx(10 / 31) and then[at] == pytest.approx(21 / 31)
    assert then[at + 1] == 1.0 and now[0] == 1.0 and then[0] == 0.0
    _, then = covered(
        record(end="2027-01-01", ContractCommitmentPeriodStart="2026-10-01"), MONTHS
    )  # 92 days
    assert then.round(6).tolist()[1:7] == [0.0, 1.0, 1.0, 1.0, round(2 / 30, 6), 0.0]


def test_of_the_month_in_which_it_ends_its_own_part_is_not_what_others_hold():
    hours = hours_of()
    ends = record(end="2027-01-11")
    level = np.array([4.0, 4.0, 4.0 * 10 / 31, *[0.0] * 11])
    found = renewal(frozen_of(hours, level=level), ends, MONTHS, inside())
    by_month = [
        by_hand({month: hours[month]}, found.quantity) * (21 / 31 if month == "2027-01" else 1.0)
        for month in MONTHS
        if month.startswith("2027")
    ]
    assert found.saving == pytest.approx(sum(by_month), abs=1e-6)
    assert found.months == pytest.approx(11 + 21 / 31)


@pytest.mark.parametrize(
    "frozen, cells",
    [
        ({"months": list(MONTHS), "commitments": []}, {}),
        (frozen_of(hours_of(2), ids=("other",)), {}),
        (frozen_of(hours_of(2), ids=("gpu", "gpu")), {}),
        (frozen_of(hours_of(2), ids=("gpu", "other")), {}),  # whose rate is it?
        (frozen_of(hours_of(2)), {"ContractCommitmentQuantity": "many"}),
        (frozen_of(hours_of(2)), {"ContractCommitmentPeriodEnd": "soon"}),
        ({"months": ["2026-11"], "commitments": frozen_of(hours_of(2))["commitments"]}, {}),
    ],
)
def test_what_cannot_be_computed_has_no_money(frozen, cells):
    assert renewal(frozen, record(**cells), MONTHS, inside()) is None


def base_of(dials=None, paths=60, units=("A", "B"), months=MONTHS):
    draws = np.random.default_rng(2)
    effective = draws.uniform(90.0, 110.0, (paths, len(months), len(units)))
    return run_of(effective, units, months, dials=dials or {})


def used(day="2026-10-20", unit="A", cost=50.0, status="Used", name="gpu"):
    return row(day, cost, unit, CommitmentDiscountId=name, CommitmentDiscountStatus=status)


def test_a_commitment_that_ends_is_a_decision_with_what_doing_nothing_costs():
    hours = hours_of()
    close = close_of(
        [used()],
        base_of(frozen_of(hours)),
        inventory=[record(x_Owner="Procurement", x_NoticeDays="30")],
    )
    (due,) = decisions(close, "Company", LIMITS)
    best = max(range(16), key=lambda size: by_hand(hours, size).mean())
    saving, as_held = by_hand(hours, best), by_hand(hours, 4).mean()
    assert due["what"] == f"Renew “4 GPUs for a year” with {best} GPUs an hour at its terms"
    assert (due["by"], due["owner"], due["kind"]) == (
        "2026-12-01",
        "Procurement",
        "commitment ends",
    )
    assert due["period"] == "FY2027" and due["saves"] == pytest.approx(saving.mean())
    assert [due["p10"], due["p90"]] == pytest.approx(np.quantile(saving, [0.1, 0.9]).tolist())
    thousands = as_held / 12 / 1000
    assert due["if_nothing"] == f"4 GPUs an hour go on demand: +${thousands:.2f}k a month"
    (of_unit,) = decisions(close, "A", LIMITS)
    assert of_unit["what"] == "Renew “4 GPUs for a year”, or let it end"
    assert of_unit["saves"] is None and of_unit["period"] is None
    assert decisions(close, "B", LIMITS) == []


def test_what_saves_nothing_is_said_and_without_frozen_draws_nothing_is_invented():
    dear = close_of([used()], base_of(frozen_of(hours_of(), rate=PRICE)), inventory=[record()])
    (due,) = decisions(dear, "Company", LIMITS)
    assert due["what"] == (
        "Let “4 GPUs for a year” end: renewed at its terms it would save nothing"
    )
    assert due["saves"] is None and due["if_nothing"].startswith("4 GPUs an hour go on demand: −$")
    runout = runs_out("commitment", "gpu", "2026-12-31", short=12.0, ends_with="coverage ends")
    bare = close_of([used()], base_of(), inventory=[record()], runouts=[runout])
    (due,) = decisions(bare, "Company", LIMITS)
    assert due["what"] == "Renew “4 GPUs for a year” as it is, or let it end"
    assert due["if_nothing"] == "its use goes on demand: +$365 a month"
    assert (due["saves"], due["by"], due["owner"]) == (None, "2026-12-31", "")


@pytest.mark.parametrize(
    "inventory",
    [
        [record(), record("next", "2028-06-01", ContractCommitmentPeriodStart="2027-01-01")],
        [record(end="2026-10-15")],
        [record(end="2029-01-01")],  # beyond the horizon
        [record(ContractCommitmentLifecycleStatus="Proposed")],
        [record(end="")],
        [record(x_NoticeDays="90")],  # the notice has passed
        [record(x_NoticeDays="1000000")],  # and long ago: before any calendar
        [record(x_NoticeDays="1e300")],
    ],
)
def test_what_is_followed_over_far_or_passed_is_not_due(inventory):
    close = close_of([used()], base_of(frozen_of(hours_of())), inventory=inventory)
    assert decisions(close, "Company", LIMITS) == []


def test_a_successor_on_something_else_decides_nothing():
    other = record("else", "2028-06-01", x_SkuIds="CPU", ContractCommitmentPeriodStart="2027-01-01")
    close = close_of([used()], base_of(), inventory=[record(), other])
    assert [one["by"] for one in decisions(close, "Company", LIMITS)] == ["2026-12-31"]


def what_if(base, less, name="Smaller"):
    return run_of(base.effective - less, base.units, base.months, name=name)


def due(by="2026-12-15", owner="Team A", source="scenarios/20.yaml"):
    return {"by": by, "owner": owner, "source": source}


def test_a_what_if_saves_what_each_future_saves_in_the_next_fiscal_year():
    base = base_of()
    draws = np.random.default_rng(4)
    less = np.zeros(base.effective.shape)
    less[:, :, 0] = draws.uniform(0.0, 5.0, less.shape[:2])
    close = close_of([row("2026-10-01", 5.0)], base, what_ifs=[what_if(base, less)], due=[due()])
    (one,) = decisions(close, "Company", LIMITS)
    per_path = [
        sum(path[i, 0] for i, month in enumerate(MONTHS) if month.startswith("2027"))
        for path in less
    ]
    assert one["saves"] == pytest.approx(np.mean(per_path)) and one["period"] == "FY2027"
    assert [one["p10"], one["p90"]] == pytest.approx(np.quantile(per_path, [0.1, 0.9]).tolist())
    assert (one["what"], one["kind"], one["by"], one["owner"], one["source"]) == (
        "Smaller",
        "what-if",
        "2026-12-15",
        "Team A",
        "scenarios/20.yaml",
    )
    (of_a,) = decisions(close, "A", LIMITS)
    assert of_a["saves"] == pytest.approx(one["saves"])
    assert decisions(close, "B", LIMITS) == []  # nothing of it
    assert decisions(close, "A", {**LIMITS, "least": 1e4}) == []  # too little to be its own


def test_a_what_if_that_acts_this_year_alone_says_this_year_and_one_that_costs_is_negative():
    base = base_of()
    soon = np.zeros(base.effective.shape)
    soon[:, 1, 1] = 7.0  # December 2026
    dearer = np.full(base.effective.shape, -1.0)
    nothing = np.zeros(base.effective.shape)
    close = close_of(
        [row("2026-10-01", 5.0)],
        base,
        what_ifs=[what_if(base, soon), what_if(base, dearer, "Dearer"), what_if(base, nothing)],
        due=[due("2026-11-30"), due("2026-11-15"), due("2026-12-01")],
    )
    found = decisions(close, "Company", LIMITS)
    assert [(one["by"], one["what"], one["period"]) for one in found] == [
        ("2026-11-15", "Dearer", "FY2027"),
        ("2026-11-30", "Smaller", "FY2026"),
        ("2026-12-01", "Smaller", None),
    ]
    assert [one["saves"] for one in found] == [pytest.approx(-24.0), pytest.approx(7.0), None]


def test_a_day_that_has_passed_and_a_what_if_without_one_are_not_due():
    base = base_of()
    less = np.ones(base.effective.shape)
    runs = [what_if(base, less, name) for name in ("Late", "Today", "Some day")]
    close = close_of(
        [row("2026-10-01", 5.0)],
        base,
        what_ifs=runs,
        due=[due("2026-10-30"), due("2026-10-31"), due("")],
    )
    assert [one["what"] for one in decisions(close, "Company", LIMITS)] == ["Today"]


def test_a_year_that_the_run_does_not_reach_is_not_said():
    months = AHEAD
    base = base_of(months=months)
    less = np.ones(base.effective.shape)
    close = close_of([row("2026-10-01", 5.0)], base, what_ifs=[what_if(base, less)], due=[due()])
    (one,) = decisions(close, "Company", LIMITS)
    assert (one["period"], one["saves"]) == ("FY2026", pytest.approx(4.0))


def test_of_a_year_of_weeks_the_days_that_lie_in_it_count():
    base = base_of()
    less = np.zeros(base.effective.shape)
    less[:, -1, 0] = 31.0  # December 2027: 25 of its days lie in FY2027, which ends on the 25th
    days = [row(f"2026-10-{day:02}", 1.0) for day in range(1, 29)]
    close = close_of(
        days, base, calendar=Calendar("4-4-5"), what_ifs=[what_if(base, less)], due=[due()]
    )
    (one,) = decisions(close, "Company", LIMITS)
    assert (one["period"], one["saves"]) == ("FY2027", pytest.approx(25.0))
    soon = np.zeros(base.effective.shape)
    soon[:, 0, 0] = 30.0  # November, all of it in FY2026
    soon[:, 1, 0] = 31.0  # December 2026: 5 of its days lie in FY2027, a tenth of both is 6.1
    close = replace(close, what_ifs=[what_if(base, soon)])
    (one,) = decisions(close, "Company", LIMITS)
    assert (one["period"], one["saves"]) == ("FY2026", pytest.approx(56.0))


def runs_out(kind, name, earliest, **cells) -> dict:
    known = {
        "state": "running",
        "owner": "",
        "short": None,
        "end": None,
        "per": "",
        "ends_with": "",
    }
    return {"kind": kind, "name": name, "earliest": earliest, **known, **cells}


def test_what_runs_out_is_due_by_its_earliest_day():
    rows = [
        runs_out("budget", "FY2026 budget", "2026-12-01"),
        runs_out("prepaid", "OpenAI", "2026-12-09", owner="Ana", short=1500.0, end="2027-01-14"),
        runs_out("credit", "grant", "2027-02-01", short=0.0),
        runs_out("quota", "chat", "2026-11-20", short=80.0, per="month"),
        runs_out("prepaid", "lasts", None),
        runs_out("commitment", "signed", "2026-12-31", ends_with="coverage ends"),
        runs_out("commitment", "{hours}", "2027-03-01"),
        runs_out("prepaid", "empty", "2026-10-01", state="out"),
    ]
    close = close_of([row("2026-10-01", 5.0)], base_of(), runouts=rows)
    found = [
        (one["by"], one["what"], one["if_nothing"], one["owner"], one["saves"])
        for one in decisions(close, "Company", LIMITS)
    ]
    assert found == [
        ("2026-11-20", "Raise the quota of chat, or use less", "$80.00 of use lies beyond it this month", "", None),
        ("2026-12-09", "Fill up the prepaid balance OpenAI", "nothing pays for $1.50k of use by its end", "Ana", None),
        ("2027-02-01", "Plan for the end of the credit grant", "", "", None),
        ("2027-03-01", "Replace the commitment {hours}, which is used up", "", "", None),
    ]  # fmt: skip
    assert decisions(close, "A", LIMITS) == []


# -- commitments held


def test_what_is_held_is_what_the_bill_says_of_it():
    rows = [
        used("2026-03-02", cost=30.0),
        used("2026-03-02", cost=12.0, status="Unused"),
        used("2026-10-02", "A", 70.0),
        used("2026-10-03", "B", 20.0),
        used("2026-10-03", "B", 10.0, status="Unused"),
        used("2026-10-01", "A", 0.0, status="", name="gpu"),  # the purchase
        used("2026-10-03", "B", 99.0, name="other"),
        used("2025-10-03", "B", 5.0, status="Unused"),
        row("2026-10-04", 500.0),
    ]
    close = close_of(rows, base_of(), inventory=[record(), record("quiet", "2026-10-16")])
    first, second = commitments(close)
    assert first["name"] == "quiet" and (first["ends"], first["days_left"]) == ("2026-10-15", 0)
    assert [first[key] for key in ("cost", "used", "unused", "unused_year_to_date")] == [None] * 4
    assert second == {
        "name": "gpu",
        "what": "4 GPUs for a year",
        "vendor": "Cloud",
        "ends": "2026-12-31",
        "days_left": 61,
        "cost": 100.0,
        "used": 0.9,
        "unused": 10.0,
        "unused_year_to_date": 22.0,
    }


@pytest.mark.parametrize(
    "cells",
    [
        {"end": "2026-10-01"},  # its last day was in September
        {"ContractCommitmentPeriodStart": "2026-11-01"},
        {"ContractCommitmentLifecycleStatus": "Expired"},
        {"end": "some day"},
    ],
)
def test_what_is_not_in_force_is_not_held(cells):
    assert commitments(close_of([used()], base_of(), inventory=[record(**cells)])) == []


def test_a_commitment_without_a_description_is_called_by_its_quantity_and_names_are_one_line():
    plain = record(ContractCommitmentDescription="", InvoiceIssuerName="x")
    hostile = record("b", ContractCommitmentDescription="a\u202egpj\n=1+1")
    found = commitments(close_of([used()], base_of(), inventory=[plain, hostile]))
    assert [one["what"] for one in found] == ["agpj =1+1", "4 GPUs an hour"]


# -- what a scenario file says


def test_a_scenario_says_by_when_and_by_whom_it_is_decided(tmp_path):
    (tmp_path / "base.yaml").write_text("name: Base\ndecide_by: 2026-01-01\nowner: Nobody\n")
    change = "- {path: a/b, op: set, value: 1, because: x, owner: %s}\n"
    plain = tmp_path / "plain.yaml"
    plain.write_text("name: A\nbase: base.yaml\nchanges:\n" + change % "Ana" + change % "Ben")
    assert decision_of(plain) == {"by": "", "owner": "Ana and Ben"}
    plain.write_text(
        "name: A\ndecide_by: 2026-12-15\nowner: Cem\nbase: base.yaml\nchanges:\n" + change % "Ana"
    )
    assert decision_of(plain) == {"by": "2026-12-15", "owner": "Cem"}


@pytest.mark.parametrize(
    "line, said",
    [
        ("decide_by: 2026-12", "{f}:2: decide_by: '2026-12' is no day. Write it as YYYY-MM-DD."),
        ("decide_by: soon", "{f}:2: decide_by: 'soon' is no day. Write it as YYYY-MM-DD."),
        (
            "decide_bye: 2026-12-15",
            "{f}:2: unknown key 'decide_bye'. Did you mean 'decide_by'? Known: agreements, assumptions, base, changes, commitments, "
            "decide_by, decisions, drivers, horizon, name, owner, paths, prices, purchases, question, risks, schema, seed, shapes, "
            "workloads.",
        ),
    ],
)
def test_a_day_that_is_none_is_refused_word_for_word(tmp_path, line, said):
    place = tmp_path / "a.yaml"
    place.write_text(f"name: A\n{line}\n")
    with pytest.raises(ScenarioError) as problem:
        decision_of(place)
    assert str(problem.value) == said.format(f=place)
