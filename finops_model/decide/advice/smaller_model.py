"""Work that a cheaper model does as well, by blind samples (docs/method §17.31)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from ...scenario.changes import escape
from ...scenario.routing import Routes, move, price_today, routes
from . import Ground, Recommendation

FLOOR = 0.02  # points of acceptance that a cheaper model may be below at most
WEEKS = 26  # newest weeks of samples that count
LEAST = 1000  # answers sampled of each model
SURE, WIDE = 1.645, 1.282  # one side of 95 % and of 90 %
FIRST_STEP = 0.5  # share of tokens where nobody in the company has gone further
CHEAPER = 0.9  # of today's price, or less


class Sampled(NamedTuple):
    """Answers of one model that were looked at."""

    sampled: float
    accepted: float

    @property
    def share(self) -> float:
        return self.accepted / self.sampled


def advise(ground: Ground) -> list[Recommendation]:
    """One for each workload of which a cheaper model's answers are accepted as often, less FLOOR at most."""
    if ground.quality is None or not len(ground.quality):
        return []
    every = []
    for at, name in enumerate(ground.facts.names):
        route, samples = routes(ground.facts, at), samples_of(ground.quality, name, ground.as_of)
        if not samples or not route.shares:
            continue
        main = max(route.shares, key=lambda model: route.shares[model])
        best = cheapest(ground, route, main, samples)
        if best is None:
            continue
        share, who = share_of(ground, name, best)
        if route.shares.get(best, 0.0) >= share - 0.05:
            continue
        every.append(_advice(ground, name, (main, best), (share, who), samples, route))
    return every


def samples_of(quality: pd.DataFrame, workload: str, as_of: str) -> dict[str, Sampled]:
    """Samples of a workload by model, of the newest weeks up to a day, of models with LEAST or more."""
    dates = pd.to_datetime(quality["date"])
    newest = pd.Timestamp(as_of)
    rows = quality[
        (quality["workload"] == workload)
        & (dates <= newest)
        & (dates > newest - pd.Timedelta(weeks=WEEKS))
    ]
    sums = rows.groupby("model")[["sampled", "accepted"]].sum()
    return {
        str(model): Sampled(float(row["sampled"]), float(row["accepted"]))
        for model, row in sums.iterrows()
        if row["sampled"] >= LEAST
    }


def gap(large: Sampled, small: Sampled, sigmas: float) -> float:
    """By how many points the small model may be accepted less often, at most, at so many standard errors."""
    error = math.sqrt(sum(s.share * (1 - s.share) / s.sampled for s in (large, small)))
    return large.share - small.share + sigmas * error


def cheapest(
    ground: Ground, route: Routes, main: str, samples: Mapping[str, Sampled]
) -> str | None:
    """The cheapest model whose answers hold the floor; None where there is none."""
    if main not in samples:
        return None
    prices = {
        model: cost_on(ground, route, model)
        for model in samples
        if model in route.shares and gap(samples[main], samples[model], SURE) <= FLOOR
    }
    today = cost_on(ground, route, main)
    cheaper = {m: p for m, p in prices.items() if m != main and p <= CHEAPER * today}
    return min(cheaper, key=lambda m: cheaper[m]) if cheaper else None


def cost_on(ground: Ground, route: Routes, model: str) -> float:
    """Money for one unit of the workload's volume with all its tokens on one model."""
    units = move(ground.facts, route, {**dict.fromkeys(route.shares, 0.0), model: 1.0})
    return sum(amount * price_today(ground.facts, sku) for sku, amount in units.items())


def share_of(ground: Ground, workload: str, model: str) -> tuple[float, str]:
    """The share of tokens that another entity has on the model for the same workload, and who; else a first step."""
    shares = {
        who: routes(facts, facts.names.index(workload)).shares.get(model, 0.0)
        for who, facts in ground.peers.items()
        if workload in facts.names
    }
    who = max(shares, key=lambda other: shares[other], default="")
    if who and shares[who] > 0.1:
        return round(shares[who], 2), who
    return FIRST_STEP, ""


def _advice(
    ground: Ground,
    name: str,
    models: tuple[str, str],
    step: tuple[float, str],
    samples: Mapping[str, Sampled],
    route: Routes,
) -> Recommendation:
    (main, best), (share, who) = models, step
    again = max(0.0, gap(samples[main], samples[best], WIDE))
    said = (
        f"{best} is accepted in {100 * samples[best].share:.1f} % of {samples[best].sampled:,.0f} blind samples, {main} in "
        f"{100 * samples[main].share:.1f} %"
    )
    return ground.recommend(
        "smaller_model",
        name,
        name,
        title=f"Write {100 * share:.0f} % of {name} with {best}",
        effort="medium",
        changes=(
            {
                "op": "set",
                "path": f"workloads/{escape(name)}/routing/{escape(best)}",
                "value": share,
                "escalation": round(again, 4),
            },
        ),
        evidence=tuple(
            {
                "what": f"accepted of {one}",
                "share": samples[one].share,
                "samples": samples[one].sampled,
                "tokens on it today": route.shares.get(one, 0.0),
            }
            for one in (main, best)
        ),
        risk=f"Hard cases may be worse than the samples say; {100 * again:.1f} % are counted as run again on {main}.",
        rollback=f"Route them to {main} again.",
        group=f"{name}/model",
        why=f"{said}; {f'{who} has {100 * share:.0f} % on it' if who else 'half of the tokens is a first step'}.",
    )
