"""What is drawn once, when a report is published: the fan chart's specification and the Vega programs that draw it.

Imported only while publishing (Altair, V8). The dashboard's kernel reads the result and sends rows.
"""

from __future__ import annotations

import hashlib
import html
import os
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert
from IPython.display import HTML

from ...documents import write_atomic
from ...measure.budget.landing import spread
from ...measure.words import money
from ...periods import month_name
from ...simulate.run import Run
from .labels import spread_labels, stamp

# Okabe–Ito: blue forecast, vermilion budget, near-black actuals; grey for what is only a reference.
BLUE, VERMILION, INK, GREY, GRID = "#0072B2", "#D55E00", "#1B2631", "#5D6D7E", "#E3E7EB"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
SNIPPET = "window.finopsVega = {embed: vegaEmbed};"


def money_axis(currency: str) -> str:
    """A Vega expression that writes an axis value as money: $1.5m, $500k."""
    symbol = SYMBOLS.get(currency, f"{currency} ")
    return (
        f"(datum.value < 0 ? '−' : '') + '{symbol}' + (abs(datum.value) >= 1e6 ? format(abs(datum.value) / 1e6, '.2~f') + 'm' : "
        "abs(datum.value) >= 1e3 ? format(abs(datum.value) / 1e3, '.1~f') + 'k' : format(abs(datum.value), '~f'))"
    )


def fan_spec(currency: str) -> dict:
    """The fan: actuals, bands of 50, 80 and 90 %, median, budget, direct labels. Rows come by name while it is shown.

    fan       month, p05 … p95          actual  month, cost         budget  month, amount
    published month, p50 (as published) labels  month, value, text, color       frame  value: keeps the axis still
    """
    x = alt.X(
        "month:T",
        scale=alt.Scale(type="utc", nice=False),
        title=None,
        axis=alt.Axis(
            format="%b %y",
            labelColor=GREY,
            labelFontSize=12,
            tickColor=GRID,
            domainColor="#AEB6BF",
            grid=False,
            labelFlush=False,
            labelOverlap=True,
            labelPadding=6,
        ),
    )
    axis = alt.Axis(
        labelExpr=money_axis(currency),
        labelColor=GREY,
        labelFontSize=12,
        gridColor=GRID,
        domain=False,
        ticks=False,
        tickCount=6,
        labelPadding=8,
    )

    def y(name: str) -> alt.Y:
        return alt.Y(f"{name}:Q", title=None, axis=axis, scale=alt.Scale(zero=True, nice=True))

    fan = alt.Chart(alt.NamedData("fan"))
    bands = [
        fan.mark_area(color=BLUE, opacity=opacity).encode(x=x, y=y(low), y2=f"{high}:Q")
        for low, high, opacity in (("p05", "p95", 0.15), ("p10", "p90", 0.20), ("p25", "p75", 0.28))
    ]
    reference = (
        alt.Chart(alt.NamedData("published"))
        .mark_line(color=GREY, strokeWidth=1.5, strokeDash=[2, 3])
        .encode(x=x, y=y("p50"))
    )
    median = fan.mark_line(color=BLUE, strokeWidth=2.5).encode(x=x, y=y("p50"))
    actual = (
        alt.Chart(alt.NamedData("actual"))
        .mark_line(
            color=INK, strokeWidth=2.2, point=alt.OverlayMarkDef(color=INK, size=16, filled=True)
        )
        .encode(x=x, y=y("cost"))
    )
    budget = (
        alt.Chart(alt.NamedData("budget"))
        .mark_line(color=VERMILION, strokeWidth=2.2, strokeDash=[7, 4])
        .encode(x=x, y=y("amount"))
    )
    text = alt.Chart(alt.NamedData("labels")).encode(
        x=x, y=y("value"), text="text:N", color=alt.Color("color:N", scale=None)
    )
    style: dict[str, Any] = {"align": "left", "dx": 8, "fontSize": 13, "fontWeight": "bold"}
    labels = [
        text.mark_text(
            **style, stroke="white", strokeWidth=4, strokeJoin="round", strokeOpacity=0.85
        ),
        text.mark_text(**style),
    ]
    frame = alt.Chart(alt.NamedData("frame")).mark_rule(opacity=0).encode(y=y("value"))
    chart = alt.layer(frame, *bands, reference, budget, median, actual, *labels).properties(
        width="container",
        height=490,
        background="transparent",
        padding={"left": 4, "top": 8, "right": 10, "bottom": 4},
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding", resize=True),
    )
    look = alt.Config(
        font="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif",
        view=alt.ViewConfig(stroke="transparent"),
    )
    return chart.properties(config=look).to_dict()


def run_chart(run: Run, width: int = 900) -> HTML:
    """The fan of a run as a picture (SVG, no script) with a sentence for a title: for notebooks.

    Parameters
    ----------
    run : Run
        Bands over its paths, by month.
    width : int, optional
        Pixels.

    Returns
    -------
    HTML
        With a text for screen readers.

    Examples
    --------
    >>> run_chart(run)  # doctest: +SKIP
    """
    rows: list[dict[str, Any]] = []
    for i, month in enumerate(run.months):
        rows.append({"month": stamp(month), **spread(run.effective[:, i].sum(axis=1))})
    last, top = rows[-1], max(row["p95"] for row in rows)
    ends = [
        (last["p95"], "95th pct", GREY),
        (last["p50"], "Median", BLUE),
        (last["p05"], "5th pct", GREY),
    ]
    labels = [{"month": last["month"], **row} for row in spread_labels(ends, 0.055 * top)]

    title = f"AI spend is heading for {money(last['p50'], run.currency)} a month in {month_name(run.months[-1])}"
    note = f"Monthly cost in {run.currency}, commitments spread over their term. Bands: 50, 80 and 90 % of {run.paths:,} simulated futures."

    spec = {
        **fan_spec(run.currency),
        "width": width,
        "height": 320,
        "background": "white",
        "description": f"Fan chart. {title}.",
        "autosize": {"type": "pad"},
        "title": {
            "text": title,
            "subtitle": note,
            "anchor": "start",
            "fontSize": 17,
            "subtitleFontSize": 12,
            "subtitleColor": GREY,
            "offset": 14,
        },
        "datasets": {
            "fan": rows,
            "published": [],
            "actual": [],
            "budget": [],
            "labels": labels,
            "frame": [{"value": top}],
        },
    }

    return HTML(
        f"<div role='img' aria-label='{html.escape(title, quote=True)}'>{vl_convert.vegalite_to_svg(spec)}</div>"
    )


def write_bundle(folder: str | os.PathLike) -> Path:
    """Vega, Vega-Lite and Vega-Embed as one script in `folder`, made offline; made once and kept."""
    folder = Path(folder)
    version = vl_convert.__version__  # type: ignore[attr-defined]  # its stub leaves it out
    mark = hashlib.sha256(f"{version} {SNIPPET}".encode()).hexdigest()[:12]
    path = folder / f"vega-{mark}.js"
    if not path.is_file():
        write_atomic(path, vl_convert.javascript_bundle(SNIPPET))
    return path
