"""Files that are read at run time and are no Python: notebooks, list prices, exchange rates, schemas, style sheets, templates.

In a checkout `notebooks`, `prices`, `fx` and `scenarios` are links to the folders of the repository (one source); a wheel and an sdist
carry copies of what `package-data` in pyproject.toml lists. Code asks `path` and never counts parent folders itself.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import FinOpsError, nearest

__all__ = ["DASHBOARD", "REPORT", "path"]

REPORT = "notebooks/reports/monthly_budget.ipynb"
DASHBOARD = "notebooks/dashboards/leadership.ipynb"
PACKAGE = Path(__file__).resolve().parents[1]
IN_REPOSITORY = (PACKAGE.parent / "pyproject.toml").is_file()  # else an installed copy
LONGEST_LINK = 200  # bytes of a file that may be what a checkout without links made of one


def path(name: str, beside: str | None = None) -> Path:
    """Where a file or folder lies that comes with finops-model, links followed.

    Parameters
    ----------
    name : str
        Below this folder, for example prices/tokens/genai_prices.jsonl.
    beside : str, optional
        A module's `__package__`: `name` is then below the folder of that package.

    Returns
    -------
    Path
        A file or a folder.

    Raises
    ------
    FinOpsError
        Nothing of this name is there, or the name leads out of the folder.

    Examples
    --------
    >>> path(REPORT).name
    'monthly_budget.ipynb'
    >>> path("pooled_widths.json", beside="finops_model.forecasting.widths").suffix
    '.json'
    """
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise FinOpsError(
            f"resources: '{name}' leads out of its folder. Give a name below it, for example {REPORT}."
        )
    place = PACKAGE.joinpath(*(beside or __name__).split(".")[1:], name)
    if place.exists() and not _is_text_of_a_link(place):
        return place.resolve()
    raise FinOpsError(_missing(place))


def _is_text_of_a_link(place: Path) -> bool:
    """Whether a link of git became a text file with its target in it: a checkout without symbolic links."""
    return (
        not place.suffix
        and place.is_file()
        and place.stat().st_size < LONGEST_LINK
        and place.read_text(errors="replace").startswith("../")
    )


def _missing(place: Path) -> str:
    """What is not there, and what to do about it."""
    for link in (place, *place.parents):
        if _is_text_of_a_link(link):
            return (
                f"{link} is a text file, and a link to {link.read_text().strip()} in git: this copy of the repository was made without symbolic "
                "links. Make them with 'git config core.symlinks true' and 'git checkout -- finops_model/resources', or install the wheel."
            )
    there = [item.name for item in place.parent.iterdir()] if place.parent.is_dir() else []
    guess = nearest(place.name, there)
    hint = f" Did you mean '{guess}'?" if guess else ""
    inside = os.path.relpath(place.parent.resolve() / place.name, PACKAGE.parent)
    mend = (
        f"git -C {PACKAGE.parent} checkout -- {inside}"
        if IN_REPOSITORY
        else "pip install --force-reinstall finops-model"
    )
    return f"{place}: there is no such file, and it comes with finops-model.{hint} Bring it back: {mend}"
