"""`fm.forecast` of a series, of several and of a workspace: what `finops forecast` does, by the same names (docs/house.md)."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.cli import forecast as command
from finops_model.errors import FinOpsError
from finops_model.front.forecasting.results import SeriesForecasts, WorkspaceForecasts

# options that a notebook has under another name: what is forecast, and what is done with the result
ELSEWHERE = {
    "csv": "history",
    "settings": "history",
    "days": "horizon",
    "to": "write",
    "as_json": "as_dict",
}
DAYS = pd.date_range("2026-05-01", "2026-10-31")


def use(size: float, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.08, len(DAYS))
    return size * np.where(DAYS.dayofweek < 5, 1.1, 0.8) * np.exp(noise)


WIDE = pd.DataFrame({"chat": use(90, 1).round(4), "search": use(30, 2).round(4)}, index=DAYS)
FEW = {"paths": 120}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Two teams of two units, half a year."""
    folder = tmp_path_factory.mktemp("front")
    rows = []
    for team, unit, size in (("ai", "Support", 400.0), ("web", "Shop", 90.0)):
        tags = json.dumps({"team": team, "business_unit": unit})
        for day, cost in zip(DAYS, use(size, len(team))):
            month = day.replace(day=1)
            rows.append(
                {
                    "BilledCost": round(cost, 2),
                    "EffectiveCost": round(cost, 2),
                    "BillingCurrency": "USD",
                    "ServiceName": "GPU",
                    "ChargeCategory": "Usage",
                    "BillingPeriodStart": f"{month:%Y-%m-%dT00:00:00Z}",
                    "BillingPeriodEnd": f"{month + pd.offsets.MonthBegin(1):%Y-%m-%dT00:00:00Z}",
                    "ChargePeriodStart": f"{day:%Y-%m-%dT00:00:00Z}",
                    "ChargePeriodEnd": f"{day + pd.Timedelta(days=1):%Y-%m-%dT00:00:00Z}",
                    "InvoiceIssuerName": "Cinder",
                    "Tags": tags,
                }
            )
    pd.DataFrame(rows).to_csv(folder / "bill.csv", index=False)
    (folder / "finops.yaml").write_text(
        "company: Two units\nbills: [bill.csv]\nledger: ledger\npaths: 256\n", encoding="utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def by_unit(workspace):
    return fm.forecast(workspace, by="unit", months=2, quarters=True)


def invoke(*words) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def test_every_option_of_the_command_is_a_parameter_of_the_same_name():
    parameters = inspect.signature(fm.forecast).parameters
    assert not {p.kind for p in parameters.values()} & {
        inspect.Parameter.VAR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
    }
    methods = {*dir(SeriesForecasts), *dir(WorkspaceForecasts)}
    for option in inspect.signature(command.forecast).parameters:
        name = ELSEWHERE.get(option, option)
        assert name in parameters or name in methods, f"--{option} has no name in a notebook"


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ((), {}),
        (("--unit", "Shop", "--months", "2"), {"unit": "Shop", "months": 2}),
        (
            ("--by", "team", "--months", "1", "--shocks", "both"),
            {"by": "team", "months": 1, "shocks": "both"},
        ),
        (
            ("--until", "2026-09-30", "--settling-days", "0", "--months", "1"),
            {"until": "2026-09-30", "settling_days": 0, "months": 1},
        ),
    ],
    ids=["plain", "a unit", "teams, both shocks", "until"],
)
def test_a_notebook_says_of_a_workspace_what_the_command_says(workspace, words, given):
    said = json.loads(invoke("forecast", *words, "--json", "-s", workspace))
    said.pop("months", None)  # of the command: the months once more, without the rest
    assert json.loads(json.dumps(fm.forecast(workspace, **given).as_dict())) == said


def test_a_workspace_is_its_folder_its_finops_yaml_or_its_settings(workspace, by_unit):
    given = {"by": "unit", "months": 2, "quarters": True}
    for same in (str(workspace), workspace / "finops.yaml", fm.load_settings(workspace)):
        assert fm.forecast(same, **given).rows == by_unit.rows


def test_rows_are_quantiles_of_the_totals_of_the_same_paths(workspace, by_unit):
    assert isinstance(by_unit, WorkspaceForecasts) and by_unit.nodes == (
        "Shop",
        "Support",
        "Company",
    )
    months = fm.forecast(workspace, by="unit", months=2)
    for row in months.rows:
        totals = months.month_totals(row["node"])[row["period"]]
        assert np.median(totals) == row["p50"]
    company, shop, support = (months.month_totals(name) for name in (None, "Shop", "Support"))
    for month, totals in company.items():
        np.testing.assert_allclose(totals, shop[month] + support[month])
    assert fm.forecast(workspace, unit="Shop", months=1).month_totals().keys() == {"2026-11"}


def test_what_a_workspace_gives_can_be_kept_and_shown(by_unit, tmp_path):
    by_unit.write(tmp_path / "rows.csv")
    assert len(pd.read_csv(tmp_path / "rows.csv")) == len(by_unit.frame()) == len(by_unit.rows)
    page = by_unit._repr_html_()
    assert page.count("<tr>") == 1 + len(by_unit.rows) and "<td>Company</td>" in page
    assert repr(by_unit).startswith("WorkspaceForecasts of Shop, Support, Company: ")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "use.csv"
    WIDE.rename_axis("day").to_csv(path)
    return path


def test_several_series_are_a_table_a_frame_or_a_mapping(table):
    made = fm.forecast(table, 31, **FEW, executor="serial")
    assert made.nodes == ("chat", "search", "Total") and made.file == "use.csv"
    long = WIDE.rename_axis("ds").reset_index().melt("ds", var_name="unique_id", value_name="y")
    for same in (WIDE, dict(WIDE.items()), long, WIDE.set_axis(WIDE.index.to_period("D"))):
        assert fm.forecast(same, 31, **FEW).rows == made.rows
    for node in made.nodes:
        [(_, totals)] = [one for one in made.month_totals(node).items() if one[0] == "2026-11"]
        assert (
            np.median(totals)
            == made.frame().set_index(["series", "month"]).loc[(node, "2026-11"), "p50"]
        )
    alone = fm.forecast(WIDE["chat"], 31, **FEW)
    np.testing.assert_array_equal(
        alone.month_totals()["2026-11"], made.month_totals("chat")["2026-11"]
    )
    np.testing.assert_allclose(
        made.month_totals()["2026-11"],
        made.month_totals("chat")["2026-11"] + made.month_totals("search")["2026-11"],
    )
    said = json.loads(
        invoke(
            "forecast",
            "--csv",
            table,
            "--days",
            31,
            "--paths",
            120,
            "--executor",
            "serial",
            "--json",
        )
    )
    assert said == json.loads(json.dumps(made.as_dict()))


def test_a_workspace_is_no_table(workspace):
    result = CliRunner().invoke(app, ["forecast", "--csv", str(workspace)])
    assert result.exit_code and str(result.exception) == (
        f"{workspace}: --csv takes a CSV or Excel file. Of a workspace: --settings {workspace}."
    )


def test_one_column_of_a_table_is_several_series_of_one(table):
    made = fm.forecast(table, 31, value_column="chat", **FEW)
    assert made.nodes == ("chat",)
    np.testing.assert_array_equal(
        made.month_totals()["2026-11"],
        fm.forecast(WIDE["chat"], 31, **FEW).month_totals()["2026-11"],
    )


def test_a_table_of_months_is_forecast_by_months(tmp_path):
    path, months = tmp_path / "totals.csv", pd.period_range("2023-01", periods=36, freq="M")
    values = 100 + np.arange(36.0)
    path.write_text(
        "month,chat,search\n" + "".join(f"{m},{v},{2 * v}\n" for m, v in zip(months, values)),
        encoding="utf-8",
    )
    made = fm.forecast(path, 6, freq="M", **FEW)
    assert [row["month"] for row in made.rows if row["series"] == "Total"] == [
        f"2026-{m:02}" for m in range(1, 7)
    ]
    one = fm.forecast(pd.Series(values, months), 6, freq="M", **FEW)
    np.testing.assert_array_equal(
        made.month_totals("chat")["2026-06"], one.month_totals()["2026-06"]
    )
    np.testing.assert_allclose(
        made.month_totals(shared=False)["2026-01"],
        made.tree.independent["chat"][:, 0] + made.tree.independent["search"][:, 0],
    )
    words = ("--csv", path, "--freq", "M", "--months", 6, "--paths", 120)
    said = json.loads(invoke("forecast", *words, "--json"))
    assert said["rows"] == json.loads(json.dumps(list(made.rows))) and said["months"] == 6
    assert "totals.csv · 6 months ahead, 120 paths" in " ".join(invoke("forecast", *words).split())
    path.write_text(
        "month,chat\n" + "".join(f"01/{m.month:02}/{m.year},{v}\n" for m, v in zip(months, values)),
        encoding="utf-8",
    )
    assert fm.forecast(path, 6, freq="M", **FEW).rows == tuple(
        row for row in made.rows if row["series"] == "chat"
    )


def test_a_name_in_a_frame_is_text_in_a_notebook():
    hostile = WIDE.rename(columns={"chat": "<script>alert(1)</script>"})
    page = fm.forecast(hostile, 3, paths=10)._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page


NOT_SERIES = "of a workspace, and this is none. Give its folder, its finops.yaml or its settings."
NOT_ONE = "of one series, and these are several. Forecast them one by one, or say it of the workloads of a workspace."


@pytest.mark.parametrize(
    ("history", "given", "says"),
    [
        (WIDE["chat"], {"by": "team", "quarters": True}, f"forecast: by, quarters: {NOT_SERIES}"),
        (WIDE, {"months": 3}, f"forecast: months: {NOT_SERIES}"),
        (WIDE["chat"], {"workers": 3}, "forecast: workers: of several series, and this is one."),
        (WIDE, {"cap": 3.0, "holidays": "US"}, f"forecast: holidays, cap: {NOT_ONE}"),
        (WIDE, {"value_column": "chat"}, "forecast: value_column: of a file, and this is a frame."),
        (
            WIDE,
            {"freq": "h"},
            "forecast: freq 'h': several series are days (D) or month totals (M). Forecast hours one by one.",
        ),
        (
            WIDE.assign(Total=1.0),
            {},
            "forecast: a series is called Total, as the sum of all is here. Leave it out, or give it another name.",
        ),
        (
            WIDE["chat"],
            {"as_of": "2026-10-01", "until": "2026-10-01"},
            "forecast: as_of and until are one thing; give one of them.",
        ),
        (WIDE[:1], {}, "chat: history: 1 day with a value; a forecast needs at least 2."),
        ({}, {}, "forecast: there is no series; give at least one."),
        (
            pd.DataFrame({"day": [1], "y": [2]}),
            {},
            "history: a frame needs the columns ds and y; it has day, y.",
        ),
        (7, {}, "history: give a daily pandas Series or a frame with ds and y, not int."),
    ],
)
def test_a_word_of_another_kind_of_history_is_refused_by_name(history, given, says):
    with pytest.raises(FinOpsError) as refused:
        fm.forecast(history, 5, **given)
    assert str(refused.value) == says


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            {"horizon": 30, "cap": 2.0},
            "forecast: horizon, cap: of series, and this is a workspace. It is forecast by months=, with the seed of its scenario, and what "
            "people know stands in the file of its covariates.",
        ),
        (
            {"entity": "Acme"},
            "entity: 'Acme' is an entity, and finops.yaml names none. Write it there (entities:), or leave it out.",
        ),
        (
            {"settling_days": -1},
            "settling_days: -1 must be a whole number of days from 0 to 31; 0 counts every day as it stands.",
        ),
        ({"methods": ["theat"]}, None),
    ],
)
def test_a_word_that_a_workspace_cannot_mean_is_refused(workspace, given, says):
    with pytest.raises(FinOpsError) as refused:
        fm.forecast(workspace, **given)
    assert str(refused.value) == says if says else "Did you mean 'theta'?" in str(refused.value)
