"""The named parts of a plan: what is asked, demand, prices, commitments, what is booked (docs/method §3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...forecasting.covariates.timeline import Timeline
from ..capped import Capped
from ..purchases.agreed import Deal
from ..purchases.compiled import Bought
from .demand_paths import Parameter
from .lever_paths import Lines
from .pools import Pool
from .price_paths import Tiered
from .risk_plan import Series


@dataclass(frozen=True, kw_only=True)
class About:
    """What is asked, and how it is drawn."""

    name: str
    question: str
    currency: str
    as_of: str
    scenario_hash: str
    seed: int
    paths: int
    assumptions: tuple[dict, ...]
    shapes: bool = False  # hours of the week are given


@dataclass(frozen=True, kw_only=True)
class PlanDemand:
    """What is used, by day and workload with demand."""

    count: int  # workloads with demand: the first of `Plan.names`
    median: np.ndarray  # (day, demand) float64, certain multipliers included
    step: np.ndarray  # (day, demand): sd of the daily increment of the log level
    phi: np.ndarray
    sigma: np.ndarray
    loading: np.ndarray
    parameters: tuple[Parameter, ...]
    cap: np.ndarray | None = None  # (day, demand): the most of a day; None: no limit
    series: tuple[Series, ...] = ()  # risks
    bursts: np.ndarray | None = None  # (demand, 4): campaigns, see risk_plan.bursts


@dataclass(frozen=True, kw_only=True)
class SmallModel:
    """What the sliders may move tokens to: the cheapest model of the same provider."""

    routed: np.ndarray  # (day, demand): money per volume with all tokens on it; 0 where none
    routable: np.ndarray  # (day, demand): the same tokens at base routing
    models: dict[str, str]  # workload -> small model


@dataclass(frozen=True, kw_only=True)
class PlanPrices:
    """What a unit of volume costs: linear money, uncertain prices, forms with tiers, and what sliders move tokens to."""

    linear: np.ndarray  # (day, demand): money per unit of volume, linear SKUs with certain prices
    tokens: np.ndarray  # (day, demand): the part of it that is tokens
    uncertain: tuple[
        tuple[Timeline, np.ndarray], ...
    ]  # factor by day and path, (day, demand) money at factor 1
    tiered: tuple[Tiered, ...]
    small: SmallModel
    items: tuple[
        tuple, ...
    ]  # (workload, sku, service, unit, quantity per volume (day,), price (day,)) for the workbook
    line_skus: tuple[str, ...] = ()  # SKU of each of `uncertain`
    levers: Lines = field(default_factory=Lines)  # the last of `uncertain` are its lines
    paid: Mapping[tuple[str, str], float] = field(
        default_factory=dict
    )  # (workload, sku): as Meta.paid


@dataclass(frozen=True, kw_only=True)
class PlanCommitments:
    """What is bought ahead or otherwise than by the unit, and what some may cost at most."""

    pools: tuple[Pool, ...] = ()
    unused_owner: tuple[int, ...] = ()  # per pool: workload that carries unused hours, -1: by usage
    purchases: tuple[Bought, ...] = ()  # settled on the meters of the kernel (docs/method §3.42)
    agreements: tuple[Deal, ...] = ()  # on the money of their scope (docs/method §3.48)
    caps: tuple[Capped, ...] = ()  # what some workloads may cost at most


@dataclass(frozen=True, kw_only=True)
class PlanBooked:
    """What is in the bill already or recurs, and who pays for what is to come."""

    so_far: np.ndarray  # (month, unit): actual part of the month under way
    so_far_by: np.ndarray  # (month, workload)
    recurring: np.ndarray  # (month, workload): still to come
    excluded: tuple[dict, ...]
    unit_of: np.ndarray  # (workload,) position in `Plan.units`
    units: int  # how many there are
    shares: np.ndarray | None = (
        None  # (workload, unit): who pays for what is to come; None: all of it unit_of
    )

    @property
    def paid_by(self) -> np.ndarray:
        """(workload, unit): the share of each unit in what is to come of a workload."""
        return (
            (self.unit_of[:, None] == np.arange(self.units)).astype(float)
            if self.shares is None
            else self.shares
        )
