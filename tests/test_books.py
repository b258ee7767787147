"""What is booked at the close of a period: accrual, prepaid and journal against plain loops (docs/method §14.20–§14.28)."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal

import books_world as world
import hypothesis.strategies as st
from books_world import ACCOUNTS, EXPENSE, charge, month
from hypothesis import Phase, given, settings
from oracles import books as oracle

from finops_model.measure.books.accrual import accrue
from finops_model.measure.books.journal import booked, journal, totals
from finops_model.measure.books.types import COLUMNS

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05")
WEEKS = (
    world.span("FY2026-P03", "2026-03-08", "2026-04-05"),
    world.span("FY2026-P04", "2026-04-05", "2026-05-03"),
    world.span("FY2026-P05", "2026-05-03", "2026-05-31"),
)
CALENDAR = tuple(month(name) for name in MONTHS[2:])


@st.composite
def ledgers(draw):
    """(charges with `known` and `gone`: the close that sees them first, and the first that does not; invoices with the close they come at)."""
    days = st.tuples(st.sampled_from(MONTHS), st.integers(1, 28)).map(
        lambda p: f"{p[0]}-{p[1]:02d}"
    )
    amounts = st.integers(-3_000, 90_000).map(lambda n: str(Decimal(n) / 1000))
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        day, amount = draw(days), draw(amounts)
        kind = draw(st.sampled_from(("Usage", "Usage", "Usage", "Tax", "Credit", "Adjustment")))
        amount = f"-{amount.strip('-')}" if kind == "Credit" else amount
        late = draw(st.booleans()) and day[:7] < MONTHS[-1]
        rows.append(
            charge(
                day,
                amount,
                issuer=draw(st.sampled_from(("Cloudy", "Other"))),
                category=kind,
                team=draw(st.sampled_from(("a", "b"))),
                activity=draw(st.sampled_from(("", "training"))),
                bill=MONTHS[MONTHS.index(day[:7]) + late],
                known=draw(st.integers(0, 2)),
                gone=draw(st.sampled_from((1, 2, 9, 9))),
            )
        )
    if draw(st.booleans()):
        day, fee = draw(days), draw(st.integers(1, 9_000)) / 10
        own = {"commitment": "c-1", "known": 0, "gone": 9, "team": "buyer"}
        rows.append(charge(day, fee, 0, category="Purchase", frequency="One-Time", **own))
        for _ in range(draw(st.integers(0, 5))):
            used = draw(st.integers(0, 3_000)) / 1000
            rows.append(charge(draw(days), 0, used, **own | {"team": draw(st.sampled_from("ab"))}))
    came = {}
    for bill, amount in world.billed([one for one in rows if one.get("gone") == 9]).items():
        more = draw(st.sampled_from((0, 0, 0, 1, -1, 250)))
        came[bill] = (amount + Decimal(more) / 100, draw(st.sampled_from((0, 1, 2, 9))))
    return rows, came


def as_known(rows):
    """Rows that every close sees."""
    return [{"known": 0, "gone": 9, **row} for row in rows]


def seen(rows, came, close):
    """What a close knows: charges and invoices."""
    return (
        [one for one in rows if one["known"] <= close < one["gone"]],
        {bill: amount for bill, (amount, at) in came.items() if at <= close},
    )


def walk(rows, came, periods, *, currency="USD", rates=None, **how):
    """The closes of periods, one after the other: [(accrual, journal, charges, invoices)]."""
    out, kept = [], []
    for close, period in enumerate(periods):
        known, have = seen(rows, came, close)
        have = {
            bill: amount
            for bill, amount in have.items()
            if bill[0] in {one["issuer"] for one in known}
        }
        made = accrue(
            world.frame(known, currency),
            world.invoices(have, currency),
            period,
            booked=booked(kept),
            **how,
        )
        entries = journal(made, ACCOUNTS, rates, fingerprint="abc")
        kept.append(json.loads(json.dumps(totals(entries))))
        out.append((made, entries, known, have))
    return out


def cents(amount: Decimal) -> int:
    assert amount == amount.quantize(Decimal("0.01"))
    return int(amount * 100)


def held_to_oracle(rows, came, periods, recoverable="1"):
    """Every close of a sequence against the plain loops; returns the closes."""
    closes = walk(rows, came, periods, recoverable=Decimal(recoverable))
    first = str(periods[0].start)
    before, taken, settled = oracle.opening(
        closes[0][2], closes[0][3], first, recoverable=recoverable
    )
    lines: list[dict] = []
    for made, entries, known, have in closes:
        last = str(made.period.end - 1)
        should = oracle.Books(
            known,
            oracle.invoices_at(have, taken, last),
            last,
            recoverable=recoverable,
            settled=settled,
        )
        groups = {
            key[::2]: cents(one.accrual) for key, one in made.now.groups.items() if one.accrual
        }
        assert groups == should.accrual
        closing = {
            (one["InvoiceIssuerName"], one["CommitmentDiscountId"]): cents(one["Closing"])
            for one in made.prepaid.to_dict("records")
            if one["Closing"] and one["CommitmentDiscountId"]
        }
        assert closing == should.prepaid()
        roll = made.prepaid
        assert (
            roll["Opening"] + roll["Bought"] - roll["Amortised"] - roll["WrittenOff"]
            == roll["Closing"]
        ).all()
        lines += entries.lines.to_dict("records")
        # the trial balance of all journals so far
        found = oracle.balances(lines)
        expense = sum(found.get(account, 0) for account in EXPENSE)
        assert expense == sum(should.expense.values()) - sum(before.expense.values())
        accrued = sum(value for value in should.accrual.values() if value > 0)
        ahead = sum(value for value in should.accrual.values() if value < 0)
        assert (found.get("2190", 0), found.get("1480", 0)) == (-accrued, -ahead)
        assert found.get("2100", 0) == sum(before.payable.values()) - sum(should.payable.values())
        assert found.get("1570", 0) == sum(should.tax.values()) - sum(before.tax.values())
        prepaid = [
            sum(one.prepaid().values()) + sum(one.ahead.values()) for one in (should, before)
        ]
        assert found.get("1450", 0) == prepaid[0] - prepaid[1]
        rounding = [sum(one.rounding.values()) for one in (should, before)]
        assert found.get("7190", 0) == rounding[1] - rounding[0]
        assert not sum(found.values())
        # expense by service month
        by_month = defaultdict(int)
        for line in lines:
            if line["Account"] in EXPENSE:
                key = (line["InvoiceIssuerName"], line["ServiceMonth"])
                by_month[key] += cents(line["Debit"] - line["Credit"])
        months = {
            key: should.expense.get(key, 0) - before.expense.get(key, 0)
            for key in {*should.expense, *before.expense}
        }
        assert {k: v for k, v in by_month.items() if v} == {k: v for k, v in months.items() if v}
    return closes


@settings(max_examples=30, phases=(Phase.explicit, Phase.generate))
@given(ledgers(), st.booleans(), st.sampled_from(("1", "0", "0.4")))
def test_every_close_is_that_of_the_plain_loops(ledger, weeks, recoverable):
    held_to_oracle(*ledger, WEEKS if weeks else CALENDAR, recoverable)


def sums(frame, *columns):
    """Debit − credit by columns, of those that are not zero: (money, money in the base currency)."""
    out = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in frame.to_dict("records"):
        pair = out[tuple(row[name] for name in columns)]
        pair[0] += row["Debit"] - row["Credit"]
        pair[1] += row["BaseDebit"] - row["BaseCredit"]
    return {key: tuple(pair) for key, pair in out.items() if any(pair)}


@settings(max_examples=20, phases=(Phase.explicit, Phase.generate))
@given(ledgers(), st.booleans())
def test_laws_of_a_sequence_of_closes_in_two_currencies(ledger, weeks):
    rates = world.EuroRates()
    closes = walk(*ledger, WEEKS if weeks else CALENDAR, currency="EUR", rates=rates)
    accruals = None
    for made, entries, _, _ in closes:
        lines = entries.lines
        assert list(lines.columns) == COLUMNS
        assert not sums(lines, "EntryId"), "debits are credits in every entry, in both currencies"
        assert len(entries.ids) == len(set(entries.ids))
        for name in ("Debit", "Credit", "BaseDebit", "BaseCredit"):
            assert all(value >= 0 and value == round(value, 2) for value in lines[name])
        taken_back = lines[lines["Kind"] == "reversal"]
        assert (taken_back["Date"] == str(made.period.start)).all()
        if accruals is not None:  # accrual + reversal = 0, line by line, in both currencies
            keys = ("Account", "InvoiceIssuerName", "ServiceMonth", "Team", "Activity")
            back, there = sums(taken_back, *keys), sums(accruals, *keys)
            assert back == {key: (-one, -two) for key, (one, two) in there.items()}
        accrued = set(lines.loc[lines["Kind"] == "accrual", "EntryId"])
        accruals = lines[lines["EntryId"].isin(accrued)]
    # what invoices say at the average of their month is expense, to a coin a conversion
    spent = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for _, entries, _, _ in closes:
        for row in entries.lines.to_dict("records"):
            if row["Account"] in EXPENSE and row["Kind"] not in ("amortisation", "write-off"):
                one = spent[row["ServiceMonth"]]
                one[0] += row["Debit"] - row["Credit"]
                one[1] += row["BaseDebit"] - row["BaseCredit"]
    for name, (money, base) in spent.items():
        average = rates.rate("average", "EUR", month(name)).value
        assert abs(base - money * average) <= Decimal("0.12"), name


@settings(max_examples=10, phases=(Phase.explicit, Phase.generate))
@given(ledgers())
def test_a_period_that_is_closed_again_books_what_changed_and_nothing_twice(ledger):
    rows, came = ledger
    periods = (CALENDAR[0], CALENDAR[0], CALENDAR[0])
    closes = walk(rows, came, periods, currency="EUR", rates=world.EuroRates())
    known, have = seen(rows, came, 2)
    have = {
        bill: amount for bill, amount in have.items() if bill[0] in {one["issuer"] for one in known}
    }
    kept = [totals(one[1]) for one in closes]
    again = accrue(
        world.frame(known, "EUR"), world.invoices(have, "EUR"), periods[0], booked=booked(kept)
    )
    assert journal(again, ACCOUNTS, world.EuroRates()).entries == ()
    lines = [row for _, entries, _, _ in closes for row in entries.lines.to_dict("records")]
    found = oracle.balances(lines)
    before, taken, settled = oracle.opening(closes[0][2], closes[0][3], "2026-03-01")
    should = oracle.Books(
        known, oracle.invoices_at(have, taken, "2026-03-31"), "2026-03-31", settled=settled
    )
    accrued = sum(value for value in should.accrual.values() if value > 0)
    assert found.get("2190", 0) == -accrued
    assert sum(found.get(name, 0) for name in EXPENSE) == sum(should.expense.values()) - sum(
        before.expense.values()
    )


def test_a_period_that_is_closed_again_may_book_the_same_amount_once_more():
    """Two invoices of 100.00 of one month, the second after the period was opened again; an accrual that goes up, down and up."""
    rows = as_known([charge("2026-03-05", "300"), charge("2026-03-06", "5", issuer="Other")])
    for one, known, gone in zip((1, 1), (1, 3), (2, 9), strict=True):
        rows.append(charge("2026-03-07", one, issuer="Other", known=known, gone=gone))
    kept, ids = [], []
    for close, invoice in enumerate((100, 200, 200, 200)):
        known, _ = seen(rows, {}, close)
        came = world.invoices({("Cloudy", "2026-03"): invoice})
        made = accrue(world.frame(known), came, CALENDAR[0], booked=booked(kept))
        entries = journal(made, ACCOUNTS)
        kept.append(totals(entries))
        ids += entries.ids
    assert len(ids) == 8 and len(set(ids)) == 8
    april = accrue(world.frame(known), came, CALENDAR[1], booked=booked(kept))
    back = journal(april, ACCOUNTS).lines
    assert sums(back[back["Kind"] == "reversal"], "Account")[("2190",)][0] == Decimal("106.00")


def test_equal_content_has_one_id_and_another_amount_another():
    rows = [charge("2026-03-05", "10"), charge("2026-02-05", "10")]
    one, two = (
        walk(rows_, {}, CALENDAR[:1])[0][1] for rows_ in (as_known(rows), as_known(rows[::-1]))
    )
    assert one.ids == two.ids and one.lines["EntryId"].str.fullmatch("[0-9a-f]{16}").all()
    moved = [charge("2026-03-05", "10", team="ads"), rows[1]]
    assert set(walk(as_known(moved), {}, CALENDAR[:1])[0][1].ids).isdisjoint(one.ids)
    other = walk(as_known([charge("2026-03-05", "10.01")]), {}, CALENDAR[:1])[0][1]
    assert set(other.ids).isdisjoint(one.ids)
