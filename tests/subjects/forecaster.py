"""`forecaster`: what one method of the shelf says of the days after a history (docs/method §2.2, §2.17)."""

import numpy as np

from finops_model.forecasting.methods import pick, shelf

from . import known, need

FIRST = "2026-01-05"  # a Monday


def evaluate(subject: dict, given: dict) -> dict:
    known(subject, {"name"}, "forecaster")
    known(given, {"values", "repeat", "start", "horizon", "season"}, "given of a forecaster")
    (name,) = pick(
        [need(subject, "name", "forecaster", shelf())], season := int(given.get("season", 7))
    )
    values = np.tile(
        np.array(need(given, "values", "given of a forecaster"), float), int(given.get("repeat", 1))
    )
    step = "D" if season == 7 else "h"
    dates = np.datetime64(str(given.get("start", FIRST)), step) + np.arange(len(values))
    ahead = shelf()[name].point(values, dates, int(given.get("horizon", 1)), season)
    return {"ahead": ahead, "total": float(ahead.sum())}
