"""Commitments that end: renewed with what is used, or let expire (docs/method §17.35)."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ...measure.page_one.deciding.commitments_held import held as held_of
from ...measure.page_one.deciding.commitments_held import term
from ...names import slug
from ...periods import add_months
from ...scenario.changes import escape
from ...scenario.schema import CommitmentTerms
from ...wording import day
from . import Ground, Recommendation

SIZES = (
    0.5,
    0.75,
    1.0,
    1.25,
    1.5,
)  # times what is held: alternatives, of which the best net is chosen
AHEAD = 12  # months within which a commitment ends to be looked at
LEFT_OUT = ("ContractCommitmentId", "ContractCommitmentDescription")


def advise(ground: Ground) -> list[Recommendation]:
    """Alternatives for each live commitment that ends within a year: the same terms again in several sizes; none of them worth it: let it expire."""
    every = []
    last = add_months(ground.as_of[:7], AHEAD)
    for record in ground.facts.inventory:
        name, end = (str(record.get(f"ContractCommitment{k}") or "") for k in ("Id", "PeriodEnd"))
        held = _number(record.get("ContractCommitmentQuantity"))
        skus = [s for s in re.split(r"[;,|]\s*", str(record.get("x_SkuIds") or "")) if s]
        if not name or not held or not skus or not ground.as_of < end[:10] or end[:7] > last:
            continue
        sizes = {_size(held, size) for size in SIZES}  # of a small one two may be one
        every += [_advice(ground, record, size, skus) for size in sorted(sizes)]
    return every


def _size(held: float, size: float) -> float:
    """What is renewed: as it is held, else whole units."""
    return held if size == 1 else max(round(held * size), 1)


def _advice(ground: Ground, record: dict, quantity: float, skus: list[str]) -> Recommendation:
    name, end = str(record["ContractCommitmentId"]), str(record["ContractCommitmentPeriodEnd"])[:10]
    start = str(record.get("ContractCommitmentPeriodStart") or "")[:10]
    months = _months(start, end)
    held = _number(record["ContractCommitmentQuantity"])
    unit = str(record.get("ContractCommitmentUnit") or "")
    terms = {
        key: value
        for key in CommitmentTerms.model_fields
        if key not in LEFT_OUT and (value := _plain(record.get(key))) is not None
    }
    terms |= {
        "ContractCommitmentLifecycleStatus": "Proposed",
        "ContractCommitmentQuantity": quantity,
        "ContractCommitmentPeriodStart": end,
        "ContractCommitmentPeriodEnd": f"{add_months(end[:7], months)}{end[7:]}",
        "x_SkuIds": skus,
    }
    used, paid = _used(ground, name, skus)
    last = (term(record) or ("", end))[1]
    return ground.recommend(
        "commitments",
        name,
        "",  # of all that use its SKUs
        id=slug(f"commitments-{name}-{quantity:g}"),
        title=f"Renew {name} with {held_of(quantity, unit or 'units')}",
        category="rate",
        since=end[:7],
        expires=end,
        owner=str(record.get("x_Owner") or ""),
        changes=({"op": "add", "path": f"commitments/{escape(name)} renewed", "value": terms},),
        evidence=(
            {"what": "held an hour", "quantity": held},
            {"what": "used of it, newest four weeks", "share": used},
            {"what": "bought on demand beside it, an hour", "quantity": paid},
        ),
        risk=f"It is paid until {terms['ContractCommitmentPeriodEnd']} whether it is used or not; the vendor may offer other terms than today's.",
        rollback="There is none before it ends: buy less if use is in doubt.",
        group=f"{name}/renewal",
        why=f"{name} ends with {day(last)}; without it the same use goes on demand.",
    )


def _used(ground: Ground, name: str, skus: list[str]) -> tuple[float | None, float]:
    """(share of the commitment's cost that was used, units an hour on demand of its SKUs), newest four weeks."""
    rows = ground.recent
    own = rows[rows["CommitmentDiscountId"] == name]
    whole = float(own["EffectiveCost"].sum())
    lost = float(own.loc[own["CommitmentDiscountStatus"] == "Unused", "EffectiveCost"].sum())
    beside = rows[rows["SkuId"].isin(skus) & rows["CommitmentDiscountId"].eq("")]
    hours = 24.0 * max(rows["ChargeDate"].nunique(), 1)
    return (1 - lost / whole if whole else None), float(beside["ConsumedQuantity"].sum()) / hours


def _months(start: str, end: str) -> int:
    """Whole months of a term, one at least."""
    if not start:
        return 12
    return max(int((np.datetime64(end[:7], "M") - np.datetime64(start[:7], "M")).astype(int)), 1)


def _number(value) -> float:
    try:
        return float(value or 0)
    except ValueError:
        return 0.0


def _plain(value) -> Any:
    """A cell of the inventory as a value: a number where it is one; None where it is empty."""
    text = str(value or "").strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text[:10] if re.match(r"\d{4}-\d\d-\d\dT", text) else text
