"""Named random streams (docs/method §3): a draw depends on (seed, name, path, day) and on nothing else.

Paths are drawn in fixed blocks of BLOCK; inside a block the days run along the first axis. So a longer
horizon continues a stream, fewer paths cut it, and another workload or block order changes nothing.
"""

from __future__ import annotations

import hashlib

import numpy as np

BLOCK = 256


def key(seed: int, name: str) -> np.ndarray:
    """The 128-bit Philox key of a name under a seed, uint64 (2,). Source: Salmon et al. (2011)."""
    digest = hashlib.blake2b(f"{int(seed)}\x00{name}".encode(), digest_size=16).digest()
    return np.frombuffer(digest, dtype="<u8").copy()


def generator(seed: int, name: str, block: int = 0) -> np.random.Generator:
    """The generator of one named stream and one block of paths.

    >>> float(generator(7, "demand/chat").standard_normal()) == float(generator(7, "demand/chat").standard_normal())
    True
    """
    return np.random.Generator(np.random.Philox(key=key(seed, name), counter=[0, 0, int(block), 0]))


def normals(seed: int, name: str, block: int, steps: int, dtype=np.float32) -> np.ndarray:
    """Standard normal draws of one block, shape (steps, BLOCK).

    >>> import numpy as np
    >>> short, long = normals(1, "a", 0, 3), normals(1, "a", 0, 9)
    >>> bool(np.array_equal(short, long[:3]))
    True
    """
    return generator(seed, name, block).standard_normal((steps, BLOCK), dtype=dtype)


def uniforms(seed: int, name: str, paths: int) -> np.ndarray:
    """One uniform draw in (0, 1) per path, float64 (paths,): the draw behind an uncertain value.

    >>> import numpy as np
    >>> bool(np.array_equal(uniforms(1, "a", 10), uniforms(1, "a", 700)[:10]))
    True
    """
    return uniform_blocks(seed, name, 0, -(-paths // BLOCK))[:paths]


def uniform_blocks(seed: int, name: str, first: int, last: int) -> np.ndarray:
    """The same of whole blocks first … last − 1: one Philox set to each block in turn, a tenth of the cost of making one for each."""
    philox = np.random.Philox(key=key(seed, name))
    draw, state, found = (
        np.random.Generator(philox).random,
        philox.state,
        np.empty((last - first, BLOCK)),
    )
    for row, block in zip(found, range(first, last)):
        state["state"]["counter"] = np.array([0, 0, block, 0], np.uint64)
        philox.state = state  # nothing drawn yet, nothing buffered
        draw(out=row)
    return np.clip(found, 1e-12, 1 - 1e-12, out=found).reshape(-1)


def partner(values: np.ndarray) -> np.ndarray:
    """Every path's value taken from its partner: half a block on, along the last axis, whole blocks.

    >>> import numpy as np
    >>> x = np.arange(512.0); bool((partner(partner(x)) == x).all()), float(partner(x)[0])
    (True, 128.0)
    """
    blocks = values.reshape(*values.shape[:-1], -1, BLOCK)
    return np.roll(blocks, BLOCK // 2, axis=-1).reshape(values.shape)
