"""Unit costs of coming months (docs/method §16.50 to §16.53). Oracles: plain loops over paths, `np.quantile` of one cube, the run's own totals."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from commands import finops
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import finops_model as fm
from finops_model.front.outlook import paths as ground
from finops_model.front.outlook.unit_costs import unit_costs_ahead
from finops_model.measure.outlook.paths import QUANTILES, ratios, tie_of, tied
from finops_model.settings import Cogs

DAYS = pd.date_range("2025-01-01", "2025-08-20")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Two workloads; chats drive one of them."""
    root = tmp_path_factory.mktemp("ahead")
    rng = np.random.default_rng(5)
    lines = ["Date,Cost (USD),Team,Service"]
    counted = ["date,name,value"]
    for i, day in enumerate(DAYS):
        chats = 900 + 2 * i + rng.integers(0, 90)
        lines += [
            f"{day.date()},{chats * 0.05:.2f},chat,GPU",
            f"{day.date()},{30 + day.day % 5},lab,GPU",
        ]
        counted.append(f"{day.date()},chats,{chats}")
    (root / "bill.csv").write_text("\n".join(lines))
    fm.start(root / "bill.csv", folder=root / "ws")
    (root / "ws/drivers.csv").write_text("\n".join(counted))
    company = fm.load_settings(root / "ws")
    daily = fm.daily(fm.Ledger(company.path(company.ledger)), company)
    workload = next(name for name in daily["x_Workload"].unique() if name.startswith("chat"))
    text = (root / "ws/finops.yaml").read_text()
    text += f"\ndrivers: [drivers.csv]\nunit_costs: {{chats: {{workloads: ['{workload}']}}}}\n"
    (root / "ws/finops.yaml").write_text(text)
    return fm.load_settings(root / "ws"), workload


cubes = arrays(float, (40, 3, 2), elements=st.floats(0.5, 1e6))


@settings(max_examples=25)
@given(cubes, cubes, st.floats(0.01, 100))
def test_ratios_are_those_of_one_cube_and_scale(cost, count, k):
    ours = ratios(cost, count)
    assert np.array_equal(ours.quantiles, np.quantile(cost / count, QUANTILES, axis=0))
    for m in range(3):
        for g in range(2):
            want = math.fsum(cost[:, m, g]) / math.fsum(count[:, m, g])
            assert ours.expected[m, g] == pytest.approx(want)
    assert np.allclose(ratios(cost * k, count).quantiles, ours.quantiles * k)
    assert np.allclose(ratios(cost, count * k).quantiles, ours.quantiles / k)
    alone = ratios(cost[:, :, :1], count[:, :, :1])  # a group beside others is the same alone
    assert np.array_equal(alone.quantiles[:, :, 0], ours.quantiles[:, :, 0])


def test_a_month_in_which_a_future_counts_nothing_has_no_ratio():
    cost, count = np.ones((4, 2, 1)), np.ones((4, 2, 1))
    count[2, 1, 0] = 0.0
    ours = ratios(cost, count)
    assert ours.quantiles[:, 0, 0].tolist() == [1.0, 1.0, 1.0]
    assert np.isnan(ours.quantiles[:, 1, 0]).all() and np.isnan(ours.expected[1, 0])
    assert ours.without.tolist() == [[0], [1]]


@settings(max_examples=20)
@given(st.integers(0, 1000), st.floats(-0.99, 0.99))
def test_a_tie_changes_no_count_and_pairs_ranks_as_it_says(seed, rho):
    rng = np.random.default_rng(seed)
    cost, count = rng.lognormal(0, 1, (2000, 3)), rng.lognormal(0, 0.2, (2000, 3))
    paired = tied(count, cost, rho, seed, "chats")
    assert np.array_equal(np.sort(paired, axis=0), np.sort(count, axis=0))
    got = pd.Series(paired.sum(axis=1)).corr(pd.Series(cost.sum(axis=1)), method="spearman")
    assert got == pytest.approx(6 / math.pi * math.asin(rho / 2), abs=0.08)  # of a normal copula


def test_the_record_is_drawn_towards_no_tie():
    volume, count = [1.0, 2.0, 1.0, 3.0, 1.0, 4.0, 1.0], [2.0, 4.0, 2.0, 6.0, 2.0, 8.0, 2.0]
    assert tie_of(volume, count) == (pytest.approx(6 / 12), 6)
    assert tie_of(volume[:4], count[:4]) == (0.0, 3)
    assert tie_of(volume, [1.0] * 7) == (0.0, 6)


def test_a_group_is_the_runs_own_futures(company):
    chosen, workload = company
    groups = {"all": fm.run(None, chosen, paths=128).workloads, "chat": [workload]}
    kept = ground.ahead(chosen, groups, paths=128)
    run = fm.run(None, chosen, paths=128)
    assert np.allclose(kept.cost[:, :, 0], run.effective.sum(axis=2), rtol=1e-12)
    w = run.workloads.index(workload)
    assert np.allclose(kept.cost[:, :, 1].mean(axis=0), run.by_workload[w, :, 0], rtol=1e-9)


def test_unit_costs_ahead_are_cost_over_count_path_by_path(company):
    chosen, workload = company
    answer = unit_costs_ahead(chosen, paths=200)
    months = answer.tables["Months"]
    kept = ground.ahead(chosen, {"chats": [workload]}, paths=200)
    chats = pd.read_csv(chosen.path("drivers.csv"), parse_dates=["date"]).set_index("date")["value"]
    end = (pd.Period(kept.months[-1], "M").end_time.normalize() - DAYS[-1]).days
    ahead = fm.forecast(chats, end, paths=200, seed=chosen.seed, settling_days=0).month_totals()
    counts = np.stack([ahead[month] for month in kept.months], axis=1)
    counts[:, 0] += chats[chats.index >= "2025-08-01"].sum()
    figures = answer.figures["lines"][0]
    counts = tied(counts, kept.cost[:, :, 0], figures["tie"], kept.run.seed, "chats")
    for m, row in enumerate(months.to_dict("records")):
        each = sorted(kept.cost[p, m, 0] / counts[p, m] for p in range(200))
        assert (row["P10"], row["P50"], row["P90"]) == pytest.approx(
            tuple(np.quantile(each, QUANTILES))
        )
        assert row["numerator"] / row["denominator"] == pytest.approx(row["expected"])
    assert figures["pairs"] == 6 and figures["tie"] > 0.3
    july = fm.kpi(chosen, "2025-07", "2025-07").tables["Parts"].iloc[0]
    assert answer.table.iloc[0]["last actual"] == pytest.approx(july["value 2025-07"])
    assert answer.sentence.startswith(
        "Cost per chat of the company was 0.05000 in July 2025 and is expected at 0.05"
    )


def test_the_margin_ahead_is_what_is_left_of_revenue_path_by_path(company, tmp_path):
    chosen, workload = company
    sales = chosen.path("drivers.csv").read_text().replace(",chats,", ",sales,")
    (tmp_path / "sales.csv").write_text(sales)
    cogs = Cogs.model_validate(
        {"serving": {"teams": ["chat"]}, "research": {"teams": ["lab"]}, "revenue": "sales"}
    )
    files = [*chosen.drivers, str(tmp_path / "sales.csv")]
    priced = chosen.model_copy(update={"cogs": cogs, "drivers": files})
    answer = unit_costs_ahead(priced, paths=200)
    lines = answer.tables["Months"].set_index(["unit cost", "month"])
    for month in answer.figures[
        "months"
    ]:  # revenue is 1 for each chat, all of the chat's cost is of goods sold
        margin, cost = (
            lines.loc["Gross margin after AI cost", month],
            lines.loc["Cost per chat", month],
        )
        assert margin["denominator"] - margin["numerator"] == pytest.approx(cost["numerator"])
        assert margin["expected"] == pytest.approx(1 - cost["numerator"] / margin["denominator"])
        assert 0.9 < margin["P10"] < margin["P50"] < margin["P90"] < 1.0
    alone = unit_costs_ahead(priced, paths=200, only="gross margin after AI cost")
    assert alone.table["unit cost"].tolist() == ["Gross margin after AI cost"]
    july = fm.kpi(priced, "2025-07", "2025-07", kpis=["gross_margin"]).tables["Parts"].iloc[0]
    assert alone.table.iloc[0]["last actual"] == pytest.approx(july["value 2025-07"])


def test_the_command_says_the_same_and_draws_it(company, tmp_path):
    chosen, _ = company
    where = ("-s", str(chosen.root))
    page = tmp_path / "ahead.html"
    code, said, _ = finops(
        "kpi", "--ahead", "--paths", "200", "--json", "--export", str(page), *where
    )
    assert code == 0
    assert (
        json.loads(said)["tables"]["Months"]
        == unit_costs_ahead(chosen, paths=200).plain()["tables"]["Months"]
    )
    assert "<svg" in page.read_text()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            ("--ahead", "--kpi", "Cost per chats"),
            "--kpi: unknown unit cost 'Cost per chats'. Did you mean 'Cost per chat'? Known: Cost per chat.",
        ),
        (
            ("--ahead", "--from", "2025-07"),
            "--ahead: tells all months that the base simulates, so it goes without --from and --to. Take them out.",
        ),
        (("--paths", "200"), "--paths: goes with --ahead. Write --ahead, or take it out."),
    ],
)
def test_what_cannot_be_asked_is_said(company, asked, message):
    code, _, said = finops("kpi", *asked, "-s", str(company[0].root))
    assert (code, said.strip()) == (2, f"Error  {message}")


def test_counts_that_end_long_before_the_bill_are_no_basis(company, tmp_path):
    chosen, _ = company
    short = "\n".join(chosen.path("drivers.csv").read_text().splitlines()[:190])
    (tmp_path / "short.csv").write_text(short)
    with pytest.raises(fm.FinOpsError) as refused:
        unit_costs_ahead(
            chosen.model_copy(update={"drivers": [str(tmp_path / "short.csv")]}), paths=100
        )
    assert str(refused.value) == (
        "Cost per chat: not told ahead. Its counts end on 2025-07-08, 43 days before the bill does; at most 31 are bridged. Add newer counts."
    )
    with pytest.raises(fm.FinOpsError) as refused:
        unit_costs_ahead(chosen.model_copy(update={"drivers": []}))
    assert str(refused.value) == (
        "finops.yaml: drivers: no file of drivers is named, so there is no count ahead to divide by. Add one: finops add drivers FILE."
    )
