"""What "best" means: mean, CVaR of cost, regret, or the downside of savings; and the level that is best (docs/method §8.5).

Each objective is convex in the level, because every path's cost is: a search that narrows a grid around its best point cannot be led
astray. Two views of risk pull in opposite directions: CVaR of *cost* fears high demand and commits more, CVaR of *savings* fears
paying for idle hours and commits less.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ....checks import number
from ....errors import PriceError, unknown

OBJECTIVES = ("mean", "cvar", "regret", "waste")
WIDE = 33  # levels of one round of the search
ROUNDS = 9
TIES = 1e-12  # relative to the on-demand cost: float noise must not decide between equals


def cvar(values, beta: float) -> np.ndarray:
    """Mean of the worst (largest) 1 − beta of the paths: values (path, …) -> (…). beta 0: the mean; 1: the maximum.

    The last path is counted with the fraction that is needed, so it is the CVaR of the sample, exactly.

    >>> float(cvar([1.0, 2.0, 3.0, 4.0], 0.5)), float(cvar([1.0, 2.0, 3.0, 4.0], 0.625))
    (3.5, 3.6666666666666665)
    """
    values = np.asarray(values, float)
    wanted = len(values) * (1 - beta)
    if wanted <= 1:
        return values.max(axis=0)
    whole = min(int(wanted * (1 + 1e-12)), len(values))
    rest = max(wanted - whole, 0.0)
    cut = len(values) - whole
    ordered = np.partition(values, [max(cut - 1, 0), min(cut, len(values) - 1)], axis=0)
    total = ordered[cut:].sum(axis=0)
    if rest > 0 and cut > 0:
        total = total + rest * ordered[cut - 1]
    return total / (whole + rest)


def check_objective(objective: str, beta) -> float:
    """beta as a number; raises PriceError for an objective that is not known or a beta outside 0..1."""
    if objective not in OBJECTIVES:
        raise PriceError(unknown("best_commitments", "objective", str(objective), OBJECTIVES))
    beta = number(beta, "beta")
    if beta > 1:
        raise PriceError(
            f"beta is {beta:g}; it must be a share from 0 to 1: CVaR at 0.9 is the mean of the worst tenth of the paths."
        )
    return beta


def score(objective: str, beta: float, cost, on_demand, best) -> np.ndarray:
    """What is minimised: cost (path, level), on_demand (path,), best in hindsight (path,) -> (level,)."""
    if objective == "mean":
        return cost.mean(axis=0)
    if objective == "cvar":
        return cvar(cost, beta)
    if objective == "regret":
        return cvar(cost - best[:, None], beta)
    return cvar(
        cost - on_demand[:, None], beta
    )  # waste: minus the saving of the paths that save least


def best_by_search(stack, objective: str, beta: float) -> float:
    """The smallest best level of a stack for any objective.

    One layer: exact, because the search ends among the demands of the sample. Several: to a 10⁻⁵ of the peak, and the objective is
    flat there.
    """
    if objective == "mean" or stack.usage.paths == 1 and objective in ("cvar", "regret", "waste"):
        return stack.best()
    if stack.price >= stack.worth[0]:
        return 0.0
    best = None
    if objective == "regret":
        own = stack.best_by_path()
        best = best_costs(stack, own)
    many = (
        len(stack.scale) > 1
        and stack.usage.paths * stack.usage.hours * len(stack.scale) > 20_000_000
    )

    def worth(levels):
        return score(objective, beta, stack.cost(levels), stack.on_demand, best)

    low, high = narrow(
        worth, 0.0, stack.peak, wide=65 if many else WIDE, rounds=3 if many else ROUNDS
    )
    candidates = [low, high]
    if stack.usage.array is not None and len(stack.scale) == 1:
        values = stack.usage.array.astype(float) * stack.scale[0]
        inside = np.unique(values[(values >= low) & (values <= high)])
        candidates = [low, high, *inside[:200], *inside[-200:]]
    candidates = np.unique(np.maximum(candidates, 0.0))
    worths = np.concatenate([worth(candidates[i : i + 64]) for i in range(0, len(candidates), 64)])
    slack = TIES * max(float(stack.on_demand.mean()), 1e-300)
    return float(candidates[np.flatnonzero(worths <= worths.min() + slack)[0]])


def best_costs(stack, own) -> np.ndarray:
    """Cost of each path at the level of its own: (path,)."""
    costs = np.empty(stack.usage.paths)
    for paths, parts in stack.blocks():
        level = own[paths][:, None]
        total = np.zeros(len(level))
        for step, layer in stack.layers(parts):
            total += step * np.minimum(layer, level).sum(axis=1, dtype=np.float64)
        costs[paths] = stack.on_demand[paths] - total + own[paths] * stack.price * stack.usage.hours
    return costs


def narrow(
    worth: Callable[[np.ndarray], np.ndarray],
    low: float,
    high: float,
    wide: int = WIDE,
    rounds: int = ROUNDS,
) -> tuple[float, float]:
    """Two levels between which a convex function is least: a grid laid again and again around its best point."""
    for _ in range(rounds):
        if high - low <= 1e-13 * max(abs(high), 1e-300):
            break
        levels = np.linspace(low, high, wide)
        at = int(np.argmin(worth(levels)))
        low, high = float(levels[max(at - 1, 0)]), float(levels[min(at + 1, wide - 1)])
    return low, high


def largest(
    fits: Callable[[np.ndarray], np.ndarray], high: float, wide: int = WIDE, rounds: int = ROUNDS
) -> float:
    """The largest level that fits, where fitting ends once and for all: 0 … high. -1 where even the smallest does not."""
    if bool(fits(np.array([high]))[0]):
        return high
    low = 0.0
    for i in range(rounds):
        levels = (
            np.linspace(low, high, wide)[1:-1]
            if i
            else np.concatenate([[high * 1e-9], np.linspace(low, high, wide)[1:-1]])
        )
        good = fits(levels)
        if i == 0 and not good[0]:
            return -1.0
        known = levels[good]
        low = float(known.max()) if len(known) else low
        bad = levels[~good]
        high = float(bad.min()) if len(bad) else high
        if high - low <= 1e-13 * high:
            break
    return low
