"""A year of closes from the command line: two entities, two currencies, late invoices, bills delivered again, days that have not come, what is
paid up front; every amount of journal, statements and bridge by an independent script (docs/method §14.20–§14.61)."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from close_story import (
    CURRENCY,
    GMBH,
    INC,
    MONTHS,
    ROOT,
    UP_FRONT,
    Story,
    Workspace,
    entity,
    month_of,
    team,
)
from oracles.closes import CENT, ZERO, Books, Rates, cents, days_of, month_end
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.records import account, states

RATES = Rates(ROOT / "data" / "fx" / "ecb_reference_rates.csv.gz")
PREPARER, APPROVER = "carla", "henrik"
OPEN = {  # closes that are not final by themselves, and why
    "2025-12": "no invoice of Pondhost for 2025-12 yet",
    "2026-05": "no invoice of Ottermere AI for 2026-05 yet",
    "2026-09": "Wrenly has not billed all days yet",
}


def table(path: Path) -> list[dict]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Runner:
    """`finops` in this process, under an account."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch):
        self.folder, self.patch = folder, patch
        patch.setenv("FINOPS_ATTENDED", "1")

    def __call__(self, who: str, *words: str):
        for place in (account, states):
            self.patch.setattr(place, "account", lambda: who)
        return CliRunner().invoke(app, [*words, "-s", str(self.folder)])

    def close(self, month: str, accept: str = "") -> None:
        """Walk and approve a period."""
        if accept:
            found = self(PREPARER, "close", "--no-report", "--month", month)
            assert found.exit_code == 4, found.output
            assert accept in found.output
            found = self(
                PREPARER,
                "close",
                "--no-report",
                "--month",
                month,
                "--accept",
                "it is late, and accrued",
            )
        else:
            found = self(PREPARER, "close", "--no-report", "--month", month)
        assert found.exit_code == 0, found.output
        found = self(APPROVER, "close", "--no-report", "--month", month, "--approve")
        assert found.exit_code == 0, found.output


class Year:
    """What was closed, and what was known at each close."""

    def __init__(self, folder: Path):
        self.story = Story()
        self.workspace = Workspace(folder, self.story)
        self.books = folder / "books"
        self.known: dict[str, tuple[list[dict], dict]] = {}
        self.published: dict[str, dict[str, str]] = {}
        self.output: dict[str, str] = {}

    def run(self, run: Runner) -> None:
        for month in MONTHS:
            self.known[month] = self.workspace.deliver(month)
            run.close(month, OPEN.get(month, ""))
            self.published[month] = hashes(self.books / month)


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    folder = tmp_path_factory.mktemp("closes") / "company"
    folder.mkdir()
    patch = pytest.MonkeyPatch()
    made = Year(folder)
    try:
        run = Runner(folder, patch)
        made.run(run)
        yield made
    finally:
        patch.undo()


def expected(year: Year, month: str, of: str) -> Books:
    """The books of an entity at a close, by the script; only what is estimated is taken from the accrual table."""
    rows, invoices = year.known[month]
    own = [row for row in rows if entity(row) == of]
    estimates = {
        (row["InvoiceIssuerName"], row["ServiceMonth"]): Decimal(row["Estimate"])
        + Decimal(row["Recurring"])
        for row in table(year.books / month / "accrual.csv")
        if row["Entity"] == of
    }
    return Books(own, invoices[of], month_end(month), estimates)


def journals(year: Year, until: str, of: str) -> list[dict]:
    """Lines of all journals up to a close."""
    return [
        row
        for month in MONTHS[: MONTHS.index(until) + 1]
        for row in table(year.books / month / "journal.csv")
        if row["Entity"] == of
    ]


def sums(lines, number: str, *keys: str, base: bool = False) -> dict:
    """Debit less credit of an account, by keys."""
    out: dict = defaultdict(Decimal)
    debit, credit = ("BaseDebit", "BaseCredit") if base else ("Debit", "Credit")
    for row in lines:
        if row["Account"] == number:
            out[tuple(row[key] for key in keys)] += Decimal(row[debit]) - Decimal(row[credit])
    return {key: value for key, value in out.items() if value}


def nonzero(found: dict, since: str = MONTHS[0]) -> dict:
    return {key: value for key, value in found.items() if value and key[1] >= since}


ISSUER_MONTH = ("InvoiceIssuerName", "ServiceMonth")
EVERY = [(month, of) for month in MONTHS for of in (INC, GMBH)]


@pytest.mark.parametrize(("month", "of"), EVERY)
def test_accounts_are_those_of_the_script(year, month, of):
    script = expected(year, month, of)
    lines = journals(year, month, of)
    vendors = [row for row in lines if row["Kind"] not in ("recharge", "fx")]
    payable = sums(vendors, "2010", *ISSUER_MONTH)
    assert {key: -value for key, value in payable.items()} == nonzero(script.payable)
    assert sums(vendors, "1410", *ISSUER_MONTH) == nonzero(script.tax)
    accrued = {key: value for key, value in script.accrual.items() if key[1] >= MONTHS[0]}
    assert {key: -value for key, value in sums(vendors, "2150", *ISSUER_MONTH).items()} == {
        key: value for key, value in accrued.items() if value > 0
    }
    assert sums(vendors, "1290", *ISSUER_MONTH) == {
        key: -value for key, value in accrued.items() if value < 0
    }
    expense = sums(vendors, "6810", *ISSUER_MONTH)
    for key, value in sums(vendors, "6990", *ISSUER_MONTH).items():
        expense[key] = expense.get(key, ZERO) + value
    rounding = script.rounding
    assert expense == nonzero(
        {key: value + rounding.get(key, ZERO) for key, value in script.expense.items()}
    )
    prepaid = sum(script.bought.values(), ZERO) - sum(
        (value for months in script.amortised.values() for value in months.values()), ZERO
    )
    assert sum(sums(vendors, "1310").values(), ZERO) == prepaid


@pytest.mark.parametrize(("month", "of"), EVERY)
def test_the_same_in_the_company_s_currency(year, month, of):
    script, lines = expected(year, month, of), journals(year, month, of)
    last = month_end(month)

    def average(key: str) -> Decimal:
        first = dt.date.fromisoformat(f"{key}-01")
        return RATES.average(first, min(month_end(key), last)) if of == GMBH else Decimal(1)

    def end(key: str) -> Decimal:
        return RATES.on(month_end(key)) if of == GMBH else Decimal(1)

    payable = {key: cents(value * end(key[1])) for key, value in nonzero(script.payable).items()}
    assert {
        key: -value for key, value in sums(lines, "2010", *ISSUER_MONTH, base=True).items()
    } == payable
    tax = {key: cents(value * end(key[1])) for key, value in nonzero(script.tax).items()}
    assert sums(lines, "1410", *ISSUER_MONTH, base=True) == tax
    accrued = {
        key: cents(value * end(month))
        for key, value in script.accrual.items()
        if value > 0 and key[1] >= MONTHS[0]
    }
    assert {
        key: -value for key, value in sums(lines, "2150", *ISSUER_MONTH, base=True).items()
    } == accrued
    invoiced = [row for row in lines if row["Kind"] in ("invoice", "credit")]
    cost = {
        key: cents(value * average(key[1])) for key, value in nonzero(script.from_invoice).items()
    }
    assert sums(invoiced, "6810", *ISSUER_MONTH, base=True) == nonzero(cost)


@pytest.mark.parametrize("month", MONTHS)
def test_debits_are_credits_in_every_entry_and_currency(year, month):
    entries: dict = defaultdict(list)
    for row in table(year.books / month / "journal.csv"):
        entries[row["Entity"], row["EntryId"]].append(row)
    assert len(entries) == len({entry for _, entry in entries})
    for lines in entries.values():
        assert (
            len({row["Currency"] for row in lines})
            == len({row["BaseCurrency"] for row in lines})
            == 1
        )
        for debit, credit in (("Debit", "Credit"), ("BaseDebit", "BaseCredit")):
            assert sum(Decimal(row[debit]) for row in lines) == sum(
                Decimal(row[credit]) for row in lines
            )


@pytest.mark.parametrize(("month", "of"), EVERY)
def test_the_page_says_what_entities_charge_one_another(year, month, of):
    """Expense of the headline is before recharges; the page says them, and what the expense accounts come to after them."""
    rows = [row for row in table(year.books / month / "journal.csv") if row["Entity"] == of]
    across = [row for row in rows if row["Kind"] == "recharge" and row["InvoiceIssuerName"]]
    moved = sum(sums(across, "6810").values(), ZERO)
    booked = sum(
        Decimal(row["Change"])
        for row in table(year.books / month / "accrual.csv")
        if row["Entity"] == of
    )
    said = (year.books / month / "summary.txt").read_text(encoding="utf-8")
    way = "to" if moved < 0 else "by"
    line = (
        f"{of}: {abs(moved):,.2f} {CURRENCY[of]} is charged {way} other entities; "
        f"its expense after that is {booked + moved:,.2f} {CURRENCY[of]}."
    )
    assert (line in said) == (moved != 0) and (moved != 0 or f"{of}: 0.00" not in said)


def test_accrual_and_reversal_are_nothing(year):
    for before, after in zip(MONTHS, MONTHS[1:], strict=False):
        for of in (INC, GMBH):
            made = [
                row
                for row in table(year.books / before / "journal.csv")
                if row["Kind"] == "accrual" and row["Entity"] == of
            ]
            back = [
                row
                for row in table(year.books / after / "journal.csv")
                if row["Kind"] == "reversal" and row["Entity"] == of
            ]
            keys = ("Account", "InvoiceIssuerName", "ServiceMonth", "Team", "Rate", "RateKind")
            for one, other in (("Debit", "Credit"), ("BaseDebit", "BaseCredit")):
                assert sorted(
                    (*(row[k] for k in keys), row[one], row[other]) for row in made
                ) == sorted((*(row[k] for k in keys), row[other], row[one]) for row in back)
            assert {row["Date"] for row in back} <= {f"{after}-01"}
            assert {row["Date"] for row in made} <= {str(month_end(before))}
    assert any(row["Kind"] == "reversal" for row in table(year.books / "2026-01" / "journal.csv"))


def test_a_late_invoice_and_a_bill_delivered_again_are_trued_up_in_the_open_month(year):
    def change(month: str, of: str, issuer: str, service: str) -> Decimal:
        (row,) = [
            row
            for row in table(year.books / month / "accrual.csv")
            if (row["Entity"], row["InvoiceIssuerName"], row["ServiceMonth"])
            == (of, issuer, service)
        ]
        return Decimal(row["Change"])

    assert change("2026-01", INC, "Pondhost", "2025-12") == Decimal("2.50")
    assert change("2026-03", GMBH, "Ottermere AI", "2026-01") == Decimal("-12.34")
    (estimated,) = [
        row
        for row in table(year.books / "2026-05" / "accrual.csv")
        if row["InvoiceIssuerName"] == "Ottermere AI" and row["Entity"] == INC
    ]
    assert estimated["MissingDays"] == "3"
    low, mean, high = (
        Decimal(estimated[name]) for name in ("EstimateP10", "Estimate", "EstimateP90")
    )
    rows, _ = year.known["2026-06"]
    truth = sum(
        row["EffectiveCost"]
        for row in rows
        if entity(row) == INC
        and row["InvoiceIssuerName"] == "Ottermere AI"
        and row["ChargeCategory"] == "Usage"
        and "2026-05-29" <= str(row["ChargePeriodStart"])[:10] <= "2026-05-31"
    )
    assert low < mean < high and abs(mean / truth - 1) < Decimal("0.3")
    assert change("2026-06", INC, "Ottermere AI", "2026-05") == cents(truth) - mean + _cent_of(year)


def _cent_of(year) -> Decimal:
    """What rounding moves between an estimate beside rows and the rows of the whole month."""
    before = expected(year, "2026-05", INC).expense["Ottermere AI", "2026-05"]
    after = expected(year, "2026-06", INC).expense["Ottermere AI", "2026-05"]
    rows, _ = year.known["2026-06"]
    (row,) = [
        row
        for row in table(year.books / "2026-05" / "accrual.csv")
        if row["InvoiceIssuerName"] == "Ottermere AI" and row["Entity"] == INC
    ]
    missing = sum(
        r["EffectiveCost"]
        for r in rows
        if entity(r) == INC
        and r["InvoiceIssuerName"] == "Ottermere AI"
        and r["ChargeCategory"] == "Usage"
        and "2026-05-29" <= str(r["ChargePeriodStart"])[:10] <= "2026-05-31"
    )
    moved = after - before - (cents(missing) - Decimal(row["Estimate"]))
    assert abs(moved) <= CENT
    return moved


def test_seats_that_come_every_month_are_taken_as_due(year):
    (row,) = [
        row
        for row in table(year.books / "2026-09" / "accrual.csv")
        if row["InvoiceIssuerName"] == "Wrenly" and row["Entity"] == INC
    ]
    rows, _ = year.known["2026-08"]
    august = sum(
        (
            r["EffectiveCost"]
            for r in rows
            if r["InvoiceIssuerName"] == "Wrenly"
            and entity(r) == INC
            and month_of(r) == "2026-08"
            and r["ChargeCategory"] == "Purchase"
        ),
        ZERO,
    )
    share = Decimal(30) / 31  # of August's days, those that September has
    assert Decimal(row["Recurring"]) in (cents(august * share), cents(august))
    assert "is taken as due" in row["Note"]


def test_what_is_paid_up_front_runs_down_to_nothing(year):
    opening = ZERO
    for month in MONTHS:
        rows = [
            row
            for row in table(year.books / month / "prepaid.csv")
            if row["CommitmentDiscountId"] == "fen-reserved-1"
        ]
        if month < "2026-02":
            assert not rows
            continue
        if not rows:
            assert not opening
            continue
        (row,) = rows
        opened, bought, amortised, written, closing = (
            Decimal(row[name])
            for name in ("Opening", "Bought", "Amortised", "WrittenOff", "Closing")
        )
        assert opened == opening and opened + bought - amortised - written == closing
        assert bought == (UP_FRONT if month == "2026-02" else ZERO) and not written
        opening = closing
    assert not opening


@pytest.mark.parametrize("month", MONTHS)
def test_statements_add_up_to_the_bill_and_pairs_to_nothing(year, month):
    rows, _ = year.known[month]
    found = table(year.books / month / "statements" / "statements.csv")
    for of in (INC, GMBH):
        exact = sum(
            (
                row["EffectiveCost"]
                for row in rows
                if entity(row) == of
                and month_of(row) == month
                and row["ChargeCategory"] in ("Usage", "Purchase")
            ),
            ZERO,
        )
        assert sum(Decimal(row["Amount"]) for row in found if row["Entity"] == of) == cents(exact)
    lines = [
        row
        for row in table(year.books / month / "journal.csv")
        if row["Account"] in ("1510", "2510")
    ]
    assert sum(Decimal(row["BaseDebit"]) - Decimal(row["BaseCredit"]) for row in lines) == 0
    research = sum(
        (
            row["EffectiveCost"]
            for row in rows
            if entity(row) == GMBH
            and month_of(row) == month
            and team(row) == "research"
            and row["ChargeCategory"] in ("Usage", "Purchase")
        ),
        ZERO,
    )
    due = sum(
        Decimal(row["Debit"])
        for row in lines
        if row["Account"] == "1510" and row["ServiceMonth"] == month
    )
    assert abs(due - research) <= CENT


@pytest.mark.parametrize("month", MONTHS)
def test_the_bridge_adds_up_to_the_ledger_at_both_ends(year, month):
    rows, _ = year.known[month]
    found = table(year.books / month / "bridge.csv")
    earlier = str(dt.date.fromisoformat(f"{month}-01") - dt.timedelta(days=1))[:7]
    for of in (INC, GMBH):
        # where days are missing the bridge goes to the last one that every bill has
        last = dt.date(2026, 5, 28) if (month, of) == ("2026-05", INC) else month_end(month)
        ends = {earlier: ZERO, month: ZERO}
        for row in rows:
            if entity(row) == of and row["ChargeCategory"] in ("Usage", "Purchase"):
                for day, _, effective in days_of(row):
                    if str(day)[:7] in ends and day <= last:
                        ends[str(day)[:7]] += effective
        own = [row for row in found if row["Entity"] == of]
        at = {row["Step"]: Decimal(row["Amount"]) for row in own}
        assert at.pop("from") == cents(ends[earlier]) and at.pop("to") == cents(ends[month])
        assert sum(at.values(), ZERO) == cents(ends[month]) - cents(ends[earlier])
        assert {row["Currency"] for row in own} == {CURRENCY[of]}


def test_files_of_closed_periods_are_as_they_were_published(year):
    for month in MONTHS:
        assert hashes(year.books / month) == year.published[month]
