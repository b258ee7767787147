"""Purchases settled on drawn paths: meters of the kernel × draws of their ranges, then the way itself (docs/method §3.42)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...errors import FinOpsError, ScenarioError
from ...forecasting.covariates.timeline import Timeline
from ...scenario.ways import Months, Settled
from ...uncertainty.uniforms import path_uniforms
from .compiled import Bought

MOST = 1e15  # money of a month: beyond it cents are no longer counted
NEAR = 1e-9  # share of it by which a use may miss a whole number and still be that number
DRAWN = 3e-7  # the same of a use that the kernel adds up: its demand is float32


def add_columns(bought: Sequence[Bought], columns) -> tuple[tuple[int, ...], ...]:
    """A column for every meter of every purchase; by purchase the position of each."""
    places = []
    for one in bought:
        where = columns.add(
            *(f"{one.purchase.path}/{i}/{m.name}" for i, m in enumerate(one.meters))
        )
        for column, meter in zip(range(where.start, where.stop), one.meters):
            if meter.steady is None:
                columns.charge(meter.workload, column, meter.rate)
        places.append(tuple(range(where.start, where.stop)))
    return tuple(places)


@dataclass(frozen=True)
class OnPaths:
    """A purchase settled on the paths of a block: the whole, and the money of each of its workloads."""

    settled: Settled
    workloads: tuple[int, ...]
    money: np.ndarray  # (path, month, its workloads)


def settle(
    one: Bought, columns: Sequence[int], usage: np.ndarray, path0: int, seed: int
) -> OnPaths:
    """One purchase on the paths of a block: usage (path, month, column), the first of them path0."""
    paths = range(path0, path0 + len(usage))

    def uniform(name: str) -> np.ndarray:
        return path_uniforms(seed, name, paths)

    form = one.purchase.form
    use = {name: np.zeros(usage.shape[:2]) for name in form.METERS}
    by = np.zeros((*usage.shape[:2], len(one.workloads)))
    for meter, column in zip(one.meters, columns):
        part = (
            np.maximum(usage[:, :, column], 0.0)
            if meter.steady is None
            else np.broadcast_to(meter.steady, usage.shape[:2])
        )
        for name, law in meter.draws:
            part = part * np.maximum(law.on_paths(uniform, name), 0.0)[:, None]
        use[meter.name] = use[meter.name] + part
        by[:, :, one.workloads.index(meter.workload)] += part
    near = DRAWN if any(meter.steady is None for meter in one.meters) else NEAR
    use = {name: _whole(value, near) for name, value in use.items()}
    fields = {key: on_months(values, uniform) for key, values in one.fields.items()}
    way, at = one.purchase.built(fields), f"{one.purchase.where}: {one.purchase.path}"
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            settled = (
                way.settle(use, one.months)
                if one.begun is None
                else _rest(way, use, one.months, one.begun)
            )
    except FinOpsError as problem:
        raise ScenarioError(f"{at}: {problem}") from None
    if not (np.abs(settled.cost) < MOST).all() or not (np.abs(settled.billed) < MOST).all():
        raise ScenarioError(
            f"{at}: it would cost more than {MOST:,.0f} a month, which no budget can hold. Look for a number that is too large."
        )
    if len(one.workloads) == 1:
        return OnPaths(settled, one.workloads, settled.cost[:, :, None])
    total = by.sum(axis=-1, keepdims=True)
    alike = np.full(by.shape, 1 / len(one.workloads))
    shares = np.divide(by, total, out=alike, where=total > 0)
    return OnPaths(settled, one.workloads, settled.cost[:, :, None] * shares)


def _rest(way, use: dict, months: Months, begun: Months) -> Settled:
    """A month under way is settled as a whole, its use evenly on its days, and what is left of its days is to come."""
    left = months.days[0] / begun.days[0] if begun.days[0] else 0.0
    if not left:
        return way.settle(use, months)
    part = np.ones(len(months.names))
    part[0] = left
    settled = way.settle({name: value / part for name, value in use.items()}, begun)
    return Settled(
        settled.cost * part,
        {name: value * part for name, value in settled.parts.items()},
        {name: value * part for name, value in settled.meters.items()},
        None if settled.cash is None else settled.cash * part,
        settled.formula,
    )


def on_months(values: Timeline, uniform):
    """A number, an array (path, 1), or (path or 1, month) where the value changes."""
    alike = (values.which == values.which[0]).all() and (values.number == values.number[0]).all()
    if values.certain:
        return float(values.number[0]) if alike else values.number[None, :]
    by_month = values.on_paths(uniform).T
    return by_month[:, :1] if alike else by_month


def _whole(use: np.ndarray, share: float) -> np.ndarray:
    """Sums of days that miss a whole number by rounding are that number: 1,000 units are no 1,000.0000001."""
    near = np.round(use)
    return np.where(np.abs(use - near) <= share * np.maximum(use, 1.0), near, use)


@dataclass
class Tally:
    """Sums over paths of what purchases cost, for the lines of a run."""

    bought: Sequence[Bought]
    paths: int = 0
    parts: list[dict[str, np.ndarray]] = field(default_factory=list)
    meters: list[dict[str, np.ndarray]] = field(default_factory=list)
    cash: list[np.ndarray] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    by: list[np.ndarray] = field(default_factory=list)  # (month, its workloads)

    def add(self, blocks: Sequence[OnPaths]) -> None:
        """The purchases of one block, in the order of `bought`."""
        settled = [one.settled for one in blocks]
        if not self.parts:
            self.parts = [{} for _ in settled]
            self.meters = [{} for _ in settled]
            self.cash = [np.zeros(one.cost.shape[1]) for one in settled]
            self.formulas = [one.formula for one in settled]
            self.by = [np.zeros(one.money.shape[1:]) for one in blocks]
        for i, one in enumerate(settled):
            for sums, values in (
                (self.parts[i], one.parts or {"cost": one.cost}),
                (self.meters[i], one.meters),
            ):
                for name, value in values.items():
                    sums[name] = sums.get(name, 0.0) + np.asarray(value).sum(axis=0)
            self.cash[i] = self.cash[i] + one.billed.sum(axis=0)
            self.by[i] += blocks[i].money.sum(axis=0)
        self.paths += len(settled[0].cost) if settled else 0

    def rows(self, months: Sequence[str], names: Sequence[str]) -> list[dict]:
        """By purchase: its way in words, and expected money, cash and units by month."""
        rows = []
        for i, one in enumerate(self.bought if self.parts else ()):
            rows.append(
                {
                    "name": one.name,
                    "way": one.purchase.common.way,
                    "since": one.purchase.since,
                    "until": one.purchase.until or "",
                    "service": one.purchase.common.service,
                    "formula": self.formulas[i] + _unit(one.money),
                    "months": list(months),
                    "parts": {
                        k: [float(x) for x in v / self.paths] for k, v in self.parts[i].items()
                    },
                    "meters": {
                        k: [float(x) for x in v / self.paths] for k, v in self.meters[i].items()
                    },
                    "workloads": {
                        names[w]: [float(x) for x in self.by[i][:, k] / self.paths]
                        for k, w in enumerate(one.workloads)
                    },
                    "cash": [float(x) for x in self.cash[i] / self.paths],
                }
            )
        return rows


def _unit(money: str) -> str:
    """What a unit is, where it is money: a price of an hour or a token would be multiplied by it."""
    return f"; the bill has no quantities there, a unit is 1 {money} at list" if money else ""


def lines_of(rows: Sequence[dict]) -> list[dict]:
    """Lines of a run: expected money by month and part of each purchase, its way in place of a SKU."""
    lines = []
    for row in rows:
        alone = list(row["workloads"]) == [row["name"]]
        split = (
            {("", part): money for part, money in row["parts"].items()}
            if alone
            else {(name, row["name"]): money for name, money in row["workloads"].items()}
        )
        for (workload, part), money in split.items():
            for month, value in zip(row["months"], money):
                if abs(value) > 0.005:
                    lines.append(
                        {
                            "month": month,
                            "workload": workload or row["name"],
                            "service": row["service"],
                            "sku": f"{row['way']}: {part}",
                            "unit": "charge",
                            "quantity": 1.0,
                            "unit_price": value,
                            "cost": value,
                        }
                    )
    return lines
