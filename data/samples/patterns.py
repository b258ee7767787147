"""Daily and hourly patterns of the sample company.

Imitated from real series (shared/data/real_ai_usage_hourly.parquet, read once; no value is copied):

* sd of the daily log level without weekday effect: LLM request totals 0.13–0.15 (ServeGen), single clients 0.24–0.73,
  inference apps 0.01–0.14 (DLRM), training teams 0.20–0.48 (Helios); here drivers 0.05–0.12, inference 0.04–0.06 beyond its
  driver, training 0.28–0.45.
* autocorrelation at one day: 0.6–0.7 (totals), 0.8–0.97 (inference), 0.3–0.75 (training); here 0.55–0.85.
* weekend ÷ weekday level: 0.84–1.04 on training clusters, 0.66–0.86 for client-facing models; here 0.30–1.0.
* busiest ÷ quietest hour: 1.4–3.3 for totals and large clients, 1.0–1.4 for clusters, above 5 for single apps; here 1–3.
* bursts: a team idle 92 % of hours and then full, clients at 6–18 times their median: compound Poisson campaigns.
"""

from __future__ import annotations

import numpy as np
from company import ANCHOR, DRIVERS, EVENTS, FIRST, LATENT, SEED

from finops_model.periods import days
from finops_model.streams import generator

DATES = days(FIRST, LATENT)  # the latent calendar, datetime64[D]
MONTHS_FROM_ANCHOR = (DATES - np.datetime64(ANCHOR)).astype(float) / 30.4375
WEEKDAY = (DATES.astype(np.int64) + 3) % 7  # Monday 0
NOISE_BURN = 60


def normals(name: str, steps: int) -> np.ndarray:
    """Standard normal draws of a named stream, float64 (steps,)."""
    return generator(SEED, name).standard_normal(steps)


def noise(name: str, sigma: float, phi: float) -> np.ndarray:
    """AR(1) of the log with marginal sd sigma, (day,)."""
    shocks = normals(f"noise/{name}", len(DATES) + NOISE_BURN) * sigma * np.sqrt(1 - phi * phi)
    value, found = 0.0, np.empty(len(shocks))
    for i, shock in enumerate(shocks):
        value = phi * value + shock
        found[i] = value
    return found[NOISE_BURN:]


def wander(name: str, per_month: float = 0.018) -> np.ndarray:
    """A slow random walk of the log level, zero at ANCHOR, sd per_month a month, (day,)."""
    steps = np.cumsum(normals(f"wander/{name}", len(DATES)) * per_month / np.sqrt(30.4375))
    return steps - steps[np.searchsorted(DATES, np.datetime64(ANCHOR))]


def week(weekend: float) -> np.ndarray:
    """Weekday shape with mean 1 over a week, (day,)."""
    shape = (
        np.where(WEEKDAY >= 5, weekend, 1.0)
        * np.array([1.02, 1.03, 1.01, 1.0, 0.94, 1.0, 1.0])[WEEKDAY]
    )
    return shape / np.mean(shape[:7])


def year(kind: str) -> np.ndarray:
    """Yearly shape, (day,): 'retail' peaks before Christmas, 'quarter' at quarter ends, 'holiday' rests at New Year."""
    day = (DATES - DATES.astype("datetime64[Y]")).astype(int)
    if kind == "retail":
        return (
            1
            + 0.09 * np.exp(-(((day - 340) / 22.0) ** 2))
            - 0.03 * np.exp(-(((day - 215) / 25.0) ** 2))
        )
    if kind == "quarter":
        month = DATES.astype("datetime64[M]")
        left = ((month + 1).astype("datetime64[D]") - DATES).astype(int)
        return 1 + 0.16 * np.where(month.astype(int) % 3 == 2, np.exp(-left / 9.0), 0.0)
    if kind == "holiday":
        return (
            1
            - 0.35 * np.exp(-((((day - 362) % 365 - 0) / 6.0) ** 2))
            - 0.35 * np.exp(-((((362 - day) % 365) / 6.0) ** 2))
        )
    return np.ones(len(DATES))


def driver(name: str) -> np.ndarray:
    """Volume of a business driver a day, whole numbers, (day,)."""
    form = DRIVERS[name]
    level = (
        np.log(form.level)
        + form.growth * MONTHS_FROM_ANCHOR
        + wander(name, 0.012)
        + noise(name, form.sigma, form.phi)
    )
    return np.round(np.exp(level) * week(form.weekend) * year(form.yearly))


def launch() -> np.ndarray:
    """Adoption of agent-assist, 0 before its launch, then an S-curve to 1, (day,)."""
    event = EVENTS["launch"]
    since = (DATES - np.datetime64(event["start"])).astype(float)
    return np.where(
        since < 0, 0.0, 1 / (1 + np.exp(-(since - event["middle_days"]) / event["width_days"]))
    )


def migrated() -> np.ndarray:
    """Share of support-chat's large-model requests on the new model: 0, then linear through November 2025, then 1."""
    event = EVENTS["migration"]
    first, last = np.datetime64(event["start"]), np.datetime64(event["end"])
    return np.clip(
        (DATES - first + np.timedelta64(1, "D")).astype(float) / ((last - first).astype(float) + 1),
        0,
        1,
    )


def campaigns(name: str, rate: float, median_days: float, median_gpus: float) -> np.ndarray:
    """GPU-hours a day of training campaigns: compound Poisson, lognormal length and size, heavy tails, (day,)."""
    stream = generator(SEED, f"campaigns/{name}")
    found = np.zeros(len(DATES))
    scale = np.exp(0.04 * MONTHS_FROM_ANCHOR)
    for start in np.flatnonzero(stream.random(len(DATES)) < rate / 30.4375):
        length = int(np.clip(np.round(median_days * np.exp(0.5 * stream.standard_normal())), 2, 24))
        size = median_gpus * np.exp(0.45 * stream.standard_normal())
        found[start : start + length] += 24 * min(size, 70.0) * scale[start]
    return found


HOURS = np.arange(24)
PROFILES = {
    "office": lambda weekend: 1 + (0.3 if weekend else 1.4) * np.exp(-(((HOURS - 14) / 4.5) ** 2)),
    "daytime": lambda weekend: 1 + (0.8 if weekend else 1.1) * np.exp(-(((HOURS - 15) / 5.5) ** 2)),
    "night": lambda weekend: (
        1 + (0.5 if weekend else 1.2) * np.exp(-((((HOURS + 10) % 24 - 12) / 4.0) ** 2))
    ),
    "flat": lambda weekend: np.ones(24),
}


def hour_of_week(kind: str) -> np.ndarray:
    """The hour-of-week shape, (168,), Monday 00:00 UTC first, 4 decimals. Every day has mean 1, so the level of a
    weekday stays in its daily quantity and both readings of 'day level x shape' agree."""
    found = []
    for day in range(7):
        profile = PROFILES[kind](day >= 5)
        profile = np.round(profile / profile.mean(), 4)
        profile[12] = round(profile[12] + 24 - profile.sum(), 4)
        found.append(profile)
    return np.concatenate(found)
