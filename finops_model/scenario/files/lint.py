"""What is probably not meant in a scenario file: told all at once, each with its line and what to do (docs/method §3.82)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...errors import FinOpsError, ScenarioError
from ...periods import is_date
from ...uncertainty.distributions import Distribution
from ..applied import first_day, show
from ..changes import Event, leaves, unescape
from ..document import Layer, Resolved, Scenario, load_scenario, resolve
from .words import last_day, named, valued
from .writing import SUFFIXES, Written, folder_of

WRONG, DOUBT = "wrong", "look"
OFTEN = 20  # times what stood there: more is a slip of the unit more often than a plan
MONTHLY = 0.5  # of growth in a month: 50 % is 130 times a year
TRIES = 200  # changes that are refused, one after the other


@dataclass(frozen=True)
class Finding:
    """One thing to look at: `wrong` stops a run or moves nothing at all, `look` may be meant."""

    level: str
    where: str  # file:line
    text: str  # what, near word, what to do


def lint(path, facts, settings) -> list[Finding]:
    """Everything that is probably not meant in a scenario file, in the order of its lines.

    Parameters
    ----------
    path : path
        A scenario file.
    facts : Facts
        Of the workspace: what the ledger knows.
    settings : Settings
        Of the workspace.

    Returns
    -------
    list of Finding
        Empty: nothing to look at.

    Source
    ------
    docs/method §3.82.
    """
    try:
        scenario = load_scenario(path)
    except FinOpsError as problem:
        return [_said(line, str(path)) for line in str(problem).splitlines()]
    resolved, refused = resolve_what_can_be(scenario, facts, settings)
    notes = list(refused)
    if resolved is not None:
        layer = resolved.scenario.layers[-1]
        for check in (_dates, _overlaps, _units, _moves_nothing, _follows_nobody):
            notes += check(resolved, layer)
    return sorted(dict.fromkeys(notes), key=lambda note: (_line(note.where), note.level == DOUBT))


def resolve_what_can_be(
    scenario: Scenario, facts, settings
) -> tuple[Resolved | None, list[Finding]]:
    """The scenario without the changes that are refused, and what they are refused for, all of them."""
    refused: list[Finding] = []
    for _ in range(TRIES):
        try:
            return resolve(scenario, settings=settings, facts=facts), refused
        except ScenarioError as problem:
            text, layer = str(problem), scenario.layers[-1]
            at = next(
                (
                    i
                    for i in range(len(layer.document.changes))
                    if text.startswith(f"{layer.at('changes', i)}: ")
                ),
                None,
            )
            refused.append(_said(text.splitlines()[0], scenario.path))
            if at is None:
                return None, refused
            scenario = without(scenario, at)
    return None, refused


def without(scenario: Scenario, at: int) -> Scenario:
    """A scenario without one change of its own file; the lines of the others stay."""
    layer = scenario.layers[-1]
    document = layer.document.model_copy(
        update={"changes": [c for i, c in enumerate(layer.document.changes) if i != at]}
    )
    source = type(layer.source)(layer.source)
    source.path = layer.source.path
    if isinstance(source, Written) and isinstance(layer.source, Written):
        source.places = [place for i, place in enumerate(layer.source.places) if i != at]
    source.lines = {
        (place[0], place[1] - (place[1] > at), *place[2:])
        if len(place) > 1 and place[0] == "changes"
        else place: line
        for place, line in layer.source.lines.items()
        if place[:2] != ("changes", at)
    }
    return replace(
        scenario,
        layers=(
            *scenario.layers[:-1],
            replace(scenario.layers[-1], document=document, source=source),
        ),
    )


def _said(text: str, path: str) -> Finding:
    """A refusal as a finding: its place apart from its words."""
    place, mark, words = text.partition(": ")
    return Finding(WRONG, place, words) if mark and ":" in place else Finding(WRONG, path, text)


def _line(where: str) -> tuple[str, int]:
    place, _, number = where.rpartition(":")
    return place, int(number) if number.isdigit() else 0


def _dates(resolved: Resolved, layer: Layer) -> list[Finding]:
    """Days that have passed, changes before the first day of the run or after its last."""
    notes, as_of = [], resolved.facts.as_of
    first, last = f"{resolved.months[0]}-01", last_day(resolved.months)
    document = layer.document
    if document.decide_by and document.decide_by < as_of:
        notes.append(
            Finding(
                DOUBT,
                layer.at("decide_by"),
                f"decide_by {document.decide_by} has passed; the bill goes up to {as_of}. Name a later day, or take the scenario off the list.",
            )
        )
    for i, change in enumerate(document.changes):
        where = layer.at("changes", i, "since")
        since = first_day(change.since) if change.since else ""
        if since and since > last:
            notes.append(
                Finding(
                    WRONG,
                    where,
                    f"since {change.since} lies after the last month {resolved.months[-1]}: it moves nothing. Name an earlier month, or a longer horizon in the base.",
                )
            )
        elif since and since < first and change.op != "add":
            notes.append(
                Finding(
                    DOUBT,
                    where,
                    f"since {change.since} lies before the first month {resolved.months[0]}: what is booked does not change. Take since out, or name {resolved.months[0]}.",
                )
            )
        until = str(change.value.get("until", "")) if isinstance(change.value, dict) else ""
        after = np.datetime64(until, "D") + 1 if is_date(until) and len(until) == 10 else None
        if after is not None and str(after).endswith("-01"):
            notes.append(
                Finding(
                    DOUBT,
                    layer.at("changes", i),
                    f"until {until} is the first day without it, so the last day of that month is left out. Write until {after} to have the whole month.",
                )
            )
        if document.decide_by and since and since < document.decide_by and change.op != "add":
            notes.append(
                Finding(
                    DOUBT,
                    where,
                    f"since {change.since} begins before decide_by {document.decide_by}. Decide earlier, or begin later.",
                )
            )
        if change.review_by and first_day(change.review_by) < as_of:
            notes.append(
                Finding(
                    DOUBT,
                    layer.at("changes", i, "review_by"),
                    f"review_by {change.review_by} has passed. Look whether the value still holds, and name the next day.",
                )
            )
    return notes


def _overlaps(resolved: Resolved, layer: Layer) -> list[Finding]:
    """Two changes of one path where one undoes the other, or both count."""
    notes = []
    own = {layer.at("changes", i) for i in range(len(layer.document.changes))}
    by_path: dict[str, list[Event]] = {}
    for event in resolved.events:
        by_path.setdefault(event.path, []).append(event)
    told = set()
    for path, events in by_path.items():
        for at, later in enumerate(events):
            for before in events[:at]:
                if later.where not in own or (before.where, later.where) in told:
                    continue
                text = ""
                if later.op == "set" and before.op == "scale" and later.since <= before.since:
                    text = f"sets '{path}' and undoes the × {before.shown} at {before.where}. Put the set first, or take one of them out."
                elif later.op == before.op == "scale" and later.since == before.since:
                    text = f"'{path}' is multiplied here by {later.shown} and at {before.where} by {before.shown}: together {_product(later, before)}. Keep one of them, if that is not meant."
                if text:
                    told.add((before.where, later.where))
                    notes.append(Finding(DOUBT, later.where, text))
    return notes


def _product(one: Event, other: Event) -> str:
    if isinstance(one.value, Distribution) or isinstance(other.value, Distribution):
        return f"× {other.shown} × {one.shown}"
    return f"× {one.value * other.value:g}"


def _units(resolved: Resolved, layer: Layer) -> list[Finding]:
    """60 for 60 %, 120 for + 20 %, a price for another block than that of the ledger."""
    notes = []
    known = leaves(resolved.tree)
    for i, change in enumerate(layer.document.changes):
        where, value = layer.at("changes", i, "value"), change.value
        numbers = value.values() if isinstance(value, dict) and change.op != "add" else [value]
        plain = [n for n in numbers if isinstance(n, (int, float)) and not isinstance(n, bool)]
        if not plain or change.op == "add":
            continue
        most = max(plain)
        last = change.path.split("/")[-1]
        text = ""
        if change.op == "scale" and most >= OFTEN:
            text = f"× {most:g} means {most:g} times as much. For {most:g} % write {most / 100:g}, for {most:g} % more {1 + most / 100:g}."
        elif change.op == "set" and ("/routing/" in change.path) and most > 1:
            text = (
                f"a share is {most:g}; it must be from 0 to 1. For {most:g} % write {most / 100:g}."
            )
        elif change.op == "set" and last == "growth_per_month" and most > MONTHLY:
            text = f"growth of {valued(change.path, float(most))} a month is × {(1 + most) ** 12:,.3g} in a year. For {most:g} % write {most / 100:g}; for {most:g} in a year {(1 + most) ** (1 / 12) - 1:.4f}."
        elif change.op == "set" and last == "growth_per_year" and most > 3:
            text = f"growth of {valued(change.path, float(most))} a year. For {most:g} % write {most / 100:g}."
        elif change.op == "set" and change.path.endswith("/demand/level") and most >= OFTEN:
            text = f"a level is times the forecast, and {most:g} is {most:g} times. For {most:g} % write {most / 100:g}."
        elif change.op == "set" and last == "price":
            text = _price(resolved, known, change, plain)
        if text:
            notes.append(Finding(WRONG if "/routing/" in change.path else DOUBT, where, text))
    return notes


def _price(resolved: Resolved, known: dict, change, numbers: list) -> str:
    now = known.get(change.path)
    middle = sorted(numbers)[len(numbers) // 2]
    if not isinstance(now, float) or not now or not middle or 1 / OFTEN < middle / now < OFTEN:
        return ""
    terms = resolved.tree["prices"][unescape(change.path.split("/")[1])]
    block = f"{terms.get('block', 1):,.10g} {terms.get('unit', '')}".strip()
    return f"a price of {show(middle)} where {show(now)} is paid today; a price here is for {block}. Write it for {block}."


def _moves_nothing(resolved: Resolved, layer: Layer) -> list[Finding]:
    """Changes to what stands there already, × 1, prices of what nobody buys, launches that cost nothing."""
    notes, meta = [], resolved.facts.meta
    used = {sku.id for s, sku in enumerate(meta.skus) if resolved.facts.mix[:, s].any()}
    routed = {
        unescape(event.path.split("/")[3]) for event in resolved.events if "/routing/" in event.path
    }
    for i, change in enumerate(layer.document.changes):
        where, text = layer.at("changes", i, "value"), ""
        parts = [unescape(part) for part in change.path.split("/")]
        if change.op == "scale" and change.value == 1:
            text = "× 1 changes nothing. Write the factor, for example 1.2 for 20 % more."
        elif change.op == "set" and not isinstance(change.value, dict):
            steps = [
                resolved.provenance[path]
                for path in resolved.provenance
                if any(step[1] == layer.at("changes", i) for step in resolved.provenance[path][1:])
            ]
            if steps and all(len(step) == 2 and _same(step[0][0], change.value) for step in steps):
                text = f"{valued(change.path, change.value)} stands there already: it changes nothing. Write another value, or take the change out."
        elif (
            change.op == "add"
            and parts[0] == "workloads"
            and change.value.get("cost_per_month") == 0
        ):
            text = "cost_per_month is 0: the new workload costs nothing. Write what it costs a month once it runs fully."
        if not text and parts[0] == "prices" and len(parts) == 3 and parts[1] not in used | {"*"}:
            model = parts[1].split(":")[0]
            if model not in routed:
                where = layer.at("changes", i, "path")
                text = f"nobody buys {parts[1]} today, and no share is routed to it: its price moves nothing. Name one of: {', '.join(sorted(used)[:8])}."
        if text:
            notes.append(Finding(DOUBT, where, text))
    return notes


def _same(before: str, value) -> bool:
    try:
        return abs(float(before) - float(value)) <= 1e-12 * max(1.0, abs(float(value)))
    except (TypeError, ValueError):
        return before == str(value)


def _follows_nobody(resolved: Resolved, layer: Layer) -> list[Finding]:
    """Drivers that no workload follows, elasticities of workloads without a driver."""
    notes = []
    workloads = resolved.tree["workloads"]
    followed = {terms.get("driver") for terms in workloads.values()}
    for i, change in enumerate(layer.document.changes):
        parts = [unescape(part) for part in change.path.split("/")]
        where = layer.at("changes", i, "path")
        if parts[0] == "drivers" and parts[1] != "*" and parts[1] not in followed:
            names = sorted(name for name in followed if name)
            notes.append(
                Finding(
                    DOUBT,
                    where,
                    f"no workload follows the driver {parts[1]}: it moves nothing. Give a workload `driver: {parts[1]}` in the base"
                    + (f", or name one that is followed: {', '.join(names)}." if names else "."),
                )
            )
        if parts[2:] == ["elasticity"] and not workloads.get(parts[1], {"driver": "?"})["driver"]:
            notes.append(
                Finding(
                    DOUBT,
                    where,
                    f"{parts[1]} follows no driver, so {named(change.path)} moves nothing. Give it a driver first.",
                )
            )
    return notes


def files_of(settings) -> list[Path]:
    """All scenario files of a workspace: those that finops.yaml names, and what lies beside the base; no file twice."""
    named_files = [
        settings.path(name) for name in filter(None, [settings.scenario, *settings.what_ifs])
    ]
    folder = folder_of(settings)
    beside = sorted(
        path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.suffix.casefold() in SUFFIXES and path.is_file() and not path.name.startswith(".")
    )
    seen: dict[Path, Path] = {}
    for path in [*named_files, *beside]:
        if path.is_file():
            seen.setdefault(path.resolve(), path)
    return list(seen.values())
