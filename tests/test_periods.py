"""Fiscal calendars: published years of retailers and companies, and laws of any calendar (docs/method §1.3)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as quick
from hypothesis import strategies as st

from finops_model.errors import InputError
from finops_model.periods import WEEKDAYS, WEEKS, Calendar, check_month, fiscal_months, fiscal_year

NRF = Calendar("4-5-4", month=1, ends="nearest", named_after="start")
APPLE = Calendar("4-4-5", month=9, extra_week=3)
CISCO = Calendar("4-4-5", month=7)

calendars = st.builds(
    Calendar,
    kind=st.sampled_from(("months", *WEEKS)),
    starts=st.integers(1, 12),
    month=st.integers(1, 12),
    ends=st.sampled_from(("last", "nearest")),
    weekday=st.sampled_from(WEEKDAYS),
    named_after=st.sampled_from(("end", "start")),
    extra_week=st.integers(0, 12),
)
days = st.integers(0, 60_000).map(lambda n: np.datetime64("1950-01-01") + n)


def test_the_retail_calendar_has_its_published_53_week_years():
    """National Retail Federation: 53-week years FY00, FY06, FY12, FY17, FY23 (nrf.com, 4-5-4 calendar)."""
    assert [year for year in range(2000, 2028) if NRF.weeks(year) == 53] == [
        2000,
        2006,
        2012,
        2017,
        2023,
    ]
    assert str(NRF.year_start(2024)) == "2024-02-04" and str(NRF.year_start(2018)) == "2018-02-04"


def test_periods_of_the_retail_year_2023():
    """Published: February 29 Jan – 25 Feb, March 26 Feb – 1 Apr, April 2 – 29 Apr, …, January 31 Dec – 3 Feb (five weeks)."""
    spans = [(str(period.start), str(period.end - 1)) for period in NRF.year(2023)]
    assert spans[:3] == [
        ("2023-01-29", "2023-02-25"),
        ("2023-02-26", "2023-04-01"),
        ("2023-04-02", "2023-04-29"),
    ]
    assert spans[-1] == ("2023-12-31", "2024-02-03")


@pytest.mark.parametrize(
    "year, last",
    [
        (2012, "2012-09-29"),
        (2017, "2017-09-30"),
        (2020, "2020-09-26"),
        (2022, "2022-09-24"),
        (2023, "2023-09-30"),
        (2024, "2024-09-28"),
        (2025, "2025-09-27"),
    ],
)
def test_apple_s_years_end_on_the_last_saturday_of_september(year, last):
    """Annual reports; 53 weeks in 2012, 2017 and 2023, the extra one in the first quarter."""
    assert str(APPLE.year_start(year + 1) - 1) == last
    assert APPLE.weeks(year) == (53 if year in (2012, 2017, 2023) else 52)
    quarters = {}
    for period in APPLE.year(year):
        quarters[period.quarter] = quarters.get(period.quarter, 0) + period.days // 7
    assert list(quarters.values()) == [14 if APPLE.weeks(year) == 53 else 13, 13, 13, 13]


def test_apple_s_quarters_of_2024():
    """Form 10-Q and 10-K: quarters ended 30 December 2023, 30 March, 29 June and 28 September 2024."""
    ends = [str(APPLE.year(2024)[i].end - 1) for i in (2, 5, 8, 11)]
    assert ends == ["2023-12-30", "2024-03-30", "2024-06-29", "2024-09-28"]


def test_cisco_s_years_end_on_the_last_saturday_of_july():
    """Annual reports: 30 July 2016 (53 weeks), 27 July 2019, 25 July 2020, 31 July 2021 (53 weeks), 30 July 2022, 29 July 2023."""
    ends = {
        year: str(CISCO.year_start(year + 1) - 1) for year in (2016, 2019, 2020, 2021, 2022, 2023)
    }
    assert ends == {
        2016: "2016-07-30",
        2019: "2019-07-27",
        2020: "2020-07-25",
        2021: "2021-07-31",
        2022: "2022-07-30",
        2023: "2023-07-29",
    }
    assert [year for year in range(2014, 2025) if CISCO.weeks(year) == 53] == [2016, 2021]


def test_months_agree_with_the_functions_that_were_there_before():
    for starts in range(1, 13):
        calendar = Calendar(starts=starts)
        for month in ("2026-01", "2026-06", "2026-07", "2026-12"):
            period = calendar.period_of(f"{month}-15")
            assert (period.name, period.year) == (month, fiscal_year(month, starts))
            assert tuple(
                one.name for one in calendar.year(calendar.year_of(f"{month}-15"))
            ) == fiscal_months(month, starts)


def test_a_year_near_new_year_keeps_its_name():
    """The Saturday nearest to 31 December may lie in January: three years end on 2 January 2021, 1 January 2022, 31 December 2022."""
    calendar = Calendar("4-4-5", month=12, ends="nearest")
    assert [str(calendar.year_start(year + 1) - 1) for year in (2020, 2021, 2022)] == [
        "2021-01-02",
        "2022-01-01",
        "2022-12-31",
    ]
    assert (
        calendar.period_of("2021-01-02").year == "FY2020"
        and calendar.period_of("2022-12-31").year == "FY2022"
    )


def test_partial_periods_are_marked():
    found = NRF.periods("2024-01-10", "2024-03-10")
    assert [(period.name, period.partial) for period in found] == [
        ("FY2023-P12", True),
        ("FY2024-P01", False),
        ("FY2024-P02", True),
    ]
    assert not any(period.partial for period in NRF.periods("2023-01-29", "2024-02-03"))


@given(calendars, days, st.integers(0, 900))
@quick(max_examples=150, deadline=None)
def test_periods_partition_the_days(calendar, first, more):
    found = calendar.periods(first, first + more)
    assert (
        found[0].start <= first < found[0].end and found[-1].start <= first + more < found[-1].end
    )
    assert all(one.end == other.start for one, other in zip(found, found[1:]))
    assert all(one.partial == (one.start < first or one.end > first + more + 1) for one in found)
    dates = first + np.arange(more + 1)
    at = calendar.index(dates, found)
    assert (at >= 0).all() and (np.diff(at) >= 0).all() and len(np.unique(at)) == len(found)
    for day in (dates[0], dates[-1]):
        period = calendar.period_of(day)
        assert (period.name, period.year) == (
            found[at[int((day - first).astype(int))]].name,
            f"FY{calendar.year_of(day)}",
        )


@given(calendars, st.integers(1960, 2100))
@quick(max_examples=150, deadline=None)
def test_a_year_is_what_its_kind_says(calendar, year):
    periods = calendar.year(year)
    assert periods[0].start == calendar.year_start(year) and periods[-1].end == calendar.year_start(
        year + 1
    )
    assert [period.number for period in periods] == list(range(1, len(periods) + 1))
    assert (
        len({period.name for period in periods})
        == len(periods)
        == (13 if calendar.kind == "13x4" else 12)
    )
    quarters = [period.quarter for period in periods]
    assert tuple(
        quarters.count(f"FY{year}-Q{n}") for n in (1, 2, 3, 4)
    ) == calendar.quarters and quarters == sorted(quarters)
    if calendar.kind != "months":
        last = periods[-1].end - 1
        assert calendar.weeks(year) in (52, 53) and sum(
            period.days for period in periods
        ) == 7 * calendar.weeks(year)
        assert WEEKDAYS[last.item().weekday()] == calendar.weekday
        anchor = year + (calendar.named_after == "start" and calendar.month < 12)
        month_end = (np.datetime64(f"{anchor}-{calendar.month:02d}") + 1).astype(
            "datetime64[D]"
        ) - 1
        away = int((last - month_end).astype(int))
        assert -6 <= away <= 0 if calendar.ends == "last" else -3 <= away <= 3


def test_days_outside_the_periods_have_no_index():
    found = NRF.year(2023)
    assert NRF.index(
        np.array(["2023-01-28", "2023-01-29", "2024-02-04"], "datetime64[D]"), found
    ).tolist() == [-1, 0, -1]
    assert NRF.index(np.array([["2023-01-29"]], "datetime64[D]"), ()).tolist() == [[-1]]


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: Calendar("4-4-6"),
            "calendar: unknown kind of calendar '4-4-6'. Did you mean '4-4-5'? Known: months, 4-4-5, 4-5-4, 5-4-4, 13x4.",
        ),
        (
            lambda: Calendar(ends="nearst"),
            "calendar: unknown end of the year 'nearst'. Did you mean 'nearest'? Known: last, nearest.",
        ),
        (
            lambda: Calendar(weekday="Saturdy"),
            "calendar: unknown weekday 'Saturdy'. Did you mean 'Saturday'? Known: Monday, Tuesday, Wednesday, "
            "Thursday, Friday, Saturday, Sunday.",
        ),
        (
            lambda: Calendar(named_after="begin"),
            "calendar: unknown name of the year 'begin'. Known: end, start.",
        ),
        (
            lambda: Calendar(starts=13),
            "calendar: starts is 13; it must be the number of a month, 1 to 12.",
        ),
        (
            lambda: Calendar(month=1.5),
            "calendar: month is 1.5; it must be the number of a month, 1 to 12.",
        ),
        (
            lambda: Calendar("4-4-5", extra_week=13),
            "calendar: extra_week is 13; it must be the number of a period, 1 to 12, or 0 for the last one.",
        ),
        (
            lambda: Calendar("13x4", quarters=(4, 4, 4, 4)),
            "calendar: quarters is [4, 4, 4, 4]; it must be four counts of periods that add up to 13.",
        ),
        (
            lambda: Calendar().year("FY2026"),
            "calendar: 'FY2026' is not a year. Write it as a number, for example 2026.",
        ),
        (
            lambda: NRF.year(20260),
            "calendar: '20260' is not a year. Write it as a number, for example 2026.",
        ),
        (
            lambda: Calendar().period_of("soon"),
            "calendar: 'soon' is not a day. Write it as YYYY-MM-DD.",
        ),
        (
            lambda: Calendar().periods("2026-02-01", "2026-01-01"),
            "calendar: the last day 2026-01-01 comes before the first day 2026-02-01.",
        ),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused_word_for_word(call, message):
    with pytest.raises(InputError) as raised:
        call()
    assert str(raised.value) == message


@pytest.mark.parametrize("text", ["2026-10\n", "２０２６-10", "2026-1", "2026-13", 202610, None])
def test_a_month_is_seven_plain_letters(text):
    with pytest.raises(InputError) as raised:
        check_month(text, "--month")
    assert str(raised.value) == (
        f"--month: '{text}' is not a month. Write year and month as YYYY-MM, for example 2026-10."
    )
