"""The chance that a budget is exceeded, and when: one home for report, workbook, dashboard, command line and studies (docs/method §3.26, §9.5).

Numbers only; what is said of them stands in `wording.landing`. Numpy only: the page for leadership loads this and no SciPy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import ScenarioError

SURE = 1.959963984540054  # 95 % on both sides
ROUNDING = 1e-9  # of what remains: so much more is a rest of floats, and no use
FLAT = 1e-9  # totals whose whole range is this share of them have no width


@dataclass(frozen=True)
class Estimate:
    """A number from paths."""

    value: float
    standard_error: float
    low: float  # 95 % interval of what endlessly many paths would give
    high: float
    paths: int

    @property
    def relative_error(self) -> float:
        """Standard error ÷ |value|; infinite where the value is 0."""
        return self.standard_error / abs(self.value) if self.value else math.inf

    def __str__(self) -> str:
        return f"{self.value:,.6g} ± {self.standard_error:,.2g}"


def checked(totals, least: int = 2) -> np.ndarray:
    values = np.asarray(totals, dtype=float)
    if values.ndim != 1 or len(values) < least:
        raise ScenarioError(
            f"totals of shape {values.shape}; this needs one number for each of at least {least} paths."
        )
    if not np.isfinite(values).all():
        bad = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ScenarioError(f"the total of path {bad} is {values[bad]}; totals must be finite.")
    return values


def without_width(totals) -> bool:
    """Whether all paths have the same total: then there is a figure, but neither a range nor a chance.

    >>> without_width(np.full(1000, 30600.0)), without_width(np.array([1.0, 1.1]))
    (True, False)
    """
    values = np.asarray(totals, dtype=float)
    return bool(np.ptp(values) <= FLAT * np.abs(values).max(initial=0.0)) if values.size else True


def overrun(totals, budget: float) -> Estimate:
    """Probability that a path exceeds the budget, never 0 or 1.

    The interval is Wilson's (1927). Where no path (or every path) exceeds the budget, the value is the middle of Wilson's interval of one
    standard error, half a path in paths + 1: what has not been seen in n paths may still happen.

    >>> e = overrun(np.zeros(1000), 1.0); round(e.value, 6), round(e.high, 4)
    (0.0005, 0.0038)
    """
    x = checked(totals, 1)
    if not np.isfinite(budget):
        raise ScenarioError(f"budget is {budget}; it must be a finite number.")
    return share(int((x > budget).sum()), len(x))


def share(count: int, paths: int) -> Estimate:
    """A share of paths with Wilson's interval; see `overrun`."""
    if paths < 1 or not 0 <= count <= paths:
        raise ScenarioError(
            f"{count} of {paths} paths is no share; there must be at least one path, and no more than there are."
        )
    seen = count / paths
    centre, half = _wilson(seen, paths, 1.0)
    middle, reach = _wilson(seen, paths, SURE)
    inside = 0 < count < paths
    error = math.sqrt(seen * (1 - seen) / paths) if inside else half
    return Estimate(
        seen if inside else centre, error, max(middle - reach, 0.0), min(middle + reach, 1.0), paths
    )


def _wilson(seen: float, n: int, z: float) -> tuple[float, float]:
    scale = 1 + z * z / n
    return (seen + z * z / (2 * n)) / scale, z * math.sqrt(
        seen * (1 - seen) / n + z * z / (4 * n * n)
    ) / scale


@dataclass(frozen=True)
class Runout:
    """When money, or whatever is counted, runs out: over paths, by day or by month (docs/method §9.21)."""

    dates: tuple[str, ...]
    counts: tuple[int, ...]  # paths that run out on each date
    paths: int

    @property
    def probability(self) -> tuple[Estimate, ...]:
        """That it runs out on this very date."""
        return tuple(share(count, self.paths) for count in self.counts)

    @property
    def ever(self) -> Estimate:
        """That it runs out inside the dates at all."""
        return share(sum(self.counts), self.paths)

    def until(self, date: str) -> float:
        """Share of paths that run out by a date, the date included; dates before the first have none."""
        return sum(n for one, n in zip(self.dates, self.counts) if one <= date) / self.paths

    def by(self, share_of_paths: float) -> str | None:
        """The date by which this share of all paths has run out; None: not within the dates.

        A path that lasts counts as later than every date: it is given none.

        >>> Runout(("2027-01", "2027-02"), (30, 30), 100).by(0.5), Runout(("2027-01",), (30,), 100).by(0.5)
        ('2027-02', None)
        """
        return self._first(share_of_paths * self.paths)

    def of_those(self, share_of_them: float) -> str | None:
        """The same share of the paths that do run out; None where none does.

        >>> Runout(("2027-01", "2027-02"), (1, 3), 100).of_those(0.5)
        '2027-02'
        """
        out = sum(self.counts)
        return self._first(share_of_them * out) if out else None

    def _first(self, wanted: float) -> str | None:
        up = np.cumsum(self.counts)
        at = int(np.searchsorted(up, wanted - 1e-9 * self.paths))
        return self.dates[at] if at < len(self.dates) else None

    @property
    def typical(self) -> str | None:
        """Median date, given that it runs out; `earliest` and `latest`: P10 and P90 of it."""
        return self.of_those(0.5)

    @property
    def earliest(self) -> str | None:
        return self.of_those(0.1)

    @property
    def latest(self) -> str | None:
        return self.of_those(0.9)

    def by_month(self) -> Runout:
        """The same by month: a path runs out in the month of its day.

        >>> Runout(("2027-01-30", "2027-01-31", "2027-02-01"), (1, 2, 4), 10).by_month().counts
        (3, 4)
        """
        months: dict[str, int] = {}
        for date, count in zip(self.dates, self.counts):
            months[date[:7]] = months.get(date[:7], 0) + count
        return Runout(tuple(months), tuple(months.values()), self.paths)


def runout(remaining: float, paths, dates, used=0.0, resets=None) -> Runout:
    """The date on which what is used first exceeds what remains.

    Of a budget, a balance, a credit or a quota alike.

    Parameters
    ----------
    remaining : float
        What there is; of money, or of any unit.
    paths : array (path, date)
        What is used on each date; below zero (a refund): the first time counts.
    dates : sequence of str
        Days YYYY-MM-DD or months YYYY-MM, in their order.
    used : float or array (path,), optional
        What is used of it before the first date.
    resets : sequence, optional
        A label for each date; at another label `remaining` is there anew (a quota of a month).

    Returns
    -------
    Runout
        Paths that run out on each date: chances, P10, P50, P90, by day and by month.

    Raises
    ------
    ScenarioError
        Shapes that do not fit, a number that is not finite.

    Source
    ------
    docs/method §9.21.

    Examples
    --------
    >>> answer = runout(50.0, [[30.0, 30.0], [10.0, 10.0]], ("2026-11", "2026-12"))
    >>> answer.ever.value, answer.typical, answer.by(0.5), answer.by(0.9)
    (0.5, '2026-12', '2026-12', None)
    """
    costs, dates = np.asarray(paths, dtype=float), tuple(map(str, dates))
    if costs.ndim != 2 or costs.shape[1] != len(dates) or not costs.size:
        raise ScenarioError(
            f"costs of shape {costs.shape} for {len(dates)} months or days; there must be one row a path and one column a date."
        )
    wrong = ~np.isfinite(costs)
    if wrong.any():
        path, at = np.argwhere(wrong)[0]
        raise ScenarioError(
            f"the cost of path {path} in {dates[at]} is {costs[path, at]}; costs must be finite."
        )
    before = np.asarray(used, dtype=float)
    if not (np.isfinite(remaining) and np.isfinite(before).all()):
        raise ScenarioError(f"budget is {remaining}, booked {used}; both must be finite numbers.")
    total = before[..., None] + np.cumsum(costs, axis=1)
    if resets is not None:
        labels = list(resets)
        for at in range(1, len(dates)):
            if labels[at] != labels[at - 1]:
                total[:, at:] -= total[:, at - 1 : at]
    over = total > remaining + ROUNDING * abs(remaining)  # met to the cent it lasts
    counts = np.bincount(over.argmax(axis=1)[over.any(axis=1)], minlength=len(dates))
    return Runout(dates, tuple(int(count) for count in counts), len(costs))
