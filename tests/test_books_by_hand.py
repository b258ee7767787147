"""Accrual, prepaid and journal with numbers worked by hand, and what bad input is told (docs/method §14.20–§14.28)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D

import books_world as world
import numpy as np
import pandas as pd
import pytest
from books_world import ACCOUNTS, charge, month
from ledger_world import focus

from finops_model import Ledger
from finops_model.errors import InputError, PriceError
from finops_model.facts.daily.charges import CHARGES, charges
from finops_model.facts.daily.complete import Complete, Source
from finops_model.measure.books.accounts import Accounts, read_accounts
from finops_model.measure.books.accrual import accrue
from finops_model.measure.books.journal import booked, journal, totals
from finops_model.measure.books.missing import Expected, Missing, missing_days
from finops_model.settings import Settings

FEE = {"category": "Purchase", "frequency": "One-Time", "commitment": "c-1", "team": "buyer"}
SEAT = {"category": "Purchase", "frequency": "Recurring", "sku": "seat", "team": "people"}


def closes(rows, came, *months, rates=None, currency="USD", accounts=ACCOUNTS, **how):
    """[(accrual, journal)] of months; `came`: {month of the close: {(issuer, month): amount}}, each with those before."""
    out, kept, have = [], [], {}
    for name in months:
        have |= came.get(name, {})
        made = accrue(
            world.frame(rows, currency),
            world.invoices(have, currency),
            month(name),
            booked=booked(kept),
            **how,
        )
        entries = journal(made, accounts, rates)
        kept.append(totals(entries))
        out.append((made, entries))
    return out


def roll(made):
    line = made.prepaid.iloc[0]
    return [str(line[name]) for name in ("Opening", "Bought", "Amortised", "WrittenOff", "Closing")]


def booked_to(entries, account, column="Debit"):
    rows = entries.lines[entries.lines["Account"] == account]
    return str((rows[column] - rows[column.replace("Debit", "Credit")]).sum())


def test_a_fee_is_prepaid_when_its_invoice_comes_and_the_last_month_takes_the_cents():
    """100.00 up front in March, used up in three months of 33.333: 33.33, 33.34, 33.33. Its invoice comes in April."""
    rows = [charge("2026-03-01", "100", 0, **FEE)]
    rows += [
        charge(f"2026-{m}-20", 0, "33.3333333333", commitment="c-1") for m in ("03", "04", "05")
    ]
    march, april, may = closes(
        rows, {"2026-04": {("Cloudy", "2026-03"): 100}}, "2026-03", "2026-04", "2026-05"
    )
    assert march[0].prepaid.empty
    assert march[0].notes == (
        "c-1: 100.00 USD up front is billed and its invoice has not come; it is prepaid when it comes.",
    )
    assert booked_to(march[1], "2190") == "-33.33"  # used, and not invoiced
    assert roll(april[0]) == ["0.00", "100.00", "66.67", "0.00", "33.33"]
    assert booked_to(april[1], "2100") == "-100.00" and booked_to(april[1], "2190") == "33.33"
    assert (
        booked_to(april[1], "6810") == "33.34"
    )  # April's; March's was accrued and is amortised now
    assert roll(may[0]) == ["33.33", "0.00", "33.33", "0.00", "0.00"]
    assert not len(may[0].accrued)


def test_a_partly_up_front_commitment_is_amortised_by_what_is_not_billed_monthly():
    """60 up front and 20 a month; its use costs 40 a month: 20 of it are the fee's, 20 the invoice's."""
    rows = [charge("2026-03-01", "60", 0, **FEE)]
    for m in ("03", "04", "05"):
        rows += [charge(f"2026-{m}-01", "20", 0, **FEE | {"frequency": "Recurring"})]
        rows += [charge(f"2026-{m}-20", 0, "40", commitment="c-1", team="search")]
    came = {
        "2026-03": {("Cloudy", "2026-03"): 80},
        "2026-04": {("Cloudy", "2026-04"): 20},
        "2026-05": {("Cloudy", "2026-05"): 20},
    }
    made = closes(rows, came, *came)
    assert [roll(one) for one, _ in made] == [
        ["0.00", "60.00", "20.00", "0.00", "40.00"],
        ["40.00", "0.00", "20.00", "0.00", "20.00"],
        ["20.00", "0.00", "20.00", "0.00", "0.00"],
    ]
    assert not any(one.accrued for one, _ in made)
    assert [booked_to(entries, "6810") for _, entries in made] == ["40.00", "40.00", "40.00"]
    lines = made[0][1].lines[lambda rows: rows["Account"] == "6810"]
    by_team = (lines["Debit"] - lines["Credit"]).groupby(lines["Team"]).sum()
    assert {team: str(value) for team, value in by_team.items()} == {
        "buyer": "0.00",
        "search": "40.00",
    }


def test_what_a_term_leaves_is_written_off_and_a_coin_a_month_goes_with_the_last():
    fee = charge("2026-03-01", "90", 0, **FEE)
    came = {"2026-03": {("Cloudy", "2026-03"): 90}}
    months = ("2026-03", "2026-04", "2026-05")
    unused = [fee, charge("2026-03-20", 0, "30", commitment="c-1")]
    made = closes(unused, came, *months, ends={"c-1": "2026-06-01"})
    assert roll(made[-1][0]) == ["60.00", "0.00", "0.00", "60.00", "0.00"]
    assert [booked_to(entries, "6810") for _, entries in made] == ["30.00", "0", "60.00"]
    early = closes(unused, came, *months, ends={"c-1": "2026-04-16"})  # terminated
    assert roll(early[1][0])[3] == "60.00" and early[2][0].prepaid["WrittenOff"].sum() == 0
    last = early[1][1].lines
    assert set(last["Kind"]) == {"write-off"} and set(last["Team"]) == {"buyer", ""}
    assert last["Text"].iloc[0] == "Written off: c-1, never used"
    cents = [
        fee,
        charge("2026-03-20", 0, "30", commitment="c-1"),
        charge("2026-05-20", 0, "59.98", commitment="c-1"),
    ]
    assert roll(closes(cents, came, *months, ends={"c-1": "2026-06-01"})[-1][0]) == [
        "60.00",
        "0.00",
        "60.00",
        "0.00",
        "0.00",
    ]

    more = [*cents[:2], charge("2026-05-20", 0, "59.96", commitment="c-1")]  # 0.04 in three months
    assert roll(closes(more, came, *months, ends={"c-1": "2026-06-01"})[-1][0])[2:4] == [
        "59.96",
        "0.04",
    ]


def test_a_fee_without_a_commitment_is_no_prepaid_and_stands_apart():
    rows = [charge("2026-03-01", "100", 0, **FEE | {"commitment": ""})]
    ((made, entries),) = closes(rows, {"2026-03": {("Cloudy", "2026-03"): 100}}, "2026-03")
    assert made.prepaid.empty and booked_to(entries, "1480") == "100.00"


def test_a_fee_that_is_spread_over_its_term_says_when_it_ends():
    days = pd.date_range("2026-03-01", "2026-04-30")
    rows = [charge(f"{day:%Y-%m-%d}", "1", 0, **FEE | {"bill": "2026-03"}) for day in days]
    rows += [charge("2026-03-20", 0, "30", commitment="c-1")]
    made = closes(rows, {"2026-03": {("Cloudy", "2026-03"): 61}}, "2026-03", "2026-04")
    assert roll(made[0][0]) == ["0.00", "61.00", "30.00", "0.00", "31.00"]
    assert made[0][0].prepaid["TermEnd"].tolist() == ["2026-05-01"]
    assert roll(made[1][0]) == ["31.00", "0.00", "0.00", "31.00", "0.00"]


def test_a_subscription_of_several_months_is_prepaid_for_the_days_to_come():
    """92 billed in March for 1 a day to 31 May: 61 of it are for days to come."""
    days = pd.date_range("2026-03-01", "2026-05-31")
    rows = [charge(f"{day:%Y-%m-%d}", "1", bill="2026-03") for day in days]
    made = closes(rows, {"2026-03": {("Cloudy", "2026-03"): 92}}, "2026-03", "2026-04", "2026-05")
    assert [roll(one) for one, _ in made] == [
        ["0.00", "61.00", "0.00", "0.00", "61.00"],
        ["61.00", "0.00", "30.00", "0.00", "31.00"],
        ["31.00", "0.00", "31.00", "0.00", "0.00"],
    ]
    assert [booked_to(entries, "6810") for _, entries in made] == ["31.00", "30.00", "31.00"]
    assert not any(one.accrued for one, _ in made)


def test_prepaid_stays_at_the_rate_of_its_month_and_ends_at_nothing_in_both_currencies():
    """100 EUR at 1.13 (March) = 113.00 USD: 33.33, 33.34, 33.33 EUR are 37.66, 37.68, 37.66 USD."""
    rows = [charge("2026-03-01", "100", 0, **FEE)]
    rows += [
        charge(f"2026-{m}-20", 0, "33.3333333333", commitment="c-1") for m in ("03", "04", "05")
    ]
    made = closes(
        rows,
        {"2026-03": {("Cloudy", "2026-03"): 100}},
        "2026-03",
        "2026-04",
        "2026-05",
        rates=world.EuroRates(),
        currency="EUR",
    )
    assert [booked_to(one, "6810", "BaseDebit") for _, one in made] == ["37.66", "37.68", "37.66"]
    held = [D(booked_to(one, "1450", "BaseDebit")) for _, one in made]
    assert held[0] == D("113.00") - D("37.66") and sum(held) == 0
    first = made[0][1].lines  # the invoice: prepaid at 1.13, payable at the month's last day, 1.135
    assert {
        (row.Account, row.RateKind, str(row.BaseDebit - row.BaseCredit))
        for row in first.itertuples()
    } >= {
        ("1450", "historical", "113.00"),
        ("2100", "month_end", "-113.50"),
        ("7100", "", "0.50"),
    }


def test_an_accrual_at_two_rates_has_a_line_for_the_difference_and_is_taken_back_at_its_own():
    """200 EUR of March: expense at 1.13 = 226.00, liability at 1.135 = 227.00, exchange 1.00. The invoice, 210, comes in April."""
    rows = [charge("2026-03-05", "200")]
    march, april = closes(
        rows,
        {"2026-04": {("Cloudy", "2026-03"): 210}},
        "2026-03",
        "2026-04",
        rates=world.EuroRates(),
        currency="EUR",
    )
    told = [
        (row.Kind, row.Account, str(row.BaseDebit - row.BaseCredit))
        for row in march[1].lines.itertuples()
    ]
    assert told == [
        ("accrual", "6810", "226.00"),
        ("accrual", "2190", "-227.00"),
        ("fx", "7100", "1.00"),
    ]
    told = [
        (row.Date, row.Kind, row.Account, str(row.BaseDebit - row.BaseCredit))
        for row in april[1].lines.itertuples()
    ]
    assert told == [
        ("2026-04-01", "reversal", "6810", "-226.00"),
        ("2026-04-01", "reversal", "2190", "227.00"),
        ("2026-04-01", "reversal", "7100", "-1.00"),
        ("2026-04-30", "invoice", "6810", "237.30"),  # 210 × 1.13
        ("2026-04-30", "invoice", "2100", "-238.35"),  # 210 × 1.135
        ("2026-04-30", "fx", "7100", "1.05"),
        (
            "2026-04-30",
            "accrual",
            "6810",
            "-11.30",
        ),  # 10 more than the bill holds: a receivable, apart
        ("2026-04-30", "accrual", "1480", "11.45"),  # at April's 1.145
        ("2026-04-30", "fx", "7100", "-0.15"),
    ]
    line = april[0].table.iloc[0]
    assert (line["ServiceMonth"], line["State"], str(line["Accrual"]), str(line["Change"])) == (
        "2026-03",
        "receivable",
        "-10.00",
        "0.00",
    )


def test_a_month_that_a_period_cuts_takes_the_average_as_far_as_the_period_goes():
    asked = []

    class Asking(world.EuroRates):
        def rate(self, kind, currency, period, to=None, **how):
            asked.append((kind, str(period.start), str(period.end - 1)))
            return super().rate(kind, currency, period, to, **how)

    rows = [charge("2026-03-30", "10"), charge("2026-04-05", "10"), charge("2026-04-28", "10")]
    made = accrue(world.frame(rows, "EUR"), None, world.span("P", "2026-03-29", "2026-04-26"))
    assert booked_to(journal(made, ACCOUNTS, Asking()), "2190") == "-20.00"
    assert sorted(set(asked)) == [
        ("average", "2026-03-01", "2026-03-31"),
        ("average", "2026-04-01", "2026-04-25"),
        ("month_end", "2026-03-29", "2026-04-25"),
    ]


def test_a_late_invoice_a_late_row_and_a_restated_bill_are_a_true_up_of_their_month():
    rows = [charge("2026-02-05", "300"), charge("2026-03-05", "200.10")]
    march, april = closes(rows, {}, "2026-03"), None
    kept = [totals(march[0][1])]
    restated = [*rows, charge("2026-03-07", "4.00", bill="2026-04"), charge("2026-04-02", "50")]
    came = world.invoices({("Cloudy", "2026-03"): "200.10"})
    april = accrue(world.frame(restated), came, month("2026-04"), booked=booked(kept))
    table = april.table.set_index("ServiceMonth")[
        ["BookedBefore", "Change", "Invoiced", "Accrual"]
    ].astype(str)
    assert table.to_dict("index") == {
        "2026-03": {
            "BookedBefore": "200.10",
            "Change": "4.00",
            "Invoiced": "200.10",
            "Accrual": "4.00",
        },
        "2026-04": {
            "BookedBefore": "0.00",
            "Change": "50.00",
            "Invoiced": "0.00",
            "Accrual": "50.00",
        },
    }


def test_the_first_close_takes_what_was_before_as_settled_and_says_so():
    rows = [charge("2026-02-05", "300"), charge("2026-03-05", "200")]
    ((made, entries),) = closes(rows, {"2026-03": {("Cloudy", "2026-02"): "290"}}, "2026-03")
    assert made.notes == (
        "This is the first close: days before 2026-03-01 are taken as settled, with their invoices booked and nothing accrued.",
    )
    assert made.table["ServiceMonth"].tolist() == ["2026-03"] and booked_to(entries, "2100") == "0"
    assert booked_to(entries, "2190") == "-200.00"
    # a bill of before that changes later is booked when it does
    later = accrue(
        world.frame([charge("2026-02-05", "310"), *rows[1:]]),
        world.invoices({("Cloudy", "2026-02"): "295"}),
        month("2026-04"),
        booked=booked([totals(entries)]),
    )
    february = later.table.set_index("ServiceMonth").loc["2026-02"]
    assert (str(february["Change"]), str(february["Accrual"])) == ("10.00", "5.00")
    assert booked_to(journal(later, ACCOUNTS), "2100") == "-5.00"


def test_small_accruals_are_listed_and_not_booked():
    rows = [charge("2026-03-05", "200"), charge("2026-03-05", "7", issuer="Other")]
    ((made, entries),) = closes(rows, {}, "2026-03", minimum=10)
    assert made.table.set_index("InvoiceIssuerName")["State"].to_dict() == {
        "Cloudy": "accrued",
        "Other": "below the minimum",
    }
    assert made.notes[-1] == "1 accrual below accrual.minimum (10.00) is listed and not booked."
    assert booked_to(entries, "2190") == "-200.00"
    ((made, entries),) = closes(
        rows, {"2026-03": {("Cloudy", "2026-03"): "200", ("Other", "2026-03"): "7.01"}}, "2026-03"
    )
    assert made.table["State"].tolist() == ["", ""] and booked_to(entries, "7190") == "0.01"


def test_tax_that_is_not_recovered_and_credits_have_columns_and_accounts_of_their_own():
    rows = [
        charge("2026-03-05", "100"),
        charge("2026-03-31", "19", 0, category="Tax", team=""),
        charge("2026-03-31", "-30", category="Credit", team=""),
    ]
    ((made, entries),) = closes(
        rows, {"2026-03": {("Cloudy", "2026-03"): 89}}, "2026-03", recoverable=D("0.5")
    )
    line = made.table.iloc[0]
    assert [
        str(line[name]) for name in ("Received", "Tax", "Credits", "Expense", "Invoiced", "Accrual")
    ] == [
        "100.00",
        "9.50",
        "-30.00",
        "79.50",
        "79.50",
        "0.00",
    ]
    told = {
        (row.Kind, row.Account, str(row.Debit - row.Credit)) for row in entries.lines.itertuples()
    }
    assert told == {
        ("invoice", "6810", "100.00"),
        ("credit", "6810", "-30.00"),
        ("tax", "6890", "9.50"),
        ("tax", "1570", "9.50"),
        ("invoice", "2100", "-89.00"),
    }


# missing days


def daily(last: int, amount="10", **more):
    return [
        charge(f"2026-{m}-{d:02d}", amount, **more)
        for m, n in (("02", 28), ("03", last))
        for d in range(1, n + 1)
    ]


def test_missing_days_cost_the_mean_of_the_forecast_by_the_share_of_the_newest_28_days():
    """Cloudy is complete to 28 March, 30 a day of 40; three paths of 50, 60 and 100 a day: its three days are 3 × 70 × ¾ = 157.50."""
    rows = daily(28, "30", team="a") + daily(31, "10", issuer="Other", team="b")
    rows.append(charge("2026-01-20", "9000", issuer="Other"))  # before the newest 28 days
    days = np.arange("2026-03-29", "2026-04-01", dtype="datetime64[D]")
    paths = np.array([[50.0] * 3, [60.0] * 3, [100.0] * 3])
    gone = [Missing("Cloudy", "Cloudy", "acct", "2026-03-29", "2026-03-31")]
    made = accrue(
        world.frame(rows),
        None,
        month("2026-03"),
        missing=gone,
        forecast=Expected(days, {"": paths}),
    )
    line = made.table.set_index("InvoiceIssuerName").loc["Cloudy"]
    assert [
        str(line[name])
        for name in ("Received", "Estimate", "EstimateP10", "EstimateP90", "Accrual")
    ] == [
        "840.00",
        "157.50",
        "117.00",  # ¾ of 3 × (50 + 0.2 × 10)
        "207.00",  # ¾ of 3 × (60 + 0.8 × 40)
        "997.50",
    ]
    assert (line["MissingDays"], line["Note"]) == (3, "3 days from the mean of the forecast")
    assert made.now.groups[("Cloudy", "USD", "2026-03")].by == {("a", "", "cost"): D("997.50")}
    # a forecast by issuer is its own; what has come of a missing day is taken off
    part = [*rows, charge("2026-03-29", "12", team="a")]
    own = Expected(days, {"Cloudy": paths * 0.5})
    made = accrue(world.frame(part), None, month("2026-03"), missing=gone, forecast=own)
    assert (
        str(made.table.set_index("InvoiceIssuerName").loc["Cloudy", "Estimate"]) == "93.00"
    )  # 3 × 35 − 12
    # the invoice came: it says what the days cost
    have = world.invoices({("Cloudy", "2026-03"): "1000"})
    made = accrue(
        world.frame(rows),
        have,
        month("2026-03"),
        missing=gone,
        forecast=Expected(days, {"": paths}),
    )
    line = made.table.set_index("InvoiceIssuerName").loc["Cloudy"]
    assert (str(line["Estimate"]), str(line["Accrual"]), line["Note"]) == (
        "160.00",
        "0.00",
        "its invoice says what the missing days cost",
    )
    # a part of it came: less than the days that came
    have = world.invoices({("Cloudy", "2026-03"): "500"})
    made = accrue(
        world.frame(rows),
        have,
        month("2026-03"),
        missing=gone,
        forecast=Expected(days, {"": paths}),
    )
    line = made.table.set_index("InvoiceIssuerName").loc["Cloudy"]
    assert (str(line["Estimate"]), str(line["Accrual"])) == ("157.50", "497.50")


def test_missing_days_are_known_from_use_where_it_is_and_the_rest_from_the_forecast():
    """20 of Cloudy's 30 a day are models; use says 25 and 35 for two days, and the rest is 10 of 30 a day of the forecast's 60: 20 each; one day is the forecast's whole."""
    rows = daily(28, "20", model="m", team="a") + daily(28, "10", team="b")
    days = np.arange("2026-03-29", "2026-04-01", dtype="datetime64[D]")
    gone = [Missing("Cloudy", "Cloudy", "acct", "2026-03-29", "2026-03-31")]
    usage = pd.DataFrame(
        [
            ("2026-03-29", "cloudy", "m", 25.0, ""),
            ("2026-03-30", "cloudy", "m", 35.0, ""),
            ("2026-03-31", "cloudy", "m", np.nan, ""),
        ],
        columns=["UsageDate", "ServiceProviderName", "x_Model", "x_Estimate", "x_Basis"],
    )
    forecast = Expected(days, {"": np.full((4, 3), 60.0)})
    made = accrue(
        world.frame(rows), None, month("2026-03"), missing=gone, forecast=forecast, usage=usage
    )
    line = made.table.iloc[0]
    assert str(line["Estimate"]) == str(line["EstimateP10"]) == "160.00"  # 25 + 35 + 20 + 20 + 60
    assert (
        line["Note"] == "2 days from use, which says no range; 3 days from the mean of the forecast"
    )


def test_month_totals_leave_their_rest_to_the_days_that_are_open():
    made = Expected.of_months(
        {"2026-03": np.array([100.0, 160.0])}, {"2026-03": 70.0}, "2026-03-28"
    )
    assert (
        made.paths[""].tolist() == [[10.0] * 3, [30.0] * 3] and str(made.dates[0]) == "2026-03-29"
    )


def test_what_is_missing_of_a_period_is_told_by_the_ledger():
    day = dt.date(2026, 3, 28)
    late = Source("Cloudy", "Cloudy", "acct", "days", day, day, False, "waiting")
    done = Source("Other", "Other", "acct", "days", day, dt.date(2026, 3, 31), False)
    complete = Complete((late, done), day, day, dt.date(2026, 3, 31), dt.date(2026, 3, 31))
    assert missing_days(complete, month("2026-03")) == (
        Missing("Cloudy", "Cloudy", "acct", "2026-03-29", "2026-03-31"),
    )


def test_a_recurring_charge_that_always_came_is_due_and_is_no_part_of_a_share():
    seats = [charge(f"2026-{m}-01", "100", **SEAT) for m in ("01", "02", "03")]
    rows = seats + [charge(f"2026-04-{d:02d}", "10") for d in range(1, 31)]
    ((made, _),) = closes(rows, {}, "2026-04")
    line = made.table.iloc[0]
    assert (str(line["Recurring"]), line["Note"]) == ("100.00", "seat is taken as due")
    assert (
        made.notes[-1]
        == "seat of Cloudy has come every month and not yet in 2026-04: 100.00 USD is taken as due."
    )
    assert not closes(rows[1:], {}, "2026-04")[0][0].dues  # not every month of three
    assert not closes([*rows, charge("2026-04-09", "1", **SEAT)], {}, "2026-04")[0][
        0
    ].dues  # it came
    assert not closes(rows, {"2026-04": {("Cloudy", "2026-04"): 300}}, "2026-04")[0][
        0
    ].dues  # its invoice came
    # of a period that ends before its days come, nothing
    late = [charge(f"2026-{m}-28", "100", **SEAT) for m in ("01", "02", "03")]
    made = accrue(world.frame(late), None, world.span("P", "2026-04-01", "2026-04-26"))
    assert made.dues == ()


# what bad input is told


def test_an_account_that_nobody_wrote_stops_the_journal_and_not_the_accrual():
    rows = [charge("2026-03-05", "10", activity="traning")]
    made = accrue(world.frame(rows), None, month("2026-03"))
    chart = {"expense": {"activities": {"training": "6820 Training", "serving": "6830 Serving"}}}
    with pytest.raises(InputError) as told:
        journal(made, Accounts.model_validate(chart))
    assert str(told.value) == (
        "accounts.yaml: activity 'traning' has no account, and there is no default. No journal was made. Did you mean 'training'? "
        'Known: serving, training. Write expense: activities: {traning: "NUMBER NAME"}, or expense: default: "NUMBER NAME".'
    )
    with pytest.raises(InputError) as told:
        journal(made, Accounts.model_validate({"expense": {"default": "6810"}}))
    assert str(told.value) == (
        "accounts.yaml: accrued_liability has no account, and the journal books to it. No journal was made. "
        'Write accrued_liability: "NUMBER NAME".'
    )
    assert len(made.table) == 1


def test_accounts_are_of_an_entity_before_they_are_the_company_s(tmp_path):
    path = tmp_path / "accounts.yaml"
    path.write_text(
        'expense: {default: "6810 Cloud", activities: {training: "6820 Training"}}\n'
        'entities:\n  GmbH:\n    expense: {default: "6815 Cloud DE"}\n    payable: {number: "1600", name: Kreditoren}\n'
    )
    accounts = read_accounts(path, ("GmbH", "Inc."))
    assert (
        accounts.of("expense", "GmbH").number == "6815"
        and accounts.of("expense", "Inc.").number == "6810"
    )
    assert accounts.of("expense", "GmbH", "training").name == "Training"
    assert accounts.of("payable", "GmbH").name == "Kreditoren"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "expense: {default: 6810}",
            "accounts.yaml:1: expense/default: is the number 6810; an account is a text. Put it in quotes: '6810'.",
        ),
        (
            "fees: x",
            "accounts.yaml:1: unknown key 'fees'. Known: accrued_liability, entities, expense, fx, intercompany_payable, ",
        ),
        (
            'expense:\n  activities: {(untagged): "6810"}',
            "accounts.yaml:2: expense/activities: '(untagged)' is cost without an activity; it goes to default. Take the name out.",
        ),
        (
            "entities:\n  Gmbh: {}",
            "accounts.yaml:2: entities: 'Gmbh' is no entity. Did you mean 'GmbH'? Known: GmbH, Inc..",
        ),
    ],
)
def test_accounts_that_make_no_sense_are_refused_with_their_line(tmp_path, text, told):
    path = tmp_path / "accounts.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as problem:
        read_accounts(path, ("GmbH", "Inc."))
    assert str(problem.value).replace(f"{tmp_path}/", "").startswith(told)


def test_what_makes_no_sense_is_told_in_one_sentence():
    rows = [charge("2026-03-05", "10")]
    with pytest.raises(InputError) as told:
        accrue(
            world.frame(rows), world.invoices({("Cloudy", "2026-03"): 12}, "CHF"), month("2026-03")
        )
    assert str(told.value) == (
        "invoices: Cloudy, 2026-03: an invoice of 12.00 CHF, and Cloudy has never billed CHF; it bills USD. Correct BillingCurrency."
    )
    made = accrue(world.frame(rows), world.invoices({("Cloudly", "2026-03"): 12}), month("2026-03"))
    assert made.notes == (
        "invoices: the ledger has no charge of Cloudly; 1 invoice of it is not booked. Did you mean 'Cloudy'?",
    )
    gone = [Missing("Cloudy", "Cloudy", "acct", "2026-03-29", "2026-03-31")]
    with pytest.raises(InputError) as told:
        accrue(world.frame(daily(28)), None, month("2026-03"), missing=gone)
    assert str(told.value) == (
        "Cloudy has not billed 2026-03-29 to 2026-03-31 yet, and no forecast reaches those days, so that they cannot be estimated. "
        "Run the forecast (finops run), or wait for the bill."
    )
    later = totals(closes(rows, {}, "2026-03")[0][1])
    with pytest.raises(InputError) as told:
        accrue(world.frame(rows), None, month("2026-02"), booked=booked([later]))
    assert str(told.value) == (
        "2026-02: the journal of 2026-03 is booked already, and 2026-02 lies before it. What changed of 2026-02 is booked in the "
        "period that is open."
    )
    with pytest.raises(
        InputError, match="journals of A and of B are not added up; give those of one entity."
    ):
        booked([later | {"entity": "A"}, later | {"entity": "B"}])
    old = accrue(world.frame([charge("2025-03-05", "10")], "EUR"), None, month("2025-03"))
    with pytest.raises(PriceError, match="rates: EUR to USD has no average rate of 2025-03."):
        journal(old, ACCOUNTS, world.EuroRates())


# the facts


def test_charges_are_the_ledger_s_by_day_exact_and_in_their_billing_period(tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    fee = focus(days=[1], amount="100.00", ChargeCategory="Purchase", ChargeFrequency="One-Time")
    fee = fee.assign(
        ChargePeriodEnd="2026-10-02T00:00:00Z",
        EffectiveCost="0.00",
        CommitmentDiscountId="c-1",
        ResourceId="c",
    )
    tagged = focus(
        days=[3], amount="0.1", Tags='{"team":"search","what":"training"}', ResourceId="vm-2"
    )
    late = focus(days=[2], amount="4.00", month="2026-08", year_month="2026-07", ResourceId="vm-3")
    ledger.ingest([("bill.csv", pd.concat([fee, tagged, late], ignore_index=True))])
    settings = Settings(currency="USD", dimensions={"activity": {"tag": "what"}})
    rows = charges(ledger, settings)
    assert list(rows.columns) == CHARGES and rows["Rows"].sum() == ledger.rows == 3
    assert sum(rows["BilledCost"]) == ledger.totals()["USD"]
    assert sum(rows["EffectiveCost"]) == ledger.totals("EffectiveCost")["USD"]
    spread = rows[rows["CommitmentDiscountId"] == "c-1"]
    assert len(spread) == 93 and set(spread["BillingPeriod"]) == {"2026-07"}
    each = D(100) / 93
    assert spread["BilledCost"].iloc[0] == each.quantize(D("1e-10"))
    assert spread["BilledCost"].iloc[-1] == 100 - 92 * each.quantize(D("1e-10"))
    other = rows[rows["ChargeDate"] == "2026-07-02"].set_index("CommitmentDiscountId").loc[""]
    assert (other["BillingPeriod"], other["BilledCost"]) == ("2026-08", 4)
    assert set(rows["x_Activity"]) == {"training", "(untagged)"}
    assert charges(Ledger(tmp_path / "none"), settings).empty
    assert set(charges(ledger, Settings(currency="USD"))["x_Activity"]) == {""}
