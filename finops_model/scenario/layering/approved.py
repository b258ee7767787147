"""The base holds what was approved: changes of the scenario files of approved actions, from their day (docs/method §17.71)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import replace
from pathlib import Path

from ...documents import Document, checked, load_yaml, sha256_of
from ...errors import ScenarioError, nearest
from ...facts.cycle.actions import Action, read_actions
from ...periods import add_months, month_of
from ...settings import Settings
from ..applied import first_day
from ..schema import ScenarioDocument
from .layered import Layer, Scenario


def approved_of(settings: Settings, as_of: str) -> list[Action]:
    """Actions that were approved by the end of `as_of`, and by then not done: what is done shows on the bill."""
    day = dt.date.fromisoformat(as_of)
    return [one for one in _table(settings) if _open(one, day)]


def _table(settings: Settings) -> list[Action]:
    if not settings.actions:
        return []
    own = settings.own.name if settings.own else ""
    return read_actions(
        settings.path(settings.actions), settings.currency, own, [e.name for e in settings.entities]
    )


def _open(action: Action, day: dt.date) -> bool:
    known = action.decided_on or action.starts
    if action.decision == "approved":
        return action.decided_on is None or action.decided_on <= day
    if action.decision != "done" or not action.approved_by or action.done_on is None:
        return False
    return known is not None and known <= day < action.done_on  # as it was known on that day


def with_approved(scenario: Scenario, settings: Settings, as_of: str) -> Scenario:
    """The scenario with a layer for each approved action that names a scenario file, above the base of the workspace.

    A scenario on another base, and one that has them already, is given back as it is; so is every one where nothing is approved.
    Raises ScenarioError for a file that is not there, lies outside the workspace or is no scenario.
    """
    if not settings.actions or not _on_base(scenario, settings):
        return scenario
    layers = [
        _layer(action, settings, str(action.starts or action.decided_on))
        for action in approved_of(settings, as_of)
        if action.scenario
    ]
    if not layers:
        return scenario
    return Scenario(
        scenario.name,
        scenario.question,
        scenario.path,
        (scenario.layers[0], *layers, *scenario.layers[1:]),
    )


def mark(settings: Settings) -> str:
    """What bases of any day hold of approved actions, as a hash; "" where they hold none."""
    said = [
        [
            one.id,
            *map(str, (one.decided_on, one.starts, one.done_on)),
            sha256_of(place_of(one, settings)),
        ]
        for one in _table(settings)
        if one.scenario and one.approved_by and one.decision in ("approved", "done")
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest() if said else ""


def _on_base(scenario: Scenario, settings: Settings) -> bool:
    if any(layer.action for layer in scenario.layers):
        return False
    file = scenario.layers[0].file
    if not settings.scenario:
        return not file
    return bool(file) and Path(file) == settings.path(settings.scenario).resolve()


def place_of(action: Action, settings: Settings) -> Path:
    """The scenario file of an action. Raises ScenarioError where it is not there or lies outside the workspace."""
    root = Path(settings.root).resolve()
    place = (root / action.scenario).resolve()
    where = f"{settings.actions}: line {action.line}: scenario"
    if not place.is_relative_to(root):
        raise ScenarioError(
            f"{where}: '{action.scenario}' lies outside the workspace. Name a file in the folder of finops.yaml or below it."
        )
    if not place.is_file():
        there = sorted(
            file.relative_to(root).as_posix() for file in place.parent.glob("*.y*ml")
        )  # of its folder
        near = nearest(action.scenario, there)
        raise ScenarioError(
            f"{where}: there is no file '{action.scenario}'.{f' Did you mean {near!r}?' if near else ''} Name the file that holds the changes "
            f"of {action.id}, or leave the cell empty: then the forecast does not hold it."
        )
    return place


def open_scenario(action: Action, base: Scenario, settings: Settings, as_of: str) -> Scenario:
    """The base with what an open action would change, from its day, or from the month after `as_of`: what its saving is simulated with."""
    day = str(action.starts or f"{add_months(month_of(as_of), 1)}-01")
    layer = replace(_layer(action, settings, day), action="")
    return Scenario(action.id, base.question, base.path, (*base.layers, layer))


def files_of(settings: Settings) -> list[list[str]]:
    """Every scenario file that the table of actions names, as [name, sha256]; those that are not there are left out."""
    named = {one.scenario for one in _table(settings) if one.scenario}
    places = {name: settings.path(name) for name in sorted(named)}
    return [[name, sha256_of(place)] for name, place in places.items() if place.is_file()]


def _layer(action: Action, settings: Settings, day: str) -> Layer:
    """The changes of an action's file, none of them before `day`."""
    source = load_yaml(place_of(action, settings), ScenarioError)
    written = checked(ScenarioDocument, source, ScenarioError)
    changes = []
    for change, given in zip(written.changes, source.get("changes", []), strict=True):
        later = change.since is not None and first_day(change.since) > day
        changes.append(
            {
                **given,
                "since": change.since if later else day,
                "owner": change.owner or action.owner,
                "kind": change.kind or "decision",
            }
        )
    on = f" on {action.decided_on}" if action.decided_on else ""
    document = Document(
        {
            "name": action.action,
            "changes": changes,
            "decisions": [
                {
                    "text": f"{action.id}: {action.action}",
                    "value": None
                    if action.monthly_saving is None
                    else float(action.monthly_saving),
                    "because": f"approved by {action.approved_by}{on}"
                    if action.approved_by
                    else "",
                    "owner": action.owner,
                }
            ],
        }
    )
    document.path, document.lines = source.path, source.lines
    return Layer(checked(ScenarioDocument, document, ScenarioError), document, action=action.id)
