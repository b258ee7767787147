"""Quotas of experiments, agreed before they begin, held in watch and shown (docs/method §9.50, §9.51)."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as laws
from hypothesis import strategies as st
from reserve_world import bill
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.errors import InputError
from finops_model.facts.cycle.experiments import Experiment, read_experiments
from finops_model.measure.anomalies.experiments import check, experiment_alerts, standing

HEAD = "experiment,workload,team,quota,unit,from,until,owner,approved_by,approved_on"


def rows_of(costs, first="2026-03-01", workload="tune", hours=2.0) -> pd.DataFrame:
    days = pd.date_range(first, periods=len(costs))
    return pd.DataFrame(
        {
            "ChargeDate": days,
            "x_Workload": workload,
            "x_Team": "ml",
            "x_BusinessUnit": "Labs",
            "EffectiveCost": np.asarray(costs, float),
            "ConsumedQuantity": hours,
            "ConsumedUnit": "GPU-Hours",
            "BillingCurrency": "USD",
        }
    )


def trial(quota=100.0, first=5, last=20, by="Ann", on=1, **more) -> Experiment:
    day = dt.date(2026, 3, 1)
    return Experiment(
        **{
            "experiment": "Ranker",
            "dimension": "workload",
            "subject": "tune",
            "quota": quota,
            "unit": "USD",
            "first": day + dt.timedelta(first),
            "last": day + dt.timedelta(last),
            "owner": "Bob",
            "approved_by": by,
            "approved_on": day + dt.timedelta(on) if by else None,
            **more,
        }
    )


@laws(max_examples=40)
@given(
    costs=st.lists(st.integers(0, 40), min_size=10, max_size=40),
    quota=st.integers(0, 400),
    approved=st.one_of(st.none(), st.integers(0, 30)),
    first=st.integers(0, 12),
    length=st.integers(0, 20),
)
def test_a_standing_is_a_plain_loop_over_the_days(costs, quota, approved, first, length):
    one = trial(quota, first, first + length, by="Ann" if approved is not None else "", on=approved)
    as_of = dt.date(2026, 3, 1) + dt.timedelta(len(costs) - 1)
    now = standing(rows_of(costs), one, str(as_of), "USD")
    used, passed, early, after = 0, "", 0, 0
    for i, cost in enumerate(costs):
        day = str(dt.date(2026, 3, 1) + dt.timedelta(i))
        if first <= i <= first + length:
            used += cost
            early += cost if approved is None or i < approved else 0
            if used > quota and not passed:
                passed = day
        elif i > first + length and not sum(costs[:first]):
            after += cost
    assert (now.used, now.unapproved, now.after, now.passed) == (used, early, after, passed)
    gone = min(len(costs) - 1, first + length) - first + 1
    if gone >= 5 and len(costs) - 1 < first + length:
        assert now.expected == pytest.approx(used / gone * (length + 1))
    else:
        assert now.expected is None
    scaled = standing(
        rows_of([3 * c for c in costs]),
        trial(3 * quota, first, first + length, by=one.approved_by, on=approved),
        str(as_of),
        "USD",
    )
    assert (scaled.state, scaled.passed) == (now.state, now.passed)


def test_what_is_raised_in_words():
    calm = rows_of([0] * 5 + [10] * 25)
    said = lambda one, day: [
        (alert.subject, round(alert.severity, 2), alert.what, alert.ongoing)
        for alert in experiment_alerts(calm[calm["ChargeDate"] <= day], [one], day, "USD")
    ]
    assert said(trial(1000), "2026-03-12") == []
    assert said(trial(100), "2026-03-12") == [
        (
            "Ranker: pace",
            60.0,
            "Experiment Ranker (workload tune) has used $70.00 by 2026-03-12; at this pace it uses $160 by 2026-03-21, over its quota of $100.",
            True,
        )
    ]
    assert said(trial(100, by=""), "2026-03-09")[0] == (
        "Ranker: approval",
        40.0,
        "Experiment Ranker (workload tune) has cost $40.00 since 2026-03-06 and nobody has agreed to it.",
        True,
    )
    late = said(trial(120, on=8), "2026-03-30")
    assert [row[:2] for row in late] == [
        ("Ranker: approval", 30.0),
        ("Ranker", 40.0),
        ("Ranker: after its end", 90.0),
    ]
    assert late[1][2] == (
        "Experiment Ranker (workload tune) passed its quota of $120 on 2026-03-18; it has used $160 of it by 2026-03-21."
    )
    assert late[2][2] == (
        "Experiment Ranker ended on 2026-03-21, and workload tune has cost $90.00 since."
    )
    hours = trial(20, unit="GPU-hours")
    assert said(hours, "2026-03-21")[0][2] == (
        "Experiment Ranker (workload tune) passed its quota of 20 GPU-hours on 2026-03-16; it has used 32 GPU-hours of it by 2026-03-21."
    )
    before = rows_of(
        [10] * 30
    )  # a workload of every day: its use afterwards is not the experiment's
    assert standing(before, trial(), "2026-03-30", "USD").after == 0


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            ",tune,,5,,2026-03-01,2026-03-09,Bob,,",
            "e.csv: line 3: experiment: is empty. Write the name of the experiment.",
        ),
        (
            "B,tune,,5,,2026-04-01,2026-04-09,,,",
            "e.csv: line 3: owner: is empty. Write who answers for it.",
        ),
        (
            "B,,,5,,2026-04-01,2026-04-09,Bob,,",
            "e.csv: line 3: workload: is empty. Write the workload of the experiment or its team, one of them.",
        ),
        (
            "B,tune,ml,5,,2026-04-01,2026-04-09,Bob,,",
            "e.csv: line 3: workload: and team are both written. Write the workload of the experiment or its team, one of them.",
        ),
        (
            "B,tune,,,,2026-04-01,2026-04-09,Bob,,",
            "e.csv: line 3: quota: is empty. Write the number; a blank is not zero.",
        ),
        (
            "B,tune,,5,,2026-04-09,2026-04-01,Bob,,",
            "e.csv: line 3: until: 2026-04-01 is before 2026-04-09, where it begins. Exchange or correct them.",
        ),
        (
            "B,tune,,5,,2026-04-01,2026-04-09,Bob,bob,2026-03-20",
            "e.csv: line 3: approved_by: 'bob' approved an experiment of their own. It is approved by someone other than its owner: correct "
            "approved_by or owner.",
        ),
        (
            "B,tune,,5,,2026-04-01,2026-04-09,Bob,Ann,",
            "e.csv: line 3: approved_on: is empty beside 'Ann'. Fill both for an approved experiment, none for one that waits.",
        ),
        (
            "a,tune,,5,,2026-04-01,2026-04-09,Bob,,",
            "e.csv: line 3: experiment: 'a' is in line 2 already. Give each experiment a name of its own.",
        ),
        (
            "B,tune,,5,,2026-03-09,2026-04-09,Bob,,",
            "e.csv: line 3: from: workload 'tune' has the experiment 'A' in line 2 on the same days, from 2026-03-09 on: its use would count for "
            "both. Put the days apart, or make them one.",
        ),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_its_cell(tmp_path, row, said):
    file = tmp_path / "e.csv"
    file.write_text(f"{HEAD}\nA,tune,,5,,2026-03-01,2026-03-09,Bob,,\n{row}\n")
    with pytest.raises(InputError) as refused:
        read_experiments(file, "USD")
    assert str(refused.value) == said


def test_what_no_bill_knows_is_refused_with_the_nearest_name():
    daily = rows_of([1] * 30)
    for more, said in (
        (
            {"subject": "tone"},
            "e.csv: line 0: workload: unknown workload 'tone'. Did you mean 'tune'? Known: tune.",
        ),
        (
            {"unit": "tokens"},
            "e.csv: line 0: unit: unknown unit 'tokens'. Known: GPU-hours, USD.",
        ),
    ):
        with pytest.raises(InputError) as refused:
            check([trial(**more)], daily, "e.csv")
        assert str(refused.value) == said
    check([trial(first=27, last=40, subject="new")], daily, "e.csv")  # its first bill may come yet


def test_a_workspace_watches_and_shows_its_experiments(tmp_path):
    (tmp_path / "bill.csv").write_text(bill("2026-03-31"), encoding="utf-8")
    fm.start(tmp_path / "bill.csv", folder=tmp_path / "own")
    own = tmp_path / "own"
    call = CliRunner().invoke
    refused = call(app, ["budget", "experiments", "-s", str(own)])
    assert str(refused.exception).startswith("finops.yaml names no experiments. Write a file")
    (own / "e.csv").write_text(
        f"{HEAD}\nRanker,train,,300,,2026-03-20,2026-04-10,Bob,,\nCalm,rag,,90000,,2026-03-01,2026-04-10,Bob,Ann,2026-02-01\n"
    )
    with (own / "finops.yaml").open("a", encoding="utf-8") as file:
        file.write("experiments: e.csv\n")
    told = json.loads(call(app, ["budget", "experiments", "--json", "-s", str(own)]).stdout)
    assert [row["state"] for row in told["table"]] == ["without approval", "running"]
    assert told["sentence"] == (
        "2 experiments on 2026-03-31: 1 to look at: Ranker (without approval)."
    )
    watched = json.loads(call(app, ["watch", "--json", "-s", str(own)]).stdout)
    mine = [one for one in watched["alerts"] if one["dimension"] == "experiment"]
    assert {one["subject"] for one in mine} == {"Ranker: approval", "Ranker"}
    assert {one["team"] for one in mine} == {"Bob"}
    frame = pd.read_csv(tmp_path / "bill.csv")
    cost = frame[(frame["Workload"] == "train") & (frame["Date"] >= "2026-03-20")]["Cost (USD)"]
    [approval] = [one for one in mine if one["subject"] == "Ranker: approval"]
    assert approval["severity"] == pytest.approx(cost.sum())
