"""Pictures of an answer, as plain Vega-Lite: bars, lines with ranges, a waterfall, ranges side by side; `svg` draws them.

A picture is a mapping that any Vega-Lite reader takes. Words of outside stand in it as data only. vl-convert draws it
without a network; a page's style sheet answers the colours in dark mode where it shows the SVG inline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BLUE, SKY, WARN, GOOD, SOFT, INK = "#0072b2", "#9cc9e6", "#b85000", "#00734f", "#5b6b7a", "#17212b"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"  # vl-convert carries the first
VERSION = "6.1"  # of Vega-Lite, in every vl-convert that pyproject admits
WIDTH = 560  # px
ROW = 26  # px of one bar
LETTERS = 44  # of a name, before it is cut
HEIGHT, LINE, TICKS = 220, 14, 8  # of curves: px, px of a line of text, months that are named

Picture = dict[str, Any]


def _framed(layers: Sequence[Mapping], height: int, words: str) -> Picture:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": words,
        "width": WIDTH,
        "height": height,
        "padding": {"left": 34, "right": 36, "top": 6, "bottom": 6},  # other fonts are wider
        "config": {
            "font": FONT,
            "background": "transparent",
            "view": {"stroke": None},
            "axis": {
                "labelColor": SOFT,
                "titleColor": SOFT,
                "titleFontWeight": "normal",
                "gridColor": "#e3e8ec",
                "domain": False,
                "labelLimit": 260,
                "ticks": False,
            },
            "text": {"color": INK},
        },
        "layer": [dict(layer) for layer in layers],
    }


def _rows(names: Sequence[str], **columns: Sequence) -> list[dict]:
    """A row each, its name cut to what a margin holds and told apart from one that reads the same; numbers plain."""
    short: list[str] = []
    for name in map(str, names):
        cut = name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"
        again = 1
        while cut in short:  # one name is one bar: two of it would lie on each other
            again += 1
            end = f" ({again})"
            room = LETTERS - len(end)
            cut = (name if len(name) <= room else name[: room - 1] + "…") + end
        short.append(cut)
    return [
        {
            "name": short[i],
            "order": i,
            **{key: _plain(values[i]) for key, values in columns.items()},
        }
        for i in range(len(short))
    ]


def _plain(value: str | float | None) -> str | float | None:
    return value if isinstance(value, str) or value is None else float(value)


def _ticks(values: Sequence) -> dict:
    """Numbers of an axis: 1.2k, 3M; below 1 as they are, where `~s` would write 0.0006 as 600µ and 0.2 as 200m."""
    known = [abs(float(value)) for value in values if value is not None]
    small = 0 < max(known, default=0.0) < 1
    return {"format": "~g" if small else "~s", "tickCount": 5}


_COLOUR = {"field": "colour", "type": "nominal", "scale": None}
_NAMES = {"field": "name", "type": "nominal", "sort": {"field": "order"}, "title": None}


def _spans(data: Mapping, shown: Mapping, *, height: int) -> Picture:
    """A bar from `low` to `high` of each row."""
    ends = {"x": {"field": "low", **shown}, "x2": {"field": "high"}}
    mark = {"type": "bar", "height": height}
    return {"data": data, "mark": mark, "encoding": {**ends, "y": _NAMES, "color": _COLOUR}}


def _ends(data: Mapping, field: str, shown: Mapping, *, dx: int) -> Picture:
    """The label of each row, behind its end."""
    at = {"x": {"field": field, **shown}, "y": _NAMES, "text": {"field": "label"}}
    return {"data": data, "mark": {"type": "text", "align": "left", "dx": dx}, "encoding": at}


def bars(
    names: Sequence[str],
    values: Sequence[float],
    labels: Sequence[str],
    *,
    words: str,
    axis: str = "",
    highlight: int | None = None,
) -> Picture:
    """A bar each with its label at the end; one of them may be highlighted.

    Parameters
    ----------
    names : sequence of str
        What each bar is, from above.
    values : sequence of float
        Its length.
    labels : sequence of str
        What is written at its end: a number in words.
    words : str
        What the picture shows, for a screen reader.
    axis : str, optional
        Title of the axis.
    highlight : int, optional
        Position of the bar that is the answer.

    Returns
    -------
    dict
        Vega-Lite.

    Examples
    --------
    >>> bars(["on demand", "one year"], [12.0, 9.0], ["$12", "$9"], words="Nine is less.")["description"]
    'Nine is less.'
    """
    colours = [BLUE if i == highlight else SKY for i in range(len(values))]
    data = {"values": _rows(names, value=values, label=labels, colour=colours)}
    x = {
        "field": "value",
        "type": "quantitative",
        "title": axis or None,
        "axis": _ticks(values),
    }
    return _framed(
        [
            {"data": data, "mark": "bar", "encoding": {"x": x, "y": _NAMES, "color": _COLOUR}},
            {
                "data": data,
                "mark": {"type": "text", "align": "left", "dx": 4},
                "encoding": {"x": x, "y": _NAMES, "text": {"field": "label"}},
            },
        ],
        ROW * max(len(names), 1),
        words,
    )


def ranges(
    names: Sequence[str],
    low: Sequence[float],
    middle: Sequence[float],
    high: Sequence[float],
    labels: Sequence[str],
    *,
    words: str,
    axis: str = "",
    highlight: int | None = None,
    mark: float | None = None,
) -> Picture:
    """A range each, P10 to P90 with its middle; a line across may mark a budget.

    Parameters
    ----------
    names, labels : sequence of str
        What each is, from above, and what is written behind it.
    low, middle, high : sequence of float
        Its ends and its point.
    words : str
        What the picture shows, for a screen reader.
    axis : str, optional
        Title of the axis.
    highlight : int, optional
        Position of the one that is the answer.
    mark : float, optional
        Where a line stands across all of them.

    Returns
    -------
    dict
        Vega-Lite.

    Examples
    --------
    >>> len(ranges(["a"], [1.0], [2.0], [3.0], ["2"], words="One range.")["layer"])
    3
    """
    colours = [BLUE if i == highlight else SKY for i in range(len(middle))]
    data = {"values": _rows(names, low=low, middle=middle, high=high, label=labels, colour=colours)}
    scale = {"zero": False, "nice": True}
    shown = {
        "type": "quantitative",
        "title": axis or None,
        "scale": scale,
        "axis": _ticks([*low, *high]),
    }
    layers: list[Mapping] = [
        _spans(data, shown, height=10),
        {
            "data": data,
            "mark": {"type": "point", "filled": True, "size": 60, "color": INK},
            "encoding": {"x": {"field": "middle", **shown}, "y": _NAMES},
        },
        {
            "data": data,
            "mark": {"type": "text", "align": "left", "dx": 6},
            "encoding": {"x": {"field": "high", **shown}, "y": _NAMES, "text": {"field": "label"}},
        },
    ]
    if mark is not None:
        layers.append(
            {
                "data": {"values": [{"mark": float(mark)}]},
                "mark": {"type": "rule", "color": WARN, "strokeDash": [5, 4]},
                "encoding": {"x": {"field": "mark", **shown}},
            }
        )
    return _framed(layers, ROW * max(len(names), 1), words)


def waterfall(
    names: Sequence[str],
    steps: Sequence[float],
    labels: Sequence[str],
    *,
    words: str,
    axis: str = "",
    total: str = "together",
    total_label: str = "",
) -> Picture:
    """Signed steps one after the other and what they come to.

    Parameters
    ----------
    names, labels : sequence of str
        What each step is, and its number in words.
    steps : sequence of float
        Signed; below 0 is a saving.
    words : str
        What the picture shows, for a screen reader.
    axis, total, total_label : str, optional
        Title of the axis; name and number of the last bar.

    Returns
    -------
    dict
        Vega-Lite.

    Examples
    --------
    >>> rows = waterfall(["a", "b"], [-3.0, 1.0], ["−3", "+1"], words="Two less.")["layer"][0]["data"]
    >>> [(row["low"], row["high"]) for row in rows["values"]]
    [(-3.0, 0.0), (-3.0, -2.0), (-2.0, 0.0)]
    """
    ends, at = [], 0.0
    for step in steps:
        ends.append((min(at, at + float(step)), max(at, at + float(step))))
        at += float(step)
    ends.append((min(0.0, at), max(0.0, at)))
    colours = [GOOD if float(step) < 0 else WARN for step in steps] + [BLUE]
    data = {
        "values": _rows(
            [*names, total],
            low=[low for low, _ in ends],
            high=[high for _, high in ends],
            label=[*labels, total_label],
            colour=colours,
        )
    }
    shown = {
        "type": "quantitative",
        "title": axis or None,
        "axis": _ticks([end for pair in ends for end in pair]),
    }
    return _framed(
        [
            _spans(data, shown, height=15),
            _ends(data, "high", shown, dx=4),
        ],
        ROW * (len(steps) + 1),
        words,
    )


def curves(
    series: Mapping[str, tuple[Sequence, Sequence[float]]],
    *,
    words: str,
    across: str = "",
    axis: str = "",
    marks: Mapping[str, float] | None = None,
) -> Picture:
    """Lines over a number or over months, each named at its end; upright lines may mark what was found.

    Parameters
    ----------
    series : mapping of str to (x, y)
        By name; x numbers, or months YYYY-MM of all of them.
    words : str
        What the picture shows, for a screen reader.
    across, axis : str, optional
        Titles of the axes.
    marks : mapping of str to float, optional
        What stands where, on an axis of numbers.

    Returns
    -------
    dict
        Vega-Lite.

    Examples
    --------
    >>> curves({"base": (["2026-01", "2026-02"], [1.0, 2.0])}, words="It rises.")["layer"][0]["mark"]["type"]
    'line'
    """
    palette = [BLUE, WARN, GOOD, SOFT, SKY, INK]
    rows, ends, months = [], [], False
    for i, (name, (across_values, values)) in enumerate(series.items()):
        for place, value in zip(across_values, values, strict=True):
            months = months or isinstance(place, str)
            rows.append(
                {
                    "name": str(name)[:LETTERS],
                    "x": place if isinstance(place, str) else float(place),
                    "y": float(value),
                    "colour": palette[i % len(palette)],
                }
            )
        if rows:
            ends.append(rows[-1])
    ends = _apart(ends, rows)
    x: dict[str, Any] = {
        "field": "x",
        "type": "ordinal" if months else "quantitative",
        "title": across or None,
        "axis": {"labelAngle": 0, "labelOverlap": True, "grid": False},
    }
    if not months:
        x["scale"] = {"zero": False, "nice": False}
    elif len(stood := list(dict.fromkeys(str(row["x"]) for row in rows))) > TICKS:
        x["axis"] = {**x["axis"], "values": stood[:: -(-len(stood) // TICKS)]}
    y = {
        "field": "y",
        "type": "quantitative",
        "title": axis or None,
        "scale": {"zero": False},
        "axis": _ticks([row["y"] for row in rows]),
    }
    layers: list[Mapping] = [
        {
            "data": {"values": rows},
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {"x": x, "y": y, "color": _COLOUR, "detail": {"field": "name"}},
        },
        {
            "data": {"values": ends},
            "mark": {"type": "text", "align": "left", "dx": 5},
            "encoding": {
                "x": x,
                "y": {**y, "field": "at"},
                "color": _COLOUR,
                "text": {"field": "name"},
            },
        },
    ]
    for name, where in (marks or {}).items():
        at = {"values": [{"x": float(where), "label": str(name)[:LETTERS]}]}
        layers.append(
            {
                "data": at,
                "mark": {"type": "rule", "color": WARN, "strokeDash": [5, 4]},
                "encoding": {"x": x},
            }
        )
        layers.append(
            {
                "data": at,
                "mark": {
                    "type": "text",
                    "align": "left",
                    "dx": 4,
                    "baseline": "bottom",
                    "color": WARN,
                },
                "encoding": {"x": x, "y": {"value": -2}, "text": {"field": "label"}},
            }
        )
    return _framed(layers, HEIGHT, words)


def _apart(ends: list[dict], rows: Sequence[Mapping]) -> list[dict]:
    """The last points of lines with `at`, where their names stand: each LINE above the one below it, so that none covers another."""
    heights = [row["y"] for row in rows]
    least = (max(heights, default=0.0) - min(heights, default=0.0)) * LINE / HEIGHT
    placed, below = [], -float("inf")
    for end in sorted(ends, key=lambda end: end["y"]):
        below = max(end["y"], below + least)
        placed.append({**end, "at": below})
    return placed


def svg(picture: Mapping) -> str:
    """A picture as SVG; the same bytes on every machine.

    Parameters
    ----------
    picture : mapping
        As the functions of this module make it.

    Returns
    -------
    str
        One svg element.

    Examples
    --------
    >>> svg(bars(["a"], [1.0], ["1"], words="One."))[:4]
    '<svg'
    """
    import vl_convert

    return vl_convert.vegalite_to_svg(dict(picture), vl_version=VERSION)
