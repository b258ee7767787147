"""The table of actions: read, refused word for word, and rows added below (docs/method §17.50, §17.51)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import InputError
from finops_model.facts.cycle.actions import COLUMNS, add_actions, read_actions

HEAD = "id,entity,action,owner,claimed_on,expected_monthly_saving,currency,status\n"
ROWS = (
    HEAD
    + "A1,Acme,Switch it off,Ada,2026-03-01,100.50,EUR,done\nB1,Acme Inc.,Cache,Bo,,7,USD,planned\n"
)
COMPANY = ("Acme", "Acme Inc.")


def written(folder, text, name="actions.csv"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_the_columns_of_owners_are_read_under_their_names(tmp_path):
    [action] = read_actions(written(tmp_path, ROWS), "EUR", "acme", COMPANY)
    assert (action.id, action.decision, action.done_on, action.monthly_saving, action.line) == (
        "A1", "done", dt.date(2026, 3, 1), Decimal("100.50"), 2,
    )  # fmt: skip
    assert action.one_off is action.probability is None, "a blank is no zero"
    assert len(read_actions(written(tmp_path, ROWS.replace(",USD", ",EUR")), "EUR")) == 2


def test_our_own_columns_are_read(tmp_path):
    file = written(
        tmp_path,
        "id;action;workload;SkuId;decision;decided on;approved by;starts;monthly saving;probability;business unit\n"
        "A1;x;a; b;K1 ; K2;accepted;2026-03-02;Ada;2026-04-01;1.234,50;60 %;Shop\n".replace(
            "a; b;K1 ; K2", '"a; b";"K1 ; K2"'
        ),
    )
    [action] = read_actions(file, "EUR")
    assert action.workloads == ("a", "b") and action.skus == ("K1", "K2")
    assert (action.decision, action.approved_by, action.starts) == (
        "approved",
        "Ada",
        dt.date(2026, 4, 1),
    )
    assert (action.monthly_saving, action.probability, action.unit) == (
        Decimal("1234.50"),
        0.6,
        "Shop",
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("planned", "dne", "actions.csv: line 3: status: unknown status 'dne'. Did you mean 'done'? Known: proposed, approved, rejected, done, "
         "expired, planned."),
        ("B1,", "A1,", "actions.csv: line 3: id: 'A1' is in line 2 already. Give each action an id of its own."),
        ("B1,", ",", "actions.csv: line 3: id: is empty. Write the id."),
        (",Cache,", ",,", "actions.csv: line 3: action: is empty. Write the action."),
        ("2026-03-01", "March", "actions.csv: line 2: claimed_on: 'March' is not a day. Write it as 2026-01-31."),
        ("2026-03-01", "", "actions.csv: line 2: claimed_on: is empty. Write the day on which it was done, or another decision: proposed, "
         "approved, rejected, expired, planned."),
        ("100.50", "-1", "actions.csv: line 2: expected_monthly_saving: -1 is negative. Write a number of at least 0."),
        ("100.50", "lots", "actions.csv: line 2: expected_monthly_saving: 'lots' is not a number."),
        (",USD,", ",GBP,", "actions.csv: line 3: currency: 'GBP' is not EUR, the currency of the ledger. Write the saving in EUR."),
        ("planned", "approved", "actions.csv: line 3: approved_by: is empty. Write who approved it; what nobody approved changes no forecast."),
    ],
)  # fmt: skip
def test_what_is_refused_says_where_and_what_to_do(tmp_path, old, new, said):
    text = ROWS.replace("Acme Inc.", "Acme").replace(",USD", ",EUR")
    text = text.replace(old, new) if old != ",USD," else text.replace("7,EUR", "7,GBP")
    with pytest.raises(InputError) as refused:
        read_actions(written(tmp_path, text), "EUR", "Acme", COMPANY)
    assert str(refused.value) == said


def test_an_entity_that_is_none_an_approval_without_a_day_and_a_share_that_is_none(tmp_path):
    with pytest.raises(InputError) as refused:
        read_actions(
            written(tmp_path, ROWS.replace("Acme Inc.", "Acme Ink")), "EUR", "Acme", COMPANY
        )
    assert str(refused.value) == (
        "actions.csv: line 3: entity: unknown entity 'Acme Ink'. Did you mean 'Acme Inc.'? Known: Acme, Acme Inc.."
    )
    head = "id,action,decision,approved_by,starts,probability\n"
    for row, said in (
        ("A1,x,approved,Ada,,", "starts: is empty. Write the day from which the action that Ada approved takes effect."),
        ("A1,x,proposed,,,1.5", "probability: '1.5' is no share. Write 0 to 1, or 0 % to 100 %."),
    ):  # fmt: skip
        with pytest.raises(InputError) as refused:
            read_actions(written(tmp_path, head + row + "\n"), "EUR")
        assert str(refused.value) == f"actions.csv: line 2: {said}"


def test_a_file_without_the_needed_column_names_it(tmp_path):
    with pytest.raises(InputError) as refused:
        read_actions(written(tmp_path, "ids,action\nA,x\n"), "EUR")
    assert str(refused.value) == (
        "actions.csv: an actions file needs a column 'id'. Did you mean 'ids'? Columns seen: ids, action. Name it, or add it."
    )


def test_rows_are_added_below_and_no_cell_above_changes(tmp_path):
    file = written(tmp_path, ROWS)
    row = {
        "id": "idle-x",
        "action": "=cmd(), more",
        "entity": "Acme",
        "workload": "w",
        "one_off": Decimal("3.5"),
    }
    assert add_actions(file, [row]) == ["idle-x"]
    text = file.read_text(encoding="utf-8")
    before, after = list(csv.reader(io.StringIO(ROWS))), list(csv.reader(io.StringIO(text)))
    assert [cells[:8] for cells in after[:3]] == before
    assert after[0][8:] == ["workload", "one_off"] and after[1][8:] == ["", ""]
    assert after[3] == ["idle-x", "Acme", "'=cmd(), more", "", "", "", "", "proposed", "w", "3.5"]
    assert read_actions(file, "EUR", "Acme", COMPANY)[-1].action == "=cmd(), more"
    assert add_actions(file, [row, {"id": "IDLE-X", "action": "y", "entity": "acme"}]) == []
    assert file.read_text(encoding="utf-8") == text, "nothing to add changes no byte"


def test_windows_line_ends_a_mark_and_semicolons_stay(tmp_path):
    file = tmp_path / "actions.csv"
    raw = '\ufeffid;action;note\r\nA1;"two\r\nlines";ok\r\n\r\nA2;b;c'
    file.write_bytes(raw.encode("utf-8"))
    assert add_actions(file, [{"id": "A3", "action": "c;d"}]) == ["A3"]
    assert file.read_bytes().decode("utf-8") == (
        '\ufeffid;action;note;decision\r\nA1;"two\r\nlines";ok;\r\n\r\nA2;b;c;\r\nA3;"c;d";;proposed\r\n'
    )


def test_a_new_file_holds_what_was_given_and_a_workbook_is_refused(tmp_path):
    file = tmp_path / "actions.csv"
    given_row = {"id": "A", "action": "x", "proposed_on": dt.date(2026, 1, 2), "probability": 0.25}
    assert add_actions(file, [given_row]) == ["A"]
    [action] = read_actions(file, "EUR")
    assert (action.proposed_on, action.probability, action.decision) == (
        dt.date(2026, 1, 2), 0.25, "proposed",
    )  # fmt: skip
    with pytest.raises(InputError) as refused:
        add_actions(tmp_path / "a.xlsx", [given_row])
    assert str(refused.value) == (
        "a.xlsx: rows are added to a CSV alone, so that nothing of a workbook is lost. Save the table as CSV, and name that file in "
        "finops.yaml (actions:)."
    )
    with pytest.raises(InputError, match="has no column 'saving'"):
        add_actions(file, [{"id": "B", "action": "x", "saving": 1}])
    (tmp_path / "latin.csv").write_bytes("id,action\nA,für\n".encode("latin-1"))
    with pytest.raises(InputError) as refused:
        add_actions(tmp_path / "latin.csv", [given_row])
    assert str(refused.value) == (
        "latin.csv: is not UTF-8, and a row added to it would spoil its letters. Save it as CSV UTF-8."
    )


words = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="\ufeff"),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(words, words), min_size=1, max_size=4, unique_by=lambda pair: pair[0].casefold()
    )
)
def test_whatever_is_added_is_read_back(tmp_path_factory, pairs):
    file = tmp_path_factory.mktemp("added") / "actions.csv"
    rows = [{"id": f"i{a}", "action": f"x {b}", "workload": b} for a, b in pairs]
    added = add_actions(file, rows)
    read = {action.id: action for action in read_actions(file, "EUR")}
    assert set(added) == set(read) and len(added) == len(rows)
    for row in rows:
        assert (
            read[row["id"]].action == row["action"] and read[row["id"]].workload == row["workload"]
        )


def test_the_columns_are_those_of_the_rule():
    assert len(set(COLUMNS)) == len(COLUMNS)


def test_writers_of_the_table_take_turns(tmp_path):
    """Each reads, adds and writes; of two at once the later would write over the other's rows."""
    from concurrent.futures import ThreadPoolExecutor

    from finops_model.decide.advising.written import _alone

    count = tmp_path / "count"
    count.write_text("0")

    def more(_):
        with _alone(tmp_path):
            count.write_text(str(int(count.read_text()) + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(more, range(80)))
    assert count.read_text() == "80"


@pytest.mark.parametrize("rows", [20, 58, 61, 200, 1500])
def test_a_long_table_of_words_alone_begins_with_its_header(tmp_path, rows):
    """Its header was looked for among its rows: nothing in the first forty below it is a number or a day."""
    lines = [
        f"P-{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)},switch it off,proposed"
        for i in range(rows)
    ]
    (tmp_path / "actions.csv").write_text("\n".join(["id,action,decision", *lines]) + "\n")
    actions = read_actions(tmp_path / "actions.csv", "USD")
    assert [action.line for action in actions] == list(range(2, rows + 2))
    # one day, far below, is no reason to begin there
    lines[-1] = lines[-1].replace("proposed", "done") + ",2026-09-01"
    text = "\n".join(
        ["id,action,decision,done_on", *(f"{line}," for line in lines[:-1]), lines[-1]]
    )
    (tmp_path / "actions.csv").write_text(text + "\n")
    assert len(read_actions(tmp_path / "actions.csv", "USD")) == rows
