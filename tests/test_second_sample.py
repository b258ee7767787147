"""The second sample company: FOCUS identities, invoices by entity and currency, and that its truth is in the bill (docs/method §1.4)."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from finops_model.facts.ledger.store import Ledger
from finops_model.facts.plans import read as plans
from finops_model.prices.lists.catalog import load_catalog
from finops_model.prices.lists.plan_rates import load_plan_rates

ROOT = Path(__file__).resolve().parents[1]
STARTUP = ROOT / "data" / "startup"
BILL = f"read_parquet('{STARTUP}/focus/*.parquet')"
INC, GMBH = "Thistledown Inc.", "Thistledown GmbH"
ENTITIES = {INC: ("inc", "USD"), GMBH: ("gmbh", "EUR")}
TAG = "json_extract_string(Tags, '{}')"
WORKLOAD = TAG.format("workload")
MONTH = "strftime(ChargePeriodStart, '%Y-%m')"


def ask(query: str) -> list[tuple]:
    """Rows of a query over the bills; money stays DECIMAL."""
    with duckdb.connect() as connection:
        return (
            connection.execute("SET TimeZone='UTC'").execute(query.replace("BILL", BILL)).fetchall()
        )


def by_day(entity: str, where: str, what: str = "sum(EffectiveCost)::DOUBLE") -> pd.Series:
    """A sum a day of an entity's rows."""
    rows = ask(
        f"SELECT ChargePeriodStart::DATE, {what} FROM BILL WHERE BillingCurrency = '{ENTITIES[entity][1]}' AND {where} GROUP BY 1 ORDER BY 1"
    )
    return pd.Series(
        [float(value) for _, value in rows], index=pd.to_datetime([day for day, _ in rows])
    )


def table(name: str) -> list[dict]:
    with open(STARTUP / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads((STARTUP / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def again(tmp_path_factory) -> Path:
    """Everything made a second time, in a folder of its own and with another hash seed."""
    folder = tmp_path_factory.mktemp("data")
    subprocess.run(
        [sys.executable, str(STARTUP / "make_sample.py"), str(folder)],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        cwd=folder,
    )
    return folder / "startup"


def made_files() -> list[Path]:
    by_hand = {STARTUP / "finops.yaml", STARTUP / "README.md", *(STARTUP / "scenarios").glob("*")}
    own = ("focus", "inc", "gmbh", "plan_rates", "prices")
    return sorted(
        path
        for path in STARTUP.rglob("*")
        if path.is_file()
        and path.suffix not in (".py", ".pyc")
        and path not in by_hand
        and (path.parent == STARTUP or path.relative_to(STARTUP).parts[0] in own)
    )


def test_every_file_has_a_passport_with_its_digest():
    text = (STARTUP / "README.md").read_text(encoding="utf-8")
    digests = {
        path.relative_to(STARTUP).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in made_files()
    }
    assert dict(re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", text, re.M)) == digests
    assert len(digests) == 29 and "synthetic start-up" in text


def test_all_files_together_are_at_most_1_5_mb_and_modules_short():
    assert (
        sum(path.stat().st_size for path in made_files())
        + sum(path.stat().st_size for path in STARTUP.glob("*.py"))
        <= 1_500_000
    )
    for module in STARTUP.glob("*.py"):
        assert len(module.read_text(encoding="utf-8").splitlines()) <= 500, module


def test_the_generator_gives_the_committed_values_again(again):
    for path in made_files():
        second = again / path.relative_to(STARTUP)
        if path.suffix == ".parquet":
            assert pq.read_table(path).equals(pq.read_table(second)), path.name
            if (
                pq.ParquetFile(path).metadata.created_by
                == pq.ParquetFile(second).metadata.created_by
            ):
                assert path.read_bytes() == second.read_bytes(), path.name
        else:
            assert path.read_bytes() == second.read_bytes(), path.name
    assert len([path for path in again.rglob("*") if path.is_file()]) == len(made_files()) + 1


# FOCUS identities: each query counts charges that break a "MUST"
BROKEN = {
    "list cost is list unit price x pricing quantity": "ListUnitPrice::DECIMAL(20, 8) * PricingQuantity <> ListCost",
    "everything is bought at list": "ContractedCost <> ListCost OR BilledCost <> ListCost OR EffectiveCost <> ListCost",
    "tokens are priced in blocks of a million": "ConsumedUnit = 'Tokens' AND (PricingUnit <> '1000000 Tokens' "
    "OR ConsumedQuantity <> PricingQuantity * 1000000)",
    "other units are consumed as priced": "ConsumedUnit <> 'Tokens' AND ConsumedQuantity <> PricingQuantity",
    "a charge lies in its billing period": "ChargePeriodStart < BillingPeriodStart OR ChargePeriodEnd > BillingPeriodEnd OR ChargePeriodEnd <= ChargePeriodStart",
    "negative money is a credit": "(BilledCost < 0) <> (ChargeCategory = 'Credit')",
    "every charge is on an invoice": "InvoiceId IS NULL",
    "no GPU is bought": "ServiceName ILIKE '%gpu%' OR SkuMeter ILIKE '%gpu%' OR ServiceCategory = 'Compute'",
    "an account belongs to one currency": "(BillingCurrency = 'USD') <> (BillingAccountId IN ('otm-org-2201', 'fen-7714', 'pnd-us-0451', 'wrn-team-39'))",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_focus(broken):
    assert ask(f"SELECT count(*) FROM BILL WHERE {broken}") == [(0,)]


def test_two_entities_24_months_two_currencies():
    assert ask(
        f"SELECT BillingCurrency, count(DISTINCT {MONTH}), min(ChargePeriodStart)::DATE, max(ChargePeriodStart)::DATE, count(DISTINCT ChargePeriodStart) "
        "FROM BILL GROUP BY 1 ORDER BY 1"
    ) == [(code, 24, dt.date(2024, 11, 1), dt.date(2026, 10, 31), 730) for code in ("EUR", "USD")]
    both = ask(
        "SELECT InvoiceIssuerName FROM BILL GROUP BY 1 HAVING count(DISTINCT BillingCurrency) = 2 ORDER BY 1"
    )
    assert both == [("Ottermere AI",), ("Wrenly",)], (
        "one issuer bills both entities, so an issuer alone does not tell whose a charge is"
    )


@pytest.mark.parametrize("entity", ENTITIES)
def test_invoices_are_the_exact_sum_of_the_entitys_bill(entity):
    folder, currency = ENTITIES[entity]
    booked = {
        (issuer, month): total
        for issuer, month, total in ask(
            f"SELECT InvoiceIssuerName, strftime(BillingPeriodStart, '%Y-%m'), sum(BilledCost) FROM BILL WHERE BillingCurrency = '{currency}' GROUP BY 1, 2"
        )
    }
    rows = table(f"{folder}/invoices.csv")
    assert {
        (row["InvoiceIssuerName"], row["BillingPeriod"]): Decimal(row["Amount"]) for row in rows
    } == booked
    assert {row["BillingCurrency"] for row in rows} == {currency} and len(rows) == 4 * 24


@pytest.mark.parametrize("entity", ENTITIES)
def test_effective_cost_by_month_and_unit_is_the_truth(entity, truth):
    units = {row["team"]: row["business_unit"] for row in table("organisation.csv")}
    found: dict = {}
    for month, team, cost in ask(
        f"SELECT {MONTH}, {TAG.format('team')}, sum(EffectiveCost)::DOUBLE FROM BILL WHERE ChargeCategory NOT IN ('Tax', 'Credit') "
        f"AND BillingCurrency = '{ENTITIES[entity][1]}' GROUP BY 1, 2"
    ):
        unit = units.get(team, "(unassigned)")
        found.setdefault(month, {})[unit] = found.get(month, {}).get(unit, 0.0) + cost
    assert set(found) == set(truth["effective_by_month_and_unit"][entity])
    for month, expected in truth["effective_by_month_and_unit"][entity].items():
        assert {unit: cost for unit, cost in expected.items() if cost} == {
            unit: pytest.approx(cost, abs=0.01) for unit, cost in found[month].items()
        }


@pytest.mark.parametrize("entity", ENTITIES)
def test_list_cost_follows_from_the_price_documents(entity):
    catalog, folder = load_catalog(STARTUP / "prices" / ENTITIES[entity][0]), ENTITIES[entity]
    rows = ask(
        "SELECT SkuId, ChargePeriodStart::DATE, sum(ConsumedQuantity)::DOUBLE, sum(ListCost)::DOUBLE FROM BILL WHERE SkuId IS NOT NULL "
        f"AND BillingCurrency = '{folder[1]}' GROUP BY ALL"
    )
    assert {row[0] for row in rows} <= set(catalog.skus)
    for sku, day, quantity, cost in rows:
        assert catalog.price(sku, day).charge(quantity) == pytest.approx(
            cost, rel=1e-12, abs=1e-9
        ), (sku, day)


def test_the_price_cut_and_the_migration_happen_on_their_days(truth):
    cut, move = truth["price_cut"], truth["migration"]
    for currency in ("USD", "EUR"):
        change = ask(
            f"SELECT max(ListUnitPrice) FILTER (ChargePeriodStart >= '{cut['date']}') / max(ListUnitPrice) FILTER (ChargePeriodStart < '{cut['date']}') "
            f"FROM BILL WHERE SkuId = '{cut['model']}:output_tokens' AND BillingCurrency = '{currency}'"
        )[0][0]
        assert change == pytest.approx(1 + cut["change"])
        days = dict(
            ask(
                f"SELECT x_Model, [min(ChargePeriodStart)::DATE::VARCHAR, max(ChargePeriodStart)::DATE::VARCHAR] FROM BILL WHERE {WORKLOAD} = 'answers' "
                f"AND BillingCurrency = '{currency}' GROUP BY 1"
            )
        )
        assert days == {
            move["from"]: ["2024-11-01", "2025-07-30"],
            move["to"]: [move["start"], "2026-10-31"],
        }


@pytest.mark.parametrize("name", ["forgotten_key", "idle_index"])
def test_what_is_forgotten_costs_the_same_day_and_night_weekday_and_sunday(name, truth):
    planted = truth["waste"][name]
    cost = by_day(planted["entity"], f"{WORKLOAD} = '{planted['workload']}'")
    assert str(cost.index[0].date()) == planted["since"] and cost.index[-1] == pd.Timestamp(
        "2026-10-31"
    )
    months = cost.groupby(cost.index.strftime("%Y-%m")).sum()
    assert {month: round(value, 2) for month, value in months.items()} == pytest.approx(
        planted["cost_by_month"], abs=0.01
    )
    level = cost["2026-08":"2026-10"]
    assert level.std() / level.mean() < 0.04, "no weekday, no growth"
    assert ask(
        f"SELECT count(*) FROM BILL WHERE {WORKLOAD} = 'prototype-key' AND {TAG.format('team')} IS NOT NULL"
    ) == [(0,)]


def test_unused_seats_are_bought_and_never_opened(truth):
    bought = {
        (currency, month, sku): int(quantity)
        for currency, month, sku, quantity in ask(
            f"SELECT BillingCurrency, {MONTH}, SkuId, sum(ConsumedQuantity) FROM BILL WHERE ChargeCategory = 'Purchase' GROUP BY ALL"
        )
    }
    rows = table("seats.csv")
    assert {
        (ENTITIES[row["entity"]][1], row["month"], row["SkuId"]): int(row["bought"]) for row in rows
    } == bought
    assert all(0 <= int(row["opened"]) <= int(row["bought"]) for row in rows)
    for row in rows:
        unused = truth["waste"]["unused_seats"][f"{ENTITIES[row['entity']][0]}/{row['workload']}"][
            row["month"]
        ]
        assert unused["seats"] == int(row["bought"]) - int(row["opened"])
    for entity, sku in ((INC, "OTM-CHAT"), (INC, "WRN-CODE"), (GMBH, "WRN-CODE")):
        opened = [
            int(row["opened"]) for row in rows if (row["entity"], row["SkuId"]) == (entity, sku)
        ]
        steps = np.diff(np.convolve(opened, np.ones(3) / 3, "valid"))
        assert opened[-1] > 2 * opened[0] and steps[-4:].mean() < steps.max() / 2, (
            "an S-curve: adopted, then flat"
        )


def test_real_actions_show_on_the_bill_from_their_day(truth):
    real = {name for name, action in truth["actions"].items() if action["real"]}
    assert real == {"A01", "A02", "A03", "A04", "A05"}
    around = lambda series, day: (
        series[
            pd.Timestamp(day) - pd.Timedelta(days=28) : pd.Timestamp(day) - pd.Timedelta(days=1)
        ].mean(),
        series[pd.Timestamp(day) : pd.Timestamp(day) + pd.Timedelta(days=27)].mean(),
    )
    before, after = around(by_day(INC, f"{WORKLOAD} = 'call-recordings'"), "2025-09-01")
    assert after < 0.4 * before  # A01: hot becomes cool and archive
    share = by_day(
        INC,
        f"{WORKLOAD} = 'answers' AND SkuId LIKE '%input%'",
        "coalesce(sum(ConsumedQuantity) FILTER (SkuId LIKE '%:cached%'), 0)::DOUBLE / sum(ConsumedQuantity)::DOUBLE",
    )
    assert (share[:"2025-10-05"] == 0).all() and share["2025-10-06":].between(
        0.61, 0.63
    ).all()  # A02
    rate = by_day(
        INC,
        f"{WORKLOAD} = 'nightly-evals' AND SkuId LIKE '%output%'",
        "sum(EffectiveCost)::DOUBLE / sum(PricingQuantity)::DOUBLE",
    )
    assert set(rate[:"2026-03-15"]) == {4.0} and set(rate["2026-03-16":]) == {
        2.0
    }  # A03: half price
    seats = {
        (row["month"]): int(row["bought"])
        for row in table("seats.csv")
        if (row["entity"], row["SkuId"]) == (INC, "WRN-CODE")
    }
    assert seats["2026-03"] - seats["2026-04"] == 30  # A04
    small = by_day(
        GMBH,
        f"{WORKLOAD} = 'drafts' AND SkuId LIKE '%output%'",
        "coalesce(sum(PricingQuantity) FILTER (x_Model = 'ottermere-swift-1'), 0)::DOUBLE / sum(PricingQuantity)::DOUBLE",
    )
    assert (small[:"2026-05-17"] == 0).all() and small["2026-05-18":].between(
        0.67, 0.73
    ).all()  # A05
    for name in real:
        saved = truth["actions"][name]["saved_by_month"]
        assert min(saved) == truth["actions"][name]["since"][:7] and all(
            value > 0 for value in saved.values()
        ), name
    last = {name: truth["actions"][name]["saved_by_month"]["2026-10"] for name in real}
    assert last["A05"] < 0.8 * truth["actions"]["A05"]["expected_monthly_saving"], (
        "a real action may save less than its owner expects"
    )


def test_claimed_actions_show_nothing_on_the_bill(truth):
    listed = {row["id"]: row for row in table("actions.csv")}
    assert {name for name, row in listed.items() if row["status"] == "done"} == {
        f"A0{i}" for i in range(1, 9)
    }
    assert {name for name, row in listed.items() if row["status"] == "planned"} == {"A09", "A10"}
    assert "real" not in next(iter(listed.values())), "the list says what owners say"
    assert {name for name, action in truth["actions"].items() if not action["real"]} == {
        "A06",
        "A07",
        "A08",
        "A09",
        "A10",
    }
    seats = {
        row["month"]: int(row["bought"])
        for row in table("seats.csv")
        if (row["entity"], row["SkuId"]) == (GMBH, "OTM-CHAT")
    }
    assert seats["2026-05"] == seats["2026-10"]  # A06
    assert ask(
        f"SELECT count(*) FROM BILL WHERE BillingCurrency = 'EUR' AND SkuId LIKE '%:batch%' AND {WORKLOAD} = 'nightly-evals'"
    ) == [(0,)]  # A07
    index = by_day(GMBH, f"{WORKLOAD} = 'demo-index'", "sum(ConsumedQuantity)::DOUBLE")
    held = index * index.index.days_in_month
    assert (
        held["2026-04-01":].between(1150 - 16, 1150 + 16).all()
    )  # A08: still there, to the GB-month's rounding


def test_open_waste_is_on_the_bill(truth):
    waste = truth["waste"]
    assert ask(
        f"SELECT count(*) FROM BILL WHERE BillingCurrency = 'EUR' AND SkuId LIKE '%:cached%' AND {WORKLOAD} = 'answers'"
    ) == [(0,)]
    assert ask(
        f"SELECT DISTINCT SkuId FROM BILL WHERE BillingCurrency = 'EUR' AND {WORKLOAD} = 'call-recordings'"
    ) == [("PND-HOT",)]
    evals = by_day(GMBH, f"{WORKLOAD} = 'nightly-evals'")
    for month, half in waste["not_batched"]["half_of_cost_by_month"].items():
        assert evals[month].sum() / 2 == pytest.approx(half, abs=0.01)
    scores = pd.DataFrame(table("quality.csv")).astype({"accepted": int, "sampled": int})
    drafts = (
        scores[(scores["workload"] == "drafts") & (scores["week"] >= "2026-03-02")]
        .groupby("model")[["accepted", "sampled"]]
        .sum()
    )
    rate = drafts["accepted"] / drafts["sampled"]
    assert abs(rate["ottermere-swift-1"] - rate["ottermere-grand-2"]) < 0.012, (
        "the small model is as good for drafts"
    )
    answers = (
        scores[(scores["workload"] == "answers") & (scores["week"] >= "2026-03-02")]
        .groupby("model")[["accepted", "sampled"]]
        .sum()
    )
    rate = answers["accepted"] / answers["sampled"]
    assert rate["ottermere-grand-2"] - rate["ottermere-swift-1"] > 0.05, "and not for answers"
    assert ask(
        f"SELECT count(*) FROM BILL WHERE BillingCurrency = 'USD' AND {WORKLOAD} = 'drafts' AND x_Model = 'ottermere-swift-1'"
    ) == [(0,)]


def test_credits_run_until_they_expire_and_tax_is_to_the_cent(truth):
    rows = ask(
        f"SELECT {MONTH}, sum(BilledCost) FROM BILL WHERE ChargeCategory = 'Credit' GROUP BY 1 ORDER BY 1"
    )
    grant = table("credits.csv")[0]
    assert rows[0][0] == "2024-11" and rows[-1][0] == grant["expires_on"][:7] == "2025-10"
    used = -sum(value for _, value in rows)
    assert (
        used == Decimal(truth["credits"]["used"])
        and Decimal(grant["granted"]) - used == Decimal(truth["credits"]["lost"]) > 5000
    )
    for line in truth["tax"]:
        rows = ask(
            "SELECT sum(BilledCost) FILTER (ChargeCategory = 'Tax'), sum(BilledCost) FILTER (ChargeCategory <> 'Tax') FROM BILL WHERE "
            f"ProviderName = '{line['vendor']}' AND BillingCurrency = '{ENTITIES[line['entity']][1]}' GROUP BY BillingPeriodStart"
        )
        assert len(rows) == 24 and all(
            tax == (base * Decimal(line["rate"])).quantize(Decimal("0.01")) for tax, base in rows
        )


@pytest.mark.parametrize("entity", ENTITIES)
def test_the_budget_of_2026_was_drafted_in_time_and_approved_late(entity):
    folder, currency = ENTITIES[entity]
    frame = pd.DataFrame(table(f"{folder}/budgets.csv"))
    assert dict(frame.groupby("version")["approved_on"].first()) == {
        "2025 approved": "2024-12-17",
        "2026 draft": "",
        "2026 approved": "2026-02-17",
    }
    found = plans.read_budgets(STARTUP / folder / "budgets.csv", currency)
    assert found.month("Company", "2026-01", as_of="2026-01-31") is None, "a draft is no budget"
    assert found.month("Company", "2026-01", as_of="2026-02-28") > 0


@pytest.mark.parametrize("entity", ENTITIES)
def test_customers_are_heavy_tailed_and_add_up(entity, truth):
    listed = [row for row in table("customers.csv") if row["entity"] == entity]
    usage = pd.DataFrame(table("customer_usage.csv")).astype({"tickets": int, "documents": int})
    own = usage[usage["customer"].isin({row["customer"] for row in listed})]
    drivers = plans.read_drivers(STARTUP / ENTITIES[entity][0] / "drivers.csv")
    assert (
        set(drivers["name"]) == {"tickets", "documents", "resolved_tickets", "accepted_documents"}
        and len(drivers) == 4 * 730
    )
    for name in ("tickets", "documents"):
        counts = (
            drivers[drivers["name"] == name]
            .groupby(drivers["date"].dt.strftime("%Y-%m"))["value"]
            .sum()
        )
        assert own.groupby("month")[name].sum().to_dict() == counts.astype(int).to_dict()
    last = (
        own[own["month"] == "2026-10"].set_index("customer")["tickets"].sort_values(ascending=False)
    )
    assert (
        last.iloc[:5].sum() / last.sum() > 0.4
        and last.iloc[len(last) // 2 :].sum() / last.sum() < 0.25
    )
    shares = truth["customers"][entity]["share_of_last_month"]
    assert {name: pytest.approx(value, abs=1e-3) for name, value in shares.items()} == (
        last / last.sum()
    ).to_dict()
    tagged = {
        name
        for (name,) in ask(
            f"SELECT DISTINCT {TAG.format('customer')} FROM BILL WHERE {TAG.format('customer')} IS NOT NULL "
            f"AND BillingCurrency = '{ENTITIES[entity][1]}'"
        )
    }
    assert (
        tagged
        == set(truth["customers"][entity]["own_keys"])
        == {row["customer"] for row in listed if row["billed_by"] == "own key"}
    )
    cost = dict(
        ask(
            f"SELECT coalesce({TAG.format('customer')}, ''), sum(EffectiveCost)::DOUBLE FROM BILL WHERE {WORKLOAD} = 'answers' AND "
            f"ChargePeriodStart >= '2026-10-01' AND BillingCurrency = '{ENTITIES[entity][1]}' GROUP BY 1"
        )
    )
    for name in tagged:
        assert cost[name] / sum(cost.values()) == pytest.approx(shares[name], rel=0.03)


def test_growth_is_the_truth(truth):
    for entity, (folder, _) in ENTITIES.items():
        drivers = plans.read_drivers(STARTUP / folder / "drivers.csv")
        for name in ("tickets", "documents"):
            monthly = (
                drivers[drivers["name"] == name]
                .groupby(drivers["date"].dt.strftime("%Y-%m"))["value"]
                .mean()
            )
            assert np.polyfit(np.arange(24), np.log(monthly), 1)[0] == pytest.approx(
                truth["growth_per_month"][name], abs=0.006
            ), (entity, name)


def test_cost_centres_products_and_plan_rates():
    centres = {row["team"]: row["cost_center"] for row in table("organisation.csv")}
    assert len(set(centres.values())) == 6
    for team, centre in ask(
        f"SELECT DISTINCT {TAG.format('team')}, {TAG.format('cost_center')} FROM BILL WHERE {TAG.format('team')} IS NOT NULL"
    ):
        assert centres[team] == centre
    assert {name for (name,) in ask(f"SELECT DISTINCT {TAG.format('product')} FROM BILL")} == {
        None,
        "internal",
        "Thistle Answers",
        "Thistle Drafts",
    }
    assert [
        load_plan_rates(STARTUP / "plan_rates" / f"fy{year}.yaml").rate("EUR", "USD")
        for year in (2025, 2026)
    ] == [1.06, 1.12]


def test_the_ledger_takes_every_row_and_adds_no_currencies_up(tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    receipt = ledger.ingest(sorted((STARTUP / "focus").glob("*.parquet")))
    assert receipt.quarantined == 0 and receipt.accepted == ask("SELECT count(*) FROM BILL")[0][0]
    assert ledger.totals("BilledCost") == dict(
        ask("SELECT BillingCurrency, sum(BilledCost) FROM BILL GROUP BY 1")
    )
    assert len(plans.read_organisation(STARTUP / "organisation.csv")) == 6
