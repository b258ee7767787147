"""A budget against its own period, with what is booked: one number in report, workbook, commands and studies (docs/method §9.5)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from headline_world import brief_of, days, workspace, year
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.decide.sensitivity import sensitivity
from finops_model.errors import FinOpsError, InputError
from finops_model.facts.daily import warehouse
from finops_model.measure.budget import against
from finops_model.measure.budget import landing as budgets
from finops_model.publish import close
from finops_model.simulate import scenarios as simulate
from finops_model.wording import landing as landing_words

YEAR = 37_000.0


def wobble(i):
    return 100 + (i * 7919) % 41 - 20


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """About 100 a day from January to July 2026, and a budget of 37,000 for the year."""
    folder = tmp_path_factory.mktemp("company")
    settings = workspace(folder, days("2026-01-01", "2026-07-31", wobble), budget=year(YEAR / 12))
    (folder / "base.yaml").write_text("name: Base\n")
    (folder / "half.yaml").write_text(
        "name: Half\nbase: base.yaml\nchanges:\n- {path: 'workloads/*/demand/level', op: scale, value: 0.5, because: x}\n"
    )
    (folder / "wide.yaml").write_text(
        "name: Wide\nbase: base.yaml\nchanges:\n- {path: 'workloads/*/demand/level', op: scale, "
        "value: {p10: 0.8, p50: 1, p90: 1.2}, because: x}\n"
    )
    (folder / "short.yaml").write_text("name: Short\nhorizon: {months: 3}\n")
    (folder / "finops.yaml").write_text(
        "company: Small\nledger: ledger\ncurrency: USD\npaths: 256\nscenario: base.yaml\nbudgets: budgets.csv\n"
    )
    return folder, settings.model_copy(update={"scenario": "base.yaml"})


@pytest.fixture(scope="module")
def report(company):
    return brief_of(company[1], "2026-07")


def call(company, *words):
    return CliRunner().invoke(app, [*words, "-s", str(company[0] / "finops.yaml")])


def test_the_command_gives_the_report_s_number(company, report):
    """findings/acceptance.md 1: "under 0.1 %" where the report of the same workspace said 52 %."""
    land = report["landing"]
    assert 0.05 < land["overrun_probability"] < 0.95 and land["budget"] == pytest.approx(YEAR)
    done = call(company, "run", str(company[0] / "half.yaml"), "--budget", str(YEAR), "--json")
    assert done.exit_code == 0, done.output
    base, half = json.loads(done.output)["scenarios"]
    for name in (
        "booked",
        "p10",
        "p50",
        "p90",
        "overrun_probability",
        "overrun_standard_error",
        "breach_month",
    ):
        assert base["budget"][name] == land[name]
    assert (
        base["overrun_probability"] == land["overrun_probability"]
        and half["overrun_probability"] < 0.01
    )
    assert report["headline"] == landing_words.sentence(base["budget"], "AI spend", "USD")


def test_what_is_booked_and_the_period_are_said(company, report):
    done = call(company, "compare", str(company[0] / "half.yaml"), "--budget", str(YEAR))
    assert done.exit_code == 0, done.output
    said, land = " ".join(done.output.split()), report["landing"]
    low, high = landing_words.span(land["p10"], land["p90"]).split("–")
    wanted = (
        f"Base: {report['headline']} FY2026 lands at {landing_words.money(land['p50'])}; eight of ten simulated futures lie between {low} and {high}. "
        f"Booked: $21.2k to 31 July 2026. The chance is known to ± {100 * land['overrun_standard_error']:.1f} points"
    )
    assert wanted in said


def test_a_budget_of_another_period(company):
    done = call(
        company,
        "run",
        str(company[0] / "base.yaml"),
        "--budget",
        "36500",
        "--budget-period",
        "FY2027",
        "--json",
    )
    assert done.exit_code == 0, done.output
    land = json.loads(done.output)["scenarios"][0]["budget"]
    assert (land["period"], land["booked"]) == ("FY2027", 0) and 30_000 < land["p50"] < 43_000
    assert (
        "Nothing of it is booked yet (data up to 31 July 2026)."
        in landing_words.budget_sentence(land, "USD")
    )
    month = json.loads(
        call(
            company,
            "run",
            str(company[0] / "base.yaml"),
            "--budget",
            "3000",
            "--budget-period",
            "2026-09",
            "--json",
        ).output
    )
    assert (
        month["scenarios"][0]["budget"]["period"] == "2026-09"
        and 2500 < month["scenarios"][0]["budget"]["p50"] < 3500
    )
    past = json.loads(
        call(
            company,
            "run",
            str(company[0] / "base.yaml"),
            "--budget",
            "9000",
            "--budget-period",
            "FY2026-Q2",
            "--json",
        ).output
    )
    land = past["scenarios"][0]["budget"]
    assert land["closed"] and landing_words.budget_sentence(land, "USD").startswith(
        "AI spend closed FY2026-Q2 at $9."
    )


REFUSED = {
    (
        "--budget",
        "1",
        "--budget-period",
        "2026-13",
    ): "--budget-period: '2026-13' is not a period. Write a fiscal year FY2027, a quarter of one FY2027-Q2, or a month 2027-03.",
    (
        "--budget",
        "1",
        "--budget-period",
        "2024-03",
    ): "--budget-period: 2024-03 lies before the ledger, which begins on 2026-01-01. Name a later period.",
    (
        "--budget",
        "1",
        "--budget-period",
        "FY2029",
    ): "--budget: the budget is for FY2029, which runs to 2029-12, and nothing is simulated for 2029-01: the simulation holds "
    "2026-08 to 2027-12. Simulate more months (horizon/months of the base scenario), or name a period that it reaches: --budget-period 2027-12.",
    ("--budget-period", "FY2027"): "--budget-period says what --budget is for. Give both.",
    (
        "--as-of",
        "2026-08-20",
    ): "--as-of 2026-08-20: the ledger has complete data from 2026-01-01 to 2026-07-31. Choose a day in between.",
    ("--as-of", "July"): "--as-of: 'July' is not a day. Write it as 2026-01-31.",
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_held_against_a_budget_is_refused_before_the_simulation(
    company, monkeypatch, words
):
    monkeypatch.setattr(simulate, "run_many", lambda *a, **k: pytest.fail("work began"))
    done = call(company, "run", str(company[0] / "base.yaml"), *words)
    assert isinstance(done.exception, FinOpsError) and str(done.exception) == REFUSED[words]


def test_a_horizon_that_ends_before_the_year_has_no_landing(company):
    settings = company[1].model_copy(update={"scenario": "short.yaml"})
    made = close.prepare(settings, "2026-07")
    brief = close.briefs_of(made, ["Company"])[0]
    assert brief["landing"]["p50"] is None and brief["landing"]["overrun_probability"] is None
    assert (
        brief["headline"]
        == "AI spend was $21.2k in FY2026 so far, of a budget of $37.0k; the simulation does not reach 2026-11."
    )
    with pytest.raises(InputError, match="nothing is simulated for 2026-11"):
        against.held_against(made.base, made.daily, YEAR, None)


def test_sensitivity_asks_of_the_same_period(company, report):
    folder, settings = company
    found = sensitivity(
        folder / "wide.yaml", settings, paths=256, budget=YEAR, budget_period="year", sobol=False
    )
    run = simulate.run(folder / "wide.yaml", settings, paths=256, dials=False)
    land = against.held_against(run, warehouse.daily(close.books(settings), settings), YEAR, None)
    assert found.landing == land and found.breaches.overall.value == land["overrun_probability"]
    assert land["booked"] == report["landing"]["booked"]
    done = call(
        company, "sensitivity", str(folder / "wide.yaml"), "--budget", str(YEAR), "--paths", "256"
    )
    assert done.exit_code == 0, done.output
    assert landing_words.budget_sentence(land, "USD") in " ".join(done.output.split())


def breach_month(booked, monthly, months, budget):
    return budgets.landing("FY2026", booked, monthly, months, budget)["breach_month"]


def test_one_function_counts_an_overrun():
    paths = np.random.default_rng(1).normal(50, 10, (1000, 2))
    land = budgets.landing("FY2026", 100.0, paths, ("2026-11", "2026-12"), 200.0)
    over = budgets.chance_over(100.0 + paths.sum(axis=1), 200.0)
    assert (land["overrun_probability"], land["overrun_standard_error"]) == (
        over.value,
        over.standard_error,
    )
    assert budgets.landing("FY2026", 100.0, paths, ("2026-11", "2026-12"), 1e9)[
        "overrun_probability"
    ] == pytest.approx(0.0005, abs=1e-4)  # never 0
    assert (
        land["breach_month"]
        == breach_month(100.0, paths, ("2026-11", "2026-12"), 200.0)
        == "2026-12"
    )
