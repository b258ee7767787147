"""`finops kpi`: unit costs of two months on a company's own files (docs/method §16.4). Oracle: plain sums of what was written into the files."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from commands import finops

import finops_model as fm

DAYS = pd.date_range("2025-11-01", "2026-02-28")


def cost(day) -> float:
    return 40 + day.day + (5 if day.month == 2 else 0)


def chats(day) -> float:
    return 900 + 10 * day.day


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    root = tmp_path_factory.mktemp("kpi")
    lines = ["Date,Cost (USD),Team,Service"]
    lines += [f"{day.date()},{cost(day)},chat,GPU" for day in DAYS]
    (root / "bill.csv").write_text("\n".join(lines))
    fm.start(root / "bill.csv", folder=root / "ws")
    (root / "ws" / "drivers.csv").write_text(
        "date,name,value\n" + "".join(f"{day.date()},chats,{chats(day)}\n" for day in DAYS)
    )
    text = (root / "ws" / "finops.yaml").read_text()
    (root / "ws" / "finops.yaml").write_text(text + "\ndrivers: [drivers.csv]\n")
    return fm.load_settings(root / "ws" / "finops.yaml")


def by_hand(month: str) -> tuple[float, float]:
    days = [day for day in DAYS if str(day.date())[:7] == month]
    return sum(map(cost, days)), sum(map(chats, days))


def test_two_months_side_by_side_with_what_they_are_divided_out_of(company):
    answer = fm.kpi(company, "2025-11", "2026-02")
    spent, counted = by_hand("2025-11")
    later, more = by_hand("2026-02")
    parts = answer.tables["Parts"].iloc[0]
    assert (parts["cost 2025-11"], parts["count 2025-11"]) == pytest.approx((spent, counted))
    assert (parts["cost 2026-02"], parts["count 2026-02"]) == pytest.approx((later, more))
    row = answer.table.iloc[0]
    assert (row["2025-11"], row["2026-02"]) == pytest.approx((spent / counted, later / more))
    assert row["change"] == pytest.approx((later / more) / (spent / counted) - 1)
    assert answer.sentence == (
        "Cost per chat of the company was 0.05261 in November 2025 and 0.05694 in February 2026 (USD / chat): up 8.2 %."
    )


def test_the_command_says_the_same_and_writes_it(company, tmp_path):
    answer = fm.kpi(company, "2026-01", "2026-02")
    where = str(company.root)
    _, said, _ = finops("kpi", "--from", "2026-01", "--to", "2026-02", "--json", "-s", where)
    assert json.loads(said)["figures"] == answer.plain()["figures"]
    file = tmp_path / "unit costs.xlsx"
    finops("kpi", "--from", "2026-01", "--to", "2026-02", "--export", str(file), "-s", where)
    assert pd.read_excel(file, sheet_name="Parts").shape == (1, 11)


def test_months_the_other_way_round_and_by_default(company):
    swapped = fm.kpi(company, "2026-02", "2025-11")
    assert swapped.table.equals(fm.kpi(company, "2025-11", "2026-02").table)
    assert list(fm.kpi(company).table)[2:4] == ["2026-01", "2026-02"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            ("--from", "2015-11"),
            "--from: the ledger has no cost in 2015-11. It has cost from November 2025 to February 2026.",
        ),
        (
            ("--kpi", "Cost per chats"),
            "--kpi: unknown unit cost 'Cost per chats'. Did you mean 'Cost per chat'? In the report: Cost per chat. Every KPI: finops kpi --list.",
        ),
        (("--unit", "nobody"), "--unit: unknown unit 'nobody'. Known: Company."),
    ],
)
def test_what_is_not_there_is_said(company, asked, message):
    code, _, said = finops("kpi", *asked, "-s", str(company.root))
    assert (code, said.strip()) == (2, f"Error  {message}")


def test_without_a_count_there_is_no_unit_cost(tmp_path):
    lines = ["Date,Cost (USD),Team,Service", *(f"{day.date()},9,a,GPU" for day in DAYS)]
    (tmp_path / "bill.csv").write_text("\n".join(lines))
    settings = fm.start(tmp_path / "bill.csv", folder=tmp_path / "ws")
    with pytest.raises(fm.FinOpsError) as problem:
        fm.kpi(settings, "2026-01", "2026-02")
    assert str(problem.value) == (
        "no unit cost of the company has a value in both 2026-01 and 2026-02. A unit cost needs days with a cost and with a count: "
        "drivers of finops.yaml (finops add drivers FILE), GPU hours or tokens of the bill."
    )
