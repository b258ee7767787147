"""Raised days put together as episodes: one alert for one thing (docs/method §12.3)."""

from __future__ import annotations

import numpy as np

ESCALATION = (
    2.0  # a day this many times as far off as any member of the week before is a matter of its own
)
LONGEST = 28  # days an episode goes on by the baseline of its eve; then the new level has become the baseline
LEAST_SHARE = 0.1  # of a weekday, when days are compared with each other


def episodes(
    raised,
    values,
    level,
    share,
    scale,
    *,
    sign: int,
    threshold: float,
    percent_floor: float,
    money_floor: float,
    refractory_days: int,
) -> list[list[int]]:
    """Positions of the days of each episode of one series, in order; all arrays (day,).

    raised   days that the rule of §12.2 raises in this direction (sign +1 up, −1 down)

    The baseline of an episode is that of its eve: level and scale of its first day, the share of each weekday. Days go on with it while they
    stay as far off as a raised day must be, at most 28 days; a later raised day joins it when the last member is at most `refractory_days`
    back. A raised day more than twice as far off (weekdays evened out) as any member of the week before begins an episode of its own.

    >>> flat = {name: np.full(12, value) for name, value in (("level", 10.0), ("share", 1.0), ("scale", 1.0))}
    >>> how = dict(sign=1, threshold=3.0, percent_floor=0.25, money_floor=0.0, refractory_days=3)
    >>> days = np.array([10., 20, 20, 10, 10, 20, 10, 50, 10, 10, 10, 10])
    >>> episodes(days > 15, days, **flat, **how)
    [[1, 2, 5], [7]]
    """
    spans: list[list[int]] = []
    waiting = np.flatnonzero(raised)
    while len(waiting):
        first = int(waiting[0])
        even = np.where(np.isfinite(share[first:]), share[first:], 1.0)
        usual = level[first] * even
        with np.errstate(invalid="ignore"):
            off = sign * (values[first:] - usual)
            least = np.maximum(
                np.maximum(threshold * scale[first], money_floor), percent_floor * np.abs(usual)
            )
            goes_on = (off > 0) & (off >= least)
        goes_on[LONGEST + 1 :] = False
        loud = off / np.maximum(even, LEAST_SHARE)
        run, after = [first], len(values)
        for day in (
            np.flatnonzero(goes_on | raised[first:])[1:] if goes_on[0] or raised[first] else ()
        ):
            day = int(day) + first
            if day - run[-1] > refractory_days:
                after = day
                break
            week = max(loud[before - first] for before in run if before >= day - refractory_days)
            if raised[day] and loud[day - first] > ESCALATION * max(week, 0.0):
                after = day
                break
            run.append(day)
        spans.append(run)
        waiting = waiting[waiting >= after] if after < len(values) else waiting[waiting > run[-1]]
    return spans
