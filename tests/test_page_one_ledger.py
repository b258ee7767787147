"""Vendors and cash beside expense, and page one of small bills from the ledger on (docs/method §9.33, §9.34)."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from deciding_world import close_of, row, run_of
from headline_world import brief_of, days, months, workspace, year
from headline_world import row as charge

from finops_model.facts.daily.billed import billed
from finops_model.facts.ledger.store import Ledger
from finops_model.measure.page_one.cash import cash
from finops_model.measure.page_one.vendors import vendors
from finops_model.periods import Calendar

BASE = run_of(np.full((10, 2, 1), 5.0), ("A",))


def paid(period, amount, category="Usage", committed=False, issuer="Cloud") -> dict:
    return {
        "BillingPeriod": period,
        "InvoiceIssuerName": issuer,
        "ChargeCategory": category,
        "Committed": committed,
        "BilledCost": float(amount),
    }


# -- vendors


def test_vendors_add_up_to_the_month_the_month_before_and_the_year():
    draws = np.random.default_rng(9)
    rows = []
    for day in pd.date_range("2025-11-01", "2026-10-31"):
        for name in ("Aurora", "Borealis", ""):
            cells = {"ServiceProviderName": name, "InvoiceIssuerName": "Reseller"}
            rows.append(row(day, round(draws.uniform(1, 9), 2), draws.choice(["A", "B"]), **cells))
    rows.append(row("2026-10-02", 77.0, ServiceProviderName="Aurora", ChargeCategory="Tax"))
    close = close_of(rows, BASE)
    for unit in ("Company", "A"):
        found = vendors(close, unit)
        sums = {}
        for one in rows:
            if one["ChargeCategory"] == "Tax" or unit not in ("Company", one["x_BusinessUnit"]):
                continue
            name = one["ServiceProviderName"] or "Reseller"
            month = f"{one['ChargeDate']:%Y-%m}"
            mine = sums.setdefault(name, [0.0, 0.0, 0.0])
            mine[0] += one["EffectiveCost"] * (month == "2026-10")
            mine[1] += one["EffectiveCost"] * (month == "2026-09")
            mine[2] += one["EffectiveCost"] * (month >= "2026-01")
        assert {line["vendor"] for line in found} == set(sums)
        for line in found:
            own = [line["actual"], line["previous"], line["year_to_date"]]
            assert own == pytest.approx(sums[line["vendor"]])
        assert sum(line["share"] for line in found) == pytest.approx(1.0)
        assert [line["actual"] for line in found] == sorted(
            [line["actual"] for line in found], reverse=True
        )


def test_a_part_of_a_month_is_beside_the_same_days_and_a_first_month_beside_none():
    each = [row(day, 1.0) for day in pd.date_range("2026-09-01", "2026-10-12")]
    (line,) = vendors(close_of(each, BASE, as_of="2026-10-12"), "Company")
    assert (line["actual"], line["previous"], line["year_to_date"]) == (12.0, 12.0, 42.0)
    (line,) = vendors(close_of(each[30:], BASE, as_of="2026-10-12"), "Company")
    assert (line["actual"], line["previous"]) == (12.0, None)
    assert vendors(close_of(each, BASE), "Nobody") == []


def test_names_are_one_line_and_a_month_of_refunds_has_no_shares():
    strange = {"ServiceProviderName": "a\u202eb\nc", "InvoiceIssuerName": ""}
    rows = [row("2026-10-01", -5.0, **strange), row("2026-10-01", 2.0, ServiceProviderName="", InvoiceIssuerName="")]  # fmt: skip
    found = vendors(close_of(rows, BASE), "Company")
    assert [(one["vendor"], one["share"]) for one in found] == [
        ("(not stated)", None),
        ("ab c", None),
    ]


# -- cash


def held(cost, day="2026-10-05"):
    return row(day, cost, CommitmentDiscountId="gpu", CommitmentDiscountStatus="Used")


@pytest.mark.parametrize(
    "paid_rows, rows, difference, said",
    [
        (
            [paid("2026-10", 100), paid("2026-10", 19, "Tax"), paid("2026-10", -5, "Credit")],
            [row("2026-10-05", 100.0), row("2026-10-05", 19.0, ChargeCategory="Tax")],
            0.0,
            "What October 2026 cost was billed in it: cash and expense are the same.",
        ),
        (
            [paid("2026-10", 1200, "Purchase", True), paid("2026-10", 50)],
            [held(100.0), row("2026-10-05", 50.0)],
            1100.0,
            "$1.25k was billed in October 2026, $1.10k more than it cost: commitments were billed before they are used.",
        ),
        (
            [paid("2026-10", 50), paid("2026-01", 1200, "Purchase", True)],
            [held(100.0), row("2026-10-05", 50.0)],
            -100.0,
            "$50.00 was billed in October 2026, $100 less than it cost: commitments that were billed earlier were used.",
        ),
        (
            [paid("2026-10", 600, "Purchase"), paid("2026-10", 50)],
            [row("2026-10-05", 50.0, ChargeCategory="Purchase"), row("2026-10-05", 50.0)],
            550.0,
            "$650 was billed in October 2026, $550 more than it cost: fees were billed for longer than the time gone.",
        ),
        (
            [],
            [row("2026-10-05", 50.0, ChargeCategory="Purchase")],
            -50.0,
            "$0.00 was billed in October 2026, $50.00 less than it cost: fees that were billed earlier are spread over their time.",
        ),
        (  # two reasons of one size: none is the reason
            [paid("2026-10", 600, "Purchase"), paid("2026-10", 600, "Purchase", True)],
            [held(100.0), row("2026-10-05", 100.0, ChargeCategory="Purchase")],
            1000.0,
            "$1.20k was billed in October 2026, $1.00k more than it cost.",
        ),
        (  # use billed later: nobody says why
            [paid("2026-10", 40)],
            [row("2026-10-05", 50.0)],
            -10.0,
            "$40.00 was billed in October 2026, $10.00 less than it cost.",
        ),
    ],
)
def test_cash_beside_expense_and_why_only_where_it_is_known(paid_rows, rows, difference, said):
    found = cash(close_of(rows, BASE, billed=pd.DataFrame(paid_rows, columns=list(paid("", 0)))))
    assert found["sentence"] == said
    assert found["lines"][0]["difference"] == pytest.approx(difference)


def test_the_year_to_date_is_billed_and_spent_up_to_the_month():
    rows = [row("2026-02-05", 20.0), row("2026-10-05", 50.0), row("2025-12-05", 9.0)]
    billed_ = [paid("2026-02", 30), paid("2026-10", 50), paid("2025-12", 9), paid("2026-11", 7)]
    close = close_of(rows, BASE, billed=pd.DataFrame(billed_))
    assert cash(close)["lines"] == [
        {"period": "October 2026", "billed": 50.0, "expense": 50.0, "difference": 0.0},
        {"period": "FY2026 to date", "billed": 80.0, "expense": 70.0, "difference": 10.0},
    ]
    starts = close_of(rows, BASE, billed=pd.DataFrame(billed_), fiscal_year_starts=7)
    assert cash(starts)["lines"][1]["period"] == "FY2027 to date"
    assert cash(starts)["lines"][1]["billed"] == 50.0
    weeks = close_of(rows, BASE, billed=pd.DataFrame(billed_), calendar=Calendar("4-4-5"))
    assert [line["period"] for line in cash(weeks)["lines"]] == ["October 2026"]
    assert cash(close_of(rows, BASE)) is None


def test_where_an_issuer_s_billed_cost_is_not_known_nothing_is_billed():
    taken = [{"issuer": "Azure", "not_known": "Billed", "first": "2026-02", "last": "2026-03"}]
    frame = pd.DataFrame([paid("2026-10", 50)])
    close = close_of([row("2026-10-05", 50.0)], BASE, billed=frame, taken=taken)
    month, whole = cash(close)["lines"]
    assert (month["billed"], whole["billed"], whole["difference"]) == (50.0, None, None)
    taken[0] |= {"last": "2026-10"}
    found = cash(close_of([row("2026-10-05", 50.0)], BASE, billed=frame, taken=taken))
    assert found["lines"][0]["billed"] is None
    assert found["sentence"] == (
        "What was billed in October 2026 is not known: BilledCost is not known for Azure."
    )
    other = [{**taken[0], "not_known": "Effective"}]
    assert cash(close_of([row("2026-10-05", 50.0)], BASE, billed=frame, taken=other))["lines"][0]["billed"] == 50.0  # fmt: skip


# -- from the ledger on


def up_front(start="2026-01-01"):
    """A commitment paid for a year, and a tenth of its use each month at BilledCost 0."""
    committed = {"CommitmentDiscountId": "gpu", "ServiceName": "GPU"}
    bought = charge(start, "2027-01-01", 1200, "Cloud", **committed)
    bought |= {"ChargeCategory": "Purchase", "EffectiveCost": "0"}
    used = days("2026-01-01", "2026-03-31", 3, "Cloud", CommitmentDiscountStatus="Used", ConsumedQuantity="24", ConsumedUnit="GPU-hours", **committed)  # fmt: skip
    return [bought, *({**one, "BilledCost": "0"} for one in used)]


def test_what_was_billed_is_the_ledger_s_by_period_to_the_cent(tmp_path):
    settings = workspace(tmp_path, up_front(), days("2026-01-01", "2026-03-31", 0.07), months("2026-01", 3, 40.01))  # fmt: skip
    ledger = Ledger(settings.path(settings.ledger))
    found = billed(ledger, ["2026-01", "2026-02", "2026-03"], "USD")
    periods = ledger.totals_by_period()
    for period, own in found.groupby("BillingPeriod"):
        said = periods.loc[periods["BillingPeriod"] == period, "BilledCost"].sum()
        assert own["BilledCost"].sum() == pytest.approx(float(Decimal(said)), abs=1e-9)
    assert len(found.groupby("BillingPeriod")) == 3
    assert found.loc[found["Committed"], "BilledCost"].sum() == 1200.0
    assert billed(ledger, ["2026-02"], "USD")["BillingPeriod"].unique().tolist() == ["2026-02"]
    assert billed(ledger, ["2025-01"], "USD").empty
    assert billed(ledger, ["2026-02"], "EUR").empty

    page = brief_of(settings, "2026-01")["page_one"]
    assert page["cash"]["sentence"] == (
        "$1.24k was billed in January 2026, $1.11k more than it cost: commitments were billed before they are used."
    )
    assert page["cash"]["lines"][0]["expense"] == pytest.approx(3 * 31 + 0.07 * 31 + 40.01)
    assert page["commitments"] == [] and page["decisions"] == []
    json.dumps(page, allow_nan=False)


def test_a_flat_bill_without_units_carries_nothing_and_a_first_month_has_no_month_before(tmp_path):
    settings = workspace(tmp_path, days("2026-10-01", "2026-10-31", 10), budget=year(300))
    page = brief_of(settings, "2026-10")["page_one"]
    assert "carriers" not in page and page["decisions"] == []
    (line,) = page["vendors"]
    assert (line["vendor"], line["previous"], line["share"]) == ("Daily", None, 1.0)
    assert page["cash"]["lines"][0]["difference"] == 0.0


def test_a_commitment_in_the_inventory_is_held_and_due_in_the_brief(tmp_path):
    (tmp_path / "held.csv").write_text(
        "ContractCommitmentId,ContractCommitmentPeriodStart,ContractCommitmentPeriodEnd,ContractCommitmentQuantity,"
        "ContractCommitmentUnit,x_Rate,x_OnDemandUnitPrice,x_ServiceName,x_Owner\n"
        "gpu,2026-01-01,2026-07-01,1,GPU-hours,0.1,0.2,GPU,Ana\n"
    )
    settings = workspace(tmp_path, up_front(), days("2026-01-01", "2026-03-31", 9), commitments="held.csv")  # fmt: skip
    page = brief_of(settings, "2026-03")["page_one"]
    (one,) = page["commitments"]
    assert (one["what"], one["ends"], one["cost"], one["used"], one["unused"]) == (
        "1 GPU an hour",
        "2026-06-30",
        93.0,
        1.0,
        0.0,
    )
    (due,) = page["decisions"]
    assert (due["by"], due["owner"], due["kind"]) == ("2026-06-30", "Ana", "commitment ends")
    assert [line["vendor"] for line in page["vendors"]] == ["Daily", "Cloud"]
