"""SHELF of point forecasters: one file per method; adding a file adds a method and moves no number (docs/method §2.2).

A file holds `MIN_DAYS` (shortest history it may see), `COST` ("cheap" or "costly") and one pure function

    point(history, dates, horizon, season=7) -> array (horizon,)

history (day,) ≥ 0, whole days without gaps, newest last; dates (day,) datetime64[D]; season: steps after which the shape comes again
(7 days; 24 where the steps are hours); the answer is ≥ 0, in the unit of the history. A method that only knows days says `SEASONS = (7,)`; one
for demand that comes now and then says `FOR = "intermittent"` and gives its level only (§2.17). A method that does not repeat the shape of a
week (or of a day of hours), but gives a level or a line, says `WEEKLY = False`. Names that start with an underscore are helpers, not methods.

Only a method that says `DEFAULT = True` is used where nobody names one; any other is used by its name (`methods=["mine"]`, `methods:` of finops.yaml) and
where all are asked for (`methods="all"`).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from types import ModuleType

import numpy as np

from ...errors import ForecastError, unknown
from ...shelf import Contract, Function, defaults, modules, wrong

CONTRACT = Contract(
    "forecaster",
    {
        "MIN_DAYS": int,
        "COST": ("cheap", "costly"),
        "point": Function(("history", "dates", "horizon", "season")),
    },
    {
        "DEFAULT": bool,
        "FOR": ("intermittent", "steady"),
        "TAKES_COVARIATES": bool,
        "SEASONS": tuple,
        "WEEKLY": bool,
    },
)


@lru_cache(maxsize=1)
def shelf() -> dict[str, ModuleType]:
    """The forecaster modules of this folder by name.

    Returns
    -------
    dict of str to module
        In the order of the alphabet; read once.

    Raises
    ------
    FinOpsError
        A file does not hold what a forecaster holds (CONTRACT).

    Examples
    --------
    >>> "seasonal_naive" in shelf() and all(hasattr(module, "point") for module in shelf().values())
    True
    """
    return modules(__name__, CONTRACT)


def ask(name: str, history, dates, horizon: int, season: int = 7, covariates=None):
    """What a method says of the steps ahead.

    Parameters
    ----------
    name : str
        Of the method, as `shelf` names it.
    history : array (day,)
        >= 0, whole days without gaps, newest last.
    dates : array (day,) datetime64[D]
        Of the history.
    horizon : int
        Steps ahead.
    season : int, optional
        Steps after which the shape comes again: 7 days; 24 where the steps are hours.
    covariates : object, optional
        For a method that `TAKES_COVARIATES` (forecasting/covariates/for_methods.py).

    Returns
    -------
    array (horizon,)
        In the unit of the history.

    Raises
    ------
    FinOpsError
        The method gave another shape; names its file.

    Examples
    --------
    >>> days = np.arange("2026-01-01", "2026-01-15", dtype="datetime64[D]")
    >>> ask("seasonal_naive", np.tile([5.0, 5, 5, 5, 5, 2, 2], 2), days, 3).tolist()
    [5.0, 5.0, 5.0]
    """
    module = shelf()[name]
    if covariates is not None and getattr(module, "TAKES_COVARIATES", False):
        return covariates.point(module, history, dates, horizon)
    ahead = module.point(history, dates, horizon, season)
    if np.shape(ahead) != (horizon,):
        raise wrong(
            module,
            "point",
            f"an array of shape {np.shape(ahead)}",
            f"one of ({horizon},): a value for each step ahead",
        )
    return ahead


def pick(methods=None, season: int = 7, use: str = "steady") -> tuple[str, ...]:
    """Names of the forecasters to use.

    Parameters
    ----------
    methods : str or list of str, optional
        None: those that say they are a default; "cheap": the cheap ones of these; "all": the whole
        shelf, costly ones too; one name ("prophet"), or a list of names.
    season : int, optional
        Of the steps. Methods that do not know it are left out of the groups, and refused by name.
    use : str, optional
        "steady" or "intermittent": which of them make up the groups (history.kind).

    Returns
    -------
    tuple of str
        Each name once.

    Raises
    ------
    ForecastError
        A group or a name that is none (with the nearest match), or an empty list.

    Source
    ------
    docs/method §2.2.

    Examples
    --------
    >>> pick(["theta"]), pick("prophet"), "prophet" in pick(), "prophet" in pick("all")
    (('theta',), ('prophet',), False, True)
    """
    known = {
        name: module
        for name, module in shelf().items()
        if season in getattr(module, "SEASONS", (season,))
    }
    group = [name for name, module in known.items() if getattr(module, "FOR", "steady") == use]
    usual = tuple(name for name in group if name in defaults(known))

    if methods is None:
        return usual
    if isinstance(methods, str):
        if methods == "cheap":
            return tuple(name for name in usual if known[name].COST == "cheap")
        if methods == "all":
            return tuple(group)
        if methods not in known:
            raise ForecastError(
                unknown("methods", "forecaster or group", methods, [*sorted(known), "all", "cheap"])
            )
        return (methods,)

    if not isinstance(methods, Iterable):
        raise ForecastError(
            f"methods: {str(methods)[:40]} is neither a group of forecasters (all, cheap) nor a list of them. "
            f"Known: {', '.join(sorted(known))}."
        )
    names = tuple(dict.fromkeys(map(str, methods)))
    for name in names:
        if name not in known:
            raise ForecastError(unknown("methods", "forecaster", name, sorted(known)))
    if not names:
        raise ForecastError(f"methods: no forecaster is named. Known: {', '.join(sorted(known))}.")
    return names
