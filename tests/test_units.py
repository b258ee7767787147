"""Many units: reports for those that carry most, a table that stays readable and adds up (docs/method §15.30)."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import typer
from start_world import many_units, written
from typer.testing import CliRunner

from finops_model.cli import _shared
from finops_model.errors import InputError, LedgerError
from finops_model.measure.brief import brief
from finops_model.measure.budget.parts import child_line
from finops_model.publish import close as closing
from finops_model.publish import start as starting
from finops_model.publish.close_units import how_many, pick_unit, pick_units
from finops_model.publish.page.body import Page
from finops_model.settings import load_settings

UNITS = 40


@pytest.fixture(scope="module")
def close(tmp_path_factory):
    """(settings, Close) of a bill of forty units, few rows each, with budgets for three quarters of them."""
    folder = tmp_path_factory.mktemp("units")
    written(folder / "many.csv", many_units(UNITS, 160))
    months = [f"2024-{m:02}" for m in range(1, 13)]
    rows = [f"Unit {unit:03},{month},USD,{100 + unit}" for unit in range(30) for month in months]
    written(
        folder / "budget.csv",
        "business_unit,month,currency,amount\n"
        + "\n".join([*rows, *(f"Company,{m},USD,9000" for m in months)])
        + "\n",
    )
    settings = starting.start(
        folder / "many.csv", folder=folder / "ws", budgets=folder / "budget.csv", paths=200
    )
    return settings, closing.prepare(settings, newest=True)


def days(costs: dict) -> pd.DataFrame:
    rows = [(pd.Timestamp("2026-01-01"), "Usage", unit, cost) for unit, cost in costs.items()]
    return pd.DataFrame(
        rows, columns=["ChargeDate", "ChargeCategory", "x_BusinessUnit", "EffectiveCost"]
    ).assign(x_Workload=lambda f: f["x_BusinessUnit"])


def test_the_dozen_that_carries_most_has_reports_and_finops_yaml_changes_that():
    daily = days({f"U{i:03}": 1000.0 - i for i in range(302)} | {"(unassigned)": 1e6})
    assert pick_units(daily, None, 12) == ["Company", *(f"U{i:03}" for i in range(12))]
    assert pick_units(daily, None, 0) == ["Company"] and len(pick_units(daily, None, "all")) == 303
    assert pick_units(daily, None, ["u300", "U007"]) == ["Company", "U300", "U007"]
    assert pick_units(daily, ["U300"], 12) == ["U300"]
    with pytest.raises(
        LedgerError, match="finops.yaml: units: unknown unit 'U99'. Did you mean 'U"
    ):
        pick_units(daily, None, ["U99"])
    assert pick_units(days({"B": 1.0, "A": 1.0, "C": 2.0}), None, 2) == [
        "Company",
        "A",
        "C",
    ]  # equal ones by name


def test_a_name_as_it_stands_in_the_bill_is_that_unit_alone():
    daily = days({"Épsilon": 1.0, "épsilon": 2.0, "Company one": 4.0})
    assert pick_units(daily, ["épsilon"]) == ["épsilon"]  # verify makes that report again
    assert pick_unit(daily, "épsilon") == "épsilon" and pick_unit(daily, None) == "Company"
    assert pick_unit(daily, "company-one") == "Company one"
    with pytest.raises(LedgerError) as several:
        pick_unit(daily, "EPSILON")
    assert str(several.value) == (
        "--unit: 'EPSILON' means Épsilon and épsilon. Write the one you mean as it stands there."
    )
    with pytest.raises(LedgerError) as empty:  # a variable of a shell that is not set
        pick_unit(daily, "")
    assert str(empty.value) == (
        "--unit: unknown unit ''. Known: Company, Company one, Épsilon, épsilon."
    )


@pytest.mark.parametrize(
    "given, said",
    [
        ("most", "not 'most'"),
        ("-3", "not '-3'"),
        ("true", "not 'True'"),
        ("[1, 2]", r"not '\[1, 2\]'"),
    ],
)
def test_units_in_finops_yaml_is_checked_in_words(tmp_path, given, said):
    written(tmp_path / "finops.yaml", f"company: c\nunits: {given}\n")
    with pytest.raises(
        InputError,
        match=f"units: must be all, a number of units .those that carry most cost., or a list of their names, {said}",
    ):
        load_settings(tmp_path)


def test_how_many_and_how_long_is_said(tmp_path):
    settings = load_settings(written(tmp_path / "finops.yaml", "company: c\n").parent)
    daily = days({f"U{i:03}": 1000.0 - i for i in range(302)})
    text = how_many(daily, settings, None, workers=2)
    assert text.startswith(
        "13 reports, about 1 minute; 290 more units are lines in the company's table (`units:` in finops.yaml changes that"
    )
    assert how_many(days({"All": 1.0}), settings, None, 2) == "1 report, about 20 seconds."
    few = days({"A": 3.0, "B": 2.0, "C": 1.0})
    text = how_many(few, settings, None, 2, left_out=lambda unit: unit == "B")
    assert text == "3 reports, about 20 seconds."  # the company's, A's, C's


def test_a_line_without_a_report_is_the_line_of_its_brief(close):
    from finops_model.measure.units import slim

    for unit in ("Unit 000", "Unit 029", "Unit 039"):
        assert child_line(slim(close[1], unit)) == child_line(brief(close[1], unit))


def test_the_table_folds_and_still_adds_up_to_the_company(close):
    settings, facts = close
    whole = closing.briefs_of(facts, ["Company"])[0]
    more = whole["more_units"]
    gone = set(more["units"])
    shown = [line for line in whole["children"] if line["unit"] not in gone]
    assert (
        len([line for line in whole["children"] if line["slug"]]) == UNITS
        and more["unit"] == "28 more units"
        and len(gone) == 28
    )
    assert {line["unit"] for line in shown if line["slug"]} == set(
        pick_units(facts.daily, None, settings.units)
    ) - {"Company"}
    for key, total in (
        ("actual", whole["actual"]["month"]),
        ("budget", 9000.0),
        ("landing_mean", whole["landing"]["mean"]),
        ("year_budget", 108000.0),
        ("over", whole["landing"]["mean"] - 108000.0),
    ):
        assert sum(line[key] for line in [*shown, more]) == pytest.approx(total, abs=1e-6), key
        assert sum(line[key] for line in whole["children"]) == pytest.approx(total, abs=1e-6), key
    assert (
        more["landing_p10"] <= more["landing_p50"] <= more["landing_p90"]
        and 0 <= more["overrun_probability"] <= 1
    )
    page = Page(json.loads(json.dumps(whole))).units().html
    assert page.count("28 more units") == 2 and not any(unit in page for unit in gone)


def test_progress_without_a_terminal_is_a_line_now_and_then_and_none_with_json(capsys, monkeypatch):
    now = [0.0]
    bars = _shared.Bars(clock=lambda: now[0])
    for step in range(100):  # twenty seconds of steps of 0.2 s
        now[0] += 0.2
        bars("reports", step, 100)
    said = capsys.readouterr()
    assert (
        said.out == "" and 3 <= len(said.err.splitlines()) <= 4 and said.err.startswith("reports ")
    )
    command = typer.Typer()

    @command.command()
    def work(as_json: bool = False):
        bars = _shared.Bars(clock=lambda: now[0])
        now[0] += 60
        bars("reports", 1, 2)
        bars.tell("13 reports")

    assert CliRunner().invoke(command, []).output == "reports 1/2\n13 reports\n"
    assert (
        CliRunner().invoke(command, ["--as-json"]).output == ""
    )  # Typer's own context: newer ones carry a click of their own
