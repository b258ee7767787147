"""What stands on the agenda of a review: what to decide and by when, what to do, what to answer, what to renew (docs/method §18.13)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..facts.cycle.actions import Action
from ..facts.cycle.experiments import Experiment
from ..facts.cycle.reviews import Review
from ..wording import clean, span

AHEAD = {"weekly": 14, "biweekly": 21, "monthly": 45, "quarterly": 120}  # days of what is due
DECIDE, DO, ANSWER, RENEW, RAISE, HOLD = "decide", "do", "answer", "renew", "raise", "hold"
TOPICS = (DECIDE, DO, ANSWER, RENEW, RAISE, HOLD)
OPEN = ("approved", "planned")  # actions that somebody is to carry out


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of an agenda. by: the day on which it is due, "" where there is none; amount: money, None where nobody knows it."""

    topic: str
    what: str
    by: str = ""
    amount: float | None = None
    of: str = ""  # what the amount is of
    owner: str = ""
    do: str = ""


def of_decisions(
    decisions: Iterable[Mapping], today: str, ahead: int, currency: str = "USD"
) -> list[Line]:
    """Decisions of the newest report that are due within so many days; what is overdue stays until the next report."""
    last = _later(today, ahead)
    return [
        Line(
            topic=DECIDE,
            what=clean(one["what"]),
            by=one["by"],
            amount=one.get("saves"),
            of=_saved(one, currency),
            owner=clean(one.get("owner") or ""),
            do=clean(one.get("if_nothing") or ""),
        )
        for one in decisions
        if one["by"] <= last
    ]


def _saved(one: Mapping, currency: str) -> str:
    """What a saving is of, with its range."""
    if one.get("saves") is None:
        return ""
    known = one.get("p10") is not None and one.get("p90") is not None
    wide = f", {span(one['p10'], one['p90'], currency, to=' to ')}" if known else ""
    return f"saved in {one['period']}{wide}"


def of_actions(actions: Iterable[Action], today: str, ahead: int, patience: int) -> list[Line]:
    """Recommendations that wait for a decision, due `patience` days after they were made; and what was decided and is to be done."""
    last, lines = _later(today, ahead), []
    for one in actions:
        saving = None if one.monthly_saving is None else float(one.monthly_saving)
        of = "" if saving is None else "a month, as its owner expects"
        what, owner = clean(one.action), clean(one.owner)
        if one.decision == "proposed":
            due = one.expires
            if one.proposed_on is not None:
                limit = one.proposed_on + dt.timedelta(days=patience)
                due = limit if due is None else min(due, limit)
            by = "" if due is None else str(due)
            if by <= last:
                do = "Approve or reject it."
                lines.append(
                    Line(topic=DECIDE, by=by, do=do, what=what, amount=saving, of=of, owner=owner)
                )
        elif one.decision in OPEN and one.done_on is None:
            by = "" if one.starts is None else str(one.starts)
            if by <= last:
                do = "Say when it is done (done_on)."
                lines.append(
                    Line(topic=DO, by=by, do=do, what=what, amount=saving, of=of, owner=owner)
                )
    return lines


def of_experiments(experiments: Iterable[Experiment], today: str, ahead: int) -> list[Line]:
    """Quotas of experiments that nobody has approved, due on the day the experiment begins; of those that are not over."""
    last = _later(today, ahead)
    return [
        Line(
            topic=DECIDE,
            what=f"Quota of the experiment {clean(one.experiment)}: {one.quota:,.10g} {one.unit}",
            by=str(one.first),
            owner=clean(one.owner),
            do="Approve it before it begins (approved_by, approved_on), or stop it.",
        )
        for one in experiments
        if not one.approved_by and str(one.first) <= last and str(one.last) >= today
    ]


def of_assumptions(assumptions: Iterable[Mapping], today: str, ahead: int) -> list[Line]:
    """Assumptions of the newest report whose day of review is over, or near."""
    last = _later(today, ahead)
    return [
        Line(
            topic=RENEW,
            what=f"Assumption: {clean(one['text'])}",
            by=one["review_by"],
            owner=clean(one.get("owner") or ""),
            do="Confirm or change it, and set its next day (review_by).",
        )
        for one in assumptions
        if one.get("review_by") and one["review_by"] <= last
    ]


def of_reviews(
    reviews: Sequence[Review], kind: str, today: str
) -> tuple[Review | None, list[Line]]:
    """The next review of a kind, and the newest one that was missed."""
    own = [one for one in reviews if one.kind == kind]
    coming = next((one for one in own if one.held is None and str(one.due) >= today), None)
    past = [one for one in own if str(one.due) < today]
    lines = []
    if past and past[-1].held is None:
        lines.append(
            Line(
                topic=HOLD,
                what=f"The {kind} review of {past[-1].due} was not held",
                by=str(past[-1].due),
                do="Hold it now, or write when it was held (held).",
            )
        )
    return coming, lines


def since(reviews: Sequence[Review], kind: str, today: str) -> str:
    """The day from which decisions are new: that of the last review of this kind that was held, else a span back."""
    held = [str(one.held) for one in reviews if one.kind == kind and one.held is not None]
    before = [day for day in held if day <= today]
    return max(before) if before else _later(today, -AHEAD[kind])


def in_order(lines: Iterable[Line]) -> list[Line]:
    """By topic, then what is due first; what has no day stands last."""
    return sorted(
        lines,
        key=lambda one: (TOPICS.index(one.topic), one.by or "9999", -(one.amount or 0.0), one.what),
    )


def _later(day: str, days: int) -> str:
    return str(dt.date.fromisoformat(day) + dt.timedelta(days=days))
