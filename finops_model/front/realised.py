"""`fm.realised`: what the actions of a workspace saved by the bill (docs/method §17.60)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..decide.questions.answer import Answer
from ..errors import InputError, several
from ..facts.cycle.actions import Action, read_actions
from ..facts.daily import resources, warehouse
from ..facts.plans.read import read_drivers
from ..measure.actuals import cost_rows
from ..measure.realised.actions import (
    HIDDEN,
    OPEN,
    SHOWN,
    UNKNOWN,
    Outcome,
    adoption,
    outcomes,
    together,
)
from ..measure.realised.saved import MOST_AFTER, NotMeasured
from ..progress import Progress
from ..publish import close
from ..scenario.document import load_scenario, resolve
from ..settings import Settings, load_settings
from ..wording import money, percent, span
from ..wording.pictures import ranges


def realised(settings: Settings | None = None, *, progress: Progress | None = None) -> Answer:
    r"""What actions that were done saved: unit cost before × volume after at the day's prices − what was paid.

    Parameters
    ----------
    settings : Settings, optional
        The workspace; None: finops.yaml here.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Answer
        A row for each action whose owner says it was done, with its range and what the bill says.

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
    actions = actions_of(settings)
    ledger = close.books(settings, progress)
    daily = warehouse.daily(ledger, settings)
    measured = outcomes_of(settings, ledger, daily, actions)
    if not measured:
        raise InputError(
            f"{settings.actions}: no action is done yet, so nothing can have been saved. Write decision: done and the day (done_on) once one is."
        )
    return _answer(measured, actions, settings, str(ledger.last_day(settings.time_zone)))


def actions_of(settings: Settings) -> list[Action]:
    """The table of actions of a workspace, rows of its entity. Raises InputError where there is none."""
    if not settings.actions:
        raise InputError(
            "finops.yaml: actions: names no table of actions. Write one (id, action, workload, owner, decision, done_on, monthly_saving) and "
            "name it there: actions: actions.csv."
        )
    own = settings.own.name if settings.own else ""
    return read_actions(
        settings.path(settings.actions), settings.currency, own, [e.name for e in settings.entities]
    )


def outcomes_of(settings: Settings, ledger, daily, actions: Sequence[Action]) -> list[Outcome]:
    """What the bill says of the actions that are said to be done."""
    drivers = read_drivers(settings.files(settings.drivers)) if settings.drivers else None
    rows = cost_rows(daily)
    return outcomes(
        actions,
        rows,
        pd.DataFrame({"date": [], "name": [], "value": []}) if drivers is None else drivers,
        follows=_follows(settings, daily, drivers),
        last=ledger.last_day(settings.time_zone),
        where=settings.actions or "actions",
        by_resource=lambda: cost_rows(resources.resources(ledger, settings)),
    )


def _follows(settings: Settings, daily, drivers) -> dict[str, str]:
    """Workload -> the driver that finops.yaml (unit_costs) names for it, else the one it follows in the base scenario; outcomes are none."""
    result: dict[str, str] = {}
    if settings.scenario:
        base = resolve(load_scenario(settings.path(settings.scenario)), daily, settings)
        result = {name: one.get("driver") or "" for name, one in base.tree["workloads"].items()}
    roles = {} if drivers is None else dict(zip(drivers["name"], drivers["role"], strict=True))
    for driver, one in settings.unit_costs.items():
        if roles.get(driver) == "driver":
            result |= dict.fromkeys(one.workloads or (), driver)
    return result


def _answer(
    measured: list[Outcome], actions: list[Action], settings: Settings, last: str
) -> Answer:
    currency = settings.currency
    table = pd.DataFrame([_row(one) for one in measured])
    shown = [one for one in measured if one.verdict == SHOWN]
    hidden = [one for one in measured if one.verdict == HIDDEN]
    total, low, high = together([one.result for one in shown])
    known = [one for one in measured if one.verdict != UNKNOWN]
    done, closed = adoption(actions)
    return Answer(
        question="realised",
        sentence=_sentence(measured, shown, hidden, total, currency, last),
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
            [one.action.id for one in known],
            [one.result.a_month(one.result.low) for one in known],
            [one.result.a_month(one.result.saved) for one in known],
            [one.result.a_month(one.result.high) for one in known],
            [money(one.result.a_month(one.result.saved), currency) for one in known],
            words="What each action saved a month by the bill, P10 to P90.",
            axis=f"{currency} a month",
            mark=0.0,
        )
        if known
        else None,
    )


def _sentence(measured, shown, hidden, total: float, currency: str, last: str) -> str:
    count = len(measured)
    many = "actions that are" if count > 1 else "action that is"
    say = f"{len(shown)} of {count} {many} said to be done {'shows' if len(shown) == 1 else 'show'} on the bill"
    say += f": {money(total, currency)} saved to {last}" if shown else ""
    ids = ", ".join(one.action.id for one in hidden[:6])
    return say + (
        f"; {len(hidden)} {'does' if len(hidden) == 1 else 'do'} not ({ids})." if hidden else "."
    )


def _row(one: Outcome) -> dict:
    action, result = one.action, one.result
    known = not isinstance(result, NotMeasured)
    return {
        "action": f"{action.id} {action.action}",
        "owner": action.owner,
        "done on": str(action.done_on),
        "expected a month": None if action.monthly_saving is None else float(action.monthly_saving),
        "saved a month": result.a_month(result.saved) if known else None,
        "P10 a month": result.a_month(result.low) if known else None,
        "P90 a month": result.a_month(result.high) if known else None,
        "saved in all": result.saved if known else None,
        "chance of a saving": result.chance if known else None,
        "the bill says": one.verdict if known else f"{UNKNOWN}: {result.why}",
    }


def _how(one: Outcome) -> dict:
    result = one.result
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
        for month, (would, cost, amount) in one.result.by_month.items()
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
            f"Adoption: {done} of {several(closed, 'closed action')} done ({percent(done / closed)})."
        )
    return tuple(notes)
