"""How a growth seen over a span goes on, and what a year's growth is where last year says little (docs/method §2.23)."""

from __future__ import annotations

import numpy as np

YEAR, MONTH = 364, 28  # 52 weeks, so that weekdays stay on weekdays; four of them
FADE = 2.0  # spans: a growth goes on in full for as long as it was seen, then fades; in all it comes at most 1 + FADE times again
SUPPORT = 0.25  # of the year's mean: a month a year ago below it says less the smaller it is; a month now over 1 ÷ SUPPORT of it likewise


def going_on(horizon: int, span: float) -> np.ndarray:
    """Days of growth (horizon,) that count 1, 2 … days ahead, of a growth seen over `span` days: all of the first span, then ever fewer.

    The slope has no step, so no day of a forecast jumps where a span ends.

    >>> going_on(4, 2.0).round(3).tolist(), round(float(going_on(5000, 100.0)[-1]), 6)
    ([1.0, 2.0, 2.885, 3.574], 300.0)
    """
    spans = np.arange(1, horizon + 1) / span
    return span * np.where(
        spans <= 1, spans, 1 + FADE * -np.expm1(-np.maximum(spans - 1, 0.0) / FADE)
    )


def supported(now: float, then: float, typical: float) -> float:
    """How far a ratio now ÷ then is to be believed, 0…1: as far as the base is not small, nor now large, compared with what is typical.

    >>> supported(30.0, 20.0, 25.0), supported(30.0, 1.25, 25.0), supported(0.0, 0.0, 25.0)
    (1.0, 0.2, 0.0)
    """
    if typical <= 0 or then <= 0:
        return 0.0
    return min(1.0, then / (SUPPORT * typical), typical / (SUPPORT * now) if now > 0 else 1.0)


def year_on_year(history: np.ndarray, year: int, days: int) -> float:
    """Growth of a year as a factor: the newest `days` ÷ the same days a year before, as far as these support a ratio; for the rest all days
    that have a day a year before (a year at most), as far as they do; for the rest 1. history has at least year + days days.

    >>> round(year_on_year(np.append(np.full(364, 10.0), np.full(364, 15.0)), 364, 28), 6)
    1.5
    >>> rest = np.tile(np.append(np.full(300, 10.0), np.full(64, 1e-6)), 2); rest[-28:] = 0.5       # half a unit for nothing
    >>> round(year_on_year(rest, 364, 28), 2)
    1.0
    """
    typical = float(history[-year:].mean())
    known = min(len(history) - year, year)
    believed, log = 0.0, 0.0
    for window in (days, known):
        now, then = (
            float(history[-window:].mean()),
            float(history[-year - window : len(history) - year].mean()),
        )
        share = (1 - believed) * supported(now, then, typical)
        if share > 0:
            log += share * np.log(max(now, 1e-3 * then) / then)
            believed += share
    return float(np.exp(log))
