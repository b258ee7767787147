"""A row of what can run out, made from `chances.runout` and its sentence; what balances, quotas and budgets have in common."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd

from ...errors import ForecastError
from ...forecasting.series import forecast
from ...periods import days, days_between
from ...uncertainty.chances import Runout, share
from ...wording import runout as words
from ...wording.landing import TOO_LITTLE
from .types import RunoutRow

NEWEST = 28  # days that "a day now" is the mean of
HORIZON = 365  # days ahead that are looked at, or to the farthest end that is stated …
FARTHEST = 1096  # … at most
PATHS = 1000
LEAST_DAYS = 3  # of history, as for any forecast of a bill (docs/method §9.5)


class Ahead:
    """Daily use of something: what was used, and paths of what comes.

    past (day,) and dates of it up to as_of; paths (path, day) after it; to_come (path, past day): what unfinished newest days still lack.
    """

    def __init__(self, used: pd.Series, as_of: str, first: str, horizon: int, how: dict):
        self.dates = days(first, as_of)
        index = pd.DatetimeIndex(self.dates)
        self.past = used.reindex(index, fill_value=0.0).to_numpy(float)
        self.to_come = np.zeros((1, len(self.past)))
        begun = used.index.min() if len(used) else None
        history = used.reindex(pd.date_range(begun, as_of), fill_value=0.0) if len(used) else used
        if len(history) < LEAST_DAYS:
            raise ForecastError(TOO_LITTLE)
        found = forecast(
            history.clip(lower=0.0), horizon, paths=PATHS, as_of=as_of, **how
        )  # a refund is no use
        self.paths = found.paths
        unfinished = [str(one.day) for one in found.left_out]
        whole = history[~history.index.isin(pd.DatetimeIndex(unfinished))]
        self.per_day = float(whole.iloc[-NEWEST:].mean())
        if unfinished and found.missing is not None:
            at = np.isin(self.dates, np.array(unfinished, "datetime64[D]"))
            inside = np.isin(np.array(unfinished, "datetime64[D]"), self.dates)
            self.to_come = np.zeros((PATHS, len(self.past)))
            self.to_come[:, at] = found.missing[:, inside]

    def whole(self) -> np.ndarray:
        """Past and future as one, (path, day)."""
        past = np.broadcast_to(self.past + self.to_come, (len(self.paths), len(self.past)))
        return np.concatenate([past, self.paths], axis=1)


def how_of(settings, daily: pd.DataFrame, as_of: str) -> dict:
    """How every series of a workspace is forecast here: seed, methods, and the days that may still be written (§2.24)."""
    known = daily.attrs.get("complete") or as_of
    followed = max(days_between(as_of, known), 0)
    return {
        "seed": settings.seed,
        "methods": settings.methods,
        "settling_days": max(settings.settling_days - followed, 0),
    }


def row(currency: str, as_of: str, **known: Any) -> RunoutRow:
    """A row with its sentence; what is not given is not known."""
    nothing: dict[str, Any] = {
        "of": "",
        "unit": currency,
        "per": "",
        "business_unit": "",
        "owner": "",
        "since": None,
        "state": "running",
        "why": "",
        "amount": None,
        "remaining": None,
        "per_day": None,
        "earliest": None,
        "likely": None,
        "latest": None,
        "by_month": [],
        "horizon": None,
        "end": None,
        "ends_with": "",
        "chance": None,
        "unused": None,
        "unused_chance": None,
        "short": None,
        "sentence": "",
    }
    whole = {**nothing, **known}
    whole["sentence"] = words.sentence(whole, currency)
    return cast(RunoutRow, {key: whole[key] for key in RunoutRow.__annotations__})


def answered(out: Runout, as_of: str, end: str | None) -> dict:
    """What a row says of a `Runout`: its dates, chances by month, and the state where all of it is past."""
    horizon = out.dates[-1]
    until = min(end or horizon, horizon)
    happened = sum(n for date, n in zip(out.dates, out.counts) if date <= as_of)
    inside = sum(n for date, n in zip(out.dates, out.counts) if date <= until)
    months = out.by_month()
    over = happened == out.paths
    return {
        "state": "out" if over else "running",
        "earliest": out.by(0.1),
        "likely": out.by(0.5),
        "latest": out.by(0.9),
        "by_month": [
            {"month": month, "chance": count / out.paths}
            for month, count in zip(months.dates, months.counts)
            if month >= as_of[:7] or count
        ],
        "horizon": horizon,
        "end": end,
        "chance": None if over else share(inside, out.paths).value,
    }


def horizon_of(as_of: str, ends) -> int:
    """Days ahead that are looked at: a year, or to the farthest stated end."""
    far = [days_between(as_of, end) for end in ends if end]
    return min(max([HORIZON, *far]), FARTHEST)
