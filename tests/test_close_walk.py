"""`finops close`: states, messages, files; the month of docs/close.md, number by number (docs/method §14.60, §14.61)."""

from __future__ import annotations

import json
import re
import shutil
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from close_acme import Acme
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.errors import FinOpsError
from finops_model.publish.books.closing import walk
from finops_model.publish.books.closing.summary import PARTS
from finops_model.records.store import Records
from finops_model.settings import load_settings

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "close.md").read_text(encoding="utf-8")
LATE = "Aurora's invoice comes on the 10th"


def settings(acme: Acme):
    return load_settings(acme.folder)


def refused(call, *given, **named) -> str:
    with pytest.raises(FinOpsError) as problem:
        call(*given, **named)
    return str(problem.value)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The three closes of the page: their results, and the folder."""
    acme = Acme(tmp_path_factory.mktemp("close") / "acme")
    found = {}
    for month in ("2026-09", "2026-10", "2026-11"):
        acme.deliver(month)
        accept = LATE if month == "2026-10" else ""
        if accept:
            found["early"] = walk.walk(settings(acme), month, author="carla")
        found[month] = walk.walk(settings(acme), month, author="carla", accept=accept)
        found[f"{month} closed"] = walk.approve(settings(acme), month, author="henrik")
    return acme, found


@pytest.fixture
def fresh(tmp_path):
    """A company before its first close."""
    acme = Acme(tmp_path / "acme")
    acme.deliver("2026-09")
    return acme


@pytest.fixture(scope="module")
def one_closed(tmp_path_factory):
    acme = Acme(tmp_path_factory.mktemp("one") / "acme")
    acme.deliver("2026-09")
    walk.walk(settings(acme), "2026-09", author="carla")
    walk.approve(settings(acme), "2026-09", author="henrik")
    return acme.folder


@pytest.fixture
def closed(one_closed, tmp_path):
    """A copy of a company that has closed September."""
    shutil.copytree(one_closed, tmp_path / "acme")
    acme = Acme.__new__(Acme)
    acme.folder = tmp_path / "acme"
    return acme


def test_the_page_s_numbers_are_those_of_the_files(told):
    acme, _ = told
    tables = re.findall(r"<!-- (\S+)/(\S+)\.csv -->\n((?:\|.*\n)+)", PAGE)
    assert len(tables) >= 5
    for month, name, text in tables:
        rows = [
            [cell.strip() for cell in line.strip("|\n").split("|")] for line in text.splitlines()
        ]
        heading, lines = rows[0], rows[2:]
        frame = pd.read_csv(
            acme.folder / "books" / month / f"{name}.csv", dtype=str, keep_default_na=False
        )
        have = [[str(row[column]) for column in heading] for row in frame.to_dict("records")]
        for line in lines:
            assert line in have, (month, name, line, have)


def test_the_page_s_words_are_those_of_the_command(told):
    _, found = told
    said = {month: list(found[month].said) for month in ("2026-09", "2026-10", "2026-11")}
    every = [text for lines in said.values() for text in lines] + list(found["early"].reasons)
    blocks = re.findall(r"```console\n(.*?)```", PAGE, flags=re.DOTALL)
    quoted = [
        line
        for block in blocks
        for line in block.splitlines()
        if line.startswith(("September", "October", "November", "Open:", "Taken", "1.99"))
    ]
    assert len(quoted) >= 6
    for line in quoted:
        assert line in every, line


def test_every_expense_is_booked_once(told):
    acme, _ = told
    lines = pd.concat(
        [pd.read_csv(path) for path in sorted((acme.folder / "books").glob("*/journal.csv"))]
    )
    expense = lines[lines["Account"] == 6810]
    assert round(expense["Debit"].sum() - expense["Credit"].sum(), 2) == 700 + 712 + 700


def test_the_page_says_what_the_expense_is_made_of(told):
    _, found = told
    parts = [*PARTS, "earlier"]
    for month in ("2026-09", "2026-10", "2026-11"):
        (one,) = found[month].figures
        assert sum(Decimal(one[name]) for name in parts) == Decimal(one["expense"]), month
        assert one["between"] == "0" and one["borne"] == one["expense"]
    page = (found["2026-10"].folder / "summary.html").read_text()
    assert "of it estimated, missing days" in page and "20.01" in page
    assert "Expense after that" not in page  # one entity: nobody charges it


def test_states_and_files(told):
    acme, found = told
    assert found["early"].state == "open" and found["early"].folder is None
    assert found["early"].reasons == ("2026-10 is under way: the bills reach to 2026-10-29",)
    assert [found[month].state for month in ("2026-09", "2026-10", "2026-11")] == ["final"] * 3
    assert found["2026-10 closed"].state == "closed"
    names = {path.name for path in (acme.folder / "books" / "2026-10").iterdir()}
    assert names == {
        *("journal.csv", "accrual.csv", "prepaid.csv", "tie_out.csv", "bridge.csv", "statements"),
        *("books.xlsx", "summary.txt", "summary.html"),
    }
    listed = walk.status(settings(acme))
    assert [(one["period"], one["state"], one["by"], one["changed"]) for one in listed] == [
        (month, "closed", "henrik", []) for month in ("2026-09", "2026-10", "2026-11")
    ]


def test_nothing_changed_writes_nothing(fresh):
    first = walk.walk(settings(fresh), "2026-09", author="carla")
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    again = walk.walk(settings(fresh), "2026-09", author="carla")
    assert again.head == first.head
    assert {path: path.stat().st_mtime_ns for path in again.folder.rglob("*")} == before


def test_a_job_of_every_morning_has_nothing_to_do_once_the_newest_whole_period_is_closed(closed):
    """It failed with 2 every morning from the approval to the end of the next month."""
    before = {path: path.stat().st_mtime_ns for path in closed.folder.rglob("*.csv")}
    found = walk.walk(settings(closed), author="carla")
    assert (found.period.name, found.state) == ("2026-09", "closed")
    assert found.folder == closed.folder / "books" / "2026-09" and "journal.csv" in found.files
    assert {path: path.stat().st_mtime_ns for path in closed.folder.rglob("*.csv")} == before


def test_a_closed_period_is_refused_and_its_newest_can_be_opened_by_two(closed):
    assert refused(walk.walk, settings(closed), "2026-09") == (
        "2026-09 is closed (by henrik, "
        + _day(closed)
        + "): what came later is booked in the open period. "
        "To open it again: finops close --month 2026-09 --reopen REASON."
    )
    assert refused(walk.reopen, settings(closed), "2026-09", " ") == (
        "2026-09: to open a closed period again needs a reason: finops close --month 2026-09 --reopen REASON."
    )
    walk.reopen(settings(closed), "2026-09", "the wrong team", author="carla")
    assert refused(walk.approve, settings(closed), "2026-09", author="carla") == (
        "2026-09: carla asked to open it again and cannot approve it too. A second person does, under an account of "
        "their own: finops close --month 2026-09 --approve."
    )
    assert walk.approve(settings(closed), "2026-09", author="henrik").state == "open"
    before = {
        path: path.read_bytes() for path in (closed.folder / "books").rglob("*") if path.is_file()
    }
    again = walk.walk(settings(closed), "2026-09", author="carla")
    assert again.folder.name == "2026-09-2" and again.state == "final"
    assert (
        again.said[0]
        == "September 2026 is final: 0.00 USD of expense beyond what it booked before."
    )
    assert walk.approve(settings(closed), "2026-09", author="henrik").state == "closed"
    assert all(path.read_bytes() == data for path, data in before.items())


def _day(acme: Acme) -> str:
    with Records(settings(acme).path(settings(acme).records)) as records:
        return records.read("state")[-1].at[:10]


def test_periods_come_in_their_order(closed):
    acme = closed
    Acme.deliver(acme, "2026-10")
    Acme.deliver(acme, "2026-11")
    assert refused(walk.walk, settings(acme), "2026-11") == (
        "2026-11: 2026-10 comes first and is open: 2026-09 is the newest closed period. Close it: finops close --month 2026-10."
    )
    walk.walk(settings(acme), "2026-10", author="carla")
    assert refused(walk.walk, settings(acme), "2026-11") == (
        "2026-11: 2026-10 comes first and is final: 2026-09 is the newest closed period. Close it: "
        "finops close --month 2026-10 --approve."
    )
    walk.approve(settings(acme), author="henrik")
    assert refused(walk.reopen, settings(acme), "2026-09", "why not") == (
        "2026-09: 2026-10 was closed after it and stands on it, so that only 2026-10 can be opened again. What changed of "
        "2026-09 is booked in the period that is open."
    )


def test_what_is_approved_is_what_was_looked_at(fresh):
    made = walk.walk(settings(fresh), "2026-09", author="carla")
    assert refused(walk.approve, settings(fresh), "2026-09", author="carla") == (
        "2026-09: carla made it final and cannot approve it too. A second person does, under an account of their own: "
        "finops close --month 2026-09 --approve."
    )
    assert refused(walk.approve, settings(fresh), "2026-09", author="henrik", attended=False) == (
        "2026-09: a job that nobody watches brings a period to final at most. A person approves it: "
        "finops close --month 2026-09 --approve."
    )
    journal = made.folder / "journal.csv"
    before = journal.read_bytes()
    journal.write_bytes(before.replace(b"1200.00", b"1300.00"))
    assert refused(walk.approve, settings(fresh), "2026-09", author="henrik") == (
        f"{made.folder}: journal.csv is not as written. Make the files again and look at them: finops close --month 2026-09."
    )
    journal.write_bytes(before)
    lines = (fresh.folder / "invoices.csv").read_text()
    (fresh.folder / "invoices.csv").write_text(lines.replace("330.00", "330.01"))
    found = refused(walk.approve, settings(fresh), "2026-09", author="henrik")
    assert re.fullmatch(
        r"2026-09: what the books are made of has changed since carla made it final on \d{4}-\d\d-\d\d, and the journal is "
        r"another now\. Make it again and look at it: finops close --month 2026-09\.",
        found,
    )
    (fresh.folder / "invoices.csv").write_text(lines)
    assert walk.approve(settings(fresh), "2026-09", author="henrik").state == "closed"


def test_an_invoice_that_differs_is_preliminary_and_a_cent_is_told(fresh):
    lines = (fresh.folder / "invoices.csv").read_text()
    (fresh.folder / "invoices.csv").write_text(lines.replace("330.00", "335.00"))
    found = walk.walk(settings(fresh), "2026-09", author="carla")
    assert found.state == "preliminary"
    assert found.reasons == ("the invoice of Seatly for 2026-09 differs by 5.00 USD",)
    assert refused(walk.approve, settings(fresh), "2026-09", author="henrik") == (
        "2026-09 is preliminary, and only a final period can be closed. Bring it there: finops close --month 2026-09."
    )
    (fresh.folder / "invoices.csv").write_text(lines.replace("330.00", "330.01"))
    assert walk.walk(settings(fresh), "2026-09", author="carla").state == "final"


def test_without_accounts_there_is_no_journal_and_no_approval(fresh):
    text = (fresh.folder / "finops.yaml").read_text()
    (fresh.folder / "finops.yaml").write_text(text.replace("accounts: accounts.yaml\n", ""))
    found = walk.walk(settings(fresh), "2026-09", author="carla")
    assert found.state == "final" and "journal.csv" not in found.files
    assert refused(walk.approve, settings(fresh), "2026-09", author="henrik") == (
        "finops.yaml names no accounts, so no journal is written and the period cannot be closed. "
        "Write accounts: accounts.yaml (docs/close.md)."
    )


def test_an_account_that_nobody_wrote_writes_nothing(fresh):
    path = fresh.folder / "accounts.yaml"
    path.write_text(path.read_text().replace('payable: "2010 Accounts payable"\n', ""))
    found = refused(walk.walk, settings(fresh), "2026-09")
    assert found == (
        "accounts.yaml: payable has no account, and the journal books to it. No journal was made. Write payable: "
        '"NUMBER NAME".'
    )
    assert not (fresh.folder / "books").exists()


def test_four_eyes_off_is_printed_on_every_page(fresh):
    path = fresh.folder / "finops.yaml"
    path.write_text(path.read_text() + "four_eyes: off\n")
    found = walk.walk(settings(fresh), "2026-09", author="carla")
    words = "Four eyes: off. One person may write and approve a period (four_eyes of finops.yaml)."
    assert words in (found.folder / "summary.txt").read_text()
    assert words in (found.folder / "summary.html").read_text()
    assert walk.approve(settings(fresh), "2026-09", author="carla").state == "closed"


def test_names_of_a_bill_are_text_on_the_page_and_in_the_sheet(tmp_path):
    acme = Acme(tmp_path / "acme")
    acme.deliver("2026-09")
    for path in [acme.folder / "invoices.csv", *(acme.folder / "bills").glob("*.csv")]:
        path.write_text(path.read_text().replace("Seatly", "=cmd|<script>alert(1)</script>"))
    found = walk.walk(settings(acme), "2026-09", author="carla")
    page = (found.folder / "summary.html").read_text()
    assert "<script>" not in page and "&lt;script&gt;" in page
    for name in ("journal", "accrual", "tie_out"):
        text = (found.folder / f"{name}.csv").read_text()
        assert ",=cmd" not in text and "'=cmd" in text


def test_the_command_says_what_to_do_and_its_exit_codes(fresh, monkeypatch):
    def run(*words):
        return CliRunner().invoke(app, ["close", "--no-report", *words, "-s", str(fresh.folder)])

    found = run("--month", "2026-09", "--json")
    assert found.exit_code == 0
    told = json.loads(found.stdout)
    assert told["state"] == "final" and told["entities"][0]["expense"] == "700.00"
    assert told["entities"][0]["prepaid"] == "1100.00"
    (fresh.folder / "invoices.csv").write_text(
        "InvoiceIssuerName,BillingPeriod,BillingCurrency,Amount\nAurora,2026-09,USD,1500.00\n"
    )
    found = run("--month", "2026-09")
    assert found.exit_code == 4
    assert "Open: no invoice of Seatly for 2026-09 yet." in found.output
    assert isinstance(
        run("--month", "2026-09", "--approve", "--reopen", "x").exception, FinOpsError
    )
    assert (
        str(run("--reopen", "x").exception)
        == "--reopen needs the period: finops close --month MONTH --reopen REASON."
    )
    assert (
        str(run("--note", "x").exception) == "--note goes with --approve. Leave it out, or approve."
    )
    assert "2026-09" in run("--list").output
    monkeypatch.delenv("FINOPS_ATTENDED", raising=False)
    assert "nobody watches" in str(run("--approve", "--month", "2026-09").exception)


def test_periods_of_weeks_are_closed_by_day(tmp_path):
    acme = Acme(tmp_path / "acme", "calendar: {kind: 4-4-5}\n")
    acme.deliver("2026-09")
    acme.deliver("2026-11")
    found = refused(walk.walk, settings(acme), "2026-10")
    assert found == (
        "--month: '2026-10' is a calendar month, and the company's periods are 4-4-5 weeks: FY2026-P10 (2026-09-27 to "
        "2026-10-24) and FY2026-P11 (2026-10-25 to 2026-11-21). Give one of them."
    )
    first = walk.walk(settings(acme), "FY2026-P10", author="carla")
    # 28 days: 4 of September and 24 of October at 10.00; a day of seats is 300 ÷ 30 or 31, of capacity 100 ÷ 30 or 31.
    days = 4 * (10 + 10 + 100 / 30) + 24 * (10 + 300 / 31 + 100 / 31)
    assert abs(float(first.figures[0]["expense"]) - days) < 0.02
    bridge = pd.read_csv(first.folder / "bridge.csv", dtype=str)
    told = bridge[bridge["From"] == "actual of FY2026-P09"]
    steps = ["from", "Calendar days", "Volume and price, not separable", "to"]
    assert told["Step"].tolist() == steps and float(told["Amount"].iloc[-1]) == round(days, 2)
    text = (first.folder / "summary.txt").read_text()
    assert "calendar months" not in text
    walk.approve(settings(acme), "FY2026-P10", author="henrik")
    second = walk.walk(settings(acme), "FY2026-P11", author="carla")
    # 28 days: 7 of October, two of them at 11.00, and 21 of November.
    days = 7 * (10 + 400 / 31) + 2 + 21 * (10 + 400 / 30)
    assert abs(float(second.figures[0]["expense"]) - days) < 0.02
