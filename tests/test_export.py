"""`finops export`: FOCUS-shaped rows of actuals, budgets and runs (docs/method §15.70 to §15.74)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.errors import FinOpsError, InputError
from finops_model.facts.ledger.store import Ledger
from finops_model.publish.exports import rows as exports
from finops_model.publish.exports.write import MOST, write
from finops_model.settings import Settings

BILL = """BillingAccountId,InvoiceIssuerName,ServiceProviderName,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,SkuId,BilledCost,EffectiveCost,Tags
"""


def bill() -> str:
    """Two teams, one of a hostile name, from January to 20 March; a credit, a tax, amounts of many digits."""
    lines = [BILL.strip()]
    for day in pd.date_range("2026-01-01", "2026-03-20"):
        month = day.replace(day=1)
        nxt = month + pd.DateOffset(months=1)
        for team, cost in (("a", f"{3 + day.day % 7}.1234567"), ("=1+1", f"1.{day.day:02}")):
            tags = json.dumps({"team": team, "workload": f"w-{team}"}).replace('"', '""')
            lines.append(
                f"acc,V,V,USD,{month:%Y-%m-%dT00:00:00Z},{nxt:%Y-%m-%dT00:00:00Z},{day:%Y-%m-%dT00:00:00Z},"
                f'{day + pd.Timedelta(days=1):%Y-%m-%dT00:00:00Z},Usage,GPU,g,{cost},{cost},"{tags}"'
            )
        if day.day == 3:
            for kind, cost in (("Credit", "-2.50"), ("Tax", "0.19")):
                lines.append(
                    f"acc,V,V,USD,{month:%Y-%m-%dT00:00:00Z},{nxt:%Y-%m-%dT00:00:00Z},{day:%Y-%m-%dT00:00:00Z},"
                    f"{day + pd.Timedelta(days=1):%Y-%m-%dT00:00:00Z},{kind},GPU,,{cost},{cost},"
                )
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    (folder / "bill.csv").write_text(bill())
    months = pd.period_range("2026-01", "2026-12", freq="M").astype(str)
    budget = ["version,approved_on,approved_by,author,business_unit,month,currency,amount"]
    budget += [f"v1,2025-12-01,Ana,Ben,All,{m},USD,400.25" for m in months]
    budget += [f"v1,2025-12-01,Ana,Ben,Company,{m},USD,450.00" for m in months]
    (folder / "budgets.csv").write_text("\n".join(budget))
    (folder / "finops.yaml").write_text(
        "company: Test\ncurrency: USD\nbills: [bill.csv]\nbudgets: budgets.csv\npaths: 200\n"
    )
    settings = fm.load_settings(folder / "finops.yaml")
    fm.Ledger(settings.path(settings.ledger)).ingest(settings.files(settings.bills))
    return settings


@pytest.fixture(scope="module")
def exported(settings):
    path = Path(settings.root) / "out.parquet"
    answer = fm.export(path, settings)
    return answer, pd.read_parquet(path), path


@pytest.fixture(scope="module")
def run(settings):
    return fm.run_many([None], settings, as_of="2026-03-20", dials=False)[0]


def ahead(table):
    return table[table["x_Kind"] == "forecast"]


def test_actuals_are_the_ledger_to_the_last_digit(settings, exported):
    table = exported[1]
    actual = table[table["x_Kind"] == "actual"]
    ledger = Ledger(settings.path(settings.ledger))
    for column in ("BilledCost", "EffectiveCost"):
        assert sum(actual[column]) == ledger.totals(column)["USD"]
    assert set(actual["ChargeCategory"]) == {"Usage", "Credit", "Tax"}
    assert actual["x_Quantile"].isna().all()
    assert actual["ChargePeriodEnd"].max() == pd.Timestamp("2026-03-21", tz="UTC")
    assert not (table.select_dtypes(["object", "str"]) == "").any().any()


def test_months_and_days_add_up_to_the_same(settings):
    ledger = Ledger(settings.path(settings.ledger))
    by = {
        step: exports.actual_rows(ledger, settings, "2026-03-20", step) for step in ("month", "day")
    }
    keys = ["BillingPeriodStart", "x_Team", "ChargeCategory"]
    sums = {
        step: rows.groupby(keys, dropna=False)["EffectiveCost"].agg(
            lambda own: sum(own, Decimal(0))
        )
        for step, rows in by.items()
    }
    assert sums["month"].equals(sums["day"])
    assert len(by["day"]) == 2 * 79 + 6


def test_a_union_by_name_with_the_bill_holds(settings, exported):
    path, own = exported[2], Path(settings.root) / "bill.csv"
    found = duckdb.sql(
        f"""select count(*), sum(EffectiveCost) from (
            select * from '{path}' where x_Kind = 'actual' and ChargePeriodStart >= '2026-02-01'
            union all by name
            select * exclude (EffectiveCost, BilledCost), EffectiveCost::decimal(38,10) as EffectiveCost,
                   BilledCost::decimal(38,10) as BilledCost
            from read_csv('{own}', all_varchar=true, types={{'ChargePeriodStart': 'TIMESTAMPTZ', 'ChargePeriodEnd': 'TIMESTAMPTZ',
                 'BillingPeriodStart': 'TIMESTAMPTZ', 'BillingPeriodEnd': 'TIMESTAMPTZ'}})
            where ChargePeriodStart < '2026-02-01')"""
    ).fetchall()[0]
    ledger = Ledger(settings.path(settings.ledger))
    assert found[1] == ledger.totals("EffectiveCost")["USD"]


def test_means_add_up_to_the_run(run, exported):
    rows = ahead(exported[1])
    mean = rows[rows["x_Quantile"].isna()]
    whole = float(run.total().mean()) - float(run.so_far.sum())
    assert float(sum(mean["EffectiveCost"])) == pytest.approx(whole, rel=1e-9)
    assert set(rows["x_Run"]) == {exports.run_id(run)}
    by_month = mean.groupby(mean["ChargePeriodStart"].dt.strftime("%Y-%m"))["EffectiveCost"].sum()
    for m, month in enumerate(run.months):
        expected = run.effective[:, m].sum(axis=1).mean() - run.so_far[m].sum()
        assert float(by_month[month]) == pytest.approx(float(expected), rel=1e-9)


def test_quantiles_are_of_the_rest_of_the_month(run, exported):
    rows = ahead(exported[1])
    first = rows[rows["BillingPeriodStart"] == pd.Timestamp("2026-03-01", tz="UTC")]
    assert set(first["ChargePeriodStart"]) == {pd.Timestamp("2026-03-21", tz="UTC")}
    company = first[first["x_Level"] == "company"].set_index("x_Quantile")["EffectiveCost"]
    paths = np.sort(run.effective[:, 0].sum(axis=1))  # by hand: linear between order statistics
    for q in (0.1, 0.5, 0.9):
        at = q * (len(paths) - 1)
        low = int(at)
        by_hand = paths[low] + (at - low) * (paths[min(low + 1, len(paths) - 1)] - paths[low])
        assert float(company[q]) == pytest.approx(by_hand - run.so_far[0].sum(), rel=1e-6)
    assert len(rows[rows["x_Quantile"].notna() & rows["x_Level"].eq("unit")]) == 3 * len(run.months)


def test_a_reserve_of_the_company_stands_without_a_unit(exported):
    table = exported[1]
    budget = table[table["x_Kind"] == "budget"]
    assert sum(budget["EffectiveCost"]) == Decimal("450") * 12
    assert set(budget.loc[budget["x_BusinessUnit"].isna(), "EffectiveCost"]) == {Decimal("49.75")}
    assert set(budget["x_Scenario"]) == {"v1"} and budget["BilledCost"].isna().all()


def test_names_are_text_and_amounts_are_numbers(settings):
    for kind in (".csv", ".xlsx"):
        path = Path(settings.root) / f"out{kind}"
        fm.export(path, settings, what=["actual"])
        table = (
            pd.read_csv(path, dtype=str)
            if kind == ".csv"
            else pd.read_excel(path, sheet_name="Rows", dtype=str)
        )
        assert set(table["x_Team"].dropna()) == {"a", "'=1+1", "(untagged)"}
        amounts = table["EffectiveCost"].astype(float)
        assert (amounts < 0).sum() == 3 and table["EffectiveCost"].str.match(
            r"^-?\d+(\.\d+)?$"
        ).all()
        assert set(table["ChargePeriodStart"]) == {
            f"2026-0{month}-01T00:00:00Z" for month in (1, 2, 3)
        }
    notes = pd.read_excel(path, sheet_name="Read me")["Read me"].tolist()
    assert notes[0].startswith("Rows whose x_Quantile is empty add up")


def test_an_export_is_no_bill(settings, exported, tmp_path):
    csv = tmp_path / "export.csv"
    exported[1].to_csv(csv, index=False)
    for path in (exported[2], csv):
        with pytest.raises(FinOpsError) as refused:
            Ledger(tmp_path / "ledger").ingest([path])
        assert str(refused.value).endswith(
            f"{path.name}: was written by finops export: forecasts, budgets and monthly sums under the names of a bill. "
            "They are no bill, and would count as cost. Take the vendor's own files."
        )


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            {"path": "o.parket"},
            "'o.parket' is no kind of file that an export is written as. Did you mean '.parquet'? Name it with one of: .csv, .parquet, .xlsx.",
        ),
        (
            {"what": ["actuals"]},
            "--what: unknown kind of row 'actuals'. Did you mean 'actual'? Known: actual, budget, forecast.",
        ),
        ({"quantiles": [90]}, "--quantile 90: a quantile lies between 0 and 1. Write 0.9 for P90."),
        ({"by": "week"}, "--by: unknown step 'week'. Known: month, day."),
        (
            {"first": "2026-03", "last": "2026-01"},
            "--from 2026-03 lies after --to 2026-01. Exchange them.",
        ),
        (
            {"first": "2030-01", "what": ["actual"]},
            "there is nothing to export from 2030-01: no actual lies there. Leave --from and --to out, or name other months.",
        ),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(settings, tmp_path, how, message):
    path = tmp_path / how.pop("path", "o.csv")
    with pytest.raises(InputError) as refused:
        fm.export(path, settings, **how)
    assert str(refused.value) == message
    assert list(tmp_path.iterdir()) == []


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path):
    table = pd.DataFrame(index=range(MOST + 1))
    with pytest.raises(InputError, match="1,048,576 rows, and a sheet holds 1,048,575"):
        write(table, tmp_path / "o.xlsx", [])


@given(
    st.lists(
        st.tuples(st.integers(0, 89), st.sampled_from("ab"), st.integers(-(10**12), 10**12)),
        min_size=1,
        max_size=30,
    )
)
def test_whatever_is_charged_adds_up_by_day_and_by_month(rows):
    """On frames: no charge is lost or doubled by the step, and nothing is rounded."""
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta([day for day, _, _ in rows], unit="D")
    frame = pd.DataFrame(
        {
            "ChargeDate": days,
            "BillingPeriod": days.strftime("%Y-%m"),
            "x_Team": [team for _, team, _ in rows],
            "EffectiveCost": [Decimal(units).scaleb(-10) for _, _, units in rows],
        }
    ).assign(BilledCost=lambda own: own["EffectiveCost"])
    whole = sum(frame["EffectiveCost"], Decimal(0))
    settings = Settings()
    for step in ("month", "day"):
        made = exports.summed(frame, settings, "2026-12-31", step)
        assert sum(made["EffectiveCost"], Decimal(0)) == whole


def test_the_command_says_what_it_wrote(settings, tmp_path):
    path = tmp_path / "all.csv"
    asked = ["export", str(path), "--what", "actual", "--what", "budget", "-s", settings.root]
    answer = CliRunner().invoke(app, [*asked, "--json"])
    assert answer.exit_code == 0, answer.output
    said = json.loads(answer.stdout)
    assert [row["kind"] for row in said["table"]] == ["actual", "budget"]
    assert said["figures"]["rows"] == len(pd.read_csv(path))
