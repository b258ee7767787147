"""Spend that is not what was expected: found day by day, told as episodes with their money (docs/method §12).

One alert per episode; a day is judged with the days before it only, so the answer for a day never changes when later days arrive.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ...errors import ForecastError, unknown
from ...forecasting.history import day_of
from .episodes import episodes as episodes_of
from .expected import Expected, expect, score
from .feedback import Feedback, apply_feedback
from .panel import Panel, read_panel

DIRECTIONS = ("both", "up", "down")
THRESHOLD, PERCENT_FLOOR, REFRACTORY, LATE = 3.0, 0.25, 7, 2


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One run of days away from what was expected. Money in the unit of the history."""

    id: str  # the same as long as subject, kind, direction and first day are
    subject: str
    direction: str  # up, down
    start: str  # first day that was raised, YYYY-MM-DD
    end: str  # last such day so far
    days: int  # from start to end, both included
    actual: float  # over the known days from start to end
    expected: float  # over the same days: level of the eve of the episode, weekdays of each day
    worst_day: str
    score: float  # largest |actual − expected| ÷ usual miss
    ongoing: bool  # raised on the newest day or the one before it
    kind: str = "spend"
    dimension: str = ""

    @property
    def excess(self) -> float:
        """Severity: actual − expected, negative for a drop."""
        return self.actual - self.expected


@dataclass(frozen=True)
class Anomalies:
    """What `find_anomalies` answers: episodes, largest money first, and the days they were judged on."""

    episodes: tuple[Episode, ...]
    panel: Panel
    expected: np.ndarray = field(repr=False)  # (series, day), NaN where a day could not be judged
    scale: np.ndarray = field(repr=False)  # (series, day): the usual miss
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.episodes)

    def __iter__(self):
        return iter(self.episodes)

    def frame(self) -> pd.DataFrame:
        """One row per episode, with `excess`."""
        names = [*Episode.__dataclass_fields__, "excess"]
        return pd.DataFrame(
            [[getattr(one, name) for name in names] for one in self.episodes], columns=names
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(e.subject)}</td><td>{e.start} … {e.end}{' (goes on)' if e.ongoing else ''}</td>"
            f"<td>{e.actual:,.2f}</td><td>{e.expected:,.2f}</td><td>{e.excess:+,.2f}</td></tr>"
            for e in self.episodes
        )
        head = "<tr><th>Subject</th><th>Days</th><th>Actual</th><th>Expected</th><th>Difference</th></tr>"
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return (
            f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>{notes}"
            if rows
            else f"<p>No anomaly.</p>{notes}"
        )


def find_anomalies(
    history,
    *,
    by=None,
    threshold: float = THRESHOLD,
    money_floor: float = 0.0,
    percent_floor: float = PERCENT_FLOOR,
    refractory_days: int = REFRACTORY,
    direction: str = "both",
    late_days: int = LATE,
    as_of=None,
    feedback: Iterable[Feedback] = (),
    kind: str = "spend",
    dimension: str = "",
    where: str = "history",
) -> Anomalies:
    """Episodes in which spend was not what the days before made expect.

    A day is judged from 21 known days on.

    Parameters
    ----------
    history : Series or frame
        Daily; frame ds, y; several series: a column each, or text columns that name them; or daily
        facts with `by`. Money of one currency.
    by : str or list of str, optional
        Columns of daily facts that name the series.
    threshold : float, optional
        How many usual misses away a day must be (3.0: about one false episode per series in six
        months on real bills).
    money_floor : float, optional
        And how much money a day, in the unit of the history.
    percent_floor : float, optional
        And how large a share of what was expected.
    refractory_days : int, optional
        An alarm within so many days of the one before belongs to the same episode.
    direction : str, optional
        "up", "down" or "both".
    late_days : int, optional
        Newest days on which a fall is not judged: their bill may still be coming in.
    as_of : date or str, optional
        Judge no later day than this, YYYY-MM-DD.
    feedback : iterable of Feedback, optional
        Verdicts on earlier alerts.
    kind : str, optional
        What the episodes say that they are; "runaway" takes the verdicts on hours.
    dimension, where : str, optional
        For episodes and messages: what the series are, where the history comes from.

    Returns
    -------
    Anomalies
        Episodes, largest money first, and the days they were judged on.

    Raises
    ------
    ForecastError
        A history or a setting that makes no sense.

    Source
    ------
    docs/method §12.1 to §12.3, measured in benchmarks/anomalies.md.

    Examples
    --------
    >>> days = pd.date_range("2026-01-01", periods=60)
    >>> calm = np.tile([100., 104, 97, 101, 99, 60, 55], 9)[:60]
    >>> calm[50] *= 3
    >>> [(e.start, e.days, round(e.excess)) for e in find_anomalies(pd.Series(calm, days))]
    [('2026-02-20', 1, 208)]
    """
    _check(threshold, money_floor, percent_floor, refractory_days, direction, late_days)
    panel = read_panel(history, by, where)
    if as_of is not None:
        panel = panel.until(day_of(as_of, where))
    if not len(panel.days):
        raise ForecastError(f"{where}: no day is on or before {as_of}.")

    used, factor = apply_feedback(
        panel,
        [one for one in feedback if one.kind in ("spend", "runaway")],
        hours=kind == "runaway",
    )
    seen = panel.values / factor
    judged = expect(used)
    expected, scale, scores = judged.expected * factor, judged.scale * factor, score(seen, judged)
    miss = panel.values - expected

    far = (
        (np.abs(scores) > threshold)
        & (np.abs(miss) >= percent_floor * np.abs(expected))
        & (np.abs(miss) >= money_floor)
        & (miss != 0)
    )

    episodes = []
    for sign, name in ((1, "up"), (-1, "down")):
        if direction not in ("both", name):
            continue
        raised = far & (np.sign(miss) == sign)
        if sign < 0 and late_days:
            raised[:, max(raised.shape[1] - late_days, 0) :] = False
        for row in np.flatnonzero(raised.any(axis=1)).tolist():
            for run in episodes_of(
                raised[row],
                seen[row],
                judged.level[row],
                judged.share[row],
                judged.scale[row],
                sign=sign,
                threshold=threshold,
                percent_floor=percent_floor,
                money_floor=money_floor,
                refractory_days=refractory_days,
            ):
                episodes.append(
                    _episode(
                        panel,
                        judged=judged,
                        factor=factor,
                        scores=scores,
                        row=row,
                        run=run,
                        direction=name,
                        kind=kind,
                        dimension=dimension,
                    )
                )

    episodes.sort(key=lambda one: (-abs(one.excess), one.subject, one.start))
    short = [name for name, row in zip(panel.names, judged.scale) if not np.isfinite(row).any()]
    notes = list(panel.notes)
    if short:
        many = f"{len(short)} series have" if len(short) > 1 else f"'{short[0]}' has"
        notes.append(f"{many} under 22 known days and could not be judged.")
    return Anomalies(tuple(episodes), panel, expected, scale, tuple(notes))


def _episode(
    panel: Panel,
    *,
    judged: Expected,
    factor,
    scores,
    row: int,
    run: list[int],
    direction: str,
    kind: str,
    dimension: str,
) -> Episode:
    first, last = run[0], run[-1]
    span = slice(first, last + 1)
    known = np.isfinite(panel.values[row, span])
    share = np.where(np.isfinite(judged.share[row, span]), judged.share[row, span], 1.0)
    frozen = (
        judged.level[row, first] * share * factor[row, span]
    )  # what the eve of the episode made expect
    worst = max(run, key=lambda day: abs(scores[row, day]))
    name, start = panel.names[row], str(panel.days[first])
    return Episode(
        id=identity(kind, dimension, name, direction, start),
        subject=name,
        direction=direction,
        start=start,
        end=str(panel.days[last]),
        days=last - first + 1,
        actual=float(panel.values[row, span][known].sum()),
        expected=float(frozen[known].sum()),
        worst_day=str(panel.days[worst]),
        score=float(abs(scores[row, worst])),
        ongoing=len(panel.days) - 1 - last <= 1,
        kind=kind,
        dimension=dimension,
    )


def identity(*parts: str) -> str:
    """Ten hexadecimal digits that name an alert: the same parts, the same name.

    >>> identity("spend", "workload", "chat", "up", "2026-08-18")
    'e67b624b51'
    """
    return hashlib.sha256("\x00".join(map(str, parts)).encode("utf-8")).hexdigest()[:10]


def _check(threshold, money_floor, percent_floor, refractory_days, direction, late_days) -> None:
    for name, value in (
        ("threshold", threshold),
        ("money_floor", money_floor),
        ("percent_floor", percent_floor),
    ):
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float, np.number))
            or not np.isfinite(value)
            or value < 0
        ):
            raise ForecastError(
                f"find_anomalies: {name} is {value}; it must be a number, 0 or more."
            )
    for name, value in (("refractory_days", refractory_days), ("late_days", late_days)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
            raise ForecastError(
                f"find_anomalies: {name} is {value}; it must be a whole number of days, 0 or more."
            )
    if direction not in DIRECTIONS:
        raise ForecastError(unknown("find_anomalies", "direction", str(direction), DIRECTIONS))
