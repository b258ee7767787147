"""Cost details of Azure come in whole and to the cent, actual or amortised and never both (docs/ingest/azure_cost.md)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import azure_bill as azure
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import FinOpsError, InputError
from finops_model.facts import taken as basis_taken
from finops_model.facts.daily.parts import parts
from finops_model.facts.daily.warehouse import daily
from finops_model.facts.intake import importers
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.intake.importers import azure_cost
from finops_model.facts.intake.tables import guess_mapping, read_table
from finops_model.facts.ledger import twice
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings

BILLS = Path(__file__).parent / "fixtures" / "bills"


def taken(path, tmp_path, **more):
    ledger = Ledger(tmp_path / f"ledger-{Path(path).name}")
    return ledger, ledger.ingest(path, **more)


def rows(ledger) -> pd.DataFrame:
    frame = pd.concat([pq.read_table(path).to_pandas() for path in ledger.files()])
    return frame.sort_values("x_Row").set_index("x_Row")


def said(receipt) -> list[str]:
    return [str(warning) for warning in receipt.warnings]


def test_the_enterprise_case_of_the_field(tmp_path):
    """All five rows were usage, the reservation of 18,000 with them, and the team was the cost centre."""
    ledger, receipt = taken(BILLS / "azure_ea_actual.csv", tmp_path)
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (5, 5, 0)
    assert ledger.totals() == {"USD": Decimal("15070.01")}
    assert ledger.totals("EffectiveCost") == {"USD": Decimal("70.01")}
    table = rows(ledger)
    assert table["ChargeCategory"].tolist() == ["Usage", "Usage", "Purchase", "Purchase", "Adjustment"]  # fmt: skip
    assert table["ChargeClass"].tolist() == ["", "", "", "Correction", ""]
    assert table["ChargeFrequency"].tolist()[2:4] == ["One-Time", "One-Time"]
    assert set(table["ServiceName"]) == {"Virtual Machines"} and set(table["SkuId"]) == {"NC24"}
    assert table["ChargePeriodStart"].dt.day.tolist() == [13, 14, 14, 20, 15]
    days = daily(ledger, Settings())
    assert days.groupby("x_Team")["EffectiveCost"].sum().round(2).to_dict() == {
        "search": 70.0,
        "(untagged)": 0.01,
    }
    assert days[parts(days)["usage"]]["BilledCost"].sum() == 70


def test_what_commitments_bought_leave_out_of_cost_is_said_in_money(tmp_path):
    """The page said that a commitment counts in the month it is paid; of this export it counts in none."""
    ledger, _ = taken(BILLS / "azure_ea_actual.csv", tmp_path)
    (line,) = [one.as_brief("2026-07") for one in basis_taken.of(ledger)]
    assert (line["amount"], line["left_out"], line["currency"]) == ("70.01", "15000.00", "USD")
    assert basis_taken.sentence([line]) == (
        "EffectiveCost is not known for Microsoft: BilledCost is taken for it, without the commitments bought: 15,000.00 USD (2026-07) is in no "
        "month's cost, budget or forecast. Take the export of amortised cost instead: --replace."
    )


def test_the_customer_case_of_the_field(tmp_path):
    ledger, receipt = taken(BILLS / "azure_mca_actual.csv", tmp_path)
    assert (receipt.accepted, ledger.totals()) == (3, {"USD": Decimal("2453.50")})
    table = rows(ledger)
    assert table["ChargeCategory"].tolist() == ["Usage", "Purchase", "Purchase"]
    assert table["ChargeFrequency"].tolist() == ["Usage-Based", "Recurring", "One-Time"]
    assert table["ChargeClass"].tolist() == ["", "", "Correction"]
    assert daily(ledger, Settings()).groupby("x_Team")["BilledCost"].sum()["ads"] == 12.5


@pytest.mark.parametrize("headings", azure.HEADINGS)
@pytest.mark.parametrize("amortised", [False, True])
def test_every_heading_gives_the_same_money_in_both_views(headings, amortised, tmp_path):
    lines = azure.HEADINGS[headings](azure.bill(amortised))
    ledger, receipt = taken(azure.written(lines, tmp_path / "azure.csv"), tmp_path)
    assert (receipt.rows_in, receipt.accepted) == (len(lines), len(lines))
    billed, effective = (azure.SHARED, azure.AMORTISED) if amortised else (azure.ACTUAL, azure.SHARED)  # fmt: skip
    assert ledger.totals() == {"EUR": billed}
    assert ledger.totals("EffectiveCost") == {"EUR": effective}
    view = "amortised" if amortised else "actual"
    assert receipt.files[0].format == f"Azure cost details, {view}"
    assert set(rows(ledger)["x_CostDataset"]) == {view}
    assert twice.of(ledger) == []


def test_what_is_said_of_each_view(tmp_path):
    actual = azure.written(azure.bill(), tmp_path / "a.csv")
    spread = azure.written(azure.bill(True), tmp_path / "b.csv")
    plain = azure.written(azure.bill()[:1], tmp_path / "c.csv")
    assert said(taken(actual, tmp_path)[1])[0] == (
        "a.csv: actual cost: purchases and refunds of reservations and savings plans (3 rows) have EffectiveCost 0, and what the usage that they "
        "cover (2 rows) costs is not known from this export: it is taken as billed. The amortised export of the same scope says it"
    )
    assert said(taken(spread, tmp_path)[1])[0] == (
        "b.csv: amortised cost: covered usage and unused commitments have BilledCost 0, and the purchases that pay for them are not in this export: "
        "BilledCost is below the invoice. For the invoice, give the actual cost in a workspace of its own"
    )
    assert said(taken(plain, tmp_path)[1])[0] == (
        "c.csv: actual or amortised cost cannot be told: nothing here is bought with or covered by a reservation or savings plan, so both are the "
        "same, and BilledCost is taken as EffectiveCost"
    )


def test_the_view_is_told_by_covered_usage_alone(tmp_path):
    for amortised, view in ((False, "actual"), (True, "amortised")):
        covered = azure.bill(amortised)[:2]
        ledger, _ = taken(azure.written(covered, tmp_path / f"{view}.csv"), tmp_path)
        assert set(rows(ledger)["x_CostDataset"]) == {view}
        assert ledger.totals() == {"EUR": Decimal("35.00")}
        assert ledger.totals("EffectiveCost") == {"EUR": Decimal("55.00" if amortised else "35.00")}


def test_a_file_with_both_views_in_it_is_refused(tmp_path):
    both = azure.written(azure.bill() + azure.bill(True), tmp_path / "both.csv")
    with pytest.raises(InputError) as refused:
        taken(both, tmp_path)
    assert str(refused.value) == (
        "both.csv: holds purchases of reservations or savings plans (3 rows) and unused parts of them (2 rows): actual and amortised cost in one file, "
        "so that usage would be counted twice. Export the two apart and give one."
    )


def test_what_each_row_becomes(tmp_path):
    ledger, _ = taken(azure.written(azure.bill(), tmp_path / "a.csv"), tmp_path)
    table = rows(ledger)
    assert table[["PricingCategory", "CommitmentDiscountStatus", "CommitmentDiscountType", "CommitmentDiscountCategory"]].values.tolist() == [
        ["Standard", "", "", ""],
        ["Committed", "Used", "Reservation", "Usage"],
        ["Committed", "Used", "Savings Plan", "Spend"],
        ["Dynamic", "", "", ""],
        ["Standard", "", "", ""],
        ["Standard", "", "", ""],
        ["Committed", "", "Reservation", "Usage"],
        ["Committed", "", "Reservation", "Usage"],
        ["Committed", "", "Savings Plan", "Spend"],
        ["Standard", "", "", ""],
        ["Standard", "", "", ""],
    ]  # fmt: skip
    assert [word for word in table["CommitmentDiscountId"] if word] == [
        azure.RESERVED, azure.PLAN, azure.RESERVED, azure.RESERVED, azure.PLAN,
    ]  # fmt: skip
    first, tokens, sold, bought = (table.loc[row] for row in (1, 5, 6, 7))
    assert (first["ConsumedQuantity"], first["ConsumedUnit"], first["RegionId"]) == (10, "Hour", "westeurope")  # fmt: skip
    assert json.loads(first["Tags"]) == {"team": "search", "env": "prod", "cost_center": "CC1"}
    assert (tokens["x_Model"], tokens["SkuMeter"], tokens["ServiceCategory"]) == (
        "gpt-4o-0806", "input tokens, glbl", "AI and Machine Learning",
    )  # fmt: skip
    assert (tokens["ConsumedQuantity"], tokens["ConsumedUnit"]) == (Decimal("520.5"), "1K")
    assert (sold["ServiceProviderName"], sold["InvoiceIssuerName"]) == ("Vectors GmbH", "Microsoft")
    assert (sold["ServiceName"], sold["SkuId"]) == ("Vectors - Pro", "Vectors - Pro")
    assert (bought["SkuId"], bought["ConsumedQuantity"]) == ("Reserved VM Instance, NC24", None)
    unused = rows(taken(azure.written(azure.bill(True), tmp_path / "b.csv"), tmp_path)[0]).loc[7]
    assert (unused["ChargeCategory"], unused["CommitmentDiscountStatus"]) == ("Usage", "Unused")
    assert (unused["BilledCost"], unused["EffectiveCost"]) == (0, 5)


def test_a_unit_of_many_is_kept_and_said(tmp_path):
    lines = [*azure.bill(), azure.line(UnitOfMeasure="10000 Hours", Quantity="0.5")]
    _, receipt = taken(azure.written(lines, tmp_path / "a.csv"), tmp_path)
    assert (
        "a.csv: units of measure of more than one ('10000 Hours' on 1 row, '1K' on 1 row): quantity and unit are kept as they are written"
        in said(receipt)
    )


def test_the_account_of_a_customer_agreement_is_its_billing_profile(tmp_path):
    lines = azure.customer(azure.bill())
    table = rows(taken(azure.written(lines, tmp_path / "a.csv"), tmp_path)[0])
    assert set(table["BillingAccountId"]) == {"profile-1"} and set(table["InvoiceId"]) == {"G1"}
    assert set(table["ListCost"]) == {Decimal("40.0000000000")}


def test_the_oldest_export_has_no_type_of_charge(tmp_path):
    """Usage alone, before exports had purchases: PreTaxCost, UsageDateTime, InstanceId."""
    old = {"SubscriptionGuid": "s-1", "UsageDateTime": "2026-07-13", "MeterCategory": "Storage", "MeterId": "m", "UsageQuantity": "2",
           "PreTaxCost": "1.25", "InstanceId": "/disk", "Tags": '{"team":"a"}', "Currency": "GBP", "UnitOfMeasure": "1 GB/Month"}  # fmt: skip
    ledger, receipt = taken(azure.written([old], tmp_path / "old.csv"), tmp_path)
    assert ledger.totals() == {"GBP": Decimal("1.25")}
    assert "old.csv: no ChargeType: an export of usage alone, every row is taken as usage" in said(receipt)  # fmt: skip
    assert "old.csv: no BillingPeriodStartDate: the month of use is taken as the month billed" in said(receipt)  # fmt: skip
    row = rows(ledger).loc[1]
    assert (row["SubAccountId"], row["ResourceId"], row["x_Period"]) == ("s-1", "/disk", "2026-07")


def test_the_billing_period_is_that_of_the_bill(tmp_path):
    late = azure.line(Date="06/30/2026")
    ledger, _ = taken(azure.written([late], tmp_path / "a.csv"), tmp_path)
    assert ledger.totals_by_period()["BillingPeriod"].tolist() == ["2026-07"]


ISO = {"Date": "2026-07-13", "BillingPeriodStartDate": "2026-07-01", "BillingPeriodEndDate": "2026-07-31T00:00:00Z"}  # fmt: skip
DAYS = {"Date": "13.07.2026", "BillingPeriodStartDate": "01.07.2026", "BillingPeriodEndDate": "31.07.2026"}  # fmt: skip


@pytest.mark.parametrize("dates", [ISO, DAYS, {"Date": "7/13/2026 12:00:00 AM"}, {}])
def test_dates_are_read_as_the_file_writes_them(dates, tmp_path):
    row = rows(taken(azure.written([azure.line(**dates)], tmp_path / "a.csv"), tmp_path)[0]).loc[1]
    assert str(row["ChargePeriodStart"].date()) == "2026-07-13"
    assert str(row["ChargePeriodEnd"].date()) == "2026-07-14"
    assert str(row["BillingPeriodStart"].date()) == "2026-07-01"
    assert str(row["BillingPeriodEnd"].date()) == "2026-08-01"


def test_days_that_could_be_months_are_told_by_the_end_of_the_period_or_refused(tmp_path):
    early = azure.line(Date="07/02/2026")
    row = rows(taken(azure.written([early], tmp_path / "a.csv"), tmp_path)[0]).loc[1]
    assert str(row["ChargePeriodStart"].date()) == "2026-07-02"
    alone = {k: v for k, v in early.items() if not k.startswith("BillingPeriod")}
    with pytest.raises(InputError) as refused:
        taken(azure.written([alone], tmp_path / "open.csv"), tmp_path)
    assert str(refused.value) == (
        "open.csv: 'Date': dates such as '07/02/2026' (row 1) can be read two ways, and no other date of the file tells which. Export a whole month, or "
        "write the dates as 2026-07-31."
    )
    with pytest.raises(InputError) as refused:
        taken(azure.written([azure.line(), azure.line(Date="14/07/2026")], tmp_path / "two.csv"), tmp_path)  # fmt: skip
    assert str(refused.value) == (
        "two.csv: 'Date': row 2 '14/07/2026' can only be day first and row 1 '07/13/2026' only month first. Export the file again, or write all dates "
        "one way, best as 2026-07-31."
    )


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"CostInBillingCurrency": "abc"}, "BilledCost", "'abc' is not a plain number; write 1234.50"),
        ({"CostInBillingCurrency": ""}, "BilledCost", "is empty"),
        ({"CostInBillingCurrency": "1,5", "PricingModel": "Reservation", "ChargeType": "Purchase"}, "BilledCost", "'1,5' is not a plain number; write 1234.50"),
        ({"BillingCurrencyCode": ""}, "BillingCurrency", "is empty: write a currency of ISO 4217, for example USD"),
        ({"Date": "soon"}, "ChargePeriodStart", "'soon' is not a date; write 2026-01-31 or 2026-01-31T00:00:00Z"),
        ({"Date": "07/32/2026"}, "ChargePeriodStart", "'07/32/2026' is not a date; write 2026-01-31 or 2026-01-31T00:00:00Z"),
        ({"ChargeType": "Surprise"}, "ChargeCategory", "'Surprise' is unknown. Known: Usage, Purchase, Tax, Credit, Adjustment"),
        ({"ChargeType": ""}, "ChargeCategory", "is empty: write one of Usage, Purchase, Tax, Credit, Adjustment"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_read_quarantines_its_row_and_no_other(
    cells, column, reason, tmp_path
):
    lines = [azure.line(), azure.line(**cells), azure.line()]
    ledger, receipt = taken(azure.written(lines, tmp_path / "a.csv"), tmp_path)
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (3, 2, 1)
    refused = ledger.quarantine(details=True).iloc[0]
    assert (refused["x_Row"], refused["x_Column"], refused["x_Reason"]) == (2, column, reason)


def test_covered_usage_of_an_amortised_export_without_a_cost_is_quarantined(tmp_path):
    lines = azure.bill(True)
    lines[1]["CostInBillingCurrency"] = ""
    ledger, receipt = taken(azure.written(lines, tmp_path / "a.csv"), tmp_path)
    assert receipt.quarantined == 1
    assert ledger.quarantine(details=True).iloc[0]["x_Column"] == "EffectiveCost"


def test_hostile_tags_leave_the_charge_and_its_money(tmp_path):
    bad = ["{", "[1]", "null", '{"team": "\\ud800"}', '{"a": "1", "a": "2"}', "[" * 9000, "team=a"]
    lines = [azure.line(Tags=text, CostCenter="") for text in bad]
    ledger, receipt = taken(azure.written(lines, tmp_path / "a.csv"), tmp_path)
    assert receipt.accepted == len(bad) and rows(ledger)["Tags"].isna().all()


def test_other_packings_are_read_and_a_workbook_is_refused_by_name(tmp_path):
    lines = azure.bill()
    (tmp_path / "a.json").write_text(json.dumps(lines, indent=1))
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    pq.write_table(pa.Table.from_pylist(lines), tmp_path / "a.parquet")
    for name in ("a.json", "a.jsonl", "a.parquet"):
        ledger, _ = taken(tmp_path / name, tmp_path)
        assert ledger.totals() == {"EUR": azure.ACTUAL}
        assert importers.detect(tmp_path / name) == "azure_cost"
    book = openpyxl.Workbook()
    for row in (list(lines[0]), *(list(line.values()) for line in lines)):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(InputError) as refused:
        guess_mapping(read_table(tmp_path / "a.xlsx"))
    assert str(refused.value) == (
        "a.xlsx: this is an Azure cost export (enterprise or customer agreement). It is read as CSV, JSON lines or Parquet, with the columns ChargeType, "
        "Date, CostInBillingCurrency (or Cost), BillingCurrency and MeterCategory (names of any of its agreements), and never as any table: what a "
        "line is stands in its type (usage, purchase, refund, rounding). Save the sheet as CSV with these names in its first line, or export these "
        "columns too."
    )


@pytest.mark.parametrize("gone", ["ChargeType", "CostInBillingCurrency", "BillingCurrencyCode"])
def test_an_export_without_a_needed_column_is_refused_by_name(gone, tmp_path):
    lines = [{k: v for k, v in line.items() if k != gone} for line in azure.bill()]
    with pytest.raises(InputError, match="this is an Azure cost export"):
        taken(azure.written(lines, tmp_path / "few.csv"), tmp_path)


def test_disjoint_parts_in_any_order_give_the_same_facts(tmp_path):
    lines = azure.bill()
    halves = {"a.csv": lines, "b.csv": [line | {"SubscriptionId": "sub-2"} for line in lines]}
    days = []
    for order in (list(halves), list(halves)[::-1]):
        ledger = Ledger(tmp_path / f"ledger-{len(days)}")
        for name in order:
            ledger.ingest(azure.written(halves[name], tmp_path / name))
        days.append(daily(ledger, Settings(currency="EUR")))
        assert ledger.totals() == {"EUR": 2 * azure.ACTUAL}
    pd.testing.assert_frame_equal(days[0], days[1])


def test_a_newer_run_of_the_month_to_date_takes_the_place_of_the_older(tmp_path):
    lines, ledger = azure.bill(), Ledger(tmp_path / "l")
    ledger.ingest(azure.written(lines[:4] + lines[6:9], tmp_path / "one.csv"))
    ledger.ingest(azure.written(lines, tmp_path / "two.csv"))
    assert ledger.totals() == {"EUR": azure.ACTUAL} and ledger.rows == len(lines)


def test_a_whole_file_is_read_piece_by_piece(tmp_path, monkeypatch):
    file = azure.written(azure.bill() * 3, tmp_path / "a.csv")
    whole = pa.concat_tables(importers.read(open_source(file)).batches)
    monkeypatch.setattr(azure_cost, "PIECE", 7)
    pieces = list(importers.read(open_source(file)).batches)
    assert max(piece.num_rows for piece in pieces) == 7
    assert pa.concat_tables(pieces).equals(whole)


def test_exactly_one_importer_claims_each_file(tmp_path):
    shelf = importers.shelf()
    for name, headings in azure.HEADINGS.items():
        source = open_source(azure.written(headings(azure.bill()), tmp_path / f"{name}.csv"))
        claims = [word for word, one in shelf.items() if word != "focus" and one.recognise(source)]
        assert claims == ["azure_cost"], name
    for file in sorted((Path(__file__).parent / "fixtures").glob("*/*")):
        if file.is_file() and "azure" not in file.name and file.suffix not in (".pkl", ".db"):
            try:
                source = open_source(file)
            except InputError:
                continue
            assert not azure_cost.recognise(source), file


@settings(max_examples=8)  # a smoke: `make fuzz` does it in earnest
@given(data=st.data())
def test_no_mutation_of_an_export_is_a_crash_or_loses_a_row(data, tmp_path_factory):
    lines = azure.HEADINGS[data.draw(st.sampled_from(list(azure.HEADINGS)))](
        azure.bill(data.draw(st.booleans()))
    )
    cells = st.one_of(
        st.sampled_from(
            [
                "",
                "NULL",
                "-1",
                "1e9999",
                "NaN",
                "0x1",
                "13/13/2026",
                "9999-12-31",
                "Usage",
                "{",
                "ü",
                "1K",
            ]
        ),  # fmt: skip
        st.text(max_size=8),
    )
    for _ in range(data.draw(st.integers(1, 6))):
        line = data.draw(st.sampled_from(lines))
        line[data.draw(st.sampled_from(list(line)))] = data.draw(cells).replace("\x00", "")
    folder = tmp_path_factory.mktemp("mutated")
    try:
        receipt = Ledger(folder / "l").ingest(azure.written(lines, folder / "a.csv"))
    except (FinOpsError, UnicodeEncodeError) as problem:  # half a character cannot be written
        assert not isinstance(problem, FinOpsError) or str(problem).startswith("a.csv")
        return
    assert receipt.rows_in == receipt.accepted + receipt.quarantined == len(lines)
