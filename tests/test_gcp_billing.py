"""The billing export of Google Cloud comes in after credits, on the days of use, in every packing (docs/ingest/gcp_billing.md)."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path

import gcp_bill as gcp
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import FinOpsError, InputError
from finops_model.facts.daily.parts import parts
from finops_model.facts.daily.warehouse import daily
from finops_model.facts.intake import importers
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.intake.importers import gcp_billing
from finops_model.facts.intake.tables import guess_mapping, read_table
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings

FIXTURES = Path(__file__).parent / "fixtures"
CASE = FIXTURES / "bills" / "gcp_billing.csv"
SHARED = Path(__file__).resolve().parents[2] / "shared"
WHOLE = Decimal("3087.8828125")  # gcp.total(gcp.bill()), added up by hand of its writer


def taken(path, tmp_path, **more):
    ledger = Ledger(tmp_path / f"ledger-{Path(path).name}")
    return ledger, ledger.ingest(path, **more)


def rows(ledger) -> pd.DataFrame:
    frame = pd.concat([pq.read_table(path).to_pandas() for path in ledger.files()])
    return frame.sort_values("x_Row").set_index("x_Row")


def said(receipt) -> list[str]:
    return [str(warning) for warning in receipt.warnings]


def test_the_case_of_the_field(tmp_path):
    """240.00 for 194.50 before, on the days it was written."""
    ledger, receipt = taken(CASE, tmp_path)
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (3, 3, 0)
    assert ledger.totals() == ledger.totals("EffectiveCost") == {"USD": Decimal("194.50")}
    periods = ledger.totals_by_period().set_index("BillingPeriod")["BilledCost"]
    assert periods.to_dict() == {"2026-07": Decimal("150.00"), "2026-08": Decimal("44.50")}
    days = daily(ledger, Settings())
    by_day = days.groupby(days["ChargeDate"].astype(str))["EffectiveCost"].sum().to_dict()
    assert by_day == {"2026-07-10": 70.0, "2026-07-11": 80.0, "2026-07-31": 44.5}
    assert set(days["ServiceName"]) == {"Compute Engine"} and set(days["x_Team"]) == {"search"}
    table = rows(ledger)
    assert table["x_ServiceId"].unique().tolist() == ["6F81-5844-456A"]
    assert table["SkuId"].unique().tolist() == ["A100-1"]
    assert table["x_Credits"].tolist() == [
        '[{"name":"Committed use","type":"COMMITTED_USAGE_DISCOUNT","amount":-30}]',
        "",
        '[{"name":"Trial","type":"PROMOTION","amount":-10},{"name":"Sustained use","type":"SUSTAINED_USAGE_DISCOUNT","amount":-5.5}]',
    ]
    assert said(receipt) == [
        "gcp_billing.csv: cost and credits are added up: BilledCost is what is left after credits. EffectiveCost is not known, and BilledCost is taken for it, "
        "as in Google's FOCUS export",
        "gcp_billing.csv: 2 rows: with credits",
        "gcp_billing.csv: promotions of -10 USD are inside BilledCost: what they pay for is billed when they end",
    ]


def test_json_lines_csv_and_parquet_of_one_bill_give_the_same_facts(tmp_path):
    bill, first = gcp.bill(), None
    assert gcp.total(bill) == WHOLE
    for name, write in gcp.WRITERS.items():
        ledger, receipt = taken(write(bill, tmp_path / name), tmp_path)
        assert (receipt.rows_in, receipt.accepted) == (len(bill), len(bill)), name
        assert ledger.totals() == ledger.totals("EffectiveCost") == {"EUR": WHOLE}
        table = rows(ledger).drop(columns=["x_File", "x_ExportTime"])
        text = table.map(lambda cell: "" if cell is None else cell)
        days = daily(ledger, Settings(currency="EUR"))
        first = first or (days, text)
        pd.testing.assert_frame_equal(days, first[0])
        pd.testing.assert_frame_equal(text, first[1])


def test_what_each_kind_of_row_becomes(tmp_path):
    ledger, _ = taken(gcp.json_lines(gcp.bill(1), tmp_path / "a.jsonl"), tmp_path)
    found = {}
    for _, line in rows(ledger).iterrows():
        found[line["ChargeDescription"]] = (
            line["ChargeCategory"],
            line["ChargeClass"],
            line["ChargeFrequency"],
            line["PricingCategory"],
        )
    assert found == {
        "A2 GPU hour": ("Usage", "", "Usage-Based", "Standard"),  # the last one: without a credit
        "Spot Preemptible G2 Core": ("Usage", "", "Usage-Based", "Dynamic"),
        "Commitment v1: A2 Cpu in Netherlands for 1 Year": ("Purchase", "", "Recurring", "Committed"),
        "Gemini 2.5 Flash GA Text Input - Predictions": ("Usage", "", "Usage-Based", "Standard"),
        "Generate content output token count gemini 2.5 pro short output text": ("Usage", "", "Usage-Based", "Standard"),
        "Claude Opus 4.5 Input Tokens": ("Usage", "", "Usage-Based", "Standard"),
        "VAT (19%)": ("Tax", "", "One-Time", ""),
        "Service credit": ("Adjustment", "Correction", "One-Time", ""),
        "Rounding error": ("Adjustment", "", "One-Time", ""),
    }  # fmt: skip
    assert rows(ledger)["PricingCategory"].iloc[0] == "Committed"
    days = daily(ledger, Settings(currency="EUR"))
    masks = parts(days)
    assert days[masks["outside"]]["EffectiveCost"].sum() == 250.125  # tax is not forecast
    assert days[masks["recurring"]]["EffectiveCost"].sum() == 8.0  # the fee goes on
    assert days[masks["correction"]]["EffectiveCost"].sum() == -20 + 0.0078125


def test_quantities_prices_parties_models(tmp_path):
    ledger, _ = taken(gcp.json_lines(gcp.bill(1), tmp_path / "a.jsonl"), tmp_path)
    table = rows(ledger)
    use, tax = table.iloc[0], table[table["ChargeCategory"] == "Tax"].iloc[0]
    assert (use["ConsumedUnit"], use["PricingQuantity"], use["PricingUnit"]) == ("seconds", "1.0", "hour")  # fmt: skip
    assert (float(use["ConsumedQuantity"]), use["ContractedUnitPrice"]) == (3600.0, "2.5")
    assert (float(use["ContractedCost"]), float(use["ListCost"])) == (100.25, 100.25)
    assert (use["SubAccountId"], use["SubAccountName"], use["RegionId"]) == ("shop-prod", "Shop", "europe-west4")  # fmt: skip
    assert (use["ResourceId"], use["x_CurrencyConversionRate"]) == ("//compute.googleapis.com/vm-1", "0.875")  # fmt: skip
    assert not tax["ConsumedUnit"] and not tax["PricingQuantity"]
    sold = table[table["ServiceName"] == "Claude Opus 4.5"].iloc[0]
    assert (sold["ServiceProviderName"], sold["InvoiceIssuerName"]) == ("Anthropic", "Google Cloud")
    named = table[table["x_Model"] != ""][["x_Model", "SkuMeter", "ServiceCategory"]]
    assert named.values.tolist() == [
        ["Gemini 2.5 Flash", "input tokens, text", "AI and Machine Learning"],
        ["Gemini 2.5 Pro", "output tokens, short output text", "AI and Machine Learning"],
    ]


LABELS = {
    "json": {"labels": '[{"key": "team", "value": "search"}]'},
    "python": {"labels": "[{'key': 'team', 'value': 'search'}]"},
    "numpy": {"labels": "[{'key': 'team', 'value': 'search'}\n {'key': 'app', 'value': ''}]"},
    "a map": {"labels": '{"team": "search"}'},
    "no braces": {"labels": '"team": "search"'},
    "a column each": {"labels.team": "search", "labels.app": ""},
    "underscores": {"labels_team": "search"},
    "unnested": {"labels.key": "team", "labels.value": "search"},
    "of the project": {"labels": "[]", "project.labels": '[{"key": "team", "value": "search"}]'},
    "a tag": {"tags": '[{"key": "team", "value": "search", "inherited": false, "namespace": "1"}]'},
}


@pytest.mark.parametrize("what", LABELS)
def test_labels_in_every_writing(what, tmp_path):
    line = pd.read_csv(CASE, dtype=str).iloc[0].drop("labels").to_dict()
    ledger, receipt = taken(gcp.table([line | LABELS[what]], tmp_path / "a.csv"), tmp_path)
    assert receipt.accepted == 1
    assert rows(ledger)["Tags"].tolist() == ['{"team":"search"}']


def test_a_label_of_the_resource_wins_and_the_other_is_kept_by_its_place(tmp_path):
    line = pd.read_csv(CASE, dtype=str).iloc[0].to_dict()
    line["project.labels"] = '[{"key": "team", "value": "ads"}]'
    ledger, _ = taken(gcp.table([line], tmp_path / "a.csv"), tmp_path)
    assert rows(ledger)["Tags"].tolist() == ['{"project/team":"ads","team":"search"}']


HOW = 'Write them as BigQuery does ([{"name": …, "amount": -30.0}]): bq extract to JSON lines or Parquet.'  # fmt: skip


@pytest.mark.parametrize(
    "cell",
    ["30 USD off", "[{'name': 'x'}]", "[{'amount': None}]", "[{'amount': 'much'}]", "{", "[1]", "30", "[" * 9000, "[{'amount': nan}]",
     '[{"amount": 1, "amount": 2}]', "[{'amount': __import__('os').getcwd()}]"],
)  # fmt: skip
def test_credits_that_cannot_be_read_refuse_the_file(cell, tmp_path):
    lines = pd.read_csv(CASE, dtype=str).to_dict("records")
    lines[2]["credits"] = cell
    with pytest.raises(InputError) as refused:
        taken(gcp.table(lines, tmp_path / "a.csv"), tmp_path)
    assert str(refused.value) == (
        f"a.csv: row 3, column 'credits': '{cell[:80]}' is no list of credits with amounts, and without them the total would be too high. Nothing was "
        f"taken. {HOW}"
    )
    assert Ledger(tmp_path / "ledger-a.csv").rows == 0


@pytest.mark.parametrize("cell", ["", "[]", "NULL", "null", "None", "nan", "[ ]"])
def test_no_credits_are_no_credits(cell, tmp_path):
    lines = pd.read_csv(CASE, dtype=str).to_dict("records")
    lines[0]["credits"] = cell
    ledger, _ = taken(gcp.table(lines, tmp_path / "a.csv"), tmp_path)
    assert ledger.totals() == {"USD": Decimal("224.50")}


def test_credits_added_up_by_the_query_are_taken(tmp_path):
    lines = pd.read_csv(CASE, dtype=str).to_dict("records")
    for line, amount in zip(lines, ("-30.0", "0.0", "-1.55e1"), strict=True):
        line["credits"] = amount
    ledger, _ = taken(gcp.table(lines, tmp_path / "a.csv"), tmp_path)
    assert ledger.totals() == {"USD": Decimal("194.50")}


def flattened(which: list[tuple[int, str]]) -> list[dict]:
    """Rows of the case with one credit each, as UNNEST leaves them."""
    lines = pd.read_csv(CASE, dtype=str).drop(columns="credits").fillna("").to_dict("records")
    return [
        lines[i]
        | {
            "credits.name": "c" if amount else "",
            "credits.type": "DISCOUNT" if amount else "",
            "credits.amount": amount,
        }
        for i, amount in which
    ]


def test_one_flattened_credit_a_row_is_read(tmp_path):
    lines = flattened([(0, "-30.0"), (1, ""), (2, "-15.5")])
    ledger, _ = taken(gcp.table(lines, tmp_path / "a.csv"), tmp_path)
    assert ledger.totals() == {"USD": Decimal("194.50")}
    assert rows(ledger)["x_Credits"].iloc[0] == '[{"name":"c","type":"DISCOUNT","amount":-30}]'


@pytest.mark.parametrize("what", ["credit", "label"])
def test_a_charge_that_unnest_wrote_twice_is_refused(what, tmp_path):
    if what == "credit":
        lines = flattened([(0, "-30.0"), (1, ""), (2, "-10.0"), (2, "-5.5")])
        first = 3
    else:
        line = pd.read_csv(CASE, dtype=str).drop(columns="labels").fillna("").iloc[0].to_dict()
        lines = [line | {"labels.key": key, "labels.value": "x"} for key in ("team", "app")]
        first = 1
    with pytest.raises(InputError) as refused:
        taken(gcp.table(lines, tmp_path / "a.csv"), tmp_path)
    assert str(refused.value) == (
        f"a.csv: rows {first} and {first + 1} are one charge, written once for each {what} (UNNEST), and its cost would be counted more than once. "
        "Nothing was taken. Export the table as it is: bq extract to JSON lines or Parquet."
    )
    assert Ledger(tmp_path / "ledger-a.csv").rows == 0


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"cost": "abc"}, "BilledCost", "'abc' is not a plain number; write 1234.50"),
        ({"cost": ""}, "BilledCost", "is empty"),
        ({"cost": "1e99999999"}, "BilledCost", "'1e99999999' has more than 18 digits before the point"),
        ({"currency": ""}, "BillingCurrency", "is empty: write a currency of ISO 4217, for example USD"),
        ({"usage_start_time": "soon"}, "ChargePeriodStart", "'soon' is not a date; write 2026-01-31 or 2026-01-31T00:00:00Z"),
        ({"usage_start_time": ""}, "ChargePeriodStart", "is empty"),
        ({"invoice.month": "July"}, "BillingPeriodStart", "'July' is not a date; write 2026-01-31 or 2026-01-31T00:00:00Z"),
        ({"cost_type": "surprise"}, "ChargeCategory", "'surprise' is unknown. Known: Usage, Purchase, Tax, Credit, Adjustment"),
        ({"cost_type": ""}, "ChargeCategory", "is empty: write one of Usage, Purchase, Tax, Credit, Adjustment"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_read_quarantines_its_row_and_no_other(
    cells, column, reason, tmp_path
):
    lines = pd.read_csv(CASE, dtype=str).fillna("").to_dict("records")
    lines[1] |= cells
    ledger, receipt = taken(gcp.table(lines, tmp_path / "a.csv"), tmp_path)
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (3, 2, 1)
    refused = ledger.quarantine(details=True).iloc[0]
    assert (refused["x_Row"], refused["x_Column"], refused["x_Reason"]) == (2, column, reason)


def test_what_is_billed_later_and_what_has_no_time(tmp_path):
    """Use of June on the invoice of July; a tax without a time of use lies in its invoice month."""
    late = next(one for one in gcp.bill(1) if one["usage_start_time"].startswith("2026-06"))
    tax = next(one for one in gcp.bill(1) if one["cost_type"] == "tax")
    tax |= {"usage_start_time": None, "usage_end_time": None}
    ledger, receipt = taken(gcp.json_lines([late, tax], tmp_path / "a.jsonl"), tmp_path)
    assert ledger.totals_by_period()["BillingPeriod"].tolist() == ["2026-07"]
    assert rows(ledger)["ChargePeriodStart"].astype(str).tolist() == ["2026-06-30 23:00:00", "2026-07-01 00:00:00"]  # fmt: skip
    assert "a.jsonl: 1 row: tax or adjustments without a time: they lie in their invoice month" in said(receipt)  # fmt: skip


def test_an_older_export_says_what_it_lacks(tmp_path):
    lines = pd.read_csv(CASE, dtype=str).drop(columns=["cost_type", "invoice.month", "labels"])
    ledger, receipt = taken(gcp.table(lines.fillna("").to_dict("records"), tmp_path / "a.csv"), tmp_path)  # fmt: skip
    assert ledger.totals_by_period()["BillingPeriod"].tolist() == ["2026-07"]
    assert {
        "a.csv: no invoice.month: the month of use is taken as the month billed",
        "a.csv: no cost_type: tax and adjustments cannot be told from usage",
        "a.csv: no labels in this export: all rows are untagged",
    } <= set(said(receipt))


@pytest.mark.parametrize("spelling", ["lower", "upper", "underscores", "spaces"])
def test_no_spelling_and_no_mark_hides_the_export(spelling, tmp_path):
    words = {
        "lower": str.lower,
        "upper": str.upper,
        "underscores": lambda name: name.replace(".", "_"),
        "spaces": lambda name: name.replace(".", " ").replace("_", " ").title(),
    }
    lines = pd.read_csv(CASE, dtype=str, keep_default_na=False).rename(columns=words[spelling])
    for mark in ",;\t":
        lines.to_csv(tmp_path / "a.csv", sep=mark, index=False)
        ledger = Ledger(tmp_path / f"ledger{ord(mark)}")
        assert ledger.ingest(tmp_path / "a.csv").accepted == 3
        assert ledger.totals() == {"USD": Decimal("194.50")}
        assert set(daily(ledger, Settings())["x_Team"]) == {"search"}


def test_other_packings_are_read_and_a_workbook_is_refused_by_name(tmp_path):
    lines = pd.read_csv(CASE, dtype=str, keep_default_na=False)
    (tmp_path / "a.json").write_text(json.dumps([gcp.typed(one) for one in gcp.bill(1)]))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CASE.read_bytes(), mtime=0))
    for name, total in (
        ("a.json", {"EUR": gcp.total(gcp.bill(1))}),
        ("a.csv.gz", {"USD": Decimal("194.50")}),
    ):
        ledger, _ = taken(tmp_path / name, tmp_path)
        assert ledger.totals() == total and importers.detect(tmp_path / name) == "gcp_billing"
    lines.to_excel(tmp_path / "a.xlsx", index=False)
    with pytest.raises(InputError, match="a.xlsx: this is a Google Cloud billing export"):
        guess_mapping(read_table(tmp_path / "a.xlsx"))


def test_parquet_of_bigquery_may_wrap_its_lists(tmp_path):
    one = gcp.typed(gcp.bill(1)[0])
    one["credits"] = {"list": [{"element": credit} for credit in one["credits"]]}
    one["labels"] = {"list": [{"element": label} for label in one["labels"]]}
    pq.write_table(pa.Table.from_pylist([one]), tmp_path / "a.parquet")
    ledger, _ = taken(tmp_path / "a.parquet", tmp_path)
    assert ledger.totals() == {"EUR": Decimal("64.50")}
    assert rows(ledger)["Tags"].tolist() == ['{"env":"prod","team":"search"}']


def test_an_export_without_a_needed_column_is_refused_by_name(tmp_path):
    for column in ("credits", "currency", "usage_end_time"):
        lines = pd.read_csv(CASE, dtype=str).drop(columns=column).fillna("").to_dict("records")
        with pytest.raises(InputError) as refused:
            taken(gcp.table(lines, tmp_path / "few.csv"), tmp_path)
        assert str(refused.value) == (
            "few.csv: this is a Google Cloud billing export (BigQuery). It is read as CSV, JSON lines or Parquet, with the columns cost, credits, "
            "currency, usage_start_time and usage_end_time beside service, sku, project and invoice, and never as any table: its cost is before "
            "credits, and the day it was written is not the day of use. Export these columns too (bq extract), or save the sheet as CSV with these "
            "names in its first line."
        )


def test_disjoint_parts_in_any_order_give_the_same_facts(tmp_path):
    bill = gcp.bill(4)
    for one in bill:
        if one["service"]["description"] == "Vertex AI":
            one["project"] = one["project"] | {"id": "lab", "name": "Lab"}
    halves = [[one for one in bill if one["project"]["id"] == project] for project in ("shop-prod", "lab")]  # fmt: skip
    days = []
    for order in (halves, halves[::-1]):
        ledger = Ledger(tmp_path / f"ledger-{len(days)}")
        for half in order:
            ledger.ingest(gcp.json_lines(half, tmp_path / f"part-{halves.index(half)}.jsonl"))
        days.append(daily(ledger, Settings(currency="EUR")))
    pd.testing.assert_frame_equal(days[0], days[1])


def test_a_whole_file_is_read_piece_by_piece(tmp_path, monkeypatch):
    file = gcp.parquet(gcp.bill(5), tmp_path / "a.parquet")
    whole = pa.concat_tables(importers.read(open_source(file)).batches)
    monkeypatch.setattr(gcp_billing, "PIECE", 7)
    pieces = list(importers.read(open_source(file)).batches)
    assert max(piece.num_rows for piece in pieces) == 7
    assert pa.concat_tables(pieces).equals(whole)


def test_exactly_one_importer_claims_each_file(tmp_path):
    shelf = importers.shelf()
    files = [write(gcp.bill(1), tmp_path / name) for name, write in gcp.WRITERS.items()]
    for file in [*files, CASE]:
        source = open_source(file)
        claims = [word for word, one in shelf.items() if word != "focus" and one.recognise(source)]
        assert claims == ["gcp_billing"], file
    shared = SHARED / "cases" if SHARED.is_dir() else FIXTURES
    for file in sorted([*FIXTURES.glob("*/*"), *FIXTURES.glob("*/*/*"), *shared.rglob("*")]):
        if not file.is_file() or file.name in ("gcp_billing.csv", "gcp.csv"):
            continue
        try:
            source = open_source(file)
            claimed = gcp_billing.recognise(source)
        except InputError:
            continue
        assert not claimed, file


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not there")
def test_the_focus_export_of_google_is_read_by_focus_and_by_nothing_else(tmp_path):
    file = SHARED / "cases" / "importer_samples" / "gcp_focus.jsonl"
    assert importers.recognised(open_source(file)) is None
    ledger, _ = taken(file, tmp_path)
    assert ledger.totals() == {"USD": Decimal("0.5")}


@settings(max_examples=8)  # a smoke: `make fuzz` does it in earnest
@given(data=st.data())
def test_no_mutation_of_an_export_is_a_crash_or_loses_a_row(data, tmp_path_factory):
    bill = [gcp.flat(one, repr) for one in gcp.bill(1)]
    names = sorted({name for one in bill for name in one})
    cells = st.one_of(
        st.sampled_from(["", "NULL", "-1", "1e9999", "NaN", "[{'amount': 1e400}]", "2026-13-01", "[", "{'a': '\\d'}", "ü", "[{}]", "209913"]),
        st.text(max_size=8),
    )  # fmt: skip
    for _ in range(data.draw(st.integers(1, 6))):
        one = data.draw(st.sampled_from(bill))
        one[data.draw(st.sampled_from(names))] = data.draw(cells).replace("\x00", "")
    folder = tmp_path_factory.mktemp("mutated")
    try:
        receipt = Ledger(folder / "l").ingest(gcp.table(bill, folder / "a.csv"))
    except (FinOpsError, UnicodeEncodeError) as problem:  # half a character cannot be written
        assert not isinstance(problem, FinOpsError) or str(problem).startswith("a.csv")
        return
    assert receipt.rows_in == len(bill) == receipt.accepted + receipt.quarantined
