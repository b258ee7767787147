"""How a process that has done its work ends: at once, after Python's own tidying up."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from typing import NoReturn


def run(work: Callable[[], object]) -> NoReturn:
    """Do `work` and end the process with its exit code: an int that it returns or that SystemExit carries, else 0.

    C++ libraries (Arrow's thread pools) may still be starting threads when a short command is done; their destructors then abort the
    process ("terminate called without an active exception", exit 134) although all is written. So what Python registered is run, the
    streams are flushed, and nothing else of the process is waited for.
    """
    try:
        code = work()
    except SystemExit as end:
        code = end.code
        if code is not None and not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    atexit._run_exitfuncs()  # temporary folders, pools, logs: what a normal end would run
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # the reader of a pipe went away
        code = code or 141
    os._exit(code if isinstance(code, int) and not isinstance(code, bool) else 0)
