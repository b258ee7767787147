"""Work that may be interrupted, on spot machines with checkpoints (docs/method §17.39)."""

from __future__ import annotations

import re

from ...scenario.changes import escape
from ...scenario.routing import price_today
from . import Ground, Recommendation
from ._machines import hour_skus
from ._tokens import steady_all_week

SHARE = 0.7  # of the hours that move; the rest stays where it is
CHEAPER = 0.7  # of the on-demand price, or less
WORDS = {"od", "on", "demand", "ondemand", "standard"}
INTERACTIVE = ("production", "prod", "live")


def advise(ground: Ground) -> list[Recommendation]:
    """One for each workload on demand that follows no driver, runs all week outside production, and whose machine has a spot price."""
    every = []
    for at, name in enumerate(ground.facts.names):
        if ground.follows.get(name) or not steady_all_week(ground, name):
            continue
        if ground.facts.meta.environment[at].casefold() in INTERACTIVE:
            continue
        units, bought = ground.bought[name]
        for sku in hour_skus(ground, name):
            spot = spot_of(
                sku, [other for other, known in bought.of.items() if known.sort == "hours"]
            )
            if not spot:
                continue
            dear, cheap = price_today(ground.facts, sku), price_today(ground.facts, spot)
            if not 0 < cheap <= CHEAPER * dear:
                continue
            every.append(
                ground.recommend(
                    "spot",
                    f"{name} {sku}",
                    name,
                    title=f"Run {100 * SHARE:.0f} % of {name}'s {sku} on spot, with checkpoints",
                    effort="high",
                    changes=(
                        {
                            "op": "add",
                            "path": f"purchases/{escape(name)} on spot",
                            "value": {
                                "way": "spot",
                                "for": {"workloads": [name], "skus": [sku], "share": SHARE},
                                "spot": cheap,
                                "on_demand": dear,
                                "available": {"min": 0.6, "mode": 0.85, "max": 1.0},
                                "rework": {"min": 1.02, "mode": 1.08, "max": 1.25},
                            },
                        },
                    ),
                    evidence=(
                        {"what": f"{sku}, an hour", "price": dear},
                        {"what": f"{spot}, an hour", "price": cheap},
                        {"what": sku, "cost a month": ground.cost(name, [sku])},
                    ),
                    risk="Spot machines are taken back: without checkpoints the work since the last one is lost.",
                    rollback="Ask for machines on demand again.",
                    group=f"{name}/{sku}",
                    why=f"It follows no driver and runs all week outside production; {spot} costs {100 * cheap / dear:.0f} % of {sku}.",
                    sure=spot in units,
                )
            )
    return every


def spot_of(sku: str, others) -> str:
    """The spot SKU of the same machine by its words; "" where there is none.

    >>> spot_of("HYP-H100-OD", ["HYP-A100-SPOT", "HYP-H100-SPOT"])
    'HYP-H100-SPOT'
    """
    own = _words(sku)
    if "spot" in own:
        return ""
    return next(
        (o for o in sorted(others) if "spot" in _words(o) and _words(o) - {"spot"} == own - WORDS),
        "",
    )


def _words(sku: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", sku.casefold())) - {""}
