"""SHELF of point forecasters: one file per method; adding a file adds a method (docs/method §2.2).

A file holds `MIN_DAYS` (shortest history it may see), `COST` ("cheap" or "costly") and one pure function

    point(history, dates, horizon, season=7) -> array (horizon,)

history (day,) ≥ 0, whole days without gaps, newest last; dates (day,) datetime64[D]; season: steps after which the shape comes again
(7 days; 24 where the steps are hours); the answer is ≥ 0, in the unit of the history. A method that only knows days says `SEASONS = (7,)`; one
for demand that comes now and then says `FOR = "intermittent"` and gives its level only (§2.17). Names that start with an underscore are helpers, not methods.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from types import ModuleType

from ...errors import ForecastError, unknown


@lru_cache(maxsize=1)
def shelf() -> dict[str, ModuleType]:
    """The forecaster modules of this folder by name.

    >>> "seasonal_naive" in shelf() and all(hasattr(module, "point") for module in shelf().values())
    True
    """
    return {info.name: importlib.import_module(f"{__name__}.{info.name}")
            for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")}


def ask(name: str, history, dates, horizon: int, season: int = 7, told=None):
    """What a method says (horizon,); `told` puts what is known to a method that `KNOWS` (outlook/known.py: Native)."""
    module = shelf()[name]
    if told is not None and getattr(module, "KNOWS", False):
        return told.point(module, history, dates, horizon)
    return module.point(history, dates, horizon, season)


def pick(members=None, season: int = 7, use: str = "steady") -> tuple[str, ...]:
    """Names of the forecasters to use.

    members   None or "cheap": every cheap one; "all": the costly ones too; or a list of names
    season    of the steps; methods that do not know it are left out of the groups, and refused by name
    use       "steady" or "intermittent": which of them make up the groups (history.kind)

    >>> pick(["theta"]), "prophet" in pick(), "prophet" in pick("all")
    (('theta',), False, True)
    """
    known = {name: module for name, module in shelf().items() if season in getattr(module, "SEASONS", (season,))}
    group = [name for name, module in known.items() if getattr(module, "FOR", "steady") == use]
    cheap = tuple(name for name in group if known[name].COST == "cheap")
    if members is None:
        return cheap
    if isinstance(members, str):
        if members not in ("cheap", "all"):
            raise ForecastError(unknown("members", "group of forecasters", members, ["all", "cheap"],
                                        "Or give a list of forecasters."))
        return cheap if members == "cheap" else tuple(group)
    names = tuple(dict.fromkeys(members))
    for name in names:
        if name not in known:
            raise ForecastError(unknown("members", "forecaster", name, sorted(known)))
    if not names:
        raise ForecastError(f"members: no forecaster is named. Known: {', '.join(sorted(known))}.")
    return names
