"""Waste (docs/method §17). Oracles: sums written down by plain loops over the rows that a test makes."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_model.facts.usage.daily import COLUMNS
from finops_model.measure import waste
from finops_model.measure.waste import WasteFacts

LAST = "2026-03-31"


def rows_of(*resources: dict, first: str = "2026-01-01", last: str = LAST) -> pd.DataFrame:
    """A row a day of each resource: {"id", "cost" (number, or function of the day), and columns of facts.daily.resources}."""
    days = pd.date_range(first, last)
    frames = []
    for own in resources:
        cost = own.get("cost", 10.0)
        values = [float(cost(day) if callable(cost) else cost) for day in days]
        quantity = own.get("quantity", 1.0)
        frames.append(
            pd.DataFrame(
                {
                    "ChargeDate": days,
                    "ResourceId": own.get("id", ""),
                    "ResourceName": own.get("name", ""),
                    "EffectiveCost": values,
                    "ConsumedQuantity": [
                        float(quantity(day) if callable(quantity) else quantity) for day in days
                    ],
                    **{
                        column: own.get(column, default)
                        for column, default in {
                            "x_Workload": "chat",
                            "x_Team": "a",
                            "x_BusinessUnit": "Sales",
                            "x_Environment": "production",
                            "x_Model": "",
                            "SkuId": "SKU",
                            "SkuMeter": "",
                            "ServiceName": "GPU",
                            "ServiceCategory": "Compute",
                            "ConsumedUnit": "GPU-hours",
                            "ChargeCategory": "Usage",
                            "ChargeClass": "",
                            "ChargeFrequency": "Usage-Based",
                            "CommitmentDiscountId": "",
                            "CommitmentDiscountStatus": "",
                            "InvoiceIssuerName": "Vendor",
                        }.items()
                    },
                }
            )
        )
    rows = pd.concat(frames, ignore_index=True)
    return rows[rows["EffectiveCost"] != 0].reset_index(drop=True)


def facts_of(*resources: dict, month: str = LAST[:7], **more) -> WasteFacts:
    rows = rows_of(*resources)
    months = rows["ChargeDate"].dt.strftime("%Y-%m")
    return WasteFacts(
        rows=rows.assign(x_Month=months), month=month, last=LAST, currency="EUR", **more
    )


def used(*endpoints: tuple) -> pd.DataFrame:
    """(resource, month, requests, hours) as daily usage, each on the first of its month."""
    lines = []
    for resource, month, requests, hours in endpoints:
        for meter, amount in (("requests", requests), ("gpu_hours_paid", hours)):
            blank = dict.fromkeys(COLUMNS, "")
            lines.append(
                {
                    **blank,
                    "UsageDate": f"{month}-01",
                    "ResourceId": resource,
                    "SkuMeter": meter,
                    "ConsumedQuantity": Decimal(str(amount)),
                }
            )
    return pd.DataFrame(lines, columns=COLUMNS)


def of_kind(facts: WasteFacts, kind: str) -> list[waste.Waste]:
    return [line for line in waste.of_facts(facts) if line.kind == kind]


def test_idle_endpoints_cost_what_their_idle_months_cost():
    use = used(
        ("busy", "2026-01", 90_000, 700),
        ("busy", "2026-03", 90_000, 700),
        ("spare", "2026-01", 50_000, 700),  # used in January, idle since
        ("spare", "2026-02", 84, 672),
        ("spare", "2026-03", 93, 744),
    )
    facts = facts_of(
        {"id": "busy", "cost": 30}, {"id": "spare", "cost": lambda day: day.day}, usage=use
    )
    (line,) = of_kind(facts, "idle endpoint")
    assert line.resource == "spare" and line.sure and line.category == "idle"
    assert line.cost_by_month == {"2026-02": sum(range(1, 29)), "2026-03": sum(range(1, 32))}
    assert line.month_cost == 496 and line.since == "2026-02-01"
    assert line.why == ("93 requests in 744 paid GPU hours of 2026-03: fewer than one an hour.")
    assert line.evidence[0] == {
        "month": "2026-02",
        "requests": 84.0,
        "paid GPU hours": 672.0,
        "cost": 406.0,
    }


def test_an_endpoint_without_counted_requests_or_without_a_bill_is_no_finding():
    use = used(("elsewhere", "2026-03", 0, 744))
    hours_only = used(("spare", "2026-03", 0, 744)).query("SkuMeter == 'gpu_hours_paid'")
    for usage in (use, hours_only, None):
        assert of_kind(facts_of({"id": "spare"}, usage=usage), "idle endpoint") == []


def test_an_endpoint_is_found_by_its_name_where_the_bill_has_another_id():
    facts = facts_of({"id": "i-0042", "name": "spare"}, usage=used(("spare", "2026-03", 0, 744)))
    (line,) = of_kind(facts, "idle endpoint")
    assert line.cost_by_month == {"2026-03": 310.0}


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), min_size=1, max_size=6))
def test_no_row_is_claimed_beyond_its_cost(asked):
    facts = facts_of({"id": "x", "cost": lambda day: day.day - 3}, month="2026-01")
    lines = [
        facts.line(
            pd.Series(amount, index=facts.rows.index),
            kind="k",
            category=waste.CATEGORIES[i % 5],
            why="",
            evidence=(),
            sure=sure,
        )
        for i, (amount, sure) in enumerate(asked)
    ]
    kept = waste.each_once(facts, [line for line in lines if line])
    claimed = np.zeros(len(facts.rows))
    for line in kept:
        for row, amount in line.claims.items():
            claimed[row] += amount
    costs = facts.rows["EffectiveCost"].to_numpy()
    assert (claimed <= np.maximum(costs, 0) + 1e-9).all()
    most = sum(min(max(cost, 0), sum(amount for amount, _ in asked)) for cost in costs)
    assert claimed.sum() == pytest.approx(most, abs=0.01 * len(asked))


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_waste_scales_with_the_money(factor):
    use = used(("spare", "2026-02", 3, 700), ("spare", "2026-03", 3, 700))
    plain = facts_of({"id": "spare", "cost": 7}, usage=use)
    scaled = facts_of({"id": "spare", "cost": 7 * factor}, usage=use)
    sums = [
        [sum(line.cost_by_month.values()) for line in waste.of_facts(own)]
        for own in (plain, scaled)
    ]
    assert sums[1] == pytest.approx([factor * cost for cost in sums[0]])
