"""What a purchase must keep to: budget, utilisation, share, break-even, minimum, step, maximum (docs/method §8.6).

For one instrument every limit is a largest level, because utilisation falls and fees rise with the level. So the best level within
limits is the unconstrained one, cut off at the smallest of them, then the better neighbour on the step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number
from ...errors import PriceError
from .search.objective import TIES, largest

SLACK = 1e-9  # relative: a limit met to the last digit is met


class NothingFits(PriceError):
    """Nothing that is on offer keeps to the limits; the message names the one in the way."""


@dataclass(frozen=True)
class Limits:
    """Side conditions; None: none.

    budget              money: the most that may be committed to, fees of whole terms added up
    min_utilisation     share of the committed hours that is used, at least
    utilisation_at      "mean" over all paths, or "p10": kept by nine paths of ten
    max_share           committed level ÷ mean hourly demand of what is eligible, at most
    min_share           the same, at least
    break_even_months   months of use after which the whole fee of the term has been saved, at most (exposure months)
    """

    budget: float | None = None
    min_utilisation: float | None = None
    utilisation_at: str = "mean"
    max_share: float | None = None
    min_share: float | None = None
    break_even_months: float | None = None

    def __post_init__(self):
        for key in ("budget", "min_utilisation", "max_share", "min_share", "break_even_months"):
            if getattr(self, key) is not None:
                object.__setattr__(self, key, number(getattr(self, key), key))
        if self.min_utilisation is not None and self.min_utilisation > 1:
            raise PriceError(
                f"min_utilisation is {self.min_utilisation:g}; it must be a share from 0 to 1."
            )
        if self.utilisation_at not in ("mean", "p10"):
            raise PriceError(f"utilisation_at is '{self.utilisation_at}'; it must be mean or p10.")
        if (
            self.min_share is not None
            and self.max_share is not None
            and self.min_share > self.max_share
        ):
            raise PriceError(
                f"min_share {self.min_share:g} is above max_share {self.max_share:g}; no level keeps to both."
            )

    @property
    def any(self) -> bool:
        return any(
            value is not None
            for value in (
                self.budget,
                self.min_utilisation,
                self.max_share,
                self.min_share,
                self.break_even_months,
            )
        )


def caps(stack, offer, limits: Limits) -> list[tuple[float, str]]:
    """(largest level, the limit in words) for each limit that is set. -1: no level above 0 keeps to it."""
    most: list[tuple[float, str]] = []
    if offer.maximum < np.inf:
        most.append((offer.maximum, f"the maximum of {offer.maximum:g}"))
    if limits.budget is not None:
        most.append(
            (
                limits.budget / (stack.price * offer.term_hours),
                f"the budget of {limits.budget:,.0f}",
            )
        )
    if limits.max_share is not None:
        most.append(
            (
                limits.max_share * stack.mean_used,
                f"the share of at most {limits.max_share:.0%} of mean demand",
            )
        )
    if limits.min_utilisation is not None:
        most.append(
            (
                _by_utilisation(stack, limits),
                f"the utilisation of at least {limits.min_utilisation:.0%} ({limits.utilisation_at})",
            )
        )
    if limits.break_even_months is not None:
        most.append(
            (
                _by_break_even(stack, offer, limits.break_even_months),
                f"break-even within {limits.break_even_months:g} months",
            )
        )
    return most


def _by_utilisation(stack, limits: Limits) -> float:
    hours = stack.usage.hours

    def fits(levels):
        share = stack.covered(levels)[1] / (np.maximum(levels, 1e-300) * hours)
        kept = (
            share.mean(axis=0)
            if limits.utilisation_at == "mean"
            else np.quantile(share, 0.1, axis=0)
        )
        return kept >= limits.min_utilisation * (1 - SLACK)

    return largest(fits, stack.peak) if stack.peak > 0 else 0.0


def _by_break_even(stack, offer, months: float) -> float:
    hours = stack.usage.hours

    def fits(levels):
        money = stack.covered(levels)[0].mean(axis=0)
        return offer.term_months * levels * stack.price * hours <= months * money * (1 + SLACK)

    return largest(fits, stack.peak) if stack.peak > 0 else 0.0


def within(stack, offer, limits: Limits, free: float, worth) -> tuple[float, str]:
    """The best level within the limits, and the limit that binds ("" where none does).

    free    best level without limits
    worth   levels -> what is minimised

    Raises PriceError where nothing that the offer sells keeps to the limits, naming the one that is in the way.
    """
    bounds = caps(stack, offer, limits)
    cap, binding = min(bounds, default=(np.inf, ""), key=lambda pair: pair[0])
    floor = max(limits.min_share * stack.mean_used if limits.min_share else 0.0, 0.0)
    smallest = _up(max(offer.minimum, floor, 0.0), offer.step)
    if free <= 0 and floor <= 0:
        return 0.0, ""  # nothing is saved: buying nothing keeps to every limit
    if cap < 0:
        raise NothingFits(
            f"offer '{offer.name}': nothing keeps to {binding}: even the first unit breaks it{_how_far(stack, offer, limits)}. "
            "Loosen it, or buy nothing."
        )
    if smallest > cap * (1 + SLACK):
        what = (
            f"{limits.min_share:.0%} of mean demand is {floor:g}"
            if floor > offer.minimum
            else f"the smallest purchase is {smallest:g}"
        )
        raise NothingFits(
            f"offer '{offer.name}': nothing keeps to {binding}: it allows at most {cap:g} an hour and {what}. "
            "Loosen it, or buy nothing."
        )
    bound = binding if cap < free * (1 - SLACK) else ""
    level = min(max(free, floor), cap)
    options = [] if floor > 0 else [0.0]
    if offer.step > 0:
        near = [
            np.floor(level / offer.step * (1 + 1e-12)) * offer.step,
            np.ceil(level / offer.step * (1 - 1e-12)) * offer.step,
        ]
        options += [max(x, smallest) for x in near if max(x, smallest) <= cap * (1 + SLACK)]
        if not options:
            raise NothingFits(
                f"offer '{offer.name}': nothing keeps to {binding}: no multiple of {offer.step:g} lies between {floor:g} and {cap:g}. "
                "Loosen it, or buy nothing."
            )
    else:
        options.append(max(level, smallest))
    options = np.unique(options)
    values = worth(options)
    best = float(
        options[
            np.flatnonzero(
                values <= values.min() + TIES * max(float(stack.on_demand.mean()), 1e-300)
            )[0]
        ]
    )
    if best == 0 and free > 0 and smallest > 0:
        bound = f"the smallest purchase of {smallest:g}"
    return best, bound


def _up(value: float, step: float) -> float:
    return float(np.ceil(value / step * (1 - 1e-12)) * step) if step > 0 else value


def _how_far(stack, offer, limits: Limits) -> str:
    """The best that any level reaches, in words."""
    tiny = np.array([max(stack.peak, 1e-300) * 1e-9])
    money, used = (x.mean() for x in stack.covered(tiny))
    paid = float(tiny[0]) * stack.usage.hours
    if (
        limits.break_even_months is not None
        and money > 0
        and offer.term_months * paid * stack.price > limits.break_even_months * money
    ):
        return (
            f" (it breaks even after {offer.term_months * paid * stack.price / money:.1f} months)"
        )
    if limits.min_utilisation is not None:
        return f" (it is used in {used / paid:.0%} of the hours)"
    return ""
