"""What a process of the search does: in a file of its own, as a process that starts fresh finds nothing in `__main__`."""

from __future__ import annotations

import os
import resource
import traceback
import warnings

from door import Fuzzer


def quiet() -> None:
    """A warning of a library is a fault: a user would see it."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", category=FutureWarning)


def worker(seed: str, first: int, count: int, step: int, told) -> None:
    """Every `step`-th mutation; a message per mutation, and the counts at the end."""
    quiet()
    fuzzer = Fuzzer(seed)
    parent = os.getppid()
    for number in range(first, count, step):
        if os.getppid() != parent:  # somebody ended the search
            return
        told.put(("at", first, number))
        try:
            wrong = fuzzer.run(number)
        except Exception:  # noqa: BLE001 - the search itself stumbled: said, and it goes on
            wrong = f"the search itself: {traceback.format_exc(limit=-4)}"
        if wrong:
            told.put(("wrong", number, wrong))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    told.put(("end", first, (fuzzer.counts, usage.ru_utime + usage.ru_stime)))
