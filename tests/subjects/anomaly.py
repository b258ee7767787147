"""`anomaly`: a daily history, and the episodes `find_anomalies` raises in it (docs/method §12)."""

import numpy as np
import pandas as pd

from finops_model.measure.anomalies.detect import find_anomalies
from finops_model.measure.anomalies.parts import split

from . import known

SETTINGS = {
    "threshold",
    "money_floor",
    "percent_floor",
    "refractory_days",
    "direction",
    "late_days",
    "as_of",
}


def series(given: dict) -> pd.Series:
    """The history: `days` of `week` (7 amounts, Monday first) or of `level`, changed by `events`, in their order."""
    known(given, {"start", "days", "level", "week", "wobble", "events"}, "given of an anomaly")
    count = int(given["days"])
    days = pd.date_range(str(given.get("start", "2026-01-05")), periods=count)
    week = np.array(given.get("week") or [given.get("level", 100.0)] * 7, float)
    values = week[days.dayofweek]
    wobble = float(given.get("wobble", 0.0))
    values = values * (
        1 + wobble * np.where(np.arange(count) % 2 == 0, 1, -1)
    )  # up and down by turns
    history = pd.Series(values, days, name="history")
    for event in given.get("events", ()):
        known(event, {"from", "to", "times", "ramp", "set", "missing"}, "an event")
        span = slice(
            str(event["from"]),
            str(event.get("to", event["from"] if "ramp" not in event else days[-1].date())),
        )
        part = history.loc[span]
        if "missing" in event:
            history = history.drop(part.index)
        elif "set" in event:
            history.loc[span] = float(event["set"])
        elif "ramp" in event:
            history.loc[span] = part * (1 + float(event["ramp"])) ** np.arange(1, len(part) + 1)
        else:
            history.loc[span] = part * float(event["times"])
    return history


def evaluate(subject: dict, given: dict) -> dict:
    if set(subject) == {"split"}:
        parts = split(
            *(
                subject["split"][name]
                for name in ("quantity", "cost", "quantity_before", "cost_before")
            ),
            unit=subject["split"].get("unit"),
        )
        return {name: float(value.sum()) for name, value in parts.items()} | {
            f"{name}_by_line": value for name, value in parts.items()
        }
    known(subject, SETTINGS, "anomaly")
    found = find_anomalies(
        series(given),
        **{name: str(value) if name == "as_of" else value for name, value in subject.items()},
    )
    told = sorted(found, key=lambda one: (one.start, one.direction))
    return {
        "count": len(told),
        "direction": [one.direction for one in told],
        "start": [one.start for one in told],
        "end": [one.end for one in told],
        "days": [one.days for one in told],
        "actual": [one.actual for one in told],
        "expected": [one.expected for one in told],
        "excess": [one.excess for one in told],
        "ongoing": [str(one.ongoing).lower() for one in told],
        "notes": list(found.notes),
    }
