"""What comes of the layers of a scenario, and how a value of a change is read, shown and put there (docs/method §3.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..errors import ScenarioError
from ..uncertainty.distributions import Distribution
from ..uncertainty.elicit import is_range, read_value, shown
from ..uncertainty.risks import Risk
from .changes import Event, escape, leaves, unescape
from .pulled.bought import is_lever
from .schema import Change, number_or_range


@dataclass
class Applied:
    """What came of the layers; filled by `apply_layers` only."""

    tree: dict
    events: list[Event] = field(default_factory=list)
    provenance: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    launches: dict[str, dict] = field(default_factory=dict)
    proposed: list[str] = field(default_factory=list)
    risks: dict[str, tuple[dict, str, Risk]] = field(
        default_factory=dict
    )  # name -> its terms as written, where, what they mean
    caps: dict[str, Any] = field(default_factory=dict)  # name -> pulled.caps.Cap
    purchases: dict[str, Any] = field(default_factory=dict)  # name -> purchases.terms.Purchase
    agreements: dict[str, Any] = field(default_factory=dict)  # name -> purchases.agreements.Placed
    notes: list[dict] = field(default_factory=list)

    def record(self, path: str, what: str, where: str, because: str = "") -> None:
        if path not in self.provenance:
            known = leaves(self.tree).get(path, "")
            first = f"{known:g}" if isinstance(known, float) else str(known) or "(none)"
            self.provenance[path] = [(first, "from the ledger", "")]
        self.provenance[path].append((what, where, because))


def read_number(value, path: str, where: str) -> float | Distribution:
    """A number, or the distribution of a range; checked against what the path can be."""
    try:
        value = number_or_range(value)
    except ValueError as problem:
        raise ScenarioError(f"{where}: {path}: {problem}") from None
    growth = path.rsplit("/", 1)[1].startswith("growth_per")
    bound = -1.0 if growth else 0.0
    if isinstance(value, dict):
        return read_value(value, f"{where}: {path}", bound)
    if value < bound or (growth and value == bound):
        raise ScenarioError(
            f"{where}: {path} is {value:g}; it must be "
            + ("above -1 (-0.5 is half as much)." if growth else "0 or more.")
        )
    return value


def certain(value, path: str, where: str, why: str = "") -> float:
    if isinstance(value, Distribution):
        raise ScenarioError(
            f"{where}: {path} may not be uncertain.{why} Write one number, or a scenario for each."
        )
    return value


def refuse_per_month(change: Change, where: str) -> None:
    if change.per:
        raise ScenarioError(
            f"{where}: per: {change.per} belongs to values that change in time (levels, growth, prices); '{change.path}' is not one."
        )


def refuse_date(change: Change, path: str, where: str) -> None:
    refuse_per_month(change, where)
    if change.since:
        raise ScenarioError(
            f"{where}: '{path}' holds for the whole run and cannot change from {change.since}. Take since out."
        )


def put(tree: dict, path: str, value) -> None:
    *above, last = [unescape(part) for part in path.split("/")]
    for part in above:
        tree = tree[part]
    tree[last] = value


def first_day(text: str) -> str:
    """A month or day as a day.

    >>> first_day("2027-01")
    '2027-01-01'
    """
    return f"{text}-01" if len(text) == 7 else text


def show(value) -> str:
    if isinstance(value, dict):
        return shown(value) if is_range(value) else "added"
    return (
        f"{value:g}"
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else str(value)
    )


def spelled(path: str, value) -> list[list[str]]:
    """[path, value] of what a change writes; of terms that are added each term.

    >>> spelled("commitments/h100", {"quantity": 40.0, "term": {"months": 12}})
    [['commitments/h100/quantity', '40'], ['commitments/h100/term/months', '12']]
    """
    if isinstance(value, dict) and value and not is_range(value):
        terms = ((f"{path}/{escape(str(key))}", term) for key, term in value.items())
        return [row for place, term in terms for row in spelled(place, term)]
    return [[path, show(value)]]


def was(applied: Applied, paths: list[str]) -> str:
    """What stood on the paths of a change before it, where it is one value; else ''."""
    values = {applied.provenance[path][-2][0] for path in paths if path in applied.provenance}
    return values.pop() if len(values) == 1 else ""


def kind_of(path: str) -> str:
    return (
        "decision"
        if path.startswith(("caps/", "commitments/", "purchases/", "agreements/"))
        or "/routing/" in path
        or is_lever(path)
        else "assumption"
    )


def as_note(text: str, value, item, kind: str, path: str) -> dict:
    return {
        "text": text,
        "value": value,
        "kind": kind,
        "source": item.source,
        "owner": item.owner,
        "review_by": item.review_by or "",
        "because": item.because,
        "path": path,
    }
