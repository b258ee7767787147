"""What the table of actions says of advice: approved and rejected ones are not recommended again, others say where they stand (docs/method §17.43)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from ...facts.cycle.actions import Action, read_actions
from ...settings import Settings
from ...wording import clean, day
from ..advice import Recommendation


def actions_of(settings: Settings) -> list[Action]:
    """The table of actions of the workspace, or of its entity; empty where finops.yaml names none, or the file is yet to be made."""
    if not settings.actions or not settings.path(settings.actions).exists():
        return []
    own = settings.own.name if settings.own else ""
    names = [entity.name for entity in settings.entities]
    return read_actions(settings.path(settings.actions), settings.currency, own, names)


def about(action: Action, advice: Recommendation) -> bool:
    """Whether an action is what is advised: the same id, or the same kind on the same resource, else on the same workload."""
    if action.id == advice.id:
        return True
    if action.kind.replace("-", "_") != advice.kind:
        return False
    if action.resource:
        return action.resource == advice.resource
    return bool(advice.workload) and advice.workload in action.workloads


def standing(
    settings: Settings, seen: Sequence[Recommendation], as_of: str
) -> tuple[dict[str, str], dict[str, str]]:
    """(id -> why it is not recommended again, id -> where it stands), of the newest row of the table about each.

    Approved: the base may hold it already. Rejected: until the day after which it is to be looked at anew, where the row names one. Done, and
    still seen: recommended, and it says so. Raises InputError for a table that makes no sense.
    """
    actions, left, said = actions_of(settings), dict[str, str](), dict[str, str]()
    today = dt.date.fromisoformat(as_of)
    for advice in seen:
        rows = [action for action in actions if about(action, advice)]
        if not rows:
            continue
        action = rows[-1]
        name = "" if action.id == advice.id else f" ({clean(action.id)})"
        on = f" on {day(str(action.decided_on))}" if action.decided_on else ""
        by = f" by {clean(action.approved_by)}" if action.approved_by else ""
        if action.decision == "approved":
            held = ", and the forecast holds it" if action.scenario else ""
            left[advice.id] = f"it is approved{by}{on}{name}{held}."
        elif action.decision == "rejected" and not (action.expires and action.expires < today):
            left[advice.id] = (
                f"it was rejected{on}{name}. Take the row's decision back to see it again."
            )
        elif action.decision == "done":
            when = f" on {day(str(action.done_on))}" if action.done_on else ""
            said[advice.id] = f"said to be done{when}{name}, and still seen"
        else:
            said[advice.id] = f"{action.decision}{name}"
    return left, said
