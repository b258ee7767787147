"""What the levers change: the published figures, moved by the change of the frozen draws (docs/method §9.20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict, cast

import numpy as np

from ...measure.brief_types import Brief, ForecastMonth, Landing
from ...measure.budget import landing as budgets
from .fan import QUANTILES
from .levers import Levers, settle


class Difference(TypedDict):
    """Path by path, over the horizon: money, and the share of futures that cost less."""

    mean: float
    low: float
    high: float
    cheaper: float


class Change(TypedDict):
    """What the levers change."""

    landing: Landing
    months: list[ForecastMonth]
    base: np.ndarray  # (path, month), money
    now: np.ndarray  # likewise, under the levers
    difference: Difference


def changed(brief: Brief, frozen: dict, levers: Levers) -> Change:
    """Published figures moved by the change of the frozen draws: landing, months, next year, path-wise difference."""
    base, now = (
        np.asarray(frozen["base"]),
        settle(frozen, levers.demand, levers.token_price, levers.small_share, levers.committed),
    )
    months, year = list(frozen["months"]), frozen["year"]
    land: Mapping = brief["landing"]
    open_months = [i for i, month in enumerate(months) if month in year]
    moved = budgets.landing(
        land["period"],
        land["booked"],
        now[:, open_months],
        tuple(months[i] for i in open_months),
        land["budget"],
    )
    still = budgets.landing(
        land["period"],
        land["booked"],
        base[:, open_months],
        tuple(months[i] for i in open_months),
        land["budget"],
    )
    landing = {
        **land,
        **shift(land, still, moved, ("p10", "p50", "p90")),
        "mean": land["mean"] + moved["mean"] - still["mean"],
        "breach_month": moved["breach_month"],
    }
    if land["overrun_probability"] is not None:
        landing["overrun_probability"] = _share(
            land["overrun_probability"] + _over(moved) - _over(still)
        )
    rows = []
    row: Mapping
    for i, row in enumerate(brief["forecast"]["months"]):
        before, after = budgets.spread(base[:, i]), budgets.spread(now[:, i])
        rows.append({**row, **shift(row, before, after, QUANTILES)})
    difference = (now - base).sum(axis=1)
    low, high = (float(v) for v in np.quantile(difference, (0.1, 0.9)))
    return {
        "landing": cast(Landing, landing),
        "months": cast(list[ForecastMonth], rows),
        "base": base,
        "now": now,
        "difference": {
            "mean": float(difference.mean()),
            "low": low,
            "high": high,
            "cheaper": float(np.mean(difference < -0.005)),
        },
    }


def shift(
    published: Mapping, still: Mapping, moved: Mapping, names: Iterable[str]
) -> dict[str, float]:
    """Published quantiles plus the change of the same quantiles, kept in order and not below nothing."""
    values = [max(published[name] + moved[name] - still[name], 0.0) for name in names]
    return dict(zip(names, (float(v) for v in np.maximum.accumulate(values))))


def _over(land: Mapping) -> float:
    """The chance of an overrun of frozen draws; of draws without width whether they are over."""
    chance = land["overrun_probability"]
    return float(land["p50"] > land["budget"]) if chance is None else chance


def _share(value: float) -> float:
    return float(min(max(value, 0.0), 1.0))
