"""A change of a lever, read: its value, what it is today, what stands beside it (docs/method §3.60)."""

from __future__ import annotations

from ...errors import ScenarioError
from ...uncertainty.distributions import Distribution
from ...uncertainty.elicit import read_value
from ..applied import Applied, first_day, refuse_per_month, show
from ..changes import Beside, Event, escape, unescape
from ..levers import form, kinds, make
from ..schema import Change, number_or_range
from .bought import bought_of, is_lever, true_units


def lever_paths(facts) -> list[str]:
    """Every path of a lever, of every workload of the ledger."""
    shelf = kinds()
    return [f"workloads/{escape(name)}/{kind}" for name in facts.names for kind in shelf]


def set_levers(applied: Applied, change: Change, paths: list[str], where: str, facts) -> list[str]:
    """Take a change of a lever in, on every workload that it names and on which it can act; the paths of these."""
    taken = [path for path in paths if set_lever(applied, change, path, where, facts)]
    if not taken:
        raise ScenarioError(
            f"{where}: '{change.path}' can act on none of its {len(paths)} workloads. Name one, to be told why."
        )
    return taken


def today_of(facts, path: str) -> str:
    """What a lever is today where no change touches it, as `explain` says it; "" for a path that is none of a workload of the ledger.

    Raises ScenarioError where the lever cannot act on the workload.
    """
    if path not in lever_paths(facts):
        return ""
    _, name, kind = (unescape(part) for part in path.split("/"))
    law, workload = form(kind), facts.names.index(name)
    try:
        known = law.read(true_units(facts, workload), bought_of(facts, workload))
    except ScenarioError as problem:
        raise ScenarioError(f"{path}: {problem}") from None
    if known is None:
        return f"{path} is not in the bill: a change says it with from:. It is {law.SAYS}."
    whence = "the same for everybody" if law.NEUTRAL is not None else "the ledger's newest 28 days"
    return f"{known:.3g}  =  {law.SAYS} ({whence})"


def refuse_beside(change: Change, paths: list[str], where: str) -> None:
    """Refuse what stands beside a value and says nothing there."""
    lever, routing = is_lever(paths[0]), "/routing/" in paths[0]
    for key, value, fits, whose in (
        ("from", change.today, lever, f"levers: {', '.join(kinds())}"),
        ("with", change.beside, lever, f"levers: {', '.join(kinds())}"),
        ("escalation", change.escalation, routing, "shares routed: workloads/NAME/routing/MODEL"),
    ):
        if value is not None and not fits:
            raise ScenarioError(
                f"{where}: {key}: belongs to {whose}. '{change.path}' is none; take it out."
            )


def read_escalation(change: Change, path: str, where: str) -> Beside | None:
    """The part of a share routed that is run again by the model it came from: a number or a range from 0 to 1."""
    if change.escalation is None:
        return None
    place = f"{where}: {path}/escalation"
    value = change.escalation
    value = read_value(value, place, 0.0) if isinstance(value, dict) else value
    check_bounds(value, Escalation, place)
    return Beside(again=value)


class Escalation:
    """Bounds of an escalation, as a lever says its own."""

    SAYS = "the part of what is routed that is run again by the model it came from"
    LEAST, MOST, OPEN = 0.0, 1.0, ()


def set_lever(applied: Applied, change: Change, path: str, where: str, facts) -> bool:
    """Take a change of one lever in; False where it was meant for every workload and cannot act on this one."""
    refuse_per_month(change, where)
    _, name, kind = (unescape(part) for part in path.split("/"))
    law, place = form(kind), f"{where}: {path}"
    workload = facts.names.index(name)
    units = true_units(facts, workload)
    bought = bought_of(facts, workload)
    try:
        known = law.read(units, bought)
    except ScenarioError as problem:
        if "*" in change.path.split("/"):
            return False
        raise ScenarioError(f"{place}: {problem}") from None
    before = [event for event in applied.events if event.path == path]
    today = _today(change, law, known, before, place)
    value = read_lever(change.value, law, place, scaling=change.op == "scale")
    beside = tuple(
        (key, tuple(term) if isinstance(term, list) else (term,) if key == "skus" else term)
        for key, term in sorted((change.beside or {}).items())
    )
    _try(kind, value if change.op == "set" else today, today, dict(beside), (units, bought, place))
    if change.op == "scale" and not before and isinstance(today, Distribution):
        raise ScenarioError(
            f"{place}: today's value is a range, so that it cannot be scaled. Use op: set."
        )
    if change.op == "scale" and today == 0 and not before:
        raise ScenarioError(
            f"{where}: '{path}' is 0 in the base; scaling it changes nothing. Use op: set."
        )
    applied.tree["workloads"][name].setdefault(
        kind, today if isinstance(today, float) else show(change.today)
    )
    if path not in applied.provenance:
        told = "from the ledger" if law.NEUTRAL is None and known is not None else "today"
        applied.provenance[path] = [
            (show(today if isinstance(today, float) else change.today), told, "")
        ]
    date = f" from {change.since}" if change.since else ""
    sign = "× " if change.op == "scale" else ""
    applied.record(path, f"{sign}{show(change.value)}{date}", where, change.because)
    applied.events.append(
        Event(
            path,
            change.op,
            value,
            first_day(change.since) if change.since else "",
            where,
            change.because,
            show(change.value),
            change.path,
            beside=Beside(today, beside),
        )
    )
    return True


def _try(kind: str, value, today, beside: dict, on: tuple) -> None:
    """Refuse at the line of the file what would be refused once the lever acts: a price that is missing, a field that is none."""
    units, bought, place = on
    middle = [one.median if isinstance(one, Distribution) else one for one in (value, today)]
    lever = make(kind, {"value": middle[0], "today": middle[1], **beside}, place)
    try:
        lever.act(units, bought, 0.0)
    except ScenarioError as problem:
        raise ScenarioError(f"{place}: {problem}") from None


def read_lever(
    value, law, place: str, scaling: bool = False, least: float | None = None
) -> float | Distribution:
    """A number or a range between the bounds of a lever; of a scale only that it is not below 0."""
    try:
        value = number_or_range(value)
    except ValueError as problem:
        raise ScenarioError(f"{place}: {problem}") from None
    if isinstance(value, dict):
        value = read_value(value, place, 0.0)
    if scaling:
        if isinstance(value, float) and value < 0:
            raise ScenarioError(f"{place} is {value:g}; it must be 0 or more.")
        return value
    check_bounds(value, law, place)
    return value


def check_bounds(value: float | Distribution, law, place: str) -> None:
    """Refuse a value outside the bounds of a lever; of a range, where its P5 or P95 lies outside, or any of it beyond an end that is open.

    What little of a range lies beyond a bound counts as the bound (`Chain.on_paths`), so that its quantiles stay as they are written.
    """
    ends = [value, value]
    if isinstance(value, Distribution):
        tails = [1e-9 if "least" in law.OPEN else 0.05, 1e-9 if "most" in law.OPEN else 0.05]
        ends = [float(value.quantile(tails[0])), float(value.quantile(1 - tails[1]))]
    low = ends[0] < law.LEAST or ("least" in law.OPEN and ends[0] <= law.LEAST)
    high = ends[1] > law.MOST or ("most" in law.OPEN and ends[1] >= law.MOST)
    if not low and not high:
        return
    if isinstance(value, Distribution):
        cut = f"min: {law.LEAST:g}" if low else f"max: {law.MOST:g}"
        raise ScenarioError(
            f"{place} goes {'down' if low else 'up'} to {ends[int(not low)]:.3g}; {law.SAYS} is {_bounds(law)}. Cut the range off: "
            f"truncate: {{{cut}}}."
        )
    raise ScenarioError(f"{place} is {value:g}; {law.SAYS} is {_bounds(law)}.")


def _bounds(law) -> str:
    least = f"above {law.LEAST:g}" if "least" in law.OPEN else f"{law.LEAST:g} or more"
    if law.MOST == float("inf"):
        return least
    most = f"below {law.MOST:g}" if "most" in law.OPEN else f"at most {law.MOST:g}"
    return f"{least} and {most}"


def _today(change: Change, law, known, before, place: str) -> float | Distribution:
    """Today's value: of the ledger, or as `from:` says; it is the same for all changes of one path."""
    if known is not None:
        if change.today is not None:
            how = (
                "is the same for everybody"
                if law.NEUTRAL is not None
                else "is read from the ledger's newest 28 days"
            )
            raise ScenarioError(f"{place}: from: today's value {how} ({known:.3g}). Take from out.")
        return float(known)
    if change.today is None:
        if before:
            return before[0].beside.today
        raise ScenarioError(
            f"{place}: what is it today? The bill does not tell {law.SAYS}; write from: with today's value."
        )
    today = read_lever(change.today, law, f"{place}: from")
    if before and before[0].beside.today != today:
        raise ScenarioError(
            f"{place}: from: today's value is given as {show(change.today)} here and otherwise at {before[0].where}. Keep one of them."
        )
    return today
