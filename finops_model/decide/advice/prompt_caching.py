"""Instructions that every request repeats, read from the cache (docs/method §17.25)."""

from __future__ import annotations

from ...errors import FinOpsError
from ...scenario.changes import escape
from ...scenario.levers.cache_hit import CacheHit
from ...scenario.pulled.bought import INPUTS
from . import Ground, Recommendation
from ._tokens import peer_shares, token_costs

LITTLE = 0.05  # of input read from the cache: below it nothing is cached yet
PEER = 0.2  # what another entity must reach before its share says anything


def advise(ground: Ground) -> list[Recommendation]:
    """Workloads that read no input from the cache, while the same workload of another entity does, and their models have a price for it."""
    every = []
    for name, (units, bought) in ground.bought.items():
        try:
            today = CacheHit.read(units, bought)
        except FinOpsError:
            continue  # no input tokens
        models = {bought.of[sku].model for sku in bought.skus(units, INPUTS)}
        priced = all((model, "cached") in bought.priced for model in models)
        peers = peer_shares(ground, name, CacheHit, least=PEER)
        if today is None or today >= LITTLE or not priced or not peers:
            continue
        who = max(peers, key=lambda other: peers[other])
        share = peers[who]
        cost = token_costs(ground, name, bought.skus(units, INPUTS))
        every.append(
            ground.recommend(
                "prompt_caching",
                name,
                name,
                title=f"Keep the instructions of {name} in the cache",
                effort="medium",
                changes=(
                    {
                        "op": "set",
                        "path": f"workloads/{escape(name)}/cache_hit",
                        "value": {"min": share / 2, "mode": share, "max": min(1.1 * share, 1.0)},
                    },
                ),
                evidence=(
                    {"what": "input read from the cache today", "share": today},
                    {"what": f"input read from the cache at {who}", "share": share},
                    *({"what": sku, "cost a month": amount} for sku, amount in cost.items()),
                ),
                risk="Where the start of a prompt changes from request to request, nothing is found in the cache.",
                rollback="Switch caching off; prompts stay as they are.",
                group=f"{name}/cache",
                why=f"{who} reads {100 * share:.0f} % of the same workload's input from the cache, here it is {100 * today:.0f} %.",
            )
        )
    return every
