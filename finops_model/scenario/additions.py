"""What a scenario adds to its base: commitments, purchases, launches, risks; and a risk of which a term is changed (docs/method §3.2)."""

from __future__ import annotations

import numpy as np
from pydantic import ValidationError

from ..documents import sentence
from ..errors import ScenarioError, as_written, unknown
from ..periods import is_date
from ..prices.terms.contracts import KNOWN, TABLES, read_tables
from ..uncertainty.elicit import shown
from ..uncertainty.risks import NOTES
from ..uncertainty.risks import make as make_risk
from . import ledger_base as base_facts
from .applied import Applied, first_day, read_number, refuse_date, refuse_per_month, show
from .changes import escape, leaves, unescape
from .pulled.caps import add_cap
from .purchases.agreements import add_agreement
from .purchases.changes import add_purchase
from .schema import Change, CommitmentTerms, Launch


def add(applied: Applied, change: Change, where: str, facts) -> None:
    """An agreement, a cap, a commitment, a purchase, a launch or a risk."""
    parts = change.path.split("/")
    kind = parts[0]
    if (
        len(parts) != 2
        or not parts[1]
        or kind not in ("agreements", "caps", "commitments", "workloads", "risks", "purchases")
        or "*" in parts[1]
    ):
        raise ScenarioError(
            f"{where}: op: add takes agreements/NAME, caps/NAME, commitments/NAME, purchases/NAME, workloads/NAME or risks/NAME, not '{change.path}'."
        )
    if not isinstance(change.value, dict):
        raise ScenarioError(
            f"{where}: op: add needs a mapping of names to values, not {as_written(change.value)}."
        )
    name = unescape(parts[1])
    refuse_per_month(change, where)
    if name in applied.tree.get(kind, {}):
        raise ScenarioError(
            f"{where}: {kind}/{name} is there already; change its values with op: set, or give the new one another name."
        )
    if kind == "commitments":
        add_commitment(
            applied, name, read_terms(change.value, where, change.path), where, change.since
        )
        return
    if kind == "caps":
        add_cap(applied, name, change.value, where, facts, change.since, change.because)
        return
    if kind == "agreements":
        refuse_date(change, change.path, where)
        add_agreement(applied, name, change.value, where, facts, change.because)
        return
    if kind == "purchases":
        add_purchase(applied, name, change.value, where, facts, change.since, change.because)
        return
    if kind == "risks":
        if change.since and "since" in change.value:
            raise ScenarioError(
                f"{where}: since is given in the change and in its value; keep one of them."
            )
        add_risk(
            applied,
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
    base_facts.pick_driver(launch.driver, applied.tree["drivers"], f"{where}: {change.path}")
    path = f"workloads/{escape(name)}"
    cost, delay = (
        read_number(getattr(launch, key), f"{path}/{key}", where)
        for key in ("cost_per_month", "delay_months")
    )
    applied.launches[name] = {
        **launch.model_dump(),
        "since": first_day(change.since) if change.since else "",
        "where": where,
        "cost": cost,
        "delay": delay,
    }
    applied.tree["workloads"][name] = {
        "unit": launch.business_unit,
        "team": launch.team,
        "environment": launch.environment,
        "service": launch.service,
        "driver": launch.driver,
        "elasticity": launch.elasticity,
        "demand": {"level": 1.0, "growth_per_month": 0.0},
    }
    applied.provenance[f"{path}/demand/level"] = [("1", where, change.because)]


def add_commitment(
    applied: Applied, name: str, terms: CommitmentTerms, where: str, since: str | None
) -> None:
    record = {k: v for k, v in terms.model_dump().items() if v not in (None, "", [], {})}
    start = first_day(record.get("ContractCommitmentPeriodStart") or since or "")
    if not start:
        raise ScenarioError(
            f"{where}: commitments/{name}: when does it start? Write ContractCommitmentPeriodStart or since."
        )
    end = record.get("ContractCommitmentPeriodEnd")
    record |= {
        "ContractCommitmentId": name,
        "ContractCommitmentPeriodStart": start,
        "ContractCommitmentPeriodEnd": first_day(end)
        if end
        else str(np.datetime64(start[:7], "M") + 12) + start[7:],
    }
    if record["ContractCommitmentPeriodEnd"].endswith("-02-29"):
        record["ContractCommitmentPeriodEnd"] = record["ContractCommitmentPeriodEnd"][:8] + "28"
    if name in applied.tree["commitments"]:
        raise ScenarioError(
            f"{where}: commitments/{name} is in the inventory already; change its values with op: set, "
            "or give the new one another name."
        )
    applied.tree["commitments"][name] = record
    applied.proposed.append(name)
    for key, value in record.items():
        for path, one in leaves(
            {key: value} if not isinstance(value, list) else {}, f"commitments/{escape(name)}"
        ).items():
            applied.provenance[path] = [(show(one), where, "")]


def add_risk(applied: Applied, name: str, terms: dict, where: str) -> None:
    """A risk with its terms; they stand in the tree, so that later changes and `explain` find them."""
    if not name.strip() or not name.isprintable() or "*" in name or len(name) > 100:
        raise ScenarioError(
            f"{where}: risks/{repr(name[:40])[1:-1]}: a risk needs a name of 1 to 100 letters on one line, without '*'; its draws go by it."
        )
    for key in NOTES:
        if not isinstance(terms.get(key, ""), str):
            raise ScenarioError(
                f"{where}: risks/{name}/{key} is {as_written(terms[key], 40)}; write a text."
            )
    if terms.get("review_by") and not is_date(terms["review_by"]):
        raise ScenarioError(
            f"{where}: risks/{name}/review_by is '{terms['review_by'][:40]}'; write a month YYYY-MM or a day YYYY-MM-DD that the calendar has."
        )
    fields = {key: value for key, value in terms.items() if key not in NOTES}
    risk = make_risk(fields, f"{where}: risks/{name}")
    applied.risks[name] = terms, where, risk
    shown = {
        key: value
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else risk_text(value)
        for key, value in fields.items()
    }
    applied.tree["risks"][name] = shown
    for key, value in shown.items():
        applied.provenance[f"risks/{escape(name)}/{key}"] = [
            (show(value), where, str(terms.get("because", "")))
        ]


def risk_text(value) -> str:
    if isinstance(value, list):
        return "; ".join(risk_text(item) for item in value)
    return shown(value) if isinstance(value, dict) else str(value)


def set_risk(applied: Applied, change: Change, path: str, where: str) -> None:
    """A term of a risk holds for the whole run."""
    refuse_date(change, path, where)
    _, name, key = (unescape(part) for part in path.split("/"))
    terms, _, risk = applied.risks[name]
    value = change.value
    if change.op == "scale":
        if (
            isinstance(terms[key], bool)
            or not isinstance(terms[key], (int, float))
            or isinstance(value, bool)
            or not isinstance(value, (int, float))
        ):
            raise ScenarioError(
                f"{where}: '{path}' is {risk_text(terms[key])} and is scaled by {risk_text(value)}; only a number can be scaled by a "
                "number. Use op: set."
            )
        value = terms[key] * value
    before = {
        known: steps
        for known, steps in applied.provenance.items()
        if known.startswith(path.rsplit("/", 1)[0] + "/")
    }
    add_risk(applied, name, {**terms, key: value}, where)
    applied.provenance |= before
    first = before.get(path) or [
        (
            show(getattr(risk, key)) if getattr(risk, key) not in ((), "", None) else "(none)",
            applied.provenance[f"risks/{escape(name)}/kind"][0][1],
            "",
        )
    ]
    applied.provenance[path] = [
        *first,
        (
            f"× {show(change.value)}" if change.op == "scale" else risk_text(change.value),
            where,
            change.because,
        ),
    ]


def read_terms(record: dict, where: str, path: str) -> CommitmentTerms:
    known = {k: v for k, v in record.items() if k in CommitmentTerms.model_fields or k not in KNOWN}
    skus = known.get("x_SkuIds")
    if isinstance(skus, str):
        known["x_SkuIds"] = [s.strip() for s in skus.replace("|", ";").split(";") if s.strip()]
    for table in TABLES:
        if isinstance(known.get(table), str):  # a record of the inventory is text
            tables = read_tables({table: known[table]}, f"{where}: {path}")
            known[table] = tables[1] if tables else {}  # "{}" is a table without a line
    return _model(CommitmentTerms, known, where, path)


def _model(model, value: dict, where: str, path: str):
    """`value` as a model; the first problem in our words."""
    try:
        return model.model_validate(value)
    except ValidationError as problem:
        unknown_first = sorted(problem.errors(), key=lambda item: item["type"] != "extra_forbidden")
        item = dict(unknown_first[0])  # a misspelled key is also a missing one
        raise ScenarioError(sentence(item, lambda location: where, model, (path,))) from None
