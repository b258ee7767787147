"""Histories as one panel of days: a Series, a frame ds and y, several series side by side, or daily facts (docs/method §12.7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import ForecastError, listing, unknown
from ...forecasting.history import (  # one reading of days and values for forecasts and for this
    MAX_DAYS,
    MAX_MISSING,
    read_days,
    too_few,
)

FACTS_DAY, FACTS_MONEY = "ChargeDate", "EffectiveCost"


@dataclass(frozen=True)
class Panel:
    """days (day,) datetime64[D] without gaps; names (series,); values (series, day), NaN where a day is not known."""

    days: np.ndarray
    names: tuple[str, ...]
    values: np.ndarray
    notes: tuple[str, ...] = ()

    def until(self, day) -> Panel:
        """The panel without the days after `day`."""
        kept = self.days <= np.datetime64(day, "D")
        return Panel(self.days[kept], self.names, self.values[:, kept], self.notes)


def read_panel(history, by=None, where: str = "history") -> Panel:
    """Any daily history as a Panel.

    history   Series on dates; frame ds, y (further text columns, or `by`, name the series); frame with a column per series on a date
              index (or with ds); {name: Series}; daily facts (ChargeDate, EffectiveCost) with `by`, added up by day
    by        column or columns that name a series; several are joined with " / "

    A missing day stays missing; a negative day (a credit, a correction) is not known either and is counted in `notes`. Raises ForecastError
    for a day that appears twice, time zones, times of day, text, infinities, and where over 40 % of all days are missing.

    >>> days = pd.to_datetime(["2026-01-01", "2026-01-03"])
    >>> panel = read_panel(pd.Series([1.0, -2.0], days, name="chat"))
    >>> panel.names, panel.values.tolist(), panel.notes
    (('chat',), [[1.0, nan, nan]], ('1 negative day (credit or correction) is not judged.',))
    """
    if isinstance(history, Panel):
        return history
    long = _long(history, by, where)
    if not len(long):
        raise ForecastError(f"{where}: there is no day with a value.")
    days, values = read_days(long[["ds", "y"]], where)
    names = long["name"].astype(str).to_numpy()
    twice = pd.DataFrame({"n": names, "d": days}).duplicated().to_numpy()
    if twice.any():
        if not long.attrs.get("add"):
            name = f" of '{names[twice][0]}'" if len(set(names)) > 1 else ""
            raise ForecastError(
                f"{where}: {days[twice][0]}{name} appears twice. Add up the rows of a day first: "
                "history.groupby(level=0).sum()."
            )
        total = pd.Series(values).groupby([names, days]).sum()
        names, days, values = (
            np.asarray(total.index.get_level_values(0)),
            total.index.get_level_values(1).to_numpy("datetime64[D]"),
            total.to_numpy(),
        )
    known = ~np.isnan(values)
    if not known.any():
        raise ForecastError(f"{where}: there is no day with a value.")
    first, last = days[known].min(), days[known].max()
    span = int((last - first).astype(int)) + 1
    there = np.unique(days[known])
    missing = span - len(there)
    if span > MAX_DAYS or (missing > MAX_MISSING * span and missing > 1):
        raise ForecastError(too_few(there, where))
    order = tuple(dict.fromkeys(names.tolist()))
    place = {name: i for i, name in enumerate(order)}
    whole = np.full((len(order), span), np.nan)
    rows = np.fromiter((place[name] for name in names[known].tolist()), int, int(known.sum()))
    whole[rows, (days[known] - first).astype(int)] = values[known]
    negative = whole < 0
    notes: tuple[str, ...] = ()
    if count := int(negative.sum()):
        notes = (
            f"{count:,} negative day{'s' * (count > 1)} (credit or correction) {'are' if count > 1 else 'is'} not judged.",
        )
    return Panel(first + np.arange(span), order, np.where(negative, np.nan, whole), notes)


def _long(history, by, where: str) -> pd.DataFrame:
    """ds, y, name."""
    if isinstance(history, dict):
        parts = [
            _long(one, None, f"{where}: {name}").assign(name=str(name))
            for name, one in history.items()
        ]
        return (
            pd.concat(parts, ignore_index=True)
            if parts
            else pd.DataFrame({"ds": [], "y": [], "name": []})
        )
    if isinstance(history, pd.Series):
        return pd.DataFrame(
            {
                "ds": history.index,
                "y": history.to_numpy(),
                "name": str(history.name) if history.name else "history",
            }
        )
    if not isinstance(history, pd.DataFrame):
        raise ForecastError(
            f"{where}: give a daily pandas Series, a frame with ds and y, a frame with a column per series, or daily "
            f"facts; not {type(history).__name__}."
        )
    columns = [str(column) for column in history.columns]
    wanted = [by] if isinstance(by, str) else list(by or ())
    for column in wanted:
        if column not in columns:
            raise ForecastError(unknown(f"{where}: by", "column", column, columns))
    if {FACTS_DAY, FACTS_MONEY} <= set(columns):
        long = pd.DataFrame(
            {"ds": history[FACTS_DAY].to_numpy(), "y": history[FACTS_MONEY].to_numpy()}
        )
        long["name"] = _joined(history, wanted) if wanted else "cost"
        long.attrs["add"] = True
        return long
    for column in ("ds", "y"):
        if columns.count(column) > 1:
            raise ForecastError(
                f"{where}: the column {column} appears twice. Keep the one that counts."
            )
    if {"ds", "y"} <= set(columns):
        keys = wanted or [
            column
            for column in columns
            if column not in ("ds", "y") and not pd.api.types.is_numeric_dtype(history[column])
        ]
        long = pd.DataFrame(
            {
                "ds": history["ds"].to_numpy()
                if history["ds"].dtype.kind == "M"
                else history["ds"],
                "y": history["y"],
            }
        )
        long["name"] = _joined(history, keys) if keys else "history"
        return long.reset_index(drop=True)
    wide = history.set_index("ds") if "ds" in columns else history
    if pd.api.types.is_numeric_dtype(wide.index) or not len(wide.columns):
        raise ForecastError(
            f"{where}: a frame needs the columns ds and y, or dates as its index and a column per series; it has "
            f"{listing(columns, 8)}."
        )
    parts = [
        pd.DataFrame({"ds": wide.index, "y": wide.iloc[:, i].to_numpy(), "name": str(column)})
        for i, column in enumerate(wide.columns)
    ]
    return pd.concat(parts, ignore_index=True)


def _joined(frame: pd.DataFrame, keys: list[str]) -> np.ndarray:
    words = [frame[key].astype(str).to_numpy(object) for key in keys]
    out = words[0]
    for word in words[1:]:
        out = out + " / " + word
    return out
