"""Sentences of tests/spec on what commitments cover in an hour, as a ledger that uses just that and `commitments:` of a scenario file (docs/method §3.7, §3.35).

Every SKU of a sentence is a workload of its own whose days repeat the hours of the sentence; an instrument is a commitment of the base.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from spec_scenarios import No, many

HOURS = 24
TERM = {
    "ContractCommitmentPeriodStart": "2026-01-01",
    "ContractCommitmentPeriodEnd": "2027-01-01",
    "ContractCommitmentLifecycleStatus": "Active",
}


@dataclass
class Hours:
    """What is used in each hour of a day, at which price, what is held, and the money of those hours."""

    usage: dict[str, np.ndarray]  # SKU -> (24,) units
    prices: dict[str, float]  # after what was negotiated
    held: dict[str, dict]  # commitments as a file writes them
    expected: float  # money of a day
    tolerance: float


@dataclass
class Sentence:
    """A sentence with its hours, or why it has none."""

    name: str
    hours: Hours | None = None
    why: str = ""
    unused: list[str] = field(default_factory=list)


def convert(subject: dict, given: dict, then: dict):
    instruments = subject.get("instruments", [])
    if not instruments:
        return No("nothing is committed")
    if given.get("step", "hour") != "hour" or any("window" in one for one in instruments):
        return No("windows that are no hours")
    if any(one["kind"] == "seats" for one in instruments):
        return No("seats are a subscription")
    if any(one.get("above") == "block" for one in instruments):
        return No("refuses what is above it: a commitment serves it on demand")
    if any("first" in one for one in instruments):
        return No("an account is served first: commitments of a scenario have one account")
    if any("upfront_share" in one for one in instruments):
        return No("cash of a term: the purchase has it")
    prices = {}
    for sku, price in subject["prices"].items():
        off = subject.get("contracted", {}).get(sku, 0.0)
        if isinstance(price, dict) and price.get("kind") != "linear":
            return No("a SKU under a commitment has one price, and this one has tiers of a month")
        if np.ndim(price) or isinstance(off, dict):
            return No("prices hour by hour: a price of a scenario holds for days")
        if isinstance(price, dict):
            price = price["price"] / price.get("block", 1)
        prices[sku] = price * (1.0 - off)
    usage, count = {}, 1
    for sku, units in given["usage"].items():
        levels = units["levels"] if isinstance(units, dict) else None
        by = np.repeat(*np.array(levels).T.astype(int)) if levels else np.array(many(units), float)
        if HOURS % len(by):
            return No("its hours do not fill a day again and again")
        count = max(count, len(by))
        usage[sku] = np.tile(by, HOURS // len(by)).astype(float)
    if not any(u.any() for u in usage.values()):
        return No("nobody uses it: a ledger has no row of it")
    weights = {
        sku: weight
        for one in instruments
        if isinstance(one.get("skus"), dict)
        for sku, weight in one["skus"].items()
    }
    usage = {
        sku: u * weights.get(sku, 1) for sku, u in usage.items()
    }  # normalised units, as bills count
    prices = {sku: p / weights.get(sku, 1) for sku, p in prices.items()}
    held, fees = {}, 0.0
    for one in instruments:
        unit = one["kind"] != "spend"
        record = {
            **TERM,
            "ContractCommitmentUnit": "units" if unit else "USD",
            "ContractCommitmentQuantity": one["quantity" if unit else "commitment"],
        }
        record |= {"x_EligibleShare": one["eligible_share"]} if "eligible_share" in one else {}
        if unit:
            record |= {"x_Rate": one["rate"], "x_SkuIds": list(one["skus"])}
            fees += one["quantity"] * one["rate"]
        else:
            fees += one["commitment"]
            if "rates" in one:
                record["x_Rates"] = one["rates"]
            elif "discounts" in one:
                record["x_Discounts"] = one["discounts"]
            else:
                off = one["discount"]
                record |= {"x_SkuIds": list(one["skus"]), "ContractCommitmentDiscountPercentage": off,
                           "ContractCommitmentCategory": "Spend"}  # fmt: skip
                if one.get("counts") != "list":
                    record["ContractCommitmentQuantity"] = one["commitment"] / (1.0 - off)
        for key, name in (("start", "Start"), ("end", "End")):
            if key in one:
                record[f"ContractCommitmentPeriod{name}"] = one[key]
        held[one["id"]] = record
    left = dict(then.get("on_demand", {}))
    for by_sku in then.get("covered", {}).values():  # what is covered whole leaves nothing
        for sku, units in by_sku.items():
            if left and np.array_equal(many(units), many(given["usage"][sku])):
                left.setdefault(sku, 0.0)
    if "total" in then:
        money = float(np.sum(then["total"]))
    elif set(left) == set(usage):
        money = fees * count + sum(
            float(np.sum(units)) * prices[sku] * weights.get(sku, 1) for sku, units in left.items()
        )
    elif "on_demand_cost" in then:
        money = fees * count + float(np.sum(then["on_demand_cost"]))
    else:
        return No("states no money")
    times = HOURS / count
    return Hours(usage, prices, held, money * times, 0.005 * times)


def read(sentences: list[dict]) -> list[Sentence]:
    """Every sentence on a settlement that is no refusal."""
    answers = []
    for one in sentences:
        then = one.get("then", {})
        if "settlement" not in one or "error" in then or "fixtures" in one["_file"]:
            continue
        hours = convert(one["settlement"], one["given"], then)
        answers.append(
            Sentence(one["name"], why=hours.why)
            if isinstance(hours, No)
            else Sentence(one["name"], hours)
        )
    return answers
