"""`fm.maturity`: how mature FinOps is in a workspace, by what can be measured (docs/method §18)."""

from __future__ import annotations

import pandas as pd

from ...decide.questions.answer import Answer
from ...facts.daily import warehouse
from ...measure.maturity.gather import of_workspace
from ...measure.maturity.graded import said
from ...measure.maturity.habits import in_days
from ...measure.maturity.levels import name_of
from ...measure.maturity.record import newest_brief
from ...measure.maturity.types import Alerts, Grade
from ...measure.maturity.whole import Standing, standing
from ...periods import month_name, month_of
from ...progress import Progress
from ...publish import close
from ...publish.alerts.folder import folder_of
from ...publish.alerts.verdicts import known_alerts, read_feedback
from ...publish.alerts.workspace import answers_of
from ...publish.page.maturity.page import page
from ...settings import Settings, load_settings


def maturity(
    settings: Settings | None = None,
    month: str | None = None,
    *,
    progress: Progress | None = None,
) -> Answer:
    r"""How mature FinOps is: each capability below crawl, crawling, walking or running, with its evidence and the next step.

    Parameters
    ----------
    settings : Settings, optional
        The workspace; None: finops.yaml here.
    month : str, optional
        YYYY-MM; None: the newest complete one.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Answer
        A row for each capability; `figures["level"]` is 0 to 3, None where nothing has data. Further
        tables: the three milestones, the eight practices, the trend by month, the evidence.

    Raises
    ------
    FinOpsError
        A month that the ledger does not have; a file that cannot be read as what it is.

    Source
    ------
    docs/method §18.1, §18.2.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> maturity(settings).sentence
    'Only 1 of 7 capabilities can be judged in February 2025: together they are at run, and six have no data.'
    """
    settings = settings or load_settings()
    whose = settings.own.name if settings.own else settings.company
    return answer_of(standing_of(settings, month, progress), whose)


def standing_of(
    settings: Settings, month: str | None = None, progress: Progress | None = None
) -> Standing:
    """The maturity of a workspace in a month; None: the newest complete one."""
    ledger = close.books(settings, progress)
    month, day = close.pick_month(ledger, month, time_zone=settings.time_zone)
    daily = warehouse.daily(ledger, settings)
    folder = folder_of(settings)
    ground = of_workspace(
        settings,
        ledger,
        daily,
        day,
        alerts=Alerts(
            published=list(known_alerts(folder).values()),
            answered=frozenset(
                [*(one.alert for one in read_feedback(folder)), *answers_of(settings)]
            ),
        ),
        brief=newest_brief(settings, settings.path(settings.reports)),
    )
    first = min(ground.complete, default=month_of(day))
    return standing(ground, month, first)


NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven")


def sentence(one: Standing) -> str:
    """The whole in one sentence."""
    known, every = one.with_data, len(one.grades)
    where = month_name(one.month)
    if one.level is None:
        return f"Nothing can be judged in {where}: none of {every} capabilities has data."
    level, blank = name_of(one.level), every - known
    if known < blank:
        return f"Only {known} of {every} capabilities can be judged in {where}: together they are at {level}, and {NUMBERS[blank]} have no data."
    rest = f"; {NUMBERS[blank]} {'has' if blank == 1 else 'have'} no data" if blank else ""
    return f"{level.capitalize()} in {where} by what can be measured: {known} of {every} capabilities{rest}."


def answer_of(one: Standing, whose: str) -> Answer:
    """The answer of a standing. whose: the company or entity, for the page."""
    table = pd.DataFrame(
        {
            "capability": [grade.name for grade in one.grades],
            "level": [name_of(grade.level) for grade in one.grades],
            "figure": [shown(grade) for grade in one.grades],
            "evidence": [grade.evidence for grade in one.grades],
            "next step": [grade.step for grade in one.grades],
        }
    )
    lowest = one.next()
    return Answer(
        question="maturity",
        sentence=sentence(one),
        table=table,
        range="Levels are of figures that are known, not of estimates: no range. Data that are missing raise and lower nothing.",
        reason=_reason(one),
        next_best=f"{lowest[0].name}: {lowest[0].step}" if lowest else "Every capability runs.",
        currency=one.currency,
        page=page(
            one,
            whose,
            sentence(one),
            [_reason(one), _read_with(one)],
            {grade.key: shown(grade) for grade in one.grades},
        ),
        notes=tuple(_notes(one)),
        figures={
            "month": one.month,
            "as_of": one.as_of,
            "level": one.level,
            "name": name_of(one.level),
            "with_data": one.with_data,
            "capabilities": {
                grade.key: {
                    "level": grade.level,
                    "figure": grade.figure,
                    "unit": grade.unit,
                    "rule": grade.rule,
                }
                for grade in one.grades
            },
        },
        tables={
            "Milestones": pd.DataFrame(
                [
                    {
                        "milestone": name,
                        "asked for": line.what,
                        "so": line.state,
                        "evidence": line.evidence,
                        "do": line.step,
                    }
                    for name, _, _, _, lines in one.milestones()
                    for line in lines
                ]
            ),
            "Practices": pd.DataFrame(
                [
                    {
                        "practice": line.what,
                        "so": line.state,
                        "evidence": line.evidence,
                        "do": line.step,
                    }
                    for line in one.practices()
                ]
            ),
            "Trend": pd.DataFrame(
                [
                    {
                        "month": month,
                        "overall": name_of(level),
                        **{
                            grade.name: name_of(own)
                            for grade, own in zip(one.grades, levels, strict=True)
                        },
                    }
                    for month, (level, levels) in one.trend.items()
                ]
            ),
            **{
                f"Evidence {grade.name}": pd.DataFrame(list(grade.rows))
                for grade in one.grades
                if grade.rows
            },
        },
    )


def shown(grade: Grade) -> str:
    """The figure of a capability in words, as its evidence says it."""
    if grade.figure is None:
        return "–"
    if grade.unit == "days":
        return in_days(grade.figure)
    return said(grade.figure, *grade.limits)


def _reason(one: Standing) -> str:
    known = sorted((grade.level, grade.name) for grade in one.grades if grade.level is not None)
    if not known:
        return "No capability has data."
    lowest = [name for level, name in known if level == known[0][0]]
    return (
        "Two in three of the capabilities with data are at least there (their 33rd percentile, rounded down). "
        f"Lowest: {', '.join(lowest)} ({name_of(known[0][0])})."
    )


def _read_with(one: Standing) -> str:
    """What the level does not say: the milestones that are not reached."""
    open_ = [f"{name} {so} of {count}" for name, _, so, count, _ in one.milestones() if so < count]
    if not open_:
        return "All three milestones are reached."
    return (
        "A level is of what can be measured, and says nothing of the rest: of what the milestones ask for, "
        f"these are not reached: {', '.join(open_)}."
    )


def _notes(one: Standing):
    yield _read_with(one)
    practices = one.practices()
    so = sum(line.state in ("yes", "stated") for line in practices)
    yield f"Practices: {so} of {len(practices)}. finops maturity --export maturity.html is the whole page."
