"""Sizes of requests: what share of requests and of tokens lies above a context cliff (docs/method §5.23).

Size = input tokens of one request. A total of a month says nothing about it: a thousand requests of 10,000 tokens stay below a
cliff that one request of ten million would be above.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError

P90 = 1.2815515655446004  # standard normal quantile


@dataclass(frozen=True)
class Lognormal:
    """Request sizes whose logarithm is normal: sigma, and the mean or the median (p50); numbers or arrays (path, period).

    Raises PriceError for a negative sigma, a size of 0, both mean and p50. Without either, `expected_cost` takes input ÷ requests.
    """

    sigma: float | np.ndarray  # standard deviation of the log size
    mean: float | np.ndarray | None = None  # input tokens per request
    p50: float | np.ndarray | None = None

    def __post_init__(self):
        object.__setattr__(self, "sigma", quantities("sizes: sigma", self.sigma))
        if self.mean is not None and self.p50 is not None:
            raise PriceError(
                "sizes: mean and p50 are both given; a lognormal has sigma and one of them."
            )
        for name in ("mean", "p50"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, quantities(f"sizes: {name}", getattr(self, name)))
                if not (getattr(self, name) > 0).all():
                    raise PriceError(f"sizes: {name} is 0; a request has a size above 0.")
        if self.p50 is not None:
            object.__setattr__(self, "mean", self.p50 * np.exp(self.sigma**2 / 2))
            object.__setattr__(self, "p50", None)

    @classmethod
    def from_quantiles(cls, p50: float, p90: float) -> Lognormal:
        """The lognormal through a median and a 90 % quantile.

        >>> float(Lognormal.from_quantiles(10_000, 100_000).sigma.round(4))
        1.7967
        """
        low, high = (
            number(p50, "sizes: p50", above_zero=True),
            number(p90, "sizes: p90", above_zero=True),
        )
        if high < low:
            raise PriceError(f"sizes: p90 {high:g} lies below p50 {low:g}.")
        return cls(sigma=np.log(high / low) / P90, p50=low)

    def settle(self, total, requests=None) -> Lognormal:
        """The same with its mean: stated, or total ÷ requests. Raises PriceError where the two differ by more than 1 %."""
        if requests is None:
            if self.mean is None:
                raise PriceError(
                    "sizes: neither mean, p50 nor the number of requests is given; one of them must be."
                )
            return self
        _check_mean(self.mean, total, requests)
        if self.mean is not None:
            return self
        return replace(
            self,
            mean=np.where(np.asarray(total) > 0, total, 1.0)
            / np.where(np.asarray(requests) > 0, requests, 1.0),
        )

    def share_above(self, size):
        """Share of requests larger than `size`, by array.

        >>> float(Lognormal(sigma=1.0, p50=1000).share_above(1000))
        0.5
        """
        return self._tail(size, -0.5)

    def token_share_above(self, size):
        """Share of tokens that lie in requests larger than `size`: Φ((ln mean + σ²/2 − ln size) ÷ σ)."""
        return self._tail(size, 0.5)

    def _tail(self, size, half: float):
        from scipy.special import ndtr  # here, not above: the front door stays light

        mean = np.asarray(self.settle(None).mean)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = (np.log(mean) - np.log(np.maximum(size, 0.0))) / self.sigma + half * self.sigma
        point = np.where(mean > np.asarray(size), 1.0, 0.0)  # sigma 0: all requests are alike
        return np.where(self.sigma > 0, ndtr(z), point)

    def bands(self, starts) -> tuple[np.ndarray, np.ndarray]:
        """Shares of requests and of tokens in each tier, (..., tier): `starts` are tier starts, +inf where there is none."""
        wide = replace(
            self, sigma=np.asarray(self.sigma)[..., None], mean=np.asarray(self.mean)[..., None]
        )
        return _bands(wide.share_above(starts[..., 1:])), _bands(
            wide.token_share_above(starts[..., 1:])
        )


@dataclass(frozen=True)
class Histogram:
    """Request sizes as observed: sizes (bin,) and how many requests have each. Raises PriceError unless they pair up."""

    sizes: np.ndarray
    counts: np.ndarray

    def __post_init__(self):
        for name in ("sizes", "counts"):
            object.__setattr__(
                self, name, np.atleast_1d(quantities(f"sizes: {name}", getattr(self, name)))
            )
        if self.sizes.shape != self.counts.shape or self.sizes.ndim != 1:
            raise PriceError(
                f"sizes: {self.sizes.size} sizes but {self.counts.size} counts; give one count for each size."
            )
        if not self.counts.sum() > 0 or not self.sizes @ self.counts > 0:
            raise PriceError(
                "sizes: the histogram is empty; it needs a request with a size above 0."
            )

    @property
    def mean(self) -> float:
        """Input tokens per request."""
        return float(self.sizes @ self.counts / self.counts.sum())

    def settle(self, total, requests=None) -> Histogram:
        """Itself; raises PriceError where requests × mean is not the total."""
        if requests is not None:
            _check_mean(self.mean, total, requests)
        return self

    def share_above(self, size):
        """Share of requests larger than `size`, by array."""
        return (self.sizes > np.asarray(size)[..., None]) @ self.counts / self.counts.sum()

    def token_share_above(self, size):
        """Share of tokens that lie in requests larger than `size`."""
        return (
            (self.sizes > np.asarray(size)[..., None])
            @ (self.sizes * self.counts)
            / (self.sizes @ self.counts)
        )

    def bands(self, starts) -> tuple[np.ndarray, np.ndarray]:
        """Shares of requests and of tokens in each tier, see Lognormal.bands."""
        return _bands(self.share_above(starts[..., 1:])), _bands(
            self.token_share_above(starts[..., 1:])
        )


def _bands(above: np.ndarray) -> np.ndarray:
    """From shares above each start to shares of each tier."""
    edges = np.concatenate(
        [np.ones((*above.shape[:-1], 1)), above, np.zeros((*above.shape[:-1], 1))], axis=-1
    )
    return edges[..., :-1] - edges[..., 1:]


def _check_mean(mean, total, requests) -> None:
    total, requests = np.broadcast_arrays(np.asarray(total, float), np.asarray(requests, float))
    none = (requests == 0) & (total > 0)
    if none.any():
        raise PriceError(
            f"sizes: {total[none].flat[0]:,.0f} input tokens but 0 requests; tokens come in requests."
        )
    if mean is None:
        return
    wrong = np.abs(mean * requests - total) > 0.01 * np.maximum(total, 1.0)
    if wrong.any():
        at = tuple(np.argwhere(wrong)[0])
        size = np.broadcast_to(mean, wrong.shape)[at]
        raise PriceError(
            f"sizes: {requests[at]:,.0f} requests of {size:,.0f} tokens on average are not the {total[at]:,.0f} input "
            "tokens given; leave out requests or the mean."
        )
