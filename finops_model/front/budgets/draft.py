"""`fm.draft_budget`: a budget of a coming year from the base scenario, in the format that budget files have (docs/method §9.40)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ...decide.budgets.draft import Draft, draft
from ...decide.budgets.drafted import Drafted, answer_of
from ...decide.questions.answer import Answer
from ...decide.questions.portfolio import LEAST, check_level
from ...documents import write_atomic
from ...errors import InputError, unknown
from ...facts.plans.budget_lines import file_text
from ...measure.allocation.dimensions import columns
from ...measure.budget import against
from ...measure.budget.by_unit import paths_by_part, paths_by_unit
from ...progress import Progress
from ...publish import close
from ...records.account import account
from ...settings import Settings, load_settings
from ...simulate.hierarchy import forecast_hierarchy
from .._ground import Ground, ground


def draft_budget(
    settings: Settings | None = None,
    year: str | None = None,
    level: float = 80,
    *,
    by: str | None = None,
    held_by: str | None = None,
    version: str | None = None,
    write: str | os.PathLike | None = None,
    as_of: str | None = None,
    month: str | None = None,
    paths: int | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    r"""A budget of a period, drafted: lines by unit and month are means, and one company reserve buys the certainty.

    Parameters
    ----------
    settings : Settings, optional
        The workspace; None: finops.yaml here.
    year : str, optional
        FY2027, FY2027-Q1, 2027-03; None: the fiscal year after the one under way.
    level : float, optional
        Percent, 50 to 99: in 80, all of it holds in 8 of 10 futures.
    by : str, optional
        A dimension, as environment or team: lines of its values, so that R&D and production stand
        apart; None: of units.
    held_by : str, optional
        Who may release the reserve; None: `reviewed_by` of finops.yaml.
    version : str, optional
        The draft's name; None: "FY2027 draft".
    write : path, optional
        A file that `budgets:` reads, CSV; one that is there is not written over.
    as_of, month : str, optional
        Last day of the bill to use, or the month of the report whose day it is.
    paths : int, optional
        Futures, 500 or more; None: the base's, at least 500.
    engine, progress : optional
        As in `fm.run`.

    Returns
    -------
    Answer
        A row for each unit, the lines together, the reserve, the total; `tables["Lines"]` is the file.

    Raises
    ------
    InputError, LedgerError, ScenarioError
        A level, a period, a dimension that cannot be meant; a simulation that does not reach the
        period; a file that is there.

    Source
    ------
    docs/method §9.40, §9.41.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> answer = draft_budget(settings, "2025-04", paths=500)
    >>> from decimal import Decimal
    >>> lines, reserve, total = (Decimal(answer.figures[k]) for k in ("lines", "reserve", "total"))
    >>> lines + reserve == total
    True
    """
    settings = settings or load_settings()
    answer, _, _ = drafted(
        settings,
        year,
        level,
        by=by,
        held_by=held_by,
        version=version,
        write=write,
        as_of=as_of,
        month=month,
        paths=paths,
        engine=engine,
        progress=progress,
    )
    return answer


def drafted(
    settings: Settings,
    year: str | None = None,
    level: float = 80,
    *,
    by: str | None = None,
    held_by: str | None = None,
    version: str | None = None,
    write: str | os.PathLike | None = None,
    from_month: str | None = None,
    **how,
) -> tuple[Answer, Draft, str]:
    """The answer of `draft_budget`, its lines, and the name of the period.

    from_month   months before it are left out: they keep the budget that they have
    how          as_of, month, paths, engine, progress of `ground`
    """
    check_level(level)
    file = _free(write)
    if by is not None and by not in (known := columns(settings)):
        raise InputError(unknown("--by", "dimension", by, known))
    try:
        base = ground(settings, year or next_year(settings, how), least=LEAST, **how)
    except InputError as problem:  # the option has another name here
        raise InputError(str(problem).replace("--budget:", "--year:", 1)) from None
    period = _from(base.period, from_month)
    base_paths = (
        paths_by_part(base.base, base.daily, period)
        if by is None
        else _of_values(base, by, period, how.get("progress"))
    )
    owner = held_by or settings.reviewed_by or "Finance"
    plan = draft(base_paths, level, owner, by or "")
    name = version or f"{period.name} draft"
    before, before_name = ({}, "this year") if by else _before(base)
    notes = [
        f"{owner} may release the reserve; it stands in the company's lines as held back (held_back, held_by)."
    ]
    if by is not None:
        notes = [
            f"Lines of {by} stand beside those of units and add up to the same money; the reserve is the company's and stands in a draft "
            "without --by."
        ]
    if file is not None:
        text = file_text(
            plan.lines,
            settings.currency,
            version=name,
            author=settings.prepared_by or account(),
        )
        write_atomic(file, text)
        notes.append(
            f"{file}: written, as a draft that counts nowhere until it is approved: finops budget propose {file}."
        )
    whole = np.sum([path for own in base_paths.values() for path in own.values()], axis=0)
    answer = answer_of(
        Drafted(
            draft=plan,
            period=period.name,
            before=before,
            before_name=before_name,
            totals=whole,
            currency=settings.currency,
            as_of=base.as_of,
            what=by or "unit",
            notes=(*base.notes, *notes),
        )
    )
    return answer, plan, name


def next_year(settings: Settings, how: dict) -> str:
    """The fiscal year after the one under way on the day that is asked for, FY2027."""
    ledger = close.books(settings, how.get("progress"))
    day = close.check_as_of(ledger, how.get("as_of"), settings.time_zone, how.get("month"))
    return f"FY{int(against.this_year(settings, day).name[2:]) + 1}"


def _from(period: against.Period, month: str | None) -> against.Period:
    """A period from a month, or period of weeks, on. Raises InputError for one that it does not have."""
    if month is None:
        return period
    names = [each.name for each in period.weeks] or list(period.months)
    if month not in names:
        raise InputError(unknown("--from", f"month of {period.name}", month, names))
    at = names.index(month)
    name = f"{period.name} from {month}"
    if period.weeks:
        own = period.weeks[at:]
        months = tuple(dict.fromkeys(m for m in period.months if m >= str(own[0].start)[:7]))
        return against.Period(name, months, own)
    return against.Period(name, period.months[at:])


def _before(base: Ground) -> tuple[dict[str, float], str]:
    """Where the fiscal year under way lands on average, by unit, and its name; nothing where the run does not reach its end, or
    the draft is of another length."""
    now = against.this_year(base.settings, base.as_of)
    whole = base.period.name.startswith("FY") and "-" not in base.period.name
    if (
        not whole
        or now.name == base.period.name
        or against.unreached(now.months, base.base.months, base.base.as_of)
    ):
        return {}, now.name
    totals = paths_by_unit(base.base, base.daily, now)
    return {unit: float(value.mean()) for unit, value in totals.items()}, f"{now.name} expected"


def _of_values(base: Ground, by: str, period: against.Period, progress) -> dict:
    """{month: {value: (path,)}} of a dimension on the base's own paths. Raises InputError where the period is weeks, or has booked months."""
    if period.weeks:
        raise InputError(
            f"--by {by}: budgets of a dimension are drafted by month, and the year is weeks. Draft by unit."
        )
    begun = base.as_of < f"{base.base.months[0]}-01"
    ahead = [month for month in base.base.months if month <= period.months[-1]]
    nodes = forecast_hierarchy(
        base.settings,
        base.daily,
        by,
        len(ahead) - (not begun),
        paths=base.base.paths,
        as_of=base.as_of,
        engine=base.base.engine,
        progress=progress,
    )[None]
    booked = [month for month in period.months if month not in nodes.months]
    if booked:
        raise InputError(
            f"--by {by}: {booked[0]} is booked already; a draft is of months to come. Begin with {nodes.months[0]}: --from {nodes.months[0]}."
        )
    return {
        month: {
            name: nodes.totals[:, nodes.months.index(month), i]
            for i, name in enumerate(nodes.names)
        }
        for month in period.months
    }


def _free(write: str | os.PathLike | None) -> Path | None:
    """The file to write. Raises InputError where there is one, or for another kind."""
    if write is None:
        return None
    file = Path(write)
    if file.suffix.casefold() != ".csv":
        raise InputError(
            f"--write: '{file.name}' is no budget file: a draft is written as .csv. Name it so; --export writes other kinds."
        )
    if file.exists():
        raise InputError(
            f"--write: {file} is there already, and nothing is written over it. Name another file."
        )
    return file


__all__ = ["draft_budget", "drafted"]
