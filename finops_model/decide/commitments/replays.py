"""The rule replayed on the bill of a workspace: every offer, those that see the same usage together (docs/method §8.85)."""

from __future__ import annotations

import numpy as np

from ...errors import FinOpsError, listing
from .demand import Workspace, history_by_sku, signed_hours
from .limits import Limits
from .offers import Offer
from .replay import Replay, replay_commitments
from .search.layers import usage_of
from .search.stacked import stack_of


def replays_of(
    work: Workspace, offers, prices, *, months: int, objective, beta, limits, progress
) -> tuple[tuple[Replay, ...], list[str]]:
    """One replay for all offers that see the same usage, in units or in money, with the terms that fit into it; why others have none.

    A longer term would be paid for inside the replay only: its discount would count and its risk would not.
    """
    replays: list[Replay] = []
    notes: list[str] = []
    for skus, held in _alike(offers, prices, notes).items():
        fits = [offer for offer in held if offer.term_months <= max(months, 12)]
        names = listing([offer.name for offer in held])
        if not fits:
            notes.append(f"No replay of {names}: no term on offer fits into {months} months.")
            continue
        try:
            history, first_day = history_by_sku(work, skus[0])
            hours = len(next(iter(history.values())))
            signed, rate = (
                signed_hours(work, skus[0], first_day, hours)
                if fits[0].kind == "units"
                else (np.zeros(hours), 0.0)
            )
            replays.append(
                replay_commitments(
                    history,
                    fits,
                    first_day=first_day,
                    months=months,
                    prices=prices,
                    objective=objective,
                    beta=beta,
                    limits=Limits(**limits),
                    signed=signed if signed.any() else None,
                    signed_rate=rate or None,
                    currency=work.currency,
                    name=listing([offer.name for offer in fits]),
                    progress=progress,
                )
            )
        except (
            FinOpsError
        ) as problem:  # a short history is no reason to keep the recommendation back
            notes.append(f"No replay of {names}: {problem}")
    return tuple(replays), notes


def _alike(offers, prices, notes: list[str]) -> dict[tuple, list[Offer]]:
    """Offers by what they see: their SKUs, in what order, and what a unit saves there."""
    alike: dict[tuple, list[Offer]] = {}
    for offer in offers:
        if offer.penalty is not None:
            notes.append(f"No replay of {offer.name}: the bill does not tell what was blocked.")
            continue
        usage = usage_of({sku: np.ones((1, 1)) for sku in offer.skus})
        stack = stack_of(offer, usage, prices)
        alike.setdefault((stack.usage.skus, stack.scale, stack.worth), []).append(offer)
    return alike
