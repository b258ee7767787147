"""A purchase is added to a scenario, and what it says is changed by later changes (docs/method §3.41)."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from ...errors import ScenarioError, unknown
from ...uncertainty.distributions import Distribution
from .. import ledger_base as base_facts
from ..applied import (
    Applied,
    certain,
    first_day,
    put,
    read_number,
    refuse_date,
    refuse_per_month,
    show,
)
from ..changes import Event, escape, leaves, unescape
from ..schema import Change
from ..schema import PurchaseTerms as Common
from .takes import check_names
from .terms import Purchase, built, plain, read_purchase, with_value

TEXTS = (
    "way",
    "since",
    "until",
    "like",
    "curve",
    "exactly",
)  # common keys that hold for the whole run


STATED = "cost_per_month"


def add_purchase(
    applied: Applied,
    name: str,
    written: Any,
    where: str,
    facts,
    since: str | None = None,
    because: str = "",
) -> None:
    """A purchase with its terms; they stand in the tree, so that later changes and `explain` find them."""
    if since and isinstance(written, dict):
        if "since" in written:
            raise ScenarioError(
                f"{where}: since is given in the change and in its value; keep one of them."
            )
        written = {**written, "since": since}
    purchase = read_purchase(name, written, where)
    at = f"{where}: {purchase.path}"
    if facts.replay and (purchase.since or "9999") > facts.as_of:
        return  # not known yet on the day that is replayed
    if name in applied.tree["workloads"] or name in set(facts.daily["x_Workload"]):
        raise ScenarioError(
            f"{at}: there is a workload '{name}' already, and a purchase is a row of its own. Give it another name"
            + (
                ", or say for: {workloads: ["
                + name
                + "]} to buy that workload's use in another way."
                if name in facts.names
                else "."
            )
        )
    common = purchase.common
    if common.like and common.like not in facts.names:
        raise ScenarioError(unknown(f"{at}/like", "workload", common.like, facts.names))
    if common.driver:
        base_facts.pick_driver(common.driver, applied.tree["drivers"], at)
    if purchase.takes:
        check_names(purchase.takes, facts.names, applied.tree["prices"], at)
    applied.purchases[name] = purchase
    applied.tree.setdefault("purchases", {})[name] = shown = _leaves(purchase)
    for path, value in leaves(shown, purchase.path).items():
        applied.provenance[path] = [(show(value), where, because or common.because)]
    for path, value in purchase.values().items():
        read = read_number(value, path, where)
        said = show(value)
        applied.provenance[path] = [(said, where, because or common.because)]
        if isinstance(read, Distribution):
            applied.events.append(Event(path, "set", read, "", where, "", said, path))
        else:
            put(applied.tree, path, read)
    if purchase.takes:
        return
    applied.tree["workloads"][name] = {
        "unit": common.business_unit,
        "team": common.team,
        "environment": common.environment,
        "service": common.service,
        "driver": common.driver,
        "elasticity": common.elasticity,
        "demand": {"level": 1.0, "growth_per_month": 0.0},
    }


def _leaves(purchase: Purchase) -> dict:
    """What a purchase says as a nested mapping of numbers and texts; a value in time stands as 1 × its range."""
    common, values = purchase.common, purchase.values()
    tree: dict = {
        key: value for key in TEXTS if (value := getattr(common, key)) not in (None, False, "")
    }
    tree |= {"ramp_months": common.ramp_months}
    if purchase.takes:
        tree["for"] = {
            **{key: plain(value) for key, value in (common.takes or {}).items()},
            "share": purchase.takes.share,
        }
    defaults = {
        field.name: field.default
        for field in fields(purchase.form)
        if isinstance(field.default, (int, float)) and not isinstance(field.default, bool)
    }
    for key, value in {**defaults, **purchase.fields}.items():
        tree[key] = plain(value) if f"{purchase.path}/{key}" not in values else 1.0
    for path in values:
        *above, last = (unescape(part) for part in path.split("/")[2:])
        place = tree
        for part in above:
            place = place.setdefault(part, {})
        place[last] = 1.0
    return tree


def known_paths(applied: Applied) -> dict[str, object]:
    """Paths that may be set though they keep their default: every field of the way and every common key of a purchase."""
    return {
        f"{purchase.path}/{key}": ""
        for purchase in applied.purchases.values()
        for key in (
            *(field.name for field in fields(purchase.form) if field.init),
            *(
                key
                for key in Common.model_fields
                if key in TEXTS or key in ("ramp_months", "because")
            ),
        )
    }


def set_purchase(applied: Applied, change: Change, path: str, before, where: str, dated) -> None:
    """A `set` or `scale` of what a purchase says. dated: how a value that changes in time is put on its path (layers)."""
    name, *keys = (unescape(part) for part in path.split("/")[1:])
    purchase = applied.purchases[name]
    if path in purchase.values():
        form, key = purchase.form, keys[0]
        own = key not in ("use", "growth_per_month")
        if own and change.since and key not in getattr(form, "DATED", ()):
            raise ScenarioError(
                f"{where}: '{path}' holds for the whole run and cannot change from {change.since}. Take since out, or end this purchase "
                "(until) and add another one from that day."
            )
        if own and change.since and not first_day(change.since).endswith("-01"):
            raise ScenarioError(
                f"{where}: '{path}' is priced by whole months and cannot change on {change.since}. Write the month from which it holds, "
                "since: 2027-01, or end this purchase (until) and add another one from that day."
            )
        if own:
            refuse_per_month(change, where)
            value = read_number(change.value, path, where)
            if change.op == "set":
                built(
                    purchase.common.way,
                    {
                        **_certain(purchase),
                        key: value.mean if isinstance(value, Distribution) else value,
                    },
                    f"{where}: {purchase.path}",
                )
        dated(applied, change, path, before, where)
        return
    refuse_date(change, path, where)
    value = change.value
    if change.op == "scale":
        if isinstance(before, bool) or not isinstance(before, (int, float)):
            raise ScenarioError(
                f"{where}: '{path}' is '{before}' and cannot be scaled; use op: set."
            )
        value = before * certain(read_number(value, path, where), path, where)
    written = with_value(purchase.written, keys, value)
    again = read_purchase(name, written, where)
    if again.takes:
        skus, works = (
            applied.tree["prices"],
            [n for n in applied.tree["workloads"] if n not in applied.purchases],
        )
        check_names(again.takes, works, skus, f"{where}: {again.path}")
    old = applied.provenance.get(path, [(show(before) or "(none)", purchase.where, "")])
    applied.purchases[name] = again
    put(applied.tree, path, plain(value))
    applied.provenance[path] = [
        *old,
        (
            f"× {show(change.value)}" if change.op == "scale" else show(plain(value)),
            where,
            change.because,
        ),
    ]


def _certain(purchase: Purchase) -> dict:
    """The fields of its way with the mean of every range."""
    way = purchase.built()
    return {
        **purchase.fields,
        **{key: getattr(way, key) for key in purchase.form.UNCERTAIN if key in purchase.fields},
    }


def is_stated(path: str) -> bool:
    """Whether a path is the cost of a workload said as money."""
    parts = path.split("/")
    return len(parts) == 4 and parts[0] == "workloads" and parts[2:] == ["demand", STATED]


def state_cost(applied: Applied, change: Change, where: str, facts) -> None:
    """`set` of workloads/NAME/demand/cost_per_month: from its day on that money stands in place of what its use would cost."""
    refuse_per_month(change, where)
    name = unescape(change.path.split("/")[1])
    if change.op != "set":
        raise ScenarioError(
            f"{where}: '{change.path}' states money a month; use op: set. To multiply a forecast, scale workloads/{escape(name)}/demand/level."
        )
    if name not in facts.names:
        if facts.replay:
            return
        raise ScenarioError(
            unknown(where, "workload with a history", name.replace("*", "…"), facts.names)
        )
    read_number(change.value, change.path, where)
    title = f"{name}, stated"
    if title in applied.purchases:
        raise ScenarioError(
            f"{where}: the cost of '{name}' is stated already at {applied.purchases[title].where}. From a later day on, set "
            f"purchases/{escape(title)}/per_month."
        )
    written = {"way": "money", "per_month": change.value, "for": {"workloads": [name]}}
    add_purchase(applied, title, written, where, facts, change.since, change.because)


def starts(purchase: Purchase, first) -> str:
    """The first simulated day on which it holds: its `since`, not before `first`."""
    return max(purchase.since or str(first), str(first))


def asked_from(purchase: Purchase, first) -> str:
    """The day from which months of growth are counted: `since`, in the past too, so that a later bill changes nothing."""
    return purchase.since or first_day(str(first))


def path_of(name: str, key: str) -> str:
    return f"purchases/{escape(name)}/{key}"
