"""`finops …` and `python -m finops_model.cli`."""

from ..exits import run
from . import main


def finops() -> None:
    """The command, and the end of its process."""
    run(main)


if __name__ == "__main__":
    finops()
