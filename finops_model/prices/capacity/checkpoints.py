"""Checkpoints on machines that may be interrupted: how long work takes, and how often to save (docs/method §5.36).

With C the time of a checkpoint, M the mean time between interruptions, R the restart and work saved every tau:
E[time] / work = e^(R/M) (M/tau) (e^((tau + C)/M) - 1): checkpoints, rework and restarts, restarts interrupted too (Daly 2006).
Any unit of time, the same for all. numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import quantities
from ...errors import PriceError
from ..transforms._checks import together


@dataclass(frozen=True)
class Checkpointing:
    """Time of a checkpoint, mean time between interruptions and restart: numbers or arrays that broadcast.

    Raises PriceError unless checkpoint and restart are 0 or more and mtbf is above 0; mtbf inf is a machine never interrupted.
    """

    checkpoint: float | np.ndarray  # C
    mtbf: float | np.ndarray  # M; of a fleet that stops together: of one machine / machines
    restart: float | np.ndarray = 0.0  # R

    def __post_init__(self):
        try:
            mtbf = np.asarray(self.mtbf, dtype=float)
        except (TypeError, ValueError):
            raise PriceError(
                f"checkpointing: mtbf is {str(self.mtbf)[:40]}; it must be a number or an array of "
                "numbers."
            ) from None
        if mtbf.size and not (mtbf > 0).all():  # a NaN is not
            raise PriceError(
                f"checkpointing: mtbf is {mtbf[~(mtbf > 0)].flat[0]:g}; it must be above 0."
            )
        parts = together(
            "checkpointing",
            checkpoint=quantities("checkpointing: checkpoint", self.checkpoint),
            mtbf=mtbf,
            restart=quantities("checkpointing: restart", self.restart),
        )
        for name, value in zip(("checkpoint", "mtbf", "restart"), parts):
            object.__setattr__(self, name, value)

    def factor(self, interval=None):
        """Expected time over useful work, 1 or more; inf where the work never ends (e^700 intervals a failure).

        interval   useful work between checkpoints, above 0; default: the best one

        >>> round(float(Checkpointing(5, 1440).factor(120)), 6)
        1.088215
        """
        interval = self.best_interval() if interval is None else interval
        interval = np.asarray(interval, dtype=float)
        if interval.size and not (interval >= 0).all():
            raise PriceError(f"checkpointing: interval is {interval.min():g}; it must be above 0.")
        if (interval == 0).any() and (np.asarray(self.checkpoint) > 0).any():
            raise PriceError(
                "checkpointing: interval is 0; work saved all the time never ends. It must be above 0."
            )
        interval, C, M, R = together(
            "checkpointing", interval=interval, C=self.checkpoint, M=self.mtbf, R=self.restart
        )
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            x, c = interval / M, C / M
            # C inside expm1 as a factor of its own, so that short intervals lose no digits
            steps = np.where(
                x > 0, (np.expm1(x) * np.exp(c) + np.expm1(c)) / np.where(x > 0, x, 1.0), 1.0
            )
            calm = np.where(
                np.isinf(interval) | (interval == 0),
                1.0,
                1 + C / np.where(interval > 0, interval, 1.0),
            )
            steps = np.where(np.isinf(M), calm, steps)
            return (np.exp(R / M) * steps)[()]

    def best_interval(self):
        """The interval of least expected time, exactly: M (1 + W(-e^(-1 - C/M))); 0 where a checkpoint takes no time, inf where
        nothing interrupts. The restart does not move it.

        >>> round(float(Checkpointing(5, 1440).best_interval()), 5)
        116.69007
        """
        with np.errstate(invalid="ignore", over="ignore"):
            best = self.mtbf * _root(
                np.where(np.isinf(self.mtbf), 1.0, self.checkpoint / self.mtbf)
            )
        return np.where(np.isinf(self.mtbf), np.where(self.checkpoint > 0, np.inf, 0.0), best)[()]

    def young(self):
        """Young's interval, sqrt(2 C M): first order, C much smaller than M.

        >>> float(Checkpointing(5, 1440).young())
        120.0
        """
        return np.sqrt(2 * self.checkpoint * self.mtbf)[()]

    def daly(self):
        """Daly's interval: sqrt(2 C M) (1 + sqrt(C / 2M) / 3 + C / 2M / 9) - C, and M where C is 2 M or more.

        >>> [round(float(x), 1) for x in Checkpointing(5, np.array([1440, 360, 15])).daly()]
        [116.7, 56.7, 9.1]
        """
        finite = np.isfinite(self.mtbf)
        M = np.where(finite, self.mtbf, 1.0)
        half = self.checkpoint / (2 * M)
        close = (
            np.sqrt(2 * self.checkpoint * M) * (1 + np.sqrt(half) / 3 + half / 9) - self.checkpoint
        )
        return np.where(
            finite, np.where(half < 1, close, M), np.where(self.checkpoint > 0, np.inf, 0.0)
        )[()]


def _root(c):
    """x in [0, 1] with (1 - x) e^x = e^(-c), c >= 0, which is 1 + W(-e^(-1 - c)): Newton on g(x) = -ln(1 - x) - x - c. g is convex
    and rises, so from a start above the root every step comes down to it; Lambert's W itself loses digits at its branch (small c).
    """
    start = np.minimum(
        np.sqrt(2 * c), -np.expm1(-1 - c)
    )  # g >= x^2/2 - c, and 1 - x = e^(-c - x) >= e^(-1 - c)
    x = np.minimum(start, 1 - 1e-15)
    for _ in range(40):
        series = (
            x
            * x
            * (1 / 2 + x * (1 / 3 + x * (1 / 4 + x * (1 / 5 + x * (1 / 6 + x * (1 / 7 + x / 8))))))
        )
        g = (
            np.where(x < 1e-2, series, -np.log1p(-x) - x) - c
        )  # the difference would cancel for small x
        x = np.clip(x - np.where(x > 0, g * (1 - x) / np.where(x > 0, x, 1.0), 0.0), 0.0, 1 - 1e-15)
    return np.where(c > 30, start, x)
