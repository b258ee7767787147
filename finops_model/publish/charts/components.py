"""What Prophet's forecast consists of, drawn: the trend with its changepoints, and every part that is not nothing (docs/method §2.26)."""

from __future__ import annotations

import os
from dataclasses import fields
from html import escape
from pathlib import Path

import numpy as np

from ...errors import ForecastError
from ...facts.daily.entities import chosen
from ...forecasting.covariates.components import PARTS, Components
from ...forecasting.covariates.components import components as of_series
from ...forecasting.settling import SETTLING_DAYS
from ...measure.words import money
from ...periods import month_range
from ...settings import Settings
from ...simulate.prophet_alone import of_workspace
from ...wording import day as spoken
from .parts import (
    BLUE,
    GREEN,
    GREY,
    INK,
    PAGE,
    VERMILION,
    Canvas,
    Figure,
    axis_money,
    clean,
    month_label,
    month_ticks,
    short,
    ticks,
)

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".parquet")
PALE = "#AEB6BF"
SHOWN = 760  # days of the history in a chart
LABELS = 6  # changepoints that are named
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NAMES = {
    "weekly": "the day of the week",
    "yearly": "the time of the year",
    "holidays": "days off",
    "driver": "the driver",
    "events": "known events",
    "limits": "cap and floor",
}


class DrawnComponents(Components):
    """Components that a notebook shows by itself; `currency` "" where the numbers are no money."""

    currency = ""

    def figures(self) -> list[Figure]:
        """The trend with its changepoints, then a chart for every part that is not nothing."""
        return [trend(self, self.currency), *parts(self, self.currency)]

    def _repr_html_(self) -> str:
        return "".join(_shown(figure) for figure in self.figures())


def components(
    history,
    horizon: int = 90,
    *,
    workload: str | None = None,
    as_of=None,
    settling_days: int = SETTLING_DAYS,
    events=(),
    driver=None,
    holidays=None,
    cap=None,
    floor=None,
    prophet=None,
    entity: str | None = None,
    progress=None,
) -> DrawnComponents:
    """What Prophet alone makes of a series, or of a workspace: its parts by day, its changepoints, charts.

    Parameters
    ----------
    history : Series, frame, path or Settings
        A daily series as `forecast` takes it, or a workspace (its folder, its finops.yaml or its
        settings), whose known.yaml then says what is known.
    horizon : int, optional
        Days ahead.
    workload : str, optional
        Of a workspace: one workload; None: all that Prophet forecasts, added up.
    as_of : date or str, optional
        Look at no later day.
    settling_days, events, driver, holidays, cap, floor, prophet : optional
        Of a series, as in `forecast`.
    entity : str, optional
        Of a workspace that names entities: which.
    progress : callable, optional
        Of a workspace; called with (text, done, total).

    Returns
    -------
    DrawnComponents
        `.frame()` (a row a day; the parts add up to the point), `.months()`, `.changepoints`; a
        notebook shows its charts.

    Raises
    ------
    ForecastError
        A history that Prophet does not forecast, or a word that cannot be meant.

    Source
    ------
    docs/method §2.26.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2026-01-01", periods=210)
    >>> made = components(pd.Series(np.tile([5.0, 5, 5, 5, 5, 2, 2], 30), days), 7)
    >>> parts = made.frame()[["trend", "weekly", "yearly", "holidays", "driver", "events", "limits"]]
    >>> bool(np.allclose(parts.sum(axis=1), made.point))
    True
    """
    if isinstance(history, (str, os.PathLike)) and Path(history).suffix.casefold() in TABLES:
        raise ForecastError(
            f"components: {history} is a table; give its series, read with pandas, or a workspace: its folder or its finops.yaml."
        )
    if isinstance(history, (Settings, str, os.PathLike)):
        history = chosen(history, entity, "components")
    if not isinstance(history, Settings):
        if entity is not None:
            raise ForecastError("components: entity is of a workspace, and this is a series.")
        if workload is not None:
            raise ForecastError("components: workload is of a workspace; a series is one already.")
        made = of_series(
            history,
            horizon,
            as_of=as_of,
            settling_days=settling_days,
            events=events,
            driver=driver,
            holidays=holidays,
            cap=cap,
            floor=floor,
            prophet=prophet,
        )
        return drawn(made)
    given = {"events": events, "driver": driver, "holidays": holidays, "cap": cap, "floor": floor}
    given |= {"prophet": prophet}
    named = [name for name, value in given.items() if value is not None and value != ()]
    if named:
        raise ForecastError(
            f"components: {', '.join(named)}: a workspace takes what is known from known.yaml. Write it there."
        )
    made, _, facts = of_workspace(
        history, horizon, workload=workload, as_of=as_of, progress=progress
    )
    return drawn(made, facts.currency)


def drawn(made: Components, currency: str = "") -> DrawnComponents:
    """The same components, with charts."""
    one = DrawnComponents(**{field.name: getattr(made, field.name) for field in fields(made)})
    object.__setattr__(one, "currency", currency)
    return one


def trend(made: Components, currency: str = "") -> Figure:
    """History and point by day, the trend, and the days on which it bends."""
    dates, x, months = _time(made)
    at = slice(-len(dates), None)
    actual, point, level = made.actual[at], made.point[at], made.parts[0, at]
    top = float(np.nanmax(np.concatenate([actual, point, level, [0.0]])))
    bottom = float(min(0.0, np.nanmin(level), np.nanmin(point)))
    steps = ticks(bottom, top)
    draw = _canvas(320, x, steps, months, currency)
    draw.line(_rows(x, actual), PALE, 1.0)
    draw.line(_rows(x, point), BLUE, 1.4)
    draw.line(_rows(x, level), INK, 2.6)
    first = len(dates) - made.ahead
    draw.rules([{"x": x[first], "x2": x[first], "y": steps[0], "y2": steps[-1]}], GREY, 1, (3, 3))
    felt = [bend for bend in made.bends() if np.datetime64(bend.day) >= dates[0]]
    named = sorted(felt, key=lambda bend: -abs(bend.change))[:LABELS]
    marks = [
        {
            "x": (place := float(x[int((np.datetime64(bend.day) - dates[0]).astype(int))])),
            "x2": place,
            "y": steps[0],
            "y2": steps[-1],
        }
        for bend in named
    ]
    draw.rules(marks, VERMILION, 1, (2, 3))
    for i, (mark, bend) in enumerate(zip(marks, named)):
        words = f"{_signed(bend.change, currency)} a month"
        right = mark["x"] > 0.75 * x[-1]
        draw.text(
            [{"x": mark["x"], "y": steps[-1] - (i % LABELS) * 16 * draw.per_px(), "t": words}],
            VERMILION,
            "right" if right else "left",
            dx=-4 if right else 4,
            dy=8,
            halo=True,
        )
    draw.text([{"x": float(x[-1]), "y": float(level[-1]), "t": "trend"}], INK, dx=8, bold=True)
    slope = (level[-1] - level[first]) / max(made.ahead - 1, 1) * 30
    way = "rises" if slope >= 0 else "falls"
    whose = f"{short(made.name, 60)}: " if made.name else ""
    title = f"{whose}Prophet's trend {way} by {_money(abs(slope), currency)} a day each month"
    if felt:
        most = named[0]
        why = f", when '{short(most.known, 40)}' began" if most.known else ""
        title += f"; it bent most on {spoken(most.day)}{why}"
    subtitle = (
        "Grey: each day as it was; blue: Prophet's point; black: its trend; dashed red: days on which "
        "the trend bends, and by how much a day each month."
    )
    told = [f"{spoken(bend.day)}: {_signed(bend.change, currency)} a month." for bend in named]
    return draw.figure(title, subtitle, " ".join([f"{title}.", *told]))


def parts(made: Components, currency: str = "") -> list[Figure]:
    """A chart for each part beside the trend that is not nothing, the largest first."""
    level = max(float(np.abs(made.parts[0]).mean()), 1e-12)
    sizes = {name: float(np.abs(made.parts[PARTS.index(name)]).mean()) for name in NAMES}
    order = sorted((name for name in NAMES if sizes[name] > 1e-4 * level), key=lambda n: -sizes[n])
    return [
        _of_week(made, currency) if name == "weekly" else _over_time(made, name, currency)
        for name in order
    ]


def _of_week(made: Components, currency: str) -> Figure:
    """The weekly part by weekday."""
    weekday = (made.dates.astype(int) + 3) % 7
    weekly = made.parts[PARTS.index("weekly")]
    means = [float(weekly[weekday == i][-8:].mean()) for i in range(7)]
    steps = ticks(min(0.0, *means), max(0.0, *means), 5)
    draw = Canvas(PAGE, 170, 76, 20, 14, 28, x=(0, 7), y=(steps[0], steps[-1]))
    draw.y_axis(steps, _axis(steps, currency))
    draw.bars(
        [
            {"x": i + 0.2, "x2": i + 0.8, "y": 0, "y2": mean, "color": BLUE if mean >= 0 else GREEN}
            for i, mean in enumerate(means)
        ]
    )
    draw.rules([{"x": 0, "x2": 7, "y": 0, "y2": 0}], INK)
    draw.x_axis([i + 0.5 for i in range(7)], list(WEEKDAYS))
    high, low = int(np.argmax(means)), int(np.argmin(means))
    title = (
        f"The week: {WEEKDAYS[high]} {_signed(means[high], currency)} a day, "
        f"{WEEKDAYS[low]} {_signed(means[low], currency)}"
    )
    words = [f"{name}: {_signed(mean, currency)}." for name, mean in zip(WEEKDAYS, means)]
    return draw.figure(title, "Added to the trend, by weekday.", " ".join([f"{title}.", *words]))


def _over_time(made: Components, name: str, currency: str) -> Figure:
    """A part by day, added to the trend."""
    dates, x, months = _time(made)
    values = made.parts[PARTS.index(name), -len(dates) :]
    steps = ticks(min(0.0, float(values.min())), max(0.0, float(values.max())), 5)
    draw = _canvas(170, x, steps, months, currency)
    first = len(dates) - made.ahead
    draw.rules([{"x": x[first], "x2": x[first], "y": steps[0], "y2": steps[-1]}], GREY, 1, (3, 3))
    draw.line(_rows(x, values), BLUE, 1.6)
    ahead = float(values[first:].sum())
    most = int(np.argmax(np.abs(values)))
    strongest = f"{_signed(float(values[most]), currency)} on {spoken(str(dates[most]))}"
    felt = abs(ahead) > 1e-6 * float(np.abs(values).sum())
    title = f"{NAMES[name][0].upper()}{NAMES[name][1:]}: " + (
        f"{_signed(ahead, currency)} over the {made.ahead:,} days ahead"
        if felt
        else f"nothing over the {made.ahead:,} days ahead, before it at most {strongest}"
    )
    words = f"{title}. Most: {strongest}."
    return draw.figure(title, "Added to the trend, by day; the dashed line is today.", words)


def _time(made: Components):
    """(days that are shown, their places on an axis of months, the months)."""
    dates = made.dates[-(SHOWN + made.ahead) :]
    months = list(month_range(str(dates[0])[:7], str(dates[-1])[:7]))
    x = (dates - np.datetime64(f"{months[0]}-01", "D")).astype(float) / 30.4375
    return dates, x, months


def _canvas(height: int, x, steps, months, currency: str) -> Canvas:
    draw = Canvas(PAGE, height, 76, 60, 14, 30, x=(0, max(len(months), 1)), y=(steps[0], steps[-1]))
    draw.y_axis(steps, _axis(steps, currency))
    labelled = month_ticks(months)
    draw.x_axis([float(i) for i in labelled], [month_label(months[i]) for i in labelled])
    return draw


def _rows(x, y) -> list[dict]:
    return [{"x": float(a), "y": float(b)} for a, b in zip(x, y) if np.isfinite(b)]


def _axis(steps, currency: str) -> list[str]:
    return (
        axis_money(steps, currency) if currency else [f"{v:,.10g}".replace("-", "−") for v in steps]
    )


def _money(value: float, currency: str) -> str:
    if currency:
        return money(value, currency)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def _signed(value: float, currency: str) -> str:
    return f"{'+' if value >= 0 else '−'}{_money(abs(value), currency)}"


def _shown(figure: Figure) -> str:
    return (
        f"<figure style='margin:0 0 1.5em;max-width:{PAGE}px'><figcaption><strong>{escape(figure.title)}</strong><br>"
        f"<span style='color:{GREY}'>{escape(figure.subtitle)}</span></figcaption>{figure.svg}</figure>"
    )


def page(made: DrawnComponents, title: str, notes=()) -> str:
    """A page of its own: charts, months, changepoints; no script, nothing from the network."""
    months, rows = made.months(), []
    for row in months.itertuples(index=False):
        cells = "".join(f"<td>{_money(value, made.currency)}</td>" for value in row[1:])
        rows.append(f"<tr><th scope='row'>{escape(row[0])}</th>{cells}</tr>")
    heads = "".join(f"<th>{name}</th>" for name in months.columns)
    bends = "".join(
        f"<tr><th scope='row'>{bend.day}</th><td>{escape(clean(bend.series))}</td><td>{_signed(bend.before, made.currency)}</td>"
        f"<td>{_signed(bend.after, made.currency)}</td><td>{_signed(bend.change, made.currency)}</td><td>{escape(clean(bend.known))}</td></tr>"
        for bend in made.bends()
    )
    said = "".join(f"<p>{escape(clean(note))}</p>" for note in notes)
    style = (
        "body{font:15px/1.45 Liberation Sans,Arial,sans-serif;color:#1B2631;max-width:900px;margin:2em auto;padding:0 1em}"
        "table{border-collapse:collapse}td,th{padding:2px 10px;text-align:right}th:first-child{text-align:left}"
    )
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(clean(title))}</title><style>{style}</style></head>"
        f"<body><h1>{escape(clean(title))}</h1>{said}{made._repr_html_()}"
        f"<h2>Months ahead</h2><table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        "<h2>Changepoints</h2><p>Slope of the trend, a day each month, before and after.</p>"
        "<table><thead><tr><th>day</th><th>series</th><th>before</th><th>after</th><th>change</th><th>known</th></tr></thead>"
        f"<tbody>{bends}</tbody></table></body></html>\n"
    )
