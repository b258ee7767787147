"""The decision log: who decided what and when, out of records, actions, verdicts on alerts and approved budgets (docs/method §12.27)."""

from __future__ import annotations

import pandas as pd

from ...decide.questions.answer import Answer
from ...errors import InputError, unknown
from ...facts.cycle.actions import Action, read_actions
from ...facts.plans import together
from ...periods import check_day
from ...publish.alerts.answers import MARK
from ...publish.alerts.folder import folder_of
from ...publish.alerts.verdicts import read_feedback
from ...records.rows import Record, said
from ...records.store import Records
from ...settings import Settings
from ...wording import clean

COLUMNS = ["on", "what", "decided", "by", "because", "source"]
WHATS = ("answer", "action", "budget", "close", "verdict", "decision")
SHOWN = (
    "decision",
    "approval",
    "reopen",
    "state",
    "budget",
)  # kinds of records; others are no decision
DECIDED = ("approved", "rejected", "done", "expired")


def decisions(
    settings: Settings,
    *,
    since: str | None = None,
    until: str | None = None,
    what: str | None = None,
) -> Answer:
    """What was decided from one day to another, the newest first; None: all of it.

    what   one of WHATS

    Raises InputError for a day that is none and an unknown kind; FinOpsError where a file cannot be read.
    """
    for name, day in (("--since", since), ("--until", until)):
        if day is not None:
            check_day(day, name)
    if what is not None and what not in WHATS:
        raise InputError(unknown("--what", "kind of decision", what, WHATS))
    rows = [*_records(settings), *_actions(settings), *_budgets(settings), *_verdicts(settings)]
    rows = [
        row
        for row in rows
        if (since is None or row["on"] >= since)
        and (until is None or row["on"] <= until)
        and (what is None or row["what"] == what)
    ]
    rows.sort(key=lambda row: row["on"], reverse=True)
    table = pd.DataFrame(rows, columns=COLUMNS)
    count = len(rows)
    if count:
        people = len({row["by"] for row in rows if row["by"]})
        sentence = (
            f"{count} decision{'s' * (count > 1)} by {people} {'people' if people != 1 else 'person'}; "
            f"the newest of {rows[0]['on']}: {rows[0]['decided']}"
        )
    else:
        sentence = "Nothing was decided."
    return Answer(
        question="decisions",
        sentence=sentence if sentence.endswith(".") else f"{sentence}.",
        table=table,
        range="none: what was decided is known.",
        reason="Records stand as they were written; actions and budgets as their files say today.",
        next_best="",
        currency=settings.currency,
        figures={"decisions": count},
    )


def _row(on: str, what: str, decided: str, by: str, because: str, source: str) -> dict:
    cells = (on, what, clean(decided), clean(by), clean(because), source)
    return dict(zip(COLUMNS, cells, strict=True))


def _records(settings: Settings) -> list[dict]:
    """Rows of the records of this company or entity that decide something."""
    entity = settings.own.name if settings.own else None
    with Records(settings.path(settings.records)) as records:
        kept = [row for row in records.read(entity=entity) if row.kind in SHOWN]
    return [_of_record(row) for row in kept]


def _of_record(row: Record) -> dict:
    body = row.body
    source = f"records, row {row.id}"
    if MARK in body:
        on, by = str(body.get("on") or row.at[:10]), str(body.get("by") or row.author)
        return _row(
            on, "answer", str(body.get("text", "")), by, str(body.get("because", "")), source
        )
    what = {"budget": "budget", "decision": "decision"}.get(row.kind, "close")
    of = f"{row.period}: " if row.period and what == "close" else ""
    because = str(body.get("reason") or body.get("because") or body.get("note") or "")
    told = said(row).removesuffix(f": {because}") if because else said(row)
    return _row(row.at[:10], what, f"{of}{told}", row.author, because, source)


def _actions(settings: Settings) -> list[dict]:
    """Actions that were decided on, or that their owner says are done."""
    if not settings.actions:
        return []
    entity = settings.own.name if settings.own else ""
    known = [one.name for one in settings.entities]
    actions = read_actions(settings.path(settings.actions), settings.currency, entity, known)
    rows = []
    for one in actions:
        for verb, on, by in _steps(one):
            text = f"{verb}: {one.action}"
            rows.append(
                _row(str(on), "action", text, by, "", f"{settings.actions}: line {one.line}")
            )
    return rows


def _steps(one: Action) -> list[tuple]:
    """(what was said, day, by whom) of an action, each that has a day."""
    steps = []
    if one.decision in DECIDED and one.decided_on:
        verb = one.decision if one.decision != "done" else "approved"
        steps.append((verb, one.decided_on, one.approved_by or one.owner))
    if one.done_on is not None:
        steps.append(("done, says its owner", one.done_on, one.owner))
    return steps


def _budgets(settings: Settings) -> list[dict]:
    """Versions of the budget that were approved on a day."""
    budgets = together.budgets(settings)
    if budgets is None:
        return []
    frame = budgets.frame
    rows: dict[tuple[str, str], tuple[str, str]] = {}
    for line in frame.itertuples():
        on = line.approved_on
        if on is None or on.year <= 1:  # a draft, or a file without approvals
            continue
        text = f"approved: budget version {line.version}"
        rows.setdefault((str(on), text), (line.approved_by, line.author))
    return [
        _row(on, "budget", text, by, f"written by {author}" if author else "", "budgets")
        for (on, text), (by, author) in rows.items()
    ]


def _verdicts(settings: Settings) -> list[dict]:
    """What was said of alerts."""
    return [
        _row(
            one.recorded,
            "verdict",
            f"{one.kind} of {one.subject}, {one.start} to {one.end}: {one.verdict}",
            "",
            one.because,
            f"alert {one.alert}",
        )
        for one in read_feedback(folder_of(settings))
    ]


__all__ = ["decisions"]
