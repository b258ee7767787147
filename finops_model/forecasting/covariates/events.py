"""What people know of a series: dated events, past and coming, taken out of the history and put back ahead (docs/method §2.9).

Usage (or cost) of a day = undisturbed × factor + added. An event says its factor or what it adds by day; the product and the sum of all
events are divided out of the history before anything is fitted, and laid over every path ahead. Pure functions on arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from ... import streams
from ...checks import bounded
from ...errors import FinOpsError, ForecastError, nearest, unknown
from ...uncertainty.curves import s_curve
from ...uncertainty.elicit import elicit
from ..history import LARGEST

KINDS = ("campaign", "launch", "level_change", "migration", "price_change", "shutdown")
NEEDS = {
    "campaign": ("until",),
    "launch": ("amount",),
    "level_change": ("factor",),
    "migration": ("share",),
    "price_change": ("factor",),
    "shutdown": (),
}
FITS = {
    "campaign": {"factor", "amount", "until"},
    "launch": {"amount", "ramp_days"},
    "level_change": {"factor", "ramp_days"},
    "migration": {"share", "ramp_days"},
    "price_change": {"factor"},
    "shutdown": {"ramp_days"},
}
LITTLE = 0.02  # of the undisturbed level: below it a day says nothing about the rest


@dataclass(frozen=True)
class Event:
    """One thing that is known, by day.

    launch        adds `amount` per day, reached along an S-curve over ramp_days (0: at once)
    migration     moves `share` of the usage away, straight over ramp_days (a negative share: usage moves here)
    price_change  multiplies by `factor` from `since` on; level_change the same for a change of level, straight over ramp_days
    shutdown      usage falls to 0, straight over ramp_days
    campaign      multiplies by `factor`, or adds `amount` per day, from `since` until the day before `until`

    A coming amount, factor or share may be {p10, p50, p90}: one draw per path, named after the event. Of a past event the p50 counts.
    """

    kind: str
    since: str
    until: str | None = None
    amount: object = None  # units per day
    factor: object = None  # times
    share: object = None  # of the usage, up to 1
    ramp_days: int = 0
    name: str = ""
    because: str = ""

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ForecastError(unknown("events", "kind of event", str(self.kind), KINDS))
        what = f"event '{self.name or self.kind}'"
        since = _date(self.since, f"{what}: since")
        object.__setattr__(self, "since", str(since))
        for key in ("amount", "factor", "share", "until"):
            if getattr(self, key) is not None and key not in FITS[self.kind]:
                raise ForecastError(
                    f"{what}: {key} does not belong to a {self.kind}; it takes {', '.join(sorted(FITS[self.kind]))}."
                )
        for key in NEEDS[self.kind]:
            if getattr(self, key) is None:
                raise ForecastError(f"{what}: a {self.kind} needs {key}.")
        if self.kind == "campaign" and (self.factor is None) == (self.amount is None):
            raise ForecastError(
                f"{what}: a campaign has a factor or an amount per day; give one of them."
            )
        if self.until is not None:
            until = _date(self.until, f"{what}: until")
            if until <= since:
                raise ForecastError(
                    f"{what}: until {until} is not after since {since}; until is the first day after it."
                )
            object.__setattr__(self, "until", str(until))
        if (
            isinstance(self.ramp_days, bool)
            or not isinstance(self.ramp_days, (int, np.integer))
            or self.ramp_days < 0
        ):
            raise ForecastError(
                f"{what}: ramp_days is {self.ramp_days!r}; it must be a whole number of days, 0 or more."
            )
        for key, most in (("amount", LARGEST), ("factor", LARGEST), ("share", 1.0)):
            value = getattr(self, key)
            if value is not None and not isinstance(value, Mapping):
                bounded(value, f"{what}: {key}", -np.inf if key == "share" else 0.0, most)

    @property
    def label(self) -> str:
        return self.name or f"{self.kind} {self.since}"

    def size(self):
        """The event's number, or its {p10, p50, p90}; 1 for a shutdown (a share of all)."""
        return next(
            (value for value in (self.amount, self.factor, self.share) if value is not None), 1.0
        )


def read_events(events: Sequence) -> tuple[Event, ...]:
    """Events as they stand in code or in a document: Event, or a mapping of its fields.

    >>> [event.kind for event in read_events([{"kind": "shutdown", "since": "2027-01-01"}])]
    ['shutdown']
    """
    known, parsed = [field.name for field in fields(Event)], []
    if isinstance(events, (str, Mapping, Event)):  # one of them: its keys would be read as events
        raise ForecastError("events: give a list of events, also of one: events=[{...}].")
    for event in events:
        if isinstance(event, Event):
            parsed.append(event)
            continue
        if not isinstance(event, Mapping):
            raise ForecastError(
                f"events: '{str(event)[:60]}' is no event; write a mapping with kind and since."
            )
        for key in event:
            if key not in known:
                raise ForecastError(unknown("events", "field", str(key), known))
        for key in ("kind", "since"):
            if key not in event:
                near = nearest(key, [k for k in event if k not in known])
                raise ForecastError(
                    f"events: '{key}' is missing; write it.{f' Did you mean {near}?' if near else ''}"
                )
        parsed.append(Event(**event))
    names = [event.label for event in parsed]
    for label in names:
        if names.count(label) > 1:
            raise ForecastError(
                f"events: two are called '{label}'; give each a name of its own, their draws are named after it."
            )
    return tuple(parsed)


def ramp(event: Event, dates: np.ndarray) -> np.ndarray:
    """How much of an event is in force on each day, 0..1 (day,).

    >>> ramp(Event("shutdown", "2027-01-02", ramp_days=2), np.arange("2027-01-01", "2027-01-05", dtype="datetime64[D]")).tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    age = (dates - np.datetime64(event.since, "D")).astype(int) + 1.0
    if event.kind == "campaign":
        return ((age > 0) & (dates < np.datetime64(event.until, "D"))).astype(float)
    if event.ramp_days == 0:
        return (age > 0).astype(float)
    share = np.clip(age / event.ramp_days, 0.0, 1.0)
    return s_curve(share) if event.kind == "launch" else share


def effect(
    events: Sequence[Event], dates: np.ndarray, sizes: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Factor and added usage by day, (..., day) each.

    sizes   label -> the event's number, shape (...) (a number, or one for each path with a trailing axis of length 1)
    """
    factor, added = np.ones(len(dates)), np.zeros(len(dates))
    for event in events:
        part, size = ramp(event, dates), sizes[event.label]
        if event.amount is not None:
            added = added + size * part
        elif event.kind in ("migration", "shutdown"):
            factor = factor * (1 - size * part)
        else:
            factor = factor * (1 + (size - 1) * part)
    return factor, added


def middle(event: Event) -> float:
    """The number of an event: the p50 of an uncertain one."""
    size = event.size()
    return float(_quantiles(event, size)[1] if isinstance(size, Mapping) else size)


def drawn(event: Event, paths: int, seed: int) -> np.ndarray:
    """The number of an event on each path, (path, 1); one uniform per path from the stream "event/<label>"."""
    size = event.size()
    if not isinstance(size, Mapping):
        return np.full((paths, 1), float(size))
    low, mid, high = _quantiles(event, size)
    try:
        if event.share is None:
            values = elicit(low, mid, high, f"event '{event.label}'").quantile(
                streams.uniforms(seed, f"event/{event.label}", paths)
            )
        else:  # what stays, 1 − share, is what cannot fall below 0
            values = 1 - elicit(
                1 - high, 1 - mid, 1 - low, f"event '{event.label}': what stays"
            ).quantile(1 - streams.uniforms(seed, f"event/{event.label}", paths))
    except FinOpsError as problem:
        raise ForecastError(str(problem)) from None
    return values[:, None]


def undisturbed(values: np.ndarray, dates: np.ndarray, events: Sequence[Event]) -> np.ndarray:
    """The history without its events: (value − added) ÷ factor, at least 0; NaN where events leave too little to learn from.

    >>> days = np.arange("2027-01-01", "2027-01-05", dtype="datetime64[D]")
    >>> undisturbed(np.array([1.0, 1, 2, 2]), days, read_events([{"kind": "price_change", "since": "2027-01-03", "factor": 2}])).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    factor, added = effect(events, dates, {event.label: middle(event) for event in events})
    clear = factor > LITTLE
    return np.where(clear, np.maximum(values - added, 0.0) / np.where(clear, factor, 1.0), np.nan)


def _quantiles(event: Event, size: Mapping) -> tuple[float, float, float]:
    if set(size) != {"p10", "p50", "p90"}:
        raise ForecastError(
            f"event '{event.label}': an uncertain number is {{p10, p50, p90}}, not {{{', '.join(map(str, size))}}}."
        )
    return tuple(
        bounded(size[key], f"event '{event.label}': {key}", -np.inf)
        for key in ("p10", "p50", "p90")
    )


def _date(text, what: str) -> np.datetime64:
    try:
        day = np.datetime64(str(text), "D")
    except ValueError:
        day = np.datetime64("NaT")
    if np.isnat(day) or len(str(text)) != 10:
        raise ForecastError(f"{what} is '{str(text)[:40]}'; it must be a day YYYY-MM-DD.")
    return day
