"""`calendar:` of finops.yaml: the company's own periods, and what contradicts itself (docs/method §1.5)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import calendars as oracle

from finops_model.errors import InputError
from finops_model.periods import WEEKDAYS, Calendar
from finops_model.settings import load_settings


def written(folder, text):
    (folder / "finops.yaml").write_text(text)
    return load_settings(folder)


@pytest.mark.parametrize(
    "text, expected, starts",
    [
        ("company: A\n", Calendar(), 1),
        ("fiscal_year_starts: 7\n", Calendar(starts=7), 7),
        ("calendar: {starts: 7}\n", Calendar(starts=7), 7),
        ("calendar: {kind: months}\nfiscal_year_starts: 7\n", Calendar(starts=7), 7),
        ("calendar: {starts: 7}\nfiscal_year_starts: 7\n", Calendar(starts=7), 7),
        (
            "calendar: {kind: 4-5-4, month: 1, ends: nearest, named_after: start}\n",
            Calendar("4-5-4", month=1, ends="nearest", named_after="start"),
            2,
        ),
        (
            "calendar: {kind: 13x4, weekday: Sunday, extra_week: 1, quarters: [4, 3, 3, 3]}\n",
            Calendar("13x4", weekday="Sunday", extra_week=1, quarters=(4, 3, 3, 3)),
            1,
        ),
    ],
)
def test_the_calendar_of_the_settings(tmp_path, text, expected, starts):
    found = written(tmp_path, text)
    assert found.calendar_of() == expected and found.fiscal_year_starts == starts
    assert found.of_weeks == (expected.kind != "months")


@pytest.mark.parametrize(
    "text, sentence",
    [
        (
            "calendar: {starts: 7}\nfiscal_year_starts: 4\n",
            "2: fiscal_year_starts is 4, and by calendar the year begins in month 7. Take fiscal_year_starts out.",
        ),
        (
            "fiscal_year_starts: 4\ncalendar: {kind: 4-4-5}\n",
            "1: fiscal_year_starts is 4, and by calendar the year begins in month 1. Take fiscal_year_starts out.",
        ),
        (
            "calendar: {kind: 4-4-5, starts: 3}\n",
            "1: calendar: starts is of a year of months, and a year of 4-4-5 is tied to the end of a month. Take it out, and "
            "write month: the last month of the year.",
        ),
        (
            "calendar: {ends: nearest}\n",
            "1: calendar: ends is of a year of weeks, and this one is of months. Take it out, or write kind: 4-4-5, 4-5-4, 5-4-4, 13x4.",
        ),
        (
            "calendar: {kind: 13x4, quarters: [4, 4, 4]}\n",
            "1: calendar: quarters is [4, 4, 4]; it must be four counts of periods that add up to 13.",
        ),
        (
            "calendar: {kind: 4-4-5, extra_week: 13}\n",
            "1: calendar: extra_week is 13; it must be the number of a period, 1 to 12, or 0 for the last one.",
        ),
    ],
)
def test_what_contradicts_itself_is_one_sentence(tmp_path, text, sentence):
    with pytest.raises(InputError) as refused:
        written(tmp_path, text)
    assert str(refused.value) == f"{tmp_path / 'finops.yaml'}:{sentence}"


@settings(max_examples=60)
@given(
    st.sampled_from(["4-4-5", "4-5-4", "5-4-4", "13x4"]),
    st.integers(1, 12),
    st.sampled_from(["last", "nearest"]),
    st.integers(0, 6),
    st.integers(0, 12),
    st.integers(1995, 2060),
)
def test_periods_are_those_of_a_loop_over_days_and_partition_them(
    kind, month, ends, weekday, extra, year
):
    calendar = Calendar(kind, month=month, ends=ends, weekday=WEEKDAYS[weekday], extra_week=extra)
    found = calendar.year(year)
    assert [
        (one.number, one.start.item(), one.end.item() - dt.timedelta(days=1)) for one in found
    ] == oracle.week_periods(year, kind, month, ends, weekday, extra)
    assert all(one.end == other.start for one, other in zip(found, found[1:]))
    assert found[-1].end == calendar.year(year + 1)[0].start
    assert all(calendar.named(one.name) == one for one in found)


def test_retail_years_of_53_weeks():
    retail = Calendar("4-5-4", month=1, ends="nearest", named_after="start")
    assert [year for year in range(1999, 2026) if retail.weeks(year) == 53] == [
        2000,
        2006,
        2012,
        2017,
        2023,
    ]


@pytest.mark.parametrize(
    "calendar, name, sentence",
    [
        (Calendar(), "FY2026-P10", "period: 'FY2026-P10' is none. Write a month as 2026-10."),
        (
            Calendar("4-4-5"),
            "P10",
            "period: 'P10' is none. Write a month as 2026-10, or FY2026-P10 for a period of the calendar.",
        ),
        (
            Calendar("4-4-5"),
            "FY2026-P13",
            "period: 'FY2026-P13' is none: FY2026 has the periods P01 to P12.",
        ),
    ],
)
def test_a_name_that_is_no_period(calendar, name, sentence):
    with pytest.raises(InputError) as refused:
        calendar.named(name)
    assert str(refused.value) == sentence
