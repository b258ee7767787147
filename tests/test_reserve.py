"""finops reserve: P80 less the budget in force, who carries it, what is held back (docs/method §8.70 to §8.73)."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from deciding_world import row, run_of
from hypothesis import given
from hypothesis import settings as laws
from hypothesis import strategies as st
from reserve_world import HEADER, budgets, company
from scipy.special import ndtri
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.decide.questions import reserve
from finops_model.decide.questions.portfolio import LEAST, around, portfolio
from finops_model.errors import InputError
from finops_model.facts.plans.held_back import held_back
from finops_model.facts.plans.read import read_budgets
from finops_model.measure.budget import against, fiscal
from finops_model.measure.budget.by_unit import paths_by_unit
from finops_model.names import COMPANY
from finops_model.periods import Calendar
from finops_model.publish import close

# -- parts of a total, by plain arithmetic and by closed form


def by_hand(parts, level):
    """P80 of each and of all, and shares, with sorted lists and loops."""
    count, width = len(parts), len(parts[0])
    totals = [sum(row) for row in parts]
    order = sorted(range(count), key=lambda i: totals[i])
    near = [
        order[i]
        for i in range(count)
        if (level - 1) / 100 - 1e-12 <= (i + 0.5) / count <= (level + 1) / 100 + 1e-12
    ]

    def quantile(values):
        at = (len(values) - 1) * level / 100
        low, values = int(at), sorted(values)
        high = min(low + 1, len(values) - 1)
        return values[low] + (values[high] - values[low]) * (at - low)

    whole, mean = quantile(totals), sum(totals) / count
    raw = [
        sum(parts[i][j] for i in near) / len(near) - sum(row[j] for row in parts) / count
        for j in range(width)
    ]
    alone = [quantile([row[j] for row in parts]) for j in range(width)]
    return whole, alone, [value * (whole - mean) / sum(raw) for value in raw]


@pytest.mark.parametrize("level", [60, 80, 90, 97])
def test_a_portfolio_is_a_plain_loop_over_the_futures(level):
    draws = np.random.default_rng(level)
    parts = draws.lognormal(3.0, [0.2, 0.5, 0.9], (700, 3))
    found = portfolio(parts, level)
    whole, alone, shares = by_hand(parts.tolist(), level)
    assert found.whole.value == pytest.approx(whole, rel=1e-12)
    assert found.alone == pytest.approx(alone, rel=1e-12)
    assert found.diversification == pytest.approx(sum(alone) - whole, rel=1e-9)
    assert found.shares == pytest.approx(shares, rel=1e-9)
    assert found.ranks == 14 and found.paths == 700


def test_correlated_normals_have_covariance_shares():
    """Euler: of P80 − mean of a normal sum, a part has z × its covariance with the sum ÷ sd of the sum."""
    root = np.linalg.cholesky([[100.0, 60.0, -20.0], [60.0, 225.0, 10.0], [-20.0, 10.0, 64.0]])
    cov = root @ root.T
    parts = np.random.default_rng(11).standard_normal((60_000, 3)) @ root.T + [500.0, 300.0, 100.0]
    found, sd, z = portfolio(parts, 80), math.sqrt(cov.sum()), ndtri(0.8)
    assert found.whole.value == pytest.approx(900 + z * sd, abs=4 * found.whole.standard_error)
    assert (np.abs(found.shares - z * cov.sum(axis=0) / sd) < 4 * found.errors).all()
    apart = z * (np.sqrt(np.diag(cov)).sum() - sd)
    assert found.diversification == pytest.approx(apart, abs=4 * found.diversification_error)
    assert (found.errors < 0.5).all() and found.diversification_error < 0.5


def test_standard_errors_are_those_of_running_again():
    runs = [
        portfolio(np.random.default_rng(i).normal([5.0, 9.0], [3.0, 4.0], (1000, 2)))
        for i in range(120)
    ]
    moved = np.std([one.shares for one in runs], axis=0, ddof=1)
    said = np.sqrt(np.mean([one.errors**2 for one in runs], axis=0))
    assert (0.7 < said / moved).all() and (said / moved < 1.5).all()
    apart = np.std([one.diversification for one in runs], ddof=1)
    stated = math.sqrt(np.mean([one.diversification_error**2 for one in runs]))
    assert 0.7 < stated / apart < 1.5


@given(
    st.integers(0, 10_000),
    st.integers(1, 5),
    st.sampled_from([50, 70, 80, 95]),
    st.sampled_from([0.1, 1.0, 3.0]),
)
@laws(max_examples=40, deadline=None)
def test_shares_add_up_whatever_the_parts(seed, width, level, sigma):
    parts = np.random.default_rng(seed).lognormal(0.0, sigma, (LEAST, width))
    found = portfolio(parts, level)
    assert found.shares.sum() + found.left == pytest.approx(
        found.whole.value - found.mean, rel=1e-9, abs=1e-9
    )
    assert portfolio(parts[:, ::-1], level).shares[::-1] == pytest.approx(found.shares, rel=1e-6)
    assert portfolio(parts * 8.0, level).shares == pytest.approx(found.shares * 8.0, rel=1e-12)


@given(st.integers(0, 10_000), st.sampled_from([60, 80, 95]))
@laws(max_examples=20, deadline=None)
def test_one_reserve_is_never_dearer_for_normals_and_the_same_for_parts_that_move_as_one(
    seed, level
):
    draws = np.random.default_rng(seed)
    root = draws.normal(size=(3, 3))
    found = portfolio(draws.standard_normal((4000, 3)) @ root.T, level)
    assert found.diversification > -4 * found.diversification_error
    one = np.sort(draws.lognormal(0, 1, 800))
    together = portfolio(np.stack([one, 2 * one, one**2], axis=1), level)
    assert together.diversification == pytest.approx(0.0, abs=1e-9 * together.whole.value)


def test_p80_is_not_subadditive_and_the_answer_says_so():
    """Two rare costs: neither has any at P80, together they do; with one chance of 0.15 each 1 − 0.85² = 27.75 % of futures have some."""
    draws = np.random.default_rng(4).random((4000, 2)) < 0.15
    found = portfolio(100.0 * draws, 80)
    assert found.alone.tolist() == [0.0, 0.0] and found.whole.value == 100.0
    assert found.diversification == -100.0


def test_the_same_total_in_every_future_has_no_shares():
    found = portfolio(np.full((LEAST, 2), 7.0))
    assert found.shares.tolist() == [0.0, 0.0] and found.whole.standard_error == 0.0
    assert len(around(np.full(LEAST, 7.0), 80)) == 10


def test_where_p80_lies_at_the_mean_shares_are_not_blown_up():
    values = np.full(1000, 0.0)
    values[790:] = 1.0  # one future in five is over
    values[:10] = -70.0
    parts = np.stack([values, np.zeros(1000)], axis=1)
    found = portfolio(parts, 55)  # the level is at 0, the mean below it
    assert found.shares.sum() + found.left == pytest.approx(found.whole.value - found.mean)


def test_too_few_futures_and_levels_that_cannot_be_meant():
    with pytest.raises(InputError) as told:
        portfolio(np.zeros((499, 2)))
    assert str(told.value) == (
        "499 futures are too few for a share at ranks 79 to 81: take 500 or more."
    )
    with pytest.raises(InputError) as told:
        portfolio(np.zeros((500, 2)), 0.8)
    assert str(told.value) == (
        "--level 0.8: a level is a percentage from 50 to 99: in 80, 8 of 10 futures stay under the amount. Did you mean 80?"
    )


# -- parts by unit


def test_units_add_up_to_the_landing_before_the_year_and_inside_it():
    draws = np.random.default_rng(2)
    months = ("2026-11", "2026-12", *(f"2027-{m:02}" for m in range(1, 13)))
    base = run_of(draws.normal(90.0, 20.0, (600, 14, 2)), ("A", "B"), months)
    rows = pd.DataFrame([row("2026-03-01", 50.0, "A"), row("2026-04-01", 9.0, "Gone")])
    rows["ChargeDate"] = pd.to_datetime(rows["ChargeDate"])
    for name, booked in (("FY2026", 59.0), ("FY2027", 0.0), ("FY2026-Q4", 0.0)):
        period = against.period_of(name, "2026-10-31")
        totals = paths_by_unit(base, rows, period)
        land = against.landing_beside(base, rows, None, period)
        assert set(totals) == {"A", "B", "Gone"} and land["booked"] == booked
        together = sum(totals.values())
        assert together.mean() == pytest.approx(land["mean"], abs=1e-9)
        assert np.quantile(together, 0.9) == pytest.approx(land["p90"], abs=1e-9)
    assert totals["Gone"].tolist() == [0.0] * 600


def test_units_add_up_in_a_year_of_weeks():
    calendar = Calendar("4-4-5")
    days = pd.date_range("2025-12-01", "2026-10-31")
    draws = np.random.default_rng(5)
    rows = pd.DataFrame(
        [
            row(day, draws.uniform(1, 3) * (1 + (unit == "A") * day.dayofweek), unit)
            for day in days
            for unit in ("A", "B")
        ]
    )
    base = run_of(draws.normal(90.0, 20.0, (600, 2, 2)), ("A", "B"))
    period = against.period_of("FY2026", "2026-10-31", calendar=calendar)
    totals = paths_by_unit(base, rows, period)
    land = fiscal.landing_of(base, fiscal.by_day(rows, None), period.weeks, None)
    assert sum(totals.values()).mean() == pytest.approx(land["mean"], abs=1e-9)


# -- what is held back


JANUARY = {"2026-01": Decimal(1)}


def plan(tmp_path, *lines):
    file = tmp_path / "budgets.csv"
    file.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return read_budgets(file, "USD")


def test_what_is_held_back_has_its_owner_and_the_newest_approval_counts(tmp_path):
    read = plan(
        tmp_path,
        "v1,2026-01-05,Ann,Bob,A,2026-01,100,30,CFO",
        "v1,2026-01-05,Ann,Bob,B,2026-01,50,5,CTO",
        "v2,2026-02-05,Ann,Bob,A,2026-01,100,10,CFO",
    )
    rows = held_back(read, COMPANY, JANUARY, "2026-01-31")
    assert [(r.unit, r.owner, float(r.amount)) for r in rows] == [
        ("A", "CFO", 30.0),
        ("B", "CTO", 5.0),
    ]
    assert float(held_back(read, "A", JANUARY)[0].amount) == 10.0  # 20 were released
    assert float(read.month(COMPANY, "2026-01")) == 150.0  # the approved amount holds it


def test_what_the_company_s_own_line_holds_back_is_all_of_it(tmp_path):
    read = plan(
        tmp_path,
        "v1,2026-01-05,Ann,Bob,A,2026-01,100,30,CFO",
        "v1,2026-01-05,Ann,Bob,Company,2026-01,200,60,Board",
    )
    rows = held_back(read, COMPANY, JANUARY)
    assert [(r.unit, r.owner, float(r.amount)) for r in rows] == [(COMPANY, "Board", 60.0)]
    none = plan(
        tmp_path,
        "v1,2026-01-05,Ann,Bob,A,2026-01,100,30,CFO",
        "v1,2026-01-05,Ann,Bob,Company,2026-01,200,,",
    )
    assert [(r.unit, float(r.amount)) for r in held_back(none, COMPANY, JANUARY)] == [("A", 30.0)]


@pytest.mark.parametrize(
    "line, said",
    [
        (
            "v1,2026-01-05,Ann,Bob,A,2026-01,100,130,CFO",
            "budgets.csv: line 2: held_back: 130 is held back of an approved amount of 100. It is a part of the amount: write at most that.",
        ),
        (
            "v1,2026-01-05,Ann,Bob,A,2026-01,100,30,",
            "budgets.csv: line 2: held_by: is empty beside 30 held back. Name who may release it.",
        ),
        (
            "v1,2026-01-05,Ann,Bob,A,2026-01,100,some,CFO",
            "budgets.csv: line 2: held_back: 'some' is not a number.",
        ),
        (
            "v1,2026-01-05,Ann,Bob,A,2026-01,100,-3,CFO",
            "budgets.csv: line 2: held_back: -3 is negative. Write a number of at least 0.",
        ),
    ],
)
def test_a_holdback_that_cannot_be_meant(tmp_path, line, said):
    with pytest.raises(InputError) as told:
        plan(tmp_path, line)
    assert str(told.value) == said


def test_a_holdback_is_of_a_month(tmp_path):
    file = tmp_path / "wide.csv"
    file.write_text("business_unit,held_back,2026-01,2026-02\nA,3,100,100\n", encoding="utf-8")
    with pytest.raises(InputError, match="'held_back' is of a month"):
        read_budgets(file, "USD")


# -- the command on a workspace of its own


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return company(tmp_path_factory.mktemp("reserve"))


def test_the_figures_are_those_of_page_one(own):
    answer = fm.reserve(own, month="2026-06")
    made = close.prepare(own, "2026-06")
    whole = close.briefs_of(made, [COMPANY])[0]
    land, figures = whole["landing"], answer.figures
    assert figures["period"] == land["period"] == "FY2026" and figures["paths"] == 600
    assert figures["mean"] == pytest.approx(land["mean"], abs=1e-6)
    assert figures["budget"] == land["budget"] == 12 * 6600
    assert figures["reserve"] == pytest.approx(max(land["holdback_p80"], 0.0), abs=1e-6)
    assert figures["overrun_probability"] == land["overrun_probability"]
    for child in whole["children"]:
        if child["unit"] in figures["units"]:
            unit = figures["units"][child["unit"]]
            assert unit["mean"] == pytest.approx(child["landing_mean"], abs=1e-6)
            assert unit["budget"] == child["year_budget"]
    ahead = fm.reserve(own, month="2026-06", budget="FY2027").figures
    line = next(p for p in whole["page_one"]["periods"]["lines"] if p["period"] == "FY2027")
    assert ahead["mean"] == pytest.approx(line["value"], abs=1e-6)
    assert ahead["budget"] is None and ahead["reserve"] is None and ahead["booked"] == 0


def test_shares_are_the_paths_of_the_run_and_a_shared_workload_is_divided(own):
    run = fm.run(None, own, as_of="2026-06-30")
    period = against.period_of("FY2027", "2026-06-30")
    ahead = [month for month in run.months if month in period.months]
    parts = np.stack([run.total(unit, ahead) for unit in run.units], axis=1)
    assert "gateway" in run.workloads and run.units == ("Labs", "Search", "Support")
    whole, alone, shares = by_hand(parts.tolist(), 80)
    figures = fm.reserve(own, budget="FY2027").figures
    assert figures["quantile"] == pytest.approx(whole, rel=1e-12)
    assert figures["sum_of_units"] == pytest.approx(sum(alone), rel=1e-12)
    assert [figures["units"][unit]["share"] for unit in run.units] == pytest.approx(shares)


def test_the_command_answers_word_for_word_in_json_and_in_a_file(own, tmp_path):
    words = ["reserve", "-s", str(own.root), "--level", "80"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    figures = json.loads(CliRunner().invoke(app, [*words, "--json"]).output)["figures"]
    assert figures["reserve"] == max(figures["quantile"] - figures["budget"], 0.0)
    assert figures["holdback"] == 1800.0
    assert "Holdback: $1.80k is approved and not released (CFO holds back $1.20k of Support;" in (
        shown.output
    )
    file = tmp_path / "reserve.html"
    assert CliRunner().invoke(app, [*words, "--export", str(file)]).exit_code == 0
    assert "<svg" in file.read_text(encoding="utf-8")
    book = tmp_path / "reserve.xlsx"
    assert CliRunner().invoke(app, [*words, "--export", str(book)]).exit_code == 0
    assert list(pd.read_excel(book, sheet_name="Holdback")["owner"]) == ["CFO", "CFO"]


@pytest.mark.parametrize("amount", [0.0, 70_000.0, 79_200.0, 1e6])
def test_a_reserve_is_never_below_nothing_and_what_is_free_is_said(own, amount):
    answer = fm.reserve(own, amount=amount)
    figures = answer.figures
    assert figures["reserve"] == max(figures["quantile"] - amount, 0.0)
    assert figures["free"] == max(amount - figures["quantile"], 0.0)
    said = "needs no reserve" if figures["free"] else "needs a reserve of"
    assert said in answer.sentence and "named budget" in answer.sentence


@pytest.mark.parametrize(
    "words, said",
    [
        (
            ["--paths", "200"],
            "--paths 200: this needs 500 futures or more; 4000 is what a report takes. Leave --paths out to take the base's.",
        ),
        (
            ["--level", "0.9"],
            "--level 0.9: a level is a percentage from 50 to 99: in 80, 8 of 10 futures stay under the amount. Did you mean 90?",
        ),
        (
            ["--budget", "2027"],
            "--budget: '2027' is not a period. Write a fiscal year FY2027, a quarter of one FY2027-Q2, or a month 2027-03.",
        ),
        (
            ["--budget", "FY2024"],
            "--budget: FY2024 lies before the bill, which begins on 2026-01-01. Name a later period.",
        ),
        (["--amount", "-5"], "--amount -5: a budget is 0 or more."),
        (
            ["--budget", "FY2028"],
            "--budget: FY2028 runs to 2028-12, and nothing is simulated for 2028-01: the base reaches 2026-07 to 2027-12. Write more "
            "months in the base scenario (horizon/months), or name a period that it reaches.",
        ),
    ],
)
def test_refusals_word_for_word(own, words, said):
    shown = CliRunner().invoke(app, ["reserve", "-s", str(own.root), *words])
    assert str(shown.exception) == said


def test_in_weeks_a_month_that_is_cut_counts_by_its_days(own):
    root = Path(own.root)
    text = (root / "finops.yaml").read_text(encoding="utf-8")
    (root / "weeks.yaml").write_text(text + "calendar: {kind: 4-4-5}\n", encoding="utf-8")
    settings = fm.load_settings(root / "weeks.yaml")
    answer = fm.reserve(settings, budget="FY2026-P10")
    (period,) = [p for p in settings.calendar_of().year(2026) if p.name == "FY2026-P10"]
    days = pd.date_range(str(period.start), periods=period.days)
    want = sum(150 / day.days_in_month for day in days)  # 150 a month are held back
    assert answer.figures["holdback"] == pytest.approx(want)
    budget = sum(6600 / day.days_in_month for day in days)
    assert answer.figures["budget"] == pytest.approx(budget, abs=0.02)
    shares = [unit["share"] for unit in answer.figures["units"].values()]
    assert sum(shares) == pytest.approx(answer.figures["quantile"] - answer.figures["mean"])


def test_a_period_that_is_over_has_no_reserve_left(own):
    answer = fm.reserve(own, budget="FY2026-Q1")
    assert "FY2026-Q1 is over, with $" in answer.sentence
    assert answer.range == "None: nothing in the period varies from one future to another."


def test_a_base_of_few_futures_is_given_more_and_says_so(own):
    root = Path(own.root)
    text = (root / "finops.yaml").read_text(encoding="utf-8")
    few = root / "few.yaml"
    few.write_text(text.replace("paths: 600", "paths: 200"), encoding="utf-8")
    answer = fm.reserve(fm.load_settings(few))
    assert answer.figures["paths"] == LEAST
    assert answer.notes[0].startswith("Futures: 500 were taken; the base says 200, too few")


def test_the_budget_file_of_the_world_holds_what_the_test_says():
    assert budgets().count("CFO") == 24


def test_cost_of_no_unit_is_not_called_all():
    asked = reserve.Asked(
        land={},
        totals={"All": np.ones(3), "Retail": np.ones(3)},
        budgets={"Retail": 5.0},
        held=[],
        currency="GBP",
        as_of="2026-10-17",
    )
    assert sorted(reserve._unit_words(asked).totals) == ["Retail", "cost of no unit"]
    undivided = replace(asked, totals={"All": np.ones(3)}, budgets={"All": 5.0})
    assert reserve._unit_words(undivided) is undivided
