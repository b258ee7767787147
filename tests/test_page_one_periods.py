"""Page one: materiality, quarters and years, the year to date, and the lead (docs/method §9.24, §9.25)."""

from __future__ import annotations

import datetime as dt
import statistics
from dataclasses import replace

import page_one_world as world
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracles import calendars as oracle
from page_one_world import NOTHING, UNITS, close_of, cost, table

from finops_model.measure.page_one.material import is_material, materiality
from finops_model.periods import Calendar
from finops_model.settings import Materiality, load_settings

WEEKS = Calendar("4-4-5", month=1, ends="nearest", named_after="start")
LIMITS = {"of_line": 0.02, "of_company": 0.001, "least": 10.0}
PLAN = world.year(5000.0)


def booked_day(day: dt.date, first: dt.date = dt.date(2025, 1, 1)) -> float:
    """The company's cost of a day: both units."""
    i = (day - first).days
    return cost(i) * 1.5 if i >= 0 else 0.0


def days_of(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=i) for i in range((last - first).days + 1)]


def paths_of(run, month: str) -> list[float]:
    """The company's total of each path in a month."""
    m = run.months.index(month)
    return [sum(float(run.effective[p, m, u]) for u in range(2)) for p in range(run.paths)]


@pytest.fixture(scope="module")
def made():
    close = close_of(plan=PLAN | world.year(6000.0, "2027-01", 3))
    return close, *table(close)


# -- materiality ----------------------------------------------------------------------------------------------------------------


def test_both_limits_must_be_reached():
    for variance, line, least, says in (
        (20.0, 1000.0, 10.0, True),
        (-20.0, 1000.0, 10.0, True),
        (19.9, 1000.0, 10.0, False),  # of the line
        (9.9, 100.0, 10.0, False),  # of the company
        (9.9, 100.0, None, True),  # the company has no budget
        (10.0, 0.0, 10.0, True),  # spend that nobody budgeted
        (9.0, 0.0, 10.0, False),
        (0.0, 0.0, None, False),
        (5000.0, None, 10.0, False),  # no budget, nothing to be held against
        (None, 1000.0, 10.0, False),
    ):
        assert is_material(variance, line, {**LIMITS, "least": least}) is says, (variance, line)


@given(
    st.floats(-1e6, 1e6, allow_subnormal=False),
    st.floats(0, 1e7),
    st.floats(0, 1e5),
    st.sampled_from([0.5, 2.0, 1024.0]),
)
def test_it_is_the_same_over_and_under_and_in_any_currency(variance, line, least, factor):
    says = is_material(variance, line, {**LIMITS, "least": least})
    assert is_material(-variance, line, {**LIMITS, "least": least}) is says
    scaled = {**LIMITS, "least": least * factor}
    assert is_material(variance * factor, line * factor, scaled) is says
    assert is_material(variance, line, {**LIMITS, "least": least + 1}) <= says


def test_the_least_is_of_the_company_in_every_unit_s_brief(made):
    close = made[0]
    assert materiality(close) == {"of_line": 0.02, "of_company": 0.001, "least": 60.0}
    part = close_of(plan={**PLAN, "2026-05": 1.0})
    assert materiality(part)["least"] == pytest.approx(55.001)
    assert materiality(close_of(plan=world.year(5000.0, count=11)))["least"] is None
    assert materiality(close_of())["least"] is None
    given = Materiality(of_line=0.05, of_company=0)
    assert materiality(close_of(plan=PLAN, materiality=given)) == {
        "of_line": 0.05,
        "of_company": 0,
        "least": 0,
    }


def test_the_setting_is_read_and_refused_word_for_word(tmp_path):
    def read(text: str):
        (tmp_path / "finops.yaml").write_text(f"company: A\nmateriality: {text}\n")
        return load_settings(tmp_path)

    assert read("{of_line: 2.5 %, of_company: 0.05%}").materiality == Materiality(
        of_line=0.025, of_company=0.0005
    )
    for text in ("2", "two", "-0.1", "101 %"):
        with pytest.raises(Exception) as problem:
            read(f"{{of_line: {text}}}")
        assert str(problem.value) == (
            f"{tmp_path}/finops.yaml:2: materiality/of_line: is '{text}', and a share is 0 to 1. "
            "Write 0.02, or 2 %."
        )


# -- quarters and years ---------------------------------------------------------------------------------------------------------


def test_quarters_are_what_plain_loops_say(made):
    close, told, land = made
    lines = {one["period"]: one for one in told["lines"]}
    assert list(lines) == [
        *("Q1 2026", "Q2 2026", "Q3 2026", "Q4 2026", "FY2026"),
        *("Q1 2027", "Q2 2027", "Q3 2027", "Q4 2027", "FY2027"),
    ]
    for year in (2026, 2027):
        for q in range(4):
            line, totals = lines[f"Q{q + 1} {year}"], [0.0] * close.base.paths
            known, last_year, budget = 0, 0.0, 0.0
            for m in range(3 * q + 1, 3 * q + 4):
                name = f"{year}-{m:02d}"
                if name <= "2026-10":
                    known += 1
                    booked = sum(booked_day(day) for day in oracle.month_days(name))
                    totals = [one + booked for one in totals]
                else:
                    ahead = paths_of(close.base, name)
                    totals = [one + more for one, more in zip(totals, ahead, strict=True)]
                before = f"{year - 1}-{m:02d}"
                last_year += sum(booked_day(day) for day in oracle.month_days(before))
                budget += 5000 if year == 2026 else 6000
            value = statistics.mean(totals)
            assert (line["booked"], line["months"]) == (known, 3)
            assert line["state"] == ("actual" if known == 3 else "part" if known else "forecast")
            assert line["value"] == pytest.approx(value, abs=1e-6)
            ends = [statistics.quantiles(totals, n=10, method="inclusive")[at] for at in (0, 8)]
            shown = [None, None] if known == 3 else [pytest.approx(end) for end in ends]
            assert [line["p10"], line["p90"]] == shown
            held = budget if year == 2026 or q == 0 else None
            assert line["budget"] == held
            variance = None if held is None else pytest.approx(value - budget, abs=1e-6)
            assert line["variance"] == variance
            assert line["material"] is (held is not None and abs(value - budget) >= 0.02 * budget)
            whole = f"{year - 1}-{3 * q + 3:02d}" <= "2026-10"
            assert line["last_year"] == (pytest.approx(last_year) if whole else None)
            growth = pytest.approx(value / last_year - 1) if whole else None
            assert line["growth"] == growth


def test_the_year_under_way_is_the_landing_to_the_last_bit_and_the_sum_of_its_quarters(made):
    _, told, land = made
    for name in ("FY2026", "FY2027"):
        year = next(one for one in told["lines"] if one["period"] == name)
        quarters = [one for one in told["lines"] if one["period"][3:] == name[2:]]
        assert sum(one["value"] for one in quarters) == pytest.approx(year["value"], abs=1e-6)
        assert year["kind"] == "year" and year["months"] == 12
    year = told["lines"][4]
    assert [year[key] for key in ("value", "p10", "p90", "budget")] == [
        land[key] for key in ("mean", "p10", "p90", "budget")
    ]
    assert year["variance"] == land["mean"] - land["budget"]
    assert year["last_year"] == pytest.approx(
        sum(booked_day(day) for day in days_of(dt.date(2025, 1, 1), dt.date(2025, 12, 31)))
    )


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(["2026-01", "2026-06", "2026-10", "2026-12"]),
    st.sampled_from(["", "-13", "-01"]),
    st.integers(1, 12),
    st.booleans(),
    st.sampled_from(UNITS + ("Company",)),
    st.integers(3, 20),
)
@example("2026-10", "-13", 1, False, "Company", 15)
def test_quarters_add_up_in_any_calendar_and_of_any_unit(month, day, starts, weeks, unit, months):
    calendar = WEEKS if weeks else None
    starts = 2 if weeks else starts
    as_of = f"{month}{day}" if day else None
    close = close_of(month, as_of, months=months, fiscal_year_starts=starts, calendar=calendar)
    told, land = table(close, unit)
    for at in (0, 5):
        lines = told["lines"][at : at + 5]
        if len(lines) == 5 and lines[4]["value"] is not None:
            total = sum(one["value"] for one in lines[:4])
            assert total == pytest.approx(lines[4]["value"], abs=1e-6)
    year = next(one for one in told["lines"] if one["kind"] == "year")
    assert (year["period"], year["value"]) == (land["period"], land["mean"])
    ends = (None, None) if land["closed"] or land["no_width"] else (land["p10"], land["p90"])
    assert (year["p10"], year["p90"]) == ends
    for one in told["lines"]:
        assert one["p10"] is None or one["p10"] <= one["p90"]


MONEY = (
    *("value", "p10", "p90", "budget", "variance", "last_forecast", "since_last", "last_year"),
)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from([0.25, 2.0, 1024.0]), st.sampled_from(["2026-10", "2026-03"]))
def test_a_factor_scales_all_money_and_nothing_else(factor, month):
    def lines(by: float) -> list[dict]:
        replay = world.run_of(
            world.facts("2025-01-01", "2026-02-28", lambda i: cost(i) * by),
            "2026-02-28",
            24,
            scale=by,
        )
        plan = {month: amount * by for month, amount in PLAN.items()}
        of = {"of": lambda i: cost(i) * by, "run": {"scale": by}}
        told, _ = table(close_of(month, plan=plan, replays=[replay], **of))
        return [*told["lines"], told["year_to_date"]]

    for one, scaled in zip(lines(1.0), lines(factor), strict=True):
        for key, value in one.items():
            if key in MONEY and value is not None:
                assert scaled[key] == pytest.approx(value * factor, rel=1e-9, abs=1e-6)
            elif isinstance(value, float):
                assert scaled[key] == pytest.approx(value, rel=1e-9, abs=1e-12)
            else:
                assert scaled[key] == value


def test_a_year_from_july_has_quarters_of_its_own(made):
    told, _ = table(close_of(fiscal_year_starts=7))
    names = [one["period"] for one in told["lines"]]
    assert names[:6] == ["Q1 FY2027", "Q2 FY2027", "Q3 FY2027", "Q4 FY2027", "FY2027", "Q1 FY2028"]
    first = sum(booked_day(day) for day in days_of(dt.date(2026, 7, 1), dt.date(2026, 9, 30)))
    assert told["lines"][0]["value"] == pytest.approx(first, abs=1e-6)
    # the run ends with December 2027: quarters of FY2028 to that day, and no year
    assert names[6:] == ["Q2 FY2028"]


def test_quarters_of_weeks_are_days_of_weeks(made):
    plan = {f"FY2026-P{number:02d}": 4000.0 + number for number in range(1, 13)}
    close = close_of("2026-10", fiscal_year_starts=2, calendar=WEEKS)
    close = replace(close, budgets=world.budgets(plan, calendar=WEEKS))
    told, land = table(close)
    spans = oracle.week_periods(2027, "4-4-5", 1, "nearest", 5)
    medians = oracle.weekday_medians(close.daily)
    for q, line in enumerate(told["lines"][:4]):
        first, last = spans[3 * q][1], spans[3 * q + 2][2]
        totals = [0.0] * close.base.paths
        for day in days_of(first, last):
            if str(day) <= "2026-10-31":
                totals = [one + booked_day(day) for one in totals]
                continue
            month = f"{day:%Y-%m}"
            weight = [medians[one.weekday()] for one in oracle.month_days(month)]
            part = medians[day.weekday()] / sum(weight)
            ahead = paths_of(close.base, month)
            totals = [one + part * more for one, more in zip(totals, ahead, strict=True)]
        assert line["period"] == f"Q{q + 1} FY2026"
        assert line["value"] == pytest.approx(statistics.mean(totals), abs=1e-6)
        assert line["budget"] == sum(4000.0 + number for number in range(3 * q + 1, 3 * q + 4))
    assert told["lines"][4]["value"] == land["mean"] and told["lines"][4]["months"] == 12
    assert [one["state"] for one in told["lines"][:5]] == ["actual"] * 3 + ["forecast", "part"]


def test_nothing_is_said_of_what_the_bill_does_not_hold():
    told, _ = table(close_of(first="2026-05-04", plan=PLAN))
    lines = {one["period"]: one for one in told["lines"]}
    assert lines["Q1 2026"]["value"] is None and lines["Q1 2026"]["booked"] == 0
    assert lines["Q2 2026"]["value"] is not None and lines["Q2 2026"]["variance"] is None
    assert lines["Q3 2026"]["variance"] is not None and lines["FY2026"]["variance"] is None
    assert told["year_to_date"]["variance"] is None and not told["year_to_date"]["material"]
    assert [one["last_year"] for one in told["lines"][:5]] == [None] * 5
    # a week may be missing: bills begin on a first working day
    told, _ = table(close_of(first="2026-01-07", plan=PLAN))
    assert told["lines"][0]["variance"] is not None
    told, _ = table(close_of(first="2026-01-08", plan=PLAN))
    assert told["lines"][0]["variance"] is None


# -- last forecast --------------------------------------------------------------------------------------------------------------


def test_the_last_forecast_is_as_published_else_re_created_else_none(made):
    close = made[0]
    assert (made[1]["last_report"], made[1]["last_source"]) == (None, "none")
    assert [one["last_forecast"] for one in made[1]["lines"]] == [None] * 10

    september = close_of("2026-09", months=15, plan=PLAN, run={"scale": 1.01})
    replayed = replace(close, replays=[september.base])
    again, _ = table(replayed)
    assert (again["last_report"], again["last_source"]) == ("2026-09", "re-created")
    earlier, _ = table(september)
    for one, then in zip(again["lines"], earlier["lines"], strict=True):
        assert one["last_forecast"] == pytest.approx(then["value"], abs=1e-6)
        assert one["since_last"] == pytest.approx(one["value"] - then["value"], abs=1e-6)
    assert any(abs(one["since_last"]) > 1 for one in again["lines"])

    # as published: with page one, and as reports were before it
    brief = {"month": "2026-09", "page_one": {"periods": earlier}}
    told, _ = table(replace(replayed, reported={"Company": brief}))
    assert (told["last_report"], told["last_source"]) == ("2026-09", "published")
    assert [one["last_forecast"] for one in told["lines"]] == [
        one["value"] for one in earlier["lines"]
    ]
    months = {f"2026-{m:02d}": 100.0 * m for m in range(1, 10)}
    ahead = [{"month": f"2026-{m}", "mean": 1000.0 + m} for m in (10, 11, 12)]
    ahead += [{"month": f"2027-0{m}", "mean": 2000.0 + m} for m in (1, 2, 3, 4)]
    old = {
        "month": "2026-09",
        "actual": {"by_month": months},
        "forecast": {"months": ahead},
    }
    told, _ = table(replace(replayed, reported={"Company": old}))
    said = {one["period"]: one["last_forecast"] for one in told["lines"]}
    assert said["Q1 2026"] == 600.0 and said["Q4 2026"] == 3033.0 and said["FY2026"] == 7533.0
    assert said["Q1 2027"] == 6006.0 and said["Q2 2027"] is None and said["FY2027"] is None


def test_an_old_report_of_weeks_is_read_by_its_periods():
    each = {"actual": 10.0, "mean": None}
    periods = [
        {"name": f"FY2026-P{n:02d}", **(each if n < 10 else {"actual": None, "mean": 20.0})}
        for n in range(1, 13)
    ]
    old = {"month": "2026-09", "fiscal": {"periods": periods}}
    close = close_of(fiscal_year_starts=2, calendar=WEEKS, reported={"Company": old})
    told, _ = table(close)
    said = {one["period"]: one["last_forecast"] for one in told["lines"]}
    assert (said["Q3 FY2026"], said["Q4 FY2026"], said["FY2026"]) == (30.0, 60.0, 150.0)
    assert said["Q1 FY2027"] is None


# -- the year to date and the lead ----------------------------------------------------------------------------------------------


def test_both_sides_of_the_year_to_date_stop_at_the_same_day():
    told, _ = table(close_of("2026-10", "2026-10-13", plan=PLAN))
    to_date = told["year_to_date"]
    first, last = dt.date(2026, 1, 1), dt.date(2026, 10, 13)
    assert to_date["until"] == "2026-10-13"
    assert to_date["value"] == pytest.approx(sum(map(booked_day, days_of(first, last))))
    assert to_date["budget"] == pytest.approx(9 * 5000 + 5000 * 13 / 31)
    assert to_date["variance"] == pytest.approx(to_date["value"] - to_date["budget"])
    before = days_of(dt.date(2025, 1, 1), dt.date(2025, 10, 13))
    assert to_date["last_year"] == pytest.approx(sum(map(booked_day, before)))
    # what of the newest days is not complete counts on neither side
    late, _ = table(close_of("2026-10", "2026-10-13", plan=PLAN, run={"as_of": "2026-10-11"}))
    assert late["year_to_date"]["until"] == "2026-10-11"
    assert late["year_to_date"]["budget"] == pytest.approx(9 * 5000 + 5000 * 11 / 31)


def test_a_leap_day_has_the_month_s_end_of_the_year_before():
    told, _ = table(close_of("2028-02", first="2027-01-01", months=10))
    before = days_of(dt.date(2027, 1, 1), dt.date(2027, 2, 28))
    first = dt.date(2027, 1, 1)
    assert told["year_to_date"]["until"] == "2028-02-29"
    assert told["year_to_date"]["last_year"] == pytest.approx(
        sum(booked_day(day, first) for day in before)
    )


CASES = (
    (
        {"plan": PLAN},
        "$26.0k over budget by October 2026. FY2027 needs $60.1k ($59.6k to $60.7k), if nothing changes.",
    ),
    (
        {"plan": PLAN | world.year(5000.0, "2027-01")},
        "$26.0k over budget by October 2026. FY2027 needs $60.1k ($59.6k to $60.7k), $123 over its budget, if nothing changes.",
    ),
    (
        {"plan": world.year(90000.0)},
        "$824k under budget by October 2026. FY2027 needs $60.1k ($59.6k to $60.7k), if nothing changes.",
    ),
    (
        {},
        "$76.0k spent in FY2026 by October 2026, 28 % more than a year before; there is no budget to hold it against. FY2027 needs $60.1k ($59.6k to $60.7k), if nothing changes.",
    ),
    (
        {"plan": world.year(5000.0, "2026-02", 11)},
        "$76.0k spent in FY2026 by October 2026, 28 % more than a year before; there is no budget to hold it against. FY2027 needs $60.1k ($59.6k to $60.7k), if nothing changes.",
    ),
    ({"plan": PLAN, "months": 2}, "$26.0k over budget by October 2026."),
    (
        {"plan": PLAN, "as_of": "2026-10-13", "months": 3},
        "$24.0k over budget by 13 October 2026.",
    ),
    (
        {"plan": PLAN, "first": "2026-05-04", "months": 2},
        "$33.6k spent in FY2026 by October 2026; the bill begins on 4 May 2026, so nothing is held against the budget.",
    ),
    (
        {"first": "2026-05-04", "months": 2},
        "$33.6k spent in FY2026 by October 2026; the bill begins on 4 May 2026.",
    ),
    (
        {"plan": PLAN, "month": "2026-12", "months": 12},
        "FY2026 is over: it cost $92.9k, $32.9k over budget. FY2027 needs $60.1k ($59.7k to $60.6k), if nothing changes.",
    ),
    (
        {"month": "2026-12", "months": 1},
        "FY2026 is over: it cost $92.9k, 27 % more than a year before; there is no budget to hold it against.",
    ),
    (
        {
            "plan": PLAN,
            "month": "2026-01",
            "as_of": "2026-01-01",
            "run": {"as_of": "2025-12-31"},
            "months": 2,
        },
        "Nothing of FY2026 is booked yet.",
    ),
    ({"plan": PLAN, "run": {"why": NOTHING}}, "$26.0k over budget by October 2026."),
    (
        {"plan": world.year(4650.0), "of": lambda i: 100.0, "run": {"flat": True}},
        "$900 under budget by October 2026. FY2027 needs $60.2k, if nothing changes.",
    ),
)


@pytest.mark.parametrize("how, says", CASES, ids=range(len(CASES)))
def test_the_lead_is_true_in_every_case(how, says):
    how = dict(how)
    told, land = table(close_of(how.pop("month", "2026-10"), how.pop("as_of", None), **how))
    assert told["sentence"] == says
    year = next(one for one in told["lines"] if one["kind"] == "year")
    assert year["value"] == land["mean"]


def test_a_bill_that_cannot_be_forecast_has_its_booked_quarters_and_no_year():
    told, land = table(close_of(plan=PLAN, run={"why": NOTHING}))
    assert land["p50"] is None
    values = [one["value"] for one in told["lines"]]
    assert [value is None for value in values] == [False, False, False, True, True]
    assert [one["state"] for one in told["lines"]] == ["actual"] * 3 + ["part"] * 2


def test_a_flat_bill_has_figures_and_no_range():
    told, _ = table(close_of(plan=world.year(4650.0), of=lambda i: 100.0, run={"flat": True}))
    assert {one["p10"] for one in told["lines"]} == {None} == {one["p90"] for one in told["lines"]}
    assert told["lines"][3]["value"] == pytest.approx(31 * 150 + 61 * 165)
