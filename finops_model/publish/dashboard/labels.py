"""Where things stand on the chart of the dashboard: labels that keep apart, months as the browser counts them."""

from __future__ import annotations

import numpy as np


def stamp(month: str) -> int:
    """A month as the browser's milliseconds since 1970, UTC."""
    return int(np.datetime64(month, "M").astype("datetime64[ms]").astype(int))


def spread_labels(ends: list[tuple[float, str, str]], gap: float) -> list[dict]:
    """Direct labels pushed apart until no two stand closer than `gap`; their order stays.

    >>> [round(row["value"], 2) for row in spread_labels([(1.0, "a", ""), (1.1, "b", ""), (9.0, "c", "")], 1.0)]
    [0.55, 1.55, 9.0]
    """
    ordered = sorted(ends)
    clusters: list[list] = []  # [middle, members]: clusters merge until all stand apart
    for end in ordered:
        clusters.append([end[0], [end]])
        while len(clusters) > 1:
            (low, below), (high, above) = clusters[-2:]
            if high - low >= gap * (len(below) + len(above)) / 2:
                break
            members = below + above
            clusters[-2:] = [[sum(m[0] for m in members) / len(members), members]]
    labels = []
    for middle, members in clusters:
        for i, (_, text, color) in enumerate(members):
            labels.append(
                {"value": middle + gap * (i - (len(members) - 1) / 2), "text": text, "color": color}
            )
    return labels
