"""EffectiveCost of the exports of AWS, Azure and Google, row by row against an oracle (docs/method §13.37–§13.39)."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

import aws_bill as aws
import azure_bill as azure
import gcp_bill as gcp
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracles import effective_cost as oracle

from finops_model.facts.ledger.store import Ledger

TEN = Decimal("1e-10")  # the ledger's decimals
PLAN = "arn:aws:savingsplans::1:savingsplan/a"
KINDS = ("Usage", "SavingsPlanCoveredUsage", "SavingsPlanNegation", "SavingsPlanRecurringFee", "SavingsPlanUpfrontFee", "DiscountedUsage", "RIFee", "Fee", "Tax", "Credit", "EdpDiscount")  # fmt: skip
CENTS = st.integers(0, 10_000_000).map(lambda cents: str(Decimal(cents) / 100))


def booked(file: Path, folder: Path) -> list[tuple[Decimal, Decimal]]:
    """(BilledCost, EffectiveCost) of the ledger, in the order of the file."""
    ledger = Ledger(folder / "l")
    receipt = ledger.ingest(file)
    assert receipt.quarantined == 0, receipt
    frame = pd.concat([pq.read_table(path).to_pandas() for path in ledger.files()])
    frame = frame.sort_values("x_Row")
    return list(zip(frame["BilledCost"], frame["EffectiveCost"], strict=True))


def same(rows, known) -> None:
    assert [(b.quantize(TEN), e.quantize(TEN)) for b, e in rows] == [(b.quantize(TEN), e.quantize(TEN)) for b, e in known]  # fmt: skip


def test_each_line_of_an_aws_report_costs_what_the_rule_says(tmp_path):
    lines = aws.bill(2)
    same(booked(aws.classic(lines, tmp_path / "cur.csv"), tmp_path), map(oracle.aws, lines))


@settings(max_examples=3)
@given(
    lines=st.lists(
        st.tuples(st.sampled_from(KINDS), CENTS, CENTS, CENTS, st.booleans()),
        min_size=1,
        max_size=11,
    )
)
@example(lines=[(kind, "7.5", "4.25", "1.75", True) for kind in KINDS])
@example(lines=[("Fee", "7.5", "4.25", "1.75", False), ("RIFee", "0", "0", "9", False)])
def test_a_line_of_any_type_and_any_amounts_costs_what_the_rule_says(lines):
    """A plan's fee is spread by what is used; nothing of a plan or reservation counts on its purchase and on its use."""
    made = [
        dict.fromkeys(aws.HEADINGS, "")
        | aws.bill(1)[0]
        | {
            "lineItem/LineItemType": kind,
            "lineItem/UnblendedCost": paid,
            "identity/LineItemId": f"line-{i}",
            "pricing/publicOnDemandCost": "",
            "reservation/ReservationARN": "arn:r" if reserved else "",
            "savingsPlan/SavingsPlanARN": PLAN,
            "savingsPlan/SavingsPlanEffectiveCost": a,
            "savingsPlan/TotalCommitmentToDate": a,
            "savingsPlan/UsedCommitment": b,
            "reservation/EffectiveCost": a,
            "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": a,
            "reservation/UnusedRecurringFee": b,
        }
        for i, (kind, paid, a, b, reserved) in enumerate(lines)
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        same(booked(aws.classic(made, folder / "cur.csv"), folder), map(oracle.aws, made))


@pytest.mark.parametrize("view", ["actual", "amortised"])
def test_each_line_of_an_azure_export_costs_what_the_rule_says(view, tmp_path):
    lines = azure.bill(view == "amortised")
    known = [oracle.azure(line, view) for line in lines]
    same(booked(azure.written(lines, tmp_path / "azure.csv"), tmp_path), known)
    column = 0 if view == "actual" else 1
    whole = azure.ACTUAL if view == "actual" else azure.AMORTISED
    assert sum(costs[column] for costs in known) == whole


@settings(max_examples=3)
@given(cents=st.lists(st.integers(-100_000, 1_000_000), min_size=11, max_size=11))
def test_an_azure_export_of_any_amounts_costs_what_the_rule_says(cents):
    for view in ("actual", "amortised"):
        lines = [line | {"CostInBillingCurrency": str(Decimal(c) / 100)} for line, c in zip(azure.bill(view == "amortised"), cents, strict=False)]  # fmt: skip
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            known = [oracle.azure(line, view) for line in lines]
            same(booked(azure.written(lines, folder / "azure.csv"), folder), known)


def test_each_row_of_a_google_export_costs_what_the_rule_says(tmp_path):
    rows = gcp.bill(2)
    same(booked(gcp.json_lines(rows, tmp_path / "g.jsonl"), tmp_path), map(oracle.google, rows))


@settings(max_examples=3)
@given(rows=st.lists(st.tuples(st.integers(-9_999, 99_999), st.lists(st.integers(-9_999, 0), max_size=3)), min_size=1, max_size=6))  # fmt: skip
@example(rows=[(10_000, [-10_000]), (0, []), (10, [-3, -3, -4])])
def test_a_google_row_with_any_credits_costs_what_is_left(rows):
    kinds = (gcp.CUD, gcp.SUD, "PROMOTION")
    made = [
        gcp.row(i, str(Decimal(cost) / 64), gcp.COMPUTE, "A2 GPU hour", credits=[gcp.credit(kind, kind, str(Decimal(amount) / 64)) for kind, amount in zip(kinds, credits, strict=False)])
        for i, (cost, credits) in enumerate(rows)
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        same(booked(gcp.json_lines(made, folder / "g.jsonl"), folder), map(oracle.google, made))
