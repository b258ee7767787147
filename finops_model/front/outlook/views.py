"""What `finops kpi` says besides months that are over: of coming months, and the further views of unit costs."""

from __future__ import annotations

from ...decide.questions.answer import Answer
from ...errors import InputError
from ...progress import Progress
from ...settings import Settings
from .margin import gross_margin
from .quality import quality_against_cost
from .sets import driver_sets
from .unit_costs import unit_costs_ahead

VIEWS = ("ahead", "sets", "margin", "quality")
OF_ACTUALS = ("--list", "--trend")  # views of front/kpi.py


def view(
    settings: Settings,
    asked: dict[str, bool],
    *,
    only: str | None = None,
    unit: str | None = None,
    months: tuple[str | None, str | None] = (None, None),
    as_of: str | None = None,
    paths: int | None = None,
    progress: Progress | None = None,
) -> Answer | None:
    """The view that is asked for by its option ("--ahead": True); None: none is.

    Raises InputError for two views at once, and for an option that goes with none or another of them.
    """
    names = [name for name, on in asked.items() if on]
    if len(names) > 1:
        raise InputError(f"{names[1]}: goes without {names[0]}. Ask for one of them at a time.")
    if "--ahead" not in names and (as_of is not None or paths is not None):
        option = "--as-of" if as_of is not None else "--paths"
        raise InputError(f"{option}: goes with --ahead. Write --ahead, or take it out.")
    if not names or names[0] in OF_ACTUALS:
        return None
    if names == ["--ahead"]:
        if any(months):
            raise InputError(
                "--ahead: tells all months that the base simulates, so it goes without --from and --to. Take them out."
            )
        return unit_costs_ahead(
            settings, only=only, unit=unit, as_of=as_of, paths=paths, progress=progress
        )
    first, last = months
    if names == ["--margin"]:
        if unit is not None or only is not None:
            raise InputError(
                "--margin: revenue is the company's, so it goes without --unit and --kpi. Take them out."
            )
        return gross_margin(settings, first=first, last=last, progress=progress)
    if first is not None:
        raise InputError(f"--from: goes without {names[0]}, which is of one month. Write --to.")
    if names == ["--quality"]:
        if unit is not None or only is not None:
            raise InputError(
                "--quality: tells every workload that was judged, so it goes without --unit and --kpi. Take them out."
            )
        return quality_against_cost(settings, month=last, progress=progress)
    return driver_sets(settings, month=last, unit=unit, progress=progress)


__all__ = ["view"]
