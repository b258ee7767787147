"""Every crossing of a function, and what `finops solve` finds (docs/method §8.67)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.decide.questions.crossings import crossings


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=3, max_size=9), st.data())
def test_all_crossings_of_a_polyline_are_found(heights, data):
    """Knots at least a scan step apart: a crossing lies between two knots of other sign, or on one."""
    xs = np.arange(len(heights), dtype=float)
    ys = np.array(heights, float)
    wanted = []
    for i in range(len(xs)):
        if ys[i] == 0:
            wanted.append(xs[i])
        if i + 1 < len(xs) and ys[i] * ys[i + 1] < 0:
            wanted.append(xs[i] - ys[i] * (xs[i + 1] - xs[i]) / (ys[i + 1] - ys[i]))
    seen = crossings(lambda x: float(np.interp(x, xs, ys)), 0.0, float(xs[-1]))
    got = list(seen.values)
    for low, high in seen.flat:
        got += [x for x in xs if low - 1e-6 <= x <= high + 1e-6]
    got.sort()
    assert len(got) == len(wanted) and np.allclose(got, wanted, atol=1e-6)


def test_two_zeros_between_two_points_of_the_scan_are_both_found():
    for gap in (1e-2, 1e-3):
        seen = crossings(lambda x, g=gap: (x - 0.51) ** 2 - g**2 / 4, 0.0, 1.0, points=5)
        assert seen.values == pytest.approx((0.51 - gap / 2, 0.51 + gap / 2), abs=1e-6)


def test_none_at_the_edge_and_flat():
    assert crossings(lambda x: x + 1, 0.0, 1.0).sign == 1
    assert crossings(lambda x: x - 1, 0.0, 1.0).edges == ("high",)
    flat = crossings(lambda x: max(x - 0.5, 0.0), 0.0, 1.0)
    assert flat.flat[0][0] == 0.0 and flat.flat[0][1] == pytest.approx(0.5)
