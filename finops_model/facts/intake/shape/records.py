"""Values in a stream: a label and a value per line, one charge below the other, as a table (docs/method §13.83)."""

from __future__ import annotations

import re
from collections import Counter

LINE = re.compile(r"\s*([^\W\d_][^:=;\t]{0,59}?)\s*(?::\s|=|;|\t)\s*(.*?)\s*")
FEWEST = 2  # charges that make a stream, and labels of each


def of_lines(
    grid: list[tuple[int, list[str]]], delimiter: str
) -> list[tuple[int, list[str]]] | None:
    """The grid of a stream: its labels as headings, then a row per charge, numbered as its first line; None for what is none.

    A charge begins where a label comes again. Every line must be a label and a value, and every charge hold the first label.

    >>> lines = ["Date: 2026-01-01", "Cost: 1.50", "Date: 2026-01-02", "Cost: 2.50"]
    >>> of_lines([(i, [line]) for i, line in enumerate(lines, 1)], ",")
    [(0, ['Date', 'Cost']), (1, ['2026-01-01', '1.50']), (3, ['2026-01-02', '2.50'])]
    """
    pairs = []
    for line, cells in grid:
        match = LINE.fullmatch(delimiter.join(cells))
        if match is None or sum(map(bool, cells)) > 6:
            return None
        pairs.append((line, match[1], match[2]))
    labels = list(dict.fromkeys(label for _, label, _ in pairs))
    times = Counter(label for _, label, _ in pairs)
    first = labels[0] if labels else ""
    if times[first] < FEWEST or len(labels) < FEWEST or max(times.values()) > times[first]:
        return None
    rows: list[tuple[int, dict[str, str]]] = []
    for line, label, value in pairs:
        if label == first:
            rows.append((line, {}))
        if label in rows[-1][1]:
            return None
        rows[-1][1][label] = value
    return [(0, labels)] + [(line, [row.get(label, "") for label in labels]) for line, row in rows]
