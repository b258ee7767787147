"""What a stranger types at the front doors of forecasts: every mistake is one sentence, never a traceback, and two doors say one thing."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.errors import FinOpsError
from finops_model.facts.intake.tables import read_table
from finops_model.forecasting.scores import binomial_band
from finops_model.forecasting.windows import calibration, said_and_was
from finops_model.measure import accuracy
from finops_model.measure.words import summary
from finops_model.settings import load_settings
from finops_model.settings.watch import BalanceEntry
from scripts import ROOT

DAYS = pd.date_range("2026-01-01", "2026-10-31")
FLAT = pd.Series(100.0, DAYS)
SHUTDOWN = {"kind": "shutdown", "since": "2026-12-01"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A company that spends 100 USD a day: 60 of chat, 40 of search."""
    root = tmp_path_factory.mktemp("doors")
    lines = ["Date,Cost (USD),Team,Service"]
    lines += [f"{d.date()},60,chat,GPU\n{d.date()},40,search,GPU" for d in DAYS]
    (root / "bill.csv").write_text("\n".join(lines), encoding="utf-8")
    fm.start(root / "bill.csv", folder=root / "ws")
    return root / "ws"


@pytest.mark.parametrize(
    "words, said",
    [
        (
            {"events": SHUTDOWN},
            "events: give a list of events, also of one: events=[{...}].",
        ),
        (
            {"events": [{"kind": "launch", "since": "2026-12-01", "amount": 1e308}]},
            "event 'launch': amount is 1e+308; it must be a finite number, 0 or more, at most 1e+100.",
        ),
        (
            {"overrides": "x"},
            "overrides: 'x' is no override; write a list of mappings with month, value, by, because.",
        ),
        ({"overrides": [{"month": "2026-11"}]}, "overrides: 'value' is missing; write it."),
        (
            {"overrides": [{"month": "2026-11", "valeu": 1}]},
            "overrides: unknown field 'valeu'. Did you mean 'value'? Known: month, value, by, because.",
        ),
        (
            {"paths": 1_000_000, "horizon": 3700},
            "paths: 1,000,000 of 3,700 steps are 3,700,000,000 numbers; at most 200,000,000 are held. "
            "Take 54,054 paths, or a shorter horizon.",
        ),
    ],
)
def test_words_of_a_series_that_cannot_be_meant(words, said):
    with pytest.raises(FinOpsError) as refused:
        fm.forecast(FLAT, **{"horizon": 40, **words})
    assert str(refused.value) == said


def test_two_columns_of_one_name_are_named():
    with pytest.raises(FinOpsError) as refused:
        fm.forecast(pd.concat([FLAT.rename("a"), FLAT.rename("a")], axis=1), 30)
    assert (
        str(refused.value)
        == "forecast: two columns are called 'a'; give each series a name of its own."
    )


def test_a_workspace_is_named_by_its_folder_at_every_door(folder):
    assert fm.runout(folder).as_dict() == fm.runout(load_settings(folder)).as_dict()
    by_page = fm.components(str(folder), 3, workload="chat/GPU")  # as reports name it
    assert by_page.name == "chat/(untagged)/GPU"
    assert fm.components(folder / "finops.yaml", 3).point[-3:].round(6).tolist() == [100.0] * 3


@pytest.mark.parametrize(
    "call, said",
    [
        (
            lambda ws: fm.runout(5),
            "runout: give a workspace: its folder, its finops.yaml or its settings, not int.",
        ),
        (
            lambda ws: fm.runout(ws, "2030-01-01"),
            "as_of 2030-01-01: the ledger has complete data from 2026-01-01 to 2026-10-31. Choose a day in between.",
        ),
        (
            lambda ws: fm.runout(ROOT / "data/startup"),
            "finops.yaml names entities: Thistledown Inc. (USD), Thistledown GmbH (EUR). Their amounts are not added up. "
            'Choose one: entity="Thistledown Inc.".',
        ),
        (lambda ws: fm.components(ws, 0), "horizon: 0 must be a whole number from 1 to 3,700."),
        (
            lambda ws: fm.components(ws, 10**9),
            "horizon: 1000000000 must be a whole number from 1 to 3,700.",
        ),
        (
            lambda ws: fm.components("costs.csv"),
            "components: costs.csv is a table; give its series, read with pandas, or a workspace: its folder or its finops.yaml.",
        ),
        (
            lambda ws: fm.components(FLAT, 3, entity="Acme"),
            "components: entity is of a workspace, and this is a series.",
        ),
    ],
)
def test_a_workspace_that_cannot_be_meant(folder, call, said):
    with pytest.raises(FinOpsError) as refused:
        call(folder)
    assert str(refused.value) == said


def test_a_bill_that_cost_nothing_at_first_is_replayed_from_where_it_costs(monkeypatch):
    """Free for seven months, then 30 a day: before, such a bill had no report at all ("all usage up to … costs nothing")."""
    days = pd.date_range("2025-06-01", "2026-05-31")
    cost = np.where(days >= "2026-01-15", 30.0, 0.0)
    daily = pd.DataFrame({"ChargeDate": days, "ChargeCategory": "Usage", "EffectiveCost": cost})
    monkeypatch.setattr(accuracy.simulate, "run", lambda *_, as_of, **__: as_of)
    said = accuracy.replay(None, None, daily, as_of="2026-05-31", count=17)
    assert said == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    nothing = daily.assign(EffectiveCost=0.0)
    assert accuracy.replay(None, None, nothing, as_of="2026-05-31", count=17) == []


def test_ranges_without_width_that_held_are_no_proof_of_wide_ones():
    """A bill that never varies: 12 forecasts of one number, all of them right; luck has no part in it."""
    months = [f"2025-{m:02}" for m in range(1, 13)]
    names = ("p05", "p10", "p25", "p50", "p75", "p90", "p95", "actual")
    rows = pd.DataFrame(
        {"made": "2024-12", "for": months, "kind": "month", **dict.fromkeys(names, 3000.0)}
    )
    rows["made"] = ["2024-12", *months[:-1]]
    flat = calibration(rows).query("kind == 'range' and level == 0.8").iloc[0]
    assert (flat["low"], flat["high"]) == (1.0, 1.0)
    assert said_and_was(flat) == "When we said 80 %, it was 100 % (12 of 12)"
    half = rows.assign(p05=np.where(np.arange(12) < 6, 2900.0, 3000.0))
    mixed = calibration(half).query("kind == 'range' and level == 0.8").iloc[0]
    low, high = binomial_band(6, 0.8)
    assert (mixed["low"], mixed["high"]) == pytest.approx((0.5 + low / 2, 0.5 + high / 2))


@pytest.mark.parametrize(
    "words, said",
    [
        (
            ["--csv", "{file}", "--months", "6"],
            "--months is of a ledger, or of rows of months (--freq M). Of rows of days: --days.",
        ),
        (
            ["--csv", "{file}", "--freq", "M", "--days", "30"],
            "--days is of rows of days. With --freq M: --months.",
        ),
        (
            ["--csv", "{file}", "--freq", "Q"],
            "--freq: 'Q' must be D, a row a day, or M, a row a month.",
        ),
        (
            ["--csv", "{file}", "--freq", "h"],
            "--freq: 'h' must be D, a row a day, or M, a row a month. Hours are forecast in Python: "
            "fm.forecast(series, 24, freq='h').",
        ),
        (
            ["--csv", "{file}"],
            "months.csv: line 2, 'month': '2026-01' is not a day. Write it as 2026-10-31. Rows of months are forecast with --freq M.",
        ),
        (
            ["--csv", "{file}", "--freq", "m", "--executor", "spark"],
            "forecast: unknown executor 'spark'. Known: serial, threads, processes, dask.",
        ),
        (
            ["--settings", "{folder}", "--days", "3", "--paths", "200"],
            "--days and --paths: of --csv, and none is given. Give the file, or leave them out. A ledger is forecast by months: --months.",
        ),
    ],
)
def test_no_option_of_forecast_is_left_out_in_silence(folder, tmp_path, words, said):
    """Before, --csv history.csv --months 6 gave 90 days, and a ledger forgot --paths."""
    file = tmp_path / "months.csv"
    file.write_text("month,cost\n" + "".join(f"2026-{m:02},5\n" for m in range(1, 11)))
    words = [word.format(file=file, folder=folder) for word in words]
    done = CliRunner().invoke(app, ["forecast", *words])
    assert str(done.exception) == said


def test_beyond_lead_3_a_range_is_extrapolated_not_ungraded(folder):
    """The report grades 12 months ahead: no door may say that nothing so far ahead was ever graded."""
    notes = fm.forecast(folder, months=4, paths=100).notes
    assert (
        "Beyond lead 3: assumption. From 2027-02 on (*) the range is extrapolated, its variance in a straight line that follows what "
        "totals of four weeks missed on earlier ends of the history; "
        "what forecasts so far ahead missed: finops backtest."
    ) in notes


@pytest.mark.parametrize(
    "entry, said",
    [
        (
            {"left": 1e300, "left_on": "2026-10-31"},
            "'Z': left is 1e+300, more than any balance; at most 1e+15. Correct it.",
        ),
        (
            {"amount": 5, "start": "2026-10-31", "last_day": "9999-12-31"},
            "'Z': last_day is 9999-12-31, after 2199-12-31. Leave it out where there is none.",
        ),
    ],
)
def test_a_balance_without_end_or_measure_is_refused(entry, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        BalanceEntry(name="Z", **entry)


def test_a_quota_that_runs_out_has_the_owner_that_its_alert_has(folder):
    quota = {"dimension": "team", "subject": "chat", "unit": "USD", "per": "month", "quantity": 900}
    settings = load_settings(folder)
    settings = settings.model_copy(
        update={"watch": type(settings.watch).model_validate({"quotas": [quota]})}
    )
    [row] = fm.runout(settings).rows
    assert (row["owner"], row["likely"]) == ("chat", "2026-11-16")  # 60 a day


def test_a_bar_inside_names_is_no_delimiter(tmp_path):
    """Before: "no header row was found: line 1 is 'Date,Cost (USD),Team'"."""
    lines = [f"{d.date()},5,search | cat='x'" for d in DAYS[:60]]
    (tmp_path / "bars.csv").write_text("\n".join(["Date,Cost (USD),Team", *lines]))
    table = read_table(tmp_path / "bars.csv")
    assert table.attrs["delimiter"] == "," and list(table.columns) == ["Date", "Cost (USD)", "Team"]
    assert set(table["Team"]) == {"search | cat='x'"}


def test_a_bill_that_begins_inside_the_month_before_has_not_grown():
    """Before: "October 2026 cost $15.9k, 129 % more than the month before", which had 14 days."""
    brief = {
        "currency": "USD",
        "month": "2026-10",
        "status": "preliminary",
        "first_day": "2026-09-17",
        "actual": {"month": 3100.0, "previous_month": 1400.0},
        "budget": None,
        "landing": {"why_none": "x", "p50": None, "p10": None, "p90": None, "booked": 4500.0},
        "drivers": {"change": [{"name": "a", "change": 1700.0}]},
        "unit_costs": [],
    }
    assert summary(brief)[0] == (
        "October 2026 cost $3.10k; its bill begins on 17 September 2026, so there is no whole month before."
    )
    assert "largest movement" not in " ".join(summary(brief))
    on_it = {**brief, "first_day": "2026-01-01", "budget": {"month": 3100.0}}
    assert summary(on_it)[0] == "October 2026 cost $3.10k, exactly on budget."


def test_names_in_files_are_no_formulas(tmp_path):
    """A team called =cmd() is text in what finops forecast --to writes; numbers below zero stay numbers."""
    fm.forecast({"=cmd()": FLAT, "+1": FLAT}, 30, paths=100).write(tmp_path / "rows.csv")
    lines = (tmp_path / "rows.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["series", "'=cmd()", "'+1", "Total"]
