"""`settlement`: usage of several SKUs under instruments, priced by rate forms (prices/settle/settlement.py)."""

import numpy as np

from finops_model.prices.settle.settlement import price

from . import known

STEPS = {"minute": "m", "hour": "h", "day": "D", "month": "M"}


def amounts(value):
    """Units of each period: a number, a list, or {levels: [[units, periods], ...]}."""
    if isinstance(value, dict):
        known(value, {"levels"}, "usage")
        return np.concatenate(
            [np.full(int(count), float(level)) for level, count in value["levels"]]
        )
    return value


def evaluate(subject: dict, given: dict) -> dict:
    known(subject, {"prices", "instruments", "contracted"}, "settlement")
    known(given, {"usage", "windows", "start", "step", "already"}, "given of a settlement")
    usage = {sku: amounts(value) for sku, value in given["usage"].items()}
    periods = max(np.size(value) for value in usage.values())
    how = {"contracted": subject.get("contracted"), "already": given.get("already")}
    if "windows" in given:
        assert sum(given["windows"]) == periods, (
            f"windows add up to {sum(given['windows'])} periods and usage has {periods}"
        )
        how["window_of"] = np.repeat(np.arange(len(given["windows"])), given["windows"])
    if "start" in given:
        unit = STEPS[given.get("step", "hour")]
        how["dates"] = np.datetime64(str(given["start"]), unit) + np.arange(periods)
    done = price(usage, subject["prices"], subject.get("instruments", ()), **how)
    ids = [held.id for held in done.instruments]
    by_sku = dict(zip(done.skus, np.moveaxis(done.on_demand, -1, 0)))
    paid, equivalent = float(done.effective_cost.sum()), float(done.contracted_cost.sum())
    result = {
        "order": ids,
        "list_cost": done.list_cost.sum(-1),
        "contracted_cost": done.contracted_cost.sum(-1),
        "on_demand_cost": done.on_demand_cost,
        "on_demand_cost_of": by_sku,
        "effective_cost": done.effective_cost,
        "total": paid,
        "savings": done.savings,
        "effective_savings_rate": 1 - paid / equivalent if equivalent else 0.0,
        "on_demand": dict(zip(done.skus, np.moveaxis(done.spill, -1, 0))),
        "blocked": dict(zip(done.skus, np.moveaxis(done.blocked, -1, 0))),
        "used": {},
        "unused": {},
        "purchased": {},
        "fees": dict(zip(ids, done.fees)),
        "utilization": {},
        "covered": {},
        "effective_of": {},
    }
    for held, part in zip(done.instruments, done.allocations):
        result["used"][held.id], result["unused"][held.id], result["purchased"][held.id] = (
            part.used,
            part.unused,
            part.purchased,
        )
        result["utilization"][held.id] = (
            float(part.used.sum() / part.purchased.sum()) if part.purchased.sum() else 0.0
        )
        result["covered"][held.id] = {
            sku: part.covered[..., s] for s, sku in enumerate(done.skus) if sku in held.eligible
        }
        result["effective_of"][held.id] = {
            sku: part.amount[..., s] * part.price
            for s, sku in enumerate(done.skus)
            if sku in held.eligible
        }
    if not any(held.upfront_share for held in done.instruments) or "start" in given:
        result["billed_cost"] = done.billed_cost
        result["lines"] = [
            {key: value for key, value in line.items() if value is not None}
            for line in done.lines()
        ]
    return result
