"""Risks of a scenario on a plan: which prices and workloads each moves, and its draws by path (docs/method §3.30).

A risk becomes rows of a `Series`: logarithms by path that count on given days (`profile`), on prices, on demand, or on both. Campaigns
become workloads of their own beside those they belong to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

from ... import streams
from ...errors import ScenarioError, unknown
from ...forecasting.covariates.timeline import Timeline
from ...scenario.changes import escape
from ...scenario.placed import Placed
from ...uncertainty.risks import Clock, Factors, clock_of
from ...uncertainty.uniforms import path_uniforms

LEAST, MOST = -200.0, 25.0  # logarithms of what is as good as nothing, and of what is beyond belief


@dataclass(frozen=True)
class Series:
    """Draws of one risk: rows of logarithms by path, prices first, then demand."""

    placed: Placed
    name: str  # of its draws
    clock: Clock
    profile: np.ndarray  # (row, day): on which days a row counts
    skus: tuple[str, ...] = ()  # whose prices the first rows move
    workloads: tuple[int, ...] = ()  # whose demand the other rows move

    @property
    def rows(self) -> int:
        return len(self.profile)

    def on_paths(self, seed: int, paths: range) -> np.ndarray:
        """(row, path) float64 of a range of paths; whole blocks where the draws are the partners'."""
        parts = self.placed.risk.factors(seed, self.name, paths, self.clock)
        wanted = [
            part
            for act, part in zip(self.placed.risk.acts, parts)
            if (self.skus if act == "price" else self.workloads)
        ]
        with np.errstate(divide="ignore"):
            logs = np.maximum(np.log(np.concatenate(wanted, axis=1)), LEAST).T
        if not logs.max(initial=0.0) < MOST:
            raise ScenarioError(
                f"{self.placed.where}: {self.placed.path}: a factor of {np.exp(logs.max()):.3g} came up, which no price or demand has. Check its numbers."
            )
        return streams.partner(logs) if self.placed.partnered else logs

    @property
    def single(self) -> int:
        """How many rows move prices, or demand where it moves no price."""
        return self.rows // (bool(self.skus) + bool(self.workloads))

    def on_prices(self) -> np.ndarray:
        """(row,): whether a row moves prices."""
        return np.arange(self.rows) < (self.single if self.skus else 0)


@dataclass(frozen=True)
class Campaign:
    """Bursts of a workload as a workload of their own."""

    name: str
    of: int  # position of the workload whose use it is
    placed: Placed


def series_of(
    placed: Placed, dates: np.ndarray, skus: dict[str, str], names, replay: bool = False
) -> list[Series]:
    """The series of one risk. skus: those with a price -> their service; names: workloads in the order of the plan.

    Raises ScenarioError where it names what is not there; in a replay that waits until it is.
    """
    risk, where = placed.risk, f"{placed.where}: {placed.path}"
    own = [
        *_named(risk.skus, tuple(skus), "SKU", f"{where}/skus", replay),
        *_of_services(risk.services, skus, f"{where}/services", replay),
    ]
    own = tuple(dict.fromkeys(own))
    works = tuple(
        names.index(name)
        for name in _named(risk.workloads, tuple(names), "workload", f"{where}/workloads", replay)
    )
    if not (own or works) or not len(dates) or risk.idle or not isinstance(risk, Factors):
        return []
    clock = clock_of(dates, risk.since)
    profile, name = risk.profile(clock), placed.path
    if not len(profile):
        return []  # it begins after the last day
    if not risk.apart:
        return [
            Series(
                placed,
                name,
                clock,
                np.concatenate([profile] * (bool(own) + bool(works))),
                own,
                works,
            )
        ]
    return [
        *(Series(placed, f"{name}/{escape(sku)}", clock, profile, (sku,)) for sku in own),
        *(Series(placed, f"{name}/{escape(names[w])}", clock, profile, (), (w,)) for w in works),
    ]


def campaigns_of(placed, names, taken, replay: bool = False) -> list[Campaign]:
    """The campaigns of all risks that add use. names: workloads with a history; taken: names that are given already."""
    campaigns: list[Campaign] = []
    for one in placed:
        if isinstance(one.risk, Factors):
            continue
        works = _named(
            one.risk.workloads,
            tuple(names),
            "workload with a history",
            f"{one.where}: {one.path}/workloads",
            replay,
        )
        for work in works if not one.risk.idle else ():
            name = one.name if len(works) == 1 else f"{one.name}: {work}"
            if name in taken or any(name == other.name for other in campaigns):
                raise ScenarioError(
                    f"{one.where}: '{name}' is the name of a workload already; its campaigns are a row of their own, so give the risk "
                    "another name."
                )
            campaigns.append(Campaign(name, names.index(work), one))
    return campaigns


def parents(resolved) -> dict[str, str]:
    """Campaign -> the workload whose use it is: their team, services and hours are the same."""
    names = resolved.facts.names
    return {
        one.name: names[one.of]
        for one in campaigns_of(resolved.risks, names, (), resolved.facts.replay)
    }


def bursts(campaigns, facts, dates, median, demand: int) -> np.ndarray | None:
    """(workload, 4): bursts a day, mean volume on the first day, share that stays, first day; None: no campaigns.

    median   (day, workload): a usual day is the mean of the 28 days from the risk's first one on
    """
    if not campaigns:
        return None
    rows = np.zeros((demand, 4))
    for i, one in enumerate(campaigns, demand - len(campaigns)):
        risk, clock = one.placed.risk, clock_of(dates, one.placed.risk.since)
        first = int(np.searchsorted(dates, clock.first)) if len(dates) else 0
        usual = median[first : first + 28, one.of]
        size = risk.first_day(unit_cost(facts, one.of), float(usual.mean()) if len(usual) else 0.0)
        if not size and risk.per_year and first < len(dates):
            raise ScenarioError(
                f"{one.placed.where}: '{facts.names[one.of]}' has no use in the newest 28 days, so the size of a campaign in it means "
                "nothing. Name a workload that is in use."
            )
        rows[i] = risk.per_year / 365.25 if first < len(dates) else 0.0, size, risk.stays, first
    return rows


def unit_cost(facts, workload: int) -> float:
    """Money per unit of volume of a workload at today's prices, as paid."""
    price = {sku.id: sku.price for sku in facts.meta.skus}
    return float(
        sum(facts.mix[workload, s] * price[sku.id] for s, sku in enumerate(facts.meta.skus))
    )


def month_factors(
    seed: int, paths: range, own: Timeline, series, month_of: np.ndarray, months: int
) -> np.ndarray:
    """Mean factor of each month on each path, (path, month): an uncertain number by month × the risks on a SKU with tiers.

    own   by month;  series  of the SKU;  month_of  (day,) position of each day in months, −1 outside
    """
    factors = np.broadcast_to(own.number, (len(paths), months)).copy()
    if not own.certain:
        factors = own.on_paths(lambda name: path_uniforms(seed, name, paths)).T
    if not series:
        return factors
    profile = np.concatenate([one.profile * one.on_prices()[:, None] for one in series])
    logs = np.concatenate([one.on_paths(seed, paths) for one in series])
    for m in range(months):
        at = month_of == m
        if at.any():
            state, count = np.unique(
                profile[:, at], axis=1, return_counts=True
            )  # days that are alike, once
            factors[:, m] *= np.exp(logs.T @ state) @ count / count.sum()
    return factors


def price_factors(series, sku: str, days, seed: int, paths: int = 4096) -> np.ndarray:
    """What the risks on a SKU make of its price: (path, day) factors of the first paths on the given days of the plan; [[1]] where there are none."""
    mine = [one for one in series if sku in one.skus]
    if not mine:
        return np.ones((1, 1))
    profile = np.concatenate([one.profile[:, days] * one.on_prices()[:, None] for one in mine])
    logs = np.concatenate([one.on_paths(seed, range(paths)) for one in mine])
    state, of_day = np.unique(profile, axis=1, return_inverse=True)  # days that are alike, once
    return np.exp(logs.T @ state)[:, of_day.reshape(-1)]


def swapped(placed: Placed) -> Placed:
    """The same risk with every path's draws from its partner."""
    return replace(placed, partnered=True)


def _named(patterns, known, kind: str, where: str, replay: bool) -> list[str]:
    named: list[str] = []
    for pattern in patterns:
        stars = pattern.replace("[", "[[]").replace("?", "[?]")  # only * stands for others
        hits = (
            [name for name in known if fnmatchcase(name, stars)]
            if "*" in pattern
            else [pattern]
            if pattern in known
            else []
        )
        if not hits and not replay:
            raise ScenarioError(unknown(where, kind, pattern[:80], sorted(known)))
        named += hits
    return list(dict.fromkeys(named))


def _of_services(patterns, skus: dict[str, str], where: str, replay: bool) -> list[str]:
    services = _named(patterns, tuple(dict.fromkeys(skus.values())), "service", where, replay)
    return [sku for sku, service in skus.items() if service in services]
