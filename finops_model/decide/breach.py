"""Breach drivers: which assumptions lead to an overrun, as a shallow tree in plain words (docs/method §3.28).

The tree is grown on one half of the paths and its shares are counted on the other half: what it says is not what it was fitted to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ScenarioError
from ..uncertainty.answers import Estimate, overrun, share
from ..wording.landing import share_over

DEEPEST, LEAST, SURE = (
    3,
    0.05,
    3.0,
)  # levels; share of the paths a leaf must hold; standard errors a split must stand out by
CUTS = np.arange(0.1, 0.95, 0.1)


@dataclass(frozen=True)
class Condition:
    """feature above a value, or at most it."""

    feature: str
    above: bool
    value: float

    def holds(self, features: dict[str, np.ndarray]) -> np.ndarray:
        return (features[self.feature] > self.value) == self.above


@dataclass(frozen=True)
class Group:
    """Futures that have something in common, and how often they overrun."""

    conditions: tuple[Condition, ...]
    share_of_futures: float
    overrun: Estimate

    def __str__(self) -> str:
        return share_over(
            self.overrun.value,
            self.overrun.low,
            self.overrun.high,
            words(self.conditions),
            self.share_of_futures,
        )


@dataclass(frozen=True)
class Breaches:
    """The groups, most dangerous first; together they are all futures."""

    budget: float
    overall: Estimate
    groups: tuple[Group, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """What the tree asks for, the first question first."""
        return tuple(dict.fromkeys(c.feature for g in self.groups for c in g.conditions))

    def __str__(self) -> str:
        between = " " if len(self.groups) == 1 else "\n"
        return f"{Group((), 1.0, self.overall)}.{between}{self.reasons()}"

    def reasons(self) -> str:
        """What leads to an overrun, below the sentence that says how likely it is."""
        return (
            "No single assumption stands out."
            if len(self.groups) == 1
            else "\n".join(f"- {group}" for group in self.groups)
        )


def words(conditions) -> str:
    """Conditions as text; two of one feature become a range.

    >>> words((Condition("a", True, 1.0), Condition("b", False, 2.0), Condition("a", False, 3.0)))
    'a is above 1 and at most 3, and b is at most 2'
    """
    bounds: dict[str, list[float | None]] = {}
    for c in conditions:
        low, high = bounds.get(c.feature, [None, None])
        bounds[c.feature] = (
            [c.value if low is None else max(low, c.value), high]
            if c.above
            else [low, c.value if high is None else min(high, c.value)]
        )
    parts = []
    for feature, (low, high) in bounds.items():
        limits = [
            *([f"above {low:.4g}"] if low is not None else []),
            *([f"at most {high:.4g}"] if high is not None else []),
        ]
        parts.append(f"{feature} is {' and '.join(limits)}")
    return ", and ".join(parts)


def breach_drivers(
    totals, budget: float, features: dict[str, np.ndarray], depth: int = DEEPEST
) -> Breaches:
    """Which features of a path go with totals above the budget.

    totals     (path,);  features  name -> (path,), for example the drawn values of the uncertain assumptions
    depth      at most 3 questions one after the other

    A split is kept where both sides hold 5 % of the paths and their shares, counted on the half that the split was not chosen on, differ
    by three standard errors. Source: CART (Breiman et al. 1984) with honest counts (Athey & Imbens 2016).

    >>> x = np.linspace(0, 1, 1000)
    >>> worst = breach_drivers(x, 0.8, {"growth": x}).groups[0]
    >>> words(worst.conditions), round(worst.share_of_futures, 1), worst.overrun.value > 0.99
    ('growth is above 0.7988', 0.2, True)
    """
    if not 0 <= depth <= DEEPEST:
        raise ScenarioError(
            f"depth is {depth}; a tree that can be said in words has 1 to {DEEPEST} levels."
        )
    totals = np.asarray(totals, dtype=float)
    features = {name: np.asarray(values, dtype=float) for name, values in features.items()}
    for name, values in features.items():
        if values.shape != totals.shape or totals.ndim != 1:
            raise ScenarioError(
                f"'{name}' has {values.shape} values for totals of shape {totals.shape}; give one for each path."
            )
    over = totals > budget
    fit = np.arange(len(totals)) % 2 == 0
    leaves: list[tuple[tuple[Condition, ...], np.ndarray]] = []
    _grow(over, features, fit, (), np.ones(len(totals), bool), depth, leaves)
    groups = []
    for conditions, inside in leaves:
        held = inside if not conditions else inside & ~fit
        groups.append(
            Group(conditions, float(inside.mean()), share(int(over[held].sum()), int(held.sum())))
        )
    groups.sort(key=lambda group: -group.overrun.value)
    return Breaches(float(budget), overrun(totals, budget), tuple(groups))


def _grow(over, features, fit, conditions, inside, depth, leaves) -> None:
    best = _best_split(over, features, fit, inside) if depth else None
    if best is None:
        leaves.append((conditions, inside))
        return
    feature, value = best
    for above in (True, False):
        condition = Condition(feature, above, value)
        _grow(
            over,
            features,
            fit,
            (*conditions, condition),
            inside & condition.holds(features),
            depth - 1,
            leaves,
        )


def _best_split(over, features, fit, inside) -> tuple[str, float] | None:
    """The cut that lowers the Gini impurity most on the fitting half and stands on the other."""
    least = LEAST * len(over)
    chosen, best = None, 1e-12
    train, check = inside & fit, inside & ~fit
    y = over[train]
    if not len(y) or y.all() or not y.any():
        return None
    for name, values in features.items():
        x = values[train]
        for cut in np.unique(np.quantile(x, CUTS, method="inverted_cdf")):
            high = x > cut
            if min(high.sum(), (~high).sum()) * 2 < least:
                continue
            p, q = y[high].mean(), y[~high].mean()
            gain = high.mean() * (1 - high.mean()) * (p - q) ** 2
            if gain > best:
                chosen, best = (name, float(cut)), gain
    if chosen is None:
        return None
    high = features[chosen[0]][check] > chosen[1]
    n, m, z = int(high.sum()), int((~high).sum()), over[check]
    if min(n, m) == 0:
        return None
    p, q, both = z[high].mean(), z[~high].mean(), z.mean()
    error = np.sqrt(both * (1 - both) * (1 / n + 1 / m))
    return chosen if abs(p - q) > SURE * error else None
