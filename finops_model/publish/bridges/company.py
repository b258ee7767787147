"""States of several entities as one, in the company's currency (docs/method §10.7, §10.8)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from ...facts.plans import together
from ...measure.books.rates import CompanyRates
from ...measure.bridge import lines as lines_of
from ...measure.bridge.lines import State, coins
from .named import Named
from .part import Part

KINDS = {"plan": "plan", "actual": "average", "forecast": "scenario", "scenario": "scenario"}


def merged(
    own: Sequence[State], parts: list[Part], one: Named, months, rates: CompanyRates, outside: bool
) -> State:
    """The states of all entities in the company's currency: each month at its rate, so a state has one rate per currency, their mean by cost."""
    lines, total, said = [], Decimal(0), []
    of: dict[str, list[tuple[float, float]]] = {}
    calendar = parts[0].settings.calendar_of()
    for state, part in zip(own, parts, strict=True):
        amounts = _by_month(part, one, state, months, outside)
        kind: Any = KINDS[one.kind]
        currency = part.settings.currency
        values = {
            m: float(rates.rate(kind, currency, calendar.named(m)).value)
            if currency != rates.base
            else 1.0
            for m in months
        }
        local = float(state.total)
        worth = sum(amounts[m] * values[m] for m in months)
        rate = worth / local if local else sum(values.values()) / len(values)
        prefix = part.settings.own.name if part.settings.own else ""
        named = state.lines.assign(
            BillingCurrency=f"{currency}",
            x_BusinessUnit=[
                f"{prefix}: {u}" if u else prefix for u in state.lines["x_BusinessUnit"]
            ],
        )
        lines.append(named)
        of.setdefault(currency, []).append((local, rate))
        total += Decimal(local * rate)
        said += [f"{prefix}: {text}" if prefix else text for text in state.said]
        if currency != rates.base:
            said.append(f"{prefix}: 1 {currency} = {rate:.6g} {rates.base}, {kind} rate.")
    mean = {
        name: sum(a * r for a, r in pairs) / sum(a for a, _ in pairs)
        if sum(a for a, _ in pairs)
        else pairs[0][1]
        for name, pairs in of.items()
    }
    first = own[0]
    return lines_of.state(
        first.name,
        pd.concat(lines),
        first.days,
        rates.base,
        total=coins(total, rates.base),
        rates=mean,
        detail=all(s.detail for s in own),
        by_line=all(s.by_line for s in own),
        said=tuple(dict.fromkeys(said)),
    )


def _by_month(part: Part, one: Named, state: State, months, outside: bool) -> dict[str, float]:
    """A state's money by month; that of a forecast by the days of the months."""
    if len(months) == 1:
        return {months[0]: float(state.total)}
    if one.kind == "actual":
        return {m: math.fsum(part.between([m], outside)["EffectiveCost"]) for m in months}
    budgets = together.budgets(part.settings) if one.kind == "plan" else None
    if budgets is not None:
        return {m: float(budgets.month(part.unit, m) or 0) for m in months}
    days = {m: part.days([m]) for m in months}
    return {m: float(state.total) * days[m] / sum(days.values()) for m in months}
