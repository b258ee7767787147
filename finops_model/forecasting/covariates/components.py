"""What a forecast of Prophet alone consists of, by day: trend, week, year, days off, driver, events, limits (docs/method §2.26).

    point = trend + weekly + yearly + holidays + driver + events + limits            of every day, of the history and ahead

The trend and its companions are those of Prophet's fit, at the driver's mean over the history; what the driver of a day differs from it by, what
events change and where a cap or a floor holds the point stand in columns of their own. So sums of series are sums of their columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import ForecastError
from ..history import History, clean, day_of, kind, newest_day, since_launch
from ..methods import shelf
from ..series import MAX_HORIZON
from ..settling import SETTLING_DAYS, check_days
from .events import Event, effect, middle
from .for_methods import MethodCovariates
from .series import prophet_options, take_out

PARTS = ("trend", "weekly", "yearly", "holidays", "driver", "events", "limits")
MONTH = 30  # days: a slope is said per month
FELT = 0.01  # a changepoint counts that changes the trend by this share of its newest level a month
KINDS = {
    "empty": "nothing was used",
    "ended": "its use has ended",
    "intermittent": "it is used now and then (method §2.17)",
}


@dataclass(frozen=True)
class Changepoint:
    """A day on which the trend bends; slopes in units per day, per 30 days."""

    day: str
    before: float
    after: float
    series: str = ""  # whose; of a sum: the one that bends most
    known: str = ""  # the event that began then; "": Prophet's own grid

    @property
    def change(self) -> float:
        """How much faster the trend rises from this day on."""
        return self.after - self.before


@dataclass(frozen=True, repr=False)
class Components:
    """The parts of Prophet's point by day, history first, then the days ahead.

    >>> days = np.arange("2026-01-01", "2026-01-04", dtype="datetime64[D]")
    >>> parts = np.arange(21.0).reshape(7, 3)
    >>> one = Components(days, np.array([60.0, np.nan, np.nan]), parts, 2)
    >>> one
    Components of 1 day and 2 days ahead: 147 = trend 3.0, weekly 9.0, yearly 15, holidays 21, driver 27, events 33, limits 39
    >>> one.frame().columns.tolist()[:4], one.months()["point"].tolist()
    (['ds', 'actual', 'point', 'trend'], [147.0])
    """

    dates: np.ndarray  # (day,) datetime64[D]
    actual: np.ndarray  # (day,) the history; NaN where it is not known, and ahead
    parts: np.ndarray  # (part, day), in the order of PARTS; units of the history
    ahead: int  # the last so many days are forecast
    changepoints: tuple[Changepoint, ...] = ()
    name: str = ""

    @property
    def point(self) -> np.ndarray:
        """What Prophet says of each day (day,): the sum of the parts."""
        return self.parts.sum(axis=0)

    def frame(self) -> pd.DataFrame:
        """One row a day: ds, actual, point and the parts."""
        return pd.DataFrame(
            {
                "ds": self.dates.astype("datetime64[ns]"),
                "actual": self.actual,
                "point": self.point,
                **dict(zip(PARTS, self.parts, strict=True)),
            }
        )

    def months(self) -> pd.DataFrame:
        """Sums of the months ahead: month, point and the parts."""
        frame = self.frame().iloc[len(self.dates) - self.ahead :]
        months = frame["ds"].dt.strftime("%Y-%m").rename("month")
        return frame.drop(columns=["ds", "actual"]).groupby(months).sum().reset_index()

    def bends(self, least: float = FELT) -> list[Changepoint]:
        """The changepoints that change the trend by at least this share of its newest level a month, by day."""
        level = abs(float(self.parts[0, -1 - self.ahead])) or 1.0
        return [one for one in self.changepoints if abs(one.change) >= least * level]

    def __repr__(self) -> str:
        def said(value: float) -> str:
            return f"{value:,.0f}" if abs(value) >= 10 else f"{value:,.1f}"

        known = len(self.dates) - self.ahead
        sums = self.parts[:, known:].sum(axis=1)
        words = ", ".join(f"{part} {said(value)}" for part, value in zip(PARTS, sums))
        whose = f" '{self.name}'" if self.name else ""
        return (
            f"Components{whose} of {known:,} day{'s' * (known != 1)} and {self.ahead:,} day{'s' * (self.ahead != 1)} ahead: "
            f"{said(float(sums.sum()))} = {words}"
        )


def why_not(values: np.ndarray) -> str:
    """Why Prophet does not forecast a history, in words; "" where it does.

    >>> why_not(np.ones(40)), why_not(np.ones(400))
    ('it has 40 days since it began, and Prophet needs 120', '')
    """
    values, least = since_launch(values), shelf()["prophet"].MIN_DAYS
    if (sort := kind(values)) != "steady":
        return KINDS[sort]
    if len(values) < least:
        return f"it has {len(values)} days since it began, and Prophet needs {least}"
    return ""


def split(
    rest: History,
    own: MethodCovariates,
    events: Sequence[Event],
    late: int,
    horizon: int,
    *,
    actual: History,
    least: np.ndarray | float = 0.0,
    most: np.ndarray | float = np.inf,
    name: str = "",
) -> Components:
    """The parts of Prophet's point of a history of which everything known was divided out (`rest`, its newest `late` days say nothing).

    own      what Prophet is told;  actual: the history as it was;  least, most (horizon,): what holds the point ahead
    Raises ForecastError where Prophet does not forecast such a history.
    """
    if why := why_not(rest.values):
        raise ForecastError(f"components: {f'{name}: ' if name else ''}{why}.")
    module = shelf()["prophet"]
    values = since_launch(rest.values)
    days, count = rest.days[-len(values) :], len(values)
    times, given = own.given(module, values, days, late + horizon)
    raw = module.parts(values * times[:count], days, late + horizon, **given)

    dates = np.concatenate([days, days[-1] + np.arange(1, late + horizon + 1)])
    at = (dates - own.days[0]).astype(int)
    power = np.ones(len(dates)) if own.power is None else own.power[at]
    usual = float(power[:count].mean())
    said = np.sum(raw[:5], axis=0)
    factor, added = effect(
        events, dates, {event.label: np.asarray(middle(event)) for event in events}
    )
    with_events = said * power * factor + added
    point = np.maximum(np.maximum(said, 0.0) * power * factor + added, 0.0)
    point[count + late :] = np.clip(point[count + late :], least, most)
    parts = np.stack(
        [
            raw.trend * usual,
            raw.weekly * usual,
            raw.yearly * usual,
            raw.days_off * usual,
            raw.driver * usual + said * (power - usual),
            said * power * (factor - 1) + added,
            point - with_events,
        ]
    )
    began = {event.since: event.label for event in events}
    slope = np.diff(raw.trend) * usual * MONTH
    bends = tuple(
        Changepoint(
            str(dates[b]), float(slope[b - 1]), float(slope[b]), name, began.get(str(dates[b]), "")
        )
        for b in raw.bends
    )
    known = np.full(len(dates), np.nan)
    there = (dates - actual.days[0]).astype(int)
    inside = (there >= 0) & (there < len(actual.values))
    known[inside] = actual.values[there[inside]]
    return Components(dates, known, parts, horizon, bends, name)


def add_up(several: Sequence[Components], name: str = "") -> Components:
    """The sum of series that end on one day: part by part, nothing before a series began; where the trend of the sum bends, and whose bend is largest."""
    first, last = min(one.dates[0] for one in several), several[0].dates[-1]
    dates = np.arange(first, last + 1)
    parts, actual = np.zeros((len(PARTS), len(dates))), np.zeros(len(dates))
    for one in several:
        parts[:, -len(one.dates) :] += one.parts
        actual[-len(one.dates) :] += one.actual
    slope = np.diff(parts[0]) * MONTH
    by_day: dict[str, list[Changepoint]] = {}
    for one in several:
        for bend in one.changepoints:
            by_day.setdefault(bend.day, []).append(bend)
    bends = []
    for day, same in sorted(by_day.items()):
        at = int((np.datetime64(day) - first).astype(int))
        most = max(same, key=lambda bend: (abs(bend.change), bend.series))
        known = ", ".join(sorted({bend.known for bend in same} - {""}))
        bends.append(Changepoint(day, float(slope[at - 1]), float(slope[at]), most.series, known))
    return Components(dates, actual, parts, several[0].ahead, tuple(bends), name)


def check_horizon(horizon) -> None:
    """Raises ForecastError for what is no number of days ahead."""
    if (
        isinstance(horizon, bool)
        or not isinstance(horizon, (int, np.integer))
        or not 1 <= horizon <= MAX_HORIZON
    ):
        raise ForecastError(
            f"horizon: {horizon!r} must be a whole number from 1 to {MAX_HORIZON:,}."
        )


def components(
    history,
    horizon: int,
    *,
    as_of=None,
    settling_days: int = SETTLING_DAYS,
    events=(),
    driver=None,
    holidays=None,
    cap=None,
    floor=None,
    prophet=None,
    name: str = "",
) -> Components:
    """What Prophet alone makes of one daily series, part by part. Parameters as `forecast` has them; raises ForecastError.

    >>> days = pd.date_range("2026-01-01", periods=210)
    >>> made = components(pd.Series(np.tile([5.0, 5, 5, 5, 5, 2, 2], 30), days), 7)
    >>> made.ahead, [round(float(day), 1) for day in made.point[-7:]]
    (7, [5.0, 5.0, 5.0, 5.0, 5.0, 2.0, 2.0])
    """
    check_horizon(horizon)
    window = check_days(settling_days)
    cleaned = clean(history, as_of=as_of)
    if window and as_of is not None:  # days that others have followed have had their time
        followed = (newest_day(history, "D") - day_of(as_of, "history")).astype(int).clip(0)
        window = max(window - int(followed), 0)
    options = prophet_options(prophet, ["prophet"], cleaned)
    rest = take_out(
        cleaned,
        int(horizon),
        methods=["prophet"],
        events=events,
        driver=driver,
        holidays=holidays,
        cap=cap,
        floor=floor,
        options=options,
        settling_days=window,
    )
    return split(
        rest.base,
        rest.own,
        rest.events,
        rest.late,
        int(horizon),
        actual=cleaned,
        least=rest.least,
        most=rest.most,
        name=name,
    )
