"""Up to which day a ledger is complete: ChargePeriodEnd, source by source (docs/method §13.16)."""

from __future__ import annotations

import pandas as pd
import pytest

from finops_model.facts.intake.tables import guess_mapping, read_table
from finops_model.facts.ledger.store import Ledger

ROW = {
    "BilledCost": "1",
    "EffectiveCost": "1",
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "ServiceName": "AI",
    "Tags": "",
}


def row(start, end, vendor="Daily", **cells) -> dict:
    """A charge from start to end (exclusive), days or moments of UTC."""
    start, end = (f"{moment}T00:00:00Z" if len(moment) == 10 else moment for moment in (start, end))
    named = {
        "InvoiceIssuerName": vendor,
        "ServiceProviderName": vendor,
        "BillingAccountId": f"acct-{vendor}",
    }
    span = pd.Period(start[:7])  # a bill is a month's, or that of a longer charge
    bill = max(span + 1, pd.Period(end[:7]))
    return {
        **ROW,
        **named,
        "BillingPeriodStart": f"{span}-01T00:00:00Z",
        "BillingPeriodEnd": f"{bill}-01T00:00:00Z",
        "ChargePeriodStart": start,
        "ChargePeriodEnd": end,
        **cells,
    }


def days(first, last, vendor="Daily", skip=(), **cells) -> list[dict]:
    return [
        row(f"{day:%Y-%m-%d}", f"{day + pd.Timedelta(days=1):%Y-%m-%d}", vendor, **cells)
        for day in pd.date_range(first, last)
        if day.dayofweek not in skip
    ]


def hours(first, last, until=24, **cells) -> list[dict]:
    """Every hour of the days first … last; the last day's up to `until`."""
    every = pd.date_range(
        first, pd.Timestamp(last) + pd.Timedelta(hours=until), freq="h", inclusive="left"
    )
    return [
        row(
            f"{hour:%Y-%m-%dT%H:00:00Z}",
            f"{hour + pd.Timedelta(hours=1):%Y-%m-%dT%H:00:00Z}",
            **cells,
        )
        for hour in every
    ]


def months(first, count, vendor="Monthly", step=1, day=1, **cells) -> list[dict]:
    starts = [pd.Timestamp(first) + pd.DateOffset(months=i * step, day=day) for i in range(count)]
    return [
        row(f"{start:%Y-%m-%d}", f"{start + pd.DateOffset(months=step):%Y-%m-%d}", vendor, **cells)
        for start in starts
    ]


def ledger_of(folder, *parts) -> Ledger:
    ledger = Ledger(folder)
    ledger.ingest(("bill", pd.DataFrame([one for part in parts for one in part])))
    return ledger


FEE = {"ServiceName": "Seats"}
CASES = {
    "daily": ([days("2026-08-01", "2026-10-13")], "2026-10-13"),
    "months": ([months("2026-01-01", 10)], "2026-10-31"),
    "a single month": ([months("2026-10-01", 1)], "2026-10-31"),
    "months that begin on the 15th": ([months("2026-01-15", 9, day=15)], "2026-10-14"),
    "quarters": ([months("2026-01-01", 3, step=3)], "2026-09-30"),
    "years": ([months("2024-01-01", 2, step=12)], "2025-12-31"),
    "weeks": (
        [
            [
                row(f"{d:%Y-%m-%d}", f"{d + pd.Timedelta(days=7):%Y-%m-%d}")
                for d in pd.date_range("2026-08-03", "2026-10-12", freq="7D")
            ]
        ],
        "2026-10-18",
    ),
    "no length": (
        [days("2026-10-01", "2026-10-12"), [row("2026-10-13", "2026-10-13")]],
        "2026-10-13",
    ),
    "a month's fee on a daily bill": (
        [days("2026-09-01", "2026-10-13"), months("2026-10-01", 1, "Daily", **FEE)],
        "2026-10-13",
    ),
    "fees of the month to come": (
        [days("2026-09-01", "2026-10-31"), months("2026-09-01", 3, "Daily", **FEE)],
        "2026-10-31",
    ),
    "a year's fee on a daily bill": (
        [days("2026-09-01", "2026-10-13"), months("2026-01-01", 1, "Daily", step=12, **FEE)],
        "2026-10-13",
    ),
    "fees of a month and of a year on two days": (
        [
            days("2026-10-01", "2026-10-02"),
            months("2026-10-01", 1, "Daily", **FEE),
            months("2026-01-01", 1, "Daily", step=12, **FEE),
        ],
        "2026-10-02",
    ),
    "a fee that says it recurs, on one day": (
        [
            days("2026-10-01", "2026-10-01"),
            months("2026-10-01", 3, "Daily", ChargeFrequency="Recurring"),
        ],
        "2026-10-01",
    ),
    "purchases on a daily bill": (
        [
            days("2026-10-01", "2026-10-02"),
            months("2026-10-01", 3, "Daily", ChargeCategory="Purchase"),
        ],
        "2026-10-02",
    ),
    "a one-off day on a monthly bill": (
        [
            months("2026-01-01", 10),
            [
                row("2026-10-05", "2026-10-06", "Monthly"),
                row("2026-11-03", "2026-11-04", "Monthly"),
            ],
        ],
        "2026-10-31",
    ),
    "daily, then by the month": (
        [days("2026-05-01", "2026-07-31"), months("2026-08-01", 3, "Daily")],
        "2026-10-31",
    ),
    "by the month, then daily": (
        [months("2026-01-01", 9, "Daily"), days("2026-10-01", "2026-10-13")],
        "2026-10-13",
    ),
    "credits, tax and corrections later": (
        [
            days("2026-09-01", "2026-10-13"),
            [
                row("2026-10-01", "2026-11-01", "Daily", ChargeCategory="Tax"),
                row(
                    "2026-10-20",
                    "2026-10-21",
                    "Daily",
                    ChargeCategory="Credit",
                    BilledCost="-5",
                    EffectiveCost="-5",
                ),
                row("2026-10-25", "2026-10-26", "Daily", ChargeClass="Correction"),
            ],
        ],
        "2026-10-13",
    ),
    "weekdays only, up to a Friday": (
        [days("2026-08-03", "2026-10-30", skip=(5, 6))],
        "2026-10-30",
    ),
    "hours, whole days": ([hours("2026-10-25", "2026-10-31")], "2026-10-31"),
    "hours, the newest day under way": (
        [hours("2026-10-25", "2026-10-31", until=14)],
        "2026-10-30",
    ),
    "office hours": (
        [
            [
                one
                for one in hours("2026-10-20", "2026-10-31")
                if "09" <= one["ChargePeriodStart"][11:13] < "17"
            ]
        ],
        "2026-10-31",
    ),
    "hours of one day": ([hours("2026-10-31", "2026-10-31", until=9)], "2026-10-31"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_newest_complete_day_of_one_source(tmp_path, name):
    parts, expected = CASES[name]
    assert str(ledger_of(tmp_path, *parts).last_day()) == expected


def test_days_of_another_time_zone(tmp_path):
    berlin = [
        row(f"2026-10-{d - 1:02d}T22:00:00Z", f"2026-10-{d:02d}T22:00:00Z") for d in range(10, 25)
    ]  # days of Berlin, summer time
    assert str(ledger_of(tmp_path / "days", berlin).last_day("Europe/Berlin")) == "2026-10-24"
    by_hour = ledger_of(
        tmp_path / "hours", hours("2026-10-20", "2026-10-31")
    )  # ends at 01:00 of 1 November in Berlin
    assert [
        str(by_hour.last_day(zone)) for zone in ("UTC", "Europe/Berlin", "America/Los_Angeles")
    ] == ["2026-10-31", "2026-10-31", "2026-10-30"]
    whole = ledger_of(
        tmp_path / "whole", days("2026-10-01", "2026-10-13")
    )  # whole days of UTC keep their days
    assert str(whole.last_day("America/Los_Angeles")) == "2026-10-13"


MIXED = {
    "both whole": ([days("2026-07-01", "2026-10-31"), months("2026-07-01", 4)], "2026-10-31", {}),
    "the daily one to the 15th": (
        [days("2026-07-01", "2026-10-15"), months("2026-07-01", 4)],
        "2026-10-15",
        {},
    ),
    "the monthly one not in": (
        [days("2026-07-01", "2026-10-31"), months("2026-07-01", 3)],
        "2026-09-30",
        {"Monthly": "waiting"},
    ),
    "the month under way": (
        [days("2026-07-01", "2026-11-15"), months("2026-07-01", 4)],
        "2026-10-31",
        {"Monthly": "waiting"},
    ),
    "a monthly one that ended": (
        [days("2026-01-01", "2026-10-31"), months("2026-01-01", 6)],
        "2026-10-31",
        {"Monthly": "ended"},
    ),
    "a monthly one paid ahead": (
        [days("2026-07-01", "2026-11-15"), months("2026-07-01", 7)],
        "2026-11-15",
        {},
    ),
    "a monthly fee not in": (
        [days("2026-07-01", "2026-10-31"), months("2026-07-01", 3, ChargeCategory="Purchase")],
        "2026-10-31",
        {"Monthly": "waiting"},
    ),
    "a daily one behind": (
        [days("2026-07-01", "2026-10-31"), days("2026-07-01", "2026-10-15", "Other")],
        "2026-10-15",
        {"Other": "waiting"},
    ),
    "a daily one long gone": (
        [days("2026-05-01", "2026-10-31"), days("2026-05-01", "2026-09-15", "Other")],
        "2026-10-31",
        {"Other": "ended"},
    ),
    "one that comes now and then": (
        [
            days("2026-07-01", "2026-10-31"),
            days("2026-07-01", "2026-10-23", "Other", skip=(0, 1, 2, 3, 5, 6)),
            days("2026-08-03", "2026-08-03", "Other"),
        ],
        "2026-10-31",
        {"Other": "ended"},
    ),
    "one that rests at weekends": (
        [days("2026-07-01", "2026-10-25"), days("2026-07-01", "2026-10-23", "Other", skip=(5, 6))],
        "2026-10-25",
        {},
    ),
    "a daily one that became a monthly one of another name": (
        [days("2026-01-01", "2026-05-31"), months("2026-06-01", 5)],
        "2026-10-31",
        {"Daily": "ended"},
    ),
}


@pytest.mark.parametrize("name", MIXED)
def test_every_source_that_still_bills_must_be_complete(tmp_path, name):
    parts, expected, states = MIXED[name]
    ledger = ledger_of(tmp_path, *parts)
    assert (
        str(ledger.last_day()),
        {one.name: one.state for one in ledger.complete().sources if one.state != "current"},
    ) == (expected, states)


def test_who_is_missing_is_told_by_name(tmp_path):
    found = ledger_of(
        tmp_path,
        days("2026-07-01", "2026-10-31"),
        months("2026-07-01", 3),
        months("2026-07-01", 3, BillingAccountId="second"),
    ).complete()
    assert [found.label(one) for one in found.missing("2026-10-31")] == [
        "Monthly (acct-Monthly)",
        "Monthly (second)",
    ]
    assert found.missing("2026-09-30") == () and str(found.newest) == "2026-10-31"


def test_a_table_with_months_as_columns_is_complete_to_the_end_of_the_last_one(tmp_path):
    text = 'Cost centre,Jan 2026,Feb 2026,Mar 2026\nVision,"40,327","41,000","42,100"\nSpeech,"20,000","20,500","21,000"\n'
    (tmp_path / "pivot.csv").write_text(text)
    frame = read_table(tmp_path / "pivot.csv")
    ledger = Ledger(tmp_path / "ledger")
    ledger.ingest(tmp_path / "pivot.csv", mapping=guess_mapping(frame))
    assert (str(ledger.first_day()), str(ledger.last_day())) == ("2026-01-01", "2026-03-31")


def test_records_that_only_know_the_newest_start_are_read(tmp_path):
    """Records of 0.1 hold last_usage, the start of the newest charge: the parts tell the end."""
    ledger = ledger_of(tmp_path, months("2026-01-01", 10))
    assert {version.last_usage for version in ledger.book.in_force().values()} >= {"2026-10-01"}
    assert str(Ledger(tmp_path).last_day()) == "2026-10-31"
