"""Quantities of the start-up a day: tickets, tokens, stocks, seats, customers. Which actions were done is an argument, so that
what they saved can be counted exactly: the bill with them beside the bill without.

Draws have names; a quantity is whole ten-thousandths of its pricing unit (tokens: of a block of 1,000,000).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from firm import (
    ACTIONS,
    ANCHOR,
    CACHED,
    CACHED_AFTER_A02,
    CUSTOMERS,
    DEMO_INDEX,
    DRIVERS,
    FIRST,
    LAST,
    LATENT,
    LIFECYCLE,
    MODEL_MIGRATION,
    OUTCOMES,
    OWN_KEYS,
    PARETO,
    PROTOTYPE_SINCE,
    RECORDING_GB,
    SEATS,
    SEED,
    SMALL_AFTER_A05,
    SYLLABLES,
    TOKENS,
    TRADES,
    VECTORS,
)

from finops_model.periods import days
from finops_model.streams import generator

SCALE = 10_000
DATES = days(FIRST, LATENT)
SHOWN = int(np.searchsorted(DATES, np.datetime64(LAST))) + 1
MONTH_OF = DATES.astype("datetime64[M]")
MONTHS = np.unique(MONTH_OF)
DAYS_IN_MONTH = ((MONTH_OF + 1).astype("datetime64[D]") - MONTH_OF.astype("datetime64[D]")).astype(
    int
)
FROM_ANCHOR = (DATES - np.datetime64(ANCHOR)).astype(float) / 30.4375
WEEKDAY = (DATES.astype(np.int64) + 3) % 7  # Monday 0
DONE = frozenset(name for name, action in ACTIONS.items() if action[6])
BURN = 60


def since(day: str) -> np.ndarray:
    """True from a day on, (day,)."""
    return DATES >= np.datetime64(day)


def noise(name: str, sigma: float, phi: float) -> np.ndarray:
    """AR(1) of the log with marginal sd sigma, (day,)."""
    shocks = (
        generator(SEED, f"noise/{name}").standard_normal(len(DATES) + BURN)
        * sigma
        * np.sqrt(1 - phi * phi)
    )
    value, found = 0.0, np.empty(len(shocks))
    for i, shock in enumerate(shocks):
        value = phi * value + shock
        found[i] = value
    return found[BURN:]


def week(weekend: float) -> np.ndarray:
    """Weekday shape, mean 1 over a week, (day,)."""
    shape = np.where(
        WEEKDAY >= 5, weekend, np.array([1.04, 1.03, 1.01, 1.0, 0.92, 1.0, 1.0])[WEEKDAY]
    )
    return shape / np.mean(shape[:7])


def rest() -> np.ndarray:
    """The quiet days around New Year, (day,)."""
    day = (DATES - DATES.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)
    return 1 - 0.3 * np.exp(-((np.minimum(np.abs(day - 361), day + 4) / 5.0) ** 2))


@cache
def driver(name: str, entity: str) -> np.ndarray:
    """Counts of a driver a day, whole numbers, (day,)."""
    form = DRIVERS[name]
    log = (
        np.log(form.level[entity])
        + form.growth * FROM_ANCHOR
        + noise(f"{entity}/{name}", form.sigma, form.phi)
    )
    return np.round(np.exp(log) * week(form.weekend) * rest())


def outcome(name: str, entity: str) -> np.ndarray:
    """Counts of an outcome a day, at most its driver, (day,)."""
    of, level, sd = OUTCOMES[name]
    return np.round(
        driver(of, entity) * np.clip(level + noise(f"{entity}/{name}", sd, 0.75), 0.4, 0.97)
    )


def migrated() -> np.ndarray:
    """Share of the large model's calls on its successor: 0, linear through July 2025, 1, (day,)."""
    first, last = np.datetime64(MODEL_MIGRATION["start"]), np.datetime64(MODEL_MIGRATION["end"])
    return np.clip(((DATES - first).astype(float) + 1) / ((last - first).astype(float) + 1), 0, 1)


@cache
def calls(workload: str, entity: str) -> np.ndarray:
    """Model calls a day, (day,)."""
    spec, name = TOKENS[workload], f"{entity}/{workload}"
    wave = np.exp(spec.growth * FROM_ANCHOR + noise(name, spec.sigma, spec.phi))
    if spec.driver:
        return driver(spec.driver, entity) * spec.calls * wave
    if workload == "prototype-key":
        return np.where(
            since(PROTOTYPE_SINCE), spec.calls * (1.0 if entity == "inc" else spec.gmbh) * wave, 0.0
        )
    return spec.calls * (1.0 if entity == "inc" else spec.gmbh) * week(spec.weekend) * rest() * wave


def models(workload: str, entity: str, done: frozenset) -> dict[str, np.ndarray]:
    """Share of a workload's calls by model, (day,) each."""
    spec, new = TOKENS[workload], migrated()
    if spec.model == "grand-1":
        return {"ottermere-grand-1": np.ones(len(DATES))}
    if spec.model != "grand":
        return {spec.model: np.ones(len(DATES))}
    small = np.zeros(len(DATES))
    if workload == "drafts" and entity == "gmbh" and "A05" in done:
        small = np.where(since(ACTIONS["A05"][3]), SMALL_AFTER_A05, 0.0)
    return {
        "ottermere-grand-1": (1 - new) * (1 - small),
        "ottermere-grand-2": new * (1 - small),
        "ottermere-swift-1": small,
    }


def cached(workload: str, entity: str, done: frozenset) -> np.ndarray:
    """Share of the context that is read from cache, (day,)."""
    if workload == "answers" and entity == "inc" and "A02" in done:
        return np.where(since(ACTIONS["A02"][3]), CACHED_AFTER_A02, 0.0)
    return np.full(len(DATES), CACHED.get(workload, 0.0))


def batched(workload: str, entity: str, done: frozenset) -> np.ndarray:
    """Days on which a workload goes through the batch tier, bool (day,)."""
    ours = workload == "nightly-evals" and entity == "inc" and "A03" in done
    return since(ACTIONS["A03"][3]) if ours else np.zeros(len(DATES), bool)


def token_lines(workload: str, entity: str, done: frozenset):
    """(customer or "", model, meter, quantity int64 (day,)): whole hundredths of a block, so that money is exact."""
    spec, count = TOKENS[workload], calls(workload, entity)
    read, batch = cached(workload, entity, done), batched(workload, entity, done)
    keys = own_keys(entity) if spec.own_keys else {}
    parts = {**keys, "": 1 - sum(keys.values())} if keys else {"": np.ones(len(DATES))}
    for model, share in models(workload, entity, done).items():
        meters = {
            "input_tokens": spec.context * (1 - read) * ~batch,
            "cached_input_tokens": spec.context * read * ~batch,
            "output_tokens": spec.output * ~batch,
            "batch_input_tokens": spec.context * batch,
            "batch_output_tokens": spec.output * batch,
        }
        for customer, part in parts.items():
            for meter, tokens in meters.items():
                exact = count * share * part * tokens
                grain = (
                    1e6 if exact.mean() > 3e8 else 1e5 if exact.mean() > 6e6 else 1e4
                )  # tokens; large lines are written shorter
                quantity = np.round(exact / grain).astype(np.int64) * int(grain / 100)
                if quantity.any():
                    yield customer, model, meter, quantity


# customers -----------------------------------------------------------------------------------------------------------


@cache
def customers(entity: str) -> tuple[dict, ...]:
    """The customers of an entity, largest first: id, name, segment, since, weight (Pareto, heavy-tailed)."""
    stream = generator(SEED, f"customers/{entity}")
    number = CUSTOMERS[entity]
    weights = np.sort((1 - stream.random(number)) ** (-1 / PARETO))[::-1]
    first = np.sort(stream.random(number))  # larger ones tend to have come earlier
    order = np.argsort(np.argsort(first + 0.25 * stream.random(number)))
    found = []
    for i in range(number):
        words = [SYLLABLES[int(k)] for k in stream.integers(0, len(SYLLABLES), 2)]
        trade = TRADES[int(stream.integers(0, len(TRADES)))]
        day = 0 if i < 2 else int(order[i] / number * 600)
        found.append(
            {
                "id": f"{'us' if entity == 'inc' else 'de'}-{1001 + i}",
                "name": f"{''.join(words).title()} {trade}",
                "segment": "enterprise"
                if i < OWN_KEYS[entity]
                else "mid-market"
                if i < number // 3
                else "small",
                "since": str(DATES[day].astype("datetime64[M]")),
                "weight": float(weights[i]),
            }
        )
    return tuple(found)


@cache
def shares(entity: str) -> np.ndarray:
    """Share of each customer in an entity's tickets and documents by month, (month, customer); rows add up to 1."""
    listed = customers(entity)
    rows = np.zeros((len(MONTHS), len(listed)))
    for k, customer in enumerate(listed):
        age = (MONTHS - np.datetime64(customer["since"])).astype(int)
        wave = np.exp(
            np.cumsum(
                generator(SEED, f"customer/{entity}/{customer['id']}").standard_normal(len(MONTHS))
                * 0.05
            )
        )
        rows[:, k] = np.where(
            age < 0, 0.0, customer["weight"] * wave * np.minimum(1.0, (age + 1) / 6)
        )
    return rows / rows.sum(axis=1, keepdims=True)


def own_keys(entity: str) -> dict[str, np.ndarray]:
    """Share of the customers that have keys of their own, (day,) each."""
    at = (MONTH_OF - MONTHS[0]).astype(int)
    return {
        customer["id"]: shares(entity)[at, k]
        for k, customer in enumerate(customers(entity)[: OWN_KEYS[entity]])
    }


# stocks and seats ----------------------------------------------------------------------------------------------------


def recordings(entity: str, done: frozenset) -> dict[str, np.ndarray]:
    """GB of call recordings by storage class, (day,) each: nothing is deleted; the rule moves what is old enough from its day on."""
    written = driver("tickets", entity) * RECORDING_GB
    before = (
        written[:28].mean() * 150 * np.ones(1)
    )  # what lay there when the bill begins, all of it old
    total = before + np.cumsum(written)
    younger = lambda age: total - np.concatenate([np.full(age, before[0]), total[:-age]])
    if entity == "inc" and "A01" in done:
        on = since(ACTIONS["A01"][3])
        hot = np.where(on, younger(LIFECYCLE["cool_after"]), total)
        archive = np.where(on, total - younger(LIFECYCLE["archive_after"]), 0.0)
        return {"PND-HOT": hot, "PND-COOL": total - hot - archive, "PND-ARCHIVE": archive}
    return {"PND-HOT": total}


def stock_lines(entity: str, done: frozenset):
    """(workload, sku, quantity int64 (day,)): GB-months a day, stock ÷ days of the month."""
    as_quantity = lambda stock: np.round(stock / DAYS_IN_MONTH).astype(np.int64) * SCALE
    for sku, stock in recordings(entity, done).items():
        yield "call-recordings", sku, as_quantity(stock)
    for (workload, own), (level, growth) in VECTORS.items():
        if own == entity:
            yield (
                workload,
                "PND-VECTORS",
                as_quantity(
                    level * np.exp(growth * FROM_ANCHOR + noise(f"{entity}/{workload}", 0.01, 0.98))
                ),
            )
    if entity == DEMO_INDEX["entity"]:
        yield (
            "demo-index",
            "PND-VECTORS",
            as_quantity(np.where(since(DEMO_INDEX["since"]), float(DEMO_INDEX["GB"]), 0.0)),
        )


def seat_months(entity: str, done: frozenset) -> list[tuple[str, str, str, int, int]]:
    """(month, workload, sku, seats bought, seats opened at least once in the month): an S-curve of adoption, bought in tens ahead of it."""
    found = []
    for (workload, sku), by_entity in SEATS.items():
        final, middle, width, ahead = by_entity[entity]
        wave = generator(SEED, f"seats/{entity}/{workload}").standard_normal(len(MONTHS)) * 0.02
        for k, month in enumerate(MONTHS):
            age = (month.astype("datetime64[D]") - DATES[0]).astype(int) + 15
            active = int(round(final / (1 + np.exp(-(age - middle) / width)) * np.exp(wave[k])))
            reach = final / (1 + np.exp(-(age + 60 - middle) / width))
            bought = int(np.ceil((reach + ahead) / 10) * 10)
            if (
                entity == "inc"
                and workload == "coding-seats"
                and "A04" in done
                and str(month) >= ACTIONS["A04"][3][:7]
            ):
                bought -= 30
            found.append((str(month), workload, sku, bought, min(active, bought)))
    return found
