"""What every way to buy is given and gives back (docs/method §3.41)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...periods import days, month_index


@dataclass(frozen=True)
class Months:
    """Which days of which months a purchase is simulated on.

    Parameters
    ----------
    names : tuple of str
        YYYY-MM.
    first : array (month,) of datetime64[D]
        First day of each month on which the purchase holds.
    days : array (month,)
        How many days of each month that are: 0 where it does not hold, fewer than `whole` in the month under way, of its start or of its end.
    whole : array (month,)
        Days of each whole month.

    Examples
    --------
    >>> months = Months.between(("2026-01", "2026-02"), "2026-01-11", "2026-02-15")
    >>> months.days.tolist(), months.whole.tolist(), [str(d) for d in months.first]
    ([21, 14], [31, 28], ['2026-01-11', '2026-02-01'])
    """

    names: tuple[str, ...]
    first: np.ndarray
    days: np.ndarray
    whole: np.ndarray

    @classmethod
    def between(cls, names, start: str, end: str | None = None) -> Months:
        """The days from `start` on, before `end`.

        Parameters
        ----------
        names : sequence of str
            YYYY-MM, in order.
        start : str
            First day, YYYY-MM-DD.
        end : str, optional
            The first day without it; None: to the end of the last month.

        Returns
        -------
        Months
            Days of each month.
        """
        months = np.array(names, "datetime64[M]")
        begins, ends = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
        first = np.maximum(begins, np.datetime64(start, "D"))
        last = np.minimum(ends, np.datetime64(end, "D")) if end else ends
        held = np.maximum((last - first).astype(int), 0)
        return cls(tuple(names), first, held, (ends - begins).astype(int))

    @property
    def share(self) -> np.ndarray:
        """(month,): simulated days ÷ days of the whole month."""
        return self.days / self.whole

    def by_day(self, dates: np.ndarray) -> np.ndarray:
        """Position of the month of each day.

        Parameters
        ----------
        dates : array (day,) of datetime64[D]
            Days.

        Returns
        -------
        array (day,)
            Positions, −1 where none is meant.
        """
        return month_index(dates, self.names)

    def dates(self) -> np.ndarray:
        """Every day on which the purchase holds.

        Returns
        -------
        array (day,) of datetime64[D]
            In order.
        """
        parts = [
            days(first, first + np.timedelta64(int(count) - 1, "D"))
            for first, count in zip(self.first, self.days, strict=True)
            if count
        ]
        return np.concatenate(parts) if parts else np.array([], "datetime64[D]")


@dataclass(frozen=True)
class Settled:
    """What a way costs on each path in each month.

    Parameters
    ----------
    cost : array (path, month)
        EffectiveCost, money; may be below 0 where a credit or a package of before comes off.
    parts : mapping of str to array
        The same money by what it is for ("seats", "overage"): (path, month) each, adding up to `cost`.
    meters : mapping of str to array
        What was used, spilled, refused, unused: (path, month) units each.
    cash : array (path, month), optional
        What is billed in each month; None: the cost.
    formula : str
        How the month is priced, in words with the numbers of the file: what the workbook prints beside it.

    Examples
    --------
    >>> settled = Settled(np.array([[3.0]]), {"seats": np.array([[3.0]])}, formula="3 seats × 1.00")
    >>> settled.billed.tolist()
    [[3.0]]
    """

    cost: np.ndarray
    parts: Mapping[str, np.ndarray] = field(default_factory=dict)
    meters: Mapping[str, np.ndarray] = field(default_factory=dict)
    cash: np.ndarray | None = None
    formula: str = ""

    @property
    def billed(self) -> np.ndarray:
        """(path, month): money on the invoice of each month."""
        return self.cost if self.cash is None else self.cash
