"""What every kind of risk shares: what it acts on, its clock, and how it reads its values (docs/method §3.30)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np

from ...checks import in_range, share, single_number
from ...errors import ScenarioError, listing
from ...periods import is_date
from ..distributions import Distribution
from ..distributions._checks import set_fields
from ..elicit import read_value
from ..following import Following
from ..uniforms import path_uniforms

Uncertain: TypeAlias = "float | Distribution"
TARGETS = {"price": ("skus", "services"), "demand": ("workloads",)}


@dataclass(frozen=True)
class Clock:
    """The days of a plan and the months of a risk, counted from its first day.

    16 January to 15 February is one month of a risk that begins on 16 January.

    Parameters
    ----------
    dates : array (day,) datetime64[D]
        The days of the plan.
    first : datetime64[D]
        The first day on which it acts.
    of_day : array (day,)
        Month of the risk, −1 before it begins.
    count : int
        Months of the risk.

    Examples
    --------
    >>> days = np.arange("2027-01-01", "2027-01-04", dtype="datetime64[D]")
    >>> Clock(days, days[1], np.array([-1, 0, 0]), 1).profile.tolist()
    [[0.0, 1.0, 1.0]]
    """

    dates: np.ndarray
    first: np.datetime64
    of_day: np.ndarray
    count: int

    @property
    def profile(self) -> np.ndarray:
        """(month of the risk, day): 1 on its days."""
        return (self.of_day == np.arange(self.count)[:, None]).astype(float)


def clock_of(dates: np.ndarray, since: str = "") -> Clock:
    """Months of a risk that begins on `since`, or on the plan's first day.

    Parameters
    ----------
    dates : array (day,) datetime64[D]
        The days of the plan.
    since : str, optional
        A month YYYY-MM or a day YYYY-MM-DD; '': the first day of the plan.

    Returns
    -------
    Clock
        A month that is too short for the day of `since` begins on its last day.

    Examples
    --------
    >>> days = np.arange("2027-01-30", "2027-03-03", dtype="datetime64[D]")
    >>> clock_of(days, "2027-01-31").of_day[[0, 1, 28, 29, 31]].tolist()
    [-1, 0, 0, 1, 1]
    """
    first = (
        np.datetime64(day_of(since), "D")
        if since
        else dates[0]
        if len(dates)
        else np.datetime64("2000-01-01")
    )
    first = max(first, dates[0]) if len(dates) else first
    month = first.astype("datetime64[M]")
    length = (dates[-1].astype("datetime64[M]") - month).astype(int) + 2 if len(dates) else 1
    months = month + np.arange(max(length, 1))
    day = (first - month.astype("datetime64[D]")).astype(int)
    last = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int) - 1
    starts = months.astype("datetime64[D]") + np.minimum(
        day, last
    )  # the 31st of a short month is its last day
    of_day = np.searchsorted(starts, dates, side="right") - 1
    return Clock(dates, first, of_day, int(of_day.max(initial=-1)) + 1)


def check_date(text, key: str) -> None:
    """Raises ScenarioError unless `text` is a month or a day of the calendar."""
    if not is_date(text):
        raise ScenarioError(
            f"{key} is '{str(text)[:40]}'; write a month YYYY-MM or a day YYYY-MM-DD that the calendar has."
        )


def day_of(text: str) -> str:
    """A month or a day as a day.

    Parameters
    ----------
    text : str
        YYYY-MM or YYYY-MM-DD.

    Returns
    -------
    str
        YYYY-MM-DD; of a month its first day.

    Examples
    --------
    >>> day_of("2027-02"), day_of("2027-02-14")
    ('2027-02-01', '2027-02-14')
    """
    return f"{text}-01" if len(text) == 7 else text


@dataclass(frozen=True, kw_only=True)
class Risk(ABC):
    """What may happen, and to what. `*` in a name stands for any letters.

    Parameters
    ----------
    skus, services : tuple of str, optional
        Whose prices it moves.
    workloads : tuple of str, optional
        Whose demand it moves.
    since : str, optional
        First day or month; default: the first day forecast.
    apart : bool, optional
        Each SKU (or workload) has draws of its own; else all move together.
    known_since : str, optional
        Day on which it became known: a replay from an earlier day does not know it; default: always
        known.

    Raises
    ------
    ScenarioError
        Nothing it may act on is named; a name, a date or a value of its own makes no sense.

    Source
    ------
    docs/method §3.30.

    Examples
    --------
    >>> from finops_model.uncertainty.risks import make
    >>> risk = make({"kind": "fx", "services": "Models", "volatility": 0.08, "since": "2027-02"})
    >>> risk.kind, risk.services, risk.acts, risk.idle
    ('fx', ('Models',), ('price',), False)
    """

    skus: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    since: str = ""
    apart: bool = False
    known_since: str = ""

    acts: ClassVar[tuple[str, ...]] = (
        "price",
    )  # price, demand; what `factors` gives, in this order
    on_fees: ClassVar[bool] = (
        False  # whether fees and minima of a price move with the price of its units
    )
    needs: ClassVar[tuple[str, ...]] = ("price",)  # of which at least one must be named

    def __post_init__(self):
        for key in ("skus", "services", "workloads"):
            set_fields(self, **{key: names_of(getattr(self, key), key)})
        for key in ("since", "known_since"):
            if getattr(self, key) != "":
                check_date(getattr(self, key), key)
        if not isinstance(self.apart, bool):
            raise ScenarioError(f"apart is '{str(self.apart)[:40]}'; it must be true or false.")
        useful = [key for act in self.acts for key in TARGETS[act]]
        for key in ("skus", "services", "workloads"):
            if getattr(self, key) and key not in useful:
                raise ScenarioError(
                    f"{key} does not belong to {self.kind}; it acts on {listing(useful)}."
                )
        wanted = [key for act in self.needs for key in TARGETS[act]]
        if not any(getattr(self, key) for key in wanted):
            raise ScenarioError(
                f"{self.kind}: what does it act on? Write {' or '.join(wanted)}; '*' stands for all."
            )
        if self.apart and self.workloads and (self.skus or self.services):
            raise ScenarioError(
                "apart: one draw moves price and demand together, so they cannot be drawn apart. Write a risk for each SKU."
            )
        self.check()

    def check(self) -> None:  # noqa: B027 - most risks have nothing to read
        """Read the own values; raises ScenarioError."""

    @property
    def kind(self) -> str:
        return type(self).__module__.rsplit(".", 1)[1]

    @property
    def idle(self) -> bool:
        """Whether nothing can happen: then it moves no number, not by a bit."""
        return False

    @abstractmethod
    def words(self) -> str:
        """What may happen, as a report says it.

        Returns
        -------
        str
            A clause, as "the exchange rate behind Models moves by 8 % a year".
        """


@dataclass(frozen=True, kw_only=True)
class Factors(Risk):
    """A risk that multiplies prices, demand or both; what adds use is a `Risk` alone (bursts.py).

    Parameters
    ----------
    skus, services : tuple of str, optional
        Whose prices it moves.
    workloads : tuple of str, optional
        Whose demand it moves.
    since : str, optional
        First day or month; default: the first day forecast.
    apart : bool, optional
        Each SKU (or workload) has draws of its own; else all move together.
    known_since : str, optional
        Day on which it became known; default: always known.

    Examples
    --------
    >>> from finops_model.uncertainty.risks import make
    >>> days = np.arange("2027-01-01", "2027-03-01", dtype="datetime64[D]")
    >>> risk = make({"kind": "fx", "services": "Models", "volatility": 0.08})
    >>> [factor.shape for factor in risk.factors(0, "euro", range(4), clock_of(days))]
    [(4, 2)]
    """

    def profile(self, clock: Clock) -> np.ndarray:
        """On which days each row of `factors` counts.

        Parameters
        ----------
        clock : Clock
            Its months on the days of the plan.

        Returns
        -------
        array (row, day)
            1 on its days, else 0.
        """
        return clock.profile

    @abstractmethod
    def factors(self, seed: int, name: str, paths: range, clock: Clock) -> tuple[np.ndarray, ...]:
        """Factors on what it acts on; pure in (seed, name, path, row).

        Parameters
        ----------
        seed : int
            Of the simulation.
        name : str
            Of the risk in its scenario: the name of its draws.
        paths : range
            Numbers of the paths.
        clock : Clock
            Its months on the days of the plan.

        Returns
        -------
        tuple of array (path, row)
            One array for each of `acts`; 1 moves nothing.
        """


def names_of(value, key: str) -> tuple[str, ...]:
    """A name or a list of names."""
    names = (
        (value,)
        if isinstance(value, str)
        else tuple(value)
        if isinstance(value, (list, tuple))
        else (None,)
    )
    for name in names:
        if not isinstance(name, str) or not name:
            raise ScenarioError(f"{key} is '{str(value)[:40]}'; write a name or a list of names.")
    return names


def uncertain(risk, key: str, bound: float | None = 0.0, by_path: bool = False) -> None:
    """Read a field as a number or a distribution whose values lie above `bound`; its message names the field.

    by_path   one draw per path: it may follow named factors; else it is drawn for every event
    """
    value = getattr(risk, key)
    if isinstance(value, Distribution):
        return
    read = read_value(value, key, bound)
    if isinstance(read, Following) and not by_path:
        raise ScenarioError(
            f"{key}: each event has a size of its own, so it cannot follow factors. Take factors out."
        )
    if not isinstance(read, Distribution) and bound is not None and read < bound:
        raise ScenarioError(f"{key} is {read:g}; it must be {bound:g} or more.")
    set_fields(risk, **{key: read})


def read_number(risk, key: str, least: float = 0.0, most: float = np.inf, why: str = "") -> None:
    """Read a field as one number from `least` to `most`; why: what to write instead of a larger one."""
    set_fields(risk, **{key: in_range(getattr(risk, key), key, least, most, why)})


def read_share(risk, key: str) -> None:
    """Read a field as one number from 0 to 1."""
    set_fields(risk, **{key: share(single_number(getattr(risk, key), key), key)})


def a_factor(risk, key: str) -> None:
    """Read a price factor: above 0, because a price of nothing is not a price."""
    uncertain(risk, key)
    value = getattr(risk, key)
    if not isinstance(value, Distribution) and value == 0:
        raise ScenarioError(f"{key} is 0; a price factor is above 0 (0.8 is a cut of 20 %).")


def on_paths(value: Uncertain, seed: int, name: str, paths: range) -> np.ndarray:
    """The value on each path, (path,): one draw by name where it is uncertain."""
    if not isinstance(value, Distribution):
        return np.full(len(paths), float(value))
    return value.on_paths(lambda stream: path_uniforms(seed, stream, paths), name)


def in_words(value: Uncertain, text=lambda v: f"{v:.3g}") -> str:
    """A value in words: one number, or its P10 … P50 … P90."""
    if isinstance(value, Distribution):
        return " … ".join(text(float(v)) for v in value.quantile(np.array([0.1, 0.5, 0.9])))
    return text(float(value))


def percent(value: float) -> str:
    return f"{100 * value:.3g} %"


def times(per_year: float) -> str:
    return "once" if per_year == 1 else f"{per_year:g} times"


def months(count: float) -> str:
    return "1 month" if count == 1 else f"{count:g} months"


def the(risk: Risk, act: str = "price") -> str:
    """What it acts on, for a sentence."""
    named = [name for key in TARGETS[act] for name in getattr(risk, key)]
    return "everything" if "*" in named else listing(named)
