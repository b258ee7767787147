"""Whose use of the ledger a purchase takes over: `for: {workloads, skus, share}` (docs/method §3.44)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ...checks import written_share
from ...errors import ScenarioError, unknown
from ..routing import meter_of

KEYS = ("workloads", "skus", "share")
NOT_WITH = ("growth_per_month", "driver", "elasticity", "like", "exactly")
HOME = ("business_unit", "team", "environment", "service")
ALIKE = {
    "cached_input": "cache_read",
    "cache_write": "cache_write_5m",
    "batch_input": "input",
    "batch_output": "output",
}


@dataclass(frozen=True)
class Takes:
    """Patterns of workloads and SKUs (`*` stands for any letters; () means all), and the share of their use."""

    workloads: tuple[str, ...]
    skus: tuple[str, ...]
    share: float

    def has(self, workload: str, sku: str) -> bool:
        """Whether use of this SKU by this workload is meant."""
        return any(like(workload, p) for p in self.workloads or ("*",)) and any(
            like(sku, p) for p in self.skus or ("*",)
        )


def like(name: str, pattern: str) -> bool:
    """Whether a name is meant by a pattern in which `*` stands for any letters."""
    plain = pattern.replace("[", "[[]").replace("?", "[?]")  # only * stands for others
    return fnmatchcase(name, plain) if "*" in pattern else name == pattern


def read_takes(written: Mapping, fields_set, at: str) -> Takes:
    """`for:` as a purchase says it; raises ScenarioError: unknown keys, no share, what belongs to a use of its own."""
    for key in written:
        if key not in KEYS:
            raise ScenarioError(unknown(f"{at}/for", "key", str(key)[:60], KEYS))
    for key in (*NOT_WITH, *HOME):
        if key in fields_set:
            why = (
                "the use is the ledger's: change it at workloads/NAME/demand"
                if key in NOT_WITH
                else "its cost goes to the workloads whose use it takes"
            )
            raise ScenarioError(f"{at}/{key}: with for:, {why}. Take {key} out.")
    names = {}
    for key in ("workloads", "skus"):
        value = written.get(key, [])
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise ScenarioError(
                f"{at}/for/{key} is '{str(value)[:40]}'; write a name or a list of names."
            )
        names[key] = tuple(value)
    if not any(names.values()):
        raise ScenarioError(
            f"{at}/for: whose use does it take over? Write workloads, skus or both, for example for: {{workloads: [chat], share: 0.6}}."
        )
    share = written.get("share", 1.0)
    if isinstance(share, Mapping):
        raise ScenarioError(
            f"{at}/for/share may not be uncertain: how much moves is a decision. Write one number, or a scenario for each."
        )
    try:
        share = written_share(share)
    except ValueError as problem:
        raise ScenarioError(f"{at}/for/share: {problem}") from None
    return Takes(names["workloads"], names["skus"], float(share))


def check_names(takes: Takes, workloads, skus, at: str) -> None:
    """Raises ScenarioError for a pattern that names nothing of the ledger."""
    for key, patterns, known in (
        ("workloads", takes.workloads, workloads),
        ("skus", takes.skus, skus),
    ):
        for pattern in patterns:
            if not any(like(name, pattern) for name in known):
                raise ScenarioError(
                    unknown(
                        f"{at}/for/{key}",
                        key[:-1].replace("sku", "SKU"),
                        pattern[:80],
                        sorted(known),
                    )
                )


def meter_for(form: type[Any], way: str, sku, at: str) -> str:
    """The meter of a way that takes the use of a SKU; raises ScenarioError where it meters no such thing."""
    if len(form.METERS) == 1:
        return form.METERS[0]
    own = meter_of(sku).removesuffix("_tokens")
    for name in (own, ALIKE.get(own)):
        if name is not None and name in form.METERS:
            return name
    raise ScenarioError(
        f"{at}/for: SKU '{sku.id}' meters '{meter_of(sku)}', and {way} meters {', '.join(form.METERS)}. Name skus of these meters."
    )
