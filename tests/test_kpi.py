"""`finops kpi`: unit costs of two months on a company's own files (docs/method §16.4). Oracle: plain sums of what was written into the files."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from commands import finops

import finops_model as fm
from finops_model.facts.daily import warehouse
from finops_model.measure import kpis
from finops_model.measure.cycle.facts import for_report

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


@pytest.fixture(scope="module")
def wide(company, tmp_path_factory):
    """The same company with samples, seats, customers and a log of requests; of the last month the log knows a whole, the bill half."""
    root = tmp_path_factory.mktemp("wide")
    lines = ["Date,Cost (USD),Team,Service"]
    lines += [
        f"{day.date()},{cost(day)},chat,GPU" for day in DAYS if str(day.date()) < "2026-02-15"
    ]
    (root / "bill.csv").write_text("\n".join(lines))
    fm.start(root / "bill.csv", folder=root / "ws")
    folder = root / "ws"
    (folder / "drivers.csv").write_text(
        "date,name,value\n" + "".join(f"{day.date()},chats,{chats(day)}\n" for day in DAYS)
    )
    (folder / "quality.csv").write_text(
        "week,workload,model,sampled,accepted\n2026-01-05,chat/(untagged)/GPU,m,200,150\n"
        "2026-01-12,chat/(untagged)/GPU,m,200,170\n"
    )
    (folder / "seats.csv").write_text("month,SkuId,bought,opened\n2026-01,S,50,40\n")
    (folder / "customers.csv").write_text("customer,name,tier\na,Ada,gold\nb,Bo,basic\n")
    (folder / "use.csv").write_text("month,customer,chats\n2026-01,a,900\n2026-01,b,100\n")
    (folder / "endpoints.csv").write_text(
        "month,ResourceId,workload,requests,gpu_hours\n"
        "2026-01,e,chat/(untagged)/GPU,3100,744\n2026-02,e,chat/(untagged)/GPU,1400,336\n"
    )
    text = (folder / "finops.yaml").read_text()
    (folder / "finops.yaml").write_text(
        text
        + "\ndrivers: [drivers.csv]\nquality_samples: quality.csv\nseats: seats.csv\ncustomers: customers.csv\n"
        "customer_usage: use.csv\nusage: [endpoints.csv]\n"
    )
    return fm.load_settings(folder / "finops.yaml")


def test_the_list_has_every_kpi_its_value_and_why_there_is_none(wide):
    answer = fm.kpi(wide, last="2026-01", listed=True)
    told = {row["name"]: row for row in answer.figures["kpis"]}
    lines = {row["line"]: row for row in answer.figures["lines"]}
    spent = by_hand("2026-01")[0]
    assert lines["Cost per customer"]["value"] == pytest.approx(spent / 2)
    assert lines["Cost per gold customer"]["value"] == pytest.approx(0.9 * spent)
    assert lines["Cost per inference, chat/(untagged)/GPU"]["value"] == pytest.approx(spent / 3100)
    assert lines["Answers accepted, chat/(untagged)/GPU"]["value"] == pytest.approx(320 / 400)
    assert (lines["Seats in use"]["numerator"], lines["Seats in use"]["denominator"]) == (40, 50)
    assert told["cost_per_api_call"]["data"] == (
        "No usage log counts calls of models: name one under usage: (docs/ingest/usage.md)."
    )
    assert told["cost_per_customer"] == {
        "KPI": "Cost per customer",
        "name": "cost_per_customer",
        "formula": "cost of the workloads that customers use ÷ customers that used them; of a tier: what bills name as its own, the rest by its part of each driver's count",
        "unit": "money / customer",
        "basis": "Effective",
        "source": "FinOps Framework, Unit Economics; docs/method §16.25",
        "for": "product, finance, leadership",
        "better": "lower",
        "data": "yes",
    }
    count = sum(row["data"] == "yes" for row in told.values())
    assert answer.sentence == (
        f"{count} of {len(told)} KPIs have a value for the company in January 2026."
    )


def test_a_count_of_a_month_that_is_half_billed_makes_no_unit_cost(wide):
    """1,400 requests of February over 14 billed days would be twice too dear."""
    answer = fm.kpi(wide, last="2026-02", only="cost per inference", trend=3)
    assert list(answer.figures["Cost per inference, chat/(untagged)/GPU"]["months"]) == ["2026-01"]
    with pytest.raises(fm.FinOpsError, match="no unit cost of the company has a value in both"):
        fm.kpi(wide, "2026-01", "2026-02", only="cost per inference")


def test_a_trend_has_each_month_with_what_it_is_divided_out_of(company):
    answer = fm.kpi(company, last="2026-02", trend=3)
    months = answer.figures["Cost per chat"]["months"]
    assert list(months) == ["2025-12", "2026-01", "2026-02"]
    for month, said in months.items():
        assert (said["cost"], said["count"]) == pytest.approx(by_hand(month))
    first, last = (spent / count for spent, count in map(by_hand, ("2025-12", "2026-02")))
    assert answer.sentence == (
        f"Cost per chat of the company went from {first:.4g} in December 2025 to {last:.4g} in February 2026 (USD / chat)."
    )


def test_a_kpi_is_asked_by_its_name_or_its_file(company):
    by_title = fm.kpi(company, "2026-01", "2026-02", only="Cost per driver")
    by_file = fm.kpi(company, "2026-01", "2026-02", only="cost_per_driver")
    assert by_title.figures == by_file.figures == fm.kpi(company, "2026-01", "2026-02").figures
    share = fm.kpi(company, "2026-01", "2026-02", only="Cost that is tagged")
    assert share.sentence == (
        "Cost that is tagged of the company was 100 % in January 2026 and 100 % in February 2026: no change."
    )
    assert share.table.iloc[0][["unit", "2026-01", "points"]].tolist() == ["%", 100.0, 0.0]


def test_the_command_lists_and_trends(company, tmp_path):
    where = str(company.root)
    _, said, _ = finops("kpi", "--list", "--json", "-s", where)
    assert {row["name"] for row in json.loads(said)["figures"]["kpis"]} == set(kpis.shelf())
    file = tmp_path / "kpis.xlsx"
    finops("kpi", "--trend", "4", "--all", "--export", str(file), "-s", where)
    sheet = pd.read_excel(file, sheet_name="Months")
    assert {"numerator", "denominator", "days"} <= set(sheet) and "Waste" in set(sheet["KPI"])
    code, _, said = finops("kpi", "--trend", "1", "-s", where)
    assert code == 2 and "--trend" in said


def test_a_report_has_the_facts_of_the_kpis_that_it_names(wide):
    ledger = fm.Ledger(wide.path(wide.ledger))
    daily = warehouse.daily(ledger, wide)
    assert for_report(wide, ledger, daily, [], "2026-01") == {}
    named = wide.model_copy(update={"kpis": ["cost_per_customer", "seats_used"]})
    (unit,) = for_report(named, ledger, daily, [], "2026-01").values()
    assert set(unit) == {"complete", "year_starts", "customers", "customer_usage", "seats"}
