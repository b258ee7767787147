"""Where a function of one number is 0: every crossing in a range, exactly where it is piecewise linear (docs/method §8.67)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

POINTS = 33  # of the first scan
STEPS = 80  # of one refinement, at most
TINY = 1e-12  # of the largest value seen: taken for 0


@dataclass(frozen=True)
class Crossings:
    """What was seen of a function over a range.

    values      where it is 0, rising
    flat        stretches on which it is 0 all along, (from, to)
    edges       which ends of the range are among the values: "low", "high"
    xs, ys      every point that was asked, in order
    tolerance   a crossing is known to this much of x
    """

    values: tuple[float, ...]
    flat: tuple[tuple[float, float], ...]
    edges: tuple[str, ...]
    xs: np.ndarray
    ys: np.ndarray
    tolerance: float

    @property
    def sign(self) -> int:
        """Of the function where it never is 0: 1 above, −1 below; 0 where it is 0 somewhere."""
        return 0 if self.values or self.flat else int(np.sign(self.ys[0]))


def crossings(
    function: Callable[[float], float],
    low: float,
    high: float,
    *,
    points: int = POINTS,
    tolerance: float | None = None,
    knots=(),
    scale: float = 0.0,
    turns: bool = True,
) -> Crossings:
    """Every zero of a continuous function from low to high, both included.

    The range is scanned at `points` even points and at the knots; between two points of other sign the zero is closed in by
    straight lines and halving (exact on a straight piece); where the function comes near 0 and turns away, its extreme is looked
    for, so that two zeros between two points are not lost (turns=False: not). `scale`: money that the function is a difference of: 1e-12 of it is 0.

    >>> crossings(lambda x: (x - 1) * (x - 2.5), 0.0, 4.0).values
    (1.0, 2.5)
    """
    tolerance = (high - low) * 1e-9 if tolerance is None else tolerance
    seen: dict[float, float] = {}

    def at(x: float) -> float:
        if x not in seen:
            seen[x] = float(function(x))
        return seen[x]

    inner = [float(k) for k in knots if low < k < high]
    xs = sorted({*map(float, np.linspace(low, high, points)), *inner})
    for x in xs:
        at(x)
    if turns:
        _turns(at, seen, xs, tolerance)
    xs = sorted(seen)
    ys = np.array([seen[x] for x in xs])
    nothing = TINY * max(float(np.abs(ys).max()), scale)
    zero = np.abs(ys) <= nothing
    values, flat = [], []
    i = 0
    while i < len(xs):
        if zero[i]:
            j = i
            while j + 1 < len(xs) and zero[j + 1]:
                j += 1
            if j > i and xs[j] - xs[i] > 4 * tolerance:
                low_end = xs[i] if i == 0 else _end(at, xs[i], xs[i - 1], tolerance, nothing)
                top = j + 1 == len(xs)
                high_end = xs[j] if top else _end(at, xs[j], xs[j + 1], tolerance, nothing)
                flat.append((low_end, high_end))
            else:
                values.append(xs[(i + j) // 2])
            i = j + 1
            continue
        if i + 1 < len(xs) and not zero[i + 1] and ys[i] * ys[i + 1] < 0:
            values.append(_closed(at, xs[i], xs[i + 1], tolerance, nothing))
        i += 1
    edges = [
        name
        for name, end in (("low", low), ("high", high))
        if any(abs(value - end) <= tolerance for value in values)
        or any(end in stretch for stretch in flat)
    ]
    xs = sorted(seen)
    return Crossings(
        tuple(values),
        tuple(flat),
        tuple(edges),
        np.array(xs),
        np.array([seen[x] for x in xs]),
        tolerance,
    )


def _closed(at, a: float, b: float, tolerance: float, nothing: float) -> float:
    """The zero between two points of other sign: false position with halved ends (Illinois), then halving."""
    fa, fb, side = at(a), at(b), 0
    for step in range(STEPS):
        if b - a <= tolerance:
            break
        x = a - fa * (b - a) / (fb - fa) if step < STEPS // 2 else 0.5 * (a + b)
        if not a < x < b:
            x = 0.5 * (a + b)
        fx = at(x)
        if abs(fx) <= nothing:
            return x
        if fx * fb < 0:
            a, fa = x, fx
            fb = fb / 2 if side == 1 else fb
            side = 1
        else:
            b, fb = x, fx
            fa = fa / 2 if side == -1 else fa
            side = -1
    return 0.5 * (a + b)


def _end(at, inside: float, outside: float, tolerance: float, nothing: float) -> float:
    """Where a stretch of zeros ends, between a point on it and one off it, by halving."""
    while abs(outside - inside) > tolerance:
        middle = 0.5 * (inside + outside)
        if middle in (inside, outside):
            break
        inside, outside = (middle, outside) if abs(at(middle)) <= nothing else (inside, middle)
    return inside


def _turns(at, seen: dict, xs: list[float], tolerance: float) -> None:
    """Look for the extreme between points where the function nears 0 without meeting it: golden section, until it changes sign."""
    golden = (5**0.5 - 1) / 2
    for before, middle, after in zip(xs, xs[1:], xs[2:]):
        left, here, right = at(before), at(middle), at(after)
        sign = np.sign(here)
        if (
            sign == 0
            or left * sign < here * sign
            or right * sign < here * sign
            or left * here <= 0
            or right * here <= 0
        ):
            continue
        steep = max(
            (left - here) * sign / (middle - before), (right - here) * sign / (after - middle)
        )
        a, b = before, after
        while b - a > tolerance:
            c, d = b - golden * (b - a), a + golden * (b - a)
            fc, fd = at(c) * sign, at(d) * sign
            least = min(fc, fd)
            if least <= 0 or least > 2 * steep * (b - a):  # through it, or it cannot be reached
                break
            if fc < fd:
                b = d
            else:
                a = c
        else:  # it touches 0: as near as its slope lets a number come
            seen[0.5 * (a + b)] = 0.0
