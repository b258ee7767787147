"""Layers of a chart as SVG: Altair builds the chart, vl-convert draws it, what a page does not need is taken out.

A layer is (mark, style, rows in data coordinates). Colours are plain attributes: the page's style sheet answers them in dark mode.
Nothing depends on measured text, so the same rows give the same bytes on every machine.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, NamedTuple

# jsonschema builds a grammar for addresses of the world when it can (1 s per kernel); charts have none to check.
_grammar = sys.modules.get("rfc3987_syntax")
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
import altair as alt  # noqa: E402
import vl_convert  # noqa: E402
from altair.utils.schemapi import debug_mode  # noqa: E402

sys.modules.pop("rfc3987_syntax")
if _grammar is not None:
    sys.modules["rfc3987_syntax"] = _grammar

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
    with debug_mode(False):  # nothing here comes from outside but rows, and those are no schema
        chart = alt.layer(
            *(_chart(f"rows{i}", one, plane) for i, one in enumerate(order))
        ).properties(
            width=plane.width,
            height=plane.height,
            padding=dict(padding),
            autosize=alt.AutoSizeParams(type="none"),
        )
        chart = chart.configure(font=FONT, aria=False, background="transparent").configure_view(
            stroke=None
        )
        spec = chart.to_dict(validate=False)
    # rows join last: Altair copies what it holds
    rows = {f"rows{i}": one.rows for i, one in enumerate(order)}
    return bare(vl_convert.vegalite_to_svg({**spec, "datasets": rows}), words)


def _chart(name: str, layer: Layer, plane: Plane) -> alt.Chart:
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
    extra: dict[str, Any] = {
        "x2": {"field": "x2"},
        "y2": {"field": "y2"},
        "text": {"field": "t", "type": "nominal"},
        "color": {"field": "color", "type": "nominal", "scale": None},
    }
    encoding = alt.FacetedEncoding(**at, **{key: extra[key] for key in channels})
    drawn: Any = {"type": layer.mark, **mark}
    return alt.Chart(alt.NamedData(name), mark=drawn, encoding=encoding)


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
