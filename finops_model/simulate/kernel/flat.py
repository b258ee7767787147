"""The kernel contract: a plan as flat arrays, and what a block of paths gives back (docs/method §3.13).

Both engines take a FlatPlan and return totals by (path, month, column); neither knows scenarios, SKUs or rate forms. Columns are
money ("units") or usage ("pools"): linear and hourly-settled cost lands in units, usage that a month-window form prices lands in
pools and is priced in prices/settle/windows.py. So a new rate form is one file there and the kernel stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import numpy as np

from ...errors import ScenarioError, unknown
from ...uncertainty.correlate import check_correlation, root_of
from ...uncertainty.distributions import Distribution

__all__ = ["BlockTotals", "FlatPlan", "Form", "PathValue", "Table", "loadings_of"]


@dataclass(frozen=True)
class PathValue:
    """One number per path behind uncertain levels, growth and prices: the logarithm of a product of named draws.

    draws   (name, distribution): one uniform per path and name; a distribution that follows factors draws those by name too
    kind    level: log of the product · growth: log1p(scale × product) · rate: the product itself is a logarithm
    """

    draws: tuple[tuple[str, Distribution], ...]
    kind: str = "level"
    scale: float = 1.0

    def __post_init__(self):
        if self.kind not in ("level", "growth", "rate"):
            raise ScenarioError(
                unknown("path value", "kind", str(self.kind), ("level", "growth", "rate"))
            )

    def on_paths(self, uniform) -> np.ndarray:
        """Log values (path,) float64; a level of 0 (or below) is no demand: a very small number instead of minus infinity."""
        value = (
            np.prod([law.on_paths(uniform, name) for name, law in self.draws], axis=0) * self.scale
        )
        if self.kind == "rate":
            return value
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.nan_to_num(
                np.log(value) if self.kind == "level" else np.log1p(value),
                nan=-200.0,
                neginf=-200.0,
            )


@dataclass(frozen=True)
class Table:
    """A function of a pool's level, piecewise linear by step: base + slope·u + Σ bends·max(u − knots, 0) (docs/method §3.14).

    pool       position of the pool
    pieces     the distinct functions: (base, slope, knots (k,), bends (k,))
    of_step    (step,) which piece holds on a step
    units      column that takes Σ f(u), −1: none;  money: column that takes Σ f(u) × price, −1: none
    """

    pool: int
    pieces: tuple[tuple[float, float, np.ndarray, np.ndarray], ...]
    of_step: np.ndarray
    units: int = -1
    money: int = -1


@dataclass(frozen=True)
class Form:
    """A month-window rate form on pooled usage: usage column, rate form of each month, factor on the price of its units (fees and minima stay), money column."""

    usage: int
    rates: tuple
    money: int
    factor: np.ndarray | float = 1.0
    already: float | None = None


def _zeros(*axes, fill: float = 0.0):
    return field(default=None, metadata={"axes": axes, "fill": fill})


def _named(default=()):
    return field(default=default)


@dataclass(frozen=True, kw_only=True)
class FlatPlan:
    """What an engine simulates. Axes by name; arrays left out are zeros. Draws depend on (seed, name, path, step) only.

    A step is a day, an hour or a month. Demand of workload w on step t:

        min(median[t, w] · exp(level + noise − sigma²/2 + path values + jumps) + burst, cap[t, w])
        level += level_step[t, w]·(level_loadings·factors + rest of the norm·own);  noise: AR(1) phi, sigma, likewise with noise_loadings

    Streams: factor/<factor>, level/<workload>, noise/<workload>, burst/<workload>, jump/<jump>, and the names of path values.
    """

    months: tuple[str, ...]
    month_of: np.ndarray  # (step,) position in months, rising; −1: outside
    workloads: tuple[str, ...]
    median: np.ndarray  # (step, workload) ≥ 0
    columns: tuple[str, ...]  # money first, then usage
    units: int  # how many of the columns are money
    # randomness of demand
    factors: tuple[str, ...] = _named()
    phi: np.ndarray = _zeros("workload")
    sigma: np.ndarray = _zeros("workload")
    centred: bool = True  # subtract sigma²/2: noise does not raise the expected month
    stationary: bool = True  # the noise starts in its long-run spread; False: at 0
    noise_loadings: np.ndarray = _zeros("workload", "factor")
    level_step: np.ndarray = _zeros("step", "workload")
    level_loadings: np.ndarray = _zeros("workload", "factor")
    burst_rate: np.ndarray = _zeros("workload")  # arrivals per step
    burst_size: np.ndarray = _zeros("workload")  # mean units of one, exponential
    burst_stays: np.ndarray = _zeros(
        "workload"
    )  # share of a burst that is still there a step later
    burst_from: np.ndarray = _zeros("workload")  # step before which there is none
    # per-path values
    values: tuple[PathValue, ...] = _named()
    series: tuple = (
        _named()
    )  # of risks (risk_plan.py): each adds rows of values, after the values above
    profile: np.ndarray = _zeros("value", "step")  # what a value counts on a step
    value_demand: np.ndarray = _zeros("value", "workload")
    value_line: np.ndarray = _zeros("value", "line")
    # jumps of prices and of demand
    jumps: tuple[str, ...] = _named()
    jump_rate: np.ndarray = _zeros("jump")  # per step
    jump_law: tuple[str, ...] = (
        _named()
    )  # uniform: factor from low to high; lognormal: log factor with mean low, sd high
    jump_low: np.ndarray = _zeros("jump")
    jump_high: np.ndarray = _zeros("jump")
    jump_steps: np.ndarray = _zeros(
        "jump"
    )  # mean length of a spell, after which the factor is taken back; 0: it stays
    jump_line: np.ndarray = _zeros("jump", "line")  # power of the factor on a price
    jump_demand: np.ndarray = _zeros("jump", "workload")
    # prices
    lines: tuple[str, ...] = _named()
    price: np.ndarray = _zeros("step", "line")  # money per unit, dated
    overhead: np.ndarray = _zeros(
        "line"
    )  # price × (1 + overhead·exp(overhead_sd·factor)), a spot market's rework
    overhead_sd: np.ndarray = _zeros("line")
    overhead_factor: tuple[str, ...] = _named()  # name by line, "": none
    # charges: demand × rate (× the price of a line) into a column
    charge_workload: np.ndarray = _zeros("charge")
    charge_column: np.ndarray = _zeros("charge")
    charge_line: np.ndarray = _zeros("charge")  # −1: the rate is the price
    charge_rate: np.ndarray = _zeros("charge", "step")
    # pools that settle step by step (hour by hour inside a day)
    pools: tuple[str, ...] = _named()
    pool_line: np.ndarray = _zeros(
        "pool", "line"
    )  # price of spill: Σ weight × line; members' money ÷ usage is added
    member_pool: np.ndarray = _zeros("member")
    member_workload: np.ndarray = _zeros("member")
    member_units: np.ndarray = _zeros("member", "step")
    member_money: np.ndarray = _zeros("member", "step")
    member_line: np.ndarray = _zeros(
        "member", fill=-1.0
    )  # its money × the price of this line; −1: none
    member_units_line: np.ndarray = _zeros(
        "member", fill=-1.0
    )  # its units too, the same line: a pool that counts money
    hour_share: np.ndarray | None = (
        None  # (member, step, 24): the pool settles each hour; None: one level per step
    )
    tables: tuple[Table, ...] = _named()
    kept: int = 0  # the last pools have no tables: their levels by step are settled by `overlaps`
    overlaps: tuple = _named()  # commitments settled in their order on kept levels (overlaps.py)
    # what is the same on every path, and what settle/windows.py prices
    fixed: np.ndarray = _zeros("month", "column")
    forms: tuple[Form, ...] = _named()
    cap: np.ndarray | None = (
        None  # (step, workload): the most of a step, bursts included (a quota); None: no limit
    )

    def __post_init__(self):
        sizes = {
            "step": len(self.month_of),
            "workload": len(self.workloads),
            "factor": len(self.factors),
            "value": len(self.values) + sum(one.rows for one in self.series),
            "jump": len(self.jumps),
            "line": len(self.lines),
            "pool": len(self.pools),
            "month": len(self.months),
            "column": len(self.columns),
            "charge": np.size(self.charge_workload) if self.charge_workload is not None else 0,
            "member": np.size(self.member_pool) if self.member_pool is not None else 0,
        }
        for one in fields(self):
            if "axes" not in one.metadata:
                continue
            axes, given = one.metadata["axes"], getattr(self, one.name)
            shape = tuple(sizes[axis] for axis in axes)
            array = (
                np.full(shape, one.metadata["fill"]) if given is None else np.asarray(given, float)
            )
            try:
                array = np.broadcast_to(array, shape)
            except ValueError:
                raise ScenarioError(
                    f"plan: {one.name} has shape {array.shape}; it needs {shape}, one for each "
                    f"{' and '.join(axes)}."
                ) from None
            object.__setattr__(self, one.name, array)
        object.__setattr__(self, "month_of", np.asarray(self.month_of, np.int64))
        object.__setattr__(self, "median", np.asarray(self.median, float))
        if self.median.shape != (sizes["step"], sizes["workload"]):
            raise ScenarioError(
                f"plan: median has shape {self.median.shape}; {sizes['step']} steps and {sizes['workload']} workloads "
                f"need {(sizes['step'], sizes['workload'])}."
            )
        if self.cap is not None:
            cap = np.asarray(self.cap, float)
            if cap.shape != self.median.shape or not (cap >= 0).all():
                raise ScenarioError(
                    f"plan: cap has shape {cap.shape} and least value {cap.min(initial=np.inf):g}; it needs {self.median.shape} and 0 or more."
                )
            object.__setattr__(self, "cap", cap)
        if self.charge_line is not None and self.charge_line.size and not len(self.lines):
            object.__setattr__(self, "charge_line", np.full(sizes["charge"], -1.0))
        _check(self)

    @property
    def steps(self) -> int:
        return len(self.month_of)

    def column(self, name: str) -> int:
        """Position of a column. Raises ScenarioError with the nearest name."""
        if name not in self.columns:
            raise ScenarioError(unknown("plan", "column", name, self.columns))
        return self.columns.index(name)

    def with_tables(self, tables, **changes) -> FlatPlan:
        """The same demand and prices under other hourly instruments: what a slider moves."""
        return replace(self, tables=tuple(tables), **changes)


@dataclass(frozen=True)
class BlockTotals:
    """What paths path0 … path0 + n − 1 cost and used, float64."""

    path0: int
    cost: np.ndarray  # (path, month, unit): fixed, linear, hourly-settled and month-window cost
    usage: (
        np.ndarray
    )  # (path, month, pool): pooled usage behind the month-window forms, and other meters
    volume: np.ndarray | None = None  # (step, workload): Σ of demand over the paths, on request


def _check(plan: FlatPlan) -> None:
    for kind in ("workloads", "factors", "jumps", "lines", "columns"):
        names = getattr(plan, kind)
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ScenarioError(
                f"plan: '{twice}' appears twice in {kind}; a draw is known by its name, so names must differ."
            )
    inside = plan.month_of[plan.month_of >= 0]
    if (np.diff(inside) < 0).any() or (len(inside) and inside.max() >= len(plan.months)):
        raise ScenarioError(
            f"plan: month_of must rise and stay below {len(plan.months)}, the number of months."
        )
    for kind, what in (
        ("median", "a median demand"),
        ("price", "a price"),
        ("sigma", "a spread"),
        ("level_step", "a spread"),
        ("burst_rate", "a rate"),
        ("burst_size", "a size"),
        ("burst_from", "a step"),
        ("jump_rate", "a rate"),
        ("overhead", "an overhead"),
        ("member_units", "a quantity"),
        ("jump_steps", "a length"),
    ):
        values = getattr(plan, kind)
        wrong = ~(np.isfinite(values) & (values >= 0))
        if wrong.any():
            at = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise ScenarioError(
                f"plan: {kind}{list(at)} is {values[at]:g}; {what} is finite and not negative."
            )
    for kind in ("phi", "burst_stays"):
        values = getattr(plan, kind)
        if not ((values >= 0) & (values < 1)).all():
            at = int(np.flatnonzero(~((values >= 0) & (values < 1)))[0])
            raise ScenarioError(
                f"plan: {kind} of '{plan.workloads[at]}' is {values[at]:g}; it must be at least 0 and below 1."
            )
    for kind in ("noise_loadings", "level_loadings"):
        norm = (getattr(plan, kind) ** 2).sum(axis=1)
        if not (norm <= 1 + 1e-9).all():
            at = int(np.flatnonzero(~(norm <= 1 + 1e-9))[0])
            raise ScenarioError(
                f"plan: {kind} of '{plan.workloads[at]}' have squares that add up to {norm[at]:.4g}, more than 1: no such "
                f"correlation exists. Divide them by {np.sqrt(norm[at]):.4g} or more."
            )
    for law, name, low, high in zip(plan.jump_law, plan.jumps, plan.jump_low, plan.jump_high):
        if law not in ("uniform", "lognormal"):
            raise ScenarioError(
                unknown(f"plan: jump '{name}'", "law", law, ("uniform", "lognormal"))
            )
        if (law == "uniform" and not 0 < low <= high < np.inf) or (
            law == "lognormal" and not (np.isfinite(low) and 0 <= high < np.inf)
        ):
            raise ScenarioError(
                f"plan: jump '{name}' has {low:g} and {high:g}; uniform factors need 0 < low ≤ high, lognormal ones a "
                "finite mean and a spread of 0 or more."
            )
    if len(plan.jump_law) != len(plan.jumps):
        raise ScenarioError(
            f"plan: {len(plan.jumps)} jumps but {len(plan.jump_law)} laws; give one law for each jump."
        )
    for name in plan.overhead_factor:
        if name and name not in plan.factors:
            raise ScenarioError(unknown("plan: overhead_factor", "factor", name, plan.factors))
    for kind, most in (
        ("charge_workload", len(plan.workloads)),
        ("charge_column", len(plan.columns)),
        ("charge_line", len(plan.lines)),
        ("member_pool", len(plan.pools)),
        ("member_workload", len(plan.workloads)),
        ("member_line", len(plan.lines)),
        ("member_units_line", len(plan.lines)),
    ):
        values = getattr(plan, kind)
        if values.size and not (
            values.min() >= (-1 if kind.endswith("_line") else 0) and values.max() < most
        ):
            raise ScenarioError(
                f"plan: {kind} goes from {values.min():g} to {values.max():g}; positions lie from 0 to {most - 1}."
            )
    for table in plan.tables:
        if not 0 <= table.pool < len(plan.pools) - plan.kept or max(
            table.units, table.money
        ) >= len(plan.columns):
            raise ScenarioError(
                f"plan: a table names pool {table.pool} and columns {table.units}, {table.money}; there are "
                f"{len(plan.pools) - plan.kept} pools and {len(plan.columns)} columns."
            )


def loadings_of(correlation, names) -> np.ndarray:
    """Loadings (name, factor) whose rows multiply to the correlation: as many factors as names, first names first.

    Raises ScenarioError, naming the pair and the eigenvalue, where such correlations cannot exist together.

    >>> loadings_of([[1, 0.6], [0.6, 1]], ["a", "b"]).tolist()
    [[1.0, 0.0], [0.6, 0.8]]
    """
    return root_of(check_correlation(correlation, names))
