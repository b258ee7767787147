"""Cost by each dimension and budgets of its values: in brief, page and workbook, adding up to the company; activity by documented rules."""

from __future__ import annotations

import json
import re

import openpyxl
import pandas as pd
import pytest
import yaml
from ledger_world import focus

from finops_model.errors import InputError
from finops_model.facts.daily import warehouse
from finops_model.facts.intake.tables import read_table
from finops_model.facts.ledger.store import Ledger
from finops_model.facts.plans import read as plans
from finops_model.facts.plans import together
from finops_model.facts.plans.recognise import plan_of
from finops_model.publish import close
from finops_model.publish.page.body import Page
from finops_model.publish.report.workbook.book import write_workbook
from finops_model.settings import load_settings
from scripts import ROOT

MONTHS = (("2026-05", 31), ("2026-06", 30), ("2026-07", 31))
CHARGES = (  # a day (of chat a day's number modulo 3 more), service, workload, environment, tier
    ("30", "GPU Compute", "chat", "prod", "gold"),
    ("10", "GPU Compute", "train", "research", "silver"),
    ("5", "Storage", "files", "prod", ""),
)
SETTINGS = """company: A
paths: 200
budgets: budgets*.csv
dimensions:
  customer_tier: tier
  spend_class:
    rules:
    - {to: ai, when: {ServiceName: GPU Compute}}
    - {to: general}
  purpose:
    rules:
    - {to: research, when: {Tags/environment: [research, experiment]}}
    - {to: production}
"""
BUDGETS = "dimension,value,business_unit,month,currency,amount\n" + "".join(
    f"{dimension},{value},,2026-{m:02},USD,{amount}\n"
    for dimension, value, amount in (
        ("spend_class", "ai", 1000),
        ("spend_class", "general", 200),
        ("purpose", "research", 400),
        ("purpose", "travel", 7),
        ("", "", 1300),
    )
    for m in range(1, 13)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("dimensions")
    frames = [
        focus(
            [day for day in range(1, days + 1) if day % 3 == more],
            amount=str(int(amount) + more * (work == "chat")),
            month=month,
            ServiceName=service,
            Tags=json.dumps({"team": "t", "workload": work, "environment": where, "tier": tier}),
        )
        for month, days in MONTHS
        for amount, service, work, where, tier in CHARGES
        for more in range(3)
    ]
    Ledger(root / ".finops/ledger").ingest(("bill", pd.concat(frames, ignore_index=True)))
    (root / "finops.yaml").write_text(SETTINGS.replace("budgets*.csv", "[budgets*.csv]"))
    (root / "budgets.csv").write_text(BUDGETS)
    return root


@pytest.fixture(scope="module")
def brief(folder):
    return close.briefs_of(close.prepare(load_settings(folder), "2026-07"), ["Company"])[0]


def tables(brief) -> dict:
    return {one["name"]: one for one in brief["allocation"]["dimensions"]}


def line(brief, name: str, value: str) -> dict:
    return next(one for one in tables(brief)[name]["values"] if one["value"] == value)


def test_every_dimension_has_a_table_whose_values_add_up_to_the_company(brief):
    assert list(tables(brief)) == ["customer_tier", "spend_class", "purpose", "team", "environment"]
    for one in tables(brief).values():
        for key, whole in (
            ("actual", brief["actual"]["month"]),
            ("previous_month", brief["actual"]["previous_month"]),
            ("year_to_date", brief["actual"]["year_to_date"]),
        ):
            assert sum(row[key] or 0 for row in one["values"]) == pytest.approx(whole, rel=1e-12)
    assert [(row["value"], row["actual"]) for row in tables(brief)["customer_tier"]["values"]] == [
        ("gold", 31 * 31),
        ("silver", 10 * 31),
        ("", 5 * 31),
    ]
    assert line(brief, "spend_class", "ai") == {
        "value": "ai",
        "actual": 41 * 31,
        "previous_month": 41 * 30,
        "year_to_date": 41 * 92,
        "share": pytest.approx(41 / 46),
        "budget": 1000.0,
        "year_budget": 12000.0,
        **{key: line(brief, "spend_class", "ai")[key] for key in LANDING},
    }


LANDING = (
    "landing_p10",
    "landing_p50",
    "landing_p90",
    "landing_mean",
    "over",
    "overrun_probability",
)


def test_values_land_as_the_company_does_path_by_path_and_budgets_are_never_counted_twice(brief):
    land = brief["landing"]
    for name in ("spend_class", "purpose"):
        rows = tables(brief)[name]["values"]
        assert sum(row["landing_mean"] for row in rows) == pytest.approx(land["mean"], rel=1e-9)
        for row in rows:
            if row["year_budget"] is not None:
                assert row["over"] == pytest.approx(row["landing_mean"] - row["year_budget"])
    assert [row["value"] for row in tables(brief)["purpose"]["values"]] == [
        "production",
        "research",
        "travel",
    ]
    travel = line(brief, "purpose", "travel")  # a budget that nothing was spent of
    assert (travel["actual"], travel["landing_mean"], travel["over"]) == (0.0, 0.0, -84.0)
    bare = line(brief, "purpose", "production")  # cost without a budget
    assert (bare["budget"], bare["over"], bare["overrun_probability"]) == (None, None, None)
    assert 0 < line(brief, "spend_class", "ai")["overrun_probability"] < 1
    # 1,200 a month by class against 1,300 of the company, whose own budget stands as it was
    assert tables(brief)["spend_class"]["budgets_differ"] == -1200.0
    assert land["budget"] == 15600.0


def test_page_and_workbook_show_them(brief, tmp_path):
    page = Page(brief)
    page.first_page()
    html = page.allocation().html
    assert page.differences() == []
    assert "July 2026 by customer tier, USD" in html and ">no customer tier<" in html
    month, year = (re.sub(r"<[^>]*>|\s+", " ", part) for part in html.split("<table")[2:4])
    assert re.search(
        r"ai +1,271 +1,000 +\+271 .*general +155 +200 +−45 .*Company +1,426 +1,200 +\+226", month
    )
    assert "Mean" in year
    assert "FY2026 by spend class, USD" in html and "by environment" not in html
    assert "These budgets together are 1,200 USD below the company" in html
    book = openpyxl.load_workbook(write_workbook(brief, tmp_path / "a.xlsx"))
    rows = [[cell.value for cell in row] for row in book["Dimensions"].iter_rows()]
    assert rows[0][:6] == [
        "Dimension",
        "Value",
        "Actual 2026-07",
        "Month before",
        "FY2026 so far",
        "Share of the month",
    ]
    assert rows[1][:4] == ["Customer tier", "gold", 961, 930]
    assert rows[4][:3] == ["Customer tier", "Company", "=SUM(C2:C4)"]
    ai = next(row for row in rows if row[:2] == ["Spend class", "ai"])
    assert ai[6] == 1000 and ai[12].startswith("=K") and ai[11] == 12000
    assert ["Environment", "research"] in [row[:2] for row in rows]


def test_long_tables_are_five_values_and_the_others(folder, brief):
    wide = json.loads(json.dumps(brief))
    table = wide["allocation"]["dimensions"][0]
    table["values"] = [
        {
            "value": f"c{n}",
            "actual": 100.0 - n,
            "previous_month": None,
            "year_to_date": 1.0,
            "share": 0.1,
        }
        for n in range(9)
    ]
    table["values"].append({**table["values"][0], "value": "", "actual": 3.0})
    html = Page(wide).allocation().html
    found = re.findall(r">(c\d|\d more|no customer tier)<", html)
    assert found == ["c0", "c1", "c2", "c3", "c4", "4 more", "no customer tier"]
    assert ">374<" in html  # 95 + 94 + 93 + 92


def test_a_company_that_says_nothing_has_no_new_section(folder):
    (folder / "plain").mkdir()
    (folder / "plain/finops.yaml").write_text("company: A\npaths: 100\nledger: ../.finops/ledger\n")
    plain = close.briefs_of(close.prepare(load_settings(folder / "plain"), "2026-07"), ["Company"])[
        0
    ]
    assert list(tables(plain)) == ["team", "environment"] and Page(plain).allocation() is None


def test_where_rules_of_tags_are_written_the_page_says_coverage_and_debt_in_one_line(folder):
    """5 a day of files have no tier: 155 of 1,426 in July and in May, 150 in June."""
    where = folder / "tagged"
    where.mkdir()
    (where / "finops.yaml").write_text(
        "company: A\npaths: 100\nledger: ../.finops/ledger\ntag_rules: tags.yaml\n"
    )
    (where / "tags.yaml").write_text("keys:\n  tier: {mandatory: true}\n")
    settings = load_settings(where)
    for month, said in (
        (
            "2026-05",
            "89.1 % of the cost of May 2026 is tagged as the company's rules want; tag debt $155.",
        ),
        (
            "2026-06",
            "89.1 % of the cost of June 2026 is tagged as the company's rules want; tag debt $150, "
            "fallen from $155 in May 2026 (then 89.1 % tagged).",
        ),
        (
            "2026-07",
            "89.1 % of the cost of July 2026 is tagged as the company's rules want; tag debt $155, "
            "as much as in May 2026 (then 89.1 % tagged).",
        ),
    ):
        brief = close.briefs_of(close.prepare(settings, month), ["Company"])[0]
        page = Page(brief)
        page.first_page()
        lead = re.search(r"<p>(.*?)</p>", page.allocation().html)[1]
        assert re.sub(r"<[^>]*>", "", lead).replace("&#39;", "'") == said
        assert page.differences() == []
    assert brief["allocation"]["tags"] == {
        "month": "2026-07",
        "cost": 46 * 31,
        "debt": 155,
        "coverage": pytest.approx(41 / 46),
        "before": "2026-05",
        "debt_before": 155,
        "coverage_before": pytest.approx(41 / 46),
    }


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "dimension,value,month,amount\npurpose,,2026-01,5\n",
            "b.csv: line 2: value: is empty beside 'purpose'. Write both for the budget of a dimension's value, none for a unit's.",
        ),
        (
            "dimension,value,business_unit,month,amount\npurpose,research,Search,2026-01,5\n",
            "b.csv: line 2: business_unit: 'Search' and purpose 'research': a line is the budget of a unit or of a dimension's value. Take one of them out.",
        ),
        (
            "dimension,value,month,amount\npurpose,research,2026-01,5\npurpose,research,2026-01,6\n",
            "b.csv: line 3: research 2026-01 appears twice in version 'budget', first in line 2. Keep one of them.",
        ),
    ],
)
def test_a_slip_in_a_budget_of_a_value_is_refused_in_words(text, message, tmp_path):
    (tmp_path / "b.csv").write_text(text)
    with pytest.raises(InputError) as refused:
        plans.read_budgets(tmp_path / "b.csv", "USD")
    assert str(refused.value) == message


def test_a_dimension_that_the_company_has_not_is_refused_before_a_report(folder):
    (folder / "budgets-2.csv").write_text(
        "dimension,value,month,amount\npurpos,research,2027-01,5\n"
    )
    try:
        with pytest.raises(InputError) as refused:
            close.prepare(load_settings(folder), "2026-07")
    finally:
        (folder / "budgets-2.csv").unlink()
    assert str(refused.value) == (
        "budgets-2.csv: dimension: unknown dimension 'purpos'. Did you mean 'purpose'? Known: customer_tier, spend_class, "
        "purpose, team, environment, model. Declare it in finops.yaml (dimensions:), or correct the line."
    )


def test_budgets_of_values_may_stand_in_a_file_of_their_own(tmp_path):
    for name, value in (("a", "ai"), ("b", "general")):
        (tmp_path / f"{name}.csv").write_text(
            f"dimension,value,month,amount\nspend_class,{value},2026-01,5\n"
        )
    assert plan_of(read_table(tmp_path / "a.csv")) == "budgets"  # as finops add takes it
    both = together.all_budgets([tmp_path / "a.csv", tmp_path / "b.csv"], "USD")
    assert both.units() == [] and both.by_month("Company") == {}
    assert both.dimensions["spend_class"].units() == ["ai", "general"]


def documented(name: str) -> dict:
    """What docs/dimensions.md writes under a key, of all its blocks of YAML."""
    text = (ROOT / "docs/dimensions.md").read_text(encoding="utf-8")
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    return {key: one for block in blocks for key, one in block.get(name, {}).items()}


ACTIVITIES = (  # tags, unit, and what the documented rules make of it
    ({"workload": "tokenise-etl"}, "Hours", "preparation"),
    ({"workload": "pretraining-7b"}, "Hours", "training"),
    ({"workload": "chat-finetune-train"}, "Hours", "tuning"),
    ({"workload": "nightly-eval"}, "Hours", "evaluation"),
    ({"workload": "chat"}, "Hours", "inference"),
    ({}, "1M tokens", "inference"),
    ({"workload": "notebook", "environment": "sandbox"}, "Hours", "experimentation"),
    ({"workload": "chat", "activity": "evaluation"}, "Hours", "evaluation"),  # the tag wins
    ({"workload": "backup"}, "GB", "(untagged)"),
)


def test_documented_rules_give_activity_class_and_purpose_and_none_runs_by_default(tmp_path):
    own = {name: documented("dimensions")[name] for name in ("activity", "spend_class", "purpose")}
    (tmp_path / "finops.yaml").write_text(yaml.safe_dump({"company": "A", "dimensions": own}))
    frames = [
        focus(
            [1],
            amount=str(2**n),
            Tags=json.dumps(tags),
            ConsumedUnit=unit,
            ConsumedQuantity="1",
            ServiceCategory="Storage" if unit == "GB" else "Compute",
            SkuMeter="GPU" if unit == "Hours" else "",
        )
        for n, (tags, unit, _) in enumerate(ACTIVITIES)
    ]
    ledger = Ledger(tmp_path / ".finops/ledger")
    ledger.ingest(("bill", pd.concat(frames, ignore_index=True)))

    def cost(column, facts) -> dict:
        return facts.groupby(column)["EffectiveCost"].sum().to_dict()

    facts = warehouse.daily(ledger, load_settings(tmp_path))
    wanted: dict[str, float] = {}
    for n, (_, _, activity) in enumerate(ACTIVITIES):
        wanted[activity] = wanted.get(activity, 0) + 2**n
    assert cost("x_Activity", facts) == wanted
    assert cost("x_SpendClass", facts) == {"ai": 255, "general": 256}
    assert cost("x_Purpose", facts) == {"research": 64, "production": 511 - 64}
    (tmp_path / "finops.yaml").write_text("company: A\n")
    assert not {"x_Activity", "x_SpendClass", "x_Purpose"} & set(
        warehouse.daily(ledger, load_settings(tmp_path))
    )


def test_every_setting_that_the_page_of_dimensions_writes_is_read(tmp_path):
    written = {name: documented(name) for name in ("dimensions", "shared_cost")}
    (tmp_path / "finops.yaml").write_text(yaml.safe_dump(written))
    read = load_settings(tmp_path)
    assert set(read.dimensions) == set(written["dimensions"])
    assert set(read.shared_cost.pools) == {"platform", "network", "security", "gateway"}
