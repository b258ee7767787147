"""What a lever sees of a workload: model, role and sort of every SKU, and which SKU prices a role (docs/method §3.60)."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from ...errors import FinOpsError, ScenarioError, listing, nearest
from ...prices.lists.catalog import catalog_price, is_linear
from ...units import UNITS, spell
from ..levers import kinds
from ..routing import meter_of

INPUTS = ("input", "cached", "write", "batch_input", "batch_cached")  # roles of input tokens
OUTPUTS = ("output", "reasoning", "batch_output")
WORDS = {
    "input": "input tokens",
    "cached": "cached input tokens",
    "write": "cache-write tokens",
    "output": "output tokens",
    "reasoning": "reasoning tokens",
    "batch_input": "batch input tokens",
    "batch_output": "batch output tokens",
    "batch_cached": "cached input tokens in a batch",
}


UNTOLD = (
    "None of them is known to count tokens: the bill says it by the unit Tokens (ConsumedUnit), the model (x_Model) and the "
    "meter, as Input tokens (SkuMeter). Take the vendor's own export or a FOCUS file with these columns."
)


def role_of(meter: str) -> str:
    """The role of a meter of tokens; "" for what is neither input nor output of text.

    >>> [role_of(m) for m in ("input_tokens", "cached_input_tokens", "cache_write_tokens", "batch_output_tokens", "audio_input")]
    ['input', 'cached', 'write', 'batch_output', '']
    """
    text = meter.casefold()
    if any(word in text for word in ("audio", "image", "video", "storage")):
        return ""
    batch = "batch_" if "batch" in text else ""
    if "cach" in text:
        written = any(word in text for word in ("write", "creation"))
        return "write" if written else f"{batch}cached"
    if "reason" in text or "thinking" in text:
        return "reasoning"
    if "output" in text or "completion" in text:
        return f"{batch}output"
    return f"{batch}input" if "input" in text or "prompt" in text else ""


def is_lever(path: str) -> bool:
    """Whether a path is that of a lever of a workload.

    >>> is_lever("workloads/chat/cache_hit"), is_lever("workloads/chat/demand/level")
    (True, False)
    """
    parts = path.split("/")
    return len(parts) == 3 and parts[0] == "workloads" and parts[2] in kinds()


def sort_of(unit: str) -> str:
    """What a unit counts: tokens, hours (of machines), stock (bytes held), or other.

    >>> [sort_of(u) for u in ("Tokens", "GPU-hours", "GB-Mo", "Requests", "USD")]
    ['tokens', 'hours', 'stock', 'other', 'other']
    """
    try:
        known = spell(unit)
    except FinOpsError:
        return "other"
    dimension = UNITS.get(known, ("", 1.0, False))[0]
    if known == "Tokens":
        return "tokens"
    if dimension == "data-time":
        return "stock"
    return "hours" if dimension.endswith("time") else "other"


@dataclass(frozen=True)
class Meter:
    """One SKU as a lever sees it."""

    model: str
    meter: str  # as routing spells it
    role: str  # of tokens; "" otherwise
    sort: str


@dataclass(frozen=True)
class Bought:
    """What a workload buys, and the SKUs it could buy instead."""

    name: str  # of the workload
    of: Mapping[str, Meter]  # every SKU of ledger and catalog
    priced: Mapping[tuple[str, str], str]  # (model, role) -> SKU
    metered: Mapping[tuple[str, str], str]  # (model, meter) -> SKU

    def skus(self, units: Mapping, roles: tuple[str, ...], model: str | None = None) -> list[str]:
        """SKUs of `units` with one of the roles, of one model or of all."""
        return [
            sku
            for sku in units
            if self.of[sku].role in roles and model in (None, self.of[sku].model)
        ]

    def sorted_as(self, units: Mapping, sort: str, named=(), hint: str = "") -> list[str]:
        """SKUs of `units` that count `sort`, or those that match the names; refuses where there are none."""
        if named:
            chosen = [sku for sku in units if any(fnmatchcase(sku, one) for one in named)]
            for one in named:
                if not any(fnmatchcase(sku, one) for sku in units):
                    near = nearest(one, list(units))
                    more = f" Did you mean '{near}'?" if near else ""
                    raise ScenarioError(
                        f"skus: '{one}' is no SKU of '{self.name}'.{more} It uses: {listing(sorted(units))}."
                    )
            return chosen
        chosen = [
            sku
            for sku in units
            if self.of[sku].sort == sort and (not hint or hint in sku.casefold())
        ]
        if not chosen:
            what = {"hours": "machine hours", "stock": "bytes held over time"}[sort]
            called = f" and is called {hint}" if hint else ""
            raise ScenarioError(
                f"no SKU of '{self.name}' counts {what}{called}. Name those it acts on: with: {{skus: [NAME]}}. It uses: "
                f"{listing(sorted(units))}."
            )
        return chosen

    def tokens(self, units: Mapping, roles: tuple[str, ...]) -> list[str]:
        """SKUs of tokens in these roles; refuses where there are none."""
        chosen = self.skus(units, roles)
        if not chosen:
            # a table of the company's own may spell tokens so that nobody can tell: the lever is not to blame
            spelt = any(self.of[sku].sort == "tokens" and self.of[sku].role for sku in units)
            more = "" if spelt else " " + UNTOLD
            raise ScenarioError(
                f"'{self.name}' has no {WORDS[roles[0]]} in the ledger's newest 28 days. It uses: {listing(sorted(units))}.{more}"
            )
        return chosen

    def sku(self, model: str, role: str) -> str:
        """The SKU that prices a role of a model; refuses where there is none."""
        if (model, role) not in self.priced:
            raise ScenarioError(
                f"'{model}' has no price for {WORDS[role]}. Add it to the price documents."
            )
        return self.priced[model, role]


def bought_of(facts, workload: int) -> Bought:
    """The SKUs of ledger and catalog as levers of a workload (by position) see them."""
    of: dict[str, Meter] = {}
    for sku in facts.meta.skus:
        counted = sku.kind == "units"
        sort, meter = sort_of(sku.unit) if counted else "other", meter_of(sku)
        role = role_of(meter) if sort == "tokens" else ""
        of[sku.id] = Meter(sku.model if counted else "", meter, role, sort)
    for sku, history in facts.catalog.prices.items() if facts.catalog is not None else ():
        price = catalog_price(facts.catalog, sku, facts.as_of)
        if sku not in of and price is not None and is_linear(price):
            sort, meter = sort_of(history[-1].unit), history[-1].meter
            of[sku] = Meter(
                history[-1].model, meter, role_of(meter) if sort == "tokens" else "", sort
            )
    priced: dict[tuple[str, str], str] = {}
    metered: dict[tuple[str, str], str] = {}
    for sku, known in of.items():  # the ledger's first
        if known.model and known.role:
            priced.setdefault((known.model, known.role), sku)
        if known.model:
            metered.setdefault((known.model, known.meter), sku)
    return Bought(facts.names[workload], of, priced, metered)


def true_units(facts, workload: int) -> dict[str, float]:
    """Units of each SKU per unit of volume, as they were used: without what stands for a price of the workload's own (§3.18)."""
    name = facts.names[workload]
    return {
        sku.id: float(facts.mix[workload, s]) / facts.meta.paid.get((name, sku.id), 1.0)
        for s, sku in enumerate(facts.meta.skus)
        if facts.mix[workload, s] > 0
    }


def added(units: MutableMapping, sku: str, amount) -> None:
    """`amount` more of a SKU, in place."""
    units[sku] = units.get(sku, 0.0) + amount


def sum_of(units: Mapping, skus) -> float:
    """All units of some SKUs."""
    return float(sum(float(np.mean(units[sku])) for sku in skus))


def scaled(units: Mapping, skus, factor) -> dict:
    """Units with some SKUs times a factor."""
    return dict(units) | {sku: units[sku] * factor for sku in skus}
