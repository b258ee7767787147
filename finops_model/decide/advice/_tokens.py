"""What advice on tokens shares: money by SKU, what other entities do with the same work, whether it runs on a schedule."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...errors import FinOpsError
from ...scenario.pulled.bought import bought_of, true_units
from . import WINDOW, Ground

STEADY = 0.85  # weekend ÷ weekday from which work is not that of people at desks
LEAST_SHARE = 0.02  # of a workload's cost: SKUs below it are not shown


def token_costs(ground: Ground, name: str, skus: Iterable[str]) -> dict[str, float]:
    """Money a month of each SKU of a workload, the largest first."""
    every = {sku: ground.cost(name, [sku]) for sku in skus}
    least = LEAST_SHARE * ground.cost(name)
    ordered = sorted(every.items(), key=lambda pair: -pair[1])
    return {sku: cost for sku, cost in ordered if cost > least}


def peer_shares(ground: Ground, name: str, lever, least: float) -> dict[str, float]:
    """Other entities' value of a lever on the workload of the same name, where it is `least` or more."""
    every = {}
    for who, facts in ground.peers.items():
        if name not in facts.names:
            continue
        at = facts.names.index(name)
        try:
            share = lever.read(true_units(facts, at), bought_of(facts, at))
        except FinOpsError:
            continue
        if share is not None and share >= least:
            every[who] = float(share)
    return every


def steady_all_week(ground: Ground, name: str) -> bool:
    """Whether a workload uses at weekends what it uses on weekdays, over the newest four weeks."""
    at = ground.facts.names.index(name)
    volume, dates = ground.facts.volume[-WINDOW:, at], ground.facts.dates[-WINDOW:]
    weekend = (dates.astype("datetime64[D]").view("int64") - 4) % 7 >= 5  # 1970-01-05 was a Monday
    if not (weekend.any() and (~weekend).any()):
        return False
    weekday = float(np.mean(volume[~weekend]))
    return weekday > 0 and float(np.mean(volume[weekend])) / weekday >= STEADY
