"""Price risk: what a price may become, as factors on today's price, (path, month) (docs/method §3.29).

    announced    changes of which the day is known: certain
    jumps        repricing of a SKU at a hazard, up or down, on top of a drift; both may be nothing
    migrations   moves to successor models, every few months, up or down
    spot         one region's spot price: rests and moves in runs, bounded by shares of the on-demand price
    reverting    a log price that reverts to a level (Ornstein-Uhlenbeck), seen monthly
    scarcity     spells in which less can be had and it costs more
    fx           an exchange rate, random walk or reverting, median or mean on the plan rate

Each is a pure function of (seed, name, path, month): a longer horizon continues it, fewer paths cut it, and other names leave it alone.
`paths` is how many from the first on, or a range of them: a block of paths is drawn alone and bit for bit the same.
Give a vendor's family one name and it is repriced on one day. Closed forms of the moments are in price_moments.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri

from .. import streams
from ..checks import finite, positive, share
from ..errors import ScenarioError, listing, unknown
from ..periods import month_days
from .distributions import Distribution
from .distributions.poisson import Poisson

WHEN = ("end", "mean")


def monthly_uniforms(seed: int, name: str, paths: int | range, months: int) -> np.ndarray:
    """Uniform draws in (0, 1), (path, month).

    >>> import numpy as np
    >>> long, short = monthly_uniforms(1, "a", 300, 12), monthly_uniforms(1, "a", range(256, 266), 3)
    >>> bool(np.array_equal(long[256:266, :3], short))
    True
    """
    span = _span(paths)
    blocks = [
        streams.generator(seed, name, block).random((months, streams.BLOCK)).T
        for block in _blocks(span)
    ]
    draws = (
        np.concatenate(blocks)[span.start % streams.BLOCK :][: len(span)]
        if blocks
        else np.empty((0, months))
    )
    return np.clip(draws, 1e-12, 1 - 1e-12)


def path_uniforms(seed: int, name: str, paths: int | range) -> np.ndarray:
    """One uniform draw in (0, 1) per path, (path,)."""
    span = _span(paths)
    blocks = _blocks(span)
    return streams.uniform_blocks(seed, name, blocks.start, blocks.stop)[
        span.start % streams.BLOCK :
    ][: len(span)]


def _span(paths: int | range) -> range:
    return paths if isinstance(paths, range) else range(paths)


def _blocks(span: range) -> range:
    return range(span.start // streams.BLOCK, -(-span.stop // streams.BLOCK))


def announced(changes, months) -> np.ndarray:
    """Factor of each month from changes of which the day is known, (month,): the mean over the month's days.

    changes   (first day YYYY-MM-DD, factor) pairs; each multiplies what was there before;  months YYYY-MM

    >>> announced([("2027-01-16", 0.5)], ["2026-12", "2027-01", "2027-02"]).round(6)
    array([1.      , 0.741935, 0.5     ])
    """
    found = np.ones(len(months))
    pairs = [
        (np.datetime64(day, "D"), positive(factor, f"announced change of {day}: factor"))
        for day, factor in changes
    ]
    for m, month in enumerate(months):
        days = month_days(month)
        level = np.ones(len(days))
        for day, factor in pairs:
            level[days >= day] *= factor
        found[m] = level.mean()
    return found


def jumps(
    seed: int,
    name: str,
    paths: int | range,
    months: int,
    *,
    per_year: float,
    factor: Distribution | float,
    drift_per_year: float = 0.0,
    when: str = "mean",
) -> np.ndarray:
    """exp(drift · t) × the product of the jumps so far, (path, month).

    per_year        expected jumps a year; a day in the middle of a month counts from that day on
    factor          of one jump: below 1 a cut, above 1 a rise; a mixture has both signs
    drift_per_year  of the log price: −0.2 is e^−0.2 after a year
    when            mean: of the month; end: at its last moment
    """
    rate, drift = _rate(per_year), finite(drift_per_year, "drift_per_year")
    _check_factor(factor)
    _one_of("when", when, WHEN)
    step, count = 1 / 12, len(_span(paths))
    if rate * step == 0:  # none, or one too rare for a float
        counts = np.zeros((count, months), dtype=int)
    else:
        counts = (
            Poisson(rate * step)
            .quantile(monthly_uniforms(seed, f"{name}/count", paths, months))
            .astype(int)
        )
    most = int(counts.max(initial=0))
    sizes = np.ones((most, count, months))
    times = np.ones((most, count, months))  # share of the month that has passed; 1: none
    for k in range(most):
        on = counts > k
        drawn = monthly_uniforms(seed, f"{name}/size/{k}", paths, months)[on]
        sizes[k][on] = factor.quantile(drawn) if isinstance(factor, Distribution) else float(factor)
        if when == "mean":
            times[k] = np.where(on, monthly_uniforms(seed, f"{name}/time/{k}", paths, months), 1.0)
    month_factor = sizes.prod(axis=0) * np.exp(drift * step)
    after = np.cumprod(month_factor, axis=1)
    if when == "end":
        return after
    before = np.concatenate([np.ones((count, 1)), after[:, :-1]], axis=1)
    order = np.argsort(times, axis=0, kind="stable")
    times, sizes = (
        np.take_along_axis(times, order, axis=0),
        np.take_along_axis(sizes, order, axis=0),
    )
    edges = np.concatenate([np.zeros((1, count, months)), times, np.ones((1, count, months))])
    level = np.concatenate([np.ones((1, count, months)), np.cumprod(sizes, axis=0)])
    rate_m = drift * step
    passed = (
        edges if rate_m == 0 else np.expm1(rate_m * edges) / rate_m
    )  # ∫ exp(drift · s) ds from 0
    return before * (level * np.diff(passed, axis=0)).sum(axis=0)


def migrations(
    seed: int,
    name: str,
    paths: int | range,
    months: int,
    interval: Distribution | float,
    factor: Distribution | float,
    adopted: float = 1.0,
) -> np.ndarray:
    """Product of the price ratios of the successor models moved to, (path, month), at the month's end.

    interval   months between two successors (4 to 8: uniform);  factor  price of the successor ÷ price before, both sides of 1
    adopted    chance that we move when a successor comes; who does not move keeps the old price
    """
    _check_factor(factor)
    adopted = share(adopted, "adopted")
    least = (
        float(interval.quantile(0.0))
        if isinstance(interval, Distribution)
        else finite(interval, "interval")
    )
    if least <= 0:
        raise ScenarioError(
            f"migrations: an interval of {least:g} months is possible; it must be above 0 (4 to 8 months is usual)."
        )
    count = len(_span(paths))
    clock, found = np.zeros(count), np.ones((count, months))
    for k in range(int(np.ceil(months / least))):
        draws = path_uniforms(seed, f"{name}/interval/{k}", paths)
        clock = clock + (
            interval.quantile(draws) if isinstance(interval, Distribution) else float(interval)
        )
        size = (
            factor.quantile(path_uniforms(seed, f"{name}/size/{k}", paths))
            if isinstance(factor, Distribution)
            else float(factor)
        )
        ratio = np.where(path_uniforms(seed, f"{name}/adopted/{k}", paths) < adopted, size, 1.0)
        first = np.ceil(clock - 1e-12).astype(int) - 1  # the month at whose end it has happened
        on = np.arange(months) >= first[:, None]
        found = np.where(on, found * ratio[:, None], found)
        if (clock >= months).all():
            break
    return found


@dataclass(frozen=True)
class Spot:
    """Constants of a region's spot price, by month (risks/gcp_spot.json has measured ones)."""

    after_change: float  # chance of a change in a month that follows a change
    after_rest: float  # … that follows none
    change: Distribution  # of the log price, given that it changes
    low: float = 0.0  # share of the on-demand price that it does not fall below
    high: float = np.inf  # … or rise above
    persistence: float = (
        0.0  # correlation, on the normal scale, of a change with the change before it
    )

    def __post_init__(self):
        share(self.after_change, "spot: after_change")
        share(self.after_rest, "spot: after_rest")
        if not 0 <= finite(self.persistence, "spot: persistence") < 1:
            raise ScenarioError(
                f"spot: persistence is {self.persistence:g}; it must be from 0 to below 1."
            )
        if not 0 <= self.low < self.high:
            raise ScenarioError(
                f"spot: low {self.low:g}, high {self.high:g}: shares of the on-demand price, low below high."
            )

    @property
    def change_share(self) -> float:
        """Share of the months in which the price changes, in the long run."""
        a, b = self.after_rest, self.after_change
        if a == 0 and b == 1:
            raise ScenarioError(
                "spot: after_rest 0 and after_change 1: what rests stays and what moves goes on, for ever, so there is no long "
                "run. Say which it is: moving, yes or no."
            )
        return a / (1 - b + a)


@dataclass(frozen=True)
class Steps(Distribution):
    """A distribution given by knots of its quantile function, straight lines between them."""

    knots: tuple[tuple[float, float], ...]

    def quantile(self, u):
        p, v = np.array(self.knots).T
        return np.interp(u, p, v)

    def cdf(self, x):
        p, v = np.array(self.knots).T
        return np.interp(x, v, p)

    def density(self, x):
        p, v = np.array(self.knots).T
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = np.where(np.diff(v) > 0, np.diff(p) / np.diff(v), 0.0)
        piece = np.clip(np.searchsorted(v, x, side="right") - 1, 0, len(slopes) - 1)
        return np.where((np.asarray(x) >= v[0]) & (np.asarray(x) < v[-1]), slopes[piece], 0.0)

    def between(self, power, low=-np.inf, high=np.inf):
        total = 0.0
        for (p0, v0), (p1, v1) in zip(self.knots, self.knots[1:]):
            a, b = max(low, v0), min(high, v1)
            if v1 > v0 and b > a:
                total += (p1 - p0) / (v1 - v0) * (b ** (power + 1) - a ** (power + 1)) / (power + 1)
            elif v1 == v0 and low < v0 <= high:
                total += (p1 - p0) * v0**power
        return total

    def exponential_moment(self, power: float) -> float:
        """E[exp(power · X)]."""
        total = 0.0
        for (p0, v0), (p1, v1) in zip(self.knots, self.knots[1:]):
            width = power * (v1 - v0)
            total += (p1 - p0) * np.exp(power * v0) * (np.expm1(width) / width if width else 1.0)
        return float(total)


def read_spot(path, kind: str = "pooled") -> Spot:
    """Measured constants by instance type, or pooled. Raises ScenarioError with the nearest type."""
    models = json.loads(Path(path).read_text(encoding="utf-8"))["models"]
    if kind not in models:
        raise ScenarioError(unknown(str(path), "spot model", kind, models))
    own = models[kind]
    bounds = own["ratio_to_on_demand"]
    return Spot(
        own["p_change_after_change"],
        own["p_change_after_rest"],
        Steps(tuple((float(p), float(v)) for p, v in own["change_quantiles"])),
        bounds["low"],
        bounds["high"],
        own["persistence"],
    )


def spot(
    seed: int,
    name: str,
    paths: int | range,
    months: int,
    model: Spot,
    start: float,
    moving: bool | None = None,
) -> np.ndarray:
    """Spot price ÷ on-demand price, (path, month), of one region; name it by region, so that regions are drawn apart.

    start    today's ratio;  moving  whether the price changed last month; None: as often as in the long run
    A step that would leave low … high ends on the bound.
    """
    start = positive(start, "spot: start")
    if not model.low <= start <= model.high:
        raise ScenarioError(
            f"spot: start is {start:g} of the on-demand price; the model holds from {model.low:g} to {model.high:g}."
        )
    count = len(_span(paths))
    change = monthly_uniforms(seed, f"{name}/change", paths, months)
    drawn = monthly_uniforms(seed, f"{name}/size", paths, months)
    keep, score = model.persistence, ndtri(path_uniforms(seed, f"{name}/last", paths))
    before = (
        path_uniforms(seed, f"{name}/start", paths) < model.change_share
        if moving is None
        else np.full(count, bool(moving))
    )
    level, found = np.full(count, np.log(start)), np.empty((count, months))
    low, high = (np.log(v) if v > 0 else -np.inf for v in (model.low, model.high))
    for m in range(months):
        before = change[:, m] < np.where(before, model.after_change, model.after_rest)
        if keep:
            score = np.where(
                before, keep * score + np.sqrt(1 - keep * keep) * ndtri(drawn[:, m]), score
            )
        size = model.change.quantile(ndtr(score) if keep else drawn[:, m])
        level = np.where(before, np.clip(level + size, low, high), level)
        found[:, m] = level
    return np.exp(found)


def reverting(
    seed: int,
    name: str,
    paths: int | range,
    months: int,
    *,
    kappa: float,
    sigma: float,
    start: float = 1.0,
    level: float = 1.0,
) -> np.ndarray:
    """exp(X), X reverting to log(level) from log(start): kappa and sigma per year, exact at month ends, (path, month)."""
    from .closed_forms import ou

    phi, shock, _ = ou(kappa, sigma, 1 / 12)
    centre = np.log(positive(level, "reverting: level"))
    x = np.full(len(_span(paths)), np.log(positive(start, "reverting: start")) - centre)
    z, found = ndtri(monthly_uniforms(seed, name, paths, months)), np.empty((len(x), months))
    for m in range(months):
        x = phi * x + shock * z[:, m]
        found[:, m] = x
    return np.exp(centre + found)


def scarcity(
    seed: int,
    name: str,
    paths: int | range,
    months: int,
    *,
    starts: float,
    ends: float,
    availability: Distribution | float,
    price: Distribution | float,
    scarce_now: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """(share of demand that can be had, factor on its price), (path, month) each: 1 and 1 outside a spell.

    starts, ends     chance that a spell begins in a month, and that one ends
    availability     0 … 1 in a spell;  price its factor; one draw per spell moves both: the scarcer, the dearer
    """
    p, q = share(starts, "scarcity: starts"), share(ends, "scarcity: ends")
    for what, value, least, most in (
        ("availability", availability, 0, 1),
        ("price", price, 0, np.inf),
    ):
        ends_at = value.support if isinstance(value, Distribution) else (float(value), float(value))
        if ends_at[0] < least or ends_at[1] > most:
            wanted = "from 0 to 1" if most == 1 else "0 or more"
            raise ScenarioError(
                f"scarcity: {what} from {ends_at[0]:g} to {ends_at[1]:g} is possible; it must be {wanted}."
            )
    switch, severity = (
        monthly_uniforms(seed, f"{name}/switch", paths, months),
        monthly_uniforms(seed, f"{name}/severity", paths, months),
    )
    scarce = np.full(len(switch), bool(scarce_now))
    depth = path_uniforms(seed, f"{name}/now", paths)
    had, dear = np.ones(switch.shape), np.ones(switch.shape)
    for m in range(months):
        begins = ~scarce & (switch[:, m] < p)
        scarce = np.where(scarce, switch[:, m] >= q, begins)
        depth = np.where(begins, severity[:, m], depth)
        had[:, m] = np.where(
            scarce,
            availability.quantile(1 - depth)
            if isinstance(availability, Distribution)
            else availability,
            1.0,
        )
        dear[:, m] = np.where(
            scarce, price.quantile(depth) if isinstance(price, Distribution) else price, 1.0
        )
    return had, dear


def fx(
    seed: int,
    name: str,
    paths: int | range,
    months: int,
    volatility: float,
    drift_per_year: float = 0.0,
    kappa: float = 0.0,
) -> np.ndarray:
    """Exchange rate ÷ plan rate, (path, month), in the middle of each month.

    volatility      sd of the log rate a year;  drift_per_year of the expected rate (interest difference)
    kappa           per year: how fast the rate comes back to the plan rate; 0: a random walk whose mean is exp(drift · t)
    """
    sigma, back = finite(volatility, "fx: volatility"), finite(kappa, "fx: kappa")
    if sigma < 0 or back < 0:
        raise ScenarioError(f"fx: volatility {sigma:g}, kappa {back:g}: both must be 0 or more.")
    t = (np.arange(months) + 0.5) / 12
    z = ndtri(monthly_uniforms(seed, name, paths, months))
    x, found, last = np.zeros(len(z)), np.empty(z.shape), 0.0
    for m in range(months):
        gap = t[m] - last
        keep = np.exp(-back * gap)
        x = (
            keep * x
            + sigma * np.sqrt(-np.expm1(-2 * back * gap) / (2 * back) if back else gap) * z[:, m]
        )
        found[:, m], last = x, t[m]
    variance = sigma**2 * (-np.expm1(-2 * back * t) / (2 * back) if back else t)
    return np.exp(found - variance / 2 + finite(drift_per_year, "fx: drift_per_year") * t)


def _rate(per_year) -> float:
    rate = finite(per_year, "jumps: per_year")
    if rate < 0:
        raise ScenarioError(f"jumps: per_year is {rate:g}; it must be 0 or more.")
    return rate


def _check_factor(factor) -> None:
    least = (
        float(factor.quantile(0.0))
        if isinstance(factor, Distribution)
        else finite(factor, "factor")
    )
    if least < 0 or (least == 0 and not isinstance(factor, Distribution)):
        raise ScenarioError(
            f"a price factor of {least:g} is possible; factors must be above 0 (0.8 is a cut of 20 %)."
        )


def _one_of(what: str, word: str, allowed) -> None:
    if word not in allowed:
        raise ScenarioError(f"{what} is '{str(word)[:20]}'; it must be one of {listing(allowed)}.")
