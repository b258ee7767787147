"""What a year's figures leave out stands beside every one of them, and the year after credits (docs/method §6.5)."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as laws
from hypothesis import strategies as st
from scenario_world import demand_for, settings, world
from scenario_world import rows as charges
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.decide.compare import compare
from finops_model.front.forecasting import workspace
from finops_model.measure.actuals import COMPANY
from finops_model.measure.brief import brief
from finops_model.measure.budget import outside
from finops_model.measure.close import Close
from finops_model.publish import close, close_units
from finops_model.publish.dashboard import state as dashboard_view
from finops_model.publish.page.body import Page
from finops_model.publish.page.one.foot import left_out
from finops_model.publish.page.tables import Figures, differences
from finops_model.publish.page.two.control import facts as shown_facts
from finops_model.publish.report.workbook.book import write_workbook
from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.simulate import scenarios as simulate
from finops_model.simulate.compile.plan import compile_plan
from finops_model.simulate.run import load_run

BRIEFS = Path(__file__).parent / "fixtures" / "briefs"
TAX = dict(ChargeCategory="Tax", x_Workload="tax", ServiceName="Tax")
CREDIT = dict(
    ChargeCategory="Credit", x_Workload="chat", x_BusinessUnit="Support", ServiceName="Credit"
)


def facts():
    """The small company with tax of two years and units, and credits in February and October 2026."""
    days = world(first="2025-11-01")
    days = days[~days["ChargeCategory"].isin(["Tax", "Credit"])]
    return pd.concat(
        [
            days,
            charges(
                pd.to_datetime(["2025-12-31", "2026-03-31", "2026-10-31"]),
                EffectiveCost=[500.0, 40.0, 60.0],
                x_BusinessUnit="Research",
                **TAX,
            ),
            charges(
                pd.to_datetime(["2026-02-28", "2026-10-30"]), EffectiveCost=[-70.0, -30.0], **CREDIT
            ),
        ],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outside")
    known = base.read_facts(facts(), settings(folder))
    (folder / "scenario.yaml").write_text("name: Base\nquestion: What if nothing changes?\n")
    run = simulate.simulate(
        compile_plan(
            scenario.resolve(
                scenario.load_scenario(folder / "scenario.yaml"),
                settings=settings(folder),
                facts=known,
            ),
            demand_for(known, 430),
        ),
        600,
    )
    return known.daily, run


def told(company, unit=COMPANY, **changes):
    daily, run = company
    made = Close(
        company="Small & Co",
        month="2026-10",
        currency="USD",
        daily=daily,
        as_of="2026-10-31",
        base=run,
        people={"prepared_by": "Priya", "reviewed_by": "Ingrid"},
        **changes,
    )
    return json.loads(json.dumps(brief(made, unit)))


def test_the_year_leaves_out_what_the_year_has_and_not_only_the_month(company):
    found = told(company)
    assert [line["amount"] for line in found["excluded"]] == [60.0, -30.0]  # of October
    year = found["year_outside"]
    assert (year["period"], year["until"], year["tax"], year["credits"]) == (
        "FY2026",
        "2026-10-31",
        100.0,
        -100.0,
    )
    assert [(item["what"], item["amount"]) for item in year["items"]] == [
        ("Tax", 100.0),
        ("Credits", -100.0),
    ]
    for name in ("booked", "p10", "p50", "p90", "mean"):
        assert year["after_credits"][name] == pytest.approx(found["landing"][name] - 100.0)
    assert year["after_credits"]["year_to_date"] == pytest.approx(
        found["actual"]["year_to_date"] - 100.0
    )
    assert found["not_forecast"] == company[1].excluded and {
        item["what"] for item in found["not_forecast"]
    } == {"Tax", "Credits"}


def test_units_have_their_own_and_add_up_to_the_company(company):
    parts = [told(company, unit)["year_outside"] for unit in ("Research", "Support")]
    assert [(part["tax"], part["credits"]) for part in parts] == [(100.0, 0.0), (0.0, -100.0)]
    assert told(company, "Research")["not_forecast"] == [] and "Credits" not in str(
        told(company, "Research")["year_outside"]["items"]
    )


@pytest.mark.parametrize(
    "starts, tax, credits",
    [
        (1, 100.0, -100.0),
        (4, 60.0, -30.0),
        (10, 60.0, -30.0),
        (11, 600.0, -100.0),
        (12, 600.0, -100.0),
    ],
)
def test_a_fiscal_year_is_the_company_s(company, starts, tax, credits):
    year = told(company, fiscal_year_starts=starts)["year_outside"]
    assert (year["tax"], year["credits"]) == (tax, credits)


def test_it_stands_beside_every_figure_of_the_year(company, tmp_path):
    found = told(company)
    short = "without tax $100, credits −$100 of FY2026 so far"
    assert found["summary"][-1].startswith(
        "Left out of FY2026 so far: tax $100, credits −$100; after credits the year lands at $"
    )
    assert left_out(found) == "tax $100, credits −$100 of FY2026 so far."
    page = Page(found)
    assert 'tax $100, credits <span class="nw">−$100</span> of FY2026' in page.first_page().html
    first, months = page.control().html, page.budget().html
    wanted = tuple(
        f"year_outside/after_credits/{name}" for name in ("year_to_date", "p10", "p50", "p90")
    )
    assert differences(first, found, (*wanted, "actual/year_to_date")) == []
    for words in (
        "Left out of FY2026 so far",
        "Tax 100.00 USD; Credits −100.00 USD"
        if page.figures.digits
        else "Tax 100 USD; Credits −100 USD",
        "FY2026 to date",
        "FY2026 after credits",
        "No credit is known for the months to come; none is forecast.",
        "Not forecast",
        "(newest 12 months)",
    ):
        assert words in first, words
    assert short in re.sub(r"</?span[^>]*>", "", months)
    cells = {
        row[0].value: row[1].value
        for row in openpyxl.load_workbook(
            write_workbook(found, tmp_path / "w.xlsx"), data_only=True
        )["Summary"].iter_rows(min_row=3)
    }
    after = found["year_outside"]["after_credits"]
    assert (
        cells["Left out of FY2026 so far: tax"] == 100.0
        and cells["Left out of FY2026 so far: credits"] == -100.0
    )
    assert cells["Year to date after credits"] == pytest.approx(after["year_to_date"]) and cells[
        "Landing FY2026 after credits, P50"
    ] == pytest.approx(after["p50"])
    cards = dashboard_view._cards(
        found, {"months": [], "year": ["2026-01", "2026-12"]}, found["landing"], None
    )
    assert short in cards[0]["note"]


def test_a_company_without_tax_and_credits_says_nothing_of_them(company):
    daily, run = company
    bare = daily[~daily["ChargeCategory"].isin(["Tax", "Credit"])]
    found = told((bare, dataclasses.replace(run, excluded=[])))
    assert (
        found["year_outside"]["items"] == []
        and found["year_outside"]["after_credits"]["p50"] == found["landing"]["p50"]
    )
    assert (
        not any("Left out" in text for text in found["summary"])
        and "FY2026 after credits" not in Page(found).control().html
    )
    facts_ = dict(shown_facts(Figures(found)))
    assert facts_["Left out of FY2026 so far"] == "nothing"


@pytest.mark.parametrize("name", ["company", "unit", "real_bill", "start"])
def test_a_brief_of_before_says_nothing_it_does_not_know(name, tmp_path):
    found = json.loads((BRIEFS / f"{name}.json").read_text(encoding="utf-8"))
    page = Page(found)
    assert (
        "so far" not in page.control().html.split("Left out of cost")[1]
        and differences(page.first_page().html, found) == []
    )
    assert write_workbook(found, tmp_path / "w.xlsx").is_file()


AMOUNTS = st.lists(
    st.tuples(
        st.integers(0, 420),
        st.sampled_from(["Tax", "Credit", "Usage"]),
        st.sampled_from("AB"),
        st.integers(-(10**7), 10**7),
    ),
    max_size=30,
)


@laws(max_examples=60, deadline=None)
@given(AMOUNTS, st.integers(1, 12), st.integers(0, 419))
def test_the_year_s_credits_and_tax_are_the_ledger_s(entries, starts, last):
    start = pd.Timestamp("2025-09-10")
    as_of = start + pd.Timedelta(days=last)
    daily = pd.DataFrame(
        [
            {
                "ChargeDate": start + pd.Timedelta(days=day),
                "ChargeCategory": kind,
                "x_BusinessUnit": unit,
                "EffectiveCost": cents / 100,
            }
            for day, kind, unit, cents in entries
        ]
        or [
            {
                "ChargeDate": start,
                "ChargeCategory": "Usage",
                "x_BusinessUnit": "A",
                "EffectiveCost": 0.0,
            }
        ]
    )
    month = str(as_of)[:7]
    whole = outside.of_year(daily, month, str(as_of.date()), COMPANY, starts)
    parts = [outside.of_year(daily, month, str(as_of.date()), unit, starts) for unit in "AB"]
    first = pd.Timestamp(outside.fiscal_months(month, starts)[0])
    for key, kind in (("tax", "Tax"), ("credits", "Credit")):
        expected = sum(
            cents / 100
            for day, what, _, cents in entries
            if what == kind and first <= start + pd.Timedelta(days=day) <= as_of
        )
        assert math.isclose(whole[key], expected, abs_tol=1e-6) and math.isclose(
            sum(part[key] for part in parts), expected, abs_tol=1e-6
        )
    landing = dict.fromkeys(("booked", "p10", "p50", "p90", "mean"), 1000.0)
    after = outside.beside(whole, 500.0, landing)["after_credits"]
    assert math.isclose(after["p50"], 1000.0 + whole["credits"]) and math.isclose(
        after["year_to_date"], 500.0 + whole["credits"]
    )


# --- run, compare, forecast ---


@pytest.fixture()
def command(tmp_path, monkeypatch):
    settings(tmp_path)
    (tmp_path / "base.yaml").write_text("name: Base\nhorizon: {months: 3}\npaths: 256\n")
    (tmp_path / "half.yaml").write_text(
        "name: Half\nbase: base.yaml\nchanges:\n- {path: workloads/chat/demand/level, op: scale, value: 0.5, because: x}\n"
    )
    (tmp_path / "finops.yaml").write_text("paths: 256\nprices: prices\nscenario: base.yaml\n")
    monkeypatch.setenv("FINOPS_ENGINE", "numpy")
    monkeypatch.setattr(close, "books", lambda *a, **k: None)
    monkeypatch.setattr(close_units, "pick_month", lambda *a, **k: ("2026-10", "2026-10-31"))
    monkeypatch.setattr(simulate, "read_daily", lambda *a: facts())
    return lambda *words: CliRunner().invoke(
        app,
        [
            *(str(tmp_path / word) if word.endswith(".yaml") else word for word in words),
            "-s",
            str(tmp_path / "finops.yaml"),
        ],
    )


@pytest.mark.parametrize("words", [("run", "half.yaml"), ("compare", "half.yaml")])
def test_run_and_compare_say_what_their_totals_leave_out(command, words):
    shown = command(*words)
    assert (
        shown.exit_code == 0
        and "Left out of these totals and not forecast: tax $600, credits −$100 (newest 12 months)."
        in " ".join(shown.output.split())
    )
    excluded = json.loads(command(*words, "--json").output)["excluded"]
    assert [(item["what"], item["amount"]) for item in excluded] == [
        ("Tax", 600.0),
        ("Credits", -100.0),
    ]


def test_runs_and_comparisons_in_a_notebook_say_it_too(company, tmp_path):
    _, run = company
    assert (
        "Left out and not forecast (newest 12 months): Tax 600, Credits -100" in run._repr_html_()
    )
    assert (
        "Left out of the company and not forecast (newest 12 months): Tax 600, Credits -100"
        in compare(run, dataclasses.replace(run, name="b"))._repr_html_()
    )
    assert "Left out" not in dataclasses.replace(run, excluded=[])._repr_html_()
    run = dataclasses.replace(run, dials={}, follows={"chat": "calls"})
    back = load_run(run.save(tmp_path / "run"))
    assert (
        back.excluded == run.excluded
        and back.follows == {"chat": "calls"}
        and np.array_equal(back.effective, run.effective)
    )
    text = json.loads((tmp_path / "run" / "run.json").read_text())
    text.pop("follows")  # a run saved before
    (tmp_path / "run" / "run.json").write_text(json.dumps(text))
    assert load_run(tmp_path / "run").follows == {}


def test_a_forecast_of_a_year_says_what_it_leaves_out():
    found = outside.of_year(facts(), "2026-10", "2026-10-31")
    rows = [
        {"node": COMPANY, "period": "FY2026-Q4", "p50": 50_000.0},
        {"node": COMPANY, "period": "FY2026", "p50": 180_000.0},
    ]
    assert workspace.left_out(found, rows, COMPANY, "USD") == (
        "Left out of Company, FY2026 so far: tax $100, credits −$100; neither is forecast. FY2026 after credits: "
        "P50 $180k."
    )
    assert (
        workspace.left_out(found, rows[:1], COMPANY, "USD")
        == "Left out of Company, FY2026 so far: tax $100, credits −$100; neither is forecast."
    )
    tax = {**found, "items": found["items"][:1]}
    assert (
        workspace.left_out(tax, rows[:1], COMPANY, "USD")
        == "Left out of Company, FY2026 so far: tax $100; it is not forecast."
    )
    assert workspace.left_out({**found, "items": []}, rows, COMPANY, "USD") == ""
