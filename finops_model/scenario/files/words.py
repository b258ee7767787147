"""A scenario in words: each change with what stood there before, from when and why; what two scenarios do not share (docs/method §3.81)."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from ...uncertainty.elicit import is_range
from ..applied import show
from ..changes import escape, events_on, leaves, unescape
from ..document import Resolved
from ..levers import form
from ..pulled.bought import is_lever

NAMES = {  # the last parts of a path -> its words; {0} is what it belongs to
    "workloads/demand/level": "demand of {0}",
    "workloads/demand/growth_per_month": "growth a month of {0}",
    "workloads/routing": "share of {0} on {1}",
    "recurring/level": "recurring charges of {0}",
    "workloads/elasticity": "how far {0} follows its driver",
    "workloads/driver": "driver of {0}",
    "drivers/level": "{0}",
    "drivers/growth_per_year": "growth a year of {0}",
    "prices/price": "price of {0}",
    "prices/factor": "price of {0}, of its own",
}
EVERY = {"workloads": "every workload", "drivers": "every driver", "prices": "everything"}
SHARES = ("growth_per_month", "growth_per_year", "x_EligibleShare")
USUAL = ("(untagged)", "(unassigned)", "(planned)", "0", "1", "straight")  # of a launch, unsaid
ADDED = {
    "workloads": "new workload",
    "commitments": "new commitment",
    "risks": "risk",
    "purchases": "purchase",
    "agreements": "agreement",
}


def named(path: str) -> str:
    """A path in words.

    >>> named("workloads/chat/routing/small-1"), named("drivers/*/level"), named("commitments/h100/ContractCommitmentQuantity")
    ('share of chat on small-1', 'every driver', 'h100: quantity')
    """
    room, name, *rest = [unescape(part) for part in path.split("/")]
    who = f"driver {name}" if room == "drivers" else name
    if name == "*":
        who = EVERY.get(room, "every name")
    if not rest:
        return f"{ADDED.get(room, room)} {name}"
    key = f"{room}/{'/'.join(rest)}"
    if key in NAMES:
        return NAMES[key].format(who)
    if rest[0] == "routing" and len(rest) == 2:
        return NAMES["workloads/routing"].format(who, rest[1])
    return f"{who}: {plain_key('/'.join(rest))}"


def plain_key(key: str) -> str:
    """The key of a term in small words.

    >>> plain_key("ContractCommitmentDiscountPercentage"), plain_key("x_EligibleShare"), plain_key("checkpoint_minutes")
    ('discount percentage', 'eligible share', 'checkpoint minutes')
    """
    short = re.sub(r"^(ContractCommitment|x_)", "", key)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", short).replace("_", " ").casefold()


def is_share(path: str) -> bool:
    """Whether a value on a path is said in percent: shares routed, growth, levers from 0 to 1.

    >>> is_share("workloads/chat/cache_hit"), is_share("workloads/chat/retention_days")
    (True, False)
    """
    last = path.split("/")[-1]
    if last in SHARES or last.endswith("Percentage") or "/routing/" in path:
        return True
    return is_lever(path) and getattr(form(last), "MOST") == 1  # noqa: B009 - a form of the shelf


def valued(path: str, value) -> str:
    """A value on a path as a reader says it: shares in percent, a range with its ends.

    >>> valued("workloads/a/routing/m", 0.6), valued("prices/x/price", 2.0), valued("drivers/d/growth_per_year", {"p10": 0.1, "p50": 0.2, "p90": 0.4})
    ('60 %', '2', '10 % … 20 % … 40 %')
    """
    if is_share(path):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return f"{100 * value:.4g} %"
        if isinstance(value, dict) and value and all(re.match(r"^p\d", key) for key in value):
            ordered = sorted(value, key=lambda key: float(key[1:]))
            return " … ".join(valued(path, value[key]) for key in ordered)
    return show(value)


def how(path: str, op: str, value) -> str:
    """What a change does: to 60 %, × 1.2, added."""
    if op == "add":
        return "added"
    return f"× {show(value)}" if op == "scale" else valued(path, value)


def term(value) -> str:
    """What a term says, with all that stands below it: prices and legs are what an addition is about.

    >>> term({"kind": "graduated", "starts": [0, 1000], "prices": [2, 1]}), term([{"name": "cold", "price": 0.0125}]), term(True)
    ('(kind graduated, starts 0, 1000, prices 2, 1)', '(name cold, price 0.0125)', 'yes')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) and not is_range(value):
        return (
            f"({', '.join(f'{plain_key(str(key))} {term(part)}' for key, part in value.items())})"
        )
    return ", ".join(map(term, value)) if isinstance(value, list) else show(value)


def rows(resolved: Resolved) -> list[dict]:
    """Each change of the scenario's own file in its order: what, before and after it, from when, why, whose, where it stands.

    A path with `*` is told once, with the range of what stood there.
    """
    layer = resolved.scenario.layers[-1]
    told = []
    for i, change in enumerate(layer.document.changes):
        where = layer.at("changes", i)
        before, after = _around(resolved, change, where)
        told.append(
            {
                "what": named(change.path),
                "path": change.path,
                "before": before,
                "after": after,
                "from": change.since or _own_since(change) or "the first day",
                "because": change.because,
                "owner": change.owner,
                "where": where,
            }
        )
    return told


def _own_since(change) -> str:
    """The first day that stands among the terms of an addition."""
    return str(change.value.get("since", "")) if isinstance(change.value, dict) else ""


def _around(resolved: Resolved, change, where: str) -> tuple[str, str]:
    """What stood on the paths of a change before it, and what stands there after it."""
    if change.op == "add":
        return "–", "; ".join(
            f"{plain_key(str(key))} {term(value)}" for key, value in change.value.items()
        )
    pairs = dict.fromkeys(
        (_before(resolved, path, where), path)
        for path, steps in resolved.provenance.items()
        if any(step[1] == where for step in steps[1:])
    )
    olds = list(dict.fromkeys(value for value, _ in pairs))
    before = " … ".join(_ends(olds, change.path)) or "–"
    if change.op == "set":
        again = change.escalation
        rerun = f", {valued(change.path, again)} of it run again" if again is not None else ""
        return before, valued(change.path, change.value) + rerun
    if isinstance(change.value, (int, float)) and all(isinstance(old, float) for old in olds):
        return before, " … ".join(_ends([old * change.value for old in olds], change.path))
    return before, f"{before} × {show(change.value)}"


def _before(resolved: Resolved, path: str, where: str):
    """The number that stood on a path when this change came; text where it was none."""
    steps = resolved.provenance[path]
    at = next(i for i, step in enumerate(steps) if i and step[1] == where)
    words = steps[at - 1][0]
    try:
        if words.startswith("×"):
            return " ".join(step[0] for step in steps[:at])
        return float(words.split(" from ")[0])
    except ValueError:
        return words


def _ends(values: list, path: str) -> list[str]:
    numbers = [value for value in values if isinstance(value, float)]
    if len(values) > 2 and len(numbers) == len(values):
        values = [min(numbers), max(numbers)]
    return [valued(path, value) if isinstance(value, float) else str(value) for value in values]


def unit_of(resolved: Resolved, path: str) -> str:
    """What a price is for, in words: "per 1,000,000 Tokens"; "" of what is no price.

    A path of a price is prices/SKU/price.
    """
    parts = [unescape(part) for part in path.split("/")]
    terms = resolved.tree["prices"].get(parts[1], {}) if parts[0] == "prices" else {}
    if "price" not in terms:
        return ""
    if terms.get("unit") == resolved.facts.currency:
        return "times the amount billed"  # a bill without quantities
    block = f"{terms['block']:,.10g} " if terms.get("block", 1) != 1 else ""
    return f"{resolved.facts.currency} per {block}{terms.get('unit', '')}".strip()


def sayings(resolved: Resolved) -> dict[str, str]:
    """Path -> what stands there, with all that changes it later: "1; × 1.2 from 2027-01-01"."""
    known = {path: show(value) for path, value in leaves(resolved.tree).items()}
    for name, terms in resolved.launches.items():
        for key in ("cost_per_month", "delay_months", "ramp_months", "curve", "since", "like"):
            known[f"workloads/{escape(name)}/{key}"] = show(terms.get(key) or "")
    for path in dict.fromkeys(event.path for event in resolved.events):
        steps = [known.get(path, "")]
        for event in sorted(events_on(resolved, path), key=lambda event: event.since):
            date = f" from {event.since}" if event.since else ""
            steps.append(f"{'× ' if event.op == 'scale' else ''}{event.shown}{date}")
        known[path] = "; ".join(filter(None, steps))
    return known


def differences(one: Resolved, other: Resolved) -> list[dict]:
    """Every path on which two scenarios say something else, and what each says; "–" where it says nothing."""
    ours, theirs = sayings(one), sayings(other)
    told, alone = [], {*_things(ours)} ^ {*_things(theirs)}
    for thing in sorted(alone):
        said = [
            ", ".join(
                f"{plain_key(path[len(thing) + 1 :])} {value}"
                for path, value in side.items()
                if path.startswith(f"{thing}/") and value and value not in USUAL
            )
            or "–"
            for side in (ours, theirs)
        ]
        told.append({"what": named(thing), "path": thing, "one": said[0], "other": said[1]})
    for path in sorted(ours.keys() | theirs.keys()):
        if "/".join(path.split("/")[:2]) in alone:
            continue
        a, b = ours.get(path, "–") or "–", theirs.get(path, "–") or "–"
        if a != b:
            told.append({"what": named(path), "path": path, "one": a, "other": b})
    return told


def _things(sayings: dict[str, str]) -> list[str]:
    """What has a name of its own: workloads/chat, risks/scarcity."""
    return ["/".join(path.split("/")[:2]) for path in sayings]


HEADS = ("name", "question", "owner", "decide_by", "base")


def heads(one: Resolved, other: Resolved) -> list[dict]:
    """What two scenarios say differently of themselves: name, question, owner, last day to decide, base; horizon, paths and seed."""
    tops = [each.scenario.layers[-1].document for each in (one, other)]
    told: list[tuple[str, object, object]] = [
        (key.replace("_", " "), getattr(tops[0], key), getattr(tops[1], key)) for key in HEADS
    ]
    told += [
        (
            "months",
            f"{one.months[0]} … {one.months[-1]}",
            f"{other.months[0]} … {other.months[-1]}",
        ),
        ("paths", one.paths, other.paths),
        ("seed", one.seed, other.seed),
    ]
    return [
        {"what": what, "path": "", "one": str(a or "–"), "other": str(b or "–")}
        for what, a, b in told
        if a != b
    ]


def summary(changes: Iterable[dict], most: int = 3) -> str:
    """The first changes in one clause: "demand of chat × 1.2 from 2027-01; 2 more"."""
    lines = [
        f"{row['what']} {row['before']} → {row['after']}"
        if row["before"] != "–"
        else f"{row['what']}"
        for row in changes
    ]
    more = [f"{len(lines) - most} more"] if len(lines) > most else []
    return "; ".join([*lines[:most], *more])


def last_day(months: tuple[str, ...]) -> str:
    """The last day of the last month.

    >>> last_day(("2027-01", "2027-02"))
    '2027-02-28'
    """
    return str(np.datetime64(months[-1], "M") + 1 - np.timedelta64(1, "D"))
