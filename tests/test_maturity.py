"""Crawl, walk, run by figures: each capability against plain sums, the whole against numpy, the checklist, the command (docs/method §18)."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.errors import InputError
from finops_model.facts.cycle.arrivals import arrivals
from finops_model.facts.cycle.reviews import Review, read_reviews
from finops_model.facts.plans.read import read_budgets
from finops_model.measure.maturity import graded, habits
from finops_model.measure.maturity.checklist import STATABLE, checks
from finops_model.measure.maturity.levels import level_of, overall
from finops_model.measure.maturity.record import COLUMNS
from finops_model.measure.maturity.types import Alerts, Decided, Ground
from finops_model.measure.maturity.whole import CAPABILITIES, standing
from finops_model.periods import month_days, month_range
from finops_model.settings import Maturity, Steps, load_settings
from finops_model.wording.terms import COMMON, TERMS, define, terms_in

MONTHS = month_range("2025-01", "2025-12")


def rows_of(**columns) -> pd.DataFrame:
    """Charges of 2025, one a month on its 10th, with what is asked for in each row."""
    plain = {
        "ChargeCategory": "Usage",
        "ServiceName": "GPU",
        "ServiceCategory": "Compute",
        "PricingCategory": "Standard",
        "CommitmentDiscountId": "",
        "CommitmentDiscountStatus": "",
        "SkuId": "A",
        "ConsumedUnit": "GPU-hours",
        "ConsumedQuantity": 10.0,
        "x_Team": "a",
        "x_Environment": "production",
        "x_BusinessUnit": "(unassigned)",
        "EffectiveCost": 100.0,
        "ContractedCost": 100.0,
        "ListCost": 100.0,
    } | columns
    return pd.DataFrame({"ChargeDate": pd.to_datetime([f"{m}-10" for m in MONTHS]), **plain})


def ground_of(**known) -> Ground:
    """A workspace that knows its cost of 2025 and, besides, what is given."""
    plain = dict(
        limits=Maturity(),
        currency="USD",
        as_of="2025-12-31",
        rows=rows_of(),
        complete=dict.fromkeys(MONTHS, 100.0),
        budgets=None,
        record=pd.DataFrame(columns=list(COLUMNS)),
        arrivals=arrivals(Kept()),
        reviews=None,
        decisions=None,
        inventory=[],
        coverage={},
        alerts=Alerts(published=[], answered=frozenset()),
    )
    return Ground(**(plain | known))


@given(st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=12))
def test_the_whole_is_the_percentile(levels):
    known = [level for level in levels if level is not None]
    expected = int(np.floor(np.percentile(known, 33) + 1e-9)) if known else None
    assert overall(levels) == expected
    if known:
        assert min(known) <= overall(levels) <= max(known)
        assert overall([*levels, None]) == overall(levels)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_better_figure_is_never_a_lower_level(one, two):
    low, high = sorted((one, two))
    assert level_of(low, Maturity().allocated) <= level_of(high, Maturity().allocated)
    assert level_of(low, Maturity().forecast) >= level_of(high, Maturity().forecast)


@given(st.floats(0, 1))
def test_a_figure_reads_on_its_side_of_every_step(figure):
    steps = Maturity().allocated
    read = float(graded.said(figure, *steps.limits).removesuffix(" %")) / 100
    assert level_of(round(read, 12), steps) == level_of(figure, steps)


def test_allocation_is_the_cost_that_somebody_answers_for():
    teams = ["a"] * 11 + [""]
    units = ["(unassigned)"] * 12
    rows = pd.concat(
        [
            rows_of(x_Team=teams, x_BusinessUnit=units),
            rows_of(x_Team="(untagged)", x_BusinessUnit=["Search"] * 6 + ["All"] * 6),
        ]
    )
    ground = ground_of(rows=rows)
    assert graded.allocated(ground, "2025-01").figure == 1.0  # a team, and a unit without a team
    half = graded.allocated(ground, "2025-07")  # "All" is nobody
    assert (half.figure, half.level) == (0.5, 1) and half.step.startswith("Walk begins at 80 %. ")
    assert half.rows == ({"service": "GPU", "cost without an owner": 100.0},)
    assert graded.allocated(ground, "2025-12").figure == 0.0
    assert graded.allocated(ground, "2026-01").level is None  # no cost is no data


def budgets(tmp_path, lines):
    path = tmp_path / "budgets.csv"
    head = "version,approved_on,approved_by,author,business_unit,month,currency,amount"
    path.write_text("\n".join([head, *lines]))
    return read_budgets(path, "USD")


def test_budgets_count_month_by_month_and_only_what_was_approved_in_time(tmp_path):
    actual = {month: 100.0 + i for i, month in enumerate(MONTHS)}
    lines = [
        f"v1,2025-02-15,Ben,Ana,Company,{month},USD,{110 - 3 * i}" for i, month in enumerate(MONTHS)
    ]
    ground = ground_of(budgets=budgets(tmp_path, lines), complete=actual)
    planned = [110 - 3 * i for i in range(1, 12)]  # January's was approved when it was over
    spent = [100 + i for i in range(1, 12)]
    by_hand = sum(abs(a - b) for a, b in zip(spent, planned, strict=True)) / sum(planned)
    grade = graded.budget(ground, "2025-12")
    assert grade.figure == pytest.approx(by_hand, rel=1e-12)
    assert (grade.level, len(grade.rows)) == (level_of(by_hand, Maturity().budget), 11)
    assert graded.budget(ground, "2025-03").level is None  # two months are no record
    assert graded.budget(ground_of(), "2025-12").evidence == "finops.yaml names no budget"
    assert by_hand > abs(sum(spent) - sum(planned)) / sum(planned)  # nothing is netted


def test_forecasts_are_weighed_by_what_was_spent():
    record = pd.DataFrame(
        {
            "for": MONTHS[:4],
            "made": MONTHS[:4],
            "p50": [90.0, 120.0, 100.0, 300.0],
            "actual": [100.0, 100.0, 100.0, 200.0],
            "source": ["published", "re-created", "published", "published"],
        }
    )
    grade = graded.forecast(ground_of(record=record), "2025-04")
    assert grade.figure == (10 + 20 + 0 + 100) / 500 and grade.level == 0
    assert "3 of them as published, the others re-created" in grade.evidence
    assert graded.forecast(ground_of(record=record), "2025-02").level is None


def test_the_record_takes_what_was_published_before_what_was_re_created(tmp_path, monkeypatch):
    from finops_model.measure.maturity import record

    lines = [dict(lead=1, made="2025-01", p50=90.0, **{"for": "2025-02"}, kind="month")]
    lines += [dict(lead=1, made="2025-02", p50=80.0, **{"for": "2025-03"}, kind="month")]
    lines += [dict(lead=3, made="2025-01", p50=1.0, **{"for": "2025-04"}, kind="month")]
    lines += [dict(lead=1, made="2025-01", p50=2.0, **{"for": "2025-02"}, kind="quarter")]
    published = pd.DataFrame(
        [
            dict(
                unit="Company", made="2025-02", lead=1, p50=99.0, workload="", **{"for": "2025-03"}
            ),
            dict(
                unit="Company", made="2025-02", lead=1, p50=7.0, workload="x", **{"for": "2025-03"}
            ),
            dict(unit="Search", made="2025-03", lead=1, p50=5.0, workload="", **{"for": "2025-04"}),
        ]
    )
    monkeypatch.setattr(record.grades, "published", lambda *_, **__: published)
    settings = load_settings_of(tmp_path)
    found = record.record_of(
        settings, dict.fromkeys(MONTHS, 100.0), tmp_path, {"accuracy": {"detail": lines}}
    )
    assert found[["for", "p50", "source"]].values.tolist() == [
        ["2025-02", 90.0, "re-created"],
        ["2025-03", 99.0, "published"],
    ]


def load_settings_of(folder, text="company: A\n"):
    (folder / "finops.yaml").write_text(text)
    return load_settings(folder)


class Kept:
    """A ledger of whose book alone is asked."""

    def __init__(self, *deliveries):
        self.book = self
        self.records = [
            {
                "delivered_at": f"{day}T08:00:00+00:00",
                "versions": [
                    {"key": [issuer, "acc", last[:7]], "last_usage": f"{last}T00:00:00Z"}
                    for issuer, last in newest.items()
                ],
            }
            for day, newest in deliveries
        ]


def test_the_delay_of_a_day_is_that_of_the_delivery_that_brought_it():
    ledger = Kept(
        ("2025-01-10", {"x": "2025-01-08"}),
        ("2025-01-12", {"x": "2025-01-11", "y": "2025-01-05"}),  # y begins: its past is left out
        ("2025-01-13", {"x": "2025-01-09"}),  # older days again: nothing new
        ("2025-01-14", {"x": "2025-01-12", "y": "2025-01-07"}),
    )
    frame = arrivals(ledger)
    assert list(map(tuple, frame[["InvoiceIssuerName", "day", "delay"]].values)) == [
        ("x", "2025-01-09", 3),
        ("x", "2025-01-10", 2),
        ("x", "2025-01-11", 1),
        ("x", "2025-01-12", 2),
        ("y", "2025-01-06", 8),
        ("y", "2025-01-07", 7),
    ]
    grade = habits.data_delay(ground_of(arrivals=frame), "2025-12")
    assert grade.figure == (3 + 2 + 1 + 2 + 8 + 7) / 6 and grade.level == 1
    assert "y takes longest, 7.5 days" in grade.evidence
    assert arrivals(Kept(("2025-01-10", {"x": "2025-01-08"}))).empty


def test_a_commitment_pays_for_itself():
    used = rows_of(
        CommitmentDiscountId="c",
        CommitmentDiscountStatus="Used",
        PricingCategory="Committed",
        EffectiveCost=60.0,
        ContractedCost=60.0,
        ListCost=130.0,
        ConsumedQuantity=10.0,
    )
    rest = rows_of(CommitmentDiscountId="c", CommitmentDiscountStatus="Unused", EffectiveCost=10.0)
    term = {
        "ContractCommitmentId": "c",
        "ContractCommitmentPeriodStart": "2025-01-01",
        "ContractCommitmentPeriodEnd": "2026-01-01",
    }
    months = 365 / (365.25 / 12)
    bought = ground_of(rows=pd.concat([used, rest, rows_of()]), inventory=[term])
    (line,) = graded.held(bought, "2025-06")  # beside it the SKU costs 10 a GPU hour
    assert line["breaks even after"] == pytest.approx(months * 70 / 100)
    grade = graded.commitments(bought, "2025-06")
    assert grade.figure == pytest.approx(60 / 70) and grade.level == 3
    alone = ground_of(rows=pd.concat([used, rest]), inventory=[term])  # no other price: by list
    assert graded.held(alone, "2025-06")[0]["breaks even after"] == pytest.approx(months * 70 / 130)
    assert graded.commitments(replace(bought, inventory=[]), "2025-06").level == 2
    idle = ground_of(rows=rest, inventory=[term])
    never = graded.commitments(idle, "2025-06")
    assert never.level == 1 and "never pays for itself" in never.evidence
    assert graded.commitments(ground_of(), "2025-06").level is None


@given(paid=st.floats(1, 1e6), share=st.floats(0.01, 1), discount=st.floats(0.01, 0.9))
def test_break_even_is_term_times_price_over_use(paid, share, discount):
    """At a discount d and a use u, a year pays for itself after 12 (1 − d) ÷ u months: the closed form."""
    used = rows_of(
        CommitmentDiscountId="c",
        CommitmentDiscountStatus="Used",
        EffectiveCost=paid * share,
        ContractedCost=paid * share / (1 - discount),
        ListCost=9e9,
    )
    rest = rows_of(
        CommitmentDiscountId="c",
        CommitmentDiscountStatus="Unused",
        EffectiveCost=paid * (1 - share),
    )
    term = {
        "ContractCommitmentId": "c",
        "ContractCommitmentPeriodStart": "2025-01-01",
        "ContractCommitmentPeriodEnd": "2026-01-01",
    }
    (line,) = graded.held(ground_of(rows=pd.concat([used, rest]), inventory=[term]), "2025-06")
    year = 365 / (365.25 / 12)
    if abs(paid * share / (1 - discount) - paid * share) > 0.01:
        assert line["breaks even after"] == pytest.approx(year * (1 - discount) / share, rel=1e-6)


def test_reviews_held_by_the_end_of_the_month_count():
    day = dt.date
    due = [
        Review(day(2025, 5, 1), day(2025, 5, 2), "monthly", "", 2),
        Review(day(2025, 6, 1), day(2025, 7, 3), "monthly", "", 3),
        Review(day(2025, 7, 1), None, "monthly", "", 4),
        Review(day(2026, 1, 5), None, "monthly", "", 5),
    ]
    ground = ground_of(reviews=due)
    assert habits.reviews(ground, "2025-06").figure == 1 / 2
    assert habits.reviews(ground, "2025-07").figure == 2 / 3
    grade = habits.reviews(ground, "2025-12")
    assert grade.figure == 2 / 3 and "last missed: 2025-07-01" in grade.evidence
    assert habits.reviews(ground_of(), "2025-12").level is None
    assert habits.reviews(ground_of(reviews=[]), "2025-12").level is None


def test_a_recommendation_that_still_has_time_is_not_counted():
    day = dt.date
    made = [
        Decided("in time", day(2025, 3, 1), day(2025, 3, 31), "approved"),
        Decided("a day late", day(2025, 3, 1), day(2025, 4, 1), "rejected"),
        Decided("open", day(2025, 3, 1), None, "proposed"),
        Decided("young", day(2025, 12, 15), None, "proposed"),
        Decided("young and decided", day(2025, 12, 15), day(2025, 12, 20), "approved"),
        Decided("without a day", None, day(2025, 12, 20), "done"),
    ]
    grade = habits.decided(ground_of(decisions=made), "2025-12")
    assert grade.figure == 2 / 4 and grade.level == 2
    assert grade.step == "Run begins at 80 %. Decide what waits longest: open."
    blank = habits.decided(ground_of(decisions=made[-1:]), "2025-12")
    assert blank.level is None and "1 of 1 say no day (proposed_on)" in blank.evidence


def test_the_trend_knows_nothing_of_later(tmp_path):
    day = dt.date
    later = ground_of(
        reviews=[Review(day(2025, 3, 1), day(2025, 4, 2), "monthly", "", 2)],
        decisions=[Decided("x", day(2025, 3, 1), day(2025, 5, 1), "approved")],
    )
    one = standing(later, "2025-12", "2025-02")
    assert list(one.trend) == list(month_range("2025-02", "2025-12"))
    place = [capability.__name__ for capability in CAPABILITIES].index
    by_month = {month: levels for month, (_, levels) in one.trend.items()}
    assert [by_month[m][place("reviews")] for m in ("2025-02", "2025-03", "2025-04")] == [
        None,
        0,
        3,
    ]
    for month, (level, levels) in one.trend.items():
        cut = replace(
            later,
            as_of=str(month_days(month)[-1]),
            rows=later.rows[later.rows["ChargeDate"] <= str(month_days(month)[-1])],
        )
        assert standing(cut, month, "2025-02").trend[month] == (level, levels)
        assert level == overall(levels)


def test_a_statement_counts_only_where_data_are_silent():
    said = dict(by="Ana", on="2025-11-02", says="All engineers, twice a year")
    limits = Maturity(stated=[{"item": "educate", **said}, {"item": "spot", **said}])
    lines = checks(ground_of(limits=limits), "2025-12")
    assert (lines["educate"].state, lines["educate"].evidence) == (
        "stated",
        "said by Ana on 2 November 2025: All engineers, twice a year",
    )
    assert lines["spot"].state == "stated"
    spot = rows_of(PricingCategory="Dynamic")
    assert checks(ground_of(limits=limits, rows=spot), "2025-12")["spot"].state == "yes"
    assert checks(ground_of(), "2025-12")["educate"].state == "not known"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (
            "tag",
            "'tag' is measured, and a statement would not count. Take it out. Stated can be: "
            + ", ".join(STATABLE)
            + ".",
        ),
        (
            "educat",
            "unknown line of the checklist 'educat'. Did you mean 'educate'? Known: "
            + ", ".join(STATABLE)
            + ".",
        ),
    ],
)
def test_a_statement_on_what_is_measured_or_on_nothing_is_refused(item, message):
    limits = Maturity(stated=[{"item": item, "by": "Ana", "on": "2025-11-02"}])
    with pytest.raises(InputError) as refused:
        checks(ground_of(limits=limits), "2025-12")
    assert str(refused.value) == f"finops.yaml: maturity: stated: entry 1: item: {message}"


def test_the_checklist_reads_what_is_there():
    counts = pd.DataFrame(
        {
            "date": pd.to_datetime(["2025-12-01", "2025-12-01"]),
            "name": ["chats", "solved"],
            "role": ["driver", "outcome"],
            "unit": "n",
            "value": 1.0,
        }
    )
    day = dt.date
    weekly = [Review(day(2025, 12, 1), day(2025, 12, 1), "weekly", "", 2)]
    alerts = Alerts(
        published=[
            {"id": "1", "kind": "spend", "start": "2025-11-02"},
            {"id": "2", "kind": "runaway", "start": "2025-11-03"},
            {"id": "3", "kind": "pace", "start": "2025-11-03"},
            {"id": "4", "kind": "spend", "start": "2024-11-03"},
        ],
        answered=frozenset({"1"}),
    )
    has = {
        "drivers": counts,
        "unit_costs": ("chats",),
        "what_ifs": 2,
        "quotas": 1,
        "chargeback": "chargeback",
        "experiments": [True, False],
    }
    rows = pd.concat([rows_of(), rows_of(x_Environment="rnd")])
    lines = checks(
        ground_of(rows=rows, reviews=weekly, alerts=alerts, has=has, coverage={"2025-12": 0.6}),
        "2025-12",
    )
    assert {key: line.state for key, line in lines.items()} == {
        "tag": "partly",
        "separate_ai": "yes",
        "units": "yes",
        "limits": "partly",
        "scheduled": "yes",
        "autoscaling": "not known",
        "spot": "no",
        "right_sizing": "no",
        "showback": "yes",
        "alerts": "yes",
        "unit_costs": "yes",
        "outcomes": "yes",
        "waste_automation": "not known",
        "forecasting": "no",
        "scenarios": "yes",
        "roadmap": "not known",
        "educate": "not known",
        "separate_rnd": "yes",
        "observe": "not known",
        "quotas": "partly",
        "cadence": "yes",
        "after_spikes": "partly",
    }
    assert all(line.step for line in lines.values() if line.state != "yes")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "due,held,kind\n2026-10-05,soon,monthly\n",
            "r.csv: line 2: held: 'soon' is not a day. Write it as 2026-01-31.",
        ),
        (
            "due,held,kind\n2026-10-05,2026-10-05,montly\n",
            "r.csv: line 2: kind: unknown kind of review 'montly'. Did you mean 'monthly'? Known: weekly, biweekly, monthly, quarterly.",
        ),
        (
            "due,held,kind\n2026-10-05,,weekly\n2026-10-05,,weekly\n",
            "r.csv: line 3: due: the weekly review of 2026-10-05 stands in line 2 already. Keep one of them.",
        ),
        (
            "due,held,kind\n2026-10-05,2026-01-05,monthly\n",
            "r.csv: line 2: held: 2026-01-05 is 273 days from 2026-10-05, when the review was due; at most 62. "
            "Correct one of the days, or write the later review in a line of its own.",
        ),
        (
            "due,held\n2026-10-05,\n",
            "r.csv: a file of reviews needs a column 'kind'. Columns seen: due, held. Name it, or add it.",
        ),
    ],
)
def test_a_review_that_makes_no_sense_is_refused_by_its_line(text, message, tmp_path):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(InputError) as refused:
        read_reviews(tmp_path / "r.csv")
    assert str(refused.value) == message


def test_reviews_of_another_entity_are_left_out(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("due,held,kind,entity\n2026-10-05,,weekly,A\n2026-10-05,,weekly,B\n")
    assert [one.line for one in read_reviews(path, "B", ["A", "B"])] == [3]
    with pytest.raises(InputError, match="unknown entity 'B'"):
        read_reviews(path, "A", ["A", "C"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "maturity: {allocated: {crawl: 0.9, walk: 0.8, run: 0.95}}\n",
            "crawl 0.9, walk 0.8, run 0.95: each step must be harder than the one before, all rising or all falling. Put them in order.",
        ),
        (
            "maturity: {allocated: {crawl: 50, walk: 80, run: 90}}\n",
            "90 is more than the whole; a share is 0 to 1. Write 0.8 for 80 %.",
        ),
        (
            "maturity: {budget: {crawl: 0.1, walk: 0.2, run: 0.3}}\n",
            "crawl is below run, and less is better here. Exchange them.",
        ),
        (
            "maturity: {reviews: {crawl: 0.9, walk: 0.5, run: 0.1}}\n",
            "crawl is above run, and more is better here. Exchange them.",
        ),
    ],
)
def test_steps_that_are_none_are_refused(text, message, tmp_path):
    with pytest.raises(InputError) as refused:
        load_settings_of(tmp_path, text)
    assert message in str(refused.value)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A small workspace: three months, two teams, a budget, reviews, actions."""
    folder = tmp_path_factory.mktemp("maturity")
    days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3, 4) for d in range(1, 31) if m != 2 or d < 29]
    days += ["2025-01-31", "2025-03-31"]
    bill = ["Date,Cost (USD),Team,Service"]
    bill += [f"{day},9{day[-1]},{'a' if int(day[-1]) % 2 else 'b'},GPU" for day in sorted(days)]
    (folder / "bill.csv").write_text("\n".join(bill))
    fm.start(folder / "bill.csv", folder=folder / "demo")
    home = folder / "demo"
    (home / "reviews.csv").write_text(
        "due,held,kind,decisions\n2025-03-03,2025-03-03,monthly,Close the key\n2025-04-07,,monthly,\n"
    )
    (home / "actions.csv").write_text(
        "id,action,proposed_on,decision,decided_on,approved_by,starts\n"
        'A1,"=1+1 <b>switch</b> it off",2025-02-01,approved,2025-02-10,Ben,2025-06-01\n'
        "A2,Batch,2025-02-01,proposed,,,\n"
    )
    with open(home / "finops.yaml", "a") as file:
        file.write("\nreviews: reviews.csv\nactions: actions.csv\n")
    return home


def test_a_quota_counts_where_it_was_approved_before_the_experiment(demo, tmp_path):
    from finops_model.measure.maturity.gather import _experiments

    path = tmp_path / "experiments.csv"
    path.write_text(
        "experiment,team,quota,from,until,owner,approved_by,approved_on\n"
        "early,a,100,2025-02-01,2025-02-10,Mira,Ben,2025-01-30\n"
        "late,a,100,2025-03-01,2025-03-10,Mira,Ben,2025-03-05\n"
        "never,a,100,2025-04-01,2025-04-10,Mira,,\n"
    )
    settings = load_settings(demo).model_copy(update={"experiments": str(path)})
    assert _experiments(settings) == [True, False, False]
    assert _experiments(load_settings(demo)) is None


def test_the_command_answers_on_a_workspace(demo, tmp_path):
    shown = CliRunner().invoke(app, ["maturity", "-s", str(demo), "--month", "2025-04", "--json"])
    assert shown.exit_code == 0, shown.output
    answer = json.loads(shown.output)
    levels = {key: one["level"] for key, one in answer["figures"]["capabilities"].items()}
    assert levels == {
        "allocated": 3,
        "budget": None,
        "forecast": None,
        "data_delay": None,
        "reviews": 1,
        "decided": 2,
        "commitments": None,
    }
    assert answer["sentence"] == (
        "Only 3 of 7 capabilities can be judged in April 2025: together they are at crawl, and four have no data."
    )
    assert answer["figures"]["level"] == 1 and len(answer["tables"]["Practices"]) == 8
    assert [row["month"] for row in answer["tables"]["Trend"]][-1] == "2025-04"
    said = fm.maturity(load_settings(demo), "2025-04")
    assert said.figures["level"] == 1 and Decimal(
        str(said.figures["capabilities"]["reviews"]["figure"])
    ) == Decimal("0.5")


def test_a_month_that_the_ledger_does_not_have_is_refused(demo):
    shown = CliRunner().invoke(app, ["maturity", "-s", str(demo), "--month", "2027-01"])
    assert shown.exit_code != 0 and "2027-01" in str(shown.exception)


def test_steps_of_the_settings_are_those_of_the_issue():
    own = Maturity()
    as_said = {
        "allocated": (0.5, 0.8, 0.9),
        "budget": (0.2, 0.15, 0.12),
        "forecast": (0.2, 0.15, 0.12),
        "data_delay": (7, 3, 1),
        "reviews": (0.5, 0.8, 0.95),
        "decided": (0.25, 0.5, 0.8),
    }
    for key, steps in as_said.items():
        one: Steps = getattr(own, key)
        assert (one.crawl, one.walk, one.run) == steps
    assert (own.utilisation, own.break_even, own.decision_days, own.months) == (0.8, 9, 30, 12)


def test_the_page_shows_words_of_files_as_text(demo, tmp_path):
    """A name of the table of actions that is markup, or a formula, stays text in page and workbook."""
    (demo / "actions.csv").write_text(
        "id,action,proposed_on,decision,decided_on\n"
        'A1,"=1+1 <img src=x onerror=alert(1)>",2025-02-01,proposed,\n'
    )
    answer = fm.maturity(load_settings(demo), "2025-04")
    page = answer.export(tmp_path / "m.html").read_text()
    assert "<img" not in page and "=1+1 &lt;img src=x" in page and "https:" not in page
    assert page.count("<h1>") == 1 and "Content-Security-Policy" in page
    for words in ("The three milestones", "The eight practices", "How it moved", "no data"):
        assert words in page
    import openpyxl

    book = openpyxl.load_workbook(answer.export(tmp_path / "m.xlsx"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]


@given(st.sampled_from(sorted(TERMS)), st.sampled_from(["", "s", "."]))
def test_terms_are_found_as_whole_words_the_longest_first(term, end):
    seen = [name for name, _ in terms_in(f"It says {term}{end} here")]
    assert (term in seen) is (term not in COMMON)
    assert term not in [name for name, _ in terms_in(f"x{term}x")]
    assert define(term.upper()) == TERMS[term]


def test_terms_are_one_line_each_in_order():
    assert list(TERMS) == sorted(TERMS, key=str.casefold)
    for term, line in TERMS.items():
        assert "\n" not in line and 10 < len(line) < 140 and not line.endswith("."), term
    shown = CliRunner().invoke(app, ["terms", "showback"])
    assert shown.output.startswith("showback: cost shown to those who caused it")
    wrong = CliRunner().invoke(app, ["terms", "shoback"])
    assert str(wrong.exception).startswith(
        "finops terms: unknown term 'shoback'. Did you mean 'showback'? Known: "
    )
