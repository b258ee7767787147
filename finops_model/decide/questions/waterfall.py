"""Each change of a scenario alone, all of them jointly, and what the two differ by (docs/method §3.69)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...errors import ScenarioError
from ...scenario.applied import show
from ...scenario.document import Layer, Scenario
from ...scenario.schema import Change
from ...wording import clean, money, pictures
from .answer import Answer
from .decisions import Decision, joint

SMALL = 0.005  # money below which two amounts are one


@dataclass(frozen=True)
class Part(Layer):
    """Some changes of a file, which know the lines where they stand."""

    positions: tuple[int, ...] = ()

    def at(self, *location) -> str:
        """file:line of the change in its file."""
        if len(location) > 1 and location[0] == "changes":
            location = ("changes", self.positions[location[1]], *location[2:])
        return self.source.at(location)


@dataclass(frozen=True)
class Step:
    """What stands alone: a change, changes that belong together, or a file."""

    name: str
    because: str
    scenario: Scenario
    silent: bool = False  # it routes tokens and nothing is said of what is run again
    cap: bool = False  # it refuses work


@dataclass(frozen=True, kw_only=True)
class Fallen:
    """What was simulated on common draws: differences to the base by path, money."""

    name: str
    steps: Sequence[Step]
    alone: Sequence[np.ndarray]  # by step, (path,)
    jointly: np.ndarray  # (path,)
    base: float
    currency: str
    months: tuple[str, ...]
    paths: int
    seed: int
    engine: str
    as_of: str
    refused: Mapping[str, float] | None = None  # of caps, jointly: see `caps_words`
    notes: tuple[str, ...] = ()


def steps_of(scenario: Scenario) -> tuple[Scenario, list[Step]]:
    """The base below a scenario, and each of its changes alone.

    Changes of one path, of what one change adds, and of the shares of one workload belong together. Raises ScenarioError where nothing is changed.
    """
    own = scenario.layers[1:] or scenario.layers
    under = scenario.layers[:1]
    if len(scenario.layers) == 1:
        under = (_part(scenario.layers[0], ()),)
    groups: dict[str, list[tuple[Layer, int]]] = {}
    adds = [c.path for layer in own for c in layer.document.changes if c.op == "add"]
    for layer in own:
        for i, change in enumerate(layer.document.changes):
            groups.setdefault(_group(change, adds), []).append((layer, i))
    if not groups:
        raise ScenarioError(
            f"{scenario.path or scenario.name}: it changes nothing, so that there is nothing to take apart. Name a scenario with changes."
        )
    base = replace(scenario, name="Base", layers=under)
    return base, [_step(scenario, under, own, members) for members in groups.values()]


def files_of(scenarios: Sequence[Scenario]) -> tuple[Scenario, list[Step], Scenario]:
    """The base below several scenarios, each of them alone, and all of them as one. Raises ScenarioError where their bases differ."""
    first = scenarios[0]
    for one in scenarios:
        if len(one.layers) < 2 or one.layers[0].source != first.layers[0].source:
            raise ScenarioError(
                f"{one.path or one.name}: it builds on another base than {first.path or first.name}; what they do together is not known. "
                "Give both the same base:."
            )
    base = Scenario("Base", "", first.layers[0].source.path or "", first.layers[:1])
    decisions = [Decision(one.name, one.path, "", "", one.layers[1:]) for one in scenarios]
    steps = [
        Step(
            clean(one.name),
            clean(one.question),
            one,
            routes_silently(one),
            any(_is_cap(c) for layer in one.layers[1:] for c in layer.document.changes),
        )
        for one in scenarios
    ]
    return base, steps, joint(base, decisions)


def fallen(found: Fallen) -> Answer:
    """The answer to `finops compare --waterfall`; means add up exactly: Σ alone + overlap = jointly."""
    alone = [float(one.mean()) for one in found.alone]
    whole = float(found.jointly.mean())
    overlap = whole - sum(alone)
    both = found.jointly - np.sum(found.alone, axis=0)
    rows = [_row(step.name, step.because, one) for step, one in zip(found.steps, found.alone)]
    rows += [
        _row("overlap", "what they do together less what each does alone", both),
        _row("together", found.name, found.jointly),
    ]
    rows[-2]["change"] = overlap  # the difference of what is shown, to the last bit
    span = f"{found.months[0]} to {found.months[-1]}"
    names = [str(row["step"]) for row in rows]
    said = [money_signed(float(row["change"]), found.currency) for row in rows]
    return Answer(
        question="compare",
        sentence=_sentence(found, alone, overlap, whole, span),
        table=pd.DataFrame(rows),
        forms=dict.fromkeys(("change", "P10", "P90", "standard error"), "money"),
        range=_range(found),
        reason=_reason(found, alone, overlap),
        next_best=_alone(found, alone),
        currency=found.currency,
        notes=(*_notes(found, span), *found.notes),
        figures={
            "base": found.base,
            "steps": dict(zip(names, alone, strict=False)),
            "sum_alone": sum(alone),
            "overlap": overlap,
            "together": whole,
            "together_p10": float(np.quantile(found.jointly, 0.1)),
            "together_p90": float(np.quantile(found.jointly, 0.9)),
            "caps": found.refused or {},
            "months": list(found.months),
            "paths": found.paths,
            "seed": found.seed,
            "engine": found.engine,
            "as_of": found.as_of,
        },
        picture=pictures.waterfall(
            names[:-1],
            [float(row["change"]) for row in rows[:-1]],
            said[:-1],
            words=f"What each change of {found.name} does to the cost of {span} alone, what they overlap by, and what they do together.",
            axis=f"change of the expected cost, {found.currency}",
            total_label=said[-1],
        ),
    )


def routes_silently(scenario: Scenario) -> bool:
    """Whether a scenario routes tokens above its base and does not say what is run again."""
    own = scenario.layers[1:] or scenario.layers
    return any(_silent(change) for layer in own for change in layer.document.changes)


def silence(name: str) -> str:
    """The sentence on a share routed without a word on what is run again."""
    return (
        f"{name}: nothing is said of what the larger model runs again, so none is counted and the saving may be too high. "
        "Write escalation: beside the share (0.08 is 8 % of what is routed)."
    )


def money_signed(value: float, currency: str) -> str:
    """Money with a sign: below 0 is less than the base.

    >>> money_signed(12.0, "USD"), money_signed(-12.0, "USD"), money_signed(0.001, "USD")
    ('+$12.00', '−$12.00', '$0.00')
    """
    if abs(value) < SMALL:
        return money(0.0, currency)
    return ("+" if value > 0 else "") + money(value, currency)


def _group(change: Change, adds: Sequence[str]) -> str:
    for path in adds:
        if change.path == path or change.path.startswith(f"{path}/"):
            return path
    head, routed, _ = change.path.partition("/routing/")
    return f"{head}/routing" if routed else change.path


def _part(layer: Layer, positions: Sequence[int]) -> Part:
    changes = [layer.document.changes[i] for i in positions]
    document = layer.document.model_copy(update={"changes": changes})
    return Part(
        document, layer.source, file=layer.file, action=layer.action, positions=tuple(positions)
    )


def _step(scenario: Scenario, under, own, members) -> Step:
    parts = [_part(layer, [i for of, i in members if of is layer]) for layer in own]
    layers = (*under, *parts) if len(scenario.layers) > 1 else tuple(parts)
    changes = [layer.document.changes[i] for layer, i in members]
    return Step(
        clean("; ".join(dict.fromkeys(_name(change) for change in changes))),
        clean(changes[0].because),
        replace(scenario, layers=layers),
        any(map(_silent, changes)),
        any(map(_is_cap, changes)),
    )


def _name(change: Change) -> str:
    """A change in a few words: its path without the shelf, and the value."""
    place = change.path.removeprefix("workloads/")
    if change.op == "add":
        return change.path
    value = show(change.value)
    again = "" if change.escalation is None else f", {show(change.escalation)} run again"
    return f"{place} {'×' if change.op == 'scale' else '='} {value}{again}"


def _silent(change: Change) -> bool:
    return "/routing/" in change.path and change.escalation is None


def _is_cap(change: Change) -> bool:
    return change.path.startswith("caps/")


def _row(name: str, because: str, difference: np.ndarray) -> dict:
    low, high = (float(v) for v in np.quantile(difference, (0.1, 0.9)))
    error = float(difference.std(ddof=1) / np.sqrt(len(difference)))
    return {
        "step": name,
        "change": float(difference.mean()),
        "P10": low,
        "P90": high,
        "standard error": error,
        "because": because,
    }


def _does(value: float, currency: str) -> str:
    if abs(value) < SMALL:
        return "leave the expected cost as it is"
    return f"{'lower' if value < 0 else 'raise'} the expected cost by {money(abs(value), currency)}"


def _sentence(found: Fallen, alone, overlap: float, whole: float, span: str) -> str:
    currency, many = found.currency, len(alone)
    caps = [step for step in found.steps if step.cap]
    what = "The change" if many == 1 else f"Together the {many} changes"
    does = _does(whole, currency)
    if many == 1:
        does = does.replace("lower", "lowers", 1).replace("raise", "raises", 1)
        does = does.replace("leave", "leaves", 1)
    text = f"{what} of {found.name} {does} over {span}"
    if caps and len(caps) == many:
        text = f"{found.name}: cost avoided by a cap, work refused: {money(abs(whole), currency)} over {span}"
    elif caps:
        text += ", part of it cost avoided by a cap, work refused"
    if many == 1:
        return f"{text}."
    total = sum(alone)
    if abs(overlap) < SMALL:
        return f"{text}; each alone adds up to the same, so they do not overlap."
    return f"{text}; each alone adds up to {money_signed(total, currency)}, so the overlap is {money_signed(overlap, currency)}."


def _range(found: Fallen) -> str:
    low, high = (float(v) for v in np.quantile(found.jointly, (0.1, 0.9)))
    error = float(found.jointly.std(ddof=1) / np.sqrt(len(found.jointly)))
    return (
        f"together {money_signed(low, found.currency)} to {money_signed(high, found.currency)} in 8 of 10 futures; the mean is known to "
        f"± {money(error, found.currency)} (standard error)."
    )


def _reason(found: Fallen, alone, overlap: float) -> str:
    if len(alone) == 1:
        return "one change, nothing to overlap with."
    if abs(overlap) < SMALL:
        return "the changes act on different cost, or add up where they meet."
    if overlap * sum(alone) < 0:
        return "the changes take from the same cost: what one has changed the other finds changed already."
    return "where the changes meet they multiply: together they do more than one by one."


def _alone(found: Fallen, alone) -> str:
    if len(alone) == 1:
        return ""
    if min(alone) >= 0:  # nothing lowers the cost: the one that raises it most is what matters
        most = int(np.argmax(alone))
        return f"of single changes {found.steps[most].name} raises the cost most: {money_signed(alone[most], found.currency)} alone."
    least = int(np.argmin(alone))
    return f"of single changes {found.steps[least].name} lowers the cost most: {money_signed(alone[least], found.currency)} alone."


def _notes(found: Fallen, span: str) -> list[str]:
    notes = [
        f"Base: {money(found.base, found.currency)} expected over {span}; {found.paths:,} futures, seed {found.seed}, engine {found.engine}, "
        f"data up to {found.as_of}. All of it on the same futures; below 0 is less than the base.",
    ]
    notes += [silence(step.name) for step in found.steps if step.silent]
    for step, one in zip(found.steps, found.alone):
        if step.cap:
            notes.append(
                f"{step.name}: cost avoided by a cap, work refused: {money(abs(float(one.mean())), found.currency)}. It is no saving: the work is not done."
            )
    return notes
