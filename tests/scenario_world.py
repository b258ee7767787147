"""A small company for the tests of scenarios and simulation: daily facts, prices, demand, made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_model.forecasting.widths.demand import Demand
from finops_model.scenario.ledger_base import read_facts
from finops_model.settings import Settings

TEXT = [
    "BillingAccountId",
    "ServiceProviderName",
    "InvoiceIssuerName",
    "ServiceName",
    "ServiceCategory",
    "SkuId",
    "SkuMeter",
    "RegionId",
    "ChargeCategory",
    "ChargeClass",
    "ChargeFrequency",
    "PricingCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountStatus",
    "ConsumedUnit",
    "BillingCurrency",
    "x_Team",
    "x_Environment",
    "x_Workload",
    "x_BusinessUnit",
    "x_Model",
]
USD = {
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "ChargeFrequency": "Usage-Based",
    "x_Environment": "production",
}

PRICES = """provider: Aurora AI
currency: USD
reference: test
checked: 2026-10-01
prices:
  large:input_tokens: {service: Aurora API, model: large, meter: input_tokens, unit: Tokens, block: 1000000, rate: linear,
                       history: {2025-01-01: {price: 2.0}}}
  large:output_tokens: {service: Aurora API, model: large, meter: output_tokens, unit: Tokens, block: 1000000, rate: linear,
                        history: {2025-01-01: {price: 8.0}, 2027-01-01: {price: 4.0}}}
  small:input_tokens: {service: Aurora API, model: small, meter: input_tokens, unit: Tokens, block: 1000000, rate: linear,
                       history: {2025-01-01: {price: 0.5}}}
  small:output_tokens: {service: Aurora API, model: small, meter: output_tokens, unit: Tokens, block: 1000000, rate: linear,
                        history: {2025-01-01: {price: 2.0}}}
  EGRESS: {service: Network, unit: GB, rate: graduated, history: {2025-01-01: {starts: [0, 100], prices: [1.0, 0.5]}}}
"""


def rows(days, **values) -> pd.DataFrame:
    frame = pd.DataFrame(dict.fromkeys(TEXT, ""), index=range(len(days)))
    frame.insert(0, "ChargeDate", pd.to_datetime(days))
    for name in ("ConsumedQuantity", "ListCost", "ContractedCost", "EffectiveCost", "BilledCost"):
        frame[name] = 0.0
    frame["Rows"] = 1
    for name, value in {**USD, **values}.items():
        frame[name] = value
    for name in ("ListCost", "ContractedCost", "BilledCost"):
        if name not in values:
            frame[name] = frame["EffectiveCost"]
    return frame


def world(last: str = "2026-10-31", first: str = "2026-05-01") -> pd.DataFrame:
    """chat: 1 M input and 0.5 M output tokens a day on `large` (6 USD); train: 240 GPU-hours a day at 2 USD; egress: 10 GB a day;
    seats: 310 USD a month; storage: a service without quantities, 20 USD a day; tax and a credit."""
    days = pd.date_range(first, last)
    chat = dict(
        x_Workload="chat",
        x_Team="ai",
        x_BusinessUnit="Support",
        ServiceName="Aurora API",
        x_Model="large",
        ConsumedUnit="Tokens",
    )
    gpu = dict(
        x_Workload="train",
        x_Team="ml",
        x_BusinessUnit="Research",
        ServiceName="Compute",
        SkuId="H100",
        ConsumedUnit="GPU-hours",
    )
    parts = [
        rows(
            days,
            SkuId="large:input_tokens",
            SkuMeter="input_tokens",
            ConsumedQuantity=1e6,
            EffectiveCost=2.0,
            **chat,
        ),
        rows(
            days,
            SkuId="large:output_tokens",
            SkuMeter="output_tokens",
            ConsumedQuantity=5e5,
            EffectiveCost=4.0,
            **chat,
        ),
        rows(days, ConsumedQuantity=240.0, EffectiveCost=480.0, **gpu),
        rows(
            days,
            SkuId="EGRESS",
            ConsumedQuantity=10.0,
            EffectiveCost=np.where(days.day <= 10, 10.0, 5.0),
            ConsumedUnit="GB",
            x_Workload="chat",
            x_Team="ai",
            x_BusinessUnit="Support",
            ServiceName="Network",
        ),
        rows(
            days,
            EffectiveCost=20.0,
            x_Workload="lake",
            x_Team="data",
            x_BusinessUnit="Research",
            ServiceName="Storage",
        ),
        rows(
            days,
            EffectiveCost=310.0 / days.days_in_month,
            ChargeCategory="Purchase",
            ChargeFrequency="Recurring",
            x_Workload="seats",
            x_Team="ai",
            x_BusinessUnit="Support",
            ServiceName="Seats",
            SkuId="SEAT",
        ),
        rows(
            days[:3],
            EffectiveCost=7.0,
            ChargeCategory="Tax",
            x_Workload="tax",
            x_BusinessUnit="Support",
            ServiceName="Tax",
        ),
        rows(
            days[-1:],
            EffectiveCost=-9.0,
            ChargeCategory="Credit",
            x_Workload="chat",
            x_BusinessUnit="Support",
            ServiceName="Credit",
        ),
    ]
    return pd.concat(parts, ignore_index=True)


def settings(folder, **values) -> Settings:
    """Settings with the price documents of the world."""
    prices = folder / "prices"
    prices.mkdir(exist_ok=True)
    (prices / "aurora.yaml").write_text(PRICES)
    return Settings(root=str(folder), prices="prices", paths=512, seed=7, **values)


def demand_for(facts, days: int, *, spread=0.1, sigma=0.2, phi=0.5, loading=0.4) -> Demand:
    """Level as in the newest week, with noise that is known exactly."""
    count = len(facts.names)
    dates = facts.dates[-1] + np.arange(1, days + 1)
    median = np.tile(facts.volume[-7:].mean(axis=0), (days, 1))
    level = np.full((3, count), spread) * np.sqrt(np.array([[1.0], [3.0], [5.0]]))
    return Demand(
        names=facts.names,
        dates=dates,
        median=median,
        level_sd=level,
        extra_variance=np.full(count, 2 * spread**2),
        phi=np.full(count, phi),
        sigma=np.full(count, sigma),
        loading=np.full(count, loading),
    )


def company(folder):
    """(folder, settings, facts) of it, for scenarios written beside."""
    chosen = settings(folder)
    return folder, chosen, read_facts(world(), chosen)
