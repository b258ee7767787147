"""Apply the layers of a scenario to the base that the ledger implies (docs/method §3.2).

The base's settings come first, then the changes of every layer, top to bottom.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
from pydantic import ValidationError

from ..errors import ScenarioError, nearest, unknown
from ..periods import is_date
from ..prices.terms.contracts import KNOWN, TABLES, read_tables
from ..uncertainty.distributions import Distribution
from ..uncertainty.elicit import is_range, read_value, shown
from ..uncertainty.risks import NOTES, Risk
from ..uncertainty.risks import make as make_risk
from . import ledger_base as base_facts
from .changes import Event, escape, leaves, match, unescape
from .schema import Change, CommitmentTerms, Launch, number_or_range

TEXTS = ("driver", "unit", "team", "environment")
FIXED = ("block", "rate", "service")


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
    notes: list[dict] = field(default_factory=list)

    def tell(self, path: str, what: str, where: str, because: str = "") -> None:
        if path not in self.provenance:
            known = leaves(self.tree).get(path, "")
            first = f"{known:g}" if isinstance(known, float) else str(known) or "(none)"
            self.provenance[path] = [(first, "from the ledger", "")]
        self.provenance[path].append((what, where, because))


def apply_layers(scenario, facts) -> Applied:
    """Settings of the base, then the changes of every layer in file order."""
    layer = scenario.layers[0]
    document = layer.document
    drivers = tuple(sorted({*facts.drivers, *document.drivers}))
    done = Applied(base_facts.tree(facts, drivers))
    _settings(done, layer, facts, drivers)
    for name, dated in document.prices.items():
        paths = match(
            f"prices/{escape(name)}/price", sorted(leaves(done.tree)), layer.at("prices", name)
        )
        for since, value in dated.items():
            where = layer.at("prices", name, since)
            done.tell(paths[0], _show(value), where, f"from {since}")
            done.events.append(
                Event(
                    paths[0],
                    "set",
                    _value(value, paths[0], where),
                    _day(since),
                    where,
                    "",
                    _show(value),
                    paths[0],
                )
            )
    for name, terms in document.commitments.items():
        _add_commitment(done, name, terms, layer.at("commitments", name), None)
    for name, terms in document.risks.items():
        _add_risk(done, name, terms, layer.at("risks", name))
    for layer in scenario.layers:
        for i, change in enumerate(layer.document.changes):
            where = layer.at("changes", i)
            if change.op == "add":
                _add(done, change, where, facts)
            else:
                _change(done, change, where, facts.replay)
            if change.op == "add" and change.path.startswith("risks/"):
                continue  # told in words below
            done.notes.append(
                _note(
                    change.path,
                    _show(change.value),
                    change,
                    change.kind or _kind(change.path),
                    change.path,
                )
            )
        for kind in ("assumption", "decision"):
            for note in getattr(layer.document, f"{kind}s"):
                done.notes.append(_note(note.text, note.value, note, kind, ""))
    for name, (terms, where, risk) in done.risks.items():
        text = risk.words()
        done.notes.append(
            {
                "text": f"{name}: {text}",
                "value": None,
                "kind": "assumption",
                "path": f"risks/{escape(name)}",
                **{key: str(terms.get(key, "")) for key in NOTES},
                "source": str(terms.get("source", "")) or where,
            }
        )
    return done


def _settings(done: Applied, layer, facts, drivers) -> None:
    """Drivers and per-workload settings of the base document."""
    for name, values in layer.document.drivers.items():
        for key in ("level", "growth_per_year"):
            _setting(
                done,
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
        if name not in done.tree["workloads"]:
            guess = nearest(name, done.tree["workloads"])
            if guess and guess not in layer.document.workloads and not facts.replay:
                raise ScenarioError(unknown(where, "workload", name, done.tree["workloads"]))
            text = (
                f"'{name}' is not in the ledger up to {facts.as_of}: its settings wait until it is"
            )
            done.notes.append(
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
        own, path = done.tree["workloads"][name], base_facts.workload_path(name)
        if values.driver is not None:
            driver = base_facts.pick_driver(
                values.driver, drivers, layer.at("workloads", name, "driver")
            )
            done.tell(f"{path}/driver", driver or "(none)", layer.at("workloads", name, "driver"))
            own["driver"] = driver
        if "elasticity" in values.model_fields_set:
            done.tell(
                f"{path}/elasticity",
                f"{values.elasticity:g}",
                layer.at("workloads", name, "elasticity"),
            )
            own["elasticity"] = values.elasticity
        for key in ("level", "growth_per_month"):
            at = layer.at("workloads", name, "demand", key)
            _setting(
                done, f"{path}/demand/{key}", getattr(values.demand, key), at, values.demand, key
            )
        for model, share in values.routing.items():
            at = layer.at("workloads", name, "routing", model)
            target = match(f"{path}/routing/{escape(model)}", sorted(leaves(done.tree)), at)[0]
            done.tell(target, f"{share:g}", at)
            done.events.append(Event(target, "set", share, "", at, "", f"{share:g}"))


def _setting(done: Applied, path: str, value, where: str, model, key: str) -> None:
    if key not in model.model_fields_set:
        return
    done.tell(path, _show(value), where)
    number = _value(value, path, where)
    if isinstance(number, Distribution):
        done.events.append(Event(path, "set", number, "", where, "", _show(value), path))
    else:
        _put(done.tree, path, number)


def _change(done: Applied, change: Change, where: str, replay: bool) -> None:
    """A `set` or `scale` on every path that it names."""
    known = leaves(done.tree)
    if change.op == "set" and change.path.startswith(
        "risks/"
    ):  # fields that keep their default may be set too
        known = {
            f"risks/{escape(name)}/{one.name}": ""
            for name, (_, _, risk) in done.risks.items()
            for one in fields(risk)
        } | known
    try:
        paths = match(change.path, sorted(known), where)
    except ScenarioError:
        if replay:
            return  # not there yet on the day that is replayed
        raise
    for path in paths:
        last = path.rsplit("/", 1)[1]
        if path.startswith("workloads/") and last in TEXTS and "/routing/" not in path:
            _set_text(done, change, path, last, where)
        elif not path.startswith("risks/") and (
            last in FIXED or isinstance(known[path], str) and not path.startswith("commitments/")
        ):
            raise ScenarioError(
                f"{where}: '{path}' is told by the ledger and cannot be changed here."
            )
        elif path.startswith("risks/"):
            _set_risk(done, change, path, where)
        elif path.startswith("commitments/") or last == "elasticity":
            _set_now(done, change, path, known[path], where)
        else:
            _set_dated(done, change, path, known[path], where)


def _set_text(done, change, path, last, where) -> None:
    if change.op != "set" or not isinstance(change.value, str):
        raise ScenarioError(f"{where}: '{path}' is a name; use op: set with a text.")
    if last == "driver":
        base_facts.pick_driver(change.value, done.tree["drivers"], where)
    _undated(change, path, where)
    done.tell(path, change.value, where, change.because)
    _put(done.tree, path, change.value)


def _set_now(done, change, path, before, where) -> None:
    """Terms of a commitment and elasticities hold for the whole run."""
    _undated(change, path, where)
    value = change.value
    if not isinstance(value, str) or isinstance(before, (int, float)):
        value = _certain(_value(value, path, where), path, where)
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
        terms = done.tree["commitments"][name]
        _terms({**terms, key: {**terms[key], sku[0]: value} if sku else value}, where, path)
    if change.op == "set":
        done.events.append(
            Event(
                path,
                "set",
                value if isinstance(value, float) else 0.0,
                "",
                where,
                change.because,
                _show(change.value),
            )
        )
    done.tell(
        path,
        f"× {_show(change.value)}" if change.op == "scale" else _show(change.value),
        where,
        change.because,
    )
    _put(done.tree, path, value)


def _set_dated(done, change, path, before, where) -> None:
    value = _value(change.value, path, where)
    if "/routing/" in path:
        _certain(value, path, where, " A share routed is a decision.")
    earlier = any(event.path == path and event.op == "set" for event in done.events)
    if change.op == "scale" and before == 0 and not earlier:
        raise ScenarioError(
            f"{where}: '{path}' is 0 in the base; scaling it changes nothing. Use op: set."
        )
    if change.per and not isinstance(value, Distribution):
        raise ScenarioError(
            f"{where}: per: {change.per} draws an uncertain value anew, but {_show(change.value)} is certain. Take per out, or write a range."
        )
    since = _day(change.since) if change.since else ""
    date = f" from {change.since}" if change.since else ""
    done.tell(
        path,
        f"× {_show(change.value)}{date}"
        if change.op == "scale"
        else f"{_show(change.value)}{date}",
        where,
        change.because,
    )
    done.events.append(
        Event(
            path,
            change.op,
            value,
            since,
            where,
            change.because,
            _show(change.value),
            change.path,
            change.per or "",
        )
    )


def _add(done: Applied, change: Change, where: str, facts) -> None:
    """A commitment, a launch or a risk."""
    parts = change.path.split("/")
    kind = parts[0]
    if (
        len(parts) != 2
        or not parts[1]
        or kind not in ("commitments", "workloads", "risks")
        or "*" in parts[1]
    ):
        raise ScenarioError(
            f"{where}: op: add takes commitments/NAME, workloads/NAME or risks/NAME, not '{change.path}'."
        )
    if not isinstance(change.value, dict):
        raise ScenarioError(
            f"{where}: op: add needs a mapping of names to values, not '{str(change.value)[:60]}'."
        )
    name = unescape(parts[1])
    _not_per_month(change, where)
    if name in done.tree[kind]:
        raise ScenarioError(
            f"{where}: {kind}/{name} is there already; change its values with op: set, or give the new one another name."
        )
    if kind == "commitments":
        _add_commitment(done, name, _terms(change.value, where, change.path), where, change.since)
        return
    if kind == "risks":
        if change.since and "since" in change.value:
            raise ScenarioError(
                f"{where}: since stands in the change and in its value; keep one of them."
            )
        _add_risk(
            done,
            name,
            {
                **({"since": change.since} if change.since else {}),
                **{key: text for key in NOTES if (text := getattr(change, key))},
                **change.value,
            },
            where,
        )
        return
    launch = _model(Launch, change.value, where, change.path)
    if launch.like and launch.like not in facts.names:
        raise ScenarioError(
            unknown(f"{where}: {change.path}/like", "workload", launch.like, facts.names)
        )
    base_facts.pick_driver(launch.driver, done.tree["drivers"], f"{where}: {change.path}")
    path = f"workloads/{escape(name)}"
    cost, delay = (
        _value(getattr(launch, key), f"{path}/{key}", where)
        for key in ("cost_per_month", "delay_months")
    )
    done.launches[name] = {
        **launch.model_dump(),
        "since": _day(change.since) if change.since else "",
        "where": where,
        "cost": cost,
        "delay": delay,
    }
    done.tree["workloads"][name] = {
        "unit": launch.business_unit,
        "team": launch.team,
        "environment": launch.environment,
        "service": launch.service,
        "driver": launch.driver,
        "elasticity": launch.elasticity,
        "demand": {"level": 1.0, "growth_per_month": 0.0},
    }
    done.provenance[f"{path}/demand/level"] = [("1", where, change.because)]


def _add_risk(done: Applied, name: str, terms: dict, where: str) -> None:
    """A risk with its terms; they stand in the tree, so that later changes and `explain` find them."""
    if not name.strip() or not name.isprintable() or "*" in name or len(name) > 100:
        raise ScenarioError(
            f"{where}: risks/{repr(name[:40])[1:-1]}: a risk needs a name of 1 to 100 letters on one line, without '*'; its draws go by it."
        )
    for key in NOTES:
        if not isinstance(terms.get(key, ""), str):
            raise ScenarioError(
                f"{where}: risks/{name}/{key} is '{str(terms[key])[:40]}'; write a text."
            )
    if terms.get("review_by") and not is_date(terms["review_by"]):
        raise ScenarioError(
            f"{where}: risks/{name}/review_by is '{terms['review_by'][:40]}'; write a month YYYY-MM or a day YYYY-MM-DD that the calendar has."
        )
    fields = {key: value for key, value in terms.items() if key not in NOTES}
    risk = make_risk(fields, f"{where}: risks/{name}")
    done.risks[name] = terms, where, risk
    shown = {
        key: value
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else _risk_text(value)
        for key, value in fields.items()
    }
    done.tree["risks"][name] = shown
    for key, value in shown.items():
        done.provenance[f"risks/{escape(name)}/{key}"] = [
            (_show(value), where, str(terms.get("because", "")))
        ]


def _risk_text(value) -> str:
    if isinstance(value, list):
        return "; ".join(_risk_text(item) for item in value)
    return shown(value) if isinstance(value, dict) else str(value)


def _set_risk(done: Applied, change: Change, path: str, where: str) -> None:
    """A term of a risk holds for the whole run."""
    _undated(change, path, where)
    _, name, key = (unescape(part) for part in path.split("/"))
    terms, _, risk = done.risks[name]
    value = change.value
    if change.op == "scale":
        if (
            isinstance(terms[key], bool)
            or not isinstance(terms[key], (int, float))
            or isinstance(value, bool)
            or not isinstance(value, (int, float))
        ):
            raise ScenarioError(
                f"{where}: '{path}' is {_risk_text(terms[key])} and is scaled by {_risk_text(value)}; only a number can be scaled by a "
                "number. Use op: set."
            )
        value = terms[key] * value
    told = {
        one: steps
        for one, steps in done.provenance.items()
        if one.startswith(path.rsplit("/", 1)[0] + "/")
    }
    _add_risk(done, name, {**terms, key: value}, where)
    done.provenance |= told
    first = told.get(path) or [
        (
            _show(getattr(risk, key)) if getattr(risk, key) not in ((), "", None) else "(none)",
            done.provenance[f"risks/{escape(name)}/kind"][0][1],
            "",
        )
    ]
    done.provenance[path] = [
        *first,
        (
            f"× {_show(change.value)}" if change.op == "scale" else _risk_text(change.value),
            where,
            change.because,
        ),
    ]


def _add_commitment(
    done: Applied, name: str, terms: CommitmentTerms, where: str, since: str | None
) -> None:
    record = {k: v for k, v in terms.model_dump().items() if v not in (None, "", [], {})}
    start = _day(record.get("ContractCommitmentPeriodStart") or since or "")
    if not start:
        raise ScenarioError(
            f"{where}: commitments/{name}: when does it start? Write ContractCommitmentPeriodStart or since."
        )
    end = record.get("ContractCommitmentPeriodEnd")
    record |= {
        "ContractCommitmentId": name,
        "ContractCommitmentPeriodStart": start,
        "ContractCommitmentPeriodEnd": _day(end)
        if end
        else str(np.datetime64(start[:7], "M") + 12) + start[7:],
    }
    if record["ContractCommitmentPeriodEnd"].endswith("-02-29"):
        record["ContractCommitmentPeriodEnd"] = record["ContractCommitmentPeriodEnd"][:8] + "28"
    if name in done.tree["commitments"]:
        raise ScenarioError(
            f"{where}: commitments/{name} is in the inventory already; change its values with op: set, "
            "or give the new one another name."
        )
    done.tree["commitments"][name] = record
    done.proposed.append(name)
    for key, value in record.items():
        for path, one in leaves(
            {key: value} if not isinstance(value, list) else {}, f"commitments/{escape(name)}"
        ).items():
            done.provenance[path] = [(_show(one), where, "")]


def _terms(record: dict, where: str, path: str) -> CommitmentTerms:
    known = {k: v for k, v in record.items() if k in CommitmentTerms.model_fields or k not in KNOWN}
    skus = known.get("x_SkuIds")
    if isinstance(skus, str):
        known["x_SkuIds"] = [s.strip() for s in skus.replace("|", ";").split(";") if s.strip()]
    for table in TABLES:
        if isinstance(known.get(table), str):  # a record of the inventory is text
            known[table] = read_tables({table: known[table]}, f"{where}: {path}")[1]
    return _model(CommitmentTerms, known, where, path)


def _model(model, value: dict, where: str, path: str):
    """`value` as a model; the first problem in our words."""
    try:
        return model.model_validate(value)
    except ValidationError as problem:
        item = problem.errors()[0]
        name = f"{path}/{'/'.join(map(str, item['loc']))}"
        if item["type"] == "extra_forbidden":
            allowed = list(model.model_fields)
            guess = nearest(str(item["loc"][-1]), allowed)
            hint = f" Did you mean '{guess}'?" if guess else ""
            raise ScenarioError(
                f"{where}: {path}: unknown key '{item['loc'][-1]}'.{hint} Known: {', '.join(sorted(allowed))}."
            ) from None
        text = (
            "is missing; write it."
            if item["type"] == "missing"
            else str(item.get("ctx", {}).get("error", item["msg"]))
        )
        if item["type"] == "literal_error":
            text = f"must be {item['ctx']['expected']}, not '{str(item['input'])[:40]}'."
        raise ScenarioError(f"{where}: {name}: {text}") from None


def _value(value, path: str, where: str) -> float | Distribution:
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


def _certain(value, path: str, where: str, why: str = "") -> float:
    if isinstance(value, Distribution):
        raise ScenarioError(
            f"{where}: {path} may not be uncertain.{why} Write one number, or a scenario for each."
        )
    return value


def _not_per_month(change: Change, where: str) -> None:
    if change.per:
        raise ScenarioError(
            f"{where}: per: {change.per} belongs to values that change in time (levels, growth, prices); '{change.path}' is not one."
        )


def _undated(change: Change, path: str, where: str) -> None:
    _not_per_month(change, where)
    if change.since:
        raise ScenarioError(
            f"{where}: '{path}' holds for the whole run and cannot change from {change.since}. Take since out."
        )


def _put(tree: dict, path: str, value) -> None:
    *above, last = [unescape(part) for part in path.split("/")]
    for part in above:
        tree = tree[part]
    tree[last] = value


def _day(text: str) -> str:
    """A month or day as a day.

    >>> _day("2027-01")
    '2027-01-01'
    """
    return f"{text}-01" if len(text) == 7 else text


def _show(value) -> str:
    if isinstance(value, dict):
        return shown(value) if is_range(value) else "added"
    return (
        f"{value:g}"
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else str(value)
    )


def _kind(path: str) -> str:
    return "decision" if path.startswith("commitments/") or "/routing/" in path else "assumption"


def _note(text: str, value, item, kind: str, path: str) -> dict:
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
