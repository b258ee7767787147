"""A dimension of the company's own: one setting, and facts, forecasts and KPIs have it; without one nothing is another way."""

from __future__ import annotations

import importlib
import json
import sys

import pandas as pd
import pytest
from commands import finops
from ledger_world import focus

from finops_model.errors import InputError
from finops_model.facts.daily import warehouse
from finops_model.facts.ledger.store import Ledger
from finops_model.measure import kpis
from finops_model.settings import load_settings
from finops_model.simulate.hierarchy import OF_THE_BILL, kinds

TIERS = "dimensions: {customer_tier: tier}\n"
MONTHS = ("2026-05", "2026-06", "2026-07")


@pytest.fixture
def company(tmp_path):
    """30 a day of gold, 10 of silver, 2 without a tier, all of one workload; usage in requests."""

    def make(more=TIERS):
        (tmp_path / "finops.yaml").write_text(f"company: A\n{more}")
        settings = load_settings(tmp_path)
        ledger = Ledger(settings.path(settings.ledger))
        if not ledger.rows:
            frames = [
                focus(range(1, 29), amount=amount, month=month, ResourceId=tier, Tags=tags(tier))
                for month in MONTHS
                for amount, tier in (("30", "gold"), ("10", "silver"), ("2", ""))
            ]
            ledger.ingest(("bill", pd.concat(frames, ignore_index=True)))
        return settings

    return make


def tags(tier: str) -> str:
    return json.dumps({"team": "search", "workload": "chat"} | ({"tier": tier} if tier else {}))


def facts(settings) -> pd.DataFrame:
    return warehouse.daily(Ledger(settings.path(settings.ledger)), settings)


def cost(frame, column="x_CustomerTier") -> dict:
    return frame.groupby(column)["EffectiveCost"].sum().to_dict()


def test_a_dimension_of_one_setting_is_a_column_of_daily_facts(company):
    frame = facts(company())
    assert frame.columns.tolist() == [
        *warehouse.KEYS,
        "x_CustomerTier",
        *warehouse.MEASURES,
        "Rows",
    ]
    assert cost(frame) == {"gold": 30 * 84, "silver": 10 * 84, "(untagged)": 2 * 84}


def test_without_a_dimension_facts_and_kept_answers_are_as_they_were(company):
    bare = company("")
    before = facts(bare)
    assert before.columns.tolist() == warehouse.DAILY
    kept = sorted(bare.path(bare.ledger).glob("kept/daily-*"))
    facts(company())
    again = facts(company(""))
    pd.testing.assert_frame_equal(again, before)
    assert kept[0] in sorted(bare.path(bare.ledger).glob("kept/daily-*"))
    kept_again = facts(company())  # read from what was kept
    assert cost(kept_again)["gold"] == 30 * 84


@pytest.mark.parametrize(
    "written, expected",
    [
        ("{customer_tier: {column: ResourceId}}", {"gold": 2520, "silver": 840, "(untagged)": 168}),
        (
            "{customer_tier: {tag: tier, rules: [{to: free, when: {ServiceName: GPU Compute}}]}}",
            {"gold": 2520, "silver": 840, "free": 168},
        ),
        (
            "{customer_tier: {rules: [{to: paying, when: {Tags/tier: {regex: '.'}}}, {to: free}]}}",
            {"paying": 3360, "free": 168},
        ),
    ],
)
def test_a_dimension_is_a_tag_a_column_or_rules(written, expected, company):
    assert cost(facts(company(f"dimensions: {written}\n"))) == expected


def test_tag_rules_give_values_of_a_dimension_too(company, tmp_path):
    (tmp_path / "tags.yaml").write_text("shared: {customer_tier: internal}\n")
    settings = company(TIERS + "tag_rules: tags.yaml\n")
    assert cost(facts(settings)) == {"gold": 2520, "silver": 840, "internal": 168}


def test_a_forecast_by_the_dimension_adds_up_and_splits_as_the_newest_cost(company, tmp_path):
    company()
    code, said, told = finops(
        "forecast", "--by", "customer_tier", "--months", "1", "--json", "-s", tmp_path
    )
    assert code == 0, told
    last = max(row["period"] for row in json.loads(said)["rows"])
    median = {row["node"]: row["p50"] for row in json.loads(said)["rows"] if row["period"] == last}
    whole = median.pop("Company")
    assert sum(median.values()) == pytest.approx(whole, rel=1e-6)
    for node, share in (("gold", 30 / 42), ("silver", 10 / 42), ("(untagged)", 2 / 42)):
        assert median[node] == pytest.approx(whole * share, rel=1e-6)


def test_a_forecast_by_environment_or_model_adds_up_where_the_bill_says_it(tmp_path):
    """One workload in two environments and of two models: 30, 10 and 2 a day."""
    (tmp_path / "finops.yaml").write_text("company: A\n")
    cells = (("30", "prod", "large"), ("10", "dev", "small"), ("2", "", ""))
    frames = [
        focus(
            range(1, 29),
            amount=amount,
            month=month,
            x_Model=model,
            Tags=json.dumps({"team": "search", "workload": "chat", "environment": where}),
        )
        for month in MONTHS
        for amount, where, model in cells
    ]
    Ledger(tmp_path / ".finops/ledger").ingest(("bill", pd.concat(frames, ignore_index=True)))
    for by, names in (
        ("environment", ("prod", "dev", "(untagged)")),
        ("model", ("large", "small", "(untagged)")),
    ):
        asked = ("forecast", "--by", by, "--months", "1", "--json", "-s", tmp_path)
        code, said, told = finops(*asked)
        assert code == 0, told
        last = max(row["period"] for row in json.loads(said)["rows"])
        median = {
            row["node"]: row["p50"] for row in json.loads(said)["rows"] if row["period"] == last
        }
        whole = median.pop("Company")
        for node, part in zip(names, (30, 10, 2), strict=True):
            assert median.pop(node) == pytest.approx(whole * part / 42, rel=1e-6)
        assert not median


def test_a_forecast_by_what_no_charge_says_is_refused_in_words(company, tmp_path):
    company()
    code, _, told = finops("forecast", "--by", "model", "-s", tmp_path)
    assert code == 2
    assert " ".join(told.split()) == (
        "Error --by model: no charge of the bill says its model: it is known where the bill has it, such as token bills. "
        "Give another: service, team, unit, workload, environment."
    )


def test_a_slip_of_the_dimension_is_refused_with_the_nearest(company, tmp_path):
    company()
    code, _, told = finops("forecast", "--by", "customer_teir", "-s", tmp_path)
    assert code == 2
    assert " ".join(told.split()) == (
        "Error --by: unknown kind of node 'customer_teir'. Did you mean 'customer_tier'? Known: service, team, unit, workload, environment, model, customer_tier."
    )


KPI = """
from finops_model.measure.kpis import Part, by_day

def parts(facts):
    found = []
    for tier, rows in facts.daily.groupby("x_CustomerTier"):
        cost = by_day(rows, "EffectiveCost")
        found.append(Part(f"Cost per day, {tier}", f"{facts.currency} / day", cost, cost * 0 + 1))
    return found
"""


def test_a_newcomer_adds_a_kpi_with_a_dimension_of_its_own_in_one_file_and_one_setting(
    company, tmp_path, monkeypatch
):
    """The issue's own test: cost by customer tier, without a change of code."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    (shelf / "cost_per_tier.py").write_text(KPI)
    monkeypatch.setattr(kpis, "__path__", [*kpis.__path__, str(shelf)])
    importlib.invalidate_caches()
    try:
        rows = facts(company())
        drivers = pd.DataFrame({"date": [], "name": [], "role": [], "unit": [], "value": []})
        given = kpis.Facts(rows[rows["ChargeCategory"] == "Usage"], drivers, {}, "USD")
        lines = kpis.unit_costs(given, "2026-07", asked=["cost_per_tier"])
    finally:
        sys.modules.pop(f"{kpis.__name__}.cost_per_tier", None)
        vars(kpis).pop("cost_per_tier", None)
    assert {line["name"]: line["value"] for line in lines} == {
        "Cost per day, gold": 30,
        "Cost per day, silver": 10,
        "Cost per day, (untagged)": 2,
    }


@pytest.mark.parametrize(
    "written, message",
    [
        (
            "{team: t}",
            "1: dimensions: 'team' is there already, from the bill. Choose another name for this one.",
        ),
        (
            "{Customer Tier: t}",
            "1: dimensions: 'Customer Tier' is no name of a dimension. Write small letters from a to z and _ between words, such as customer_tier.",
        ),
        (
            "{tier: {tag: a, column: b}}",
            "1: dimensions/tier: tag 'a' and column 'b': a dimension is read in one place. Take one of them out.",
        ),
        ("{tier: {}}", "1: dimensions/tier: says nothing. Write its tag, its column or its rules."),
    ],
)
def test_a_slip_in_a_dimension_is_refused_in_words(written, message, tmp_path):
    (tmp_path / "finops.yaml").write_text(f"dimensions: {written}\n")
    with pytest.raises(InputError) as refused:
        load_settings(tmp_path)
    assert str(refused.value) == f"{tmp_path / 'finops.yaml'}:{message}"


@pytest.mark.parametrize(
    "written, place",
    [("{column: ResourceID}", "column"), ("{rules: [{to: a, when: {ResourceID: b}}]}", "rules")],
)
def test_a_column_that_the_bill_has_not_is_refused_with_the_nearest(
    written, place, company, tmp_path
):
    (tmp_path / "tags.yaml").write_text("virtual:\n- {set: team, to: a}\n")
    with pytest.raises(InputError) as refused:
        facts(company(f"tag_rules: tags.yaml\ndimensions: {{customer: {written}}}\n"))
    assert str(refused.value).startswith(
        f"finops.yaml: dimensions/customer/{place}: unknown column 'ResourceID'. Did you mean 'ResourceId'?"
    )


def test_the_names_of_the_bill_are_no_dimensions_of_its_own():
    assert set(OF_THE_BILL) == {name for name in warehouse.KEYS if name.startswith("x_")}
    assert set(kinds(pd.DataFrame(columns=warehouse.DAILY))) == {
        "service",
        "team",
        "unit",
        "workload",
        "environment",
        "model",
    }
