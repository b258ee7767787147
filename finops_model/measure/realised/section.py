"""The section `actions` of a brief: what was done and shows on the bill, what the forecast holds, what is open beside it (docs/method §17.73)."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import several
from ...facts.cycle.actions import Action
from ...wording import money
from .actions import HIDDEN, SHOWN, UNKNOWN, Outcome, adoption, together
from .pipeline import Open
from .saved import NotMeasured
from .types import ActionHeld, ActionOpen, ActionsOf, ActionTaken


def section(
    actions: Sequence[Action],
    measured: Sequence[Outcome],
    open_: Sequence[Open],
    currency: str,
    through: str,
) -> ActionsOf | None:
    """What a company's brief says of its actions; None where there is none."""
    if not actions:
        return None
    shown = [one for one in measured if one.verdict == SHOWN]
    total, low, high = together([one.measured for one in shown])
    done, closed = adoption(actions)
    return {
        "sentence": said(measured, currency, through),
        "pipeline_sentence": said_open(open_, currency),
        "done": done,
        "closed": closed,
        "adoption": done / closed if closed else None,
        "saved": total,
        "p10": low,
        "p90": high,
        "through": through,
        "taken": [_taken(one) for one in measured],
        "held": [_held(one) for one in actions if one.decision == "approved"],
        "pipeline": [_open(one) for one in open_],
        "weighed": sum(one.weighed or 0.0 for one in open_),
    }


def said(measured: Sequence[Outcome], currency: str, through: str) -> str:
    """How many of the actions that are said to be done show on the bill, in words."""
    if not measured:
        return "No action is said to be done yet."
    shown = [one for one in measured if one.verdict == SHOWN]
    hidden = [one for one in measured if one.verdict == HIDDEN]
    total, _, _ = together([one.measured for one in shown])
    many = "actions that are" if len(measured) > 1 else "action that is"
    text = f"{len(shown)} of {len(measured)} {many} said to be done {'shows' if len(shown) == 1 else 'show'} on the bill"
    text += f": {money(total, currency)} saved to {through}" if shown else ""
    ids = ", ".join(one.action.id for one in hidden[:6])
    do = "does" if len(hidden) == 1 else "do"
    return text + (f"; {len(hidden)} {do} not ({ids})." if hidden else ".")


def said_open(open_: Sequence[Open], currency: str) -> str:
    """What open actions would save, in words."""
    if not open_:
        return "No action is open."
    known = [one for one in open_ if one.saving is not None]
    all_, weighed = (
        sum(one.saving or 0.0 for one in known),
        sum(one.weighed or 0.0 for one in known),
    )
    many = f"{several(len(open_), 'action')} {'is' if len(open_) == 1 else 'are'} open"
    if not known:
        return f"{many}; nobody says what {'it' if len(open_) == 1 else 'they'} would save."
    return (
        f"{many}: {money(all_, currency)} a month if all are done, {money(weighed, currency)} weighed by how likely each is done. "
        "Nothing of it is in a forecast, a budget or an accrual."
    )


def _taken(one: Outcome) -> ActionTaken:
    action, result = one.action, one.result
    plain: ActionTaken = {
        "id": action.id,
        "action": action.action,
        "owner": action.owner,
        "done_on": str(action.done_on),
        "expected": None if action.monthly_saving is None else float(action.monthly_saving),
        "saved": None,
        "p10": None,
        "p90": None,
        "in_all": None,
        "says": UNKNOWN,  # type: ignore[typeddict-item]
        "why": "",
    }
    if isinstance(result, NotMeasured):
        return {**plain, "why": result.why}
    return {
        **plain,
        "saved": result.a_month(result.saved),
        "p10": result.a_month(result.low),
        "p90": result.a_month(result.high),
        "in_all": result.saved,
        "says": one.verdict,  # type: ignore[typeddict-item]
        "why": " ".join(one.notes),
    }


def _held(action: Action) -> ActionHeld:
    return {
        "id": action.id,
        "action": action.action,
        "owner": action.owner,
        "approved_by": action.approved_by,
        "starts": str(action.starts or action.decided_on),
        "held": bool(action.scenario),
    }


def _open(one: Open) -> ActionOpen:
    return {
        "id": one.action.id,
        "action": one.action.action,
        "owner": one.action.owner,
        "decision": one.action.decision,
        "chance": one.chance,
        "saving": one.saving,
        "p10": one.low,
        "p90": one.high,
        "weighed": one.weighed,
        "how": one.how,  # type: ignore[typeddict-item]
    }
