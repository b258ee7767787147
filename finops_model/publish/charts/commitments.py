"""How much to commit to, drawn: what each level would be regretted by (docs/method §8.7). Titles are sentences of the figures."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np

from ...measure.words import money
from .parts import (
    BLUE,
    DARK_VERMILION,
    GREY,
    INK,
    VERMILION,
    Canvas,
    Figure,
    axis_money,
    clean,
    inside,
    keep_apart,
    short,
    ticks,
)

__all__ = ["Shown", "regret_curve"]
WIDTH, HEIGHT = 860, 340


@dataclass(frozen=True)
class Shown(Figure):
    """A figure that a notebook shows by itself."""

    def _repr_html_(self) -> str:
        return (
            f"<figure style='margin:0;max-width:{WIDTH}px'><figcaption><strong>{escape(self.title)}</strong><br>"
            f"<span style='color:{GREY}'>{escape(self.subtitle)}</span></figcaption>{self.svg}</figure>"
        )


def regret_curve(curve, currency: str, signed: float = 0.0) -> Shown:
    """Regret of each level of a purchase, mean and P90 of the futures, the recommended one marked.

    Parameters
    ----------
    curve : decide.commitments.answer.Curve
        Levels and their regret (level,), money.
    currency : str
        Three letters.
    signed : float, optional
        Units an hour held today, for comparison; 0: none.

    Returns
    -------
    Shown
        A chart with a title that says what it shows, and its text.

    Source
    ------
    docs/method §8.5, §15.7.

    Examples
    --------
    >>> from finops_model.decide.commitments.answer import Curve
    >>> levels = np.array([0.0, 10.0, 20.0])
    >>> curve = Curve(
    ...     offer="one year",
    ...     unit="GPU-hours",
    ...     levels=levels,
    ...     cost=levels,
    ...     saving=levels,
    ...     regret=np.array([3.0, 1.0, 2.0]),
    ...     regret_p90=np.array([4.0, 2.0, 3.0]),
    ...     chosen=10.0,
    ... )
    >>> regret_curve(curve, "USD").title
    '10 GPUs an hour would be regretted by $1.00 on average, buying nothing by $3.00'
    """
    levels, mean, high = (
        np.asarray(values, float) for values in (curve.levels, curve.regret, curve.regret_p90)
    )
    spend = curve.unit in ("", currency)
    unit = (
        f"{currency} an hour"
        if spend
        else clean(curve.unit).removesuffix("-hours")
        + ("s an hour" if curve.unit.endswith("-hours") else " an hour")
    )

    at = int(np.argmin(np.abs(levels - curve.chosen)))
    span, marks = inside(0.0, float(max(levels[-1], signed, 1e-9)), 8, 0.01)
    steps = ticks(0.0, float(max(high.max(), 1e-9)))

    draw = Canvas(WIDTH, HEIGHT, 70, 150, 26, 46, x=span, y=(steps[0], steps[-1]))
    draw.y_axis(steps, axis_money(steps, currency))
    draw.x_axis(marks, [f"{mark:,.10g}" for mark in marks])
    draw.text(
        [{"x": (span[0] + span[1]) / 2, "y": 0, "t": f"Commitment, {short(unit, 40)}"}],
        GREY,
        "center",
        dy=35,
    )

    if signed > 0:
        draw.rules([{"x": signed, "x2": signed, "y": 0, "y2": steps[-1]}], VERMILION, 1.5, (5, 4))
        left = signed <= curve.chosen
        draw.text(
            [{"x": signed, "y": steps[-1], "t": f"signed today: {signed:,.10g}"}],
            DARK_VERMILION,
            "right" if left else "left",
            dx=-6 if left else 6,
            dy=6,
            bold=True,
            halo=True,
        )

    draw.line([{"x": float(x), "y": float(y)} for x, y in zip(levels, high)], GREY, 1.8, (6, 3))
    draw.line([{"x": float(x), "y": float(y)} for x, y in zip(levels, mean)], BLUE, 2.8)
    ends = keep_apart([float(high[-1]), float(mean[-1])], 15 * draw.per_px(), *draw.y)
    for y, text, color in zip(
        ends, ("one future in ten: more", "mean of all futures"), (GREY, BLUE)
    ):
        draw.text([{"x": float(levels[-1]), "y": y, "t": text}], color, dx=8, bold=color == BLUE)
    draw.points([{"x": float(levels[at]), "y": float(mean[at])}], INK, 110)

    top, side = 0.55 * steps[-1], "right" if levels[at] > 0.6 * span[1] else "left"
    draw.rules(
        [{"x": float(levels[at]), "x2": float(levels[at]), "y": float(mean[at]), "y2": top}],
        INK,
        1.0,
    )
    for dy, text, bold in (
        (2, f"recommended: {levels[at]:,.6g}", True),
        (18, f"{money(float(mean[at]), currency)} of regret", False),
    ):
        draw.text(
            [{"x": float(levels[at]), "y": top, "t": text}],
            INK,
            side,
            dx=6 if side == "left" else -6,
            dy=dy,
            bold=bold,
            halo=True,
        )

    title = f"{levels[at]:,.6g} {short(unit, 40)} would be regretted by {money(float(mean[at]), currency)} on average"
    title += f", buying nothing by {money(float(mean[0]), currency)}" if levels[0] == 0 < at else ""
    subtitle = (
        f"Regret: what a level costs above the best level of each future, known only afterwards; {currency} over the term. "
        "Left of the dot on-demand prices are paid, right of it idle hours."
    )
    words = [
        f"{x:,.6g}: {money(float(m), currency)}, in one future of ten more than {money(float(h), currency)}."
        for x, m, h in zip(levels, mean, high)
    ]

    return Shown(**vars(draw.figure(title, subtitle, " ".join([f"{title}.", *words]))))
