"""Do ranges of realised savings hold the truth? (docs/method §17.65): python benchmarks/realised.py [histories] [seed]

Each history is a workload whose bill we made: volume with weekdays and growth, three meters whose use per unit of volume wanders (a daily
noise that lasts, and a level that drifts), a price cut at any time, an action that takes a share of the use away, or is claimed and not done.
The truth is what the same history would have cost without the action.
"""

from __future__ import annotations

import datetime as dt
import json
import sys

import numpy as np
import pandas as pd

from finops_model.measure.realised.saved import Realised, saved

START = dt.date(2025, 1, 6)


def wander(rng, n: int, sigma: float, phi: float) -> np.ndarray:
    """(day,) a noise with standard deviation sigma that lasts."""
    steps = rng.normal(0, sigma * np.sqrt(1 - phi**2), n)
    steps[0] = rng.normal(0, sigma)
    for i in range(1, n):
        steps[i] += phi * steps[i - 1]
    return steps


def history(rng, real: bool) -> dict:
    """DAILY rows, drivers, and the true saving of one action."""
    before, after = int(rng.integers(84, 401)), int(rng.integers(28, 201))
    n = before + after
    days = pd.date_range(START, periods=n)
    weekend = rng.uniform(0.2, 1.0)
    volume = (
        rng.uniform(500, 20_000)
        * np.where(days.weekday < 5, 1.0, weekend)
        * np.exp(
            rng.uniform(0, 0.05) / 30.4 * np.arange(n)
            + wander(rng, n, rng.uniform(0.03, 0.15), rng.uniform(0.2, 0.8))
        )
    )
    common = wander(rng, n, rng.uniform(0.02, 0.12), rng.uniform(0.2, 0.8))
    level = np.cumsum(rng.normal(0, rng.uniform(0, 0.02) / np.sqrt(30.4), n))  # up to 2 % a month
    use = np.stack(
        [
            size * volume * np.exp(common + level + wander(rng, n, rng.uniform(0, 0.06), 0.5))
            for size in rng.uniform(0.5, 3.0, 3)
        ],
        axis=1,
    )  # (day, meter)
    prices = np.tile(rng.uniform(0.001, 0.01, 3), (n, 1))
    if rng.random() < 0.6:
        prices[int(rng.integers(before // 2, n)) :] *= rng.uniform(0.6, 0.9)
    without = (use * prices).sum(axis=1)
    kept = use.copy()
    if real:
        share = rng.uniform(0.15, 0.6)
        if rng.random() < 0.5:  # less of everything
            kept[before:] *= 1 - share
        else:  # of the first meter goes to the third, which is cheaper
            prices[:, 2] = prices[:, 0] * 0.1
            without = (use * prices).sum(axis=1)
            move = np.zeros(n)
            move[before:] = rng.uniform(0.5, 0.9)
            kept[:, 2] += kept[:, 0] * move
            kept[:, 0] *= 1 - move
    cost = kept * prices
    frames = [
        pd.DataFrame(
            {
                "ChargeDate": days,
                "SkuId": f"sku-{k}",
                "ConsumedUnit": "Tokens",
                "ChargeCategory": "Usage",
                "CommitmentDiscountStatus": "",
                "ConsumedQuantity": kept[:, k],
                "EffectiveCost": cost[:, k].round(2),
                "ListCost": cost[:, k],
            }
        )
        for k in range(3)
    ]
    drivers = pd.DataFrame({"date": days, "name": "requests", "value": np.round(volume)})
    return {
        "rows": pd.concat(frames, ignore_index=True),
        "drivers": drivers,
        "done_on": days[before].date(),
        "last": days[-1].date(),
        "true": float((without - cost.sum(axis=1))[before:].sum()),
    }  # fmt: skip


def measured(case: dict) -> Realised:
    """What the product says of it."""
    found = saved(
        case["rows"], np.ones(len(case["rows"]), bool), case["drivers"], kind="", driver="requests",
        done_on=case["done_on"], last=case["last"],
    )  # fmt: skip
    assert isinstance(found, Realised), found
    return found


def study(count: int, seed: int) -> dict:
    """Coverage and width over `count` histories of real actions and as many of actions that were claimed alone."""
    result = {}
    for real in (True, False):
        rng = np.random.default_rng([seed, real])
        hits, halves, errors, shown = [], [], [], []
        for _ in range(count):
            case = history(rng, real)
            said = measured(case)
            hits.append(said.low <= case["true"] <= said.high)
            shown.append(said.chance >= 0.95)
            if real:
                halves.append((said.high - said.low) / 2 / case["true"])
                errors.append(said.saved / case["true"] - 1)
        result["real" if real else "claimed alone"] = {
            "histories": count,
            "held": float(np.mean(hits)),
            "shown": float(np.mean(shown)),
            **(
                {
                    "median half-width": float(np.median(halves)),
                    "median error": float(np.median(errors)),
                    "median |error|": float(np.median(np.abs(errors))),
                }
                if real
                else {}
            ),
        }
    return result


if __name__ == "__main__":
    count, seed = (int(a) for a in (*sys.argv[1:3], *("200", "19")[len(sys.argv[1:3]) :]))
    print(json.dumps(study(count, seed), indent=1))
