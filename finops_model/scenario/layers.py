"""Apply the layers of a scenario to the base that the ledger implies (docs/method §3.2).

The base's settings come first, then the changes of every layer, top to bottom.
"""

from __future__ import annotations

from dataclasses import fields

from ..errors import ScenarioError, nearest, unknown
from ..uncertainty.distributions import Distribution
from ..uncertainty.risks import NOTES
from . import ledger_base as base_facts
from .additions import add, add_commitment, add_risk, read_terms, set_risk
from .applied import (
    Applied,
    as_note,
    certain,
    first_day,
    kind_of,
    put,
    read_number,
    refuse_date,
    show,
    spelled,
    was,
)
from .changes import Event, escape, leaves, match, unescape
from .pulled.bought import is_lever
from .pulled.reading import lever_paths, read_escalation, refuse_beside, set_levers
from .purchases.agreements import add_agreement, known_terms, set_agreement
from .purchases.changes import add_purchase, is_stated, known_paths, set_purchase, state_cost
from .schema import Change, WorkloadSettings

TEXTS = ("driver", "unit", "team", "environment")
FIXED = ("block", "rate", "service")
RENAMED = "Where tags or tag_rules name its cost otherwise now, write that name here, or take the line out."


def apply_layers(scenario, facts) -> Applied:
    """Settings of the base, then the changes of every layer in file order."""
    layer = scenario.layers[0]
    document = layer.document
    drivers = tuple(sorted({*facts.drivers, *document.drivers}))
    applied = Applied(base_facts.tree(facts, drivers))
    _settings(applied, layer, facts, drivers)
    for name, dated in document.prices.items():
        paths = match(
            f"prices/{escape(name)}/price", sorted(leaves(applied.tree)), layer.at("prices", name)
        )
        for since, value in dated.items():
            where = layer.at("prices", name, since)
            applied.record(paths[0], show(value), where, f"from {since}")
            applied.events.append(
                Event(
                    paths[0],
                    "set",
                    read_number(value, paths[0], where),
                    first_day(since),
                    where,
                    "",
                    show(value),
                    paths[0],
                )
            )
    for name, terms in document.commitments.items():
        add_commitment(applied, name, terms, layer.at("commitments", name), None)
    for name, terms in document.risks.items():
        add_risk(applied, name, terms, layer.at("risks", name))
    for name, written in document.purchases.items():
        add_purchase(applied, name, written, layer.at("purchases", name), facts)
    for name, written in document.agreements.items():
        add_agreement(applied, name, written, layer.at("agreements", name), facts)
    for layer in scenario.layers:
        for i, change in enumerate(layer.document.changes):
            where = layer.at("changes", i)
            changed: list[str] = []
            if change.op == "add":
                add(applied, change, where, facts)
            else:
                changed = _change(applied, change, where, facts)
            if change.op == "add" and change.path.startswith("risks/"):
                continue  # said in words below
            applied.notes.append(
                as_note(
                    change.path,
                    show(change.value),
                    change,
                    change.kind or kind_of(change.path),
                    change.path,
                )
                | {
                    "how": change.op,
                    "was": was(applied, changed),
                    "since": change.since or "",
                    "inputs": spelled(change.path, change.value),
                }
            )
        for kind in ("assumption", "decision"):
            for written in getattr(layer.document, f"{kind}s"):
                applied.notes.append(as_note(written.text, written.value, written, kind, ""))
    for name, (terms, where, risk) in applied.risks.items():
        text = risk.words()
        applied.notes.append(
            {
                "text": f"{name}: {text}",
                "value": None,
                "kind": "assumption",
                "path": f"risks/{escape(name)}",
                **{key: str(terms.get(key, "")) for key in NOTES},
                "source": str(terms.get("source", "")) or where,
            }
        )
    return applied


def _settings(applied: Applied, layer, facts, drivers) -> None:
    """Drivers and per-workload settings of the base document."""
    for name, values in layer.document.drivers.items():
        for key in ("level", "growth_per_year"):
            _setting(
                applied,
                f"drivers/{escape(name)}/{key}",
                getattr(values, key),
                layer.at("drivers", name, key),
                values,
                key,
            )
    for name, values in layer.document.workloads.items():
        where = layer.at("workloads", name)
        if name == "from":
            continue
        if values == "ledger":
            raise ScenarioError(
                f"{where}: 'ledger' stands for workloads/from only; give '{name}' its settings."
            )
        if name not in applied.tree["workloads"]:
            guess = nearest(name, applied.tree["workloads"])
            if guess and guess not in layer.document.workloads and not facts.replay:
                if _says_nothing(values, drivers):
                    continue  # as `finops start` wrote it, before a rule of tags gave its cost another name
                raise ScenarioError(
                    unknown(where, "workload", name, applied.tree["workloads"], RENAMED)
                )
            text = (
                f"'{name}' is not in the ledger up to {facts.as_of}: its settings wait until it is"
            )
            applied.notes.append(
                {
                    "text": text,
                    "value": None,
                    "kind": "assumption",
                    "source": where,
                    "owner": "",
                    "review_by": "",
                    "because": "",
                    "path": base_facts.workload_path(name),
                }
            )
            continue
        own, path = applied.tree["workloads"][name], base_facts.workload_path(name)
        if values.driver is not None:
            driver = base_facts.pick_driver(
                values.driver, drivers, layer.at("workloads", name, "driver")
            )
            applied.record(
                f"{path}/driver", driver or "(none)", layer.at("workloads", name, "driver")
            )
            own["driver"] = driver
        if "elasticity" in values.model_fields_set:
            applied.record(
                f"{path}/elasticity",
                f"{values.elasticity:g}",
                layer.at("workloads", name, "elasticity"),
            )
            own["elasticity"] = values.elasticity
        for key in ("level", "growth_per_month"):
            at = layer.at("workloads", name, "demand", key)
            _setting(
                applied, f"{path}/demand/{key}", getattr(values.demand, key), at, values.demand, key
            )
        for model, share in values.routing.items():
            at = layer.at("workloads", name, "routing", model)
            target = match(f"{path}/routing/{escape(model)}", sorted(leaves(applied.tree)), at)[0]
            applied.record(target, f"{share:g}", at)
            applied.events.append(Event(target, "set", share, "", at, "", f"{share:g}"))


def _says_nothing(values: WorkloadSettings, drivers: tuple[str, ...]) -> bool:
    """Whether settings of a workload are those that it has without them."""
    alone = drivers[0] if len(drivers) == 1 else ""
    return (
        values.model_fields_set <= {"driver", "elasticity"}
        and values.elasticity == 1
        and values.driver in (None, alone)
    )


def _setting(applied: Applied, path: str, value, where: str, model, key: str) -> None:
    if key not in model.model_fields_set:
        return
    applied.record(path, show(value), where)
    number = read_number(value, path, where)
    if isinstance(number, Distribution):
        applied.events.append(Event(path, "set", number, "", where, "", show(value), path))
    else:
        put(applied.tree, path, number)


def _change(applied: Applied, change: Change, where: str, facts) -> list[str]:
    """A `set` or `scale` on every path that it names; these paths."""
    known = leaves(applied.tree)
    if is_stated(change.path):
        state_cost(applied, change, where, facts)
        return []
    if change.op == "set" and change.path.startswith(
        "risks/"
    ):  # fields that keep their default may be set too
        known = {
            f"risks/{escape(name)}/{one.name}": ""
            for name, (_, _, risk) in applied.risks.items()
            for one in fields(risk)
        } | known
    if change.op == "set" and change.path.startswith("purchases/"):
        known = known_paths(applied) | known
    if change.op == "set" and change.path.startswith("agreements/"):
        known = known_terms(applied) | known
    try:
        lever = is_lever(change.path)
        paths = match(change.path, lever_paths(facts) if lever else sorted(known), where)
    except ScenarioError:
        if facts.replay:
            return []  # not there yet on the day that is replayed
        paths = match(
            change.path, sorted({*known, *lever_paths(facts)}), where
        )  # says what is near
    refuse_beside(change, paths, where)
    if is_lever(paths[0]):
        return set_levers(applied, change, paths, where, facts)
    for path in paths:
        last = path.rsplit("/", 1)[1]
        if path.startswith("workloads/") and last in TEXTS and "/routing/" not in path:
            _set_text(applied, change, path, last, where)
        elif path.startswith("agreements/"):
            set_agreement(applied, change, path, known[path], where, facts)
        elif path.startswith("purchases/"):
            set_purchase(applied, change, path, known[path], where, _set_dated)
        elif not path.startswith("risks/") and (
            last in FIXED or isinstance(known[path], str) and not path.startswith("commitments/")
        ):
            raise ScenarioError(
                f"{where}: '{path}' comes from the ledger and cannot be changed here."
            )
        elif path.startswith("risks/"):
            set_risk(applied, change, path, where)
        elif path.startswith("commitments/") or last == "elasticity":
            _set_now(applied, change, path, known[path], where)
        else:
            _set_dated(applied, change, path, known[path], where)
    return paths


def _set_text(applied, change, path, last, where) -> None:
    if change.op != "set" or not isinstance(change.value, str):
        raise ScenarioError(f"{where}: '{path}' is a name; use op: set with a text.")
    if last == "driver":
        base_facts.pick_driver(change.value, applied.tree["drivers"], where)
    refuse_date(change, path, where)
    applied.record(path, change.value, where, change.because)
    put(applied.tree, path, change.value)


def _set_now(applied, change, path, before, where) -> None:
    """Terms of a commitment and elasticities hold for the whole run."""
    refuse_date(change, path, where)
    value = change.value
    if not isinstance(value, str) or isinstance(before, (int, float)):
        value = certain(read_number(value, path, where), path, where)
        if change.op == "scale":
            if not isinstance(before, (int, float)):
                raise ScenarioError(
                    f"{where}: '{path}' is '{before}' and cannot be scaled; use op: set."
                )
            value = before * value
    elif change.op == "scale":
        raise ScenarioError(f"{where}: '{path}' is '{before}' and cannot be scaled; use op: set.")
    if path.startswith("commitments/"):
        name = unescape(path.split("/")[1])
        key, *sku = [unescape(part) for part in path.split("/")[2:]]
        terms = applied.tree["commitments"][name]
        read_terms({**terms, key: {**terms[key], sku[0]: value} if sku else value}, where, path)
    if change.op == "set":
        applied.events.append(
            Event(
                path,
                "set",
                value if isinstance(value, float) else 0.0,
                "",
                where,
                change.because,
                show(change.value),
            )
        )
    applied.record(
        path,
        f"× {show(change.value)}" if change.op == "scale" else show(change.value),
        where,
        change.because,
    )
    put(applied.tree, path, value)


def _set_dated(applied, change, path, before, where) -> None:
    value = read_number(change.value, path, where)
    if "/routing/" in path:
        certain(value, path, where, " A share routed is a decision.")
    if path.startswith("recurring/"):
        certain(value, path, where, " What recurs is agreed.")
    earlier = any(event.path == path and event.op == "set" for event in applied.events)
    if change.op == "scale" and before == 0 and not earlier:
        raise ScenarioError(
            f"{where}: '{path}' is 0 in the base; scaling it changes nothing. Use op: set."
        )
    if change.per and not isinstance(value, Distribution):
        raise ScenarioError(
            f"{where}: per: {change.per} draws an uncertain value anew, but {show(change.value)} is certain. Take per out, or write a range."
        )
    since = first_day(change.since) if change.since else ""
    date = f" from {change.since}" if change.since else ""
    applied.record(
        path,
        f"× {show(change.value)}{date}" if change.op == "scale" else f"{show(change.value)}{date}",
        where,
        change.because,
    )
    applied.events.append(
        Event(
            path,
            change.op,
            value,
            since,
            where,
            change.because,
            show(change.value),
            change.path,
            change.per or "",
            read_escalation(change, path, where),
        )
    )
