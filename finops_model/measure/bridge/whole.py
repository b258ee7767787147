"""Money in whole coins that adds up: along a row, and along rows and columns at once (docs/method §10.6)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

NOISE = 6  # decimals of a coin that are read; what is below is a float's


def shares(total: Decimal, parts: Sequence[float], places: int) -> list[Decimal]:
    """Parts in whole coins that add up to the total: what rounding leaves goes to the largest remainders, of equal ones the first.

    A part that is nothing stays nothing, unless all are.

    >>> [str(one) for one in shares(Decimal("10.00"), [3.335, 3.335, 3.33, 0.0], 2)]
    ['3.34', '3.33', '3.33', '0.00']
    >>> [str(one) for one in shares(Decimal("-1.00"), [-0.3333333, -0.6666667], 2)]
    ['-0.33', '-0.67']
    """
    coin = Decimal(1).scaleb(-places)
    exact = np.round(np.asarray(parts, float) * 10.0**places, NOISE)
    down = np.floor(exact)
    whole = [int(one) for one in down]
    left = int(total.scaleb(places)) - sum(whole)
    fit = np.flatnonzero(exact != 0.0) if (exact != 0.0).any() else np.arange(len(whole))
    if not len(fit):
        return []
    order = sorted(fit, key=lambda i: (-(exact[i] - down[i]), i))
    each, more = divmod(left, len(order))
    for rank, i in enumerate(order):
        whole[i] += each + (rank < more)
    return [one * coin for one in whole]


def controlled(
    cells: np.ndarray, rows: Sequence[Decimal], columns: Sequence[Decimal], places: int
) -> list[list[Decimal]]:
    """Cells (row, column) in whole coins near theirs, so that rows and columns both add up; Σ rows = Σ columns.

    >>> made = controlled(np.array([[0.335, 0.335], [0.33, 1.0]]), [Decimal("0.67"), Decimal("1.33")], [Decimal("0.67"), Decimal("1.33")], 2)
    >>> [[str(one) for one in row] for row in made]
    [['0.34', '0.33'], ['0.33', '1.00']]
    """
    coin = Decimal(1).scaleb(-places)
    exact = np.round(cells * 10.0**places, NOISE)
    # integers of Python: money of any size is exact
    whole = [[int(one) for one in row] for row in np.rint(exact)]
    off_row = [int(want.scaleb(places)) - sum(row) for want, row in zip(rows, whole, strict=True)]
    off_column = [
        int(want.scaleb(places)) - sum(row[j] for row in whole) for j, want in enumerate(columns)
    ]
    gap = exact - np.rint(exact)

    def best(rows_off: list[int], columns_off: list[int], sign: int) -> tuple[int, int]:
        """The cell that a coin more (or less) hurts least: one that is not nothing, and was cut most."""
        part = np.ix_(rows_off, columns_off)
        score = np.where(exact[part] == 0.0, -1e9, 0.0) + sign * gap[part]
        i, j = np.unravel_index(int(score.argmax()), score.shape)
        return rows_off[i], columns_off[j]

    def give(i: int, j: int, amount: int) -> None:
        whole[i][j] += amount
        gap[i, j] -= amount

    every = list(range(len(off_row))), list(range(len(off_column)))
    while any(off_row) or any(off_column):
        sign = 1 if max([*off_row, *off_column]) > 0 else -1
        up = [i for i, off in enumerate(off_row) if off * sign > 0]
        over = [j for j, off in enumerate(off_column) if off * sign > 0]
        i, j = best(up or every[0], over or every[1], sign)
        if up and over:
            amount = sign * _some(off_row[i], off_column[j])
            give(i, j, amount)
            off_row[i] -= amount
            off_column[j] -= amount
        elif up:  # rows alone are off, some up and some down: within a column
            k = next(k for k, off in enumerate(off_row) if off * sign < 0)
            amount = sign * _some(off_row[i], off_row[k])
            give(i, j, amount)
            give(k, j, -amount)
            off_row[i] -= amount
            off_row[k] += amount
        else:
            k = next(k for k, off in enumerate(off_column) if off * sign < 0)
            amount = sign * _some(off_column[j], off_column[k])
            give(i, j, amount)
            give(i, k, -amount)
            off_column[j] -= amount
            off_column[k] += amount
    return [[one * coin for one in row] for row in whole]


def _some(one: int, two: int) -> int:
    """One coin at a time, so that no cell takes several; where many are off (a float's noise of large sums), half of them at once."""
    return max(1, min(abs(one), abs(two)) // 2)
