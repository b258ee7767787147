"""Three KPIs with their trend on page one, numerator and denominator on page and in the workbook (docs/method §16.10, §16.28)."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from test_page_costs import counted

from finops_model.measure import kpis
from finops_model.measure.cycle.three import three
from finops_model.publish.page.html import sanitised
from finops_model.publish.page.one.three import spark

MONTHS = [f"2026-{month:02}" for month in range(1, 7)]


def line(name: str, cost: float, of: str = "w", unit: str = "USD / chat") -> dict:
    months = [{"month": month, "value": float(i)} for i, month in enumerate(MONTHS)]
    more = {"of": of} if of else {}
    return {"name": name, "unit": unit, "numerator": cost, "by_month": months, **more}


def test_the_largest_costs_stand_there_drivers_first_and_each_cost_once():
    lines = [
        line("tokens", 500.0, of=""),
        line("GPU hours", 400.0, of=""),
        line("used", 900.0, of="", unit="share"),
        line("asked", 300.0),
        line("solved", 299.6),  # the same cost, divided by another count
        line("searched", 100.0),
    ]
    assert three(lines) == ["asked", "searched", "tokens"]
    assert three(lines[:2]) == ["tokens", "GPU hours"]
    assert three(lines, asked=["cost_per_gpu_hour"]) == ["tokens", "GPU hours", "used"]


def test_a_trend_is_a_drawing_that_the_page_lets_through():
    drawn = str(spark(line("Cost per <b>chat</b>", 1.0)))
    assert sanitised(drawn) == drawn and "<b>" not in drawn
    points = re.search(r'd="M([^"]*)"', drawn)[1].split(" L")
    assert len(points) == len(MONTHS)
    heights = [float(point.split(",")[1]) for point in points]
    assert heights == sorted(heights, reverse=True) and heights[0] == 12 and heights[-1] == 2
    assert "0 in January 2026, 5.000 in June 2026" in drawn
    assert spark({**line("a", 1.0), "by_month": line("a", 1.0)["by_month"][:2]}) == ""


def test_a_line_says_what_it_is_divided_out_of():
    days = pd.DataFrame(
        {
            "ChargeDate": pd.date_range("2026-10-01", "2026-10-31"),
            "ConsumedUnit": "",
            "CommitmentDiscountId": "",
            "CommitmentDiscountStatus": "",
            "ConsumedQuantity": 0.0,
            "EffectiveCost": 7.0,
            "x_Workload": "w",
            "x_BusinessUnit": "All",
        }
    )
    drivers = counted()
    name = drivers["name"].iloc[0]
    facts = kpis.Facts(days, drivers[drivers["name"] == name], {name: None}, "USD")
    (told,) = kpis.unit_costs(facts, "2026-10")
    own = drivers[(drivers["name"] == name) & drivers["date"].isin(days["ChargeDate"])]
    assert told["numerator"] == pytest.approx(7.0 * len(own))
    assert told["denominator"] == pytest.approx(own["value"].sum())
    assert told["value"] == pytest.approx(told["numerator"] / told["denominator"])
