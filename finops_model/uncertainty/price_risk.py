"""Price risk: what a price may become, as factors on today's price, (path, month) (docs/method §3.29).

    announced    changes of which the day is known: certain
    jumps        repricing of a SKU at a hazard, up or down, on top of a drift; both may be nothing
    migrations   moves to successor models, every few months, up or down
    reverting    a log price that reverts to a level (Ornstein-Uhlenbeck), seen monthly
    scarcity     spells in which less can be had and it costs more
    fx           an exchange rate, random walk or reverting, median or mean on the plan rate

Each is a pure function of (seed, name, path, month): a longer horizon continues it, fewer paths cut it, and other names leave it alone.
`paths` is how many from the first on, or a range of them: a block of paths is drawn alone and bit for bit the same.
Give a vendor's family one name and it is repriced on one day. Closed forms of the moments
are in tests/oracles/price_moments.py; spot prices are in spot_price.py.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from ..checks import finite, positive, share, zero_or_more
from ..errors import ScenarioError, listing
from ..periods import month_days
from .distributions import Distribution
from .distributions.poisson import Poisson
from .uniforms import monthly_uniforms, path_uniforms, span_of

WHEN = ("end", "mean")


def announced(changes, months) -> np.ndarray:
    """Factor of each month from changes of which the day is known, (month,): the mean over the month's days.

    changes   (first day YYYY-MM-DD, factor) pairs; each multiplies what was there before;  months YYYY-MM

    >>> announced([("2027-01-16", 0.5)], ["2026-12", "2027-01", "2027-02"]).round(6)
    array([1.      , 0.741935, 0.5     ])
    """
    factors = np.ones(len(months))
    pairs = [
        (np.datetime64(day, "D"), positive(factor, f"announced change of {day}: factor"))
        for day, factor in changes
    ]
    for m, month in enumerate(months):
        days = month_days(month)
        level = np.ones(len(days))
        for day, factor in pairs:
            level[days >= day] *= factor
        factors[m] = level.mean()
    return factors


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
    rate, drift = (
        zero_or_more(per_year, "jumps: per_year"),
        finite(drift_per_year, "drift_per_year"),
    )
    _check_factor(factor)
    _one_of("when", when, WHEN)
    step, count = 1 / 12, len(span_of(paths))
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
    count = len(span_of(paths))
    clock, ratios = np.zeros(count), np.ones((count, months))
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
        ratios = np.where(on, ratios * ratio[:, None], ratios)
        if (clock >= months).all():
            break
    return ratios


def ou(kappa: float, sigma: float, step: float) -> tuple[float, float, float]:
    """(phi, innovation sd, stationary sd) of dX = −kappa X dt + sigma dW seen every `step`, exactly.

    >>> [round(v, 9) for v in ou(0.1, 0.3, 1 / 24)]
    [0.995842002, 0.061109887, 0.670820393]
    """
    k, s, dt = (
        positive(kappa, "ou: kappa"),
        zero_or_more(sigma, "ou: sigma"),
        positive(step, "ou: step"),
    )
    return (
        math.exp(-k * dt),
        s * math.sqrt(-math.expm1(-2 * k * dt) / (2 * k)),
        s / math.sqrt(2 * k),
    )


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
    phi, shock, _ = ou(kappa, sigma, 1 / 12)
    centre = np.log(positive(level, "reverting: level"))
    x = np.full(len(span_of(paths)), np.log(positive(start, "reverting: start")) - centre)
    z, logs = ndtri(monthly_uniforms(seed, name, paths, months)), np.empty((len(x), months))
    for m in range(months):
        x = phi * x + shock * z[:, m]
        logs[:, m] = x
    return np.exp(centre + logs)


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
    x, logs, last = np.zeros(len(z)), np.empty(z.shape), 0.0
    for m in range(months):
        gap = t[m] - last
        keep = np.exp(-back * gap)
        x = (
            keep * x
            + sigma * np.sqrt(-np.expm1(-2 * back * gap) / (2 * back) if back else gap) * z[:, m]
        )
        logs[:, m], last = x, t[m]
    variance = sigma**2 * (-np.expm1(-2 * back * t) / (2 * back) if back else t)
    return np.exp(logs - variance / 2 + finite(drift_per_year, "fx: drift_per_year") * t)


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
