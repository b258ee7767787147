"""Uniform draws in (0, 1) by seed and name, of paths and months; named draws by path (docs/method §3.29).

`paths` is how many from the first on, or a range of them: a block of paths is drawn alone and bit for bit the same.
"""

from __future__ import annotations

import numpy as np

from .. import streams


def monthly_uniforms(seed: int, name: str, paths: int | range, months: int) -> np.ndarray:
    """Uniform draws in (0, 1), (path, month).

    >>> import numpy as np
    >>> long, short = monthly_uniforms(1, "a", 300, 12), monthly_uniforms(1, "a", range(256, 266), 3)
    >>> bool(np.array_equal(long[256:266, :3], short))
    True
    """
    span = span_of(paths)
    blocks = [
        streams.generator(seed, name, block).random((months, streams.BLOCK)).T
        for block in _blocks(span)
    ]
    draws = (
        np.concatenate(blocks)[span.start % streams.BLOCK :][: len(span)]
        if blocks
        else np.empty((0, months))
    )
    return np.clip(draws, 1e-12, 1 - 1e-12)


def path_uniforms(seed: int, name: str, paths: int | range) -> np.ndarray:
    """One uniform draw in (0, 1) per path, (path,)."""
    span = span_of(paths)
    blocks = _blocks(span)
    return streams.uniform_blocks(seed, name, blocks.start, blocks.stop)[
        span.start % streams.BLOCK :
    ][: len(span)]


def span_of(paths: int | range) -> range:
    return paths if isinstance(paths, range) else range(paths)


def _blocks(span: range) -> range:
    return range(span.start // streams.BLOCK, -(-span.stop // streams.BLOCK))
