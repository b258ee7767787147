"""`finops audit`: the rows in plain words, whether they are as they were written, and a head that was printed (docs/method §14.4)."""

from __future__ import annotations

import json
import sqlite3

import commands
import pytest
from test_records import opened
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.errors import RecordsError
from finops_model.records import states


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "finops.yaml").write_text("company: Acme\nrecords: records.sqlite\n")
    with opened(tmp_path) as records:
        records.append("budget", {"version": "v2"}, entity="Acme GmbH", period="2026-10")
        states.reach(records, "", "2026-10", "final", body={"reason": "all invoices tie out"})
        states.approve(records, "", "2026-10", author="bob", note="seen")
        records.append(
            "publication", {"state": "done", "of": 1, "reports": [{}, {}]}, period="2026-10"
        )
        records.append("journal", {"entries": ["a", "b"]}, period="2026-10")
        records.append("decision", {"text": "[bold]buy[/bold] \x1b[31m40"}, author="eve")
        states.request_reopen(records, "", "2026-10", "late invoice", author="carl")
    return tmp_path


def audit(folder, *words):
    return CliRunner().invoke(
        app, ["audit", "--settings", str(folder), *words], env={"COLUMNS": "200"}
    )


def heads(folder) -> list[str]:
    with opened(folder) as records:
        return [row.hash for row in records.read()]


def test_the_rows_are_told_in_plain_words_and_are_as_written(workspace):
    done = audit(workspace)
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines()]
    table = [cells for cells in lines if cells and cells[0].isdigit()]
    assert done.exit_code == 0
    assert [(cells[0], cells[2], cells[3], cells[4], cells[6]) for cells in table] == [
        ("1", "anna", "budget", "Acme GmbH", "v2"),
        ("2", "anna", "state", "", "final: all invoices tie out"),
        ("3", "bob", "approval", "", "approves row 2: seen"),
        ("4", "bob", "state", "", "closed"),
        ("5", "anna", "publication", "", "done, 2 reports"),
        ("6", "anna", "journal", "", "2 entries booked"),
        ("7", "eve", "decision", "", "[bold]buy[/bold] [31m40"),
        ("8", "carl", "reopen", "", "asks to open it again: late invoice"),
    ]
    assert "2026-10 is closed." in done.stdout.splitlines()
    head = heads(workspace)[-1]
    assert done.stdout.splitlines()[-1] == (
        f"{workspace / 'records.sqlite'}: 8 rows are as written. Chain head {head}."
    )


def test_a_head_that_was_printed_is_looked_for(workspace):
    first, *_, last = heads(workspace)
    name = "row 1 (budget, 2026-10, Acme GmbH, by anna at 2026-11-01T00:00:00Z)"
    assert audit(workspace, "--expect", first[:16]).stdout.endswith(
        f"Chain head {last}. The head you expect is {name}; 7 more since.\n"
    )
    assert audit(workspace, "--expect", last).stdout.endswith(", the newest.\n")
    gone = audit(workspace, "--expect", "0" * 12)
    assert gone.exit_code == 3 and gone.stderr == (
        f"Error  {workspace / 'records.sqlite'}: not as it was written.\n"
        "- the chain head 000000000000 is not there: the rows that led to it were changed or taken away.\n"
    )
    for wrong in ("4f1c", "no head at all"):
        refused = audit(workspace, "--expect", wrong)
        assert isinstance(refused.exception, RecordsError) and str(refused.exception) == (
            f"--expect: '{wrong}' is no chain head. Give at least 12 of its digits, 0 to 9 and a to f, as the report prints it."
        )


def test_a_changed_row_is_named_and_the_exit_code_says_so(workspace):
    connection = sqlite3.connect(workspace / "records.sqlite", isolation_level=None)
    connection.execute("DROP TRIGGER no_change")
    connection.execute("UPDATE records SET body = '[]' WHERE id = 2")
    connection.close()
    done = commands.finops("audit", cwd=workspace)
    assert done[0] == 3 and "cannot be read" in done[1]
    assert done[2].splitlines() == [
        "Error  records.sqlite: not as it was written.",
        "- row 2 (state, 2026-10, by anna at 2026-11-01T01:00:00Z) was changed after it was written: its hash is not that of what it says.",
        "- the rule 'no_change' of the file was taken out or changed: somebody has worked on the file with another program.",
    ]
    told = json.loads(audit(workspace, "--json").stdout)
    assert len(told["problems"]) == 2 and len(told["rows"]) == 8


def test_as_json_and_with_nothing_recorded(workspace, tmp_path):
    told = json.loads(audit(workspace, "--json").stdout)
    assert told["problems"] == [] and told["head"] == heads(workspace)[-1]
    assert told["periods"] == [{"entity": "", "period": "2026-10", "state": "closed"}]
    assert told["rows"][2] == {
        "id": 3,
        "at": "2026-11-01T02:00:00Z",
        "author": "bob",
        "kind": "approval",
        "entity": "",
        "period": "2026-10",
        "said": "approves row 2: seen",
        "hash": heads(workspace)[2],
    }
    new = tmp_path / "new"
    new.mkdir()
    (new / "finops.yaml").write_text("company: Acme\n")
    done = audit(new)
    assert done.exit_code == 0 and done.stdout == (
        f"{new / '.finops' / 'records.sqlite'}: nothing was recorded yet.\n"
    )
    assert sorted(path.name for path in new.iterdir()) == ["finops.yaml"]
