"""`finops monday` on small companies: the list, its week to the cent, tickets, answers by file. Oracle: plain sums of what was written into the bill."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest
from commands import finops
from hypothesis import given, settings
from hypothesis import strategies as st

import finops_model as fm
from finops_model.cli.monday import app  # noqa: F401 - the command is on its shelf
from finops_model.errors import FinOpsError, InputError
from finops_model.measure.change.week import week_of
from finops_model.publish.alerts.answers import Answered, record_answers, standing_answers
from finops_model.publish.monday.items import MOVERS, Item, with_answers
from finops_model.records.store import Records

DAYS = pd.date_range("2026-01-05", "2026-03-29")  # twelve whole weeks, Monday to Sunday


def chat(day) -> float:
    return 50.0 if day < pd.Timestamp("2026-03-23") else 80.25


def search(day) -> float:
    return 40.0 + day.dayofweek


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    root = tmp_path_factory.mktemp("monday")
    lines = ["Date,Cost (USD),Team,Service"]
    for day in DAYS:
        lines += [f"{day.date()},{chat(day)},chat,GPU", f"{day.date()},{search(day)},search,GPU"]
    (root / "bill.csv").write_text("\n".join(lines))
    fm.start(root / "bill.csv", folder=root / "ws")
    return fm.load_settings(root / "ws" / "finops.yaml")


def test_the_week_is_what_was_written_and_adds_up_to_the_cent(company):
    answer = fm.monday(company)
    week = answer.figures["week"]
    assert (week["first"], week["last"], week["weeks"]) == ("2026-03-23", "2026-03-29", 4)
    newest = [day for day in DAYS if day >= pd.Timestamp("2026-03-23")]
    cost = sum(chat(day) + search(day) for day in newest)
    assert week["cost"] == f"{cost:.2f}"
    assert week["usual"] == f"{7 * 50 + sum(search(day) for day in newest):.2f}"
    assert week["change"] == f"{7 * 30.25:.2f}" and week["everything_else"] == "0.00"
    assert answer.figures["due"] == "2026-03-30"
    assert answer.sentence.endswith(
        "The week to 29 March 2026 cost $863, $212 more than a usual week."
    )


def test_one_thing_stands_once_and_has_owner_evidence_and_a_ticket(company):
    answer = fm.monday(company)
    items = answer.figures["items"]
    chats = [one for one in items if "chat" in one["subject"]]
    assert len(chats) == 1 and chats[0]["section"] == "Alerts"  # the mover is the alert's
    one = chats[0]
    assert one["owner"] == "chat" and one["evidence"][0]["change"] == pytest.approx(one["amount"])
    assert one["ticket"]["summary"].startswith("AI cost: Spend, chat/")
    assert f"Id: {one['id']}." in one["ticket"]["description"]


@given(
    costs=st.lists(st.integers(0, 5000), min_size=35, max_size=35),
    others=st.lists(st.integers(0, 5000), min_size=35, max_size=35),
)
@settings(max_examples=25)
def test_movers_and_everything_else_are_the_change(costs, others):
    days = pd.date_range("2026-01-01", periods=35)
    text = dict.fromkeys(("x_BusinessUnit", "x_Team", "ServiceName", "SkuId", "SkuMeter"), "")
    rows = pd.concat(
        pd.DataFrame(
            {
                "ChargeDate": days,
                "x_Workload": name,
                "ConsumedQuantity": 0.0,
                "ConsumedUnit": "",
                "EffectiveCost": [value / 100 for value in cents],
                **text,
            }
        )
        for name, cents in (("a", costs), ("b", others))
    )
    week = week_of(rows, "2026-02-04", "USD")
    assert (
        sum((one.change for one in week.movers), week.rest) == week.change == week.cost - week.usual
    )
    now = sum(costs[28:]) + sum(others[28:])
    assert int(week.cost * 100) == now
    for one in week.movers:  # more than a tenth of its usual week, and its parts add up
        cents = costs if one.workload == "a" else others
        moved = sum(cents[28:]) - sum(cents[:28]) / 4
        assert float(one.change) * 100 == pytest.approx(moved, abs=0.51)
        assert abs(moved) >= 0.1 * sum(cents[:28]) / 4
        assert one.parts.volume + one.parts.mix + one.parts.rate == pytest.approx(moved / 100)


def test_scaled_money_scales_the_week(company):
    names = dict.fromkeys(("x_BusinessUnit", "x_Team", "ServiceName", "SkuId", "SkuMeter"), "")
    bill = pd.DataFrame(
        {
            "ChargeDate": DAYS,
            "x_Workload": "chat",
            "ConsumedQuantity": 1.0,
            "ConsumedUnit": "hours",
            "EffectiveCost": [chat(day) for day in DAYS],
            **names,
        }
    )
    one = week_of(bill, "2026-03-29", "USD")
    twice = week_of(bill.assign(EffectiveCost=2 * bill["EffectiveCost"]), "2026-03-29", "USD")
    assert (twice.cost, twice.usual, twice.rest) == (2 * one.cost, 2 * one.usual, 2 * one.rest)
    assert [2 * m.change for m in one.movers] == [m.change for m in twice.movers]
    assert one.movers[0].parts.rate == pytest.approx(float(one.change))  # same hours, dearer


def tickets(company) -> list[dict]:
    code, out, err = finops("monday", "--json", "-s", str(company.root))
    assert code == 0, err
    place = company.path(company.ledger).parent / "watch" / "monday" / "2026-03-29"
    assert sorted(one.name for one in place.iterdir()) == [
        "monday.html",
        "monday.json",
        "tickets.csv",
    ]
    assert (
        json.loads((place / "monday.json").read_text())["items"]
        == json.loads(out)["figures"]["items"]
    )
    return list(csv.DictReader(io.StringIO((place / "tickets.csv").read_text())))


def write(path, rows: list[dict]):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_tickets_come_back_with_answers_once(company, tmp_path):
    rows = tickets(company)
    assert {row["answer"] for row in rows} == {""}
    rows[0] |= {"answer": "Disputed", "by": "Ada", "because": "=launch", "new_owner": "search"}
    file = write(tmp_path / "tickets.csv", rows)
    code, _, err = finops("monday", "--answers", str(file), "-s", str(company.root))
    assert code == 0 and "1 answer recorded" in err, err
    (again,) = [row for row in tickets(company) if row["id"] == rows[0]["id"]]
    assert (again["answer"], again["by"], again["owner"], again["because"]) == (
        "disputed",
        "Ada",
        "search",
        "'=launch",
    )
    _, _, err = finops("monday", "--answers", str(write(file, [again])), "-s", str(company.root))
    assert "0 answers recorded" in err  # the same again is nothing new
    answer = fm.monday(company)
    assert f"Disputed, and waiting for somebody to settle it: {rows[0]['id']}." in answer.notes
    again |= {"answer": "done", "on": "2026-03-30", "because": "", "new_owner": ""}
    finops("monday", "--answers", str(write(file, [again])), "-s", str(company.root))
    answer = fm.monday(company)
    assert rows[0]["id"] not in set(answer.table["id"])
    assert [one["id"] for one in answer.figures["closed"]] == [rows[0]["id"]]
    with Records(company.path(company.records)) as records:
        assert records.check() == [] and len(standing_answers(records)) == 1


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            {"id": "zzz", "answer": "done", "by": "Ada"},
            "answers.csv: line 2: id: unknown item 'zzz'.",
        ),
        (
            {"answer": "agreed", "by": "Ada"},
            "answers.csv: line 2: answer: unknown answer 'agreed'. Known: accepted, disputed, done.",
        ),
        (
            {"answer": "done", "by": ""},
            "answers.csv: line 2: by: is empty, and the answer is 'done'. Write who answers.",
        ),
        (
            {"answer": "disputed", "by": "Ada"},
            "answers.csv: line 2: because: is empty, and the answer is disputed. Say in a sentence what is not so.",
        ),
        (
            {"answer": "accepted", "by": "Ada", "new_owner": "serch"},
            "answers.csv: line 2: new_owner: unknown owner 'serch'. Did you mean 'search'?",
        ),
        (
            {"answer": "accepted", "by": "Ada", "on": "2199-01-01"},
            "answers.csv: line 2: on: 2199-01-01 is after today,",
        ),
        (
            {"answer": "accepted", "by": "Ada", "on": "soon"},
            "answers.csv: line 2: on: 'soon' is not a day. Write it as 2026-01-31.",
        ),
    ],
)
def test_an_answer_that_cannot_be_meant_is_one_sentence_and_records_nothing(
    company, tmp_path, cells, message
):
    first = fm.monday(company).figures
    item = (first["items"] or first["closed"])[0]["id"]
    row = {"id": item, "answer": "", "by": "", "because": "", "on": "", "new_owner": ""} | cells
    file = write(tmp_path / "answers.csv", [row])
    before = head(company)
    code, _, err = finops("monday", "--answers", str(file), "-s", str(company.root))
    assert code == 2 and message in " ".join(err.split()), err
    assert head(company) == before


def head(company) -> str:
    with Records(company.path(company.records)) as records:
        return records.head


def test_done_comes_back_where_it_is_still_seen():
    item = Item(
        id="1a", section=MOVERS, kind="Mover", subject="chat", what="chat cost more.", why="",
        do="Ask.", amount=3.0, over="", owner="chat", business_unit="", team="chat",
        first="2026-03-23", last="2026-03-29",
    )  # fmt: skip
    closed = {"1a": Answered(item="1a", answer="done", by="Ada", on="2026-03-29")}
    assert with_answers([item], closed)[0] == []
    early = {"1a": Answered(item="1a", answer="done", by="Ada", on="2026-03-25")}
    ((back,), gone) = with_answers([item], early)
    assert gone == [] and back.state == "done by Ada on 2026-03-25; it is still there"


def test_answers_of_entities_stay_apart_and_all_or_none_are_recorded(tmp_path):
    known = {"1a": "chat cost more."}
    mine = Answered(item="1a", answer="accepted", by="Ada", on="2026-03-29")
    with Records(tmp_path / "records.sqlite", author="ada") as records:
        assert record_answers(records, [mine], known, "Inc") == [mine]
        assert record_answers(records, [mine], known, "Inc") == []
        assert standing_answers(records, "GmbH") == {}
        assert [row.body["text"] for row in records.read("decision", "Inc")] == [
            "accepted: chat cost more."
        ]


def test_a_bill_of_a_few_days_says_nothing_of_a_week(tmp_path):
    lines = ["Date,Cost (USD),Team,Service"]
    lines += [f"2026-01-{day:02d},5,a,GPU" for day in range(1, 10)]
    (tmp_path / "bill.csv").write_text("\n".join(lines))
    settings_ = fm.start(tmp_path / "bill.csv", folder=tmp_path / "ws")
    answer = fm.monday(settings_)
    assert answer.sentence == "Nothing waits on Monday, 12 January 2026."
    assert answer.figures["week"]["weeks"] == 0
    with pytest.raises(FinOpsError, match="--as-of 2027-01-01: the ledger has data from"):
        fm.monday(settings_, "2027-01-01")


def test_hostile_names_stay_text(tmp_path):
    lines = ["Date,Cost (USD),Team,Service"]
    for i, day in enumerate(pd.date_range("2026-01-05", "2026-03-15")):
        lines.append(f'{day.date()},{10 if i < 63 else 90},"=cmd()<script>alert(1)</script>",GPU')
    (tmp_path / "bill.csv").write_text("\n".join(lines))
    fm.start(tmp_path / "bill.csv", folder=tmp_path / "ws")
    code, _, err = finops("monday", "-s", str(tmp_path / "ws"))
    assert code == 0, err
    (page,) = (tmp_path / "ws").rglob("monday.html")
    assert "<script>alert" not in page.read_text()
    (file,) = (tmp_path / "ws").rglob("tickets.csv")
    for row in csv.DictReader(io.StringIO(file.read_text())):
        assert not any(cell.startswith(("=", "+", "@")) for cell in row.values())


def test_answers_need_their_columns(company, tmp_path):
    (tmp_path / "a.csv").write_text("id,anser,by\n1,done,Ada\n")
    from finops_model.publish.alerts.answers import read_answers

    with pytest.raises(InputError) as said:
        read_answers(tmp_path / "a.csv", {}, (), "2026-03-30")
    assert str(said.value) == (
        "a.csv: a file of answers needs a column 'answer'. Did you mean 'anser'? Columns seen: id, anser, by. "
        "Name it, or add it."
    )


def test_an_alert_is_answered_by_command_and_shows_it(tmp_path):
    lines = ["Date,Cost (USD),Team,Service"]
    lines += [f"{day.date()},{chat(day)},chat,GPU" for day in DAYS]
    (tmp_path / "bill.csv").write_text("\n".join(lines))
    fm.start(tmp_path / "bill.csv", folder=tmp_path / "ws")
    where = ("-s", str(tmp_path / "ws"))
    told = json.loads(finops("watch", "--json", *where)[1])
    (alert,) = told["alerts"]
    assert "answered" not in alert
    ask = ("watch", "answer", alert["id"])
    for words, message in (
        ((*ask, "fine", "--by", "Ada"), "finops watch answer: unknown answer 'fine'."),
        (
            (*ask, "disputed", "--by", "Ada"),
            "--because: a dispute says in a sentence what is not so.",
        ),
        ((*ask, "done", "--by", " "), "--by: say who answers."),
        (
            ("watch", "answer", "zz", "done", "--by", "Ada"),
            "finops watch answer: unknown item 'zz'.",
        ),
    ):
        code, _, err = finops(*words, *where)
        assert code == 2 and message in " ".join(err.split())
    code, out, err = finops(*ask, "disputed", "--by", "Ada", "--because", "A launch", *where)
    assert code == 0 and out.startswith(f"Recorded: {alert['what']} Disputed by Ada on "), err
    assert finops(*ask, "disputed", "--by", "Ada", "--because", "A launch", *where)[1].startswith(
        "It stands already."
    )
    (again,) = json.loads(finops("watch", "--json", *where)[1])["alerts"]
    assert again["answered"]["answer"] == "disputed"
    shown = finops("watch", *where, columns=80)[1]  # a narrow terminal: a list
    assert "Answer: disputed by Ada" in shown
    (page,) = (tmp_path / "ws").rglob("alerts.html")
    assert "disputed by Ada" in page.read_text()
    assert fm.monday(fm.load_settings(tmp_path / "ws")).table["answer"][0].startswith("disputed by")


def test_an_old_note_of_the_whole_company_is_not_on_a_waste_that_goes_on():
    from finops_model.facts.cycle.notes import Note
    from finops_model.publish.monday.gather import _with_notes

    words = dict.fromkeys(
        ("id", "section", "kind", "what", "why", "do", "over", "owner", "business_unit", "team"), ""
    )
    item = Item(
        **words, subject="SEAT", workload="seats", amount=1.0, first="2026-01-01", last="2026-10-31"
    )
    told = [
        Note(day=day, until=day, text=text, workload=workload)
        for day, text, workload in (
            ("2026-03-09", "Demo", ""),
            ("2026-10-20", "Move", ""),
            ("2026-03-10", "Joined", "seats"),
            ("2026-10-20", "Other", "chat"),
        )
    ]
    said = " ".join(_with_notes(item, tuple(told), "2026-10-31").notes)
    assert "Demo" not in said and "Other" not in said and "Move" in said and "Joined" in said
