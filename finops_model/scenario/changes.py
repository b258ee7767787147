"""Changes: a value on a slash path becomes another from a date on, because of something (docs/method §3.2, §3.3).

Layers top to bottom, changes in file order. A value in time is a `Timeline`: a number per day, or a number times
uncertain values. `set` holds until the next `set`; `scale` multiplies what is there from its date on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ScenarioError, listing, nearest
from ..forecasting.covariates.timeline import Timeline
from ..uncertainty.distributions import Distribution


@dataclass(frozen=True)
class Beside:
    """What stands beside the value of a lever, or of a share routed."""

    today: float | Distribution = 0.0  # what it is before the change
    terms: tuple[tuple[str, object], ...] = ()  # what stands under `with:`
    again: float | Distribution | None = None  # escalation


@dataclass(frozen=True)
class Event:
    """One change of one path."""

    path: str  # slash path without wildcards
    op: str  # set | scale
    value: float | Distribution
    since: str  # first day, YYYY-MM-DD; "" = from the first day of the forecast
    where: str  # file:line
    because: str = ""
    shown: str = ""  # the value as the file has it
    draw: str = ""  # name of the uniform draw of an uncertain value: the path as the file has it
    per: str = ""  # month: an uncertain value is drawn anew for every month, as <draw>/<YYYY-MM>
    beside: Beside | None = None  # of a lever or a share routed


def timeline(base: np.ndarray, events: list[Event], dates: np.ndarray) -> Timeline:
    """Apply the events of one path, in time order, to its base value by day.

    >>> days = np.array(["2027-01-01", "2027-02-01"], "datetime64[D]")
    >>> e = Event("a", "scale", 2.0, "2027-02-01", "f:1")
    >>> timeline(np.ones(2), [e], days).number
    array([1., 2.])
    """
    number, which = np.array(base, dtype=float), np.full(len(dates), -1)
    mixtures: list[tuple] = []
    for event in sorted(events, key=lambda e: e.since):  # stable: file order within a day
        on = dates >= np.datetime64(event.since, "D") if event.since else np.ones(len(dates), bool)
        if isinstance(event.value, Distribution):
            if event.op == "set":
                number[on] = 1.0
            old, name = which.copy(), event.draw or event.path
            for draw, days in _drawn_on(name, on, dates) if event.per == "month" else ((name, on),):
                factor = ((draw, event.value),)
                for kind in np.unique(old[days]):
                    mixtures.append(
                        factor if event.op == "set" or kind < 0 else mixtures[kind] + factor
                    )
                    which[days & (old == kind)] = len(mixtures) - 1
        elif event.op == "set":
            number[on], which[on] = event.value, -1
        else:
            number[on] *= event.value
    return Timeline(number, which, tuple(mixtures))


def events_on(resolved, path: str) -> list:
    """The changes of one path, in file order."""
    return [event for event in resolved.events if event.path == path]


def _drawn_on(name: str, on: np.ndarray, dates: np.ndarray):
    """(draw name, its days) of a value that is drawn for every month."""
    months = dates.astype("datetime64[M]")
    for month in np.unique(months[on]):
        yield f"{name}/{month}", on & (months == month)


def leaves(tree: dict, above: str = "") -> dict[str, object]:
    """Slash paths of all values of a nested mapping.

    >>> leaves({"a": {"b": 1, "c": {"d": 2}}})
    {'a/b': 1, 'a/c/d': 2}
    """
    values: dict[str, object] = {}
    for key, value in tree.items():
        path = f"{above}/{escape(key)}" if above else escape(key)
        if isinstance(value, dict):
            values |= leaves(value, path)
        else:
            values[path] = value
    return values


def escape(name: str) -> str:
    """A name as one segment of a path: a slash inside it is written %2F.

    >>> escape("a/b")
    'a%2Fb'
    """
    return str(name).replace("%", "%25").replace("/", "%2F")


def unescape(segment: str) -> str:
    return segment.replace("%2F", "/").replace("%25", "%")


def match(path: str, known: list[str], where: str) -> list[str]:
    """The known paths a path names; `*` stands for one segment. Raises ScenarioError with the nearest match.

    >>> match("w/*/level", ["w/a/level", "w/b/level", "w/b/growth"], "f:1")
    ['w/a/level', 'w/b/level']
    """
    if "*" in path.split("/"):
        parts = path.split("/")
        named = [
            name
            for name in known
            if len(name.split("/")) == len(parts)
            and all(p in ("*", n) for p, n in zip(parts, name.split("/")))
        ]
    else:
        named = [path] if path in set(known) else []
    if named:
        return named
    raise ScenarioError(no_such_path(path, known, where))


def no_such_path(path: str, known: list[str], where: str) -> str:
    """The message for a path that is not there, with the nearest one or what stands at the last part that is."""
    parts = path.split("/")
    for depth in range(len(parts), 0, -1):
        head, rest = "/".join(parts[: depth - 1]), parts[depth - 1]
        below = sorted(
            {
                name[len(head) + 1 if head else 0 :].split("/")[0]
                for name in known
                if not head or name.startswith(head + "/")
            }
        )
        if below and "*" not in head.split("/"):
            guess = nearest(rest, below)
            if guess and guess != rest:
                better = "/".join([*parts[: depth - 1], guess, *parts[depth:]])
                full = nearest(better, known) if better not in known else better
                hint = f" Did you mean '{full or better}'?"
            else:
                full = None if rest in below else nearest(path, known)
                hint = f" Did you mean '{full}'?" if full else ""
            if rest in below:
                return f"{where}: path '{path}' names no single value.{hint} Below it: {listing(below)}."
            return f"{where}: path '{path}' is not there.{hint} Known in '{head or 'the scenario'}': {listing(below)}."
    full = nearest(path, known)
    hint = f" Did you mean '{full}'?" if full else ""
    return f"{where}: path '{path}' is not there.{hint}"


def refuse_second_set(events: list[Event]) -> None:
    """Raises ScenarioError where two `set` meet on one path and date: one of them would be lost without a word."""
    seen: dict[tuple, Event] = {}
    for event in events:
        if event.op != "set":
            continue
        key = (event.path, event.since)
        if key in seen:
            when = f"from {event.since}" if event.since else "from the first day"
            raise ScenarioError(
                f"{event.where}: '{event.path}' is set a second time {when}; the first time is at "
                f"{seen[key].where}. Keep one of them."
            )
        seen[key] = event
