"""`finops agenda`: what a review is to decide, do, answer and renew, and what was decided since the last one (docs/method §18.13)."""

from __future__ import annotations

import pandas as pd

from ...decide import agenda as parts
from ...decide.agenda import ANSWER, DECIDE, DO, HOLD, RAISE, RENEW, Line
from ...decide.questions.answer import Answer
from ...errors import InputError, unknown
from ...facts.cycle.actions import read_actions
from ...facts.cycle.experiments import read_experiments
from ...facts.cycle.reviews import KINDS, Review, read_reviews
from ...measure.maturity.levels import name_of
from ...measure.maturity.record import newest_brief
from ...periods import month_name
from ...progress import Progress
from ...publish.monday.gather import Monday, gather
from ...publish.page.maturity.agenda import page
from ...settings import Settings, load_settings
from ...wording import day as in_words
from .decisions import decisions
from .maturity import sentence as maturity_of
from .maturity import standing_of

STANDING = ("monthly", "quarterly")  # kinds of review that look at maturity
STEPS = 2  # capabilities whose next step is on the agenda
COUNTED = {
    DECIDE: ("decision is due", "decisions are due"),
    DO: ("action is to be done", "actions are to be done"),
    ANSWER: ("thing waits for an answer", "things wait for an answer"),
    RENEW: ("assumption is to be renewed", "assumptions are to be renewed"),
    RAISE: ("capability is to be raised", "capabilities are to be raised"),
    HOLD: ("review was missed", "reviews were missed"),
}


def agenda(
    settings: Settings | None = None,
    kind: str = "weekly",
    as_of: str | None = None,
    *,
    progress: Progress | None = None,
) -> Answer:
    """The agenda of a review as of a day; None: the newest complete one.

    kind   weekly, biweekly, monthly or quarterly: how far ahead it looks

    Raises InputError for another kind; FinOpsError for a file that cannot be read as what it is.
    """
    settings = settings or load_settings()
    if kind not in KINDS:
        raise InputError(unknown("finops agenda", "kind of review", kind, KINDS))
    whose = settings.own.name if settings.own else ""
    names = [one.name for one in settings.entities]
    reviews: list[Review] = []
    if settings.reviews:
        reviews = read_reviews(settings.path(settings.reviews), whose, names)
    actions = (
        read_actions(settings.path(settings.actions), settings.currency, whose, names)
        if settings.actions
        else []
    )
    experiments = (
        read_experiments(settings.path(settings.experiments), settings.currency, whose, names)
        if settings.experiments
        else []
    )
    found = gather(settings, as_of, progress=progress)
    today, ahead = found.as_of, parts.AHEAD[kind]
    brief = newest_brief(settings, settings.path(settings.reports)) or {}
    one_page = brief.get("page_one") or {}
    coming, missed = parts.of_reviews(reviews, kind, today)
    lines = [
        *parts.of_decisions(one_page.get("decisions") or (), today, ahead, settings.currency),
        *parts.of_actions(actions, today, ahead, settings.maturity.decision_days),
        *parts.of_experiments(experiments, today, ahead),
        *_answers(found),
        *parts.of_assumptions(brief.get("assumptions") or (), today, ahead),
        *missed,
    ]
    notes = [_from(brief, found)]
    if kind in STANDING:
        level = standing_of(settings, None, progress)
        notes.append(f"Maturity: {maturity_of(level)}")
        lines += [
            Line(
                topic=RAISE,
                what=f"{grade.name} ({name_of(grade.level)}): {grade.evidence}",
                do=grade.step,
            )
            for grade in level.next()[:STEPS]
        ]
    if coming is None:
        notes.append(
            f"No {kind} review is planned: write the day of the next one into the table of reviews (reviews: in finops.yaml)."
        )
    first = parts.since(reviews, kind, today)
    decided = decisions(settings, since=first, until=today).table
    return _answer(
        settings,
        kind,
        found=found,
        lines=parts.in_order(lines),
        coming=coming,
        decided=decided,
        first=first,
        notes=notes,
    )


def _answers(found: Monday) -> list[Line]:
    """What the Monday list has and nobody answered."""
    return [
        Line(
            topic=ANSWER,
            what=one.what,
            by=found.due,
            amount=one.amount,
            of=f"over {one.over}",
            owner=one.owner,
            do=one.do,
        )
        for one in found.items
        if one.answered is None
    ]


def _from(brief: dict, found: Monday) -> str:
    """Which report decisions and assumptions are of."""
    if not brief:
        return "Nothing is published, so no decision of a report is due: finops report."
    return (
        f"Decisions and assumptions are those of the report of {month_name(brief['month'])} "
        f"(data to {in_words(brief['data_as_of'])}): {brief['headline']}"
    )


def _answer(
    settings: Settings,
    kind: str,
    *,
    found: Monday,
    lines: list[Line],
    coming: Review | None,
    decided: pd.DataFrame,
    first: str,
    notes: list[str],
) -> Answer:
    """The agenda as an answer."""
    counts = {topic: sum(one.topic == topic for one in lines) for topic in parts.TOPICS}
    said = [
        f"{count} {COUNTED[topic][count != 1]}" for topic, count in counts.items() if count
    ] or ["nothing is due"]
    when = in_words(str(coming.due)) if coming else f"as of {in_words(found.as_of)}"
    overdue = sum(one.topic in (DECIDE, DO) and "" < one.by < found.as_of for one in lines)
    late = f" {overdue} of what is due is overdue." if overdue else ""
    table = pd.DataFrame(
        [
            {
                "topic": one.topic,
                "by": one.by,
                "what": one.what,
                "money": one.amount,
                "of": one.of,
                "owner": one.owner or "nobody is named",
                "to do": one.do,
            }
            for one in lines
        ],
        columns=["topic", "by", "what", "money", "of", "owner", "to do"],
    )
    sentence = f"{kind.capitalize()} review, {when}: {', '.join(said)}.{late}"
    reason = (
        f"Due within {parts.AHEAD[kind]} days of {in_words(found.as_of)}, by topic and day; money of two lines may be the same money, so it "
        "is not added up."
    )
    return Answer(
        question="agenda",
        sentence=sentence,
        page=page(
            [{**vars(one), "money": one.amount} for one in lines],
            decided.to_dict("records"),
            company=found.company,
            headline=sentence,
            said=[*notes, reason],
            currency=settings.currency,
            as_of=found.as_of,
        ),
        table=table,
        forms={"money": "money"},
        range="none: days and answers are known; savings carry the range of their own report.",
        reason=reason,
        next_best="",
        currency=settings.currency,
        notes=(
            *notes,
            f"{len(decided)} decision{'' if len(decided) == 1 else 's'} since {in_words(first)}: finops decisions --since {first}.",
        ),
        figures={
            "kind": kind,
            "as_of": found.as_of,
            "due": str(coming.due) if coming else None,
            "counts": counts,
            "overdue": overdue,
            "decided": len(decided),
        },
        tables={"Decided": decided},
    )


__all__ = ["agenda"]
