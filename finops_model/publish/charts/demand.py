"""How demand grows, drawn: history, seasons, what people know, past misses, three years ahead. Titles are sentences of the figures."""

from __future__ import annotations

import numpy as np

from ...measure.change import growth as grown
from ...measure.words import money
from ...periods import month_range
from ...simulate.hierarchy import Hierarchy
from .commitments import WIDTH, Shown
from .parts import (
    BLUE,
    DARK_VERMILION,
    GREEN,
    GREY,
    INK,
    VERMILION,
    Canvas,
    axis_money,
    keep_apart,
    month_label,
    month_ticks,
    short,
    ticks,
)

__all__ = ["growth", "missed", "seasons", "three_years", "with_and_without"]
PALE, SKY = "#AEB6BF", "#56B4E9"
WEEK = 28  # days of the mean that shows the trend
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def growth(facts) -> Shown:
    """Use by day at today's prices, and its four-week mean.

    Parameters
    ----------
    facts : scenario.ledger_base.Facts
        volume (day, workload), dates, currency, daily, as_of.

    Returns
    -------
    Shown
        A chart with a title that says what it shows, and its text.

    Source
    ------
    docs/method §10.2.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import pandas as pd
    >>> days = pd.date_range("2025-01-01", "2026-06-30")
    >>> bill = pd.DataFrame({"ChargeDate": days, "ChargeCategory": "Usage", "EffectiveCost": 5.0})
    >>> known = {"daily": bill, "as_of": "2026-06-30", "currency": "USD"}
    >>> use = np.full((len(days), 1), 5.0)
    >>> growth(SimpleNamespace(volume=use, dates=days.to_numpy("datetime64[D]"), **known)).title
    'AI use by day: 0 % in a year at constant prices, without one-offs (as paid 0 %)'
    """
    daily, dates = facts.volume.sum(axis=1), facts.dates
    mean = np.convolve(daily, np.full(WEEK, 1 / WEEK), "valid")
    months = list(month_range(str(dates[0])[:7], str(dates[-1])[:7]))
    place = (dates - np.datetime64(f"{months[0]}-01", "D")).astype(float) / 30.4375

    steps = ticks(0.0, float(daily.max()))
    draw = Canvas(WIDTH, 300, 66, 120, 14, 30, x=(0, len(months) - 0.4), y=(steps[0], steps[-1]))
    draw.y_axis(steps, axis_money(steps, facts.currency))
    shown = month_ticks(months)
    draw.x_axis([float(i) for i in shown], [month_label(months[i]) for i in shown])

    draw.line([{"x": float(x), "y": float(y)} for x, y in zip(place, daily)], PALE, 1.0)
    draw.line([{"x": float(x), "y": float(y)} for x, y in zip(place[WEEK - 1 :], mean)], BLUE, 2.6)
    ends = keep_apart(
        [float(mean[-1]), float(mean[-1]) + 18 * draw.per_px()], 16 * draw.per_px(), *draw.y
    )
    draw.text([{"x": float(place[-1]), "y": ends[0], "t": "four-week mean"}], BLUE, dx=8, bold=True)
    draw.text([{"x": float(place[-1]), "y": ends[1], "t": "each day"}], GREY, dx=8)

    title = f"AI use by day: {grown.headline(grown.growth(facts.daily, facts.as_of))}"
    words = f"{title}. First four weeks {money(float(mean[0]), facts.currency)} a day, newest {money(float(mean[-1]), facts.currency)}."
    return Shown(
        **vars(
            draw.figure(
                title,
                "Use at today's prices, so that a price that fell does not look like less use.",
                words,
            )
        )
    )


def seasons(facts) -> Shown:
    """Weekdays compared with the mean of their week, months with the trend around them, as shares.

    Parameters
    ----------
    facts : scenario.ledger_base.Facts
        volume (day, workload), dates; more than 91 days.

    Returns
    -------
    Shown
        A chart with a title that says what it shows, and its text.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> days = np.arange("2026-01-01", "2026-07-01", dtype="datetime64[D]")  # a Thursday first
    >>> week = np.resize([5.0, 5, 2, 2, 5, 5, 5], len(days))[:, None]
    >>> seasons(SimpleNamespace(volume=week, dates=days, currency="USD")).title[:46]
    'A weekend day uses 52% less than a usual day, '
    """
    daily, dates = facts.volume.sum(axis=1), facts.dates
    weeks = len(daily) // 7
    of_week = daily[-7 * weeks :].reshape(weeks, 7)
    shape = np.roll(
        (of_week / of_week.mean(axis=1, keepdims=True)).mean(axis=0),
        int((dates[-7 * weeks].astype(int) + 3) % 7),
    )

    half = 45
    trend = np.convolve(daily, np.full(2 * half + 1, 1 / (2 * half + 1)), "valid")
    ratio, of_month = (
        daily[half:-half] / trend,
        dates[half:-half].astype("datetime64[M]").astype(int) % 12,
    )
    year = np.array(
        [ratio[of_month == m].mean() if (of_month == m).any() else 1.0 for m in range(12)]
    )

    values = np.concatenate([shape, year]) - 1
    steps = ticks(float(values.min()), float(values.max()), 5)
    draw = Canvas(WIDTH, 240, 66, 20, 26, 30, x=(0, 21), y=(steps[0], steps[-1]))
    draw.y_axis(steps, [f"{v * 100:+.0f} %".replace("-", "−") if v else "usual" for v in steps])

    places = [*(i + 0.5 for i in range(7)), *(i + 8.8 for i in range(12))]
    draw.bars(
        [
            {
                "x": x - 0.36,
                "x2": x + 0.36,
                "y": 0.0,
                "y2": float(v),
                "color": BLUE if i < 7 else GREEN,
            }
            for i, (x, v) in enumerate(zip(places, values))
        ]
    )
    draw.x_axis(places, [*WEEKDAYS, *MONTHS])
    draw.rules([{"x": 0, "x2": 21, "y": 0, "y2": 0}], INK, 1.0)
    for x, text in ((0.1, "day of the week"), (8.4, "month of the year, trend taken out")):
        draw.text([{"x": x, "y": steps[-1], "t": text}], GREY, dy=-12, bold=True)

    low = int(np.argmin(year))
    title = f"A weekend day uses {1 - shape[5:].mean():.0%} less than a usual day, {MONTHS[low]} {1 - year[low]:.0%} less than the months around it"
    words = "; ".join(f"{name} {v * 100:+.0f} %" for name, v in zip((*WEEKDAYS, *MONTHS), values))
    return Shown(
        **vars(draw.figure(title, "Mean of all weeks and years of the bill.", f"{title}. {words}."))
    )


def with_and_without(bill: Hierarchy, known: Hierarchy, node: str | None, name: str) -> Shown:
    r"""Ranges by month from the bill alone and with what people know, and numbers set by hand.

    Parameters
    ----------
    bill, known : Hierarchy
        From the bill alone, and with what people know; of the same months.
    node : str or None
        A node; None: the company.
    name : str
        Its name for the title.

    Returns
    -------
    Shown
        A chart with a title that says what it shows, and its text.

    Source
    ------
    docs/method §2.20, §11.8.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> rows = fm.daily(fm.Ledger(settings.path(settings.ledger)), settings)
    >>> from finops_model.simulate.hierarchy import forecast_hierarchy
    >>> nodes = forecast_hierarchy(settings, rows, months=2, paths=64)[None]
    >>> with_and_without(nodes, nodes, None, "the company").title[:46]
    'What people know moves the company most in Mar'
    """
    spans, currency = bill.spans(), bill.currency
    ranges = [[nodes.quantiles(span, node) for span in spans] for nodes in (bill, known)]
    hand = [
        (i, one)
        for i, span in enumerate(spans)
        for one in known.covariates.overrides
        if one["month"] == span.name and one["unit"] == (node or "Company") and not one["workload"]
    ]

    values = [v for part in ranges for three in part for v in three] + [
        one["value"] for _, one in hand
    ]
    edge = 0.06 * (max(values) - min(values))
    steps = ticks(max(min(values) - edge, 0.0), max(values) + edge)

    draw = Canvas(WIDTH, 330, 66, 180, 14, 30, x=(-0.5, len(spans) - 0.4), y=(steps[0], steps[-1]))
    draw.y_axis(steps, axis_money(steps, currency))
    shown = [i for i in range(len(spans)) if len(spans) <= 9 or i % 2 == 0]
    draw.x_axis([float(i) for i in shown], [month_label(spans[i].name) for i in shown])
    for part, off, color in zip(ranges, (-0.14, 0.14), (PALE, BLUE)):
        draw.bars(
            [
                {
                    "x": i + off - 0.1,
                    "x2": i + off + 0.1,
                    "y": three[0],
                    "y2": three[2],
                    "color": color,
                }
                for i, three in enumerate(part)
            ],
            0.75,
        )
        draw.points(
            [{"x": i + off, "y": three[1]} for i, three in enumerate(part)],
            GREY if color == PALE else INK,
            34,
        )

    draw.points([{"x": i + 0.34, "y": one["value"]} for i, one in hand], VERMILION, 60)
    draw.text(
        [
            {"x": i + 0.34, "y": one["value"], "t": f"set by hand: {money(one['value'], currency)}"}
            for i, one in hand
        ],
        DARK_VERMILION,
        dx=8,
        halo=True,
    )

    ends = keep_apart([ranges[0][-1][1], ranges[1][-1][1]], 34 * draw.per_px(), *draw.y)
    for y, text, color in zip(ends, ("from the bill alone", "with what people know"), (GREY, BLUE)):
        draw.text([{"x": len(spans) - 0.7, "y": y, "t": text}], color, dx=10, bold=color == BLUE)

    at = int(np.argmax([abs(b[1] / a[1] - 1) if a[1] else 0.0 for a, b in zip(*ranges)]))
    change = ranges[1][at][1] / ranges[0][at][1] - 1
    title = f"What people know moves {short(name, 40)} most in {month_label(spans[at].name)}: {abs(change):.0%} {'up' if change > 0 else 'down'}, to {money(ranges[1][at][1], currency)}"
    words = [
        f"{span.name}: {money(a[1], currency)} from the bill, {money(b[1], currency)} with what people know."
        for span, a, b in zip(spans, *ranges)
    ]
    return Shown(
        **vars(
            draw.figure(
                title,
                "Bars: eight of ten futures; dots: the middle one. EffectiveCost of whole months.",
                " ".join([f"{title}.", *words]),
            )
        )
    )


def missed(rows_by_way: dict[str, list[dict]]) -> Shown:
    """How far month totals were off by months ahead.

    Parameters
    ----------
    rows_by_way : dict of str to list of dict
        Label -> rows of measure.accuracy.by_lead; "naive" errors come with them.

    Returns
    -------
    Shown
        A chart with a title that says what it shows, and its text.

    Examples
    --------
    >>> missed({"our forecast": [{"lead": 1, "error_pct": 0.05, "naive_error_pct": 0.2, "n": 12}]}).title
    'One month ahead we missed by 5.0 %, repeating last week by 20.0 %'
    """
    ways = list(rows_by_way)
    leads = [row["lead"] for row in rows_by_way[ways[0]]]
    bars = [("repeating last week", [row["naive_error_pct"] for row in rows_by_way[ways[0]]], PALE)]
    bars += [
        (way, [row["error_pct"] for row in rows], color)
        for (way, rows), color in zip(rows_by_way.items(), (SKY, BLUE, GREEN))
    ]

    longest = max(value for _, values, _ in bars for value in values)
    high = 30 * len(bars) + 16
    draw = Canvas(
        WIDTH, high * len(leads) + 30, 132, 220, 10, 20, x=(0, longest), y=(len(leads), 0)
    )

    for i, lead in enumerate(leads):
        draw.text(
            [{"x": 0, "y": i + 0.5, "t": f"{lead} month{'s' * (lead > 1)} ahead"}],
            INK,
            "right",
            dx=-10,
            bold=True,
        )
        for b, (label, values, color) in enumerate(bars):
            top, tall = i + 0.1 + b * 0.8 / len(bars), 0.7 / len(bars)
            draw.bars([{"x": 0, "x2": values[i], "y": top, "y2": top + tall, "color": color}])
            draw.text(
                [
                    {
                        "x": values[i],
                        "y": top + tall / 2,
                        "t": f"{values[i] * 100:.1f} %" + (f"  {label}" if i == 0 else ""),
                    }
                ],
                INK if b else GREY,
                dx=6,
                bold=b > 1,
            )
    draw.rules([{"x": 0, "x2": 0, "y": 0, "y2": len(leads)}], INK, 1.2)

    first, count = rows_by_way[ways[-1]][0], rows_by_way[ways[0]][0]["n"]
    title = f"One month ahead we missed by {first['error_pct'] * 100:.1f} %, repeating last week by {bars[0][1][0] * 100:.1f} %"
    words = [
        f"{lead} months ahead: "
        + ", ".join(f"{label} {values[i] * 100:.1f} %" for label, values, _ in bars)
        + "."
        for i, lead in enumerate(leads)
    ]
    return Shown(
        **vars(
            draw.figure(
                title,
                f"Month totals of {count} earlier forecasts, made with nothing but what was known then.",
                " ".join([f"{title}.", *words]),
            )
        )
    )


def three_years(nodes: Hierarchy) -> Shown:
    r"""Booked months, then the fan: what past forecasts were graded on, and what is an assumption.

    Parameters
    ----------
    nodes : Hierarchy
        As `forecast_hierarchy` gives it, for 36 months.

    Returns
    -------
    Shown
        A chart with a title that says what it shows, and its text.

    Source
    ------
    docs/method §2.23, §11.9.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> rows = fm.daily(fm.Ledger(settings.path(settings.ledger)), settings)
    >>> from finops_model.simulate.hierarchy import forecast_hierarchy
    >>> nodes = forecast_hierarchy(settings, rows, months=2, paths=64)[None]
    >>> three_years(nodes).title[:28]
    'By May 2025 a month may cost'
    """
    spans, currency = nodes.spans(), nodes.currency
    booked = sorted(month for month in nodes.booked if month >= nodes.first_day[:7])[-18:]
    months = [*booked, *(span.name for span in spans)]
    whole = {month: float(nodes.booked[month].sum()) for month in booked}
    fan = [nodes.quantiles(span, None, (0.1, 0.25, 0.5, 0.75, 0.9)) for span in spans]

    steps = ticks(0.0, max(*(row[-1] for row in fan), *whole.values()))
    draw = Canvas(WIDTH, 350, 66, 140, 22, 30, x=(0, len(months) - 1), y=(steps[0], steps[-1]))
    draw.y_axis(steps, axis_money(steps, currency))
    shown = month_ticks(months)
    draw.x_axis([float(i) for i in shown], [month_label(months[i]) for i in shown])

    start = len(booked) - 1
    rows = [(start, (whole[booked[-1]],) * 5), *((start + 1 + i, row) for i, row in enumerate(fan))]
    graded = sum(span.graded for span in spans)
    for low, high, near, far in ((0, 4, 0.26, 0.13), (1, 3, 0.34, 0.17)):
        for part, opacity in ((rows[: graded + 1], near), (rows[graded:], far)):
            draw.area([{"x": x, "y": row[low], "y2": row[high]} for x, row in part], BLUE, opacity)
    draw.line([{"x": x, "y": row[2]} for x, row in rows[: graded + 1]], BLUE, 2.6)
    draw.line([{"x": x, "y": row[2]} for x, row in rows[graded:]], BLUE, 2.0, (5, 4))
    draw.line([{"x": i, "y": whole[month]} for i, month in enumerate(booked)], INK, 2.4)

    edge = start + graded
    draw.rules([{"x": edge, "x2": edge, "y": 0, "y2": steps[-1]}], GREY, 1.0, (3, 3))
    draw.text(
        [{"x": edge, "y": steps[-1], "t": "beyond lead 3: assumption"}],
        GREY,
        dx=6,
        dy=-10,
        bold=True,
    )
    draw.text([{"x": edge, "y": steps[-1], "t": "graded"}], GREY, "right", dx=-6, dy=-10, bold=True)

    last = rows[-1][1]
    ends = keep_apart([last[0], last[2], last[4]], 16 * draw.per_px(), *draw.y)
    for y, value, label in zip(ends, (last[0], last[2], last[4]), ("P10", "P50", "P90")):
        draw.text(
            [{"x": rows[-1][0], "y": y, "t": f"{label} {money(value, currency)}"}],
            BLUE,
            dx=8,
            bold=label == "P50",
        )

    title = f"By {month_label(spans[-1].name)} a month may cost {money(last[0], currency)} to {money(last[4], currency)}: three years are a direction, not a number"
    words = [
        f"{span.name}: P10 {money(row[0], currency)}, P50 {money(row[2], currency)}, P90 {money(row[4], currency)}."
        for span, row in zip(spans, fan)
    ]
    subtitle = "Bands: half and eight of ten futures. Left of the line past forecasts were graded that far ahead; right of it the range grows on in a straight line."
    return Shown(**vars(draw.figure(title, subtitle, " ".join([f"{title}.", *words]))))
