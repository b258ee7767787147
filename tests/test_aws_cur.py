"""The cost and usage report of AWS comes in whole and to the cent, in each of its headings (docs/ingest/aws_cur.md)."""

from __future__ import annotations

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path

import aws_bill as aws
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
from finops_model.facts.intake.formats import plain_words
from finops_model.facts.intake.importers import aws_cost_explorer, aws_cur
from finops_model.facts.intake.tables import guess_mapping, read_table
from finops_model.facts.ledger import twice
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings

BILLS = Path(__file__).parent / "fixtures" / "bills"
SHARED = Path(__file__).resolve().parents[2] / "shared"
there = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not there")
CASE = BILLS / "aws_cur_classic.csv"


def taken(path, tmp_path, **more):
    ledger = Ledger(tmp_path / f"ledger-{Path(path).name}")
    return ledger, ledger.ingest(path, **more)


def rows(ledger) -> pd.DataFrame:
    frame = pd.concat([pq.read_table(path).to_pandas() for path in ledger.files()])
    return frame.sort_values("x_Row").set_index("x_Row")


def written(tmp_path, lines, name="cur.csv"):
    return aws.WRITERS.get(name, aws.classic)(lines, tmp_path / name)


def of(kind, **more) -> dict:
    """One line of the bill of this type, changed."""
    line = next(line for line in aws.bill(1) if line["lineItem/LineItemType"] == kind)
    return line | more


def test_the_case_of_the_field_is_booked_whole(tmp_path):
    """340.00 for 266.00 before: the currency of the list price is empty on six of eight lines."""
    ledger, receipt = taken(CASE, tmp_path)
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (8, 8, 0)
    assert ledger.totals() == ledger.totals("EffectiveCost") == {"USD": Decimal("266.00")}
    table = rows(ledger)
    assert table["ChargeCategory"].tolist() == [
        "Usage", "Usage", "Usage", "Purchase", "Tax", "Credit", "Credit", "Usage",
    ]  # fmt: skip
    assert [str(cost.normalize()) for cost in table["EffectiveCost"]] == [
        "2.4E+2", "7E+1", "0", "1E+1", "32", "-5E+1", "-12", "-24",
    ]  # fmt: skip
    days = daily(ledger, Settings())
    assert days.groupby("x_Team")["EffectiveCost"].sum().to_dict() == {
        "search": 310.0,
        "(untagged)": -44.0,
    }
    masks = parts(days)
    assert days[masks["outside"]]["EffectiveCost"].sum() == 32 - 50 - 12  # no forecast of them
    assert days[masks["usage"]]["EffectiveCost"].sum() == 240 + 70 - 24


def test_three_headings_of_one_bill_give_the_same_facts(tmp_path):
    lines, first = aws.bill(), None
    for name, write in aws.WRITERS.items():
        ledger, receipt = taken(write(lines, tmp_path / name), tmp_path)
        assert (receipt.rows_in, receipt.accepted) == (len(lines), len(lines))
        assert ledger.totals() == {"USD": aws.BILLED}
        assert ledger.totals("EffectiveCost") == {"USD": aws.EFFECTIVE}
        table, days = rows(ledger).drop(columns="x_File"), daily(ledger, Settings())
        text = table.map(lambda cell: "" if cell is None else cell)
        plain = [column for column in text if not column.startswith(("x_Disc", "Pricing", "List"))]
        first = first or (days, text[plain], receipt.files[0].format)
        pd.testing.assert_frame_equal(days, first[0])
        pd.testing.assert_frame_equal(text[plain], first[1], check_like=True)
    assert first[2] == "AWS CUR (classic)"


SPELLINGS = {
    "lower": str.lower,
    "upper": str.upper,
    "underscores": lambda heading: plain_words(heading).replace(" ", "_"),
    "spaces": lambda heading: plain_words(heading).title(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_and_no_mark_hides_the_report(spelling, tmp_path):
    lines = pd.read_csv(CASE, dtype=str, keep_default_na=False)
    lines = lines.rename(columns=SPELLINGS[spelling])
    for mark in ",;\t":
        lines.to_csv(tmp_path / "cur.csv", sep=mark, index=False)
        ledger = Ledger(tmp_path / f"ledger{ord(mark)}")
        assert ledger.ingest(tmp_path / "cur.csv").accepted == 8
        assert ledger.totals("EffectiveCost") == {"USD": Decimal("266.00")}
        assert {tag.casefold() for tag in rows(ledger)["Tags"].dropna()} == {'{"team":"search"}'}


def test_other_packings_are_read_and_a_workbook_is_refused_by_name(tmp_path):
    lines = pd.read_csv(CASE, dtype=str, keep_default_na=False)
    records = lines.to_dict("records")
    (tmp_path / "a.json").write_text(json.dumps(records, indent=1))
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, records)))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CASE.read_bytes(), mtime=0))
    for name in ("a.json", "a.jsonl", "a.csv.gz"):
        ledger, receipt = taken(tmp_path / name, tmp_path)
        assert receipt.accepted == 8 and ledger.totals() == {"USD": Decimal("266.00")}
        assert importers.detect(tmp_path / name) == "aws_cur"
    lines.to_excel(tmp_path / "a.xlsx", index=False)
    with pytest.raises(InputError, match="a.xlsx: this is an AWS cost and usage report. It is"):
        guess_mapping(read_table(tmp_path / "a.xlsx"))


def test_what_each_type_of_line_becomes(tmp_path):
    ledger, _ = taken(written(tmp_path, aws.bill(1)), tmp_path)
    table = rows(ledger).groupby(["x_LineItemType", "x_ServiceCode", "x_UsageType"]).first()
    table = table.reset_index().set_index("x_LineItemType")
    said = {}
    for kind in sorted(set(table.index)):
        line = table.loc[[kind]].iloc[0]
        said[kind] = (
            line["ChargeCategory"],
            line["ChargeClass"],
            line["ChargeFrequency"],
            line["PricingCategory"],
            line["CommitmentDiscountStatus"],
            line["CommitmentDiscountCategory"],
        )
    assert said == {
        "Credit": ("Credit", "", "One-Time", "", "", ""),
        "DiscountedUsage": ("Usage", "", "Usage-Based", "Committed", "Used", "Usage"),
        "EdpDiscount": ("Usage", "", "Usage-Based", "", "", ""),
        "Fee": ("Purchase", "", "Recurring", "Standard", "", ""),  # support, by BillType
        "PrivateRateDiscount": ("Usage", "", "Usage-Based", "", "", ""),
        "RIFee": ("Purchase", "", "Recurring", "Standard", "Unused", "Usage"),
        "Refund": ("Credit", "Correction", "One-Time", "", "", ""),
        "SavingsPlanCoveredUsage": ("Usage", "", "Usage-Based", "Committed", "Used", "Spend"),
        "SavingsPlanNegation": ("Usage", "", "Usage-Based", "", "", "Spend"),
        "SavingsPlanRecurringFee": ("Purchase", "", "Recurring", "Standard", "Unused", "Spend"),
        "SavingsPlanUpfrontFee": ("Purchase", "", "One-Time", "Standard", "", "Spend"),
        "Tax": ("Tax", "", "One-Time", "", "", ""),
        "Usage": ("Usage", "", "Usage-Based", "Standard", "", ""),
    }
    spot = rows(ledger).query("x_UsageType == 'USE1-SpotUsage:g5.xlarge'").iloc[0]
    assert spot["PricingCategory"] == "Dynamic"
    fees = rows(ledger).query("x_LineItemType == 'Fee'")
    assert fees["ChargeFrequency"].tolist() == ["One-Time", "Recurring", "One-Time"]
    assert [float(cost) for cost in fees["EffectiveCost"]] == [0.0, 99.0, 49.0]


def test_quantity_names_and_parties(tmp_path):
    ledger, _ = taken(written(tmp_path, aws.bill(1)), tmp_path)
    table = rows(ledger)
    first, negated = table.loc[1], table.query("x_LineItemType == 'SavingsPlanNegation'").iloc[0]
    assert (first["ConsumedQuantity"], first["ConsumedUnit"]) == (24, "Hrs")
    assert negated["ConsumedQuantity"] is None  # its hours are those of the covered use
    assert (first["SkuId"], first["RegionId"], first["ResourceId"]) == ("SKU1", "us-east-1", "i-1")
    assert first["ServiceName"] == "Amazon Elastic Compute Cloud"
    assert json.loads(first["Tags"]) == {
        "aws:created_by": "root",
        "team": "search",
        "env": "prod",
    }
    assert (first["BillingAccountId"], first["SubAccountId"]) == (aws.PAYER, aws.TEAM)
    assert set(zip(table["ServiceProviderName"], table["InvoiceIssuerName"], strict=True)) == {
        ("AWS", "Amazon Web Services, Inc."),
        ("Anthropic, PBC", "AWS Marketplace"),
        ("Vectors GmbH", "AWS Marketplace"),
    }
    tokens = table[table["ServiceCategory"] == "AI and Machine Learning"]
    assert set(zip(tokens["x_Model"], tokens["SkuMeter"], strict=True)) == {
        ("Claude4.6Sonnet", "input tokens"),
        ("Claude4.6Sonnet", "output tokens, batch"),
        ("Claude4.6Sonnet", "cache read input tokens"),
        ("Claude Haiku 5", "output tokens"),
    }


def test_a_commitment_in_part_paid_upfront_is_not_said_to_be_counted_twice(tmp_path):
    """Its fee of 40 carries 10 of nobody's use, its use 70 of the 80 committed: 10 + 70 is not 40, and nothing is counted twice."""
    ledger, receipt = taken(written(tmp_path, aws.bill()), tmp_path)
    assert twice.of(ledger) == [] and "counted twice" not in str(receipt)


def test_the_billing_period_is_that_of_the_bill_not_that_of_use(tmp_path):
    late = of("Usage", **{"lineItem/UsageStartDate": "2026-06-30T00:00:00Z"})
    ledger, _ = taken(written(tmp_path, [late]), tmp_path)
    assert ledger.totals_by_period()["BillingPeriod"].tolist() == ["2026-07"]


def test_a_report_without_billing_period_says_that_the_month_of_use_stands_in(tmp_path):
    lines = [of("Usage")]
    for line in lines:
        del line["bill/BillingPeriodStartDate"], line["bill/BillingPeriodEndDate"]
    pd.DataFrame(lines).to_csv(tmp_path / "cur.csv", index=False)
    ledger, receipt = taken(tmp_path / "cur.csv", tmp_path)
    assert ledger.totals_by_period()["BillingPeriod"].tolist() == ["2026-07"]
    assert (
        "cur.csv: no bill/BillingPeriodStartDate: the month of use is taken as the month billed"
        in [str(warning) for warning in receipt.warnings]
    )


NET = "line_item_net_unblended_cost"


def test_what_is_below_zero_by_its_type_is_told_once_and_other_usage_below_zero_is_asked_about(
    tmp_path,
):
    """A discount and a negation say themselves why; the same line called Usage does not."""
    lines = aws.bill(1)
    said = [str(one) for one in Ledger(tmp_path / "a").ingest(aws.classic(lines, tmp_path / "r.csv")).warnings]  # fmt: skip
    assert [one for one in said if "negati" in one] == [
        "r.csv: 3 rows: discounts or negations of savings plans: usage below zero is what they are"
    ]
    at = next(i for i, one in enumerate(lines) if one["lineItem/LineItemType"].endswith("Discount"))
    lines[at] |= {"lineItem/LineItemType": "Usage"}
    receipt = Ledger(tmp_path / "b").ingest(aws.classic(lines, tmp_path / "s.csv"))
    assert [str(one) for one in receipt.warnings if "negati" in str(one)] == [
        "s.csv: 2 rows: discounts or negations of savings plans: usage below zero is what they are",
        f"s.csv: 1 row, first row {at + 1}: EffectiveCost: negative usage without ChargeClass=Correction",
    ]
    assert receipt.negative_usage == 1 and "x_SourceBelowZero" not in Ledger(tmp_path / "b").quarantine(details=True)  # fmt: skip


def test_discounts_that_are_lines_are_not_taken_off_again_by_the_net_cost(tmp_path):
    inside = {"discount/EdpDiscount": "-24.00", "discount/TotalDiscount": "-24.00"}
    usage = {"lineItem/UnblendedCost": "240.00", "lineItem/NetUnblendedCost": "216.00"}
    line = {"lineItem/UnblendedCost": "-24.00", "lineItem/NetUnblendedCost": "0"}
    lines = [of("Usage", **usage, **inside), of("EdpDiscount", **line)]
    pd.DataFrame(lines).to_csv(tmp_path / "cur.csv", index=False)
    ledger, receipt = taken(tmp_path / "cur.csv", tmp_path)
    assert ledger.totals() == {"USD": Decimal("216.00")}
    assert (
        "cur.csv: the net cost beside the unblended one is not taken: discounts are lines of their own here and would be counted twice"
        in [str(warning) for warning in receipt.warnings]
    )


@pytest.mark.parametrize("net", ["216.0", ""])
def test_a_discount_inside_a_row_of_cur_2_is_taken_off_by_its_net_cost(net, tmp_path):
    row = aws.second(of("Usage", **{"lineItem/UnblendedCost": "240.0"}))
    row |= {"discount": {"edp_discount": -24.0, "total_discount": -24.0}, NET: net}
    covered = aws.second(of("SavingsPlanCoveredUsage")) | {"discount": {}, NET: "100.0"}
    covered |= {"savings_plan_net_savings_plan_effective_cost": "1.0"}
    table = [
        {key: json.dumps(cell) if isinstance(cell, dict) else cell for key, cell in line.items()}
        for line in (row, covered)
    ]
    pd.DataFrame(table).to_csv(tmp_path / "cur.csv", index=False)
    ledger, receipt = taken(tmp_path / "cur.csv", tmp_path)
    assert ledger.totals() == {"USD": Decimal(net or "240.0") + 100}
    assert ledger.totals("EffectiveCost") == {"USD": Decimal(net or "240.0") + 70}
    said = [str(warning) for warning in receipt.warnings]
    if net:
        assert (
            "cur.csv: 1 row: carry a discount in the column discount: the net cost is taken, as no line of its own takes it off"
            in said
        )
    else:
        assert (
            "cur.csv: 1 row: carry a discount in the column discount and no net cost: BilledCost is BEFORE this discount; export "
            "line_item_net_unblended_cost too"
        ) in said


def test_a_row_at_its_net_cost_is_amortised_at_its_net_cost(tmp_path):
    inside = {"discount": {"total_discount": -5.0}}
    covered = aws.second(of("SavingsPlanCoveredUsage")) | inside | {NET: "90.0"}
    covered |= {"savings_plan_net_savings_plan_effective_cost": "63.0"}
    fee = aws.second(of("SavingsPlanRecurringFee")) | inside | {NET: "36.0"}
    fee |= {"savings_plan_net_savings_plan_effective_cost": ""}
    table = [
        {key: json.dumps(cell) if isinstance(cell, dict) else cell for key, cell in line.items()}
        for line in (covered, fee)
    ]
    pd.DataFrame(table).to_csv(tmp_path / "cur.csv", index=False)
    ledger, _ = taken(tmp_path / "cur.csv", tmp_path)
    assert [float(cost) for cost in rows(ledger)["EffectiveCost"]] == [63.0, 9.0]  # 10 × 36 / 40


@pytest.mark.parametrize(
    ("kind", "cells", "cost", "note"),
    [
        ("RIFee", {"reservation/UnusedRecurringFee": ""}, "8.0", ""),
        ("SavingsPlanRecurringFee", {"savingsPlan/UsedCommitment": ""}, "80.0", ""),
        (
            "DiscountedUsage",
            {"reservation/EffectiveCost": ""},
            "0.0",
            "cur.csv: 1 row: discountedusage without reservation/EffectiveCost: no amortised cost is known of them, BilledCost is taken as EffectiveCost",
        ),
    ],
)
def test_an_empty_cell_of_an_amortised_cost(kind, cells, cost, note, tmp_path):
    ledger, receipt = taken(written(tmp_path, [of(kind, **cells)]), tmp_path)
    assert ledger.totals("EffectiveCost") == {"USD": Decimal(cost)}
    assert not note or note in [str(warning) for warning in receipt.warnings]


@pytest.mark.parametrize(
    ("kind", "cells", "column", "reason"),
    [
        ("Usage", {"lineItem/UnblendedCost": "abc"}, "BilledCost", "'abc' is not a plain number; write 1234.50"),
        ("Usage", {"lineItem/CurrencyCode": "", "pricing/currency": "USD"}, "BillingCurrency", "is empty: write a currency of ISO 4217, for example USD"),
        ("Usage", {"lineItem/UsageStartDate": "7/2/26 0:00"}, "ChargePeriodStart", "'7/2/26 0:00' is not a date; write 2026-01-31 or 2026-01-31T00:00:00Z"),
        ("RIFee", {"reservation/UnusedRecurringFee": "1,5"}, "EffectiveCost", "'1,5' is not a plain number; write 1234.50"),
        ("SavingsPlanRecurringFee", {"savingsPlan/UsedCommitment": "1e999999"}, "EffectiveCost", "'1e999999' has more than 18 digits before the point"),
        ("SavingsPlanRecurringFee", {"savingsPlan/TotalCommitmentToDate": ""}, "EffectiveCost", "'no TotalCommitmentToDate' is not a plain number; write 1234.50"),
        ("Usage", {"lineItem/LineItemType": "Surprise"}, "ChargeCategory", "'Surprise' is unknown. Known: Usage, Purchase, Tax, Credit, Adjustment"),
        ("Usage", {"lineItem/LineItemType": ""}, "ChargeCategory", "is empty: write one of Usage, Purchase, Tax, Credit, Adjustment"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_read_quarantines_its_row_and_no_other(
    kind, cells, column, reason, tmp_path
):
    ledger, receipt = taken(written(tmp_path, [of("Tax"), of(kind, **cells), of("Tax")]), tmp_path)
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (3, 2, 1)
    refused = ledger.quarantine(details=True).iloc[0]
    assert (refused["x_Row"], refused["x_Column"], refused["x_Reason"]) == (2, column, reason)


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("SavingsPlanCoveredUsage", "savingsPlan/SavingsPlanEffectiveCost"),
        ("SavingsPlanRecurringFee", "savingsPlan/TotalCommitmentToDate"),
    ],
)
def test_a_line_of_a_plan_whose_amortised_cost_is_missing_is_refused_not_counted_twice(
    kind, column, tmp_path
):
    """The fee of a plan (80) beside its covered use (70) would be 150 for 80."""
    line = of(kind, **{column: "", "savingsPlan/UsedCommitment": ""})
    ledger, receipt = taken(written(tmp_path, [of("Tax"), line]), tmp_path)
    assert (receipt.accepted, receipt.quarantined) == (1, 1)
    assert ledger.quarantine(details=True)["x_Reason"].tolist() == [
        f"{kind.lower()} without {column}: its amortised cost is not known. Export this column too"
    ]


@pytest.mark.parametrize(
    ("column", "effective", "note"),
    [
        ("savingsPlan/SavingsPlanEffectiveCost", 100 - 100 + 40 + 14600 + 12.5 + 12.5, "savingsplancoveredusage"),
        ("reservation/EffectiveCost", 70 + 10 + 1200 + 300, "discountedusage"),
    ],
)  # fmt: skip
def test_a_report_without_amortised_costs_is_on_a_cash_basis_as_a_whole(
    column, effective, note, tmp_path
):
    """No upfront fee is dropped, and no negation left without the use that it takes off."""
    own = ("SavingsPlan", "DiscountedUsage", "RIFee")
    lines = [
        line
        for line in aws.bill(1)
        if line["lineItem/LineItemType"].startswith(own) or line["reservation/ReservationARN"]
    ]
    for line in lines:
        del line[column]
    pd.DataFrame(lines).to_csv(tmp_path / "cur.csv", index=False)
    ledger, receipt = taken(tmp_path / "cur.csv", tmp_path)
    assert float(ledger.totals("EffectiveCost")["USD"]) == effective
    assert f"cur.csv: 1 row: {note} in a report without {column}: BilledCost is taken as EffectiveCost" in [str(warning) for warning in receipt.warnings]  # fmt: skip


def test_hostile_maps_leave_the_charge_and_its_money(tmp_path):
    bad = [
        "{",
        "[1]",
        '"x"',
        "null",
        '{"user_team": "\\ud800"}',
        '{"a": "1", "a": "2"}',
        "[" * 9000,
    ]
    table = []
    for text in bad:
        row = {name: json.dumps(cell) if isinstance(cell, dict) else cell for name, cell in aws.second(of("Usage")).items()}  # fmt: skip
        table.append(row | dict.fromkeys(("product", "resource_tags", "cost_category", "discount"), text))  # fmt: skip
    with (tmp_path / "cur.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    ledger, receipt = taken(tmp_path / "cur.csv", tmp_path)
    assert receipt.accepted == len(bad) and set(rows(ledger)["ServiceName"]) == {"AmazonEC2"}
    assert rows(ledger)["Tags"].isna().all()


def test_disjoint_parts_in_any_order_give_the_same_facts(tmp_path):
    lines = aws.bill(4)
    halves = [
        [line for line in lines if line["lineItem/UsageAccountId"] == account]
        for account in (aws.TEAM, aws.LAB)
    ]
    days = []
    for order in (halves, halves[::-1]):
        ledger = Ledger(tmp_path / f"ledger-{len(days)}")
        for half in order:
            ledger.ingest(written(tmp_path, half, f"part-{halves.index(half)}.csv"))
        days.append(daily(ledger, Settings()))
    pd.testing.assert_frame_equal(days[0], days[1])


def test_a_whole_file_is_read_piece_by_piece(tmp_path, monkeypatch):
    file = written(tmp_path, aws.bill(5))
    whole = pa.concat_tables(importers.read(open_source(file)).batches)
    monkeypatch.setattr(aws_cur, "PIECE", 7)
    pieces = list(importers.read(open_source(file)).batches)
    assert max(piece.num_rows for piece in pieces) == 7
    assert pa.concat_tables(pieces).equals(whole)


def test_a_report_without_rows_and_one_without_a_needed_column(tmp_path):
    (tmp_path / "cur.csv").write_text(",".join(aws.HEADINGS) + "\n")
    assert taken(tmp_path / "cur.csv", tmp_path)[1].rows_in == 0
    lines = [of("Usage")]
    del lines[0]["lineItem/LineItemType"]
    pd.DataFrame(lines).to_csv(tmp_path / "few.csv", index=False)
    with pytest.raises(InputError) as refused:
        taken(tmp_path / "few.csv", tmp_path)
    assert str(refused.value) == (
        "few.csv: this is an AWS cost and usage report. It is read as CSV, JSON lines or Parquet, with the columns lineItem/UnblendedCost, "
        "lineItem/LineItemType, lineItem/CurrencyCode and lineItem/UsageStartDate (names of any of its headings), and never as any table: the kind of a "
        "line is in its type (usage, tax, credit, fee, negation). Save the sheet as CSV with these names in its first line, or export these columns "
        "too."
    )


@pytest.mark.parametrize("interval", ["2026-07-01T00:00:00Z/2026-07-02T00:00:00Z", ""])
def test_a_report_without_the_end_of_use_has_it_in_its_interval_or_charges_the_day(
    interval, tmp_path
):
    line = of("Usage", **{"identity/TimeInterval": interval})
    del line["lineItem/UsageEndDate"]
    pd.DataFrame([line]).to_csv(tmp_path / "cur.csv", index=False)
    ledger, receipt = taken(tmp_path / "cur.csv", tmp_path)
    assert rows(ledger)["ChargePeriodEnd"].dt.day.tolist() == [2 if interval else 1]
    assert receipt.accepted == 1 and daily(ledger, Settings())["ChargeDate"].nunique() == 1


def test_by_day_and_by_month_one_bill_is_the_same_month(tmp_path):
    sums: dict[tuple, dict] = {}
    for line in aws.bill():
        key = tuple(line[name] for name in ("lineItem/LineItemType", "lineItem/UsageType", "product/ProductName", "lineItem/LegalEntity", "lineItem/UsageAccountId"))  # fmt: skip
        into = sums.setdefault(key, line | {"lineItem/UsageStartDate": "2026-07-01T00:00:00Z", "lineItem/UsageEndDate": "2026-08-01T00:00:00Z"} | dict.fromkeys(filter(aws.number, aws.HEADINGS), ""))  # fmt: skip
        for name in filter(aws.number, aws.HEADINGS):
            if line[name]:
                into[name] = str(Decimal(into[name] or 0) + Decimal(line[name]))
    names = ["ServiceName", "ServiceProviderName", "ChargeCategory", "CommitmentDiscountStatus", "x_Team", "x_Model", "SkuMeter"]  # fmt: skip
    one, other = (
        daily(taken(written(tmp_path, lines, name), tmp_path)[0], Settings())
        .groupby(names)[["BilledCost", "EffectiveCost", "ListCost", "ConsumedQuantity"]]
        .sum()
        .round(6)
        for name, lines in (("day.csv", aws.bill()), ("month.csv", list(sums.values())))
    )
    assert len(sums) < 30
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.shared
@there
def test_no_other_case_of_the_field_is_taken_for_it():
    for file in sorted((SHARED / "cases").rglob("*.*")):
        try:
            source = open_source(file)
            claims = aws_cur.recognise(source), aws_cost_explorer.recognise(source)
        except InputError:
            continue
        assert claims == (file.name == "cur.csv", False), file


def test_exactly_one_importer_claims_each_file(tmp_path):
    shelf = importers.shelf()
    for name, write in aws.WRITERS.items():
        source = open_source(write(aws.bill(1), tmp_path / name))
        claims = [word for word, one in shelf.items() if word != "focus" and one.recognise(source)]
        assert claims == ["aws_cur"], name
    for file in sorted((Path(__file__).parent / "fixtures").glob("*/*")):
        if file.is_file() and "cur_classic" not in file.name and file.suffix not in (".pkl", ".db"):
            try:
                source = open_source(file)
            except InputError:
                continue
            assert not aws_cur.recognise(source), file


@settings(max_examples=8)  # a smoke: `make fuzz` does it in earnest
@given(data=st.data())
def test_no_mutation_of_a_report_is_a_crash_or_loses_a_row(data, tmp_path_factory):
    lines = aws.bill(1)
    cells = st.one_of(
        st.sampled_from(
            ["", "NULL", "-1", "1e9999", "NaN", "0x1", "2026-13-01", "Usage", "{", "ü", "{}"]
        ),  # fmt: skip
        st.text(max_size=8),
    )
    for _ in range(data.draw(st.integers(1, 6))):
        line = data.draw(st.sampled_from(lines))
        line[data.draw(st.sampled_from(aws.HEADINGS))] = data.draw(cells).replace("\x00", "")
    folder = tmp_path_factory.mktemp("mutated")
    name = data.draw(st.sampled_from(["classic.csv", "second.csv"]))
    try:
        receipt = Ledger(folder / "l").ingest(aws.WRITERS[name](lines, folder / name))
    except (FinOpsError, UnicodeEncodeError) as problem:  # half a character cannot be written
        assert not isinstance(problem, FinOpsError) or str(problem).startswith(name)
        return
    assert receipt.rows_in == receipt.accepted + receipt.quarantined == len(lines)
