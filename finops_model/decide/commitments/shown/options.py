"""Offers side by side over the same hours: the best level of each of their terms, cost, cash by month, NPV; buying in steps.

Rules: docs/method §8.81 (side by side), §8.82 (cash and NPV), §8.83 (ladder).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ....prices.terms.payments import Payment, npv
from ..answer import Recommendation
from ..limits import NothingFits
from ..offers import Offer, money_unit
from ..search.best import best_commitments
from ..search.layers import Stack, Usage
from ..search.stacked import stack_of
from .levels import Covered, Level, covered_of, levels_of, on_demand_of
from .table import ON_DEMAND, RECOMMENDED, Ask, Asked, Row, SideBySide, Steps

POINTS = 21  # levels of a curve


def side_by_side(ask: Ask, recommended: Recommendation | None = None) -> SideBySide:
    """Every offer at its best, alone, over the whole horizon: a term that ends is bought again at its rate, at the level that is then best."""
    rows: list[Row] = []
    curves: dict[str, tuple[Level, ...]] = {}
    ladders: list[Steps] = []
    left_out: list[str] = []
    asked: dict[str, Level] = {}
    for at, group in enumerate(_groups(ask.offers, ask.usage)):
        table = _Group(ask, at, tuple(group), now_of(ask, recommended))
        rows += table.rows(recommended)
        curves |= table.curves()
        ladders += table.ladders()
        asked |= table.asked()
        left_out += table.left_out
    order = sorted(rows, key=lambda row: (row.group, row.npv, bool(row.offer)))
    return SideBySide(ask, tuple(order), curves, tuple(ladders), asked, tuple(left_out))


def now_of(ask: Ask, recommended: Recommendation | None) -> dict[str, float]:
    """What is recommended to be bought on the first day, by offer; what is bought later is no level of a first term."""
    bought = recommended.purchases if recommended else ()
    return {p.name: p.quantity for p in bought if p.quantity > 0 and p.start in ("", ask.start)}


def _groups(offers: Sequence[Offer], usage: Usage) -> list[list[Offer]]:
    """Offers that share a SKU, directly or through others, are alternatives; others stand by themselves."""
    groups: list[tuple[set, list]] = []
    for offer in offers:
        reach, mine = set(offer.covers(usage.skus)), [offer]
        for group in [g for g in groups if g[0] & reach]:
            groups.remove(group)
            reach, mine = group[0] | reach, group[1] + mine
        groups.append((reach, mine))
    return [mine for _, mine in groups]


class _Group:
    """Offers that are alternatives; what they cover is looked up once for all that see the same layers."""

    def __init__(self, ask: Ask, at: int, offers: tuple[Offer, ...], now: Mapping[str, float]):
        self.ask, self.at, self.offers, self.now = ask, at, offers, now
        self.left_out: list[str] = []
        self.why: dict[str, str] = {}
        self.stacks = {o.name: stack_of(o, ask.usage, dict(ask.prices)) for o in offers}
        self.own = {o.name: on_demand_of(self.stacks[o.name], ask.parts) for o in offers}
        self.terms = {o.name: self._terms(o) for o in offers}
        self.held = {o.name: self._best(o) for o in offers}
        self.grids = {o.name: self._grid(o) for o in offers}
        self.money = self._on_demand()
        self.covered: dict[tuple, Covered] = {}
        self.extra: dict[tuple, list[float]] = {}
        self.named = self._asked()

    def _key(self, offer: Offer) -> tuple:
        stack = self.stacks[offer.name]
        return stack.usage.skus, stack.scale, stack.worth

    def _terms(self, offer: Offer) -> list[np.ndarray]:
        """Parts of each of its terms within the horizon."""
        terms, first, parts = [], 0.0, self.ask.parts
        while (mine := parts.within(first, offer.term_months)).any():
            terms.append(mine)
            first += offer.term_months
        return terms

    def _best(self, offer: Offer) -> list[float]:
        stack = self.stacks[offer.name]
        if stack.price >= stack.worth[0]:
            self.left_out.append(f"{offer.name} saves nothing against on demand.")
            self.why[offer.name] = "saves nothing against on demand"
            return [0.0] * len(self.terms[offer.name])
        return [self._level(offer, mine) for mine in self.terms[offer.name]]

    def _level(self, offer: Offer, mine: np.ndarray) -> float:
        ask, at = self.ask, np.flatnonzero(mine)
        hours = ask.parts.edges[at[0]], ask.parts.edges[at[-1] + 1]
        limits = {k: v for k, v in vars(ask.limits).items() if v is not None}
        try:
            best = best_commitments(
                ask.usage.only(offer.covers(ask.usage.skus)).between(*hours),
                offers=[offer],
                prices=dict(ask.prices),
                objective=ask.objective,
                beta=ask.beta,
                years=1,
                **limits,
            )
        except NothingFits as problem:
            if offer.name not in self.why:
                self.left_out.append(str(problem))
                self.why[offer.name] = "keeps to no limit"
            return 0.0
        (one,) = best.purchases
        if one.binding and offer.name not in self.why:
            self.why[offer.name] = f"kept down by {one.binding}"
        return one.quantity

    def _grid(self, offer: Offer) -> np.ndarray:
        """Levels of its curve, in its steps, the best among them."""
        stack, best, mine = (
            self.stacks[offer.name],
            self.held[offer.name][0],
            self.terms[offer.name][0],
        )
        hours = float(self.ask.parts.hours[mine].sum())
        mean = float(self.own[offer.name][:, mine].sum(axis=1).mean()) / (hours * stack.worth[0])
        levels = np.linspace(0, min(max(2 * mean, 1.5 * best), offer.maximum), POINTS)
        if offer.step > 0:
            levels = np.round(levels / offer.step) * offer.step
        levels = levels[(levels == 0) | (levels >= offer.minimum)]
        return np.unique([*levels, best, self.now.get(offer.name, best)])

    def _on_demand(self) -> np.ndarray:
        """On-demand money of everything the group covers (path, part): each SKU once."""
        seen: set[str] = set()
        whole = np.zeros((self.ask.usage.paths, len(self.ask.parts.months)))
        for offer in self.offers:
            stack = self.stacks[offer.name]
            fresh = [sku for sku in stack.usage.skus if sku not in seen]
            seen |= set(fresh)
            if fresh:
                keep = [stack.usage.skus.index(sku) for sku in fresh]
                part = Stack(
                    stack.usage.only(fresh),
                    tuple(stack.scale[i] for i in keep),
                    tuple(stack.worth[i] for i in keep),
                    stack.price,
                )
                whole += on_demand_of(part, self.ask.parts)
        return whole

    def _covered(self, offer: Offer) -> Covered:
        """What the levels of all offers that see the same layers cover, in one pass."""
        key = self._key(offer)
        if key not in self.covered:
            alike = [o for o in self.offers if self._key(o) == key]
            levels = [x for o in alike for x in (*self.grids[o.name], *self.held[o.name])]
            levels += [x for o in alike for x in self._stairs(o)]
            levels += self.extra.get(key, [])
            self.covered[key] = covered_of(self.stacks[offer.name], self.ask.parts, levels)
        return self.covered[key]

    def _asked(self) -> list[tuple[Asked, Stack]]:
        """Quantities of this group that somebody named, and what they see; they are looked up with the offers."""
        named, reach = [], {sku for o in self.offers for sku in o.covers(self.ask.usage.skus)}
        for one in self.ask.asked:
            if not set(one.offer.skus) <= reach:
                continue
            stack = stack_of(one.offer, self.ask.usage, dict(self.ask.prices))
            self.extra.setdefault((stack.usage.skus, stack.scale, stack.worth), []).append(
                one.quantity
            )
            named.append((one, stack))
        return named

    def asked(self) -> dict[str, Level]:
        """What each quantity that somebody named does in its own term, from the first day on."""
        done = {}
        for one, stack in self.named:
            key = stack.usage.skus, stack.scale, stack.worth
            if key not in self.covered:
                self.covered[key] = covered_of(stack, self.ask.parts, [one.quantity])
            own = on_demand_of(stack, self.ask.parts)
            (done[one.source],) = levels_of(
                one.offer, stack, self.covered[key], own, self.ask.parts, [one.quantity]
            )
        return done

    def _stairs(self, offer: Offer) -> list[float]:
        """What is held after each step of a ladder to the best level of the first term."""
        goal, count = self.held[offer.name][0], self._count(offer)
        stairs = [goal * (k + 1) / count for k in range(count)]
        return [round(x / offer.step) * offer.step for x in stairs] if offer.step > 0 else stairs

    def _count(self, offer: Offer) -> int:
        return max(min(self.ask.steps, int(self.terms[offer.name][0].sum())), 1)

    def rows(self, recommended: Recommendation | None) -> list[Row]:
        """A row for each offer, for on demand, and for what is recommended where that is several purchases."""
        mix = self._mix(recommended) if recommended else None
        if mix:
            key, by_part = mix[0], mix[1]
            self.extra.setdefault(key, []).extend(by_part)
        nothing = self._row(ON_DEMAND, None, [], self.money.sum(axis=1), self.money.mean(axis=0))
        return [
            *(self._offered(o) for o in self.offers),
            nothing,
            *([self._mixed(mix)] if mix else []),
        ]

    def _offered(self, offer: Offer) -> Row:
        covered, stack = self._covered(offer), self.stacks[offer.name]
        spill, fees, payments = self.money.copy(), 0.0, []
        for mine, level in zip(self.terms[offer.name], self.held[offer.name]):
            spill[:, mine] -= covered.money[:, mine, covered.at(level)]
            fee = level * stack.price * float(self.ask.parts.hours[mine].sum())
            fees += fee
            payments.append((offer, mine, fee))
        own = self.own[offer.name]
        first = levels_of(
            offer,
            stack,
            covered,
            own,
            self.ask.parts,
            [self.held[offer.name][0]],
            self.terms[offer.name][0],
        )
        return self._row(
            offer.name,
            offer,
            payments,
            spill.sum(axis=1) + fees,
            spill.mean(axis=0),
            tuple(self.held[offer.name]),
            first[0],
        )

    def _mix(self, recommended: Recommendation):
        """(what they see, level held in each part, purchases) where several purchases of this group see the same layers."""
        names = {o.name: o for o in self.offers}
        mine = [p for p in recommended.purchases if p.quantity > 0 and p.name in names]
        keys = {self._key(names[p.name]) for p in mine}
        if len(mine) < 2 or len(keys) != 1 or any(len(p.start) != 10 for p in mine):
            return None
        parts, held, payments = self.ask.parts, np.zeros(len(self.ask.parts.months)), []
        for p in mine:
            first = int(p.start[:4]) * 12 + int(p.start[5:7])
            begin = first - (int(parts.starts[0][:4]) * 12 + int(parts.starts[0][5:7]))
            runs = parts.within(begin, p.offer.term_months)
            held[runs] += p.quantity
            payments.append((p.offer, runs, p.quantity * p.rate * float(parts.hours[runs].sum())))
        return keys.pop(), held, payments, mine

    def _mixed(self, mix) -> Row:
        _, held, payments, mine = mix
        covered = self._covered(next(o for o in self.offers if o.name == mine[0].name))
        at = [covered.at(level) for level in held]
        spill = self.money - covered.money[:, np.arange(len(at)), at]
        fees = sum(fee for _, _, fee in payments)
        return self._row(
            RECOMMENDED,
            None,
            payments,
            spill.sum(axis=1) + fees,
            spill.mean(axis=0),
            tuple(p.quantity for p in mine),
        )

    def _row(self, name, offer, payments, cost, spill, held=(), first=None) -> Row:
        dates, cash = _cash(self.ask, payments, spill, np.ones(len(spill), bool))
        value = float(npv(cash, dates, self.ask.discount_rate, self.ask.start))
        unit = money_unit(offer, self.ask.currency) if offer else ""
        return Row(
            name=name,
            offer=offer,
            group=self.at,
            unit=unit,
            held=tuple(held),
            cost=cost,
            dates=dates,
            cash=cash,
            npv=value,
            first=first,
            why=self.why.get(name, ""),
        )

    def curves(self) -> dict[str, tuple[Level, ...]]:
        return {
            o.name: tuple(
                levels_of(
                    o,
                    self.stacks[o.name],
                    self._covered(o),
                    self.own[o.name],
                    self.ask.parts,
                    self.grids[o.name],
                )
            )
            for o in self.offers
        }

    def ladders(self) -> list[Steps]:
        """Each offer at once and in steps, over its first term; contracts that outlive it are paid for inside it only."""
        found = []
        for offer in self.offers:
            if self.held[offer.name][0] <= 0:
                continue
            stairs = self._stairs(offer)
            found.append(self._climbed(offer, stairs[-1:]))
            if len(stairs) > 1:
                found.append(self._climbed(offer, stairs))
        return found

    def _climbed(self, offer: Offer, stairs: Sequence[float]) -> Steps:
        covered, stack, mine = (
            self._covered(offer),
            self.stacks[offer.name],
            self.terms[offer.name][0],
        )
        at, hours = np.flatnonzero(mine), self.ask.parts.hours
        held = np.zeros(len(mine))
        payments, before = [], 0.0
        for k, level in enumerate(stairs):
            runs = mine.copy()
            runs[at[:k]] = False
            held[runs] = level
            fee = (level - before) * stack.price * float(hours[runs].sum())
            payments.append((offer, runs, fee))
            before = level
        level_at = [covered.at(level) for level in held[mine]]
        spill = np.zeros_like(self.money)
        spill[:, mine] = self.own[offer.name][:, mine] - covered.money[:, at, level_at]
        cost = spill.sum(axis=1) + sum(fee for _, _, fee in payments)
        dates, cash = _cash(self.ask, payments, spill.mean(axis=0), mine)
        value = float(npv(cash, dates, self.ask.discount_rate, self.ask.start))
        return Steps(offer.name, len(stairs), held[mine], cost, dates, cash, value)


def _cash(ask: Ask, payments, spill, mine) -> tuple[np.ndarray, np.ndarray]:
    """(days, money, mean of the paths): fees as the offer is paid, the rest and what is used on demand the day after each part."""
    starts = np.array(ask.parts.starts, "datetime64[D]")
    ends = np.append(starts[1:], ask.end)
    dates, money = [ends[mine]], [np.asarray(spill, float)[mine]]
    for offer, runs, fee in payments:
        at = np.flatnonzero(runs)
        if not fee or not len(at):
            continue
        paid = Payment(
            fee,
            str(starts[at[0]]),
            str(ends[at[-1]]),
            "partial_upfront",
            offer.upfront_share,
            currency="",
        )
        days, amounts = paid.cash()
        dates.append(days)
        money.append(amounts)
    when, what = np.concatenate(dates), np.concatenate(money)
    days, place = np.unique(when, return_inverse=True)
    return days, np.bincount(place, what, minlength=len(days))
