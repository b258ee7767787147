"""Layers of a chart as SVG: a Vega-Lite chart that vl-convert draws, less what a page does not need.

The chart is written as the plain data that Altair would make of it: its classes cost a report more than the drawing.

A layer is (mark, style, rows in data coordinates). Colours are plain attributes: the page's style sheet answers them in dark mode.
Nothing depends on measured text, so the same rows give the same bytes on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, NamedTuple

import vl_convert

VERSION = "6.1"  # of Vega-Lite, in every vl-convert that pyproject admits
CHANNELS: dict[str, dict] = {
    "x2": {"field": "x2"},
    "y2": {"field": "y2"},
    "text": {"field": "t", "type": "nominal"},
    "color": {"field": "color", "type": "nominal", "scale": None},
}
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"  # metric twins; vl-convert carries the first


class Layer(NamedTuple):
    """Rows of one mark and style."""

    mark: str
    style: dict
    rows: list[dict]


class Plane(NamedTuple):
    """Where data lies in the drawing, px: `width` × `height` inside its margins."""

    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, value: float) -> float:
        """px from the left edge."""
        return _along(value, *self.x, self.width)

    def down(self, value: float) -> float:
        """px from the upper edge."""
        return self.height - _along(value, *self.y, self.height)


def _along(value: float, low: float, high: float, length: float) -> float:
    return length * (value - low) / (high - low) if high != low else length / 2


def drawing(layers: Iterable[Layer], plane: Plane, padding: Mapping[str, int], words: str) -> str:
    """The SVG of the layers, the first at the bottom, described in `words` for a screen reader."""
    order = list(layers)
    chart = {
        "autosize": {"type": "none"},
        "config": {
            "aria": False,
            "background": "transparent",
            "font": FONT,
            "view": {"stroke": None},
        },
        "datasets": {f"rows{i}": one.rows for i, one in enumerate(order)},
        "height": plane.height,
        "layer": [_layer(f"rows{i}", one, plane) for i, one in enumerate(order)],
        "padding": dict(padding),
        "width": plane.width,
    }
    return bare(vl_convert.vegalite_to_svg(chart, vl_version=VERSION), words)


def _layer(name: str, layer: Layer, plane: Plane) -> dict:
    mark, channels = MARKS[layer.mark](layer.style)
    axes = {"x": plane.x, "y": plane.y}
    at: dict[str, Any] = {
        axis: {
            "field": axis,
            "type": "quantitative",
            "axis": None,
            "scale": {"domain": list(domain), "nice": False, "zero": False},
        }
        for axis, domain in axes.items()
    }
    encoding = at | {key: CHANNELS[key] for key in channels}
    return {"data": {"name": name}, "mark": {"type": layer.mark, **mark}, "encoding": encoding}


def _stroke(style: dict) -> dict:
    return {
        "color": style["color"],
        "strokeWidth": style["width"],
        "strokeDash": list(style["dash"]),
    }


def _words(style: dict) -> dict:
    look = {key: style[key] for key in ("align", "baseline", "dx", "dy")}
    look |= {"fontSize": style["size"], "fontWeight": "bold" if style["bold"] else "normal"}
    halo = {"stroke": style["color"], "strokeWidth": 4, "strokeJoin": "round"}
    return look | {"color": style["color"]} | (halo if style["halo"] else {})


# What Altair draws of a style, and the columns of rows that it needs besides x and y.
MARKS: dict[str, Any] = {
    "area": lambda style: ({**style, "line": False}, ["y2"]),
    "line": lambda style: (_stroke(style) | {"strokeJoin": "round"}, []),
    "point": lambda style: ({**style, "filled": True, "strokeWidth": 1.6, "opacity": 1}, []),
    "rect": lambda style: (style, ["x2", "y2", "color"]),
    "rule": lambda style: (_stroke(style), ["x2", "y2"]),
    "text": lambda style: (_words(style), ["text"]),
}

EMPTY = re.compile(r'<path class="(?:background|foreground)"[^>]*/>|<g></g>')
NOISE = re.compile(
    r' (?:class|role|pointer-events|xmlns:xlink|version|stroke-miterlimit|font-family|aria-[a-z]+)="[^"]*"'
    r'| opacity="1"| transform="translate\(0,0\)"'
)
LONG = re.compile(r"-?\d+\.\d{3,}")


def bare(drawn: str, words: str) -> str:
    """The drawing without classes, empty paths and long decimals, described in words. Text between tags is not touched."""
    parts = re.split(r"(<[^>]*>)", EMPTY.sub("", drawn))
    parts = [
        LONG.sub(lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), NOISE.sub("", part))
        if i % 2
        else part
        for i, part in enumerate(parts)
    ]
    drawn = EMPTY.sub("", "".join(parts))
    width, height = re.findall(r'viewBox="0 0 (\S+) (\S+)"', drawn)[0]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(words)}">'
    )
    return re.sub(r"^<svg[^>]*>", lambda _: head, drawn)
