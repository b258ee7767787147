"""How much of the month is tagged as the company's rules want, and whether that grows (docs/method §13.61)."""

from __future__ import annotations

import pandas as pd

from ...facts.daily import tag_debt
from ...settings import TagRules
from .types import Tagged


def tagged(months: pd.DataFrame, rules: TagRules, month: str) -> Tagged | None:
    """Cost and tag debt of a month beside the third before it, else the first there is; None where the month has no cost.

    months   as `warehouse.tag_months` gives them, to the last day of the report
    """
    each = {one["month"]: one for one in tag_debt.debt(months, rules)["months"]}
    now = each.get(month)
    if now is None:
        return None
    earlier = [one for one in sorted(each) if one < month][-tag_debt.BACK :]
    then = each[earlier[0]] if earlier else None
    return {
        "month": month,
        "cost": float(now["cost"]),
        "debt": float(now["debt"]),
        "coverage": now["coverage"],
        "before": then["month"] if then else None,
        "debt_before": float(then["debt"]) if then else None,
        "coverage_before": then["coverage"] if then else None,
    }
