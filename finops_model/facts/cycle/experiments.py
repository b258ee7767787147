"""The table of experiments: what each may use at most, from when until when, and who agreed before it began (docs/method §9.50)."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import InputError
from ..plans.sheet import Sheet
from .rows import a_day, as_given, filled, own_rows

ALSO = {"from": ("start", "starts"), "until": ("end", "ends", "to"), "experiment": ("name",)}


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A quota agreed before an experiment. `approved_by` is '' and `approved_on` None where nobody has agreed."""

    experiment: str
    dimension: str  # workload | team
    subject: str
    quota: float  # of `unit`, for all of its days
    unit: str  # the ledger's currency, or a unit of the bill
    first: dt.date
    last: dt.date
    owner: str
    approved_by: str = ""
    approved_on: dt.date | None = None
    line: int = 0


def read_experiments(
    path: str | os.PathLike, currency: str, entity: str = "", entities: Iterable[str] = ()
) -> list[Experiment]:
    r"""The experiments of a file, those of one entity where it has a column `entity`.

    Parameters
    ----------
    path : path
        CSV or Excel: experiment, workload or team, quota, from, until, owner; perhaps unit,
        approved_by, approved_on, entity.
    currency : str
        Of the ledger: what a quota without a unit is in.
    entity : str, optional
        Whose; "": all rows.
    entities : iterable of str, optional
        Every entity of the company: a name that is none of them is refused.

    Returns
    -------
    list of Experiment
        In the order of the file.

    Raises
    ------
    InputError
        An experiment twice, no owner, an owner who approves, an end before the start, two at once of
        one workload or team; with file, line and column.

    Source
    ------
    docs/method §9.50.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "e.csv"
    >>> _ = path.write_text("experiment,team,quota,from,until,owner\nRanker,ml,500,2026-03-01,2026-03-31,Ann\n")
    >>> read_experiments(path, "EUR")[0].unit
    'EUR'
    """
    sheet = Sheet(path, "a file of experiments", ALSO)
    if not (sheet.find("workload") or sheet.find("team")):
        sheet.column("workload")
    cells = {
        name: sheet.cells(name, needed=name in ("experiment", "from", "until", "owner"))
        for name in (
            "experiment",
            "workload",
            "team",
            "unit",
            "from",
            "until",
            "owner",
            "approved_by",
            "approved_on",
        )
    }
    quotas = sheet.numbers("quota", negative=False)
    found: list[Experiment] = []
    for i in own_rows(sheet, entity, entities):
        own = {name: as_given(column[i]) for name, column in cells.items()}
        one = _experiment(sheet, i, own, float(quotas[i]), currency)
        _apart(sheet, i, one, found)
        found.append(one)
    return found


def _experiment(sheet: Sheet, i: int, own: dict, quota: float, currency: str) -> Experiment:
    """One row, checked."""
    name = filled(
        sheet, i, sheet.column("experiment"), own["experiment"], "the name of the experiment"
    )
    owner = filled(sheet, i, sheet.column("owner"), own["owner"], "who answers for it")
    given = [kind for kind in ("workload", "team") if own[kind]]
    if len(given) != 1:
        column = sheet.find("workload") or sheet.find("team") or "workload"
        said = "is empty" if not given else "and team are both written"
        raise InputError(
            f"{sheet.at(i, column)}: {said}. Write the workload of the experiment or its team, one of them."
        )
    days = {
        key: a_day(sheet, i, sheet.find(key), filled(sheet, i, key, own[key], "the day"))
        for key in ("from", "until")
    }
    first, last = days["from"], days["until"]
    if first is None or last is None or last < first:
        raise InputError(
            f"{sheet.at(i, 'until')}: {last} is before {first}, where it begins. Exchange or correct them."
        )
    by, on = own["approved_by"], a_day(sheet, i, sheet.find("approved_on"), own["approved_on"])
    if bool(by) != bool(on):
        gone, there = ("approved_by", on) if on else ("approved_on", by)
        raise InputError(
            f"{sheet.at(i, gone)}: is empty beside '{there}'. Fill both for an approved experiment, none for one that waits."
        )
    if by and by.casefold() == owner.casefold():
        raise InputError(
            f"{sheet.at(i, 'approved_by')}: '{by}' approved an experiment of their own. It is approved by someone other than its owner: "
            "correct approved_by or owner."
        )
    return Experiment(
        experiment=name,
        dimension=given[0],
        subject=own[given[0]],
        quota=quota,
        unit=own["unit"] or currency,
        first=first,
        last=last,
        owner=owner,
        approved_by=by,
        approved_on=on,
        line=sheet.lines[i],
    )


def _apart(sheet: Sheet, i: int, one: Experiment, before: list[Experiment]) -> None:
    """Raises InputError for a name twice, and for days that two experiments of one workload or team share."""
    for other in before:
        if other.experiment.casefold() == one.experiment.casefold():
            raise InputError(
                f"{sheet.at(i, sheet.column('experiment'))}: '{one.experiment[:40]}' is in line {other.line} already. Give each experiment a "
                "name of its own."
            )
        same = (other.dimension, other.subject) == (one.dimension, one.subject)
        if same and one.first <= other.last and other.first <= one.last:
            raise InputError(
                f"{sheet.at(i, 'from')}: {one.dimension} '{one.subject[:40]}' has the experiment '{other.experiment[:40]}' in line {other.line} on "
                f"the same days, from {max(one.first, other.first)} on: its use would count for both. Put the days apart, or make them one."
            )
