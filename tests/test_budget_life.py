"""A budget's life: proposed, approved by another, moved, released, reforecast, closed; nothing made or lost (docs/method §9.43 to §9.49)."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as laws
from hypothesis import strategies as st
from reserve_world import bill, budgets
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.decide.budgets import moves
from finops_model.decide.budgets.moves import Purse
from finops_model.errors import InputError, RecordsError
from finops_model.facts.plans import together
from finops_model.facts.plans.budgets import Budgets
from finops_model.front.budgets import book, decided, shown, steps
from finops_model.names import COMPANY
from finops_model.records import budgets as life
from finops_model.records.store import Records

MONTHS = ("2027-01", "2027-02", "2027-03")
cents = st.integers(0, 500_000).map(lambda n: Decimal(n) / 100)


def plan_of(amounts: dict[str, list], held: dict[str, list] | None = None, own: bool = True):
    """Approved lines by unit and month; `own`: the company has a line, its units and what it holds back."""
    held = held or {}
    rows = [
        (unit, month, amount, held.get(unit, [0] * 3)[i])
        for unit, values in amounts.items()
        for i, (month, amount) in enumerate(zip(MONTHS, values, strict=True))
    ]
    if own:
        back = held.get(COMPANY, [0] * 3)
        rows += [
            (COMPANY, month, sum(values[i] for values in amounts.values()) + back[i], back[i])
            for i, month in enumerate(MONTHS)
        ]
    frame = pd.DataFrame(
        [
            (
                "v1",
                dt.date(2026, 12, 1),
                "Ann",
                "Bob",
                unit,
                month,
                Decimal(a),
                i,
                Decimal(h),
                "CFO",
            )
            for i, (unit, month, a, h) in enumerate(rows)
        ],
        columns="version,approved_on,approved_by,author,business_unit,month,amount,line,held_back,held_by".split(
            ","
        ),
    )
    return Budgets(frame, "b.csv", "USD")


def after(plan: Budgets, lines) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """(unit, month) -> amount and holdback in force once lines have taken the place of others."""
    found = {
        (unit, month): (one.amount, one.held_back)
        for unit in [*plan.units(), COMPANY]
        for month in MONTHS
        if (one := moves.line_of(plan, Purse(unit), month)) is not None
    }
    return found | {(line.unit, line.month): (line.amount, line.held_back) for line in lines}


@laws(max_examples=40)
@given(
    a=st.lists(cents, min_size=3, max_size=3),
    b=st.lists(cents, min_size=3, max_size=3),
    back=st.lists(cents, min_size=3, max_size=3),
    part=st.fractions(0, 1),
    kind=st.sampled_from(["transfer", "give back", "release", "release own"]),
)
def test_money_is_moved_and_none_made_or_lost(a, b, back, part, kind):
    amounts = {"A": [x + y for x, y in zip(a, back, strict=True)], "B": b}
    plan = plan_of(amounts, {"A": back, COMPANY: back})
    there = sum(back if kind.startswith("release") else a, Decimal(0))
    amount = (there * Decimal(part.numerator) / Decimal(part.denominator)).quantize(
        Decimal("0.01"), "ROUND_FLOOR"
    )
    if not amount:
        return
    one, other = Purse("A"), Purse("B")
    if kind == "transfer":
        lines = moves.transfer(plan, one, other, amount, MONTHS)
    elif kind == "give back":
        lines = moves.transfer(plan, one, Purse(COMPANY), amount, MONTHS)
    elif kind == "release":
        lines = moves.release(plan, Purse(COMPANY), other, amount, MONTHS)
    else:
        lines = moves.release(plan, one, None, amount, MONTHS)
    now = after(plan, lines)
    was = after(plan, [])

    def whole(state, unit, place=0):
        return sum((state[unit, month][place] for month in MONTHS), Decimal(0))

    assert [now[COMPANY, m][0] for m in MONTHS] == [was[COMPANY, m][0] for m in MONTHS]
    for month in MONTHS:  # units and the reserve are the company, month by month
        free = now["A", month][0] + now["B", month][0]
        assert free + now[COMPANY, month][1] == now[COMPANY, month][0]
        assert all(0 <= held <= amount for amount, held in (now["A", month], now["B", month]))
    to = {"transfer": "B", "release": "B"}.get(kind)
    assert to is None or whole(now, to) - whole(was, to) == amount
    if kind == "release own":
        assert whole(was, "A", 1) - whole(now, "A", 1) == amount and whole(now, "A") == whole(
            was, "A"
        )


def test_what_is_moved_is_moved_by_what_is_free_in_each_month():
    """A plain loop: 60 of 10, 20 and 30 free is each of them; 30 is half of each."""
    plan = plan_of({"A": [10, 20, 30], "B": [1, 1, 1]})
    for amount, wanted in ((60, [10, 20, 30]), (30, [5, 10, 15])):
        lines = moves.transfer(plan, Purse("A"), Purse("B"), Decimal(amount), MONTHS)
        given = [line.amount - 1 for line in lines if line.unit == "B"]
        assert given == wanted


def test_what_rolls_over_is_a_share_of_what_is_left_and_nothing_of_what_is_over():
    plan = plan_of({"A": [10, 10, 10], "B": [5, 5, 5]}, {COMPANY: [2, 2, 2]})
    lines = moves.rollover(
        plan, {"A": Decimal("7.01"), "B": Decimal("-3")}, Decimal("0.5"), "2027-01"
    )
    assert [(line.unit, str(line.amount), str(line.held_back)) for line in lines] == [
        ("A", "13.50", "0.00"),
        (COMPANY, "20.50", "2.00"),
    ]


def test_moves_that_cannot_be_are_refused_in_words():
    plan = plan_of({"A": [10, 20, 30], "B": [1, 1, 1]}, {"A": [5, 5, 5]}, own=False)
    for call, said in (
        (
            lambda: moves.purse("Bb", plan, "--to"),
            "--to: unknown unit with an approved budget 'Bb'. Did you mean 'B'? Known: A, B, Company.",
        ),
        (
            lambda: moves.transfer(plan, Purse("A"), Purse("B"), Decimal("45.01"), MONTHS),
            "--amount 45.01: A has 45.00 free (approved, and not held back) in 2027-01 to 2027-03. Take at most that, or more months.",
        ),
        (
            lambda: moves.release(plan, Purse("A"), Purse("B"), Decimal(16), MONTHS),
            "--amount 16.00: A has 15.00 held back in 2027-01 to 2027-03. Take at most that, or more months.",
        ),
        (
            lambda: moves.release(plan, Purse(COMPANY), Purse("B"), Decimal(1), MONTHS),
            "the company has no budget line of its own in 2027-01: its budget is what its units have together. Name a unit (--from, --to).",
        ),
        (
            lambda: moves.transfer(plan, Purse("A"), Purse("B"), Decimal(1), ["2027-07"]),
            "A has no approved budget in 2027-07. Name months that it has (--months), or propose a budget first.",
        ),
        (
            lambda: moves.transfer(plan, Purse("A"), Purse("A"), Decimal(1), MONTHS),
            "--to: A is where the money comes from. Name another.",
        ),
        (
            lambda: moves.transfer(plan, Purse("A"), Purse("B"), Decimal("1.001"), MONTHS),
            "--amount 1.001: write an amount above 0 in whole cents.",
        ),
        (
            lambda: moves.transfer(plan, Purse(COMPANY), Purse("B"), Decimal(1), MONTHS),
            "--from: the company's own line is what its units have and its reserve. What it holds back is given out by a release: finops "
            "budget release --to UNIT --amount AMOUNT.",
        ),
    ):
        with pytest.raises(InputError) as refused:
            call()
        assert str(refused.value) == said


# -- the records: who may decide, and what counts


def test_nobody_approves_their_own_and_what_is_decided_stays(tmp_path):
    with Records(tmp_path / "r.sqlite") as records:
        row = life.propose(records, "", "FY2027", "budget", {"version": "v", "lines": []}, "ann")
        for who, how, said in (
            (
                "ann",
                {},
                "proposal 1: ann proposed it and cannot approve it too. A second person does, under an account of their own: finops "
                "budget approve 1.",
            ),
            (
                "bob",
                {"attended": False},
                "proposal 1: a job that nobody watches decides on no budget. A person does: finops budget approve 1.",
            ),
            (
                "bob",
                {"approve": False},
                "proposal 1: a rejection needs a reason: finops budget reject 1 --because REASON.",
            ),
        ):
            with pytest.raises(RecordsError) as refused:
                life.decide(records, "", 1, author=who, **how)
            assert str(refused.value) == said
        with pytest.raises(RecordsError) as refused:
            life.decide(records, "", 4, author="bob")
        assert str(refused.value) == (
            "proposal 4: there is none of that number. Waiting for a decision: 1. See them: finops budget list."
        )
        # a row of another program, in ann's own name, decides nothing
        records.append("budget", {"event": "approved", "of": 1, "hash": row.hash}, author="ann")
        records.append("budget", {"event": "approved", "of": 1, "hash": "0"}, author="bob")
        assert [one.state for one in life.proposals(records)] == ["proposed"]
        life.decide(records, "", 1, author="bob")
        with pytest.raises(RecordsError) as refused:
            life.decide(records, "", 1, approve=False, note="no", author="cleo")
        assert str(refused.value).startswith("proposal 1 was approved by bob on ")
        assert [one.state for one in life.proposals(records)] == ["approved"]
        assert life.proposals(records, "another entity") == [] == records.check()


def test_what_an_approval_does_is_recorded_with_it_or_not_at_all(tmp_path):
    with Records(tmp_path / "r.sqlite") as records:
        life.propose(records, "", "FY2027", "budget", {"version": "v"}, "ann")

        def fails(row, who, now):
            raise InputError("no")

        with pytest.raises(InputError):
            life.decide(records, "", 1, author="bob", act=fails)
        assert [one.state for one in life.proposals(records)] == ["proposed"]
        with pytest.raises(RecordsError) as refused:
            life.propose(records, "", "FY2027", "budget", {"version": "v"}, "cleo")
        assert str(refused.value).endswith("and waits for an approval: finops budget approve 1.")


# -- a workspace, from draft to close


def test_a_year_of_weeks_without_budgets_and_one_person_alone(tmp_path):
    """finops.yaml names no budgets yet; lines are of fiscal periods; four eyes are off, and that is said."""
    (tmp_path / "bill.csv").write_text(bill("2026-07-10"), encoding="utf-8")
    fm.start(tmp_path / "bill.csv", folder=tmp_path / "own")
    place = tmp_path / "own"
    with (place / "finops.yaml").open("a", encoding="utf-8") as file:
        file.write("calendar: {kind: 4-4-5}\npaths: 600\nfour_eyes: false\n")
    own = fm.load_settings(place)
    with pytest.raises(InputError) as refused:
        steps.transfer(own, "Labs", "Search", Decimal(1), "FY2027-P01")
    assert str(refused.value).startswith(
        "finops.yaml names no budgets, so nothing is approved yet."
    )
    draft = fm.draft_budget(own, "FY2027-Q1", write=tmp_path / "q1.csv")
    assert list(draft.table) == ["unit", "draft"]  # a quarter is not held beside a year
    steps.propose(own, tmp_path / "q1.csv", author="ann")
    approved = decided.approve(own, 1, author="ann")
    assert "Four eyes: off (four_eyes of finops.yaml); the records say so." in approved.notes
    own = fm.load_settings(place)
    assert own.budgets == ["budgets/*.csv"]
    one = steps.transfer(
        own, "Labs", "Search", Decimal(100), "FY2027-P01..FY2027-P02", author="ann"
    )
    assert [row["month"] for row in one.plain()["tables"]["Lines"]] == [
        "FY2027-P01", "FY2027-P01", "FY2027-P02", "FY2027-P02",
    ]  # fmt: skip
    decided.approve(own, one.figures["proposal"], author="ann")
    year = shown.shown(own, "FY2027-Q1").table.set_index("unit")
    assert year.loc[COMPANY, "approved"] == float(draft.figures["total"])
    assert float(year["held back"].sum()) == float(draft.figures["reserve"])


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Its bill goes to January 2027: FY2026 is over, with an approved budget."""
    folder = tmp_path_factory.mktemp("life")
    (folder / "bill.csv").write_text(bill("2027-01-31"), encoding="utf-8")
    fm.start(folder / "bill.csv", folder=folder / "own")
    place = folder / "own"
    (place / "budgets.csv").write_text(budgets(), encoding="utf-8")
    with (place / "finops.yaml").open("a", encoding="utf-8") as file:
        file.write("budgets: budgets.csv\npaths: 600\n")
    return fm.load_settings(place)


def test_a_budget_lives_from_draft_to_close(own, tmp_path):
    file = tmp_path / "next.csv"
    answer = fm.draft_budget(own, "FY2027", held_by="Cleo", write=file)
    months = ["2027-10", "2027-11", "2027-12"]
    one = steps.propose(own, file, author="ann")
    assert together.budgets(own).year(COMPANY, months) is None  # it counts nowhere
    with pytest.raises(RecordsError):
        decided.approve(own, 1, author="ann")
    assert not own.path("budgets").exists()
    decided.approve(own, one.figures["proposal"], author="bob")
    again = fm.load_settings(own.root)
    assert again.budgets == ["budgets.csv", "budgets/*.csv"]
    year = [f"2027-{m:02}" for m in range(1, 13)]
    total = Decimal(answer.figures["total"])
    assert together.budgets(again).year(COMPANY, year) == total

    moved = steps.transfer(again, "Labs", "Search", Decimal(100), "2027-10..2027-12", author="ann")
    stale = steps.transfer(again, "Labs", "Support", Decimal(5), "2027-10", author="ann")
    labs = together.budgets(again).year("Labs", months)
    decided.approve(again, moved.figures["proposal"], author="bob")
    assert together.budgets(again).year("Labs", months) == labs - 100
    assert together.budgets(again).year(COMPANY, year) == total
    with pytest.raises(RecordsError) as refused:  # it would undo the transfer before it
        decided.approve(again, stale.figures["proposal"], author="bob")
    assert "of Labs in 2027-10 was" in str(refused.value)
    assert str(refused.value).endswith("Reject it, and propose it anew.")
    decided.reject(again, stale.figures["proposal"], "moved otherwise", author="ann")

    freed = steps.release(again, Decimal("50.05"), "FY2027-Q4", target="Labs", author="ann")
    assert freed.notes == ("Held back by Cleo: ask them before it is approved.",)
    decided.approve(again, freed.figures["proposal"], author="bob")
    plan = together.budgets(again)
    assert plan.year("Labs", months) == labs - 100 + Decimal("50.05")
    assert plan.year(COMPANY, year) == total

    new = steps.reforecast(again, "2027-11", author="ann", paths=500)
    decided.approve(again, new.figures["proposal"], author="bob")
    plan = together.budgets(again)
    assert plan.year(COMPANY, months[1:]) == Decimal(new.figures["total"])
    assert plan.month("Labs", "2027-10") == plan.lines("Labs", "2027-10")[0].amount
    assert plan.lines("Labs", "2027-10")[0].version.endswith(
        f"(proposal {freed.figures['proposal']})"
    )


def test_a_year_is_closed_and_half_of_what_is_left_rolls_over(own):
    again = fm.load_settings(own.root)
    plan = together.budgets(again)
    was = {unit: plan.month(unit, "2027-01") for unit in [*plan.units(), COMPANY]}
    closed = steps.close(again, "FY2026", Decimal("0.5"), author="ann")
    spent = pd.read_csv(own.path("../bill.csv")).set_index("business_unit")
    spent = spent[spent["Date"] < "2027"].groupby("business_unit")["Cost (USD)"].sum()
    decided.approve(again, closed.figures["proposal"], author="bob")
    plan = together.budgets(again)
    rolled = Decimal(0)
    for unit, budget in (("Support", 42000), ("Search", 22800), ("Labs", 14400)):
        left = budget - float(spent[unit])
        more = plan.month(unit, "2027-01") - was[unit]
        assert float(more) == pytest.approx(max(left, 0) / 2, abs=0.011)
        rolled += more
    assert rolled > 0 and plan.month(COMPANY, "2027-01") - was[COMPANY] == rolled
    with pytest.raises(RecordsError) as refused:
        steps.transfer(again, "Labs", "Search", Decimal(1), "2026-12", author="ann")
    assert str(refused.value) == (
        "the budget of FY2026 is closed, and 2026-12 is a month of it: nothing of it is moved any more. Take months of an open year."
    )
    for year, said in (
        (
            "FY2027",
            "FY2027 is not over for the bill, which is complete to 2027-01-31 and not to 2027-12-31. Close it when its last month has come in.",
        ),
        (
            "FY2025",
            "FY2025 began on 2025-01-01, and the bill on 2026-01-01: nobody knows what was spent before, so its budget cannot be closed "
            "here. Take in the earlier bills: finops add FILE.",
        ),
    ):
        with pytest.raises(InputError) as refused:
            steps.close(again, year, author="ann")
        assert str(refused.value) == said


def test_a_file_that_is_not_as_it_was_approved_is_named(own):
    again = fm.load_settings(own.root)
    assert set(shown.listed(again).table["state"]) == {"approved", "rejected"}
    place = next(again.path(book.FOLDER).glob("0001-*.csv"))
    text = place.read_text()
    place.write_text(text + "\n")
    assert "approved, file changed" in set(shown.listed(again).table["state"])
    place.write_text(text)
    year = shown.shown(again, "FY2027")
    assert list(year.table["unit"]) == ["Labs", "Search", "Support", COMPANY]
    units, whole = year.table.iloc[:-1], year.table.iloc[-1]
    assert units["spent"].sum() == pytest.approx(whole["spent"])
    assert units["approved"].sum() + whole["held back"] == pytest.approx(whole["approved"])


def test_the_commands_and_their_words(own, tmp_path):
    call = CliRunner().invoke
    place = ["-s", str(own.root)]
    shown_year = call(app, ["budget", "show", "FY2026", "--json", *place])
    told = json.loads(shown_year.stdout)
    assert told["figures"]["period"] == "FY2026" and told["table"][-1]["unit"] == "Company"
    listed = call(app, ["budget", "list", *place])
    assert listed.exit_code == 0 and "proposal" in listed.stdout
    draft = tmp_path / "typo.csv"
    draft.write_text(
        "version,approved_on,approved_by,unit,month,amount\nv9,,,Serch,2027-01,5\nv9,,,Labs,2027-01,5.001\n"
    )
    fine = tmp_path / "done.csv"
    fine.write_text(
        "version,approved_on,approved_by,unit,month,amount\nv9,2026-01-01,Ann,Labs,2027-01,5\n"
    )
    for words, said in (
        (
            ["propose", str(draft)],
            "typo.csv: Labs 2027-01: 5.001 is not in whole cents. Round it.",
        ),
        (
            ["propose", str(fine)],
            "done.csv: every version in it is approved already (approved_on). To propose one, leave approved_on and approved_by empty.",
        ),
        (
            ["propose", str(draft), "--name", "v8"],
            "--name: no draft 'v8' in typo.csv. There is: v9.",
        ),
        (
            [
                "transfer",
                "--from",
                "Labs",
                "--to",
                "Search",
                "--amount",
                "x",
                "--months",
                "2026-12",
            ],
            "--amount: 'x' is not a number. Write it as 5000 or 5000.50.",
        ),
        (
            ["transfer", "--from", "Labs", "--to", "Search", "--amount", "1", "--months", "soon"],
            "--months: 'soon' is not a period. Write a fiscal year FY2027, a quarter of one FY2027-Q2, or a month 2027-03.",
        ),
        (
            ["close", "FY2026", "--rollover", "2"],
            "--rollover 2: write a share from 0 to 1; 0.5 is half.",
        ),
        (
            ["show", "FY2030"],
            "YEAR: FY2030 has no approved budget. Budgets there are of: FY2026, FY2027; Labs, Search, Support.",
        ),
    ):
        refused = call(app, ["budget", *words, *place])
        assert str(refused.exception) == said
    draft.write_text(draft.read_text().replace("5.001", "5"))
    refused = call(app, ["budget", "propose", str(draft), *place])
    assert str(refused.exception) == (
        "typo.csv: no bill and no budget has a unit 'Serch'. Did you mean 'Search'? Known: Company, Labs, Search, Support. Correct it, or "
        "say that it is new: --new 'Serch'."
    )
