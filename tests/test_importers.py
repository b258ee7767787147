"""Exports under their FOCUS 1.4 names, whatever version, format or vendor they come from."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finops_model.errors import InputError
from finops_model.facts.daily.warehouse import daily
from finops_model.facts.intake import importers
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.intake.importers import focus
from finops_model.facts.intake.tables import guess_mapping, read_table
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings, Tags

BILLS = Path(__file__).parent / "fixtures" / "bills"
SHARED = Path(__file__).resolve().parents[2] / "shared"
there = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not there")
OLD = {
    "BilledCost": "1.00",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-01-01",
    "BillingPeriodEnd": "2026-02-01",
    "ChargePeriodStart": "2026-01-05",
    "ChargePeriodEnd": "2026-01-06",
    "ChargeType": "usage",
    "ServiceName": "Compute",
    "AmortizedCost": "0.75",
    "UsageQuantity": "3",
    "UsageUnit": "Hours",
    "Provider": "Hyperion Cloud",
    "Region": "eu-1",
}


def test_focus_0_5_names_become_1_4_names(tmp_path):
    ledger = Ledger(tmp_path)
    receipt = ledger.ingest(("old.csv", pd.DataFrame([OLD])))
    row = daily(ledger, Settings()).iloc[0]
    assert receipt.files[0].format == "FOCUS 0.5" and ledger.lineage()["Format"].tolist() == [
        "FOCUS 0.5"
    ]
    assert (
        row["EffectiveCost"],
        row["ConsumedQuantity"],
        row["ConsumedUnit"],
        row["RegionId"],
        row["ChargeCategory"],
        row["ServiceProviderName"],
        row["InvoiceIssuerName"],
    ) == (0.75, 3.0, "Hours", "eu-1", "Usage", "Hyperion Cloud", "Hyperion Cloud")


@pytest.mark.parametrize(
    ("columns", "version"),
    [
        (["ChargeType"], "0.5"),
        (["EffectiveCost", "ProviderName"], "1.0"),
        (["SkuMeter", "ProviderName"], "1.1"),
        (["InvoiceId", "ProviderName"], "1.2"),
        (["ServiceProviderName", "ProviderName"], "1.3"),
        (["ServiceProviderName"], "1.4"),
        (["InvoiceDetailId"], "1.4"),
    ],
)
def test_the_version_is_told_by_the_columns(columns, version):
    assert focus.version_of(columns) == version


def test_where_old_and_new_name_stand_side_by_side_the_new_one_counts(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(
        (
            "both.csv",
            pd.DataFrame([{**OLD, "EffectiveCost": "0.50", "ServiceProviderName": "Borealis"}]),
        )
    )
    assert ledger.totals("EffectiveCost") == {"USD": Decimal("0.50")}
    assert pq.read_table(ledger.files()[0]).column("AmortizedCost").to_pylist() == ["0.75"]
    assert daily(ledger, Settings())["ServiceProviderName"].tolist() == ["Borealis"]


def test_an_empty_issuer_is_the_provider(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(
        (
            "gap",
            pd.DataFrame(
                [{**OLD, "InvoiceIssuerName": ""}, {**OLD, "InvoiceIssuerName": "Reseller"}]
            ),
        )
    )
    assert ledger.totals_by_period()["InvoiceIssuerName"].tolist() == ["Hyperion Cloud", "Reseller"]


def test_a_bill_without_effective_cost_says_so_loudly(tmp_path):
    row = {key: value for key, value in OLD.items() if key != "AmortizedCost"}
    receipt = Ledger(tmp_path).ingest(("plain.csv", pd.DataFrame([row])))
    assert (
        "plain.csv: the file has one amount: it is read as BilledCost (cash); EffectiveCost is not known"
        in [str(w) for w in receipt.warnings]
    )


NEAR = [
    "effective_cost",
    "Effective Cost",
    "EffectivCost",
    "EffectiveCosts",
    "effective-cost",
    "Efective_Cost",
]


@pytest.mark.parametrize("spelt", NEAR)
def test_a_misspelt_money_column_is_named_and_never_replaced_by_another(spelt, tmp_path):
    """Seen before: BilledCost stood in for it, and the warning did not name it."""
    row = {key: value for key, value in OLD.items() if key != "AmortizedCost"} | {spelt: "0.75"}
    pd.DataFrame([row]).to_csv(tmp_path / "near.csv", index=False)
    said = (
        f"near.csv: '{spelt}' is nearly EffectiveCost, which is not there, and would be left out. Write the names as FOCUS spells them: "
        "EffectiveCost."
    )
    for read in (Ledger(tmp_path / "l").ingest, lambda path: guess_mapping(read_table(path))):
        with pytest.raises(InputError) as refused:
            read(tmp_path / "near.csv")
        assert str(refused.value) == said
    assert importers.detect(tmp_path / "near.csv") is None


def test_near_misses_of_all_money_columns_are_named_at_once(tmp_path):
    row = {key: value for key, value in OLD.items() if key not in ("AmortizedCost", "BilledCost")}
    row |= {"Billed Cost": "1", "effective_cost": "1", "list_cost": "2", "ContractedCosts": "2"}
    with pytest.raises(InputError) as refused:
        Ledger(tmp_path).ingest(("near.csv", pd.DataFrame([row])))
    assert str(refused.value) == (
        "near.csv: no column BilledCost (nearest here: 'Billed Cost'). 'effective_cost' is nearly EffectiveCost; 'list_cost' is nearly ListCost; "
        "'ContractedCosts' is nearly ContractedCost. A FOCUS export needs BilledCost, BillingCurrency, BillingPeriodStart, BillingPeriodEnd, "
        "ChargePeriodStart, ChargePeriodEnd, ChargeCategory, ServiceName. Write the names as FOCUS spells them; for a table of another kind: finops start "
        "near.csv --mapping FILE (docs/mapping.md)."
    )


def test_a_vendors_own_column_is_no_near_miss(tmp_path):
    row = OLD | {
        "x_ListCost": "3",
        "x_ContractedCostInUsd": "3",
        "PricingCurrencyEffectiveCost": "3",
        "ListUnitPrice": "3",
    }
    assert Ledger(tmp_path).ingest(("own.csv", pd.DataFrame([row]))).accepted == 1


def test_column_names_are_read_in_any_case(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("case.csv", pd.DataFrame([{key.lower(): value for key, value in OLD.items()}])))
    assert ledger.totals("EffectiveCost") == {"USD": Decimal("0.75")}


def test_csv_gzip_json_lines_and_parquet_of_the_same_rows_give_the_same_ledger(tmp_path):
    frame = pd.read_csv(BILLS / "good.csv", dtype=str, keep_default_na=False)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress((BILLS / "good.csv").read_bytes(), mtime=0))
    (tmp_path / "a.jsonl").write_text(
        "\n".join(json.dumps(row) for row in frame.to_dict("records"))
    )
    (tmp_path / "a.json").write_text(json.dumps(frame.to_dict("records"), indent=1))
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / "a.parquet")
    days = []
    for name in ("a.csv.gz", "a.jsonl", "a.json", "a.parquet"):
        ledger = Ledger(tmp_path / f"ledger-{name}")
        assert ledger.ingest(tmp_path / name).accepted == 2
        days.append(daily(ledger, Settings()))
    for other in days[1:]:
        pd.testing.assert_frame_equal(days[0], other)


def test_the_model_is_read_from_sku_price_details(tmp_path):
    rows = [
        {**OLD, "SkuPriceDetails": '{"ModelId": "aurora-small-1"}', "x_Model": "other"},
        {**OLD, "x_Model": "mine"},
        {**OLD, "SkuPriceDetails": "not json, ModelId"},
    ]
    ledger = Ledger(tmp_path)
    ledger.ingest(("models.csv", pd.DataFrame(rows)))
    assert daily(ledger, Settings())["x_Model"].tolist() == ["", "aurora-small-1", "mine"]


def test_openai_costs(tmp_path):
    ledger = Ledger(tmp_path)
    receipt = ledger.ingest(BILLS / "openai_costs.json")
    assert (receipt.rows_in, receipt.accepted, receipt.reasons) == (
        3,
        2,
        {"BilledCost: overflow": 1},
    )
    assert ledger.totals() == {
        "USD": Decimal("0.3000000000")
    }  # the 16th decimal is beyond the ledger's ten
    assert (
        "openai_costs.json: INCOMPLETE: the report says that more pages follow (has_more); export all pages and deliver "
        "them together"
    ) in [str(w) for w in receipt.warnings]
    by = daily(ledger, Settings(tags=Tags(team="project"))).groupby("x_Team")["BilledCost"].sum()
    assert by.round(12).to_dict() == {"proj_a": 0.2, "(untagged)": 0.1}


@pytest.mark.parametrize(("called", "tag"), [("Süche", "Süche"), (None, "p-1"), ("", "p-1")])
def test_a_project_of_openai_has_its_name_in_the_report_and_in_the_table(called, tag, tmp_path):
    """What an export of costs calls a project is a dimension, whichever of both is given; else its identifier is."""
    amount = {"value": "1.50", "currency": "usd"}
    line = {"object": "organization.costs.result", "amount": amount, "line_item": "m, input", "project_id": "p-1", "project_name": called}  # fmt: skip
    bucket = {"start_time": 1772409600, "end_time": 1772496000, "results": [line]}
    (tmp_path / "c.json").write_text(json.dumps({"object": "page", "data": [bucket]}))
    (tmp_path / "c.csv").write_text(f"start_time,end_time,amount_value,amount_currency,line_item,project_id,project_name\n1772409600,1772496000,1.50,usd,\"m, input\",p-1,{called or ''}\n")  # fmt: skip
    settings = Settings(dimensions={"project": "project"})
    for file in ("c.json", "c.csv"):
        ledger = Ledger(tmp_path / file.replace(".", "-"))
        ledger.ingest(tmp_path / file)
        rows = daily(ledger, settings)
        assert rows["x_Project"].tolist() == [tag], file


def test_anthropic_costs_are_cents(tmp_path):
    ledger = Ledger(tmp_path)
    receipt = ledger.ingest(BILLS / "anthropic_costs.json")
    assert receipt.totals == {"USD": Decimal("2.005")} and receipt.reasons == {
        "BilledCost: missing number": 1
    }
    assert (
        ledger.totals_by_period()["BillingPeriod"].tolist() == ["2026-12"]
        and receipt.negative_usage == 1
    )


def test_the_shelf_is_its_folder(tmp_path):
    folder = Path(importers.__file__).parent
    assert sorted(importers.shelf()) == sorted(
        p.stem for p in folder.glob("*.py") if not p.name.startswith("_")
    )
    assert all(one.TITLE and one.recognise and one.read for one in importers.shelf().values())


@pytest.mark.parametrize(
    ("name", "importer"),
    [
        ("good.csv", "focus"),
        ("native.parquet", "focus"),
        ("lines.jsonl", "focus"),
        ("openai_costs.json", "openai_costs"),
        ("anthropic_costs.json", "anthropic_costs"),
        ("nearly_focus.csv", None),
        ("strange.json", None),
        ("archive.csv", None),
    ],
)
def test_detect_tells_what_can_be_read_as_it_is(name, importer):
    assert importers.detect(BILLS / name) == importer


def test_a_frame_carries_its_name_and_its_bytes():
    frame = pd.DataFrame([OLD])
    frame.attrs["name"] = "october.xlsx"
    one, other = open_source(frame), open_source(("october.xlsx", frame.assign(BilledCost="1.01")))
    assert one.name == other.name == "october.xlsx" and one.sha256 != other.sha256
    assert one.sha256 == open_source(("x", pd.DataFrame([OLD]))).sha256


@pytest.mark.shared
@there
def test_the_real_bill_is_read_to_the_last_decimal(tmp_path):
    ledger = Ledger(tmp_path)
    receipt = ledger.ingest(SHARED / "data" / "real_bill_focus.csv")
    assert (receipt.rows_in, receipt.accepted, ledger.rows) == (2009, 2009, 2009)
    assert (
        ledger.totals() == {"USD": Decimal("110191.495837")}
        and str(ledger.totals()["USD"]) == "110191.495837"
    )
    days = daily(ledger, Settings())
    assert (
        days["BilledCost"].sum() == pytest.approx(110191.495837, abs=1e-8)
        and days["Rows"].sum() == 2009
    )
    assert (str(ledger.first_day()), str(ledger.last_day())) == ("2017-12-14", "2019-10-13")


@pytest.mark.shared
@there
@pytest.mark.parametrize(
    "name",
    ["aws_focus_1_2.csv", "gcp_focus.jsonl", "openai_costs.json", "anthropic_cost_report.json"],
)
def test_shared_samples(name, tmp_path):
    file = SHARED / "cases" / "importer_samples" / name
    expected = json.loads(file.with_name(f"{name}.expected.json").read_text())
    ledger = Ledger(tmp_path)
    receipt = ledger.ingest(file)
    assert (receipt.rows_in, receipt.accepted) == (expected["rows_in"], expected["rows_accepted"])
    cost = expected["cost"]["USD"]
    cost = cost if isinstance(cost, dict) else {"billed": cost, "effective": cost}
    assert ledger.totals("BilledCost") == {"USD": Decimal(cost["billed"])}
    assert ledger.totals("EffectiveCost") == {"USD": Decimal(cost["effective"])}
    teams = (
        daily(ledger, Settings())
        .groupby("x_Team")["EffectiveCost"]
        .sum()
        .rename({"(untagged)": "untagged"})
    )
    for team, amount in expected.get("by_team_effective", {}).items():
        assert teams[team] == pytest.approx(float(amount))


@pytest.mark.shared
@there
@pytest.mark.parametrize(
    "file", sorted((SHARED / "data" / "focus").glob("*/*.csv")), ids=lambda path: path.stem
)
def test_every_published_example_is_kept_whole_or_refused_in_words(file, tmp_path):
    from finops_model.errors import InputError

    ledger = Ledger(tmp_path)
    if importers.detect(file) is None:
        with pytest.raises(InputError, match=f"{file.name}: no column "):
            ledger.ingest(file)
        return
    receipt = ledger.ingest(file)
    lines = len(pd.read_csv(file, dtype=str).dropna(how="all"))
    assert receipt.rows_in == receipt.accepted + receipt.quarantined == lines
