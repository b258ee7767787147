"""`history`: how a daily history is read, or why it is refused (docs/method §2.8, §2.19)."""

import numpy as np
import pandas as pd

from finops_model.forecasting.backtest import backtest
from finops_model.forecasting.history import clean, kind
from finops_model.forecasting.series import forecast
from finops_model.measure.anomalies.detect import find_anomalies

from . import known

READERS = {
    "read": clean,
    "forecast": lambda y: forecast(y, 7, paths=10),
    "backtest": lambda y: backtest(y, cutoffs=1, paths=10),
    "anomalies": find_anomalies,
}


def series(given: dict):
    """`rows` {date: value} as they stand, or `days` of `values` (repeated) from `start` on, `every` so many days, with `change` {date: value}, `leave_out`
    [weekdays or dates] and `add` {date: value} (a second row where the day is there)."""
    known(
        given,
        {"rows", "start", "days", "values", "every", "change", "leave_out", "add", "time_zone"},
        "given of a history",
    )
    if "rows" in given:
        rows = [(str(day), value) for day, value in given["rows"].items()]
        return pd.Series([value for _, value in rows], [day for day, _ in rows])
    count = int(given["days"])
    days = pd.date_range(
        str(given.get("start", "2026-01-05")), periods=count, freq=f"{int(given.get('every', 1))}D"
    )
    y = pd.Series(np.resize(np.array(given.get("values", [100.0]), float), count), days)
    out = [str(word) for word in given.get("leave_out", ())]
    y = y[[str(day.date()) not in out and day.day_name() not in out for day in y.index]]
    changed = {pd.Timestamp(str(day)): value for day, value in given.get("change", {}).items()}
    if changed:
        y = y.astype(object)
        for day, value in changed.items():
            y[day] = value
    added = given.get("add", {})
    y = (
        pd.concat(
            [y, pd.Series(list(added.values()), pd.DatetimeIndex([str(day) for day in added]))]
        )
        if added
        else y
    )
    return y.tz_localize(given["time_zone"]) if "time_zone" in given else y


def evaluate(subject: dict, given: dict) -> dict:
    known(subject, {"by", "as_of"}, "history")
    by, y = subject.get("by", "read"), series(given)
    assert by in READERS, f"history: by is '{by}'; known: {sorted(READERS)}"
    if "as_of" in subject:
        y = clean(y, as_of=str(subject["as_of"]))
    READERS[by](y)
    if by != "read":
        return {"read": "yes"}
    found = clean(y)
    return {
        "days": len(found.days),
        "first": str(found.days[0]),
        "last": str(found.days[-1]),
        "filled": found.filled,
        "values": found.values,
        "total": float(found.values.sum()),
        "kind": kind(found.values),
    }
