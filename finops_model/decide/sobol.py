"""Sobol indices: which share of the variance of a total each uncertain value explains (docs/method §3.27).

Pick-freeze on the draws there are: paths are paired inside a block, p with p + 128; a model run again with one value taken from the
partner gives the first index (what the partner shares is that value alone) and the total index (what the path itself shares is all but
that value). One more run for each value, none for a second sample. Values that follow a common factor are one group: an index of a
correlated value by itself has no meaning. Sources: Saltelli et al. (2010); Jansen (1999); Janon et al. (2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .. import streams
from ..errors import ScenarioError
from ..uncertainty.distributions import Distribution
from ..uncertainty.following import Following

GROUPS = 32  # parts left out in turn for the standard error


@dataclass(frozen=True)
class Index:
    """One value, or a group of values that move together."""

    names: tuple[str, ...]
    first: float  # share of the variance it explains alone
    first_error: float
    total: float  # share that would be left if all else were known
    total_error: float

    @property
    def name(self) -> str:
        return " + ".join(self.names)


def partner(values: np.ndarray) -> np.ndarray:
    """Every path's value taken from its partner (streams.partner). Raises ScenarioError where the paths are no whole blocks."""
    values = np.asarray(values)
    if values.shape[-1] % streams.BLOCK:
        raise ScenarioError(
            f"{values.shape[-1]} paths; Sobol indices need a multiple of {streams.BLOCK}."
        )
    return streams.partner(values)


@dataclass(frozen=True)
class Partnered(Distribution):
    """A distribution whose paths take their draws from their partners."""

    of: Distribution

    def on_paths(self, uniform, name):
        return self.of.on_paths(lambda drawn: partner(uniform(drawn)), name)

    # Which path holds a value does not change the distribution.
    def quantile(self, u):
        return self.of.quantile(u)

    def cdf(self, x):
        return self.of.cdf(x)

    def density(self, x):
        return self.of.density(x)

    def between(self, power, low=-np.inf, high=np.inf):
        return self.of.between(power, low, high)


def group(values: dict[str, Distribution]) -> list[tuple[str, ...]]:
    """Names that share a factor, together; the others alone, in their order."""
    groups: list[tuple[set, set]] = []
    for name, dist in values.items():
        factors = {factor for factor, _ in dist.loadings} if isinstance(dist, Following) else set()
        names = {name}
        for other in [g for g in groups if factors & g[1]]:
            names, factors = names | other[0], factors | other[1]
            groups.remove(other)
        groups.append((names, factors))
    order = list(values)
    return sorted(
        (tuple(sorted(names, key=order.index)) for names, _ in groups),
        key=lambda names: order.index(names[0]),
    )


def indices(
    base: np.ndarray,
    swapped: dict[tuple[str, ...], np.ndarray],
    rest: np.ndarray | None = None,
    rest_name: str = "demand noise",
) -> list[Index]:
    """Indices from totals: base (path,), and for every group the totals with that group from the partners.

    rest   totals with every group from the partners: gives the index of all that is not in a group (the noise)
    """
    base = np.asarray(base, dtype=float)
    other = partner(base)
    answers = [_index(names, base, other, totals) for names, totals in swapped.items()]
    if rest is not None:
        answers.append(_index((rest_name,), other, base, rest))
    return answers


def _index(names, base, other, totals) -> Index:
    """`totals` shares the group with `other` and everything else with `base`."""
    pair = np.arange(len(base)) % (streams.BLOCK // 2)
    at = (
        np.arange(len(base)) // streams.BLOCK * (streams.BLOCK // 2) + pair
    ) % GROUPS  # a path and its partner stay together

    def both(keep):
        x, y, z = base[keep], other[keep], totals[keep]
        centre = (x.mean() + z.mean()) / 2
        variance = ((x - centre) ** 2 + (z - centre) ** 2).mean() / 2
        if not variance > 0:
            return 0.0, 0.0
        return float(((y - centre) * (z - centre)).mean() / variance), float(
            ((x - z) ** 2).mean() / (2 * variance)
        )

    whole = both(slice(None))
    parts = np.array([both(at != g) for g in range(GROUPS)])
    errors = np.sqrt((GROUPS - 1) / GROUPS * ((parts - parts.mean(axis=0)) ** 2).sum(axis=0))
    return Index(tuple(names), whole[0], float(errors[0]), whole[1], float(errors[1]))


def sobol(model, values: dict[str, Distribution], paths: int = 8192, seed: int = 0) -> list[Index]:
    """Indices of any function of uncertain values by simulation.

    model    {name: (path,)} -> (path,), vectorised;  values  name -> distribution
    paths    rounded up to a multiple of 256; costs one evaluation for each value and one more

    >>> from finops_model.uncertainty.distributions import make
    >>> two = {"p": make("normal", {"mean": 2.0, "sd": 0.5}), "q": make("normal", {"mean": 3.0, "sd": 1.0})}
    >>> [round(i.total, 1) for i in sobol(lambda x: x["p"] * x["q"], two)]
    [0.4, 0.7]
    """
    if not values or not all(isinstance(dist, Distribution) for dist in values.values()):
        raise ScenarioError(
            "Sobol indices need at least one uncertain value, and distributions for all of them."
        )
    paths = -(-int(paths) // streams.BLOCK) * streams.BLOCK

    drawn = {
        name: dist.on_paths(lambda stream: streams.uniforms(seed, stream, paths), name)
        for name, dist in values.items()
    }

    def draw(swapped=()):
        return model({name: partner(x) if name in swapped else x for name, x in drawn.items()})

    base = np.asarray(draw(), dtype=float)
    if base.shape != (paths,):
        raise ScenarioError(
            f"the model gave {base.shape} for {paths} paths; it must give one number for each."
        )
    return indices(base, {names: draw(names) for names in group(values)})


def sobol_multilinear(
    terms, means: dict[str, float], sds: dict[str, float]
) -> dict[str, tuple[float, float]]:
    """(first, total) index of each independent value in Σ coefficient × product of values: exact.

    terms   (coefficient, names) pairs: 3x1 + 2x2 is [(3, ["x1"]), (2, ["x2"])], a price times a quantity [(1, ["p", "q"])]; no name twice in
            a term

    With x = m + s·z the coefficient of a product of z's is Π s × Σ over terms that hold them of coefficient × Π of the other means; its
    square is the variance of that interaction.

    >>> sobol_multilinear([(1, ["p", "q"])], {"p": 2, "q": 3}, {"p": 0.5, "q": 1.0})["p"][0]
    0.34615384615384615
    """
    for name in sorted({name for _, names in terms for name in names}):
        if name not in means or name not in sds:
            raise ScenarioError(f"sobol: '{name}' has no mean or no sd; give both.")
        if sds[name] < 0:
            raise ScenarioError(f"sobol: sd of '{name}' is {sds[name]:g}; it must be 0 or more.")
    held: dict[frozenset, float] = {}
    for coefficient, names in terms:
        if len(set(names)) != len(names):
            raise ScenarioError(
                f"sobol: '{sorted(names)[0]}' appears twice in one term; only products of different values have this form."
            )
        for size in range(1, len(names) + 1):
            for inside in combinations(sorted(names), size):
                weight = coefficient * np.prod(
                    [means[name] for name in names if name not in inside]
                )
                held[frozenset(inside)] = held.get(frozenset(inside), 0.0) + float(weight)
    variances = {
        inside: (weight * float(np.prod([sds[name] for name in inside]))) ** 2
        for inside, weight in held.items()
    }
    whole = sum(variances.values())
    if not whole > 0:
        raise ScenarioError("sobol: nothing varies, so there are no shares of a variance.")
    names = sorted({name for inside in variances for name in inside})
    return {
        name: (
            variances.get(frozenset([name]), 0.0) / whole,
            sum(v for inside, v in variances.items() if name in inside) / whole,
        )
        for name in names
    }
