"""A proposal approved or rejected by a second person; what is approved becomes a budget file (docs/method §9.43, §9.44)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...decide.questions.answer import Answer
from ...documents import sha256_of, write_atomic
from ...errors import RecordsError
from ...facts.plans import together
from ...facts.plans.budget_lines import BudgetLine, file_text, from_plain
from ...records import budgets as life
from ...records.rows import Record
from ...settings import Settings
from . import book


def approve(
    settings: Settings,
    number: int,
    *,
    note: str = "",
    author: str | None = None,
    attended: bool = True,
) -> Answer:
    """Approve a proposal of somebody else: its lines become a budget file, which finops.yaml reads.

    Raises RecordsError or InputError where it is not theirs to approve, or what it stood on has changed; then nothing is written.
    """
    entity, notes, before = book.entity_of(settings), [], []
    with book.store(settings, author) as records:

        def act(row: Record, who: str, now: str) -> dict:
            lines = book.lines_of(row)
            book.check_open(records, entity, lines)
            before.extend(book.before_of(together.budgets(settings), lines))
            _same(settings, row, lines)
            if not lines:
                return {}
            when = book.approval(row, who, now)
            name = f"{row.body['version']} (proposal {row.id})"
            author_of = "" if who == row.author else row.author  # four_eyes: off
            text = file_text(lines, settings.currency, version=name, author=author_of, **when)
            place = book.place_of(settings, row)
            if settings.path(place).exists():
                raise RecordsError(
                    f"{place}: is there already, and nothing is written over it. Move it away, then approve again."
                )
            book.trial(settings, text, place.name)
            write_atomic(settings.path(place), text)
            return {"file": place.as_posix(), "sha256": sha256_of(settings.path(place))}

        one = life.decide(
            records,
            entity,
            number,
            author=author,
            four_eyes=settings.four_eyes,
            attended=attended,
            note=note,
            act=act,
        )
        head = records.head
    row, decided = one.row, one.decided
    assert decided is not None
    if "file" in decided.body:
        notes.append(f"{decided.body['file']}: written, {len(book.lines_of(row))} lines.")
        notes.append(book.named(settings, book.place_of(settings, row)))
        notes.append(
            f"It counts from {decided.at[:10]} on; figures of a day before keep what was approved by then (docs/method §9.2)."
        )
    if not settings.four_eyes:
        notes.append("Four eyes: off (four_eyes of finops.yaml); the records say so.")
    notes.append(f"Chain head of the records: {head[:12]}")
    return Answer(
        question="budget approve",
        sentence=f"Approved by {decided.author}: {row.body['what']} '{row.body['version']}' of {row.period}, proposed by {row.author} (proposal {row.id}).",
        table=book.compared(before, book.lines_of(row)),
        forms=dict.fromkeys(["in force", "proposed", "change", "held back"], "money"),
        range="",
        reason=str(decided.body.get("note", "")),
        next_best="",
        currency=settings.currency,
        notes=tuple(filter(None, notes)),
        figures={"proposal": row.id, "state": one.state, "file": decided.body.get("file")},
    )


def _same(settings: Settings, row: Record, lines: Sequence[BudgetLine]) -> None:
    """Raises RecordsError where money was moved since it was proposed: its lines would undo that."""
    if "before" not in row.body:
        return
    known = {line.key: line for line in (from_plain(one) for one in row.body["before"])}
    now = {line.key: line for line in book.before_of(together.budgets(settings), lines)}
    for line in lines:
        old, new = known.get(line.key), now.get(line.key)
        if old != new:
            was = "none" if old is None else f"{old.amount:,.2f}"
            is_now = "none" if new is None else f"{new.amount:,.2f}"
            raise RecordsError(
                f"proposal {row.id}: the budget of {line.unit} in {line.month} was {was} when it was proposed and is {is_now} now, or what is "
                "held back of it has changed. Reject it, and propose it anew."
            )


def reject(settings: Settings, number: int, because: str, *, author: str | None = None) -> Answer:
    """Reject a proposal, or take back one's own. Raises RecordsError without a reason, or where nothing of that number waits."""
    with book.store(settings, author) as records:
        one = life.decide(
            records,
            book.entity_of(settings),
            number,
            approve=False,
            author=author,
            note=because,
        )
    row, decided = one.row, one.decided
    assert decided is not None
    return Answer(
        question="budget reject",
        sentence=f"Rejected by {decided.author}: {row.body['what']} '{row.body['version']}' of {row.period}, proposed by {row.author} (proposal {row.id}).",
        table=pd.DataFrame(),
        range="",
        reason=because,
        next_best="",
        currency=settings.currency,
        figures={"proposal": row.id, "state": one.state},
    )
