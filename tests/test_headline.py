"""The first sentence over: period over or not × over, under or on budget, none × width × history, word for word (docs/method §9.5)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from headline_world import brief_of, days, row, workspace, year

from finops_model.errors import ForecastError
from finops_model.measure.budget import landing as budgets
from finops_model.publish.page import first as page_first
from finops_model.publish.page.body import Page
from finops_model.publish.page.one import notices as page_notices
from finops_model.publish.page.tables import Figures
from finops_model.publish.report.briefs import canonical, check_brief
from finops_model.publish.report.workbook.book import write_workbook
from finops_model.simulate import scenarios as simulate
from finops_model.wording import landing as landing_words

FLAT, WIDE = np.full((1000, 1), 600.0), np.linspace(500.0, 700.0, 1001)[:, None]
NEVER = ("closed", "80 %", "more than 99 %", "less than 1 %", "100 %", "0 %", "chance")
FLAT_WORDS = "there is no range, as nothing in the bill has varied."
CASES = {  # (paths of the months still to come, booked, budget): the sentence
    "over, none": (None, 1000.0, None, "AI spend closed FY2026 at $1.00k."),
    "over, under": (None, 1000.0, 1200.0, "AI spend closed FY2026 at $1.00k, $200 under budget."),
    "over, over": (None, 1000.0, 900.0, "AI spend closed FY2026 at $1.00k, $100 over budget."),
    "over, on": (None, 1000.0, 1000.0, "AI spend closed FY2026 at $1.00k, exactly on budget."),
    "flat, none": (FLAT, 1000.0, None, f"AI spend is heading for $1.60k in FY2026; {FLAT_WORDS}"),
    "flat, under": (
        FLAT,
        1000.0,
        1800.0,
        f"AI spend is heading for $1.60k in FY2026, $200 under the budget of $1.80k; {FLAT_WORDS}",
    ),
    "flat, over": (
        FLAT,
        1000.0,
        1500.0,
        f"AI spend is heading for $1.60k in FY2026, $100 over the budget of $1.50k; {FLAT_WORDS}",
    ),
    "flat, on": (
        FLAT,
        1000.0,
        1600.0,
        f"AI spend is heading for $1.60k in FY2026, exactly on the budget of $1.60k; {FLAT_WORDS}",
    ),
    "flat, exceeded": (
        FLAT,
        1000.0,
        900.0,
        "AI spend has already exceeded the FY2026 budget of $900 and is heading for $1.60k.",
    ),
    "flat, nothing ahead": (
        FLAT * 0,
        1000.0,
        None,
        f"AI spend is heading for $1.00k in FY2026; {FLAT_WORDS}",
    ),
    "wide, none": (
        WIDE,
        1000.0,
        None,
        "AI spend is heading for $1.60k in FY2026 (80 % range $1.52k–$1.68k).",
    ),
    "wide, under": (
        WIDE,
        1000.0,
        1800.0,
        "AI spend is heading for $1.60k in FY2026, inside the budget of $1.80k with more than 99 % probability.",
    ),
    "wide, over": (
        WIDE,
        1000.0,
        1550.0,
        "75 % chance that AI spend exceeds the FY2026 budget of $1.55k, typically in December 2026.",
    ),
    "wide, exceeded": (
        WIDE,
        1000.0,
        900.0,
        "AI spend has already exceeded the FY2026 budget of $900 and is heading for $1.60k.",
    ),
    "narrow, none": (
        FLAT + np.linspace(0, 1, 1000)[:, None],
        30_000.0,
        None,
        "AI spend is heading for $30.6k in FY2026 (80 % range $30,600–$30,601).",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_first_sentence(name):
    paths, booked, budget, said = CASES[name]
    land = budgets.landing(
        "FY2026",
        booked,
        np.zeros((1, 0)) if paths is None else paths,
        () if paths is None else ("2026-12",),
        budget,
    )
    assert landing_words.sentence(land, "AI spend", "USD") == said
    if name.startswith("flat"):
        assert land["overrun_probability"] is None and not any(word in said for word in NEVER)


@pytest.mark.parametrize(
    "budget, said",
    [
        (None, "AI spend was $100 in FY2026 so far; there is too little history to forecast."),
        (
            1200.0,
            "AI spend was $100 in FY2026 so far, of a budget of $1.20k; there is too little history to forecast.",
        ),
        (
            90.0,
            "AI spend has already exceeded the FY2026 budget of $90.00 with $100 so far; there is too little history to forecast.",
        ),
    ],
)
def test_a_bill_too_short_to_forecast(budget, said):
    land = budgets.no_landing("FY2026", 100.0, budget, landing_words.TOO_LITTLE)
    assert landing_words.sentence(land, "AI spend", "USD") == said


def test_briefs_of_before_say_what_they_said():
    """A brief without `closed` and `no_width`: closed where all of it is booked."""
    old = {
        "period": "FY2026",
        "booked": 900.0,
        "p10": 900.0,
        "p50": 900.0,
        "p90": 900.0,
        "budget": None,
        "overrun_probability": None,
        "breach_month": None,
    }
    assert landing_words.sentence(old, "AI spend", "USD") == "AI spend closed FY2026 at $900."
    assert (
        landing_words.kind({**old, "booked": 500.0}) == "flat"
        and landing_words.kind({**old, "p90": 901.0}) == "range"
    )


def wobble(i):
    return 100 + (i * 7919) % 41 - 20


BILLS = {  # rows, budget a month, the headline
    "flat": (
        [days("2026-03-01", "2026-08-31")],
        None,
        f"AI spend is heading for $30.6k in FY2026; {FLAT_WORDS}",
    ),
    "flat, under": (
        [days("2026-03-01", "2026-08-31")],
        3000,
        f"AI spend is heading for $30.6k in FY2026, $5.40k under the budget of $36.0k; {FLAT_WORDS}",
    ),
    "flat, over": (
        [days("2026-03-01", "2026-08-31")],
        2500,
        f"AI spend is heading for $30.6k in FY2026, $600 over the budget of $30.0k; {FLAT_WORDS}",
    ),
    "five flat days": (
        [days("2026-08-27", "2026-08-31")],
        None,
        "AI spend is heading for $12.7k in FY2026 (80 % range …",
    ),  # widths of other short bills (§2.15)
    "flat, the year over": (
        [days("2026-03-01", "2026-12-31")],
        None,
        "AI spend closed FY2026 at $30.6k.",
    ),
    "seats by the day": (
        [
            days("2026-01-01", "2026-08-31", 20, SkuId="seat", ChargeFrequency="Recurring"),
            days("2026-01-01", "2026-08-31", 1),
        ],
        None,
        f"AI spend is heading for $7.71k in FY2026; {FLAT_WORDS}",
    ),
    "one day": (
        [days("2026-08-31", "2026-08-31")],
        None,
        "AI spend was $100 in FY2026 so far; there is too little history to forecast.",
    ),
    "two days": (
        [days("2026-08-30", "2026-08-31", wobble)],
        3000,
        "AI spend was $166 in FY2026 so far, of a budget of $36.0k; there is too little history to forecast.",
    ),
    "one day, the year over": (
        [days("2026-12-31", "2026-12-31")],
        3000,
        "AI spend closed FY2026 at $100, $35.9k under budget.",
    ),
    "two days, ending on a credit": (
        [days("2026-08-30", "2026-08-30"), [row("2026-08-31", "2026-09-01", -500)]],
        None,
        "AI spend was −$400 in FY2026 so far; there is too little history to forecast.",
    ),
    "flat, ending on a credit": (
        [days("2026-03-01", "2026-08-30"), [row("2026-08-31", "2026-09-01", -500)]],
        None,
        f"AI spend is heading for $30.0k in FY2026; {FLAT_WORDS}",
    ),
    "five days, ending on a credit": (
        [days("2026-08-26", "2026-08-30"), [row("2026-08-31", "2026-09-01", -500)]],
        None,
        "AI spend is heading for $12.2k in FY2026 (80 % range …",
    ),
    "flat, a credit on its last day": (
        [days("2026-03-01", "2026-08-31"), [row("2026-08-31", "2026-09-01", -500)]],
        None,
        f"AI spend is heading for $30.1k in FY2026; {FLAT_WORDS}",
    ),
    "only credits": (
        [[row("2026-08-31", "2026-09-01", -500, ChargeCategory="Credit")]],
        None,
        "AI spend was $0.00 in FY2026 so far; there is no usage to forecast.",
    ),
    "only negative usage": (
        [
            [
                row("2026-08-29", "2026-08-30", -1),
                row("2026-08-30", "2026-08-31", -1),
                row("2026-08-31", "2026-09-01", -500),
            ]
        ],
        None,
        "AI spend was −$502 in FY2026 so far; there is no usage to forecast.",
    ),
}


@pytest.mark.parametrize("name", BILLS)
def test_bills_without_width_and_short_ones_print_no_chance(tmp_path, name):
    parts, amount, said = BILLS[name]
    brief = brief_of(
        workspace(tmp_path, *parts, budget=None if amount is None else year(amount)), newest=True
    )
    assert (
        brief["headline"] == said or said.endswith("…") and brief["headline"].startswith(said[:-1])
    )
    page = str(page_first.first(Figures(brief))["tiles"]) + " ".join(
        [brief["headline"], *brief["summary"]]
    )
    assert not any(word in page for word in ("Chance", "chance", "more than 99 %", "less than 1 %"))
    assert ("80 %" in page) == name.startswith("five")
    assert ("closed" in page) == name.endswith("the year over")
    shown = Page(brief)
    sections = [
        shown.first_page(),
        shown.budget(),
        shown.units(),
        shown.movements(),
        shown.uncertainty(),
        shown.unit_costs(),
        shown.what_ifs(),
        shown.track_record(),
        shown.basis(),
    ]
    assert shown.differences() == [] and write_workbook(brief, tmp_path / "book.xlsx").is_file()
    told = "".join(section.html for section in sections if section)
    assert ("Cost by day" in told) == bool(brief["actual"].get("by_day")) and (
        "too little" not in said or "Cost by day" in told
    )
    assert "than the month before" not in told or len(brief["actual"]["by_month"]) > 1
    check_brief(json.loads(canonical(brief)))


@pytest.mark.parametrize(
    "count, told", [(1, "1 day of usage, from 2026-08-31"), (2, "2 days of usage, from 2026-08-30")]
)
def test_a_run_on_a_short_bill_is_refused_in_the_same_words(tmp_path, count, told):
    settings = workspace(tmp_path, days(f"2026-08-{32 - count}", "2026-08-31"))
    with pytest.raises(ForecastError) as caught:
        simulate.run(None, settings)
    assert str(caught.value) == (
        f"there is too little history to forecast: the bill holds {told}, and a forecast needs at least 3. "
        "Take in more of the bill first: finops ingest FILE."
    )


def test_a_bill_that_begins_within_the_year_of_its_budget_says_so(tmp_path):
    """Three of twelve months against the budget of twelve: "inside the budget with more than 99 % probability" needs a word beside it."""
    made = brief_of(
        workspace(
            tmp_path,
            days("2025-01-01", "2025-02-28", lambda i: 100 + i % 7),
            budget=year(3000, "2024-04"),
            fiscal_year_starts=4,
        )
    )
    told = (
        "The ledger begins on 1 January 2025, and FY2025 begins on 1 April 2024: anything spent between is not in these figures, while the budget is of "
        "the whole year."
    )
    assert made["landing"]["period"] == "FY2025" and landing_words.before_the_ledger(made) == told
    assert landing_words.before_the_ledger({**made, "unit": "Search"}).startswith(
        "The ledger holds nothing of Search before 1 January 2025, and FY2025"
    )
    assert (
        landing_words.before_the_ledger({**made, "first_day": "2024-04-07"})
        == ""
        == landing_words.before_the_ledger({**made, "first_day": "2023-04-01"})
    )
    assert (
        landing_words.before_the_ledger({**made, "landing": {**made["landing"], "budget": None}})
        == ""
    )
    assert [str(line) for line in page_notices.notices(Figures(made))] == [told]
    closed = {
        "period": "FY2025",
        "budget": 9000.0,
        "p10": 5900.0,
        "p50": 5900.0,
        "p90": 5900.0,
        "closed": True,
        "no_width": True,
        "booked": 5900.0,
        "first": "2024-04",
        "first_day": "2025-01-01",
        "breach_month": None,
    }
    assert (
        landing_words.budget_sentence(closed, "USD")
        == "AI spend closed FY2025 at $5.90k, $3.10k under budget. The ledger begins on 1 January 2025."
    )
