"""How long work tells where it is: any callable(text, done, total). The command line shows bars; code may pass None."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]


def silent(text: str, done: int, total: int) -> None:
    """Progress for nobody."""


def part(progress: Progress | None, prefix: str) -> Progress:
    """A progress that puts `prefix` before what the inner work says.

    >>> part(lambda *said: print(said), "base: ")("simulate", 1, 2)
    ('base: simulate', 1, 2)
    """
    if progress is None:
        return silent
    return lambda text, done, total: progress(f"{prefix}{text}", done, total)
