"""Agreements on spend settled on drawn paths: what is off, and what is missing at the end of a contract year (docs/method §3.48)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ...errors import ScenarioError
from ...periods import month_index
from ...scenario.booked import cost_rows
from ...scenario.purchases.agreements import Placed
from ...scenario.purchases.takes import like

FRESH = 28  # days that tell which share of a workload's cost an agreement is on


@dataclass(frozen=True, kw_only=True)
class Deal:
    """An agreement on the workloads and months of a plan."""

    placed: Placed
    scope: np.ndarray  # (workload,) share of its money that the agreement is on
    before: np.ndarray  # (contract month,) its spend at list that is in the bill already
    at: np.ndarray  # (contract month,) position in the months of the plan, −1: outside
    after: np.ndarray  # positions of months of the plan after its end

    @property
    def years(self) -> list[int]:
        """Contract years whose last month is simulated."""
        size = self.placed.deal.year_months
        return [
            y for y in range(len(self.placed.deal.commitments)) if self.at[y * size + size - 1] >= 0
        ]


@dataclass(frozen=True)
class OnPaths:
    """An agreement settled on the paths of a block."""

    change: np.ndarray  # (path, month, workload) money that it adds or takes off
    discount: np.ndarray  # (path, month) money off
    paid: (
        np.ndarray
    )  # (path, year) shortfall due at the end of the contract years that are simulated
    counted: np.ndarray  # (path, year) spend that counts


def compile_agreements(resolved, names, months) -> tuple[Deal, ...]:
    """Every agreement of a scenario on the workloads and months of a plan."""
    if not resolved.agreements:
        return ()
    facts = resolved.facts
    rows = cost_rows(facts)
    fresh = rows[rows["ChargeDate"] > pd.Timestamp(facts.as_of) - pd.Timedelta(days=FRESH)]
    deals = []
    for placed in resolved.agreements.values():
        own = placed.deal.months
        at = month_index(np.array([f"{month}-01" for month in own], "datetime64[D]"), months)
        listed = 1.0 - placed.terms.discount_in_prices
        inside = rows[_in_scope(rows, placed)]
        spent = inside["EffectiveCost"].groupby(inside["ChargeDate"].dt.strftime("%Y-%m")).sum()
        before = np.array([max(float(spent.get(month, 0.0)), 0.0) for month in own]) / listed
        if placed.terms.spent_before is not None:
            before = _stated(placed, facts.as_of)
        else:
            _refuse_unseen(placed, at, rows)
        deals.append(
            Deal(
                placed=placed,
                scope=_shares(fresh, placed, names, resolved.tree["workloads"], facts.names),
                before=before,
                at=np.asarray(at, int),
                after=np.array([m for m, month in enumerate(months) if month > own[-1]], int),
            )
        )
    return tuple(deals)


def _refuse_unseen(placed: Placed, at: np.ndarray, rows: pd.DataFrame) -> None:
    """Raises ScenarioError where months of the contract year under way lie before the bill: what counted there is not known, and is not nothing."""
    own, size = list(placed.deal.months), placed.deal.year_months
    first = f"{rows['ChargeDate'].min():%Y-%m}" if len(rows) else own[0]
    for y, commitment in enumerate(placed.deal.commitments):
        year = slice(y * size, (y + 1) * size)
        ahead = (np.asarray(at)[year] >= 0).any()
        if ahead and own[y * size] < first and (commitment > 0 or placed.levels is not None):
            raise ScenarioError(
                f"{placed.where}: agreements/{placed.name}: its contract year from {own[y * size]} began before the bill does ({first}), "
                "so what counted in between is not known. Write spent_before: the spend that counted from its first day to the last day "
                "of the bill (the vendor's statement has it)."
            )


def _in_scope(rows: pd.DataFrame, placed: Placed) -> np.ndarray:
    """Which rows an agreement is on."""
    terms, inside = placed.terms, np.ones(len(rows), bool)
    for column, patterns in (
        ("ServiceProviderName", terms.providers),
        ("ServiceName", terms.services),
        ("x_Workload", terms.workloads),
    ):
        if patterns:
            inside &= _meant(rows[column], patterns)
    if terms.without_services:
        inside &= ~_meant(rows["ServiceName"], terms.without_services)
    return inside


def _meant(values: pd.Series, patterns) -> np.ndarray:
    known = {name: any(like(name, one) for one in patterns) for name in values.unique()}
    return values.map(known).to_numpy(bool)


def _shares(fresh: pd.DataFrame, placed: Placed, names, tree, ledger) -> np.ndarray:
    """(workload,): share of its newest cost in scope; what is planned by its name and its service, for a provider only where it is named."""
    cost = fresh["EffectiveCost"].clip(lower=0.0)
    whole = cost.groupby(fresh["x_Workload"]).sum()
    part = cost[_in_scope(fresh, placed)].groupby(fresh["x_Workload"]).sum()
    terms, shares = placed.terms, np.zeros(len(names))
    for w, name in enumerate(names):
        if whole.get(name, 0.0) > 0:
            shares[w] = float(part.get(name, 0.0)) / float(whole[name])
        elif name not in ledger:
            service = tree.get(name, {}).get("service", "")
            named = any(like(name, one) for one in terms.workloads)
            fits = (
                not terms.services or any(like(service, one) for one in terms.services)
            ) and not any(like(service, one) for one in terms.without_services)
            shares[w] = float(fits and (named if terms.workloads or terms.providers else True))
    return shares


def _stated(placed: Placed, as_of: str) -> np.ndarray:
    """(contract month,): `spent_before` in the last known month of the contract year under way."""
    own = list(placed.deal.months)
    before = np.zeros(len(own))
    if as_of[:7] in own:
        before[own.index(as_of[:7])] = placed.terms.spent_before
    return before


def settle_agreement(deal: Deal, money: np.ndarray) -> OnPaths:
    """One agreement on the money of a block that is still to come, (path, month, workload)."""
    placed, terms = deal.placed, deal.placed.terms
    size, years = placed.deal.year_months, len(placed.deal.commitments)
    own = np.maximum(money, 0.0) * deal.scope
    total = own.sum(axis=-1)  # (path, month)
    inside = deal.at >= 0
    ahead = np.zeros((len(money), len(deal.at)))
    ahead[:, inside] = total[:, deal.at[inside]] / (1.0 - terms.discount_in_prices)
    spend = deal.before + ahead
    off = np.repeat(np.array(placed.deal.discount), size)
    if placed.levels is None:
        less, net = ahead * off, spend
    else:
        by_year = (len(money), years, size)
        until = np.cumsum(spend.reshape(by_year), axis=-1).reshape(spend.shape)
        less = _off(until, placed.levels) - _off(until - ahead, placed.levels)
        start = _off(until - ahead, placed.levels) - _off(until - spend, placed.levels)
        net = spend - less - start if terms.counts == "after_discount" else spend
    outcome = placed.deal.settle(net)
    due = np.zeros(total.shape)
    discount = np.zeros(total.shape)
    change = np.zeros(total.shape)
    at = deal.at[inside]
    discount[:, at] = less[:, inside]
    change[:, at] = (ahead - less)[:, inside] - total[:, at]
    for y in deal.years:
        due[:, deal.at[y * size + size - 1]] += outcome.paid[:, y]
    if terms.discount_in_prices and deal.after.size:
        change[:, deal.after] = total[:, deal.after] * (
            1.0 / (1.0 - terms.discount_in_prices) - 1.0
        )
    weights = np.broadcast_to(deal.scope / max(deal.scope.sum(), 1e-300), own.shape).copy()
    shares = np.divide(own, total[:, :, None], out=weights, where=total[:, :, None] > 0)
    return OnPaths(
        (change + due)[:, :, None] * shares,
        discount,
        outcome.paid[:, deal.years],
        outcome.counted[:, deal.years],
    )


def _off(spend: np.ndarray, levels) -> np.ndarray:
    """Money off the first `spend` of a contract year: each level's share is off what lies between it and the next."""
    starts, shares = levels
    ends = np.append(starts[1:], np.inf)
    return sum(
        np.clip(spend - start, 0.0, end - start) * share
        for start, end, share in zip(starts, ends, shares, strict=True)
    )


@dataclass
class AgreementTally:
    """What agreements come to over all paths, for a run."""

    deals: Sequence[Deal]
    discount: list = field(default_factory=list)  # by agreement: (month,) sums
    paid: list = field(default_factory=list)  # by agreement: blocks of (path, year)
    counted: list = field(default_factory=list)

    def add(self, blocks: Sequence[OnPaths]) -> None:
        """The agreements of one block, in the order of `deals`."""
        if not self.paid:
            self.discount = [0.0 for _ in blocks]
            self.paid, self.counted = [[] for _ in blocks], [[] for _ in blocks]
        for i, one in enumerate(blocks):
            self.discount[i] = self.discount[i] + one.discount.sum(axis=0)
            self.paid[i].append(one.paid)
            self.counted[i].append(one.counted)

    def rows(self, months: Sequence[str]) -> list[dict]:
        """By agreement: expected money off by month, and of each contract year that ends in the run what it misses."""
        rows = []
        for i, deal in enumerate(self.deals if self.paid else ()):
            own, size = deal.placed.deal, deal.placed.deal.year_months
            paid, counted = np.concatenate(self.paid[i]), np.concatenate(self.counted[i])
            years = [
                {
                    "ends": own.months[y * size + size - 1],
                    "commitment": own.commitments[y],
                    "counted": float(counted[:, k].mean()),
                    "shortfall": float(paid[:, k].mean()),
                    "probability": float((paid[:, k] > 0.005).mean()),
                    **{f"p{q}": float(np.quantile(paid[:, k], q / 100)) for q in (10, 50, 90)},
                }
                for k, y in enumerate(deal.years)
            ]
            rows.append(
                {
                    "name": deal.placed.name,
                    "start": own.start,
                    "until": own.months[-1],
                    "months": list(months),
                    "discount": [float(x) for x in self.discount[i] / len(paid)],
                    "years": years,
                }
            )
        return rows
