"""The demand and the prices that all options share: one draw of each per path, by the name of the field alone (docs/method §8.60)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from ....errors import InputError, ScenarioError
from ....periods import add_months, month_range
from ....uncertainty.elicit import read_value
from ....uncertainty.uniforms import monthly_uniforms, path_uniforms
from .document import LONGEST, DemandTerms, Question

BINS = 168  # of a load curve said by its peak alone
YEAR = 12
MOST = 1e15  # units or money of a month: beyond it cents are no longer counted


@dataclass(frozen=True)
class Draws:
    """Where the draws of a question come from.

    A field is drawn once for a path by its name, whatever the option is called and wherever it stands:
    what is alike in two offers is alike on every path, so a difference is the offers' doing.
    """

    seed: int
    paths: int

    def value(self, value, name: str, where: str, bound: float | None = 0.0):
        """A number as it is, or drawn values (path, 1)."""
        try:
            read = read_value(value, where, bound)
        except ScenarioError as problem:
            raise InputError(str(problem)) from None
        if isinstance(read, (int, float)):
            return float(read)
        draws = path_uniforms(self.seed, f"options/{name}", self.paths)
        return np.asarray(read.quantile(draws), float)[:, None]

    def changes(self, value, months: int, where: str) -> np.ndarray:
        """(path or 1, month): price over today's; the change of a year is drawn anew for each, and runs evenly within it."""
        if value is None:
            return np.ones((1, months))
        try:
            read = read_value(value, where, -1.0)
        except ScenarioError as problem:
            raise InputError(str(problem)) from None
        years = -(-months // YEAR)
        if isinstance(read, (int, float)):
            if read <= -1:
                raise InputError(
                    f"{where} is {read:g}; a year's change lies above -1 (-0.2: a fifth cheaper)."
                )
            change = np.full((1, years), float(read))
        else:
            draws = monthly_uniforms(self.seed, "options/change_per_year", self.paths, years)
            change = np.asarray(read.quantile(draws), float)
        logs = np.log1p(change)
        before = np.concatenate([np.zeros((len(logs), 1)), np.cumsum(logs, axis=1)], axis=1)
        at = np.arange(months)
        return np.exp(before[:, at // YEAR] + logs[:, at // YEAR] * (at % YEAR) / YEAR)


def months_of(question: Question, terms) -> tuple[str, ...]:
    """The months asked about: as the file says, else the longest term of its options, at least a year."""
    count = question.document.months or max(max(terms, default=0), YEAR)
    if count > LONGEST:
        raise InputError(
            f"the longest term has {count} months; a question may have {LONGEST}. Write months: of the question."
        )
    return month_range(question.document.first, add_months(question.document.first, count - 1))


def shape_of(question: Question) -> np.ndarray:
    """(hour,): use of an hour over the mean hour. Of a peak r alone: the load curve r (1 − q)^(r − 1), mean 1, in bins of equal length."""
    document = question.document
    if document.hour_shape is not None:
        shape = np.asarray(document.hour_shape, float)
        return shape / shape.mean()
    if document.peak_to_mean is None or document.peak_to_mean == 1:
        return np.ones(1)
    left = 1 - np.arange(BINS + 1) / BINS
    return BINS * -np.diff(left**document.peak_to_mean)


def use_of(demand: DemandTerms, months, hours, draws: Draws, where: str) -> np.ndarray:
    """(path or 1, month): units of each month."""
    at = np.arange(len(months))
    if demand.by_month is not None:
        level = _listed(demand.by_month, months, where)[None, :]
    elif demand.per_hour is not None:
        with np.errstate(over="ignore"):
            level = _column(draws.value(demand.per_hour, "demand", f"{where}/per_hour")) * hours
    else:
        level = _column(draws.value(demand.per_month, "demand", f"{where}/per_month")) * np.ones(
            len(months)
        )
    if (level < 0).any():
        raise InputError(f"{where}: the demand falls to {level.min():.4g}; it must be 0 or more.")
    growth = _column(
        draws.value(demand.growth_per_month, "growth_per_month", f"{where}/growth_per_month", -1.0)
    )
    if (growth <= -1).any():
        raise InputError(f"{where}/growth_per_month is {growth.min():g}; it must lie above -1.")
    with np.errstate(over="ignore", invalid="ignore"):
        use = level * (1 + growth) ** at
    if not (use < MOST).all():
        raise InputError(
            f"{where}: the demand would pass {MOST:,.0f} units a month. Look for a number that is too large."
        )
    if demand.noise:
        z = ndtri(monthly_uniforms(draws.seed, "options/noise", draws.paths, len(months)))
        use = use * np.exp(demand.noise * z - demand.noise**2 / 2)
    return use


def _column(value) -> np.ndarray:
    return np.asarray(value, float).reshape(-1, 1)


def _listed(given, months, where: str) -> np.ndarray:
    if isinstance(given, Mapping):
        lacking = [month for month in months if month not in given]
        if lacking:
            raise InputError(
                f"{where}/by_month: there is no {lacking[0]}; write every month from {months[0]} to {months[-1]}."
            )
        return np.array([given[month] for month in months], float)
    if len(given) < len(months):
        raise InputError(
            f"{where}/by_month has {len(given)} months and the question {len(months)}, from {months[0]} to {months[-1]}. "
            "Write one number for each, or months: of the question."
        )
    return np.array(given[: len(months)], float)
