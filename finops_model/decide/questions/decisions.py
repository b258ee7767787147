"""What can still be decided: scenario files that are decisions, taken together, and begun later (docs/method §8.74, §8.75)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import ScenarioError, together
from ...periods import add_months, month_days
from ...scenario.applied import kind_of
from ...scenario.document import Layer, Scenario, load_scenario
from ...scenario.pulled.reading import is_lever
from ...scenario.schema import Change
from ...settings import Settings
from ...wording import clean

DATED = (
    "since",
    "until",
    "ContractCommitmentPeriodStart",
    "ContractCommitmentPeriodEnd",
)  # of what a change adds
DATE = re.compile(r"\d{4}-\d\d(-\d\d)?")


@dataclass(frozen=True)
class Decision:
    """A scenario file that somebody can decide."""

    name: str
    file: str  # relative to the workspace where it lies in it
    by: str  # last day on which deciding it is of use, as the file says; "" where it says none
    owner: str
    layers: tuple[Layer, ...]  # without the base

    @property
    def changes(self) -> list[Change]:
        return [change for layer in self.layers for change in layer.document.changes]

    def start(self, first: str) -> str:
        """The month in which it begins to act, at the earliest `first`, the first month that is simulated."""
        begins = [change.since[:7] for change in self.changes if change.since]
        return max(min(begins, default=first), first)


def decisions_of(
    settings: Settings, as_of: str, files: Sequence[Path] | None = None
) -> tuple[list[Decision], list[str]]:
    """The decisions of a workspace, by file, and why a scenario is none or no longer one.

    files   those named, each of them taken for a decision; None: the what-ifs of finops.yaml and all beside the base scenario

    A scenario is a decision where it says `decide_by`, or where all its changes are decisions (commitments, purchases, routing,
    levers, or `kind: decision`).
    Raises ScenarioError for a file named, here or in finops.yaml, that makes no sense.
    """
    base = load_scenario(settings.path(settings.scenario) if settings.scenario else None)
    named = [settings.path(name) for name in settings.what_ifs] if files is None else list(files)
    beside: list[Path] = []
    if files is None and settings.scenario:
        folder = Path(settings.path(settings.scenario)).parent
        beside = sorted(folder.glob("*.yaml")) + sorted(folder.glob("*.yml"))
    own = {Path(base.path).resolve()} if base.path else set()
    own.add(
        (Path(settings.root) / "finops.yaml").resolve()
    )  # may lie beside the base, and is no scenario
    found, notes, seen, fates = [], list[str](), set(own), list[str]()
    for path in [*named, *beside]:
        real = Path(path).resolve()
        if real in seen:
            continue
        seen.add(real)
        try:
            scenario = load_scenario(path)
        except ScenarioError as problem:
            if path in named:
                raise
            inside = f"{Path(settings.root).resolve()}/"
            notes.append(f"Left out: {problem}".replace(inside, ""))
            continue
        why, fate = _why_not(scenario, base, as_of, asked=files is not None)
        if fate:
            fates.append(f"{clean(scenario.name)} ({real.name}: {clean(fate)})")
        elif why is None:
            found.append(_decision(scenario, settings))
        elif why:
            notes.append(f"Left out: {clean(scenario.name)} ({real.name}) {why}.")
    if fates:
        notes.append(
            f"Left out as what may happen, no decision: {', '.join(fates)}. Where somebody can decide one, give it decide_by:, or its "
            "changes kind: decision."
        )
    return found, notes


def _decision(scenario: Scenario, settings: Settings) -> Decision:
    top, path = scenario.layers[-1].document, Path(scenario.path)
    owners = dict.fromkeys(change.owner for change in top.changes if change.owner)
    root = Path(settings.root).resolve()
    file = path.resolve()
    return Decision(
        clean(scenario.name),
        str(file.relative_to(root)) if file.is_relative_to(root) else file.name,
        top.decide_by or "",
        clean(top.owner or together(list(owners))),
        scenario.layers[1:],
    )


def _why_not(scenario: Scenario, base: Scenario, as_of: str, asked: bool) -> tuple[str | None, str]:
    """Why a scenario is no decision, "" for what is no scenario over a base at all, None: it is one; and the first path that nobody decides."""
    top = scenario.layers[-1].document
    if len(scenario.layers) < 2:
        return "is a base of its own: it has no base:" if asked else "", ""
    if scenario.layers[0].source != base.layers[0].source:
        return "builds on another base than finops.yaml names", ""
    changes = [change for layer in scenario.layers[1:] for change in layer.document.changes]
    if not changes:
        return "changes nothing", ""
    if top.decide_by and top.decide_by < as_of:
        return f"had to be decided by {top.decide_by}: that day is over", ""
    if asked or top.decide_by:
        return None, ""
    return None, next((one.path for one in changes if not _decides(one)), "")


def _decides(change: Change) -> bool:
    """Whether somebody can decide a change: as it says, else commitments, purchases, routing and levers."""
    if change.kind:
        return change.kind == "decision"
    return kind_of(change.path) == "decision" or is_lever(change.path)


def apart(one: Decision, other: Decision) -> str:
    """Why two decisions cannot be taken together: the path on which one says what the other says too; "" where they can."""
    for mine in _own(one, other):
        for theirs in _own(other, one):
            if "scale" in (mine.op, theirs.op) and mine.op == theirs.op:
                continue
            if _meet(mine.path.split("/"), theirs.path.split("/")):
                return mine.path if "*" not in mine.path else theirs.path
    return ""


def _own(one: Decision, other: Decision) -> list[Change]:
    """Changes of files that the other one is not built on as well."""
    shared = [layer.source for layer in other.layers]
    layers = [layer for layer in one.layers if layer.source not in shared]
    return [change for layer in layers for change in layer.document.changes]


def _meet(one: list[str], other: list[str]) -> bool:
    """Whether two paths name one value, or one a part of the other; `*` is any segment.

    >>> _meet(["w", "*", "level"], ["w", "chat", "level"]), _meet(["w", "a"], ["w", "b"]), _meet(["p", "x"], ["p", "x", "use"])
    (True, False, True)
    """
    return all(a == b or "*" in (a, b) for a, b in zip(one, other, strict=False))


def joint(base: Scenario, members: Sequence[Decision], delay: int = 0, first: str = "") -> Scenario:
    """Several decisions as one scenario: their layers over the base in their order, begun `delay` months later.

    first   the first month that is simulated: what began before it, or has no date, is delayed from there
    """
    layers, there = list(base.layers), []
    for member in members:
        for layer in member.layers:
            if layer.source in there:
                continue  # two decisions on one file between them and the base
            there.append(layer.source)
            layers.append(_later(layer, delay, first) if delay else layer)
    name = " + ".join(member.name for member in members) or base.name
    return Scenario(name, base.question, base.path, tuple(layers))


def _later(layer: Layer, delay: int, first: str) -> Layer:
    changes = [
        change.model_copy(
            update={
                "since": _moved(change.since or first, delay, first),
                "value": _dates(change.value, delay, first),
            }
        )
        for change in layer.document.changes
    ]
    return replace(layer, document=layer.document.model_copy(update={"changes": changes}))


def _moved(date: str, delay: int, first: str = "") -> str:
    """A month or day, so many months later; what lies before `first` counts from there.

    >>> _moved("2026-11", 3), _moved("2026-01-31", 1), _moved("2026-01", 1, "2026-07")
    ('2027-02', '2026-02-28', '2026-08')
    """
    if date[:7] < first:
        return add_months(first, delay)
    month = add_months(date[:7], delay)
    if len(date) == 7:
        return month
    return f"{month}-{min(int(date[8:]), len(month_days(month))):02}"


def _dates(value, delay: int, first: str):
    """What a change adds, its own dates moved with it."""
    if not isinstance(value, dict):
        return value
    return {
        key: _moved(item, delay, first if key in ("since", DATED[2]) else "")
        if key in DATED and isinstance(item, str) and DATE.fullmatch(item)
        else item
        for key, item in value.items()
    }
