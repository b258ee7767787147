"""Scenario documents: load in layers, resolve against the ledger, explain a value (docs/method §3).

A scenario is a question, a base and reasoned changes. Layers apply top to bottom, changes in file order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from ..documents import Document, checked, load_yaml
from ..errors import ScenarioError, together
from ..periods import add_months, fiscal_months, month_days, month_of, month_range
from ..schemas import check_schema
from ..uncertainty.risks import day_of
from . import ledger_base as base_facts
from .changes import Event, leaves, refuse_second_set
from .layering.layered import Layer, Scenario
from .placed import Placed
from .purchases.agreements import Placed as Agreed
from .purchases.terms import Purchase
from .schema import ScenarioDocument

DEEPEST = 8  # bases of bases


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """A scenario on the facts of one day."""

    scenario: Scenario
    facts: base_facts.Facts
    tree: dict  # values of the base, nested; changes are in `events`
    events: tuple[Event, ...]  # one per path and change, in order
    provenance: dict[
        str, list[tuple[str, str, str]]
    ]  # path -> (what, where, because), the base first
    launches: dict[str, dict]  # added workloads: name -> terms
    proposed: tuple[str, ...]  # commitments that the scenario adds
    months: tuple[str, ...]
    paths: int
    seed: int
    assumptions: tuple[dict, ...]
    shapes: Path | None = None
    risks: tuple[Placed, ...] = ()
    caps: tuple = ()  # spend caps, in the order of the files (pulled/caps.py)
    purchases: Mapping[str, Purchase] = field(default_factory=dict)
    agreements: Mapping[str, Agreed] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.scenario.name


def load_scenario(path) -> Scenario:
    """A scenario and the bases below it, checked.

    Parameters
    ----------
    path : path, Scenario or None
        A file; a Scenario is given back; None: the scenario in which nothing changes.

    Returns
    -------
    Scenario
        Its layers, the base first.

    Raises
    ------
    ScenarioError
        file:line: what, nearest match, what to do. Bases that lead back to themselves are refused.

    Source
    ------
    docs/method §3.1, §3.2.

    Examples
    --------
    >>> load_scenario(None).question
    'What will it cost if nothing changes?'
    """
    if isinstance(path, Scenario):
        return path
    if path is None:
        document = Document({"name": "Base", "question": "What will it cost if nothing changes?"})
        document.path, document.lines = "the ledger", {}
        return Scenario(
            "Base",
            document["question"],
            "",
            (Layer(checked(ScenarioDocument, document, ScenarioError), document),),
        )

    layers: list[Layer] = []
    current, seen = Path(path), []
    while True:
        real = current.resolve()
        if real in seen:
            raise ScenarioError(
                f"{layers[-1].at('base')}: base: '{layers[-1].document.base}' leads back to {current.name}. "
                "A base may not build on itself."
            )
        if len(seen) >= DEEPEST:
            raise ScenarioError(
                f"{path}: more than {DEEPEST} bases build on one another. Put their changes into fewer files."
            )
        seen.append(real)
        source = load_yaml(current, ScenarioError)
        check_schema("scenario", source.get("schema", 1), source.at("schema"), ScenarioError)
        layer = Layer(checked(ScenarioDocument, source, ScenarioError), source, str(real))
        layers.insert(0, layer)
        if layer.document.base is None:
            break
        current = below(layer.document.base, current.parent, layer.at("base"), "base")

    top = layers[-1].document
    return Scenario(top.name, top.question, str(path), tuple(layers))


def decision_of(path) -> dict[str, str]:
    """What a scenario file says of deciding it: {"by": day or "", "owner"}; who owns all its changes where it names no owner itself.

    Raises ScenarioError as `load_scenario` does.
    """
    top = load_scenario(path).layers[-1].document
    owners = dict.fromkeys(change.owner for change in top.changes if change.owner)
    return {"by": top.decide_by or "", "owner": top.owner or together(list(owners))}


def below(name: str, folder: Path, where: str, key: str, whose: str = "scenario's") -> Path:
    """The file `name` in `folder` or below; raises ScenarioError for any other place."""
    parts = PurePosixPath(name.replace("\\", "/"))
    target = folder / parts
    outside = (
        parts.is_absolute() or PureWindowsPath(name).drive or ".." in parts.parts or "\0" in name
    )
    if outside or not target.resolve().is_relative_to(folder.resolve()):
        raise ScenarioError(
            f"{where}: {key}: '{name}' lies outside the {whose} folder. Name a file in the same folder or below it."
        )
    if not target.is_file():
        load_yaml(
            target, lambda text: ScenarioError(f"{where}: {key}: {text}")
        )  # says what is near
    return target


def horizon(
    scenario: Scenario, as_of: str, fiscal_year_starts: int, months: int | None, replay: bool
) -> tuple[str, ...]:
    """Months of the run: from the month under way (or the next, at a month's end) through the end of next fiscal year."""
    wanted = scenario.base.horizon
    now = month_of(as_of)
    earliest = add_months(now, 1) if as_of == str(month_days(now)[-1]) else now
    first = earliest
    if wanted.first and not replay:
        first = wanted.first[:7]
        if first < earliest:
            raise ScenarioError(
                f"{scenario.layers[0].at('horizon', 'first')}: horizon/first is {first}, but the ledger knows days up "
                f"to {as_of}. The first month can be {earliest} or later; without it, {earliest} is taken."
            )
    count = months or wanted.months
    if count:
        return month_range(first, add_months(first, count - 1))
    return month_range(first, add_months(fiscal_months(earliest, fiscal_year_starts)[-1], 12))


def resolve(
    scenario: Scenario,
    daily=None,
    settings=None,
    as_of: str | None = None,
    *,
    facts=None,
    months: int | None = None,
    paths: int | None = None,
    replay: bool = False,
) -> Resolved:
    """The scenario on the ledger: the base's tree of values, and every change with its paths found.

    facts    base.read_facts(...), when several scenarios share them; else read from daily and settings
    months, paths   instead of what the file says; replay: names that are not there yet are left out, not refused

    Raises ScenarioError for a path that is not there, with the nearest one, and for a second set on a path and date.
    """
    from .layering.approved import with_approved
    from .layers import apply_layers

    facts = facts or base_facts.read_facts(daily, settings, as_of, replay)
    scenario = with_approved(scenario, settings, facts.as_of)
    applied = apply_layers(scenario, facts)
    refuse_second_set(applied.events)
    document = scenario.base
    shapes = None
    if document.shapes:
        shapes = below(
            document.shapes,
            Path(settings.root),
            scenario.layers[0].at("shapes"),
            "shapes",
            "company's",
        )
    return Resolved(
        scenario=scenario,
        facts=facts,
        tree=applied.tree,
        events=tuple(applied.events),
        provenance=applied.provenance,
        launches=applied.launches,
        purchases=applied.purchases,
        agreements=applied.agreements,
        proposed=tuple(applied.proposed),
        months=horizon(scenario, facts.as_of, settings.fiscal_year_starts, months, facts.replay),
        paths=paths or document.paths or settings.paths,
        seed=settings.seed if document.seed is None else document.seed,
        assumptions=(*applied.notes, *_two_seeds(scenario, settings)),
        shapes=shapes,
        caps=tuple(applied.caps.values()),
        risks=tuple(
            Placed(name, where, risk)
            for name, (_, where, risk) in applied.risks.items()
            if not facts.replay or day_of(risk.known_since or "0001-01") <= facts.as_of
        ),
    )


def _two_seeds(scenario: Scenario, settings) -> list[dict]:
    """The note that the scenario's own seed counts, where finops.yaml states another one."""
    own = scenario.base.seed
    if own is None or own == settings.seed or "seed" not in settings.model_fields_set:
        return []
    where = scenario.layers[0].at("seed")
    return [
        {
            "text": f"The seed is {own}, as the scenario says ({Path(where).name}); finops.yaml says {settings.seed}, which does not count. "
            "Take one of them out",
            "value": own,
            "kind": "assumption",
            "source": where,
            "owner": "",
            "review_by": "",
            "because": "",
            "path": "",
        }
    ]


def explain(resolved: Resolved, path: str) -> str:
    """Where a value comes from: `0.025  =  0.05 (00_base.yaml:14)  × 0.5 (20_smaller_model.yaml:9, "because …")`.

    Raises ScenarioError with the nearest match for a path that is not there.
    """
    import numpy as np

    from .changes import events_on, match, timeline
    from .pulled.reading import today_of

    known = leaves(resolved.tree)
    if path not in known and (untouched := today_of(resolved.facts, path)):
        return untouched
    lines = []
    for name in match(path, sorted(known), resolved.scenario.path or "the base"):
        steps = resolved.provenance.get(name, [(str(known[name]), "from the ledger", "")])
        words = []
        for i, (what, where, because) in enumerate(steps):
            reason = f', "{because}"' if because else ""
            words.append(
                f"{what} ({where}{reason})"
                if i == 0 or what.startswith("×")
                else f"→ {what} ({where}{reason})"
            )
        value = known[name]
        events = events_on(resolved, name)
        if isinstance(value, (int, float)) and events and "/routing/" not in name:
            end = np.datetime64(f"{resolved.months[-1]}-28", "D")
            final = timeline(np.array([float(value)]), events, np.array([end]))
            value = (
                f"{final.number[0]:g}"
                if final.certain
                else f"{final.number[0]:g} × an uncertain value"
            )
        elif events:
            value = events[-1].shown
        shown = f"{value:g}" if isinstance(value, float) else str(value) or "(none)"
        prefix = f"{name}: " if "*" in path else ""
        lines.append(f"{prefix}{shown}  =  {'  '.join(words)}")
    return "\n".join(lines)
