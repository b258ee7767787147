"""`finops …` and `python -m finops_model.cli`."""

import os

# A second thread of OpenBLAS waits by spinning: a report cost a third more CPU with it, and no array here is large enough to gain.
# Before numpy is loaded, and only where nobody has said otherwise.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from ..exits import run
from . import main


def finops() -> None:
    """The command, and the end of its process."""
    run(main)


if __name__ == "__main__":
    finops()
