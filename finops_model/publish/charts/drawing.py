"""Layers of a chart written as SVG: bands, lines, dots, boxes, strokes, words. Nothing else is on a page's drawing.

A layer is (mark, style, rows in data coordinates). Colours are plain attributes: the page's style sheet answers them in dark mode.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple

BASELINE = 0.3  # of the letters' height: words whose middle lies on their place


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


def px(value: float) -> str:
    """A place with at most two decimals.

    >>> px(12.0), px(0.456), px(-0.001), px(3.1)
    ('12', '0.46', '0', '3.1')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def drawing(layers: Iterable[Layer], plane: Plane, padding: Mapping[str, int], words: str) -> str:
    """The SVG of the layers, the first at the bottom, described in `words` for a screen reader."""
    width = px(plane.width + padding["left"] + padding["right"])
    height = px(plane.height + padding["top"] + padding["bottom"])
    body = "".join(
        f"<g>{''.join(MARKS[one.mark](one.rows, one.style, plane))}</g>" for one in layers
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(words)}"><g fill="none" transform="translate({padding["left"]},{padding["top"]})">{body}</g></svg>'
    )


def _band(rows: Sequence[dict], style: dict, plane: Plane) -> list[str]:
    there = [f"{px(plane.across(row['x']))},{px(plane.down(row['y']))}" for row in rows]
    back = [f"{px(plane.across(row['x']))},{px(plane.down(row['y2']))}" for row in reversed(rows)]
    path = "L".join([*there, *back])
    return [f'<path d="M{path}Z" fill="{style["color"]}" opacity="{style["opacity"]}"/>']


def _line(rows: Sequence[dict], style: dict, plane: Plane) -> list[str]:
    path = "L".join(f"{px(plane.across(row['x']))},{px(plane.down(row['y']))}" for row in rows)
    return [
        f'<path d="M{path}" stroke="{style["color"]}" stroke-width="{px(style["width"])}" stroke-linejoin="round"{_dash(style)}/>'
    ]


def _dash(style: dict) -> str:
    return f' stroke-dasharray="{",".join(map(px, style["dash"]))}"' if style["dash"] else ""


def _dots(rows: Sequence[dict], style: dict, plane: Plane) -> list[str]:
    """Discs of `size` square pixels, as paths around their own middle."""
    r = px(math.sqrt(style["size"] / math.pi) / 1.13)  # with its rim it covers about `size`
    disc = f"M{r},0A{r},{r},0,1,1,-{r},0A{r},{r},0,1,1,{r},0"
    return [
        f'<path transform="translate({px(plane.across(row["x"]))},{px(plane.down(row["y"]))})" d="{disc}" '
        f'fill="{style["fill"]}" stroke="{style["stroke"]}" stroke-width="1.6"/>'
        for row in rows
    ]


def _boxes(rows: Sequence[dict], style: dict, plane: Plane) -> list[str]:
    found = []
    for row in rows:
        left, right = sorted(plane.across(row[key]) for key in ("x", "x2"))
        top, bottom = sorted(plane.down(row[key]) for key in ("y", "y2"))
        wide, high = px(right - left), px(bottom - top)
        clear = "" if style["opacity"] == 1 else f' opacity="{style["opacity"]}"'
        path = f"M{px(left)},{px(top)}h{wide}v{high}h-{wide}Z"
        found.append(f'<path d="{path}" fill="{row["color"]}"{clear}/>')
    return found


def _rules(rows: Sequence[dict], style: dict, plane: Plane) -> list[str]:
    return [
        f'<line x1="{px(plane.across(row["x"]))}" y1="{px(plane.down(row["y"]))}" x2="{px(plane.across(row["x2"]))}" '
        f'y2="{px(plane.down(row["y2"]))}" stroke="{style["color"]}" stroke-width="{px(style["width"])}"{_dash(style)}/>'
        for row in rows
    ]


def _words(rows: Sequence[dict], style: dict, plane: Plane) -> list[str]:
    drop = style["size"] * BASELINE if style["baseline"] == "middle" else 0.0
    anchor = {"left": "start", "right": "end", "center": "middle"}[style["align"]]
    look = f'text-anchor="{anchor}" font-size="{px(style["size"])}px"'
    look += ' font-weight="bold"' if style["bold"] else ""
    look += f' fill="{style["color"]}"'
    if style["halo"]:
        look += f' stroke="{style["color"]}" stroke-width="4" stroke-linejoin="round"'
    found = []
    for row in rows:
        x = px(plane.across(row["x"]) + style["dx"])
        y = px(plane.down(row["y"]) + style["dy"] + drop)
        text = escape(row["t"], quote=False)
        found.append(f'<text transform="translate({x},{y})" {look}>{text}</text>')
    return found


MARKS: dict[str, Callable[[Sequence[dict], dict, Plane], list[str]]] = {
    "area": _band,
    "line": _line,
    "point": _dots,
    "rect": _boxes,
    "rule": _rules,
    "text": _words,
}
