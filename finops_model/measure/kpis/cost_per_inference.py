"""Cost of one prediction that a company's own machines answered, workload by workload.

Source: FinOps for AI, cost per inference; docs/method §16.11.
"""

import pandas as pd

from . import Facts, Part, by_day
from ._series import by_date

TITLE = "Cost per inference"
FORMULA = "cost of a workload ÷ requests that its endpoints answered"
UNIT = "money / inference"
BASIS = "Effective"
SOURCE = "FinOps for AI, cost per inference; docs/method §16.11"
PERSONA = ("product", "platform", "data")
BETTER = "lower"
NEEDS = ("usage",)
WITHOUT = "No usage log counts requests of own machines: name one under usage: (columns month, ResourceId, workload, requests, gpu_hours)."


def parts(facts: Facts) -> list[Part]:
    """All serving workloads together, then each of them."""
    used = facts.usage
    if used is None:
        return []
    rows = used[
        used["SkuMeter"].eq("requests") & used["x_Model"].eq("") & used["x_Workload"].ne("")
    ]
    return per_request(facts, rows, "inference")


def per_request(
    facts: Facts, rows: pd.DataFrame, what: str, money: pd.Series | None = None
) -> list[Part]:
    """Cost of the workloads of `rows` (of DAILY's rows in `money`) by request: together where there are several, then each."""
    daily = facts.daily if money is None else facts.daily[money]
    names = sorted(set(rows["x_Workload"]) & set(daily["x_Workload"]))
    groups = [names] if len(names) > 1 else []
    lines = []
    for group in [*groups, *([name] for name in names)]:
        counts = by_date(rows[rows["x_Workload"].isin(group)])
        lines.append(
            Part(
                f"Cost per {what}" if len(group) > 1 else f"Cost per {what}, {group[0]}",
                f"{facts.currency} / {what}",
                by_day(daily[daily["x_Workload"].isin(group)], "EffectiveCost"),
                counts[counts > 0],
                of=", ".join(group) if len(group) <= 4 else f"{len(group)} workloads",
            )
        )
    return lines
