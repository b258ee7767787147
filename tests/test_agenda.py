"""The agenda of a review: what is due by when, against plain comparisons; the command on a small workspace (docs/method §18.13)."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.decide import agenda
from finops_model.facts.cycle.actions import Action
from finops_model.facts.cycle.experiments import Experiment
from finops_model.facts.cycle.reviews import Review

TODAY = "2026-11-15"
DAY = dt.date(2026, 11, 15)


@given(st.integers(-400, 400), st.integers(0, 120))
def test_a_decision_is_on_the_agenda_until_its_last_day_is_far(days, ahead):
    by = DAY + dt.timedelta(days=days)
    due = {"what": "x", "by": str(by), "saves": 5.0, "period": "FY2027", "owner": ""}
    lines = agenda.of_decisions([due], TODAY, ahead)
    assert bool(lines) is (days <= ahead)
    assert all((one.amount, one.of) == (5.0, "saved in FY2027") for one in lines)


def action(**known) -> Action:
    return Action(**({"id": "A", "action": "Switch it off"} | known))


@pytest.mark.parametrize(
    ("known", "topic", "by"),
    [
        ({"proposed_on": dt.date(2026, 10, 20)}, "decide", "2026-11-19"),
        ({"proposed_on": dt.date(2026, 6, 1)}, "decide", "2026-07-01"),  # overdue, and stays
        (
            {"proposed_on": dt.date(2026, 10, 20), "expires": dt.date(2026, 11, 16)},
            "decide",
            "2026-11-16",
        ),
        ({}, "decide", ""),  # nobody wrote the day: always there
        ({"proposed_on": dt.date(2026, 11, 14)}, None, None),  # due in a month
        ({"decision": "approved", "starts": dt.date(2026, 11, 20)}, "do", "2026-11-20"),
        ({"decision": "planned", "starts": dt.date(2027, 3, 1)}, None, None),
        ({"decision": "done", "done_on": dt.date(2026, 11, 1)}, None, None),
        ({"decision": "rejected"}, None, None),
    ],
)
def test_an_action_is_decided_then_done(known, topic, by):
    lines = agenda.of_actions([action(**known)], TODAY, 14, 30)
    assert [(one.topic, one.by) for one in lines] == ([] if topic is None else [(topic, by)])


def test_assumptions_whose_day_comes():
    texts = [
        {"text": name, "review_by": by, "owner": "Ana"}
        for name, by in (("old", "2026-01-01"), ("soon", "2026-11-29"), ("later", "2026-11-30"))
    ]
    texts.append({"text": "never", "review_by": None, "owner": ""})
    lines = agenda.of_assumptions(texts, TODAY, 14)
    assert [one.what for one in lines] == ["Assumption: old", "Assumption: soon"]


@pytest.mark.parametrize(
    ("first", "last", "approved", "there"),
    [
        ("2026-11-20", "2026-12-20", "", True),
        ("2026-11-01", "2026-11-15", "", True),  # it runs, and nobody agreed
        ("2026-11-20", "2026-12-20", "Ben", False),
        ("2026-10-01", "2026-11-14", "", False),  # it is over
        ("2026-12-20", "2026-12-30", "", False),
    ],
)
def test_a_quota_that_nobody_approved(first, last, approved, there):
    one = Experiment(
        experiment="sweep",
        dimension="team",
        subject="a",
        quota=2500.0,
        unit="USD",
        first=dt.date.fromisoformat(first),
        last=dt.date.fromisoformat(last),
        owner="Mira",
        approved_by=approved,
    )
    lines = agenda.of_experiments([one], TODAY, 14)
    said = [("Quota of the experiment sweep: 2,500 USD", first)]
    assert [(line.what, line.by) for line in lines] == (said if there else [])


def test_the_next_review_and_the_one_that_was_missed():
    day = dt.date
    reviews = [
        Review(day(2026, 10, 5), day(2026, 10, 7), "monthly", "", 2),
        Review(day(2026, 11, 2), None, "monthly", "", 3),
        Review(day(2026, 11, 9), None, "weekly", "", 4),
        Review(day(2026, 12, 7), None, "monthly", "", 5),
    ]
    coming, missed = agenda.of_reviews(reviews, "monthly", TODAY)
    assert coming == reviews[3]
    assert [one.what for one in missed] == ["The monthly review of 2026-11-02 was not held"]
    assert agenda.since(reviews, "monthly", TODAY) == "2026-10-07"
    assert agenda.since(reviews, "weekly", TODAY) == "2026-11-01"  # none was held: two weeks back
    assert agenda.of_reviews([], "weekly", TODAY) == (None, [])


def test_lines_stand_by_topic_then_day():
    lines = [
        agenda.Line(topic="answer", what="b", by="2026-11-16", amount=1.0),
        agenda.Line(topic="answer", what="a", by="2026-11-16", amount=9.0),
        agenda.Line(topic="decide", what="c"),
        agenda.Line(topic="decide", what="d", by="2026-12-01"),
    ]
    assert [one.what for one in agenda.in_order(lines)] == ["d", "c", "a", "b"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Three months of one team, a week that is dearer, actions and reviews."""
    folder = tmp_path_factory.mktemp("agenda")
    first = dt.date(2025, 1, 1)
    days = [str(first + dt.timedelta(days=i)) for i in range(90)]
    bill = ["Date,Cost (USD),Team,Service"]
    bill += [f"{day},{2000 if day < '2025-03-25' else 3000},a,GPU" for day in days]
    (folder / "bill.csv").write_text("\n".join(bill))
    fm.start(folder / "bill.csv", folder=folder / "demo")
    home = folder / "demo"
    (home / "reviews.csv").write_text(
        "due,held,kind\n2025-03-03,2025-03-04,weekly\n2025-03-10,,weekly\n2025-04-07,,weekly\n"
    )
    (home / "actions.csv").write_text(
        "id,action,owner,proposed_on,decision,monthly_saving\n"
        "A1,=2+2 <b>batch</b>,Mira,2025-02-01,proposed,120\nA2,Later,Mira,2025-03-30,proposed,50\n"
    )
    with open(home / "finops.yaml", "a") as file:
        file.write("\nreviews: reviews.csv\nactions: actions.csv\n")
    return home


def test_the_command_says_what_is_due(demo, tmp_path):
    page = tmp_path / "agenda.html"
    shown = CliRunner().invoke(
        app, ["agenda", "weekly", "-s", str(demo), "--json", "--export", str(page)]
    )
    assert shown.exit_code == 0, shown.output
    answer = json.loads(shown.stdout)
    figures = answer["figures"]
    assert (figures["as_of"], figures["due"]) == ("2025-03-31", "2025-04-07")
    assert (figures["counts"]["decide"], figures["counts"]["hold"], figures["overdue"]) == (1, 1, 1)
    assert figures["counts"]["answer"] >= 1  # the dearer week is on the Monday list
    assert answer["sentence"].startswith("Weekly review, 7 April 2025: 1 decision is due, ")
    first = answer["table"][0]
    assert (first["topic"], first["by"], first["money"]) == ("decide", "2025-03-03", 120.0)
    assert "<b>" not in page.read_text() and "&lt;b&gt;batch" in page.read_text()
    monthly = CliRunner().invoke(app, ["agenda", "monthly", "-s", str(demo), "--json"])
    said = json.loads(monthly.stdout)
    assert said["figures"]["counts"]["decide"] == 2 and said["figures"]["counts"]["raise"] == 2
    assert any(note.startswith("No monthly review is planned") for note in said["notes"])
    assert any(note.startswith("Maturity: ") for note in said["notes"])


def test_another_kind_is_refused_with_the_nearest(demo):
    shown = CliRunner().invoke(app, ["agenda", "wekly", "-s", str(demo)])
    assert str(shown.exception) == (
        "finops agenda: unknown kind of review 'wekly'. Did you mean 'weekly'? Known: weekly, biweekly, monthly, quarterly."
    )
