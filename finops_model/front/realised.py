"""`fm.realised`: what the actions of a workspace saved by the bill (docs/method §17.60)."""

from __future__ import annotations

import pandas as pd

from ..decide.questions.answer import Answer
from ..errors import InputError, several
from ..facts.cycle.actions import Action
from ..facts.daily import warehouse
from ..measure.realised import pipeline as beside
from ..measure.realised.actions import OPEN, SHOWN, UNKNOWN, Outcome, adoption, together
from ..measure.realised.saved import MOST_AFTER, NotMeasured
from ..measure.realised.section import said, said_open
from ..measure.realised.workspace import actions_of, outcomes_of
from ..progress import Progress
from ..publish import close
from ..settings import Settings, load_settings
from ..simulate.scenarios import run_many
from ..wording import clean, money, percent, span
from ..wording.pictures import bars, ranges

PATHS = 500  # futures of the savings of open actions


def realised(
    settings: Settings | None = None,
    *,
    pipeline: bool = False,
    paths: int | None = None,
    progress: Progress | None = None,
) -> Answer:
    r"""What actions that were done saved: unit cost before × volume after at the day's prices − what was paid.

    Parameters
    ----------
    settings : Settings, optional
        The workspace; None: finops.yaml here.
    pipeline : bool, optional
        What open actions would save instead, each with the chance that it is done.
    paths : int, optional
        Futures that savings of open actions are simulated in; None: 500.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Answer
        A row for each action whose owner says it was done, with its range and what the bill says;
        with `pipeline` a row for each that is open.

    Raises
    ------
    FinOpsError
        No table of actions, or one that does not hold; a workload, meter or driver nobody has.

    Source
    ------
    docs/method §17.60.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [str(day.date()) for day in pd.date_range("2025-01-06", "2025-03-16")]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{d},{9 if d < '2025-02-17' else 6},a,GPU" for d in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> table = "id,action,workload,decision,done_on\nA1,Off at night,a/(untagged)/GPU,done,2025-02-17"
    >>> _ = (folder / "demo/actions.csv").write_text(table)
    >>> fm.realised(settings.model_copy(update={"actions": "actions.csv"})).sentence
    '1 of 1 action that is said to be done shows on the bill: $84.00 saved to 2025-03-16.'
    """
    settings = settings or load_settings()
    actions = table_of(settings)
    ledger = close.books(settings, progress)
    daily = warehouse.daily(ledger, settings)
    if pipeline:
        return _pipeline(settings, ledger, daily, actions, paths or PATHS, progress)
    measured = outcomes_of(settings, ledger, daily, actions)
    if not measured:
        raise InputError(
            f"{settings.actions}: no action is done yet, so nothing can have been saved. Write decision: done and the day (done_on) once one is."
        )
    return _answer(measured, actions, settings, str(ledger.last_day(settings.time_zone)))


def table_of(settings: Settings) -> list[Action]:
    """The table of actions of a workspace. Raises InputError where finops.yaml names none."""
    if not settings.actions:
        raise InputError(
            "finops.yaml: actions: names no table of actions. Write one (id, action, workload, owner, decision, done_on, monthly_saving) and "
            "name it there: actions: actions.csv."
        )
    return actions_of(settings)


def _answer(
    measured: list[Outcome], actions: list[Action], settings: Settings, last: str
) -> Answer:
    currency = settings.currency
    table = pd.DataFrame([_row(one) for one in measured])
    shown = [one for one in measured if one.verdict == SHOWN]
    total, low, high = together([one.measured for one in shown])
    known = [one for one in measured if one.verdict != UNKNOWN]
    done, closed = adoption(actions)
    return Answer(
        question="realised",
        sentence=said(measured, currency, last),
        table=table,
        forms={
            "expected a month": "money",
            "saved a month": "money",
            "P10 a month": "money",
            "P90 a month": "money",
            "saved in all": "money",
            "chance of a saving": "chance",
        },
        range=f"{span(low, high, currency, ' to ')} saved in all by what the bill shows, in 8 of 10 cases: from how far unit costs of the weeks before "
        "each action lay from each other."
        if shown
        else "none: no saving shows on the bill.",
        reason="Saved = use of a unit of volume before (28 days or more, weekday by weekday) × volume after × the price of each day − what was "
        "paid: price cuts and growth are no saving.",
        next_best="",
        currency=currency,
        notes=_notes(measured, done, closed),
        figures={
            "saved": total,
            "saved_p10": low,
            "saved_p90": high,
            "done": done,
            "closed": closed,
            "adoption_rate": done / closed if closed else None,
            "through": last,
        },
        tables={
            "how it was measured": pd.DataFrame([_how(one) for one in known]),
            "by month": pd.DataFrame([row for one in known for row in _months(one)]),
        }
        if known
        else {},
        picture=ranges(
            [f"{one.action.id} {clean(one.action.action)}" for one in known],
            [one.measured.a_month(one.measured.low) for one in known],
            [one.measured.a_month(one.measured.saved) for one in known],
            [one.measured.a_month(one.measured.high) for one in known],
            [money(one.measured.a_month(one.measured.saved), currency) for one in known],
            words="What each action saved a month by the bill, P10 to P90.",
            axis=f"{currency} a month",
            mark=0.0,
        )
        if known
        else None,
    )


def _row(one: Outcome) -> dict:
    action, result = one.action, one.result
    known = None if isinstance(result, NotMeasured) else result
    return {
        "action": f"{action.id} {action.action}",
        "owner": action.owner,
        "done on": str(action.done_on),
        "expected a month": None if action.monthly_saving is None else float(action.monthly_saving),
        "saved a month": known.a_month(known.saved) if known else None,
        "P10 a month": known.a_month(known.low) if known else None,
        "P90 a month": known.a_month(known.high) if known else None,
        "saved in all": known.saved if known else None,
        "chance of a saving": known.chance if known else None,
        "the bill says": f"{UNKNOWN}: {result.why}"
        if isinstance(result, NotMeasured)
        else one.verdict,
    }


def _how(one: Outcome) -> dict:
    result = one.measured
    return {
        "action": one.action.id,
        "workload": one.action.workload or one.action.resource,
        "volume": result.volume,
        "days before": result.before,
        "from": str(result.first),
        "to": str(result.last),
        "would have cost": result.expected,
        "cost": result.actual,
        "saved": result.saved,
        "P10": result.low,
        "P90": result.high,
    }


def _months(one: Outcome) -> list[dict]:
    return [
        {
            "action": one.action.id,
            "month": month,
            "would have cost": would,
            "cost": cost,
            "saved": amount,
        }
        for month, (would, cost, amount) in one.measured.by_month.items()
    ]


def _notes(measured: list[Outcome], done: int, closed: int) -> tuple[str, ...]:
    notes = [note for one in measured for note in one.notes]
    if any(
        not isinstance(one.result, NotMeasured) and one.result.days >= MOST_AFTER
        for one in measured
    ):
        notes.append(
            f"Saved in all is of the first {MOST_AFTER} days at most: what was usual before is no measure for longer."
        )
    timed = [
        one.action.id
        for one in measured
        if not isinstance(one.result, NotMeasured) and one.result.volume == "time"
    ]
    if timed:
        notes.append(
            f"Volume is taken as constant for {', '.join(timed)}: name its driver in the table of actions (driver) where it grows."
        )
    if any(one.verdict == OPEN for one in measured):
        notes.append(
            "Open: neither a saving (chance 95 % or more) nor its absence (half the expected saving has a chance of 10 % or less) can be told yet."
        )
    if closed:
        notes.append(
            f"Adoption by the word of owners: {done} of {several(closed, 'closed action')} done ({percent(done / closed)})."
        )
    return tuple(notes)


def _pipeline(settings: Settings, ledger, daily, actions, paths: int, progress) -> Answer:
    """The open actions, what each would save, how likely it is done."""
    as_of = str(ledger.last_day(settings.time_zone))
    asked = beside.asked_of(settings, actions, daily, as_of)
    base, runs = None, []
    if asked.scenarios:
        file = settings.path(settings.scenario) if settings.scenario else None
        base, *runs = run_many(
            [file, *(scenario for _, scenario in asked.scenarios)],
            settings,
            as_of,
            paths,
            daily=daily,
            dials=False,
            progress=progress,
        )
    rows = beside.pipeline(actions, as_of, asked, base, runs)
    if not rows:
        raise InputError(
            f"{settings.actions}: no action is open (proposed or planned). Add some: finops advise --write."
        )
    known = [one for one in rows if one.weighed is not None]
    held = [one for one in actions if one.decision == "approved"]
    notes = [f"{name}: not simulated: {why}" for name, why in asked.refused.items()]
    if held:
        notes.append(
            f"Approved and so in the forecast, where they name a scenario file: {', '.join(one.id for one in held)}."
        )
    currency = settings.currency
    return Answer(
        question="realised",
        sentence=said_open(rows, currency),
        table=pd.DataFrame(
            [
                {
                    "action": f"{one.action.id} {one.action.action}",
                    "owner": one.action.owner,
                    "decision": one.action.decision,
                    "saving a month": one.saving,
                    "P10": one.low,
                    "P90": one.high,
                    "how it is known": one.how,
                    "chance": one.chance,
                    "weighed a month": one.weighed,
                }
                for one in rows
            ]
        ),
        forms={
            **dict.fromkeys(("saving a month", "P10", "P90", "weighed a month"), "money"),
            "chance": "chance",
        },
        range="P10 to P90 of simulated savings stand in the table; what an owner says has none.",
        reason="Chance: the owner's, else (done + 1) ÷ (closed + 2) of actions of its kind. Saving: mean of its first 12 months, on the draws of the "
        "base.",
        next_best="",
        currency=currency,
        notes=tuple(notes),
        figures={
            "weighed": sum(one.weighed for one in known),
            "saving": sum(one.saving for one in known),
        },
        picture=bars(
            [f"{one.action.id} {clean(one.action.action)}" for one in known],
            [one.weighed or 0.0 for one in known],
            [money(one.weighed, currency) for one in known],
            words="What open actions would save a month, weighed by how likely each is done.",
            axis=f"{currency} a month",
        )
        if known
        else None,
    )
