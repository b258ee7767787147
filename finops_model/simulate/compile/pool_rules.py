"""From commitment records to the instruments of the settlement, and which of them meet on a SKU (docs/method §3.35)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import FinOpsError, ScenarioError, listing
from ...prices.instruments import ordered
from ...prices.instruments.spend import Spend
from ...prices.instruments.units import Units
from ...prices.settle.hourly import Hourly, from_record
from ...prices.terms.contracts import is_currency, read_tables


@dataclass(frozen=True)
class Held:
    """A commitment of a scenario: its record, where it stands, the SKUs it may cover."""

    name: str
    record: dict
    where: str
    skus: tuple[str, ...]

    @property
    def unit(self) -> str:
        return str(self.record.get("ContractCommitmentUnit", ""))

    @property
    def spend(self) -> bool:
        return is_currency(self.unit)

    @property
    def alike(self) -> bool:
        """Whether it treats its SKUs alike, in the order of signing: then a pool of one level is enough."""
        return not (
            any(self.record.get(name) for name in ("x_Rates", "x_Discounts"))
            or self.record.get("x_Priority") is not None
        )


def meeting(held: Sequence[Held]) -> list[list[Held]]:
    """Commitments that share a SKU, directly or over others, together; groups and members in their order.

    >>> one, two, three = (Held(n, {}, "", s) for n, s in (("a", ("x", "y")), ("b", ("z",)), ("c", ("y", "z"))))
    >>> [[h.name for h in group] for group in meeting([one, two, three])], [[h.name for h in group] for group in meeting([one, two])]
    ([['a', 'b', 'c']], [['a'], ['b']])
    """
    groups: list[list[int]] = []
    for i, one in enumerate(held):
        joined = [
            group for group in groups if any(set(one.skus) & set(held[j].skus) for j in group)
        ]
        groups = [group for group in groups if group not in joined] + [
            sorted([*sum(joined, []), i])
        ]
    return [[held[i] for i in group] for group in sorted(groups)]


def one_level(group: Sequence[Held]) -> bool:
    """Whether all cover the same SKUs, count in one unit and treat SKUs alike: tables of one level settle them (§3.14)."""
    return (
        len({frozenset(one.skus) for one in group}) == 1
        and len({one.unit for one in group}) == 1
        and all(one.alike for one in group)
    )


def refuse_units(group: Sequence[Held]) -> None:
    """Raises ScenarioError where two commitments in units share a SKU and count in different ones."""
    for i, one in enumerate(group):
        for other in group[:i]:
            shared = [sku for sku in one.skus if sku in other.skus]
            if shared and not (one.spend or other.spend) and one.unit != other.unit:
                raise ScenarioError(
                    f"{one.where}: the unit is '{one.unit}', but '{other.name}' on the same SKUs counts in '{other.unit}'. "
                    "Use one unit."
                )


def hourly(one: Held, on_demand: float | None) -> Hourly:
    """The commitment with its quantity, rate and term; on_demand: see from_record."""
    try:
        return from_record(one.record, on_demand, one.where)
    except FinOpsError as problem:
        raise ScenarioError(str(problem)) from None


def rule_of(one: Held, terms: Hourly) -> Units | Spend:
    """The instrument of the settlement that a commitment is: fees and terms as signed, SKUs as listed."""
    priority = one.record.get("x_Priority")
    common = {
        "id": one.name,
        "eligible_share": terms.eligible_share,
        "start": terms.start,
        "end": terms.end,
        "upfront_share": terms.upfront_share,
        "priority": None if priority in (None, "") else float(priority),
    }
    try:
        if not one.spend:
            return Units(quantity=terms.quantity, rate=terms.rate, skus=list(one.skus), **common)
        tables = read_tables(one.record, f"{one.where}: commitment '{one.name}'")
        if tables is not None:
            return Spend(
                commitment=terms.quantity, **{tables[0][2:].casefold(): tables[1]}, **common
            )
        return Spend(
            commitment=terms.quantity,
            discount=1 - terms.rate,
            skus=one.skus,
            counts="list",
            **common,
        )
    except FinOpsError as problem:
        raise ScenarioError(str(problem)) from None


@dataclass(frozen=True)
class Level:
    """An instrument on a pool of one level: what share of an hour's usage it may cover, how much of it, and what that much costs."""

    share: float
    quantity: float  # pool units of an hour
    rate: float  # money per pool unit and hour, used or not


def level_of(rule: Units | Spend) -> Level:
    """The instrument of the settlement as the tables take it (§3.14): one object says both, so they cannot differ.

    >>> level_of(Units(quantity=8, rate=1.3, skus=["gpu"]))
    Level(share=1.0, quantity=8.0, rate=1.3)
    >>> level_of(Spend(commitment=10, discount=0.25, skus=("gpu",), counts="list"))
    Level(share=1.0, quantity=10.0, rate=0.75)
    """
    if isinstance(rule, Units):
        return Level(rule.eligible_share, rule.quantity, rule.rate)
    assert rule.discount is not None and rule.counts == "list"  # `one_level` lets no other in
    return Level(rule.eligible_share, rule.commitment, 1 - rule.discount)


def in_order(
    group: Sequence[Held], terms: Mapping[str, Hourly]
) -> list[tuple[Held, Units | Spend]]:
    """Commitments with their instruments in the order they apply: that of the settlement (§5.12)."""
    rules = {one.name: rule_of(one, terms[one.name]) for one in group}
    of_name = {one.name: one for one in group}
    return [(of_name[rule.id], rule) for rule in ordered(list(rules.values()))]


def worth(
    rates: Mapping[str, float], use: Mapping[str, float], price: Mapping[str, float]
) -> float | None:
    """On-demand money that one unit of a plan's money covers, by today's use; by the mean of its SKUs where none is used."""
    weights = {
        sku: use.get(sku, 0.0) * rates[sku] for sku in rates if sku in price and rates[sku] > 0
    }
    if not any(weights.values()):
        weights = dict.fromkeys(weights, 1.0)
    total = sum(weights.values())
    return (
        sum(weight * price[sku] / rates[sku] for sku, weight in weights.items()) / total
        if total
        else None
    )


def refuse_tiers(pools, tiered) -> None:
    """Raises ScenarioError where a commitment covers a SKU whose price has tiers."""
    for pool in pools:
        for sku in pool.skus:
            if sku in tiered:
                raise ScenarioError(
                    f"prices/{sku}: a SKU under a commitment must have one price per unit, and this one has tiers of a month. Leave "
                    f"it out of x_SkuIds of {listing([f'commitments/{one.id}' for one in pool.instruments if sku in one.skus or not one.skus])}."
                )


def typical(timeline) -> np.ndarray:
    """The price by day at the median of what is uncertain in it: what a rate as a share off the price is measured on."""
    return _with(timeline, lambda law: law.quantile(0.5))


def expected(timeline) -> np.ndarray:
    """The mean price by day: what an expected saving is measured on."""
    return _with(timeline, lambda law: law.mean)


def _with(timeline, value) -> np.ndarray:
    factor = np.array(
        [np.prod([value(law) for _, law in mixture]) for mixture in timeline.mixtures] + [1.0],
        float,
    )
    return timeline.number * factor[timeline.which]
