"""What every distribution can say; a form gives four closed forms and the rest follows (docs/method §3.20).

between(k, a, b) = E[X^k ; a < X <= b] carries everything that money asks for: the mean and variance, the mean of the worst 5 % (CVaR),
what demand exceeds a commitment by and leaves idle, the moments of the truncated distribution.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...checks import finite
from ...errors import ScenarioError
from ._checks import set_fields

INF = np.inf


class Distribution(ABC):
    """An uncertain value; probabilities and values may be numbers or arrays. Forms are dataclasses.

    mean, variance, sd and median are computed once, in the unit of the value (variance: squared).
    A form may have them as fields instead (then written `= field()`).

    Source
    ------
    docs/method §3.20.

    Examples
    --------
    >>> from finops_model.uncertainty.distributions import make
    >>> law = make("uniform", {"min": 0.0, "max": 10.0})
    >>> law.mean, law.median, float(law.exceedance(5.0)), float(law.overage(5.0))
    (5.0, 5.0, 0.5, 1.25)
    """

    @abstractmethod
    def quantile(self, u):
        """Value at a probability.

        Parameters
        ----------
        u : float or array
            Probabilities, 0 … 1.

        Returns
        -------
        float or array
            In the unit of the value, same shape.
        """

    @abstractmethod
    def cdf(self, x):
        """P(X <= x).

        Parameters
        ----------
        x : float or array
            In the unit of the value.

        Returns
        -------
        float or array
            Probabilities, same shape.
        """

    @abstractmethod
    def density(self, x):
        """Probability density; atoms have none.

        Parameters
        ----------
        x : float or array
            In the unit of the value.

        Returns
        -------
        float or array
            Per unit of the value, same shape.
        """

    @abstractmethod
    def between(self, power: int, low: float = -INF, high: float = INF) -> float:
        """E[X^power ; low < X <= high].

        Parameters
        ----------
        power : int
            0, 1 or 2.
        low, high : float, optional
            Ends of the interval, in the unit of the value.

        Returns
        -------
        float
            In the unit of the value to that power; not divided by the probability of the interval.
        """

    @property
    def support(self) -> tuple[float, float]:
        """Smallest and largest value."""
        return float(self.quantile(0.0)), float(self.quantile(1.0))

    def on_paths(self, uniform, name: str) -> np.ndarray:
        """Values from the named draws. A value that follows a factor takes more than its own draw.

        Parameters
        ----------
        uniform : callable
            `uniform(name) -> (path,)`, uniforms from 0 to 1.
        name : str
            The name of its own draw.

        Returns
        -------
        array (path,)
            In the unit of the value.
        """
        return self.quantile(uniform(name))

    @cached_property
    def mean(self) -> float:
        return self.between(1)

    @cached_property
    def variance(self) -> float:
        second = self.between(2)
        return second - self.mean**2 if math.isfinite(second) else INF

    @cached_property
    def sd(self) -> float:
        return math.sqrt(max(self.variance, 0.0))

    @cached_property
    def median(self) -> float:
        return float(self.quantile(0.5))

    def exceedance(self, x):
        """P(X > x).

        Parameters
        ----------
        x : float or array
            In the unit of the value.

        Returns
        -------
        float or array
            Probabilities, same shape.
        """
        return 1.0 - self.cdf(x)

    def overage(self, commit, power: int = 1):
        """E[max(X − commit, 0)^power]: what demand exceeds a commitment by.

        Parameters
        ----------
        commit : float or array
            The commitment, in the unit of the value.
        power : int, optional
            1, or 2 for the second moment.

        Returns
        -------
        float or array
            In the unit of the value to that power, in the shape of `commit`.
        """
        return each(lambda k: self._overage(k, power), commit)

    def waste(self, commit, power: int = 1):
        """E[max(commit − X, 0)^power]: what of a commitment lies idle.

        Parameters
        ----------
        commit : float or array
            The commitment, in the unit of the value.
        power : int, optional
            1, or 2 for the second moment.

        Returns
        -------
        float or array
            In the unit of the value to that power, in the shape of `commit`.
        """
        return each(lambda k: self._waste(k, power), commit)

    def _overage(self, commit: float, power: int) -> float:
        parts = [self.between(k, commit, INF) for k in range(power + 1)]
        return (
            parts[1] - commit * parts[0]
            if power == 1
            else parts[2] - 2 * commit * parts[1] + commit**2 * parts[0]
        )

    def _waste(self, commit: float, power: int) -> float:
        parts = [self.between(k, -INF, commit) for k in range(power + 1)]
        return (
            commit * parts[0] - parts[1]
            if power == 1
            else parts[2] - 2 * commit * parts[1] + commit**2 * parts[0]
        )

    def cvar(self, level):
        """Mean of the worst 1 − level of the futures; an atom at the quantile counts in part.

        Parameters
        ----------
        level : float or array
            Between 0 and 1; 0.95 is the worst 5 %. ScenarioError outside.

        Returns
        -------
        float or array
            In the unit of the value, in the shape of `level`.

        Source
        ------
        Rockafellar & Uryasev (2002).
        """
        return each(self._cvar, level)

    def _cvar(self, level: float) -> float:
        if not 0 < level < 1:
            raise ScenarioError(
                f"level is {level:g}; it must lie between 0 and 1 (0.95: the worst 5 %)."
            )
        at = float(self.quantile(level))
        return (self.between(1, at, INF) + at * (float(self.cdf(at)) - level)) / (1 - level)

    def truncated(self, low: float | None = None, high: float | None = None) -> Distribution:
        """This distribution, given that it lies from low to high.

        Parameters
        ----------
        low, high : float, optional
            Ends, in the unit of the value; at least one of them.

        Returns
        -------
        Distribution
            ScenarioError where less than a millionth of the futures is left.

        Source
        ------
        docs/method §3.22.
        """
        return Truncated(self, low, high)


LEAST = 1e-6  # share of the futures that must be left


@dataclass(frozen=True)
class Truncated(Distribution):
    """A distribution, given that it lies from min to max.

    Parameters
    ----------
    of : Distribution
        The distribution.
    min, max : float, optional
        Ends, in the unit of the value; at least one of them.

    Raises
    ------
    ScenarioError
        A certain value, no end, min not below max, or less than a millionth of the futures is left.

    Source
    ------
    docs/method §3.22.

    Examples
    --------
    >>> from finops_model.uncertainty.distributions import make
    >>> law = Truncated(make("uniform", {"min": 0.0, "max": 10.0}), max=4.0)
    >>> law.support, law.median
    ((0.0, 4.0), 2.0)
    """

    of: Distribution
    min: float | None = None
    max: float | None = None

    def __post_init__(self):
        if not isinstance(self.of, Distribution):
            raise ScenarioError(
                f"truncate: {str(self.of)[:40]} is certain; only an uncertain value can be truncated."
            )
        low = -np.inf if self.min is None else finite(self.min, "truncate: min")
        high = np.inf if self.max is None else finite(self.max, "truncate: max")
        if self.min is None and self.max is None:
            raise ScenarioError("truncate: give min, max or both.")
        if low >= high:
            raise ScenarioError(f"truncate: min {low:g}, max {high:g}: min must be below max.")
        below = float(self.of.cdf(np.nextafter(low, -np.inf))) if np.isfinite(low) else 0.0
        above = float(self.of.exceedance(high)) if np.isfinite(high) else 0.0
        mass = self.of.between(0, np.nextafter(low, -np.inf), high)
        if mass < LEAST:
            raise ScenarioError(
                f"truncate: from {low:g} to {high:g} lies {mass:.2g} of the distribution, less than one in a million; "
                "check the ends."
            )
        set_fields(self, _low=low, _high=high, _below=below, _above=above, _mass=mass)

    def quantile(self, u):
        u = np.asarray(u, float)
        return np.clip(self.of.quantile(self._below + u * self._mass), self._low, self._high)

    def cdf(self, x):
        x = np.asarray(x, float)
        return np.where(
            x < self._low,
            0.0,
            np.clip((self.of.cdf(np.minimum(x, self._high)) - self._below) / self._mass, 0.0, 1.0),
        )[()]

    def density(self, x):
        x = np.asarray(x, float)
        return np.where((x >= self._low) & (x <= self._high), self.of.density(x) / self._mass, 0.0)[
            ()
        ]

    def between(self, power, low=-np.inf, high=np.inf):
        low, high = max(low, np.nextafter(self._low, -np.inf)), min(high, self._high)
        return self.of.between(power, low, high) / self._mass if high > low else 0.0


def each(function, values):
    """function of a number, or of every number of an array.

    Parameters
    ----------
    function : callable
        Of one float.
    values : float or array
        Any shape.

    Returns
    -------
    float or array
        Same shape.

    Examples
    --------
    >>> each(abs, [[-1.0, 2.0]]).tolist()
    [[1.0, 2.0]]
    """
    if np.ndim(values) == 0:
        return function(float(values))
    values = np.asarray(values, float)
    return np.array([function(float(value)) for value in values.ravel()]).reshape(values.shape)


def solve(rises, target, low, high, steps: int = 110):
    """x with rises(x) = target by bisection, vectorised.

    Parameters
    ----------
    rises : callable
        Of an array; it never falls. An atom gives the smallest x that reaches the target.
    target, low, high : float or array
        They broadcast; the answer lies from low to high.
    steps : int, optional
        At most.

    Returns
    -------
    float or array
        To the last bit where the steps suffice.

    Examples
    --------
    >>> round(float(solve(lambda x: x**2, 2.0, 0.0, 2.0)), 12)
    1.414213562373
    """
    target, low, high = np.broadcast_arrays(*(np.asarray(a, float) for a in (target, low, high)))
    low, high = low.copy(), high.copy()
    for _ in range(steps):
        middle = low + (high - low) / 2
        below = rises(middle) < target
        low, high = np.where(below, middle, low), np.where(below, high, middle)
        if not (np.nextafter(low, high) < high).any():
            break
    return high[()]


def solve_smooth(rises, slope, target, low, high, start, steps: int = 200):
    """x with rises(x) = target by Newton's steps, halved wherever they leave the bracket.

    An element that has arrived is left alone, so that its bits do not depend on the others.

    Parameters
    ----------
    rises, slope : callable
        A function without jumps that never falls, and its derivative.
    target, low, high, start : array
        They broadcast, to one axis at least; the answer lies from low to high.
    steps : int, optional
        At most.

    Returns
    -------
    array
        Of the common shape.

    Examples
    --------
    >>> root = solve_smooth(lambda x: x**2, lambda x: 2 * x, np.array([2.0]), 0.0, 2.0, 1.0)
    >>> root.round(12).tolist()
    [1.414213562373]
    """
    target, low, high, x = (
        np.array(a, float) for a in np.broadcast_arrays(target, low, high, start)
    )
    x, open_ = np.clip(x, low, high), np.ones(target.shape, bool)
    for _ in range(steps):
        at = x[open_]
        miss = rises(at) - target[open_]
        low[open_], high[open_] = (
            np.where(miss < 0, at, low[open_]),
            np.where(miss < 0, high[open_], at),
        )
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            new = at - miss / slope(at)
        new = np.where(
            (new > low[open_]) & (new < high[open_]),
            new,
            low[open_] + (high[open_] - low[open_]) / 2,
        )
        new = np.where(miss == 0, at, new)
        x[open_] = new
        arrived = (np.abs(new - at) <= 1e-12 * np.abs(new)) | (
            miss == 0
        )  # Newton: what is left is its square
        open_[open_] = ~arrived
        if not open_.any():
            break
    return x[()]


def expand(raw, power: int, low: float, high: float, shift: float, scale: float) -> float:
    """E[(shift + scale·Y)^power ; low < shift + scale·Y <= high], from the moments of Y.

    Parameters
    ----------
    raw : callable
        raw(k, a, b) = E[Y^k ; a < Y <= b].
    power : int
        0, 1 or 2.
    low, high : float
        Ends of the interval.
    shift, scale : float
        scale > 0.

    Returns
    -------
    float
        In the unit of the value to that power.

    Source
    ------
    The binomial theorem.

    Examples
    --------
    >>> unit = lambda k, a, b: 1 / (k + 1)  # Y uniform from 0 to 1
    >>> expand(unit, 1, -INF, INF, 10.0, 4.0)
    12.0
    """
    a, b = (low - shift) / scale, (high - shift) / scale
    return sum(
        math.comb(power, k) * shift ** (power - k) * scale**k * raw(k, a, b)
        for k in range(power + 1)
        if k == power or shift != 0
    )
