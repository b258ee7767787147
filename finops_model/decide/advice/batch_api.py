"""Work that nobody waits for, sent in batches (docs/method §17.24)."""

from __future__ import annotations

from ...errors import FinOpsError
from ...scenario.changes import escape
from ...scenario.levers.batch_share import TO, BatchShare
from . import Ground, Recommendation
from ._tokens import peer_shares, steady_all_week, token_costs

LITTLE = 0.05  # of tokens in batches: below it nothing is batched yet
WAITED_FOR = ("production", "prod", "live")


def advise(ground: Ground) -> list[Recommendation]:
    """Workloads whose tokens have a batch price and are not batched, where another entity batches the same work, or nobody waits for it."""
    every = []
    for name, (units, bought) in ground.bought.items():
        try:
            today = BatchShare.read(units, bought)
        except FinOpsError:
            continue  # no tokens
        movable = [
            sku
            for sku in bought.skus(units, ("input", "output"))
            if (bought.of[sku].model, TO[bought.of[sku].role]) in bought.priced
        ]
        if today is None or today >= LITTLE or not movable:
            continue
        peers = peer_shares(ground, name, BatchShare, least=0.5)
        if not peers and not _nobody_waits(ground, name):
            continue
        cost = token_costs(ground, name, movable)
        best = max(peers.values(), default=0.0)
        value = best if best >= 0.95 else {"min": 0.5, "mode": 0.9, "max": 1.0}
        shown = [
            {"what": f"{who} sends in batches", "share": share} for who, share in peers.items()
        ]
        every.append(
            ground.recommend(
                "batch_api",
                name,
                name,
                title=f"Send {name} through the batch tier",
                changes=(
                    {"op": "set", "path": f"workloads/{escape(name)}/batch_share", "value": value},
                ),
                evidence=(
                    {"what": "in batches today", "share": today},
                    *shown,
                    *({"what": sku, "cost a month": amount} for sku, amount in cost.items()),
                ),
                risk="Answers come within a day instead of seconds; a job that waits for them has to be planned anew.",
                rollback="Send the requests to the live endpoint again.",
                group=f"{name}/tier",
                why=(
                    f"{max(peers, key=lambda who: peers[who])} sends the same work in batches, at the batch price."
                    if peers
                    else "No driver and no customer waits for it, it runs at weekends as on weekdays, and its models have a batch price."
                ),
                sure=bool(peers),
            )
        )
    return every


def _nobody_waits(ground: Ground, name: str) -> bool:
    """Whether a workload follows no driver, is not in production, and runs on a schedule: weekends as weekdays."""
    at = ground.facts.names.index(name)
    environment = ground.facts.meta.environment[at].casefold()
    return (
        not ground.follows.get(name)
        and environment not in WAITED_FOR
        and steady_all_week(ground, name)
    )
