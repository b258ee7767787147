"""A small company for the tests of levers: tokens with cache and batches on two models, GPUs, spot, storage."""

from __future__ import annotations

import datetime

import pandas as pd
from scenario_world import demand_for, rows, settings

import finops_model as fm
from finops_model.scenario import document, ledger_base
from finops_model.simulate.compile.plan import compile_plan
from finops_model.simulate.scenarios import simulate

PRICE = {  # money a million tokens
    "large": {"input": 2.0, "cached_input": 0.5, "cache_write": 2.5, "output": 8.0, "batch_input": 1.0, "batch_output": 4.0},
    "small": {"input": 0.5, "cached_input": 0.125, "cache_write": 0.625, "output": 2.0, "batch_input": 0.25, "batch_output": 1.0},
}  # fmt: skip
USE = {"input": 60e6, "cached_input": 20e6, "cache_write": 20e6, "output": 10e6}  # a day, on large
PRICES = (
    "provider: Aurora AI\ncurrency: USD\nreference: test\nchecked: 2026-10-01\nprices:\n"
    + "".join(
        f"  {model}:{meter}_tokens: {{service: Aurora API, model: {model}, meter: {meter}_tokens, unit: Tokens, block: 1000000, "
        f"rate: linear, history: {{2025-01-01: {{price: {price}}}}}}}\n"
        for model, prices in PRICE.items()
        for meter, price in prices.items()
    )
)


def bill(last: str = "2026-10-31") -> pd.DataFrame:
    """chat: USE on `large`, 260 USD a day; train: 240 GPU-hours at 2 USD; sweep: 100 hours of SPOT at 1; lake: 1,000 GB-months at .01."""
    days = pd.date_range("2026-05-01", last)
    parts = [
        rows(
            days,
            SkuId=f"large:{meter}_tokens",
            SkuMeter=f"{meter}_tokens",
            ConsumedQuantity=use,
            EffectiveCost=use * PRICE["large"][meter] / 1e6,
            ConsumedUnit="Tokens",
            x_Workload="chat",
            x_Team="ai",
            x_BusinessUnit="Support",
            ServiceName="Aurora API",
            x_Model="large",
        )
        for meter, use in USE.items()
    ]
    for name, sku, unit, use, cost in (
        ("train", "H100", "GPU-hours", 240.0, 480.0),
        ("sweep", "A100-SPOT", "GPU-hours", 100.0, 100.0),
        ("lake", "STANDARD", "GB-Mo", 1000.0, 10.0),
    ):
        parts.append(
            rows(
                days,
                SkuId=sku,
                ConsumedQuantity=use,
                EffectiveCost=cost,
                ConsumedUnit=unit,
                x_Workload=name,
                x_Team="ml",
                x_BusinessUnit="Research",
                ServiceName="Compute",
            )
        )
    return pd.concat(parts, ignore_index=True)


class Company:
    """A workspace of its own: `cost(change, …)` is the expected money of November 2026 by workload, without any noise of demand."""

    def __init__(self, folder):
        (folder / "prices").mkdir(exist_ok=True)
        self.folder, self.settings = folder, settings(folder)
        (folder / "prices" / "aurora.yaml").write_text(PRICES)
        self.facts = ledger_base.read_facts(bill(), self.settings)

    def plan(self, *changes, months=1, spread=0.0):
        lines = "".join(f"- {{{change}, because: x}}\n" for change in changes)
        (self.folder / "s.yaml").write_text("name: a\nchanges:\n" + lines if lines else "name: a\n")
        resolved = document.resolve(
            document.load_scenario(self.folder / "s.yaml"),
            settings=self.settings,
            facts=self.facts,
            months=months,
        )
        demand = demand_for(self.facts, 31 * months, spread=spread, sigma=0)
        return compile_plan(resolved, demand)

    def run(self, *changes, months=1, paths=100, engine="numpy", spread=0.0):
        return simulate(self.plan(*changes, months=months, spread=spread), paths, engine=engine)

    def cost(self, *changes, month=0, months=1, **how):
        run = self.run(*changes, months=months, **how)
        return dict(zip(run.workloads, run.by_workload[:, month, 0].tolist(), strict=True))


COLUMNS = (
    "BilledCost,EffectiveCost,ListCost,ContractedCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,BillingPeriodStart,"
    "BillingPeriodEnd,ChargeCategory,ChargeFrequency,ChargeDescription,ServiceName,ServiceCategory,ServiceProviderName,"
    "InvoiceIssuerName,BillingAccountId,SkuId,SkuMeter,ConsumedQuantity,ConsumedUnit,x_Model,Tags"
)


def own_workspace(folder):
    """A workspace of somebody, from a FOCUS bill of 92 days of `chat` and a price document; its finops.yaml names no scenario of the sample."""
    lines, day = [COLUMNS], datetime.date(2026, 8, 1)
    while day < datetime.date(2026, 11, 1):
        month = day.replace(day=1)
        after = (month + datetime.timedelta(32)).replace(day=1)
        dates = (day, day + datetime.timedelta(1), month, after)
        for meter, use in USE.items():
            cost = use * PRICE["large"][meter] / 1e6
            lines.append(
                f"{cost},{cost},{cost},{cost},USD,{','.join(f'{d}T00:00:00Z' for d in dates)},Usage,Usage-Based,x,Aurora API,"
                f"AI and Machine Learning,Aurora AI,Aurora AI,acc,large:{meter}_tokens,{meter}_tokens,{use},Tokens,large,"
                '"{""workload"": ""chat"", ""team"": ""ai""}"'
            )
        day = dates[1]
    (folder / "bill.csv").write_text("\n".join(lines) + "\n")
    demo = folder / "demo"
    fm.start(folder / "bill.csv", folder=demo)
    (demo / "prices").mkdir()
    (demo / "prices" / "aurora.yaml").write_text(PRICES)
    with open(demo / "finops.yaml", "a") as file:
        file.write("prices: prices\n")
    return demo, fm.load_settings(demo / "finops.yaml")
