"""What a day was expected to cost, from the days before it, many series at once (docs/method §12.1, §12.2).

Arrays are (series, day), NaN where a day is not known. Nothing looks ahead: column t depends on columns before t only. A series gives the
same numbers alone and in a panel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVEL_DAYS, SCALE_DAYS, SHARE_WEEKS, PEAK_DAYS = 28, 42, 8, 56
LEAST_LEVEL, LEAST_SCALE = (
    7,
    14,
)  # known days needed before there is a level, and residuals before there is a scale
CAP, PEAK, LASTING = (
    4.0,
    0.95,
    7,
)  # a day counts at most 4 medians, or the 95 % quantile of earlier days, unless it lasts a week
SCALE_FLOOR = 0.02  # of the expected amount: a flat series is not certain to the cent
LARGEST_SCORE = 100.0
CELLS = 4_000_000  # of one window held in memory


@dataclass(frozen=True)
class Expected:
    """level × share = expected, (series, day), NaN before there is enough history; scale: the usual miss, same unit."""

    level: np.ndarray  # of a day, weekdays apart
    share: np.ndarray  # of the weekday in its week, 1 on average
    scale: np.ndarray

    @property
    def expected(self) -> np.ndarray:
        """Amount expected on each day."""
        return self.level * self.share


def expect(values: np.ndarray) -> Expected:
    """The expectation for every day of every series.

    values   (series, day), NaN where not known

    level    mean of the last 28 days, weekdays evened out; share: median over 8 weeks of a weekday's day ÷ its week's mean; scale: standard
    deviation of the misses of the last 42 days, at least 2 % of what is expected. A single day counts capped (`capped`), so that a runaway
    does not become the baseline. Source: docs/method §12.1, §12.2; why this form: docs/decisions/0011.

    >>> week = np.tile([10., 10, 10, 10, 10, 2, 2], 9)
    >>> expect(week[None]).expected[0, -7:].round(9).tolist()
    [10.0, 10.0, 10.0, 10.0, 10.0, 2.0, 2.0]
    """
    values = np.atleast_2d(np.asarray(values, float))
    parts = [_expect(values[rows]) for rows in _blocks(*values.shape)]
    if not parts:
        return Expected(*(np.empty(values.shape) for _ in range(3)))
    return Expected(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("level", "share", "scale")
        )
    )


def _expect(values: np.ndarray) -> Expected:
    used, peak = _capped(values)
    week = _mean(_windows(used, LASTING, today=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(week > 0, used / week, np.nan)
        weeks = np.stack([_earlier(ratio, 7 * back) for back in range(1, SHARE_WEEKS + 1)], axis=-1)
        share = np.where(np.isfinite(weeks).sum(axis=-1) >= 2, median(weeks), 1.0)
        known = np.isfinite(used)
        sums = [
            np.nansum(_windows(part, LEVEL_DAYS), axis=-1)
            for part in (used, np.where(known, share, np.nan), known.astype(float))
        ]
        even = sums[1] > 1e-9
        share = np.where(even, share, 1.0)  # closed on every weekday so far: a plain mean
        level = np.where(even, sums[0] / sums[1], sums[0] / sums[2])
        level = np.where(sums[2] >= LEAST_LEVEL, level, np.nan)
        expected = level * share
        most = np.fmax(
            np.abs(expected), peak - expected
        )  # a miss counts at most as large as what was expected, or as known peaks
        scale = np.maximum(
            _spread(_windows(np.clip(used - expected, -most, most), SCALE_DAYS)),
            SCALE_FLOOR * np.abs(expected),
        )
    return Expected(level, share, scale)


def capped(values: np.ndarray) -> np.ndarray:
    """Each day as it enters the expectation of later days: at most 4 × the median of the 28 days before or the 95 % quantile of the 56
    days before, whichever is more, unless all of the last seven days were as high: then it is a new level, not a burst.

    >>> capped(np.append(np.full(60, 10.), 900.)[None])[0, -1]
    np.float64(40.0)
    """
    return _capped(np.atleast_2d(values))[0]


def _capped(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(capped values, 95 % quantile of the days before), (series, day)."""
    ordered = np.sort(_windows(values, PEAK_DAYS), axis=-1)  # NaN sorts last
    count = np.isfinite(ordered).sum(axis=-1)
    at = np.maximum(np.ceil(PEAK * count).astype(int) - 1, 0)
    peak = np.where(
        count >= LEAST_SCALE, np.take_along_axis(ordered, at[..., None], axis=-1)[..., 0], np.nan
    )
    month = _windows(values, LEVEL_DAYS)
    middle = np.where(np.isfinite(month).sum(axis=-1) >= LEAST_LEVEL, median(month), np.nan)
    week = _windows(values, LASTING, today=True)
    lasting = np.where(np.isfinite(week).all(axis=-1), week.min(axis=-1), np.nan)
    limit = np.fmax(np.fmax(CAP * middle, peak), lasting)
    return np.where(np.isfinite(limit) & (values > limit), limit, values), peak


def score(values: np.ndarray, judged: Expected) -> np.ndarray:
    """(actual − expected) ÷ scale, (series, day), within ± 100; NaN where a day is not known or not judged."""
    with np.errstate(invalid="ignore", divide="ignore"):
        miss = values - judged.expected
        ratio = np.where(
            judged.scale > 0,
            miss / judged.scale,
            np.where(miss == 0, 0.0, np.sign(miss) * LARGEST_SCORE),
        )
    ratio = np.where(np.isfinite(judged.scale), ratio, np.nan)
    return np.clip(ratio, -LARGEST_SCORE, LARGEST_SCORE)


def median(values: np.ndarray) -> np.ndarray:
    """Median over the last axis of what is known; NaN where nothing is.

    >>> median(np.array([[3., np.nan, 1., 2.], [np.nan] * 4])).tolist()
    [2.0, nan]
    """
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(ordered).sum(axis=-1)
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, ordered.shape[-1] - 1)
    both = [np.take_along_axis(ordered, at[..., None], axis=-1)[..., 0] for at in (low, high)]
    return np.where(count > 0, (both[0] + both[1]) / 2, np.nan)


def _earlier(values: np.ndarray, days: int) -> np.ndarray:
    out = np.full(values.shape, np.nan)
    out[:, days:] = values[:, : values.shape[1] - days] if days < values.shape[1] else np.nan
    return out


def _windows(values: np.ndarray, days: int, today: bool = False) -> np.ndarray:
    """The `days` days before each day (with `today`: up to it), (series, day, days), NaN before the first."""
    padded = np.concatenate([np.full((values.shape[0], days), np.nan), values], axis=1)
    rolled = np.lib.stride_tricks.sliding_window_view(padded, days, axis=1)
    return rolled[:, 1:] if today else rolled[:, :-1]


def _mean(windows: np.ndarray) -> np.ndarray:
    count = np.isfinite(windows).sum(axis=-1)
    return np.where(count > 0, np.nansum(windows, axis=-1) / np.maximum(count, 1), np.nan)


def _spread(windows: np.ndarray) -> np.ndarray:
    known = np.isfinite(windows)
    count = known.sum(axis=-1)
    middle = np.nansum(windows, axis=-1) / np.maximum(count, 1)
    squares = np.where(known, windows - middle[..., None], 0.0) ** 2
    return np.where(
        count >= LEAST_SCALE, np.sqrt(squares.sum(axis=-1) / np.maximum(count, 1)), np.nan
    )


def _blocks(series: int, day: int):
    step = max(1, CELLS // max(day * PEAK_DAYS, 1))
    return [slice(first, first + step) for first in range(0, series, step)] if day else []
